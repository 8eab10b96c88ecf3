#include "route/route.h"

#define OFFSET(type, field) offsetof(struct route_##type, field)
#define ROW(type, field, kind)                                                                     \
    {                                                                                              \
#field, FIELD_##kind, OFFSET(type, field), NULL, false                                     \
    }
/* Shows in outcomes alone. */
#define QUIET(type, field, kind)                                                                   \
    {                                                                                              \
#field, FIELD_##kind, OFFSET(type, field), NULL, true                                      \
    }
#define CHOICE(type, field, names)                                                                 \
    {                                                                                              \
#field, FIELD_CHOICE, OFFSET(type, field), names, false                                    \
    }

static const char *const redirect_hosts[] = {"as sent", "as sent without port",
                                             "as sent without port, lower case", "given"};
static const char *const redirect_ports[] = {"none", "given", "of the listener",
                                             "of the listener, always", "given, always"};
static const char *const path_changes[] = {"none", "whole path", "prefix"};
static const char *const affinity_modes[] = {"balanced", "persistent"};
static const char *const rewrite_kinds[] = {"whole path", "prefix", "regular expression"};

static const struct field_row answer_fields[] = {
    ROW(answer, status, NUMBER), ROW(answer, body, TEXT),     ROW(answer, type, TEXT),
    QUIET(answer, last, BOOL),   QUIET(answer, closes, BOOL),
};
static const struct field_row redirect_fields[] = {
    ROW(redirect, status, NUMBER),     ROW(redirect, only_plain_http, BOOL),
    ROW(redirect, scheme, TEXT),       CHOICE(redirect, host_from, redirect_hosts),
    ROW(redirect, host, TEXT),         CHOICE(redirect, port_from, redirect_ports),
    ROW(redirect, port, NUMBER),       CHOICE(redirect, path_change, path_changes),
    ROW(redirect, prefix, TEXT),       ROW(redirect, path, TEXT),
    ROW(redirect, keep_query, BOOL),   ROW(redirect, strip_slash, BOOL),
    ROW(redirect, scripted, BOOL),     ROW(redirect, relative, BOOL),
    ROW(redirect, location, TEMPLATE),
};
static const struct field_row body_limit_fields[] = {
    ROW(body_limit, bytes, BYTES),
    QUIET(body_limit, own_headers, BOOL),
    QUIET(body_limit, response, EDITS),
};
static const struct field_row addresses_fields[] = {
    ROW(addresses, allow, NETWORKS),
    ROW(addresses, deny, NETWORKS),
    ROW(addresses, has_allow, BOOL),
    ROW(addresses, status, NUMBER),
};
static const struct field_row authentication_fields[] = {
    ROW(authentication, guards, GUARDS),
    ROW(authentication, any, BOOL),
    ROW(authentication, request, EDITS),
};
static const struct field_row cors_fields[] = {
    ROW(cors, origins, TEXTS),           ROW(cors, any_origin, BOOL),
    ROW(cors, echo_origin, BOOL),        ROW(cors, end_anchored_only, BOOL),
    ROW(cors, credentials, BOOL),        ROW(cors, methods, TEXTS),
    ROW(cors, headers, TEXTS),           ROW(cors, expose, TEXTS),
    ROW(cors, max_age, NUMBER),          ROW(cors, preflight_needs_method, BOOL),
    ROW(cors, preflight_status, NUMBER), ROW(cors, only_preflight, BOOL),
};
static const struct field_row rewrite_fields[] = {
    CHOICE(rewrite, kind, rewrite_kinds), ROW(rewrite, prefix, TEXT),
    ROW(rewrite, pattern, TEXT),          ROW(rewrite, fold, BOOL),
    ROW(rewrite, target, TEMPLATE),       ROW(rewrite, query, TEMPLATE),
    ROW(rewrite, drops_query, BOOL),
};
static const struct field_row upstream_host_fields[] = {
    ROW(upstream_host, host, TEMPLATE),
};
static const struct field_row upstream_protocol_fields[] = {
    ROW(upstream_protocol, protocol, TEXT),
};
static const struct field_row header_edits_fields[] = {
    ROW(header_edits, edits, EDITS),
};
static const struct field_row timeouts_fields[] = {
    ROW(timeouts, connect_ms, MS),
    ROW(timeouts, send_ms, MS),
    ROW(timeouts, read_ms, MS),
    ROW(timeouts, request_ms, MS),
    ROW(timeouts, backend_request_ms, MS),
};
static const struct field_row retries_fields[] = {
    ROW(retries, attempts, NUMBER),
    ROW(retries, conditions, TEXT),
    ROW(retries, total_ms, NUMBER),
};
static const struct field_row buffering_fields[] = {
    ROW(buffering, request, BOOL),
    ROW(buffering, response, BOOL),
};
static const struct field_row mirrors_fields[] = {
    {"items", FIELD_MIRRORS, 0, NULL, false},
};
static const struct field_row error_pages_fields[] = {
    ROW(error_pages, statuses, TEXTS), ROW(error_pages, of_backends, BOOL),
    ROW(error_pages, namespace, TEXT), ROW(error_pages, service, TEXT),
    ROW(error_pages, port, NUMBER),    ROW(error_pages, status, NUMBER),
    ROW(error_pages, request, EDITS),  ROW(error_pages, response, EDITS),
    ROW(error_pages, allow, NETWORKS), ROW(error_pages, deny, NETWORKS),
    ROW(error_pages, has_allow, BOOL), QUIET(error_pages, early, EDITS),
};
static const struct field_row rate_limit_fields[] = {
    ROW(rate_limit, per_second, NUMBER),  ROW(rate_limit, second_burst, NUMBER),
    ROW(rate_limit, per_minute, NUMBER),  ROW(rate_limit, minute_burst, NUMBER),
    ROW(rate_limit, connections, NUMBER), ROW(rate_limit, exempt, NETWORKS),
    ROW(rate_limit, status, NUMBER),      ROW(rate_limit, connection_status, NUMBER),
};
static const struct field_row firewall_fields[] = {
    ROW(firewall, core_rules, BOOL),
    ROW(firewall, blocks, BOOL),
};
static const struct field_row upstream_tls_fields[] = {
    ROW(upstream_tls, secret, TEXT),    ROW(upstream_tls, shown, TEXT),
    ROW(upstream_tls, verify, BOOL),    ROW(upstream_tls, depth, NUMBER),
    ROW(upstream_tls, name, TEXT),      ROW(upstream_tls, server_name, BOOL),
    ROW(upstream_tls, protocols, TEXT), ROW(upstream_tls, ciphers, TEXT),
};
static const struct field_row affinity_fields[] = {
    ROW(affinity, cookie, TEXT),
    ROW(affinity, header, TEXT),
    CHOICE(affinity, mode, affinity_modes),
    ROW(affinity, path, TEXT),
    ROW(affinity, domain, TEXT),
    ROW(affinity, same_site, TEXT),
    ROW(affinity, expires, TEXT),
    ROW(affinity, max_age, TEXT),
    ROW(affinity, secure, BOOL),
    ROW(affinity, never_secure, BOOL),
    ROW(affinity, change_on_failure, BOOL),
    ROW(affinity, only_compatible, BOOL),
    ROW(affinity, passive, BOOL),
};
static const struct field_row balancing_fields[] = {
    ROW(balancing, algorithm, TEXT),
    ROW(balancing, key, TEXT),
    ROW(balancing, subset, NUMBER),
    ROW(balancing, service_address, BOOL),
};
static const struct field_row bandwidth_fields[] = {
    ROW(bandwidth, bytes_per_second, NUMBER),
    ROW(bandwidth, free_bytes, NUMBER),
};
static const struct field_row upstream_http_fields[] = {
    ROW(upstream_http, version, TEXT),
};
static const struct field_row response_rewrites_fields[] = {
    ROW(response_rewrites, redirect_from, TEXT),
    ROW(response_rewrites, redirect_to, TEXT),
    ROW(response_rewrites, cookie_domain, TEXT),
    ROW(response_rewrites, cookie_path, TEXT),
};
static const struct field_row fastcgi_fields[] = {
    ROW(fastcgi, index, TEXT),
    ROW(fastcgi, parameters, EDITS),
};

