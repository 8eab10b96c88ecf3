#include "expect/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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

static struct expect_cases read_text(struct run *run, const char *text)
{
    struct input input = {0};
    struct expect_cases cases = {0};
    input_add_text(run, &input, SLICE("requests.json"), slice_of(text));
    expect_read(run, &input.files[0], &cases);
    return cases;
}

/* The only diagnostic has this code and place, and says this. */
static void assert_fault(struct run *run, const char *code, uint32_t line, uint32_t column,
                         const char *part)
{
    diag_finish(run->diag);
    assert_int_equal(diag_count(run->diag), 1);
    const struct diagnostic *item = diag_get(run->diag, 0);
    assert_string_equal(diag_row(item->code)->name, code);
    assert_int_equal(item->span.line, line);
    assert_int_equal(item->span.column, column);
    assert_true(slice_contains(item->message, slice_of(part)));
}

static void test_expect_reads_all_keys_of_a_request(void **state)
{
    struct expect_cases cases = read_text(
        *state,
        "{\"method\": \"PUT\", \"scheme\": \"https\", \"host\": \"a.example\", \"port\": 8443,"
        " \"path\": \"/x?y\", \"headers\": {\"A\": \"1\", \"B\": [\"2\", \"3\"]},"
        " \"client_ip\": \"192.0.2.1\", \"body_size\": 10, \"sni\": \"b.example\","
        " \"client_cert\": true, \"protocol\": \"h2\", \"gateway\": \"ns/gw\"}");
    assert_int_equal(cases.count, 1);
    const struct request *request = &cases.items[0].request;
    assert_true(slice_is(request->method, "PUT"));
    assert_true(slice_is(request->scheme, "https"));
    assert_true(slice_is(request->host, "a.example"));
    assert_int_equal(request->port, 8443);
    assert_true(slice_is(request->target, "/x?y"));
    assert_int_equal(request->headers.count, 3);
    assert_true(slice_is(request->headers.items[2].name, "B"));
    assert_true(slice_is(request->headers.items[2].value, "3"));
    assert_int_equal(request->client.length, 4);
    assert_int_equal(request->body_bytes, 10);
    assert_true(slice_is(request->sni, "b.example"));
    assert_true(request->client_certificate);
    assert_true(slice_is(request->protocol, "h2"));
    assert_true(slice_is(request->gateway, "ns/gw"));
    assert_null(cases.items[0].expect);
}

static void test_expect_fills_in_defaults(void **state)
{
    struct expect_cases cases = read_text(*state, "{\"host\": \"a\", \"method\": null}");
    assert_int_equal(cases.count, 1);
    const struct request *request = &cases.items[0].request;
    assert_true(slice_is(request->method, "GET"));
    assert_true(slice_is(request->target, "/"));
    assert_int_equal(request->port, 80);
    assert_true(slice_is(cases.items[0].name, "GET http://a/"));
}

static void test_expect_reads_lines_arrays_and_cases(void **state)
{
    assert_int_equal(read_text(*state, "{\"host\": \"a\"}\n\n{\"host\": \"b\"}\n").count, 2);
    assert_int_equal(read_text(*state, "[{\"host\": \"a\"}, {\"host\": \"b\"}]").count, 2);
    assert_int_equal(read_text(*state, "{\n  \"host\": \"a\"\n}\n").count, 1);
    struct expect_cases cases = read_text(
        *state, "[{\"name\": \"n\", \"request\": {\"host\": \"a\"}, \"expect\": {\"status\": "
                "404}}]");
    assert_int_equal(cases.count, 1);
    assert_true(slice_is(cases.items[0].name, "n"));
    assert_non_null(cases.items[0].expect);
}

static void test_expect_places_faults_in_lines(void **state)
{
    struct expect_cases cases = read_text(
        *state, "{\"host\": \"a\"}\n{\"host\": \"b\", \"pth\": \"/\"}\n{\"host\": \"c\"}");
    assert_int_equal(cases.count, 2);
    assert_fault(*state, "T001", 2, 15, "did you mean 'path'?");
}

static void test_expect_refuses_misspelled_expectations(void **state)
{
    struct expect_cases cases =
        read_text(*state, "[{\"request\": {\"host\": \"a\"},\n  \"expect\": {\"statuss\": 404}}]");
    assert_int_equal(cases.count, 0);
    assert_fault(*state, "T001", 2, 14, "did you mean 'status'?");
}

static void test_expect_refuses_misspelled_inner_keys(void **state)
{
    struct expect_cases cases =
        read_text(*state, "[{\"request\": {\"host\": \"a\"}, \"expect\": {\n"
                          "\"backends\": [{\"namespace\": \"n\", \"servce\": \"s\"}]}}]");
    assert_int_equal(cases.count, 0);
    assert_fault(*state, "T001", 2, 33, "did you mean 'service'?");
}

