#include "evidence/evidence.h"

/* ---- finding and adding ------------------------------------------------------------------- */

struct evidence_finding *evidence_finding(struct arena *arena, struct evidence *evidence,
                                          struct slice id)
{
    evidence->findings_by_id = evidence->findings_by_id ? evidence->findings_by_id : map_new(arena);
    struct evidence_finding *finding = map_get(evidence->findings_by_id, id);
    if (!finding) {
        finding = ARENA_NEW(arena, struct evidence_finding);
        finding->id = arena_copy(arena, id);
        map_put(evidence->findings_by_id, finding->id, finding);
        *ARENA_PUSH(arena, evidence->findings, evidence->finding_count,
                    evidence->finding_capacity) = finding;
    }
    return finding;
}

const struct evidence_finding *evidence_find(const struct evidence *evidence, struct slice id)
{
    return evidence->findings_by_id ? map_get(evidence->findings_by_id, id) : NULL;
}

struct evidence_route *evidence_route(struct arena *arena, struct evidence *evidence,
                                      enum evidence_side side, struct slice text)
{
    evidence->routes_by_text = evidence->routes_by_text ? evidence->routes_by_text : map_new(arena);
    struct slice key =
        ARENA_JOIN(arena, side == EVIDENCE_BEFORE ? SLICE("before ") : SLICE("after "), text);
    struct evidence_route *route = map_get(evidence->routes_by_text, key);
    if (!route) {
        route = ARENA_NEW(arena, struct evidence_route);
        *route = (struct evidence_route){.side = side, .text = arena_copy(arena, text)};
        map_put(evidence->routes_by_text, key, route);
        *ARENA_PUSH(arena, evidence->routes, evidence->route_count, evidence->route_capacity) =
            route;
    }
    return route;
}

struct evidence_group *evidence_group(struct arena *arena, struct evidence_groups *groups,
                                      struct slice text)
{
    groups->by_text = groups->by_text ? groups->by_text : map_new(arena);
    struct evidence_group *group = map_get(groups->by_text, text);
    if (!group) {
        group = ARENA_NEW(arena, struct evidence_group);
        group->text = arena_copy(arena, text);
        map_put(groups->by_text, group->text, group);
        *ARENA_PUSH(arena, groups->items, groups->count, groups->capacity) = group;
    }
    return group;
}

/* ---- examples ----------------------------------------------------------------------------- */

static int compare_places(struct slice source, uint64_t line, const struct evidence_example *other)
{
    int order = slice_compare(source, other->source);
    return order ? order : line < other->line ? -1 : line > other->line;
}

bool evidence_example_counts(const struct evidence_examples *examples, struct slice source,
                             uint64_t line)
{
    return examples->count < EVIDENCE_EXAMPLES ||
           compare_places(source, line, &examples->items[examples->count - 1]) <= 0;
}

bool evidence_example_add(struct arena *arena, struct evidence_examples *examples,
                          const struct evidence_example *example)
{
    size_t at = examples->count;
    while (at > 0) {
        const struct evidence_example *before = &examples->items[at - 1];
        int order = compare_places(example->source, example->line, before);
        order = order ? order : slice_compare(example->text, before->text);
        if (order > 0) {
            break;
        }
        if (order == 0) {
            return false;
        }
        at--;
    }
    if (at == EVIDENCE_EXAMPLES) {
        return false;
    }
    examples->count += examples->count < EVIDENCE_EXAMPLES;
    for (size_t i = examples->count - 1; i > at; i--) {
        examples->items[i] = examples->items[i - 1];
    }
    examples->items[at] = (struct evidence_example){
        arena_copy(arena, example->source), example->line, arena_copy(arena, example->text)};
    return true;
}

/* ---- merging ------------------------------------------------------------------------------ */

static void merge_examples(struct arena *arena, struct evidence_examples *into,
                           const struct evidence_examples *from)
{
    for (size_t i = 0; i < from->count; i++) {
        (void)evidence_example_add(arena, into, &from->items[i]);
    }
}

/* JSON has numbers up to INT64_MAX here. */
void evidence_add(uint64_t *into, uint64_t more, bool *too_large)
{
    bool fits = *into <= INT64_MAX && more <= INT64_MAX - *into;
    *into = fits ? *into + more : INT64_MAX;
    *too_large = *too_large || !fits;
}

static void merge_groups(struct arena *arena, struct evidence_groups *into,
                         const struct evidence_groups *from, bool *too_large)
{
    for (size_t i = 0; i < from->count; i++) {
        struct evidence_group *group = evidence_group(arena, into, from->items[i]->text);
        evidence_add(&group->requests, from->items[i]->requests, too_large);
        merge_examples(arena, &group->examples, &from->items[i]->examples);
    }
}

/* The words are those of the first example, wherever it comes from. */
static bool says_first(const struct evidence_example *example, struct slice title,
                       const struct evidence_finding *into)
{
    if (!into->title.ptr || !into->examples.count || !example) {
        return !into->title.ptr || (!into->examples.count && example);
    }
    const struct evidence_example *first = &into->examples.items[0];
    int order = compare_places(example->source, example->line, first);
    order = order ? order : slice_compare(example->text, first->text);
    return order ? order < 0 : slice_compare(title, into->title) < 0;
}

void evidence_finding_example(struct arena *arena, struct evidence_finding *finding,
                              const struct evidence_example *example, struct slice title,
                              enum aspect aspect)
{
    if (says_first(example, title, finding)) {
        finding->title = arena_copy(arena, title);
        finding->aspect = aspect;
    }
    (void)evidence_example_add(arena, &finding->examples, example);
}

