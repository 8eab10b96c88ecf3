#include "stand_in.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 32768 };

static bool send_all(SSL *ssl, struct slice text)
{
    while (text.len) {
        size_t part = text.len < 65536 ? text.len : 65536, written = 0;
        if (SSL_write_ex(ssl, text.ptr, part, &written) != 1) {
            return false;
        }
        text = slice_sub(text, written, text.len);
    }
    return true;
}

static bool send_answer(SSL *ssl, int status, const char *headers, struct slice body, size_t sent)
{
    char head[512];
    int used = snprintf(head, sizeof head,
                        "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\n"
                        "Date: Mon, 02 Nov 2026 10:20:30 GMT\r\n%sContent-Length: %zu\r\n\r\n",
                        status, headers, body.len);
    return send_all(ssl, (struct slice){head, (size_t)used}) &&
           send_all(ssl, slice_sub(body, 0, sent)) && sent == body.len;
}

/* ---- requests -------------------------------------------------------------------------------- */

static struct slice header_of(struct slice head, const char *name)
{
    struct slice line;
    while (slice_split(&head, '\n', &line)) {
        size_t colon = slice_find(line, ':', 0);
        if (slice_equal_fold(slice_sub(line, 0, colon), slice_of(name))) {
            return slice_trim(slice_sub(line, colon + 1, line.len));
        }
    }
    return SLICE_ABSENT;
}

static bool read_head(SSL *ssl, char *bytes, size_t *length)
{
    *length = 0;
    while (*length < HEAD_MAX) {
        size_t got = 0;
        if (SSL_read_ex(ssl, bytes + *length, HEAD_MAX - *length, &got) != 1) {
            return false;
        }
        *length += got;
        if (slice_contains((struct slice){bytes, *length}, SLICE("\r\n\r\n"))) {
            return true;
        }
    }
    return false;
}

static void read_request(struct slice head, struct request *out)
{
    struct slice line = slice_sub(head, 0, slice_find(head, '\r', 0)), part;
    *out = (struct request){.method = SLICE("")};
    (void)slice_split(&line, ' ', &out->method);
    (void)slice_split(&line, ' ', &out->path);
    size_t question = slice_find(out->path, '?', 0);
    out->query = slice_sub(out->path, question + 1, out->path.len);
    out->path = slice_sub(out->path, 0, question);
    out->authorization = header_of(head, "Authorization");
    struct slice rest = slice_sub(out->path, 1, out->path.len);
    while (out->part_count < ARRAY_LEN(out->parts) && slice_split(&rest, '/', &part)) {
        out->parts[out->part_count++] = part;
    }
}

static void write_log(const struct server *server, const struct request *request, struct slice head)
{
    struct slice host = header_of(head, "Host"), user = header_of(head, "Impersonate-User");
    dprintf(server->log, SLICE_FMT " " SLICE_FMT "%s" SLICE_FMT " %s host=%s" SLICE_FMT "\n",
            SLICE_ARG(request->method), SLICE_ARG(request->path), request->query.len ? "?" : "",
            SLICE_ARG(request->query),
            request->certificate         ? "certificate"
            : request->authorization.len ? "token"
                                         : "nobody",
            slice_starts(host, SLICE("127.0.0.1:")) ? "own" : "other", SLICE_ARG(user));
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* "cut" happens once, "cut-always" each time. */
static struct fault *find_fault(struct server *server, const char *name, size_t times,
                                const struct request *request)
{
    struct slice resource = request_resource(request);
    for (size_t i = 0; i < server->fault_count; i++) {
        struct fault *fault = &server->faults[i];
        struct slice rest = slice_sub(fault->name, strlen(name), fault->name.len);
        bool named =
            slice_starts(fault->name, slice_of(name)) && (!rest.len || slice_is(rest, "-always"));
        if (named && slice_equal(resource, fault->resource) && (rest.len || fault->met < times)) {
            fault->met++;
            return fault;
        }
    }
    return NULL;
}

/* The state of a list is forgotten between two of its pages. */
static bool forget(struct server *server, const struct request *request, struct buf *out)
{
    static const char text[] = "The provided continue parameter is too old to display a consistent "
                               "list result.";
    struct slice token = query_value(request, "continue");
    char next[64];
    if (!token.len) {
        return false;
    }
    if (find_fault(server, "gone", 1, request)) {
        snprintf(next, sizeof next, SLICE_FMT, SLICE_ARG(token));
        put_status(out, 410, "Expired", text, next);
        return true;
    }
    if (find_fault(server, "lost", 1, request)) {
        put_status(out, 410, "Expired", text, NULL);
        return true;
    }
    return false;
}

static bool drip(SSL *ssl)
{
    const struct timespec pause = {0, 50000000};
    bool fine = send_all(ssl, SLICE("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"));
    while (fine && nanosleep(&pause, NULL) == 0) {
        fine = send_all(ssl, SLICE(" "));
    }
    return false;
}

/* ---- one request ----------------------------------------------------------------------------- */

static bool is_known(const struct server *server, const struct request *request)
{
    struct slice text = request->authorization;
    return request->certificate || (slice_starts(text, SLICE("Bearer ")) &&
                                    slice_equal(slice_sub(text, 7, text.len), server->token));
}

/* False when the connection is of no more use. */
static bool serve_one(struct server *server, SSL *ssl, const struct request *request,
                      struct buf *body)
{
    const char *headers = "";
    int status;
    if (!is_known(server, request)) {
        put_status(body, status = 401, "Unauthorized", "Unauthorized", NULL);
    } else if (find_fault(server, "forbidden", 0, request)) {
        put_status(body, status = 403, "Forbidden", "the account may not do that", NULL);
    } else if (find_fault(server, "busy", 2, request)) {
        headers = "Retry-After: 1\r\n";
        put_status(body, status = 429, "TooManyRequests", "too many requests", NULL);
    } else if (find_fault(server, "broken", 1, request)) {
        put_status(body, status = 503, "ServiceUnavailable", "etcd is away", NULL);
    } else if (find_fault(server, "redirect", 0, request)) {
        headers = "Location: /elsewhere\r\n";
        put_status(body, status = 302, "Found", "look elsewhere", NULL);
    } else if (find_fault(server, "slow", 0, request)) {
        return drip(ssl);
    } else if (forget(server, request, body)) {
        status = 410;
    } else if (find_fault(server, "garbage", 0, request)) {
        buf_clear(body);
        buf_puts(body, "<html>captive portal</html>");
        status = 200;
    } else {
        status = answer(server, request, body);
    }
    bool cut = find_fault(server, "cut", 1, request) != NULL;
    return send_answer(ssl, status, headers, buf_slice(body), cut ? body->len / 2 : body->len);
}

void serve(struct server *server, SSL *ssl)
{
    static char head[HEAD_MAX];
    struct buf body;
    struct request request;
    size_t length;
    buf_init(&body, BUF_TEXT_MAX);
    X509 *peer = SSL_get0_peer_certificate(ssl);
    while (read_head(ssl, head, &length)) {
        read_request((struct slice){head, length}, &request);
        request.certificate = peer != NULL;
        write_log(server, &request, (struct slice){head, length});
        if (!serve_one(server, ssl, &request, &body)) {
            break;
        }
    }
    buf_release(&body);
}
