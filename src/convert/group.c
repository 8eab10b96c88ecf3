#include "convert/policy_priv.h"

/* ---- the drafts of a host, by the Ingress that they come from -------------------------------- */

const struct object *origin_ingress(const struct conversion *c, const struct origin *origin)
{
    if (!slice_is(origin->kind, "Ingress")) {
        return NULL;
    }
    return origin->place ? kube_at(c->kube, KUBE_INGRESS, origin->place)
                         : kube_find(c->kube, KUBE_INGRESS, origin->namespace, origin->name);
}

struct slice origin_key(struct conversion *c, const struct origin *origin)
{
    const struct slice parts[] = {origin->kind, origin->namespace, origin->name};
    const struct object *ingress = origin->place ? NULL : origin_ingress(c, origin);
    const uint32_t place = ingress ? ingress->place : origin->place;
    buf_clear(&c->key);
    if (place) {
        buf_put(&c->key, origin->kind);
        buf_put(&c->key, (struct slice){(const char *)&place, sizeof place});
        return buf_slice(&c->key);
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_put(&c->key, parts[i]);
        buf_putc(&c->key, ' ');
    }
    return buf_slice(&c->key);
}

static bool origin_equal(const struct origin *a, const struct origin *b)
{
    if (a->place && b->place) {
        return a->place == b->place && slice_equal(a->kind, b->kind);
    }
    return slice_equal(a->name, b->name) && slice_equal(a->namespace, b->namespace) &&
           slice_equal(a->kind, b->kind);
}

static struct share *share_find(struct conversion *c, struct shares *shares,
                                const struct origin *origin)
{
    enum { FEW = 8 };
    if (shares->index) {
        uintptr_t at = (uintptr_t)map_get(shares->index, origin_key(c, origin));
        if (at) {
            return &shares->items[at - 1];
        }
    }
    for (size_t i = 0; !shares->index && i < shares->count; i++) {
        if (origin_equal(&shares->items[i].origin, origin)) {
            return &shares->items[i];
        }
    }
    struct share *share = ARENA_PUSH(c->arena, shares->items, shares->count, shares->capacity);
    share->origin = *origin;
    share->https.count = share->http.count = share->redirect.count = 0;
    if (!shares->index && shares->count > FEW) {
        shares->index = map_new(c->arena);
        for (size_t i = 0; i < shares->count; i++) {
            map_add(shares->index, origin_key(c, &shares->items[i].origin), (void *)(i + 1));
        }
    } else if (shares->index) {
        map_add(shares->index, origin_key(c, origin), (void *)shares->count);
    }
    return share;
}

/* A rule that no object asked for belongs to the namespace of its backend. */
static struct origin draft_origin(const struct plane *plane, const struct draft *draft)
{
    struct origin origin = draft->rule->origin;
    if (!origin.name.len) {
        origin.name = plane->gateway_names[0];
    }
    if (!origin.namespace.len) {
        origin.namespace =
            draft->rule->backend_count ? draft->rule->backends[0].namespace : SLICE("default");
    }
    return origin;
}

static bool is_catch_all(const struct draft_match *match)
{
    return match->rank == RANK_PREFIX && slice_is(match->value, "/") && !match->test_count &&
           !match->method.len;
}

/* Where a Gateway lives does not hang on which part of its hosts is written. */
static void leave_out(struct plane *plane, const struct rule *rule)
{
    if (rule->origin.name.len && !rule->implied) {
        plane->in_part = true;
        map_put(plane->namespaces, rule->origin.namespace, plane);
    }
}

/* One view of a host: its drafts as they are by http, or by https. */
static void view_build(struct conversion *c, struct plane *plane, struct unit *unit, bool https,
                       struct shares *shares)
{
    struct drafts *drafts = &c->views[https];
    drafts->count = 0;
    for (const struct rule_list *list = unit->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            rule_draft(c, &list->rules[i], https, drafts);
        }
    }
    drafts_order(c, unit->hostname, drafts);
    bool catch_all = false;
    for (size_t i = 0; i < drafts->count; i++) {
        const struct draft *draft = &drafts->items[i];
        if (!origin_is_chosen(c, &draft->rule->origin)) {
            leave_out(plane, draft->rule);
            continue;
        }
        if (draft->dropped) {
            continue;
        }
        unit->emitted = true;
        host_policies_need(c, draft);
        catch_all = catch_all || is_catch_all(&draft->match);
        struct origin origin = draft_origin(plane, draft);
        struct share *share = share_find(c, shares, &origin);
        struct draft_refs *list = draft->to_https ? &share->redirect
                                  : https         ? &share->https
                                                  : &share->http;
        *ARENA_PUSH(c->arena, list->items, list->count, list->capacity) = draft;
    }
    unit->falls = unit->falls || !catch_all;
}

