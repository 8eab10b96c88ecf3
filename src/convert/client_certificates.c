#include "convert/convert_priv.h"

/* Certificates that clients have to show. Two things of a Gateway ask for them:
 *
 * Istio at one listener, by the option that the target names; it trusts ca.crt of the Secret that the listener has its
 * own certificate from (istio 1.30.1 pilot/pkg/config/kube/gateway/conversion.go, buildTLS; aks.md of Microsoft: the
 * same under application routing).
 *
 * spec.tls.frontend of the Gateway at all its https listeners (gateway-api apis/v1/gateway_types.go,
 * FrontendTLSConfig), so that it is written where all of them want the same. The standard has the CA in a ConfigMap;
 * who reads Secrets as well is told the one that is there. Istio reads no mode: that is the option's. */

/* ---- what the hosts of a listener want ------------------------------------------------------ */

static bool is_asked(const struct client_check *check)
{
    return check && check->demand != DEMAND_NONE;
}

/* The same handshake. */
static bool checks_alike(const struct client_check *a, const struct client_check *b)
{
    return !a || !b ? a == b : a->demand == b->demand && slice_equal(a->subject, b->subject);
}

static void check_note(const struct unit *unit)
{
    struct listener_plan *listener = unit->secure;
    const struct client_check *check = is_asked(unit->https->client) ? unit->https->client : NULL;
    listener->checks_differ =
        listener->checked && (listener->checks_differ || !checks_alike(listener->check, check));
    listener->check = listener->checked ? listener->check : check;
    listener->checked = true;
}

/* ---- what asks for it ----------------------------------------------------------------------- */

static bool reads_no_mode(const struct conversion *c)
{
    return target_profile(c->options->target)->frontend_of_istio;
}

/* The option verifies whatever is shown. */
static bool option_fits(struct conversion *c, const struct listener_plan *listener)
{
    const struct client_check *check = listener->check;
    return c->options->target->mutual_option && check && !listener->checks_differ &&
           check->demand != DEMAND_ANY && !vault_has(c, listener) &&
           slice_equal(check->subject, arena_printf(c->arena, "Secret " SLICE_FMT "/" SLICE_FMT,
                                                    SLICE_ARG(listener->secret_namespace),
                                                    SLICE_ARG(listener->secret)));
}

static bool release_has_frontend(const struct conversion *c)
{
    return c->options->api_minor >=
           feature_since(FEATURE_client_certificates, c->options->experimental);
}

static void way_choose(struct conversion *c, const struct plane *plane, size_t gateway)
{
    const struct client_check *first = NULL;
    bool alike = true, options = true;
    for (size_t i = 0; i < plane->listener_count; i++) {
        struct listener_plan *listener = plane->listeners[i];
        if (listener->gateway != gateway || !listener->https || !listener_is_used(listener)) {
            continue;
        }
        first = first ? first : listener->check;
        alike = alike && !listener->checks_differ && first && checks_alike(first, listener->check);
        options = options && option_fits(c, listener);
    }
    bool expressible = first && !(first->demand == DEMAND_ANY && reads_no_mode(c));
    if (first && alike && !options && expressible && release_has_frontend(c)) {
        plane->clients[gateway] = first;
    }
    for (size_t i = 0; i < plane->listener_count; i++) {
        struct listener_plan *listener = plane->listeners[i];
        if (listener->gateway == gateway) {
            listener->way = plane->clients[gateway]    ? CLIENTS_OF_GATEWAY
                            : option_fits(c, listener) ? CLIENTS_OF_LISTENER
                                                       : CLIENTS_UNASKED;
        }
    }
}

/* ---- what is written ------------------------------------------------------------------------ */

struct node *listener_clients_node(struct conversion *c, const struct listener_plan *listener,
                                   struct node *options)
{
    const char *option = c->options->target->mutual_option;
    bool optional = listener->check && listener->check->demand == DEMAND_OPTIONAL;
    bool said = listener->way == CLIENTS_OF_LISTENER ||
                (listener->way == CLIENTS_OF_GATEWAY && optional && reads_no_mode(c));
    if (!said || !option) {
        return options;
    }
    options = options ? options : node_map(c->nodes);
    node_set(c->nodes, options, option, text_node(c, optional ? "OPTIONAL_MUTUAL" : "MUTUAL"));
    return options;
}

/* "shop" and "ca" of "Secret shop/ca". */
static void secret_of(const struct client_check *check, struct slice *namespace, struct slice *name)
{
    struct slice rest = check->subject, kind;
    (void)slice_split(&rest, ' ', &kind);
    (void)slice_split(&rest, '/', namespace);
    *name = rest;
}

/* No two Secrets have the same ConfigMap: a namespace has no dot in its name. */
static struct slice authority_name(struct conversion *c, const struct plane *plane,
                                   const struct client_check *check)
{
    struct slice namespace, name;
    secret_of(check, &namespace, &name);
    return slice_equal(namespace, plane->namespace)
               ? name
               : ARENA_JOIN(c->arena, namespace, SLICE("."), name);
}

