#include "bench.h"

#include "frontend/frontend.h"

/* Distinct requests that are asked again and again. */
enum { DISTINCT = 1 << 16, RULES_OF_A_ROUTE = 16, CLEARED_AFTER = 1024 };

struct size {
    size_t hosts, rules;             /* rules of each host */
    size_t asked_hosts, asked_rules; /* the first so many are asked */
};

/* ---- what is asked ------------------------------------------------------------------------ */

static struct slice host_name(struct arena *arena, size_t host)
{
    return arena_printf(arena, "app-%05zu.team-%03zu.example.com", host, host % 200);
}

/* The first rule takes what no other does, a third are exact. */
static struct slice rule_path(struct arena *arena, size_t rule)
{
    static const char *const words[] = {"api", "static", "v1", "orders", "search", "images"};
    return rule ? arena_printf(arena, "/%s/item-%zu", words[bench_mix(rule) % ARRAY_LEN(words)],
                               rule)
                : SLICE("/");
}

static bool is_exact(size_t rule)
{
    return rule % 3 == 1;
}

static void put_route(struct arena *arena, size_t host, size_t from, size_t to, struct buf *out)
{
    struct slice name = host_name(arena, host);
    buf_printf(out,
               "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n"
               "  name: app-%05zu-%zu\n  namespace: shop\nspec:\n  parentRefs:\n  - name: edge\n"
               "  hostnames:\n  - " SLICE_FMT "\n  rules:\n",
               host, from, SLICE_ARG(name));
    for (size_t rule = from; rule < to; rule++) {
        struct slice path = rule_path(arena, rule);
        buf_printf(out,
                   "  - matches:\n    - path: {type: %s, value: " SLICE_FMT "}\n"
                   "    backendRefs:\n    - {name: service-%zu, port: 80}\n",
                   is_exact(rule) ? "Exact" : "PathPrefix", SLICE_ARG(path), rule);
    }
}

static struct slice manifests(struct arena *arena, struct size size)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_puts(&text, "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n"
                    "  name: edge\n  namespace: shop\nspec:\n  gatewayClassName: any\n"
                    "  listeners:\n  - {name: http, port: 80, protocol: HTTP}\n");
    for (size_t host = 0; host < size.hosts; host++) {
        for (size_t from = 0; from < size.rules; from += RULES_OF_A_ROUTE) {
            size_t to = from + RULES_OF_A_ROUTE;
            put_route(arena, host, from, to < size.rules ? to : size.rules, &text);
        }
    }
    struct slice copy = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static struct request *requests(struct arena *arena, struct size size)
{
    struct request *items = ARENA_ARRAY(arena, struct request, DISTINCT);
    for (size_t i = 0; i < DISTINCT; i++) {
        size_t host = bench_mix(i) % size.asked_hosts,
               rule = bench_mix(i + DISTINCT) % size.asked_rules;
        struct slice path = rule_path(arena, rule);
        items[i] = (struct request){
            .host = host_name(arena, host),
            .target = is_exact(rule) ? path
                                     : arena_printf(arena, SLICE_FMT "%sx/%zu?id=%zu",
                                                    SLICE_ARG(path), rule ? "/" : "", i % 100, i),
        };
        headers_add(arena, &items[i].headers, SLICE("user-agent"), SLICE("bench"));
        headers_add(arena, &items[i].headers, SLICE("accept"), SLICE("*/*"));
        request_defaults(&items[i]);
    }
    return items;
}

/* ---- asking ------------------------------------------------------------------------------- */

/* True when each request found a backend, as it should. */
static bool ask(const struct evaluator *evaluator, const struct request *items, size_t count)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    size_t forwarded = 0;
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome;
        evaluate(evaluator, arena, &items[i % DISTINCT], &outcome);
        forwarded += outcome.kind == OUTCOME_FORWARD;
        if (i % CLEARED_AFTER == 0) {
            arena_clear(arena);
        }
    }
    arena_close(arena);
    return forwarded == count;
}

static bool measure(const char *profile, struct size size, size_t count)
{
    struct run run;
    struct input input = {0};
    struct side side = {.kind = SIDE_GATEWAY};
    const struct side_options options = {.kind = SIDE_GATEWAY, .profile = slice_of(profile)};
    run_open(&run, NULL, NULL, NULL);
    input_add_text(&run, &input, SLICE("bench.yaml"), manifests(run.arena, size));
    struct request *items = requests(run.arena, size);
    side_read(&run, &input, SLICE_ABSENT, &side.kube);
    double start = bench_seconds();
    bool good = side_build(&run, &options, &side);
    double built = bench_seconds(), done = built;
    if (good) {
        const struct evaluator *evaluator = side_evaluator(&run, &side);
        built = bench_seconds();
        good = ask(evaluator, items, count);
        done = bench_seconds();
        side_close(&side);
    }
    run_close(&run);
    printf("%-20s %7zu %7zu %8zu %10.3f %11.0f %8.0f%s\n", profile, size.hosts, size.rules,
           size.hosts * size.rules, built - start, (double)count / (done - built),
           (done - built) / (double)count * 1e9, good ? "" : "  not all were forwarded");
    fflush(stdout);
    return good;
}

bool bench_requests(size_t count)
{
    static const char *const profiles[] = {"standard", "aks-approuting", "istio", "envoy-gateway",
                                           "nginx-gateway-fabric"};
    static const struct size asked = {2000, 5, 2000, 5};
    /* The requests stay the same, so that only what is not asked grows. */
    static const struct size hosts[] = {
        {20, 5, 20, 5}, {200, 5, 20, 5}, {2000, 5, 20, 5}, {20000, 5, 20, 5}};
    static const struct size paths[] = {
        {10, 10, 10, 10}, {10, 100, 10, 10}, {10, 1000, 10, 10}, {10, 10000, 10, 10}};
    bool good = true;
    puts("profile                hosts rules/h    rules  build (s)  requests/s  ns each");
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        good = measure(profiles[i], asked, count) && good;
    }
    puts("\nthe same requests, beside more hosts");
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        good = measure("istio", hosts[i], count) && good;
    }
    puts("\nthe same requests, beside more paths of their hosts");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        good = measure("istio", paths[i], count) && good;
    }
    return good;
}
