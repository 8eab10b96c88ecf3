#include "gateway_api/policies_ngf_priv.h"

/* Limits of one client by ngx_http_limit_conn_module and ngx_http_limit_req_module: zones in a snippet for all of
 * nginx, with clients that are let out by ngx_http_geo_module and ngx_http_map_module. */

struct zone {
    int64_t per_second, per_minute; /* both 0: it counts connections */
    struct networks exempt;
};

/* "geo $free { default 1; 10.0.0.0/8 0; }": those with 0 are not counted. */
static bool read_geo(struct policy_work *work, const struct directive *d)
{
    struct arena *arena = work->builder->run->arena;
    struct networks *exempt = ARENA_NEW(arena, struct networks);
    struct directive line;
    size_t at = 0, capacity = 0;
    while (ngf_next(d->block, &at, &line)) {
        if (ngf_is(&line, "default", 2) && slice_is(line.words[1], "1")) {
            continue;
        }
        struct network network;
        if (line.count != 2 || !slice_is(line.words[1], "0") ||
            !network_parse(line.words[0], &network)) {
            return false;
        }
        *ARENA_PUSH(arena, exempt->items, exempt->count, capacity) = network;
    }
    ngf_part_add(work, "geo", d->words[1], exempt);
    return !slice_trim(slice_sub(d->block, at, d->block.len)).len;
}

/* "map $http_x_request_id $id { "" $request_id; default $http_x_request_id; }": the client's, or one of our own. */
static bool read_request_id(struct policy_work *work, const struct directive *d)
{
    struct part *part = ARENA_NEW(work->builder->run->arena, struct part);
    struct directive line;
    size_t at = 0;
    *part = (struct part){.kind = PART_REQUEST_ID, .text = SLICE("X-Request-ID")};
    ngf_part_add(work, "variable", d->words[2], part);
    return ngf_next(d->block, &at, &line) && ngf_is(&line, "", 2) &&
           slice_is(line.words[1], "$request_id") && ngf_next(d->block, &at, &line) &&
           ngf_is(&line, "default", 2) && slice_equal(line.words[1], d->words[1]) &&
           !slice_trim(slice_sub(d->block, at, d->block.len)).len;
}

/* "map $free $key { 0 ""; 1 $binary_remote_addr; }": nothing is counted where the key is empty. */
static bool read_map(struct policy_work *work, const struct directive *d)
{
    if (slice_is(d->words[1], "$http_x_request_id")) {
        return read_request_id(work, d);
    }
    const struct networks *exempt = ngf_part(work, "geo", d->words[1]);
    struct directive line;
    size_t at = 0;
    bool understood = exempt && ngf_next(d->block, &at, &line) && ngf_is(&line, "0", 2) &&
                      !line.words[1].len && ngf_next(d->block, &at, &line) &&
                      ngf_is(&line, "1", 2) && slice_is(line.words[1], "$binary_remote_addr");
    ngf_part_add(work, "key", d->words[2], exempt);
    return understood && !slice_trim(slice_sub(d->block, at, d->block.len)).len;
}

static bool starts(struct slice text, const char *start, struct slice *rest)
{
    bool does = slice_starts(text, slice_of(start));
    *rest = does ? slice_sub(text, slice_of(start).len, text.len) : SLICE_ABSENT;
    return does;
}

/* "zone=name:5m" */
static bool zone_name(struct slice text, struct slice *name)
{
    struct slice rest;
    return starts(text, "zone=", &rest) && slice_split(&rest, ':', name) && rest.len;
}

static bool read_rate(struct slice text, struct zone *zone)
{
    struct slice rate;
    uint64_t number;
    bool second = slice_ends(text, SLICE("r/s"));
    if (!starts(text, "rate=", &rate) || rate.len < 3 ||
        (!second && !slice_ends(text, SLICE("r/m"))) ||
        !slice_to_uint(slice_sub(rate, 0, rate.len - 3), INT32_MAX, &number)) {
        return false;
    }
    *(second ? &zone->per_second : &zone->per_minute) = (int64_t)number;
    return true;
}

static bool read_zone(struct policy_work *work, const struct directive *d)
{
    struct zone *zone = ARENA_NEW(work->builder->run->arena, struct zone);
    const struct networks *exempt = ngf_part(work, "key", d->words[1]);
    struct slice name;
    *zone = (struct zone){.exempt = exempt ? *exempt : (struct networks){0}};
    if ((!exempt && !slice_is(d->words[1], "$binary_remote_addr")) ||
        !zone_name(d->words[2], &name)) {
        return false;
    }
    if (ngf_is(d, "limit_conn_zone", 3)) {
        ngf_part_add(work, "limit_conn", name, zone);
        return true;
    }
    ngf_part_add(work, "limit_req", name, zone);
    return ngf_is(d, "limit_req_zone", 4) && read_rate(d->words[3], zone);
}

bool ngf_read_zones(struct policy_work *work, struct slice text)
{
    struct directive d;
    size_t at = 0;
    while (ngf_next(text, &at, &d)) {
        bool understood = slice_is(d.words[0], "geo")   ? d.count == 2 && read_geo(work, &d)
                          : slice_is(d.words[0], "map") ? d.count == 3 && read_map(work, &d)
                                                        : d.count > 2 && read_zone(work, &d);
        if (!understood) {
            return false;
        }
    }
    return !slice_trim(slice_sub(text, at, text.len)).len;
}

/* ---- in a location -------------------------------------------------------------------------- */

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

static bool read_requests(struct policy_work *work, const struct directive *d,
                          struct route_rate_limit *limit)
{
    struct slice name, text;
    uint64_t burst;
    if (d->count != 4 || !starts(d->words[1], "zone=", &name) ||
        !starts(d->words[2], "burst=", &text) || !slice_to_uint(text, INT32_MAX, &burst) ||
        !slice_is(d->words[3], "nodelay")) {
        return false;
    }
    const struct zone *zone = ngf_part(work, "limit_req", name);
    if (!take_zone(zone, limit) || (zone->per_second ? limit->per_second : limit->per_minute)) {
        return false;
    }
    limit->per_second += zone->per_second;
    limit->per_minute += zone->per_minute;
    *(zone->per_second ? &limit->second_burst : &limit->minute_burst) = (int64_t)burst;
    return true;
}

bool ngf_read_limit(struct policy_work *work, const struct directive *d,
                    struct route_rate_limit **limit)
{
    enum { UNAVAILABLE = 503 }; /* unless said otherwise */
    uint64_t number = 0;
    if (!*limit) {
        *limit = ARENA_NEW(work->builder->run->arena, struct route_rate_limit);
        **limit = (struct route_rate_limit){
            .source = work->source, .status = UNAVAILABLE, .connection_status = UNAVAILABLE};
    }
    if (slice_is(d->words[0], "limit_req")) {
        return read_requests(work, d, *limit);
    }
    if (!slice_to_uint(d->words[d->count - 1], UINT16_MAX, &number)) {
        return false;
    }
    if (ngf_is(d, "limit_req_status", 2) || ngf_is(d, "limit_conn_status", 2)) {
        *(ngf_is(d, "limit_req_status", 2) ? &(*limit)->status : &(*limit)->connection_status) =
            (int64_t)number;
        return true;
    }
    if (!ngf_is(d, "limit_conn", 3) || (*limit)->connections ||
        !take_zone(ngf_part(work, "limit_conn", d->words[1]), *limit)) {
        return false;
    }
    (*limit)->connections = (int64_t)number;
    return true;
}
