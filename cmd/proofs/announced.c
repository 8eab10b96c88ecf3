#include "proof/proof.h"
#include "proofs.h"

struct tally {
    size_t conversions, equivalent, findings, unproven, failed;
};

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
    world_compare(&world->run, &world->before, &world->after, &comparison);
    tally->conversions++;
    tally->equivalent += comparison_verdict(&comparison) == VERDICT_EQUIVALENT;
    tally->unproven += comparison_verdict(&comparison) == VERDICT_UNPROVEN;
    for (size_t i = 0; i < comparison.finding_count; i++) {
        const struct finding *finding = &comparison.findings[i];
        if (finding->platform) {
            continue;
        }
        tally->findings++;
        if (!finding_is_announced(&world->run, world->announced, world->target, finding)) {
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