/* ---- groups --------------------------------------------------------------------------------- */

/* Over what drafts_equal compares first. */
static uint64_t drafts_hash(const struct draft_refs *drafts)
{
    uint64_t hash = drafts->count;
    for (size_t i = 0; i < drafts->count; i++) {
        const struct draft *draft = drafts->items[i];
        hash = slice_hash(draft->match.value, hash ^ draft->match.key ^ draft->behaviour->hash);
    }
    return hash;
}

static bool draft_equal(const struct draft *a, const struct draft *b)
{
    return match_equal(&a->match, &b->match) && a->behaviour == b->behaviour;
}

static bool drafts_equal(const struct draft_refs *a, const struct draft_refs *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        if (!draft_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool group_says(const struct route_group *group, const struct draft_refs *drafts)
{
    for (size_t i = 0; group->rule_count == drafts->count && i < drafts->count; i++) {
        if (!draft_equal(&group->rules[i], drafts->items[i])) {
            return false;
        }
    }
    return group->rule_count == drafts->count;
}

/* May the parentRefs leave out the listener? Then the host attaches to all that its name fits. */
static bool fits_all_listeners(struct conversion *c, const struct plane *plane,
                               const struct unit *unit)
{
    if (!unit->hostname.ptr) { /* attached to all siblings */
        size_t listeners = 0;
        for (size_t i = 0; i < c->plane_count; i++) {
            bool sibling = planes_are_siblings(c->planes[i], plane);
            listeners += sibling ? c->planes[i]->listener_count : 0;
        }
        return unit->http && listeners == (unit->secure ? 1 : 0);
    }
    if (!unit->http || unit->host->kind != HOST_EXACT) {
        return unit->http && plane->listener_count == (unit->secure ? 1 : 0);
    }
    return unit->secure || !covering_listener(c, plane, 443, unit->hostname);
}

static const char *role_suffix(enum role role)
{
    switch (role) {
    case ROLE_MAIN:
    case ROLE_HTTPS:
        break;
    case ROLE_HTTP:
        return "-http";
    case ROLE_REDIRECT:
        return "-https-redirect";
    }
    return "";
}

/* What is known of an origin. */
struct family {
    size_t namesakes[ROLE_REDIRECT + 1]; /* how many of its groups want a name with each suffix */
    struct plane_seen {                  /* where it is a source */
        const struct plane *plane;
        const struct plane_seen *next;
    } * seen;
};

/* Most origins are Ingresses of the input, which have a place. */
static struct family *family_of(struct conversion *c, const struct origin *origin)
{
    const struct object *ingress = origin_ingress(c, origin);
    struct family **family = NULL;
    if (ingress && ingress->place) {
        if (!c->ingress_families) {
            c->ingress_families =
                ARENA_ARRAY(c->arena, struct family *, c->kube->counts[KUBE_INGRESS]);
        }
        family = &c->ingress_families[ingress->place - 1];
    } else {
        family = (struct family **)(void *)map_slot(c->families, origin_key(c, origin));
    }
    *family = *family ? *family : ARENA_NEW(c->arena, struct family);
    return *family;
}

static bool is_new_source(struct conversion *c, struct family *family, const struct plane *plane)
{
    for (const struct plane_seen *seen = family->seen; seen; seen = seen->next) {
        if (seen->plane == plane) {
            return false;
        }
    }
    struct plane_seen *first = ARENA_NEW(c->arena, struct plane_seen);
    *first = (struct plane_seen){plane, family->seen};
    family->seen = first;
    return true;
}

static struct route_group *group_new(struct conversion *c, struct plane *plane,
                                     const struct origin *origin, struct family *family,
                                     enum role role, size_t part, const struct draft_refs *drafts)
{
    /* two roles have no suffix */
    const enum role named = role == ROLE_HTTPS ? ROLE_MAIN : role;
    struct route_group *group = ARENA_NEW(c->arena, struct route_group);
    *group = (struct route_group){.plane = plane,
                                  .origin = *origin,
                                  .role = role,
                                  .rules = ARENA_ARRAY(c->arena, struct draft, drafts->count),
                                  .rule_count = drafts->count,
                                  .namesakes = &family->namesakes[named],
                                  .part = part};
    for (size_t i = 0; i < drafts->count; i++) {
        group->rules[i] = *drafts->items[i];
    }
    *group->namesakes += part == 0;
    *ARENA_PUSH(c->arena, c->groups, c->group_count, c->group_capacity) = group;
    (void)map_add(plane->namespaces, origin->namespace, plane);
    if (origin->kind.len && is_new_source(c, family, plane)) {
        *ARENA_PUSH(c->arena, plane->sources, plane->source_count, plane->source_capacity) =
            *origin;
    }
    return group;
}

static void part_add(struct conversion *c, struct plane *plane, struct unit *unit,
                     const struct origin *origin, enum role role, size_t part,
                     const struct draft_refs *drafts)
{
    bool explicit = role != ROLE_MAIN || !fits_all_listeners(c, plane, unit);
    struct family *family = family_of(c, origin);
    const uint64_t numbers[] = {(uint64_t)(uintptr_t)family,
                                (uint64_t)(uintptr_t)plane,
                                (uint64_t)role,
                                explicit,
                                unit->gateway,
                                unit->hostname.ptr != NULL,
                                part,
                                drafts_hash(drafts)};
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){(const char *)numbers, sizeof numbers});
    void **known = map_slot(c->group_index, buf_slice(&c->key));
    struct route_group *group = *known;
    if (!group || !group_says(group, drafts)) {
        group = group_new(c, plane, origin, family, role, part, drafts);
        group->explicit = explicit;
        *known = group;
    }
    *ARENA_PUSH(c->arena, group->units, group->unit_count, group->unit_capacity) = unit;
}

