/* Conditions, as the case folders want them: status.json holds a part of what the API would show. */
#include "gateway_api/gateway_api.h"
#include "input/input.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES "testdata/cases/gateway"

struct world {
    struct run run;
    struct kube kube;
    struct gateway_statuses statuses;
    const char *name;
    size_t checked;
};

static struct documents read_file(struct run *run, const char *folder, const char *file)
{
    char path[512];
    struct input input = {0};
    struct documents documents = {0};
    (void)snprintf(path, sizeof path, CASES "/%s/%s", folder, file);
    assert_int_equal(input_add(run, &input, slice_of(path), -1), STATUS_OK);
    for (size_t i = 0; i < input.count; i++) {
        document_read(run, &input.files[i], &documents);
    }
    return documents;
}

static struct slice text_at(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

static size_t items_of(const struct node *list)
{
    return list && list->kind == NODE_LIST ? list->count : 0;
}

/* ---- what is wanted ----------------------------------------------------------------------- */

static void check_conditions(struct world *w, struct slice subject, const struct node *wanted,
                             const struct gateway_conditions *got)
{
    for (size_t i = 0; i < items_of(wanted); i++) {
        struct slice type = text_at(wanted->items[i], "type");
        struct slice reason = text_at(wanted->items[i], "reason");
        bool holds = slice_is(text_at(wanted->items[i], "status"), "True");
        const struct gateway_condition *found = NULL;
        for (size_t j = 0; j < got->count; j++) {
            found = slice_is(type, got->items[j].type) ? &got->items[j] : found;
        }
        if (!found || found->holds != holds || (reason.len && !slice_is(reason, found->reason))) {
            fail_msg("%s: " SLICE_FMT ": " SLICE_FMT " is %s (%s), not %s (" SLICE_FMT ")", w->name,
                     SLICE_ARG(subject), SLICE_ARG(type),
                     !found         ? "absent"
                     : found->holds ? "True"
                                    : "False",
                     found ? found->reason : "", holds ? "True" : "False", SLICE_ARG(reason));
        }
        w->checked++;
    }
}

static const struct gateway_part *find_listener(const struct gateway_status *status,
                                                const struct node *wanted)
{
    for (size_t i = 0; i < status->part_count; i++) {
        if (slice_equal(status->parts[i].name, text_at(wanted, "name"))) {
            return &status->parts[i];
        }
    }
    return NULL;
}

static const struct gateway_part *find_ref(const struct gateway_status *status,
                                           const struct node *ref)
{
    for (size_t i = 0; i < status->part_count; i++) {
        const struct object_ref *own = &status->parts[i].ref;
        if (slice_equal(own->name, text_at(ref, "name")) &&
            slice_equal(own->kind, text_at(ref, "kind")) &&
            slice_equal(own->namespace, text_at(ref, "namespace"))) {
            return &status->parts[i];
        }
    }
    return NULL;
}

static void check_listener(struct world *w, struct slice subject, const struct node *wanted,
                           const struct gateway_part *part)
{
    const struct node *routes = node_get(wanted, "attachedRoutes");
    const struct node *kinds = node_get(wanted, "supportedKinds");
    if (routes && (size_t)routes->integer != part->routes) {
        fail_msg("%s: " SLICE_FMT ", listener " SLICE_FMT ": %zu routes, not %lld", w->name,
                 SLICE_ARG(subject), SLICE_ARG(part->name), part->routes,
                 (long long)routes->integer);
    }
    if (kinds && kinds->count != part->kinds.count) {
        fail_msg("%s: " SLICE_FMT ", listener " SLICE_FMT ": %zu kinds, not %zu", w->name,
                 SLICE_ARG(subject), SLICE_ARG(part->name), part->kinds.count, kinds->count);
    }
    for (size_t i = 0; i < items_of(kinds); i++) {
        assert_true(slice_equal(text_at(kinds->items[i], "kind"), part->kinds.items[i]));
    }
}

static void check_parts(struct world *w, const struct gateway_status *status,
                        const struct node *wanted)
{
    static const struct {
        const char *list, *ref;
    } lists[] = {{"listeners", NULL}, {"parents", "parentRef"}, {"ancestors", "ancestorRef"}};
    struct slice subject = status->object->subject;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const struct node *list = node_get(wanted, lists[i].list);
        for (size_t j = 0; j < items_of(list); j++) {
            const struct node *item = list->items[j];
            const struct gateway_part *part = lists[i].ref
                                                  ? find_ref(status, node_get(item, lists[i].ref))
                                                  : find_listener(status, item);
            if (!part) {
                fail_msg("%s: " SLICE_FMT ": no entry %zu of %s", w->name, SLICE_ARG(subject), j,
                         lists[i].list);
                return;
            }
            check_listener(w, subject, item, part);
            check_conditions(w, subject, node_get(item, "conditions"), &part->conditions);
        }
    }
}

