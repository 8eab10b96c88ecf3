/* Addresses and networks: k8s.io/apiserver, pkg/cel/library/ip.go and cidr.go, which read them as Go's
 * net/netip does, without zones and without IPv4 inside of IPv6. */
#include "cel/cel_priv.h"

#include <arpa/inet.h>
#include <string.h>

struct cidr {
    unsigned char bytes[16];
    unsigned bits, length; /* length: 32 or 128 */
};

static bool address_read(struct slice text, struct cidr *out)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN];
    if (text.len >= sizeof copy || slice_find(text, '\0', 0) < text.len) {
        return false;
    }
    if (text.len) {
        memcpy(copy, text.ptr, text.len);
    }
    copy[text.len] = '\0';
    *out = (struct cidr){.length = slice_find(text, ':', 0) < text.len ? 128 : 32};
    out->bits = out->length;
    return inet_pton(out->length == 128 ? AF_INET6 : AF_INET, copy, out->bytes) == 1 &&
           (out->length == 32 || memcmp(out->bytes, mapped, sizeof mapped) != 0);
}

static bool cidr_read(struct slice text, struct cidr *out)
{
    size_t slash = slice_find(text, '/', 0);
    struct slice bits = slice_sub(text, slash + 1, text.len);
    uint64_t number;
    if (slash == text.len || !address_read(slice_sub(text, 0, slash), out) ||
        (bits.len > 1 && bits.ptr[0] == '0') || !slice_to_uint(bits, out->length, &number)) {
        return false;
    }
    out->bits = (unsigned)number;
    return true;
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
    return a->length == b->length && a->bits == b->bits &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The longest run of two or more zero groups, which "::" stands for; none: 8. RFC 5952, section 4.2. */
static size_t longest_run(const unsigned groups[8], size_t *length)
{
    size_t best = 8;
    *length = 1;
    for (size_t i = 0; i < 8; i++) {
        size_t end = i;
        while (end < 8 && groups[end] == 0) {
            end++;
        }
        if (end - i > *length) {
            *length = end - i;
            best = i;
        }
    }
    return best;
}

struct slice cidr_text(struct arena *arena, const struct cidr *cidr, bool bits)
{
    const unsigned char *b = cidr->bytes;
    struct slice text = SLICE("");
    if (cidr->length == 32) {
        text = arena_printf(arena, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else {
        unsigned groups[8];
        size_t length;
        for (size_t i = 0; i < 8; i++) {
            groups[i] = b[2 * i] * 256u + b[2 * i + 1];
        }
        size_t run = longest_run(groups, &length);
        for (size_t i = 0; i < 8; i += i == run ? length : 1) {
            bool colon = i > 0 && i != run + length;
            text = i == run ? arena_printf(arena, SLICE_FMT "::", SLICE_ARG(text))
                            : arena_printf(arena, SLICE_FMT "%s%x", SLICE_ARG(text),
                                           colon ? ":" : "", groups[i]);
        }
    }
    return bits ? arena_printf(arena, SLICE_FMT "/%u", SLICE_ARG(text), cidr->bits) : text;
}

static void mask(struct cidr *cidr, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
        cidr->bytes[i] &= (unsigned char)(kept >= 8 ? 0xff : 0xff00u >> kept);
    }
}

static bool network_has(const struct cidr *network, const struct cidr *other)
{
    struct cidr a = *network, b = *other;
    mask(&a, network->bits);
    mask(&b, network->bits);
    b.bits = a.bits;
    return other->bits >= network->bits && cidr_equal(&a, &b);
}

static struct value value_of_cidr(struct evaluation *e, enum value_kind kind,
                                  const struct cidr *cidr)
{
    struct cidr *copy = ARENA_NEW(e->arena, struct cidr);
    *copy = *cidr;
    return (struct value){.kind = kind, .cidr = copy};
}

/* ---- functions ---------------------------------------------------------------------------- */

static struct value call_ip(struct evaluation *e, const struct value *args, size_t count)
{
    struct cidr out;
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "ip", args, count);
    }
    return address_read(args[0].text, &out)
               ? value_of_cidr(e, VALUE_IP, &out)
               : error_value(e, "'" SLICE_FMT "' is not an address", SLICE_ARG(args[0].text));
}

static struct value call_cidr(struct evaluation *e, const struct value *args, size_t count)
{
    struct cidr out;
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "cidr", args, count);
    }
    return cidr_read(args[0].text, &out)
               ? value_of_cidr(e, VALUE_CIDR, &out)
               : error_value(e, "'" SLICE_FMT "' is not a network", SLICE_ARG(args[0].text));
}

static struct value call_is_ip(struct evaluation *e, const struct value *args, size_t count)
{
    struct cidr out;
    return args[0].kind == VALUE_STRING ? value_bool(address_read(args[0].text, &out))
                                        : no_overload(e, "isIP", args, count);
}

static struct value call_is_cidr(struct evaluation *e, const struct value *args, size_t count)
{
    struct cidr out;
    return args[0].kind == VALUE_STRING ? value_bool(cidr_read(args[0].text, &out))
                                        : no_overload(e, "isCIDR", args, count);
}

