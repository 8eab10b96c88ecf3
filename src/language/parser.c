#include "language/parse_priv.h"

bool parser_fault(struct parser *p, enum fault_kind kind, size_t offset, const char *text)
{
    *p->fault = (struct language_fault){kind, offset, slice_of(text)};
    return false;
}

bool parser_syntax(struct parser *p, size_t offset, const char *pcre, const char *re2)
{
    return parser_fault(p, FAULT_SYNTAX, offset, p->dialect == DIALECT_PCRE ? pcre : re2);
}

void parser_note(struct parser *p, enum note note, size_t offset)
{
    if (!p->notes[note]) {
        p->notes[note] = offset + 1;
    }
}

/* ---- pieces of a branch -------------------------------------------------------------------- */

struct piece {
    const struct expr *expr;
    uint32_t counted; /* product of the counts of "{n}" around the innermost part */
};
struct branch {
    struct piece *items;
    size_t count, capacity;
    bool repeatable; /* a quantifier may follow */
    bool repeated;   /* one has just been */
};
struct part { /* of a pattern: what stands between two bars or brackets */
    const struct expr *expr;
    uint32_t counted;
};

static bool parse_alternatives(struct parser *p, struct part *out);

static void push(struct parser *p, struct branch *branch, const struct expr *expr, uint32_t counted,
                 bool repeatable)
{
    *ARENA_PUSH(p->set->arena, branch->items, branch->count, branch->capacity) =
        (struct piece){expr, counted};
    branch->repeatable = repeatable || p->dialect == DIALECT_RE2;
    branch->repeated = false;
}

static bool push_rune(struct parser *p, struct branch *branch, uint32_t rune, size_t start)
{
    const struct expr *expr;
    if (!rune_expr(p, rune, start, &expr)) {
        return false;
    }
    push(p, branch, expr, 1, true);
    return true;
}

static bool push_literal(struct parser *p, struct branch *branch)
{
    size_t start = p->at;
    uint32_t rune;
    return parse_rune(p, &rune) && push_rune(p, branch, rune, start);
}

/* ---- quantifiers --------------------------------------------------------------------------- */

enum { COUNT_MAX_PCRE = 65535, COUNT_MAX_RE2 = 1000, CONDITIONAL_COUNT_MAX = 64 };
struct quantifier {
    uint32_t least, most;
    bool possessive;
};

static bool read_number(const struct parser *p, size_t *at, uint32_t *out)
{
    size_t start = *at;
    uint32_t number = 0;
    for (; *at < p->pattern.len && p->pattern.ptr[*at] >= '0' && p->pattern.ptr[*at] <= '9';
         (*at)++) {
        number = number < 1000000 ? number * 10 + (uint32_t)(p->pattern.ptr[*at] - '0') : number;
    }
    bool zero_first = *at > start + 1 && p->pattern.ptr[start] == '0';
    *out = number;
    return *at > start && !(p->dialect == DIALECT_RE2 && zero_first);
}

/* "{2,3}" and the like; false where the brace is a character. */
static bool read_counts(const struct parser *p, struct quantifier *out, size_t *end)
{
    size_t at = p->at + 1;
    if (!read_number(p, &at, &out->least)) {
        return false;
    }
    out->most = out->least;
    if (at < p->pattern.len && p->pattern.ptr[at] == ',') {
        at++;
        if (at < p->pattern.len && p->pattern.ptr[at] == '}') {
            out->most = REPEAT_UNBOUNDED;
        } else if (!read_number(p, &at, &out->most)) {
            return false;
        }
    }
    *end = at + 1;
    return at < p->pattern.len && p->pattern.ptr[at] == '}';
}

bool parser_sees_counts(const struct parser *p)
{
    struct quantifier q;
    size_t end;
    return parser_byte(p, 0) == '{' && read_counts(p, &q, &end);
}

/* Braces that PCRE2 takes for a quantifier from 10.43 on, and for text before: "{,3}", "{ 2 }". */
static bool depends_on_version(const struct parser *p)
{
    bool digits = false, comma = false, odd = false;
    for (size_t i = p->at + 1; i < p->pattern.len; i++) {
        char c = p->pattern.ptr[i];
        if (c == '}') {
            return digits && odd;
        }
        if (c == ',' && !comma) {
            comma = true;
            odd = odd || !digits;
        } else if (c == ' ' || c == '\t') {
            odd = true;
        } else if (c >= '0' && c <= '9') {
            digits = true;
        } else {
            return false;
        }
    }
    return false;
}

