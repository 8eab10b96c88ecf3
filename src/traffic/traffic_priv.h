/* Shared by the files of this module. */
#ifndef GATESHIFT_TRAFFIC_PRIV_H
#define GATESHIFT_TRAFFIC_PRIV_H

#include "traffic/traffic.h"

struct reader {
    struct run *run;
    const struct kube *kube;
    struct traffic *out;
    struct map *seen;    /* of Ingress and match */
    struct map *servers; /* "namespace/service" to struct served */
    struct buf key;      /* of these maps */
    struct ingress_places places;
};

/* ---- paths.c ------------------------------------------------------------------------------ */

/* The API that a path belongs to ("the OpenAI API"); null: none that is known. *sure: nothing else has it. */
const char *path_api(const struct path_match *path, bool *sure);

/* ---- servers.c ---------------------------------------------------------------------------- */

/* What a Service was recognised by. */
struct served {
    const char *server; /* "vLLM"; null: nothing is known */
    struct slice text;
    struct span span;
};
const struct served *service_server(struct reader *reader, struct slice namespace,
                                    struct slice service);
/* A word between bytes that are neither letters nor digits, or ends. */
bool has_word(struct slice text, const char *word);

#endif
