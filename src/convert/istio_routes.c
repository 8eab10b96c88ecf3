#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* What Envoy does with requests of a rule, by a patch of its route (envoy config/route/v3/route_components.proto,
 * merged as istio 1.30.1 pkg/proto/merge does it). */

/* What is made of the route of the rule at hand; the rest of it stays. */
static struct node *add_route(struct emission *e, size_t index)
{
    struct conversion *c = e->c;
    struct node *patches = node_list(c->nodes);
    struct node *item = istio_patch(c, patches, "HTTP_ROUTE", "MERGE");
    node_set(c->nodes, policy_spec(e, index), "configPatches", patches);
    return policy_map(c, node_get(item, "patch"), "value");
}

static void say_route(struct emission *e, const void *effect, const char *what)
{
    say_effect(
        e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
        "%s an EnvoyFilter, which finds the rule by its place in the HTTPRoute and has to be "
        "looked at with each release of Istio: when rules are put in another order, change "
        "the name of its route as well",
        what);
}

void istio_rewrite(struct emission *e, const void *effect)
{
    struct conversion *c = e->c;
    const struct route_rewrite *rewrite = effect;
    struct slice pattern, substitution;
    if (!host_policy_by_rule(e) || !envoy_rewrite(e, rewrite, &pattern, &substitution)) {
        emit_as_standard(e, EFFECT_rewrite, effect);
        return;
    }
    struct node *action = policy_map(c, add_route(e, ISTIO_REWRITE), "route");
    struct node *regex = policy_map(c, action, "regex_rewrite");
    node_set(c->nodes, policy_map(c, regex, "pattern"), "regex", node_string(c->nodes, pattern));
    node_set(c->nodes, regex, "substitution", node_string(c->nodes, substitution));
    say_route(e, effect, "paths that change by an expression become");
}

/* A route without backends answers by itself (pilot/pkg/config/kube/gateway/conversion.go), here with another status. */
bool istio_answer(struct emission *e, const struct route_answer *answer)
{
    if (!host_policy_by_rule(e) || answer->closes || answer->status < 200 || answer->status > 599 ||
        answer->status == empty_rule_status(e->c)) {
        return false;
    }
    struct node *response = policy_map(e->c, add_route(e, ISTIO_ANSWER), "direct_response");
    node_set(e->c->nodes, response, "status", node_int(e->c->nodes, answer->status));
    say_route(e, answer, "answers without a backend become");
    return true;
}

/* Of the retries that Istio writes by itself the number and the conditions are replaced; a number of 0 would change
 * nothing in a merge. */
void istio_retries(struct emission *e, const void *effect)
{
    struct conversion *c = e->c;
    const struct route_retries *retries = effect;
    struct node *triggers = node_list(c->nodes), *statuses = node_list(c->nodes);
    int64_t attempts = envoy_retry_words(c, retries, triggers, statuses);
    struct slice words = SLICE("");
    if (c->options->experimental || !host_policy_by_rule(e) || !retries->source.name.len ||
        !attempts || !triggers->count) {
        emit_as_standard(e, EFFECT_retries, effect);
        return;
    }
    for (size_t i = 0; i < triggers->count; i++) {
        words = ARENA_JOIN(c->arena, words, i ? SLICE(",") : SLICE(""), triggers->items[i]->text);
    }
    struct node *action = policy_map(c, add_route(e, ISTIO_RETRIES), "route");
    struct node *policy = policy_map(c, action, "retry_policy");
    node_set(c->nodes, policy, "retry_on", node_string(c->nodes, words));
    node_set(c->nodes, policy, "num_retries", node_int(c->nodes, attempts));
    if (statuses->count) {
        node_set(c->nodes, policy, "retriable_status_codes", statuses);
    }
    say_envoy_retries(e, retries);
    say_route(e, effect, "retries become");
}
