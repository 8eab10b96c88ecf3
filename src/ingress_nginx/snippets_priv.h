/* Raw configuration (snippets) as far as it is understood: what was read of it, without the rules that follow.
 *
 * Ownership: everything lives in the arena of the run that it is read with.
 * Errors:    directives that are not understood, and the first that nginx refuses, are named; what was read then
 *            says only a part.
 * Source:    nginx's ngx_conf_file.c and the modules of the directives, headers-more; nginx.tmpl. */
#ifndef GATESHIFT_INGRESS_NGINX_SNIPPETS_PRIV_H
#define GATESHIFT_INGRESS_NGINX_SNIPPETS_PRIV_H

#include "ingress_nginx/model_priv.h"

enum snippet_place {
    SNIPPET_IF, /* in an "if" of a location */
    SNIPPET_LOCATION,
    SNIPPET_SERVER,
    SNIPPET_HTTP,      /* http-snippet */
    SNIPPET_AUTH,      /* of the request to an auth service, whose answer alone counts */
    SNIPPET_SERVER_IF, /* in an "if" of a server */
    SNIPPET_OWN,       /* in a location that a server snippet has */
    SNIPPET_PLACES
};

/* Of "if (...)", or of the expression of a rewrite. */
enum step_when {
    WHEN_ALWAYS,
    WHEN_HOST,
    WHEN_SCHEME,
    WHEN_METHOD,
    WHEN_HEADER,
    WHEN_COOKIE,
    WHEN_ARGUMENT,
    WHEN_TARGET,
    WHEN_PATH,
    WHEN_VARIABLE /* that the snippet sets */
};
struct snippet_condition {
    enum step_when when;
    struct slice name; /* of a header, a cookie, an argument or a variable */
    bool regex, fold, negated;
    bool refused;       /* nginx takes no such operator */
    bool given;         /* holds where there is a value that is not "0" */
    struct slice value; /* to compare with, or an expression */
};
enum step_kind {
    STEP_ANSWER,  /* return */
    STEP_IF,      /* goes into `block` where the condition holds */
    STEP_REWRITE, /* an answer where `status` says so, else another path and the end of the text */
    STEP_SET,     /* a variable of the snippet's own */
    STEP_BREAK
};
/* What comes after a rewrite to another path. */
enum rewrite_end {
    END_BREAK, /* the end of the text */
    END_LAST,  /* the same, and another location */
    END_NONE   /* the rest of the text, and then another location */
};
struct snippet_step { /* of ngx_http_rewrite_module, in the order of the text */
    enum step_kind kind;
    struct snippet_condition condition; /* STEP_IF, STEP_REWRITE */
    const struct snippet *block;        /* STEP_IF */
    struct slice name;                  /* STEP_SET */
    int64_t status;
    struct slice text;  /* Location, body, path or value; absent: none */
    bool drops_query;   /* STEP_REWRITE */
    struct slice query; /* STEP_REWRITE: what goes before that of the request; absent: nothing */
    enum rewrite_end end;
};
enum own_kind { OWN_EXACT, OWN_PREFIX, OWN_PREFIX_FIRST, OWN_REGEX };
struct own_location { /* "location ... { }" in a server snippet */
    enum own_kind kind;
    bool fold;
    struct slice path;
    const struct snippet *body;
};
struct snippet_access { /* deny first, then allow, then all others */
    struct networks deny, allow;
    size_t deny_capacity, allow_capacity;
    bool present, closed; /* all others are kept out */
    bool over;            /* a later line changes nothing */
};
struct snippet_partly { /* a directive of which one part is not followed */
    struct slice directive;
    enum aspect aspect;
    struct slice text; /* which part */
};
struct snippet {
    struct edits input;   /* of the request, before all else (more_set_input_headers) */
    struct edits sent;    /* to the backend (proxy_set_header) */
    struct edits hidden;  /* of what the backend answers */
    struct edits set;     /* of the answer (more_set_headers) */
    struct edits added;   /* after that (add_header) */
    struct edits expired; /* before these (expires) */
    struct snippet_step *steps;
    size_t step_count, step_capacity;
    struct own_location *own;
    size_t own_count, own_capacity;
    struct own_location *nested; /* in a location of the template's; without bodies */
    size_t nested_count, nested_capacity;
    struct snippet_partly *partly;
    size_t partly_count, partly_capacity;
    struct texts passed; /* headers that may not be hidden (proxy_pass_header) */
    size_t passed_capacity;
    struct texts replaced; /* proxy_redirect and the like, beside the template's */
    size_t replaced_capacity;
    struct slice type;                /* of its texts (default_type); absent: not set */
    struct slice satisfy, intercepts; /* satisfy, proxy_intercept_errors; absent: not set */
    uint64_t line_bytes;              /* longest line that there may be room for; 0: not set */
    struct snippet_access access;
    struct slice *singles; /* directives that may stand only once in a block */
    size_t single_count, single_capacity;
    int64_t body_bytes;   /* client_max_body_size of a server; -2: not set, -1: no limit */
    struct texts servers; /* names of server blocks, at the level of http */
    size_t server_capacity;
    struct texts
        named; /* "$team", "pool": variables and upstreams that blocks at the level of http make */
    size_t named_capacity;
    struct texts
        unknown; /* directives that are not understood, each once, those that protect first */
    size_t unknown_capacity;
    struct slice refused;   /* the first that nginx refuses at this place; absent: none */
    struct slice misplaced; /* the first that nginx does not take where it stands; absent: none */
};
/* `own` may be null. */
void snippet_read(struct run *run, enum snippet_place place, struct slice text,
                  const struct variables *own, struct snippet *out);

