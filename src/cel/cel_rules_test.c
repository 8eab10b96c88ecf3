#include "cel/cel_test_priv.h"

#include <dirent.h>
#include <string.h>

/* ---- rules as they are written for custom resources ------------------------------------------ */

/* A rule over a value, and what an API server says. */
static const struct rule_row {
    const char *rule, *self, *wanted;
} rules[] = {
    {"size(self) <= 4", "abcd", "true"},
    {"size(self) <= 4", "abcde", "false"},
    {"self != '' && !self.endsWith('.local')", "a.local", "false"},
    {"self in ['', 'HTTP', 'HTTPS']", "HTTPS", "true"},
    {"0 < self && self <= 65535", "65536", "false"},
    {"duration(self) >= duration('1ms')", "0.9ms", "false"},
    {"duration(self) >= duration('1ms')", "1h2m0.5s", "true"},
    {"!has(self.a) || !has(self.b) || duration(self.a) < duration(self.b)", "{a: 3s, b: 1m}",
     "true"},
    {"has(self.low) && has(self.high) ? {'a': 0, '1.0': 1}[self.low] <= {'1.0': 1, 'a': 5}"
     "[self.high] : true",
     "{low: '1.0', high: a}", "true"},
    {"(has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) + (has(self.c) ? 1 : 0) == 1", "{a: 1, c: 2}",
     "false"},
    {"[has(self.a), has(self.b)].filter(x, x).size() == 1", "{b: 1}", "true"},
    {"self.type == 'Text' ? has(self.text) : !has(self.text)", "{type: Text}", "false"},
    {"!(has(self.mirror) && self.type != 'Mirror')", "{type: Other, mirror: {}}", "false"},
    {"self.all(a, self.exists_one(b, a.name == b.name))", "[{name: x}, {name: y}, {name: x}]",
     "false"},
    {"self.all(a, self.exists_one(b, a.name == b.name))", "[{name: x}, {name: y}]", "true"},
    {"self.filter(f, f.type == 'CORS').size() <= 1", "[{type: CORS}, {type: CORS}]", "false"},
    {"!('*' in self && self.size() > 1)", "['*', GET]", "false"},
    {"self.all(p, self.all(q, p.name == q.name ? (!has(p.section) || p.section == '') == "
     "(!has(q.section) || q.section == '') : true))",
     "[{name: a, section: x}, {name: a}]", "false"},
    {"(self.size() > 0 ? (has(self[0].m) ? self[0].m.size() : 0) : 0) + (self.size() > 1 ? "
     "(has(self[1].m) ? self[1].m.size() : 0) : 0) <= 3",
     "[{m: [1, 2]}, {m: [3, 4]}]", "false"},
    {"self.kind in ['A', 'B'] && (!has(self.refs) || self.refs.all(r, r.kind in ['A']))",
     "{kind: B, refs: [{kind: A}]}", "true"},
    {"self.exists(e, e == 'F' || e == 'G') == self.exists(e, e == 'S')", "[F, S]", "true"},
    {"self.type in ['Exact','Prefix'] ? self.value.startsWith('/') : true",
     "{type: Exact, value: a}", "false"},
    {"self.value.matches(r\"\"\"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$\"\"\")",
     "{value: '/a%2Fb'}", "true"},
    {"self.value.matches(r\"\"\"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$\"\"\")",
     "{value: '/a%2'}", "false"},
    {"self.matches(r\"\"\"^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$\"\"\")", "Foo.Bar",
     "true"},
    {"self.matches('^[a-z]+$')", "\"abc\\n\"", "false"},
    {"self.all(k, size(k) < 63 && k.matches('^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$'))",
     "{a-b: 1, c-: 2}", "false"},
    {"self.all(k, k.split('/')[0].size() < 5)", "{ab/c: 1, abcde/c: 1}", "false"},
    {"self.all(k, 0 < int(k) && int(k) <= 65535)", "{'80': {}, '70000': {}}", "false"},
    {"self.all(k, 0 < int(k))", "{http: {}}", "failed: 'http' is not an integer"},
    {"self.all(h, !isIP(h))", "[a.example, '10.0.0.1']", "false"},
    {"self.all(h, h.contains('*') ? h.startsWith('*.') && h.substring(2).matches('^[a-z.]+$') : "
     "true)",
     "['*.a.b', c]", "true"},
    {"isURL(self) ? url(self).getScheme() in ['', 'oci'] : isURL('http://' + self) &&\n"
     "url('http://' + self).getScheme() in ['http']",
     "oci://registry/x", "true"},
    {"isURL(self) ? url(self).getScheme() in ['', 'oci'] : isURL('http://' + self) &&\n"
     "url('http://' + self).getScheme() in ['http']",
     "registry.example/x:1", "true"},
    {"isURL(self) && url(self).getScheme() in ['http']", "ftp://x/y", "false"},
    {"self.startsWith('unix://') ? self.substring(7, 8) in ['/', '@'] && !self.endsWith('/') : "
     "true",
     "unix://x", "false"},
    {"((has(self.a) ? self.a : []).exists(k, k.contains('/'))) || (has(self.b) ? self.b : "
     "{}).size() "
     "== 0",
     "{}", "true"},
    {"has(self.a) != has(self.b)", "{a: 1, b: 2}", "false"},
    {"self.method.upperAscii() in ['POST'] && self.header.lowerAscii() != 'host' && "
     "self.name.trim() != ''",
     "{method: post, header: Hosts, name: ' a '}", "true"},
    /* An empty optional value is no null: cel-go, common/types/util.go, Equal. */
    {"size(self) == 0 || format.dns1123Label().validate(self) == null", "web", "false"},
    {"!format.dns1123Label().validate(self).hasValue()", "web", "true"},
    {"!format.dns1123Label().validate(self).hasValue()", "Web", "false"},
    {"self.addresses.all(a, a.type == 'IPAddress' && has(a.value) ? self.addresses.exists_one(b, "
     "b.type == a.type && has(b.value) && b.value == a.value) : true)",
     "{addresses: [{type: IPAddress, value: 1.1.1.1}, {type: IPAddress}]}", "true"},
};

