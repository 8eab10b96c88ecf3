#include "ingress_nginx/annotations_priv.h"

#include <string.h>

/* Checks of values, as internal/ingress/annotations/parser/validators.go and the parsers do them. */

static bool only(struct slice value, const char *more)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_alphanumeric(value.ptr[i]) &&
            (value.ptr[i] == '\0' || !strchr(more, value.ptr[i]))) {
            return false;
        }
    }
    return true;
}

/* Go's strconv.ParseBool */
static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

bool is_true(struct slice value)
{
    return slice_is_one_of(value, yes, ARRAY_LEN(yes));
}

static bool is_bool(struct slice value)
{
    return is_true(value) || slice_is_one_of(value, no, ARRAY_LEN(no));
}

bool size_parse(struct slice text, int64_t *bytes, char *unit)
{
    static const struct {
        char letter;
        uint64_t factor;
    } units[] = {{'b', 1}, {'k', 1024}, {'m', 1024 * 1024}, {'g', 1024 * 1024 * 1024}};
    uint64_t number, factor = 1;
    char last = text.len ? (char)(text.ptr[text.len - 1] | 32) : '\0', found = '\0';
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (last == units[i].letter) {
            factor = units[i].factor;
            found = last;
            text.len--;
            break;
        }
    }
    if (!slice_to_uint(text, (uint64_t)1 << 32, &number)) {
        return false;
    }
    *bytes = (int64_t)(number * factor);
    *unit = found;
    return true;
}

static bool all_networks(struct slice value)
{
    struct slice item;
    size_t count = 0;
    while (slice_split(&value, ',', &item)) {
        struct network network;
        if (!network_parse(slice_trim(item), &network)) {
            return false;
        }
        count++;
    }
    return count > 0;
}

static bool is_option(struct slice value, const char *options, bool fold)
{
    struct slice rest = slice_of(options), option;
    while (slice_split(&rest, '|', &option)) {
        if (fold ? slice_equal_fold(value, option) : slice_equal(value, option)) {
            return true;
        }
    }
    return false;
}

/* One blank between two words; `loose`: any number of them, or no word at all. */
static bool all_options(struct slice value, const char *options, bool loose)
{
    struct slice word;
    size_t words = 0;
    while (slice_split(&value, ' ', &word)) {
        words += word.len > 0;
        bool last = !value.ptr || !value.len;
        if (word.len ? !is_option(word, options, false) : !loose && (!last || !words)) {
            return false;
        }
    }
    return words || loose;
}

static bool is_pair(struct slice value, const char *signs)
{
    struct slice word;
    size_t words = 0;
    if (slice_is(value, "off")) {
        return true;
    }
    bool ends = !value.len || value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' ';
    while (!ends && slice_split(&value, ' ', &word)) {
        if (!only(word, signs)) {
            return false;
        }
        words += word.len > 0;
    }
    return words == 2;
}

static bool contains_option(struct slice value, const char *options)
{
    struct slice rest = slice_of(options), option;
    while (slice_split(&rest, '|', &option)) {
        if (slice_contains(value, option)) {
            return true;
        }
    }
    return false;
}

/* customhttperrors: statuses of 400 and above, each with a comma or none behind it */
static bool is_codes(struct slice value)
{
    size_t at = 0;
    while (at < value.len) {
        struct slice code = slice_sub(value, at, at + 3);
        uint64_t number;
        if (code.len != 3 || (code.ptr[0] != '4' && code.ptr[0] != '5') ||
            !slice_to_uint(code, 599, &number)) {
            return false;
        }
        at += 3;
        at += at < value.len && value.ptr[at] == ',';
    }
    return true;
}

