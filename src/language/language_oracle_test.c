/* The automata against libfa (of Augeas), which knows the same questions and no bound. */
#include "language/test_priv.h"

#include <fa.h>

/* What both read alike: POSIX classes and counts, no anchors, whole words. */
static void put_pattern(struct dice *dice, struct buf *out, int depth)
{
    static const char *const atoms[] = {"a", "b", "/", "c", "[ab]", "[^/]", "[a-c]", ".", "[^ab]"};
    static const char *const quantifiers[] = {"*", "+", "?", "{1,2}", "{2}", "{0,2}", "{2,}"};
    size_t count = pick(dice, 3);
    for (size_t i = 0; i <= count; i++) {
        if (depth > 0 && pick(dice, 3) == 0) {
            buf_puts(out, "(");
            put_pattern(dice, out, depth - 1);
            while (pick(dice, 3) == 0) {
                buf_puts(out, "|");
                put_pattern(dice, out, depth - 1);
            }
            buf_puts(out, ")");
        } else {
            buf_puts(out, atoms[pick(dice, ARRAY_LEN(atoms))]);
        }
        if (pick(dice, 3) == 0) {
            buf_puts(out, quantifiers[pick(dice, ARRAY_LEN(quantifiers))]);
        }
    }
}

struct both {
    const struct language *ours;
    struct fa *theirs;
    struct slice pattern;
};

static struct both both_of(struct fixture *f, struct dice *dice)
{
    struct buf buf;
    struct both both = {0};
    buf_init(&buf, BUF_TEXT_MAX);
    put_pattern(dice, &buf, 2);
    both.pattern = arena_copy(f->arena, buf_slice(&buf));
    buf_release(&buf);
    both.ours = regex_as(f, arena_string(f->arena, both.pattern), DIALECT_PCRE, ANCHORING_WHOLE);
    assert_int_equal(fa_compile(both.pattern.ptr, both.pattern.len, &both.theirs), 0);
    return both;
}

/* A union, an intersection, a difference, a complement or a concatenation, as `operation` says. */
static struct both combined(struct fixture *f, struct dice *dice, const struct both *a,
                            const struct both *b)
{
    struct both out = {.pattern = arena_printf(f->arena, "(" SLICE_FMT " with " SLICE_FMT ")",
                                               SLICE_ARG(a->pattern), SLICE_ARG(b->pattern))};
    switch (pick(dice, 5)) {
    case 0:
        out.ours = language_union(f->set, a->ours, b->ours);
        out.theirs = fa_union(a->theirs, b->theirs);
        break;
    case 1:
        out.ours = language_intersection(f->set, a->ours, b->ours);
        out.theirs = fa_intersect(a->theirs, b->theirs);
        break;
    case 2:
        out.ours = language_difference(f->set, a->ours, b->ours);
        out.theirs = fa_minus(a->theirs, b->theirs);
        break;
    case 3:
        out.ours = language_complement(f->set, a->ours);
        out.theirs = fa_complement(a->theirs);
        break;
    default:
        out.ours = language_concatenation(f->set, a->ours, b->ours);
        out.theirs = fa_concat(a->theirs, b->theirs);
        break;
    }
    assert_non_null(out.theirs);
    return out;
}

static void check(const struct both *a, const struct both *b, const char *question, bool ours,
                  int theirs)
{
    if (theirs < 0 || ours != (theirs > 0)) {
        fail_msg(SLICE_FMT " and " SLICE_FMT ": %s: libfa says %d", SLICE_ARG(a->pattern),
                 SLICE_ARG(b->pattern), question, theirs);
    }
}

/* Whether libfa has the word in its language. */
static bool theirs_hold(struct fa *language, struct slice word)
{
    struct fa *whole = fa_make_basic(FA_EPSILON);
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        char text[2] = {'\\', (char)c};
        bool plain = is_alphanumeric((char)c) || c < ' ' || c > 0x7e;
        struct fa *byte = NULL, *longer;
        assert_int_equal(fa_compile(plain ? text + 1 : text, plain ? 1 : 2, &byte), 0);
        longer = fa_concat(whole, byte);
        fa_free(whole);
        fa_free(byte);
        whole = longer;
    }
    int contained = fa_contains(whole, language);
    fa_free(whole);
    return contained > 0;
}

static void compare(struct fixture *f, const struct both *a, const struct both *b)
{
    struct relation relation = {0};
    struct fa *overlap = fa_intersect(a->theirs, b->theirs);
    enum answer equal = language_relation(f->set, a->ours, b->ours, NULL, &relation);
    assert_int_not_equal(equal, ANSWER_GAVE_UP);
    check(a, b, "equal", equal == ANSWER_YES, fa_equals(a->theirs, b->theirs));
    check(a, b, "first in second", !relation.only_a, fa_contains(a->theirs, b->theirs));
    check(a, b, "second in first", !relation.only_b, fa_contains(b->theirs, a->theirs));
    (void)fa_minimize(overlap);
    check(a, b, "disjoint", !relation.both, fa_is_basic(overlap, FA_EMPTY));
    fa_free(overlap);
    struct {
        bool found, in_a, in_b;
        struct slice word;
    } words[] = {{relation.only_a, true, false, relation.word_a},
                 {relation.only_b, false, true, relation.word_b},
                 {relation.both, true, true, relation.word_both}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (words[i].found && (theirs_hold(a->theirs, words[i].word) != words[i].in_a ||
                               theirs_hold(b->theirs, words[i].word) != words[i].in_b)) {
            fail_msg(SLICE_FMT " and " SLICE_FMT ": the word '%s' is none", SLICE_ARG(a->pattern),
                     SLICE_ARG(b->pattern), shown(f->arena, words[i].word));
        }
    }
}

static void test_language_questions_answered_as_libfa_does(void **state)
{
    (void)state;
    enum { ROUNDS = 400 };
    struct dice dice = dice_new(1414);
    for (int i = 0; i < ROUNDS; i++) {
        struct fixture f;
        fixture_open(&f);
        struct both a = both_of(&f, &dice), b = both_of(&f, &dice);
        struct both c = combined(&f, &dice, &a, &b), d = combined(&f, &dice, &b, &a);
        compare(&f, &a, &b);
        compare(&f, &a, &c);
        compare(&f, &c, &d);
        const struct both *all[] = {&a, &b, &c, &d};
        for (size_t j = 0; j < ARRAY_LEN(all); j++) {
            fa_free(all[j]->theirs);
        }
        fixture_close(&f);
    }
    print_message("%d pairs and what they combine to\n", ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language_questions_answered_as_libfa_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