/* Policies hold for whole HTTPRoutes, so rules with other policies need another one. */
static void group_add(struct conversion *c, struct plane *plane, struct unit *unit,
                      const struct origin *origin, enum role role, const struct draft_refs *drafts)
{
    if (!c->options->target->vendor && drafts->count) {
        part_add(c, plane, unit, origin, role, 0, drafts);
        return;
    }
    struct draft_refs rest = *drafts;
    for (size_t part = 0; rest.count; part++) {
        struct draft_refs same = {0}, others = {0};
        for (size_t i = 0; i < rest.count; i++) {
            bool fits = policies_attach_alike(rest.items[0]->behaviour->policies,
                                              rest.items[i]->behaviour->policies);
            struct draft_refs *list = fits ? &same : &others;
            *ARENA_PUSH(c->arena, list->items, list->count, list->capacity) = rest.items[i];
        }
        part_add(c, plane, unit, origin, role, part, &same);
        rest = others;
    }
}

/* The controller looks for a host that 'tls' does not name in the certificates of the Ingress, too (controller.go,
 * extractTLSSecretName): what stands in a Secret that is not in the input is not known. */
static struct slice unread_secret(struct conversion *c, const struct origin *origin)
{
    const struct ingress *ingress = (const void *)origin_ingress(c, origin);
    for (size_t i = 0; ingress && i < ingress->tls_count; i++) {
        const struct slice namespace = ingress->object.namespace, name = ingress->tls[i].secret;
        if (name.len && !kube_find(c->kube, KUBE_SECRET, namespace, name)) {
            return arena_printf(c->arena,
                                "; if the certificate in Secret '" SLICE_FMT "/" SLICE_FMT
                                "', which is not in the input, is for this host, add the Secret",
                                SLICE_ARG(namespace), SLICE_ARG(name));
        }
    }
    return SLICE("");
}

static void say_dead_redirect(struct conversion *c, const struct plane *plane,
                              const struct unit *unit, const struct origin *origin)
{
    const struct unit *secure = plane_unit(plane, true, unit->hostname);
    if (secure && secure->secure) {
        return;
    }
    const struct listener_plan *any = covering_listener(c, plane, 443, unit->hostname);
    bool passed = any && any->stream == STREAM_TLS && slice_equal(any->hostname, unit->hostname);
    if (!passed) {
        say(c, DIAG_C024, SEVERITY_ERROR, origin->span, origin,
            "host '" SLICE_FMT
            "' is redirected to https, and has no certificate to be served with: "
            "name a Secret for it under 'tls', or switch the redirect off" SLICE_FMT,
            SLICE_ARG(unit->hostname.ptr ? unit->hostname : SLICE("*")),
            SLICE_ARG(unread_secret(c, origin)));
    }
}

