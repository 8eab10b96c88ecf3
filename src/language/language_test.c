#include "language/test_priv.h"

/* ---- normal forms -------------------------------------------------------------------------- */

/* kind -1: there is none. */
static const struct {
    const char *pattern;
    enum dialect dialect;
    int kind;
    const char *text;
    bool fold;
} form_rows[] = {
    {"^/foo", DIALECT_PCRE, LITERAL_STRING, "/foo", false},
    {"(?i)^/foo", DIALECT_PCRE, LITERAL_STRING, "/foo", true},
    {"^/foo(/|$)", DIALECT_PCRE, LITERAL_ELEMENTS, "/foo", false},
    {"^/foo(/|$)(.*)", DIALECT_PCRE, LITERAL_ELEMENTS, "/foo", false},
    {"^/foo(/.*)?$", DIALECT_PCRE, LITERAL_ELEMENTS, "/foo", false},
    {"^/foo$", DIALECT_PCRE, LITERAL_EXACT, "/foo", false},
    {"^/FOO$", DIALECT_PCRE, LITERAL_EXACT, "/FOO", false},
    {"^/fo{2}\\z", DIALECT_PCRE, LITERAL_EXACT, "/foo", false},
    {"^/(?i:1-2)$", DIALECT_PCRE, LITERAL_EXACT, "/1-2", false},
    {"^/foo/?$", DIALECT_PCRE, -1, "", false},
    {"^/foo/(.*)", DIALECT_PCRE, LITERAL_STRING, "/foo/", false},
    {"/foo", DIALECT_PCRE, -1, "", false},
    {"^/", DIALECT_PCRE, LITERAL_ELEMENTS, "/", false},
    {"", DIALECT_PCRE, LITERAL_ELEMENTS, "/", false},
    {"/(.*)", DIALECT_PCRE, LITERAL_ELEMENTS, "/", false},
    {"^/(foo|bar)$", DIALECT_PCRE, -1, "", false},
    {"/foo", DIALECT_RE2, LITERAL_EXACT, "/foo", false},
    {"/foo/.*", DIALECT_RE2, -1, "", false}, /* takes valid UTF-8 only */
    {"/foo(/\\C*)?", DIALECT_RE2, LITERAL_ELEMENTS, "/foo", false},
    {"(?i)/foo\\C*", DIALECT_RE2, LITERAL_STRING, "/foo", true},
};

static void test_language_finds_literal_forms(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(form_rows); i++) {
        struct literal_form form = {0};
        const struct language *language = form_rows[i].dialect == DIALECT_PCRE
                                              ? nginx_regex(&f, form_rows[i].pattern)
                                              : envoy_regex(&f, form_rows[i].pattern);
        enum answer answer = language_literal_form(f.set, language, language_paths(f.set), &form);
        bool wanted = form_rows[i].kind >= 0;
        if (answer != (wanted ? ANSWER_YES : ANSWER_NO) ||
            (wanted && ((int)form.kind != form_rows[i].kind || form.fold != form_rows[i].fold ||
                        !slice_is(form.text, form_rows[i].text)))) {
            fail_msg("'%s': answer %d, kind %d, text '" SLICE_FMT "', fold %d",
                     form_rows[i].pattern, (int)answer, (int)form.kind, SLICE_ARG(form.text),
                     form.fold);
        }
    }
    struct literal_form form;
    assert_int_equal(language_literal_form(f.set, language_none(f.set), NULL, &form), ANSWER_NO);
    fixture_close(&f);
}

/* Without a domain '$' lets a newline follow. */
static void test_language_domain_decides(void **state)
{
    (void)state;
    struct fixture f;
    struct relation relation = {0};
    fixture_open(&f);
    const struct language *regex = nginx_regex(&f, "^/foo$");
    const struct language *exact = language_literal(f.set, LITERAL_EXACT, SLICE("/foo"), false);
    assert_int_equal(language_relation(f.set, regex, exact, language_paths(f.set), &relation),
                     ANSWER_YES);
    assert_int_equal(language_relation(f.set, regex, exact, NULL, &relation), ANSWER_NO);
    assert_true(relation.only_a && slice_is(relation.word_a, "/foo\n"));
    fixture_close(&f);
}

/* ---- words --------------------------------------------------------------------------------- */

