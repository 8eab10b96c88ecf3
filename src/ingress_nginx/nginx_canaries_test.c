#include "ingress_nginx/world_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_ingress_nginx_canary_creates_nothing(void **state)
{
    (void)state;
    check(WORLD("i h; P /a s; P /o o", "j g; P / c; @canary true; @canary-weight 100"),
          EXPECT({"g/", "404"}, {"h/a", "s /a"}, {"h/o", "o /o"}));
}

/* A canary hangs on the Service, so it shows on other paths of the same Service too. */
static void test_ingress_nginx_canary_leaks(void **state)
{
    (void)state;
    check(WORLD("i h; P /a s; P /b s; P /o o", "j h; P /a c; @canary true; @canary-weight 100"),
          EXPECT({"h/a", "c /a"}, {"h/b", "c /b"}, {"h/o", "o /o"}));
}

static void test_ingress_nginx_unmatched_canary_path_kills_it(void **state)
{
    (void)state;
    check(WORLD("i h; P /a s", "j h; P /a c; P /zzz c; @canary true; @canary-weight 100"),
          EXPECT({"h/a", "s /a"}));
    check(WORLD("i h; P /a s", "j h; E /a c; @canary true; @canary-weight 100"),
          EXPECT({"h/a", "s /a"}));
}

static void test_ingress_nginx_canary_weight_total_is_100_at_least(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("i h; P / s", "j h; P / c; @canary true; @canary-weight 5; "
                                   "@canary-weight-total 10"));
    (void)world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_int_equal(out.backend_count, 2);
    assert_int_equal(out.backends[0].weight, 95);
    assert_int_equal(out.backends[1].weight, 5);
    assert_true(slice_is(out.backends[1].service, "c"));
    world_close(&world);
}

static void test_ingress_nginx_only_the_oldest_canary_works(void **state)
{
    (void)state;
    check(WORLD("i h; P / s", "j h; P / c; @canary true",
                "k h; P / d; @canary true; "
                "@canary-weight 100"),
          EXPECT({"h/", "s /"}));
}

static struct slice with_header(struct world *world, const char *name, const char *value)
{
    struct outcome out;
    struct request request = world_request(SLICE("h/"));
    headers_add(world->run.arena, &request.headers, slice_of(name), slice_of(value));
    return world_outcome(world, request, &out);
}

static void test_ingress_nginx_canary_header_then_cookie(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, true, "",
               WORLD("i h; P / s", "j h; P / c; @canary true; @canary-by-header X-Go; "
                                   "@canary-by-cookie go"));
    assert_true(slice_is(with_header(&world, "x-go", "always"), "c /"));
    assert_true(slice_is(with_header(&world, "X-Go", "never"), "s /"));
    assert_true(slice_is(with_header(&world, "X-Go", "Always"), "s /"));
    assert_true(slice_is(with_header(&world, "Cookie", "a=b; go=always"), "c /"));
    assert_true(slice_is(with_header(&world, "Cookie", "go=maybe"), "s /"));
    world_close(&world);
    /* a value of its own leaves nothing special about "always" */
    world_open(&world, true, "",
               WORLD("i h; P / s", "j h; P / c; @canary true; @canary-by-header X-Go; "
                                   "@canary-by-header-value on"));
    assert_true(slice_is(with_header(&world, "X-Go", "on"), "c /"));
    assert_true(slice_is(with_header(&world, "X-Go", "always"), "s /"));
    world_close(&world);
    /* an expression that does not compile keeps everybody with the header on the main Service */
    world_open(&world, true, "",
               WORLD("i h; P / s", "j h; P / c; @canary true; @canary-by-header X-Go; "
                                   "@canary-by-header-pattern [a; @canary-weight 100"));
    assert_true(slice_is(with_header(&world, "X-Go", "a"), "s /"));
    assert_true(slice_is(with_header(&world, "X-Other", "a"), "c /"));
    world_close(&world);
}

static void test_ingress_nginx_canary_of_the_same_service(void **state)
{
    (void)state;
    check(WORLD("i h; P / s", "j h; P / s; @canary true; @canary-weight 100"),
          EXPECT({"h/", "s /"}));
    check(WORLD("j h; P / s; @canary true; @canary-weight 100", "i h; P / s"),
          EXPECT({"h/", "404"}));
}

static void test_ingress_nginx_canary_flag_that_is_off(void **state)
{
    (void)state;
    check(WORLD("i h; P /a s", "j h; P /b c; @canary false; @canary-weight 100"),
          EXPECT({"h/b", "c /b"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_canary_creates_nothing),
        cmocka_unit_test(test_ingress_nginx_canary_leaks),
        cmocka_unit_test(test_ingress_nginx_unmatched_canary_path_kills_it),
        cmocka_unit_test(test_ingress_nginx_canary_weight_total_is_100_at_least),
        cmocka_unit_test(test_ingress_nginx_only_the_oldest_canary_works),
        cmocka_unit_test(test_ingress_nginx_canary_header_then_cookie),
        cmocka_unit_test(test_ingress_nginx_canary_of_the_same_service),
        cmocka_unit_test(test_ingress_nginx_canary_flag_that_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
