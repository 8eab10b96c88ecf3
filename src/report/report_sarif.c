#include "report/report_priv.h"

/* Source: OASIS SARIF 2.1.0; docs.github.com "SARIF support for code scanning": each result needs a physical
 * location, and partialFingerprints tell whether an alert is a known one. */

struct writer {
    struct run *run;
    struct arena *arena;
    const struct report *report;
};

static const struct {
    const char *name, *text, *help;
} rules[ASPECT_COUNT] = {
    [ASPECT_ROUTING] =
        {"RoutingDiffers", "requests end at another backend or answer",
         "Requests are forwarded to another backend, or answered where they were forwarded, "
         "or the other way round. Send the request of the finding to both sides, and look at the "
         "rules that decide."},
    [ASPECT_REWRITE] =
        {"RewriteDiffers", "backends see another path or Host",
         "The backend gets another path or Host header than before. It may not know them."},
    [ASPECT_REDIRECT] =
        {"RedirectDiffers", "clients are sent elsewhere",
         "Clients are redirected to another place, or with another status. Bookmarks and callbacks "
         "may depend on it."},
    [ASPECT_PROTECTION] =
        {"ProtectionDiffers", "other requests are let in",
         "Requests are let in or refused that were not before: credentials, addresses, limits, "
         "certificates."},
    [ASPECT_TRAFFIC] =
        {"TrafficDiffers", "timeouts, retries or copies differ",
         "The data plane waits, repeats, buffers or copies requests in another way."},
    [ASPECT_HEADERS] = {"HeadersDiffer", "headers differ",
                        "Backends or clients get other headers than before."},
};

static struct node *text_node(const struct writer *writer, const char *text)
{
    return node_string(writer->arena, slice_of(text));
}

static void set(const struct writer *writer, struct node *map, const char *key, struct node *value)
{
    node_set(writer->arena, map, key, value);
}

static struct node *message_node(const struct writer *writer, struct slice text)
{
    struct node *map = node_map(writer->arena);
    set(writer, map, "text", node_string(writer->arena, text));
    return map;
}

static struct node *one_item(const struct writer *writer, struct node *item)
{
    struct node *list = node_list(writer->arena);
    node_add(writer->arena, list, item);
    return list;
}

static struct slice rule_id(const struct writer *writer, size_t aspect)
{
    return arena_printf(writer->arena, "diff/%s", aspect_name((enum aspect)aspect));
}

/* All of them, so that the index of a rule is its aspect. */
static struct node *rules_node(const struct writer *writer)
{
    struct node *list = node_list(writer->arena);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct node *rule = node_map(writer->arena), *defaults = node_map(writer->arena);
        struct node *properties = node_map(writer->arena);
        struct slice id = rule_id(writer, a);
        set(writer, rule, "id", node_string(writer->arena, id));
        set(writer, rule, "name", text_node(writer, rules[a].name));
        set(writer, rule, "shortDescription", message_node(writer, slice_of(rules[a].text)));
        set(writer, rule, "fullDescription", message_node(writer, slice_of(rules[a].help)));
        set(writer, rule, "help", message_node(writer, slice_of(rules[a].help)));
        set(writer, defaults, "level", text_node(writer, "warning"));
        set(writer, rule, "defaultConfiguration", defaults);
        set(writer, properties, "tags", one_item(writer, text_node(writer, "gateway-api")));
        set(writer, rule, "properties", properties);
        node_add(writer->arena, list, rule);
    }
    return list;
}

/* ---- places ------------------------------------------------------------------------------- */

static struct node *location_node(const struct writer *writer, struct slice file, struct span span,
                                  struct slice text)
{
    struct arena *arena = writer->arena;
    struct node *location = node_map(arena), *physical = node_map(arena);
    struct node *artifact = node_map(arena), *region = node_map(arena), *logical = node_map(arena);
    struct buf uri;
    buf_init(&uri, BUF_TEXT_MAX);
    diag_put_uri(file, &uri);
    set(writer, artifact, "uri", node_string(arena, arena_copy(arena, buf_slice(&uri))));
    buf_release(&uri);
    set(writer, physical, "artifactLocation", artifact);
    set(writer, region, "startLine", node_int(arena, span.line ? span.line : 1));
    if (span.column) {
        set(writer, region, "startColumn", node_int(arena, span.column));
    }
    set(writer, physical, "region", region);
    set(writer, location, "physicalLocation", physical);
    if (text.len) {
        set(writer, logical, "fullyQualifiedName", node_string(arena, text));
        set(writer, location, "logicalLocations", one_item(writer, logical));
    }
    return location;
}

