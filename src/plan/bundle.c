#include "plan/plan_priv.h"

#include "expect/expect.h"

/* ---- files --------------------------------------------------------------------------------- */

static void add(struct planner *planner, struct slice path, struct buf *text)
{
    struct plan *plan = planner->plan;
    *ARENA_PUSH(planner->arena, plan->files, plan->file_count, plan->file_capacity) =
        (struct plan_file){path, arena_copy(planner->arena, buf_slice(text))};
    buf_clear(text);
}

struct slice wave_label(struct arena *arena, size_t index)
{
    return arena_printf(arena, "wave-%02zu", index + 1);
}

static void put_json(const struct node *root, struct buf *text)
{
    document_write_json(root, 2, text);
    buf_putc(text, '\n');
}

/* ---- objects ------------------------------------------------------------------------------- */

/* kubectl applies the files of a folder by name, so what others refer to has to come first. */
struct slice object_file(struct arena *arena, const struct converted_object *object)
{
    return arena_printf(arena, "%zu-" SLICE_FMT "-" SLICE_FMT "%s" SLICE_FMT ".yaml",
                        object->rank + 1, SLICE_ARG(arena_lower(arena, slice_of(object->kind))),
                        SLICE_ARG(object->namespace), object->namespace.len ? "." : "",
                        SLICE_ARG(object->name));
}

static void put_name(struct planner *planner, size_t index, struct buf *text)
{
    struct arena *arena = planner->arena;
    const struct converted_object *object = &planner->converted->objects[index];
    struct node *root = node_map(arena), *metadata = node_map(arena);
    node_set(arena, root, "apiVersion", node_string(arena, planner->sources[index].api_version));
    node_set(arena, root, "kind", node_string(arena, slice_of(object->kind)));
    node_set(arena, metadata, "name", node_string(arena, object->name));
    if (object->namespace.len) {
        node_set(arena, metadata, "namespace", node_string(arena, object->namespace));
    }
    node_set(arena, root, "metadata", metadata);
    buf_puts(text, text->len ? "---\n" : "");
    document_write_yaml(root, text);
}

/* What is applied together, and its names for going back, latest first. Null: what is with the Gateways. Routes of waves
 * that stay are not applied. */
static void add_objects(struct planner *planner, const struct plan_wave *wave, struct slice folder,
                        struct slice names)
{
    const struct converted *converted = planner->converted;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        if (object_wave(planner, object) == wave) {
            buf_put(&text, object->yaml);
            add(planner,
                ARENA_JOIN(planner->arena, folder, SLICE("/"), object_file(planner->arena, object)),
                &text);
        }
    }
    for (size_t i = converted->count; i-- > 0;) {
        const struct converted_object *object = &converted->objects[i];
        if (object_wave(planner, object) == wave &&
            !slice_is(slice_of(object->kind), "Namespace")) {
            put_name(planner, i, &text);
        }
    }
    add(planner, names, &text);
    buf_release(&text);
}

/* ---- the way back -------------------------------------------------------------------------- */

static void put_ingress_names(struct planner *planner, const struct plan_wave *wave,
                              struct buf *text)
{
    for (size_t i = 0; i < wave->ingresses.count; i++) {
        struct slice id = wave->ingresses.items[i];
        size_t slash = slice_find(id, '/', 0);
        struct arena *arena = planner->arena;
        struct node *root = node_map(arena), *metadata = node_map(arena);
        node_set(arena, root, "apiVersion", node_string(arena, SLICE("networking.k8s.io/v1")));
        node_set(arena, root, "kind", node_string(arena, SLICE("Ingress")));
        node_set(arena, metadata, "name", node_string(arena, slice_sub(id, slash + 1, id.len)));
        node_set(arena, metadata, "namespace", node_string(arena, slice_sub(id, 0, slash)));
        node_set(arena, root, "metadata", metadata);
        buf_puts(text, i ? "---\n" : "");
        document_write_yaml(root, text);
    }
}

/* "16 (`retire-ingresses-wave-01`)", as the runbook numbers it. */
static struct slice step_name(const struct planner *planner, enum plan_step_kind kind, size_t wave)
{
    const struct plan *plan = planner->plan;
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == kind && plan->steps[i].wave == wave) {
            return arena_printf(planner->arena, "%zu (`" SLICE_FMT "`)", i + 1,
                                SLICE_ARG(plan->steps[i].id));
        }
    }
    return SLICE_ABSENT;
}

