#include "compare/compare_priv.h"

static const struct {
    const char *name;
    enum aspect aspect;
    enum impact impact;
} shown_rows[SHOWN_COUNT] = {
    [SHOWN_OUTCOME] = {"outcome", ASPECT_ROUTING, IMPACT_BREAKING},
    [SHOWN_STATUS] = {"status", ASPECT_ROUTING, IMPACT_BREAKING},
    [SHOWN_LOCATION] = {"location", ASPECT_REDIRECT, IMPACT_BREAKING},
    [SHOWN_SLASH] = {"location", ASPECT_REDIRECT, IMPACT_COSMETIC},
    [SHOWN_BACKENDS] = {"backends", ASPECT_ROUTING, IMPACT_BREAKING},
    [SHOWN_PATH] = {"path", ASPECT_REWRITE, IMPACT_BREAKING},
    [SHOWN_HOST] = {"host", ASPECT_REWRITE, IMPACT_BREAKING},
    [SHOWN_CERTIFICATE] = {"certificate", ASPECT_PROTECTION, IMPACT_BREAKING},
    [SHOWN_REQUEST_HEADERS] = {"request headers", ASPECT_HEADERS, IMPACT_CHANGED},
    [SHOWN_RESPONSE_HEADERS] = {"response headers", ASPECT_HEADERS, IMPACT_CHANGED},
    [SHOWN_CLIENT] = {"client certificate", ASPECT_PROTECTION, IMPACT_BREAKING},
    [SHOWN_BODY] = {"body of answers", ASPECT_HEADERS, IMPACT_CHANGED},
};

/* Effects whose whole result shows in the outcome of the drawn requests. */
static const bool shows[EFFECT_COUNT] = {
    [EFFECT_answer] = true,           [EFFECT_redirect] = true,
    [EFFECT_https_redirect] = true,   [EFFECT_rewrite] = true,
    [EFFECT_upstream_host] = true,    [EFFECT_request_headers] = true,
    [EFFECT_response_headers] = true,
};

const char *shown_name(enum shown shown)
{
    return shown_rows[shown].name;
}

const char *compared_field(enum aspect aspect, size_t index)
{
    for (int i = 0; i < SHOWN_COUNT; i++) {
        bool named = i != SHOWN_SLASH; /* a "/" of the location, which has a row already */
        if (named && shown_rows[i].aspect == aspect && index-- == 0) {
            return shown_rows[i].name;
        }
    }
    for (int i = 0; i < EFFECT_COUNT; i++) {
        const struct effect_row *row = effect_row((enum effect_id)i);
        if (!shows[i] && row->aspect == aspect && index-- == 0) {
            return row->name;
        }
    }
    return NULL;
}

void sides_init(struct arena *arena, const struct route_table *before,
                const struct route_table *after, const struct compare_options *options,
                struct sides *out)
{
    *out = (struct sides){.before = before, .after = after};
    headers_ruled(arena, before, after, out->ruled);
    for (unsigned i = 0; options && i < ASPECT_COUNT; i++) {
        out->aspects |= options->aspects[i] ? 1u << i : 0;
    }
    if (!out->aspects) {
        out->aspects = (1u << ASPECT_COUNT) - 1;
    }
    for (int id = 0; id < EFFECT_COUNT; id++) {
        out->platform_equal[id] =
            effect_equal((enum effect_id)id, effect_get(&before->platform, (enum effect_id)id),
                         effect_get(&after->platform, (enum effect_id)id));
    }
}

/* Of one data plane nothing differs alike on all hosts but what its settings say. */
static bool one_plane(const struct sides *sides)
{
    return sides->before->plane.len && slice_equal(sides->before->plane, sides->after->plane);
}

/* Both outcomes, and what differs in them: by rules, by what the data planes do alike everywhere,
 * and by single effects. */
struct comparing {
    const struct sides *sides;
    const struct outcome *before, *after;
    struct difference rules, platform[SHOWN_COUNT];
    bool effects[EFFECT_COUNT], visible[EFFECT_COUNT];
};

