#include "compare/compare_priv.h"

/* Sides are compared as they are evaluated: every expression by PCRE2, with `whole` or else at the start
 * of the path. Where a target reads an expression otherwise, that is validate's and convert's business. */
static const struct language *regex_paths(struct language_set *set, const struct path_match *path,
                                          struct language_fault *fault)
{
    const struct regex_reading reading = {.dialect = DIALECT_PCRE,
                                          .anchoring =
                                              path->whole ? ANCHORING_WHOLE : ANCHORING_START,
                                          .fold = path->fold};
    return language_regex(set, path->value, &reading, fault);
}

/* Null, and *fault, where they cannot be told. */
static const struct language *paths_of(struct language_set *set, const struct path_match *path,
                                       struct language_fault *fault)
{
    switch (path->kind) {
    case PATH_ANY:
        return language_all(set);
    case PATH_EXACT:
        return language_literal(set, LITERAL_EXACT, path->value, path->fold);
    case PATH_PREFIX_ELEMENT:
        return language_literal(set, LITERAL_ELEMENTS, path->value, path->fold);
    case PATH_PREFIX_STRING:
        return language_literal(set, LITERAL_STRING, path->value, path->fold);
    case PATH_REGEX:
        if (path->regex) {
            return regex_paths(set, path, fault);
        }
        fault->text = SLICE("it is no regular expression");
        return NULL;
    }
    return NULL;
}

static size_t count_rules(const struct rule_list *list)
{
    size_t count = 0;
    for (; list; list = list->next) {
        count += list->count;
    }
    return count;
}

static void add_rule(struct run *run, struct language_set *set, const struct rule *rule,
                     struct side_rules *out)
{
    struct language_fault fault = {0};
    const struct language *paths = paths_of(set, &rule->match.path, &fault);
    if (!paths) {
        if (!out->opaque) {
            out->reason =
                arena_printf(run->arena,
                             "the paths of '" SLICE_FMT "' (" SLICE_FMT " " SLICE_FMT "/" SLICE_FMT
                             ") cannot be told: " SLICE_FMT,
                             SLICE_ARG(rule->match.path.value), SLICE_ARG(rule->origin.kind),
                             SLICE_ARG(rule->origin.namespace), SLICE_ARG(rule->origin.name),
                             SLICE_ARG(fault.text));
        }
        out->opaque = true;
        paths = language_none(set);
    }
    out->items[out->count] = rule;
    out->paths[out->count] = paths;
    out->certain[out->count] = !rule->match.method.ptr && !rule->match.test_count;
    out->count++;
}

void side_rules_make(struct run *run, struct arena *arena, struct language_set *set,
                     const struct route_table *table, const struct entry *entry,
                     struct side_rules *out)
{
    const struct rule_list *list = entry ? entry->rules : NULL;
    size_t count = count_rules(list);
    *out = (struct side_rules){.entry = entry,
                               .items = ARENA_ARRAY(arena, const struct rule *, count + 1),
                               .paths = ARENA_ARRAY(arena, const struct language *, count + 1),
                               .certain = ARENA_ARRAY(arena, bool, count + 1),
                               .view = path_view_of(&table->view.match_form)};
    out->view.answers_slashes = table->view.escaped_slash_status != 0;
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            add_rule(run, set, &list->rules[i], out);
        }
    }
}
