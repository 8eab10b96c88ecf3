/* The automata against a slow, plain reading of what expressions mean: all short words are tried. */
#include "language/language_priv.h"
#include "language/test_priv.h"

/* ---- the reference ------------------------------------------------------------------------- */

/* A language as its words of at most LENGTH letters of the alphabet, and its expression in the tested
 * module beside it. Words are numbered: the empty one, those of one letter, and so on. */
static const char letters[] = "ab/\n";
enum { LETTERS = sizeof letters - 1, LENGTH = 5, WORDS = 1 + 4 + 16 + 64 + 256 + 1024 };

struct plain {
    bool has[WORDS];
};
struct tried {
    const struct language *language;
    struct plain *plain;
};

static size_t number_of(const char *word, size_t length)
{
    size_t first = 0, count = 1, at = 0;
    for (size_t i = 0; i < length; i++) {
        first += count;
        count *= LETTERS;
        at = at * LETTERS + (size_t)(strchr(letters, word[i]) - letters);
    }
    return first + at;
}

static size_t word_of(size_t number, char word[LENGTH])
{
    size_t length = 0, count = 1;
    while (number >= count) {
        number -= count;
        count *= LETTERS;
        length++;
    }
    for (size_t i = length; i-- > 0;) {
        word[i] = letters[number % LETTERS];
        number /= LETTERS;
    }
    return length;
}

static bool joined(const struct plain *a, const struct plain *b, const char *word, size_t length)
{
    for (size_t cut = 0; cut <= length; cut++) {
        if (a->has[number_of(word, cut)] && b->has[number_of(word + cut, length - cut)]) {
            return true;
        }
    }
    return false;
}

/* ---- random languages ---------------------------------------------------------------------- */

static struct tried random_leaf(struct fixture *f, struct dice *dice)
{
    static const char *const patterns[] = {
        "a",  "b",     "/",   ".",      "[^a]",        "a*", "(a|b)+",   "",      "ab",
        "a?", "[ab]/", "\\n", "^a|^/b", "(?:^|a)\\b.", "a$", "(?!ab)..", "(ab)*", "b{1,2}"};
    struct tried leaf = {NULL, ARENA_NEW(f->arena, struct plain)};
    char word[LENGTH] = {0};
    if (pick(dice, 3) == 0) {
        static const char *const texts[] = {"/a", "/", "a", "/b/", ""};
        enum literal_kind kind = (enum literal_kind)pick(dice, 3);
        struct slice text = slice_of(texts[pick(dice, ARRAY_LEN(texts))]);
        leaf.language = language_literal(f->set, kind, text, false);
        for (size_t i = 0; i < WORDS; i++) {
            struct slice w = {word, word_of(i, word)};
            struct slice bare = text;
            bare.len -= kind == LITERAL_ELEMENTS && slice_ends(text, SLICE("/"));
            leaf.plain->has[i] =
                kind == LITERAL_EXACT ? slice_equal(w, text)
                : kind == LITERAL_STRING
                    ? slice_starts(w, text)
                    : slice_starts(w, bare) && (w.len == bare.len || w.ptr[bare.len] == '/');
        }
        return leaf;
    }
    /* That patterns are understood is tested against PCRE2. */
    leaf.language =
        regex_as(f, patterns[pick(dice, ARRAY_LEN(patterns))], DIALECT_PCRE, ANCHORING_WHOLE);
    for (size_t i = 0; i < WORDS; i++) {
        struct slice w = {word, word_of(i, word)};
        leaf.plain->has[i] = language_holds(f->set, leaf.language, w);
    }
    return leaf;
}

static bool of_words(int operation, const struct plain *a, const struct plain *b, size_t number)
{
    char word[LENGTH] = {0};
    size_t length = word_of(number, word);
    switch (operation) {
    case 0:
        return a->has[number] || b->has[number];
    case 1:
        return a->has[number] && b->has[number];
    case 2:
        return a->has[number] && !b->has[number];
    case 3:
        return !a->has[number];
    default:
        return joined(a, b, word, length);
    }
}

