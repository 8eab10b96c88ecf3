#include "run/run.h"

static const struct limits defaults = {
#define X(field, name, value, unit, text) .field = (value),
    LIMIT_LIST(X)
#undef X
};

static const struct {
    const char *name;
    size_t offset;
} rows[] = {
#define X(field, name, value, unit, text) {name, offsetof(struct limits, field)},
    LIMIT_LIST(X)
#undef X
};

struct limits limits_default(void)
{
    return defaults;
}

const char *limits_name(size_t index)
{
    return index < ARRAY_LEN(rows) ? rows[index].name : NULL;
}

bool limits_set(struct limits *limits, struct slice name, struct slice value)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(name, rows[i].name)) {
            uint64_t *field = (uint64_t *)(void *)((char *)limits + rows[i].offset);
            return slice_to_uint(value, UINT64_MAX, field);
        }
    }
    return false;
}

void run_open(struct run *run, const struct limits *limits, arena_full_fn *full, void *user)
{
    *run = (struct run){.limits = limits ? *limits : defaults};
    run->arena = arena_open((size_t)run->limits.arena_bytes, full, user);
    run->diag = diag_new(run->arena);
}

void run_close(struct run *run)
{
    arena_close(run->arena);
    *run = (struct run){.limits = run->limits};
}

bool run_secrets_closed(const struct run *run)
{
    return run->closed && !run->secrets_open;
}
