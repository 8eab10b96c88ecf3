/* Objects of an implementation that change what routes do: which there are is a table of the profile.
 *
 * A reader turns the spec of one kind into effects. Fields that it does not know make what they touch
 * unknown, with the field's name. */
#ifndef GATESHIFT_POLICIES_PRIV_H
#define GATESHIFT_POLICIES_PRIV_H

#include "gateway_api/gateway_priv.h"

/* What a policy changes: the effects of a rule, or of one backend. */
struct path_parts {
    struct path_part *items;
    size_t count, capacity;
};
struct policy_place {
    const struct http_match *match; /* of the rule; null for backends */
    struct effects *effects;
    const struct unknown **unknown;
    const struct http_route *route; /* of filters */
    const struct path_part *part;   /* of the match; null: the others of its paths */
};
struct policy_work {
    struct builder *builder;
    const struct object *policy;
    struct effect_source source;
    const struct http_match *match;
    const struct path_part *part;
    const struct http_rule *rule; /* of those on Gateways, by `each` */
    struct effects *effects;
    const struct unknown **unknown;
    const struct http_route *route; /* of filters */
};

enum policy_attach {
    POLICY_BY_TARGET, /* spec.targetRef, spec.targetRefs */
    POLICY_BY_FILTER, /* an ExtensionRef filter of a rule */
    POLICY_BY_INDEX   /* `index` finds out, and calls policy_index */
};
struct policy_reader {
    const char *group, *kind;
    enum policy_attach attach;
    /* A more special one changes single fields of the more general one; else it takes its place, unless it
     * has a mergeType. */
    bool inherits;
    bool on_services; /* holds for the backends of a Service */
    /* Null: changes nothing that a request could see. */
    void (*apply)(struct policy_work *work, const struct node *spec);
    /* POLICY_BY_FILTER: when all filters of a rule are applied; no policy is given. */
    void (*rule)(struct policy_work *work);
    /* Each of those on a Gateway of the route, where several are in force together. */
    void (*each)(struct policy_work *work, const struct node *spec,
                 const struct route_state *route);
    /* With `each`: paths of the match at hand for which it says something else than for others. */
    void (*parts)(const struct policy_work *work, const struct node *spec,
                  const struct route_state *route, struct path_parts *out);
    /* How the Gateway reads requests: of Gateways only. */
    policy_view_fn *view;
    void (*index)(struct builder *builder, const struct policy_reader *reader,
                  const struct object *policy); /* POLICY_BY_INDEX */
};

/* The kinds of an implementation; the last has no kind. */
extern const struct policy_reader envoy_gateway_readers[], istio_readers[], ngf_readers[];
/* The order in which they answer; ends by EFFECT_COUNT. */
extern const int envoy_gateway_gates[], istio_gates[], ngf_gates[];
policy_view_fn istio_view;

void policies_read(struct builder *builder);
const struct object *policy_at(struct builder *builder, const struct policy_reader *reader,
                               const char *kind, struct slice namespace, struct slice name,
                               struct slice section); /* null: none is in force */
/* `whole`: it holds for whole Gateways, so that what it sets is no author's. */
void policy_apply(struct builder *builder, const struct policy_reader *reader,
                  const struct object *policy, bool whole, const struct policy_place *place);
/* What holds for a rule: by way of its Gateways, its route, and its own name. */
void policies_apply(struct builder *builder, const struct route_state *state,
                    const struct http_rule *rule, const struct policy_place *place);
/* Paths of a match that policies of Gateways tell from its others. */
void policies_parts(struct builder *builder, const struct route_state *state,
                    const struct http_match *match, struct path_parts *out);
void policies_apply_service(struct builder *builder, struct slice namespace, struct slice name,
                            const struct policy_place *place);
/* The object that an ExtensionRef names; false when there is none, or none that is understood. */
bool policy_filter_apply(struct builder *builder, const struct object_ref *ref,
                         struct slice namespace, const struct policy_place *place);

/* The object of the implementation that a backendRef names; null: there is none. */
/* Where no implementation was named: "; name 'envoy-gateway' as the implementation, ..."; "": nobody has the kind. */
struct slice policy_read_elsewhere(struct builder *builder, const struct object_ref *ref);
const struct object *policy_backend(struct builder *builder, const struct object_ref *ref);

/* ---- policies_platform.c */
/* How requests are read; once the Gateways are known. */
void policies_view(struct builder *builder);
/* What all Gateways have alike becomes the table's platform; once the Gateways are known. */
void policies_platform(struct builder *builder);
/* Null where they differ. */
const struct effects *policies_common(const struct builder *builder,
                                      const struct policy_reader *reader);
/* Effects that are not set become those of the Gateways, for who changes single fields of them. */
void policies_start_from(const struct effects *common, struct effects *effects);
/* A policy takes the place of the Gateways': what that one set and this one does not is as without any. */
void policies_take_back(struct builder *builder, const struct effects *common,
                        struct effects *effects);

/* ---- policies_joined.c: two policies of one target, where fields of both are in force */
/* Does some field stand in both? */
bool policies_conflict(const struct node *a, const struct node *b);
/* The fields of both, as one object that is called like the first. */
const struct object *policies_joined(struct builder *builder, const struct object *first,
                                     const struct object *second);

/* ---- for readers */
/* The policy holds for the object of that kind and name; of two the older one does. */
void policy_index(struct builder *builder, const struct policy_reader *reader, const char *kind,
                  struct slice namespace, struct slice name, const struct object *policy);
/* What the field means is not known. */
void policy_unknown(struct policy_work *work, enum aspect aspect, const char *field);
/* All fields of the mapping but those that are known; `path` leads to it: "timeout.http". */
void policy_fields(struct policy_work *work, const struct node *map, const char *path,
                   const char *const *known, size_t count, enum aspect aspect);
bool policy_has_only(const struct node *map, const char *const *known, size_t count);
/* The same, with the names in one text: "name port"; false where it is no mapping. */
bool policy_is(const struct node *map, const char *known);
struct slice policy_text(const struct node *map, const char *key); /* absent unless it is a text */
size_t policy_items(const struct node *list);                      /* 0 unless it is a list */
/* Whom a Secret names; not known where it is not in the input. */
struct user_list policy_users(struct policy_work *work, struct slice namespace, struct slice name);
/* "/new/$1" as a template, where `mark` is what stands before the digit of a capture; false where it stands before
 * anything else. */
bool policy_template(struct policy_work *work, char mark, struct slice text, struct template *out);
/* A pattern that spans the path, and "/new/\1" in its place; null: not understood. */
const struct route_rewrite *policy_regex_rewrite(struct policy_work *work, struct slice pattern,
                                                 struct slice substitution);

#endif
