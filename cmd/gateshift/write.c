#include "write.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

bool write_all(int fd, struct slice text)
{
    while (text.len) {
        ssize_t written = write(fd, text.ptr, text.len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        text = slice_sub(text, (size_t)written, text.len);
    }
    return true;
}

/* The system gathers the parts, so that a large result is not copied once more to be written. */
bool write_parts(int fd, const struct texts *parts)
{
    enum { AT_ONCE = 64 };
    struct iovec pieces[AT_ONCE];
    size_t done = 0, cut = 0; /* parts that are written, and bytes of the next one */
    while (done < parts->count) {
        int count = 0;
        for (size_t i = done; i < parts->count && count < AT_ONCE; i++) {
            const struct slice rest = slice_sub(parts->items[i], i == done ? cut : 0, SIZE_MAX);
            pieces[count++] = (struct iovec){(void *)(uintptr_t)rest.ptr, rest.len};
        }
        ssize_t written = writev(fd, pieces, count);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        cut += written > 0 ? (size_t)written : 0;
        for (; done < parts->count && cut >= parts->items[done].len; done++) {
            cut -= parts->items[done].len;
        }
    }
    return true;
}
