#include "compare/compare_priv.h"

/* What is being drawn for: one host and listener, the rules of both sides. */
struct drawing {
    struct arena *arena;
    const struct request *start;
    struct draws *out;
    struct map *seen;     /* requests that are not plain GETs of a path */
    struct texts methods; /* named by any rule, and POST */
};

/* ---- building one request ----------------------------------------------------------------- */

static struct slice draw_key(const struct drawing *drawing, const struct request *request)
{
    struct slice key =
        arena_printf(drawing->arena, SLICE_FMT " " SLICE_FMT " " SLICE_FMT " %llu",
                     SLICE_ARG(request->method), SLICE_ARG(request->target),
                     SLICE_ARG(request->client_text), (unsigned long long)request->body_bytes);
    for (size_t i = 0; i < request->headers.count; i++) {
        key = arena_printf(drawing->arena, SLICE_FMT "\n" SLICE_FMT ":" SLICE_FMT, SLICE_ARG(key),
                           SLICE_ARG(request->headers.items[i].name),
                           SLICE_ARG(request->headers.items[i].value));
    }
    return key;
}

static void put(struct drawing *drawing, const struct request *request)
{
    if (map_put(drawing->seen, draw_key(drawing, request), drawing)) {
        return;
    }
    struct draws *draws = drawing->out;
    struct draw *draw = ARENA_PUSH(drawing->arena, draws->items, draws->count, draws->capacity);
    *draw = (struct draw){.request = *request, .form = FORM_PLAIN, .base = draws->count - 1};
}

static struct request request_for(const struct drawing *drawing, struct slice path)
{
    struct request request = *drawing->start;
    request.target = path;
    return request;
}

static void set_header(const struct drawing *drawing, struct request *request, struct slice name,
                       struct slice value)
{
    headers_add(drawing->arena, &request->headers, name, value);
}

static void set_cookie(const struct drawing *drawing, struct request *request, struct slice name,
                       struct slice value)
{
    struct slice pair =
        arena_printf(drawing->arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(name), SLICE_ARG(value));
    for (size_t i = 0; i < request->headers.count; i++) {
        struct header *header = &request->headers.items[i];
        if (slice_equal_fold(header->name, SLICE("cookie"))) {
            header->value = arena_printf(drawing->arena, SLICE_FMT "; " SLICE_FMT,
                                         SLICE_ARG(header->value), SLICE_ARG(pair));
            return;
        }
    }
    set_header(drawing, request, SLICE("Cookie"), pair);
}

static void set_subject(const struct drawing *drawing, struct request *request,
                        const struct test *test, struct slice value)
{
    switch (test->subject) {
    case TEST_HEADER:
        if (!slice_equal_fold(test->name, SLICE("host"))) {
            set_header(drawing, request, test->name, value);
        }
        return;
    case TEST_QUERY: {
        bool first = slice_find(request->target, '?', 0) == request->target.len;
        request->target = arena_printf(drawing->arena, SLICE_FMT "%c" SLICE_FMT "=" SLICE_FMT,
                                       SLICE_ARG(request->target), first ? '?' : '&',
                                       SLICE_ARG(test->name), SLICE_ARG(value));
        return;
    }
    case TEST_COOKIE:
        set_cookie(drawing, request, test->name, value);
        return;
    }
}

/* ---- tests of a match --------------------------------------------------------------------- */

enum test_state { TEST_HOLDS, TEST_FAILS, TEST_WITHOUT };

static struct slice test_word(const struct drawing *drawing, const struct test *test)
{
    if (test->operator== TEST_EQUALS) {
        return test->value;
    }
    struct slice word = SLICE("1");
    if (test->operator== TEST_REGEX) {
        const struct sample_choice choice = {0, 1};
        struct buf buf;
        buf_init(&buf, 4096);
        if (sample_regex(test->value, &choice, &buf)) {
            word = arena_copy(drawing->arena, buf_slice(&buf));
        }
        buf_release(&buf);
    }
    return word;
}

