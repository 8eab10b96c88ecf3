#include "convert/convert_priv.h"

/* ---- planes and units ----------------------------------------------------------------------- */

bool planes_are_siblings(const struct plane *a, const struct plane *b)
{
    return slice_equal(a->gateway, b->gateway);
}

static struct plane *plane_find(struct conversion *c, struct map *index, struct slice gateway,
                                struct slice home)
{
    buf_clear(&c->key);
    buf_put(&c->key, home);
    buf_putc(&c->key, ' ');
    buf_put(&c->key, gateway);
    struct plane *plane = map_get(index, buf_slice(&c->key));
    if (plane) {
        return plane;
    }
    plane = ARENA_NEW(c->arena, struct plane);
    plane->gateway = gateway;
    plane->home = home;
    plane->by_host = map_new(c->arena);
    plane->by_address = map_new(c->arena);
    plane->listener_names = map_new(c->arena);
    plane->namespaces = map_new(c->arena);
    map_put(index, buf_slice(&c->key), plane);
    *ARENA_PUSH(c->arena, c->planes, c->plane_count, c->plane_capacity) = plane;
    return plane;
}

static void say_host(struct conversion *c, const struct entry *entry)
{
    say(c, DIAG_C021, SEVERITY_ERROR, entry->origin.span, &entry->origin,
        "host '" SLICE_FMT "' cannot be written: Gateway API takes names and names with a leading "
        "'*.'; its rules are left out",
        SLICE_ARG(entry->host.name));
}

/* The hostname of Gateway API; false when there is none, which was then said. */
static bool host_name(struct conversion *c, const struct entry *entry, struct slice *out)
{
    switch (entry->host.kind) {
    case HOST_ANY:
        *out = SLICE_ABSENT;
        return true;
    case HOST_EXACT:
        *out = entry->host.name;
        if (is_dns_subdomain(*out)) {
            return true;
        }
        break;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        *out = entry->host.name;
        if (is_wildcard_host(*out)) {
            return true;
        }
        break;
    case HOST_REGEX:
        break;
    }
    say_host(c, entry);
    return false;
}

struct unit *plane_unit(const struct plane *plane, bool https, struct slice hostname)
{
    const struct host_units *units = map_get(plane->by_host, hostname);
    return units ? units->of[https] : NULL;
}

static struct host_units *host_units(struct conversion *c, struct plane *plane,
                                     struct slice hostname)
{
    struct host_units *units = map_get(plane->by_host, hostname);
    if (!units) {
        units = ARENA_NEW(c->arena, struct host_units);
        map_put(plane->by_host, hostname, units);
    }
    return units;
}

/* The entry before: what it made out often holds for the next one, as those of a host for http and for https stand
 * side by side. */
struct placed {
    const struct entry *entry; /* null: there is none with a hostname */
    struct slice home, hostname;
    struct plane *plane;
    struct host_units *units;
};

