#include "replay/replay.h"

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

/* ---- tables drawn by chance --------------------------------------------------------------- */

struct chance {
    uint64_t state;
};

static uint64_t draw(struct chance *chance, uint64_t of)
{
    chance->state ^= chance->state << 13;
    chance->state ^= chance->state >> 7;
    chance->state ^= chance->state << 17;
    return (chance->state >> 11) % of;
}

struct world {
    struct run run;
    struct route_table tables[2];
    struct replay_side sides[2];
    struct replay *replay;
};

static const char *const hosts[] = {"a.example", "b.example", "*.c.example"};
static const char *const rule_paths[] = {"/", "/a", "/ab", "/a/b", "/x", "/A", "/a/b/c"};
static const char *const expressions[] = {"^/a(/|$)(.*)", "^/x/[0-9]+", "^/ab", "(?i)/a/B.*",
                                          "/b/(.*)\\.php"};

static void draw_match(struct world *world, struct route_table *table, struct chance *chance,
                       struct rule *rule)
{
    static const enum path_kind kinds[] = {PATH_EXACT, PATH_PREFIX_ELEMENT, PATH_PREFIX_ELEMENT,
                                           PATH_PREFIX_STRING, PATH_REGEX};
    struct path_match *path = &rule->match.path;
    struct slice error;
    path->kind = kinds[draw(chance, ARRAY_LEN(kinds))];
    path->fold = draw(chance, 4) == 0;
    path->value =
        slice_of(path->kind == PATH_REGEX ? expressions[draw(chance, ARRAY_LEN(expressions))]
                                          : rule_paths[draw(chance, ARRAY_LEN(rule_paths))]);
    if (path->kind == PATH_REGEX) {
        path->regex =
            regex_compile(&world->run, table->regexes, path->value, path->fold, false, &error);
        assert_non_null(path->regex);
    }
    if (draw(chance, 6) == 0) {
        struct test *test = ARENA_NEW(world->run.arena, struct test);
        *test = (struct test){.subject = draw(chance, 2) ? TEST_HEADER : TEST_QUERY,
                              .operator= draw(chance, 3) ? TEST_EQUALS : TEST_PRESENT,
                              .name = SLICE("q"),
                              .value = SLICE("1")};
        rule->match.tests = test;
        rule->match.test_count = 1;
    }
    rule->match.method = draw(chance, 12) ? SLICE_ABSENT : SLICE("POST");
}

static void draw_effects(struct world *world, struct chance *chance, struct rule *rule)
{
    struct arena *arena = world->run.arena;
    if (draw(chance, 5) == 0) {
        struct route_rewrite *rewrite = ARENA_NEW(arena, struct route_rewrite);
        *rewrite = (struct route_rewrite){.kind = REWRITE_PREFIX,
                                          .prefix = rule->match.path.value,
                                          .target = template_text(arena, SLICE("/new"))};
        rule->effects.rewrite = rewrite;
    }
    if (draw(chance, 6) == 0) {
        struct route_redirect *redirect = ARENA_NEW(arena, struct route_redirect);
        *redirect = (struct route_redirect){.status = draw(chance, 2) ? 301 : 308,
                                            .scheme = SLICE("https"),
                                            .only_plain_http = draw(chance, 2),
                                            .keep_query = draw(chance, 2),
                                            .strip_slash = draw(chance, 2)};
        rule->effects.redirect = redirect;
    }
    if (draw(chance, 8) == 0) {
        struct network *network = ARENA_NEW(arena, struct network);
        struct route_addresses *lists = ARENA_NEW(arena, struct route_addresses);
        assert_true(network_parse(SLICE("192.0.2.0/28"), network));
        *lists = (struct route_addresses){.allow = {network, 1}, .has_allow = true, .status = 403};
        rule->effects.addresses = lists;
    }
}

static void draw_rule(struct world *world, struct route_table *table, struct chance *chance,
                      struct rule_list *list)
{
    static const char *const services[] = {"web", "api"};
    struct rule *rule = rule_list_add(&world->run, list);
    draw_match(world, table, chance, rule);
    draw_effects(world, chance, rule);
    rule->origin = (struct origin){
        .kind = SLICE("Ingress"),
        .namespace = SLICE("shop"),
        .name = SLICE("all"),
        .field = arena_printf(world->run.arena, "rules[%zu]", (size_t)draw(chance, 4))};
    rule->backends = ARENA_NEW(world->run.arena, struct backend);
    rule->backend_count = 1;
    *rule->backends = (struct backend){.namespace = SLICE("shop"),
                                       .service = slice_of(services[draw(chance, 2)]),
                                       .port = 80,
                                       .weight = 1};
}

