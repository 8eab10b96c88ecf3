/* The Common Expression Language, as an API server evaluates the rules in the x-kubernetes-validations
 * of a CustomResourceDefinition.
 *
 * The language is that of github.com/google/cel-spec (doc/langdef.md) with the libraries of
 * k8s.io/apiserver (pkg/cel/environment/base.go): comparison across numeric types, optional values,
 * comprehensions of two variables, and functions on texts, lists, sets, quantities, URLs, addresses,
 * formats and regular expressions. What is not in the tables here is a compile error: among what those
 * libraries have, findAll(), getQuery(), format() and quote() of texts, flatten(), sort(), sortBy() and
 * lists.range(), transformMapEntry(), semver, authorizer, and the formats uuid, byte, date and datetime.
 *
 * What an API server knows from the schema is for the caller to bring about, since values are seen
 * here as they stand in the tree, without a schema (k8s.io/apiserver, pkg/cel/common/values*.go):
 *   - `self` is the value that the rule is attached to, after defaulting and pruning;
 *   - a field with `type: number` is a NODE_FLOAT even where it is written as 1, an integer is a NODE_INT;
 *   - x-kubernetes-int-or-string is a NODE_INT or a NODE_STRING as it was written;
 *   - quantities and durations without a `format` are texts there too: rules call quantity(), duration();
 *   - fields with `format: duration | date | date-time | byte` are other types to an API server and texts
 *     here, and lists with x-kubernetes-list-type set or map are compared without order there and with
 *     order here: what a rule says of such a field is not to be relied on;
 *   - a field that is null is absent for has() and for selection, as in an API server.
 * Names are unescaped where they are selected: self.__namespace__ finds "namespace", self.a__dash__b
 * finds "a-b". No types are checked before evaluation: what an API server refuses to install
 * (`1 == "a"`) is evaluated.
 *
 * Ownership: a program lives in the arena it was compiled into and borrows the rule's text; results
 *            live in the scratch arena and borrow from the input.
 * Units:     steps; one for each operation, more where an operation walks a text, list or map. They are
 *            not the cost that an API server counts, which estimates differently.
 * Limits:    CEL_TEXT_MAX, CEL_DEPTH_MAX as in cel-go (parser/parser.go); steps; those of regular
 *            expressions in run->limits.
 * Errors:    see enum cel_outcome. Nothing is reported to a sink.
 * Threads:   programs are read only; everything else is for one thread. */
#ifndef GATESHIFT_CEL_H
#define GATESHIFT_CEL_H

#include "document/document.h"
#include "regex/regex.h"
#include "run/run.h"

enum {
    CEL_TEXT_MAX = 100000, /* bytes of an expression */
    CEL_DEPTH_MAX = 250,   /* levels of an expression */
    CEL_STEPS_PER_RULE =
        1000000 /* a budget of the size of PerCallLimit in pkg/apis/cel/config.go */
};

struct cel_program;
struct cel_error {
    struct slice text; /* what is wrong, in the arena of the program */
    size_t offset;     /* in bytes, from the begin of the expression */
};
/* Null and *error when the expression is none, names something unknown, or is past a limit. */
const struct cel_program *cel_compile(struct arena *arena, struct slice text,
                                      struct cel_error *error);
/* A rule about oldSelf applies to updates alone: without an old value an API server skips it, unless
 * the rule has `optionalOldSelf`. */
bool cel_uses_old_self(const struct cel_program *program);

struct cel_input {
    const struct node *self;
    const struct node *old_self; /* null: there is none */
    bool optional_old_self;      /* oldSelf is an optional value: oldSelf.orValue(x) */
};

/* What evaluation needs besides the program and its input. */
struct cel_evaluator {
    struct run *run; /* for the limits of regular expressions */
    struct regex_set *regexes;
    struct arena *scratch; /* intermediate values and the result */
    uint64_t steps;        /* left; several evaluations may share a budget */
};

enum cel_outcome {
    CEL_FALSE,
    CEL_TRUE,
    CEL_TEXT,  /* *text is the value, as of a messageExpression */
    CEL_OTHER, /* *text names the type of the value */
    CEL_FAILED, /* an API server fails here as well, and refuses the object; *text says what failed */
    CEL_UNKNOWN /* a limit was reached, or it cannot be told here; *text says which. Never an answer */
};
enum cel_outcome cel_evaluate(const struct cel_program *program, const struct cel_input *input,
                              struct cel_evaluator *evaluator, struct slice *text);

/* An expression of Go's package regexp, as in matches() and in a schema's `pattern`: searched, not
 * anchored, over Unicode text. Null and *error when Go refuses it, with *refused true; or, with false,
 * when it is past a limit here. `$` ends the text and not a line, \s leaves out the vertical tab, and
 * what Go does not have (lookaround, references, possessive repetition) is refused. */
const struct regex *cel_regex(struct run *run, struct regex_set *set, struct slice pattern,
                              bool *refused, struct slice *error);

#endif
