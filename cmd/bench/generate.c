#include "bench.h"

enum { NAMESPACES = 200 };

static const char *const apps[] = {"web",       "checkout", "search", "catalog",
                                   "orders",    "profile",  "assets", "billing",
                                   "inference", "events",   "admin"};
static const char *const paths[] = {"/",       "/api",     "/static", "/v1/models",   "/health",
                                    "/images", "/webhook", "/auth",   "/v1/messages", "/docs"};
static const char *const services[] = {"frontend", "api",    "assets", "models", "status",
                                       "media",    "events", "auth",   "chat",   "docs"};

/* One Ingress in `of` has the feature; `salt` keeps features apart. */
static bool one_in(size_t index, uint64_t salt, uint64_t of)
{
    return bench_mix(index * 31 + salt) % of == 0;
}

static void put_annotations(size_t index, bool captures, FILE *out)
{
    const char *const prefix = "    nginx.ingress.kubernetes.io/";
    bool redirect = one_in(index, 1, 3), timeout = one_in(index, 2, 5);
    bool body = one_in(index, 3, 6), rewrite = !captures && one_in(index, 4, 8);
    if (!captures && !redirect && !timeout && !body && !rewrite) {
        return;
    }
    fputs("  annotations:\n", out);
    if (body) {
        fprintf(out, "%sproxy-body-size: %um\n", prefix, (unsigned)(8 << index % 4));
    }
    if (timeout) {
        fprintf(out, "%sproxy-read-timeout: \"%u\"\n", prefix, (unsigned)(60 + 60 * (index % 10)));
    }
    if (rewrite || captures) {
        fprintf(out, "%srewrite-target: %s\n", prefix, captures ? "/$2" : "/");
    }
    if (redirect) {
        fprintf(out, "%sssl-redirect: \"%s\"\n", prefix, index % 2 ? "true" : "false");
    }
    if (captures) {
        fprintf(out, "%suse-regex: \"true\"\n", prefix);
    }
}

static size_t path_count(size_t index)
{
    static const size_t counts[] = {1, 2, 3, 4, 4, 4};
    return counts[bench_mix(index + 7) % ARRAY_LEN(counts)];
}

static size_t path_at(size_t index, size_t i)
{
    return (bench_mix(index + 11) + i) % ARRAY_LEN(paths);
}

static bool has_captures(size_t index)
{
    return one_in(index, 8, 20);
}

static bool is_exact(size_t index, size_t i)
{
    return !has_captures(index) && path_at(index, i) > 0 && one_in(index + i, 5, 6);
}

static bool has_tls(size_t index)
{
    return one_in(index, 9, 2);
}

static void put_paths(size_t index, bool captures, FILE *out)
{
    for (size_t i = 0; i < path_count(index); i++) {
        size_t which = path_at(index, i);
        bool exact = is_exact(index, i);
        fputs("      - path: ", out);
        fputs(captures && which == 0 ? "/root" : paths[which], out);
        fprintf(out,
                "%s\n        pathType: %s\n        backend:\n          service:\n"
                "            name: %s\n            port:\n              number: 8080\n",
                captures ? "(/|$)(.*)" : "",
                captures ? "ImplementationSpecific" : (exact ? "Exact" : "Prefix"),
                services[which]);
    }
}

static void put_ingress(size_t index, FILE *out)
{
    const char *app = apps[bench_mix(index) % ARRAY_LEN(apps)];
    unsigned team = (unsigned)(index % NAMESPACES);
    bool captures = has_captures(index);
    fprintf(out,
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n"
            "  name: %s-%05zu\n  namespace: team-%03u\n  labels:\n"
            "    app.kubernetes.io/name: %s\n",
            app, index, team, app);
    put_annotations(index, captures, out);
    fputs("spec:\n  ingressClassName: nginx\n", out);
    if (has_tls(index)) {
        fprintf(out,
                "  tls:\n  - hosts:\n    - %s-%05zu.team-%03u.example.com\n"
                "    secretName: %s-%05zu-tls\n",
                app, index, team, app, index);
    }
    fprintf(out, "  rules:\n  - host: %s-%05zu.team-%03u.example.com\n    http:\n      paths:\n",
            app, index, team);
    put_paths(index, captures, out);
}

bool bench_generate(size_t count, FILE *out)
{
    fputs("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: nginx\nspec:\n"
          "  controller: k8s.io/ingress-nginx\n",
          out);
    for (size_t i = 0; i < count; i++) {
        put_ingress(i, out);
    }
    if (fflush(out) != 0 || ferror(out)) {
        perror("gateshift-bench: cannot write");
        return false;
    }
    return true;
}

/* ---- a log of them ------------------------------------------------------------------------ */

/* Small numbers come up much more often than large ones. */
static size_t skewed(uint64_t random, size_t count)
{
    double share = (double)(random >> 11) / (double)((uint64_t)1 << 53);
    return (size_t)(share * share * share * (double)count);
}

enum log_kind { LOGGED_SERVED, LOGGED_REDIRECT, LOGGED_FAILED, LOGGED_BROKEN, LOGGED_OTHER };

