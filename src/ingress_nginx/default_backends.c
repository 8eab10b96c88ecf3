#include "ingress_nginx/model_priv.h"

/* Services that answer where nobody else does: that of an annotation, and that of the flag. */

bool location_default_service(const struct model *model, const struct location *location,
                              struct backend *out)
{
    struct slice name = location->item
                            ? annotation_text(location->item->annotations, AN_default_backend)
                            : SLICE_ABSENT;
    if (!name.ptr || !location->has_backend) {
        return false;
    }
    const struct object *ingress = &location->item->ingress->object;
    const struct service *service = (const struct service *)(const void *)kube_find(
        model->kube, KUBE_SERVICE, ingress->namespace, name);
    if (!service || service->port_count == 0) {
        return false;
    }
    const struct ingress_backend backend = {
        .present = true, .service = name, .port = service->ports[0].port};
    *out = model_backend(model, ingress->namespace, &backend);
    return !out->status;
}

bool location_stand_in(const struct model *model, const struct location *location,
                       struct backend *out)
{
    return location->backend.status && location_default_service(model, location, out);
}

/* The flag default-backend-service: its first port; a server of the controller's own answers 404 where it does
 * not serve (controller.go, getDefaultUpstream). */
bool model_default_backend(const struct model *model, struct backend *out)
{
    struct slice name = model->settings->default_backend;
    size_t slash = slice_find(name, '/', 0);
    if (slash == name.len) {
        return false;
    }
    struct slice namespace = slice_sub(name, 0, slash);
    const struct service *service = (const struct service *)(const void *)kube_find(
        model->kube, KUBE_SERVICE, namespace, slice_sub(name, slash + 1, name.len));
    const struct ingress_backend backend = {
        .present = true,
        .service = slice_sub(name, slash + 1, name.len),
        .port = service && service->port_count ? service->ports[0].port : 80};
    *out = model_backend(model, namespace, &backend);
    return !out->status;
}
