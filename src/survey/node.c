#include "expect/expect.h"
#include "survey/survey_priv.h"

/* Builds what schema/report.schema.json describes. */
enum { JSON_VERSION = 1 };

struct writer {
    struct run *run;
    struct arena *arena;
    const struct survey *survey;
};

static void put_text(const struct writer *w, struct node *map, const char *key, struct slice text)
{
    node_set(w->arena, map, key, node_string(w->arena, text.ptr ? text : SLICE("")));
}

static void put_count(const struct writer *w, struct node *map, const char *key, size_t count)
{
    node_set(w->arena, map, key, node_int(w->arena, (int64_t)count));
}

static void put_bool(const struct writer *w, struct node *map, const char *key, bool value)
{
    node_set(w->arena, map, key, node_bool(w->arena, value));
}

static void put_texts(const struct writer *w, struct node *map, const char *key,
                      const struct texts *texts)
{
    struct node *list = node_list(w->arena);
    for (size_t i = 0; i < texts->count; i++) {
        node_add(w->arena, list, node_string(w->arena, texts->items[i]));
    }
    node_set(w->arena, map, key, list);
}

static struct slice place_of(const struct writer *w, struct span span)
{
    struct slice file = span.line ? diag_file_name(w->run->diag, span.file) : SLICE("");
    return span.line ? arena_printf(w->arena, SLICE_FMT ":%u", SLICE_ARG(file), span.line)
                     : SLICE("");
}

/* ---- Ingresses ------------------------------------------------------------------------------ */

static struct node *features_node(const struct writer *w, const struct survey_ingress *ingress)
{
    struct node *list = node_list(w->arena);
    for (size_t i = 0; i < ingress->feature_count; i++) {
        const struct survey_feature *feature = &ingress->features[i];
        struct node *map = node_map(w->arena);
        put_text(w, map, "annotation", feature->annotation);
        put_text(w, map, "feature", slice_of(feature->feature));
        put_text(w, map, "support", slice_of(support_name(feature->support)));
        put_text(w, map, "text", slice_of(feature->text));
        put_text(w, map, "place", place_of(w, feature->span));
        node_add(w->arena, list, map);
    }
    return list;
}

static struct node *ingress_node(const struct writer *w, const struct survey_ingress *ingress)
{
    struct node *map = node_map(w->arena), *findings = node_list(w->arena);
    put_text(w, map, "namespace", ingress->object->namespace);
    put_text(w, map, "name", ingress->object->name);
    put_text(w, map, "place", place_of(w, ingress->object->span));
    put_text(w, map, "grade", slice_of(grade_name(ingress->grade)));
    put_texts(w, map, "reasons", &ingress->reasons);
    put_texts(w, map, "gains", &ingress->gains);
    put_texts(w, map, "hosts", &ingress->hosts);
    put_texts(w, map, "services", &ingress->services);
    put_count(w, map, "paths", ingress->paths);
    node_set(w->arena, map, "features", features_node(w, ingress));
    for (size_t i = 0; i < ingress->finding_count; i++) {
        node_add(w->arena, findings, node_string(w->arena, ingress->findings[i]->id));
    }
    node_set(w->arena, map, "findings", findings);
    put_bool(w, map, "byWeight", ingress->by_weight);
    put_bool(w, map, "byHeader", ingress->by_header);
    put_bool(w, map, "acrossNamespaces", ingress->across_namespaces);
    put_bool(w, map, "modelServing", ingress->model_serving);
    put_texts(w, map, "traffic", &ingress->signs);
    return map;
}

/* ---- findings ------------------------------------------------------------------------------- */

static struct slice outcome_words(const struct writer *w, const struct finding *finding,
                                  const struct outcome *outcome)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    outcome_print(w->run, &finding->witness, outcome, &text);
    struct slice words = arena_copy(w->arena, buf_slice(&text));
    buf_release(&text);
    return words;
}

