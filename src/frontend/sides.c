#include "frontend/frontend_priv.h"

#include "compare/compare.h"

/* More classes than this are not compared once for each reading. */
enum { SETTLED_MAX = 5000, READINGS_MAX = 32 };

static void build_reading(struct run *run, const struct side *side,
                          const struct gateway_profile *reading, struct side *out)
{
    struct run quiet = *run; /* what there is to say was said of the side itself */
    quiet.diag = diag_beside(run->diag);
    *out = (struct side){.kind = side->kind, .kube = side->kube, .profile = reading};
    route_table_open(&quiet, &out->table);
    gateway_api_build(&quiet, &out->kube, reading, &out->table);
    out->table.plane = side->table.plane;
    out->table.label = side->table.label;
}

static void compare(struct run *run, struct side *before, struct side *after,
                    const struct compare_options *options, struct comparison *out)
{
    compare_sides(run, side_evaluator(run, before), &before->table, side_evaluator(run, after),
                  &after->table, options, out);
}

/* One implementation has one reading: where both sides are open, they are read alike. */
static bool compare_reading(struct run *run, struct side *const sides[2], size_t index,
                            const struct compare_options *options, struct comparison *out)
{
    struct side read[2];
    bool open[2] = {false, false};
    for (size_t i = 0; i < 2; i++) {
        struct gateway_profile *reading = ARENA_NEW(run->arena, struct gateway_profile);
        open[i] = sides[i]->profile && gateway_profile_reading(sides[i]->profile, index, reading);
        if (open[i]) {
            build_reading(run, sides[i], reading, &read[i]);
        }
    }
    if (open[0] || open[1]) {
        compare(run, open[0] ? &read[0] : sides[0], open[1] ? &read[1] : sides[1], options, out);
    }
    for (size_t i = 0; i < 2; i++) {
        if (open[i]) {
            side_close(&read[i]);
        }
    }
    return open[0] || open[1];
}

void sides_compare(struct run *run, struct side *before, struct side *after,
                   const struct compare_options *options, struct comparison *out)
{
    struct side *const sides[] = {before, after};
    struct comparison readings[READINGS_MAX];
    size_t count = 0;
    compare(run, before, after, options, out);
    if (!out->unknown || out->classes > SETTLED_MAX) {
        return;
    }
    while (count < READINGS_MAX && compare_reading(run, sides, count, options, &readings[count])) {
        count++;
    }
    compare_settle(run, readings, count, out);
}
