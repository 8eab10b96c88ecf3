#include "route/route.h"

/* What decides is compared; who wrote it, and where, is not. */

static bool effects_alike(const struct effects *a, const struct effects *b)
{
    if (!a || !b) {
        return a == b;
    }
    for (int id = 0; id < EFFECT_COUNT; id++) {
        enum effect_id effect = (enum effect_id)id;
        if (!effect_identical(effect, effect_get(a, effect), effect_get(b, effect))) {
            return false;
        }
    }
    return true;
}

static bool tests_alike(const struct test *a, const struct test *b)
{
    return a->subject == b->subject &&
           a->operator== b->operator&& a->negated == b->negated &&
           a->fold_separators == b->fold_separators && a->fold == b->fold &&
           a->whole == b->whole && a->list == b->list && slice_equal(a->name, b->name) &&
           slice_equal(a->value, b->value);
}

static bool matches_alike(const struct match *a, const struct match *b)
{
    const struct path_match *x = &a->path, *y = &b->path;
    if (x->kind != y->kind || x->fold != y->fold || x->whole != y->whole ||
        !slice_equal(x->value, y->value) || !slice_equal(a->method, b->method) ||
        a->test_count != b->test_count) {
        return false;
    }
    for (size_t i = 0; i < a->test_count; i++) {
        if (!tests_alike(&a->tests[i], &b->tests[i])) {
            return false;
        }
    }
    return true;
}

static bool backends_alike(const struct backend *a, const struct backend *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct backend *x = &a[i], *y = &b[i];
        if (!slice_equal(x->namespace, y->namespace) || !slice_equal(x->service, y->service) ||
            x->port != y->port || !slice_equal(x->port_name, y->port_name) ||
            x->weight != y->weight || x->status != y->status ||
            !effects_alike(x->effects, y->effects)) {
            return false;
        }
    }
    return true;
}

static bool rules_alike(const struct rule *a, const struct rule *b)
{
    return !a->unknown && !b->unknown && a->implied == b->implied &&
           a->backend_count == b->backend_count && matches_alike(&a->match, &b->match) &&
           effects_alike(&a->effects, &b->effects) &&
           backends_alike(a->backends, b->backends, a->backend_count);
}

static bool lists_alike(const struct rule_list *a, const struct rule_list *b)
{
    for (; a && b && a != b; a = a->next, b = b->next) {
        if (a->count != b->count) {
            return false;
        }
        for (size_t i = 0; i < a->count; i++) {
            if (!rules_alike(&a->rules[i], &b->rules[i])) {
                return false;
            }
        }
    }
    return a == b;
}

bool entries_alike(const struct entry *a, const struct entry *b)
{
    return a->kind == ENTRY_RULES && b->kind == ENTRY_RULES && a->transport == b->transport &&
           a->https == b->https && a->proxy_in == b->proxy_in && a->proxy_out == b->proxy_out &&
           slice_equal(a->certificate.namespace, b->certificate.namespace) &&
           slice_equal(a->certificate.secret, b->certificate.secret) &&
           slice_equal(a->certificate.vault, b->certificate.vault) && !a->client && !b->client &&
           !a->refusal_pages && !b->refusal_pages && !a->refusal && !b->refusal &&
           !a->refusal_unknown && !b->refusal_unknown && !a->unknown && !b->unknown &&
           lists_alike(a->rules, b->rules);
}

bool targets_read_alike(const struct view *a, const struct view *b)
{
    const struct path_form *x = &a->match_form, *y = &b->match_form;
    return x->decode == y->decode && x->merge_slashes == y->merge_slashes &&
           x->resolve_dots == y->resolve_dots && x->stay_in_root == y->stay_in_root &&
           x->decode_unreserved == y->decode_unreserved && a->form_open == b->form_open &&
           a->forward_normalised == b->forward_normalised &&
           a->escape_rewritten == b->escape_rewritten &&
           a->above_root_status == b->above_root_status &&
           a->bad_escape_status == b->bad_escape_status &&
           a->escaped_slash_status == b->escaped_slash_status && a->cut_fragment == b->cut_fragment;
}

static bool leads_alike(const struct port_leads *a, const struct port_leads *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct port_lead *x = &a->items[i], *y = &b->items[i];
        same = x->port == y->port && x->to == y->to && x->relayed == y->relayed;
    }
    return same;
}

static bool views_alike(const struct view *a, const struct view *b)
{
    return targets_read_alike(a, b) && !a->form_open && !b->form_open &&
           a->missing_host_status == b->missing_host_status &&
           a->bad_host_status == b->bad_host_status &&
           a->bad_method_status == b->bad_method_status &&
           a->old_http_status == b->old_http_status &&
           a->plain_http_status == b->plain_http_status && leads_alike(&a->leads, &b->leads) &&
           a->misdirected_status == b->misdirected_status && a->cut_at_colon == b->cut_at_colon &&
           a->underscores == b->underscores && a->drops_odd_headers == b->drops_odd_headers &&
           a->line_bytes == b->line_bytes && a->line_bytes_open == b->line_bytes_open &&
           a->host_dot == b->host_dot && slice_equal(a->client_header, b->client_header) &&
           networks_equal(&a->client_trusted, &b->client_trusted) &&
           !a->proxy_protocol.name.ptr == !b->proxy_protocol.name.ptr &&
           a->proxy_optional == b->proxy_optional &&
           slice_equal(a->scheme_header, b->scheme_header) &&
           slice_equal(a->host_header, b->host_header);
}

bool route_tables_alike(const struct route_table *a, const struct route_table *b)
{
    bool same_gates = a->gate_count == b->gate_count;
    for (size_t i = 0; same_gates && i < a->gate_count; i++) {
        same_gates = a->gates[i] == b->gates[i];
    }
    return same_gates && slice_equal(a->plane, b->plane) && !a->unknown && !b->unknown &&
           a->no_rule_status == b->no_rule_status && a->no_backend_status == b->no_backend_status &&
           a->no_weight_status == b->no_weight_status &&
           effects_alike(&a->platform, &b->platform) && views_alike(&a->view, &b->view);
}
