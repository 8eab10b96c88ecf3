#include "options.h"

#include "diag/diag.h"

#include <string.h>

enum { KIND_SWITCH, KIND_TEXT, KIND_LIST };

static const struct command_row commands[] = {
    {COMMAND_CONVERT, "convert", NULL, "write Gateway API objects for a target"},
    {COMMAND_SIMULATE, "simulate", "URL|FILE...", "what happens to these requests, and why"},
    {COMMAND_TEST, "test", "CASE|FILE...", "check requests against what is expected of them"},
    {COMMAND_DIFF, "diff", NULL, "show the requests for which two sides behave differently"},
    {COMMAND_SHOW, "show", NULL, "print the effective route table, in the order of decision"},
    {COMMAND_EXPLAIN, "explain", "CODE|ANNOTATION", "what a diagnostic or an annotation means"},
    {COMMAND_VERSION, "version", NULL, "print the version and the libraries in use"},
    {COMMAND_COMPLETION, "completion", "bash|zsh|fish", "print a completion script for a shell"},
};

#define READERS                                                                                    \
    (COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF | COMMAND_SHOW)
#define ANY_COMMAND (READERS | COMMAND_EXPLAIN | COMMAND_VERSION | COMMAND_COMPLETION)
#define AT(member) offsetof(struct options, member)
#define TARGETS "standard|aks-approuting"
#define PLANES "ingress-nginx|aks-nginx|ingress-v1|standard|aks-approuting"

