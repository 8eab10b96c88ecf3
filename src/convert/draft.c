#include "convert/policy_priv.h"

/* ---- which effect answers ------------------------------------------------------------------ */

/* Smaller is earlier: the data plane's own order, or that of the list of effects. */
static size_t gate_place(const struct route_table *table, enum effect_id id)
{
    for (size_t i = 0; i < table->gate_count; i++) {
        if (table->gates[i] == (int)id) {
            return i;
        }
    }
    return GATE_COUNT + (size_t)id;
}

/* An answer from behind the data plane comes after everything. */
static size_t answer_place(const struct route_table *table, const struct rule *rule,
                           enum effect_id id)
{
    bool last = id == EFFECT_answer && rule->effects.answer->last;
    return last ? SIZE_MAX : gate_place(table, id);
}

/* EFFECT_COUNT: the request goes on to a backend. */
static enum effect_id answering(struct conversion *c, const struct rule *rule, bool https)
{
    const struct effects *effects = &rule->effects;
    const struct route_redirect *redirect = effects->redirect;
    const struct route_redirect *secure = effects->https_redirect;
    bool present[] = {
        [EFFECT_answer] = effects->answer != NULL,
        [EFFECT_redirect] = redirect && !(https && redirect->only_plain_http),
        [EFFECT_https_redirect] = secure && !https,
    };
    enum effect_id best = EFFECT_COUNT;
    for (enum effect_id id = 0; id < ARRAY_LEN(present); id++) {
        if (present[id] && (best == EFFECT_COUNT || answer_place(c->table, rule, id) <
                                                        answer_place(c->table, rule, best))) {
            best = id;
        }
    }
    return best;
}

static bool has_secure_edit(const struct route_header_edits *edits)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        if (edits->edits.items[i].only_https) {
            return true;
        }
    }
    return false;
}

bool rules_differ_by_scheme(const struct conversion *c, const struct rule_list *list)
{
    if (has_secure_edit(c->table->platform.request_headers) ||
        has_secure_edit(c->table->platform.response_headers)) {
        return true;
    }
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct effects *effects = &list->rules[i].effects;
            if (effects->https_redirect ||
                (effects->redirect && effects->redirect->only_plain_http) ||
                has_secure_edit(effects->request_headers) ||
                has_secure_edit(effects->response_headers)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- conditions ---------------------------------------------------------------------------- */

static struct node *condition(struct conversion *c, bool regex, struct slice name,
                              struct slice value)
{
    struct node *node = node_map(c->arena);
    if (regex) {
        node_set(c->arena, node, "type", node_string(c->arena, SLICE("RegularExpression")));
    }
    node_set(c->arena, node, "name", node_string(c->arena, name));
    node_set(c->arena, node, "value", node_string(c->arena, value));
    return node;
}

static bool name_is_taken(const struct node *list, struct slice name)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (slice_equal_fold(node_get(list->items[i], "name")->text, name)) {
            return true;
        }
    }
    return false;
}

/* A cookie has no match of its own: it is looked for in the Cookie header. */
static struct node *cookie_condition(struct conversion *c, const struct test *test)
{
    struct slice value =
        test->operator== TEST_PRESENT ? SLICE("[^;]*") : regex_quote(c->arena, test->value);
    return condition(c, true, SLICE("Cookie"),
                     ARENA_JOIN(c->arena, SLICE("(.*; *)?"), regex_quote(c->arena, test->name),
                                SLICE("="), value, SLICE("(;.*)?")));
}

/* A RegularExpression spans the whole value in Envoy (StringMatcher.safe_regex) and in what builds on it. */
static struct slice spanning(struct conversion *c, const struct test *test)
{
    struct slice pattern = test->value;
    bool start = test->whole || slice_starts(pattern, SLICE("^"));
    bool end =
        test->whole || (slice_ends(pattern, SLICE("$")) && !slice_ends(pattern, SLICE("\\$")));
    bool either = !test->whole && slice_find(pattern, '|', 0) < pattern.len;
    if (either) { /* an anchor may belong to one of the alternatives only */
        start = end = false;
    } else if (!test->whole) {
        pattern = slice_sub(pattern, start, pattern.len - end);
    }
    return ARENA_JOIN(c->arena, test->fold ? SLICE("(?i)") : SLICE(""),
                      start ? SLICE("") : SLICE(".*"), either ? SLICE("(?:") : SLICE(""), pattern,
                      either ? SLICE(")") : SLICE(""), end ? SLICE("") : SLICE(".*"));
}

