#include "report/report_priv.h"

/* ---- places ------------------------------------------------------------------------------- */

static struct slice origin_text(struct arena *arena, const struct origin *origin)
{
    return arena_printf(arena, SLICE_FMT " " SLICE_FMT "%s" SLICE_FMT "%s" SLICE_FMT,
                        SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace),
                        origin->namespace.len ? "/" : "", SLICE_ARG(origin->name),
                        origin->field.len ? ", " : "", SLICE_ARG(origin->field));
}

/* The annotation, field or setting that set the effect that differs. */
static const struct effect_source *setter(const struct finding *finding,
                                          const struct outcome *outcome)
{
    const void *effect =
        finding->effect < 0 ? NULL : effect_get(&outcome->effects, (enum effect_id)finding->effect);
    const struct effect_source *source = effect ? effect_source(effect) : NULL;
    return source && source->name.len && source->span.line ? source : NULL;
}

static bool is_of_rule(const struct finding *finding, const struct outcome *outcome)
{
    return outcome->rule && effect_get(&outcome->rule->effects, (enum effect_id)finding->effect);
}

/* Why no rule has decided. */
static struct slice without_rule(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_CLOSE:
        return outcome->entry ? SLICE("the connection is closed") : SLICE("nobody listens there");
    case OUTCOME_TUNNEL:
        return SLICE("the connection is passed through");
    case OUTCOME_FORWARD:
    case OUTCOME_REDIRECT:
    case OUTCOME_RESPOND:
    case OUTCOME_UNKNOWN:
        break;
    }
    return SLICE("no rule takes it");
}

static const struct origin *origin_of(const struct outcome *outcome)
{
    const struct origin *origin = outcome->rule ? &outcome->rule->origin : NULL;
    if (outcome->kind == OUTCOME_TUNNEL && outcome->entry) {
        origin = &outcome->entry->origin;
    }
    return origin && origin->kind.len ? origin : NULL;
}

void finding_place(struct run *run, const struct finding *finding, bool after, struct place *out)
{
    const struct outcome *outcome = after ? &finding->after : &finding->before;
    const struct effect_source *source = setter(finding, outcome);
    const struct origin *origin = origin_of(outcome);
    *out = (struct place){0};
    if (source && !(origin && is_of_rule(finding, outcome))) {
        out->text = arena_printf(run->arena, "setting " SLICE_FMT, SLICE_ARG(source->name));
        out->span = source->span;
    } else if (finding->settings && !source) {
        out->none = true;
        out->text = SLICE("settings of the controller");
        return;
    } else if (!origin) {
        out->none = true;
        out->text = outcome->rule ? SLICE("the data plane's own rule") : without_rule(outcome);
        return;
    } else {
        struct origin shown = *origin;
        shown.field = source ? source->name : origin->field;
        out->span = source ? source->span : origin->span;
        out->text = origin_text(run->arena, &shown);
    }
    if (out->span.line) {
        out->file = diag_file_name(run->diag, out->span.file);
    }
}

struct slice place_position(struct arena *arena, const struct place *place)
{
    if (!place->file.len) {
        return SLICE_ABSENT;
    }
    return place->span.column
               ? arena_printf(arena, SLICE_FMT ":%u:%u", SLICE_ARG(place->file), place->span.line,
                              place->span.column)
               : arena_printf(arena, SLICE_FMT ":%u", SLICE_ARG(place->file), place->span.line);
}

bool place_is_file(const struct place *place)
{
    return place->file.len && place->file.ptr[0] != '<';
}

/* ---- hosts and verdicts ------------------------------------------------------------------- */

struct slice finding_hosts(struct arena *arena, const struct finding *finding, size_t most)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    size_t shown = finding->host_count > most + 1 ? most : finding->host_count;
    for (size_t i = 0; i < shown; i++) {
        buf_printf(&buf, "%s" SLICE_FMT, i ? ", " : "", SLICE_ARG(finding->hosts[i]));
    }
    if (finding->host_count > shown) {
        buf_printf(&buf, " and %zu more", finding->host_count - shown);
    }
    struct slice text = arena_copy(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

/* What differs may be not all that there is. */
static void put_partly_open(const struct comparison *comparison, const struct host_verdict *host,
                            struct buf *out)
{
    size_t count = 0;
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        const struct aspect_verdict *aspect = &host->aspects[a];
        if (comparison->aspects[a] && aspect->verdict == VERDICT_DIFFERENT &&
            aspect_is_open(aspect)) {
            buf_printf(out, "%s%s", count++ ? ", " : "; not all of it proved in ",
                       aspect_name((enum aspect)a));
        }
    }
}

struct slice host_words(struct arena *arena, const struct comparison *comparison,
                        const struct host_verdict *host)
{
    static const enum verdict order[] = {VERDICT_DIFFERENT, VERDICT_UNPROVEN, VERDICT_EQUIVALENT};
    struct buf buf;
    size_t compared = 0;
    buf_init(&buf, BUF_TEXT_MAX);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        compared += comparison->aspects[a];
    }
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        size_t count = 0;
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            if (!comparison->aspects[a] || host->aspects[a].verdict != order[i]) {
                continue;
            }
            const char *name = aspect_name((enum aspect)a);
            if (count++) {
                buf_printf(&buf, ", %s", name);
            } else {
                buf_printf(&buf, "%s%s in %s", buf.len ? "; " : "", verdict_name(order[i]), name);
            }
        }
        if (count == compared && compared > 1) {
            buf_clear(&buf);
            buf_printf(&buf, "%s in all aspects", verdict_name(order[i]));
        }
    }
    put_partly_open(comparison, host, &buf);
    struct slice text = arena_copy(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

struct slice unproven_advice(struct slice reason)
{
    static const struct {
        const char *part, *advice;
    } rows[] = {
        {"than the limit", "compare fewer hosts at once"},
        {"standard leaves open", "name the implementation, with --to, --before-as or --after-as"},
        {"how the data plane reads", "look for such targets in access logs; where there are some, "
                                     "send them to both data planes"},
        {"creation times are missing", "read the Ingresses from the cluster: 'kubectl get ingress "
                                       "-A -o yaml' has their creation times"},
        {"PROXY protocol", "see that each load balancer sends what its data plane reads"},
        {"tried", "look at both sides by hand: they agree in all that was tried"},
        {"cannot be told",
         "write the expression in a plainer way, or send such requests to both sides"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_contains(reason, slice_of(rows[i].part))) {
            return slice_of(rows[i].advice);
        }
    }
    return SLICE("send such requests to both data planes, and compare the answers");
}

struct slice report_probes(struct arena *arena, const struct comparison *comparison)
{
    return arena_printf(arena,
                        "outside of that it was probed with %zu requests, whose differences are "
                        "shown, and which prove nothing of others like them",
                        comparison->probed);
}

const char *report_assumption(const struct run *run, const struct report *report, size_t index)
{
    if (index == 0) {
        return run->closed ? "what is referred to and is not in the input does not exist"
                           : "what is referred to and is not in the input (Services, Secrets, "
                             "Namespaces, classes) exists and is ready";
    }
    const char *const *all = report->comparison->assumptions;
    for (size_t i = 0; all[i]; i++) {
        if (i + 1 == index) {
            return all[i];
        }
    }
    return NULL;
}
