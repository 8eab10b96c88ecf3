#include "ingress_nginx/snippets_priv.h"

/* Ports of TCP and UDP that the controller forwards as they are (controller.go, getStreamServices): entries
 * "9000: namespace/service:port[:PROXY[:PROXY]]" of the ConfigMaps that two flags name. What cannot be served gets
 * no port. */

struct stream {
    struct model *model;
    const struct config_map *map;
    const struct label *label;
    bool udp;
};

static const char *protocol_of(const struct stream *stream)
{
    return stream->udp ? "UDP" : "TCP";
}

static void refuse(const struct stream *stream, struct slice why)
{
    diag_at(stream->model->run->diag, DIAG_N036, stream->label->span, stream->map->object.subject,
            "port '" SLICE_FMT "' for %s is not served: " SLICE_FMT, SLICE_ARG(stream->label->key),
            protocol_of(stream), SLICE_ARG(why));
}

/* "8080" of a flag; the flag has a default. */
static bool is_flagged(struct slice flag, uint64_t usual, uint64_t port)
{
    uint64_t number;
    return port == (slice_to_uint(flag, 65535, &number) ? number : usual);
}

static bool is_reserved(const struct settings *settings, uint64_t port)
{
    static const uint64_t reserved[] = {442, 10254, 8181, 10245, 10246, 10247};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (port == reserved[i]) {
            return true;
        }
    }
    return is_flagged(settings->http_port, 80, port) || is_flagged(settings->https_port, 443, port);
}

/* Whether a port of the Service is meant, and one of them has the protocol: names and numbers may stand for two. */
static bool has_protocol(const struct stream *stream, const struct service *service,
                         const struct ingress_backend *backend)
{
    bool any = false;
    for (size_t i = 0; service && i < service->port_count; i++) {
        const struct service_port *one = &service->ports[i];
        bool fits = backend->port_name.ptr ? slice_equal(one->name, backend->port_name)
                                           : one->port == backend->port;
        struct slice protocol = one->protocol.len ? one->protocol : SLICE("TCP");
        if (fits && slice_is(protocol, protocol_of(stream))) {
            return true;
        }
        any = any || fits;
    }
    return !any;
}

/* "namespace/service" and "port" as a backend that serves; the port is one of the Service, by number or name, with
 * the same protocol. */
static bool resolve(const struct stream *stream, struct slice name, struct slice port,
                    struct backend *out)
{
    struct model *model = stream->model;
    struct run *run = model->run;
    size_t slash = slice_find(name, '/', 0);
    uint64_t number = 0;
    bool numbered = slice_to_uint(port, 65535, &number);
    if (slash == name.len || !port.len) {
        refuse(stream, SLICE("the value is no 'namespace/service:port'"));
        return false;
    }
    struct slice namespace = slice_sub(name, 0, slash);
    const struct ingress_backend backend = {.present = true,
                                            .service = slice_sub(name, slash + 1, name.len),
                                            .port = (uint16_t)number,
                                            .port_name = numbered ? SLICE_ABSENT : port,
                                            .span = stream->label->span};
    const struct service *service = (const struct service *)(const void *)kube_find(
        model->kube, KUBE_SERVICE, namespace, backend.service);
    if (!has_protocol(stream, service, &backend)) {
        refuse(stream, SLICE("the port of the Service has another protocol"));
        return false;
    }
    *out = ingress_backend_resolve(run, model->kube, namespace, &backend, false, 503, 503);
    if (out->status) {
        refuse(stream, out->reason);
    }
    return !out->status;
}

struct origin stream_origin(struct run *run, const struct stream_port *stream)
{
    return (struct origin){
        .kind = SLICE("ConfigMap"),
        .namespace = stream->map->object.namespace,
        .name = stream->map->object.name,
        .field = arena_printf(run->arena, "data." SLICE_FMT, SLICE_ARG(stream->label->key)),
        .span = stream->label->span};
}

static void add(struct model *model, const struct stream_port *stream, struct route_table *table)
{
    struct entry *entry = route_table_add(model->run, table);
    entry->gateway = model->gateway;
    entry->port = stream->port;
    entry->kind = ENTRY_TUNNEL;
    entry->transport = stream->udp ? TRANSPORT_UDP : TRANSPORT_TCP;
    entry->proxy_in = stream->proxy_in;
    entry->proxy_out = stream->proxy_out;
    entry->tunnel = ARENA_NEW(model->run->arena, struct backend);
    entry->tunnel[0] = stream->backend;
    entry->tunnel_count = 1;
    entry->origin = stream_origin(model->run, stream);
    entry->unknown = model->frozen;
}

static bool is_proxy(struct slice word)
{
    return slice_equal_fold(word, SLICE("PROXY"));
}