static bool test_draft(struct conversion *c, const struct rule *rule, const struct test *test,
                       struct draft_match *out)
{
    bool cookie = test->subject == TEST_COOKIE;
    struct node **list = test->subject == TEST_QUERY ? &out->queries : &out->headers;
    struct slice name = cookie ? SLICE("Cookie") : test->name;
    bool equals = test->operator== TEST_EQUALS;
    bool written = test->subject <= TEST_COOKIE;
    bool fits = written && (!cookie || test->operator!= TEST_REGEX);
    if (rule->implied && !fits && rule->effects.affinity) {
        say_effect(c, DIAG_C002, SEVERITY_WARNING, rule, rule->effects.affinity,
                   "a client that has the cookie of '" SLICE_FMT "' stays on its side of a canary "
                   "today, and goes where header, cookie or weight lead afterwards",
                   SLICE_ARG(rule->effects.affinity->source.name));
        return false;
    }
    if (test->negated || (equals && !test->value.len) || name_is_taken(*list, name) || !fits ||
        (*list && (*list)->count == TESTS_MAX)) {
        buf_clear(&c->text);
        match_print(&rule->match, &c->text);
        say_rule(c, DIAG_C018, rule,
                 "the match '" SLICE_FMT "' cannot be written: an HTTPRoute compares different "
                 "headers and parameters with values; its rule is left out",
                 SLICE_ARG(buf_slice(&c->text)));
        return false;
    }
    if (!*list) {
        *list = node_list(c->arena);
    }
    struct slice value = test->operator== TEST_PRESENT ? SLICE(".*")
                         : equals                      ? test->value
                                                       : spanning(c, test);
    node_add(c->arena, *list,
             cookie ? cookie_condition(c, test) : condition(c, !equals, test->name, value));
    if (cookie || !equals) {
        say_rule(c, DIAG_C012, rule,
                 "the condition on '" SLICE_FMT "' is written as a regular expression, whose "
                 "dialect depends on the implementation",
                 SLICE_ARG(test->name));
    }
    return true;
}

static bool match_draft(struct conversion *c, const struct rule *rule,
                        const struct path_shape *shape, bool keeps_prefix, struct draft_match *out)
{
    *out = (struct draft_match){.method = rule->match.method,
                                .tests = rule->match.tests,
                                .test_count = rule->match.test_count};
    for (size_t i = 0; i < rule->match.test_count; i++) {
        if (!test_draft(c, rule, &rule->match.tests[i], out)) {
            return false;
        }
    }
    if (!path_draft(c, rule, shape, keeps_prefix, out)) {
        return false;
    }
    out->key = match_key(out);
    return true;
}

/* ---- one rule ------------------------------------------------------------------------------ */

/* Nothing is behind the path, and no rule is written for it: what answered some requests before the 404 is gone. */
static void not_found_emit(struct emission *e)
{
    static const struct {
        enum effect_id id;
        const char *text;
    } gates[] = {
        {EFFECT_body_limit, "get 413 today when their body is too large"},
        {EFFECT_addresses, "are refused today to clients of other addresses"},
        {EFFECT_authentication, "are asked for credentials today"},
        {EFFECT_cors, "get CORS headers and answers to OPTIONS today"},
        {EFFECT_rate_limit, "are refused today when there are too many"},
        {EFFECT_firewall, "go through a firewall today"},
    };
    e->draft->not_found = true; /* order.c says whether that needs a rule */
    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        const void *effect = effect_get(&e->rule->effects, gates[i].id);
        if (effect && effect_source(effect)->name.len) {
            say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
                       "requests for '" SLICE_FMT
                       "', which no backend serves, %s, and get 404 afterwards",
                       SLICE_ARG(e->rule->match.path.value), gates[i].text);
        }
    }
}

