#include "ingress_nginx/snippets_priv.h"

/* The ways through the steps of snippets (ngx_http_rewrite_handler): each condition that hangs on the request makes
 * two of one. */

enum { LEAVES_MAX = 64 };

struct frame { /* what is still to be done of a text, and behind it */
    const struct placed_snippet *placed;
    const struct snippet *snippet;
    size_t index;
    const struct frame *next;
};
struct flow {
    struct model *model;
    const struct view_of *view;
    struct route_table *table;
    bool apart;
    struct leaves *out;
};

/* ---- texts -------------------------------------------------------------------------------- */

static const struct variable_value *find_variable(const struct variable_value *variables,
                                                  struct slice name)
{
    for (; variables; variables = variables->next) {
        if (slice_equal(variables->name, name)) {
            return variables;
        }
    }
    return NULL;
}

/* "$name" or "${name}" */
static struct slice name_of(struct slice written)
{
    bool braces = slice_starts(written, SLICE("${"));
    return slice_sub(written, braces ? 2 : 1, written.len - braces);
}

struct parts {
    struct part *items;
    size_t count, capacity;
};

/* Literal parts beside each other are one text. */
static void add_part(struct run *run, struct parts *parts, const struct part *part)
{
    struct part *last = parts->count ? &parts->items[parts->count - 1] : NULL;
    if (last && last->kind == PART_TEXT && part->kind == PART_TEXT) {
        last->text = ARENA_JOIN(run->arena, last->text, part->text);
        return;
    }
    *ARENA_PUSH(run->arena, parts->items, parts->count, parts->capacity) = *part;
}

static void add_value(struct run *run, struct parts *parts, const struct variable_value *variable)
{
    for (size_t i = 0; i < variable->value.count; i++) {
        add_part(run, parts, &variable->value.parts[i]);
    }
}

struct template leaf_values(struct run *run, const struct leaf *leaf,
                            const struct template *template)
{
    struct parts parts = {0};
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        const struct variable_value *variable =
            part->kind == PART_UNKNOWN ? find_variable(leaf->variables, name_of(part->text)) : NULL;
        if (variable && variable->known) {
            add_value(run, &parts, variable);
        } else {
            add_part(run, &parts, part);
        }
    }
    return (struct template){parts.items, parts.count};
}

static struct part capture(const struct leaf *leaf, const struct part *part)
{
    struct slice text =
        part->index < REGEX_CAPTURES ? leaf->texts.captures[part->index] : SLICE("");
    switch (leaf->captures) {
    case CAPTURES_PATH:
        return *part;
    case CAPTURES_TEXT:
        return (struct part){.kind = PART_TEXT, .text = text};
    case CAPTURES_NONE:
        return (struct part){.kind = PART_TEXT, .text = SLICE("")};
    case CAPTURES_UNKNOWN:
        break;
    }
    return (struct part){.kind = PART_UNKNOWN, .text = SLICE("$1")};
}

bool captures_fill(struct run *run, const struct template *template,
                   const struct regex_match *found, struct slice *out)
{
    *out = SLICE("");
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind != PART_TEXT && part->kind != PART_CAPTURE) {
            return false;
        }
        struct slice text = part->kind == PART_TEXT        ? part->text
                            : part->index < REGEX_CAPTURES ? found->captures[part->index]
                                                           : SLICE("");
        *out = ARENA_JOIN(run->arena, *out, text);
    }
    return true;
}

bool leaf_template(struct model *model, const struct leaf *leaf, const struct location *location,
                   struct slice text, struct template *out)
{
    struct run *run = model->run;
    struct template read;
    struct parts parts = {0};
    const struct variables own =
        location ? location_variables(run, location) : (struct variables){0};
    if (!template_read(run, text, location ? &own : NULL, &read)) {
        return false;
    }
    read = leaf_values(run, leaf, &read);
    for (size_t i = 0; i < read.count; i++) {
        struct part part = read.parts[i];
        part = part.kind == PART_CAPTURE ? capture(leaf, &part) : part;
        if (part.kind != PART_TEXT || part.text.len) {
            add_part(run, &parts, &part);
        }
    }
    *out = parts.count ? (struct template){parts.items, parts.count}
                       : template_text(run->arena, SLICE(""));
    return true;
}

