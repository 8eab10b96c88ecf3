#include "convert/convert_fixture_priv.h"

/* ---- redirects ------------------------------------------------------------------------------ */

static void test_convert_redirect_to_a_url_is_split(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, redirect, "permanent-redirect");
    effect->status = 301;
    effect->location = template_text(f.run.arena, SLICE("https://New.example.com:8443/x?a=1"));
    rule->effects.redirect = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "      requestRedirect:\n"
                     "        scheme: https\n"
                     "        hostname: new.example.com\n"
                     "        port: 8443\n"
                     "        path:\n"
                     "          type: ReplaceFullPath\n"
                     "          replaceFullPath: /x\n"
                     "        statusCode: 301\n");
    assert_lacks(yaml, "backendRefs");
    assert_true(said_text(&f, DIAG_C001, "'a=1'"));
    fixture_close(&f);
}

static void test_convert_redirect_drops_the_query_only_in_words(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_EXACT, "/");
    EFFECT_OF(f, redirect, "app-root");
    effect->status = 302;
    effect->path_change = PATH_CHANGE_FULL;
    effect->path = SLICE("/app");
    rule->effects.redirect = effect;
    assert_has(convert(&f), "        path:\n          type: ReplaceFullPath\n"
                            "          replaceFullPath: /app\n        statusCode: 302\n");
    assert_true(said_text(&f, DIAG_C002, "query"));
    fixture_close(&f);
}

static void test_convert_redirect_with_the_request_in_it(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, redirect, "snippet");
    effect->status = 307;
    const struct part parts[] = {{.kind = PART_SCHEME},
                                 {.kind = PART_TEXT, .text = SLICE("://www.example.com")},
                                 {.kind = PART_TARGET}};
    effect->location = parts_of(&f, parts, 3);
    rule->effects.redirect = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "      requestRedirect:\n"
                     "        hostname: www.example.com\n"
                     "        statusCode: 307\n");
    assert_int_equal(said(&f, DIAG_C002), 0);
    fixture_close(&f);
}

/* from-to-www-redirect with use-forwarded-headers. */
static void test_convert_redirect_by_forwarded_headers(void **state)
{
    (void)state;
    const struct part scheme = {PART_HEADER_ELSE, PART_SCHEME, SLICE("X-Forwarded-Proto")};
    const struct part port = {PART_HEADER_ELSE, PART_PORT, SLICE("X-Forwarded-Port")};
    const struct part host = {.kind = PART_HEADER_ELSE, .index = PART_HOST, .text = SLICE("X-H")};
    const struct part rows[][4] = {
        {scheme, {PART_TEXT, 0, SLICE("://www.example.com")}, {.kind = PART_TARGET}},
        {scheme, {PART_TEXT, 0, SLICE("://www.example.com:")}, port, {.kind = PART_TARGET}},
        {scheme, {PART_TEXT, 0, SLICE("://www.example.com:")}, host, {.kind = PART_TARGET}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        EFFECT_OF(f, redirect, "from-to-www-redirect");
        effect->status = 308;
        effect->location = parts_of(&f, rows[i], i ? 4 : 3);
        rule->effects.redirect = effect;
        const char *yaml = convert(&f);
        bool written = i < 2;
        assert_int_equal(said(&f, DIAG_C001), !written);
        assert_int_equal(said_text(&f, DIAG_C002, "'use-forwarded-headers'"), written);
        assert_int_equal(occurrences(yaml, "      requestRedirect:\n"
                                           "        hostname: www.example.com\n"
                                           "        statusCode: 301\n") +
                             occurrences(yaml, "      requestRedirect:\n"
                                               "        hostname: www.example.com\n"
                                               "        statusCode: 308\n"),
                         written);
        fixture_close(&f);
    }
}

static void test_convert_redirect_that_cannot_be_written_keeps_requests_away(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, redirect, "snippet");
    effect->status = 302;
    const struct part parts[] = {{.kind = PART_TEXT, .text = SLICE("https://x.com/")},
                                 {.kind = PART_UNKNOWN, .text = SLICE("$arg_x")}};
    effect->location = parts_of(&f, parts, 2);
    rule->effects.redirect = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "        value: /\n");
    assert_lacks(yaml, "filters");
    assert_lacks(yaml, "backendRefs");
    assert_true(said_text(&f, DIAG_C001, "variables"));
    fixture_close(&f);
}

