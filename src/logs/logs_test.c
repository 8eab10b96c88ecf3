#include "logs/logs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static int open_arena(void **state)
{
    *state = arena_open(0, NULL, NULL);
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static const struct log_format *format_of(struct arena *arena, const char *name)
{
    struct slice error;
    const struct log_format *format = log_format_make(arena, slice_of(name), NULL, 0, &error);
    if (!format) {
        fail_msg("%s: " SLICE_FMT, name, SLICE_ARG(error));
    }
    return format;
}

static void assert_text(struct slice got, const char *expected)
{
    if (!expected ? got.ptr != NULL : !got.ptr || !slice_is(got, expected)) {
        fail_msg("got '" SLICE_FMT "', expected '%s'", SLICE_ARG(got),
                 expected ? expected : "nothing");
    }
}

/* ---- what a line tells -------------------------------------------------------------------- */

#define NGINX_HEAD "203.0.113.9 - - [10/Jul/2026:10:00:00 +0000] "

static const struct {
    const char *format, *line;
    const char *method, *target, *host, *scheme, *client, *upstream;
    int status;
    bool tells_contact, contacted;
} lines[] = {
    {"ingress-nginx",
     NGINX_HEAD "\"GET /cart?x=1 HTTP/1.1\" 200 12 \"-\" \"curl/8 (a) \\x22b\\x22\" 80 0.001 "
                "[shop-web-80] [] 10.1.2.3:8080 12 0.001 200 abc",
     "GET", "/cart?x=1", NULL, NULL, "203.0.113.9", "shop-web-80", 200, true, true},
    {"ingress-nginx",
     NGINX_HEAD "\"GET / HTTP/2.0\" 308 164 \"-\" \"-\" 80 0.000 [shop-web-80] [] - - - - abc",
     "GET", "/", NULL, NULL, "203.0.113.9", "shop-web-80", 308, true, false},
    /* a second try, and an internal redirect to an error page */
    {"ingress-nginx",
     NGINX_HEAD "\"PUT /a HTTP/1.1\" 200 1 \"-\" \"-\" 80 0.001 [shop-web-80] [shop-canary-80] "
                "10.1.2.3:80, 10.1.2.4:80 : 10.1.2.5:80 0, 1 : 1 0.001, 0.001 : 0.1 502, 200 : 200 "
                "abc",
     "PUT", "/a", NULL, NULL, "203.0.113.9", "shop-web-80", 200, true, true},
    {"combined", NGINX_HEAD "\"GET /\\xC3\\xA9\\x22 HTTP/1.1\" 404 1 \"-\" \"-\"", "GET",
     "/\xc3\xa9\"", NULL, NULL, "203.0.113.9", NULL, 404, false, false},
    {"combined", NGINX_HEAD "\"GET HTTP://a.example:80?q HTTP/1.1\" 404 1 \"-\" \"-\"", "GET", "/",
     "a.example:80", NULL, "203.0.113.9", NULL, 404, false, false},
    {"main", "::1 - bob [x] \"POST /b HTTP/1.1\" 201 1 \"http://r/\" \"-\" \"1.2.3.4\"", "POST",
     "/b", NULL, NULL, "::1", NULL, 201, false, false},
    {"common", "192.0.2.1 - - [x] \"HEAD /b HTTP/1.0\" 304 0", "HEAD", "/b", NULL, NULL,
     "192.0.2.1", NULL, 304, false, false},
    {"envoy",
     "[2026-01-01T00:00:00.000Z] \"GET /x HTTP/2\" 503 UF 0 91 1 - \"-\" \"a \"b\" c\" \"id\" "
     "\"a.example:443\" \"-\"",
     "GET", "/x", "a.example:443", NULL, NULL, NULL, 503, true, false},
    {"istio",
     "[2026-01-01T00:00:00.000Z] \"GET /x HTTP/1.1\" 200 - via_upstream - \"-\" 0 3 1 1 \"-\" "
     "\"curl\" \"id\" \"a.example\" \"10.0.0.1:80\" outbound|80||web.shop.svc.cluster.local "
     "10.0.0.2:1 10.0.0.3:80 192.0.2.4:5555 a.example default",
     "GET", "/x", "a.example", "https", "192.0.2.4", "outbound|80||web.shop.svc.cluster.local", 200,
     true, true},
    {"json",
     "{\"start_time\":\"2026\",\"method\":\"GET\",\"x-envoy-origin-path\":\"/x?\\u0061\",\":"
     "authority\":\"a.example\",\"response_code\":200,\"upstream_cluster\":\"httproute/shop/web/"
     "rule/0\",\"upstream_host\":null,\"downstream_remote_address\":\"[2001:db8::1]:5\","
     "\"requested_server_name\":null,\"list\":[1,{\"method\":\"PUT\"}]}",
     "GET", "/x?a", "a.example", NULL, "2001:db8::1", "httproute/shop/web/rule/0", 200, true,
     false},
    {"json", "{\"request\":\"GET \\/a\\\"b HTTP/1.1\",\"status\":\"404\",\"scheme\":\"https\"}",
     "GET", "/a\"b", NULL, "https", NULL, NULL, 404, false, false},
    {"json", "{\"method\":\"GET\",\"path\":\"/a\",\"query\":\"b=c\",\"port\":443}", "GET", "/a?b=c",
     NULL, "https", NULL, NULL, 0, false, false},
    /* as a container runtime writes it, and with the line break of Windows */
    {"common",
     "2026-01-02T03:04:05.678901234Z stdout F 192.0.2.1 - - [x] \"GET /b HTTP/1.0\" 200 0\r", "GET",
     "/b", NULL, NULL, "192.0.2.1", NULL, 200, false, false},
    {"$host $scheme \"$request\" $status $upstream_status [$service_name] $upstream_addr",
     "a.example http \"GET /b HTTP/1.0\" 200 200 [web] 10.0.0.1:80", "GET", "/b", "a.example",
     "http", NULL, NULL, 200, true, true},
    {"%REQ(:METHOD)% %REQ(:AUTHORITY):80% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE%",
     "GET - /b 0", "GET", "/b", "", NULL, NULL, NULL, 0, false, false},
};

static void test_logs_lines_tell_requests_and_answers(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct log_entry entry;
        const struct log_format *format = format_of(*state, lines[i].format);
        if (log_parse(format, *state, slice_of(lines[i].line), &entry) != LOG_TAKEN) {
            fail_msg("not taken: %s", lines[i].line);
        }
        assert_text(entry.method, lines[i].method);
        assert_text(entry.target, lines[i].target);
        assert_text(entry.host, lines[i].host);
        assert_text(entry.scheme, lines[i].scheme);
        assert_text(entry.client, lines[i].client);
        assert_text(entry.upstream, lines[i].upstream);
        assert_int_equal(entry.status, lines[i].status);
        assert_int_equal(entry.tells_contact, lines[i].tells_contact);
        assert_int_equal(entry.contacted, lines[i].contacted);
    }
}

