#include "gateway_api/policies_ngf_priv.h"

/* Limits of one client by ngx_http_limit_conn_module and ngx_http_limit_req_module: zones in a snippet for all of
 * nginx, with clients that are let out by ngx_http_geo_module and ngx_http_map_module. */

struct zone {
    int64_t per_second, per_minute; /* both 0: it counts connections */
    struct networks exempt;
};

static bool as_number(struct slice text, uint64_t from, uint64_t to, int64_t *out)
{
    uint64_t number;
    bool fits = slice_to_uint(text, to, &number) && number >= from;
    *out = fits ? (int64_t)number : 0;
    return fits;
}

/* ---- variables ------------------------------------------------------------------------------ */

static bool read_exempt(struct ngf_parse *p, const struct directive *d)
{
    struct networks *exempt = p->out;
    struct network *items =
        ARENA_ARRAY(p->work->builder->run->arena, struct network, exempt->count + 1);
    struct networks own = {&items[exempt->count], 1};
    bool understood = network_parse(d->args[0], own.items);
    for (size_t i = 0; i < exempt->count; i++) {
        items[i] = exempt->items[i];
        understood = understood && !networks_equal(&(struct networks){&items[i], 1}, &own);
    }
    *exempt = (struct networks){items, exempt->count + 1};
    return understood;
}

/* "geo $free { default 1; 10.0.0.0/8 0; }": those with 0 are not counted. */
static bool read_geo(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {{"default 1", NULL, NGF_MUST, false, false},
                                            {"* 0", read_exempt, NGF_MANY, false, false}};
    struct networks *exempt = ARENA_NEW(p->work->builder->run->arena, struct networks);
    ngf_part_add(p->work, "geo", d->words[1], exempt);
    return ngf_define(p->work, NGF_OF_ALL, "variable", d->words[1]) &&
           ngf_read_block(p, d, exempt, forms, ARRAY_LEN(forms));
}

/* "map $http_x_request_id $id { "" $request_id; default $http_x_request_id; }": the client's, or one of our own. */
static bool read_request_id(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {
        {"\"\" $request_id", NULL, NGF_MUST, false, false},
        {"default $http_x_request_id", NULL, NGF_MUST, false, false}};
    struct part *part = ARENA_NEW(p->work->builder->run->arena, struct part);
    *part = (struct part){.kind = PART_REQUEST_ID, .text = SLICE("X-Request-ID")};
    ngf_part_add(p->work, "variable", d->words[2], part);
    return ngf_define(p->work, NGF_OF_ALL, "variable", d->words[2]) &&
           ngf_read_block(p, d, NULL, forms, ARRAY_LEN(forms));
}

/* "map $free $key { 0 ""; 1 $binary_remote_addr; }": nothing is counted where the key is empty. */
static bool read_key(struct ngf_parse *p, const struct directive *d)
{
    static const struct ngf_form forms[] = {
        {"0 \"\"", NULL, NGF_MUST, false, false},
        {"1 $binary_remote_addr", NULL, NGF_MUST, false, false}};
    const struct networks *exempt = ngf_part(p->work, "geo", d->words[1]);
    ngf_part_add(p->work, "key", d->words[2], exempt);
    return exempt && ngf_define(p->work, NGF_OF_ALL, "variable", d->words[2]) &&
           ngf_read_block(p, d, NULL, forms, ARRAY_LEN(forms));
}

/* ---- zones ---------------------------------------------------------------------------------- */

/* "name:5m"; nginx takes none of less than eight pages, and forgets clients that do not fit. */
static bool zone_name(struct slice text, struct slice *name)
{
    enum { SMALLEST = 8 * 4096 };
    struct slice rest = text;
    return slice_split(&rest, ':', name) && name->len && ngf_bytes(rest) >= SMALLEST;
}

static bool add_zone(struct ngf_parse *p, const struct directive *d, const char *kind,
                     struct zone *zone)
{
    const struct networks *exempt = ngf_part(p->work, "key", d->args[0]);
    struct slice name;
    zone->exempt = exempt ? *exempt : (struct networks){0};
    if ((!exempt && !slice_is(d->args[0], "$binary_remote_addr")) ||
        !zone_name(d->args[1], &name)) {
        return false;
    }
    ngf_part_add(p->work, kind, name, zone);
    return ngf_define(p->work, NGF_OF_ALL, "zone", name);
}

static bool read_connection_zone(struct ngf_parse *p, const struct directive *d)
{
    return add_zone(p, d, "limit_conn", ARENA_NEW(p->work->builder->run->arena, struct zone));
}

/* "10r/s" */
static bool read_request_zone(struct ngf_parse *p, const struct directive *d)
{
    struct zone *zone = ARENA_NEW(p->work->builder->run->arena, struct zone);
    struct slice rate = d->args[2];
    bool second = slice_ends(rate, SLICE("r/s"));
    return (second || slice_ends(rate, SLICE("r/m"))) &&
           as_number(slice_sub(rate, 0, rate.len - 3), 1, INT32_MAX,
                     second ? &zone->per_second : &zone->per_minute) &&
           add_zone(p, d, "limit_req", zone);
}

bool ngf_read_zones(struct ngf_parse *p, struct slice text)
{
    static const struct ngf_form forms[] = {
        {"geo $*", read_geo, NGF_MANY, true, false},
        {"limit_conn_zone * zone=*", read_connection_zone, NGF_MANY, false, false},
        {"limit_req_zone * zone=* rate=*", read_request_zone, NGF_MANY, false, false},
        {"map $http_x_request_id $*", read_request_id, NGF_MANY, true, false},
        {"map $* $*", read_key, NGF_MANY, true, false},
    };
    return ngf_read(p, text, forms, ARRAY_LEN(forms));
}

/* ---- in a location -------------------------------------------------------------------------- */

struct route_rate_limit *ngf_new_limit(struct policy_work *work)
{
    enum { UNAVAILABLE = 503 }; /* unless said otherwise */
    struct route_rate_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_rate_limit);
    *limit = (struct route_rate_limit){
        .source = work->source, .status = UNAVAILABLE, .connection_status = UNAVAILABLE};
    return limit;
}

/* All zones of a rule have to let out the same clients. */
static bool take_zone(const struct zone *zone, struct route_rate_limit *limit)
{
    bool first = !limit->per_second && !limit->per_minute && !limit->connections;
    if (!zone || (!first && !networks_equal(&zone->exempt, &limit->exempt))) {
        return false;
    }
    limit->exempt = zone->exempt;
    return true;
}

bool ngf_read_limit_req(struct policy_work *work, const struct directive *d,
                        struct route_rate_limit *limit)
{
    const struct zone *zone = ngf_part(work, "limit_req", d->args[0]);
    if (!take_zone(zone, limit) || (zone->per_second ? limit->per_second : limit->per_minute)) {
        return false;
    }
    limit->per_second += zone->per_second;
    limit->per_minute += zone->per_minute;
    return as_number(d->args[1], 0, INT32_MAX,
                     zone->per_second ? &limit->second_burst : &limit->minute_burst);
}

bool ngf_read_limit_conn(struct policy_work *work, const struct directive *d,
                         struct route_rate_limit *limit)
{
    return !limit->connections && take_zone(ngf_part(work, "limit_conn", d->args[0]), limit) &&
           as_number(d->args[1], 1, UINT16_MAX, &limit->connections);
}
