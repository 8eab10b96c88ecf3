#include "plan/plan_priv.h"

enum { PLAN_VERSION = 1 };

static void set(struct arena *arena, struct node *map, const char *key, struct slice text)
{
    node_set(arena, map, key, node_string(arena, text.ptr ? text : SLICE("")));
}

static void count(struct arena *arena, struct node *map, const char *key, size_t number)
{
    node_set(arena, map, key, node_int(arena, (int64_t)number));
}

static struct node *texts_node(struct arena *arena, const struct slices *texts)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < texts->count; i++) {
        node_add(arena, list, node_string(arena, texts->items[i]));
    }
    return list;
}

static struct node *hosts_node(struct planner *planner)
{
    struct arena *arena = planner->arena;
    struct node *list = node_list(arena);
    for (size_t i = 0; i < planner->plan->host_count; i++) {
        const struct plan_host *host = &planner->plan->hosts[i];
        struct node *item = node_map(arena);
        set(arena, item, "host", host->host);
        count(arena, item, "wave", host->wave + 1);
        node_set(arena, item, "https", node_bool(arena, host->https));
        set(arena, item, "gateway", host->gateway);
        node_set(arena, item, "ingresses", texts_node(arena, &host->ingresses));
        node_set(arena, item, "routes", texts_node(arena, &host->routes));
        node_add(arena, list, item);
    }
    return list;
}

static struct node *wave_node(struct planner *planner, const struct plan_wave *wave, size_t number)
{
    struct arena *arena = planner->arena;
    struct node *item = node_map(arena), *differences = node_map(arena), *back = node_map(arena);
    count(arena, item, "number", number);
    set(arena, item, "name", wave->name);
    node_set(arena, item, "moves", node_bool(arena, !wave->held.ptr));
    if (wave->held.ptr) {
        set(arena, item, "reason", wave->held);
    }
    node_set(arena, item, "namespaces", texts_node(arena, &wave->namespaces));
    node_set(arena, item, "ingresses", texts_node(arena, &wave->ingresses));
    count(arena, differences, "breaking", wave->difficulty.findings[IMPACT_BREAKING]);
    count(arena, differences, "changed", wave->difficulty.findings[IMPACT_CHANGED]);
    count(arena, differences, "cosmetic", wave->difficulty.findings[IMPACT_COSMETIC]);
    count(arena, differences, "unproven", wave->difficulty.unproven);
    node_set(arena, item, "differences", differences);
    count(arena, item, "requests", wave->cases->count);
    count(arena, item, "rules", wave->rules);
    count(arena, item, "covered", wave->covered);
    set(arena, back, "behaviour", slice_of(verdict_name(wave->rollback.verdict)));
    count(arena, back, "rounds", wave->rollback.rounds);
    count(arena, back, "depends_on_order", wave->rollback.trap_count);
    node_set(arena, item, "rollback", back);
    return item;
}

static struct node *lines_node(struct arena *arena, const struct plan_lines *lines)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < lines->count; i++) {
        struct node *item = node_map(arena);
        set(arena, item, lines->items[i].command ? "run" : "text", lines->items[i].text);
        node_add(arena, list, item);
    }
    return list;
}

static struct node *step_node(struct arena *arena, const struct plan_step *step)
{
    static const char *const parts[LINES_COUNT] = {"before", "do", "expect", "stop", "undo"};
    struct node *item = node_map(arena);
    set(arena, item, "id", step->id);
    set(arena, item, "phase", slice_of(plan_phase_folder(step->phase)));
    if (step->wave) {
        count(arena, item, "wave", step->wave);
    }
    set(arena, item, "title", step->title);
    for (size_t i = 0; i < LINES_COUNT; i++) {
        node_set(arena, item, parts[i], lines_node(arena, &step->parts[i]));
    }
    return item;
}

static struct node *check_node(struct planner *planner)
{
    struct arena *arena = planner->arena;
    const struct plan_check *check = &planner->plan->check;
    struct node *item = node_map(arena);
    set(arena, item, "method", check->sampled ? SLICE("sampled") : SLICE("exhaustive"));
    if (check->sampled) {
        count(arena, item, "seed", check->seed);
    }
    count(arena, item, "hosts", planner->plan->host_count);
    count(arena, item, "kinds", check->kinds);
    count(arena, item, "states", check->states);
    count(arena, item, "moves", check->moves);
    count(arena, item, "unserved", check->fault.ptr ? 1 : 0);
    return item;
}

struct node *plan_node(struct planner *planner)
{
    struct arena *arena = planner->arena;
    struct plan *plan = planner->plan;
    struct node *root = node_map(arena), *waves = node_list(arena), *steps = node_list(arena);
    const struct slices gateways = {plan->gateways, plan->gateway_count};
    for (size_t i = 0; i < plan->wave_count; i++) {
        node_add(arena, waves, wave_node(planner, &plan->waves[i], i + 1));
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        node_add(arena, steps, step_node(arena, &plan->steps[i]));
    }
    count(arena, root, "version", PLAN_VERSION);
    set(arena, root, "program", planner->options->version);
    set(arena, root, "before", plan->before);
    set(arena, root, "after", plan->after);
    set(arena, root, "target", slice_of(plan->target->name));
    node_set(arena, root, "gateways", texts_node(arena, &gateways));
    node_set(arena, root, "hosts", hosts_node(planner));
    node_set(arena, root, "waves", waves);
    node_set(arena, root, "steps", steps);
    node_set(arena, root, "check", check_node(planner));
    return root;
}
