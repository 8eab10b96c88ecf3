#include "evaluate/evaluate_priv.h"

struct evaluator *evaluator_new(struct run *run, const struct route_table *table)
{
    struct evaluator *evaluator = ARENA_NEW(run->arena, struct evaluator);
    *evaluator = (struct evaluator){.table = table,
                                    .index = entry_index_new(run, table),
                                    .rules = rule_index_new(run, table),
                                    .assumptions = run->assumptions,
                                    .assumption_count = run->assumption_count};
    return evaluator;
}

const char *outcome_name(enum outcome_kind kind)
{
    static const char *const names[] = {"forward", "redirect", "respond",
                                        "tunnel",  "close",    "unknown"};
    return names[kind];
}

/* ---- what is not known -------------------------------------------------------------------- */

/* The first list followed by the second; copied only where both have something. */
static const struct unknown *unknown_join(struct arena *arena, const struct unknown *first,
                                          const struct unknown *second)
{
    if (!first || !second) {
        return first ? first : second;
    }
    size_t count = 0;
    for (const struct unknown *u = first; u; u = u->next) {
        count++;
    }
    struct unknown *copies = ARENA_ARRAY(arena, struct unknown, count);
    for (size_t i = 0; i < count; i++, first = first->next) {
        copies[i] = *first;
        copies[i].next = i + 1 < count ? &copies[i + 1] : second;
    }
    return copies;
}

bool has_unknown(const struct context *context, enum aspect aspect)
{
    for (const struct unknown *u = context->unknown; u; u = u->next) {
        if (u->aspect == aspect) {
            return true;
        }
    }
    return false;
}

void note_untold(struct context *context, enum untold_kind kind, struct slice name,
                 const struct match *match)
{
    if (context->request->open) {
        struct untold *untold = ARENA_NEW(context->arena, struct untold);
        *untold = (struct untold){kind, name, match, context->untold};
        context->untold = untold;
    }
}

static bool decides_outcome(enum aspect aspect)
{
    return aspect == ASPECT_ROUTING || aspect == ASPECT_REDIRECT || aspect == ASPECT_PROTECTION;
}

static void become_unknown(struct outcome *out, const char *reason)
{
    out->kind = OUTCOME_UNKNOWN;
    out->status = 0;
    out->reason = slice_of(reason);
}

/* True when something unknown stands between the request and any outcome. What is unknown otherwise is
 * handed on with the outcome. */
static bool unknown_decides(const struct context *context, struct outcome *out)
{
    out->unknown = context->unknown;
    for (const struct unknown *u = context->unknown; u; u = u->next) {
        if (decides_outcome(u->aspect)) {
            become_unknown(out, "");
            out->reason = u->reason;
            return true;
        }
    }
    return false;
}

/* ---- before a rule is looked for ---------------------------------------------------------- */

bool respond(struct outcome *out, int64_t status, struct slice reason)
{
    out->kind = OUTCOME_RESPOND;
    out->status = status;
    out->reason = reason;
    return true;
}

static bool is_odd(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alphanumeric(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '_') {
            return true;
        }
    }
    return false;
}

/* Drops or refuses headers with "_" as the view says; false when the request is refused. */
static bool admit_headers(struct context *context)
{
    const struct headers *sent = &context->request->headers;
    const struct view *view = &context->table->view;
    if (view->underscores == UNDERSCORES_KEPT && !view->drops_odd_headers) {
        context->headers = *sent;
        return true;
    }
    for (size_t i = 0; i < sent->count; i++) {
        struct slice name = sent->items[i].name;
        bool plain = slice_find(name, '_', 0) == name.len || view->underscores == UNDERSCORES_KEPT;
        if (plain && !(view->drops_odd_headers && is_odd(name))) {
            headers_add(context->arena, &context->headers, name, sent->items[i].value);
        } else if (!plain && view->underscores == UNDERSCORES_REJECTED) {
            return false;
        }
    }
    return true;
}

