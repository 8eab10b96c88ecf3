#include "language/walk_priv.h"

bool language_holds(struct language_set *set, const struct language *language, struct slice word)
{
    const struct expr *e = language_expr(set, language);
    enum before before = BEFORE_START;
    for (size_t i = 0; i < word.len && e->kind != EXPR_NONE && e->kind != EXPR_ALL; i++) {
        const struct row *row = expr_row(set, e, before);
        uint32_t state = row->targets[row->of[(unsigned char)word.ptr[i]]];
        e = state_expr(set, state);
        before = (enum before)(state % BEFORE_COUNT);
    }
    return expr_accepts(set, e, before);
}

/* Says whether there is more to look for; `word` goes to what is asked about. */
struct search {
    struct arena *arena;
    bool found;
    struct slice word;
};

static struct rule_languages one(const struct language *const *language,
                                 const struct path_view *view)
{
    return (struct rule_languages){.items = language, .count = 1, .view = view};
}

/* A domain that is a null pointer is none. */
static void open_walk(struct walk *walk, struct language_set *set, const struct rule_languages *a,
                      const struct rule_languages *b, const struct language *const *domain)
{
    walk_open(walk, set, a, b, *domain ? domain : NULL);
    walk->skip_dead = true;
}

/* ---- one language -------------------------------------------------------------------------- */

static bool visit_word(struct walk *walk, uint32_t place, void *user)
{
    struct search *search = user;
    if (walk_matches(walk, SIDE_A, place)->count && walk_in_domain(walk, place)) {
        search->found = true;
        search->word = walk_word(walk, search->arena, place);
    }
    return !search->found;
}

enum answer language_word(struct language_set *set, const struct language *language,
                          const struct path_view *view, const struct language *domain,
                          struct slice *word)
{
    struct walk walk;
    struct search search = {.arena = set->arena};
    const struct rule_languages a = one(&language, view);
    open_walk(&walk, set, &a, NULL, &domain);
    bool whole = walk_run(&walk, visit_word, &search);
    walk_close(&walk);
    if (search.found && !set->full) {
        *word = search.word;
        return ANSWER_YES;
    }
    return whole ? ANSWER_NO : ANSWER_GAVE_UP;
}

/* ---- two languages ------------------------------------------------------------------------- */

struct pair_search {
    struct arena *arena;
    struct relation *out;
    bool need_a, need_b, need_both; /* what has to be found before the walk ends */
};

static void find(struct walk *walk, uint32_t place, struct arena *arena, bool *found,
                 struct slice *word)
{
    if (!*found) {
        *found = true;
        *word = walk_word(walk, arena, place);
    }
}

static bool visit_pair(struct walk *walk, uint32_t place, void *user)
{
    struct pair_search *search = user;
    struct relation *out = search->out;
    bool a = walk_matches(walk, SIDE_A, place)->count > 0;
    bool b = walk_matches(walk, SIDE_B, place)->count > 0;
    if ((a || b) && walk_in_domain(walk, place)) {
        if (a && b) {
            find(walk, place, search->arena, &out->both, &out->word_both);
        } else if (a) {
            find(walk, place, search->arena, &out->only_a, &out->word_a);
        } else {
            find(walk, place, search->arena, &out->only_b, &out->word_b);
        }
    }
    return !((out->only_a || !search->need_a) && (out->only_b || !search->need_b) &&
             (out->both || !search->need_both));
}

static bool run_pair(struct language_set *set, const struct language *a, const struct language *b,
                     const struct language *domain, struct pair_search *search)
{
    struct walk walk;
    const struct rule_languages first = one(&a, NULL), second = one(&b, NULL);
    *search->out = (struct relation){0};
    open_walk(&walk, set, &first, &second, &domain);
    bool whole = walk_run(&walk, visit_pair, search);
    walk_close(&walk);
    return whole;
}

enum answer language_relation(struct language_set *set, const struct language *a,
                              const struct language *b, const struct language *domain,
                              struct relation *out)
{
    struct pair_search search = {set->arena, out, true, true, true};
    if (!run_pair(set, a, b, domain, &search)) {
        return ANSWER_GAVE_UP;
    }
    return out->only_a || out->only_b ? ANSWER_NO : ANSWER_YES;
}

enum answer language_contains(struct language_set *set, const struct language *outer,
                              const struct language *inner, const struct language *domain,
                              struct slice *word)
{
    struct relation relation = {0};
    struct pair_search search = {set->arena, &relation, true, false, false};
    bool whole = run_pair(set, inner, outer, domain, &search);
    if (relation.only_a && !set->full) {
        *word = relation.word_a;
        return ANSWER_NO;
    }
    return whole ? ANSWER_YES : ANSWER_GAVE_UP;
}

/* ---- literals ------------------------------------------------------------------------------ */

static bool visit_difference(struct walk *walk, uint32_t place, void *user)
{
    bool *differs = user;
    bool a = walk_matches(walk, SIDE_A, place)->count > 0;
    bool b = walk_matches(walk, SIDE_B, place)->count > 0;
    *differs = a != b && walk_in_domain(walk, place);
    return !*differs;
}

static enum answer is_equal(struct language_set *set, const struct language *a,
                            const struct language *b, const struct language *domain)
{
    struct walk walk;
    bool differs = false;
    const struct rule_languages first = one(&a, NULL), second = one(&b, NULL);
    open_walk(&walk, set, &first, &second, &domain);
    bool whole = walk_run(&walk, visit_difference, &differs);
    walk_close(&walk);
    if (differs && !set->full) {
        return ANSWER_NO;
    }
    return whole ? ANSWER_YES : ANSWER_GAVE_UP;
}

/* The shortest word of a literal is its text: no other text comes into question. */
enum answer language_literal_form(struct language_set *set, const struct language *language,
                                  const struct language *domain, struct literal_form *out)
{
    struct slice word;
    enum answer answer = language_word(set, language, NULL, domain, &word);
    if (answer != ANSWER_YES) {
        return answer;
    }
    answer = ANSWER_NO;
    for (int fold = 0; fold <= 1; fold++) {
        for (int kind = LITERAL_EXACT; kind <= LITERAL_STRING; kind++) {
            const struct literal_form form = {(enum literal_kind)kind, word, fold};
            const struct language *literal = language_literal(set, form.kind, word, form.fold);
            enum answer equal = is_equal(set, language, literal, domain);
            if (equal == ANSWER_YES) {
                *out = form;
                return ANSWER_YES;
            }
            answer = equal == ANSWER_GAVE_UP ? equal : answer;
        }
    }
    return answer;
}