static void draw_table(struct world *world, struct chance *chance, struct route_table *table)
{
    static const int gates[] = {EFFECT_addresses, EFFECT_redirect, GATE_NO_ENDPOINTS};
    route_table_open(&world->run, table);
    table->label = SLICE("drawn");
    table->no_rule_status = 404;
    memcpy(table->gates, gates, sizeof gates);
    table->gate_count = ARRAY_LEN(gates);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct rule_list *list = ARENA_NEW(world->run.arena, struct rule_list);
        for (uint64_t n = 1 + draw(chance, 4); n > 0; n--) {
            draw_rule(world, table, chance, list);
        }
        for (int https = 0; https < 2; https++) {
            struct entry *entry = route_table_add(&world->run, table);
            entry->https = https;
            entry->port = https ? 443 : 80;
            entry->host.name = slice_of(hosts[i]);
            entry->host.kind = *hosts[i] == '*' ? HOST_SUFFIX : HOST_EXACT;
            entry->rules = list;
        }
    }
}

static void world_open(struct world *world, uint64_t seed)
{
    struct chance chance = {seed * 2654435769u + 88172645463325252u};
    run_open(&world->run, NULL, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        /* often the same rules, and then some others */
        struct chance same = {chance.state};
        draw_table(world, i && draw(&chance, 2) ? &same : &chance, &world->tables[i]);
        world->sides[i] =
            (struct replay_side){&world->tables[i], evaluator_new(&world->run, &world->tables[i])};
    }
    world->replay = replay_new(&world->run, &world->sides[0], &world->sides[1]);
}

static void world_close(struct world *world)
{
    route_table_close(&world->tables[0]);
    route_table_close(&world->tables[1]);
    run_close(&world->run);
}

/* ---- logs drawn by chance ----------------------------------------------------------------- */

enum { LINES = 400 };

static void draw_target(struct chance *chance, FILE *out)
{
    static const char *const segments[] = {"a",
                                           "ab",
                                           "b",
                                           "c",
                                           "x",
                                           "A",
                                           "item-7",
                                           "12",
                                           "B",
                                           "x.php",
                                           "%61",
                                           "..",
                                           "long-segment-number-1",
                                           "abc",
                                           ".",
                                           ""};
    static const char *const queries[] = {"",      "", "?", "?q=1", "?id=7&p=2", "?u=http://h/",
                                          "?a%20b"};
    for (uint64_t n = 1 + draw(chance, 4); n > 0; n--) {
        fprintf(out, "/%s", segments[draw(chance, draw(chance, 3) ? 9 : ARRAY_LEN(segments))]);
    }
    fprintf(out, "%s%s", draw(chance, 4) ? "" : "/", queries[draw(chance, ARRAY_LEN(queries))]);
}

static void draw_line(struct chance *chance, bool full, FILE *out)
{
    static const char *const names[] = {"a.example", "b.example", "x.c.example", "other.example"};
    static const char *const methods[] = {"GET", "POST", "HEAD", "OPTIONS"};
    static const char *const upstreams[] = {"shop-web-80", "shop-api-80", "gone-80", "-"};
    static const int statuses[] = {200, 301, 308, 403, 404, 499};
    int status = statuses[draw(chance, ARRAY_LEN(statuses))];
    bool contacted = status == 200 || draw(chance, 4) == 0;
    if (full) {
        fprintf(out, "%s %s ", names[draw(chance, ARRAY_LEN(names))],
                draw(chance, 2) ? "http" : "https");
    }
    fprintf(out, "192.0.2.%u \"%s ", (unsigned)draw(chance, 32),
            methods[draw(chance, ARRAY_LEN(methods))]);
    draw_target(chance, out);
    fprintf(out, " HTTP/1.1\" %d [%s] %s\n", status, upstreams[draw(chance, ARRAY_LEN(upstreams))],
            contacted ? "10.0.0.1:80" : "-");
}

static const char *const formats[] = {
    "$remote_addr \"$request\" $status [$proxy_upstream_name] $upstream_addr",
    "$host $scheme $remote_addr \"$request\" $status [$proxy_upstream_name] $upstream_addr"};

static void write_log(struct chance *chance, bool full, char path[32])
{
    (void)snprintf(path, 32, "/tmp/gateshift-replay-XXXXXX");
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    assert_non_null(out);
    for (size_t i = 0; i < LINES; i++) {
        if (draw(chance, 100) == 0) {
            fputs("something else\n", out);
        }
        draw_line(chance, full, out);
    }
    assert_int_equal(fclose(out), 0);
}

