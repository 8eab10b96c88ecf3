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
    bool nginx_class;                /* an IngressClass of ingress-nginx is in the input */
    /* Inputs are closed and hold classes: a class that is not there does not exist. Inputs without any
     * class say nothing about classes. */
    bool classes_known;
    struct map
        *shown; /* by class: the controller that annotations of its Ingresses show, if it is one */
};

static const struct ingress_class *class_at(const struct kube *kube, size_t index)
{
    return (const struct ingress_class *)(const void *)kube->objects[KUBE_INGRESS_CLASS][index];
}

static const struct ingress_class *find_class(const struct claimer *claimer, struct slice name)
{
    return (const struct ingress_class *)(const void *)kube_find(claimer->kube, KUBE_INGRESS_CLASS,
                                                                 SLICE(""), name);
}

/* The first class in the input with this controller lends its name to the data plane: one controller serves
 * all classes that name it, at one address. */
static struct slice plane_class(const struct claimer *claimer, struct slice controller)
{
    for (size_t i = 0; controller.len && i < claimer->kube->counts[KUBE_INGRESS_CLASS]; i++) {
        const struct ingress_class *class = class_at(claimer->kube, i);
        if (slice_equal(class->controller, controller)) {
            return class->object.name;
        }
    }
    return SLICE_ABSENT;
}

/* A well-known class name, or no class at all, is the controller's main deployment. */
static struct slice gateway_of(const struct claimer *claimer, const struct controller *controller,
                               struct slice class_name)
{
    if (class_name.len && !controller_has_class(controller, class_name)) {
        return class_name;
    }
    struct slice shared = plane_class(claimer, slice_of(controller->controller));
    return shared.len ? shared : class_name.len ? class_name : slice_of(controller->class_names[0]);
}

static struct slice class_word(const struct ingress *ingress)
{
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    return ingress->class_name.len || !old ? ingress->class_name : old->value;
}

/* One controller serves all Ingresses of a class, those without annotations as well. */
struct shown {
    const struct controller *controller; /* null: several */
};

static struct map *shown_controllers(struct run *run, const struct kube *kube)
{
    struct map *by_class = map_new(run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS]; i++) {
        const struct ingress *ingress = (const void *)kube->objects[KUBE_INGRESS][i];
        kube_ahead(kube, KUBE_INGRESS, i);
        struct slice word = class_word(ingress);
        const struct controller *controller =
            word.len ? controller_by_class(word, &ingress->object.annotations) : NULL;
        struct shown *shown = controller ? map_get(by_class, word) : NULL;
        if (shown) {
            shown->controller = shown->controller == controller ? controller : NULL;
        } else if (controller) {
            shown = ARENA_NEW(run->arena, struct shown);
            shown->controller = controller;
            map_put(by_class, word, shown);
        }
    }
    return by_class;
}

static const struct controller *controller_of_class(const struct claimer *claimer,
                                                    struct slice class_name,
                                                    const struct labels *annotations)
{
    const struct controller *controller = controller_by_class(class_name, annotations);
    const struct shown *shown = controller ? NULL : map_get(claimer->shown, class_name);
    return shown ? shown->controller : controller;
}

static void take(struct ingress_claim *claim, const struct controller *controller,
                 struct slice controller_name, struct slice gateway)
{
    claim->owner = controller->owner;
    claim->controller = controller_name.len ? controller_name : slice_of(controller->controller);
    claim->plane = slice_of(controller->plane ? controller->plane : controller->name);
    claim->gateway = gateway;
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
                   struct slice reason)
{
    claim->owner = INGRESS_OWNER_NONE;
    diag_at(claimer->run->diag, DIAG_I001, span, claim->ingress->object.subject, SLICE_FMT,
            SLICE_ARG(reason));
}

/* ---- flags of ingress-nginx (store.go GetIngressClass; pkg/flags) ----------------------------- */

static const struct ingress_taker *taker_of_object(const struct claimer *claimer,
                                                   const struct ingress_class *class)
{
    for (size_t i = 0; i < claimer->choice->taker_count; i++) {
        const struct ingress_taker *taker = &claimer->choice->takers[i];
        if (slice_equal(taker->controller, class->controller) ||
            (taker->by_name && slice_equal(taker->word, class->object.name))) {
            return taker;
        }
    }
    return NULL;
}

