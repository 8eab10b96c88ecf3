#include "compare/compare_priv.h"

/* What to do about a difference, where there is something to say that holds in general. */
static const char *const effect_advice[EFFECT_COUNT] = {
    [EFFECT_body_limit] = "set the largest body in a policy of the target, or in the application",
    [EFFECT_addresses] = "keep those addresses out by a firewall before traffic moves",
    [EFFECT_cors] = "let the target or the application answer CORS, and test it with a browser",
    [EFFECT_upstream_protocol] =
        "set appProtocol on the Service's port, or a BackendTLSPolicy; gRPC may need a GRPCRoute",
    [EFFECT_timeouts] =
        "set the timeouts in a policy of the target; long answers are cut otherwise",
    [EFFECT_retries] = "set retries in a policy of the target where repeating a request is safe",
    [EFFECT_error_pages] = "let the application, or a proxy in front, answer with those pages",
    [EFFECT_rate_limit] = "set the limits in a policy of the target, or in front of it",
    [EFFECT_firewall] = "put a web application firewall in front before traffic moves",
    [EFFECT_upstream_tls] = "write a BackendTLSPolicy with the CA and the name to be verified",
    [EFFECT_affinity] =
        "keep sessions where all endpoints see them, or set session persistence of the target",
    [EFFECT_bandwidth] = "limit the speed in the application, where it still matters",
    [EFFECT_response_rewrites] = "let the application write the outer host and path",
    [EFFECT_mirrors] = "see that the copies are still needed, and mirror them by the target",
};

static const char *const shown_advice[SHOWN_COUNT] = {
    [SHOWN_CLIENT] = "see that the same clients are let in, by the same authority and chains",
    [SHOWN_CERTIFICATE] = "let the listener refer to the certificate that clients see today",
    [SHOWN_PATH] = "look at the rewrite: the backend has to know the path that it gets",
    [SHOWN_BODY] = "see whether somebody reads the text of that answer",
    [SHOWN_LOCATION] = "look at where clients are sent; bookmarks and callbacks may depend on it",
};

static const char *const form_advice[FORM_COUNT] = {
    [FORM_ESCAPED] =
        "clients that escape letters for nothing are rare; look for them in access logs",
    [FORM_DOUBLE_SLASH] = "look for '//' in access logs, and mend the clients that send it",
    [FORM_DOT] = "clients take '.' segments away before they send; look for others in access logs",
    [FORM_EMPTY_QUERY] = "a backend that tells '?' from no query is rare",
    [FORM_ENCODED] = "see that backends take both ways to write such a path",
    [FORM_PARENT] = "clients resolve '..' before they send; look for others in access logs",
    [FORM_OTHER_NAME] =
        "give each host its own certificate; by a shared one HTTP/2 reuses connections",
    [FORM_NO_NAME] = "look for clients and health checks that connect by address, or without SNI",
    [FORM_OLD] = "look for HTTP/1.0 in access logs: old health checks and load tests speak it",
    [FORM_NO_HOST] = "look for health checks that send no Host",
    [FORM_HOST] = "look in access logs for clients that spell the Host so"};

struct slice difference_advice(const struct difference *difference)
{
    if (difference->form != FORM_PLAIN && difference->platform) {
        return slice_of(form_advice[difference->form]);
    }
    if (difference->alike) {
        return SLICE("see whether clients or monitors look at what that answer says");
    }
    if (difference->effect >= 0) {
        return slice_of(effect_advice[difference->effect]);
    }
    /* what another backend gets is its own matter */
    bool moved = (difference->shown & 1u << SHOWN_BACKENDS) != 0;
    for (int i = 0; i < SHOWN_COUNT; i++) {
        bool own = !moved || (i != SHOWN_PATH && i != SHOWN_HOST);
        if (own && (difference->shown & (1u << i)) && shown_advice[i]) {
            return slice_of(shown_advice[i]);
        }
    }
    return SLICE_ABSENT;
}

struct slice difference_fields(struct arena *arena, const struct difference *difference)
{
    if (difference->effect >= 0) {
        return slice_of(effect_row((enum effect_id)difference->effect)->name);
    }
    struct slice fields = SLICE_ABSENT;
    for (int i = 0; i < SHOWN_COUNT; i++) {
        if (difference->shown & (1u << i)) {
            const char *name = shown_name((enum shown)i);
            fields = fields.ptr ? arena_printf(arena, SLICE_FMT ", %s", SLICE_ARG(fields), name)
                                : slice_of(name);
        }
    }
    for (int i = 0; i < EFFECT_COUNT; i++) {
        if (difference->effects & (1u << i)) {
            fields = arena_printf(arena, SLICE_FMT ", %s", SLICE_ARG(fields),
                                  effect_row((enum effect_id)i)->name);
        }
    }
    return fields;
}

