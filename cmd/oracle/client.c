#include "oracle.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

/* HTTP/1.1 as bare as can be: what is sent is what was made up, and nothing is normalised. */

enum { READ_MAX = 1 << 16, WAIT_SECONDS = 10 };

struct connection {
    int fd; /* -1: closed */
    SSL *tls;
    struct slice sni; /* in `name`; empty: none */
    char name[256];
    size_t number;
    size_t len;
    char bytes[READ_MAX];
};
struct client {
    SSL_CTX *context;
    struct connection sides[2]; /* http, https */
};

struct client *client_open(struct arena *arena)
{
    struct client *client = ARENA_NEW(arena, struct client);
    client->context = SSL_CTX_new(TLS_client_method());
    client->sides[0].fd = client->sides[1].fd = -1;
    return client;
}

static void hang_up(struct connection *connection)
{
    if (connection->tls) {
        SSL_free(connection->tls);
    }
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    connection->tls = NULL;
    connection->fd = -1;
    connection->len = 0;
}

void client_hang_up(struct client *client)
{
    hang_up(&client->sides[0]);
    hang_up(&client->sides[1]);
}

void client_close(struct client *client)
{
    client_hang_up(client);
    SSL_CTX_free(client->context);
}

static bool shake_hands(struct client *client, struct connection *connection, struct slice sni)
{
    bool fits = sni.len < sizeof connection->name;
    memcpy(connection->name, sni.ptr ? sni.ptr : "", fits ? sni.len : 0);
    connection->name[fits ? sni.len : 0] = '\0';
    connection->sni = slice_of(connection->name);
    connection->tls = SSL_new(client->context);
    return fits && connection->tls && SSL_set_fd(connection->tls, connection->fd) == 1 &&
           (!sni.len || SSL_set_tlsext_host_name(connection->tls, connection->name) == 1) &&
           SSL_connect(connection->tls) == 1;
}

static bool dial(struct client *client, struct connection *connection, struct slice path,
                 const struct request *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval wait = {WAIT_SECONDS, 0};
    if (path.len >= sizeof address.sun_path) {
        return false;
    }
    memcpy(address.sun_path, path.ptr, path.len);
    connection->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return slice_is(request->scheme, "http") || shake_hands(client, connection, request->sni);
}

static bool put_bytes(struct connection *connection, struct slice text)
{
    while (text.len) {
        ssize_t sent = connection->tls ? SSL_write(connection->tls, text.ptr, (int)text.len)
                                       : send(connection->fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        text = slice_sub(text, (size_t)sent, text.len);
    }
    return true;
}

static bool get_bytes(struct connection *connection)
{
    size_t room = READ_MAX - connection->len;
    if (!room) {
        return false;
    }
    char *to = connection->bytes + connection->len;
    ssize_t got = connection->tls ? SSL_read(connection->tls, to, (int)room)
                                  : recv(connection->fd, to, room, 0);
    if (got <= 0) {
        return false;
    }
    connection->len += (size_t)got;
    return true;
}

/* ---- messages ----------------------------------------------------------------------------- */

static struct slice request_text(struct arena *arena, const struct request *request)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_printf(&text, SLICE_FMT " " SLICE_FMT " HTTP/%s\r\n", SLICE_ARG(request->method),
               SLICE_ARG(request->target), slice_is(request->protocol, "h1.0") ? "1.0" : "1.1");
    /* first, as nginx stops reading at a Host that it refuses */
    buf_printf(&text, "X-Oracle-Client: " SLICE_FMT "\r\n", SLICE_ARG(request->client_text));
    if (request->host.ptr) {
        buf_printf(&text, "Host: " SLICE_FMT "\r\n", SLICE_ARG(request->host));
    }
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct header *header = &request->headers.items[i];
        buf_printf(&text, SLICE_FMT ": " SLICE_FMT "\r\n", SLICE_ARG(header->name),
                   SLICE_ARG(header->value));
    }
    if (request->body_bytes) {
        buf_printf(&text, "Content-Length: %llu\r\n", (unsigned long long)request->body_bytes);
    }
    buf_puts(&text, "\r\n");
    buf_fill(&text, 'x', request->body_bytes);
    struct slice result = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return result;
}

