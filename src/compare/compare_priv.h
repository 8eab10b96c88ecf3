/* Shared by the files of this module. */
#ifndef GATESHIFT_COMPARE_PRIV_H
#define GATESHIFT_COMPARE_PRIV_H

#include "compare/compare.h"
#include "language/language.h"

/* A name that nobody has: RFC 2606 keeps .invalid for that. */
#define UNKNOWN_NAME SLICE("other.invalid")

/* ---- sample.c ----------------------------------------------------------------------------- */

/* How a word is drawn from a regular expression. */
struct sample_choice {
    size_t alternative; /* which branch of (a|b|c), modulo their number */
    unsigned extra;     /* repetitions beyond the least */
};
/* Appends a text that the pattern probably matches; false for a construct that is not followed. The
 * words are guesses to draw requests from: whether they match is the evaluator's business. */
bool sample_regex(struct slice pattern, const struct sample_choice *choice, struct buf *out);

/* ---- forms.c ------------------------------------------------------------------------------ */

/* A way to write a target, or to send a request, that data planes read differently. What differs only so lies in the
 * data planes, not in the rules. */
enum request_form {
    FORM_PLAIN,
    FORM_ESCAPED,      /* an escape of what needs none */
    FORM_DOUBLE_SLASH, /* an empty segment */
    FORM_DOT,          /* a segment "." */
    FORM_EMPTY_QUERY,
    FORM_ENCODED,    /* an escape that is needed; the plain way has a letter there */
    FORM_PARENT,     /* a segment ".." */
    FORM_OTHER_NAME, /* the handshake of TLS names another host */
    FORM_NO_NAME,    /* it names none */
    FORM_OLD,        /* HTTP/1.0 */
    FORM_NO_HOST,
    FORM_HOST, /* in capitals, with a port, or with a dot at its end */
    FORM_COUNT
};
/* How a path is spelled otherwise than the rule has it that takes it, where both sides agree on the path as the
 * rule has it. */
enum spelling {
    SPELLING_SAME,
    SPELLING_CASE,   /* letters in another case */
    SPELLING_WITHIN, /* something behind a prefix without "/" in between */
    SPELLING_OTHER,  /* what an expression matches besides its own text, as by "." */
    SPELLING_COUNT
};
/* How the target is written, and the plain way to write it. */
enum request_form target_plain(struct arena *arena, struct slice target, struct slice *plain);
/* How the request is sent, and the plain way to send it. */
enum request_form request_plain(struct arena *arena, const struct request *request,
                                struct request *plain);
/* Does the path have an escape of a control character? */
bool target_has_control(struct slice target);
/* The path as the rule has it, where the spelling is what it differs in; false where it does not. */
bool path_as_written(struct arena *arena, struct slice path, const struct path_match *match,
                     enum spelling spelling, struct slice *out);
/* Other ways to write a plain path: one of each form, as far as the path has room for it. */
void target_forms(struct arena *arena, struct slice path, struct texts *out);
/* Ways that lead through "..", which are outside of the domain. */
void target_parents(struct arena *arena, struct slice path, struct texts *out);

/* ---- rules.c ------------------------------------------------------------------------------ */

/* The rules of one entry in order, each with the paths that it takes. */
struct side_rules {
    const struct entry *entry; /* null: nothing is served */
    const struct rule **items;
    const struct language **paths;
    bool *certain; /* it has no condition but its path */
    size_t count;
    struct path_view view;
    bool opaque;         /* some paths cannot be told: those rules have none here */
    struct slice reason; /* why, and which */
};
void side_rules_make(struct run *run, struct arena *arena, struct language_set *set,
                     const struct route_table *table, const struct entry *entry,
                     struct side_rules *out);

/* ---- values.c ----------------------------------------------------------------------------- */

/* Something that rules test, with one value for each way in which the tests can come out. */
struct variable {
    bool method;
    enum test_subject subject;
    struct slice name;
    const struct test **tests; /* not those of the method */
    size_t test_count;
    struct slice *values; /* absent: the request does not have it */
    size_t value_count;
    size_t *alike; /* for each value the first one with which all tests come out the same */
    int chosen;    /* index of the value at hand, or -1 */
    bool complete; /* the values stand for all others */
};
struct variables {
    struct variable *items;
    size_t count;
    struct slice reason; /* why some are not complete, or absent */
};
/* What the rules of a class test. */
void variables_make(struct arena *arena, struct language_set *set, const struct rule **rules,
                    size_t count, struct variables *out);
