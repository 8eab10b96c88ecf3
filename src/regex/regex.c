#include "regex/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

struct regex {
    struct regex *next;
    struct slice pattern;
    bool fold, whole;
    pcre2_code *code;
    pcre2_match_context *context;
    char *copy;
};

struct regex_set {
    struct regex *first;
};

struct regex_set *regex_set_open(void)
{
    return calloc(1, sizeof(struct regex_set));
}

void regex_set_close(struct regex_set *set)
{
    if (!set) {
        return;
    }
    for (struct regex *regex = set->first, *next; regex; regex = next) {
        next = regex->next;
        pcre2_code_free(regex->code);
        pcre2_match_context_free(regex->context);
        free(regex->copy);
        free(regex);
    }
    free(set);
}

static struct regex *find(struct regex_set *set, struct slice pattern, bool fold, bool whole)
{
    for (struct regex *regex = set->first; regex; regex = regex->next) {
        if (regex->fold == fold && regex->whole == whole && slice_equal(regex->pattern, pattern)) {
            return regex;
        }
    }
    return NULL;
}

static struct regex *add(struct run *run, struct regex_set *set, pcre2_code *code,
                         struct slice pattern)
{
    struct regex *regex = calloc(1, sizeof *regex);
    char *copy = malloc(pattern.len + 1);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!regex || !copy || !context) {
        free(regex);
        free(copy);
        pcre2_match_context_free(context);
        pcre2_code_free(code);
        return NULL;
    }
    if (pattern.len) {
        memcpy(copy, pattern.ptr, pattern.len);
    }
    pcre2_set_match_limit(context, (uint32_t)run->limits.regex_steps);
    pcre2_set_heap_limit(context, (uint32_t)run->limits.regex_heap_kib);
    *regex = (struct regex){.next = set->first, .pattern = {copy, pattern.len}, .code = code,
                            .context = context, .copy = copy};
    set->first = regex;
    return regex;
}

const struct regex *regex_compile(struct run *run, struct regex_set *set, struct slice pattern,
                                  bool fold, bool whole, struct slice *error)
{
    struct regex *regex = find(set, pattern, fold, whole);
    if (regex) {
        return regex;
    }
    if (pattern.len > run->limits.regex_bytes) {
        *error = SLICE("it is longer than the limit 'regex-bytes' allows");
        return NULL;
    }
    /* nginx compiles without PCRE2_UTF: bytes are matched, as in paths. */
    uint32_t flags = (fold ? PCRE2_CASELESS : 0u) |
                     (whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0u) | PCRE2_NEVER_BACKSLASH_C;
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
    regex = add(run, set, compiled, pattern);
    if (!regex) {
        *error = SLICE("memory ran out");
        return NULL;
    }
    regex->fold = fold;
    regex->whole = whole;
    return regex;
}

enum regex_result regex_search(const struct regex *regex, struct slice subject,
                               struct regex_match *match)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, NULL);
    if (!data) {
        return REGEX_LIMIT;
    }
    const char *text = subject.ptr ? subject.ptr : "";
    int found = pcre2_match(regex->code, (PCRE2_SPTR)text, subject.len, 0, 0, data, regex->context);
    if (found > 0 && match) {
        *match = (struct regex_match){0};
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
        for (int i = 0; i < found && i < REGEX_CAPTURES; i++) {
            if (ends[2 * i] != PCRE2_UNSET) {
                match->captures[i] =
                    (struct slice){text + ends[2 * i], ends[2 * i + 1] - ends[2 * i]};
            }
        }
    }
    pcre2_match_data_free(data);
    return found > 0 ? REGEX_YES : found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
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
