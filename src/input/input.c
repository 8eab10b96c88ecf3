#include "input/input.h"

#include "input/input_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_DEPTH_MAX = 64, READ_STEP = 1 << 16 };

static struct input_file *add_file(struct run *run, struct input *input, struct slice name,
                                   struct slice text, bool owned)
{
    struct input_file *file = ARENA_PUSH(run->arena, input->files, input->count, input->capacity);
    *file = (struct input_file){
        .name = name, .text = text, .file = diag_file_add(run->diag, name, text), .owned = owned};
    return file;
}

void input_add_text(struct run *run, struct input *input, struct slice name, struct slice text)
{
    bool is_new;
    text = input_decode(run->arena, text, &is_new);
    (void)add_file(run, input, name, text, is_new);
}

void input_wipe(struct run *run, struct input_file *file)
{
    diag_file_hide(run->diag, file->file);
    if (file->owned) {
        memory_wipe((void *)(uintptr_t)file->text.ptr, file->text.len);
    }
    file->text = SLICE("");
}

static enum status cannot_read(struct run *run, struct slice name, const char *why)
{
    diag_at(run->diag, DIAG_L003, SPAN_NONE, SLICE_ABSENT, "cannot read '" SLICE_FMT "': %s",
            SLICE_ARG(name), why);
    return STATUS_IO;
}

/* What has been read; in the arena while it fits into the size that the file had. */
struct read_bytes {
    char *ptr;
    size_t used, capacity;
    bool in_arena;
};

static void release_bytes(struct read_bytes *bytes)
{
    memory_wipe(bytes->ptr, bytes->used);
    if (!bytes->in_arena) {
        free(bytes->ptr);
    }
}

/* realloc would leave a copy of what is there. */
static bool grow_bytes(struct read_bytes *bytes, size_t capacity)
{
    struct read_bytes larger = {malloc(capacity), bytes->used, capacity, false};
    if (!larger.ptr) {
        return false;
    }
    if (bytes->used) {
        memcpy(larger.ptr, bytes->ptr, bytes->used);
    }
    release_bytes(bytes);
    *bytes = larger;
    return true;
}

/* Reads until the end of the file, or until one byte more than the limit is there. */
static int read_all(int fd, struct read_bytes *bytes, size_t limit)
{
    for (;;) {
        if (bytes->used == bytes->capacity && !grow_bytes(bytes, bytes->capacity * 2)) {
            return ENOMEM;
        }
        const ssize_t got = read(fd, bytes->ptr + bytes->used, bytes->capacity - bytes->used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return errno;
        }
        bytes->used += (size_t)got;
        if (got == 0 || bytes->used > limit) {
            return 0;
        }
    }
}

static enum status check_size(struct run *run, struct input *input, struct slice name, size_t size)
{
    const struct limits *limits = &run->limits;
    if (size > limits->file_bytes) {
        diag_at(run->diag, DIAG_L001, SPAN_NONE, SLICE_ABSENT,
                "'" SLICE_FMT "' is larger than %llu bytes; split it, or raise the limit with "
                "--limit file-bytes=N",
                SLICE_ARG(name), (unsigned long long)limits->file_bytes);
        return STATUS_LIMIT;
    }
    size_t total;
    if (!checked_add(input->bytes, size, &total) || total > limits->input_bytes) {
        diag_at(run->diag, DIAG_L002, SPAN_NONE, SLICE_ABSENT,
                "with '" SLICE_FMT "' all input is larger than %llu bytes; give less at once, or "
                "raise the limit with --limit input-bytes=N",
                SLICE_ARG(name), (unsigned long long)limits->input_bytes);
        return STATUS_LIMIT;
    }
    input->bytes = total;
    return STATUS_OK;
}

/* `info` is null for standard input. */
static enum status read_fd(struct run *run, struct input *input, struct slice name, int fd,
                           const struct stat *info)
{
    const bool sized = info && S_ISREG(info->st_mode) && info->st_size > 0;
    const size_t limit = (size_t)run->limits.file_bytes;
    const size_t size = sized ? (size_t)info->st_size : READ_STEP;
    const size_t room = (size < limit ? size : limit) + 1;
    struct read_bytes bytes = {arena_alloc(run->arena, room), 0, room, true};
    const int fault = read_all(fd, &bytes, limit);
    enum status status =
        fault ? cannot_read(run, name, strerror(fault)) : check_size(run, input, name, bytes.used);
    if (status == STATUS_OK) {
        bool is_new;
        const struct slice text =
            input_decode(run->arena, (struct slice){bytes.ptr, bytes.used}, &is_new);
        const bool kept = bytes.in_arena && !is_new;
        struct input_file *file =
            add_file(run, input, name, is_new || kept ? text : arena_copy(run->arena, text), true);
        if (kept) {
            bytes.used = 0; /* not to be wiped */
        }
        if (info) {
            file->device = (uint64_t)info->st_dev;
            file->inode = (uint64_t)info->st_ino;
        }
    }
    release_bytes(&bytes);
    return status;
}

static enum status read_file(struct run *run, struct input *input, struct slice name,
                             const char *path)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        const enum status status = cannot_read(run, name, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    const enum status status = read_fd(run, input, name, fd, &info);
    (void)close(fd);
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
    return read_file(run, input, path, text);
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
    struct slice base =
        slice_ends(folder, SLICE("/")) ? slice_sub(folder, 0, folder.len - 1) : folder;
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
        return read_fd(run, input, SLICE("<stdin>"), stdin_fd, NULL);
    }
    const char *text = arena_string(run->arena, path);
    struct stat info;
    if (stat(text, &info) != 0) {
        return cannot_read(run, path, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return read_file(run, input, path, text);
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

/* Files before places in memory, and among equal ones by name, so that the first name is kept. */
static int compare_inodes(const void *a, const void *b, void *user)
{
    (void)user;
    const struct input_file *x = a, *y = b;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    if (x->inode != y->inode) {
        return x->inode < y->inode ? -1 : 1;
    }
    return slice_compare(x->name, y->name);
}

static bool is_same(const struct input_file *x, const struct input_file *y)
{
    if (x->inode || y->inode) {
        return x->device == y->device && x->inode == y->inode;
    }
    return slice_equal(x->name, y->name);
}

void input_sort(struct run *run, struct input *input)
{
    struct input_file *files = input->files;
    sort_stable(run->arena, files, input->count, sizeof *files, compare_inodes, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < input->count; i++) {
        if (kept == 0 || !is_same(&files[kept - 1], &files[i])) {
            files[kept++] = files[i];
        } else {
            input_wipe(run, &files[i]);
        }
    }
    input->count = kept;
    sort_stable(run->arena, files, kept, sizeof *files, compare_files, NULL);
}

struct slice input_names(struct run *run, const struct input *input)
{
    enum { SHOWN = 3 };
    struct slice out = SLICE("");
    for (size_t i = 0; i < input->count && i < SHOWN; i++) {
        out = ARENA_JOIN(run->arena, out, i ? SLICE(", ") : SLICE(" ("), input->files[i].name);
    }
    if (input->count > SHOWN) {
        out = arena_printf(run->arena, SLICE_FMT " and %zu more", SLICE_ARG(out),
                           input->count - SHOWN);
    }
    return input->count ? ARENA_JOIN(run->arena, out, SLICE(")")) : out;
}