static void test_logs_formats_are_told_apart(void **state)
{
    size_t named = 0;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct slice line = slice_of(lines[i].line);
        const struct log_format *format = log_format_detect(*state, NULL, 0, line);
        bool pattern = slice_find(slice_of(lines[i].format), '%', 0) < strlen(lines[i].format) ||
                       *lines[i].format == '$';
        if (!pattern) {
            assert_non_null(format);
            assert_text(log_format_label(format), lines[i].format);
            named++;
        }
    }
    assert_true(named > 10);
    assert_null(log_format_detect(*state, NULL, 0, SLICE("I0101 controller.go:1] hello\n\n")));
}

static void test_logs_what_is_no_request_or_no_line_of_the_format(void **state)
{
    static const struct {
        const char *format, *line;
        enum log_result result;
    } rows[] = {
        {"common", "192.0.2.1 - - [x] \"\\x16\\x03\\x01\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"-\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"PRI * HTTP/2.0\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"CONNECT a:443 HTTP/1.1\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"G ET /x HTTP/1.1\" 400 0", LOG_NO_REQUEST},
        {"common", "192.0.2.1 - - [x] \"GET /x HTTP/1.1\" 2OO 0", LOG_OTHER},
        {"common", "192.0.2.1 - - [x] \"GET /x HTTP/1.1\" 200 0 more", LOG_OTHER},
        {"common", "", LOG_OTHER},
        {"combined", "192.0.2.1 - - [x] \"GET /x HTTP/1.1\" 200 0", LOG_OTHER},
        {"json", "{\"msg\":\"started\",\"status\":200}", LOG_OTHER},
        {"json", "{\"method\":\"GET\",\"path\":\"/\"", LOG_OTHER},
        {"json", "{\"method\":\"GET\",\"path\":\"/\"} x", LOG_OTHER},
        {"json", "[\"method\"]", LOG_OTHER},
        {"json", "{\"method\":\"GET\",\"path\":\"x\"}", LOG_NO_REQUEST},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct log_entry entry;
        enum log_result result =
            log_parse(format_of(*state, rows[i].format), *state, slice_of(rows[i].line), &entry);
        if (result != rows[i].result) {
            fail_msg("%s: %d", rows[i].line, (int)result);
        }
    }
}

