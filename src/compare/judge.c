#include "compare/compare_priv.h"

struct judge {
    struct comparer comparer;
};

struct judge *judge_new(struct run *run, const struct evaluator *before,
                        const struct route_table *before_table, const struct evaluator *after,
                        const struct route_table *after_table)
{
    struct judge *judge = ARENA_NEW(run->arena, struct judge);
    judge->comparer =
        (struct comparer){.run = run,
                          .side = {{before, before_table}, {after, after_table}},
                          .same_view = targets_read_alike(&before_table->view, &after_table->view),
                          .same_plane = before_table->plane.len &&
                                        slice_equal(before_table->plane, after_table->plane)};
    sides_init(run->arena, before_table, after_table, NULL, &judge->comparer.sides);
    return judge;
}

/* What diff would say of it, in short. */
static void describe(const struct judge *judge, struct arena *arena, struct buf *key,
                     const struct difference *difference, const struct outcome *before,
                     const struct outcome *after, struct judgement *out)
{
    bool settings = judge->comparer.same_plane;
    struct texts headers = {0};
    (void)difference_headers(arena, &judge->comparer.sides, difference, before, after, &headers);
    *out = (struct judgement){
        .id = cause_id(arena, cause_key(key, difference, settings, before, after)),
        .title = difference_title(arena, difference, &headers, before, after),
        .impact = difference->impact,
        .aspect = difference->aspect,
        .platform = difference->platform && !settings};
}

size_t judge_request(const struct judge *judge, struct arena *arena, const struct request *request,
                     const struct outcome *before, const struct outcome *after,
                     struct judgement out[JUDGEMENTS_MAX])
{
    struct comparer comparer = judge->comparer; /* nothing in it is written to */
    struct classes classes = {.comparer = &comparer,
                              .scratch = arena,
                              .gateway = {before->gateway, after->gateway},
                              .same_view = comparer.same_view};
    struct difference differences[DIFFERENCES_MAX];
    struct buf key;
    _Static_assert(2 * (int)DIFFERENCES_MAX <= (int)JUDGEMENTS_MAX, "each difference has room");
    size_t count = classes_differences(&classes, request, before, after, differences);
    buf_init(&key, BUF_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        describe(judge, arena, &key, &differences[i], before, after, &out[i]);
    }
    size_t behind = classes_behind(&classes, request, before, after, differences);
    for (size_t i = 0; i < behind; i++) {
        describe(judge, arena, &key, &differences[i], before, after, &out[count++]);
    }
    buf_release(&key);
    return count;
}
