#include "expect/expect.h"

struct judge {
    struct run *run;
    const struct request *request;
    const struct outcome *outcome;
    struct slice why;
};

static void miss(struct judge *judge, const char *key, struct slice wanted, struct slice got)
{
    struct slice one = arena_printf(judge->run->arena,
                                    "%s: expected '" SLICE_FMT "', got '" SLICE_FMT "'", key,
                                    SLICE_ARG(wanted), SLICE_ARG(got));
    judge->why = judge->why.len ? arena_printf(judge->run->arena, SLICE_FMT "; " SLICE_FMT,
                                               SLICE_ARG(judge->why), SLICE_ARG(one))
                                : one;
}

static struct slice text_of(struct judge *judge, const struct node *node)
{
    if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
        return node->text;
    }
    struct buf text;
    buf_init(&text, 4096);
    document_write_json(node, 0, &text);
    struct slice copy = arena_copy(judge->run->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static struct slice number(struct judge *judge, int64_t value)
{
    return arena_printf(judge->run->arena, "%lld", (long long)value);
}

static void expect_text(struct judge *judge, const char *key, const struct node *wanted,
                        struct slice got, bool known)
{
    if (!known) {
        miss(judge, key, text_of(judge, wanted), SLICE("unknown"));
    } else if (!slice_equal(text_of(judge, wanted), got)) {
        miss(judge, key, text_of(judge, wanted), got);
    }
}

/* ---- backends ----------------------------------------------------------------------------- */

static int64_t integer(const struct node *node, int64_t otherwise)
{
    return node && node->kind == NODE_INT ? node->integer : otherwise;
}

static bool is_backend(const struct node *wanted, const struct outcome_backend *backend)
{
    const struct node *namespace = node_get(wanted, "namespace"),
                      *service = node_get(wanted, "service"), *port = node_get(wanted, "port"),
                      *status = node_get(wanted, "status");
    if (status) {
        return backend->status == integer(status, -1);
    }
    return !backend->status && (!namespace || slice_equal(namespace->text, backend->namespace)) &&
           (!service || slice_equal(service->text, backend->service)) &&
           (!port || integer(port, -1) == backend->port);
}

static struct slice backends_text(struct judge *judge)
{
    struct slice all = SLICE("");
    for (size_t i = 0; i < judge->outcome->backend_count; i++) {
        const struct outcome_backend *b = &judge->outcome->backends[i];
        all = arena_printf(judge->run->arena, SLICE_FMT "%s" SLICE_FMT "/" SLICE_FMT ":%u=%llu",
                           SLICE_ARG(all), all.len ? "," : "", SLICE_ARG(b->namespace),
                           SLICE_ARG(b->service), b->port, (unsigned long long)b->weight);
    }
    return all;
}

static void check_backends(struct judge *judge, const struct node *wanted)
{
    const struct outcome *outcome = judge->outcome;
    int64_t total_wanted = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        total_wanted += integer(node_get(wanted->items[i], "weight"), 0);
    }
    for (size_t i = 0; i < outcome->backend_count; i++) {
        total += outcome->backends[i].weight;
    }
    bool holds = wanted->kind == NODE_LIST && wanted->count == outcome->backend_count;
    for (size_t i = 0; holds && i < wanted->count; i++) {
        const struct node *weight = node_get(wanted->items[i], "weight");
        const struct outcome_backend *found = NULL;
        for (size_t b = 0; b < outcome->backend_count; b++) {
            if (is_backend(wanted->items[i], &outcome->backends[b])) {
                found = &outcome->backends[b];
            }
        }
        holds = found && (!weight || found->weight * (uint64_t)total_wanted ==
                                         (uint64_t)integer(weight, 0) * total);
    }
    if (!holds) {
        miss(judge, "backends", text_of(judge, wanted), backends_text(judge));
    }
}

/* ---- headers ------------------------------------------------------------------------------ */

static const struct seen_header *find_header(const struct seen_headers *headers, struct slice name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            return &headers->items[i];
        }
    }
    return NULL;
}

