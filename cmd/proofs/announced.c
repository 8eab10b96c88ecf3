#include "proofs.h"

struct tally {
    size_t conversions, equivalent, findings, unproven, failed;
};

/* A route is named as the Ingress is that it was made of. */
static bool names_object(const struct diagnostic *item, const struct rule *rule)
{
    struct slice subject = item->subject, kind;
    return rule && rule->origin.name.len && slice_split(&subject, ' ', &kind) &&
           slice_split(&subject, '/', &kind) && slice_equal(kind, rule->origin.namespace) &&
           slice_equal(subject, rule->origin.name);
}

/* The object that decides before or after, or a host of the finding; where no object decides before, the Gateway or
 * the target. */
static bool names(struct world *world, const struct diagnostic *item, const struct finding *finding)
{
    if (names_object(item, finding->before.rule) || names_object(item, finding->after.rule)) {
        return true;
    }
    for (size_t i = 0; i < finding->host_count; i++) {
        if (slice_contains(item->message, finding->hosts[i])) {
            return true;
        }
    }
    bool owned = finding->before.rule && finding->before.rule->origin.name.len;
    struct slice target = arena_printf(world->run.arena, "by '%s'", world->target->name),
                 like = arena_printf(world->run.arena, "with '%s'", world->target->name);
    return !owned &&
           (slice_contains(item->message, target) || slice_contains(item->message, like) ||
            slice_starts(item->subject, SLICE("Gateway ")));
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

static void print_origin(const char *when, const struct rule *rule)
{
    if (rule) {
        printf("  %s: " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT "\n", when,
               SLICE_ARG(rule->origin.kind), SLICE_ARG(rule->origin.namespace),
               SLICE_ARG(rule->origin.name), SLICE_ARG(rule->origin.field));
    }
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
            print_origin("before", finding->before.rule);
            print_origin("after", finding->after.rule);
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
