/* Reads from a cluster what a migration needs, and nothing else: objects as YAML, page by page.
 *
 * Ownership: what is returned lives in the run's arena. Texts handed to a sink are borrowed and gone when it
 *            returns. No page of a list outlives the next one, so memory does not grow with the cluster.
 * Units:     times in milliseconds.
 * Limits:    run->limits.file_bytes for one answer; PAGE_OBJECTS objects are asked for at once.
 * Errors:    diagnostics with letter A; see enum cluster_result.
 * Threads:   none shared; the first cluster_read of a process has to end before a second thread calls it
 *            (curl_global_init).
 *
 * Only GET is sent, only to the server of the kubeconfig (through its proxy, or that of the environment), and no
 * redirect is followed. Values of Secrets, tokens and environments of containers reach neither a sink nor a message.
 *
 * Source: Kubernetes API concepts (limit, continue, 410, Status), k8s.io/apimachinery pkg/apis/meta/v1, and
 *         k8s.io/client-go for what clients do: Retry-After, exec plugins, impersonation. */
#ifndef GATESHIFT_CLUSTER_H
#define GATESHIFT_CLUSTER_H

#include "input/input.h"
#include "kubeconfig/kubeconfig.h"

/* How far a read has come, for people who wait. */
typedef void cluster_progress_fn(void *user, struct slice resource, size_t objects);

struct cluster_options {
    const struct kube_access *access;
    char *const *environment; /* of programs that give credentials; ends with a null */
    bool terminal;            /* somebody sits at standard input and can answer them */
    struct slice namespace;   /* read this one only; absent: all */
    bool certificates; /* Secrets that are referred to become facts: names of keys, certificates */
    uint64_t timeout_ms;           /* of one request; 0: REQUEST_TIMEOUT_MS */
    cluster_progress_fn *progress; /* or null */
    void *progress_user;
};
enum { REQUEST_TIMEOUT_MS = 60000, PAGE_OBJECTS = 500 };

/* Where objects go, as documents that begin with "---". Names of files are stable: "ingresses.networking.k8s.io_shop.yaml",
 * with a file for each namespace, and "snapshot.yaml" at last. */
struct cluster_sink {
    void *user;
    /* False when no more can be taken, which ends the read. */
    bool (*append)(void *user, struct slice file, struct slice text);
    /* Everything that was appended to files of this resource is void: "RESOURCE.yaml", "RESOURCE_*.yaml". */
    void (*drop)(void *user, struct slice resource);
};

enum cluster_result {
    CLUSTER_COMPLETE,
    CLUSTER_PARTIAL, /* some resource could not be read: A005, A006 */
    CLUSTER_FAILED   /* A002, A003, A004, or the sink took no more */
};
struct cluster_summary {
    size_t objects, resources, refused, requests;
};

NODISCARD enum cluster_result cluster_read(struct run *run, const struct cluster_options *options,
                                           const struct cluster_sink *sink,
                                           struct cluster_summary *summary);

/* Takes the "snapshot.yaml" of snapshots out of the input. A complete one of a whole cluster makes the run closed. */
void cluster_note_snapshots(struct run *run, struct input *input);

/* The roles that cluster_read needs, as YAML to be applied by an administrator; a namespace or absent. */
void cluster_print_roles(struct arena *arena, struct slice namespace, bool certificates,
                         struct buf *out);

#endif
