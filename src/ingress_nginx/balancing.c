#include "ingress_nginx/model_priv.h"

#include <openssl/evp.h>

/* How an endpoint is chosen. These annotations count for a Service and its port as a whole, whoever writes them:
 * the first Ingress that names it says how requests are spread, the first one with affinity that clients are kept,
 * the last one by which cookie (controller.go, createUpstreams and getBackendServers; lua/balancer.lua). */

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

static const enum annotation_id spreading[] = {
    AN_load_balance, AN_upstream_hash_by, AN_upstream_hash_by_subset,
    AN_upstream_hash_by_subset_size, AN_service_upstream};
static const enum annotation_id keeping[] = {AN_affinity,
                                             AN_affinity_mode,
                                             AN_session_cookie_name,
                                             AN_session_cookie_path,
                                             AN_session_cookie_domain,
                                             AN_session_cookie_samesite,
                                             AN_session_cookie_expires,
                                             AN_session_cookie_max_age,
                                             AN_session_cookie_secure,
                                             AN_session_cookie_change_on_failure,
                                             AN_session_cookie_conditional_samesite_none};

bool item_balances(const struct item *item)
{
    bool any = annotation_set(item->annotations, AN_affinity);
    for (size_t i = 0; !any && i < ARRAY_LEN(spreading); i++) {
        any = annotation_set(item->annotations, spreading[i]);
    }
    return any;
}

void balancing_collect(struct model *model)
{
    for (size_t i = 0; model->upstreams && i < model->item_count; i++) {
        const struct item *item = model->items[i];
        bool keeps = annotation_set(item->annotations, AN_affinity);
        bool mode = annotation_set(item->annotations, AN_affinity_mode);
        for (size_t r = 0; (keeps || mode) && r < item->ingress->rule_count; r++) {
            const struct ingress_rule *rule = &item->ingress->rules[r];
            for (size_t p = 0; p < rule->path_count; p++) {
                struct upstream *upstream = upstream_find(model, item, &rule->paths[p].backend);
                if (!upstream || upstream->canary) {
                    continue;
                }
                upstream->affinity = keeps && !upstream->affinity ? item : upstream->affinity;
                upstream->mode = mode && !upstream->mode ? item : upstream->mode;
                upstream->cookie = keeps ? item : upstream->cookie;
            }
        }
    }
}

/* ---- where a client is kept ----------------------------------------------------------------- */

