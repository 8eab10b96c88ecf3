#include "bench.h"

/* Expressions as public manifests have them: captures behind a prefix, versions, alternatives. */
static const char *const patterns[] = {"/s%zu(/|$)(.*)", "/api/v[0-9]+/s%zu/.*",
                                       "/(a|b)/s%zu/?(.*)", "/s%zu/[^/]+/jobs", "/s%zu/(.*)"};
enum { GROUP = 10, SERVICES = 50 };

static void put_head(const char *kind, size_t index, const char *annotations, size_t host,
                     FILE *out)
{
    fprintf(out,
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: %s-%05zu\n"
            "  namespace: shop\n%sspec:\n  ingressClassName: nginx\n  rules:\n"
            "  - host: h%zu.example.com\n    http:\n      paths:\n",
            kind, index, annotations, host);
}

static void put_backend(size_t index, FILE *out)
{
    fprintf(out, "        backend: {service: {name: svc-%zu, port: {number: 80}}}\n",
            index % SERVICES);
}

static void put_expressions(size_t first, size_t count, FILE *out)
{
    put_head("expressions", first,
             first / GROUP % 2
                 ? "  annotations:\n    nginx.ingress.kubernetes.io/use-regex: \"true\"\n"
                   "    nginx.ingress.kubernetes.io/rewrite-target: /$2\n"
                 : "  annotations:\n    nginx.ingress.kubernetes.io/use-regex: \"true\"\n",
             0, out);
    for (size_t i = first; i < first + count; i++) {
        const char *pattern = patterns[i % ARRAY_LEN(patterns)];
        size_t hole = slice_find(slice_of(pattern), '%', 0);
        fprintf(out, "      - path: '%.*s%zu%s'\n        pathType: ImplementationSpecific\n",
                (int)hole, pattern, i, pattern + hole + 3);
        put_backend(i, out);
    }
}

static void put_prefixes(size_t first, size_t count, size_t host, FILE *out)
{
    put_head("prefixes", first, "", host, out);
    for (size_t i = first; i < first + count; i++) {
        fprintf(out, "      - path: /p%zu/x\n        pathType: Prefix\n", i);
        put_backend(i, out);
    }
}

bool bench_generate_rules(size_t rules, size_t hosts, FILE *out)
{
    fputs("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: nginx\nspec:\n"
          "  controller: k8s.io/ingress-nginx\n",
          out);
    for (size_t i = 0; hosts == 1 && i < rules; i += GROUP) {
        put_expressions(i, GROUP / 5, out);
        put_prefixes(i + GROUP / 5, GROUP - GROUP / 5, 0, out);
    }
    for (size_t i = 0; hosts > 1 && i < hosts; i++) {
        put_prefixes(i * rules, rules, i, out);
    }
    if (fflush(out) != 0 || ferror(out)) {
        perror("gateshift-bench: cannot write");
        return false;
    }
    return true;
}
