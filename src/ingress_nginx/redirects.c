#include "ingress_nginx/model_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* ---- rewrites ----------------------------------------------------------------------------- */

static bool is_url(struct slice target)
{
    return slice_starts(target, SLICE("http://")) || slice_starts(target, SLICE("https://"));
}

/* The number of a named group; 0 where there is none, for which nginx refuses the variable. */
static unsigned group_named(struct slice pattern, struct slice name)
{
    unsigned groups = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        struct slice rest = slice_sub(pattern, i + 1, pattern.len);
        if (c == '\\') {
            i++;
        } else if (c == '[') { /* a "]" at its front is one of its bytes */
            i = slice_find(pattern, ']', i + 2);
        } else if (c == '(' && slice_starts(rest, SLICE("?"))) {
            size_t open = slice_starts(rest, SLICE("?P<")) ? 3 : 2;
            bool named = open == 3 || slice_starts(rest, SLICE("?'")) ||
                         (slice_starts(rest, SLICE("?<")) && !slice_starts(rest, SLICE("?<=")) &&
                          !slice_starts(rest, SLICE("?<!")));
            struct slice behind = slice_sub(rest, open, rest.len);
            groups += named;
            if (named && slice_starts(behind, name) && behind.len > name.len &&
                (behind.ptr[name.len] == '>' || behind.ptr[name.len] == '\'')) {
                return groups;
            }
        } else {
            groups += c == '(';
        }
    }
    return 0;
}

/* Named groups of the path are variables (ngx_http_regex_compile). */
static void name_groups(struct slice pattern, struct template *target)
{
    for (size_t i = 0; i < target->count; i++) {
        struct part *part = &target->parts[i];
        bool braces = slice_starts(part->text, SLICE("${"));
        struct slice name = slice_sub(part->text, braces ? 2 : 1, part->text.len - braces);
        unsigned group = part->kind == PART_UNKNOWN ? group_named(pattern, name) : 0;
        if (group && group < REGEX_CAPTURES) {
            *part = (struct part){.kind = PART_CAPTURE, .index = group};
        }
    }
}

static void refuse_target(struct model *model, const struct annotations *annotations,
                          struct slice target)
{
    model_freeze(model, annotation_source(annotations, AN_rewrite_target),
                 annotations->ingress->object.subject,
                 arena_printf(model->run->arena,
                              "nginx refuses the '$' in rewrite-target '" SLICE_FMT "'",
                              SLICE_ARG(target)));
}

static bool has_captures(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->parts[i].kind == PART_CAPTURE) {
            return true;
        }
    }
    return false;
}

/* The rewrite module answers 302 itself when the target is a URL, and appends the query
 * (ngx_http_rewrite_module). The groups are those of the expression by which the location was found, but where that
 * has several sides. */
static void rewrite_to_url(struct model *model, const struct location *location, struct rule *rule)
{
    struct run *run = model->run;
    const struct annotations *annotations = location->item->annotations;
    struct slice target = annotation_text(annotations, AN_rewrite_target);
    struct effect_source source = annotation_source(annotations, AN_rewrite_target);
    struct url url = {0};
    bool plain = slice_find(target, '$', 0) == target.len && url_parse(target, &url) &&
                 url.path.len && url.port != scheme_port(url.scheme);
    if (rule->effects.redirect) {
        return; /* the redirect annotations come first */
    }
    struct route_redirect *redirect = NEW_EFFECT(run, redirect);
    *redirect = (struct route_redirect){.source = source, .status = 302, .keep_query = true};
    rule->effects.redirect = redirect;
    if (plain) {
        redirect->scheme = url.scheme;
        redirect->host_from = REDIRECT_HOST_GIVEN;
        redirect->host = url.host;
        redirect->port_from = url.port ? REDIRECT_PORT_GIVEN : REDIRECT_PORT_NONE;
        redirect->port = url.port;
        redirect->path_change = PATH_CHANGE_FULL;
        redirect->path = url.path;
        return;
    }
    redirect->scripted = true;
    if (!template_read(run, target, NULL, &redirect->location)) {
        refuse_target(model, annotations, target);
        return;
    }
    name_groups(location->path, &redirect->location);
    struct slice match =
        rule->match.path.value; /* with a snippet's condition in front its groups come first */
    bool conditioned = slice_starts(match, SLICE("^(?=")) || slice_starts(match, SLICE("^(?!"));
    if (has_captures(&redirect->location) &&
        (conditioned || path_next_side(location->path, 0) < location->path.len)) {
        rule->unknown =
            unknown_add(run, rule->unknown, ASPECT_REDIRECT, source,
                        SLICE("which groups a rewrite-target that is a URL gets, of a path with "
                              "several sides or with conditions, is not understood"));
    }
}

