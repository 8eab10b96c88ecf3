#include "verify/verify_priv.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <string.h>

_Static_assert(sizeof((struct transfer){0}.message) >= CURL_ERROR_SIZE, "libcurl writes into it");

/* ---- what is not sent --------------------------------------------------------------------- */

static bool is_safe(struct slice method)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS"}; /* RFC 9110 9.2.1, but TRACE */
    return slice_is_one_of(method, safe, ARRAY_LEN(safe));
}

static bool breaks_line(struct slice text, bool blanks)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f || (blanks && byte == ' ')) {
            return true;
        }
    }
    return false;
}

static bool headers_fit(const struct headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_token(headers->items[i].name) || breaks_line(headers->items[i].value, false)) {
            return false;
        }
    }
    return true;
}

static struct slice target_of(const struct verify_options *options, const struct verify_item *item,
                              size_t side)
{
    return target_address(&options->target[side], item->gateway[side], item->request.scheme);
}

struct slice request_refusal(struct arena *arena, const struct verify_options *options,
                             const struct verify_item *item)
{
    const struct request *request = &item->request;
    bool http = slice_is(request->scheme, "http"), https = slice_is(request->scheme, "https");
    if (!http && !https) {
        return SLICE("it is no request of HTTP");
    }
    if (slice_is(request->protocol, "grpc") || slice_is(request->protocol, "websocket") ||
        slice_is(request->protocol, "h1.0")) {
        return ARENA_JOIN(arena, request->protocol, SLICE(" is not spoken"));
    }
    for (size_t side = 0; side < 2; side++) {
        if (!target_of(options, item, side).ptr) {
            return arena_printf(
                arena, "no address for " SLICE_FMT " is given for the side %s%s" SLICE_FMT,
                SLICE_ARG(request->scheme), side ? "after" : "before",
                item->gateway[side].ptr ? ", " : "", SLICE_ARG(item->gateway[side]));
        }
    }
    if (!options->unsafe && !is_safe(request->method)) {
        return ARENA_JOIN(arena, request->method,
                          SLICE(" may change something; --unsafe-methods sends it"));
    }
    if (request->client_text.len) {
        return ARENA_JOIN(arena, SLICE("it comes from "), request->client_text,
                          SLICE(", and clients cannot be chosen"));
    }
    if (request->client_certificate && !options->certificate.len) {
        return SLICE("it needs a certificate of the client; --cert gives one");
    }
    if (request->body_bytes > VERIFY_SEND_MAX) {
        return SLICE("its body is too large");
    }
    bool fits = is_token(request->method) && !breaks_line(request->target, true) &&
                !breaks_line(request->host, false) && headers_fit(&request->headers);
    return fits ? SLICE_ABSENT : SLICE("it cannot be written as a request of HTTP");
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    struct slice part = {bytes, size * count};
    uint64_t left = VERIFY_BODY_MAX - transfer->answer->body_bytes;
    transfer->cut = part.len > left;
    part.len = transfer->cut ? (size_t)left : part.len;
    transfer->answer->body_bytes += part.len;
    if (!EVP_DigestUpdate(transfer->digest, part.ptr, part.len)) {
        return 0;
    }
    buf_put(&transfer->beginning, part);
    return part.len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    size_t room = size * count;
    size_t part = transfer->unsent < room ? (size_t)transfer->unsent : room;
    memset(bytes, 'x', part);
    transfer->unsent -= part;
    return part;
}

/* ---- options ------------------------------------------------------------------------------ */

static bool give_text(struct transfer *transfer, CURLoption option, struct slice text)
{
    return curl_easy_setopt(transfer->easy, option, arena_string(transfer->arena, text)) ==
           CURLE_OK;
}

static bool give_number(struct transfer *transfer, CURLoption option, uint64_t number)
{
    return curl_easy_setopt(transfer->easy, option, (long)number) == CURLE_OK;
}

static bool give_file(struct transfer *transfer, CURLoption option, struct slice name)
{
    return !name.len || give_text(transfer, option, name);
}

static bool add_line(struct transfer *transfer, struct slice name, struct slice value)
{
    /* as with curl(1): "Name;" is a header without a value, "Name:" takes one away */
    struct slice line = value.len   ? ARENA_JOIN(transfer->arena, name, SLICE(": "), value)
                        : value.ptr ? ARENA_JOIN(transfer->arena, name, SLICE(";"))
                                    : ARENA_JOIN(transfer->arena, name, SLICE(":"));
    struct curl_slist *longer = curl_slist_append(transfer->headers, line.ptr);
    transfer->headers = longer ? longer : transfer->headers;
    return longer != NULL;
}

/* A header that the library adds by itself is taken away, unless the request has it. */
static bool take_away(struct transfer *transfer, struct slice name)
{
    return headers_get(&transfer->item->request.headers, name).ptr ||
           add_line(transfer, name, SLICE_ABSENT);
}

