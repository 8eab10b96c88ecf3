/* The same requests to two running data planes, and what their answers say of each other and of what was predicted.
 *
 * A connection is only ever made to an address of struct verify_target: names of hosts are told to the servers (Host,
 * SNI), and never looked up. Redirects are not followed, and proxies of the environment are not used.
 *
 * Ownership: everything lives in the run's arena; slices of requests and options are borrowed.
 * Units:     times in milliseconds, bodies in bytes, rates in requests for each second and side.
 * Limits:    VERIFY_BODY_MAX of an answer are read, VERIFY_SEND_MAX are sent; an echo of ECHO_MAX bytes is understood.
 * Errors:    what goes wrong between here and a server is part of the answer (enum verify_fault). A record that cannot
 *            be read gives diagnostics with letter Q.
 * Threads:   none shared; as with cluster_read, the first verify_ask of a process has to end before a second thread
 *            calls it (curl_global_init).
 * Source:    the echo is that of the conformance tests of Gateway API (conformance/echo-basic). */
#ifndef GATESHIFT_VERIFY_H
#define GATESHIFT_VERIFY_H

#include "compare/compare.h"
#include "document/document.h"
#include "evidence/evidence.h"

enum { VERIFY_BODY_MAX = 64 << 20, VERIFY_SEND_MAX = 64 << 20 };

/* ---- where and how ------------------------------------------------------------------------ */

/* Where requests of a scheme go, as "HOST:PORT"; absent: they are not sent. */
struct verify_way {
    struct slice gateway; /* that answers there; absent: all that have no address of their own */
    struct slice http, https;
};
struct verify_target {
    struct verify_way *ways;
    size_t count, capacity;
};
/* Adds "HOST" (ports 80 and 443), "HOST:PORT", "http=HOST[:PORT]" or "https=HOST[:PORT]"; PORT alone is of https where
 * it is 443, else of http. With "NAMESPACE/NAME=" in front it is the address of that Gateway. False when it is none of
 * them. */
NODISCARD bool verify_target_add(struct arena *arena, struct slice text,
                                 struct verify_target *target);

/* What an echo calls the things that are looked for: "service", or "request.url" for one in a map. */
enum verify_echo_key {
    VERIFY_ECHO_PATH,
    VERIFY_ECHO_HOST,
    VERIFY_ECHO_METHOD,
    VERIFY_ECHO_HEADERS,
    VERIFY_ECHO_NAMESPACE,
    VERIFY_ECHO_SERVICE,
    VERIFY_ECHO_POD,
    VERIFY_ECHO_KEY_COUNT
};
struct verify_echo_keys {
    struct slice keys[VERIFY_ECHO_KEY_COUNT];
};
struct verify_echo_keys verify_echo_default(void);
/* "path=url,pod=hostname": those that are not named stay. */
NODISCARD bool verify_echo_parse(struct slice text, struct verify_echo_keys *keys);

struct verify_options {
    struct verify_target target[2]; /* before, after */
    struct slice authorities;       /* file of certificates (PEM); absent: those of the system */
    struct slice certificate, key;  /* files: what is shown to servers; absent: nothing */
    bool insecure;                  /* certificates of servers are not looked at */
    bool unsafe;                    /* other methods than GET, HEAD and OPTIONS are sent, too */
    bool http2;                     /* is offered to servers by TLS */
    struct slice proxy;             /* absent: none */
    struct verify_echo_keys echo;
    unsigned concurrency; /* pairs of requests at a time, at least 1 */
    uint64_t rate;        /* 0: no bound */
    uint64_t timeout_ms;  /* of one request */
    void *user;
    uint64_t (*now)(void *user); /* milliseconds since some moment */
    bool (*stopped)(void *user); /* true: no more is sent, and what is under way is given up */
    void (*progress)(void *user, size_t answered, size_t count); /* or null */
};

/* ---- requests and answers ----------------------------------------------------------------- */

/* X(ID, "name in records", "words") */
#define VERIFY_FAULT_LIST(X)                                                                       \
    X(NONE, "none", "")                                                                            \
    X(UNREACHED, "unreached", "no connection: the address is not there, or refuses it")            \
    X(TIMEOUT, "timeout", "no whole answer in time")                                               \
    X(CLOSED, "closed", "the connection was closed without an answer")                             \
    X(CERTIFICATE, "certificate",                                                                  \
      "the certificate is for another name, or nobody trusted made it")                            \
    X(TLS, "tls", "the TLS handshake fails")                                                       \
    X(TRUNCATED, "truncated", "the body ends before it is complete")                               \
    X(BROKEN, "broken", "the answer is no HTTP")
enum verify_fault {
#define X(id, name, words) VERIFY_##id,
    VERIFY_FAULT_LIST(X)
#undef X
        VERIFY_FAULT_COUNT
};
const char *verify_fault_words(enum verify_fault fault);

