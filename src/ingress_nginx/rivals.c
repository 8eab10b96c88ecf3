#include "ingress_nginx/snippets_priv.h"

/* Where two Ingresses claim the same, the older one gets it. Files often do not say how old an object is; then
 * both outcomes are possible, unless they are the same. */

void location_of_rival(struct model *model, const struct location *location,
                       const struct rival *rival, struct location *out)
{
    *out = *location;
    out->item = rival->item;
    out->has_backend = false;
    out->rival_count = 0;
    if (rival->backend) {
        location_backend(model, rival->item, rival->backend, out);
    }
}

static bool same_backends(const struct rule *a, const struct rule *b)
{
    for (size_t i = 0; a->backend_count == b->backend_count && i < a->backend_count; i++) {
        const struct backend *x = &a->backends[i], *y = &b->backends[i];
        if (!slice_equal(x->namespace, y->namespace) || !slice_equal(x->service, y->service) ||
            x->port != y->port || !slice_equal(x->port_name, y->port_name) ||
            x->status != y->status) {
            return false;
        }
    }
    return a->backend_count == b->backend_count;
}

/* Where the data plane answers by itself, most effects do not show; how large a body it reads before it says
 * 404, and with which headers, nobody depends on. */
static bool shows_without_backend(enum effect_id id)
{
    return id == EFFECT_answer || id == EFFECT_authentication || id == EFFECT_redirect ||
           id == EFFECT_https_redirect || id == EFFECT_addresses || id == EFFECT_cors;
}

static bool same_unknown(const struct unknown *a, const struct unknown *b)
{
    for (; a && b; a = a->next, b = b->next) {
        if (a->aspect != b->aspect || !slice_equal(a->reason, b->reason)) {
            return false;
        }
    }
    return !a && !b;
}

static bool same_outcome(const struct rule *a, const struct rule *b)
{
    bool forwards = a->backend_count > 0;
    for (int id = 0; id < EFFECT_COUNT; id++) {
        enum effect_id effect = (enum effect_id)id;
        if ((forwards || shows_without_backend(effect)) &&
            !effect_equal(effect, effect_get(&a->effects, effect),
                          effect_get(&b->effects, effect))) {
            return false;
        }
    }
    return same_backends(a, b) && same_unknown(a->unknown, b->unknown);
}

/* Conditions of snippets are rules of their own, which are not written to compare them. */
static bool same_snippets(struct model *model, const struct server *server,
                          const struct location *a, const struct location *b)
{
    struct placed_snippets of_a, of_b;
    snippets_of(model, server, a, &of_a);
    snippets_of(model, server, b, &of_b);
    bool steps = false;
    for (size_t i = 0; i < of_a.count + of_b.count; i++) {
        const struct placed_snippet *placed =
            i < of_a.count ? &of_a.items[i] : &of_b.items[i - of_a.count];
        steps = steps || (placed->place == SNIPPET_LOCATION && placed->snippet.step_count);
    }
    return !steps || slice_equal(annotation_text(a->item->annotations, AN_configuration_snippet),
                                 annotation_text(b->item->annotations, AN_configuration_snippet));
}

static void report(struct model *model, const struct server *server,
                   const struct location *location, const struct rival *rival, struct rule *rule)
{
    const struct object *owner = &location->item->ingress->object;
    const struct object *other = &rival->item->ingress->object;
    struct slice reason = arena_printf(model->run->arena,
                                       "the order of '" SLICE_FMT "' and '" SLICE_FMT
                                       "' decides, and their creation times are missing",
                                       SLICE_ARG(owner->subject), SLICE_ARG(other->subject));
    diag_at(model->run->diag, DIAG_N029, rival->span, other->subject,
            "which of '" SLICE_FMT "' and '" SLICE_FMT "' is the older one decides path '" SLICE_FMT
            "' of host '" SLICE_FMT "'; give creationTimestamp, as in the output of kubectl get "
            "ingress -A -o yaml",
            SLICE_ARG(owner->subject), SLICE_ARG(other->subject), SLICE_ARG(location->declared),
            SLICE_ARG(server->host));
    if (!model->run->closed) {
        const struct effect_source source = {SLICE_ABSENT, rival->span};
        rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_ROUTING, source, reason);
    }
}

void rivals_check(struct model *model, const struct server *server, const struct location *location,
                  const struct view_of *view, const struct leaf *leaf, struct route_table *table,
                  struct rule *rule)
{
    for (size_t i = 0; i < location->rival_count; i++) {
        const struct rival *rival = &location->rivals[i];
        if (order_is_known(location->item->ingress, rival->item->ingress)) {
            continue;
        }
        struct location other;
        struct rule would = {.match = rule->match};
        model->probing = true;
        location_of_rival(model, location, rival, &other);
        location_effects(model, server, &other, view, leaf, table, &would);
        bool snippets = same_snippets(model, server, location, &other);
        model->probing = false;
        if (!snippets || !same_outcome(rule, &would)) {
            report(model, server, location, rival, rule);
            return;
        }
    }
}

/* ---- what only the first Ingress says ------------------------------------------------------- */

void rivals_yield(struct model *model, enum diag_code code, const struct yielding *yielding)
{
    const struct ingress *first = yielding->first->ingress, *other = yielding->other->ingress;
    if (!order_is_known(first, other)) {
        diag_at(model->run->diag, DIAG_N029, yielding->span, other->object.subject,
                SLICE_FMT "; '" SLICE_FMT "' is taken to be the first one by the order of names "
                          "only, because the ages of the two are not in the input: give the "
                          "objects as the cluster has them (kubectl get ingress -A -o yaml, or "
                          "gateshift snapshot)",
                SLICE_ARG(yielding->what), SLICE_ARG(first->object.subject));
        return;
    }
    diag_at(model->run->diag, code, yielding->span, other->object.subject,
            SLICE_FMT "; '" SLICE_FMT "' %s: %s", SLICE_ARG(yielding->what),
            SLICE_ARG(first->object.subject),
            first == other ? "names the other one first" : "is older, or as old and later by name",
            yielding->advice);
}

void rivals_named(const struct item *item, const enum annotation_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct annotation *one = annotation_get(item->annotations, ids[i]);
        if (one) {
            one->named = true;
        }
    }
}

bool rivals_agree(const struct item *a, const struct item *b, const enum annotation_id *ids,
                  size_t count)
{
    bool same = true;
    for (size_t i = 0; i < count && same; i++) {
        same = slice_equal(annotation_text(a->annotations, ids[i]),
                           annotation_text(b->annotations, ids[i]));
    }
    return same;
}
