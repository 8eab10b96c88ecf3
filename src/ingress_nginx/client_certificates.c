#include "ingress_nginx/model_priv.h"

/* The annotations auth-tls-*: which certificates the clients of a host have to show. */

static const enum annotation_id parts[] = {
    AN_auth_tls_secret,     AN_auth_tls_verify_client, AN_auth_tls_verify_depth,
    AN_auth_tls_error_page, AN_auth_tls_match_cn,      AN_auth_tls_pass_certificate_to_upstream};

static const struct secret *find_secret(const struct model *model, struct slice text)
{
    size_t slash = slice_find(text, '/', 0);
    return (const struct secret *)(const void *)kube_find(
        model->kube, KUBE_SECRET, slice_sub(text, 0, slash), slice_sub(text, slash + 1, text.len));
}

/* annotations/authtls: the Secret must be there, in a namespace that may be read, with the key ca.crt
 * (store.go, GetAuthCertificate). */
static bool readable(const struct model *model, const struct item *item, struct slice text)
{
    size_t slash = slice_find(text, '/', 0);
    bool foreign = !slice_equal(slice_sub(text, 0, slash), item->ingress->object.namespace) &&
                   !model->settings->cross_namespace;
    if (slash == text.len || foreign) {
        return false;
    }
    const struct secret *secret = find_secret(model, text);
    return secret ? secret->has_ca : !run_secrets_closed(model->run);
}

static void refuse_all(struct model *model, struct server *server, const struct item *item)
{
    server->refused = annotation_source(item->annotations, AN_auth_tls_secret);
    diag_at(model->run->diag, DIAG_N004, server->refused.span, item->ingress->object.subject,
            "annotation '" SLICE_FMT "' names no Secret with a CA that the controller may read, so "
            "every request to host '" SLICE_FMT "' is answered by 403",
            SLICE_ARG(server->refused.name), SLICE_ARG(server->host));
}

/* The key ca.crl of the same Secret (store/backend_ssl.go, getPemCertificate; ssl_crl of nginx.tmpl). */
static enum client_revocation revocation_of(const struct model *model, struct slice text)
{
    const struct secret *secret = find_secret(model, text);
    return !secret ? REVOCATION_OPEN : secret->has_revocations ? REVOCATION_LIST : REVOCATION_NONE;
}

/* A page that is a URL: nginx redirects there by 302 (ngx_http_core_module, error_page). */
static void error_page(struct model *model, struct slice page, struct client_check *check)
{
    bool url = slice_starts(page, SLICE("http://")) || slice_starts(page, SLICE("https://"));
    if (!page.len) {
        return;
    }
    if (!url || !template_read(model->run, page, NULL, &check->error_page)) {
        check->error_page = template_named(model->run->arena, PART_UNKNOWN, page);
    }
}

/* ngx_http_ssl_module, ssl_verify_client. */
static enum client_demand demand_of(struct slice verify)
{
    static const struct {
        const char *word;
        enum client_demand demand;
    } rows[] = {
        {"off", DEMAND_NONE}, {"optional_no_ca", DEMAND_ANY}, {"optional", DEMAND_OPTIONAL}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(verify, rows[i].word)) {
            return rows[i].demand;
        }
    }
    return DEMAND_VALID;
}

static struct slice value_text(struct model *model, const struct item *item, enum annotation_id id)
{
    struct slice text = annotation_text(item->annotations, id);
    return text.ptr ? arena_printf(model->run->arena, "'" SLICE_FMT "'", SLICE_ARG(text))
                    : SLICE("not set");
}

/* The host has those of another Ingress already. */
static void yield(struct model *model, const struct server *server, const struct item *item)
{
    const struct item *first = server->client_item;
    size_t differs = 0;
    while (differs < ARRAY_LEN(parts) && rivals_agree(first, item, &parts[differs], 1)) {
        differs++;
    }
    if (first == item || differs == ARRAY_LEN(parts)) {
        return;
    }
    struct slice what =
        arena_printf(model->run->arena,
                     "host '" SLICE_FMT "' asks clients for certificates as its first Ingress with "
                     "'auth-tls-secret' says, and not as this one does: '%s' is " SLICE_FMT
                     " there and " SLICE_FMT " here",
                     SLICE_ARG(server->host), annotation_row(parts[differs])->name,
                     SLICE_ARG(value_text(model, first, parts[differs])),
                     SLICE_ARG(value_text(model, item, parts[differs])));
    const struct yielding yielding = {
        first, item, annotation_source(item->annotations, AN_auth_tls_secret).span, what,
        "give both the same annotations auth-tls-*, or separate hosts"};
    rivals_yield(model, DIAG_N040, &yielding);
}

/* The first Ingress of the host that has one (controller.go, getBackendServers). */
void client_certificate_read(struct model *model, struct server *server, const struct item *item)
{
    const struct annotations *annotations = item->annotations;
    struct slice text = annotation_text(annotations, AN_auth_tls_secret);
    if (!text.ptr || server->refused.name.ptr) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        annotation_use(annotations, parts[i]);
    }
    if (!readable(model, item, text)) {
        refuse_all(model, server, item);
        return;
    }
    struct slice name = annotation_text(annotations, AN_auth_tls_match_cn);
    if (server->client) {
        yield(model, server, item);
        return;
    }
    int64_t depth = annotation_int(annotations, AN_auth_tls_verify_depth, 1);
    struct client_check *check = ARENA_NEW(model->run->arena, struct client_check);
    *check = (struct client_check){
        .source = annotation_source(annotations, AN_auth_tls_secret),
        .subject = ARENA_JOIN(model->run->arena, SLICE("Secret "), text),
        .demand = demand_of(annotation_text(annotations, AN_auth_tls_verify_client)),
        .depth = depth ? depth : 1,
        .depth_source = annotation_source(annotations, AN_auth_tls_verify_depth),
        .revocation = revocation_of(model, text),
        .status = 400,
        .name = name,
        .name_status = name.ptr ? 403 : 0,
    };
    error_page(model, annotation_text(annotations, AN_auth_tls_error_page), check);
    server->client = check;
    server->client_item = item;
    server->client_passed =
        annotation_true(annotations, AN_auth_tls_pass_certificate_to_upstream, false);
}

/* nginx.tmpl sets these on all locations of such a host, also by plain http. What they say is in the
 * certificate, but for a client without one. */
void client_certificate_headers(struct model *model, const struct server *server,
                                struct edits *edits)
{
    static const char *const names[] = {"ssl-client-verify", "ssl-client-subject-dn",
                                        "ssl-client-issuer-dn", "ssl-client-cert"};
    for (size_t i = 0; server->client && i < ARRAY_LEN(names) - !server->client_passed; i++) {
        struct template value =
            template_named(model->run->arena, PART_UNKNOWN, SLICE("of the client's certificate"));
        effect_edit(model->run, edits, EDIT_SET, slice_of(names[i]), value);
    }
}
