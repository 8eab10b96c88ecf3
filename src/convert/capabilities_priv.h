/* What fields of the standard can say, for the tables of targets. */
#ifndef GATESHIFT_CAPABILITIES_PRIV_H
#define GATESHIFT_CAPABILITIES_PRIV_H

#include "convert/policy_priv.h"

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
#define STANDARD_cors                                                                              \
    SUPPORT_NEAR, "CORS filter: preflights alone are answered, and requests without an Origin "    \
                  "get no headers"
#define STANDARD_rewrite       SUPPORT_NEAR, "URLRewrite of a whole path or a prefix; no captures"
#define STANDARD_upstream_host SUPPORT_EXACT, "URLRewrite with a fixed host name"
#define STANDARD_upstream_protocol                                                                 \
    SUPPORT_NEAR,                                                                                  \
        "gRPC and HTTP/2 are said by appProtocol of the Service, by a patch; TLS needs a "         \
        "BackendTLSPolicy with its CA"
#define STANDARD_request_headers  SUPPORT_EXACT, "RequestHeaderModifier with fixed values"
#define STANDARD_response_headers SUPPORT_EXACT, "ResponseHeaderModifier with fixed values"
#define STANDARD_timeouts                                                                          \
    SUPPORT_NONE,                                                                                  \
        "an HTTPRoute only limits the whole exchange, which would cut long streams; set "          \
        "timeouts.request by hand where no response may take longer"
#define STANDARD_retries                                                                           \
    SUPPORT_NEAR,                                                                                  \
        "retry, which only --channel experimental has, for what nginx repeats with any method; "   \
        "else use a policy of the implementation"
#define STANDARD_buffering                                                                         \
    SUPPORT_NONE, "bodies are streamed; slow clients are then seen by the application"
#define STANDARD_mirrors SUPPORT_NEAR, "RequestMirror, where the URL names a Service of the cluster"
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
    SUPPORT_NEAR,                                                                                  \
        "sessionPersistence, which only --channel experimental has; else use a policy of the "     \
        "implementation, or keep sessions where all endpoints see them"
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

/* The same for each feature of feature/features.def. */
#define STANDARD_host_names SUPPORT_EXACT, "hostnames of an HTTPRoute"
#define STANDARD_expressions                                                                       \
    SUPPORT_NEAR, "RegularExpression; what it has to span, and its place among prefixes, depend "  \
                  "on the implementation"
#define STANDARD_shares                                                                            \
    SUPPORT_EXACT, "weights of backendRefs, without filters of their own: a canary has the "       \
                   "annotations of its main Ingress, but for those of the canary"
#define STANDARD_header_match SUPPORT_EXACT, "header match"
#define STANDARD_expression_match                                                                  \
    SUPPORT_NEAR,                                                                                  \
        "header match of type RegularExpression, whose dialect depends on the implementation"
#define STANDARD_canary_sessions                                                                   \
    SUPPORT_NONE, "header, cookie and weight decide anew for each request; send clients to a "     \
                  "canary by a cookie that the application sets"
#define STANDARD_standby                                                                           \
    SUPPORT_NONE,                                                                                  \
        "no backend stands in for another; keep endpoints ready (a PodDisruptionBudget, "          \
        "more replicas), or let the Service select pods that answer in their place"
#define STANDARD_client_certificates                                                               \
    SUPPORT_NEAR,                                                                                  \
        "spec.tls.frontend, where all hosts of a Gateway want the same CA: give those that do "    \
        "one of their own; whoever has none then gets no connection, and not 400"
#define STANDARD_certificate_details                                                               \
    SUPPORT_NONE, "let the application look at the certificate of its client, behind a TLS "       \
                  "passthrough"
#define STANDARD_passthrough SUPPORT_EXACT, "TLSRoute, and a listener with tls.mode Passthrough"
#define STANDARD_streams     SUPPORT_EXACT, "TCPRoute and UDPRoute, with a listener each"
#define STANDARD_snippets                                                                          \
    SUPPORT_NEAR, "plain directives in them are converted like annotations, the others are named"
#define STANDARD_stream_snippets                                                                   \
    SUPPORT_NONE, "write the ports in it as TCPRoutes and UDPRoutes by hand"
#define STANDARD_forwarded_trust                                                                   \
    SUPPORT_NONE, "whose forwarding headers are believed is set in the implementation"
