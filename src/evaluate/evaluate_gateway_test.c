/* A table as of a Gateway: paths as they are sent, weights, filters of rules and of backends. */
#include "evaluate/test_world_priv.h"

static int gateway_open(void **state)
{
    int failed = world_open(state);
    if (!failed) {
        struct world *world = *state;
        world->table.gates[world->table.gate_count++] = EFFECT_cors;
        world->table.gates[world->table.gate_count++] = EFFECT_redirect;
    }
    return failed;
}

static struct rule_list *host_list(struct world *world)
{
    struct rule_list *list = world_list(world);
    world_entry(world, HOST_ANY, "", false, list);
    world_entry(world, HOST_ANY, "", true, list)->sni.kind = HOST_ANY;
    return list;
}

static void test_evaluate_prefixes_are_made_of_elements(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    world_rule(world, list, PATH_EXACT, "/abc/def", "exact");
    world_rule(world, list, PATH_PREFIX_ELEMENT, "/abc/", "prefix");
    world_rule(world, list, PATH_PREFIX_ELEMENT, "/", "root");
    static const char *const rows[][2] = {
        {"/abc", "prefix"},        {"/abc/", "prefix"}, {"/abc/x", "prefix"}, {"/abc/def", "exact"},
        {"/abc/def?x=1", "exact"}, {"/abcd", "root"},   {"/ABC", "root"},     {"/", "root"},
        {"/abc/def/", "prefix"},   {"/%61bc", "root"},  {"//abc", "root"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_served_by(world_get(world, "a.example", rows[i][0]), rows[i][1]);
    }
    list->rules[1].match.path.fold = true;
    assert_served_by(world_get(world, "a.example", "/ABC/x"), "prefix");
}

/* Gateway API, HTTPPathModifier.replacePrefixMatch: the table of its documentation. */
static const char *const modifiers[][4] = {
    {"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
    {"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
    {"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
    {"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
    {"/foo", "/foo", "/xyz", "/xyz"},
    {"/foo/", "/foo", "/xyz", "/xyz/"},
    {"/foo/bar", "/foo", "", "/bar"},
    {"/foo/", "/foo", "", "/"},
    {"/foo", "/foo", "", "/"},
    {"/foo/", "/foo", "/", "/"},
    {"/foo", "/foo", "/", "/"},
    {"/bar", "/", "/xyz", "/xyz/bar"},
    {"/foo?q=/foo", "/foo", "/x", "/x?q=/foo"},
    {"/foo?", "/foo", "/x", "/x?"},
};

static void test_evaluate_replaces_prefixes(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_PREFIX_ELEMENT, "", "api");
    for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
        const struct route_rewrite rewrite = {.kind = REWRITE_PREFIX,
                                              .prefix = slice_of(modifiers[i][1]),
                                              .target = world_template(world, modifiers[i][2])};
        rule->match.path.value = rewrite.prefix;
        rule->effects.rewrite = &rewrite;
        const struct outcome *out = world_get(world, "a.example", modifiers[i][0]);
        assert_served_by(out, "api");
        assert_text(out->backends[0].path, modifiers[i][3]);
    }
}

/* Where the prefix is not one of the path, there is nothing to replace. */
static void test_evaluate_replaces_no_other_prefix(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "api");
    const struct route_rewrite rewrite = {
        .kind = REWRITE_PREFIX, .prefix = SLICE("/foo"), .target = world_template(world, "/xyz")};
    rule->effects.rewrite = &rewrite;
    static const char *const rows[][2] = {{"/foo/a", "/xyz/a"},
                                          {"/FOO/a", "/xyz/a"},
                                          {"/fooa", "/fooa"},
                                          {"/b?q", "/b?q"},
                                          {"/", "/"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_text(world_get(world, "a.b", rows[i][0])->backends[0].path, rows[i][1]);
    }
}

static void test_evaluate_redirects_prefixes(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_PREFIX_ELEMENT, "", NULL);
    for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
        const struct route_redirect redirect = {.status = 302,
                                                .relative = true,
                                                .keep_query = true,
                                                .path_change = PATH_CHANGE_PREFIX,
                                                .prefix = slice_of(modifiers[i][1]),
                                                .path = slice_of(modifiers[i][2])};
        rule->match.path.value = redirect.prefix;
        rule->effects.redirect = &redirect;
        assert_redirects(world_get(world, "a.example", modifiers[i][0]), 302, modifiers[i][3]);
    }
}

/* Gateway API, HTTPRequestRedirectFilter.port, and conformance/tests/httproute-redirect-port-and-scheme. */
static void test_evaluate_redirects_ports(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    world_entry(world, HOST_ANY, "", false, list)->port = 8080;
    struct rule *rule = world_rule(world, list, PATH_ANY, "", NULL);
    static const struct {
        const char *request_scheme, *host;
        uint16_t request_port;
        struct route_redirect redirect;
        const char *location;
    } rows[] = {
        {"http", "a.b", 80, {.port_from = REDIRECT_PORT_LISTENER}, "http://a.b/x?q"},
        {"http", "a.b:8080", 8080, {.port_from = REDIRECT_PORT_LISTENER}, "http://a.b:8080/x?q"},
        {"http", "a.b:8080", 8080, {.port_from = REDIRECT_PORT_NONE}, "http://a.b:8080/x?q"},
        {"https", "a.b", 443, {.port_from = REDIRECT_PORT_LISTENER}, "https://a.b/x?q"},
        {"https", "a.b", 443, {.port_from = REDIRECT_PORT_ALWAYS}, "https://a.b:443/x?q"},
        {"https",
         "a.b",
         443,
         {.port_from = REDIRECT_PORT_GIVEN, .port = 80, .scheme = {"http", 4}},
         "http://a.b/x?q"},
        {"https",
         "a.b",
         443,
         {.port_from = REDIRECT_PORT_LISTENER, .scheme = {"http", 4}},
         "http://a.b:443/x?q"},
        {"http",
         "a.b",
         80,
         {.port_from = REDIRECT_PORT_GIVEN, .port = 8443, .scheme = {"https", 5}},
         "https://a.b:8443/x?q"},
        {"http", "[::1]:80", 80, {.port_from = REDIRECT_PORT_ALWAYS}, "http://[::1]:80/x?q"},
        {"http", "A.b", 80, {.host_from = REDIRECT_HOST_NORMAL}, "http://a.b/x?q"},
        {"http", "A.b:81", 80, {.host_from = REDIRECT_HOST_HEADER_NO_PORT}, "http://A.b/x?q"},
        {"http",
         "a.b",
         80,
         {.host_from = REDIRECT_HOST_GIVEN, .host = {"c.d", 3}},
         "http://c.d/x?q"},
        {"http", "a.b", 80, {.path_change = PATH_CHANGE_FULL, .path = {"/n", 2}}, "http://a.b/n?q"},
        {"http", "a.b", 80, {.path_change = PATH_CHANGE_FULL}, "http://a.b/?q"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct route_redirect redirect = rows[i].redirect;
        redirect.status = 302;
        redirect.keep_query = true;
        rule->effects.redirect = &redirect;
        const struct outcome *out =
            world_send(world, (struct request){.scheme = slice_of(rows[i].request_scheme),
                                               .host = slice_of(rows[i].host),
                                               .port = rows[i].request_port,
                                               .target = SLICE("/x?q")});
        assert_redirects(out, 302, rows[i].location);
        redirect.keep_query = false;
        out = world_send(world, (struct request){.host = SLICE("a.b"), .target = SLICE("/x?q")});
        assert_false(slice_contains(out->location, SLICE("?")));
    }
}

static void test_evaluate_tests_headers_queries_and_cookies(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct test tests[] = {
        {.subject = TEST_HEADER,
         .operator= TEST_EQUALS,
         .name = SLICE("version"),
         .value = SLICE("one, two")},
        {.subject = TEST_QUERY,
         .operator= TEST_EQUALS,
         .name = SLICE("animal"),
         .value = SLICE("big whale")},
        {.subject = TEST_COOKIE,
         .operator= TEST_REGEX,
         .name = SLICE("user"),
         .regex = world_regex(world, "^a+$", false, false)},
        {.subject = TEST_HEADER, .operator= TEST_PRESENT, .name = SLICE("x-not"), .negated = true},
    };
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "all");
    rule->match.method = SLICE("PUT");
    rule->match.tests = tests;
    rule->match.test_count = ARRAY_LEN(tests);
    struct header items[] = {{SLICE("Version"), SLICE("one")},
                             {SLICE("VERSION"), SLICE("two")},
                             {SLICE("Cookie"), SLICE("b=1; user=aaa")},
                             {SLICE("X-Other"), SLICE("1")}};
    struct request request = {.host = SLICE("a.b"),
                              .method = SLICE("PUT"),
                              .target = SLICE("/?x&animal=big+whale&animal=dog"),
                              .headers = {items, 4, 4}};
    assert_served_by(world_send(world, request), "all");
    request.method = SLICE("put");
    assert_answers(world_send(world, request), 404);
    request.method = SLICE("PUT");
    request.target = SLICE("/?ANIMAL=big+whale");
    assert_answers(world_send(world, request), 404);
    request.target = SLICE("/?animal=big%20whale");
    items[3].name = SLICE("X-Not");
    assert_answers(world_send(world, request), 404);
    items[3].name = SLICE("X-Other");
    items[2].value = SLICE("user=aab");
    assert_answers(world_send(world, request), 404);
    items[2].value = SLICE("user=a");
    assert_served_by(world_send(world, request), "all");
    request.headers.count = 1;
    assert_answers(world_send(world, request), 404);
}

static void test_evaluate_host_header_can_be_tested(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct test test = {.operator= TEST_EQUALS, .name = SLICE("Host"), .value = SLICE("a.b:81")};
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "host");
    rule->match.tests = &test;
    rule->match.test_count = 1;
    assert_served_by(world_get(world, "a.b:81", "/"), "host");
    assert_answers(world_get(world, "a.b", "/"), 404);
}