/* Titles speak of one request, and a request that was reduced is spoken of as such. */
static struct slice counted(struct world *world, const char *path, bool full,
                            const struct replay_options *given, bool titles)
{
    struct replay_options options = *given;
    struct evidence evidence = {0};
    struct replay_fault fault;
    struct slice name = slice_of(path);
    struct buf text;
    options.format = slice_of(formats[full]);
    assert_true(replay_logs(&world->run, world->replay, &name, 1, &options, &evidence, &fault));
    evidence_finish(world->run.arena, &evidence);
    for (size_t i = 0; !titles && i < evidence.finding_count; i++) {
        evidence.findings[i]->title = SLICE_ABSENT;
    }
    for (size_t i = 0; i < EVIDENCE_COUNT_COUNT; i++) {
        assert_true(evidence.counts[i] <= evidence.counts[EVIDENCE_LINES]);
    }
    assert_int_equal(evidence.counts[EVIDENCE_REQUESTS], evidence.counts[EVIDENCE_SAME] +
                                                             evidence.counts[EVIDENCE_DIFFERENT] +
                                                             evidence.counts[EVIDENCE_UNSAID]);
    buf_init(&text, BUF_TEXT_MAX);
    document_write_json(evidence_node(&world->run, &evidence), 2, &text);
    struct slice copy = arena_copy(world->run.arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static void assert_same_text(uint64_t seed, struct slice a, struct slice b)
{
    if (!slice_equal(a, b)) {
        size_t at = 0;
        while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at]) {
            at++;
        }
        size_t from = at > 300 ? at - 300 : 0;
        fail_msg("seed %llu:\n" SLICE_FMT "\n--- but\n" SLICE_FMT, (unsigned long long)seed,
                 SLICE_ARG(slice_sub(a, from, at + 200)), SLICE_ARG(slice_sub(b, from, at + 200)));
    }
}

/* Requests that are taken for one another, and threads, change nothing in what is counted. */
static void test_replay_cache_and_threads_change_nothing(void **state)
{
    (void)state;
    const char *given = getenv("GATESHIFT_SEED");
    uint64_t first = 1, seeds = 40;
    if (given) {
        assert_true(slice_to_uint(slice_of(given), UINT32_MAX, &first));
    }
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct world world;
        struct chance chance = {seed * 40503 + 7};
        char path[32];
        bool full = seed % 2;
        world_open(&world, seed);
        write_log(&chance, full, path);
        const struct replay_options plain = {0}, uncached = {.uncached = true}, jobs = {.jobs = 3};
        struct slice exact = counted(&world, path, full, &uncached, false);
        assert_same_text(seed, counted(&world, path, full, &plain, false), exact);
        assert_same_text(seed, counted(&world, path, full, &jobs, true),
                         counted(&world, path, full, &plain, true));
        assert_int_equal(unlink(path), 0);
        world_close(&world);
    }
}

/* ---- what is said of single lines --------------------------------------------------------- */

static void count_line(struct world *world, const char *format, const char *line,
                       struct evidence *out)
{
    char path[32] = "/tmp/gateshift-replay-XXXXXX";
    int fd = mkstemp(path);
    struct replay_options options = {.format = slice_of(format)};
    struct replay_fault fault;
    struct slice name = slice_of(path);
    assert_true(fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line));
    assert_int_equal(close(fd), 0);
    *out = (struct evidence){0};
    assert_true(replay_logs(&world->run, world->replay, &name, 1, &options, out, &fault));
    assert_int_equal(unlink(path), 0);
}

static struct rule *add_rule(struct world *world, struct rule_list *list, enum path_kind kind,
                             const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&world->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = slice_of(path);
    rule->origin = (struct origin){.kind = SLICE("Ingress"),
                                   .namespace = SLICE("shop"),
                                   .name = SLICE("all"),
                                   .field = slice_of(service)};
    rule->backends = ARENA_NEW(world->run.arena, struct backend);
    rule->backend_count = 1;
    *rule->backends = (struct backend){
        .namespace = SLICE("shop"), .service = slice_of(service), .port = 80, .weight = 1};
    return rule;
}

/* Before, header "beta" leads to the Service beta; after, it does where `kept`. "/old" is gone. */
static void open_shop(struct world *world, bool kept)
{
    run_open(&world->run, NULL, NULL, NULL);
    struct test *test = ARENA_NEW(world->run.arena, struct test);
    *test = (struct test){
        .subject = TEST_HEADER, .operator= TEST_EQUALS, .name = SLICE("beta"), .value = SLICE("1")};
    for (size_t side = 0; side < 2; side++) {
        struct route_table *table = &world->tables[side];
        struct rule_list *list = ARENA_NEW(world->run.arena, struct rule_list);
        route_table_open(&world->run, table);
        table->no_rule_status = 404;
        if (!side || kept) {
            struct rule *beta = add_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", "beta");
            beta->match.tests = test;
            beta->match.test_count = 1;
        }
        add_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", "cart");
        if (!side) {
            add_rule(world, list, PATH_PREFIX_ELEMENT, "/old", "old");
        }
        struct entry *entry = route_table_add(&world->run, table);
        entry->port = 80;
        entry->host = (struct host_pattern){.kind = HOST_EXACT, .name = SLICE("a.example")};
        entry->rules = list;
        world->sides[side] = (struct replay_side){table, evaluator_new(&world->run, table)};
    }
    world->replay = replay_new(&world->run, &world->sides[0], &world->sides[1]);
}

