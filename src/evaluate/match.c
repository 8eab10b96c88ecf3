#include "evaluate/evaluate_priv.h"

static bool equal(struct slice a, struct slice b, bool fold)
{
    return fold ? slice_equal_fold(a, b) : slice_equal(a, b);
}

static bool prefix_string(struct slice path, struct slice prefix, bool fold)
{
    return path.len >= prefix.len && equal(slice_sub(path, 0, prefix.len), prefix, fold);
}

bool prefix_holds(struct slice path, struct slice prefix, bool fold)
{
    if (slice_ends(prefix, SLICE("/"))) {
        prefix.len--;
    }
    return prefix_string(path, prefix, fold) &&
           (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

static bool regex_holds(struct context *context, const struct regex *regex, struct slice subject,
                        struct regex_match *match)
{
    if (!regex) {
        context->trouble = "a rule has a regular expression that is not one";
        return false;
    }
    enum regex_result result = regex_search(regex, subject, match);
    if (result == REGEX_LIMIT) {
        context->trouble = "a regular expression ran into its bounds";
    }
    return result == REGEX_YES;
}

static bool path_holds(struct context *context, const struct path_match *path)
{
    switch (path->kind) {
    case PATH_ANY:
        return true;
    case PATH_EXACT:
        return equal(context->path, path->value, path->fold);
    case PATH_PREFIX_ELEMENT:
        return prefix_holds(context->path, path->value, path->fold);
    case PATH_PREFIX_STRING:
        return prefix_string(context->path, path->value, path->fold);
    case PATH_REGEX: {
        struct regex_match match;
        /* The leftmost match is found; if it is not at the start, none is there. */
        if (!regex_holds(context, path->regex, context->path, &match) ||
            (!path->whole && match.captures[0].ptr != context->path.ptr)) {
            return false;
        }
        context->captures = match;
        return true;
    }
    }
    return false;
}

static bool names_equal(struct slice a, struct slice b, bool fold_separators)
{
    if (!fold_separators || a.len != b.len) {
        return slice_equal_fold(a, b);
    }
    for (size_t i = 0; i < a.len; i++) {
        bool x = a.ptr[i] == '-' || a.ptr[i] == '_', y = b.ptr[i] == '-' || b.ptr[i] == '_';
        if (x != y || (!x && !slice_equal_fold(slice_sub(a, i, i + 1), slice_sub(b, i, i + 1)))) {
            return false;
        }
    }
    return true;
}

/* ngx_http_arg: the first "name=" that begins the query or follows a '&'. */
static struct slice raw_argument(struct slice query, struct slice name)
{
    struct slice item;
    while (slice_split(&query, '&', &item)) {
        size_t equals = slice_find(item, '=', 0);
        if (equals < item.len && slice_equal_fold(slice_sub(item, 0, equals), name)) {
            return slice_sub(item, equals + 1, item.len);
        }
    }
    return SLICE_ABSENT;
}

static struct slice test_value(struct context *context, const struct test *test)
{
    switch (test->subject) {
    case TEST_ARGUMENT:
        return raw_argument(context->query, test->name);
    case TEST_METHOD:
        return context->request->method;
    case TEST_TARGET:
        return context->request->target;
    case TEST_QUERY:
        return query_get(context->arena, context->query, test->name);
    case TEST_COOKIE:
        return headers_cookie(context->arena, &context->headers, test->name);
    case TEST_HEADER:
        break;
    }
    if (slice_equal_fold(test->name, SLICE("host"))) {
        return context->request->host;
    }
    for (size_t i = 0; i < context->headers.count; i++) {
        struct slice name = context->headers.items[i].name;
        if (names_equal(name, test->name, test->fold_separators)) {
            return headers_joined(context->arena, &context->headers, name);
        }
    }
    return SLICE_ABSENT;
}

bool test_matches(const struct test *test, struct slice value, bool *bounded)
{
    bool holds = false;
    switch (test->operator) {
    case TEST_PRESENT:
        holds = value.ptr != NULL;
        break;
    case TEST_EQUALS:
        holds = value.ptr && slice_equal(value, test->value);
        break;
    case TEST_REGEX: {
        enum regex_result result = !value.ptr     ? REGEX_NO
                                   : !test->regex ? REGEX_LIMIT
                                                  : regex_search(test->regex, value, NULL);
        if (bounded && result == REGEX_LIMIT) {
            *bounded = true;
        }
        holds = result == REGEX_YES;
        break;
    }
    }
    return holds != test->negated;
}

static void note_test(struct context *context, const struct match *match, const struct test *test)
{
    bool host = slice_equal_fold(test->name, SLICE("host"));
    if (test->subject == TEST_COOKIE) {
        if (!headers_get(&context->headers, SLICE("cookie")).ptr) {
            note_untold(context, UNTOLD_COOKIE, test->name, match);
        }
    } else if (test->subject == TEST_HEADER && !host) {
        note_untold(context, UNTOLD_HEADER, test->name, match);
    }
}

static bool test_holds(struct context *context, const struct match *match, const struct test *test)
{
    bool bounded = false;
    struct slice value = test_value(context, test);
    if (!value.ptr) {
        note_test(context, match, test);
    }
    bool holds = test_matches(test, value, &bounded);
    if (test->list && test->operator!= TEST_PRESENT && slice_find(value, ',', 0) < value.len) {
        context->trouble = "how the data plane compares a header with several values is not known";
        return false;
    }
    if (bounded) {
        context->trouble = test->regex ? "a regular expression ran into its bounds"
                                       : "a rule has a regular expression that is not one";
    }
    return holds;
}

/* It asks for more than that a value is there, and the value is not told. */
static bool is_hidden(struct context *context, const struct test *test)
{
    return context->request->hidden.len && test->subject != TEST_QUERY &&
           test->operator!= TEST_PRESENT &&
           slice_contains(test_value(context, test), context->request->hidden);
}

/* What else the rule asks for may rule it out all the same. */
static bool tests_hold(struct context *context, const struct match *match)
{
    const struct test *hidden = NULL;
    for (size_t i = 0; i < match->test_count; i++) {
        if (is_hidden(context, &match->tests[i])) {
            hidden = &match->tests[i];
        } else if (!test_holds(context, match, &match->tests[i])) {
            return false;
        }
    }
    if (hidden) {
        context->trouble = arena_string(
            context->arena,
            arena_printf(context->arena,
                         "a rule asks for the value of %s " SLICE_FMT ", which is not recorded",
                         hidden->subject == TEST_COOKIE ? "cookie" : "header",
                         SLICE_ARG(hidden->name)));
    }
    return !hidden;
}

bool match_holds(struct context *context, const struct match *match)
{
    if (match->method.ptr && !slice_equal(match->method, context->request->method)) {
        return false;
    }
    if (!path_holds(context, &match->path)) {
        return false;
    }
    bool holds = tests_hold(context, match);
    if (!holds || match->path.kind != PATH_REGEX) {
        context->captures = (struct regex_match){0}; /* also of a rule before */
    }
    return holds;
}