/* ---- sentences ---------------------------------------------------------------------------- */

static void put_backends(const struct outcome *outcome, struct buf *out)
{
    uint64_t sum = weight_sum(outcome, true);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        buf_puts(out, i ? ", " : "");
        if (backend->status) {
            buf_printf(out, "answer %lld", (long long)backend->status);
        } else {
            buf_printf(out, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(backend->namespace),
                       SLICE_ARG(backend->service));
        }
        if (!backend->status && backend->port) {
            buf_printf(out, ":%u", backend->port);
        }
        if (outcome->backend_count > 1 && sum && backend->weight * 100 % sum == 0) {
            buf_printf(out, " (%llu %%)", (unsigned long long)(backend->weight * 100 / sum));
        } else if (outcome->backend_count > 1) {
            buf_printf(out, " (%llu of %llu)", (unsigned long long)backend->weight,
                       (unsigned long long)sum);
        }
    }
}

/* "forwarded to shop/web:80" */
static void put_outcome(const struct outcome *outcome, struct buf *out)
{
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
        buf_puts(out, "forwarded to ");
        put_backends(outcome, out);
        return;
    case OUTCOME_REDIRECT:
        buf_printf(out, "redirected to " SLICE_FMT " (%lld)", SLICE_ARG(outcome->location),
                   (long long)outcome->status);
        return;
    case OUTCOME_RESPOND:
        buf_printf(out, "answered %lld", (long long)outcome->status);
        return;
    case OUTCOME_TUNNEL:
        buf_puts(out, "passed through to ");
        put_backends(outcome, out);
        return;
    case OUTCOME_CLOSE:
        buf_puts(out, "connection closed");
        return;
    case OUTCOME_UNKNOWN:
        buf_puts(out, "not known");
        return;
    }
}

static void put_certificate(const struct outcome *outcome, struct buf *out)
{
    const struct certificate *certificate = outcome->certificate;
    if (certificate->secret.len) {
        buf_printf(out, "of Secret " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(certificate->namespace),
                   SLICE_ARG(certificate->secret));
    } else if (certificate->vault.len) {
        buf_printf(out, "of Key Vault " SLICE_FMT, SLICE_ARG(certificate->vault));
    } else {
        buf_puts(out, "of the data plane");
    }
}

/* Which clients are let in by their certificates. */
static void put_clients(const struct outcome *outcome, struct buf *out)
{
    static const char *const demands[] = {
        [DEMAND_NONE] = "not asked for",
        [DEMAND_ANY] = "any, also none, of ",
        [DEMAND_OPTIONAL] = "none or a valid one of ",
        [DEMAND_VALID] = "a valid one of ",
    };
    const struct client_check *check = outcome->entry->client;
    enum client_demand demand = check ? check->demand : DEMAND_NONE;
    buf_puts(out, demands[demand]);
    if (demand != DEMAND_NONE) {
        buf_put(out, check->subject);
        if (check->depth) {
            buf_printf(out, " to depth %lld", (long long)check->depth);
        }
        buf_puts(out, check->name.len ? " whose name is " : "");
        buf_put(out, check->name);
    }
}

/* "'gone' (text/html)" */
static void put_body(const struct outcome *outcome, struct buf *out)
{
    enum { SHOWN_BYTES = 40 };
    struct slice text = outcome_text(outcome, false), type = outcome_text(outcome, true);
    if (!text.ptr) {
        buf_puts(out, "none, or a page of the data plane");
        return;
    }
    bool cut = text.len > SHOWN_BYTES;
    buf_printf(out, "'" SLICE_FMT "%s' (" SLICE_FMT ")",
               SLICE_ARG(slice_sub(text, 0, cut ? SHOWN_BYTES : text.len)), cut ? "..." : "",
               SLICE_ARG(type));
}

static void put_header_names(const struct texts *names, struct buf *out)
{
    enum { NAMES_MAX = 8 };
    for (size_t i = 0; i < names->count && i < NAMES_MAX; i++) {
        buf_puts(out, i ? ", " : "");
        buf_put(out, names->items[i]);
    }
    if (names->count > NAMES_MAX) {
        buf_printf(out, " and %zu more", names->count - NAMES_MAX);
    }
}

static void put_upstream(const struct outcome *outcome, bool path, struct buf *out)
{
    if (outcome->backend_count) {
        buf_put(out, path ? outcome->backends[0].path : outcome->backends[0].host);
    }
}