static bool counts_are_good(struct parser *p, const struct quantifier *q, uint32_t counted,
                            size_t start)
{
    uint32_t largest = p->dialect == DIALECT_RE2 ? COUNT_MAX_RE2 : COUNT_MAX_PCRE;
    bool bounded = q->most != REPEAT_UNBOUNDED;
    if (q->least > largest || (bounded && q->most > largest)) {
        return parser_syntax(p, start, "PCRE repeats at most 65535 times",
                             "RE2 repeats at most 1000 times");
    }
    if (bounded && q->most < q->least) {
        return parser_fault(p, FAULT_SYNTAX, start, "the numbers in the braces are out of order");
    }
    /* re2/parse.cc, RepetitionWalker: counts inside each other count together. */
    uint32_t own = bounded ? q->most : q->least;
    if (p->dialect == DIALECT_RE2 && (q->least >= 2 || own >= 2) &&
        (uint64_t)own * counted > COUNT_MAX_RE2) {
        return parser_fault(p, FAULT_SYNTAX, start,
                            "RE2 repeats at most 1000 times, inner and outer counts together");
    }
    return true;
}

/* Takes as much as there is and gives nothing back: what follows cannot be one more. Known for single
 * characters; groups may end in several places. */
static bool possessive(struct parser *p, const struct expr *e, const struct quantifier *q,
                       size_t start, const struct expr **out)
{
    struct language_set *set = p->set;
    if (e->kind != EXPR_SET) {
        return parser_fault(p, FAULT_UNSUPPORTED, start,
                            "a possessive quantifier behind a group cannot be decided; leave out "
                            "the second '+'");
    }
    const struct expr *no_more = expr_look(set, expr_concat(set, e, set->all), true);
    if (q->least == q->most) {
        *out = expr_repeat(set, e, q->least, q->most);
    } else if (q->most == REPEAT_UNBOUNDED) {
        *out = expr_concat(set, expr_repeat(set, e, q->least, q->most), no_more);
    } else {
        *out = expr_either(set, expr_repeat(set, e, q->most, q->most),
                           expr_concat(set, expr_repeat(set, e, q->least, q->most - 1), no_more));
    }
    return true;
}

/* White space and comments of "(?x)"; false when there is none. */
static bool skip_blank(struct parser *p)
{
    if (!p->flags.extended || parser_ended(p)) {
        return false;
    }
    char c = parser_byte(p, 0);
    if (c == '#') {
        p->at = slice_find(p->pattern, '\n', p->at);
    } else if (c != ' ' && !(c >= '\t' && c <= '\r')) {
        return false;
    }
    p->at += !parser_ended(p);
    return true;
}

/* What PCRE lets stand between a quantifier and its second sign. */
static bool skip_nothing(struct parser *p)
{
    if (p->dialect == DIALECT_RE2) {
        return false;
    }
    if (parser_sees(p, "\\E") || parser_sees(p, "\\Q\\E")) {
        p->at += parser_byte(p, 1) == 'E' ? 2 : 4;
        return true;
    }
    size_t end = slice_find(p->pattern, ')', p->at);
    if (parser_sees(p, "(?#") && end < p->pattern.len) {
        p->at = end + 1;
        return true;
    }
    return skip_blank(p);
}

static bool read_quantifier(struct parser *p, struct quantifier *q)
{
    size_t end = p->at + 1;
    switch (parser_byte(p, 0)) {
    case '*':
        *q = (struct quantifier){0, REPEAT_UNBOUNDED, false};
        break;
    case '+':
        *q = (struct quantifier){1, REPEAT_UNBOUNDED, false};
        break;
    case '?':
        *q = (struct quantifier){0, 1, false};
        break;
    case '{':
        *q = (struct quantifier){0};
        if (!read_counts(p, q, &end)) {
            return false;
        }
        break;
    default:
        return false;
    }
    p->at = end;
    while (skip_nothing(p)) {
    }
    q->possessive = p->dialect == DIALECT_PCRE && parser_byte(p, 0) == '+';
    p->at += q->possessive || parser_byte(p, 0) == '?';
    return true;
}

