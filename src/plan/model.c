#include "plan/plan_priv.h"

/* Whoever follows the plan does the next step of some wave, stops, or undoes the last step that was done; waves do not
 * wait for each other, so that one can go back while others go on. A host hangs on few waves: the one that moves
 * its records, those that hold its Ingresses, those that hold its routes. Steps of other waves change nothing for it,
 * so that all orders of steps are tried when those of its own waves are. */

enum { WAVES_MOST = 6, MODEL_STATES_MAX = 200000, WALKS = 2000, WALK_LENGTH = 200 };

/* ---- what steps do to a host --------------------------------------------------------------- */

enum op {
    OP_NONE,
    OP_RECORDS_BY_HAND,
    OP_RECORDS_AUTOMATIC,
    OP_GATEWAYS_UP,
    OP_GATEWAYS_DOWN,
    OP_ROUTES_UP,
    OP_ROUTES_DOWN,
    OP_RECORD_BOTH,
    OP_RECORD_NEW,
    OP_RECORD_OLD,
    OP_WAIT, /* until every answer of DNS that is older has died */
    OP_INGRESSES_DOWN,
    OP_INGRESSES_UP,
    OP_CONTROLLER_DOWN,
    OP_CONTROLLER_UP
};
enum { OPS_MOST = 2 };
static const struct {
    enum op forward[OPS_MOST], back[OPS_MOST];
} effects[STEP_KIND_COUNT] = {
    [STEP_RECORDS] = {{OP_RECORDS_BY_HAND}, {OP_RECORDS_AUTOMATIC}},
    [STEP_GATEWAYS] = {{OP_GATEWAYS_UP}, {OP_GATEWAYS_DOWN}},
    [STEP_ROUTES] = {{OP_ROUTES_UP}, {OP_WAIT, OP_ROUTES_DOWN}},
    [STEP_SHARE] = {{OP_RECORD_BOTH}, {OP_RECORD_OLD}},
    [STEP_MOVE] = {{OP_RECORD_NEW}, {OP_RECORD_OLD}},
    [STEP_DRAIN] = {{OP_WAIT}, {OP_NONE}},
    [STEP_REMOVE] = {{OP_INGRESSES_DOWN}, {OP_INGRESSES_UP}},
    [STEP_RETIRE] = {{OP_CONTROLLER_DOWN}, {OP_CONTROLLER_UP}},
};

enum record { RECORD_OLD, RECORD_BOTH, RECORD_NEW };
struct state {
    unsigned prefix, suffix;    /* steps done of those before and behind all waves */
    unsigned done[WAVES_MOST];  /* steps of each wave */
    unsigned routes, ingresses; /* bits of waves: they are there */
    bool by_hand, gateways, controller;
    enum record record;
    bool old_lives, new_lives; /* some clients still have an older answer of DNS */
};

/* ---- the steps that a host hangs on -------------------------------------------------------- */

struct steps {
    const struct plan_step **items;
    size_t count;
};
struct model {
    struct planner *planner;
    const struct plan_host *host;
    struct steps prefix, suffix, waves[WAVES_MOST];
    const struct plan_wave *of[WAVES_MOST];
    size_t wave_count;
    unsigned needs_routes, needs_ingresses; /* bits */
    size_t states, moves;
    struct slice fault;
};

static void add_step(struct model *model, struct steps *steps, const struct plan_step *step)
{
    if (!steps->items) {
        steps->items = ARENA_ARRAY(model->planner->arena, const struct plan_step *,
                                   model->planner->plan->step_count);
    }
    steps->items[steps->count++] = step;
}

/* False when it hangs on more waves than can be tried. */
static bool add_wave(struct model *model, const struct plan_wave *wave, unsigned *bits)
{
    size_t index = 0;
    while (index < model->wave_count && model->of[index] != wave) {
        index++;
    }
    if (index == WAVES_MOST) {
        return false;
    }
    if (index == model->wave_count) {
        model->of[model->wave_count++] = wave;
    }
    *bits |= 1u << index;
    return true;
}

static bool gather_waves(struct model *model)
{
    const struct planner *planner = model->planner;
    const struct plan_host *host = model->host;
    unsigned ignored = 0;
    bool fine = add_wave(model, &planner->plan->waves[host->wave], &ignored);
    for (size_t i = 0; i < host->ingresses.count && fine; i++) {
        const struct plan_wave *wave = map_get(planner->ingress_wave, host->ingresses.items[i]);
        fine = !wave || add_wave(model, wave, &model->needs_ingresses);
    }
    for (size_t i = 0; i < host->routes.count && fine; i++) {
        const struct plan_wave *wave = map_get(planner->route_wave, host->routes.items[i]);
        fine = !wave || add_wave(model, wave, &model->needs_routes);
    }
    return fine;
}