static void test_logs_headers_that_are_logged(void **state)
{
    const struct log_format *format =
        format_of(*state, "\"$request\" $status $http_x_canary \"$http_cookie\"");
    struct log_entry entry;
    assert_int_equal(
        log_parse(format, *state, SLICE("\"GET / HTTP/1.1\" 200 always \"-\""), &entry), LOG_TAKEN);
    assert_int_equal(entry.header_count, 2);
    assert_text(entry.headers[0].name, "x-canary");
    assert_text(entry.headers[0].value, "always");
    assert_text(entry.headers[1].value, NULL);
    assert_true(log_format_tells_header(format, SLICE("X-Canary")));
    assert_false(log_format_tells_header(format, SLICE("X-Other")));
    assert_true(log_format_tells(format, LOG_STATUS));
    assert_false(log_format_tells(format, LOG_HOST));
}

static void test_logs_keys_of_json(void **state)
{
    const struct slice keys[] = {SLICE("method=request.method,target=request.uri"),
                                 SLICE("host=request.host"), SLICE("header.X-Canary=canary")};
    struct slice error;
    struct log_entry entry;
    const struct log_format *format =
        log_format_make(*state, SLICE("json"), keys, ARRAY_LEN(keys), &error);
    assert_non_null(format);
    assert_int_equal(log_parse(format, *state,
                               SLICE("{\"host\":\"pod-1\",\"request\":{\"method\":\"GET\","
                                     "\"uri\":\"/a\",\"host\":\"a.example\"},\"canary\":\"x\"}"),
                               &entry),
                     LOG_TAKEN);
    assert_text(entry.host, "a.example");
    assert_text(entry.target, "/a");
    assert_text(entry.headers[0].name, "X-Canary");
    const struct slice wrong = SLICE("hots=x");
    assert_null(log_format_make(*state, SLICE("json"), &wrong, 1, &error));
    assert_true(slice_contains(error, SLICE("upstream-address")));
}

static void test_logs_patterns_that_cannot_be_read_are_refused(void **state)
{
    static const char *const patterns[] = {"squid", "$request$status", "$request_method $uri",
                                           "$status", "%REQ(:METHOD)%%RESPONSE_CODE%"};
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct slice error;
        assert_null(log_format_make(*state, slice_of(patterns[i]), NULL, 0, &error));
        assert_true(error.len > 0);
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

struct file {
    char path[64];
    char *text;
    size_t len;
};

/* Lines of many lengths, numbered; the last one has no line break. */
static void make_text(struct file *file, size_t count, size_t longest)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t i = 1; i <= count; i++) {
        buf_printf(&text, "%zu ", i);
        buf_fill(&text, 'x', i * 7919 % longest);
        buf_puts(&text, i < count ? "\n" : "");
    }
    file->text = text.ptr;
    file->len = text.len;
}

static void write_file(struct file *file, bool compressed)
{
    (void)snprintf(file->path, sizeof file->path, "/tmp/gateshift-logs-XXXXXX");
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    if (compressed) {
        gzFile out = gzdopen(fd, "wb");
        assert_int_equal(gzwrite(out, file->text, (unsigned)file->len), (int)file->len);
        assert_int_equal(gzclose(out), Z_OK);
    } else {
        assert_int_equal(write(fd, file->text, file->len), (ssize_t)file->len);
        assert_int_equal(close(fd), 0);
    }
}

/* Appends what the part holds, and checks that each line has its own number. */
static void read_part(struct arena *arena, const struct file *file, size_t part, size_t parts,
                      struct buf *out)
{
    struct slice error;
    struct log_reader *reader = log_open(arena, slice_of(file->path), part, parts, 0, &error);
    assert_non_null(reader);
    struct log_block block = {.bytes = malloc(LOG_BLOCK)};
    assert_non_null(block.bytes);
    while (log_next(reader, &block, &error)) {
        struct slice text = {block.bytes, block.len}, rest = text, line;
        uint64_t number = block.line;
        buf_put(out, text);
        rest.len -= rest.ptr[rest.len - 1] == '\n';
        while (slice_split(&rest, '\n', &line)) {
            uint64_t told = 0;
            assert_true(
                slice_to_uint(slice_sub(line, 0, slice_find(line, ' ', 0)), UINT32_MAX, &told));
            assert_int_equal(told, number++);
        }
    }
    assert_null(error.ptr);
    free(block.bytes);
    log_close(reader);
}

