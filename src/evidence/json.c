#include "evidence/evidence.h"

static const char *const count_keys[EVIDENCE_COUNT_COUNT] = {
#define X(id, key) key,
    EVIDENCE_COUNT_LIST(X)
#undef X
};

/* ---- writing ------------------------------------------------------------------------------ */

static void set_text(struct arena *arena, struct node *map, const char *key, struct slice text)
{
    if (text.len) {
        node_set(arena, map, key, node_string(arena, text));
    }
}

static void set_count(struct arena *arena, struct node *map, const char *key, uint64_t count)
{
    if (count) {
        node_set(arena, map, key, node_int(arena, (int64_t)count));
    }
}

static void set_examples(struct arena *arena, struct node *map,
                         const struct evidence_examples *examples)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < examples->count; i++) {
        struct node *item = node_map(arena);
        set_text(arena, item, "source", examples->items[i].source);
        set_count(arena, item, "line", examples->items[i].line);
        set_text(arena, item, "text", examples->items[i].text);
        node_add(arena, list, item);
    }
    if (examples->count) {
        node_set(arena, map, "examples", list);
    }
}

static struct node *groups_node(struct arena *arena, const struct evidence_groups *groups)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < groups->count; i++) {
        struct node *item = node_map(arena);
        set_text(arena, item, "text", groups->items[i]->text);
        set_count(arena, item, "requests", groups->items[i]->requests);
        set_examples(arena, item, &groups->items[i]->examples);
        node_add(arena, list, item);
    }
    return list;
}

static struct node *finding_node(struct arena *arena, const struct evidence_finding *finding)
{
    struct node *item = node_map(arena);
    set_text(arena, item, "id", finding->id);
    set_text(arena, item, "title", finding->title);
    node_set(arena, item, "impact", node_string(arena, slice_of(impact_name(finding->impact))));
    node_set(arena, item, "aspect", node_string(arena, slice_of(aspect_name(finding->aspect))));
    node_set(arena, item, "platform", node_bool(arena, finding->platform));
    set_count(arena, item, "requests", finding->requests);
    set_count(arena, item, "asked", finding->asked);
    set_count(arena, item, "confirmed", finding->confirmed);
    if (finding->routes.count) {
        node_set(arena, item, "routes", groups_node(arena, &finding->routes));
    }
    set_examples(arena, item, &finding->examples);
    return item;
}

static struct node *route_node(struct arena *arena, const struct evidence_route *route)
{
    struct node *item = node_map(arena);
    bool before = route->side == EVIDENCE_BEFORE;
    node_set(arena, item, "side", node_string(arena, before ? SLICE("before") : SLICE("after")));
    set_text(arena, item, "text", route->text);
    set_text(arena, item, "kind", route->kind);
    set_text(arena, item, "namespace", route->namespace);
    set_text(arena, item, "name", route->name);
    set_count(arena, item, "requests", route->requests);
    set_count(arena, item, "possible", route->possible);
    set_count(arena, item, "asked", route->asked);
    return item;
}

static struct node *log_node(struct arena *arena, const struct evidence_log *log)
{
    struct node *item = node_map(arena);
    set_text(arena, item, "source", log->source);
    set_count(arena, item, "bytes", log->bytes);
    set_count(arena, item, "part", log->part);
    set_count(arena, item, "parts", log->parts);
    set_count(arena, item, "joined", log->joined);
    set_text(arena, item, "format", log->format);
    node_set(arena, item, "lines", node_int(arena, (int64_t)log->lines));
    node_set(arena, item, "digest",
             node_string(arena, arena_printf(arena, "%016llx", (unsigned long long)log->digest)));
    return item;
}

static void set_texts(struct arena *arena, struct node *map, const char *key,
                      const struct texts *texts)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < texts->count; i++) {
        node_add(arena, list, node_string(arena, texts->items[i]));
    }
    if (texts->count) {
        node_set(arena, map, key, list);
    }
}

