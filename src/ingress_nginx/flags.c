#include "ingress_nginx/model_priv.h"

/* Flags of the controller (pkg/flags/flags.go): those of its Deployment or DaemonSet, if the input has it, and
 * those that the user gives. */

enum flag_treat {
    FLAG_SWITCH, /* sets a bool of settings */
    FLAG_TEXT,   /* sets a text of settings */
    FLAG_QUIET   /* changes no answer */
};
#define FLAG(name, treat, member)                                                                  \
    {                                                                                              \
        name, FLAG_##treat, offsetof(struct settings, member)                                      \
    }
#define QUIET(name)                                                                                \
    {                                                                                              \
        name, FLAG_QUIET, 0                                                                        \
    }
static const struct flag {
    const char *name;
    enum flag_treat treat;
    size_t offset;
} flags[] = {
    FLAG("enable-ssl-passthrough", SWITCH, ssl_passthrough),
    FLAG("enable-annotation-validation", SWITCH, validates),
    FLAG("deep-inspect", SWITCH, inspects),
    FLAG("disable-catch-all", SWITCH, no_catch_all),
    FLAG("watch-ingress-without-class", SWITCH, takes_classless),
    FLAG("disable-svc-external-name", SWITCH, no_external_names),
    FLAG("default-backend-service", TEXT, default_backend),
    FLAG("default-ssl-certificate", TEXT, default_certificate),
    FLAG("annotations-prefix", TEXT, prefix),
    FLAG("watch-namespace", TEXT, watched),
    FLAG("watch-namespace-selector", TEXT, watched_selector),
    FLAG("tcp-services-configmap", TEXT, tcp_services),
    FLAG("udp-services-configmap", TEXT, udp_services),
    FLAG("health-check-path", TEXT, health_path),
    FLAG("http-port", TEXT, http_port),
    FLAG("configmap", TEXT, config_name),
    FLAG("ingress-class", TEXT, class_word),
    FLAG("controller-class", TEXT, class_controller),
    FLAG("ingress-class-by-name", SWITCH, class_by_name),
    FLAG("https-port", TEXT, https_port),
    QUIET("apiserver-host"),
    QUIET("certificate-authority"),
    QUIET("kubeconfig"),
    QUIET("publish-service"),
    QUIET("sync-period"),
    QUIET("profiling"),
    QUIET("health-check-timeout"),
    QUIET("update-status"),
    QUIET("election-id"),
    QUIET("election-ttl"),
    QUIET("update-status-on-shutdown"),
    QUIET("report-node-internal-ip-address"),
    QUIET("disable-leader-election"),
    QUIET("enable-ssl-chain-completion"),
    QUIET("sync-rate-limit"),
    QUIET("publish-status-address"),
    QUIET("enable-metrics"),
    QUIET("metrics-per-host"),
    QUIET("metrics-per-undefined-host"),
    QUIET("report-status-classes"),
    QUIET("time-buckets"),
    QUIET("length-buckets"),
    QUIET("size-buckets"),
    QUIET("bucket-factor"),
    QUIET("max-buckets"),
    QUIET("exclude-socket-metrics"),
    QUIET("monitor-max-batch-size"),
    QUIET("ssl-passthrough-proxy-port"),
    QUIET("default-server-port"),
    QUIET("healthz-port"),
    QUIET("healthz-host"),
    QUIET("validating-webhook"),
    QUIET("validating-webhook-certificate"),
    QUIET("validating-webhook-key"),
    QUIET("disable-full-test"),
    QUIET("status-port"),
    QUIET("stream-port"),
    QUIET("internal-logger-address"),
    QUIET("profiler-port"),
    QUIET("profiler-address"),
    QUIET("status-update-interval"),
    QUIET("shutdown-grace-period"),
    QUIET("post-shutdown-grace-period"),
    QUIET("dynamic-configuration-retries"),
    QUIET("disable-sync-events"),
    QUIET("enable-topology-aware-routing"),
    QUIET("maxmind-edition-ids"),
    QUIET("v"),
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

/* "--name", "--name=value" or "-name" (spf13/pflag); a value may be the next word. */
static void read_flag(struct run *run, struct slice text, struct slice next, struct span span,
                      struct slice subject, struct settings *out)
{
    if (!slice_starts(text, SLICE("-")) && span.line) {
        return; /* the program, or the value of the flag before */
    }
    while (slice_starts(text, SLICE("-"))) {
        text = slice_sub(text, 1, text.len);
    }
    size_t equals = slice_find(text, '=', 0);
    struct slice name = slice_sub(text, 0, equals);
    struct slice value = slice_sub(text, equals + 1, text.len);
    const struct flag *flag = find_flag(name);
    void *slot = flag ? (char *)out + flag->offset : NULL;
    if (!flag && run->diag) {
        const char *names[ARRAY_LEN(flags)];
        for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
            names[i] = flags[i].name;
        }
        const char *close = diag_closest(name, names, ARRAY_LEN(flags));
        diag_at(run->diag, DIAG_N033, span, subject,
                "the controller has no flag --" SLICE_FMT "%s%s%s", SLICE_ARG(name),
                close ? "; did you mean --" : ", so nothing is known of what it does",
                close ? close : "", close ? "?" : "");
    } else if (!flag) {
        return;
    } else if (flag->treat == FLAG_SWITCH) {
        *(bool *)slot = !is_off(value);
    } else if (flag->treat == FLAG_TEXT) {
        *(struct slice *)slot = equals < text.len ? value : next;
    }
}

