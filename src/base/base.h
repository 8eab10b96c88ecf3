/* Slices, arenas, bounded buffers, ordered maps and growable arrays: what every module stands on.
 *
 * Ownership: a slice borrows; what it points to lives in an arena or in an input file. Objects in
 *            an arena are never freed one by one and hold no file, lock or library handle.
 * Units:     sizes in bytes.
 * Limits:    an arena has a budget, a buffer a maximum; both are named by their owner.
 * Errors:    arena_alloc never returns null: past the budget it calls the handler that the owner
 *            installed, which must not return. A buffer past its maximum drops what follows and
 *            says so in buf_failed.
 * Threads:   one arena, buffer or map per thread. */
#ifndef GATESHIFT_BASE_H
#define GATESHIFT_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NODISCARD                __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
/* Called for what is rare: compilers put what leads there out of the way of the rest. */
#define RARELY       __attribute__((cold))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Why an operation on the environment failed. Faults of the input are diagnostics instead. */
enum status { STATUS_OK, STATUS_IO, STATUS_LIMIT, STATUS_NETWORK, STATUS_CANCELLED };

/* ---- slices ------------------------------------------------------------------------------- */

/* A run of bytes. A null ptr is "absent", a len of 0 with a ptr is "empty": `path: ""` differs from
 * no path. Never NUL-ended. */
struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})
#define SLICE_ABSENT   ((struct slice){NULL, 0})
/* For printf: "%.*s" takes an int, so longer text is cut at 1 MiB. */
#define SLICE_FMT    "%.*s"
#define SLICE_ARG(s) (int)((s).len > 1048576 ? 1048576 : (s).len), ((s).ptr ? (s).ptr : "")

static inline struct slice slice_of(const char *text) /* null gives an absent slice */
{
    return text ? (struct slice){text, strlen(text)} : SLICE_ABSENT;
}
/* memcmp and memcpy for texts, nearly all of which are short; null goes with a count of 0. */
bool bytes_equal(const char *a, const char *b, size_t count);
void bytes_copy(char *to, const char *from, size_t count); /* the two do not overlap */
static inline bool slice_equal(struct slice a,
                               struct slice b) /* absent equals empty here; test ptr for absence */
{
    return a.len == b.len && bytes_equal(a.ptr, b.ptr, a.len);
}
bool slice_equal_fold(struct slice a, struct slice b); /* ASCII case folded */
/* Mostly asked of the rows of a table, nearly all of which differ at once, or of a literal. */
static inline bool slice_is(struct slice a, const char *text)
{
    return !(a.len && (!text || a.ptr[0] != text[0])) && slice_equal(a, slice_of(text));
}
bool slice_is_one_of(struct slice a, const char *const *texts, size_t count);
uint64_t slice_hash(struct slice s, uint64_t seed); /* fast; the same on every machine */
/* FNV-1a, for ids that are written: they stay when slice_hash becomes another one. Goes on from `sum`, at first HASH_FIRST. */
#define HASH_FIRST 14695981039346656037u
uint64_t slice_hash_written(struct slice s, uint64_t sum);
int slice_compare(struct slice a, struct slice b); /* bytes, then length; for sorting */
static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && bytes_equal(s.ptr, prefix.ptr, prefix.len);
}
static inline bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           (!suffix.len || bytes_equal(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len));
}
/* Position of the first `byte` at or after `from`, or s.len. */
size_t slice_find(struct slice s, char byte, size_t from);
bool slice_contains(struct slice s, struct slice part);
struct slice slice_sub(struct slice s, size_t from, size_t to); /* clamped to s */
bool is_alphanumeric(char c);                                   /* ASCII */
int hex_digit(char c);                                          /* its value; -1: none */
size_t slice_count_chars(struct slice s);                       /* UTF-8 */
struct slice slice_trim(struct slice s);                        /* blanks, tabs, CR, LF */
/* Cuts the part before the next `separator` off *rest; false when *rest was absent. */
bool slice_split(struct slice *rest, char separator, struct slice *part);
/* Decimal digits only, at most `max`; false otherwise. */
bool slice_to_uint(struct slice s, uint64_t max, uint64_t *out);
enum { UINT_TEXT_MAX = 20 };
struct slice uint_text(uint64_t number, char digits[UINT_TEXT_MAX]); /* lies in `digits` */
bool slice_to_int(struct slice s, int64_t *out); /* optional sign, as Go's strconv.Atoi */

/* ---- arenas ------------------------------------------------------------------------------- */

struct arena;
/* Called when memory cannot be had; `wanted` is what was asked for. Must not return. */
typedef void arena_full_fn(void *user, size_t wanted);