static void test_evaluate_shares_follow_weights(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", NULL);
    struct backend *backends = world_backends(world, rule, 4);
    backends[0].weight = 70;
    backends[1].weight = 0;
    backends[2] = backends[0];
    backends[2].weight = 5;
    backends[3].status = 500;
    backends[3].weight = 25;
    const struct outcome *out = world_get(world, "a.b", "/");
    assert_int_equal(out->kind, OUTCOME_FORWARD);
    assert_int_equal(out->backend_count, 2);
    assert_text(out->backends[0].service, "a");
    assert_int_equal(out->backends[0].weight, 75);
    assert_int_equal(out->backends[1].status, 500);
    assert_int_equal(out->backends[1].weight, 25);
    backends[0].weight = backends[2].weight = 0;
    backends[3].reason = SLICE("no such Service");
    out = world_get(world, "a.b", "/");
    assert_answers(out, 500);
    assert_text(out->reason, "no such Service");
    assert_int_equal(out->backend_count, 0);
    backends[3].weight = 0;
    world->table.no_backend_status = 598;
    world->table.no_weight_status = 599;
    assert_answers(world_get(world, "a.b", "/"), 599);
    rule->backend_count = 0;
    assert_answers(world_get(world, "a.b", "/"), 598);
}

static void test_evaluate_effects_of_backends(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", NULL);
    struct backend *backends = world_backends(world, rule, 2);
    struct header_edit of_rule[] = {
        {EDIT_SET, SLICE("X-A"), world_template(world, "rule"), false, false},
        {EDIT_SET, SLICE("X-B"), world_template(world, "rule"), false, false}};
    struct header_edit of_backend[] = {
        {EDIT_SET, SLICE("x-a"), world_template(world, "backend"), false, false}};
    const struct route_rewrite full = {.kind = REWRITE_FULL,
                                       .target = world_template(world, "/full")};
    const struct route_upstream_host host = {.host = world_template(world, "up.example")};
    rule->effects.request_headers = rule->effects.response_headers = world_edits(world, of_rule, 2);
    const struct effects own = {.request_headers = world_edits(world, of_backend, 1),
                                .response_headers = world_edits(world, of_backend, 1),
                                .rewrite = &full,
                                .upstream_host = &host};
    backends[0].effects = &own;
    const struct outcome *out = world_get(world, "a.b", "/x?q");
    assert_int_equal(out->backend_count, 2);
    const struct outcome_backend *first = &out->backends[0], *second = &out->backends[1];
    assert_text(first->path, "/full?q");
    assert_text(first->host, "up.example");
    assert_text(second->path, "/x?q");
    assert_text(second->host, "a.b");
    assert_text(seen_value(&first->request, "X-A"), "backend");
    assert_text(seen_value(&first->request, "X-B"), "rule");
    assert_text(seen_value(&first->response, "X-A"), "backend");
    assert_text(seen_value(&second->request, "X-A"), "rule");
    assert_null(out->effects.rewrite);
    rule->backend_count = 1;
    assert_ptr_equal(world_get(world, "a.b", "/x")->effects.rewrite, &full);
    /* The same Service twice, once with effects of its own, is two shares. */
    rule->backend_count = 2;
    backends[1].service = backends[0].service;
    assert_int_equal(world_get(world, "a.b", "/x")->backend_count, 2);
}

