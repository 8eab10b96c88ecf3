#include "ingress_nginx/model_priv.h"

enum { GUARDS_MAX = 2 };

/* What a location asks for; the annotations and settings that say it count as used. */
struct asking {
    struct model *model;
    const struct annotations *annotations;
    struct guard *guards;
    size_t count;
    struct edits request;
    struct effect_source source;
};

struct asked {
    struct arena *arena;
    struct slice text;
};
static void ask(struct asked *asked, enum annotation_id id, struct slice value)
{
    const struct annotation_row *row = annotation_row(id);
    if (value.len && !slice_is(value, row->fallback)) {
        asked->text =
            ARENA_JOIN(asked->arena, asked->text, asked->text.len ? SLICE(", ") : SLICE(""),
                       slice_of(row->name), SLICE(" "), value);
    }
}

/* What else decides who is let in, or what the service hears: annotations that are set, as they are written. */
static struct slice asked_with(const struct asking *asking, const enum annotation_id *ids,
                               size_t count)
{
    struct asked asked = {asking->model->run->arena, SLICE("")};
    for (size_t i = 0; i < count; i++) {
        ask(&asked, ids[i], annotation_text(asking->annotations, ids[i]));
    }
    return asked.text;
}

/* The same of the global service. */

static struct slice asked_globally(const struct asking *asking)
{
    const struct settings *settings = asking->model->settings;
    struct slice lasts = settings->global_auth_duration;
    const struct {
        enum annotation_id id; /* by whose name both ways of asking for the same compare as equal */
        struct slice text;
    } rows[] = {{AN_auth_method, settings->global_auth_method},
                {AN_auth_cache_key, settings->global_auth_key},
                {AN_auth_cache_duration, !settings->global_auth_key.len ? SLICE("")
                                         : lasts.len                    ? lasts
                                                                        : SLICE("none")},
                {AN_auth_always_set_cookie, settings->global_auth_cookie},
                {AN_auth_request_redirect, settings->global_auth_redirect}};
    struct asked asked = {asking->model->run->arena, SLICE("")};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(&asked, rows[i].id, rows[i].text);
    }
    return asked.text;
}

static struct guard *guard_add(struct asking *asking, enum guard_kind kind,
                               struct effect_source source)
{
    if (!asking->count) {
        asking->source = source;
    }
    struct guard *guard = &asking->guards[asking->count++];
    guard->kind = kind;
    guard->status = 401;
    return guard;
}

static void use_all(const struct annotations *annotations, const enum annotation_id *ids,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        annotation_use(annotations, ids[i]);
    }
}

static void refused_header(struct asking *asking, struct guard *guard, struct template value)
{
    effect_edit(asking->model->run, &guard->refused, EDIT_SET, SLICE("WWW-Authenticate"), value);
}

static struct template not_known(struct asking *asking, const char *what)
{
    return template_named(asking->model->run->arena, PART_UNKNOWN, slice_of(what));
}

static void request_edit(struct asking *asking, struct slice name)
{
    effect_edit(asking->model->run, &asking->request, EDIT_REMOVE, name, (struct template){0});
}

/* ---- basic and digest ---------------------------------------------------------------------- */

static struct slice secret_name(const struct asking *asking, struct slice text)
{
    bool named = slice_find(text, '/', 0) < text.len;
    return named ? text
                 : ARENA_JOIN(asking->model->run->arena,
                              asking->annotations->ingress->object.namespace, SLICE("/"), text);
}

/* Whom the Secret names. Where no entry of the htpasswd file can match, every client is refused. */
static void read_users(const struct asking *asking, struct slice name, struct guard *guard)
{
    size_t slash = slice_find(name, '/', 0);
    const struct secret *secret = (const struct secret *)(const void *)kube_find(
        asking->model->kube, KUBE_SECRET, slice_sub(name, 0, slash),
        slice_sub(name, slash + 1, name.len));
    struct slice type = annotation_text(asking->annotations, AN_auth_secret_type);
    if (!secret) {
        return;
    }
    if (!slice_contains(type, SLICE("auth-map"))) {
        guard->users = secret->users;
        guard->never = secret->htpasswd_count == 0;
        return;
    }
    for (size_t i = 0; i < secret->keys.count; i++) { /* auth/main.go dumpSecretAuthMap */
        user_list_add(asking->model->run->arena, &guard->users, secret->keys.items[i]);
    }
    guard->users.known = true;
    guard->never = secret->keys.count == 0;
}

