#include "proofs.h"

struct tally {
    size_t conversions, equivalent, findings, unproven, failed;
};

static struct slice origin_name(struct arena *arena, const struct origin *origin)
{
    return arena_printf(arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(origin->kind),
                        SLICE_ARG(origin->namespace), SLICE_ARG(origin->name));
}

/* The object that decides before, as messages name it, or a host of the finding. */
static bool names(struct world *world, const struct diagnostic *item, const struct finding *finding)
{
    struct arena *arena = world->run.arena;
    const struct rule *rule = finding->before.rule;
    if (rule && slice_equal(item->subject, origin_name(arena, &rule->origin))) {
        return true;
    }
    for (size_t i = 0; i < finding->host_count; i++) {
        if (slice_contains(item->message, finding->hosts[i])) {
            return true;
        }
    }
    return slice_contains(item->message, slice_of(world->target->name)) ||
           slice_starts(item->subject, SLICE("Gateway "));
}

static bool is_announced(struct world *world, const struct finding *finding)
{
    for (size_t i = 0; i < world->announced; i++) {
        if (names(world, diag_get(world->run.diag, i), finding)) {
            return true;
        }
    }
    return false;
}

static void check(struct world *world, const char *file, struct tally *tally)
{
    struct comparison comparison;
    world_compare(world, &world->before, &world->after, &comparison);
    tally->conversions++;
    tally->equivalent += comparison_verdict(&comparison) == VERDICT_EQUIVALENT;
    tally->unproven += comparison_verdict(&comparison) == VERDICT_UNPROVEN;
    for (size_t i = 0; i < comparison.finding_count; i++) {
        const struct finding *finding = &comparison.findings[i];
        if (finding->platform) {
            continue;
        }
        tally->findings++;
        if (!is_announced(world, finding)) {
            tally->failed++;
            printf("not ok: %s, %s: " SLICE_FMT ", and convert says nothing of it\n  ", file,
                   world->target->name, SLICE_ARG(finding->title));
            print_request(&finding->witness);
        }
    }
}

bool prove_announced(const struct inputs *inputs, const struct proof_options *options)
{
    struct tally tally = {0};
    const struct target *target;
    (void)options;
    for (size_t i = 0; i < inputs->count; i++) {
        for (size_t t = 0; (target = target_at(t)); t++) {
            struct world world;
            if (world_open(inputs->files[i], target, &world)) {
                check(&world, inputs->files[i], &tally);
                world_close(&world);
            }
        }
    }
    printf("%zu conversions: %zu equivalent, %zu unproven; %zu findings, %zu not announced\n",
           tally.conversions, tally.equivalent, tally.unproven, tally.findings, tally.failed);
    return tally.conversions && !tally.failed;
}
