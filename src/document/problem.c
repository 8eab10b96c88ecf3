/* Says what is wrong with a text in words that help whoever wrote it. */
#include "document/document_priv.h"

#include <string.h>

/* What libyaml 0.2.5 says (scanner.c, parser.c) and what we say. `tail` follows the number of the line
 * in which the thing began that could not be read. */
static const struct saying {
    const char *problem, *context; /* parts of its words; null: any context */
    enum diag_code code;
    const char *text, *tail;
} sayings[] = {
    {"tab character", NULL, DIAG_Y005, "a tab is used for indentation; YAML allows spaces only",
     NULL},
    {"block sequence entries are not allowed", NULL, DIAG_Y001,
     "a list cannot begin here; put its '-' on a line of its own, below the key", NULL},
    {"mapping values are not allowed", NULL, DIAG_Y001,
     "a ':' cannot stand here; is the indentation right, or does a text with ': ' need quotes?",
     NULL},
    {"mapping keys are not allowed", NULL, DIAG_Y001,
     "a '?' cannot stand here; put the text in quotes", NULL},
    {"could not find expected ':'", NULL, DIAG_Y001, "line ",
     " holds no ': ' after its key; is it a key without a value, or a text that belongs "
     "elsewhere?"},
    {"did not find expected key", NULL, DIAG_Y001,
     "this does not fit into the mapping that begins in line ",
     "; is the indentation right, are all quotes and brackets closed?"},
    {"did not find expected '-' indicator", NULL, DIAG_Y001,
     "this does not fit into the list that begins in line ",
     "; an item begins with '-', at the same indentation as the others"},
    {"did not find expected ',' or ']'", NULL, DIAG_Y001, "the '[' of line ",
     " is not closed, or a ',' is missing here"},
    {"did not find expected ',' or '}'", NULL, DIAG_Y001, "the '{' of line ",
     " is not closed, or a ',' is missing here"},
    {"did not find expected node content", "flow", DIAG_Y001,
     "a value is missing here, or a bracket before it is not closed", NULL},
    {"did not find expected node content", NULL, DIAG_Y001,
     "a value cannot begin with this character; put it in quotes", NULL},
    {"found unexpected end of stream", "quoted", DIAG_Y001, "the quote of line ",
     " is never closed"},
    {"found unexpected document indicator", NULL, DIAG_Y001, "the quote of line ",
     " is not closed before the next document"},
    {"found unknown escape character", NULL, DIAG_Y001,
     "there is no such escape; write '\\\\' for a backslash, or use single quotes", NULL},
    {"hexdecimal number", NULL, DIAG_Y001,
     "hexadecimal digits are missing in this escape; use single quotes for a plain backslash",
     NULL},
    {"invalid Unicode character escape", NULL, DIAG_Y001,
     "this escape is no character; YAML has no pairs of \\ud800 escapes, write the character "
     "itself",
     NULL},
    {"alphabetic or numeric", "alias", DIAG_Y001,
     "a text that begins with '*' must be in quotes, such as \"*.example.com\"", NULL},
    {"alphabetic or numeric", "anchor", DIAG_Y001, "a text that begins with '&' must be in quotes",
     NULL},
    {"undefined tag handle", NULL, DIAG_Y001, "a text that begins with '!' must be in quotes",
     NULL},
    {"", "tag", DIAG_Y001, "a text that begins with '!' must be in quotes", NULL},
    {"", "block scalar", DIAG_Y001,
     "after '|' or '>' only '-', '+', a digit or a comment may follow; the text begins on the next "
     "line",
     NULL},
    {"", "directive", DIAG_Y001, "a line cannot begin with '%'; put the text in quotes", NULL},
    {"<document start>", NULL, DIAG_Y001,
     "text after the end of a document; begin another one with a line '---'", NULL},
    {"incompatible YAML document", NULL, DIAG_Y001,
     "this version of YAML is not known; use 1.2 or "
     "leave the %YAML line out",
     NULL},
    {"duplicate %", NULL, DIAG_Y001, "this directive is given twice; remove one of them", NULL},
    {"found duplicate anchor", NULL, DIAG_Y001, "this anchor is given twice", NULL},
};

