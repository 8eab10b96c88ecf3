#include "route/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* One rule of everything that can differ, in a table of its own. */
struct world {
    struct test tests[1];
    struct backend backends[1];
    struct effects of_backend;
    struct rule rules[1];
    struct rule_list list;
    struct entry entry;
    struct route_table table;
};

static const struct route_answer plain_answer = {.status = 403};

static void open_world(struct world *world)
{
    *world = (struct world){0};
    world->tests[0] = (struct test){.name = SLICE("x"), .value = SLICE("1")};
    world->backends[0] = (struct backend){.namespace = SLICE("shop"),
                                          .service = SLICE("web"),
                                          .port = 80,
                                          .weight = 1,
                                          .effects = &world->of_backend};
    world->rules[0] = (struct rule){
        .match = {.path = {.kind = PATH_EXACT, .value = SLICE("/a")},
                  .method = SLICE("GET"),
                  .tests = world->tests,
                  .test_count = 1},
        .effects = {.answer = &plain_answer},
        .backends = world->backends,
        .backend_count = 1,
    };
    world->list = (struct rule_list){.rules = world->rules, .count = 1};
    world->entry = (struct entry){.kind = ENTRY_RULES, .rules = &world->list};
    world->table = (struct route_table){.plane = SLICE("plane"), .gates = {1, 2}, .gate_count = 2};
}

