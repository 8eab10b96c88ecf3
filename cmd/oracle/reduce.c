#include "oracle.h"

#include <stdio.h>
#include <string.h>

/* ---- one question ------------------------------------------------------------------------- */

struct finding {
    struct nginx *nginx;
    struct rule_set set;
    struct request request;
};

/* True when the two still disagree; `why` lives in the arena. */
static bool disagree(const struct finding *finding, struct arena *arena, struct answer *answer,
                     struct slice *why)
{
    struct world world;
    struct buf text;
    struct outcome outcome;
    bool result = false;
    buf_init(&text, BUF_TEXT_MAX);
    world_open(&finding->set, &world);
    struct slice http =
        ARENA_JOIN(arena, SLICE("unix:"), nginx_socket(arena, finding->nginx, 0, false));
    struct slice https =
        ARENA_JOIN(arena, SLICE("unix:"), nginx_socket(arena, finding->nginx, 0, true));
    world_render(&world, http, https, &text);
    *answer = (struct answer){.status = 0};
    if (text.len == 0) {
        *why = SLICE("there is nothing that nginx could run");
    } else if (world.refused) {
        *why = SLICE("nginx takes what it was said to refuse");
        result = nginx_start(finding->nginx, buf_slice(&text), 1);
        nginx_stop(finding->nginx);
    } else if (!nginx_start(finding->nginx, buf_slice(&text), 1)) {
        *why = nginx_complaint(arena, finding->nginx);
        result = true;
    } else if (!finding->request.method.len) {
        *why = SLICE("nginx takes it"); /* which was all that was asked */
        nginx_stop(finding->nginx);
    } else {
        struct client *client = client_open(arena);
        evaluate(world.evaluator, world.run.arena, &finding->request, &outcome);
        if (client_ask(client, arena, finding->nginx, 0, &finding->request, answer)) {
            struct slice reason;
            result = answer_compare(arena, &outcome, answer, &reason) == VERDICT_DIFFERS;
            *why = arena_copy(arena, reason);
        }
        client_close(client);
        nginx_stop(finding->nginx);
    }
    world_close(&world);
    buf_release(&text);
    return result;
}

static bool still(const struct finding *finding)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    struct answer answer;
    struct slice why;
    bool result = disagree(finding, arena, &answer, &why);
    arena_close(arena);
    return result;
}

/* ---- less and less ------------------------------------------------------------------------ */

#define WITHOUT(items, count, at)                                                                  \
    (memmove(&(items)[at], &(items)[(at) + 1], ((count) - (at)-1) * sizeof *(items)), (count)--)

/* Tries the finding without one of its parts; false when that one is needed. */
static bool try_without(struct finding *finding, const struct finding *less)
{
    if (!still(less)) {
        return false;
    }
    *finding = *less;
    return true;
}

static void reduce_item(struct finding *finding, size_t item)
{
    struct item_spec *spec = &finding->set.items[item];
    for (size_t i = spec->annotation_count; i-- > 0;) {
        struct finding less = *finding;
        struct item_spec *other = &less.set.items[item];
        WITHOUT(other->annotations, other->annotation_count, i);
        (void)try_without(finding, &less);
    }
    for (size_t s = 0; s < SNIPPETS; s++) {
        for (size_t i = spec->line_counts[s]; i-- > 0;) {
            struct finding less = *finding;
            struct item_spec *other = &less.set.items[item];
            WITHOUT(other->lines[s], other->line_counts[s], i);
            (void)try_without(finding, &less);
        }
    }
    for (size_t i = spec->path_count; i-- > 0;) {
        struct finding less = *finding;
        struct item_spec *other = &less.set.items[item];
        WITHOUT(other->paths, other->path_count, i);
        (void)try_without(finding, &less);
    }
    struct finding less = *finding;
    less.set.items[item].tls_count = 0;
    (void)(spec->tls_count && try_without(finding, &less));
    less = *finding;
    less.set.items[item].fallback = NULL;
    (void)(spec->fallback && try_without(finding, &less));
}

