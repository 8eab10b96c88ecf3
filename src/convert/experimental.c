#include "convert/convert_priv.h"

/* Fields of an HTTPRoute that only the experimental channel has: retry and sessionPersistence
 * (gateway-api v1.6.1 config/crd/experimental). They are written where that channel is asked for, and the
 * implementation does something with them. */

/* AKS installs the standard channel only. */
static bool has_channel(const struct conversion *c)
{
    return c->options->experimental && !c->options->target->on_aks;
}

/* ---- sessionPersistence ------------------------------------------------------------------- */

static bool writes_session(const struct emission *e, const struct route_affinity *affinity)
{
    enum { SESSION_NAME_MAX = 128 };
    return has_channel(e->c) && !affinity->passive && affinity->cookie.len &&
           affinity->cookie.len <= SESSION_NAME_MAX &&
           target_profile(e->c->options->target)->sessions != SESSIONS_IGNORED;
}

static struct node *session_node(struct conversion *c, const struct route_affinity *affinity)
{
    struct node *session = node_map(c->nodes);
    uint64_t seconds;
    node_set(c->nodes, session, "sessionName", node_string(c->nodes, affinity->cookie));
    node_set(c->nodes, session, "type", text_node(c, "Cookie"));
    if (slice_to_uint(affinity->max_age, INT32_MAX, &seconds) && seconds) {
        struct node *config = node_map(c->nodes);
        node_set(c->nodes, config, "lifetimeType", text_node(c, "Permanent"));
        node_set(c->nodes, session, "absoluteTimeout", duration_node(c, (int64_t)seconds * 1000));
        node_set(c->nodes, session, "cookieConfig", config);
    }
    return session;
}

static bool has_attributes(const struct route_affinity *affinity)
{
    return affinity->path.len || affinity->domain.len || affinity->same_site.len ||
           affinity->expires.len || affinity->secure;
}

/* The annotation is in another Ingress, whose Service this one shares. */
static void say_passive(struct emission *e, const struct route_affinity *affinity)
{
    if (affinity->passive) {
        say(e->c, DIAG_C001, SEVERITY_INFO, e->rule->origin.span, &e->rule->origin,
            "clients that have the cookie '" SLICE_FMT
            "' of another Ingress keep its endpoint here "
            "as well, and no longer afterwards",
            SLICE_ARG(affinity->cookie));
    }
}

void emit_affinity(struct emission *e, const void *effect)
{
    const struct route_affinity *affinity = effect;
    if (!affinity->cookie.ptr) {
        return;
    }
    if (!writes_session(e, affinity)) {
        say_unsupported(e->c, e->rule, EFFECT_affinity, effect);
        say_passive(e, affinity);
        return;
    }
    e->session = session_node(e->c, affinity);
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "'" SLICE_FMT
        "' becomes sessionPersistence: cookies that clients have choose another endpoint "
        "once, and sessions stay where they are when endpoints are added; the implementation "
        "chooses the attributes of the cookie%s%s",
        SLICE_ARG(affinity->source.name),
        has_attributes(affinity) ? ", so its Path, Domain, SameSite, Expires and Secure are "
                                   "not those that are set today"
                                 : "",
        affinity->change_on_failure
            ? "; whether a failing endpoint keeps its sessions is its choice too"
            : "");
}

/* ---- retry -------------------------------------------------------------------------------- */

/* Statuses in the conditions of proxy_next_upstream; false when there is one that is no status, or when a request
 * is repeated for what it says. */
static bool retry_codes(struct conversion *c, struct slice conditions, struct node *codes,
                        bool *all_methods)
{
    static const char *const connection[] = {"error", "timeout", "invalid_header"};
    struct slice rest = conditions, word;
    bool known = true;
    *all_methods = false;
    while (slice_split(&rest, ' ', &word)) {
        uint64_t code;
        if (slice_starts(word, SLICE("http_")) &&
            slice_to_uint(slice_sub(word, 5, word.len), 599, &code)) {
            node_add(c->nodes, codes, node_int(c->nodes, (int64_t)code));
        } else if (slice_is(word, "non_idempotent")) {
            *all_methods = true;
        } else {
            known = known && slice_is_one_of(word, connection, ARRAY_LEN(connection));
        }
    }
    return known;
}

/* A POST that nginx would not repeat is not to be repeated, so codes are written only where it repeats all methods;
 * what fails before a backend has the request may be repeated always. */
void emit_retries(struct emission *e, const void *effect)
{
    const struct route_retries *retries = effect;
    struct conversion *c = e->c;
    struct node *codes = node_list(c->nodes), *retry = node_map(c->nodes);
    bool all_methods = false;
    bool known = retry_codes(c, retries->conditions, codes, &all_methods);
    if (!has_channel(c) || !retries->source.name.len || retries->attempts <= 0 || !known ||
        (codes->count && !all_methods) || target_profile(c->options->target)->ignores_retry) {
        say_unsupported(c, e->rule, EFFECT_retries, effect);
        return;
    }
    node_set(c->nodes, retry, "attempts", node_int(c->nodes, retries->attempts));
    if (codes->count) {
        node_set(c->nodes, retry, "codes", codes);
    }
    e->retry = retry;
    say_effect(c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "'" SLICE_FMT "' becomes retry: which failures of a connection are repeated is the "
               "implementation's choice, and so is whether another endpoint is asked%s%s",
               SLICE_ARG(retries->source.name),
               retries->total_ms ? "; there is no limit on the time for all attempts" : "",
               all_methods
                   ? ""
                   : "; a POST whose connection breaks may be sent twice, which nginx does not");
}