/* Splits the target and brings its path into the normal form; true when the data plane answers. */
static bool path_refused(struct context *context, struct outcome *out)
{
    const struct view *view = &context->table->view;
    struct slice target = context->request->target;
    if (view->cut_fragment) {
        target = slice_sub(target, 0, slice_find(target, '#', 0));
    }
    target_split(target, &context->raw_path, &context->query);
    context->path = context->raw_path;
    if (slashes_redirected(context, out)) {
        return true;
    }
    context->pathless = true; /* until its path is known to be one */
    switch (path_normalise(context->arena, context->raw_path, &view->match_form, &context->path)) {
    case NORMALISE_OK:
        break;
    case NORMALISE_ABOVE_ROOT:
        if (view->above_root_status) {
            return respond(out, view->above_root_status, SLICE("the path climbs above '/'"));
        }
        break;
    case NORMALISE_BAD_ESCAPE:
        if (view->bad_escape_status) {
            return respond(out, view->bad_escape_status,
                           SLICE("the path has a bad percent-escape"));
        }
        break;
    }
    context->pathless = false;
    return false;
}

/* Of the headers. The request line comes before them, so a path that is none has been seen by then, and an error page
 * for either has no path to go by. */
static bool refused_by_header(struct context *context, int64_t status, const char *reason,
                              struct outcome *out)
{
    struct outcome line = {0};
    (void)path_refused(context, &line);
    return respond(out, status, slice_of(reason));
}

/* "GET /x HTTP/1.1", and "name: value", each with the two bytes at its end (ngx_http_alloc_large_header_buffer). */
static bool too_long(struct context *context, struct outcome *out)
{
    const struct request *request = context->request;
    const struct view *view = &context->table->view;
    uint64_t most = view->line_bytes;
    uint64_t line = request->method.len + request->target.len + sizeof "  HTTP/1.1\r\n" - 1;
    uint64_t longest = line;
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct header *header = &request->headers.items[i];
        uint64_t bytes = header->name.len + header->value.len + sizeof ": \r\n" - 1;
        longest = bytes > longest ? bytes : longest;
    }
    if (!most || longest <= most) {
        return false;
    }
    if (longest <= view->line_bytes_open) {
        become_unknown(out, "whether there is room for so long a line hangs on the server");
        return true;
    }
    if (line > most) {
        context->pathless = true;
        return respond(out, 414, SLICE("the request line is too long"));
    }
    return refused_by_header(context, 400, "the line of a header is too long", out);
}

static bool is_old(const struct request *request)
{
    return slice_is(request->protocol, "h1.0");
}

/* What the data plane answers before it looks for a rule; true when it does. */
static bool refused(struct context *context, struct outcome *out)
{
    const struct view *view = &context->table->view;
    struct slice host = context->request->host, method = context->request->method;
    bool old = is_old(context->request);
    if (old && view->old_http_status) {
        return respond(out, view->old_http_status, SLICE("the data plane takes no HTTP/1.0"));
    }
    if (too_long(context, out)) {
        return true;
    }
    if (!host.len && !old && view->missing_host_status) {
        return refused_by_header(context, view->missing_host_status, "the request has no Host",
                                 out);
    }
    if (host.len && view->bad_host_status && !host_accepted(host)) {
        return refused_by_header(context, view->bad_host_status, "the Host is no name", out);
    }
    if (!admit_headers(context)) {
        return respond(out, 400, SLICE("a header's name holds '_'"));
    }
    find_client(context);
    if (path_refused(context, out)) {
        return true;
    }
    bool bad = slice_is(method, "TRACE") || slice_is(method, "CONNECT");
    return bad && view->bad_method_status &&
           respond(out, view->bad_method_status, SLICE("the data plane takes no such method"));
}

/* ---- rules -------------------------------------------------------------------------------- */

/* Matching it once more gives its captures. */
static const struct rule *given_rule(struct context *context)
{
    const struct rule *rule = context->rule;
    bool holds = !rule || match_holds(context, &rule->match);
    if (!holds && !context->trouble) {
        context->trouble = "the rule that was said to match does not";
    }
    return rule;
}

const struct rule *find_rule(struct context *context, const struct rule_list *list)
{
    if (context->rule_given) {
        return given_rule(context);
    }
    const struct rule *found = NULL;
    for (; list; list = list->next) {
        if (rule_index_find(context, context->evaluator->rules, list, &found)) {
            break;
        }
    }
    return found;
}

