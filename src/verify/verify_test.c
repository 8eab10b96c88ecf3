/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify/verify_priv.h"

static int setup(void **state)
{
    static struct run run;
    run_open(&run, NULL, NULL, NULL);
    *state = &run;
    return 0;
}

static int teardown(void **state)
{
    run_close(*state);
    return 0;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static void assert_target(struct run *run, const char *text, const char *http, const char *https)
{
    struct verify_target target = {0};
    assert_true(verify_target_add(run->arena, slice_of(text), &target));
    assert_int_equal(target.count, 1);
    const struct verify_way *way = target.ways;
    assert_true(slice_equal(way->http, slice_of(http)) && !way->http.ptr == !http);
    assert_true(slice_equal(way->https, slice_of(https)) && !way->https.ptr == !https);
}

static void test_verify_reads_addresses(void **state)
{
    struct run *run = *state;
    static const char *const bad[] = {"",          ":80",  "a:0",   "a:65536", "a:b",      "ftp=a",
                                      "[::1",      "a b",  "http=", "a/b",     "::1",      "[::1]x",
                                      "user@host", "/b=c", "a/=c",  "a/b=",    "a/b=ftp=c"};
    assert_target(run, "192.0.2.1", "192.0.2.1:80", "192.0.2.1:443");
    assert_target(run, "192.0.2.1:8080", "192.0.2.1:8080", NULL);
    assert_target(run, "lb.example:443", NULL, "lb.example:443");
    assert_target(run, "[2001:db8::1]", "[2001:db8::1]:80", "[2001:db8::1]:443");
    assert_target(run, "https=[::1]:8443", NULL, "[::1]:8443");
    assert_target(run, "http=a", "a:80", NULL);
    assert_target(run, "shop/public=a", "a:80", "a:443");
    assert_target(run, "shop/public=https=a:8443", NULL, "a:8443");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct verify_target target = {0};
        assert_false(verify_target_add(run->arena, slice_of(bad[i]), &target));
    }
}

/* Each Gateway is asked at its own address, and those without one at the address of no Gateway in particular. */
static void test_verify_finds_the_address_of_a_gateway(void **state)
{
    struct run *run = *state;
    static const char *const given[] = {"a", "x/y=b", "x/y=https=c:1", "x/z=http=d"};
    struct verify_target target = {0};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        assert_true(verify_target_add(run->arena, slice_of(given[i]), &target));
    }
    const struct slice http = SLICE("http"), https = SLICE("https");
    assert_true(slice_is(target_address(&target, SLICE_ABSENT, http), "a:80"));
    assert_true(slice_is(target_address(&target, SLICE("x/y"), http), "b:80"));
    assert_true(slice_is(target_address(&target, SLICE("x/y"), https), "c:1"));
    assert_true(slice_is(target_address(&target, SLICE("x/z"), https), "a:443"));
    assert_true(slice_is(target_address(&target, SLICE("x/other"), http), "a:80"));
    assert_true(target_names(&target, SLICE("x/z"), http));
    assert_false(target_names(&target, SLICE("x/z"), https));
    assert_false(target_names(&target, SLICE_ABSENT, http));
}

/* ---- echoes ------------------------------------------------------------------------------- */

static struct verify_echo echo_of(struct run *run, const char *body)
{
    struct verify_echo echo;
    struct verify_echo_keys keys = verify_echo_default();
    echo_read(run, run->arena, &keys, slice_of(body), &echo);
    return echo;
}

