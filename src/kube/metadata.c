#include "kube/decode_priv.h"

static const struct field metadata_fields[] = {
    FIELD(TYPE_STRING, "name", object, name),
    FIELD(TYPE_STRING, "namespace", object, namespace),
    FIELD(TYPE_STRING, "uid", object, uid),
    FIELD(TYPE_LABELS, "labels", object, labels),
    FIELD(TYPE_LABELS, "annotations", object, annotations),
    FIELD_UNREAD("creationTimestamp", NODE_STRING),
    FIELD_UNREAD("generateName", NODE_STRING),
    FIELD_UNREAD("managedFields", NODE_LIST),
    FIELD_UNREAD("ownerReferences", NODE_LIST),
    FIELD_UNREAD("finalizers", NODE_LIST),
    FIELD_UNREAD("generation", NODE_INT),
    FIELD_UNREAD("resourceVersion", NODE_STRING),
    FIELD_UNREAD("selfLink", NODE_STRING),
    FIELD_UNREAD("deletionTimestamp", NODE_STRING),
    FIELD_UNREAD("deletionGracePeriodSeconds", NODE_INT),
    FIELD_UNREAD("clusterName", NODE_STRING),
};
static const struct schema metadata_schema = SCHEMA(metadata_fields, object, NULL);

static const struct where metadata_where = {NULL, "metadata", 0};

/* ---- time --------------------------------------------------------------------------------- */