/* ---- conditions --------------------------------------------------------------------------- */

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_TESTED, TRUTH_UNKNOWN };

static bool has_groups(struct slice pattern)
{
    return slice_find(pattern, '(', 0) < pattern.len;
}

static enum truth truth_of(bool holds)
{
    return holds ? TRUTH_YES : TRUTH_NO;
}

/* Of a text that is known; its captures are known then as well. */
static enum truth holds_for_text(struct flow *flow, const struct snippet_condition *condition,
                                 struct slice text, struct leaf *yes)
{
    struct slice error;
    struct regex_match match = {0};
    if (condition->given) {
        return truth_of(text.len && !slice_is(text, "0"));
    }
    if (!condition->regex) {
        return truth_of(slice_equal(text, condition->value) != condition->negated);
    }
    const struct regex *regex = regex_compile(flow->model->run, flow->table->regexes,
                                              condition->value, condition->fold, false, &error);
    enum regex_result found = regex ? regex_search(regex, text, &match) : REGEX_LIMIT;
    if (found == REGEX_LIMIT) {
        return TRUTH_UNKNOWN;
    }
    if (found == REGEX_YES) {
        yes->captures = CAPTURES_TEXT;
        yes->texts = match;
    }
    return truth_of((found == REGEX_YES) != condition->negated);
}

static bool is_one_name(struct slice host)
{
    return !slice_starts(host, SLICE("*")) && !slice_starts(host, SLICE("~")) &&
           !slice_ends(host, SLICE(".*")) && !slice_is(host, "_");
}

/* A host that a snippet of this server names has an entry of its own (entries.c), so where many names are
 * meant, it is none of them. */
static enum truth holds_for_host(struct flow *flow, const struct snippet_condition *condition,
                                 struct leaf *yes)
{
    struct slice host = arena_lower(flow->model->run->arena, flow->view->host);
    if (is_one_name(host)) {
        return holds_for_text(flow, condition, host, yes);
    }
    return condition->regex || condition->given ? TRUTH_UNKNOWN : truth_of(condition->negated);
}

/* What a test of the request is called in route tables; a variable without a value is the empty text to nginx. */
static bool test_of(struct flow *flow, const struct snippet_condition *condition, struct test *out)
{
    static const enum test_subject subjects[] = {[WHEN_METHOD] = TEST_METHOD,
                                                 [WHEN_HEADER] = TEST_HEADER,
                                                 [WHEN_COOKIE] = TEST_COOKIE,
                                                 [WHEN_ARGUMENT] = TEST_ARGUMENT,
                                                 [WHEN_TARGET] = TEST_TARGET};
    bool always = condition->when == WHEN_METHOD || condition->when == WHEN_TARGET;
    struct slice error;
    *out =
        (struct test){.subject = subjects[condition->when],
                      .operator= condition->regex || condition->given ? TEST_REGEX : TEST_EQUALS,
                      .negated = condition->negated,
                      .fold = condition->fold,
                      .fold_separators = condition->when == WHEN_HEADER &&
                                         flow->model->settings->enable_underscores,
                      .name = condition->name,
                      .value = condition->given ? SLICE("^(?:[^0]|0[\\s\\S])") : condition->value};
    if (out->operator== TEST_EQUALS && !condition->value.len) {
        out->operator= TEST_REGEX;
        out->value = SLICE("[\\s\\S]");
        out->negated = !condition->negated;
    }
    if (out->operator== TEST_REGEX) {
        out->regex = regex_compile(flow->model->run, flow->table->regexes, out->value, out->fold,
                                   false, &error);
        return out->regex && (always || regex_search(out->regex, SLICE(""), NULL) == REGEX_NO);
    }
    return true;
}

