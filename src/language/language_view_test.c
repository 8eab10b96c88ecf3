/* Languages of raw targets against the path that http.h makes of each target. */
#include "language/test_priv.h"

#define FORM(decode, merge, dots, unreserved)                                                      \
    {                                                                                              \
        decode, merge, dots, false, unreserved                                                     \
    }
static const struct path_form forms[] = {
    FORM(true, true, true, false),    FORM(true, false, true, false),
    FORM(true, true, false, false),   FORM(true, false, false, false),
    FORM(false, true, true, false),   FORM(false, false, true, false),
    FORM(false, false, false, false), FORM(false, true, true, true),
    FORM(false, false, true, true),   FORM(false, false, false, true),
};

static struct slice random_target(struct fixture *f, struct dice *dice)
{
    static const char *const parts[] = {"/",   "/",   "a",   "b",   ".",   "..",  "%2e", "%2E",
                                        "%2F", "%2f", "%61", "%62", "%2",  "%",   "%zz", "%25",
                                        "%00", "f",   "%6a", "%6A", "%C3", "%c3", "2"};
    struct slice text = SLICE("/");
    size_t count = pick(dice, 7);
    for (size_t i = 0; i < count; i++) {
        text = ARENA_JOIN(f->arena, text, slice_of(parts[pick(dice, ARRAY_LEN(parts))]));
    }
    return text;
}

/* Is there a segment of two dots, or, where escapes are read, one that is none or is a byte 0? */
static bool outside(struct slice target, const struct path_form *form, bool escapes)
{
    for (size_t i = 0; escapes && i < target.len; i++) {
        struct slice escape = slice_sub(target, i, i + 3);
        if (escape.ptr[0] == '%' && (escape.len < 3 || slice_is(escape, "%00") ||
                                     !strchr("0123456789abcdefABCDEF", escape.ptr[1]) ||
                                     !strchr("0123456789abcdefABCDEF", escape.ptr[2]))) {
            return true;
        }
    }
    if (!form->resolve_dots) {
        return false;
    }
    struct slice segment, rest;
    struct buf dots;
    bool found = false;
    buf_init(&dots, BUF_TEXT_MAX);
    for (size_t i = 0; i < target.len; i++) {
        struct slice escape = slice_sub(target, i, i + 3);
        if (slice_equal_fold(escape, SLICE("%2e"))) {
            buf_putc(&dots, '.');
            i += 2;
        } else if (form->decode && slice_equal_fold(escape, SLICE("%2f"))) {
            buf_putc(&dots, '/');
            i += 2;
        } else {
            buf_putc(&dots, target.ptr[i]);
        }
    }
    rest = buf_slice(&dots);
    while (slice_split(&rest, '/', &segment)) {
        found = found || slice_is(segment, "..");
    }
    buf_release(&dots);
    return found;
}

static const char *const patterns[] = {
    "^/a(/|$)",    "^/[ab]+$", "^/a/b", "/f",   "^/a//b",        "^/(a|b)/\\.", "\\.\\.",
    "%61",         "%2[eE]",   "^/.$",  "^/j2", "[\\x80-\\xff]", "^/%25",       "2",
    "^/(?!a).*b$", "%2e",      "/%2Ef", "\\.$", "[.]f",          "//",          "^/$"};

static const struct language *random_rule(struct fixture *f, struct dice *dice)
{
    static const char *const texts[] = {"/a", "/a/b", "/", "/A", "/b/", "/%61", "/a/./b", "/f2"};
    if (pick(dice, 2)) {
        return nginx_regex(f, patterns[pick(dice, ARRAY_LEN(patterns))]);
    }
    return language_literal(f->set, (enum literal_kind)pick(dice, 3),
                            slice_of(texts[pick(dice, ARRAY_LEN(texts))]), pick(dice, 2));
}

static bool holds_viewed(struct fixture *f, const struct language *language,
                         const struct path_form *form, struct slice target)
{
    struct slice path;
    if (path_normalise(f->arena, target, form, &path) != NORMALISE_OK) {
        return false;
    }
    return language_holds(f->set, language, path);
}

static void try_target(struct fixture *f, const struct language *language,
                       const struct path_form *form, struct slice target)
{
    const struct path_view view = path_view_of(form);
    const struct language *only = language_literal(f->set, LITERAL_EXACT, target, false);
    struct slice word = SLICE("");
    enum answer answer = language_word(f->set, language, &view, only, &word);
    bool escapes = form->decode || form->resolve_dots || form->decode_unreserved;
    bool wanted = !outside(target, form, escapes) && holds_viewed(f, language, form, target);
    if (answer != (wanted ? ANSWER_YES : ANSWER_NO) || (wanted && !slice_equal(word, target))) {
        fail_msg("target '" SLICE_FMT "' (decode %d, merge %d, dots %d): %d, '" SLICE_FMT "'",
                 SLICE_ARG(target), form->decode, form->merge_slashes, form->resolve_dots,
                 (int)answer, SLICE_ARG(word));
    }
}

