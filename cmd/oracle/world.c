#include "oracle.h"

static void read_text(struct world *world, const struct rule_set *set)
{
    struct buf text;
    struct input input = {0};
    buf_init(&text, BUF_TEXT_MAX);
    rule_set_yaml(set, &text);
    input_add_text(&world->run, &input, SLICE("manifests.yaml"),
                   arena_copy(world->run.arena, buf_slice(&text)));
    buf_release(&text);
    side_read(&world->run, &input, SLICE("default"), &world->kube);
}

void world_open(const struct rule_set *set, struct world *out)
{
    const struct limits limits = limits_default();
    const struct ingress_choice choice = {.from = SLICE("ingress-nginx")};
    const struct ingress_nginx_options options = {.version = SLICE_ABSENT};
    *out = (struct world){.evaluator = NULL};
    run_open(&out->run, &limits, NULL, NULL);
    out->run.closed = true;
    read_text(out, set);
    ingress_claim_all(&out->run, &out->kube, &choice, &out->claims);
    route_table_open(&out->run, &out->table);
    ingress_nginx_build(&out->run, &out->kube, &out->claims, &options, &out->table);
    out->evaluator = evaluator_new(&out->run, &out->table);
}

void world_render(struct world *world, struct slice http, struct slice https, struct buf *out)
{
    const struct nginx_text text = {.runs = true, .http = http, .https = https};
    const struct ingress_nginx_options options = {.version = SLICE_ABSENT};
    world->refused =
        !ingress_nginx_render(&world->run, &world->kube, &world->claims, &options, &text, out);
}

void world_close(struct world *world)
{
    route_table_close(&world->table);
    run_close(&world->run);
}
