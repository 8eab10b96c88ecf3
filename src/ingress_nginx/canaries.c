#include "ingress_nginx/model_priv.h"

/* A canary has no locations of its own: its Service becomes an alternative of another Service, on every path
 * that has this other Service for its backend (controller.go, mergeAlternativeBackends). */

bool item_is_canary(const struct item *item)
{
    return annotation_true(item->annotations, AN_canary, false);
}

/* ---- which Service is whose canary ---------------------------------------------------------- */

struct upstream *upstream_find(const struct model *model, const struct item *item,
                               const struct ingress_backend *backend)
{
    if (!model->upstreams || !backend->present || !backend->service.ptr) {
        return NULL;
    }
    return map_get(model->upstreams,
                   upstream_name(model->scratch, item->ingress->object.namespace, backend));
}

static void note(struct model *model, const struct item *item,
                 const struct ingress_backend *backend)
{
    struct arena *arena = model->scratch;
    if (!backend->present || !backend->service.ptr) {
        return;
    }
    struct slice name = upstream_name(arena, item->ingress->object.namespace, backend);
    if (!map_get(model->upstreams, name)) {
        struct upstream *upstream = ARENA_NEW(arena, struct upstream);
        *upstream = (struct upstream){.name = name, .canary = item_is_canary(item), .item = item};
        map_put(model->upstreams, name, upstream);
    }
}

void canaries_collect(struct model *model)
{
    bool any = false;
    for (size_t i = 0; i < model->item_count && !any; i++) {
        any = item_is_canary(model->items[i]) || item_balances(model->items[i]);
    }
    model->upstreams = any ? map_new(model->scratch) : NULL;
    for (size_t i = 0; any && i < model->item_count; i++) {
        const struct item *item = model->items[i];
        const struct ingress_backend *fallback = &item->ingress->default_backend;
        note(model, item, fallback);
        struct upstream *made = upstream_find(model, item, fallback);
        if (made) { /* createUpstreams makes it anew for each */
            made->item = item;
        }
        for (size_t r = 0; r < item->ingress->rule_count; r++) {
            const struct ingress_rule *rule = &item->ingress->rules[r];
            for (size_t p = 0; p < rule->path_count; p++) {
                note(model, item, &rule->paths[p].backend);
            }
        }
    }
}

static const enum annotation_id conditions[] = {
    AN_canary,        AN_canary_by_cookie,    AN_canary_by_header,        AN_canary_by_header_value,
    AN_canary_weight, AN_canary_weight_total, AN_canary_by_header_pattern};

/* Says of a canary that another one goes before it: of the same main Service, or with the same Service of its own,
 * which has the conditions of the Ingress that named it first (controller.go, createUpstreams). */
static void yield(struct model *model, const struct location *location, const struct item *item,
                  const struct upstream *canary, struct span span)
{
    const struct upstream *main = location->upstream;
    const struct upstream *first = main ? main->alternative : NULL;
    if (!first) {
        return;
    }
    bool shared = first == canary;
    if (canary == main ||
        (shared && rivals_agree(first->item, item, conditions, ARRAY_LEN(conditions)))) {
        return;
    }
    struct slice what = arena_printf(
        model->run->arena,
        shared ? "the controller asks the canary of Service '" SLICE_FMT "/" SLICE_FMT
                 "' as the first Ingress of its own Service says, and not as this one does"
               : "the controller asks only the first canary of Service '" SLICE_FMT "/" SLICE_FMT
                 "', which is not this one: it gets no requests",
        SLICE_ARG(location->backend.namespace), SLICE_ARG(location->backend.service));
    const struct yielding yielding = {
        first->item, item, span, what,
        shared ? "give both the same annotations canary-*"
               : "delete one of the two canaries, or put this one off until the other has gone"};
    rivals_yield(model, DIAG_N026, &yielding);
    rivals_named(item, conditions, ARRAY_LEN(conditions));
}

static void hang_on(const struct location *location, struct upstream *canary)
{
    if (location->upstream && !location->upstream->alternative) {
        location->upstream->alternative = canary; /* the balancer looks at the first one only */
    }
}

