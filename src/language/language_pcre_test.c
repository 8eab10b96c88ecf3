/* The parser and the automata against PCRE2 itself, on random patterns and words. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "language/test_priv.h"

#include <pcre2.h>

/* ---- random patterns ----------------------------------------------------------------------- */

/* Pieces that make sense, put together by a grammar. */
static void put_pattern(struct dice *dice, struct buf *out, int depth)
{
    static const char *const atoms[] = {
        "a",    "b",   "/",   ".",        "[ab]",        "[^a]",         "[^/]",    "\\w",
        "\\d",  "\\s", "\\W", "\\n",      "\\x61",       "\\.",          "[\\w-]",  "[a-c]",
        "\\h",  "\\v", "\\N", "\\Qa*\\E", "[[:alpha:]]", "[[:^digit:]]", "[^\\W_]", "k",
        "S",    "\\V", "\\H", "\\D",      "\\S",         "[]a]",         "[^]a]",   "\\101",
        "\\cJ", "\\C", "1"};
    static const char *const places[] = {"^",    "$",    "\\b",   "\\B",   "\\A",
                                         "\\z",  "\\Z",  "\\G",   "(?i)",  "(?-i)",
                                         "(?s)", "(?m)", "(?x) ", "(?#c)", "(?-s)"};
    static const char *const quantifiers[] = {"*",   "+",     "?",     "*?",    "+?",   "??",
                                              "{2}", "{1,2}", "{0,2}", "{2,}?", "{1,}", "{0}"};
    static const char *const possessives[] = {"*+", "++", "?+", "{1,2}+", "{2}+"};
    static const char *const groups[] = {"(", "(?:", "(?i:", "(?=", "(?!", "(?s:", "(?m:", "(?|"};
    size_t count = pick(dice, 4);
    for (size_t i = 0; i <= count; i++) {
        size_t what = pick(dice, 20);
        if (what < 5 && depth > 0) {
            buf_puts(out, groups[pick(dice, ARRAY_LEN(groups))]);
            put_pattern(dice, out, depth - 1);
            while (pick(dice, 3) == 0) {
                buf_puts(out, "|");
                put_pattern(dice, out, depth - 1);
            }
            buf_puts(out, ")");
        } else if (what == 5) {
            buf_puts(out, places[pick(dice, ARRAY_LEN(places))]);
            continue;
        } else {
            buf_puts(out, atoms[pick(dice, ARRAY_LEN(atoms))]);
            if (pick(dice, 16) == 0) {
                buf_puts(out, possessives[pick(dice, ARRAY_LEN(possessives))]);
                continue;
            }
        }
        /* PCRE2 10.42 looks for what is in a group "{0}" at the start; such groups are left out. */
        size_t known = ARRAY_LEN(quantifiers) - (what < 5);
        if (pick(dice, 3) == 0) {
            buf_puts(out, quantifiers[pick(dice, known)]);
        }
    }
}

/* Bits and pieces in any order: most of these are no patterns. */
static void put_soup(struct dice *dice, struct buf *out)
{
    static const char *const bits[] = {
        "(",   ")",   "[",    "]",   "{",   "}",   "*",     "+",   "?",   "|",          "^",
        "$",   ".",   "\\",   "-",   ",",   "1",   "2",     "a",   "z",   ":",          "=",
        "!",   "<",   ">",    "#",   " ",   "i",   "x",     "\\Q", "\\E", "\\b",        "\\d",
        "\\w", "[:",  ":]",   "(?",  "(?:", "(?=", "(?#",   "\\x", "\\o", "\\c",        "alpha",
        "{1",  "{2,", "{1,2", "\\0", "\\8", "\\1", "(?x)",  "(?-", "\\N", "'",          "P",
        "n",   "[^",  "\\A",  "\\z", "{2}", "{0}", "(?<n>", "\n",  "\t",  "[[:alpha:]]"};
    size_t count = 1 + pick(dice, 8);
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, bits[pick(dice, ARRAY_LEN(bits))]);
    }
}

/* ---- PCRE2 --------------------------------------------------------------------------------- */