static void gather_steps(struct model *model)
{
    const struct plan *plan = model->planner->plan;
    bool waves_began = false;
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        waves_began = waves_began || step->wave;
        if (!step->wave) {
            add_step(model, waves_began ? &model->suffix : &model->prefix, step);
        }
        for (size_t w = 0; w < model->wave_count; w++) {
            if (step->wave && &plan->waves[step->wave - 1] == model->of[w]) {
                add_step(model, &model->waves[w], step);
            }
        }
    }
}

/* ---- is it served? ------------------------------------------------------------------------- */

static const char *what_is_wrong(const struct model *model, const struct state *state)
{
    bool to_old = state->record != RECORD_NEW || state->old_lives;
    bool to_new = state->record != RECORD_OLD || state->new_lives;
    bool some = (state->ingresses & model->needs_ingresses) != 0;
    if (!state->by_hand && state->record != RECORD_OLD) {
        return "its records are written by hand and by a program at once";
    }
    if (!state->by_hand && model->needs_ingresses && !some) {
        return "a program that keeps records by Ingresses deletes its records";
    }
    if (to_old && !state->controller) {
        return "clients come to the old controller, which is gone";
    }
    if (to_old && (state->ingresses & model->needs_ingresses) != model->needs_ingresses) {
        return "clients come to the old side, which lacks an Ingress of it";
    }
    if (to_new && !state->gateways) {
        return "clients come to a Gateway that is not there";
    }
    return to_new && (state->routes & model->needs_routes) != model->needs_routes
               ? "clients come to the new side, which lacks a route of it"
               : NULL;
}

static void apply(const struct model *model, enum op op, size_t wave, struct state *state)
{
    unsigned bit = 1u << wave;
    bool moves = wave < model->wave_count &&
                 model->of[wave] == &model->planner->plan->waves[model->host->wave];
    switch (op) {
    case OP_NONE:
        break;
    case OP_RECORDS_BY_HAND:
    case OP_RECORDS_AUTOMATIC:
        state->by_hand = op == OP_RECORDS_BY_HAND;
        break;
    case OP_GATEWAYS_UP:
    case OP_GATEWAYS_DOWN:
        state->gateways = op == OP_GATEWAYS_UP;
        break;
    case OP_ROUTES_UP:
        state->routes |= bit;
        break;
    case OP_ROUTES_DOWN:
        state->routes &= ~bit;
        break;
    case OP_RECORD_BOTH:
    case OP_RECORD_NEW:
    case OP_RECORD_OLD:
        if (moves) {
            state->old_lives |= state->record != RECORD_NEW;
            state->new_lives |= state->record != RECORD_OLD;
            state->record = op == OP_RECORD_BOTH  ? RECORD_BOTH
                            : op == OP_RECORD_NEW ? RECORD_NEW
                                                  : RECORD_OLD;
        }
        break;
    case OP_WAIT:
        state->old_lives = state->new_lives = false;
        break;
    case OP_INGRESSES_DOWN:
        state->ingresses &= ~bit;
        break;
    case OP_INGRESSES_UP:
        state->ingresses |= bit;
        break;
    case OP_CONTROLLER_DOWN:
    case OP_CONTROLLER_UP:
        state->controller = op == OP_CONTROLLER_UP;
        break;
    }
}

/* False, with the fault, when the host is not served in between or afterwards. */
static bool take(struct model *model, const struct plan_step *step, size_t wave, bool back,
                 struct state *state)
{
    for (size_t i = 0; i < OPS_MOST; i++) {
        apply(model, back ? effects[step->kind].back[i] : effects[step->kind].forward[i], wave,
              state);
        const char *wrong = what_is_wrong(model, state);
        if (wrong) {
            model->fault = arena_printf(
                model->planner->arena, "%s step '" SLICE_FMT "' host '" SLICE_FMT "' is lost: %s",
                back ? "after undoing" : "after", SLICE_ARG(step->id),
                SLICE_ARG(model->host->host.len ? model->host->host : SLICE("(any other host)")),
                wrong);
            return false;
        }
    }
    model->moves++;
    return true;
}

/* ---- all orders ---------------------------------------------------------------------------- */

static bool all_waves(const struct model *model, const struct state *state, bool done)
{
    for (size_t w = 0; w < model->wave_count; w++) {
        if (state->done[w] != (done ? model->waves[w].count : 0)) {
            return false;
        }
    }
    return true;
}

/* The moves of a state have numbers: forward and back, of the prefix, of the suffix, of each wave. False when this
 * one is not possible, or loses the host. */
