/* Go's regular expressions (regexp/syntax, the dialect of RE2) as expressions of PCRE2. What both have
 * is handed on; what means something else is written differently; what Go does not have is refused. */
#include "cel/cel_priv.h"

#include <string.h>

enum { GROUPS_MAX = 250 };

struct pattern {
    struct slice text;
    size_t at;
    struct buf out;
    const char *fault;
    bool lines[GROUPS_MAX + 1]; /* whether $ ends a line, by depth of groups */
    size_t depth;
    bool repeated; /* what stands before is a repetition: another one must not follow */
    bool item;     /* something that can be repeated stands before */
};

static char peek(const struct pattern *p, size_t ahead)
{
    return p->at + ahead < p->text.len ? p->text.ptr[p->at + ahead] : '\0';
}

static void fault(struct pattern *p, const char *text)
{
    p->fault = p->fault ? p->fault : text;
    p->at = p->text.len;
}

static void take(struct pattern *p, size_t length)
{
    buf_put(&p->out, slice_sub(p->text, p->at, p->at + length));
    p->at += length;
}

/* ---- escapes ------------------------------------------------------------------------------ */

static const struct {
    char letter;
    const char *outside, *in_class; /* null: as it stands */
} escape_rows[] = {
    {'A', NULL, ""},
    {'z', NULL, ""},
    {'b', NULL, ""},
    {'B', NULL, ""},
    {'d', NULL, NULL},
    {'D', NULL, NULL},
    {'w', NULL, NULL},
    {'W', NULL, NULL},
    {'a', NULL, NULL},
    {'f', NULL, NULL},
    {'t', NULL, NULL},
    {'n', NULL, NULL},
    {'r', NULL, NULL},
    {'v', "\\x0b", "\\x0b"},
    {'s', "[\\t\\n\\f\\r ]", "\\t\\n\\f\\r "},
    {'S', "[^\\t\\n\\f\\r ]", "\\S\\x0b"},
};

/* "7F" or "{10FFFF}" */
static bool is_point(struct slice text)
{
    struct slice digits = slice_starts(text, SLICE("{")) ? slice_sub(text, 1, text.len - 1) : text;
    for (size_t i = 0; i < digits.len; i++) {
        if (!digits.ptr[i] || !strchr("0123456789abcdefABCDEF", digits.ptr[i])) {
            return false;
        }
    }
    return digits.len > 0;
}

/* \x7F, \x{10FFFF}, \012, \pL, \p{Greek}, \Q...\E */
static void long_escape(struct pattern *p, bool in_class)
{
    char letter = peek(p, 1);
    size_t end;
    if (letter == 'p' || letter == 'P' || letter == 'x') {
        end = peek(p, 2) == '{' ? slice_find(p->text, '}', p->at) + 1
                                : p->at + (letter == 'x' ? 4 : 3);
        if (end > p->text.len) {
            fault(p, "an escape has no end");
            return;
        }
        if (letter == 'x' && !is_point(slice_sub(p->text, p->at + 2, end))) {
            fault(p, "an escape that does not exist");
            return;
        }
        take(p, end - p->at);
    } else if (letter == 'Q' && !in_class) {
        size_t close = p->at + 2;
        while (close < p->text.len &&
               !slice_starts(slice_sub(p->text, close, p->text.len), SLICE("\\E"))) {
            close++;
        }
        take(p, (close + 2 < p->text.len ? close + 2 : p->text.len) - p->at);
    } else if (letter == '0' ||
               (letter >= '1' && letter <= '7' && peek(p, 2) >= '0' && peek(p, 2) <= '7')) {
        unsigned point = 0;
        for (p->at++, end = p->at + 3; p->at < end && peek(p, 0) >= '0' && peek(p, 0) <= '7';
             p->at++) {
            point = point * 8 + (unsigned)(peek(p, 0) - '0');
        }
        buf_printf(&p->out, "\\x{%x}", point);
    } else {
        fault(p, "an escape that does not exist");
    }
}

static void escape(struct pattern *p, bool in_class)
{
    char letter = peek(p, 1);
    if (p->at + 1 >= p->text.len) {
        fault(p, "a backslash at the end");
        return;
    }
    if ((unsigned char)letter < 0x80 && !is_alphanumeric(letter)) {
        take(p, 2);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(escape_rows); i++) {
        const char *form = in_class ? escape_rows[i].in_class : escape_rows[i].outside;
        if (letter == escape_rows[i].letter && (!form || *form)) {
            form ? buf_puts(&p->out, form) : buf_put(&p->out, slice_sub(p->text, p->at, p->at + 2));
            p->at += 2;
            return;
        }
    }
    long_escape(p, in_class);
}

/* ---- classes, groups, repetitions ----------------------------------------------------------- */

static void character_class(struct pattern *p)
{
    take(p, peek(p, 1) == '^' ? 2 : 1);
    for (bool first = true; p->at < p->text.len && (first || peek(p, 0) != ']'); first = false) {
        if (peek(p, 0) == '\\') {
            escape(p, true);
        } else if (peek(p, 0) == '[' && peek(p, 1) == ':') {
            size_t end = slice_find(p->text, ']', p->at);
            take(p, (end < p->text.len ? end + 1 : end) - p->at);
        } else if (peek(p, 0) == '[' || (first && peek(p, 0) == ']')) {
            buf_putc(&p->out, '\\');
            take(p, 1);
        } else {
            take(p, 1);
        }
    }
    if (p->at >= p->text.len) {
        fault(p, "a class in brackets has no end");
        return;
    }
    take(p, 1);
}