static void say_authority(struct conversion *c, const struct plane *plane, struct slice gateway,
                          const struct client_check *check)
{
    struct slice namespace, name, map = authority_name(c, plane, check);
    secret_of(check, &namespace, &name);
    const struct converted_authority authority = {plane->namespace, map, namespace, name};
    if (!authority_need(c, &authority)) {
        return;
    }
    say(c, DIAG_C057, SEVERITY_WARNING, check->source.span, NULL,
        "Gateway '" SLICE_FMT "/" SLICE_FMT
        "' reads the CA of its clients from ConfigMap '" SLICE_FMT
        "', and serves nothing by https until it is there: kubectl create configmap " SLICE_FMT
        " -n " SLICE_FMT " --from-literal=ca.crt=\"$(kubectl get secret " SLICE_FMT " -n " SLICE_FMT
        " -o jsonpath='{.data.ca\\.crt}' | base64 -d)\"",
        SLICE_ARG(plane->namespace), SLICE_ARG(gateway), SLICE_ARG(map), SLICE_ARG(map),
        SLICE_ARG(plane->namespace), SLICE_ARG(name), SLICE_ARG(namespace));
}

static struct node *authority_node(struct conversion *c, const struct plane *plane,
                                   struct slice gateway, const struct client_check *check)
{
    struct node *authority = node_map(c->nodes);
    struct slice namespace, name;
    bool secret = target_profile(c->options->target)->authorities_in_secrets;
    secret_of(check, &namespace, &name);
    node_set(c->nodes, authority, "group", text_node(c, ""));
    node_set(c->nodes, authority, "kind", text_node(c, secret ? "Secret" : "ConfigMap"));
    if (!secret) {
        say_authority(c, plane, gateway, check);
        name = authority_name(c, plane, check);
    } else if (!slice_equal(namespace, plane->namespace)) {
        node_set(c->nodes, authority, "namespace", node_string(c->nodes, namespace));
        grant_need(c, "Gateway", plane->namespace, "Secret", namespace, name);
    }
    node_set(c->nodes, authority, "name", node_string(c->nodes, name));
    return authority;
}

struct node *gateway_clients_node(struct conversion *c, const struct plane *plane, size_t gateway)
{
    const struct client_check *check = plane->clients[gateway];
    if (!check) {
        return NULL;
    }
    struct node *validation = node_map(c->nodes), *authorities = node_list(c->nodes);
    node_add(c->nodes, authorities, authority_node(c, plane, plane->gateway_names[gateway], check));
    node_set(c->nodes, validation, "caCertificateRefs", authorities);
    if (check->demand != DEMAND_VALID && !reads_no_mode(c)) {
        node_set(c->nodes, validation, "mode", text_node(c, "AllowInsecureFallback"));
    }
    struct node *all = node_map(c->nodes), *frontend = node_map(c->nodes),
                *tls = node_map(c->nodes);
    node_set(c->nodes, all, "validation", validation);
    node_set(c->nodes, frontend, "default", all);
    node_set(c->nodes, tls, "frontend", frontend);
    return tls;
}

/* ---- what is said --------------------------------------------------------------------------- */

static struct slice advice_of(const struct conversion *c, const struct client_check *check)
{
    if (check->demand == DEMAND_ANY && reads_no_mode(c)) {
        return SLICE("check them in front of the Gateway or in the application");
    }
    const char *alone =
        c->options->gateway_name.len
            ? "write a Gateway for the hosts that ask for the same CA (--host, without --gateway)"
        : release_has_frontend(c)
            ? "convert the hosts that ask for the same CA apart from the others (--host, with a "
              "--gateway-namespace of their own), so that their Gateway asks all its clients"
            : "Gateway API 1.5 has Gateways that ask all their clients";
    return arena_printf(c->arena,
                        "%s%s, or check them in front of the Gateway or in the application", alone,
                        c->options->target->mutual_option
                            ? ", or put the CA into the key ca.crt of the Secret that the host has "
                              "its certificate from, and name that one in auth-tls-secret"
                            : "");
}

/* What of a check is more than the handshake. */
static void say_name(struct conversion *c, const struct entry *entry)
{
    const struct client_check *check = entry->client;
    if (check->name.len) {
        say(c, DIAG_C003, SEVERITY_ERROR, check->source.span, &entry->origin,
            "'auth-tls-match-cn' cannot be written for target '%s': clients of host '" SLICE_FMT
            "' are let in whatever the name in their certificate is, and by plain http; let the "
            "application look at it",
            c->options->target->name, SLICE_ARG(entry->host.name));
    }
}