static const struct ingress_taker *taker_of_word(const struct claimer *claimer, struct slice word)
{
    for (size_t i = 0; i < claimer->choice->taker_count; i++) {
        if (slice_equal(claimer->choice->takers[i].word, word)) {
            return &claimer->choice->takers[i];
        }
    }
    return NULL;
}

static const struct ingress_taker *taker_of_none(const struct claimer *claimer)
{
    for (size_t i = 0; i < claimer->choice->taker_count; i++) {
        if (claimer->choice->takers[i].classless) {
            return &claimer->choice->takers[i];
        }
    }
    return NULL;
}

/* All that one deployment takes is at one address. */
static void take_by_flags(const struct claimer *claimer, const struct ingress_taker *taker,
                          struct ingress_claim *claim)
{
    struct slice named = plane_class(claimer, taker->controller);
    take(claim, controller_by_plane(SLICE("ingress-nginx")), taker->controller,
         named.len ? named : taker->word);
}

/* Each NginxIngressController of AKS brings a class of its own (application routing operator,
 * api/v1alpha1/nginxingresscontroller_types.go). */
static bool is_aks_class(const struct kube *kube, struct slice class_name)
{
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (!slice_is(object->kind_name, "NginxIngressController") ||
            !slice_starts(object->api_version, SLICE("approuting.kubernetes.azure.com/"))) {
            continue;
        }
        const struct node *name = node_get(node_get(object->root, "spec"), "ingressClassName");
        struct slice text = name && name->kind == NODE_STRING
                                ? name->text
                                : SLICE("nginx.approuting.kubernetes.azure.com");
        if (slice_equal(text, class_name)) {
            return true;
        }
    }
    return false;
}

static void claim_by_object(const struct claimer *claimer, const struct ingress_class *class,
                            struct ingress_claim *claim)
{
    const struct controller *controller = controller_by_name(class->controller);
    struct slice gateway = plane_class(claimer, class->controller);
    if (!controller && claimer->choice->ingress_class.len) {
        /* --from and --ingress-class together say who serves this very class */
        controller = claimer->forced;
    }
    const struct ingress_taker *taker = taker_of_object(claimer, class);
    bool nginx = controller && slice_is(slice_of(controller->name), "ingress-nginx");
    if (claimer->neutral) {
        take_neutral(claim, class->controller, gateway);
    } else if (taker) {
        take_by_flags(claimer, taker, claim);
    } else if (nginx && claimer->choice->taker_count) {
        refuse(claimer, claim, claim->ingress->object.span,
               arena_printf(claimer->run->arena,
                            "the controller's flags do not let it take class '" SLICE_FMT
                            "' of '" SLICE_FMT "'; see --controller-class and "
                            "--ingress-class-by-name",
                            SLICE_ARG(class->object.name), SLICE_ARG(class->controller)));
    } else if (!controller && is_aks_class(claimer->kube, class->object.name)) {
        take(claim, controller_by_plane(SLICE("aks-nginx")), class->controller, class->object.name);
    } else if (controller) {
        take(claim, controller, class->controller, gateway);
    } else if (claimer->nginx_class || claimer->forced) {
        claim->owner = INGRESS_OWNER_OTHER;
        claim->controller = class->controller;
        claim->plane = class->controller;
        claim->gateway = gateway;
    } else {
        take_neutral(claim, class->controller, gateway);
    }
}

