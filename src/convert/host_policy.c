#include "convert/host_policy_priv.h"

struct host_policy {
    const struct policy_kind *kind;
    size_t gateway;
    const struct plane *plane;
    struct node *spec; /* in c->arena */
    struct policy_places places;
    size_t host_capacity, rule_capacity;
    struct origin origin; /* the first that asked for it */
};
/* What a draft asked for, in their order. */
struct host_need {
    const struct policy_kind *kind;
    const struct node *spec; /* in c->arena */
    struct host_need *next;
};

/* An earlier one takes all its requests. */
static bool is_reached(const struct unit *unit, const struct rule *rule)
{
    for (const struct rule_list *list = unit->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct match *match = &list->rules[i].match;
            if (&list->rules[i] == rule) {
                return true;
            }
            if (!match->test_count && !match->method.len &&
                match->path.kind == rule->match.path.kind &&
                match->path.fold == rule->match.path.fold &&
                slice_equal(match->path.value, rule->match.path.value)) {
                return false;
            }
        }
    }
    return true;
}

static bool all_alike(const struct unit *unit, enum effect_id id, const void *effect)
{
    for (const struct rule_list *list = unit->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct rule *rule = &list->rules[i];
            if (rule->backend_count && !effect_equal(id, effect_get(&rule->effects, id), effect) &&
                is_reached(unit, rule)) {
                return false;
            }
        }
    }
    return true;
}

/* What is written for a wildcard, or for every host, holds for the hosts below as well, which have rules of their own. */
static bool reaches(const struct unit *unit, const struct unit *other)
{
    const struct host_pattern below = {.kind = HOST_SUFFIX, .name = unit->hostname};
    return !unit->hostname.ptr || (unit->host->kind != HOST_EXACT && other->hostname.ptr &&
                                   host_pattern_covers(&below, other->host));
}

bool host_policy_fits(struct emission *e, enum effect_id id)
{
    const struct conversion *c = e->c;
    const void *effect = effect_get(&e->rule->effects, id);
    bool wide = c->unit->host->kind != HOST_EXACT;
    for (size_t i = 0; wide && i < c->plane->unit_count; i++) {
        const struct unit *other = c->plane->units[i];
        if (other != c->unit && reaches(c->unit, other) && !all_alike(other, id, effect)) {
            return false;
        }
    }
    return all_alike(c->unit, id, effect) && !c->options->gateway_name.len;
}

/* A catch-all host is served by all Gateways, and each has objects of its own. */
bool host_policy_by_rule(const struct emission *e)
{
    const struct conversion *c = e->c;
    bool one = c->plane_count == 1 && c->plane->gateway_count == 1;
    return (c->unit->hostname.ptr || one) && !c->options->gateway_name.len;
}

void host_policy_add(struct emission *e, size_t index, struct node *spec)
{
    struct host_need **end = &e->draft->needs, *need = ARENA_NEW(e->c->arena, struct host_need);
    *need = (struct host_need){.kind = &e->c->options->target->vendor->kinds[index],
                               .spec = node_copy(e->c->arena, spec)};
    while (*end) {
        end = &(*end)->next;
    }
    *end = need;
}

/* Equal ones of a Gateway are one. */
static struct host_policy *policy_of(struct conversion *c, const struct policy_kind *kind,
                                     const struct plane *plane, size_t gateway,
                                     const struct node *spec, const struct origin *origin)
{
    const size_t numbers[] = {(size_t)(kind - c->options->target->vendor->kinds), gateway};
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    document_write_yaml(spec, &text);
    struct slice key = ARENA_JOIN(c->arena, (struct slice){(const char *)numbers, sizeof numbers},
                                  plane->gateway, SLICE("\n"), buf_slice(&text));
    buf_release(&text);
    struct host_policy *policy = map_get(c->host_policies, key);
    if (!policy) {
        policy = ARENA_NEW(c->arena, struct host_policy);
        *policy = (struct host_policy){.kind = kind,
                                       .gateway = gateway,
                                       .plane = plane,
                                       .spec = node_copy(c->arena, spec),
                                       .origin = *origin};
        map_put(c->host_policies, key, policy);
    }
    return policy;
}

void host_policies_need(struct conversion *c, const struct draft *draft)
{
    struct slice host = c->unit->hostname;
    for (const struct host_need *need = draft->needs; need; need = need->next) {
        struct host_policy *policy =
            policy_of(c, need->kind, c->plane, c->unit->gateway, need->spec, &draft->rule->origin);
        struct texts *hosts = &policy->places.hosts;
        policy->places.every_host = policy->places.every_host || !host.ptr;
        if (host.ptr && (!hosts->count || !slice_equal(hosts->items[hosts->count - 1], host))) {
            *ARENA_PUSH(c->arena, hosts->items, hosts->count, policy->host_capacity) = host;
        }
    }
}