/* What was read, and what is not there. */
static void set_logs(struct arena *arena, struct node *root, const struct evidence *evidence)
{
    const struct texts missing = evidence_missing(arena, evidence);
    struct node *logs = node_list(arena);
    for (size_t i = 0; i < evidence->log_count; i++) {
        node_add(arena, logs, log_node(arena, evidence->logs[i]));
    }
    node_set(arena, root, "logs", logs);
    set_texts(arena, root, "missing", &missing);
    set_texts(arena, root, "left_out", &evidence->left_out);
}

struct node *evidence_node(struct run *run, const struct evidence *evidence)
{
    struct arena *arena = run->arena;
    struct node *root = node_map(arena), *counts = node_map(arena);
    struct node *findings = node_list(arena), *routes = node_list(arena);
    for (size_t i = 0; i < EVIDENCE_COUNT_COUNT; i++) {
        node_set(arena, counts, count_keys[i], node_int(arena, (int64_t)evidence->counts[i]));
    }
    for (size_t i = 0; i < evidence->finding_count; i++) {
        node_add(arena, findings, finding_node(arena, evidence->findings[i]));
    }
    for (size_t i = 0; i < evidence->route_count; i++) {
        node_add(arena, routes, route_node(arena, evidence->routes[i]));
    }
    node_set(arena, root, "evidence", node_int(arena, EVIDENCE_VERSION));
    set_text(arena, root, "before", evidence->before);
    set_text(arena, root, "after", evidence->after);
    set_text(arena, root, "tables", evidence->tables);
    set_text(arena, root, "program", evidence->program);
    set_logs(arena, root, evidence);
    node_set(arena, root, "counts", counts);
    node_set(arena, root, "findings", findings);
    node_set(arena, root, "routes", routes);
    node_set(arena, root, "unsaid", groups_node(arena, &evidence->unsaid));
    node_set(arena, root, "unexplained", groups_node(arena, &evidence->unexplained));
    node_set(arena, root, "unparsed", groups_node(arena, &evidence->unparsed));
    return root;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct reading {
    struct run *run;
    struct arena *arena;
    bool failed;
    bool too_large;
};

static void refuse(struct reading *reading, const struct node *at, const char *what)
{
    diag_at(reading->run->diag, DIAG_E001, at->span, SLICE_ABSENT,
            "this is no evidence that replay, merge or verify wrote: %s", what);
    reading->failed = true;
}

static const struct node *take(struct reading *reading, const struct node *map, const char *key,
                               enum node_kind kind)
{
    const struct node *value = node_get(map, key);
    if (value && value->kind != kind) {
        refuse(reading, value,
               arena_string(reading->arena, arena_printf(reading->arena, "'%s' is %s", key,
                                                         node_kind_name(value->kind))));
        return NULL;
    }
    return value;
}

static struct slice take_text(struct reading *reading, const struct node *map, const char *key)
{
    const struct node *value = take(reading, map, key, NODE_STRING);
    return value ? value->text : SLICE_ABSENT;
}

static uint64_t take_count(struct reading *reading, const struct node *map, const char *key)
{
    const struct node *value = take(reading, map, key, NODE_INT);
    if (value && value->integer < 0) {
        refuse(reading, value, "a count is below 0");
        return 0;
    }
    return value ? (uint64_t)value->integer : 0;
}

static void add_count(struct reading *reading, const struct node *map, const char *key,
                      uint64_t *into)
{
    evidence_add(into, take_count(reading, map, key), &reading->too_large);
}

/* The index of the word in what `name` gives for 0 to count - 1. */
static int take_word(struct reading *reading, const struct node *map, const char *key,
                     struct slice *text, const char *const *names, size_t count)
{
    *text = take_text(reading, map, key);
    for (size_t i = 0; i < count; i++) {
        if (slice_is(*text, names[i])) {
            return (int)i;
        }
    }
    refuse(reading, map, "a word is missing, or is not known to this version");
    return 0;
}

/* The next item of a list that has to hold mappings. */
static const struct node *map_at(struct reading *reading, const struct node *list, size_t index)
{
    const struct node *item = list->items[index];
    if (item->kind != NODE_MAP) {
        refuse(reading, item, "an item is no mapping");
        return NULL;
    }
    return item;
}

static void read_examples(struct reading *reading, const struct node *map,
                          struct evidence_examples *out)
{
    const struct node *list = take(reading, map, "examples", NODE_LIST);
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *item = map_at(reading, list, i);
        if (item) {
            const struct evidence_example example = {take_text(reading, item, "source"),
                                                     take_count(reading, item, "line"),
                                                     take_text(reading, item, "text")};
            (void)evidence_example_add(reading->arena, out, &example);
        }
    }
}

