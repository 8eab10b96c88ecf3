#include "rollback/rollback_priv.h"

/* Oldest first, equal ones by "namespace/name" in reverse, as ingress-nginx sorts them. */
static int compare_members(const void *a, const void *b, void *user)
{
    const struct member *x = a, *y = b;
    const struct object *of_x = &x->ingress->object, *of_y = &y->ingress->object;
    int64_t created_x = of_x->has_created ? of_x->created : 0,
            created_y = of_y->has_created ? of_y->created : 0;
    (void)user;
    if (created_x != created_y) {
        return created_x < created_y ? -1 : 1;
    }
    return slice_compare(y->id, x->id);
}

/* ---- who shares a host --------------------------------------------------------------------- */

struct grouping {
    struct run *run;
    struct members *members;
    size_t *parents;   /* a forest of indices */
    struct map *first; /* "gateway\nhost" to member */
    bool canaries;     /* a canary and what it follows share a Service */
};

static size_t root_of(struct grouping *grouping, size_t index)
{
    while (grouping->parents[index] != index) {
        grouping->parents[index] = grouping->parents[grouping->parents[index]];
        index = grouping->parents[index];
    }
    return index;
}

static void join(struct grouping *grouping, size_t index, struct slice what, struct slice name)
{
    struct member *member = &grouping->members->items[index];
    struct slice key = ARENA_JOIN(grouping->run->arena, member->gateway, SLICE("\n"), what,
                                  SLICE("\n"), arena_lower(grouping->run->arena, name));
    const struct member *other = map_add(grouping->first, key, member);
    if (other) {
        size_t to = root_of(grouping, (size_t)(other - grouping->members->items));
        grouping->parents[root_of(grouping, index)] = to;
    }
}

static void join_backend(struct grouping *grouping, size_t index,
                         const struct ingress_backend *backend)
{
    if (grouping->canaries && backend->present) {
        const struct object *object = &grouping->members->items[index].ingress->object;
        join(grouping, index, SLICE("service"),
             ARENA_JOIN(grouping->run->arena, object->namespace, SLICE("/"), backend->service));
    }
}

static const char alias_name[] = "nginx.ingress.kubernetes.io/server-alias";
static const char canary_name[] = "nginx.ingress.kubernetes.io/canary";

static void join_member(struct grouping *grouping, size_t index)
{
    const struct ingress *ingress = grouping->members->items[index].ingress;
    const struct label *alias = labels_find(&ingress->object.annotations, alias_name);
    struct slice rest = alias ? alias->value : SLICE_ABSENT, part;
    while (slice_split(&rest, ',', &part)) {
        join(grouping, index, SLICE("host"), slice_trim(part));
    }
    for (size_t i = 0; i < ingress->tls_count; i++) {
        for (size_t h = 0; h < ingress->tls[i].host_count; h++) {
            join(grouping, index, SLICE("host"), ingress->tls[i].hosts[h]);
        }
    }
    for (size_t i = 0; i < ingress->rule_count; i++) {
        const struct ingress_rule *rule = &ingress->rules[i];
        join(grouping, index, SLICE("host"), rule->host);
        for (size_t p = 0; p < rule->path_count; p++) {
            join_backend(grouping, index, &rule->paths[p].backend);
        }
    }
    join_backend(grouping, index, &ingress->default_backend);
    if (ingress->default_backend.present) {
        join(grouping, index, SLICE("host"), SLICE(""));
    }
}

static void make_groups(struct run *run, struct members *members)
{
    struct grouping grouping = {.run = run,
                                .members = members,
                                .parents = ARENA_ARRAY(run->arena, size_t, members->count + 1),
                                .first = map_new(run->arena)};
    for (size_t i = 0; i < members->count; i++) {
        const struct labels *annotations = &members->items[i].ingress->object.annotations;
        grouping.parents[i] = i;
        grouping.canaries = grouping.canaries || labels_find(annotations, canary_name);
    }
    for (size_t i = 0; i < members->count; i++) {
        join_member(&grouping, i);
    }
    size_t *sizes = ARENA_ARRAY(run->arena, size_t, members->count + 1);
    for (size_t i = 0; i < members->count; i++) {
        size_t group = root_of(&grouping, i);
        members->items[i].group = group;
        members->items[i].place = sizes[group]++;
    }
}

void members_read(struct run *run, const struct kube *kube, const struct side_options *options,
                  struct members *out)
{
    struct run quiet = *run; /* what there is to say of claims was said when the side was built */
    struct ingress_claims claims;
    struct ingress_choice choice = options->choice;
    quiet.diag = diag_beside(run->diag);
    ingress_nginx_choose(&quiet, kube, &options->nginx, &choice);
    ingress_claim_all(&quiet, kube, &choice, &claims);
    *out = (struct members){.items = ARENA_ARRAY(run->arena, struct member, claims.count + 1),
                            .by_id = map_new(run->arena)};
    for (size_t i = 0; i < claims.count; i++) {
        const struct ingress_claim *claim = &claims.items[i];
        const struct object *object = &claim->ingress->object;
        if (claim->owner == INGRESS_OWNER_NGINX || claim->owner == INGRESS_OWNER_NEUTRAL) {
            out->items[out->count++] = (struct member){
                .ingress = claim->ingress,
                .gateway = claim->gateway,
                .id = ARENA_JOIN(run->arena, object->namespace, SLICE("/"), object->name)};
        }
    }
    sort_stable(run->arena, out->items, out->count, sizeof *out->items, compare_members, NULL);
    for (size_t i = 0; i < out->count; i++) {
        map_put(out->by_id, out->items[i].id, &out->items[i]);
    }
    make_groups(run, out);
}

/* ---- rounds ------------------------------------------------------------------------------- */

/* Of two with one creation time the controller takes the later name first, so the older one needs a round of its
 * own only where its name is the earlier one. */
void members_plan(struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->items[i];
        member->round = 0;
        for (size_t before = 0; before < i && member->chosen; before++) {
            const struct member *older = &members->items[before];
            if (!older->chosen || older->group != member->group) {
                continue;
            }
            size_t least = older->round + (slice_compare(older->id, member->id) < 0);
            member->round = least > member->round ? least : member->round;
        }
    }
}

void members_plan_singly(struct members *members)
{
    size_t round = 0;
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].chosen) {
            members->items[i].round = round++;
        }
    }
}