void rule_policies_note(struct conversion *c, const struct plane *plane, size_t gateway,
                        const struct draft *draft, const struct rule_place *place)
{
    const struct policies *policies = draft->behaviour->policies;
    for (size_t i = 0; policies && i < policies->count; i++) {
        if (policies->items[i].kind->attach == ATTACH_HOSTS) {
            struct host_policy *policy = policy_of(c, policies->items[i].kind, plane, gateway,
                                                   policies->items[i].spec, &draft->rule->origin);
            struct texts *rules = &policy->places.rules;
            *ARENA_PUSH(c->arena, rules->items, rules->count, policy->rule_capacity) =
                arena_printf(c->arena, SLICE_FMT "." SLICE_FMT ".%zu", SLICE_ARG(place->namespace),
                             SLICE_ARG(place->route), place->index);
        }
    }
}

void host_policies_write(struct conversion *c, const struct plane *plane, size_t gateway)
{
    for (const struct map_entry *entry = map_first(c->host_policies); entry;
         entry = map_next(entry)) {
        const struct host_policy *policy = map_value(entry);
        if (policy->plane != plane || policy->gateway != gateway) {
            continue;
        }
        struct slice owner = policy->origin.name.len ? policy->origin.name : SLICE("server");
        struct slice wanted =
            ARENA_JOIN(c->arena, owner, SLICE("-"), slice_of(policy->kind->suffix));
        struct slice space =
            ARENA_JOIN(c->arena, slice_of(policy->kind->kind), SLICE(" "), plane->namespace);
        struct map *taken = map_get(c->filter_names, space);
        if (!taken) {
            taken = map_new(c->arena);
            map_put(c->filter_names, space, taken);
        }
        struct slice name = name_claim(c->arena, taken, wanted, map_key(entry), ROUTE_NAME_MAX);
        struct node *spec = node_copy(c->nodes, policy->spec);
        policy->kind->write_places(c, spec, &policy->places);
        policy_object_write(c, policy->kind, plane, gateway, name, &policy->origin, spec);
    }
}

/* ---- words for people ----------------------------------------------------------------------- */

void say_ewma(struct emission *e, const struct route_balancing *balancing)
{
    say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, balancing,
               "endpoints are not weighed by how fast they answered ('" SLICE_FMT
               "'): the one with the fewest requests at hand is chosen",
               SLICE_ARG(balancing->source.name));
}

void say_hashed_cookie(struct emission *e, const struct route_affinity *affinity)
{
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, affinity,
               "'" SLICE_FMT "' becomes a cookie that is hashed to an endpoint: cookies that "
               "clients have choose another endpoint once, and some do each time endpoints come or "
               "go, whatever mode is asked for%s%s",
               SLICE_ARG(affinity->source.name), affinity->expires.ptr ? "; it has no Expires" : "",
               affinity->secure ? "" : "; over https it is not Secure");
}

void say_refusal(struct emission *e, const struct route_authentication *authentication)
{
    for (size_t i = 0; i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        if (guard->asked.len) {
            say_effect(
                e->c, DIAG_C002, SEVERITY_WARNING, e->rule, authentication,
                "who is let in is asked for with '" SLICE_FMT
                "' today, and in the target's own way afterwards; see that %s",
                SLICE_ARG(guard->asked),
                guard->kind == GUARD_EXTERNAL
                    ? "the service understands that"
                    : "the Secret holds one list of users, in the key that the target reads");
        }
        if (guard->never) {
            say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, authentication,
                       "nobody is let in today, because no entry of the Secret has a hash that "
                       "nginx can check; look whom the target lets in by it");
        }
    }
    if (e->rule->effects.cors) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, authentication,
                   "answers to requests that are not let in carry the headers of CORS today, and "
                   "may not afterwards: a page of another origin then sees an error in place of "
                   "the status");
    }
}

/* ---- words ---------------------------------------------------------------------------------- */

struct node *network_node(struct conversion *c, const struct network *network)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    network_print(network, &text);
    struct node *node = node_string(c->nodes, arena_copy(c->arena, buf_slice(&text)));
    buf_release(&text);
    return node;
}

bool variable_name(struct conversion *c, struct slice key, struct slice start, bool header,
                   struct slice *name)
{
    if (!slice_starts(key, start) || key.len == start.len) {
        return false;
    }
    char *text = arena_alloc(c->arena, key.len);
    for (size_t i = start.len; i < key.len; i++) {
        char byte = key.ptr[i];
        if (!is_alphanumeric(byte) && byte != '_') {
            return false;
        }
        text[i - start.len] = header && byte == '_' ? '-' : byte;
    }
    *name = (struct slice){text, key.len - start.len};
    return true;
}