/* Without the optimisations that are wrong in 10.42: "\S+\v" does not match "a\x85", as one is taken to
 * exclude the other, and "(?!a|b){0}\z" wants bytes of the group that it skips. */
static pcre2_code *compile(struct slice pattern, uint32_t flags, int *error)
{
    PCRE2_SIZE offset;
    flags |= PCRE2_NO_AUTO_POSSESS | PCRE2_NO_START_OPTIMIZE;
    return pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, flags, error, &offset, NULL);
}

/* 1 found, 0 not, -1 given up. */
static int found(const pcre2_code *code, enum anchoring anchoring, struct slice word,
                 pcre2_match_data *data)
{
    uint32_t flags = anchoring == ANCHORING_WHOLE ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
    const char *text = word.ptr ? word.ptr : "";
    int result = pcre2_match(code, (PCRE2_SPTR)text, word.len, 0, flags, data, NULL);
    if (result == PCRE2_ERROR_NOMATCH) {
        return 0;
    }
    if (result < 0) {
        return -1;
    }
    return anchoring != ANCHORING_START || pcre2_get_ovector_pointer(data)[0] == 0;
}

static size_t random_word(struct dice *dice, char word[16])
{
    static const char bytes[] = "aaabbcAB//k1-_. \n\r\v\x85\xa0"
                                "S";
    size_t length = pick(dice, 8);
    for (size_t i = 0; i < length; i++) {
        word[i] = bytes[pick(dice, sizeof bytes - 1)];
    }
    return length;
}

static void compare_words(struct fixture *f, struct dice *dice, struct slice pattern,
                          pcre2_match_data *data, size_t *compared)
{
    const struct regex_reading reading = {DIALECT_PCRE, (enum anchoring)pick(dice, 3),
                                          pick(dice, 4) == 0};
    struct language_fault fault;
    int error;
    const struct language *language = language_regex(f->set, pattern, &reading, &fault);
    pcre2_code *code = compile(pattern, reading.fold ? PCRE2_CASELESS : 0, &error);
    if (language && code) {
        for (int i = 0; i < 40; i++) {
            char bytes[16];
            struct slice word = {bytes, random_word(dice, bytes)};
            int theirs = found(code, reading.anchoring, word, data);
            bool ours = language_holds(f->set, language, word);
            if (theirs >= 0 && ours != (theirs == 1)) {
                fail_msg("'%s' (anchoring %d, fold %d) and '%s': PCRE2 says %d",
                         shown(f->arena, pattern), reading.anchoring, reading.fold,
                         shown(f->arena, word), theirs);
            }
            (*compared)++;
        }
    }
    pcre2_code_free(code);
}

static void test_language_matches_as_pcre2_does(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    struct dice dice = dice_new(20261124);
    struct fixture f;
    struct buf pattern;
    size_t compared = 0;
    pcre2_match_data *data = pcre2_match_data_create(10, NULL);
    buf_init(&pattern, BUF_TEXT_MAX);
    fixture_open(&f);
    for (int i = 0; i < ROUNDS; i++) {
        buf_clear(&pattern);
        put_pattern(&dice, &pattern, 3);
        compare_words(&f, &dice, buf_slice(&pattern), data, &compared);
        if (i % 500 == 499) {
            fixture_close(&f);
            fixture_open(&f);
        }
    }
    print_message("%zu words\n", compared);
    assert_true(compared > (size_t)10 * ROUNDS);
    fixture_close(&f);
    buf_release(&pattern);
    pcre2_match_data_free(data);
}

