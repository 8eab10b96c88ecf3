#include "compare/compare_priv.h"

/* Text that no rule names. */
#define NO_SUCH_METHOD SLICE("PURGE")

/* What is asked of values: printable ASCII without blanks at either end; in a query or a cookie also
 * without what has a meaning there. */
static const struct language *value_domain(struct language_set *set,
                                           const struct variable *variable)
{
    static const struct regex_reading whole = {.dialect = DIALECT_PCRE,
                                               .anchoring = ANCHORING_WHOLE};
    struct language_fault fault;
    return language_regex(set,
                          variable->method                   ? SLICE("[A-Z]+")
                          : variable->subject == TEST_HEADER ? SLICE("[!-~]([ -~]*[!-~])?")
                                                             : SLICE("[A-Za-z0-9._~!*()/:@$'-]+"),
                          &whole, &fault);
}

static bool same_subject(const struct variable *variable, const struct test *test)
{
    if (variable->method || test->subject == TEST_METHOD) {
        return variable->method && test->subject == TEST_METHOD;
    }
    if (variable->subject != test->subject) {
        return false;
    }
    if (test->subject != TEST_HEADER) {
        return slice_equal(variable->name, test->name);
    }
    if (variable->name.len != test->name.len) {
        return false;
    }
    for (size_t i = 0; i < test->name.len; i++) {
        char a = variable->name.ptr[i], b = test->name.ptr[i];
        a = a == '_' ? '-' : a;
        b = b == '_' ? '-' : b;
        if (!slice_equal_fold((struct slice){&a, 1}, (struct slice){&b, 1})) {
            return false;
        }
    }
    return true;
}

static struct variable *find_variable(const struct variables *variables, const struct test *test)
{
    for (size_t i = 0; i < variables->count; i++) {
        if (same_subject(&variables->items[i], test)) {
            return &variables->items[i];
        }
    }
    return NULL;
}

static struct variable *find_method(const struct variables *variables)
{
    return variables->count && variables->items[0].method ? &variables->items[0] : NULL;
}

static bool same_test(const struct test *a, const struct test *b)
{
    return a->operator== b->operator&& a->fold == b->fold && a->whole == b->whole &&
        slice_equal(a->value, b->value);
}

static void add_test(struct arena *arena, struct variables *variables, const struct test *test)
{
    struct variable *variable = find_variable(variables, test);
    if (!variable) {
        variable = &variables->items[variables->count++];
        *variable = (struct variable){
            .subject = test->subject, .name = test->name, .chosen = -1, .complete = true};
    }
    for (size_t i = 0; i < variable->test_count; i++) {
        if (same_test(variable->tests[i], test)) {
            return;
        }
    }
    const struct test **tests = ARENA_ARRAY(arena, const struct test *, variable->test_count + 1);
    for (size_t i = 0; i < variable->test_count; i++) {
        tests[i] = variable->tests[i];
    }
    tests[variable->test_count++] = test;
    variable->tests = tests;
}

/* ---- values ------------------------------------------------------------------------------- */

static void add_value(struct arena *arena, struct variable *variable, struct slice value)
{
    for (size_t i = 0; i < variable->value_count; i++) {
        bool both = variable->values[i].ptr && value.ptr;
        if (both && slice_equal(variable->values[i], value)) {
            return;
        }
    }
    struct slice *values = ARENA_ARRAY(arena, struct slice, variable->value_count + 1);
    for (size_t i = 0; i < variable->value_count; i++) {
        values[i] = variable->values[i];
    }
    values[variable->value_count++] = value;
    variable->values = values;
}

/* Null where the values that pass cannot be told. */
static const struct language *passing(struct language_set *set, const struct test *test)
{
    struct language_fault fault;
    const struct regex_reading reading = {
        .dialect = DIALECT_PCRE,
        .anchoring = test->whole ? ANCHORING_WHOLE : ANCHORING_SEARCH,
        .fold = test->fold,
    };
    switch (test->operator) {
    case TEST_PRESENT:
        return language_all(set);
    case TEST_EQUALS:
        return language_literal(set, LITERAL_EXACT, test->value, false);
    case TEST_REGEX:
        return test->regex ? language_regex(set, test->value, &reading, &fault) : NULL;
    }
    return NULL;
}

