#include "verify_options.h"

static bool read_number(struct app *app, const char *option, struct slice text, uint64_t least,
                        uint64_t most, uint64_t *out)
{
    if (text.len && (!slice_to_uint(text, most, out) || *out < least)) {
        app_usage(app, "'--%s' takes a number from %llu to %llu, not '" SLICE_FMT "'", option,
                  (unsigned long long)least, (unsigned long long)most, SLICE_ARG(text));
        return false;
    }
    return true;
}

static bool read_target(struct app *app, const char *option, const struct words *words,
                        struct verify_target *out)
{
    for (size_t i = 0; i < words->count; i++) {
        if (!verify_target_add(app->run.arena, words->items[i], out)) {
            app_usage(
                app,
                "'--%s' takes HOST, HOST:PORT, http=HOST:PORT or https=HOST:PORT, with IPv6 "
                "addresses in brackets, after NAMESPACE/NAME= for one Gateway, not '" SLICE_FMT "'",
                option, SLICE_ARG(words->items[i]));
            return false;
        }
    }
    if (!words->count && !app->options.replay_record.len) {
        app_usage(app, "'verify' needs the addresses of both data planes: --before-addr and "
                       "--after-addr, or --replay-record FILE");
        return false;
    }
    return true;
}

static bool read_ask(struct app *app, unsigned *out)
{
    static const char *const names[] = {"given", "logs", "witnesses", "routes"};
    struct slice rest = app->options.ask, name;
    *out = rest.len ? 0 : ASK_GIVEN | ASK_LOGS | ASK_WITNESSES | ASK_ROUTES;
    while (rest.len && slice_split(&rest, ',', &name)) {
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            bit |= slice_is(name, names[i]) ? 1u << i : 0;
        }
        if (!bit) {
            app_usage(app,
                      "'--ask' takes a list of given, logs, witnesses and routes, not '" SLICE_FMT
                      "'",
                      SLICE_ARG(app->options.ask));
            return false;
        }
        *out |= bit;
    }
    return true;
}

static bool read_compared(struct app *app, struct verify_compared *out)
{
    const struct words *words = &app->options.compare;
    *out = (struct verify_compared){
        .headers = {ARENA_ARRAY(app->run.arena, struct slice, words->count + 1), 0}};
    for (size_t i = 0; i < words->count; i++) {
        if (slice_is(words->items[i], "body")) {
            out->body = true;
        } else if (is_token(words->items[i])) {
            out->headers.items[out->headers.count++] = words->items[i];
        } else {
            app_usage(app, "'--compare' takes the name of a header or 'body', not '" SLICE_FMT "'",
                      SLICE_ARG(words->items[i]));
            return false;
        }
    }
    return true;
}

static bool read_echo(struct app *app, struct verify_echo_keys *out)
{
    *out = verify_echo_default();
    if (app->options.echo.len && !verify_echo_parse(app->options.echo, out)) {
        app_usage(app,
                  "'--echo' takes NAME=KEY,... with the names path, host, method, headers, "
                  "namespace, service and pod, not '" SLICE_FMT "'",
                  SLICE_ARG(app->options.echo));
        return false;
    }
    return true;
}

bool verify_options_read(struct app *app, struct verify_words *out)
{
    enum { CONCURRENCY = 8, RATE = 50, TIMEOUT = 10, MOST = 1000, LARGE = 1000000 };
    const struct options *given = &app->options;
    uint64_t concurrency = CONCURRENCY, rate = RATE, seconds = TIMEOUT, most = MOST;
    *out = (struct verify_words){.ask = 0};
    if (!read_target(app, "before-addr", &given->before_addr, &out->how.target[0]) ||
        !read_target(app, "after-addr", &given->after_addr, &out->how.target[1]) ||
        !read_number(app, "concurrency", given->concurrency, 1, 256, &concurrency) ||
        !read_number(app, "rate", given->rate, 0, LARGE, &rate) ||
        !read_number(app, "timeout", given->timeout, 1, 3600, &seconds) ||
        !read_number(app, "most", given->most, 1, LARGE, &most) || !read_ask(app, &out->ask) ||
        !read_compared(app, &out->compared) || !read_echo(app, &out->how.echo)) {
        return false;
    }
    out->how.authorities = given->cacert;
    out->how.certificate = given->cert;
    out->how.key = given->key;
    out->how.insecure = given->insecure;
    out->how.unsafe = given->unsafe_methods;
    out->how.http2 = given->http2;
    out->how.proxy = given->proxy;
    out->how.concurrency = (unsigned)concurrency;
    out->how.rate = rate;
    out->how.timeout_ms = seconds * 1000;
    out->most = (size_t)most;
    return true;
}

static struct slice way_text(struct arena *arena, const struct verify_way *way)
{
    bool both = way->http.ptr && way->https.ptr;
    struct slice text = ARENA_JOIN(arena, way->http, both ? SLICE(" and ") : SLICE(""), way->https);
    return way->gateway.ptr ? ARENA_JOIN(arena, way->gateway, SLICE(" at "), text) : text;
}

struct slice verify_address(struct app *app, const struct verify_target *target)
{
    struct slice text = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        text = ARENA_JOIN(app->run.arena, text, i ? SLICE(", ") : SLICE(""),
                          way_text(app->run.arena, &target->ways[i]));
    }
    return target->count ? text : SLICE("a record");
}