static void test_replay_says_only_what_follows_from_the_line(void **state)
{
    (void)state;
    static const char with_upstream[] = "\"$request\" $status $proxy_upstream_name $upstream_addr";
    static const char with_header[] = "\"$request\" $status $proxy_upstream_name $http_beta";
    static const struct {
        bool kept;
        const char *format, *line;
        enum evidence_count kind, held;
    } rows[] = {
        /* the header decides, and differs */
        {false, with_upstream, "\"GET /cart HTTP/1.1\" 200 - 10.0.0.1:80\n", EVIDENCE_UNSAID,
         EVIDENCE_UNEXPLAINED},
        /* the upstream tells that it was there, or was not */
        {false, with_upstream, "\"GET /cart HTTP/1.1\" 200 shop-beta-80 10.0.0.1:80\n",
         EVIDENCE_DIFFERENT, EVIDENCE_EXPLAINED},
        {false, with_upstream, "\"GET /cart HTTP/1.1\" 200 shop-cart-80 10.0.0.1:80\n",
         EVIDENCE_SAME, EVIDENCE_EXPLAINED},
        /* whatever it is, both sides do the same */
        {true, "\"$request\" $status", "\"GET /cart/7 HTTP/1.1\" 200\n", EVIDENCE_SAME,
         EVIDENCE_SILENT},
        {false, "\"$request\" $status", "\"GET /cart/7 HTTP/1.1\" 200\n", EVIDENCE_UNSAID,
         EVIDENCE_SILENT},
        /* the log tells it */
        {false, with_header, "\"GET /cart HTTP/1.1\" 200 shop-beta-80 1\n", EVIDENCE_DIFFERENT,
         EVIDENCE_EXPLAINED},
        {false, with_header, "\"GET /cart HTTP/1.1\" 200 shop-cart-80 -\n", EVIDENCE_SAME,
         EVIDENCE_EXPLAINED},
        {false, with_header, "\"GET /cart HTTP/1.1\" 200 shop-cart-80 1\n", EVIDENCE_UNSAID,
         EVIDENCE_UNEXPLAINED},
        /* no rule: what was logged is what the model answers, or is not */
        {false, with_upstream, "\"GET /none HTTP/1.1\" 404 - -\n", EVIDENCE_SAME,
         EVIDENCE_EXPLAINED},
        {false, with_upstream, "\"GET /old HTTP/1.1\" 502 shop-old-80 10.0.0.1:80\n",
         EVIDENCE_DIFFERENT, EVIDENCE_EXPLAINED},
        {false, with_upstream, "\"GET /old HTTP/1.1\" 403 shop-old-80 -\n", EVIDENCE_UNSAID,
         EVIDENCE_UNEXPLAINED},
        /* broken off */
        {false, with_upstream, "\"GET /old HTTP/1.1\" 499 shop-old-80 -\n", EVIDENCE_DIFFERENT,
         EVIDENCE_SILENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct evidence evidence;
        open_shop(&world, rows[i].kept);
        count_line(&world, rows[i].format, rows[i].line, &evidence);
        if (evidence.counts[rows[i].kind] != 1 || evidence.counts[rows[i].held] != 1) {
            struct buf text;
            buf_init(&text, BUF_TEXT_MAX);
            replay_print(&world.run, &evidence, &(struct replay_print){0}, &text);
            fail_msg("%s" SLICE_FMT, rows[i].line, SLICE_ARG(buf_slice(&text)));
        }
        world_close(&world);
    }
}

static void test_replay_counts_routes(void **state)
{
    (void)state;
    struct world world;
    struct evidence evidence;
    open_shop(&world, true);
    count_line(&world, "$host \"$request\" $status",
               "a.example \"GET /cart?x HTTP/1.1\" 200\na.example \"GET /cart HTTP/1.1\" 200\n"
               "other.example \"GET /cart HTTP/1.1\" 404\n",
               &evidence);
    size_t unused = 0, possible = 0;
    for (size_t i = 0; i < evidence.route_count; i++) {
        const struct evidence_route *route = evidence.routes[i];
        assert_int_equal(route->requests, 0); /* beta or cart: the header is not told */
        unused += !route->possible;
        possible += route->possible == 2;
    }
    assert_int_equal(evidence.route_count, 5);
    assert_int_equal(unused, 1);
    assert_int_equal(possible, 4);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_says_only_what_follows_from_the_line),
        cmocka_unit_test(test_replay_counts_routes),
        cmocka_unit_test(test_replay_cache_and_threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
