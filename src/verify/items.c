#include "verify/verify_priv.h"

/* ---- which Gateway ------------------------------------------------------------------------ */

struct verify_side verify_side_of(struct run *run, const struct route_table *table,
                                  const struct evaluator *evaluator)
{
    struct verify_side side = {.table = table, .evaluator = evaluator};
    struct map *seen = map_new(run->arena);
    size_t capacity = 0;
    for (size_t i = 0; i < table->entry_count; i++) {
        if (!map_add(seen, table->entries[i].gateway, seen)) {
            *ARENA_PUSH(run->arena, side.gateways.items, side.gateways.count, capacity) =
                table->entries[i].gateway;
        }
    }
    return side;
}

/* Another Gateway that has rules for the request; absent: none. */
static struct slice rival_of(struct arena *scratch, const struct verify_side *side,
                             const struct request *request, struct slice gateway)
{
    for (size_t i = 0; i < side->gateways.count; i++) {
        struct request other = *request;
        struct outcome outcome;
        other.gateway = side->gateways.items[i];
        if (slice_equal(other.gateway, gateway)) {
            continue;
        }
        evaluate(side->evaluator, scratch, &other, &outcome);
        if (outcome.rule || outcome.kind == OUTCOME_TUNNEL) {
            return other.gateway;
        }
    }
    return SLICE_ABSENT;
}

/* The address of no Gateway in particular is that of the one that serves the host. Where several do, nobody knows whose
 * it is. */
static struct slice unclear(struct run *run, struct arena *scratch, const struct verify_side *side,
                            const struct verify_target *target, const struct verify_item *item,
                            size_t at)
{
    const struct request *request = &item->request;
    struct slice gateway = item->gateway[at];
    if (!gateway.ptr || target_names(target, gateway, request->scheme) ||
        !target_address(target, gateway, request->scheme).ptr) {
        return SLICE_ABSENT;
    }
    struct slice rival = rival_of(scratch, side, request, gateway);
    return rival.ptr
               ? ARENA_JOIN(run->arena, SLICE("the Gateways "), gateway, SLICE(" and "), rival,
                            SLICE(" serve this host, and it is not said which one answers at "
                                  "the address: "),
                            at ? SLICE("--after-addr ") : SLICE("--before-addr "), gateway,
                            SLICE("=ADDRESS says so"))
               : SLICE_ABSENT;
}

static void choose_gateway(struct run *run, struct arena *scratch, const struct verify_side *side,
                           const struct verify_target *target, struct verify_item *item, size_t at)
{
    struct request request = item->request;
    struct outcome outcome;
    if (side->gateways.count < 2) {
        /* without rules it is the one that is asked for */
        bool named = target_names(target, request.gateway, request.scheme);
        item->gateway[at] = named ? request.gateway : SLICE_ABSENT;
        return;
    }
    request.gateway = item->gateway[at].ptr ? item->gateway[at] : request.gateway;
    evaluate(side->evaluator, scratch, &request, &outcome);
    if (!outcome.entry && !item->gateway[at].ptr) {
        request.gateway = SLICE_ABSENT; /* it is one of the other side */
        evaluate(side->evaluator, scratch, &request, &outcome);
    }
    item->gateway[at] = outcome.gateway;
    if (!item->skipped.ptr && target->count) {
        item->skipped = unclear(run, scratch, side, target, item, at);
    }
}

/* ---- adding ------------------------------------------------------------------------------- */

static void put_key(const struct verify_item *item, struct buf *key)
{
    const struct request *request = &item->request;
    struct slice sni = slice_is(request->scheme, "https") ? request->sni : SLICE_ABSENT;
    struct slice protocol = slice_is(request->protocol, "h1") ? SLICE_ABSENT : request->protocol;
    const struct slice parts[] = {
        request->scheme, request->method,      request->host, sni,
        request->target, request->client_text, protocol,      item->gateway[0],
        item->gateway[1]};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_put(key, parts[i]);
        buf_putc(key, '\n');
    }
    buf_printf(key, "%u %llu %d", request->port, (unsigned long long)request->body_bytes,
               request->client_certificate);
    for (size_t i = 0; i < request->headers.count; i++) {
        buf_putc(key, '\n');
        buf_put(key, request->headers.items[i].name);
        buf_putc(key, ':');
        buf_put(key, request->headers.items[i].value);
    }
}

void verify_items_add(struct run *run, struct verify_items *items, struct map *seen,
                      const struct verify_side sides[2], const struct verify_target targets[2],
                      const struct verify_item *item)
{
    struct arena *scratch = arena_open_like(run->arena);
    struct verify_item added = *item;
    struct buf key;
    for (size_t side = 0; side < 2; side++) {
        choose_gateway(run, scratch, &sides[side], &targets[side], &added, side);
    }
    added.request.gateway = SLICE_ABSENT; /* it may be another one on each side */
    buf_init(&key, BUF_TEXT_MAX);
    put_key(&added, &key);
    if (!map_add(seen, buf_slice(&key), seen)) {
        *ARENA_PUSH(run->arena, items->items, items->count, items->capacity) = added;
    }
    buf_release(&key);
    arena_close(scratch);
}
