#include "gateway_api/policies_ngf_priv.h"

/* Locations that a snippet adds to a server, and to which directives of a rule lead: a service that is asked
 * (ngx_http_auth_request_module), pages that stand in for errors, and a way to sign in (ngx_http_core_module,
 * error_page). */

/* Statuses that nginx sends as they are: it closes the connection for 444, and sends 400 for others. */
bool ngf_status(struct slice text, int64_t *out)
{
    uint64_t status;
    bool sent = text.len == 3 && slice_to_uint(text, 599, &status) && status >= 400 &&
                status != 444 && (status < 494 || status > 499);
    *out = sent ? (int64_t)status : 0;
    return sent;
}

/* ---- a service that is asked ---------------------------------------------------------------- */

struct asking {
    struct slice url, host;
    bool named; /* by TLS */
};

static bool read_url(struct ngf_parse *p, const struct directive *d)
{
    ((struct asking *)p->out)->url = d->args[0];
    return slice_find(d->args[0], '$', 0) == d->args[0].len;
}

static bool read_host(struct ngf_parse *p, const struct directive *d)
{
    ((struct asking *)p->out)->host = d->args[0];
    return true;
}

static bool read_name(struct ngf_parse *p, const struct directive *d)
{
    (void)d;
    ((struct asking *)p->out)->named = true;
    return true;
}

/* "http://auth:4180/_auth_1" of the location "_auth_1" is a service that is asked for no path. */
static struct slice without_own_path(struct policy_work *work, struct slice url, struct slice name)
{
    struct slice own = ARENA_JOIN(work->builder->run->arena, SLICE("/"), name);
    return slice_ends(url, own) ? slice_sub(url, 0, url.len - own.len) : url;
}

/* All that ingress-nginx tells a service (nginx.tmpl), as it decides by that. A location whose name starts with a '/'
 * takes that path from clients as well, which is not followed; paths of clients all start with one. */
static bool read_asking(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {
        {"internal", NULL, NGF_MUST, false, false},
        {"proxy_pass *", read_url, NGF_MUST, false, false},
        {"proxy_pass_request_body off", NULL, NGF_MUST, false, false},
        {"proxy_set_header Content-Length \"\"", NULL, NGF_MUST, false, false},
        {"proxy_set_header Host *", read_host, NGF_MUST, false, false},
        {"proxy_set_header X-Auth-Request-Redirect $request_uri", NULL, NGF_MUST, false, false},
        {"proxy_set_header X-Original-Method $request_method", NULL, NGF_MUST, false, false},
        {"proxy_set_header X-Original-URL $scheme://$http_host$request_uri", NULL, NGF_MUST, false,
         false},
        {"proxy_set_header X-Real-IP $remote_addr", NULL, NGF_MUST, false, false},
        {"proxy_ssl_server_name on", read_name, NGF_ONCE, false, false},
    };
    struct asking *asking = ARENA_NEW(p->work->builder->run->arena, struct asking);
    struct url url;
    ngf_part_add(p->work, "auth_request", d->args[0], &asking->url);
    bool understood = !slice_starts(d->args[0], SLICE("/")) &&
                      ngf_define(p->work, NGF_OF_SERVER, "location", d->words[2]) &&
                      ngf_read_block(p, d, asking, forms, ARRAY_LEN(forms)) &&
                      url_parse(asking->url, &url) && slice_equal(asking->host, url.host) &&
                      (asking->named || slice_is(url.scheme, "http"));
    asking->url = without_own_path(p->work, asking->url, d->args[0]);
    return understood;
}

/* ---- pages ---------------------------------------------------------------------------------- */

struct page {
    struct route_error_pages pages;
    struct texts hidden; /* headers of the answer */
    struct slice host;   /* that nginx asks for by itself */
    bool rewritten;
};

