#include "kube/kube.h"

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_dns_label(struct slice s)
{
    if (s.len == 0 || s.len > 63 || !is_lower_alnum(s.ptr[0]) ||
        !is_lower_alnum(s.ptr[s.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_lower_alnum(s.ptr[i]) && s.ptr[i] != '-') {
            return false;
        }
    }
    return true;
}

bool is_dns_subdomain(struct slice s)
{
    if (s.len == 0 || s.len > 253) {
        return false;
    }
    struct slice rest = s, label;
    while (slice_split(&rest, '.', &label)) {
        /* a subdomain's labels have no limit of their own */
        if (label.len == 0 || !is_lower_alnum(label.ptr[0]) ||
            !is_lower_alnum(label.ptr[label.len - 1])) {
            return false;
        }
        for (size_t i = 0; i < label.len; i++) {
            if (!is_lower_alnum(label.ptr[i]) && label.ptr[i] != '-') {
                return false;
            }
        }
    }
    return true;
}

bool is_wildcard_host(struct slice s)
{
    return slice_starts(s, SLICE("*.")) && is_dns_subdomain(slice_sub(s, 2, s.len));
}
