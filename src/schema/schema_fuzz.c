/* Valid objects, changed by a program that the bytes spell: no change does harm, judging twice says the same,
 * what is called valid has no fault, and an object that is written and read again is judged alike.
 *
 * Four bytes make one step: what to do, where in the tree (two bytes), and with which word. */
#include "schema/schema.h"

#include "input/input.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, STEP_BYTES = 4, NODES_MAX = 4000, WRITTEN_MAX = 1 << 22 };

static const char *const objects[] = {
    "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web, namespace: "
    "shop, labels: "
    "{a: b}}, spec: {parentRefs: [{name: edge, sectionName: http}, {name: edge, sectionName: "
    "https}], hostnames: "
    "[a.example.com, '*.example.com'], rules: [{matches: [{path: {type: PathPrefix, value: /a}, "
    "method: GET, headers: "
    "[{name: a, value: b}, {name: c, type: RegularExpression, value: 'd.*'}], queryParams: [{name: "
    "q, value: r}]}], "
    "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, "
    "replacePrefixMatch: /}}}, {type: "
    "RequestHeaderModifier, requestHeaderModifier: {set: [{name: X, value: v}], remove: [Z]}}], "
    "timeouts: {request: 10s, "
    "backendRequest: 5s}, backendRefs: [{name: a, port: 80, weight: 9}, {name: b, port: 80, "
    "weight: 1}]}]}}",
    "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: edge}, spec: "
    "{gatewayClassName: a, "
    "addresses: [{type: IPAddress, value: 10.0.0.1}], listeners: [{name: http, port: 80, protocol: "
    "HTTP, allowedRoutes: "
    "{namespaces: {from: Selector, selector: {matchLabels: {a: b}}}, kinds: [{kind: HTTPRoute}]}}, "
    "{name: https, port: "
    "443, hostname: a.example.com, protocol: HTTPS, tls: {mode: Terminate, certificateRefs: "
    "[{name: a}]}}]}}",
    "{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: a}, spec: "
    "{targetRefs: [{group: "
    "'', kind: Service, name: a}], validation: {hostname: a.example.com, wellKnownCACertificates: "
    "System}}}",
    "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: BackendTrafficPolicy, metadata: {name: a}, "
    "spec: {targetRefs: "
    "[{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}], retry: {numRetries: 2, "
    "retryOn: {httpStatusCodes: "
    "[503], triggers: [connect-failure]}}, timeout: {http: {requestTimeout: 10s}}}}",
    "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: a}, spec: {host: "
    "a, trafficPolicy: "
    "{loadBalancer: {consistentHash: {httpCookie: {name: a, ttl: 0s}}}, outlierDetection: "
    "{consecutive5xxErrors: 5}}}}",
    "{apiVersion: gateway.nginx.org/v1alpha1, kind: ClientSettingsPolicy, metadata: {name: a}, "
    "spec: {targetRef: {group: "
    "gateway.networking.k8s.io, kind: Gateway, name: a}, body: {maxSize: 8m, timeout: 30s}}}",
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, annotations: {a: b}}, "
    "spec: "
    "{ingressClassName: nginx, tls: [{hosts: [a.example.com], secretName: a}], rules: [{host: "
    "a.example.com, http: {paths: "
    "[{path: /a, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}}",
    "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {a: b}, ports: [{name: "
    "http, port: 80, "
    "targetPort: http}, {name: https, port: 443, targetPort: 8443}]}}",
};

static const char *const words[] = {
    "",
    "a",
    "name",
    "*",
    "*.a.b",
    "10.0.0.1",
    "::1",
    "/",
    "/a/b",
    "0s",
    "1h",
    "999999h",
    "80",
    "1.5",
    "(",
    "\xc3\xa4\xe2\x82\xac",
    "Exact",
    "Prefix",
    "HTTP",
    "HTTPS",
    "TLS",
    "Terminate",
    "Service",
    "Gateway",
    "type",
    "value",
    "port",
    "weight",
    "path",
    "filters",
    "matches",
    "hostname",
    "spec",
    "status",
    "kind",
    "metadata",
    "rules",
    "targetRefs",
    "RequestMirror",
    "CORS",
};

/* ---- changes ------------------------------------------------------------------------------ */

struct change {
    struct arena *arena;
    struct node **slots[NODES_MAX]; /* where each value of the tree hangs */
    size_t count;
};

static void collect(struct change *c, struct node **slot)
{
    struct node *node = *slot;
    if (c->count >= NODES_MAX) {
        return;
    }
    c->slots[c->count++] = slot;
    for (uint32_t i = 0; node->kind == NODE_LIST && i < node->count; i++) {
        collect(c, &node->items[i]);
    }
    for (uint32_t i = 0; node->kind == NODE_MAP && i < node->count; i++) {
        collect(c, &node->pairs[i].value);
    }
}

static struct node *null_node(struct arena *arena)
{
    struct node *node = node_bool(arena, false);
    node->kind = NODE_NULL;
    node->text = SLICE("null");
    return node;
}

/* A text of a length that passes one limit or another. */
static struct node *long_text(struct arena *arena, uint8_t by)
{
    size_t length = (size_t)by * 33;
    char *bytes = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = 'a';
    }
    return node_string(arena, (struct slice){bytes, length});
}