static void read_groups(struct reading *reading, const struct node *map, const char *key,
                        struct evidence_groups *out)
{
    const struct node *list = take(reading, map, key, NODE_LIST);
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *item = map_at(reading, list, i);
        if (item) {
            struct evidence_group *group =
                evidence_group(reading->arena, out, take_text(reading, item, "text"));
            add_count(reading, item, "requests", &group->requests);
            read_examples(reading, item, &group->examples);
        }
    }
}

static void read_finding(struct reading *reading, const struct node *item, struct evidence *out)
{
    const char *impacts[IMPACT_BREAKING + 1], *aspects[ASPECT_COUNT];
    struct slice word, id = take_text(reading, item, "id");
    for (int i = 0; i <= IMPACT_BREAKING; i++) {
        impacts[i] = impact_name((enum impact)i);
    }
    for (int i = 0; i < ASPECT_COUNT; i++) {
        aspects[i] = aspect_name((enum aspect)i);
    }
    if (!id.len) {
        refuse(reading, item, "a finding has no id");
        return;
    }
    struct evidence_finding *finding = evidence_finding(reading->arena, out, id);
    const struct node *platform = take(reading, item, "platform", NODE_BOOL);
    finding->title = arena_copy(reading->arena, take_text(reading, item, "title"));
    finding->impact =
        (enum impact)take_word(reading, item, "impact", &word, impacts, ARRAY_LEN(impacts));
    finding->aspect =
        (enum aspect)take_word(reading, item, "aspect", &word, aspects, ARRAY_LEN(aspects));
    finding->platform = platform && platform->boolean;
    add_count(reading, item, "requests", &finding->requests);
    add_count(reading, item, "asked", &finding->asked);
    add_count(reading, item, "confirmed", &finding->confirmed);
    read_groups(reading, item, "routes", &finding->routes);
    read_examples(reading, item, &finding->examples);
}

static void read_route(struct reading *reading, const struct node *item, struct evidence *out)
{
    static const char *const sides[] = {"before", "after"};
    struct slice word;
    int side = take_word(reading, item, "side", &word, sides, ARRAY_LEN(sides));
    struct evidence_route *route = evidence_route(reading->arena, out, (enum evidence_side)side,
                                                  take_text(reading, item, "text"));
    route->kind = arena_copy(reading->arena, take_text(reading, item, "kind"));
    route->namespace = arena_copy(reading->arena, take_text(reading, item, "namespace"));
    route->name = arena_copy(reading->arena, take_text(reading, item, "name"));
    add_count(reading, item, "requests", &route->requests);
    add_count(reading, item, "possible", &route->possible);
    add_count(reading, item, "asked", &route->asked);
}

static uint64_t take_digest(struct reading *reading, const struct node *item)
{
    struct slice text = take_text(reading, item, "digest");
    uint64_t digest = 0;
    bool fine = text.len == 16;
    for (size_t i = 0; fine && i < text.len; i++) {
        int digit = hex_digit(text.ptr[i]);
        fine = digit >= 0;
        digest = digest << 4 | (uint64_t)(fine ? digit : 0);
    }
    if (!fine) {
        refuse(reading, item, "the digest of a log has not 16 digits");
    }
    return digest;
}

static void read_log(struct reading *reading, const struct node *item, struct evidence *out)
{
    const struct evidence_log log = {.source = take_text(reading, item, "source"),
                                     .bytes = take_count(reading, item, "bytes"),
                                     .part = (size_t)take_count(reading, item, "part"),
                                     .parts = (size_t)take_count(reading, item, "parts"),
                                     .joined = (size_t)take_count(reading, item, "joined"),
                                     .format = take_text(reading, item, "format"),
                                     .lines = take_count(reading, item, "lines"),
                                     .digest = take_digest(reading, item)};
    if (log.parts > EVIDENCE_PARTS_MAX || log.part > log.parts || (log.parts && !log.part)) {
        refuse(reading, item, "a log has no such part");
        return;
    }
    evidence_log_add(reading->arena, out, &log);
}

