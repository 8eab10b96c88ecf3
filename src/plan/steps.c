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
    const struct planner *planner;
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

/* The access log of the old side, for requests to Services of the wave. */
static struct slice drain_of(const struct planner *planner, size_t number)
{
    struct slice wave = wave_label(planner->arena, number - 1);
    const char *logs =
        planner->plan->from_aks
            ? "for pod in $(kubectl -n app-routing-system get pods -o name | grep '/nginx-'); do "
              "kubectl -n app-routing-system logs \"$pod\" --since=15m; done"
            : "kubectl -n ingress-nginx logs -l app.kubernetes.io/component=controller --tail=-1 "
              "--since=15m";
    return arena_printf(planner->arena,
                        "%s | grep -F -f shift/" SLICE_FMT "-upstreams.txt | tail -n 3", logs,
                        SLICE_ARG(wave));
}

/* Pods that carry a Gateway, by the labels that their operators give them. Sources: istio
 * manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml; Envoy Gateway
 * internal/gatewayapi/translator.go (it logs unless told otherwise, listener.go); NGINX Gateway Fabric
 * internal/controller/provisioner/objects.go (it logs as nginx does). */
static const struct {
    const char *target, *command;
    bool istio;
} logs[] = {
    {"aks-approuting",
     "kubectl -n {namespace} logs -l gateway.networking.k8s.io/gateway-name={name} --tail=-1 "
     "--since=15m | tail -n 3",
     true},
    {"istio",
     "kubectl -n {namespace} logs -l gateway.networking.k8s.io/gateway-name={name} --tail=-1 "
     "--since=15m | tail -n 3",
     true},
    {"envoy-gateway",
     "kubectl -n envoy-gateway-system logs -c envoy -l "
     "gateway.envoyproxy.io/owning-gateway-namespace={namespace},gateway.envoyproxy.io/"
     "owning-gateway-name={name} --tail=-1 --since=15m | tail -n 3",
     false},
    {"nginx-gateway-fabric",
     "kubectl -n {namespace} logs -c nginx -l gateway.networking.k8s.io/gateway-name={name} "
     "--tail=-1 --since=15m | tail -n 3",
     false},
};

/* Its row in `logs`; past the end: nothing is known. */
static size_t logs_row(const struct planner *planner)
{
    size_t row = 0;
    while (row < ARRAY_LEN(logs) &&
           !slice_is(slice_of(planner->plan->target->name), logs[row].target)) {
        row++;
    }
    return row;
}

static struct slice ingresses_of(const struct filling *f)
{
    struct slice out = SLICE("");
    for (size_t i = 0; f->wave && i < f->wave->ingresses.count; i++) {
        out = ARENA_JOIN(f->planner->arena, out, i ? SLICE(",\"") : SLICE("\""),
                         f->wave->ingresses.items[i], SLICE("\""));
    }
    return out;
}

/* Where a ConfigMap with a CA is kept that the input does not have. */
static struct slice authority_file(struct arena *arena, const struct converted_authority *at)
{
    return arena_printf(arena, "prepare/ca-" SLICE_FMT "." SLICE_FMT ".yaml",
                        SLICE_ARG(at->namespace), SLICE_ARG(at->name));
}

static struct slice authority_files(const struct planner *planner)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < planner->converted->authority_count; i++) {
        out = ARENA_JOIN(planner->arena, out, SLICE(" -f "),
                         authority_file(planner->arena, &planner->converted->authorities[i]));
    }
    return out;
}

static struct slice fill(const struct filling *f, const char *text);

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
    if (slice_is(name, "drain")) {
        return drain_of(f->planner, f->number);
    }
    if (slice_is(name, "arrivals")) {
        return fill(f, logs[logs_row(f->planner)].command);
    }
    return slice_is(name, "as")          ? slice_of(profile->name)
           : slice_is(name, "ingresses") ? ingresses_of(f)
           : slice_is(name, "made")      ? authority_files(f->planner)
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
    size_t row = logs_row(planner);
    facts |= row == ARRAY_LEN(logs) ? WHEN_NO_LOGS
             : logs[row].istio      ? WHEN_LOGS | WHEN_ISTIO
                                    : WHEN_LOGS;
    for (size_t w = 0; w < plan->moving; w++) {
        facts |= rollback_has_shared(&plan->waves[w].rollback) ? WHEN_SHARED : 0;
    }
    facts |= !wave ? 0 : wave + 1 < plan->waves + plan->moving ? WHEN_MORE : WHEN_LAST;
    facts |= wave && wave->difficulty.unprotected ? WHEN_OPEN : 0;
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

