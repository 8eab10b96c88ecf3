/* Regular languages of paths: what a path match, or a list of them, matches, as a set of words that can
 * be compared.
 *
 * A language is made from a regular expression (as PCRE or RE2 read it), from literal text, or from
 * other languages. Questions about languages are answered by walking their deterministic automata,
 * which are made state by state as the walk asks for them:
 *
 *     struct language_set *set = language_set_open(run->arena, NULL);
 *     const struct language *regex = language_regex(set, SLICE("^/foo(/|$)"), &reading, &fault);
 *     language_literal_form(set, regex, language_paths(set), &form);   ANSWER_YES, element prefix "/foo"
 *
 * Words:     a language holds paths, as the matcher sees them. Where a question has a struct path_view,
 *            the words of its answers are raw request targets instead, and a target belongs to the
 *            language when the path that the view makes of it does. Words hold no query.
 * Ownership: languages, words and texts live in the set until language_set_close; patterns and literals
 *            are copied. Only struct language_fault has texts that may be constants.
 * Limits:    struct language_limits. An answer that would need more is ANSWER_GAVE_UP, never a guess; a
 *            pattern that is too large is FAULT_LIMIT.
 * Errors:    a pattern that is no regular expression, or none that can be decided here, gives a fault
 *            with its place and a sentence.
 * Threads:   one set per thread.
 * Source:    languages of expressions by derivatives (Brzozowski 1964; Owens, Reppy, Turon 2009), where
 *            look-ahead is an obligation on the rest of the word. Dialects: pcre2pattern(3), PCRE2
 *            src/pcre2_compile.c; RE2 doc/syntax.txt, re2/parse.cc. */
#ifndef GATESHIFT_LANGUAGE_H
#define GATESHIFT_LANGUAGE_H

#include "base/base.h"
#include "http/http.h"

struct language;
struct language_set;

struct language_limits {
    size_t states; /* of the product automaton of one question */
    size_t bytes;  /* of memory, for the set with all its questions */
};

/* `like` gives the handler for memory that cannot be had. Null limits are 1,000,000 states, 1 GiB. */
struct language_set *language_set_open(const struct arena *like,
                                       const struct language_limits *limits);
void language_set_close(struct language_set *set);

/* ---- regular expressions ------------------------------------------------------------------- */

enum dialect {
    DIALECT_PCRE, /* as nginx compiles it: bytes, no UTF mode */
    DIALECT_RE2   /* as Envoy compiles it: UTF-8, Perl's classes */
};
enum anchoring {
    ANCHORING_SEARCH, /* a match may start and end anywhere */
    ANCHORING_START,  /* a match starts the word */
    ANCHORING_WHOLE   /* a match is the word */
};
struct regex_reading {
    enum dialect dialect;
    enum anchoring anchoring;
    bool fold; /* case does not matter, as with "~*" or "(?i)" in front */
};

enum fault_kind {
    FAULT_SYNTAX,      /* the dialect refuses it */
    FAULT_NOT_REGULAR, /* what it matches is no regular language: back-references, recursion */
    FAULT_UNSUPPORTED, /* its language is not known here, though the dialect takes it */
    FAULT_LIMIT        /* too long or too deep */
};
struct language_fault {
    enum fault_kind kind;
    size_t offset;     /* bytes from the start of the pattern */
    struct slice text; /* "a look-behind cannot be decided" */
};
/* Null, and *fault, when the pattern has no language here. */
const struct language *language_regex(struct language_set *set, struct slice pattern,
                                      const struct regex_reading *reading,
                                      struct language_fault *fault);

enum dialect_verdict {
    DIALECT_SAME,    /* accepted, and matches the same words of the domain */
    DIALECT_REFUSED, /* the other one does not accept it */
    DIALECT_DIFFERS, /* accepted, and matches other words */
    DIALECT_UNKNOWN  /* cannot be decided: see the text */
};
struct dialect_report {
    enum dialect_verdict verdict;
    size_t offset;     /* of what is to blame */
    struct slice text; /* what is wrong and what to write instead */
    struct slice word; /* DIALECT_DIFFERS: a word that one of them matches */
    bool by_from;      /* ... and which: the reading that it was written for */
};
/* May a pattern that was written for `from` be handed to `to`? */
void language_dialects(struct language_set *set, struct slice pattern,
                       const struct regex_reading *from, const struct regex_reading *to,
                       const struct language *domain, struct dialect_report *report);

/* ---- other languages ----------------------------------------------------------------------- */

enum literal_kind {
    LITERAL_EXACT,
    LITERAL_ELEMENTS, /* "/foo": /foo and /foo/...; a "/" at the end does not count */
    LITERAL_STRING    /* "/foo": also /foobar */
};
const struct language *language_literal(struct language_set *set, enum literal_kind kind,
                                        struct slice text, bool fold);
