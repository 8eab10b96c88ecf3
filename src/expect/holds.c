#include "expect/expect_priv.h"

enum { WHY_MAX = 1 << 16, FAULTS_SHOWN = 4 };

/* One comparison: what is expected of what, and what was found wrong so far. */
struct check {
    struct run *run;
    const struct request *request;
    const struct outcome *outcome;
    struct buf why;
    size_t faults;
};

static void fault(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);

static void fault(struct check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (check->faults++ < FAULTS_SHOWN) {
        buf_puts(&check->why, check->faults > 1 ? "; " : "");
        buf_put(&check->why, arena_vprintf(check->run->arena, format, args));
    }
    va_end(args);
}

static bool not_known(struct check *check, const char *key, enum aspect aspect)
{
    struct slice reason = unknown_reason(check->outcome, aspect);
    if (reason.ptr) {
        fault(check, "unknown: %s: " SLICE_FMT, key, SLICE_ARG(reason));
    }
    return reason.ptr != NULL;
}

static void check_text(struct check *check, const char *key, const struct node *want,
                       struct slice got)
{
    if (want && !slice_equal(want->text, got)) {
        fault(check, "%s: expected '" SLICE_FMT "', got '" SLICE_FMT "'", key,
              SLICE_ARG(want->text), SLICE_ARG(got));
    }
}

static void check_number(struct check *check, const char *key, const struct node *want, int64_t got)
{
    if (want && want->integer != got) {
        struct slice text =
            got ? arena_printf(check->run->arena, "%lld", (long long)got) : SLICE("none");
        fault(check, "%s: expected %lld, got " SLICE_FMT, key, (long long)want->integer,
              SLICE_ARG(text));
    }
}