static void reduce(struct finding *finding)
{
    for (size_t i = finding->set.item_count; i-- > 0;) {
        struct finding less = *finding;
        WITHOUT(less.set.items, less.set.item_count, i);
        (void)(less.set.item_count && try_without(finding, &less));
    }
    for (size_t i = finding->set.setting_count; i-- > 0;) {
        struct finding less = *finding;
        WITHOUT(less.set.settings, less.set.setting_count, i);
        (void)try_without(finding, &less);
    }
    for (size_t i = finding->request.headers.count; i-- > 0;) {
        struct finding less = *finding;
        struct header kept[8];
        size_t count = 0;
        for (size_t h = 0; h < finding->request.headers.count && count < ARRAY_LEN(kept); h++) {
            if (h != i) {
                kept[count++] = finding->request.headers.items[h];
            }
        }
        less.request.headers = (struct headers){kept, count, ARRAY_LEN(kept)};
        if (still(&less)) {
            memcpy(finding->request.headers.items, kept, count * sizeof *kept);
            finding->request.headers.count = count;
        }
    }
    for (size_t i = 0; i < finding->set.item_count; i++) {
        reduce_item(finding, i);
    }
}

/* ---- the report --------------------------------------------------------------------------- */

static void put_file(const char *folder, const char *name, struct slice text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = folder ? fopen(path, "w") : NULL;
    printf("---- %s\n" SLICE_FMT "\n", name, SLICE_ARG(text));
    if (file) {
        fwrite(text.ptr, 1, text.len, file);
        if (fclose(file) != 0) {
            perror(path);
        }
    }
}

static struct node *expectation(struct run *run, const struct answer *answer)
{
    struct node *map = node_map(run->arena);
    struct slice location = headers_get(&answer->headers, SLICE("Location"));
    if (answer->backend.ptr && !slice_is(answer->backend, "-")) {
        node_set(run->arena, map, "outcome", node_string(run->arena, SLICE("forward")));
        struct node *list = node_list(run->arena), *backend = node_map(run->arena);
        size_t slash = slice_find(answer->backend, '/', 0),
               colon = slice_find(answer->backend, ':', 0);
        node_set(run->arena, backend, "service",
                 node_string(run->arena, slice_sub(answer->backend, slash + 1, colon)));
        node_set(run->arena, backend, "path", node_string(run->arena, answer->target));
        node_add(run->arena, list, backend);
        node_set(run->arena, map, "backends", list);
        return map;
    }
    node_set(run->arena, map, "outcome",
             node_string(run->arena, location.ptr ? SLICE("redirect") : SLICE("respond")));
    node_set(run->arena, map, "status", node_int(run->arena, answer->status));
    if (location.ptr) {
        node_set(run->arena, map, "location", node_string(run->arena, location));
    }
    return map;
}

static struct slice requests_text(struct run *run, const struct request *request,
                                  const struct answer *answer)
{
    struct node *list = node_list(run->arena), *one = node_map(run->arena);
    struct buf text;
    node_set(run->arena, one, "name", node_string(run->arena, request_line(run->arena, request)));
    node_set(run->arena, one, "request", request_node(run, request));
    node_set(run->arena, one, "expect", expectation(run, answer));
    node_add(run->arena, list, one);
    buf_init(&text, BUF_TEXT_MAX);
    document_write_json(list, 1, &text);
    struct slice result = arena_copy(run->arena, buf_slice(&text));
    buf_release(&text);
    return result;
}

void disagreement_report(struct nginx *nginx, const struct rule_set *set,
                         const struct request *request, const char *folder)
{
    struct finding finding = {nginx, *set, *request};
    struct world world;
    struct answer answer = {.status = 0};
    struct slice why = SLICE("the disagreement is not there when it is looked at alone");
    struct buf text;
    reduce(&finding);
    world_open(&finding.set, &world);
    (void)disagree(&finding, world.run.arena, &answer, &why);
    printf("\nDISAGREEMENT: " SLICE_FMT "\n" SLICE_FMT "\n",
           SLICE_ARG(request_line(world.run.arena, &finding.request)), SLICE_ARG(why));
    buf_init(&text, BUF_TEXT_MAX);
    rule_set_yaml(&finding.set, &text);
    put_file(folder, "manifests.yaml", buf_slice(&text));
    put_file(folder, "requests.json", requests_text(&world.run, &finding.request, &answer));
    buf_release(&text);
    world_close(&world);
}
