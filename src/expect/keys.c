#include "expect/expect_priv.h"

#define KEYS(array)                                                                                \
    {                                                                                              \
        array, ARRAY_LEN(array)                                                                    \
    }
#define TEXT(name)                                                                                 \
    {                                                                                              \
        name, TAKES_TEXT, NULL, NULL, 0, 0                                                         \
    }
#define WORD(name, list)                                                                           \
    {                                                                                              \
        name, TAKES_TEXT, NULL, list, 0, 0                                                         \
    }
#define NUMBER(name, least, most)                                                                  \
    {                                                                                              \
        name, TAKES_NUMBER, NULL, NULL, least, most                                                \
    }
#define LIST(name, keys)                                                                           \
    {                                                                                              \
        name, TAKES_LIST, keys, NULL, 0, 0                                                         \
    }
#define MAP(name, keys)                                                                            \
    {                                                                                              \
        name, TAKES_MAP, keys, NULL, 0, 0                                                          \
    }

static const char *const schemes[] = {"http", "https", NULL};
static const char *const request_schemes[] = {"http", "https", "tcp", "udp", NULL};
static const char *const protocols[] = {"h1", "h1.0", "h2", "grpc", "websocket", NULL};
static const char *const outcomes[] = {"forward", "redirect", "respond", "tunnel",
                                       "close",   "unknown",  NULL};

static const struct key request_rows[] = {
    TEXT("method"),
    WORD("scheme", request_schemes),
    TEXT("host"),
    NUMBER("port", 1, 65535),
    TEXT("path"),
    MAP("headers", NULL),
    TEXT("client_ip"),
    NUMBER("body_size", 0, INT64_MAX),
    TEXT("sni"),
    {"client_cert", TAKES_BOOL, NULL, NULL, 0, 0},
    WORD("protocol", protocols),
    TEXT("gateway"),
};
const struct keys request_keys = KEYS(request_rows);

static const struct key case_rows[] = {
    TEXT("name"),
    MAP("request", NULL),
    MAP("expect", NULL),
    MAP("profiles", NULL),
};
const struct keys case_keys = KEYS(case_rows);

static const struct key backend_rows[] = {
    TEXT("namespace"),          TEXT("service"),
    NUMBER("port", 1, 65535),   NUMBER("weight", 0, 1000000),
    NUMBER("status", 100, 599),
};
static const struct keys backend_keys = KEYS(backend_rows);
static const struct key upstream_rows[] = {
    TEXT("method"), TEXT("host"), TEXT("path"), MAP("headers", NULL), LIST("absent", NULL),
};
static const struct keys upstream_keys = KEYS(upstream_rows);
static const struct key response_rows[] = {MAP("headers", NULL), LIST("absent", NULL)};
static const struct keys response_keys = KEYS(response_rows);
static const struct key location_rows[] = {
    WORD("scheme", schemes),
    TEXT("host"),
    NUMBER("port", 1, 65535),
    TEXT("path"),
};
static const struct keys location_keys = KEYS(location_rows);
static const struct key mirror_rows[] = {
    TEXT("namespace"),
    TEXT("service"),
    NUMBER("port", 1, 65535),
    {"percent", TAKES_SHARE, NULL, NULL, 0, 0},
};
static const struct keys mirror_keys = KEYS(mirror_rows);
static const struct key timeout_rows[] = {
    NUMBER("request_ms", 0, INT64_MAX), NUMBER("backend_request_ms", 0, INT64_MAX),
    NUMBER("connect_ms", 0, INT64_MAX), NUMBER("read_ms", 0, INT64_MAX),
    NUMBER("send_ms", 0, INT64_MAX),
};
static const struct keys timeout_keys = KEYS(timeout_rows);
static const struct key expect_rows[] = {
    WORD("outcome", outcomes),
    NUMBER("status", 100, 599),
    LIST("backends", &backend_keys),
    MAP("upstream", &upstream_keys),
    {"location", TAKES_TEXT | TAKES_MAP, &location_keys, NULL, 0, 0},
    MAP("response", &response_keys),
    LIST("mirrors", &mirror_keys),
    MAP("timeouts", &timeout_keys),
};
const struct keys expect_keys = KEYS(expect_rows);

/* ---- checking ----------------------------------------------------------------------------- */

enum { KEYS_MAX = 16 };

static const struct key *find_key(struct run *run, const struct pair *pair, const struct keys *keys,
                                  const char *what)
{
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < keys->count; i++) {
        if (slice_is(pair->key, keys->rows[i].name)) {
            return &keys->rows[i];
        }
        names[i] = keys->rows[i].name;
    }
    const char *closest = diag_closest(pair->key, names, keys->count);
    diag_at(run->diag, DIAG_T001, pair->span, SLICE_ABSENT, "'" SLICE_FMT "' is no key of %s%s%s%s",
            SLICE_ARG(pair->key), what, closest ? "; did you mean '" : "", closest ? closest : "",
            closest ? "'?" : "");
    return NULL;
}

