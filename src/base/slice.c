#include "base/base.h"

#include <string.h>

/* The first and the last word of a text may overlap, so that there is no rest to look at byte by byte. */
bool bytes_equal(const char *a, const char *b, size_t count)
{
    enum { WORD = sizeof(uint64_t), HALF = sizeof(uint32_t) };
    uint64_t x, y;
    uint32_t u, v, w, z;
    if (count >= WORD) {
        for (size_t i = 0; i + WORD < count; i += WORD) {
            memcpy(&x, a + i, WORD);
            memcpy(&y, b + i, WORD);
            if (x != y) {
                return false;
            }
        }
        memcpy(&x, a + count - WORD, WORD);
        memcpy(&y, b + count - WORD, WORD);
        return x == y;
    }
    if (count >= HALF) {
        memcpy(&u, a, HALF);
        memcpy(&v, b, HALF);
        memcpy(&w, a + count - HALF, HALF);
        memcpy(&z, b + count - HALF, HALF);
        return u == v && w == z;
    }
    return !count || (a[0] == b[0] && a[count / 2] == b[count / 2] && a[count - 1] == b[count - 1]);
}

void bytes_copy(char *to, const char *from, size_t count)
{
    enum { WORD = sizeof(uint64_t), HALF = sizeof(uint32_t), SHORT = 4 * WORD };
    uint64_t first, last;
    uint32_t low, high;
    if (count > SHORT) {
        memcpy(to, from, count);
    } else if (count > 2 * WORD) {
        char head[2 * WORD], tail[2 * WORD];
        memcpy(head, from, 2 * WORD);
        memcpy(tail, from + count - 2 * WORD, 2 * WORD);
        memcpy(to, head, 2 * WORD);
        memcpy(to + count - 2 * WORD, tail, 2 * WORD);
    } else if (count >= WORD) {
        memcpy(&first, from, WORD);
        memcpy(&last, from + count - WORD, WORD);
        memcpy(to, &first, WORD);
        memcpy(to + count - WORD, &last, WORD);
    } else if (count >= HALF) {
        memcpy(&low, from, HALF);
        memcpy(&high, from + count - HALF, HALF);
        memcpy(to, &low, HALF);
        memcpy(to + count - HALF, &high, HALF);
    } else if (count) {
        const char middle = from[count / 2], end = from[count - 1];
        to[0] = from[0];
        to[count / 2] = middle;
        to[count - 1] = end;
    }
}

static unsigned char fold(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool slice_equal_fold(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.ptr[i]) != fold(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool slice_is_one_of(struct slice a, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(a, texts[i])) {
            return true;
        }
    }
    return false;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter && a.ptr != b.ptr ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t slice_find(struct slice s, char byte, size_t from)
{
    if (from >= s.len) {
        return s.len;
    }
    const char *hit = memchr(s.ptr + from, byte, s.len - from);
    return hit ? (size_t)(hit - s.ptr) : s.len;
}

bool slice_contains(struct slice s, struct slice part)
{
    if (part.len == 0 || part.len > s.len) {
        return part.len == 0;
    }
    const char first = part.ptr[0], last = part.ptr[part.len - 1];
    const char *at = s.ptr, *end = s.ptr + (s.len - part.len) + 1; /* of where it can begin */
    const bool is_long = s.len > 64; /* for shorter ones a call of memchr does not pay */
    for (; at < end; at++) {
        if (is_long && !(at = memchr(at, first, (size_t)(end - at)))) {
            return false;
        }
        if (*at == first && at[part.len - 1] == last && bytes_equal(at, part.ptr, part.len)) {
            return true;
        }
    }
    return false;
}

struct slice slice_sub(struct slice s, size_t from, size_t to)
{
    if (to > s.len) {
        to = s.len;
    }
    if (from > to) {
        from = to;
    }
    return (struct slice){s.ptr ? s.ptr + from : NULL, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool slice_split(struct slice *rest, char separator, struct slice *part)
{
    if (!rest->ptr) {
        return false;
    }
    size_t end = slice_find(*rest, separator, 0);
    *part = slice_sub(*rest, 0, end);
    *rest = end < rest->len ? slice_sub(*rest, end + 1, rest->len) : SLICE_ABSENT;
    return true;
}

bool slice_to_uint(struct slice s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10 || value * 10 + digit > max) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool slice_to_int(struct slice s, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        s = slice_sub(s, 1, s.len);
    }
    uint64_t value;
    if (!slice_to_uint(s, negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, &value)) {
        return false;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t slice_count_chars(struct slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    }
    return count;
}

struct slice uint_text(uint64_t number, char digits[UINT_TEXT_MAX])
{
    size_t at = UINT_TEXT_MAX;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return (struct slice){digits + at, UINT_TEXT_MAX - at};
}

/* The first byte is the lowest, on every machine. Compilers know this as one load. */
static uint64_t word_at(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static uint64_t half_word_at(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
}

/* Up to seven bytes, each of which counts. */
static uint64_t short_word(const char *at, size_t len)
{
    enum { HALF = 4 };
    if (len < HALF) {
        const unsigned char *b = (const unsigned char *)at;
        return len ? b[0] | (uint64_t)b[len / 2] << 8 | (uint64_t)b[len - 1] << 16 : 0;
    }
    return half_word_at(at) | half_word_at(at + len - HALF) << 32;
}

static uint64_t fold_in(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    return sum << 29 | sum >> 35;
}

/* Words are multiplied and folded, in two sums that do not wait for each other; the last word may overlap the one
 * before. */
uint64_t slice_hash(struct slice s, uint64_t seed)
{
    const uint64_t prime = 0x9e3779b97f4a7c15;
    const size_t width = sizeof(uint64_t);
    uint64_t sum = seed ^ (s.len * prime), other = ~sum;
    if (s.len < width) {
        sum ^= short_word(s.ptr, s.len);
    } else {
        size_t at = 0;
        for (; at + 2 * width < s.len; at += 2 * width) {
            sum = fold_in(sum, word_at(s.ptr + at));
            other = fold_in(other, word_at(s.ptr + at + width));
        }
        if (at + width < s.len) {
            sum = fold_in(sum, word_at(s.ptr + at));
        }
        sum ^= fold_in(other, word_at(s.ptr + s.len - width));
    }
    sum *= prime;
    sum ^= sum >> 32;
    return sum * prime;
}

/* http://www.isthe.com/chongo/tech/comp/fnv/ */
uint64_t slice_hash_written(struct slice s, uint64_t sum)
{
    for (size_t i = 0; i < s.len; i++) {
        sum = (sum ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    }
    return sum;
}

struct slice *recent_place(struct recent_texts *recent, struct slice text)
{
    uint64_t hash = slice_hash(text, 0);
    return &recent->texts[(hash >> 32) % ARRAY_LEN(recent->texts)];
}

struct slice recent_text(struct recent_texts *recent, struct slice text)
{
    if (!text.len) { /* absent is not empty */
        return text;
    }
    struct slice *before = recent_place(recent, text);
    if (!slice_equal(*before, text)) {
        *before = text;
    }
    return *before;
}
