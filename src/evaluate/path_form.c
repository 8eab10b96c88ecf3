#include "evaluate/evaluate_priv.h"

#include <string.h>

/* "%2F" and "%5C" as the slashes that they stand for; false when there are none. */
static bool unescape_slashes(struct arena *arena, struct slice path, struct slice *out)
{
    char *bytes = arena_alloc(arena, path.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        struct slice escape = slice_sub(path, i, i + 3);
        bool slash = slice_equal_fold(escape, SLICE("%2f"));
        bool back = slice_equal_fold(escape, SLICE("%5c"));
        bytes[len++] = slash || back ? '/' : path.ptr[i];
        i += slash || back ? 2 : 0;
    }
    *out = (struct slice){bytes, len};
    return len < path.len;
}

/* Envoy, source/common/http/conn_manager_utility.cc, maybeNormalizePath with UNESCAPE_AND_REDIRECT: slashes are
 * unescaped first, the path is brought into its normal form, and that is where the client is sent; a
 * backslash is a slash in that form. */
bool slashes_redirected(struct context *context, struct outcome *out)
{
    const struct view *view = &context->table->view;
    struct slice path;
    if (!view->escaped_slash_status ||
        !unescape_slashes(context->arena, context->raw_path, &path) ||
        path_normalise(context->arena, path, &view->match_form, &path) != NORMALISE_OK) {
        return false;
    }
    const struct slice texts[] = {path, SLICE("?"), context->query};
    out->kind = OUTCOME_REDIRECT;
    out->status = view->escaped_slash_status;
    out->location = context->query.ptr ? concat(context->arena, texts, ARRAY_LEN(texts)) : path;
    out->reason = SLICE("the path has an escaped slash");
    return true;
}

/* ---- where the form is open ---------------------------------------------------------------- */

static const char form_is_open[] =
    "it is not known how the data plane reads '//', dot segments or escapes of this path";

enum { READINGS = 3 };

/* The ways to read a path that are not excluded; false when some data planes would answer it themselves. */
static bool readings_of(struct context *context, struct slice readings[READINGS], size_t *count)
{
    static const struct path_form forms[READINGS] = {
        {.resolve_dots = true},
        {.merge_slashes = true, .resolve_dots = true},
        {.decode = true, .merge_slashes = true, .resolve_dots = true}};
    struct slice raw = context->path, path;
    *count = 0;
    bool sure = !unescape_slashes(context->arena, raw, &path);
    for (size_t i = 0; sure && i < READINGS; i++) {
        sure = path_normalise(context->arena, raw, &forms[i], &path) == NORMALISE_OK;
        readings[(*count)++] = path;
    }
    return sure;
}

static void path_unknown(struct context *context)
{
    struct unknown *unknown = ARENA_NEW(context->arena, struct unknown);
    *unknown = (struct unknown){
        .aspect = ASPECT_REWRITE, .reason = slice_of(form_is_open), .next = context->unknown};
    context->unknown = unknown;
}

/* An escape that is needed stays an escape upstream, whoever decodes it to match. */
static bool is_needed_only(struct context *context, struct slice raw, const struct slice *readings)
{
    static const struct path_form form = {.decode_unreserved = true};
    struct slice plain;
    return slice_equal(readings[0], raw) && slice_equal(readings[1], raw) &&
           path_normalise(context->arena, raw, &form, &plain) == NORMALISE_OK &&
           slice_equal(plain, raw);
}

const struct rule *find_open_rule(struct context *context, const struct rule_list *list)
{
    const struct rule *found = find_rule(context, list);
    const struct regex_match captures = context->captures;
    struct slice raw = context->path, readings[READINGS] = {{0}};
    size_t count;
    bool sure = readings_of(context, readings, &count), one = true, given = context->rule_given;
    context->rule_given = false;
    for (size_t i = 0; sure && !context->trouble && i < count; i++) {
        if (!slice_equal(readings[i], raw)) {
            context->path = readings[i];
            one = false;
            sure = find_rule(context, list) == found;
        }
    }
    context->path = raw;
    context->captures = captures;
    context->rule_given = given;
    one = one || (sure && is_needed_only(context, raw, readings));
    sure = sure && (one || !found || !found->effects.redirect);
    if (!sure && !context->trouble) {
        context->trouble = form_is_open;
    } else if (!one) {
        path_unknown(context);
    }
    return found;
}