static unsigned kind_of(const struct node *node)
{
    switch (node->kind) {
    case NODE_NULL:
        break;
    case NODE_BOOL:
        return TAKES_BOOL;
    case NODE_INT:
        return TAKES_NUMBER | TAKES_SHARE;
    case NODE_FLOAT:
        return TAKES_SHARE;
    case NODE_STRING:
        return TAKES_TEXT;
    case NODE_LIST:
        return TAKES_LIST;
    case NODE_MAP:
        return TAKES_MAP;
    }
    return 0;
}

static bool wrong_type(struct run *run, const struct key *key, const struct node *node)
{
    static const struct {
        unsigned kind;
        const char *text;
    } words[] = {{TAKES_TEXT, "a text"}, {TAKES_NUMBER, "an integer"}, {TAKES_BOOL, "a boolean"},
                 {TAKES_LIST, "a list"}, {TAKES_MAP, "a mapping"},     {TAKES_SHARE, "a number"}};
    struct slice wanted = SLICE("");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (key->kinds & words[i].kind) {
            wanted = arena_printf(run->arena, SLICE_FMT "%s%s", SLICE_ARG(wanted),
                                  wanted.len ? " or " : "", words[i].text);
        }
    }
    diag_at(run->diag, DIAG_T002, node->span, SLICE_ABSENT, "'%s' must be " SLICE_FMT ", not %s",
            key->name, SLICE_ARG(wanted), node_kind_name(node->kind));
    return false;
}

static bool check_word(struct run *run, const struct key *key, const struct node *node)
{
    struct slice list = SLICE("");
    for (size_t i = 0; key->words[i]; i++) {
        if (slice_is(node->text, key->words[i])) {
            return true;
        }
        list = arena_printf(run->arena, SLICE_FMT "%s%s", SLICE_ARG(list), i ? ", " : "",
                            key->words[i]);
    }
    diag_at(run->diag, DIAG_T006, node->span, SLICE_ABSENT,
            "'%s' must be one of " SLICE_FMT ", not '" SLICE_FMT "'", key->name, SLICE_ARG(list),
            SLICE_ARG(node->text));
    return false;
}

static bool check_number(struct run *run, const struct key *key, const struct node *node)
{
    if (node->integer >= key->least && node->integer <= key->most) {
        return true;
    }
    struct slice most = key->most == INT64_MAX
                            ? SLICE("")
                            : arena_printf(run->arena, " and at most %lld", (long long)key->most);
    diag_at(run->diag, DIAG_T006, node->span, SLICE_ABSENT, "'%s' must be at least %lld" SLICE_FMT,
            key->name, (long long)key->least, SLICE_ARG(most));
    return false;
}

static bool check_items(struct run *run, const struct key *key, const struct node *list)
{
    bool fine = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *item = list->items[i];
        if (item->kind != (key->inner ? NODE_MAP : NODE_STRING)) {
            diag_at(run->diag, DIAG_T002, item->span, SLICE_ABSENT,
                    "each item of '%s' must be %s, not %s", key->name,
                    key->inner ? "a mapping" : "a text", node_kind_name(item->kind));
            fine = false;
        } else if (key->inner) {
            fine &= keys_check(run, item, key->inner, key->name);
        }
    }
    return fine;
}

static bool check_value(struct run *run, const struct key *key, const struct node *node)
{
    if (!(kind_of(node) & key->kinds)) {
        return wrong_type(run, key, node);
    }
    if (node->kind == NODE_STRING && key->words) {
        return check_word(run, key, node);
    }
    if (node->kind == NODE_INT && (key->kinds & TAKES_NUMBER)) {
        return check_number(run, key, node);
    }
    if (node->kind == NODE_LIST) {
        return check_items(run, key, node);
    }
    if (node->kind == NODE_MAP && key->inner) {
        return keys_check(run, node, key->inner, key->name);
    }
    bool fine = true;
    if (node->kind == NODE_MAP && slice_is(slice_of(key->name), "headers")) {
        static const struct key header = {"headers", TAKES_TEXT | TAKES_LIST, NULL, NULL, 0, 0};
        for (size_t i = 0; i < node->count; i++) {
            fine &= check_value(run, &header, node->pairs[i].value);
        }
    }
    return fine;
}

bool keys_check(struct run *run, const struct node *node, const struct keys *keys, const char *what)
{
    bool fine = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct key *key = find_key(run, &node->pairs[i], keys, what);
        const struct node *value = node->pairs[i].value;
        /* null is what a key without a value means: it is not given */
        if (!key || (value->kind != NODE_NULL && !check_value(run, key, value))) {
            fine = false;
        }
    }
    return fine;
}
