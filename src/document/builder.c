/* Builds the tree from what the readers of YAML and JSON see. */
#include "document/builder_priv.h"

#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, TEXT_SMALL = 512, WEIGHT_TEXT = 64, STACK_FIRST = 64 };

void builder_init(struct builder *builder, struct run *run, const struct input_file *file,
                  document_fn *each, void *user)
{
    *builder =
        (struct builder){.run = run,
                         .file = file->file,
                         .file_bytes = file->text.len,
                         .scratch = arena_open_like(run->arena),
                         .trees = each ? arena_open_like(run->arena) : run->arena,
                         .each = each,
                         .user = user,
                         .hidden = !file->written && !diag_file_text(run->diag, file->file).ptr,
                         .stack_capacity = STACK_FIRST};
    builder->stack = ARENA_ARRAY(builder->scratch, struct waiting, STACK_FIRST);
    builder->keys = ARENA_NEW(builder->scratch, struct recent_texts);
    builder->plain_keys = ARENA_NEW(builder->scratch, struct recent_texts);
}

/* Texts of a document that nobody gets. */
static void wipe_kept(struct builder *builder)
{
    for (size_t i = 0; i < builder->kept_count; i++) {
        memory_wipe((void *)(uintptr_t)builder->kept[i].ptr, builder->kept[i].len);
    }
    builder->kept_count = 0;
}

void builder_release(struct builder *builder)
{
    wipe_kept(builder);
    arena_close(builder->scratch);
    if (builder->each) {
        arena_close(builder->trees);
    }
}

void builder_begin(struct builder *builder)
{
    wipe_kept(builder);
    builder->level_count = 0;
    builder->stack_count = 0;
    builder->anchor_count = 0;
    builder->anchor_names = NULL;
    builder->root = NULL;
    builder->broken = false;
    if (builder->each) {
        arena_clear(builder->trees);
    }
}

void builder_end(struct builder *builder)
{
    bool usable = !builder->broken && builder->root && builder->root->kind != NODE_NULL;
    builder->kept_count = usable ? 0 : builder->kept_count;
    if (usable && builder->each) {
        builder->each(builder->user, builder->root);
    } else if (usable) {
        struct documents *out = builder->user;
        *ARENA_PUSH(builder->run->arena, out->roots, out->count, out->capacity) = builder->root;
    }
    builder_begin(builder);
}

/* Texts have no alignment, so small ones share a chunk. */
char *builder_text(struct builder *builder, size_t size)
{
    if (size >= TEXT_SMALL) {
        return arena_alloc(builder->run->arena, size);
    }
    if (!builder->chunk || builder->chunk_left < size) {
        builder->chunk = arena_alloc(builder->run->arena, CHUNK_BYTES);
        builder->chunk_left = CHUNK_BYTES;
    }
    return builder->chunk;
}

struct slice builder_text_keep(struct builder *builder, char *text, size_t used)
{
    if (text == builder->chunk) {
        builder->chunk += used;
        builder->chunk_left -= used;
    }
    if (builder->hidden && used) {
        *ARENA_PUSH(builder->scratch, builder->kept, builder->kept_count, builder->kept_capacity) =
            (struct slice){text, used};
    }
    return (struct slice){text, used};
}

static struct slice keep(struct builder *builder, struct slice text)
{
    char *copy = builder_text(builder, text.len);
    bytes_copy(copy, text.ptr, text.len);
    return builder_text_keep(builder, copy, text.len);
}

/* Keys are never wiped, so that documents can share them. */
static struct slice keep_key(struct builder *builder, struct slice key)
{
    if (builder->hidden) {
        return keep(builder, key);
    }
    struct slice *before = recent_place(builder->keys, key);
    if (!before->ptr || !slice_equal(*before, key)) {
        *before = keep(builder, key);
    }
    return *before;
}

/* ---- limits ------------------------------------------------------------------------------- */

bool builder_stop(struct builder *builder, enum diag_code code, struct span span, const char *text)
{
    diag_at(builder->run->diag, code, span, SLICE_ABSENT, "%s", text);
    builder->broken = true;
    return false;
}