static void test_verify_reads_the_echo_of_the_conformance_tests(void **state)
{
    struct run *run = *state;
    struct verify_echo echo =
        echo_of(run, "{\"path\": \"/a?b\", \"host\": \"h\", \"method\": \"GET\", \"proto\": "
                     "\"HTTP/1.1\", \"headers\": {\"X-A\": [\"1\", \"2\"]}, \"namespace\": "
                     "\"shop\", \"ingress\": \"\", \"service\": \"\", \"pod\": "
                     "\"infra-backend-v1-7c9f4bd5d8-x2x4k\"}");
    assert_true(echo.told);
    assert_true(slice_is(echo.path, "/a?b"));
    assert_true(slice_is(headers_joined(run->arena, &echo.headers, SLICE("x-a")), "1, 2"));
    assert_true(slice_is(echo_backend(run->arena, &echo), "shop/infra-backend-v1"));
}

static void test_verify_takes_no_other_body_for_an_echo(void **state)
{
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "{",
                                         "[]",
                                         "{\"path\": \"/\"}",
                                         "{\"path\": 1, \"headers\": {}}",
                                         "{\"path\": \"/\", \"headers\": []}",
                                         "{\"path\": \"/\", \"headers\": {}} {}",
                                         "path: /\nheaders: {}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_false(echo_of(*state, bodies[i]).told);
    }
}

static void test_verify_reads_names_of_other_echoes(void **state)
{
    struct run *run = *state;
    struct verify_echo echo;
    struct verify_echo_keys keys = verify_echo_default();
    assert_true(verify_echo_parse(SLICE("path=request.url,headers=request.headers"), &keys));
    echo_read(
        run, run->arena, &keys,
        SLICE("{\"request\": {\"url\": \"/x\", \"headers\": {\"a\": \"b\"}}, \"pod\": \"p-1\"}"),
        &echo);
    assert_true(echo.told && slice_is(echo.path, "/x"));
    assert_true(slice_is(echo_backend(run->arena, &echo), "p-1"));
    assert_false(verify_echo_parse(SLICE("where=url"), &keys));
    assert_false(verify_echo_parse(SLICE("path="), &keys));
}

/* ---- what is not sent ----------------------------------------------------------------------- */

static struct slice refusal(struct run *run, const struct verify_options *options,
                            const struct request *request)
{
    const struct verify_item item = {.request = *request};
    return request_refusal(run->arena, options, &item);
}

static void test_verify_refuses_what_cannot_be_sent(void **state)
{
    struct run *run = *state;
    struct verify_way ways[] = {{.http = SLICE("a:80"), .https = SLICE("a:443")},
                                {.http = SLICE("b:80")}};
    const struct verify_options options = {.target = {{&ways[0], 1, 1}, {&ways[1], 1, 1}}};
    struct request request = {.host = SLICE("h")};
    request_defaults(&request);
    assert_null(refusal(run, &options, &request).ptr);
    struct request other = request;
    other.method = SLICE("DELETE");
    assert_non_null(refusal(run, &options, &other).ptr);
    other = request;
    other.scheme = SLICE("https");
    assert_true(slice_contains(refusal(run, &options, &other), SLICE("side after")));
    other = request;
    other.target = SLICE("/a b");
    assert_non_null(refusal(run, &options, &other).ptr);
    other = request;
    other.client_text = SLICE("192.0.2.1");
    assert_non_null(refusal(run, &options, &other).ptr);
    other = request;
    headers_add(run->arena, &other.headers, SLICE("A"), SLICE("1\r\nB: 2"));
    assert_non_null(refusal(run, &options, &other).ptr);
    other = request;
    other.host = SLICE("h\r\nX: y");
    assert_non_null(refusal(run, &options, &other).ptr);
}

/* ---- judging ------------------------------------------------------------------------------ */

static struct verify_results judge(struct run *run, const struct verify_answer *before,
                                   const struct verify_answer *after, struct slice header)
{
    static struct verify_items items;
    struct verify_results results = {.count = 0};
    const struct verify_side none = {.table = NULL};
    const struct verify_compared compared = {.headers = {&header, header.ptr != NULL},
                                             .body = true};
    items = (struct verify_items){.items = ARENA_NEW(run->arena, struct verify_item), .count = 1};
    items.items[0].answer[0] = *before;
    items.items[0].answer[1] = *after;
    items.items[0].source = SLICE("test");
    items.items[0].request.host = SLICE("a.example");
    request_defaults(&items.items[0].request);
    verify_judge(run, &items, &none, &none, &compared, &results);
    return results;
}

