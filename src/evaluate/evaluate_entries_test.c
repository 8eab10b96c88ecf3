#include "evaluate/test_world_priv.h"

static struct entry *own_entry(struct world *world, enum host_kind kind, const char *name,
                               bool https)
{
    struct rule_list *list = world_list(world);
    world_rule(world, list, PATH_ANY, "", "x");
    return world_entry(world, kind, name, https, list);
}

static void test_evaluate_first_entry_of_the_table_wins(void **state)
{
    struct world *world = *state;
    world->table.view.missing_host_status = 0;
    own_entry(world, HOST_EXACT, "a.b", false);
    own_entry(world, HOST_SUFFIX, "*.b", false);
    own_entry(world, HOST_EXACT, "c.b", false); /* hidden by the one before */
    own_entry(world, HOST_REGEX, "", false)->host.regex =
        world_regex(world, "^d[0-9]$", false, false);
    own_entry(world, HOST_ANY, "", false);
    own_entry(world, HOST_EXACT, "e", false); /* hidden as well */
    static const struct {
        const char *host;
        size_t entry;
    } rows[] = {{"a.b", 0}, {"A.B.:8080", 0}, {"c.b", 1}, {"x.y.b", 1}, {"d7", 3},
                {"d77", 4}, {"e", 4},         {"b", 4},   {"", 4}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct outcome *out = world_get(world, rows[i].host, "/");
        assert_int_equal(out->entry - world->table.entries, rows[i].entry);
    }
}

static void test_evaluate_entries_differ_by_scheme_and_port(void **state)
{
    struct world *world = *state;
    own_entry(world, HOST_ANY, "", false);
    own_entry(world, HOST_ANY, "", false)->port = 8080;
    own_entry(world, HOST_ANY, "", true);
    struct request request = {.host = SLICE("a.b"), .port = 8080};
    assert_ptr_equal(world_send(world, request)->entry, &world->table.entries[1]);
    request.scheme = SLICE("https");
    assert_null(world_send(world, request)->entry);
    request.port = 443;
    assert_ptr_equal(world_send(world, request)->entry, &world->table.entries[2]);
    request.port = 81;
    request.scheme = SLICE("http");
    assert_null(world_send(world, request)->entry);
}

static void test_evaluate_https_needs_sni_and_host(void **state)
{
    struct world *world = *state;
    own_entry(world, HOST_EXACT, "a.b", true)->sni =
        (struct host_pattern){.kind = HOST_EXACT, .name = SLICE("a.b")};
    own_entry(world, HOST_ANY, "", true)->sni =
        (struct host_pattern){.kind = HOST_SUFFIX, .name = SLICE("*.b")};
    struct request request = {.scheme = SLICE("https"), .host = SLICE("a.b")};
    assert_ptr_equal(world_send(world, request)->entry, &world->table.entries[0]);
    request.sni = SLICE("c.b");
    assert_ptr_equal(world_send(world, request)->entry, &world->table.entries[1]);
    request.sni = SLICE("c.d");
    assert_int_equal(world_send(world, request)->kind, OUTCOME_CLOSE);
}

static void test_evaluate_asks_the_gateway_that_names_the_host(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *gateway, *name;
        enum host_kind kind;
        bool empty;
    } rows[] = {
        {"any", "", HOST_ANY, false},
        {"suffix", "*.b", HOST_SUFFIX, false},
        {"longer", "*.a.b", HOST_SUFFIX, false},
        {"label", "*.a.b", HOST_ONE_LABEL, false},
        {"exact", "x.a.b", HOST_EXACT, true},
        {"second", "x.a.b", HOST_EXACT, false},
        {"third", "x.a.b", HOST_EXACT, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct entry *entry = own_entry(world, rows[i].kind, rows[i].name, false);
        entry->gateway = slice_of(rows[i].gateway);
        entry->rules = rows[i].empty ? NULL : entry->rules;
    }
    assert_text(world_get(world, "x.a.b", "/")->gateway, "second");
    assert_text(world_get(world, "y.a.b", "/")->gateway, "label");
    assert_text(world_get(world, "y.z.a.b", "/")->gateway, "longer");
    assert_text(world_get(world, "y.b", "/")->gateway, "suffix");
    assert_text(world_get(world, "b", "/")->gateway, "any");
    struct request request = {.host = SLICE("x.a.b"), .gateway = SLICE("third")};
    assert_text(world_send(world, request)->gateway, "third");
    request.gateway = SLICE("exact");
    assert_answers(world_send(world, request), 404);
    request.gateway = SLICE("nobody");
    assert_int_equal(world_send(world, request)->kind, OUTCOME_CLOSE);
    assert_null(world->out.entry);
}