static void forwarded_prefix(struct run *run, const struct annotations *annotations,
                             struct rule *rule)
{
    struct template value;
    struct slice text = annotation_text(annotations, AN_x_forwarded_prefix);
    if (!text.ptr || !template_read(run, text, NULL, &value)) {
        return;
    }
    struct route_header_edits *edits = NEW_EFFECT(run, header_edits);
    const struct route_header_edits *before = rule->effects.request_headers;
    edits->source = annotation_source(annotations, AN_x_forwarded_prefix);
    for (size_t i = 0; before && i < before->edits.count; i++) {
        const struct header_edit *edit = &before->edits.items[i];
        effect_edit(run, &edits->edits, edit->kind, edit->name, edit->value);
    }
    effect_edit(run, &edits->edits, EDIT_SET, SLICE("X-Forwarded-Prefix"), value);
    rule->effects.request_headers = edits;
}

void add_rewrite(struct model *model, const struct location *location, bool acts,
                 struct route_table *table, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    struct run *run = model->run;
    struct slice target = annotation_text(annotations, AN_rewrite_target);
    if (!acts) {
        forwarded_prefix(run, annotations, rule);
        return;
    }
    if (is_url(target)) {
        rewrite_to_url(model, location, rule);
        return;
    }
    struct route_rewrite *rewrite = NEW_EFFECT(run, rewrite);
    rewrite->source = annotation_source(annotations, AN_rewrite_target);
    if (!template_read(run, target, NULL, &rewrite->target)) {
        refuse_target(model, annotations, target);
        return;
    }
    name_groups(location->path, &rewrite->target);
    struct slice text;
    rewrite->kind = template_is_text(&rewrite->target, &text) ? REWRITE_FULL : REWRITE_REGEX;
    if (rewrite->kind == REWRITE_REGEX) {
        struct slice error;
        rewrite->pattern = location->path;
        rewrite->fold = true;
        rewrite->regex = regex_compile(run, table->regexes, location->path, true, false, &error);
    }
    rule->effects.rewrite = rewrite;
    forwarded_prefix(run, annotations, rule);
}

/* ---- redirects ---------------------------------------------------------------------------- */