static void say_depth(struct conversion *c, const struct entry *entry)
{
    const struct client_check *check = entry->client;
    int64_t after = target_profile(c->options->target)->client_depth;
    bool asked = check->depth_source.name.ptr;
    if (!check->depth || check->depth == after) {
        return;
    }
    say(c, asked ? DIAG_C002 : DIAG_C005, asked ? SEVERITY_WARNING : SEVERITY_INFO,
        asked ? check->depth_source.span : check->source.span, &entry->origin,
        "certificates of clients of host '" SLICE_FMT "' may be %lld step%s away from the CA "
        "today (auth-tls-verify-depth), and afterwards " SLICE_FMT,
        SLICE_ARG(entry->host.name), (long long)check->depth, check->depth == 1 ? "" : "s",
        SLICE_ARG(after ? arena_printf(c->arena, "%lld", (long long)after)
                        : SLICE("as many as the implementation takes")));
}

/* Istio reads the key ca.crl of the Secret, too (pilot/pkg/credentials/kube/secrets.go); spec.tls.frontend names no
 * list (apis/v1/gateway_types.go, FrontendTLSValidation). */
static void say_revocation(struct conversion *c, const struct entry *entry)
{
    const struct client_check *check = entry->client;
    bool known = check->revocation == REVOCATION_LIST;
    if (check->revocation == REVOCATION_NONE || !c->options->target->revocation_advice) {
        return;
    }
    say(c, known ? DIAG_C003 : DIAG_C002, known ? SEVERITY_ERROR : SEVERITY_WARNING,
        check->source.span, &entry->origin,
        "%sclients of host '" SLICE_FMT "' whose certificate is revoked are refused today "
        "(key ca.crl of " SLICE_FMT "), and let in afterwards; %s",
        known ? "" : "should there be a list, ", SLICE_ARG(entry->host.name),
        SLICE_ARG(check->subject), c->options->target->revocation_advice);
}

static void say_asked(struct conversion *c, const struct entry *entry, bool any_is_let_in)
{
    const struct client_check *check = entry->client;
    struct slice today = check->error_page.count
                             ? SLICE("are sent to the page of auth-tls-error-page")
                             : arena_printf(c->arena, "get %lld", (long long)check->status);
    if (check->demand == DEMAND_VALID) {
        say(c, DIAG_C002, SEVERITY_WARNING, check->source.span, &entry->origin,
            "clients of host '" SLICE_FMT "' without a valid certificate " SLICE_FMT
            " today, and no connection afterwards",
            SLICE_ARG(entry->host.name), SLICE_ARG(today));
    } else {
        say(c, DIAG_C002, SEVERITY_WARNING, check->source.span, &entry->origin,
            "clients of host '" SLICE_FMT
            "' are asked for a certificate as today, and need none; one that is not valid %s, and "
            "what the application learns of it is up to the implementation",
            SLICE_ARG(entry->host.name),
            !any_is_let_in                ? "ends the connection"
            : check->demand == DEMAND_ANY ? "is let in as today"
                                          : "is let in, which is answered 400 today");
    }
    say_depth(c, entry);
    say_revocation(c, entry);
}

static void say_unasked(struct conversion *c, const struct entry *entry)
{
    const struct client_check *check = entry->client;
    bool required = check->demand == DEMAND_VALID;
    say(c, required ? DIAG_C003 : DIAG_C001, required ? SEVERITY_ERROR : SEVERITY_WARNING,
        check->source.span, &entry->origin,
        "'" SLICE_FMT "' cannot be written for target '%s': clients of host '" SLICE_FMT
        "' are not asked for a certificate afterwards%s; " SLICE_FMT,
        SLICE_ARG(check->source.name), c->options->target->name, SLICE_ARG(entry->host.name),
        required ? "" : ", which they need not have today either", SLICE_ARG(advice_of(c, check)));
}

static void say_clients(struct conversion *c, const struct unit *unit)
{
    const struct entry *entry = unit->https && unit->https->client ? unit->https : unit->http;
    if (!entry || !entry->client) {
        return;
    }
    say_name(c, entry);
    if (!is_asked(entry->client)) {
        return;
    }
    if (unit->secure && unit->secure->way != CLIENTS_UNASKED) {
        say_asked(c, entry, unit->secure->way == CLIENTS_OF_GATEWAY && !reads_no_mode(c));
    } else {
        say_unasked(c, entry);
    }
}

void clients_decide(struct conversion *c, struct plane *plane)
{
    plane->clients = ARENA_ARRAY(c->arena, const struct client_check *, plane->gateway_count);
    bool any = false;
    for (size_t i = 0; i < plane->unit_count; i++) {
        if (plane->units[i]->secure && plane->units[i]->https) {
            check_note(plane->units[i]);
            any = any || plane->units[i]->https->client;
        }
    }
    for (size_t g = 0; any && !c->options->gateway_name.len && g < plane->gateway_count; g++) {
        way_choose(c, plane, g);
    }
    for (size_t i = 0; i < plane->unit_count; i++) {
        if (plane->units[i]->chosen) {
            say_clients(c, plane->units[i]);
        }
    }
}
