/* How to reach a cluster: kubeconfig files, merged and read as kubectl does, or the account of a pod.
 *
 * Ownership: what is returned is copied into the run's arena. The texts of kubeconfig files are overwritten
 *            once they have been read; no excerpt of them is ever printed.
 * Limits:    KUBE_FILE_MAX for each file that a kubeconfig names; files themselves as any input.
 * Errors:    false, with diagnostic A001 or A002. Tokens and keys stand in no message.
 * Threads:   none shared. The environment is an argument: nothing here asks for it.
 * Source:    k8s.io/client-go tools/clientcmd (loader.go, client_config.go, validation.go) and
 *            rest/config.go InClusterConfig. */
#ifndef GATESHIFT_KUBECONFIG_H
#define GATESHIFT_KUBECONFIG_H

#include "run/run.h"

enum { KUBE_FILE_MAX = 1 << 20 };

/* Where to look; absent where nothing is given. */
struct kubeconfig_sources {
    struct slice path;                       /* --kubeconfig: this file only */
    struct slice variable;                   /* KUBECONFIG: files with ':' between them */
    struct slice home;                       /* HOME */
    struct slice context;                    /* --context */
    struct slice service_host, service_port; /* KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT */
    struct slice service_account; /* folder with token, ca.crt and namespace of the pod's account */
};

struct kube_pair {
    struct slice name, value;
};
/* A program that prints an ExecCredential. */
struct kube_exec {
    struct slice api_version, command, interactive_mode, install_hint;
    struct slice *args;
    size_t arg_count;
    struct kube_pair *env;
    size_t env_count;
    bool cluster_info; /* it wants to know the cluster */
};
/* Texts are absent where they are not given. */
struct kube_access {
    struct slice context, cluster, user; /* names; absent: the account of a pod */
    struct slice namespace;              /* never absent: "default" where none is named */
    struct slice server; /* "https://host:port", perhaps with a path; no final '/' */
    struct slice tls_server_name, proxy_url;
    struct slice authorities;       /* PEM; absent: those of the system */
    bool insecure;                  /* the certificate of the server is not looked at */
    struct slice certificate, key;  /* PEM */
    struct slice token, token_file; /* the file is read anew for each run, and wins */
    bool has_exec;
    struct kube_exec exec;
    struct slice as, as_uid;
    struct slice *as_groups;
    size_t as_group_count;
    struct kube_pair *as_extra;
    size_t as_extra_count;
};

NODISCARD bool kubeconfig_read(struct run *run, const struct kubeconfig_sources *sources,
                               struct kube_access *out);
/* The whole of a small file; false with a reason in *why. */
NODISCARD bool kube_file_read(struct arena *arena, struct slice path, struct slice *text,
                              const char **why);

#endif
