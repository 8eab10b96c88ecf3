#include "convert/convert_priv.h"

/* Where Gateways live: how the hosts of a data plane are spread over namespaces, Gateways and
 * ListenerSets. */

/* In the order of enum layout. */
static const char *const layouts[] = {"auto", "per-namespace", "shared", "listenersets"};

const char *convert_layout_name(size_t index)
{
    return index < ARRAY_LEN(layouts) ? layouts[index] : NULL;
}

enum layout convert_layout_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
        if (slice_is(name, layouts[i])) {
            return (enum layout)i;
        }
    }
    return LAYOUT_AUTO;
}

/* ListenerSet came with release 1.5 (gateway-api apis/v1/listenerset_types.go). */
enum { LISTENER_SETS_MINOR = 5 };

struct slice convert_layout_refused(struct arena *arena, const struct convert_options *options)
{
    const char *name = convert_layout_name(options->layout);
    if (options->layout == LAYOUT_PER_NAMESPACE && options->gateway_name.len) {
        return SLICE("a Gateway in each namespace and one that exists exclude each other");
    }
    if (options->shared_namespace.len &&
        (options->layout == LAYOUT_PER_NAMESPACE || options->gateway_name.len)) {
        return SLICE("there is no shared Gateway to be written whose namespace could be named");
    }
    if (options->layout != LAYOUT_LISTENER_SETS) {
        return SLICE_ABSENT;
    }
    if (!target_profile(options->target)->has_listener_sets) {
        return arena_printf(arena,
                            "'%s' serves no ListenerSets, so what they hold would be accepted and "
                            "never answered; take '%s' or '%s'",
                            options->target->name, layouts[LAYOUT_SHARED],
                            layouts[LAYOUT_PER_NAMESPACE]);
    }
    return options->api_minor >= LISTENER_SETS_MINOR
               ? SLICE_ABSENT
               : arena_printf(arena, "'%s' needs Gateway API 1.%d, and the release is 1.%d", name,
                              LISTENER_SETS_MINOR, options->api_minor);
}

/* ---- the namespace that a host belongs to ----------------------------------------------------- */

struct home {
    struct slice certificate; /* namespace of its Secret */
    struct slice widest;      /* of the last rule, which has the widest path */
    struct map *namespaces;   /* of its rules and its certificate */
    const struct rule_list *rules;
    bool said;
};

static struct slice host_key(struct conversion *c, const struct entry *entry, struct slice host)
{
    buf_clear(&c->key);
    buf_put(&c->key, host);
    buf_putc(&c->key, ' ');
    buf_put(&c->key, entry->gateway);
    return buf_slice(&c->key);
}

static void home_note(struct conversion *c, struct home *home, const struct entry *entry)
{
    if (!home->certificate.len && entry->certificate.secret.len) {
        home->certificate = entry->certificate.namespace;
        map_put(home->namespaces, home->certificate, c);
    }
    if (home->rules == entry->rules) {
        return; /* by http as by https */
    }
    home->rules = entry->rules;
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct origin *origin = &list->rules[i].origin;
            if (origin->name.len && !list->rules[i].implied) {
                home->widest = origin->namespace;
                map_put(home->namespaces, origin->namespace, c);
            }
        }
    }
}

/* The Secret is in the namespace of the team that has the host, where there is one. */
static struct slice home_namespace(const struct home *home)
{
    return home->certificate.len ? home->certificate : home->widest;
}

/* A host without a certificate has that of the wildcard above it, as in listeners_build, so it has to be at the
 * same Gateway. */
static void home_move(struct conversion *c, const struct map *homes, struct home *home,
                      const struct entry *entry)
{
    struct slice parent = entry->host.kind == HOST_EXACT && entry->https && !home->certificate.len
                              ? parent_wildcard(c, entry->host.name)
                              : SLICE_ABSENT;
    const struct home *above = parent.ptr ? map_get(homes, host_key(c, entry, parent)) : NULL;
    if (above && above->certificate.len) {
        home->certificate = above->certificate;
        map_put(home->namespaces, home->certificate, c);
    }
}