static bool is_same_text(struct slice a, struct slice b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

static bool is_beside(const struct placed *placed, const struct entry *entry, struct slice home)
{
    const struct entry *before = placed->entry;
    return before && before->host.kind == entry->host.kind &&
           is_same_text(before->host.name, entry->host.name) &&
           is_same_text(before->gateway, entry->gateway) && is_same_text(placed->home, home);
}

/* Whose rules an entry has, by one of them: several hosts of one Ingress differ in the field. */
static struct slice rules_text(struct conversion *c, const struct entry *entry)
{
    const struct rule_list *rules = entry->rules;
    for (size_t i = 0; rules && i < rules->count; i++) {
        const struct origin *origin = &rules->rules[i].origin;
        if (origin->name.len && origin->field.len) {
            return arena_printf(c->arena, "of '" SLICE_FMT "' (such as " SLICE_FMT ")",
                                SLICE_ARG(origin_subject(c, origin)), SLICE_ARG(origin->field));
        }
    }
    return entry->origin.name.len ? arena_printf(c->arena, "of '" SLICE_FMT "'",
                                                 SLICE_ARG(origin_subject(c, &entry->origin)))
                                  : SLICE("for hosts that no Ingress names");
}

static void say_twice(struct conversion *c, const struct entry *written, const struct entry *entry,
                      struct slice hostname)
{
    say(c, DIAG_C026, SEVERITY_ERROR, entry->origin.span, &entry->origin,
        "host '" SLICE_FMT
        "' has two sets of rules that Gateway API cannot tell apart: those " SLICE_FMT
        " are written, those " SLICE_FMT " are not; let one Ingress alone have this host, be it "
        "in its rules or by 'server-alias'",
        SLICE_ARG(hostname), SLICE_ARG(rules_text(c, written)), SLICE_ARG(rules_text(c, entry)));
}

static void unit_add(struct conversion *c, const struct placed *placed, const struct entry *entry)
{
    const struct slice hostname = placed->hostname;
    struct plane *plane = placed->plane;
    struct host_units *units = placed->units;
    struct unit *unit = units->of[entry->https];
    if (unit) {
        if (unit->rules != entry->rules) {
            say_twice(c, entry->https ? unit->https : unit->http, entry, hostname);
        }
        return;
    }
    unit = units->of[!entry->https];
    if (!unit || unit->rules != entry->rules) {
        unit = ARENA_NEW(c->arena, struct unit);
        *unit = (struct unit){.host = &entry->host, .hostname = hostname, .rules = entry->rules};
        *ARENA_PUSH(c->arena, plane->units, plane->unit_count, plane->unit_capacity) = unit;
    }
    units->of[entry->https] = unit;
    *(entry->https ? &unit->https : &unit->http) = entry;
    unit->certified = unit->certified || (entry->https && entry->certificate.secret.len);
    unit->chosen = unit->chosen || !c->silent;
    plane->in_part = plane->in_part || !unit->chosen;
    if (entry->host.kind == HOST_ONE_LABEL) {
        say(c, DIAG_C020, SEVERITY_WARNING, entry->origin.span, &entry->origin,
            "host '" SLICE_FMT "' also matches names with more labels afterwards",
            SLICE_ARG(hostname));
    }
}

/* Hosts that belong to no namespace are served by the first Gateway that there is. */
static struct plane *plane_of(struct conversion *c, struct map *index, const struct entry *entry,
                              struct slice home)
{
    for (size_t i = 0; !home.len && i < c->plane_count; i++) {
        if (slice_equal(c->planes[i]->gateway, entry->gateway)) {
            return c->planes[i];
        }
    }
    return plane_find(c, index, entry->gateway, home);
}

static void entry_add(struct conversion *c, struct map *index, struct placed *placed,
                      const struct entry *entry, struct slice home)
{
    say_unknown(c, entry->unknown, &entry->origin);
    switch (entry->kind) {
    case ENTRY_TUNNEL:
        (void)stream_add(c, plane_of(c, index, entry, home), entry);
        return;
    case ENTRY_CLOSE:
        return;
    case ENTRY_RULES:
        break;
    }
    if (!is_beside(placed, entry, home)) {
        *placed = (struct placed){.home = home};
        if (!host_name(c, entry, &placed->hostname)) {
            return;
        }
        placed->plane = plane_of(c, index, entry, home);
        placed->units = host_units(c, placed->plane, placed->hostname);
        placed->entry = entry;
    }
    unit_add(c, placed, entry);
}

/* ---- listeners ------------------------------------------------------------------------------ */

static struct slice address_key(struct conversion *c, uint16_t port, struct slice hostname)
{
    buf_clear(&c->key);
    buf_put_uint(&c->key, port);
    buf_putc(&c->key, ' ');
    buf_put(&c->key, hostname);
    return buf_slice(&c->key);
}

static struct listener_plan *listener_at(struct conversion *c, const struct plane *plane,
                                         uint16_t port, struct slice hostname)
{
    return map_get(plane->by_address, address_key(c, port, hostname));
}

struct slice parent_wildcard(struct conversion *c, struct slice hostname)
{
    size_t dot = slice_find(hostname, '.', slice_starts(hostname, SLICE("*.")) ? 2 : 0);
    return dot < hostname.len
               ? ARENA_JOIN(c->arena, SLICE("*"), slice_sub(hostname, dot, hostname.len))
               : SLICE_ABSENT;
}

const struct listener_plan *covering_listener(struct conversion *c, const struct plane *plane,
                                              uint16_t port, struct slice hostname)
{
    if (!plane->listener_count) {
        return NULL;
    }
    const struct listener_plan *found = listener_at(c, plane, port, hostname);
    if (found || !plane->any_wide_listener) {
        return found;
    }
    for (struct slice host = hostname; !found && host.ptr && host.len;) {
        host = parent_wildcard(c, host);
        found = host.ptr ? listener_at(c, plane, port, host) : NULL;
    }
    return found ? found : listener_at(c, plane, port, SLICE_ABSENT);
}

static struct slice share_key(struct conversion *c, const struct entry *entry)
{
    const struct certificate *cert = &entry->certificate;
    const struct slice parts[] = {cert->host, cert->namespace, cert->secret};
    buf_clear(&c->key);
    buf_put_uint(&c->key, entry->port);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_putc(&c->key, ' ');
        buf_put(&c->key, parts[i]);
    }
    return buf_slice(&c->key);
}

