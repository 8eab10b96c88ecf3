#include "verify_requests.h"

#include "requests.h"

static void add(struct verifying *verifying, const struct verify_item *item)
{
    verify_items_add(&verifying->app->run, &verifying->items, verifying->seen, verifying->side,
                     verifying->words.how.target, item);
}

static bool add_given(struct verifying *verifying)
{
    struct app *app = verifying->app;
    for (size_t i = 0; i < app->options.operands.count; i++) {
        struct expect_cases cases = {0};
        if (!requests_read(app, app->options.operands.items[i], &cases)) {
            return false;
        }
        for (size_t c = 0; c < cases.count; c++) {
            bool file = cases.items[c].name.ptr;
            const struct verify_item item = {.request = cases.items[c].request,
                                             .source = file ? app->options.operands.items[i]
                                                            : SLICE("verify"),
                                             .number = file ? c + 1 : i + 1};
            add(verifying, &item);
        }
    }
    return true;
}

static bool add_logs(struct verifying *verifying)
{
    struct app *app = verifying->app;
    bool fine = true;
    for (size_t i = 0; i < app->options.logs.count; i++) {
        const struct verify_log log = {.path = app->options.logs.items[i],
                                       .most = verifying->words.most,
                                       .format = app->options.log_format,
                                       .keys = app->options.keys.items,
                                       .key_count = app->options.keys.count};
        struct slice why;
        if (!verify_items_from_log(&app->run, verifying->side, verifying->words.how.target, &log,
                                   verifying->seen, &verifying->items, &why)) {
            app_failure(app, SLICE_FMT, SLICE_ARG(why));
            fine = false;
        }
    }
    return fine;
}

static void add_witnesses(struct verifying *verifying)
{
    struct app *app = verifying->app;
    const struct compare_options options = {0};
    struct comparison comparison;
    sides_compare(&app->run, &verifying->sides.before, &verifying->sides.after, &options,
                  &comparison);
    for (size_t i = 0; i < comparison.finding_count; i++) {
        struct verify_item item =
            verify_witness(&app->run, verifying->side, &comparison.findings[i]);
        item.source = SLICE("diff");
        item.number = i + 1;
        add(verifying, &item);
    }
}

static void add_routes(struct verifying *verifying)
{
    struct run *run = &verifying->app->run;
    for (size_t side = 0; side < 2; side++) {
        struct covers covers;
        cover_rules(run, verifying->side[side].table, verifying->side[side].evaluator, &covers);
        for (size_t i = 0; i < covers.count; i++) {
            const struct cover *cover = &covers.items[i];
            if (cover->found) {
                struct verify_item item = {.request = cover->request,
                                           .source = side ? SLICE("routes after")
                                                          : SLICE("routes before"),
                                           .number = i + 1};
                item.gateway[side] = cover->request.gateway;
                add(verifying, &item);
            } else if (!side) {
                const struct origin *origin = &cover->rule->origin;
                diag_at(run->diag, DIAG_Q004, origin->span, SLICE_ABSENT,
                        "no request was found that " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT
                        " " SLICE_FMT " decides",
                        SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace),
                        SLICE_ARG(origin->name), SLICE_ARG(origin->field));
            }
        }
    }
}

/* A header of the command line belongs to all requests; those of URLs have it already. */
static bool add_headers(struct verifying *verifying)
{
    struct app *app = verifying->app;
    struct request given = {.method = SLICE_ABSENT};
    if (!requests_headers(app, &given)) {
        return false;
    }
    for (size_t i = 0; i < verifying->items.count; i++) {
        struct headers *headers = &verifying->items.items[i].request.headers;
        const struct headers own = *headers;
        for (size_t h = 0; h < given.headers.count; h++) {
            const struct header *header = &given.headers.items[h];
            if (!headers_get(&own, header->name).ptr) {
                headers_add(app->run.arena, headers, header->name, header->value);
            }
        }
    }
    return true;
}

bool verify_collect(struct verifying *verifying)
{
    unsigned ask = verifying->words.ask;
    if ((ask & ASK_GIVEN && !add_given(verifying)) || (ask & ASK_LOGS && !add_logs(verifying))) {
        return false;
    }
    if (verifying->has_sides && ask & ASK_WITNESSES) {
        add_witnesses(verifying);
    }
    if (verifying->has_sides && ask & ASK_ROUTES) {
        add_routes(verifying);
    }
    return add_headers(verifying);
}
