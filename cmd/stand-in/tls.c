#include "stand_in.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static void need(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "stand-in: OpenSSL does not %s\n", what);
        exit(1);
    }
}

static void extend(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    need(extension && X509_add_ext(certificate, extension, -1), "extend a certificate");
    X509_EXTENSION_free(extension);
}

static void begin(struct authority *out, const char *name, X509_NAME *issuer)
{
    out->key = EVP_EC_gen("P-256");
    out->certificate = X509_new();
    need(out->key && out->certificate, "make a key");
    X509_NAME *subject = X509_get_subject_name(out->certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_version(out->certificate, X509_VERSION_3);
    X509_set_issuer_name(out->certificate, issuer ? issuer : subject);
    X509_set_pubkey(out->certificate, out->key);
    ASN1_INTEGER_set(X509_get_serialNumber(out->certificate), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(out->certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(out->certificate), 86400);
}

void authority_make(struct authority *out, const char *name)
{
    begin(out, name, NULL);
    extend(out->certificate, NID_basic_constraints, "critical,CA:TRUE");
    need(X509_sign(out->certificate, out->key, EVP_sha256()) > 0, "sign");
}

void authority_sign(const struct authority *by, const char *client, struct authority *out)
{
    begin(out, client ? client : "kube.test", X509_get_subject_name(by->certificate));
    if (!client) {
        extend(out->certificate, NID_subject_alt_name, "IP:127.0.0.1,DNS:kube.test");
    }
    need(X509_sign(out->certificate, by->key, EVP_sha256()) > 0, "sign");
}

SSL_CTX *tls_context(const struct authority *authority)
{
    struct authority own;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    authority_sign(authority, NULL, &own);
    need(context && SSL_CTX_use_certificate(context, own.certificate) == 1 &&
             SSL_CTX_use_PrivateKey(context, own.key) == 1 &&
             X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority->certificate) == 1,
         "take its own certificate");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL); /* clients may come without one */
    return context;
}

static struct slice encode(struct arena *arena, BIO *pem)
{
    char *text = NULL;
    long length = BIO_get_mem_data(pem, &text);
    unsigned char *out = arena_alloc(arena, (size_t)length * 2 + 8);
    int used = EVP_EncodeBlock(out, (const unsigned char *)text, (int)length);
    BIO_free(pem);
    return (struct slice){(const char *)out, (size_t)used};
}

struct slice certificate_text(struct arena *arena, X509 *certificate)
{
    BIO *pem = BIO_new(BIO_s_mem());
    need(pem && PEM_write_bio_X509(pem, certificate) == 1, "write a certificate");
    return encode(arena, pem);
}

struct slice key_text(struct arena *arena, EVP_PKEY *key)
{
    BIO *pem = BIO_new(BIO_s_mem());
    need(pem && PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1, "write a key");
    return encode(arena, pem);
}