static const struct option_row rows[] = {
    {"filename", 'f', KIND_LIST, AT(files),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_SHOW, "PATH", NULL,
     "file, folder or - for standard input; may be given several times"},
    {"before", 0, KIND_LIST, AT(before), COMMAND_DIFF, "PATH", NULL, "what runs today"},
    {"after", 0, KIND_LIST, AT(after), COMMAND_DIFF, "PATH", NULL,
     "what is to run; without it, --before is converted"},
    {"namespace", 'n', KIND_TEXT, AT(namespace), READERS, "NAME", NULL,
     "namespace of objects that name none (default)"},
    {"output", 'o', KIND_TEXT, AT(output), READERS, "FORMAT", "text|yaml|json|tap|junit",
     "format of the result"},
    {"out-dir", 0, KIND_TEXT, AT(out_dir), COMMAND_CONVERT, "DIR", NULL,
     "write one file for each object into a folder"},
    {"force", 0, KIND_SWITCH, AT(force), COMMAND_CONVERT, NULL, NULL,
     "overwrite files in --out-dir"},
    {"from", 0, KIND_TEXT, AT(from), READERS, "NAME", "auto|ingress-nginx|aks-nginx|ingress-v1",
     "whose Ingresses they are (auto)"},
    {"from-version", 0, KIND_TEXT, AT(from_version), READERS, "VERSION", NULL,
     "version of the controller (1.15.1)"},
    {"ingress-class", 0, KIND_TEXT, AT(ingress_class), READERS, "NAME", NULL,
     "read Ingresses of this class only"},
    {"controller-config", 0, KIND_TEXT, AT(controller_config), READERS, "NS/NAME", NULL,
     "ConfigMap of the controller; found by itself under its usual names"},
    {"to", 0, KIND_TEXT, AT(to),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "TARGET", TARGETS,
     "implementation to write for (standard)"},
    {"gateway-api-version", 0, KIND_TEXT, AT(api_version),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "VERSION", NULL,
     "release of Gateway API, 1.2 to 1.6 (1.5)"},
    {"channel", 0, KIND_TEXT, AT(channel),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "CHANNEL",
     "standard|experimental", "channel of Gateway API (standard)"},
    {"aks-version", 0, KIND_TEXT, AT(aks_version),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "VERSION", NULL,
     "Kubernetes version of the AKS cluster; decides the release of Gateway API"},
    {"gateway-class", 0, KIND_TEXT, AT(gateway_class),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "NAME", NULL,
     "gatewayClassName of the Gateways"},
    {"gateway", 0, KIND_TEXT, AT(gateway),
     COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF, "[NS/]NAME", NULL,
     "attach routes to this Gateway instead of writing one"},
    {"convert", 0, KIND_SWITCH, AT(convert), COMMAND_SIMULATE | COMMAND_TEST, NULL, NULL,
     "ask the converted objects instead"},
    {"as", 0, KIND_TEXT, AT(as), COMMAND_SIMULATE | COMMAND_TEST | COMMAND_SHOW, "NAME", PLANES,
     "data plane that the objects are read as"},
    {"before-as", 0, KIND_TEXT, AT(before_as), COMMAND_DIFF, "NAME", PLANES,
     "data plane of the side before"},
    {"after-as", 0, KIND_TEXT, AT(after_as), COMMAND_DIFF, "NAME", PLANES,
     "data plane of the side after"},
    {"side", 0, KIND_TEXT, AT(side), COMMAND_SIMULATE | COMMAND_TEST | COMMAND_SHOW, "SIDE",
     "auto|ingress|gateway", "which objects are asked when the input holds both"},
    {"request", 'X', KIND_TEXT, AT(method), COMMAND_SIMULATE, "METHOD", NULL,
     "method of the requests (GET)"},
    {"header", 'H', KIND_LIST, AT(headers), COMMAND_SIMULATE, "'NAME: VALUE'", NULL,
     "header of the requests; may be given several times"},
    {"client", 0, KIND_TEXT, AT(client), COMMAND_SIMULATE, "ADDRESS", NULL,
     "address that the requests come from"},
    {"closed", 0, KIND_SWITCH, AT(closed), READERS, NULL, NULL,
     "objects that are not in the input do not exist"},
    {"aspects", 0, KIND_LIST, AT(aspects), COMMAND_DIFF, "LIST", NULL,
     "compare only these: routing,rewrite,redirect,protection,traffic,headers"},
    {"strict", 0, KIND_SWITCH, AT(strict), COMMAND_DIFF, NULL, NULL,
     "fail on what is unproven, too"},
    {"fail-on", 0, KIND_TEXT, AT(fail_on), COMMAND_CONVERT | COMMAND_DIFF, "LEVEL",
     "error|warning|breaking|changed|cosmetic",
     "exit with 1 from this level on (convert: error or warning; diff: changed)"},
    {"keep-going", 0, KIND_SWITCH, AT(keep_going), READERS, NULL, NULL,
     "write results although the input has errors"},
    {"diagnostics", 0, KIND_TEXT, AT(diagnostics), READERS, "FORMAT", "text|json|github|sarif",
     "format of the messages (text)"},
    {"color", 0, KIND_TEXT, AT(color), READERS, "WHEN", "auto|always|never",
     "colour in messages (auto)"},
    {"limit", 0, KIND_LIST, AT(limits), READERS, "NAME=VALUE", NULL, "raise a limit"},
    {"quiet", 'q', KIND_SWITCH, AT(quiet), READERS, NULL, NULL, "no closing summary"},
    {"help", 'h', KIND_SWITCH, AT(help), ANY_COMMAND, NULL, NULL, "print this help"},
};

const struct command_row *command_at(size_t index)
{
    return index < ARRAY_LEN(commands) ? &commands[index] : NULL;
}

const struct command_row *command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

const struct option_row *option_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

/* ---- parsing ------------------------------------------------------------------------------ */

static const struct option_row *find_long(const struct command_row *command, struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(name, rows[i].name) && (rows[i].commands & command->command)) {
            return &rows[i];
        }
    }
    return NULL;
}

static const struct option_row *find_letter(const struct command_row *command, char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].letter == letter && (rows[i].commands & command->command)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool unknown_option(struct arena *arena, const struct command_row *command,
                           struct slice name, struct slice *error)
{
    const char *names[ARRAY_LEN(rows)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].commands & command->command) {
            names[count++] = rows[i].name;
        }
    }
    const char *close = diag_closest(name, names, count);
    *error = arena_printf(arena, "%s has no option '" SLICE_FMT "'%s%s%s", command->name,
                          SLICE_ARG(name), close ? "; did you mean '--" : "", close ? close : "",
                          close ? "'?" : "");
    return false;
}

static bool is_choice(const struct option_row *row, struct slice value)
{
    struct slice rest = slice_of(row->choices), choice;
    while (slice_split(&rest, '|', &choice)) {
        if (slice_equal(value, choice)) {
            return true;
        }
    }
    return !row->choices;
}

