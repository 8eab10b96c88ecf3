/* Secrets without their secrets: the names of keys, and certificates, which every client is shown anyway. */
#include "cluster/cluster_priv.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

static struct node *encoded(struct arena *arena, const char *bytes, size_t length)
{
    unsigned char *out = arena_alloc(arena, length / 3 * 4 + 8);
    int used = EVP_EncodeBlock(out, (const unsigned char *)bytes, (int)length);
    return node_string(arena, (struct slice){(const char *)out, (size_t)used});
}

/* The certificates of a PEM text, written anew, so that nothing else that stands in it comes along. */
static struct node *certificates_of(struct arena *arena, const unsigned char *pem, size_t length)
{
    BIO *in = BIO_new_mem_buf(pem, (int)length), *out = BIO_new(BIO_s_mem());
    X509 *certificate;
    char *text = NULL;
    while (in && out && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        (void)PEM_write_bio_X509(out, certificate);
        X509_free(certificate);
    }
    long size = out ? BIO_get_mem_data(out, &text) : 0;
    struct node *node = encoded(arena, size > 0 ? text : "", size > 0 ? (size_t)size : 0);
    BIO_free(in);
    BIO_free(out);
    return node;
}

static bool is_entry(struct slice line)
{
    line = slice_trim(line);
    size_t colon = slice_find(line, ':', 0);
    return line.len && line.ptr[0] != '#' && colon > 0 && colon + 1 < line.len;
}

/* As many entries as there are usable ones, of nobody. */
static struct node *entries_of(struct arena *arena, struct slice text)
{
    struct slice line, entries = SLICE("");
    while (slice_split(&text, '\n', &line)) {
        if (is_entry(line)) {
            entries = ARENA_JOIN(arena, entries, SLICE("withheld:withheld\n"));
        }
    }
    return encoded(arena, entries.ptr, entries.len);
}

static struct node *fact_of(struct arena *arena, struct slice key, struct slice value)
{
    unsigned char *bytes = arena_alloc(arena, value.len + 4);
    int used = value.len && value.len < INT32_MAX
                   ? EVP_DecodeBlock(bytes, (const unsigned char *)value.ptr, (int)value.len)
                   : 0;
    /* EVP_DecodeBlock counts the padding */
    size_t padding = slice_ends(value, SLICE("==")) ? 2 : slice_ends(value, SLICE("=")) ? 1 : 0;
    size_t length = used > 2 ? (size_t)used - padding : 0;
    bool certificate = slice_is(key, "tls.crt") || slice_is(key, "ca.crt");
    struct node *out = certificate ? certificates_of(arena, bytes, length)
                       : slice_is(key, "auth")
                           ? entries_of(arena, (struct slice){(const char *)bytes, length})
                           : node_string(arena, SLICE(""));
    memory_wipe(bytes, value.len + 4);
    return out;
}

struct node *facts_of(struct arena *arena, const struct node *data)
{
    struct node *out = node_map(arena);
    for (size_t i = 0; data->kind == NODE_MAP && i < data->count; i++) {
        const struct node *value = data->pairs[i].value;
        node_set_slice(arena, out, data->pairs[i].key,
                       fact_of(arena, data->pairs[i].key,
                               value->kind == NODE_STRING ? value->text : SLICE("")));
    }
    return out;
}
