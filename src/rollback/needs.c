#include "rollback/rollback_priv.h"

static void need(struct run *run, struct map *needs, const char *kind, struct slice namespace,
                 struct slice name)
{
    if (name.len) {
        map_add(needs,
                ARENA_JOIN(run->arena, slice_of(kind), SLICE(" "), namespace, SLICE("/"), name),
                needs);
    }
}

static void need_all(struct run *run, struct map *needs, const struct ingress *ingress)
{
    struct slice namespace = ingress->object.namespace;
    need(run, needs, "Service", namespace, ingress->default_backend.service);
    for (size_t i = 0; i < ingress->tls_count; i++) {
        need(run, needs, "Secret", namespace, ingress->tls[i].secret);
    }
    for (size_t i = 0; i < ingress->rule_count; i++) {
        for (size_t p = 0; p < ingress->rules[i].path_count; p++) {
            need(run, needs, "Service", namespace, ingress->rules[i].paths[p].backend.service);
        }
    }
}

static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void rollback_needs(struct run *run, const struct members *members, struct rollback *out)
{
    struct map *needs = map_new(run->arena);
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].chosen) {
            need_all(run, needs, members->items[i].ingress);
        }
    }
    out->needs.items = ARENA_ARRAY(run->arena, struct slice, map_count(needs) + 1);
    for (const struct map_entry *at = map_first(needs); at; at = map_next(at)) {
        out->needs.items[out->needs.count++] = map_key(at);
    }
    sort_stable(run->arena, out->needs.items, out->needs.count, sizeof *out->needs.items,
                compare_names, NULL);
}