static struct slice json_of(struct check *check, const struct node *node)
{
    struct buf text;
    buf_init(&text, WHY_MAX);
    document_write_json(node, 0, &text);
    struct slice copy = arena_copy(check->run->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

/* ---- headers ------------------------------------------------------------------------------ */

/* A list of texts stands for a header that is repeated; what is seen has its values joined. */
static struct slice wanted_value(struct check *check, const struct node *want)
{
    struct slice joined = want->kind == NODE_LIST ? SLICE("") : want->text;
    for (size_t i = 0; want->kind == NODE_LIST && i < want->count; i++) {
        joined = arena_printf(check->run->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(joined),
                              i ? ", " : "", SLICE_ARG(want->items[i]->text));
    }
    return joined;
}

/* Lists whose order and blanks mean nothing (Fetch, "CORS protocol and HTTP"). */
static bool is_cors_list(struct slice name)
{
    static const char *const names[] = {"access-control-allow-headers",
                                        "access-control-allow-methods",
                                        "access-control-expose-headers"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool has_item(struct slice list, struct slice wanted)
{
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        if (slice_equal(slice_trim(item), wanted)) {
            return true;
        }
    }
    return false;
}

static bool has_items(struct slice list, struct slice wanted)
{
    struct slice item;
    while (slice_split(&wanted, ',', &item)) {
        if (!has_item(list, slice_trim(item))) {
            return false;
        }
    }
    return true;
}

/* Sent several times, each time with that value. */
static bool is_repeated(struct slice got, struct slice want)
{
    struct slice item;
    while (slice_split(&got, ',', &item)) {
        if (!slice_equal(slice_trim(item), want)) {
            return false;
        }
    }
    return true;
}

/* The values of several lines are joined with or without a blank. */
static bool same_lines(struct slice got, struct slice want)
{
    struct slice line, wanted;
    while (slice_split(&want, ',', &wanted)) {
        if (!slice_split(&got, ',', &line) || !slice_equal(slice_trim(line), slice_trim(wanted))) {
            return false;
        }
    }
    return !slice_split(&got, ',', &line);
}

static bool same_value(struct slice name, struct slice got, struct slice want, bool lines)
{
    return slice_equal(got, want) || (got.len && is_repeated(got, want)) ||
           (lines && same_lines(got, want)) ||
           (is_cors_list(name) && has_items(got, want) && has_items(want, got));
}

static void check_header(struct check *check, const char *where, const struct pair *want,
                         const struct seen_headers *got)
{
    const struct seen_header *header = seen_find(got, want->key);
    struct slice value = wanted_value(check, want->value);
    if (header && !header->known) {
        fault(check, "unknown: %s header " SLICE_FMT ": its value depends on what is not modelled",
              where, SLICE_ARG(want->key));
    } else if (header &&
               !same_value(want->key, header->value, value, want->value->kind == NODE_LIST)) {
        fault(check, "%s header " SLICE_FMT ": expected '" SLICE_FMT "', got '" SLICE_FMT "'",
              where, SLICE_ARG(want->key), SLICE_ARG(value), SLICE_ARG(header->value));
    } else if (!header && !not_known(check, where, ASPECT_HEADERS)) {
        fault(check, "%s header " SLICE_FMT ": expected '" SLICE_FMT "', got none", where,
              SLICE_ARG(want->key), SLICE_ARG(value));
    }
}

static void check_headers(struct check *check, const char *where, const struct node *want,
                          const struct seen_headers *got)
{
    const struct node *headers = node_get(want, "headers"), *absent = node_get(want, "absent");
    for (size_t i = 0; headers && i < headers->count; i++) {
        check_header(check, where, &headers->pairs[i], got);
    }
    for (size_t i = 0; absent && i < absent->count; i++) {
        struct slice name = absent->items[i]->text;
        const struct seen_header *header = seen_find(got, name);
        if (header) {
            fault(check, "%s header " SLICE_FMT ": expected none, got '" SLICE_FMT "'", where,
                  SLICE_ARG(name), SLICE_ARG(header->value));
        } else if (not_known(check, where, ASPECT_HEADERS)) {
            return;
        }
    }
}

/* ---- backends ----------------------------------------------------------------------------- */

static bool names_backend(const struct node *want, const struct outcome_backend *got)
{
    const struct node *status = node_get(want, "status"), *port = node_get(want, "port");
    const struct node *namespace = node_get(want, "namespace"),
                      *service = node_get(want, "service");
    if (status || got->status) {
        return status && status->integer == got->status;
    }
    return (!namespace || slice_equal(namespace->text, got->namespace)) &&
           (!service || slice_equal(service->text, got->service)) &&
           (!port || port->integer == got->port);
}

static struct slice backends_text(struct check *check)
{
    struct arena *arena = check->run->arena;
    const struct outcome *outcome = check->outcome;
    uint64_t sum = weight_sum(outcome, true);
    struct slice all = SLICE("");
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        struct slice one =
            backend->status
                ? arena_printf(arena, "status %lld", (long long)backend->status)
                : arena_printf(arena, SLICE_FMT "/" SLICE_FMT ":%u", SLICE_ARG(backend->namespace),
                               SLICE_ARG(backend->service), backend->port);
        all = arena_printf(arena, SLICE_FMT "%s" SLICE_FMT " (" SLICE_FMT ")", SLICE_ARG(all),
                           i ? ", " : "", SLICE_ARG(one),
                           SLICE_ARG(share_text(arena, backend->weight, sum)));
    }
    return all.len ? all : SLICE("none");
}

/* The share of what `want` names, which may be several backends, against the share that it gives. Items
 * without a weight are not compared by it. */
static bool share_holds(const struct check *check, const struct node *want, uint64_t want_sum,
                        uint64_t got_sum)
{
    const struct node *weight = node_get(want, "weight");
    uint64_t got = 0;
    bool found = false;
    for (size_t i = 0; i < check->outcome->backend_count; i++) {
        const struct outcome_backend *backend = &check->outcome->backends[i];
        if (names_backend(want, backend)) {
            got += backend->weight;
            found = true;
        }
    }
    if (!weight) {
        return found;
    }
    if (weight->integer == 0) {
        return !found;
    }
    /* weights are at most 1,000,000 each, so the products fit */
    return found && got * want_sum == (uint64_t)weight->integer * got_sum;
}

static bool is_expected(const struct node *list, const struct outcome_backend *backend)
{
    for (size_t i = 0; i < list->count; i++) {
        if (names_backend(list->items[i], backend)) {
            return true;
        }
    }
    return false;
}

static void check_backends(struct check *check, const struct node *list)
{
    uint64_t want_sum = 0;
    bool statuses = false, holds = true;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *weight = node_get(list->items[i], "weight");
        statuses |= node_get(list->items[i], "status") != NULL;
        want_sum += weight ? (uint64_t)weight->integer : 0;
    }
    uint64_t got_sum = weight_sum(check->outcome, statuses);
    for (size_t i = 0; list && i < list->count; i++) {
        holds &= share_holds(check, list->items[i], want_sum, got_sum);
    }
    for (size_t i = 0; list && i < check->outcome->backend_count; i++) {
        const struct outcome_backend *backend = &check->outcome->backends[i];
        /* a share that is answered by the data plane is no backend, unless the case speaks of it */
        holds &= (backend->status && !statuses) || is_expected(list, backend);
    }
    if (!holds) {
        fault(check, "backends: expected " SLICE_FMT ", got " SLICE_FMT,
              SLICE_ARG(json_of(check, list)), SLICE_ARG(backends_text(check)));
    }
}

static void check_seen(struct check *check, const char *key, const struct node *want, bool known,
                       struct slice got)
{
    if (want && !known && !not_known(check, key, ASPECT_REWRITE)) {
        fault(check, "unknown: %s: it depends on what is not modelled", key);
    } else if (known) {
        check_text(check, key, want, got);
    }
}

static void check_upstream(struct check *check, const struct node *want)
{
    bool any = false;
    for (size_t i = 0; want && i < check->outcome->backend_count; i++) {
        const struct outcome_backend *backend = &check->outcome->backends[i];
        if (!backend->status && check->outcome->kind == OUTCOME_FORWARD) {
            any = true;
            check_text(check, "upstream method", node_get(want, "method"), backend->method);
            check_seen(check, "upstream host", node_get(want, "host"), backend->host_known,
                       backend->host);
            check_seen(check, "upstream path", node_get(want, "path"), backend->path_known,
                       backend->path);
            check_headers(check, "upstream", want, &backend->request);
        }
    }
    if (want && !any) {
        fault(check, "upstream: no backend sees this request");
    }
}

static void check_response(struct check *check, const struct node *want)
{
    bool any = false;
    for (size_t i = 0; want && i < check->outcome->backend_count; i++) {
        if (!check->outcome->backends[i].status) {
            check_headers(check, "response", want, &check->outcome->backends[i].response);
            any = true;
        }
    }
    if (want && !any) {
        check_headers(check, "response", want, &check->outcome->response);
    }
}

/* ---- the other keys ----------------------------------------------------------------------- */

static void check_location(struct check *check, const struct node *want)
{
    struct slice got = check->outcome->location;
    if (!want) {
        return;
    }
    if (want->kind == NODE_STRING) {
        check_text(check, "location", want, got);
        return;
    }
    struct url url;
    if (!got.ptr || !url_parse(got, &url)) {
        fault(check, "location: expected a URL, got '" SLICE_FMT "'", SLICE_ARG(got));
        return;
    }
    if (!url.scheme.ptr) { /* relative: against the request, RFC 9110 10.2.2 */
        url.scheme = check->request->scheme;
        url.host = check->request->host;
        url.port = check->request->port;
    }
    const struct node *host = node_get(want, "host"), *path = node_get(want, "path");
    check_text(check, "location scheme", node_get(want, "scheme"), url.scheme);
    if (host && !slice_equal_fold(host->text, url.host)) {
        check_text(check, "location host", host, url.host);
    }
    check_number(check, "location port", node_get(want, "port"),
                 url.port ? url.port : scheme_port(url.scheme));
    struct slice full = url.path.ptr ? url.path : SLICE("/");
    if (path && slice_find(path->text, '?', 0) < path->text.len && url.query.ptr) {
        full = arena_printf(check->run->arena, SLICE_FMT "?" SLICE_FMT, SLICE_ARG(full),
                            SLICE_ARG(url.query));
    }
    check_text(check, "location path", path, full);
}

static bool names_mirror(const struct node *want, const struct mirror *got)
{
    const struct node *port = node_get(want, "port"), *percent = node_get(want, "percent");
    const struct node *namespace = node_get(want, "namespace"),
                      *service = node_get(want, "service");
    if ((namespace && !slice_equal(namespace->text, got->namespace)) ||
        (service && !slice_equal(service->text, got->service)) ||
        (port && port->integer != got->port)) {
        return false;
    }
    if (!percent || !got->denominator) {
        return true;
    }
    double share = percent->kind == NODE_FLOAT ? percent->number : (double)percent->integer;
    double gap = share * (double)got->denominator - 100.0 * (double)got->numerator;
    return gap < 1e-6 && gap > -1e-6;
}

static void check_mirrors(struct check *check, const struct node *list)
{
    static const struct route_mirrors none = {.count = 0};
    if (!list || not_known(check, "mirrors", ASPECT_TRAFFIC)) {
        return;
    }
    const struct route_mirrors *got =
        check->outcome->effects.mirrors ? check->outcome->effects.mirrors : &none;
    size_t matched = 0;
    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = 0; j < got->count; j++) {
            if (names_mirror(list->items[i], &got->items[j])) {
                matched++;
                break;
            }
        }
    }
    if (matched != list->count || got->count != list->count) {
        struct buf text;
        buf_init(&text, WHY_MAX);
        effect_print(EFFECT_mirrors, got, &text);
        fault(check, "mirrors: expected " SLICE_FMT ", got " SLICE_FMT,
              SLICE_ARG(json_of(check, list)),
              SLICE_ARG(got->count ? buf_slice(&text) : SLICE("none")));
        buf_release(&text);
    }
}

