#include "compare/compare_priv.h"

/* How a request comes, beside what it asks for: on a connection whose handshake named another host, or none, by
 * HTTP/1.0, or without a Host. Where both sides decide by what they go by otherwise, all that was proved holds; where
 * both go by other rules, those are compared; else a few requests are tried. */

enum { NAMES_MAX = 64, PATHS_MAX = 4, SEEN_MAX = 16 };

/* What a side goes by. */
struct ground {
    const struct entry *entry;
    const struct rule_list *rules;
    enum outcome_kind kind;
    int64_t status;
};
struct connections {
    struct classes *classes;
    const struct targets *targets;
    const struct target_host *host;
    struct ground plain[2];
    struct ground seen[SEEN_MAX][2]; /* of which requests were tried */
    size_t seen_count;
};

static struct ground ground_of(const struct outcome *outcome)
{
    return (struct ground){outcome->entry, outcome->entry ? outcome->entry->rules : NULL,
                           outcome->kind, outcome->status};
}

static bool same_ground(const struct ground *a, const struct ground *b)
{
    return a->rules == b->rules && a->kind == b->kind && a->status == b->status;
}

static bool is_seen(struct connections *c, const struct ground now[2])
{
    for (size_t i = 0; i < c->seen_count; i++) {
        if (same_ground(&c->seen[i][0], &now[0]) && same_ground(&c->seen[i][1], &now[1])) {
            return true;
        }
    }
    if (c->seen_count < SEEN_MAX) {
        c->seen[c->seen_count][0] = now[0];
        c->seen[c->seen_count++][1] = now[1];
    }
    return false;
}

/* Paths of rules, as far as they go. */
static void try_rules(struct connections *c, const struct request *start,
                      const struct rule_list *list)
{
    size_t tried = 0;
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count && tried < PATHS_MAX; i++) {
            struct slice path = path_match_start(&list->rules[i].match.path);
            if (slice_starts(path, SLICE("/")) && path.len > 1) {
                struct request request = *start;
                arena_clear(c->classes->scratch);
                request.target = path_escape(c->classes->scratch, path);
                classes_probe(c->classes, &request);
                tried++;
            }
        }
    }
}

static bool serves_by_rules(const struct ground *ground)
{
    return ground->entry && ground->entry->kind == ENTRY_RULES && ground->rules &&
           !(ground->rules->count && ground->rules->rules[0].implied);
}

static void compare_start(struct connections *c, const struct request *start)
{
    struct classes *classes = c->classes;
    struct outcome before, after;
    arena_clear(classes->scratch);
    compare_ask(classes, start, &before, &after);
    const struct ground now[] = {ground_of(&before), ground_of(&after)};
    bool changed[2];
    for (size_t side = 0; side < 2; side++) {
        changed[side] =
            now[side].entry != c->plain[side].entry || !same_ground(&now[side], &c->plain[side]);
    }
    bool alike = classes->comparer->alike && before.entry && after.entry &&
                 entries_alike(before.entry, after.entry);
    if (alike || (!changed[0] && !changed[1]) || is_seen(c, now)) {
        return;
    }
    const struct request *plain = classes->start;
    classes->start = start;
    /* of a Host in another spelling the spelling is what matters */
    bool served = serves_by_rules(&now[0]) && serves_by_rules(&now[1]) &&
                  slice_equal(start->host, plain->host);
    if (served && (now[0].rules != c->plain[0].rules || now[1].rules != c->plain[1].rules)) {
        compare_rules(classes, &before, &after);
    } else {
        classes_probe(classes, start);
        for (size_t side = 0; side < 2; side++) {
            try_rules(c, start, c->plain[side].rules);
        }
    }
    classes->start = plain;
}