static void remove_entry(struct node *node, uint8_t which)
{
    if (node->kind == NODE_MAP && node->count) {
        node->pairs[which % node->count] = node->pairs[node->count - 1];
        node->count--;
    } else if (node->kind == NODE_LIST && node->count) {
        node->items[which % node->count] = node->items[node->count - 1];
        node->count--;
    }
}

/* Containers that the reader made have no room, so what grows is copied. */
static void grow(struct arena *arena, struct node **slot, struct slice key, struct node *value)
{
    const struct node *old = *slot;
    struct node *copy = old->kind == NODE_MAP ? node_map(arena) : node_list(arena);
    for (uint32_t i = 0; i < old->count; i++) {
        if (old->kind == NODE_MAP) {
            node_set_slice(arena, copy, old->pairs[i].key, old->pairs[i].value);
        } else {
            node_add(arena, copy, old->items[i]);
        }
    }
    if (old->kind == NODE_MAP) {
        node_set_slice(arena, copy, key, value);
    } else {
        node_add(arena, copy, value);
    }
    *slot = copy;
}

static void step(struct change *c, struct node **root, const uint8_t *bytes)
{
    struct arena *arena = c->arena;
    c->count = 0;
    collect(c, root);
    struct node **slot = c->slots[(bytes[1] * 256u + bytes[2]) % c->count];
    struct slice word = slice_of(words[bytes[3] % ARRAY_LEN(words)]);
    bool holds = (*slot)->kind == NODE_MAP || (*slot)->kind == NODE_LIST;
    switch (bytes[0] % 9) {
    case 0:
        remove_entry(*slot, bytes[3]);
        return;
    case 1: /* another of the same, or a field with a copy of some value */
        if (holds && c->count < NODES_MAX / 4) {
            grow(arena, slot, word, node_copy(arena, *c->slots[bytes[3] % c->count]));
        }
        return;
    case 2:
        *slot = node_string(arena, word);
        return;
    case 3:
        *slot = node_int(arena, (int64_t)bytes[3] * (bytes[2] % 2 ? 1 : 1000003) - 1);
        return;
    case 4:
        *slot = node_bool(arena, bytes[3] % 2);
        return;
    case 5:
        *slot = null_node(arena);
        return;
    case 6:
        *slot = bytes[3] % 2 ? node_map(arena) : node_list(arena);
        return;
    case 7:
        *slot = long_text(arena, bytes[3]);
        return;
    default:
        if ((*slot)->kind == NODE_MAP && c->count < NODES_MAX / 4) {
            grow(arena, slot, word, node_string(arena, SLICE("a")));
        }
        return;
    }
}

/* ---- what has to hold ---------------------------------------------------------------------- */

static struct node *read_text(struct run *run, struct slice text)
{
    const struct input_file file = {.name = SLICE("fuzz"), .text = text};
    struct documents documents = {0};
    document_read(run, &file, &documents);
    return documents.count == 1 ? documents.roots[0] : NULL;
}

static enum schema_verdict judge(struct run *run, struct schema *schema, const struct node *root,
                                 size_t *errors)
{
    const struct node *kind = node_get(root, "kind"), *version = node_get(root, "apiVersion");
    size_t before = diag_count_severity(run->diag, SEVERITY_ERROR);
    const struct schema_object object = {.root = root,
                                         .kind = kind ? kind->text : SLICE(""),
                                         .api_version = version ? version->text : SLICE(""),
                                         .subject = SLICE("fuzz")};
    enum schema_verdict verdict = schema_judge(schema, &object);
    *errors = diag_count_severity(run->diag, SEVERITY_ERROR) - before;
    if ((verdict == SCHEMA_INVALID) != (*errors > 0)) {
        abort();
    }
    return verdict;
}

static void check(struct run *run, struct schema *schema, const struct node *root)
{
    size_t first, second, third;
    struct buf text;
    enum schema_verdict verdict = judge(run, schema, root, &first);
    if (judge(run, schema, root, &second) != verdict || first != second) {
        abort();
    }
    buf_init(&text, WRITTEN_MAX);
    document_write_yaml(root, &text);
    struct node *again = text.failed ? NULL : read_text(run, buf_slice(&text));
    if (!text.failed &&
        (!again || judge(run, schema, again, &third) != verdict || first != third)) {
        abort();
    }
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run;
    struct limits limits = limits_default();
    struct change change;
    size_t errors;
    if (size < 2 || size > 2 + STEPS_MAX * STEP_BYTES) {
        return 0;
    }
    run_open(&run, &limits, NULL, NULL);
    const struct schema_release release = {
        SCHEMA_MINOR_LEAST + data[1] % (SCHEMA_MINOR_MOST - SCHEMA_MINOR_LEAST + 1), true};
    struct schema *schema = schema_open(&run, &release);
    const char *text = objects[data[0] % ARRAY_LEN(objects)];
    struct node *root = read_text(&run, slice_of(text));
    if (!root || (release.minor == SCHEMA_MINOR_MOST &&
                  judge(&run, schema, root, &errors) != SCHEMA_VALID)) {
        abort();
    }
    change.arena = run.arena;
    for (size_t at = 2; at + STEP_BYTES <= size; at += STEP_BYTES) {
        step(&change, &root, data + at);
    }
    if (root->kind == NODE_MAP) {
        check(&run, schema, root);
    }
    schema_close(schema);
    run_close(&run);
    return 0;
}
