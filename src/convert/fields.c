#include "convert/convert_priv.h"

/* Fields of Ingresses that no rule shows, so that nobody else says what becomes of them. */

/* Hosts that https is written for, as the table has them. */
static struct map *https_hosts(struct conversion *c)
{
    struct map *hosts = map_new(c->arena);
    for (size_t i = 0; i < c->table->entry_count; i++) {
        const struct entry *entry = &c->table->entries[i];
        if (entry->https && entry->host.kind != HOST_ANY) {
            (void)map_put(hosts, entry->host.name, c);
        }
    }
    return hosts;
}

/* *hosts is made when no plane has the host, as is rare. */
static bool is_host(struct conversion *c, struct slice host, struct map **hosts)
{
    for (size_t p = 0; p < c->plane_count; p++) {
        if (plane_unit(c->planes[p], true, host)) {
            return true;
        }
    }
    *hosts = *hosts ? *hosts : https_hosts(c);
    return map_get(*hosts, host) != NULL;
}

static void say_unused_tls(struct conversion *c, const struct ingress *ingress,
                           const struct ingress_tls *tls, struct map **hosts)
{
    const struct origin origin = {.kind = SLICE("Ingress"),
                                  .namespace = ingress->object.namespace,
                                  .name = ingress->object.name,
                                  .place = ingress->object.place};
    for (size_t i = 0; i < tls->host_count; i++) {
        struct slice host = arena_lower(c->arena, tls->hosts[i]);
        if (host.len && !is_host(c, host, hosts)) {
            say(c, DIAG_C045, SEVERITY_WARNING, tls->span, &origin,
                "no rule has the host '" SLICE_FMT "' that 'tls' names%s" SLICE_FMT
                "%s; no listener is written for it",
                SLICE_ARG(host), tls->secret.len ? " with Secret '" : "", SLICE_ARG(tls->secret),
                tls->secret.len ? "'" : "");
        }
    }
}

void fields_say(struct conversion *c)
{
    struct map *hosts = NULL;
    for (size_t p = 0; p < c->plane_count; p++) {
        const struct plane *plane = c->planes[p];
        for (size_t i = 0; i < plane->source_count; i++) {
            const struct origin *origin = &plane->sources[i];
            const struct object *object = origin_ingress(c, origin);
            const struct ingress *ingress = (const void *)object;
            for (size_t t = 0; ingress && t < ingress->tls_count; t++) {
                say_unused_tls(c, ingress, &ingress->tls[t], &hosts);
            }
        }
    }
}