/* budget 0 means no budget. A null handler aborts the program. */
struct arena *arena_open(size_t budget, arena_full_fn *full, void *user);
struct arena *arena_open_like(const struct arena *other); /* of the same budget and handler */
void arena_close(struct arena *arena);
void arena_clear(struct arena *arena); /* all objects are gone; memory is kept for new ones */
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any object */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
size_t arena_used(const struct arena *arena);
struct slice arena_copy(struct arena *arena, struct slice text);
char *arena_string(struct arena *arena, struct slice text); /* NUL-ended, for library edges */
struct slice arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
struct slice arena_vprintf(struct arena *arena, const char *format, va_list args);
/* As vsnprintf, and faster where no other than %s, %.*s, %d, %zu and %lld stand in the format. */
size_t text_print(char *room, size_t size, const char *format, va_list args);
/* The parts one after the other, NUL-ended; much cheaper than a format where it is done for each rule. */
struct slice arena_join(struct arena *arena, const struct slice *parts, size_t count);
#define ARENA_JOIN(arena, ...)                                                                     \
    arena_join((arena), (const struct slice[]){__VA_ARGS__},                                       \
               ARRAY_LEN(((const struct slice[]){__VA_ARGS__})))
struct slice arena_lower(struct arena *arena, struct slice text); /* ASCII lower case */
/* Overwrites bytes that nobody may find later; a compiler cannot leave this out. */
void memory_wipe(void *at, size_t size);

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* Room for one more element in a growable array inside an arena. Use through ARENA_PUSH:
 *     struct rule *r = ARENA_PUSH(arena, list->rules, list->count, list->capacity);
 * Doubles the capacity when full; the old block stays in the arena. The new element is zeroed. */
void *arena_grow(struct arena *arena, const void *items, size_t count, size_t *capacity,
                 size_t size);
#define ARENA_PUSH(arena, items, count, capacity)                                                  \
    ((items) = (count) < (capacity)                                                                \
                   ? (items)                                                                       \
                   : arena_grow((arena), (items), (count), &(capacity), sizeof(*(items))),         \
     &(items)[(count)++])

/* Has memory fetched that is needed soon. Passes over a large input wait for memory most of their time; one that asks
 * for what it comes to a few steps later does not. */
static inline void memory_ahead(const void *at, size_t size)
{
    enum { LINE = 64 }; /* of the processor's caches */
    for (size_t i = 0; i < size; i += LINE) {
        __builtin_prefetch((const void *)((uintptr_t)at + i)); /* it may lie behind the object */
    }
}
/* How many steps, for each pointer that leads there. */
enum { STEPS_AHEAD = 3 };

/* ---- texts that come again ---------------------------------------------------------------- */

/* The last texts of each of a few classes. What is the same in thousands of objects, such as a key, is kept
 * once, where it is at hand when it is compared. */
struct recent_texts {
    struct slice texts[256];
};
/* Where a text like this one was put last; the caller compares, and puts its own there. */
struct slice *recent_place(struct recent_texts *recent, struct slice text);
/* The same bytes, as they were seen before if they were. */
struct slice recent_text(struct recent_texts *recent, struct slice text);

/* ---- buffers ------------------------------------------------------------------------------ */

/* Text that grows on the heap up to `max` bytes. The owner releases it. */
struct buf {
    char *ptr;
    size_t len, capacity, max;
    bool failed; /* something did not fit, or memory ran out */
};

#define BUF_TEXT_MAX ((size_t)1 << 30)

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf);
void buf_put(struct buf *buf, struct slice text);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char byte);
void buf_fill(struct buf *buf, char byte, size_t count);
/* So many bytes more, which the caller fills; null: they do not fit. */
char *buf_extend(struct buf *buf, size_t count);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_put_uint(struct buf *buf, uint64_t number);
/* One word of a POSIX shell, in single quotes. */
void buf_put_shell(struct buf *buf, struct slice text);
struct slice buf_slice(const struct buf *buf); /* borrowed; never absent */

/* ---- maps --------------------------------------------------------------------------------- */

/* Slices to pointers, iterated in insertion order. Keys are borrowed; an entry is valid until the next
 * map_put. */
struct map;
struct map *map_new(struct arena *arena);
void *map_get(const struct map *map, struct slice key); /* null when missing */
/* Returns the value that was there before, or null; the new value replaces it. */
void *map_put(struct map *map, struct slice key, void *value);
/* A value that is there stays and is returned; otherwise the key is copied and null is returned. */
void *map_add(struct map *map, struct slice key, void *value);
/* Where the value of a key is, null at first; a key that is new is copied. */
void **map_slot(struct map *map, struct slice key);
size_t map_count(const struct map *map);
struct map_entry;
const struct map_entry *map_first(const struct map *map);
const struct map_entry *map_next(const struct map_entry *entry);
struct slice map_key(const struct map_entry *entry);
void *map_value(const struct map_entry *entry);

/* ---- arithmetic and order ----------------------------------------------------------------- */

NODISCARD bool checked_add(size_t a, size_t b, size_t *out);
NODISCARD bool checked_multiply(size_t a, size_t b, size_t *out);

/* Stable merge sort; qsort is not stable, and equal keys must keep their order. */
typedef int compare_fn(const void *a, const void *b, void *user);
void sort_stable(struct arena *scratch, void *items, size_t count, size_t size, compare_fn *compare,
                 void *user);

#endif
