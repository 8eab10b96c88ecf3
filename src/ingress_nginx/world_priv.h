/* A small cluster written in one line for each Ingress, for the tests of this module.
 *
 *     "web h; P /foo a; E /bar b; @rewrite-target /x; host g; P / c; tls h,g secret; default d"
 *
 * name and host; paths by type (P, E, I) with their Service; "host" begins another rule; "@" is an
 * annotation. A name that begins with "~" has no creation time; the others are the younger the later
 * they come. Each Service that is named exists. */
#ifndef GATESHIFT_INGRESS_NGINX_WORLD_PRIV_H
#define GATESHIFT_INGRESS_NGINX_WORLD_PRIV_H

#include "document/document.h"
#include "evaluate/evaluate.h"
#include "ingress_nginx/ingress_nginx.h"
#include "input/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct run run;
    struct kube kube;
    struct ingress_claims claims;
    struct route_table table;
    struct evaluator *evaluator;
    /* set before world_open_with */
    struct ingress_nginx_options options;
};

static inline struct slice world_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    size_t end = slice_find(*rest, ' ', 0);
    struct slice word = slice_sub(*rest, 0, end);
    *rest = slice_trim(slice_sub(*rest, end, rest->len));
    return word;
}

static inline void world_rule(struct buf *out, struct slice host)
{
    buf_puts(out, "  - http:\n      paths:\n");
    if (host.len && !slice_is(host, "-")) {
        buf_clear(out);
        buf_printf(out, "  - host: \"" SLICE_FMT "\"\n    http:\n      paths:\n", SLICE_ARG(host));
    }
}

static inline void world_service(struct buf *services, struct slice name)
{
    buf_printf(services,
               "---\napiVersion: v1\nkind: Service\nmetadata: {name: " SLICE_FMT
               ", namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n",
               SLICE_ARG(name));
}

struct world_text {
    struct buf annotations, rules, rest, services;
    bool any_rule;
};

static inline void world_item(struct run *run, struct world_text *text, struct slice item)
{
    struct slice rest = item, word = world_word(&rest);
    if (word.len && word.ptr[0] == '@') {
        /* in double quotes, so that any value can be given */
        buf_printf(&text->annotations, "    nginx.ingress.kubernetes.io/" SLICE_FMT ": \"",
                   SLICE_ARG(slice_sub(word, 1, word.len)));
        for (size_t i = 0; i < rest.len; i++) {
            buf_puts(&text->annotations, rest.ptr[i] == '"' || rest.ptr[i] == '\\' ? "\\" : "");
            buf_putc(&text->annotations, rest.ptr[i]);
        }
        buf_puts(&text->annotations, "\"\n");
    } else if (slice_is(word, "host")) {
        struct buf one;
        buf_init(&one, 4096);
        world_rule(&one, rest);
        buf_put(&text->rules, buf_slice(&one));
        buf_release(&one);
    } else if (slice_is(word, "tls")) {
        struct slice hosts = world_word(&rest);
        buf_printf(&text->rest, "  tls:\n  - {hosts: [\"" SLICE_FMT "\"]%s" SLICE_FMT "}\n",
                   SLICE_ARG(hosts), rest.len ? ", secretName: " : "", SLICE_ARG(rest));
    } else if (slice_is(word, "default")) {
        buf_printf(&text->rest,
                   "  defaultBackend: {service: {name: " SLICE_FMT ", port: {number: 80}}}\n",
                   SLICE_ARG(rest));
        world_service(&text->services, rest);
    } else {
        struct slice path = world_word(&rest);
        const char *type = slice_is(word, "E")   ? "Exact"
                           : slice_is(word, "I") ? "ImplementationSpecific"
                                                 : "Prefix";
        buf_printf(&text->rules,
                   "      - path: '" SLICE_FMT
                   "'\n        pathType: %s\n        backend: {service: "
                   "{name: " SLICE_FMT ", port: {number: 80}}}\n",
                   SLICE_ARG(path), type, SLICE_ARG(rest));
        world_service(&text->services, rest);
        text->any_rule = true;
    }
    (void)run;
}

static inline struct slice world_ingress(struct run *run, const char *line, size_t age,
                                         struct buf *services)
{
    struct world_text text = {.any_rule = false};
    struct slice rest = slice_of(line), item;
    buf_init(&text.annotations, BUF_TEXT_MAX);
    buf_init(&text.rules, BUF_TEXT_MAX);
    buf_init(&text.rest, BUF_TEXT_MAX);
    buf_init(&text.services, BUF_TEXT_MAX);
    (void)slice_split(&rest, ';', &item);
    struct slice name = world_word(&item);
    bool aged = !slice_starts(name, SLICE("~"));
    name = aged ? name : slice_sub(name, 1, name.len);
    struct buf first;
    buf_init(&first, 4096);
    world_rule(&first, item);
    while (slice_split(&rest, ';', &item)) {
        world_item(run, &text, slice_trim(item));
    }
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    buf_printf(&out,
               "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: " SLICE_FMT
               "\n  namespace: shop\n",
               SLICE_ARG(name));
    if (aged) {
        buf_printf(&out, "  creationTimestamp: \"2024-01-01T00:00:%02zuZ\"\n", age);
    }
    buf_printf(&out, "  annotations:\n    kubernetes.io/ingress.class: nginx\n" SLICE_FMT "spec:\n",
               SLICE_ARG(buf_slice(&text.annotations)));
    buf_put(&out, buf_slice(&text.rest));
    if (text.any_rule) {
        buf_puts(&out, "  rules:\n");
        buf_put(&out, buf_slice(&first));
        buf_put(&out, buf_slice(&text.rules));
    }
    struct slice result = arena_copy(run->arena, buf_slice(&out));
    buf_put(services, buf_slice(&text.services));
    buf_release(&out);
    buf_release(&first);
    buf_release(&text.annotations);
    buf_release(&text.rules);
    buf_release(&text.rest);
    buf_release(&text.services);
    return result;
}

