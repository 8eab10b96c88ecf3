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
    char before = '.';
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (c >= 'a' && c <= 'z') { /* as most are */
            before = c;
            continue;
        }
        /* a label begins and ends with a letter or digit; here its length has no limit of its own */
        if (!is_lower_alnum(c) &&
            ((c != '.' && c != '-') || before == '.' || (c == '.' && before == '-'))) {
            return false;
        }
        before = c;
    }
    return is_lower_alnum(before);
}

bool is_wildcard_host(struct slice s)
{
    return slice_starts(s, SLICE("*.")) && is_dns_subdomain(slice_sub(s, 2, s.len));
}