/* Two or four digits between `least` and `most`. */
static bool digits(struct slice text, size_t at, size_t count, int64_t least, int64_t most,
                   int64_t *out)
{
    uint64_t value;
    if (at + count > text.len ||
        !slice_to_uint(slice_sub(text, at, at + count), (uint64_t)most, &value) ||
        (int64_t)value < least) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

/* What follows the seconds: an optional fraction, then "Z" or an offset such as "+02:00". */
static bool parse_zone(struct slice text, int64_t *offset)
{
    size_t at = 0;
    if (text.len && text.ptr[0] == '.') {
        for (at = 1; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        }
        if (at == 1) {
            return false;
        }
    }
    text = slice_sub(text, at, text.len);
    int64_t hours, minutes;
    *offset = 0;
    if (slice_is(text, "Z")) {
        return true;
    }
    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':' ||
        !digits(text, 1, 2, 0, 23, &hours) || !digits(text, 4, 2, 0, 59, &minutes)) {
        return false;
    }
    *offset = (text.ptr[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

/* With years that begin in March, so that a leap day is the last one; timegm is not in POSIX. */
int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* RFC 3339, as apimachinery's metav1.Time reads it. */
static bool parse_time(struct slice text, int64_t *out)
{
    int64_t year, month, day, hour, minute, second, offset;
    if (text.len < 20 || text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != 'T' ||
        text.ptr[13] != ':' || text.ptr[16] != ':' || !digits(text, 0, 4, 0, 9999, &year) ||
        !digits(text, 5, 2, 1, 12, &month) || !digits(text, 8, 2, 1, 31, &day) ||
        !digits(text, 11, 2, 0, 23, &hour) || !digits(text, 14, 2, 0, 59, &minute) ||
        !digits(text, 17, 2, 0, 59, &second) ||
        !parse_zone(slice_sub(text, 19, text.len), &offset)) {
        return false;
    }
    *out = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    return true;
}

static void read_created(struct decoder *decoder, const struct node *metadata,
                         struct object *object)
{
    const struct node *created = node_get(metadata, "creationTimestamp");
    if (!created || created->kind != NODE_STRING) {
        return;
    }
    object->has_created = parse_time(created->text, &object->created);
    if (!object->has_created && object->kind != KUBE_OTHER) {
        struct where here = {&metadata_where, "creationTimestamp", 0};
        decode_error(decoder, DIAG_K012, &here, created->span,
                     "must be a time such as 2024-01-31T12:00:00Z");
    }
}

/* ---- labels and annotations --------------------------------------------------------------- */

/* At most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit. */
static bool is_label_word(struct slice s)
{
    if (s.len == 0 || s.len > 63 || !is_alphanumeric(s.ptr[0]) ||
        !is_alphanumeric(s.ptr[s.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alphanumeric(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && s.ptr[i] != '.') {
            return false;
        }
    }
    return true;
}

/* apimachinery pkg/util/validation/validation.go, IsQualifiedName; for annotations the key is folded
 * first (pkg/api/validation/objectmeta.go, ValidateAnnotations). */
static bool is_qualified_name(struct arena *arena, struct slice key, bool fold)
{
    size_t slash = slice_find(key, '/', 0);
    if (slash == key.len) {
        return is_label_word(key);
    }
    struct slice prefix = slice_sub(key, 0, slash);
    return is_dns_subdomain(fold ? arena_lower(arena, prefix) : prefix) &&
           is_label_word(slice_sub(key, slash + 1, key.len));
}

static void check_keys(struct decoder *decoder, const char *field, const struct labels *labels,
                       bool are_labels)
{
    struct where here = {&metadata_where, field, 0};
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        if (!is_qualified_name(decoder->run->arena, label->key, !are_labels)) {
            decode_error(decoder, DIAG_K019, &here, label->span,
                         "has the invalid key '" SLICE_FMT "'; write 'name' or "
                         "'prefix.example.com/name' with letters, digits, '-', '_' and '.'",
                         SLICE_ARG(label->key));
        } else if (are_labels && label->value.len && !is_label_word(label->value)) {
            decode_error(decoder, DIAG_K019, &here, label->span,
                         "has an invalid value for '" SLICE_FMT
                         "'; a label has at most 63 letters, "
                         "digits, '-', '_' and '.'",
                         SLICE_ARG(label->key));
        }
    }
}

static void check_annotation_size(struct decoder *decoder, const struct object *object,
                                  struct span span)
{
    uint64_t total = 0;
    for (size_t i = 0; i < object->annotations.count; i++) {
        total += object->annotations.items[i].key.len + object->annotations.items[i].value.len;
    }
    if (total > decoder->run->limits.annotation_bytes) {
        struct where here = {&metadata_where, "annotations", 0};
        decode_error(decoder, DIAG_K013, &here, span,
                     "are larger than %llu bytes together, which an API server refuses",
                     (unsigned long long)decoder->run->limits.annotation_bytes);
    }
}

/* ---- names -------------------------------------------------------------------------------- */

static void check_name(struct decoder *decoder, const struct node *metadata, enum name_rule rule,
                       const struct object *object)
{
    const struct node *node = node_get(metadata, "name");
    struct where here = {&metadata_where, "name", 0};
    if (node && node->kind != NODE_STRING) {
        return; /* has been named as being of a wrong type */
    }
    bool fine = rule == NAME_LABEL ? is_dns_label(object->name) : is_dns_subdomain(object->name);
    if (!object->name.len) {
        decode_error(decoder, DIAG_K005, &here, node ? node->span : metadata->span,
                     node_get(metadata, "generateName")
                         ? "is missing; an object with generateName has no name before it is "
                           "created, so write one"
                         : "is missing");
    } else if (!fine) {
        decode_error(decoder, DIAG_K008, &here, node->span,
                     "must be %s of a-z, 0-9 and '-', but is '" SLICE_FMT "'",
                     rule == NAME_LABEL ? "at most 63 characters" : "a DNS name",
                     SLICE_ARG(object->name));
    }
}

static void check_namespace(struct decoder *decoder, const struct node *metadata)
{
    const struct node *node = node_get(metadata, "namespace");
    struct where here = {&metadata_where, "namespace", 0};
    if (node && node->kind == NODE_STRING && node->text.len && !is_dns_label(node->text)) {
        decode_error(decoder, DIAG_K008, &here, node->span,
                     "must be at most 63 characters of a-z, 0-9 and '-', but is '" SLICE_FMT "'",
                     SLICE_ARG(node->text));
    }
}

/* So that faults in the metadata can name the object already. */
static struct slice early_subject(struct decoder *decoder, const struct node *metadata,
                                  struct slice kind_name)
{
    const struct node *name = node_get(metadata, "name");
    const struct node *namespace = node_get(metadata, "namespace");
    if (!name || name->kind != NODE_STRING) {
        return kind_name;
    }
    bool placed = namespace && namespace->kind == NODE_STRING && namespace->text.len;
    return ARENA_JOIN(decoder->run->arena, kind_name, SLICE(" "),
                      placed ? namespace->text : SLICE(""), placed ? SLICE("/") : SLICE(""),
                      name->text);
}

/* Objects of kinds that are not read are kept as they are; what is odd about them is not ours to say. */
static void read_freely(struct decoder *decoder, const struct node *metadata, struct object *object)
{
    const struct node *name = node_get(metadata, "name");
    const struct node *namespace = node_get(metadata, "namespace");
    object->name = name && name->kind == NODE_STRING ? name->text : SLICE("");
    object->namespace = namespace && namespace->kind == NODE_STRING ? namespace->text : SLICE("");
    const struct {
        const char *key;
        struct labels *out;
    } maps[] = {{"labels", &object->labels}, {"annotations", &object->annotations}};
    for (size_t m = 0; m < ARRAY_LEN(maps); m++) {
        const struct node *map = node_get(metadata, maps[m].key);
        size_t count = map && map->kind == NODE_MAP ? map->count : 0;
        maps[m].out->items = ARENA_ARRAY(decoder->run->arena, struct label, count);
        for (size_t i = 0; i < count; i++) {
            const struct pair *pair = &map->pairs[i];
            if (pair->value->kind == NODE_STRING) {
                maps[m].out->items[maps[m].out->count++] =
                    (struct label){pair->key, pair->value->text, pair->span};
            }
        }
    }
}

static void read_strictly(struct decoder *decoder, const struct node *root,
                          const struct node *metadata, enum name_rule rule, struct object *object)
{
    if (!metadata) {
        decode_error(decoder, DIAG_K005, &metadata_where, root->span, "is missing");
        return;
    }
    decode_object(decoder, &metadata_schema, &metadata_where, metadata, object);
    if (metadata->kind != NODE_MAP) {
        return;
    }
    check_name(decoder, metadata, rule, object);
    check_namespace(decoder, metadata);
    check_keys(decoder, "labels", &object->labels, true);
    check_keys(decoder, "annotations", &object->annotations, false);
    check_annotation_size(decoder, object, metadata->span);
}

void metadata_read(struct decoder *decoder, const struct node *root, struct slice default_namespace,
                   bool namespaced, enum name_rule rule, struct object *object)
{
    const struct node *metadata = node_get(root, "metadata");
    decoder->subject = early_subject(decoder, metadata, object->kind_name);
    if (rule == NAME_ANY) {
        read_freely(decoder, metadata, object);
    } else {
        read_strictly(decoder, root, metadata, rule, object);
    }
    read_created(decoder, metadata, object);
    if (!namespaced) {
        object->namespace = SLICE("");
    } else if (!object->namespace.len) {
        object->namespace = default_namespace;
    }
    if (object->name.len) {
        object->subject =
            ARENA_JOIN(decoder->run->arena, object->kind_name, SLICE(" "), object->namespace,
                       object->namespace.len ? SLICE("/") : SLICE(""), object->name);
        decoder->subject = object->subject;
    } else {
        object->subject = object->kind_name;
    }
}
