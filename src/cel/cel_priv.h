/* What the parts of the module share: the tree of an expression, values, and functions.
 *
 * The way of a rule: lexer.c and parser.c make a tree of the text, bind.c finds out what its names
 * are (variables, macros, functions), evaluate.c walks it. Functions are rows of tables, one table to
 * a file: functions.c, texts.c, lists.c, times.c, network.c, url.c, quantity.c, format.c. */
#ifndef GATESHIFT_CEL_PRIV_H
#define GATESHIFT_CEL_PRIV_H

#include "cel/cel.h"

/* ---- values ------------------------------------------------------------------------------- */

enum value_kind {
    VALUE_ERROR, /* text says what failed */
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_DOUBLE,
    VALUE_STRING,
    VALUE_BYTES,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_DURATION,  /* integer: nanoseconds, as Go's time.Duration */
    VALUE_TIMESTAMP, /* time */
    VALUE_TYPE,      /* text: its name */
    VALUE_OPTIONAL,  /* held: null when there is none */
    VALUE_QUANTITY,
    VALUE_IP,
    VALUE_CIDR,
    VALUE_URL,
    VALUE_FORMAT,
    VALUE_KIND_COUNT
};

/* Seconds since 1970 and nanoseconds after them, 0 to 999999999. */
struct instant {
    int64_t seconds;
    int64_t nanoseconds;
    int64_t offset; /* of the zone it was written in, in seconds; for its text alone */
};

struct quantity;
struct cidr;
struct url_parts;
struct format_row;

struct value {
    enum value_kind kind;
    /* Of lists and maps: items, or pairs of key and value; null when they are those of `node`. */
    const struct value *items;
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double number;
        struct slice text;
        const struct node *node;
        size_t count; /* of items, or of pairs */
        struct instant time;
        const struct value *held;
        const struct quantity *quantity;
        const struct cidr *cidr; /* of an address: with all its bits */
        const struct url_parts *url;
        const struct format_row *format;
    };
};

/* ---- the tree of an expression ------------------------------------------------------------ */

enum expr_kind {
    EXPR_LITERAL,
    EXPR_NAME,     /* before binding: an identifier; text */
    EXPR_SELF,     /* self */
    EXPR_OLD_SELF, /* oldSelf */
    EXPR_LOCAL,    /* variable of a comprehension; slot */
    EXPR_SELECT,   /* args[0].text */
    EXPR_HAS,      /* has(args[0].text) */
    EXPR_INDEX,    /* args[0][args[1]] */
    EXPR_LIST,
    EXPR_MAP,      /* keys and values in turns */
    EXPR_CALL,     /* text; with `member` the receiver is args[0] */
    EXPR_OPERATOR, /* operator, two args */
    EXPR_AND,      /* two or more args */
    EXPR_OR,
    EXPR_NOT,
    EXPR_NEGATE,
    EXPR_CONDITIONAL,
    EXPR_MACRO,   /* macro; args[0] is what it runs over; slot: of its first variable */
    EXPR_OR_ELSE, /* args[0].or(args[1]), args[0].orValue(args[1]): the second only when needed */
};

struct evaluation;
struct expr;
typedef struct value function_fn(struct evaluation *e, const struct value *args, size_t count);
typedef struct value macro_fn(struct evaluation *e, const struct expr *expr);

/* A function, with the receiver among its arguments. */
struct function_row {
    const char *name; /* null ends a table */
    bool member;      /* receiver.name(...) */
    uint8_t least, most;
    function_fn *call;
};

struct macro_row {
    const char *name;
    uint8_t variables;
    uint8_t bodies;
    macro_fn *run;
};

typedef struct value operator_fn(struct evaluation *e, const struct value *a,
                                 const struct value *b);
struct operator_row {
    const char *sign;
    uint8_t rank;      /* higher binds closer */
    operator_fn *call; /* null: && and ||, which need not know both sides */
};

struct expr {
    enum expr_kind kind;
    bool member;   /* EXPR_CALL */
    bool root;     /* EXPR_NAME: `.name`, which is no variable of a comprehension */
    bool optional; /* of a selection or index: a.?b, a[?b] */
    bool unwrap;   /* an element that is left out when it has no value: [?a], {?k: v} */
    uint16_t height;
    uint32_t offset;
    uint32_t slot;
    struct slice text;
    struct value literal;
    const struct function_row *function;
    const struct macro_row *macro;
    const struct operator_row *operator;
    struct expr **args;
    size_t count, capacity;
};

struct cel_program {
    const struct expr *root;
    size_t slots; /* variables of comprehensions that live at the same time */
    bool uses_old_self;
};