/* What a backend told that it got. */
struct verify_echo {
    bool told;
    struct slice namespace, service, pod, method, host, path; /* absent: not told */
    struct headers headers;
};
struct verify_answer {
    bool asked; /* it was sent, and not given up by us */
    enum verify_fault fault;
    struct slice detail; /* of a fault, as the library has it */
    int64_t status;
    struct headers headers;
    struct slice protocol; /* "1.1", "2" */
    uint64_t body_bytes;
    struct slice body_hash; /* SHA-256, of at most VERIFY_BODY_MAX bytes */
    struct verify_echo echo;
};
struct verify_item {
    struct request request;
    struct slice gateway[2]; /* that are asked; absent: there is one only, or nobody knows */
    struct slice source;     /* "requests.json", "diff", "routes" */
    uint64_t number;         /* in the source, from 1 */
    struct slice skipped;    /* why it was not sent; absent: it was */
    struct verify_answer answer[2];
};
struct verify_items {
    struct verify_item *items;
    size_t count, capacity;
};
struct verify_side {
    const struct route_table *table; /* null: not known */
    const struct evaluator *evaluator;
    struct texts gateways; /* data planes, each of which has an address of its own */
};
struct verify_side verify_side_of(struct run *run, const struct route_table *table,
                                  const struct evaluator *evaluator);
/* Adds a request with source and number; one that is there already is left out. Of sides with several Gateways, those
 * in item->gateway are asked, else the one that names the host most closely. It is noted as skipped where several
 * serve the host and the address that it would go to may be another one's. */
void verify_items_add(struct run *run, struct verify_items *items, struct map *seen,
                      const struct verify_side sides[2], const struct verify_target targets[2],
                      const struct verify_item *item);
/* The request of a finding, to the Gateways that it is about: without the address of its client, which cannot be
 * chosen, where both sides do the same without it. */
struct verify_item verify_witness(struct run *run, const struct verify_side sides[2],
                                  const struct finding *finding);
struct verify_log {
    struct slice path;   /* "-": standard input */
    size_t most;         /* requests that are taken from it */
    struct slice format; /* of log_format_make; absent or "auto": found out */
    const struct slice *keys;
    size_t key_count;
};
/* Requests of an access log whose lines tell host and scheme, or whose upstream leads to them by the rules of the side
 * before. False with a message when it cannot be read. */
NODISCARD bool verify_items_from_log(struct run *run, const struct verify_side sides[2],
                                     const struct verify_target targets[2],
                                     const struct verify_log *log, struct map *seen,
                                     struct verify_items *items, struct slice *error);
/* Sends them. False with a message when the library refuses what the options ask for. */
NODISCARD bool verify_ask(struct run *run, struct verify_items *items,
                          const struct verify_options *options, struct slice *error);

/* Answers as lines of JSON, without credentials and cookies; a later run takes them for the data planes. */
void verify_record_write(struct run *run, const struct verify_items *items, struct buf *out);
void verify_record_read(struct run *run, const struct input_file *file, struct verify_items *out);

/* ---- what they say ------------------------------------------------------------------------ */

struct verify_compared {
    struct texts headers; /* of answers, beside Location */
    bool body;
};
/* X(ID, "name in JSON", "words") */
#define VERIFY_VERDICT_LIST(X)                                                                     \
    X(ALIKE, "alike", "alike")                                                                     \
    X(PREDICTED, "predicted", "different, as predicted")                                           \
    X(DIFFERENT, "different", "different, and nobody predicted it")                                \
    X(SURPRISING, "surprising", "alike, but not as predicted")                                     \
    X(SKIPPED, "skipped", "not sent")
enum verify_verdict {
#define X(id, name, words) VERIFY_IS_##id,
    VERIFY_VERDICT_LIST(X)
#undef X
        VERIFY_VERDICT_COUNT
};
const char *verify_verdict_name(enum verify_verdict verdict);
const char *verify_verdict_words(enum verify_verdict verdict);

struct verify_difference {
    struct slice field; /* "status", "header X-A" */
    struct slice before, after;
};
enum verify_held { VERIFY_HELD_NOT_ASKED, VERIFY_HELD_SILENT, VERIFY_HELD_YES, VERIFY_HELD_NO };
struct verify_result {
    const struct verify_item *item;
    enum verify_verdict verdict;
    struct verify_difference *differences;
    size_t difference_count, difference_capacity;
    enum verify_held held[2]; /* what was predicted of each side */
    struct slice why[2]; /* VERIFY_HELD_NO: what is otherwise; SILENT: why nothing can be said */
    struct judgement *findings; /* of diff, for this request */
    size_t finding_count;
    struct slice id, title; /* of the difference that nobody predicted */
};
struct verify_results {
    struct verify_result *items;
    size_t count;
    size_t verdicts[VERIFY_VERDICT_COUNT];
    size_t routes[2], exercised[2]; /* by each side's table */
    struct texts idle[2];           /* routes that no request came to */
    struct slice address[2];        /* for people */
    bool echoed;                    /* some backend told what it got */
    struct evidence evidence;
};
void verify_judge(struct run *run, const struct verify_items *items,
                  const struct verify_side *before, const struct verify_side *after,
                  const struct verify_compared *compared, struct verify_results *out);

struct verify_print {
    size_t most; /* examples of each kind; 0: all */
    bool colour;
};
void verify_print_text(struct run *run, const struct verify_results *results,
                       const struct verify_print *style, struct buf *out);
struct node *verify_node(struct run *run, const struct verify_results *results);

#endif