/* What plain http still serves stands in one route with the redirect of the rest. Both lists point into one
 * view, in whose order they stay. */
static void redirect_beside_http(struct conversion *c, struct share *share)
{
    struct draft_refs all = {0};
    size_t http = 0, redirect = 0;
    while (http < share->http.count || redirect < share->redirect.count) {
        bool first =
            redirect == share->redirect.count ||
            (http < share->http.count && share->http.items[http] < share->redirect.items[redirect]);
        *ARENA_PUSH(c->arena, all.items, all.count, all.capacity) =
            first ? share->http.items[http++] : share->redirect.items[redirect++];
    }
    share->http = all;
    share->redirect.count = 0;
}

static void unit_build(struct conversion *c, struct plane *plane, struct unit *unit)
{
    struct shares *shares = &c->shares;
    c->plane = plane;
    c->unit = unit;
    bool both = unit->http && unit->secure;
    bool differ = both && rules_differ_by_scheme(c, unit->rules);
    if (!unit->http && !unit->secure) {
        return; /* https alone, without a certificate */
    }
    shares->count = 0;
    shares->index = NULL;
    if (differ) {
        view_build(c, plane, unit, true, shares);
    }
    view_build(c, plane, unit, !unit->http, shares);
    for (size_t i = 0; i < shares->count; i++) {
        struct share *share = &shares->items[i];
        bool alike = differ && !share->redirect.count && drafts_equal(&share->http, &share->https);
        if (share->redirect.count) {
            say_dead_redirect(c, plane, unit, &share->origin);
        }
        if (differ && share->http.count && share->redirect.count) {
            redirect_beside_http(c, share);
        }
        if (!differ || alike) {
            group_add(c, plane, unit, &share->origin, ROLE_MAIN,
                      unit->http ? &share->http : &share->https);
        } else {
            group_add(c, plane, unit, &share->origin, ROLE_HTTPS, &share->https);
            group_add(c, plane, unit, &share->origin, ROLE_HTTP, &share->http);
        }
        if (share->redirect.count) {
            group_add(c, plane, unit, &share->origin, ROLE_REDIRECT, &share->redirect);
        }
    }
}

/* ---- hosts that fall through ---------------------------------------------------------------- */

/* Some host of the plane that is less specific and has rules; null when there is none. */
static const struct unit *wider_unit(struct conversion *c, const struct plane *plane,
                                     struct slice hostname)
{
    size_t dot = slice_find(hostname, '.', slice_starts(hostname, SLICE("*.")) ? 2 : 0);
    for (; dot < hostname.len; dot = slice_find(hostname, '.', dot + 1)) {
        struct slice parent = slice_sub(hostname, dot, hostname.len);
        buf_clear(&c->key);
        buf_putc(&c->key, '*');
        buf_put(&c->key, parent);
        const struct unit *unit = plane_unit(plane, false, buf_slice(&c->key));
        if (unit && unit->emitted) {
            return unit;
        }
    }
    const struct unit *any = plane_unit(plane, false, SLICE(""));
    return any && any->emitted ? any : NULL;
}

static void say_falls_through(struct conversion *c, const struct plane *plane)
{
    bool any_wide = false;
    for (size_t i = 0; i < plane->unit_count && !any_wide; i++) {
        any_wide = plane->units[i]->emitted && plane->units[i]->host->kind != HOST_EXACT;
    }
    if (!any_wide || !target_profile(c->options->target)->host_falls_through) {
        return;
    }
    struct slice *names = ARENA_ARRAY(c->arena, struct slice, plane->unit_count);
    size_t count = 0;
    for (size_t i = 0; i < plane->unit_count; i++) {
        const struct unit *unit = plane->units[i];
        if (unit->hostname.ptr && unit->falls && wider_unit(c, plane, unit->hostname)) {
            names[count++] = unit->hostname;
        }
    }
    for (size_t at = 0; at < count; at += HOSTS_SAID) {
        size_t part = count - at < HOSTS_SAID ? count - at : HOSTS_SAID;
        say(c, DIAG_C022, SEVERITY_WARNING, SPAN_NONE, NULL,
            "paths that match no rule of their host are answered 404 today, and may get to the "
            "rules of a wildcard or of all hosts afterwards: " SLICE_FMT,
            SLICE_ARG(all_names(c, names + at, part)));
    }
}

