#include "gateway_api/gateway_priv.h"

struct host_pattern host_of(struct builder *builder, struct slice hostname)
{
    struct slice name = arena_lower(builder->run->arena, hostname);
    if (!hostname.len || slice_is(name, "*")) {
        return (struct host_pattern){.kind = HOST_ANY};
    }
    /* A wildcard covers one or more labels, as Hostname in apis/v1/shared_types.go says. */
    enum host_kind kind = slice_starts(name, SLICE("*.")) ? HOST_SUFFIX : HOST_EXACT;
    return (struct host_pattern){.kind = kind, .name = name};
}

bool host_intersect(const struct host_pattern *a, const struct host_pattern *b,
                    struct host_pattern *out)
{
    if (host_pattern_covers(a, b)) {
        *out = *b;
        return true;
    }
    if (host_pattern_covers(b, a)) {
        *out = *a;
        return true;
    }
    return false;
}

static int rank(const struct host_pattern *host)
{
    return host->kind == HOST_EXACT ? 0 : host->kind == HOST_ANY ? 2 : 1;
}

int host_order(const struct host_pattern *a, const struct host_pattern *b)
{
    if (rank(a) != rank(b)) {
        return rank(a) - rank(b);
    }
    if (rank(a) == 1 && a->name.len != b->name.len) {
        return a->name.len > b->name.len ? -1 : 1;
    }
    return slice_compare(a->name, b->name);
}