static void test_evaluate_backends_do_not_share_captures(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_REGEX, "^/(.*)", NULL);
    struct backend *backends = world_backends(world, rule, 2);
    struct header_edit edit = {EDIT_SET, SLICE("X-P"), world_captures(world, "$1"), false, false};
    rule->effects.request_headers = world_edits(world, &edit, 1);
    const struct route_rewrite rewrite = {.kind = REWRITE_REGEX,
                                          .regex = world_regex(world, "^/(.)", false, false),
                                          .target = world_template(world, "/n")};
    const struct effects own = {.rewrite = &rewrite};
    backends[0].effects = &own;
    const struct outcome *out = world_get(world, "a.b", "/abc");
    assert_text(seen_value(&out->backends[0].request, "x-p"), "a");
    assert_text(seen_value(&out->backends[1].request, "x-p"), "abc");
}

static void test_evaluate_header_that_comes_back_is_not_absent(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "api");
    struct header_edit items[] = {
        {EDIT_REMOVE, SLICE("X-A"), {NULL, 0}, false, false},
        {EDIT_ADD, SLICE("x-a"), world_template(world, "1"), false, false},
        {EDIT_REMOVE, SLICE("X-B"), {NULL, 0}, false, false},
        {EDIT_REMOVE, SLICE("x-b"), {NULL, 0}, false, false}};
    rule->effects.request_headers = world_edits(world, items, ARRAY_LEN(items));
    const struct seen_headers *seen = &world_get(world, "a.b", "/")->backends[0].request;
    assert_text(seen_value(seen, "x-a"), "1");
    assert_false(seen_absent(seen, "x-a"));
    assert_int_equal(seen->absent.count, 1);
}