static void test_cel_rules(void **state)
{
    (void)state;
    size_t faults = 0;
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct regex_set *regexes = regex_set_open();
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct cel_input input = {.self = read_value(&run, slice_of(rules[i].self))};
        struct slice got = evaluate_text(&run, regexes, &input, slice_of(rules[i].rule), 100000);
        if (!is_wanted(got, rules[i].wanted)) {
            print_error("%s\n  of     %s\n  got    " SLICE_FMT "\n  wanted %s\n", rules[i].rule,
                        rules[i].self, SLICE_ARG(got), rules[i].wanted);
            faults++;
        }
    }
    regex_set_close(regexes);
    run_close(&run);
    assert_int_equal(faults, 0);
}

/* ---- every rule of the custom resources at hand ------------------------------------------------ */

struct found {
    struct run *run;
    struct regex_set *regexes;
    struct map *rules;
    size_t faults;
};

/* Rules with a value of a kind that none expects: what comes out may be anything but a crash. */
static void evaluate_anyhow(struct found *found, const struct cel_program *program)
{
    static const char *const values[] = {"{}", "[]", "text", "{type: x, value: y}",
                                         "[{name: a}, {}]"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct slice text;
        struct cel_input input = {.self = read_value(found->run, slice_of(values[i]))};
        struct cel_evaluator evaluator = {.run = found->run,
                                          .regexes = found->regexes,
                                          .scratch = found->run->arena,
                                          .steps = CEL_STEPS_PER_RULE};
        input.old_self = input.self;
        if (cel_evaluate(program, &input, &evaluator, &text) == CEL_UNKNOWN) {
            print_error(SLICE_FMT "\n", SLICE_ARG(text));
            found->faults++;
        }
    }
}

static void add_rule(struct found *found, const struct node *text)
{
    struct cel_error error;
    if (!text || text->kind != NODE_STRING || map_get(found->rules, text->text)) {
        return;
    }
    const struct cel_program *program = cel_compile(found->run->arena, text->text, &error);
    map_put(found->rules, text->text, found);
    if (!program) {
        print_error(SLICE_FMT "\n  at %zu: " SLICE_FMT "\n", SLICE_ARG(text->text), error.offset,
                    SLICE_ARG(error.text));
        found->faults++;
        return;
    }
    evaluate_anyhow(found, program);
}

static void walk(struct found *found, const struct node *node)
{
    for (uint32_t i = 0; node->kind == NODE_LIST && i < node->count; i++) {
        walk(found, node->items[i]);
    }
    for (uint32_t i = 0; node->kind == NODE_MAP && i < node->count; i++) {
        const struct node *value = node->pairs[i].value;
        bool rules_here = slice_is(node->pairs[i].key, "x-kubernetes-validations");
        for (uint32_t j = 0; rules_here && value->kind == NODE_LIST && j < value->count; j++) {
            add_rule(found, node_get(value->items[j], "rule"));
            add_rule(found, node_get(value->items[j], "messageExpression"));
        }
        walk(found, value);
    }
}

/* Charts wrap their files in a condition: lines that begin with "{{". */
static struct slice without_templates(struct run *run, struct slice text)
{
    struct buf out;
    struct slice line;
    buf_init(&out, BUF_TEXT_MAX);
    while (slice_split(&text, '\n', &line)) {
        if (!slice_starts(line, SLICE("{{"))) {
            buf_put(&out, line);
            buf_putc(&out, '\n');
        }
    }
    struct slice copy = arena_copy(run->arena, buf_slice(&out));
    buf_release(&out);
    return copy;
}

static void test_cel_every_rule_compiles(void **state)
{
    (void)state;
    DIR *folder = opendir("../shared/crds");
    if (!folder) {
        skip();
    }
    (void)closedir(folder);
    struct run run;
    struct input input = {0};
    run_open(&run, NULL, NULL, NULL);
    struct found found = {&run, regex_set_open(), map_new(run.arena), 0};
    assert_int_equal(input_add(&run, &input, SLICE("../shared/crds"), -1), STATUS_OK);
    for (size_t i = 0; i < input.count; i++) {
        struct documents documents = {0};
        input.files[i].text = without_templates(&run, input.files[i].text);
        document_read(&run, &input.files[i], &documents);
        for (size_t j = 0; j < documents.count; j++) {
            walk(&found, documents.roots[j]);
        }
    }
    print_message("%zu files, %zu rules\n", input.count, map_count(found.rules));
    assert_int_equal(diag_count_severity(run.diag, SEVERITY_ERROR), 0);
    assert_true(map_count(found.rules) >= 300);
    assert_int_equal(found.faults, 0);
    regex_set_close(found.regexes);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cel_rules),
        cmocka_unit_test(test_cel_every_rule_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