static bool header_unknown(const struct judge *judge)
{
    for (const struct unknown *u = judge->outcome->unknown; u; u = u->next) {
        if (u->aspect == ASPECT_HEADERS) {
            return true;
        }
    }
    return false;
}

/* Lists such as "a, b" and "a,b" are one value in different spelling. */
static bool same_value(struct slice a, struct slice b)
{
    struct slice x, y;
    while (slice_split(&a, ',', &x)) {
        if (!slice_split(&b, ',', &y) || !slice_equal(slice_trim(x), slice_trim(y))) {
            return false;
        }
    }
    return !slice_split(&b, ',', &y);
}

static void check_headers(struct judge *judge, const char *side, const struct node *wanted,
                          const struct node *absent, const struct seen_headers *seen)
{
    for (size_t i = 0; wanted && wanted->kind == NODE_MAP && i < wanted->count; i++) {
        const struct pair *pair = &wanted->pairs[i];
        const struct seen_header *header = find_header(seen, pair->key);
        const char *key = arena_string(judge->run->arena,
                                       arena_printf(judge->run->arena, "%s header " SLICE_FMT, side,
                                                    SLICE_ARG(pair->key)));
        struct slice value = text_of(judge, pair->value);
        if (!header) {
            miss(judge, key, value, header_unknown(judge) ? SLICE("unknown") : SLICE("(none)"));
        } else if (!header->known) {
            miss(judge, key, value, SLICE("unknown"));
        } else if (!same_value(value, header->value)) {
            miss(judge, key, value, header->value);
        }
    }
    for (size_t i = 0; absent && absent->kind == NODE_LIST && i < absent->count; i++) {
        const struct seen_header *header = find_header(seen, absent->items[i]->text);
        if (header) {
            miss(judge, "absent header", absent->items[i]->text, header->value);
        }
    }
}

static void check_upstream(struct judge *judge, const struct node *wanted)
{
    const struct node *method = node_get(wanted, "method"), *host = node_get(wanted, "host"),
                      *path = node_get(wanted, "path");
    for (size_t i = 0; i < judge->outcome->backend_count; i++) {
        const struct outcome_backend *backend = &judge->outcome->backends[i];
        if (backend->status) {
            continue;
        }
        if (method) {
            expect_text(judge, "method at the backend", method, backend->method, true);
        }
        if (host) {
            expect_text(judge, "host at the backend", host, backend->host, backend->host_known);
        }
        if (path) {
            expect_text(judge, "path at the backend", path, backend->path, backend->path_known);
        }
        check_headers(judge, "request", node_get(wanted, "headers"), node_get(wanted, "absent"),
                      &backend->request);
    }
}