static bool counts(const struct comparing *comparing, enum aspect aspect)
{
    return (comparing->sides->aspects >> aspect & 1) != 0;
}

static void note(const struct comparing *comparing, struct difference *difference, enum shown shown,
                 enum aspect aspect, enum impact impact)
{
    if (!counts(comparing, aspect)) {
        return;
    }
    if (!difference->shown || impact > difference->impact) {
        difference->aspect = aspect;
        difference->impact = impact;
    }
    difference->shown |= 1u << shown;
    difference->aspects |= 1u << aspect;
}

static void note_row(const struct comparing *comparing, struct difference *difference,
                     enum shown shown)
{
    note(comparing, difference, shown, shown_rows[shown].aspect, shown_rows[shown].impact);
}

/* Where the difference goes: what rules do is one for each request, what data planes do one for each field. */
static struct difference *place(struct comparing *c, bool platform, enum shown shown)
{
    return platform ? &c->platform[shown] : &c->rules;
}

bool outcome_is_unwritten(const struct outcome *outcome)
{
    bool implied = outcome->rule && outcome->rule->implied && !outcome->rule->origin.name.len;
    return outcome->kind != OUTCOME_TUNNEL && (!outcome->rule || implied);
}

/* ---- effects of data planes --------------------------------------------------------------- */

/* A backend of gRPC is spoken to by HTTP/2 without TLS, as grpc_pass and "h2c" do. */
static bool is_plain_http2(const struct route_upstream_protocol *upstream)
{
    return upstream &&
           (slice_is(upstream->protocol, "GRPC") || slice_is(upstream->protocol, "H2C"));
}

/* No cookie: what was set elsewhere is switched off. */
static bool keeps_nobody(const struct route_affinity *affinity)
{
    return !affinity || !affinity->cookie.ptr;
}

static bool same_value(enum effect_id id, const void *a, const void *b)
{
    bool http2 = id == EFFECT_upstream_protocol && is_plain_http2(a) && is_plain_http2(b);
    bool unkept = id == EFFECT_affinity && keeps_nobody(a) && keeps_nobody(b);
    return a == b || http2 || unkept || effect_equal(id, a, b);
}

/* A rule that says what its data plane does anyway is no cause of a difference; nor is one that is not there. */
static bool side_is_platform(const struct outcome *outcome, const struct route_table *table,
                             enum effect_id id)
{
    return !outcome->rule ||
           same_value(id, effect_get(&outcome->effects, id), effect_get(&table->platform, id));
}

static bool effect_is_platform(const struct sides *sides, const struct outcome *before,
                               const struct outcome *after, enum effect_id id)
{
    return side_is_platform(before, sides->before, id) && side_is_platform(after, sides->after, id);
}

/* ---- outcome, status, location ------------------------------------------------------------ */

/* What an answer belongs to: the effect that gave it, else whether it is a redirect. */
static enum aspect deciding_aspect(const struct outcome *before, const struct outcome *after)
{
    const struct outcome *const both[] = {before, after};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        int by = both[i]->decided_by;
        if (by >= 0 && by < EFFECT_COUNT && !effect_is_gate((enum effect_id)by)) {
            return effect_row((enum effect_id)by)->aspect;
        }
    }
    return ASPECT_ROUTING;
}

int outcomes_gate(const struct sides *sides, const struct outcome *before,
                  const struct outcome *after)
{
    const struct outcome *const both[] = {before, after};
    bool differ = before->kind != after->kind || before->status != after->status;
    bool ruled = !outcome_is_unwritten(before) && !outcome_is_unwritten(after);
    bool authored =
        (before->rule && !before->rule->implied) || (after->rule && !after->rule->implied);
    for (size_t i = 0; differ && i < ARRAY_LEN(both); i++) {
        int by = both[i]->decided_by;
        if (by >= 0 && by < EFFECT_COUNT && effect_is_gate((enum effect_id)by) &&
            (ruled ||
             (!authored && effect_is_platform(sides, before, after, (enum effect_id)by)))) {
            return by;
        }
    }
    return -1;
}