static bool store(struct arena *arena, const struct option_row *row, struct slice value,
                  struct options *out, struct slice *error)
{
    void *slot = (char *)out + row->offset;
    if (!is_choice(row, value)) {
        struct slice words = arena_copy(arena, slice_of(row->choices));
        for (size_t i = 0; i < words.len; i++) {
            char *c = (char *)(uintptr_t)&words.ptr[i];
            *c = *c == '|' ? ' ' : *c;
        }
        *error = arena_printf(arena, "--%s does not take '" SLICE_FMT "'; it takes one of: " SLICE_FMT,
                              row->name, SLICE_ARG(value), SLICE_ARG(words));
        return false;
    }
    if (row->kind == KIND_LIST) {
        struct words *words = slot;
        *ARENA_PUSH(arena, words->items, words->count, words->capacity) = value;
    } else {
        *(struct slice *)slot = value;
    }
    return true;
}

struct cursor {
    struct arena *arena;
    char **argv;
    int argc, at;
    struct slice *error;
};

/* The value of an option: what is glued to it, else the next word. */
static bool take(struct cursor *cursor, const struct option_row *row, struct slice glued,
                 struct options *out)
{
    if (row->kind == KIND_SWITCH) {
        if (glued.ptr) {
            *cursor->error = arena_printf(cursor->arena, "--%s takes no value", row->name);
            return false;
        }
        *(bool *)(void *)((char *)out + row->offset) = true;
        return true;
    }
    if (!glued.ptr) {
        if (cursor->at + 1 >= cursor->argc) {
            *cursor->error = arena_printf(cursor->arena, "--%s needs a value", row->name);
            return false;
        }
        glued = slice_of(cursor->argv[++cursor->at]);
    }
    return store(cursor->arena, row, glued, out, cursor->error);
}

static bool parse_word(struct cursor *cursor, struct options *out)
{
    struct slice word = slice_of(cursor->argv[cursor->at]);
    if (word.len > 2 && slice_starts(word, SLICE("--"))) {
        size_t equals = slice_find(word, '=', 0);
        struct slice name = slice_sub(word, 2, equals);
        const struct option_row *row = find_long(out->command, name);
        struct slice glued =
            equals < word.len ? slice_sub(word, equals + 1, word.len) : SLICE_ABSENT;
        return row ? take(cursor, row, glued, out)
                   : unknown_option(cursor->arena, out->command, name, cursor->error);
    }
    if (word.len > 1 && word.ptr[0] == '-' && !slice_is(word, "--")) {
        const struct option_row *row = find_letter(out->command, word.ptr[1]);
        struct slice glued = word.len > 2 ? slice_sub(word, 2, word.len) : SLICE_ABSENT;
        return row ? take(cursor, row, glued, out)
                   : unknown_option(cursor->arena, out->command, slice_sub(word, 1, 2),
                                    cursor->error);
    }
    *ARENA_PUSH(cursor->arena, out->operands.items, out->operands.count, out->operands.capacity) =
        word;
    return true;
}

static bool unknown_command(struct arena *arena, const char *name, struct slice *error)
{
    const char *names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        names[i] = commands[i].name;
    }
    const char *close = diag_closest(slice_of(name), names, ARRAY_LEN(commands));
    *error = arena_printf(arena, "there is no command '%s'%s%s%s", name,
                          close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
    return false;
}

bool options_parse(struct arena *arena, int argc, char **argv, struct options *out,
                   struct slice *error)
{
    *out = (struct options){0};
    if (argc < 2) {
        *error = SLICE("a command is missing");
        return false;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        out->help = true;
        out->command = argc > 2 ? command_find(argv[2]) : NULL;
        return true;
    }
    if (strcmp(argv[1], "--version") == 0) {
        out->command = command_find("version");
        return true;
    }
    out->command = command_find(argv[1]);
    if (!out->command) {
        return unknown_command(arena, argv[1], error);
    }
    struct cursor cursor = {arena, argv, argc, 2, error};
    bool only_operands = false;
    for (; cursor.at < argc; cursor.at++) {
        if (!only_operands && strcmp(argv[cursor.at], "--") == 0) {
            only_operands = true;
        } else if (only_operands) {
            *ARENA_PUSH(arena, out->operands.items, out->operands.count, out->operands.capacity) =
                slice_of(argv[cursor.at]);
        } else if (!parse_word(&cursor, out)) {
            return false;
        }
    }
    return true;
}