static void test_language_words_are_short_and_readable(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *word; /* null: empty in the domain */
    } rows[] = {
        {"^/v[0-9]+/(users|groups)/[^/]+$", "/v0/users/a"},
        {"\\.(jpg|png)$", "/.jpg"},
        {"^/[^a-z]$", "/0"},
        {"^/[^a-z0-9]$", "//"},
        {"^/(?!a|b).$", "/c"},
        {"^/(?=.*x)(?=.*y)[a-z]{4}$", "/aaxy"},
        {"^/((?!aa).){4}$", "/abab"},
        {"^/(?:(?!a)[ab])*c$", "/c"},
        {"^/.+\\b-\\b.$", "/a-a"},
        {"a^b", NULL},
        {"^/$x", NULL},
        {"^/(?=a)b", NULL},
        {"^[^/]", NULL},
        {"^/a++a", NULL},
        {"^/a*+b", "/b"},
    };
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice word = SLICE("");
        enum answer answer = language_word(f.set, nginx_regex(&f, rows[i].pattern), NULL,
                                           language_paths(f.set), &word);
        if (answer != (rows[i].word ? ANSWER_YES : ANSWER_NO) ||
            (rows[i].word && !slice_is(word, rows[i].word))) {
            fail_msg("'%s': answer %d, '%s'", rows[i].pattern, (int)answer, shown(f.arena, word));
        }
    }
    fixture_close(&f);
}

static void test_language_samples_go_along_every_edge(void **state)
{
    (void)state;
    struct fixture f;
    struct slice *words;
    size_t count;
    fixture_open(&f);
    const struct language *regex = nginx_regex(&f, "^/(ab|cd?)(/[0-9]+)?$");
    assert_int_equal(
        language_samples(f.set, regex, NULL, language_paths(f.set), f.arena, 20, &words, &count),
        ANSWER_YES);
    static const char *const wanted[] = {"/c", "/ab", "/cd", "/c/0", "/ab/0", "/c/00"};
    for (size_t i = 0; i < count; i++) {
        if (i >= ARRAY_LEN(wanted) || !slice_is(words[i], wanted[i])) {
            fail_msg("'" SLICE_FMT "' is not '%s'", SLICE_ARG(words[i]),
                     i < ARRAY_LEN(wanted) ? wanted[i] : "");
        }
        assert_true(language_holds(f.set, regex, words[i]));
    }
    assert_int_equal(count, ARRAY_LEN(wanted));
    assert_int_equal(language_samples(f.set, nginx_regex(&f, "^/.*x"), NULL, language_paths(f.set),
                                      f.arena, 2, &words, &count),
                     ANSWER_YES);
    assert_int_equal(count, 2);
    assert_int_equal(
        language_samples(f.set, language_none(f.set), NULL, NULL, f.arena, 2, &words, &count),
        ANSWER_NO);
    fixture_close(&f);
}

static void test_language_samples_of_targets(void **state)
{
    (void)state;
    struct fixture f;
    struct slice *words;
    size_t count;
    fixture_open(&f);
    const struct path_form form = {true, true, true, false, false};
    const struct path_view view = path_view_of(&form);
    const struct language *regex = nginx_regex(&f, "^/(ab|cd?)(/[0-9]+)?$");
    assert_int_equal(language_samples(f.set, regex, &view, NULL, f.arena, 60, &words, &count),
                     ANSWER_YES);
    bool escaped = false;
    for (size_t i = 0; i < count; i++) {
        struct slice path;
        assert_int_equal(path_normalise(f.arena, words[i], &form, &path), NORMALISE_OK);
        assert_true(language_holds(f.set, regex, path));
        escaped = escaped || slice_find(words[i], '%', 0) < words[i].len;
    }
    assert_true(escaped);
    fixture_close(&f);
}

/* ---- faults -------------------------------------------------------------------------------- */

