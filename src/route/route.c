#include "route/route.h"

#include <string.h>

const char *aspect_name(enum aspect aspect)
{
    static const char *const names[] = {"routing",    "rewrite", "redirect",
                                        "protection", "traffic", "headers"};
    return aspect < ASPECT_COUNT ? names[aspect] : "?";
}

const char *transport_name(enum transport transport)
{
    static const char *const names[] = {"http", "tcp", "udp"};
    return names[transport];
}

const char *impact_name(enum impact impact)
{
    static const char *const names[] = {"cosmetic", "changed", "breaking"};
    return names[impact];
}

/* ---- templates ---------------------------------------------------------------------------- */

struct template template_text(struct arena *arena, struct slice text)
{
    struct part *part = ARENA_NEW(arena, struct part);
    *part = (struct part){.kind = PART_TEXT, .text = text};
    return (struct template){part, 1};
}

struct template template_part(struct arena *arena, enum part_kind kind)
{
    struct part *part = ARENA_NEW(arena, struct part);
    part->kind = kind;
    return (struct template){part, 1};
}

struct template template_named(struct arena *arena, enum part_kind kind, struct slice text)
{
    struct template template = template_part(arena, kind);
    template.parts[0].text = text;
    return template;
}

bool template_is_text(const struct template *template, struct slice *text)
{
    if (template->count > 1 || (template->count == 1 && template->parts[0].kind != PART_TEXT)) {
        return false;
    }
    *text = template->count ? template->parts[0].text : SLICE("");
    return true;
}

/* A place in a template: a part, and how much of its text is behind. */
struct place {
    const struct template *template;
    size_t part, offset;
};

/* The rest of the text at the place; empty at a variable and at the end. */
static struct slice text_at(struct place *place)
{
    while (place->part < place->template->count) {
        const struct part *part = &place->template->parts[place->part];
        if (part->kind != PART_TEXT) {
            break;
        }
        if (place->offset < part->text.len) {
            return slice_sub(part->text, place->offset, part->text.len);
        }
        *place = (struct place){place->template, place->part + 1, 0};
    }
    return SLICE("");
}

/* Others are called differently in different data planes, and mean the same. */
static bool has_text(enum part_kind kind)
{
    return kind == PART_TEXT || kind == PART_HEADER_ELSE || kind == PART_HEADER_FIRST ||
           kind == PART_HEADER_LIST || kind == PART_REQUEST_ID || kind == PART_UNKNOWN;
}

/* Text is the same text however it is cut into parts. */
bool template_equal(const struct template *a, const struct template *b)
{
    struct place x = {a, 0, 0}, y = {b, 0, 0};
    for (;;) {
        struct slice left = text_at(&x), right = text_at(&y);
        size_t common = left.len < right.len ? left.len : right.len;
        if (!slice_equal(slice_sub(left, 0, common), slice_sub(right, 0, common))) {
            return false;
        }
        x.offset += common;
        y.offset += common;
        if (common) {
            continue;
        }
        if (left.len || right.len || x.part == a->count || y.part == b->count) {
            return !left.len && !right.len && x.part == a->count && y.part == b->count;
        }
        const struct part *p = &a->parts[x.part++], *q = &b->parts[y.part++];
        bool same = p->kind == PART_HEADER ? slice_equal_fold(p->text, q->text)
                                           : !has_text(p->kind) || slice_equal(p->text, q->text);
        if (p->kind != q->kind || p->index != q->index || !same) {
            return false;
        }
    }
}

void template_print(const struct template *template, struct buf *out)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        switch (part->kind) {
        case PART_TEXT:
        case PART_UNKNOWN:
            buf_put(out, part->text);
            break;
        case PART_CAPTURE:
            buf_printf(out, "$%u", part->index);
            break;
        case PART_HOST_HEADER:
            buf_puts(out, "${host header}");
            break;
        case PART_HOST:
            buf_puts(out, "${host}");
            break;
        case PART_SCHEME:
            buf_puts(out, "${scheme}");
            break;
        case PART_METHOD:
            buf_puts(out, "${method}");
            break;
        case PART_PORT:
            buf_puts(out, "${port}");
            break;
        case PART_TARGET_ESCAPED:
            buf_puts(out, "${escaped path and query}");
            break;
        case PART_TARGET:
            buf_puts(out, "${path and query}");
            break;
        case PART_CLIENT:
            buf_puts(out, "${client address}");
            break;
        case PART_PEER:
            buf_puts(out, "${peer address}");
            break;
        case PART_HEADER_LIST:
            buf_printf(out, "${header " SLICE_FMT ", and a comma}", SLICE_ARG(part->text));
            break;
        case PART_HEADER_ELSE:
        case PART_HEADER_FIRST:
        case PART_HEADER:
            buf_printf(out, "${header " SLICE_FMT "}", SLICE_ARG(part->text));
            break;
        case PART_STATUS:
            buf_puts(out, "${status}");
            break;
        case PART_REQUEST_ID:
            buf_puts(out, "${request id}");
            break;
        }
    }
}

/* ---- matches and hosts -------------------------------------------------------------------- */

