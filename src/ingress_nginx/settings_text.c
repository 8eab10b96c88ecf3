#include "ingress_nginx/model_priv.h"

/* What keys of the ConfigMap and flags do, for `explain`. Keys that an annotation has as well are the default of
 * all Ingresses, and the annotation's text says what they do. */
static const struct {
    const char *name, *fallback, *text;
} rows[] = {
    {"add-headers", "none",
     "ConfigMap (namespace/name) with headers that are set on every answer."},
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
    {"block-cidrs", "empty",
     "Client addresses that get 403, but for paths with a list of addresses of their own."},
    {"block-referers", "empty",
     "Referer headers that get 403: exact, or an expression after ~ or ~*."},
    {"block-user-agents", "empty",
     "User-Agent headers that get 403: exact, or an expression after ~ or ~*."},
    {"compute-full-forwarded-for", "false",
     "With use-forwarded-headers: the peer's address is added to X-Forwarded-For."},
    {"configmap", "none", "Flag that names the controller's ConfigMap."},
    {"controller-class", "k8s.io/ingress-nginx",
     "Flag: the controller takes Ingresses of IngressClasses with this controller."},
    {"custom-http-errors", "empty",
     "Statuses that the default backend answers instead, on all hosts."},
    {"deep-inspect", "true",
     "Ingresses with text in a path that looks like an attack are not loaded."},
    {"default-backend-service", "none",
     "Service (namespace/name) for requests that no path takes; its first port. Without it they "
     "get 404."},
    {"default-ssl-certificate", "a self-signed one",
     "Secret (namespace/name) whose certificate is shown where a host has none."},
    {"disable-catch-all", "false", "Ingresses with a default backend are not loaded."},
    {"disable-svc-external-name", "false", "Services of type ExternalName answer 503."},
    {"enable-annotation-validation", "true (false before 1.12)",
     "Values of annotations are checked; a bad one may keep the whole Ingress out."},
    {"enable-real-ip", "false", "The client's address is taken from forwarded-for-header."},
    {"enable-ssl-passthrough", "false",
     "Flag without which the annotation ssl-passthrough does nothing."},
    {"enable-underscores-in-headers", "false",
     "Headers with '_' in their name are kept instead of dropped."},
    {"forwarded-for-header", "X-Forwarded-For", "Header that names the client."},
    {"forwarded-host-header", "X-Forwarded-Host",
     "Header that backends get as X-Original-Forwarded-Host."},
    {"generate-request-id", "true", "Requests without X-Request-ID get one."},
    {"global-allowed-response-headers", "empty",
     "Headers that the annotation custom-headers may set."},
    {"global-auth-url", "none",
     "External authentication of every path, but where enable-global-auth is false."},
    {"health-check-path", "/healthz", "Path prefix of unknown hosts that nginx answers with 200."},
    {"hide-headers", "empty", "Headers of backends that clients do not get."},
    {"hsts", "true", "Sets Strict-Transport-Security on https answers of all paths."},
    {"hsts-include-subdomains", "true", "Part of Strict-Transport-Security."},
    {"hsts-max-age", "31536000 (15724800 before 1.9.5)", "Seconds in Strict-Transport-Security."},
    {"hsts-preload", "false", "Part of Strict-Transport-Security."},
    {"http-port", "80",
     "Flag: the port that nginx listens on for http. Backends get it as X-Forwarded-Port; what "
     "clients connect to is the port of the Service in front."},
    {"http-redirect-code", "308",
     "Status of redirects to https and between names with and without www: 301, 302, 307, 308."},
    {"https-port", "443",
     "Flag: the port that nginx listens on for https. Redirects to https name it with "
     "use-port-in-redirects; backends get 443 as X-Forwarded-Port whatever it is."},
    {"ingress-class", "nginx",
     "Flag: the word in the annotation kubernetes.io/ingress.class that the controller takes, for "
     "which no IngressClass has to be there; with --ingress-class-by-name also the name of an "
     "IngressClass."},
    {"ingress-class-by-name", "false",
     "Flag: Ingresses of the IngressClass that is named like --ingress-class are taken as well, "
     "whatever its controller is."},
    {"location-snippet", "none",
     "Raw nginx configuration of every location, after configuration-snippet."},
    {"no-auth-locations", "/.well-known/acme-challenge",
     "Paths of Ingresses that need no authentication."},
    {"no-tls-redirect-locations", "/.well-known/acme-challenge",
     "Paths of Ingresses that are not redirected to https."},
    {"proxy-add-original-uri-header", "false", "Backends get X-Original-URI."},
    {"proxy-real-ip-cidr", "0.0.0.0/0", "Who is believed what forwarded-for-header says."},
    {"proxy-set-headers", "none",
     "ConfigMap (namespace/name) with headers for backends. A name that the controller sets itself "
     "is sent twice."},
    {"ssl-reject-handshake", "false", "TLS connections to unknown hosts are refused."},
    {"strict-validate-path-type", "true (false before 1.12)",
     "Only the admission webhook reads it: it refuses Exact and Prefix paths with other characters "
     "than letters, digits and '-._/'. Ingresses that exist are served all the same."},
    {"tcp-services-configmap", "none",
     "ConfigMap (namespace/name) of TCP ports: '9000: namespace/service:port', with ':PROXY' "
     "behind it where "
     "clients send PROXY protocol, and another one where the backend is sent it."},
    {"udp-services-configmap", "none",
     "ConfigMap (namespace/name) of UDP ports: '53: namespace/service:port'."},
    {"use-forwarded-headers", "false",
     "Believes X-Forwarded-For, -Proto, -Host and -Port of any client."},
    {"use-gzip", "false", "Compresses answers."},
    {"use-proxy-protocol", "false",
     "Ports 80 and 443 expect the PROXY protocol, "
     "which tells the address and the port of the client; whoever connects without it is refused. "
     "Requests are taken to come through a balancer that speaks it."},
    {"watch-ingress-without-class", "false", "Ingresses without a class are taken as well."},
    {"watch-namespace", "all", "Only Ingresses of this namespace are loaded."},
    {"watch-namespace-selector", "all",
     "Only Ingresses of namespaces with these labels are loaded."},
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
