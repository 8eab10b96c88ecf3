/* A table as of nginx: decoded, merged and resolved for matching, forwarded raw, rewritten anew. */
#include "evaluate/test_world_priv.h"

static int nginx_open(void **state)
{
    int failed = world_open(state);
    if (!failed) {
        struct world *world = *state;
        world->table.view = (struct view){
            .match_form = {.decode = true, .merge_slashes = true, .resolve_dots = true},
            .escape_rewritten = true,
            .above_root_status = 400,
            .bad_escape_status = 400,
            .missing_host_status = 400,
            .underscores = UNDERSCORES_DROPPED};
        world->table.no_backend_status = 503;
        static const int gates[] = {EFFECT_body_limit, EFFECT_answer,         EFFECT_cors,
                                    EFFECT_redirect,   EFFECT_https_redirect, GATE_NO_ENDPOINTS,
                                    EFFECT_addresses};
        for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
            world->table.gates[world->table.gate_count++] = gates[i];
        }
    }
    return failed;
}

static struct rule_list *host_list(struct world *world)
{
    struct rule_list *list = world_list(world);
    world_entry(world, HOST_EXACT, "a.example", false, list);
    world_entry(world, HOST_EXACT, "a.example", true, list);
    return list;
}

static void test_evaluate_matches_decoded_and_forwards_raw(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    world_rule(world, list, PATH_EXACT, "/x/z/a", "exact");
    world_rule(world, list, PATH_PREFIX_STRING, "/", "root");
    const struct outcome *out = world_get(world, "A.example.:80", "//x//y/../z%2Fa?q=%20");
    assert_served_by(out, "exact");
    assert_text(out->backends[0].path, "//x//y/../z%2Fa?q=%20");
    assert_text(out->backends[0].host, "A.example.:80");
    assert_text(out->backends[0].method, "GET");
    assert_true(out->backends[0].path_known);
    assert_served_by(world_get(world, "a.example", "/x/z"), "root");
    assert_answers(world_get(world, "a.example", "/../x"), 400);
    assert_answers(world_get(world, "a.example", "/%zz"), 400);
    assert_answers(world_get(world, "", "/"), 400);
}

static void test_evaluate_rewrites_by_expression(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_REGEX, "^/foo(/|$)(.*)", "api");
    const struct route_rewrite rewrite = {.kind = REWRITE_REGEX,
                                          .regex = world_regex(world, "/foo(/|$)(.*)", true, false),
                                          .target = world_captures(world, "/$2")};
    rule->effects.rewrite = &rewrite;
    static const char *const rows[][2] = {
        {"/foo/a%20b//c?x=1", "/a%20b/c?x=1"},
        {"/foo", "/"},
        {"/foo/", "/"},
        {"/foo/%7Bid%7D%3F", "/%7Bid%7D%3F"},
        {"/foo/a?", "/a"},
        {"/foo/a+[b]", "/a+[b]"},
        {"/foo/%C3%A9", "/%C3%A9"},
        {"//foo//x", "/x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct outcome *out = world_get(world, "a.example", rows[i][0]);
        assert_served_by(out, "api");
        assert_text(out->backends[0].path, rows[i][1]);
    }
    assert_answers(world_get(world, "a.example", "/fooo"), 404);
}

/* A path without a match of the rewrite's expression goes on as it was sent. */
static void test_evaluate_rewrite_without_a_match_changes_nothing(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *rule = world_rule(world, list, PATH_PREFIX_STRING, "/", "api");
    const struct route_rewrite rewrite = {.kind = REWRITE_REGEX,
                                          .regex = world_regex(world, "^/only$", false, false),
                                          .target = world_template(world, "/new")};
    rule->effects.rewrite = &rewrite;
    assert_text(world_get(world, "a.example", "/%6fnly/x?")->backends[0].path, "/%6fnly/x?");
    assert_text(world_get(world, "a.example", "/%6fnly?")->backends[0].path, "/new");
}

static void test_evaluate_drops_headers_with_underscores(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct test dash = {.subject = TEST_HEADER, .operator= TEST_PRESENT, .name = SLICE("X_Canary")};
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "canary");
    rule->match.tests = &dash;
    rule->match.test_count = 1;
    world_rule(world, list, PATH_ANY, "", "main");
    struct header items[] = {{SLICE("X_Canary"), SLICE("always")}, {SLICE("X-Other"), SLICE("1")}};
    struct request request = {.host = SLICE("a.example"), .headers = {items, 2, 2}};
    const struct outcome *out = world_send(world, request);
    assert_served_by(out, "main");
    assert_int_equal(out->backends[0].request.count, 1);
    assert_text(out->backends[0].request.items[0].name, "X-Other");
    world->table.view.underscores = UNDERSCORES_REJECTED;
    assert_answers(world_send(world, request), 400);
    world->table.view.underscores = UNDERSCORES_KEPT;
    assert_served_by(world_send(world, request), "canary");
    /* With names folded "x-canary" is the same header. */
    dash.fold_separators = true;
    items[0].name = SLICE("x-canary");
    assert_served_by(world_send(world, request), "canary");
    dash.fold_separators = false;
    assert_served_by(world_send(world, request), "main");
}

