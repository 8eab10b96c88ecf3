#include "plan/plan_priv.h"

#include "expect/expect.h"

static const char *const part_titles[LINES_COUNT] = {"Before", "Do", "It worked when", "Stop when",
                                                     "Undo"};

/* A step that a sentence names by its id gets its number, too. */
static void put_sentence(const struct plan *plan, struct slice text, struct buf *out)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        struct slice id = plan->steps[i].id;
        for (size_t at = 0; at + id.len + 2 <= text.len; at++) {
            bool named = text.ptr[at] == '`' && text.ptr[at + 1 + id.len] == '`' &&
                         slice_equal(slice_sub(text, at + 1, at + 1 + id.len), id);
            if (named) {
                put_sentence(plan, slice_sub(text, 0, at), out);
                buf_printf(out, "%zu (`" SLICE_FMT "`)", i + 1, SLICE_ARG(id));
                put_sentence(plan, slice_sub(text, at + 2 + id.len, text.len), out);
                return;
            }
        }
    }
    buf_put(out, text);
}

static void put_lines(const struct plan *plan, const struct plan_lines *lines, const char *title,
                      struct buf *out)
{
    bool open = false;
    if (!lines->count) {
        return;
    }
    buf_printf(out, "**%s**\n\n", title);
    for (size_t i = 0; i < lines->count; i++) {
        const struct plan_line *line = &lines->items[i];
        if (line->command != open) {
            buf_puts(out, line->command ? (i ? "\n```sh\n" : "```sh\n") : "```\n\n");
            open = line->command;
        }
        if (line->command) {
            buf_put(out, line->text);
        } else {
            buf_puts(out, "- ");
            put_sentence(plan, line->text, out);
        }
        buf_putc(out, '\n');
    }
    buf_puts(out, open ? "```\n\n" : "\n");
}

static void put_step(const struct plan *plan, size_t number, struct buf *out)
{
    const struct plan_step *step = &plan->steps[number - 1];
    buf_printf(out, "### %zu. " SLICE_FMT "\n\n`" SLICE_FMT "`\n\n", number, SLICE_ARG(step->title),
               SLICE_ARG(step->id));
    for (size_t i = 0; i < LINES_COUNT; i++) {
        put_lines(plan, &step->parts[i], part_titles[i], out);
    }
}

/* ---- the head ------------------------------------------------------------------------------ */

static void put_waves(struct planner *planner, struct buf *out)
{
    const struct plan *plan = planner->plan;
    buf_puts(out, "| wave | name | hosts | Ingresses | differences: breaking, changed, cosmetic | "
                  "hosts unproven | rollback |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < plan->wave_count; i++) {
        const struct plan_wave *wave = &plan->waves[i];
        const size_t *findings = wave->difficulty.findings;
        buf_puts(out, "| ");
        buf_put(out, wave->held.ptr ? SLICE("stays") : wave_label(planner->arena, i));
        buf_puts(out, " | ");
        diag_put_code(wave->name, true, out);
        buf_printf(out, " | %zu | %zu | %zu, %zu, %zu | %zu | %s%s |\n", wave->host_count,
                   wave->ingresses.count, findings[IMPACT_BREAKING], findings[IMPACT_CHANGED],
                   findings[IMPACT_COSMETIC], wave->difficulty.unproven,
                   verdict_name(wave->rollback.verdict),
                   wave->rollback.trap_count ? ", order matters" : "");
    }
    buf_puts(out, "\nDifferences are counted: requests that clients get answered otherwise are "
                  "*breaking*, other limits and timeouts are *changed*, and what hardly anybody "
                  "sees is *cosmetic*; what the data planes change by themselves is not counted. "
                  "Hosts are *unproven* where not all requests could be "
                  "compared, so that others may differ as well: ask the new side for what matters "
                  "there by hand. "
                  "The rollback is *equivalent* when Ingresses that are deleted and created again "
                  "answer every request as now.\n\n");
}

static void put_check(const struct plan *plan, struct buf *out)
{
    const struct plan_check *check = &plan->check;
    buf_printf(out,
               "The order was tried in a model, with each wave at its own pace, stopped anywhere, "
               "undone and done again. %s After none of %zu moves is one of the %zu hosts without "
               "a side that serves it, as long as the old address stays the same and the steps "
               "wait for caches of DNS where they say so.\n\n",
               check->sampled ? "Some orders were drawn." : "All orders were tried.", check->moves,
               plan->host_count);
}

