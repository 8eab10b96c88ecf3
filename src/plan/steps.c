#include "plan/plan_priv.h"

#include "surroundings/surroundings.h"

static const struct {
    enum plan_phase phase;
    const char *name, *title;
} kinds[STEP_KIND_COUNT] = {
    [STEP_CHECK] = {PHASE_PREPARE, "check", "See that the plan fits the cluster"},
    [STEP_TTL] = {PHASE_PREPARE, "ttl", "Let records live for a minute"},
    [STEP_RECORDS] = {PHASE_PREPARE, "records", "Let nobody but you write records"},
    [STEP_INSTALL] = {PHASE_PREPARE, "install", "Install the new implementation"},
    [STEP_GATEWAYS] = {PHASE_GATEWAYS, "apply", "Create the Gateways"},
    [STEP_ROUTES] = {PHASE_ROUTES, "apply", "Create the routes"},
    [STEP_VERIFY] = {PHASE_VERIFY, "ask", "Ask both sides"},
    [STEP_SHARE] = {PHASE_SHIFT, "share", "Send a part of the clients"},
    [STEP_MOVE] = {PHASE_SHIFT, "move", "Send all clients"},
    [STEP_DRAIN] = {PHASE_SHIFT, "drain", "Wait until the old side is quiet"},
    [STEP_REMOVE] = {PHASE_RETIRE, "ingresses", "Delete the Ingresses"},
    [STEP_RETIRE] = {PHASE_RETIRE, "controller", "Retire the old controller"},
    [STEP_FINISH] = {PHASE_RETIRE, "finish", "Clean up"},
};

/* ---- words --------------------------------------------------------------------------------- */

struct filling {
    struct planner *planner;
    const struct plan_wave *wave; /* null: none */
    size_t number;
    struct slice namespace, name; /* of the object that a line is about */
};

struct slice old_address(const struct planner *planner, const struct plan_wave *wave)
{
    if (planner->plan->from_aks) {
        return SLICE("$(kubectl -n app-routing-system get service nginx -o "
                     "jsonpath='{.status.loadBalancer.ingress[0].ip}')");
    }
    struct slice id = wave ? wave->ingresses.items[0] : SLICE("");
    size_t slash = slice_find(id, '/', 0);
    return arena_printf(planner->arena,
                        "$(kubectl -n " SLICE_FMT " get ingress " SLICE_FMT
                        " -o jsonpath='{.status.loadBalancer.ingress[0].ip}"
                        "{.status.loadBalancer.ingress[0].hostname}')",
                        SLICE_ARG(slice_sub(id, 0, slash)),
                        SLICE_ARG(slice_sub(id, slash + 1, id.len)));
}

static struct slice value_of(const struct filling *f, struct slice name)
{
    const struct convert_options *convert = f->planner->options->convert;
    const struct gateway_profile *profile = target_profile(convert->target);
    if (slice_is(name, "wave")) {
        return wave_label(f->planner->arena, f->number - 1);
    }
    if (slice_is(name, "class")) {
        return convert->gateway_class.len ? convert->gateway_class
               : profile->gateway_class   ? slice_of(profile->gateway_class)
                                          : SLICE("\"$CLASS\"");
    }
    if (slice_is(name, "api")) {
        return arena_printf(f->planner->arena, "v1.%d", convert->api_minor);
    }
    if (slice_is(name, "channel")) {
        return convert->experimental ? SLICE("experimental") : SLICE("standard");
    }
    return slice_is(name, "as")          ? slice_of(profile->name)
           : slice_is(name, "target")    ? slice_of(convert->target->name)
           : slice_is(name, "namespace") ? f->namespace
           : slice_is(name, "name")      ? f->name
           : slice_is(name, "old")       ? old_address(f->planner, f->wave)
                                         : SLICE_ABSENT;
}

