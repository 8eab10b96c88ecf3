/* Objects of the target's own kinds: what a target has, and what rules ask for. */
#ifndef GATESHIFT_POLICY_PRIV_H
#define GATESHIFT_POLICY_PRIV_H

#include "convert/convert_priv.h"

enum attach {
    ATTACH_ROUTE, /* by spec.targetRef or targetRefs to an HTTPRoute; also to the Gateway, see `base` */
    ATTACH_SERVICE, /* the same to the Services of backendRefs */
    ATTACH_GATEWAY, /* the same to Gateways alone */
    ATTACH_HOSTS,   /* to a Gateway, for some of its hosts or rules: see host_policy_priv.h */
    ATTACH_FILTER,  /* by an ExtensionRef filter of the rule */
    ATTACH_NAMED    /* not: backendRefs name it */
};
/* What an object of a Gateway holds for: where no host is meant, all are; rules by the names that the target gives
 * them. */
struct policy_places {
    bool every_host;
    struct texts hosts, rules;
};
struct policy_kind {
    const char *kind, *group, *version;
    const char *suffix; /* of names */
    enum attach attach;
    bool one_target; /* spec.targetRef, else a list spec.targetRefs */
    bool by_gateway; /* ATTACH_GATEWAY: names no target, the Gateway names it (parametersRef) */
    /* One of an HTTPRoute takes the place of its Gateway's, so that it has to say all that the Gateway's
     * says. */
    bool replaces;
    /* What one of the Gateway says: what the data plane did where no rule said anything. Null: there is
     * none. */
    void (*base)(struct conversion *c, struct node *spec);
    /* ATTACH_HOSTS: names the hosts and the rules in the spec. */
    void (*write_places)(struct conversion *c, struct node *spec,
                         const struct policy_places *places);
    /* ATTACH_SERVICE: how the object names its Service, where not by targetRefs. */
    void (*attach_service)(struct conversion *c, struct node *spec, struct slice namespace,
                           struct slice service);
};
typedef void emit_fn(struct emission *e, const void *effect);
/* What a target says in kinds of its own. */
struct vendor {
    const struct policy_kind *kinds;
    size_t kind_count;
    emit_fn *emitters[EFFECT_COUNT]; /* null: as the standard says it */
    /* A rule that answers by itself; false: as the standard says it. Null: always so. */
    bool (*answer)(struct emission *e, const struct route_answer *answer);
    bool says_text; /* and with the text of the answer, where that is fixed */
    /* Makes a backendRef, which names a Service so far, one to an object of the target; false: as the standard says
     * it. Null: always so. */
    bool (*backend)(struct emission *e, const struct backend *backend, struct node *ref);
    /* DestinationRules and the like say how TLS is spoken where no BackendTLSPolicy does. */
    bool speaks_tls;
    /* They show backends the certificate of a Secret as well, which no BackendTLSPolicy does; `_near`: of one in the
     * namespace of the rule. */
    bool shows_certificate, shows_certificate_near;
    /* Effects that may answer before a redirect does, so that rules which redirect need them as well. */
    bool before_redirect[EFFECT_COUNT];
    /* What becomes of the platform's effects that `base` carries over; null: it does not. */
    const char *base_says[EFFECT_COUNT];
    /* The kind that tells who a client is by X-Forwarded-For, see client_trusted_node; null: there is none. */
    const char *client_kind;
    const char *client_advice; /* where there is none */
};
/* Targets with kinds of their own have a file each. */
extern const struct target target_envoy_gateway, target_istio, target_ngf;

/* Has its text nothing of a request in it? Without a text it has not. */
bool answer_is_fixed(const struct route_answer *answer);

/* The spec of a kind of the target for the rule at hand, made when it is first asked for. */
struct node *policy_spec(struct emission *e, size_t index);
/* An object for a backendRef of the rule at hand; returns its name, which is like `wanted`. */
struct slice policy_named(struct emission *e, size_t index, struct slice wanted,
                          const struct node *spec);
/* A mapping below another, made when it is first asked for. */
struct node *policy_map(struct conversion *c, struct node *map, const char *key);
/* What the rule at hand needs besides its HTTPRoute. Filters that stand for objects are added. */
const struct policies *policies_of(struct emission *e);
/* Can rules with these policies share an HTTPRoute? Either may be null. */
bool policies_attach_alike(const struct policies *a, const struct policies *b);
/* ATTACH_HOSTS: the draft is written, so that what it asked for its host is needed. */
void host_policies_need(struct conversion *c, const struct draft *draft);
/* Where a rule was written. */
struct rule_place {
    struct slice namespace, route;
    size_t index;
};
/* The same of what it asked for itself, by the name that the target gives to a rule at that place. */
void rule_policies_note(struct conversion *c, const struct plane *plane, size_t gateway,
                        const struct draft *draft, const struct rule_place *place);
/* Those of the group's rules, for an HTTPRoute that was written. */
void policies_write(struct conversion *c, const struct route_group *group, struct slice route);
void gateway_policies_write(struct conversion *c, const struct plane *plane, struct slice gateway);
/* spec.infrastructure.parametersRef of a Gateway of this name; null: the target needs none. */
struct node *gateway_parameters_node(struct conversion *c, struct slice gateway);
/* Addresses from which X-Forwarded-For is believed, where it names the client and the target can say so. */
const struct networks *client_trusted(const struct conversion *c);
/* Who may say by the PROXY protocol who a client is; null where nobody says so. */
const struct networks *proxy_trusted(const struct conversion *c);
/* An object of a Gateway with the fields of `spec`. */
void policy_object_write(struct conversion *c, const struct policy_kind *kind,
                         const struct plane *plane, size_t gateway, struct slice name,
                         const struct origin *origin, const struct node *spec);
/* Those of Services, when all routes are written. */
void service_policies_write(struct conversion *c);

/* ---- backend_tls.c */
/* The rule's Secret is known to have a certificate, and a Gateway of the target can show backends one. */
bool gateway_may_show(const struct conversion *c, const struct rule *rule);
/* spec.tls.backend of a Gateway; null: none is needed. */
struct node *gateway_certificate_node(struct conversion *c, const struct plane *plane,
                                      size_t gateway);

/* ---- backends.c */
/* The rule without what would change the data plane's default backend for all who use it, which is then said. */
const struct rule *rule_spared(struct conversion *c, const struct rule *rule);

/* ---- patch.c */
/* Where the target takes no backend behind an HTTPRoute that is spoken to by HTTP/2, says so; else false. */
bool http2_refuse(struct emission *e, const struct route_upstream_protocol *upstream);

#endif