static void report_character(struct run *run, const struct problem *problem)
{
    if (problem->byte == '\t') {
        diag_at(run->diag, DIAG_Y005, problem->at, SLICE_ABSENT,
                "a tab is used for indentation; YAML allows spaces only");
    } else {
        diag_at(run->diag, DIAG_Y001, problem->at, SLICE_ABSENT,
                "a value cannot begin with '%c'; put it in quotes", problem->byte);
    }
}

void problem_report(struct run *run, const struct problem *problem)
{
    const char *context = problem->context ? problem->context : "";
    const char *end = problem->byte ? "" : "; the file ends here, is it cut off?";
    if (strstr(problem->text, "cannot start any token")) {
        report_character(run, problem);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(sayings); i++) {
        const struct saying *saying = &sayings[i];
        if (!strstr(problem->text, saying->problem) ||
            (saying->context && !strstr(context, saying->context))) {
            continue;
        }
        if (saying->tail) {
            diag_at(run->diag, saying->code, problem->at, SLICE_ABSENT, "%s%u%s%s", saying->text,
                    problem->from.line, saying->tail, end);
        } else {
            diag_at(run->diag, saying->code, problem->at, SLICE_ABSENT, "%s%s", saying->text, end);
        }
        return;
    }
    diag_at(run->diag, DIAG_Y001, problem->at, SLICE_ABSENT, "not valid YAML: %s%s%s",
            problem->text, *context ? " " : "", context);
}

/* ---- templates ---------------------------------------------------------------------------- */

/* An action of a template. One that is a comment may end lines below. */
static bool begins_action(struct slice rest)
{
    return slice_starts(rest, SLICE("{{")) &&
           (slice_contains(rest, SLICE("}}")) || slice_starts(rest, SLICE("{{-")) ||
            slice_starts(rest, SLICE("{{/*")));
}

/* "{{ ... }}" where a value or a line begins; within a text it is what its author wants. */
static bool is_template_line(struct slice line, size_t *at)
{
    for (size_t i = slice_find(line, '{', 0); i < line.len; i = slice_find(line, '{', i + 1)) {
        const struct slice before = slice_trim(slice_sub(line, 0, i));
        const bool begins = before.len == 0 || slice_is(before, "-") ||
                            slice_ends(slice_sub(line, 0, i), SLICE(": ")) ||
                            slice_ends(slice_sub(line, 0, i), SLICE("- "));
        if (begins && begins_action(slice_sub(line, i, line.len))) {
            *at = i;
            return true;
        }
    }
    return false;
}

bool problem_find_template(struct slice text, size_t from, size_t to, size_t *at)
{
    size_t start = text_line_start(text, from);
    struct slice rest = slice_sub(text, start, to), line;
    while (slice_split(&rest, '\n', &line)) {
        if (is_template_line(line, at)) {
            *at += start;
            return true;
        }
        start += line.len + 1;
    }
    return false;
}

void problem_report_template(struct run *run, struct span at)
{
    diag_at(run->diag, DIAG_Y006, at, SLICE_ABSENT,
            "this looks like a Helm template; render it first with 'helm template'");
}

/* ---- characters --------------------------------------------------------------------------- */

void problem_report_bad(struct run *run, struct slice text, size_t bad, struct span at)
{
    uint32_t code;
    if (text.ptr[bad] == '\0') {
        diag_at(run->diag, DIAG_Y002, at, SLICE_ABSENT,
                "a NUL byte: this is not text; is it a binary file?");
    } else if (!utf8_decode(text, bad, &code)) {
        diag_at(run->diag, DIAG_Y002, at, SLICE_ABSENT,
                "byte 0x%02x is not UTF-8; save the file as UTF-8 (or is it a binary file?)",
                (unsigned)(unsigned char)text.ptr[bad]);
    } else {
        diag_at(run->diag, DIAG_Y002, at, SLICE_ABSENT,
                "the control character U+%04X cannot stand in YAML; remove it, or write it as an "
                "escape in double quotes",
                (unsigned)code);
    }
}