static const struct effect_row rows[] = {
#define EFFECT(id, type, aspect, impact, text)                                                     \
    {EFFECT_##id,                                                                                  \
     #id,                                                                                          \
     ASPECT_##aspect,                                                                              \
     IMPACT_##impact,                                                                              \
     text,                                                                                         \
     offsetof(struct effects, id),                                                                 \
     type##_fields,                                                                                \
     ARRAY_LEN(type##_fields)},
#include "route/effects.def"
#undef EFFECT
};

const struct effect_row *effect_row(enum effect_id id)
{
    return &rows[id];
}

const void *effect_get(const struct effects *effects, enum effect_id id)
{
    const char *base = (const char *)effects;
    return *(const void *const *)(const void *)(base + rows[id].offset);
}

const struct effect_source *effect_source(const void *effect)
{
    return effect; /* the first member of every effect */
}

static const void *at(const void *effect, const struct field_row *row)
{
    return (const char *)effect + row->offset;
}

static int64_t number_at(const void *effect, const struct field_row *row)
{
    return *(const int64_t *)at(effect, row);
}

static bool texts_hold(const struct texts *texts, struct slice wanted)
{
    for (size_t i = 0; i < texts->count; i++) {
        struct slice rest = texts->items[i], part;
        while (slice_split(&rest, ',', &part)) {
            if (slice_equal(slice_trim(part), wanted)) {
                return true;
            }
        }
    }
    return false;
}

static bool texts_within(const struct texts *inner, const struct texts *outer)
{
    for (size_t i = 0; i < inner->count; i++) {
        struct slice rest = inner->items[i], part;
        while (slice_split(&rest, ',', &part)) {
            if (!texts_hold(outer, slice_trim(part))) {
                return false;
            }
        }
    }
    return true;
}

/* Lists of texts and of networks are sets: neither order nor repetition means anything, nor whether a
 * source writes "GET, PUT" as one text or as two. */
static bool texts_equal(const struct texts *a, const struct texts *b)
{
    return texts_within(a, b) && texts_within(b, a);
}

static bool networks_list(const struct networks *networks, const struct network *item)
{
    for (size_t i = 0; i < networks->count; i++) {
        const struct network *network = &networks->items[i];
        if (network->bits == item->bits && network_contains(network, &item->address)) {
            return true;
        }
    }
    return false;
}

bool networks_equal(const struct networks *a, const struct networks *b)
{
    bool equal = true;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = networks_list(b, &a->items[i]);
    }
    for (size_t i = 0; equal && i < b->count; i++) {
        equal = networks_list(a, &b->items[i]);
    }
    return equal;
}

static bool edits_equal(const struct edits *a, const struct edits *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        const struct header_edit *x = &a->items[i], *y = &b->items[i];
        if (x->kind != y->kind || x->only_https != y->only_https || x->only_good != y->only_good ||
            !slice_equal_fold(x->name, y->name) || !template_equal(&x->value, &y->value)) {
            return false;
        }
    }
    return a->count == b->count;
}