/* ---- compiling ---------------------------------------------------------------------------- */

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_INT, /* integer, without its sign */
    TOKEN_UINT,
    TOKEN_DOUBLE,
    TOKEN_STRING,
    TOKEN_BYTES,
    TOKEN_SIGN
};
struct token {
    enum token_kind kind;
    uint32_t offset;
    struct slice text; /* as written; of texts decoded */
    uint64_t natural;
    double number;
};

/* What compiling is about; the first error ends it. */
struct compiler {
    struct arena *arena;
    struct slice text;
    size_t at; /* where the next token begins */
    struct token token;
    size_t depth;
    bool failed;
    struct cel_error *error;
    struct cel_program *program;
};
void compile_fail(struct compiler *c, size_t offset, const char *format, ...) PRINTF_LIKE(3, 4);
void lexer_next(struct compiler *c);
struct expr *parse_program(struct compiler *c);
void expr_add(struct compiler *c, struct expr *parent, struct expr *arg);

const struct macro_row *macro_find(struct slice name, size_t arguments);
/* Null when there is none of that name; *arguments false when only their number is wrong. */
const struct function_row *function_find(struct slice name, bool member, size_t count,
                                         bool *arguments);
const struct operator_row *operator_find(struct slice sign);

/* ---- evaluation --------------------------------------------------------------------------- */

struct evaluation {
    struct cel_evaluator *evaluator;
    const struct cel_input *input;
    struct arena *arena;
    struct value *locals;
    struct slice stopped; /* why nothing can be told; absent: go on */
};

struct value evaluate_expr(struct evaluation *e, const struct expr *expr);
/* Takes steps; false when there are none left. */
bool charge_steps(struct evaluation *e, uint64_t steps);
struct value value_unknown(struct evaluation *e, struct slice why);

struct value error_value(struct evaluation *e, const char *format, ...) PRINTF_LIKE(2, 3);
struct value no_overload(struct evaluation *e, const char *function, const struct value *args,
                         size_t count);
struct value value_of_node(const struct node *node);
struct value value_null(void);
struct value value_bool(bool boolean);
struct value value_int(int64_t integer);
struct value value_string(struct slice text);
struct value value_list(const struct value *items, size_t count);
struct value value_optional(struct evaluation *e, const struct value *held); /* null: none */
struct slice value_type(const struct value *value);                          /* name of its type */

size_t value_count(const struct value *value); /* items or pairs of a list or map */
struct value value_item(const struct value *list, size_t index);
struct value value_key(const struct value *map, size_t index);
struct value value_at(const struct value *map, size_t index);
/* False when the map has no such key. */
bool map_find(struct evaluation *e, const struct value *map, const struct value *key,
              struct value *out);
bool value_equal(struct evaluation *e, const struct value *a, const struct value *b);
/* False when values of these types have no order; *order is 2 when one is not a number. */
bool value_compare(const struct value *a, const struct value *b, int *order);

struct value operator_add(struct evaluation *e, const struct value *a, const struct value *b);
struct value operator_negate(struct evaluation *e, const struct value *value);

/* Growing lists of values. */
struct values {
    struct value *items;
    size_t count, capacity;
};
void values_add(struct evaluation *e, struct values *values, struct value value);

/* ---- texts -------------------------------------------------------------------------------- */

bool utf8_valid(struct slice text);
size_t utf8_count(struct slice text);                 /* code points */
size_t utf8_offset(struct slice text, size_t points); /* in bytes, of a code point */
size_t utf8_next(struct slice text, size_t at);       /* where the next code point begins */
size_t utf8_put(char *out, uint32_t point);           /* bytes written, at most 4 */

struct slice double_text(struct arena *arena, double number);  /* as Go's strconv writes it */
struct slice double_plain(struct arena *arena, double number); /* without an exponent */
bool text_to_double(struct arena *arena, struct slice text, double *out);

/* ---- tables of functions ------------------------------------------------------------------ */

const struct function_row *core_functions(void);
const struct function_row *convert_functions(void);
const struct function_row *text_functions(void);
const struct function_row *list_functions(void);
const struct function_row *time_functions(void);
const struct function_row *network_functions(void);
const struct function_row *url_functions(void);
const struct function_row *quantity_functions(void);
const struct function_row *format_functions(void);

bool duration_parse(struct slice text, int64_t *out);
struct slice duration_text(struct arena *arena, int64_t nanoseconds);
bool instant_parse(struct slice text, struct instant *out);
struct slice instant_text(struct arena *arena, const struct instant *time);
bool instant_valid(const struct instant *time); /* years 1 to 9999 */

bool quantity_equal(const struct quantity *a, const struct quantity *b);
bool cidr_equal(const struct cidr *a, const struct cidr *b);
bool url_equal(const struct url_parts *a, const struct url_parts *b);
struct slice cidr_text(struct arena *arena, const struct cidr *cidr, bool bits);
/* What Go's net/url ParseRequestURI takes. */
bool url_valid(struct arena *arena, struct slice text);

#endif
