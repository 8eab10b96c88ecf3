#!/bin/sh
# What gateshift writes is valid: all inputs of behaviour cases are converted for each target, for several
# releases and channels and in each layout, and each result is validated as an API server of that release would.
#
#   converted.sh GATESHIFT
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
empty=0

one() { # input target release channel [layout]
    "$gateshift" convert --quiet --keep-going --color never -f "$1" --to "$2" --gateway-class example \
        --gateway-api-version "$3" --channel "$4" --layout "${5:-auto}" --rbac owners \
        >"$work/objects.yaml" 2>"$work/said"
    status=$?
    case $status in 0 | 1 | 3) ;; *)
        failed=$((failed + 1))
        echo "not ok: $1: convert has exit status $status"
        return
        ;;
    esac
    if grep -q 'V030' "$work/said"; then
        failed=$((failed + 1))
        echo "not ok: $1: convert for $2, $3 $4 says so itself"
        grep 'V030' "$work/said"
        return
    fi
    if [ ! -s "$work/objects.yaml" ]; then
        empty=$((empty + 1))
        return
    fi
    "$gateshift" validate --quiet --color never -f "$work/objects.yaml" --to "$2" \
        --gateway-api-version "$3" --channel "$4" >"$work/out" 2>"$work/messages"
    status=$?
    # What routes ask of each other is a matter of the input; each object has to be valid by itself.
    if [ -s "$work/out" ] || [ $status -gt 1 ] || grep -q 'error [^G]' "$work/messages"; then
        failed=$((failed + 1))
        echo "not ok: $1: for $2, $3 $4 (exit status $status)"
        head -5 "$work/messages"
    else
        passed=$((passed + 1))
    fi
}

all() { # input
    # one a line: "  --to TARGET" names them in the help of convert
    for target in $targets; do
        one "$1" "$target" 1.5 standard
        one "$1" "$target" 1.2 standard
        one "$1" "$target" 1.6 experimental
        one "$1" "$target" 1.5 standard per-namespace
    done
    one "$1" standard 1.5 standard shared
    one "$1" standard 1.5 standard listenersets
}

targets=$("$gateshift" convert --help | sed -n '/--to /{n;s/^ *one of //p;}' | tr -d ',')
[ -n "$targets" ] || {
    echo "no targets in the help of convert"
    exit 1
}
all "$root/testdata/example"
for input in "$root"/testdata/cases/nginx/*/manifests.yaml \
    "$root"/testdata/cases/ingress-v1/*/manifests.yaml; do
    all "$input"
done
cases=$root/../shared/cases
if [ -d "$cases" ]; then
    for input in "$cases"/ingress-nginx-e2e/*/manifests.yaml "$cases"/ingress-conformance/*/manifests.yaml \
        "$cases"/ingress2gateway/*/*/*.yaml "$cases"/real-world/*.yaml "$cases"/patterns/*.yaml; do
        case $input in */output.yaml) continue ;; esac
        all "$input"
    done
else
    echo "the collection of cases is not here: only the project's own inputs were converted"
fi
echo "$passed passed, $failed failed, $empty without objects"
[ "$failed" -eq 0 ] && [ "$passed" -gt 10 ]
