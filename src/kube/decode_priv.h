/* Decoding by tables: a mapping of a document into a struct. */
#ifndef GATESHIFT_KUBE_DECODE_PRIV_H
#define GATESHIFT_KUBE_DECODE_PRIV_H

#include "kube/kube.h"

enum field_type {
    TYPE_STRING,  /* struct slice */
    TYPE_PORT,    /* uint16_t, 1 to 65535 */
    TYPE_INTEGER, /* int64_t */
    TYPE_COUNT,   /* uint64_t, not negative */
    TYPE_BOOL,    /* bool */
    TYPE_STRINGS, /* struct slices */
    TYPE_LABELS,  /* struct labels: a mapping of texts */
    TYPE_OBJECT,  /* a struct inside this one */
    TYPE_OBJECTS, /* a pointer to an array, and its count */
    TYPE_CUSTOM,  /* read by `custom` */
    TYPE_IGNORED, /* known to the API and of no use here */
    TYPE_OLD      /* of an older API version; `hint` says what to write now */
};

struct decoder;
struct field;
/* The place in an object, for messages: "spec.rules[0].http". Lives on the C stack. */
struct where {
    const struct where *parent;
    const char *name;
    size_t index;
};
typedef void custom_fn(struct decoder *decoder, const struct where *where, const struct node *node,
                       void *target);

struct schema {
    const struct field *fields;
    size_t field_count;
    size_t size;        /* of the struct, for lists */
    size_t span_offset; /* of a struct span that gets the node's place; NO_OFFSET: none */
    custom_fn *finish;  /* checks and defaults, once the fields are there; may be null */
};
#define NO_OFFSET SIZE_MAX

struct field {
    const char *name;
    enum field_type type;
    bool required;
    size_t offset;
    size_t count_offset;   /* TYPE_OBJECTS */
    enum node_kind wanted; /* TYPE_IGNORED; NODE_NULL: any, it is looked at elsewhere */
    size_t span_offset;    /* gets the place of the value; NO_OFFSET: none */
    const struct schema *child;
    custom_fn *custom;
    const char
        *hint; /* what to do about a value of a wrong type, where more than quotes is wrong */
};

#define FIELD(type_, name_, struct_, member_)                                                      \
    {                                                                                              \
        .name = (name_), .type = (type_), .offset = offsetof(struct struct_, member_),             \
        .span_offset = NO_OFFSET                                                                   \
    }
#define FIELD_SPAN(type_, name_, struct_, member_, span_)                                          \
    {                                                                                              \
        .name = (name_), .type = (type_), .offset = offsetof(struct struct_, member_),             \
        .span_offset = offsetof(struct struct_, span_)                                             \
    }
#define FIELD_REQUIRED(type_, name_, struct_, member_)                                             \
    {                                                                                              \
        .name = (name_), .type = (type_), .required = true,                                        \
        .offset = offsetof(struct struct_, member_), .span_offset = NO_OFFSET                      \
    }
#define FIELD_OBJECT(name_, struct_, member_, schema_)                                             \
    {                                                                                              \
        .name = (name_), .type = TYPE_OBJECT, .offset = offsetof(struct struct_, member_),         \
        .span_offset = NO_OFFSET, .child = &(schema_)                                              \
    }
#define FIELD_INLINE(name_, schema_)                                                               \
    {                                                                                              \
        .name = (name_), .type = TYPE_OBJECT, .offset = 0, .span_offset = NO_OFFSET,               \
        .child = &(schema_)                                                                        \
    }
#define FIELD_INLINE_REQUIRED(name_, schema_)                                                      \
    {                                                                                              \
        .name = (name_), .type = TYPE_OBJECT, .required = true, .span_offset = NO_OFFSET,          \
        .child = &(schema_)                                                                        \
    }
#define FIELD_OBJECTS(name_, struct_, member_, count_, schema_)                                    \
    {                                                                                              \
        .name = (name_), .type = TYPE_OBJECTS, .offset = offsetof(struct struct_, member_),        \
        .count_offset = offsetof(struct struct_, count_), .span_offset = NO_OFFSET,                \
        .child = &(schema_)                                                                        \
    }
