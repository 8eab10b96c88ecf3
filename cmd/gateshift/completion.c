#include "options.h"

static bool belongs(const struct option_row *row, const struct command_row *command)
{
    return (row->commands & (unsigned)command->command) != 0;
}

static void put_choices(const struct option_row *row, const char *separator, struct buf *out)
{
    for (size_t i = 0; row->choices(i); i++) {
        buf_printf(out, "%s%s", i ? separator : "", row->choices(i));
    }
}

static void put_shells(const char *separator, struct buf *out)
{
    for (size_t i = 0; completion_shell(i); i++) {
        buf_printf(out, "%s%s", i ? separator : "", completion_shell(i));
    }
}

/* ---- bash --------------------------------------------------------------------------------- */

/* What may follow an option that takes one of a few words. */
static void bash_values(const struct command_row *command, struct buf *out)
{
    for (size_t i = 0; option_at(i); i++) {
        const struct option_row *row = option_at(i);
        if (!belongs(row, command) || !row->choices) {
            continue;
        }
        buf_printf(out, "    %s:--%s", command->name, row->name);
        if (row->letter) {
            buf_printf(out, "|%s:-%c", command->name, row->letter);
        }
        buf_puts(out, ") words='");
        put_choices(row, " ", out);
        buf_puts(out, "' ;;\n");
    }
}

static void bash_options(const struct command_row *command, struct buf *out)
{
    buf_printf(out, "        %s) words='", command->name);
    for (size_t i = 0; option_at(i); i++) {
        if (belongs(option_at(i), command)) {
            buf_printf(out, " --%s", option_at(i)->name);
        }
    }
    buf_puts(out, "' ;;\n");
}

static void bash_script(struct buf *out)
{
    buf_puts(out, "# bash completion for gateshift\n"
                  "_gateshift() {\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local command=${COMP_WORDS[1]} words=\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "        words='");
    for (size_t i = 0; command_at(i); i++) {
        buf_printf(out, "%s%s", i ? " " : "", command_at(i)->name);
    }
    buf_puts(out, " help --help --version'\n"
                  "    fi\n"
                  "    case $command:$before in\n");
    for (size_t i = 0; command_at(i); i++) {
        bash_values(command_at(i), out);
    }
    buf_puts(out, "    completion:completion) words='");
    put_shells(" ", out);
    buf_puts(out, "' ;;\n"
                  "    *) case $word in\n"
                  "    -*) case $command in\n");
    for (size_t i = 0; command_at(i); i++) {
        bash_options(command_at(i), out);
    }
    buf_puts(out, "        esac ;;\n"
                  "    esac ;;\n"
                  "    esac\n"
                  "    if [ -n \"$words\" ]; then\n"
                  "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "    else\n"
                  "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                  "    fi\n"
                  "}\n"
                  "complete -o filenames -F _gateshift gateshift\n");
}

/* ---- zsh ---------------------------------------------------------------------------------- */

/* Text inside an _arguments specification, which is inside single quotes. */
static void zsh_text(const char *text, struct buf *out)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            buf_puts(out, "'\\''");
        } else {
            if (*c == '[' || *c == ']' || *c == ':' || *c == '\\') {
                buf_putc(out, '\\');
            }
            buf_putc(out, *c);
        }
    }
}

static void zsh_option(const struct option_row *row, struct buf *out)
{
    bool repeats = row->kind == OPTION_LIST;
    const char *equals = row->argument ? "=" : "";
    buf_puts(out, "            ");
    if (row->letter) {
        buf_printf(out, "%s{-%c,--%s%s}'[", repeats ? "'*'" : "", row->letter, row->name, equals);
    } else {
        buf_printf(out, "'%s--%s%s[", repeats ? "*" : "", row->name, equals);
    }
    zsh_text(row->text, out);
    buf_putc(out, ']');
    if (row->argument) {
        buf_putc(out, ':');
        zsh_text(row->argument, out);
        buf_putc(out, ':');
        if (row->choices) {
            buf_putc(out, '(');
            put_choices(row, " ", out);
            buf_putc(out, ')');
        } else {
            buf_puts(out, "_files");
        }
    }
    buf_puts(out, "' \\\n");
}

static void zsh_script(struct buf *out)
{
    buf_puts(out, "#compdef gateshift\n"
                  "_gateshift() {\n"
                  "    local -a commands\n"
                  "    commands=(\n");
    for (size_t i = 0; command_at(i); i++) {
        buf_printf(out, "        '%s:", command_at(i)->name);
        zsh_text(command_at(i)->summary, out);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n"
                  "    if (( CURRENT == 2 )); then\n"
                  "        _describe command commands\n"
                  "        return\n"
                  "    fi\n"
                  "    local command=$words[2]\n"
                  "    shift words\n"
                  "    (( CURRENT-- ))\n"
                  "    case $command in\n");
    for (size_t i = 0; command_at(i); i++) {
        buf_printf(out, "    %s)\n        _arguments \\\n", command_at(i)->name);
        for (size_t o = 0; option_at(o); o++) {
            if (belongs(option_at(o), command_at(i))) {
                zsh_option(option_at(o), out);
            }
        }
        if (command_at(i)->command == COMMAND_COMPLETION) {
            buf_puts(out, "            '1:shell:(");
            put_shells(" ", out);
            buf_puts(out, ")' ;;\n");
        } else {
            buf_puts(out, "            '*:file:_files' ;;\n");
        }
    }
    buf_puts(out, "    esac\n"
                  "}\n"
                  "_gateshift \"$@\"\n");
}

/* ---- fish --------------------------------------------------------------------------------- */

static void fish_text(const char *text, struct buf *out)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'' || *c == '\\') {
            buf_putc(out, '\\');
        }
        buf_putc(out, *c);
    }
}

static void fish_option(const struct command_row *command, const struct option_row *row,
                        struct buf *out)
{
    buf_printf(out, "complete -c gateshift -n '__fish_seen_subcommand_from %s'", command->name);
    if (row->letter) {
        buf_printf(out, " -s %c", row->letter);
    }
    buf_printf(out, " -l %s", row->name);
    if (row->choices) {
        buf_puts(out, " -x -a '");
        put_choices(row, " ", out);
        buf_putc(out, '\'');
    } else if (row->argument) {
        buf_puts(out, " -r");
    }
    buf_puts(out, " -d '");
    fish_text(row->text, out);
    buf_puts(out, "'\n");
}

static void fish_script(struct buf *out)
{
    buf_puts(out, "# fish completion for gateshift\n");
    for (size_t i = 0; command_at(i); i++) {
        buf_printf(out, "complete -c gateshift -n __fish_use_subcommand -f -a %s -d '",
                   command_at(i)->name);
        fish_text(command_at(i)->summary, out);
        buf_puts(out, "'\n");
        for (size_t o = 0; option_at(o); o++) {
            if (belongs(option_at(o), command_at(i))) {
                fish_option(command_at(i), option_at(o), out);
            }
        }
    }
    buf_puts(out, "complete -c gateshift -n '__fish_seen_subcommand_from completion' -f -a '");
    put_shells(" ", out);
    buf_puts(out, "'\n");
}

/* ---- all ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*print)(struct buf *out);
} shells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

const char *completion_shell(size_t index)
{
    return index < ARRAY_LEN(shells) ? shells[index].name : NULL;
}

bool completion_print(struct slice shell, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (slice_is(shell, shells[i].name)) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}