void match_print(const struct match *match, struct buf *out)
{
    static const char *const kinds[] = {"any path", "exact ", "prefix ", "text prefix ", "regex "};
    const struct path_match *path = &match->path;
    buf_puts(out, kinds[path->kind]);
    if (path->kind != PATH_ANY) {
        buf_put(out, path->value);
    }
    buf_puts(out, path->fold ? " (any case)" : "");
    if (match->method.ptr) {
        buf_printf(out, ", method " SLICE_FMT, SLICE_ARG(match->method));
    }
    static const char *const subjects[] = {"header",   "query",  "cookie",
                                           "argument", "method", "target"};
    for (size_t i = 0; i < match->test_count; i++) {
        const struct test *test = &match->tests[i];
        buf_printf(out, ", %s%s" SLICE_FMT, subjects[test->subject], test->name.len ? " " : "",
                   SLICE_ARG(test->name));
        const char *sign = test->operator== TEST_PRESENT ? (test->negated ? " absent" : " present")
                           : test->operator== TEST_REGEX ? (test->negated ? "!~" : "~")
                                                         : (test->negated ? "!=" : "=");
        buf_puts(out, sign);
        buf_put(out, test->operator== TEST_PRESENT ? SLICE("") : test->value);
    }
}

static bool is_label_byte(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '_';
}

bool host_pattern_matches(const struct host_pattern *pattern, struct slice host)
{
    switch (pattern->kind) {
    case HOST_ANY:
        return true;
    case HOST_EXACT:
        return slice_equal(pattern->name, host);
    case HOST_ONE_LABEL:
    case HOST_SUFFIX: {
        struct slice suffix = slice_sub(pattern->name, 1, pattern->name.len); /* ".a.b" */
        if (host.len <= suffix.len || !slice_ends(host, suffix)) {
            return false;
        }
        if (pattern->kind == HOST_SUFFIX) {
            return true;
        }
        for (size_t i = 0; i < host.len - suffix.len; i++) {
            if (!is_label_byte(host.ptr[i])) {
                return false;
            }
        }
        return true;
    }
    case HOST_REGEX:
        return pattern->regex && regex_search(pattern->regex, host, NULL) == REGEX_YES;
    }
    return false;
}

bool host_pattern_equal(const struct host_pattern *a, const struct host_pattern *b)
{
    return a->kind == b->kind && (a->kind == HOST_ANY || slice_equal(a->name, b->name));
}

bool host_pattern_covers(const struct host_pattern *outer, const struct host_pattern *inner)
{
    if (outer->kind == HOST_ANY || host_pattern_equal(outer, inner)) {
        return true;
    }
    if (inner->kind == HOST_EXACT) {
        return host_pattern_matches(outer, inner->name);
    }
    bool inner_wild = inner->kind == HOST_ONE_LABEL || inner->kind == HOST_SUFFIX;
    if (outer->kind != HOST_SUFFIX || !inner_wild) {
        return false;
    }
    return slice_ends(inner->name, slice_sub(outer->name, 1, outer->name.len));
}

/* ---- building ----------------------------------------------------------------------------- */

void route_table_open(struct run *run, struct route_table *table)
{
    (void)run;
    *table = (struct route_table){
        .no_rule_status = 404, .no_backend_status = 500, .no_weight_status = 500};
    table->view.missing_host_status = 400;
    table->regexes = regex_set_open();
}

void route_table_close(struct route_table *table)
{
    regex_set_close(table->regexes);
    table->regexes = NULL;
}

void route_table_reserve(struct run *run, struct route_table *table, size_t more)
{
    size_t wanted = table->entry_count + more;
    if (wanted > table->entry_capacity) {
        size_t larger = table->entry_capacity / 2 * 3; /* many small steps cost little each */
        wanted = wanted > larger ? wanted : larger;
        struct entry *entries = ARENA_ARRAY(run->arena, struct entry, wanted);
        if (table->entry_count) {
            memcpy(entries, table->entries, table->entry_count * sizeof *entries);
        }
        table->entries = entries;
        table->entry_capacity = wanted;
    }
}

struct entry *route_table_add(struct run *run, struct route_table *table)
{
    return ARENA_PUSH(run->arena, table->entries, table->entry_count, table->entry_capacity);
}

void rule_lists_ahead(const struct rule_list *soon, const struct rule_list *later)
{
    enum { MOST = 8, PARTS = 256 }; /* parts: what rules point to and was made behind them */
    if (later) {
        memory_ahead(later, sizeof *later);
    }
    if (soon) {
        size_t count = soon->count < MOST ? soon->count : MOST;
        memory_ahead(soon->rules, count * (sizeof *soon->rules + PARTS));
    }
}

struct rule *rule_list_add(struct run *run, struct rule_list *list)
{
    return ARENA_PUSH(run->arena, list->rules, list->count, list->capacity);
}

void rule_add_source(struct run *run, struct rule *rule, enum effect_id effect,
                     struct effect_source source)
{
    const struct more_sources **end = &rule->more;
    while (*end) {
        end = &((struct more_sources *)(uintptr_t)*end)->next;
    }
    struct more_sources *added = ARENA_NEW(run->arena, struct more_sources);
    *added = (struct more_sources){effect, source, NULL};
    *end = added;
}

const struct unknown *unknown_add(struct run *run, const struct unknown *next, enum aspect aspect,
                                  struct effect_source source, struct slice reason)
{
    struct unknown *unknown = ARENA_NEW(run->arena, struct unknown);
    *unknown = (struct unknown){aspect, reason, source, next};
    return unknown;
}

bool networks_hold(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->count; i++) {
        if (network_contains(&networks->items[i], address)) {
            return true;
        }
    }
    return false;
}
