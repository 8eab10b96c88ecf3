/* The command line: one table of options, from which parsing, --help and completion are made. */
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
    COMMAND_COMPLETION = 128
};

struct command_row {
    enum command command;
    const char *name;
    const char *operands; /* "URL...", or null */
    const char *summary;
};
const struct command_row *command_at(size_t index); /* null past the end */
const struct command_row *command_find(const char *name);

struct words {
    struct slice *items;
    size_t count, capacity;
};

struct options {
    const struct command_row *command;
    struct words operands;
    struct words files, before, after, headers, limits, assume, aspects;
    struct slice namespace, output, out_dir, from, from_version, ingress_class, controller_config;
    struct slice to, api_version, channel, aks_version, gateway_class, gateway, fail_on;
    struct slice diagnostics, color, as, before_as, after_as, side, method, client;
    bool help, version, keep_going, force, closed, convert, strict, quiet;
};

struct option_row {
    const char *name;   /* without the dashes */
    char letter;        /* 0: none */
    int kind;           /* how it is read; see options.c */
    size_t offset;      /* in struct options */
    unsigned commands;  /* mask of enum command */
    const char *argument; /* name of its value in --help; null for a switch */
    const char *choices;  /* "a|b|c", or null */
    const char *text;
};
const struct option_row *option_at(size_t index); /* null past the end */

/* False with a message of one line in *error (and a hint) when the command line is wrong. */
bool options_parse(struct arena *arena, int argc, char **argv, struct options *out,
                   struct slice *error);
void help_print(const struct command_row *command, struct buf *out); /* null: all commands */
bool completion_print(struct slice shell, struct buf *out);

#endif