/* Each makes a difference that some request may show. */
static const struct unknown an_unknown = {.reason = {"not read", 8}};
static const struct client_check a_check = {.demand = DEMAND_VALID};
static const struct route_header_edits a_refusal = {0};
static const struct rule_list an_end = {0};
static const struct route_error_pages some_pages = {0};
static struct network one_network[1];
static const struct networks a_network = {one_network, 1};
static struct port_lead one_lead = {8000, 80, true};
static const struct port_leads a_lead = {&one_lead, 1, 1};
static const struct route_answer last_answer = {.status = 403, .last = true};
static const struct route_answer bodied_answer = {.status = 403, .body = {"no", 2}};
#define CHANGES(X)                                                                                 \
    X(w->tests[0].subject = TEST_QUERY)                                                            \
    X(w->tests[0].operator= TEST_REGEX)                                                            \
    X(w->tests[0].negated = true)                                                                  \
    X(w->tests[0].fold_separators = true)                                                          \
    X(w->tests[0].fold = true)                                                                     \
    X(w->tests[0].whole = true)                                                                    \
    X(w->tests[0].list = true)                                                                     \
    X(w->tests[0].name = SLICE("y"))                                                               \
    X(w->tests[0].value = SLICE("2"))                                                              \
    X(w->backends[0].namespace = SLICE("other"))                                                   \
    X(w->backends[0].service = SLICE("other"))                                                     \
    X(w->backends[0].port = 81)                                                                    \
    X(w->backends[0].port_name = SLICE("http"))                                                    \
    X(w->backends[0].weight = 2)                                                                   \
    X(w->backends[0].status = 503)                                                                 \
    X(w->backends[0].effects = NULL)                                                               \
    X(w->rules[0].match.path.kind = PATH_PREFIX_ELEMENT)                                           \
    X(w->rules[0].match.path.fold = true)                                                          \
    X(w->rules[0].match.path.whole = true)                                                         \
    X(w->rules[0].match.path.value = SLICE("/b"))                                                  \
    X(w->rules[0].match.method = SLICE_ABSENT)                                                     \
    X(w->rules[0].match.test_count = 0)                                                            \
    X(w->rules[0].backend_count = 0)                                                               \
    X(w->rules[0].unknown = &an_unknown)                                                           \
    X(w->rules[0].implied = true)                                                                  \
    X(w->list.count = 0)                                                                           \
    X(w->list.next = &an_end)                                                                      \
    X(w->entry.kind = ENTRY_CLOSE)                                                                 \
    X(w->entry.transport = TRANSPORT_TCP)                                                          \
    X(w->entry.https = true)                                                                       \
    X(w->entry.proxy_in = true)                                                                    \
    X(w->entry.certificate.vault = SLICE("https://vault"))                                         \
    X(w->entry.refusal_pages = &some_pages)                                                        \
    X(w->rules[0].effects.error_pages = &some_pages)                                               \
    X(w->rules[0].effects.answer = &last_answer)                                                   \
    X(w->rules[0].effects.answer = &bodied_answer)                                                 \
    X(w->entry.proxy_out = true)                                                                   \
    X(w->entry.certificate.namespace = SLICE("shop"))                                              \
    X(w->entry.certificate.secret = SLICE("tls"))                                                  \
    X(w->entry.client = &a_check)                                                                  \
    X(w->entry.refusal = &a_refusal)                                                               \
    X(w->entry.refusal_unknown = &an_unknown)                                                      \
    X(w->entry.unknown = &an_unknown)                                                              \
    X(w->table.plane = SLICE("other"))                                                             \
    X(w->table.gates[1] = 3)                                                                       \
    X(w->table.gate_count = 1)                                                                     \
    X(w->table.unknown = &an_unknown)                                                              \
    X(w->table.no_rule_status = 404)                                                               \
    X(w->table.no_backend_status = 500)                                                            \
    X(w->table.view.match_form.decode = true)                                                      \
    X(w->table.view.match_form.merge_slashes = true)                                               \
    X(w->table.view.match_form.resolve_dots = true)                                                \
    X(w->table.view.match_form.stay_in_root = true)                                                \
    X(w->table.view.form_open = true)                                                              \
    X(w->table.view.match_form.decode_unreserved = true)                                           \
    X(w->table.view.forward_normalised = true)                                                     \
    X(w->table.view.escape_rewritten = true)                                                       \
    X(w->table.view.above_root_status = 400)                                                       \
    X(w->table.view.bad_escape_status = 400)                                                       \
    X(w->table.view.escaped_slash_status = 307)                                                    \
    X(w->table.view.missing_host_status = 400)                                                     \
    X(w->table.view.bad_host_status = 400)                                                         \
    X(w->table.view.bad_method_status = 405)                                                       \
    X(w->table.view.old_http_status = 426)                                                         \
    X(w->table.view.plain_http_status = 400)                                                       \
    X(w->table.view.leads = a_lead)                                                                \
    X(w->table.view.misdirected_status = 421)                                                      \
    X(w->table.view.drops_odd_headers = true)                                                      \
    X(w->table.view.line_bytes = 8192)                                                             \
    X(w->table.view.line_bytes_open = 65536)                                                       \
    X(w->table.view.client_trusted = a_network)                                                    \
    X(w->table.view.cut_fragment = true)                                                           \
    X(w->table.view.cut_at_colon = true)                                                           \
    X(w->table.view.underscores = UNDERSCORES_REJECTED)                                            \
    X(w->table.view.host_dot = HOST_DOT_OPEN)                                                      \
    X(w->table.view.client_header = SLICE("x-real-ip"))                                            \
    X(w->table.view.proxy_protocol.name = SLICE("use-proxy-protocol"))                             \
    X(w->table.view.proxy_optional = true)                                                         \
    X(w->table.view.scheme_header = SLICE("x-scheme"))                                             \
    X(w->table.view.host_header = SLICE("x-host"))

static bool are_alike(const struct world *a, const struct world *b)
{
    return route_tables_alike(&a->table, &b->table) && entries_alike(&a->entry, &b->entry);
}

static void test_alike_sees_every_change(void **state)
{
    (void)state;
    struct world one, other, *w = &other;
    open_world(&one);
    open_world(w);
    assert_true(are_alike(&one, w));
#define CHECK(change)                                                                              \
    open_world(w);                                                                                 \
    change;                                                                                        \
    if (are_alike(&one, w) || are_alike(w, &one)) {                                                \
        fail_msg("not seen: %s", #change);                                                         \
    }
    CHANGES(CHECK)
#undef CHECK
}

/* Large enough for the structure of any effect. */
static _Alignas(max_align_t) const char zeros[4096];

static void test_alike_sees_every_effect(void **state)
{
    (void)state;
    struct world one, other;
    for (int id = 0; id < EFFECT_COUNT; id++) {
        size_t offset = effect_row((enum effect_id)id)->offset;
        struct effects *places[] = {&other.rules[0].effects, &other.of_backend,
                                    &other.table.platform};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            open_world(&one);
            open_world(&other);
            *(const void **)((char *)places[i] + offset) = zeros;
            assert_false(are_alike(&one, &other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alike_sees_every_change),
        cmocka_unit_test(test_alike_sees_every_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
