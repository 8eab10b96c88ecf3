#include "convert/policy_priv.h"

/* ---- rules ---------------------------------------------------------------------------------- */

/* Drafts that do the same: one rule with several matches. */
struct written_rule {
    const struct draft **drafts;
    size_t count, capacity;
};
struct written_rules {
    struct written_rule *items;
    size_t count, capacity;
};

/* Two different matches of this kind that rank equally never meet. */
static bool is_plain(const struct draft *draft)
{
    const struct draft_match *match = &draft->match;
    return match->rank != RANK_REGEX && !match->test_count && !match->method.len;
}

static bool takes_more(const struct written_rule *rule)
{
    return rule->count < RULE_MATCHES_MAX && !rule->drafts[0]->replaces_prefix;
}

static struct slice behaviour_key(const struct draft *draft)
{
    return (struct slice){(const char *)&draft->behaviour, sizeof(const struct behaviour *)};
}

/* The rule that a draft can join; null when there is none. The order of rules only counts for
 * matches that rank equally, so plain ones may join any. */
static struct written_rule *rule_to_join(struct written_rules *rules, const struct map *latest,
                                         const struct draft *draft)
{
    size_t at = 0; /* one more than the index of the last rule that does the same */
    if (latest) {
        at = (uintptr_t)map_get(latest, behaviour_key(draft));
    } else {
        for (at = rules->count; at > 0; at--) {
            if (rules->items[at - 1].drafts[0]->behaviour == draft->behaviour) {
                break;
            }
        }
    }
    bool joins = at && (is_plain(draft) || at == rules->count) && !draft->replaces_prefix &&
                 takes_more(&rules->items[at - 1]);
    return joins ? &rules->items[at - 1] : NULL;
}

static void rules_merge(struct conversion *c, const struct route_group *group,
                        struct written_rules *out)
{
    struct map *latest = group->rule_count > RULES_MAX ? map_new(c->brief) : NULL;
    for (size_t i = 0; i < group->rule_count; i++) {
        const struct draft *draft = &group->rules[i];
        struct written_rule *rule = rule_to_join(out, latest, draft);
        if (!rule) {
            rule = ARENA_PUSH(c->brief, out->items, out->count, out->capacity);
            if (latest) {
                map_put(latest, behaviour_key(draft), (void *)out->count);
            }
        }
        *ARENA_PUSH(c->brief, rule->drafts, rule->count, rule->capacity) = draft;
    }
}

/* ---- text: routes are most of what is written, so they are not made as trees first ----------- */

static void put_field(size_t indent, const char *key, struct slice text, struct buf *out)
{
    const struct node value = {.kind = NODE_STRING, .text = text};
    document_write_pair(slice_of(key), &value, indent, out);
}

/* Makes an item of a list of what was written from `start` on, where the fields of the item stand at `indent`. */
static void put_dash(size_t start, size_t indent, struct buf *out)
{
    if (!out->failed) {
        out->ptr[start + indent - 2] = '-';
    }
}

/* An item of `matches`. */
static void put_match(const struct draft_match *match, struct buf *out)
{
    enum { INDENT = RULE_INDENT + 2 };
    static const struct slice types[] = {
        {"RegularExpression", 17}, {"PathPrefix", 10}, {"Exact", 5}};
    buf_puts(out, "    - path:\n");
    put_field(INDENT + 2, "type", types[match->rank], out);
    put_field(INDENT + 2, "value", match->value, out);
    if (match->headers) {
        document_write_pair(SLICE("headers"), match->headers, INDENT, out);
    }
    if (match->queries) {
        document_write_pair(SLICE("queryParams"), match->queries, INDENT, out);
    }
    if (match->method.len) {
        put_field(INDENT, "method", match->method, out);
    }
}

/* An item of `rules`. */
static void put_rule(const struct written_rule *rule, struct buf *out)
{
    const struct draft *first = rule->drafts[0];
    bool all = rule->count == 1 && is_plain(first) && first->match.rank == RANK_PREFIX &&
               slice_is(first->match.value, "/");
    size_t start = out->len;
    if (!all || !first->to_https) { /* a redirect of everything says so without a match */
        buf_puts(out, "    matches:\n");
        for (size_t i = 0; i < rule->count; i++) {
            put_match(&rule->drafts[i]->match, out);
        }
    }
    buf_put(out, first->behaviour->yaml);
    if (out->len == start) { /* neither match nor backend: every field has its default */
        buf_puts(out, "    backendRefs: []\n");
    }
    put_dash(start, RULE_INDENT, out);
}

/* ---- parentRefs ----------------------------------------------------------------------------- */

