#include "rollback/rollback_priv.h"

#include "expect/expect.h"

static bool is_of(const struct rollback_object *object, enum rollback_part part)
{
    return part == ROLLBACK_ALL ||
           (object->object->kind == KUBE_INGRESS) == (part == ROLLBACK_INGRESSES);
}

bool rollback_has_shared(const struct rollback *rollback)
{
    for (size_t i = 0; i < rollback->count; i++) {
        if (is_of(&rollback->objects[i], ROLLBACK_SHARED)) {
            return true;
        }
    }
    return false;
}

void rollback_write_round(const struct rollback *rollback, size_t round, enum rollback_part part,
                          struct buf *out)
{
    bool first = true;
    for (size_t i = 0; i < rollback->count; i++) {
        if (rollback->objects[i].round == round && is_of(&rollback->objects[i], part)) {
            buf_puts(out, first ? "" : "---\n");
            buf_put(out, rollback->objects[i].yaml);
            first = false;
        }
    }
}

void rollback_write_deletions(struct run *run, const struct rollback *rollback, struct buf *out)
{
    struct arena *arena = run->arena;
    for (size_t i = 0; i < rollback->deletion_count; i++) {
        const struct rollback_deletion *deletion = &rollback->deletions[i];
        struct node *root = node_map(arena), *metadata = node_map(arena);
        node_set(arena, root, "apiVersion", node_string(arena, deletion->api_version));
        node_set(arena, root, "kind", node_string(arena, deletion->kind));
        node_set(arena, metadata, "name", node_string(arena, deletion->name));
        if (deletion->namespace.len) {
            node_set(arena, metadata, "namespace", node_string(arena, deletion->namespace));
        }
        node_set(arena, root, "metadata", metadata);
        buf_puts(out, i ? "---\n" : "");
        document_write_yaml(root, out);
    }
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_name(struct arena *arena, struct node *to, struct slice api_version,
                     struct slice kind, struct slice namespace, struct slice name)
{
    node_set(arena, to, "apiVersion", node_string(arena, api_version));
    node_set(arena, to, "kind", node_string(arena, kind));
    if (namespace.len) {
        node_set(arena, to, "namespace", node_string(arena, namespace));
    }
    node_set(arena, to, "name", node_string(arena, name));
}

static struct node *restore_node(struct run *run, const struct rollback *rollback)
{
    struct arena *arena = run->arena;
    struct node *list = node_list(arena);
    for (size_t i = 0; i < rollback->count; i++) {
        struct node *item = node_map(arena);
        node_set(arena, item, "round", node_int(arena, (int64_t)rollback->objects[i].round + 1));
        node_set(arena, item, "object", rollback_tree(arena, rollback->objects[i].object));
        node_add(arena, list, item);
    }
    return list;
}

static struct node *deletions_node(struct run *run, const struct rollback *rollback)
{
    struct arena *arena = run->arena;
    struct node *list = node_list(arena);
    for (size_t i = 0; i < rollback->deletion_count; i++) {
        const struct rollback_deletion *deletion = &rollback->deletions[i];
        struct node *item = node_map(arena);
        put_name(arena, item, deletion->api_version, deletion->kind, deletion->namespace,
                 deletion->name);
        node_add(arena, list, item);
    }
    return list;
}

static struct node *finding_node(struct run *run, const struct finding *finding)
{
    struct arena *arena = run->arena;
    struct node *item = node_map(arena), *hosts = node_list(arena);
    for (size_t i = 0; i < finding->host_count; i++) {
        node_add(arena, hosts, node_string(arena, finding->hosts[i]));
    }
    node_set(arena, item, "hosts", hosts);
    node_set(arena, item, "title", node_string(arena, finding->title));
    node_set(arena, item, "witness", node_string(arena, request_curl(arena, &finding->witness)));
    node_set(arena, item, "request", request_node(run, &finding->witness));
    return item;
}

static struct node *proof_node(struct run *run, const struct rollback *rollback)
{
    struct arena *arena = run->arena;
    struct node *proof = node_map(arena), *differences = node_list(arena);
    node_set(arena, proof, "verdict",
             node_string(arena, slice_of(verdict_name(rollback->verdict))));
    if (rollback->verdict == VERDICT_UNPROVEN) {
        node_set(arena, proof, "reason", node_string(arena, rollback->unproven));
    }
    for (size_t i = 0; i < rollback->difference_count; i++) {
        node_add(arena, differences, finding_node(run, &rollback->differences[i]));
    }
    node_set(arena, proof, "differences", differences);
    return proof;
}

static struct node *order_node(struct run *run, const struct rollback *rollback)
{
    struct arena *arena = run->arena;
    struct node *order = node_map(arena), *decides = node_list(arena);
    for (size_t i = 0; i < rollback->trap_count; i++) {
        node_add(arena, decides, finding_node(run, rollback->traps[i].finding));
    }
    node_set(arena, order, "tried", node_int(arena, (int64_t)rollback->orders_tried));
    node_set(arena, order, "possible", node_int(arena, (int64_t)rollback->orders_wanted));
    node_set(arena, order, "decides", decides);
    return order;
}

struct node *rollback_node(struct run *run, const struct rollback *rollback)
{
    struct arena *arena = run->arena;
    struct node *root = node_map(arena), *needs = node_list(arena);
    for (size_t i = 0; i < rollback->needs.count; i++) {
        node_add(arena, needs, node_string(arena, rollback->needs.items[i]));
    }
    node_set(arena, root, "version", node_int(arena, 1));
    node_set(arena, root, "rounds", node_int(arena, (int64_t)rollback->rounds));
    node_set(arena, root, "restore", restore_node(run, rollback));
    node_set(arena, root, "needs", needs);
    node_set(arena, root, "delete", deletions_node(run, rollback));
    node_set(arena, root, "kept", node_int(arena, (int64_t)rollback->kept));
    node_set(arena, root, "proof", proof_node(run, rollback));
    node_set(arena, root, "order", order_node(run, rollback));
    return root;
}

/* ---- for people ---------------------------------------------------------------------------- */

struct slice rollback_round_file(struct run *run, const struct rollback *rollback, size_t round)
{
    return rollback->rounds == 1 ? SLICE("restore.yaml")
                                 : arena_printf(run->arena, "restore-%0*zu.yaml",
                                                rollback->rounds > 99 ? 4 : 2, round + 1);
}

static void put_proof(struct run *run, const struct rollback *rollback, struct buf *out)
{
    buf_puts(out, "## Proof\n\n");
    switch (rollback->verdict) {
    case VERDICT_EQUIVALENT:
        buf_puts(out,
                 "The manifests were read again from these files, and answer every request as the "
                 "originals do, when they are applied in the order below.\n\n");
        break;
    case VERDICT_UNPROVEN:
        buf_puts(out, "The manifests say the same as the originals. That they behave the same is "
                      "not proved: ");
        diag_put_code(rollback->unproven, false, out);
        buf_puts(out, "\n\n");
        break;
    case VERDICT_DIFFERENT:
        buf_puts(out,
                 "**The manifests do not behave as the originals do.** Requests that show it:\n\n");
        break;
    }
    for (size_t i = 0; i < rollback->difference_count; i++) {
        const struct finding *finding = &rollback->differences[i];
        buf_puts(out, "- ");
        diag_put_code(request_curl(run->arena, &finding->witness), false, out);
        buf_puts(out, ": ");
        diag_put_code(finding->title, false, out);
        buf_puts(out, i + 1 == rollback->difference_count ? "\n\n" : "\n");
    }
}

static void put_traps(struct run *run, const struct rollback *rollback, struct buf *out)
{
    if (!rollback->trap_count) {
        return;
    }
    buf_puts(out,
             "## Who is created first decides\n\n"
             "ingress-nginx prefers the older of two Ingresses that claim the same, and what is "
             "created again is new. Created in another order, these requests are answered "
             "otherwise than before:\n\n");
    for (size_t i = 0; i < rollback->trap_count; i++) {
        const struct finding *finding = rollback->traps[i].finding;
        buf_puts(out, "- ");
        diag_put_code(request_curl(run->arena, &finding->witness), false, out);
        buf_puts(out, ": ");
        diag_put_code(finding->title, false, out);
        buf_puts(out, "\n");
    }
    buf_puts(out, "\nApply the rounds one after the other, with the pauses. The form that does not "
                  "depend on ages is to leave the Ingresses in the cluster until the old side is "
                  "retired: an Ingress that was never deleted keeps its age.\n\n");
}

static void put_check(const struct rollback_place *place, struct buf *out)
{
    buf_printf(out, "```sh\n" SLICE_FMT "\n```\n\n", SLICE_ARG(place->check));
}

static void put_commands(const struct rollback *rollback, const struct rollback_place *place,
                         struct run *run, struct buf *out)
{
    struct slice folder = place ? place->folder : SLICE("");
    buf_puts(out, "\nSee what will be created or changed; an Ingress that is still there keeps its "
                  "age:\n\n```sh\n");
    for (size_t round = 0; round < rollback->rounds; round++) {
        buf_printf(out, "kubectl diff -f " SLICE_FMT SLICE_FMT "\n", SLICE_ARG(folder),
                   SLICE_ARG(rollback_round_file(run, rollback, round)));
    }
    buf_puts(out, "```\n\nThen:\n\n```sh\n");
    for (size_t round = 0; round < rollback->rounds; round++) {
        buf_printf(out, "%skubectl apply -f " SLICE_FMT SLICE_FMT "\n", round ? "sleep 2\n" : "",
                   SLICE_ARG(folder), SLICE_ARG(rollback_round_file(run, rollback, round)));
    }
    buf_puts(out, "```\n\n");
    if (place) {
        buf_printf(out,
                   "These are the Ingresses that the plan was made from. If `" SLICE_FMT
                   "` says that they were changed after that, put their last state on top:\n\n"
                   "```sh\n[ ! -s " SLICE_FMT " ] || kubectl apply -f " SLICE_FMT "\n```\n\n",
                   SLICE_ARG(place->changed), SLICE_ARG(place->changed), SLICE_ARG(place->saved));
    }
    buf_puts(out, "It worked when each Ingress has an address after some minutes:\n\n```sh\n");
    for (size_t i = 0; i < rollback->count; i++) {
        const struct object *object = rollback->objects[i].object;
        if (object->kind == KUBE_INGRESS) {
            buf_printf(out, "kubectl -n " SLICE_FMT " get ingress " SLICE_FMT "\n",
                       SLICE_ARG(object->namespace), SLICE_ARG(object->name));
        }
    }
    buf_puts(out, place ? "```\n\n" : "```\n\nand when that address answers. ");
    buf_puts(out, "Stop when one of them stays without: the "
                  "controller does not run, or refuses the Ingress and says why in its log.\n\n");
}

static void put_restore(struct run *run, const struct rollback *rollback,
                        const struct rollback_place *place, struct buf *out)
{
    buf_puts(
        out,
        "## 1. Put the Ingresses back\n\nThe controller must run. These have to be there:\n\n");
    for (size_t i = 0; i < rollback->needs.count; i++) {
        buf_puts(out, "- ");
        diag_put_code(rollback->needs.items[i], false, out);
        buf_puts(out, "\n");
    }
    put_commands(rollback, place, run, out);
}

static void put_records(const struct rollback_place *place, struct buf *out)
{
    buf_puts(out, "## 2. Send traffic back\n\n");
    if (place) {
        buf_puts(out, "Ask the old side first. Go on when it says `0 failed`:\n\n");
        put_check(place, out);
    }
    buf_puts(out, "Point the DNS records of the hosts at the old "
                  "address, and wait until their TTL has passed. Browsers keep permanent redirects "
                  "and HSTS, so the old side has to serve https as well.");
    if (place) {
        buf_printf(out, "\n\n```sh\n" SLICE_FMT "\n" SLICE_FMT "\n", SLICE_ARG(place->records_back),
                   SLICE_ARG(place->records_show));
        buf_puts(out, "```\n\nIt worked when only the address of the old side is given out. Stop "
                      "when the script says that an Ingress has no address: do part 1.");
    }
    buf_puts(out, "\n\n");
}

/* In a plan the names of the new objects are in the file that its own step uses, and Gateways serve other waves. */
static void put_removal(const struct rollback *rollback, const struct rollback_place *place,
                        struct buf *out)
{
    if (place || rollback->deletion_count) {
        buf_puts(out, "## 3. Remove the new objects\n\nOnly when no request arrives at the new "
                      "address any more");
        if (place && place->arrivals.ptr) {
            buf_printf(out,
                       ". Its access log, where it has one, shows the latest; those for "
                       "other hosts do not count:\n\n```sh\n" SLICE_FMT "\n```\n\nThen",
                       SLICE_ARG(place->arrivals));
        }
        buf_printf(out, ":\n\n```sh\nkubectl delete --ignore-not-found -f " SLICE_FMT "%s\n```\n\n",
                   SLICE_ARG(place ? place->folder : SLICE("")),
                   place ? "routes.yaml" : ROLLBACK_DELETE_FILE);
    }
    if (place) {
        buf_puts(out, "The Gateways stay, as other waves may use them.\n");
    } else if (rollback->kept) {
        buf_printf(out,
                   "%zu of the new objects stay, as they serve, or may serve, other Ingresses.\n",
                   rollback->kept);
    }
}

static void put_head(const struct rollback_place *place, struct buf *out)
{
    if (!place) {
        buf_puts(out, "# Rollback\n\nCommands run in the folder of this file.\n\n");
        return;
    }
    buf_printf(out,
               "# Rollback of " SLICE_FMT "\n\n"
               "Commands run in the folder of `RUNBOOK.md`, whose steps are meant here. Begin the "
               "session with `. prepare/env.sh`. Find the last step of this wave that was done, "
               "and do the parts from there on; you may stop after any part.\n\n"
               "| last step that was done | parts |\n|---|---|\n",
               SLICE_ARG(place->title));
    if (place->controller_step.ptr) {
        buf_printf(out, "| " SLICE_FMT " | its own undo, then 1, 2, 3 |\n",
                   SLICE_ARG(place->controller_step));
    }
    buf_printf(out,
               "| " SLICE_FMT " | 1, 2, 3 |\n| " SLICE_FMT ", " SLICE_FMT " or " SLICE_FMT
               " | 2, 3 |\n| " SLICE_FMT " or " SLICE_FMT " | 3 |\n\n",
               SLICE_ARG(place->ingresses_step), SLICE_ARG(place->share_step),
               SLICE_ARG(place->records_step), SLICE_ARG(place->drain_step),
               SLICE_ARG(place->routes_step), SLICE_ARG(place->verify_step));
}

void rollback_write_steps(struct run *run, const struct rollback *rollback,
                          const struct rollback_place *place, struct buf *out)
{
    put_head(place, out);
    put_proof(run, rollback, out);
    put_traps(run, rollback, out);
    put_restore(run, rollback, place, out);
    put_records(place, out);
    put_removal(rollback, place, out);
}
