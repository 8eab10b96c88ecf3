#include "rollback/rollback_priv.h"

#include "expect/expect.h"

/* Orders of creation that are tried, and traps that are told with a witness. */
enum { ORDERS_MAX = 8, TRAPS_MAX = 20 };

/* The rollback as a cluster would hold it: what was written, read from its text, beside all that stayed. */
struct return_trip {
    struct run *run;
    struct run quiet;
    struct side *original;
    const struct side_options *options;
    struct members *members;
    struct rollback *out;
    struct kube kube;
    int64_t first; /* later than every object of the original was created */
};

static struct slice text_of(struct return_trip *trip)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t round = 0; round < trip->out->rounds; round++) {
        rollback_write_round(trip->out, round, ROLLBACK_ALL, &text);
        buf_puts(&text, "---\n");
    }
    struct slice copy = arena_copy(trip->run->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static bool is_written(const struct rollback *out, const struct object *object)
{
    for (size_t i = 0; i < out->count; i++) {
        if (out->objects[i].object == object) {
            return true;
        }
    }
    return false;
}

/* Only few objects besides Ingresses are written. */
static void keep_rest(struct return_trip *trip)
{
    const struct kube *from = &trip->original->kube;
    for (size_t kind = 0; kind < KUBE_KIND_COUNT; kind++) {
        for (size_t i = 0; i < from->counts[kind]; i++) {
            struct object *object = from->objects[kind][i];
            const struct member *member =
                kind == KUBE_INGRESS
                    ? map_get(trip->members->by_id, ARENA_JOIN(trip->run->arena, object->namespace,
                                                               SLICE("/"), object->name))
                    : NULL;
            bool written = kind == KUBE_INGRESS ? member && member->chosen
                                                : object->root && is_written(trip->out, object);
            if (!written && object->name.len) {
                kube_add(&trip->quiet, &trip->kube, object);
            }
        }
    }
}

static void read_back(struct return_trip *trip)
{
    struct input input = {0};
    input_add_text(&trip->quiet, &input, SLICE("<rollback>"), text_of(trip));
    side_read_whole(&trip->quiet, &input, trip->options->namespace, &trip->kube);
    keep_rest(trip);
    kube_finish(&trip->quiet, &trip->kube);
    for (size_t i = 0; i < trip->members->count; i++) {
        const struct object *object = &trip->members->items[i].ingress->object;
        if (object->has_created && object->created >= trip->first) {
            trip->first = object->created + 1;
        }
    }
}

static const struct object *find_again(const struct return_trip *trip, const struct object *object)
{
    const struct kube *kube = &trip->kube;
    if (object->kind != KUBE_OTHER) {
        return kube_find(kube, object->kind, object->namespace, object->name);
    }
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *other = kube->objects[KUBE_OTHER][i];
        if (other != object && slice_equal(other->name, object->name) &&
            slice_equal(other->kind_name, object->kind_name)) {
            return other;
        }
    }
    return NULL;
}

/* The same in specification, labels and annotations, and in all else that is no server's. */
static void check_text(struct return_trip *trip)
{
    for (size_t i = 0; i < trip->out->count; i++) {
        const struct object *object = trip->out->objects[i].object;
        struct arena *arena = trip->run->arena;
        const struct object *again = find_again(trip, object);
        if (!again || !node_equal(rollback_tree(arena, object), rollback_tree(arena, again))) {
            diag_at(trip->run->diag, DIAG_R002, object->span, object->subject,
                    "what was written does not read back as this object; this is a fault of the "
                    "program, do not use the rollback");
        }
    }
}

/* Seconds at which the chosen Ingresses are created. `turn` 0: as planned; else in each group the member with this
 * place comes first. */
static void create(struct return_trip *trip, size_t turn)
{
    for (size_t i = 0; i < trip->kube.counts[KUBE_INGRESS]; i++) {
        struct object *object = trip->kube.objects[KUBE_INGRESS][i];
        const struct member *member =
            map_get(trip->members->by_id,
                    ARENA_JOIN(trip->run->arena, object->namespace, SLICE("/"), object->name));
        if (!member || !member->chosen) {
            continue;
        }
        object->has_created = true;
        object->created = trip->first + (int64_t)member->round;
        if (turn) {
            size_t count = trip->members->count;
            object->created =
                trip->first + (int64_t)(member->place == turn ? 0 : count + count - member->place);
        }
    }
}

static bool compare_with(struct return_trip *trip, struct comparison *out)
{
    const struct compare_options all = {0};
    struct side_options options = *trip->options;
    struct side after = {.kube = trip->kube};
    options.kind = SIDE_INGRESS;
    bool built = side_build(&trip->quiet, &options, &after);
    if (built) {
        sides_compare(&trip->quiet, trip->original, &after, &all, out);
        after.evaluator = NULL;
    }
    side_close(&after);
    return built;
}

/* A table of everything is built for each order, and a plan has many rollbacks: where both sides are alike,
 * nothing of it is kept. Where they are not, findings point into it, and it is built again to stay. */
