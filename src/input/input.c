#include "input/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_DEPTH_MAX = 64, READ_STEP = 1 << 16 };

static size_t total_bytes(const struct input *input)
{
    size_t total = 0;
    for (size_t i = 0; i < input->count; i++) {
        total += input->files[i].text.len;
    }
    return total;
}

void input_add_text(struct run *run, struct input *input, struct slice name, struct slice text)
{
    struct input_file *file =
        ARENA_PUSH(run->arena, input->files, input->count, input->capacity);
    *file = (struct input_file){name, text, diag_file_add(run->diag, name, text)};
}

static enum status cannot_read(struct run *run, struct slice name, const char *why)
{
    diag_at(run->diag, DIAG_L003, SPAN_NONE, SLICE_ABSENT, "cannot read '" SLICE_FMT "': %s",
            SLICE_ARG(name), why);
    return STATUS_IO;
}

/* Reads until the end of the file; grows the buffer only when the size was not known. */
static enum status read_fd(struct run *run, struct input *input, struct slice name, int fd,
                           size_t expected)
{
    const size_t limit = (size_t)run->limits.file_bytes;
    size_t capacity = (expected < limit ? expected : limit) + 1;
    char *bytes = arena_alloc(run->arena, capacity);
    size_t used = 0;
    for (;;) {
        if (used == capacity) {
            size_t larger = capacity < READ_STEP ? READ_STEP : capacity * 2;
            char *copy = arena_alloc(run->arena, larger);
            memcpy(copy, bytes, used);
            bytes = copy;
            capacity = larger;
        }
        ssize_t got = read(fd, bytes + used, capacity - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return cannot_read(run, name, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
        if (used > limit) {
            diag_at(run->diag, DIAG_L001, SPAN_NONE, SLICE_ABSENT,
                    "'" SLICE_FMT "' is larger than %zu bytes; split it, or raise the limit with "
                    "--limit file-bytes=N",
                    SLICE_ARG(name), limit);
            return STATUS_LIMIT;
        }
    }
    if (total_bytes(input) + used > run->limits.input_bytes) {
        diag_at(run->diag, DIAG_L002, SPAN_NONE, SLICE_ABSENT,
                "with '" SLICE_FMT "' all input is larger than %llu bytes; give less at once, or "
                "raise the limit with --limit input-bytes=N",
                SLICE_ARG(name), (unsigned long long)run->limits.input_bytes);
        return STATUS_LIMIT;
    }
    input_add_text(run, input, name, (struct slice){bytes, used});
    return STATUS_OK;
}

static enum status read_file(struct run *run, struct input *input, struct slice name,
                             const char *path, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return cannot_read(run, name, strerror(errno));
    }
    enum status status = read_fd(run, input, name, fd, size);
    close(fd);
    return status;
}

static bool is_manifest(struct slice name)
{
    return slice_ends(name, SLICE(".yaml")) || slice_ends(name, SLICE(".yml")) ||
           slice_ends(name, SLICE(".json"));
}

static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    const struct slice *x = a, *y = b;
    return slice_compare(*x, *y);
}

static enum status read_folder(struct run *run, struct input *input, struct slice folder,
                               int depth);

static enum status read_entry(struct run *run, struct input *input, struct slice path, int depth)
{
    const char *text = arena_string(run->arena, path);
    struct stat link, target;
    if (lstat(text, &link) != 0 || stat(text, &target) != 0) {
        return is_manifest(path) ? cannot_read(run, path, strerror(errno)) : STATUS_OK;
    }
    if (S_ISDIR(target.st_mode)) {
        /* A link to a folder could lead back to this one. */
        return S_ISLNK(link.st_mode) ? STATUS_OK : read_folder(run, input, path, depth + 1);
    }
    if (!S_ISREG(target.st_mode) || !is_manifest(path)) {
        return STATUS_OK;
    }
    return read_file(run, input, path, text, (size_t)target.st_size);
}

static enum status read_folder(struct run *run, struct input *input, struct slice folder, int depth)
{
    DIR *dir = depth > FOLDER_DEPTH_MAX ? NULL : opendir(arena_string(run->arena, folder));
    if (!dir) {
        return cannot_read(run, folder,
                           depth > FOLDER_DEPTH_MAX ? "folders are nested too deeply"
                                                    : strerror(errno));
    }
    struct slice *names = NULL;
    size_t count = 0, capacity = 0;
    struct slice base = slice_ends(folder, SLICE("/")) ? slice_sub(folder, 0, folder.len - 1) : folder;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            *ARENA_PUSH(run->arena, names, count, capacity) =
                arena_printf(run->arena, SLICE_FMT "/%s", SLICE_ARG(base), entry->d_name);
        }
    }
    closedir(dir);
    sort_stable(run->arena, names, count, sizeof *names, compare_names, NULL);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        enum status one = read_entry(run, input, names[i], depth);
        status = status == STATUS_OK ? one : status;
    }
    return status;
}

enum status input_add(struct run *run, struct input *input, struct slice path, int stdin_fd)
{
    if (slice_is(path, "-")) {
        return read_fd(run, input, SLICE("<stdin>"), stdin_fd, READ_STEP);
    }
    const char *text = arena_string(run->arena, path);
    struct stat info;
    if (stat(text, &info) != 0) {
        return cannot_read(run, path, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return read_file(run, input, path, text, S_ISREG(info.st_mode) ? (size_t)info.st_size : 0);
    }
    size_t before = input->count;
    enum status status = read_folder(run, input, path, 0);
    if (status == STATUS_OK && input->count == before) {
        diag_at(run->diag, DIAG_L004, SPAN_NONE, SLICE_ABSENT,
                "folder '" SLICE_FMT "' holds no file that ends in .yaml, .yml or .json",
                SLICE_ARG(path));
    }
    return status;
}

static int compare_files(const void *a, const void *b, void *user)
{
    (void)user;
    const struct input_file *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

void input_sort(struct run *run, struct input *input)
{
    sort_stable(run->arena, input->files, input->count, sizeof *input->files, compare_files, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < input->count; i++) {
        if (kept == 0 || !slice_equal(input->files[kept - 1].name, input->files[i].name)) {
            input->files[kept++] = input->files[i];
        }
    }
    input->count = kept;
}
