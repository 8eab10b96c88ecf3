/* Would an API server accept these objects, and would an implementation of Gateway API serve them?
 *
 * First each object by itself, as module schema judges it. Then, when all of them are valid, what no API
 * server sees: references to nothing, missing ReferenceGrants, listeners in conflict, routes that attach
 * nowhere or are not allowed, expressions that the implementation refuses. Most of that is what the front end
 * of Gateway API says of the objects under the profile of the implementation; what stops an object from being
 * served counts as an error here. References that this front end does not read are looked at by a table of
 * its own.
 *
 * Ownership: results live in the run's arena.
 * Errors:    diagnostics with letters Y, K (no object at all, or given twice), V and G.
 * Threads:   none shared.
 * Source:    as module schema; gateway-api apis/v1 (conditions Accepted and ResolvedRefs of each kind). */
#ifndef GATESHIFT_VALIDATE_H
#define GATESHIFT_VALIDATE_H

#include "convert/convert.h"
#include "gateway_api/gateway_api.h"
#include "input/input.h"
#include "schema/schema.h"

struct validate_options {
    struct schema_release release;
    const struct gateway_profile *profile;
    bool unchosen; /* nobody asked for that profile: where a Gateway tells its own, that is said */
    struct slice namespace; /* for objects without one; absent: default */
};
struct validated_object {
    struct slice kind, api_version, namespace, name, subject;
    struct span span;
    enum schema_verdict verdict;
};
struct validated {
    struct validated_object *items; /* in the order of the input */
    size_t count, capacity;
    size_t counts[3];     /* by verdict */
    bool references_seen; /* false: left out, because objects are invalid */
};
void validate(struct run *run, struct input *input, const struct validate_options *options,
              struct validated *out);
/* Judges what `convert` wrote for a release and channel. An object that an API server would refuse is a fault of
 * gateshift, and said so (V030). Objects that differ in nothing but names and paths of the usual form are judged
 * once. */
void validate_converted(struct run *run, const struct converted *converted,
                        const struct schema_release *release);

#endif