static enum truth add_test(struct flow *flow, const struct snippet_condition *condition,
                           bool negated, struct match *match)
{
    struct test test;
    bool method =
        condition->when == WHEN_METHOD && !condition->regex && !negated && !condition->negated;
    if (method && (!match->method.ptr || slice_equal(match->method, condition->value))) {
        match->method = condition->value;
        return TRUTH_TESTED;
    }
    if (!test_of(flow, condition, &test)) {
        return TRUTH_UNKNOWN;
    }
    test.negated = test.negated != negated;
    struct test *tests = ARENA_ARRAY(flow->model->run->arena, struct test, match->test_count + 1);
    for (size_t i = 0; i < match->test_count; i++) {
        tests[i] = match->tests[i];
    }
    tests[match->test_count++] = test;
    match->tests = tests;
    return TRUTH_TESTED;
}

static enum truth add_path(struct flow *flow, const struct snippet_condition *condition,
                           bool negated, struct match *match)
{
    struct path_match path;
    negated = negated != condition->negated;
    if (!path_meets(flow->model->run, flow->table->regexes, &match->path, condition, negated,
                    &path)) {
        return TRUTH_UNKNOWN;
    }
    match->path = path;
    return TRUTH_TESTED;
}

/* A variable that stands for one of the request is asked as that. */
static enum truth holds(struct flow *flow, const struct snippet_condition *condition,
                        const struct leaf *now, struct leaf *yes);

static enum truth holds_for_variable(struct flow *flow, const struct snippet_condition *condition,
                                     const struct leaf *now, struct leaf *yes)
{
    const struct variable_value *variable = find_variable(now->variables, condition->name);
    struct slice text;
    struct snippet_condition same = *condition;
    if (!variable || !variable->known) {
        return TRUTH_UNKNOWN;
    }
    if (template_is_text(&variable->value, &text)) {
        return holds_for_text(flow, condition, text.ptr ? text : SLICE(""), yes);
    }
    if (variable->value.count != 1) {
        return TRUTH_UNKNOWN;
    }
    const struct part *part = &variable->value.parts[0];
    same.when = part->kind == PART_HEADER   ? WHEN_HEADER
                : part->kind == PART_HOST   ? WHEN_HOST
                : part->kind == PART_METHOD ? WHEN_METHOD
                : part->kind == PART_TARGET ? WHEN_TARGET
                                            : WHEN_VARIABLE;
    same.name = part->kind == PART_HEADER ? part->text : SLICE_ABSENT;
    return same.when == WHEN_VARIABLE ? TRUTH_UNKNOWN : holds(flow, &same, now, yes);
}

/* With TRUTH_TESTED the match of `yes` says what is asked. */
static enum truth holds(struct flow *flow, const struct snippet_condition *condition,
                        const struct leaf *now, struct leaf *yes)
{
    bool groups = condition->regex && has_groups(condition->value);
    switch (condition->when) {
    case WHEN_ALWAYS:
        return TRUTH_YES;
    case WHEN_HOST:
        return holds_for_host(flow, condition, yes);
    case WHEN_SCHEME:
        return holds_for_text(flow, condition, flow->view->https ? SLICE("https") : SLICE("http"),
                              yes);
    case WHEN_VARIABLE:
        return holds_for_variable(flow, condition, now, yes);
    case WHEN_PATH:
        if (now->moved) {
            return now->path.ptr ? holds_for_text(flow, condition, now->path, yes) : TRUTH_UNKNOWN;
        }
        yes->captures = condition->negated ? CAPTURES_UNKNOWN : CAPTURES_PATH;
        return add_path(flow, condition, false, &yes->match);
    case WHEN_METHOD:
    case WHEN_HEADER:
    case WHEN_COOKIE:
    case WHEN_ARGUMENT:
    case WHEN_TARGET:
        break;
    }
    yes->captures = groups ? CAPTURES_UNKNOWN : yes->captures;
    return add_test(flow, condition, false, &yes->match);
}

