#include "language/walk_priv.h"

/* What a view holds back: nothing; that a slash has just been read; a segment of one dot, or of two, by
 * how each is written. */
enum {
    HELD_NOTHING,
    HELD_SLASH,
    HELD_DOT,
    HELD_TWO_DOTS = HELD_DOT + 3,
    HELD_START = HELD_TWO_DOTS + 9
};
enum { SPELLINGS = 3 };
static const char *const spellings[SPELLINGS] = {".", "%2e", "%2E"};

struct path_view path_view_of(const struct path_form *form)
{
    struct path_view view = {.merge_slashes = form->merge_slashes,
                             .resolve_dots = form->resolve_dots};
    if (form->decode) {
        view.decoded = byte_set_all();
    }
    for (unsigned byte = 0; form->decode_unreserved && byte < 128; byte++) {
        if (is_unreserved((unsigned char)byte)) {
            byte_set_add(&view.decoded, byte);
        }
    }
    return view;
}

bool view_decodes(const struct path_view *view, unsigned byte)
{
    return view && byte_set_has(&view->decoded, byte);
}

bool view_has_escapes(const struct path_view *view)
{
    const struct byte_set *d = view ? &view->decoded : NULL;
    return d && (view->answers_slashes || view->resolve_dots || d->bits[0] || d->bits[1] ||
                 d->bits[2] || d->bits[3]);
}

size_t token_text(uint16_t token, char text[3])
{
    unsigned byte = token & 0xff;
    if (!(token & TOKEN_ESCAPE)) {
        text[0] = (char)byte;
        return 1;
    }
    const char *lower = "0123456789abcdef", *upper = "0123456789ABCDEF";
    text[0] = '%';
    text[1] = (token & TOKEN_LOWER_FIRST ? lower : upper)[byte >> 4];
    text[2] = (token & TOKEN_LOWER_SECOND ? lower : upper)[byte & 15];
    return 3;
}

/* ---- reading ------------------------------------------------------------------------------- */

static uint32_t viewed_of(uint32_t state, unsigned held)
{
    return state << 4 | held;
}

static uint32_t feed(struct side *side, uint32_t state, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        state = side_step(side, state, (uint8_t)text[i]);
    }
    return state;
}

static uint32_t feed_spelling(struct side *side, uint32_t state, unsigned spelling)
{
    return feed(side, state, spellings[spelling], spelling ? 3 : 1);
}

/* A segment that started with dots goes on: they count. */
static uint32_t release(struct side *side, uint32_t at)
{
    unsigned held = at & 15;
    uint32_t state = viewed_state(at);
    if (held >= HELD_TWO_DOTS && held < HELD_START) {
        state = feed_spelling(side, state, (held - HELD_TWO_DOTS) / SPELLINGS);
        return feed_spelling(side, state, (held - HELD_TWO_DOTS) % SPELLINGS);
    }
    return held >= HELD_DOT && held < HELD_TWO_DOTS ? feed_spelling(side, state, held - HELD_DOT)
                                                    : state;
}

uint32_t view_start(struct side *side, const struct path_view *view)
{
    return viewed_of(side_start(side), view ? HELD_START : HELD_NOTHING);
}

uint32_t view_base(struct side *side, const struct path_view *view, uint32_t at)
{
    return view ? release(side, at) : viewed_state(at);
}

/* The slash that ends a segment of one dot goes with it (ngx_http_parse_complex_uri, state sw_dot). */
static uint32_t read_slash(struct side *side, const struct path_view *view, uint32_t at)
{
    unsigned held = at & 15;
    if (held >= HELD_TWO_DOTS && held < HELD_START) {
        return VIEW_OUTSIDE;
    }
    if (held >= HELD_DOT && held < HELD_TWO_DOTS) {
        return viewed_of(viewed_state(at), HELD_SLASH);
    }
    if (held == HELD_SLASH && view->merge_slashes) {
        return at;
    }
    bool hold = view->merge_slashes || view->resolve_dots;
    return viewed_of(side_step(side, viewed_state(at), '/'), hold ? HELD_SLASH : HELD_NOTHING);
}

uint32_t view_step(struct side *side, const struct path_view *view, uint32_t at, uint16_t token)
{
    char text[3];
    unsigned byte = token & 0xff, held = at & 15;
    size_t length = token_text(token, text);
    if (!view) {
        return viewed_of(feed(side, viewed_state(at), text, length), HELD_NOTHING);
    }
    bool decoded = !(token & TOKEN_ESCAPE) || view_decodes(view, byte);
    if (decoded) {
        length = 1;
        text[0] = (char)byte;
    }
    bool escaped_slash = (token & TOKEN_ESCAPE) && (byte == '/' || byte == '\\');
    if ((held == HELD_START && token != '/') || (escaped_slash && view->answers_slashes)) {
        return VIEW_OUTSIDE;
    }
    if (decoded && byte == '/') {
        return read_slash(side, view, at);
    }
    if (byte == '.' && view->resolve_dots) {
        unsigned spelling = decoded ? 0 : token & TOKEN_LOWER_SECOND ? 1 : 2;
        if (held == HELD_SLASH) {
            return viewed_of(viewed_state(at), HELD_DOT + spelling);
        }
        if (held >= HELD_DOT && held < HELD_TWO_DOTS) {
            return viewed_of(viewed_state(at),
                             HELD_TWO_DOTS + (held - HELD_DOT) * SPELLINGS + spelling);
        }
    }
    return viewed_of(feed(side, release(side, at), text, length), HELD_NOTHING);
}

bool view_may_end(uint32_t at)
{
    unsigned held = at & 15;
    return held < HELD_TWO_DOTS;
}
