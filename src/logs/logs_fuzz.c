/* Any bytes are read as lines of each format without harm; what a line is said to tell lies in the line or in the
 * scratch arena, and is told the same twice. The first line names the format, or is a pattern. */
#include "logs/logs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 14 };

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void demand_same(struct slice a, struct slice b)
{
    demand((a.ptr == NULL) == (b.ptr == NULL) && slice_equal(a, b));
}

static void check_line(const struct log_format *format, struct arena *scratch, struct slice line)
{
    struct log_entry entry, again;
    enum log_result result = log_parse(format, scratch, line, &entry);
    demand(log_parse(format, scratch, line, &again) == result);
    if (result == LOG_OTHER) {
        return;
    }
    demand_same(entry.host, again.host);
    demand_same(entry.target, again.target);
    demand_same(entry.client, again.client);
    demand(entry.status >= 0 && entry.status <= 999 && entry.status == again.status);
    demand(entry.header_count <= LOG_HEADERS_MAX && entry.header_count == again.header_count);
    for (size_t i = 0; i < entry.header_count; i++) {
        demand(entry.headers[i].name.len > 0);
        demand_same(entry.headers[i].value, again.headers[i].value);
    }
    demand(!entry.contacted || entry.tells_contact);
    if (result == LOG_TAKEN) {
        demand(entry.method.len > 0 && slice_starts(entry.target, SLICE("/")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > BYTES_MAX) {
        return 0;
    }
    struct slice rest = {size ? (const char *)data : "", size}, name, line, error;
    struct arena *arena = arena_open(0, NULL, NULL), *scratch = arena_open(0, NULL, NULL);
    (void)slice_split(&rest, '\n', &name);
    const struct log_format *format = log_format_make(arena, name, NULL, 0, &error);
    demand((format == NULL) == (error.len > 0));
    if (!format && rest.ptr) {
        format = log_format_detect(arena, NULL, 0, rest);
    }
    while (format && slice_split(&rest, '\n', &line)) {
        check_line(format, scratch, line);
        arena_clear(scratch);
    }
    arena_close(scratch);
    arena_close(arena);
    return 0;
}
