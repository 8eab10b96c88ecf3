#include "ingress_nginx/snippets_priv.h"

/* Directives of ngx_http_rewrite_module: "return", "rewrite", "set", and what stands in "if (...)". */

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
    return status >= 200 && status != 499 && snippet_takes(text, ';');
}

/* Expressions that every path has. */
static bool takes_all(struct slice expression)
{
    static const char *const all[] = {"^",    "^/",    "/",    ".*",    "^.*",
                                      "(.*)", "^(.*)", "^/.*", "^/(.*)"};
    return slice_is_one_of(expression, all, ARRAY_LEN(all));
}

/* "last", "break" or none: false where it is another word. */
static bool read_end(struct slice flag, bool server, enum rewrite_end *end)
{
    *end = slice_is(flag, "last") || (server && slice_is(flag, "break")) ? END_LAST
           : slice_is(flag, "break")                                     ? END_BREAK
                                                                         : END_NONE;
    return !flag.len || *end != END_NONE;
}

/* In a server "break" says as much as "last": a location is looked for in any case. */
bool snippet_read_rewrite(struct run *run, enum snippet_place place, struct slice *text,
                          struct snippet_step *step)
{
    struct slice expression, to, flag = SLICE("");
    if (!snippet_word(run, text, &expression) || !snippet_word(run, text, &to) || !to.len) {
        return false;
    }
    (void)snippet_word(run, text, &flag);
    bool permanent = slice_is(flag, "permanent");
    bool away = is_address(to) || permanent || slice_is(flag, "redirect");
    bool server = place == SNIPPET_SERVER || place == SNIPPET_SERVER_IF;
    step->drops_query = slice_ends(to, SLICE("?"));
    step->text = slice_sub(to, 0, to.len - step->drops_query);
    step->status = permanent ? 301 : away ? 302 : 0;
    step->condition = (struct snippet_condition){.when = WHEN_PATH, .regex = true};
    step->condition.value = expression;
    if (takes_all(expression) && slice_find(to, '$', 0) == to.len) {
        step->condition.when = WHEN_ALWAYS;
    }
    size_t mark = slice_find(step->text, '?', 0);
    if (mark < step->text.len && !away) {
        step->query = slice_sub(step->text, mark + 1, step->text.len);
        step->text = slice_sub(step->text, 0, mark);
    }
    bool path = slice_starts(step->text, SLICE("/")) || slice_starts(step->text, SLICE("$"));
    bool inside = !away && path && read_end(flag, server, &step->end);
    return (away ? mark == step->text.len : inside) && snippet_takes(text, ';');
}

/* ---- variables ---------------------------------------------------------------------------- */

