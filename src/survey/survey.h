/* What a team asks before it moves: what there is, what converts, what differs, who owns what afterwards, and
 * which target says most of it.
 *
 * Ownership: results live in the run's arena and point into the side, the conversion and its proof.
 * Errors:    none of its own; what there is to say of reading and converting was said by others.
 * Threads:   none shared.
 * Source:    the tables of annotations, features and targets; the comparison of both sides. */
#ifndef GATESHIFT_SURVEY_H
#define GATESHIFT_SURVEY_H

#include "proof/proof.h"
#include "surroundings/surroundings.h"
#include "traffic/traffic.h"

/* How much work an Ingress is. */
enum grade {
    GRADE_READY,  /* converts, and nothing of its own differs */
    GRADE_REVIEW, /* converts with differences that were named */
    GRADE_DECIDE, /* something cannot be said, or breaks: somebody has to choose */
    GRADE_UNKNOWN /* what it does today is not known, or it gets no requests */
};
const char *grade_name(enum grade grade); /* "ready", "review", "decide", "unknown" */

/* An annotation in use. */
struct survey_feature {
    struct slice annotation; /* without its prefix */
    const char *feature;     /* its row's name */
    enum support support;    /* by the target of the survey */
    const char *text;        /* how, or what to do instead */
    bool cosmetic;           /* only who looks for it sees it */
    struct span span;
};
struct survey_ingress {
    const struct object *object;
    struct texts hosts, services; /* each once */
    size_t paths;
    struct survey_feature *features;
    size_t feature_count, feature_capacity;
    const struct finding **findings; /* of its own, worst first */
    size_t finding_count, finding_capacity;
    enum grade grade;
    struct texts reasons; /* of the grade, for people */
    struct texts gains;   /* what is cleaner or more capable as routes */
    unsigned traffic;     /* bits of enum traffic_kind */
    struct texts signs;   /* what they were read from, for people */
    bool model_serving;
    bool is_served;                               /* requests reach it today */
    bool by_weight, by_header, across_namespaces; /* routing that it needs already */
};
/* A namespace, and what its team owns. */
struct survey_owner {
    struct slice namespace;
    size_t ingresses, routes,
        others;    /* today; afterwards: HTTPRoutes and the like, and other kinds */
    bool platform; /* owns Gateways afterwards */
    size_t platform_objects;
};
struct survey_target {
    const struct target *target;
    size_t exact, near, none; /* of the annotations in use, each counted once */
};
struct survey {
    const struct target *target;
    struct survey_ingress *ingresses; /* by namespace and name */
    size_t ingress_count;
    struct survey_owner *owners; /* by namespace */
    size_t owner_count, owner_capacity;
    struct survey_target *targets; /* what says most first */
    size_t target_count;
    size_t host_count, service_count, used; /* used: different annotations */
    size_t grades[GRADE_UNKNOWN + 1];
    const struct route_table *before_table, *after_table;
    const struct comparison *comparison;
    const struct traffic *traffic;
    const struct surroundings *surroundings;
    const struct converted *converted;
};
struct survey_input {
    const struct side *before;
    const struct convert_options *options;
    const struct converted *converted;
    const struct proof *proof;
};
void survey_make(struct run *run, const struct survey_input *input, struct survey *out);

enum survey_format { SURVEY_TEXT, SURVEY_MARKDOWN, SURVEY_JSON, SURVEY_HTML };
const char *survey_format_name(size_t index); /* null past the end */
void survey_print(struct run *run, const struct survey *survey, enum survey_format format,
                  struct buf *out);
/* All that is known, as gateshift-report(1) and schema/report.schema.json describe it. */
struct node *survey_node(struct run *run, const struct survey *survey);

#endif
