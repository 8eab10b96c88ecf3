#include "kubeconfig/kubeconfig_priv.h"

#include <unistd.h>

static const char *const exec_versions[] = {"client.authentication.k8s.io/v1",
                                            "client.authentication.k8s.io/v1beta1"};

static struct slice *read_texts(struct arena *arena, const struct node *list, size_t *count)
{
    struct slice *out = ARENA_ARRAY(arena, struct slice, list ? list->count + 1 : 1);
    *count = 0;
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
        out[(*count)++] = list->items[i]->text.ptr ? list->items[i]->text : SLICE("");
    }
    return out;
}

static void read_exec(struct config *config, const struct config_entry *entry,
                      const struct node *node, struct kube_access *out)
{
    struct arena *arena = config->run->arena;
    struct kube_exec *exec = &out->exec;
    const struct node *env = node_get(node, "env");
    out->has_exec = true;
    exec->api_version = config_text(node, "apiVersion");
    exec->command = config_text(node, "command");
    exec->interactive_mode = config_text(node, "interactiveMode");
    exec->install_hint = config_text(node, "installHint");
    exec->cluster_info = config_flag(node, "provideClusterInfo");
    exec->args = read_texts(arena, node_get(node, "args"), &exec->arg_count);
    exec->env = ARENA_ARRAY(arena, struct kube_pair, env ? env->count + 1 : 1);
    for (size_t i = 0; env && env->kind == NODE_LIST && i < env->count; i++) {
        exec->env[exec->env_count++] = (struct kube_pair){config_text(env->items[i], "name"),
                                                          config_text(env->items[i], "value")};
    }
    if (slice_find(exec->command, '/', 0) < exec->command.len) {
        exec->command = config_path(config, entry->file, exec->command);
    }
    if (!exec->command.len) {
        config_fail(config, DIAG_A002, "user '" SLICE_FMT "' has an 'exec' without a command",
                    SLICE_ARG(out->user));
    } else if (!slice_is_one_of(exec->api_version, exec_versions, ARRAY_LEN(exec_versions))) {
        config_fail(config, DIAG_A002,
                    "user '" SLICE_FMT "' has an 'exec' with apiVersion '" SLICE_FMT
                    "'; client.authentication.k8s.io/v1 and v1beta1 are known; for AKS run "
                    "'kubelogin convert-kubeconfig'",
                    SLICE_ARG(out->user), SLICE_ARG(exec->api_version));
    }
}

static void read_impersonation(struct config *config, const struct node *user,
                               struct kube_access *out)
{
    struct arena *arena = config->run->arena;
    const struct node *extra = node_get(user, "as-user-extra");
    out->as = config_text(user, "as");
    out->as_uid = config_text(user, "as-uid");
    out->as_groups = read_texts(arena, node_get(user, "as-groups"), &out->as_group_count);
    for (size_t i = 0, capacity = 0; extra && extra->kind == NODE_MAP && i < extra->count; i++) {
        size_t count;
        struct slice *values = read_texts(arena, extra->pairs[i].value, &count);
        for (size_t v = 0; v < count; v++) {
            *ARENA_PUSH(arena, out->as_extra, out->as_extra_count, capacity) =
                (struct kube_pair){extra->pairs[i].key, values[v]};
        }
    }
    bool more = out->as_uid.len || out->as_group_count || out->as_extra_count;
    if (more && !out->as.len) {
        config_fail(config, DIAG_A002,
                    "user '" SLICE_FMT
                    "' impersonates groups or a uid, and no user; name it in 'as'",
                    SLICE_ARG(out->user));
    }
}

void config_read_user(struct config *config, const struct config_entry *entry,
                      struct kube_access *out)
{
    const struct node *user = entry->node, *exec = node_get(user, "exec");
    struct slice provider = config_text(node_get(user, "auth-provider"), "name");
    out->certificate = config_blob(config, entry, "client-certificate-data", "client-certificate");
    out->key = config_blob(config, entry, "client-key-data", "client-key");
    out->token = config_text(user, "token");
    out->token_file = config_text(user, "tokenFile");
    if (out->token_file.len) {
        out->token_file = config_path(config, entry->file, out->token_file);
    }
    if (config_text(user, "username").len || config_text(user, "password").len) {
        config_fail(config, DIAG_A002,
                    "user '" SLICE_FMT "' has a user name and a password; API servers take none "
                    "since Kubernetes 1.19, so use a token, a certificate or 'exec'",
                    SLICE_ARG(out->user));
    } else if (provider.len) {
        config_fail(config, DIAG_A002,
                    "user '" SLICE_FMT "' has the auth-provider '" SLICE_FMT
                    "', which kubectl dropped with 1.26; use 'exec', for AKS by 'kubelogin "
                    "convert-kubeconfig'",
                    SLICE_ARG(out->user), SLICE_ARG(provider));
    } else if (!out->certificate.len != !out->key.len) {
        config_fail(config, DIAG_A002,
                    "user '" SLICE_FMT "' has a client certificate without its key, or a key "
                    "without its certificate",
                    SLICE_ARG(out->user));
    } else if (exec) {
        read_exec(config, entry, exec, out);
    }
    read_impersonation(config, user, out);
}