/* "{wave}" becomes its value; other braces stay. */
static struct slice fill(const struct filling *f, const char *text)
{
    struct buf out;
    struct slice rest = slice_of(text);
    buf_init(&out, BUF_TEXT_MAX);
    while (rest.len) {
        size_t open = slice_find(rest, '{', 0), close = slice_find(rest, '}', open);
        struct slice value = open < rest.len && close < rest.len
                                 ? value_of(f, slice_sub(rest, open + 1, close))
                                 : SLICE_ABSENT;
        buf_put(&out, slice_sub(rest, 0, open));
        if (value.ptr) {
            buf_put(&out, value);
            rest = slice_sub(rest, close + 1, rest.len);
        } else {
            buf_put(&out, slice_sub(rest, open, open + 1));
            rest = slice_sub(rest, open + 1, rest.len);
        }
    }
    struct slice copy = arena_copy(f->planner->arena, buf_slice(&out));
    buf_release(&out);
    return copy;
}

static void add_line(struct planner *planner, struct plan_step *step, enum plan_lines_kind part,
                     bool command, struct slice text)
{
    struct plan_lines *lines = &step->parts[part];
    *ARENA_PUSH(planner->arena, lines->items, lines->count, lines->capacity) =
        (struct plan_line){command, text};
}

/* ---- when ---------------------------------------------------------------------------------- */

static bool is_annotated(const struct object *object, struct slice prefix)
{
    for (size_t i = 0; object && i < object->annotations.count; i++) {
        if (slice_starts(object->annotations.items[i].key, prefix)) {
            return true;
        }
    }
    return false;
}

/* An Ingress of the wave, or of any, has an annotation that begins so. */
static bool has_annotation(const struct planner *planner, const struct plan_wave *wave,
                           struct slice prefix)
{
    const struct plan *plan = planner->plan;
    for (size_t w = 0; w < plan->wave_count; w++) {
        const struct plan_wave *at = &plan->waves[w];
        for (size_t i = 0; i < at->ingresses.count && (!wave || at == wave); i++) {
            struct slice id = at->ingresses.items[i];
            size_t slash = slice_find(id, '/', 0);
            if (is_annotated(kube_find(&planner->before->kube, KUBE_INGRESS,
                                       slice_sub(id, 0, slash), slice_sub(id, slash + 1, id.len)),
                             prefix)) {
                return true;
            }
        }
    }
    return false;
}

static unsigned facts_of(const struct planner *planner, const struct plan_wave *wave)
{
    const struct plan *plan = planner->plan;
    unsigned facts = plan->from_aks ? WHEN_AKS_OLD : WHEN_OTHER_OLD;
    facts |=
        slice_is(slice_of(plan->target->name), "aks-approuting") ? WHEN_AKS_NEW : WHEN_OTHER_NEW;
    facts |= facts & (WHEN_AKS_OLD | WHEN_AKS_NEW) ? WHEN_AKS : 0;
    for (size_t i = 0; i < plan->host_count; i++) {
        bool here = !wave || &plan->waves[plan->hosts[i].wave] == wave;
        facts |= here && plan->hosts[i].https ? WHEN_HTTPS : 0;
    }
    facts |= has_annotation(planner, wave, SLICE("cert-manager.io/")) ? WHEN_CERTIFICATES : 0;
    facts |= has_annotation(planner, wave, SLICE("kubernetes.azure.com/tls-cert")) ? WHEN_VAULT : 0;
    facts |= planner->options->convert->gateway_name.len ? 0 : WHEN_OWN_GATEWAY;
    return facts | (wave && wave->rollback.trap_count ? WHEN_TRAP : 0);
}

/* For a wave: the Gateways of its hosts. */
static bool concerns(const struct planner *planner, const struct plan_wave *wave,
                     struct slice gateway)
{
    for (size_t i = 0; wave && i < wave->host_count; i++) {
        if (slice_equal(planner->plan->hosts[wave->hosts[i]].gateway, gateway)) {
            return true;
        }
    }
    return !wave;
}