static const struct rule_list *rules_at(const struct plane *plane, size_t i)
{
    return i < plane->unit_count ? plane->units[i]->rules : NULL;
}

void groups_build(struct conversion *c, struct plane *plane)
{
    for (size_t i = 0; i < plane->unit_count; i++) {
        const struct rule_list *list = plane->units[i]->rules;
        rule_lists_ahead(rules_at(plane, i + STEPS_AHEAD), rules_at(plane, i + 2 * STEPS_AHEAD));
        if (plane->units[i]->chosen) {
            unit_build(c, plane, plane->units[i]);
            continue;
        }
        for (; list; list = list->next) {
            for (size_t r = 0; r < list->count; r++) {
                leave_out(plane, &list->rules[r]);
            }
        }
    }
    say_falls_through(c, plane);
}

/* ---- names ---------------------------------------------------------------------------------- */

struct map *names_in(struct conversion *c, struct slice namespace)
{
    struct map *taken = map_get(c->route_names, namespace);
    if (!taken) {
        taken = map_new(c->arena);
        map_put(c->route_names, namespace, taken);
    }
    return taken;
}

static void group_name(struct conversion *c, struct route_group *group, bool alone)
{
    struct slice host = group->units[0]->hostname;
    struct slice base = group->origin.name;
    struct slice slug = alone ? SLICE_ABSENT : host_slug(c->arena, host);
    struct slice suffix = slice_of(role_suffix(group->role));
    struct slice wanted = alone ? ARENA_JOIN(c->arena, base, suffix)
                                : ARENA_JOIN(c->arena, base, SLICE("-"), slug, suffix);
    if (group->part) {
        wanted = arena_printf(c->arena, SLICE_FMT "-%zu", SLICE_ARG(wanted), group->part + 1);
    }
    struct map *taken = names_in(c, group->origin.namespace);
    group->name = wanted;
    if (name_take(taken, wanted, ROUTE_NAME_MAX)) {
        return; /* as nearly all are */
    }
    buf_clear(&c->key);
    const struct slice parts[] = {group->plane->home, group->plane->gateway, SLICE(" "), host,
                                  SLICE(" ")};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_put(&c->key, parts[i]);
    }
    buf_put_uint(&c->key, (uint64_t)group->role);
    buf_putc(&c->key, ' ');
    buf_put(&c->key, base);
    if (group->part) {
        buf_putc(&c->key, ' ');
        buf_put_uint(&c->key, (uint64_t)group->part);
    }
    group->name = name_claim(c->arena, taken, wanted, buf_slice(&c->key), ROUTE_NAME_MAX);
}

void group_ahead(const struct conversion *c, size_t i)
{
    enum { PARTS = 512 }; /* what it points to, and was made behind it */
    if (i + 2 * STEPS_AHEAD < c->group_count) {
        memory_ahead(c->groups[i + 2 * STEPS_AHEAD], sizeof(struct route_group) + PARTS);
    }
    if (i + STEPS_AHEAD < c->group_count) {
        const struct route_group *group = c->groups[i + STEPS_AHEAD];
        memory_ahead(group->units[0], sizeof *group->units[0]);
        object_ahead(group->origin.place ? origin_ingress(c, &group->origin) : NULL);
    }
}

void groups_name(struct conversion *c)
{
    /* Names that are an Ingress' own come first, so that no composed name takes them. */
    struct route_group **others = ARENA_ARRAY(c->arena, struct route_group *, c->group_count);
    size_t count = 0;
    for (size_t i = 0; i < c->group_count; i++) {
        struct route_group *group = c->groups[i];
        group_ahead(c, i);
        if (*group->namesakes == 1 && !*role_suffix(group->role) && !group->part) {
            group_name(c, group, true);
        } else {
            others[count++] = group;
        }
    }
    for (size_t i = 0; i < count; i++) {
        group_name(c, others[i], *others[i]->namesakes == 1);
    }
}