static void test_convert_statuses_follow_the_release(void **state)
{
    (void)state;
    static const struct {
        int64_t status, before, after;
    } cases[] = {
        {301, 301, 301}, {302, 302, 302}, {303, 302, 303}, {307, 302, 307}, {308, 301, 308}};
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        f.options.api_minor = i % 2 ? 5 : 4;
        EFFECT_OF(f, redirect, "permanent-redirect");
        effect->status = cases[i / 2].status;
        effect->location = template_text(f.run.arena, SLICE("https://x.com/"));
        rule->effects.redirect = effect;
        int64_t wanted = i % 2 ? cases[i / 2].after : cases[i / 2].before;
        char text[64];
        snprintf(text, sizeof text, "        statusCode: %d\n", (int)wanted);
        assert_has(convert(&f), text);
        assert_int_equal(said(&f, DIAG_C034), wanted != cases[i / 2].status);
        fixture_close(&f);
    }
}

static void test_convert_paths_that_are_not_redirected_are_served_by_http(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/.well-known", "acme");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/app", "app")->effects.https_redirect =
        https_redirect(&f);
    rule_to(&f, rules, "plain", PATH_PREFIX_ELEMENT, "/plain", "plain");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front")->effects.https_redirect =
        https_redirect(&f);
    host_add(&f, "a.example.com", rules, "a.example.com", "tls");
    const char *yaml = convert(&f);
    /* one Ingress is the same by http and https, the other has a part for each */
    assert_has(yaml, "  name: plain\n");
    assert_has(yaml, "  name: web\n");
    assert_has(yaml, "  name: web-http\n");
    /* what plain http serves stands beside the redirect of the rest */
    assert_int_equal(occurrences(yaml, "name: web-https-redirect\n"), 0);
    assert_int_equal(f.converted.routes, 3);
    assert_int_equal(occurrences(yaml, "name: acme\n"), 2);
    assert_int_equal(occurrences(yaml, "name: app\n"), 1);
    assert_int_equal(occurrences(yaml, "scheme: https\n"), 1); /* "/app" is one of "/" */
    fixture_close(&f);
}

/* ---- hosts and headers ---------------------------------------------------------------------- */

static void test_convert_upstream_host_shares_the_rewrite(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/p");
    EFFECT_OF(f, upstream_host, "upstream-vhost");
    effect->host = template_text(f.run.arena, SLICE("Inner.local"));
    rule->effects.upstream_host = effect;
    struct route_rewrite *rewrite = ARENA_NEW(f.run.arena, struct route_rewrite);
    *rewrite = (struct route_rewrite){.kind = REWRITE_PREFIX,
                                      .prefix = SLICE("/p"),
                                      .target = template_text(f.run.arena, SLICE("/q"))};
    rule->effects.rewrite = rewrite;
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "type: URLRewrite"), 1);
    assert_has(yaml, "        hostname: inner.local\n");
    assert_has(yaml, "          replacePrefixMatch: /q\n");
    fixture_close(&f);
}

static void test_convert_upstream_host_with_variables_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, upstream_host, "upstream-vhost");
    const struct part part = {.kind = PART_UNKNOWN, .text = SLICE("$service_name")};
    effect->host = parts_of(&f, &part, 1);
    rule->effects.upstream_host = effect;
    assert_lacks(convert(&f), "URLRewrite");
    assert_int_equal(said(&f, DIAG_C001), 1);
    fixture_close(&f);
}

static void test_convert_headers(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, header_edits, "custom-headers");
    struct header_edit edits[] = {
        {.kind = EDIT_SET, .name = SLICE("X-A"), .value = template_text(f.run.arena, SLICE("1"))},
        {.kind = EDIT_SET, .name = SLICE("x-a"), .value = template_text(f.run.arena, SLICE("2"))},
        {.kind = EDIT_ADD, .name = SLICE("X-B"), .value = template_text(f.run.arena, SLICE("b"))},
        {.kind = EDIT_REMOVE, .name = SLICE("Server")},
        {.kind = EDIT_SET, .name = SLICE("X-C"), .value = template_part(f.run.arena, PART_CLIENT)},
    };
    effect->edits.items = edits;
    effect->edits.count = ARRAY_LEN(edits);
    rule->effects.response_headers = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "    - type: ResponseHeaderModifier\n"
                     "      responseHeaderModifier:\n"
                     "        set:\n"
                     "        - name: x-a\n"
                     "          value: \"2\"\n"
                     "        add:\n"
                     "        - name: X-B\n"
                     "          value: b\n"
                     "        remove:\n"
                     "        - Server\n");
    assert_true(said_text(&f, DIAG_C001, "'X-C'"));
    fixture_close(&f);
}

static void test_convert_headers_for_https_only_make_two_routes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    EFFECT_OF(f, header_edits, "hsts");
    struct header_edit edit = {.kind = EDIT_SET,
                               .name = SLICE("Strict-Transport-Security"),
                               .value = template_text(f.run.arena, SLICE("max-age=1")),
                               .only_https = true};
    effect->edits.items = &edit;
    effect->edits.count = 1;
    rule->effects.response_headers = effect;
    host_add(&f, "a.example.com", rules, "a.example.com", "tls");
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 2);
    assert_int_equal(occurrences(yaml, "Strict-Transport-Security"), 1);
    fixture_close(&f);
}