static void test_evaluate_rule_lists_form_chains(void **state)
{
    struct world *world = *state;
    struct rule_list *shared = world_list(world), *own = world_list(world),
                     *empty = world_list(world);
    world_rule(world, shared, PATH_PREFIX_ELEMENT, "/", "shared");
    world_rule(world, own, PATH_EXACT, "/own", "own");
    own->next = empty;
    empty->next = shared;
    world_entry(world, HOST_EXACT, "a.b", false, own);
    world_entry(world, HOST_ANY, "", false, shared);
    assert_served_by(world_get(world, "a.b", "/own"), "own");
    assert_served_by(world_get(world, "a.b", "/other"), "shared");
    assert_served_by(world_get(world, "c.d", "/own"), "shared");
}

/* ---- the index against a plain scan ------------------------------------------------------- */

static unsigned draw(uint64_t *seed, unsigned below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (unsigned)(*seed >> 33) % below;
}

static struct slice draw_host(struct world *world, uint64_t *seed)
{
    static const char *const labels[] = {"a", "b", "c"};
    struct buf host;
    buf_init(&host, 64);
    for (unsigned n = 1 + draw(seed, 3); n > 0; n--) {
        buf_puts(&host, labels[draw(seed, 3)]);
        buf_puts(&host, n > 1 ? "." : "");
    }
    struct slice text = arena_copy(world->run.arena, buf_slice(&host));
    buf_release(&host);
    return text;
}

static struct host_pattern draw_pattern(struct world *world, uint64_t *seed)
{
    struct host_pattern pattern = {.kind = (enum host_kind)draw(seed, 5)};
    struct slice host = draw_host(world, seed);
    switch (pattern.kind) {
    case HOST_ANY:
        break;
    case HOST_EXACT:
        pattern.name = host;
        break;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        pattern.name = arena_printf(world->run.arena, "*." SLICE_FMT, SLICE_ARG(host));
        break;
    case HOST_REGEX:
        pattern.name = arena_printf(world->run.arena, "^" SLICE_FMT, SLICE_ARG(host));
        pattern.regex =
            world_regex(world, arena_string(world->run.arena, pattern.name), false, false);
        break;
    }
    return pattern;
}

static const struct entry *scan(const struct route_table *table, const struct request *request)
{
    bool https = slice_is(request->scheme, "https");
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        if (slice_equal(entry->gateway, request->gateway) && entry->https == https &&
            entry->port == request->port && host_pattern_matches(&entry->host, request->host) &&
            (!https || host_pattern_matches(&entry->sni, request->sni))) {
            return entry;
        }
    }
    return NULL;
}

static void test_evaluate_index_agrees_with_a_scan(void **state)
{
    struct world *world = *state;
    static const char *const gateways[] = {"one", "two", "three"};
    uint64_t seed = 20240229;
    size_t found = 0, asked = 0;
    for (size_t round = 0; round < 150; round++) {
        world->table.entry_count = 0;
        for (unsigned n = draw(&seed, 40); n > 0; n--) {
            struct entry *entry = route_table_add(&world->run, &world->table);
            *entry = (struct entry){.gateway = slice_of(gateways[draw(&seed, 3)]),
                                    .https = draw(&seed, 2) == 1,
                                    .port = (uint16_t)(80 + draw(&seed, 2)),
                                    .host = draw_pattern(world, &seed),
                                    .kind = ENTRY_CLOSE};
            if (entry->https) {
                entry->sni = draw_pattern(world, &seed);
            }
        }
        struct evaluator *evaluator = evaluator_new(&world->run, &world->table);
        for (size_t i = 0; i < 60; i++) {
            struct request request = {.gateway = slice_of(gateways[draw(&seed, 3)]),
                                      .scheme = draw(&seed, 2) ? SLICE("https") : SLICE("http"),
                                      .port = (uint16_t)(80 + draw(&seed, 2)),
                                      .host = draw_host(world, &seed)};
            request.sni = draw(&seed, 3) ? request.host : draw_host(world, &seed);
            request_defaults(&request);
            evaluate(evaluator, world->run.arena, &request, &world->out);
            const struct entry *wanted = scan(&world->table, &request);
            assert_ptr_equal(world->out.entry, wanted);
            found += wanted != NULL;
            asked++;
        }
    }
    assert_true(found > asked / 8 && found < asked); /* both answers were met */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_evaluate_first_entry_of_the_table_wins),
        TEST(test_evaluate_entries_differ_by_scheme_and_port),
        TEST(test_evaluate_https_needs_sni_and_host),
        TEST(test_evaluate_asks_the_gateway_that_names_the_host),
        TEST(test_evaluate_rule_lists_form_chains),
        TEST(test_evaluate_index_agrees_with_a_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
