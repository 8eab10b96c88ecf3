#include "oracle.h"

#include <string.h>

/* ---- random numbers ----------------------------------------------------------------------- */

/* splitmix64 */
static uint64_t next(struct chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t pick(struct chance *chance, size_t count)
{
    return count ? (size_t)(next(chance) % count) : 0;
}

bool one_in(struct chance *chance, size_t count)
{
    return pick(chance, count) == 0;
}

#define ONE_OF(chance, array) ((array)[pick((chance), ARRAY_LEN(array))])

/* ---- vocabulary --------------------------------------------------------------------------- */

static const char *const hosts[] = {"a.example", "b.example",   "*.example",    "x.a.example",
                                    NULL,        "*.a.example", "www.b.example"};
/* The last one does not exist. */
static const char *const services[] = {"one", "two", "three", "four", "gone"};

static const char *any_service(struct chance *chance);
static const char *const plain_paths[] = {"/",        "/a",         "/a/",  "/a/b",  "/a/b/",
                                          "/ab",      "/A",         "/foo", "/foo/", "/bar",
                                          "/foo/bar", "/foo.b",     "/f-o", "/f_o",  "/a/b/c/d.txt",
                                          "/healthz", "/healthz/x", "/x~y"};

/* Expressions, each with words that it matches or nearly does. */
static const struct {
    const char *pattern;
    const char *words[5];
} expressions[] = {
    {"/foo(/|$)(.*)", {"/foo", "/foo/", "/foo/bar", "/foobar", "/FOO/x"}},
    {"/a/.*", {"/a/", "/a/b", "/a", "/A/b", "/a//b"}},
    {"/v[0-9]+", {"/v1", "/v12/x", "/v", "/vx", "/V3"}},
    {"/v[0-9]+/(.*)", {"/v1/", "/v12/x", "/v1", "/v1/a/b", "/v1/%20"}},
    {"/x/([^/]+)/y", {"/x/1/y", "/x/1/y/z", "/x//y", "/x/1/2/y", "/X/1/Y"}},
    {"/(a|foo)/(b|bar)", {"/a/b", "/foo/bar", "/a/barx", "/foo/", "/b/a"}},
    {"/foo$", {"/foo", "/foo/", "/foox", "/Foo", "/foo%24"}},
    {"/foo.bar", {"/foo.bar", "/foo-bar", "/foo/bar", "/foobar", "/foo%2Fbar"}},
    {"/.*", {"/", "/a", "/foo/x", "//", "/%0a"}},
    {"/(.*)", {"/", "/a/b", "/foo", "/a%20b", "/?x"}},
    {"/a(/|$)", {"/a", "/a/", "/ab", "/a/b", "/A"}},
    {"/[a-c]+/?(.*)", {"/abc", "/abc/x", "/d", "/ABC/", "/a"}},
    {"/(?!admin)(.*)", {"/admin", "/x", "/adminx", "/ADMIN", "/"}},
    {"/foo(.*)bar", {"/foobar", "/foo/bar", "/fooXbarY", "/foo", "/fo/bar"}},
    {"/a\\.b", {"/a.b", "/axb", "/a.bc", "/A.B", "/a%2eb"}},
    {"/(a)(b)?(c)?", {"/a", "/ab", "/abc", "/ac", "/b"}},
    {"/foo|/b(.*)", {"/foo", "/x/b", "/a/foo", "/b/1", "/a/B"}},
    {"/a|^/v[0-9]|bar", {"/a", "/v1", "/x/v1", "/foo/bar", "/%0abar"}},
};
static const char *const targets[] = {"/",
                                      "/$1",
                                      "/$2",
                                      "/new",
                                      "/new/$1",
                                      "/$1/$2",
                                      "/a",
                                      "/foo/",
                                      "/$2/$1/end",
                                      "/new/$3",
                                      "/a/b/../c",
                                      "/foo",
                                      "/$1?x=1",
                                      "/a%20b",
                                      "/n$1w",
                                      "https://t.example/$1",
                                      "https://t.example",
                                      "http://t.example/x$2/y"};

struct choice {
    const char *name;
    const char *values[8];
};
static const struct choice choices[] = {
    {"ssl-redirect", {"true", "false"}},
    {"force-ssl-redirect", {"true", "false"}},
    {"preserve-trailing-slash", {"true"}},
    {"app-root", {"/foo", "/app/", "/a?x=1"}},
    {"permanent-redirect", {"https://other.example/x", "http://other.example"}},
    {"permanent-redirect-code", {"301", "302", "303", "307", "308", "304", "300", "305"}},
    {"temporal-redirect", {"https://other.example/t"}},
    {"temporal-redirect-code", {"302", "303", "307", "308", "301"}},
    {"relative-redirects", {"true", "false"}},
    {"server-alias",
     {"c.example", "c.example,a.example", "*.c.example", "www.a.example", "~^r[0-9]+\\.example$"}},
    {"from-to-www-redirect", {"true"}},
    {"upstream-vhost", {"inner.example", "$host", "x-$http_host", "$scheme.example"}},
    {"x-forwarded-prefix", {"/prefix", "true", "/$1"}},
    {"whitelist-source-range",
     {"10.0.0.0/8", "10.0.0.0/8,192.168.1.7", "0.0.0.0/0", "2001:db8::/32"}},
    {"denylist-source-range", {"10.1.0.0/16", "192.168.1.7", "0.0.0.0/0"}},
    {"proxy-body-size", {"1k", "8", "0", "1K", "2m", "100b", "1024"}},
    {"custom-headers", {"shop/headers", "shop/none"}},
    {"connection-proxy-header", {"keep-alive", "close"}},
    {"enable-cors", {"true"}},
    {"cors-allow-origin",
     {"https://o.example", "https://*.example,https://o.example", "*", "https://o.example, *"}},
    {"cors-allow-credentials", {"false"}},
    {"cors-allow-methods", {"GET, POST"}},
    {"cors-expose-headers", {"X-One,X-Two"}},
    {"cors-max-age", {"60"}},
    {"proxy-buffering", {"on", "off"}},
    {"proxy-request-buffering", {"off"}},
    {"proxy-read-timeout", {"30", "30s"}},
    {"proxy-next-upstream", {"error timeout http_502", "off"}},
    {"proxy-http-version", {"1.1", "1.0"}},
    {"backend-protocol", {"HTTP", "http"}},
    {"default-backend", {"three", "gone"}},
    {"custom-http-errors", {"404,503", "403,413", "401, 403,404,413,503", "500", "404 503"}},
    {"disable-proxy-intercept-errors", {"true"}},
    {"use-port-in-redirects", {"true"}},
    {"proxy-redirect-from", {"default", "http://x.example/", "off"}},
    {"proxy-redirect-to", {"http://y.example/", "off"}},
    {"proxy-cookie-path", {"off", "/a /b"}},
    {"proxy-cookie-domain", {"off", "a.example b.example"}},
    {"limit-rate", {"1000"}},
    {"satisfy", {"any", "all"}},
};
static const struct choice canary_choices[] = {
    {"canary-by-header", {"X-Canary", "x-canary"}}, {"canary-by-header-value", {"yes"}},
    {"canary-by-header-pattern", {"^y.s$", "e"}},   {"canary-by-cookie", {"canary", "Canary"}},
    {"canary-weight", {"0", "100", "50"}},          {"canary-weight-total", {"200", "50"}},
};
static const struct choice settings[] = {
    {"ssl-redirect", {"false"}},
    {"force-ssl-redirect", {"true"}},
    {"preserve-trailing-slash", {"true"}},
    {"relative-redirects", {"true"}},
    {"hsts", {"false"}},
    {"hsts-max-age", {"100"}},
    {"hsts-preload", {"true"}},
    {"http-redirect-code", {"301", "302", "307"}},
    {"proxy-body-size", {"1k", "0"}},
    {"no-tls-redirect-locations", {"/a", "/foo/", "/"}},
    {"whitelist-source-range", {"10.0.0.0/8"}},
    {"denylist-source-range", {"10.1.0.0/16"}},
    {"block-cidrs", {"192.168.0.0/16"}},
    {"enable-underscores-in-headers", {"true"}},
    {"proxy-add-original-uri-header", {"true"}},
    {"hide-headers", {"X-Hidden"}},
    {"add-headers", {"shop/headers"}},
    {"custom-http-errors",
     {"403,404,413,503", "301,302,308,400,405", "401,403,418,500,x,700", "503", "402, 409,307"}},
    {"disable-proxy-intercept-errors", {"true"}},
    {"proxy-http-version", {"1.0"}},
    {"proxy-next-upstream", {"off", "error non_idempotent timeout"}},
    {"retry-non-idempotent", {"true"}},
    {"limit-rate", {"100000"}},
    {"proxy-cookie-path", {"/a /b"}},
    {"proxy-cookie-domain", {"a.example b.example", "a.example"}},
    {"proxy-redirect-from", {"http://old.example", "default"}},
    {"proxy-redirect-to", {"http://new.example"}},
    {"server-snippet",
     {"more_set_headers 'X-Snip: all';", "if ($http_x_any) { return 402; }",
      "add_header X-Add all; more_set_headers 'X-Srv: all';"}},
    {"location-snippet",
     {"more_set_headers 'X-Snip: everywhere';", "if ($http_x_any) { return 402; }",
      "add_header X-Add everywhere;"}},
};

static const char *one_value(struct chance *chance, const struct choice *choice)
{
    size_t count = 0;
    while (count < ARRAY_LEN(choice->values) && choice->values[count]) {
        count++;
    }
    return choice->values[pick(chance, count)];
}

/* ---- rule sets ---------------------------------------------------------------------------- */

static void annotate(struct item_spec *item, const char *name, const char *value)
{
    for (size_t i = 0; i < item->annotation_count; i++) {
        if (strcmp(item->annotations[i].name, name) == 0) {
            return;
        }
    }
    if (item->annotation_count < ANNOTATIONS_MAX) {
        item->annotations[item->annotation_count++] = (struct word_pair){name, value};
    }
}

static const char *any_service(struct chance *chance)
{
    size_t last = ARRAY_LEN(services) - 1;
    return services[one_in(chance, 12) ? last : pick(chance, last)];
}

static void generate_path(struct chance *chance, bool regex, const char *host,
                          struct path_spec *out)
{
    static const char *const types[] = {"Prefix", "Exact", "ImplementationSpecific"};
    *out = (struct path_spec){.host = host, .service = any_service(chance)};
    if (one_in(chance, 30)) {
        return; /* the host alone */
    }
    if (regex && !one_in(chance, 4)) {
        out->path = ONE_OF(chance, expressions).pattern;
        out->type = "ImplementationSpecific";
    } else {
        out->path = ONE_OF(chance, plain_paths);
        out->type = ONE_OF(chance, types);
    }
}

static void generate_snippet(struct chance *chance, struct item_spec *item, size_t snippet)
{
    size_t count;
    const char *const *lines = snippet_lines(snippet == 1, &count);
    item->line_counts[snippet] = 1 + pick(chance, LINES_MAX);
    for (size_t i = 0; i < item->line_counts[snippet]; i++) {
        item->lines[snippet][i] = lines[pick(chance, count)];
    }
}

static void generate_item(struct chance *chance, struct rule_set *set, struct item_spec *item)
{
    *item = (struct item_spec){.aged = one_in(chance, 2)};
    bool regex = one_in(chance, 3);
    const char *host = ONE_OF(chance, hosts);
    item->path_count = 1 + pick(chance, PATHS_MAX - 1);
    for (size_t i = 0; i < item->path_count; i++) {
        host = one_in(chance, 3) ? ONE_OF(chance, hosts) : host;
        generate_path(chance, regex, host, &item->paths[i]);
        item->paths[i].host = host;
    }
    if (regex) {
        if (one_in(chance, 3)) {
            annotate(item, "use-regex", "true");
        }
        if (!one_in(chance, 3)) {
            annotate(item, "rewrite-target", ONE_OF(chance, targets));
        }
    }
    if (set->snippets && one_in(chance, 2)) {
        generate_snippet(chance, item, 0);
    }
    if (set->snippets && one_in(chance, 4)) {
        generate_snippet(chance, item, 1);
    }
    for (size_t i = pick(chance, 4); i > 0; i--) {
        const struct choice *choice = &ONE_OF(chance, choices);
        annotate(item, choice->name, one_value(chance, choice));
    }
    if (one_in(chance, 3)) {
        item->tls_count = 1 + pick(chance, TLS_MAX);
        for (size_t i = 0; i < item->tls_count; i++) {
            item->tls[i] = host ? host : "a.example";
            host = ONE_OF(chance, hosts);
        }
    }
    if (one_in(chance, 8)) {
        item->fallback = any_service(chance);
        item->path_count = one_in(chance, 2) ? 0 : item->path_count;
    }
}

/* The paths of another Ingress, mostly. */
static void generate_canary(struct chance *chance, struct rule_set *set, struct item_spec *item)
{
    *item = set->items[pick(chance, set->item_count)];
    item->aged = one_in(chance, 2);
    item->annotation_count = item->line_counts[0] = item->line_counts[1] = 0;
    item->tls_count = 0;
    annotate(item, "canary", "true");
    for (size_t i = 1 + pick(chance, 3); i > 0; i--) {
        const struct choice *choice = &ONE_OF(chance, canary_choices);
        annotate(item, choice->name, one_value(chance, choice));
    }
    const char *service = any_service(chance);
    for (size_t i = 0; i < item->path_count; i++) {
        item->paths[i].service = one_in(chance, 6) ? any_service(chance) : service;
    }
    if (item->fallback) {
        item->fallback = service;
    }
}

void rule_set_generate(struct chance *chance, bool snippets, struct rule_set *set)
{
    *set = (struct rule_set){.snippets = one_in(chance, 3) && snippets};
    size_t count = 1 + pick(chance, ITEMS_MAX);
    bool canaries = one_in(chance, 4);
    while (set->item_count < count) {
        struct item_spec *item = &set->items[set->item_count];
        if (canaries && set->item_count && one_in(chance, 3)) {
            generate_canary(chance, set, item);
        } else {
            generate_item(chance, set, item);
        }
        set->item_count++;
    }
    for (size_t i = one_in(chance, 4) ? 1 + pick(chance, SETTINGS_MAX) : 0; i > 0; i--) {
        const struct choice *choice = &ONE_OF(chance, settings);
        bool twice = false;
        for (size_t s = 0; s < set->setting_count; s++) {
            twice = twice || set->settings[s].name == choice->name;
        }
        if (!twice) {
            set->settings[set->setting_count++] =
                (struct word_pair){choice->name, one_value(chance, choice)};
        }
    }
}

/* ---- words -------------------------------------------------------------------------------- */

static struct slice word_of(struct chance *chance, const char *path)
{
    for (size_t i = 0; path && i < ARRAY_LEN(expressions); i++) {
        if (strcmp(expressions[i].pattern, path) == 0) {
            return slice_of(ONE_OF(chance, expressions[i].words));
        }
    }
    return slice_of(path ? path : "/");
}

static struct slice host_of(struct arena *arena, struct chance *chance, const char *host)
{
    static const char *const others[] = {
        "a.example", "c.example", "y.c.example",   "r12.example",   "b.example.", "www.a.example",
        "unknown",   "10.0.0.1",  "x.y.a.example", "www.b.example", "[::1]"};
    static const char *const labels[] = {"x", "y-1", "w_w", "a", "Z9", "x.y"};
    struct slice text = slice_of(host ? host : ONE_OF(chance, others));
    if (!slice_starts(text, SLICE("*."))) {
        return text;
    }
    return ARENA_JOIN(arena, slice_of(ONE_OF(chance, labels)), slice_sub(text, 1, text.len));
}

void rule_near(struct arena *arena, struct chance *chance, const struct rule_set *set,
               struct slice *host, struct slice *path)
{
    const struct item_spec *item = &set->items[pick(chance, set->item_count)];
    const struct path_spec *spec =
        item->path_count ? &item->paths[pick(chance, item->path_count)] : NULL;
    *host = host_of(arena, chance, spec && !one_in(chance, 10) ? spec->host : NULL);
    *path = spec && !one_in(chance, 10) ? word_of(chance, spec->path)
                                        : slice_of(ONE_OF(chance, plain_paths));
}

/* ---- as YAML ------------------------------------------------------------------------------ */

static void put_text(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        buf_puts(out, *text == '"' || *text == '\\' ? "\\" : "");
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void put_backend(struct buf *out, const char *service)
{
    buf_printf(out, "{service: {name: %s, port: {number: 80}}}", service);
}

static void put_paths(const struct item_spec *item, struct buf *out)
{
    buf_puts(out, item->path_count ? "  rules:\n" : "");
    for (size_t i = 0; i < item->path_count; i++) {
        const struct path_spec *path = &item->paths[i];
        buf_puts(out, "  - ");
        if (path->host) {
            buf_puts(out, "host: ");
            put_text(out, path->host);
            buf_puts(out, path->path ? "\n    " : "\n");
        } else if (!path->path) {
            buf_puts(out, "{}\n");
        }
        if (path->path) {
            buf_puts(out, "http:\n      paths:\n      - path: ");
            put_text(out, path->path);
            buf_printf(out, "\n        pathType: %s\n        backend: ", path->type);
            put_backend(out, path->service);
            buf_putc(out, '\n');
        }
    }
}

static void put_snippets(const struct item_spec *item, struct buf *out)
{
    static const char *const names[SNIPPETS] = {"configuration-snippet", "server-snippet"};
    for (size_t i = 0; i < SNIPPETS; i++) {
        if (item->line_counts[i]) {
            buf_printf(out, "    nginx.ingress.kubernetes.io/%s: |\n", names[i]);
        }
        for (size_t l = 0; l < item->line_counts[i]; l++) {
            buf_printf(out, "      %s\n", item->lines[i][l]);
        }
    }
}

static void put_item(const struct item_spec *item, size_t number, struct buf *out)
{
    buf_printf(out,
               "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i%zu\n"
               "  namespace: shop\n",
               number);
    if (item->aged) {
        buf_printf(out, "  creationTimestamp: \"2024-01-01T00:00:%02zuZ\"\n", number % 3);
    }
    bool any = item->annotation_count || item->line_counts[0] || item->line_counts[1];
    buf_puts(out, any ? "  annotations:\n" : "");
    for (size_t i = 0; i < item->annotation_count; i++) {
        buf_printf(out, "    nginx.ingress.kubernetes.io/%s: ", item->annotations[i].name);
        put_text(out, item->annotations[i].value);
        buf_putc(out, '\n');
    }
    put_snippets(item, out);
    buf_puts(out, "spec:\n  ingressClassName: nginx\n");
    for (size_t i = 0; i < item->tls_count; i++) {
        buf_puts(out, i ? "  - hosts: [" : "  tls:\n  - hosts: [");
        put_text(out, item->tls[i]);
        buf_puts(out, "]\n");
    }
    if (item->fallback) {
        buf_puts(out, "  defaultBackend: ");
        put_backend(out, item->fallback);
        buf_putc(out, '\n');
    }
    put_paths(item, out);
}

void rule_set_yaml(const struct rule_set *set, struct buf *out)
{
    for (size_t i = 0; i + 1 < ARRAY_LEN(services); i++) {
        buf_printf(out,
                   "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\n"
                   "spec: {ports: [{port: 80}]}\n",
                   services[i]);
    }
    buf_puts(out,
             "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: headers, namespace: shop}\n"
             "data: {X-One: \"a b\"}\n");
    buf_puts(out, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n"
                  "  name: ingress-nginx-controller\n  namespace: ingress-nginx\ndata:\n"
                  "  global-allowed-response-headers: X-One\n");
    buf_puts(out, set->snippets ? "  allow-snippet-annotations: \"true\"\n"
                                  "  annotations-risk-level: Critical\n"
                                : "");
    for (size_t i = 0; i < set->setting_count; i++) {
        buf_printf(out, "  %s: ", set->settings[i].name);
        put_text(out, set->settings[i].value);
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < set->item_count; i++) {
        put_item(&set->items[i], i, out);
    }
}
