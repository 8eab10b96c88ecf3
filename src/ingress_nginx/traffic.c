#include "ingress_nginx/model_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* The first of the annotations that are set, absent when none is; the others are noted beside it. */
static struct effect_source sources_of(struct model *model, const struct annotations *annotations,
                                       const enum annotation_id *ids, size_t count,
                                       struct rule *rule, enum effect_id effect)
{
    struct effect_source first = {SLICE_ABSENT, SPAN_NONE};
    for (size_t i = 0; i < count; i++) {
        struct effect_source source = annotation_source(annotations, ids[i]);
        if (!first.name.ptr) {
            first = source;
        } else if (source.name.ptr) {
            rule_add_source(model->run, rule, effect, source);
        }
    }
    return first;
}

static void add_timeouts(struct model *model, const struct annotations *annotations,
                         struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_proxy_connect_timeout, AN_proxy_send_timeout,
                                             AN_proxy_read_timeout};
    const struct settings *settings = model->settings;
    struct effect_source source =
        sources_of(model, annotations, ids, ARRAY_LEN(ids), rule, EFFECT_timeouts);
    if (!source.name.ptr) {
        return;
    }
    struct route_timeouts *timeouts = NEW_EFFECT(model->run, timeouts);
    timeouts->source = source;
    timeouts->connect_ms =
        nginx_ms(annotation_int(annotations, AN_proxy_connect_timeout, settings->connect_s));
    timeouts->send_ms =
        nginx_ms(annotation_int(annotations, AN_proxy_send_timeout, settings->send_s));
    timeouts->read_ms =
        nginx_ms(annotation_int(annotations, AN_proxy_read_timeout, settings->read_s));
    timeouts->request_ms = -1;
    timeouts->backend_request_ms = -1;
    rule->effects.timeouts = timeouts;
}

/* nginx.tmpl writes grpc_set_header and grpc_*_timeout for GRPC and GRPCS as they are spelled here, while
 * template.go buildProxyPass speaks gRPC for any spelling: nginx's own timeouts of 60 s are in force then, and
 * before 1.11, whose template has no timeouts for gRPC. */
static void add_grpc_defaults(struct run *run, bool told, struct slice value,
                              const struct route_upstream_protocol *protocol, struct rule *rule)
{
    enum { NGINX_MS = 60000 };
    bool spelled = slice_equal(value, protocol->protocol);
    if (!slice_starts(protocol->protocol, SLICE("GRPC")) || (spelled && told)) {
        return;
    }
    struct route_timeouts *timeouts = NEW_EFFECT(run, timeouts);
    *timeouts =
        (struct route_timeouts){protocol->source, NGINX_MS, NGINX_MS, NGINX_MS, -1, -1, false};
    rule->effects.timeouts = timeouts;
    if (spelled) {
        return;
    }
    rule->unknown = unknown_add(
        run, rule->unknown, ASPECT_HEADERS, protocol->source,
        SLICE("the controller tells nginx no headers for gRPC that is not written in upper case"));
}

/* template.go buildNextUpstream: the word that lets every method be repeated goes last. */
struct slice retry_conditions(struct run *run, const struct settings *settings, struct slice text)
{
    const struct slice all_methods = SLICE("non_idempotent");
    bool all = settings->retry_all_methods;
    struct slice out = SLICE(""), word;
    while (slice_split(&text, ' ', &word)) {
        bool last = slice_equal(word, all_methods);
        all = all || last;
        if (word.len && !last) {
            out = ARENA_JOIN(run->arena, out, out.len ? SLICE(" ") : SLICE(""), word);
        }
    }
    return all ? ARENA_JOIN(run->arena, out, out.len ? SLICE(" ") : SLICE(""), all_methods) : out;
}

static void add_retries(struct model *model, const struct annotations *annotations,
                        struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_proxy_next_upstream_tries, AN_proxy_next_upstream,
                                             AN_proxy_next_upstream_timeout};
    struct effect_source source =
        sources_of(model, annotations, ids, ARRAY_LEN(ids), rule, EFFECT_retries);
    if (!source.name.ptr) {
        return;
    }
    struct route_retries *retries = NEW_EFFECT(model->run, retries);
    struct slice conditions = annotation_text(annotations, AN_proxy_next_upstream);
    int64_t all = annotation_int(annotations, AN_proxy_next_upstream_tries, model->settings->tries);
    retries->source = source;
    retries->conditions = retry_conditions(
        model->run, model->settings, conditions.ptr ? conditions : model->settings->next_upstream);
    retries->attempts = nginx_attempts(retries->conditions, all);
    retries->total_ms = nginx_ms(
        annotation_int(annotations, AN_proxy_next_upstream_timeout, model->settings->tries_s));
    rule->effects.retries = retries;
}