/* A gate is the cause of both kinds of difference: what it answers, and what it is. Where the other side has no rule
 * at all, that is the cause, but between answers that nobody wrote. */
static bool noted_as_effect(struct comparing *c)
{
    int by = outcomes_gate(c->sides, c->before, c->after);
    if (by >= 0) {
        c->effects[by] = c->visible[by] = true;
    }
    return by >= 0;
}

/* Which of both outcomes is one by https of a host that nobody asked TLS for. */
static bool default_certificate(const struct outcome *outcome)
{
    const struct entry *entry = outcome->entry;
    return entry && entry->https && !entry->certificate.secret.len &&
           !entry->certificate.host.len && !entry->certificate.span.line;
}

static void compare_kind(struct comparing *c)
{
    const struct outcome *a = c->before, *b = c->after;
    if (noted_as_effect(c)) {
        return;
    }
    bool no_listener = (a->kind == OUTCOME_CLOSE && default_certificate(b)) ||
                       (b->kind == OUTCOME_CLOSE && default_certificate(a));
    bool refused = (a->kind == OUTCOME_RESPOND || a->kind == OUTCOME_CLOSE) &&
                   (b->kind == OUTCOME_RESPOND || b->kind == OUTCOME_CLOSE) && a->status != 200 &&
                   b->status != 200;
    bool platform = !one_plane(c->sides) &&
                    (no_listener || (outcome_is_unwritten(a) && outcome_is_unwritten(b)));
    note(c, place(c, platform, SHOWN_OUTCOME), SHOWN_OUTCOME, deciding_aspect(a, b),
         refused || platform ? IMPACT_CHANGED : IMPACT_BREAKING);
}

static void compare_status(struct comparing *c)
{
    const struct outcome *a = c->before, *b = c->after;
    if (a->status == b->status || noted_as_effect(c)) {
        return;
    }
    bool platform = outcome_is_unwritten(a) && outcome_is_unwritten(b);
    bool both_errors = a->status >= 400 && b->status >= 400;
    note(c, place(c, platform, SHOWN_STATUS), SHOWN_STATUS, deciding_aspect(a, b),
         both_errors || platform || a->kind == OUTCOME_REDIRECT ? IMPACT_CHANGED : IMPACT_BREAKING);
}

struct slice outcome_text(const struct outcome *outcome, bool type)
{
    const struct route_answer *answer = outcome->effects.answer;
    bool given = outcome->rule && outcome->decided_by == EFFECT_answer && answer;
    return given ? type ? answer->type : answer->body : SLICE_ABSENT;
}

static void compare_body(struct comparing *c)
{
    const struct outcome *a = c->before, *b = c->after;
    if (a->kind == OUTCOME_RESPOND && a->status == b->status &&
        !(slice_equal(outcome_text(a, false), outcome_text(b, false)) &&
          slice_equal(outcome_text(a, true), outcome_text(b, true)))) {
        note_row(c, &c->rules, SHOWN_BODY);
    }
}

static bool one_slash_more(struct slice longer, struct slice shorter)
{
    return longer.len == shorter.len + 1 && slice_starts(longer, shorter) &&
           longer.ptr[longer.len - 1] == '/';
}

static struct slice behind_authority(struct slice url)
{
    size_t scheme = slice_find(url, ':', 0);
    return slice_sub(url, slice_find(url, '/', scheme + 3), url.len);
}

/* The same place, but for a default port that one of both writes, and a slash at the very end. */
static bool same_place(struct slice a, struct slice b)
{
    struct url x, y;
    if (!url_parse(a, &x) || !url_parse(b, &y)) {
        return false;
    }
    struct slice rest_a = behind_authority(a), rest_b = behind_authority(b);
    return slice_equal(x.scheme, y.scheme) && slice_equal(x.host, y.host) &&
           (x.port ? x.port : scheme_port(x.scheme)) == (y.port ? y.port : scheme_port(y.scheme)) &&
           (slice_equal(rest_a, rest_b) || one_slash_more(rest_a, rest_b) ||
            one_slash_more(rest_b, rest_a));
}

