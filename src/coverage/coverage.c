#include "coverage/coverage.h"

#include "convert/convert.h"
#include "feature/feature.h"
#include "ingress_nginx/ingress_nginx.h"

/* Annotations, then keys of the ConfigMap. */
enum table_kind { ANNOTATIONS, SETTINGS, KINDS };
struct row {
    const char *name;
    enum feature_id feature;
};
struct coverage {
    struct arena *arena;
    const struct coverage_options *options;
    struct buf *out;
};

/* The columns. */
static const struct target *column(const struct coverage *c, size_t index)
{
    const struct target *only = c->options->target;
    return !only ? target_at(index) : index == 0 ? only : NULL;
}

static const char *const titles[KINDS] = {"annotation", "setting"};
enum { NO_EFFECT = SUPPORT_NONE + 1, WORDS };

/* False past the end; flags are left out, they are no part of any Ingress. */
static bool row_at(enum table_kind kind, size_t index, struct row *out)
{
    struct nginx_annotation_info annotation;
    struct nginx_setting_info setting;
    if (kind == ANNOTATIONS && nginx_annotation_info_at(index, &annotation)) {
        *out = (struct row){annotation.name, annotation.feature};
        return true;
    }
    if (kind == SETTINGS && nginx_setting_info_at(index, &setting) && !setting.flag) {
        *out = (struct row){setting.name, setting.feature};
        return true;
    }
    return false;
}

static struct feature_capability capability_of(const struct coverage *c, const struct row *row,
                                               size_t target)
{
    return target_capability(column(c, target), row->feature, c->options->api_minor,
                             c->options->experimental);
}

static int word_of(const struct coverage *c, const struct row *row, size_t target)
{
    return row->feature == FEATURE_none ? NO_EFFECT : (int)capability_of(c, row, target).support;
}

static const char *word_name(int word)
{
    return word == NO_EFFECT ? "-" : support_name((enum support)word);
}

/* ---- text and Markdown ---------------------------------------------------------------------- */

static void put_cell(const struct coverage *c, bool markdown, const char *text, size_t width)
{
    if (markdown) {
        buf_printf(c->out, " %s |", text);
    } else {
        buf_printf(c->out, "%-*s", (int)width, text);
    }
}

static size_t column_width(const struct coverage *c, size_t target)
{
    size_t len = slice_of(column(c, target)->name).len;
    return column(c, target + 1) ? len + 2 : 0; /* the last one ends the line */
}

enum { NAME_WIDTH = 42 };

static void put_head(const struct coverage *c, bool markdown, enum table_kind kind)
{
    buf_puts(c->out, markdown ? "|" : "");
    put_cell(c, markdown, titles[kind], NAME_WIDTH);
    for (size_t t = 0; column(c, t); t++) {
        put_cell(c, markdown, column(c, t)->name, column_width(c, t));
    }
    buf_putc(c->out, '\n');
    if (markdown) {
        buf_puts(c->out, "|---|");
        for (size_t t = 0; column(c, t); t++) {
            buf_puts(c->out, "---|");
        }
        buf_putc(c->out, '\n');
    }
}

static void put_rows(const struct coverage *c, bool markdown, enum table_kind kind)
{
    struct row row;
    put_head(c, markdown, kind);
    for (size_t i = 0; row_at(kind, i, &row); i++) {
        buf_puts(c->out, markdown ? "|" : "");
        put_cell(c, markdown, row.name, NAME_WIDTH);
        for (size_t t = 0; column(c, t); t++) {
            put_cell(c, markdown, word_name(word_of(c, &row, t)), column_width(c, t));
        }
        buf_putc(c->out, '\n');
    }
    buf_putc(c->out, '\n');
}

static void count(const struct coverage *c, enum table_kind kind, size_t target,
                  size_t counts[WORDS], size_t *all)
{
    struct row row;
    for (*all = 0; row_at(kind, *all, &row); (*all)++) {
        counts[word_of(c, &row, target)]++;
    }
}

static void put_totals(const struct coverage *c, bool markdown, enum table_kind kind)
{
    for (size_t t = 0; column(c, t); t++) {
        size_t counts[WORDS] = {0}, all;
        count(c, kind, t, counts, &all);
        buf_printf(c->out,
                   "%s%zu %ss, %s: %zu exact, %zu near, %zu none, %zu without effect on requests\n",
                   markdown ? "- " : "", all, titles[kind], column(c, t)->name,
                   counts[SUPPORT_EXACT], counts[SUPPORT_NEAR], counts[SUPPORT_NONE],
                   counts[NO_EFFECT]);
    }
}

static void put_tables(const struct coverage *c, bool markdown)
{
    for (enum table_kind kind = ANNOTATIONS; kind < KINDS; kind++) {
        put_rows(c, markdown, kind);
    }
    for (enum table_kind kind = ANNOTATIONS; kind < KINDS; kind++) {
        put_totals(c, markdown, kind);
    }
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void set_text(struct arena *arena, struct node *map, const char *key, const char *text)
{
    node_set(arena, map, key, node_string(arena, slice_of(text)));
}

static struct node *row_node(const struct coverage *c, enum table_kind kind, const struct row *row)
{
    struct node *node = node_map(c->arena), *targets = node_map(c->arena);
    const struct feature_row *feature = feature_row(row->feature);
    set_text(c->arena, node, "kind", titles[kind]);
    set_text(c->arena, node, "name", row->name);
    if (!feature) {
        return node; /* no effect on requests */
    }
    set_text(c->arena, node, "feature", feature->name);
    for (size_t t = 0; column(c, t); t++) {
        struct feature_capability capability = capability_of(c, row, t);
        struct node *cell = node_map(c->arena);
        set_text(c->arena, cell, "support", support_name(capability.support));
        set_text(c->arena, cell, "text", capability.text);
        int since = feature_since(row->feature, c->options->experimental);
        if (since && since != SINCE_NEVER) {
            node_set(c->arena, cell, "since",
                     node_string(c->arena, arena_printf(c->arena, "1.%d", since)));
        }
        node_set(c->arena, targets, column(c, t)->name, cell);
    }
    node_set(c->arena, node, "targets", targets);
    return node;
}

static void put_json(const struct coverage *c)
{
    struct node *root = node_map(c->arena), *rows = node_list(c->arena);
    set_text(c->arena, root, "channel", c->options->experimental ? "experimental" : "standard");
    node_set(c->arena, root, "gatewayApiVersion",
             node_string(c->arena, arena_printf(c->arena, "1.%d", c->options->api_minor)));
    for (enum table_kind kind = ANNOTATIONS; kind < KINDS; kind++) {
        struct row row;
        for (size_t i = 0; row_at(kind, i, &row); i++) {
            node_add(c->arena, rows, row_node(c, kind, &row));
        }
    }
    node_set(c->arena, root, "rows", rows);
    document_write_json(root, 2, c->out);
    buf_putc(c->out, '\n');
}

void coverage_print(struct arena *arena, const struct coverage_options *options, struct buf *out)
{
    const struct coverage c = {arena, options, out};
    if (options->format == COVERAGE_JSON) {
        put_json(&c);
    } else {
        put_tables(&c, options->format == COVERAGE_MARKDOWN);
    }
}
