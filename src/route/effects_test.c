#include "route/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <string.h>

static void assert_prints(enum effect_id id, const void *effect, const char *wanted)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    effect_print(id, effect, &out);
    if (!slice_is(buf_slice(&out), wanted)) {
        fail_msg("'" SLICE_FMT "' instead of '%s'", SLICE_ARG(buf_slice(&out)), wanted);
    }
    buf_release(&out);
}

static void test_route_every_effect_has_a_row(void **state)
{
    (void)state;
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const struct effect_row *row = effect_row((enum effect_id)id);
        assert_int_equal(row->id, id);
        assert_non_null(row->name);
        assert_true(row->field_count > 0);
        for (size_t i = 0; i < row->field_count; i++) {
            const struct field_row *field = &row->fields[i];
            assert_true(field->offset >= sizeof(struct effect_source) ||
                        field->kind == FIELD_MIRRORS);
            assert_true((field->kind == FIELD_CHOICE) == (field->choices != NULL));
            for (size_t j = 0; j < i; j++) {
                assert_string_not_equal(field->name, row->fields[j].name);
            }
        }
    }
}

static void test_route_effects_are_found_by_their_row(void **state)
{
    (void)state;
    const struct route_timeouts timeouts = {.read_ms = 1};
    const struct effects effects = {.timeouts = &timeouts};
    assert_ptr_equal(effect_get(&effects, EFFECT_timeouts), &timeouts);
    assert_null(effect_get(&effects, EFFECT_redirect));
    assert_ptr_equal(effect_source(&timeouts), &timeouts.source);
}

static size_t size_of(enum field_kind kind)
{
    switch (kind) {
    case FIELD_TEXT:
        return sizeof(struct slice);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_TEMPLATE:
        return sizeof(struct template);
    case FIELD_TEXTS:
        return sizeof(struct texts);
    case FIELD_NETWORKS:
        return sizeof(struct networks);
    case FIELD_EDITS:
        return sizeof(struct edits);
    case FIELD_GUARDS:
        return sizeof(struct guards);
    case FIELD_MIRRORS:
        return sizeof(struct route_mirrors) - sizeof(struct effect_source);
    case FIELD_NUMBER:
    case FIELD_BYTES:
    case FIELD_MS:
    case FIELD_CHOICE:
        break;
    }
    return sizeof(int64_t);
}

/* A field without a row would be compared by nobody. What no row has is the compiler's: less than a word; but the
 * compiled expression of a rewrite, whose text has a row, why something is answered, which is for
 * people, and that limits were given, which is how they are written. */
static void test_route_every_field_has_a_row(void **state)
{
    (void)state;
    static const struct {
        size_t size, known;
    } sizes[] = {
#define EFFECT(id, type, aspect, impact, text)                                                     \
    {sizeof(struct route_##type), EFFECT_##id == EFFECT_rewrite    ? sizeof(const struct regex *)  \
                                  : EFFECT_##id == EFFECT_answer   ? sizeof(struct slice)          \
                                  : EFFECT_##id == EFFECT_timeouts ? sizeof(bool)                  \
                                                                   : 0},
#include "route/effects.def"
#undef EFFECT
    };
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const struct effect_row *row = effect_row((enum effect_id)id);
        bool covered[1024] = {false};
        assert_true(sizes[id].size <= sizeof covered);
        memset(covered, true, sizeof(struct effect_source));
        for (size_t i = 0; i < row->field_count; i++) {
            const struct field_row *field = &row->fields[i];
            size_t from =
                field->kind == FIELD_MIRRORS ? sizeof(struct effect_source) : field->offset;
            memset(covered + from, true, size_of(field->kind));
        }
        size_t left = 0, longest = 0;
        for (size_t i = 0, gap = 0; i < sizes[id].size; i++) {
            gap = covered[i] ? 0 : gap + 1;
            left += !covered[i];
            longest = gap > longest ? gap : longest;
        }
        if (longest >= 8 + sizes[id].known) {
            fail_msg("%s has %zu bytes without a row", row->name, left);
        }
    }
}

/* Each byte of each field counts: setting any field of any kind that is a number, a choice, a flag or a
 * text makes two effects differ, and setting it on both makes them equal again. */