/* One value for each way in which the tests can come out. */
static void add_passing(struct arena *arena, struct language_set *set, struct variable *variable)
{
    const struct language **items =
        ARENA_ARRAY(arena, const struct language *, variable->test_count);
    struct rule_languages tests = {.items = items};
    for (size_t i = 0; i < variable->test_count; i++) {
        const struct language *language = passing(set, variable->tests[i]);
        variable->complete = variable->complete && language;
        if (language) {
            items[tests.count++] = language;
        }
    }
    const struct rule_languages none = {0};
    struct language_cells cells = {0};
    enum answer answer =
        language_classify(set, &tests, &none, value_domain(set, variable), arena, &cells);
    variable->complete = variable->complete && answer == ANSWER_YES;
    for (size_t i = 0; i < cells.count; i++) {
        add_value(arena, variable, cells.items[i].word);
    }
}

static bool names_method(const struct rule **rules, size_t count, struct slice method)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i]->match.method.ptr && slice_equal(rules[i]->match.method, method)) {
            return true;
        }
    }
    return false;
}

/* All that are named, and one for the others: GET where nobody names that. OPTIONS stands for itself, as
 * preflights do not depend on rules. */
static void add_methods(struct arena *arena, const struct rule **rules, size_t count,
                        struct variable *variable)
{
    const struct slice common[] = {SLICE("GET"), SLICE("POST"), SLICE("PUT"), NO_SUCH_METHOD};
    size_t other = 0;
    while (other + 1 < ARRAY_LEN(common) && names_method(rules, count, common[other])) {
        other++;
    }
    add_value(arena, variable, common[other]);
    for (size_t i = 0; i < count; i++) {
        if (rules[i]->match.method.ptr) {
            add_value(arena, variable, rules[i]->match.method);
        }
    }
    add_value(arena, variable, SLICE("OPTIONS"));
}

/* What is tested besides is tested of the words that HTTP has, first of all. */
static void add_tested_methods(struct arena *arena, struct language_set *set,
                               struct variable *variable)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        add_value(arena, variable, slice_of(known[i]));
    }
    add_passing(arena, set, variable);
}

static bool tests_agree(const struct variable *variable, size_t a, size_t b)
{
    for (size_t i = 0; i < variable->test_count; i++) {
        const struct test *test = variable->tests[i];
        if (test_matches(test, variable->values[a], NULL) !=
            test_matches(test, variable->values[b], NULL)) {
            return false;
        }
    }
    return true;
}

/* Methods have a meaning of their own, and none is like another. */
static void find_alike(struct arena *arena, struct variable *variable)
{
    variable->alike = ARENA_ARRAY(arena, size_t, variable->value_count + 1);
    for (size_t i = 0; i < variable->value_count; i++) {
        size_t first = variable->method ? i : 0;
        while (first < i && !tests_agree(variable, first, i)) {
            first++;
        }
        variable->alike[i] = first;
    }
}

static void fill_values(struct arena *arena, struct language_set *set, const struct rule **rules,
                        size_t count, struct variables *variables, struct variable *variable)
{
    if (variable->method) {
        add_methods(arena, rules, count, variable);
        if (variable->test_count) {
            add_tested_methods(arena, set, variable);
        }
        return;
    }
    if (variable->subject == TEST_TARGET) {
        variable->complete =
            false; /* no value of its own: the path and the query are what is asked */
        variables->reason = SLICE("a rule tests the target as it came");
        return;
    }
    if (variable->subject == TEST_HEADER && slice_equal_fold(variable->name, SLICE("host"))) {
        variable->complete = false; /* it is the name that is compared anyway */
        variables->reason = SLICE("a rule tests the Host header");
        return;
    }
    add_value(arena, variable, SLICE_ABSENT);
    add_passing(arena, set, variable);
    if (!variable->complete && !variables->reason.ptr) {
        variables->reason =
            arena_printf(arena, "the values of '" SLICE_FMT "' that rules ask for cannot be told",
                         SLICE_ARG(variable->name));
    }
}

static bool tests_method(const struct match *match)
{
    for (size_t i = 0; i < match->test_count; i++) {
        if (match->tests[i].subject == TEST_METHOD) {
            return true;
        }
    }
    return false;
}