/* With other statuses nginx sends the text as a body (ngx_http_script_return_code). */
static bool has_location(int64_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int64_t redirect_code(const struct annotations *annotations, bool temporal)
{
    int64_t otherwise = temporal ? 302 : 301, most = temporal ? 307 : 308;
    enum annotation_id id = temporal ? AN_temporal_redirect_code : AN_permanent_redirect_code;
    int64_t code = annotation_int(annotations, id, otherwise);
    annotation_use(annotations, id);
    return code < 300 || code > most ? otherwise : code;
}

/* The annotation can only turn it on: nginx.tmpl has no directive that turns it off. */
bool location_relative(const struct model *model, const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    if (!annotations || location->plain || annotations->denied) {
        return model->settings->relative_redirects;
    }
    annotation_use(annotations, AN_relative_redirects);
    return model->settings->relative_redirects ||
           annotation_true(annotations, AN_relative_redirects, false);
}

/* Of the annotation, or of the setting that is its default. */
struct effect_source port_source(const struct model *model, const struct annotations *annotations)
{
    return annotation_set(annotations, AN_use_port_in_redirects)
               ? annotation_source(annotations, AN_use_port_in_redirects)
               : setting_source(model->settings, "use-port-in-redirects");
}

bool location_writes_port(const struct model *model, const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    if (!annotations || annotations->denied) {
        return model->settings->port_in_redirects;
    }
    annotation_use(annotations, AN_use_port_in_redirects);
    return annotation_true(annotations, AN_use_port_in_redirects,
                           model->settings->port_in_redirects);
}

void add_redirect(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    bool temporal = annotation_set(annotations, AN_temporal_redirect);
    enum annotation_id id = temporal ? AN_temporal_redirect : AN_permanent_redirect;
    struct slice url = annotation_text(annotations, id);
    if (!url.ptr) {
        return;
    }
    struct effect_source source = annotation_source(annotations, id);
    int64_t code = redirect_code(annotations, temporal);
    if (!has_location(code)) {
        struct route_answer *answer = NEW_EFFECT(model->run, answer);
        *answer =
            (struct route_answer){.source = source,
                                  .status = code,
                                  .reason = SLICE("a redirect with a status that has no Location")};
        rule->effects.answer = answer;
        return;
    }
    struct route_redirect *redirect = NEW_EFFECT(model->run, redirect);
    redirect->source = source;
    redirect->status = code;
    if (url.ptr[0] == '/') {
        redirect->host_from = REDIRECT_HOST_NORMAL;
        redirect->path_change = PATH_CHANGE_FULL;
        redirect->path = url;
        redirect->relative = location_relative(model, location);
        redirect->port_from =
            location_writes_port(model, location) ? REDIRECT_PORT_LISTENER : REDIRECT_PORT_NONE;
    } else {
        redirect->location = template_text(model->run->arena, url);
    }
    rule->effects.redirect = redirect;
}

static int64_t https_port(const struct settings *settings)
{
    uint64_t port;
    return slice_to_uint(settings->https_port, 65535, &port) ? (int64_t)port : 443;
}

/* Other ports than the usual ones: what nginx writes of its own then is not what clients connect to. */
void note_ports(struct model *model, struct effect_source source, struct rule *rule)
{
    const struct settings *settings = model->settings;
    bool usual = (!settings->http_port.len || slice_is(settings->http_port, "80")) &&
                 (!settings->https_port.len || slice_is(settings->https_port, "443"));
    if (!usual) {
        rule->unknown = unknown_add(
            model->run, rule->unknown, ASPECT_REDIRECT, source,
            SLICE("the redirect names the port that nginx listens on, which is another one than "
                  "clients connect to, by --http-port or --https-port"));
    }
}

/* ---- http to https ------------------------------------------------------------------------- */

/* lua/lua_ingress.lua: the path that is compared is the location's, not the request's. */
void add_https_redirect(struct model *model, const struct location *location,
                        const struct view_of *view, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    const struct settings *settings = model->settings;
    bool force = annotation_true(annotations, AN_force_ssl_redirect, settings->force_ssl_redirect);
    bool asked = annotation_true(annotations, AN_ssl_redirect, settings->ssl_redirect);
    bool spared = listed_prefix(location->path, settings->no_tls_redirect);
    if (!spared && view->certified && asked != settings->ssl_redirect) {
        annotation_use(annotations, AN_ssl_redirect); /* it changes what is done */
    }
    if (!spared && force != settings->force_ssl_redirect) {
        annotation_use(annotations, AN_force_ssl_redirect);
    }
    if (!spared && !force && asked && view->doubtful) {
        rule->unknown = unknown_add(
            model->run, rule->unknown, ASPECT_REDIRECT,
            annotation_source(annotations, AN_server_alias),
            SLICE("whether a name has a certificate that a regular expression names is not known"));
    }
    if (spared || (!force && !(asked && view->certified))) {
        return;
    }
    struct route_redirect *redirect = NEW_EFFECT(model->run, redirect);
    redirect->source =
        annotation_source(annotations, force ? AN_force_ssl_redirect : AN_ssl_redirect);
    redirect->status = settings->http_redirect_code;
    redirect->only_plain_http = true;
    redirect->scheme = SLICE("https");
    redirect->host_from = REDIRECT_HOST_HEADER_NO_PORT;
    redirect->keep_query = true;
    redirect->strip_slash = !annotation_true(annotations, AN_preserve_trailing_slash,
                                             settings->preserve_trailing_slash);
    annotation_use(annotations, AN_preserve_trailing_slash);
    if (location_writes_port(model, location)) { /* lua_ingress.lua: the controller's own port */
        redirect->port_from = REDIRECT_PORT_WRITTEN;
        redirect->port = https_port(settings);
        struct effect_source source = port_source(model, annotations);
        if (redirect->source.name.ptr) {
            rule_add_source(model->run, rule, EFFECT_https_redirect, source);
        } else {
            redirect->source = source;
        }
    }
    rule->effects.https_redirect = redirect;
}