/* After "(?": letters of i, m, s, U, a minus with more of them, then ':' or ')'. */
static void group_flags(struct pattern *p)
{
    bool on = true, letters = true, lines = p->lines[p->depth];
    size_t start = p->at;
    for (p->at += 2; peek(p, 0) && strchr("imsU-", peek(p, 0)); p->at++) {
        if (peek(p, 0) == '-') {
            if (!on) { /* a second one */
                break;
            }
            on = letters = false;
            continue;
        }
        letters = true;
        lines = peek(p, 0) == 'm' ? on : lines;
    }
    size_t end = p->at;
    char last = peek(p, 0);
    if ((last != ':' && last != ')') || !letters) {
        fault(p, "a group of a kind that does not exist");
        return;
    }
    p->at = start;
    take(p, end + 1 - start);
    if (last == ':') {
        p->depth++;
    }
    p->lines[p->depth] = lines;
}

static void group_open(struct pattern *p)
{
    if (p->depth >= GROUPS_MAX) {
        fault(p, "groups are nested too deep");
        return;
    }
    if (peek(p, 1) == '*') {
        fault(p, "a repetition of nothing");
        return;
    }
    size_t name = peek(p, 1) != '?'                                             ? 0
                  : peek(p, 2) == 'P' && peek(p, 3) == '<'                      ? 4
                  : peek(p, 2) == '<' && peek(p, 3) != '=' && peek(p, 3) != '!' ? 3
                                                                                : 0;
    if (peek(p, 1) == '?' && !name) {
        group_flags(p);
        return;
    }
    p->lines[p->depth + 1] = p->lines[p->depth];
    p->depth++;
    take(p, name ? name : 1);
    if (name) {
        take(p, slice_find(p->text, '>', p->at) - p->at);
    }
}

enum { REPEAT_MAX = 1000 };

static unsigned braces_number(const struct pattern *p, size_t *at)
{
    unsigned number = 0;
    for (; peek(p, *at) >= '0' && peek(p, *at) <= '9'; (*at)++) {
        number = number > REPEAT_MAX ? number : number * 10 + (unsigned)(peek(p, *at) - '0');
    }
    return number;
}

/* The length of "{n}", "{n,}" or "{n,m}" here; 0: the brace stands for itself. */
static size_t braces(struct pattern *p)
{
    size_t at = 1;
    unsigned least = braces_number(p, &at), most = least;
    if (at == 1) {
        return 0;
    }
    if (peek(p, at) == ',') {
        size_t from = ++at;
        most = braces_number(p, &at);
        most = at == from ? least : most;
    }
    if (peek(p, at) != '}') {
        return 0;
    }
    if (least > REPEAT_MAX || most > REPEAT_MAX || most < least) {
        fault(p, "a repetition of more than 1000 times, or of fewer than it begins with");
    }
    return at + 1;
}

static void repetition(struct pattern *p, size_t length)
{
    if (!p->item || p->repeated) {
        fault(p, p->item ? "a repetition of a repetition" : "a repetition of nothing");
        return;
    }
    take(p, length);
    if (p->at < p->text.len && peek(p, 0) == '?') {
        take(p, 1);
    }
    p->repeated = true;
}

static void part(struct pattern *p)
{
    char c = peek(p, 0);
    size_t length = c == '{' ? braces(p) : c && strchr("*+?", c) ? 1 : 0;
    if (length) {
        repetition(p, length);
        return;
    }
    bool item = true;
    if (c == '\\') {
        escape(p, false);
    } else if (c == '[') {
        character_class(p);
    } else if (c == '(') {
        group_open(p);
        item = false;
    } else if (c == ')') {
        p->depth ? (void)p->depth-- : fault(p, "a closing parenthesis too many");
        take(p, 1);
    } else if (c == '$' && !p->lines[p->depth]) {
        buf_puts(&p->out, "\\z");
        p->at++;
    } else {
        buf_puts(&p->out, c == '{' ? "\\" : "");
        item = c != '|';
        take(p, 1);
    }
    p->item = item;
    p->repeated = false;
}

const struct regex *cel_regex(struct run *run, struct regex_set *set, struct slice pattern,
                              bool *refused, struct slice *error)
{
    const struct regex *regex = NULL;
    struct pattern *p = ARENA_NEW(run->arena, struct pattern);
    p->text = pattern;
    *refused = false;
    if (pattern.len > run->limits.regex_bytes) {
        *error = SLICE("it is longer than the limit 'regex-bytes' allows");
        return NULL;
    }
    buf_init(&p->out, BUF_TEXT_MAX);
    buf_puts(&p->out, "(*UTF)(*LF)");
    while (p->at < pattern.len) {
        part(p);
    }
    if (p->depth && !p->fault) {
        p->fault = "a parenthesis is not closed";
    }
    if (p->fault) {
        *refused = true;
        *error = slice_of(p->fault);
    } else if (p->out.failed) {
        *error = SLICE("memory ran out");
    } else {
        regex = regex_compile(run, set, buf_slice(&p->out), false, false, error);
    }
    buf_release(&p->out);
    return regex;
}
