/* Tables built by hand, for the tests of this module. */
#ifndef GATESHIFT_TEST_WORLD_PRIV_H
#define GATESHIFT_TEST_WORLD_PRIV_H

#include "evaluate/evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdlib.h>

struct world {
    struct run run;
    struct route_table table;
    struct outcome out; /* of the last request */
};

static inline int world_open(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (!world) {
        return -1;
    }
    run_open(&world->run, NULL, NULL, NULL);
    route_table_open(&world->run, &world->table);
    *state = world;
    return 0;
}

static inline int world_close(void **state)
{
    struct world *world = *state;
    route_table_close(&world->table);
    run_close(&world->run);
    free(world);
    return 0;
}

static inline struct entry *world_entry(struct world *world, enum host_kind kind, const char *name,
                                        bool https, const struct rule_list *rules)
{
    struct entry *entry = route_table_add(&world->run, &world->table);
    entry->gateway = SLICE("gw");
    entry->https = https;
    entry->port = https ? 443 : 80;
    entry->host = (struct host_pattern){.kind = kind, .name = slice_of(name)};
    entry->rules = rules;
    return entry;
}

static inline struct rule_list *world_list(struct world *world)
{
    return ARENA_NEW(world->run.arena, struct rule_list);
}

static inline const struct regex *world_regex(struct world *world, const char *pattern, bool fold,
                                              bool whole)
{
    struct slice error = SLICE_ABSENT;
    const struct regex *regex =
        regex_compile(&world->run, world->table.regexes, slice_of(pattern), fold, whole, &error);
    assert_non_null(regex);
    return regex;
}

/* A rule with one backend of the given name; null: none. */
static inline struct rule *world_rule(struct world *world, struct rule_list *list,
                                      enum path_kind kind, const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&world->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = slice_of(path);
    if (kind == PATH_REGEX) {
        rule->match.path.regex = world_regex(world, path, false, false);
    }
    if (service) {
        rule->backends = ARENA_NEW(world->run.arena, struct backend);
        rule->backend_count = 1;
        *rule->backends = (struct backend){
            .namespace = SLICE("ns"), .service = slice_of(service), .port = 80, .weight = 1};
    }
    return rule;
}

static inline struct backend *world_backends(struct world *world, struct rule *rule, size_t count)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    rule->backends = ARENA_ARRAY(world->run.arena, struct backend, count);
    rule->backend_count = count;
    for (size_t i = 0; i < count; i++) {
        rule->backends[i] = (struct backend){
            .namespace = SLICE("ns"), .service = slice_of(names[i]), .port = 80, .weight = 1};
    }
    return rule->backends;
}

static inline struct template world_template(struct world *world, const char *text)
{
    return template_text(world->run.arena, slice_of(text));
}

/* "/a$1" with captures as parts */
static inline struct template world_captures(struct world *world, const char *text)
{
    struct template template = {.parts = ARENA_ARRAY(world->run.arena, struct part, 16)};
    for (const char *c = text; *c; c++) {
        struct part *part = &template.parts[template.count++];
        if (*c == '$') {
            *part = (struct part){.kind = PART_CAPTURE, .index = (unsigned)(*++c - '0')};
        } else {
            *part = (struct part){.kind = PART_TEXT, .text = {c, 1}};
        }
    }
    return template;
}

static inline const struct route_header_edits *world_edits(struct world *world,
                                                           struct header_edit *items, size_t count)
{
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    edits->edits = (struct edits){items, count, count};
    return edits;
}

static inline const struct outcome *world_send(struct world *world, struct request request)
{
    request_defaults(&request);
    struct evaluator *evaluator = evaluator_new(&world->run, &world->table);
    evaluate(evaluator, world->run.arena, &request, &world->out);
    return &world->out;
}

static inline const struct outcome *world_get(struct world *world, const char *host,
                                              const char *target)
{
    return world_send(world, (struct request){.host = slice_of(host), .target = slice_of(target)});
}

#define assert_text(text, wanted)                                                                  \
    do {                                                                                           \
        struct slice found = (text);                                                               \
        if (!slice_is(found, (wanted))) {                                                          \
            fail_msg("'" SLICE_FMT "' instead of '%s'", SLICE_ARG(found), (wanted));               \
        }                                                                                          \
    } while (0)

static inline struct slice seen_value(const struct seen_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, slice_of(name))) {
            return headers->items[i].value;
        }
    }
    return SLICE_ABSENT;
}

static inline bool seen_absent(const struct seen_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->absent.count; i++) {
        if (slice_equal_fold(headers->absent.items[i], slice_of(name))) {
            return true;
        }
    }
    return false;
}

static inline void assert_served_by(const struct outcome *out, const char *service)
{
    assert_string_equal(outcome_name(out->kind), "forward");
    assert_int_equal(out->backend_count, 1);
    assert_text(out->backends[0].service, service);
}

static inline void assert_answers(const struct outcome *out, int status)
{
    assert_string_equal(outcome_name(out->kind), "respond");
    assert_int_equal(out->status, status);
}

static inline void assert_redirects(const struct outcome *out, int status, const char *location)
{
    assert_string_equal(outcome_name(out->kind), "redirect");
    assert_int_equal(out->status, status);
    assert_text(out->location, location);
}

#endif
