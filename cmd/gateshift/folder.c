#include "folder.h"

#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for the dots, the number and ".tmp" of a temporary name. */
enum { NAME_MAX_BYTES = 255 - 32 };

static bool refuse(const struct folder *folder, const char *what, struct slice name,
                   struct slice *why)
{
    *why = arena_printf(folder->arena, "cannot write '" SLICE_FMT "%s" SLICE_FMT "': %s",
                        SLICE_ARG(folder->path), name.len ? "/" : "", SLICE_ARG(name), what);
    return false;
}

static bool make_folders(struct arena *arena, struct slice path)
{
    for (size_t end = slice_find(path, '/', 1); path.len; end = slice_find(path, '/', end + 1)) {
        if (mkdir(arena_string(arena, slice_sub(path, 0, end)), 0777) != 0 && errno != EEXIST) {
            return false;
        }
        if (end >= path.len) {
            break;
        }
    }
    return true;
}

bool folder_open(struct arena *arena, struct slice path, bool force, struct folder *folder,
                 struct slice *why)
{
    *folder = (struct folder){.arena = arena, .path = path, .fd = -1, .force = force};
    if (make_folders(arena, path)) {
        folder->fd = open(arena_string(arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return folder->fd >= 0 || refuse(folder, strerror(errno), SLICE(""), why);
}

/* ---- folders in it ------------------------------------------------------------------------ */

static bool is_name(struct slice part)
{
    return part.len && part.len <= NAME_MAX_BYTES && !slice_is(part, ".") && !slice_is(part, "..");
}

static bool is_relative(struct slice name)
{
    struct slice rest = name, part;
    bool fine = name.len > 0 && !slice_ends(name, SLICE("/"));
    while (fine && slice_split(&rest, '/', &part)) {
        fine = is_name(part);
    }
    return fine;
}

/* Opens the folder that a file is in; -1 with errno. Links are not followed. */
static int parent_open(struct folder *folder, struct slice name, bool make)
{
    struct arena *arena = folder->arena;
    int at = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t start = 0;
    for (size_t end = slice_find(name, '/', 0); at >= 0 && end < name.len;
         end = slice_find(name, '/', start)) {
        const char *part = arena_string(arena, slice_sub(name, start, end));
        if (make && mkdirat(at, part, 0777) == 0) {
            *ARENA_PUSH(arena, folder->made, folder->made_count, folder->made_capacity) =
                arena_string(arena, slice_sub(name, 0, end));
        }
        int next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(at);
        errno = error;
        at = next;
        start = end + 1;
    }
    return at;
}

static struct slice base_name(struct slice name)
{
    size_t start = 0;
    for (size_t i = slice_find(name, '/', 0); i < name.len; i = slice_find(name, '/', i + 1)) {
        start = i + 1;
    }
    return slice_sub(name, start, name.len);
}

static const char *folder_error(int error)
{
    return error == ENOTDIR || error == ELOOP ? "what should be its folder exists and is none"
                                              : strerror(error);
}

/* ---- files -------------------------------------------------------------------------------- */

static bool write_file(int fd, struct slice text)
{
    return write_all(fd, text) && (fsync(fd) == 0 || errno == EINVAL);
}

static bool check_in(const struct folder *folder, int parent, struct slice name, struct slice *why)
{
    struct stat info;
    const char *base = arena_string(folder->arena, base_name(name));
    if (fstatat(parent, base, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return true;
    }
    if (!S_ISREG(info.st_mode)) {
        return refuse(folder, "it exists and is no file", name, why);
    }
    return folder->force || refuse(folder, "it exists; --force overwrites it", name, why);
}

bool folder_check(struct folder *folder, struct slice name, struct slice *why)
{
    if (!is_relative(name)) {
        return refuse(folder, "it is no name of a file", name, why);
    }
    int parent = parent_open(folder, name, false);
    if (parent < 0) {
        return errno == ENOENT || refuse(folder, folder_error(errno), name, why);
    }
    bool fine = check_in(folder, parent, name, why);
    close(parent);
    return fine;
}

static bool is_begun(const struct folder *folder, struct slice name)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (slice_equal(folder->files[i].path, name)) {
            return true;
        }
    }
    return false;
}

/* A file of this name that a run of the same process number left behind is replaced; a link is not followed. */
static int make_temporary(int parent, const char *name, bool ours)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    int fd = openat(parent, name, FLAGS, 0666);
    if (fd < 0 && errno == EEXIST && !ours && unlinkat(parent, name, 0) == 0) {
        fd = openat(parent, name, FLAGS, 0666);
    }
    return fd;
}

static int begin_in(struct folder *folder, int parent, struct slice name, struct slice *why)
{
    struct arena *arena = folder->arena;
    struct slice base = base_name(name);
    struct folder_file file = {name, arena_string(arena, base),
                               arena_string(arena, arena_printf(arena, "." SLICE_FMT ".%ld.tmp",
                                                                SLICE_ARG(base), (long)getpid()))};
    int fd = make_temporary(parent, file.temporary, is_begun(folder, name));
    if (fd < 0) {
        (void)refuse(folder, strerror(errno), name, why);
        return -1;
    }
    *ARENA_PUSH(arena, folder->files, folder->count, folder->capacity) = file;
    return fd;
}

int folder_begin(struct folder *folder, struct slice name, struct slice *why)
{
    if (!folder_check(folder, name, why)) {
        return -1;
    }
    int parent = parent_open(folder, name, true);
    if (parent < 0) {
        (void)refuse(folder, folder_error(errno), name, why);
        return -1;
    }
    int fd = begin_in(folder, parent, name, why);
    close(parent);
    return fd;
}

bool folder_put(struct folder *folder, struct slice name, struct slice text, struct slice *why)
{
    int fd = folder_begin(folder, name, why);
    if (fd < 0) {
        return false;
    }
    bool fine = write_file(fd, text);
    int error = errno;
    if (close(fd) != 0 && fine) {
        fine = false;
        error = errno;
    }
    return fine || refuse(folder, strerror(error), name, why);
}

bool folder_commit(struct folder *folder, struct slice *why)
{
    for (; folder->committed < folder->count; folder->committed++) {
        const struct folder_file *file = &folder->files[folder->committed];
        int parent = parent_open(folder, file->path, false);
        bool fine = parent >= 0 && renameat(parent, file->temporary, parent, file->name) == 0;
        int error = errno;
        if (parent >= 0) {
            close(parent);
        }
        if (!fine) {
            return refuse(folder, strerror(error), file->path, why);
        }
    }
    return true;
}

void folder_close(struct folder *folder)
{
    for (size_t i = folder->committed; i < folder->count; i++) {
        int parent = parent_open(folder, folder->files[i].path, false);
        if (parent >= 0) {
            unlinkat(parent, folder->files[i].temporary, 0);
            close(parent);
        }
    }
    /* those that hold a file stay */
    for (size_t i = folder->made_count; i-- > 0;) {
        unlinkat(folder->fd, folder->made[i], AT_REMOVEDIR);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->fd = -1;
}

/* Takes a path apart; the folder is not opened. */
static struct slice folder_of(struct slice path, struct slice *name)
{
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/') {
        at--;
    }
    *name = slice_sub(path, at, path.len);
    return at > 1 ? slice_sub(path, 0, at - 1) : at ? SLICE("/") : SLICE(".");
}

bool folder_check_one(struct arena *arena, struct slice path, bool force, struct slice *why)
{
    struct slice name, above = folder_of(path, &name);
    struct folder folder = {.arena = arena, .path = above, .force = force};
    folder.fd = open(arena_string(arena, above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder.fd < 0) {
        return errno == ENOENT || refuse(&folder, strerror(errno), SLICE(""), why);
    }
    bool fine = folder_check(&folder, name, why);
    folder_close(&folder);
    return fine;
}

bool folder_write_one(struct arena *arena, struct slice path, bool force, struct slice text,
                      struct slice *why)
{
    struct folder folder;
    struct slice name, above = folder_of(path, &name);
    if (!folder_open(arena, above, force, &folder, why)) {
        return false;
    }
    bool written = folder_put(&folder, name, text, why) && folder_commit(&folder, why);
    folder_close(&folder);
    return written;
}
