#!/bin/sh
# What the coverage table calls near is near: for each annotation and target there are manifests in testdata/near, in
# which the annotation shows. Converted with it and without it, and read back, something differs: a part of it survives.
# Where nothing does, the annotation is named in a message of the conversion, which says what becomes of it.
#
#   near.sh GATESHIFT [ANNOTATION...]
set -u
gateshift=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
inputs=$root/testdata/near
prefix=nginx.ingress.kubernetes.io
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0
pairs=0
survivors=0

fault() {
    echo "not ok: $1"
    faults=$((faults + 1))
}

convert() { # manifests target to
    "$gateshift" convert --keep-going --all --color never -f "$1" --to "$2" --gateway-api-version 1.6 \
        --channel experimental >"$3" 2>"$3.said"
}

differ() { # before after [OPTION...]
    before=$1
    after=$2
    shift 2
    "$gateshift" diff --quiet --before "$before" --after "$after" --fail-on cosmetic "$@" >"$work/differences" 2>&1
    [ $? -eq 1 ]
}

judge() { # annotation target
    pairs=$((pairs + 1))
    with=$(grep -l "^ *$prefix/$1:" "$inputs"/*.yaml | head -1)
    if [ -z "$with" ]; then
        fault "$1 is near on $2, and testdata/near has no case for it"
        return
    fi
    grep -v "^ *$prefix/$1:" "$with" >"$work/without.yaml"
    differ "$with" "$work/without.yaml" || fault "$1: $(basename "$with") does what it does without the annotation"
    convert "$with" "$2" "$work/with.out"
    convert "$work/without.yaml" "$2" "$work/without.out"
    if differ "$work/with.out" "$work/without.out" --before-as "$2" --after-as "$2"; then
        survivors=$((survivors + 1))
    elif ! grep ' C[0-9]*: ' "$work/with.out.said" | grep -q "$1"; then
        fault "$1 on $2: nothing of it is written, and no message names it"
    fi
}

. "$root/testdata/suites/coverage.sh"
judge_all "$gateshift" near "$@"
echo "$pairs annotations and targets that are near, of which $survivors survive in part, $faults faults"
[ "$faults" -eq 0 ] && [ "$pairs" -gt 0 ]
