#include "gateway_api/gateway_priv.h"

/* Which engine reads the regular expressions of a data plane, and whether it takes them. The engines are asked
 * by module language, which knows what each refuses; to compile an expression with PCRE2 would say nothing
 * about RE2. */

enum engine { ENGINE_RE2, ENGINE_PCRE, ENGINE_COUNT };

static const struct {
    enum dialect dialect;
    const char *name;
} engines[] = {
    [ENGINE_RE2] = {DIALECT_RE2, "RE2"},
    [ENGINE_PCRE] = {DIALECT_PCRE, "PCRE"},
};

/* What is known of a pattern; kept, since routes often repeat one. */
struct reading {
    bool refused[ENGINE_COUNT];
    struct slice why[ENGINE_COUNT]; /* "..., at character 3" */
};

static const struct reading *read_pattern(struct builder *builder, struct slice pattern)
{
    struct arena *arena = builder->run->arena;
    struct reading *reading = map_get(builder->patterns, pattern);
    if (reading) {
        return reading;
    }
    reading = ARENA_NEW(arena, struct reading);
    *reading = (struct reading){.refused = {false}};
    map_put(builder->patterns, pattern, reading);
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        struct language_fault fault = {.offset = 0};
        const struct regex_reading how = {.dialect = engines[i].dialect,
                                          .anchoring = ANCHORING_WHOLE};
        /* any other fault is about what can be decided here, not about what the engine takes */
        reading->refused[i] = !language_regex(builder->languages, pattern, &how, &fault) &&
                              fault.kind == FAULT_SYNTAX;
        if (reading->refused[i]) {
            reading->why[i] = arena_printf(arena, SLICE_FMT " (character %zu)",
                                           SLICE_ARG(fault.text), fault.offset + 1);
        }
    }
    return reading;
}

/* A rule whose expression is refused is left out, the others serve (RouteConditionPartiallyInvalid in
 * apis/v1/shared_types.go). */
static void note_partial(struct builder *builder, const struct object *object)
{
    struct fault *fault = ARENA_NEW(builder->run->arena, struct fault);
    *fault = (struct fault){"UnsupportedValue",
                            SLICE("a rule has a regular expression that is refused")};
    map_put(builder->partial, object->subject, fault);
}

static void say_refused(struct builder *builder, const struct object *object, struct slice pattern,
                        struct span span, const struct reading *reading, enum engine engine)
{
    note_partial(builder, object);
    diag_at(builder->run->diag, DIAG_G018, span, object->subject,
            "%s refuses the regular expression '" SLICE_FMT "': " SLICE_FMT, engines[engine].name,
            SLICE_ARG(pattern), SLICE_ARG(reading->why[engine]));
}

/* The engine is not known: what one of them refuses is not portable, what both refuse is no expression. */
static bool check_open(struct builder *builder, const struct object *object, struct slice pattern,
                       struct span span, const struct reading *reading)
{
    diag_at(builder->run->diag, DIAG_G019, span, object->subject,
            "what '" SLICE_FMT "' matches, and its rank, is left to the implementation",
            SLICE_ARG(pattern));
    if (reading->refused[ENGINE_RE2] && reading->refused[ENGINE_PCRE]) {
        say_refused(builder, object, pattern, span, reading, ENGINE_RE2);
        return false;
    }
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        if (reading->refused[i]) {
            diag_at(builder->run->diag, DIAG_G030, span, object->subject,
                    "implementations with %s refuse the regular expression '" SLICE_FMT
                    "': " SLICE_FMT,
                    engines[i].name, SLICE_ARG(pattern), SLICE_ARG(reading->why[i]));
        }
    }
    return true;
}

bool regex_taken(struct builder *builder, const struct object *object, struct slice pattern,
                 bool of_path, struct span span)
{
    const struct reading *reading = read_pattern(builder, pattern);
    enum engine engine = ENGINE_RE2;
    switch (builder->profile->regex_engine) {
    case PROFILE_ENGINE_OPEN:
        return check_open(builder, object, pattern, span, reading);
    case PROFILE_ENGINE_RE2:
        break;
    case PROFILE_ENGINE_NGINX:
        engine = ENGINE_PCRE;
        if (of_path && location_refuses(pattern)) {
            note_partial(builder, object);
            diag_at(
                builder->run->diag, DIAG_G018, span, object->subject,
                "%s refuses the regular expression '" SLICE_FMT
                "': it wants a '/' at the start, and no blank, '{', '}' or ';'; write '{n}' out",
                builder->profile->version, SLICE_ARG(pattern));
            return false;
        }
        break;
    }
    if (reading->refused[engine]) {
        say_refused(builder, object, pattern, span, reading, engine);
    }
    return !reading->refused[engine];
}
