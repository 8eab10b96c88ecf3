/* For the tests of this module: manifests in, one request, the outcome as a short text. */
#ifndef GATESHIFT_GATEWAY_FIXTURE_PRIV_H
#define GATESHIFT_GATEWAY_FIXTURE_PRIV_H

#include "evaluate/evaluate.h"
#include "gateway_api/gateway_api.h"
#include "input/input.h"

struct fixture {
    struct run run;
    struct kube kube;
    struct route_table table;
    struct evaluator *evaluator;
    struct outcome outcome;
};

enum fixture_input { FIXTURE_CLOSED, FIXTURE_OPEN };

static inline void fixture_open(struct fixture *f, const char *profile, enum fixture_input kind,
                                const char *yaml)
{
    struct limits limits = limits_default();
    *f = (struct fixture){.evaluator = NULL};
    run_open(&f->run, &limits, NULL, NULL);
    f->run.closed = kind == FIXTURE_CLOSED;
    struct input input = {0};
    input_add_text(&f->run, &input, SLICE("test.yaml"), slice_of(yaml));
    struct documents documents = {0};
    for (size_t i = 0; i < input.count; i++) {
        document_read(&f->run, &input.files[i], &documents);
    }
    kube_init(&f->run, &f->kube);
    kube_read(&f->run, &documents, SLICE("default"), &f->kube);
    kube_finish(&f->run, &f->kube);
    route_table_open(&f->run, &f->table);
    gateway_api_build(&f->run, &f->kube, gateway_profile_find(slice_of(profile)), &f->table);
    f->evaluator = evaluator_new(&f->run, &f->table);
    diag_finish(f->run.diag);
}

static inline void fixture_close(struct fixture *f)
{
    route_table_close(&f->table);
    run_close(&f->run);
}

static inline size_t fixture_count(const struct fixture *f, enum diag_code code)
{
    size_t count = 0;
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        count += diag_get(f->run.diag, i)->code == code;
    }
    return count;
}

static inline struct request fixture_request(struct fixture *f, const char *text)
{
    struct slice rest = slice_of(text), line, method;
    struct request request = {0};
    slice_split(&rest, '\n', &line);
    slice_split(&line, ' ', &method);
    struct url url = {0};
    if (url_parse(line, &url)) {
        request = (struct request){.method = method,
                                   .scheme = url.scheme,
                                   .host = url.host,
                                   .port = url.port,
                                   .target = url.path.len ? url.path : SLICE("/")};
        if (url.query.ptr) {
            request.target = arena_printf(f->run.arena, SLICE_FMT "?" SLICE_FMT,
                                          SLICE_ARG(request.target), SLICE_ARG(url.query));
        }
    }
    while (slice_split(&rest, '\n', &line)) {
        size_t colon = slice_find(line, ':', 0);
        struct slice name = slice_sub(line, 0, colon);
        struct slice value = slice_trim(slice_sub(line, colon + 1, line.len));
        if (slice_is(name, "sni")) {
            request.sni = value;
        } else if (slice_is(name, "gateway")) {
            request.gateway = value;
        } else {
            headers_add(f->run.arena, &request.headers, name, value);
        }
    }
    request_defaults(&request);
    return request;
}

/* "GET https://host:port/path?query", then a line for each header; "sni:" and "gateway:" set those. The
 * answer: "web", "web*3 500*1", "302 http://...", "404", "close" or "unknown". */
static inline const char *fixture_ask(struct fixture *f, const char *text)
{
    struct request request = fixture_request(f, text);
    struct outcome *out = &f->outcome;
    evaluate(f->evaluator, f->run.arena, &request, out);
    struct slice answer = slice_of(outcome_name(out->kind));
    if (out->kind == OUTCOME_RESPOND) {
        answer = arena_printf(f->run.arena, "%lld", (long long)out->status);
    } else if (out->kind == OUTCOME_REDIRECT) {
        answer = arena_printf(f->run.arena, "%lld " SLICE_FMT, (long long)out->status,
                              SLICE_ARG(out->location));
    } else if (out->kind == OUTCOME_FORWARD) {
        answer = SLICE("");
        for (size_t i = 0; i < out->backend_count; i++) {
            const struct outcome_backend *b = &out->backends[i];
            struct slice name =
                b->status ? arena_printf(f->run.arena, "%lld", (long long)b->status) : b->service;
            answer = arena_printf(f->run.arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(answer),
                                  i ? " " : "", SLICE_ARG(name));
            if (out->backend_count > 1) {
                answer = arena_printf(f->run.arena, SLICE_FMT "*%llu", SLICE_ARG(answer),
                                      (unsigned long long)b->weight);
            }
        }
    }
    return arena_string(f->run.arena, answer);
}

/* A header as the backend, or the client, sees it; "-" when it is not there. */
static inline const char *fixture_header(struct fixture *f, const struct seen_headers *headers,
                                         const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, slice_of(name))) {
            return arena_string(f->run.arena,
                                headers->items[i].known ? headers->items[i].value : SLICE("?"));
        }
    }
    return "-";
}

#define GATEWAY_HEAD "apiVersion: gateway.networking.k8s.io/v1\n"
#define SERVICE(name)                                                                              \
    "apiVersion: v1\nkind: Service\nmetadata: {name: " name ", namespace: shop}\n"                 \
    "spec: {selector: {app: x}, ports: [{name: http, port: 80}]}\n---\n"
/* A Gateway `edge` with one open listener on port 80. */
#define EDGE                                                                                       \
    GATEWAY_HEAD                                                                                   \
    "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"                                     \
    "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"
/* An HTTPRoute of namespace shop on `edge`; `spec` goes on in flow style: "hostnames: [...], rules: [...]". */
#define ROUTE(name, spec)                                                                          \
    GATEWAY_HEAD "kind: HTTPRoute\nmetadata: {name: " name ", namespace: shop}\n"                  \
                 "spec: {parentRefs: [{name: edge}], " spec "}\n---\n"
#define TO(name) "backendRefs: [{name: " name ", port: 80}]"

#endif