static const struct {
    const char *pattern;
    enum dialect dialect;
    enum fault_kind kind;
    size_t offset;
} fault_rows[] = {
    {"^/(a)\\1", DIALECT_PCRE, FAULT_NOT_REGULAR, 5},
    {"^/(?<n>a)\\k<n>", DIALECT_PCRE, FAULT_NOT_REGULAR, 9},
    {"^/(?R)", DIALECT_PCRE, FAULT_NOT_REGULAR, 2},
    {"^/(a)(?(1)b|c)", DIALECT_PCRE, FAULT_NOT_REGULAR, 5},
    {"/(?<=a)b", DIALECT_PCRE, FAULT_UNSUPPORTED, 1},
    {"/(?>a|ab)c", DIALECT_PCRE, FAULT_UNSUPPORTED, 1},
    {"/(ab|a)++c", DIALECT_PCRE, FAULT_UNSUPPORTED, 7},
    {"/\\p{L}", DIALECT_PCRE, FAULT_UNSUPPORTED, 1},
    {"/(*UTF8)", DIALECT_PCRE, FAULT_UNSUPPORTED, 1},
    {"/a{,3}", DIALECT_PCRE, FAULT_UNSUPPORTED, 2},
    {"/(a", DIALECT_PCRE, FAULT_SYNTAX, 1},
    {"/a)", DIALECT_PCRE, FAULT_SYNTAX, 2},
    {"*", DIALECT_PCRE, FAULT_SYNTAX, 0},
    {"/[\\w-.]", DIALECT_PCRE, FAULT_SYNTAX, 4},
    {"/(?!a).*", DIALECT_RE2, FAULT_SYNTAX, 1},
    {"/(a)\\1", DIALECT_RE2, FAULT_SYNTAX, 4},
    {"/a++", DIALECT_RE2, FAULT_SYNTAX, 3},
    {"/a{1001}", DIALECT_RE2, FAULT_SYNTAX, 2},
    {"/(a{40}){40}", DIALECT_RE2, FAULT_SYNTAX, 8},
    {"/\\Z", DIALECT_RE2, FAULT_SYNTAX, 1},
    {"/\xff", DIALECT_RE2, FAULT_SYNTAX, 1},
};

static void test_language_says_what_it_cannot_decide(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(fault_rows); i++) {
        const struct regex_reading reading = {fault_rows[i].dialect, ANCHORING_SEARCH, false};
        struct language_fault fault = {.offset = 99};
        bool good =
            language_regex(f.set, slice_of(fault_rows[i].pattern), &reading, &fault) != NULL;
        if (good || fault.kind != fault_rows[i].kind || fault.offset != fault_rows[i].offset ||
            !fault.text.len) {
            fail_msg("'%s': accepted %d, kind %d at %zu: " SLICE_FMT, fault_rows[i].pattern, good,
                     (int)fault.kind, fault.offset, SLICE_ARG(fault.text));
        }
    }
    fixture_close(&f);
}

/* ---- dialects ------------------------------------------------------------------------------ */

static const struct {
    const char *pattern;
    bool paths; /* only words that are paths */
    enum dialect_verdict verdict;
    size_t offset;
    const char *word;
} dialect_rows[] = {
    {"/foo(/[a-z]+)?$", true, DIALECT_SAME, 0, ""},
    {"/foo$", false, DIALECT_DIFFERS, 4, "/foo\n"},
    {"/foo\\v", false, DIALECT_DIFFERS, 4, "/foo\r"},
    {"/a\\s", false, DIALECT_DIFFERS, 2, "/a\v"},
    {"/[^/]", true, DIALECT_DIFFERS, 1, "/\x80"},
    {"/(?i:k)", true, DIALECT_DIFFERS, 5, "/\xe2\x84\xaa"},
    {"/(?!api).*", true, DIALECT_REFUSED, 1, ""},
    {"/[\\w-]+\\.php", true, DIALECT_SAME, 0, ""},
    {"/\\R", true, DIALECT_REFUSED, 1, ""},
    {"/(?P<x>a)(?:b|c){2,3}?\\Q.\\E", true, DIALECT_SAME, 0, ""},
    {"/[[:alpha:]]\\d\\x41\\t", true, DIALECT_SAME, 0, ""},
    {"/\\pL", true, DIALECT_UNKNOWN, 1, ""},
    {"/(a", true, DIALECT_REFUSED, 1, ""},
};