static struct slice take_line(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n', 0);
    struct slice line = slice_sub(*rest, 0, end);
    *rest = slice_sub(*rest, end + 1, rest->len);
    return line.len && line.ptr[line.len - 1] == '\r' ? slice_sub(line, 0, line.len - 1) : line;
}

static void read_headers(struct arena *arena, struct slice rest, struct headers *out)
{
    while (rest.len) {
        struct slice line = take_line(&rest);
        size_t colon = slice_find(line, ':', 0);
        if (colon < line.len) {
            headers_add(arena, out, slice_sub(line, 0, colon),
                        slice_trim(slice_sub(line, colon + 1, line.len)));
        }
    }
}

/* The head of the request as the backend got it, in base64. */
static void read_seen(struct arena *arena, struct answer *answer)
{
    struct slice text = headers_get(&answer->headers, SLICE("X-Oracle-Seen"));
    if (!text.ptr) {
        return;
    }
    unsigned char *bytes = arena_alloc(arena, text.len + 4);
    int length = EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr, (int)text.len);
    struct slice rest = {(const char *)bytes, length > 0 ? (size_t)length : 0};
    struct slice line = take_line(&rest);
    size_t blank = slice_find(line, ' ', 0);
    answer->method = slice_sub(line, 0, blank);
    answer->target = slice_sub(line, blank + 1, line.len);
    size_t last = answer->target.len;
    while (last && answer->target.ptr[last - 1] != ' ') {
        last--;
    }
    answer->target = slice_sub(answer->target, 0, last ? last - 1 : 0);
    read_headers(arena, rest, &answer->seen);
    answer->backend = headers_get(&answer->seen, SLICE("X-Oracle-Backend"));
}

static bool has_body(const struct request *request, int status)
{
    return !slice_is(request->method, "HEAD") && status != 204 && status != 304;
}

size_t head_length(const char *bytes, size_t len)
{
    for (size_t i = 3; i < len; i++) {
        if (memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool read_answer(struct connection *connection, struct arena *arena,
                        const struct request *request, struct answer *out)
{
    size_t length;
    while (!(length = head_length(connection->bytes, connection->len))) {
        if (!get_bytes(connection)) {
            return false;
        }
    }
    struct slice rest = arena_copy(arena, (struct slice){connection->bytes, length});
    struct slice line = take_line(&rest);
    uint64_t status = 0, body = 0;
    if (!slice_starts(line, SLICE("HTTP/1.1 ")) ||
        !slice_to_uint(slice_sub(line, 9, 12), 999, &status)) {
        return false;
    }
    out->status = (int)status;
    read_headers(arena, rest, &out->headers);
    read_seen(arena, out);
    struct slice content = headers_get(&out->headers, SLICE("Content-Length"));
    bool sized = content.ptr && slice_to_uint(content, READ_MAX / 2, &body);
    if (has_body(request, out->status) && (!sized || body)) {
        while (sized && connection->len < length + body) {
            if (!get_bytes(connection)) {
                break;
            }
        }
    } else {
        body = 0;
        sized = true;
    }
    struct slice close = headers_get(&out->headers, SLICE("Connection"));
    if (!sized || slice_is(close, "close") || connection->len != length + body) {
        hang_up(connection);
    }
    connection->len = 0;
    return true;
}

bool client_ask(struct client *client, struct arena *arena, const struct nginx *nginx,
                size_t number, const struct request *request, struct answer *out)
{
    bool https = slice_is(request->scheme, "https");
    struct connection *connection = &client->sides[https];
    struct slice text = request_text(arena, request);
    bool other = https && !slice_equal(connection->sni, request->sni);
    if (connection->fd >= 0 && (connection->number != number || other)) {
        hang_up(connection);
    }
    /* a connection that was kept may have been closed meanwhile */
    for (int i = 0; i < 2; i++) {
        *out = (struct answer){.status = 0};
        bool kept = connection->fd >= 0;
        if (!kept &&
            !dial(client, connection, nginx_socket(arena, nginx, number, https), request)) {
            hang_up(connection);
            return false;
        }
        connection->number = number;
        bool sent = put_bytes(connection, text);
        if (read_answer(connection, arena, request, out)) {
            return true;
        }
        hang_up(connection);
        if (!kept) {
            return sent; /* closed without a word is an answer as well */
        }
    }
    return true;
}