static bool names_header(const struct edits *edits, struct slice name)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (slice_equal_fold(edits->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* nginx sends a header that is set twice with both values. */
static bool add_edit(struct ngf_parse *p, const struct directive *d, struct edits *edits)
{
    struct arena *arena = p->work->builder->run->arena;
    bool again = names_header(edits, d->args[0]);
    *ARENA_PUSH(arena, edits->items, edits->count, edits->capacity) = (struct header_edit){
        .kind = EDIT_SET,
        .name = d->args[0],
        .value = d->args[1].len ? ngf_value(p->work, d->args[1]) : template_text(arena, SLICE(""))};
    return !again;
}

static bool read_set(struct ngf_parse *p, const struct directive *d)
{
    return add_edit(p, d, &((struct page *)p->out)->pages.request);
}

/* Nothing is added where the value is empty. */
static bool read_add(struct ngf_parse *p, const struct directive *d)
{
    return d->args[1].len && add_edit(p, d, &((struct page *)p->out)->pages.response);
}

static bool is_hidden(const struct page *page, struct slice name)
{
    for (size_t i = 0; i < page->hidden.count; i++) {
        if (slice_equal_fold(page->hidden.items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool read_hide(struct ngf_parse *p, const struct directive *d)
{
    struct page *page = p->out;
    size_t count = page->hidden.count;
    struct slice *items = ARENA_ARRAY(p->work->builder->run->arena, struct slice, count + 1);
    bool again = is_hidden(page, d->args[0]);
    for (size_t i = 0; i < count; i++) {
        items[i] = page->hidden.items[i];
    }
    items[count] = d->args[0];
    page->hidden = (struct texts){items, count + 1};
    return !again;
}

static bool read_access(struct ngf_parse *p, const struct directive *d)
{
    struct route_error_pages *pages = &((struct page *)p->out)->pages;
    struct route_addresses addresses = {
        .allow = pages->allow, .deny = pages->deny, .has_allow = pages->has_allow};
    bool understood = ngf_read_access(p->work, d, &addresses);
    pages->allow = addresses.allow;
    pages->deny = addresses.deny;
    pages->has_allow = addresses.has_allow;
    return understood;
}

/* "http://errors.shop.svc.cluster.local:80" */
static bool read_service(struct ngf_parse *p, const struct directive *d)
{
    struct page *page = p->out;
    struct route_error_pages *pages = &page->pages;
    struct url url;
    if (!url_parse(d->args[0], &url) || !slice_is(url.scheme, "http") || url.path.len ||
        url.query.ptr || url.fragment.ptr) {
        return false;
    }
    struct slice rest = url.host, scheme = SLICE("http://");
    pages->port = url.port ? url.port : 80;
    page->host = slice_sub(d->args[0], scheme.len, d->args[0].len);
    return slice_split(&rest, '.', &pages->service) && slice_split(&rest, '.', &pages->namespace) &&
           slice_is(rest, "svc.cluster.local");
}

static bool read_return(struct ngf_parse *p, const struct directive *d)
{
    return ngf_status(d->args[0], &((struct page *)p->out)->pages.status);
}

static bool read_rewrite(struct ngf_parse *p, const struct directive *d)
{
    (void)d;
    ((struct page *)p->out)->rewritten = true;
    return true;
}

/* Headers of answers are set: those of the Service are hidden, and others added. */
static bool sets_headers(const struct page *page)
{
    const struct edits *added = &page->pages.response;
    for (size_t i = 0; i < page->hidden.count; i++) {
        if (!names_header(added, page->hidden.items[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < added->count; i++) {
        if (!is_hidden(page, added->items[i].name)) {
            return false;
        }
    }
    return true;
}

/* A page of a Service is asked for as "/"; nginx tells its Host unless another one is set. */
static bool finish_page(struct ngf_parse *p, struct page *page)
{
    struct route_error_pages *pages = &page->pages;
    if (!pages->service.len) {
        return pages->status && !pages->request.count;
    }
    if (!names_header(&pages->request, SLICE("Host"))) {
        struct arena *arena = p->work->builder->run->arena;
        *ARENA_PUSH(arena, pages->request.items, pages->request.count, pages->request.capacity) =
            (struct header_edit){
                .kind = EDIT_SET, .name = SLICE("Host"), .value = template_text(arena, page->host)};
    }
    if (!page->rewritten || !sets_headers(page)) {
        p->culprit = page->rewritten
                         ? SLICE("proxy_hide_header and add_header of different headers")
                         : SLICE("proxy_pass without rewrite ^ / break");
        return false;
    }
    return true;
}

static bool read_page(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {
        {"add_header * * always", read_add, NGF_MANY, false, false},
        {"allow *", read_access, NGF_MANY, false, false},
        {"deny *", read_access, NGF_MANY, false, false},
        {"internal", NULL, NGF_ONCE, false, false},
        {"proxy_hide_header *", read_hide, NGF_MANY, false, false},
        {"proxy_intercept_errors off", NULL, NGF_ONCE, false, false},
        {"proxy_pass *", read_service, NGF_ONCE, false, false},
        {"proxy_set_header * *", read_set, NGF_MANY, false, false},
        {"return *", read_return, NGF_ONCE, false, true},
        {"rewrite ^ / break", read_rewrite, NGF_ONCE, false, true},
    };
    struct page *page = ARENA_NEW(p->work->builder->run->arena, struct page);
    page->pages.source = p->work->source;
    ngf_part_add(p->work, "page", d->args[0], &page->pages);
    return ngf_read_block(p, d, page, forms, ARRAY_LEN(forms)) && finish_page(p, page);
}

/* ---- sign-in -------------------------------------------------------------------------------- */

static bool read_location(struct ngf_parse *p, const struct directive *d)
{
    *(struct template *)p->out = ngf_value(p->work, d->args[0]);
    return d->args[0].len > 0;
}

static bool read_signin(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {
        {"internal", NULL, NGF_ONCE, false, false},
        {"return 302 *", read_location, NGF_MUST, false, true},
    };
    struct template *location = ARENA_NEW(p->work->builder->run->arena, struct template);
    if (!ngf_read_block(p, d, location, forms, ARRAY_LEN(forms))) {
        return false;
    }
    ngf_part_add(p->work, "signin", d->args[0], location);
    return true;
}

static bool read_named(struct ngf_parse *p, const struct directive *d)
{
    return ngf_define(p->work, NGF_OF_SERVER, "location", d->words[1]) &&
           (read_signin(p, d) || read_page(p, d));
}

bool ngf_read_locations(struct ngf_parse *p, struct slice text)
{
    static const struct ngf_form forms[] = {
        {"location = *", read_asking, NGF_MANY, true, false},
        {"location @*", read_named, NGF_MANY, true, false},
    };
    return ngf_read(p, text, forms, ARRAY_LEN(forms));
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
    struct slice status = d->args[0];
    uint64_t number;
    const struct template *location = ngf_part(work, "signin", d->args[1]);
    const struct route_error_pages *page = ngf_part(work, "page", d->args[1]);
    if (location && slice_is(status, "401") && !signin->count) {
        *signin = *location;
        return true;
    }
    if (!page || status.len != 3 || !slice_to_uint(status, 599, &number) || number < 300) {
        return false;
    }
    struct route_error_pages *own = ARENA_NEW(arena, struct route_error_pages);
    *own = *page;
    own->request = name_status(work, status, &page->request);
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
        if (slice_equal(own->statuses.items[i], status)) {
            return false; /* nginx takes the first */
        }
        items[i] = own->statuses.items[i];
    }
    items[own->statuses.count] = status;
    own->statuses = (struct texts){items, own->statuses.count + 1};
    *pages = own;
    return true;
}
