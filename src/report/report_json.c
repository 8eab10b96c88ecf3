#include "report/report_priv.h"

/* Builds what schema/diff.schema.json describes. */
enum { JSON_VERSION = 3 };

struct writer {
    struct run *run;
    struct arena *arena;
    const struct report *report;
};

static struct node *null_node(const struct writer *writer)
{
    return ARENA_NEW(writer->arena, struct node);
}

static struct node *text_node(const struct writer *writer, struct slice text)
{
    return text.len ? node_string(writer->arena, text) : null_node(writer);
}

static struct node *number_node(const struct writer *writer, size_t number)
{
    return node_int(writer->arena, (int64_t)number);
}

static void set(const struct writer *writer, struct node *map, const char *key, struct node *value)
{
    node_set(writer->arena, map, key, value);
}

static struct node *texts_node(const struct writer *writer, const struct slice *texts, size_t count)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < count; i++) {
        node_add(writer->arena, list, node_string(writer->arena, texts[i]));
    }
    return list;
}

/* ---- findings ----------------------------------------------------------------------------- */

/* "status, location" as a list. */
static struct node *fields_node(const struct writer *writer, struct slice fields)
{
    struct node *list = node_list(writer->arena);
    struct slice part;
    while (slice_split(&fields, ',', &part)) {
        node_add(writer->arena, list, node_string(writer->arena, slice_trim(part)));
    }
    return list;
}

static struct node *aspects_node(const struct writer *writer, unsigned aspects)
{
    struct node *list = node_list(writer->arena);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (aspects >> a & 1) {
            node_add(writer->arena, list, text_node(writer, slice_of(aspect_name((enum aspect)a))));
        }
    }
    return list;
}

static struct node *place_node(const struct writer *writer, const struct finding *finding,
                               bool after)
{
    struct place place;
    finding_place(writer->run, finding, after, &place);
    struct node *map = node_map(writer->arena);
    bool placed = place.file.len > 0;
    set(writer, map, "text", text_node(writer, place.text));
    set(writer, map, "file", text_node(writer, place.file));
    set(writer, map, "line", placed ? number_node(writer, place.span.line) : null_node(writer));
    set(writer, map, "column",
        placed && place.span.column ? number_node(writer, place.span.column) : null_node(writer));
    return map;
}

/* Without the request, which the witness has. */
static struct node *answer_node(const struct writer *writer, const struct finding *finding,
                                bool after)
{
    const struct node *all =
        outcome_node(writer->run, &finding->witness, after ? &finding->after : &finding->before);
    struct node *map = node_map(writer->arena);
    for (size_t i = 0; i < all->count; i++) {
        if (!slice_is(all->pairs[i].key, "request")) {
            node_set_slice(writer->arena, map, all->pairs[i].key, all->pairs[i].value);
        }
    }
    return map;
}

static struct node *side_node(const struct writer *writer, const struct finding *finding,
                              bool after)
{
    struct node *map = node_map(writer->arena);
    set(writer, map, "origin", place_node(writer, finding, after));
    set(writer, map, "outcome", answer_node(writer, finding, after));
    return map;
}

static struct node *acceptance_node(const struct writer *writer, const struct finding *finding)
{
    const struct acceptance *accepted = finding_acceptance(writer->report, finding);
    if (!accepted) {
        return null_node(writer);
    }
    struct node *map = node_map(writer->arena);
    set(writer, map, "reason", text_node(writer, accepted->reason));
    set(writer, map, "expires", text_node(writer, accepted->expires));
    return map;
}

static struct node *requests_node(const struct writer *writer, const struct finding *finding)
{
    struct node *map = node_map(writer->arena);
    set(writer, map, "words", text_node(writer, finding->words));
    set(writer, map, "path_pattern", text_node(writer, finding->pattern));
    set(writer, map, "hosts", texts_node(writer, finding->hosts, finding->host_count));
    set(writer, map, "evaluated", number_node(writer, finding->requests));
    return map;
}

