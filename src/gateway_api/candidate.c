#include "gateway_api/policies_priv.h"

/* ---- matches ------------------------------------------------------------------------------ */

/* Null where it cannot be run here: requests that reach the rule then have an unknown outcome. */
static const struct regex *compile(struct builder *builder, struct slice pattern, bool whole)
{
    struct slice error = SLICE_ABSENT;
    return regex_compile(builder->run, builder->table->regexes, pattern, false, whole, &error);
}

/* Two entries of one name, in any case: only the first counts (HTTPHeaderMatch.name in
 * apis/v1/httproute_types.go); names of query parameters keep their case. */
static bool named_before(const struct value_match *items, size_t at, bool fold)
{
    for (size_t i = 0; i < at; i++) {
        if (fold ? slice_equal_fold(items[i].name, items[at].name)
                 : slice_equal(items[i].name, items[at].name)) {
            return true;
        }
    }
    return false;
}

static size_t add_tests(struct builder *builder, enum test_subject subject,
                        const struct value_match *items, size_t count, bool broad,
                        struct match *match)
{
    size_t added = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value_match *item = &items[i];
        if (named_before(items, i, subject == TEST_HEADER)) {
            continue;
        }
        struct test *test = &match->tests[match->test_count++];
        *test = (struct test){
            .subject = subject, .operator= TEST_EQUALS, .name = item->name, .value = item->value};
        test->list = subject == TEST_HEADER && builder->profile->header_lists;
        if (item->type == VALUE_REGEX) {
            bool present = subject == TEST_HEADER && slice_is(item->value, "*") &&
                           builder->profile->regex_star_is_present;
            test->operator= present ? TEST_PRESENT : TEST_REGEX;
            test->whole = !broad && !builder->profile->values_searched;
            test->regex = present ? NULL : compile(builder, item->value, test->whole);
        }
        added++;
    }
    return added;
}

/* The pattern as the path is matched by it. The broadest reading is a search; what stands in front of the find is
 * made part of it, because a match has to begin where the path does. A "^" put in front of "/a|/b" holds for the
 * first of them only. */
static struct slice read_regex(struct builder *builder, struct slice pattern, bool broad)
{
    if (broad) {
        return arena_printf(builder->run->arena, ".*(?:" SLICE_FMT ")", SLICE_ARG(pattern));
    }
    if (builder->profile->regex_span == SPAN_ANYWHERE) {
        return read_regex(builder, pattern, true);
    }
    bool searched =
        builder->profile->regex_span == SPAN_START && slice_find(pattern, '|', 0) < pattern.len;
    return searched ? arena_printf(builder->run->arena, ".*(?:^" SLICE_FMT ")", SLICE_ARG(pattern))
                    : pattern;
}

static void set_path(struct builder *builder, const struct candidate *candidate, bool broad,
                     struct path_match *path)
{
    const struct http_match *given = candidate->match;
    const struct path_part *part = candidate->part;
    if (part) {
        path->kind = part->open ? PATH_PREFIX_STRING : PATH_EXACT;
        path->value = part->text;
        return;
    }
    path->value = given->path;
    switch (given->path_type) {
    case ROUTE_PATH_EXACT:
        path->kind = PATH_EXACT;
        return;
    case ROUTE_PATH_PREFIX:
        path->kind = PATH_PREFIX_ELEMENT;
        return;
    case ROUTE_PATH_REGEX:
        path->kind = PATH_REGEX;
        path->whole = !broad && builder->profile->regex_span != SPAN_START &&
                      builder->profile->regex_span != SPAN_ANYWHERE;
        path->value = read_regex(builder, given->path, broad);
        path->regex = compile(builder, path->value, path->whole);
        return;
    }
}

