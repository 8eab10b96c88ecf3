#include "kubeconfig/kubeconfig_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

struct slice config_text(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    bool scalar = node && node->kind != NODE_LIST && node->kind != NODE_MAP;
    return scalar && node->text.len ? node->text : SLICE_ABSENT;
}

bool config_flag(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_BOOL && node->boolean;
}

void config_fail(struct config *config, enum diag_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = arena_vprintf(config->run->arena, format, args);
    va_end(args);
    diag_at(config->run->diag, code, SPAN_NONE, SLICE_ABSENT, SLICE_FMT, SLICE_ARG(text));
    config->failed = true;
}

struct config_entry config_find(const struct config *config, const char *list, const char *member,
                                struct slice name)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct node *items = node_get(config->files[i].root, list);
        for (size_t n = 0; items && items->kind == NODE_LIST && n < items->count; n++) {
            const struct node *node = node_get(items->items[n], member);
            if (name.len && slice_equal(config_text(items->items[n], "name"), name) && node) {
                return (struct config_entry){node, &config->files[i]};
            }
        }
    }
    return (struct config_entry){NULL, NULL};
}

struct slice config_path(const struct config *config, const struct config_file *file,
                         struct slice path)
{
    return slice_starts(path, SLICE("/")) ? path
                                          : ARENA_JOIN(config->run->arena, file->folder, path);
}

bool kube_file_read(struct arena *arena, struct slice path, struct slice *text, const char **why)
{
    char *bytes = arena_alloc(arena, KUBE_FILE_MAX + 1);
    size_t used = 0;
    ssize_t got = 1;
    int fd = open(arena_string(arena, path), O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && used <= KUBE_FILE_MAX &&
           ((got = read(fd, bytes + used, KUBE_FILE_MAX + 1 - used)) > 0 || errno == EINTR)) {
        used += got > 0 ? (size_t)got : 0;
        if (got == 0) {
            break;
        }
    }
    *why = fd < 0 || got < 0 ? strerror(errno) : used > KUBE_FILE_MAX ? "it is too large" : NULL;
    if (fd >= 0) {
        (void)close(fd);
    }
    *text = *why ? SLICE_ABSENT : arena_copy(arena, (struct slice){bytes, used});
    memory_wipe(bytes, used);
    return !*why;
}

/* Base64 with or without line breaks. */
static struct slice decode(struct arena *arena, struct slice text)
{
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    unsigned char *out = arena_alloc(arena, text.len + 4);
    int used = 0, last = 0;
    EVP_DecodeInit(context);
    bool fine = text.len < INT32_MAX &&
                EVP_DecodeUpdate(context, out, &used, (const unsigned char *)text.ptr,
                                 (int)text.len) >= 0 &&
                EVP_DecodeFinal(context, out + used, &last) >= 0;
    EVP_ENCODE_CTX_free(context);
    return fine ? (struct slice){(const char *)out, (size_t)used + (size_t)last} : SLICE_ABSENT;
}

struct slice config_blob(struct config *config, const struct config_entry *entry, const char *data,
                         const char *path)
{
    struct slice encoded = config_text(entry->node, data), named = config_text(entry->node, path);
    struct slice text = SLICE_ABSENT;
    const char *why;
    if (encoded.len) {
        text = decode(config->run->arena, encoded);
        if (!text.len) {
            config_fail(config, DIAG_A001, "'%s' of the kubeconfig is not base64", data);
        }
    } else if (named.len) {
        named = config_path(config, entry->file, named);
        if (!kube_file_read(config->run->arena, named, &text, &why)) {
            config_fail(config, DIAG_A001, "cannot read '" SLICE_FMT "', which '%s' names: %s",
                        SLICE_ARG(named), path, why);
        }
    }
    return text;
}