static const struct node *words_of(const struct node *container, const char *field)
{
    const struct node *words = node_get(container, field);
    return words && words->kind == NODE_LIST ? words : NULL;
}

/* By the image, or by the program where the image is a copy with a name of its own. */
static bool is_controller(const struct node *container)
{
    static const char *const fields[] = {"command", "args"};
    const struct node *image = node_get(container, "image");
    bool is = image && image->kind == NODE_STRING &&
              (slice_contains(image->text, SLICE("ingress-nginx/controller")) ||
               slice_contains(image->text, SLICE("nginx-ingress-controller")));
    for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
        const struct node *words = words_of(container, fields[f]);
        is = is || (words && words->count && words->items[0]->kind == NODE_STRING &&
                    slice_ends(words->items[0]->text, SLICE("/nginx-ingress-controller")));
    }
    return is;
}

/* "v1.13.3" of "registry.k8s.io/ingress-nginx/controller:v1.13.3@sha256:...", absent where the tag says none. */
static struct slice image_version(const struct node *container)
{
    const struct node *image = node_get(container, "image");
    struct slice text = image && image->kind == NODE_STRING ? image->text : SLICE("");
    text = slice_sub(text, 0, slice_find(text, '@', 0));
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':' && text.ptr[colon - 1] != '/') {
        colon--;
    }
    struct slice tag = slice_sub(text, colon, text.len);
    tag = slice_sub(tag, 0, slice_find(tag, '-', 0)); /* "v1.13.3-chroot" */
    size_t digit = slice_starts(tag, SLICE("v"));
    bool is = colon && text.ptr[colon - 1] == ':' && digit < tag.len && tag.ptr[digit] >= '0' &&
              tag.ptr[digit] <= '9';
    return is ? tag : SLICE_ABSENT;
}

/* "$(POD_NAMESPACE)/tcp-services": the kubelet fills in the namespace of the pod, as charts of the controller
 * ask it to. */
static struct slice expand(struct run *run, struct slice text, struct slice namespace)
{
    const struct slice variable = SLICE("$(POD_NAMESPACE)");
    for (size_t at = slice_find(text, '$', 0); at < text.len; at = slice_find(text, '$', at + 1)) {
        struct slice rest = slice_sub(text, at, text.len);
        if (slice_starts(rest, variable)) {
            return ARENA_JOIN(run->arena, slice_sub(text, 0, at), namespace,
                              slice_sub(rest, variable.len, rest.len));
        }
    }
    return text;
}

static void read_words(struct run *run, const struct object *object, const struct node *words,
                       struct settings *out)
{
    for (size_t a = 0; words && a < words->count; a++) {
        const struct node *next = a + 1 < words->count ? words->items[a + 1] : NULL;
        if (words->items[a]->kind == NODE_STRING) {
            struct slice value = next && next->kind == NODE_STRING ? next->text : SLICE("");
            read_flag(run, expand(run, words->items[a]->text, object->namespace),
                      expand(run, value, object->namespace), words->items[a]->span, object->subject,
                      out);
        }
    }
}