static struct tried random_language(struct fixture *f, struct dice *dice, int depth)
{
    if (depth == 0 || pick(dice, 4) == 0) {
        return random_leaf(f, dice);
    }
    struct tried a = random_language(f, dice, depth - 1), b = random_language(f, dice, depth - 1);
    struct tried out = {NULL, ARENA_NEW(f->arena, struct plain)};
    int operation = (int)pick(dice, 5);
    switch (operation) {
    case 0:
        out.language = language_union(f->set, a.language, b.language);
        break;
    case 1:
        out.language = language_intersection(f->set, a.language, b.language);
        break;
    case 2:
        out.language = language_difference(f->set, a.language, b.language);
        break;
    case 3:
        out.language = language_complement(f->set, a.language);
        break;
    default:
        out.language = language_concatenation(f->set, a.language, b.language);
        break;
    }
    for (size_t i = 0; i < WORDS; i++) {
        out.plain->has[i] = of_words(operation, a.plain, b.plain, i);
    }
    return out;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void compare_membership(struct fixture *f, const struct tried *tried)
{
    char word[LENGTH] = {0};
    for (size_t i = 0; i < WORDS; i++) {
        struct slice w = {word, word_of(i, word)};
        if (language_holds(f->set, tried->language, w) != tried->plain->has[i]) {
            fail_msg("'%s' should be %d", shown(f->arena, w), tried->plain->has[i]);
        }
    }
}

/* Only letters of the alphabet, at most so many. */
static const struct language *short_words(struct fixture *f)
{
    return regex_as(f, "[ab/\\n]{0,5}", DIALECT_PCRE, ANCHORING_WHOLE);
}

/* In the order that answers promise. */
static size_t first_word(const bool has[WORDS])
{
    size_t best = WORDS;
    char word[LENGTH] = {0}, other[LENGTH] = {0};
    for (size_t i = 0; i < WORDS; i++) {
        if (!has[i]) {
            continue;
        }
        size_t length = word_of(i, word), least = best < WORDS ? word_of(best, other) : LENGTH + 1;
        bool smaller = length < least;
        for (size_t at = 0; length == least && at < length; at++) {
            if (word[at] != other[at]) {
                smaller = byte_rank((unsigned char)word[at]) < byte_rank((unsigned char)other[at]);
                break;
            }
        }
        best = smaller ? i : best;
    }
    return best;
}

static void expect_word(struct fixture *f, const bool has[WORDS], bool found, struct slice word)
{
    char text[LENGTH];
    size_t best = first_word(has);
    assert_int_equal(found, best < WORDS);
    if (found) {
        struct slice wanted = {text, word_of(best, text)};
        if (!slice_equal(word, wanted)) {
            fail_msg("'%s' is not the first word, '%s' is", shown(f->arena, word),
                     shown(f->arena, wanted));
        }
    }
}

static void compare_relation(struct fixture *f, const struct tried *a, const struct tried *b)
{
    bool only_a[WORDS], only_b[WORDS], both[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        only_a[i] = a->plain->has[i] && !b->plain->has[i];
        only_b[i] = b->plain->has[i] && !a->plain->has[i];
        both[i] = a->plain->has[i] && b->plain->has[i];
    }
    struct relation relation = {0};
    const struct language *domain = short_words(f);
    enum answer answer = language_relation(f->set, a->language, b->language, domain, &relation);
    assert_int_equal(answer, first_word(only_a) == WORDS && first_word(only_b) == WORDS
                                 ? ANSWER_YES
                                 : ANSWER_NO);
    expect_word(f, only_a, relation.only_a, relation.word_a);
    expect_word(f, only_b, relation.only_b, relation.word_b);
    expect_word(f, both, relation.both, relation.word_both);
    struct slice word;
    answer = language_contains(f->set, b->language, a->language, domain, &word);
    expect_word(f, only_a, answer == ANSWER_NO, word);
    answer = language_word(f->set, a->language, NULL, domain, &word);
    expect_word(f, a->plain->has, answer == ANSWER_YES, word);
}

static void test_language_operations_mean_what_they_say(void **state)
{
    (void)state;
    enum { ROUNDS = 150 };
    struct dice dice = dice_new(5);
    for (int i = 0; i < ROUNDS; i++) {
        struct fixture f;
        fixture_open(&f);
        struct tried a = random_language(&f, &dice, 3), b = random_language(&f, &dice, 3);
        compare_membership(&f, &a);
        compare_relation(&f, &a, &b);
        fixture_close(&f);
    }
    print_message("%d pairs of languages\n", ROUNDS);
}

/* Each cell has the rules that match its word, and each word is in one cell. */
static void compare_cells(struct fixture *f, const struct tried *rules, size_t count,
                          const bool *certain)
{
    enum { RULES_MAX = 16 };
    const struct language *items[RULES_MAX];
    for (size_t i = 0; i < count; i++) {
        items[i] = rules[i].language;
    }
    size_t first = count / 2;
    const struct rule_languages a = {items, certain, first, NULL},
                                b = {items + first, certain + first, count - first, NULL};
    struct language_cells cells;
    assert_int_equal(language_classify(f->set, &a, &b, short_words(f), f->arena, &cells),
                     ANSWER_YES);
    bool *in_cell = ARENA_ARRAY(f->arena, bool, cells.count *WORDS);
    for (size_t w = 0; w < WORDS; w++) {
        uint32_t matched[2][RULES_MAX];
        size_t counts[2] = {0};
        bool over[2] = {false};
        for (size_t r = 0; r < count; r++) {
            size_t side = r >= first;
            if (rules[r].plain->has[w] && !over[side]) {
                matched[side][counts[side]++] = (uint32_t)(side ? r - first : r);
                over[side] = certain[r];
            }
        }
        size_t found = 0;
        for (size_t c = 0; c < cells.count; c++) {
            const struct rule_indices *sides[] = {&cells.items[c].a, &cells.items[c].b};
            bool same = true;
            for (int s = 0; s < 2; s++) {
                same = same && sides[s]->count == counts[s] &&
                       memcmp(sides[s]->items, matched[s], counts[s] * sizeof(uint32_t)) == 0;
            }
            in_cell[c * WORDS + w] = same;
            found += same;
        }
        assert_int_equal(found, 1);
    }
    for (size_t c = 0; c < cells.count; c++) {
        expect_word(f, in_cell + c * WORDS, true, cells.items[c].word);
    }
}

static void test_language_cells_hold_every_word_once(void **state)
{
    (void)state;
    enum { ROUNDS = 60, RULES = 10 };
    struct dice dice = dice_new(6);
    for (int i = 0; i < ROUNDS; i++) {
        struct fixture f;
        struct tried rules[RULES];
        bool certain[RULES];
        fixture_open(&f);
        for (size_t r = 0; r < RULES; r++) {
            rules[r] = random_language(&f, &dice, (int)pick(&dice, 3));
            certain[r] = pick(&dice, 3) == 0;
        }
        compare_cells(&f, rules, RULES, certain);
        fixture_close(&f);
    }
    print_message("%d lists of rules\n", ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language_operations_mean_what_they_say),
        cmocka_unit_test(test_language_cells_hold_every_word_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
