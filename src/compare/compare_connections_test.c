/* How requests come: on connections that named another host, by HTTP/1.0, through "..". */
#include "compare/compare_world_priv.h"

/* Before, the Host decides; after, each name has a listener of its own, and others get 404. */
static void add_name(struct world *world, const char *name, const char *service)
{
    struct route_table *const tables[] = {&world->before, &world->after};
    for (size_t side = 0; side < 2; side++) {
        struct rule_list *list = add_host(world, tables[side], name, true);
        struct entry *entry = &tables[side]->entries[tables[side]->entry_count - 1];
        add_rule(world, list, PATH_PREFIX_ELEMENT, "/", service);
        entry->sni = side ? entry->host : (struct host_pattern){.kind = HOST_ANY};
        entry->certificate.secret = slice_of(name);
    }
}

static void end_names(struct world *world)
{
    struct route_table *after = &world->after;
    for (size_t i = 0, count = after->entry_count; i < count; i++) {
        const struct host_pattern sni = after->entries[i].sni;
        add_host(world, after, NULL, true);
        after->entries[after->entry_count - 1].sni = sni;
    }
}

static struct world *two_names(void)
{
    struct world *world = world_open();
    world->before.plane = SLICE("one");
    world->after.plane = SLICE("other");
    world->before.no_rule_status = world->after.no_rule_status = 404;
    add_name(world, "a.example", "a");
    add_name(world, "b.example", "b");
    return world;
}

static const struct finding *find(const struct world *world, const char *start)
{
    for (size_t i = 0; i < world->result.finding_count; i++) {
        if (slice_starts(world->result.findings[i].title, slice_of(start))) {
            return &world->result.findings[i];
        }
    }
    fail_msg("no finding begins with '%s'", start);
    return NULL;
}

static void test_compare_name_in_the_handshake(void **state)
{
    (void)state;
    struct world *world = two_names();
    end_names(world);
    compare(world, NULL);
    const struct finding *other = find(world, "a Host other than the name in the TLS handshake: "
                                              "forwarded to shop/a:80 before, answered 404 after");
    assert_true(other->platform);
    assert_true(other->host_count >= 2);
    assert_text(other->witness.sni, "b.example");
    assert_text(other->witness.host, "a.example");
    const struct finding *none = find(world, "a TLS handshake without a name: forwarded to shop/a");
    assert_true(none->platform);
    assert_text(none->witness.sni, "");
    assert_int_equal(comparison_verdict(&world->result), VERDICT_EQUIVALENT);
    assert_true(world->result.probed > 0);
    world_close(world);
}

/* That another connection gets by without a certificate is no habit of a data plane. */
static void test_compare_certificate_that_a_connection_was_not_asked_for(void **state)
{
    (void)state;
    static const struct client_check check = {.demand = DEMAND_VALID, .status = 400};
    struct world *world = two_names();
    world->before.view.misdirected_status = 421;
    world->before.entries[1].client = &check;
    world->after.entries[1].client = &check;
    /* the listener of a.example also serves b.example */
    struct rule_list *list = add_host(world, &world->after, "b.example", true);
    add_rule(world, list, PATH_PREFIX_ELEMENT, "/", "b");
    world->after.entries[2].sni = world->after.entries[0].sni;
    end_names(world);
    compare(world, NULL);
    const struct finding *finding =
        find(world, "a Host other than the name in the TLS handshake: "
                    "answered 421 before, forwarded to shop/b:80 after");
    assert_false(finding->platform);
    assert_int_equal(finding->impact, IMPACT_BREAKING);
    assert_text(finding->witness.sni, "a.example");
    assert_non_null(strstr(finding->words.ptr, "whose TLS handshake named another host"));
    assert_int_equal(comparison_verdict(&world->result), VERDICT_DIFFERENT);
    world_close(world);
}

static void test_compare_old_http(void **state)
{
    (void)state;
    struct world *world = two_names();
    world->after.view.old_http_status = 426;
    compare(world, NULL);
    const struct finding *finding =
        find(world, "HTTP/1.0: forwarded to shop/a:80 before, answered 426 after");
    assert_true(finding->platform);
    assert_text(finding->witness.protocol, "h1.0");
    world_close(world);
}

