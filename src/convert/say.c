#include "convert/policy_priv.h"

struct slice origin_subject(struct conversion *c, const struct origin *origin)
{
    if (!origin->name.len) {
        return SLICE_ABSENT;
    }
    return ARENA_JOIN(c->arena, origin->kind, SLICE(" "), origin->namespace, SLICE("/"),
                      origin->name);
}

/* What an annotation asks for may hold for rules of another Ingress, such as of a canary: whose it is counts. */
static struct slice subject_at(struct conversion *c, const struct origin *origin, struct span span)
{
    const struct object *own = origin_ingress(c, origin);
    if (!own) {
        return origin_subject(c, origin);
    }
    if (!span.line || (span_equal(span, origin->span) && object_begins_before(own, span))) {
        return own->subject;
    }
    const struct object *owner = ingress_annotated(c->arena, c->kube, &c->ingresses, own, span);
    return owner ? owner->subject : own->subject;
}

static bool is_new(struct conversion *c, enum diag_code code, struct span span,
                   const struct origin *origin, struct slice message)
{
    const uint32_t numbers[] = {code, span.file, span.line, span.column};
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){(const char *)numbers, sizeof numbers});
    if (!span.line && origin) { /* without a place the object tells one from another */
        buf_put(&c->key, origin->namespace);
        buf_putc(&c->key, '/');
        buf_put(&c->key, origin->name);
    }
    buf_put(&c->key, message);
    return map_add(c->said, buf_slice(&c->key), c) == NULL;
}

static void vsay(struct conversion *c, enum diag_code code, enum severity severity,
                 struct span span, const struct origin *origin, struct slice more, struct slice of,
                 const char *format, va_list args)
{
    if (c->silent || (origin && !origin_is_chosen(c, origin))) {
        return; /* nothing is written for it */
    }
    /* Most is said again and again, so memory is only taken for what is new. */
    char text[1024];
    va_list again;
    va_copy(again, args);
    const size_t length = text_print(text, sizeof text, format, args);
    struct slice message = length < sizeof text ? (struct slice){text, length}
                                                : arena_vprintf(c->arena, format, again);
    va_end(again);
    message =
        more.len && slice_contains(message, of) ? ARENA_JOIN(c->arena, message, more) : message;
    if (is_new(c, code, span, origin, message)) {
        const struct diagnostic item = {code, severity, arena_copy(c->arena, message),
                                        origin ? subject_at(c, origin, span) : SLICE_ABSENT, span};
        diag_add(c->run->diag, &item);
    }
}

void say(struct conversion *c, enum diag_code code, enum severity severity, struct span span,
         const struct origin *origin, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsay(c, code, severity, span, origin, SLICE(""), SLICE(""), format, args);
    va_end(args);
}

void say_rule(struct conversion *c, enum diag_code code, const struct rule *rule,
              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsay(c, code, diag_row(code)->severity, rule->origin.span, &rule->origin, SLICE(""), SLICE(""),
         format, args);
    va_end(args);
}

/* What names the first of the annotations that make an effect up is about all of them: "; it is also about:
 * session-cookie-path". */
static struct slice other_sources(struct conversion *c, const struct rule *rule, const void *effect)
{
    struct slice out = SLICE("");
    for (const struct more_sources *more = rule->more; more; more = more->next) {
        struct slice name = more->source.name, part;
        if (effect_get(&rule->effects, more->effect) == effect) {
            for (struct slice rest = name; slice_split(&rest, '/', &part);) {
                name = part;
            }
            out = ARENA_JOIN(c->arena, out, out.len ? SLICE(", ") : SLICE("; it is also about: "),
                             name);
        }
    }
    return out;
}

void say_effect(struct conversion *c, enum diag_code code, enum severity severity,
                const struct rule *rule, const void *effect, const char *format, ...)
{
    const struct effect_source *source = effect_source(effect);
    bool differs = code == DIAG_C002 && rule->more;
    va_list args;
    va_start(args, format);
    if (source->name.len) {
        vsay(c, code, severity, source->span.line ? source->span : rule->origin.span, &rule->origin,
             differs ? other_sources(c, rule, effect) : SLICE(""), source->name, format, args);
    } else {
        vsay(c, DIAG_C005, SEVERITY_INFO, SPAN_NONE, NULL, SLICE(""), SLICE(""), format, args);
    }
    va_end(args);
}

static enum severity impact_severity(enum impact impact)
{
    switch (impact) {
    case IMPACT_COSMETIC:
        return SEVERITY_INFO;
    case IMPACT_CHANGED:
        return SEVERITY_WARNING;
    case IMPACT_BREAKING:
        break;
    }
    return SEVERITY_ERROR;
}

