#include "convert/convert_priv.h"

/* Certificates that clients have to show. Istio asks for them at one listener, by the option that the target names,
 * and trusts ca.crt of the Secret that the listener has its own certificate from (istio 1.30.1
 * pilot/pkg/config/kube/gateway/conversion.go, buildTLS; aks.md of Microsoft: the same under application routing).
 * spec.tls.frontend of a Gateway holds for all its hosts, so that it is told about and not written. */

static bool can_ask(struct conversion *c, const struct unit *unit)
{
    const struct client_check *check = unit->https->client;
    const struct certificate *cert = &unit->https->certificate;
    return c->options->target->mutual_option && !c->options->gateway_name.len && check &&
           check->required && !check->name.len && !check->error_page.count &&
           !vault_has(c, unit->secure) &&
           slice_equal(check->subject,
                       arena_printf(c->arena, "Secret " SLICE_FMT "/" SLICE_FMT,
                                    SLICE_ARG(cert->namespace), SLICE_ARG(cert->secret)));
}

static const char *advice_of(const struct conversion *c)
{
    return c->options->target->mutual_option
               ? "put the CA into the key ca.crt of the Secret that the host has its certificate "
                 "from, and name that Secret in auth-tls-secret, or check them in the application"
               : "give the hosts that ask for the same CA a Gateway of their own (--host) and set "
                 "its spec.tls.frontend, or check them in front of the Gateway or in the "
                 "application";
}

static void say_clients(struct conversion *c, const struct unit *unit, bool asked)
{
    const struct entry *entry = unit->https && unit->https->client ? unit->https : unit->http;
    const struct effect_source *source = &entry->client->source;
    if (asked) {
        say(c, DIAG_C002, SEVERITY_WARNING, source->span, &entry->origin,
            "clients of host '" SLICE_FMT "' without a valid certificate get %lld today, and no "
            "connection afterwards",
            SLICE_ARG(entry->host.name), (long long)entry->client->status);
        return;
    }
    say(c, DIAG_C003, SEVERITY_ERROR, source->span, &entry->origin,
        "'" SLICE_FMT "' cannot be written for target '%s': clients of host '" SLICE_FMT
        "' are not asked for a certificate afterwards; %s",
        SLICE_ARG(source->name), c->options->target->name, SLICE_ARG(entry->host.name),
        advice_of(c));
}

void clients_decide(struct conversion *c, struct plane *plane)
{
    for (size_t i = 0; i < plane->unit_count; i++) {
        const struct unit *unit = plane->units[i];
        if (unit->secure && unit->https && can_ask(c, unit)) {
            unit->secure->asks = true;
        } else if (unit->secure) {
            unit->secure->open = true;
        }
    }
    for (size_t i = 0; i < plane->unit_count; i++) {
        const struct unit *unit = plane->units[i];
        bool wanted = (unit->https && unit->https->client) || (unit->http && unit->http->client);
        if (wanted && unit->chosen) {
            say_clients(c, unit, unit->secure && listener_asks_clients(unit->secure));
        }
    }
}

bool listener_asks_clients(const struct listener_plan *listener)
{
    return listener->asks && !listener->open;
}
