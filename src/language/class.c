#include "language/parse_priv.h"

/* ---- named classes ------------------------------------------------------------------------- */

#define PAIRS(text) (text), sizeof(text) - 1

/* The same in both dialects: pcre2pattern(3), RE2 re2/perl_groups.cc. Pairs of first and last byte. */
static const struct {
    const char *name, *pairs;
    size_t length;
} posix_classes[] = {
    {"alnum", PAIRS("09azAZ")},
    {"alpha", PAIRS("azAZ")},
    {"ascii", PAIRS("\0\x7f")},
    {"blank", PAIRS("\t\t  ")},
    {"cntrl", PAIRS("\0\x1f\x7f\x7f")},
    {"digit", PAIRS("09")},
    {"graph", PAIRS("!~")},
    {"lower", PAIRS("az")},
    {"print", PAIRS(" ~")},
    {"punct", PAIRS("!/:@[`{~")},
    {"space", PAIRS("\t\r  ")},
    {"upper", PAIRS("AZ")},
    {"word", PAIRS("09azAZ__")},
    {"xdigit", PAIRS("09afAF")},
};

/* Where "[:name:]" ends; 0 when there is none. PCRE (src/pcre2_compile.c, check_posix_syntax) looks as
 * far as a ']' or another start, RE2 (re2/parse.cc, ParseCCName) for the next ":]". */
static size_t posix_end(const struct parser *p, char mark)
{
    const char *text = p->pattern.ptr;
    for (size_t i = p->at + 2; i + 1 < p->pattern.len; i++) {
        if (text[i] == mark && text[i + 1] == ']') {
            return i + 2;
        }
        if (p->dialect == DIALECT_RE2) {
            continue;
        }
        if (text[i] == '\\' && (text[i + 1] == ']' || text[i + 1] == '\\')) {
            i++;
        } else if (text[i] == ']' || (text[i] == '[' && text[i + 1] == mark)) {
            return 0;
        }
    }
    return 0;
}

static bool posix_mark(const struct parser *p)
{
    char mark = parser_byte(p, 1);
    return parser_byte(p, 0) == '[' &&
           (mark == ':' || (p->dialect == DIALECT_PCRE && (mark == '.' || mark == '='))) &&
           posix_end(p, mark) > 0;
}

static bool parse_posix(struct parser *p, struct runes *out)
{
    size_t start = p->at, end = posix_end(p, parser_byte(p, 1));
    if (parser_byte(p, 1) != ':') {
        return parser_syntax(p, start, "PCRE has no collating elements; list the characters", "");
    }
    bool negated = parser_byte(p, 2) == '^';
    struct slice name = slice_sub(p->pattern, start + 2 + negated, end - 2);
    for (size_t i = 0; i < ARRAY_LEN(posix_classes); i++) {
        if (!slice_is(name, posix_classes[i].name)) {
            continue;
        }
        struct runes runes = {0};
        runes_add_pairs(p, &runes, posix_classes[i].pairs, posix_classes[i].length);
        if (p->flags.fold && !runes_fold(p, &runes, start)) {
            return false;
        }
        if (negated) {
            runes_negate(p, &runes);
        }
        runes_add_all(p, out, &runes);
        p->at = end;
        return true;
    }
    return parser_fault(
        p, FAULT_SYNTAX, start,
        "no class has this name; there are [:alnum:], [:alpha:], [:digit:] and others");
}

/* ---- items of a class ---------------------------------------------------------------------- */

enum item_kind { ITEM_RUNE, ITEM_SET, ITEM_NOTHING };
struct item {
    enum item_kind kind;
    uint32_t rune;
    struct runes runes;
};
struct class_state {
    bool quoted; /* between "\Q" and "\E" */
};

static bool skip_nothing(struct parser *p, struct class_state *state)
{
    if (p->dialect == DIALECT_RE2) {
        return false;
    }
    if (state->quoted) {
        if (parser_sees(p, "\\E")) {
            state->quoted = false;
            p->at += 2;
            return true;
        }
        return false;
    }
    if (parser_sees(p, "\\E") || parser_sees(p, "\\Q")) {
        state->quoted = parser_byte(p, 1) == 'Q';
        p->at += 2;
        return true;
    }
    if (p->flags.extended_more && (parser_byte(p, 0) == ' ' || parser_byte(p, 0) == '\t')) {
        p->at++;
        return true;
    }
    return false;
}

