#include "ingress_nginx/snippets_priv.h"

/* Servers as entries: how nginx chooses one by the Host header (ngx_http_find_virtual_server). */

/* An alias "x.*" is x and one or more labels behind it (ngx_hash_find_wc_tail). */
static bool is_tail(struct slice name)
{
    return name.len > 2 && slice_ends(name, SLICE(".*")) && !slice_starts(name, SLICE("~"));
}

static void compile_host(struct model *model, const struct server *server, struct slice name,
                         struct route_table *table, struct host_pattern *out)
{
    struct run *run = model->run;
    struct slice error = SLICE_ABSENT;
    out->kind = HOST_REGEX;
    out->name = slice_sub(name, 1, name.len);
    if (is_tail(name)) {
        struct buf text;
        buf_init(&text, BUF_TEXT_MAX);
        buf_putc(&text, '^');
        for (size_t i = 0; i + 1 < name.len; i++) {
            buf_puts(&text, name.ptr[i] == '.' ? "\\." : "");
            if (name.ptr[i] != '.') {
                buf_putc(&text, name.ptr[i]);
            }
        }
        buf_puts(&text, ".+$");
        out->name = arena_copy(run->arena, buf_slice(&text));
        buf_release(&text);
    }
    out->regex = regex_compile(run, table->regexes, out->name, true, false, &error);
    if (!out->regex) {
        model_freeze(model, server->alias_source, SLICE_ABSENT,
                     arena_printf(run->arena,
                                  "alias '" SLICE_FMT
                                  "' is no regular expression that nginx takes (" SLICE_FMT ")",
                                  SLICE_ARG(name), SLICE_ARG(error)));
    }
}

static struct host_pattern pattern_of(struct model *model, const struct server *server,
                                      struct slice name, bool alias, struct route_table *table)
{
    struct host_pattern host = {HOST_EXACT, arena_lower(model->run->arena, name), NULL};
    if (slice_is(name, "_")) {
        host.kind = HOST_ANY;
        host.name = SLICE("");
    } else if (slice_starts(name, SLICE("~")) || is_tail(name)) {
        compile_host(model, server, name, table, &host);
    } else if (slice_starts(name, SLICE("*."))) {
        /* the host of a rule is one label by a regular expression, an alias nginx's own wildcard */
        host.kind = alias ? HOST_SUFFIX : HOST_ONE_LABEL;
    }
    return host;
}

/* What a server is under one of its names. */
struct name {
    struct server *server;
    struct slice text;
    struct host_pattern host;
    struct certificate certificate;
    const struct rule_list *rules, *https_rules;
    int rank; /* among the kinds of names */
};

/* Connections whose SNI is the host go to the Service of its "/", whatever else the host has (nginx.go,
 * getSSLPassthroughServers; pkg/tcpproxy). */
static void add_tunnel(struct model *model, const struct name *name, struct route_table *table)
{
    const struct server *server = name->server;
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (!slice_is(location->path, "/") || !location->has_backend) {
            continue;
        }
        struct entry *entry = route_table_add(model->run, table);
        entry->gateway = model->gateway;
        entry->https = true;
        entry->port = 443;
        entry->sni = name->host;
        entry->kind = ENTRY_TUNNEL;
        entry->tunnel = ARENA_NEW(model->run->arena, struct backend);
        entry->tunnel[0] = location->backend;
        entry->tunnel_count = 1;
        entry->origin = server->origin;
        entry->unknown = model->frozen;
        return;
    }
}

/* Of the flag, where the host has none of its own (lua/certificate.lua). */
static struct certificate shown(const struct model *model, const struct certificate *own)
{
    struct certificate certificate = *own;
    struct slice name = model->settings->default_certificate;
    size_t slash = slice_find(name, '/', 0);
    if (!own->secret.len && slash < name.len) {
        certificate.namespace = slice_sub(name, 0, slash);
        certificate.secret = slice_sub(name, slash + 1, name.len);
        certificate.vault = model->settings->default_vault;
    }
    return certificate;
}

