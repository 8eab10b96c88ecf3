#include "survey/survey_priv.h"

static void put_row(const char *name, struct slice text, struct buf *out)
{
    buf_printf(out, "| %s | ", name);
    buf_put(out, text);
    buf_puts(out, " |\n");
}

static void put_summary(struct run *run, const struct survey *survey, struct buf *out)
{
    struct arena *arena = run->arena;
    buf_printf(out, "## Readiness for `%s`\n\n| | |\n|---|---|\n", survey->target->name);
    put_row("today",
            arena_printf(arena, "%zu Ingresses, %zu hosts, %zu Services", survey->ingress_count,
                         survey->host_count, survey->service_count),
            out);
    put_row("afterwards",
            arena_printf(arena, "%zu Gateways, %zu listeners, %zu HTTPRoutes",
                         survey->converted->gateways, survey->converted->listeners,
                         survey->converted->routes),
            out);
    put_row("behaviour", slice_of(verdict_name(comparison_verdict(survey->comparison))), out);
    put_row("Ingresses",
            arena_printf(arena, "%zu ready, %zu to review, %zu to decide, %zu unknown",
                         survey->grades[GRADE_READY], survey->grades[GRADE_REVIEW],
                         survey->grades[GRADE_DECIDE], survey->grades[GRADE_UNKNOWN]),
            out);
}

static void put_targets(const struct survey *survey, struct buf *out)
{
    buf_printf(out,
               "\n### Targets\n\nOf %zu annotations in use:\n\n"
               "| target | exactly | nearly | not |\n|---|---:|---:|---:|\n",
               survey->used);
    for (size_t i = 0; i < survey->target_count; i++) {
        const struct survey_target *target = &survey->targets[i];
        buf_printf(out, "| `%s` | %zu | %zu | %zu |\n", target->target->name, target->exact,
                   target->near, target->none);
    }
}

static void put_ingresses(const struct survey *survey, struct buf *out)
{
    buf_puts(out, "\n### Ingresses\n\n| Ingress | grade | why |\n|---|---|---|\n");
    for (size_t i = 0; i < survey->ingress_count; i++) {
        const struct survey_ingress *ingress = &survey->ingresses[i];
        buf_printf(out, "| `" SLICE_FMT "/" SLICE_FMT "` | %s%s | ",
                   SLICE_ARG(ingress->object->namespace), SLICE_ARG(ingress->object->name),
                   grade_name(ingress->grade), ingress->model_serving ? ", model serving" : "");
        for (size_t j = 0; j < ingress->reasons.count; j++) {
            buf_puts(out, j ? "<br>" : "");
            diag_put_code(ingress->reasons.items[j], true, out);
        }
        buf_puts(out, " |\n");
    }
}

static void put_owners(const struct survey *survey, struct buf *out)
{
    buf_puts(out,
             "\n### Who owns what afterwards\n\n| namespace | Ingresses today | routes | other "
             "objects | of the platform |\n|---|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < survey->owner_count; i++) {
        const struct survey_owner *owner = &survey->owners[i];
        buf_printf(out, "| `" SLICE_FMT "` | %zu | %zu | %zu | %zu |\n",
                   SLICE_ARG(owner->namespace), owner->ingresses, owner->routes, owner->others,
                   owner->platform_objects);
    }
}

/* Differences that were seen in traffic, or by asking data planes. */
static void put_seen(const struct survey *survey, struct buf *out)
{
    enum { SHOWN_MAX = 10 };
    size_t count = 0;
    for (size_t i = 0; i < survey->comparison->finding_count; i++) {
        const struct finding *finding = &survey->comparison->findings[i];
        if (!finding->seen.len || finding->platform || count >= SHOWN_MAX) {
            continue;
        }
        if (!count++) {
            buf_puts(out, "\n| difference | severity | seen | id |\n|---|---|---|---|\n");
        }
        buf_puts(out, "| ");
        diag_put_code(finding->title, true, out);
        buf_printf(out, " | %s | ", impact_name(finding->impact));
        diag_put_code(finding->seen, true, out);
        buf_printf(out, " | " SLICE_FMT " |\n", SLICE_ARG(finding->id));
    }
}

void survey_markdown(struct run *run, const struct survey *survey, struct buf *out)
{
    put_summary(run, survey, out);
    put_targets(survey, out);
    put_ingresses(survey, out);
    put_seen(survey, out);
    put_owners(survey, out);
    buf_puts(out, "\nThe way back: `gateshift rollback`. All differences with their requests: "
                  "`gateshift diff`.\n");
}
