#include "gateway_api/policies_priv.h"

/* Envoy Gateway's own kinds (envoyproxy/gateway v1.9 api/v1alpha1). */

#define GROUP "gateway.envoyproxy.io"

/* A duration of Gateway API in milliseconds; -1 where the field is missing or none. */
static int64_t duration_at(const struct node *map, const char *key)
{
    uint64_t ms;
    struct slice text = policy_text(map, key);
    return text.ptr && kube_duration(text, &ms) ? (int64_t)ms : -1;
}

/* timeout_types.go: 0s switches a limit off. */
static void read_timeouts(struct policy_work *work, const struct node *timeout)
{
    static const char *const parts[] = {"tcp", "http"}, *const tcp_fields[] = {"connectTimeout"},
                             *const http_fields[] = {"requestTimeout", "streamIdleTimeout"};
    const struct node *tcp = node_get(timeout, "tcp"), *http = node_get(timeout, "http");
    policy_fields(work, timeout, "timeout", parts, ARRAY_LEN(parts), ASPECT_TRAFFIC);
    policy_fields(work, tcp, "timeout.tcp", tcp_fields, ARRAY_LEN(tcp_fields), ASPECT_TRAFFIC);
    policy_fields(work, http, "timeout.http", http_fields, ARRAY_LEN(http_fields), ASPECT_TRAFFIC);
    struct route_timeouts *timeouts = ARENA_NEW(work->builder->run->arena, struct route_timeouts);
    *timeouts = timeouts_in_force(work->builder, work->effects);
    timeouts->source = work->source;
    int64_t connect = duration_at(tcp, "connectTimeout");
    int64_t total = duration_at(http, "requestTimeout");
    int64_t idle = duration_at(http, "streamIdleTimeout");
    timeouts->connect_ms = connect > 0 ? connect : timeouts->connect_ms;
    if (total >= 0) {
        timeouts->request_ms = total ? total : -1;
    }
    if (idle >= 0) {
        timeouts->read_ms = timeouts->send_ms = idle ? idle : -1;
    }
    work->effects->timeouts = timeouts;
}

static void backend_traffic(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRef", "targetRefs", "mergeType", "timeout"};
    const struct node *timeout = node_get(spec, "timeout");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    if (timeout) {
        read_timeouts(work, timeout);
    }
}

const struct policy_reader envoy_gateway_readers[] = {
    {.group = GROUP,
     .kind = "BackendTrafficPolicy",
     .attach = POLICY_BY_TARGET,
     .apply = backend_traffic},
    {.kind = NULL},
};
