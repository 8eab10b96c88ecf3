#include "options.h"

enum { COLUMN = 34 };

static void print_all(struct buf *out)
{
    buf_puts(out,
             "usage: gateshift COMMAND [OPTION...]\n\n"
             "Takes a team from Kubernetes Ingress to Gateway API: converts, and shows the exact\n"
             "requests that would be answered differently.\n\n"
             "commands:\n");
    for (size_t i = 0; command_at(i); i++) {
        buf_printf(out, "  %-11s %s\n", command_at(i)->name, command_at(i)->summary);
    }
    buf_puts(
        out,
        "\n'gateshift COMMAND --help' lists the options of a command, and its manual page is\n"
        "gateshift-COMMAND(1).\n\n"
        "exit status: 0 all is well, 1 the answer is no, 2 wrong command line, 3 errors in the\n"
        "input, 4 the environment failed\n");
}

/* "  -o, --output FORMAT", then the text in a column of its own. */
static void print_option(const struct option_row *row, struct buf *out)
{
    size_t start = out->len;
    if (row->letter) {
        buf_printf(out, "  -%c, --%s", row->letter, row->name);
    } else {
        buf_printf(out, "      --%s", row->name);
    }
    if (row->argument) {
        buf_printf(out, " %s", row->argument);
    }
    if (out->len - start < COLUMN - 1) {
        buf_fill(out, ' ', COLUMN - (out->len - start));
    } else {
        buf_putc(out, '\n');
        buf_fill(out, ' ', COLUMN);
    }
    buf_puts(out, row->text);
    buf_putc(out, '\n');
    if (row->choices) {
        buf_fill(out, ' ', COLUMN);
        buf_puts(out, "one of ");
        for (size_t i = 0; row->choices(i); i++) {
            buf_printf(out, "%s%s", i ? ", " : "", row->choices(i));
        }
        buf_putc(out, '\n');
    }
}

void help_print(const struct command_row *command, struct buf *out)
{
    if (!command) {
        print_all(out);
        return;
    }
    struct slice forms = slice_of(command->synopsis), form;
    for (const char *lead = "usage:"; slice_split(&forms, '\n', &form); lead = "      ") {
        buf_printf(out, "%s gateshift %s%s" SLICE_FMT "\n", lead, command->name,
                   form.len ? " " : "", SLICE_ARG(form));
    }
    buf_printf(out, "\n%s\n\noptions:\n", command->summary);
    for (size_t i = 0; option_at(i); i++) {
        if (option_at(i)->commands & (unsigned)command->command) {
            print_option(option_at(i), out);
        }
    }
}