static void compare_location(struct comparing *c)
{
    struct slice a = c->before->location, b = c->after->location;
    if (slice_equal(a, b)) {
        return;
    }
    /* ingress-nginx cuts one "/" off the end of the Location of its redirect to https (template
     * nginx.tmpl, $redirect_uri); a client asks for the same either way. */
    bool https = slice_starts(a, SLICE("https:")) && slice_starts(b, SLICE("https:"));
    if (https && same_place(a, b)) {
        note_row(c, place(c, true, SHOWN_SLASH), SHOWN_SLASH);
    } else {
        note_row(c, &c->rules, SHOWN_LOCATION);
    }
}

static void compare_certificate(struct comparing *c)
{
    const struct entry *a = c->before->entry, *b = c->after->entry;
    if (!a || !b || !a->https || !b->https || a->kind != ENTRY_RULES || b->kind != ENTRY_RULES) {
        return;
    }
    const struct certificate *x = c->before->certificate, *y = c->after->certificate;
    if (!x || !y) {
        return;
    }
    bool same = x->vault.len && y->vault.len
                    ? slice_equal(x->vault, y->vault)
                    : slice_equal(x->secret, y->secret) &&
                          (!x->secret.len || slice_equal(x->namespace, y->namespace));
    if (!same) {
        note_row(c, &c->rules, SHOWN_CERTIFICATE);
    }
}

/* The authority without its kind: one API takes it from a Secret, another one from a ConfigMap. */
static struct slice authority_name(const struct client_check *check)
{
    return slice_sub(check->subject, slice_find(check->subject, ' ', 0) + 1, check->subject.len);
}

/* Requests do not tell which authority signed a certificate, nor how long its chain is. */
static bool same_clients(const struct client_check *a, const struct client_check *b)
{
    bool asks_a = a && a->demand != DEMAND_NONE, asks_b = b && b->demand != DEMAND_NONE;
    if (!asks_a || !asks_b) {
        return asks_a == asks_b;
    }
    return a->demand == b->demand && a->revocation == b->revocation &&
           slice_equal(authority_name(a), authority_name(b)) &&
           (a->depth == b->depth || !a->depth || !b->depth) &&
           (!a->name.ptr || !b->name.ptr || slice_equal(a->name, b->name));
}

static void compare_clients(struct comparing *c)
{
    const struct entry *a = c->before->entry, *b = c->after->entry;
    bool served = c->before->kind == OUTCOME_FORWARD || c->before->kind == OUTCOME_REDIRECT;
    if (served && a && b && a->https && b->https && !same_clients(a->client, b->client)) {
        note_row(c, &c->rules, SHOWN_CLIENT);
    }
}

/* ---- backends ----------------------------------------------------------------------------- */

/* A port that could not be resolved from the input is not a difference that we know of. */
static bool same_backend(const struct outcome_backend *a, const struct outcome_backend *b)
{
    if (a->status || b->status) {
        return a->status == b->status;
    }
    return slice_equal(a->namespace, b->namespace) && slice_equal(a->service, b->service) &&
           (a->port == b->port || !a->port || !b->port);
}

static uint64_t weight_of(const struct outcome *outcome, const struct outcome_backend *backend)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        weight += same_backend(&outcome->backends[i], backend) ? outcome->backends[i].weight : 0;
    }
    return weight;
}

static bool shares_equal(const struct outcome *a, const struct outcome *b)
{
    uint64_t sum_a = weight_sum(a, true), sum_b = weight_sum(b, true);
    const struct outcome *const both[] = {a, b};
    for (size_t side = 0; side < ARRAY_LEN(both); side++) {
        for (size_t i = 0; i < both[side]->backend_count; i++) {
            const struct outcome_backend *backend = &both[side]->backends[i];
            /* Weights are 32 bits wide in every API that is read. */
            if (weight_of(a, backend) * sum_b != weight_of(b, backend) * sum_a) {
                return false;
            }
        }
    }
    return true;
}