static const char head[] =
    "The *old side* is the controller that serves the Ingresses now, the *new side* the Gateways "
    "and routes of this folder; each has an address of its own. A *data plane* is the proxies that "
    "requests pass there. A host "
    "moves when its DNS record names the other address. Hosts that move together are a *wave*.\n\n"
    "Do the steps one after the other. Each says what to look at before, what to do, how to see "
    "that it worked, when to stop, and how to undo it. You may stop after any step, for as long as "
    "you like. To go back, undo the steps that were done, the latest first; a single wave goes "
    "back alone by undoing its own steps. The Ingresses stay until the last chapter: before it, "
    "going back is a change of records.\n\n"
    "Commands run in this folder, after `. prepare/env.sh` at the head of each session (step 1). "
    "Words in capitals, such as NAMESPACE, are yours to fill in. The word below the title of a "
    "step "
    "is its name in `plan.json`.\n\n";

/* What the data planes do by themselves is told where a client is answered by something else. */
static bool is_shown(const struct finding *finding)
{
    bool answer = finding->aspect == ASPECT_ROUTING || finding->aspect == ASPECT_REDIRECT;
    return finding->impact >= IMPACT_CHANGED && (!finding->platform || answer);
}

/* Differences are looked at before the first step: what is meant to change is agreed with those who own the hosts. */
static void put_differences(struct planner *planner, struct buf *out)
{
    const struct comparison *comparison = planner->comparison;
    size_t shown = 0;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        if (!is_shown(finding)) {
            continue;
        }
        if (!shown++) {
            buf_puts(out, "## What will be answered otherwise\n\nAgree on these with the owners of "
                          "the hosts first, or change the manifests that the plan was made "
                          "from and make it again. Each has "
                          "a name, by which the requests of step *Ask both sides* call it, and a "
                          "request that shows it.\n\n");
        }
        buf_printf(out, "- `" SLICE_FMT "`, %s: ", SLICE_ARG(finding->id),
                   finding->platform                    ? "changed by the data planes themselves"
                   : finding->impact == IMPACT_BREAKING ? "breaking"
                                                        : "changed");
        diag_put_code(finding->title, false, out);
        buf_puts(out, " (");
        for (size_t h = 0; h < finding->host_count && h < 3; h++) {
            buf_puts(out, h ? ", " : "");
            diag_put_code(finding->hosts[h], false, out);
        }
        buf_printf(out, "%s)", finding->host_count > 3 ? ", ..." : "");
        if (finding->seen.len) {
            buf_puts(out, "; ");
            diag_put_code(finding->seen, false, out);
        }
        buf_puts(out, ":\n  ");
        diag_put_code(request_curl(planner->arena, &finding->witness), false, out);
        buf_putc(out, '\n');
    }
    buf_puts(out, shown ? "\n" : "");
}

static void put_platform(const struct plan *plan, const struct comparison *comparison,
                         struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        count += finding->platform && !is_shown(finding);
    }
    if (count) {
        buf_printf(
            out,
            "%zu more come from the data planes themselves, whatever the Ingresses say, and leave "
            "who "
            "answers as it is: headers, limits, spellings of paths. `gateshift diff --before "
            "\"$MANIFESTS\" --to %s` lists them, with a request for each.\n\n",
            count, plan->target->name);
    }
}

void runbook_write(struct planner *planner, struct buf *out)
{
    const struct plan *plan = planner->plan;
    static const char *const titles[] = {
#define X(id, folder, title) title,
        PLAN_PHASE_LIST(X)
#undef X
    };
    buf_printf(out, "# From " SLICE_FMT " to " SLICE_FMT "\n\n%s", SLICE_ARG(plan->before),
               SLICE_ARG(plan->after), head);
    buf_printf(out, "%zu Gateway%s will run%s an address of its own.\n\n", plan->gateway_count,
               plan->gateway_count == 1 ? "" : "s",
               plan->gateway_count == 1 ? ", with" : ", each with");
    if (planner->options->command.len) {
        buf_printf(out,
                   "This command made the plan, and makes it again; its paths are seen from "
                   "where it ran:\n\n```sh\n" SLICE_FMT "\n```\n\n",
                   SLICE_ARG(planner->options->command));
    }
    put_waves(planner, out);
    put_check(plan, out);
    put_differences(planner, out);
    put_platform(plan, planner->comparison, out);
    enum plan_phase phase = PHASE_COUNT;
    size_t wave = 0;
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        if (step->wave && step->phase != PHASE_RETIRE && step->wave != wave) {
            buf_printf(out, "## Wave %zu: " SLICE_FMT "\n\n", step->wave,
                       SLICE_ARG(plan->waves[step->wave - 1].name));
            wave = step->wave;
        } else if ((!step->wave || step->phase == PHASE_RETIRE) && step->phase != phase) {
            buf_printf(out, "## %s\n\n", titles[step->phase]);
        }
        phase = step->phase;
        put_step(plan, i + 1, out);
    }
}
