/* Would an API server accept this object?
 *
 * Kinds of Gateway API, Envoy Gateway, NGINX Gateway Fabric and Istio are judged by the schemas of their
 * CustomResourceDefinitions, in the order of an API server: unknown fields, defaults, types and limits,
 * uniqueness of list entries, and then the rules in CEL. Kinds of Kubernetes itself that gateshift reads
 * are judged by what its validation in Go says.
 *
 * An object is judged as if it were created, by kubectl, which asks for strict validation of fields:
 * an unknown field is an error, as is a key that is given twice (the reader of documents says so). With
 * another client the server drops unknown fields with a warning or without a word. What stands under
 * `status` is read for unknown fields only, since a server drops it on creation. Rules that compare with an
 * older version of the object (transition rules) say nothing about creation and are skipped.
 *
 * Ownership: a struct schema is closed by who opened it; messages live in the run's arena.
 * Limits:    CEL_STEPS_PER_RULE for each rule, SCHEMA_STEPS for all rules of an object; regular expressions as in
 *            the regex module. Past a limit the object is not called valid (V010). SCHEMA_FAULTS_SHOWN faults of
 *            one object are reported, the others are counted (V016).
 * Errors:    diagnostics with letter V at the node that is at fault. Paths are those of the API server
 *            ("spec.rules[0].matches[1].path.value"), where map keys stand in brackets; a rule that is broken says
 *            what its author wrote. Values in a Secret are never repeated.
 * Threads:   one struct schema per thread.
 * Source:    k8s.io/apiextensions-apiserver pkg/registry/customresource, pkg/apiserver/schema and
 *            pkg/apiserver/validation, k8s.io/kube-openapi pkg/validation, k8s.io/apimachinery
 *            pkg/api/validation, kubernetes pkg/apis/networking/validation, pkg/apis/core/validation. */
#ifndef GATESHIFT_SCHEMA_H
#define GATESHIFT_SCHEMA_H

#include "document/document.h"
#include "run/run.h"

enum {
    SCHEMA_MINOR_LEAST = 2,
    SCHEMA_MINOR_MOST = 6,
    SCHEMA_STEPS = 20000000,
    SCHEMA_FAULTS_SHOWN = 1000
};

/* A release of Gateway API (1.minor, its last patch) and its channel: which CRDs a cluster has. */
struct schema_release {
    int minor;
    bool experimental;
};

struct schema;
struct schema *schema_open(struct run *run, const struct schema_release *release);
void schema_close(struct schema *schema);

struct schema_object {
    const struct node *root;
    struct slice kind, api_version; /* of a list's item perhaps those of the list */
    struct slice subject;           /* "HTTPRoute shop/web" */
};
enum schema_verdict {
    SCHEMA_VALID,
    SCHEMA_INVALID,
    SCHEMA_UNJUDGED /* of a kind that is not known here: nothing is said about its fields */
};
enum schema_verdict schema_judge(struct schema *schema, const struct schema_object *object);

/* True for kinds that are known here, in whatever release, and whose objects live in a namespace. */
bool schema_is_namespaced(struct slice api_version, struct slice kind);

/* The rules in CEL, as their authors wrote them; absent fields are null. */
struct schema_rule {
    const char *rule, *message, *message_expression, *field_path, *reason;
    bool optional_old_self;
};
const struct schema_rule *schema_rule_at(size_t index); /* null past the end */
/* How often a rule was kept and broken so far. */
struct schema_tally {
    size_t kept, broken;
};
struct schema_tally schema_rule_tally(const struct schema *schema, size_t index);
/* True for a rule that compares with an older version of the object and is skipped. */
bool schema_rule_is_transition(struct schema *schema, size_t index);

#endif