static void merge_path(struct model *model, const struct item *item, size_t rule, size_t number)
{
    const struct ingress_path *path = &item->ingress->rules[rule].paths[number];
    struct upstream *canary = upstream_find(model, item, &path->backend);
    struct slice host = item->ingress->rules[rule].host;
    struct server *server = model_server(model, host.len ? host : SLICE("_"));
    if (!canary || !canary->canary) {
        return;
    }
    if (!server) {
        diag_at(model->run->diag, DIAG_N026, path->span, item->ingress->object.subject,
                "no other Ingress has host '" SLICE_FMT "' of this canary, so it gets no requests",
                SLICE_ARG(host));
        return;
    }
    if (!canary->resolved) {
        canary->resolved = true;
        canary->backend = upstream_backend(model, item, &path->backend);
        canary->origin = ingress_origin(
            item->ingress,
            arena_printf(model->run->arena, "spec.rules[%zu].http.paths[%zu]", rule, number),
            path->span);
    }
    bool merged = false;
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (location->has_backend && !location->automatic &&
            slice_equal(location->path, path->path) &&
            location->exact == (path->type == PATH_TYPE_EXACT)) {
            hang_on(location, canary);
            yield(model, location, item, canary, path->span);
            merged = true;
        }
    }
    if (!merged) {
        canary->removed = true;
        diag_at(model->run->diag, DIAG_N026, path->span, item->ingress->object.subject,
                "path '" SLICE_FMT "' of this canary has no counterpart of the same path and type "
                "on its host, so the controller sends it no requests at all",
                SLICE_ARG(path->path));
    }
}

static void merge_default(struct model *model, const struct item *item)
{
    const struct ingress_backend *backend = &item->ingress->default_backend;
    struct upstream *canary = upstream_find(model, item, backend);
    const struct server *server = model->servers[0];
    for (size_t i = 0; canary && canary->canary && i < server->count; i++) {
        if (!canary->resolved) {
            canary->resolved = true;
            canary->backend = upstream_backend(model, item, backend);
            canary->origin =
                ingress_origin(item->ingress, SLICE("spec.defaultBackend"), backend->span);
        }
        if (server->locations[i]->has_backend) {
            hang_on(server->locations[i], canary);
            if (i == 0) { /* says it once */
                yield(model, server->locations[i], item, canary, backend->span);
            }
        }
    }
}

void canaries_merge(struct model *model)
{
    bool any_main = false;
    for (size_t i = 0; i < model->item_count; i++) {
        any_main = any_main || !item_is_canary(model->items[i]);
    }
    for (size_t i = 0; !any_main && i < model->item_count; i++) {
        diag_at(model->run->diag, DIAG_N026, model->items[i]->ingress->object.span,
                model->items[i]->ingress->object.subject,
                "there are canaries only, and no Ingress that they belong to");
    }
    for (size_t i = 0; any_main && i < model->item_count; i++) {
        const struct item *item = model->items[i];
        if (!item_is_canary(item)) {
            continue;
        }
        merge_default(model, item);
        for (size_t r = 0; r < item->ingress->rule_count; r++) {
            for (size_t p = 0; p < item->ingress->rules[r].path_count; p++) {
                merge_path(model, item, r, p);
            }
        }
    }
}

const struct upstream *canary_of(const struct model *model, const struct location *location)
{
    const struct upstream *main = location->upstream;
    const struct upstream *canary = main ? main->alternative : NULL;
    struct backend other;
    if (!canary || !canary->resolved || canary->removed || canary->backend.status) {
        return NULL;
    }
    /* lua/balancer.lua: without endpoints on either side there is nothing to choose; what stands in for a Service
     * has its canary as well (controller.go, getBackendServers) */
    bool serves = !location->backend.status || location_stand_in(model, location, &other);
    return serves ? canary : NULL;
}

/* ---- rules -------------------------------------------------------------------------------- */

static struct rule *add(struct model *model, struct rule_list *list, const struct rule *main,
                        const struct upstream *canary, bool to_canary, const struct test *test)
{
    struct rule copy = *main; /* the list may move */
    struct rule *rule = rule_list_add(model->run, list);
    size_t before = copy.match.test_count; /* of conditions in snippets */
    *rule = copy;
    rule->match.tests = ARENA_ARRAY(model->run->arena, struct test, before + 1);
    for (size_t i = 0; i < before; i++) {
        rule->match.tests[i] = copy.match.tests[i];
    }
    rule->match.tests[before] = *test;
    rule->match.test_count = before + 1;
    if (to_canary) {
        rule->backends = ARENA_NEW(model->run->arena, struct backend);
        rule->backends[0] = canary->backend;
        rule->origin = canary->origin;
        rule->effects.affinity = canary_affinity(model, canary, main);
    }
    return rule;
}

static void add_equal(struct model *model, struct rule_list *list, const struct rule *main,
                      const struct upstream *canary, bool to_canary, struct test test)
{
    test.operator= TEST_EQUALS;
    test.fold_separators = test.subject == TEST_HEADER;
    (void)add(model, list, main, canary, to_canary, &test);
}

