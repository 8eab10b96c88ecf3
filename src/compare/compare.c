#include "compare/compare.h"

#include "compare/compare_priv.h"

struct group { /* a finding while it grows */
    struct finding finding;
    struct slice key;
    struct map *hosts;
    size_t witness_size;
    struct slice *names;
    size_t name_capacity;
};

struct comparer {
    struct run *run;
    const struct evaluator *before, *after;
    const struct route_table *before_table, *after_table;
    const struct compare_options *options;
    struct comparison *out;
    struct map *groups;
    struct group **list;
    size_t count, capacity;
};

static bool aspect_wanted(const struct compare_options *options, enum aspect aspect)
{
    bool any = false;
    for (size_t i = 0; i < ASPECT_COUNT; i++) {
        any = any || options->aspects[i];
    }
    return !any || options->aspects[aspect];
}

/* What decided: the rule's object and field, or the kind of answer without a rule. */
static struct slice cause(struct arena *arena, const struct outcome *outcome)
{
    if (!outcome->rule) {
        return arena_printf(arena, "%s %lld", outcome_name(outcome->kind),
                            (long long)outcome->status);
    }
    const struct origin *origin = &outcome->rule->origin;
    return arena_printf(arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT " %d",
                        SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace),
                        SLICE_ARG(origin->name), SLICE_ARG(origin->field), outcome->decided_by);
}

static uint32_t hash(struct slice text)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < text.len; i++) {
        value = (value ^ (unsigned char)text.ptr[i]) * 16777619u;
    }
    return value;
}

static enum impact worst(const struct difference *difference, enum aspect aspect, bool platform,
                         const struct outcome *before, const struct outcome *after)
{
    enum impact impact = IMPACT_COSMETIC;
    const bool *fields = platform ? difference->platform : difference->fields;
    for (size_t i = 0; i < DIFFERS_COUNT; i++) {
        if (fields[i] && differs_aspect(i, before, after) == aspect &&
            differs_impact(i) > impact) {
            impact = differs_impact(i);
        }
    }
    return impact;
}

static size_t request_size(const struct request *request)
{
    size_t size = request->target.len + request->method.len * 4;
    for (size_t i = 0; i < request->headers.count; i++) {
        size += 8 + request->headers.items[i].name.len + request->headers.items[i].value.len;
    }
    /* Odd spellings of a path make poor examples where a plain one does. */
    size += slice_find(request->target, '%', 0) < request->target.len ? 40 : 0;
    size += slice_contains(request->target, SLICE("//")) ? 40 : 0;
    size += slice_contains(request->target, SLICE("..")) ? 40 : 0;
    return size;
}

static struct request keep_request(struct arena *arena, const struct request *request)
{
    struct request copy = *request;
    copy.target = arena_copy(arena, request->target);
    copy.headers = (struct headers){0};
    for (size_t i = 0; i < request->headers.count; i++) {
        headers_add(arena, &copy.headers, arena_copy(arena, request->headers.items[i].name),
                    arena_copy(arena, request->headers.items[i].value));
    }
    return copy;
}

static struct group *group_of(struct comparer *comparer, struct slice key)
{
    struct group *group = map_get(comparer->groups, key);
    if (!group) {
        struct arena *arena = comparer->run->arena;
        group = ARENA_NEW(arena, struct group);
        group->key = arena_copy(arena, key);
        group->hosts = map_new(arena);
        group->witness_size = SIZE_MAX;
        group->finding.id = arena_printf(arena, "d-%08x", hash(key));
        map_put(comparer->groups, group->key, group);
        *ARENA_PUSH(arena, comparer->list, comparer->count, comparer->capacity) = group;
    }
    return group;
}

static void record(struct comparer *comparer, struct arena *scratch,
                   const struct probe_host *host, const struct request *request,
                   const struct difference *difference, enum aspect aspect, bool platform,
                   const struct outcome *before, const struct outcome *after)
{
    struct slice fields = difference_fields(scratch, difference, aspect, platform, before, after);
    struct slice key =
        platform ? arena_printf(scratch, "platform|" SLICE_FMT, SLICE_ARG(fields))
                 : arena_printf(scratch, SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT, SLICE_ARG(fields),
                                SLICE_ARG(cause(scratch, before)), SLICE_ARG(cause(scratch, after)));
    struct group *group = group_of(comparer, key);
    struct finding *finding = &group->finding;
    struct arena *arena = comparer->run->arena;
    finding->requests++;
    if (!map_put(group->hosts, host->label, group)) {
        *ARENA_PUSH(arena, group->names, finding->host_count, group->name_capacity) = host->label;
    }
    size_t size = request_size(request);
    if (size >= group->witness_size) {
        return;
    }
    group->witness_size = size;
    finding->impact = worst(difference, aspect, platform, before, after);
    finding->aspect = aspect;
    finding->platform = platform;
    finding->fields = arena_copy(arena, fields);
    finding->title = difference_title(arena, difference, aspect, platform, before, after);
    finding->witness = keep_request(arena, request);
    finding->before = *before;
    finding->after = *after;
    outcome_keep(arena, &finding->before);
    outcome_keep(arena, &finding->after);
}