void candidate_match(struct builder *builder, struct candidate *candidate, bool broad,
                     struct match *out)
{
    const struct http_match *given = candidate->match;
    *out = (struct match){.method = given->method};
    out->tests =
        ARENA_ARRAY(builder->run->arena, struct test, given->header_count + given->query_count);
    set_path(builder, candidate, broad, &out->path);
    candidate->headers =
        add_tests(builder, TEST_HEADER, given->headers, given->header_count, broad, out);
    candidate->queries =
        add_tests(builder, TEST_QUERY, given->queries, given->query_count, broad, out);
    for (size_t i = 0; i < out->test_count; i++) {
        candidate->has_regex = candidate->has_regex || out->tests[i].operator== TEST_REGEX;
    }
    candidate->has_regex = candidate->has_regex || given->path_type == ROUTE_PATH_REGEX;
}

/* ---- a route's candidates ----------------------------------------------------------------- */

static void check_regex(struct builder *builder, struct candidate *candidate, struct slice pattern,
                        bool of_path, struct span span)
{
    const struct object *object = &candidate->route->route->object;
    struct slice error = SLICE_ABSENT;
    if (!regex_taken(builder, object, pattern, of_path, span)) {
        candidate->rule.unknown =
            unknown_add(builder->run, candidate->rule.unknown, ASPECT_ROUTING,
                        (struct effect_source){SLICE("matches"), span},
                        SLICE("the data plane refuses the regular expression of this rule"));
    } else if (!regex_compile(builder->run, builder->table->regexes, pattern, false, true,
                              &error)) {
        diag_at(builder->run->diag, DIAG_G031, span, object->subject,
                "the regular expression '" SLICE_FMT "' cannot be run here (" SLICE_FMT
                "), so what requests for it get is not known",
                SLICE_ARG(pattern), SLICE_ARG(error));
    }
}

static void check_values(struct builder *builder, struct candidate *candidate,
                         const struct value_match *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].type == VALUE_REGEX) {
            check_regex(builder, candidate, items[i].value, false, items[i].span);
        }
    }
}

static void check_regexes(struct builder *builder, struct candidate *candidate)
{
    const struct http_match *match = candidate->match;
    if (match->path_type == ROUTE_PATH_REGEX) {
        check_regex(builder, candidate, match->path, true, match->span);
    }
    check_values(builder, candidate, match->headers, match->header_count);
    check_values(builder, candidate, match->queries, match->query_count);
}

static size_t count_exact(const struct value_match *items, size_t count)
{
    size_t exact = 0;
    for (size_t i = 0; i < count; i++) {
        exact += items[i].type != VALUE_REGEX;
    }
    return exact;
}

/* Exact before all others; where a regex stands among prefixes is the profile's. Rank 0 is that of calls. */
static void set_rank(struct builder *builder, struct candidate *candidate)
{
    const struct http_match *match = candidate->match;
    candidate->path_length = match->path.len;
    switch (match->path_type) {
    case ROUTE_PATH_EXACT:
        candidate->path_rank = 1;
        candidate->path_length = 0; /* two different ones never match the same path */
        break;
    case ROUTE_PATH_PREFIX:
        candidate->path_rank = 3;
        if (!builder->profile->prefix_slash_counts && match->path.len > 1 &&
            slice_ends(match->path, SLICE("/"))) {
            candidate->path_length--;
        }
        break;
    case ROUTE_PATH_REGEX:
        candidate->path_rank = builder->profile->regex_place == PLACE_AFTER_PREFIXES ? 4
                               : builder->profile->regex_place == PLACE_BY_LENGTH    ? 3
                                                                                     : 2;
        break;
    }
    candidate->has_method = match->method.ptr != NULL;
    if (builder->profile->match_order == ORDER_METHOD_AS_HEADER) {
        candidate->exact_headers =
            count_exact(match->headers, match->header_count) + candidate->has_method;
        candidate->exact_queries = count_exact(match->queries, match->query_count);
        candidate->headers += candidate->has_method;
        candidate->has_method = false;
    }
    if (candidate->is_call) { /* characters of the service, then of the method */
        candidate->path_rank = 0;
        candidate->path_length = (match->call_service.len << 16) + match->call_method.len;
    }
}

