/* What all requests to a server have in common. */
#include "cluster/cluster_priv.h"

#include <curl/curl.h>
#include <string.h>

enum { CONNECT_MS = 15000 };

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct buf *body = user;
    buf_put(body, (struct slice){bytes, size * count});
    return body->failed ? 0 : size * count;
}

static bool give_text(struct client *client, CURLoption option, struct slice text)
{
    return !text.len || curl_easy_setopt(client->easy, option,
                                         arena_string(client->run->arena, text)) == CURLE_OK;
}

static bool give_number(struct client *client, CURLoption option, uint64_t number)
{
    return curl_easy_setopt(client->easy, option, (long)number) == CURLE_OK;
}

static bool give_blob(struct client *client, CURLoption option, struct slice text)
{
    struct curl_blob blob = {(void *)(uintptr_t)text.ptr, text.len, CURL_BLOB_COPY};
    return !text.len || curl_easy_setopt(client->easy, option, &blob) == CURLE_OK;
}

/* ---- credentials --------------------------------------------------------------------------------- */

/* False where a value would end its line and begin another header. */
static bool add_header(struct client *client, struct slice name, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.ptr[i] < ' ') {
            return false;
        }
    }
    struct slice line = ARENA_JOIN(client->run->arena, name, SLICE(": "), value);
    struct curl_slist *longer = curl_slist_append(client->headers, line.ptr);
    client->headers = longer ? longer : client->headers;
    return longer != NULL;
}

/* transport/round_trippers.go, impersonatingRoundTripper */
static bool add_impersonation(struct client *client, const struct kube_access *access)
{
    bool fine = !access->as.len || add_header(client, SLICE("Impersonate-User"), access->as);
    fine = fine &&
           (!access->as_uid.len || add_header(client, SLICE("Impersonate-Uid"), access->as_uid));
    for (size_t i = 0; i < access->as_group_count && fine; i++) {
        fine = add_header(client, SLICE("Impersonate-Group"), access->as_groups[i]);
    }
    for (size_t i = 0; i < access->as_extra_count && fine; i++) {
        char *key = curl_easy_escape(client->easy, access->as_extra[i].name.ptr,
                                     (int)access->as_extra[i].name.len);
        fine =
            key && add_header(client, arena_printf(client->run->arena, "Impersonate-Extra-%s", key),
                              access->as_extra[i].value);
        curl_free(key);
    }
    return fine;
}

bool client_use_credentials(struct client *client)
{
    const struct credentials *have = &client->credentials;
    curl_slist_free_all(client->headers);
    client->headers = NULL;
    bool fine = add_header(client, SLICE("Accept"), SLICE("application/json"));
    if (have->token.len) {
        struct slice bearer = ARENA_JOIN(client->run->arena, SLICE("Bearer "), have->token);
        fine = fine && add_header(client, SLICE("Authorization"), bearer);
    }
    if (client->options->access->tls_server_name.len) {
        struct slice host = client->options->access->server;
        host = slice_sub(host, slice_find(host, '/', 0) + 2, host.len);
        fine =
            fine && add_header(client, SLICE("Host"), slice_sub(host, 0, slice_find(host, '/', 0)));
    }
    fine = fine && add_impersonation(client, client->options->access) &&
           curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, client->headers) == CURLE_OK &&
           give_blob(client, CURLOPT_SSLCERT_BLOB, have->certificate) &&
           give_blob(client, CURLOPT_SSLKEY_BLOB, have->key);
    if (!fine) {
        diag_at(client->run->diag, DIAG_A002, SPAN_NONE, SLICE_ABSENT,
                "the credentials hold a line break or cannot be used otherwise");
    }
    return fine;
}

/* ---- the server ---------------------------------------------------------------------------------- */

static bool set_trust(struct client *client, const struct kube_access *access)
{
    return give_number(client, CURLOPT_SSL_VERIFYPEER, access->insecure ? 0 : 1) &&
           give_number(client, CURLOPT_SSL_VERIFYHOST, access->insecure ? 0 : 2) &&
           give_blob(client, CURLOPT_CAINFO_BLOB, access->authorities);
}

