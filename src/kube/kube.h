/* Kubernetes objects as gateshift needs them: typed, checked, indexed.
 *
 * Ownership: everything lives in the run's arena; slices may point into document nodes.
 * Units:     timestamps in seconds since 1970; ports 1 to 65535, 0 for "not given".
 * Limits:    run->limits.annotation_bytes for each object (K-code).
 * Errors:    diagnostics with letter K at the node that is wrong. A field of a wrong type, a missing
 *            required field, an invalid name or host: the object is left out and the error names the
 *            field and the fix; the other objects are read. Unknown fields of the kinds listed below
 *            are K-warnings (an API server drops them), except under `status`. Objects of other kinds
 *            are kept as they are, whatever their fields.
 * Threads:   read-only once built.
 * Source:    k8s.io/api networking/v1, core/v1, discovery/v1, gateway-api v1.6.1;
 *            checks as kubernetes pkg/apis/networking/validation/validation.go.
 *
 * Decoding is driven by tables of fields (name, type, required, offset): a new field is a row. */
#ifndef GATESHIFT_KUBE_H
#define GATESHIFT_KUBE_H

#include "document/document.h"
#include "http/http.h"
#include "run/run.h"

/* X(ID, "Kind", "group", scope: 1 namespaced, 0 cluster) */
#define KUBE_KIND_LIST(X)                                                                          \
    X(INGRESS, "Ingress", "networking.k8s.io", 1)                                                  \
    X(INGRESS_CLASS, "IngressClass", "networking.k8s.io", 0)                                       \
    X(SERVICE, "Service", "", 1)                                                                   \
    X(ENDPOINT_SLICE, "EndpointSlice", "discovery.k8s.io", 1)                                      \
    X(CONFIG_MAP, "ConfigMap", "", 1)                                                              \
    X(SECRET, "Secret", "", 1)                                                                     \
    X(NAMESPACE, "Namespace", "", 0)                                                               \
    X(GATEWAY_CLASS, "GatewayClass", "gateway.networking.k8s.io", 0)                               \
    X(GATEWAY, "Gateway", "gateway.networking.k8s.io", 1)                                          \
    X(HTTP_ROUTE, "HTTPRoute", "gateway.networking.k8s.io", 1)                                     \
    X(REFERENCE_GRANT, "ReferenceGrant", "gateway.networking.k8s.io", 1)

enum kube_kind {
#define X(id, name, group, namespaced) KUBE_##id,
    KUBE_KIND_LIST(X)
#undef X
        KUBE_OTHER, /* any other kind: kept as a node, reachable by kube_other */
    KUBE_KIND_COUNT
};

struct label {
    struct slice key, value;
    struct span span; /* of the key */
};
struct labels {
    struct label *items;
    size_t count;
};
struct slices {
    struct slice *items;
    size_t count;
};

struct object {
    enum kube_kind kind;
    struct slice kind_name, api_version;
    struct slice namespace, name; /* namespace empty for cluster-scoped kinds */
    struct slice subject;         /* "Ingress shop/web", for diagnostics */
    struct slice uid;
    bool has_created;
    uint32_t place;  /* among those of its kind, from 1; known when all are read */
    int64_t created; /* metadata.creationTimestamp */
    struct labels labels, annotations;
    struct node
        *root; /* of Gateways and of kinds that are not read, or kube.keeps_trees; else null */
    uint64_t content; /* node_hash of the whole object */
    struct span span;
};

/* ---- Ingress ------------------------------------------------------------------------------ */

enum path_type { PATH_TYPE_EXACT, PATH_TYPE_PREFIX, PATH_TYPE_IMPLEMENTATION_SPECIFIC };

struct ingress_backend {
    bool present;
    struct slice service, port_name; /* service absent with a resource backend */
    uint16_t port;
    struct slice resource_group, resource_kind, resource_name;
    struct span span, port_span;
};
struct ingress_path {
    struct slice path; /* may be absent or empty with ImplementationSpecific */
    enum path_type type;
    struct ingress_backend backend;
    struct span span, path_span, type_span;
};
struct ingress_rule {
    struct slice host; /* empty: every host */
    bool has_http;
    struct ingress_path *paths;
    size_t path_count;
    struct span span, host_span;
};
struct ingress_tls {
    struct slice *hosts;
    size_t host_count;
    struct slice secret; /* may be absent */
    struct span span;
};
struct ingress {
    struct object object;
    struct slice class_name; /* spec.ingressClassName, absent when not set */
    struct span class_span;
    struct ingress_backend default_backend;
    struct ingress_tls *tls;
    size_t tls_count;
    struct ingress_rule *rules;
    size_t rule_count;
};
struct ingress_class {
    struct object object;
    struct slice controller;
    bool is_default; /* annotation ingressclass.kubernetes.io/is-default-class */
};