bool builder_count(struct builder *builder, size_t count, struct span span)
{
    struct run *run = builder->run;
    if (count > run->limits.nodes || run->nodes > run->limits.nodes - count) {
        run->nodes = (size_t)run->limits.nodes + 1; /* nothing more is read */
        return builder_stop(
            builder, DIAG_Y010, span,
            "the input has more lists, mappings and scalars than the limit 'nodes' allows; "
            "give less input at once, or raise the limit with --limit nodes=N");
    }
    run->nodes += count;
    return true;
}

static bool check_depth(struct builder *builder, size_t height, struct span span)
{
    size_t depth;
    if (!checked_add(builder->level_count, height, &depth) || depth > builder->run->limits.depth) {
        return builder_stop(builder, DIAG_Y009, span,
                            "lists and mappings are nested deeper than the limit 'depth' allows; "
                            "raise it with --limit depth=N if this is meant");
    }
    return true;
}

/* ---- placing nodes ------------------------------------------------------------------------ */

static struct level *innermost(const struct builder *builder)
{
    return builder->level_count ? &builder->levels[builder->level_count - 1] : NULL;
}

bool builder_in_map(const struct builder *builder)
{
    return builder->level_count && builder->levels[builder->level_count - 1].is_map;
}

/* The key that waits for its value; null when a key is due, or in a list. */
static struct waiting *pending_key(const struct builder *builder, const struct level *level)
{
    if (!level || !level->is_map || builder->stack_count == level->base) {
        return NULL;
    }
    struct waiting *top = &builder->stack[builder->stack_count - 1];
    return top->value ? NULL : top;
}

bool builder_expects_key(const struct builder *builder)
{
    const struct level *level = innermost(builder);
    return level && level->is_map && !pending_key(builder, level);
}

struct waiting *builder_push(struct builder *builder)
{
    return ARENA_PUSH(builder->scratch, builder->stack, builder->stack_count,
                      builder->stack_capacity);
}

/* Puts a complete node where it belongs. */
static void place(struct builder *builder, struct node *node, size_t weight, size_t height)
{
    struct level *level = innermost(builder);
    if (!level) {
        builder->root = node;
        return;
    }
    if (!checked_add(level->weight, weight, &level->weight)) {
        level->weight = SIZE_MAX;
    }
    level->height = height > level->height ? height : level->height;
    struct waiting *key = pending_key(builder, level);
    if (key) {
        key->value = node;
    } else {
        builder_push(builder)->value = node;
    }
}

/* A long text counts as several nodes, so that aliases cannot multiply it unseen. */
static size_t scalar_weight(struct slice text)
{
    return 1 + text.len / WEIGHT_TEXT;
}

static size_t remember(struct builder *builder, const char *name, struct node *node, size_t weight)
{
    if (!name) {
        return 0;
    }
    struct anchor *anchor = ARENA_PUSH(builder->scratch, builder->anchors, builder->anchor_count,
                                       builder->anchor_capacity);
    struct slice copy = arena_copy(builder->scratch, slice_of(name));
    *anchor = (struct anchor){node, weight, 0};
    if (!builder->anchor_names) {
        builder->anchor_names = map_new(builder->scratch);
    }
    /* The latest anchor of a name counts. */
    (void)map_put(builder->anchor_names, copy, (void *)(uintptr_t)builder->anchor_count);
    return builder->anchor_count;
}

/* ---- scalars ------------------------------------------------------------------------------ */

#define CORE_TAG "tag:yaml.org,2002:"

static struct slice short_tag(struct builder *builder, const char *tag)
{
    struct slice text = slice_of(tag);
    if (slice_starts(text, SLICE(CORE_TAG))) {
        text = slice_sub(text, sizeof CORE_TAG - 1, text.len);
        return arena_printf(builder->run->arena, "!!" SLICE_FMT, SLICE_ARG(text));
    }
    return text;
}