/* At one that was read; `start` is where it began. */
static bool apply_quantifier(struct parser *p, struct branch *branch, const struct quantifier *q,
                             size_t start)
{
    if (branch->repeated && p->dialect == DIALECT_RE2) {
        return parser_fault(
            p, FAULT_SYNTAX, start,
            "RE2 takes one quantifier at a time, and none that is possessive; leave "
            "out the second sign");
    }
    if (!branch->count || !branch->repeatable) {
        return parser_fault(p, FAULT_SYNTAX, start, "there is nothing here to repeat");
    }
    struct piece *piece = &branch->items[branch->count - 1];
    if (!counts_are_good(p, q, piece->counted, start)) {
        return false;
    }
    if (piece->expr->empty == EMPTY_DEPENDS && q->least > CONDITIONAL_COUNT_MAX) {
        return parser_fault(p, FAULT_UNSUPPORTED, start,
                            "so many repetitions of what may be empty cannot be decided");
    }
    uint32_t own = q->most != REPEAT_UNBOUNDED ? q->most : q->least;
    if (q->possessive) {
        if (!possessive(p, piece->expr, q, start, &piece->expr)) {
            return false;
        }
    } else {
        piece->expr = expr_repeat(p->set, piece->expr, q->least, q->most);
    }
    piece->counted *= own > 1 && own <= COUNT_MAX_RE2 && piece->counted <= COUNT_MAX_RE2 ? own : 1;
    branch->repeatable = p->dialect == DIALECT_RE2;
    branch->repeated = true;
    return true;
}

/* ---- what stands by itself ----------------------------------------------------------------- */

static void push_dot(struct parser *p, struct branch *branch)
{
    struct runes runes = {0};
    parser_note(p, NOTE_BYTES, p->at);
    runes_add(p, &runes, 0, p->flags.dot_all ? rune_max(p) : '\n' - 1);
    if (!p->flags.dot_all) {
        runes_add(p, &runes, '\n' + 1, rune_max(p));
    }
    push(p, branch, runes_expr(p, &runes), 1, true);
    p->at++;
}

/* In PCRE a line does not start at the very end of the text (pcre2pattern(3), "CIRCUMFLEX AND DOLLAR"). */
static void push_caret(struct parser *p, struct branch *branch)
{
    struct language_set *set = p->set;
    const struct expr *e = expr_context(set, CONTEXT_TEXT_START);
    if (p->flags.multiline) {
        const struct expr *line = expr_context(set, CONTEXT_LINE_START);
        if (p->dialect == DIALECT_PCRE) {
            line = expr_concat(set, line, expr_look(set, set->empty, true));
        }
        parser_note(p, NOTE_LINE, p->at);
        e = expr_either(set, e, line);
    }
    push(p, branch, e, 1, false);
    p->at++;
}

static void push_dollar(struct parser *p, struct branch *branch)
{
    struct language_set *set = p->set;
    const struct expr *e;
    if (p->flags.multiline) {
        const struct expr *line = expr_concat(set, expr_byte(set, '\n', false), set->all);
        e = expr_look(set, expr_either(set, set->empty, line), false);
    } else if (p->dialect == DIALECT_PCRE) {
        e = place_near_end(p);
    } else {
        e = expr_look(set, set->empty, false);
    }
    parser_note(p, NOTE_DOLLAR, p->at);
    push(p, branch, e, 1, false);
    p->at++;
}

/* Between "\Q" and "\E" everything is itself. */
static bool push_quoted(struct parser *p, struct branch *branch)
{
    while (!parser_ended(p)) {
        if (parser_sees(p, "\\E")) {
            p->at += 2;
            break;
        }
        if (!push_literal(p, branch)) {
            return false;
        }
    }
    return true;
}

static bool push_escape(struct parser *p, struct branch *branch)
{
    size_t start = p->at;
    struct escape escape;
    if (!parse_escape(p, false, &escape)) {
        return false;
    }
    switch (escape.kind) {
    case ESCAPE_RUNE:
        return push_rune(p, branch, escape.rune, start);
    case ESCAPE_CLASS:
        push(p, branch, runes_expr(p, &escape.runes), 1, true);
        return true;
    case ESCAPE_EXPR:
        push(p, branch, escape.expr, 1, true);
        return true;
    case ESCAPE_PLACE:
        push(p, branch, escape.expr, 1, false);
        return true;
    case ESCAPE_QUOTE:
        branch->repeated = branch->repeated && p->dialect == DIALECT_PCRE;
        return push_quoted(p, branch);
    case ESCAPE_END:
        return true;
    }
    return false;
}

/* ---- groups -------------------------------------------------------------------------------- */