static void test_route_every_field_is_compared(void **state)
{
    (void)state;
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const struct effect_row *row = effect_row((enum effect_id)id);
        for (size_t i = 0; i < row->field_count; i++) {
            const struct field_row *field = &row->fields[i];
            _Alignas(16) char a[1024] = {0}, b[1024] = {0};
            const struct slice text = SLICE("x");
            const int64_t number = 1;
            const bool flag = true;
            const void *value = &number;
            size_t size = sizeof number;
            if (field->kind == FIELD_TEXT) {
                value = &text;
                size = sizeof text;
            } else if (field->kind == FIELD_BOOL) {
                value = &flag;
                size = sizeof flag;
            } else if (field->kind != FIELD_NUMBER && field->kind != FIELD_BYTES &&
                       field->kind != FIELD_MS && field->kind != FIELD_CHOICE) {
                continue;
            }
            assert_true(effect_equal((enum effect_id)id, a, b));
            memcpy(a + field->offset, value, size);
            assert_false(effect_identical((enum effect_id)id, a, b));
            assert_int_equal(effect_equal((enum effect_id)id, a, b), field->quiet);
            memcpy(b + field->offset, value, size);
            assert_true(effect_equal((enum effect_id)id, a, b));
        }
    }
}

static void test_route_sources_do_not_make_effects_differ(void **state)
{
    (void)state;
    const struct route_answer a = {
        .source = {.name = SLICE("x")}, .status = 503, .reason = SLICE("denied")};
    const struct route_answer b = {.source = {.name = SLICE("y")}, .status = 503};
    assert_true(effect_equal(EFFECT_answer, &a, &b));
    assert_true(effect_equal(EFFECT_answer, NULL, NULL));
    assert_false(effect_equal(EFFECT_answer, &a, NULL));
    assert_false(effect_equal(EFFECT_answer, NULL, &a));
}

static void test_route_lists_are_sets(void **state)
{
    (void)state;
    struct slice ab[] = {SLICE("a"), SLICE("b")}, baa[] = {SLICE("b"), SLICE("a"), SLICE("a")};
    const struct route_cors x = {.methods = {ab, 2}}, y = {.methods = {baa, 3}},
                            z = {.methods = {ab, 1}};
    assert_true(effect_equal(EFFECT_cors, &x, &y));
    assert_false(effect_equal(EFFECT_cors, &x, &z));
    assert_false(effect_equal(EFFECT_cors, &z, &x));
    struct slice one = SLICE(" b,a");
    const struct route_cors w = {.methods = {&one, 1}};
    assert_true(effect_equal(EFFECT_cors, &x, &w));
    assert_false(effect_equal(EFFECT_cors, &w, &z));
    struct network n[3];
    assert_true(network_parse(SLICE("10.0.0.0/8"), &n[0]));
    assert_true(network_parse(SLICE("2001:db8::/32"), &n[1]));
    assert_true(network_parse(SLICE("10.9.0.0/8"), &n[2])); /* the same network as the first */
    struct network other[] = {n[1], n[2]};
    const struct route_addresses p = {.allow = {n, 2}}, q = {.allow = {other, 2}},
                                 r = {.deny = {n, 2}};
    assert_true(effect_equal(EFFECT_addresses, &p, &q));
    assert_false(effect_equal(EFFECT_addresses, &p, &r));
}

static void test_route_edits_keep_their_order(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct header_edit a[] = {
        {EDIT_SET, SLICE("X-A"), template_text(arena, SLICE("1")), false, false},
        {EDIT_REMOVE, SLICE("X-B"), {0}, true, false},
        {EDIT_ADD, SLICE("X-C"), template_part(arena, PART_HOST), false, false},
    };
    struct header_edit b[] = {a[0], a[1], a[2]};
    b[0].name = SLICE("x-a");
    const struct route_header_edits x = {.edits = {a, 3, 3}}, y = {.edits = {b, 3, 3}};
    assert_true(effect_equal(EFFECT_request_headers, &x, &y));
    b[1].only_https = false;
    assert_false(effect_equal(EFFECT_request_headers, &x, &y));
    b[1] = a[0];
    b[0] = a[1];
    assert_false(effect_equal(EFFECT_request_headers, &x, &y));
    assert_prints(EFFECT_request_headers, &x, "set X-A: 1; remove X-B (https); add X-C: ${host}");
    arena_close(arena);
}

