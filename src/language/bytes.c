#include "language/language_priv.h"

void byte_set_add_range(struct byte_set *set, unsigned from, unsigned to)
{
    for (unsigned byte = from; byte <= to; byte++) {
        byte_set_add(set, byte);
    }
}

struct byte_set byte_set_all(void)
{
    return (struct byte_set){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
}

size_t byte_set_count(const struct byte_set *set)
{
    size_t count = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        count += byte_set_has(set, byte);
    }
    return count;
}

bool byte_is_word(unsigned byte)
{
    return byte < 128 && (is_alphanumeric((char)byte) || byte == '_');
}

/* Letters, digits, then what paths are written with; '%' behind all that is visible, as an escape is hard
 * to read; then what does not print. */
uint8_t byte_rank(unsigned byte)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789/-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "~+:@=,;!$&'()*[]{}|^`<>\"\\#?%";
    enum { VISIBLE = sizeof first - 1 };
    for (unsigned rank = 0; rank < VISIBLE; rank++) {
        if ((unsigned char)first[rank] == byte) {
            return (uint8_t)rank;
        }
    }
    /* 33 to 126 are all listed above. */
    return (uint8_t)(byte <= ' ' ? VISIBLE + (' ' - byte) : VISIBLE + 33 + (byte - 127));
}

/* Each class that lies partly in the set becomes two. */
void classes_split(uint8_t classes[256], unsigned *count, const struct byte_set *set)
{
    uint8_t inside[256];
    bool has_inside[256] = {false}, has_outside[256] = {false};
    for (unsigned byte = 0; byte < 256; byte++) {
        bool *has = byte_set_has(set, byte) ? has_inside : has_outside;
        has[classes[byte]] = true;
    }
    unsigned before = *count;
    for (unsigned i = 0; i < before; i++) {
        inside[i] = (uint8_t)(has_inside[i] && has_outside[i] ? (*count)++ : i);
    }
    for (unsigned byte = 0; *count > before && byte < 256; byte++) {
        if (byte_set_has(set, byte)) {
            classes[byte] = inside[classes[byte]];
        }
    }
}