/* A wildcard of `tls` that serves several hosts is one listener, any other host has its own. */
static struct slice listener_host(struct conversion *c, const struct unit *unit, struct map *shares)
{
    const struct certificate *cert = &unit->https->certificate;
    struct host_pattern outer = {.kind = HOST_SUFFIX, .name = cert->host};
    bool shared = is_wildcard_host(cert->host) && unit->hostname.ptr &&
                  host_pattern_covers(&outer, unit->host) &&
                  map_get(shares, share_key(c, unit->https)) != unit;
    return shared ? cert->host : unit->hostname;
}

struct listener_plan *listener_place(struct conversion *c, struct plane *plane,
                                     const struct listener_plan *plan, struct slice wanted)
{
    /* UDP has ports of its own. */
    struct slice host = plan->stream == STREAM_UDP ? SLICE("udp ") : plan->hostname;
    if (listener_at(c, plane, plan->port, host)) {
        return NULL;
    }
    struct listener_plan *listener = ARENA_NEW(c->arena, struct listener_plan);
    *listener = *plan;
    listener->namespaces = map_new(c->arena);
    listener->name = name_claim(c->arena, plane->listener_names, wanted,
                                address_key(c, plan->port, host), SECTION_NAME_MAX);
    map_add(plane->by_address, address_key(c, plan->port, host), listener);
    plane->any_wide_listener =
        plane->any_wide_listener || !plan->hostname.ptr || is_wildcard_host(plan->hostname);
    *ARENA_PUSH(c->arena, plane->listeners, plane->listener_count, plane->listener_capacity) =
        listener;
    return listener;
}

static struct listener_plan *listener_new(struct conversion *c, struct plane *plane,
                                          const struct unit *unit, struct slice hostname)
{
    const struct entry *entry = unit->https;
    struct slice wanted = SLICE("https");
    if (entry->port != 443) {
        wanted = arena_printf(c->arena, "https-%u", (unsigned)entry->port);
    }
    if (hostname.ptr) {
        wanted = ARENA_JOIN(c->arena, wanted, SLICE("-"), host_slug(c->arena, hostname));
    }
    const struct listener_plan plan = {.hostname = hostname,
                                       .port = entry->port,
                                       .https = true,
                                       .secret_namespace = entry->certificate.namespace,
                                       .secret = entry->certificate.secret,
                                       .cert = entry->certificate};
    return listener_place(c, plane, &plan, wanted);
}

