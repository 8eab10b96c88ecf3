/* Tokens and certificates: as given, from a file, or from a program (k8s.io/client-go plugin/pkg/client/auth/exec). */
#include "cluster/cluster_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody may have to log in with a browser meanwhile. */
enum { ANSWER_MAX = 1 << 20, ANSWER_MS = 300000 };

static bool fail(struct run *run, const struct kube_access *access, const char *what,
                 const char *why)
{
    struct slice hint = access->exec.install_hint;
    diag_at(run->diag, DIAG_A002, SPAN_NONE, SLICE_ABSENT,
            "the program '" SLICE_FMT "' of user '" SLICE_FMT "' %s%s%s%s" SLICE_FMT,
            SLICE_ARG(access->exec.command), SLICE_ARG(access->user), what, *why ? ": " : "", why,
            hint.len ? "; " : "", SLICE_ARG(hint));
    return false;
}

/* ---- what the program is told ---------------------------------------------------------------------- */

static struct node *encode(struct arena *arena, struct slice text)
{
    unsigned char *out = arena_alloc(arena, text.len * 4 / 3 + 8);
    int length = EVP_EncodeBlock(out, (const unsigned char *)text.ptr, (int)text.len);
    return node_string(arena, (struct slice){(const char *)out, (size_t)length});
}

static struct node *cluster_info(struct arena *arena, const struct kube_access *access)
{
    struct node *cluster = node_map(arena);
    node_set(arena, cluster, "server", node_string(arena, access->server));
    if (access->tls_server_name.len) {
        node_set(arena, cluster, "tls-server-name", node_string(arena, access->tls_server_name));
    }
    if (access->insecure) {
        node_set(arena, cluster, "insecure-skip-tls-verify", node_bool(arena, true));
    }
    if (access->authorities.len) {
        node_set(arena, cluster, "certificate-authority-data", encode(arena, access->authorities));
    }
    if (access->proxy_url.len) {
        node_set(arena, cluster, "proxy-url", node_string(arena, access->proxy_url));
    }
    return cluster;
}

static struct slice exec_info(struct arena *arena, const struct kube_access *access,
                              bool interactive)
{
    struct node *root = node_map(arena), *spec = node_map(arena);
    struct buf text;
    node_set(arena, root, "kind", node_string(arena, SLICE("ExecCredential")));
    node_set(arena, root, "apiVersion", node_string(arena, access->exec.api_version));
    node_set(arena, root, "spec", spec);
    if (access->exec.cluster_info) {
        node_set(arena, spec, "cluster", cluster_info(arena, access));
    }
    node_set(arena, spec, "interactive", node_bool(arena, interactive));
    buf_init(&text, ANSWER_MAX);
    document_write_json(root, 0, &text);
    struct slice info = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return info;
}

static bool is_named(const char *line, struct slice name)
{
    struct slice text = slice_of(line);
    return slice_equal(slice_sub(text, 0, slice_find(text, '=', 0)), name);
}

/* The environment given, with what the kubeconfig adds. */
static char **exec_environment(struct arena *arena, const struct cluster_options *options,
                               bool interactive)
{
    const struct kube_exec *exec = &options->access->exec;
    const struct slice info_name = SLICE("KUBERNETES_EXEC_INFO");
    size_t count = 0;
    while (options->environment && options->environment[count]) {
        count++;
    }
    char **out = ARENA_ARRAY(arena, char *, count + exec->env_count + 2);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        bool replaced = is_named(options->environment[i], info_name);
        for (size_t e = 0; e < exec->env_count; e++) {
            replaced = replaced || is_named(options->environment[i], exec->env[e].name);
        }
        if (!replaced) {
            out[used++] = options->environment[i];
        }
    }
    for (size_t e = 0; e < exec->env_count; e++) {
        out[used++] = arena_string(
            arena, ARENA_JOIN(arena, exec->env[e].name, SLICE("="), exec->env[e].value));
    }
    out[used] = arena_string(arena, ARENA_JOIN(arena, info_name, SLICE("="),
                                               exec_info(arena, options->access, interactive)));
    return out;
}

/* ---- running it -------------------------------------------------------------------------------------- */