static void put_test(const struct drawing *drawing, struct request *request,
                     const struct test *test, enum test_state state)
{
    if (state == TEST_WITHOUT) {
        return;
    }
    bool wanted = (state == TEST_HOLDS) != test->negated;
    struct slice word = test_word(drawing, test);
    if (wanted) {
        set_subject(drawing, request, test, word);
    } else if (test->operator!= TEST_PRESENT) {
        set_subject(drawing, request, test,
                    arena_printf(drawing->arena, SLICE_FMT "-other", SLICE_ARG(word)));
    }
}

/* A request for which all tests hold, but the one at `odd`, which is in `state`. */
static struct request request_with_tests(const struct drawing *drawing, const struct rule *rule,
                                         struct slice path, size_t odd, enum test_state state)
{
    struct request request = request_for(drawing, path);
    if (rule->match.method.ptr) {
        request.method = rule->match.method;
    }
    for (size_t i = 0; i < rule->match.test_count; i++) {
        put_test(drawing, &request, &rule->match.tests[i], i == odd ? state : TEST_HOLDS);
    }
    return request;
}

static void draw_tests(struct drawing *drawing, const struct rule *rule, struct slice path)
{
    struct request request;
    for (size_t i = 0; i < rule->match.test_count; i++) {
        request = request_with_tests(drawing, rule, path, i, TEST_FAILS);
        put(drawing, &request);
        request = request_with_tests(drawing, rule, path, i, TEST_WITHOUT);
        put(drawing, &request);
    }
}

/* ---- effects that look at the request ----------------------------------------------------- */

static void draw_body(struct drawing *drawing, const struct rule *rule, struct request request)
{
    const struct route_body_limit *limit = rule->effects.body_limit;
    if (limit && limit->bytes >= 0) {
        request.method = rule->match.method.ptr ? rule->match.method : SLICE("POST");
        request.body_bytes = (uint64_t)limit->bytes + 1;
        put(drawing, &request);
    }
}

static struct slice address_text(const struct drawing *drawing, const struct address *address)
{
    const uint8_t *b = address->bytes;
    if (address->length == 4) {
        return arena_printf(drawing->arena, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    }
    struct slice text = SLICE("");
    for (size_t i = 0; i < 16; i += 2) {
        text = arena_printf(drawing->arena, SLICE_FMT "%s%x", SLICE_ARG(text), i ? ":" : "",
                            (unsigned)(b[i] << 8 | b[i + 1]));
    }
    return text;
}

static void draw_addresses(struct drawing *drawing, const struct rule *rule, struct request request)
{
    enum { ADDRESSES_MAX = 16 };
    const struct route_addresses *lists = rule->effects.addresses;
    if (!lists) {
        return;
    }
    const struct networks *both[] = {&lists->allow, &lists->deny};
    for (size_t list = 0; list < ARRAY_LEN(both); list++) {
        for (size_t i = 0; i < both[list]->count && i < ADDRESSES_MAX; i++) {
            request.client = both[list]->items[i].address;
            request.client_text = address_text(drawing, &request.client);
            put(drawing, &request);
        }
    }
}

static void draw_origin(struct drawing *drawing, struct request request, struct slice origin)
{
    request.headers = (struct headers){0};
    set_header(drawing, &request, SLICE("Origin"), origin);
    put(drawing, &request);
    request.method = SLICE("OPTIONS");
    set_header(drawing, &request, SLICE("Access-Control-Request-Method"), SLICE("GET"));
    put(drawing, &request);
}

static void draw_cors(struct drawing *drawing, const struct rule *rule, struct request request)
{
    const struct route_cors *cors = rule->effects.cors;
    if (!cors) {
        return;
    }
    draw_origin(drawing, request, SLICE("https://other.invalid"));
    for (size_t i = 0; i < cors->origins.count && i < 8; i++) {
        struct slice origin = cors->origins.items[i];
        size_t star = slice_find(origin, '*', 0);
        if (star < origin.len && origin.len > 1) {
            origin = arena_printf(drawing->arena, SLICE_FMT "any" SLICE_FMT,
                                  SLICE_ARG(slice_sub(origin, 0, star)),
                                  SLICE_ARG(slice_sub(origin, star + 1, origin.len)));
        }
        draw_origin(drawing, request, origin);
    }
    request.method = SLICE("OPTIONS");
    put(drawing, &request);
}

/* A header that a rule edits is also sent by the client: setting, adding and removing differ then. */
static void draw_edited(struct drawing *drawing, const struct route_header_edits *edits,
                        struct request request)
{
    if (!edits || !edits->edits.count) {
        return;
    }
    request.headers = (struct headers){0};
    for (size_t i = 0; i < edits->edits.count; i++) {
        set_header(drawing, &request, edits->edits.items[i].name, SLICE("client"));
    }
    put(drawing, &request);
}

/* ---- all of a rule, all of a host --------------------------------------------------------- */

static void draw_rule(struct drawing *drawing, const struct rule *rule, struct slice path)
{
    if (!path.ptr) {
        return;
    }
    struct request good = request_with_tests(drawing, rule, path, SIZE_MAX, TEST_HOLDS);
    if (rule->match.test_count || rule->match.method.ptr) {
        put(drawing, &good);
        draw_tests(drawing, rule, path);
    }
    for (size_t i = 0; i < drawing->methods.count; i++) {
        struct request other = good;
        other.method = drawing->methods.items[i];
        put(drawing, &other);
    }
    draw_body(drawing, rule, good);
    draw_addresses(drawing, rule, good);
    draw_cors(drawing, rule, good);
    draw_edited(drawing, rule->effects.request_headers, good);
}

static bool has_method(const struct texts *methods, struct slice method)
{
    for (size_t i = 0; i < methods->count; i++) {
        if (slice_equal(methods->items[i], method)) {
            return true;
        }
    }
    return false;
}

static void collect_methods(struct drawing *drawing, const struct rule_list *list)
{
    enum { METHODS_MAX = 12 };
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            struct slice method = list->rules[i].match.method;
            if (method.ptr && drawing->methods.count < METHODS_MAX &&
                !has_method(&drawing->methods, method)) {
                drawing->methods.items[drawing->methods.count++] = method;
            }
            if (method.ptr && drawing->methods.count < METHODS_MAX &&
                !has_method(&drawing->methods, SLICE("OPTIONS"))) {
                drawing->methods.items[drawing->methods.count++] = SLICE("OPTIONS");
            }
        }
    }
}