/* One front end says how its services are asked, others do not know. */
static bool asked_alike(const struct guard *a, const struct guard *b)
{
    return !a->asked.ptr || !b->asked.ptr || slice_equal(a->asked, b->asked);
}

/* Their order counts: the first that refuses answers. */
static bool guards_equal(const struct guards *a, const struct guards *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        const struct guard *x = &a->items[i], *y = &b->items[i];
        if (x->kind != y->kind || x->never != y->never || x->status != y->status ||
            !slice_equal(x->subject, y->subject) || !template_equal(&x->location, &y->location) ||
            !asked_alike(x, y) || !edits_equal(&x->refused, &y->refused)) {
            return false;
        }
    }
    return a->count == b->count;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a ? a : 1;
}

/* 50/100 is 1/2. Reduced rather than multiplied out, as numbers from the input may be large. */
static bool fractions_equal(const struct mirror *x, const struct mirror *y)
{
    uint64_t a = (uint64_t)x->numerator, b = (uint64_t)x->denominator;
    uint64_t c = (uint64_t)y->numerator, d = (uint64_t)y->denominator;
    uint64_t left = common_divisor(a, b), right = common_divisor(c, d);
    return a / left == c / right && b / left == d / right;
}

static bool mirrors_equal(const struct route_mirrors *a, const struct route_mirrors *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        const struct mirror *x = &a->items[i], *y = &b->items[i];
        if (!slice_equal(x->namespace, y->namespace) || !slice_equal(x->service, y->service) ||
            x->port != y->port || !fractions_equal(x, y) || !slice_equal(x->url, y->url) ||
            !slice_equal(x->host, y->host) || x->no_body != y->no_body) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool field_equal(const struct field_row *row, const void *a, const void *b)
{
    switch (row->kind) {
    case FIELD_TEXT:
        return slice_equal(*(const struct slice *)at(a, row), *(const struct slice *)at(b, row));
    case FIELD_NUMBER:
    case FIELD_BYTES:
    case FIELD_MS:
    case FIELD_CHOICE:
        return number_at(a, row) == number_at(b, row);
    case FIELD_BOOL:
        return *(const bool *)at(a, row) == *(const bool *)at(b, row);
    case FIELD_TEMPLATE:
        return template_equal(at(a, row), at(b, row));
    case FIELD_TEXTS:
        return texts_equal(at(a, row), at(b, row));
    case FIELD_NETWORKS:
        return networks_equal(at(a, row), at(b, row));
    case FIELD_GUARDS:
        return guards_equal(at(a, row), at(b, row));
    case FIELD_EDITS:
        return edits_equal(at(a, row), at(b, row));
    case FIELD_MIRRORS:
        return mirrors_equal(a, b);
    }
    return false;
}

static bool fields_equal(enum effect_id id, const void *a, const void *b, bool quiet)
{
    if (!a || !b) {
        return a == b;
    }
    for (size_t i = 0; i < rows[id].field_count; i++) {
        const struct field_row *row = &rows[id].fields[i];
        if ((quiet || !row->quiet) && !field_equal(row, a, b)) {
            return false;
        }
    }
    return true;
}

bool effect_equal(enum effect_id id, const void *a, const void *b)
{
    return fields_equal(id, a, b, false);
}

bool effect_identical(enum effect_id id, const void *a, const void *b)
{
    return fields_equal(id, a, b, true);
}

/* ---- printing ----------------------------------------------------------------------------- */

static void print_texts(const struct texts *texts, struct buf *out)
{
    for (size_t i = 0; i < texts->count; i++) {
        buf_puts(out, i ? ", " : "");
        buf_put(out, texts->items[i]);
    }
}

static void print_edits(const struct edits *edits, struct buf *out)
{
    static const char *const verbs[] = {"set ", "add ", "remove "};
    for (size_t i = 0; i < edits->count; i++) {
        const struct header_edit *edit = &edits->items[i];
        buf_printf(out, "%s%s" SLICE_FMT, i ? "; " : "", verbs[edit->kind], SLICE_ARG(edit->name));
        if (edit->kind != EDIT_REMOVE) {
            buf_puts(out, ": ");
            template_print(&edit->value, out);
        }
        buf_puts(out, edit->only_https ? " (https)" : "");
        buf_puts(out, edit->only_good ? " (unless the status is an error)" : "");
    }
}

static void print_mirrors(const struct route_mirrors *mirrors, struct buf *out)
{
    for (size_t i = 0; i < mirrors->count; i++) {
        const struct mirror *m = &mirrors->items[i];
        buf_puts(out, i ? ", " : "");
        if (m->url.ptr) {
            buf_put(out, m->url);
        } else {
            buf_printf(out, SLICE_FMT "/" SLICE_FMT ":%lld", SLICE_ARG(m->namespace),
                       SLICE_ARG(m->service), (long long)m->port);
        }
        buf_printf(out, " %lld/%lld", (long long)m->numerator, (long long)m->denominator);
        if (m->host.ptr) {
            buf_printf(out, " as host " SLICE_FMT, SLICE_ARG(m->host));
        }
        buf_puts(out, m->no_body ? " without body" : "");
    }
}

const char *guard_name(enum guard_kind kind)
{
    static const char *const names[] = {"basic-auth", "digest-auth", "external-auth"};
    return names[kind];
}

static void print_guards(const struct guards *guards, struct buf *out)
{
    for (size_t i = 0; i < guards->count; i++) {
        const struct guard *guard = &guards->items[i];
        buf_printf(out, "%s%s by " SLICE_FMT "%s" SLICE_FMT ", else ", i ? "; " : "",
                   guard_name(guard->kind), SLICE_ARG(guard->subject),
                   guard->asked.len ? " with " : "", SLICE_ARG(guard->asked));
        if (guard->location.count) {
            buf_puts(out, "302 to ");
            template_print(&guard->location, out);
        } else {
            buf_printf(out, "%lld", (long long)guard->status);
        }
    }
}

static bool field_is_empty(const struct field_row *row, const void *effect)
{
    switch (row->kind) {
    case FIELD_TEXT:
        return !((const struct slice *)at(effect, row))->len;
    case FIELD_NUMBER:
    case FIELD_CHOICE:
        return number_at(effect, row) == 0;
    case FIELD_BYTES:
    case FIELD_MS:
        return false;
    case FIELD_BOOL:
        return !*(const bool *)at(effect, row);
    case FIELD_TEMPLATE:
        return ((const struct template *)at(effect, row))->count == 0;
    case FIELD_TEXTS:
        return ((const struct texts *)at(effect, row))->count == 0;
    case FIELD_NETWORKS:
        return ((const struct networks *)at(effect, row))->count == 0;
    case FIELD_EDITS:
        return ((const struct edits *)at(effect, row))->count == 0;
    case FIELD_GUARDS:
        return ((const struct guards *)at(effect, row))->count == 0;
    case FIELD_MIRRORS:
        return ((const struct route_mirrors *)effect)->count == 0;
    }
    return true;
}

static void print_limit(int64_t value, const char *unit, struct buf *out)
{
    if (value < 0) {
        buf_puts(out, "no limit");
    } else {
        buf_printf(out, "%lld %s", (long long)value, unit);
    }
}

static void field_print(const struct field_row *row, const void *effect, struct buf *out)
{
    switch (row->kind) {
    case FIELD_TEXT:
        buf_put(out, *(const struct slice *)at(effect, row));
        return;
    case FIELD_NUMBER:
        buf_printf(out, "%lld", (long long)number_at(effect, row));
        return;
    case FIELD_CHOICE:
        buf_puts(out, row->choices[number_at(effect, row)]);
        return;
    case FIELD_BYTES:
        print_limit(number_at(effect, row), "bytes", out);
        return;
    case FIELD_MS:
        print_limit(number_at(effect, row), "ms", out);
        return;
    case FIELD_BOOL:
        buf_puts(out, "yes");
        return;
    case FIELD_TEMPLATE:
        template_print(at(effect, row), out);
        return;
    case FIELD_TEXTS:
        print_texts(at(effect, row), out);
        return;
    case FIELD_NETWORKS: {
        const struct networks *networks = at(effect, row);
        for (size_t i = 0; i < networks->count; i++) {
            buf_puts(out, i ? ", " : "");
            network_print(&networks->items[i], out);
        }
        return;
    }
    case FIELD_EDITS:
        print_edits(at(effect, row), out);
        return;
    case FIELD_GUARDS:
        print_guards(at(effect, row), out);
        return;
    case FIELD_MIRRORS:
        print_mirrors(effect, out);
        return;
    }
}

/* "connect_ms" reads "connect", as the unit stands behind the number. What is the one field of its effect
 * and speaks for itself has no name. */
static void print_name(const struct field_row *row, bool alone, struct buf *out)
{
    struct slice name = slice_of(row->name);
    if (row->kind == FIELD_MS) {
        name.len -= sizeof "_ms" - 1;
    } else if (row->kind == FIELD_BYTES || row->kind == FIELD_MIRRORS ||
               row->kind == FIELD_GUARDS || (alone && row->kind == FIELD_EDITS)) {
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        buf_putc(out, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
    }
    buf_puts(out, row->kind == FIELD_BOOL ? "" : " ");
}

void effect_print(enum effect_id id, const void *effect, struct buf *out)
{
    effect_print_beside(id, effect, NULL, out);
}

/* Of several fields each is named. */
static bool has_one_field(const struct effect_row *row)
{
    size_t count = 0;
    for (size_t i = 0; i < row->field_count; i++) {
        count += !row->fields[i].quiet;
    }
    return count == 1;
}

void effect_print_beside(enum effect_id id, const void *effect, const void *other, struct buf *out)
{
    bool first = true;
    for (size_t i = 0; effect && i < rows[id].field_count; i++) {
        const struct field_row *row = &rows[id].fields[i];
        if (row->quiet || field_is_empty(row, effect) ||
            (other && field_equal(row, effect, other))) {
            continue;
        }
        buf_puts(out, first ? "" : ", ");
        first = false;
        print_name(row, has_one_field(&rows[id]), out);
        if (row->kind != FIELD_BOOL) {
            field_print(row, effect, out);
        }
    }
}
