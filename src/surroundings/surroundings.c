#include "surroundings/surroundings_priv.h"

/* ---- the old controller -------------------------------------------------------------------- */

/* Part of the names that the chart and the static manifests of ingress-nginx give to namespace, pods and
 * Services (kubernetes/ingress-nginx charts/ingress-nginx, deploy/static), and of the older chart. */
static const char *const names[] = {"ingress-nginx", "nginx-ingress"};

bool is_controller(const struct search *search, struct slice text)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_contains(text, slice_of(names[i]))) {
            return true;
        }
    }
    return map_get(search->namespaces, text) != NULL;
}

static bool is_controller_image(const struct search *search, struct slice text)
{
    (void)search;
    return slice_contains(text, SLICE("ingress-nginx/controller")) ||
           slice_contains(text, SLICE("nginx-ingress-controller"));
}

/* Where workloads with the controller's image are; AKS runs its own in app-routing-system (Azure/
 * aks-app-routing-operator, pkg/manifests). */
static void controllers_read(struct search *search)
{
    search->namespaces = map_new(search->run->arena);
    map_put(search->namespaces, SLICE("app-routing-system"), search);
    for (size_t i = 0; i < search->kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = search->kube->objects[KUBE_OTHER][i];
        bool workload =
            slice_is(object->kind_name, "Deployment") || slice_is(object->kind_name, "DaemonSet");
        if (workload && tree_find(search, tree_at(object->root, "spec.template.spec.containers"),
                                  is_controller_image, NULL)) {
            map_put(search->namespaces, object->namespace, search);
        }
    }
}

/* ---- looking ------------------------------------------------------------------------------- */

void found(struct search *search, struct span span, const char *format, ...)
{
    struct surroundings *out = search->out;
    va_list args;
    va_start(args, format);
    *ARENA_PUSH(search->run->arena, out->items, out->count, out->capacity) = (struct surrounding){
        search->row, search->object, span, arena_vprintf(search->run->arena, format, args)};
    va_end(args);
}

static bool is_of(const struct detector *detector, const struct object *object)
{
    for (const struct kind_name *name = detector->kinds; name->kind; name++) {
        if ((slice_is(object->kind_name, name->kind) || slice_is(SLICE("*"), name->kind)) &&
            (!name->group || slice_is(kube_group(object->api_version), name->group))) {
            return true;
        }
    }
    return false;
}

bool surroundings_look_at(const struct object *object)
{
    const struct detector *detector;
    for (size_t i = 0; (detector = detector_at(i)); i++) {
        bool any = !detector->kinds[0].group && slice_is(slice_of(detector->kinds[0].kind), "*");
        if (!any && is_of(detector, object)) {
            return true;
        }
    }
    return false;
}

/* Objects of a kind that is read have one name and one group. */
static size_t look_at_kind(struct search *search, const struct detector *detector,
                           enum kube_kind kind)
{
    struct object *const *objects = search->kube->objects[kind];
    size_t count = search->kube->counts[kind], looked = 0;
    bool all = kind != KUBE_OTHER && count && is_of(detector, objects[0]);
    for (size_t i = 0; (all || kind == KUBE_OTHER) && i < count; i++) {
        kube_ahead(search->kube, kind, i);
        search->object = objects[i];
        if (all || is_of(detector, search->object)) {
            looked += detector->detect(search, search->object);
        }
    }
    return looked;
}

static void look(struct search *search, const struct detector *detector)
{
    static const enum kube_kind kinds[] = {KUBE_INGRESS, KUBE_SERVICE, KUBE_CONFIG_MAP, KUBE_OTHER};
    size_t looked = 0;
    search->row = &detector->row;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        looked += look_at_kind(search, detector, kinds[k]);
    }
    if (!looked) {
        struct surroundings *out = search->out;
        *ARENA_PUSH(search->run->arena, out->absent, out->absent_count, out->absent_capacity) =
            &detector->row;
    }
}

void surroundings_read(struct run *run, const struct kube *kube, struct surroundings *out)
{
    struct search search = {.run = run, .kube = kube, .out = out};
    const struct detector *detector;
    *out = (struct surroundings){0};
    controllers_read(&search);
    for (size_t i = 0; (detector = detector_at(i)); i++) {
        look(&search, detector);
    }
}

/* ---- saying -------------------------------------------------------------------------------- */

void surroundings_say(struct run *run, const struct surroundings *surroundings)
{
    for (size_t i = 0; i < surroundings->count; i++) {
        const struct surrounding *item = &surroundings->items[i];
        diag_at(run->diag, item->row->code, item->span, item->object->subject, SLICE_FMT "; %s",
                SLICE_ARG(item->text), item->row->advice);
    }
    struct slice list = SLICE("");
    for (size_t i = 0; i < surroundings->absent_count; i++) {
        list = arena_printf(run->arena, SLICE_FMT "%s%s", SLICE_ARG(list), i ? ", " : "",
                            surroundings->absent[i]->name);
    }
    if (surroundings->absent_count) {
        diag_at(
            run->diag, DIAG_S001, SPAN_NONE, SLICE_ABSENT,
            "objects of these kinds are not in the input and may hang on the old controller, so "
            "look at those of the cluster before traffic moves: " SLICE_FMT,
            SLICE_ARG(list));
    }
}
