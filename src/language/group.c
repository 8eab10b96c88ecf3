#include "language/parse_priv.h"

enum { NAME_MAX_PCRE = 32 };

/* ---- names --------------------------------------------------------------------------------- */

/* RE2 takes any letters of Unicode too; they do not matter here, so other bytes pass. */
static bool good_name(const struct parser *p, struct slice name)
{
    bool pcre = p->dialect == DIALECT_PCRE;
    bool good = name.len > 0 && (!pcre || name.len <= NAME_MAX_PCRE) &&
                !(pcre && name.ptr[0] >= '0' && name.ptr[0] <= '9');
    for (size_t i = 0; good && i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        good = byte_is_word(c) || (!pcre && c >= 0x80);
    }
    return good;
}

/* Behind the byte that opens the name. */
static bool parse_name(struct parser *p, char close, size_t start)
{
    size_t end = slice_find(p->pattern, close, p->at);
    struct slice name = slice_sub(p->pattern, p->at, end);
    if (end == p->pattern.len || !good_name(p, name)) {
        return parser_fault(p, FAULT_SYNTAX, start, "this group has no proper name");
    }
    for (size_t i = 0; i < p->name_count; i++) {
        if (slice_equal(p->names[i], name) && !p->flags.shared_names &&
            p->dialect == DIALECT_PCRE) {
            return parser_fault(p, FAULT_SYNTAX, start, "another group has this name");
        }
    }
    *ARENA_PUSH(p->set->arena, p->names, p->name_count, p->name_capacity) = name;
    p->at = end + 1;
    p->groups++;
    return true;
}

/* ---- flags --------------------------------------------------------------------------------- */

/* Null: the dialect has no such flag, or it changes nothing here. */
static bool *flag_of(struct parser *p, struct flags *flags, char letter, bool *known)
{
    bool pcre = p->dialect == DIALECT_PCRE;
    *known = true;
    switch (letter) {
    case 'i':
        return &flags->fold;
    case 'm':
        return &flags->multiline;
    case 's':
        return &flags->dot_all;
    case 'U':
        return NULL;
    case 'x':
        *known = pcre;
        return pcre ? &flags->extended : NULL;
    case 'n':
        *known = pcre;
        return pcre ? &flags->no_capture : NULL;
    case 'J':
        *known = pcre;
        return pcre ? &flags->shared_names : NULL;
    default:
        *known = false;
        return NULL;
    }
}

static bool bad_flags(struct parser *p, size_t start)
{
    return parser_syntax(p, start, "PCRE has no such group or flag",
                         "RE2 has no such group or flag; it knows (?:...), (?P<name>...) and the "
                         "flags i, m, s, U");
}

/* "-" may come once, and neither behind "^" nor, in RE2, at the end. */
static bool hyphen_is_good(const struct parser *p, bool clear, bool caret)
{
    char next = parser_byte(p, 1);
    return !clear && !caret && !(p->dialect == DIALECT_RE2 && (next == ')' || next == ':'));
}

/* Behind "(?": letters up to ':' or ')'. */
static bool parse_flags(struct parser *p, size_t start, enum group_kind *kind)
{
    struct flags flags = p->flags;
    bool clear = false, caret = false, more = false;
    if (parser_byte(p, 0) == '^' && p->dialect == DIALECT_PCRE) {
        flags = (struct flags){.shared_names = flags.shared_names};
        caret = true;
        p->at++;
    }
    for (; parser_byte(p, 0) != ')' && parser_byte(p, 0) != ':'; p->at++) {
        char letter = parser_byte(p, 0);
        if (parser_ended(p)) {
            return parser_fault(p, FAULT_SYNTAX, start, "this '(' is not closed");
        }
        if (letter == '-') {
            if (!hyphen_is_good(p, clear, caret)) {
                return bad_flags(p, start);
            }
            clear = true;
            continue;
        }
        bool known;
        bool *flag = flag_of(p, &flags, letter, &known);
        if (!known) {
            return bad_flags(p, start);
        }
        if (flag) {
            *flag = !clear;
        }
        if (letter == 'x') {
            /* One x alone takes the effect of two away. */
            more = more || parser_byte(p, 1) == 'x';
            flags.extended_more = !clear && more;
            p->at += parser_byte(p, 1) == 'x';
        }
    }
    *kind = parser_byte(p, 0) == ':' ? GROUP_PLAIN : GROUP_FLAGS;
    p->flags = flags;
    p->at++;
    return true;
}

/* ---- all kinds ----------------------------------------------------------------------------- */

static const char no_look[] =
    "RE2 has no look-ahead or look-behind; write a rule of its own, in front "
    "of this one, for the paths that are to be left out";

