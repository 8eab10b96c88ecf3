#include "compare/compare.h"

struct weighing {
    const struct map *weights; /* id -> uint64_t */
};

static uint64_t weight_of(const struct weighing *weighing, const struct finding *finding)
{
    const uint64_t *weight = map_get(weighing->weights, finding->id);
    return weight ? *weight : 0;
}

/* What is met before what is not, and then the worst; of these, what is met most. */
static int heaviest_first(const void *a, const void *b, void *user)
{
    const struct finding *x = a, *y = b;
    uint64_t of_x = weight_of(user, x), of_y = weight_of(user, y);
    if (x->platform != y->platform) {
        return x->platform ? 1 : -1;
    }
    if (!of_x != !of_y) {
        return of_x ? -1 : 1;
    }
    if (x->impact != y->impact) {
        return x->impact > y->impact ? -1 : 1;
    }
    return of_x > of_y ? -1 : of_x < of_y;
}

void comparison_weigh(struct run *run, struct comparison *comparison, weigh_fn *weigh, void *user)
{
    struct map *weights = map_new(run->arena);
    struct weighing weighing = {weights};
    for (size_t i = 0; i < comparison->finding_count; i++) {
        struct finding *finding = &comparison->findings[i];
        uint64_t *weight = ARENA_NEW(run->arena, uint64_t);
        *weight = weigh(user, run->arena, finding->id, &finding->seen);
        map_put(weights, finding->id, weight);
    }
    sort_stable(run->arena, comparison->findings, comparison->finding_count,
                sizeof *comparison->findings, heaviest_first, &weighing);
}
