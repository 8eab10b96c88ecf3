#include "traffic/traffic.h"

/* cmocka needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* then */
#include <cmocka.h>
#include <string.h>

/* One host with one rule, and objects behind it. */
struct fixture {
    struct run run;
    struct kube kube;
    struct route_table table;
    struct rule_list rules;
    struct traffic traffic;
};

static struct rule *rule_add(struct fixture *f, const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&f->run, &f->rules);
    rule->match.path = (struct path_match){.kind = PATH_PREFIX_ELEMENT, .value = slice_of(path)};
    rule->origin = (struct origin){.kind = SLICE("Ingress"),
                                   .namespace = SLICE("llm"),
                                   .name = SLICE("web"),
                                   .span = {0, (uint32_t)f->rules.count, 1}};
    rule->backends = ARENA_NEW(f->run.arena, struct backend);
    rule->backend_count = 1;
    *rule->backends = (struct backend){
        .namespace = SLICE("llm"), .service = slice_of(service), .port = 80, .weight = 1};
    return rule;
}

static void fixture_open(struct fixture *f, const char *yaml)
{
    struct input input = {0};
    struct documents documents = {0};
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    kube_init(&f->run, &f->kube);
    input_add_text(&f->run, &input, SLICE("a.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_read(&f->run, &documents, SLICE("llm"), &f->kube);
    kube_finish(&f->run, &f->kube);
    assert_int_equal(diag_count_input_errors(f->run.diag), 0);
    route_table_open(&f->run, &f->table);
}

/* The same rules by http and by https, as a front end has them. */
static void fixture_read(struct fixture *f)
{
    for (int https = 0; https < 2; https++) {
        struct entry *entry = route_table_add(&f->run, &f->table);
        entry->https = https;
        entry->rules = &f->rules;
    }
    traffic_read(&f->run, &f->kube, &f->table, &f->traffic);
}

static void fixture_close(struct fixture *f)
{
    route_table_close(&f->table);
    run_close(&f->run);
}

static const struct route_timeouts long_read = {
    .source = {{"proxy-read-timeout", sizeof "proxy-read-timeout" - 1}, {0, 9, 5}},
    .read_ms = 3600000};

static void test_traffic_paths_of_model_apis(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool alone, with_time; /* looks like model serving */
    } cases[] = {
        {"/v1/chat/completions", true, true},
        {"/v1/chat", true, true},
        {"/v1/chat/", true, true},
        {"/v1/chat/completions/", true, true},
        {"/v1/completions", true, true},
        {"/v1/embeddings", true, true},
        {"/v2/models/bert/infer", true, true},
        {"/generate_stream", true, true},
        {"/generate", false, true},
        {"/api/generate", false, true},
        {"/api/chat", false, true},
        {"/predictions/bert", false, true},
        {"/v1/models", false, true},
        {"/v1", false, false},
        {"/api", false, false},
        {"/", false, false},
        {"/generated", false, false},
        {"/v1/chatter", false, false},
        {"/shop/v1/chat/completions", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int time = 0; time < 2; time++) {
            struct fixture f;
            fixture_open(&f, "");
            struct rule *rule = rule_add(&f, cases[i].path, "web");
            rule->effects.timeouts = time ? &long_read : NULL;
            fixture_read(&f);
            bool model = f.traffic.count && f.traffic.routes[0].model_serving;
            if (model != (time ? cases[i].with_time : cases[i].alone)) {
                fail_msg("%s: %d", cases[i].path, model);
            }
            fixture_close(&f);
        }
    }
}

static void test_traffic_expressions_name_the_path(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "");
    rule_add(&f, "/api/v1/chat/completions(/|$)(.*)", "web")->match.path.kind = PATH_REGEX;
    fixture_read(&f);
    assert_int_equal(f.traffic.count, 1);
    assert_true(f.traffic.routes[0].model_serving);
    fixture_close(&f);
}

