/* Shared by the files of this module. */
#ifndef GATESHIFT_COMPARE_PRIV_H
#define GATESHIFT_COMPARE_PRIV_H

#include "compare/compare.h"

/* ---- sample.c ----------------------------------------------------------------------------- */

/* How a word is drawn from a regular expression. */
struct sample_choice {
    size_t alternative; /* which branch of (a|b|c), modulo their number */
    unsigned extra;     /* repetitions beyond the least */
};
/* Appends a text that the pattern probably matches; false for a construct that is not followed. The
 * words are guesses to draw requests from: whether they match is the evaluator's business. */
bool sample_regex(struct slice pattern, const struct sample_choice *choice, struct buf *out);

/* ---- paths.c ------------------------------------------------------------------------------ */

/* A way to write a path that data planes read differently; what differs only so lies in the data
 * planes, not in the rules. */
enum path_form_kind { FORM_PLAIN, FORM_ESCAPED, FORM_DOUBLE_SLASH };

struct path_word {
    struct slice path;
    enum path_form_kind form;
    size_t base; /* the word that this is another form of; its own index for FORM_PLAIN */
};
struct path_words {
    struct path_word *items;
    size_t count, capacity;
    struct map *seen;
};
void path_words_open(struct arena *arena, struct path_words *words);
/* Adds the paths that tell this match from its neighbours. Returns one that should match, absent
 * when none could be found. */
struct slice path_words_add(struct arena *arena, const struct path_match *match,
                            struct path_words *words);

/* ---- requests.c --------------------------------------------------------------------------- */

struct draw {
    struct request request;
    enum path_form_kind form;
    size_t base; /* index of the request of which this is another form */
};
struct draws {
    struct draw *items;
    size_t count, capacity;
};
/* Requests for one host and listener, from the rules of both sides. */
void draws_make(struct arena *arena, const struct request *start, const struct rule_list *before,
                const struct rule_list *after, struct draws *out);

/* ---- hosts.c ------------------------------------------------------------------------------ */

struct listener {
    bool https;
    uint16_t port;
};
struct target_host {
    struct slice name;     /* as a verdict names it */
    struct slice names[2]; /* what is sent as Host */
    size_t name_count;
};
struct targets {
    struct target_host *hosts; /* in order of their names; the unknown host last */
    size_t host_count, host_capacity;
    struct listener *listeners;
    size_t listener_count, listener_capacity;
};
void targets_collect(struct run *run, const struct route_table *before,
                     const struct route_table *after, struct targets *out);

/* ---- differ.c ----------------------------------------------------------------------------- */

/* What an outcome shows; effects that do not show in it are compared one by one. */
enum shown {
    SHOWN_OUTCOME,
    SHOWN_STATUS,
    SHOWN_LOCATION,
    SHOWN_SLASH, /* a Location that differs by one "/" at its end */
    SHOWN_BACKENDS,
    SHOWN_PATH,
    SHOWN_HOST,
    SHOWN_CERTIFICATE,
    SHOWN_REQUEST_HEADERS,
    SHOWN_RESPONSE_HEADERS,
    SHOWN_COUNT
};
struct difference {
    unsigned shown;     /* bits of enum shown */
    int effect;         /* enum effect_id, or -1 */
    bool visible;       /* the effect shows in the outcome of this request */
    unsigned aspects;   /* bits of enum aspect */
    enum aspect aspect; /* of the worst */
    enum impact impact; /* of the worst */
    bool platform;
    bool by_form; /* only the form of the path makes it: see enum path_form_kind */
};
enum { DIFFERENCES_MAX = EFFECT_COUNT + 2 };

struct sides {
    const struct route_table *before, *after;
    unsigned aspects; /* bits of those that count */
    bool platform_equal[EFFECT_COUNT];
};
void sides_init(const struct route_table *before, const struct route_table *after,
                const struct compare_options *options, struct sides *out);
/* Neither outcome is unknown. Returns how many differences were written to `out`. */
size_t outcomes_differ(const struct sides *sides, const struct outcome *before,
                       const struct outcome *after, struct difference out[DIFFERENCES_MAX]);
const char *shown_name(enum shown shown);
/* No author wrote what decided here: no rule, or one that the data plane adds by itself. */
bool outcome_is_unwritten(const struct outcome *outcome);

/* Walks the names of headers that two lists do not agree on; `removed` also looks at names that
 * only one of them takes away. False when there are no more. */
struct header_walk {
    const struct seen_headers *before, *after;
    bool removed;
    size_t at;
};
bool header_walk_next(struct header_walk *walk, struct slice *name);
/* A rule of either side has a word on the header; else it is the data planes' own. */
bool header_is_ruled(const struct outcome *before, const struct outcome *after, struct slice name,
                     bool response);
/* Headers that the first backend receives, or that the client gets; never null. */
const struct seen_headers *outcome_headers(const struct outcome *outcome, bool response);

/* ---- words.c ------------------------------------------------------------------------------ */

struct slice difference_title(struct arena *arena, const struct difference *difference,
                              enum path_form_kind form, const struct outcome *before,
                              const struct outcome *after);
struct slice difference_fields(struct arena *arena, const struct difference *difference);
struct slice difference_advice(const struct difference *difference);

/* ---- findings.c --------------------------------------------------------------------------- */

struct findings;
struct findings *findings_new(struct run *run);
void findings_add(struct findings *findings, const struct draw *draw, struct slice host,
                  const struct difference *difference, const struct outcome *before,
                  const struct outcome *after);
/* The rules that decided here are known to make this difference for other requests too. */
bool findings_know(struct findings *findings, const struct draw *draw,
                   const struct difference *difference, const struct outcome *before,
                   const struct outcome *after);
/* Evaluates the witnesses once more, so that their outcomes stay, and puts the worst first. */
void findings_finish(struct findings *findings, const struct evaluator *before,
                     const struct evaluator *after, struct comparison *out);

#endif