static struct rollback_place place_of(const struct planner *planner, const struct plan_wave *wave,
                                      struct slice folder, size_t index)
{
    struct arena *arena = planner->arena;
    struct slice hosts =
        ARENA_JOIN(arena, SLICE("shift/"), wave_label(arena, index), SLICE("-hosts.tsv"));
    return (struct rollback_place){
        .title = arena_printf(arena, "wave %zu, " SLICE_FMT, index + 1, SLICE_ARG(wave->name)),
        .folder = ARENA_JOIN(arena, folder, SLICE("/")),
        .check = ARENA_JOIN(arena, SLICE("OLD="), old_address(planner, wave), SLICE("\nsh "),
                            folder, SLICE("/verify.sh \"$OLD\"")),
        .records_back = ARENA_JOIN(arena, SLICE("sh shift/records.sh back "), hosts),
        .records_show = ARENA_JOIN(arena, SLICE("sh shift/records.sh show "), hosts),
        .changed =
            ARENA_JOIN(arena, SLICE("retire/"), wave_label(arena, index), SLICE("-changed.txt")),
        .saved =
            ARENA_JOIN(arena, SLICE("retire/"), wave_label(arena, index), SLICE("-saved.json")),
        .arrivals = arrivals_of(planner, wave),
        .ingresses_step = step_name(planner, STEP_REMOVE, index + 1),
        .drain_step = step_name(planner, STEP_DRAIN, index + 1),
        .verify_step = step_name(planner, STEP_VERIFY, index + 1),
        .records_step = step_name(planner, STEP_MOVE, index + 1),
        .share_step = step_name(planner, STEP_SHARE, index + 1),
        .routes_step = step_name(planner, STEP_ROUTES, index + 1),
        .controller_step = step_name(planner, STEP_RETIRE, 0)};
}

static void add_rollback(struct planner *planner, const struct plan_wave *wave, struct slice folder,
                         size_t index)
{
    struct arena *arena = planner->arena;
    const struct rollback *rollback = &wave->rollback;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t round = 0; round < rollback->rounds; round++) {
        rollback_write_round(rollback, round, ROLLBACK_INGRESSES, &text);
        add(planner,
            ARENA_JOIN(arena, folder, SLICE("/"),
                       rollback_round_file(planner->run, rollback, round)),
            &text);
    }
    const struct rollback_place place = place_of(planner, wave, folder, index);
    rollback_write_steps(planner->run, rollback, &place, &text);
    add(planner, ARENA_JOIN(arena, folder, SLICE("/ROLLBACK.md")), &text);
    put_json(wave->old_cases, &text);
    add(planner, ARENA_JOIN(arena, folder, SLICE("/old-requests.json")), &text);
    buf_put(&text, requests_script(planner, wave, PLAN_OLD,
                                   ARENA_JOIN(arena, SLICE("../../verify/"),
                                              wave_label(arena, index), SLICE("-answers.tsv"))));
    add(planner, ARENA_JOIN(arena, folder, SLICE("/verify.sh")), &text);
    buf_release(&text);
}

/* What the controller takes along when it goes, and no wave. */
static void add_shared(struct planner *planner)
{
    struct rollback shared = {.rounds = 1};
    struct buf text;
    struct map *seen = map_new(planner->arena);
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t w = 0; w < planner->plan->moving; w++) {
        const struct rollback *rollback = &planner->plan->waves[w].rollback;
        for (size_t i = 0; i < rollback->count; i++) {
            struct rollback_object object = rollback->objects[i];
            if (object.object->kind != KUBE_INGRESS &&
                !map_add(seen, object.object->subject, planner)) {
                object.round = 0;
                *ARENA_PUSH(planner->arena, shared.objects, shared.count, shared.capacity) = object;
            }
        }
    }
    if (shared.count) {
        rollback_write_round(&shared, 0, ROLLBACK_SHARED, &text);
        add(planner, SLICE("rollback/shared.yaml"), &text);
    }
    buf_release(&text);
}

/* ---- what only the user knows -------------------------------------------------------------- */

/* Read by the user's shell: it leaves nothing behind but the names. */
static void put_env(const struct planner *planner, struct buf *out)
{
    const struct plan *plan = planner->plan;
    bool aks = plan->from_aks || slice_is(slice_of(plan->target->name), "aks-approuting");
    buf_puts(out,
             "# Names that the commands of this plan read. Fill them in once, then read them at "
             "the head of each\n# session, in the folder of RUNBOOK.md:\n#\n#   . "
             "prepare/env.sh\n\n"
             "# The context of kubectl, as `kubectl config current-context` prints it.\n"
             "export CONTEXT=\n"
             "# The file or folder that this plan was made from, seen from here.\n"
             "export MANIFESTS=");
    if (planner->options->input.len) {
        buf_put_shell(out, planner->options->input);
    }
    buf_puts(out, "\n");
    if (aks) {
        buf_puts(out, "# The AKS cluster, and its resource group.\nexport CLUSTER=\nexport "
                      "GROUP=\n");
    }
    buf_puts(out, "# Who changes DNS records: `azure` (az does; name the zone and its resource "
                  "group), or `by-hand` (you do).\n"
                  "export DNS=\nexport DNS_ZONE=\nexport DNS_GROUP=\n"
                  "# Further options of curl, if any, such as '--cacert FILE' for an authority of "
                  "your own.\n"
                  "export CURL_OPTIONS=\n\n");
    buf_printf(out,
               "for name in CONTEXT MANIFESTS%s DNS$([ \"$DNS\" != azure ] || echo ' DNS_ZONE "
               "DNS_GROUP'); do\n"
               "    eval \"[ -n \\\"\\$$name\\\" ]\" || echo \"prepare/env.sh: $name is not filled "
               "in\" >&2\n"
               "done\n"
               "unset name\n"
               "[ \"$(kubectl config current-context)\" = \"$CONTEXT\" ] || echo 'kubectl does not "
               "speak to CONTEXT' >&2\n",
               aks ? " CLUSTER GROUP" : "");
}

