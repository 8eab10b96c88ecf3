#include "language/parse_priv.h"

/* What to do about a construct that the dialects read differently. Those that catch most people come
 * first: the first one that is there is named. */
static const struct {
    enum note note;
    const char *text;
} advice[] = {
    {NOTE_DOLLAR,
     "'$' also stands before a newline at the end in PCRE, and only at the very end in "
     "RE2; write '\\z' where the end is meant"},
    {NOTE_VERTICAL, "'\\v' is every vertical space in PCRE and one character, the vertical tab, in "
                    "RE2; list the characters"},
    {NOTE_SPACE, "'\\s' has the vertical tab in PCRE and not in RE2; list the characters"},
    {NOTE_CODE,
     "a character beyond ASCII is one byte in PCRE as nginx compiles it, and UTF-8 in RE2; "
     "write the bytes that the path has"},
    {NOTE_FOLD,
     "without case, RE2 takes the signs U+212A and U+017F for the letters k and s, which "
     "PCRE does not"},
    {NOTE_LINE,
     "with (?m), '^' does not stand behind a newline at the very end in PCRE, and does in "
     "RE2"},
    {NOTE_BYTES, "'.' and negated classes take one byte in PCRE as nginx compiles it, and one "
                 "character of UTF-8 in RE2; allow only the characters that the path may have"},
};

static void report_difference(struct language_set *set, const size_t notes[NOTE_COUNT],
                              const struct relation *relation, struct dialect_report *report)
{
    report->verdict = DIALECT_DIFFERS;
    report->by_from = relation->only_a;
    report->word = relation->only_a ? relation->word_a : relation->word_b;
    for (size_t i = 0; i < ARRAY_LEN(advice); i++) {
        if (notes[advice[i].note]) {
            report->offset = notes[advice[i].note] - 1;
            report->text = slice_of(advice[i].text);
            return;
        }
    }
    report->text = arena_printf(set->arena, "it matches '" SLICE_FMT "' in one of them only",
                                SLICE_ARG(report->word));
}

void language_dialects(struct language_set *set, struct slice pattern,
                       const struct regex_reading *from, const struct regex_reading *to,
                       const struct language *domain, struct dialect_report *report)
{
    struct language_fault fault = {.offset = 0};
    size_t notes[NOTE_COUNT], more[NOTE_COUNT];
    *report = (struct dialect_report){.verdict = DIALECT_UNKNOWN};
    pattern = arena_copy(set->arena, pattern);
    const struct expr *theirs = regex_expr(set, pattern, to, &fault, notes);
    if (!theirs) {
        report->verdict = fault.kind == FAULT_SYNTAX ? DIALECT_REFUSED : DIALECT_UNKNOWN;
        report->offset = fault.offset;
        report->text = fault.text;
        return;
    }
    const struct expr *ours = regex_expr(set, pattern, from, &fault, more);
    if (!ours) {
        report->offset = fault.offset;
        report->text = fault.text;
        return;
    }
    for (size_t i = 0; i < NOTE_COUNT; i++) {
        notes[i] = notes[i] ? notes[i] : more[i];
    }
    const struct language a = {.expr = ours}, b = {.expr = theirs};
    struct relation relation = {0};
    switch (language_relation(set, &a, &b, domain, &relation)) {
    case ANSWER_YES:
        report->verdict = DIALECT_SAME;
        return;
    case ANSWER_NO:
        report_difference(set, notes, &relation, report);
        return;
    case ANSWER_GAVE_UP:
        report->text = SLICE("the pattern is too complex to compare its two readings");
        return;
    }
}
