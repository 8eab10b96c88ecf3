/* A phased migration: waves of hosts, the steps that move them one after the other, how each step is undone, and the
 * proof that no order of steps, stops and undoings leaves a host without a side that serves it.
 *
 * Waves: Ingresses that share a host move together, by default with all of their namespace. Waves with the fewest and
 * mildest differences come first. A host that the new side does not serve is held back with its wave: it keeps
 * its Ingresses, and the controller stays.
 *
 * Ownership: results live in the run's arena and point into both sides.
 * Limits:    MODEL_STATES_MAX states are visited for one kind of host; past it orders are drawn (plan.check.seed).
 * Errors:    diagnostics with letter P. A plan that fails its own check is not written.
 * Threads:   none shared.
 * Source:    the AKS guide on moving from the NGINX of application routing to Gateway API; external-dns
 *            docs/flags.md on who owns records; cert-manager docs on ingress-shim; Argo CD docs on sync waves. */
#ifndef GATESHIFT_PLAN_H
#define GATESHIFT_PLAN_H

#include "compare/compare.h"
#include "frontend/frontend.h"
#include "rollback/rollback.h"

/* X(ID, "folder", title) */
#define PLAN_PHASE_LIST(X)                                                                         \
    X(PREPARE, "prepare", "Prepare")                                                               \
    X(GATEWAYS, "gateways", "Gateways")                                                            \
    X(ROUTES, "routes", "Routes")                                                                  \
    X(VERIFY, "verify", "Verify")                                                                  \
    X(SHIFT, "shift", "Shift traffic")                                                             \
    X(RETIRE, "retire", "Retire the old side")
enum plan_phase {
#define X(id, folder, title) PHASE_##id,
    PLAN_PHASE_LIST(X)
#undef X
        PHASE_COUNT
};
const char *plan_phase_folder(enum plan_phase phase);

/* What the steps do to the world; steps.c says it in words and commands, model.c to hosts. */
enum plan_step_kind {
    STEP_CHECK,    /* read the cluster */
    STEP_TTL,      /* short lives of records */
    STEP_RECORDS,  /* nobody but people writes records */
    STEP_INSTALL,  /* the implementation runs */
    STEP_GATEWAYS, /* Gateways and what they need */
    STEP_ROUTES,   /* routes of a wave */
    STEP_VERIFY,   /* both sides are asked */
    STEP_SHARE,    /* a share of clients moves */
    STEP_MOVE,     /* all clients move */
    STEP_DRAIN,    /* nobody comes to the old side any more */
    STEP_REMOVE,   /* Ingresses of a wave go */
    STEP_RETIRE,   /* the old controller goes */
    STEP_FINISH,   /* long lives of records, automation of records */
    STEP_KIND_COUNT
};

enum plan_lines_kind { LINES_BEFORE, LINES_DO, LINES_SEEN, LINES_STOP, LINES_UNDO, LINES_COUNT };
struct plan_line {
    bool command; /* for a shell; else a sentence */
    struct slice text;
};
struct plan_lines {
    struct plan_line *items;
    size_t count, capacity;
};
struct plan_step {
    enum plan_step_kind kind;
    enum plan_phase phase;
    size_t wave; /* from 1; 0: none */
    struct slice id, title;
    struct plan_lines parts[LINES_COUNT];
};

struct plan_host {
    struct slice host;       /* "shop.example.com", "*.example.com"; empty: every other name */
    struct slice gateway;    /* "namespace/name" that serves it after */
    bool https;              /* today */
    bool certified;          /* ... with a certificate for it, not the controller's own */
    size_t wave;             /* from 0 */
    struct slices ingresses; /* "namespace/name" that serve it today */
    struct slices routes;    /* "HTTPRoute namespace/name" that serve it after */
};
enum { PLAN_IMPACTS = IMPACT_BREAKING + 1 };
enum plan_side { PLAN_NEW, PLAN_OLD, PLAN_SIDES };
/* A request that a wave is verified with. */
struct plan_asked {
    const struct node *cases[PLAN_SIDES]; /* null: the answer of that side is not known */
    struct slice curl;
};
struct plan_difficulty {
    size_t findings[PLAN_IMPACTS], unproven; /* unproven: hosts */
    size_t unprotected; /* of the findings: breaking ones about who is let in */
};
struct plan_wave {
    struct slice name; /* its namespaces, or its first host */
    struct slices namespaces, ingresses;
    size_t *hosts; /* indices */
    size_t host_count;
    struct plan_difficulty difficulty;
    struct slice held; /* why it stays on the old side; absent: it moves */
    struct rollback rollback;
    size_t rules, covered;          /* rules of both sides, and those that a request exercises */
    struct node *cases, *old_cases; /* requests, with the answers of the new and of the old side */
    struct plan_asked *asked;       /* both of each */
    size_t asked_count, asked_capacity;
};
/* What comes of trying the steps. */
struct plan_check {
    bool sampled; /* some orders were drawn, with this seed */
    uint64_t seed;
    size_t kinds; /* of hosts: those that hang on the same waves are alike */
    size_t states, moves;
    struct slice fault; /* absent: no host is ever without a side */
};
struct plan_file {
    struct slice path, text;
};
struct plan {
    const struct target *target;
    struct slice before, after; /* labels */
    bool from_aks;              /* the old side is the NGINX of AKS */
    struct plan_host *hosts;
    size_t host_count;
    struct plan_wave *waves; /* in the order of the plan; those held back last */
    size_t wave_count, moving;
    struct slice *gateways; /* "namespace/name" */
    size_t gateway_count;
    struct plan_step *steps;
    size_t step_count, step_capacity;
    struct plan_check check;
    struct plan_file *files;
    size_t file_count, file_capacity;
};
struct plan_options {
    const struct convert_options *convert;
    bool by_host;         /* waves by host; else by namespace */
    struct slice version; /* of the program */
    struct slice command; /* that makes the plan, for a shell */
    struct slice input;   /* the first path that was read, as it was given; absent: none was */
};
/* False when there is nothing to move, or when the plan fails its own check, which was said. */
NODISCARD bool plan_make(struct run *run, struct side *before,
                         const struct side_options *side_options, struct side *after,
                         const struct converted *converted, const struct comparison *comparison,
                         const struct plan_options *options, struct plan *out);
/* The Ingresses of a wave, from 1, of a plan that was written (plan.json), as rollback_choice takes them; null, with a
 * diagnostic, when there is none. */
const struct map *plan_read_wave(struct run *run, const struct input_file *file,
                                 struct slice number);
#endif