static struct value call_is_canonical(struct evaluation *e, const struct value *args, size_t count)
{
    struct value ip = call_ip(e, args, count);
    return ip.kind == VALUE_IP
               ? value_bool(slice_equal(cidr_text(e->arena, ip.cidr, false), args[0].text))
               : ip;
}

static struct value call_family(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_IP ? value_int(args[0].cidr->length == 32 ? 4 : 6)
                                    : no_overload(e, "family", args, count);
}

static struct value in_ranges(struct evaluation *e, const char *name, const struct value *args,
                              const char *four, const char *six)
{
    struct cidr range;
    if (args[0].kind != VALUE_IP) {
        return no_overload(e, name, args, 1);
    }
    return value_bool(cidr_read(slice_of(args[0].cidr->length == 32 ? four : six), &range) &&
                      network_has(&range, args[0].cidr));
}

static struct value call_is_unspecified(struct evaluation *e, const struct value *args,
                                        size_t count)
{
    (void)count;
    return in_ranges(e, "ip.isUnspecified", args, "0.0.0.0/32", "::/128");
}

static struct value call_is_loopback(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return in_ranges(e, "ip.isLoopback", args, "127.0.0.0/8", "::1/128");
}

static struct value call_is_link_multicast(struct evaluation *e, const struct value *args,
                                           size_t count)
{
    struct value result =
        in_ranges(e, "ip.isLinkLocalMulticast", args, "224.0.0.0/24", "ff02::/16");
    (void)count;
    /* Any flags: ff02, ff12 and so on (net/netip, IsLinkLocalMulticast). */
    if (result.kind == VALUE_BOOL && args[0].cidr->length == 128) {
        const unsigned char *bytes = args[0].cidr->bytes;
        return value_bool(bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02);
    }
    return result;
}

static struct value call_is_link_unicast(struct evaluation *e, const struct value *args,
                                         size_t count)
{
    (void)count;
    return in_ranges(e, "ip.isLinkLocalUnicast", args, "169.254.0.0/16", "fe80::/10");
}

static struct value call_is_global(struct evaluation *e, const struct value *args, size_t count)
{
    struct value multicast = in_ranges(e, "ip.isGlobalUnicast", args, "224.0.0.0/4", "ff00::/8");
    (void)count;
    if (multicast.kind != VALUE_BOOL) {
        return multicast;
    }
    struct value broadcast = in_ranges(e, "", args, "255.255.255.255/32", "ff00::/8");
    return value_bool(
        !multicast.boolean && !broadcast.boolean && !call_is_unspecified(e, args, 1).boolean &&
        !call_is_loopback(e, args, 1).boolean && !call_is_link_unicast(e, args, 1).boolean);
}

static struct value contains(struct evaluation *e, const char *name, const struct value *args,
                             enum value_kind kind)
{
    struct value other = args[1];
    if (other.kind == VALUE_STRING) {
        other = kind == VALUE_IP ? call_ip(e, &args[1], 1) : call_cidr(e, &args[1], 1);
    }
    if (args[0].kind != VALUE_CIDR || other.kind != kind) {
        return no_overload(e, name, (const struct value[]){args[0], other}, 2);
    }
    return value_bool(network_has(args[0].cidr, other.cidr));
}

static struct value call_contains_ip(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return contains(e, "containsIP", args, VALUE_IP);
}

static struct value call_contains_cidr(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return contains(e, "containsCIDR", args, VALUE_CIDR);
}

static struct value call_cidr_ip(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_CIDR) {
        return no_overload(e, "ip", args, count);
    }
    struct cidr out = *args[0].cidr;
    out.bits = out.length;
    return value_of_cidr(e, VALUE_IP, &out);
}

static struct value call_masked(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_CIDR) {
        return no_overload(e, "masked", args, count);
    }
    struct cidr out = *args[0].cidr;
    mask(&out, out.bits);
    return value_of_cidr(e, VALUE_CIDR, &out);
}

static struct value call_prefix_length(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_CIDR ? value_int(args[0].cidr->bits)
                                      : no_overload(e, "prefixLength", args, count);
}

const struct function_row *network_functions(void)
{
    static const struct function_row rows[] = {
        {"ip", false, 1, 1, call_ip},
        {"isIP", false, 1, 1, call_is_ip},
        {"ip.isCanonical", false, 1, 1, call_is_canonical},
        {"family", true, 1, 1, call_family},
        {"isUnspecified", true, 1, 1, call_is_unspecified},
        {"isLoopback", true, 1, 1, call_is_loopback},
        {"isLinkLocalMulticast", true, 1, 1, call_is_link_multicast},
        {"isLinkLocalUnicast", true, 1, 1, call_is_link_unicast},
        {"isGlobalUnicast", true, 1, 1, call_is_global},
        {"cidr", false, 1, 1, call_cidr},
        {"isCIDR", false, 1, 1, call_is_cidr},
        {"containsIP", true, 2, 2, call_contains_ip},
        {"containsCIDR", true, 2, 2, call_contains_cidr},
        {"ip", true, 1, 1, call_cidr_ip},
        {"masked", true, 1, 1, call_masked},
        {"prefixLength", true, 1, 1, call_prefix_length},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