/* lua/balancer/sticky.lua, should_set_cookie: on the paths of Ingresses with the annotation, as they are written. */
static bool sets_cookie(const struct model *model, const struct server *server,
                        const struct location *location)
{
    for (size_t i = 0; i < server->item_count; i++) {
        const struct item *item = server->items[i];
        for (size_t r = 0;
             annotation_set(item->annotations, AN_affinity) && r < item->ingress->rule_count; r++) {
            const struct ingress_rule *rule = &item->ingress->rules[r];
            bool named = slice_equal(server_name(rule), server->host);
            for (size_t p = 0; named && p < rule->path_count; p++) {
                if (slice_equal(rule->paths[p].path, location->declared) &&
                    upstream_find(model, item, &rule->paths[p].backend) == location->upstream) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* lua-resty-cookie takes no other spelling. */
static struct slice same_site(struct slice text)
{
    bool taken = slice_is(text, "None") || slice_is(text, "Lax") || slice_is(text, "Strict");
    return taken ? text : SLICE_ABSENT;
}

static void add_affinity(struct model *model, const struct server *server,
                         const struct location *location, struct rule *rule)
{
    const struct upstream *upstream = location->upstream;
    const struct annotations *cookie = upstream->cookie->annotations;
    struct route_affinity *affinity = NEW_EFFECT(model->run, affinity);
    struct slice name = annotation_text(cookie, AN_session_cookie_name);
    struct slice path = annotation_text(cookie, AN_session_cookie_path);
    for (size_t i = 0; i < ARRAY_LEN(keeping); i++) {
        struct effect_source source = annotation_source(cookie, keeping[i]);
        if (i && source.name.ptr) {
            rule_add_source(model->run, rule, EFFECT_affinity, source);
        }
    }
    *affinity = (struct route_affinity){
        .source = annotation_source(upstream->affinity->annotations, AN_affinity),
        .cookie = name.ptr ? name : SLICE("INGRESSCOOKIE"),
        .path = path.ptr ? path : location->declared,
        .domain = annotation_text(cookie, AN_session_cookie_domain),
        .same_site = same_site(annotation_text(cookie, AN_session_cookie_samesite)),
        .expires = annotation_text(cookie, AN_session_cookie_expires),
        .max_age = annotation_text(cookie, AN_session_cookie_max_age),
        .secure = annotation_true(cookie, AN_session_cookie_secure, false),
        .change_on_failure = annotation_true(cookie, AN_session_cookie_change_on_failure, false),
        .only_compatible =
            annotation_true(cookie, AN_session_cookie_conditional_samesite_none, false),
        .passive = !sets_cookie(model, server, location)};
    if (upstream->mode) {
        const struct annotations *mode = upstream->mode->annotations;
        annotation_use(mode, AN_affinity_mode);
        affinity->mode = slice_is(annotation_text(mode, AN_affinity_mode), "persistent")
                             ? AFFINITY_PERSISTENT
                             : AFFINITY_BALANCED;
    }
    rule->effects.affinity = affinity;
}

enum { MD5_HEX = 32 };

static struct slice md5(struct arena *arena, struct slice text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(text.ptr, text.len, bytes, &length, EVP_md5(), NULL) != 1 ||
        2 * length != MD5_HEX) {
        return SLICE_ABSENT;
    }
    char *out = arena_alloc(arena, MD5_HEX);
    for (unsigned int i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    return (struct slice){out, MD5_HEX};
}

/* lua/balancer/sticky.lua: "<endpoint>|<md5 of the md5 of the name and the name>"; lua/util/split.lua leaves out empty
 * parts. */
struct slice cookie_pattern(struct model *model, const struct upstream *upstream)
{
    struct arena *arena = model->run->arena;
    struct slice once = md5(arena, upstream->name);
    struct slice mark = once.ptr ? md5(arena, ARENA_JOIN(arena, once, upstream->name)) : once;
    return ARENA_JOIN(arena, SLICE("^[|]*[^|]+[|]+"), mark.ptr ? mark : SLICE("(?!)"),
                      SLICE("([|]|$)"));
}

const struct route_affinity *canary_affinity(struct model *model, const struct upstream *canary,
                                             const struct rule *main)
{
    const struct annotations *annotations = canary->item->annotations;
    bool legacy = slice_is(annotation_text(annotations, AN_affinity_canary_behavior), "legacy");
    annotation_use(annotations, AN_affinity_canary_behavior);
    if (!legacy || !main->effects.affinity) {
        return main->effects.affinity;
    }
    struct route_affinity *none = NEW_EFFECT(model->run, affinity);
    none->source = annotation_source(annotations, AN_affinity_canary_behavior);
    return none;
}

/* ---- how requests are spread ----------------------------------------------------------------- */

static void add_spreading(struct model *model, const struct upstream *upstream, struct rule *rule)
{
    const struct annotations *annotations = upstream->item->annotations;
    const struct settings *all = model->settings;
    struct effect_source source = {SLICE_ABSENT, SPAN_NONE};
    for (size_t i = 0; i < ARRAY_LEN(spreading); i++) {
        bool acts = spreading[i] == AN_service_upstream
                        ? annotation_true(annotations, spreading[i], all->service_address) !=
                              all->service_address
                        : annotation_acts(annotations, spreading[i]);
        struct effect_source one = annotation_source(annotations, spreading[i]);
        if (acts && !source.name.ptr) {
            source = one;
        } else if (acts) {
            rule_add_source(model->run, rule, EFFECT_balancing, one);
        }
    }
    if (!source.name.ptr) {
        return;
    }
    struct route_balancing *balancing = NEW_EFFECT(model->run, balancing);
    struct slice key = annotation_text(annotations, AN_upstream_hash_by);
    int64_t size = annotation_int(annotations, AN_upstream_hash_by_subset_size, 3);
    bool subset = key.len && annotation_true(annotations, AN_upstream_hash_by_subset, false);
    *balancing = (struct route_balancing){
        .source = source,
        .algorithm = key.len ? SLICE("hash") : annotation_text(annotations, AN_load_balance),
        .key = key,
        .subset = !subset     ? 0
                  : size == 0 ? 3
                              : size,
        .service_address = annotation_true(annotations, AN_service_upstream, all->service_address)};
    if (upstream->affinity) { /* a cookie goes before all of them */
        balancing->algorithm = balancing->key = SLICE_ABSENT;
        balancing->subset = 0;
    }
    if (!balancing->algorithm.ptr) {
        balancing->algorithm =
            all->load_balance.len && !upstream->affinity ? all->load_balance : SLICE("round_robin");
    }
    rule->effects.balancing = balancing;
}

void add_balancing(struct model *model, const struct server *server,
                   const struct location *location, struct rule *rule)
{
    if (!location->upstream) {
        return;
    }
    add_spreading(model, location->upstream, rule);
    if (location->upstream->affinity) {
        add_affinity(model, server, location, rule);
    }
}
