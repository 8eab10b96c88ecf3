#include "ingress_nginx/model_priv.h"

/* Flags of the controller (pkg/flags/flags.go): those of its Deployment or DaemonSet, if the input has it, and
 * those that the user gives. */

enum flag_treat {
    FLAG_SWITCH, /* sets a member of settings */
    FLAG_OPEN    /* changes answers, and is not taken into account; all others change none */
};
static const struct flag {
    const char *name;
    enum flag_treat treat;
    size_t offset;
} flags[] = {
    {"enable-ssl-passthrough", FLAG_SWITCH, offsetof(struct settings, ssl_passthrough)},
    {"default-backend-service", FLAG_OPEN, 0},
    {"default-ssl-certificate", FLAG_OPEN, 0},
    {"disable-catch-all", FLAG_OPEN, 0},
    {"disable-svc-external-name", FLAG_OPEN, 0},
    {"enable-annotation-validation", FLAG_OPEN, 0},
    {"deep-inspect", FLAG_OPEN, 0},
    {"annotations-prefix", FLAG_OPEN, 0},
    {"watch-ingress-without-class", FLAG_OPEN, 0},
    {"watch-namespace", FLAG_OPEN, 0},
    {"watch-namespace-selector", FLAG_OPEN, 0},
    {"ingress-class-by-name", FLAG_OPEN, 0},
    {"tcp-services-configmap", FLAG_OPEN, 0},
    {"udp-services-configmap", FLAG_OPEN, 0},
    {"http-port", FLAG_OPEN, 0},
    {"https-port", FLAG_OPEN, 0},
};

static bool is_off(struct slice value)
{
    return slice_is(value, "false") || slice_is(value, "0") || slice_is(value, "f") ||
           slice_is(value, "F") || slice_is(value, "FALSE") || slice_is(value, "False");
}

static const struct flag *find_flag(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (slice_is(name, flags[i].name)) {
            return &flags[i];
        }
    }
    return NULL;
}

/* "--name", "--name=value" or "-name" (spf13/pflag). */
static void read_flag(struct run *run, struct slice text, struct span span, struct slice subject,
                      struct settings *out)
{
    while (slice_starts(text, SLICE("-"))) {
        text = slice_sub(text, 1, text.len);
    }
    size_t equals = slice_find(text, '=', 0);
    struct slice name = slice_sub(text, 0, equals);
    struct slice value = slice_sub(text, equals + 1, text.len);
    const struct flag *flag = find_flag(name);
    if (flag && flag->treat == FLAG_SWITCH) {
        *(bool *)(void *)((char *)out + flag->offset) = !is_off(value);
    } else if (flag && flag->treat == FLAG_OPEN) {
        diag_at(run->diag, DIAG_N031, span, subject,
                "the controller runs with --" SLICE_FMT ", which is not taken into account",
                SLICE_ARG(text));
    }
}

static bool is_controller(const struct node *container)
{
    const struct node *image = node_get(container, "image");
    return image && image->kind == NODE_STRING &&
           (slice_contains(image->text, SLICE("ingress-nginx/controller")) ||
            slice_contains(image->text, SLICE("nginx-ingress-controller")));
}

static void read_workload(struct run *run, const struct object *object, struct settings *out)
{
    const struct node *pod = node_get(node_get(node_get(object->root, "spec"), "template"), "spec");
    const struct node *containers = node_get(pod, "containers");
    for (size_t i = 0; containers && containers->kind == NODE_LIST && i < containers->count; i++) {
        const struct node *args = node_get(containers->items[i], "args");
        bool read = is_controller(containers->items[i]) && args && args->kind == NODE_LIST;
        for (size_t a = 0; read && a < args->count; a++) {
            if (args->items[a]->kind == NODE_STRING) {
                read_flag(run, args->items[a]->text, args->items[a]->span, object->subject, out);
            }
        }
    }
}

void flags_read(struct run *run, const struct kube *kube,
                const struct ingress_nginx_options *options, struct settings *out)
{
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (slice_is(object->kind_name, "Deployment") || slice_is(object->kind_name, "DaemonSet")) {
            read_workload(run, object, out);
        }
    }
    for (size_t i = 0; i < options->flag_count; i++) {
        read_flag(run, options->flags[i], SPAN_NONE, SLICE_ABSENT, out);
    }
}