static void answer_emit(struct emission *e)
{
    const struct route_answer *answer = e->rule->effects.answer;
    const struct vendor *vendor = e->c->options->target->vendor;
    bool own = vendor && vendor->answer && (answer->status != 404 || answer->body.len) &&
               vendor->answer(e, answer);
    if (answer->body.len && (!own || !vendor->says_text || !answer_is_fixed(answer))) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, answer,
                   "answers %lld with a text of their own today come without it afterwards",
                   (long long)answer->status);
    }
    if (own) {
        return;
    }
    if (answer->status == 404) {
        not_found_emit(e);
    } else if (answer->status != empty_rule_status(e->c)) {
        say_effect(e->c, DIAG_C032, SEVERITY_WARNING, e->rule, answer,
                   "requests that are answered %lld today are answered %lld by '%s': %s",
                   (long long)answer->status, empty_rule_status(e->c), e->c->options->target->name,
                   e->c->options->target->capabilities[EFFECT_answer].text);
    }
}

static void redirect_emit(struct emission *e, const struct route_redirect *redirect)
{
    bool prefix = false;
    struct node *node = redirect_node(e->c, e->rule, redirect, &prefix);
    if (!node) {
        return; /* answered as without backends, which was said */
    }
    if (prefix && e->draft->match.rank != RANK_PREFIX) {
        say_unsupported(e->c, e->rule, EFFECT_redirect, redirect);
        return;
    }
    e->draft->replaces_prefix = prefix;
    emit_redirect_headers(e);
    *filter_add(e, "RequestRedirect", "requestRedirect") = *node;
}

/* Most rules of a host do the same with different paths, and so do those of many hosts. */
static const struct behaviour *behaviour_of(struct emission *e)
{
    struct conversion *c = e->c;
    const struct policies *policies = policies_of(e);
    const struct {
        struct slice key;
        const struct node *value;
    } parts[] = {{SLICE("filters"), e->filters},
                 {SLICE("backendRefs"), e->backends},
                 {SLICE("timeouts"), e->timeouts},
                 {SLICE("retry"), e->retry},
                 {SLICE("sessionPersistence"), e->session}};
    buf_clear(&c->text);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].value) {
            document_write_pair(parts[i].key, parts[i].value, RULE_INDENT, &c->text);
        }
    }
    size_t length = c->text.len;
    buf_put(&c->text, (struct slice){(const char *)&policies, sizeof policies});
    void **known = map_slot(c->behaviours, buf_slice(&c->text));
    if (!*known) {
        struct behaviour *behaviour = ARENA_NEW(c->arena, struct behaviour);
        behaviour->yaml = arena_copy(c->arena, slice_sub(buf_slice(&c->text), 0, length));
        behaviour->hash = slice_hash(behaviour->yaml, policies ? policies->hash : 0);
        behaviour->policies = policies;
        *known = behaviour;
    }
    return *known;
}

static void before_redirect_emit(struct emission *e)
{
    const struct vendor *vendor = e->c->options->target->vendor;
    for (enum effect_id id = 0; vendor && id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&e->rule->effects, id);
        if (effect && vendor->before_redirect[id]) {
            vendor->emitters[id](e, effect);
        }
    }
}

/* All that decides what becomes of a rule that forwards to one Service of its own namespace and does nothing else that
 * is written; absent for all other rules, and for targets whose own objects may ask for more. It lies in c->key. */
static struct slice forwarding_key(struct emission *e)
{
    struct conversion *c = e->c;
    const struct rule *rule = e->rule;
    const struct backend *backend = rule->backends;
    if (c->options->target->vendor || rule->backend_count != 1 || !backend->service.len ||
        !backend->port || !backend->weight || backend->status || backend->effects ||
        !slice_equal(backend->namespace, rule->origin.namespace) ||
        effects_are_written(&rule->effects)) {
        return SLICE_ABSENT;
    }
    const uint32_t numbers[] = {e->https, backend->port};
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){(const char *)numbers, sizeof numbers});
    buf_put(&c->key, backend->namespace);
    buf_putc(&c->key, '/');
    buf_put(&c->key, backend->service);
    return buf_slice(&c->key);
}

/* Most rules only say which Service gets the requests, and many name the same one. */
static const struct behaviour *forward_emit(struct emission *e)
{
    struct conversion *c = e->c;
    struct slice key = forwarding_key(e);
    const struct behaviour *known = key.ptr ? map_get(c->forwarding, key) : NULL;
    if (known) {
        effects_say(e);
        return known;
    }
    effects_emit(e);
    backends_emit(e);
    known = behaviour_of(e);
    if (key.ptr && !backend_is_external(c, e->rule->backends)) {
        /* what was said since has used c->key */
        map_add(c->forwarding, forwarding_key(e), (void *)(uintptr_t)known);
    }
    return known;
}