static struct node *witness_node(const struct writer *writer, const struct request *request)
{
    struct node *map = node_map(writer->arena);
    set(writer, map, "curl", text_node(writer, request_curl(writer->arena, request)));
    set(writer, map, "request", request_node(writer->run, request));
    return map;
}

static struct node *finding_node(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->arena;
    struct node *map = node_map(arena);
    enum standing standing = finding_standing(writer->report, finding);
    set(writer, map, "id", text_node(writer, finding->id));
    set(writer, map, "severity", text_node(writer, slice_of(impact_name(finding->impact))));
    set(writer, map, "aspect", text_node(writer, slice_of(aspect_name(finding->aspect))));
    set(writer, map, "aspects", aspects_node(writer, finding->aspects));
    set(writer, map, "platform", node_bool(arena, finding->platform));
    set(writer, map, "standing", text_node(writer, slice_of(standing_name(standing))));
    set(writer, map, "acceptance", acceptance_node(writer, finding));
    set(writer, map, "fails", node_bool(arena, finding_fails(writer->report, finding)));
    set(writer, map, "title", text_node(writer, finding->title));
    set(writer, map, "reason", text_node(writer, finding->reason));
    set(writer, map, "advice", text_node(writer, finding->advice));
    if (finding->seen.len) {
        set(writer, map, "seen", text_node(writer, finding->seen));
    }
    set(writer, map, "fields", fields_node(writer, finding->fields));
    set(writer, map, "headers", texts_node(writer, finding->headers.items, finding->headers.count));
    set(writer, map, "requests", requests_node(writer, finding));
    set(writer, map, "witness", witness_node(writer, &finding->witness));
    set(writer, map, "before", side_node(writer, finding, false));
    set(writer, map, "after", side_node(writer, finding, true));
    return map;
}

static struct node *findings_node(const struct writer *writer)
{
    const struct finding **list = findings_in_order(writer->arena, writer->report);
    struct node *findings = node_list(writer->arena);
    for (size_t i = 0; i < writer->report->comparison->finding_count; i++) {
        node_add(writer->arena, findings, finding_node(writer, list[i]));
    }
    return findings;
}

static struct node *open_node(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < comparison->open_count; i++) {
        const struct open_reading *open = &comparison->open[i];
        struct node *map = node_map(writer->arena);
        set(writer, map, "aspects", aspects_node(writer, open->aspects));
        set(writer, map, "reason", text_node(writer, open->reason));
        set(writer, map, "advice", text_node(writer, unproven_advice(open->reason)));
        set(writer, map, "witness", witness_node(writer, &open->witness));
        node_add(writer->arena, list, map);
    }
    return list;
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static struct node *verdict_node(const struct writer *writer, enum verdict verdict)
{
    return text_node(writer, slice_of(verdict_name(verdict)));
}

static struct node *host_node(const struct writer *writer, const struct host_verdict *host)
{
    const struct comparison *comparison = writer->report->comparison;
    struct node *map = node_map(writer->arena), *aspects = node_map(writer->arena);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct slice reason = host->aspects[a].reason;
        struct node *aspect = node_map(writer->arena);
        if (!comparison->aspects[a]) {
            continue;
        }
        set(writer, aspect, "verdict", verdict_node(writer, host->aspects[a].verdict));
        set(writer, aspect, "reason", text_node(writer, reason));
        set(writer, aspect, "rule", text_node(writer, host->aspects[a].rule));
        set(writer, aspect, "advice",
            reason.len ? text_node(writer, unproven_advice(reason)) : null_node(writer));
        set(writer, aspects, aspect_name((enum aspect)a), aspect);
    }
    set(writer, map, "host", text_node(writer, host->host));
    set(writer, map, "verdict", verdict_node(writer, host_verdict_of(comparison, host)));
    set(writer, map, "classes", number_node(writer, host->classes));
    set(writer, map, "agreed", number_node(writer, host->agreed));
    set(writer, map, "unknown", number_node(writer, host->unknown));
    set(writer, map, "open", number_node(writer, host->open));
    set(writer, map, "tried", number_node(writer, host->tried));
    set(writer, map, "probed", number_node(writer, host->probed));
    set(writer, map, "aspects", aspects);
    return map;
}