static bool on_or(const struct annotations *annotations, enum annotation_id id, bool otherwise)
{
    struct slice value = annotation_text(annotations, id);
    return value.ptr ? slice_is(value, "on") : otherwise;
}

static void add_buffering(struct model *model, const struct annotations *annotations,
                          struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_proxy_request_buffering, AN_proxy_buffering};
    struct effect_source source =
        sources_of(model, annotations, ids, ARRAY_LEN(ids), rule, EFFECT_buffering);
    if (!source.name.ptr) {
        return;
    }
    struct route_buffering *buffering = NEW_EFFECT(model->run, buffering);
    buffering->source = source;
    buffering->request =
        on_or(annotations, AN_proxy_request_buffering, model->settings->proxy_request_buffering);
    buffering->response = on_or(annotations, AN_proxy_buffering, model->settings->proxy_buffering);
    rule->effects.buffering = buffering;
}

static void add_protocol(struct run *run, const struct settings *settings,
                         const struct annotations *annotations, struct rule *rule)
{
    bool told = !version_default(settings->version, "timeouts of gRPC").ptr;
    static const char *const protocols[] = {"HTTP", "HTTPS", "AUTO_HTTP", "GRPC", "GRPCS", "FCGI"};
    struct slice value = annotation_text(annotations, AN_backend_protocol);
    annotation_use(annotations, AN_backend_protocol);
    /* the first one is what is spoken anyway */
    for (size_t i = 1; value.ptr && i < ARRAY_LEN(protocols); i++) {
        if (slice_equal_fold(value, slice_of(protocols[i]))) {
            struct route_upstream_protocol *protocol = NEW_EFFECT(run, upstream_protocol);
            protocol->source = annotation_source(annotations, AN_backend_protocol);
            protocol->protocol = slice_of(protocols[i]);
            rule->effects.upstream_protocol = protocol;
            add_grpc_defaults(run, told, value, protocol, rule);
        }
    }
}

static void add_host(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    struct slice text = annotation_text(annotations, AN_upstream_vhost);
    if (!text.ptr) {
        return;
    }
    const struct variables own = location_variables(model->run, location);
    struct route_upstream_host *host = NEW_EFFECT(model->run, upstream_host);
    host->source = annotation_source(annotations, AN_upstream_vhost);
    if (!template_read(model->run, text, &own, &host->host)) {
        model_freeze(model, host->source, annotations->ingress->object.subject,
                     arena_printf(model->run->arena,
                                  "nginx refuses the '$' in upstream-vhost '" SLICE_FMT "'",
                                  SLICE_ARG(text)));
        return;
    }
    rule->effects.upstream_host = host;
}

/* "http://name.namespace.svc.cluster.local:8080$request_uri" is a Service; anything else is out of sight. */
static bool mirror_service(struct slice target, struct mirror *out)
{
    struct slice uri = SLICE("$request_uri"), name, namespace, rest;
    struct url url;
    if (!slice_ends(target, uri) || !url_parse(slice_sub(target, 0, target.len - uri.len), &url) ||
        url.path.len) {
        return false;
    }
    rest = url.host;
    if (!slice_split(&rest, '.', &name) || !slice_split(&rest, '.', &namespace) ||
        !(slice_is(rest, "svc") || slice_starts(rest, SLICE("svc.")))) {
        return false;
    }
    out->namespace = namespace;
    out->service = name;
    out->port = url.port ? url.port : scheme_port(url.scheme);
    return true;
}

/* annotations/mirror: the host of the URL before its first variable, without the port. */
struct slice mirror_host(const struct annotations *annotations)
{
    struct slice host = annotation_text(annotations, AN_mirror_host);
    struct slice target = annotation_text(annotations, AN_mirror_target);
    struct url url;
    if (host.len || !target.len) {
        return target.len ? host : SLICE_ABSENT;
    }
    return url_parse(slice_sub(target, 0, slice_find(target, '$', 0)), &url) ? url.host
                                                                             : SLICE_ABSENT;
}

