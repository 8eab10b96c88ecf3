#!/bin/sh
# Objects that an API server takes or refuses, as Gateway API itself tests its definitions: each one that is
# valid is accepted, each other one refused, with the messages of committed texts.
#
#   objects.sh GATESHIFT [--update]
#
# The collection may lie beside the project; without it only the project's own objects are looked at.
set -u
gateshift=$1
update=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
golden=$root/testdata/golden/objects
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

fail() { # text
    failed=$((failed + 1))
    echo "not ok: $1"
}

validate() { # folder file channel
    (cd "$1" && "$gateshift" validate --quiet --color never -f "$2" --gateway-api-version 1.6 \
        --channel "$3" >"$work/out" 2>"$work/messages")
}

accepted() { # folder file channel
    validate "$@"
    status=$?
    if [ "$status" -eq 0 ] && ! grep -q ': error ' "$work/messages"; then
        passed=$((passed + 1))
    else
        fail "$3/$2 is refused (exit status $status)"
        cat "$work/messages"
    fi
}

refused() { # folder file channel
    validate "$@"
    status=$?
    want=$golden/$3/$(basename "$2" .yaml).txt
    cat "$work/out" "$work/messages" >"$work/got"
    if [ "$update" = --update ]; then
        mkdir -p "$golden/$3"
        cp "$work/got" "$want"
    fi
    if [ "$status" -ne 1 ]; then
        fail "$3/$2: exit status $status, and not 1"
    elif [ ! -f "$want" ]; then
        fail "$3/$2: no expected text; run with --update and look at it"
    elif cmp -s "$want" "$work/got"; then
        passed=$((passed + 1))
    else
        fail "$3/$2"
        diff -u "$want" "$work/got" | head -20
    fi
}

cases=$root/../shared/cases/gateway-objects
if [ -d "$cases" ]; then
    for channel in standard experimental; do
        for file in "$cases/valid/$channel"/*.yaml; do
            accepted "$cases/valid/$channel" "$(basename "$file")" "$channel"
        done
        for file in "$cases/invalid/$channel"/*.yaml; do
            refused "$cases/invalid/$channel" "$(basename "$file")" "$channel"
        done
    done
else
    echo "the collection of objects is not here: only the project's own were looked at"
fi
for file in "$root"/testdata/schema/refused/*.yaml; do
    refused "$root/testdata/schema/refused" "$(basename "$file")" standard
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
