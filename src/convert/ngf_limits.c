#include "convert/host_policy_priv.h"
#include "convert/ngf_priv.h"

/* How much one client may ask for: a RateLimitPolicy, or the zones of ingress-nginx as snippets where it has no words
 * for them (ngx_http_limit_conn_module, ngx_http_limit_req_module). */

/* ---- RateLimitPolicy ------------------------------------------------------------------------ */

static void add_rate(struct emission *e, struct node *rules, int64_t rate, const char *unit,
                     int64_t burst)
{
    struct arena *arena = e->c->nodes;
    struct node *rule = node_map(arena);
    node_set(arena, rule, "rate",
             node_string(arena, arena_printf(e->c->arena, "%lld%s", (long long)rate, unit)));
    node_set(arena, rule, "burst", node_int(arena, burst));
    node_set(arena, rule, "noDelay", node_bool(arena, true));
    node_set(arena, rule, "key", text_node(e->c, "$binary_remote_addr"));
    node_set(arena, rule, "zoneSize", text_node(e->c, "5m"));
    node_add(arena, rules, rule);
}

static void write_policy(struct emission *e, const struct route_rate_limit *limit)
{
    struct node *rules = node_list(e->c->nodes);
    if (limit->per_second > 0) {
        add_rate(e, rules, limit->per_second, "r/s", limit->second_burst);
    }
    if (limit->per_minute > 0) {
        add_rate(e, rules, limit->per_minute, "r/m", limit->minute_burst);
    }
    struct node *rate = policy_map(e->c, policy_spec(e, NGF_RATE_LIMIT), "rateLimit");
    node_set(e->c->nodes, rate, "rejectCode", node_int(e->c->nodes, limit->status));
    node_set(e->c->nodes, policy_map(e->c, rate, "local"), "rules", rules);
}

/* ---- snippets ------------------------------------------------------------------------------- */

/* Clients that are let out have an empty key, which is not counted; returns the key of the others. */
static struct slice write_key(struct emission *e, const struct networks *exempt, struct slice id)
{
    struct buf text;
    if (!exempt->count) {
        return SLICE("$binary_remote_addr");
    }
    buf_init(&text, BUF_TEXT_MAX);
    buf_printf(&text, "geo $limited_" SLICE_FMT " {\n  default 1;\n", SLICE_ARG(id));
    for (size_t i = 0; i < exempt->count; i++) {
        buf_puts(&text, "  ");
        network_print(&exempt->items[i], &text);
        buf_puts(&text, " 0;\n");
    }
    buf_printf(&text,
               "}\nmap $limited_" SLICE_FMT " $limit_" SLICE_FMT
               " {\n  0 \"\";\n  1 $binary_remote_addr;\n}",
               SLICE_ARG(id), SLICE_ARG(id));
    ngf_snippet(e, NGF_LIMITS, "http", arena_copy(e->c->arena, buf_slice(&text)));
    buf_release(&text);
    return arena_printf(e->c->arena, "$limit_" SLICE_FMT, SLICE_ARG(id));
}

/* A zone belongs to an Ingress, as it does in ingress-nginx (annotations/ratelimit): all its paths count together. */
static struct slice zones_id(struct emission *e, const struct route_rate_limit *limit)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_put(&text, origin_subject(e->c, &e->rule->origin));
    effect_print(EFFECT_rate_limit, limit, &text);
    struct slice id = ngf_id(e, buf_slice(&text));
    buf_release(&text);
    return id;
}

static void write_zone(struct emission *e, const void *effect, const char *name, int64_t rate,
                       const char *unit, int64_t burst, struct slice key, struct slice id)
{
    struct arena *arena = e->c->arena;
    if (rate > 0) {
        ngf_snippet(e, NGF_LIMITS, "http",
                    arena_printf(
                        arena, "limit_req_zone " SLICE_FMT " zone=%s_" SLICE_FMT ":5m rate=%lld%s;",
                        SLICE_ARG(key), name, SLICE_ARG(id), (long long)rate, unit));
        ngf_directive(e, effect,
                      arena_printf(arena, "limit_req zone=%s_" SLICE_FMT " burst=%lld nodelay;",
                                   name, SLICE_ARG(id), (long long)burst));
    }
}

static void write_snippets(struct emission *e, const void *effect)
{
    const struct route_rate_limit *limit = effect;
    struct arena *arena = e->c->arena;
    struct slice id = zones_id(e, limit), key = write_key(e, &limit->exempt, id);
    if (limit->connections) {
        ngf_snippet(e, NGF_LIMITS, "http",
                    arena_printf(arena, "limit_conn_zone " SLICE_FMT " zone=conn_" SLICE_FMT ":5m;",
                                 SLICE_ARG(key), SLICE_ARG(id)));
        ngf_directive(e, effect,
                      arena_printf(arena, "limit_conn conn_" SLICE_FMT " %lld;", SLICE_ARG(id),
                                   (long long)limit->connections));
    }
    write_zone(e, effect, "rps", limit->per_second, "r/s", limit->second_burst, key, id);
    write_zone(e, effect, "rpm", limit->per_minute, "r/m", limit->minute_burst, key, id);
    if (limit->connections) {
        ngf_directive(
            e, effect,
            arena_printf(arena, "limit_conn_status %lld;", (long long)limit->connection_status));
    }
    if (limit->per_second > 0 || limit->per_minute > 0) {
        ngf_directive(e, effect,
                      arena_printf(arena, "limit_req_status %lld;", (long long)limit->status));
    }
}

void ngf_rate_limit(struct emission *e, const void *effect)
{
    const struct route_rate_limit *limit = effect;
    if (limit->connections || limit->exempt.count) {
        write_snippets(e, effect);
    } else {
        write_policy(e, limit);
    }
}
