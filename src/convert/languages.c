#include "convert/convert_priv.h"

/* What a conversion may spend on one question, on all of them, and on how many. Beyond that the answer is that it
 * is not known, and what is written is what can be said without. */
enum { STATES_MAX = 20000, QUESTIONS_MAX = 200000 };
#define LANGUAGE_BYTES_MAX ((size_t)256 << 20)

static struct language_set *languages(struct conversion *c)
{
    if (!c->languages) {
        const struct language_limits limits = {STATES_MAX, LANGUAGE_BYTES_MAX};
        c->languages = language_set_open(c->arena, &limits);
        c->path_memo = map_new(c->arena);
        c->pair_memo = map_new(c->arena);
        c->shadow_memo = map_new(c->arena);
    }
    return c->languages;
}

void languages_close(struct conversion *c)
{
    if (c->languages) {
        language_set_close(c->languages);
    }
}

/* ---- paths of rules ------------------------------------------------------------------------- */

/* A text with what else decides about its language. */
struct path_memo {
    const struct language *language; /* null: it has none */
    enum answer formed;
    bool asked;
    struct literal_form form; /* ANSWER_YES */
};

static const struct language *language_make(struct conversion *c, enum path_kind kind,
                                            struct slice value, const struct regex_reading *reading)
{
    struct language_set *set = languages(c);
    struct language_fault fault;
    switch (kind) {
    case PATH_ANY:
        return language_paths(set);
    case PATH_EXACT:
        return language_literal(set, LITERAL_EXACT, value, reading->fold);
    case PATH_PREFIX_ELEMENT:
        return language_literal(set, LITERAL_ELEMENTS, value, reading->fold);
    case PATH_PREFIX_STRING:
        return language_literal(set, LITERAL_STRING, value, reading->fold);
    case PATH_REGEX:
        return language_regex(set, value, reading, &fault);
    }
    return NULL;
}

static struct path_memo *memo_of(struct conversion *c, enum path_kind kind, struct slice value,
                                 const struct regex_reading *reading)
{
    const char marks[] = {(char)('0' + kind), (char)('0' + reading->dialect),
                          (char)('0' + reading->anchoring), (char)('0' + reading->fold)};
    (void)languages(c);
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){marks, sizeof marks});
    buf_put(&c->key, value);
    struct path_memo *memo = map_get(c->path_memo, buf_slice(&c->key));
    if (!memo) {
        memo = ARENA_NEW(c->arena, struct path_memo);
        memo->language = language_make(c, kind, value, reading);
        map_put(c->path_memo, arena_copy(c->arena, buf_slice(&c->key)), memo);
    }
    return memo;
}

static struct path_memo *memo_of_path(struct conversion *c, const struct path_match *path,
                                      struct slice value, bool fold)
{
    const struct regex_reading reading = {DIALECT_PCRE,
                                          path->whole ? ANCHORING_WHOLE : ANCHORING_START, fold};
    return memo_of(c, path->kind, value, &reading);
}

const struct language *path_language(struct conversion *c, const struct path_match *path)
{
    return memo_of_path(c, path, path->value, path->fold)->language;
}

bool path_form(struct conversion *c, const struct path_match *path, struct slice value, bool fold,
               struct literal_form *out)
{
    struct path_memo *memo = memo_of_path(c, path, value, fold);
    if (memo->language && !memo->asked) {
        struct language_set *set = languages(c);
        memo->formed = language_literal_form(set, memo->language, language_paths(set), &memo->form);
        memo->asked = true;
    }
    *out = memo->form;
    return memo->language && memo->formed == ANSWER_YES;
}

bool pattern_is_word(struct conversion *c, struct slice pattern, struct slice *word)
{
    const struct regex_reading reading = {DIALECT_PCRE, ANCHORING_WHOLE, false};
    const struct language *language = memo_of(c, PATH_REGEX, pattern, &reading)->language;
    struct literal_form form;
    if (!language || language_literal_form(languages(c), language, NULL, &form) != ANSWER_YES ||
        form.kind != LITERAL_EXACT || form.fold) {
        return false;
    }
    *word = form.text;
    return true;
}

/* ---- paths as they are written --------------------------------------------------------------- */

