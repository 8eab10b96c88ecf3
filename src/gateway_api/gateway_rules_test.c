#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ASK(text, expected) assert_string_equal(fixture_ask(&f, text), expected)
#define SAID(code, number)  assert_int_equal(fixture_count(&f, DIAG_##code), number)

/* ---- precedence --------------------------------------------------------------------------- */

/* `winner` and `loser` are matches that both hold for `ask`; the loser comes first in file and name. */
static void beats(const char *winner, const char *loser, const char *ask)
{
    char yaml[4096];
    struct fixture f;
    snprintf(yaml, sizeof yaml,
             SERVICE("win") SERVICE("lose")
                 EDGE ROUTE("a", "rules: [{matches: [{%s}], " TO("lose") "}]")
                     ROUTE("b", "rules: [{matches: [{%s}], " TO("win") "}]"),
             loser, winner);
    fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
    ASK(ask, "win");
    fixture_close(&f);
    fixture_open(&f, "aks-approuting", FIXTURE_CLOSED, yaml);
    ASK(ask, "win");
    fixture_close(&f);
}

#define ASK_ALL "PUT http://a.org/one/two?q=1&r=2\nx: 1\nz: 2"

static void test_gateway_matches_are_ordered_by_precedence(void **state)
{
    (void)state;
    static const char exact[] = "path: {type: Exact, value: /one/two}";
    static const char longer[] = "path: {value: /one/two}";
    static const char shorter[] = "path: {value: /one}";
    static const char method[] = "path: {value: /one}, method: PUT";
    static const char headers[] =
        "path: {value: /one}, headers: [{name: x, value: '1'}, {name: z, value: '2'}]";
    static const char header[] = "path: {value: /one}, headers: [{name: x, value: '1'}]";
    static const char twice[] =
        "path: {value: /one}, headers: [{name: x, value: '1'}, {name: X, value: '9'}]";
    static const char queries[] =
        "path: {value: /one}, queryParams: [{name: q, value: '1'}, {name: r, value: '2'}]";
    static const char query[] = "path: {value: /one}, queryParams: [{name: q, value: '1'}]";
    static const struct {
        const char *winner, *loser;
    } rows[] = {
        {exact, longer},   {exact, headers},  {longer, shorter}, {longer, method},
        {longer, headers}, {longer, queries}, {method, headers}, {method, shorter},
        {headers, header}, {headers, twice},  {header, queries}, {header, shorter},
        {queries, query},  {query, shorter},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        beats(rows[i].winner, rows[i].loser, ASK_ALL);
    }
}

static void test_gateway_ties_go_to_age_then_name_then_rule(void **state)
{
    (void)state;
    static const char young[] = "creationTimestamp: '2026-02-01T00:00:00Z'";
    static const char old[] = "creationTimestamp: '2026-01-01T00:00:00Z'";
    static const struct {
        const char *times[2], *winner;
        size_t said;
    } rows[] = {
        {{young, old}, "b", 0},
        {{old, young}, "a", 0},
        {{old, old}, "a", 0},
        {{"labels: {}", "labels: {}"}, "a", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[4096];
        struct fixture f;
        snprintf(
            yaml, sizeof yaml,
            SERVICE("a") SERVICE("b") SERVICE("c") EDGE GATEWAY_HEAD
            "kind: HTTPRoute\nmetadata: {name: b, namespace: shop, %s}\n"
            "spec: {parentRefs: [{name: edge}], rules: [{" TO(
                "b") "}]}\n---\n" GATEWAY_HEAD
                     "kind: HTTPRoute\nmetadata: {name: a, namespace: shop, %s}\n"
                     "spec: {parentRefs: [{name: edge}], rules: [{" TO("a") "}, {" TO("c") "}]}\n",
            rows[i].times[1], rows[i].times[0]);
        fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
        ASK("GET http://a.org/", rows[i].winner);
        SAID(G021, rows[i].said);
        fixture_close(&f);
    }
}

/* ---- hostnames come first ----------------------------------------------------------------- */

#define HOSTS                                                                                      \
    SERVICE("exact")                                                                               \
    SERVICE("wild")                                                                                \
    SERVICE("deep")                                                                                \
    SERVICE("any")                                                                                 \
    EDGE ROUTE("a",                                                                                \
               "rules: [{matches: [{path: {type: Exact, value: /x}}, {path: {value: /any}}], "     \
               "backendRefs: [{name: any, port: 80}]}]")                                           \
        ROUTE("b", "hostnames: ['*.org'], rules: [{matches: [{path: {value: /x}}, {path: {value: " \
                   "/wild}}], backendRefs: [{name: wild, port: 80}]}]")                            \
            ROUTE("c",                                                                             \
                  "hostnames: ['*.a.org'], rules: [{matches: [{path: {value: /x}}], backendRefs: " \
                  "[{name: deep, port: 80}]}]")                                                    \
                ROUTE("d", "hostnames: [b.a.org], rules: [{matches: [{path: {value: /x/y}}], "     \
                           "backendRefs: "                                                         \
                           "[{name: exact, port: 80}]}]")

static void test_gateway_hostname_outranks_path(void **state)
{
    (void)state;
    static const struct {
        const char *ask, *standard, *istio;
    } rows[] = {
        {"GET http://b.a.org/x/y", "exact", "exact"},
        /* nothing of the exact name's rules holds: the standard goes on, virtual hosts end */
        {"GET http://b.a.org/x", "deep", "404"},
        {"GET http://b.a.org/wild", "wild", "404"},
        {"GET http://b.a.org/any", "any", "404"},
        {"GET http://c.a.org/x", "deep", "deep"},
        {"GET http://a.org/x", "wild", "wild"},
        {"GET http://other.net/x", "any", "any"},
        {"GET http://other.net/wild", "404", "404"},
    };
    struct fixture s, i;
    fixture_open(&s, "standard", FIXTURE_CLOSED, HOSTS);
    fixture_open(&i, "aks-approuting", FIXTURE_CLOSED, HOSTS);
    for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
        assert_string_equal(fixture_ask(&s, rows[n].ask), rows[n].standard);
        assert_string_equal(fixture_ask(&i, rows[n].ask), rows[n].istio);
    }
    fixture_close(&s);
    fixture_close(&i);
}