static void test_expect_refuses_wrong_types_and_values(void **state)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"{\"host\": 1}", "T002"},
        {"{\"host\": \"a\", \"port\": \"80\"}", "T002"},
        {"{\"host\": \"a\", \"port\": 70000}", "T006"},
        {"{\"host\": \"a\", \"scheme\": \"ftp\"}", "T006"},
        {"{\"host\": \"a\", \"path\": \"x\"}", "T006"},
        {"{\"host\": \"a\", \"path\": \"/a b\"}", "T006"},
        {"{\"host\": \"a\", \"client_ip\": \"a\"}", "T006"},
        {"{\"host\": \"a\", \"headers\": {\"x\": 1}}", "T002"},
        {"{\"host\": \"a\", \"headers\": {\"x\": [1]}}", "T002"},
        {"{\"path\": \"/\"}", "T005"},
        {"[1]", "T003"},
        {"", "T003"},
        {"[{\"request\": {\"host\": \"a\"}, \"expect\": {}}]", "T005"},
        {"[{\"expect\": {\"status\": 404}}]", "T005"},
        {"[{\"request\": {\"host\": \"a\"}, \"expect\": {\"status\": \"404\"}}]", "T002"},
        {"[{\"request\": {\"host\": \"a\"}, \"expect\": {\"outcome\": \"answer\"}}]", "T006"},
        {"[{\"request\": {\"host\": \"a\"}, \"expect\": {\"location\": 1}}]", "T002"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        run_open(&run, NULL, NULL, NULL);
        assert_int_equal(read_text(&run, rows[i].text).count, 0);
        diag_finish(run.diag);
        assert_int_equal(diag_count(run.diag), 1);
        assert_string_equal(diag_row(diag_get(run.diag, 0)->code)->name, rows[i].code);
        run_close(&run);
    }
}

static void test_expect_reads_back_what_it_writes(void **state)
{
    static const char text[] =
        "{\"method\":\"POST\",\"scheme\":\"https\",\"host\":\"a\",\"port\":444,\"path\":\"/p\","
        "\"headers\":{\"X\":[\"1\",\"2\"],\"Content-Type\":\"application/"
        "grpc+proto\"},\"client_ip\":\"::1\",\"body_size\":5,\"sni\":\"b\","
        "\"client_cert\":true,\"protocol\":\"grpc\",\"gateway\":\"n/g\"}";
    struct expect_cases cases = read_text(*state, text);
    struct buf out;
    assert_int_equal(cases.count, 1);
    buf_init(&out, BUF_TEXT_MAX);
    document_write_json(request_node(*state, &cases.items[0].request), 0, &out);
    buf_putc(&out, '\0');
    assert_string_equal(out.ptr, text);
    buf_release(&out);
}

static void test_expect_grpc_calls_have_what_every_call_has(void **state)
{
    struct expect_cases cases = read_text(*state, "[{\"host\":\"a\",\"protocol\":\"grpc\"},"
                                                  "{\"host\":\"a\",\"protocol\":\"h2\"}]");
    assert_int_equal(cases.count, 2);
    const struct request *call = &cases.items[0].request, *other = &cases.items[1].request;
    assert_true(slice_is(call->method, "POST"));
    assert_true(slice_is(headers_get(&call->headers, SLICE("Content-Type")), "application/grpc"));
    assert_true(slice_is(other->method, "GET"));
    assert_null(headers_get(&other->headers, SLICE("Content-Type")).ptr);
}

static void test_expect_is_replaced_by_that_of_a_profile(void **state)
{
    struct expect_cases cases =
        read_text(*state, "[{\"request\": {\"host\": \"a\"}, \"expect\": {\"status\": 404},"
                          " \"profiles\": {\"istio\": {\"outcome\": \"forward\"}}}]");
    assert_int_equal(cases.count, 1);
    const struct node *istio = expect_of(&cases.items[0], SLICE("istio"));
    assert_non_null(node_get(istio, "outcome"));
    assert_null(node_get(istio, "status"));
    assert_ptr_equal(expect_of(&cases.items[0], SLICE("standard")), cases.items[0].expect);
    assert_ptr_equal(expect_of(&cases.items[0], SLICE("ingress-nginx")), cases.items[0].expect);
}

static void test_expect_refuses_profiles_that_do_not_exist(void **state)
{
    struct expect_cases cases =
        read_text(*state, "[{\"request\": {\"host\": \"a\"}, \"expect\": {\"status\": 404},\n"
                          "\"profiles\": {\"itsio\": {\"status\": 500}}}]");
    assert_int_equal(cases.count, 0);
    assert_fault(*state, "T006", 2, 14, "nginx-gateway-fabric, not 'itsio'");
}

static void test_expect_writes_curl_lines_for_a_shell(void **state)
{
    struct run *run = *state;
    struct expect_cases cases = read_text(
        run,
        "{\"host\": \"a\", \"path\": \"/it's?x=[1]\", \"headers\": {\"E\": \"\", \"N\": \"v\"}}\n"
        "{\"host\": \"a\", \"scheme\": \"https\", \"sni\": \"b\", \"port\": 8443, "
        "\"method\": \"POST\", \"body_size\": 3}\n");
    assert_int_equal(cases.count, 2);
    struct slice line = request_curl(run->arena, &cases.items[0].request);
    assert_true(
        slice_is(line, "curl -i --path-as-is -g -H 'E;' -H 'N: v' 'http://a/it'\\''s?x=[1]'"));
    line = request_curl(run->arena, &cases.items[1].request);
    assert_true(slice_is(line, "head -c 3 /dev/zero | curl -i --path-as-is -X 'POST' -H 'Host: a' "
                               "--data-binary @- 'https://b:8443/'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_expect_reads_all_keys_of_a_request),
        TEST(test_expect_fills_in_defaults),
        TEST(test_expect_reads_lines_arrays_and_cases),
        TEST(test_expect_places_faults_in_lines),
        TEST(test_expect_refuses_misspelled_expectations),
        TEST(test_expect_refuses_misspelled_inner_keys),
        TEST(test_expect_refuses_wrong_types_and_values),
        TEST(test_expect_reads_back_what_it_writes),
        TEST(test_expect_grpc_calls_have_what_every_call_has),
        TEST(test_expect_is_replaced_by_that_of_a_profile),
        TEST(test_expect_refuses_profiles_that_do_not_exist),
        TEST(test_expect_writes_curl_lines_for_a_shell),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
