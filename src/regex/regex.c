#include "regex/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct regex {
    struct regex *next; /* in its bucket */
    struct regex_set *set;
    struct slice pattern;
    bool fold, whole;
    pcre2_code *code;
    pcre2_match_context *context;
    char *copy;
};

struct regex_set {
    struct regex **buckets;
    size_t bucket_count, count;
    /* Match data that nobody uses right now; taken and given back whole, so that threads may share
     * expressions while a search costs no allocation. */
    _Atomic(pcre2_match_data *) spare;
};

enum { BUCKETS_FIRST = 64 };

struct regex_set *regex_set_open(void)
{
    return calloc(1, sizeof(struct regex_set));
}

static void regex_free(struct regex *regex)
{
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->context);
    free(regex->copy);
    free(regex);
}

void regex_set_close(struct regex_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->bucket_count; i++) {
        for (struct regex *regex = set->buckets[i], *next; regex; regex = next) {
            next = regex->next;
            regex_free(regex);
        }
    }
    pcre2_match_data_free(atomic_load(&set->spare));
    free(set->buckets);
    free(set);
}

/* ---- the set ------------------------------------------------------------------------------ */

static uint64_t hash(struct slice pattern, bool fold, bool whole)
{
    return slice_hash(pattern, (fold ? 1u : 0u) + (whole ? 2u : 0u));
}

static struct regex **bucket(const struct regex_set *set, const struct regex *regex)
{
    return &set->buckets[hash(regex->pattern, regex->fold, regex->whole) % set->bucket_count];
}

static struct regex *find(const struct regex_set *set, struct slice pattern, bool fold, bool whole)
{
    if (!set->bucket_count) {
        return NULL;
    }
    const struct regex key = {.pattern = pattern, .fold = fold, .whole = whole};
    for (struct regex *regex = *bucket(set, &key); regex; regex = regex->next) {
        if (regex->fold == fold && regex->whole == whole && slice_equal(regex->pattern, pattern)) {
            return regex;
        }
    }
    return NULL;
}

static bool grow(struct regex_set *set)
{
    struct regex_set bigger = {.bucket_count =
                                   set->bucket_count ? 2 * set->bucket_count : BUCKETS_FIRST};
    bigger.buckets = calloc(bigger.bucket_count, sizeof(struct regex *));
    if (!bigger.buckets) {
        return false;
    }
    for (size_t i = 0; i < set->bucket_count; i++) {
        for (struct regex *regex = set->buckets[i], *next; regex; regex = next) {
            next = regex->next;
            regex->next = *bucket(&bigger, regex);
            *bucket(&bigger, regex) = regex;
        }
    }
    free(set->buckets);
    set->buckets = bigger.buckets;
    set->bucket_count = bigger.bucket_count;
    return true;
}

static uint32_t bound(uint64_t limit)
{
    return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

/* Takes over `regex`; null and freed when memory runs out. */
static struct regex *add(struct run *run, struct regex_set *set, struct regex *regex)
{
    struct slice pattern = regex->pattern;
    regex->set = set;
    regex->copy = malloc(pattern.len + 1);
    regex->context = pcre2_match_context_create(NULL);
    if (!regex->copy || !regex->context || (set->count >= set->bucket_count && !grow(set))) {
        regex_free(regex);
        return NULL;
    }
    if (pattern.len) {
        memcpy(regex->copy, pattern.ptr, pattern.len);
    }
    regex->pattern.ptr = regex->copy;
    pcre2_set_match_limit(regex->context, bound(run->limits.regex_steps));
    pcre2_set_heap_limit(regex->context, bound(run->limits.regex_heap_kib));
    regex->next = *bucket(set, regex);
    *bucket(set, regex) = regex;
    set->count++;
    return regex;
}

const struct regex *regex_compile(struct run *run, struct regex_set *set, struct slice pattern,
                                  bool fold, bool whole, struct slice *error)
{
    struct regex *regex = set ? find(set, pattern, fold, whole) : NULL;
    if (regex) {
        return regex;
    }
    if (pattern.len > run->limits.regex_bytes) {
        *error = SLICE("it is longer than the limit 'regex-bytes' allows");
        return NULL;
    }
    /* nginx compiles without PCRE2_UTF (src/core/ngx_regex.c, ngx_regex_compile): bytes are matched, as
     * they stand in paths. */
    uint32_t flags =
        (fold ? PCRE2_CASELESS : 0u) | (whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0u);
    int code = 0;
    PCRE2_SIZE offset = 0;
    const char *text = pattern.ptr ? pattern.ptr : "";
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text, pattern.len, flags, &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR message[120] = "";
        pcre2_get_error_message(code, message, sizeof message);
        *error = arena_printf(run->arena, "%s (at character %zu)", (const char *)message,
                              (size_t)offset + 1);
        return NULL;
    }
    /* Where the machine has no JIT, or the pattern cannot have it, matching is interpreted. */
    (void)pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    regex = set ? calloc(1, sizeof *regex) : NULL;
    if (regex) {
        *regex = (struct regex){.pattern = pattern, .fold = fold, .whole = whole, .code = compiled};
        regex = add(run, set, regex);
    } else {
        pcre2_code_free(compiled);
    }
    if (!regex) {
        *error = SLICE("memory ran out");
    }
    return regex;
}

/* ---- searching ---------------------------------------------------------------------------- */

/* The machine code has a small stack of its own; what does not fit there is interpreted, within the
 * same bounds. */
static int run_match(const struct regex *regex, struct slice subject, pcre2_match_data *data)
{
    const char *text = subject.ptr ? subject.ptr : "";
    int found = pcre2_match(regex->code, (PCRE2_SPTR)text, subject.len, 0, 0, data, regex->context);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
        found = pcre2_match(regex->code, (PCRE2_SPTR)text, subject.len, 0, PCRE2_NO_JIT, data,
                            regex->context);
    }
    return found;
}

enum regex_result regex_search(const struct regex *regex, struct slice subject,
                               struct regex_match *match)
{
    pcre2_match_data *data = atomic_exchange(&regex->set->spare, NULL);
    if (!data) {
        data = pcre2_match_data_create(REGEX_CAPTURES, NULL);
    }
    if (!data) {
        return REGEX_LIMIT;
    }
    int found = run_match(regex, subject, data);
    if (found >= 0 && match) {
        *match = (struct regex_match){0};
        const char *text = subject.ptr ? subject.ptr : "";
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
        /* 0: it matched, and has more groups than there is room for */
        int groups = found == 0 || found > REGEX_CAPTURES ? REGEX_CAPTURES : found;
        for (int i = 0; i < groups; i++) {
            size_t from = ends[2 * i], to = ends[2 * i + 1];
            if (from != PCRE2_UNSET && from <= to) { /* \K may turn them round */
                match->captures[i] = (struct slice){text + from, to - from};
            }
        }
    }
    pcre2_match_data_free(atomic_exchange(&regex->set->spare, data));
    return found >= 0 ? REGEX_YES : found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

struct slice regex_pattern(const struct regex *regex)
{
    return regex->pattern;
}

bool regex_is_literal(struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '\0' || strchr("\\^$.[]|()?*+{}", pattern.ptr[i]) != NULL) {
            return false;
        }
    }
    return true;
}

struct slice regex_quote(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, 2 * text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && strchr("\\^$.[]|()?*+{}", text.ptr[i])) {
            out[len++] = '\\';
        }
        out[len++] = text.ptr[i];
    }
    return (struct slice){out, len};
}