static void test_gateway_hosts_share_their_rules(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_OPEN,
        SERVICE("web") GATEWAY_HEAD
        "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
        "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}, "
        "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: x}]}}]}\n"
        "---\n" ROUTE("a", "hostnames: [a.org, b.org], rules: [{" TO("web") "}]"));
    const struct rule_list *list = NULL;
    size_t sharing = 0;
    for (size_t i = 0; i < f.table.entry_count; i++) {
        if (f.table.entries[i].rules) {
            list = list ? list : f.table.entries[i].rules;
            sharing += f.table.entries[i].rules == list;
        }
    }
    assert_int_equal(sharing, 4);
    ASK("GET https://b.org/", "web");
    fixture_close(&f);
}

/* ---- paths -------------------------------------------------------------------------------- */

static void test_gateway_paths_are_read_as_the_profile_says(void **state)
{
    (void)state;
    static const struct {
        const char *ask, *standard, *istio;
    } rows[] = {
        {"GET http://a.org/one", "web", "web"},
        {"GET http://a.org/one/x", "web", "web"},
        {"GET http://a.org/oneself", "404", "404"},
        {"GET http://a.org/x/../one", "unknown", "web"},
        {"GET http://a.org/%6fne", "unknown", "web"},
        {"GET http://a.org//one", "unknown", "404"},
        {"GET http://a.org/%7a", "404", "404"},
    };
    const char *yaml = SERVICE("web")
        EDGE ROUTE("a", "rules: [{matches: [{path: {value: /one/}}], " TO("web") "}]");
    struct fixture s, i;
    fixture_open(&s, "standard", FIXTURE_CLOSED, yaml);
    fixture_open(&i, "aks-approuting", FIXTURE_CLOSED, yaml);
    for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
        assert_string_equal(fixture_ask(&s, rows[n].ask), rows[n].standard);
        assert_string_equal(fixture_ask(&i, rows[n].ask), rows[n].istio);
    }
    fixture_close(&s);
    fixture_close(&i);
}

/* ---- regular expressions ------------------------------------------------------------------ */

#define REGEX "path: {type: RegularExpression, value: '/api/v[0-9]+/x'}"

static void test_gateway_standard_leaves_regexes_open(void **state)
{
    (void)state;
    struct fixture f;
    /* nothing else could take the path: only whether it is a search stays open */
    fixture_open(&f, "standard", FIXTURE_CLOSED,
                 SERVICE("re") SERVICE("web")
                     EDGE ROUTE("a", "rules: [{matches: [{" REGEX
                                     "}], " TO("re") "}, {matches: [{path: "
                                                     "{value: /web}}], " TO("web") "}]"));
    ASK("GET http://a.org/api/v1/x", "re");
    ASK("GET http://a.org/api/v1/xyz", "unknown");
    ASK("GET http://a.org/web/api/v1/x", "unknown");
    ASK("GET http://a.org/web", "web");
    ASK("GET http://a.org/api/v1", "404");
    SAID(G019, 1);
    fixture_close(&f);
    /* a prefix and an exact path compete: the exact one wins for certain */
    fixture_open(&f, "standard", FIXTURE_CLOSED,
                 SERVICE("re") SERVICE("web") SERVICE("exact") EDGE ROUTE(
                     "a", "rules: [{matches: [{" REGEX "}], " TO("re") "}, {" TO("web") "}]")
                     ROUTE("b", "rules: [{matches: [{path: {type: Exact, value: /api/v2/x}}], " TO(
                                    "exact") "}]"));
    ASK("GET http://a.org/api/v1/x", "unknown");
    ASK("GET http://a.org/api/v2/x", "exact");
    ASK("GET http://a.org/api", "web");
    fixture_close(&f);
}