static void read_stream(const struct stream *stream)
{
    struct model *model = stream->model;
    struct slice rest = stream->label->value, words[5] = {SLICE(""), SLICE("")};
    size_t count = 0;
    uint64_t number;
    while (count < ARRAY_LEN(words) && slice_split(&rest, ':', &words[count])) {
        count++;
    }
    struct stream_port port = {.map = stream->map,
                               .label = stream->label,
                               .udp = stream->udp,
                               .named = words[1],
                               .proxy_in = !stream->udp && count >= 3 && is_proxy(words[2]),
                               .proxy_out = !stream->udp && count == 4 && is_proxy(words[3])};
    if (!slice_to_uint(stream->label->key, 65535, &number) || !number) {
        refuse(stream, SLICE("it is no port"));
    } else if (is_reserved(model->settings, number)) {
        refuse(stream, SLICE("the controller uses it itself"));
    } else if (resolve(stream, words[0], words[1], &port.backend)) {
        struct stream_ports *all = &model->streams;
        port.port = (uint16_t)number;
        *ARENA_PUSH(model->scratch, all->items, all->count, all->capacity) = port;
    }
}

static void read_map(struct model *model, struct slice name, bool udp)
{
    const struct config_map *map = config_map_named(model->kube, name);
    if (name.len && !map) {
        diag_at(model->run->diag, DIAG_N030, SPAN_NONE, SLICE_ABSENT,
                "the controller forwards %s ports of ConfigMap '" SLICE_FMT
                "', which is not in the input; add it",
                udp ? "UDP" : "TCP", SLICE_ARG(name));
    }
    for (size_t i = 0; map && i < map->data.count; i++) {
        const struct stream stream = {model, map, &map->data.items[i], udp};
        read_stream(&stream);
    }
}

static int compare_ports(const void *a, const void *b, void *user)
{
    (void)user;
    const struct stream_port *x = a, *y = b;
    return x->udp != y->udp ? x->udp - y->udp : (x->port > y->port) - (x->port < y->port);
}

/* Without the controller's flags in the input: the names that its own manifests have (deploy/static). */
static struct slice map_name(const struct model *model, struct slice named, const char *usual)
{
    const struct settings *settings = model->settings;
    struct slice name = slice_of(usual);
    bool looks = !named.len && !settings->has_workload && config_map_named(model->kube, name);
    return looks ? name : named;
}

/* ---- raw configuration -------------------------------------------------------------------- */

struct stream_server {
    uint16_t port; /* 0: not understood */
    bool udp;
    struct slice pass; /* of proxy_pass */
    bool more;         /* it says more than these two */
};

/* "9000", "0.0.0.0:9000", "[::]:9000" */
static uint16_t listen_port(struct slice text)
{
    size_t at = text.len;
    uint64_t port;
    while (at > 0 && text.ptr[at - 1] != ':') {
        at--;
    }
    return slice_to_uint(slice_sub(text, at, text.len), 65535, &port) ? (uint16_t)port : 0;
}

/* "listen port [udp];" and "proxy_pass address;", among others that are passed over. */
static bool read_stream_server(struct run *run, struct slice *text, struct stream_server *out)
{
    struct slice directive, word;
    *text = snippet_blanks(*text);
    if (!snippet_takes(text, '{')) {
        return false;
    }
    for (*text = snippet_blanks(*text); !snippet_takes(text, '}'); *text = snippet_blanks(*text)) {
        if (!snippet_word(run, text, &directive)) {
            return false;
        }
        for (size_t i = 0; snippet_word(run, text, &word); i++) {
            bool listens = slice_is(directive, "listen"),
                 passes = slice_is(directive, "proxy_pass");
            out->port = listens && !i ? listen_port(word) : out->port;
            out->udp = out->udp || (listens && slice_is(word, "udp"));
            out->pass = passes ? word : out->pass;
            out->more = out->more || i || (!listens && !passes);
        }
        *text = snippet_blanks(*text);
        if (!snippet_takes(text, ';') && !snippet_skip_block(run, text)) {
            return false;
        }
    }
    return true;
}

static struct slice skip_words(struct run *run, struct slice text)
{
    struct slice word;
    bool more = true;
    while (more) {
        more = snippet_word(run, &text, &word);
    }
    return snippet_blanks(text);
}

/* The controller's own listener, as its other processes reach it: 80 or 443 of route tables, 0 for any other. */
static uint16_t own_listener(const struct settings *settings, const struct stream_server *server)
{
    size_t colon = server->pass.len;
    while (colon > 0 && server->pass.ptr[colon - 1] != ':') {
        colon--;
    }
    struct slice host = slice_sub(server->pass, 0, colon ? colon - 1 : 0);
    struct slice port = slice_sub(server->pass, colon, server->pass.len);
    bool local = slice_is(host, "127.0.0.1") || slice_is(host, "localhost");
    struct slice http = settings->http_port.len ? settings->http_port : SLICE("80");
    struct slice https = settings->https_port.len ? settings->https_port : SLICE("443");
    return !local || server->more || server->udp ? 0
           : slice_equal(port, http)             ? 80
           : slice_equal(port, https)            ? 443
                                                 : 0;
}

