#include "schema/tables_priv.h"

const struct schema_node schema_nodes[] = {
#include "schema/tables/nodes.inc"
};
const struct schema_property schema_properties[] = {
#include "schema/tables/properties.inc"
};
const char *const schema_names[] = {
#include "schema/tables/names.inc"
};
const struct schema_value schema_values[] = {
#include "schema/tables/values.inc"
};
const uint16_t schema_members[] = {
#include "schema/tables/members.inc"
};
const uint16_t schema_rule_lists[] = {
#include "schema/tables/rule_lists.inc"
};
const struct schema_rule schema_rules[] = {
#include "schema/tables/rules.inc"
};
const struct schema_limits schema_limits[] = {
#include "schema/tables/limits.inc"
};
const char *const schema_patterns[] = {
#include "schema/tables/patterns.inc"
};
const char *const schema_fallbacks[] = {
#include "schema/tables/fallbacks.inc"
};
const struct schema_row schema_rows[] = {
#include "schema/tables/kinds.inc"
};
const size_t schema_rule_count = ARRAY_LEN(schema_rules);
const size_t schema_pattern_count = ARRAY_LEN(schema_patterns);
const size_t schema_fallback_count = ARRAY_LEN(schema_fallbacks);
const size_t schema_row_count = ARRAY_LEN(schema_rows);
