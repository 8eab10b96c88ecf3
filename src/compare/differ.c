#include "compare/compare_priv.h"

static const struct {
    const char *name;
    enum aspect aspect;
    enum impact impact;
} fields[DIFFERS_EFFECT] = {
    [DIFFERS_OUTCOME] = {"outcome", ASPECT_ROUTING, IMPACT_BREAKING},
    [DIFFERS_STATUS] = {"status", ASPECT_ROUTING, IMPACT_CHANGED},
    [DIFFERS_LOCATION] = {"location", ASPECT_REDIRECT, IMPACT_BREAKING},
    [DIFFERS_SLASH] = {"final slash of the location", ASPECT_REDIRECT, IMPACT_COSMETIC},
    [DIFFERS_BACKENDS] = {"backends", ASPECT_ROUTING, IMPACT_BREAKING},
    [DIFFERS_PATH] = {"path at the backend", ASPECT_REWRITE, IMPACT_BREAKING},
    [DIFFERS_HOST] = {"host at the backend", ASPECT_REWRITE, IMPACT_BREAKING},
    [DIFFERS_REQUEST_HEADERS] = {"request headers", ASPECT_HEADERS, IMPACT_CHANGED},
    [DIFFERS_RESPONSE_HEADERS] = {"response headers", ASPECT_HEADERS, IMPACT_CHANGED},
    [DIFFERS_CERTIFICATE] = {"https with the default certificate", ASPECT_ROUTING, IMPACT_CHANGED},
};

const char *differs_name(size_t field)
{
    return field < DIFFERS_EFFECT ? fields[field].name
                                  : effect_row((enum effect_id)(field - DIFFERS_EFFECT))->text;
}

enum impact differs_impact(size_t field)
{
    return field < DIFFERS_EFFECT ? fields[field].impact
                                  : effect_row((enum effect_id)(field - DIFFERS_EFFECT))->impact;
}

static bool protects(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_RESPOND &&
           (outcome->decided_by == EFFECT_addresses || outcome->decided_by == EFFECT_body_limit);
}

enum aspect differs_aspect(size_t field, const struct outcome *before, const struct outcome *after)
{
    if (field >= DIFFERS_EFFECT) {
        return effect_row((enum effect_id)(field - DIFFERS_EFFECT))->aspect;
    }
    if (field != DIFFERS_OUTCOME && field != DIFFERS_STATUS) {
        return fields[field].aspect;
    }
    if (protects(before) || protects(after)) {
        return ASPECT_PROTECTION;
    }
    return before->kind == OUTCOME_REDIRECT || after->kind == OUTCOME_REDIRECT ? ASPECT_REDIRECT
                                                                              : ASPECT_ROUTING;
}

static uint64_t total_weight(const struct outcome *outcome)
{
    uint64_t total = 0;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        total += outcome->backends[i].weight;
    }
    return total ? total : 1;
}

static bool same_backend(const struct outcome_backend *a, const struct outcome_backend *b)
{
    return a->status == b->status &&
           (a->status || (slice_equal(a->namespace, b->namespace) &&
                          slice_equal(a->service, b->service) && a->port == b->port));
}

static const struct outcome_backend *find_backend(const struct outcome *outcome,
                                                  const struct outcome_backend *like)
{
    for (size_t i = 0; i < outcome->backend_count; i++) {
        if (same_backend(&outcome->backends[i], like)) {
            return &outcome->backends[i];
        }
    }
    return NULL;
}

/* Equal as distributions: shares are compared as exact fractions. */
static bool backends_equal(const struct outcome *a, const struct outcome *b)
{
    uint64_t total_a = total_weight(a), total_b = total_weight(b);
    for (size_t i = 0; i < a->backend_count; i++) {
        const struct outcome_backend *other = find_backend(b, &a->backends[i]);
        if (!other || a->backends[i].weight * total_b != other->weight * total_a) {
            return false;
        }
    }
    return a->backend_count == b->backend_count;
}

static bool edited(const struct route_header_edits *edits, struct slice name)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        if (slice_equal_fold(edits->edits.items[i].name, name)) {
            return true;
        }
    }
    return false;
}

static const struct seen_header *find_header(const struct seen_headers *headers, struct slice name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            return &headers->items[i];
        }
    }
    return NULL;
}

static bool removed(const struct seen_headers *headers, struct slice name)
{
    for (size_t i = 0; i < headers->absent.count; i++) {
        if (slice_equal_fold(headers->absent.items[i], name)) {
            return true;
        }
    }
    return false;
}

/* Marks *platform for headers that a data plane sets by itself, *rule for the others. */
static void compare_headers(const struct seen_headers *a, const struct seen_headers *b,
                            const struct route_header_edits *platform_a,
                            const struct route_header_edits *platform_b, bool *rule, bool *platform)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct seen_header *header = &a->items[i];
        const struct seen_header *other = find_header(b, header->name);
        if (other && other->known && header->known && slice_equal(other->value, header->value)) {
            continue;
        }
        if (other && (!other->known || !header->known)) {
            continue; /* not comparable; counted by neither */
        }
        bool by_plane = edited(platform_a, header->name) || edited(platform_b, header->name);
        *(by_plane ? platform : rule) = true;
    }
    for (size_t i = 0; i < a->absent.count; i++) {
        struct slice name = a->absent.items[i];
        if (!removed(b, name) && !find_header(b, name)) {
            bool by_plane = edited(platform_a, name) || edited(platform_b, name);
            *(by_plane ? platform : rule) = true;
        }
    }
}

