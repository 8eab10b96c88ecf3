#include "plan/plan_priv.h"

const char *plan_phase_folder(enum plan_phase phase)
{
    static const char *const folders[] = {
#define X(id, folder, title) folder,
        PLAN_PHASE_LIST(X)
#undef X
    };
    return folders[phase];
}

static const struct map *ingresses_of(struct run *run, const struct plan_wave *wave)
{
    struct map *ingresses = map_new(run->arena);
    for (size_t i = 0; i < wave->ingresses.count; i++) {
        map_put(ingresses, wave->ingresses.items[i], ingresses);
    }
    return ingresses;
}

const struct map *plan_read_wave(struct run *run, const struct input_file *file,
                                 struct slice number)
{
    struct documents documents = {0};
    uint64_t wanted;
    document_read(run, file, &documents);
    const struct node *waves = documents.count ? node_get(documents.roots[0], "waves") : NULL;
    size_t count = waves && waves->kind == NODE_LIST ? waves->count : 0;
    const struct node *list = slice_to_uint(number, count, &wanted) && wanted
                                  ? node_get(waves->items[wanted - 1], "ingresses")
                                  : NULL;
    if (!list || list->kind != NODE_LIST) {
        diag_at(run->diag, DIAG_P004, SPAN_NONE, SLICE_ABSENT,
                "'" SLICE_FMT "' has no wave '" SLICE_FMT "'; its waves are numbered from 1 to %zu",
                SLICE_ARG(file->name), SLICE_ARG(number), count);
        return NULL;
    }
    struct map *ingresses = map_new(run->arena);
    for (size_t i = 0; i < list->count; i++) {
        map_put(ingresses, list->items[i]->text, ingresses);
    }
    return ingresses;
}

/* What there is to say of the rollback of a wave is the rollback's business; the plan says it in its files. */
static bool make_rollbacks(struct planner *planner)
{
    struct plan *plan = planner->plan;
    const struct rollback_input input = {.original = planner->before,
                                         .options = planner->side_options,
                                         .converted = planner->converted,
                                         .sources = planner->sources};
    bool fine = true;
    for (size_t w = 0; w < plan->wave_count && fine; w++) {
        const struct rollback_choice choice = {.ingresses =
                                                   ingresses_of(planner->run, &plan->waves[w])};
        fine = rollback_make(planner->run, &input, &choice, &plan->waves[w].rollback);
    }
    return fine;
}

static bool say_result(struct planner *planner)
{
    const struct plan *plan = planner->plan;
    if (!plan->moving) {
        diag_at(planner->run->diag, DIAG_P003, SPAN_NONE, SLICE_ABSENT,
                "no wave can move, so there is no plan to write");
        return false;
    }
    if (plan->check.fault.ptr) {
        diag_at(planner->run->diag, DIAG_P001, SPAN_NONE, SLICE_ABSENT, SLICE_FMT,
                SLICE_ARG(plan->check.fault));
    }
    return !plan->check.fault.ptr;
}

static struct planner planner_of(struct run *run, struct plan *plan)
{
    *plan = (struct plan){0};
    return (struct planner){.run = run,
                            .arena = run->arena,
                            .plan = plan,
                            .hosts = map_new(run->arena),
                            .ingress_wave = map_new(run->arena),
                            .route_wave = map_new(run->arena),
                            .object_wave = map_new(run->arena)};
}

bool plan_make(struct run *run, struct side *before, const struct side_options *side_options,
               struct side *after, const struct converted *converted,
               const struct comparison *comparison, const struct plan_options *options,
               struct plan *out)
{
    struct planner planner = planner_of(run, out);
    planner.before = before;
    planner.after = after;
    planner.side_options = side_options;
    planner.converted = converted;
    planner.sources = converted_sources(run, converted);
    planner.comparison = comparison;
    planner.options = options;
    out->target = options->convert->target;
    out->before = before->table.label;
    out->after = after->table.label;
    waves_make(&planner);
    objects_place(&planner);
    if (!make_rollbacks(&planner)) {
        return false;
    }
    requests_make(&planner);
    steps_make(&planner);
    model_check(&planner);
    if (!say_result(&planner)) {
        return false;
    }
    bundle_make(&planner);
    return true;
}
