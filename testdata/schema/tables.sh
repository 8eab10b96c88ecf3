#!/bin/sh
# The tables of src/schema are what schema-tables writes today.
#
#   tables.sh SCHEMA-TABLES [--update]
#
# The published CRDs may lie beside the project; without them there is nothing to compare with.
set -u
tool=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
crds=$root/../shared/crds
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -d "$crds" ]; then
    echo "the published CRDs are not here: nothing was compared"
    exit 0
fi
"$tool" "$work" "$root/cmd/schema-tables/kubernetes.yaml" "$crds" || exit 1
if [ "${2:-}" = --update ]; then
    cp "$work"/*.inc "$root/src/schema/tables/"
fi
[ "$(cat "$work"/*.inc | wc -c)" -gt 100000 ] || {
    echo "hardly any tables were written"
    exit 1
}
diff -rq "$work" "$root/src/schema/tables" || {
    echo "run tables.sh with --update and look at the difference"
    exit 1
}
