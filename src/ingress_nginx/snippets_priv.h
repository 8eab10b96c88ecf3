/* Raw configuration (snippets) as far as it is understood: what was read of it, without the rules that follow.
 *
 * Ownership: everything lives in the arena of the run that it is read with.
 * Errors:    the first directive that is not understood, or that nginx refuses, is named; what was read then
 *            says only a part.
 * Source:    nginx's ngx_conf_file.c and the modules of the directives, headers-more; nginx.tmpl. */
#ifndef GATESHIFT_INGRESS_NGINX_SNIPPETS_PRIV_H
#define GATESHIFT_INGRESS_NGINX_SNIPPETS_PRIV_H

#include "ingress_nginx/model_priv.h"

enum snippet_place {
    SNIPPET_LOCATION,
    SNIPPET_SERVER,
    SNIPPET_HTTP, /* http-snippet */
    SNIPPET_AUTH, /* of the request to an auth service, whose answer alone counts */
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
    WHEN_PATH
};
struct snippet_step { /* an answer that nginx gives, in the order of the text */
    enum step_when when;
    struct slice name; /* WHEN_HEADER, WHEN_COOKIE */
    bool regex, fold, negated;
    bool given;         /* holds where there is a value that is not "0" */
    struct slice value; /* to compare with, or an expression */
    int64_t status;
    struct slice text; /* Location or body; absent: none */
    bool rewrites;     /* the text is a path or URL to which the query is added */
    bool drops_query;
};
struct snippet_access { /* deny first, then allow, then all others */
    struct networks deny, allow;
    size_t deny_capacity, allow_capacity;
    bool present, closed; /* all others are kept out */
    bool over;            /* a later line changes nothing */
};
struct snippet {
    struct edits input;  /* of the request, before all else (more_set_input_headers) */
    struct edits sent;   /* to the backend (proxy_set_header) */
    struct edits hidden; /* of what the backend answers */
    struct edits set;    /* of the answer (more_set_headers) */
    struct edits added;  /* after that (add_header) */
    struct snippet_step *steps;
    size_t step_count, step_capacity;
    struct snippet_access access;
    struct slice *singles; /* directives that may stand only once in a block */
    size_t single_count, single_capacity;
    int64_t body_bytes;   /* client_max_body_size of a server; -2: not set, -1: no limit */
    struct texts servers; /* names of server blocks, at the level of http */
    size_t server_capacity;
    struct texts
        named; /* "$team", "pool": variables and upstreams that blocks at the level of http make */
    size_t named_capacity;
    struct slice unknown; /* the first directive that is not understood; absent: all are */
    struct slice refused; /* the first that nginx refuses at this place; absent: none */
};
/* `own` may be null. */
void snippet_read(struct run *run, enum snippet_place place, struct slice text,
                  const struct variables *own, struct snippet *out);

/* ---- snippet_words.c: the words of nginx's configuration */
/* False at the end, at ';', '{', '}', or where a quote is not closed. */
bool snippet_word(struct run *run, struct slice *text, struct slice *out);
struct slice snippet_blanks(struct slice text);
/* Takes the byte if it comes next. */
bool snippet_takes(struct slice *text, char byte);

/* Takes a block "{ ... }"; false when it is not closed. */
bool snippet_skip_block(struct run *run, struct slice *text);

/* ---- snippet_blocks.c: blocks at the level of http, and of streams */
/* What stands behind the word `directive`. False when it is not understood. */
bool snippet_read_block(struct run *run, struct slice directive, struct slice *text,
                        struct snippet *out);
bool snippet_is_block(struct slice directive);

/* ---- snippet_steps.c: "if", "return", "rewrite" */
bool snippet_read_if(struct run *run, struct slice *text, struct snippet *out);
bool snippet_read_return(struct run *run, struct slice *text, struct snippet_step *step);
bool snippet_read_rewrite(struct run *run, enum snippet_place place, struct slice *text,
                          struct snippet_step *step);
void snippet_add_step(struct run *run, struct snippet *snippet, const struct snippet_step *step);

/* ---- snippet_rules.c: what follows from them */
struct placed_snippet {
    enum snippet_place place;
    struct effect_source source;
    struct snippet snippet;
};
struct placed_snippets {
    struct placed_snippet items[5]; /* from the outer level to the inner one */
    size_t count;
};
/* What is not known of an answer with a text of its own. */
void note_type(struct model *model, bool texts, struct rule *rule);
/* Without a location those of the server. */
void snippets_of(const struct model *model, const struct server *server,
                 const struct location *location, struct placed_snippets *out);
/* Answers that do not hang on the request. */
void snippets_answer(struct model *model, const struct placed_snippets *snippets,
                     const struct location *location, const struct view_of *view,
                     struct route_table *table, struct rule *rule);
/* Rules that come before the rule of a location: the same with a condition. */
void snippets_conditions(struct model *model, const struct placed_snippets *snippets,
                         const struct location *location, const struct view_of *view,
                         struct route_table *table, const struct rule *rule,
                         struct rule_list *list);
/* Rules of a server, before a location is looked for: those of an Ingress, or of the setting. */
void snippets_head(struct model *model, const struct server *server, bool setting,
                   const struct view_of *view, struct route_table *table, struct rule_list *list);
/* Of locations that have none of their own. */
int64_t snippets_body_limit(struct model *model, const struct server *server, int64_t otherwise);
void snippets_access(struct model *model, const struct placed_snippets *snippets, bool own_lists,
                     struct rule *rule);
/* Adds the hosts that conditions name, and says what nginx refuses. */
void snippets_survey(struct model *model, struct server *server, struct slice **hosts,
                     size_t *count, size_t *capacity);

#endif