/* ---- core --------------------------------------------------------------------------------- */

struct service_port {
    struct slice name, protocol, app_protocol;
    uint16_t port, target_port; /* target_port 0 when it is a name or not given */
    struct slice target_name;
};
struct service {
    struct object object;
    struct slice type, cluster_ip, external_name;
    struct service_port *ports;
    size_t port_count;
    struct slices source_ranges; /* loadBalancerSourceRanges */
    struct span source_span;
    struct slice external_policy; /* externalTrafficPolicy, absent when not given */
    struct labels selector;       /* of its pods; none: its endpoints are made by somebody else */
};
struct endpoint_slice {
    struct object object;
    struct slice service;            /* label kubernetes.io/service-name */
    size_t ready_count, total_count; /* ready: conditions.ready true or not given */
    struct service_port *ports;
    size_t port_count;
};
struct config_map {
    struct object object;
    struct labels data;
};
/* Facts about a Secret. Its bytes are wiped once the facts are known, and no excerpt of a Secret's
 * data is ever printed: files that hold a Secret have no excerpts. */
struct secret {
    struct object object;
    struct slice type;
    struct slices keys;              /* of data and stringData, sorted */
    bool has_key_pair;               /* tls.crt and tls.key, and tls.crt parses */
    struct slices certificate_names; /* DNS names of the first certificate in tls.crt */
    int64_t not_before, not_after;   /* 0 when unknown */
    bool has_ca;                     /* ca.crt */
    bool has_revocations;            /* ca.crl */
    size_t htpasswd_count;           /* usable entries in key "auth" */
    struct user_list users;          /* in key "auth", or Envoy's ".htpasswd" */
};
/* Its keys may have been left out of the input: an API server takes no Secret of the type kubernetes.io/tls without
 * them. One of another type without any key holds none. */
bool secret_has_certificate(const struct secret *secret);
struct namespace
{
    struct object object;
};

/* ---- Gateway API -------------------------------------------------------------------------- */

struct gateway_class {
    struct object object;
    struct slice controller;
};
enum namespaces_from { FROM_SAME, FROM_ALL, FROM_SELECTOR, FROM_NONE };
struct label_requirement {
    struct slice key, operator; /* In, NotIn, Exists, DoesNotExist */
    struct slices values;
};
struct label_selector {
    struct labels match_labels;
    struct label_requirement *expressions;
    size_t expression_count;
};
struct object_ref {                            /* group and kind are filled with their defaults */
    struct slice group, kind, namespace, name; /* namespace absent when not given */
    struct slice section_name;                 /* absent when not given */
    uint16_t port;                             /* 0 when not given */
    struct span span;
};
struct route_kind {
    struct slice group, kind;
};
struct listener {
    struct slice name, hostname, protocol; /* hostname absent: every host */
    uint16_t port;
    bool has_tls;
    struct slice tls_mode; /* Terminate, Passthrough */
    struct object_ref *certificates;
    size_t certificate_count;
    struct labels tls_options;
    enum namespaces_from from;
    struct label_selector selector;
    struct route_kind *kinds;
    size_t kind_count;
    struct span span;
};
struct gateway {
    struct object object;
    struct slice class_name, default_scope; /* of defaultScope: All or None */
    struct listener *listeners;
    size_t listener_count;
    /* allowedListeners: from which namespaces ListenerSets may come */
    enum namespaces_from sets_from;
    struct label_selector sets_selector;
};