static void test_logs_parts_are_the_whole_with_the_same_numbers(void **state)
{
    static const struct {
        size_t count, longest;
        bool compressed;
    } rows[] = {{1, 10, false},      {3, 10, false},      {1000, 50, false},
                {20000, 300, false}, {40, 400000, false}, {20000, 300, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct file file;
        make_text(&file, rows[i].count, rows[i].longest);
        write_file(&file, rows[i].compressed);
        for (size_t parts = 1; parts < 40; parts = parts * 2 + 1) {
            struct buf read;
            buf_init(&read, BUF_TEXT_MAX);
            for (size_t part = 1; part <= parts; part++) {
                read_part(*state, &file, part, parts, &read);
            }
            assert_int_equal(read.len, file.len);
            assert_memory_equal(read.ptr, file.text, file.len);
            buf_release(&read);
        }
        assert_int_equal(unlink(file.path), 0);
        free(file.text);
    }
}

static void test_logs_lines_that_are_too_long_are_counted(void **state)
{
    struct file file = {.len = 3 * LOG_BLOCK};
    file.text = malloc(file.len);
    assert_non_null(file.text);
    memset(file.text, 'x', file.len);
    memcpy(file.text, "1 \n", 3);
    memcpy(file.text + file.len - 4, "\n3 \n", 4);
    write_file(&file, false);
    struct slice error;
    struct log_reader *reader = log_open(*state, slice_of(file.path), 1, 1, 0, &error);
    struct log_block block = {.bytes = malloc(LOG_BLOCK)};
    assert_true(reader && block.bytes);
    assert_true(log_next(reader, &block, &error));
    assert_int_equal(block.line, 1);
    assert_int_equal(block.skipped, 0);
    assert_true(log_next(reader, &block, &error));
    assert_int_equal(block.line, 3);
    assert_int_equal(block.skipped, 1);
    assert_int_equal(block.len, 3);
    assert_false(log_next(reader, &block, &error));
    log_close(reader);
    free(block.bytes);
    assert_int_equal(unlink(file.path), 0);
    free(file.text);
}

/* The lines that the part passes over; each is told to be line 2 or 4. */
static uint64_t count_skipped(struct arena *arena, const struct file *file, size_t part,
                              size_t parts)
{
    struct slice error;
    uint64_t skipped = 0;
    struct log_reader *reader = log_open(arena, slice_of(file->path), part, parts, 0, &error);
    struct log_block block = {.bytes = malloc(LOG_BLOCK)};
    assert_true(reader && block.bytes);
    while (log_next(reader, &block, &error)) {
        assert_true(block.len || block.skipped);
        assert_true(block.skipped < 2);
        assert_true(!block.skipped || block.line == 3 || block.line == 5);
        skipped += block.skipped;
    }
    assert_null(error.ptr);
    free(block.bytes);
    log_close(reader);
    return skipped;
}

/* Lines 2 and 4 of four are too long, and the last one has no line break. */
static void test_logs_lines_that_are_too_long_are_of_one_part(void **state)
{
    struct file file = {.len = 3 * LOG_BLOCK + 7};
    file.text = malloc(file.len);
    assert_non_null(file.text);
    memset(file.text, 'x', file.len);
    memcpy(file.text, "1 \n", 3);
    memcpy(file.text + file.len / 2, "\n3 \n", 4);
    write_file(&file, false);
    for (size_t parts = 1; parts < 9; parts++) {
        uint64_t skipped = 0;
        for (size_t part = 1; part <= parts; part++) {
            skipped += count_skipped(*state, &file, part, parts);
        }
        assert_int_equal(skipped, 2);
    }
    assert_int_equal(unlink(file.path), 0);
    free(file.text);
}

static void test_logs_what_cannot_be_read_is_an_error(void **state)
{
    struct slice error;
    struct file file;
    assert_null(log_open(*state, SLICE("/nowhere/access.log"), 1, 1, 0, &error));
    assert_true(slice_contains(error, SLICE("/nowhere/access.log")));
    assert_null(log_open(*state, SLICE("/tmp"), 1, 1, 0, &error));
    assert_true(slice_contains(error, SLICE("folder")));
    make_text(&file, 20000, 300);
    write_file(&file, true);
    assert_int_equal(truncate(file.path, 3000), 0);
    struct log_reader *reader = log_open(*state, slice_of(file.path), 1, 1, 0, &error);
    struct log_block block = {.bytes = malloc(LOG_BLOCK)};
    assert_non_null(block.bytes);
    while (reader && log_next(reader, &block, &error)) {
    }
    assert_true(slice_contains(error, SLICE("ends in the middle")));
    if (reader) {
        log_close(reader);
    }
    free(block.bytes);
    assert_int_equal(unlink(file.path), 0);
    free(file.text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(test_logs_lines_tell_requests_and_answers),
        TEST(test_logs_formats_are_told_apart),
        TEST(test_logs_what_is_no_request_or_no_line_of_the_format),
        TEST(test_logs_headers_that_are_logged),
        TEST(test_logs_keys_of_json),
        TEST(test_logs_patterns_that_cannot_be_read_are_refused),
        TEST(test_logs_parts_are_the_whole_with_the_same_numbers),
        TEST(test_logs_lines_that_are_too_long_are_counted),
        TEST(test_logs_lines_that_are_too_long_are_of_one_part),
        TEST(test_logs_what_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
