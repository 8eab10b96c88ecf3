#include "compare/compare_priv.h"

#include <string.h>

static void add_host(struct run *run, struct map *seen, struct probe_hosts *out, struct slice name,
                     struct slice label)
{
    if (!map_put(seen, name, out)) {
        *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) =
            (struct probe_host){name, label};
    }
}

static void hosts_of(struct run *run, const struct route_table *table, struct map *seen,
                     struct probe_hosts *out)
{
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct host_pattern *host = &table->entries[i].host;
        switch (host->kind) {
        case HOST_ANY:
        case HOST_REGEX:
            break;
        case HOST_EXACT:
            add_host(run, seen, out, host->name, host->name);
            break;
        case HOST_ONE_LABEL:
        case HOST_SUFFIX: {
            struct slice rest = slice_sub(host->name, 1, host->name.len);
            add_host(run, seen, out, arena_printf(run->arena, "any" SLICE_FMT, SLICE_ARG(rest)),
                     host->name);
            add_host(run, seen, out,
                     arena_printf(run->arena, "deeper.any" SLICE_FMT, SLICE_ARG(rest)),
                     arena_printf(run->arena, "*." SLICE_FMT " (two labels)",
                                  SLICE_ARG(host->name)));
            break;
        }
        }
    }
}

static int compare_hosts(const void *a, const void *b, void *user)
{
    (void)user;
    const struct probe_host *x = a, *y = b;
    int order = slice_compare(x->label, y->label);
    return order ? order : slice_compare(x->name, y->name);
}

void draw_hosts(struct run *run, const struct route_table *before, const struct route_table *after,
                struct probe_hosts *out)
{
    struct map *seen = map_new(run->arena);
    *out = (struct probe_hosts){0};
    hosts_of(run, before, seen, out);
    hosts_of(run, after, seen, out);
    sort_stable(run->arena, out->items, out->count, sizeof *out->items, compare_hosts, NULL);
    /* RFC 2606 reserves .invalid, so no table names it. */
    add_host(run, seen, out, SLICE("unknown.invalid"), SLICE("(any other host)"));
}

/* ---- paths -------------------------------------------------------------------------------- */

struct drawer {
    struct arena *arena;
    struct map *paths;
};

static void add_path(struct drawer *drawer, struct slice path)
{
    if (path.len && path.ptr[0] == '/' && path.len < 1500) {
        map_put(drawer->paths, path, drawer);
    }
}

static struct slice plus(struct drawer *drawer, struct slice path, const char *tail)
{
    return arena_printf(drawer->arena, SLICE_FMT "%s", SLICE_ARG(path), tail);
}

static struct slice other_case(struct drawer *drawer, struct slice path)
{
    struct slice copy = arena_copy(drawer->arena, path);
    for (size_t i = copy.len; i-- > 0;) {
        char *c = (char *)(uintptr_t)&copy.ptr[i];
        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')) {
            *c = (char)(*c ^ 0x20);
            break;
        }
    }
    return copy;
}

/* The last letter as "%66": the same path to a data plane that decodes. */
static struct slice escaped(struct drawer *drawer, struct slice path)
{
    for (size_t i = path.len; i-- > 1;) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c >= 'a' && c <= 'z') {
            return arena_printf(drawer->arena, SLICE_FMT "%%%02X" SLICE_FMT,
                                SLICE_ARG(slice_sub(path, 0, i)), c,
                                SLICE_ARG(slice_sub(path, i + 1, path.len)));
        }
    }
    return path;
}

static void near_misses(struct drawer *drawer, struct slice path)
{
    struct slice base = path.len > 1 && path.ptr[path.len - 1] == '/'
                            ? slice_sub(path, 0, path.len - 1)
                            : path;
    struct slice stem = base.len > 1 ? base : SLICE("");
    add_path(drawer, path);
    add_path(drawer, base);
    add_path(drawer, plus(drawer, stem, "/"));
    add_path(drawer, plus(drawer, stem, "/x"));
    add_path(drawer, plus(drawer, stem, "/x/"));
    add_path(drawer, plus(drawer, base, "x"));
    add_path(drawer, plus(drawer, stem, "//x"));
    add_path(drawer, plus(drawer, base, "?q=1"));
    add_path(drawer, other_case(drawer, base));
    add_path(drawer, escaped(drawer, base));
}

/* Words that a regular expression may match: its literal text, with groups left out, or with the first
 * branch of each taken. Words that it does not match do no harm. */
static void regex_words(struct drawer *drawer, struct slice pattern)
{
    char *skip = arena_alloc(drawer->arena, pattern.len + 8);
    char *first = arena_alloc(drawer->arena, pattern.len * 2 + 8);
    size_t skipped = 0, taken = 0;
    int depth = 0;
    bool branch_over = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        bool special = strchr("^$*+?|()[]{}.\\", c) != NULL;
        if (c == '(') {
            depth++;
            branch_over = false;
            if (i + 1 < pattern.len && pattern.ptr[i + 1] == '?') {
                i = slice_find(pattern, pattern.ptr[i + 2] == ':' ? ':' : ')', i);
                depth -= i < pattern.len && pattern.ptr[i] == ')';
            }
        } else if (c == ')') {
            depth -= depth > 0;
            branch_over = false;
        } else if (c == '|') {
            branch_over = true;
        } else if (c == '\\' && i + 1 < pattern.len) {
            char next = pattern.ptr[++i];
            first[taken++] = next == 'd' ? '1' : next;
            skip[skipped++] = next == 'd' ? '1' : next;
        } else if (c == '[') {
            size_t end = slice_find(pattern, ']', i + 1);
            char pick = i + 1 < pattern.len && pattern.ptr[i + 1] != '^' ? pattern.ptr[i + 1] : 'x';
            first[taken++] = pick;
            skip[skipped++] = pick;
            i = end;
        } else if (c == '{') {
            i = slice_find(pattern, '}', i);
        } else if (c == '.') {
            first[taken++] = 'x';
        } else if (!special && !branch_over) {
            first[taken++] = c;
            if (depth == 0) {
                skip[skipped++] = c;
            }
        }
    }
    near_misses(drawer, (struct slice){first, taken});
    near_misses(drawer, (struct slice){skip, skipped});
}

