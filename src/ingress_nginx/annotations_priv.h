/* The table of annotations, and what one Ingress says by them. */
#ifndef GATESHIFT_INGRESS_NGINX_ANNOTATIONS_PRIV_H
#define GATESHIFT_INGRESS_NGINX_ANNOTATIONS_PRIV_H

#include "ingress_nginx/ingress_nginx.h"

enum annotation_id {
#define A(id, name, alias, scope, check, options, bad, treatment, aspect, feature, idle, needs,    \
          fallback, text)                                                                          \
    AN_##id,
#include "ingress_nginx/annotations.def"
#undef A
    AN_COUNT,
    AN_none = AN_COUNT
};

enum check {
    CHECK_ANY,
    CHECK_BOOL,
    CHECK_INT,
    CHECK_SIZE,
    CHECK_BASIC,
    CHECK_URL,
    CHECK_RX,
    CHECK_PATHCAP,
    CHECK_HEADERS,
    CHECK_VAR,
    CHECK_CHARS,
    CHECK_PAIR,
    CHECK_CIDRS,
    CHECK_OPTIONS,
    CHECK_OPTIONS_FOLD,
    CHECK_WORDS,
    CHECK_CONTAINS,
    CHECK_CODES,
    CHECK_NAME,
    CHECK_PAGE,
    CHECK_LABEL,
    CHECK_METHODS,
    CHECK_EXPOSED,
    CHECK_ORIGINS,
    CHECK_ALIASES,
    CHECK_NAMES,
    CHECK_CIPHERS,
    CHECK_LOOSE_WORDS
};
/* Added: before the check blanks are removed, or those around the value. */
enum { CHECK_STRIP = 64, CHECK_TRIM = 128 };

enum bad_value { BAD_DEFAULT, BAD_DROP, BAD_STRICT, BAD_DENY, BAD_GROUP, BAD_SELF };
enum treatment { TREAT_USED, TREAT_QUIET, TREAT_RISK };
enum annotation_scope { SCOPE_LOCATION, SCOPE_SERVER, SCOPE_UPSTREAM, SCOPE_INGRESS, SCOPE_GLOBAL };

struct annotation_row {
    const char *name, *alias;
    enum annotation_scope scope;
    int check; /* enum check, maybe with CHECK_STRIP */
    const char *options;
    enum bad_value bad;
    enum treatment treatment;
    enum aspect aspect;
    enum feature_id feature;
    const char *idle;
    enum annotation_id needs;
    const char *fallback, *text;
};
/* ---- annotations.c */
const struct annotation_row *annotation_row(enum annotation_id id);
/* AN_none when there is none; *alias says whether it is the other name of its row. */
enum annotation_id annotation_find(struct slice name, bool *alias);
/* Why a name that no parser reads is in old manifests; false when it never was a name. */
bool annotation_is_dead(struct slice name);
const char *annotation_closest(struct slice name);

/* ---- annotation_check.c */
bool annotation_passes(const struct annotation_row *row, struct slice value);
/* "8m" as nginx reads it; false when it is no size. *unit is its last letter in lower case, or 0. */
bool size_parse(struct slice text, int64_t *bytes, char *unit);
bool is_true(struct slice value); /* of a value that is a boolean */

/* ---- annotation_read.c: the annotations of one Ingress */
struct annotation {
    enum annotation_id id;
    struct slice value, name; /* name as written, with prefix */
    struct span span;
    bool unchecked; /* the value would not pass, and the controller does not check it */
    bool used;      /* something in the table comes from it */
    bool named;     /* a diagnostic says what becomes of it */
};
struct settings;
struct annotations {
    const struct ingress *ingress;
    struct arena *arena;      /* for the items */
    struct annotation *items; /* those with a valid value */
    size_t count, capacity;
    uint64_t held[AN_COUNT / 64 + 1]; /* a bit for each that is or was among them */
    bool dropped;                     /* the controller does not load the Ingress */
    bool denied;                      /* its locations answer 503 */
    struct slice denied_reason;
    struct effect_source denied_source;
    struct slice snippet; /* configuration-snippet that is allowed */
};
void annotations_read(struct run *run, struct arena *arena, const struct ingress *ingress,
                      struct slice prefix, const struct settings *settings,
                      struct annotations *out);
/* Names an annotation that is not the controller's (foreign.c). */
void annotation_foreign(struct run *run, const struct ingress *ingress, const struct label *label);
/* Null when it is not set or not valid. */
struct annotation *annotation_get(const struct annotations *annotations, enum annotation_id id);
bool annotation_set(const struct annotations *annotations, enum annotation_id id);
struct slice annotation_text(const struct annotations *annotations, enum annotation_id id);
bool annotation_true(const struct annotations *annotations, enum annotation_id id, bool otherwise);
int64_t annotation_int(const struct annotations *annotations, enum annotation_id id,
                       int64_t otherwise);
/* Whether backends are spoken to with grpc_pass. */
bool annotations_grpc(const struct annotations *annotations);
/* The source of an effect; the annotation counts as used from now on. */
struct effect_source annotation_source(const struct annotations *annotations,
                                       enum annotation_id id);
void annotation_use(const struct annotations *annotations, enum annotation_id id);
/* True when it is set and neither has its idle value nor lacks the one that it needs. */
bool annotation_acts(const struct annotations *annotations, enum annotation_id id);
void annotations_deny(struct run *run, struct annotations *annotations, enum annotation_id id,
                      const char *why);
/* The controller does not load the Ingress because of what the annotation names. */
void annotations_drop(struct run *run, struct annotations *annotations, enum annotation_id id,
                      const char *why);
/* The controller ignores its value without a word. */
void annotations_ignore(struct run *run, struct annotations *annotations, enum annotation_id id,
                        const char *why);
/* Names what was read and shows nowhere. */
void annotations_report_unused(struct run *run, const struct annotations *annotations);

#endif
