/* Requests, URLs, paths and addresses.
 *
 * Ownership: results live in the arena given; slices may point into the arguments.
 * Errors:    parse functions return false and leave *out alone; they report nothing.
 * Threads:   none shared.
 * Source:    RFC 3986, RFC 9110; the normal forms are those of nginx's ngx_http_parse_complex_uri
 *            and of Envoy's path normalisation, chosen by struct view of the route module. */
#ifndef GATESHIFT_HTTP_H
#define GATESHIFT_HTTP_H

#include "base/base.h"

struct header {
    struct slice name, value;
};
struct headers {
    struct header *items;
    size_t count, capacity;
};
/* First value of a header, name without case; absent when there is none. */
struct slice headers_get(const struct headers *headers, struct slice name);
/* All values of a header joined with ", " as nginx and Envoy hand them on; absent when none. */
struct slice headers_joined(struct arena *arena, const struct headers *headers, struct slice name);
/* But for blanks after commas: lines of one name are joined with or without them. */
bool header_values_equal(struct arena *arena, struct slice a, struct slice b);
void headers_add(struct arena *arena, struct headers *headers, struct slice name,
                 struct slice value);
/* Value of a cookie, name without case as nginx looks for it (ngx_http_parse_multi_header_lines); absent when
 * there is none. */
struct slice headers_cookie(struct arena *arena, const struct headers *headers, struct slice name);

/* Who a value of Authorization says that the client is: RFC 7617, as nginx reads it (ngx_http_auth_basic_user). False
 * where it names nobody. */
bool credentials_user(struct arena *arena, struct slice authorization, struct slice *user);
/* All names that a list of users has, as hashes (slice_hash, seed 0): nobody else can read them. */
struct user_list {
    bool known;
    uint64_t *items;
    size_t count, capacity;
};
void user_list_add(struct arena *arena, struct user_list *users, struct slice name);
/* False where it is certain that there is no such user. */
bool user_list_may_hold(const struct user_list *users, struct slice name);

/* A name of a header or method: RFC 9110 5.6.2, token. */
bool is_token(struct slice text);

struct address {
    uint8_t bytes[16];
    uint8_t length; /* 4 or 16; 0: none */
};
struct network {
    struct address address;
    uint8_t bits;
};
bool address_parse(struct slice text, struct address *out);
bool network_parse(struct slice text, struct network *out); /* an address alone is /32 or /128 */
void network_print(const struct network *network, struct buf *out); /* "10.0.0.0/8" */
bool network_contains(const struct network *network, const struct address *address);

/* A request as the client sends it. Absent and 0 fields are "not given"; request_defaults fills
 * them (GET, http, port of the scheme, "/", sni = host). */
struct request {
    /* scheme: http, https, or tcp and udp for bytes that are not looked at; target: raw path with ?query */
    struct slice method, scheme, host, target;
    uint16_t port;
    struct headers headers;
    struct address client;
    struct slice client_text; /* the same as text, absent: not given */
    uint64_t body_bytes;
    struct slice sni;
    bool client_certificate;
    bool
        credentials_sent; /* Authorization is what the client says, not a stand-in for what is let in */
    bool open;            /* it may have had headers, and a certificate, that are not told here */
    struct slice hidden;   /* what headers have for what is not told; absent: all is told */
    struct slice protocol; /* h1, h1.0, h2, grpc, websocket */
    struct slice gateway;  /* namespace/name, absent: the only one */
};
void request_defaults(struct request *request);
/* What stands for credentials that are let in, in requests that gateshift writes: of user "user" with "pass". */
#define CREDENTIALS_STAND_IN SLICE("Basic dXNlcjpwYXNz")
/* A port that leads to another one of the same machine; by a process of it, which is then who connects. */
struct port_lead {
    uint16_t port, to;
    bool relayed;
};
struct port_leads {
    struct port_lead *items;
    size_t count, capacity;
};
/* The request as it arrives where its port leads: itself, or a copy. */
const struct request *request_led(struct arena *arena, const struct port_leads *leads,
                                  const struct request *request);

/* The target split at its first '?'; query is absent when there is none. */
void target_split(struct slice target, struct slice *path, struct slice *query);
/* Value of a query parameter by exact, decoded name (first one); absent when there is none. */
struct slice query_get(struct arena *arena, struct slice query, struct slice name);

enum normalise_result { NORMALISE_OK, NORMALISE_ABOVE_ROOT, NORMALISE_BAD_ESCAPE };
struct path_form {
    bool decode; /* percent-escapes become bytes */
    bool merge_slashes;
    bool resolve_dots;      /* "." and ".." segments */
    bool stay_in_root;      /* ".." above "/" is left out, instead of NORMALISE_ABOVE_ROOT */
    bool decode_unreserved; /* escapes of letters, digits and "-._~" alone (RFC 3986, 2.3) */
};
/* Letters, digits and "-._~". */
bool is_unreserved(unsigned char byte);
/* The path in a normal form. Dot segments are resolved after decoding, as nginx does it. */
enum normalise_result path_normalise(struct arena *arena, struct slice path,
                                     const struct path_form *form, struct slice *out);
/* Each byte that is not kept becomes "%XX". */
typedef bool kept_fn(char c);
struct slice percent_escape(struct arena *arena, struct slice text, kept_fn *kept);
/* Escapes for a rewritten URI as nginx's ngx_escape_uri(NGX_ESCAPE_URI) does: blank, % ? # control and
 * non-ASCII bytes, and " < > \ ^ ` { | }. */
struct slice path_escape(struct arena *arena, struct slice path);
/* No dot, no escape, no empty element: there is nothing to normalise, as in most paths. */
bool path_is_simple(struct slice path);
/* What neither an Ingress takes with pathType Exact or Prefix nor an HTTPRoute with any but RegularExpression: the next
 * such part inside of a path ("//", "/./", "%2f"), *index being 0 at first, null for no more; and "/." or "/.." at its
 * end. */
const char *path_refused_part(struct slice path, size_t *index);
bool path_ends_in_dots(struct slice path);

/* "http://host:port/path?query" in parts; parts that are not there are absent, port 0. */
struct url {
    struct slice scheme, host, path, query, fragment;
    uint16_t port;
};
bool url_parse(struct slice text, struct url *out);
uint16_t scheme_port(struct slice scheme); /* 443 for https, else 80 */

/* False for a Host that nginx refuses: no name, two dots in a row, '/', blanks or controls
 * (ngx_http_validate_host). */
bool host_accepted(struct slice host);

/* Host header without port and trailing dot, in lower case. IPv6 literals keep their brackets. */
struct slice host_normalise(struct arena *arena, struct slice host);

#endif
