/* A Host other than the name in the TLS handshake, and HTTP/1.0. What nginx answers was seen of nginx itself. */
#include "evaluate/test_world_priv.h"

static const struct client_check check = {
    .subject = {"Secret shop/ca", 14}, .demand = DEMAND_VALID, .status = 400};

/* a.example, m.example, which asks for certificates, and all others. */
static int nginx_open(void **state)
{
    int failed = world_open(state);
    struct world *world = *state;
    static const char *const names[] = {"a.example", "m.example", ""};
    for (size_t i = 0; !failed && i < ARRAY_LEN(names); i++) {
        struct rule_list *list = world_list(world);
        world_rule(world, list, PATH_PREFIX_ELEMENT, "/", *names[i] ? names[i] : "other");
        struct entry *entry =
            world_entry(world, *names[i] ? HOST_EXACT : HOST_ANY, names[i], true, list);
        entry->client = i == 1 ? &check : NULL;
        entry->certificate.secret = slice_of(*names[i] ? names[i] : "default");
    }
    world->table.view.misdirected_status = 421;
    world->table.view.missing_host_status = 400;
    return failed;
}

static const struct outcome *send_named(struct world *world, const char *sni, const char *host,
                                        bool certificate)
{
    struct request request = {.scheme = SLICE("https"),
                              .host = slice_of(host),
                              .sni = slice_of(sni),
                              .client_certificate = certificate};
    return world_send(world, request);
}

static void test_evaluate_host_decides_whatever_the_handshake_named(void **state)
{
    struct world *world = *state;
    static const char *const names[] = {"", "unknown.example", "m.example", "a.example"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_served_by(send_named(world, names[i], "a.example", false), "a.example");
        assert_served_by(send_named(world, names[i], "b.example", false), "other");
    }
}

static void test_evaluate_certificate_was_asked_for_in_the_handshake(void **state)
{
    struct world *world = *state;
    assert_served_by(send_named(world, "m.example", "m.example", true), "m.example");
    assert_served_by(send_named(world, "m.example", "M.example:443", true), "m.example");
    assert_answers(send_named(world, "m.example", "m.example", false), 400);
    assert_answers(send_named(world, "a.example", "m.example", true), 421);
    assert_answers(send_named(world, "a.example", "m.example", false), 421);
    assert_answers(send_named(world, "", "m.example", true), 400);
    assert_answers(send_named(world, "unknown.example", "m.example", true), 400);
}

static void test_evaluate_handshake_shows_the_certificate_of_its_name(void **state)
{
    struct world *world = *state;
    assert_text(send_named(world, "a.example", "a.example", false)->certificate->secret,
                "a.example");
    assert_text(send_named(world, "m.example", "a.example", false)->certificate->secret,
                "m.example");
    assert_text(send_named(world, "", "a.example", false)->certificate->secret, "default");
    assert_null(world_get(world, "a.example", "/")->certificate);
}

static void test_evaluate_old_http(void **state)
{
    struct world *world = *state;
    struct request request = {
        .scheme = SLICE("https"), .host = SLICE("a.example"), .protocol = SLICE("h1.0")};
    assert_served_by(world_send(world, request), "a.example");
    request.host = SLICE("");
    assert_int_equal(world_send(world, request)->kind, OUTCOME_UNKNOWN);
    world->table.view.old_http_status = 426;
    assert_answers(world_send(world, request), 426);
    world->table.view.old_http_status = -1;
    assert_int_equal(world_send(world, request)->kind, OUTCOME_UNKNOWN);
    request.protocol = SLICE("h1");
    assert_answers(world_send(world, request), 400);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nginx_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_evaluate_host_decides_whatever_the_handshake_named),
        TEST(test_evaluate_certificate_was_asked_for_in_the_handshake),
        TEST(test_evaluate_handshake_shows_the_certificate_of_its_name),
        TEST(test_evaluate_old_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