static void effects_in_force(const struct effects *platform, const struct effects *rule,
                             struct effects *out)
{
#define EFFECT(id, type, aspect, impact, text) out->id = rule->id ? rule->id : platform->id;
#include "route/effects.def"
#undef EFFECT
}

/* A body that is too large, and a preflight, are answered before most of what sets headers has run. */
static void early_headers(struct context *context, struct outcome *out)
{
    const struct route_body_limit *limit = out->effects.body_limit;
    if (limit && limit->own_headers) {
        const struct route_header_edits own = {.edits = limit->response};
        headers_edit(context, &own, &out->response);
    } else {
        headers_edit(context, context->rule->effects.response_headers, &out->response);
    }
}

/* Headers of an answer that the data plane gives itself. */
static void answer_headers(struct context *context, struct outcome *out)
{
    if (out->decided_by == EFFECT_error_pages) {
        return; /* the error page has its own */
    }
    context->status = out->status;
    headers_edit(context, context->table->platform.response_headers, &out->response);
    bool early = out->decided_by == EFFECT_body_limit || out->decided_by == EFFECT_cors;
    if (context->rule && early) {
        early_headers(context, out);
    } else if (context->rule) {
        headers_edit(context, context->rule->effects.response_headers, &out->response);
        cors_headers(context, out->effects.cors, &out->response);
    }
    headers_doubt(context, &out->response);
}

static void apply_rule(struct context *context, struct outcome *out)
{
    const struct route_table *table = context->table;
    effects_in_force(&table->platform, &context->rule->effects, &out->effects);
    for (size_t i = 0; i < table->gate_count; i++) {
        if (gate_answers(context, table->gates[i], out)) {
            (void)error_page(context, out);
            return;
        }
    }
    /* What stands behind the data plane answers in the place of a backend. */
    context->gates_passed = true;
    if (!gate_answers(context, EFFECT_answer, out)) {
        forward(context, out);
    }
    (void)error_page(context, out);
}

static void apply_rules(struct context *context, const struct entry *entry, struct outcome *out)
{
    const struct rule *rule = context->table->view.form_open ? find_open_rule(context, entry->rules)
                                                             : find_rule(context, entry->rules);
    if (context->trouble) {
        out->unknown = context->unknown;
        become_unknown(out, context->trouble);
        return;
    }
    out->rule = context->rule = rule;
    if (rule) {
        context->unknown = unknown_join(context->arena, rule->unknown, context->unknown);
    }
    if (unknown_decides(context, out)) {
        return;
    }
    if (rule) {
        apply_rule(context, out);
    } else {
        respond(out, context->table->no_rule_status, SLICE("no rule matches"));
    }
    if (out->kind == OUTCOME_RESPOND || out->kind == OUTCOME_REDIRECT) {
        answer_headers(context, out);
    }
}

/* ---- entries ------------------------------------------------------------------------------ */

/* Bytes are handed through by the name in the TLS handshake, or by the port; a share whose backend does not serve is
 * closed, which its status says. */
static void tunnel(struct context *context, const struct entry *entry, struct outcome *out)
{
    size_t serving = 0;
    out->backends = ARENA_ARRAY(context->arena, struct outcome_backend, entry->tunnel_count);
    for (size_t i = 0; i < entry->tunnel_count; i++) {
        const struct backend *backend = &entry->tunnel[i];
        if (backend->weight) {
            serving += backend->status == 0;
            out->backends[out->backend_count++] =
                (struct outcome_backend){.namespace = backend->namespace,
                                         .service = backend->service,
                                         .port = backend->port,
                                         .status = backend->status,
                                         .weight = backend->weight};
        }
    }
    out->kind = serving ? OUTCOME_TUNNEL : OUTCOME_CLOSE;
    if (!serving) {
        out->backend_count = 0;
        out->reason = SLICE("the tunnel has no backend that may get connections");
    }
}

static enum lane lane_of(struct slice scheme)
{
    return slice_is(scheme, "https") ? LANE_HTTPS
           : slice_is(scheme, "tcp") ? LANE_TCP
           : slice_is(scheme, "udp") ? LANE_UDP
                                     : LANE_HTTP;
}

