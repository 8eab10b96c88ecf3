/* Random numbers, patterns and words for tests; every test that uses them prints its seed. */
#ifndef GATESHIFT_LANGUAGE_TEST_PRIV_H
#define GATESHIFT_LANGUAGE_TEST_PRIV_H

#include "language/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the ones above */
#include <cmocka.h>
#include <string.h>

/* splitmix64 */
struct dice {
    uint64_t state;
};
static inline uint64_t roll(struct dice *dice)
{
    uint64_t value = dice->state += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}
static inline size_t pick(struct dice *dice, size_t count)
{
    return (size_t)(roll(dice) % count);
}
/* Another seed can be given: GATESHIFT_SEED=7. */
static inline struct dice dice_new(uint64_t usual)
{
    const char *given = getenv("GATESHIFT_SEED");
    struct dice dice = {given ? strtoull(given, NULL, 10) : usual};
    print_message("seed %llu\n", (unsigned long long)dice.state);
    return dice;
}

struct fixture {
    struct arena *arena;
    struct language_set *set;
};
static inline void fixture_open(struct fixture *f)
{
    f->arena = arena_open(0, NULL, NULL);
    f->set = language_set_open(f->arena, NULL);
}
static inline void fixture_close(struct fixture *f)
{
    language_set_close(f->set);
    arena_close(f->arena);
}

/* A text with control characters made visible; lies in the arena. */
static inline const char *shown(struct arena *arena, struct slice text)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c > '~') {
            buf_printf(&buf, "<%02x>", c);
        } else {
            buf_putc(&buf, (char)c);
        }
    }
    const char *copy = arena_string(arena, buf_slice(&buf));
    buf_release(&buf);
    return copy;
}

static inline const struct language *regex_as(struct fixture *f, const char *pattern,
                                              enum dialect dialect, enum anchoring anchoring)
{
    const struct regex_reading reading = {dialect, anchoring, false};
    struct language_fault fault;
    const struct language *language = language_regex(f->set, slice_of(pattern), &reading, &fault);
    if (!language) {
        fail_msg("'%s' at %zu: " SLICE_FMT, pattern, fault.offset, SLICE_ARG(fault.text));
    }
    return language;
}
/* As nginx and as Envoy read a path. */
static inline const struct language *nginx_regex(struct fixture *f, const char *pattern)
{
    return regex_as(f, pattern, DIALECT_PCRE, ANCHORING_SEARCH);
}
static inline const struct language *envoy_regex(struct fixture *f, const char *pattern)
{
    return regex_as(f, pattern, DIALECT_RE2, ANCHORING_WHOLE);
}

#endif