static void add_entries(struct model *model, const struct name *name, struct route_table *table)
{
    const struct server *server = name->server;
    if (server->passthrough && name->host.kind == HOST_EXACT &&
        slice_equal(name->text, server->host)) {
        add_tunnel(model, name, table);
    }
    const struct unknown *doubt;
    const struct route_header_edits *refusal = server_refusal(model, server, &doubt);
    /* a server of a redirect has no page, so that nginx finds none */
    const struct route_error_pages *pages =
        server->outside ? NULL : settings_pages(model, server, NULL);
    for (int https = model->settings->no_http; https < 2; https++) {
        struct entry *entry = route_table_add(model->run, table);
        entry->gateway = model->gateway;
        entry->https = https == 1;
        entry->port = https ? 443 : 80;
        entry->host = name->host;
        entry->rules = https ? name->https_rules : name->rules;
        entry->origin = server->origin;
        entry->unknown = model->frozen;
        entry->client = server->client;
        entry->refusal = refusal;
        entry->refusal_unknown = doubt;
        entry->refusal_pages = pages;
        if (https) {
            entry->certificate = shown(model, &name->certificate);
            /* nginx.tmpl: on the default server only, so a name without a server gets no TLS at all */
            bool refused = name->host.kind == HOST_ANY && model->settings->reject_handshake;
            entry->kind = refused ? ENTRY_CLOSE : ENTRY_RULES;
        }
    }
}

/* The page that the status asks for stands in the servers of Ingresses alone (ngx_http_named_location). */
static void www_pages(struct model *model, struct rule *rule)
{
    struct texts statuses;
    int64_t number;
    rule->effects.error_pages = NULL;
    settings_statuses(model, &statuses);
    for (size_t i = 0; i < statuses.count; i++) {
        if (!slice_to_int(statuses.items[i], &number) || number != rule->effects.redirect->status) {
            continue;
        }
        struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
        *answer = (struct route_answer){
            .source = setting_source(model->settings, "custom-http-errors"),
            .status = 500,
            .reason = SLICE("the server of the redirect has no error page for its status")};
        rule->effects.redirect = NULL;
        rule->effects.answer = answer;
        return;
    }
}

/* Before 1.12 the port of https was written, where it is not the usual one (nginx.tmpl, $redirect_to). */
static bool writes_port(const struct settings *settings)
{
    return !version_default(settings->version, "port in redirects between names").ptr;
}

/* With use-forwarded-headers scheme and port are what the headers say. */
static struct template www_location(struct run *run, struct slice host, bool ports)
{
    struct part *parts = ARENA_ARRAY(run->arena, struct part, 4);
    parts[0] = (struct part){PART_HEADER_ELSE, PART_SCHEME, SLICE("X-Forwarded-Proto")};
    parts[1] = (struct part){
        PART_TEXT, 0, ARENA_JOIN(run->arena, SLICE("://"), host, ports ? SLICE(":") : SLICE(""))};
    parts[2] = (struct part){PART_HEADER_ELSE, PART_PORT, SLICE("X-Forwarded-Port")};
    parts[2 + ports] = (struct part){PART_TARGET, 0, SLICE_ABSENT};
    return (struct template){parts, 3 + (size_t)ports};
}

/* lua/nginx/ngx_srv_redirect.lua: the port is always written. The server has no certificate of its own unless
 * its host's names it. */
