#include "gateway_api/policies_ngf_priv.h"

/* The language of nginx's configuration (ngx_conf_file.c), as far as snippets have it. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the quotes that begin at `at`; the length of the text where they do not end. */
static size_t quoted_end(struct slice text, size_t at)
{
    return slice_find(text, text.ptr[at], at + 1) + 1;
}

/* Of the brace that closes the one at `at`; the length of the text where there is none. */
static size_t block_end(struct slice text, size_t at)
{
    size_t depth = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        if (c == '"' || c == '\'') {
            at = quoted_end(text, at);
            continue;
        }
        depth += c == '{';
        depth -= c == '}';
        if (!depth) {
            return at;
        }
        at++;
    }
    return text.len;
}

static bool add_word(struct slice text, size_t *at, struct directive *out)
{
    char c = text.ptr[*at];
    bool quoted = c == '"' || c == '\'';
    size_t from = *at + quoted, end = from;
    while (end < text.len &&
           (quoted ? text.ptr[end] != c : !is_blank(text.ptr[end]) && text.ptr[end] != ';')) {
        end++;
    }
    if (out->count == WORDS_MAX) {
        return false;
    }
    out->words[out->count++] = slice_sub(text, from, end);
    *at = end + quoted;
    return true;
}

bool ngf_next(struct slice text, size_t *at, struct directive *out)
{
    *out = (struct directive){0};
    while (*at < text.len) {
        char c = text.ptr[*at];
        if (is_blank(c)) {
            ++*at;
        } else if (c == ';') {
            ++*at;
            return out->count > 0;
        } else if (c == '{') {
            size_t end = block_end(text, *at);
            if (end >= text.len || !out->count) {
                return false;
            }
            out->block = slice_sub(text, *at + 1, end);
            *at = end + 1;
            return true;
        } else if (c == '}' || c == '#' || !add_word(text, at, out)) {
            return false;
        }
    }
    return false;
}

bool ngf_is(const struct directive *d, const char *name, size_t count)
{
    return d->count == count && !d->block.ptr && slice_is(d->words[0], name);
}

void ngf_part_add(struct policy_work *work, const char *kind, struct slice name, const void *value)
{
    struct builder *builder = work->builder;
    *ARENA_PUSH(builder->run->arena, builder->parts, builder->part_count, builder->part_capacity) =
        (struct snippet_part){work->effects, kind, name, value};
}

/* Those of the rule at hand are the last ones. */
const void *ngf_part(struct policy_work *work, const char *kind, struct slice name)
{
    const struct builder *builder = work->builder;
    for (size_t i = builder->part_count; i > 0; i--) {
        const struct snippet_part *part = &builder->parts[i - 1];
        if (part->effects != work->effects) {
            break;
        }
        if (slice_is(slice_of(part->kind), kind) && slice_equal(part->name, name)) {
            return part->value;
        }
    }
    return NULL;
}

/* ---- values --------------------------------------------------------------------------------- */

/* ngx_http_variables.c, and what NGINX Gateway Fabric adds (base_http_config_template.go). */
static const struct {
    const char *name;
    enum part_kind kind;
} variables[] = {
    {"host", PART_HOST},
    {"http_host", PART_HOST_HEADER},
    {"remote_addr", PART_CLIENT},
    {"request_id", PART_REQUEST_ID},
    {"request_method", PART_METHOD},
    {"request_uri", PART_TARGET},
    {"scheme", PART_SCHEME},
    {"server_port", PART_PORT},
};

static struct part variable_part(struct policy_work *work, struct slice name)
{
    struct arena *arena = work->builder->run->arena;
    struct slice header = SLICE("http_"), whole = ARENA_JOIN(arena, SLICE("$"), name);
    const struct part *own = ngf_part(work, "variable", whole);
    if (own) {
        return *own;
    }
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        if (slice_is(name, variables[i].name)) {
            return (struct part){.kind = variables[i].kind, .text = SLICE("")};
        }
    }
    if (!slice_starts(name, header)) {
        return (struct part){.kind = PART_UNKNOWN, .text = whole};
    }
    char *bytes = arena_alloc(arena, name.len);
    for (size_t i = header.len; i < name.len; i++) { /* "x_user" as "X-User", as people write it */
        bool first = i == header.len || name.ptr[i - 1] == '_', small = name.ptr[i] >= 'a';
        char c =
            first && small && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 'a' + 'A') : name.ptr[i];
        bytes[i - header.len] = c == '_' ? '-' : c;
    }
    return (struct part){.kind = PART_HEADER, .text = {bytes, name.len - header.len}};
}

struct template ngf_value(struct policy_work *work, struct slice text)
{
    struct part *parts = ARENA_ARRAY(work->builder->run->arena, struct part, text.len + 1);
    size_t count = 0, from = 0, at = 0;
    while (at <= text.len) {
        bool variable = at < text.len && text.ptr[at] == '$';
        if ((variable || at == text.len) && at > from) {
            parts[count++] = (struct part){.kind = PART_TEXT, .text = slice_sub(text, from, at)};
        }
        at++;
        if (variable) {
            from = at;
            while (at < text.len && (is_alphanumeric(text.ptr[at]) || text.ptr[at] == '_')) {
                at++;
            }
            parts[count++] = variable_part(work, slice_sub(text, from, at));
            from = at;
        }
    }
    return (struct template){parts, count};
}
