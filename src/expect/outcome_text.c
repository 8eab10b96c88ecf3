#include "expect/expect_priv.h"

static void put(struct buf *out, struct slice text)
{
    diag_put_visible(text, out);
}

static void put_backends(struct run *run, const struct outcome *outcome, struct buf *out)
{
    uint64_t sum = weight_sum(outcome, true);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        buf_puts(out, i ? ", " : "");
        if (backend->status && outcome->kind == OUTCOME_TUNNEL) {
            buf_puts(out, "closed");
        } else if (backend->status) {
            buf_printf(out, "answer %lld", (long long)backend->status);
        } else {
            put(out, backend->namespace);
            buf_putc(out, '/');
            put(out, backend->service);
            if (backend->port) {
                buf_printf(out, ":%u", backend->port);
            }
        }
        buf_puts(out, " (");
        buf_put(out, share_text(run->arena, backend->weight, sum));
        buf_putc(out, ')');
    }
    buf_putc(out, '\n');
}

static const char *tunnel_text(const struct entry *entry)
{
    if (entry->transport == TRANSPORT_UDP) {
        return "packets go to ";
    }
    return !entry->https                   ? "the connection goes to "
           : entry->certificate.secret.len ? "TLS is ended, and what is in it goes to "
                                           : "TLS is passed through to ";
}

static void put_kind(struct run *run, const struct outcome *outcome, struct buf *out)
{
    buf_puts(out, "  → ");
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
        buf_puts(out, "forward to ");
        put_backends(run, outcome, out);
        return;
    case OUTCOME_TUNNEL:
        buf_puts(out, tunnel_text(outcome->entry));
        put_backends(run, outcome, out);
        return;
    case OUTCOME_REDIRECT:
        buf_printf(out, "redirect %lld to ", (long long)outcome->status);
        put(out, outcome->location);
        buf_putc(out, '\n');
        return;
    case OUTCOME_RESPOND:
        buf_printf(out, "answer %lld, without a backend", (long long)outcome->status);
        break;
    case OUTCOME_CLOSE:
        buf_puts(out, "the connection is closed");
        break;
    case OUTCOME_UNKNOWN:
        buf_puts(out, "unknown");
        break;
    }
    if (outcome->reason.len) {
        buf_puts(out, ": ");
        put(out, outcome->reason);
    }
    buf_putc(out, '\n');
}

static void put_view(const struct outcome *outcome, struct buf *out)
{
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        if (backend->status) {
            continue;
        }
        buf_puts(out, "    path ");
        put(out, backend->path_known ? backend->path : SLICE("unknown"));
        buf_puts(out, ", host ");
        put(out, backend->host_known ? backend->host : SLICE("unknown"));
        buf_putc(out, '\n');
        return;
    }
}

static void put_place(struct run *run, struct span span, struct buf *out)
{
    if (span.file) {
        buf_puts(out, " (");
        put(out, diag_file_name(run->diag, span.file));
        buf_printf(out, ":%u)", span.line);
    }
    buf_putc(out, '\n');
}

static void put_source(struct run *run, const struct effect_source *source, struct buf *out)
{
    buf_puts(out, "      by ");
    put(out, source->name);
    put_place(run, source->span, out);
}

static void put_effect(struct run *run, const struct rule *rule, const struct effect_row *row,
                       const void *effect, struct buf *out)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    effect_print(row->id, effect, &text);
    buf_puts(out, "    ");
    for (const char *c = row->name; *c; c++) {
        buf_putc(out, *c == '_' ? ' ' : *c);
    }
    buf_puts(out, ": ");
    put(out, buf_slice(&text));
    buf_putc(out, '\n');
    buf_release(&text);
    put_source(run, effect_source(effect), out);
    for (const struct more_sources *more = rule->more; more; more = more->next) {
        if (more->effect == row->id) {
            put_source(run, &more->source, out);
        }
    }
}

/* What the rule itself sets and its author asked for; what acts on every request is left to JSON. */
static void put_effects(struct run *run, const struct outcome *outcome, struct buf *out)
{
    for (size_t id = 0; outcome->rule && id < EFFECT_COUNT; id++) {
        const struct effect_row *row = effect_row((enum effect_id)id);
        const void *effect = effect_get(&outcome->rule->effects, row->id);
        if (effect && effect_source(effect)->name.ptr && outcome->decided_by != (int)id &&
            row->aspect != ASPECT_REWRITE) {
            put_effect(run, outcome->rule, row, effect, out);
        }
    }
}

static void put_unknown(const struct outcome *outcome, struct buf *out)
{
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        if (outcome->kind == OUTCOME_UNKNOWN && slice_equal(u->reason, outcome->reason)) {
            continue;
        }
        buf_printf(out, "    %s unknown: ", aspect_name(u->aspect));
        put(out, u->reason);
        buf_putc(out, '\n');
    }
}

static void put_origin(struct run *run, const struct outcome *outcome, struct buf *out)
{
    const struct origin *origin = outcome_origin(outcome);
    if (!origin) {
        return;
    }
    buf_puts(out, "    because of ");
    put(out, origin->kind);
    buf_putc(out, ' ');
    if (origin->namespace.len) {
        put(out, origin->namespace);
        buf_putc(out, '/');
    }
    put(out, origin->name);
    if (origin->field.len) {
        buf_puts(out, ", ");
        put(out, origin->field);
    }
    put_place(run, origin->span, out);
}

/* The annotation that asked for the answer, unless the rule comes from there; a filter stands in the rule that
 * is named already. */
static void put_asked(struct run *run, const struct outcome *outcome, struct buf *out)
{
    const struct origin *origin = outcome_origin(outcome);
    const void *effect =
        outcome->rule && outcome->decided_by >= 0 && outcome->decided_by < EFFECT_COUNT
            ? effect_get(&outcome->rule->effects, (enum effect_id)outcome->decided_by)
            : NULL;
    const struct effect_source *source = effect ? effect_source(effect) : NULL;
    if (origin && slice_is(origin->kind, "Ingress") && source && source->name.ptr &&
        (source->span.file != origin->span.file || source->span.line != origin->span.line)) {
        put_source(run, source, out);
    }
}

/* "  assumed: basic-auth (Secret shop/users) passes, else answer 401" */
static void put_conditions(const struct outcome *outcome, struct buf *out)
{
    for (size_t i = 0; i < outcome->condition_count; i++) {
        const struct condition *condition = &outcome->conditions[i];
        buf_printf(out, "  assumed: %s", condition->name);
        if (condition->parameters.len) {
            buf_puts(out, " (");
            diag_put_visible(condition->parameters, out);
            buf_putc(out, ')');
        }
        buf_puts(out, condition->passes ? " passes" : " fails");
        if (condition->passes && condition->otherwise.len) {
            buf_puts(out, ", else ");
            diag_put_visible(condition->otherwise, out);
        }
        buf_putc(out, '\n');
    }
}

void outcome_print(struct run *run, const struct request *request, const struct outcome *outcome,
                   struct buf *out)
{
    (void)request;
    put_kind(run, outcome, out);
    if (outcome->kind == OUTCOME_FORWARD) {
        if (outcome->reason.len) {
            buf_puts(out, "    ");
            put(out, outcome->reason);
            buf_putc(out, '\n');
        }
        put_view(outcome, out);
        put_effects(run, outcome, out);
    }
    put_conditions(outcome, out);
    put_unknown(outcome, out);
    put_origin(run, outcome, out);
    put_asked(run, outcome, out);
}