/* A class that is named and whose object is not in the input. */
static void claim_by_name(const struct claimer *claimer, struct slice class_name, struct span span,
                          bool from_annotation, struct ingress_claim *claim)
{
    struct arena *arena = claimer->run->arena;
    const struct labels *annotations = &claim->ingress->object.annotations;
    const struct controller *controller = controller_of_class(claimer, class_name, annotations);
    if (claimer->neutral) {
        take_neutral(claim, SLICE_ABSENT, class_name);
        return;
    }
    if (is_aks_class(claimer->kube, class_name)) {
        take(claim, controller_by_plane(SLICE("aks-nginx")), SLICE_ABSENT, class_name);
        return;
    }
    const struct ingress_taker *taker = taker_of_word(claimer, class_name);
    if (taker && (from_annotation || !claimer->classes_known)) {
        take_by_flags(claimer, taker, claim);
        return;
    }
    bool nginx = controller && slice_is(slice_of(controller->name), "ingress-nginx");
    if (nginx && from_annotation && claimer->choice->taker_count) {
        refuse(claimer, claim, span,
               arena_printf(arena,
                            "the controller's flags do not let it take the class annotation "
                            "'" SLICE_FMT "'; see --ingress-class",
                            SLICE_ARG(class_name)));
        return;
    }
    /* ingress-nginx ignores a class that is not there (store.go, GetIngressClass). The annotation needs no
     * object, but has to be the word that the controller was started with, "nginx" unless told otherwise. */
    if (claimer->classes_known &&
        (!from_annotation || !controller || !controller_has_class(controller, class_name))) {
        const char *text = from_annotation
                               ? "no controller that is known takes the class annotation '"
                               : "no controller serves this Ingress: there is no IngressClass '";
        refuse(claimer, claim, span,
               arena_printf(arena, "%s" SLICE_FMT "'%s", text, SLICE_ARG(class_name),
                            from_annotation ? "" : "; add it, or name one that exists"));
        return;
    }
    controller = controller ? controller : claimer->forced;
    if (controller) {
        take(claim, controller, SLICE_ABSENT, gateway_of(claimer, controller, class_name));
    } else if (claimer->run->closed) {
        refuse(claimer, claim, span,
               arena_printf(arena,
                            "no controller is known for class '" SLICE_FMT
                            "', and its IngressClass is not in the input; add it, or choose "
                            "with --from",
                            SLICE_ARG(class_name)));
    } else {
        take_neutral(claim, SLICE_ABSENT, class_name);
    }
}

/* What an API server writes into ingressClassName when an Ingress without class is created. */
static const struct ingress_class *default_class(const struct kube *kube)
{
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS_CLASS]; i++) {
        if (class_at(kube, i)->is_default) {
            return class_at(kube, i);
        }
    }
    return NULL;
}

/* Annotations alone make no controller take an Ingress, but they show which one is meant. */
static struct slice advice_without_class(struct run *run, const struct ingress *ingress)
{
    const struct controller *meant = controller_by_class(SLICE(""), &ingress->object.annotations);
    return meant && meant->plane
               ? arena_printf(run->arena,
                              "set 'spec.ingressClassName'; its annotations are those of %s, and "
                              "--from %s reads it so",
                              meant->name, meant->plane)
               : SLICE("set 'spec.ingressClassName', or choose with --from");
}

static void claim_without_class(const struct claimer *claimer, struct ingress_claim *claim)
{
    const struct ingress_class *class = default_class(claimer->kube);
    if (class) {
        claim_by_object(claimer, class, claim);
    } else if (claimer->neutral) {
        take_neutral(claim, SLICE_ABSENT, SLICE_ABSENT);
    } else if (taker_of_none(claimer)) {
        take_by_flags(claimer, taker_of_none(claimer), claim);
    } else if (claimer->forced && !claimer->classes_known) {
        const struct controller *controller =
            claimer->forced ? claimer->forced : controller_by_plane(SLICE("ingress-nginx"));
        take(claim, controller, SLICE_ABSENT, gateway_of(claimer, controller, SLICE_ABSENT));
    } else {
        refuse(claimer, claim, claim->ingress->object.span,
               ARENA_JOIN(claimer->run->arena,
                          SLICE("this Ingress has no class, and no IngressClass in the input is "
                                "the default; "),
                          advice_without_class(claimer->run, claim->ingress)));
    }
}

/* The field first, the annotation only without it, as ingress-nginx does (store.go, GetIngressClass). Some
 * other controllers let the annotation win; an Ingress with both and different values is named by K015. */