static struct node *finding_node(const struct writer *w, const struct finding *finding)
{
    struct node *map = node_map(w->arena);
    const struct texts hosts = {(struct slice *)(uintptr_t)finding->hosts, finding->host_count};
    put_text(w, map, "id", finding->id);
    put_text(w, map, "severity", slice_of(impact_name(finding->impact)));
    put_text(w, map, "aspect", slice_of(aspect_name(finding->aspect)));
    put_bool(w, map, "platform", finding->platform);
    put_text(w, map, "title", finding->title);
    put_text(w, map, "requests", finding->words);
    put_text(w, map, "reason", finding->reason);
    put_text(w, map, "advice", finding->advice);
    if (finding->seen.len) {
        put_text(w, map, "seen", finding->seen);
    }
    put_texts(w, map, "hosts", &hosts);
    put_text(w, map, "curl", request_curl(w->arena, &finding->witness));
    put_text(w, map, "before", outcome_words(w, finding, &finding->before));
    put_text(w, map, "after", outcome_words(w, finding, &finding->after));
    return map;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static struct node *summary_node(const struct writer *w)
{
    const struct survey *survey = w->survey;
    struct node *map = node_map(w->arena), *grades = node_map(w->arena);
    put_count(w, map, "hosts", survey->host_count);
    put_count(w, map, "ingresses", survey->ingress_count);
    put_count(w, map, "services", survey->service_count);
    put_count(w, map, "annotations", survey->used);
    put_count(w, map, "gateways", survey->converted->gateways);
    put_count(w, map, "listeners", survey->converted->listeners);
    put_count(w, map, "routes", survey->converted->routes);
    put_text(w, map, "verdict", slice_of(verdict_name(comparison_verdict(survey->comparison))));
    for (size_t i = 0; i <= GRADE_UNKNOWN; i++) {
        put_count(w, grades, grade_name((enum grade)i), survey->grades[i]);
    }
    node_set(w->arena, map, "grades", grades);
    return map;
}

static struct node *targets_node(const struct writer *w)
{
    struct node *list = node_list(w->arena);
    for (size_t i = 0; i < w->survey->target_count; i++) {
        const struct survey_target *target = &w->survey->targets[i];
        struct node *map = node_map(w->arena);
        put_text(w, map, "name", slice_of(target->target->name));
        put_text(w, map, "text", slice_of(target->target->text));
        put_count(w, map, "exact", target->exact);
        put_count(w, map, "near", target->near);
        put_count(w, map, "none", target->none);
        node_add(w->arena, list, map);
    }
    return list;
}

static struct node *owners_node(const struct writer *w)
{
    struct node *list = node_list(w->arena);
    for (size_t i = 0; i < w->survey->owner_count; i++) {
        const struct survey_owner *owner = &w->survey->owners[i];
        struct node *map = node_map(w->arena);
        put_text(w, map, "namespace", owner->namespace);
        put_count(w, map, "ingresses", owner->ingresses);
        put_count(w, map, "routes", owner->routes);
        put_count(w, map, "others", owner->others);
        put_count(w, map, "platformObjects", owner->platform_objects);
        put_bool(w, map, "gateways", owner->platform);
        node_add(w->arena, list, map);
    }
    return list;
}

static struct node *surroundings_node(const struct writer *w)
{
    const struct surroundings *surroundings = w->survey->surroundings;
    struct node *list = node_list(w->arena);
    for (size_t i = 0; i < surroundings->count; i++) {
        const struct surrounding *item = &surroundings->items[i];
        struct node *map = node_map(w->arena);
        put_text(w, map, "what", slice_of(item->row->what));
        put_text(w, map, "object", item->object->subject);
        put_text(w, map, "text", item->text);
        put_text(w, map, "advice", slice_of(item->row->advice));
        put_text(w, map, "place", place_of(w, item->span));
        node_add(w->arena, list, map);
    }
    return list;
}

struct node *survey_node(struct run *run, const struct survey *survey)
{
    const struct writer w = {run, run->arena, survey};
    struct node *map = node_map(w.arena), *ingresses = node_list(w.arena);
    struct node *findings = node_list(w.arena);
    for (size_t i = 0; i < survey->ingress_count; i++) {
        node_add(w.arena, ingresses, ingress_node(&w, &survey->ingresses[i]));
    }
    for (size_t i = 0; i < survey->comparison->finding_count; i++) {
        node_add(w.arena, findings, finding_node(&w, &survey->comparison->findings[i]));
    }
    put_count(&w, map, "version", JSON_VERSION);
    put_text(&w, map, "before", survey->comparison->before);
    put_text(&w, map, "target", slice_of(survey->target->name));
    node_set(w.arena, map, "summary", summary_node(&w));
    node_set(w.arena, map, "targets", targets_node(&w));
    node_set(w.arena, map, "owners", owners_node(&w));
    node_set(w.arena, map, "ingresses", ingresses);
    node_set(w.arena, map, "findings", findings);
    node_set(w.arena, map, "surroundings", surroundings_node(&w));
    return map;
}
