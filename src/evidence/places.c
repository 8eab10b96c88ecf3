#include "evidence/evidence.h"

/* Addresses are keys: the bytes of the pointer. */
static struct slice address_key(const void *const *at)
{
    return (struct slice){(const char *)at, sizeof *at};
}

static struct slice kept_key(struct arena *arena, const void *address)
{
    const void **at = ARENA_NEW(arena, const void *);
    *at = address;
    return address_key(at);
}

const struct evidence_place *evidence_place_of(const struct evidence_places *places,
                                               const struct rule *rule)
{
    const void *address = rule;
    return rule && places->by_rule ? map_get(places->by_rule, address_key(&address)) : NULL;
}

struct slice evidence_place_text(struct arena *arena, const struct entry *entry,
                                 const struct rule *rule)
{
    const struct origin *origin = &rule->origin;
    const struct path_match *path = &rule->match.path;
    struct slice host = entry->host.name.len ? entry->host.name : SLICE("*");
    return ARENA_JOIN(arena, origin->kind, SLICE(" "), origin->namespace, SLICE("/"), origin->name,
                      SLICE(" "), origin->field, SLICE(" ("), host,
                      path->kind == PATH_ANY ? SLICE("/") : path->value, SLICE(")"));
}

/* The first rule of a place names it; rules of other hosts and listeners from there belong to it. */
static void add_rule(struct run *run, struct evidence_places *places, const struct entry *entry,
                     const struct rule *rule)
{
    struct arena *arena = run->arena;
    const struct origin *origin = &rule->origin;
    if (!origin->name.len || rule->implied) {
        return;
    }
    struct slice key = ARENA_JOIN(arena, origin->kind, SLICE("\n"), origin->namespace, SLICE("/"),
                                  origin->name, SLICE("\n"), origin->field);
    struct evidence_place *place = map_get(places->by_field, key);
    if (!place) {
        place = ARENA_NEW(arena, struct evidence_place);
        *place = (struct evidence_place){.text = evidence_place_text(arena, entry, rule),
                                         .origin = origin};
        map_put(places->by_field, key, place);
        *ARENA_PUSH(arena, places->items, places->count, places->capacity) = place;
    }
    map_put(places->by_rule, kept_key(arena, rule), place);
}

void evidence_places_read(struct run *run, const struct route_table *table,
                          struct evidence_places *out)
{
    struct map *seen = map_new(run->arena);
    *out =
        (struct evidence_places){.by_field = map_new(run->arena), .by_rule = map_new(run->arena)};
    for (size_t i = 0; i < table->entry_count; i++) {
        for (const struct rule_list *list = table->entries[i].rules; list; list = list->next) {
            if (map_put(seen, kept_key(run->arena, list), out)) {
                break; /* what follows is shared as well */
            }
            for (size_t r = 0; r < list->count; r++) {
                add_rule(run, out, &table->entries[i], &list->rules[r]);
            }
        }
    }
}