static bool push_group(struct parser *p, struct branch *branch)
{
    size_t start = p->at;
    struct flags flags = p->flags;
    enum group_kind kind;
    if (!parse_group_start(p, &kind)) {
        return false;
    }
    if (kind == GROUP_COMMENT) {
        return true;
    }
    if (kind == GROUP_FLAGS) {
        branch->repeatable = p->dialect == DIALECT_RE2;
        branch->repeated = false;
        return true;
    }
    struct part part;
    if (++p->depth > PATTERN_DEPTH_MAX) {
        return parser_fault(p, FAULT_LIMIT, start, "groups lie too deep inside each other");
    }
    if (!parse_alternatives(p, &part)) {
        return false;
    }
    if (parser_byte(p, 0) != ')') {
        return parser_fault(p, FAULT_SYNTAX, start, "this '(' is not closed");
    }
    p->depth--;
    p->at++;
    p->flags = flags;
    if (kind != GROUP_PLAIN) {
        const struct expr *rest = expr_concat(p->set, part.expr, p->set->all);
        part.expr = expr_look(p->set, rest, kind == GROUP_NOT_AHEAD);
    }
    push(p, branch, part.expr, part.counted, true);
    return true;
}

static bool push_class(struct parser *p, struct branch *branch)
{
    const struct expr *expr;
    if (!parse_class(p, &expr)) {
        return false;
    }
    push(p, branch, expr, 1, true);
    return true;
}

static bool push_item(struct parser *p, struct branch *branch)
{
    size_t start = p->at;
    struct quantifier q;
    if (read_quantifier(p, &q)) {
        return apply_quantifier(p, branch, &q, start);
    }
    switch (parser_byte(p, 0)) {
    case '(':
        return push_group(p, branch);
    case '[':
        return push_class(p, branch);
    case '\\':
        return push_escape(p, branch);
    case '.':
        push_dot(p, branch);
        return true;
    case '^':
        push_caret(p, branch);
        return true;
    case '$':
        push_dollar(p, branch);
        return true;
    case '{':
        if (p->dialect == DIALECT_PCRE && depends_on_version(p)) {
            return parser_fault(p, FAULT_UNSUPPORTED, start,
                                "versions of PCRE2 read these braces differently; write {0,n}, "
                                "without blanks");
        }
        return push_literal(p, branch);
    default:
        return push_literal(p, branch);
    }
}

/* Up to a bar, a closing bracket or the end. */
static bool parse_branch(struct parser *p, struct part *out)
{
    struct branch branch = {0};
    while (!parser_ended(p) && parser_byte(p, 0) != '|' && parser_byte(p, 0) != ')') {
        if (!skip_blank(p) && !push_item(p, &branch)) {
            return false;
        }
    }
    *out = (struct part){p->set->empty, 1};
    for (size_t i = branch.count; i-- > 0;) {
        out->expr = expr_concat(p->set, branch.items[i].expr, out->expr);
        uint32_t counted = branch.items[i].counted;
        out->counted = counted > out->counted ? counted : out->counted;
    }
    return true;
}

static bool parse_alternatives(struct parser *p, struct part *out)
{
    const struct expr **kids = NULL;
    size_t count = 0, capacity = 0;
    uint32_t counted = 1;
    for (;;) {
        struct part part;
        if (!parse_branch(p, &part)) {
            return false;
        }
        *ARENA_PUSH(p->set->arena, kids, count, capacity) = part.expr;
        counted = part.counted > counted ? part.counted : counted;
        if (parser_byte(p, 0) != '|' || parser_ended(p)) {
            break;
        }
        p->at++;
    }
    *out = (struct part){expr_union(p->set, kids, count), counted};
    return true;
}

const struct expr *pattern_parse(struct parser *p)
{
    struct part part;
    if (p->pattern.len > PATTERN_BYTES_MAX) {
        (void)parser_fault(p, FAULT_LIMIT, PATTERN_BYTES_MAX, "the pattern is too long");
        return NULL;
    }
    if (!parse_alternatives(p, &part)) {
        return NULL;
    }
    if (!parser_ended(p)) {
        (void)parser_fault(p, FAULT_SYNTAX, p->at, "this ')' closes nothing");
        return NULL;
    }
    if (part.expr->depth > EXPR_DEPTH_MAX) {
        (void)parser_fault(p, FAULT_LIMIT, 0, "the pattern is too complex");
        return NULL;
    }
    return part.expr;
}
