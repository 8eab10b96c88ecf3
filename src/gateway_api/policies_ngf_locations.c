#include "gateway_api/policies_ngf_priv.h"

/* Locations that a snippet adds to a server, and to which directives of a rule lead: a service that is asked
 * (ngx_http_auth_request_module), pages that stand in for errors, and a way to sign in (ngx_http_core_module,
 * error_page). */

/* ---- a service that is asked ---------------------------------------------------------------- */

static bool read_asking(struct policy_work *work, struct slice name, struct slice text)
{
    static const char *const known[] = {"internal", "proxy_pass_request_body", "proxy_set_header",
                                        "proxy_pass", "proxy_ssl_server_name"};
    struct slice *url = ARENA_NEW(work->builder->run->arena, struct slice);
    struct directive d;
    size_t at = 0;
    while (ngf_next(text, &at, &d)) {
        if (d.block.ptr || !slice_is_one_of(d.words[0], known, ARRAY_LEN(known))) {
            return false;
        }
        if (ngf_is(&d, "proxy_pass", 2)) {
            *url = d.words[1];
        }
    }
    ngf_part_add(work, "auth_request", name, url);
    return url->len && !slice_trim(slice_sub(text, at, text.len)).len;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void add_edit(struct policy_work *work, struct edits *edits, const struct directive *d)
{
    struct arena *arena = work->builder->run->arena;
    *ARENA_PUSH(arena, edits->items, edits->count, edits->capacity) = (struct header_edit){
        .kind = EDIT_SET,
        .name = d->words[1],
        .value = d->words[2].len ? ngf_value(work, d->words[2]) : template_text(arena, SLICE(""))};
}

/* "http://errors.shop.svc.cluster.local:80" */
static bool read_service(struct slice text, struct route_error_pages *pages)
{
    struct url url;
    struct slice rest;
    if (!url_parse(text, &url) || !slice_is(url.scheme, "http") || url.path.len) {
        return false;
    }
    rest = url.host;
    pages->port = url.port ? url.port : 80;
    return slice_split(&rest, '.', &pages->service) && slice_split(&rest, '.', &pages->namespace) &&
           slice_is(rest, "svc.cluster.local");
}

static bool read_return(const struct directive *d, struct route_error_pages *pages)
{
    uint64_t status;
    if (d->count != 2 || !slice_to_uint(d->words[1], 599, &status)) {
        return false;
    }
    pages->status = (int64_t)status;
    return true;
}

/* Headers of answers are set: those of the backend are hidden, and others added. */
static bool read_line(struct policy_work *work, const struct directive *d,
                      struct route_error_pages *pages)
{
    struct route_addresses addresses = {
        .allow = pages->allow, .deny = pages->deny, .has_allow = pages->has_allow};
    if (ngf_is(d, "proxy_set_header", 3)) {
        add_edit(work, &pages->request, d);
        return true;
    }
    if (ngf_is(d, "add_header", 4) && slice_is(d->words[3], "always")) {
        add_edit(work, &pages->response, d);
        return true;
    }
    if (ngf_is(d, "allow", 2) || ngf_is(d, "deny", 2)) {
        bool understood = ngf_read_access(work, d, &addresses);
        pages->allow = addresses.allow;
        pages->deny = addresses.deny;
        pages->has_allow = addresses.has_allow;
        return understood;
    }
    if (slice_is(d->words[0], "return")) {
        return read_return(d, pages);
    }
    return ngf_is(d, "internal", 1) || ngf_is(d, "proxy_hide_header", 2) ||
           (ngf_is(d, "proxy_intercept_errors", 2) && slice_is(d->words[1], "off")) ||
           (ngf_is(d, "rewrite", 4) && slice_is(d->words[1], "^") && slice_is(d->words[2], "/")) ||
           (ngf_is(d, "proxy_pass", 2) && read_service(d->words[1], pages));
}

static bool read_page(struct policy_work *work, struct slice name, struct slice text)
{
    struct arena *arena = work->builder->run->arena;
    struct route_error_pages *pages = ARENA_NEW(arena, struct route_error_pages);
    struct directive d;
    size_t at = 0;
    *pages = (struct route_error_pages){.source = work->source};
    while (ngf_next(text, &at, &d)) {
        if (ngf_is(&d, "return", 3) && slice_is(d.words[1], "302")) {
            struct template *location = ARENA_NEW(arena, struct template);
            *location = ngf_value(work, d.words[2]);
            ngf_part_add(work, "signin", name, location);
            return true;
        }
        if (d.block.ptr || !read_line(work, &d, pages)) {
            return false;
        }
    }
    ngf_part_add(work, "page", name, pages);
    return (pages->service.len || pages->status) && !slice_trim(slice_sub(text, at, text.len)).len;
}

bool ngf_read_locations(struct policy_work *work, struct slice text)
{
    struct directive d;
    size_t at = 0;
    while (ngf_next(text, &at, &d)) {
        bool asked = d.count == 3 && slice_is(d.words[1], "=");
        bool named = d.count == 2 && slice_starts(d.words[1], SLICE("@"));
        if (!d.block.ptr || !slice_is(d.words[0], "location") || asked == named ||
            !(asked ? read_asking : read_page)(work, d.words[d.count - 1], d.block)) {
            return false;
        }
    }
    return !slice_trim(slice_sub(text, at, text.len)).len;
}

/* ---- what leads to them --------------------------------------------------------------------- */

/* A page has a location for each status, which differ in the header that says it. */
static struct edits name_status(struct policy_work *work, struct slice status,
                                const struct edits *edits)
{
    struct arena *arena = work->builder->run->arena;
    struct edits out = {0};
    for (size_t i = 0; i < edits->count; i++) {
        struct header_edit *edit = ARENA_PUSH(arena, out.items, out.count, out.capacity);
        struct slice text;
        *edit = edits->items[i];
        if (template_is_text(&edit->value, &text) && slice_equal(text, status)) {
            edit->value = template_named(arena, PART_STATUS, SLICE(""));
        }
    }
    return out;
}

bool ngf_read_error_page(struct policy_work *work, const struct directive *d,
                         struct route_error_pages **pages, struct template *signin)
{
    struct arena *arena = work->builder->run->arena;
    if (d->count != 4 || !slice_is(d->words[2], "=")) {
        return false;
    }
    const struct template *location = ngf_part(work, "signin", d->words[3]);
    const struct route_error_pages *page = ngf_part(work, "page", d->words[3]);
    if (location && slice_is(d->words[1], "401")) {
        *signin = *location;
        return true;
    }
    if (!page) {
        return false;
    }
    struct route_error_pages *own = ARENA_NEW(arena, struct route_error_pages);
    *own = *page;
    own->request = name_status(work, d->words[1], &page->request);
    own->early = own->request;
    if (*pages) {
        own->statuses = (*pages)->statuses;
        own->of_backends = (*pages)->of_backends;
    }
    if (*pages && !effect_equal(EFFECT_error_pages, *pages, own)) {
        return false; /* other pages for other errors */
    }
    struct slice *items = ARENA_ARRAY(arena, struct slice, own->statuses.count + 1);
    for (size_t i = 0; i < own->statuses.count; i++) {
        items[i] = own->statuses.items[i];
    }
    items[own->statuses.count] = d->words[1];
    own->statuses = (struct texts){items, own->statuses.count + 1};
    *pages = own;
    return true;
}
