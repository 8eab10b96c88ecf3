/* Two tables built by hand, and what a comparison of them must look like. For this module's tests. */
#ifndef GATESHIFT_COMPARE_WORLD_PRIV_H
#define GATESHIFT_COMPARE_WORLD_PRIV_H

/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compare/compare_priv.h"

#include <stdlib.h>
#include <string.h>

/* Two tables that a test builds by hand; "after" starts as a copy of "before" in meaning. */
struct world {
    struct run run;
    struct route_table before, after;
    struct comparison result;
};

static inline void table_open(struct world *world, struct route_table *table, const char *label)
{
    static const int gates[] = {EFFECT_answer,     EFFECT_redirect,  EFFECT_https_redirect,
                                EFFECT_body_limit, EFFECT_addresses, EFFECT_cors,
                                GATE_NO_ENDPOINTS};
    route_table_open(&world->run, table);
    table->label = slice_of(label);
    memcpy(table->gates, gates, sizeof gates);
    table->gate_count = ARRAY_LEN(gates);
}

static inline struct world *world_open(void)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    table_open(world, &world->before, "before");
    table_open(world, &world->after, "after");
    return world;
}

static inline void world_close(struct world *world)
{
    route_table_close(&world->before);
    route_table_close(&world->after);
    run_close(&world->run);
    free(world);
}

static inline struct rule_list *add_host(struct world *world, struct route_table *table,
                                         const char *host, bool https)
{
    struct entry *entry = route_table_add(&world->run, table);
    struct rule_list *list = ARENA_NEW(world->run.arena, struct rule_list);
    entry->https = https;
    entry->port = https ? 443 : 80;
    entry->host.name = slice_of(host);
    entry->host.kind = !host ? HOST_ANY : *host == '*' ? HOST_SUFFIX : HOST_EXACT;
    entry->rules = list;
    entry->origin.kind = SLICE("Object");
    return list;
}

static inline struct backend *add_backend(struct world *world, struct rule *rule,
                                          const char *service, uint64_t weight)
{
    struct backend *items = ARENA_ARRAY(world->run.arena, struct backend, rule->backend_count + 1);
    for (size_t i = 0; i < rule->backend_count; i++) {
        items[i] = rule->backends[i];
    }
    struct backend *backend = &items[rule->backend_count++];
    *backend = (struct backend){
        .namespace = SLICE("shop"), .service = slice_of(service), .port = 80, .weight = weight};
    rule->backends = items;
    return backend;
}

static inline struct rule *add_rule(struct world *world, struct rule_list *list,
                                    enum path_kind kind, const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&world->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = slice_of(path);
    rule->origin = (struct origin){
        .kind = SLICE("Object"),
        .namespace = SLICE("shop"),
        .name = SLICE("web"),
        .field = arena_printf(world->run.arena, "rules[%zu]", list->count - 1),
    };
    if (service) {
        add_backend(world, rule, service, 1);
    }
    return rule;
}

static inline void set_regex(struct world *world, struct route_table *table, struct rule *rule)
{
    struct slice error;
    rule->match.path.regex = regex_compile(&world->run, table->regexes, rule->match.path.value,
                                           rule->match.path.fold, rule->match.path.whole, &error);
    assert_non_null(rule->match.path.regex);
}

/* A small shop on both sides; the rules can be reached to plant a difference. */
struct shop {
    struct rule *cart, *root;
};

static inline struct shop add_shop(struct world *world, struct route_table *table)
{
    struct rule_list *list = add_host(world, table, "shop.example", false);
    struct shop shop;
    list->capacity = 4; /* so that rules do not move while they are added */
    list->rules = ARENA_ARRAY(world->run.arena, struct rule, 4);
    shop.cart = add_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", "cart");
    shop.root = add_rule(world, list, PATH_PREFIX_ELEMENT, "/", "web");
    return shop;
}

static inline void compare(struct world *world, const struct compare_options *options)
{
    static const struct compare_options all = {0};
    compare_sides(&world->run, evaluator_new(&world->run, &world->before), &world->before,
                  evaluator_new(&world->run, &world->after), &world->after,
                  options ? options : &all, &world->result);
}

/* The witness of a finding, asked once more of both sides, must differ in what the finding says. */
static inline void assert_witness_differs(struct world *world, const struct finding *finding)
{
    struct sides sides;
    struct outcome before, after;
    struct difference found[DIFFERENCES_MAX];
    sides_init(world->run.arena, &world->before, &world->after, NULL, &sides);
    evaluate(evaluator_new(&world->run, &world->before), world->run.arena, &finding->witness,
             &before);
    evaluate(evaluator_new(&world->run, &world->after), world->run.arena, &finding->witness,
             &after);
    size_t count = outcomes_differ(&sides, &before, &after, found);
    /* where a gate answers, what lies behind it is compared as well, and does not show */
    bool seen = count && outcomes_gate(&sides, &before, &after) >= 0;
    for (size_t i = 0; i < count; i++) {
        found[i].effects = 0; /* those of other requests are of the finding, too */
        struct slice fields = difference_fields(world->run.arena, &found[i]);
        seen = seen || slice_starts(finding->fields, fields);
    }
    assert_true(seen);
    assert_int_equal(before.kind, finding->before.kind);
    assert_int_equal(after.kind, finding->after.kind);
}

static inline void assert_text(struct slice text, const char *expected)
{
    if (!slice_is(text, expected)) {
        fail_msg("got '" SLICE_FMT "', expected '%s'", SLICE_ARG(text), expected);
    }
}

static const struct finding *only_finding(struct world *world)
{
    compare(world, NULL);
    if (world->result.finding_count != 1) {
        for (size_t i = 0; i < world->result.finding_count; i++) {
            print_error("  " SLICE_FMT " [" SLICE_FMT "]\n",
                        SLICE_ARG(world->result.findings[i].title),
                        SLICE_ARG(world->result.findings[i].fields));
        }
        fail_msg("%zu findings, expected one", world->result.finding_count);
    }
    assert_witness_differs(world, &world->result.findings[0]);
    return &world->result.findings[0];
}

static inline void assert_finding(struct world *world, const char *title, const char *target,
                                  enum impact impact, enum aspect aspect)
{
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, title);
    assert_text(finding->witness.target, target);
    assert_int_equal(finding->impact, impact);
    assert_int_equal(finding->aspect, aspect);
    assert_false(finding->platform);
    assert_int_equal(finding->host_count, 1);
    assert_text(finding->hosts[0], "shop.example");
    assert_int_equal(world->result.hosts[0].aspects[aspect].verdict, VERDICT_DIFFERENT);
    assert_true(finding->requests > 0);
    assert_true(world->result.agreed < world->result.classes);
    world_close(world);
}

static inline struct world *shops(struct shop *before, struct shop *after)
{
    struct world *world = world_open();
    *before = add_shop(world, &world->before);
    *after = add_shop(world, &world->after);
    return world;
}

static inline void set_body_limit(struct world *world, const struct route_body_limit **slot,
                                  int64_t bytes)
{
    struct route_body_limit *limit = ARENA_NEW(world->run.arena, struct route_body_limit);
    limit->bytes = bytes;
    *slot = limit;
}

#endif
