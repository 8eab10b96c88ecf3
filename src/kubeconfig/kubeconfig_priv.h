/* Shared by the files of this module. */
#ifndef GATESHIFT_KUBECONFIG_PRIV_H
#define GATESHIFT_KUBECONFIG_PRIV_H

#include "document/document.h"
#include "kubeconfig/kubeconfig.h"

/* One kubeconfig file. */
struct config_file {
    struct slice folder; /* what its relative paths start from */
    const struct node *root;
};
struct config {
    struct run *run;
    struct config_file *files;
    size_t count, capacity;
    bool failed; /* something was said */
};
/* A named entry of "clusters", "contexts" or "users", and the file that it stands in. */
struct config_entry {
    const struct node *node; /* null: there is none */
    const struct config_file *file;
};

/* The text of a scalar under a key, whatever its type; absent when it is missing or empty. */
struct slice config_text(const struct node *map, const char *key);
bool config_flag(const struct node *map, const char *key);
/* The first file to hold a name wins (loader.go, Load). `list` is "clusters", `member` "cluster". */
struct config_entry config_find(const struct config *config, const char *list, const char *member,
                                struct slice name);
/* Says A001 or A002. */
void config_fail(struct config *config, enum diag_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* A path of a file is relative to the file that names it. */
struct slice config_path(const struct config *config, const struct config_file *file,
                         struct slice path);
/* What NAME-data holds in base64, else what the file that NAME names holds; absent when neither is given. */
struct slice config_blob(struct config *config, const struct config_entry *entry, const char *data,
                         const char *path);
/* The user of a context: certificates, tokens, programs, impersonation. */
void config_read_user(struct config *config, const struct config_entry *entry,
                      struct kube_access *out);

#endif