static void add_row(struct planner *planner, struct plan_step *step, const struct step_row *row,
                    struct filling *filling)
{
    const struct plan *plan = planner->plan;
    if (!(row->when & WHEN_GATEWAY)) {
        add_line(planner, step, row->part, row->command, fill(filling, row->text));
        return;
    }
    for (size_t i = 0; i < plan->gateway_count; i++) {
        struct slice id = plan->gateways[i];
        size_t slash = slice_find(id, '/', 0);
        if (concerns(planner, filling->wave, id)) {
            filling->namespace = slice_sub(id, 0, slash);
            filling->name = slice_sub(id, slash + 1, id.len);
            add_line(planner, step, row->part, row->command, fill(filling, row->text));
        }
    }
}

struct plan_step *step_add(struct planner *planner, enum plan_step_kind kind, size_t wave)
{
    struct plan *plan = planner->plan;
    struct arena *arena = planner->arena;
    struct plan_step *step = ARENA_PUSH(arena, plan->steps, plan->step_count, plan->step_capacity);
    struct filling filling = {planner, wave ? &plan->waves[wave - 1] : NULL, wave, SLICE_ABSENT,
                              SLICE_ABSENT};
    unsigned facts = facts_of(planner, filling.wave) | WHEN_GATEWAY;
    *step = (struct plan_step){.kind = kind,
                               .phase = kinds[kind].phase,
                               .wave = wave,
                               .title = slice_of(kinds[kind].title)};
    step->id = arena_printf(arena, "%s-%s", plan_phase_folder(step->phase), kinds[kind].name);
    if (wave) {
        step->id = ARENA_JOIN(arena, step->id, SLICE("-"), wave_label(arena, wave - 1));
        step->title = ARENA_JOIN(arena, filling.wave->name, SLICE(": "), step->title);
    }
    for (size_t i = 0; step_row_at(i); i++) {
        const struct step_row *row = step_row_at(i);
        if (row->step == kind && !(row->when & ~facts)) {
            add_row(planner, step, row, &filling);
        }
    }
    return step;
}

/* ---- what else hangs on the controller ----------------------------------------------------- */

/* A snapshot of a whole cluster proves that there is none of what it reads; of all else nothing is known. */
static void add_absent(struct planner *planner, struct plan_step *step,
                       const struct surroundings *found)
{
    struct slice lists[2] = {{0}};
    for (size_t i = 0; i < found->absent_count; i++) {
        const struct surrounding_row *row = found->absent[i];
        struct slice *list = &lists[planner->run->closed && row->in_snapshots];
        *list = list->len ? ARENA_JOIN(planner->arena, *list, SLICE("; "), slice_of(row->what))
                          : slice_of(row->what);
    }
    if (lists[1].len) {
        add_line(planner, step, LINES_BEFORE, false,
                 ARENA_JOIN(planner->arena, SLICE("The cluster had none of these: "), lists[1],
                            SLICE(".")));
    }
    if (lists[0].len) {
        add_line(
            planner, step, LINES_DO, false,
            ARENA_JOIN(planner->arena,
                       SLICE("Look in the cluster for what else depends on the old controller. "
                             "The input of this plan holds no object of these kinds, so "
                             "they were not looked at: "),
                       lists[0],
                       SLICE(". Put those that exist beside the input (`kubectl get KIND -A "
                             "-o yaml > FILE`), and make the plan again: it then says of "
                             "each what to change.")));
    }
}

static void add_surroundings(struct planner *planner, struct plan_step *step)
{
    struct surroundings found = {0};
    surroundings_read(planner->run, &planner->before->kube, &found);
    for (size_t i = 0; i < found.count; i++) {
        const struct surrounding *item = &found.items[i];
        struct buf shown;
        buf_init(&shown, BUF_TEXT_MAX);
        diag_put_code(item->text, false, &shown);
        struct slice text = arena_copy(planner->arena, buf_slice(&shown));
        buf_release(&shown);
        add_line(planner, step, LINES_BEFORE, false,
                 arena_printf(
                     planner->arena, SLICE_FMT " hangs on the old controller (" SLICE_FMT "): %s",
                     SLICE_ARG(item->object->subject), SLICE_ARG(text), item->row->advice));
    }
    add_absent(planner, step, &found);
}

