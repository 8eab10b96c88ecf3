/* gateshift-stand-in FOLDER OBJECTS [--generate N] [--token TEXT] [--fault NAME:RESOURCE]...
 *
 * Serves the objects in OBJECTS, and writes into FOLDER what a client needs: kubeconfig (contexts token,
 * certificate, expired, stranger, insecure, named, basic), ca.pem, port; and log, a line for each request. */
#include "stand_in.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_local(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("stand-in");
        exit(1);
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* ---- what clients are told --------------------------------------------------------------------- */

static FILE *create(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void put_cluster(FILE *file, const char *name, unsigned port, const char *more,
                        struct slice authority)
{
    fprintf(file, "- name: %s\n  cluster:\n    server: https://127.0.0.1:%u\n%s", name, port, more);
    if (authority.len) {
        fprintf(file, "    certificate-authority-data: " SLICE_FMT "\n", SLICE_ARG(authority));
    }
}

static void write_kubeconfig(const char *folder, const struct authority *authority, unsigned port,
                             struct slice token)
{
    static const char *const contexts[][3] = {
        {"token", "own", "token"},
        {"certificate", "own", "certificate"},
        {"expired", "own", "expired"},
        {"stranger", "stranger", "token"},
        {"insecure", "insecure", "token"},
        {"named", "named", "token"},
        {"wrong-name", "wrong-name", "token"},
        {"basic", "own", "basic"},
        {"somebody", "own", "somebody"},
    };
    struct arena *arena = arena_open(0, NULL, NULL);
    struct authority other, client;
    struct slice own = certificate_text(arena, authority->certificate);
    authority_make(&other, "another authority");
    authority_sign(authority, "a client", &client);
    struct slice foreign = certificate_text(arena, other.certificate);
    struct slice certificate = certificate_text(arena, client.certificate);
    struct slice key = key_text(arena, client.key);
    FILE *file = create(folder, "kubeconfig");
    fputs("apiVersion: v1\nkind: Config\ncurrent-context: token\nclusters:\n", file);
    put_cluster(file, "own", port, "", own);
    put_cluster(file, "stranger", port, "", foreign);
    put_cluster(file, "insecure", port, "    insecure-skip-tls-verify: true\n", SLICE(""));
    put_cluster(file, "named", port, "    tls-server-name: kube.test\n", own);
    put_cluster(file, "wrong-name", port, "    tls-server-name: other.test\n", own);
    fprintf(file,
            "users:\n- name: token\n  user: {token: " SLICE_FMT "}\n"
            "- name: expired\n  user: {token: token-of-yesterday}\n"
            "- name: basic\n  user: {username: admin, password: secret-of-admin}\n"
            "- name: somebody\n  user: {token: " SLICE_FMT ", as: somebody, as-groups: [some]}\n"
            "- name: certificate\n  user:\n    client-certificate-data: " SLICE_FMT
            "\n    client-key-data: " SLICE_FMT "\ncontexts:\n",
            SLICE_ARG(token), SLICE_ARG(token), SLICE_ARG(certificate), SLICE_ARG(key));
    for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
        fprintf(file, "- name: %s\n  context: {cluster: %s, user: %s, namespace: shop}\n",
                contexts[i][0], contexts[i][1], contexts[i][2]);
    }
    fclose(file);
    arena_close(arena);
}

static void write_facts(const char *folder, const struct authority *authority, unsigned port,
                        struct slice token)
{
    FILE *file = create(folder, "ca.pem");
    PEM_write_X509(file, authority->certificate);
    fclose(file);
    write_kubeconfig(folder, authority, port, token);
    file = create(folder, "port"); /* the last one: who waits for it finds the others */
    fprintf(file, "%u\n", port);
    fclose(file);
}

/* ---- serving ----------------------------------------------------------------------------------- */

static void serve_client(struct server *server, SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1) {
        serve(server, ssl);
    }
    SSL_free(ssl);
    close(fd);
}

static void serve_all(struct server *server, SSL_CTX *context, int listener)
{
    struct pollfd polls[] = {{.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    while (poll(polls, 2, -1) > 0 && !polls[1].revents) {
        int fd = polls[0].revents ? accept(listener, NULL, NULL) : -1;
        if (fd >= 0) {
            serve_client(server, context, fd);
        }
    }
}

static void add_fault(struct server *server, const char *text)
{
    struct slice whole = slice_of(text);
    size_t colon = slice_find(whole, ':', 0);
    if (server->fault_count < FAULTS_MAX) {
        server->faults[server->fault_count++] =
            (struct fault){slice_sub(whole, 0, colon), slice_sub(whole, colon + 1, whole.len), 0};
    }
}

int main(int argc, char **argv)
{
    static struct server server = {.token = {"good-token", sizeof "good-token" - 1}};
    struct authority authority;
    unsigned port;
    size_t generated = 0;
    if (argc < 3) {
        fputs("usage: gateshift-stand-in FOLDER OBJECTS [--generate N] [--token TEXT] [--fault "
              "NAME:RESOURCE]...\n",
              stderr);
        return 2;
    }
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--generate") == 0) {
            generated = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--token") == 0) {
            server.token = slice_of(argv[i + 1]);
        } else if (strcmp(argv[i], "--fault") == 0) {
            add_fault(&server, argv[i + 1]);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFE_SECONDS);
    char path[1024];
    snprintf(path, sizeof path, "%s/log", argv[1]);
    server.log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
    store_open(&server.store, argv[2], generated);
    authority_make(&authority, "an authority");
    SSL_CTX *context = tls_context(&authority);
    int listener = listen_local(&port);
    write_facts(argv[1], &authority, port, server.token);
    serve_all(&server, context, listener);
    return 0;
}
