/* Regular expressions by PCRE2, with bounds.
 *
 * Ownership: compiled expressions belong to a struct regex_set, which its owner closes; PCRE2's memory
 *            is not in the arena.
 * Limits:    run->limits.regex_bytes, regex_steps, regex_heap_kib; a match that exceeds them is
 *            REGEX_LIMIT, which callers turn into "unknown", never into "no match".
 * Errors:    a pattern that does not compile gives a message in the arena.
 * Threads:   compiled expressions may be shared, match data may not. */
#ifndef GATESHIFT_REGEX_H
#define GATESHIFT_REGEX_H

#include "run/run.h"

struct regex;
struct regex_set;
struct regex_set *regex_set_open(void);
void regex_set_close(struct regex_set *set);

/* With `fold` case does not matter; with `whole` the expression must span the subject. The same
 * pattern and flags give the same object. Null and *error when it does not compile. */
const struct regex *regex_compile(struct run *run, struct regex_set *set, struct slice pattern,
                                  bool fold, bool whole, struct slice *error);
enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };
enum { REGEX_CAPTURES = 10 };
struct regex_match {
    struct slice captures[REGEX_CAPTURES]; /* 0 is the whole match; absent: did not take part */
};
/* `match` may be null. */
enum regex_result regex_search(const struct regex *regex, struct slice subject,
                               struct regex_match *match);
struct slice regex_pattern(const struct regex *regex);
/* True when the pattern has no character with a meaning of its own: it matches itself. */
bool regex_is_literal(struct slice pattern);
struct slice regex_quote(struct arena *arena, struct slice text); /* matches this very text */

#endif
