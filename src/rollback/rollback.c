#include "rollback/rollback_priv.h"

/* ---- what is chosen ------------------------------------------------------------------------ */

static bool is_chosen_host(const struct rollback_choice *choice, struct slice host)
{
    for (size_t i = 0; i < choice->host_count; i++) {
        struct slice chosen = choice->hosts[i];
        struct slice above = slice_sub(chosen, 1, chosen.len); /* ".example.com" */
        bool below = slice_starts(chosen, SLICE("*.")) && host.len > above.len &&
                     slice_equal_fold(slice_sub(host, host.len - above.len, host.len), above);
        if (below || slice_equal_fold(chosen, host)) {
            return true;
        }
    }
    return choice->host_count == 0;
}

static bool has_chosen_host(const struct rollback_choice *choice, const struct ingress *ingress)
{
    for (size_t i = 0; i < ingress->rule_count; i++) {
        if (is_chosen_host(choice, ingress->rules[i].host)) {
            return true;
        }
    }
    return choice->host_count == 0;
}

static bool is_chosen(const struct rollback_choice *choice, const struct member *member)
{
    struct slice namespace = member->ingress->object.namespace;
    return (!choice->namespace.len || slice_equal(choice->namespace, namespace)) &&
           has_chosen_host(choice, member->ingress) &&
           (!choice->ingresses || map_get(choice->ingresses, member->id));
}

static bool choose(struct run *run, const struct rollback_choice *choice, struct members *members)
{
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        members->items[i].chosen = is_chosen(choice, &members->items[i]);
        count += members->items[i].chosen;
    }
    if (!count) {
        diag_at(run->diag, DIAG_R005, SPAN_NONE, SLICE_ABSENT,
                "no Ingress of the input is chosen%s" SLICE_FMT "%s" SLICE_FMT,
                choice->namespace.len ? "; namespace " : "", SLICE_ARG(choice->namespace),
                choice->host_count ? "; host " : "",
                SLICE_ARG(choice->host_count ? choice->hosts[0] : SLICE("")));
    }
    return count > 0;
}

/* An Ingress is put back as a whole. */
static void say_other_hosts(struct run *run, const struct rollback_choice *choice,
                            const struct members *members)
{
    for (size_t i = 0; i < members->count && choice->host_count; i++) {
        const struct ingress *ingress = members->items[i].ingress;
        for (size_t r = 0; r < ingress->rule_count && members->items[i].chosen; r++) {
            if (!is_chosen_host(choice, ingress->rules[r].host)) {
                diag_at(run->diag, DIAG_R006, ingress->rules[r].host_span, ingress->object.subject,
                        "host '" SLICE_FMT "' of the same Ingress is put back, too",
                        SLICE_ARG(ingress->rules[r].host));
            }
        }
    }
}

static void say_owner(struct run *run, const struct object *object)
{
    const struct node *owners = node_get(node_get(object->root, "metadata"), "ownerReferences");
    if (owners && owners->kind == NODE_LIST && owners->count) {
        const struct node *kind = node_get(owners->items[0], "kind"),
                          *name = node_get(owners->items[0], "name");
        diag_at(run->diag, DIAG_R004, owners->span, object->subject,
                "it is made by '" SLICE_FMT " " SLICE_FMT
                "', which would make it again; the owner is left out of what is written",
                SLICE_ARG(kind ? kind->text : SLICE("another object")),
                SLICE_ARG(name ? name->text : SLICE("")));
    }
}

/* ---- what is written ----------------------------------------------------------------------- */

static void add(struct run *run, const struct object *object, size_t round, struct rollback *out)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    document_write_yaml(rollback_tree(run->arena, object), &text);
    *ARENA_PUSH(run->arena, out->objects, out->count, out->capacity) =
        (struct rollback_object){object, round, arena_copy(run->arena, buf_slice(&text))};
    buf_release(&text);
    say_owner(run, object);
}

/* Ingresses round by round, each round in the order of the controller. */
static void add_ingresses(struct run *run, const struct members *members, struct rollback *out)
{
    size_t rounds = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->items[i];
        rounds = member->chosen && member->round + 1 > rounds ? member->round + 1 : rounds;
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < members->count; i++) {
            if (members->items[i].chosen && members->items[i].round == round) {
                add(run, &members->items[i].ingress->object, round, out);
                out->ingresses++;
            }
        }
    }
    out->rounds = rounds;
}

static void add_objects(struct run *run, const struct side *original,
                        const struct side_options *options, const struct members *members,
                        struct rollback *out)
{
    static const enum kube_kind kinds[] = {KUBE_CONFIG_MAP, KUBE_INGRESS_CLASS, KUBE_OTHER};
    const struct kube *kube = &original->kube;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (size_t i = 0; i < kube->counts[kinds[k]]; i++) {
            const struct object *object = kube->objects[kinds[k]][i];
            if (rollback_belongs(original, options, members, object)) {
                add(run, object, 0, out);
            }
        }
    }
    add_ingresses(run, members, out);
}

/* ---- what is deleted ----------------------------------------------------------------------- */

/* True when an object was written for chosen Ingresses alone. What names none serves several. */
static bool is_only_for(const struct members *members, struct slice sources)
{
    size_t named = 0;
    for (size_t at = 0; at < sources.len;) {
        size_t comma = slice_find(sources, ',', at);
        struct slice source = slice_trim(slice_sub(sources, at, comma));
        const struct member *member =
            slice_starts(source, SLICE("Ingress "))
                ? map_get(members->by_id, slice_sub(source, sizeof "Ingress " - 1, source.len))
                : NULL;
        if (!member || !member->chosen) {
            return false;
        }
        named++;
        at = comma + 1;
    }
    return named > 0;
}

static void add_deletions(struct run *run, const struct members *members,
                          const struct rollback_input *input, struct rollback *out)
{
    const struct converted *converted = input->converted;
    bool all = true;
    for (size_t i = 0; i < members->count; i++) {
        all = all && members->items[i].chosen;
    }
    for (size_t i = converted->count; i-- > 0;) {
        const struct converted_object *object = &converted->objects[i];
        const struct converted_source *source = &input->sources[i];
        bool is_namespace = slice_is(slice_of(object->kind), "Namespace");
        if (is_namespace || !source->api_version.len ||
            (!all && !is_only_for(members, source->source))) {
            out->kept += !is_namespace;
            continue;
        }
        *ARENA_PUSH(run->arena, out->deletions, out->deletion_count, out->deletion_capacity) =
            (struct rollback_deletion){source->api_version, slice_of(object->kind),
                                       object->namespace, object->name};
    }
}

bool rollback_make(struct run *run, const struct rollback_input *input,
                   const struct rollback_choice *choice, struct rollback *out)
{
    struct side *original = input->original;
    const struct side_options *options = input->options;
    struct members members;
    *out = (struct rollback){0};
    members_read(run, &original->kube, options, &members);
    if (!choose(run, choice, &members)) {
        return false;
    }
    members_plan(&members);
    add_objects(run, original, options, &members, out);
    add_deletions(run, &members, input, out);
    rollback_needs(run, &members, out);
    say_other_hosts(run, choice, &members);
    rollback_prove(run, original, options, &members, out);
    return true;
}
