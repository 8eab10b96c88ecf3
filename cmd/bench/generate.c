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

static void put_paths(size_t index, bool captures, FILE *out)
{
    static const size_t counts[] = {1, 2, 3, 4, 4, 4};
    size_t count = counts[bench_mix(index + 7) % ARRAY_LEN(counts)];
    size_t first = bench_mix(index + 11) % ARRAY_LEN(paths);
    for (size_t i = 0; i < count; i++) {
        size_t which = (first + i) % ARRAY_LEN(paths);
        bool exact = !captures && which > 0 && one_in(index + i, 5, 6);
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
    bool captures = one_in(index, 8, 20);
    fprintf(out,
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n"
            "  name: %s-%05zu\n  namespace: team-%03u\n  labels:\n"
            "    app.kubernetes.io/name: %s\n",
            app, index, team, app);
    put_annotations(index, captures, out);
    fputs("spec:\n  ingressClassName: nginx\n", out);
    if (one_in(index, 9, 2)) {
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