static bool set_headers(struct transfer *transfer)
{
    const struct request *request = &transfer->item->request;
    bool fine =
        add_line(transfer, SLICE("Host"), request->host.len ? request->host : SLICE_ABSENT) &&
        take_away(transfer, SLICE("Accept")) && take_away(transfer, SLICE("Expect")) &&
        take_away(transfer, SLICE("Content-Type"));
    for (size_t i = 0; i < request->headers.count && fine; i++) {
        struct slice value = request->headers.items[i].value;
        fine = add_line(transfer, request->headers.items[i].name, value.ptr ? value : SLICE(""));
    }
    return fine &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

/* The host in the URL is what is asked for by SNI and looked up in certificates. Without a name of the request it is the
 * host of the address: a name there is asked for, too, an IP address is not. */
static struct slice url_host(const struct request *request, struct slice address)
{
    struct slice name = slice_sub(request->sni, 0, slice_find(request->sni, ':', 0));
    bool usable = slice_is(request->scheme, "https") && name.len;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        usable = usable && (is_alphanumeric(c) || c == '.' || c == '-' || c == '_');
    }
    size_t colon = address.len;
    while (colon > 0 && address.ptr[colon - 1] != ':') {
        colon--;
    }
    return usable ? name : slice_sub(address, 0, colon - 1);
}

static bool set_way(struct transfer *transfer, struct slice address)
{
    const struct request *request = &transfer->item->request;
    struct slice url = ARENA_JOIN(transfer->arena, request->scheme, SLICE("://"),
                                  url_host(request, address), SLICE("/"));
    struct slice line = ARENA_JOIN(transfer->arena, SLICE("::"), address);
    struct slice proxy = transfer->options->proxy;
    transfer->connect_to = curl_slist_append(NULL, line.ptr);
    return transfer->connect_to && give_text(transfer, CURLOPT_URL, url) &&
           curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to) == CURLE_OK &&
           give_text(transfer, CURLOPT_PROXY, proxy.len ? proxy : SLICE("")) &&
           give_text(transfer, CURLOPT_NOPROXY, proxy.len ? SLICE("") : SLICE("*")) &&
           /* else a proxy is told the Host alone, and chooses the address by it */
           give_number(transfer, CURLOPT_HTTPPROXYTUNNEL, proxy.len ? 1 : 0) &&
           give_text(transfer, CURLOPT_PROTOCOLS_STR, SLICE("http,https")) &&
           give_number(transfer, CURLOPT_FOLLOWLOCATION, 0) &&
           give_text(transfer, CURLOPT_REQUEST_TARGET, request->target);
}

static bool set_trust(struct transfer *transfer)
{
    const struct verify_options *options = transfer->options;
    return give_number(transfer, CURLOPT_SSL_VERIFYPEER, options->insecure ? 0 : 1) &&
           give_number(transfer, CURLOPT_SSL_VERIFYHOST, options->insecure ? 0 : 2) &&
           give_file(transfer, CURLOPT_CAINFO, options->authorities) &&
           give_file(transfer, CURLOPT_SSLCERT, options->certificate) &&
           give_file(transfer, CURLOPT_SSLKEY, options->key);
}

static bool set_version(struct transfer *transfer)
{
    const struct request *request = &transfer->item->request;
    bool wanted = slice_is(request->protocol, "h2");
    bool https = slice_is(request->scheme, "https");
    long version = wanted && !https ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                   : https && (wanted || transfer->options->http2) ? CURL_HTTP_VERSION_2TLS
                                                                   : CURL_HTTP_VERSION_1_1;
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, version) == CURLE_OK;
}

static bool set_method(struct transfer *transfer)
{
    const struct request *request = &transfer->item->request;
    bool fine = give_text(transfer, CURLOPT_CUSTOMREQUEST, request->method);
    if (slice_is(request->method, "HEAD")) {
        fine = fine && give_number(transfer, CURLOPT_NOBODY, 1);
    } else if (request->body_bytes) {
        transfer->unsent = request->body_bytes;
        fine = fine && give_number(transfer, CURLOPT_UPLOAD, 1) &&
               curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, give_body) == CURLE_OK &&
               curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer) == CURLE_OK &&
               curl_easy_setopt(transfer->easy, CURLOPT_INFILESIZE_LARGE,
                                (curl_off_t)request->body_bytes) == CURLE_OK &&
               give_text(transfer, CURLOPT_CUSTOMREQUEST, request->method);
    }
    return fine;
}

static bool set_manners(struct transfer *transfer)
{
    uint64_t timeout = transfer->options->timeout_ms;
    return give_number(transfer, CURLOPT_NOSIGNAL, 1) &&
           give_number(transfer, CURLOPT_CONNECTTIMEOUT_MS, timeout) &&
           give_number(transfer, CURLOPT_TIMEOUT_MS, timeout) &&
           curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->message) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

