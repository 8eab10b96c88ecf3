#include "ingress_nginx/model_priv.h"

/* Rules at the head of a server, before a location is looked for (nginx.tmpl, SERVER). */

struct heading {
    struct model *model;
    const struct server *server;
    struct route_table *table;
    struct rule_list *list;
};

static struct rule *add_rule(struct model *model, struct rule_list *list, enum path_kind kind,
                             struct slice value)
{
    struct rule *rule = rule_list_add(model->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = value;
    return rule;
}

/* A rule that the data plane answers by itself before it looks for a location, so without a body limit. */
static struct rule *head_rule(struct model *model, const struct server *server,
                              struct rule_list *list, enum path_kind kind, struct slice path)
{
    struct rule *rule = add_rule(model, list, kind, path);
    rule_outside_locations(model, server, rule, -1);
    rule->unknown = model->settings->unknown;
    return rule;
}

void refusal_rules(struct model *model, const struct server *server, struct rule_list *list)
{
    if (!server->refused.name.ptr) {
        return;
    }
    struct rule *rule = head_rule(model, server, list, PATH_ANY, SLICE_ABSENT);
    struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
    *answer =
        (struct route_answer){.source = server->refused,
                              .status = 403,
                              .reason = SLICE("the Secret for client certificates cannot be had")};
    rule->effects.answer = answer;
    rule->origin = server->origin;
}

/* An item of a map of nginx (ngx_http_map_module): an expression after "~", without case after "~*", else
 * the whole text without case. False when it does not compile, which nginx refuses. */
static bool blocked_test(const struct heading *head, const char *header, struct slice item,
                         struct test *out)
{
    struct run *run = head->model->run;
    bool regex = slice_starts(item, SLICE("~")), fold = !regex || slice_starts(item, SLICE("~*"));
    struct slice error;
    struct slice pattern =
        regex ? slice_sub(item, fold ? 2 : 1, item.len)
              : ARENA_JOIN(run->arena, SLICE("^"), regex_quote(run->arena, item), SLICE("$"));
    *out = (struct test){.subject = TEST_HEADER,
                         .operator= TEST_REGEX,
                         .fold = fold,
                         .name = slice_of(header),
                         .value = pattern};
    out->regex = regex_compile(run, head->table->regexes, pattern, fold, false, &error);
    return out->regex != NULL;
}

/* block-user-agents and block-referers (nginx.tmpl, $block_ua and $block_ref). */
static void add_blocked(const struct heading *head, const char *key, const char *header,
                        struct slice list)
{
    struct model *model = head->model;
    const struct effect_source source = setting_source(model->settings, key);
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        struct test test;
        item = slice_trim(item);
        if (!item.len) {
            continue;
        }
        if (!blocked_test(head, header, item, &test)) {
            model_freeze(model, source, SLICE_ABSENT,
                         arena_printf(model->run->arena,
                                      "'" SLICE_FMT
                                      "' of setting '%s' is no regular expression that nginx takes",
                                      SLICE_ARG(item), key));
            continue;
        }
        struct rule *rule = head_rule(model, head->server, head->list, PATH_ANY, SLICE_ABSENT);
        struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
        *answer = (struct route_answer){
            .source = source, .status = 403, .reason = SLICE("the controller blocks such clients")};
        rule->match.tests = ARENA_NEW(model->run->arena, struct test);
        rule->match.tests[0] = test;
        rule->match.test_count = 1;
        rule->effects.answer = answer;
        rule->origin = head->server->origin;
    }
}

void blocked_rules(struct model *model, const struct server *server, struct route_table *table,
                   struct rule_list *list)
{
    const struct heading head = {model, server, table, list};
    add_blocked(&head, "block-user-agents", "User-Agent", model->settings->block_user_agents);
    add_blocked(&head, "block-referers", "Referer", model->settings->block_referers);
}

void app_root_rules(struct model *model, const struct server *server, struct rule_list *list)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (!location->item || location->plain) {
            continue;
        }
        const struct annotations *annotations = location->item->annotations;
        struct slice root = annotation_text(annotations, AN_app_root);
        if (!root.len || root.ptr[0] != '/') {
            continue; /* approot: what is no path of its own is ignored */
        }
        struct rule *rule = head_rule(model, server, list, PATH_EXACT, SLICE("/"));
        rule->unknown = unknown_prepend(model->run, rule->unknown, server->unknown);
        struct route_redirect *redirect = ARENA_NEW(model->run->arena, struct route_redirect);
        *redirect = (struct route_redirect){.source = annotation_source(annotations, AN_app_root),
                                            .status = 302,
                                            .path_change = PATH_CHANGE_FULL,
                                            .path = root};
        rule->effects.redirect = redirect;
        rule->origin = annotation_origin(model->run, location->item->ingress, redirect->source);
        return; /* the first in the order of locations wins */
    }
}