enum route_path_type { ROUTE_PATH_EXACT, ROUTE_PATH_PREFIX, ROUTE_PATH_REGEX };
enum value_match_type { VALUE_EXACT, VALUE_REGEX };
struct value_match { /* of a header or a query parameter */
    enum value_match_type type;
    struct slice name, value;
    struct span span;
};
struct http_match {
    enum route_path_type path_type;
    struct slice path;
    struct slice call_service, call_method; /* of a GRPCRoute; absent: any */
    struct slice method;                    /* absent: any */
    struct value_match *headers, *queries;
    size_t header_count, query_count;
    struct span span;
};
struct header_value {
    struct slice name, value;
};
struct header_modifier {
    struct header_value *set, *add;
    size_t set_count, add_count;
    struct slices remove;
};
enum path_modifier { PATH_KEEP, PATH_REPLACE_FULL, PATH_REPLACE_PREFIX };
struct http_filter {
    struct slice type;              /* "RequestHeaderModifier", ... */
    struct header_modifier headers; /* of either modifier */
    /* RequestRedirect and URLRewrite; absent or 0 when not given */
    struct slice scheme, hostname;
    uint16_t port;
    int64_t status; /* 302 when not given */
    enum path_modifier path;
    struct slice path_value;
    /* RequestMirror */
    struct object_ref backend;
    uint64_t mirror_numerator, mirror_denominator; /* 100 of 100 when not given */
    /* CORS */
    struct slices allow_origins, allow_methods, allow_headers, expose_headers;
    bool allow_credentials;
    int64_t max_age;
    struct object_ref extension;
    struct slice auth_protocol,
        auth_path; /* ExternalAuth: HTTP or GRPC; the service is `backend` */
    struct span span;
};
struct http_backend {
    struct object_ref ref;
    uint64_t weight; /* 1 when not given */
    struct http_filter *filters;
    size_t filter_count;
};
struct http_rule {
    struct slice name;
    struct http_match *matches; /* never empty: the default match is filled in */
    size_t match_count;
    struct http_filter *filters;
    size_t filter_count;
    struct http_backend *backends;
    size_t backend_count;
    bool has_request_timeout, has_backend_timeout;
    uint64_t request_ms, backend_request_ms; /* 0: no limit */
    bool has_retry, has_attempts, has_session_persistence, has_session_timeout;
    uint64_t attempts;   /* tries after the first one */
    uint64_t backoff_ms; /* the least time between them; 0 when not given */
    struct slices codes; /* statuses that are tried again, as texts */
    struct slice session_name, session_type, cookie_lifetime; /* sessionPersistence */
    uint64_t session_ms;                                      /* its absoluteTimeout */
    struct span span;
};
struct http_route {
    struct object object;
    struct object_ref *parents;    /* parentRefs */
    struct slice default_gateways; /* useDefaultGateways: All or None */
    size_t parent_count;
    struct slices hostnames;
    struct http_rule *rules;
    size_t rule_count;
};
/* More listeners for a Gateway. */
struct listener_set {
    struct object object;
    struct object_ref parent;
    struct listener *listeners;
    size_t listener_count;
};
struct subject_name {
    struct slice type, hostname, uri; /* Hostname or URI, and the one that belongs to it */
};
/* How connections to Services are made by TLS. */
struct backend_tls_policy {
    struct object object;
    struct object_ref *targets, *authorities; /* of its own namespace */
    size_t target_count, authority_count;
    struct slice well_known, hostname; /* well_known absent when not given */
    struct subject_name *names;
    size_t name_count;
};
struct reference_grant {
    struct object object;
    struct object_ref *from, *to; /* name absent in `to`: any */
    size_t from_count, to_count;
};

/* ---- the collection ----------------------------------------------------------------------- */

struct kube {
    /* For each kind: pointers to the typed structs (all begin with struct object), sorted by
     * namespace, then name, so that nothing depends on the order of the input. */
    struct object **objects[KUBE_KIND_COUNT];
    size_t counts[KUBE_KIND_COUNT], capacities[KUBE_KIND_COUNT];
    struct map *index;             /* "kind\0namespace\0name" to object */
    struct map *slices_by_service; /* "namespace\0service" to struct endpoint_group */
    struct recent_texts *texts;    /* of what many objects have in common */
    struct slice files; /* input_names of what it was read from; absent: side_read has not */
    struct map *said;   /* what is to be said only once about this input, by a text of its user */
    bool
        keeps_trees; /* objects that are read keep their trees, but for Secrets; set after kube_init */
};
struct endpoint_group {
    struct endpoint_slice **items;
    size_t count, capacity;
};

/* Reads what is in the documents (also `kind: List`) and adds it; default_namespace fills in where
 * a namespaced object has none. The removed API groups (extensions/v1beta1 and
 * networking.k8s.io/v1beta1 Ingress) give an error that names the fix. Two objects of one name:
 * an error that names both places, a warning if they are alike; the first in input order stays. */
void kube_read(struct run *run, const struct documents *documents, struct slice default_namespace,
               struct kube *kube);
