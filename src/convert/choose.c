#include "convert/convert_priv.h"

/* Which part of the input is written. What a data plane does with a host follows from all its Ingresses, so
 * those that are not chosen are worked out as well, and then left out. */

struct choice {
    bool chosen, written;
    struct slice subject;
};

static bool is_active(const struct convert_choice *choice)
{
    return choice->namespace.len || choice->selector || choice->host_count;
}

static bool fits(struct conversion *c, const struct origin *origin)
{
    const struct convert_choice *wanted = &c->options->choice;
    if (wanted->namespace.len && !slice_equal(wanted->namespace, origin->namespace)) {
        return false;
    }
    if (!wanted->selector) {
        return true;
    }
    const struct object *object = origin_ingress(c, origin);
    return object && label_selector_matches(wanted->selector, &object->labels);
}

static struct choice *choice_of(struct conversion *c, const struct origin *origin)
{
    struct slice key = origin_key(c, origin);
    struct choice *choice = map_get(c->choices, key);
    if (!choice) {
        choice = ARENA_NEW(c->arena, struct choice);
        map_put(c->choices, key, choice);
        choice->chosen = fits(c, origin);
        choice->subject = ARENA_JOIN(c->arena, origin->namespace, SLICE("/"), origin->name);
    }
    return choice;
}

bool origin_is_chosen(struct conversion *c, const struct origin *origin)
{
    return !is_active(&c->options->choice) || !slice_is(origin->kind, "Ingress") ||
           choice_of(c, origin)->chosen;
}

static bool host_fits(const struct convert_choice *wanted, const struct host_pattern *host)
{
    for (size_t i = 0; i < wanted->host_count; i++) {
        struct host_pattern outer = {.kind = HOST_SUFFIX, .name = wanted->hosts[i]};
        if (slice_equal(wanted->hosts[i], host->name) ||
            (is_wildcard_host(outer.name) && host_pattern_covers(&outer, host))) {
            return true;
        }
    }
    return wanted->host_count == 0;
}

/* A rule that the data plane adds by itself goes with the others of its host. */
static bool is_asked_for(const struct rule *rule)
{
    return slice_is(rule->origin.kind, "Ingress") && !rule->implied;
}

static void say_shared_host(struct conversion *c, const struct entry *entry,
                            const struct rule *chosen, const struct rule *left_out)
{
    say(c, DIAG_C052, SEVERITY_WARNING, chosen->origin.span, &chosen->origin,
        "host '" SLICE_FMT "' is also served by " SLICE_FMT
        ", which is left out: the new Gateway answers its paths by another rule or 404; convert "
        "the whole host before its name leads there",
        SLICE_ARG(entry->host.kind == HOST_ANY ? SLICE("*") : entry->host.name),
        SLICE_ARG(origin_subject(c, &left_out->origin)));
}

bool entry_is_chosen(struct conversion *c, const struct entry *entry)
{
    const struct rule *chosen = NULL, *left_out = NULL;
    if (!is_active(&c->options->choice)) {
        return true;
    }
    bool handed_on = entry->kind == ENTRY_TUNNEL && entry->https;
    bool host = host_fits(&c->options->choice, handed_on ? &entry->sni : &entry->host);
    if (entry->kind != ENTRY_RULES) {
        struct origin origin = entry->origin;
        origin.namespace = stream_namespace(entry);
        return host && fits(c, &origin);
    }
    if (!host && entry->host.name.len) {
        map_put(c->hosts_out, entry->host.name, c);
    }
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct rule *rule = &list->rules[i];
            if (is_asked_for(rule)) {
                struct choice *choice = choice_of(c, &rule->origin);
                choice->written = choice->written || (host && choice->chosen);
                *(choice->chosen ? &chosen : &left_out) = rule;
            }
        }
    }
    if (host && chosen && left_out) {
        say_shared_host(c, entry, chosen, left_out);
    }
    return host && chosen;
}

static void say_list(struct conversion *c, const char *what, const struct map *out)
{
    size_t count;
    struct slice *names = sorted_keys(c, out, &count);
    if (count) {
        say(c, DIAG_C051, SEVERITY_INFO, SPAN_NONE, NULL, "%zu %s%s left out: " SLICE_FMT, count,
            what, count == 1 ? " is" : "s are", SLICE_ARG(name_list(c, names, count)));
    }
}

void say_left_out(struct conversion *c)
{
    struct map *subjects = map_new(c->arena);
    for (const struct map_entry *at = map_first(c->choices); at; at = map_next(at)) {
        const struct choice *choice = map_value(at);
        if (!choice->written && choice->subject.len > 1) {
            map_put(subjects, choice->subject, c);
        }
    }
    if (is_active(&c->options->choice) && !c->out->routes) {
        say(c, DIAG_C051, SEVERITY_WARNING, SPAN_NONE, NULL,
            "no rule of an Ingress fits --namespace, --selector and --host, so nothing is written");
    }
    say_list(c, "host", c->hosts_out);
    say_list(c, "Ingress object", subjects);
}
