#include "kube/decode_priv.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

/* A node's text is only const because others must not write to it; the bytes are ours. */
static void wipe(struct slice text)
{
    if (text.len) {
        OPENSSL_cleanse((void *)(uintptr_t)text.ptr, text.len);
    }
}

/* Standard base64 with line breaks; the result is on the heap and has to be wiped and freed. */
static unsigned char *decode_base64(struct slice text, size_t *length)
{
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    unsigned char *out = OPENSSL_malloc(text.len + 4);
    int used = 0, last = 0;
    bool fine = context && out && text.len < INT32_MAX;
    if (fine) {
        EVP_DecodeInit(context);
        fine = EVP_DecodeUpdate(context, out, &used, (const unsigned char *)text.ptr,
                                (int)text.len) >= 0 &&
               EVP_DecodeFinal(context, out + used, &last) >= 0;
    }
    EVP_ENCODE_CTX_free(context);
    if (!fine) {
        OPENSSL_free(out);
        return NULL;
    }
    *length = (size_t)used + (size_t)last;
    return out;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1) {
        return 0;
    }
    /* days since 1970 by the civil calendar; timegm is not in POSIX */
    int64_t year = tm.tm_year + 1900, month = tm.tm_mon + 1;
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + tm.tm_mday - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;
    return days * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
}

static void read_names(struct run *run, X509 *certificate, struct slices *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    out->items = ARENA_ARRAY(run->arena, struct slice, (size_t)count);
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) {
            struct slice text = {(const char *)ASN1_STRING_get0_data(name->d.dNSName),
                                 (size_t)ASN1_STRING_length(name->d.dNSName)};
            out->items[out->count++] = arena_lower(run->arena, text);
        }
    }
    GENERAL_NAMES_free(names);
}

static void read_certificate(struct run *run, const unsigned char *pem, size_t length,
                             struct secret *secret)
{
    BIO *bio = BIO_new_mem_buf(pem, length < INT32_MAX ? (int)length : 0);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (certificate) {
        secret->has_key_pair = true; /* the key is looked for by the caller */
        secret->not_before = seconds_of(X509_get0_notBefore(certificate));
        secret->not_after = seconds_of(X509_get0_notAfter(certificate));
        read_names(run, certificate, &secret->certificate_names);
    }
    X509_free(certificate);
    BIO_free(bio);
}

static size_t count_htpasswd(const unsigned char *text, size_t length)
{
    struct slice rest = {(const char *)text, length}, line;
    size_t count = 0;
    while (slice_split(&rest, '\n', &line)) {
        line = slice_trim(line);
        size_t colon = slice_find(line, ':', 0);
        count += line.len && line.ptr[0] != '#' && colon > 0 && colon + 1 < line.len;
    }
    return count;
}

static void read_value(struct run *run, struct slice key, const unsigned char *bytes, size_t length,
                       struct secret *secret)
{
    if (slice_is(key, "tls.crt")) {
        read_certificate(run, bytes, length, secret);
    } else if (slice_is(key, "ca.crt")) {
        secret->has_ca = length > 0;
    } else if (slice_is(key, "auth")) {
        secret->htpasswd_count = count_htpasswd(bytes, length);
    }
}

static int compare_slices(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void read_data(struct decoder *decoder, const struct node *data, bool encoded,
                      struct secret *secret)
{
    for (size_t i = 0; data && data->kind == NODE_MAP && i < data->count; i++) {
        struct node *value = data->pairs[i].value;
        secret->keys.items[secret->keys.count++] = data->pairs[i].key;
        if (value->kind != NODE_STRING) {
            continue;
        }
        if (!encoded) {
            read_value(decoder->run, data->pairs[i].key, (const unsigned char *)value->text.ptr,
                       value->text.len, secret);
        } else {
            size_t length = 0;
            unsigned char *bytes = decode_base64(value->text, &length);
            if (bytes) {
                read_value(decoder->run, data->pairs[i].key, bytes, length, secret);
                OPENSSL_clear_free(bytes, value->text.len + 4);
            }
        }
        wipe(value->text);
        value->text = SLICE("");
    }
}

void secret_read(struct decoder *decoder, struct node *root, struct secret *secret)
{
    const struct node *data = node_get(root, "data"), *texts = node_get(root, "stringData");
    const struct node *type = node_get(root, "type");
    size_t count = (data && data->kind == NODE_MAP ? data->count : 0) +
                   (texts && texts->kind == NODE_MAP ? texts->count : 0);
    secret->type = type && type->kind == NODE_STRING ? type->text : SLICE_ABSENT;
    secret->keys.items = ARENA_ARRAY(decoder->run->arena, struct slice, count);
    read_data(decoder, data, true, secret);
    read_data(decoder, texts, false, secret);
    sort_stable(decoder->run->arena, secret->keys.items, secret->keys.count,
                sizeof *secret->keys.items, compare_slices, NULL);
    bool has_key = false;
    for (size_t i = 0; i < secret->keys.count; i++) {
        has_key = has_key || slice_is(secret->keys.items[i], "tls.key");
    }
    secret->has_key_pair = secret->has_key_pair && has_key;
}