static void add_lead(struct model *model, struct route_table *table, struct port_lead lead)
{
    struct port_leads *leads = &table->view.leads;
    *ARENA_PUSH(model->run->arena, leads->items, leads->count, leads->capacity) = lead;
}

/* Clients reach the ports of the flags at the pod itself, and 80 and 443 at the Service in front of it. */
static void lead_flags(struct model *model, struct route_table *table)
{
    const struct settings *settings = model->settings;
    uint64_t http = 80, https = 443;
    (void)slice_to_uint(settings->http_port, 65535, &http);
    (void)slice_to_uint(settings->https_port, 65535, &https);
    if (http != 80 && http != 443) {
        add_lead(model, table, (struct port_lead){(uint16_t)http, 80, false});
    }
    if (https != 80 && https != 443) {
        add_lead(model, table, (struct port_lead){(uint16_t)https, 443, false});
    }
}

/* What is led back to the controller is answered as if it had come there; as a stream of its own, which a conversion
 * would have to write, it is not understood. */
static void add_raw(struct model *model, const struct stream_server *server,
                    struct effect_source source, const struct origin *origin,
                    struct route_table *table)
{
    struct entry *entry = route_table_add(model->run, table);
    uint16_t own = own_listener(model->settings, server);
    if (own) {
        add_lead(model, table, (struct port_lead){server->port, own, true});
    }
    entry->gateway = model->gateway;
    entry->port = server->port;
    entry->kind = ENTRY_TUNNEL;
    entry->transport = server->udp ? TRANSPORT_UDP : TRANSPORT_TCP;
    entry->origin = *origin;
    entry->unknown = unknown_add(
        model->run, model->frozen, ASPECT_ROUTING, source,
        arena_printf(model->run->arena,
                     "where '" SLICE_FMT "' leads port %u ('" SLICE_FMT "') is not understood",
                     SLICE_ARG(source.name), server->port, SLICE_ARG(server->pass)));
}

/* nginx.tmpl: at the end of the block of streams. Nothing in it changes what requests by http get. */
static void read_raw(struct model *model, struct slice text, struct effect_source source,
                     const struct origin *origin, struct route_table *table)
{
    struct slice directive;
    for (text = snippet_blanks(text); text.len; text = snippet_blanks(text)) {
        struct stream_server server = {.port = 0};
        if (!snippet_word(model->run, &text, &directive)) {
            return;
        }
        if (slice_is(directive, "server")) {
            bool read = read_stream_server(model->run, &text, &server);
            if (server.port) {
                add_raw(model, &server, source, origin, table);
            }
            if (!read) {
                return;
            }
            continue;
        }
        text = skip_words(model->run, text);
        if (!snippet_takes(&text, ';') && !snippet_skip_block(model->run, &text)) {
            return;
        }
    }
}

static void raw_streams(struct model *model, struct route_table *table)
{
    const struct settings *settings = model->settings;
    if (settings->stream_snippet.len) {
        const struct object *config = &settings->config->object;
        struct effect_source source = setting_source(settings, "stream-snippet");
        struct origin origin = {.kind = SLICE("ConfigMap"),
                                .namespace = config->namespace,
                                .name = config->name,
                                .field = SLICE("data.stream-snippet"),
                                .span = source.span};
        read_raw(model, settings->stream_snippet, source, &origin, table);
    }
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        if (annotation_set(item->annotations, AN_stream_snippet)) {
            struct effect_source source = annotation_source(item->annotations, AN_stream_snippet);
            struct origin origin = annotation_origin(model->run, item->ingress, source);
            read_raw(model, annotation_text(item->annotations, AN_stream_snippet), source, &origin,
                     table);
        }
    }
}

void streams_write(struct model *model, struct route_table *table)
{
    const struct settings *settings = model->settings;
    struct stream_ports *all = &model->streams;
    read_map(model, map_name(model, settings->tcp_services, "ingress-nginx/tcp-services"), false);
    read_map(model, map_name(model, settings->udp_services, "ingress-nginx/udp-services"), true);
    sort_stable(model->scratch, all->items, all->count, sizeof *all->items, compare_ports, NULL);
    for (size_t i = 0; i < all->count; i++) {
        add(model, &all->items[i], table);
    }
    raw_streams(model, table);
    lead_flags(model, table);
}