static void test_evaluate_headers_of_the_data_plane(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->run.arena;
    struct rule_list *list = host_list(world);
    struct part forwarded = {PART_HEADER, 0, SLICE("X-Forwarded-For")};
    struct header_edit platform[] = {
        {EDIT_SET, SLICE("X-Forwarded-Host"), template_part(arena, PART_HOST_HEADER), false, false},
        {EDIT_SET, SLICE("X-Forwarded-Port"), template_part(arena, PART_PORT), false, false},
        {EDIT_SET, SLICE("X-Scheme"), template_part(arena, PART_SCHEME), false, false},
        {EDIT_SET, SLICE("X-Real-IP"), template_part(arena, PART_CLIENT), false, false},
        {EDIT_SET, SLICE("X-Request-ID"), template_part(arena, PART_REQUEST_ID), false, false},
        {EDIT_SET, SLICE("X-Original-Forwarded-For"), {&forwarded, 1}, false, false},
        {EDIT_REMOVE, SLICE("Proxy"), {NULL, 0}, false, false},
    };
    world->table.platform.request_headers = world_edits(world, platform, ARRAY_LEN(platform));
    struct header_edit sts[] = {{EDIT_SET, SLICE("Strict-Transport-Security"),
                                 world_template(world, "max-age=1"), true, false}};
    world->table.platform.response_headers = world_edits(world, sts, 1);
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "api");
    struct header_edit own[] = {
        {EDIT_SET, SLICE("x-scheme"), world_template(world, "mine"), false, false},
        {EDIT_ADD, SLICE("X-List"), world_template(world, "c"), false, false},
        {EDIT_REMOVE, SLICE("x-gone"), {NULL, 0}, false, false},
    };
    rule->effects.request_headers = world_edits(world, own, ARRAY_LEN(own));
    struct header items[] = {{SLICE("Host"), SLICE("no")},
                             {SLICE("proxy"), SLICE("p")},
                             {SLICE("X-List"), SLICE("a")},
                             {SLICE("x-list"), SLICE("b")},
                             {SLICE("X-Gone"), SLICE("1")}};
    const struct outcome *out =
        world_send(world, (struct request){.host = SLICE("a.example:443"),
                                           .scheme = SLICE("https"),
                                           .headers = {items, 5, 5},
                                           .client_text = SLICE("192.0.2.1")});
    assert_served_by(out, "api");
    const struct seen_headers *seen = &out->backends[0].request;
    assert_text(seen_value(seen, "x-forwarded-host"), "a.example:443");
    assert_text(seen_value(seen, "x-forwarded-port"), "443");
    assert_text(seen_value(seen, "x-scheme"), "mine");
    assert_text(seen_value(seen, "x-real-ip"), "192.0.2.1");
    assert_text(seen_value(seen, "x-list"), "a, b,c");
    assert_null(seen_value(seen, "host").ptr);
    assert_true(seen_absent(seen, "x-original-forwarded-for"));
    assert_true(seen_absent(seen, "proxy"));
    assert_true(seen_absent(seen, "x-gone"));
    assert_text(seen_value(&out->backends[0].response, "strict-transport-security"), "max-age=1");
    for (size_t i = 0; i < seen->count; i++) {
        assert_true(seen->items[i].known == !slice_is(seen->items[i].name, "X-Request-ID"));
    }
    out = world_get(world, "a.example", "/");
    assert_int_equal(out->backends[0].response.count, 0);
    assert_null(seen_value(&out->backends[0].request, "x-original-forwarded-for").ptr);
}

/* https://kubernetes.github.io/ingress-nginx: the port goes, one "/" at the end goes. */
static void test_evaluate_redirects_to_https(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    const struct route_redirect https = {.status = 308,
                                         .only_plain_http = true,
                                         .scheme = SLICE("https"),
                                         .host_from = REDIRECT_HOST_HEADER_NO_PORT,
                                         .keep_query = true,
                                         .strip_slash = true};
    struct rule *rule = world_rule(world, list, PATH_ANY, "", "api");
    rule->effects.https_redirect = &https;
    const struct outcome *out = world_get(world, "A.example:8080", "/a//%2e/?b=/");
    assert_redirects(out, 308, "https://A.example/a//%2e/?b=");
    assert_int_equal(out->decided_by, EFFECT_https_redirect);
    assert_redirects(world_get(world, "a.example", "/"), 308, "https://a.example");
    assert_served_by(
        world_send(world, (struct request){.host = SLICE("a.example"), .scheme = SLICE("https")}),
        "api");
}

