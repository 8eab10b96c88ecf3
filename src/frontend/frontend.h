/* From input to route tables: the list of front ends, and the shared way to load a side.
 *
 * Ownership: a side's objects live in the run's arena; side_close releases its table.
 * Errors:    as the modules below. side_build returns false when the input holds nothing that the side can
 *            be built from (diagnostic I-code).
 * Threads:   none shared. */
#ifndef GATESHIFT_FRONTEND_H
#define GATESHIFT_FRONTEND_H

#include "convert/convert.h"
#include "evaluate/evaluate.h"
#include "gateway_api/gateway_api.h"
#include "ingress/ingress.h"
#include "ingress_nginx/ingress_nginx.h"
#include "input/input.h"

struct compare_options; /* of compare/compare.h, as is the next */
struct comparison;

enum side_kind { SIDE_AUTO, SIDE_INGRESS, SIDE_GATEWAY };

struct side_options {
    enum side_kind kind; /* AUTO: Ingress when the input has any, else Gateway */
    struct ingress_choice choice;
    struct ingress_nginx_options nginx;
    struct slice profile;   /* of the Gateway side; absent: standard */
    struct slice namespace; /* for objects without one; absent: default */
};
struct side {
    enum side_kind kind; /* what it became */
    struct kube kube;
    struct route_table table;
    struct evaluator *evaluator;           /* see side_evaluator */
    const struct gateway_profile *profile; /* that objects were read by; null: Ingresses */
};
/* Reads files into objects; the texts of files with Secrets are overwritten then. Reading the same files for
 * two sides is done once: see side_share. */
void side_read(struct run *run, struct input *input, struct slice namespace, struct kube *kube);
/* The same where objects are to be written again as they are: all but Secrets keep their trees. */
void side_read_whole(struct run *run, struct input *input, struct slice namespace,
                     struct kube *kube);
/* Services, EndpointSlices, Secrets, ConfigMaps, Namespaces of `from` are added to `to` where `to`
 * has none of that name: both sides of a comparison see the union. */
void side_share(struct run *run, const struct kube *from, struct kube *to);
/* The same in both directions, but for ConfigMaps, which go from before to after only: one that comes with what is
 * to run is a change of settings. */
void side_share_both(struct run *run, struct kube *before, struct kube *after);
/* The controller is run with the ConfigMap, which may have any name if it is the only one, and with the flags of
 * the Deployment or DaemonSet of `settings`, which must outlive the side. */
void side_use_settings(struct run *run, const struct kube *settings, struct side_options *options);
NODISCARD bool side_build(struct run *run, const struct side_options *options, struct side *side);
/* What controllers would write into the status of the objects of a Gateway side; the profile is that of the
 * options. */
const struct gateway_profile *side_statuses(struct run *run, const struct side_options *options,
                                            const struct side *side, struct gateway_statuses *out);
/* Made when it is first asked for. */
const struct evaluator *side_evaluator(struct run *run, struct side *side);
void side_close(struct side *side);

/* Compares both sides. What a profile leaves open is compared once more under each of its readings, and holds where
 * it is the same in all of them. */
void sides_compare(struct run *run, struct side *before, struct side *after,
                   const struct compare_options *options, struct comparison *out);

/* Writes the converted objects, reads the text again from its first byte, and builds the Gateway side
 * with the target's profile. What `original` knows of Services and the like is shared; its Services are
 * patched as the conversion asks for, and the ConfigMaps with a CA that it asks for are there. */
NODISCARD bool side_from_converted(struct run *run, const struct converted *converted,
                                   const struct kube *original, const struct target *target,
                                   struct side *side);
#endif