/* A Service "x" that the words of a manifest make a model server, or not. */
static const struct {
    const char *yaml, *server;
    uint32_t line;
} servers[] = {
    {"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: a}\nspec: {template: {metadata: "
     "{labels: {app: "
     "x}},\n  spec: {containers: [{image: proxy}, {image: 'vllm/vllm-openai:v0.9.1'}]}}}\n",
     "vLLM", 5},
    {"kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: a}\nspec: {template: {metadata: "
     "{labels: {app: "
     "x}},\n  spec: {containers: [{image: 'ollama/ollama'}]}}}\n",
     "Ollama", 5},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'ghcr.io/huggingface/text-generation-inference:3'}]}\n",
     "Text Generation Inference", 4},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'nvcr.io/nvidia/tritonserver:25.06-py3'}]}\n",
     "Triton", 4},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'ghcr.io/ggml-org/llama.cpp:server'}]}\n",
     "llama.cpp", 4},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'lmsysorg/sglang:latest'}]}\n",
     "SGLang", 4},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'pytorch/torchserve'}]}\n",
     "TorchServe", 4},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x,\n  kaito.sh/workspace: "
     "w}}\nspec: "
     "{containers: [{image: own}]}\n",
     "KAITO", 4},
    {"kind: InferenceService\napiVersion: serving.kserve.io/v1beta1\nmetadata: {name: x}\nspec: "
     "{}\n",
     "KServe", 1},
    {"kind: RayService\napiVersion: ray.io/v1\nmetadata: {name: x}\nspec: {}\n", NULL, 0},
    /* another namespace, other labels, words inside of words */
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, namespace: other, labels: {app: x}}\nspec: "
     "{containers: "
     "[{image: vllm}]}\n",
     NULL, 0},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: y}}\nspec: {containers: "
     "[{image: vllm}]}\n",
     NULL, 0},
    {"kind: Pod\napiVersion: v1\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: "
     "[{image: "
     "'example/x-ray:1'}, {image: patriton}]}\n",
     NULL, 0},
};

static void test_traffic_servers_behind_a_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        struct fixture f;
        struct run run;
        run_open(&run, NULL, NULL, NULL);
        struct slice yaml = arena_printf(
            run.arena,
            "%s---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: "
            "{app: x}, ports: [{port: 80}]}\n",
            servers[i].yaml);
        fixture_open(&f, arena_string(run.arena, yaml));
        rule_add(&f, "/", "x");
        fixture_read(&f);
        assert_int_equal(f.traffic.count, servers[i].server != NULL);
        if (servers[i].server) {
            const struct traffic_route *route = &f.traffic.routes[0];
            assert_true(slice_is(route->server, servers[i].server));
            assert_true(route->model_serving);
            assert_int_equal(route->signs[0].span.line, servers[i].line);
        }
        fixture_close(&f);
        run_close(&run);
    }
}

static void test_traffic_server_by_name_or_operator_alone(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "kind: RayService\napiVersion: ray.io/v1\nmetadata: {name: llm}\nspec: {}\n");
    rule_add(&f, "/a", "my-vllm-svc");
    rule_add(&f, "/b", "llm-serve-svc");
    rule_add(&f, "/c", "shop");
    fixture_read(&f);
    assert_int_equal(f.traffic.count, 2);
    assert_true(slice_is(f.traffic.routes[0].server, "vLLM"));
    assert_true(slice_is(f.traffic.routes[1].server, "Ray"));
    fixture_close(&f);
}