static void say_home(struct conversion *c, struct home *home, const struct entry *entry)
{
    size_t count;
    struct slice *names = sorted_keys(c, home->namespaces, &count);
    if (count > 1 && !home->said) {
        home->said = true;
        say(c, DIAG_C048, SEVERITY_WARNING, entry->origin.span, NULL,
            "host '" SLICE_FMT "' has rules or its certificate in %zu namespaces (" SLICE_FMT
            "), and its name in DNS leads to one Gateway: it stays whole on that of '" SLICE_FMT
            "', which admits routes of the others",
            SLICE_ARG(entry->host.kind == HOST_ANY ? SLICE("*") : entry->host.name), count,
            SLICE_ARG(name_list(c, names, count)), SLICE_ARG(home_namespace(home)));
    }
}

struct map *homes_find(struct conversion *c)
{
    if (c->options->layout != LAYOUT_PER_NAMESPACE) {
        return NULL;
    }
    struct map *homes = map_new(c->arena);
    for (size_t i = 0; i < c->table->entry_count; i++) {
        const struct entry *entry = &c->table->entries[i];
        struct home *home = map_get(homes, host_key(c, entry, entry->host.name));
        if (!home) {
            home = ARENA_NEW(c->arena, struct home);
            home->namespaces = map_new(c->arena);
            map_put(homes, host_key(c, entry, entry->host.name), home);
        }
        home_note(c, home, entry);
    }
    for (size_t i = 0; i < c->table->entry_count; i++) {
        const struct entry *entry = &c->table->entries[i];
        home_move(c, homes, map_get(homes, host_key(c, entry, entry->host.name)), entry);
    }
    for (size_t i = 0; i < c->table->entry_count; i++) {
        const struct entry *entry = &c->table->entries[i];
        say_home(c, map_get(homes, host_key(c, entry, entry->host.name)), entry);
    }
    return homes;
}

struct slice home_of(struct conversion *c, const struct map *homes, const struct entry *entry)
{
    const struct home *home = homes ? map_get(homes, host_key(c, entry, entry->host.name)) : NULL;
    return home ? home_namespace(home) : SLICE("");
}

/* ---- Gateways --------------------------------------------------------------------------------- */

static size_t http_ports(const struct plane *plane)
{
    enum { PORTS = 32 };
    uint16_t ports[PORTS];
    size_t count = 0;
    for (size_t i = 0; i < plane->unit_count && count < PORTS; i++) {
        const struct entry *http = plane->units[i]->http;
        size_t at = 0;
        while (http && at < count && ports[at] != http->port) {
            at++;
        }
        if (http && at == count) {
            ports[count++] = http->port;
        }
    }
    return count ? count : 1; /* routes for every host may come from elsewhere */
}

/* Names that are taken in a namespace. */
static struct map *taken_in(struct conversion *c, struct map *taken, struct slice namespace)
{
    struct map *names = map_get(taken, namespace);
    if (!names) {
        names = map_new(c->arena);
        map_put(taken, namespace, names);
    }
    return names;
}

static struct slice numbered_name(struct conversion *c, const struct plane *plane,
                                  struct map *names, size_t index)
{
    struct slice wanted =
        index ? arena_printf(c->arena, SLICE_FMT "-%zu", SLICE_ARG(plane->name), index + 1)
              : plane->name;
    struct slice identity =
        arena_printf(c->arena, SLICE_FMT " %zu", SLICE_ARG(plane->gateway), index);
    return name_claim(c->arena, names, wanted, identity, c->options->target->gateway_name_max);
}

static void set_add(struct conversion *c, struct plane *plane, struct map *open,
                    struct listener_plan *listener)
{
    struct set_plan *set = map_get(open, listener->secret_namespace);
    if (!set || set->count == LISTENERS_MAX) {
        size_t number = 0;
        for (size_t i = 0; i < plane->set_count; i++) {
            number += slice_equal(plane->sets[i]->namespace, listener->secret_namespace);
        }
        set = ARENA_NEW(c->arena, struct set_plan);
        set->namespace = listener->secret_namespace;
        set->name = numbered_name(c, plane, taken_in(c, c->set_names, set->namespace), number);
        map_put(open, set->namespace, set);
        *ARENA_PUSH(c->arena, plane->sets, plane->set_count, plane->set_capacity) = set;
    }
    listener->set = set;
    *ARENA_PUSH(c->arena, set->listeners, set->count, set->capacity) = listener;
}

