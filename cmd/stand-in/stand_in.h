/* An API server for tests: real TLS, real paths and answers, objects from files, and each fault on demand.
 *
 * What it answers was written down from kubernetes: discovery (APIGroupList, APIResourceList), lists of built-in
 * kinds whose items have neither kind nor apiVersion, limit and continue, Status with its reason and code.
 * One connection at a time, on 127.0.0.1 only; it ends with its standard input, or after LIFE_SECONDS. */
#ifndef GATESHIFT_STAND_IN_H
#define GATESHIFT_STAND_IN_H

#include "document/document.h"
#include "run/run.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

enum { LIFE_SECONDS = 300, FAULTS_MAX = 8 };

/* ---- objects.c --------------------------------------------------------------------------------- */

struct stored {
    struct slice group, version, kind, resource, namespace, name;
    struct slice application; /* label app.kubernetes.io/name */
    const struct node *root;
};
struct store {
    struct run run;
    struct stored *items; /* by group, resource, namespace and name, as etcd has them */
    size_t count, capacity;
};
void store_open(struct store *store, const char *folder, size_t generated);

/* ---- tls.c --------------------------------------------------------------------------------------- */

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};
void authority_make(struct authority *out, const char *name);
/* For 127.0.0.1 and kube.test, or for a client of that name. */
void authority_sign(const struct authority *by, const char *client, struct authority *out);
SSL_CTX *tls_context(const struct authority *authority);
/* PEM in base64, as kubeconfigs have it. */
struct slice certificate_text(struct arena *arena, X509 *certificate);
struct slice key_text(struct arena *arena, EVP_PKEY *key);

/* ---- serve.c -------------------------------------------------------------------------------------- */

struct fault {
    struct slice name, resource;
    size_t met; /* how often it has been */
};
struct server {
    struct store store;
    struct fault faults[FAULTS_MAX];
    size_t fault_count;
    struct slice token; /* that is accepted; so is a certificate of the authority */
    int log;
};
/* Answers requests until the connection ends. */
void serve(struct server *server, SSL *ssl);

/* ---- answer.c ------------------------------------------------------------------------------------- */

struct request {
    struct slice method, path, query, authorization;
    struct slice parts[8]; /* of the path */
    size_t part_count;
    bool certificate; /* the client has shown one */
};
/* The answer to a request that is let through, as JSON; the result is its status. */
int answer(struct server *server, const struct request *request, struct buf *out);
struct slice request_resource(const struct request *request); /* "ingresses"; absent: discovery */
struct slice query_value(const struct request *request, const char *name);
void put_status(struct buf *out, int code, const char *reason, const char *message,
                const char *token);

#endif