#define STANDARD_proxy_protocol                                                                    \
    SUPPORT_NONE, "set in the implementation whether it reads the PROXY protocol"
#define STANDARD_request_reading SUPPORT_NONE, "how requests are read is set in the implementation"
#define STANDARD_app_root                                                                          \
    SUPPORT_NEAR, "RequestRedirect on an Exact match of /, which keeps the query of the request"
#define STANDARD_fixed_redirect                                                                    \
    SUPPORT_NEAR, "RequestRedirect: the query of the request stays, and a place without a path "   \
                  "gets /"
#define STANDARD_redirect_code                                                                     \
    SUPPORT_NEAR, "statusCode: 303, 307 and 308 from Gateway API 1.5 on, before 301 or 302"
#define STANDARD_www_redirect                                                                      \
    SUPPORT_NEAR, "RequestRedirect to a host name, without the port that ingress-nginx writes"
#define STANDARD_redirect_form                                                                     \
    SUPPORT_NONE,                                                                                  \
        "a RequestRedirect writes scheme and host, keeps a slash at the end, and leaves "          \
        "out usual ports"
#define STANDARD_basic_auth                                                                        \
    SUPPORT_NONE, "ask for passwords in the application, or by a proxy in front of it such as "    \
                  "oauth2-proxy with --htpasswd-file"
#define STANDARD_external_auth                                                                     \
    SUPPORT_NONE, "let a proxy such as oauth2-proxy stand in front of the Service (--upstream), "  \
                  "and route to it"
#define STANDARD_either_guard                                                                      \
    SUPPORT_NONE, "let the proxy that asks for credentials know the addresses that need none, "    \
                  "such as oauth2-proxy with --trusted-ip"
#define STANDARD_mirror_form SUPPORT_NONE, "copies have the host and the body of the request"
#define STANDARD_connection_header                                                                 \
    SUPPORT_NEAR, "RequestHeaderModifier; implementations may write this header by themselves"
#define STANDARD_tracing SUPPORT_NONE, "tracing is set in the implementation, or in the application"
#define STANDARD_forwarded_headers                                                                 \
    SUPPORT_NONE, "implementations set X-Forwarded-For, X-Forwarded-Proto and x-request-id in "    \
                  "their own ways; filters take fixed values only"
#define STANDARD_transport_security SUPPORT_EXACT, "ResponseHeaderModifier on https routes"
#define STANDARD_compression                                                                       \
    SUPPORT_NONE, "compress in the application, or in a CDN in front of the Gateway"
#define STANDARD_backend_verification                                                              \
    SUPPORT_NEAR, "BackendTLSPolicy with the CA in a ConfigMap, where proxy-ssl-name is set"
#define STANDARD_backend_client_certificate                                                        \
    SUPPORT_NEAR,                                                                                  \
        "spec.tls.backend, where all backends of a Gateway are shown the same certificate; else "  \
        "let them check who connects by another way, such as a NetworkPolicy"
#define STANDARD_asking     STANDARD_external_auth
#define STANDARD_sign_in    STANDARD_external_auth
#define STANDARD_realm      STANDARD_basic_auth
#define STANDARD_idle_limit STANDARD_timeouts
#define STANDARD_retry_time                                                                        \
    SUPPORT_NONE, "tries are counted, and their time is not limited: set timeouts.request by hand"
#define STANDARD_connection_limit STANDARD_rate_limit
#define STANDARD_exemptions       STANDARD_rate_limit
#define STANDARD_tls_form                                                                          \
    SUPPORT_NONE,                                                                                  \
        "what is spoken to backends is set in the implementation; let the backend refuse "         \
        "what is too weak"
#define STANDARD_stay                                                                              \
    SUPPORT_NONE, "what becomes of clients when endpoints come, go or fail is the "                \
                  "implementation's: keep sessions where all endpoints see them"
#define STANDARD_cookie_form                                                                       \
    SUPPORT_NONE, "the cookie has a name and a lifetime; the implementation adds the rest"
#define STANDARD_cookie_expiry                                                                     \
    SUPPORT_NONE, "the cookie has no Expires, and one SameSite for all browsers: say "             \
                  "session-cookie-max-age as well"
#define STANDARD_burst           STANDARD_rate_limit
#define STANDARD_hash_subset     SUPPORT_NONE, "a key is hashed to one endpoint, not to a group of them"
#define STANDARD_service_address SUPPORT_NONE, "endpoints of a Service are balanced one by one"

#endif
