#include "language/parse_priv.h"

/* ---- characters ---------------------------------------------------------------------------- */

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

bool parse_rune(struct parser *p, uint32_t *rune)
{
    unsigned char first = (unsigned char)parser_byte(p, 0);
    if (p->dialect == DIALECT_PCRE || first < 0x80) {
        *rune = first;
        p->at++;
        return true;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = first & (0xff >> (length + 1));
    bool good = first >= 0xc2 && first <= 0xf4 && p->at + length <= p->pattern.len;
    for (size_t i = 1; good && i < length; i++) {
        unsigned char next = (unsigned char)parser_byte(p, i);
        good = (next & 0xc0) == 0x80;
        code = code << 6 | (next & 0x3f);
    }
    if (!good || code < least[length] || code > RUNE_MAX_UNICODE) {
        return parser_fault(p, FAULT_SYNTAX, p->at,
                            "RE2 reads UTF-8, and this byte is none; escape it in the path");
    }
    *rune = code;
    p->at += length;
    return true;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static bool code_fits(struct parser *p, uint32_t code, size_t start, uint32_t *rune)
{
    if (code > rune_max(p)) {
        return parser_fault(p, FAULT_SYNTAX, start, "there is no character with this number");
    }
    if (code >= 0x80) {
        parser_note(p, NOTE_CODE, start);
    }
    *rune = code;
    return true;
}

/* "{41}", at the brace. */
static bool parse_braced(struct parser *p, uint32_t base, size_t start, uint32_t *rune)
{
    uint32_t code = 0;
    size_t digits = 0;
    for (p->at++;
         hex_digit(parser_byte(p, 0)) >= 0 && (uint32_t)hex_digit(parser_byte(p, 0)) < base;
         p->at++) {
        code = code * base + (uint32_t)hex_digit(parser_byte(p, 0));
        digits++;
        if (code > RUNE_MAX_UNICODE) {
            return code_fits(p, code, start, rune);
        }
    }
    if (!digits || parser_byte(p, 0) != '}') {
        return parser_fault(p, FAULT_SYNTAX, start, "the braces hold no number");
    }
    p->at++;
    return code_fits(p, code, start, rune);
}

/* At the first digit. */
static bool parse_octal(struct parser *p, size_t start, uint32_t *rune)
{
    uint32_t code = 0;
    for (int i = 0; i < 3 && is_octal(parser_byte(p, 0)); i++) {
        code = code * 8 + (uint32_t)(parser_byte(p, 0) - '0');
        p->at++;
    }
    return code_fits(p, code, start, rune);
}

/* Behind "\x". PCRE takes none, one or two digits, RE2 two. */
static bool parse_hex(struct parser *p, size_t start, uint32_t *rune)
{
    uint32_t code = 0;
    if (parser_byte(p, 0) == '{') {
        return parse_braced(p, 16, start, rune);
    }
    for (int i = 0; i < 2; i++) {
        int digit = hex_digit(parser_byte(p, 0));
        if (digit < 0) {
            return p->dialect == DIALECT_PCRE
                       ? code_fits(p, code, start, rune)
                       : parser_fault(p, FAULT_SYNTAX, start, "RE2 wants two digits after \\x");
        }
        code = code * 16 + (uint32_t)digit;
        p->at++;
    }
    return code_fits(p, code, start, rune);
}

/* At a digit that is no '0'. PCRE: src/pcre2_compile.c, check_escape; RE2: re2/parse.cc, ParseEscape. */
static bool parse_digits(struct parser *p, bool inside, size_t start, uint32_t *rune)
{
    static const char *const reference =
        "a back-reference makes this no regular language; write the alternatives out";
    size_t number = 0;
    char first = parser_byte(p, 0);
    for (size_t i = 0; parser_byte(p, i) >= '0' && parser_byte(p, i) <= '9' && number < 100000;
         i++) {
        number = number * 10 + (size_t)(parser_byte(p, i) - '0');
    }
    if (p->dialect == DIALECT_RE2) {
        return first < '8' && is_octal(parser_byte(p, 1))
                   ? parse_octal(p, start, rune)
                   : parser_fault(p, FAULT_SYNTAX, start,
                                  "RE2 has no back-references; write the alternatives out");
    }
    if (!inside && (number < 10 || first >= '8' || number <= p->groups)) {
        return parser_fault(p, FAULT_NOT_REGULAR, start, reference);
    }
    if (first >= '8') {
        *rune = (unsigned char)first;
        p->at++;
        return true;
    }
    return parse_octal(p, start, rune);
}

/* ---- letters ------------------------------------------------------------------------------- */

#define SET(text)   .kind = ESCAPE_CLASS, .pairs = (text), .length = sizeof(text) - 1
#define OTHER(text) SET(text), .negated = true
#define CODE(value) .kind = ESCAPE_RUNE, .code = (value)

struct letter {
    char letter;
    bool outside_only, inside_only, negated;
    enum escape_kind kind;
    uint32_t code;
    const char *pairs;
    size_t length;
};

/* pcre2pattern(3), "BACKSLASH"; without UTF, and with the tables of the C locale. */
static const struct letter pcre_letters[] = {
    {'D', OTHER("09")},
    {'H', OTHER("\t\t  \xa0\xa0")},
    {'S', OTHER("\t\r  ")},
    {'V', OTHER("\n\r\x85\x85")},
    {'W', OTHER("09azAZ__")},
    {'a', CODE('\a')},
    {'b', CODE('\b'), .inside_only = true},
    {'d', SET("09")},
    {'e', CODE(27)},
    {'f', CODE('\f')},
    {'h', SET("\t\t  \xa0\xa0")},
    {'n', CODE('\n')},
    {'r', CODE('\r')},
    {'s', SET("\t\r  ")},
    {'t', CODE('\t')},
    {'v', SET("\n\r\x85\x85")},
    {'w', SET("09azAZ__")},
    {'g', CODE('g'), .inside_only = true},
};

/* RE2 doc/syntax.txt */
static const struct letter re2_letters[] = {
    {'D', OTHER("09")}, {'S', OTHER("\t\n\f\r  ")}, {'W', OTHER("09azAZ__")},
    {'a', CODE('\a')},  {'d', SET("09")},           {'f', CODE('\f')},
    {'n', CODE('\n')},  {'r', CODE('\r')},          {'s', SET("\t\n\f\r  ")},
    {'t', CODE('\t')},  {'v', CODE('\v')},          {'w', SET("09azAZ__")},
};

static const struct letter *find_letter(const struct parser *p, char letter, bool inside)
{
    bool pcre = p->dialect == DIALECT_PCRE;
    const struct letter *rows = pcre ? pcre_letters : re2_letters;
    size_t count = pcre ? ARRAY_LEN(pcre_letters) : ARRAY_LEN(re2_letters);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].letter == letter && !(rows[i].inside_only && !inside)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool parse_letter(struct parser *p, const struct letter *row, size_t start,
                         struct escape *out)
{
    p->at++;
    out->kind = row->kind;
    out->rune = row->code;
    if (row->letter == 'v' || row->letter == 'V') {
        parser_note(p, NOTE_VERTICAL, start);
    } else if (row->letter == 's' || row->letter == 'S') {
        parser_note(p, NOTE_SPACE, start);
    }
    if (row->kind != ESCAPE_CLASS) {
        return true;
    }
    runes_add_pairs(p, &out->runes, row->pairs, row->length);
    if (row->negated) {
        parser_note(p, NOTE_BYTES, start);
        /* Without case RE2 takes the partners of what the class names out as well. */
        if (p->flags.fold && !runes_fold(p, &out->runes, start)) {
            return false;
        }
        runes_negate(p, &out->runes);
        return true;
    }
    return !p->flags.fold || runes_fold(p, &out->runes, start);
}

/* ---- places -------------------------------------------------------------------------------- */

static const struct expr *word_follows(struct parser *p, bool negated)
{
    static const char word[] = "09azAZ__";
    struct runes runes = {0};
    runes_add_pairs(p, &runes, word, sizeof word - 1);
    const struct expr *rest = expr_concat(p->set, runes_expr(p, &runes), p->set->all);
    return expr_look(p->set, rest, negated);
}

static const struct expr *word_boundary(struct parser *p, bool boundary)
{
    struct language_set *set = p->set;
    const struct expr *after = expr_context(set, CONTEXT_AFTER_WORD);
    const struct expr *not_after = expr_context(set, CONTEXT_NOT_AFTER_WORD);
    return expr_either(set, expr_concat(set, after, word_follows(p, boundary)),
                       expr_concat(set, not_after, word_follows(p, !boundary)));
}

/* Only a newline, or nothing, is left. */
const struct expr *place_near_end(struct parser *p)
{
    const struct expr *newline = expr_byte(p->set, '\n', false);
    return expr_look(p->set, expr_either(p->set, p->set->empty, newline), false);
}

/* Null: the dialect has no such letter. */
static const struct expr *parse_place(struct parser *p, char letter, enum escape_kind *kind)
{
    bool pcre = p->dialect == DIALECT_PCRE;
    struct byte_set not_newline = byte_set_all();
    not_newline.bits[0] &= ~((uint64_t)1 << '\n');
    *kind = ESCAPE_PLACE;
    switch (letter) {
    case 'A':
        return expr_context(p->set, CONTEXT_TEXT_START);
    case 'G':
        return pcre ? expr_context(p->set, CONTEXT_TEXT_START) : NULL;
    case 'z':
        return expr_look(p->set, p->set->empty, false);
    case 'Z':
        return pcre ? place_near_end(p) : NULL;
    case 'b':
    case 'B':
        return word_boundary(p, letter == 'b');
    default:
        break;
    }
    *kind = ESCAPE_EXPR;
    switch (letter) {
    case 'C':
        return p->set->any_byte;
    case 'N':
        return pcre ? expr_set(p->set, &not_newline) : NULL;
    default:
        return NULL;
    }
}

/* ---- all of them --------------------------------------------------------------------------- */

/* What the dialects take and nothing is known about here, or what they take and is not regular. */
static const struct {
    char letter;
    bool re2, inside;
    enum fault_kind kind;
    const char *text;
} undecided[] = {
    {'g', false, false, FAULT_NOT_REGULAR, "a reference to a group makes this no regular language"},
    {'k', false, false, FAULT_NOT_REGULAR, "a back-reference makes this no regular language"},
    {'K', false, false, FAULT_UNSUPPORTED,
     "\\K moves the start of the match, which is not followed"},
    {'R', false, false, FAULT_UNSUPPORTED,
     "\\R is not decided; list the kinds of newline that are meant"},
    {'X', false, false, FAULT_UNSUPPORTED,
     "\\X stands for Unicode clusters, which are not known here"},
    {'p', true, true, FAULT_UNSUPPORTED,
     "Unicode properties are not known here; list the characters"},
    {'P', true, true, FAULT_UNSUPPORTED,
     "Unicode properties are not known here; list the characters"},
};

static bool parse_other(struct parser *p, char letter, bool inside, size_t start)
{
    for (size_t i = 0; i < ARRAY_LEN(undecided); i++) {
        if (undecided[i].letter == letter && (!inside || undecided[i].inside) &&
            (p->dialect == DIALECT_PCRE || undecided[i].re2)) {
            return parser_fault(p, undecided[i].kind, start, undecided[i].text);
        }
    }
    return parser_syntax(p, start, "PCRE has no such escape here",
                         "RE2 has no such escape here; write the character as itself, as \\x41, or "
                         "list those that are meant");
}

/* "\cA", "\o{101}": PCRE alone. */
static bool parse_pcre_code(struct parser *p, char letter, size_t start, uint32_t *rune)
{
    p->at++;
    char next = parser_byte(p, 0);
    if (letter == 'o') {
        return next == '{' ? parse_braced(p, 8, start, rune)
                           : parser_fault(p, FAULT_SYNTAX, start, "\\o wants a number in braces");
    }
    if (next < ' ' || next > '~') {
        return parser_fault(p, FAULT_SYNTAX, start, "\\c wants a visible character behind it");
    }
    p->at++;
    *rune = (uint32_t)(next >= 'a' && next <= 'z' ? next - 32 : next) ^ 0x40;
    return true;
}

static bool parse_quote(struct parser *p, char letter, bool inside, struct escape *out)
{
    bool quote = letter == 'Q' && !inside;
    if (!quote && !(letter == 'E' && p->dialect == DIALECT_PCRE)) {
        return false;
    }
    out->kind = quote ? ESCAPE_QUOTE : ESCAPE_END;
    p->at++;
    return true;
}

bool parse_escape(struct parser *p, bool inside, struct escape *out)
{
    size_t start = p->at++;
    *out = (struct escape){.kind = ESCAPE_RUNE};
    if (parser_ended(p)) {
        return parser_fault(p, FAULT_SYNTAX, start, "nothing follows this backslash");
    }
    char letter = parser_byte(p, 0);
    const struct letter *row = find_letter(p, letter, inside);
    if (row) {
        return parse_letter(p, row, start, out);
    }
    if (letter == '0') {
        return parse_octal(p, start, &out->rune);
    }
    if (letter >= '1' && letter <= '9') {
        return parse_digits(p, inside, start, &out->rune);
    }
    if (letter == 'x') {
        p->at++;
        return parse_hex(p, start, &out->rune);
    }
    if ((letter == 'c' || letter == 'o') && p->dialect == DIALECT_PCRE) {
        return parse_pcre_code(p, letter, start, &out->rune);
    }
    if (parse_quote(p, letter, inside, out)) {
        return true;
    }
    if (!is_alphanumeric(letter)) {
        if ((unsigned char)letter >= 0x80 && p->dialect == DIALECT_RE2) {
            return parse_other(p, letter, inside, start);
        }
        return parse_rune(p, &out->rune);
    }
    /* "\N{name}" is a character by name, which PCRE has in UTF mode only; "\N{3}" are three. */
    struct parser behind = *p;
    behind.at++;
    bool named = letter == 'N' && parser_byte(p, 1) == '{' && !parser_sees_counts(&behind);
    out->expr = inside || named ? NULL : parse_place(p, letter, &out->kind);
    if (!out->expr) {
        return parse_other(p, letter, inside, start);
    }
    p->at++;
    return true;
}
