#include "ingress/controllers_priv.h"

static const char *const from_names[] = {"auto", "ingress-nginx", "aks-nginx", "ingress-v1"};

const char *ingress_from_name(size_t index)
{
    return index < ARRAY_LEN(from_names) ? from_names[index] : NULL;
}

struct claimer {
    struct run *run;
    const struct kube *kube;
    const struct ingress_choice *choice;
    const struct controller *forced; /* --from with a name of a front end */
    bool neutral;                    /* --from ingress-v1 */
};

static void take(struct ingress_claim *claim, const struct controller *controller,
                 struct slice controller_name, struct slice class_name)
{
    claim->owner = controller->owner;
    claim->controller = controller_name.len ? controller_name : slice_of(controller->controller);
    claim->plane = slice_of(controller->plane ? controller->plane : controller->name);
    /* One controller serves all classes that name it: they share an address. */
    claim->gateway = class_name.len ? class_name : claim->plane;
}

static void take_neutral(struct ingress_claim *claim, struct slice controller_name,
                         struct slice class_name)
{
    claim->owner = INGRESS_OWNER_NEUTRAL;
    claim->controller = controller_name;
    claim->plane = SLICE("ingress-v1");
    claim->gateway = class_name.len ? class_name : SLICE("ingress");
}

static void refuse(const struct claimer *claimer, struct ingress_claim *claim, struct span span,
                   const char *before, struct slice name, const char *after)
{
    claim->owner = INGRESS_OWNER_NONE;
    diag_at(claimer->run->diag, DIAG_I001, span, claim->ingress->object.subject,
            "%s" SLICE_FMT "%s", before, SLICE_ARG(name), after);
}

/* The first class in the input with this controller lends its name to the data plane, so that several
 * classes of one controller are one address. */
static struct slice plane_class(const struct claimer *claimer, struct slice controller)
{
    const struct kube *kube = claimer->kube;
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS_CLASS]; i++) {
        const struct ingress_class *class =
            (const struct ingress_class *)(const void *)kube->objects[KUBE_INGRESS_CLASS][i];
        if (slice_equal(class->controller, controller)) {
            return class->object.name;
        }
    }
    return SLICE_ABSENT;
}

static void claim_by_object(const struct claimer *claimer, const struct ingress_class *class,
                            struct ingress_claim *claim)
{
    const struct controller *controller = controller_by_name(class->controller);
    struct slice name = plane_class(claimer, class->controller);
    if (claimer->neutral || !controller) {
        take_neutral(claim, class->controller, name);
    } else {
        take(claim, controller, class->controller, name);
    }
}

/* A class that is named and whose object is not in the input. */
static void claim_by_name(const struct claimer *claimer, struct slice class_name, struct span span,
                          bool from_annotation, struct ingress_claim *claim)
{
    const struct controller *controller = NULL;
    if (claimer->neutral) {
        take_neutral(claim, SLICE_ABSENT, class_name);
        return;
    }
    if (claimer->run->closed && !from_annotation) {
        refuse(claimer, claim, span,
               "IngressClass '", class_name,
               "' is not in the input, so no controller serves this Ingress");
        return;
    }
    controller = controller_by_annotations(&claim->ingress->object.annotations);
    const struct controller *named = controller_by_class(class_name);
    /* A well-known name that only one controller uses says more than a stray annotation. */
    if (!controller || (named && !slice_is(class_name, "nginx"))) {
        controller = named;
    }
    if (!controller && claimer->forced) {
        controller = claimer->forced;
    }
    if (controller) {
        take(claim, controller, SLICE_ABSENT, class_name);
    } else {
        take_neutral(claim, SLICE_ABSENT, class_name);
    }
}

static const struct ingress_class *default_class(const struct claimer *claimer)
{
    const struct kube *kube = claimer->kube;
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS_CLASS]; i++) {
        const struct ingress_class *class =
            (const struct ingress_class *)(const void *)kube->objects[KUBE_INGRESS_CLASS][i];
        if (class->is_default) {
            return class;
        }
    }
    return NULL;
}

