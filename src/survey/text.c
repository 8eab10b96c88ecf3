#include "survey/survey_priv.h"

static void put_list(const char *title, const struct texts *texts, struct buf *out)
{
    for (size_t i = 0; i < texts->count; i++) {
        buf_printf(out, "    %s ", i ? "     " : title);
        diag_put_visible(texts->items[i], out);
        buf_putc(out, '\n');
    }
}

static void put_summary(struct run *run, const struct survey *survey, struct buf *out)
{
    struct arena *arena = run->arena;
    buf_printf(out, SLICE_FMT ", " SLICE_FMT ", " SLICE_FMT ", " SLICE_FMT " in use\n",
               SLICE_ARG(count_of(arena, survey->ingress_count, "Ingress")),
               SLICE_ARG(count_of(arena, survey->host_count, "host")),
               SLICE_ARG(count_of(arena, survey->service_count, "Service")),
               SLICE_ARG(count_of(arena, survey->used, "different annotation")));
    buf_printf(out, "for '%s': " SLICE_FMT ", " SLICE_FMT ", " SLICE_FMT "; behaviour: %s\n",
               survey->target->name,
               SLICE_ARG(count_of(arena, survey->converted->gateways, "Gateway")),
               SLICE_ARG(count_of(arena, survey->converted->listeners, "listener")),
               SLICE_ARG(count_of(arena, survey->converted->routes, "HTTPRoute")),
               verdict_name(comparison_verdict(survey->comparison)));
    buf_puts(out, "readiness:");
    for (size_t i = 0; i <= GRADE_UNKNOWN; i++) {
        buf_printf(out, "%s %zu %s", i ? "," : "", survey->grades[i], grade_name((enum grade)i));
    }
    buf_putc(out, '\n');
}

static void put_targets(const struct survey *survey, struct buf *out)
{
    buf_puts(out, "\ntargets, by what they can say of the annotations in use\n");
    for (size_t i = 0; i < survey->target_count; i++) {
        const struct survey_target *target = &survey->targets[i];
        buf_printf(out, "  %-22s %zu of %zu exactly, %zu nearly, %zu not\n", target->target->name,
                   target->exact, survey->used, target->near, target->none);
    }
}

static void put_owners(const struct survey *survey, struct buf *out)
{
    buf_puts(out, "\nwho owns what afterwards\n");
    for (size_t i = 0; i < survey->owner_count; i++) {
        const struct survey_owner *owner = &survey->owners[i];
        buf_printf(out, "  " SLICE_FMT ": ", SLICE_ARG(owner->namespace));
        if (owner->routes || owner->others || !owner->platform_objects) {
            buf_printf(out, "%zu Ingress%s today, %zu route%s and %zu other object%s of its team%s",
                       owner->ingresses, owner->ingresses == 1 ? "" : "es", owner->routes,
                       owner->routes == 1 ? "" : "s", owner->others, owner->others == 1 ? "" : "s",
                       owner->platform_objects ? "; " : "");
        }
        if (owner->platform_objects) {
            buf_printf(out, "%zu object%s of the platform team%s", owner->platform_objects,
                       owner->platform_objects == 1 ? "" : "s",
                       owner->platform ? ", with Gateways" : "");
        }
        buf_putc(out, '\n');
    }
}

static void put_ingress(const struct survey_ingress *ingress, struct buf *out)
{
    buf_printf(out, "  %-8s " SLICE_FMT "/" SLICE_FMT, grade_name(ingress->grade),
               SLICE_ARG(ingress->object->namespace), SLICE_ARG(ingress->object->name));
    buf_printf(out, "%s%s%s%s\n", ingress->model_serving ? ", model serving" : "",
               ingress->by_weight ? ", by weight" : "", ingress->by_header ? ", by header" : "",
               ingress->across_namespaces ? ", across namespaces" : "");
    put_list("why: ", &ingress->reasons, out);
    put_list("gain:", &ingress->gains, out);
    put_list("signs", &ingress->signs, out);
}

/* Differences that were seen in traffic, or by asking data planes. */
static void put_seen(const struct survey *survey, struct buf *out)
{
    enum { SHOWN_MAX = 10 };
    size_t count = 0;
    for (size_t i = 0; i < survey->comparison->finding_count; i++) {
        const struct finding *finding = &survey->comparison->findings[i];
        if (!finding->seen.len || finding->platform || count++ >= SHOWN_MAX) {
            continue;
        }
        buf_printf(out, "%s  %s " SLICE_FMT ": ",
                   count == 1 ? "\ndifferences, by what was seen of them\n" : "",
                   impact_name(finding->impact), SLICE_ARG(finding->id));
        diag_put_visible(finding->title, out);
        buf_puts(out, "\n           ");
        diag_put_visible(finding->seen, out);
        buf_putc(out, '\n');
    }
    if (count > SHOWN_MAX) {
        buf_printf(out, "  %zu more are not shown here\n", count - SHOWN_MAX);
    }
}

void survey_text(struct run *run, const struct survey *survey, struct buf *out)
{
    const struct surroundings *surroundings = survey->surroundings;
    put_summary(run, survey, out);
    put_targets(survey, out);
    put_owners(survey, out);
    buf_puts(out, "\nIngresses\n");
    for (size_t i = 0; i < survey->ingress_count; i++) {
        put_ingress(&survey->ingresses[i], out);
    }
    put_seen(survey, out);
    if (surroundings->count) {
        buf_puts(out, "\nwhat else hangs on the old controller\n");
    }
    for (size_t i = 0; i < surroundings->count; i++) {
        const struct surrounding *item = &surroundings->items[i];
        buf_printf(out, "  " SLICE_FMT ": ", SLICE_ARG(item->object->subject));
        diag_put_visible(item->text, out);
        buf_printf(out, "; %s\n", item->row->advice);
    }
    buf_printf(out,
               "\nthe way back: 'gateshift rollback' writes the manifests that put %s back, and "
               "proves them; all differences: 'gateshift diff --before PATH --to %s'\n",
               survey->ingress_count == 1 ? "the Ingress" : "all Ingresses", survey->target->name);
}
