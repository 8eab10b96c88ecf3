#include "profile/profile.h"

#include <string.h>

bool location_refuses(struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if ((unsigned char)pattern.ptr[i] <= ' ' || strchr("{};", pattern.ptr[i])) {
            return true;
        }
    }
    return !slice_starts(pattern, SLICE("/"));
}