static void say_room(struct conversion *c, const struct plane *plane, size_t room)
{
    if (plane->listener_count > room) {
        say(c, DIAG_C043, SEVERITY_WARNING, SPAN_NONE, NULL,
            "%zu https listeners are needed, and Gateway '" SLICE_FMT "' takes %zu",
            plane->listener_count, SLICE_ARG(c->options->gateway_name), room);
    }
}

static int by_team(const void *a, const void *b, void *user)
{
    (void)user;
    const struct listener_plan *x = *(struct listener_plan *const *)a;
    const struct listener_plan *y = *(struct listener_plan *const *)b;
    return slice_compare(x->secret_namespace, y->secret_namespace);
}

void gateways_assign(struct conversion *c, struct plane *plane, struct map *taken)
{
    const struct convert_options *options = c->options;
    size_t room = LISTENERS_MAX - http_ports(plane);
    bool existing = options->gateway_name.len > 0;
    bool sets = options->layout == LAYOUT_LISTENER_SETS;
    bool one = existing || sets || !plane->listener_count;
    struct slice slug = name_slug(c->arena, plane->gateway);
    struct map *open = map_new(c->arena);
    plane->name = slug.len ? slug : SLICE("gateway");
    plane->gateway_count = one ? 1 : (plane->listener_count + room - 1) / room;
    if (plane->gateway_count > 1) { /* few teams to a Gateway */
        sort_stable(c->arena, plane->listeners, plane->listener_count, sizeof *plane->listeners,
                    by_team, NULL);
    }
    for (size_t i = 0; i < plane->listener_count; i++) {
        plane->listeners[i]->gateway = one ? 0 : i / room;
        if (sets) {
            set_add(c, plane, open, plane->listeners[i]);
        }
    }
    for (size_t i = 0; i < plane->unit_count; i++) {
        struct unit *unit = plane->units[i];
        unit->gateway = unit->secure ? unit->secure->gateway : 0;
    }
    plane->gateway_names = ARENA_ARRAY(c->arena, struct slice, plane->gateway_count);
    if (existing) {
        plane->gateway_names[0] = options->gateway_name;
        if (!sets) {
            say_room(c, plane, room);
        }
        return;
    }
    for (size_t i = 0; i < plane->gateway_count; i++) {
        plane->gateway_names[i] = numbered_name(c, plane, taken_in(c, taken, plane->home), i);
    }
}

/* ---- namespaces of Gateways --------------------------------------------------------------------- */

static struct slice shared_namespace(const struct conversion *c)
{
    return c->options->shared_namespace.len ? c->options->shared_namespace
                                            : SLICE(SHARED_NAMESPACE);
}

void namespace_choose(struct conversion *c, struct plane *plane)
{
    bool named = c->options->layout == LAYOUT_SHARED ||
                 c->options->layout == LAYOUT_LISTENER_SETS || c->options->shared_namespace.len;
    if (c->options->gateway_name.len) {
        plane->namespace = c->options->gateway_namespace;
    } else if (plane->home.len) {
        plane->namespace = plane->home;
    } else if (map_count(plane->namespaces) == 1 && !named) {
        plane->namespace = map_key(map_first(plane->namespaces));
    } else {
        plane->namespace = shared_namespace(c);
    }
}

/* A Namespace for shared Gateways, unless there is one. */
void shared_namespace_write(struct conversion *c)
{
    bool shared = false, exists = false;
    struct slice name = shared_namespace(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        shared = shared || (slice_equal(c->planes[i]->namespace, name) && c->planes[i]->written);
        exists = exists || map_get(c->planes[i]->namespaces, name);
    }
    exists = exists || (c->kube && kube_find(c->kube, KUBE_NAMESPACE, SLICE(""), name));
    if (shared && !exists) {
        namespace_write(c, name);
    }
}

/* ---- what is said ------------------------------------------------------------------------------- */