static void add_www(struct model *model, const struct server *server, struct route_table *table)
{
    struct run *run = model->run;
    if (!server->www.name.ptr || slice_is(server->host, "_")) {
        return;
    }
    bool has_www = slice_starts(server->host, SLICE("www."));
    bool ports = writes_port(model->settings);
    struct slice other = has_www ? slice_sub(server->host, 4, server->host.len)
                                 : ARENA_JOIN(run->arena, SLICE("www."), server->host);
    if (model_server(model, other)) {
        return;
    }
    struct server www = *server;
    www.client = NULL;
    www.outside = true;
    struct rule_list *list = ARENA_NEW(run->arena, struct rule_list);
    blocked_rules(model, &www, table, list);
    struct rule *rule = rule_list_add(run, list);
    struct route_redirect *redirect = ARENA_NEW(run->arena, struct route_redirect);
    *redirect =
        (struct route_redirect){.source = server->www,
                                .status = model->settings->http_redirect_code,
                                .host_from = REDIRECT_HOST_GIVEN,
                                .host = server->host,
                                .port_from = ports ? REDIRECT_PORT_ALWAYS : REDIRECT_PORT_NONE,
                                .keep_query = true,
                                .strip_slash = true};
    *rule = (struct rule){.match = {.path = {.kind = PATH_PREFIX_ELEMENT, .value = SLICE("/")}},
                          .effects = {.redirect = redirect},
                          .unknown = model->settings->unknown,
                          .origin = server->www_origin};
    if (model->settings->use_forwarded_headers) {
        redirect->location = www_location(run, server->host, ports);
    }
    note_ports(model, server->www, rule);
    rule_outside_locations(model, &www, rule, -1);
    www_pages(model, rule);
    struct name name = {&www, other, {HOST_EXACT, other, NULL}, server->certificate, list, list, 0};
    if (!certificate_covers(model, server, other)) { /* pkg/util/ingress, BuildRedirects */
        name.certificate = certificate_of(model, other);
    }
    add_entries(model, &name, table);
}

/* exact names, wildcards in front, wildcards at the end, expressions (ngx_http_find_virtual_server) */
enum { RANK_EXACT, RANK_WILDCARD, RANK_TAIL, RANK_EXPRESSION, RANK_ANY };
static int rank(const struct name *name)
{
    static const int ranks[] = {[HOST_EXACT] = RANK_EXACT,
                                [HOST_SUFFIX] = RANK_WILDCARD,
                                [HOST_ONE_LABEL] = RANK_EXPRESSION,
                                [HOST_REGEX] = RANK_EXPRESSION,
                                [HOST_ANY] = RANK_ANY};
    return is_tail(name->text) ? RANK_TAIL : ranks[name->host.kind];
}

/* exact names, then the longest native wildcard, then regular expressions in the order of the file, which
 * is that of host names */
static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    const struct name *x = a, *y = b;
    int order = x->rank - y->rank;
    bool wild = x->rank == RANK_WILDCARD || x->rank == RANK_TAIL;
    if (order == 0 && wild && x->host.name.len != y->host.name.len) {
        order = x->host.name.len > y->host.name.len ? -1 : 1;
    }
    return order ? order : slice_compare(x->server->host, y->server->host);
}

static void write_rules(struct model *model, struct route_table *table, struct name *name)
{
    struct view_of view = {.host = name->text};
    view.certified = model_redirects(model, view.host);
    view.doubtful = slice_starts(view.host, SLICE("~")) && map_count(model->certified) > 0;
    name->rules = name->https_rules = server_rules(model, name->server, &view, table);
    if (name->server->asks_scheme) {
        view.https = true;
        name->https_rules = server_rules(model, name->server, &view, table);
    }
}

static void add_name(struct model *model, struct route_table *table, struct name name,
                     const struct name *like, struct name *out)
{
    *out = name;
    out->rank = rank(out);
    /* an alias differs from its host where only one of both has a certificate */
    if (like && name.host.kind != HOST_REGEX && !name.server->asks_host &&
        model_redirects(model, like->text) == model_redirects(model, name.text)) {
        out->rules = like->rules;
        out->https_rules = like->https_rules;
    } else {
        write_rules(model, table, out);
    }
}

/* A host that a condition names is asked of the server that many names lead to: it gets an entry of its own,
 * for which the condition holds. Returns how many there are then. */
