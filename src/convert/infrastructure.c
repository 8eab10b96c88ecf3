#include "convert/policy_priv.h"

#include "aks/aks.h"

/* Load balancer, client addresses and pods of a Gateway on AKS. Annotations go to spec.infrastructure, the rest to
 * a ConfigMap of which the add-on takes only some fields (learn.microsoft.com/azure/aks/istio-gateway-api,
 * "ConfigMap customizations"). */

enum {
    ANNOTATIONS_MAX = 8, /* of spec.infrastructure, gateway-api apis/v1/gateway_types.go */
    PODS_MIN = 2,        /* of the autoscaler: AKS refuses less */
    PODS_MAX = 5         /* of the autoscaler where nothing is said */
};

struct infrastructure {
    struct labels annotations; /* all that are carried over */
    struct slices ranges;
    struct span ranges_span;
    bool keeps_clients; /* externalTrafficPolicy: Local */
    bool scales;
    struct aks_scaling scaling;
    const struct object *object; /* that says so; null: the add-on does by itself */
    struct slice config;         /* name of the ConfigMap; absent: none */
};

/* Annotations of the old Service that a second one must not have while both are there, or that tell how nginx is
 * probed (kubernetes-sigs/cloud-provider-azure docs, LoadBalancer annotations). */
static const struct {
    const char *part, *why;
} kept_out[] = {
    {"health-probe",
     "it tells how nginx is probed, and the load balancer would find the pods of the "
     "Gateway ill"},
    {"azure-pip-name",
     "the old Service holds that address until it is deleted; set it on the Gateway "
     "afterwards, or take another"},
    {"azure-load-balancer-ip",
     "the old Service holds that address until it is deleted; set it on the "
     "Gateway afterwards, or take another"},
    {"azure-dns-label-name", "the old Service holds that name until it is deleted"},
    {"azure-pls-", "the old Service holds that private link service; make another for the Gateway"},
};

static const char *why_kept_out(struct slice key)
{
    for (size_t i = 0; i < ARRAY_LEN(kept_out); i++) {
        if (slice_contains(key, slice_of(kept_out[i].part))) {
            return kept_out[i].why;
        }
    }
    return NULL;
}

/* ---- what is in front of the old data plane -------------------------------------------------- */

static bool is_controllers(const struct service *service)
{
    const struct labels *labels = &service->object.labels;
    const struct label *name = labels_find(labels, "app.kubernetes.io/name");
    const struct label *part = labels_find(labels, "app.kubernetes.io/component");
    bool own = slice_is(service->object.namespace, AKS_NAMESPACE) ||
               (name && slice_is(name->value, "ingress-nginx") &&
                (!part || slice_is(part->value, "controller")));
    return own && slice_is(service->type, "LoadBalancer");
}

/* The first Service of type LoadBalancer of a controller; null: there is none. */
static const struct service *controller_service(struct conversion *c, size_t *count)
{
    const struct service *first = NULL;
    *count = 0;
    for (size_t i = 0; i < c->kube->counts[KUBE_SERVICE]; i++) {
        const struct service *service = (const void *)c->kube->objects[KUBE_SERVICE][i];
        if (is_controllers(service)) {
            first = first ? first : service;
            (*count)++;
        }
    }
    return first;
}

/* Only one data plane can be the Service's. */
static bool is_only(const struct conversion *c, const struct plane *plane)
{
    for (size_t i = 0; i < c->plane_count; i++) {
        if (!slice_equal(c->planes[i]->gateway, plane->gateway)) {
            return false;
        }
    }
    return true;
}

