/* Access logs: lines as requests and what was answered, whatever format they are written in.
 *
 * What a line does not contain is absent, and nothing is put in its place. A "-" stands for "there was none".
 *
 * Ownership: a format lives in the arena given; entries point into the line and into the scratch arena; the caller of
 *            log_open closes the reader.
 * Units:     lines count from 1, blocks in bytes.
 * Limits:    LOG_BLOCK for a line, LOG_HEADERS_MAX logged headers; JSON nested up to LOG_DEPTH_MAX.
 * Errors:    log_format_make gives a message of one line; reading gives one with what the environment said. A line that
 *            is not of the format is LOG_OTHER.
 * Threads:   a format is read only once made; one reader, one thread.
 * Source:    ingress-nginx internal/ingress/controller/config (log-format-upstream); nginx ngx_http_log_module
 *            (combined, escaping by \xHH); Envoy docs on access logging (default format string); Istio
 *            pilot/pkg/model/telemetry_logging.go; Envoy Gateway internal/xds/translator/accesslog.go; CRI logging for
 *            the prefix of container logs. */
#ifndef GATESHIFT_LOGS_H
#define GATESHIFT_LOGS_H

#include "base/base.h"

enum { LOG_BLOCK = 1 << 20, LOG_HEADERS_MAX = 8, LOG_DEPTH_MAX = 8 };

/* What a part of a line tells. X(ID, "name in --keys") */
#define LOG_FIELD_LIST(X)                                                                          \
    X(REQUEST, "request") /* "GET /path HTTP/1.1" */                                               \
    X(METHOD, "method")                                                                            \
    X(TARGET, "target") /* path with query, as it came; or a whole URL */                          \
    X(QUERY, "query")   /* where it is logged apart from the path */                               \
    X(HOST, "host")                                                                                \
    X(SCHEME, "scheme")                                                                            \
    X(PORT, "port")               /* that the client connected to */                               \
    X(SERVER_NAME, "server-name") /* of the TLS handshake */                                       \
    X(CLIENT, "client")                                                                            \
    X(STATUS, "status")                                                                            \
    X(UPSTREAM, "upstream")       /* its name: "shop-web-80", "outbound|80||web.shop.svc..." */    \
    X(ALTERNATIVE, "alternative") /* upstream of a canary that was taken instead */                \
    X(UPSTREAM_ADDRESS, "upstream-address")                                                        \
    X(UPSTREAM_STATUS, "upstream-status")                                                          \
    X(NAMESPACE, "namespace")                                                                      \
    X(SERVICE, "service")                                                                          \
    X(SERVICE_PORT, "service-port")
enum log_field {
#define X(id, name) LOG_##id,
    LOG_FIELD_LIST(X)
#undef X
        LOG_FIELD_COUNT,
    LOG_HEADER = LOG_FIELD_COUNT, /* a header of the request, by its name */
    LOG_IGNORED
};

struct log_header {
    struct slice name, value; /* value absent: the request did not have it */
};
struct log_entry {
    struct slice method, target; /* as the client sent them */
    struct slice host, scheme, client;
    uint16_t port; /* 0: not told */
    int status;    /* 0: not told */
    struct slice upstream, alternative, namespace, service, service_port;
    bool tells_contact; /* the line says whether an upstream was spoken to */
    bool contacted;
    struct log_header headers[LOG_HEADERS_MAX];
    size_t header_count;
};

struct log_format;
const char *log_format_name(size_t index); /* null past the end; the first is "auto" */
/* By name, or a pattern with variables of nginx ($status) or of Envoy (%RESPONSE_CODE%). `keys` are "FIELD=KEY" for
 * json, where FIELD is a name of the table above or "header.NAME"; they go before the keys that are known. Null with a
 * message when there is no such format, or when a request cannot be had from it. */
const struct log_format *log_format_make(struct arena *arena, struct slice name,
                                         const struct slice *keys, size_t key_count,
                                         struct slice *error);
/* The format that takes most of the lines in `text`; null when none takes any. */
const struct log_format *log_format_detect(struct arena *arena, const struct slice *keys,
                                           size_t key_count, struct slice text);
struct slice log_format_label(const struct log_format *format);
/* The format tells this field, or this header, where there is one. */
bool log_format_tells(const struct log_format *format, enum log_field field);
bool log_format_tells_header(const struct log_format *format, struct slice name);

enum log_result {
    LOG_TAKEN,
    LOG_NO_REQUEST, /* of the format, but there is no request that could be sent: a broken one, or bytes of TLS */
    LOG_OTHER /* not of the format */
};
/* `line` has no line break. */
enum log_result log_parse(const struct log_format *format, struct arena *scratch, struct slice line,
                          struct log_entry *out);

/* ---- reading ------------------------------------------------------------------------------ */

/* Whole lines, one after the other. */
struct log_block {
    char *bytes; /* of the caller, LOG_BLOCK of them */
    size_t len;
    uint64_t line;    /* number of the first one, or of the line that would follow */
    uint64_t skipped; /* lines in front of it that were longer than LOG_BLOCK */
};
struct log_reader;
/* Of `parts` parts, 1 is the first: whole lines by their place in the file; a file that is compressed cannot be cut,
 * and is in the part that its number `index` among all files comes to. "-" is standard input, which is in part 1. Null
 * with a message. */
struct log_reader *log_open(struct arena *arena, struct slice path, size_t part, size_t parts,
                            size_t index, struct slice *error);
void log_close(struct log_reader *reader);
/* "access.log", "<stdin>" */
struct slice log_source(const struct log_reader *reader);
/* Size of the file as it is; 0: it is none, or is empty. */
uint64_t log_bytes(const struct log_reader *reader);
/* The first lines of the file, whatever the part. */
struct slice log_beginning(const struct log_reader *reader);
/* False at the end, or when reading fails: then *error is not absent. A block may hold nothing but skipped lines. */
bool log_next(struct log_reader *reader, struct log_block *block, struct slice *error);

#endif