/* A proxy of the kubeconfig holds for all hosts, as in client-go; else libcurl reads HTTPS_PROXY and NO_PROXY. */
static bool set_proxy(struct client *client, const struct kube_access *access)
{
    return !access->proxy_url.len ||
           (give_text(client, CURLOPT_PROXY, access->proxy_url) &&
            curl_easy_setopt(client->easy, CURLOPT_NOPROXY, "") == CURLE_OK);
}

/* tls-server-name is the name that is asked for and looked up in the certificate: with libcurl the one in the URL,
 * which leads to the address of the server. */
static bool set_server(struct client *client, const struct kube_access *access)
{
    struct arena *arena = client->run->arena;
    struct slice name = access->tls_server_name, server = access->server;
    client->base = server;
    if (!name.len || slice_starts(server, SLICE("http://"))) {
        return true;
    }
    struct slice rest = slice_sub(server, strlen("https://"), server.len);
    size_t slash = slice_find(rest, '/', 0);
    struct slice host = slice_sub(rest, 0, slash);
    size_t colon = host.len;
    while (colon > 0 && host.ptr[colon - 1] != ':' && host.ptr[colon - 1] != ']') {
        colon--;
    }
    bool has_port = colon > 0 && host.ptr[colon - 1] == ':';
    struct slice port = has_port ? slice_sub(host, colon, host.len) : SLICE("443");
    host = has_port ? slice_sub(host, 0, colon - 1) : host;
    client->base = ARENA_JOIN(arena, SLICE("https://"), name, SLICE(":"), port,
                              slice_sub(rest, slash, rest.len));
    struct slice line =
        ARENA_JOIN(arena, name, SLICE(":"), port, SLICE(":"), host, SLICE(":"), port);
    client->connect_to = curl_slist_append(NULL, line.ptr);
    return client->connect_to &&
           curl_easy_setopt(client->easy, CURLOPT_CONNECT_TO, client->connect_to) == CURLE_OK;
}

static bool set_manners(struct client *client)
{
    uint64_t timeout = client->options->timeout_ms;
    return give_text(client, CURLOPT_PROTOCOLS_STR, SLICE("http,https")) &&
           give_text(client, CURLOPT_ACCEPT_ENCODING, SLICE("gzip")) &&
           give_text(client, CURLOPT_USERAGENT, SLICE("gateshift")) &&
           give_number(client, CURLOPT_FOLLOWLOCATION, 0) &&
           give_number(client, CURLOPT_HTTPGET, 1) && give_number(client, CURLOPT_NOSIGNAL, 1) &&
           give_number(client, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) &&
           give_number(client, CURLOPT_TIMEOUT_MS, timeout ? timeout : REQUEST_TIMEOUT_MS) &&
           curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
}

static void warn_unverified(struct run *run, const struct kube_access *access)
{
    bool plain = slice_starts(access->server, SLICE("http://"));
    if (plain || access->insecure) {
        diag_at(run->diag, DIAG_A007, SPAN_NONE, SLICE_ABSENT,
                "the kubeconfig %s, so whoever is on the way can read the credentials and change "
                "what is read; give the certificate authority of the cluster instead",
                plain ? "names a server without TLS" : "says insecure-skip-tls-verify");
    }
}

bool client_open(struct client *client, struct run *run, const struct cluster_options *options)
{
    const struct kube_access *access = options->access;
    *client = (struct client){.run = run, .options = options};
    warn_unverified(run, access);
    if (!credentials_fetch(run, options, &client->credentials)) {
        return false;
    }
    client->easy = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (!client->easy || !set_manners(client) || !set_trust(client, access) ||
        !set_proxy(client, access) || !set_server(client, access)) {
        diag_at(run->diag, DIAG_A003, SPAN_NONE, SLICE_ABSENT,
                "libcurl refuses what the kubeconfig asks for; is 'proxy-url' a URL?");
        return false;
    }
    return client_use_credentials(client);
}

void client_close(struct client *client)
{
    if (client->easy) {
        curl_easy_cleanup(client->easy);
        curl_slist_free_all(client->headers);
        curl_slist_free_all(client->connect_to);
        curl_global_cleanup();
    }
    client->easy = NULL;
}

struct slice client_escape(struct client *client, struct slice text)
{
    char *escaped = curl_easy_escape(client->easy, text.ptr, (int)text.len);
    struct slice copy = arena_copy(client->run->arena, slice_of(escaped ? escaped : ""));
    curl_free(escaped);
    return copy;
}
