#include "convert/ngf_priv.h"

/* Directives of nginx, in the location of a rule (snippetsfilter_types.go). NGINX Gateway Fabric only takes them
 * when it is installed with snippets switched on. */

void ngf_snippet(struct emission *e, size_t kind, const char *context, struct slice text)
{
    struct conversion *c = e->c;
    struct node *spec = policy_spec(e, kind), *list = node_get(spec, "snippets"), *item = NULL;
    if (!list) {
        list = node_list(c->nodes);
        node_set(c->nodes, spec, "snippets", list);
    }
    for (size_t i = 0; i < list->count; i++) {
        item = slice_is(node_get(list->items[i], "context")->text, context) ? list->items[i] : item;
    }
    if (!item) {
        item = node_map(c->nodes);
        node_set(c->nodes, item, "context", text_node(c, context));
        node_set(c->nodes, item, "value", text_node(c, ""));
        node_add(c->nodes, list, item);
    }
    struct node *value = node_get(item, "value");
    value->text = ARENA_JOIN(c->arena, value->text, text, SLICE("\n"));
}

void ngf_directive(struct emission *e, const void *effect, struct slice text)
{
    ngf_snippet(e, NGF_SNIPPETS, "http.server.location", text);
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "'" SLICE_FMT "' becomes directives of nginx in a SnippetsFilter: install NGINX "
               "Gateway Fabric with snippets switched on, and look at who may write them",
               SLICE_ARG(effect_source(effect)->name));
}

/* ---- words ---------------------------------------------------------------------------------- */

bool ngf_has_any(struct slice text, const char *bytes)
{
    for (; *bytes; bytes++) {
        if (slice_find(text, *bytes, 0) < text.len) {
            return true;
        }
    }
    return false;
}

struct slice ngf_variable(struct conversion *c, struct slice name)
{
    struct slice text = arena_lower(c->arena, name);
    char *bytes = arena_alloc(c->arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        bytes[i] = is_alphanumeric(text.ptr[i]) ? text.ptr[i] : '_';
    }
    return (struct slice){bytes, text.len};
}

struct slice ngf_id(struct emission *e, struct slice text)
{
    struct slice space = ARENA_JOIN(e->c->arena, rule_namespace(e->rule), SLICE(" "));
    return arena_printf(
        e->c->arena, "%016llx",
        (unsigned long long)slice_hash_written(text, slice_hash_written(space, HASH_FIRST)));
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void put_networks(const char *directive, const struct networks *networks, struct buf *out)
{
    for (size_t i = 0; i < networks->count; i++) {
        buf_printf(out, "%s ", directive);
        network_print(&networks->items[i], out);
        buf_puts(out, ";\n");
    }
}

struct slice ngf_access(struct conversion *c, const struct networks *deny,
                        const struct networks *allow, bool has_allow)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    put_networks("deny", deny, &text);
    put_networks("allow", allow, &text);
    if (has_allow) {
        buf_puts(&text, "deny all;\n");
    }
    struct slice all = arena_copy(c->arena, buf_slice(&text));
    buf_release(&text);
    return all;
}

void ngf_addresses(struct emission *e, const void *effect)
{
    const struct route_addresses *addresses = effect;
    struct slice all = ngf_access(e->c, &addresses->deny, &addresses->allow, addresses->has_allow);
    if (all.len) {
        ngf_directive(e, effect, slice_sub(all, 0, all.len - 1));
    }
}

/* ---- who is asked --------------------------------------------------------------------------- */

/* What the service sends stands in for the client's headers of the same names (nginx.tmpl, auth_request_set). */
static struct slice sent_headers(struct conversion *c, struct slice names)
{
    struct slice out = SLICE(""), name;
    while (slice_split(&names, ',', &name)) {
        struct slice variable = ngf_variable(c, slice_trim(name));
        out = arena_printf(c->arena,
                           SLICE_FMT "\nauth_request_set $auth_" SLICE_FMT
                                     " $upstream_http_" SLICE_FMT ";\nproxy_set_header " SLICE_FMT
                                     " $auth_" SLICE_FMT ";",
                           SLICE_ARG(out), SLICE_ARG(variable), SLICE_ARG(variable),
                           SLICE_ARG(slice_trim(name)), SLICE_ARG(variable));
    }
    return out;
}