/* template.go buildMirrorLocations: one internal location for each Ingress, found by its UID. A target that the
 * controller refuses leaves the copies without it, so that the host's own "/" takes them (annotations/mirror). */
static void add_mirror(struct run *run, const struct annotations *annotations, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_mirror_host, AN_mirror_request_body};
    struct slice target = annotation_text(annotations, AN_mirror_target);
    if (!target.ptr) {
        return;
    }
    struct route_mirrors *mirrors = NEW_EFFECT(run, mirrors);
    mirrors->source = annotation_source(annotations, AN_mirror_target);
    mirrors->items = ARENA_NEW(run->arena, struct mirror);
    mirrors->count = 1;
    *mirrors->items = (struct mirror){
        .numerator = 1,
        .denominator = 1,
        .host = mirror_host(annotations),
        .no_body = slice_is(annotation_text(annotations, AN_mirror_request_body), "off")};
    if (!mirrors->items->host.ptr) {
        mirrors->items->url = SLICE("/");
    } else if (!mirror_service(target, mirrors->items)) {
        mirrors->items->url = target;
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        bool changes = ids[i] != AN_mirror_request_body || mirrors->items->no_body;
        if (annotation_set(annotations, ids[i]) && changes) {
            rule_add_source(run, rule, EFFECT_mirrors, annotation_source(annotations, ids[i]));
        }
    }
    rule->effects.mirrors = mirrors;
}

static void refuse_number(struct model *model, const struct annotations *annotations,
                          enum annotation_id id)
{
    struct slice text = annotation_text(annotations, id);
    model_freeze(model, annotation_source(annotations, id), annotations->ingress->object.subject,
                 arena_printf(model->run->arena, "nginx refuses '" SLICE_FMT "' as %s",
                              SLICE_ARG(text), annotation_row(id)->name));
}

static struct slice text_or(const struct annotations *annotations, enum annotation_id id,
                            struct slice otherwise)
{
    struct slice text = annotation_text(annotations, id);
    return text.ptr ? text : otherwise;
}

static void check_buffers(struct model *model, const struct annotations *annotations)
{
    static const enum annotation_id ids[] = {AN_proxy_buffers_number, AN_proxy_busy_buffers_size,
                                             AN_proxy_max_temp_file_size, AN_proxy_buffer_size};
    const struct settings *settings = model->settings;
    size_t i = 0;
    while (i < ARRAY_LEN(ids) && !annotation_set(annotations, ids[i])) {
        i++;
    }
    if (i == ARRAY_LEN(ids)) {
        return; /* those of the settings are looked at once */
    }
    const char *why = buffers_refused(
        annotation_int(annotations, AN_proxy_buffers_number, settings->buffers),
        text_or(annotations, AN_proxy_buffer_size, settings->buffer_size),
        text_or(annotations, AN_proxy_busy_buffers_size, settings->busy_size),
        text_or(annotations, AN_proxy_max_temp_file_size, settings->temporary_size));
    if (why) {
        model_freeze(model, annotation_source(annotations, ids[i]),
                     annotations->ingress->object.subject,
                     arena_printf(model->run->arena, "nginx refuses %s", why));
    }
}

/* Values that pass the controller's check and that nginx then refuses. */
static void check_refused(struct model *model, const struct annotations *annotations)
{
    static const enum annotation_id times[] = {AN_proxy_connect_timeout, AN_proxy_send_timeout,
                                               AN_proxy_read_timeout,
                                               AN_proxy_next_upstream_timeout};
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        if (!nginx_takes_seconds(annotation_int(annotations, times[i], 0))) {
            refuse_number(model, annotations, times[i]);
        }
    }
    if (annotation_int(annotations, AN_proxy_next_upstream_tries, 0) < 0) {
        refuse_number(model, annotations, AN_proxy_next_upstream_tries);
    }
    check_buffers(model, annotations);
}

void add_traffic(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    add_timeouts(model, annotations, rule);
    add_retries(model, annotations, rule);
    add_buffering(model, annotations, rule);
    add_protocol(model->run, model->settings, annotations, rule);
    add_host(model, location, rule);
    add_mirror(model->run, annotations, rule);
    check_refused(model, annotations);
}