/* The first variable that has to be chosen before the rule holds or not; null when *holds says it. */
struct variable *variables_decide(struct variables *variables, const struct match *match,
                                  bool *holds);
/* Puts the values that are chosen into the request. */
void variables_apply(struct arena *arena, const struct variables *variables,
                     struct request *request);
/* The value that is chosen for a header: false when none is. */
bool variables_header(const struct variables *variables, struct slice name);
bool variables_method(const struct variables *variables);

/* ---- gates.c ------------------------------------------------------------------------------ */

/* An effect that answers some requests and lets others pass. */
bool effect_is_gate(enum effect_id id);
/* The rule as it is behind its gates. */
struct rule rule_without_gates(const struct rule *rule);
struct requests {
    struct request *items;
    size_t count, capacity;
};
/* One request for each way in which the gates of both rules can answer, made from `base`. False when there
 * are too many: then some. */
bool gate_requests(struct arena *arena, const struct effects *before, const struct effects *after,
                   const struct entry *before_entry, const struct entry *after_entry,
                   const struct variables *variables, const struct request *base,
                   struct requests *out);

/* ---- shape.c ------------------------------------------------------------------------------ */

/* How a text follows from the path, for all paths with a given start. */
enum shape { SHAPE_UNKNOWN, SHAPE_CONSTANT, SHAPE_TAIL };
struct path_function {
    enum shape shape;
    size_t cut; /* SHAPE_TAIL: a text, and behind it the path without its first `cut` bytes */
};
/* All paths that start so; further bytes follow. */
struct path_class {
    struct slice start;
    bool fold; /* its letters may have either case */
};
struct path_function rewrite_function(const struct route_rewrite *rewrite, const struct rule *rule,
                                      const struct path_class *paths);
struct path_function redirect_function(const struct route_redirect *redirect,
                                       const struct rule *rule, const struct path_class *paths);
/* Two functions that give the same text for one path of the class do so for all. */
bool path_functions_agree(struct path_function a, struct path_function b,
                          const struct path_class *paths);
/* No part of it follows from the path. */
bool template_is_fixed(const struct template *template);

/* ---- hosts.c ------------------------------------------------------------------------------ */

struct listener {
    enum transport transport;
    bool https;
    uint16_t port;
};
struct target_host {
    struct slice name;     /* as a verdict names it */
    struct slice names[2]; /* what is sent as Host */
    size_t name_count;
    bool sampled; /* an expression has more names than these */
    bool unknown; /* a name that nobody has */
    bool https;   /* a side has it over TLS */
};
struct targets {
    struct target_host *hosts; /* in order of their names; the unknown host last */
    size_t host_count, host_capacity;
    struct listener *listeners;
    size_t listener_count, listener_capacity;
    struct texts gateways[2]; /* data planes of each side */
};
void targets_collect(struct run *run, const struct route_table *before,
                     const struct route_table *after, struct targets *out);

/* ---- connections.c ------------------------------------------------------------------------ */

/* Why no connection may get through to one side that gets through to the other one: one of them asks for the PROXY
 * protocol. Absent: it is no matter. */
struct slice connections_reason(struct arena *arena, const struct view *before,
                                const struct view *after);
struct classes;
/* What comes of the ways in which requests to one name at one listener can come. */
void connections_compare(struct classes *classes, const struct targets *targets,
                         const struct target_host *host);

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
    SHOWN_CLIENT, /* which certificates of clients are good */
    SHOWN_BODY,   /* of an answer of the data plane itself */
    SHOWN_COUNT
};
struct difference {
    unsigned shown;   /* bits of enum shown */
    unsigned effects; /* bits of enum effect_id: those of another rule, whose backends are others */
    int effect;       /* enum effect_id, or -1 */
    bool visible;     /* the effect shows in the outcome of this request */
    bool alike;       /* the effect is the same on both sides, where another check decides */
    unsigned aspects; /* bits of enum aspect */
    enum aspect aspect; /* of the worst */
    enum impact impact; /* of the worst */
    bool platform;
    /* Headers of the data planes: of requests that one of them answers without a rule. */
    bool unwritten;
    enum request_form form; /* not plain: only that way to write the target makes it */
    enum spelling spelling; /* not the same: only that makes it */
};
enum { DIFFERENCES_MAX = EFFECT_COUNT + SHOWN_COUNT + 1 };

