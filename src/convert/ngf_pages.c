#include "convert/ngf_priv.h"

/* Locations of a server that error_page of a rule leads to, as ingress-nginx has them (nginx.tmpl, CUSTOM_ERRORS, and
 * the location of auth-signin). */

/* ---- values --------------------------------------------------------------------------------- */

static const struct {
    enum part_kind kind;
    const char *variable;
} variables[] = {
    {PART_CLIENT, "$remote_addr"},
    {PART_HOST, "$host"},
    {PART_HOST_HEADER, "$http_host"},
    {PART_METHOD, "$request_method"},
    {PART_PORT, "$server_port"},
    {PART_SCHEME, "$scheme"},
    {PART_TARGET, "$request_uri"},
    {PART_TARGET_ESCAPED, "$request_uri"}, /* nginx has no way to escape it */
};

/* Absent where nginx has no variable for it, or where the text would end the word. */
static struct slice part_text(struct conversion *c, const struct part *part, struct slice status,
                              struct slice request_id)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        if (part->kind == variables[i].kind) {
            return slice_of(variables[i].variable);
        }
    }
    if (part->kind == PART_TEXT) {
        return ngf_has_any(part->text, "\"\\$\n") ? SLICE_ABSENT : part->text;
    }
    if (part->kind == PART_HEADER) {
        return ARENA_JOIN(c->arena, SLICE("$http_"), ngf_variable(c, part->text));
    }
    return part->kind == PART_STATUS       ? status
           : part->kind == PART_REQUEST_ID ? request_id
                                           : SLICE_ABSENT;
}

static struct slice value_text(struct conversion *c, const struct template *value,
                               struct slice status, struct slice request_id)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < value->count; i++) {
        struct slice text = part_text(c, &value->parts[i], status, request_id);
        if (!text.ptr) {
            return SLICE_ABSENT;
        }
        out = ARENA_JOIN(c->arena, out, text);
    }
    return out;
}

/* ---- error pages ---------------------------------------------------------------------------- */

struct page {
    struct emission *e;
    const struct route_error_pages *pages;
    struct slice id, request_id;
    struct buf text;
    bool understood;
};

static void put_edits(struct page *page, const struct edits *edits, bool of_answer,
                      struct slice status)
{
    for (size_t i = 0; i < edits->count; i++) {
        const struct header_edit *edit = &edits->items[i];
        struct slice value = value_text(page->e->c, &edit->value, status, page->request_id);
        if (edit->only_https && !page->e->https) {
            continue;
        }
        if (edit->kind != EDIT_SET || !value.ptr) {
            page->understood = false;
            continue;
        }
        if (of_answer) {
            buf_printf(&page->text, "  proxy_hide_header " SLICE_FMT ";\n", SLICE_ARG(edit->name));
        }
        buf_printf(&page->text,
                   of_answer ? "  add_header " SLICE_FMT " \"" SLICE_FMT "\" always;\n"
                             : "  proxy_set_header " SLICE_FMT " \"" SLICE_FMT "\";\n",
                   SLICE_ARG(edit->name), SLICE_ARG(value));
    }
}

static void put_page(struct page *page, struct slice status)
{
    const struct route_error_pages *pages = page->pages;
    buf_printf(&page->text, "location @errors_" SLICE_FMT "_" SLICE_FMT " {\n  internal;\n",
               SLICE_ARG(page->id), SLICE_ARG(status));
    buf_put(&page->text, ngf_access(page->e->c, &pages->deny, &pages->allow, pages->has_allow));
    if (pages->service.ptr) {
        buf_puts(&page->text, "  proxy_intercept_errors off;\n");
        put_edits(page, &pages->request, false, status);
    }
    put_edits(page, &pages->response, true, status);
    if (pages->service.ptr) {
        buf_printf(&page->text,
                   "  rewrite ^ / break;\n  proxy_pass http://" SLICE_FMT "." SLICE_FMT
                   ".svc.cluster.local:%lld;\n",
                   SLICE_ARG(pages->service), SLICE_ARG(pages->namespace), (long long)pages->port);
    } else {
        buf_printf(&page->text, "  return %lld;\n", (long long)pages->status);
    }
    buf_puts(&page->text, "}\n");
}