/* Is it the first of its data plane? */
static bool is_first(const struct conversion *c, const struct plane *plane)
{
    size_t i = 0;
    while (!planes_are_siblings(c->planes[i], plane)) {
        i++;
    }
    return c->planes[i] == plane;
}

static void say_addresses(struct conversion *c, const struct plane *first)
{
    size_t gateways = 0;
    struct map *namespaces = map_new(c->arena);
    for (size_t i = 0; i < c->plane_count; i++) {
        const struct plane *plane = c->planes[i];
        if (planes_are_siblings(plane, first) && plane->written) {
            gateways += plane->written;
            map_put(namespaces, plane->namespace, c);
        }
    }
    size_t count;
    struct slice *names = sorted_keys(c, namespaces, &count);
    if (count > 1) {
        say(c, DIAG_C040, SEVERITY_INFO, SPAN_NONE, NULL,
            "data plane '" SLICE_FMT "' becomes %zu Gateways in %zu namespaces (" SLICE_FMT
            "), each with an address of its own",
            SLICE_ARG(first->gateway), gateways, count, SLICE_ARG(name_list(c, names, count)));
    } else if (gateways) {
        say(c, DIAG_C040, SEVERITY_INFO, SPAN_NONE, NULL,
            gateways == 1 ? "data plane '" SLICE_FMT "' becomes %zu Gateway, '" SLICE_FMT
                            "/" SLICE_FMT "', with an address of its own"
                          : "data plane '" SLICE_FMT "' becomes %zu Gateways, from '" SLICE_FMT
                            "/" SLICE_FMT "' on, each with an address of its own",
            SLICE_ARG(first->gateway), gateways, SLICE_ARG(names[0]),
            SLICE_ARG(first->gateway_names[0]));
    }
}

/* Gateway API asks nobody whose a host is: the oldest route that a listener admits has it (HTTPRoute,
 * hostnames and rules of equal precedence, in gateway-api apis/v1/httproute_types.go). */
static void say_open(struct conversion *c, const struct plane *plane,
                     const struct listener_plan *listener)
{
    size_t count;
    struct slice *names = sorted_keys(c, listener->namespaces, &count);
    bool wide = !listener->hostname.ptr || is_wildcard_host(listener->hostname);
    if (!wide || count < 2) {
        return;
    }
    say(c, DIAG_C049, c->options->layout == LAYOUT_AUTO ? SEVERITY_INFO : SEVERITY_WARNING,
        SPAN_NONE, NULL,
        "listener '" SLICE_FMT "' of Gateway '" SLICE_FMT "/" SLICE_FMT
        "' admits routes of %zu namespaces (" SLICE_FMT ") for %s" SLICE_FMT
        ": each of these teams can take requests that belong to another",
        SLICE_ARG(listener->name), SLICE_ARG(plane->namespace),
        SLICE_ARG(plane->gateway_names[listener->gateway]), count,
        SLICE_ARG(name_list(c, names, count)), listener->hostname.ptr ? "" : "any host",
        SLICE_ARG(listener->hostname));
}

static void say_part(struct conversion *c, const struct plane *plane)
{
    say(c, DIAG_C053, SEVERITY_WARNING, SPAN_NONE, NULL,
        "Gateway '" SLICE_FMT "/" SLICE_FMT "' also serves what is left out, and has no listeners "
        "for it: applied over the one of another part it takes those away; choose all that has "
        "moved, or name the Gateway that exists with --gateway",
        SLICE_ARG(plane->namespace), SLICE_ARG(plane->gateway_names[0]));
}

void say_layout(struct conversion *c)
{
    for (size_t p = 0; p < c->plane_count; p++) {
        const struct plane *plane = c->planes[p];
        if (is_first(c, plane)) {
            say_addresses(c, plane);
        }
        if (plane->in_part && plane->written) {
            say_part(c, plane);
        }
        for (size_t i = 0; !c->options->gateway_name.len && i < plane->plain_count; i++) {
            say_open(c, plane, plane->plain[i]);
        }
        for (size_t i = 0; !c->options->gateway_name.len && i < plane->listener_count; i++) {
            say_open(c, plane, plane->listeners[i]);
        }
    }
}