/* `yaml` adds objects that the lines cannot say; the lines end with a null. */
static inline void world_open_with(struct world *world, bool closed, const char *yaml,
                                   const char *const *lines)
{
    const struct limits limits = limits_default();
    *world = (struct world){.options = world->options};
    run_open(&world->run, &limits, NULL, NULL);
    world->run.closed = closed;
    struct buf text, services;
    buf_init(&text, BUF_TEXT_MAX);
    buf_init(&services, BUF_TEXT_MAX);
    for (size_t i = 0; lines[i]; i++) {
        buf_put(&text, world_ingress(&world->run, lines[i], i, &services));
    }
    buf_puts(&text, yaml);
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(&world->run, &input, SLICE("world.yaml"),
                   arena_copy(world->run.arena, buf_slice(&text)));
    /* one Service may be named by several lines; a file each, so that the first one counts */
    input_add_text(&world->run, &input, SLICE("services.yaml"),
                   arena_copy(world->run.arena, buf_slice(&services)));
    buf_release(&text);
    buf_release(&services);
    for (size_t i = 0; i < input.count; i++) {
        document_read(&world->run, &input.files[i], &documents);
    }
    kube_init(&world->run, &world->kube);
    kube_read(&world->run, &documents, SLICE("default"), &world->kube);
    kube_finish(&world->run, &world->kube);
    struct ingress_choice choice = {.taker_count = 0};
    ingress_nginx_choose(&world->run, &world->kube, &world->options, &choice);
    ingress_claim_all(&world->run, &world->kube, &choice, &world->claims);
    route_table_open(&world->run, &world->table);
    ingress_nginx_build(&world->run, &world->kube, &world->claims, &world->options, &world->table);
    world->evaluator = evaluator_new(&world->run, &world->table);
}

static inline void world_open(struct world *world, bool closed, const char *yaml,
                              const char *const *lines)
{
    *world = (struct world){.evaluator = NULL};
    world_open_with(world, closed, yaml, lines);
}

static inline void world_close(struct world *world)
{
    route_table_close(&world->table);
    run_close(&world->run);
}

/* "POST https://h/x" or "h/x" as a request. */
static inline struct request world_request(struct slice text)
{
    struct request request = {0};
    size_t blank = slice_find(text, ' ', 0);
    if (blank < text.len) {
        request.method = slice_sub(text, 0, blank);
        text = slice_sub(text, blank + 1, text.len);
    }
    if (slice_starts(text, SLICE("https://"))) {
        request.scheme = SLICE("https");
        text = slice_sub(text, 8, text.len);
    }
    size_t slash = slice_find(text, '/', 0);
    request.host = slice_sub(text, 0, slash);
    request.target = slice_sub(text, slash, text.len);
    return request;
}

/* "a /path" (Service and path that it sees), "308 https://h", "404", or "? why". */
static inline struct slice world_outcome(struct world *world, struct request request,
                                         struct outcome *out)
{
    struct arena *arena = world->run.arena;
    request_defaults(&request);
    evaluate(world->evaluator, arena, &request, out);
    switch (out->kind) {
    case OUTCOME_FORWARD:
        return arena_printf(arena, SLICE_FMT " " SLICE_FMT, SLICE_ARG(out->backends[0].service),
                            SLICE_ARG(out->backends[0].path));
    case OUTCOME_REDIRECT:
        return arena_printf(arena, "%lld " SLICE_FMT, (long long)out->status,
                            SLICE_ARG(out->location));
    case OUTCOME_RESPOND:
        return arena_printf(arena, "%lld", (long long)out->status);
    case OUTCOME_TUNNEL:
        return SLICE("tunnel");
    case OUTCOME_CLOSE:
        return SLICE("close");
    case OUTCOME_UNKNOWN:
        return arena_printf(arena, "? " SLICE_FMT, SLICE_ARG(out->reason));
    }
    return SLICE("");
}

/* Requests, each with what world_outcome says of it. */
struct expectation {
    const char *request, *outcome;
};

#define WORLD(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define EXPECT(...) ((const struct expectation[]){__VA_ARGS__, {NULL, NULL}})

static inline void check_with(const char *yaml, const char *const *lines,
                              const struct expectation *expected)
{
    struct world world;
    world_open(&world, true, yaml, lines);
    for (; expected->request; expected++) {
        struct outcome out;
        struct slice seen = world_outcome(&world, world_request(slice_of(expected->request)), &out);
        if (!slice_is(seen, expected->outcome)) {
            print_error("%s: want '%s', got '" SLICE_FMT "'\n", expected->request,
                        expected->outcome, SLICE_ARG(seen));
        }
        assert_true(slice_is(seen, expected->outcome));
    }
    world_close(&world);
}

static inline void check(const char *const *lines, const struct expectation *expected)
{
    check_with("", lines, expected);
}

#endif
