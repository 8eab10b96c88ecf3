#include "ingress/ingress.h"

static bool targets(const struct service_port *port, const struct ingress_backend *backend)
{
    if (backend->port) {
        return port->target_port == backend->port;
    }
    return slice_equal(port->target_name, backend->port_name);
}

/* ingress-nginx takes the first port whose number, targetPort or name fits (controller.go, getEndpoints
 * callers). Others look at number and name. */
static const struct service_port *find_port(const struct service *service,
                                            const struct ingress_backend *backend, bool by_target)
{
    for (size_t i = 0; i < service->port_count; i++) {
        const struct service_port *port = &service->ports[i];
        bool named = backend->port ? port->port == backend->port
                                   : slice_equal(port->name, backend->port_name);
        if (named || (by_target && targets(port, backend))) {
            return port;
        }
    }
    return NULL;
}

static void cannot_serve(struct backend *out, int64_t status, struct slice reason)
{
    out->status = status;
    out->reason = reason;
}

struct backend ingress_backend_resolve(struct run *run, const struct kube *kube,
                                       struct slice namespace, const struct ingress_backend *backend,
                                       bool by_target, int64_t missing_status,
                                       int64_t empty_status)
{
    struct backend out = {.namespace = namespace,
                          .service = backend->service,
                          .port = backend->port,
                          .port_name = backend->port_name,
                          .weight = 1,
                          .span = backend->span};
    const struct service *service = (const struct service *)(const void *)kube_find(
        kube, KUBE_SERVICE, namespace, backend->service);
    if (!service) {
        if (run->closed) {
            cannot_serve(&out, missing_status,
                         arena_printf(run->arena, "Service '" SLICE_FMT "' is not in the input",
                                      SLICE_ARG(backend->service)));
        } else if (!backend->port) {
            diag_at(run->diag, DIAG_I004, backend->port_span, SLICE_ABSENT,
                    "port '" SLICE_FMT "' of Service '" SLICE_FMT "/" SLICE_FMT
                    "' cannot be looked up; add the Service to the input",
                    SLICE_ARG(backend->port_name), SLICE_ARG(namespace),
                    SLICE_ARG(backend->service));
        }
        return out;
    }
    const struct service_port *port = find_port(service, backend, by_target);
    bool external = slice_is(service->type, "ExternalName");
    if (port) {
        out.port = port->port;
    } else if (!external) {
        diag_at(run->diag, DIAG_I005, backend->port_span.line ? backend->port_span : backend->span,
                service->object.subject, "the Service has no port '" SLICE_FMT "' that is used here",
                SLICE_ARG(backend->port ? arena_printf(run->arena, "%u", backend->port)
                                        : backend->port_name));
        cannot_serve(&out, missing_status, SLICE("the Service has no such port"));
        return out;
    }
    if (external && !is_dns_subdomain(slice_ends(service->external_name, SLICE("."))
                                          ? slice_sub(service->external_name, 0,
                                                      service->external_name.len - 1)
                                          : service->external_name)) {
        cannot_serve(&out, empty_status, SLICE("externalName is no DNS name"));
    } else if (!external && kube_endpoints(kube, service) == ENDPOINTS_NONE) {
        cannot_serve(&out, empty_status, SLICE("the Service has no ready endpoints"));
    }
    return out;
}