struct parent {
    const struct set_plan *set; /* null: the Gateway */
    struct slice namespace, name;
    struct slice section; /* absent: all listeners */
};
struct parents {
    struct parent *items;
    size_t count, capacity;
};

static struct listener_plan *plain_listener(struct conversion *c, struct plane *plane,
                                            size_t gateway, uint16_t port)
{
    for (size_t i = 0; i < plane->plain_count; i++) {
        if (plane->plain[i]->gateway == gateway && plane->plain[i]->port == port) {
            return plane->plain[i];
        }
    }
    struct listener_plan *listener = ARENA_NEW(c->arena, struct listener_plan);
    *listener = (struct listener_plan){
        .name = port == 80 ? SLICE("http") : arena_printf(c->arena, "http-%u", (unsigned)port),
        .port = port,
        .gateway = gateway,
        .namespaces = map_new(c->arena)};
    *ARENA_PUSH(c->arena, plane->plain, plane->plain_count, plane->plain_capacity) = listener;
    return listener;
}

static void parent_add(struct conversion *c, struct parents *parents, const struct parent *parent)
{
    for (size_t i = 0; i < parents->count; i++) {
        const struct parent *other = &parents->items[i];
        if (other->set == parent->set && slice_equal(other->name, parent->name) &&
            slice_equal(other->namespace, parent->namespace) &&
            slice_equal(other->section, parent->section)) {
            return;
        }
    }
    *ARENA_PUSH(c->brief, parents->items, parents->count, parents->capacity) = *parent;
}

static void attach(struct conversion *c, const struct route_group *group, const struct plane *plane,
                   struct listener_plan *listener, struct parents *out)
{
    const struct set_plan *set = listener->set;
    const struct parent parent = {.set = set,
                                  .namespace = set ? set->namespace : plane->namespace,
                                  .name = set ? set->name : plane->gateway_names[listener->gateway],
                                  .section = group->explicit ? listener->name : SLICE_ABSENT};
    map_put(listener->namespaces, group->origin.namespace, listener);
    parent_add(c, out, &parent);
}

static void unit_attach(struct conversion *c, const struct route_group *group, struct plane *plane,
                        const struct unit *unit, size_t gateway, struct parents *out)
{
    if (unit->http && group->role != ROLE_HTTPS) {
        attach(c, group, plane, plain_listener(c, plane, gateway, unit->http->port), out);
    }
    if (!unit->secure || plane != group->plane || unit->secure->gateway != gateway) {
        return;
    }
    if (group->role == ROLE_MAIN || group->role == ROLE_HTTPS) {
        attach(c, group, plane, unit->secure, out);
    } else if (group->role == ROLE_REDIRECT) {
        /* Where it leads to is served also when the host has no paths, and answers 404. */
        map_put(unit->secure->namespaces, group->origin.namespace, unit->secure);
    }
}

/* What holds for every host has to hold at every address of its data plane. */
static void everywhere_attach(struct conversion *c, const struct route_group *group,
                              const struct unit *unit, struct parents *out)
{
    for (size_t i = 0; i < c->plane_count; i++) {
        struct plane *plane = c->planes[i];
        for (size_t g = 0; planes_are_siblings(plane, group->plane) && g < plane->gateway_count;
             g++) {
            unit_attach(c, group, plane, unit, g, out);
        }
    }
}

static void parents_of(struct conversion *c, const struct route_group *group, size_t from,
                       size_t to, struct parents *out)
{
    for (size_t i = from; i < to; i++) {
        const struct unit *unit = group->units[i];
        if (unit->hostname.ptr) {
            unit_attach(c, group, group->plane, unit, unit->gateway, out);
        } else {
            everywhere_attach(c, group, unit, out);
        }
    }
}

static void put_parents(const struct route_group *group, const struct parent *parents, size_t count,
                        struct buf *out)
{
    enum { INDENT = 4 };
    buf_puts(out, count ? "  parentRefs:\n" : "  parentRefs: []\n");
    for (size_t i = 0; i < count; i++) {
        const struct parent *parent = &parents[i];
        const size_t start = out->len;
        if (parent->set) {
            put_field(INDENT, "kind", SLICE("ListenerSet"), out);
        }
        put_field(INDENT, "name", parent->name, out);
        if (parent->namespace.len && !slice_equal(parent->namespace, group->origin.namespace)) {
            put_field(INDENT, "namespace", parent->namespace, out);
        }
        if (parent->section.ptr) {
            put_field(INDENT, "sectionName", parent->section, out);
        }
        put_dash(start, INDENT, out);
    }
}

/* ---- routes --------------------------------------------------------------------------------- */

/* One HTTPRoute: some hosts, some rules, some parents of a group. */
struct span_of {
    size_t from, to;
};
struct route_parts {
    struct span_of units, rules, parents;
};