static void mark(struct difference *out, size_t field, bool platform)
{
    (platform ? out->platform : out->fields)[field] = true;
    out->any = true;
}

static void compare_views(const struct route_table *before_table, const struct outcome *before,
                          const struct route_table *after_table, const struct outcome *after,
                          struct difference *out)
{
    const struct effects *x = &before_table->platform, *y = &after_table->platform;
    for (size_t i = 0; i < before->backend_count; i++) {
        const struct outcome_backend *a = &before->backends[i], *b = find_backend(after, a);
        if (!b || a->status) {
            continue;
        }
        if (a->path_known && b->path_known && !slice_equal(a->path, b->path)) {
            mark(out, DIFFERS_PATH, false);
        }
        if (a->host_known && b->host_known && !slice_equal(a->host, b->host)) {
            mark(out, DIFFERS_HOST, false);
        }
        bool rule = false, platform = false;
        compare_headers(&a->request, &b->request, x->request_headers, y->request_headers, &rule,
                        &platform);
        compare_headers(&b->request, &a->request, x->request_headers, y->request_headers, &rule,
                        &platform);
        if (rule) {
            mark(out, DIFFERS_REQUEST_HEADERS, false);
        }
        if (platform) {
            mark(out, DIFFERS_REQUEST_HEADERS, true);
        }
        rule = platform = false;
        compare_headers(&a->response, &b->response, x->response_headers, y->response_headers,
                        &rule, &platform);
        compare_headers(&b->response, &a->response, x->response_headers, y->response_headers,
                        &rule, &platform);
        if (rule) {
            mark(out, DIFFERS_RESPONSE_HEADERS, false);
        }
        if (platform) {
            mark(out, DIFFERS_RESPONSE_HEADERS, true);
        }
    }
}

/* Effects that show in the outcome itself are compared there. */
static bool shows_elsewhere(enum effect_id id)
{
    static const bool shown[EFFECT_COUNT] = {
        [EFFECT_answer] = true,          [EFFECT_redirect] = true,
        [EFFECT_https_redirect] = true,  [EFFECT_rewrite] = true,
        [EFFECT_upstream_host] = true,   [EFFECT_request_headers] = true,
        [EFFECT_response_headers] = true,
    };
    return shown[id];
}

static void compare_effects(const struct outcome *before, const struct outcome *after,
                            struct difference *out)
{
    for (int i = 0; i < EFFECT_COUNT; i++) {
        enum effect_id id = (enum effect_id)i;
        const void *a = effect_get(&before->effects, id), *b = effect_get(&after->effects, id);
        if (shows_elsewhere(id) || effect_equal(id, a, b)) {
            continue;
        }
        bool set_before = before->rule && effect_get(&before->rule->effects, id);
        bool set_after = after->rule && effect_get(&after->rule->effects, id);
        mark(out, DIFFERS_EFFECT + (size_t)i, !set_before && !set_after);
    }
}

static bool slash_only(struct slice a, struct slice b)
{
    struct slice longer = a.len > b.len ? a : b, shorter = a.len > b.len ? b : a;
    return longer.len == shorter.len + 1 && slice_starts(longer, shorter) &&
           longer.ptr[longer.len - 1] == '/';
}

static bool to_https(const struct outcome *outcome)
{
    return outcome->decided_by == EFFECT_https_redirect ||
           slice_starts(outcome->location, SLICE("https://"));
}

void outcomes_compare(struct arena *scratch, const struct route_table *before_table,
                      const struct outcome *before, const struct route_table *after_table,
                      const struct outcome *after, struct difference *out)
{
    (void)scratch;
    *out = (struct difference){0};
    bool default_certificate = before->entry && before->entry->https &&
                               before->entry->certificate.span.line == 0 &&
                               !before->entry->certificate.secret.ptr;
    if (default_certificate && after->kind == OUTCOME_CLOSE && before->kind != OUTCOME_CLOSE) {
        mark(out, DIFFERS_CERTIFICATE, true);
        return;
    }
    if (before->kind != after->kind) {
        mark(out, DIFFERS_OUTCOME, false);
        return;
    }
    if (before->kind == OUTCOME_RESPOND || before->kind == OUTCOME_REDIRECT) {
        if (before->status != after->status) {
            mark(out, DIFFERS_STATUS, false);
        }
    }
    if (before->kind == OUTCOME_REDIRECT && !slice_equal(before->location, after->location)) {
        bool slash = slash_only(before->location, after->location);
        mark(out, slash ? DIFFERS_SLASH : DIFFERS_LOCATION,
             slash && to_https(before) && to_https(after));
    }
    if (before->kind == OUTCOME_FORWARD || before->kind == OUTCOME_TUNNEL) {
        if (!backends_equal(before, after)) {
            mark(out, DIFFERS_BACKENDS, false);
        }
        compare_views(before_table, before, after_table, after, out);
        if (before->kind == OUTCOME_FORWARD) {
            compare_effects(before, after, out);
        }
    }
}