static struct route_cors *cors_of(struct fixture *f, struct slice *origins, size_t count)
{
    struct route_cors *cors = ARENA_NEW(f->run.arena, struct route_cors);
    cors->source = source_of(f, "enable-cors");
    cors->origins = (struct texts){origins, count};
    cors->preflight_needs_method = true;
    cors->max_age = 600;
    return cors;
}

static void test_convert_cors(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    struct slice origins[] = {SLICE("https://a.com"), SLICE("https://*.b.com:8443"),
                              SLICE("tauri://localhost")};
    struct slice methods[] = {SLICE("GET, PUT,GET")};
    struct route_cors *cors = cors_of(&f, origins, 3);
    cors->methods = (struct texts){methods, 1};
    cors->credentials = true;
    rule->effects.cors = cors;
    const char *yaml = convert(&f);
    assert_has(yaml, "    - type: CORS\n"
                     "      cors:\n"
                     "        allowOrigins:\n"
                     "        - https://a.com\n"
                     "        - https://*.b.com:8443\n"
                     "        allowCredentials: true\n"
                     "        allowMethods:\n"
                     "        - GET\n"
                     "        - PUT\n"
                     "        maxAge: 600\n");
    assert_true(said_text(&f, DIAG_C001, "tauri"));
    assert_true(said_text(&f, DIAG_C002, "any number of labels"));
    fixture_close(&f);
}

static void test_convert_cors_of_any_origin_gives_no_credentials(void **state)
{
    (void)state;
    for (int echo = 0; echo < 2; echo++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        struct route_cors *cors = cors_of(&f, NULL, 0);
        cors->any_origin = true;
        cors->credentials = true;
        cors->echo_origin = echo;
        rule->effects.cors = cors;
        const char *yaml = convert(&f);
        assert_has(yaml, "        allowOrigins:\n        - \"*\"\n");
        assert_int_equal(occurrences(yaml, "allowCredentials"), echo);
        assert_int_equal(said(&f, DIAG_C002), !echo);
        fixture_close(&f);
    }
}

/* nginx.tmpl answers OPTIONS where the Origin is allowed, which is any, and none, with "*" alone. */
static void test_convert_cors_says_which_options_requests_differ(void **state)
{
    (void)state;
    static const struct {
        bool any, echo;
        const char *before, *after;
    } rows[] = {
        {false, true, "every OPTIONS request whose Origin is allowed is",
         "with such an Origin and"},
        {true, false, "every OPTIONS request is", "with Origin and"},
        {true, true, "every OPTIONS request with an Origin is", "with Origin and"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        struct slice origins[] = {SLICE("https://a.com")};
        struct route_cors *cors = cors_of(&f, origins, ARRAY_LEN(origins));
        cors->preflight_needs_method = false;
        cors->any_origin = rows[i].any;
        cors->echo_origin = rows[i].echo;
        rule->effects.cors = cors;
        (void)convert(&f);
        assert_int_equal(said(&f, DIAG_C002), 1);
        assert_true(said_text(&f, DIAG_C002, rows[i].before));
        assert_true(said_text(&f, DIAG_C002, rows[i].after));
        fixture_close(&f);
    }
}

static void test_convert_cors_needs_a_release(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    f.options.api_minor = 4;
    rule->effects.cors = cors_of(&f, NULL, 0);
    assert_lacks(convert(&f), "CORS");
    assert_true(said_text(&f, DIAG_C001, "1.5"));
    fixture_close(&f);
}

/* ---- traffic and protection ----------------------------------------------------------------- */

static void test_convert_timeouts_between_reads_are_no_total(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, timeouts, "proxy-read-timeout");
    effect->read_ms = 3600000;
    effect->request_ms = -1;
    effect->backend_request_ms = -1;
    rule->effects.timeouts = effect;
    assert_lacks(convert(&f), "timeouts");
    assert_int_equal(said(&f, DIAG_C001), 1);
    fixture_close(&f);
}

static void test_convert_total_timeouts(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, timeouts, "timeout");
    effect->request_ms = 1500;
    effect->backend_request_ms = 2000;
    rule->effects.timeouts = effect;
    assert_has(convert(&f),
               "    timeouts:\n      request: 1s500ms\n      backendRequest: 1s500ms\n");
    assert_int_equal(said(&f, DIAG_C001), 0);
    fixture_close(&f);
}

static void test_convert_lost_protection_is_an_error_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    EFFECT_OF(f, addresses, "whitelist-source-range");
    for (int i = 0; i < 3; i++) {
        static const char *const paths[] = {"/a", "/b", "/c"};
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, paths[i], "front")->effects.addresses =
            effect;
    }
    host_add(&f, "a.example.com", rules, NULL, NULL);
    host_add(&f, "b.example.com", rules, NULL, NULL);
    assert_has(convert(&f), "name: front\n");
    assert_int_equal(said(&f, DIAG_C003), 1);
    fixture_close(&f);
}

