#include "ingress_nginx/snippets_priv.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct slice snippet_blanks(struct slice text)
{
    size_t at = 0;
    for (;;) {
        while (at < text.len && is_blank(text.ptr[at])) {
            at++;
        }
        if (at == text.len || text.ptr[at] != '#') {
            return slice_sub(text, at, text.len);
        }
        at = slice_find(text, '\n', at);
    }
}

bool snippet_takes(struct slice *text, char byte)
{
    *text = snippet_blanks(*text);
    bool takes = text->len && text->ptr[0] == byte;
    *text = slice_sub(*text, takes, text->len);
    return takes;
}

/* ngx_conf_read_token: a backslash is dropped before a quote and itself, and makes blanks of t, r, n. */
static struct slice unescape(struct run *run, struct slice word)
{
    if (slice_find(word, '\\', 0) == word.len) {
        return word;
    }
    char *out = arena_alloc(run->arena, word.len);
    size_t len = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i], next = i + 1 < word.len ? word.ptr[i + 1] : 'x';
        bool escapes = c == '\\';
        if (escapes && (next == '"' || next == '\'' || next == '\\')) {
            out[len++] = next;
            i++;
        } else if (escapes && (next == 't' || next == 'r' || next == 'n')) {
            out[len++] = next == 't' ? '\t' : next == 'r' ? '\r' : '\n';
            i++;
        } else {
            out[len++] = c;
        }
    }
    return (struct slice){out, len};
}

/* Up to the closing quote; it ends a word only where a blank, an end or a ')' follows. */
static bool quoted(struct run *run, struct slice *text, struct slice *out)
{
    char quote = text->ptr[0];
    size_t at = 1;
    while (at < text->len && text->ptr[at] != quote) {
        at += text->ptr[at] == '\\' ? 2 : 1;
    }
    if (at >= text->len) {
        return false;
    }
    *out = unescape(run, slice_sub(*text, 1, at));
    *text = slice_sub(*text, at + 1, text->len);
    char next = text->len ? text->ptr[0] : ' ';
    return is_blank(next) || next == ';' || next == '{' || next == ')';
}

bool snippet_word(struct run *run, struct slice *text, struct slice *out)
{
    *text = snippet_blanks(*text);
    if (text->len && (text->ptr[0] == '"' || text->ptr[0] == '\'')) {
        return quoted(run, text, out);
    }
    size_t at = 0;
    while (at < text->len) {
        char c = text->ptr[at];
        bool brace = c == '{' && at > 0 && text->ptr[at - 1] == '$'; /* "${name}" */
        if (is_blank(c) || c == ';' || (c == '{' && !brace) || (c == '}' && at == 0)) {
            break;
        }
        at += c == '\\' ? 2 : 1;
    }
    *out = unescape(run, slice_sub(*text, 0, at));
    *text = slice_sub(*text, at, text->len);
    return at > 0;
}

bool snippet_skip_words(struct snippet_reader *reader)
{
    struct slice word;
    bool any = false;
    while (snippet_word(reader->run, &reader->text, &word)) {
        any = true;
    }
    return any;
}

bool snippet_skip_block(struct run *run, struct slice *text)
{
    size_t depth = 0;
    struct slice word;
    do {
        *text = snippet_blanks(*text);
        if (snippet_takes(text, '{')) {
            depth++;
        } else if (snippet_takes(text, '}')) {
            depth -= depth > 0;
        } else if (!depth || !(snippet_takes(text, ';') || snippet_word(run, text, &word))) {
            return false;
        }
    } while (depth);
    return true;
}
