#include "oracle.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

/* The backend of all rule sets, in a process of its own: it tells what it got, whatever that is. A second nginx
 * would refuse some of the paths that rewriting leads to. */

enum { PEERS_MAX = 64, HEAD_MAX = 16384 };

struct peer {
    size_t len;
    char bytes[HEAD_MAX];
};

/* The value of a header that nginx wrote, so it is written as here. */
static struct slice value_of(struct slice head, const char *name)
{
    struct slice line;
    while (slice_split(&head, '\n', &line)) {
        if (slice_starts(line, slice_of(name))) {
            return slice_trim(slice_sub(line, strlen(name), line.len));
        }
    }
    return SLICE_ABSENT;
}

/* By name, as they come: several lines of one name are one list. */
static void put_headers(struct arena *arena, struct slice head, struct node *map)
{
    struct slice line;
    (void)slice_split(&head, '\n', &line);
    while (slice_split(&head, '\n', &line) && slice_trim(line).len) {
        size_t colon = slice_find(line, ':', 0);
        struct slice name = slice_sub(line, 0, colon);
        const struct pair *known = node_pair(map, name);
        struct node *values = known ? known->value : node_list(arena);
        if (slice_starts(name, SLICE("X-Oracle-"))) {
            continue;
        }
        node_add(arena, values,
                 node_string(arena, slice_trim(slice_sub(line, colon + 1, line.len))));
        if (!known) {
            node_set_slice(arena, map, name, values);
        }
    }
}

/* What arrived as conformance/echo-basic of Gateway API tells it. */
static void put_echo(struct slice head, struct buf *out)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    struct node *map = node_map(arena), *headers = node_map(arena);
    struct slice rest = head, method = SLICE_ABSENT, target = SLICE_ABSENT;
    struct slice backend = value_of(head, "X-Oracle-Backend:");
    size_t slash = slice_find(backend, '/', 0), colon = slice_find(backend, ':', 0);
    (void)slice_split(&rest, ' ', &method);
    (void)slice_split(&rest, ' ', &target);
    node_set(arena, map, "path", node_string(arena, target));
    node_set(arena, map, "host", node_string(arena, value_of(head, "Host:")));
    node_set(arena, map, "method", node_string(arena, method));
    node_set(arena, map, "namespace", node_string(arena, slice_sub(backend, 0, slash)));
    node_set(arena, map, "service", node_string(arena, slice_sub(backend, slash + 1, colon)));
    put_headers(arena, head, headers);
    node_set(arena, map, "headers", headers);
    document_write_json(map, 0, out);
    arena_close(arena);
}

static bool reply_echo(int fd, struct slice head)
{
    struct buf body, text;
    buf_init(&body, (size_t)16 * HEAD_MAX);
    buf_init(&text, (size_t)32 * HEAD_MAX);
    put_echo(head, &body);
    buf_printf(&text,
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               body.len);
    if (!slice_starts(head, SLICE("HEAD "))) {
        buf_put(&text, buf_slice(&body));
    }
    bool sent = !text.failed && send(fd, text.ptr, text.len, MSG_NOSIGNAL) == (ssize_t)text.len;
    buf_release(&body);
    buf_release(&text);
    return sent;
}

static bool reply(int fd, struct slice head, bool echoes)
{
    char text[2 * HEAD_MAX];
    static const char gone[] = "HTTP/1.1 404 Not Found\r\n", good[] = "HTTP/1.1 200 OK\r\n";
    bool nobody = slice_is(value_of(head, "X-Oracle-Backend:"), "-");
    if (echoes && !nobody) {
        return reply_echo(fd, head);
    }
    int used =
        snprintf(text, sizeof text, "%sContent-Length: 0\r\nX-Oracle-Seen: ", nobody ? gone : good);
    used += EVP_EncodeBlock((unsigned char *)text + used, (const unsigned char *)head.ptr,
                            (int)head.len);
    used += snprintf(text + used, sizeof text - (size_t)used, "\r\n\r\n");
    return send(fd, text, (size_t)used, MSG_NOSIGNAL) == used;
}

/* Answers when head and body are there; false when the connection is of no more use. */
static bool answer(int fd, struct peer *peer, bool echoes)
{
    ssize_t got = recv(fd, peer->bytes + peer->len, sizeof peer->bytes - peer->len, 0);
    if (got <= 0) {
        return false;
    }
    peer->len += (size_t)got;
    size_t length = head_length(peer->bytes, peer->len);
    struct slice head = {peer->bytes, length};
    uint64_t body = 0;
    struct slice size = length ? value_of(head, "Content-Length:") : SLICE_ABSENT;
    if (size.ptr && !slice_to_uint(size, HEAD_MAX / 2, &body)) {
        return false;
    }
    if (!length || peer->len < length + body) {
        return true;
    }
    peer->len = 0;
    return reply(fd, head, echoes);
}

static void accept_one(int listener, struct pollfd *polls, struct peer *peers, nfds_t *count)
{
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && *count < PEERS_MAX) {
        polls[*count] = (struct pollfd){.fd = fd, .events = POLLIN};
        peers[*count].len = 0;
        (*count)++;
    } else if (fd >= 0) {
        close(fd);
    }
}

_Noreturn static void serve_all(int listener, bool echoes)
{
    struct peer *peers = calloc(PEERS_MAX, sizeof *peers);
    struct pollfd polls[PEERS_MAX] = {{.fd = listener, .events = POLLIN}};
    nfds_t count = 1;
    while (peers && poll(polls, count, -1) >= 0) {
        for (nfds_t i = count; i-- > 1;) {
            if (polls[i].revents && !answer(polls[i].fd, &peers[i], echoes)) {
                close(polls[i].fd);
                count--;
                polls[i] = polls[count];
                peers[i] = peers[count];
            }
        }
        if (polls[0].revents) {
            accept_one(listener, polls, peers, &count);
        }
    }
    _exit(1);
}

pid_t backend_start(const char *path, bool echoes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, PEERS_MAX) != 0) {
        perror(path);
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        serve_all(listener, echoes);
    }
    close(listener);
    return child > 0 ? child : 0;
}

void backend_stop(pid_t child)
{
    if (child > 0) {
        (void)kill(child, SIGTERM);
        (void)waitpid(child, NULL, 0);
    }
}
