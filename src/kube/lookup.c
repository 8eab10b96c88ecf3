#include "kube/kube.h"

#include <stdio.h>
#include <string.h>

static const struct label *find(const struct labels *labels, struct slice key)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (slice_equal(labels->items[i].key, key)) {
            return &labels->items[i];
        }
    }
    return NULL;
}

const struct label *labels_find(const struct labels *labels, const char *key)
{
    return labels->count ? find(labels, slice_of(key)) : NULL;
}

static bool requirement_holds(const struct label_requirement *requirement,
                              const struct labels *labels)
{
    const struct label *label = find(labels, requirement->key);
    bool listed = false;
    for (size_t i = 0; label && i < requirement->values.count; i++) {
        listed = listed || slice_equal(label->value, requirement->values.items[i]);
    }
    if (slice_is(requirement->operator, "In")) {
        return listed;
    }
    if (slice_is(requirement->operator, "NotIn")) {
        return !listed;
    }
    if (slice_is(requirement->operator, "Exists")) {
        return label != NULL;
    }
    return slice_is(requirement->operator, "DoesNotExist") && !label;
}

bool label_selector_matches(const struct label_selector *selector, const struct labels *labels)
{
    for (size_t i = 0; i < selector->match_labels.count; i++) {
        const struct label *wanted = &selector->match_labels.items[i];
        const struct label *label = find(labels, wanted->key);
        if (!label || !slice_equal(label->value, wanted->value)) {
            return false;
        }
    }
    for (size_t i = 0; i < selector->expression_count; i++) {
        if (!requirement_holds(&selector->expressions[i], labels)) {
            return false;
        }
    }
    return true;
}

struct labels kube_namespace_labels(struct run *run, const struct kube *kube, struct slice name)
{
    const struct object *object = kube_find(kube, KUBE_NAMESPACE, SLICE(""), name);
    size_t count = object ? object->labels.count : 0;
    struct labels labels = {ARENA_ARRAY(run->arena, struct label, count + 1), 0};
    for (size_t i = 0; i < count; i++) {
        labels.items[labels.count++] = object->labels.items[i];
    }
    if (!labels_find(&labels, "kubernetes.io/metadata.name")) {
        labels.items[labels.count++] =
            (struct label){SLICE("kubernetes.io/metadata.name"), name, SPAN_NONE};
    }
    return labels;
}

const struct service_port *service_port_find(const struct service *service, uint16_t number,
                                             struct slice name)
{
    for (size_t i = 0; i < service->port_count; i++) {
        const struct service_port *port = &service->ports[i];
        if (number ? port->port == number : name.len && slice_equal(port->name, name)) {
            return port;
        }
    }
    return NULL;
}

static bool grant_permits(const struct reference_grant *grant, struct slice from_group,
                          struct slice from_kind, struct slice from_namespace,
                          const struct object_ref *to)
{
    bool from = false, target = false;
    for (size_t i = 0; i < grant->from_count; i++) {
        from = from || (slice_equal(grant->from[i].group, from_group) &&
                        slice_equal(grant->from[i].kind, from_kind) &&
                        slice_equal(grant->from[i].namespace, from_namespace));
    }
    for (size_t i = 0; i < grant->to_count; i++) {
        target = target || (slice_equal(grant->to[i].group, to->group) &&
                            slice_equal(grant->to[i].kind, to->kind) &&
                            (!grant->to[i].name.len || slice_equal(grant->to[i].name, to->name)));
    }
    return from && target;
}

bool kube_reference_granted(const struct kube *kube, struct slice from_group,
                            struct slice from_kind, struct slice from_namespace,
                            const struct object_ref *to)
{
    for (size_t i = 0; i < kube->counts[KUBE_REFERENCE_GRANT]; i++) {
        const struct reference_grant *grant =
            (const struct reference_grant *)(const void *)kube->objects[KUBE_REFERENCE_GRANT][i];
        if (slice_equal(grant->object.namespace, to->namespace) &&
            grant_permits(grant, from_group, from_kind, from_namespace, to)) {
            return true;
        }
    }
    return false;
}

enum endpoints_state kube_endpoints(const struct kube *kube, const struct service *service)
{
    char key[600];
    int length = snprintf(key, sizeof key, SLICE_FMT "\n" SLICE_FMT,
                          SLICE_ARG(service->object.namespace), SLICE_ARG(service->object.name));
    const struct endpoint_group *group =
        length > 0 && (size_t)length < sizeof key
            ? map_get(kube->slices_by_service, (struct slice){key, (size_t)length})
            : NULL;
    if (!group) {
        return ENDPOINTS_ASSUMED;
    }
    for (size_t i = 0; i < group->count; i++) {
        if (group->items[i]->ready_count) {
            return ENDPOINTS_READY;
        }
    }
    return ENDPOINTS_NONE;
}

static int compare_spans(struct span x, struct span y)
{
    return x.file != y.file   ? (x.file > y.file) - (x.file < y.file)
           : x.line != y.line ? (x.line > y.line) - (x.line < y.line)
                              : (x.column > y.column) - (x.column < y.column);
}

static int by_span(const void *a, const void *b, void *context)
{
    (void)context;
    return compare_spans((*(const struct object *const *)a)->span,
                         (*(const struct object *const *)b)->span);
}

bool object_begins_before(const struct object *object, struct span span)
{
    return object->span.file == span.file && compare_spans(object->span, span) <= 0;
}

/* The last Ingress that begins at a place, or before it in the same file; null: there is none. */
static const struct object *ingress_before(const struct ingress_places *places, struct span span)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_spans(places->items[middle]->span, span) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low && places->items[low - 1]->span.file == span.file ? places->items[low - 1] : NULL;
}

static bool has_annotation_at(const struct object *object, struct span span)
{
    for (size_t i = 0; object && i < object->annotations.count; i++) {
        if (span_equal(object->annotations.items[i].span, span)) {
            return true;
        }
    }
    return false;
}

const struct object *ingress_annotated(struct arena *arena, const struct kube *kube,
                                       struct ingress_places *places, const struct object *likely,
                                       struct span span)
{
    if (likely && object_begins_before(likely, span) && has_annotation_at(likely, span)) {
        return likely;
    }
    if (kube && !places->items) {
        places->count = kube->counts[KUBE_INGRESS];
        places->items = ARENA_ARRAY(arena, const struct object *, places->count + 1);
        for (size_t i = 0; i < places->count; i++) {
            places->items[i] = kube->objects[KUBE_INGRESS][i];
        }
        sort_stable(arena, places->items, places->count, sizeof(const struct object *), by_span,
                    NULL);
    }
    const struct object *owner = kube ? ingress_before(places, span) : NULL;
    return has_annotation_at(owner, span) ? owner : NULL;
}