/* The entry of the name in the handshake, or of no name by plain http. */
static const struct entry *named_entry(const struct context *context, const struct entry *entry)
{
    struct slice sni =
        context->https ? host_normalise(context->arena, context->request->sni) : SLICE_ABSENT;
    const struct entry_query query = {.gateway = entry ? entry->gateway : context->request->gateway,
                                      .lane = lane_of(context->request->scheme),
                                      .port = context->request->port,
                                      .host = sni,
                                      .sni = sni};
    bool bounded = false;
    return entry_index_find(context->evaluator->index, &query, &bounded);
}

static bool asks_for_certificate(const struct entry *entry)
{
    return entry->client && entry->client->demand != DEMAND_NONE;
}

/* nginx finds the certificate, and whether it asks for one, by the name in the handshake, and the rules by the Host; a
 * name that it has no server for counts as none (ngx_http_ssl_servername, ngx_http_set_virtual_server). */
static void read_handshake(struct context *context, const struct entry *entry, struct outcome *out)
{
    struct slice sni = host_normalise(context->arena, context->request->sni);
    out->certificate = entry && entry->https ? &entry->certificate : NULL;
    if (!entry || !entry->https || entry->sni.kind != HOST_ANY || slice_equal(sni, context->host)) {
        return;
    }
    const struct entry *named = named_entry(context, entry);
    out->certificate = named ? &named->certificate : NULL;
    if (context->table->view.misdirected_status) {
        context->misdirected = sni.len && named && named->host.kind != HOST_ANY;
        context->unasked = !named || !asks_for_certificate(named);
    }
}

/* A request that cannot be read is answered before its host is known. */
static void refusal_headers(struct context *context, const struct entry *entry, struct outcome *out)
{
    if (out->status != context->table->view.bad_method_status) {
        entry = named_entry(context, entry);
    }
    context->status = out->status;
    context->early = out->status != context->table->view.bad_method_status;
    headers_edit(context, entry ? entry->refusal : NULL, &out->response);
    if (entry) {
        context->unknown = unknown_join(context->arena, entry->refusal_unknown, context->unknown);
        out->effects.error_pages = entry->refusal_pages;
        (void)error_page(context, out);
    }
}

/* The certificate that the Host asks for was not asked for when the connection was made. */
static bool is_misdirected(const struct context *context, const struct entry *entry,
                           struct outcome *out)
{
    return context->misdirected && entry && asks_for_certificate(entry) &&
           respond(out, context->table->view.misdirected_status,
                   SLICE("the Host asks for certificates, and TLS was set up for another name"));
}

static void serve_http(struct context *context, const struct entry *entry, struct outcome *out)
{
    if (entry && entry->client && handshake_refused(context, entry->client, out)) {
        (void)unknown_decides(context, out);
    } else if (refused(context, out) || is_misdirected(context, entry, out)) {
        refusal_headers(context, entry, out);
        (void)unknown_decides(context, out);
    } else if (entry && entry->client && client_refused(context, entry->client, out)) {
        answer_headers(context, out);
        (void)unknown_decides(context, out);
    } else if (entry) {
        apply_rules(context, entry, out);
    } else if (!unknown_decides(context, out)) {
        respond(out, context->table->no_rule_status, SLICE("no data plane listens for this host"));
    }
}

/* A Gateway whose routes are gone still listens; where nothing does, no connection comes about. */
static bool listens_by(const struct context *context, enum lane lane)
{
    const struct entry_query query = {
        .gateway = context->request->gateway, .lane = lane, .port = context->request->port};
    return entry_index_listens(context->evaluator->index, &query);
}

static bool listens(const struct context *context)
{
    return listens_by(context, lane_of(context->request->scheme));
}

static bool is_plain_on_tls(const struct context *context)
{
    return context->table->view.plain_http_status && slice_is(context->request->scheme, "http") &&
           listens_by(context, LANE_HTTPS);
}