/* Every word of up to five letters. */
static void test_language_places_are_those_of_pcre2(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(?m)a\\n^",
                                           "(?m)^$",
                                           "(?m)a$",
                                           "(?m)$\\n^b",
                                           "a$",
                                           "a\\Z",
                                           "a\\z",
                                           "\\Ga",
                                           "(?m)\\Ab",
                                           "^\\n$",
                                           "$\\n",
                                           "\\b\\n\\b",
                                           "a\\B",
                                           "(a|^)b",
                                           "(a|$)\\n",
                                           "(^a|b$)+",
                                           "(?m)(^a\\n?)+$",
                                           "(?!^)a",
                                           "(?=a$)a",
                                           "(?=a\\n)a\\s$",
                                           "(?:(?!ab).)*$",
                                           "(?s)a.b",
                                           "(?s-m:^.)b",
                                           "(?-s)a.b",
                                           "(?m)^(?!a)",
                                           "a(?=\\b)",
                                           "(?:^|/)a(?:/|$)",
                                           "a*+\\n",
                                           "[^a]?+b",
                                           "a{1,2}+a"};
    static const char letters[] = "ab/\n";
    struct fixture f;
    pcre2_match_data *data = pcre2_match_data_create(10, NULL);
    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        int error;
        pcre2_code *code = compile(slice_of(patterns[i]), 0, &error);
        assert_non_null(code);
        for (int anchoring = ANCHORING_SEARCH; anchoring <= ANCHORING_WHOLE; anchoring++) {
            const struct language *language =
                regex_as(&f, patterns[i], DIALECT_PCRE, (enum anchoring)anchoring);
            for (size_t number = 0; number < 5 * 1024; number++) {
                char bytes[5];
                struct slice word = {bytes, number / 1024 + 1};
                for (size_t at = 0, rest = number; at < word.len; at++, rest /= 4) {
                    bytes[at] = letters[rest % 4];
                }
                int theirs = found(code, (enum anchoring)anchoring, word, data);
                if (theirs != language_holds(f.set, language, word)) {
                    fail_msg("'%s' (anchoring %d) and '%s': PCRE2 says %d", patterns[i], anchoring,
                             shown(f.arena, word), theirs);
                }
            }
        }
        pcre2_code_free(code);
    }
    fixture_close(&f);
    pcre2_match_data_free(data);
}

/* What is too large for one of the two, or accepted with a meaning that is not known here, is no
 * disagreement. */
static void compare_acceptance(struct fixture *f, struct slice pattern, size_t counts[3])
{
    enum { TOO_LARGE = 120, TOO_DEEP = 119 };
    const struct regex_reading reading = {DIALECT_PCRE, ANCHORING_SEARCH, false};
    struct language_fault fault = {.kind = FAULT_SYNTAX};
    int error = 0;
    bool ours = language_regex(f->set, pattern, &reading, &fault) != NULL;
    pcre2_code *code = compile(pattern, 0, &error);
    bool theirs = code != NULL;
    pcre2_code_free(code);
    if (!ours && fault.kind != FAULT_SYNTAX) {
        counts[2]++;
        return;
    }
    counts[ours]++;
    if (ours != theirs && error != TOO_LARGE && error != TOO_DEEP) {
        char message[120] = "accepted";
        if (!theirs) {
            pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        }
        fail_msg("'%s': PCRE2: %s; here: " SLICE_FMT " at %zu", shown(f->arena, pattern), message,
                 SLICE_ARG(ours ? SLICE("accepted") : fault.text), fault.offset);
    }
}

static void test_language_accepts_what_pcre2_accepts(void **state)
{
    (void)state;
    enum { ROUNDS = 60000 };
    struct dice dice = dice_new(1124);
    struct fixture f;
    struct buf pattern;
    size_t counts[3] = {0};
    buf_init(&pattern, BUF_TEXT_MAX);
    fixture_open(&f);
    for (int i = 0; i < ROUNDS; i++) {
        buf_clear(&pattern);
        if (i % 4 == 0) {
            put_pattern(&dice, &pattern, 2);
        } else {
            put_soup(&dice, &pattern);
        }
        compare_acceptance(&f, buf_slice(&pattern), counts);
        if (i % 5000 == 4999) {
            fixture_close(&f);
            fixture_open(&f);
        }
    }
    print_message("%zu accepted, %zu refused, %zu not decided\n", counts[1], counts[0], counts[2]);
    assert_true(counts[0] > ROUNDS / 4 && counts[1] > ROUNDS / 4 && counts[2] < ROUNDS / 10);
    fixture_close(&f);
    buf_release(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language_matches_as_pcre2_does),
        cmocka_unit_test(test_language_places_are_those_of_pcre2),
        cmocka_unit_test(test_language_accepts_what_pcre2_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