/* The first file that was read: for what lies in no line of any. */
static struct slice any_file(const struct writer *writer)
{
    for (uint32_t file = 1;; file++) {
        struct slice name = diag_file_name(writer->run->diag, file);
        if (!name.len || name.ptr[0] != '<') {
            return name;
        }
    }
}

/* What a pull request changes comes first; the other side is a related place. */
static void set_locations(const struct writer *writer, const struct finding *finding,
                          struct node *result)
{
    struct node *places = node_list(writer->arena), *related = node_list(writer->arena);
    for (int side = 1; side >= 0; side--) {
        struct place place;
        finding_place(writer->run, finding, side, &place);
        if (!place_is_file(&place)) {
            continue;
        }
        struct node *location = location_node(writer, place.file, place.span, place.text);
        if (!places->count) {
            node_add(writer->arena, places, location);
        } else {
            set(writer, location, "message",
                message_node(writer, side ? SLICE("after") : SLICE("before")));
            node_add(writer->arena, related, location);
        }
    }
    if (!places->count) {
        node_add(writer->arena, places,
                 location_node(writer, any_file(writer), SPAN_NONE, SLICE_ABSENT));
    }
    set(writer, result, "locations", places);
    if (related->count) {
        set(writer, result, "relatedLocations", related);
    }
}

/* ---- results ------------------------------------------------------------------------------ */

static const char *level_of(const struct finding *finding)
{
    static const char *const levels[] = {"note", "warning", "error"};
    return finding->platform ? "note" : levels[finding->impact];
}

static struct slice message_text(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->arena;
    struct slice hosts = finding->platform ? SLICE("all hosts") : finding_hosts(arena, finding, 4);
    return arena_printf(
        arena, SLICE_FMT ". Hosts: " SLICE_FMT ". Try: " SLICE_FMT "%s" SLICE_FMT "%s" SLICE_FMT,
        SLICE_ARG(finding->title), SLICE_ARG(hosts),
        SLICE_ARG(request_curl(arena, &finding->witness)), finding->reason.len ? ". Why: " : "",
        SLICE_ARG(finding->reason), finding->advice.len ? ". To do: " : "",
        SLICE_ARG(finding->advice));
}

static void set_suppression(const struct writer *writer, const struct finding *finding,
                            struct node *result)
{
    const struct acceptance *accepted = finding_acceptance(writer->report, finding);
    if (finding_standing(writer->report, finding) != STANDING_ACCEPTED) {
        return;
    }
    struct node *map = node_map(writer->arena);
    set(writer, map, "kind", text_node(writer, "external"));
    set(writer, map, "status", text_node(writer, "accepted"));
    set(writer, map, "justification", node_string(writer->arena, accepted->reason));
    set(writer, result, "suppressions", one_item(writer, map));
}

static struct node *result_node(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->arena;
    struct node *result = node_map(arena), *prints = node_map(arena), *partial = node_map(arena);
    set(writer, result, "ruleId", node_string(arena, rule_id(writer, finding->aspect)));
    set(writer, result, "ruleIndex", node_int(arena, (int64_t)finding->aspect));
    set(writer, result, "level", text_node(writer, level_of(finding)));
    set(writer, result, "message", message_node(writer, message_text(writer, finding)));
    set_locations(writer, finding, result);
    set(writer, prints, "gateshift/v1", node_string(arena, finding->id));
    set(writer, partial, "primaryLocationLineHash", node_string(arena, finding->id));
    set(writer, result, "fingerprints", prints);
    set(writer, result, "partialFingerprints", partial);
    set_suppression(writer, finding, result);
    return result;
}

void report_sarif(struct run *run, const struct report *report, struct buf *out)
{
    const struct writer writer = {run, run->arena, report};
    const struct finding **list = findings_in_order(run->arena, report);
    struct node *root = node_map(run->arena), *one = node_map(run->arena);
    struct node *tool = node_map(run->arena), *driver = node_map(run->arena);
    struct node *results = node_list(run->arena);
    for (size_t i = 0; i < report->comparison->finding_count; i++) {
        node_add(run->arena, results, result_node(&writer, list[i]));
    }
    set(&writer, driver, "name", text_node(&writer, "gateshift"));
    set(&writer, driver, "semanticVersion", text_node(&writer, report->version));
    set(&writer, driver, "rules", rules_node(&writer));
    set(&writer, tool, "driver", driver);
    set(&writer, one, "tool", tool);
    set(&writer, one, "columnKind", text_node(&writer, "unicodeCodePoints"));
    set(&writer, one, "results", results);
    set(&writer, root, "$schema",
        text_node(&writer, "https://json.schemastore.org/sarif-2.1.0.json"));
    set(&writer, root, "version", text_node(&writer, "2.1.0"));
    set(&writer, root, "runs", one_item(&writer, one));
    document_write_json(root, 2, out);
    buf_putc(out, '\n');
}