struct sides {
    const struct route_table *before, *after;
    unsigned aspects; /* bits of those that count */
    bool platform_equal[EFFECT_COUNT];
    struct texts ruled[2]; /* names of headers that any rule edits: of requests, of responses */
};
void sides_init(struct arena *arena, const struct route_table *before,
                const struct route_table *after, const struct compare_options *options,
                struct sides *out);
/* Neither outcome is unknown. Returns how many differences were written to `out`. */
size_t outcomes_differ(const struct sides *sides, const struct outcome *before,
                       const struct outcome *after, struct difference out[DIFFERENCES_MAX]);
const char *shown_name(enum shown shown);
/* The text of an answer, or its Content-Type, where a rule gives one; else absent. */
struct slice outcome_text(const struct outcome *outcome, bool type);
/* The effect that decides on one side, where the sides answer differently, and that lets other requests pass; that
 * of a rule only where the other side has one, too: enum effect_id; -1: there is none. */
int outcomes_gate(const struct sides *sides, const struct outcome *before,
                  const struct outcome *after);
/* No author wrote what decided here: no rule, or one that the data plane adds by itself. */
bool outcome_is_unwritten(const struct outcome *outcome);

/* ---- headers.c ---------------------------------------------------------------------------- */

/* Walks the names of headers that two lists do not agree on; `removed` also looks at names that
 * only one of them takes away. False when there are no more. */
struct header_walk {
    const struct seen_headers *before, *after;
    bool removed;
    size_t at;
};
bool header_walk_next(struct header_walk *walk, struct slice *name);
/* A rule of either side has a word on the header, or, where rules of both decide, any rule at all: what some rules
 * set and this one does not is not alike on all hosts. Else it is the data planes' own. */
bool header_is_ruled(const struct sides *sides, const struct outcome *before,
                     const struct outcome *after, struct slice name, bool response);
void headers_ruled(struct arena *arena, const struct route_table *before,
                   const struct route_table *after, struct texts out[2]);
/* The effect that sets a header of the response on which no rule has a word: enum effect_id; -1: none does. */
int header_effect(const struct outcome *before, const struct outcome *after, struct slice name);
/* Headers that the first backend receives, or that the client gets; never null. */
const struct seen_headers *outcome_headers(const struct outcome *outcome, bool response);

/* ---- compare.c ---------------------------------------------------------------------------- */

struct evaluator_side {
    const struct evaluator *evaluator;
    const struct route_table *table;
};
struct comparer {
    struct run *run;
    struct evaluator_side side[2]; /* before, after */
    struct sides sides;
    struct findings *findings;
    struct comparison *out;
    struct language_limits limits;
    size_t most;              /* classes */
    struct slice connections; /* connections_reason */
    bool same_view;           /* both read and forward targets alike */
    bool alike;               /* both do the same wherever their rules are the same */
    /* One data plane on both sides: what differs on all hosts then are settings, which somebody changed. */
    bool same_plane;
};
/* The requests to one name at one listener, divided. */
struct classes {
    struct comparer *comparer;
    struct arena *arena;   /* of all classes */
    struct arena *scratch; /* of one */
    struct language_set *set;
    struct map *seen; /* pairs of rules whose functions were compared */
    const struct request *start;
    struct host_verdict *verdict;
    struct side_rules side[2];
    /* Data planes that serve the host at hand. Which one is asked follows from host and listener alone, and
     * there can be a hundred of them. */
    struct slice gateway[2];
    bool open; /* what is not known of the last request lies in its spelling alone */
    size_t most;
    bool same_view;
};
/* What both sides say to a request. */
void compare_ask(const struct classes *classes, const struct request *request,
                 struct outcome *before, struct outcome *after);
/* All paths, where a side has rules. Both outcomes are those of classes->start; they do not last. */
void compare_rules(struct classes *classes, const struct outcome *before,
                   const struct outcome *after);

/* ---- classes.c ---------------------------------------------------------------------------- */

void classes_compare(struct classes *classes);
size_t classes_limit(const struct compare_options *options);
/* Where a gate of one side answers, what both rules do behind it is compared all the same: it may be that no request
 * passes the gates of both. */