/* annotations/auth, and the auth_basic lines of nginx.tmpl; the backend does not get the credentials. */
static void ask_basic(struct asking *asking)
{
    static const enum annotation_id parts[] = {AN_auth_type, AN_auth_secret, AN_auth_secret_type,
                                               AN_auth_realm};
    const struct annotations *annotations = asking->annotations;
    struct slice type = annotation_text(annotations, AN_auth_type);
    struct slice realm = annotation_text(annotations, AN_auth_realm);
    if (!type.ptr) {
        return;
    }
    use_all(annotations, parts, ARRAY_LEN(parts));
    struct effect_source source = annotation_source(annotations, AN_auth_type);
    request_edit(asking, SLICE("Authorization"));
    bool basic = slice_is(type, "basic");
    if (basic && slice_is(realm, "off")) {
        return; /* ngx_http_auth_basic_module: the word switches it off */
    }
    struct guard *guard = guard_add(asking, basic ? GUARD_BASIC : GUARD_DIGEST, source);
    struct slice name = secret_name(asking, annotation_text(annotations, AN_auth_secret));
    struct arena *arena = asking->model->run->arena;
    guard->subject = ARENA_JOIN(arena, SLICE("Secret "), name);
    static const enum annotation_id types[] = {AN_auth_secret_type};
    guard->asked = asked_with(asking, types, ARRAY_LEN(types));
    read_users(asking, name, guard);
    refused_header(
        asking, guard,
        basic ? template_text(arena, ARENA_JOIN(arena, SLICE("Basic realm=\""), realm, SLICE("\"")))
              : not_known(asking, "a challenge with a nonce"));
}

/* ---- external ------------------------------------------------------------------------------ */

static void append(struct run *run, struct template *template, enum part_kind kind,
                   struct slice text)
{
    struct part *parts = ARENA_ARRAY(run->arena, struct part, template->count + 1);
    for (size_t i = 0; i < template->count; i++) {
        parts[i] = template->parts[i];
    }
    parts[template->count] = (struct part){.kind = kind, .text = text};
    *template = (struct template){parts, template->count + 1};
}

static bool has_parameter(struct slice query, struct slice name)
{
    struct slice one;
    while (slice_split(&query, '&', &one)) {
        if (slice_equal(slice_sub(one, 0, slice_find(one, '=', 0)), name)) {
            return true;
        }
    }
    return false;
}

struct slice signin_separator(const struct external *external, struct slice *parameter)
{
    struct slice url = external->signin;
    size_t mark = slice_find(url, '?', 0);
    struct slice query = mark < url.len ? slice_sub(url, mark + 1, url.len) : SLICE("");
    *parameter = external->parameter.len ? external->parameter : SLICE("rd");
    return has_parameter(query, *parameter) ? SLICE_ABSENT : query.len ? SLICE("&") : SLICE("?");
}

static bool signin_location(struct asking *asking, const struct external *external,
                            struct template *out)
{
    struct run *run = asking->model->run;
    struct slice parameter, separator = signin_separator(external, &parameter);
    const struct variables own = {.escaped_target = true};
    if (!template_read(run, external->signin, &own, out)) {
        return false;
    }
    if (!separator.len) {
        return true;
    }
    append(run, out, PART_TEXT, ARENA_JOIN(run->arena, separator, parameter, SLICE("=")));
    append(run, out, PART_SCHEME, SLICE_ABSENT);
    if (asking->model->settings->use_forwarded_headers) { /* $pass_access_scheme */
        out->parts[out->count - 1] =
            (struct part){PART_HEADER_ELSE, PART_SCHEME, SLICE("X-Forwarded-Proto")};
    }
    append(run, out, PART_TEXT, SLICE("://"));
    append(run, out, PART_HOST_HEADER, SLICE_ABSENT);
    append(run, out, PART_TARGET_ESCAPED, SLICE_ABSENT);
    return true;
}

static void ask_service(struct asking *asking, const struct external *external)
{
    struct run *run = asking->model->run;
    struct guard *guard = guard_add(asking, GUARD_EXTERNAL, external->source);
    guard->subject = external->url;
    if (annotation_set(asking->annotations, AN_auth_url)) {
        static const enum annotation_id parts[] = {
            AN_auth_method,         AN_auth_proxy_set_headers, AN_auth_cache_key,
            AN_auth_cache_duration, AN_auth_always_set_cookie, AN_auth_request_redirect};
        guard->asked = asked_with(asking, parts, ARRAY_LEN(parts));
    } else {
        guard->asked = asked_globally(asking);
    }
    if (external->signin.len && !signin_location(asking, external, &guard->location)) {
        model_freeze(asking->model, external->source, asking->annotations->ingress->object.subject,
                     arena_printf(run->arena,
                                  "nginx refuses the '$' in the sign-in URL '" SLICE_FMT "'",
                                  SLICE_ARG(external->signin)));
    }
    if (!guard->location.count) {
        refused_header(asking, guard, not_known(asking, "a challenge of the auth service"));
    }
    /* A header that the auth service does not send is taken away from the request; that it sends none is
     * an assumption, which its condition states. */
    struct slice rest = external->headers, name;
    while (slice_split(&rest, ',', &name)) {
        name = slice_trim(name);
        if (name.len) {
            request_edit(asking, name);
        }
    }
    bool fixed =
        version_default(asking->model->settings->version, "auth-keepalive fails with headers").ptr;
    if (external->headers.len && external->fails && !fixed) {
        guard->never = true;
        guard->status = 500;
    }
    if (external->headers.len) {
        guard->subject =
            ARENA_JOIN(run->arena, external->url, SLICE(", which sends no "), external->headers);
    }
}

