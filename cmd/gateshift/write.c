#include "write.h"

#include <errno.h>
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