static void ignore_tag(struct builder *builder, const char *tag, struct span span)
{
    diag_at(builder->run->diag, DIAG_Y013, span, SLICE_ABSENT,
            "tag '" SLICE_FMT "' means nothing to Kubernetes and is ignored; remove it, or render "
            "the template that it belongs to",
            SLICE_ARG(short_tag(builder, tag)));
}

/* What a tag makes of a scalar; goyaml.v2 decode.go (scalar) and resolve.go. */
static void apply_tag(struct builder *builder, struct node *node, const char *tag)
{
    static const struct {
        const char *name;
        bool typed;
        bool fits[NODE_STRING + 1];
    } tags[] = {
        {CORE_TAG "str", false, {0}},
        {CORE_TAG "timestamp", false, {0}},
        {"!", false, {0}},
        {CORE_TAG "null", true, {[NODE_NULL] = true}},
        {CORE_TAG "bool", true, {[NODE_BOOL] = true}},
        {CORE_TAG "int", true, {[NODE_INT] = true}},
        {CORE_TAG "float", true, {[NODE_INT] = true, [NODE_FLOAT] = true}},
        /* decoded there, which no manifest wants: it holds base64 as text */
        {CORE_TAG "binary", true, {0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (strcmp(tag, tags[i].name) != 0) {
            continue;
        }
        node->kind = NODE_STRING;
        node->plain = node->plain && tags[i].typed;
        if (tags[i].typed) {
            scalar_resolve(node);
            if (!tags[i].fits[node->kind]) {
                diag_at(builder->run->diag, DIAG_Y015, node->span, SLICE_ABSENT,
                        "the value does not fit its tag '" SLICE_FMT "'; remove the tag",
                        SLICE_ARG(short_tag(builder, tag)));
                builder->broken = true;
            }
        }
        return;
    }
    ignore_tag(builder, tag, node->span);
}

static void type_scalar(struct builder *builder, struct node *node, const char *tag)
{
    if (tag) {
        apply_tag(builder, node, tag);
    } else if (node->plain) {
        scalar_resolve(node);
    }
}

/* Keys become texts as sigs.k8s.io/yaml makes them, yaml.go, convertToJSONableObject. */
static bool push_key(struct builder *builder, const struct node *node)
{
    struct slice text = node->text;
    switch (node->kind) {
    case NODE_NULL:
        return builder_stop(builder, DIAG_Y007, node->span,
                            "a key must be a text, and this one is empty; put it in quotes");
    case NODE_BOOL:
        text = node->boolean ? SLICE("true") : SLICE("false");
        break;
    case NODE_INT:
        text = arena_printf(builder->run->arena, "%lld", (long long)node->integer);
        break;
    case NODE_FLOAT: {
        char digits[NUMBER_TEXT_MAX];
        number_format(node->number, digits);
        text = keep(builder, slice_of(digits));
        break;
    }
    case NODE_STRING:
        break;
    case NODE_LIST:
    case NODE_MAP:
        return builder_stop(builder, DIAG_Y007, node->span,
                            "a key must be a text, not a list or a mapping");
    }
    bool is_merge = node->plain && slice_is(text, "<<");
    *builder_push(builder) = (struct waiting){text, node->span, NULL, is_merge, false};
    struct level *level = innermost(builder);
    level->weight += scalar_weight(text);
    level->has_merge = level->has_merge || is_merge;
    return true;
}

/* A key that was read as any other one like it will be: as a text, and as no merge. */
static void remember_key(struct builder *builder, const struct node *node)
{
    if (node->plain && node->kind == NODE_STRING && !slice_is(node->text, "<<") &&
        !builder->hidden) {
        *recent_place(builder->plain_keys, node->text) = node->text;
    }
}

/* Nearly all keys were seen before. */
static bool push_known_key(struct builder *builder, const struct scalar *scalar)
{
    if (!scalar->plain || scalar->tag || scalar->anchor || builder->hidden) {
        return false;
    }
    const struct slice known = *recent_place(builder->plain_keys, scalar->text);
    if (!known.ptr || !slice_equal(known, scalar->text)) {
        return false;
    }
    *builder_push(builder) = (struct waiting){known, scalar->span, NULL, false, false};
    innermost(builder)->weight += scalar_weight(known);
    return true;
}

bool builder_scalar(struct builder *builder, const struct scalar *scalar)
{
    if (scalar->text.len > builder->run->limits.scalar_bytes) {
        return builder_stop(
            builder, DIAG_Y014, scalar->span,
            "a text is longer than the limit 'scalar-bytes' allows; shorten it, or raise "
            "the limit with --limit scalar-bytes=N");
    }
    if (!scalar->plain && scalar->text.len && memchr(scalar->text.ptr, '\0', scalar->text.len)) {
        return builder_stop(builder, DIAG_Y003, scalar->span,
                            "a text holds a NUL character; remove it");
    }
    if (!builder_count(builder, 1, scalar->span)) {
        return false;
    }
    const bool is_key = builder_expects_key(builder);
    if (is_key && push_known_key(builder, scalar)) {
        return true;
    }
    struct node on_stack = {.kind = NODE_STRING, .span = scalar->span, .plain = scalar->plain};
    on_stack.text = scalar->owned               ? scalar->text
                    : is_key && !scalar->anchor ? keep_key(builder, scalar->text)
                                                : keep(builder, scalar->text);
    type_scalar(builder, &on_stack, scalar->tag);
    if (is_key && !scalar->anchor) {
        if (!scalar->tag) {
            remember_key(builder, &on_stack);
        }
        return push_key(builder, &on_stack);
    }
    struct node *node = ARENA_NEW(builder->trees, struct node);
    *node = on_stack;
    size_t weight = scalar_weight(node->text);
    (void)remember(builder, scalar->anchor, node, weight);
    if (is_key) {
        return push_key(builder, node);
    }
    place(builder, node, weight, 0);
    return true;
}

/* ---- mappings ----------------------------------------------------------------------------- */

/* Above this many keys a mapping is checked for repeated keys by sorting. */
enum { KEYS_LINEAR = 24 };

static int compare_waiting(const void *a, const void *b, void *user)
{
    (void)user;
    const struct waiting *x = *(const struct waiting *const *)a;
    const struct waiting *y = *(const struct waiting *const *)b;
    return slice_compare(x->key, y->key);
}

static void report_duplicate(struct builder *builder, const struct waiting *first,
                             const struct waiting *again)
{
    diag_at(builder->run->diag, DIAG_Y004, again->span, SLICE_ABSENT,
            "key '" SLICE_FMT "' is given twice in one mapping, first in line %u; "
            "remove one of them",
            SLICE_ARG(again->key), first->span.line);
    builder->broken = true;
}

static void check_keys(struct builder *builder, const struct waiting *items, size_t count)
{
    if (count <= KEYS_LINEAR) {
        for (size_t i = 1; i < count; i++) {
            for (size_t j = 0; j < i; j++) {
                if (slice_equal(items[i].key, items[j].key) && !items[i].is_merge) {
                    report_duplicate(builder, &items[j], &items[i]);
                    break;
                }
            }
        }
        return;
    }
    const struct waiting **sorted = ARENA_ARRAY(builder->scratch, const struct waiting *, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &items[i];
    }
    sort_stable(builder->scratch, sorted, count, sizeof(const struct waiting *), compare_waiting,
                NULL);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (!slice_equal(sorted[i]->key, sorted[first]->key)) {
            first = i;
        } else if (!sorted[i]->is_merge) {
            report_duplicate(builder, sorted[first], sorted[i]);
        }
    }
}

/* ---- containers --------------------------------------------------------------------------- */

bool builder_open(struct builder *builder, bool is_map, struct span span, const char *tag,
                  const char *anchor)
{
    if (builder_expects_key(builder)) {
        return builder_stop(builder, DIAG_Y007, span,
                            "a key must be a text, not a list or a mapping");
    }
    if (!check_depth(builder, 1, span) || !builder_count(builder, 1, span)) {
        return false;
    }
    if (tag && strcmp(tag, is_map ? CORE_TAG "map" : CORE_TAG "seq") != 0 &&
        strcmp(tag, "!") != 0) {
        ignore_tag(builder, tag, span);
    }
    struct level *level = ARENA_PUSH(builder->scratch, builder->levels, builder->level_count,
                                     builder->level_capacity);
    level->node = ARENA_NEW(builder->trees, struct node);
    level->node->kind = is_map ? NODE_MAP : NODE_LIST;
    level->node->span = span;
    level->base = builder->stack_count;
    level->weight = 1;
    level->height = 0;
    level->is_map = is_map;
    level->has_merge = false;
    level->anchor = remember(builder, anchor, level->node, 0);
    return true;
}

bool builder_close(struct builder *builder)
{
    const struct level level = *innermost(builder);
    struct node *node = level.node;
    struct arena *arena = builder->trees;
    if (level.is_map) {
        check_keys(builder, builder->stack + level.base, builder->stack_count - level.base);
    }
    if (level.has_merge && !builder_merge(builder, &level)) {
        return false;
    }
    size_t count = builder->stack_count - level.base;
    const struct waiting *items = builder->stack + level.base;
    node->count = (uint32_t)count;
    if (level.is_map) {
        node->pairs = ARENA_ARRAY(arena, struct pair, count);
        for (size_t i = 0; i < count; i++) {
            node->pairs[i] = (struct pair){items[i].key, items[i].span, items[i].value};
        }
    } else {
        node->items = ARENA_ARRAY(arena, struct node *, count);
        for (size_t i = 0; i < count; i++) {
            node->items[i] = items[i].value;
        }
    }
    builder->stack_count = level.base;
    builder->level_count--;
    if (level.anchor) {
        struct anchor *anchor = &builder->anchors[level.anchor - 1];
        anchor->weight = level.weight;
        anchor->height = level.height + 1;
    }
    place(builder, node, level.weight, level.height + 1);
    return true;
}

/* ---- aliases ------------------------------------------------------------------------------ */

static const struct anchor *find_anchor(const struct builder *builder, struct slice name)
{
    size_t index =
        builder->anchor_names ? (size_t)(uintptr_t)map_get(builder->anchor_names, name) : 0;
    return index ? &builder->anchors[index - 1] : NULL;
}

static bool count_alias(struct builder *builder, const struct anchor *anchor, struct span span)
{
    size_t limit;
    if (!checked_multiply((size_t)builder->run->limits.alias_factor, builder->file_bytes + 1,
                          &limit)) {
        limit = SIZE_MAX;
    }
    if (!checked_add(builder->alias_weight, anchor->weight, &builder->alias_weight) ||
        builder->alias_weight > limit) {
        return builder_stop(
            builder, DIAG_Y012, span,
            "aliases make the document far larger than its text; write the values out, or "
            "raise the limit with --limit alias-factor=N");
    }
    return check_depth(builder, anchor->height, span) &&
           builder_count(builder, anchor->weight, span);
}

bool builder_alias(struct builder *builder, struct slice name, struct span span)
{
    const struct anchor *anchor = find_anchor(builder, name);
    if (!anchor || !anchor->weight) {
        diag_at(builder->run->diag, DIAG_Y011, span, SLICE_ABSENT,
                anchor ? "alias '*" SLICE_FMT "' lies inside the value that it names"
                       : "alias '*" SLICE_FMT "' has no anchor before it in this document; define "
                         "it, or put the text in quotes",
                SLICE_ARG(name));
        builder->broken = true;
        return false;
    }
    if (!count_alias(builder, anchor, span)) {
        return false;
    }
    if (builder_expects_key(builder)) {
        struct node key = *anchor->node;
        key.span = span;
        key.plain = false;
        return push_key(builder, &key);
    }
    place(builder, anchor->node, anchor->weight, anchor->height);
    return true;
}