/* ---- headers ------------------------------------------------------------------------------ */

static void compare_headers(struct comparing *c, const struct seen_headers *a,
                            const struct seen_headers *b, bool response)
{
    enum shown shown = response ? SHOWN_RESPONSE_HEADERS : SHOWN_REQUEST_HEADERS;
    /* only a backend sends what is to be removed */
    bool removed = response && c->before->kind == OUTCOME_FORWARD;
    struct header_walk walk = {.before = a, .after = b, .removed = removed};
    struct slice name;
    while (header_walk_next(&walk, &name)) {
        bool rules = header_is_ruled(c->sides, c->before, c->after, name, response);
        int effect = !rules && response ? header_effect(c->before, c->after, name) : -1;
        if (effect >= 0) {
            c->effects[effect] = c->visible[effect] = true;
        } else {
            note_row(c, place(c, !rules, shown), shown);
            /* settings of one data plane are one cause */
            c->platform[shown].unwritten =
                !one_plane(c->sides) &&
                (outcome_is_unwritten(c->before) || outcome_is_unwritten(c->after));
        }
    }
}

/* ---- forwarded requests ------------------------------------------------------------------- */

static void compare_views(struct comparing *c, const struct outcome_backend *a,
                          const struct outcome_backend *b)
{
    if (a->path_known && b->path_known && !slice_equal(a->path, b->path)) {
        note_row(c, &c->rules, SHOWN_PATH);
    }
    if (a->host_known && b->host_known && !slice_equal(a->host, b->host)) {
        note_row(c, &c->rules, SHOWN_HOST);
    }
    compare_headers(c, &a->request, &b->request, false);
    compare_headers(c, &a->response, &b->response, true);
}

static void compare_forward(struct comparing *c)
{
    const struct outcome *a = c->before, *b = c->after;
    if (!shares_equal(a, b)) {
        note_row(c, &c->rules, SHOWN_BACKENDS);
    }
    bool met = false;
    for (size_t i = 0; i < a->backend_count; i++) {
        for (size_t j = 0; j < b->backend_count; j++) {
            const struct outcome_backend *x = &a->backends[i], *y = &b->backends[j];
            if (!x->status && same_backend(x, y)) {
                compare_views(c, x, y);
                met = true;
                break;
            }
        }
    }
    /* What another backend gets shall not be hidden by that it is another. */
    bool both = a->backend_count && b->backend_count;
    if (!met && both && !a->backends[0].status && !b->backends[0].status) {
        compare_views(c, &a->backends[0], &b->backends[0]);
    }
}

/* Others than gates are known of requests that are forwarded. */
static void compare_effects(struct comparing *c, bool only_gates)
{
    for (int i = 0; i < EFFECT_COUNT; i++) {
        enum effect_id id = (enum effect_id)i;
        if (shows[id] || (only_gates && !effect_is_gate(id))) {
            continue;
        }
        const void *a = effect_get(&c->before->effects, id),
                   *b = effect_get(&c->after->effects, id);
        bool plain = a == effect_get(&c->sides->before->platform, id) &&
                     b == effect_get(&c->sides->after->platform, id);
        if (!(plain ? c->sides->platform_equal[id] : same_value(id, a, b))) {
            c->effects[id] = true;
        }
    }
}

/* A gate that both sides have alike, of which another one answers first. */
static bool is_other_order(const struct comparing *c, enum effect_id id)
{
    const void *a = effect_get(&c->before->effects, id), *b = effect_get(&c->after->effects, id);
    return c->visible[id] && a && b && same_value(id, a, b);
}