static void read_workload(struct run *run, const struct object *object, struct settings *out)
{
    const struct node *pod = node_get(node_get(node_get(object->root, "spec"), "template"), "spec");
    const struct node *containers = words_of(pod, "containers");
    for (size_t i = 0; containers && i < containers->count; i++) {
        if (is_controller(containers->items[i])) {
            out->has_workload = true;
            read_words(run, object, words_of(containers->items[i], "command"), out);
            read_words(run, object, words_of(containers->items[i], "args"), out);
        }
    }
}

static bool is_workload(const struct object *object)
{
    return slice_is(object->kind_name, "Deployment") || slice_is(object->kind_name, "DaemonSet");
}

struct image_version flags_version(const struct kube *kube)
{
    struct image_version found = {SLICE_ABSENT, NULL};
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        const struct node *spec = is_workload(object) ? node_get(object->root, "spec") : NULL;
        const struct node *pod = node_get(node_get(spec, "template"), "spec");
        const struct node *containers = words_of(pod, "containers");
        for (size_t c = 0; containers && c < containers->count; c++) {
            const struct node *container = containers->items[c];
            if (!is_controller(container)) {
                continue;
            }
            struct slice version = image_version(container);
            if (!version.ptr || (found.text.ptr && !slice_equal(version, found.text))) {
                return (struct image_version){SLICE_ABSENT, NULL};
            }
            found = (struct image_version){version, node_get(container, "image")};
        }
    }
    return found;
}

static void read_given(struct run *run, const struct ingress_nginx_options *options,
                       struct settings *out)
{
    for (size_t i = 0; i < options->flag_count; i++) {
        read_flag(run, options->flags[i], SLICE(""), SPAN_NONE, SLICE_ABSENT, out);
    }
}

void flags_read(struct run *run, const struct kube *kube,
                const struct ingress_nginx_options *options, struct settings *out)
{
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        if (is_workload(kube->objects[KUBE_OTHER][i])) {
            read_workload(run, kube->objects[KUBE_OTHER][i], out);
        }
    }
    read_given(run, options, out);
}

/* Without a flag of this kind it takes what controllers of its kind do. */
static bool says_classes(const struct settings *settings)
{
    return settings->class_word.len || settings->class_controller.len || settings->class_by_name ||
           settings->takes_classless;
}

static struct ingress_taker taker_of(const struct settings *settings)
{
    return (struct ingress_taker){
        .word = settings->class_word.len ? settings->class_word : SLICE("nginx"),
        .controller = settings->class_controller.len ? settings->class_controller
                                                     : SLICE("k8s.io/ingress-nginx"),
        .by_name = settings->class_by_name,
        .classless = settings->takes_classless};
}

void ingress_nginx_choose(struct run *run, const struct kube *kube,
                          const struct ingress_nginx_options *options,
                          struct ingress_choice *choice)
{
    struct run quiet = {.arena = run->arena, .limits = run->limits, .diag = NULL};
    const struct kube *own = options->settings ? options->settings : kube;
    struct ingress_taker *takers =
        ARENA_ARRAY(run->arena, struct ingress_taker, own->counts[KUBE_OTHER] + 1);
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < own->counts[KUBE_OTHER]; i++) {
        struct settings settings = {.has_workload = false};
        if (is_workload(own->objects[KUBE_OTHER][i])) {
            read_workload(&quiet, own->objects[KUBE_OTHER][i], &settings);
        }
        if (settings.has_workload) {
            read_given(&quiet, options, &settings);
            any = any || says_classes(&settings);
            takers[count++] = taker_of(&settings);
        }
    }
    if (!count) {
        struct settings settings = {.has_workload = false};
        read_given(&quiet, options, &settings);
        any = says_classes(&settings);
        takers[count++] = taker_of(&settings);
    }
    choice->takers = takers;
    choice->taker_count = any ? count : 0;
}

bool flag_info_at(size_t index, struct nginx_setting_info *out)
{
    static const char *const treatments[] = {[FLAG_SWITCH] = "It is understood.",
                                             [FLAG_TEXT] = "It is understood.",
                                             [FLAG_QUIET] = "It shows in no request."};
    if (index >= ARRAY_LEN(flags)) {
        return false;
    }
    *out = (struct nginx_setting_info){
        .name = flags[index].name, .flag = true, .treatment = treatments[flags[index].treat]};
    return true;
}