static void claim_one(const struct claimer *claimer, struct ingress_claim *claim)
{
    const struct ingress *ingress = claim->ingress;
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    struct slice name = class_word(ingress);
    if (name.len) {
        const struct ingress_class *class = find_class(claimer, name);
        bool from_annotation = ingress->class_name.len == 0;
        /* with flags that say the word of the annotation no object is looked at */
        bool nginx = class && controller_by_name(class->controller) ==
                                  controller_by_plane(SLICE("ingress-nginx"));
        if (from_annotation && nginx && claimer->choice->taker_count) {
            class = NULL;
        }
        if (class) {
            claim_by_object(claimer, class, claim);
        } else {
            claim_by_name(claimer, name, from_annotation ? old->span : ingress->class_span,
                          from_annotation, claim);
        }
    } else if (old) {
        refuse(claimer, claim, old->span,
               SLICE("the class annotation is empty, so no controller takes this Ingress; remove "
                     "it, and set 'spec.ingressClassName'"));
    } else {
        claim_without_class(claimer, claim);
    }
}

static void report(const struct claimer *claimer, const struct ingress_claim *claim)
{
    const struct object *object = &claim->ingress->object;
    if (claim->owner == INGRESS_OWNER_OTHER) {
        diag_at(claimer->run->diag, DIAG_I002, object->span, object->subject,
                "belongs to '" SLICE_FMT
                "', whose behaviour is not known here, and is left out; '--from ingress-v1' reads "
                "it by the Ingress API alone",
                SLICE_ARG(claim->plane));
    } else if (claim->owner == INGRESS_OWNER_NEUTRAL && !claimer->neutral) {
        diag_at(
            claimer->run->diag, DIAG_I003, object->span, object->subject,
            "the controller of class '" SLICE_FMT
            "' is not known; the Ingress is read by the Ingress API alone; add its IngressClass "
            "to the input, or choose with --from",
            SLICE_ARG(claim->gateway));
    }
}

static bool is_wanted(const struct ingress_choice *choice, const struct ingress *ingress)
{
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    return !choice->ingress_class.len || slice_equal(choice->ingress_class, ingress->class_name) ||
           (!ingress->class_name.len && old && slice_equal(choice->ingress_class, old->value));
}

static struct claimer claimer_of(struct run *run, const struct kube *kube,
                                 const struct ingress_choice *choice)
{
    struct claimer claimer = {
        .run = run, .kube = kube, .choice = choice, .shown = shown_controllers(run, kube)};
    const struct controller *from = controller_by_plane(choice->from);
    claimer.neutral = slice_is(choice->from, "ingress-v1");
    claimer.forced = from && from->owner == INGRESS_OWNER_NGINX ? from : NULL;
    claimer.classes_known = run->closed && kube->counts[KUBE_INGRESS_CLASS] > 0;
    for (size_t i = 0; i < kube->counts[KUBE_INGRESS_CLASS]; i++) {
        const struct controller *controller = controller_by_name(class_at(kube, i)->controller);
        claimer.nginx_class = claimer.nginx_class ||
                              (controller && controller->owner == INGRESS_OWNER_NGINX) ||
                              taker_of_object(&claimer, class_at(kube, i));
    }
    return claimer;
}

void ingress_claim_all(struct run *run, const struct kube *kube,
                       const struct ingress_choice *choice, struct ingress_claims *out)
{
    struct claimer claimer = claimer_of(run, kube, choice);
    size_t count = kube->counts[KUBE_INGRESS];
    *out = (struct ingress_claims){.items = ARENA_ARRAY(run->arena, struct ingress_claim, count)};
    out->any_nginx = claimer.nginx_class && !claimer.neutral;
    for (size_t i = 0; i < count; i++) {
        struct ingress_claim claim = {
            .ingress = (const struct ingress *)(const void *)kube->objects[KUBE_INGRESS][i]};
        kube_ahead(kube, KUBE_INGRESS, i);
        if (!is_wanted(choice, claim.ingress)) {
            continue;
        }
        claim_one(&claimer, &claim);
        if (claimer.forced && claim.owner == INGRESS_OWNER_NGINX) {
            claim.plane = choice->from;
        }
        report(&claimer, &claim);
        out->any_nginx = out->any_nginx || claim.owner == INGRESS_OWNER_NGINX;
        out->any_neutral = out->any_neutral || claim.owner == INGRESS_OWNER_NEUTRAL;
        out->items[out->count++] = claim;
    }
}