static struct node *hostnames_node(struct conversion *c, const struct route_group *group,
                                   const struct route_parts *at)
{
    struct node *hostnames = node_list(c->nodes);
    for (size_t i = at->units.from; i < at->units.to; i++) {
        if (group->units[i]->hostname.ptr) {
            node_add(c->nodes, hostnames, node_string(c->nodes, group->units[i]->hostname));
        }
    }
    return hostnames;
}

static void route_write(struct conversion *c, const struct route_group *group,
                        const struct written_rules *rules, const struct parents *parents,
                        const struct route_parts *at, size_t *number)
{
    struct slice name = group->name;
    if (++*number > 1) {
        struct slice wanted =
            arena_printf(c->arena, SLICE_FMT "-%zu", SLICE_ARG(group->name), *number);
        name = name_claim(c->arena, names_in(c, group->origin.namespace), wanted, wanted,
                          ROUTE_NAME_MAX);
    }
    struct node *object =
        object_node(c, "gateway.networking.k8s.io/v1", "HTTPRoute", group->origin.namespace, name,
                    group->origin.kind.len ? origin_subject(c, &group->origin) : SLICE_ABSENT);
    labels_copy(c, object, &group->origin);
    annotations_copy(c, object, &group->origin);
    const struct node *hostnames = hostnames_node(c, group, at);
    buf_clear(&c->text);
    document_write_yaml(object, &c->text);
    buf_puts(&c->text, "spec:\n");
    put_parents(group, parents->items + at->parents.from, at->parents.to - at->parents.from,
                &c->text);
    if (hostnames->count) {
        document_write_pair(SLICE("hostnames"), hostnames, 2, &c->text);
    }
    buf_puts(&c->text, "  rules:\n");
    for (size_t i = at->rules.from; i < at->rules.to; i++) {
        put_rule(&rules->items[i], &c->text);
    }
    object_add(c, "HTTPRoute", group->origin.namespace, name);
    c->out->routes++;
    policies_write(c, group, name);
    for (size_t i = at->rules.from; i < at->rules.to; i++) {
        const struct rule_place place = {group->origin.namespace, name, i - at->rules.from};
        rule_policies_note(c, group->plane, group->units[at->units.from]->gateway,
                           rules->items[i].drafts[0], &place);
    }
}

/* Would only the order of rules decide between the two? Between routes it would be their age. */
static bool is_tie(const struct written_rule *a, const struct written_rule *b)
{
    const struct draft *x = a->drafts[a->count - 1], *y = b->drafts[0];
    return !is_plain(x) && !is_plain(y) && x->match.key == y->match.key;
}

/* The end of the rules that fit into one route from `from` on. */
static size_t rules_end(struct conversion *c, const struct written_rules *rules, size_t from)
{
    size_t end = from, matches = 0;
    while (end < rules->count && end - from < RULES_MAX &&
           matches + rules->items[end].count <= ROUTE_MATCHES_MAX) {
        matches += rules->items[end++].count;
    }
    if (end == rules->count) {
        return end;
    }
    size_t cut = end;
    while (cut > from && is_tie(&rules->items[cut - 1], &rules->items[cut])) {
        cut--;
    }
    if (cut > from) {
        return cut;
    }
    say_rule(c, DIAG_C019, rules->items[from].drafts[0]->rule,
             "more than %d rules of equal rank are spread over several HTTPRoutes: which wins is "
             "decided by the age and name of the routes",
             RULES_MAX);
    return end;
}

static void routes_write(struct conversion *c, const struct route_group *group)
{
    struct written_rules rules = {0};
    size_t number = 0;
    rules_merge(c, group, &rules);
    for (size_t host = 0; host < group->unit_count; host += HOSTNAMES_MAX) {
        struct route_parts at = {.units = {host, host + HOSTNAMES_MAX}};
        if (at.units.to > group->unit_count) {
            at.units.to = group->unit_count;
        }
        struct parents parents = {0};
        parents_of(c, group, at.units.from, at.units.to, &parents);
        for (size_t parent = 0; parent < parents.count; parent += PARENTS_MAX) {
            at.parents = (struct span_of){parent, parent + PARENTS_MAX};
            if (at.parents.to > parents.count) {
                at.parents.to = parents.count;
            }
            for (size_t rule = 0; rule < rules.count; rule = at.rules.to) {
                at.rules = (struct span_of){rule, rules_end(c, &rules, rule)};
                route_write(c, group, &rules, &parents, &at, &number);
            }
        }
    }
    arena_clear(c->brief);
}

void groups_write(struct conversion *c)
{
    for (size_t i = 0; i < c->group_count; i++) {
        group_ahead(c, i);
        routes_write(c, c->groups[i]);
    }
}
