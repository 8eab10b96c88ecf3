#include "cel/cel_test_priv.h"

#include <string.h>

static void test_cel_literals(void **state)
{
    static const struct row rows[] = {
        {"1 == 0x1", "true"},
        {"-9223372036854775808 < -9223372036854775807", "true"},
        {"9223372036854775808", "compile 0: the number does not fit..."},
        {"18446744073709551615u > 1u", "true"},
        {"18446744073709551616u", "compile 0: the number does not fit..."},
        {"-1u", "compile 1: an unsigned..."},
        {"1.5e1 == 15.0 && .5 == 5e-1", "true"},
        {"type(1.0) == double && type(1u) == uint && type(1) == int", "true"},
        {"type(type(1)) == type", "true"},
        {"1e999", "compile 0: the number is too large"},
        {"'a\\n\\x41\\u00e9\\U0001F600\\101'", "text: a\nA\xc3\xa9\xf0\x9f\x98\x80"
                                               "A"},
        {"r'\\d' == '\\\\d' && R\"\\\" == '\\\\'", "true"},
        {"'''it's'''", "text: it's"},
        {"\"\"\"two\nlines\"\"\"", "text: two\nlines"},
        {"r\"\"\"^\\.$\"\"\"", "text: ^\\.$"},
        {"'two\nlines'", "compile 0: the text has no closing quote"},
        {"'open", "compile 0: the text has no closing quote"},
        {"'\\q'", "compile 2: a backslash..."},
        {"'\\ud800'", "compile 3: the escape names no..."},
        {"'\\400'", "compile 2: a backslash..."},
        {"b'\\xff' == b'\\377' && size(b'\xc3\xbf') == 2", "true"},
        {"bytes('\xc3\xbf') == b'\\303\\277'", "true"},
        {"null == null && type(null) == null_type", "true"},
        {"[1, 2,] == [1, 2] && {'a': 1,} == {'a': 1}", "true"},
        {"{'a': 1, 'a': 2} == {'a': 2}", "true"},
        {"{1.5: 1}", "failed: '{} with a key'..."},
        {"true // comment\n && true", "true"},
        {"", "compile 0: expected a value and found the end"},
        {"1 +", "compile 3: expected a value and found the end"},
        {"(1", "compile 2: expected ')' and found the end"},
        {"1 2", "compile 2: expected an operator or the end and found '2'"},
        {"a", "compile 0: nothing is named 'a' here"},
        {"while", "compile 0: expected a value (this word is reserved)..."},
        {"f(1)", "compile 0: no function 'f' is known"},
        {"size(1, 2)", "compile 0: no function 'size' takes this number..."},
        {"T{a: 1}", "compile 1: values of named types..."},
        {"1 # 2", "compile 2: a character that has no meaning here"},
        {"'\xff'", "compile 0: the expression is not UTF-8"},
        {"\xe2\x80\xa8", "compile 0: a character..."},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_operators(void **state)
{
    static const struct row rows[] = {
        {"1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 - 2 - 1 == 4", "true"},
        {"7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1 && 7u / 2u == 3u", "true"},
        {"1 - -1 == 2 && --1 == 1 && -(1) == -1", "true"},
        {"!!true && !false", "true"},
        {"1 / 0", "failed: division by zero"},
        {"1u % 0u", "failed: division by zero"},
        {"1.0 / 0.0 > 1e308", "true"},
        {"9223372036854775807 + 1", "failed: a number is out of range"},
        {"-9223372036854775808 / -1", "failed: a number is out of range"},
        {"-(-9223372036854775808)", "failed: a number is out of range"},
        {"1u - 2u", "failed: a number is out of range"},
        {"1 + 1.0", "failed: '+' does not apply to (int, double)"},
        {"1 + 1u", "failed: '+' does not apply to (int, uint)"},
        {"1.0 % 1.0", "failed: '%' does not apply..."},
        {"1 == 1.0 && 1u == 1 && 1.0 == 1u && 1 != 1.5", "true"},
        {"1 < 1.5 && 1u < 2 && -1 < 0u && 2.5 > 2u", "true"},
        {"9007199254740993 > 9007199254740992.0", "false"},
        {"9223372036854775807 == 9223372036854775808.0 && 1e30 > 1u && -1e30 < -1", "true"},
        {"double('nan') == double('nan')", "false"},
        {"1 < double('nan')", "failed: what is not a number has no order"},
        {"'a' < 'b' && 'a' < 'aa' && '\xc3\xa9' > 'z' && false < true && b'a' < b'b'", "true"},
        {"[1] < [2]", "failed: '<' does not apply to (list, list)"},
        {"1 == 'a' || null == 0 || [] == {}", "false"},
        {"[1, 'a', [2.0]] == [1u, 'a', [2]]", "true"},
        {"{'a': 1, 'b': 2} == {'b': 2.0, 'a': 1}", "true"},
        {"{'a': 1} == {'a': 1, 'b': 2} || {'a': 1} == {'b': 1}", "false"},
        {"'a' + 'b' + '' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'", "true"},
        {"1 in [1.0] && 'a' in {'a': 1} && !('b' in {'a': 1}) && !(3 in [1, 2])", "true"},
        {"'a' in 'abc'", "failed: 'in' does not apply to (string, string)"},
        {"[1, 2][1] == 2 && [1, 2][1u] == 2 && [1, 2][0.0] == 1", "true"},
        {"[1][1]", "failed: no element has this index..."},
        {"[1][-1]", "failed: no element has this index..."},
        {"[1]['a']", "failed: '[]' does not apply to (list, string)"},
        {"{1: 'a'}[1u] == 'a' && {'a': 1}['a'] == 1 && {'a': 1}.a == 1", "true"},
        {"{'a': 1}['b']", "failed: no such key: b"},
        {"{'1': 2}[1]", "failed: no element has this index or key"},
        {"true ? 1 : 2", "other: int"},
        {"false ? 1 : true ? 'b' : 'c'", "text: b"},
        {"1 ? 2 : 3", "failed: '?:' does not apply to (int)"},
        {"true ? 'a' : 1 / 0", "text: a"},
        {"!1", "failed: '!' does not apply to (int)"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

/* An operand that decides does so whatever the other is. */
static void test_cel_errors_are_absorbed(void **state)
{
    static const struct row rows[] = {
        {"1 / 0 == 1 || true", "true"},
        {"true || 1 / 0 == 1", "true"},
        {"1 / 0 == 1 && false", "false"},
        {"false && 1 / 0 == 1", "false"},
        {"1 / 0 == 1 || false", "failed: division by zero"},
        {"1 / 0 == 1 && true", "failed: division by zero"},
        {"1 || true", "true"},
        {"1 || false", "failed: '||' does not apply to (int)"},
        {"'a' && false", "false"},
        {"1 / 0 == 1 || [1][5] == 1 || true", "true"},
        {"1 / 0 == 1 || [1][5] == 1", "failed: division by zero"},
        {"[0, 2].all(x, 1 / x > 5)", "false"},
        {"[0, 1].exists(x, 1 / x == 1)", "true"},
        {"[0, 1].all(x, 1 / x == 1)", "failed: division by zero"},
        {"[0, 2].exists(x, 1 / x == 1)", "failed: division by zero"},
        {"[0, 1].exists_one(x, 1 / x == 1)", "failed: division by zero"},
        {"[0, 1].filter(x, 1 / x == 1)", "failed: division by zero"},
        {"[0, 1].map(x, 1 / x)", "failed: division by zero"},
        {"[1, 2].all(x, x)", "failed: 'all' does not apply to (int)"},
        {"(1 / 0 == 1 ? true : false) || true", "true"},
        {"!(1 / 0 == 1)", "failed: division by zero"},
        {"size([1 / 0])", "failed: division by zero"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{}", NULL);
}

static void test_cel_macros(void **state)
{
    static const struct row rows[] = {
        {"[].all(x, false) && ![].exists(x, true) && ![].exists_one(x, true)", "true"},
        {"[1, 2, 3].exists_one(x, x > 2) && ![1, 2, 3].exists_one(x, x > 1)", "true"},
        {"[1, 2, 3].filter(x, x > 1) == [2, 3]", "true"},
        {"[1, 2].map(x, x * 2) == [2, 4] && [1, 2].map(x, x > 1, x * 2) == [4]", "true"},
        {"{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", "true"},
        {"{'a': 1, 'b': 2}.map(k, k + 'x') == ['ax', 'bx']", "true"},
        {"[1, 2].all(a, [1, 2].exists(b, a == b))", "true"},
        {"[[1, 2], [3]].map(x, x.map(y, y + x[0])) == [[2, 3], [6]]", "true"},
        {"[1].all(x, [2].all(x, x == 2) && x == 1)", "true"},
        {"[1].all(self, self == 1) && [1].all(self, .self.a == 5)", "true"},
        {"['a', 'b'].all(i, v, (i == 0) == (v == 'a'))", "true"},
        {"{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"},
        {"[3, 4].transformList(i, v, i + v) == [3, 5]", "true"},
        {"[3, 4].transformList(i, v, i > 0, v) == [4]", "true"},
        {"{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4}", "true"},
        {"'abc'.all(c, true)", "failed: 'all' does not apply to (string)"},
        {"[1].all(1, true)", "compile 8: all() needs the name of a variable here"},
        {"[1].all(x, y)", "compile 11: nothing is named 'y' here"},
        {"[1].all(x, true) && x", "compile 20: nothing is named 'x' here"},
        {"[1].all(x)", "compile 3: no function 'all' is known"},
        {"has(self)", "compile 0: has() needs a field..."},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{a: 5}", NULL);
}

/* What the values of an object are: fields that are absent, null, or have names that are escaped. */
static void test_cel_objects(void **state)
{
    static const char self[] =
        "{name: web, port: 80, port2: '80', weight: 1.5, none: ~, up: true,\n"
        " namespace: shop, a-b: 1, a.b/c: 2, a__b: 3, labels: {x/y: z},\n"
        " items: [{id: 1}, {id: 2}, {}]}\n";
    static const struct row rows[] = {
        {"self.name == 'web' && self.port == 80 && self.port2 == '80'", "true"},
        {"self.weight == 1.5 && self.weight * 2.0 == 3.0", "true"},
        {"has(self.name) && !has(self.missing) && !has(self.none)", "true"},
        {"self.missing", "failed: no such key: missing"},
        {"self.none == 1", "failed: no such key: none"},
        {"self['none'] == null", "true"},
        {"has(self.labels.missing) || has(self.items[0].x)", "false"},
        {"has(self.missing.x)", "failed: no such key: missing"},
        {"has(self.name.x)", "false"},
        {"has(self.items.x)", "failed: 'selection of a field' does not apply to (list)"},
        {"self.name.x", "failed: 'selection of a field' does not apply to (string)"},
        {"self.__namespace__ == 'shop' && has(self.__namespace__)", "true"},
        {"self.namespace == 'shop'", "true"},
        {"self.a__dash__b == 1 && self.a__dot__b__slash__c == 2 && self.a__underscores__b == 3",
         "true"},
        {"self.labels['x/y'] == 'z' && self.labels.all(k, k == 'x/y')", "true"},
        {"self.items.filter(i, has(i.id)).map(i, i.id) == [1, 2]", "true"},
        {"self.items.size() == 3 && size(self.labels) == 1 && self.items[1].id == 2", "true"},
        {"self.up in [true] && type(self.up) == bool", "true"},
        {"self.items[0] == {'id': 1}", "true"},
        {"oldSelf.port < self.port", "true"},
        {"self == oldSelf", "false"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), self, "{port: 79}");
}

static void test_cel_optional_values(void **state)
{
    static const struct row rows[] = {
        {"self.?a.orValue(0) == 5 && self.?b.orValue(7) == 7", "true"},
        {"self.?b.c.d.orValue('none')", "text: none"},
        {"self.?a.hasValue() && !self.?b.hasValue()", "true"},
        {"self.?a.value() == 5", "true"},
        {"self.?b.value()", "failed: an optional value is absent"},
        {"[1][?0].orValue(0) == 1 && [1][?4].orValue(9) == 9", "true"},
        {"{'k': 1}[?'k'].orValue(0) == 1", "true"},
        {"optional.of(1).orValue(1 / 0) == 1", "true"},
        {"optional.none().or(optional.of(2)).value() == 2", "true"},
        {"optional.ofNonZeroValue('').hasValue()", "false"},
        {"self.?a.optMap(x, x + 1).orValue(0) == 6", "true"},
        {"self.?b.optMap(x, x + 1).orValue(0) == 0", "true"},
        {"self.?a.optFlatMap(x, optional.of(x * 2)).value() == 10", "true"},
        {"[?self.?a, ?self.?b, 1] == [5, 1] && {?'x': self.?b, 'y': 1} == {'y': 1}", "true"},
        {"[?1]", "failed: '?' does not apply to (int)"},
        {"optional.none() == optional.none() && optional.of(1) == optional.of(1.0)", "true"},
        {"optional.none() == null", "false"},
        {"has(self.?a.b) || self.?a.b.hasValue() || self.?a[?0].hasValue()", "false"},
        {"1.orValue(2)", "failed: 'or' does not apply to (int)"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), "{a: 5}", NULL);
}

static void test_cel_old_self(void **state)
{
    (void)state;
    struct run run;
    struct cel_error error;
    run_open(&run, NULL, NULL, NULL);
    struct regex_set *regexes = regex_set_open();
    struct node *self = node_int(run.arena, 5), *old = node_int(run.arena, 4);
    struct slice rule = SLICE("oldSelf.orValue(5) <= self"), plain = SLICE("self == oldSelf");
    struct cel_input input = {.self = self, .optional_old_self = true};
    assert_true(slice_is(evaluate_text(&run, regexes, &input, rule, 100), "true"));
    input.old_self = old;
    assert_true(slice_is(evaluate_text(&run, regexes, &input, rule, 100), "true"));
    input.optional_old_self = false;
    assert_true(slice_is(evaluate_text(&run, regexes, &input, plain, 100), "false"));
    input.old_self = NULL;
    assert_true(slice_is(evaluate_text(&run, regexes, &input, plain, 100),
                         "failed: there is no old value"));
    assert_true(cel_uses_old_self(cel_compile(run.arena, plain, &error)));
    assert_false(cel_uses_old_self(cel_compile(run.arena, SLICE("self == 'oldSelf'"), &error)));
    regex_set_close(regexes);
    run_close(&run);
}

/* ---- bounds ------------------------------------------------------------------------------- */

static struct slice nested(struct run *run, const char *open, const char *middle, const char *close,
                           size_t times)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    for (size_t i = 0; i < times; i++) {
        buf_puts(&out, open);
    }
    buf_puts(&out, middle);
    for (size_t i = 0; i < times; i++) {
        buf_puts(&out, close);
    }
    struct slice text = arena_copy(run->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void expect_bound(struct slice text, uint64_t steps, const char *wanted)
{
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct regex_set *regexes = regex_set_open();
    struct cel_input input = {.self = read_value(&run, SLICE("[1, 2, 3, 4, 5, 6, 7, 8, 9]"))};
    struct slice got = evaluate_text(&run, regexes, &input, text, steps);
    if (!is_wanted(got, wanted)) {
        fail_msg("got " SLICE_FMT " instead of %s", SLICE_ARG(got), wanted);
    }
    regex_set_close(regexes);
    run_close(&run);
}

static void test_cel_bounds(void **state)
{
    static const struct {
        const char *open, *middle, *close, *wanted;
        size_t times;
    } rows[] = {
        {"(", "true", ")", "true", 200},
        {"(", "true", ")", "compile 250: the expression is nested deeper...", 300},
        {"(", "true", ")", "compile 250: the expression is nested deeper...", 40000},
        {"[", "", "]", "compile 250: the expression is nested deeper...", 30000},
        {"", "true", " && true", "true", 8000},
        {"", "false", " || self[0] == 2", "false", 3000},
        {"", "1", " + 1", "other: int", 200},
        {"", "1", " + 1", "compile ...", 300},
        {"", "self", ".a", "compile ...", 300},
        {"true ? ", "1", " : 2", "compile ...", 300},
        {"", "true ? true : ", "true ? true : ", "compile ...", 300},
        {"!", "true", "", "true", 50000},
        {"self.all(a, ", "true", ")", "true", 4},
        {"self.all(a, ", "true", ")", "unknown: it takes more steps...", 12},
        {" ", "true", " ", "compile 0: the expression is longer...", 60000},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        run_open(&run, NULL, NULL, NULL);
        expect_bound(nested(&run, rows[i].open, rows[i].middle, rows[i].close, rows[i].times),
                     50000, rows[i].wanted);
        run_close(&run);
    }
    expect_bound(SLICE("sets.equivalent(self, self)"), 50, "unknown: it takes more steps...");
    expect_bound(SLICE("[self, self].distinct()"), 10, "unknown: it takes more steps...");
    expect_bound(SLICE("self.all(x, x > 0)"), 1000, "true");
    expect_bound(SLICE("self.all(x, x > 0)"), 10,
                 "unknown: it takes more steps than its budget has");
    expect_bound(SLICE("self.all(x, x > 0) || true"), 10, "unknown: it takes more steps...");
    expect_bound(SLICE("'x'.matches('(a+)+$') || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'"
                       ".matches('^(a|a|aa)+$')"),
                 50000, "unknown: a regular expression needs more steps than are allowed");
}

/* Looking for a long key in a mapping of a manifest costs what comparing it costs. */
static void test_cel_long_keys_use_the_budget_up(void **state)
{
    enum { KEYS = 16, LENGTH = 60000 };
    (void)state;
    struct run run;
    struct cel_error error;
    struct slice text;
    run_open(&run, NULL, NULL, NULL);
    struct node *self = node_map(run.arena);
    for (int i = 0; i < KEYS; i++) {
        char *key = arena_alloc(run.arena, LENGTH);
        memset(key, 'k', LENGTH);
        key[LENGTH - 1] = (char)('a' + i);
        node_set_slice(run.arena, self, (struct slice){key, LENGTH}, node_int(run.arena, i));
    }
    struct cel_input input = {.self = self};
    struct cel_evaluator evaluator = {.run = &run, .scratch = run.arena, .steps = 1000000};
    const struct cel_program *program =
        cel_compile(run.arena, SLICE("self.all(a, self.all(b, b in self))"), &error);
    assert_int_equal(cel_evaluate(program, &input, &evaluator, &text), CEL_UNKNOWN);
    program = cel_compile(run.arena, SLICE("self.all(a, a in self)"), &error);
    evaluator.steps = 1000000;
    assert_int_equal(cel_evaluate(program, &input, &evaluator, &text), CEL_TRUE);
    run_close(&run);
}

/* A budget may be shared by several rules: what one used is gone. */
static void test_cel_budget_is_shared(void **state)
{
    struct run run;
    struct cel_error error;
    struct slice text;
    (void)state;
    run_open(&run, NULL, NULL, NULL);
    struct node *self = node_int(run.arena, 1);
    struct cel_input input = {.self = self};
    struct cel_evaluator evaluator = {.run = &run, .scratch = run.arena, .steps = 7};
    const struct cel_program *program = cel_compile(run.arena, SLICE("self == 1"), &error);
    assert_int_equal(cel_evaluate(program, &input, &evaluator, &text), CEL_TRUE);
    assert_in_range(evaluator.steps, 1, 6);
    assert_int_equal(cel_evaluate(program, &input, &evaluator, &text), CEL_UNKNOWN);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cel_literals),
        cmocka_unit_test(test_cel_operators),
        cmocka_unit_test(test_cel_errors_are_absorbed),
        cmocka_unit_test(test_cel_macros),
        cmocka_unit_test(test_cel_objects),
        cmocka_unit_test(test_cel_optional_values),
        cmocka_unit_test(test_cel_old_self),
        cmocka_unit_test(test_cel_bounds),
        cmocka_unit_test(test_cel_long_keys_use_the_budget_up),
        cmocka_unit_test(test_cel_budget_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