static bool same_secret(const struct listener_plan *listener, const struct certificate *cert)
{
    return slice_equal(listener->secret, cert->secret) &&
           slice_equal(listener->secret_namespace, cert->namespace);
}

static void listener_assign(struct conversion *c, struct plane *plane, struct unit *unit,
                            struct slice hostname)
{
    struct listener_plan *listener = listener_at(c, plane, unit->https->port, hostname);
    if (listener && !same_secret(listener, &unit->https->certificate)) {
        hostname = unit->hostname;
        listener = listener_at(c, plane, unit->https->port, hostname);
    }
    listener = listener ? listener : listener_new(c, plane, unit, hostname);
    /* What passes TLS on ends none: no HTTPRoute attaches there. */
    unit->secure = listener && listener->https ? listener : NULL;
}

/* Units that share a certificate's wildcard map to null or to another unit: the first is
 * replaced. */
static struct map *count_shares(struct conversion *c, const struct plane *plane)
{
    struct map *shares = map_new(c->arena);
    for (size_t i = 0; i < plane->unit_count; i++) {
        struct unit *unit = plane->units[i];
        if (unit->certified && unit->https->certificate.host.len) {
            struct slice key = share_key(c, unit->https);
            if (map_add(shares, key, unit)) {
                map_put(shares, key, c);
            }
        }
    }
    return shares;
}

/* A wildcard of a listener takes names of any depth, those of a certificate one label (GatewaySpec.listeners in
 * gateway-api apis/v1/gateway_types.go): such a host is served with a certificate that is not its own, as it is today. */
static struct listener_plan *wider_listener(struct conversion *c, const struct plane *plane,
                                            const struct unit *unit)
{
    const struct listener_plan *found =
        covering_listener(c, plane, unit->https->port, unit->hostname);
    if (!found || !found->https || slice_equal(found->hostname, unit->hostname)) {
        return NULL;
    }
    const struct unit *owner =
        plane_unit(plane, true, found->hostname.ptr ? found->hostname : SLICE(""));
    if (!owner || !owner->https || owner->https->client) { /* it may ask for certificates */
        return NULL;
    }
    say(c, DIAG_C002, SEVERITY_INFO, unit->https->origin.span, &unit->https->origin,
        "host '" SLICE_FMT "' is served by https with the default certificate of '" SLICE_FMT
        "' today, and with Secret '" SLICE_FMT "/" SLICE_FMT "' of listener '" SLICE_FMT
        "' afterwards; neither is for its name",
        SLICE_ARG(unit->hostname), SLICE_ARG(plane->gateway), SLICE_ARG(found->secret_namespace),
        SLICE_ARG(found->secret), SLICE_ARG(found->name));
    return listener_at(c, plane, found->port, found->hostname);
}

/* TLS of the host goes through to its backends. */
static bool passes_on(struct conversion *c, const struct plane *plane, const struct unit *unit)
{
    const struct listener_plan *own = listener_at(c, plane, unit->https->port, unit->hostname);
    return own && own->stream == STREAM_TLS;
}

static struct listener_plan *https_listener(struct conversion *c, const struct plane *plane,
                                            uint16_t port, struct slice hostname)
{
    struct listener_plan *found = listener_at(c, plane, port, hostname);
    return found && found->https ? found : NULL;
}

