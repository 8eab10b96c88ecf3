/* What the files of this module share. */
#ifndef GATESHIFT_EXPECT_PRIV_H
#define GATESHIFT_EXPECT_PRIV_H

#include "expect/expect.h"
#include "profile/profile.h"

/* ---- keys.c: the keys of requests and expectations, as gateshift-cases(5) lists them */

enum key_kinds {
    TAKES_TEXT = 1,
    TAKES_NUMBER = 2, /* an integer */
    TAKES_BOOL = 4,
    TAKES_LIST = 8,  /* of texts, or of mappings when `inner` is given */
    TAKES_MAP = 16,  /* with the keys of `inner`, or with any */
    TAKES_SHARE = 32 /* a number that may have a fraction */
};
struct key {
    const char *name;
    unsigned kinds;
    const struct keys *inner;
    const char *const *words; /* TAKES_TEXT: one of these; ends with null */
    int64_t least, most;      /* TAKES_NUMBER */
};
struct keys {
    const struct key *rows;
    size_t count;
};
extern const struct keys request_keys, case_keys, expect_keys;

/* Reports (letter T) everything that does not fit; false when anything does not. */
bool keys_check(struct run *run, const struct node *node, const struct keys *keys,
                const char *what);

/* ---- parts.c: of outcomes */

/* Why a part of an outcome is not known; absent when it is known. */
struct slice unknown_reason(const struct outcome *outcome, enum aspect aspect);
/* "75 %", "33.33 %" */
struct slice share_text(struct arena *arena, uint64_t part, uint64_t sum);
const struct outcome_backend *first_serving(const struct outcome *outcome);
/* Where the outcome comes from: the rule, else the entry; null when nobody wrote it. */
const struct origin *outcome_origin(const struct outcome *outcome);

#endif
