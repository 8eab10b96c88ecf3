/* Compares what the route table says of requests with what the real nginx does.
 *
 * Random Ingresses are read twice: as a route table, which the evaluator asks, and as the server and location
 * blocks that the controller would write, which nginx runs. nginx listens on sockets in a folder of its own;
 * all backends are one process that tells what arrived. The controller's scripts are stood in for by oracle.lua.
 *
 * Ownership: what is generated lives in the arena given.
 * Errors:    functions return false after a message on stderr.
 * Threads:   none.
 * Limits:    nginx of Debian 12 is 1.22 where the controller has 1.27: several lines of one header are joined in
 *            variables since 1.23 only, so no request repeats a header.
 * Source:    kubernetes/ingress-nginx controller v1.15.1: nginx.tmpl, template.go, lua_ingress.lua, balancer.lua. */
#ifndef GATESHIFT_ORACLE_H
#define GATESHIFT_ORACLE_H

#include "expect/expect.h"
#include "frontend/frontend.h"

#include <sys/types.h>

/* ---- random numbers ----------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};
size_t pick(struct chance *chance, size_t count); /* below count */
bool one_in(struct chance *chance, size_t count);

/* ---- rule sets: generate.c ---------------------------------------------------------------- */

enum { ITEMS_MAX = 8, PATHS_MAX = 5, ANNOTATIONS_MAX = 8, SETTINGS_MAX = 4, TLS_MAX = 2 };
enum { SNIPPETS = 2, LINES_MAX = 3 };

struct word_pair {
    const char *name, *value;
};
struct path_spec {
    const char *host, *path, *type, *service; /* host null: none; path null: the host alone */
};
struct item_spec {
    bool aged;
    struct word_pair annotations[ANNOTATIONS_MAX];
    struct path_spec paths[PATHS_MAX];
    const char *lines[SNIPPETS][LINES_MAX]; /* of configuration-snippet and server-snippet */
    size_t line_counts[SNIPPETS];
    const char *tls[TLS_MAX];
    const char *fallback; /* default backend, or null */
    size_t annotation_count, path_count, tls_count;
};
struct rule_set {
    struct word_pair settings[SETTINGS_MAX];
    struct item_spec items[ITEMS_MAX];
    size_t setting_count, item_count;
    bool snippets; /* are allowed */
};
/* lines.c: lines of snippets of servers, or of locations */
const char *const *snippet_lines(bool server, size_t *count);
void rule_set_generate(struct chance *chance, bool snippets, struct rule_set *set);
void rule_set_yaml(const struct rule_set *set, struct buf *out);
/* A host of a rule and a word that its path may match; sometimes others. */
void rule_near(struct arena *arena, struct chance *chance, const struct rule_set *set,
               struct slice *host, struct slice *path);

/* ---- requests.c --------------------------------------------------------------------------- */

void request_generate(struct arena *arena, struct chance *chance, const struct rule_set *set,
                      struct request *out);

/* ---- world.c: the front end's view of a rule set ------------------------------------------- */

struct world {
    struct run run;
    struct kube kube;
    struct ingress_claims claims;
    struct route_table table;
    struct evaluator *evaluator;
    bool refused; /* the front end says that nginx refuses it */
};
void world_open(const struct rule_set *set, struct world *out);
void world_render(struct world *world, struct slice http, struct slice https, struct buf *out);
void world_close(struct world *world);

/* ---- nginx.c ------------------------------------------------------------------------------ */

struct nginx {
    const char *program, *folder, *scripts;
    const char *backend; /* socket of the backend */
    const char *names;   /* in the certificate (subjectAltName); null: none */
    pid_t child;         /* 0: does not run */
};
/* The folder with what stays the same: a key and a certificate. */
NODISCARD bool nginx_prepare(const struct nginx *nginx);
struct slice nginx_socket(struct arena *arena, const struct nginx *nginx, size_t number,
                          bool https);
/* Runs servers, which listen on sockets below `count`. False without a message when nginx refuses them. */
NODISCARD bool nginx_start(struct nginx *nginx, struct slice servers, size_t count);
/* Last line of nginx's log that says why. */
struct slice nginx_complaint(struct arena *arena, const struct nginx *nginx);
void nginx_stop(struct nginx *nginx);

/* ---- backend.c: a process that tells what it got ------------------------------------------- */

/* 0 after a message. With `echoes` it tells so in a body, too, for clients of nginx that are not ours. */
pid_t backend_start(const char *path, bool echoes);
void backend_stop(pid_t child);

/* ---- client.c ----------------------------------------------------------------------------- */

/* Where the head of a message ends, 0 when it has not come yet. */
size_t head_length(const char *bytes, size_t len);
struct answer {
    int status; /* 0: the connection was closed without an answer */
    struct headers headers;
    /* What the backend got; backend absent: nginx itself answered. */
    struct slice backend, method, target;
    struct headers seen;
};
struct client;
struct client *client_open(struct arena *arena);
void client_close(struct client *client);
/* Keeps connections open from one request to the next. */
NODISCARD bool client_ask(struct client *client, struct arena *arena, const struct nginx *nginx,
                          size_t number, const struct request *request, struct answer *out);
void client_hang_up(struct client *client);

/* ---- compare.c ---------------------------------------------------------------------------- */

enum verdict { VERDICT_SAME, VERDICT_UNKNOWN, VERDICT_DIFFERS };
/* `why` says what differs. */
enum verdict answer_compare(struct arena *arena, const struct outcome *outcome,
                            const struct answer *answer, struct slice *why);

/* ---- serve.c ------------------------------------------------------------------------------ */

/* Takes what follows "serve" on the command line; the result is an exit status. */
int serve(int argc, char **argv, struct nginx *nginx);

/* ---- reduce.c ----------------------------------------------------------------------------- */

/* Takes away what the disagreement does not need, then prints manifests and request as a case. */
void disagreement_report(struct nginx *nginx, const struct rule_set *set,
                         const struct request *request, const char *folder);

#endif
