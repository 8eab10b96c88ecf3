#include "proofs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has_ingress(const char *file)
{
    char line[4096];
    FILE *in = fopen(file, "r");
    bool found = false;
    while (in && !found && fgets(line, sizeof line, in)) {
        found = strstr(line, "kind: Ingress\n") || strstr(line, "kind: \"Ingress\"");
    }
    if (in) {
        fclose(in);
    }
    return found;
}

static bool add(struct inputs *out, const char *file)
{
    if (out->count == out->capacity) {
        size_t capacity = out->capacity ? out->capacity * 2 : 64;
        char **files = realloc(out->files, capacity * sizeof *files);
        if (!files) {
            return false;
        }
        out->files = files;
        out->capacity = capacity;
    }
    out->files[out->count] = strdup(file);
    return out->files[out->count++] != NULL;
}

static bool find(const char *folder, struct inputs *out)
{
    DIR *dir = opendir(folder);
    bool good = true;
    for (struct dirent *item; dir && good && (item = readdir(dir));) {
        char path[4096];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
        if (item->d_name[0] == '.' || length <= 0 || (size_t)length >= sizeof path ||
            stat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            good = find(path, out);
        } else if (slice_ends(slice_of(path), SLICE(".yaml")) && has_ingress(path)) {
            good = add(out, path);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return good;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool inputs_find(const char *const *folders, size_t count, struct inputs *out)
{
    *out = (struct inputs){0};
    for (size_t i = 0; i < count; i++) {
        if (!find(folders[i], out)) {
            fprintf(stderr, "gateshift-proofs: no memory\n");
            return false;
        }
    }
    if (out->count) {
        qsort(out->files, out->count, sizeof *out->files, by_text);
    }
    return true;
}

void inputs_free(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->files[i]);
    }
    free(inputs->files);
}
