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

static bool write_file(int fd, struct slice text)
{
    return write_all(fd, text) && (fsync(fd) == 0 || errno == EINVAL);
}

bool folder_check(const struct folder *folder, struct slice name, struct slice *why)
{
    struct stat info;
    if (slice_find(name, '/', 0) < name.len || name.len > NAME_MAX_BYTES) {
        return refuse(folder, "it is no name of a file", name, why);
    }
    if (fstatat(folder->fd, arena_string(folder->arena, name), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return true;
    }
    if (!S_ISREG(info.st_mode)) {
        return refuse(folder, "it exists and is no file", name, why);
    }
    return folder->force || refuse(folder, "it exists; --force overwrites it", name, why);
}

bool folder_put(struct folder *folder, struct slice name, struct slice text, struct slice *why)
{
    struct arena *arena = folder->arena;
    struct folder_file file = {arena_string(arena, name),
                               arena_string(arena, arena_printf(arena, "." SLICE_FMT ".%ld.tmp",
                                                                SLICE_ARG(name), (long)getpid()))};
    if (!folder_check(folder, name, why)) {
        return false;
    }
    int fd = openat(folder->fd, file.temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return refuse(folder, strerror(errno), name, why);
    }
    *ARENA_PUSH(arena, folder->files, folder->count, folder->capacity) = file;
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
        if (renameat(folder->fd, file->temporary, folder->fd, file->name) != 0) {
            return refuse(folder, strerror(errno), slice_of(file->name), why);
        }
    }
    return true;
}

void folder_close(struct folder *folder)
{
    for (size_t i = folder->committed; i < folder->count; i++) {
        unlinkat(folder->fd, folder->files[i].temporary, 0);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->fd = -1;
}
