#!/bin/sh
# What a plain Ingress already meets on AKS application routing with Gateway API: each of these differences is avoided
# by what convert writes, or announced. A case folder each; its file `announced` has a line for each request that is
# answered differently, with the code of the message ("C005 NAME"), and a code alone for what no request shows. Lines of
# its file `written` are in the objects, or are not where a '! ' is before them. What is written is valid, and keeps
# the limits of the CRDs.
#
#   aks.sh GATESHIFT
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
faults=0
for case in "$root"/testdata/cases/aks/aks-7-*; do
    count=$((count + 1))
    "$gateshift" test --convert --to aks-approuting -o json "$case" >"$work/results" 2>"$work/errors"
    sed -n 's/^ *{"case":".*","name":"\(.*\)","passed":false.*/\1/p' "$work/results" | sort >"$work/failed"
    sed -n 's/^[A-Z0-9]* //p' "$case/announced" | sort >"$work/known"
    diff "$work/known" "$work/failed" >"$work/diff" || {
        echo "not ok: ${case##*/}: announced (<), answered differently (>)"
        grep '^[<>]' "$work/diff"
        faults=$((faults + 1))
    }
    "$gateshift" convert --closed --all --to aks-approuting -f "$case/manifests.yaml" --diagnostics json \
        >"$work/objects" 2>"$work/said"
    cut -d ' ' -f 1 "$case/announced" | sort -u >"$work/codes"
    while read -r code; do
        grep -q "\"$code\"" "$work/said" || {
            echo "not ok: ${case##*/}: convert does not say $code"
            faults=$((faults + 1))
        }
    done <"$work/codes"
    "$gateshift" validate --to aks-approuting --quiet -f "$work/objects" >/dev/null 2>"$work/faults" || {
        echo "not ok: ${case##*/}: not valid: $(head -n 3 "$work/faults")"
        faults=$((faults + 1))
    }
    [ -f "$case/written" ] || continue
    while IFS= read -r line; do
        want=0
        text=${line#! }
        [ "$text" = "$line" ] || want=1
        grep -qF -- "$text" "$work/objects"
        [ $? -eq "$want" ] || {
            echo "not ok: ${case##*/}: '$line' does not hold for what is written"
            faults=$((faults + 1))
        }
    done <"$case/written"
done
echo "$count differences, $faults faults"
[ "$count" -eq 14 ] && [ "$faults" -eq 0 ]
