/* Hand-built route tables for the tests of this module. */
#ifndef GATESHIFT_CONVERT_FIXTURE_PRIV_H
#define GATESHIFT_CONVERT_FIXTURE_PRIV_H

#include "convert/convert.h"

/* cmocka needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* then */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct run run;
    struct kube kube;
    struct route_table table;
    struct convert_options options;
    struct converted converted;
    struct buf yaml;
    uint32_t file, line; /* each rule gets a line of its own */
};

static inline void fixture_open(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    kube_init(&f->run, &f->kube);
    kube_finish(&f->run, &f->kube);
    route_table_open(&f->run, &f->table);
    f->table.label = SLICE("ingress-nginx 1.15.1");
    f->table.view.match_form = (struct path_form){true, true, true, false, false};
    f->file = diag_file_add(f->run.diag, SLICE("in.yaml"), SLICE_ABSENT);
    convert_options_default(&f->options);
    f->options.target = target_find(SLICE("aks-approuting"));
    buf_init(&f->yaml, BUF_TEXT_MAX);
}

static inline void fixture_close(struct fixture *f)
{
    buf_release(&f->yaml);
    route_table_close(&f->table);
    run_close(&f->run);
}

/* ---- building ----------------------------------------------------------------------------- */

static inline struct rule_list *rules_new(struct fixture *f)
{
    return ARENA_NEW(f->run.arena, struct rule_list);
}

static inline struct span next_span(struct fixture *f)
{
    return (struct span){f->file, ++f->line, 1};
}

/* "Prefix" path of `ingress` in namespace shop, to Service `service`:80; null: no backend. */
static inline struct rule *rule_to(struct fixture *f, struct rule_list *list, const char *ingress,
                                   enum path_kind kind, const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&f->run, list);
    rule->match.path = (struct path_match){.kind = kind, .value = slice_of(path)};
    rule->origin = (struct origin){.kind = SLICE("Ingress"),
                                   .namespace = SLICE("shop"),
                                   .name = slice_of(ingress),
                                   .span = next_span(f)};
    if (service) {
        rule->backends = ARENA_NEW(f->run.arena, struct backend);
        rule->backend_count = 1;
        *rule->backends = (struct backend){.namespace = SLICE("shop"),
                                           .service = slice_of(service),
                                           .port = 80,
                                           .weight = 1,
                                           .span = rule->origin.span};
    }
    return rule;
}

/* The automatic "/" of ingress-nginx, which answers 404. */
static inline struct rule *rule_default(struct fixture *f, struct rule_list *list,
                                        const char *ingress)
{
    struct rule *rule = rule_to(f, list, ingress, PATH_PREFIX_ELEMENT, "/", NULL);
    struct route_answer *answer = ARENA_NEW(f->run.arena, struct route_answer);
    answer->status = 404;
    answer->last = true;
    rule->effects.answer = answer;
    rule->implied = true;
    return rule;
}

static inline struct host_pattern host_of(const char *host)
{
    if (!host) {
        return (struct host_pattern){.kind = HOST_ANY};
    }
    return (struct host_pattern){.kind = host[0] == '*' ? HOST_ONE_LABEL : HOST_EXACT,
                                 .name = slice_of(host)};
}

/* http:80 and https:443 of a host, as ingress-nginx serves them; with a null secret https has the
 * default certificate. Returns the index of the https entry. */
static inline size_t host_add(struct fixture *f, const char *host, const struct rule_list *rules,
                              const char *tls_host, const char *secret)
{
    for (int https = 0; https < 2; https++) {
        struct entry *entry = route_table_add(&f->run, &f->table);
        entry->gateway = SLICE("nginx");
        entry->https = https;
        entry->port = https ? 443 : 80;
        entry->host = host_of(host);
        entry->rules = rules;
        if (https && secret) {
            entry->certificate = (struct certificate){
                .namespace = SLICE("shop"), .secret = slice_of(secret), .host = slice_of(tls_host)};
        }
    }
    return f->table.entry_count - 1;
}

static inline struct effect_source source_of(struct fixture *f, const char *name)
{
    return (struct effect_source){slice_of(name), next_span(f)};
}

/* The redirect to https that ingress-nginx makes for hosts with a certificate. */
static inline const struct route_redirect *https_redirect(struct fixture *f)
{
    struct route_redirect *redirect = ARENA_NEW(f->run.arena, struct route_redirect);
    redirect->status = 308;
    redirect->only_plain_http = true;
    redirect->scheme = SLICE("https");
    redirect->host_from = REDIRECT_HOST_HEADER_NO_PORT;
    redirect->keep_query = true;
    redirect->strip_slash = true;
    return redirect;
}

/* ---- looking -------------------------------------------------------------------------------- */

static inline const char *convert(struct fixture *f)
{
    convert_table(&f->run, &f->kube, &f->table, &f->options, &f->converted);
    buf_clear(&f->yaml);
    converted_write(&f->converted, &f->yaml);
    diag_finish(f->run.diag);
    return arena_string(f->run.arena, buf_slice(&f->yaml));
}

static inline size_t said(const struct fixture *f, enum diag_code code)
{
    size_t count = 0;
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        count += diag_get(f->run.diag, i)->code == code;
    }
    return count;
}

static inline bool said_text(const struct fixture *f, enum diag_code code, const char *text)
{
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        const struct diagnostic *diagnostic = diag_get(f->run.diag, i);
        if (diagnostic->code == code && slice_contains(diagnostic->message, slice_of(text))) {
            return true;
        }
    }
    return false;
}

static inline void assert_has(const char *yaml, const char *text)
{
    if (!strstr(yaml, text)) {
        fail_msg("missing:\n%s\nin:\n%s", text, yaml);
    }
}

static inline void assert_lacks(const char *yaml, const char *text)
{
    if (strstr(yaml, text)) {
        fail_msg("unwanted:\n%s\nin:\n%s", text, yaml);
    }
}

static inline size_t occurrences(const char *yaml, const char *text)
{
    size_t count = 0;
    for (const char *at = yaml; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

#define EFFECT_OF(f, type, name)                                                                   \
    struct route_##type *effect = ARENA_NEW((f).run.arena, struct route_##type);                   \
    effect->source = source_of(&(f), name)

/* One host with one rule: "/" unless said otherwise. */
static inline struct rule *single(struct fixture *f, enum path_kind kind, const char *path)
{
    fixture_open(f);
    struct rule_list *rules = rules_new(f);
    struct rule *rule = rule_to(f, rules, "web", kind, path, "front");
    host_add(f, "a.example.com", rules, NULL, NULL);
    return rule;
}

/* The same for a target, with a path that is an expression, or null. */
static inline struct rule *single_for(struct fixture *f, const char *target, const char *pattern)
{
    struct rule *rule =
        single(f, pattern ? PATH_REGEX : PATH_PREFIX_ELEMENT, pattern ? pattern : "/");
    f->options.target = target_find(slice_of(target));
    return rule;
}

static inline struct template parts_of(struct fixture *f, const struct part *parts, size_t count)
{
    struct part *copy = ARENA_ARRAY(f->run.arena, struct part, count);
    memcpy(copy, parts, count * sizeof *parts);
    return (struct template){copy, count};
}

/* Clients are told apart by a header, which this network may set. */
static inline void trust(struct fixture *f, const char *header)
{
    struct network *all = ARENA_NEW(f->run.arena, struct network);
    assert_true(network_parse(SLICE("10.0.0.0/8"), all));
    f->table.view.client_header = slice_of(header);
    f->table.view.client_trusted = (struct networks){all, 1};
}

#endif
