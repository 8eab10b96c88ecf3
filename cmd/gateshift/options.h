/* The command line: one table of options, from which parsing, --help and completion are made, and with
 * which the manual is compared.
 *
 * Ownership: values point into argv; lists live in the arena given.
 * Errors:    options_parse gives a message of one line. */
#ifndef GATESHIFT_OPTIONS_H
#define GATESHIFT_OPTIONS_H

#include "base/base.h"
#include "run/run.h"

enum command {
    COMMAND_CONVERT = 1,
    COMMAND_SIMULATE = 2,
    COMMAND_TEST = 4,
    COMMAND_DIFF = 8,
    COMMAND_SHOW = 16,
    COMMAND_EXPLAIN = 32,
    COMMAND_VERSION = 64,
    COMMAND_COMPLETION = 128,
    COMMAND_VALIDATE = 256,
    COMMAND_ROLLBACK = 512,
    COMMAND_SNAPSHOT = 1024,
    COMMAND_REPORT = 2048,
    COMMAND_PLAN = 4096,
    COMMAND_REPLAY = 8192,
    COMMAND_MERGE = 16384,
    COMMAND_VERIFY = 32768
};

struct command_row {
    enum command command;
    const char *name;
    const char *operands; /* "REQUEST...", or null */
    size_t least, most;   /* how many operands */
    const char *synopsis; /* what follows the name in --help: one line for each form */
    const char *summary;
};
const struct command_row *command_at(size_t index); /* null past the end */
const struct command_row *command_find(struct slice name);

struct words {
    struct slice *items;
    size_t count, capacity;
};

struct options {
    const struct command_row *command; /* null: none was named */
    struct words operands;
    struct words files, before, after, before_settings, after_settings, accept, headers, limits,
        aspects, assume, controller_flags, hosts, keys, evidence, before_addr, after_addr, compare,
        logs;
    struct slice namespace, output, out_dir, from, from_version, ingress_class, controller_config;
    struct slice to, api_version, channel, aks_version, gateway_class, gateway, fail_on;
    struct slice fidelity, layout, gateway_namespace, selector, rbac;
    struct slice diagnostics, min_severity, color, as, before_as, after_as, side, method, client_ip,
        body_size;
    struct slice kubeconfig, context, request_timeout;
    struct slice waves, plan, wave;
    struct slice log_format, jobs, part, partial, piped, parts;
    struct slice cacert, cert, key, proxy, concurrency, rate, timeout, most, echo, record,
        replay_record, ask;
    bool help, keep_going, force, flat, closed, convert, strict, quiet, all, coverage, check;
    bool insecure, unsafe_methods, http2, incomplete;
    bool cluster, all_namespaces, with_certificates, print_rbac;
};

enum option_kind { OPTION_SWITCH, OPTION_TEXT, OPTION_LIST };

/* The words that an option takes; null past the end. The first one is the default, if any is. */
typedef const char *option_choices_fn(size_t index);

struct option_row {
    const char *name; /* without the dashes; with several rows, each for other commands */
    char letter;      /* 0: none */
    enum option_kind kind;
    size_t offset;              /* in struct options */
    unsigned commands;          /* mask of enum command */
    const char *argument;       /* name of its value in --help; null for a switch */
    option_choices_fn *choices; /* or null */
    const char *text;
};
const struct option_row *option_at(size_t index); /* null past the end */

/* False with a message in *error when the command line is wrong. */
bool options_parse(struct arena *arena, int argc, char **argv, struct options *out,
                   struct slice *error);

void help_print(const struct command_row *command, struct buf *out); /* null: all commands */
const char *completion_shell(size_t index);                          /* null past the end */
bool completion_print(struct slice shell, struct buf *out);          /* false: no such shell */

#endif
