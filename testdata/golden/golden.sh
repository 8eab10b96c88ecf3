#!/bin/sh
# What `gateshift convert` makes of real manifests, compared with committed texts.
#
#   golden.sh GATESHIFT [--update]
#
# The inputs are a collection of public manifests that may lie beside the project; without it only the
# project's own inputs are compared. Each text holds the exit status, the codes of the diagnostics with
# their places, and the objects. Each input is also converted twice, and given in two orders.
set -u
gateshift=$1
update=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
golden=$root/testdata/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

say() { # result name
    if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $2"; fi
}

convert() { # out file...
    out=$1
    shift
    "$gateshift" convert --quiet --all --to standard --gateway-class example --color never "$@" \
        >"$work/objects" 2>"$work/messages"
    status=$?
    {
        echo "exit $status"
        # Only the place, the severity and the code: messages are compared by tests of their own.
        sed -n 's/^[^ ]*\/\([^/ ]*:[0-9]*:[0-9]*: [a-z]* [A-Z][0-9]*\):.*$/\1/p' "$work/messages"
        echo "---"
        cat "$work/objects"
    } >"$out"
    case $status in 0 | 1 | 3) return 0 ;; *) return 1 ;; esac
}

one() { # group file
    name=$(basename "$2" .yaml)
    [ "$name" = manifests ] && name=$(basename "$(dirname "$2")")
    want=$golden/$1/$name.txt
    if ! convert "$work/got" -f "$2"; then
        say no "$1/$name: exit status $status"
        cat "$work/messages"
        return
    fi
    convert "$work/again" -f "$2"
    cmp -s "$work/got" "$work/again" && say ok || say no "$1/$name: two runs differ"
    if [ "$update" = --update ]; then
        mkdir -p "$golden/$1"
        cp "$work/got" "$want"
    fi
    if [ ! -f "$want" ]; then
        say no "$1/$name: no expected text; run with --update and look at it"
    elif cmp -s "$work/got" "$want"; then
        say ok
    else
        say no "$1/$name"
        diff -u "$want" "$work/got" | head -40
    fi
}

order() { # name file...: the order of files must not show
    label=$1
    shift
    forward=
    backward=
    for file; do
        forward="$forward -f $file"
        backward="-f $file $backward"
    done
    # Names of the files hold no blanks.
    # shellcheck disable=SC2086
    convert "$work/got" $forward
    # shellcheck disable=SC2086
    convert "$work/again" $backward
    cmp -s "$work/got" "$work/again" && say ok || say no "$label: the order of files shows"
}

one own "$root/testdata/example"
for case in "$root"/testdata/cases/nginx/*/manifests.yaml "$root"/testdata/cases/ingress-v1/*/manifests.yaml; do
    one own "$case"
done
order own "$root"/testdata/example/*.yaml
cases=$root/../shared/cases
if [ -d "$cases" ]; then
    for group in real-world patterns; do
        for file in "$cases/$group"/*.yaml; do
            one "$group" "$file"
        done
        order "$group" "$cases/$group"/*.yaml
    done
else
    echo "the collection of public manifests is not here: only the project's own inputs were compared"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