static bool compare_briefly(struct return_trip *trip, struct comparison *out)
{
    struct arena *lasting = trip->quiet.arena, *brief = arena_open_like(lasting);
    (void)side_evaluator(trip->run,
                         trip->original); /* it is shared by all comparisons, and stays */
    trip->quiet.arena = brief;
    bool built = compare_with(trip, out);
    bool alike = built && comparison_verdict(out) == VERDICT_EQUIVALENT && !out->finding_count;
    trip->quiet.arena = lasting;
    arena_close(brief);
    if (alike) {
        *out =
            (struct comparison){.classes = out->classes}; /* it is equivalent without hosts, too */
        return true;
    }
    return built && compare_with(trip, out);
}

static struct slice reason_of(const struct comparison *comparison)
{
    for (size_t h = 0; h < comparison->host_count; h++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            const struct aspect_verdict *verdict = &comparison->hosts[h].aspects[a];
            if (verdict->verdict == VERDICT_UNPROVEN && verdict->reason.len) {
                return verdict->reason;
            }
        }
    }
    return comparison->unknown_reason.len ? comparison->unknown_reason
                                          : SLICE("no request is answered by either side");
}

static void say_result(struct return_trip *trip, const struct comparison *proof)
{
    struct rollback *out = trip->out;
    if (out->verdict == VERDICT_UNPROVEN) {
        out->unproven = reason_of(proof);
        diag_at(
            trip->run->diag, DIAG_R003, SPAN_NONE, SLICE_ABSENT,
            "the objects are the same, and it is not proved that they behave as before: " SLICE_FMT,
            SLICE_ARG(out->unproven));
    }
    for (size_t i = 0; out->verdict == VERDICT_DIFFERENT && i < out->difference_count; i++) {
        const struct finding *finding = &out->differences[i];
        const struct origin *origin = finding->before.rule ? &finding->before.rule->origin : NULL;
        struct slice curl = request_curl(trip->run->arena, &finding->witness);
        diag_at(trip->run->diag, DIAG_R002, origin ? origin->span : SPAN_NONE, SLICE_ABSENT,
                SLICE_FMT
                ": " SLICE_FMT
                "; Ingresses that are still there are older than those that are put back: put "
                "all that share this host back together, after the others were deleted",
                SLICE_ARG(curl), SLICE_ARG(finding->title));
    }
}

static void add_traps(struct return_trip *trip, const struct comparison *comparison)
{
    struct rollback *out = trip->out;
    for (size_t i = 0; i < comparison->finding_count && out->trap_count < TRAPS_MAX; i++) {
        const struct finding *finding = &comparison->findings[i];
        bool known = false;
        for (size_t t = 0; t < out->trap_count; t++) {
            known = known || slice_equal(out->traps[t].finding->id, finding->id);
        }
        if (known) {
            continue;
        }
        struct slice host = finding->host_count ? finding->hosts[0] : SLICE("*");
        struct rollback_trap *trap =
            ARENA_PUSH(trip->run->arena, out->traps, out->trap_count, out->trap_capacity);
        trap->finding = finding;
        const struct origin *origin = finding->before.rule ? &finding->before.rule->origin : NULL;
        struct slice curl = request_curl(trip->run->arena, &finding->witness);
        diag_at(trip->run->diag, DIAG_R001, origin ? origin->span : SPAN_NONE, SLICE_ABSENT,
                "who is created first decides on host '" SLICE_FMT "': in another order the answer "
                "to '" SLICE_FMT "' changes (" SLICE_FMT "); apply the rounds one after the other, "
                "or leave the Ingresses in the cluster until nobody needs them any more",
                SLICE_ARG(host), SLICE_ARG(curl), SLICE_ARG(finding->title));
    }
}

static size_t widest_group(const struct members *members)
{
    size_t widest = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->items[i];
        widest = member->chosen && member->place > widest ? member->place : widest;
    }
    return widest; /* places that may come first instead */
}

static void try_orders(struct return_trip *trip)
{
    struct rollback *out = trip->out;
    out->orders_wanted = widest_group(trip->members);
    for (size_t turn = 1; turn <= out->orders_wanted && turn <= ORDERS_MAX; turn++) {
        struct comparison *comparison = ARENA_NEW(trip->run->arena, struct comparison);
        create(trip, turn);
        if (compare_briefly(trip, comparison)) {
            out->orders_tried++;
            add_traps(trip, comparison);
        }
    }
}

static void prove(struct return_trip *trip)
{
    struct rollback *out = trip->out;
    struct comparison proof = {0};
    bool built = compare_briefly(trip, &proof);
    out->verdict = built ? comparison_verdict(&proof) : VERDICT_UNPROVEN;
    out->differences = proof.findings;
    out->difference_count = proof.finding_count;
    say_result(trip, &proof);
}

void rollback_prove(struct run *run, struct side *original, const struct side_options *options,
                    struct members *members, struct rollback *out)
{
    struct return_trip trip = {.run = run,
                               .quiet = *run,
                               .original = original,
                               .options = options,
                               .members = members,
                               .out = out,
                               .first = 1};
    trip.quiet.diag = diag_beside(run->diag);
    read_back(&trip);
    check_text(&trip);
    create(&trip, 0);
    prove(&trip);
    try_orders(&trip);
}
