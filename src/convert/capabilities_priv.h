/* What fields of the standard can say, for the tables of targets. */
#ifndef GATESHIFT_CAPABILITIES_PRIV_H
#define GATESHIFT_CAPABILITIES_PRIV_H

#include "convert/convert_priv.h"

/* One line for each effect of route/effects.def; an effect without a line does not compile. Facts:
 * gateway-api v1.6.1 apis/v1/httproute_types.go. The text of a SUPPORT_NONE row is the advice that
 * users read; that of a SUPPORT_NEAR row says what differs. */
#define STANDARD_answer                                                                            \
    SUPPORT_NEAR, "an HTTPRoute gives no answer of its own but 404 and 500; serve it from a "      \
                  "backend"
#define STANDARD_redirect       SUPPORT_EXACT, "RequestRedirect"
#define STANDARD_https_redirect SUPPORT_EXACT, "RequestRedirect on the http listener"
#define STANDARD_body_limit                                                                        \
    SUPPORT_NONE,                                                                                  \
        "limit the size of bodies in the application, or by a policy of the implementation"
#define STANDARD_addresses                                                                         \
    SUPPORT_NONE,                                                                                  \
        "keep clients out by a policy of the implementation, a firewall or the application"
#define STANDARD_authentication                                                                    \
    SUPPORT_NONE,                                                                                  \
        "ask for credentials by a policy of the implementation, or in the application, before "    \
        "any request gets to the new Gateway"
#define STANDARD_cors          SUPPORT_NEAR, "CORS filter"
#define STANDARD_rewrite       SUPPORT_NEAR, "URLRewrite with a whole path or a prefix"
#define STANDARD_upstream_host SUPPORT_EXACT, "URLRewrite with a fixed host name"
#define STANDARD_upstream_protocol                                                                 \
    SUPPORT_NONE, "it is a property of the Service (appProtocol) or of a BackendTLSPolicy there"
#define STANDARD_request_headers  SUPPORT_EXACT, "RequestHeaderModifier with fixed values"
#define STANDARD_response_headers SUPPORT_EXACT, "ResponseHeaderModifier with fixed values"
#define STANDARD_timeouts                                                                          \
    SUPPORT_NONE,                                                                                  \
        "an HTTPRoute only limits the whole exchange, which would cut long streams; set "          \
        "timeouts.request by hand where no response may take longer"
#define STANDARD_retries                                                                           \
    SUPPORT_NONE, "retries are experimental in Gateway API; use a policy of the implementation"
#define STANDARD_buffering                                                                         \
    SUPPORT_NONE, "bodies are streamed; slow clients are then seen by the application"
#define STANDARD_mirrors SUPPORT_EXACT, "RequestMirror to a Service"
#define STANDARD_error_pages                                                                       \
    SUPPORT_NONE, "errors go to the client as they are; let the application answer with its pages"
#define STANDARD_rate_limit                                                                        \
    SUPPORT_NONE,                                                                                  \
        "limit clients by a policy of the implementation, or in front of the Gateway, before any " \
        "request gets to it"
#define STANDARD_firewall SUPPORT_NONE, "put a web application firewall in front of the Gateway"
#define STANDARD_upstream_tls                                                                      \
    SUPPORT_NONE,                                                                                  \
        "a BackendTLSPolicy verifies the backend with a CA and a name; it shows no certificate "   \
        "of its own and chooses no protocols or ciphers"
#define STANDARD_affinity                                                                          \
    SUPPORT_NONE,                                                                                  \
        "session persistence is experimental in Gateway API; use a policy of the implementation, " \
        "or keep sessions where all endpoints see them"
#define STANDARD_balancing                                                                         \
    SUPPORT_NONE, "how endpoints are chosen is set by a policy of the implementation"
#define STANDARD_bandwidth SUPPORT_NONE, "responses are sent as fast as the client takes them"
#define STANDARD_upstream_http                                                                     \
    SUPPORT_NONE, "HTTP/1.1 is spoken to the backend, or HTTP/2 by appProtocol of the Service"
#define STANDARD_response_rewrites                                                                 \
    SUPPORT_NONE,                                                                                  \
        "redirects and cookies of the backend go to the client as they are; let the application "  \
        "write the host and path that clients see"
#define STANDARD_fastcgi SUPPORT_NONE, "put a web server in front of the FastCGI application"

#endif