static void test_route_mirrors_compare_as_fractions(void **state)
{
    (void)state;
    struct mirror half = {.namespace = SLICE("n"),
                          .service = SLICE("s"),
                          .port = 80,
                          .numerator = 50,
                          .denominator = 100};
    struct mirror same = half;
    same.numerator = 1;
    same.denominator = 2;
    struct mirror third = half;
    third.numerator = INT64_MAX;
    third.denominator = INT64_MAX - 1;
    const struct route_mirrors a = {.items = &half, .count = 1}, b = {.items = &same, .count = 1},
                               c = {.items = &third, .count = 1};
    assert_true(effect_equal(EFFECT_mirrors, &a, &b));
    assert_false(effect_equal(EFFECT_mirrors, &a, &c));
    assert_prints(EFFECT_mirrors, &a, "n/s:80 50/100");
}

static void test_route_effects_print_for_people(void **state)
{
    (void)state;
    const struct route_redirect redirect = {.status = 308,
                                            .only_plain_http = true,
                                            .scheme = SLICE("https"),
                                            .host_from = REDIRECT_HOST_HEADER_NO_PORT,
                                            .keep_query = true};
    assert_prints(EFFECT_redirect, &redirect,
                  "status 308, only plain http, scheme https, host from as sent without port, "
                  "keep query");
    const struct route_body_limit none = {.bytes = -1}, some = {.bytes = 1048576};
    assert_prints(EFFECT_body_limit, &none, "no limit");
    assert_prints(EFFECT_body_limit, &some, "1048576 bytes");
    const struct route_timeouts timeouts = {.connect_ms = 5000,
                                            .send_ms = -1,
                                            .read_ms = 60000,
                                            .request_ms = -1,
                                            .backend_request_ms = -1};
    assert_prints(EFFECT_timeouts, &timeouts,
                  "connect 5000 ms, send no limit, read 60000 ms, request no limit, "
                  "backend request no limit");
    struct network n[2];
    assert_true(network_parse(SLICE("10.0.0.0/8"), &n[0]));
    assert_true(network_parse(SLICE("2001:db8::/32"), &n[1]));
    const struct route_addresses lists = {.allow = {n, 2}, .has_allow = true, .status = 403};
    assert_prints(EFFECT_addresses, &lists,
                  "allow 10.0.0.0/8, 2001:db8:0:0:0:0:0:0/32, has allow, status 403");
    assert_prints(EFFECT_cors, NULL, "");
}

static void test_route_templates_compare_as_texts(void **state)
{
    (void)state;
    struct part one[] = {{PART_TEXT, 0, SLICE("/ab")}, {PART_CAPTURE, 1, SLICE_ABSENT}};
    struct part cut[] = {{PART_TEXT, 0, SLICE("/")},
                         {PART_TEXT, 0, SLICE("")},
                         {PART_TEXT, 0, SLICE("ab")},
                         {PART_CAPTURE, 1, SLICE_ABSENT},
                         {PART_TEXT, 0, SLICE("")}};
    const struct template a = {one, 2}, b = {cut, 5}, shorter = {one, 1}, longer = {cut, 3};
    assert_true(template_equal(&a, &b));
    assert_true(template_equal(&b, &a));
    assert_true(template_equal(&shorter, &longer));
    assert_false(template_equal(&a, &shorter));
    assert_false(template_equal(&shorter, &a));
    cut[3].index = 2;
    assert_false(template_equal(&a, &b));
    cut[3] = (struct part){PART_TEXT, 0, SLICE("$1")};
    assert_false(template_equal(&a, &b));
    struct part header[] = {{PART_HEADER, 0, SLICE("X-A")}},
                folded[] = {{PART_HEADER, 0, SLICE("x-a")}};
    const struct template x = {header, 1}, y = {folded, 1}, empty = {NULL, 0};
    assert_true(template_equal(&x, &y));
    assert_false(template_equal(&x, &empty));
    assert_true(template_equal(&empty, &empty));
    struct slice text;
    assert_true(template_is_text(&shorter, &text));
    assert_true(slice_is(text, "/ab"));
    assert_true(template_is_text(&empty, &text));
    assert_int_equal(text.len, 0);
    assert_false(template_is_text(&a, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_every_effect_has_a_row),
        cmocka_unit_test(test_route_effects_are_found_by_their_row),
        cmocka_unit_test(test_route_every_field_has_a_row),
        cmocka_unit_test(test_route_every_field_is_compared),
        cmocka_unit_test(test_route_sources_do_not_make_effects_differ),
        cmocka_unit_test(test_route_lists_are_sets),
        cmocka_unit_test(test_route_edits_keep_their_order),
        cmocka_unit_test(test_route_mirrors_compare_as_fractions),
        cmocka_unit_test(test_route_effects_print_for_people),
        cmocka_unit_test(test_route_templates_compare_as_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
