#include "schema/schema_priv.h"

/* Expressions of the schemas in words, since few people read them. Those that are not here speak for
 * themselves. */
static const struct pattern_words rows[] = {
    {"^([0-9]{1,5}(h|m|s|ms)){1,4}$", "write whole numbers with h, m, s or ms", "1m30s"},
    {"^[0-9]{1,4}(ms|s|m|h)?$", "write a whole number with ms, s, m or h", "30s"},
    {"^\\d{1,4}(k|m|g)?$", "write a whole number with k, m or g", "10m"},
    {"^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
     "write a DNS name in lower case, with or without '*.' in front", "shop.example.com"},
    {"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
     "write lower case letters, digits, '-' and '.'", "web.example.com"},
    {"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "write lower case letters, digits and '-'", "web-1"},
    {"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", "write letters, digits and '-'", "Service"},
    {"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
     "write the name of an API group, without a version", "gateway.networking.k8s.io"},
    {"^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$", "write the name of a header", "X-Request-Id"},
    {"^[!-~]+([\\t ]?[!-~]+)*$", "write visible characters with single blanks between them", "a b"},
    {"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/"
     "[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$",
     "write a domain, '/' and a path", "example.com/gateway-controller"},
    {"(^\\*$)|(^(http(s)?):\\/\\/(((\\*\\.)?([a-zA-Z0-9\\-]+\\.)*[a-zA-Z0-9-]+|\\*)"
     "(:([0-9]{1,5}))?)$)",
     "write '*', or http or https with a host and no path", "https://*.example.com"},
    {"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?",
     "write a URI with its scheme and '//'", "spiffe://example.com/web"},
    {"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
     "write letters, digits, '-', '_' and '.', with a letter or digit at both ends", "web_1"},
    {"^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))"
     "(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
     "write a quantity", "10Mi"},
};

const struct pattern_words *pattern_words_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

const struct pattern_words *pattern_words_find(struct slice pattern)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(pattern, rows[i].pattern)) {
            return &rows[i];
        }
    }
    return NULL;
}
