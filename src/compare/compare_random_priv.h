/* Random pairs of tables, for the test that holds proofs to their word. */
#ifndef GATESHIFT_COMPARE_RANDOM_PRIV_H
#define GATESHIFT_COMPARE_RANDOM_PRIV_H

#include "compare/compare_world_priv.h"

enum { RULES_MAX = 6 };

struct chance {
    uint64_t state;
};

static inline size_t below(struct chance *chance, size_t bound)
{
    /* xorshift64*, Vigna 2016 */
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    return (size_t)((chance->state * 2685821657736338717u) >> 33) % bound;
}

static const char *const paths[] = {"/", "/a", "/a/", "/a/b", "/ab", "/A", "/b", "/a b", "/b/a"};
static const char *const patterns[] = {"/a",  "/a(/|$)(.*)", "/a/(.*)", "/[ab]+",  "/(a|b)/(.*)$",
                                       "^/b", "/.*b$",       "/a.b",    "/a(/.*)?"};
static const char *const targets[] = {"/", "/a", "/x", "/x/", "/b", "/a/b", ""};
static const char *const templates[] = {"/$1", "/$2", "/x/$2", "/x", "/a/$1"};
static const char *const values[] = {"1", "2", "a"};
static const char *const value_patterns[] = {"^[0-9]$", "1|a", "[a-c]"};
static const char *const methods[] = {"GET", "POST", "OPTIONS"};
static const char *const services[] = {"one", "two"};

#define PICK(chance, list) (list)[below(chance, ARRAY_LEN(list))]

/* ---- tables -------------------------------------------------------------------------------------- */

static inline struct template template_of(struct world *world, const char *text)
{
    struct template out = {.parts = ARENA_ARRAY(world->run.arena, struct part, 4)};
    struct slice rest = slice_of(text);
    size_t dollar = slice_find(rest, '$', 0);
    if (dollar > 0) {
        out.parts[out.count++] =
            (struct part){.kind = PART_TEXT, .text = slice_sub(rest, 0, dollar)};
    }
    if (dollar < rest.len) {
        out.parts[out.count++] =
            (struct part){.kind = PART_CAPTURE, .index = (unsigned)(rest.ptr[dollar + 1] - '0')};
    }
    return out;
}

static inline const struct regex *compile(struct world *world, struct route_table *table,
                                          const char *pattern, bool fold, bool whole)
{
    struct slice error;
    const struct regex *regex =
        regex_compile(&world->run, table->regexes, slice_of(pattern), fold, whole, &error);
    assert_non_null(regex);
    return regex;
}

static inline void random_path(struct chance *chance, struct world *world,
                               struct route_table *table, struct path_match *path)
{
    static const enum path_kind kinds[] = {PATH_ANY,           PATH_EXACT, PATH_PREFIX_ELEMENT,
                                           PATH_PREFIX_STRING, PATH_REGEX, PATH_PREFIX_ELEMENT};
    *path = (struct path_match){.kind = PICK(chance, kinds)};
    path->fold = below(chance, 6) == 0;
    if (path->kind == PATH_REGEX) {
        const char *pattern = PICK(chance, patterns);
        path->whole = below(chance, 3) == 0;
        path->value = slice_of(pattern);
        path->regex = compile(world, table, pattern, path->fold, path->whole);
    } else if (path->kind != PATH_ANY) {
        path->value = slice_of(PICK(chance, paths));
    }
}

static inline void random_tests(struct chance *chance, struct world *world,
                                struct route_table *table, struct match *match)
{
    match->method = below(chance, 5) ? SLICE_ABSENT : slice_of(PICK(chance, methods));
    match->test_count = below(chance, 4) ? 0 : 1 + below(chance, 2);
    match->tests = ARENA_ARRAY(world->run.arena, struct test, match->test_count + 1);
    for (size_t i = 0; i < match->test_count; i++) {
        static const enum test_operator operators[] = {TEST_EQUALS, TEST_EQUALS, TEST_REGEX,
                                                       TEST_PRESENT};
        static const enum test_subject subjects[] = {TEST_HEADER, TEST_QUERY, TEST_COOKIE};
        struct test *test = &match->tests[i];
        *test = (struct test){.subject = PICK(chance, subjects),
                              .operator= PICK(chance, operators),
                              .negated = below(chance, 5) == 0,
                              .name = below(chance, 2) ? SLICE("x") : SLICE("y")};
        test->value = slice_of(PICK(chance, values));
        if (test->operator== TEST_REGEX) {
            const char *pattern = PICK(chance, value_patterns);
            test->value = slice_of(pattern);
            test->regex = compile(world, table, pattern, false, false);
        }
    }
}

