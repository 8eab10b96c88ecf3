#include "bench.h"

#include "language/language.h"

/* The same set of paths, as nginx's regular expressions and as Envoy's. */
static const struct {
    const char *nginx, *envoy;
} shapes[] = {
    {"^%s(/|$)(.*)", "%s(/.*)?"},
    {"^%s/(.*)", "%s/.*"},
    {"^%s", "%s.*"},
    {"^%s/([^/]+)/([^/]+)$", "%s/[^/]+/[^/]+"},
    {"^%s/v[0-9]+/(users|groups)", "%s/v[0-9]+/(users|groups).*"},
    {"^%s/?$", "%s/?"},
    {"(?i)^%s/(.+)", "(?i)%s/.+"},
    {"^%s/[a-z]+-[0-9]+$", "%s/[a-z]+-[0-9]+"},
};
/* These may match below every path; one rule in a hundred. */
static const char *const suffixes[] = {"jpg", "png", "css", "php", "js", "html", "xml", "json"};
static const char *const words[] = {"api",    "shop",   "static", "auth", "v1",
                                    "v2",     "models", "admin",  "docs", "images",
                                    "orders", "search", "billing"};

/* "/shop/orders/svc-17": two words that many share, then one of the rule's own. */
static struct slice path_of(struct arena *arena, uint64_t index)
{
    uint64_t bits = bench_mix(index);
    return arena_printf(arena, "/%s/%s/svc-%u", words[bits % ARRAY_LEN(words)],
                        words[(bits >> 16) % ARRAY_LEN(words)], (unsigned)index);
}

static const struct language *rule_of(struct language_set *set, struct arena *arena, uint64_t index,
                                      bool envoy)
{
    struct slice path = path_of(arena, index);
    uint64_t kind = bench_mix(index + 1000003) % 10;
    if (kind < 4) {
        return language_literal(set, LITERAL_EXACT, path, false);
    }
    if (kind < 8) {
        return language_literal(set, LITERAL_ELEMENTS, path, false);
    }
    const struct regex_reading reading = {.dialect = envoy ? DIALECT_RE2 : DIALECT_PCRE,
                                          .anchoring = envoy ? ANCHORING_WHOLE : ANCHORING_SEARCH};
    size_t shape = bench_mix(index + 2000003) % ARRAY_LEN(shapes);
    const char *text = envoy ? shapes[shape].envoy : shapes[shape].nginx;
    if (bench_mix(index + 4000003) % 20 == 0) {
        text = envoy ? ".*%s" : "%s$";
        path = arena_printf(arena, "[.]%s%u", suffixes[shape % ARRAY_LEN(suffixes)],
                            (unsigned)(index % 7));
    }
    struct buf pattern;
    struct language_fault fault;
    buf_init(&pattern, BUF_TEXT_MAX);
    for (; *text; text++) {
        if (text[0] == '%' && text[1] == 's') {
            buf_put(&pattern, path);
            text++;
        } else {
            buf_putc(&pattern, *text);
        }
    }
    const struct language *language = language_regex(set, buf_slice(&pattern), &reading, &fault);
    buf_release(&pattern);
    return language;
}

static struct rule_languages list_of(struct language_set *set, struct arena *arena, size_t count,
                                     bool envoy, const struct path_view *view)
{
    const struct language **items = ARENA_ARRAY(arena, const struct language *, count + 1);
    bool *certain = ARENA_ARRAY(arena, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        items[i] = rule_of(set, arena, i, envoy);
        certain[i] = bench_mix(i + 3000003) % 8 != 0;
    }
    items[count] = language_literal(set, LITERAL_ELEMENTS, SLICE("/"), false);
    certain[count] = true;
    return (struct rule_languages){
        .items = items, .certain = certain, .count = count + 1, .view = view};
}

static bool measure(size_t rules, bool views)
{
    static const struct path_form decoded = {true, true, true, false, false},
                                  resolved = {false, false, true, false, true};
    const struct path_view nginx = path_view_of(&decoded), envoy = path_view_of(&resolved);
    struct arena *arena = arena_open(0, NULL, NULL);
    double start = bench_seconds();
    struct language_set *set = language_set_open(arena, NULL);
    struct rule_languages a = list_of(set, arena, rules, false, views ? &nginx : NULL);
    struct rule_languages b = list_of(set, arena, rules, true, views ? &envoy : NULL);
    double built = bench_seconds();
    struct language_cells cells;
    enum answer answer =
        language_classify(set, &a, &b, views ? NULL : language_paths(set), arena, &cells);
    double done = bench_seconds();
    language_set_close(set);
    printf("%13zu %6s %10.1f %13.1f %8zu %8zu%s\n", rules, views ? "raw" : "paths",
           (built - start) * 1e3, (done - built) * 1e3, cells.states, cells.count,
           answer == ANSWER_YES ? "" : "  gave up");
    arena_close(arena);
    return answer == ANSWER_YES;
}

bool bench_languages(void)
{
    static const size_t sizes[] = {250, 500, 1000, 2000, 4000};
    bool good = true;
    puts("rules a side  words  parse (ms)  classify (ms)   states    cells");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (int views = 0; views <= 1; views++) {
            good = measure(sizes[i], views) && good;
        }
    }
    return good;
}
