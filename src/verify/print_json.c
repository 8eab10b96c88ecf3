#include "verify/verify_priv.h"

static struct node *text_or_null(struct arena *arena, struct slice text)
{
    struct node *null = ARENA_NEW(arena, struct node);
    return text.ptr ? node_string(arena, text) : null;
}

static struct node *prediction_node(struct arena *arena, const struct verify_result *result,
                                    size_t side)
{
    static const char *const held[] = {"not asked", "silent", "yes", "no"};
    struct node *map = node_map(arena);
    node_set(arena, map, "holds", node_string(arena, slice_of(held[result->held[side]])));
    if (result->why[side].ptr) {
        node_set(arena, map, "why", node_string(arena, result->why[side]));
    }
    return map;
}

static struct node *findings_node(struct arena *arena, const struct verify_result *result)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < result->finding_count; i++) {
        node_add(arena, list, node_string(arena, result->findings[i].id));
    }
    return list;
}

static struct node *result_node(struct run *run, const struct verify_result *result)
{
    struct arena *arena = run->arena;
    const struct verify_item *item = result->item;
    const struct request request = request_public(arena, &item->request);
    const struct texts secrets = request_secrets(arena, &item->request);
    struct node *map = node_map(arena), *differences = node_list(arena);
    node_set(arena, map, "verdict",
             node_string(arena, slice_of(verify_verdict_name(result->verdict))));
    node_set(arena, map, "source", node_string(arena, item->source));
    node_set(arena, map, "number", node_int(arena, (int64_t)item->number));
    node_set(arena, map, "request", request_node(run, &request));
    if (item->skipped.ptr) {
        node_set(arena, map, "why", node_string(arena, item->skipped));
        return map;
    }
    if (result->id.ptr) {
        node_set(arena, map, "id", node_string(arena, result->id));
        node_set(arena, map, "title", node_string(arena, result->title));
    }
    for (size_t i = 0; i < result->difference_count; i++) {
        struct node *difference = node_map(arena);
        node_set(arena, difference, "field", node_string(arena, result->differences[i].field));
        node_set(arena, difference, "before", text_or_null(arena, result->differences[i].before));
        node_set(arena, difference, "after", text_or_null(arena, result->differences[i].after));
        node_add(arena, differences, difference);
    }
    node_set(arena, map, "differences", differences);
    node_set(arena, map, "findings", findings_node(arena, result));
    for (size_t side = 0; side < 2; side++) {
        struct node *answer = answer_node(arena, item, side, &secrets);
        if (result->held[side] != VERIFY_HELD_NOT_ASKED) {
            node_set(arena, answer, "prediction", prediction_node(arena, result, side));
        }
        node_set(arena, map, side ? "after" : "before", answer);
    }
    return map;
}

static struct node *side_node(struct arena *arena, const struct verify_results *results,
                              size_t side)
{
    struct node *map = node_map(arena), *idle = node_list(arena);
    struct slice label = side ? results->evidence.after : results->evidence.before;
    node_set(arena, map, "address", node_string(arena, results->address[side]));
    if (label.len) {
        node_set(arena, map, "label", node_string(arena, label));
        node_set(arena, map, "routes", node_int(arena, (int64_t)results->routes[side]));
        node_set(arena, map, "exercised", node_int(arena, (int64_t)results->exercised[side]));
        for (size_t i = 0; i < results->idle[side].count; i++) {
            node_add(arena, idle, node_string(arena, results->idle[side].items[i]));
        }
        node_set(arena, map, "idle", idle);
    }
    return map;
}

struct node *verify_node(struct run *run, const struct verify_results *results)
{
    enum { FORMAT_VERSION = 1 };
    struct arena *arena = run->arena;
    struct node *map = node_map(arena), *counts = node_map(arena), *requests = node_list(arena);
    node_set(arena, map, "version", node_int(arena, FORMAT_VERSION));
    node_set(arena, map, "before", side_node(arena, results, 0));
    node_set(arena, map, "after", side_node(arena, results, 1));
    for (int i = 0; i < VERIFY_VERDICT_COUNT; i++) {
        node_set(arena, counts, verify_verdict_name((enum verify_verdict)i),
                 node_int(arena, (int64_t)results->verdicts[i]));
    }
    node_set(arena, map, "counts", counts);
    node_set(arena, map, "echo", node_bool(arena, results->echoed));
    for (size_t i = 0; i < results->count; i++) {
        node_add(arena, requests, result_node(run, &results->items[i]));
    }
    node_set(arena, map, "requests", requests);
    return map;
}
