#include "kubeconfig/kubeconfig_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---------------------------------------------------------------------------------- */

/* Takes the nodes out of the file's text, which holds tokens, and forgets the text. */
static void add_file(struct config *config, struct slice path)
{
    struct run *run = config->run;
    struct input input = {0};
    struct documents documents = {0};
    size_t errors = diag_count_input_errors(run->diag);
    if (access(arena_string(run->arena, path), R_OK) != 0) {
        config_fail(config, DIAG_A001, "cannot read the kubeconfig '" SLICE_FMT "': %s",
                    SLICE_ARG(path), strerror(errno));
        return;
    }
    if (input_add(run, &input, path, STDIN_FILENO) != STATUS_OK) {
        config->failed = true;
        return;
    }
    for (size_t i = 0; i < input.count; i++) {
        diag_file_hide(run->diag, input.files[i].file);
        document_read(run, &input.files[i], &documents);
    }
    if (diag_count_input_errors(run->diag) > errors) {
        config_fail(config, DIAG_A001, "the kubeconfig '" SLICE_FMT "' is no YAML",
                    SLICE_ARG(path));
    } else if (documents.count && documents.roots[0]->kind == NODE_MAP) {
        size_t slash = path.len;
        while (slash > 0 && path.ptr[slash - 1] != '/') {
            slash--;
        }
        *ARENA_PUSH(run->arena, config->files, config->count, config->capacity) =
            (struct config_file){slice_sub(path, 0, slash),
                                 node_copy(run->arena, documents.roots[0])};
    } else if (documents.count) {
        config_fail(config, DIAG_A001, "'" SLICE_FMT "' is no kubeconfig", SLICE_ARG(path));
    }
}

/* Files of KUBECONFIG that do not exist are no fault; the one of --kubeconfig has to. */
static void add_files(struct config *config, const struct kubeconfig_sources *sources)
{
    struct arena *arena = config->run->arena;
    struct slice rest = sources->variable.len ? sources->variable
                        : sources->home.len   ? arena_printf(arena, SLICE_FMT "/.kube/config",
                                                             SLICE_ARG(sources->home))
                                              : SLICE_ABSENT;
    struct slice path;
    if (sources->path.len) {
        add_file(config, sources->path);
        return;
    }
    char separator = sources->variable.len ? ':' : '\0';
    while (slice_split(&rest, separator, &path)) {
        if (path.len && access(arena_string(arena, path), F_OK) == 0) {
            add_file(config, path);
        }
    }
}

/* ---- the context ---------------------------------------------------------------------------- */

static struct slice current_context(const struct config *config, struct slice wanted)
{
    for (size_t i = 0; i < config->count && !wanted.len; i++) {
        wanted = config_text(config->files[i].root, "current-context");
    }
    return wanted;
}

static struct slice context_names(const struct config *config)
{
    struct arena *arena = config->run->arena;
    struct slice names = SLICE("");
    for (size_t i = 0; i < config->count; i++) {
        const struct node *list = node_get(config->files[i].root, "contexts");
        for (size_t c = 0; list && list->kind == NODE_LIST && c < list->count; c++) {
            struct slice name = config_text(list->items[c], "name");
            names = ARENA_JOIN(arena, names, names.len ? SLICE(", ") : SLICE(""), name);
        }
    }
    return names;
}

static void read_cluster(struct config *config, const struct config_entry *entry,
                         struct kube_access *out)
{
    struct slice server = config_text(entry->node, "server");
    while (slice_ends(server, SLICE("/"))) {
        server = slice_sub(server, 0, server.len - 1);
    }
    if (server.len && !slice_contains(server, SLICE("://"))) {
        server = arena_printf(config->run->arena, "https://" SLICE_FMT, SLICE_ARG(server));
    }
    bool known = slice_starts(server, SLICE("https://")) || slice_starts(server, SLICE("http://"));
    if (!known || slice_contains(server, SLICE("@"))) {
        config_fail(config, DIAG_A001,
                    "cluster '" SLICE_FMT "' %s; 'server' is the https URL of its API server, "
                    "without a user",
                    SLICE_ARG(out->cluster),
                    server.len ? "names no usable server" : "names no server");
        return;
    }
    out->server = server;
    out->tls_server_name = config_text(entry->node, "tls-server-name");
    out->proxy_url = config_text(entry->node, "proxy-url");
    out->insecure = config_flag(entry->node, "insecure-skip-tls-verify");
    out->authorities =
        config_blob(config, entry, "certificate-authority-data", "certificate-authority");
    if (out->insecure && out->authorities.len) {
        /* client-go: "specifying a root certificates file with the insecure flag is not allowed" */
        config_fail(config, DIAG_A001,
                    "cluster '" SLICE_FMT "' has a certificate authority and "
                    "insecure-skip-tls-verify; take one of them away",
                    SLICE_ARG(out->cluster));
    }
}

