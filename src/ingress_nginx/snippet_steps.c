#include "ingress_nginx/snippets_priv.h"

/* Answers of ngx_http_rewrite_module: "return", "rewrite" to another address, each alone or in an "if". */

void snippet_add_step(struct run *run, struct snippet *snippet, const struct snippet_step *step)
{
    const struct snippet_step *last =
        snippet->step_count ? &snippet->steps[snippet->step_count - 1] : NULL;
    if (!last || last->when != WHEN_ALWAYS) { /* what follows such a one is never reached */
        *ARENA_PUSH(run->arena, snippet->steps, snippet->step_count, snippet->step_capacity) =
            *step;
    }
}

static bool is_address(struct slice text)
{
    return slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://")) ||
           slice_starts(text, SLICE("$scheme"));
}

/* 444 closes the connection, and 499 is nginx's own. */
bool snippet_read_return(struct run *run, struct slice *text, struct snippet_step *step)
{
    struct slice first, second;
    uint64_t status;
    if (!snippet_word(run, text, &first)) {
        return false;
    }
    step->text = SLICE_ABSENT;
    if (!slice_to_uint(first, 999, &status)) {
        step->status = 302;
        step->text = first;
        return is_address(first) && snippet_takes(text, ';');
    }
    step->status = (int64_t)status;
    if (snippet_word(run, text, &second)) {
        step->text = second;
    }
    return status >= 200 && status != 444 && status != 499 && snippet_takes(text, ';');
}

/* Expressions that every path has. */
static bool takes_all(struct slice expression)
{
    static const char *const all[] = {"^",    "^/",    "/",    ".*",    "^.*",
                                      "(.*)", "^(.*)", "^/.*", "^/(.*)"};
    return slice_is_one_of(expression, all, ARRAY_LEN(all));
}

/* Only fixed addresses: nginx escapes captures and variables here in its own way. */
bool snippet_read_rewrite(struct run *run, enum snippet_place place, struct slice *text,
                          struct snippet_step *step)
{
    struct slice expression, to, flag = SLICE("");
    if (!snippet_word(run, text, &expression) || !snippet_word(run, text, &to)) {
        return false;
    }
    (void)snippet_word(run, text, &flag);
    bool away = is_address(to);
    bool permanent = slice_is(flag, "permanent");
    if (!permanent && !slice_is(flag, "redirect") && !(away && !flag.len)) {
        return false;
    }
    step->drops_query = slice_ends(to, SLICE("?"));
    step->text = slice_sub(to, 0, to.len - step->drops_query);
    step->status = permanent ? 301 : 302;
    step->rewrites = true;
    if (slice_find(step->text, '?', 0) < step->text.len || slice_contains(to, SLICE("$")) ||
        (!away && !slice_starts(to, SLICE("/")))) {
        return false;
    }
    if (!takes_all(expression)) {
        if (place != SNIPPET_SERVER || step->when != WHEN_ALWAYS) {
            return false;
        }
        step->when = WHEN_PATH;
        step->regex = true;
        step->value = expression;
    }
    return snippet_takes(text, ';');
}

/* ---- conditions --------------------------------------------------------------------------- */

static struct slice header_of(struct run *run, struct slice variable)
{
    char *name = arena_string(run->arena, variable);
    for (size_t i = 0; i < variable.len; i++) {
        name[i] = name[i] == '_' ? '-' : name[i];
    }
    return (struct slice){name, variable.len};
}

static bool read_subject(struct run *run, struct slice word, struct snippet_step *step)
{
    if (!slice_starts(word, SLICE("$"))) {
        return false;
    }
    struct slice name = slice_sub(word, 1, word.len);
    if (slice_is(name, "host")) {
        step->when = WHEN_HOST;
    } else if (slice_is(name, "scheme") || slice_is(name, "pass_access_scheme")) {
        step->when = WHEN_SCHEME;
        return slice_is(name, "scheme");
    } else if (slice_is(name, "request_method")) {
        step->when = WHEN_METHOD;
    } else if (slice_starts(name, SLICE("http_")) && !slice_is(name, "http_host") &&
               !slice_is(name, "http_cookie")) {
        step->when = WHEN_HEADER;
        step->name = header_of(run, slice_sub(name, 5, name.len));
    } else if (slice_starts(name, SLICE("cookie_"))) {
        step->when = WHEN_COOKIE;
        step->name = slice_sub(name, 7, name.len);
    } else {
        return false;
    }
    return step->when < WHEN_HEADER || step->name.len;
}

static bool read_operator(struct slice word, struct snippet_step *step)
{
    step->negated = slice_starts(word, SLICE("!"));
    word = slice_sub(word, step->negated, word.len);
    step->regex = slice_starts(word, SLICE("~"));
    step->fold = slice_is(word, "~*");
    return slice_is(word, "=") || slice_is(word, "~") || step->fold;
}

/* The words between "(" and ")": one, or three. */
static bool read_condition(struct run *run, struct slice *text, struct snippet_step *step)
{
    struct slice words[3];
    size_t count = 0;
    bool open = snippet_takes(text, '('), closed = false;
    while (open && !closed && count < ARRAY_LEN(words)) {
        bool quotes =
            (*text = snippet_blanks(*text)).len && (text->ptr[0] == '"' || text->ptr[0] == '\'');
        if (!snippet_word(run, text, &words[count])) {
            return false;
        }
        closed = !quotes && slice_ends(words[count], SLICE(")"));
        words[count] = slice_sub(words[count], 0, words[count].len - closed);
        count++;
        closed = closed || (count == 3 && snippet_takes(text, ')')) || snippet_takes(text, ')');
    }
    if (!closed || !count || !read_subject(run, words[0], step)) {
        return false;
    }
    if (count == 1) {
        step->given = true;
        return step->when == WHEN_HEADER || step->when == WHEN_COOKIE;
    }
    step->value = count == 3 ? words[2] : SLICE("");
    return count == 3 && read_operator(words[1], step) &&
           (step->when != WHEN_METHOD || (!step->regex && !step->negated));
}

bool snippet_read_if(struct run *run, struct slice *text, struct snippet *out)
{
    struct snippet_step step = {.when = WHEN_ALWAYS};
    struct slice directive;
    if (!read_condition(run, text, &step) || !snippet_takes(text, '{') ||
        !snippet_word(run, text, &directive)) {
        return false;
    }
    bool read = slice_is(directive, "return")
                    ? snippet_read_return(run, text, &step)
                    : slice_is(directive, "rewrite") &&
                          snippet_read_rewrite(run, SNIPPET_LOCATION, text, &step);
    if (!read || !snippet_takes(text, '}')) {
        return false;
    }
    snippet_add_step(run, out, &step);
    return true;
}
