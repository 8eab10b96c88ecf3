#include "evaluate/evaluate_priv.h"

static bool equal(struct slice a, struct slice b, bool fold)
{
    return fold ? slice_equal_fold(a, b) : slice_equal(a, b);
}

static bool prefix_string(struct slice path, struct slice prefix, bool fold)
{
    return path.len >= prefix.len && equal(slice_sub(path, 0, prefix.len), prefix, fold);
}

static bool prefix_element(struct slice path, struct slice prefix, bool fold)
{
    if (prefix.len && prefix.ptr[prefix.len - 1] == '/') {
        prefix.len--;
    }
    return prefix_string(path, prefix, fold) &&
           (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

static bool regex_holds(struct context *context, const struct regex *regex, struct slice subject,
                        struct regex_match *match)
{
    enum regex_result result = regex ? regex_search(regex, subject, match) : REGEX_LIMIT;
    if (result == REGEX_LIMIT) {
        context->limit_hit = true;
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
        return prefix_element(context->path, path->value, path->fold);
    case PATH_PREFIX_STRING:
        return prefix_string(context->path, path->value, path->fold);
    case PATH_REGEX: {
        struct regex_match match = {0};
        if (!regex_holds(context, path->regex, context->path, &match)) {
            return false;
        }
        /* An expression without `whole` counts from the beginning of the path. */
        if (!path->whole && match.captures[0].ptr != context->path.ptr) {
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
    if (!fold_separators) {
        return slice_equal_fold(a, b);
    }
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        struct slice x = slice_sub(a, i, i + 1), y = slice_sub(b, i, i + 1);
        if (!slice_equal_fold(slice_is(x, "_") ? SLICE("-") : x, slice_is(y, "_") ? SLICE("-") : y)) {
            return false;
        }
    }
    return true;
}

static struct slice test_value(struct context *context, const struct test *test)
{
    switch (test->subject) {
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

static bool test_holds(struct context *context, const struct test *test)
{
    struct slice value = test_value(context, test);
    bool holds = false;
    switch (test->operator) {
    case TEST_PRESENT:
        holds = value.ptr != NULL;
        break;
    case TEST_EQUALS:
        holds = value.ptr && slice_equal(value, test->value);
        break;
    case TEST_REGEX:
        holds = value.ptr && regex_holds(context, test->regex, value, NULL);
        break;
    }
    return holds != test->negated;
}

bool match_holds(struct context *context, const struct match *match)
{
    if (match->method.ptr && !slice_equal(match->method, context->request->method)) {
        return false;
    }
    if (!path_holds(context, &match->path)) {
        return false;
    }
    for (size_t i = 0; i < match->test_count; i++) {
        if (!test_holds(context, &match->tests[i])) {
            return false;
        }
    }
    return true;
}