struct snippet_reader { /* while it is read */
    struct run *run;
    enum snippet_place place;
    const struct variables *own;
    struct slice text; /* what is left */
    struct snippet *out;
};

/* ---- snippet_unknown.c: directives that are not understood */
void snippet_note_unknown(struct run *run, struct slice directive, struct snippet *out);

/* ---- snippet_headers.c: the words behind directives that change headers; false when they are not understood */
/* more_set_headers and the like; `edits` is of the snippet that is read. */
bool snippet_read_lines(struct snippet_reader *reader, bool clears, struct edits *edits);
bool snippet_read_add(struct snippet_reader *reader);    /* add_header */
bool snippet_read_sent(struct snippet_reader *reader);   /* proxy_set_header */
bool snippet_read_hidden(struct snippet_reader *reader); /* proxy_hide_header */

bool snippet_read_expires(struct snippet_reader *reader); /* expires */

/* ---- snippet_directives.c: those in tables. False where it is in none; *read says whether it is understood. */
bool snippet_read_directive(struct snippet_reader *reader, struct slice directive, bool *read);
void snippet_note_single(struct snippet_reader *reader, struct slice directive);
void snippet_note_partly(struct snippet_reader *reader, struct slice directive, enum aspect aspect,
                         struct slice text);

/* ---- snippet_words.c: the words of nginx's configuration */
/* False at the end, at ';', '{', '}', or where a quote is not closed. */
bool snippet_word(struct run *run, struct slice *text, struct slice *out);
struct slice snippet_blanks(struct slice text);
/* Takes the byte if it comes next. */
bool snippet_takes(struct slice *text, char byte);

/* Up to the ';'; false when there are none. */
bool snippet_skip_words(struct snippet_reader *reader);
/* Takes a block "{ ... }"; false when it is not closed. */
bool snippet_skip_block(struct run *run, struct slice *text);

/* ---- snippet_blocks.c: blocks at the level of http, and of streams */
/* What stands behind the word `directive`. False when it is not understood. */
bool snippet_read_block(struct run *run, struct slice directive, struct slice *text,
                        struct snippet *out);
bool snippet_is_block(struct slice directive);

/* ---- snippet_steps.c: conditions, "return", "rewrite", "set" */
/* "(...)", as far as the ')'. `known` are the steps before, which may set what is asked for. */
bool snippet_read_condition(struct run *run, struct slice *text, const struct snippet *known,
                            struct snippet_condition *out);
bool snippet_read_return(struct run *run, struct slice *text, struct snippet_step *step);
bool snippet_read_rewrite(struct run *run, enum snippet_place place, struct slice *text,
                          struct snippet_step *step);
bool snippet_read_set(struct run *run, struct slice *text, struct snippet_step *step);

/* ---- snippet_rules.c: what follows from them */
struct placed_snippet {
    enum snippet_place place;
    struct effect_source source;
    struct snippet snippet;
};
struct placed_snippets {
    struct placed_snippet items[6]; /* from the outer level to the inner one */
    size_t count;
};

