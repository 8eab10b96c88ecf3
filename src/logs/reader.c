#include "logs/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct log_reader {
    struct slice source;
    uint64_t bytes; /* of the file; 0: it is none */
    gzFile file;    /* also reads what is not compressed */
    struct arena *arena;
    char *
        rest; /* what was read and is no whole line yet; LOG_BLOCK bytes, and the beginning behind them */
    size_t rest_len;
    uint64_t line;   /* number of the next line */
    uint64_t offset; /* of what is in `rest` first, in the text */
    uint64_t end;    /* lines that begin here or later are another part's */
    struct slice beginning;
    bool absent; /* the part has nothing of this file */
    bool over;   /* the file has been read to its end */
};

static struct slice fail(struct arena *arena, struct slice path, const char *what)
{
    return arena_printf(arena, "cannot read '" SLICE_FMT "': %s", SLICE_ARG(path), what);
}

/* Fills `rest`; false with a message when reading fails. */
static bool fill(struct log_reader *reader, struct slice *error)
{
    while (!reader->over && reader->rest_len < LOG_BLOCK) {
        int got = gzread(reader->file, reader->rest + reader->rest_len,
                         (unsigned)(LOG_BLOCK - reader->rest_len));
        int code = Z_OK;
        if (got <= 0) {
            (void)gzerror(reader->file, &code);
        }
        if (got < 0 || (got == 0 && code != Z_OK)) {
            *error = fail(reader->arena, reader->source,
                          code == Z_ERRNO       ? strerror(errno)
                          : code == Z_BUF_ERROR ? "the compressed file ends in the middle"
                          : code == Z_MEM_ERROR ? "there is no memory left"
                                                : "the compressed file is damaged");
            return false;
        }
        reader->over = got == 0;
        reader->rest_len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void drop(struct log_reader *reader, size_t count)
{
    memmove(reader->rest, reader->rest + count, reader->rest_len - count);
    reader->rest_len -= count;
    reader->offset += count;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    uint64_t lines = 0;
    const char *end = bytes + len;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        lines++;
    }
    return lines;
}

/* Up to the first line that begins at `from` or behind it; lines in front are counted. */
static bool skip_to(struct log_reader *reader, uint64_t from, struct slice *error)
{
    bool fine = true;
    while (fine && reader->offset < from) {
        fine = fill(reader, error);
        if (!reader->rest_len) {
            break;
        }
        /* the line break in front of `from` ends the line before */
        uint64_t left = from - 1 - reader->offset;
        if (left >= reader->rest_len) {
            reader->line += count_lines(reader->rest, reader->rest_len);
            drop(reader, reader->rest_len);
            continue;
        }
        reader->line += count_lines(reader->rest, (size_t)left);
        drop(reader, (size_t)left);
        const char *found = memchr(reader->rest, '\n', reader->rest_len);
        size_t whole = found ? (size_t)(found - reader->rest) + 1 : reader->rest_len;
        reader->line += found != NULL;
        drop(reader, whole);
        from = found ? reader->offset : reader->offset + 1;
    }
    return fine;
}

/* Where the part begins and ends, by the size of the file. */
static bool choose_part(struct log_reader *reader, int fd, size_t part, size_t parts, size_t index,
                        struct slice *error)
{
    struct stat facts;
    reader->end = UINT64_MAX;
    bool regular = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    reader->bytes = regular ? (uint64_t)facts.st_size : 0;
    if (!regular || parts < 2) {
        reader->absent = !regular && part > 1;
        return true;
    }
    if (!gzdirect(reader->file)) {
        reader->absent = index % parts != part - 1;
        return true;
    }
    /* in two steps, so that nothing overflows */
    uint64_t size = (uint64_t)facts.st_size, whole = size / parts, over = size % parts;
    uint64_t from = whole * (part - 1) + over * (part - 1) / parts;
    reader->end = part == parts ? UINT64_MAX : whole * part + over * part / parts;
    return skip_to(reader, from, error);
}

struct log_reader *log_open(struct arena *arena, struct slice path, size_t part, size_t parts,
                            size_t index, struct slice *error)
{
    enum { READ_AHEAD = 1 << 18, BEGINNING = 1 << 16 };
    struct log_reader *reader = ARENA_NEW(arena, struct log_reader);
    bool standard = slice_is(path, "-");
    int fd = standard ? dup(STDIN_FILENO) : open(arena_string(arena, path), O_RDONLY | O_CLOEXEC);
    struct stat facts;
    *error = SLICE_ABSENT;
    *reader = (struct log_reader){
        .source = standard ? SLICE("<stdin>") : arena_copy(arena, path), .arena = arena, .line = 1};
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
        *error = fail(arena, path, "it is a folder; name the files in it");
        (void)close(fd);
        return NULL;
    }
    reader->file = fd < 0 ? NULL : gzdopen(fd, "rb");
    if (!reader->file) {
        *error = fail(arena, path, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    (void)gzbuffer(reader->file, READ_AHEAD);
    reader->rest = malloc(LOG_BLOCK + BEGINNING);
    if (!reader->rest) {
        *error = fail(arena, path, strerror(errno));
    }
    if (!reader->rest || !fill(reader, error)) {
        log_close(reader);
        return NULL;
    }
    size_t shown = reader->rest_len < BEGINNING ? reader->rest_len : BEGINNING;
    memcpy(reader->rest + LOG_BLOCK, reader->rest, shown);
    reader->beginning = (struct slice){reader->rest + LOG_BLOCK, shown};
    if (!choose_part(reader, fd, part, parts, index, error)) {
        log_close(reader);
        return NULL;
    }
    return reader;
}

void log_close(struct log_reader *reader)
{
    (void)gzclose(reader->file);
    free(reader->rest);
}

struct slice log_source(const struct log_reader *reader)
{
    return reader->source;
}

uint64_t log_bytes(const struct log_reader *reader)
{
    return reader->bytes;
}

/* ---- blocks ------------------------------------------------------------------------------- */

/* How much of `rest` is whole lines of this part. */
static size_t whole_lines(const struct log_reader *reader)
{
    size_t len = reader->rest_len;
    if (reader->end - reader->offset < len) {
        /* the line over the end of the part still belongs to it */
        size_t from = (size_t)(reader->end - reader->offset);
        from -= from > 0;
        const char *found = memchr(reader->rest + from, '\n', reader->rest_len - from);
        if (found) {
            return (size_t)(found - reader->rest) + 1;
        }
    }
    while (len > 0 && reader->rest[len - 1] != '\n') {
        len--;
    }
    return reader->over && reader->rest_len ? reader->rest_len : len;
}

/* A line that does not fit is passed over to its end. */
static bool skip_line(struct log_reader *reader, struct slice *error)
{
    for (;;) {
        const char *found = memchr(reader->rest, '\n', reader->rest_len);
        drop(reader, found ? (size_t)(found - reader->rest) + 1 : reader->rest_len);
        if (found || (reader->over && !reader->rest_len)) {
            reader->line++;
            return true;
        }
        if (!fill(reader, error)) {
            return false;
        }
    }
}

struct slice log_beginning(const struct log_reader *reader)
{
    return reader->beginning;
}

bool log_next(struct log_reader *reader, struct log_block *block, struct slice *error)
{
    *error = SLICE_ABSENT;
    block->skipped = 0;
    for (;;) {
        block->line = reader->line;
        block->len = 0;
        if (reader->absent || reader->offset >= reader->end) {
            return block->skipped > 0;
        }
        if (!fill(reader, error)) {
            return false;
        }
        block->len = whole_lines(reader);
        if (block->len) {
            break;
        }
        if (!reader->rest_len) {
            return block->skipped > 0;
        }
        block->skipped++;
        if (!skip_line(reader, error)) {
            return false;
        }
    }
    memcpy(block->bytes, reader->rest, block->len);
    reader->line += count_lines(block->bytes, block->len);
    drop(reader, block->len);
    return true;
}
