#include "ingress/ingress.h"

struct origin ingress_origin(const struct ingress *ingress, struct slice field, struct span span)
{
    const struct object *object = &ingress->object;
    return (struct origin){SLICE("Ingress"), object->namespace, object->name, field, span,
                           object->place};
}

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

/* True the first time that this is asked about this input, which outlives the arena of this run. */
static bool is_first(const struct kube *kube, struct slice what)
{
    return !map_add(kube->said, what, kube->said);
}

static void assume_service(struct run *run, const struct kube *kube, struct slice namespace,
                           const struct ingress_backend *backend)
{
    if (is_first(kube, SLICE("missing Services"))) {
        diag_at(run->diag, DIAG_I008, backend->span, SLICE_ABSENT,
                "Services that are named are not in the input, for example '" SLICE_FMT
                "/" SLICE_FMT "'; they are assumed to exist and to have ready endpoints",
                SLICE_ARG(namespace), SLICE_ARG(backend->service));
    }
    if (backend->port) {
        return;
    }
    struct slice key = ARENA_JOIN(run->arena, SLICE("port "), namespace, SLICE("\n"),
                                  backend->service, SLICE("\n"), backend->port_name);
    if (is_first(kube, key)) {
        diag_at(run->diag, DIAG_I004, backend->port_span.line ? backend->port_span : backend->span,
                SLICE_ABSENT,
                "the number of port '" SLICE_FMT "' of Service '" SLICE_FMT "/" SLICE_FMT
                "' cannot be looked up; add the Service to the input",
                SLICE_ARG(backend->port_name), SLICE_ARG(namespace), SLICE_ARG(backend->service));
    }
}

static void refuse_port(struct run *run, const struct service *service,
                        const struct ingress_backend *backend)
{
    struct slice ports = SLICE("");
    for (size_t i = 0; i < service->port_count; i++) {
        const struct service_port *port = &service->ports[i];
        ports = arena_printf(run->arena, SLICE_FMT "%s%u%s" SLICE_FMT "%s", SLICE_ARG(ports),
                             i ? ", " : "", port->port, port->name.len ? " (" : "",
                             SLICE_ARG(port->name), port->name.len ? ")" : "");
    }
    struct slice wanted =
        backend->port ? arena_printf(run->arena, "%u", backend->port) : backend->port_name;
    diag_at(run->diag, DIAG_I005, backend->port_span.line ? backend->port_span : backend->span,
            service->object.subject,
            "Service '" SLICE_FMT "/" SLICE_FMT "' has no port '" SLICE_FMT "'; it has " SLICE_FMT,
            SLICE_ARG(service->object.namespace), SLICE_ARG(service->object.name),
            SLICE_ARG(wanted), SLICE_ARG(ports.len ? ports : SLICE("none")));
}

/* Null when the name can be served. ingress-nginx refuses names of its own machine, so that nobody reaches
 * its internal ports (internal/ingress/controller/endpointslices.go, getEndpointsFromSlices). */
static const char *external_fault(struct slice name)
{
    struct address address;
    if (slice_ends(name, SLICE("."))) {
        name = slice_sub(name, 0, name.len - 1);
    }
    if (slice_is(name, "localhost") ||
        (address_parse(name, &address) && address.length == 4 && address.bytes[0] == 127)) {
        return "externalName is the data plane's own machine";
    }
    return is_dns_subdomain(name) ? NULL : "externalName is not a DNS name";
}

struct backend ingress_backend_resolve(struct run *run, const struct kube *kube,
                                       struct slice namespace,
                                       const struct ingress_backend *backend, bool by_target,
                                       int64_t missing_status, int64_t empty_status)
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
        } else {
            assume_service(run, kube, namespace, backend);
        }
        return out;
    }
    const struct service_port *port = find_port(service, backend, by_target);
    bool external = slice_is(service->type, "ExternalName");
    const char *fault = external ? external_fault(service->external_name) : NULL;
    if (port) {
        out.port = port->port;
    } else if (!external) {
        /* an ExternalName Service needs no ports: the number of the Ingress is used */
        refuse_port(run, service, backend);
        cannot_serve(&out, missing_status, SLICE("the Service has no such port"));
        return out;
    }
    if (fault) {
        cannot_serve(&out, empty_status, slice_of(fault));
    } else if (!external && kube_endpoints(kube, service) == ENDPOINTS_NONE) {
        cannot_serve(&out, empty_status, SLICE("the Service has no ready endpoints"));
    } else if (external && !out.port) {
        cannot_serve(&out, missing_status, SLICE("a named port of an ExternalName Service"));
    }
    return out;
}