/* One command for each namespace: listeners need the certificates before they work. */
static void add_secrets(struct planner *planner, struct plan_step *step)
{
    struct arena *arena = planner->arena;
    struct map *seen = map_new(arena), *commands = map_new(arena);
    for (size_t w = 0; w < planner->plan->moving; w++) {
        const struct slices *needs = &planner->plan->waves[w].rollback.needs;
        for (size_t i = 0; i < needs->count; i++) {
            struct slice need = needs->items[i], kind = SLICE("Secret ");
            if (!slice_starts(need, kind) || map_add(seen, need, planner)) {
                continue;
            }
            size_t slash = slice_find(need, '/', 0);
            struct slice namespace = slice_sub(need, kind.len, slash);
            struct slice *command = map_get(commands, namespace);
            if (!command) {
                command = ARENA_ARRAY(arena, struct slice, 1);
                *command = ARENA_JOIN(arena, SLICE("kubectl -n "), namespace, SLICE(" get secret"));
                map_put(commands, namespace, command);
            }
            *command =
                ARENA_JOIN(arena, *command, SLICE(" "), slice_sub(need, slash + 1, need.len));
        }
    }
    if (map_count(commands)) {
        add_line(planner, step, LINES_BEFORE, false,
                 SLICE("The certificates are there, as Secrets of type kubernetes.io/tls:"));
    }
    for (const struct map_entry *at = map_first(commands); at; at = map_next(at)) {
        add_line(planner, step, LINES_BEFORE, true, *(const struct slice *)map_value(at));
    }
}

static void say_held(struct planner *planner, struct plan_step *step)
{
    for (size_t w = planner->plan->moving; w < planner->plan->wave_count; w++) {
        const struct plan_wave *wave = &planner->plan->waves[w];
        add_line(planner, step, LINES_BEFORE, false,
                 arena_printf(planner->arena,
                              SLICE_FMT " stays on the old side (" SLICE_FMT
                                        "), so its Ingresses stay.",
                              SLICE_ARG(wave->name), SLICE_ARG(wave->held)));
    }
}

/* A wave that stays needs the controller, unless nothing comes to it anyway. */
static bool keeps_controller(const struct plan *plan)
{
    for (size_t w = plan->moving; w < plan->wave_count; w++) {
        if (plan->waves[w].host_count) {
            return true;
        }
    }
    return false;
}

void steps_make(struct planner *planner)
{
    static const enum plan_step_kind before[] = {STEP_CHECK, STEP_TTL, STEP_RECORDS, STEP_INSTALL,
                                                 STEP_GATEWAYS},
                                     of_wave[] = {STEP_ROUTES, STEP_VERIFY, STEP_SHARE, STEP_MOVE,
                                                  STEP_DRAIN};
    const struct plan *plan = planner->plan;
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct plan_step *step = step_add(planner, before[i], 0);
        if (before[i] == STEP_CHECK) {
            add_surroundings(planner, step);
            say_held(planner, step);
        } else if (before[i] == STEP_GATEWAYS) {
            add_secrets(planner, step);
        }
    }
    for (size_t w = 0; w < plan->moving; w++) {
        for (size_t i = 0; i < ARRAY_LEN(of_wave); i++) {
            step_add(planner, of_wave[i], w + 1);
        }
    }
    for (size_t w = 0; w < plan->moving; w++) {
        step_add(planner, STEP_REMOVE, w + 1);
    }
    if (!keeps_controller(plan)) {
        step_add(planner, STEP_RETIRE, 0);
        step_add(planner, STEP_FINISH, 0);
    }
}
