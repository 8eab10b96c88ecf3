#include "proof/proof.h"
#include "proofs.h"

/* The oldest release is what AKS has up to Kubernetes 1.33; AKS has one channel. */
enum { CRDS = 3 };
static const struct {
    const char *name;
    struct schema_release release;
} crds[CRDS] = {{"standard channel of 1.5", {5, false}},
                {"experimental channel of 1.5", {5, true}},
                {"standard channel of 1.2", {2, false}}};

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

static void check(struct world *world, const char *file, const char *release, struct tally *tally)
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
            printf("not ok: %s, %s, %s: " SLICE_FMT ", and convert says nothing of it\n  ", file,
                   world->target->name, release, SLICE_ARG(finding->title));
            print_request(&finding->witness);
            print_origin("before", finding->before.rule);
            print_origin("after", finding->after.rule);
        }
    }
}

static void check_releases(const char *file, const struct target *target, struct tally *tallies)
{
    for (size_t i = 0; i < CRDS; i++) {
        struct world world;
        if (!(target->on_aks && crds[i].release.experimental) &&
            world_open(file, target, &crds[i].release, &world)) {
            check(&world, file, crds[i].name, &tallies[i]);
            world_close(&world);
        }
    }
}

bool prove_announced(const struct inputs *inputs, const struct proof_options *options)
{
    struct tally tallies[CRDS] = {{0}};
    const struct target *target;
    bool good = true;
    (void)options;
    for (size_t i = 0; i < inputs->count; i++) {
        for (size_t t = 0; (target = target_at(t)); t++) {
            check_releases(inputs->files[i], target, tallies);
        }
    }
    for (size_t i = 0; i < CRDS; i++) {
        const struct tally *tally = &tallies[i];
        printf("%s: %zu conversions: %zu equivalent, %zu unproven; %zu findings, %zu not "
               "announced\n",
               crds[i].name, tally->conversions, tally->equivalent, tally->unproven,
               tally->findings, tally->failed);
        good = good && tally->conversions && !tally->failed;
    }
    return good;
}