static void test_traffic_signs_of_effects_have_their_places(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "");
    static const struct route_buffering buffering = {
        .source = {{"proxy-buffering", sizeof "proxy-buffering" - 1}, {0, 11, 5}}, .request = true};
    static const struct route_body_limit limit = {
        .source = {{"proxy-body-size", sizeof "proxy-body-size" - 1}, {0, 12, 5}},
        .bytes = (int64_t)1 << 30};
    static const struct route_upstream_protocol grpc = {
        .source = {{"backend-protocol", sizeof "backend-protocol" - 1}, {0, 13, 5}},
        .protocol = {"GRPCS", sizeof "GRPCS" - 1}};
    static const struct route_timeouts by_default = {.read_ms = 60000};
    struct rule *rule = rule_add(&f, "/", "web");
    rule->effects.timeouts = &long_read;
    rule->effects.buffering = &buffering;
    rule->effects.body_limit = &limit;
    rule->effects.upstream_protocol = &grpc;
    rule_add(&f, "/plain", "web")->effects.timeouts = &by_default;
    fixture_read(&f);
    assert_int_equal(f.traffic.count, 1);
    const struct traffic_route *route = &f.traffic.routes[0];
    static const uint32_t lines[] = {9, 11, 12, 13};
    assert_int_equal(route->count, ARRAY_LEN(lines));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(route->signs[i].span.line, lines[i]);
    }
    assert_false(route->model_serving);
    fixture_close(&f);
}

static size_t said(const struct fixture *f, enum diag_code code)
{
    size_t count = 0;
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        count += diag_get(f->run.diag, i)->code == code;
    }
    return count;
}

static void test_traffic_habits_of_targets(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        size_t time, idle, buffers;
    } cases[] = {
        {"standard", 1, 0, 0},      {"aks-approuting", 1, 1, 0},       {"istio", 1, 0, 0},
        {"envoy-gateway", 1, 0, 0}, {"nginx-gateway-fabric", 1, 0, 1}, {"unheard-of", 0, 0, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f, "");
        rule_add(&f, "/a", "web")->effects.timeouts = &long_read;
        rule_add(&f, "/b", "web")->effects.timeouts = &long_read;
        fixture_read(&f);
        traffic_say(&f.run, &f.traffic, slice_of(cases[i].target));
        diag_finish(f.run.diag);
        assert_int_equal(said(&f, DIAG_W002), cases[i].time); /* one annotation, one message */
        assert_int_equal(said(&f, DIAG_W005), cases[i].idle);
        assert_int_equal(said(&f, DIAG_W006), cases[i].buffers);
        assert_int_equal(said(&f, DIAG_W001), 0);
        fixture_close(&f);
    }
}

/* What the annotation of the main Ingress asks for holds for the rules of its canary, and is said of the main one. */
static void test_traffic_an_annotation_belongs_to_its_ingress(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: networking.k8s.io/v1\n"
                     "kind: Ingress\n"
                     "metadata:\n"
                     "  name: web\n"
                     "  annotations:\n"
                     "    nginx.ingress.kubernetes.io/proxy-read-timeout: '3600'\n"
                     "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n");
    struct route_timeouts timeouts = long_read;
    rule_add(&f, "/", "web");
    rule_add(&f, "/", "canary");
    struct rule *rules = f.rules.rules; /* they may have moved */
    timeouts.source.span =
        kube_find(&f.kube, KUBE_INGRESS, SLICE("llm"), SLICE("web"))->annotations.items[0].span;
    rules[0].effects.timeouts = rules[1].effects.timeouts = &timeouts;
    rules[1].origin.name = SLICE("canary");
    fixture_read(&f);
    assert_int_equal(f.traffic.count, 2);
    traffic_say(&f.run, &f.traffic, SLICE("istio"));
    diag_finish(f.run.diag);
    assert_int_equal(said(&f, DIAG_W002), 1);
    for (size_t i = 0; i < diag_count(f.run.diag); i++) {
        assert_true(slice_is(diag_get(f.run.diag, i)->subject, "Ingress llm/web"));
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_paths_of_model_apis),
        cmocka_unit_test(test_traffic_expressions_name_the_path),
        cmocka_unit_test(test_traffic_servers_behind_a_service),
        cmocka_unit_test(test_traffic_server_by_name_or_operator_alone),
        cmocka_unit_test(test_traffic_signs_of_effects_have_their_places),
        cmocka_unit_test(test_traffic_habits_of_targets),
        cmocka_unit_test(test_traffic_an_annotation_belongs_to_its_ingress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
