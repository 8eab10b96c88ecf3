#include "compare/compare_priv.h"

#define DOMAIN_HOSTS                                                                               \
    "every name in the rules of either side, one and two labels under each wildcard, and names "   \
    "that no rule has, in small letters without port or dot at the end; over TLS the name in the " \
    "handshake is the one in the Host header; "                                                    \
    "HTTP/1.1 "                                                                                    \
    "and later"
#define DOMAIN_PATHS                                                                               \
    "every path that starts with '/', however it is written, but none with a segment '..', with "  \
    "'%00' or with an escape that is none; lines that both data planes have room for"
#define DOMAIN_REST                                                                                \
    "every method but TRACE and CONNECT",                                                          \
        "headers, query parameters and cookies that rules test: absent, or once with printable "   \
        "ASCII, spelled as the rule spells the name",                                              \
        "clients in and outside of every list of addresses, with and without a certificate; "      \
        "bodies within and beyond every limit; no header that names another client, host or "      \
        "scheme"
static const char *const domain[] = {DOMAIN_HOSTS, DOMAIN_PATHS, DOMAIN_REST, NULL};
static const char *const domain_without_slashes[] = {
    DOMAIN_HOSTS, DOMAIN_PATHS ", nor with '%2F' or '%5C', to which a side answers with a redirect",
    DOMAIN_REST, NULL};

/* A side that redirects escaped slashes does so before it looks at its rules. */
static const char *const *domain_of(const struct route_table *a, const struct route_table *b)
{
    return a->view.escaped_slash_status || b->view.escaped_slash_status ? domain_without_slashes
                                                                        : domain;
}

static const char *const probes[] = {
    "paths with a segment '..', also escaped",
    "connections whose TLS handshake names another host, one that no rule has, or none",
    "HTTP/1.0, and requests of HTTP/1.1 without a Host",
    "a Host in capitals, with a port, or with a dot at its end", NULL};

static const char *const assumptions[] = {
    "credentials that are there are good, and limits that depend on other requests are not reached",
    "a port that cannot be looked up in the input is the same on both sides",
    "a header whose value cannot be known from the input is compared by whether it is there",
    "what no field names is left out: TLS versions and ciphers, sizes of buffers, access logs",
    NULL};

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"equivalent", "unproven", "different"};
    return names[verdict];
}

bool aspect_is_open(const struct aspect_verdict *aspect)
{
    return aspect->reason.ptr != NULL;
}

enum verdict comparison_verdict(const struct comparison *comparison)
{
    enum verdict worst = comparison->classes ? VERDICT_EQUIVALENT : VERDICT_UNPROVEN;
    for (size_t i = 0; i < comparison->host_count; i++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            enum verdict verdict = comparison->hosts[i].aspects[a].verdict;
            worst = comparison->aspects[a] && verdict > worst ? verdict : worst;
        }
    }
    return worst;
}

void compare_ask(const struct classes *classes, const struct request *request,
                 struct outcome *before, struct outcome *after)
{
    struct request asked = *request;
    asked.gateway = classes->gateway[0];
    evaluate(classes->comparer->side[0].evaluator, classes->scratch, &asked, before);
    asked.gateway = classes->gateway[1];
    evaluate(classes->comparer->side[1].evaluator, classes->scratch, &asked, after);
}

/* Neither side has rules: a tunnel, a closed connection, or nobody listens. */
static void compare_connection(struct classes *classes, const struct outcome *before,
                               const struct outcome *after)
{
    struct host_verdict *verdict = classes->verdict;
    bool unknown = before->kind == OUTCOME_UNKNOWN || after->kind == OUTCOME_UNKNOWN;
    verdict->classes++;
    verdict->agreed += classes_judge(classes, classes->start, before, after);
    verdict->unknown += unknown;
}

static bool has_rules(const struct outcome *outcome)
{
    return outcome->entry && outcome->entry->kind == ENTRY_RULES;
}

/* The same rules under the same reading: no request can tell the sides apart, and none has to be tried. One class is
 * counted for each rule. */
static bool have_same_rules(const struct comparer *comparer, const struct outcome *before,
                            const struct outcome *after, struct host_verdict *verdict)
{
    if (!comparer->alike || !has_rules(before) || !has_rules(after) ||
        !entries_alike(before->entry, after->entry)) {
        return false;
    }
    size_t rules = 1; /* and what no rule takes */
    for (const struct rule_list *list = before->entry->rules; list; list = list->next) {
        rules += list->count;
    }
    verdict->classes += rules;
    verdict->agreed += rules;
    return true;
}

/* A side without rules says the same to every path, as one without entry does. */
void compare_rules(struct classes *classes, const struct outcome *before,
                   const struct outcome *after)
{
    struct comparer *comparer = classes->comparer;
    const struct outcome *const outcomes[] = {before, after};
    language_set_close(classes->set);
    classes->set = language_set_open(comparer->run->arena, &comparer->limits);
    for (size_t side = 0; side < 2; side++) {
        const struct entry *entry = outcomes[side]->entry;
        side_rules_make(comparer->run, classes->arena, classes->set, comparer->side[side].table,
                        has_rules(outcomes[side]) ? entry : NULL, &classes->side[side]);
    }
    classes_compare(classes);
}

/* What is asked for: names at addresses. */
struct asking {
    struct comparer *comparer;
    const struct targets *targets;
    const struct target_host *host;
    struct host_verdict *verdict;
};

/* All requests to one name at one listener; `at` has a data plane, or Gateway, for each side: absent, it is the one
 * that knows the name best. */