static void test_language_view_reads_targets_as_http_does(void **state)
{
    (void)state;
    enum { ROUNDS = 6000 };
    struct dice dice = dice_new(8);
    struct fixture f;
    fixture_open(&f);
    for (int i = 0; i < ROUNDS; i++) {
        const struct path_form *form = &forms[pick(&dice, ARRAY_LEN(forms))];
        struct slice target = random_target(&f, &dice);
        try_target(&f, random_rule(&f, &dice), form, target);
        if (i % 1000 == 999) {
            fixture_close(&f);
            fixture_open(&f);
        }
    }
    print_message("%d targets\n", ROUNDS);
    fixture_close(&f);
}

/* ---- two sides, each with its view --------------------------------------------------------- */

enum { RULES = 5 };
struct side_of_test {
    const struct path_form *form;
    struct path_view view;
    const struct language *items[RULES];
    struct rule_languages rules;
};

static void random_side(struct fixture *f, struct dice *dice, struct side_of_test *side)
{
    side->form = &forms[pick(dice, ARRAY_LEN(forms))];
    side->view = path_view_of(side->form);
    for (size_t i = 0; i < RULES; i++) {
        side->items[i] = random_rule(f, dice);
    }
    side->rules =
        (struct rule_languages){.items = side->items, .count = RULES, .view = &side->view};
}

static bool has_rules(struct fixture *f, const struct side_of_test *side,
                      const struct rule_indices *wanted, struct slice target)
{
    size_t found = 0;
    for (uint32_t i = 0; i < RULES; i++) {
        bool holds = holds_viewed(f, side->items[i], side->form, target);
        bool listed = found < wanted->count && wanted->items[found] == i;
        if (holds != listed) {
            return false;
        }
        found += listed;
    }
    return found == wanted->count;
}

static bool is_outside(const struct side_of_test sides[2], struct slice target)
{
    bool escapes = false;
    for (int s = 0; s < 2; s++) {
        escapes = escapes || sides[s].form->decode || sides[s].form->resolve_dots ||
                  sides[s].form->decode_unreserved;
    }
    return outside(target, sides[0].form, escapes) || outside(target, sides[1].form, escapes);
}

static void compare_sides(struct fixture *f, struct dice *dice)
{
    struct side_of_test sides[2];
    struct language_cells cells;
    random_side(f, dice, &sides[0]);
    random_side(f, dice, &sides[1]);
    assert_int_equal(
        language_classify(f->set, &sides[0].rules, &sides[1].rules, NULL, f->arena, &cells),
        ANSWER_YES);
    for (size_t i = 0; i < cells.count; i++) {
        const struct language_cell *cell = &cells.items[i];
        if (is_outside(sides, cell->word) || !has_rules(f, &sides[0], &cell->a, cell->word) ||
            !has_rules(f, &sides[1], &cell->b, cell->word)) {
            fail_msg("'%s' is not of its cell", shown(f->arena, cell->word));
        }
    }
    for (int i = 0; i < 60; i++) {
        struct slice target = random_target(f, dice);
        size_t found = 0;
        for (size_t c = 0; c < cells.count; c++) {
            const struct language_cell *cell = &cells.items[c];
            if (has_rules(f, &sides[0], &cell->a, target) &&
                has_rules(f, &sides[1], &cell->b, target)) {
                found++;
                if (!is_outside(sides, target) && cell->word.len > target.len) {
                    fail_msg("'%s' is longer than '%s'", shown(f->arena, cell->word),
                             shown(f->arena, target));
                }
            }
        }
        if (!is_outside(sides, target) && found != 1) {
            fail_msg("'%s' is in %zu cells", shown(f->arena, target), found);
        }
    }
}

static void test_language_cells_of_two_views(void **state)
{
    (void)state;
    enum { ROUNDS = 150 };
    struct dice dice = dice_new(9);
    for (int i = 0; i < ROUNDS; i++) {
        struct fixture f;
        fixture_open(&f);
        compare_sides(&f, &dice);
        fixture_close(&f);
    }
    print_message("%d pairs of lists\n", ROUNDS);
}

/* A side that answers escaped slashes by itself decides nothing about them; other escapes stay what they are. */
static void test_language_view_leaves_out_answered_slashes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool outside;
    } rows[] = {
        {"/a%2Fb", true}, {"/a%2fb", true}, {"/a%5Cb", true}, {"/a%2Ab", false}, {"/a/b", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        const struct path_form kept = {.resolve_dots = true};
        struct path_view view = path_view_of(&kept);
        const struct language *exact =
            language_literal(f.set, LITERAL_EXACT, slice_of(rows[i].path), false);
        struct slice word;
        assert_int_equal(language_word(f.set, exact, &view, NULL, &word), ANSWER_YES);
        view.answers_slashes = true;
        assert_int_equal(language_word(f.set, exact, &view, NULL, &word),
                         rows[i].outside ? ANSWER_NO : ANSWER_YES);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language_view_reads_targets_as_http_does),
        cmocka_unit_test(test_language_cells_of_two_views),
        cmocka_unit_test(test_language_view_leaves_out_answered_slashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