static inline void random_rewrite(struct chance *chance, struct world *world,
                                  struct route_table *table, struct rule *rule)
{
    struct route_rewrite *rewrite = ARENA_NEW(world->run.arena, struct route_rewrite);
    const struct path_match *path = &rule->match.path;
    rewrite->kind = (int64_t)below(chance, 3);
    rewrite->target = template_text(world->run.arena, slice_of(PICK(chance, targets)));
    if (rewrite->kind == REWRITE_PREFIX) {
        rewrite->prefix = path->kind == PATH_REGEX || !path->value.len ? SLICE("/") : path->value;
    } else if (rewrite->kind == REWRITE_REGEX) {
        const char *pattern = PICK(chance, patterns);
        rewrite->pattern = slice_of(pattern);
        rewrite->regex = compile(world, table, pattern, false, false);
        rewrite->target = template_of(world, PICK(chance, templates));
    } else if (!rewrite->target.count || path->kind == PATH_REGEX) {
        rewrite->target = template_of(world, PICK(chance, templates));
    }
    rule->effects.rewrite = rewrite;
}

static inline const struct route_redirect *
random_redirect(struct chance *chance, struct world *world, const struct rule *rule)
{
    struct route_redirect *redirect = ARENA_NEW(world->run.arena, struct route_redirect);
    *redirect = (struct route_redirect){.status = below(chance, 2) ? 301 : 308,
                                        .scheme = SLICE("https"),
                                        .path_change = (int64_t)below(chance, 3),
                                        .keep_query = below(chance, 3) != 0,
                                        .strip_slash = below(chance, 4) == 0,
                                        .path = slice_of(PICK(chance, targets))};
    bool prefix = rule->match.path.kind != PATH_REGEX && rule->match.path.value.len;
    redirect->prefix = prefix ? rule->match.path.value : SLICE("/");
    return redirect;
}

static inline void random_addresses(struct chance *chance, struct world *world, struct rule *rule)
{
    static const char *const networks[] = {"192.0.2.0/24", "192.0.2.8/29", "10.0.0.0/8",
                                           "10.1.0.0/16", "2001:db8::/32"};
    struct route_addresses *lists = ARENA_NEW(world->run.arena, struct route_addresses);
    struct networks *const both[] = {&lists->allow, &lists->deny};
    lists->status = 403;
    for (size_t i = 0; i < 2; i++) {
        both[i]->items = ARENA_ARRAY(world->run.arena, struct network, 2);
        for (size_t n = below(chance, 3); n > 0; n--) {
            assert_true(
                network_parse(slice_of(PICK(chance, networks)), &both[i]->items[both[i]->count++]));
        }
    }
    lists->has_allow = lists->allow.count > 0;
    rule->effects.addresses = lists;
}

static inline void random_guards(struct chance *chance, struct world *world, struct rule *rule)
{
    struct route_authentication *authentication =
        ARENA_NEW(world->run.arena, struct route_authentication);
    struct guards *guards = &authentication->guards;
    guards->items = ARENA_ARRAY(world->run.arena, struct guard, 2);
    for (size_t n = 1 + below(chance, 2); n > 0; n--) {
        guards->items[guards->count++] =
            (struct guard){.kind = below(chance, 2) ? GUARD_BASIC : GUARD_EXTERNAL,
                           .subject = SLICE("Secret shop/users"),
                           .never = below(chance, 4) == 0,
                           .status = below(chance, 2) ? 401 : 403};
    }
    authentication->any = below(chance, 3) == 0;
    rule->effects.authentication = authentication;
}