bool transfer_open(struct transfer *transfer, struct arena *arena, const struct verify_item *item,
                   size_t side, const struct verify_options *options, struct verify_answer *answer)
{
    *transfer =
        (struct transfer){.item = item, .answer = answer, .options = options, .arena = arena};
    *answer = (struct verify_answer){.asked = false};
    buf_init(&transfer->beginning, ECHO_MAX);
    transfer->digest = EVP_MD_CTX_new();
    transfer->easy = curl_easy_init();
    return transfer->digest && transfer->easy &&
           EVP_DigestInit_ex(transfer->digest, EVP_sha256(), NULL) && set_manners(transfer) &&
           set_way(transfer, target_of(options, item, side)) && set_trust(transfer) &&
           set_version(transfer) && set_method(transfer) && set_headers(transfer);
}

void transfer_close(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    EVP_MD_CTX_free(transfer->digest);
    buf_release(&transfer->beginning);
    *transfer = (struct transfer){.item = NULL};
}

/* ---- the answer --------------------------------------------------------------------------- */

static enum verify_fault fault_of(CURLcode code, bool answered)
{
    static const struct {
        CURLcode code;
        enum verify_fault before, within; /* there is no status yet, or there is one */
    } rows[] = {
        {CURLE_OK, VERIFY_NONE, VERIFY_NONE},
        {CURLE_COULDNT_RESOLVE_HOST, VERIFY_UNREACHED, VERIFY_UNREACHED},
        {CURLE_COULDNT_RESOLVE_PROXY, VERIFY_UNREACHED, VERIFY_UNREACHED},
        {CURLE_PROXY, VERIFY_UNREACHED, VERIFY_UNREACHED},
        {CURLE_COULDNT_CONNECT, VERIFY_UNREACHED, VERIFY_UNREACHED},
        {CURLE_OPERATION_TIMEDOUT, VERIFY_TIMEOUT, VERIFY_TIMEOUT},
        {CURLE_GOT_NOTHING, VERIFY_CLOSED, VERIFY_TRUNCATED},
        {CURLE_RECV_ERROR, VERIFY_CLOSED, VERIFY_TRUNCATED},
        {CURLE_SEND_ERROR, VERIFY_CLOSED, VERIFY_TRUNCATED},
        {CURLE_PARTIAL_FILE, VERIFY_TRUNCATED, VERIFY_TRUNCATED},
        {CURLE_HTTP2_STREAM, VERIFY_CLOSED, VERIFY_TRUNCATED},
        {CURLE_PEER_FAILED_VERIFICATION, VERIFY_CERTIFICATE, VERIFY_CERTIFICATE},
        {CURLE_SSL_CONNECT_ERROR, VERIFY_TLS, VERIFY_TLS},
        {CURLE_SSL_ISSUER_ERROR, VERIFY_CERTIFICATE, VERIFY_CERTIFICATE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].code == code) {
            return answered ? rows[i].within : rows[i].before;
        }
    }
    return VERIFY_BROKEN;
}

static void take_headers(struct arena *arena, struct transfer *transfer)
{
    struct curl_header *header = NULL;
    while ((header = curl_easy_nextheader(transfer->easy, CURLH_HEADER, -1, header)) != NULL) {
        headers_add(arena, &transfer->answer->headers, arena_copy(arena, slice_of(header->name)),
                    arena_copy(arena, slice_of(header->value)));
    }
}

static struct slice hash_text(struct arena *arena, struct transfer *transfer)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (!EVP_DigestFinal_ex(transfer->digest, bytes, &count)) {
        return SLICE_ABSENT;
    }
    for (unsigned i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return arena_copy(arena, (struct slice){text, (size_t)2 * count});
}

static struct slice protocol_of(struct transfer *transfer)
{
    long version = 0;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK) {
        return SLICE_ABSENT;
    }
    return version == CURL_HTTP_VERSION_2_0   ? SLICE("2")
           : version == CURL_HTTP_VERSION_1_1 ? SLICE("1.1")
           : version == CURL_HTTP_VERSION_1_0 ? SLICE("1.0")
                                              : SLICE_ABSENT;
}

/* The proxy made no tunnel to the address. */
static bool is_refused(struct transfer *transfer)
{
    long status = 0;
    return curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK &&
           status != 0 && status / 100 != 2;
}

void transfer_end(struct run *run, struct transfer *transfer, int code)
{
    struct verify_answer *answer = transfer->answer;
    long status = 0;
    CURLcode result = transfer->cut ? CURLE_OK : (CURLcode)code;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
        status = 0;
    }
    answer->asked = true;
    answer->fault = is_refused(transfer) ? VERIFY_UNREACHED : fault_of(result, status != 0);
    if (answer->fault != VERIFY_NONE) {
        const char *message = *transfer->message ? transfer->message : curl_easy_strerror(result);
        answer->detail = arena_copy(run->arena, slice_of(message));
    }
    if (!status) {
        return;
    }
    answer->status = status;
    answer->protocol = protocol_of(transfer);
    take_headers(run->arena, transfer);
    answer->body_hash = hash_text(run->arena, transfer);
    if (!transfer->beginning.failed && answer->fault == VERIFY_NONE) {
        echo_read(run, transfer->arena, &transfer->options->echo, buf_slice(&transfer->beginning),
                  &answer->echo);
    }
}
