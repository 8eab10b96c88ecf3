#include "survey/survey_priv.h"

void text_add(struct arena *arena, struct texts *texts, struct slice text)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (slice_equal(texts->items[i], text)) {
            return;
        }
    }
    if ((texts->count & (texts->count - 1)) == 0) { /* room for twice as many */
        struct slice *items = ARENA_ARRAY(arena, struct slice, texts->count ? texts->count * 2 : 1);
        for (size_t i = 0; i < texts->count; i++) {
            items[i] = texts->items[i];
        }
        texts->items = items;
    }
    texts->items[texts->count++] = text;
}

struct slice count_of(struct arena *arena, size_t count, const char *noun)
{
    bool hiss = slice_ends(slice_of(noun), SLICE("s"));
    return arena_printf(arena, "%zu %s%s", count, noun, count == 1 ? "" : hiss ? "es" : "s");
}

const char *survey_format_name(size_t index)
{
    static const char *const names[] = {"text", "markdown", "json", "html"};
    return index < ARRAY_LEN(names) ? names[index] : NULL;
}

void survey_print(struct run *run, const struct survey *survey, enum survey_format format,
                  struct buf *out)
{
    switch (format) {
    case SURVEY_TEXT:
        survey_text(run, survey, out);
        return;
    case SURVEY_MARKDOWN:
        survey_markdown(run, survey, out);
        return;
    case SURVEY_JSON:
        document_write_json(survey_node(run, survey), 2, out);
        buf_putc(out, '\n');
        return;
    case SURVEY_HTML:
        survey_html(run, survey, out);
        return;
    }
}
