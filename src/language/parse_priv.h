/* From the text of a pattern to an expression. */
#ifndef GATESHIFT_LANGUAGE_PARSE_PRIV_H
#define GATESHIFT_LANGUAGE_PARSE_PRIV_H

#include "language/language_priv.h"

enum {
    PATTERN_BYTES_MAX = 4096,
    PATTERN_DEPTH_MAX = 200,
    EXPR_DEPTH_MAX = 2500 /* how deep states are looked into */
};

/* Characters: bytes in PCRE, Unicode in RE2. */
struct rune_range {
    uint32_t from, to;
};
struct runes {
    struct rune_range *items;
    size_t count, capacity;
};
enum { RUNE_MAX_BYTE = 0xff, RUNE_MAX_UNICODE = 0x10ffff };

/* Constructs that the dialects read differently. */
enum note {
    NOTE_DOLLAR,
    NOTE_VERTICAL,
    NOTE_SPACE,
    NOTE_CODE,
    NOTE_FOLD,
    NOTE_LINE,
    NOTE_BYTES,
    NOTE_COUNT
};

struct flags {
    bool fold, multiline, dot_all, extended, extended_more, no_capture, shared_names;
};
struct parser {
    struct language_set *set;
    struct slice pattern;
    size_t at;
    enum dialect dialect;
    struct flags flags;
    size_t depth, groups;
    struct slice *names;
    size_t name_count, name_capacity;
    struct language_fault *fault;
    size_t notes[NOTE_COUNT]; /* offset plus one; 0: not there */
};

/* ---- parser.c ---- */
/* The pattern as an expression; null and *fault when it has none. */
const struct expr *pattern_parse(struct parser *p);
/* Always false, so that callers can return it. */
bool parser_fault(struct parser *p, enum fault_kind kind, size_t offset, const char *text);
bool parser_syntax(struct parser *p, size_t offset, const char *pcre, const char *re2);
/* "{2,3}", or another count. */
bool parser_sees_counts(const struct parser *p);
void parser_note(struct parser *p, enum note note, size_t offset);
static inline bool parser_sees(const struct parser *p, const char *text)
{
    return slice_starts(slice_sub(p->pattern, p->at, p->pattern.len), slice_of(text));
}
static inline bool parser_ended(const struct parser *p)
{
    return p->at >= p->pattern.len;
}
static inline char parser_byte(const struct parser *p, size_t ahead)
{
    return p->at + ahead < p->pattern.len ? p->pattern.ptr[p->at + ahead] : '\0';
}

/* ---- language.c ---- */
/* The words of a pattern as it is read; null and *fault when it has no language. `notes` may be null. */
const struct expr *regex_expr(struct language_set *set, struct slice pattern,
                              const struct regex_reading *reading, struct language_fault *fault,
                              size_t notes[NOTE_COUNT]);

/* ---- group.c ---- */
enum group_kind {
    GROUP_PLAIN,
    GROUP_FLAGS, /* "(?i)": no group of its own */
    GROUP_COMMENT,
    GROUP_AHEAD,
    GROUP_NOT_AHEAD
};
/* Reads from "(" to where what is inside starts, or behind all of it for flags and comments. */
bool parse_group_start(struct parser *p, enum group_kind *kind);

/* ---- escape.c ---- */
enum escape_kind {
    ESCAPE_RUNE,  /* one character */
    ESCAPE_CLASS, /* a set of them */
    ESCAPE_EXPR,  /* anything else that can be repeated */
    ESCAPE_PLACE, /* a place between characters */
    ESCAPE_QUOTE, /* "\Q" */
    ESCAPE_END    /* "\E" */
};
struct escape {
    enum escape_kind kind;
    uint32_t rune;
    struct runes runes;
    const struct expr *expr;
};
/* At a backslash; `inside` a class some mean something else. */
bool parse_escape(struct parser *p, bool inside, struct escape *out);
/* "$" of PCRE. */
const struct expr *place_near_end(struct parser *p);
/* The next character of the pattern as it stands. */
bool parse_rune(struct parser *p, uint32_t *rune);

/* ---- class.c ---- */
bool parse_class(struct parser *p, const struct expr **out);

/* ---- runes.c ---- */
uint32_t rune_max(const struct parser *p);
void runes_add(struct parser *p, struct runes *runes, uint32_t from, uint32_t to);
void runes_add_all(struct parser *p, struct runes *runes, const struct runes *more);
/* Pairs of bytes, "azAZ": what the class holds, as in both dialects. */
void runes_add_pairs(struct parser *p, struct runes *runes, const char *pairs, size_t length);
void runes_negate(struct parser *p, struct runes *runes);
/* Adds the other case of each letter; false where that is not known. */
bool runes_fold(struct parser *p, struct runes *runes, size_t offset);
const struct expr *runes_expr(struct parser *p, struct runes *runes);
/* One character, without case where the flags say so. */
bool rune_expr(struct parser *p, uint32_t rune, size_t offset, const struct expr **out);

#endif
