#!/bin/sh
# What `gateshift diff` writes for machines is what those machines take: JSON by its schema, SARIF as code
# scanning asks for it, JUnit as XML, Markdown within the size of a comment; and ids of findings stay.
#
#   formats.sh GATESHIFT
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
exec python3 testdata/report/formats.py "$gateshift"