static void judge(struct comparer *comparer, struct arena *scratch, const struct probe_host *host,
                  const struct request *request, struct host_verdict *verdict)
{
    struct outcome before, after;
    struct difference difference;
    evaluate(comparer->before, scratch, request, &before);
    evaluate(comparer->after, scratch, request, &after);
    verdict->requests++;
    if (before.kind == OUTCOME_UNKNOWN || after.kind == OUTCOME_UNKNOWN) {
        verdict->unknown++;
        if (!comparer->out->unknown_reason.ptr) {
            comparer->out->unknown_reason =
                arena_copy(comparer->run->arena,
                           before.kind == OUTCOME_UNKNOWN ? before.reason : after.reason);
        }
        return;
    }
    outcomes_compare(scratch, comparer->before_table, &before, comparer->after_table, &after,
                     &difference);
    bool differs = false;
    for (int a = 0; a < ASPECT_COUNT && difference.any; a++) {
        enum aspect aspect = (enum aspect)a;
        for (int platform = 0; platform < 2; platform++) {
            struct slice fields = difference_fields(scratch, &difference, aspect, platform == 1,
                                                    &before, &after);
            if (!fields.len || !aspect_wanted(comparer->options, aspect)) {
                continue;
            }
            record(comparer, scratch, host, request, &difference, aspect, platform == 1, &before,
                   &after);
            if (!platform) {
                verdict->aspects[aspect] = VERDICT_DIFFERENT;
                differs = true;
            }
        }
    }
    verdict->agreed += !differs;
}

/* The rules that a host meets: those of the entry that a plain request to it finds. */
static const struct rule_list *rules_for(const struct evaluator *evaluator, struct arena *scratch,
                                         struct slice host, bool https)
{
    struct request request = {.scheme = https ? SLICE("https") : SLICE("http"), .host = host};
    struct outcome outcome;
    request_defaults(&request);
    evaluate(evaluator, scratch, &request, &outcome);
    return outcome.entry && outcome.entry->kind == ENTRY_RULES ? outcome.entry->rules : NULL;
}

static void compare_host(struct comparer *comparer, const struct probe_host *host,
                         struct host_verdict *verdict)
{
    verdict->host = host->label;
    for (int https = 0; https < 2; https++) {
        struct arena *scratch = arena_open(0, NULL, NULL);
        struct requests requests;
        draw_requests(comparer->run, scratch,
                      rules_for(comparer->before, scratch, host->name, https == 1),
                      rules_for(comparer->after, scratch, host->name, https == 1), host->name,
                      https == 1, &requests);
        for (size_t i = 0; i < requests.count; i++) {
            judge(comparer, scratch, host, &requests.items[i], verdict);
        }
        arena_close(scratch);
    }
    comparer->out->requests += verdict->requests;
    comparer->out->agreed += verdict->agreed;
    comparer->out->unknown += verdict->unknown;
}

static int compare_groups(const void *a, const void *b, void *user)
{
    (void)user;
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    if (x->finding.platform != y->finding.platform) {
        return x->finding.platform ? 1 : -1;
    }
    if (x->finding.impact != y->finding.impact) {
        return x->finding.impact > y->finding.impact ? -1 : 1;
    }
    if (x->finding.requests != y->finding.requests) {
        return x->finding.requests > y->finding.requests ? -1 : 1;
    }
    return slice_compare(x->key, y->key);
}

void compare_sides(struct run *run, const struct evaluator *before,
                   const struct route_table *before_table, const struct evaluator *after,
                   const struct route_table *after_table, const struct compare_options *options,
                   struct comparison *out)
{
    struct probe_hosts hosts;
    *out = (struct comparison){.before = before_table->label, .after = after_table->label};
    struct comparer comparer = {.run = run,
                                .before = before,
                                .after = after,
                                .before_table = before_table,
                                .after_table = after_table,
                                .options = options,
                                .out = out,
                                .groups = map_new(run->arena)};
    draw_hosts(run, before_table, after_table, &hosts);
    out->hosts = ARENA_ARRAY(run->arena, struct host_verdict, hosts.count);
    out->host_count = hosts.count;
    for (size_t i = 0; i < hosts.count; i++) {
        compare_host(&comparer, &hosts.items[i], &out->hosts[i]);
    }
    sort_stable(run->arena, comparer.list, comparer.count, sizeof(struct group *), compare_groups,
                NULL);
    out->findings = ARENA_ARRAY(run->arena, struct finding, comparer.count);
    out->finding_count = comparer.count;
    for (size_t i = 0; i < comparer.count; i++) {
        out->findings[i] = comparer.list[i]->finding;
        out->findings[i].hosts = comparer.list[i]->names;
    }
}
