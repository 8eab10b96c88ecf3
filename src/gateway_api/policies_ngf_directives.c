#include "gateway_api/policies_ngf_priv.h"

#include <string.h>

/* The language of nginx's configuration (ngx_conf_file.c, ngx_conf_read_token), as far as snippets have it, and tables
 * of the forms of directives that are understood. */

/* ---- words ---------------------------------------------------------------------------------- */

enum token { TOKEN_END, TOKEN_WORD, TOKEN_STOP, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_BAD };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
    return is_blank(c) || c == ';' || c == '{';
}

/* nginx reads a '\\' before these as something else than two bytes. */
static bool has_escape(struct slice word)
{
    static const char *const after = "\"'\\trn";
    for (size_t i = 0; i < word.len; i++) {
        bool last = i + 1 == word.len;
        if (word.ptr[i] == '\\' && (last || strchr(after, word.ptr[i + 1]))) {
            return true;
        }
    }
    return false;
}

static enum token quoted(struct slice text, size_t *at, struct slice *word)
{
    size_t end = slice_find(text, text.ptr[*at], *at + 1);
    if (end >= text.len) {
        return TOKEN_BAD;
    }
    *word = slice_sub(text, *at + 1, end);
    *at = end + 1;
    bool apart = *at == text.len || ends_word(text.ptr[*at]);
    return apart && !has_escape(*word) ? TOKEN_WORD : TOKEN_BAD;
}

static enum token plain(struct slice text, size_t *at, struct slice *word)
{
    size_t from = *at;
    while (*at < text.len && (!ends_word(text.ptr[*at]) ||
                              (text.ptr[*at] == '{' && *at > from && text.ptr[*at - 1] == '$'))) {
        ++*at;
    }
    *word = slice_sub(text, from, *at);
    return has_escape(*word) ? TOKEN_BAD : TOKEN_WORD;
}

static enum token next_token(struct slice text, size_t *at, struct slice *word)
{
    while (*at < text.len && is_blank(text.ptr[*at])) {
        ++*at;
    }
    if (*at == text.len) {
        return TOKEN_END;
    }
    char c = text.ptr[*at];
    if (c == '"' || c == '\'') {
        return quoted(text, at, word);
    }
    if (c != ';' && c != '{' && c != '}' && c != '#') {
        return plain(text, at, word);
    }
    ++*at;
    return c == ';' ? TOKEN_STOP : c == '{' ? TOKEN_OPEN : c == '}' ? TOKEN_CLOSE : TOKEN_BAD;
}

/* Behind the brace that closes the one before `at`. */
static bool skip_block(struct slice text, size_t *at)
{
    struct slice word;
    size_t depth = 1;
    while (depth) {
        enum token token = next_token(text, at, &word);
        if (token == TOKEN_END || token == TOKEN_BAD) {
            return false;
        }
        depth += token == TOKEN_OPEN;
        depth -= token == TOKEN_CLOSE;
    }
    return true;
}

/* TOKEN_WORD: there is one. */
static enum token next_directive(struct slice text, size_t *at, struct directive *out)
{
    size_t start = *at;
    struct slice word;
    *out = (struct directive){0};
    while (true) {
        enum token token = next_token(text, at, &word);
        bool word_ended = token == TOKEN_WORD || token == TOKEN_BAD || token == TOKEN_END;
        out->text = slice_trim(slice_sub(text, start, word_ended ? *at : *at - 1));
        if (token == TOKEN_WORD && out->count < WORDS_MAX) {
            out->words[out->count++] = word;
            continue;
        }
        size_t from = *at;
        if (token == TOKEN_END && !out->count) {
            return TOKEN_END;
        }
        if (!out->count || (token != TOKEN_STOP && token != TOKEN_OPEN) ||
            (token == TOKEN_OPEN && !skip_block(text, at))) {
            return TOKEN_BAD;
        }
        out->block = token == TOKEN_OPEN ? slice_sub(text, from, *at - 1) : SLICE_ABSENT;
        return TOKEN_WORD;
    }
}

/* ---- forms ---------------------------------------------------------------------------------- */

static void leave_open(struct directive *d, struct slice text)
{
    d->args[d->arg_count++] = text;
}

static bool word_fits(struct slice form, struct slice word, struct directive *d)
{
    struct slice one, rest = form;
    if (slice_is(form, "\"\"")) {
        return !word.len;
    }
    if (slice_ends(form, SLICE("*"))) {
        struct slice start = slice_sub(form, 0, form.len - 1);
        leave_open(d, slice_sub(word, start.len, word.len));
        return slice_starts(word, start);
    }
    if (slice_find(form, '|', 0) == form.len) {
        return slice_equal(form, word);
    }
    leave_open(d, word);
    while (slice_split(&rest, '|', &one)) {
        if (slice_equal(one, word)) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct ngf_form *form, struct directive *d)
{
    struct slice rest = slice_of(form->words), own;
    size_t at = 0;
    d->arg_count = 0;
    if (form->block != (d->block.ptr != NULL)) {
        return false;
    }
    while (slice_split(&rest, ' ', &own)) {
        if (slice_is(own, "...")) {
            for (; at < d->count; at++) {
                leave_open(d, d->words[at]);
            }
            return d->arg_count > 0;
        }
        if (at == d->count || !word_fits(own, d->words[at++], d)) {
            return false;
        }
    }
    return at == d->count;
}

static bool fail(struct ngf_parse *p, struct slice culprit)
{
    p->culprit = p->culprit.ptr ? p->culprit : culprit;
    return false;
}

bool ngf_read(struct ngf_parse *p, struct slice text, const struct ngf_form *forms, size_t count)
{
    struct directive d;
    enum token token;
    size_t at = 0;
    uint64_t seen = 0;
    bool rewrites = false;
    while ((token = next_directive(text, &at, &d)) == TOKEN_WORD) {
        size_t i = 0;
        while (i < count && !fits(&forms[i], &d)) {
            i++;
        }
        if (i == count || (forms[i].times != NGF_MANY && (seen >> i & 1)) ||
            (forms[i].rewrites && rewrites) || (forms[i].read && !forms[i].read(p, &d))) {
            return fail(p, d.text);
        }
        seen |= (uint64_t)1 << i;
        rewrites = rewrites || forms[i].rewrites;
    }
    for (size_t i = 0; token == TOKEN_END && i < count; i++) {
        if (forms[i].times == NGF_MUST && !(seen >> i & 1)) {
            return fail(p, ARENA_JOIN(p->work->builder->run->arena, SLICE("no "),
                                      slice_of(forms[i].words)));
        }
    }
    return token == TOKEN_END || fail(p, d.text);
}

bool ngf_read_block(struct ngf_parse *p, const struct directive *d, void *out,
                    const struct ngf_form *forms, size_t count)
{
    struct ngf_parse inner = {.work = p->work, .out = out};
    bool understood = ngf_read(&inner, d->block, forms, count);
    p->culprit = inner.culprit;
    return understood;
}