size_t classes_behind(const struct classes *classes, const struct request *request,
                      const struct outcome *before, const struct outcome *after,
                      struct difference differences[DIFFERENCES_MAX]);
/* What differs for one request, of which neither outcome is unknown; returns how much was written to `differences`. Of
 * `classes` it reads the comparer, the scratch and the gateways. */
size_t classes_differences(struct classes *classes, const struct request *request,
                           const struct outcome *before, const struct outcome *after,
                           struct difference differences[DIFFERENCES_MAX]);
/* Notes what differs; true when nothing does that lies in rules. */
bool classes_judge(struct classes *classes, const struct request *request,
                   const struct outcome *before, const struct outcome *after);
/* Sends a request that is outside of the domain, and notes what differs. */
void classes_probe(struct classes *classes, const struct request *request);
/* Aspects, as bits, that are not proved; the first reason stays. */
void verdict_open(struct host_verdict *verdict, unsigned aspects, struct slice reason);
void classes_unproven(struct classes *classes, unsigned aspects, struct slice reason);

/* ---- functions.c -------------------------------------------------------------------------- */

/* What follows from the path, where both sides forward `base` or redirect it. */
void functions_judge(struct classes *classes, const struct request *base,
                     const struct outcome *before, const struct outcome *after);

/* ---- sets.c ------------------------------------------------------------------------------- */

/* What the requests of a finding have in common. */
struct request_set {
    bool started, http, https, body;
    struct slice method;         /* absent: they have several */
    struct texts headers;        /* names */
    const struct rule *rules[2]; /* that decide, before and after; null: none does */
    bool several[2];             /* it is not the same one for all */
};
void request_set_add(struct arena *arena, struct request_set *set, const struct request *request,
                     const struct outcome *before, const struct outcome *after);
struct slice request_set_words(struct arena *arena, const struct request_set *set,
                               enum request_form form);
/* An expression of PCRE that all paths match; rules that come earlier may take some that match it. */
struct slice request_set_pattern(struct arena *arena, const struct request_set *set);

/* ---- words.c ------------------------------------------------------------------------------ */

/* `headers` are the names, where the difference is one of headers. */
struct slice difference_title(struct arena *arena, const struct difference *difference,
                              const struct texts *headers, const struct outcome *before,
                              const struct outcome *after);
struct slice difference_fields(struct arena *arena, const struct difference *difference);
struct slice difference_advice(const struct difference *difference);

/* ---- reasons.c ---------------------------------------------------------------------------- */

/* Absent where nothing can be said. */
struct slice difference_reason(struct arena *arena, const struct difference *difference,
                               bool settings, const struct request *witness,
                               const struct outcome *before, const struct outcome *after);
/* The same where only the case of letters makes them differ, which is tried; else absent. */
struct slice case_reason(const struct evaluator *before, const struct evaluator *after,
                         struct arena *arena, const struct finding *finding);
struct slice in_capitals(struct arena *arena, struct slice text);
/* What to do where another rule decides, or none; the reason is known. */
struct slice rules_advice(const struct finding *finding);

/* ---- findings.c --------------------------------------------------------------------------- */

/* The cause as a text without places, which move when somebody adds a line above. How a data plane reads
 * targets is one cause, whatever comes of it. It lies in `key`. */
struct slice cause_key(struct buf *key, const struct difference *difference, bool settings,
                       const struct outcome *before, const struct outcome *after);
struct slice cause_id(struct arena *arena, struct slice key);
/* Adds the names of headers that differ; returns how many did in this request. */
size_t difference_headers(struct arena *arena, const struct sides *sides,
                          const struct difference *difference, const struct outcome *before,
                          const struct outcome *after, struct texts *names);

struct findings;
/* `settings`: what is of the platform counts as any other difference. */
struct findings *findings_new(struct run *run, const struct sides *sides, bool settings);
void findings_add(struct findings *findings, const struct request *request, struct slice host,
                  const struct difference *difference, const struct outcome *before,
                  const struct outcome *after);
/* Notes what is not known of an unusual spelling of a target. */
void findings_open(struct findings *findings, const struct request *request, struct slice reason,
                   unsigned aspects, struct comparison *out);
/* Evaluates the witnesses once more, so that their outcomes stay, and puts the worst first. */
void findings_finish(struct findings *findings, const struct evaluator *before,
                     const struct evaluator *after, struct comparison *out);

#endif