static void add_annotations(struct conversion *c, const struct labels *from, bool all,
                            struct infrastructure *out)
{
    out->annotations.items = ARENA_ARRAY(c->arena, struct label, from->count + 1);
    for (size_t i = 0; i < from->count; i++) {
        const struct label *label = &from->items[i];
        bool balancer = slice_starts(label->key, SLICE("service.beta.kubernetes.io/"));
        const char *why = why_kept_out(label->key);
        struct origin origin = {.kind = out->object->kind_name,
                                .namespace = out->object->namespace,
                                .name = out->object->name};
        if (!balancer && !all) {
            continue;
        }
        if (!c->options->target->on_aks) {
            why = "the target has its own way to tell the load balancer "
                  "(spec.infrastructure.annotations "
                  "of the Gateway in many)";
        }
        if (why) {
            say(c, DIAG_C071, SEVERITY_WARNING, label->span, &origin,
                "'" SLICE_FMT "' is not carried over: %s", SLICE_ARG(label->key), why);
        } else {
            say(c, DIAG_C070, SEVERITY_INFO, label->span, &origin,
                "'" SLICE_FMT "' is told to the load balancer of the Gateway as well",
                SLICE_ARG(label->key));
            out->annotations.items[out->annotations.count++] = *label;
        }
    }
}

/* The operator of AKS runs its controllers with externalTrafficPolicy Local (pkg/manifests/nginx.go). */
static bool read_infrastructure(struct conversion *c, const struct plane *plane,
                                struct infrastructure *out)
{
    *out = (struct infrastructure){0};
    if (!c->kube) {
        return false;
    }
    bool aks = aks_serves(c->kube, plane->gateway);
    size_t services;
    const struct service *service = controller_service(c, &services);
    out->object = aks_controller_find(c->kube, plane->gateway);
    if (!out->object && service && (services > 1 || !is_only(c, plane))) {
        say(c, DIAG_C071, SEVERITY_WARNING, service->object.span, NULL,
            "nothing of load balancers is carried over to '" SLICE_FMT
            "': it is not known which of the controllers has this Service; convert the Ingresses "
            "of one class (--ingress-class) with its Service alone",
            SLICE_ARG(plane->gateway));
        service = NULL;
    }
    if (out->object) {
        struct aks_controller controller;
        aks_controller_read(c->run, out->object, &controller);
        add_annotations(c, &controller.load_balancer, true, out);
        out->ranges = controller.source_ranges;
        out->ranges_span = controller.source_span;
        out->scales = true;
        out->scaling = controller.scaling;
    } else if (service) {
        out->object = &service->object;
        add_annotations(c, &service->object.annotations, false, out);
        out->ranges = service->source_ranges;
        out->ranges_span = service->source_span;
    }
    out->keeps_clients = aks || (service && slice_is(service->external_policy, "Local"));
    return aks || out->object;
}

/* ---- the ConfigMap ------------------------------------------------------------------------------ */

static struct node *yaml_node(struct conversion *c, const struct node *tree)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    document_write_yaml(tree, &text);
    struct node *node = node_string(c->nodes, arena_copy(c->nodes, buf_slice(&text)));
    buf_release(&text);
    return node;
}

/* AKS adds these three where the policy is Cluster; left there they probe a port that answers nobody. */
static struct node *service_annotations(struct conversion *c, const struct infrastructure *from)
{
    static const char *const blank[] = {
        "service.beta.kubernetes.io/port_80_health-probe_port",
        "service.beta.kubernetes.io/port_80_health-probe_protocol",
        "service.beta.kubernetes.io/port_80_health-probe_request-path"};
    struct node *annotations = node_map(c->nodes);
    for (size_t i = 0; from->keeps_clients && i < ARRAY_LEN(blank); i++) {
        struct node *nothing = node_map(c->nodes);
        nothing->kind = NODE_NULL;
        node_set(c->nodes, annotations, blank[i], nothing);
    }
    for (size_t i = ANNOTATIONS_MAX; i < from->annotations.count; i++) {
        node_set_slice(c->nodes, annotations, from->annotations.items[i].key,
                       node_string(c->nodes, from->annotations.items[i].value));
    }
    return annotations;
}