static size_t count_while(struct slice text, size_t from, const char *more, bool upper, bool digits)
{
    size_t at = from;
    while (at < text.len) {
        char c = text.ptr[at];
        bool fits = (c >= 'a' && c <= 'z') || (upper && c >= 'A' && c <= 'Z') ||
                    (digits && c >= '0' && c <= '9') || (c != '\0' && strchr(more, c) != NULL);
        if (!fits) {
            break;
        }
        at++;
    }
    return at - from;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* cors: names, each with a comma or none behind it, and one blank or none behind that */
static bool is_list(struct slice value, const char *signs, bool digits, bool star)
{
    size_t at = 0;
    while (value.len && is_blank(value.ptr[value.len - 1])) {
        value.len--;
    }
    while (at < value.len && is_blank(value.ptr[at])) {
        at++;
    }
    while (at < value.len) {
        size_t name = count_while(value, at, signs, true, digits);
        name = !name && star && value.ptr[at] == '*' ? 1 : name;
        if (!name) {
            return false;
        }
        at += name;
        at += at < value.len && value.ptr[at] == ',';
        at += at < value.len && is_blank(value.ptr[at]);
    }
    return value.len > 0;
}

/* authreq, headerRegexp: no blank inside of a name, and empty items do not count */
static bool is_header_list(struct slice value)
{
    struct slice item, rest = value;
    while (slice_split(&rest, ',', &item)) {
        if (!only(slice_trim(item), "-_")) {
            return false;
        }
    }
    return only(value, "-_, ");
}

/* sslcipher: "@" begins one of two words */
static bool is_ciphers(struct slice value)
{
    const struct slice level = SLICE("@SECLEVEL="), strength = SLICE("@STRENGTH");
    for (size_t at = 0; at < value.len;) {
        struct slice rest = slice_sub(value, at, value.len);
        char digit = rest.len > level.len ? rest.ptr[level.len] : '\0';
        if (slice_starts(rest, strength)) {
            at += strength.len;
        } else if (slice_starts(rest, level) && digit >= '0' && digit <= '5') {
            at += level.len + 1;
        } else if (only(slice_sub(rest, 0, 1), "!:+-_")) {
            at++;
        } else {
            return false;
        }
    }
    return true;
}

/* alias: each item by itself, without the blanks around it */
static bool all_aliases(struct slice value, const char *signs)
{
    struct slice item;
    while (slice_split(&value, ',', &item)) {
        if (!only(slice_trim(item), signs)) {
            return false;
        }
    }
    return true;
}

/* One item of cors-allow-origin as the check of the whole list sees it: each part may be missing. */
static bool is_origin_like(struct slice item)
{
    size_t at = count_while(item, 0, "", false, false);
    at = at && slice_starts(slice_sub(item, at, item.len), SLICE("://")) ? at + 3 : 0;
    if (slice_starts(slice_sub(item, at, item.len), SLICE("*."))) {
        at += 2;
    }
    at += count_while(item, at, "-.", true, true);
    if (at < item.len && item.ptr[at] == ':') {
        uint64_t port;
        return slice_to_uint(slice_sub(item, at + 1, item.len), UINT32_MAX, &port);
    }
    return at == item.len;
}

static bool all_origins(struct slice value)
{
    struct slice item;
    if (slice_is(value, "*")) {
        return true;
    }
    while (slice_split(&value, ',', &item)) {
        if (!is_origin_like(item)) {
            return false;
        }
    }
    return true;
}

/* Checks that are nothing but signs beside letters and digits. */
static const char *const signs[] = {
    [CHECK_BASIC] = "/-._~:",
    [CHECK_URL] = "-._~/:,?&=",
    [CHECK_RX] = "/-._~:^$[](){}*+?|&=\\",
    [CHECK_ALIASES] = "/-._~:^$[](){}*+?|&=\\",
    [CHECK_PATHCAP] = "/-._~:$",
    [CHECK_HEADERS] = "-_, ",
    [CHECK_VAR] = "-_${}",
};

static size_t span_of(struct slice text, size_t at, const char *more)
{
    size_t end = at;
    while (end < text.len && (is_alphanumeric(text.ptr[end]) ||
                              slice_contains(slice_of(more), slice_sub(text, end, end + 1)))) {
        end++;
    }
    return end;
}

/* annotations/authtls, redirectRegex: "@name", or "[[scheme://]host[:port]][/path]" */
static bool is_error_page(struct slice value)
{
    bool http = slice_starts(value, SLICE("http://")), tls = slice_starts(value, SLICE("https://"));
    size_t start = http ? 7 : tls ? 8 : 0, at = span_of(value, start, ".-");
    uint64_t port;
    if (slice_starts(value, SLICE("@"))) {
        return value.len > 1 && span_of(value, 1, "-_") == value.len;
    }
    if (at == start && start) {
        return false;
    }
    if (at > start && at < value.len && value.ptr[at] == ':') {
        size_t end = slice_find(value, '/', at);
        if (!slice_to_uint(slice_sub(value, at + 1, end), UINT64_MAX, &port)) {
            return false;
        }
        at = end;
    }
    while (at < value.len && value.ptr[at] == '/') {
        size_t end = span_of(value, at + 1, ".-_");
        if (end == at + 1) {
            return end == value.len;
        }
        at = end;
    }
    return at == value.len;
}

static bool holds(const struct annotation_row *row, struct slice value)
{
    enum check check = (enum check)(row->check & ~(CHECK_STRIP | CHECK_TRIM));
    int64_t number;
    char unit;
    switch (check) {
    case CHECK_ANY:
        return true;
    case CHECK_BOOL:
        return is_bool(value);
    case CHECK_INT:
        return slice_to_int(value, &number);
    case CHECK_SIZE:
        return size_parse(value, &number, &unit);
    case CHECK_BASIC:
    case CHECK_URL:
    case CHECK_RX:
    case CHECK_PATHCAP:
    case CHECK_HEADERS:
    case CHECK_VAR:
        return only(value, signs[check]);
    case CHECK_ALIASES:
        return all_aliases(value, signs[check]);
    case CHECK_NAMES:
        return is_header_list(value);
    case CHECK_CIPHERS:
        return is_ciphers(value);
    case CHECK_CHARS:
        return only(value, row->options);
    case CHECK_PAIR:
        return is_pair(value, row->options);
    case CHECK_CIDRS:
        return all_networks(value);
    case CHECK_OPTIONS:
        return is_option(value, row->options, false);
    case CHECK_OPTIONS_FOLD:
        return is_option(value, row->options, true);
    case CHECK_WORDS:
        return all_options(value, row->options, false);
    case CHECK_LOOSE_WORDS:
        return all_options(value, row->options, true);
    case CHECK_CONTAINS:
        return contains_option(value, row->options);
    case CHECK_CODES:
        return is_codes(value);
    case CHECK_NAME:
        return slice_starts(value, slice_of(row->options));
    case CHECK_PAGE:
        return is_error_page(value);
    case CHECK_LABEL:
        return is_dns_label(value) && !(value.ptr[0] >= '0' && value.ptr[0] <= '9');
    case CHECK_METHODS:
        return is_list(value, "", false, false);
    case CHECK_EXPOSED:
        return is_list(value, "-_", true, true);
    case CHECK_ORIGINS:
        return all_origins(value);
    }
    return false;
}

bool annotation_passes(const struct annotation_row *row, struct slice value)
{
    char stripped[4096];
    if (row->check & CHECK_TRIM) {
        return holds(row, slice_trim(value));
    }
    if (!(row->check & CHECK_STRIP) || value.len >= sizeof stripped) {
        return holds(row, value);
    }
    size_t used = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != ' ') {
            stripped[used++] = value.ptr[i];
        }
    }
    return holds(row, (struct slice){stripped, used});
}
