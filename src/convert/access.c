#include "convert/convert_priv.h"

/* Who may change what was written for an app: a Role for each namespace, for the kinds that it got. */

#define ROLE_NAME "gateway-routes"
static const char *const write_verbs[] = {"get",    "list",  "watch", "create",
                                          "update", "patch", "delete"};
static const char *const read_verbs[] = {"get", "list", "watch"};

/* "networking.x.io" of "apiVersion: networking.x.io/v1", with which every object begins. */
static struct slice group_of(const struct converted_object *object)
{
    static const struct slice head = {"apiVersion: ", 12};
    struct slice rest = slice_sub(object->yaml, head.len, object->yaml.len), line, group;
    (void)slice_split(&rest, '\n', &line);
    bool named = slice_find(line, '/', 0) < line.len;
    (void)slice_split(&line, '/', &group);
    return named ? group : SLICE("");
}

/* Resources are called so, but where a CRD says otherwise; none of ours does (apimachinery pkg/api/meta/restmapper.go,
 * UnsafeGuessKindToResource). */
static struct slice resource_of(struct conversion *c, const char *kind)
{
    struct slice name = arena_lower(c->arena, slice_of(kind));
    if (slice_ends(name, SLICE("y"))) {
        return ARENA_JOIN(c->arena, slice_sub(name, 0, name.len - 1), SLICE("ies"));
    }
    return ARENA_JOIN(c->arena, name, slice_ends(name, SLICE("s")) ? SLICE("es") : SLICE("s"));
}

static struct node *texts_node(struct conversion *c, const char *const *texts, size_t count)
{
    struct node *list = node_list(c->nodes);
    for (size_t i = 0; i < count; i++) {
        node_add(c->nodes, list, text_node(c, texts[i]));
    }
    return list;
}

/* `key` is "group resource". */
static struct node *rule_node(struct conversion *c, struct slice key, struct node *verbs)
{
    struct node *rule = node_map(c->nodes), *groups = node_list(c->nodes);
    struct node *resources = node_list(c->nodes);
    struct slice group;
    (void)slice_split(&key, ' ', &group);
    node_add(c->nodes, groups, node_string(c->nodes, group));
    node_add(c->nodes, resources, node_string(c->nodes, key));
    node_set(c->nodes, rule, "apiGroups", groups);
    node_set(c->nodes, rule, "resources", resources);
    node_set(c->nodes, rule, "verbs", verbs);
    return rule;
}

static void tree_write(struct conversion *c, const char *kind, struct slice namespace,
                       const struct node *object)
{
    buf_clear(&c->text);
    document_write_yaml(object, &c->text);
    object_add(c, kind, namespace, SLICE(ROLE_NAME));
    object_of_platform(c);
}

static void role_write(struct conversion *c, struct slice namespace, const struct map *written,
                       bool has_gateway)
{
    struct node *object = object_node(c, "rbac.authorization.k8s.io/v1", "Role", namespace,
                                      SLICE(ROLE_NAME), SLICE_ABSENT);
    struct node *rules = node_list(c->nodes);
    size_t count;
    struct slice *keys = sorted_keys(c, written, &count);
    for (size_t i = 0; i < count; i++) {
        node_add(c->nodes, rules,
                 rule_node(c, keys[i], texts_node(c, write_verbs, ARRAY_LEN(write_verbs))));
    }
    if (has_gateway) { /* its status says whether routes were taken */
        node_add(c->nodes, rules,
                 rule_node(c, SLICE("gateway.networking.k8s.io gateways"),
                           texts_node(c, read_verbs, ARRAY_LEN(read_verbs))));
    }
    node_set(c->nodes, object, "rules", rules);
    tree_write(c, "Role", namespace, object);
}

/* The group of the namespace's owners: what the user named, with "{namespace}" filled in. */
static struct slice group_name(struct conversion *c, struct slice namespace)
{
    static const struct slice mark = {"{namespace}", 11};
    struct slice rest = c->options->owners, out = SLICE("");
    for (size_t i = 0; i < rest.len;) {
        if (slice_starts(slice_sub(rest, i, rest.len), mark)) {
            out = ARENA_JOIN(c->arena, out, slice_sub(rest, 0, i), namespace);
            rest = slice_sub(rest, i + mark.len, rest.len);
            i = 0;
        } else {
            i++;
        }
    }
    return ARENA_JOIN(c->arena, out, rest);
}

static void binding_write(struct conversion *c, struct slice namespace)
{
    struct node *object = object_node(c, "rbac.authorization.k8s.io/v1", "RoleBinding", namespace,
                                      SLICE(ROLE_NAME), SLICE_ABSENT);
    struct node *role = node_map(c->nodes), *subjects = node_list(c->nodes);
    struct node *subject = node_map(c->nodes);
    node_set(c->nodes, role, "apiGroup", text_node(c, "rbac.authorization.k8s.io"));
    node_set(c->nodes, role, "kind", text_node(c, "Role"));
    node_set(c->nodes, role, "name", text_node(c, ROLE_NAME));
    node_set(c->nodes, subject, "apiGroup", text_node(c, "rbac.authorization.k8s.io"));
    node_set(c->nodes, subject, "kind", text_node(c, "Group"));
    node_set(c->nodes, subject, "name", node_string(c->nodes, group_name(c, namespace)));
    node_add(c->nodes, subjects, subject);
    node_set(c->nodes, object, "roleRef", role);
    node_set(c->nodes, object, "subjects", subjects);
    tree_write(c, "RoleBinding", namespace, object);
}

/* What the apps of a namespace got: "group resource". */
struct access {
    struct map *written;
    bool has_gateway;
};

static struct access *access_in(struct conversion *c, struct map *all, struct slice namespace)
{
    struct access *access = map_get(all, namespace);
    if (!access) {
        access = ARENA_NEW(c->arena, struct access);
        access->written = map_new(c->arena);
        map_put(all, namespace, access);
    }
    return access;
}

void access_write(struct conversion *c)
{
    struct map *all = map_new(c->arena);
    size_t count, objects = c->options->owners.len ? c->out->count : 0;
    for (size_t i = 0; i < objects; i++) {
        const struct converted_object *object = &c->out->objects[i];
        struct access *access = access_in(c, all, object->namespace);
        if (slice_is(slice_of(object->kind), "Gateway")) {
            access->has_gateway = true;
        } else if (!object->of_platform && group_of(object).len) { /* no Services, no Secrets */
            map_put(
                access->written,
                ARENA_JOIN(c->arena, group_of(object), SLICE(" "), resource_of(c, object->kind)),
                c);
        }
    }
    struct slice *namespaces = sorted_keys(c, all, &count);
    for (size_t i = 0; i < count; i++) {
        const struct access *access = map_get(all, namespaces[i]);
        if (map_count(access->written)) {
            role_write(c, namespaces[i], access->written, access->has_gateway);
            binding_write(c, namespaces[i]);
        }
    }
}
