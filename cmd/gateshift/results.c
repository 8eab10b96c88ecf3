#include "results.h"

#include "diag/diag.h"
#include "document/document.h"

void results_open(struct results *results, enum results_format format, struct arena *arena,
                  struct buf *out)
{
    *results = (struct results){.format = format, .arena = arena, .out = out};
    buf_init(&results->suites, BUF_TEXT_MAX);
    buf_init(&results->suite, BUF_TEXT_MAX);
}

/* ---- JUnit -------------------------------------------------------------------------------- */

static void close_suite(struct results *results)
{
    if (results->suite_name.ptr) {
        buf_puts(&results->suites, "  <testsuite name=\"");
        diag_put_xml(results->suite_name, &results->suites);
        buf_printf(&results->suites, "\" tests=\"%zu\" failures=\"%zu\">\n",
                   results->suite_passed + results->suite_failed, results->suite_failed);
        buf_put(&results->suites, buf_slice(&results->suite));
        buf_puts(&results->suites, "  </testsuite>\n");
        buf_clear(&results->suite);
    }
    results->suite_passed = results->suite_failed = 0;
}

static void add_junit(struct results *results, const struct result *result)
{
    struct buf *out = &results->suite;
    struct slice rest = result->got, line;
    if (!results->suite_name.ptr || !slice_equal(results->suite_name, result->suite)) {
        close_suite(results);
        results->suite_name = arena_copy(results->arena, result->suite);
    }
    results->suite_passed += result->passed;
    results->suite_failed += !result->passed;
    buf_puts(out, "    <testcase classname=\"");
    diag_put_xml(result->suite, out);
    buf_puts(out, "\" name=\"");
    diag_put_xml(result->name, out);
    if (result->passed) {
        buf_puts(out, "\"/>\n");
        return;
    }
    buf_puts(out, "\">\n      <failure message=\"");
    diag_put_xml(result->why, out);
    buf_puts(out, result->got.len ? "\">" : "\"/>\n    </testcase>\n");
    while (result->got.len && slice_split(&rest, '\n', &line)) {
        diag_put_xml(line, out);
        buf_puts(out, rest.ptr ? "\n" : "</failure>\n    </testcase>\n");
    }
}

/* ---- JSON and TAP ------------------------------------------------------------------------- */

static void add_json(struct results *results, const struct result *result)
{
    struct arena *arena = results->arena;
    struct node *map = node_map(arena);
    node_set(arena, map, "case", node_string(arena, result->suite));
    node_set(arena, map, "name", node_string(arena, result->name));
    node_set(arena, map, "passed", node_bool(arena, result->passed));
    if (!result->passed) {
        node_set(arena, map, "why", node_string(arena, result->why));
    }
    if (result->got.len) {
        node_set(arena, map, "got", node_string(arena, result->got));
    }
    buf_puts(&results->suites, results->suites.len ? ",\n    " : "\n    ");
    document_write_json(map, 0, &results->suites);
}

/* A '#' would begin a directive such as "# SKIP". */
static void put_tap(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '#' || c == '\\') {
            buf_putc(out, '\\');
        }
        buf_putc(out, c == '\n' || c == '\r' ? ' ' : c);
    }
}

static void add_tap(struct results *results, const struct result *result)
{
    struct slice rest = result->got, line;
    buf_printf(results->out, "%s %zu - ", result->passed ? "ok" : "not ok",
               results->passed + results->failed);
    put_tap(result->suite, results->out);
    buf_puts(results->out, ": ");
    put_tap(result->name, results->out);
    buf_putc(results->out, '\n');
    if (result->passed) {
        return;
    }
    buf_puts(results->out, "# ");
    put_tap(result->why, results->out);
    buf_putc(results->out, '\n');
    while (result->got.len && slice_split(&rest, '\n', &line)) {
        buf_puts(results->out, "# ");
        put_tap(line, results->out);
        buf_putc(results->out, '\n');
    }
}

/* ---- all ---------------------------------------------------------------------------------- */

static void add_text(struct results *results, const struct result *result)
{
    struct slice rest = result->got, line;
    if (result->passed) {
        return;
    }
    buf_printf(results->out, "not ok: " SLICE_FMT ": " SLICE_FMT "\n    " SLICE_FMT "\n",
               SLICE_ARG(result->suite), SLICE_ARG(result->name), SLICE_ARG(result->why));
    while (result->got.len && slice_split(&rest, '\n', &line)) {
        buf_printf(results->out, "    " SLICE_FMT "\n", SLICE_ARG(line));
    }
}

void results_add(struct results *results, const struct result *result)
{
    results->passed += result->passed;
    results->failed += !result->passed;
    switch (results->format) {
    case RESULTS_TEXT:
        add_text(results, result);
        return;
    case RESULTS_TAP:
        add_tap(results, result);
        return;
    case RESULTS_JUNIT:
        add_junit(results, result);
        return;
    case RESULTS_JSON:
        add_json(results, result);
        return;
    }
}

void results_close(struct results *results)
{
    size_t count = results->passed + results->failed;
    switch (results->format) {
    case RESULTS_TEXT:
        buf_printf(results->out, "%zu passed, %zu failed\n", results->passed, results->failed);
        break;
    case RESULTS_TAP:
        buf_printf(results->out, "1..%zu\n# %zu passed, %zu failed\n", count, results->passed,
                   results->failed);
        break;
    case RESULTS_JUNIT:
        close_suite(results);
        buf_printf(results->out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<testsuites name=\"gateshift\" tests=\"%zu\" failures=\"%zu\">\n",
                   count, results->failed);
        buf_put(results->out, buf_slice(&results->suites));
        buf_puts(results->out, "</testsuites>\n");
        break;
    case RESULTS_JSON:
        buf_printf(results->out,
                   "{\n  \"version\": 1,\n  \"passed\": %zu,\n  \"failed\": %zu,\n"
                   "  \"results\": [",
                   results->passed, results->failed);
        buf_put(results->out, buf_slice(&results->suites));
        buf_puts(results->out, count ? "\n  ]\n}\n" : "]\n}\n");
        break;
    }
    buf_release(&results->suites);
    buf_release(&results->suite);
}