static void test_evaluate_backends_that_redirect(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", NULL);
    struct backend *backends = world_backends(world, rule, 2);
    const struct route_redirect redirect = {.status = 301, .scheme = SLICE("https")};
    const struct effects own = {.redirect = &redirect};
    backends[0].effects = &own;
    const struct outcome *out = world_get(world, "a.b", "/x");
    assert_int_equal(out->kind, OUTCOME_FORWARD);
    assert_int_equal(out->backends[0].status, 301);
    assert_text(out->backends[1].service, "b");
    backends[1].weight = 0;
    assert_redirects(world_get(world, "a.b", "/x"), 301, "https://a.b/x");
    assert_int_equal(world->out.decided_by, EFFECT_redirect);
    assert_int_equal(world->out.backend_count, 0);
}

static void test_evaluate_forwards_the_normal_form(void **state)
{
    struct world *world = *state;
    world->table.view.forward_normalised = true;
    world->table.view.match_form = (struct path_form){.merge_slashes = true, .resolve_dots = true};
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_EXACT, "/b%2Fc", "api");
    assert_text(world_get(world, "a.b", "/a/..//b%2Fc?")->backends[0].path, "/b%2Fc?");
    const struct route_redirect redirect = {.status = 302};
    rule->effects.redirect = &redirect;
    assert_redirects(world_get(world, "a.b", "/a/..//b%2Fc"), 302, "http://a.b/b%2Fc");
    /* Without a status of its own, what has no normal form is matched as it is. */
    world_rule(world, list, PATH_EXACT, "/../x", "above");
    assert_served_by(world_get(world, "a.b", "/../x"), "above");
}