/* Standard error stays that of gateshift: the program asks people to log in there. */
static int start(struct arena *arena, const struct cluster_options *options, bool interactive,
                 int output, pid_t *child)
{
    const struct kube_exec *exec = &options->access->exec;
    char **argv = ARENA_ARRAY(arena, char *, exec->arg_count + 2);
    posix_spawn_file_actions_t actions;
    argv[0] = arena_string(arena, exec->command);
    for (size_t i = 0; i < exec->arg_count; i++) {
        argv[i + 1] = arena_string(arena, exec->args[i]);
    }
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error && !interactive) {
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    if (!error) {
        error = posix_spawnp(child, argv[0], &actions, NULL, argv,
                             exec_environment(arena, options, interactive));
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Null, or why there is no whole answer. */
static const char *read_answer(int fd, char *bytes, size_t *used)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    for (;;) {
        int ready = poll(&polled, 1, ANSWER_MS);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return ready ? strerror(errno) : "it does not answer";
        }
        ssize_t got = read(fd, bytes + *used, ANSWER_MAX - *used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got ? strerror(errno) : NULL;
        }
        *used += (size_t)got;
        if (*used == ANSWER_MAX) {
            return "its answer is too large";
        }
    }
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        return false;
    }
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

static bool run_program(struct run *run, const struct cluster_options *options, bool interactive,
                        char *bytes, size_t *used)
{
    int ends[2], status = 0;
    pid_t child = 0;
    if (!open_pipe(ends)) {
        return fail(run, options->access, "cannot be run", strerror(errno));
    }
    int error = start(run->arena, options, interactive, ends[1], &child);
    (void)close(ends[1]);
    const char *why = error ? strerror(error) : read_answer(ends[0], bytes, used);
    (void)close(ends[0]);
    if (error) {
        return fail(run, options->access, "cannot be run", why);
    }
    if (why) {
        (void)kill(child, SIGTERM);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (why) {
        return fail(run, options->access, "gave no credentials", why);
    }
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           fail(run, options->access, "gave no credentials", "it ended with an error");
}

/* ---- what it answers --------------------------------------------------------------------------------- */

static struct slice take(struct arena *arena, const struct node *status, const char *key)
{
    const struct node *node = node_get(status, key);
    return node && node->kind == NODE_STRING && node->text.len ? arena_copy(arena, node->text)
                                                               : SLICE_ABSENT;
}

/* With a sink of its own: no message about the answer may show a part of it. */
static bool read_credential(struct run *run, const struct kube_access *access, struct slice text,
                            struct credentials *out)
{
    struct run own = {.arena = run->arena, .limits = run->limits, .diag = diag_new(run->arena)};
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(&own, &input, SLICE("<credential>"), text);
    document_read(&own, &input.files[0], &documents);
    const struct node *root = documents.count == 1 ? documents.roots[0] : NULL;
    const struct node *status = node_get(root, "status"), *version = node_get(root, "apiVersion");
    if (!root || !status) {
        return fail(run, access, "did not print an ExecCredential with a status", "");
    }
    if (!version || !slice_equal(version->text, access->exec.api_version)) {
        return fail(run, access, "printed an ExecCredential of another apiVersion",
                    "the kubeconfig and the program do not fit");
    }
    out->token = take(run->arena, status, "token");
    out->certificate = take(run->arena, status, "clientCertificateData");
    out->key = take(run->arena, status, "clientKeyData");
    return out->token.len || (out->certificate.len && out->key.len) ||
           fail(run, access, "printed neither a token nor a certificate with its key", "");
}

static bool ask_program(struct run *run, const struct cluster_options *options,
                        struct credentials *out)
{
    struct slice mode = options->access->exec.interactive_mode;
    bool interactive = options->terminal && !slice_is(mode, "Never");
    size_t used = 0;
    if (slice_is(mode, "Always") && !options->terminal) {
        return fail(run, options->access,
                    "wants to ask somebody, and standard input is no terminal", "log in first");
    }
    char *bytes = arena_alloc(run->arena, ANSWER_MAX);
    bool fine = run_program(run, options, interactive, bytes, &used) &&
                read_credential(run, options->access, (struct slice){bytes, used}, out);
    memory_wipe(bytes, used);
    return fine;
}

/* A token that is given goes before a program, as in client-go. */
bool credentials_fetch(struct run *run, const struct cluster_options *options,
                       struct credentials *out)
{
    const struct kube_access *access = options->access;
    const char *why;
    struct slice text;
    *out = (struct credentials){access->token, access->certificate, access->key};
    if (access->token_file.len) {
        if (kube_file_read(run->arena, access->token_file, &text, &why)) {
            out->token = slice_trim(text);
        } else if (!access->token.len) {
            diag_at(run->diag, DIAG_A002, SPAN_NONE, SLICE_ABSENT,
                    "cannot read the token in '" SLICE_FMT "': %s", SLICE_ARG(access->token_file),
                    why);
            return false;
        }
    }
    return !access->has_exec || out->token.len || ask_program(run, options, out);
}
