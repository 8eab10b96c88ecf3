/* Shared by the files of this module. */
#ifndef GATESHIFT_CLUSTER_PRIV_H
#define GATESHIFT_CLUSTER_PRIV_H

#include "cluster/cluster.h"
#include "document/document.h"

/* ---- requests (client.c, connection.c, credentials.c) ----------------------------------------- */

struct credentials {
    struct slice token, certificate, key;
};
struct client {
    struct run *run;
    const struct cluster_options *options;
    void *easy;                 /* CURL */
    void *headers, *connect_to; /* struct curl_slist */
    struct slice base;          /* what paths follow */
    struct credentials credentials;
    size_t requests;
    int64_t date;   /* of the server, in seconds since 1970; 0: it does not tell */
    bool refreshed; /* credentials that were refused have been fetched anew */
    bool failed;    /* said; nothing more is to be asked */
};
struct reply {
    long status;
    struct buf body;
};
NODISCARD bool client_open(struct client *client, struct run *run,
                           const struct cluster_options *options);
void client_close(struct client *client);
/* Puts the credentials into the next requests; false when they cannot be used. */
NODISCARD bool client_use_credentials(struct client *client);
/* Sends GET until there is an answer that is not temporary; false, and said, when there is none. 401 is none. */
NODISCARD bool client_get(struct client *client, struct slice path, struct reply *reply);
/* "%2F" and the like. */
struct slice client_escape(struct client *client, struct slice text);
/* Token and certificate, from the kubeconfig, a file, or a program; false with A002. */
NODISCARD bool credentials_fetch(struct run *run, const struct cluster_options *options,
                                 struct credentials *out);

/* ---- which objects (resources.c) ---------------------------------------------------------------- */

enum keep {
    KEEP_SPEC,      /* all but its status */
    KEEP_STATUS,    /* addresses, and what a controller made of it */
    KEEP_WORKLOADS, /* those that run ingress-nginx, and of them what decides on flags */
    KEEP_ROLLOUT,   /* all but status and pod template, which holds environments */
    KEEP_NAMED,     /* those that other objects name */
    KEEP_FACTS      /* the same, and of them names of keys and certificates only */
};
struct resource_row {
    const char *group, *resource; /* "*": each of the group that can be listed */
    enum keep keep;
    bool cluster_scoped; /* "*" stands for the others */
};
const struct resource_row *resource_row_at(size_t index); /* null past the end */
/* Objects that the controller looks for by name, in other namespaces than those that are asked for. */
struct named_row {
    const char *resource, *namespace, *name;
};
const struct named_row *named_row_at(size_t index);

/* A row as this cluster serves it. */
struct resource {
    const struct resource_row *row;
    struct slice group, version, name, kind; /* group empty for the core group */
    struct slice label;                      /* "ingresses.networking.k8s.io", "services" */
    bool namespaced;
    size_t count;
    bool refused;
};
struct resources {
    struct resource *items;
    size_t count, capacity;
};

/* ---- the read (read.c, list.c, discovery.c, named.c, manifest.c) ----------------------------------- */

struct refusal {
    const char *verb;
    struct slice resource, namespace, reason;
};
struct reading {
    struct run *run;
    const struct cluster_options *options;
    const struct cluster_sink *sink;
    struct client client;
    struct reply reply;
    struct run page; /* of the answer that is looked at; its memory is used again */
    struct buf text; /* of the object that is written */
    struct resources resources;
    struct map *named; /* "configmaps/NAMESPACE/NAME" that objects refer to; value: struct named */
    struct refusal *refusals;
    size_t refusal_count, refusal_capacity;
    struct slice server_version;
    bool failed;
};
/* The answer as a tree, which lives until the next call; null when it is none. */
struct node *reading_parse(struct reading *reading);
struct slice reading_text(const struct node *map, const char *key); /* absent when it is no text */
/* What the server says in a Status, or its HTTP status. */
struct slice reading_reason(struct reading *reading);
/* Takes note of a resource that could not be read, with A005 for 403 and else A006. */
void reading_refuse(struct reading *reading, const char *verb, struct slice resource,
                    struct slice namespace);
/* Writes an object, in the form that a snapshot has. */
void reading_keep(struct reading *reading, struct resource *resource, const struct node *item);
NODISCARD bool discover(struct reading *reading);
void list_read(struct reading *reading, struct resource *resource);
/* All Namespaces, or the one that is read. */
void namespaces_read(struct reading *reading, struct resource *resource);
/* One object; true when it was kept, or is not there. */
NODISCARD bool object_read(struct reading *reading, struct resource *resource,
                           struct slice namespace, struct slice name);
/* Objects that were named; what they name, too. */
void named_read(struct reading *reading);
void named_note(struct reading *reading, const char *resource, struct slice namespace,
                struct slice name);
void manifest_write(struct reading *reading);

/* ---- one object (object.c, references.c, facts.c) --------------------------------------------------- */

/* The object without what servers add and what is no part of a snapshot; null: it is left out. */
struct node *object_tidy(struct arena *arena, const struct resource *resource,
                         const struct node *item);
/* Takes note of ConfigMaps and Secrets that the object refers to. */
void references_note(struct reading *reading, const struct node *object);
/* `data` of a Secret with public values only. */
struct node *facts_of(struct arena *arena, const struct node *data);

#endif
