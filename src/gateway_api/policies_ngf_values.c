#include "gateway_api/policies_ngf_priv.h"

/* What names in snippets stand for: parts that one snippet defines and another one names, and variables. */

/* ---- parts ---------------------------------------------------------------------------------- */

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

/* ---- names that are taken ------------------------------------------------------------------- */

/* Who defines a name: NGINX Gateway Fabric includes a filter once in a server, or in all of nginx, however many rules
 * name it (includes.go, deduplicateIncludes). */
struct definition {
    const struct object *policy;
    const struct http_route *route; /* the last one of its rules that was read */
    const struct effects *effects;  /* the last rule */
    struct definition *next;
};

/* Each host is a server of its own; listeners may narrow hosts down, which is not followed. */
static bool share_server(struct builder *builder, const struct http_route *a,
                         const struct http_route *b)
{
    struct host_pattern both;
    if (!a || !b || !a->hostnames.count || !b->hostnames.count) {
        return true;
    }
    for (size_t i = 0; i < a->hostnames.count; i++) {
        struct host_pattern host = host_of(builder, a->hostnames.items[i]);
        for (size_t j = 0; j < b->hostnames.count; j++) {
            struct host_pattern other = host_of(builder, b->hostnames.items[j]);
            if (host_intersect(&host, &other, &both)) {
                return true;
            }
        }
    }
    return false;
}

/* nginx refuses all of its configuration, so that the Gateway stays as it was. */
static void say_taken(struct policy_work *work, struct slice what, const struct definition *other)
{
    struct run *run = work->builder->run;
    struct slice reason = arena_printf(
        run->arena,
        "'" SLICE_FMT "' stands in " SLICE_FMT " and in " SLICE_FMT ", and nginx takes it once",
        SLICE_ARG(what), SLICE_ARG(other->policy->subject), SLICE_ARG(work->policy->subject));
    diag_at(run->diag, DIAG_G040, work->policy->span, work->policy->subject,
            SLICE_FMT ": it refuses its whole configuration; give one of them another name",
            SLICE_ARG(reason));
    work->builder->table->unknown =
        unknown_add(run, work->builder->table->unknown, ASPECT_ROUTING, work->source, reason);
}

bool ngf_define(struct policy_work *work, enum ngf_scope scope, const char *kind, struct slice name)
{
    struct builder *builder = work->builder;
    struct slice key = ARENA_JOIN(builder->run->arena, slice_of(kind), SLICE(" "), name);
    struct definition *first = map_get(builder->defined, key), *own = NULL;
    for (struct definition *other = first; other; other = other->next) {
        if (other->policy != work->policy &&
            (scope == NGF_OF_ALL || share_server(builder, other->route, work->route))) {
            say_taken(work, key, other);
            return false;
        }
        own = other->policy == work->policy && other->route == work->route ? other : own;
    }
    if (own && own->effects == work->effects) {
        return false; /* twice in one snippet */
    }
    if (!own) {
        own = ARENA_NEW(builder->run->arena, struct definition);
        own->next = first;
        map_put(builder->defined, key, own);
    }
    own->policy = work->policy;
    own->route = work->route;
    own->effects = work->effects;
    return true;
}

/* ---- variables ------------------------------------------------------------------------------ */

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