static void test_language_compares_dialects(void **state)
{
    (void)state;
    const struct regex_reading from = {DIALECT_PCRE, ANCHORING_SEARCH, false};
    const struct regex_reading to = {DIALECT_RE2, ANCHORING_SEARCH, false};
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(dialect_rows); i++) {
        struct dialect_report report;
        const struct language *domain = dialect_rows[i].paths ? language_paths(f.set) : NULL;
        language_dialects(f.set, slice_of(dialect_rows[i].pattern), &from, &to, domain, &report);
        if (report.verdict != dialect_rows[i].verdict || report.offset != dialect_rows[i].offset ||
            !slice_is(report.word, dialect_rows[i].word) ||
            (report.verdict != DIALECT_SAME && !report.text.len)) {
            fail_msg("'%s': verdict %d at %zu, word '%s': " SLICE_FMT, dialect_rows[i].pattern,
                     (int)report.verdict, report.offset, shown(f.arena, report.word),
                     SLICE_ARG(report.text));
        }
    }
    fixture_close(&f);
}

/* ---- limits -------------------------------------------------------------------------------- */

static void test_language_gives_up_within_its_limits(void **state)
{
    (void)state;
    const struct language_limits few = {.states = 2000, .bytes = (size_t)64 << 20};
    const struct language_limits small = {.states = 1000000, .bytes = (size_t)2 << 20};
    struct fixture f;
    struct relation relation = {0};
    struct slice word;
    fixture_open(&f);
    language_set_close(f.set);
    f.set = language_set_open(f.arena, &few);
    const struct language *hard = nginx_regex(&f, "^.*a.{14}$"),
                          *same = nginx_regex(&f, "^.*a[^\\n]{14}$"),
                          *other = nginx_regex(&f, "^.*a(?:.{7}){2}$");
    assert_int_equal(language_relation(f.set, hard, other, NULL, &relation), ANSWER_GAVE_UP);
    assert_int_equal(language_relation(f.set, hard, same, NULL, &relation), ANSWER_GAVE_UP);
    assert_int_equal(language_contains(f.set, other, hard, NULL, &word), ANSWER_GAVE_UP);
    struct literal_form form;
    assert_int_equal(language_literal_form(f.set, nginx_regex(&f, "^/foo(?:$|.*a.{14}b$)"),
                                           language_paths(f.set), &form),
                     ANSWER_GAVE_UP);
    /* Obligations inside a repetition do not pile up. */
    assert_int_equal(language_contains(f.set, nginx_regex(&f, "^.*d$"),
                                       nginx_regex(&f, "^((?!.*ab).)*[abc]*d$"), NULL, &word),
                     ANSWER_YES);
    /* What is found within the limits is true. */
    assert_int_equal(
        language_contains(f.set, hard, nginx_regex(&f, "^(?:ba|.*a.{14})$"), NULL, &word),
        ANSWER_NO);
    assert_true(slice_is(word, "ba"));
    language_set_close(f.set);
    f.set = language_set_open(f.arena, &small);
    assert_int_equal(language_relation(f.set, nginx_regex(&f, "^(.*a.{40})$"),
                                       nginx_regex(&f, "^(.*b.{50})$"), NULL, &relation),
                     ANSWER_GAVE_UP);
    fixture_close(&f);
}

static void test_language_refuses_patterns_without_measure(void **state)
{
    (void)state;
    enum { DEEP = 1000, LONG = 5000 };
    struct fixture f;
    struct language_fault fault;
    const struct regex_reading reading = {DIALECT_PCRE, ANCHORING_SEARCH, false};
    fixture_open(&f);
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    buf_fill(&buf, '(', DEEP);
    buf_fill(&buf, ')', DEEP);
    assert_null(language_regex(f.set, buf_slice(&buf), &reading, &fault));
    assert_int_equal(fault.kind, FAULT_LIMIT);
    buf_clear(&buf);
    buf_fill(&buf, 'a', LONG);
    assert_null(language_regex(f.set, buf_slice(&buf), &reading, &fault));
    assert_int_equal(fault.kind, FAULT_LIMIT);
    /* The deepest one that is taken can be walked. */
    buf_clear(&buf);
    for (int i = 0; i < 2000; i++) {
        buf_puts(&buf, "a?");
    }
    const struct language *language = language_regex(f.set, buf_slice(&buf), &reading, &fault);
    assert_non_null(language);
    assert_true(language_holds(f.set, language, SLICE("aaaa")));
    buf_release(&buf);
    fixture_close(&f);
}

