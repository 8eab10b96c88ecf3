#include "feature/feature.h"

/* Flags of oauth2-proxy: its documentation, configuration/overview. */
#define BEHIND_PROXY                                                                               \
    "To ask for it by oauth2-proxy in front of the Service:\n"                                     \
    "  1. run oauth2-proxy in the namespace of the Service, with\n"                                \
    "       --http-address=0.0.0.0:4180 --reverse-proxy=true\n"                                    \
    "       --upstream=http://SERVICE.NAMESPACE.svc.cluster.local:PORT\n"

static const struct {
    enum feature_id feature;
    const char *text;
} rows[] = {
    {FEATURE_external_auth, BEHIND_PROXY
     "       and the provider, client and cookie secret that auth-url used so far\n"
     "     (for long answers and WebSockets also --flush-interval and --upstream-timeout);\n"
     "  2. give it a Service, port 4180, and write that Service into the Ingress in the place of\n"
     "     the application's, without auth-url and auth-signin; the sign-in stays on its host\n"
     "     under /oauth2/;\n"
     "  3. --pass-access-token, --set-xauthrequest and --pass-user-headers send what\n"
     "     auth-response-headers sent;\n"
     "  4. try it on the old controller first: it works there in the same way, so that the move\n"
     "     to the Gateway changes nothing about it;\n"
     "  5. a NetworkPolicy lets only oauth2-proxy connect to the application."},
    {FEATURE_basic_auth, BEHIND_PROXY
     "       --htpasswd-file=/etc/users/auth --display-htpasswd-form=true\n"
     "     and the Secret of auth-secret mounted at /etc/users (entries of SHA-1 and bcrypt are\n"
     "     read, those of MD5 are not);\n"
     "  2. give it a Service, port 4180, and write that Service into the Ingress in the place of\n"
     "     the application's, without auth-type and auth-secret;\n"
     "  3. programs that send the password unasked need --skip-jwt-bearer-tokens or a web server\n"
     "     (nginx with auth_basic) in the place of oauth2-proxy, which asks people by a form."},
    {FEATURE_body_limit,
     "A limit in the application holds whatever stands in front of it: client_max_body_size of\n"
     "nginx, http.MaxBytesReader of Go, limit of express.json, spring.servlet.multipart.\n"
     "Where no limit may stay, nothing needs to be done: Gateways stream bodies."},
    {FEATURE_timeouts,
     "nginx counts from one byte to the next, a Gateway the whole exchange. Where every answer is\n"
     "short, timeouts.request of an HTTPRoute ends what hangs; where answers stream (models,\n"
     "events, WebSockets, downloads) it would cut them, so leave it out there and let the client\n"
     "and the application have timeouts."},
    {FEATURE_rewrite,
     "A path with a capture can mostly be split: 'path: /api(/|$)(.*)' with 'rewrite-target: /$2'\n"
     "is a prefix, and becomes one. For '/(v1|v2)/api/(.*)' write one path for v1 and one for v2,\n"
     "so that each is a prefix. Or let the application serve the path as it comes."},
    {FEATURE_addresses,
     "One list for a whole Gateway can be kept by its load balancer (loadBalancerSourceRanges):\n"
     "give hosts with the list a Gateway of their own. The addresses of clients only get there "
     "with\n"
     "externalTrafficPolicy: Local. Lists for single paths belong into the application or a proxy\n"
     "in front of it."},
    {FEATURE_error_pages,
     "Pages for errors can be had where errors are made: in the application, in a CDN in front of\n"
     "the Gateway, or as an HTTPRoute for '/' of the host that answers what no other path takes."},
    {FEATURE_passthrough,
     "A TLSRoute on a listener of protocol TLS with tls.mode Passthrough hands connections on by\n"
     "the name in their handshake. Plain http of the host needs an HTTPRoute of its own."},
    {FEATURE_backend_verification,
     "A BackendTLSPolicy names the Service, the host name in its certificate, and a ConfigMap "
     "with\n"
     "the CA under the key ca.crt:\n"
     "  kubectl get secret NAME -o jsonpath='{.data.ca\\.crt}' | base64 -d > ca.crt\n"
     "  kubectl create configmap NAME-ca --from-file=ca.crt"},
};

const char *feature_recipe(enum feature_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].feature == id) {
            return rows[i].text;
        }
    }
    return NULL;
}
