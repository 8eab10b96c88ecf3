#include "ingress_nginx/model_priv.h"

/* What keys of the ConfigMap and flags do, for `explain`. Keys that an annotation has as well are the default of
 * all Ingresses, and the annotation's text says what they do. */
static const struct {
    const char *name, *fallback, *text;
} rows[] = {
    {"add-headers", "none",
     "ConfigMap (namespace/name) with headers that are set on every answer."},
    {"allow-backend-server-header", "false",
     "Keeps the Server header of backends, which nginx replaces by its own else. It is removed all "
     "the same unless server-tokens is true."},
    {"allow-cross-namespace-resources", "false (true before 1.12)",
     "Lets annotations name Secrets and ConfigMaps of other namespaces; without it they deny the "
     "path (503, or 403 for client certificates)."},
    {"allow-snippet-annotations", "false (true in 1.9.0)",
     "Without it snippets are removed from the Ingress, which is loaded all the same."},
    {"annotation-value-word-blocklist", "empty",
     "An Ingress with one of these words in an annotation's value is not loaded."},
    {"annotations-prefix", "nginx.ingress.kubernetes.io",
     "Prefix of the annotations that are read."},
    {"annotations-risk-level", "High (Critical before 1.12)",
     "An Ingress with an annotation of a higher risk is not loaded: Low, Medium, High, Critical; "
     "anything else counts as Low. Snippets are Critical."},
    {"app-root", "none", "Nothing: only the annotation is read."},
    {"bind-address", "all", "Addresses that nginx listens on."},
    {"block-cidrs", "empty",
     "Client addresses that get 403, but for paths with a list of addresses of their own."},
    {"block-referers", "empty",
     "Referer headers that get 403: exact, or an expression after ~ or ~*."},
    {"block-user-agents", "empty",
     "User-Agent headers that get 403: exact, or an expression after ~ or ~*."},
    {"client-body-timeout", "60",
     "Seconds between two reads of a request body; a client that is slower gets 408."},
    {"client-header-buffer-size", "1k",
     "Memory for the head of a request; longer ones go to large-client-header-buffers."},
    {"client-header-timeout", "60",
     "Seconds for the head of a request; a client that is slower gets 408."},
    {"compute-full-forwarded-for", "false",
     "With use-forwarded-headers X-Forwarded-For is what the client sent and, behind a comma, the "
     "address of who connected. Alone it does nothing."},
    {"configmap", "none", "Flag that names the controller's ConfigMap."},
    {"controller-class", "k8s.io/ingress-nginx",
     "Flag: the controller takes Ingresses of IngressClasses with this controller."},
    {"custom-http-errors", "empty",
     "Statuses, 300 to 599, that the default backend answers instead, on all hosts: it gets a "
     "request for / with the status in X-Code. A path with custom-http-errors or auth-signin of "
     "its own, and a host with auth-tls-error-page, lose the whole list. Redirects between names "
     "with and without www become 500 where their status is in it. nginx refuses 499."},
    {"deep-inspect", "true",
     "Ingresses with text in a path that looks like an attack are not loaded."},
    {"default-backend-service", "none",
     "Service (namespace/name) for requests that no path takes; its first port. Without it they "
     "get 404."},
    {"default-ssl-certificate", "a self-signed one",
     "Secret (namespace/name) whose certificate is shown where a host has none."},
    {"default-type", "text/html", "Content-Type of texts that nginx answers by itself."},
    {"disable-catch-all", "false", "Ingresses with a default backend are not loaded."},
    {"disable-proxy-intercept-errors", "false",
     "With custom-http-errors: answers of backends stay as they are, and only those of nginx "
     "itself are replaced. The annotation of this name does not undo what the setting leaves on."},
    {"disable-svc-external-name", "false", "Services of type ExternalName answer 503."},
    {"enable-annotation-validation", "true (false before 1.12)",
     "Values of annotations are checked; a bad one may keep the whole Ingress out."},
    {"enable-brotli", "false", "Compresses answers by brotli."},
    {"enable-modsecurity", "false",
     "Web application firewall of all paths, but where the annotation says false. Without "
     "modsecurity-snippet it writes logs and blocks nothing (SecRuleEngine DetectionOnly)."},
    {"enable-owasp-modsecurity-crs", "false",
     "OWASP core rule set, where enable-modsecurity of the ConfigMap is true. It blocks nothing "
     "unless a snippet switches the engine on; alone it even takes the annotation "
     "enable-owasp-core-rules away."},
    {"enable-real-ip", "false", "The client's address is taken from forwarded-for-header."},
    {"enable-ssl-passthrough", "false",
     "Flag without which the annotation ssl-passthrough does nothing."},
    {"enable-underscores-in-headers", "false",
     "Headers with '_' in their name are kept instead of dropped."},
    {"forwarded-for-header", "X-Forwarded-For", "Header that names the client."},
    {"forwarded-for-proxy-protocol-header", "X-Forwarded-For-Proxy-Protocol",
     "With use-proxy-protocol and use-forwarded-headers: a header in which nginx keeps the address "
     "of the client, and that backends get as well."},
    {"forwarded-host-header", "X-Forwarded-Host",
     "Header that backends get as X-Original-Forwarded-Host."},
    {"generate-request-id", "true", "Requests without X-Request-ID get one."},
    {"global-allowed-response-headers", "empty",
     "Headers that the annotation custom-headers may set."},
    {"global-auth-always-set-cookie", "false",
     "Passes cookies of the global auth service on with every status."},
    {"global-auth-cache-duration", "none",
     "How long answers of the global auth service are kept; needs global-auth-cache-key. Without "
     "it "
     "only the service's own Cache-Control and Expires say so; a value that does not pass counts "
     "as "
     "'200 202 401 5m', as for the annotation."},
    {"global-auth-cache-key", "none", "Keeps answers of the global auth service under this key."},
    {"global-auth-method", "GET",
     "Method of the request to the global auth service, in capitals, never with a body; one that "
     "is not known is ignored. A backend never sees it."},
    {"global-auth-request-redirect", "the request's own URI",
     "X-Auth-Request-Redirect for the global auth service."},
    {"global-auth-response-headers", "none",
     "Headers of the global auth service's answer that backends get."},
    {"global-auth-signin", "none",
     "Turns a 401 of the global auth service into a 302 to this URL. All paths lose the list of "
     "custom-http-errors then."},
    {"global-auth-signin-redirect-param", "rd",
     "Query parameter that carries the way back after the sign-in."},
    {"global-auth-snippet", "none",
     "Raw nginx configuration for the request to the global auth service; headers and timeouts "
     "change nothing but what it hears."},
    {"global-auth-url", "none",
     "External authentication of every path, but where enable-global-auth is false."},
    {"health-check-path", "/healthz", "Path prefix of unknown hosts that nginx answers with 200."},
    {"hide-headers", "empty",
     "Headers of backends that clients do not get: not of gRPC backends, nor where a snippet "
     "hides headers of its own (proxy_hide_header), which then are all that are hidden."},
    {"hsts", "true", "Sets Strict-Transport-Security on https answers of all paths."},
    {"hsts-include-subdomains", "true", "Part of Strict-Transport-Security."},
    {"hsts-max-age", "31536000 (15724800 before 1.9.5)", "Seconds in Strict-Transport-Security."},
    {"hsts-preload", "false", "Part of Strict-Transport-Security."},
    {"http-port", "80",
     "Flag: the port that nginx listens on for http. Backends get it as X-Forwarded-Port; what "
     "clients connect to is the port of the Service in front."},
    {"http-redirect-code", "308",
     "Status of redirects to https and between names with and without www: 301, 302, 307, 308."},
    {"http-snippet", "none",
     "Raw nginx configuration at the level of http. Headers of answers are understood, and so are "
     "variables, zones, upstreams and servers of its own, of which the names answer what is not "
     "known. A host whose Ingresses use such a variable or upstream is unknown."},
    {"https-port", "443",
     "Flag: the port that nginx listens on for https. Redirects to https name it with "
     "use-port-in-redirects; backends get 443 as X-Forwarded-Port whatever it is."},
    {"ignore-invalid-headers", "true",
     "Request headers whose names hold other characters than letters, digits and '-' are dropped. "
     "When false all are kept, also those with '_'."},
    {"ingress-class", "nginx",
     "Flag: the word in the annotation kubernetes.io/ingress.class that the controller takes, for "
     "which no IngressClass has to be there; with --ingress-class-by-name also the name of an "
     "IngressClass."},
    {"ingress-class-by-name", "false",
     "Flag: Ingresses of the IngressClass that is named like --ingress-class are taken as well, "
     "whatever its controller is."},
    {"keep-alive", "75", "Seconds that an idle connection of a client stays open."},
    {"keep-alive-requests", "1000", "Requests on one connection of a client."},
    {"large-client-header-buffers", "4 8k",
     "Number and size of buffers for long heads of requests. A request line that does not fit one "
     "is answered by 414, the line of a header by 400."},
    {"limit-conn-status-code", "503", "Status of what limit-connections refuses."},
    {"limit-conn-zone-variable", "$binary_remote_addr",
     "What limits of the Ingresses count by: the address of the client."},
    {"limit-rate", "0",
     "Kilobytes a second of one response, of all paths without an annotation of their own."},
    {"limit-rate-after", "0", "Kilobytes of a response before limit-rate acts."},
    {"limit-req-status-code", "503", "Status of what limit-rps and limit-rpm refuse."},
    {"location-snippet", "none",
     "Raw nginx configuration of every location, after configuration-snippet."},
    {"log-format-upstream", "a line with everything", "Format of the access log."},
    {"main-snippet", "none", "Raw nginx configuration outside of http: shows in no request."},
    {"modsecurity-snippet", "none",
     "Rules of the web application firewall in the place of its own, where enable-modsecurity of "
     "the ConfigMap is true. What they block is not known, unless there are none or SecRuleEngine "
     "is DetectionOnly or Off."},
    {"nginx-status-ipv4-whitelist", "127.0.0.1",
     "Clients that see the status page of unknown hosts, at /nginx_status; all others get 403."},
    {"nginx-status-ipv6-whitelist", "::1", "The same, for IPv6."},
    {"no-auth-locations", "/.well-known/acme-challenge",
     "Paths of Ingresses that need no authentication."},
    {"no-tls-redirect-locations", "/.well-known/acme-challenge",
     "Paths of Ingresses that are not redirected to https."},
    {"proxy-add-original-uri-header", "false", "Backends get X-Original-URI."},
    {"proxy-real-ip-cidr", "0.0.0.0/0", "Who is believed what forwarded-for-header says."},
    {"proxy-redirect-from", "off",
     "Rewrites Location of the backends' redirects that start so. Any other word than off and "
     "default freezes the configuration while nobody has / without a host, as the controller "
     "writes it without proxy-redirect-to there."},
    {"proxy-set-headers", "none",
     "ConfigMap (namespace/name) with headers for backends. A name that the controller sets itself "
     "is sent twice."},
    {"proxy-ssl-location-only", "false",
     "proxy-ssl annotations act on paths of their own Ingress only, not on those of the host that "
     "have none."},
    {"retry-non-idempotent", "false",
     "Requests that change something (POST, PATCH, LOCK) are repeated as well."},
    {"server-snippet", "none", "Raw nginx configuration of every host, after its paths."},
    {"server-tokens", "false",
     "Shows nginx and its version in the Server header, which is removed else, also that of "
     "backends."},
    {"service-upstream", "false",
     "Requests go to the Services' own addresses, also where a Service has no endpoints."},
    {"ssl-protocols", "TLSv1.2 TLSv1.3", "Versions of TLS towards clients."},
    {"ssl-reject-handshake", "false", "TLS connections to unknown hosts are refused."},
    {"stream-snippet", "none",
     "Raw nginx configuration for TCP and UDP; what happens on its ports is not known, and "
     "requests by http are as before."},
    {"strict-validate-path-type", "true (false before 1.12)",
     "Only the admission webhook reads it: it refuses Exact and Prefix paths with other characters "
     "than letters, digits and '-._/'. Ingresses that exist are served all the same."},
    {"tcp-services-configmap", "none",
     "ConfigMap (namespace/name) of TCP ports: '9000: namespace/service:port', with ':PROXY' "
     "behind it where "
     "clients send PROXY protocol, and another one where the backend is sent it."},
    {"udp-services-configmap", "none",
     "ConfigMap (namespace/name) of UDP ports: '53: namespace/service:port'."},
    {"upstream-hash-by", "none", "Nothing: only the annotation is read."},
    {"upstream-hash-by-subset", "false", "Nothing: only the annotation is read."},
    {"upstream-hash-by-subset-size", "3", "Nothing: only the annotation is read."},
    {"upstream-keepalive-connections", "320",
     "Idle connections to backends that stay open; with 0 backends are told Connection: close."},
    {"use-forwarded-headers", "false",
     "Believes X-Forwarded-For, -Proto, -Host and -Port of any client."},
    {"use-gzip", "false", "Compresses answers."},
    {"use-http2", "true",
     "HTTP/2 towards clients. auth-keepalive of Ingresses acts only without it."},
    {"use-proxy-protocol", "false",
     "Ports 80 and 443 expect the PROXY protocol, "
     "which tells the address and the port of the client; whoever connects without it is refused. "
     "Requests are taken to come through a balancer that speaks it."},
    {"watch-ingress-without-class", "false", "Ingresses without a class are taken as well."},
    {"watch-namespace", "all", "Only Ingresses of this namespace are loaded."},
    {"watch-namespace-selector", "all",
     "Only Ingresses of namespaces with these labels are loaded."},
    {"whitelist-source-range", "empty",
     "Client addresses that are let in, of all paths without a list of their own; others get 403."},
};

void setting_describe(struct nginx_setting_info *info)
{
    info->text = NULL;
    info->fallback = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(slice_of(info->name), rows[i].name)) {
            info->text = rows[i].text;
            info->fallback = rows[i].fallback;
        }
    }
}