/* ---- rules --------------------------------------------------------------------------------- */

static void expect_cell(const struct language_cell *cell, const char *word, const char *a,
                        const char *b)
{
    const struct rule_indices *sides[] = {&cell->a, &cell->b};
    const char *wanted[] = {a, b};
    for (int s = 0; s < 2; s++) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_MAX);
        for (size_t i = 0; i < sides[s]->count; i++) {
            buf_printf(&buf, "%s%u", i ? " " : "", sides[s]->items[i]);
        }
        bool same = slice_is(cell->word, word) && slice_is(buf_slice(&buf), wanted[s]);
        if (!same) {
            print_error("'" SLICE_FMT "', side %d: " SLICE_FMT "\n", SLICE_ARG(cell->word), s,
                        SLICE_ARG(buf_slice(&buf)));
        }
        buf_release(&buf);
        assert_true(same);
    }
}

/* nginx decodes before it matches, Envoy does not. */
static void test_language_classifies_two_lists(void **state)
{
    (void)state;
    struct fixture f;
    struct language_cells cells;
    fixture_open(&f);
    const struct path_form decoded = {true, true, true, false, false},
                           resolved = {false, false, true, false, true};
    const struct path_view nginx = path_view_of(&decoded), envoy = path_view_of(&resolved);
    const struct language *root = language_literal(f.set, LITERAL_ELEMENTS, SLICE("/"), false);
    const struct language *before[] = {nginx_regex(&f, "^/ab(/|$)"), root};
    const struct language *after[] = {envoy_regex(&f, "/ab(/.*)?"),
                                      language_literal(f.set, LITERAL_EXACT, SLICE("/ab"), false),
                                      root};
    const bool certain[] = {false, true, true};
    const struct rule_languages a = {before, certain, 2, &nginx}, b = {after, certain, 3, &envoy};
    assert_int_equal(language_classify(f.set, &a, &b, NULL, f.arena, &cells), ANSWER_YES);
    assert_int_equal(cells.count, 4);
    expect_cell(&cells.items[0], "/", "1", "2");
    expect_cell(&cells.items[1], "/ab", "0 1", "0 1");
    expect_cell(&cells.items[2], "/ab/", "0 1", "0 2");
    expect_cell(&cells.items[3], "//ab", "0 1", "2");
    fixture_close(&f);
}

/* Only an escaped slash in front makes nginx drop the dot that Envoy keeps. */
static void test_language_finds_what_only_an_escape_shows(void **state)
{
    (void)state;
    struct fixture f;
    struct language_cells cells;
    fixture_open(&f);
    const struct path_form decoded = {true, true, true, false, false},
                           raw = {false, false, false, false, false};
    const struct path_view nginx = path_view_of(&decoded), envoy = path_view_of(&raw);
    const struct language *before[] = {nginx_regex(&f, "^/a[^.]$")};
    const struct language *after[] = {envoy_regex(&f, "/[^/]*"), envoy_regex(&f, ".*\\.")};
    const struct rule_languages a = {before, NULL, 1, &nginx}, b = {after, NULL, 2, &envoy};
    assert_int_equal(language_classify(f.set, &a, &b, NULL, f.arena, &cells), ANSWER_YES);
    bool found = false;
    for (size_t i = 0; i < cells.count; i++) {
        if (cells.items[i].a.count == 1 && cells.items[i].b.count == 2) {
            found = true;
            expect_cell(&cells.items[i], "/a%2F.", "0", "0 1");
        }
    }
    assert_true(found);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language_finds_literal_forms),
        cmocka_unit_test(test_language_domain_decides),
        cmocka_unit_test(test_language_words_are_short_and_readable),
        cmocka_unit_test(test_language_samples_go_along_every_edge),
        cmocka_unit_test(test_language_samples_of_targets),
        cmocka_unit_test(test_language_says_what_it_cannot_decide),
        cmocka_unit_test(test_language_compares_dialects),
        cmocka_unit_test(test_language_gives_up_within_its_limits),
        cmocka_unit_test(test_language_refuses_patterns_without_measure),
        cmocka_unit_test(test_language_classifies_two_lists),
        cmocka_unit_test(test_language_finds_what_only_an_escape_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
