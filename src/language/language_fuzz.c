/* The first byte chooses how a pattern is read, the second the view; the rest is the pattern, up to a newline, and
 * then a word. Broken promises of language.h end the program. */
#include "language/language.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void try_forms(struct language_set *set, const struct language *language,
                      const struct language *domain)
{
    struct literal_form form;
    struct relation relation = {0};
    if (language_literal_form(set, language, domain, &form) == ANSWER_YES) {
        const struct language *literal = language_literal(set, form.kind, form.text, form.fold);
        demand(language_holds(set, language, form.text));
        demand(language_relation(set, language, literal, domain, &relation) != ANSWER_NO);
    }
    const struct language *rest = language_complement(set, language);
    if (language_relation(set, language, rest, NULL, &relation) != ANSWER_GAVE_UP) {
        demand(!relation.both);
    }
}

static void try_words(struct arena *arena, struct language_set *set,
                      const struct language *language, const struct path_form *form)
{
    const struct path_view view = path_view_of(form);
    struct slice *words, word;
    size_t count;
    if (language_samples(set, language, &view, NULL, arena, 8, &words, &count) == ANSWER_YES) {
        demand(count > 0);
        for (size_t i = 0; i < count; i++) {
            struct slice path;
            demand(path_normalise(arena, words[i], form, &path) == NORMALISE_OK);
            demand(language_holds(set, language, path));
        }
        if (language_word(set, language, &view, NULL, &word) == ANSWER_YES) {
            demand(word.len == words[0].len);
        }
    }
}

static void try_dialects(struct language_set *set, struct slice pattern,
                         const struct regex_reading *reading)
{
    struct dialect_report report;
    const struct regex_reading other = {reading->dialect == DIALECT_PCRE ? DIALECT_RE2
                                                                         : DIALECT_PCRE,
                                        reading->anchoring, reading->fold};
    language_dialects(set, pattern, reading, &other, NULL, &report);
    demand(report.verdict == DIALECT_SAME || report.text.len > 0);
    demand(report.offset <= pattern.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct language_limits limits = {.states = 500, .bytes = (size_t)32 << 20};
    if (size < 2) {
        return 0;
    }
    const struct regex_reading reading = {data[0] & 1 ? DIALECT_RE2 : DIALECT_PCRE,
                                          (enum anchoring)(data[0] >> 1 & 3) % 3, data[0] & 8};
    const struct path_form form = {data[1] & 1, data[1] & 2, data[1] & 4, false, data[1] & 8};
    struct slice text = {(const char *)data + 2, size - 2}, pattern = text;
    struct language_fault fault = {.offset = 0};
    (void)slice_split(&text, '\n', &pattern);
    struct arena *arena = arena_open(0, NULL, NULL);
    struct language_set *set = language_set_open(arena, &limits);
    const struct language *language = language_regex(set, pattern, &reading, &fault);
    if (language) {
        const struct language *rest = language_complement(set, language);
        demand(language_holds(set, language, text) != language_holds(set, rest, text));
        try_forms(set, language, language_paths(set));
        try_words(arena, set, language, &form);
        try_dialects(set, pattern, &reading);
    } else {
        demand(fault.text.len > 0 && fault.offset <= pattern.len);
    }
    language_set_close(set);
    arena_close(arena);
    return 0;
}