/* template.go shouldApplyAuthUpstream, annotations/authreq */
static bool keeps_connections(const struct asking *asking)
{
    const struct annotations *annotations = asking->annotations;
    struct slice url = annotation_text(annotations, AN_auth_url);
    struct slice host = slice_sub(url, 0, slice_find(url, '/', sizeof "https://" - 1));
    annotation_use(annotations, AN_auth_keepalive);
    return !asking->model->settings->use_http2 && !slice_contains(host, SLICE("$")) &&
           annotation_int(annotations, AN_auth_keepalive, 0) > 0 &&
           annotation_int(annotations, AN_auth_keepalive_requests, 1000) > 0 &&
           annotation_int(annotations, AN_auth_keepalive_timeout, 60) > 0;
}

static bool own_service(const struct asking *asking, struct external *out)
{
    static const enum annotation_id parts[] = {AN_auth_url,
                                               AN_auth_signin,
                                               AN_auth_signin_redirect_param,
                                               AN_auth_method,
                                               AN_auth_response_headers,
                                               AN_auth_proxy_set_headers,
                                               AN_auth_cache_key,
                                               AN_auth_cache_duration,
                                               AN_auth_always_set_cookie,
                                               AN_auth_request_redirect,
                                               AN_auth_snippet};
    const struct annotations *annotations = asking->annotations;
    if (!annotation_set(annotations, AN_auth_url)) {
        return false;
    }
    use_all(annotations, parts, ARRAY_LEN(parts));
    *out = (struct external){
        .url = annotation_text(annotations, AN_auth_url),
        .signin = annotation_text(annotations, AN_auth_signin),
        .parameter = annotation_text(annotations, AN_auth_signin_redirect_param),
        .headers = annotation_text(annotations, AN_auth_response_headers),
        .source = annotation_source(annotations, AN_auth_url),
        .fails = keeps_connections(asking),
    };
    return true;
}

static bool global_service(const struct asking *asking, struct external *out)
{
    const struct settings *settings = asking->model->settings;
    if (!settings->global_auth.len) {
        return false;
    }
    annotation_use(asking->annotations, AN_enable_global_auth);
    *out = (struct external){
        .url = settings->global_auth,
        .signin = settings->global_signin,
        .parameter = settings->global_signin_parameter,
        .headers = settings->global_auth_headers,
        .source = setting_source(settings, "global-auth-url"),
    };
    return annotation_true(asking->annotations, AN_enable_global_auth, true);
}

/* ---- both ---------------------------------------------------------------------------------- */

/* All that is set to say who is let in, beside the first. */
static void note_sources(const struct asking *asking, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_auth_type,
                                             AN_auth_secret,
                                             AN_auth_secret_type,
                                             AN_auth_realm,
                                             AN_auth_url,
                                             AN_auth_signin,
                                             AN_auth_signin_redirect_param,
                                             AN_auth_method,
                                             AN_auth_response_headers,
                                             AN_auth_proxy_set_headers,
                                             AN_auth_cache_key,
                                             AN_auth_cache_duration,
                                             AN_auth_always_set_cookie,
                                             AN_auth_request_redirect,
                                             AN_satisfy};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct effect_source source = annotation_source(asking->annotations, ids[i]);
        if (source.name.ptr && !slice_equal(source.name, asking->source.name)) {
            rule_add_source(asking->model->run, rule, EFFECT_authentication, source);
        }
    }
}

void add_authentication(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    struct guard guards[GUARDS_MAX] = {{0}};
    struct asking asking = {.model = model, .annotations = annotations, .guards = guards};
    struct external external;
    /* controller.go and nginx.tmpl: such paths ask for nothing */
    if (!listed_prefix(location->path, model->settings->no_auth)) {
        ask_basic(&asking);
        if (own_service(&asking, &external) || global_service(&asking, &external)) {
            ask_service(&asking, &external);
        }
    }
    struct slice satisfy = annotation_text(annotations, AN_satisfy);
    if (!asking.count) {
        return; /* one list of addresses is all that is left to satisfy */
    }
    struct route_authentication *authentication =
        ARENA_NEW(model->run->arena, struct route_authentication);
    authentication->source = asking.source;
    authentication->any = slice_is(satisfy, "any");
    authentication->request = asking.request;
    authentication->guards.items = ARENA_ARRAY(model->run->arena, struct guard, asking.count);
    for (size_t i = 0; i < asking.count; i++) {
        authentication->guards.items[authentication->guards.count++] = guards[i];
    }
    annotation_use(annotations, AN_satisfy);
    note_sources(&asking, rule);
    rule->effects.authentication = authentication;
}

bool location_service(const struct model *model, const struct location *location,
                      struct external *out)
{
    struct model copy = *model;
    struct asking asking = {.model = &copy,
                            .annotations = location->item ? location->item->annotations : NULL};
    return location->item && !listed_prefix(location->path, model->settings->no_auth) &&
           (own_service(&asking, out) || global_service(&asking, out));
}

bool location_signs_in(const struct model *model, const struct location *location)
{
    struct external external;
    return location_service(model, location, &external) && external.signin.len > 0;
}
