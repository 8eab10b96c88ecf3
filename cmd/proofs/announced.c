#include "proof/proof.h"
#include "proofs.h"

enum { CHANNELS = 2 };
static const char *const channels[CHANNELS] = {"standard", "experimental"};

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

static void check(struct world *world, const char *file, const char *channel, struct tally *tally)
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
            printf("not ok: %s, %s, %s channel: " SLICE_FMT ", and convert says nothing of it\n  ",
                   file, world->target->name, channel, SLICE_ARG(finding->title));
            print_request(&finding->witness);
            print_origin("before", finding->before.rule);
            print_origin("after", finding->after.rule);
        }
    }
}

/* AKS has one channel. */
static void check_channels(const char *file, const struct target *target, struct tally *tallies)
{
    for (int channel = 0; channel < (target->on_aks ? 1 : CHANNELS); channel++) {
        struct world world;
        if (world_open(file, target, channel > 0, &world)) {
            check(&world, file, channels[channel], &tallies[channel]);
            world_close(&world);
        }
    }
}

bool prove_announced(const struct inputs *inputs, const struct proof_options *options)
{
    struct tally tallies[CHANNELS] = {{0}};
    const struct target *target;
    bool good = true;
    (void)options;
    for (size_t i = 0; i < inputs->count; i++) {
        for (size_t t = 0; (target = target_at(t)); t++) {
            check_channels(inputs->files[i], target, tallies);
        }
    }
    for (int channel = 0; channel < CHANNELS; channel++) {
        const struct tally *tally = &tallies[channel];
        printf("%s channel: %zu conversions: %zu equivalent, %zu unproven; %zu findings, %zu not "
               "announced\n",
               channels[channel], tally->conversions, tally->equivalent, tally->unproven,
               tally->findings, tally->failed);
        good = good && tally->conversions && !tally->failed;
    }
    return good;
}