static enum log_kind kind_of(uint64_t random, bool redirects)
{
    uint64_t of_ten_thousand = random % 10000;
    return of_ten_thousand < 5                  ? LOGGED_OTHER
           : of_ten_thousand < 10               ? LOGGED_BROKEN
           : of_ten_thousand < 60               ? LOGGED_FAILED
           : redirects && of_ten_thousand < 560 ? LOGGED_REDIRECT
                                                : LOGGED_SERVED;
}

static void put_target(size_t index, size_t path, uint64_t random, FILE *out)
{
    size_t which = path_at(index, path);
    const char *text = has_captures(index) && which == 0 ? "/root" : paths[which];
    fputs(text, out);
    if (!is_exact(index, path)) {
        size_t item = skewed(bench_mix(random), 20000);
        fprintf(out, "%sitem-%zu", text[1] ? "/" : "", item);
    }
    if (random % 2) {
        fprintf(out, "?session=%08x&page=%u", (unsigned)(bench_mix(random + 1) >> 32),
                (unsigned)(random >> 8 & 15));
    }
}

struct logged {
    enum log_kind kind;
    size_t index, path;
    uint64_t random;
    bool https;
    int status;
    const char *app, *service, *reached, *reached_status;
    unsigned team;
};

static void put_request(const struct logged *logged, bool json, FILE *out)
{
    static const char *const methods[] = {"GET", "GET", "GET", "GET", "HEAD", "POST", "PUT"};
    if (logged->kind == LOGGED_BROKEN) {
        fputs(json ? "\\u0016\\u0003" : "\\x16\\x03\\x01", out);
        return;
    }
    fprintf(out, "%s ", methods[(logged->random >> 24) % ARRAY_LEN(methods)]);
    put_target(logged->index, logged->path, logged->random, out);
    fputs(" HTTP/1.1", out);
}

static void put_nginx_line(const struct logged *logged, size_t line, FILE *out)
{
    fprintf(out, "203.0.113.%u - - [10/Jul/2026:10:%02u:%02u +0000] \"",
            (unsigned)(logged->random >> 16 & 255), (unsigned)(line / 60000 % 60),
            (unsigned)(line / 1000 % 60));
    put_request(logged, false, out);
    fprintf(out,
            "\" %d 1532 \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 "
            "Firefox/130.0\" 412 0.012 [team-%03u-%s-8080] [] %s 1532 0.012 %s "
            "5bd7cd9f3c4a1b2d8e6f7a8b9c0d1e2f\n",
            logged->status, logged->team, logged->service, logged->reached, logged->reached_status);
}

static void put_json_line(const struct logged *logged, FILE *out)
{
    fprintf(out,
            "{\"remote_addr\":\"203.0.113.%u\",\"host\":\"%s-%05zu.team-%03u.example.com\","
            "\"scheme\":\"%s\",\"request\":\"",
            (unsigned)(logged->random >> 16 & 255), logged->app, logged->index, logged->team,
            logged->https ? "https" : "http");
    put_request(logged, true, out);
    fprintf(out,
            "\",\"status\":%d,\"proxy_upstream_name\":\"team-%03u-%s-8080\","
            "\"upstream_addr\":\"%s\",\"upstream_status\":\"%s\"}\n",
            logged->status, logged->team, logged->service, logged->reached, logged->reached_status);
}

static void put_log_line(size_t line, size_t objects, bool json, FILE *out)
{
    static const int statuses[] = {[LOGGED_SERVED] = 200,
                                   [LOGGED_REDIRECT] = 308,
                                   [LOGGED_FAILED] = 502,
                                   [LOGGED_BROKEN] = 400};
    uint64_t random = bench_mix(line * 7 + 1);
    size_t index = skewed(bench_mix(random), objects);
    bool redirects = has_tls(index) && !(one_in(index, 1, 3) && index % 2 == 0);
    struct logged logged = {.kind = kind_of(bench_mix(random + 3), redirects),
                            .index = index,
                            .path = bench_mix(random + 2) % path_count(index),
                            .random = random,
                            .app = apps[bench_mix(index) % ARRAY_LEN(apps)],
                            .team = (unsigned)(index % NAMESPACES)};
    if (logged.kind == LOGGED_OTHER) {
        fputs("I0710 10:00:00.000000       7 controller.go:210] \"Backend reloaded\"\n", out);
        return;
    }
    bool reached = logged.kind == LOGGED_SERVED || logged.kind == LOGGED_FAILED;
    logged.https = redirects && logged.kind != LOGGED_REDIRECT;
    logged.service = services[path_at(index, logged.path)];
    logged.status = statuses[logged.kind];
    logged.reached = reached ? "10.244.3.17:8080" : "-";
    logged.reached_status = !reached ? "-" : logged.kind == LOGGED_SERVED ? "200" : "502";
    if (json) {
        put_json_line(&logged, out);
    } else {
        put_nginx_line(&logged, line, out);
    }
}

bool bench_generate_log(size_t lines, size_t objects, bool json, FILE *out)
{
    for (size_t line = 0; line < lines; line++) {
        put_log_line(line, objects, json, out);
    }
    if (fflush(out) != 0 || ferror(out)) {
        perror("gateshift-bench: cannot write");
        return false;
    }
    return true;
}