static size_t put_effects(const struct comparing *c, struct difference *out)
{
    enum { REFUSED = 400 };
    bool refused = c->before->status >= REFUSED && c->after->status >= REFUSED;
    size_t count = 0;
    for (int i = 0; i < EFFECT_COUNT; i++) {
        const struct effect_row *row = effect_row((enum effect_id)i);
        if (c->effects[i] && counts(c, row->aspect)) {
            bool alike = is_other_order(c, (enum effect_id)i);
            out[count++] = (struct difference){
                .effect = i,
                .visible = c->visible[i],
                .alike = alike,
                .aspects = 1u << row->aspect,
                .aspect = row->aspect,
                .impact = alike && refused ? IMPACT_CHANGED : row->impact,
                .platform = effect_is_platform(c->sides, c->before, c->after, (enum effect_id)i)};
        }
    }
    return count;
}

static bool share_backend(const struct outcome *a, const struct outcome *b)
{
    for (size_t i = 0; i < a->backend_count; i++) {
        for (size_t j = 0; j < b->backend_count; j++) {
            const struct outcome_backend *x = &a->backends[i], *y = &b->backends[j];
            if (slice_equal(x->namespace, y->namespace) && slice_equal(x->service, y->service)) {
                return true;
            }
        }
    }
    return false;
}

/* Where another backend gets the request, the effects on the way to it have the same cause; not where its share alone is
 * another, nor what protects it. */
static void take_effects(struct comparing *c)
{
    bool moved =
        (c->rules.shown & (1u << SHOWN_BACKENDS)) != 0 && !share_backend(c->before, c->after);
    for (int i = 0; moved && i < EFFECT_COUNT; i++) {
        enum aspect aspect = effect_row((enum effect_id)i)->aspect;
        if (c->effects[i] && counts(c, aspect) && aspect != ASPECT_PROTECTION &&
            !effect_is_platform(c->sides, c->before, c->after, (enum effect_id)i)) {
            c->rules.effects |= 1u << i;
            c->rules.aspects |= 1u << aspect;
            c->effects[i] = false;
        }
    }
}

/* This request, or others of the same rule, get to a backend. */
static bool lets_pass(const struct outcome *outcome)
{
    int by = outcome->decided_by;
    return outcome->kind == OUTCOME_FORWARD ||
           (by >= 0 && by < EFFECT_COUNT && effect_is_gate((enum effect_id)by));
}

size_t outcomes_differ(const struct sides *sides, const struct outcome *before,
                       const struct outcome *after, struct difference out[DIFFERENCES_MAX])
{
    struct comparing c = {
        .sides = sides, .before = before, .after = after, .rules = {.effect = -1}};
    for (int i = 0; i < SHOWN_COUNT; i++) {
        c.platform[i] = (struct difference){.effect = -1, .platform = true};
    }
    if (before->kind != after->kind) {
        compare_kind(&c);
    } else {
        compare_certificate(&c);
        compare_clients(&c);
        if (before->kind == OUTCOME_RESPOND || before->kind == OUTCOME_REDIRECT) {
            compare_status(&c);
            compare_location(&c);
            compare_body(&c);
            compare_headers(&c, &before->response, &after->response, true);
        } else if (before->kind == OUTCOME_FORWARD || before->kind == OUTCOME_TUNNEL) {
            compare_forward(&c);
        }
    }
    /* One gate hides no other, unless a side answers all requests in any case. */
    bool forwarded = before->kind == OUTCOME_FORWARD && after->kind == OUTCOME_FORWARD;
    bool gated = before->rule && after->rule && outcomes_gate(sides, before, after) >= 0 &&
                 lets_pass(before) && lets_pass(after);
    if (forwarded || gated) {
        compare_effects(&c, !forwarded);
    }
    size_t count = 0;
    if (c.rules.shown) {
        take_effects(&c);
        out[count++] = c.rules;
    }
    for (int i = 0; i < SHOWN_COUNT; i++) {
        if (c.platform[i].shown) {
            out[count++] = c.platform[i];
        }
    }
    return count + put_effects(&c, out + count);
}