static void check_timeouts(struct check *check, const struct node *want)
{
    if (!want || not_known(check, "timeouts", ASPECT_TRAFFIC)) {
        return;
    }
    const struct effect_row *row = effect_row(EFFECT_timeouts);
    const char *got = (const char *)check->outcome->effects.timeouts;
    for (size_t i = 0; i < row->field_count; i++) {
        const struct node *number = node_get(want, row->fields[i].name);
        int64_t value = got ? *(const int64_t *)(const void *)(got + row->fields[i].offset) : -1;
        if (number && value < 0) {
            fault(check, "%s: expected %lld, got no limit", row->fields[i].name,
                  (long long)number->integer);
        } else {
            check_number(check, row->fields[i].name, number, value);
        }
    }
}

bool expect_holds(struct run *run, const struct node *expect, const struct request *request,
                  const struct outcome *outcome, struct slice *why)
{
    struct check check = {.run = run, .request = request, .outcome = outcome};
    const struct node *kind = node_get(expect, "outcome");
    const char *name = outcome_name(outcome->kind);
    buf_init(&check.why, WHY_MAX);
    if (outcome->kind == OUTCOME_UNKNOWN) {
        if (!kind || !slice_is(kind->text, name)) {
            fault(&check, "unknown: " SLICE_FMT, SLICE_ARG(outcome->reason));
        }
    } else {
        if (kind && !slice_is(kind->text, name)) {
            fault(&check, "outcome: expected " SLICE_FMT ", got %s", SLICE_ARG(kind->text), name);
        }
        check_number(&check, "status", node_get(expect, "status"), outcome->status);
        check_location(&check, node_get(expect, "location"));
        check_backends(&check, node_get(expect, "backends"));
        check_upstream(&check, node_get(expect, "upstream"));
        check_response(&check, node_get(expect, "response"));
        check_mirrors(&check, node_get(expect, "mirrors"));
        check_timeouts(&check, node_get(expect, "timeouts"));
    }
    if (check.faults) {
        *why = arena_copy(run->arena, buf_slice(&check.why));
    }
    buf_release(&check.why);
    return check.faults == 0;
}