#define FIELD_CUSTOM(name_, custom_)                                                               \
    {                                                                                              \
        .name = (name_), .type = TYPE_CUSTOM, .span_offset = NO_OFFSET, .custom = (custom_)        \
    }
#define FIELD_IGNORED(name_)                                                                       \
    {                                                                                              \
        .name = (name_), .type = TYPE_IGNORED, .span_offset = NO_OFFSET                            \
    }
/* Of no use here; its type is looked at all the same, as an API server refuses objects with another one. */
#define FIELD_UNREAD(name_, wanted_)                                                               \
    {                                                                                              \
        .name = (name_), .type = TYPE_IGNORED, .span_offset = NO_OFFSET, .wanted = (wanted_)       \
    }
#define FIELD_OLD(name_, hint_)                                                                    \
    {                                                                                              \
        .name = (name_), .type = TYPE_OLD, .span_offset = NO_OFFSET, .hint = (hint_)               \
    }
#define SCHEMA(fields_, struct_, finish_)                                                          \
    {                                                                                              \
        fields_, ARRAY_LEN(fields_), sizeof(struct struct_), NO_OFFSET, finish_                    \
    }
#define SCHEMA_SPAN(fields_, struct_, member_, finish_)                                            \
    {                                                                                              \
        fields_, ARRAY_LEN(fields_), sizeof(struct struct_), offsetof(struct struct_, member_),    \
            finish_                                                                                \
    }

struct decoder {
    struct run *run;
    struct slice subject;
    size_t errors;     /* of this object */
    bool confidential; /* a Secret: no value may get into a message */
    const char *hint;  /* of the field that is being read */
};

void decode_object(struct decoder *decoder, const struct schema *schema, const struct where *where,
                   const struct node *node, void *target);
/* An error about a field; the message begins with the field's path in quotes. */
void decode_error(struct decoder *decoder, enum diag_code code, const struct where *where,
                  struct span span, const char *format, ...) PRINTF_LIKE(5, 6) RARELY;
struct slice where_text(struct decoder *decoder, const struct where *where);
/* Text of a node that must be a string; absent with an error otherwise. */
struct slice decode_string(struct decoder *decoder, const struct where *where,
                           const struct node *node);

/* Position of the text among `names`; false with an error that names them. */
bool decode_choice(struct decoder *decoder, const struct where *where, const struct node *node,
                   const char *const *names, size_t count, size_t *out);
/* A mapping of texts, such as labels. */
void decode_labels(struct decoder *decoder, const struct where *where, const struct node *node,
                   struct labels *out);
void decode_wrong_type(struct decoder *decoder, const struct where *where, const struct node *node,
                       enum node_kind wanted);

/* The fields of each kind. */
extern const struct schema ingress_schema, ingress_class_schema, service_schema,
    endpoint_slice_schema, config_map_schema, secret_schema, namespace_schema, gateway_class_schema,
    gateway_schema, http_route_schema, grpc_route_schema, reference_grant_schema;

/* Parts that routes have in common. */
extern const struct schema header_match_schema, filter_schema, backend_ref_schema, listener_schema,
    stream_backend_schema;
/* References in Gateway API objects. */
extern const struct schema parent_ref_schema, service_ref_schema, plain_ref_schema;
void ref_defaults(struct object_ref *ref, const char *group, const char *kind);
/* spec.rules[].sessionPersistence of an HTTPRoute or GRPCRoute. */
extern const struct schema persistence_schema;

enum name_rule { NAME_ANY, NAME_SUBDOMAIN, NAME_LABEL };
/* Fills name, namespace, labels, annotations, age and subject; checks them unless `rule` is NAME_ANY. */
void metadata_read(struct decoder *decoder, const struct node *root, struct slice default_namespace,
                   bool namespaced, enum name_rule rule, struct object *object);

/* Turns data into facts and wipes it. To be called before anything is said about the object. */
void secret_read(struct decoder *decoder, struct node *root, struct secret *secret);
/* kubectl apply keeps a copy of the whole object in an annotation. */
/* Wipes the values of an object that calls itself a Secret: for those that are not read, as their version is wrong. */
void secret_wipe(struct node *root);
void secret_wipe_annotations(struct node *root, struct secret *secret);

/* Of the civil calendar. */
int64_t days_since_1970(int64_t year, int64_t month, int64_t day);

#endif
