/* Functions on texts: the standard ones, k8s.io/apiserver pkg/cel/library/regex.go, and
 * github.com/google/cel-go ext/strings.go in version 2. Positions count code points. */
#include "cel/cel_priv.h"

#include <string.h>

static bool are_strings(const struct value *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind != VALUE_STRING) {
            return false;
        }
    }
    return true;
}

static struct value index_error(struct evaluation *e, int64_t index)
{
    return error_value(e, "the position %lld is outside of the text", (long long)index);
}

/* Where `part` is in `text` from byte `from` on, or SIZE_MAX. */
static size_t find_text(struct slice text, struct slice part, size_t from)
{
    for (size_t at = from; at + part.len <= text.len; at++) {
        if (!part.len || memcmp(text.ptr + at, part.ptr, part.len) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Looking for `part` takes steps for each place it may begin at, more the longer it is. */
static bool charge_search(struct evaluation *e, struct slice text, struct slice part)
{
    return charge_steps(e, (uint64_t)(text.len / 16 + 1) * (part.len / 16 + 1));
}

/* ---- the standard functions --------------------------------------------------------------- */

static struct value call_contains(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_strings(args, count) || !charge_search(e, args[0].text, args[1].text)) {
        return no_overload(e, "contains", args, count);
    }
    return value_bool(find_text(args[0].text, args[1].text, 0) != SIZE_MAX);
}

static struct value call_starts(struct evaluation *e, const struct value *args, size_t count)
{
    return are_strings(args, count) ? value_bool(slice_starts(args[0].text, args[1].text))
                                    : no_overload(e, "startsWith", args, count);
}

static struct value call_ends(struct evaluation *e, const struct value *args, size_t count)
{
    return are_strings(args, count) ? value_bool(slice_ends(args[0].text, args[1].text))
                                    : no_overload(e, "endsWith", args, count);
}

/* ---- regular expressions ------------------------------------------------------------------ */

static const struct regex *compile_regex(struct evaluation *e, struct slice pattern,
                                         struct value *error)
{
    bool refused = false;
    struct slice why = SLICE("");
    const struct regex *regex = NULL;
    if (charge_steps(e, 8 + pattern.len / 4)) {
        regex = cel_regex(e->evaluator->run, e->evaluator->regexes, pattern, &refused, &why);
    }
    if (!regex) {
        struct slice text = arena_printf(
            e->arena, "the regular expression '" SLICE_FMT "' does not compile: " SLICE_FMT,
            SLICE_ARG(pattern), SLICE_ARG(why));
        *error = refused ? error_value(e, SLICE_FMT, SLICE_ARG(text)) : value_unknown(e, text);
    }
    return regex;
}

/* REGEX_LIMIT with *error set. */
static enum regex_result search(struct evaluation *e, const struct regex *regex, struct slice text,
                                struct regex_match *match, struct value *error)
{
    enum regex_result result =
        charge_steps(e, 4 + text.len / 4) ? regex_search(regex, text, match) : REGEX_LIMIT;
    if (result == REGEX_LIMIT) {
        *error = value_unknown(e, SLICE("a regular expression needs more steps than are allowed"));
    }
    return result;
}

static struct value call_matches(struct evaluation *e, const struct value *args, size_t count)
{
    struct value error;
    if (!are_strings(args, count)) {
        return no_overload(e, "matches", args, count);
    }
    const struct regex *regex = compile_regex(e, args[1].text, &error);
    if (!regex) {
        return error;
    }
    enum regex_result result = search(e, regex, args[0].text, NULL, &error);
    return result == REGEX_LIMIT ? error : value_bool(result == REGEX_YES);
}

static struct value call_find(struct evaluation *e, const struct value *args, size_t count)
{
    struct value error;
    struct regex_match match;
    if (!are_strings(args, count)) {
        return no_overload(e, "find", args, count);
    }
    const struct regex *regex = compile_regex(e, args[1].text, &error);
    if (!regex) {
        return error;
    }
    enum regex_result result = search(e, regex, args[0].text, &match, &error);
    return result == REGEX_LIMIT
               ? error
               : value_string(result == REGEX_YES ? match.captures[0] : SLICE(""));
}

/* ---- positions ---------------------------------------------------------------------------- */

static struct value call_char_at(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING || args[1].kind != VALUE_INT ||
        !charge_steps(e, args[0].text.len / 16)) {
        return no_overload(e, "charAt", args, count);
    }
    struct slice text = args[0].text;
    size_t points = utf8_count(text);
    if (args[1].integer < 0 || (uint64_t)args[1].integer > points) {
        return index_error(e, args[1].integer);
    }
    size_t at = utf8_offset(text, (size_t)args[1].integer);
    return value_string(slice_sub(text, at, at < text.len ? utf8_next(text, at) : at));
}

static struct value call_substring(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING || args[1].kind != VALUE_INT ||
        (count == 3 && args[2].kind != VALUE_INT) || !charge_steps(e, args[0].text.len / 16)) {
        return no_overload(e, "substring", args, count);
    }
    struct slice text = args[0].text;
    int64_t points = (int64_t)utf8_count(text), from = args[1].integer;
    int64_t to = count == 3 ? args[2].integer : points;
    if (from < 0 || from > points) {
        return index_error(e, from);
    }
    if (to < from || to > points) {
        return index_error(e, to);
    }
    return value_string(
        slice_sub(text, utf8_offset(text, (size_t)from), utf8_offset(text, (size_t)to)));
}