static bool parse_item(struct parser *p, struct class_state *state, struct item *item)
{
    size_t start = p->at;
    *item = (struct item){.kind = ITEM_RUNE};
    if (!state->quoted && posix_mark(p)) {
        item->kind = ITEM_SET;
        return parse_posix(p, &item->runes);
    }
    if (state->quoted || parser_byte(p, 0) != '\\') {
        return parse_rune(p, &item->rune);
    }
    struct escape escape;
    if (!parse_escape(p, true, &escape)) {
        return false;
    }
    if (escape.kind == ESCAPE_RUNE) {
        item->rune = escape.rune;
        return true;
    }
    item->kind = ITEM_SET;
    item->runes = escape.runes;
    return escape.kind == ESCAPE_CLASS ||
           parser_fault(p, FAULT_SYNTAX, start, "this escape means nothing inside a class");
}

static bool add_range(struct parser *p, struct runes *out, uint32_t from, uint32_t to,
                      size_t offset)
{
    if (to < from) {
        return parser_fault(p, FAULT_SYNTAX, offset, "this range of characters is out of order");
    }
    struct runes runes = {0};
    runes_add(p, &runes, from, to);
    if (p->flags.fold) {
        if ((from <= 'k' && to >= 'k') || (from <= 's' && to >= 's') ||
            (from <= 'K' && to >= 'K') || (from <= 'S' && to >= 'S')) {
            parser_note(p, NOTE_FOLD, offset);
        }
        if (!runes_fold(p, &runes, offset)) {
            return false;
        }
    }
    runes_add_all(p, out, &runes);
    return true;
}

static bool hyphen_follows(struct parser *p, struct class_state *state)
{
    while (skip_nothing(p, state)) {
    }
    if (state->quoted || parser_byte(p, 0) != '-') {
        return false;
    }
    if (p->dialect == DIALECT_RE2) {
        return p->at + 1 < p->pattern.len && parser_byte(p, 1) != ']';
    }
    /* A hyphen is itself where only what means nothing stands between it and the end. */
    struct parser ahead = *p;
    struct class_state inner = *state;
    ahead.at++;
    while (skip_nothing(&ahead, &inner)) {
    }
    return !parser_ended(&ahead) && (inner.quoted || parser_byte(&ahead, 0) != ']');
}

static bool parse_member(struct parser *p, struct class_state *state, struct runes *out)
{
    static const char *const hyphen =
        "PCRE takes no '-' between a class such as \\w and a character; write it last, or as \\-";
    size_t start = p->at;
    struct item first, last;
    if (!parse_item(p, state, &first)) {
        return false;
    }
    if (first.kind == ITEM_SET) {
        bool hyphen_is_next =
            parser_byte(p, 0) == '-' && p->at + 1 < p->pattern.len && parser_byte(p, 1) != ']';
        runes_add_all(p, out, &first.runes);
        return !hyphen_is_next || p->dialect == DIALECT_RE2 || parser_syntax(p, p->at, hyphen, "");
    }
    if (!hyphen_follows(p, state)) {
        return add_range(p, out, first.rune, first.rune, start);
    }
    p->at++;
    while (skip_nothing(p, state)) {
    }
    size_t second = p->at;
    if (!state->quoted && p->dialect == DIALECT_RE2 && posix_mark(p)) {
        last = (struct item){.kind = ITEM_RUNE, .rune = '['};
        p->at++;
    } else if (!parse_item(p, state, &last)) {
        return false;
    }
    return last.kind == ITEM_SET
               ? parser_syntax(p, second, hyphen, "a range cannot end with a class such as \\w")
               : add_range(p, out, first.rune, last.rune, start);
}

/* At "[". */
bool parse_class(struct parser *p, const struct expr **out)
{
    size_t start = p->at;
    struct class_state state = {0};
    struct runes runes = {0};
    if (p->dialect == DIALECT_PCRE && posix_mark(p)) {
        return parser_syntax(p, start, "a named class stands inside another pair of brackets", "");
    }
    if (p->dialect == DIALECT_PCRE && (parser_sees(p, "[[:<:]]") || parser_sees(p, "[[:>:]]"))) {
        return parser_fault(p, FAULT_UNSUPPORTED, start, "[[:<:]] and [[:>:]] cannot be decided");
    }
    p->at++;
    while (skip_nothing(p, &state)) {
    }
    bool negated = !state.quoted && parser_byte(p, 0) == '^' && !parser_ended(p);
    p->at += negated;
    bool first = true;
    for (;;) {
        while (skip_nothing(p, &state)) {
        }
        if (parser_ended(p)) {
            return parser_fault(p, FAULT_SYNTAX, start, "this '[' is not closed");
        }
        if (!first && !state.quoted && parser_byte(p, 0) == ']') {
            break;
        }
        first = false;
        if (!parse_member(p, &state, &runes)) {
            return false;
        }
    }
    p->at++;
    if (negated) {
        parser_note(p, NOTE_BYTES, start);
        runes_negate(p, &runes);
    }
    *out = runes_expr(p, &runes);
    return true;
}