static void test_verify_tells_answers_apart(void **state)
{
    struct run *run = *state;
    const struct verify_answer good = {.asked = true, .status = 200, .body_hash = SLICE("aa")};
    struct verify_answer other = good;
    assert_int_equal(judge(run, &good, &good, SLICE_ABSENT).verdicts[VERIFY_IS_ALIKE], 1);
    other.status = 404;
    struct verify_results results = judge(run, &good, &other, SLICE_ABSENT);
    assert_int_equal(results.verdicts[VERIFY_IS_DIFFERENT], 1);
    assert_true(slice_is(results.items[0].title, "status 200 before, 404 after"));
    assert_int_equal(results.evidence.finding_count, 1);
    assert_int_equal(results.evidence.findings[0]->confirmed, 1);
    other = good;
    headers_add(run->arena, &other.headers, SLICE("location"), SLICE("/x"));
    assert_true(
        slice_is(judge(run, &good, &other, SLICE_ABSENT).items[0].title, "Location after only"));
    other = good;
    other.body_hash = SLICE("bb");
    assert_true(slice_is(judge(run, &good, &other, SLICE_ABSENT).items[0].title, "another body"));
    other = (struct verify_answer){.asked = true, .fault = VERIFY_CLOSED};
    assert_int_equal(judge(run, &other, &other, SLICE_ABSENT).verdicts[VERIFY_IS_ALIKE], 1);
    assert_int_equal(judge(run, &good, &other, SLICE_ABSENT).verdicts[VERIFY_IS_DIFFERENT], 1);
}

static void test_verify_prints_no_secrets(void **state)
{
    struct run *run = *state;
    struct verify_answer good = {.asked = true, .status = 200}, other = good;
    struct buf text;
    headers_add(run->arena, &good.headers, SLICE("set-cookie"), SLICE("id=secret-a; Path=/"));
    headers_add(run->arena, &other.headers, SLICE("set-cookie"), SLICE("name=secret-b"));
    struct verify_results results = judge(run, &good, &other, SLICE("Set-Cookie"));
    const struct verify_print style = {.most = 0};
    assert_int_equal(results.verdicts[VERIFY_IS_DIFFERENT], 1);
    buf_init(&text, BUF_TEXT_MAX);
    verify_print_text(run, &results, &style, &text);
    document_write_json(verify_node(run, &results), 0, &text);
    document_write_json(evidence_node(run, &results.evidence), 0, &text);
    assert_true(slice_contains(buf_slice(&text), SLICE("id=(not recorded)")));
    assert_false(slice_contains(buf_slice(&text), SLICE("secret")));
    /* another session is no difference */
    other.headers = (struct headers){0};
    headers_add(run->arena, &other.headers, SLICE("set-cookie"), SLICE("id=secret-c"));
    assert_int_equal(judge(run, &good, &other, SLICE("Set-Cookie")).verdicts[VERIFY_IS_ALIKE], 1);
    buf_release(&text);
}

/* ---- records ------------------------------------------------------------------------------ */