static void merge_finding(struct arena *arena, struct evidence_finding *into,
                          const struct evidence_finding *from, bool *too_large)
{
    const struct evidence_example *first = from->examples.count ? &from->examples.items[0] : NULL;
    if (says_first(first, from->title, into)) {
        into->title = arena_copy(arena, from->title);
        into->aspect = from->aspect;
    }
    into->impact = from->impact > into->impact ? from->impact : into->impact;
    into->platform = into->platform || from->platform;
    evidence_add(&into->requests, from->requests, too_large);
    evidence_add(&into->asked, from->asked, too_large);
    evidence_add(&into->confirmed, from->confirmed, too_large);
    merge_groups(arena, &into->routes, &from->routes, too_large);
    merge_examples(arena, &into->examples, &from->examples);
}

static void merge_route(struct arena *arena, struct evidence_route *into,
                        const struct evidence_route *from, bool *too_large)
{
    into->kind = arena_copy(arena, from->kind);
    into->namespace = arena_copy(arena, from->namespace);
    into->name = arena_copy(arena, from->name);
    evidence_add(&into->requests, from->requests, too_large);
    evidence_add(&into->possible, from->possible, too_large);
    evidence_add(&into->asked, from->asked, too_large);
}

void evidence_left_out(struct arena *arena, struct evidence *evidence, struct slice file)
{
    *ARENA_PUSH(arena, evidence->left_out.items, evidence->left_out.count,
                evidence->left_out_capacity) = arena_copy(arena, file);
}

static struct slice known_of(struct arena *arena, struct slice a, struct slice b)
{
    return a.len || !b.len ? a : arena_copy(arena, b);
}

void evidence_merge(struct arena *arena, struct evidence *into, const struct evidence *from)
{
    into->before = known_of(arena, into->before, from->before);
    into->after = known_of(arena, into->after, from->after);
    into->tables = known_of(arena, into->tables, from->tables);
    into->program = known_of(arena, into->program, from->program);
    for (size_t i = 0; i < EVIDENCE_COUNT_COUNT; i++) {
        evidence_add(&into->counts[i], from->counts[i], &into->too_large);
    }
    for (size_t i = 0; i < from->finding_count; i++) {
        merge_finding(arena, evidence_finding(arena, into, from->findings[i]->id),
                      from->findings[i], &into->too_large);
    }
    for (size_t i = 0; i < from->route_count; i++) {
        const struct evidence_route *route = from->routes[i];
        merge_route(arena, evidence_route(arena, into, route->side, route->text), route,
                    &into->too_large);
    }
    merge_groups(arena, &into->unsaid, &from->unsaid, &into->too_large);
    merge_groups(arena, &into->unexplained, &from->unexplained, &into->too_large);
    merge_groups(arena, &into->unparsed, &from->unparsed, &into->too_large);
    for (size_t i = 0; i < from->log_count; i++) {
        evidence_log_add(arena, into, from->logs[i]);
    }
    for (size_t i = 0; i < from->left_out.count; i++) {
        evidence_left_out(arena, into, from->left_out.items[i]);
    }
}

/* ---- order -------------------------------------------------------------------------------- */

static int more_first(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int order_groups(const void *a, const void *b, void *user)
{
    (void)user;
    const struct evidence_group *x = *(const struct evidence_group *const *)a,
                                *y = *(const struct evidence_group *const *)b;
    int order = more_first(x->requests, y->requests);
    return order ? order : slice_compare(x->text, y->text);
}

static int order_findings(const void *a, const void *b, void *user)
{
    (void)user;
    const struct evidence_finding *x = *(const struct evidence_finding *const *)a,
                                  *y = *(const struct evidence_finding *const *)b;
    int order = x->platform - y->platform;
    order = order ? order : more_first(x->requests, y->requests);
    order = order ? order : more_first(x->confirmed, y->confirmed);
    order = order ? order : more_first(x->impact, y->impact);
    return order ? order : slice_compare(x->id, y->id);
}

static int order_routes(const void *a, const void *b, void *user)
{
    (void)user;
    const struct evidence_route *x = *(const struct evidence_route *const *)a,
                                *y = *(const struct evidence_route *const *)b;
    int order = (int)x->side - (int)y->side;
    order = order ? order : more_first(x->requests, y->requests);
    return order ? order : slice_compare(x->text, y->text);
}

static int order_texts(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void sort_groups(struct arena *arena, struct evidence_groups *groups)
{
    sort_stable(arena, groups->items, groups->count, sizeof(struct evidence_group *), order_groups,
                NULL);
}

void evidence_finish(struct arena *arena, struct evidence *evidence)
{
    sort_stable(arena, evidence->findings, evidence->finding_count,
                sizeof(struct evidence_finding *), order_findings, NULL);
    for (size_t i = 0; i < evidence->finding_count; i++) {
        sort_groups(arena, &evidence->findings[i]->routes);
    }
    sort_stable(arena, evidence->routes, evidence->route_count, sizeof(struct evidence_route *),
                order_routes, NULL);
    sort_groups(arena, &evidence->unsaid);
    sort_groups(arena, &evidence->unexplained);
    sort_groups(arena, &evidence->unparsed);
    evidence_join_parts(arena, evidence);
    sort_stable(arena, evidence->left_out.items, evidence->left_out.count, sizeof(struct slice),
                order_texts, NULL);
}

/* ---- shares ------------------------------------------------------------------------------- */

struct slice evidence_share(struct arena *arena, uint64_t part, uint64_t whole)
{
    if (!part || !whole) {
        return SLICE("0 %");
    }
    if (part == whole) {
        return SLICE("100 %");
    }
    /* What is not all is never written as all, and what is there never as nothing. */
    double share = 100.0 * (double)part / (double)whole;
    return share < 0.1    ? SLICE("under 0.1 %")
           : share > 99.9 ? SLICE("over 99.9 %")
                          : arena_printf(arena, "%.1f %%", share);
}