/* The Service that belongs to the Gateway; null: nothing is to be changed in it. */
static struct node *service_part(struct conversion *c, const struct infrastructure *from)
{
    struct node *part = node_map(c->nodes), *spec = node_map(c->nodes);
    struct node *annotations = service_annotations(c, from), *ranges = node_list(c->nodes);
    if (annotations->count) {
        node_set(c->nodes, policy_map(c, part, "metadata"), "annotations", annotations);
    }
    if (from->keeps_clients) {
        node_set(c->nodes, spec, "externalTrafficPolicy", text_node(c, "Local"));
    }
    for (size_t i = 0; i < from->ranges.count; i++) {
        node_add(c->nodes, ranges, node_string(c->nodes, from->ranges.items[i]));
    }
    if (ranges->count) {
        node_set(c->nodes, spec, "loadBalancerSourceRanges", ranges);
    }
    if (spec->count) {
        node_set(c->nodes, part, "spec", spec);
    }
    return part->count ? part : NULL;
}

static struct node *scaling_part(struct conversion *c, const struct aks_scaling *scaling)
{
    struct node *part = node_map(c->nodes), *spec = policy_map(c, part, "spec");
    struct node *metrics = node_list(c->nodes), *metric = node_map(c->nodes);
    int64_t min = scaling->min < PODS_MIN ? PODS_MIN : scaling->min;
    node_set(c->nodes, spec, "minReplicas", node_int(c->nodes, min));
    node_set(c->nodes, spec, "maxReplicas",
             node_int(c->nodes, scaling->max < min ? min : scaling->max));
    node_set(c->nodes, metric, "type", text_node(c, "Resource"));
    struct node *resource = policy_map(c, metric, "resource");
    node_set(c->nodes, resource, "name", text_node(c, "cpu"));
    struct node *target = policy_map(c, resource, "target");
    node_set(c->nodes, target, "type", text_node(c, "Utilization"));
    node_set(c->nodes, target, "averageUtilization", node_int(c->nodes, scaling->cpu));
    node_add(c->nodes, metrics, metric);
    node_set(c->nodes, spec, "metrics", metrics);
    return part;
}

static bool config_write(struct conversion *c, const struct plane *plane,
                         const struct infrastructure *from, struct slice source)
{
    struct node *data = node_map(c->nodes), *service = service_part(c, from);
    if (service) {
        node_set(c->nodes, data, "service", yaml_node(c, service));
    }
    if (from->scales) {
        node_set(c->nodes, data, "horizontalPodAutoscaler",
                 yaml_node(c, scaling_part(c, &from->scaling)));
    }
    if (!data->count) {
        return false;
    }
    struct node *object = object_node(c, "v1", "ConfigMap", plane->namespace, from->config, source);
    node_set(c->nodes, object, "data", data);
    object_finish(c, "ConfigMap", plane->namespace, from->config, object);
    object_of_platform(c);
    return true;
}

/* ---- the Gateway ---------------------------------------------------------------------------------- */

const struct infrastructure *infrastructure_write(struct conversion *c, const struct plane *plane,
                                                  struct slice gateway, struct slice source)
{
    struct infrastructure *out = ARENA_NEW(c->arena, struct infrastructure);
    if (!c->options->target->on_aks || !read_infrastructure(c, plane, out)) {
        return NULL;
    }
    out->config = ARENA_JOIN(c->arena, gateway, SLICE("-options"));
    if (!config_write(c, plane, out, source)) {
        out->config = SLICE_ABSENT;
    }
    return out;
}

struct node *infrastructure_node(struct conversion *c, const struct infrastructure *infrastructure)
{
    struct node *node = node_map(c->nodes), *annotations = node_map(c->nodes);
    if (!infrastructure) {
        return NULL;
    }
    for (size_t i = 0; i < infrastructure->annotations.count && i < ANNOTATIONS_MAX; i++) {
        const struct label *label = &infrastructure->annotations.items[i];
        node_set_slice(c->nodes, annotations, label->key, node_string(c->nodes, label->value));
    }
    if (annotations->count) {
        node_set(c->nodes, node, "annotations", annotations);
    }
    if (infrastructure->config.len) {
        struct node *ref = policy_map(c, node, "parametersRef");
        node_set(c->nodes, ref, "group", text_node(c, ""));
        node_set(c->nodes, ref, "kind", text_node(c, "ConfigMap"));
        node_set(c->nodes, ref, "name", node_string(c->nodes, infrastructure->config));
    }
    return node->count ? node : NULL;
}