struct slice arrivals_of(const struct planner *planner, const struct plan_wave *wave)
{
    struct slice out = SLICE_ABSENT;
    size_t row = logs_row(planner);
    for (size_t i = 0; i < planner->plan->gateway_count && row < ARRAY_LEN(logs); i++) {
        struct slice id = planner->plan->gateways[i];
        size_t slash = slice_find(id, '/', 0);
        const struct filling filling = {planner, wave, 1, slice_sub(id, 0, slash),
                                        slice_sub(id, slash + 1, id.len)};
        if (concerns(planner, wave, id)) {
            out = ARENA_JOIN(planner->arena, out.ptr ? out : SLICE(""), SLICE("\n"),
                             fill(&filling, logs[row].command));
        }
    }
    return out.ptr ? slice_sub(out, 1, out.len) : out;
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
        struct slice *list = &lists[planner->run->whole && row->in_snapshots];
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

/* The step that does what is advised for Certificates; empty: none does. */
static struct slice certificate_step(const struct planner *planner, const struct surrounding *item)
{
    for (size_t w = 0; w < planner->plan->moving; w++) {
        const struct plan_wave *wave = &planner->plan->waves[w];
        for (size_t i = 0; i < wave->namespaces.count && item->row->code == DIAG_S012 &&
                           slice_is(item->object->kind_name, "Certificate");
             i++) {
            if (slice_equal(wave->namespaces.items[i], item->object->namespace) &&
                facts_of(planner, wave) & WHEN_CERTIFICATES) {
                return ARENA_JOIN(planner->arena, SLICE(". Step `retire-ingresses-"),
                                  wave_label(planner->arena, w), SLICE("` does it"));
            }
        }
    }
    return SLICE("");
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
                 arena_printf(planner->arena,
                              SLICE_FMT " hangs on the old controller (" SLICE_FMT
                                        "): %s" SLICE_FMT,
                              SLICE_ARG(item->object->subject), SLICE_ARG(text), item->row->advice,
                              SLICE_ARG(certificate_step(planner, item))));
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

/* What is made by hand before the Gateways needs its Namespace, which may be theirs. */
static void add_namespace(struct planner *planner, struct plan_step *step, struct slice namespace)
{
    for (size_t i = 0; i < planner->converted->count; i++) {
        const struct converted_object *object = &planner->converted->objects[i];
        if (slice_is(slice_of(object->kind), "Namespace") && slice_equal(object->name, namespace)) {
            add_line(planner, step, LINES_BEFORE, true,
                     ARENA_JOIN(planner->arena, SLICE("kubectl apply -f gateways/"),
                                object_file(planner->arena, object)));
        }
    }
}

/* Until the CA is there, listeners that ask clients for certificates serve nothing, and Services that are spoken to by
 * TLS get nothing. */
static void add_authorities(struct planner *planner, struct plan_step *step)
{
    const struct converted *converted = planner->converted;
    for (size_t i = 0; i < converted->authority_count; i++) {
        const struct converted_authority *at = &converted->authorities[i];
        if (!i) {
            add_line(
                planner, step, LINES_BEFORE, false,
                SLICE("Make the ConfigMaps with the CA that Gateways and policies name, out of "
                      "the Secrets that the old side reads. Until each is there, https of its "
                      "Gateway, or its Service, answers nothing. Make it again when the CA "
                      "changes:"));
        }
        struct slice file = authority_file(planner->arena, at);
        add_namespace(planner, step, at->namespace);
        add_line(planner, step, LINES_BEFORE, true,
                 arena_printf(planner->arena,
                              "kubectl create configmap " SLICE_FMT " -n " SLICE_FMT
                              " --from-literal=ca.crt=\"$(kubectl get secret " SLICE_FMT
                              " -n " SLICE_FMT " -o jsonpath='{.data.ca\\.crt}' | base64 -d)\" "
                              "--dry-run=client -o yaml > " SLICE_FMT "\n"
                              "kubectl apply -f " SLICE_FMT "\n"
                              "kubectl get configmap " SLICE_FMT " -n " SLICE_FMT
                              " -o jsonpath='{.data.ca\\.crt}' | openssl x509 -noout -subject",
                              SLICE_ARG(at->name), SLICE_ARG(at->namespace),
                              SLICE_ARG(at->secret_name), SLICE_ARG(at->secret_namespace),
                              SLICE_ARG(file), SLICE_ARG(file), SLICE_ARG(at->name),
                              SLICE_ARG(at->namespace)));
    }
    if (converted->authority_count) {
        add_line(planner, step, LINES_BEFORE, false, SLICE("The subject of each CA is printed."));
    }
}

/* A target that reads the CA of clients from a Secret needs the key ca.crt in it. */
static void add_authority_secrets(struct planner *planner, struct plan_step *step)
{
    struct arena *arena = planner->arena;
    for (size_t i = 0; i < planner->converted->count; i++) {
        const struct converted_object *object = &planner->converted->objects[i];
        if (!slice_is(slice_of(object->kind), "Gateway")) {
            continue;
        }
        const struct node *at = converted_read(planner->run, object);
        static const char *const path[] = {"spec",    "tls",        "frontend",
                                           "default", "validation", "caCertificateRefs"};
        for (size_t p = 0; p < ARRAY_LEN(path) && at; p++) {
            at = node_get(at, path[p]);
        }
        for (size_t r = 0; at && at->kind == NODE_LIST && r < at->count; r++) {
            const struct node *reference = at->items[r];
            const struct node *kind = node_get(reference, "kind"),
                              *namespace = node_get(reference, "namespace");
            if (!kind || !slice_is(kind->text, "Secret")) {
                continue;
            }
            add_line(planner, step, LINES_BEFORE, false,
                     SLICE("The Secret with the CA of clients is there; its subject is printed. "
                           "Without it the Gateway serves nothing by https:"));
            add_line(planner, step, LINES_BEFORE, true,
                     arena_printf(arena,
                                  "kubectl -n " SLICE_FMT " get secret " SLICE_FMT
                                  " -o jsonpath='{.data.ca\\.crt}' | base64 -d | openssl x509 "
                                  "-noout -subject",
                                  SLICE_ARG(namespace ? namespace->text : object->namespace),
                                  SLICE_ARG(node_get(reference, "name")->text)));
        }
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
            add_authorities(planner, step);
            add_authority_secrets(planner, step);
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
