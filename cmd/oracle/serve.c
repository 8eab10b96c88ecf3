#include "oracle.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* gateshift-oracle serve FOLDER MANIFESTS HTTP HTTPS
 *
 * Runs what ingress-nginx would be for these Ingresses on two addresses of the loopback interface ("127.0.0.1:8080"),
 * for as long as standard input is open. FOLDER is there and empty; FOLDER/pair.pem will be the certificate, for
 * *.corp.example. Backends tell what they got as the echo of Gateway API's conformance tests does. "ready" is printed
 * when connections are taken. */

struct serving {
    struct run run;
    struct kube kube;
    struct ingress_claims claims;
};

static bool read_manifests(struct serving *serving, const char *path)
{
    struct input input = {0};
    const struct ingress_choice choice = {.from = SLICE("ingress-nginx")};
    bool read = input_add(&serving->run, &input, slice_of(path), STDIN_FILENO) == STATUS_OK;
    side_read(&serving->run, &input, SLICE("default"), &serving->kube);
    ingress_claim_all(&serving->run, &serving->kube, &choice, &serving->claims);
    return read;
}

/* The last server is asked whether nginx is up, see nginx_start. */
static void render_all(struct serving *serving, const struct nginx *nginx, const char *http,
                       const char *https, struct buf *out)
{
    const struct ingress_nginx_options options = {.version = SLICE_ABSENT};
    struct arena *arena = serving->run.arena;
    const struct nginx_text text = {.runs = true,
                                    .http = slice_of(http),
                                    .https = ARENA_JOIN(arena, slice_of(https), SLICE(" http2"))};
    if (!ingress_nginx_render(&serving->run, &serving->kube, &serving->claims, &options, &text,
                              out)) {
        fprintf(stderr, "gateshift-oracle: nginx would refuse these Ingresses\n");
    }
    struct slice socket = nginx_socket(arena, nginx, 0, true);
    buf_printf(out, "server { listen unix:" SLICE_FMT " ssl; return 204; }\n", SLICE_ARG(socket));
}

static int run_servers(struct serving *serving, struct nginx *nginx, struct slice servers)
{
    char byte;
    if (!nginx_prepare(nginx) || !nginx_start(nginx, servers, 1)) {
        struct slice why = nginx_complaint(serving->run.arena, nginx);
        fprintf(stderr, "gateshift-oracle: nginx does not start: " SLICE_FMT "\n", SLICE_ARG(why));
        return 4;
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    nginx_stop(nginx);
    return 0;
}

int serve(int argc, char **argv, struct nginx *nginx)
{
    struct serving serving = {.run = {.arena = NULL}};
    const struct limits limits = limits_default();
    struct buf servers;
    char backend[128];
    if (argc != 4) {
        fprintf(stderr, "gateshift-oracle: serve needs FOLDER MANIFESTS HTTP HTTPS\n");
        return 2;
    }
    nginx->folder = argv[0];
    nginx->names = "DNS:*.corp.example,DNS:corp.example";
    snprintf(backend, sizeof backend, "%s/backend", argv[0]);
    nginx->backend = backend;
    run_open(&serving.run, &limits, NULL, NULL);
    buf_init(&servers, BUF_TEXT_MAX);
    pid_t child = read_manifests(&serving, argv[1]) ? backend_start(backend, true) : 0;
    int status = 4;
    if (child) {
        render_all(&serving, nginx, argv[2], argv[3], &servers);
        status = run_servers(&serving, nginx, buf_slice(&servers));
    }
    backend_stop(child);
    buf_release(&servers);
    run_close(&serving.run);
    return status;
}