/* Calls are POST requests with a content type of their own (grpc/grpc doc/PROTOCOL-HTTP2.md), to a server that
 * speaks HTTP/2. */
static void make_call(struct builder *builder, struct candidate *candidate)
{
    struct arena *arena = builder->run->arena;
    struct match *match = &candidate->rule.match;
    struct test *tests = ARENA_ARRAY(arena, struct test, match->test_count + 1);
    for (size_t i = 0; i < match->test_count; i++) {
        tests[i + 1] = match->tests[i];
    }
    tests[0] = (struct test){.subject = TEST_HEADER,
                             .operator= TEST_REGEX,
                             .name = SLICE("content-type"),
                             .value = SLICE("application/grpc.*"),
                             .whole = true};
    tests[0].regex = compile(builder, tests[0].value, true);
    match->tests = tests;
    match->test_count++;
    match->method = SLICE("POST");
    if (!candidate->rule.effects.upstream_protocol) {
        struct route_upstream_protocol *protocol = ARENA_NEW(arena, struct route_upstream_protocol);
        *protocol = (struct route_upstream_protocol){
            .source = {candidate->route->route->object.kind_name, candidate->match->span},
            .protocol = SLICE("GRPC")};
        candidate->rule.effects.upstream_protocol = protocol;
    }
}

static void fill_rule(struct builder *builder, struct candidate *candidate)
{
    const struct http_route *route = candidate->route->route;
    const struct http_rule *source = candidate->source;
    struct rule *rule = &candidate->rule;
    rule->origin = (struct origin){
        .kind = route->object.kind_name,
        .namespace = route->object.namespace,
        .name = route->object.name,
        .field = arena_printf(builder->run->arena, "spec.rules[%zu].matches[%zu]",
                              candidate->rule_index, candidate->match_index),
        .span = candidate->match->span,
    };
    candidate_match(builder, candidate, false, &rule->match);
    check_regexes(builder, candidate);
    filters_apply(builder, route, candidate->match, FILTER_OF_RULE, source->filters,
                  source->filter_count, &rule->effects, &rule->unknown);
    backends_apply(builder, candidate->route, source, candidate->match, rule);
    policies_apply(builder, candidate->route, source,
                   &(struct policy_place){candidate->match, &rule->effects, &rule->unknown, route,
                                          candidate->part});
    traffic_apply(builder, candidate);
}

static void add_candidate(struct builder *builder, struct route_state *state, size_t *capacity,
                          const struct candidate *given)
{
    struct candidate *candidate =
        ARENA_PUSH(builder->run->arena, state->candidates, state->count, *capacity);
    *candidate = *given;
    candidate->is_call = slice_is(state->route->object.kind_name, "GRPCRoute");
    fill_rule(builder, candidate);
    if (candidate->is_call) {
        make_call(builder, candidate);
    }
    set_rank(builder, candidate);
}

void route_compile(struct builder *builder, struct route_state *state)
{
    size_t capacity = 0;
    if (state->compiled) {
        return;
    }
    state->compiled = true;
    if (state->is_stream) {
        tunnel_compile(builder, state);
        return;
    }
    for (size_t i = 0; i < state->route->rule_count; i++) {
        const struct http_rule *rule = &state->route->rules[i];
        for (size_t j = 0; j < rule->match_count; j++) {
            struct candidate candidate = {.source = rule,
                                          .match = &rule->matches[j],
                                          .route = state,
                                          .rule_index = i,
                                          .match_index = j};
            struct path_parts parts;
            policies_parts(builder, state, candidate.match, &parts);
            for (size_t k = 0; k < parts.count; k++) {
                candidate.part = &parts.items[k];
                add_candidate(builder, state, &capacity, &candidate);
            }
            candidate.part = NULL;
            add_candidate(builder, state, &capacity, &candidate);
        }
    }
}
