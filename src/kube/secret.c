#include "kube/decode_priv.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static const struct field secret_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_IGNORED("data"),
    FIELD_IGNORED("stringData"),
    FIELD_UNREAD("immutable", NODE_BOOL),
    FIELD(TYPE_STRING, "type", secret, type),
};
const struct schema secret_schema = SCHEMA(secret_fields, secret, NULL);

/* A node's text is only const because others must not write to it; the bytes are ours. Everything below
 * the node goes, whatever shape a malformed Secret has. The depth is bounded by the reader's limit. */
static void wipe(struct node *node)
{
    if (node->kind == NODE_MAP) {
        for (size_t i = 0; i < node->count; i++) {
            wipe(node->pairs[i].value);
        }
    } else if (node->kind == NODE_LIST) {
        for (size_t i = 0; i < node->count; i++) {
            wipe(node->items[i]);
        }
    } else {
        memory_wipe((void *)(uintptr_t)node->text.ptr, node->text.len);
        *node = (struct node){.kind = NODE_STRING, .span = node->span, .text = SLICE("")};
    }
}

/* The context keeps the characters of the last line, and is not cleansed when it is freed. */
static void forget_line(EVP_ENCODE_CTX *context)
{
    static const unsigned char line[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    unsigned char out[sizeof line];
    int used;
    EVP_DecodeInit(context);
    (void)EVP_DecodeUpdate(context, out, &used, line, sizeof line - 1);
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
        forget_line(context);
    }
    EVP_ENCODE_CTX_free(context);
    if (!fine) {
        OPENSSL_clear_free(out, text.len + 4);
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
    int64_t days = days_since_1970(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
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
        secret->has_key_pair = true; /* as far as tls.crt goes; see note_keys */
        secret->not_before = seconds_of(X509_get0_notBefore(certificate));
        secret->not_after = seconds_of(X509_get0_notAfter(certificate));
        read_names(run, certificate, &secret->certificate_names);
    }
    X509_free(certificate);
    BIO_free(bio);
}

static size_t read_htpasswd(struct run *run, const unsigned char *text, size_t length,
                            struct secret *secret)
{
    struct slice rest = {(const char *)text, length}, line;
    size_t count = 0;
    while (slice_split(&rest, '\n', &line)) {
        size_t colon = slice_find(line, ':', 0);
        if (line.len && line.ptr[0] != '#' && colon > 0 &&
            slice_trim(slice_sub(line, colon, line.len)).len > 1) {
            user_list_add(run->arena, &secret->users, slice_sub(line, 0, colon));
            count++;
        }
    }
    secret->users.known = true;
    return count;
}

static void read_value(struct run *run, struct slice key, const unsigned char *bytes, size_t length,
                       struct secret *secret)
{
    if (slice_is(key, "tls.crt")) {
        read_certificate(run, bytes, length, secret);
    } else if (slice_is(key, "ca.crt")) {
        secret->has_ca = length > 0;
    } else if (slice_is(key, "ca.crl")) {
        secret->has_revocations = length > 0;
    } else if (slice_is(key, "auth")) {
        secret->htpasswd_count = read_htpasswd(run, bytes, length, secret);
    } else if (slice_is(key, ".htpasswd")) {
        (void)read_htpasswd(run, bytes, length, secret);
    }
}

static int compare_slices(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void read_encoded(struct decoder *decoder, const struct where *where, struct slice key,
                         const struct node *value, bool replaced, struct secret *secret)
{
    size_t length = 0;
    unsigned char *bytes = decode_base64(value->text, &length);
    if (bytes) {
        if (!replaced) {
            read_value(decoder->run, key, bytes, length, secret);
        }
        OPENSSL_clear_free(bytes, value->text.len + 4);
    } else {
        decode_error(decoder, DIAG_K020, where, value->span,
                     "is not base64, so an API server refuses it; plain text belongs into "
                     "'stringData'");
    }
}

static void read_data(struct decoder *decoder, struct node *root, const char *field, bool encoded,
                      struct secret *secret)
{
    struct node *data = node_get(root, field);
    const struct node *texts = encoded ? node_get(root, "stringData") : NULL;
    struct where top = {NULL, field, 0};
    if (!data) {
        return;
    }
    if (data->kind != NODE_MAP) {
        decode_wrong_type(decoder, &top, data, NODE_MAP);
        wipe(data);
        return;
    }
    for (size_t i = 0; i < data->count; i++) {
        struct node *value = data->pairs[i].value;
        struct where here = {&top, arena_string(decoder->run->arena, data->pairs[i].key), 0};
        secret->keys.items[secret->keys.count++] = data->pairs[i].key;
        if (value->kind == NODE_STRING && encoded) {
            /* what stringData has under the key is in its place (core/v1, Secret) */
            const bool replaced =
                texts && texts->kind == NODE_MAP && node_pair(texts, data->pairs[i].key);
            read_encoded(decoder, &here, data->pairs[i].key, value, replaced, secret);
        } else if (value->kind == NODE_STRING) {
            read_value(decoder->run, data->pairs[i].key, (const unsigned char *)value->text.ptr,
                       value->text.len, secret);
        } else if (value->kind != NODE_NULL) {
            decode_error(decoder, DIAG_K003, &here, value->span,
                         "must be a text, not %s; put it in quotes", node_kind_name(value->kind));
        }
        wipe(value);
    }
}

/* Sorted, each once: stringData replaces what data holds under the same key. */
static void note_keys(struct arena *arena, struct secret *secret)
{
    struct slices *keys = &secret->keys;
    bool has_key = false;
    size_t kept = 0;
    sort_stable(arena, keys->items, keys->count, sizeof *keys->items, compare_slices, NULL);
    for (size_t i = 0; i < keys->count; i++) {
        has_key = has_key || slice_is(keys->items[i], "tls.key");
        if (kept == 0 || !slice_equal(keys->items[kept - 1], keys->items[i])) {
            keys->items[kept++] = keys->items[i];
        }
    }
    keys->count = kept;
    secret->has_key_pair = secret->has_key_pair && has_key;
}

/* A misspelt 'stringData' holds values, too. */
static void wipe_other_fields(struct node *root)
{
    static const char *const kept[] = {"apiVersion", "kind", "metadata", "type", "immutable"};
    for (size_t i = 0; root->kind == NODE_MAP && i < root->count; i++) {
        bool keep = false;
        for (size_t j = 0; j < ARRAY_LEN(kept); j++) {
            keep = keep || slice_is(root->pairs[i].key, kept[j]);
        }
        if (!keep) {
            wipe(root->pairs[i].value);
        }
    }
}

void secret_read(struct decoder *decoder, struct node *root, struct secret *secret)
{
    const struct node *data = node_get(root, "data"), *texts = node_get(root, "stringData");
    size_t count = (data && data->kind == NODE_MAP ? data->count : 0) +
                   (texts && texts->kind == NODE_MAP ? texts->count : 0);
    decoder->confidential = true;
    secret->keys.items = ARENA_ARRAY(decoder->run->arena, struct slice, count);
    read_data(decoder, root, "data", true, secret);
    read_data(decoder, root, "stringData", false, secret);
    note_keys(decoder->run->arena, secret);
    wipe_other_fields(root);
}

/* kubectl keeps a copy of the whole object there. */
static const char applied[] = "kubectl.kubernetes.io/last-applied-configuration";

static void wipe_applied(struct node *root)
{
    struct node *node = node_get(node_get(node_get(root, "metadata"), "annotations"), applied);
    if (node) {
        wipe(node);
    }
}

void secret_wipe(struct node *root)
{
    const struct node *kind = node_get(root, "kind");
    if (kind && kind->kind == NODE_STRING && slice_is(kind->text, "Secret")) {
        wipe_other_fields(root);
        wipe_applied(root);
    }
}

void secret_wipe_annotations(struct node *root, struct secret *secret)
{
    wipe_applied(root);
    for (size_t i = 0; i < secret->object.annotations.count; i++) {
        struct label *label = &secret->object.annotations.items[i];
        if (slice_is(label->key, applied)) {
            label->value = SLICE("");
        }
    }
}

/* ---- files -------------------------------------------------------------------------------- */

/* True when "Secret" at `at` is the value of a key "kind", in YAML or JSON. */
static bool is_kind_secret(struct slice text, size_t at)
{
    size_t end = at;
    while (end > 0 && strchr(" \t\"':", text.ptr[end - 1]) != NULL && text.ptr[end - 1] != '\0') {
        end--;
    }
    return end < at && slice_ends(slice_sub(text, 0, end), SLICE("kind"));
}

static bool holds_secret(struct slice text)
{
    const struct slice word = SLICE("Secret");
    for (size_t at = slice_find(text, 'S', 0); at < text.len; at = slice_find(text, 'S', at + 1)) {
        if (slice_starts(slice_sub(text, at, text.len), word) && is_kind_secret(text, at)) {
            /* references to Secrets, as in a Gateway, come without data */
            return slice_contains(text, SLICE("data:")) || slice_contains(text, SLICE("Data:")) ||
                   slice_contains(text, SLICE("ata\""));
        }
    }
    return false;
}

void kube_hide_secrets(struct run *run)
{
    for (uint32_t file = 1; diag_file_name(run->diag, file).len; file++) {
        if (holds_secret(diag_file_text(run->diag, file))) {
            diag_file_hide(run->diag, file);
        }
    }
}

void kube_wipe_secrets(struct run *run, struct input *input)
{
    for (size_t i = 0; i < input->count; i++) {
        if (!diag_file_text(run->diag, input->files[i].file).ptr) {
            input_wipe(run, &input->files[i]);
        }
    }
}

bool secret_has_certificate(const struct secret *secret)
{
    return secret->has_key_pair ||
           (secret->keys.count == 0 && slice_is(secret->type, "kubernetes.io/tls"));
}