static void check_object(struct world *w, const struct node *wanted)
{
    const struct node *status = node_get(wanted, "status");
    const struct node *sets = node_get(status, "attachedListenerSets");
    for (size_t i = 0; i < w->statuses.count; i++) {
        const struct gateway_status *got = &w->statuses.items[i];
        if (slice_equal(got->object->kind_name, text_at(wanted, "kind")) &&
            slice_equal(got->object->name, text_at(wanted, "name")) &&
            slice_equal(got->object->namespace, text_at(wanted, "namespace"))) {
            check_conditions(w, got->object->subject, node_get(status, "conditions"),
                             &got->conditions);
            check_parts(w, got, status);
            if (sets && (size_t)sets->integer != got->set_count) {
                fail_msg("%s: %zu ListenerSets are attached", w->name, got->set_count);
            }
            return;
        }
    }
    fail_msg("%s: no status of " SLICE_FMT " " SLICE_FMT, w->name,
             SLICE_ARG(text_at(wanted, "kind")), SLICE_ARG(text_at(wanted, "name")));
}

/* ---- what is wrong has been said ---------------------------------------------------------- */

static bool has_fault(const struct gateway_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        if (!conditions->items[i].holds &&
            strcmp(conditions->items[i].reason, "NoConflicts") != 0) {
            return true;
        }
    }
    return false;
}

/* A condition that is not as it should be never stands alone: somebody is told about it. */
static void check_said(struct world *w)
{
    bool fault = false;
    for (size_t i = 0; i < w->statuses.count; i++) {
        const struct gateway_status *status = &w->statuses.items[i];
        fault = fault || has_fault(&status->conditions);
        for (size_t j = 0; j < status->part_count; j++) {
            fault = fault || has_fault(&status->parts[j].conditions);
        }
    }
    gateway_api_check(&w->run, &w->kube, gateway_profile_find(SLICE("standard")));
    size_t said = diag_count_severity(w->run.diag, SEVERITY_WARNING) +
                  diag_count_severity(w->run.diag, SEVERITY_ERROR);
    if (fault && !said) {
        fail_msg("%s: a condition is not met, and nothing is said", w->name);
    }
}

static size_t check_case(const char *name)
{
    struct world w = {.name = name};
    struct limits limits = limits_default();
    run_open(&w.run, &limits, NULL, NULL);
    w.run.closed = true;
    struct documents objects = read_file(&w.run, name, "manifests.yaml");
    struct documents wanted = read_file(&w.run, name, "status.json");
    kube_init(&w.run, &w.kube);
    kube_read(&w.run, &objects, SLICE("default"), &w.kube);
    kube_finish(&w.run, &w.kube);
    gateway_api_status(&w.run, &w.kube, gateway_profile_find(SLICE("standard")), &w.statuses);
    assert_int_equal(wanted.count, 1);
    for (size_t i = 0; i < wanted.roots[0]->count; i++) {
        check_object(&w, wanted.roots[0]->items[i]);
    }
    check_said(&w);
    run_close(&w.run);
    return w.checked;
}

static void test_gateway_status_of_cases(void **state)
{
    (void)state;
    DIR *folder = opendir(CASES);
    size_t checked = 0, cases = 0;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[512];
        (void)snprintf(path, sizeof path, CASES "/%s/status.json", entry->d_name);
        if (entry->d_name[0] != '.' && access(path, F_OK) == 0) {
            cases++;
            checked += check_case(entry->d_name);
        }
    }
    closedir(folder);
    assert_true(cases >= 60);
    assert_true(checked >= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gateway_status_of_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
