/* Each rule in CEL has an object that breaks it and a neighbour that keeps it, in testdata/rules. */
#include "schema/schema.h"

#include "input/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { RELEASES = (SCHEMA_MINOR_MOST - SCHEMA_MINOR_LEAST + 1) * 2 };

struct fixture {
    struct run run;
    struct schema *schemas[RELEASES]; /* opened when they are needed */
    bool *seen;                       /* of the rules */
    size_t rules, pairs, faults;
};

static struct schema *schema_for(struct fixture *f, const struct node *pair)
{
    const struct node *version = node_get(pair, "release"), *channel = node_get(pair, "channel");
    struct schema_release release = {SCHEMA_MINOR_MOST, true};
    if (version) {
        assert_int_equal(version->kind, NODE_INT);
        release.minor = (int)version->integer;
    }
    release.experimental = !channel || !slice_is(channel->text, "standard");
    size_t index = (size_t)(release.minor - SCHEMA_MINOR_LEAST) * 2 + release.experimental;
    if (!f->schemas[index]) {
        f->schemas[index] = schema_open(&f->run, &release);
    }
    return f->schemas[index];
}

/* The object of a pair: kind and version of the file, a name, and what the pair gives. */
static enum schema_verdict judge(struct fixture *f, struct schema *schema, const struct node *file,
                                 const struct node *fields)
{
    struct arena *arena = f->run.arena;
    struct node *object = node_map(arena), *metadata = node_map(arena);
    for (size_t i = 0; i < fields->count; i++) {
        node_set_slice(arena, object, fields->pairs[i].key, fields->pairs[i].value);
    }
    node_set(arena, object, "apiVersion", node_get(file, "apiVersion"));
    node_set(arena, object, "kind", node_get(file, "kind"));
    if (!node_get(object, "metadata")) {
        node_set(arena, metadata, "name", node_string(arena, SLICE("example")));
        node_set(arena, object, "metadata", metadata);
    }
    const struct schema_object judged = {.root = object,
                                         .kind = node_get(file, "kind")->text,
                                         .api_version = node_get(file, "apiVersion")->text,
                                         .subject = SLICE("example")};
    return schema_judge(schema, &judged);
}

/* Rules of that text; the same text may have several messages. */
static size_t tally(const struct fixture *f, const struct schema *schema, struct slice text,
                    struct slice message, bool broken)
{
    size_t sum = 0;
    for (size_t i = 0; i < f->rules; i++) {
        const struct schema_rule *rule = schema_rule_at(i);
        if (slice_is(text, rule->rule) && slice_equal(message, slice_of(rule->message))) {
            struct schema_tally count = schema_rule_tally(schema, i);
            sum += broken ? count.broken : count.kept;
            f->seen[i] = true;
        }
    }
    return sum;
}

static void check_pair(struct fixture *f, const struct node *file, const struct node *pair)
{
    struct schema *schema = schema_for(f, pair);
    const struct node *message = node_get(pair, "message");
    struct slice text = node_get(pair, "rule")->text, said = message ? message->text : SLICE("");
    size_t kept = tally(f, schema, text, said, false), broken = tally(f, schema, text, said, true);
    size_t before = diag_count_severity(f->run.diag, SEVERITY_ERROR);
    bool valid = judge(f, schema, file, node_get(pair, "passes")) == SCHEMA_VALID;
    bool fine = valid && tally(f, schema, text, said, false) > kept &&
                tally(f, schema, text, said, true) == broken &&
                diag_count_severity(f->run.diag, SEVERITY_ERROR) == before;
    bool refused = judge(f, schema, file, node_get(pair, "breaks")) == SCHEMA_INVALID &&
                   tally(f, schema, text, said, true) > broken;
    f->pairs++;
    if (!fine || !refused) {
        f->faults++;
        fprintf(stderr, SLICE_FMT ": line %u: %s\n",
                SLICE_ARG(diag_file_name(f->run.diag, pair->span.file)), pair->span.line,
                fine ? "the object that should break the rule keeps it"
                     : "the object that should keep the rule does not, or is not valid");
    }
}

static void read_folder(struct fixture *f)
{
    struct input input = {0};
    struct documents documents = {0};
    assert_int_equal(input_add(&f->run, &input, SLICE("testdata/rules"), 0), STATUS_OK);
    for (size_t i = 0; i < input.count; i++) {
        document_read(&f->run, &input.files[i], &documents);
    }
    assert_int_equal(diag_count(f->run.diag), 0);
    for (size_t i = 0; i < documents.count; i++) {
        const struct node *file = documents.roots[i], *pairs = node_get(file, "pairs");
        for (size_t j = 0; pairs && j < pairs->count; j++) {
            check_pair(f, file, pairs->items[j]);
        }
        const struct node *exceptions = node_get(file, "exceptions");
        for (size_t j = 0; exceptions && j < exceptions->count; j++) {
            const struct node *item = exceptions->items[j];
            assert_true(node_get(item, "reason")->text.len > 20);
            struct slice text = node_get(item, "rule")->text;
            for (size_t r = 0; r < f->rules; r++) {
                f->seen[r] = f->seen[r] || slice_is(text, schema_rule_at(r)->rule);
            }
        }
    }
}

static void test_schema_rules_have_pairs(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct limits limits = limits_default();
    run_open(&f.run, &limits, NULL, NULL);
    while (schema_rule_at(f.rules)) {
        f.rules++;
    }
    f.seen = ARENA_ARRAY(f.run.arena, bool, f.rules);
    read_folder(&f);
    for (size_t i = 0; i < f.rules; i++) {
        if (!f.seen[i]) {
            f.faults++;
            fprintf(stderr, "no pair of objects for the rule %s\n", schema_rule_at(i)->rule);
        }
    }
    printf("%zu rules, %zu pairs\n", f.rules, f.pairs);
    assert_int_equal(f.faults, 0);
    assert_true(f.pairs > 300);
    for (size_t i = 0; i < RELEASES; i++) {
        if (f.schemas[i]) {
            schema_close(f.schemas[i]);
        }
    }
    run_close(&f.run);
}

/* The list of exceptions holds rules about oldSelf only with the reason that they are about updates. */
static void test_schema_rules_transitions_are_skipped(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    struct run run;
    size_t transitions = 0;
    run_open(&run, &limits, NULL, NULL);
    struct schema *schema = schema_open(&run, &(struct schema_release){5, false});
    for (size_t i = 0; schema_rule_at(i); i++) {
        bool about_old = slice_contains(slice_of(schema_rule_at(i)->rule), SLICE("oldSelf"));
        bool skipped = schema_rule_is_transition(schema, i);
        assert_int_equal(skipped, about_old && !schema_rule_at(i)->optional_old_self);
        transitions += skipped;
    }
    assert_true(transitions > 0);
    schema_close(schema);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_rules_have_pairs),
        cmocka_unit_test(test_schema_rules_transitions_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
