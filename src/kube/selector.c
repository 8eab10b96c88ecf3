/* Selectors of labels as kubectl takes them: "tier=web,env in (prod,test),!old" (apimachinery
 * pkg/labels/selector.go). */
#include "kube/kube.h"

struct selector_text {
    struct arena *arena;
    struct slice rest;
    struct label_selector *out;
};

static bool is_word_byte(char c)
{
    return c && c != ' ' && c != ',' && c != '=' && c != '!' && c != '(' && c != ')';
}

static void skip_blanks(struct selector_text *text)
{
    while (text->rest.len && text->rest.ptr[0] == ' ') {
        text->rest = slice_sub(text->rest, 1, text->rest.len);
    }
}

/* May be empty: a value may be. */
static struct slice take_word(struct selector_text *text)
{
    skip_blanks(text);
    size_t len = 0;
    while (len < text->rest.len && is_word_byte(text->rest.ptr[len])) {
        len++;
    }
    struct slice word = slice_sub(text->rest, 0, len);
    text->rest = slice_sub(text->rest, len, text->rest.len);
    skip_blanks(text);
    return word;
}

static bool take(struct selector_text *text, struct slice token)
{
    skip_blanks(text);
    if (!slice_starts(text->rest, token)) {
        return false;
    }
    text->rest = slice_sub(text->rest, token.len, text->rest.len);
    return true;
}

static void value_add(struct selector_text *text, struct slices *values, struct slice value)
{
    struct slice *items = ARENA_ARRAY(text->arena, struct slice, values->count + 1);
    for (size_t i = 0; i < values->count; i++) {
        items[i] = values->items[i];
    }
    items[values->count] = value;
    values->items = items;
    values->count++;
}

static bool take_values(struct selector_text *text, struct slices *values)
{
    if (!take(text, SLICE("("))) {
        return false;
    }
    do {
        value_add(text, values, take_word(text));
    } while (take(text, SLICE(",")));
    return take(text, SLICE(")"));
}

static bool take_requirement(struct selector_text *text, struct label_requirement *out)
{
    bool absent = take(text, SLICE("!"));
    *out = (struct label_requirement){.key = take_word(text)};
    out->operator= absent ? SLICE("DoesNotExist") : SLICE("Exists");
    if (!out->key.len || absent) {
        return out->key.len > 0;
    }
    if (take(text, SLICE("!="))) {
        out->operator= SLICE("NotIn");
        value_add(text, &out->values, take_word(text));
    } else if (take(text, SLICE("==")) || take(text, SLICE("="))) {
        out->operator= SLICE("In");
        value_add(text, &out->values, take_word(text));
    } else if (is_word_byte(text->rest.len ? text->rest.ptr[0] : '\0')) {
        struct slice word = take_word(text);
        bool in = slice_is(word, "in");
        out->operator= in ? SLICE("In") : SLICE("NotIn");
        return (in || slice_is(word, "notin")) && take_values(text, &out->values);
    }
    return true;
}

bool label_selector_parse(struct arena *arena, struct slice words, struct label_selector *out)
{
    struct selector_text text = {arena, words, out};
    *out = (struct label_selector){0};
    /* each requirement takes a byte and a comma at least */
    out->expressions = ARENA_ARRAY(arena, struct label_requirement, words.len / 2 + 1);
    do {
        if (!take_requirement(&text, &out->expressions[out->expression_count++])) {
            return false;
        }
    } while (take(&text, SLICE(",")));
    return text.rest.len == 0;
}