/* ---- help and completion ------------------------------------------------------------------ */

static void print_all(struct buf *out)
{
    buf_puts(out, "usage: gateshift COMMAND [OPTION...]\n\n"
                  "Takes a team from Kubernetes Ingress to Gateway API without guessing.\n\n"
                  "commands:\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    buf_puts(out, "\n'gateshift COMMAND --help' lists the options of a command.\n"
                  "exit status: 0 all is well, 1 the answer is no, 2 wrong command line, 3 errors in "
                  "the input, 4 the environment failed\n");
}

void help_print(const struct command_row *command, struct buf *out)
{
    if (!command) {
        print_all(out);
        return;
    }
    buf_printf(out, "usage: gateshift %s [OPTION...]%s%s\n\n%s\n\noptions:\n", command->name,
               command->operands ? " " : "", command->operands ? command->operands : "",
               command->summary);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!(rows[i].commands & command->command)) {
            continue;
        }
        struct buf left;
        buf_init(&left, 200);
        buf_printf(&left, "  %c%c%s--%s%s%s", rows[i].letter ? '-' : ' ',
                   rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ",
                   rows[i].name, rows[i].argument ? " " : "",
                   rows[i].argument ? rows[i].argument : "");
        buf_put(out, buf_slice(&left));
        if (left.len < 34) {
            buf_fill(out, ' ', 34 - left.len);
        } else {
            buf_puts(out, "\n");
            buf_fill(out, ' ', 34);
        }
        buf_puts(out, rows[i].text);
        if (rows[i].choices) {
            buf_printf(out, " [%s]", rows[i].choices);
        }
        buf_putc(out, '\n');
        buf_release(&left);
    }
}

static void option_words(unsigned mask, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].commands & mask) {
            buf_printf(out, " --%s", rows[i].name);
        }
    }
}

static void bash_script(struct buf *out)
{
    buf_puts(out, "_gateshift() {\n    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "%s%s", i ? " " : "", commands[i].name);
    }
    buf_puts(out, "\"\n    else\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "        %s) words=\"", commands[i].name);
        option_words((unsigned)commands[i].command, out);
        buf_puts(out, "\" ;;\n");
    }
    buf_puts(out, "        esac\n    fi\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "    [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- \"$word\"))\n}\n"
                  "complete -F _gateshift gateshift\n");
}

static void zsh_script(struct buf *out)
{
    buf_puts(out, "#compdef gateshift\n_gateshift() {\n    local -a words\n"
                  "    if (( CURRENT == 2 )); then\n        words=(\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "            '%s:%s'\n", commands[i].name, commands[i].summary);
    }
    buf_puts(out, "        )\n        _describe command words\n    else\n"
                  "        case ${(Q)${(z)BUFFER}[2]} in\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "        %s) compadd --", commands[i].name);
        option_words((unsigned)commands[i].command, out);
        buf_puts(out, "; _files ;;\n");
    }
    buf_puts(out, "        esac\n    fi\n}\n_gateshift \"$@\"\n");
}

static void fish_script(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        buf_printf(out, "complete -c gateshift -n __fish_use_subcommand -a %s -d '%s'\n",
                   commands[i].name, commands[i].summary);
        for (size_t o = 0; o < ARRAY_LEN(rows); o++) {
            if (!(rows[o].commands & commands[i].command)) {
                continue;
            }
            buf_printf(out, "complete -c gateshift -n '__fish_seen_subcommand_from %s' -l %s",
                       commands[i].name, rows[o].name);
            if (rows[o].letter) {
                buf_printf(out, " -s %c", rows[o].letter);
            }
            buf_puts(out, rows[o].argument ? " -r\n" : "\n");
        }
    }
}

bool completion_print(struct slice shell, struct buf *out)
{
    if (slice_is(shell, "bash")) {
        bash_script(out);
    } else if (slice_is(shell, "zsh")) {
        zsh_script(out);
    } else if (slice_is(shell, "fish")) {
        fish_script(out);
    } else {
        return false;
    }
    return true;
}
