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

static bool same_outcome(struct arena *arena, const struct verify_side *side,
                         const struct request *a, const struct request *b)
{
    struct outcome of_a, of_b;
    evaluate(side->evaluator, arena, a, &of_a);
    evaluate(side->evaluator, arena, b, &of_b);
    return of_a.kind == of_b.kind && of_a.status == of_b.status && of_a.rule == of_b.rule &&
           of_a.decided_by == of_b.decided_by && slice_equal(of_a.location, of_b.location) &&
           of_a.condition_count == of_b.condition_count && same_backends(&of_a, &of_b);
}

struct request verify_witness(struct run *run, const struct verify_side *before,
                              const struct verify_side *after, const struct request *request)
{
    struct request out = *request;
    struct arena *scratch = arena_open_like(run->arena);
    out.client = (struct address){.length = 0};
    out.client_text = SLICE_ABSENT;
    out.gateway = SLICE_ABSENT; /* the address says which data plane is asked */
    bool same =
        same_outcome(scratch, before, request, &out) && same_outcome(scratch, after, request, &out);
    arena_close(scratch);
    return same ? out : *request;
}