static void serve(struct context *context, const struct entry *entry, struct outcome *out)
{
    if (entry && entry->kind == ENTRY_RULES) {
        serve_http(context, entry, out);
    } else if (!entry && slice_is(context->request->scheme, "http") && listens(context)) {
        serve_http(context, NULL, out);
    } else if (unknown_decides(context, out)) {
        return;
    } else if (entry && entry->kind == ENTRY_TUNNEL) {
        tunnel(context, entry, out);
    } else if (is_plain_on_tls(context)) {
        respond(out, context->table->view.plain_http_status,
                SLICE("the port is one of https, and the request is plain http"));
    } else {
        out->kind = OUTCOME_CLOSE;
        out->reason = entry || listens(context)
                          ? SLICE_ABSENT
                          : SLICE("nothing listens on this port of the data plane");
    }
}

static bool has_dot(const struct request *request)
{
    struct slice host = slice_sub(request->host, 0, slice_find(request->host, ':', 0));
    return host.len > 1 && slice_ends(host, SLICE("."));
}

/* The Host as entries name it, and with its dot where that counts. */
static struct slice host_of(const struct evaluator *evaluator, struct arena *arena,
                            const struct request *request)
{
    struct slice host = host_normalise(arena, request->host);
    bool keeps = evaluator->table->view.host_dot == HOST_DOT_KEPT && has_dot(request);
    return keeps ? ARENA_JOIN(arena, host, SLICE(".")) : host;
}

static struct context context_of(const struct evaluator *evaluator, struct arena *arena,
                                 const struct request *request)
{
    /* a header that names the client is not read yet */
    static const struct address nobody = {.length = 0};
    bool peer = !evaluator->table->view.client_header.ptr;
    return (struct context){.evaluator = evaluator,
                            .table = evaluator->table,
                            .client = peer ? request->client : nobody,
                            .arena = arena,
                            .request = request,
                            .host = host_of(evaluator, arena, request),
                            .https = slice_is(request->scheme, "https")};
}

void evaluate(const struct evaluator *evaluator, struct arena *arena, const struct request *sent,
              struct outcome *out)
{
    const struct request *request = request_led(arena, &evaluator->table->view.leads, sent);
    struct context context = context_of(evaluator, arena, request);
    const struct entry_query query = {.gateway = request->gateway,
                                      .lane = lane_of(request->scheme),
                                      .port = request->port,
                                      .host = context.host,
                                      .sni = host_normalise(arena, request->sni)};
    bool bounded = false;
    const struct entry *entry = entry_index_find(evaluator->index, &query, &bounded);
    *out = (struct outcome){.decided_by = -1, .entry = entry};
    out->gateway = entry ? entry->gateway : request->gateway;
    context.unknown = unknown_join(arena, entry ? entry->unknown : NULL, evaluator->table->unknown);
    if (bounded) {
        out->unknown = context.unknown;
        become_unknown(out, "a regular expression for hosts ran into its bounds");
    } else if (evaluator->table->view.host_dot == HOST_DOT_OPEN && has_dot(request)) {
        become_unknown(out, "the standard leaves open what a dot at the end of a Host means");
    } else if (evaluator->table->view.old_http_status < 0 && is_old(request)) {
        become_unknown(out, "the standard leaves open whether HTTP/1.0 is served");
    } else if (!evaluator->table->view.old_http_status && is_old(request) && !request->host.len) {
        /* for nginx some variables then have the name of the server, and others nothing */
        become_unknown(out, "it is not known what stands for the Host that HTTP/1.0 may leave out");
    } else {
        read_handshake(&context, entry, out);
        serve(&context, entry, out);
    }
    out->untold = context.untold;
}

void evaluate_rule(const struct evaluator *evaluator, struct arena *arena,
                   const struct request *request, const struct entry *entry,
                   const struct rule *rule, struct outcome *out)
{
    struct context context = context_of(evaluator, arena, request);
    context.rule = rule;
    context.rule_given = true;
    *out = (struct outcome){.decided_by = -1, .entry = entry, .gateway = entry->gateway};
    context.unknown = unknown_join(arena, entry->unknown, evaluator->table->unknown);
    read_handshake(&context, entry, out);
    serve(&context, entry, out);
}