/* ---- lists and scripts --------------------------------------------------------------------- */

/* Host, Gateway and the first Ingress, with tabs between them, under a heading. Every other name has no record of its own. */
static void put_hosts(const struct planner *planner, const struct plan_wave *wave, struct buf *text)
{
    const struct plan *plan = planner->plan;
    buf_puts(text, "# host\tGateway\tIngress\n");
    for (size_t i = 0; i < plan->host_count; i++) {
        const struct plan_host *host = &plan->hosts[i];
        const struct plan_wave *of = &plan->waves[host->wave];
        bool named = is_dns_subdomain(host->host) || is_wildcard_host(host->host);
        if (named && !of->held.ptr && (!wave || wave == of)) {
            buf_printf(text, SLICE_FMT "\t" SLICE_FMT "\t" SLICE_FMT "\n", SLICE_ARG(host->host),
                       SLICE_ARG(host->gateway), SLICE_ARG(host->ingresses.items[0]));
        }
    }
}

/* The controller logs "[namespace-service-port]" for each request. */
static void put_upstreams(const struct plan_wave *wave, struct buf *text)
{
    const struct slices *needs = &wave->rollback.needs;
    for (size_t i = 0; i < needs->count; i++) {
        struct slice need = needs->items[i];
        if (slice_starts(need, SLICE("Service "))) {
            size_t slash = slice_find(need, '/', 0);
            buf_printf(text, "[" SLICE_FMT "-" SLICE_FMT "-\n",
                       SLICE_ARG(slice_sub(need, sizeof "Service " - 1, slash)),
                       SLICE_ARG(slice_sub(need, slash + 1, need.len)));
        }
    }
}

static void add_wave(struct planner *planner, const struct plan_wave *wave, size_t index)
{
    struct arena *arena = planner->arena;
    struct slice label = wave_label(arena, index);
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    add_objects(planner, wave, ARENA_JOIN(arena, SLICE("routes/"), label),
                ARENA_JOIN(arena, SLICE("rollback/"), label, SLICE("/routes.yaml")));
    add_rollback(planner, wave, ARENA_JOIN(arena, SLICE("rollback/"), label), index);
    put_json(wave->cases, &text);
    add(planner, ARENA_JOIN(arena, SLICE("verify/"), label, SLICE("-requests.json")), &text);
    buf_put(&text, requests_script(planner, wave, PLAN_NEW,
                                   ARENA_JOIN(arena, label, SLICE("-answers.tsv"))));
    add(planner, ARENA_JOIN(arena, SLICE("verify/"), label, SLICE(".sh")), &text);
    put_hosts(planner, wave, &text);
    add(planner, ARENA_JOIN(arena, SLICE("shift/"), label, SLICE("-hosts.tsv")), &text);
    put_ingress_names(planner, wave, &text);
    add(planner, ARENA_JOIN(arena, SLICE("retire/"), label, SLICE("-ingresses.yaml")), &text);
    put_upstreams(wave, &text);
    add(planner, ARENA_JOIN(arena, SLICE("shift/"), label, SLICE("-upstreams.txt")), &text);
    buf_release(&text);
}

void bundle_make(struct planner *planner)
{
    struct plan *plan = planner->plan;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    put_json(plan_node(planner), &text);
    add(planner, SLICE("plan.json"), &text);
    runbook_write(planner, &text);
    add(planner, SLICE("RUNBOOK.md"), &text);
    put_hosts(planner, NULL, &text);
    add(planner, SLICE("prepare/hosts.tsv"), &text);
    put_env(planner, &text);
    add(planner, SLICE("prepare/env.sh"), &text);
    script_put_changed(&text);
    add(planner, SLICE("prepare/changed.sh"), &text);
    script_put_records(&text);
    add(planner, SLICE("shift/records.sh"), &text);
    buf_release(&text);
    add_objects(planner, NULL, SLICE("gateways"), SLICE("rollback/gateways.yaml"));
    add_shared(planner);
    for (size_t w = 0; w < plan->moving; w++) {
        add_wave(planner, &plan->waves[w], w);
    }
}
