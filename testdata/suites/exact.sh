#!/bin/sh
# What the coverage table calls exact is exact: for each annotation and target, the manifests of testdata/exact that
# are named after the annotation are converted, and what was written and read back answers every request as they do;
# and the effect is really there: compared with the manifests without the annotation, some request differs.
#
#   exact.sh GATESHIFT [ANNOTATION...]
set -u
gateshift=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
inputs=$root/testdata/exact
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0
pairs=0

fault() {
    echo "not ok: $1"
    faults=$((faults + 1))
}

# The exit status of diff: 0 for no difference of the rules, 1 for some.
compare() { # before target
    "$gateshift" diff --quiet --before "$1" --after "$work/after.yaml" --after-as "$2" --fail-on cosmetic \
        >"$work/differences" 2>"$work/said"
}

judge() { # annotation target
    with=$inputs/$1.yaml
    pairs=$((pairs + 1))
    if [ ! -f "$with" ]; then
        fault "$1 is exact on $2, and testdata/exact has no case for it"
        return
    fi
    grep -v "^ *nginx.ingress.kubernetes.io/$1:" "$with" >"$work/without.yaml"
    "$gateshift" convert --quiet --keep-going -f "$with" --to "$2" --gateway-api-version 1.6 \
        --channel experimental >"$work/after.yaml" 2>"$work/said"
    compare "$with" "$2"
    status=$?
    if [ "$status" -ne 0 ]; then
        fault "$1 is exact on $2, and some request is answered differently (exit status $status)"
        grep -v '^ ' "$work/differences" | head -20
    fi
    compare "$work/without.yaml" "$2"
    status=$?
    [ "$status" -eq 1 ] || fault "$1 on $2: no request tells whether the annotation is there (exit status $status)"
}

. "$root/testdata/suites/coverage.sh"
judge_all "$gateshift" exact "$@"
echo "$pairs annotations and targets that are exact, $faults faults"
[ "$faults" -eq 0 ] && [ "$pairs" -gt 0 ]