/* Those of the template mean something, and most of nginx's own cannot be set. */
static bool is_own_name(struct slice name)
{
    static const char *const taken[] = {"namespace",
                                        "ingress_name",
                                        "service_name",
                                        "service_port",
                                        "location_path",
                                        "proxy_upstream_name",
                                        "proxy_host",
                                        "pass_access_scheme",
                                        "pass_server_port",
                                        "best_http_host",
                                        "pass_port",
                                        "balancer_ewma_score",
                                        "proxy_alternative_upstream_name",
                                        "cors",
                                        "target",
                                        "req_id",
                                        "cache_key",
                                        "redirect_to",
                                        "args",
                                        "limit_rate",
                                        "host",
                                        "uri",
                                        "document_uri",
                                        "scheme",
                                        "query_string",
                                        "is_args",
                                        "status",
                                        "https",
                                        "connection_upgrade",
                                        "escaped_request_uri",
                                        "loggable",
                                        "hostname"};
    static const char *const starts[] = {"http_",  "sent_",  "upstream_", "cookie_", "arg_",
                                         "ssl_",   "auth",   "request",   "remote_", "server_",
                                         "proxy_", "nginx_", "real",      "tcp",     "time",
                                         "tmp_",   "binary", "body_",     "bytes_",  "content_",
                                         "conn",   "msec",   "pid",       "pipe",    "document_"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (slice_starts(name, slice_of(starts[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alphanumeric(name.ptr[i]) && name.ptr[i] != '_') {
            return false;
        }
    }
    return name.len && !slice_is_one_of(name, taken, ARRAY_LEN(taken));
}

bool snippet_read_set(struct run *run, struct slice *text, struct snippet_step *step)
{
    struct slice name;
    if (!snippet_word(run, text, &name) || !slice_starts(name, SLICE("$")) ||
        (!snippet_word(run, text, &step->text) && !step->text.ptr)) {
        return false;
    }
    step->name = slice_sub(name, 1, name.len);
    return is_own_name(step->name) && snippet_takes(text, ';');
}

static bool is_set(const struct snippet *snippet, struct slice name)
{
    for (size_t i = 0; i < snippet->step_count; i++) {
        const struct snippet_step *step = &snippet->steps[i];
        if ((step->kind == STEP_SET && slice_equal(step->name, name)) ||
            (step->kind == STEP_IF && is_set(step->block, name))) {
            return true;
        }
    }
    return false;
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

static bool read_subject(struct run *run, struct slice word, const struct snippet *known,
                         struct snippet_condition *out)
{
    static const struct {
        const char *name;
        enum step_when when;
    } rows[] = {
        {"host", WHEN_HOST},          {"scheme", WHEN_SCHEME}, {"request_method", WHEN_METHOD},
        {"request_uri", WHEN_TARGET}, {"uri", WHEN_PATH},      {"document_uri", WHEN_PATH}};
    static const struct {
        const char *start;
        enum step_when when;
    } families[] = {{"http_", WHEN_HEADER}, {"cookie_", WHEN_COOKIE}, {"arg_", WHEN_ARGUMENT}};
    if (!slice_starts(word, SLICE("$"))) {
        return false;
    }
    struct slice name = slice_sub(word, 1, word.len);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(name, rows[i].name)) {
            out->when = rows[i].when;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        struct slice start = slice_of(families[i].start);
        if (slice_starts(name, start) && name.len > start.len) {
            out->when = families[i].when;
            out->name = slice_sub(name, start.len, name.len);
            out->name = out->when == WHEN_HEADER ? header_of(run, out->name) : out->name;
            return !slice_is(name, "http_host");
        }
    }
    out->when = WHEN_VARIABLE;
    out->name = name;
    return is_set(known, name);
}

static bool read_operator(struct slice word, struct snippet_condition *out)
{
    out->negated = slice_starts(word, SLICE("!"));
    word = slice_sub(word, out->negated, word.len);
    out->regex = slice_starts(word, SLICE("~"));
    out->fold = slice_is(word, "~*");
    return slice_is(word, "=") || slice_is(word, "~") || out->fold;
}

/* The words between "(" and ")": one, or three. */
bool snippet_read_condition(struct run *run, struct slice *text, const struct snippet *known,
                            struct snippet_condition *out)
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
        if (closed && count == 2) { /* the bracket of a group may end the word as well */
            closed = snippet_blanks(*text).len && snippet_blanks(*text).ptr[0] == '{';
        }
        words[count] = slice_sub(words[count], 0, words[count].len - closed);
        count++;
        closed = closed || (count == 3 && snippet_takes(text, ')')) || snippet_takes(text, ')');
    }
    if (!closed || !count || !read_subject(run, words[0], known, out)) {
        return false;
    }
    if (count == 1) {
        out->given = true;
        return out->when >= WHEN_HEADER && out->when <= WHEN_ARGUMENT ? true
                                                                      : out->when == WHEN_VARIABLE;
    }
    out->value = count == 3 ? words[2] : SLICE("");
    out->refused = count == 3 && !read_operator(words[1], out);
    return count == 3 && !out->refused;
}
