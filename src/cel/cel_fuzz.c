/* Any text is compiled, and what compiles is evaluated, without harm and within its steps; the same rule
 * gives the same result twice, and an error is somewhere in the text. */
#include "cel/cel.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 14, STEPS = 20000 };

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const struct node *read_self(struct run *run)
{
    static const char text[] = "{a: 1, b: 1.5, c: text, d: [1, 2, x], namespace: n, e: ~,\n"
                               " f: {x/y: '10.0.0.1', g: 1h, h: 2020-02-29T12:00:00Z, i: 1.5Gi,\n"
                               "     j: 'http://[::1]:80/p?q', k: 'caf\xc3\xa9'}}\n";
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(run, &input, SLICE("self"), slice_of(text));
    document_read(run, &input.files[0], &documents);
    demand(documents.count == 1);
    return documents.roots[0];
}

static void evaluate_twice(struct run *run, const struct cel_program *program)
{
    struct cel_input input = {.self = read_self(run)};
    struct regex_set *regexes = regex_set_open();
    struct slice texts[2];
    enum cel_outcome outcomes[2];
    input.old_self = cel_uses_old_self(program) ? input.self : NULL;
    for (int i = 0; i < 2; i++) {
        struct cel_evaluator evaluator = {
            .run = run, .regexes = regexes, .scratch = run->arena, .steps = STEPS};
        outcomes[i] = cel_evaluate(program, &input, &evaluator, &texts[i]);
        demand(evaluator.steps < STEPS);
        demand(outcomes[i] == CEL_TEXT || texts[i].len > 0);
    }
    demand(outcomes[0] == outcomes[1] && slice_equal(texts[0], texts[1]));
    regex_set_close(regexes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > BYTES_MAX) {
        return 0;
    }
    struct run run;
    struct limits limits = limits_default();
    struct cel_error error = {0};
    limits.regex_steps = 10000;
    run_open(&run, &limits, NULL, NULL);
    struct slice text = {size ? (const char *)data : "", size};
    const struct cel_program *program = cel_compile(run.arena, text, &error);
    if (program) {
        evaluate_twice(&run, program);
    } else {
        demand(error.text.len > 0 && error.offset <= size);
    }
    run_close(&run);
    return 0;
}