/* One document of them; kube_hide_secrets comes first. */
void kube_read_document(struct run *run, struct node *root, struct slice default_namespace,
                        struct kube *kube);
/* Takes the text of files that seem to hold Secrets away from diagnostics. This looks at the text alone,
 * as a document that could not be parsed may hold one too. */
void kube_hide_secrets(struct run *run);
/* Overwrites the text of files that turned out to hold Secrets; once all of `input` has been read. */
void kube_wipe_secrets(struct run *run, struct input *input);
void kube_init(struct run *run, struct kube *kube);
/* Adds an object that was read for another collection. */
void kube_add(struct run *run, struct kube *kube, struct object *object);
/* Call once after the last kube_read: sorts and builds the index by service. */
void kube_finish(struct run *run, struct kube *kube);

/* Null when missing. namespace is empty for cluster-scoped kinds. */
struct object *kube_find(const struct kube *kube, enum kube_kind kind, struct slice namespace,
                         struct slice name);
/* By its place; null when there is none. */
struct object *kube_at(const struct kube *kube, enum kube_kind kind, uint32_t place);
/* Ingresses in the order of their places; all zero: they are looked for when needed. */
struct ingress_places {
    const struct object **items;
    size_t count;
};
/* The Ingress that has an annotation at this place; null: none has, or `kube` is null. `likely` may be null. Where
 * several share it, by a YAML alias, it is that of the one where it stands. */
const struct object *ingress_annotated(struct arena *arena, const struct kube *kube,
                                       struct ingress_places *places, const struct object *likely,
                                       struct span span);
/* It begins there, or before in the same file. */
bool object_begins_before(const struct object *object, struct span span);
/* For passes over many objects: this one is needed soon, with what was read right after it. May be null. */
void object_ahead(const struct object *object);
/* The same for a pass that is at the i-th of a kind. */
void kube_ahead(const struct kube *kube, enum kube_kind kind, size_t i);
const struct label *labels_find(const struct labels *labels, const char *key);
/* "tier=web,env in (prod,test),!old", as kubectl takes it; false when it is something else. */
bool label_selector_parse(struct arena *arena, struct slice words, struct label_selector *out);
bool label_selector_matches(const struct label_selector *selector, const struct labels *labels);
/* Labels of a namespace with kubernetes.io/metadata.name, which every Namespace carries; `labels` of
 * the Namespace object if the input has it. */
struct labels kube_namespace_labels(struct run *run, const struct kube *kube, struct slice name);
/* A port of a Service by number, by name; null when there is none. */
const struct service_port *service_port_find(const struct service *service, uint16_t number,
                                             struct slice name);
/* True when some ReferenceGrant in the namespace of `to` permits it (gateway-api apis/v1beta1/referencegrant_types.go). */
bool kube_reference_granted(const struct kube *kube, struct slice from_group,
                            struct slice from_kind, struct slice from_namespace,
                            const struct object_ref *to);

/* What is known about the endpoints of a Service. */
enum endpoints_state { ENDPOINTS_ASSUMED, ENDPOINTS_READY, ENDPOINTS_NONE };
/* No slices for a Service that is in the input: assumed, also in closed inputs, as manifests hardly ever
 * hold EndpointSlices. Slices without a ready endpoint: none. */
enum endpoints_state kube_endpoints(const struct kube *kube, const struct service *service);

/* Kinds that are kept as trees, decoded when they are asked for. Null, with errors, where they cannot be. A
 * GRPCRoute becomes the HTTPRoute with the same meaning: its matches have the paths of calls. */
const struct http_route *kube_grpc_route(struct run *run, const struct object *object);
const struct listener_set *kube_listener_set(struct run *run, const struct object *object);
/* A TLSRoute, TCPRoute or UDPRoute: rules without matches. */
const struct http_route *kube_stream_route(struct run *run, const struct object *object);
const struct backend_tls_policy *kube_backend_tls_policy(struct run *run,
                                                         const struct object *object);

struct slice kube_group(struct slice api_version); /* "" for the core group */

/* A duration of Gateway API ("1h30m", "500ms") in milliseconds; false when it is none. */
bool kube_duration(struct slice text, uint64_t *out);

/* Checks shared with others: */
bool is_dns_subdomain(struct slice s);
bool is_dns_label(struct slice s);
bool is_wildcard_host(struct slice s); /* "*." and a DNS subdomain */

#endif
