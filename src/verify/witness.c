#include "verify/verify_priv.h"

static bool same_backends(const struct outcome *a, const struct outcome *b)
{
    bool same = a->backend_count == b->backend_count;
    for (size_t i = 0; i < a->backend_count && same; i++) {
        same = slice_equal(a->backends[i].namespace, b->backends[i].namespace) &&
               slice_equal(a->backends[i].service, b->backends[i].service) &&
               a->backends[i].port == b->backends[i].port;
    }
    return same;
}

static bool same_outcome(struct arena *arena, const struct verify_side *side, struct request asked,
                         const struct outcome *given)
{
    struct outcome outcome;
    asked.gateway = given->gateway;
    evaluate(side->evaluator, arena, &asked, &outcome);
    return outcome.kind == given->kind && outcome.status == given->status &&
           outcome.rule == given->rule && outcome.decided_by == given->decided_by &&
           slice_equal(outcome.location, given->location) &&
           outcome.condition_count == given->condition_count && same_backends(&outcome, given);
}

struct verify_item verify_witness(struct run *run, const struct verify_side sides[2],
                                  const struct finding *finding)
{
    struct verify_item item = {.request = finding->witness,
                               .gateway = {finding->before.gateway, finding->after.gateway}};
    struct request bare = finding->witness;
    struct arena *scratch = arena_open_like(run->arena);
    bare.client = (struct address){.length = 0};
    bare.client_text = SLICE_ABSENT;
    if (same_outcome(scratch, &sides[0], bare, &finding->before) &&
        same_outcome(scratch, &sides[1], bare, &finding->after)) {
        item.request = bare;
    }
    arena_close(scratch);
    return item;
}
