/* What the commands share: the run, the options, how a run ends. */
#ifndef GATESHIFT_APP_H
#define GATESHIFT_APP_H

#include "compare/compare.h"
#include "evidence/evidence.h"
#include "expect/expect.h"
#include "frontend/frontend.h"
#include "options.h"

/* The contract with scripts, see gateshift(1). */
enum exit_status { EXIT_WELL, EXIT_NO, EXIT_USAGE, EXIT_INPUT, EXIT_ENVIRONMENT };

struct app {
    struct run run;
    struct options options;
    struct words words; /* of the command line, without the name of the program */
    struct buf out;     /* results, for standard output */
    struct texts
        parts; /* and what follows them there; borrowed, so that large results are not copied */
    bool for_people;     /* results are text: what comes from the input is made harmless */
    struct buf summary;  /* closing lines, for standard error; --quiet drops them */
    struct buf failures; /* what the environment refused; always printed */
};

int cmd_convert(struct app *app);
int cmd_simulate(struct app *app);
int cmd_test(struct app *app);
int cmd_diff(struct app *app);
int cmd_show(struct app *app);
int cmd_plan(struct app *app);
int cmd_rollback(struct app *app);
int cmd_report(struct app *app);
int cmd_replay(struct app *app);
int cmd_merge(struct app *app);
int cmd_validate(struct app *app);
int cmd_snapshot(struct app *app);
int cmd_verify(struct app *app);
int cmd_explain(struct app *app);
int cmd_version(struct app *app);
int cmd_completion(struct app *app);

/* What run_open calls when memory is used up: one line, and the end. */
void app_out_of_memory(void *user, size_t wanted);
/* Prints a line about the command line to standard error; the result is EXIT_USAGE. */
int app_usage(struct app *app, const char *format, ...) PRINTF_LIKE(2, 3);
/* Notes a line about what could not be done; the result is EXIT_ENVIRONMENT. */
int app_failure(struct app *app, const char *format, ...) PRINTF_LIKE(2, 3);
/* There is something to read: -f, --before, or --cluster. */
bool app_has_input(const struct app *app);
/* Reads the given paths; standard input for "-". With --cluster what runs in the cluster comes to -f or --before. */
void app_input(struct app *app, const struct words *paths, struct input *out);
/* The same into objects. */
void app_read(struct app *app, const struct words *paths, struct kube *kube);
/* Reads evidence, as --evidence and merge take it. */
void app_evidence(struct app *app, const struct words *paths, struct evidence *out);
/* Findings that the files of --evidence say something of come first, with what was seen of them. */
void app_weigh(struct app *app, const struct route_table *before, const struct route_table *after,
               struct comparison *comparison);
/* The options of a side; `as` is the name of a data plane, or absent. */
void app_side_options(const struct app *app, struct slice as, struct side_options *out);
/* False with a usage line when an option has no meaning. */
bool app_convert_options(struct app *app, struct convert_options *out);
/* Errors of the input, requests and accepted findings included (letters Y, K, L, T, D, E, Q). */
size_t app_input_errors(const struct diag *diag);
/* EXIT_ENVIRONMENT when a cluster was to be read and could not be, else `otherwise`. */
int app_final_status(const struct app *app, int otherwise);
/* There are errors, or warnings with --fail-on warning. */
bool app_fails(const struct app *app);
/* EXIT_INPUT when the input has errors, else `otherwise`. */
int app_status(const struct app *app, int otherwise);
/* True when the input has errors and results are not to be written. */
bool app_stops(const struct app *app);
/* Makes something of the Ingresses of -f, of which all is kept as it was given; the result is make's, unless the input
 * or its messages decide. */
typedef int app_make_fn(struct app *app, struct side *side, const struct side_options *side_options,
                        const struct convert_options *options);
int app_with_whole(struct app *app, app_make_fn *make);
/* What is written to `fd` may have colours. */
bool app_colours(const struct app *app, int fd);
bool app_output_is(const struct app *app, const char *format);

#endif