/* NGINX Gateway Fabric 2.6 has no filter that asks a service: ngx_http_auth_request_module does, by a location of
 * the server, as ingress-nginx has one (nginx.tmpl). */
bool ngf_external(struct emission *e, const void *effect, const struct guard *guard)
{
    struct conversion *c = e->c;
    struct slice more = SLICE(", which sends no "), sent = SLICE("");
    size_t end = slice_find(guard->subject, ',', 0);
    struct slice url = slice_sub(guard->subject, 0, end);
    struct url parts;
    if (ngf_has_any(url, "\"\\$;{}' \n") || !url_parse(url, &parts)) {
        return false;
    }
    if (end < guard->subject.len) {
        sent = sent_headers(c, slice_sub(guard->subject, end + more.len, guard->subject.len));
    }
    /* Rules of a namespace share the filter with the location, which nginx takes once in a server: there is nothing
     * else in that filter. */
    /* No path of a client is the name of the location, because all of them start with a '/'. Without a path of its own
     * the service is asked for one that nobody has. */
    struct slice name = ARENA_JOIN(c->arena, SLICE("_auth_"), ngf_id(e, url));
    struct slice path = parts.path.len ? SLICE("") : ARENA_JOIN(c->arena, SLICE("/"), name);
    ngf_snippet(e, NGF_LOCATIONS, "http.server",
                arena_printf(c->arena,
                             "location = " SLICE_FMT " {\n"
                             "  internal;\n"
                             "  proxy_pass_request_body off;\n"
                             "  proxy_set_header Content-Length \"\";\n"
                             "  proxy_set_header Host " SLICE_FMT ";\n"
                             "  proxy_set_header X-Original-URL "
                             "$scheme://$http_host$request_uri;\n"
                             "  proxy_set_header X-Original-Method $request_method;\n"
                             "  proxy_set_header X-Real-IP $remote_addr;\n"
                             "  proxy_set_header X-Auth-Request-Redirect $request_uri;\n"
                             "  proxy_ssl_server_name on;\n"
                             "  proxy_pass " SLICE_FMT SLICE_FMT ";\n"
                             "}",
                             SLICE_ARG(name), SLICE_ARG(parts.host), SLICE_ARG(url),
                             SLICE_ARG(path)));
    ngf_directive(e, effect,
                  arena_printf(c->arena, "auth_request " SLICE_FMT ";" SLICE_FMT, SLICE_ARG(name),
                               SLICE_ARG(sent)));
    say_effect(c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "nginx looks the name '" SLICE_FMT "' up when it starts, and does not take its "
               "configuration while there is no such name: have the service there first%s",
               SLICE_ARG(parts.host),
               guard->location.count && !ngf_signin(e, effect, guard)
                   ? "; who is not let in gets 401, and not the redirect to the sign-in page"
                   : "");
    return true;
}

/* ngx_http_core_module, satisfy: addresses, passwords or the service, one of them is enough. */
void ngf_satisfy_any(struct emission *e, const void *effect)
{
    ngf_directive(e, effect, SLICE("satisfy any;"));
}

/* ---- traffic -------------------------------------------------------------------------------- */

void ngf_retries(struct emission *e, const void *effect)
{
    const struct route_retries *retries = effect;
    bool off = !retries->attempts || !retries->conditions.len;
    struct slice text = ARENA_JOIN(e->c->arena, SLICE("proxy_next_upstream "),
                                   off ? SLICE("off") : retries->conditions, SLICE(";"));
    if (!off) {
        text = arena_printf(e->c->arena,
                            SLICE_FMT "\nproxy_next_upstream_tries %lld;\n"
                                      "proxy_next_upstream_timeout %lldms;",
                            SLICE_ARG(text),
                            (long long)(retries->attempts < 0 ? 0 : retries->attempts + 1),
                            (long long)retries->total_ms);
    }
    ngf_directive(e, effect, text);
}