static void paths_of(struct drawer *drawer, const struct rule_list *list)
{
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct path_match *path = &list->rules[i].match.path;
            if (path->kind == PATH_REGEX) {
                regex_words(drawer, path->value);
            } else if (path->kind != PATH_ANY) {
                near_misses(drawer, path->value);
            }
        }
    }
}

/* ---- methods and headers ------------------------------------------------------------------ */

struct variant {
    struct slice method;
    struct headers headers;
    struct slice query; /* "name=value", or absent */
};
struct variants {
    struct variant *items;
    size_t count, capacity;
};

static struct variant *add_variant(struct drawer *drawer, struct variants *out)
{
    struct variant *variant = ARENA_PUSH(drawer->arena, out->items, out->count, out->capacity);
    variant->method = SLICE("GET");
    return variant;
}

static void put_test(struct drawer *drawer, struct variant *variant, const struct test *test,
                     struct slice value)
{
    switch (test->subject) {
    case TEST_HEADER:
        headers_add(drawer->arena, &variant->headers, test->name, value);
        return;
    case TEST_COOKIE:
        headers_add(drawer->arena, &variant->headers, SLICE("Cookie"),
                    arena_printf(drawer->arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(test->name),
                                 SLICE_ARG(value)));
        return;
    case TEST_QUERY:
        variant->query = arena_printf(drawer->arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(test->name),
                                      SLICE_ARG(value));
        return;
    }
}

static bool seen_variant(struct map *seen, struct slice key)
{
    return map_put(seen, key, seen) != NULL;
}

static void variants_of(struct drawer *drawer, const struct rule_list *list, struct map *seen,
                        struct variants *out)
{
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct match *match = &list->rules[i].match;
            struct buf key;
            buf_init(&key, 1 << 16);
            match_print(&(struct match){.method = match->method,
                                        .tests = match->tests,
                                        .test_count = match->test_count},
                        &key);
            bool known = (!match->method.ptr && !match->test_count) ||
                         seen_variant(seen, arena_copy(drawer->arena, buf_slice(&key)));
            buf_release(&key);
            if (known) {
                continue;
            }
            struct variant *all = add_variant(drawer, out);
            all->method = match->method.ptr ? match->method : SLICE("GET");
            for (size_t t = 0; t < match->test_count; t++) {
                put_test(drawer, all, &match->tests[t], match->tests[t].value);
            }
            for (size_t t = 0; t < match->test_count; t++) {
                put_test(drawer, add_variant(drawer, out), &match->tests[t], SLICE("other"));
            }
        }
    }
}

/* ---- requests ----------------------------------------------------------------------------- */

static void add_request(struct drawer *drawer, struct requests *out, struct slice host, bool https,
                        struct slice target, const struct variant *variant)
{
    struct request *request = ARENA_PUSH(drawer->arena, out->items, out->count, out->capacity);
    *request = (struct request){.method = variant->method,
                                .scheme = https ? SLICE("https") : SLICE("http"),
                                .host = host,
                                .target = target,
                                .headers = variant->headers};
    if (variant->query.ptr) {
        bool has = slice_find(target, '?', 0) < target.len;
        request->target = arena_printf(drawer->arena, SLICE_FMT "%c" SLICE_FMT, SLICE_ARG(target),
                                       has ? '&' : '?', SLICE_ARG(variant->query));
    }
    (void)address_parse(SLICE("192.0.2.10"), &request->client);
    request->client_text = SLICE("192.0.2.10");
    request_defaults(request);
}

void draw_requests(struct run *run, struct arena *scratch, const struct rule_list *before,
                   const struct rule_list *after, struct slice host, bool https,
                   struct requests *out)
{
    (void)run;
    struct drawer drawer = {scratch, map_new(scratch)};
    struct variants variants = {0};
    struct map *seen = map_new(scratch);
    add_path(&drawer, SLICE("/"));
    add_path(&drawer, SLICE("/no-such-path"));
    add_path(&drawer, SLICE("/a/../b"));
    paths_of(&drawer, before);
    paths_of(&drawer, after);
    add_variant(&drawer, &variants);
    variants_of(&drawer, before, seen, &variants);
    variants_of(&drawer, after, seen, &variants);
    add_variant(&drawer, &variants)->method = SLICE("POST");
    struct variant *preflight = add_variant(&drawer, &variants);
    preflight->method = SLICE("OPTIONS");
    headers_add(scratch, &preflight->headers, SLICE("Origin"), SLICE("https://origin.example"));
    headers_add(scratch, &preflight->headers, SLICE("Access-Control-Request-Method"), SLICE("GET"));
    *out = (struct requests){0};
    /* Every path once in the plain variant; the others as often as the bound allows, evenly. */
    size_t paths = map_count(drawer.paths);
    size_t wanted = paths * variants.count;
    size_t step = wanted > COMPARE_REQUESTS_MAX ? wanted / COMPARE_REQUESTS_MAX + 1 : 1;
    size_t number = 0;
    for (const struct map_entry *path = map_first(drawer.paths); path; path = map_next(path)) {
        for (size_t v = 0; v < variants.count; v++, number++) {
            if (v == 0 || number % step == 0) {
                add_request(&drawer, out, host, https, map_key(path), &variants.items[v]);
            }
        }
    }
}