static void claim_without_class(const struct claimer *claimer, struct ingress_claim *claim)
{
    const struct ingress_class *class = default_class(claimer);
    if (class) {
        claim_by_object(claimer, class, claim);
    } else if (claimer->neutral) {
        take_neutral(claim, SLICE_ABSENT, SLICE_ABSENT);
    } else if (claimer->forced) {
        take(claim, claimer->forced, SLICE_ABSENT, SLICE_ABSENT);
    } else {
        refuse(claimer, claim, claim->ingress->object.span,
               "this Ingress has no class, and no IngressClass in the input is the default; set "
               "ingressClassName, or choose with --from",
               SLICE(""), "");
    }
}

/* ingress-nginx: a class that the field names must exist, and the annotation is looked at only without the
 * field (store.go GetIngressClass). Other controllers let the annotation win. */
static void claim_one(const struct claimer *claimer, struct ingress_claim *claim)
{
    const struct ingress *ingress = claim->ingress;
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    if (ingress->class_name.len) {
        const struct object *object =
            kube_find(claimer->kube, KUBE_INGRESS_CLASS, SLICE(""), ingress->class_name);
        if (object) {
            claim_by_object(claimer, (const struct ingress_class *)(const void *)object, claim);
        } else {
            claim_by_name(claimer, ingress->class_name, ingress->class_span, false, claim);
        }
    } else if (old && old->value.len) {
        claim_by_name(claimer, old->value, old->span, true, claim);
        /* the controller compares the annotation with its own class word, "nginx" */
        if (claim->owner == INGRESS_OWNER_NEUTRAL && claimer->run->closed && !claimer->neutral) {
            refuse(claimer, claim, old->span,
                   "class '", old->value, "' of the annotation is served by no known controller");
        }
    } else if (old) {
        refuse(claimer, claim, old->span,
               "the class annotation is empty, so no controller takes this Ingress", SLICE(""), "");
    } else {
        claim_without_class(claimer, claim);
    }
}

static void report(const struct claimer *claimer, const struct ingress_claim *claim)
{
    const struct object *object = &claim->ingress->object;
    if (claim->owner == INGRESS_OWNER_OTHER) {
        diag_at(claimer->run->diag, DIAG_I002, object->span, object->subject,
                "belongs to " SLICE_FMT ", which is not read yet, and is left out",
                SLICE_ARG(claim->plane));
    } else if (claim->owner == INGRESS_OWNER_NEUTRAL && !claimer->neutral) {
        diag_at(claimer->run->diag, DIAG_I003, object->span, object->subject,
                "the controller of class '" SLICE_FMT
                "' is not known; the Ingress is read as the API alone defines it",
                SLICE_ARG(claim->gateway));
    }
}

static bool wanted(const struct claimer *claimer, const struct ingress *ingress)
{
    struct slice class_name = claimer->choice->ingress_class;
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    return !class_name.len || slice_equal(class_name, ingress->class_name) ||
           (!ingress->class_name.len && old && slice_equal(class_name, old->value));
}

void ingress_claim_all(struct run *run, const struct kube *kube, const struct ingress_choice *choice,
                       struct ingress_claims *out)
{
    struct claimer claimer = {.run = run, .kube = kube, .choice = choice};
    claimer.neutral = slice_is(choice->from, "ingress-v1");
    claimer.forced = controller_by_plane(choice->from);
    size_t count = kube->counts[KUBE_INGRESS];
    *out = (struct ingress_claims){.items = ARENA_ARRAY(run->arena, struct ingress_claim, count)};
    for (size_t i = 0; i < count; i++) {
        struct ingress_claim claim = {
            .ingress = (const struct ingress *)(const void *)kube->objects[KUBE_INGRESS][i]};
        if (!wanted(&claimer, claim.ingress)) {
            continue;
        }
        claim_one(&claimer, &claim);
        /* --from names the front end, whatever it is that the class says about nginx */
        if (claimer.forced && claim.owner == INGRESS_OWNER_NGINX) {
            claim.plane = choice->from;
        }
        report(&claimer, &claim);
        out->any_nginx = out->any_nginx || claim.owner == INGRESS_OWNER_NGINX;
        out->any_neutral = out->any_neutral || claim.owner == INGRESS_OWNER_NEUTRAL;
        out->items[out->count++] = claim;
    }
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS_CLASS]; i++) {
        const struct ingress_class *class =
            (const struct ingress_class *)(const void *)kube->objects[KUBE_INGRESS_CLASS][i];
        const struct controller *controller = controller_by_name(class->controller);
        out->any_nginx =
            out->any_nginx || (controller && controller->owner == INGRESS_OWNER_NGINX);
    }
}
