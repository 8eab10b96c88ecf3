/* Shared by the files of this module. */
#ifndef GATESHIFT_PLAN_PRIV_H
#define GATESHIFT_PLAN_PRIV_H

#include "plan/plan.h"

struct planner {
    struct run *run;
    struct arena *arena;
    struct side *before, *after;
    const struct side_options *side_options;
    const struct converted *converted;
    const struct converted_source *sources; /* of `converted` */
    const struct comparison *comparison;
    const struct plan_options *options;
    struct plan *plan;
    struct map *hosts;        /* name to struct plan_host, while they are gathered */
    struct map *ingress_wave; /* "namespace/name" to its wave, a struct plan_wave */
    struct map *route_wave;   /* "HTTPRoute namespace/name" likewise */
    struct map *object_wave;  /* "Kind namespace/name" of what is applied with a wave */
};

/* waves.c */
void waves_make(struct planner *planner);
struct slice object_id(struct arena *arena, struct slice kind, struct slice namespace,
                       struct slice name);

/* objects.c: which wave an object is applied with; null: with the Gateways */
void objects_place(struct planner *planner);
const struct plan_wave *object_wave(const struct planner *planner,
                                    const struct converted_object *object);

/* requests.c */
void requests_make(struct planner *planner);
/* `answers`: the file of kept answers, as the folder of the script sees it. */
struct slice requests_script(struct planner *planner, const struct plan_wave *wave,
                             enum plan_side side, struct slice answers);

/* scripts.c */
void script_put_changed(struct buf *out);
void script_put_records(struct buf *out);
void script_put_verify_head(struct buf *out);
void script_put_verify_tail(struct buf *out);

/* step_rows.c */
/* When a line is said, and for what. All of the bits must hold. */
enum {
    WHEN_AKS_OLD = 1,   /* the old side is the NGINX of AKS */
    WHEN_OTHER_OLD = 2, /* it is another one */
    WHEN_AKS_NEW = 4,   /* the new side is AKS application routing with Gateway API */
    WHEN_OTHER_NEW = 8,
    WHEN_HTTPS = 16,        /* a host is served by https today */
    WHEN_CERTIFICATES = 32, /* cert-manager makes certificates for Ingresses */
    WHEN_VAULT = 64,        /* Key Vault does */
    WHEN_TRAP = 128,        /* Ingresses of the wave depend on who is older */
    WHEN_OWN_GATEWAY = 512, /* Gateways are in the plan */
    WHEN_AKS = 1024,        /* either side is of AKS */
    WHEN_LOGS = 2048,       /* it is known who logs what the new side gets */
    WHEN_NO_LOGS = 4096,    /* it is not */
    WHEN_ISTIO = 8192,      /* the new side is Istio */
    WHEN_SHARED = 16384,    /* the old controller takes classes or settings along */
    WHEN_MORE = 32768,      /* another wave follows */
    WHEN_LAST = 65536,      /* none does */
    WHEN_OPEN = 131072,     /* others are let in afterwards */
    WHEN_GATEWAY = 256      /* for each Gateway */
};
struct step_row {
    enum plan_step_kind step;
    enum plan_lines_kind part;
    unsigned when;
    bool command;
    const char *
        text; /* {wave}, {class}, {api}, {channel}, {target}, {as}, {namespace}, {name}, {old}, {drain},
                  {arrivals}, {ingresses}, {made} */
};
const struct step_row *step_row_at(size_t index); /* null past the end */

/* steps.c */
void steps_make(struct planner *planner);
/* Commands that show what the new side of the wave gets, one a line; absent: none is known. */
struct slice arrivals_of(const struct planner *planner, const struct plan_wave *wave);
/* What a shell reads as the address of the old side; null: of no wave. */
struct slice old_address(const struct planner *planner, const struct plan_wave *wave);
struct plan_step *step_add(struct planner *planner, enum plan_step_kind kind, size_t wave);

/* model.c: fills plan->check */
void model_check(struct planner *planner);

/* write.c, runbook.c, bundle.c */
struct node *plan_node(struct planner *planner);
void runbook_write(struct planner *planner, struct buf *out);
void bundle_make(struct planner *planner);
struct slice object_file(struct arena *arena, const struct converted_object *object);
struct slice wave_label(struct arena *arena, size_t index); /* "wave-01" */

#endif
