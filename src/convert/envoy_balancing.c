#include "convert/envoy_priv.h"
#include "convert/host_policy_priv.h"

/* How endpoints are chosen: loadBalancer and routingType of a BackendTrafficPolicy (envoyproxy/gateway v1.9
 * api/v1alpha1/loadbalancer_types.go). */

static struct node *balancer(struct emission *e, const char *type)
{
    struct node *spec = policy_spec(e, ENVOY_BACKEND_TRAFFIC);
    struct node *node = policy_map(e->c, spec, "loadBalancer");
    node_set(e->c->nodes, node, "type", text_node(e->c, type));
    return node;
}

static struct node *hash_by(struct emission *e, const char *type)
{
    struct node *hash = policy_map(e->c, balancer(e, "ConsistentHash"), "consistentHash");
    node_set(e->c->nodes, hash, "type", text_node(e->c, type));
    return hash;
}

/* ---- cookies -------------------------------------------------------------------------------- */

/* Envoy makes the cookie from the endpoint's address; with a ttl of 0 it lasts as long as the browser. */
void envoy_affinity(struct emission *e, const void *effect)
{
    const struct route_affinity *affinity = effect;
    struct arena *arena = e->c->nodes;
    uint64_t seconds = 0;
    if (!affinity->cookie.ptr) {
        return;
    }
    struct node *cookie = policy_map(e->c, hash_by(e, "Cookie"), "cookie");
    node_set(arena, cookie, "name", node_string(arena, affinity->cookie));
    bool lasts = slice_to_uint(affinity->max_age, INT32_MAX, &seconds);
    if (affinity->passive) {
        say(e->c, DIAG_C002, SEVERITY_INFO, e->rule->origin.span, &e->rule->origin,
            "clients that have the cookie '" SLICE_FMT
            "' of another Ingress keep its endpoint here "
            "as well, afterwards by a hash of the cookie",
            SLICE_ARG(affinity->cookie));
        return; /* without a ttl it is read, and never made (internal/xds/translator/route.go) */
    }
    node_set(arena, cookie, "ttl", duration_node(e->c, lasts ? (int64_t)seconds * 1000 : 0));
    const struct {
        const char *name;
        struct slice value; /* absent: not sent */
    } attributes[] = {{"Path", affinity->path},
                      {"Domain", affinity->domain},
                      {"SameSite", affinity->same_site},
                      {"Secure", affinity->secure ? SLICE("") : SLICE_ABSENT}};
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (attributes[i].value.ptr) {
            node_set(arena, policy_map(e->c, cookie, "attributes"), attributes[i].name,
                     node_string(arena, attributes[i].value));
        }
    }
    say_hashed_cookie(e, affinity);
}

/* ---- algorithms ----------------------------------------------------------------------------- */

/* nginx's variables that Envoy can hash by. */
static const struct {
    const char *variable; /* the end of it is the name where `list` is given */
    const char *type, *list;
} keys[] = {
    {"$remote_addr", "SourceIP", NULL}, {"$binary_remote_addr", "SourceIP", NULL},
    {"$http_", "Headers", "headers"},   {"$arg_", "QueryParams", "queryParams"},
    {"$cookie_", "Cookie", NULL},
};

static bool hash_key(struct emission *e, struct slice key)
{
    struct arena *arena = e->c->nodes;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct slice start = slice_of(keys[i].variable), name;
        bool cookie = slice_is(start, "$cookie_"), named = keys[i].list || cookie;
        if (named ? !variable_name(e->c, key, start, slice_is(start, "$http_"), &name)
                  : !slice_equal(key, start)) {
            continue;
        }
        struct node *hash = hash_by(e, keys[i].type), *item = node_map(arena);
        if (named) {
            node_set(arena, item, "name", node_string(arena, name));
        }
        if (keys[i].list) {
            struct node *list = node_list(arena);
            node_add(arena, list, item);
            node_set(arena, hash, keys[i].list, list);
        } else if (cookie) {
            node_set(arena, hash, "cookie", item);
        }
        return true;
    }
    return false;
}

void envoy_balancing(struct emission *e, const void *effect)
{
    const struct route_balancing *balancing = effect;
    const struct route_affinity *affinity = e->rule->effects.affinity;
    bool done = true;
    if (balancing->service_address) {
        node_set(e->c->nodes, policy_spec(e, ENVOY_BACKEND_TRAFFIC), "routingType",
                 text_node(e->c, "Service"));
    }
    if (affinity && affinity->cookie.ptr) {
        return; /* the cookie chooses */
    }
    if (slice_is(balancing->algorithm, "hash")) {
        done = !balancing->subset && hash_key(e, balancing->key);
    } else if (slice_is(balancing->algorithm, "round_robin")) {
        (void)balancer(e, "RoundRobin");
    } else if (slice_is(balancing->algorithm, "ewma")) {
        (void)balancer(e, "LeastRequest");
        say_ewma(e, balancing);
    } else {
        done = !balancing->algorithm.ptr;
    }
    if (!done) {
        say_unsupported(e->c, e->rule, EFFECT_balancing, effect);
    }
}
