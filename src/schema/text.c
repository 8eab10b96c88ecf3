#include "schema/schema_priv.h"

#include "http/http.h"

/* ---- formats ------------------------------------------------------------------------------ */

/* k8s.io/kube-openapi pkg/validation/strfmt/default.go; formats that are not listed in
 * k8s.io/apiextensions-apiserver pkg/apiserver/validation/formats.go are not checked. */

static bool is_digits(struct slice text, size_t at, size_t count)
{
    uint64_t value;
    return at + count <= text.len &&
           slice_to_uint(slice_sub(text, at, at + count), UINT64_MAX, &value);
}

/* RFC 3339, as strfmt.IsDateTime reads it: a date, 'T' or 't', a time, and a zone. */
static bool is_date_time(struct slice text)
{
    if (text.len < 20 || !is_digits(text, 0, 4) || text.ptr[4] != '-' || !is_digits(text, 5, 2) ||
        text.ptr[7] != '-' || !is_digits(text, 8, 2) || (text.ptr[10] | 0x20) != 't' ||
        !is_digits(text, 11, 2) || text.ptr[13] != ':' || !is_digits(text, 14, 2) ||
        text.ptr[16] != ':' || !is_digits(text, 17, 2)) {
        return false;
    }
    uint64_t month = 0, day = 0, hour = 0, minute = 0, second = 0;
    bool fine = slice_to_uint(slice_sub(text, 5, 7), 12, &month) && month >= 1 &&
                slice_to_uint(slice_sub(text, 8, 10), 31, &day) && day >= 1 &&
                slice_to_uint(slice_sub(text, 11, 13), 23, &hour) &&
                slice_to_uint(slice_sub(text, 14, 16), 59, &minute) &&
                slice_to_uint(slice_sub(text, 17, 19), 59, &second);
    size_t at = 19;
    if (text.ptr[at] == '.') {
        do {
            at++;
        } while (at < text.len && is_digits(text, at, 1));
        fine = fine && at > 20;
    }
    struct slice zone = slice_sub(text, at, text.len);
    return fine && (slice_equal_fold(zone, SLICE("z")) ||
                    (zone.len == 6 && (zone.ptr[0] == '+' || zone.ptr[0] == '-') &&
                     is_digits(zone, 1, 2) && zone.ptr[3] == ':' && is_digits(zone, 4, 2)));
}

/* Go's encoding/base64 in its standard form skips line ends. */
static bool is_base64(struct slice text)
{
    size_t count = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\r' || c == '\n') {
            continue;
        }
        if (c == '=') {
            padding++;
        } else if (padding || !(is_alphanumeric(c) || c == '+' || c == '/')) {
            return false;
        }
        count++;
    }
    return count % 4 == 0 && padding <= 2;
}

static bool is_address(struct slice text, size_t length)
{
    struct address address;
    return address_parse(text, &address) && address.length == length;
}

const char *format_name(enum schema_format format)
{
    static const char *const names[] = {
        [SCHEMA_FORMAT_DATE_TIME] = "a time such as 2024-01-31T12:00:00Z",
        [SCHEMA_FORMAT_BYTE] = "base64",
        [SCHEMA_FORMAT_IPV4] = "an IPv4 address",
        [SCHEMA_FORMAT_IPV6] = "an IPv6 address",
    };
    return format < ARRAY_LEN(names) ? names[format] : NULL;
}

bool format_fits(enum schema_format format, struct slice text)
{
    switch (format) {
    case SCHEMA_FORMAT_NONE:
    case SCHEMA_FORMAT_INT32:
    case SCHEMA_FORMAT_INT64:
    case SCHEMA_FORMAT_DOUBLE:
        return true;
    case SCHEMA_FORMAT_DATE_TIME:
        return is_date_time(text);
    case SCHEMA_FORMAT_BYTE:
        return is_base64(text);
    case SCHEMA_FORMAT_IPV4:
        return is_address(text, 4);
    case SCHEMA_FORMAT_IPV6:
        return is_address(text, 16);
    }
    return true;
}

/* ---- texts -------------------------------------------------------------------------------- */

static void check_pattern(struct schema *schema, uint16_t index, const struct node *value,
                          const struct place *place)
{
    struct pattern_state *state = &schema->patterns[index];
    struct slice pattern = slice_of(schema_patterns[index]);
    if (!state->compiled) {
        bool refused;
        state->compiled = true;
        state->regex = cel_regex(schema->run, schema->regexes, pattern, &refused, &state->error);
    }
    enum regex_result result =
        state->regex ? regex_search(state->regex, value->text, NULL) : REGEX_LIMIT;
    if (result == REGEX_NO) {
        const struct pattern_words *words = pattern_words_find(pattern);
        fault_value(schema, DIAG_V006, place, value, "must match '" SLICE_FMT "'%s%s%s%s",
                    SLICE_ARG(pattern), words ? "; " : "", words ? words->words : "",
                    words ? ", such as " : "", words ? words->example : "");
    } else if (result == REGEX_LIMIT) {
        fault(schema, DIAG_V010, place, "cannot be compared with '" SLICE_FMT "': " SLICE_FMT,
              SLICE_ARG(pattern),
              SLICE_ARG(state->error.ptr ? state->error : SLICE("it takes too many steps")));
    }
}

/* As a server does, the first of these faults is the only one (validate/validator.go). */
void check_text(struct schema *schema, const struct schema_node *node, const struct node *value,
                const struct place *place)
{
    const struct schema_limits *limits = &schema_limits[node->limits];
    /* characters, not bytes (validate/values.go, MaxLength), though the message of a server says bytes */
    size_t count = node->limits ? slice_count_chars(value->text) : 0;
    if (node->limits && count > limits->most_chars) {
        schema->blocked |= !schema->quiet;
        fault(schema, DIAG_V005, place, "Too long: %zu characters: may have at most %llu", count,
              (unsigned long long)limits->most_chars);
    } else if (node->limits && count < limits->least_chars) {
        fault_value(schema, DIAG_V005, place, value, "must have at least %llu character%s",
                    (unsigned long long)limits->least_chars, limits->least_chars == 1 ? "" : "s");
    } else if (node->pattern) {
        check_pattern(schema, node->pattern, value, place);
    }
    if (!format_fits(node->format, value->text)) {
        fault_value(schema, DIAG_V006, place, value, "must be %s", format_name(node->format));
    }
}
