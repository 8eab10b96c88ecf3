#include "compare/compare_priv.h"

static bool header_equal(const struct seen_header *a, const struct seen_header *b)
{
    /* A value that is not known is compared by its presence. */
    return (!a->known || !b->known || slice_equal(a->value, b->value)) &&
           a->only_good == b->only_good;
}

static bool has_name(const struct texts *names, struct slice name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (slice_equal_fold(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool absent_differs(const struct seen_headers *other, struct slice name)
{
    return !has_name(&other->absent, name) && !seen_find(other, name);
}

bool header_walk_next(struct header_walk *walk, struct slice *name)
{
    const struct seen_headers *a = walk->before, *b = walk->after;
    size_t absent = walk->removed ? a->absent.count + b->absent.count : 0;
    while (walk->at < a->count + b->count + absent) {
        size_t at = walk->at++;
        bool differs;
        if (at < a->count) {
            const struct seen_header *x = &a->items[at];
            const struct seen_header *y = at < b->count && slice_equal(b->items[at].name, x->name)
                                              ? &b->items[at]
                                              : seen_find(b, x->name);
            *name = x->name;
            differs = !y || !header_equal(x, y);
        } else if (at - a->count < b->count) {
            *name = b->items[at - a->count].name;
            differs = !seen_find(a, *name);
        } else if (at - a->count - b->count < a->absent.count) {
            *name = a->absent.items[at - a->count - b->count];
            differs = absent_differs(b, *name);
        } else {
            *name = b->absent.items[at - a->count - b->count - a->absent.count];
            differs = absent_differs(a, *name);
        }
        if (differs) {
            return true;
        }
    }
    return false;
}

const struct seen_headers *outcome_headers(const struct outcome *outcome, bool response)
{
    static const struct seen_headers none = {0};
    if (outcome->kind == OUTCOME_FORWARD && outcome->backend_count) {
        return response ? &outcome->backends[0].response : &outcome->backends[0].request;
    }
    return response ? &outcome->response : &none;
}

static bool edits_name(const struct route_header_edits *edits, struct slice name)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        if (slice_equal_fold(edits->edits.items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* True when the rule or one of its backends has a word on the header. */
static bool rule_names(const struct outcome *outcome, struct slice name, bool response)
{
    const struct rule *rule = outcome->rule;
    if (!rule) {
        return false;
    }
    if (edits_name(response ? rule->effects.response_headers : rule->effects.request_headers,
                   name)) {
        return true;
    }
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct effects *effects = rule->backends[i].effects;
        if (effects &&
            edits_name(response ? effects->response_headers : effects->request_headers, name)) {
            return true;
        }
    }
    return false;
}

bool header_is_ruled(const struct sides *sides, const struct outcome *before,
                     const struct outcome *after, struct slice name, bool response)
{
    bool rules[] = {!outcome_is_unwritten(before), !outcome_is_unwritten(after)};
    if (rules[0] && rules[1] && has_name(&sides->ruled[response], name)) {
        return true;
    }
    return (rules[0] || rules[1]) &&
           (rule_names(before, name, response) || rule_names(after, name, response));
}

/* ---- names that rules have a word on ------------------------------------------------------ */

struct ruled_names {
    struct arena *arena;
    const struct effects *platform; /* of the side at hand */
    struct map *seen;
    struct texts *names;
    size_t capacity;
};

/* What the data plane edits anyway is its own, also where a rule adds to it. */
static void add_edits(struct ruled_names *ruled, const struct route_header_edits *edits,
                      bool response)
{
    const struct route_header_edits *own =
        response ? ruled->platform->response_headers : ruled->platform->request_headers;
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        struct slice name = arena_lower(ruled->arena, edits->edits.items[i].name);
        if (!edits_name(own, name) && !map_put(ruled->seen, name, ruled)) {
            *ARENA_PUSH(ruled->arena, ruled->names->items, ruled->names->count, ruled->capacity) =
                name;
        }
    }
}

static void add_rule(struct ruled_names *ruled, const struct rule *rule, bool response)
{
    const struct effects *effects = &rule->effects;
    add_edits(ruled, response ? effects->response_headers : effects->request_headers, response);
    for (size_t i = 0; i < rule->backend_count; i++) {
        effects = rule->backends[i].effects;
        if (effects) {
            add_edits(ruled, response ? effects->response_headers : effects->request_headers,
                      response);
        }
    }
}

void headers_ruled(struct arena *arena, const struct route_table *before,
                   const struct route_table *after, struct texts out[2])
{
    const struct route_table *const tables[] = {before, after};
    for (int response = 0; response < 2; response++) {
        struct ruled_names ruled = {
            .arena = arena, .seen = map_new(arena), .names = &out[response]};
        for (size_t e = 0; e < before->entry_count + after->entry_count; e++) {
            bool first = e < before->entry_count;
            const struct entry *entry =
                &tables[!first]->entries[first ? e : e - before->entry_count];
            ruled.platform = &tables[!first]->platform;
            for (const struct rule_list *list = entry->rules; list; list = list->next) {
                for (size_t i = 0; i < list->count; i++) {
                    add_rule(&ruled, &list->rules[i], response);
                }
            }
        }
    }
}

int header_effect(const struct outcome *before, const struct outcome *after, struct slice name)
{
    struct slice cors = SLICE("access-control-");
    if ((before->effects.cors || after->effects.cors) &&
        slice_equal_fold(slice_sub(name, 0, cors.len), cors)) {
        return EFFECT_cors;
    }
    /* the cookie that keeps a client at its endpoint */
    bool kept = before->effects.affinity || after->effects.affinity;
    return kept && slice_equal_fold(name, SLICE("set-cookie")) ? EFFECT_affinity : -1;
}