static void test_evaluate_redirects_by_template(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct part parts[] = {{PART_TEXT, 0, SLICE("https://b.example")},
                           {PART_TARGET, 0, SLICE_ABSENT}};
    struct route_redirect redirect = {.status = 301, .location = {parts, 2}};
    world_rule(world, list, PATH_ANY, "", NULL)->effects.redirect = &redirect;
    assert_redirects(world_get(world, "a.example", "/x?y"), 301, "https://b.example/x?y");
    parts[1] = (struct part){PART_UNKNOWN, 0, SLICE("$foo")};
    const struct outcome *out = world_get(world, "a.example", "/x");
    assert_int_equal(out->kind, OUTCOME_UNKNOWN);
    assert_true(out->reason.len > 0);
}

static void test_evaluate_captures_come_from_the_rule_that_matched(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *other = world_rule(world, list, PATH_REGEX, "^/(.*)", "other");
    other->match.method = SLICE("PUT");
    struct test test = {.operator= TEST_PRESENT, .name = SLICE("x-no")};
    struct rule *second = world_rule(world, list, PATH_REGEX, "^/(.*)", "other");
    second->match.tests = &test;
    second->match.test_count = 1;
    struct rule *rule = world_rule(world, list, PATH_PREFIX_STRING, "/", "api");
    struct header_edit edit = {EDIT_SET, SLICE("X-P"), world_captures(world, "<$1>"), false, false};
    rule->effects.request_headers = world_edits(world, &edit, 1);
    const struct outcome *out = world_get(world, "a.example", "/abc");
    assert_text(seen_value(&out->backends[0].request, "x-p"), "<>");
    /* and those of a rewrite are there for the headers, as nginx's x-forwarded-prefix needs */
    const struct route_rewrite rewrite = {.kind = REWRITE_REGEX,
                                          .regex = world_regex(world, "^/(.)", false, false),
                                          .target = world_template(world, "/n")};
    rule->effects.rewrite = &rewrite;
    out = world_get(world, "a.example", "/abc");
    assert_text(seen_value(&out->backends[0].request, "x-p"), "<a>");
    assert_text(out->backends[0].path, "/n");
}

static void test_evaluate_rule_expressions_begin_at_the_start(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    world_rule(world, list, PATH_REGEX, "/b", "start");
    struct rule *whole = world_rule(world, list, PATH_REGEX, "", "whole");
    whole->match.path.whole = true;
    whole->match.path.regex = world_regex(world, "/a|/ab", true, true);
    assert_served_by(world_get(world, "a.example", "/bc"), "start");
    assert_answers(world_get(world, "a.example", "/a/b"), 404);
    assert_served_by(world_get(world, "a.example", "/AB"), "whole");
    assert_answers(world_get(world, "a.example", "/abc"), 404);
}

static void test_evaluate_expression_out_of_bounds_is_unknown(void **state)
{
    struct world *world = *state;
    struct rule_list *list = host_list(world);
    struct rule *slow = world_rule(world, list, PATH_REGEX, "^/(a+)+$", "slow");
    world_rule(world, list, PATH_ANY, "", "rest");
    assert_served_by(world_get(world, "a.example", "/aab"), "rest");
    struct buf path;
    buf_init(&path, BUF_TEXT_MAX);
    buf_putc(&path, '/');
    buf_fill(&path, 'a', 3000);
    buf_puts(&path, "!");
    const struct outcome *out =
        world_send(world, (struct request){.host = SLICE("a.example"), .target = buf_slice(&path)});
    assert_int_equal(out->kind, OUTCOME_UNKNOWN);
    assert_true(slice_contains(out->reason, SLICE("bounds")));
    slow->match.path.regex = NULL;
    assert_int_equal(world_get(world, "a.example", "/")->kind, OUTCOME_UNKNOWN);
    buf_release(&path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nginx_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_evaluate_matches_decoded_and_forwards_raw),
        TEST(test_evaluate_rewrites_by_expression),
        TEST(test_evaluate_rewrite_without_a_match_changes_nothing),
        TEST(test_evaluate_drops_headers_with_underscores),
        TEST(test_evaluate_headers_of_the_data_plane),
        TEST(test_evaluate_redirects_to_https),
        TEST(test_evaluate_redirects_by_template),
        TEST(test_evaluate_captures_come_from_the_rule_that_matched),
        TEST(test_evaluate_rule_expressions_begin_at_the_start),
        TEST(test_evaluate_expression_out_of_bounds_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