static void listeners_build(struct conversion *c, struct plane *plane)
{
    struct map *shares = count_shares(c, plane);
    /* Hosts with a listener of their own come first, so that no shared one takes their address. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < plane->unit_count; i++) {
            struct unit *unit = plane->units[i];
            if (!unit->certified) {
                continue;
            }
            struct slice hostname = listener_host(c, unit, shares);
            if (slice_equal(hostname, unit->hostname) == (pass == 0)) {
                listener_assign(c, plane, unit, hostname);
            }
        }
    }
    for (size_t i = 0; i < plane->unit_count; i++) {
        struct unit *unit = plane->units[i];
        /* ingress-nginx looks for a certificate of "*." and the parent where a host has none
         * (rootfs/etc/nginx/lua/certificate.lua, get_pem_cert_uid). */
        bool open = unit->https && !unit->secure && !passes_on(c, plane, unit);
        if (plane->any_wide_listener && open && unit->host->kind == HOST_EXACT) {
            struct slice parent = parent_wildcard(c, unit->hostname);
            unit->secure = parent.ptr ? https_listener(c, plane, unit->https->port, parent) : NULL;
        }
        if (open && !unit->secure && unit->hostname.ptr) {
            unit->secure = wider_listener(c, plane, unit);
        }
    }
}

/* ---- what is said about hosts ---------------------------------------------------------------- */

/* Hosts whose https ends, with one list for those that ask for TLS and one for the others. */
static void say_default_certificates(struct conversion *c, const struct plane *plane)
{
    struct slice *names[2];
    size_t counts[2] = {0, 0};
    names[0] = ARENA_ARRAY(c->arena, struct slice, plane->unit_count + 1);
    names[1] = ARENA_ARRAY(c->arena, struct slice, plane->unit_count + 1);
    for (size_t i = 0; i < plane->unit_count; i++) {
        const struct unit *unit = plane->units[i];
        if (unit->https && !unit->secure && unit->hostname.ptr && unit->chosen &&
            !listener_at(c, plane, unit->https->port, unit->hostname)) {
            const struct certificate *cert = &unit->https->certificate;
            bool asked = cert->host.len || cert->span.line;
            names[asked][counts[asked]++] = unit->hostname;
        }
    }
    for (int asked = 0; asked < 2; asked++) {
        for (size_t at = 0; at < counts[asked]; at += HOSTS_SAID) {
            size_t part = counts[asked] - at < HOSTS_SAID ? counts[asked] - at : HOSTS_SAID;
            say(c, DIAG_C023, asked ? SEVERITY_WARNING : SEVERITY_INFO, SPAN_NONE, NULL,
                "%zu %s served by https with the default certificate of '" SLICE_FMT
                "' today, and not at all afterwards: " SLICE_FMT,
                part, part == 1 ? "host is" : "hosts are", SLICE_ARG(plane->gateway),
                SLICE_ARG(all_names(c, names[asked] + at, part)));
        }
    }
}

/* Adds the entries that have a home, or those that have none; true: there are others. */
static bool entries_add(struct conversion *c, struct map *index, const struct map *homes, bool home)
{
    bool others = false;
    struct placed placed = {0};
    for (size_t i = 0; i < c->table->entry_count; i++) {
        const struct entry *entry = &c->table->entries[i];
        if (i + 4 * STEPS_AHEAD < c->table->entry_count) {
            memory_ahead(entry[4 * STEPS_AHEAD].host.name.ptr, 1);
        }
        struct slice namespace = homes && entry->kind == ENTRY_TUNNEL ? stream_namespace(entry)
                                                                      : home_of(c, homes, entry);
        if ((namespace.len > 0) == home) {
            c->silent = !entry_is_chosen(c, entry);
            entry_add(c, index, &placed, entry, namespace);
            c->silent = false;
        } else {
            others = true;
        }
    }
    return others;
}

void planes_build(struct conversion *c)
{
    struct map *index = map_new(c->arena), *taken = map_new(c->arena);
    const struct map *homes = homes_find(c);
    if (entries_add(c, index, homes, true)) {
        (void)entries_add(c, index, homes, false);
    }
    for (size_t i = 0; i < c->plane_count; i++) {
        listeners_build(c, c->planes[i]);
        gateways_assign(c, c->planes[i], taken);
        say_default_certificates(c, c->planes[i]);
    }
}
