/* The roles that a snapshot needs. */
#include "cluster/cluster_priv.h"

#include <string.h>

static struct node *texts(struct arena *arena, const char *first, const char *second)
{
    struct node *list = node_list(arena);
    node_add(arena, list, node_string(arena, slice_of(first)));
    if (second) {
        node_add(arena, list, node_string(arena, slice_of(second)));
    }
    return list;
}

enum scope { SCOPE_ALL, SCOPE_CLUSTER, SCOPE_NAMESPACE };

/* One namespace is asked for by its name. */
static const char *first_verb(const struct resource_row *row, enum scope scope)
{
    bool one = scope == SCOPE_CLUSTER && strcmp(row->resource, "namespaces") == 0;
    return one || row->keep == KEEP_FACTS || row->keep == KEEP_NAMED ? "get" : "list";
}

static struct node *rule_for(struct arena *arena, const struct resource_row *row, enum scope scope)
{
    struct node *rule = node_map(arena);
    node_set(arena, rule, "apiGroups", texts(arena, row->group, NULL));
    node_set(arena, rule, "resources", texts(arena, row->resource, NULL));
    node_set(arena, rule, "verbs",
             texts(arena, first_verb(row, scope), row->keep == KEEP_NAMED ? "list" : NULL));
    return rule;
}

/* Rows that follow each other, of one group and with the same verbs, are one rule. */
static bool joins(const struct resource_row *row, const struct resource_row *last, enum scope scope)
{
    return last && strcmp(row->group, last->group) == 0 && row->keep != KEEP_NAMED &&
           last->keep != KEEP_NAMED && strcmp(first_verb(row, scope), first_verb(last, scope)) == 0;
}

static bool is_any(const struct resource_row *row)
{
    return strcmp(row->resource, "*") == 0;
}

static bool belongs(size_t index, enum scope scope, bool certificates)
{
    const struct resource_row *row = resource_row_at(index), *next = resource_row_at(index + 1);
    bool covered = next && is_any(next) && strcmp(next->group, row->group) == 0;
    return (row->keep != KEEP_FACTS || certificates) &&
           (scope == SCOPE_ALL ? !covered : row->cluster_scoped == (scope == SCOPE_CLUSTER));
}

static struct node *rules(struct arena *arena, enum scope scope, bool certificates)
{
    struct node *list = node_list(arena), *rule = NULL;
    const struct resource_row *row, *last = NULL;
    for (size_t i = 0; (row = resource_row_at(i)); i++) {
        if (!belongs(i, scope, certificates)) {
            continue;
        }
        if (rule && joins(row, last, scope)) {
            node_add(arena, node_get(rule, "resources"),
                     node_string(arena, slice_of(row->resource)));
        } else {
            rule = rule_for(arena, row, scope);
            node_add(arena, list, rule);
        }
        last = row;
    }
    return list;
}

static void put(struct arena *arena, const char *kind, struct slice namespace, struct slice name,
                struct node *list, struct buf *out)
{
    struct node *root = node_map(arena), *metadata = node_map(arena);
    node_set(arena, root, "apiVersion", node_string(arena, SLICE("rbac.authorization.k8s.io/v1")));
    node_set(arena, root, "kind", node_string(arena, slice_of(kind)));
    node_set(arena, metadata, "name", node_string(arena, name));
    if (namespace.len) {
        node_set(arena, metadata, "namespace", node_string(arena, namespace));
    }
    node_set(arena, root, "metadata", metadata);
    node_set(arena, root, "rules", list);
    buf_puts(out, "---\n");
    document_write_yaml(root, out);
}

/* The controller stands in other namespaces than its Ingresses; its objects are read by name. */
static void put_controllers(struct arena *arena, struct slice own, struct buf *out)
{
    const struct named_row *row, *next;
    struct node *list = node_list(arena);
    for (size_t i = 0; (row = named_row_at(i)); i++) {
        const char *dot = strchr(row->resource, '.');
        struct node *rule = node_map(arena);
        struct slice name = slice_of(row->resource);
        node_set(arena, rule, "apiGroups", texts(arena, dot ? dot + 1 : "", NULL));
        node_set(arena, rule, "resources", node_list(arena));
        node_add(arena, node_get(rule, "resources"),
                 node_string(arena, slice_sub(name, 0, slice_find(name, '.', 0))));
        node_set(arena, rule, "resourceNames", texts(arena, row->name, NULL));
        node_set(arena, rule, "verbs", texts(arena, "get", NULL));
        node_add(arena, list, rule);
        next = named_row_at(i + 1);
        if (!next || strcmp(next->namespace, row->namespace) != 0) {
            if (!slice_is(own, row->namespace)) {
                put(arena, "Role", slice_of(row->namespace), SLICE("gateshift-snapshot"), list,
                    out);
            }
            list = node_list(arena);
        }
    }
}

void cluster_print_roles(struct arena *arena, struct slice namespace, bool certificates,
                         struct buf *out)
{
    if (!namespace.len) {
        put(arena, "ClusterRole", SLICE_ABSENT, SLICE("gateshift-snapshot"),
            rules(arena, SCOPE_ALL, certificates), out);
        return;
    }
    put(arena, "ClusterRole", SLICE_ABSENT, SLICE("gateshift-snapshot-cluster"),
        rules(arena, SCOPE_CLUSTER, certificates), out);
    put(arena, "Role", namespace, SLICE("gateshift-snapshot"),
        rules(arena, SCOPE_NAMESPACE, certificates), out);
    put_controllers(arena, namespace, out);
}