/* ".." is outside of the domain: what is seen is said, and the verdict stays. */
static void test_compare_parents_are_probed(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    world->before.plane = SLICE("one");
    world->after.plane = SLICE("other");
    world->before.view.match_form.resolve_dots = world->before.view.match_form.decode = true;
    world->after.view.match_form.resolve_dots = true;
    world->after.view.match_form.stay_in_root = true;
    world->before.view.above_root_status = 400;
    compare(world, NULL);
    const struct finding *finding = find(world, "a path with a segment '..': answered 400 before, "
                                                "forwarded to shop/web:80 after");
    assert_true(finding->platform);
    assert_text(finding->witness.target, "/../");
    assert_true(world->result.hosts[0].probed >= 3);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_ROUTING].verdict, VERDICT_EQUIVALENT);
    world_close(world);
}

static void test_compare_plain_way_to_send_a_request(void **state)
{
    (void)state;
    static const struct {
        const char *target, *plain;
        enum request_form form;
    } rows[] = {
        {"/a/../b", "/b", FORM_PARENT},  {"/a/b/..", "/a/", FORM_PARENT},
        {"/../a", "/a", FORM_PARENT},    {"/a/%2e%2E/b?x", "/b?x", FORM_PARENT},
        {"/..", "/", FORM_PARENT},       {"/a/../../b", "/b", FORM_PARENT},
        {"/a//../b", "/b", FORM_PARENT}, {"/a/..b/", "/a/..b/", FORM_PLAIN},
        {"/a/./b", "/a/b", FORM_DOT},
    };
    struct world *world = world_open();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice plain;
        assert_int_equal(target_plain(world->run.arena, slice_of(rows[i].target), &plain),
                         rows[i].form);
        assert_text(plain, rows[i].plain);
    }
    struct request plain, request = {.scheme = SLICE("https"), .host = SLICE("a.example")};
    request_defaults(&request);
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_PLAIN);
    request.sni = SLICE("b.example");
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_OTHER_NAME);
    assert_text(plain.sni, "a.example");
    request.sni = SLICE("");
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_NO_NAME);
    request.host = request.sni = SLICE("A.example.");
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_HOST);
    assert_text(plain.host, "a.example");
    request.target = SLICE("/./");
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_DOT);
    request.host = request.sni = SLICE("");
    assert_int_equal(request_plain(world->run.arena, &request, &plain), FORM_NO_HOST);
    assert_text(plain.host, "other.invalid");
    world_close(world);
}

/* Whoever asks for the PROXY protocol takes no other connection: the load balancer decides. */
static void test_compare_proxy_protocol_is_unproven(void **state)
{
    (void)state;
    static const struct {
        const char *asks[2];
        bool optional;
        const char *reason;
    } rows[] = {
        {{NULL, NULL}, false, NULL},
        {{"use-proxy-protocol", "NginxProxy"}, false, NULL},
        {{"use-proxy-protocol", NULL},
         false,
         "connections have to begin with the PROXY protocol before ('use-proxy-protocol'), for "
         "which "
         "nothing asks after"},
        {{NULL, "ClientTrafficPolicy"},
         false,
         "connections have to begin with the PROXY protocol after ('ClientTrafficPolicy'), for "
         "which nothing asks before"},
        {{"use-proxy-protocol", "ClientTrafficPolicy"},
         true,
         "connections have to begin with the PROXY protocol before ('use-proxy-protocol'), and may "
         "after ('ClientTrafficPolicy')"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shop before, after;
        struct world *world = shops(&before, &after);
        struct view *const views[] = {&world->before.view, &world->after.view};
        for (size_t side = 0; side < 2; side++) {
            const char *name = rows[i].asks[side];
            views[side]->proxy_protocol.name = name ? slice_of(name) : SLICE_ABSENT;
        }
        views[1]->proxy_optional = rows[i].optional;
        compare(world, NULL);
        assert_int_equal(comparison_verdict(&world->result),
                         rows[i].reason ? VERDICT_UNPROVEN : VERDICT_EQUIVALENT);
        for (size_t h = 0; h < world->result.host_count; h++) {
            struct slice reason = world->result.hosts[h].aspects[ASPECT_ROUTING].reason;
            assert_true(slice_equal(reason, rows[i].reason ? slice_of(rows[i].reason) : reason));
            assert_int_equal(reason.ptr != NULL, rows[i].reason != NULL);
        }
        world_close(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_name_in_the_handshake),
        cmocka_unit_test(test_compare_certificate_that_a_connection_was_not_asked_for),
        cmocka_unit_test(test_compare_old_http),
        cmocka_unit_test(test_compare_parents_are_probed),
        cmocka_unit_test(test_compare_plain_way_to_send_a_request),
        cmocka_unit_test(test_compare_proxy_protocol_is_unproven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