static bool move(struct model *model, const struct state *from, size_t number, struct state *to)
{
    bool back = number & 1;
    size_t which = number / 2;
    const struct steps *steps = which == 0   ? &model->prefix
                                : which == 1 ? &model->suffix
                                             : &model->waves[which - 2];
    *to = *from;
    unsigned *done = which == 0 ? &to->prefix : which == 1 ? &to->suffix : &to->done[which - 2];
    bool can = back ? *done > 0 : *done < steps->count;
    if (which == 0) {
        can = can && all_waves(model, from, false) && !from->suffix;
    } else {
        can = can && from->prefix == model->prefix.count &&
              (which == 1 ? all_waves(model, from, true) : !from->suffix);
    }
    if (!can) {
        return false;
    }
    size_t index = back ? *done - 1 : *done;
    *done = (unsigned)(back ? index : index + 1);
    return take(model, steps->items[index], which < 2 ? WAVES_MOST : which - 2, back, to);
}

static uint64_t pack(const struct state *state)
{
    uint64_t bits = state->prefix;
    bits = bits << 4 | state->suffix;
    for (size_t w = 0; w < WAVES_MOST; w++) {
        bits = bits << 3 | state->done[w];
    }
    bits = bits << WAVES_MOST | state->routes;
    bits = bits << WAVES_MOST | state->ingresses;
    bits = bits << 3 | (unsigned)state->by_hand << 2 | (unsigned)state->gateways << 1 |
           state->controller;
    bits = bits << 2 | (unsigned)state->record;
    return bits << 2 | (unsigned)state->old_lives << 1 | state->new_lives;
}

struct visited {
    struct arena *arena;
    struct map *seen;
    struct state *queue;
    size_t count, capacity;
};

static void visit(struct visited *visited, const struct state *state)
{
    uint64_t bits = pack(state);
    struct slice key = {(const char *)&bits, sizeof bits};
    if (!map_add(visited->seen, key, visited)) {
        *ARENA_PUSH(visited->arena, visited->queue, visited->count, visited->capacity) = *state;
    }
}

static struct state first_state(const struct model *model)
{
    return (struct state){.ingresses = model->needs_ingresses, .controller = true};
}

/* False when there are too many. */
static bool try_all(struct model *model)
{
    struct visited visited = {.arena = arena_open_like(model->planner->arena)};
    visited.seen = map_new(visited.arena);
    struct state first = first_state(model), next;
    visit(&visited, &first);
    size_t at = 0;
    for (; at < visited.count && !model->fault.ptr && visited.count <= MODEL_STATES_MAX; at++) {
        for (size_t number = 0; number < 4 + 2 * model->wave_count && !model->fault.ptr; number++) {
            struct state from = visited.queue[at];
            if (move(model, &from, number, &next)) {
                visit(&visited, &next);
            }
        }
    }
    bool complete = at == visited.count || model->fault.ptr;
    model->states += at;
    arena_close(visited.arena);
    return complete;
}

/* xorshift64 (Marsaglia 2003): the same numbers on every machine. */
static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void try_some(struct model *model, uint64_t seed)
{
    for (size_t walk = 0; walk < WALKS && !model->fault.ptr; walk++) {
        struct state state = first_state(model), next;
        for (size_t i = 0; i < WALK_LENGTH && !model->fault.ptr; i++) {
            /* twice as often forward as back */
            size_t number = draw(&seed) % (4 + 2 * model->wave_count);
            number = draw(&seed) % 3 ? number & ~(size_t)1 : number | 1;
            if (move(model, &state, number, &next)) {
                state = next;
            }
        }
        model->states += WALK_LENGTH;
    }
}

/* ---- all hosts ----------------------------------------------------------------------------- */

/* Hosts that hang on the same waves in the same way are alike. */
static struct slice kind_of(const struct model *model)
{
    struct arena *arena = model->planner->arena;
    struct slice key = arena_printf(arena, "%x %x", model->needs_routes, model->needs_ingresses);
    for (size_t w = 0; w < model->wave_count; w++) {
        key = arena_printf(arena, SLICE_FMT " %zu", SLICE_ARG(key),
                           (size_t)(model->of[w] - model->planner->plan->waves));
    }
    return key;
}

enum { SEED = 20260331 };

void model_check(struct planner *planner)
{
    struct plan_check *check = &planner->plan->check;
    struct map *kinds = map_new(planner->arena);
    *check = (struct plan_check){.seed = SEED};
    for (size_t i = 0; i < planner->plan->host_count && !check->fault.ptr; i++) {
        struct model model = {.planner = planner, .host = &planner->plan->hosts[i]};
        if (!gather_waves(&model)) {
            check->fault =
                arena_printf(planner->arena, "host '" SLICE_FMT "' hangs on more than %d waves",
                             SLICE_ARG(planner->plan->hosts[i].host), WAVES_MOST);
            return;
        }
        if (map_add(kinds, kind_of(&model), planner)) {
            continue;
        }
        gather_steps(&model);
        check->kinds++;
        if (!try_all(&model)) {
            check->sampled = true;
            try_some(&model, SEED);
        }
        check->states += model.states;
        check->moves += model.moves;
        check->fault = model.fault;
    }
}