static struct node *hosts_node(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    struct node *hosts = node_list(writer->arena);
    for (size_t i = 0; i < comparison->host_count; i++) {
        node_add(writer->arena, hosts, host_node(writer, &comparison->hosts[i]));
    }
    return hosts;
}

/* ---- what a verdict is worth -------------------------------------------------------------- */

static struct node *compared_node(const struct writer *writer)
{
    struct node *aspects = node_map(writer->arena);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct node *fields = node_list(writer->arena);
        const char *field;
        if (!writer->report->comparison->aspects[a]) {
            continue;
        }
        for (size_t i = 0; (field = compared_field((enum aspect)a, i)); i++) {
            node_add(writer->arena, fields, text_node(writer, slice_of(field)));
        }
        set(writer, aspects, aspect_name((enum aspect)a), fields);
    }
    return aspects;
}

static void set_terms(const struct writer *writer, struct node *root)
{
    const struct comparison *comparison = writer->report->comparison;
    struct node *domain = node_list(writer->arena), *assumptions = node_list(writer->arena);
    struct node *probes = node_list(writer->arena);
    const char *assumption;
    for (size_t i = 0; comparison->domain[i]; i++) {
        node_add(writer->arena, domain, text_node(writer, slice_of(comparison->domain[i])));
    }
    for (size_t i = 0; comparison->probes[i]; i++) {
        node_add(writer->arena, probes, text_node(writer, slice_of(comparison->probes[i])));
    }
    for (size_t i = 0; (assumption = report_assumption(writer->run, writer->report, i)); i++) {
        node_add(writer->arena, assumptions, text_node(writer, slice_of(assumption)));
    }
    set(writer, root, "domain", domain);
    set(writer, root, "probes", probes);
    set(writer, root, "compared", compared_node(writer));
    set(writer, root, "assumptions", assumptions);
}

static struct node *summary_node(const struct writer *writer)
{
    struct counts counts;
    struct node *map = node_map(writer->arena);
    const struct comparison *comparison = writer->report->comparison;
    report_count(writer->report, &counts);
    set(writer, map, "text", text_node(writer, report_headline(writer->arena, writer->report)));
    set(writer, map, "breaking", number_node(writer, counts.by_impact[IMPACT_BREAKING]));
    set(writer, map, "changed", number_node(writer, counts.by_impact[IMPACT_CHANGED]));
    set(writer, map, "cosmetic", number_node(writer, counts.by_impact[IMPACT_COSMETIC]));
    set(writer, map, "accepted", number_node(writer, counts.accepted));
    set(writer, map, "platform", number_node(writer, counts.platform));
    set(writer, map, "classes", number_node(writer, comparison->classes));
    set(writer, map, "agreed", number_node(writer, comparison->agreed));
    set(writer, map, "unknown", number_node(writer, comparison->unknown));
    set(writer, map, "probed", number_node(writer, comparison->probed));
    return map;
}

void report_json(struct run *run, const struct report *report, struct buf *out)
{
    const struct writer writer = {run, run->arena, report};
    struct node *root = node_map(run->arena);
    set(&writer, root, "version", node_int(run->arena, JSON_VERSION));
    set(&writer, root, "verdict", verdict_node(&writer, comparison_verdict(report->comparison)));
    set(&writer, root, "fails", node_bool(run->arena, report_fails(report)));
    set(&writer, root, "before", text_node(&writer, report->comparison->before));
    set(&writer, root, "after", text_node(&writer, report->comparison->after));
    set(&writer, root, "summary", summary_node(&writer));
    set(&writer, root, "findings", findings_node(&writer));
    set(&writer, root, "open", open_node(&writer));
    set(&writer, root, "hosts", hosts_node(&writer));
    set_terms(&writer, root);
    document_write_json(root, 2, out);
    buf_putc(out, '\n');
}