static void check_response(struct judge *judge, const struct node *wanted)
{
    const struct outcome *outcome = judge->outcome;
    const struct node *headers = node_get(wanted, "headers"), *absent = node_get(wanted, "absent");
    if (outcome->kind != OUTCOME_FORWARD) {
        check_headers(judge, "response", headers, absent, &outcome->response);
    }
    for (size_t i = 0; outcome->kind == OUTCOME_FORWARD && i < outcome->backend_count; i++) {
        if (!outcome->backends[i].status) {
            check_headers(judge, "response", headers, absent, &outcome->backends[i].response);
        }
    }
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void check_location(struct judge *judge, const struct node *wanted)
{
    struct url url;
    if (wanted->kind != NODE_MAP) {
        expect_text(judge, "location", wanted, judge->outcome->location, true);
        return;
    }
    if (!url_parse(judge->outcome->location, &url)) {
        miss(judge, "location", text_of(judge, wanted), judge->outcome->location);
        return;
    }
    const struct node *scheme = node_get(wanted, "scheme"), *host = node_get(wanted, "host"),
                      *port = node_get(wanted, "port"), *path = node_get(wanted, "path");
    struct slice got_scheme = url.scheme.ptr ? url.scheme : judge->request->scheme;
    if (scheme) {
        expect_text(judge, "location scheme", scheme, got_scheme, true);
    }
    if (host) {
        expect_text(judge, "location host", host,
                    url.host.ptr ? url.host : judge->request->host, true);
    }
    if (port) {
        int64_t got = url.port ? url.port : slice_is(got_scheme, "https") ? 443 : 80;
        expect_text(judge, "location port", port, number(judge, got), true);
    }
    if (path) {
        expect_text(judge, "location path", path, url.path.ptr ? url.path : SLICE("/"), true);
    }
}

static void check_mirrors(struct judge *judge, const struct node *wanted)
{
    const struct route_mirrors *mirrors = judge->outcome->effects.mirrors;
    size_t count = mirrors ? mirrors->count : 0;
    bool holds = wanted->count == count;
    for (size_t i = 0; holds && i < wanted->count; i++) {
        const struct node *namespace = node_get(wanted->items[i], "namespace"),
                          *service = node_get(wanted->items[i], "service"),
                          *port = node_get(wanted->items[i], "port"),
                          *percent = node_get(wanted->items[i], "percent");
        bool found = false;
        for (size_t m = 0; m < count; m++) {
            const struct mirror *mirror = &mirrors->items[m];
            found = found || ((!namespace || slice_equal(namespace->text, mirror->namespace)) &&
                              (!service || slice_equal(service->text, mirror->service)) &&
                              (!port || integer(port, -1) == mirror->port) &&
                              (!percent || integer(percent, -1) * mirror->denominator ==
                                               100 * mirror->numerator));
        }
        holds = found;
    }
    if (!holds) {
        miss(judge, "mirrors", text_of(judge, wanted), number(judge, (int64_t)count));
    }
}

static void check_timeouts(struct judge *judge, const struct node *wanted)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"request_ms", offsetof(struct route_timeouts, request_ms)},
        {"backend_request_ms", offsetof(struct route_timeouts, backend_request_ms)},
        {"connect_ms", offsetof(struct route_timeouts, connect_ms)},
        {"read_ms", offsetof(struct route_timeouts, read_ms)},
        {"send_ms", offsetof(struct route_timeouts, send_ms)},
    };
    const struct route_timeouts *timeouts = judge->outcome->effects.timeouts;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct node *value = node_get(wanted, rows[i].name);
        if (value) {
            int64_t got = timeouts ? *(const int64_t *)(const void *)((const char *)timeouts +
                                                                      rows[i].offset)
                                   : -1;
            expect_text(judge, rows[i].name, value, number(judge, got), true);
        }
    }
}

bool expect_holds(struct run *run, const struct node *expect, const struct request *request,
                  const struct outcome *outcome, struct slice *why)
{
    struct judge judge = {run, request, outcome, SLICE("")};
    const struct node *kind = node_get(expect, "outcome"), *status = node_get(expect, "status"),
                      *node;
    if (outcome->kind == OUTCOME_UNKNOWN) {
        *why = arena_printf(run->arena, "unknown: " SLICE_FMT, SLICE_ARG(outcome->reason));
        return false;
    }
    if (kind && !slice_is(kind->text, outcome_name(outcome->kind))) {
        miss(&judge, "outcome", kind->text,
             arena_printf(run->arena, "%s%s%lld", outcome_name(outcome->kind),
                          outcome->status ? " " : "", (long long)outcome->status));
    } else {
        if (status) {
            expect_text(&judge, "status", status, number(&judge, outcome->status), true);
        }
        if ((node = node_get(expect, "backends")) != NULL) {
            check_backends(&judge, node);
        }
        if ((node = node_get(expect, "upstream")) != NULL) {
            check_upstream(&judge, node);
        }
        if ((node = node_get(expect, "location")) != NULL) {
            check_location(&judge, node);
        }
        if ((node = node_get(expect, "response")) != NULL) {
            check_response(&judge, node);
        }
        if ((node = node_get(expect, "mirrors")) != NULL) {
            check_mirrors(&judge, node);
        }
        if ((node = node_get(expect, "timeouts")) != NULL) {
            check_timeouts(&judge, node);
        }
    }
    *why = judge.why;
    return judge.why.len == 0;
}
