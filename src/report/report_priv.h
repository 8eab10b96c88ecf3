/* Shared by the files of this module. */
#ifndef GATESHIFT_REPORT_PRIV_H
#define GATESHIFT_REPORT_PRIV_H

#include "expect/expect.h"
#include "report/report.h"

/* ---- report.c ----------------------------------------------------------------------------- */

enum standing { STANDING_OPEN, STANDING_EXPIRED, STANDING_ACCEPTED };
const char *standing_name(enum standing standing); /* "open" */
enum standing finding_standing(const struct report *report, const struct finding *finding);
/* It fails the build. */
bool finding_fails(const struct report *report, const struct finding *finding);
const struct acceptance *finding_acceptance(const struct report *report,
                                            const struct finding *finding);
/* In the order in which a person should read them: what fails, what does not, what is accepted, and then the
 * same of the platform. */
const struct finding **findings_in_order(struct arena *arena, const struct report *report);

struct counts {
    size_t findings, by_impact[3], accepted; /* of rules; by_impact: those that are not accepted */
    size_t platform;
    size_t hosts, hosts_equivalent, hosts_different, hosts_unproven;
};
void report_count(const struct report *report, struct counts *out);
/* "different: 2 breaking and 1 changed finding, 1 accepted; 11 platform differences" */
/* Says how many requests outside of the domain were tried; a list of what they were follows. */
struct slice report_probes(struct arena *arena, const struct comparison *comparison);
struct slice report_headline(struct arena *arena, const struct report *report);
/* "2 hosts" */
struct slice counted(struct arena *arena, size_t count, const char *one, const char *many);

/* Where a side decided: the annotation or field that set the effect, else the rule. */
struct place {
    struct slice
        text; /* "Ingress shop/web, spec.rules[0].http.paths[1]", or what happens without a rule */
    struct slice file; /* as it was read; absent: none */
    struct span span;
    bool none; /* no rule decided */
};
void finding_place(struct run *run, const struct finding *finding, bool after, struct place *out);
/* "shop.yaml:12:7", or absent */
struct slice place_position(struct arena *arena, const struct place *place);
/* False for text that was made on the way and is in no file. */
bool place_is_file(const struct place *place);
/* "a.example, b.example and 2 more" */
struct slice finding_hosts(struct arena *arena, const struct finding *finding, size_t most);
/* What holds whatever was compared, and what this run assumes. */
const char *report_assumption(const struct run *run, const struct report *report, size_t index);
/* "different in routing, headers; equivalent in rewrite" */
struct slice host_words(struct arena *arena, const struct comparison *comparison,
                        const struct host_verdict *host);
/* The worst of the aspects that were compared. */
enum verdict host_verdict_of(const struct comparison *comparison, const struct host_verdict *host);
/* What would settle an aspect that is unproven. */
struct slice unproven_advice(struct slice reason);

/* ---- one file for each format -------------------------------------------------------------- */

void report_text(struct run *run, const struct report *report, struct buf *out);
void report_json(struct run *run, const struct report *report, struct buf *out);
void report_markdown(struct run *run, const struct report *report, struct buf *out);
void report_sarif(struct run *run, const struct report *report, struct buf *out);
void report_junit(struct run *run, const struct report *report, struct buf *out);
void report_github(struct run *run, const struct report *report, struct buf *out);

#endif