const struct language *language_all(struct language_set *set);
const struct language *language_none(struct language_set *set);
/* Every word that starts with "/" and has no control character: what is asked for in earnest. */
const struct language *language_paths(struct language_set *set);
const struct language *language_union(struct language_set *set, const struct language *a,
                                      const struct language *b);
const struct language *language_intersection(struct language_set *set, const struct language *a,
                                             const struct language *b);
const struct language *language_difference(struct language_set *set, const struct language *a,
                                           const struct language *b);
const struct language *language_complement(struct language_set *set, const struct language *a);
/* A word of `a`, followed by one of `b`. */
const struct language *language_concatenation(struct language_set *set, const struct language *a,
                                              const struct language *b);

/* ---- views --------------------------------------------------------------------------------- */

/* How one side reads the path of a request target. Not decided, and so outside of every domain: targets
 * with a segment ".." where the view resolves dots; where any side of a question decodes or resolves,
 * escapes that are none, and "%00". Raw bytes are visible ASCII without '?' and '#'; a target starts
 * with '/'. */
struct byte_set {
    uint64_t bits[4];
};
struct path_view {
    struct byte_set decoded; /* bytes whose escapes are read as the byte; other escapes stay */
    bool merge_slashes;
    bool resolve_dots;    /* segments "."; also "%2e" where it is not decoded */
    bool answers_slashes; /* targets with an escape of '/' or '\\' are not decided either */
};
struct path_view path_view_of(const struct path_form *form);

/* ---- questions ----------------------------------------------------------------------------- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_GAVE_UP };

/* Of words in a domain; a null domain is all words. Words in answers are the shortest in bytes, and
 * among those the first in an order that has letters first, then digits, then "/", "-", "_", "."; escapes
 * come behind all that, and are of a letter where any would do. */

/* Is the word in the language? It is a path; no view is applied. */
bool language_holds(struct language_set *set, const struct language *language, struct slice word);
/* ANSWER_YES with the shortest word; ANSWER_NO: the language is empty. */
enum answer language_word(struct language_set *set, const struct language *language,
                          const struct path_view *view, const struct language *domain,
                          struct slice *word);
/* Up to `wanted` words, short ones first, that together go along as many edges of the automaton as
 * they can. With a full list the answer is ANSWER_YES, also where there are more words. */
enum answer language_samples(struct language_set *set, const struct language *language,
                             const struct path_view *view, const struct language *domain,
                             struct arena *arena, size_t wanted, struct slice **words,
                             size_t *count);

/* How two languages lie to each other. Of each part that is not empty there is a word. */
struct relation {
    bool only_a, only_b, both; /* equal: neither of the first two; disjoint: not the last */
    struct slice word_a, word_b, word_both;
};
/* ANSWER_GAVE_UP: parts that are true are so, others are not known. Otherwise ANSWER_YES when the
 * languages are equal. */
enum answer language_relation(struct language_set *set, const struct language *a,
                              const struct language *b, const struct language *domain,
                              struct relation *out);
/* Is every word of `inner` one of `outer`? With ANSWER_NO, *word is one that is not. */
enum answer language_contains(struct language_set *set, const struct language *outer,
                              const struct language *inner, const struct language *domain,
                              struct slice *word);

struct literal_form {
    enum literal_kind kind;
    struct slice text;
    bool fold; /* only where it matters */
};
/* Is there a literal with the same words in the domain? Where several kinds are the same there, exact
 * comes before elements, and elements before a string. An empty language has no form. */
enum answer language_literal_form(struct language_set *set, const struct language *language,
                                  const struct language *domain, struct literal_form *out);

/* ---- lists of rules ------------------------------------------------------------------------ */

/* Two ordered lists, each with its view; which of their rules match a word? Words with the same answer
 * form a cell. Every word of the domain is in one cell. */
struct rule_languages {
    const struct language *const *items;
    /* certain[i]: rule i has no condition but its path. Rules of the list behind one that is certain
     * and matches are left out of the cell, as the first match wins. Null: none is. */
    const bool *certain;
    size_t count;
    const struct path_view *view; /* null: the path is what is compared */
};
struct rule_indices {
    const uint32_t *items; /* ascending */
    size_t count;
};
struct language_cell {
    struct rule_indices a, b;
    struct slice word; /* the shortest one */
};
struct language_cells {
    const struct language_cell *items; /* by their words, shortest first */
    size_t count;
    size_t states;
};
/* ANSWER_YES with all cells, or ANSWER_GAVE_UP with some. Literals share a tree, so that their number
 * does not matter much. The cells live in `arena`, with their words. */
enum answer language_classify(struct language_set *set, const struct rule_languages *a,
                              const struct rule_languages *b, const struct language *domain,
                              struct arena *arena, struct language_cells *out);

#endif