/* ---- what is said ---------------------------------------------------------------------------------- */

static void say_ranges(struct conversion *c, const struct infrastructure *from)
{
    struct origin origin = {.kind = SLICE("")};
    if (from->object) {
        origin = (struct origin){.kind = from->object->kind_name,
                                 .namespace = from->object->namespace,
                                 .name = from->object->name};
    }
    if (from->ranges.count) {
        bool written = c->options->target->on_aks && !c->options->gateway_name.len;
        say(c, written ? DIAG_C072 : DIAG_C003, written ? SEVERITY_INFO : SEVERITY_ERROR,
            from->ranges_span, &origin,
            "only %zu range%s of addresses may connect to the load balancer: %s",
            from->ranges.count, from->ranges.count == 1 ? "" : "s",
            written
                ? "the ConfigMap of the Gateway says the same"
                : "this is not written, so set loadBalancerSourceRanges of the Service in front of "
                  "the Gateway before anybody knows its address");
    }
}

void infrastructure_say(struct conversion *c, const struct plane *plane)
{
    struct infrastructure before;
    bool aks = c->options->target->on_aks;
    bool written = aks && !c->options->gateway_name.len;
    if (!read_infrastructure(c, plane, &before)) {
        return;
    }
    say_ranges(c, &before);
    if (before.keeps_clients) {
        say(c, written ? DIAG_C072 : DIAG_C071, written ? SEVERITY_INFO : SEVERITY_WARNING,
            SPAN_NONE, NULL,
            "the load balancer of '" SLICE_FMT "' keeps the addresses of clients: %s",
            SLICE_ARG(plane->gateway),
            written
                ? "the ConfigMap of the Gateway sets externalTrafficPolicy to Local for that, with "
                  "AKS's own probes taken away"
                : "this is not written; set externalTrafficPolicy of the Service in front of the "
                  "Gateway to Local, or the application sees addresses of nodes");
    }
    if (before.scales) {
        say(c, DIAG_C073, written ? SEVERITY_INFO : SEVERITY_WARNING, before.scaling.span, NULL,
            "%lld to %lld pods run at %lld %% of CPU%s", (long long)before.scaling.min,
            (long long)before.scaling.max, (long long)before.scaling.cpu,
            written ? ", and so does the ConfigMap of the Gateway say"
                    : ": this is not written; set it for the pods of the Gateway as well");
    } else if (aks) {
        say(c, DIAG_C073, SEVERITY_INFO, SPAN_NONE, NULL,
            "up to %d pods serve a Gateway where nothing is said, and up to 100 serve '" SLICE_FMT
            "' today unless its NginxIngressController says otherwise: add that object to the "
            "input to have its numbers",
            PODS_MAX, SLICE_ARG(plane->gateway));
    }
}

void infrastructure_say_addresses(struct conversion *c)
{
    bool aks = false;
    for (size_t i = 0; c->kube && i < c->plane_count; i++) {
        aks = aks || aks_serves(c->kube, c->planes[i]->gateway);
    }
    if (!c->options->target->on_aks || !c->out->gateways) {
        return;
    }
    say(c, DIAG_C076, SEVERITY_INFO, SPAN_NONE, NULL,
        "%zu Gateway%s a load balancer address of %s own, a public one unless an annotation makes "
        "it internal; the old address cannot be taken along: DNS, firewalls and Front Door or "
        "Traffic Manager have to name the new one",
        c->out->gateways, c->out->gateways == 1 ? " has" : "s have each",
        c->out->gateways == 1 ? "its" : "their");
    if (aks) {
        say(c, DIAG_C077, SEVERITY_INFO, SPAN_NONE, NULL,
            "if the add-on manages DNS zones ('az aks approuting zone add'), it writes the old "
            "address back within 3 minutes for as long as the Ingress is there, and a "
            "ClusterExternalDNS with the same owner deletes its records: detach the zones first "
            "('az aks approuting zone delete'; the records stay), then change them or make a "
            "ClusterExternalDNS with resourceTypes [gateway]");
    }
}