/* The other side of a condition, said as a test of its own. False where that cannot be. */
static bool add_opposite(struct flow *flow, const struct snippet_condition *condition,
                         struct leaf *leaf)
{
    enum truth truth = condition->when == WHEN_PATH ? add_path(flow, condition, true, &leaf->match)
                       : condition->when == WHEN_VARIABLE
                           ? TRUTH_UNKNOWN
                           : add_test(flow, condition, true, &leaf->match);
    return truth == TRUTH_TESTED;
}

/* ---- ways --------------------------------------------------------------------------------- */

static void note_condition(struct flow *flow, const struct placed_snippet *placed,
                           const struct snippet_condition *condition, struct leaf *leaf)
{
    struct slice what = condition->value.len ? condition->value : condition->name;
    leaf->unknown = unknown_add(flow->model->run, leaf->unknown, ASPECT_PROTECTION, placed->source,
                                arena_printf(flow->model->run->arena,
                                             "whether the condition on '" SLICE_FMT
                                             "' in '" SLICE_FMT "' holds is not understood",
                                             SLICE_ARG(what), SLICE_ARG(placed->source.name)));
}

/* True when the way ends in an answer, or in another path. */
static bool finish(struct flow *flow, const struct leaf *leaf)
{
    struct leaves *out = flow->out;
    bool answers = leaf->answer || leaf->unknown || leaf->restarts;
    if (answers || !flow->apart) {
        *ARENA_PUSH(flow->model->run->arena, out->items, out->count, out->capacity) = *leaf;
    }
    return answers;
}

static bool walk(struct flow *flow, const struct frame *frame, struct leaf leaf);

static const struct frame *push(struct flow *flow, const struct placed_snippet *placed,
                                const struct snippet *snippet, size_t index,
                                const struct frame *next)
{
    struct frame *frame = ARENA_NEW(flow->model->run->arena, struct frame);
    *frame = (struct frame){placed, snippet, index, next};
    return frame;
}

/* The path is another one from here on; what it is may hang on what the expression found. */
static bool move(struct flow *flow, const struct snippet_step *step, const struct frame *rest,
                 struct leaf leaf)
{
    struct template text;
    bool fixed = leaf_template(flow->model, &leaf, NULL, step->text, &text) &&
                 template_is_text(&text, &leaf.path);
    if (leaf.rewrite && (!fixed || leaf.rewrite->query.ptr || leaf.rewrite->drops_query)) {
        note_condition(flow, rest->placed, &step->condition, &leaf); /* two that hang together */
    }
    leaf.path = fixed ? leaf.path : SLICE_ABSENT;
    leaf.rewrite = step;
    leaf.moved = leaf.restarts = true;
    if (step->end == END_LAST) {
        leaf.ended = true;
        return finish(flow, &leaf);
    }
    return walk(flow, rest, leaf);
}

/* The condition of the step holds. */
static bool take(struct flow *flow, const struct snippet_step *step, const struct frame *rest,
                 struct leaf leaf)
{
    if (step->kind == STEP_IF) {
        leaf.inner = step->block;
        leaf.inner_source = rest->placed->source;
        return walk(flow, push(flow, rest->placed, step->block, 0, rest), leaf);
    }
    leaf.source = rest->placed->source;
    if (step->status) {
        leaf.answer = step;
        if (leaf.moved && (leaf.rewrite->query.ptr || leaf.rewrite->drops_query)) {
            note_condition(flow, rest->placed, &step->condition, &leaf);
        }
    } else if (step->end != END_BREAK) {
        return move(flow, step, rest, leaf);
    } else if (leaf.moved) {
        leaf.restarts = false;
        note_condition(flow, rest->placed, &step->condition, &leaf);
        return finish(flow, &leaf);
    } else {
        leaf.rewrite = step;
        leaf.broke = true;
    }
    return finish(flow, &leaf);
}