/* What follows "(?", or "(*", and cannot be decided. */
static const struct {
    const char *start;
    enum fault_kind kind;
    const char *pcre, *re2; /* null: not looked for in this dialect */
} undecided[] = {
    {"?<=", FAULT_UNSUPPORTED, "a look-behind cannot be decided", no_look},
    {"?<!", FAULT_UNSUPPORTED, "a look-behind cannot be decided", no_look},
    {"?<*", FAULT_UNSUPPORTED, "a look-behind cannot be decided", no_look},
    {"?*", FAULT_UNSUPPORTED, "(?*...) cannot be decided; write (?=...)", no_look},
    {"?=", FAULT_SYNTAX, NULL, no_look},
    {"?!", FAULT_SYNTAX, NULL, no_look},
    {"?>", FAULT_UNSUPPORTED, "an atomic group cannot be decided; write (?:...)",
     "RE2 has no atomic groups; write (?:...)"},
    {"?|", FAULT_SYNTAX, NULL, "RE2 has no (?|...); write (?:...) and number the groups anew"},
    {"?#", FAULT_SYNTAX, NULL, "RE2 has no comments; leave it out"},
    {"?(", FAULT_NOT_REGULAR, "a condition on a group cannot be decided",
     "RE2 has no conditions; write the alternatives out"},
    {"?C", FAULT_UNSUPPORTED, "a call-out cannot be decided", "RE2 has no call-outs; leave it out"},
    {"?R", FAULT_NOT_REGULAR, "recursion makes this no regular language", "RE2 has no recursion"},
    {"?&", FAULT_NOT_REGULAR, "recursion makes this no regular language", "RE2 has no recursion"},
    {"?P>", FAULT_NOT_REGULAR, "recursion makes this no regular language", "RE2 has no recursion"},
    {"?P=", FAULT_NOT_REGULAR, "a back-reference makes this no regular language",
     "RE2 has no back-references; write the alternatives out"},
    {"?+", FAULT_NOT_REGULAR, "recursion makes this no regular language", "RE2 has no recursion"},
};

static bool is_undecided(struct parser *p, size_t start)
{
    for (size_t i = 0; i < ARRAY_LEN(undecided); i++) {
        bool pcre = p->dialect == DIALECT_PCRE;
        const char *text = pcre ? undecided[i].pcre : undecided[i].re2;
        if (text && parser_sees(p, undecided[i].start)) {
            (void)parser_fault(p, pcre ? undecided[i].kind : FAULT_SYNTAX, start, text);
            return true;
        }
    }
    char next = parser_byte(p, 1), after = parser_byte(p, 2);
    bool number = next >= '0' && next <= '9';
    bool back = next == '-' && after >= '0' && after <= '9';
    if (p->dialect == DIALECT_PCRE && parser_byte(p, 0) == '?' && (number || back)) {
        (void)parser_fault(p, FAULT_NOT_REGULAR, start, "recursion makes this no regular language");
        return true;
    }
    return false;
}

static bool skip_comment(struct parser *p, size_t start)
{
    size_t end = slice_find(p->pattern, ')', p->at);
    if (end == p->pattern.len) {
        return parser_fault(p, FAULT_SYNTAX, start, "this comment is not closed");
    }
    p->at = end + 1;
    return true;
}

/* Behind "(?", where no kind of its own was found. */
static bool parse_named_or_flags(struct parser *p, size_t start, enum group_kind *kind)
{
    bool pcre = p->dialect == DIALECT_PCRE;
    static const struct {
        const char *open;
        char close;
        bool re2;
    } names[] = {{"P<", '>', true}, {"<", '>', true}, {"'", '\'', false}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if ((pcre || names[i].re2) && parser_sees(p, names[i].open)) {
            p->at += slice_of(names[i].open).len;
            return parse_name(p, names[i].close, start);
        }
    }
    return parse_flags(p, start, kind);
}

bool parse_group_start(struct parser *p, enum group_kind *kind)
{
    size_t start = p->at++;
    *kind = GROUP_PLAIN;
    if (is_undecided(p, start)) {
        return false;
    }
    if (p->dialect == DIALECT_PCRE && parser_byte(p, 0) == '*' &&
        (is_alphanumeric(parser_byte(p, 1)) || parser_byte(p, 1) == ':')) {
        return parser_fault(p, FAULT_UNSUPPORTED, start, "verbs such as (*UTF) cannot be decided");
    }
    if (parser_byte(p, 0) != '?') {
        p->groups += !p->flags.no_capture;
        return true;
    }
    p->at++;
    char next = parser_byte(p, 0);
    if (p->dialect == DIALECT_PCRE) {
        if (next == '#') {
            *kind = GROUP_COMMENT;
            return skip_comment(p, start);
        }
        if (next == '=' || next == '!') {
            *kind = next == '=' ? GROUP_AHEAD : GROUP_NOT_AHEAD;
            p->at++;
            return true;
        }
        if (next == '|') {
            p->at++;
            return true;
        }
    }
    return parse_named_or_flags(p, start, kind);
}
