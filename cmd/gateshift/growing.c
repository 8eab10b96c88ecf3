#include "growing.h"

#include "write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool refuse(const struct growing *growing, int error, struct slice name, struct slice *why)
{
    *why = arena_printf(growing->folder.arena, "cannot write '" SLICE_FMT "%s" SLICE_FMT "': %s",
                        SLICE_ARG(growing->folder.path), name.len ? "/" : "", SLICE_ARG(name),
                        strerror(error));
    return false;
}

bool growing_open(struct arena *arena, struct slice path, bool force, struct growing *growing,
                  struct slice *why)
{
    growing->fd = -1;
    growing->last = 0;
    return folder_open(arena, path, force, &growing->folder, why);
}

bool growing_look(const struct growing *growing, struct slice name, bool *empty, bool *there,
                  struct slice *why)
{
    DIR *dir = opendir(arena_string(growing->folder.arena, growing->folder.path));
    *empty = true;
    *there = false;
    if (!dir) {
        return refuse(growing, errno, SLICE(""), why);
    }
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        *empty = *empty && entry->d_name[0] == '.';
        *there = *there || slice_is(name, entry->d_name);
    }
    closedir(dir);
    return true;
}

/* ---- growing ------------------------------------------------------------------------------ */

static bool end_file(struct growing *growing, struct slice *why)
{
    int fd = growing->fd;
    growing->fd = -1;
    if (fd < 0 || ((fsync(fd) == 0 || errno == EINVAL) && close(fd) == 0)) {
        return true;
    }
    return refuse(growing, errno, growing->folder.files[growing->last].path, why);
}

static bool find_file(struct growing *growing, struct slice name, struct slice *why)
{
    struct folder *folder = &growing->folder;
    for (size_t i = folder->committed; i < folder->count; i++) {
        if (slice_equal(name, folder->files[i].path)) {
            growing->last = i;
            growing->fd = openat(folder->fd, folder->files[i].temporary,
                                 O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
            return growing->fd >= 0 || refuse(growing, errno, name, why);
        }
    }
    growing->fd = folder_begin(folder, arena_copy(folder->arena, name), why);
    growing->last = folder->count - 1;
    return growing->fd >= 0;
}

bool growing_append(struct growing *growing, struct slice name, struct slice text,
                    struct slice *why)
{
    bool open = growing->fd >= 0 && slice_equal(name, growing->folder.files[growing->last].path);
    if (!open && !(end_file(growing, why) && find_file(growing, name, why))) {
        return false;
    }
    return write_all(growing->fd, text) || refuse(growing, errno, name, why);
}

static bool has_stem(struct slice name, struct slice stem)
{
    struct slice rest = slice_sub(name, stem.len, name.len);
    return slice_starts(name, stem) && (slice_is(rest, ".yaml") || slice_starts(rest, SLICE("_")));
}

void growing_drop(struct growing *growing, struct slice stem)
{
    struct folder *folder = &growing->folder;
    struct slice why;
    size_t kept = folder->committed;
    (void)end_file(growing, &why);
    for (size_t i = folder->committed; i < folder->count; i++) {
        if (has_stem(folder->files[i].path, stem)) {
            unlinkat(folder->fd, folder->files[i].temporary, 0);
        } else {
            folder->files[kept++] = folder->files[i];
        }
    }
    folder->count = kept;
}

/* ---- the end ------------------------------------------------------------------------------ */

static bool is_written(const struct folder *folder, struct slice name)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (slice_equal(name, folder->files[i].path)) {
            return true;
        }
    }
    return false;
}

static bool remove_others(struct growing *growing, struct slice *why)
{
    struct folder *folder = &growing->folder;
    DIR *dir = opendir(arena_string(folder->arena, folder->path));
    bool fine = dir != NULL;
    for (const struct dirent *entry = fine ? readdir(dir) : NULL; entry && fine;
         entry = readdir(dir)) {
        struct slice name = slice_of(entry->d_name);
        bool other =
            slice_ends(name, SLICE(".yaml")) && name.ptr[0] != '.' && !is_written(folder, name);
        fine = !other || unlinkat(folder->fd, entry->d_name, 0) == 0;
    }
    int error = errno;
    if (dir) {
        closedir(dir);
    }
    return fine || refuse(growing, error, SLICE(""), why);
}

bool growing_commit(struct growing *growing, struct slice *why)
{
    return end_file(growing, why) && remove_others(growing, why) &&
           folder_commit(&growing->folder, why);
}

void growing_close(struct growing *growing)
{
    if (growing->fd >= 0) {
        close(growing->fd);
    }
    folder_close(&growing->folder);
}