static size_t add_asked(struct model *model, struct route_table *table, const struct texts *hosts,
                        struct name *names, size_t count)
{
    size_t named = count;
    for (size_t h = 0; h < hosts->count; h++) {
        struct slice host = hosts->items[h];
        bool plain = host.len && host_accepted(host) && !slice_starts(host, SLICE("~")) &&
                     slice_find(host, '*', 0) == host.len &&
                     slice_equal(host, arena_lower(model->run->arena, host));
        size_t at = 0;
        while (at < named && plain && !host_pattern_matches(&names[at].host, host)) {
            at++;
        }
        bool asked =
            plain && at < named && names[at].host.kind != HOST_EXACT && names[at].server->asks_host;
        for (size_t i = named; i < count && asked; i++) {
            asked = !slice_equal(names[i].text, host);
        }
        if (asked) {
            const struct name name = {names[at].server,
                                      host,
                                      {HOST_EXACT, host, NULL},
                                      certificate_of(model, host),
                                      NULL,
                                      NULL,
                                      0};
            add_name(model, table, name, NULL, &names[count++]);
        }
    }
    return count;
}

/* Servers that http-snippet has, which stand before all others: what they answer is not known. */
static void add_foreign(struct model *model, struct route_table *table)
{
    struct snippet snippet;
    snippet_read(model->run, SNIPPET_HTTP, model->settings->http_snippet, NULL, &snippet);
    for (size_t i = 0; i < 2 * snippet.servers.count; i++) {
        struct entry *entry = route_table_add(model->run, table);
        struct slice name = snippet.servers.items[i / 2];
        entry->gateway = model->gateway;
        entry->https = i % 2;
        entry->port = entry->https ? 443 : 80;
        entry->host = (struct host_pattern){HOST_EXACT, name, NULL};
        entry->unknown = unknown_add(model->run, model->frozen, ASPECT_ROUTING,
                                     setting_source(model->settings, "http-snippet"),
                                     arena_printf(model->run->arena,
                                                  "what the server '" SLICE_FMT
                                                  "' of setting 'http-snippet' does is not "
                                                  "understood",
                                                  SLICE_ARG(name)));
    }
}

void model_write(struct model *model, struct route_table *table)
{
    size_t count = 0, most = model->server_count;
    struct texts hosts = {0};
    size_t capacity = 0;
    for (size_t i = 0; i < model->server_count; i++) {
        most += model->servers[i]->alias_count;
        snippets_survey(model, model->servers[i], &hosts.items, &hosts.count, &capacity);
    }
    most += hosts.count;
    struct name *names = ARENA_ARRAY(model->scratch, struct name, most);
    for (size_t i = 0; i < model->server_count; i++) {
        struct server *server = model->servers[i];
        server_ahead(model, i);
        struct name host = {server,
                            server->host,
                            pattern_of(model, server, server->host, false, table),
                            certificate_of(model, server->host),
                            NULL,
                            NULL,
                            0};
        const struct name *first = &names[count];
        add_name(model, table, host, NULL, &names[count++]);
        for (size_t a = 0; a < server->alias_count; a++) {
            struct slice alias = server->aliases[a];
            struct name name = {server,
                                alias,
                                pattern_of(model, server, alias, true, table),
                                certificate_of(model, alias),
                                NULL,
                                NULL,
                                0};
            add_name(model, table, name, first, &names[count++]);
        }
    }
    sort_stable(model->scratch, names, count, sizeof *names, compare_names, NULL);
    size_t all = add_asked(model, table, &hosts, names, count);
    if (all > count) {
        count = all;
        sort_stable(model->scratch, names, count, sizeof *names, compare_names, NULL);
    }
    route_table_reserve(model->run, table, 2 * count);
    add_foreign(model, table);
    /* these servers stand first in the file, so they win against an alias of the same name */
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(names[i].text, names[i].server->host)) {
            add_www(model, names[i].server, table);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (i + STEPS_AHEAD < count) {
            memory_ahead(names[i + STEPS_AHEAD].server, sizeof(struct server));
        }
        add_entries(model, &names[i], table);
    }
}