static void test_convert_unknown_aspects_are_named(void **state)
{
    (void)state;
    static const struct {
        enum aspect aspect;
        enum diag_code code;
        enum severity severity;
    } cases[] = {{ASPECT_PROTECTION, DIAG_C003, SEVERITY_ERROR},
                 {ASPECT_ROUTING, DIAG_C004, SEVERITY_ERROR},
                 {ASPECT_TRAFFIC, DIAG_C004, SEVERITY_WARNING}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        rule->unknown = unknown_add(&f.run, NULL, cases[i].aspect, source_of(&f, "auth-url"),
                                    SLICE("annotation 'auth-url' is not understood yet"));
        assert_has(convert(&f), "name: front\n");
        assert_int_equal(said(&f, cases[i].code), 1);
        assert_int_equal(diag_count_severity(f.run.diag, cases[i].severity), 1);
        fixture_close(&f);
    }
}

static void test_convert_defaults_of_the_data_plane_are_said_once(void **state)
{
    (void)state;
    struct fixture f;
    (void)single(&f, PATH_PREFIX_ELEMENT, "/");
    f.options.target = target_find(SLICE("standard")); /* does nothing of itself that is known */
    f.table.view.host_dot = HOST_DOT_KEPT;
    struct route_body_limit limit = {.bytes = 1048576};
    f.table.platform.body_limit = &limit;
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C005), 1);
    fixture_close(&f);
}

static void test_convert_protocol_of_the_backend_is_advice(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *advice;
    } cases[] = {{"GRPCS", "appProtocol"}, {"HTTPS", "BackendTLSPolicy"}, {"HTTP", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
        EFFECT_OF(f, upstream_protocol, "backend-protocol");
        effect->protocol = slice_of(cases[i].protocol);
        rule->effects.upstream_protocol = effect;
        assert_has(convert(&f), "name: front\n");
        assert_int_equal(said(&f, DIAG_C001), cases[i].advice != NULL);
        if (cases[i].advice) {
            assert_true(said_text(&f, DIAG_C001, cases[i].advice));
        }
        fixture_close(&f);
    }
}

static void test_convert_mirrors(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_PREFIX_ELEMENT, "/");
    EFFECT_OF(f, mirrors, "mirror-target");
    const struct mirror quarter = {SLICE("shop"), SLICE("copy"), 80, 1, 4, {0}, {0}, false};
    struct mirror items[] = {quarter, quarter, {.url = SLICE("http://copy.example")}};
    items[1].namespace = SLICE("other");
    items[1].denominator = 3;
    effect->items = items;
    effect->count = ARRAY_LEN(items);
    rule->effects.mirrors = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "        percent: 25\n");
    assert_has(yaml, "        fraction:\n          numerator: 1\n          denominator: 3\n");
    assert_has(yaml, "    kind: Service\n    name: copy\n");
    assert_int_equal(said(&f, DIAG_C001), 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_redirect_to_a_url_is_split),
        cmocka_unit_test(test_convert_redirect_drops_the_query_only_in_words),
        cmocka_unit_test(test_convert_redirect_with_the_request_in_it),
        cmocka_unit_test(test_convert_redirect_by_forwarded_headers),
        cmocka_unit_test(test_convert_redirect_that_cannot_be_written_keeps_requests_away),
        cmocka_unit_test(test_convert_statuses_follow_the_release),
        cmocka_unit_test(test_convert_paths_that_are_not_redirected_are_served_by_http),
        cmocka_unit_test(test_convert_upstream_host_shares_the_rewrite),
        cmocka_unit_test(test_convert_upstream_host_with_variables_is_an_error),
        cmocka_unit_test(test_convert_headers),
        cmocka_unit_test(test_convert_headers_for_https_only_make_two_routes),
        cmocka_unit_test(test_convert_cors),
        cmocka_unit_test(test_convert_cors_of_any_origin_gives_no_credentials),
        cmocka_unit_test(test_convert_cors_says_which_options_requests_differ),
        cmocka_unit_test(test_convert_cors_needs_a_release),
        cmocka_unit_test(test_convert_timeouts_between_reads_are_no_total),
        cmocka_unit_test(test_convert_total_timeouts),
        cmocka_unit_test(test_convert_lost_protection_is_an_error_once),
        cmocka_unit_test(test_convert_unknown_aspects_are_named),
        cmocka_unit_test(test_convert_defaults_of_the_data_plane_are_said_once),
        cmocka_unit_test(test_convert_protocol_of_the_backend_is_advice),
        cmocka_unit_test(test_convert_mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