static void add_pattern(struct model *model, struct rule_list *list, const struct rule *main,
                        const struct upstream *canary, struct slice name, struct slice pattern,
                        struct route_table *table)
{
    struct slice error;
    struct test test = {.subject = TEST_HEADER, .fold_separators = true, .name = name};
    test.regex = regex_compile(model->run, table->regexes, pattern, false, false, &error);
    /* an expression that does not compile keeps every request with the header on the main Service */
    test.operator= test.regex ? TEST_REGEX : TEST_PRESENT;
    test.value = test.regex ? pattern : SLICE_ABSENT;
    (void)add(model, list, main, canary, test.regex != NULL, &test);
}

static void add_weighted(struct model *model, struct rule_list *list, const struct rule *main,
                         const struct upstream *canary)
{
    const struct annotations *annotations = canary->item->annotations;
    int64_t total = annotation_int(annotations, AN_canary_weight_total, 100);
    int64_t weight = annotation_int(annotations, AN_canary_weight, 0);
    struct rule copy = *main;
    struct rule *rule = rule_list_add(model->run, list);
    *rule = copy;
    total = total > 100 ? total : 100;
    weight = weight < 0 ? 0 : weight > total ? total : weight;
    /* any 64-bit number passes (strconv.Atoi); what matters is the part, and sums must not overflow */
    while (total > INT32_MAX) {
        total /= 2;
        weight = weight > 1 ? weight / 2 : weight;
    }
    if (weight == 0) {
        return;
    }
    rule->backends = ARENA_ARRAY(model->run->arena, struct backend, 2);
    rule->backend_count = 0;
    if (weight < total) {
        rule->backends[rule->backend_count] = main->backends[0];
        rule->backends[rule->backend_count++].weight = (uint64_t)(total - weight);
    }
    struct backend *other = &rule->backends[rule->backend_count++];
    *other = canary->backend;
    other->weight = (uint64_t)weight;
    const struct route_affinity *affinity = canary_affinity(model, canary, main);
    if (affinity != main->effects.affinity) {
        struct effects *own = ARENA_NEW(model->run->arena, struct effects);
        own->affinity = affinity;
        other->effects = own;
    }
}

/* A client that has the cookie of either side stays there, whatever the canary's annotations say; a canary
 * without affinity has no cookie. */
static void add_pinned(struct model *model, struct rule_list *list, const struct rule *main,
                       const struct upstream *upstream, const struct upstream *canary,
                       struct route_table *table)
{
    const struct route_affinity *affinity = main->effects.affinity;
    const struct upstream *const sides[] = {upstream, canary};
    for (size_t i = 0; affinity && i < ARRAY_LEN(sides); i++) {
        bool to_canary = sides[i] == canary;
        if (to_canary && canary_affinity(model, canary, main) != affinity) {
            continue;
        }
        struct slice error, pattern = cookie_pattern(model, sides[i]);
        struct test test = {.subject = TEST_COOKIE,
                            .operator= TEST_REGEX,
                            .name = affinity->cookie,
                            .value = pattern};
        test.regex = regex_compile(model->run, table->regexes, pattern, false, false, &error);
        add(model, list, main, canary, to_canary, &test)->implied = true;
    }
}

/* Header, then cookie, then weight (lua/balancer.lua, route_to_alternative_balancer). */
void canary_rules(struct model *model, const struct location *location,
                  const struct upstream *canary, struct route_table *table, struct rule_list *list)
{
    const struct annotations *annotations = canary->item->annotations;
    const struct rule main = list->rules[--list->count];
    struct slice header = annotation_text(annotations, AN_canary_by_header);
    struct slice value = annotation_text(annotations, AN_canary_by_header_value);
    struct slice pattern = annotation_text(annotations, AN_canary_by_header_pattern);
    struct slice cookie = annotation_text(annotations, AN_canary_by_cookie);
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        annotation_use(annotations, conditions[i]);
    }
    add_pinned(model, list, &main, location->upstream, canary, table);
    if (header.ptr && value.ptr) {
        add_equal(model, list, &main, canary, true,
                  (struct test){.subject = TEST_HEADER, .name = header, .value = value});
    } else if (header.ptr && pattern.ptr) {
        add_pattern(model, list, &main, canary, header, pattern, table);
    } else if (header.ptr) {
        add_equal(model, list, &main, canary, true,
                  (struct test){.subject = TEST_HEADER, .name = header, .value = SLICE("always")});
        add_equal(model, list, &main, canary, false,
                  (struct test){.subject = TEST_HEADER, .name = header, .value = SLICE("never")});
    }
    if (cookie.ptr) {
        add_equal(model, list, &main, canary, true,
                  (struct test){.subject = TEST_COOKIE, .name = cookie, .value = SLICE("always")});
        add_equal(model, list, &main, canary, false,
                  (struct test){.subject = TEST_COOKIE, .name = cookie, .value = SLICE("never")});
    }
    add_weighted(model, list, &main, canary);
}