static void test_verify_reads_its_own_records(void **state)
{
    struct run *run = *state;
    struct verify_items items = {.items = ARENA_NEW(run->arena, struct verify_item), .count = 1};
    struct verify_items again = {0};
    struct verify_item *item = &items.items[0];
    struct buf text;
    item->source = SLICE("test");
    item->request.host = SLICE("a.example");
    headers_add(run->arena, &item->request.headers, SLICE("Cookie"),
                SLICE("s=secret;canary=always; secret"));
    headers_add(run->arena, &item->request.headers, SLICE("X-Forwarded-Access-Token"),
                SLICE("secret"));
    request_defaults(&item->request);
    item->answer[0] = (struct verify_answer){.asked = true, .status = 200, .body_bytes = 7};
    headers_add(run->arena, &item->answer[0].headers, SLICE("set-cookie"), SLICE("t=secret"));
    headers_add(run->arena, &item->answer[0].headers, SLICE("x-a"), SLICE("1"));
    /* what comes back under another name */
    headers_add(run->arena, &item->answer[0].headers, SLICE("location"), SLICE("/in?as=secret&b"));
    item->answer[0].echo = (struct verify_echo){.told = true, .path = SLICE("/secret/x")};
    headers_add(run->arena, &item->answer[0].echo.headers, SLICE("X-User"), SLICE("secret,secret"));
    headers_add(run->arena, &item->request.headers, SLICE("X-Session-Canary"), SLICE("never"));
    headers_add(run->arena, &item->request.headers, SLICE("X-Token"), SLICE(""));
    item->answer[1] = (struct verify_answer){.asked = true, .fault = VERIFY_TIMEOUT};
    buf_init(&text, BUF_TEXT_MAX);
    verify_record_write(run, &items, &text);
    assert_false(slice_contains(buf_slice(&text), SLICE("secret")));
    const struct input_file file = {.name = SLICE("record"), .text = buf_slice(&text)};
    verify_record_read(run, &file, &again);
    assert_int_equal(diag_count(run->diag), 0);
    assert_int_equal(again.count, 1);
    assert_true(slice_is(headers_get(&again.items[0].request.headers, SLICE("cookie")),
                         "s=(not recorded); canary=always; (not recorded)"));
    const struct verify_item *read = &again.items[0];
    assert_true(slice_is(read->request.hidden, "(not recorded)"));
    assert_true(slice_is(headers_get(&read->request.headers, SLICE("x-session-canary")), "never"));
    assert_int_equal(headers_get(&read->request.headers, SLICE("x-token")).len, 0);
    assert_true(slice_is(headers_get(&read->answer[0].headers, SLICE("location")),
                         "/in?as=(not recorded)&b"));
    assert_true(slice_is(read->answer[0].echo.path, "/(not recorded)/x"));
    assert_true(slice_is(headers_get(&read->answer[0].echo.headers, SLICE("x-user")),
                         "(not recorded),(not recorded)"));
    assert_int_equal(again.items[0].answer[0].body_bytes, 7);
    assert_true(slice_is(headers_get(&again.items[0].answer[0].headers, SLICE("X-A")), "1"));
    assert_int_equal(again.items[0].answer[1].fault, VERIFY_TIMEOUT);
    buf_release(&text);
}

static void test_verify_holds_no_values_that_a_record_leaves_out(void **state)
{
    struct run *run = *state;
    struct seen_header set = {.name = SLICE("X-Api-Key"), .value = SLICE("k"), .known = true};
    const struct outcome outcome = {
        .kind = OUTCOME_RESPOND, .status = 200, .response = {.items = &set, .count = 1}};
    struct verify_answer answer = {.asked = true, .status = 200};
    struct slice why;
    assert_int_equal(predicted(run->arena, &outcome, &answer, &why), VERIFY_HELD_NO);
    headers_add(run->arena, &answer.headers, SLICE("x-api-key"), SLICE("other"));
    assert_int_equal(predicted(run->arena, &outcome, &answer, &why), VERIFY_HELD_NO);
    answer.headers = headers_public(run->arena, &answer.headers);
    assert_int_equal(predicted(run->arena, &outcome, &answer, &why), VERIFY_HELD_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_verify_reads_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_finds_the_address_of_a_gateway, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_verify_reads_the_echo_of_the_conformance_tests, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_verify_takes_no_other_body_for_an_echo, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_verify_reads_names_of_other_echoes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_refuses_what_cannot_be_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_tells_answers_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_prints_no_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_reads_its_own_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verify_holds_no_values_that_a_record_leaves_out, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