/* As those read an expression that want it to span the path; what is written means the same to the others. */
static const struct language *written_language(struct conversion *c,
                                               const struct draft_match *match)
{
    static const enum path_kind kinds[] = {PATH_REGEX, PATH_PREFIX_ELEMENT, PATH_EXACT};
    const struct regex_reading reading = {DIALECT_RE2, ANCHORING_WHOLE, false};
    return memo_of(c, kinds[match->rank], match->value, &reading)->language;
}

/* The answer to a question about two paths, which `ask` gives where it is new. */
static enum answer ask_pair(struct conversion *c, char what, const struct draft_match *a,
                            const struct draft_match *b,
                            enum answer (*ask)(struct language_set *set, const struct language *a,
                                               const struct language *b))
{
    const struct language *x = written_language(c, a), *y = written_language(c, b);
    if (!x || !y) {
        return ANSWER_GAVE_UP;
    }
    const struct language *const pair[] = {x, y};
    buf_clear(&c->key);
    buf_putc(&c->key, what);
    buf_put(&c->key, (struct slice){(const char *)pair, sizeof pair});
    uintptr_t known = (uintptr_t)map_get(c->pair_memo, buf_slice(&c->key));
    if (!known) {
        struct slice key;
        if (c->questions++ >= QUESTIONS_MAX) {
            return ANSWER_GAVE_UP;
        }
        key = arena_copy(c->arena, buf_slice(&c->key));
        known = (uintptr_t)ask(languages(c), x, y) + 1;
        map_put(c->pair_memo, key, (void *)known);
    }
    return (enum answer)(known - 1);
}

static enum answer meet(struct language_set *set, const struct language *a,
                        const struct language *b)
{
    struct slice word;
    return language_word(set, language_intersection(set, a, b), NULL, language_paths(set), &word);
}

static enum answer contain(struct language_set *set, const struct language *outer,
                           const struct language *inner)
{
    struct slice word;
    return language_contains(set, outer, inner, language_paths(set), &word);
}

bool paths_meet(struct conversion *c, const struct draft_match *a, const struct draft_match *b)
{
    return ask_pair(c, 'm', a, b, meet) != ANSWER_NO;
}

bool path_covers(struct conversion *c, const struct draft_match *outer,
                 const struct draft_match *inner)
{
    return ask_pair(c, 'c', outer, inner, contain) == ANSWER_YES;
}

/* ---- rules that are never reached ------------------------------------------------------------- */

/* Those of which no path is left; a byte for each rule. */
static const bool *shadows_ask(struct conversion *c, const struct rule_languages *rules)
{
    static const struct rule_languages nothing = {0};
    struct language_set *set = languages(c);
    struct language_cells cells;
    bool *hidden = ARENA_ARRAY(c->arena, bool, rules->count);
    if (language_classify(set, rules, &nothing, language_paths(set), c->arena, &cells) !=
        ANSWER_YES) {
        return hidden;
    }
    for (size_t i = 0; i < rules->count; i++) {
        hidden[i] = rules->items[i] != language_none(set);
    }
    for (size_t i = 0; i < cells.count; i++) {
        for (size_t j = 0; j < cells.items[i].a.count; j++) {
            hidden[cells.items[i].a.items[j]] = false;
        }
    }
    return hidden;
}

const bool *shadowed_rules(struct conversion *c, const struct rule *const *rules, size_t count)
{
    const struct language **items = ARENA_ARRAY(c->arena, const struct language *, count);
    bool *certain = ARENA_ARRAY(c->arena, bool, count);
    for (size_t i = 0; i < count; i++) {
        const struct match *match = &rules[i]->match;
        items[i] = path_language(c, &match->path);
        certain[i] = items[i] && !match->test_count && !match->method.len;
        items[i] = items[i] ? items[i] : language_none(languages(c));
    }
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){(const char *)items, count * sizeof *items});
    buf_put(&c->key, (struct slice){(const char *)certain, count * sizeof *certain});
    const bool *hidden = map_get(c->shadow_memo, buf_slice(&c->key));
    if (!hidden) {
        const struct rule_languages all = {.items = items, .certain = certain, .count = count};
        struct slice key = arena_copy(c->arena, buf_slice(&c->key));
        hidden = shadows_ask(c, &all);
        map_put(c->shadow_memo, key, (void *)(uintptr_t)hidden);
    }
    return hidden;
}

bool rules_meet(struct conversion *c, const struct rule *a, const struct rule *b)
{
    const struct language *x = path_language(c, &a->match.path),
                          *y = path_language(c, &b->match.path);
    return !x || !y || meet(languages(c), x, y) != ANSWER_NO;
}
