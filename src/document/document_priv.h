/* Shared by the files of this module. */
#ifndef GATESHIFT_DOCUMENT_PRIV_H
#define GATESHIFT_DOCUMENT_PRIV_H

#include "document/document.h"

/* ---- characters (text.c) ------------------------------------------------------------------ */

/* Bytes of the character at `at`, and its code; 0 when it is not UTF-8. */
size_t utf8_decode(struct slice text, size_t at, uint32_t *code);
/* Writes up to 4 bytes; returns how many. */
size_t utf8_encode(uint32_t code, char *out);
/* May stand in YAML text as it is (YAML 1.1, c-printable, as libyaml's reader.c narrows it). */
bool char_is_allowed(uint32_t code);
/* Position of the first character at or after `from` that no reader of YAML takes, or text.len. */
size_t text_first_bad(struct slice text, size_t from);
/* Moves a place over text[from, to), counting lines and columns as libyaml does. */
void text_advance(struct slice text, size_t from, size_t to, uint32_t *line, uint32_t *column);
/* Position of the `count`-th character after `from`. */
size_t text_skip_chars(struct slice text, size_t from, size_t count);
/* Where the line that holds `at` begins. */
size_t text_line_start(struct slice text, size_t at);
struct slice text_line(struct slice text, size_t at); /* the whole line, without its end */
/* Position of the next line at or after `from` that begins a document ("---"), or text.len. */
size_t text_next_document(struct slice text, size_t from);
/* The last such line that begins at or before `at` and not before `from`; `from` when there is none. */
size_t text_document_start(struct slice text, size_t from, size_t at);

/* ---- scalars (scalar.c) ------------------------------------------------------------------- */

/* Types a plain scalar as an API server does; fills kind and value. */
void scalar_resolve(struct node *node);
/* The shortest digits that read back as the same number. */
enum { NUMBER_TEXT_MAX = 40 };
void number_format(double number, char out[NUMBER_TEXT_MAX]);

/* ---- building a tree (builder.c) ---------------------------------------------------------- */

struct level;
struct waiting;
struct anchor;

struct builder {
    struct run *run;
    uint32_t file;
    size_t file_bytes;
    struct arena *scratch, *trees; /* trees: for nodes */
    document_fn *each;             /* gets complete documents, whose nodes are then gone */
    void *user;
    struct level *levels;
    size_t level_count, level_capacity;
    struct waiting *stack;
    size_t stack_count, stack_capacity;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    struct map *anchor_names; /* to struct anchor's index + 1 */
    size_t alias_weight;
    struct recent_texts *keys, *plain_keys; /* plain: read as texts, and no merges */
    char *chunk;                            /* room for texts, which need no alignment */
    size_t chunk_left;
    bool hidden;        /* the file has secrets: texts that nobody gets are wiped */
    struct slice *kept; /* texts of the document that is read, when hidden */
    size_t kept_count, kept_capacity;
    struct node *root;
    bool broken; /* a diagnostic was given: this document is left out */
};

struct scalar {
    struct slice text;
    struct span span;
    bool plain;      /* to be typed */
    bool owned;      /* the text came from builder_text_keep already */
    const char *tag; /* null for none, as libyaml resolves it */
    const char *anchor;
};

/* With a null `each` nodes live in the run's arena, and builder_end appends to `user`, documents. */
void builder_init(struct builder *builder, struct run *run, const struct input_file *file,
                  document_fn *each, void *user);
void builder_release(struct builder *builder);
void builder_begin(struct builder *builder); /* a document; forgets an unfinished one */
void builder_end(struct builder *builder);
/* These return false when it makes no sense to read on in this document. */
NODISCARD bool builder_scalar(struct builder *builder, const struct scalar *scalar);
NODISCARD bool builder_open(struct builder *builder, bool is_map, struct span span, const char *tag,
                            const char *anchor);
NODISCARD bool builder_close(struct builder *builder);
NODISCARD bool builder_alias(struct builder *builder, struct slice name, struct span span);
bool builder_expects_key(const struct builder *builder);
bool builder_in_map(const struct builder *builder); /* what is open innermost */
/* Room for a text of `size` bytes; builder_text_keep says how many of them are used, and may be left out when
 * none are. */
char *builder_text(struct builder *builder, size_t size);
struct slice builder_text_keep(struct builder *builder, char *text, size_t used);

/* ---- readers ------------------------------------------------------------------------------ */

/* True when the text may be JSON: it begins with a bracket, perhaps after "---". */
bool json_looks_like(struct slice text);

/* Where reading stands, for what the next reader needs. */
struct place {
    size_t at;
    uint32_t line, column;
};
/* Reads JSON values, one after the other, until the end or until something is not JSON; *place is
 * then where that begins. False when the value there is no use to read on. */
NODISCARD bool json_read(struct builder *builder, struct slice text, struct place *place);

/* What libyaml gave up on. */
struct problem {
    const char *text, *context; /* its words; context may be null */
    struct span at, from;       /* where it stopped; where what it was reading begins */
    char byte;                  /* that it stopped at; 0 at the end */
};
void problem_report(struct run *run, const struct problem *problem);
/* True when a line of text[from, to) looks like one of a Helm template; *at is its "{{". */
bool problem_find_template(struct slice text, size_t from, size_t to, size_t *at);
void problem_report_template(struct run *run, struct span at);
/* A character that no reader of YAML takes. */
void problem_report_bad(struct run *run, struct slice text, size_t bad, struct span at);

#endif