/* The redirect to https of one host is that of all, as a rule. */
static void https_redirect_emit(struct emission *e)
{
    struct conversion *c = e->c;
    const struct route_redirect *redirect = e->rule->effects.https_redirect, *last = c->redirect;
    bool plain = !redirect->source.name.len && !e->rule->effects.response_headers;
    before_redirect_emit(e);
    if (!c->options->target->vendor && plain && last &&
        effect_equal(EFFECT_https_redirect, last, redirect)) {
        e->draft->behaviour = c->redirect_behaviour;
    } else {
        redirect_emit(e, redirect);
        e->draft->behaviour = behaviour_of(e);
    }
    if (plain) {
        c->redirect = redirect;
        c->redirect_behaviour = e->draft->behaviour;
    }
    e->draft->to_https = e->draft->behaviour->yaml.len && !e->draft->replaces_prefix;
}

static void draft_emit(struct conversion *c, struct draft *draft, bool https,
                       const struct rewrite_plan *rewrite)
{
    const struct rule *rule = draft->rule;
    struct emission e = {.c = c, .rule = rule, .draft = draft, .https = https, .rewrite = rewrite};
    enum effect_id first = answering(c, rule, https);
    if (first == EFFECT_answer) {
        answer_emit(&e);
    } else if (first == EFFECT_redirect) {
        before_redirect_emit(&e);
        redirect_emit(&e, rule->effects.redirect);
    } else if (first == EFFECT_https_redirect) {
        https_redirect_emit(&e);
    } else if (backends_not_found(rule)) {
        not_found_emit(&e);
    } else {
        draft->behaviour = forward_emit(&e);
    }
    if (!draft->behaviour) {
        draft->behaviour = behaviour_of(&e);
    }
    arena_clear(c->nodes);
}

/* What a data plane answers for its own sake, and not because an object asked for it: its health check. */
static bool is_own_path(const struct rule *rule)
{
    const struct route_answer *answer = rule->effects.answer;
    bool asked = answer && answer->source.name.len && rule->origin.name.len;
    return rule->implied && answer && answer->status != 404 && !asked;
}

void rule_draft(struct conversion *c, const struct rule *given, bool https, struct drafts *out)
{
    const struct rule *rule = rule_spared(c, given);
    say_unknown(c, rule->unknown, &rule->origin);
    if (is_own_path(rule)) {
        say(c, DIAG_C033, SEVERITY_INFO, SPAN_NONE, NULL,
            "path '" SLICE_FMT
            "', which the data plane answers %lld by itself, is a path like any other with '%s'",
            SLICE_ARG(rule->match.path.value), (long long)rule->effects.answer->status,
            c->options->target->name);
        return;
    }
    struct path_shape shape = {.kind = SHAPE_NONE};
    if (rule->match.path.kind == PATH_REGEX) {
        path_shape_read(c, &rule->match.path, &shape);
    }
    struct draft draft = {.rule = rule};
    struct rewrite_plan rewrite;
    rewrite_plan(c, rule, &shape, &rewrite);
    const struct route_redirect *redirect = rule->effects.redirect;
    bool keeps_prefix = rewrite.way == REWRITE_WAY_PREFIX ||
                        (redirect && redirect->path_change == PATH_CHANGE_PREFIX);
    if (!match_draft(c, rule, &shape, keeps_prefix, &draft.match)) {
        return;
    }
    if (rewrite.exact_value.ptr) {
        struct rewrite_plan exact = {.way = REWRITE_WAY_FULL, .value = rewrite.exact_value};
        struct draft extra = draft;
        extra.match.rank = RANK_EXACT;
        extra.match.key = match_key(&extra.match);
        draft_emit(c, &extra, https, &exact);
        *ARENA_PUSH(c->arena, out->items, out->count, out->capacity) = extra;
    }
    draft_emit(c, &draft, https, &rewrite);
    *ARENA_PUSH(c->arena, out->items, out->count, out->capacity) = draft;
}
