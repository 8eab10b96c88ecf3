#include "bench.h"

/* HTTPRoutes with the fields that converters and people write most: two hostnames, four rules, a filter on every
 * second one, a split on every fourth. */
static void put_rule(size_t index, size_t rule, FILE *out)
{
    static const char *const paths[] = {"/", "/api", "/static", "/v1/models"};
    fprintf(out, "  - matches:\n    - path:\n        type: %s\n        value: %s\n",
            rule == 3 ? "Exact" : "PathPrefix", paths[rule % ARRAY_LEN(paths)]);
    if (rule == 2) {
        fputs("      headers:\n      - name: X-Tier\n        value: gold\n", out);
    }
    if ((index + rule) % 2) {
        fputs("    filters:\n    - type: RequestHeaderModifier\n      requestHeaderModifier:\n"
              "        set:\n        - name: X-Team\n          value: shop\n",
              out);
    }
    fprintf(out, "    backendRefs:\n    - name: app-%zu\n      port: 8080\n", rule);
    if (rule == 0 && index % 4 == 0) {
        fprintf(out,
                "      weight: 90\n    - name: app-%zu-next\n      port: 8080\n      weight: 10\n",
                rule);
    }
}

bool bench_generate_routes(size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(
            out,
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n"
            "  name: web-%05zu\n  namespace: team-%03zu\n  labels:\n    app: web\nspec:\n"
            "  parentRefs:\n  - name: edge\n    namespace: gateways\n    sectionName: https\n"
            "  hostnames:\n  - web-%05zu.example.com\n  - www.web-%05zu.example.com\n  rules:\n",
            i, i % 200, i, i);
        for (size_t rule = 0; rule < 4; rule++) {
            put_rule(i, rule, out);
        }
    }
    if (fflush(out) != 0 || ferror(out)) {
        perror("gateshift-bench: cannot write");
        return false;
    }
    return true;
}
