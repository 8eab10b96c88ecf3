#!/bin/sh
# Plans for all inputs with Ingresses: every file is valid, the requests hold on the bundle and on the input, and a
# wave of the plan can be rolled back alone.
#
#   plan.sh GATESHIFT
#
# Skipped (77) without python3 and its jsonschema. More inputs may lie beside the project.
set -u
gateshift=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
python3 -c 'import jsonschema' 2>/dev/null || {
    echo "skipped: python3 with jsonschema is not here"
    exit 77
}
cd "$root" || exit 1
exec python3 testdata/plan/plan.py "$gateshift"