/* Both sides of a condition; true when nothing is left of this way. */
static bool branch(struct flow *flow, const struct snippet_step *step, const struct frame *rest,
                   struct leaf *leaf, bool *answers)
{
    struct leaf yes = *leaf;
    enum truth truth =
        flow->out->count < LEAVES_MAX ? holds(flow, &step->condition, leaf, &yes) : TRUTH_UNKNOWN;
    if (truth == TRUTH_UNKNOWN) {
        note_condition(flow, rest->placed, &step->condition, leaf);
        return false;
    }
    if (truth == TRUTH_NO) {
        return false;
    }
    bool all = take(flow, step, rest, yes);
    if (truth == TRUTH_YES) {
        *answers = all;
        return true;
    }
    *answers = *answers && all;
    leaf->captures = leaf->captures == CAPTURES_NONE ? CAPTURES_NONE : CAPTURES_UNKNOWN;
    if (flow->apart && !all && !add_opposite(flow, &step->condition, leaf)) {
        note_condition(flow, rest->placed, &step->condition, leaf);
    }
    return false;
}

static void set_variable(struct flow *flow, struct leaf *leaf, const struct snippet_step *step)
{
    struct variable_value *variable = ARENA_NEW(flow->model->run->arena, struct variable_value);
    *variable = (struct variable_value){.name = step->name, .next = leaf->variables};
    variable->known = leaf_template(flow->model, leaf, NULL, step->text, &variable->value);
    for (size_t i = 0; variable->known && i < variable->value.count; i++) {
        enum part_kind kind = variable->value.parts[i].kind; /* a later path has other groups */
        variable->known = kind != PART_UNKNOWN && kind != PART_CAPTURE;
    }
    leaf->variables = variable;
}

/* True when all ways end in an answer. */
static bool walk(struct flow *flow, const struct frame *frame, struct leaf leaf)
{
    bool answers = true;
    while (frame && !leaf.broke) {
        if (frame->index == frame->snippet->step_count) {
            frame = frame->next;
            continue;
        }
        const struct snippet_step *step = &frame->snippet->steps[frame->index];
        frame = push(flow, frame->placed, frame->snippet, frame->index + 1, frame->next);
        switch (step->kind) {
        case STEP_ANSWER:
            leaf.answer = step;
            leaf.source = frame->placed->source;
            return finish(flow, &leaf) && answers;
        case STEP_BREAK:
            leaf.broke = true;
            break;
        case STEP_SET:
            set_variable(flow, &leaf, step);
            break;
        case STEP_IF:
        case STEP_REWRITE:
            if (branch(flow, step, frame, &leaf, &answers)) {
                return answers;
            }
            break;
        }
    }
    return finish(flow, &leaf) && answers;
}

/* A variable that is set somewhere is the empty text before. */
static void declare(struct flow *flow, const struct snippet *snippet, struct leaf *leaf)
{
    for (size_t i = 0; i < snippet->step_count; i++) {
        const struct snippet_step *step = &snippet->steps[i];
        if (step->kind == STEP_SET && !find_variable(leaf->variables, step->name)) {
            const struct snippet_step empty = {.name = step->name, .text = SLICE("")};
            set_variable(flow, leaf, &empty);
        } else if (step->kind == STEP_IF) {
            declare(flow, step->block, leaf);
        }
    }
}

void snippets_flow(struct model *model, const struct placed_snippets *snippets,
                   enum snippet_place place, const struct match *match, const struct view_of *view,
                   struct route_table *table, bool apart, struct leaves *out)
{
    struct flow flow = {model, view, table, apart, out};
    struct leaf leaf = {.match = *match};
    const struct frame *frame = NULL;
    for (size_t i = snippets->count; i > 0; i--) {
        const struct placed_snippet *placed = &snippets->items[i - 1];
        if (placed->place == place) {
            frame = push(&flow, placed, &placed->snippet, 0, frame);
            declare(&flow, &placed->snippet, &leaf);
        }
    }
    (void)walk(&flow, frame, leaf);
}