/* ---- snippet_flow.c: ways through the steps */
struct variable_value { /* absent parts: not known */
    struct slice name;
    struct template value;
    bool known;
    const struct variable_value *next;
};
enum capture_kind { CAPTURES_NONE, CAPTURES_TEXT, CAPTURES_PATH, CAPTURES_UNKNOWN };
/* One way: what a request must be like to take it, and what it meets there. */
struct leaf {
    struct match match;
    const struct variable_value *variables;
    enum capture_kind captures;  /* of the last expression */
    struct regex_match texts;    /* CAPTURES_TEXT */
    const struct snippet *inner; /* the "if" that held last, whose lines stand for the location's */
    bool broke;                  /* no directive of the rewrite module after the snippet acts */
    const struct snippet_step *answer, *rewrite; /* null: none */
    bool ended;                                  /* by "last": no step of any text is left */
    bool restarts; /* after the rewrite another location is looked for */
    bool moved;    /* the path is another one by now, of which `path` is all that is known */
    struct slice path;
    struct effect_source source, inner_source; /* of `answer` or `rewrite`, and of `inner` */
    const struct unknown *unknown;             /* conditions that are not understood */
};
struct leaves {
    struct leaf *items;
    size_t count, capacity;
};
/* The ways through the steps of all snippets of one place, in the order in which the first that fits is taken.
 * With `apart` no request fits two of them, so that those without an answer may be left out. */
void snippets_flow(struct model *model, const struct placed_snippets *snippets,
                   enum snippet_place place, const struct match *match, const struct view_of *view,
                   struct route_table *table, bool apart, struct leaves *out);
/* Puts what an expression found into a text that has nothing else of the request in it; false where it has. */
bool captures_fill(struct run *run, const struct template *template,
                   const struct regex_match *found, struct slice *out);
/* The text of a step with what is known of its variables and captures. False when nginx refuses it. */
bool leaf_template(struct model *model, const struct leaf *leaf, const struct location *location,
                   struct slice text, struct template *out);
/* Puts values of the snippet's own variables into a text that is read when the steps are done. */
struct template leaf_values(struct run *run, const struct leaf *leaf,
                            const struct template *template);

/* ---- snippet_restarts.c: rewrites after which another location is looked for */
/* The rule at this place of the list is one; its effect says to where. */
void restart_add(struct model *model, size_t rule, bool of_server, bool edits);
/* Adds the rule of a location as one. */
void restart_location(struct model *model, const struct location *location, const struct leaf *leaf,
                      struct rule *rule, struct rule_list *list);
/* Puts those that they lead to in their places; rules of locations begin at `first`. */
void restarts_expand(struct model *model, struct rule_list *list, size_t first);

/* ---- snippet_paths.c: paths that satisfy two conditions */
bool path_meets(struct run *run, struct regex_set *regexes, const struct path_match *path,
                const struct snippet_condition *condition, bool negated, struct path_match *out);

/* ---- snippet_rules.c */
/* ---- snippet_rest.c: what the directives of tables do, or what is not known of them. `leaf` may be null. */
void snippets_rest(struct model *model, const struct placed_snippets *snippets,
                   const struct leaf *leaf, struct rule *rule);
/* What is not known of an answer with a text of its own. */
void note_type(struct model *model, bool texts, struct rule *rule);
/* Without a location those of the server. */
void snippets_of(const struct model *model, const struct server *server,
                 const struct location *location, struct placed_snippets *out);
static inline bool restarts(const struct leaf *leaf)
{
    return leaf->restarts && leaf->rewrite && !leaf->answer;
}
/* What a location does on this way, over what it does else. */
void leaf_effects(struct model *model, const struct location *location, const struct leaf *leaf,
                  struct route_table *table, struct rule *rule);
/* Rules of a server, before a location is looked for: those of an Ingress, or of the setting. */
void snippets_head(struct model *model, const struct server *server, bool setting,
                   const struct view_of *view, struct route_table *table, struct rule_list *list);
/* ---- own_locations.c: locations of server snippets */
struct own_place {
    const struct own_location *own;
    struct effect_source source;
    bool of_setting; /* behind the locations of Ingresses, else before them */
};
struct own_places {
    struct own_place *items;
    size_t count;
};
void own_locations_find(const struct model *model, const struct server *server,
                        struct own_places *out);
/* With `doubtful` it is not known which requests it gets. */
void own_location_rules(struct model *model, const struct server *server,
                        const struct view_of *view, struct route_table *table,
                        const struct own_place *place, bool doubtful, struct rule_list *list);
/* ---- effects.c: what is done to its answers */
void rule_of_own_location(struct model *model, const struct server *server,
                          const struct own_place *place, const struct leaf *leaf,
                          struct rule *rule);

/* ---- snippet_rules.c */
/* Of locations that have none of their own. */
int64_t snippets_body_limit(struct model *model, const struct server *server, int64_t otherwise);
void snippets_access(struct model *model, const struct placed_snippets *snippets, bool own_lists,
                     struct rule *rule);
/* ---- snippet_survey.c: adds the hosts that conditions name, and says what nginx refuses. */
void snippets_survey(struct model *model, struct server *server, struct slice **hosts,
                     size_t *count, size_t *capacity);

#endif
