/* One request: tries, pauses between them, and what ends them. */
#include "cluster/cluster_priv.h"

#include <curl/curl.h>
#include <time.h>

/* With half a second, one and two between them, unless the server says how long. Who was silent until the end of
 * the time is asked once more only. */
enum { TRIES = 4, TRIES_SILENT = 2, PAUSE_MS = 500, PAUSE_MAX_MS = 60000 };

static void pause_for(uint64_t milliseconds)
{
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

static bool fail(struct client *client, enum diag_code code, struct slice text)
{
    if (!client->failed) {
        diag_at(client->run->diag, code, SPAN_NONE, SLICE_ABSENT, SLICE_FMT, SLICE_ARG(text));
    }
    client->failed = true;
    return false;
}

static bool is_temporary(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE ||
           code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM || code == CURLE_SSL_CONNECT_ERROR;
}

static bool is_busy(long status)
{
    return status == 429 || (status >= 500 && status != 501 && status != 505);
}

static uint64_t pause_before(struct client *client, unsigned try, bool answered)
{
    curl_off_t told = 0;
    if (answered && curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &told) == CURLE_OK &&
        told > 0) {
        uint64_t wait = (uint64_t)told * 1000;
        return wait < PAUSE_MAX_MS ? wait : PAUSE_MAX_MS;
    }
    return (uint64_t)PAUSE_MS << try;
}

static bool fail_transport(struct client *client, CURLcode code, const char *error)
{
    const struct kube_access *access = client->options->access;
    bool proxy = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY;
    const char *advice =
        code == CURLE_PEER_FAILED_VERIFICATION ? "; its certificate is not from the authority of "
                                                 "the kubeconfig, or is for another name"
        : proxy                                ? "; look at proxy-url and HTTPS_PROXY"
        : code == CURLE_OPERATION_TIMEDOUT     ? "; --request-timeout gives it more time"
        : code == CURLE_WRITE_ERROR ? "; the answer is too large, --limit file-bytes=N takes more"
                                    : "";
    return fail(client, DIAG_A003,
                arena_printf(client->run->arena, "cannot read from '" SLICE_FMT "': %s%s",
                             SLICE_ARG(access->server), *error ? error : curl_easy_strerror(code),
                             advice));
}

/* Credentials may have expired since they were fetched. */
static bool refresh(struct client *client)
{
    const struct kube_access *access = client->options->access;
    bool can = !client->refreshed && (access->has_exec || access->token_file.len);
    client->refreshed = true;
    if (!can) {
        return fail(client, DIAG_A004,
                    arena_printf(client->run->arena,
                                 "'" SLICE_FMT "' does not accept the credentials of %s" SLICE_FMT
                                 "%s (401); log in again",
                                 SLICE_ARG(access->server),
                                 access->context.ptr ? "context '" : "the pod",
                                 SLICE_ARG(access->context), access->context.ptr ? "'" : ""));
    }
    client->failed = !credentials_fetch(client->run, client->options, &client->credentials) ||
                     !client_use_credentials(client);
    return !client->failed;
}

static void note_date(struct client *client)
{
    struct curl_header *header;
    if (curl_easy_header(client->easy, "Date", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        time_t date = curl_getdate(header->value, NULL);
        client->date = date > 0 ? (int64_t)date : client->date;
    }
}

static CURLcode send_once(struct client *client, const char *url, struct reply *reply, char *error)
{
    error[0] = '\0';
    buf_clear(&reply->body);
    bool set = curl_easy_setopt(client->easy, CURLOPT_URL, url) == CURLE_OK &&
               curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, &reply->body) == CURLE_OK &&
               curl_easy_setopt(client->easy, CURLOPT_ERRORBUFFER, error) == CURLE_OK;
    client->requests++;
    CURLcode code = set ? curl_easy_perform(client->easy) : CURLE_FAILED_INIT;
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &reply->status);
        note_date(client);
    }
    return code;
}

bool client_get(struct client *client, struct slice path, struct reply *reply)
{
    char error[CURL_ERROR_SIZE];
    struct slice url = ARENA_JOIN(client->run->arena, client->base, path);
    for (unsigned try = 0; !client->failed;) {
        CURLcode code = send_once(client, url.ptr, reply, error);
        unsigned tries = code == CURLE_OPERATION_TIMEDOUT ? TRIES_SILENT : TRIES;
        bool again = code == CURLE_OK ? is_busy(reply->status) : is_temporary(code);
        if (code == CURLE_OK && reply->status == 401) {
            if (!refresh(client)) {
                return false;
            }
        } else if (again && try + 1 < tries) {
            pause_for(pause_before(client, try, code == CURLE_OK));
            try++;
        } else if (code != CURLE_OK) {
            return fail_transport(client, code, error);
        } else {
            return true;
        }
    }
    return false;
}