static void test_evaluate_tunnels_and_closes(void **state)
{
    struct world *world = *state;
    struct entry *entry = world_entry(world, HOST_ANY, "", true, NULL);
    entry->kind = ENTRY_TUNNEL;
    entry->sni = (struct host_pattern){.kind = HOST_EXACT, .name = SLICE("t.example")};
    struct rule holder = {0};
    entry->tunnel = world_backends(world, &holder, 2);
    entry->tunnel_count = 2;
    entry->tunnel[1].status = 500;
    const struct request request = {.scheme = SLICE("https"), .host = SLICE("T.example")};
    const struct outcome *out = world_send(world, request);
    assert_int_equal(out->kind, OUTCOME_TUNNEL);
    assert_int_equal(out->backend_count, 2);
    assert_text(out->backends[0].service, "a");
    assert_int_equal(out->backends[1].status, 500);
    entry->tunnel[0].weight = 0;
    assert_int_equal(world_send(world, request)->kind, OUTCOME_CLOSE);
    entry->tunnel[0].weight = 1;
    entry->unknown = unknown_add(&world->run, NULL, ASPECT_ROUTING, (struct effect_source){0},
                                 SLICE("not read"));
    assert_int_equal(world_send(world, request)->kind, OUTCOME_UNKNOWN);
    entry->unknown = NULL;
    entry->kind = ENTRY_CLOSE;
    assert_int_equal(world_send(world, request)->kind, OUTCOME_CLOSE);
    assert_ptr_equal(world->out.entry, entry);
    const struct request other = {.scheme = SLICE("https"), .host = SLICE("o.example")};
    assert_int_equal(world_send(world, other)->kind, OUTCOME_CLOSE);
    assert_null(world->out.entry);
    const struct request plain = {.host = SLICE("o.example")};
    assert_int_equal(world_send(world, plain)->kind, OUTCOME_CLOSE);
    assert_text(world->out.reason, "nothing listens on this port of the data plane");
    world_entry(world, HOST_EXACT, "t.example", false, NULL);
    assert_answers(world_send(world, plain), 404);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gateway_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_evaluate_prefixes_are_made_of_elements),
        TEST(test_evaluate_replaces_prefixes),
        TEST(test_evaluate_replaces_no_other_prefix),
        TEST(test_evaluate_redirects_prefixes),
        TEST(test_evaluate_redirects_ports),
        TEST(test_evaluate_tests_headers_queries_and_cookies),
        TEST(test_evaluate_host_header_can_be_tested),
        TEST(test_evaluate_shares_follow_weights),
        TEST(test_evaluate_effects_of_backends),
        TEST(test_evaluate_backends_do_not_share_captures),
        TEST(test_evaluate_header_that_comes_back_is_not_absent),
        TEST(test_evaluate_backends_that_redirect),
        TEST(test_evaluate_forwards_the_normal_form),
        TEST(test_evaluate_tunnels_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