static size_t count_rules(const struct rule_list *list)
{
    size_t count = 0;
    for (; list; list = list->next) {
        count += list->count;
    }
    return count;
}

void draws_make(struct arena *arena, const struct request *start, const struct rule_list *before,
                const struct rule_list *after, struct draws *out)
{
    const struct rule_list *const lists[] = {before, after};
    size_t total = count_rules(before) + count_rules(after), taken = 0;
    /* With more rules than requests, every n-th rule is drawn from. */
    size_t step = 1 + total / COMPARE_REQUESTS_MAX;
    struct slice *paths = ARENA_ARRAY(arena, struct slice, total / step + 1);
    struct drawing drawing = {.arena = arena, .start = start, .out = out, .seen = map_new(arena)};
    drawing.methods.items = ARENA_ARRAY(arena, struct slice, 16);
    drawing.methods.items[drawing.methods.count++] = SLICE("POST");
    struct path_words words;
    path_words_open(arena, &words);
    path_words_add(arena, &(struct path_match){.kind = PATH_ANY}, &words);
    for (size_t side = 0, seen = 0; side < ARRAY_LEN(lists); side++) {
        collect_methods(&drawing, lists[side]);
        for (const struct rule_list *list = lists[side]; list; list = list->next) {
            for (size_t i = 0; i < list->count; i++, seen++) {
                if (seen % step == 0) {
                    paths[taken++] = path_words_add(arena, &list->rules[i].match.path, &words);
                }
            }
        }
    }
    out->items = ARENA_ARRAY(arena, struct draw, words.count);
    out->capacity = words.count;
    for (size_t i = 0; i < words.count; i++) {
        out->items[out->count++] =
            (struct draw){.request = request_for(&drawing, words.items[i].path),
                          .form = words.items[i].form,
                          .base = words.items[i].base};
    }
    taken = 0;
    for (size_t side = 0, seen = 0; side < ARRAY_LEN(lists); side++) {
        for (const struct rule_list *list = lists[side]; list; list = list->next) {
            for (size_t i = 0; i < list->count; i++, seen++) {
                if (seen % step == 0) {
                    draw_rule(&drawing, &list->rules[i], paths[taken++]);
                }
            }
        }
    }
}
