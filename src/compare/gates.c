#include "compare/compare_priv.h"

/* More combinations than any rule in earnest has. */
enum { REQUESTS_MAX = 4096 };

struct gates {
    struct arena *arena;
    const struct effects *effects[2];
    const struct entry *entries[2];
    const struct variables *variables;
    struct requests *out;
    size_t before; /* requests that were there before the gate at hand */
    bool full;
};

static const bool is_gate[EFFECT_COUNT] = {
    [EFFECT_body_limit] = true,  [EFFECT_addresses] = true,  [EFFECT_authentication] = true,
    [EFFECT_error_pages] = true, [EFFECT_rate_limit] = true, [EFFECT_cors] = true};

bool effect_is_gate(enum effect_id id)
{
    return is_gate[id];
}

struct rule rule_without_gates(const struct rule *rule)
{
    struct rule open = *rule;
#define EFFECT(id, type, aspect, impact, text)                                                     \
    open.effects.id = is_gate[EFFECT_##id] ? NULL : rule->effects.id;
#include "route/effects.def"
#undef EFFECT
    return open;
}

/* A copy with headers of its own. */
static struct request *vary(struct gates *gates, size_t i)
{
    struct requests *out = gates->out;
    gates->full = gates->full || out->count >= REQUESTS_MAX;
    if (gates->full) {
        return NULL;
    }
    struct request copy = out->items[i];
    struct headers headers = copy.headers;
    copy.headers = (struct headers){0};
    for (size_t h = 0; h < headers.count; h++) {
        headers_add(gates->arena, &copy.headers, headers.items[h].name, headers.items[h].value);
    }
    struct request *request = ARENA_PUSH(gates->arena, out->items, out->count, out->capacity);
    *request = copy;
    return request;
}

static bool may_set_method(const struct gates *gates, const struct request *request)
{
    return !variables_method(gates->variables) && slice_is(request->method, "GET");
}

/* ---- bodies ------------------------------------------------------------------------------- */

static void vary_body(struct gates *gates)
{
    for (size_t side = 0; side < 2; side++) {
        const struct route_body_limit *limit = gates->effects[side]->body_limit;
        const struct route_body_limit *other = gates->effects[0]->body_limit;
        bool known = side == 1 && other && limit && other->bytes == limit->bytes;
        if (!limit || limit->bytes < 0 || known) {
            continue;
        }
        for (size_t i = 0; i < gates->before; i++) {
            struct request *request = vary(gates, i);
            if (request) {
                request->body_bytes = (uint64_t)limit->bytes + 1;
                request->method = may_set_method(gates, request) ? SLICE("POST") : request->method;
            }
        }
    }
}

/* ---- clients ------------------------------------------------------------------------------ */

static struct slice address_text(struct arena *arena, const struct address *address)
{
    const uint8_t *b = address->bytes;
    if (address->length == 4) {
        return arena_printf(arena, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    }
    struct slice text = SLICE("");
    for (size_t i = 0; i < 16; i += 2) {
        text = arena_printf(arena, SLICE_FMT "%s%x", SLICE_ARG(text), i ? ":" : "",
                            (unsigned)(b[i] << 8 | b[i + 1]));
    }
    return text;
}

/* Which of the four lists of both sides hold the address. */
static unsigned membership(const struct gates *gates, const struct address *address)
{
    unsigned bits = 0;
    for (size_t side = 0; side < 2; side++) {
        const struct route_addresses *lists = gates->effects[side]->addresses;
        if (lists) {
            bits |= (networks_hold(&lists->allow, address) ? 1u : 0) << (2 * side);
            bits |= (networks_hold(&lists->deny, address) ? 2u : 0) << (2 * side);
        }
    }
    return bits;
}

/* The last address of a network, or the one behind it. */
static struct address network_end(const struct network *network, bool behind)
{
    struct address address = network->address;
    for (size_t bit = network->bits; bit < 8u * address.length; bit++) {
        address.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    }
    for (size_t i = address.length; behind && i-- > 0;) {
        if (++address.bytes[i]) {
            break;
        }
    }
    return address;
}

struct clients {
    struct address items[16]; /* one for each membership */
    size_t count;
    unsigned seen; /* bits of memberships */
};

static void add_client(const struct gates *gates, const struct address *address,
                       struct clients *clients)
{
    unsigned bit = 1u << membership(gates, address);
    if (!(clients->seen & bit)) {
        clients->seen |= bit;
        clients->items[clients->count++] = *address;
    }
}

/* Networks lie within each other or apart, so that a set of addresses with the same memberships has the
 * first address of a network or the one behind a network. */
static void find_clients(const struct gates *gates, struct clients *clients)
{
    for (size_t side = 0; side < 2; side++) {
        const struct route_addresses *lists = gates->effects[side]->addresses;
        const struct networks *const both[] = {lists ? &lists->allow : NULL,
                                               lists ? &lists->deny : NULL};
        for (size_t list = 0; list < ARRAY_LEN(both); list++) {
            for (size_t i = 0; both[list] && i < both[list]->count; i++) {
                const struct network *network = &both[list]->items[i];
                const struct address last = network_end(network, false),
                                     behind = network_end(network, true);
                add_client(gates, &network->address, clients);
                add_client(gates, &last, clients);
                add_client(gates, &behind, clients);
            }
        }
    }
}

static void vary_client(struct gates *gates)
{
    struct clients clients = {0};
    if (!gates->effects[0]->addresses && !gates->effects[1]->addresses) {
        return;
    }
    struct address six;
    (void)address_parse(SLICE("2001:db8::a"), &six); /* RFC 3849: for documentation */
    clients.seen = 1u << membership(gates, &gates->out->items[0].client);
    find_clients(gates, &clients);
    add_client(gates, &six, &clients);
    for (size_t c = 0; c < clients.count; c++) {
        for (size_t i = 0; i < gates->before; i++) {
            struct request *request = vary(gates, i);
            if (request) {
                request->client = clients.items[c];
                request->client_text = address_text(gates->arena, &clients.items[c]);
            }
        }
    }
}

static void vary_certificate(struct gates *gates)
{
    bool asked = (gates->entries[0] && gates->entries[0]->client) ||
                 (gates->entries[1] && gates->entries[1]->client);
    for (size_t i = 0; asked && i < gates->before; i++) {
        struct request *request = vary(gates, i);
        if (request) {
            request->client_certificate = true;
        }
    }
}

/* ---- headers ------------------------------------------------------------------------------ */

static void vary_header(struct gates *gates, struct slice name, struct slice value)
{
    for (size_t i = 0; !variables_header(gates->variables, name) && i < gates->before; i++) {
        struct request *request = vary(gates, i);
        if (request) {
            headers_add(gates->arena, &request->headers, name, value);
        }
    }
}

static void vary_credentials(struct gates *gates)
{
    bool external = false, any = false;
    for (size_t side = 0; side < 2; side++) {
        const struct route_authentication *authentication = gates->effects[side]->authentication;
        for (size_t i = 0; authentication && i < authentication->guards.count; i++) {
            any = true;
            external = external || authentication->guards.items[i].kind == GUARD_EXTERNAL;
        }
    }
    if (any) {
        vary_header(gates, SLICE("Authorization"), CREDENTIALS_STAND_IN);
    }
    if (external) {
        vary_header(gates, SLICE("Cookie"), SLICE("session=1"));
    }
}

/* The request with the Origin, and as a preflight of each kind. */
static void vary_origin(struct gates *gates, struct slice origin)
{
    vary_header(gates, SLICE("Origin"), origin);
    bool free_origin = !variables_header(gates->variables, SLICE("origin"));
    for (size_t i = 0; free_origin && i < gates->before; i++) {
        bool options = slice_is(gates->out->items[i].method, "OPTIONS");
        if (!options && !may_set_method(gates, &gates->out->items[i])) {
            continue;
        }
        for (int full = 0; full < 2; full++) {
            struct request *request = vary(gates, i);
            if (request) {
                request->method = SLICE("OPTIONS");
                headers_add(gates->arena, &request->headers, SLICE("Origin"), origin);
            }
            if (request && full) {
                headers_add(gates->arena, &request->headers, SLICE("Access-Control-Request-Method"),
                            SLICE("GET"));
            }
        }
    }
}

static struct slice sample_origin(struct arena *arena, struct slice pattern)
{
    size_t star = slice_find(pattern, '*', 0);
    if (slice_is(pattern, "*")) {
        return SLICE("https://any.example");
    }
    if (star == pattern.len) {
        return pattern;
    }
    return arena_printf(arena, SLICE_FMT "any" SLICE_FMT, SLICE_ARG(slice_sub(pattern, 0, star)),
                        SLICE_ARG(slice_sub(pattern, star + 1, pattern.len)));
}

static void vary_origins(struct gates *gates)
{
    enum { ORIGINS_MAX = 16 };
    bool any = false;
    for (size_t side = 0; side < 2; side++) {
        const struct route_cors *cors = gates->effects[side]->cors;
        any = any || cors;
        for (size_t i = 0; cors && i < cors->origins.count && i < ORIGINS_MAX; i++) {
            vary_origin(gates, sample_origin(gates->arena, cors->origins.items[i]));
        }
    }
    if (any) {
        vary_origin(gates, SLICE("https://other.invalid")); /* RFC 2606 */
    }
}

/* ---- headers that are edited --------------------------------------------------------------- */

static void send_named(struct gates *gates, const struct route_header_edits *edits,
                       struct request *request)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        struct slice name = edits->edits.items[i].name;
        if (!headers_get(&request->headers, name).ptr && !slice_equal_fold(name, SLICE("host"))) {
            headers_add(gates->arena, &request->headers, name, SLICE("client"));
        }
    }
}

/* A client may send by itself what rules set, add to or take away. */
static void vary_named(struct gates *gates)
{
    const struct effects *a = gates->effects[0], *b = gates->effects[1];
    if (effect_equal(EFFECT_request_headers, a->request_headers, b->request_headers)) {
        return;
    }
    for (size_t i = 0; i < gates->before; i++) {
        struct request *request = vary(gates, i);
        if (request) {
            send_named(gates, a->request_headers, request);
            send_named(gates, b->request_headers, request);
        }
    }
}

bool gate_requests(struct arena *arena, const struct effects *before, const struct effects *after,
                   const struct entry *before_entry, const struct entry *after_entry,
                   const struct variables *variables, const struct request *base,
                   struct requests *out)
{
    static void (*const all[])(struct gates *) = {vary_origins,     vary_credentials, vary_client,
                                                  vary_certificate, vary_body,        vary_named};
    struct gates gates = {.arena = arena,
                          .effects = {before, after},
                          .entries = {before_entry, after_entry},
                          .variables = variables,
                          .out = out};
    out->count = 0;
    *ARENA_PUSH(arena, out->items, out->count, out->capacity) = *base;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        gates.before = out->count;
        all[i](&gates);
    }
    return !gates.full;
}