static void put_shown(enum shown shown, const struct texts *headers, const struct outcome *before,
                      const struct outcome *after, struct buf *out)
{
    bool slash;
    switch (shown) {
    case SHOWN_OUTCOME:
    case SHOWN_LOCATION:
    case SHOWN_BACKENDS:
        put_outcome(before, out);
        buf_puts(out, " before, ");
        put_outcome(after, out);
        break;
    case SHOWN_SLASH:
        slash = before->location.len + 1 == after->location.len ||
                after->location.len + 1 == before->location.len;
        buf_printf(out, "%s the Location: " SLICE_FMT " before, " SLICE_FMT,
                   slash ? "one '/' at the end of" : "the usual port in",
                   SLICE_ARG(before->location), SLICE_ARG(after->location));
        break;
    case SHOWN_STATUS:
        buf_printf(out, "%s %lld before, %lld",
                   before->kind == OUTCOME_REDIRECT ? "redirected with" : "answered",
                   (long long)before->status, (long long)after->status);
        break;
    case SHOWN_PATH:
    case SHOWN_HOST:
        buf_printf(out, "the backend gets %s ", shown == SHOWN_PATH ? "path" : "Host");
        put_upstream(before, shown == SHOWN_PATH, out);
        buf_puts(out, " before, ");
        put_upstream(after, shown == SHOWN_PATH, out);
        break;
    case SHOWN_CERTIFICATE:
        buf_puts(out, "certificate ");
        put_certificate(before, out);
        buf_puts(out, " before, ");
        put_certificate(after, out);
        break;
    case SHOWN_CLIENT:
        buf_puts(out, "client certificates: ");
        put_clients(before, out);
        buf_puts(out, " before, ");
        put_clients(after, out);
        break;
    case SHOWN_BODY:
        buf_puts(out, "the client gets another text: ");
        put_body(before, out);
        buf_puts(out, " before, ");
        put_body(after, out);
        break;
    case SHOWN_REQUEST_HEADERS:
    case SHOWN_RESPONSE_HEADERS:
        buf_puts(out, shown == SHOWN_REQUEST_HEADERS ? "the backend gets other headers: "
                                                     : "the client gets other headers: ");
        put_header_names(headers, out);
        return;
    case SHOWN_COUNT:
        return;
    }
    buf_puts(out, " after");
}

/* What both have alike says nothing. */
static void put_effect(enum effect_id id, const struct outcome *outcome,
                       const struct outcome *other, struct buf *out)
{
    const void *effect = effect_get(&outcome->effects, id);
    size_t start = out->len;
    if (effect) {
        effect_print_beside(id, effect, effect_get(&other->effects, id), out);
    }
    if (out->len == start) {
        buf_puts(out, effect ? "off" : "not set");
    }
}

/* The values of both sides, or where those are long and show in the outcome, the outcomes. */
static void put_effects(const struct difference *difference, const struct outcome *before,
                        const struct outcome *after, struct buf *out)
{
    enum { VALUES_MAX = 200 }; /* only policies for CORS are longer */
    static const struct texts no_names = {0};
    enum effect_id id = (enum effect_id)difference->effect;
    enum shown answer = before->kind != after->kind ? SHOWN_OUTCOME : SHOWN_STATUS;
    buf_printf(out, "%s: ", effect_row(id)->text);
    if (difference->alike) {
        buf_puts(out, "alike on both sides, where another check decides; ");
        put_shown(answer, &no_names, before, after, out);
        return;
    }
    size_t start = out->len;
    put_effect(id, before, after, out);
    buf_puts(out, " before, ");
    put_effect(id, after, before, out);
    buf_puts(out, " after");
    if (out->len - start > VALUES_MAX && difference->visible) {
        out->len = start;
        if (before->kind == after->kind && before->status == after->status) {
            buf_puts(out, "the client gets other CORS headers");
        } else {
            put_shown(answer, &no_names, before, after, out);
        }
    }
}

struct slice difference_title(struct arena *arena, const struct difference *difference,
                              const struct texts *headers, const struct outcome *before,
                              const struct outcome *after)
{
    static const char *const forms[FORM_COUNT] = {
        "",
        "a path with an escaped letter: ",
        "a path with a double slash: ",
        "a path with a segment '.': ",
        "an empty query: ",
        "a path with an escape: ",
        "a path with a segment '..': ",
        "a Host other than the name in the TLS handshake: ",
        "a TLS handshake without a name: ",
        "HTTP/1.0: ",
        "no Host: ",
        "a Host in capitals, with a port or a dot: "};
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    buf_puts(&buf, forms[difference->form]);
    buf_puts(&buf, difference->unwritten ? "where no rule answers, " : "");
    if (difference->effect >= 0) {
        put_effects(difference, before, after, &buf);
    } else {
        int first = 0;
        while (first < SHOWN_COUNT - 1 && !(difference->shown & (1u << first))) {
            first++;
        }
        put_shown((enum shown)first, headers, before, after, &buf);
    }
    struct slice title = arena_copy(arena, buf_slice(&buf));
    buf_release(&buf);
    return title;
}