static void read_left_out(struct reading *reading, const struct node *root, struct evidence *out)
{
    const struct node *list = take(reading, root, "left_out", NODE_LIST);
    for (size_t i = 0; list && i < list->count; i++) {
        if (list->items[i]->kind == NODE_STRING) {
            evidence_left_out(reading->arena, out, list->items[i]->text);
        } else {
            refuse(reading, list->items[i], "a file that was left out has no name");
        }
    }
}

typedef void item_fn(struct reading *reading, const struct node *item, struct evidence *out);

static void read_list(struct reading *reading, const struct node *root, const char *key,
                      item_fn *read, struct evidence *out)
{
    const struct node *list = take(reading, root, key, NODE_LIST);
    for (size_t i = 0; list && i < list->count; i++) {
        const struct node *item = map_at(reading, list, i);
        if (item) {
            read(reading, item, out);
        }
    }
}

static void read_root(struct reading *reading, const struct node *root, struct evidence *out)
{
    const struct node *version = node_get(root, "evidence");
    if (root->kind != NODE_MAP || !version || version->kind != NODE_INT) {
        refuse(reading, root, "there is no 'evidence: 1'");
        return;
    }
    if (version->integer != EVIDENCE_VERSION) {
        diag_at(reading->run->diag, DIAG_E002, version->span, SLICE_ABSENT,
                "evidence of version %lld; this program reads version %d, so make it anew",
                (long long)version->integer, EVIDENCE_VERSION);
        reading->failed = true;
        return;
    }
    out->before = take_text(reading, root, "before");
    out->after = take_text(reading, root, "after");
    out->tables = take_text(reading, root, "tables");
    out->program = take_text(reading, root, "program");
    read_list(reading, root, "logs", read_log, out);
    read_left_out(reading, root, out);
    const struct node *counts = take(reading, root, "counts", NODE_MAP);
    for (size_t i = 0; counts && i < EVIDENCE_COUNT_COUNT; i++) {
        out->counts[i] = take_count(reading, counts, count_keys[i]);
    }
    read_list(reading, root, "findings", read_finding, out);
    read_list(reading, root, "routes", read_route, out);
    read_groups(reading, root, "unsaid", &out->unsaid);
    read_groups(reading, root, "unexplained", &out->unexplained);
    read_groups(reading, root, "unparsed", &out->unparsed);
}

/* True when it was added. */
static bool add_document(struct reading *reading, const struct node *root, struct evidence *out)
{
    struct evidence part = {0};
    struct slice why;
    reading->failed = reading->too_large = false;
    read_root(reading, root, &part);
    if (reading->failed) {
        return false;
    }
    enum evidence_fit fit = evidence_fits(reading->arena, out, &part, &why);
    if (fit != EVIDENCE_FITS) {
        diag_at(reading->run->diag, fit == EVIDENCE_TWICE ? DIAG_E005 : DIAG_E003, root->span,
                SLICE_ABSENT, SLICE_FMT, SLICE_ARG(why));
        return fit == EVIDENCE_TWICE && !part.left_out.count;
    }
    evidence_merge(reading->arena, out, &part);
    if (reading->too_large || out->too_large) {
        refuse(reading, root,
               "its numbers come to more than can be counted, with those read before it");
        out->too_large = false; /* is said once */
    }
    return !reading->failed;
}

void evidence_read(struct run *run, const struct input_file *file, struct evidence *out)
{
    struct reading reading = {.run = run, .arena = run->arena};
    struct documents documents = {0};
    size_t errors = diag_count_severity(run->diag, SEVERITY_ERROR);
    document_read(run, file, &documents);
    bool whole = documents.count && errors == diag_count_severity(run->diag, SEVERITY_ERROR);
    for (size_t i = 0; i < documents.count; i++) {
        whole = add_document(&reading, documents.roots[i], out) && whole;
    }
    if (!whole) {
        evidence_left_out(run->arena, out, file->name);
    }
}