/* Who is let in no more is one error. */
static bool protects(enum effect_id id)
{
    const struct effect_row *row = effect_row(id);
    return row->aspect == ASPECT_PROTECTION && row->impact == IMPACT_BREAKING;
}

/* What to do instead. Where one of addresses and credentials is enough, neither can be written for itself. */
static const char *advice(const struct conversion *c, const struct rule *rule, enum effect_id id)
{
    const struct convert_options *options = c->options;
    const struct route_authentication *authentication = rule->effects.authentication;
    bool either = (id == EFFECT_addresses || id == EFFECT_authentication) && authentication &&
                  authentication->any && options->target->vendor;
    return either ? target_capability(options->target, FEATURE_either_guard, options->api_minor,
                                      options->experimental)
                        .text
                  : options->target->capabilities[id].text;
}

static void say_source(struct conversion *c, const struct rule *rule, enum effect_id id,
                       const struct effect_source *source, struct slice others)
{
    const struct effect_row *row = effect_row(id);
    say(c, protects(id) ? DIAG_C003 : DIAG_C001, impact_severity(row->impact),
        source->span.line ? source->span : rule->origin.span, &rule->origin,
        "'" SLICE_FMT "' cannot be written for target '%s': %s" SLICE_FMT, SLICE_ARG(source->name),
        c->options->target->name, advice(c, rule, id), SLICE_ARG(others));
}

void say_unsupported(struct conversion *c, const struct rule *rule, enum effect_id id,
                     const void *effect)
{
    const struct effect_source *source = effect_source(effect);
    if (!source->name.len) {
        return; /* a default of the data plane: say_platform names it */
    }
    say_source(c, rule, id, source, protects(id) ? other_sources(c, rule, effect) : SLICE(""));
    for (const struct more_sources *more = rule->more; more; more = more->next) {
        if (more->effect == id && !protects(id)) {
            say_source(c, rule, id, &more->source, SLICE(""));
        }
    }
}

void say_unknown(struct conversion *c, const struct unknown *unknown, const struct origin *origin)
{
    for (; unknown; unknown = unknown->next) {
        bool mild = unknown->aspect == ASPECT_TRAFFIC || unknown->aspect == ASPECT_HEADERS;
        bool open = unknown->aspect == ASPECT_PROTECTION;
        struct span span =
            unknown->source.span.line || !origin ? unknown->source.span : origin->span;
        say(c, open ? DIAG_C003 : DIAG_C004, mild ? SEVERITY_WARNING : SEVERITY_ERROR, span, origin,
            SLICE_FMT "%s", SLICE_ARG(unknown->reason),
            open ? ": it is not in the written objects, which may let everybody in"
                 : ": what the written objects do there may differ, so check it by hand");
    }
}

static void put_header_names(enum effect_id id, const struct edits *edits, struct buf *out)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (!platform_edit_is_written(id, &edits->items[i])) {
            buf_puts(out, out->len ? ", " : "");
            buf_put(out, edits->items[i].name);
        }
    }
}

/* Headers by name alone: what they are set to is the data plane's business. */
static void put_default(struct conversion *c, enum effect_id id, const void *effect)
{
    buf_clear(&c->text);
    if (id == EFFECT_request_headers || id == EFFECT_response_headers) {
        const struct route_header_edits *headers = effect;
        put_header_names(id, &headers->edits, &c->text);
    } else {
        effect_print(id, effect, &c->text);
    }
}

/* Headers that the target sets by itself. */
static void say_own_headers(struct conversion *c, const struct gateway_profile *profile,
                            bool on_request)
{
    buf_clear(&c->text);
    for (size_t i = 0; i < profile->header_count; i++) {
        const struct gateway_header *header = &profile->headers[i];
        if (header->on_request == on_request && header->kind != EDIT_REMOVE) {
            buf_printf(&c->text, "%s%s", c->text.len ? ", " : "", header->name);
        }
    }
    if (c->text.len) {
        say(c, DIAG_C005, SEVERITY_INFO, SPAN_NONE, NULL, "%s sets these headers on %s: " SLICE_FMT,
            profile->name, on_request ? "requests" : "answers", SLICE_ARG(buf_slice(&c->text)));
    }
}

/* What the target does by itself, and the data plane does not. */
static void say_target(struct conversion *c)
{
    const struct gateway_profile *profile = target_profile(c->options->target);
    say_own_headers(c, profile, true);
    say_own_headers(c, profile, false);
    if (c->table->view.host_dot == HOST_DOT_CUT && profile->view.host_dot != HOST_DOT_CUT) {
        say(c, DIAG_C005, SEVERITY_INFO, SPAN_NONE, NULL,
            "a Host with a dot at its end ('shop.example.com.') is the name without it today; %s",
            profile->view.host_dot == HOST_DOT_KEPT ? "afterwards it is a name that no route has"
                                                    : "afterwards that depends on the "
                                                      "implementation");
    }
}