/* With an offset the search begins there; an empty text is found at the offset itself. */
static struct value index_of_text(struct evaluation *e, struct slice text, struct slice part,
                                  int64_t offset)
{
    int64_t points = (int64_t)utf8_count(text);
    if (offset < 0) {
        return index_error(e, offset);
    }
    if (!part.len || offset >= points) {
        return value_int(part.len ? -1 : offset < points ? offset : points);
    }
    size_t found = find_text(text, part, utf8_offset(text, (size_t)offset));
    return value_int(found == SIZE_MAX ? -1 : (int64_t)utf8_count(slice_sub(text, 0, found)));
}

static struct value last_index_of_text(struct evaluation *e, struct slice text, struct slice part,
                                       int64_t offset)
{
    int64_t points = (int64_t)utf8_count(text), at = -1, last = -1;
    if (offset < 0) {
        return index_error(e, offset);
    }
    if (!part.len || offset >= points) {
        return value_int(part.len ? -1 : offset < points ? offset : points);
    }
    for (size_t byte = 0; byte + part.len <= text.len; byte = utf8_next(text, byte)) {
        if (++at > offset) {
            break;
        }
        last = memcmp(text.ptr + byte, part.ptr, part.len) == 0 ? at : last;
    }
    return value_int(last);
}

static struct value index_in_list(struct evaluation *e, const struct value *list,
                                  const struct value *wanted, bool last)
{
    int64_t found = -1;
    size_t count = value_count(list);
    for (size_t i = 0; i < count && (last || found < 0); i++) {
        struct value item = value_item(list, i);
        found = value_equal(e, &item, wanted) ? (int64_t)i : found;
    }
    return value_int(found);
}

static struct value call_index(struct evaluation *e, const struct value *args, size_t count,
                               bool last)
{
    if (args[0].kind == VALUE_LIST && count == 2) {
        return index_in_list(e, &args[0], &args[1], last);
    }
    if (!are_strings(args, 2) || (count == 3 && args[2].kind != VALUE_INT) ||
        !charge_search(e, args[0].text, args[1].text)) {
        return no_overload(e, last ? "lastIndexOf" : "indexOf", args, count);
    }
    struct slice text = args[0].text;
    if (!last) {
        return index_of_text(e, text, args[1].text, count == 3 ? args[2].integer : 0);
    }
    if (count == 2) {
        int64_t points = (int64_t)utf8_count(text);
        return args[1].text.len == 0 ? value_int(points)
               : points == 0         ? value_int(-1)
                                     : last_index_of_text(e, text, args[1].text, points - 1);
    }
    return last_index_of_text(e, text, args[1].text, args[2].integer);
}

static struct value call_index_of(struct evaluation *e, const struct value *args, size_t count)
{
    return call_index(e, args, count, false);
}

static struct value call_last_index_of(struct evaluation *e, const struct value *args, size_t count)
{
    return call_index(e, args, count, true);
}

/* ---- other texts from a text --------------------------------------------------------------- */

static struct value change_case(struct evaluation *e, const char *name, const struct value *text,
                                char from, char to)
{
    if (text->kind != VALUE_STRING || !charge_steps(e, text->text.len / 16)) {
        return no_overload(e, name, text, 1);
    }
    char *out = arena_alloc(e->arena, text->text.len + 1);
    for (size_t i = 0; i < text->text.len; i++) {
        char byte = text->text.ptr[i];
        out[i] = (char)(byte >= from && byte <= from + 25 ? byte - from + to : byte);
    }
    return value_string((struct slice){out, text->text.len});
}

static struct value call_lower(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return change_case(e, "lowerAscii", &args[0], 'A', 'a');
}

static struct value call_upper(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return change_case(e, "upperAscii", &args[0], 'a', 'A');
}

