/* Which routes carry what streams, lasts or is large, and which look like model serving.
 *
 * Signs are read off the route table (timeouts, buffering, limits, protocols, paths) and off the objects
 * behind it (Services, the pods that they select). They are told, with their places, and never change what
 * is converted. One row of a table for each API path, model server and habit of a target.
 *
 * Ownership: results live in the run's arena; origins and texts may point into the table.
 * Units:     milliseconds and bytes, as in the route table.
 * Errors:    diagnostics with letter W.
 * Threads:   none shared.
 * Source:    cited at the rows. */
#ifndef GATESHIFT_TRAFFIC_H
#define GATESHIFT_TRAFFIC_H

#include "kube/kube.h"
#include "route/route.h"

enum traffic_kind {
    TRAFFIC_LONG_READ,       /* minutes between two reads */
    TRAFFIC_STREAMED_ANSWER, /* buffering of answers was switched off */
    TRAFFIC_STREAMED_BODY,   /* the same of requests */
    TRAFFIC_LARGE_BODY,      /* bodies of many MiB, or without limit */
    TRAFFIC_CALLS,           /* gRPC */
    TRAFFIC_MODEL_PATH,      /* a path of a model API */
    TRAFFIC_MAYBE_PATH,      /* a path that model servers use, and others too */
    TRAFFIC_MODEL_SERVER     /* the Service, its pods or their image are of a model server */
};
#define TRAFFIC_BIT(kind) (1u << (kind))

struct traffic_sign {
    enum traffic_kind kind;
    struct slice text; /* "image 'vllm/vllm-openai:v0.6'" */
    struct span span;
    struct slice owner; /* "Ingress shop/web", whose annotation it is; absent: that of the rule */
};
/* A path of an Ingress that has signs. */
struct traffic_route {
    const struct rule *rule; /* the first of the table with this origin and match */
    struct traffic_sign *signs;
    size_t count, capacity;
    unsigned kinds;      /* bits of enum traffic_kind */
    struct slice server; /* "vLLM"; absent: none was recognised */
    bool
        model_serving; /* a path of a model API, a model server, or a common path with another sign */
};
struct traffic {
    struct traffic_route *routes; /* in the order of the table */
    size_t count, capacity;
};
/* Reports nothing. `kube` may be null. */
void traffic_read(struct run *run, const struct kube *kube, const struct route_table *table,
                  struct traffic *out);
/* What it looks like, and what this target (a name, "aks-approuting") does to it. */
void traffic_say(struct run *run, const struct traffic *traffic, struct slice target);

#endif
