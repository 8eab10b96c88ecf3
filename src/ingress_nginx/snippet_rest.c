#include "ingress_nginx/snippets_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* What follows from the directives that snippet_directives.c reads, or what is not known of them. */

/* Text of an answer that nginx gives by itself. */
static void rest_of_text(struct model *model, const struct placed_snippet *placed,
                         struct rule *rule)
{
    const struct route_answer *answer = rule->effects.answer;
    if (!placed->snippet.type.ptr || !answer || !answer->body.len) {
        return;
    }
    struct route_answer *typed = NEW_EFFECT(model->run, answer);
    *typed = *answer;
    typed->type = placed->snippet.type;
    rule->effects.answer = typed;
    rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_HEADERS, placed->source,
                                arena_printf(model->run->arena,
                                             "the Content-Type of nginx's own text is that of "
                                             "default_type of '" SLICE_FMT
                                             "', but where the path ends like a file",
                                             SLICE_ARG(placed->source.name)));
}

static void add_partly(struct model *model, const struct placed_snippet *placed,
                       const struct snippet_partly *partly, struct rule *rule)
{
    rule->unknown = unknown_add(model->run, rule->unknown, partly->aspect, placed->source,
                                arena_printf(model->run->arena,
                                             SLICE_FMT " hangs on '" SLICE_FMT "' of '" SLICE_FMT
                                                       "', which is not followed",
                                             SLICE_ARG(partly->text), SLICE_ARG(partly->directive),
                                             SLICE_ARG(placed->source.name)));
}

static bool is_listed(struct slice list, struct slice name)
{
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        if (slice_equal_fold(slice_trim(item), name)) {
            return true;
        }
    }
    return false;
}

static void rest_of(struct model *model, const struct placed_snippet *placed, struct rule *rule)
{
    const struct snippet *snippet = &placed->snippet;
    const struct snippet_partly passed = {SLICE("proxy_pass_header"), ASPECT_HEADERS,
                                          SLICE("which headers of the backend clients get")};
    for (size_t i = 0; i < snippet->partly_count; i++) {
        add_partly(model, placed, &snippet->partly[i], rule);
    }
    for (size_t i = 0; i < snippet->passed.count; i++) {
        /* a level with one of its own takes over no "proxy_pass_header Server" (nginx.tmpl) */
        bool server = model->settings->backend_server && placed->place < SNIPPET_HTTP;
        if (server || is_listed(model->settings->hide_headers, snippet->passed.items[i])) {
            add_partly(model, placed, &passed, rule);
        }
    }
}

/* Of the innermost level that says so. */
static void set_satisfy(struct model *model, const struct placed_snippet *placed, struct rule *rule)
{
    const struct route_authentication *before = rule->effects.authentication;
    if (before) {
        struct route_authentication *now = NEW_EFFECT(model->run, authentication);
        *now = *before;
        now->any = slice_is(placed->snippet.satisfy, "any");
        rule->effects.authentication = now;
    }
}

static void set_intercepts(struct model *model, const struct placed_snippet *placed,
                           struct rule *rule)
{
    const struct route_error_pages *before = rule->effects.error_pages;
    if (before) {
        struct route_error_pages *now = NEW_EFFECT(model->run, error_pages);
        *now = *before;
        now->of_backends = slice_is(placed->snippet.intercepts, "on");
        rule->effects.error_pages = now;
    }
}

/* `value` is of a kind that an inner level has instead of an outer one. */
static const struct placed_snippet *innermost(const struct placed_snippets *snippets, size_t offset)
{
    const struct placed_snippet *found = NULL;
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        const struct slice *value =
            (const struct slice *)(const void *)((const char *)&placed->snippet + offset);
        if (value->ptr && (!found || placed->place < found->place)) {
            found = placed;
        }
    }
    return found;
}

bool snippets_intercept(const struct model *model, const struct server *server)
{
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    return innermost(&snippets, offsetof(struct snippet, intercepts)) != NULL;
}

void snippets_rest(struct model *model, const struct placed_snippets *snippets,
                   const struct leaf *leaf, struct rule *rule)
{
    const struct placed_snippet *satisfy = innermost(snippets, offsetof(struct snippet, satisfy));
    const struct placed_snippet *intercepts =
        innermost(snippets, offsetof(struct snippet, intercepts));
    for (size_t i = 0; i < snippets->count; i++) {
        rest_of(model, &snippets->items[i], rule);
    }
    const struct placed_snippet *typed = innermost(snippets, offsetof(struct snippet, type));
    if (typed) {
        rest_of_text(model, typed, rule);
    }
    if (leaf && leaf->inner) {
        const struct placed_snippet inner = {SNIPPET_IF, leaf->inner_source, *leaf->inner};
        rest_of(model, &inner, rule);
    }
    if (satisfy) {
        set_satisfy(model, satisfy, rule);
    }
    if (intercepts) {
        set_intercepts(model, intercepts, rule);
    }
}
