#include "document/document_priv.h"

#include <string.h>

static bool hex4(const char *s, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) {
            return false;
        }
        value = value * 16 + digit;
    }
    *out = value;
    return true;
}

bool json_looks_like(struct slice text)
{
    struct slice rest = slice_trim(text);
    return rest.len && (rest.ptr[0] == '{' || rest.ptr[0] == '[');
}

/* JSON writes characters beyond U+FFFF as two escapes, which libyaml refuses: "\ud83d\ude00" becomes
 * "\U0001F600". The text gets two bytes shorter for each; blanks cannot be put into a string, so places after
 * such a pair in the same line are two columns short. */
struct slice json_prepare(struct run *run, struct slice text)
{
    if (!json_looks_like(text)) {
        return text;
    }
    char *copy = NULL;
    size_t used = 0;
    size_t from = 0;
    for (size_t i = 0; i + 12 <= text.len; i++) {
        const char *s = text.ptr + i;
        uint32_t high, low;
        if (s[0] != '\\') {
            continue;
        }
        if (s[1] != 'u' || !hex4(s + 2, &high) || high < 0xD800 || high > 0xDBFF || s[6] != '\\' ||
            s[7] != 'u' || !hex4(s + 8, &low) || low < 0xDC00 || low > 0xDFFF) {
            i++; /* the escaped character is not the beginning of another escape */
            continue;
        }
        if (!copy) {
            copy = arena_alloc(run->arena, text.len + 1);
        }
        memcpy(copy + used, text.ptr + from, i - from);
        used += i - from;
        uint32_t code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        struct slice escape = arena_printf(run->arena, "\\U%08X", code);
        memcpy(copy + used, escape.ptr, escape.len);
        used += escape.len;
        from = i + 12;
        i += 11;
    }
    if (!copy) {
        return text;
    }
    memcpy(copy + used, text.ptr + from, text.len - from);
    return (struct slice){copy, used + text.len - from};
}
