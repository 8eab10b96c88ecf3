#include "proofs.h"

#include <unistd.h>

bool world_open(const char *file, const struct target *target, const struct schema_release *release,
                struct world *out)
{
    const struct side_options options = {.kind = SIDE_INGRESS, .choice = {.from = SLICE("auto")}};
    struct convert_options convert;
    struct input input = {0};
    *out = (struct world){.target = target};
    run_open(&out->run, NULL, NULL, NULL);
    convert_options_default(&convert);
    convert.target = target;
    convert.api_minor = release->minor;
    convert.experimental = release->experimental;
    convert.gateway_class = SLICE("example");
    enum status status = input_add(&out->run, &input, slice_of(file), STDIN_FILENO);
    if (status == STATUS_OK) {
        side_read(&out->run, &input, SLICE_ABSENT, &out->before.kube);
    }
    if (status != STATUS_OK || !side_build(&out->run, &options, &out->before)) {
        run_close(&out->run);
        return false;
    }
    convert_table(&out->run, &out->before.kube, &out->before.table, &convert, &out->converted);
    out->announced = diag_count(out->run.diag);
    if (!side_from_converted(&out->run, &out->converted, &out->before.kube, target, &out->after)) {
        side_close(&out->before);
        run_close(&out->run);
        return false;
    }
    return true;
}

void world_close(struct world *world)
{
    side_close(&world->after);
    side_close(&world->before);
    run_close(&world->run);
}

void world_compare(struct run *run, struct side *before, struct side *after, struct comparison *out)
{
    static const struct compare_options all = {0};
    sides_compare(run, before, after, &all, out);
}

void print_request(const struct request *request)
{
    printf(SLICE_FMT " " SLICE_FMT "://" SLICE_FMT ":%u" SLICE_FMT "\n", SLICE_ARG(request->method),
           SLICE_ARG(request->scheme), SLICE_ARG(request->host), request->port,
           SLICE_ARG(request->target));
}