/* Redirects may repeat a Host as it came, so that a port is tried whatever decides. */
static void compare_spellings(struct connections *c, const struct request *plain)
{
    struct classes *classes = c->classes;
    struct request start = *plain;
    start.host = in_capitals(classes->arena, plain->host);
    compare_start(c, &start);
    start.host = ARENA_JOIN(classes->arena, plain->host, SLICE("."));
    compare_start(c, &start);
    start.host = arena_printf(classes->arena, SLICE_FMT ":8080", SLICE_ARG(plain->host));
    arena_clear(classes->scratch);
    classes_probe(classes, &start);
}

static void compare_name(struct connections *c, const struct request *plain, struct slice name)
{
    struct request start = *plain;
    start.sni = name;
    compare_start(c, &start);
}

/* The names that others of the rules have, as far as there are not too many of them. */
static void compare_names(struct connections *c, const struct request *plain)
{
    const struct targets *targets = c->targets;
    size_t own = (size_t)(c->host - targets->hosts);
    compare_name(c, plain, SLICE(""));
    c->seen_count = 0; /* what names come to is told apart from what none comes to */
    for (size_t i = 0; i < targets->host_count && i < NAMES_MAX; i++) {
        const struct target_host *host = &targets->hosts[(own + i) % targets->host_count];
        for (size_t n = 0; n < host->name_count; n++) {
            if (host->https && !slice_equal(host->names[n], plain->host)) {
                compare_name(c, plain, host->names[n]);
            }
        }
    }
    if (!c->host->unknown) {
        compare_name(c, plain, UNKNOWN_NAME);
    }
}

static void compare_ways(struct connections *c, const struct request *plain)
{
    struct request old = *plain;
    struct outcome outcomes[2];
    compare_ask(c->classes, plain, &outcomes[0], &outcomes[1]);
    c->plain[0] = ground_of(&outcomes[0]);
    c->plain[1] = ground_of(&outcomes[1]);
    c->seen_count = 0;
    /* where nobody listens, no way to ask makes a difference */
    bool open = outcomes[0].kind != OUTCOME_CLOSE && outcomes[1].kind != OUTCOME_CLOSE;
    old.protocol = SLICE("h1.0");
    if (open) {
        compare_start(c, &old);
        compare_spellings(c, plain);
    }
    if (open && c->host->unknown) {
        struct request hostless = *plain;
        hostless.host = SLICE("");
        compare_start(c, &hostless);
    }
    if (slice_is(plain->scheme, "https")) {
        compare_names(c, plain);
    }
}

/* nginx closes a connection that begins without it (src/core/ngx_proxy_protocol.c), and who does not read it answers
 * 400 to the header or ends the handshake. What a load balancer sends is not in the input. */
struct slice connections_reason(struct arena *arena, const struct view *before,
                                const struct view *after)
{
    struct slice names[] = {before->proxy_protocol.name, after->proxy_protocol.name};
    const char *asks[] = {before->proxy_optional ? "may" : "have to",
                          after->proxy_optional ? "may" : "have to"};
    if (!names[0].ptr == !names[1].ptr && before->proxy_optional == after->proxy_optional) {
        return SLICE_ABSENT;
    }
    if (names[0].ptr && names[1].ptr) {
        return arena_printf(arena,
                            "connections %s begin with the PROXY protocol before ('" SLICE_FMT
                            "'), and %s after ('" SLICE_FMT "')",
                            asks[0], SLICE_ARG(names[0]), asks[1], SLICE_ARG(names[1]));
    }
    bool first = names[0].ptr != NULL;
    return arena_printf(arena,
                        "connections %s begin with the PROXY protocol %s ('" SLICE_FMT
                        "'), for which nothing asks %s",
                        asks[!first], first ? "before" : "after", SLICE_ARG(names[!first]),
                        first ? "after" : "before");
}

void connections_compare(struct classes *classes, const struct targets *targets,
                         const struct target_host *host)
{
    struct connections c = {.classes = classes, .targets = targets, .host = host};
    struct request start = *classes->start;
    compare_ways(&c, &start);
    bool client = (c.plain[0].entry && c.plain[0].entry->client) ||
                  (c.plain[1].entry && c.plain[1].entry->client);
    if (client) {
        start.client_certificate = true;
        compare_ways(&c, &start);
    }
}
