#include "validate/validate_priv.h"

#include <string.h>

struct validator {
    struct run *run;
    struct run quiet; /* the same run with a sink beside, for what module kube says */
    struct schema *schema;
    struct slice namespace; /* of objects that name none */
    const struct gateway_profile *profile;
    struct kube kube;
    struct map *unjudged; /* "v1 Pod" to struct unjudged */
    struct validated *out;
};
struct unjudged {
    struct slice kind;
    size_t count;
    struct span first;
};

/* ---- one object --------------------------------------------------------------------------- */

static struct slice text_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

static void note_unjudged(struct validator *v, const struct validated_object *object)
{
    struct slice kind = arena_printf(v->run->arena, SLICE_FMT " " SLICE_FMT,
                                     SLICE_ARG(object->api_version), SLICE_ARG(object->kind));
    struct unjudged *item = map_get(v->unjudged, kind);
    if (!item) {
        item = ARENA_NEW(v->run->arena, struct unjudged);
        *item = (struct unjudged){kind, 0, object->span};
        map_put(v->unjudged, kind, item);
    }
    item->count++;
}

/* What has no kind is left to module kube, which says so. */
static void judge(struct validator *v, const struct node *root, struct slice list_kind,
                  struct slice list_version)
{
    struct arena *arena = v->run->arena;
    const struct node *metadata = node_get(root, "metadata");
    struct validated_object object = {.kind = text_of(root, "kind"),
                                      .api_version = text_of(root, "apiVersion"),
                                      .namespace = text_of(metadata, "namespace"),
                                      .name = text_of(metadata, "name"),
                                      .span = root->span};
    object.kind = object.kind.len ? object.kind : list_kind;
    object.api_version = object.api_version.len ? object.api_version : list_version;
    if (!object.kind.len || !object.api_version.len) {
        return;
    }
    if (slice_is(object.kind, "Secret")) {
        diag_file_hide(v->run->diag, root->span.file);
    }
    if (!object.namespace.len && schema_is_namespaced(object.api_version, object.kind)) {
        object.namespace = v->namespace;
    }
    object.subject = arena_printf(arena, SLICE_FMT " " SLICE_FMT "%s" SLICE_FMT,
                                  SLICE_ARG(object.kind), SLICE_ARG(object.namespace),
                                  object.namespace.len ? "/" : "", SLICE_ARG(object.name));
    const struct schema_object judged = {root, object.kind, object.api_version, object.subject};
    object.verdict = schema_judge(v->schema, &judged);
    v->out->counts[object.verdict]++;
    if (object.verdict == SCHEMA_UNJUDGED) {
        note_unjudged(v, &object);
    } else if (object.verdict == SCHEMA_VALID) {
        check_served(v->run, v->profile, &object, root);
        check_expressions(v->run, &object, root);
    }
    *ARENA_PUSH(arena, v->out->items, v->out->count, v->out->capacity) = object;
}

enum { LIST_DEPTH_MAX = 8 };

/* Lists as module kube opens them: "List", and lists of one kind such as "IngressList". */
static void judge_all(struct validator *v, const struct node *root, struct slice list_kind,
                      struct slice list_version, int depth)
{
    struct slice kind = text_of(root, "kind"), version = SLICE("");
    const struct node *items = node_get(root, "items");
    bool any = slice_is(kind, "List"), named = slice_ends(kind, SLICE("List"));
    if (!named || depth >= LIST_DEPTH_MAX || (!any && !items) ||
        (items && items->kind != NODE_LIST)) {
        if (root->kind == NODE_MAP) {
            judge(v, root, list_kind, list_version);
        }
        return;
    }
    if (!any) {
        kind = slice_sub(kind, 0, kind.len - strlen("List"));
        version = text_of(root, "apiVersion");
    }
    for (size_t i = 0; items && i < items->count; i++) {
        judge_all(v, items->items[i], any ? SLICE("") : kind, version, depth + 1);
    }
}

static void read_document(void *user, struct node *root)
{
    struct validator *v = user;
    judge_all(v, root, SLICE(""), SLICE(""), 0);
    kube_read_document(&v->quiet, root, v->namespace, &v->kube);
}

/* ---- what is left to say -------------------------------------------------------------------- */

/* Of what module kube says, that which no schema knows. */
static bool is_of_kube_alone(enum diag_code code)
{
    static const enum diag_code codes[] = {DIAG_K001, DIAG_K002, DIAG_K014, DIAG_K017, DIAG_K020};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

/* A version that is not served has been named already. */
static bool is_said(const struct diag *diag, const struct diagnostic *item)
{
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *other = diag_get(diag, i);
        bool version = other->code == DIAG_V011 || other->code == DIAG_V012;
        if (version && memcmp(&other->span, &item->span, sizeof item->span) == 0) {
            return true;
        }
    }
    return false;
}

static void say_of_kube(struct validator *v)
{
    const struct diag *quiet = v->quiet.diag;
    for (size_t i = 0; i < diag_count(quiet); i++) {
        const struct diagnostic *item = diag_get(quiet, i);
        if (is_of_kube_alone(item->code) && !is_said(v->run->diag, item)) {
            diag_add(v->run->diag, item);
        }
    }
}

static void say_unjudged(struct validator *v)
{
    for (const struct map_entry *e = map_first(v->unjudged); e; e = map_next(e)) {
        const struct unjudged *item = map_value(e);
        bool kustomize = slice_starts(item->kind, SLICE("kustomize.config.k8s.io/"));
        diag_at(v->run->diag, DIAG_V014, item->first, SLICE_ABSENT,
                "%zu object%s of '" SLICE_FMT "' %s not judged, as %s", item->count,
                item->count == 1 ? "" : "s", SLICE_ARG(item->kind), item->count == 1 ? "is" : "are",
                kustomize ? "kustomize reads the kind, and no API server"
                          : "the kind is not known here");
    }
}

void validate(struct run *run, struct input *input, const struct validate_options *options,
              struct validated *out)
{
    *out = (struct validated){0};
    struct validator v = {.run = run,
                          .quiet = *run,
                          .schema = schema_open(run, &options->release),
                          .namespace =
                              options->namespace.len ? options->namespace : SLICE("default"),
                          .profile = options->profile,
                          .unjudged = map_new(run->arena),
                          .out = out};
    kube_hide_secrets(run);
    v.quiet.diag = diag_beside(run->diag);
    kube_init(run, &v.kube);
    for (size_t i = 0; i < input->count; i++) {
        document_read_each(run, &input->files[i], read_document, &v);
    }
    kube_wipe_secrets(run, input);
    kube_finish(run, &v.kube);
    schema_close(v.schema);
    say_of_kube(&v);
    say_unjudged(&v);
    out->references_seen = out->counts[SCHEMA_INVALID] == 0;
    if (out->references_seen) {
        check_together(run, &v.kube, options);
    } else {
        diag_at(run->diag, DIAG_V015, SPAN_NONE, SLICE_ABSENT,
                "references between objects were not checked, because objects are invalid; "
                "correct them first");
    }
}