static inline void random_cors(struct chance *chance, struct world *world, struct rule *rule)
{
    static const char *const origins[] = {"https://one.example", "https://*.example", "*"};
    struct route_cors *cors = ARENA_NEW(world->run.arena, struct route_cors);
    cors->origins.items = ARENA_ARRAY(world->run.arena, struct slice, 2);
    for (size_t n = 1 + below(chance, 2); n > 0; n--) {
        cors->origins.items[cors->origins.count++] = slice_of(PICK(chance, origins));
    }
    cors->echo_origin = below(chance, 2);
    cors->credentials = below(chance, 2);
    cors->preflight_needs_method = below(chance, 2);
    cors->preflight_status = below(chance, 2) ? 204 : 200;
    cors->max_age = -1;
    rule->effects.cors = cors;
}

static inline void random_edits(struct chance *chance, struct world *world, struct rule *rule)
{
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    struct header_edit *edit =
        ARENA_PUSH(world->run.arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
    edit->kind = (enum edit_kind)below(chance, 3);
    edit->name = SLICE("x-seen");
    switch (below(chance, 3)) {
    case 0:
        edit->value = template_text(world->run.arena, SLICE("1"));
        break;
    case 1:
        edit->value = template_part(world->run.arena, PART_TARGET);
        break;
    default:
        edit->value = template_of(world, PICK(chance, templates));
        break;
    }
    if (below(chance, 3)) {
        rule->effects.request_headers = edits;
    } else {
        rule->effects.response_headers = edits;
    }
}

static inline void random_effects(struct chance *chance, struct world *world,
                                  struct route_table *table, struct rule *rule)
{
    if (below(chance, 3) == 0) {
        random_rewrite(chance, world, table, rule);
    }
    if (below(chance, 6) == 0) {
        rule->effects.redirect = random_redirect(chance, world, rule);
    }
    if (below(chance, 8) == 0) {
        random_addresses(chance, world, rule);
    }
    if (below(chance, 10) == 0) {
        random_guards(chance, world, rule);
    }
    if (below(chance, 10) == 0) {
        random_cors(chance, world, rule);
    }
    if (below(chance, 8) == 0) {
        set_body_limit(world, &rule->effects.body_limit, (int64_t)below(chance, 2) + 10);
    }
    if (below(chance, 8) == 0) {
        random_edits(chance, world, rule);
    }
}

static inline void random_rule(struct chance *chance, struct world *world,
                               struct route_table *table, struct rule *rule)
{
    struct origin origin = rule->origin;
    *rule = (struct rule){.origin = origin};
    random_path(chance, world, table, &rule->match.path);
    random_tests(chance, world, table, &rule->match);
    random_effects(chance, world, table, rule);
    add_backend(world, rule, PICK(chance, services), 1 + below(chance, 2));
    if (below(chance, 6) == 0) {
        add_backend(world, rule, PICK(chance, services), 1);
    }
}

/* What listens, the same on both sides but for one entry now and then. */
static const struct {
    const char *host;
    bool https, one_label;
} listeners[] = {{"a.example", false, false},
                 {"a.example", true, false},
                 {"*.w.example", false, false},
                 {"*.w.example", false, true},
                 {NULL, false, false}};

static inline void random_list(struct chance *chance, struct world *world,
                               struct route_table *table, struct rule_list *list)
{
    size_t count = 1 + below(chance, RULES_MAX);
    list->capacity = RULES_MAX;
    list->rules = ARENA_ARRAY(world->run.arena, struct rule, RULES_MAX);
    for (size_t i = 0; i < count; i++) {
        random_rule(chance, world, table, add_rule(world, list, PATH_ANY, NULL, NULL));
    }
}

/* Something else is done with the path, or with what is made of it. */
static inline void change_function(struct chance *chance, struct world *world, struct rule *rule)
{
    switch (below(chance, 4)) {
    case 0:
        rule->effects.redirect = random_redirect(chance, world, rule);
        return;
    case 1:
        random_edits(chance, world, rule);
        return;
    default:
        random_rewrite(chance, world, &world->after, rule);
        return;
    }
}

/* In its whole, or in one effect or in its weights alone: what differs for some of its requests only is what is
 * missed most easily. */
static inline void change_rule(struct chance *chance, struct world *world, struct rule *rule)
{
    size_t how = below(chance, 4);
    if (how == 0) {
        random_rule(chance, world, &world->after, rule);
    } else if (how == 1) {
        rule->backend_count = 0;
        add_backend(world, rule, services[0], 1 + below(chance, 3));
        add_backend(world, rule, services[1], 1 + below(chance, 3));
    } else {
        change_function(chance, world, rule);
    }
}

static inline void copy_list(struct chance *chance, struct world *world,
                             const struct rule_list *before, struct rule_list *after)
{
    *after = *before;
    after->rules = ARENA_ARRAY(world->run.arena, struct rule, RULES_MAX);
    memcpy(after->rules, before->rules, before->count * sizeof *before->rules);
    for (size_t changes = below(chance, 3); changes > 0; changes--) {
        change_rule(chance, world, &after->rules[below(chance, after->count)]);
    }
}

/* Of a table that listens on several names the rules are copied, changed, or
 * have nothing to do with each other; an entry may be on one side only. */
static inline void random_entry(struct chance *chance, struct world *world, size_t which)
{
    struct route_table *const tables[] = {&world->before, &world->after};
    struct rule_list *lists[2] = {NULL, NULL};
    for (size_t side = 0; side < 2; side++) {
        if (which == 0 || below(chance, 12)) {
            lists[side] =
                add_host(world, tables[side], listeners[which].host, listeners[which].https);
            struct entry *entry = &tables[side]->entries[tables[side]->entry_count - 1];
            entry->host.kind = listeners[which].one_label ? HOST_ONE_LABEL : entry->host.kind;
        }
    }
    if (lists[0]) {
        random_list(chance, world, &world->before, lists[0]);
    }
    if (lists[0] && lists[1] && below(chance, 4)) {
        copy_list(chance, world, lists[0], lists[1]);
    } else if (lists[1]) {
        random_list(chance, world, &world->after, lists[1]);
    }
}

static inline void random_view(struct chance *chance, struct view *view)
{
    view->match_form.decode = below(chance, 2);
    view->match_form.merge_slashes = below(chance, 2);
    view->match_form.resolve_dots = below(chance, 2);
    view->forward_normalised = below(chance, 2);
    view->escape_rewritten = view->match_form.decode;
}

/* One host, rules without tests, and a rule that does something else with the path after. */
static inline void functions_pair(struct chance *chance, struct world *world)
{
    struct rule_list *before = add_host(world, &world->before, "a.example", false),
                     *after = add_host(world, &world->after, "a.example", false);
    before->capacity = RULES_MAX;
    before->rules = ARENA_ARRAY(world->run.arena, struct rule, RULES_MAX);
    for (size_t n = 1 + below(chance, 2); n > 0; n--) {
        struct rule *rule = add_rule(world, before, PATH_ANY, NULL, "one");
        random_path(chance, world, &world->before, &rule->match.path);
        change_function(chance, world, rule);
    }
    *after = *before;
    after->rules = ARENA_ARRAY(world->run.arena, struct rule, RULES_MAX);
    memcpy(after->rules, before->rules, before->count * sizeof *before->rules);
    change_function(chance, world, &after->rules[below(chance, after->count)]);
}

static inline void random_pair(struct chance *chance, struct world *world)
{
    if (below(chance, 2)) {
        functions_pair(chance, world);
        return;
    }
    random_entry(chance, world, 0);
    for (size_t i = 1; i < ARRAY_LEN(listeners); i++) {
        if (below(chance, 6) == 0) {
            random_entry(chance, world, i);
        }
    }
    if (below(chance, 2)) {
        random_view(chance, &world->before.view);
    }
    world->after.view = world->before.view;
    if (below(chance, 4) == 0) {
        random_view(chance, &world->after.view);
    }
}

#endif
