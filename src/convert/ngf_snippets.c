#include "convert/ngf_priv.h"

/* Directives of nginx, in the location of a rule (snippetsfilter_types.go). NGINX Gateway Fabric only takes them
 * when it is installed with snippets switched on. */

static void add_directive(struct emission *e, const void *effect, struct slice text)
{
    struct conversion *c = e->c;
    struct node *spec = policy_spec(e, NGF_SNIPPETS), *list = node_get(spec, "snippets");
    struct slice before = SLICE("");
    if (list) {
        before = node_get(list->items[0], "value")->text;
    }
    struct node *item = node_map(c->nodes);
    node_set(c->nodes, item, "context", text_node(c, "http.server.location"));
    node_set(c->nodes, item, "value",
             node_string(c->nodes, ARENA_JOIN(c->arena, before, text, SLICE("\n"))));
    if (list) {
        list->items[0] = item;
    } else {
        list = node_list(c->nodes);
        node_add(c->nodes, list, item);
        node_set(c->nodes, spec, "snippets", list);
    }
    say_effect(c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "'" SLICE_FMT "' becomes directives of nginx in a SnippetsFilter: install NGINX "
               "Gateway Fabric with snippets switched on, and look at who may write them",
               SLICE_ARG(effect_source(effect)->name));
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void put_networks(const char *directive, const struct networks *networks, struct buf *out)
{
    for (size_t i = 0; i < networks->count; i++) {
        buf_printf(out, "%s ", directive);
        network_print(&networks->items[i], out);
        buf_puts(out, ";\n");
    }
}

void ngf_addresses(struct emission *e, const void *effect)
{
    const struct route_addresses *addresses = effect;
    struct buf text;
    if (e->rule->effects.authentication && e->rule->effects.authentication->any) {
        say_unsupported(e->c, e->rule, EFFECT_addresses, effect);
        return;
    }
    buf_init(&text, BUF_TEXT_MAX);
    put_networks("deny", &addresses->deny, &text);
    put_networks("allow", &addresses->allow, &text);
    if (addresses->has_allow) {
        buf_puts(&text, "deny all;\n");
    }
    struct slice all = arena_copy(e->c->arena, buf_slice(&text));
    buf_release(&text);
    if (all.len) {
        add_directive(e, effect, slice_sub(all, 0, all.len - 1));
    }
}

/* ---- traffic -------------------------------------------------------------------------------- */

void ngf_retries(struct emission *e, const void *effect)
{
    const struct route_retries *retries = effect;
    bool off = !retries->attempts || !retries->conditions.len;
    struct slice text = ARENA_JOIN(e->c->arena, SLICE("proxy_next_upstream "),
                                   off ? SLICE("off") : retries->conditions, SLICE(";"));
    if (!off) {
        text = arena_printf(e->c->arena,
                            SLICE_FMT "\nproxy_next_upstream_tries %lld;\n"
                                      "proxy_next_upstream_timeout %lldms;",
                            SLICE_ARG(text),
                            (long long)(retries->attempts < 0 ? 0 : retries->attempts + 1),
                            (long long)retries->total_ms);
    }
    add_directive(e, effect, text);
}

void ngf_bandwidth(struct emission *e, const void *effect)
{
    const struct route_bandwidth *bandwidth = effect;
    add_directive(e, effect,
                  arena_printf(e->c->arena, "limit_rate %lld;\nlimit_rate_after %lld;",
                               (long long)bandwidth->bytes_per_second,
                               (long long)bandwidth->free_bytes));
}

/* ---- paths ---------------------------------------------------------------------------------- */

static bool has_any(struct slice text, const char *bytes)
{
    for (; *bytes; bytes++) {
        if (slice_find(text, *bytes, 0) < text.len) {
            return true;
        }
    }
    return false;
}

/* "/new/$1"; absent where the target has other parts, or what would end the word. */
static struct slice target_text(struct conversion *c, const struct template *target)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        if (part->kind == PART_CAPTURE && part->index < 10) {
            out = arena_printf(c->arena, SLICE_FMT "$%u", SLICE_ARG(out), part->index);
        } else if (part->kind == PART_TEXT && !has_any(part->text, "\"\\$;{}\n")) {
            out = ARENA_JOIN(c->arena, out, part->text);
        } else {
            return SLICE_ABSENT;
        }
    }
    return out;
}

/* Where a rule has conditions beside the path, nginx is asked for the path as it was sent (servers.go,
 * createProxyPass). */
void ngf_rewrite(struct emission *e, const void *effect)
{
    const struct route_rewrite *rewrite = effect;
    const struct match *match = &e->rule->match;
    struct slice target =
        rewrite->kind == REWRITE_REGEX ? target_text(e->c, &rewrite->target) : SLICE_ABSENT;
    if (e->rewrite->way != REWRITE_WAY_CANNOT || !target.len || match->test_count ||
        match->method.len || has_any(rewrite->pattern, "\"\n")) {
        emit_as_standard(e, EFFECT_rewrite, effect);
        return;
    }
    add_directive(e, effect,
                  ARENA_JOIN(e->c->arena, SLICE("rewrite \""),
                             rewrite->fold ? SLICE("(?i)") : SLICE(""), rewrite->pattern,
                             SLICE("\" \""), target, SLICE("\" break;")));
}

bool ngf_answer(struct emission *e, const struct route_answer *answer)
{
    if (answer->status < 400 || answer->status > 599) {
        return false;
    }
    add_directive(e, answer, arena_printf(e->c->arena, "return %lld;", (long long)answer->status));
    return true;
}