/* Unicode's White_Space, as Go's strings.TrimSpace has it. */
static bool is_space(struct slice point)
{
    static const char *const others[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
                                         "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                         "\xe2\x81\x9f", "\xe3\x80\x80"};
    if (point.len == 1) {
        return point.ptr[0] == ' ' || (point.ptr[0] >= '\t' && point.ptr[0] <= '\r');
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (slice_is(point, others[i])) {
            return true;
        }
    }
    /* U+2000 to U+200A */
    return point.len == 3 && memcmp(point.ptr, "\xe2\x80", 2) == 0 &&
           (unsigned char)point.ptr[2] >= 0x80 && (unsigned char)point.ptr[2] <= 0x8a;
}

static struct value call_trim(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING || !charge_steps(e, args[0].text.len / 16)) {
        return no_overload(e, "trim", args, count);
    }
    struct slice text = args[0].text;
    size_t from = 0, to = 0;
    bool begun = false;
    for (size_t at = 0, next; at < text.len; at = next) {
        next = utf8_next(text, at);
        if (!is_space(slice_sub(text, at, next))) {
            from = begun ? from : at;
            to = next;
            begun = true;
        }
    }
    return value_string(slice_sub(text, from, to));
}

/* Where the next `part` is: before each code point and at the end when it is empty, else found. */
static size_t next_part(struct slice text, struct slice part, size_t at, bool first)
{
    if (part.len) {
        return find_text(text, part, at);
    }
    return first ? at : at < text.len ? utf8_next(text, at) : SIZE_MAX;
}

/* A text that was put together; its steps are those of its length. */
static struct value finish_text(struct evaluation *e, struct buf *buf)
{
    struct value text = value_string(SLICE(""));
    if (buf->failed || !charge_steps(e, buf->len / 16)) {
        text = value_unknown(e, SLICE("a text grows too long"));
    } else {
        text.text = arena_copy(e->arena, buf_slice(buf));
    }
    buf_release(buf);
    return text;
}

enum { TEXT_MAX = 16 << 20 };

static struct value call_replace(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_strings(args, 3) || (count == 4 && args[3].kind != VALUE_INT) ||
        !charge_search(e, args[0].text, args[1].text)) {
        return no_overload(e, "replace", args, count);
    }
    struct slice text = args[0].text, part = args[1].text;
    int64_t left = count == 4 ? args[3].integer : -1;
    struct buf out;
    size_t done = 0;
    buf_init(&out, TEXT_MAX);
    for (size_t at = next_part(text, part, 0, true); at != SIZE_MAX && left != 0 && !out.failed;
         left--) {
        buf_put(&out, slice_sub(text, done, at));
        buf_put(&out, args[2].text);
        done = at + part.len;
        at = next_part(text, part, done, false);
    }
    buf_put(&out, slice_sub(text, done, text.len));
    return finish_text(e, &out);
}

/* With an empty separator a text falls into its code points; at most `most` parts, -1 for all. */
static struct value call_split(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_strings(args, 2) || (count == 3 && args[2].kind != VALUE_INT) ||
        !charge_search(e, args[0].text, args[1].text)) {
        return no_overload(e, "split", args, count);
    }
    struct slice text = args[0].text, separator = args[1].text;
    int64_t most = count == 3 ? args[2].integer : -1;
    struct values parts = {0};
    size_t done = 0;
    if (most == 0 || (!separator.len && !text.len)) {
        return value_list(NULL, 0);
    }
    while ((most < 0 || (int64_t)parts.count < most - 1) && charge_steps(e, 1)) {
        size_t at = separator.len ? find_text(text, separator, done) : utf8_next(text, done);
        if (at == SIZE_MAX || (!separator.len && at >= text.len)) {
            break;
        }
        values_add(e, &parts, value_string(slice_sub(text, done, at)));
        done = at + separator.len;
    }
    values_add(e, &parts, value_string(slice_sub(text, done, text.len)));
    return value_list(parts.items, parts.count);
}

static struct value call_join(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST || (count == 2 && args[1].kind != VALUE_STRING)) {
        return no_overload(e, "join", args, count);
    }
    struct buf out;
    size_t items = value_count(&args[0]);
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < items && !out.failed && charge_steps(e, 1); i++) {
        struct value item = value_item(&args[0], i);
        if (item.kind != VALUE_STRING) {
            buf_release(&out);
            return no_overload(e, "join", &item, 1);
        }
        buf_put(&out, i > 0 && count == 2 ? args[1].text : SLICE(""));
        buf_put(&out, item.text);
    }
    return finish_text(e, &out);
}

const struct function_row *text_functions(void)
{
    static const struct function_row rows[] = {
        {"contains", true, 2, 2, call_contains},
        {"startsWith", true, 2, 2, call_starts},
        {"endsWith", true, 2, 2, call_ends},
        {"matches", true, 2, 2, call_matches},
        {"matches", false, 2, 2, call_matches},
        {"find", true, 2, 2, call_find},
        {"charAt", true, 2, 2, call_char_at},
        {"substring", true, 2, 3, call_substring},
        {"indexOf", true, 2, 3, call_index_of},
        {"lastIndexOf", true, 2, 3, call_last_index_of},
        {"lowerAscii", true, 1, 1, call_lower},
        {"upperAscii", true, 1, 1, call_upper},
        {"trim", true, 1, 1, call_trim},
        {"replace", true, 3, 4, call_replace},
        {"split", true, 2, 3, call_split},
        {"join", true, 1, 2, call_join},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