static void read_context(struct config *config, struct slice name, struct kube_access *out)
{
    struct config_entry context = config_find(config, "contexts", "context", name);
    if (!context.node) {
        struct slice names = context_names(config);
        config_fail(config, DIAG_A001, "there is no context '" SLICE_FMT "'%s" SLICE_FMT,
                    SLICE_ARG(name), names.len ? "; there is " : " in the kubeconfig",
                    SLICE_ARG(names));
        return;
    }
    out->context = name;
    out->cluster = config_text(context.node, "cluster");
    out->user = config_text(context.node, "user");
    struct slice namespace = config_text(context.node, "namespace");
    out->namespace = namespace.len ? namespace : SLICE("default");
    struct config_entry cluster = config_find(config, "clusters", "cluster", out->cluster);
    struct config_entry user = config_find(config, "users", "user", out->user);
    if (!cluster.node) {
        config_fail(config, DIAG_A001,
                    "context '" SLICE_FMT "' names the cluster '" SLICE_FMT
                    "', which the kubeconfig does not have",
                    SLICE_ARG(name), SLICE_ARG(out->cluster));
    } else {
        read_cluster(config, &cluster, out);
    }
    if (!user.node && out->user.len) {
        config_fail(config, DIAG_A001,
                    "context '" SLICE_FMT "' names the user '" SLICE_FMT
                    "', which the kubeconfig does not have",
                    SLICE_ARG(name), SLICE_ARG(out->user));
    } else if (user.node) {
        config_read_user(config, &user, out);
    }
}

/* ---- the account of a pod ------------------------------------------------------------------- */

static struct slice account_file(struct config *config, const struct kubeconfig_sources *sources,
                                 const char *name, bool needed)
{
    struct slice path = arena_printf(config->run->arena, SLICE_FMT "/%s",
                                     SLICE_ARG(sources->service_account), name);
    struct slice text = SLICE_ABSENT;
    const char *why;
    if (!kube_file_read(config->run->arena, path, &text, &why) && needed) {
        config_fail(config, DIAG_A002, "cannot read '" SLICE_FMT "' of the pod's account: %s",
                    SLICE_ARG(path), why);
    }
    return text;
}

/* rest/config.go, InClusterConfig */
static void read_account(struct config *config, const struct kubeconfig_sources *sources,
                         struct kube_access *out)
{
    struct slice host = sources->service_host, port = sources->service_port;
    bool six = slice_contains(host, SLICE(":"));
    out->server = arena_printf(config->run->arena, "https://%s" SLICE_FMT "%s:" SLICE_FMT,
                               six ? "[" : "", SLICE_ARG(host), six ? "]" : "", SLICE_ARG(port));
    out->token_file =
        arena_printf(config->run->arena, SLICE_FMT "/token", SLICE_ARG(sources->service_account));
    out->authorities = account_file(config, sources, "ca.crt", true);
    struct slice namespace = slice_trim(account_file(config, sources, "namespace", false));
    out->namespace = namespace.len ? namespace : SLICE("default");
    (void)account_file(config, sources, "token", true);
}

bool kubeconfig_read(struct run *run, const struct kubeconfig_sources *sources,
                     struct kube_access *out)
{
    struct config config = {.run = run};
    *out = (struct kube_access){.namespace = SLICE("default")};
    add_files(&config, sources);
    if (config.failed) {
        return false;
    }
    struct slice name = current_context(&config, sources->context);
    if (name.len) {
        read_context(&config, name, out);
    } else if (config.count == 0 && sources->service_host.len && sources->service_port.len) {
        read_account(&config, sources, out);
    } else {
        config_fail(&config, DIAG_A001, "%s",
                    config.count
                        ? "the kubeconfig has no current-context; choose one with --context"
                        : "there is no kubeconfig; name one with --kubeconfig, or in "
                          "KUBECONFIG");
    }
    return !config.failed;
}
