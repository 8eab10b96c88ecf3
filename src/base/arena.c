/* MAP_ANONYMOUS and madvise are not part of POSIX.1-2008. */
#define _DEFAULT_SOURCE

#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

/* The largest block spans large pages, which are of 2 MiB on all usual machines. */
enum { BLOCK_FIRST = 64 * 1024, BLOCK_LARGEST = 4 * 1024 * 1024 };

struct block {
    struct block *next;
    size_t size;
    bool mapped; /* came from block_map */
    _Alignas(max_align_t) char bytes[];
};

struct arena {
    char *at, *end; /* what is left of the first block */
    struct block *blocks;
    size_t budget, used, next_size;
    arena_full_fn *full;
    void *user;
};

struct arena *arena_open(size_t budget, arena_full_fn *full, void *user)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        if (full) {
            full(user, sizeof *arena);
        }
        abort();
    }
    *arena = (struct arena){.budget = budget, .next_size = BLOCK_FIRST, .full = full, .user = user};
    return arena;
}

struct arena *arena_open_like(const struct arena *other)
{
    return arena_open(other->budget, other->full, other->user);
}

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    if (block->mapped) {
        (void)munmap(block, sizeof *block + block->size);
    } else {
        free(block);
    }
}

/* A large input touches tens of thousands of pages; as large ones, where the system has them to give, they are
 * hundreds (Linux, mm/transhuge; it lays mappings of whole large pages where these fit). Null: none is to be had. */
static struct block *block_map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(at, bytes, MADV_HUGEPAGE); /* a hint */
#endif
    struct block *block = at;
    block->mapped = true;
    return block;
}

void arena_close(struct arena *arena)
{
    if (!arena) {
        return;
    }
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        block_free(block);
    }
    free(arena);
}

void arena_clear(struct arena *arena)
{
    struct block *kept = arena->blocks;
    for (struct block *block = kept ? kept->next : NULL, *next; block; block = next) {
        next = block->next;
        block_free(block);
    }
    if (!kept) {
        return;
    }
    ASAN_UNPOISON_MEMORY_REGION(kept->bytes, kept->size);
    memset(kept->bytes, 0, (size_t)(arena->at - kept->bytes));
    ASAN_POISON_MEMORY_REGION(kept->bytes, kept->size);
    kept->next = NULL;
    arena->at = kept->bytes;
    arena->used = kept->size;
}

RARELY static void out_of_memory(struct arena *arena, size_t wanted)
{
    if (arena->full) {
        arena->full(arena->user, wanted);
    }
    abort();
}

/* Room for an object that the first block has none for. */
RARELY static void *block_add(struct arena *arena, size_t wanted)
{
    size_t usual = arena->next_size - sizeof(struct block);
    size_t size = wanted > usual ? wanted : usual;
    size_t total;
    if (!checked_add(arena->used, size, &total) || (arena->budget && total > arena->budget) ||
        size > SIZE_MAX - sizeof(struct block)) {
        out_of_memory(arena, wanted);
    }
    /* calloc, because a fresh mapping is zero already and large inputs ask for a lot of it. */
    struct block *block = sizeof *block + size == BLOCK_LARGEST ? block_map(BLOCK_LARGEST)
                                                                : calloc(1, sizeof *block + size);
    if (!block) {
        out_of_memory(arena, wanted);
    }
    block->size = size;
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    arena->used = total;
    if (arena->next_size < BLOCK_LARGEST) {
        arena->next_size *= 2;
    }
    /* A block for one large object must not hide the room that is left in the current one. */
    if (arena->blocks && (size_t)(arena->end - arena->at) > size - wanted) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
        arena->at = block->bytes + wanted;
        arena->end = block->bytes + size;
    }
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    const size_t rounded = (size + align - 1) & ~(align - 1);
    char *object = arena->at;
    if (rounded < size) { /* past the largest number */
        out_of_memory(arena, size);
    }
    if (object && (size_t)(arena->end - object) >= rounded) {
        arena->at = object + rounded;
    } else {
        object = block_add(arena, rounded);
    }
    ASAN_UNPOISON_MEMORY_REGION(object, size);
    return object;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!checked_multiply(count, size, &bytes)) {
        out_of_memory(arena, SIZE_MAX);
    }
    return arena_alloc(arena, bytes);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    if (!text.ptr) {
        return SLICE_ABSENT;
    }
    char *copy = arena_alloc(arena, text.len ? text.len : 1);
    bytes_copy(copy, text.ptr, text.len);
    return (struct slice){copy, text.len};
}

char *arena_string(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.len + 1);
    bytes_copy(copy, text.ptr, text.len);
    return copy;
}

struct slice arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    /* Most texts are short: they are formatted once, beside the arena. */
    char shortly[256];
    va_list again;
    va_copy(again, args);
    const size_t size = text_print(shortly, sizeof shortly, format, args);
    char *text = arena_alloc(arena, size + 1);
    if (size < sizeof shortly) {
        memcpy(text, shortly, size);
    } else {
        (void)text_print(text, size + 1, format, again);
    }
    va_end(again);
    return (struct slice){text, size};
}

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

struct slice arena_join(struct arena *arena, const struct slice *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += parts[i].len;
    }
    char *text = arena_alloc(arena, len + 1), *at = text;
    for (size_t i = 0; i < count; i++) {
        bytes_copy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return (struct slice){text, len};
}

struct slice arena_lower(struct arena *arena, struct slice text)
{
    struct slice copy = arena_copy(arena, text);
    for (size_t i = 0; i < copy.len; i++) {
        char *c = (char *)(uintptr_t)&copy.ptr[i];
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c + 32);
        }
    }
    return copy;
}

void memory_wipe(void *at, size_t size)
{
    if (size) {
        memset(at, 0, size);
        /* The bytes may be looked at from here on, as far as the compiler knows. */
        __asm__ volatile("" : : "r"(at) : "memory");
    }
}

void *arena_grow(struct arena *arena, const void *items, size_t count, size_t *capacity,
                 size_t size)
{
    const size_t larger = *capacity ? *capacity * 2 : 4;
    void *copy = arena_alloc_array(arena, larger, size);
    if (count) {
        memcpy(copy, items, count * size);
    }
    *capacity = larger; /* when it is there: the handler of a full arena may jump away */
    return copy;
}