void variables_make(struct arena *arena, struct language_set *set, const struct rule **rules,
                    size_t count, struct variables *out)
{
    size_t most = 1;
    bool method = false;
    for (size_t i = 0; i < count; i++) {
        most += rules[i]->match.test_count;
        method = method || rules[i]->match.method.ptr || tests_method(&rules[i]->match);
    }
    *out = (struct variables){.items = ARENA_ARRAY(arena, struct variable, most)};
    if (method) {
        out->items[out->count++] =
            (struct variable){.method = true, .chosen = -1, .complete = true};
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < rules[i]->match.test_count; t++) {
            add_test(arena, out, &rules[i]->match.tests[t]);
        }
    }
    for (size_t i = 0; i < out->count; i++) {
        fill_values(arena, set, rules, count, out, &out->items[i]);
        find_alike(arena, &out->items[i]);
    }
}

/* ---- deciding ----------------------------------------------------------------------------- */

/* Null: the variable is chosen, or cannot be; *holds says what the condition is then. */
static struct variable *ask(struct variable *variable, const struct test *test, struct slice method,
                            bool *holds)
{
    if (variable->chosen < 0) {
        *holds = true;
        return variable->value_count ? variable : NULL;
    }
    struct slice value = variable->values[variable->chosen];
    *holds = test ? test_matches(test, value, NULL) : slice_equal(value, method);
    return NULL;
}

struct variable *variables_decide(struct variables *variables, const struct match *match,
                                  bool *holds)
{
    struct variable *open = NULL;
    *holds = true;
    if (match->method.ptr) {
        open = ask(find_method(variables), NULL, match->method, holds);
    }
    for (size_t i = 0; i < match->test_count && *holds; i++) {
        struct variable *variable =
            ask(find_variable(variables, &match->tests[i]), &match->tests[i], match->method, holds);
        open = open ? open : variable;
    }
    return *holds ? open : NULL;
}

/* ---- requests ----------------------------------------------------------------------------- */

static void apply_cookie(struct arena *arena, struct slice name, struct slice value,
                         struct request *request)
{
    struct slice pair =
        arena_printf(arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(name), SLICE_ARG(value));
    for (size_t i = 0; i < request->headers.count; i++) {
        struct header *header = &request->headers.items[i];
        if (slice_equal_fold(header->name, SLICE("cookie"))) {
            header->value = arena_printf(arena, SLICE_FMT "; " SLICE_FMT, SLICE_ARG(header->value),
                                         SLICE_ARG(pair));
            return;
        }
    }
    headers_add(arena, &request->headers, SLICE("Cookie"), pair);
}

static void apply_query(struct arena *arena, struct slice name, struct slice value,
                        struct request *request)
{
    bool first = slice_find(request->target, '?', 0) == request->target.len;
    request->target =
        arena_printf(arena, SLICE_FMT "%c" SLICE_FMT "=" SLICE_FMT, SLICE_ARG(request->target),
                     first ? '?' : '&', SLICE_ARG(name), SLICE_ARG(value));
}

void variables_apply(struct arena *arena, const struct variables *variables,
                     struct request *request)
{
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];
        struct slice value =
            variable->chosen < 0 ? SLICE_ABSENT : variable->values[variable->chosen];
        if (!value.ptr) {
            continue;
        }
        if (variable->method) {
            request->method = value;
        } else if (variable->subject == TEST_COOKIE) {
            apply_cookie(arena, variable->name, value, request);
        } else if (variable->subject == TEST_QUERY || variable->subject == TEST_ARGUMENT) {
            apply_query(arena, variable->name, value, request);
        } else {
            headers_add(arena, &request->headers, variable->name, value);
        }
    }
}

bool variables_header(const struct variables *variables, struct slice name)
{
    for (size_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];
        bool cookie = variable->subject == TEST_COOKIE && slice_equal_fold(name, SLICE("cookie"));
        bool header = variable->subject == TEST_HEADER && slice_equal_fold(variable->name, name);
        if (!variable->method && variable->chosen >= 0 && (cookie || header)) {
            return true;
        }
    }
    return false;
}

bool variables_method(const struct variables *variables)
{
    const struct variable *method = find_method(variables);
    return method && method->chosen >= 0;
}