/* Locations for all statuses, with names that end in `id`. */
static struct slice pages_text(struct page *page, struct slice id)
{
    struct arena *arena = page->e->c->arena;
    page->id = id;
    page->request_id = ARENA_JOIN(arena, SLICE("$errors_"), id, SLICE("_request"));
    buf_init(&page->text, BUF_TEXT_MAX);
    for (size_t i = 0; i < page->pages->statuses.count; i++) {
        put_page(page, page->pages->statuses.items[i]);
    }
    struct slice text = arena_copy(arena, buf_slice(&page->text));
    buf_release(&page->text);
    return text;
}

static void say_pages(struct emission *e, const void *effect)
{
    const struct route_error_pages *pages = effect;
    if (pages->service.ptr) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                   "nginx looks the name '" SLICE_FMT "." SLICE_FMT ".svc.cluster.local' of the "
                   "error pages up when it starts, and does not take its configuration while "
                   "there is no such name: have the Service there first",
                   SLICE_ARG(pages->service), SLICE_ARG(pages->namespace));
    }
}

void ngf_error_pages(struct emission *e, const void *effect)
{
    const struct route_error_pages *pages = effect;
    /* without its port its Service is not in the input */
    struct page page = {.e = e, .pages = pages, .understood = !pages->service.ptr || pages->port};
    /* The same pages have the same locations, which nginx takes once in a server. */
    struct slice text = pages_text(&page, ngf_id(e, pages_text(&page, SLICE(""))));
    if (!page.understood || !pages->statuses.count) {
        say_unsupported(e->c, e->rule, EFFECT_error_pages, effect);
        return;
    }
    if (slice_contains(text, page.request_id)) {
        ngf_snippet(e, NGF_PAGES, "http",
                    arena_printf(e->c->arena,
                                 "map $http_x_request_id " SLICE_FMT
                                 " {\n  \"\" $request_id;\n  default $http_x_request_id;\n}",
                                 SLICE_ARG(page.request_id)));
    }
    ngf_snippet(e, NGF_PAGES, "http.server", slice_sub(text, 0, text.len - 1));
    if (pages->of_backends) {
        ngf_directive(e, effect, SLICE("proxy_intercept_errors on;"));
    }
    for (size_t i = 0; i < pages->statuses.count; i++) {
        struct slice status = pages->statuses.items[i];
        ngf_directive(e, effect,
                      arena_printf(e->c->arena,
                                   "error_page " SLICE_FMT " = @errors_" SLICE_FMT "_" SLICE_FMT
                                   ";",
                                   SLICE_ARG(status), SLICE_ARG(page.id), SLICE_ARG(status)));
    }
    say_pages(e, effect);
}

/* ---- sign-in -------------------------------------------------------------------------------- */

static bool names_target(const struct template *location)
{
    for (size_t i = 0; i < location->count; i++) {
        if (location->parts[i].kind == PART_TARGET_ESCAPED) {
            return true;
        }
    }
    return false;
}

bool ngf_signin(struct emission *e, const void *effect, const struct guard *guard)
{
    struct conversion *c = e->c;
    struct slice location = value_text(c, &guard->location, SLICE_ABSENT, SLICE_ABSENT);
    if (!location.ptr) {
        return false;
    }
    struct slice name = ARENA_JOIN(c->arena, SLICE("@signin_"), ngf_id(e, location));
    ngf_snippet(e, NGF_SIGNIN, "http.server",
                arena_printf(c->arena,
                             "location " SLICE_FMT " {\n  internal;\n  return 302 \"" SLICE_FMT
                             "\";\n}",
                             SLICE_ARG(name), SLICE_ARG(location)));
    ngf_directive(e, effect,
                  arena_printf(c->arena, "error_page 401 = " SLICE_FMT ";", SLICE_ARG(name)));
    if (names_target(&guard->location)) {
        say_effect(c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                   "the redirect to the sign-in page names the address that was asked for as it "
                   "is, as nginx by itself escapes nothing: who comes back from there has lost "
                   "what stood behind a '&' in the query");
    }
    return true;
}