void ngf_bandwidth(struct emission *e, const void *effect)
{
    const struct route_bandwidth *bandwidth = effect;
    ngf_directive(e, effect,
                  arena_printf(e->c->arena, "limit_rate %lld;\nlimit_rate_after %lld;",
                               (long long)bandwidth->bytes_per_second,
                               (long long)bandwidth->free_bytes));
}

static bool is_pair(struct slice text)
{
    struct slice first, second, rest = text;
    return slice_split(&rest, ' ', &first) && slice_split(&rest, ' ', &second) && !rest.ptr &&
           first.len && second.len && !ngf_has_any(text, "\"'\\$;{}\n");
}

/* Where NGINX Gateway Fabric sends a request to has variables in it, so that "default" is refused (ngx_http_proxy_module,
 * proxy_redirect). */
void ngf_response_rewrites(struct emission *e, const void *effect)
{
    const struct route_response_rewrites *rewrites = effect;
    struct slice redirect =
        ARENA_JOIN(e->c->arena, rewrites->redirect_from, SLICE(" "), rewrites->redirect_to);
    const struct {
        const char *name;
        bool given;
        struct slice value;
    } rows[] = {
        {"proxy_redirect", rewrites->redirect_from.ptr != NULL, redirect},
        {"proxy_cookie_domain", rewrites->cookie_domain.ptr != NULL, rewrites->cookie_domain},
        {"proxy_cookie_path", rewrites->cookie_path.ptr != NULL, rewrites->cookie_path},
    };
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].given && is_pair(rows[i].value)) {
            ngf_directive(e, effect,
                          ARENA_JOIN(e->c->arena, slice_of(rows[i].name), SLICE(" "), rows[i].value,
                                     SLICE(";")));
        }
        all = all && (!rows[i].given || is_pair(rows[i].value));
    }
    if (!all) {
        say_unsupported(e->c, e->rule, EFFECT_response_rewrites, effect);
    }
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* "/new/$1"; absent where the target has other parts, or what would end the word. */
static struct slice target_text(struct conversion *c, const struct template *target)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        if (part->kind == PART_CAPTURE && part->index < 10) {
            out = arena_printf(c->arena, SLICE_FMT "$%u", SLICE_ARG(out), part->index);
        } else if (part->kind == PART_TEXT && !ngf_has_any(part->text, "\"\\$;{}\n")) {
            out = ARENA_JOIN(c->arena, out, part->text);
        } else {
            return SLICE_ABSENT;
        }
    }
    return out;
}

/* nginx takes a '\\' before some bytes away in quotes (ngx_conf_file.c, ngx_conf_read_token). */
static bool is_quotable(struct slice pattern)
{
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        char next = pattern.ptr[i + 1];
        if (pattern.ptr[i] == '\\' && (next == '\\' || next == '\'')) {
            return false;
        }
    }
    return !ngf_has_any(pattern, "\"\n") && !slice_ends(pattern, SLICE("\\"));
}

/* Where a rule has conditions beside the path, nginx is asked for the path as it was sent (servers.go,
 * createProxyPass). */
void ngf_rewrite(struct emission *e, const void *effect)
{
    const struct route_rewrite *rewrite = effect;
    const struct match *match = &e->rule->match;
    struct slice target =
        rewrite->kind == REWRITE_REGEX ? target_text(e->c, &rewrite->target) : SLICE_ABSENT;
    if (e->rewrite->way != REWRITE_WAY_CANNOT || !target.len || match->test_count ||
        match->method.len || !is_quotable(rewrite->pattern)) {
        emit_as_standard(e, EFFECT_rewrite, effect);
        return;
    }
    ngf_directive(e, effect,
                  ARENA_JOIN(e->c->arena, SLICE("rewrite \""),
                             rewrite->fold ? SLICE("(?i)") : SLICE(""), rewrite->pattern,
                             SLICE("\" \""), target, SLICE("\" break;")));
}

bool ngf_answer(struct emission *e, const struct route_answer *answer)
{
    if (answer->status < 400 || answer->status > 599) {
        return false;
    }
    ngf_directive(e, answer, arena_printf(e->c->arena, "return %lld;", (long long)answer->status));
    return true;
}
