#include "convert/host_policy_priv.h"

/* What nginx does in words of Envoy, for all who hand them on. */

/* ---- paths that change by an expression: type.matcher.v3.RegexMatchAndSubstitute, with RE2 ---------- */

static bool has_re2(struct slice pattern)
{
    static const char *const parts[] = {"(?=", "(?!", "(?<=", "(?<!", "(?>"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (slice_contains(pattern, slice_of(parts[i]))) {
            return false;
        }
    }
    return true;
}

/* "/new/$1" as "/new/\1"; absent where the target has other parts. */
static struct slice substitution(struct conversion *c, const struct template *target)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        if (part->kind == PART_CAPTURE && part->index < 10) {
            out = arena_printf(c->arena, SLICE_FMT "\\%u", SLICE_ARG(out), part->index);
        } else if (part->kind == PART_TEXT && slice_find(part->text, '\\', 0) == part->text.len) {
            out = ARENA_JOIN(c->arena, out, part->text);
        } else {
            return SLICE_ABSENT;
        }
    }
    return out;
}

bool envoy_rewrite(struct emission *e, const struct route_rewrite *rewrite, struct slice *pattern,
                   struct slice *value)
{
    struct conversion *c = e->c;
    *value = rewrite->kind == REWRITE_REGEX ? substitution(c, &rewrite->target) : SLICE_ABSENT;
    if (e->rewrite->way != REWRITE_WAY_CANNOT || !value->len || !has_re2(rewrite->pattern)) {
        return false;
    }
    bool start = slice_starts(rewrite->pattern, SLICE("^"));
    struct slice inner = slice_sub(rewrite->pattern, start, rewrite->pattern.len);
    *pattern = ARENA_JOIN(c->arena, rewrite->fold ? SLICE("(?i)") : SLICE(""),
                          start ? SLICE("^(?:") : SLICE("^.*?(?:"), inner, SLICE(").*$"));
    return true;
}

/* ---- retries -------------------------------------------------------------------------------- */

enum { UNLIMITED_RETRIES = 5 };

/* nginx's words (ngx_http_proxy_module, proxy_next_upstream) and Envoy's (router filter,
 * x-envoy-retry-on). */
static const struct {
    const char *word, *trigger;
    int64_t status;
} conditions[] = {
    {"error", "connect-failure", 0},
    {"error", "refused-stream", 0},
    {"error", "reset-before-request", 0},
    {"timeout", "connect-failure", 0},
    {"http_500", NULL, 500},
    {"http_502", NULL, 502},
    {"http_503", NULL, 503},
    {"http_504", NULL, 504},
    {"http_403", NULL, 403},
    {"http_404", NULL, 404},
    {"http_429", NULL, 429},
};

int64_t envoy_retry_words(struct conversion *c, const struct route_retries *retries,
                          struct node *triggers, struct node *statuses)
{
    struct slice rest = retries->conditions, word;
    while (slice_split(&rest, ' ', &word)) {
        for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
            struct slice trigger =
                slice_of(conditions[i].status ? "retriable-status-codes" : conditions[i].trigger);
            if (!slice_is(word, conditions[i].word)) {
                continue;
            }
            if (!node_has_text(triggers, trigger)) {
                node_add(c->nodes, triggers, node_string(c->nodes, trigger));
            }
            if (conditions[i].status) {
                node_add(c->nodes, statuses, node_int(c->nodes, conditions[i].status));
            }
        }
    }
    return retries->attempts < 0 ? UNLIMITED_RETRIES : retries->attempts;
}

void say_envoy_retries(struct emission *e, const struct route_retries *retries)
{
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, retries,
               "'" SLICE_FMT "' becomes a retry: Envoy repeats requests of every method, nginx "
               "no POST, PATCH and LOCK that was sent%s",
               SLICE_ARG(retries->source.name),
               retries->total_ms ? ", and it has no limit of time for all tries together" : "");
}