static void compare_name(const struct asking *asking, struct slice name, const struct slice at[2],
                         const struct listener *listener)
{
    struct comparer *comparer = asking->comparer;
    struct host_verdict *verdict = asking->verdict;
    struct slice scheme = slice_of(listener->https ? "https" : transport_name(listener->transport));
    struct request start = {.scheme = scheme,
                            .host = name,
                            .port = listener->port,
                            .client_text = SLICE("192.0.2.10")}; /* RFC 5737, TEST-NET-1 */
    (void)address_parse(start.client_text, &start.client);
    request_defaults(&start);
    struct arena *arena = arena_open_like(comparer->run->arena);
    struct classes classes = {.comparer = comparer,
                              .arena = arena,
                              .scratch = arena_open_like(comparer->run->arena),
                              .seen = map_new(arena),
                              .start = &start,
                              .verdict = verdict,
                              .gateway = {at[0], at[1]},
                              .most = comparer->most,
                              .same_view = comparer->same_view};
    struct outcome before, after;
    compare_ask(&classes, &start, &before, &after);
    classes.gateway[0] = before.gateway;
    classes.gateway[1] = after.gateway;
    if (have_same_rules(comparer, &before, &after, verdict)) {
        /* nothing is left to compare */
    } else if (has_rules(&before) || has_rules(&after)) {
        compare_rules(&classes, &before, &after);
    } else if (before.entry || after.entry || before.kind == OUTCOME_UNKNOWN ||
               after.kind == OUTCOME_UNKNOWN) {
        compare_connection(&classes, &before, &after);
    }
    if (listener->transport == TRANSPORT_HTTP) {
        connections_compare(&classes, asking->targets, asking->host);
    }
    language_set_close(classes.set);
    arena_close(classes.scratch);
    arena_close(arena);
}

static void compare_listeners(const struct asking *asking, struct slice name,
                              const struct slice at[2])
{
    for (size_t i = 0; i < asking->targets->listener_count; i++) {
        compare_name(asking, name, at, &asking->targets->listeners[i]);
    }
}

static bool same_names(const struct texts *a, const struct texts *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        if (!slice_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

/* A name that nobody has may be asked for at each address. Where the sides have Gateways of the same names, each is
 * compared with its own; where one side has one, that one is compared with each of the others. */
static void compare_addresses(const struct asking *asking, struct slice name)
{
    const struct texts *before = &asking->targets->gateways[0],
                       *after = &asking->targets->gateways[1];
    const struct slice any[] = {SLICE_ABSENT, SLICE_ABSENT};
    bool paired = same_names(before, after), single = before->count == 1 || after->count == 1;
    if (!before->count || !after->count || (!paired && !single)) {
        compare_listeners(asking, name, any);
        return;
    }
    for (size_t i = 0; i < before->count; i++) {
        for (size_t j = 0; j < after->count; j++) {
            const struct slice at[] = {before->items[i], after->items[j]};
            if (!paired || i == j) {
                compare_listeners(asking, name, at);
            }
        }
    }
}

static void compare_host(struct comparer *comparer, const struct targets *targets,
                         const struct target_host *host, struct host_verdict *verdict)
{
    const struct slice any[] = {SLICE_ABSENT, SLICE_ABSENT};
    const struct asking asking = {comparer, targets, host, verdict};
    *verdict = (struct host_verdict){.host = host->name};
    if (comparer->connections.ptr) {
        verdict_open(verdict, 1u << ASPECT_ROUTING, comparer->connections);
    }
    for (size_t name = 0; name < host->name_count; name++) {
        if (host->unknown) {
            compare_addresses(&asking, host->names[name]);
        } else {
            compare_listeners(&asking, host->names[name], any);
        }
    }
    if (host->sampled) {
        verdict_open(verdict, ~0u, SLICE("the names come from an expression; one was tried"));
    }
    comparer->out->classes += verdict->classes;
    comparer->out->agreed += verdict->agreed;
    comparer->out->unknown += verdict->unknown;
    comparer->out->probed += verdict->probed;
}

void compare_sides(struct run *run, const struct evaluator *before,
                   const struct route_table *before_table, const struct evaluator *after,
                   const struct route_table *after_table, const struct compare_options *options,
                   struct comparison *out)
{
    *out = (struct comparison){.before = before_table->label,
                               .after = after_table->label,
                               .domain = domain_of(before_table, after_table),
                               .probes = probes,
                               .assumptions = assumptions};
    bool same_plane =
        before_table->plane.len && slice_equal(before_table->plane, after_table->plane);
    struct comparer comparer = {
        .run = run,
        .side = {{before, before_table}, {after, after_table}},
        .out = out,
        .most = classes_limit(options),
        .connections = connections_reason(run->arena, &before_table->view, &after_table->view),
        .same_view = targets_read_alike(&before_table->view, &after_table->view),
        .alike = route_tables_alike(before_table, after_table),
        .same_plane = same_plane};
    comparer.limits = (struct language_limits){
        .states = options->limits.states ? options->limits.states : 1000000,
        .bytes = options->limits.bytes ? options->limits.bytes : (size_t)1 << 30};
    sides_init(run->arena, before_table, after_table, options, &comparer.sides);
    comparer.findings = findings_new(run, &comparer.sides, same_plane);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        out->aspects[a] = comparer.sides.aspects >> a & 1;
    }
    struct targets targets;
    targets_collect(run, before_table, after_table, &targets);
    out->hosts = ARENA_ARRAY(run->arena, struct host_verdict, targets.host_count);
    for (size_t i = 0; i < targets.host_count; i++) {
        struct host_verdict verdict;
        compare_host(&comparer, &targets, &targets.hosts[i], &verdict);
        if (verdict.classes) {
            out->hosts[out->host_count++] = verdict;
        }
    }
    findings_finish(comparer.findings, before, after, out);
}