/* Who a client is decides about lists of addresses and limits. */
static void say_client(struct conversion *c)
{
    const struct vendor *vendor = c->options->target->vendor;
    const char *kind = vendor ? vendor->client_kind : NULL;
    struct slice header = c->table->view.client_header;
    if (!header.ptr) {
        return;
    }
    if (kind && client_trusted(c) && !c->options->gateway_name.len) {
        say(c, DIAG_C005, SEVERITY_INFO, SPAN_NONE, NULL,
            "clients are told apart by the header '" SLICE_FMT "' today, and by a %s of the "
            "Gateway afterwards",
            SLICE_ARG(header), kind);
        return;
    }
    say(c, DIAG_C002, SEVERITY_WARNING, SPAN_NONE, NULL,
        "clients are told apart by the header '" SLICE_FMT "' today, and by who connects "
        "afterwards: lists of addresses and limits then hold for the proxy in front: %s",
        SLICE_ARG(header),
        vendor && vendor->client_advice ? vendor->client_advice
        : kind                          ? "set the trusted addresses at the Gateway by hand"
               : "let the address of clients reach the Gateway, or set whom the implementation "
                 "believes");
}

/* Whoever expects the protocol takes no connection without it, and the other way round. */
static void say_proxy_protocol(struct conversion *c)
{
    const struct effect_source *source = &c->table->view.proxy_protocol;
    const struct convert_options *options = c->options;
    const struct feature_capability can = target_capability(
        options->target, FEATURE_proxy_protocol, options->api_minor, options->experimental);
    bool written = can.support != SUPPORT_NONE, by_hand = written && options->gateway_name.len;
    if (source->name.ptr) {
        say(c, DIAG_C002, SEVERITY_WARNING, source->span, NULL,
            "'" SLICE_FMT "': connections begin with the PROXY protocol today, which names the "
            "client; %s%s; a load balancer has to send it where the Gateway reads it, and "
            "nowhere else, or no request gets through",
            SLICE_ARG(source->name),
            by_hand   ? "set this by hand at the Gateway that is there: "
            : written ? "afterwards it is asked for by "
                      : "",
            can.text);
    }
}

void say_platform(struct conversion *c)
{
    say_unknown(c, c->table->unknown, NULL);
    if (c->table->entry_count == 0) {
        return;
    }
    if (c->table->view.scheme_header.ptr) {
        say(c, DIAG_C002, SEVERITY_WARNING, SPAN_NONE, NULL,
            "requests by http that come with '" SLICE_FMT ": https', as from a load balancer that "
            "ends TLS, are not redirected to https today; afterwards they are, in a loop: let TLS "
            "reach the Gateway, or switch the redirects off",
            SLICE_ARG(c->table->view.scheme_header));
    }
    say_client(c);
    say_proxy_protocol(c);
    say_target(c);
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&c->table->platform, id);
        const struct vendor *vendor = c->options->target->vendor;
        const char *becomes = vendor ? vendor->base_says[id] : NULL;
        if (!effect) {
            continue;
        }
        put_default(c, id, effect);
        if (!c->text.len) {
            continue; /* all of it is written */
        }
        say(c, DIAG_C005, SEVERITY_INFO, SPAN_NONE, NULL,
            becomes ? "default of " SLICE_FMT " becomes %s: %s (" SLICE_FMT ")"
                    : "default of " SLICE_FMT " is not carried over%s: %s (" SLICE_FMT ")",
            SLICE_ARG(c->table->label), becomes ? becomes : "", effect_row(id)->text,
            SLICE_ARG(buf_slice(&c->text)));
    }
}

/* One of the controller, which is the same on all hosts: names of annotations have a "/". */
const struct effect_source *rule_setting(const struct rule *rule)
{
    const struct effect_source *source = rule->effects.answer     ? &rule->effects.answer->source
                                         : rule->effects.redirect ? &rule->effects.redirect->source
                                                                  : NULL;
    bool named = source && source->name.len && source->span.line;
    return named && slice_find(source->name, '/', 0) == source->name.len ? source : NULL;
}

struct slice all_names(struct conversion *c, const struct slice *names, size_t count)
{
    buf_clear(&c->text);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&c->text, i ? ", " : "");
        buf_put(&c->text, names[i]);
    }
    return arena_copy(c->arena, buf_slice(&c->text));
}

struct slice name_list(struct conversion *c, const struct slice *names, size_t count)
{
    enum { SHOWN = 3 };
    struct slice text = SLICE("");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        text = arena_printf(c->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(text), i ? ", " : "",
                            SLICE_ARG(names[i]));
    }
    return count <= SHOWN
               ? text
               : arena_printf(c->arena, SLICE_FMT " and %zu more", SLICE_ARG(text), count - SHOWN);
}