static void test_gateway_standard_leaves_header_regexes_open(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "standard", FIXTURE_CLOSED,
                 SERVICE("re") SERVICE("web") EDGE ROUTE(
                     "a", "rules: [{matches: [{headers: [{name: x, type: RegularExpression, "
                          "value: 'a+'}]}], " TO("re") "}, {" TO("web") "}]"));
    ASK("GET http://a.org/\nx: aaa", "re");
    ASK("GET http://a.org/\nx: baaa", "unknown");
    ASK("GET http://a.org/\nx: b", "web");
    fixture_close(&f);
}

static void test_gateway_istio_puts_regexes_behind_prefixes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "aks-approuting", FIXTURE_CLOSED,
                 SERVICE("short") SERVICE("long") SERVICE("web") EDGE ROUTE(
                     "a", "rules: [{matches: [{path: {type: RegularExpression, value: "
                          "'/a.*'}}], " TO("short") "}, {matches: [{" REGEX "}], " TO(
                              "long") "}, {matches: [{path: {value: /api/v9}}], " TO("web") "}]"));
    ASK("GET http://a.org/api/v1/x", "long");
    ASK("GET http://a.org/api/v1/xyz", "short");
    ASK("GET http://a.org/api/v9/x", "web");
    ASK("GET http://a.org/x/api", "404");
    SAID(G017, 0);
    SAID(G019, 0);
    fixture_close(&f);
}

static void test_gateway_istio_drops_regexes_behind_catch_all(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "aks-approuting", FIXTURE_CLOSED,
        SERVICE("re") SERVICE("web")
            EDGE ROUTE("a", "hostnames: [a.org], rules: [{matches: [{" REGEX
                            "}], " TO("re") "}, {" TO("web") "}]")
                ROUTE("b",
                      "hostnames: [b.org], rules: [{matches: [{" REGEX "}], " TO(
                          "re") "}, {matches: [{path: {value: /}, method: GET}], " TO("web") "}]"));
    ASK("GET http://a.org/api/v1/x", "web");
    ASK("POST http://b.org/api/v1/x", "re");
    SAID(G017, 1);
    fixture_close(&f);
}

static void test_gateway_istio_refuses_look_around(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "aks-approuting", FIXTURE_CLOSED,
                 SERVICE("re")
                     EDGE ROUTE("a", "rules: [{matches: [{path: {type: RegularExpression, value: "
                                     "'/(?!x).*'}}], " TO("re") "}]"));
    ASK("GET http://a.org/y", "unknown");
    SAID(G018, 1);
    fixture_close(&f);
}

/* The engine of the data plane is asked, whichever engine runs here. */
static void test_gateway_regexes_are_asked_of_their_engine(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        size_t re2_refused, open_refused, open_doubtful, not_run;
    } rows[] = {
        {"/a/.*", 0, 0, 0, 0},
        {"/a(?=b)", 1, 0, 1, 0},  /* RE2 has no look-ahead */
        {"/a[(?=]", 0, 0, 0, 0},  /* which this is not */
        {"/a\\\\1", 0, 0, 0, 0},  /* a backslash and a digit */
        {"/(a)\\1", 1, 0, 1, 0},  /* a back-reference */
        {"/a++", 1, 0, 1, 0},     /* possessive */
        {"/a{1001}", 1, 0, 1, 0}, /* RE2 stops at 1000 */
        {"/a(", 1, 1, 0, 0},      /* no engine takes it */
        {"/[[:word:]]+", 0, 0, 0, 0},
        {"/\\pN+\\pL+\\z", 0, 0, 0, 0},
        {"/(?P<n>a)(?P<n>b)", 0, 0, 1, 1}, /* PCRE wants a name once, and PCRE runs here */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 SERVICE("re") EDGE ROUTE("a", "rules: [{matches: [{path: {type: "
                                               "RegularExpression, value: '%s'}}], " TO("re") "}]"),
                 rows[i].pattern);
        struct fixture f;
        fixture_open(&f, "aks-approuting", FIXTURE_CLOSED, yaml);
        SAID(G018, rows[i].re2_refused);
        SAID(G030, 0);
        SAID(G031, rows[i].not_run);
        fixture_close(&f);
        fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
        SAID(G018, rows[i].open_refused);
        SAID(G030, rows[i].open_doubtful);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_matches_are_ordered_by_precedence),
        cmocka_unit_test(test_gateway_ties_go_to_age_then_name_then_rule),
        cmocka_unit_test(test_gateway_hostname_outranks_path),
        cmocka_unit_test(test_gateway_hosts_share_their_rules),
        cmocka_unit_test(test_gateway_paths_are_read_as_the_profile_says),
        cmocka_unit_test(test_gateway_standard_leaves_regexes_open),
        cmocka_unit_test(test_gateway_standard_leaves_header_regexes_open),
        cmocka_unit_test(test_gateway_istio_puts_regexes_behind_prefixes),
        cmocka_unit_test(test_gateway_istio_drops_regexes_behind_catch_all),
        cmocka_unit_test(test_gateway_istio_refuses_look_around),
        cmocka_unit_test(test_gateway_regexes_are_asked_of_their_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
