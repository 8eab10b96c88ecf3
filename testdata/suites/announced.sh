#!/bin/sh
# What is converted answers as before, or convert has announced the difference. Each request of the cases below that
# is answered differently must be a line of announced.txt, and convert must give the code of that line for its case.
#
#   announced.sh GATESHIFT
#
# A line whose request is answered as before is too much: take it out.
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
cases=$root/../shared/cases
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -d "$cases" ] || {
    echo "the cases are not here, skipped"
    exit 77
}
faults=0
: >"$work/found"
for target in standard aks-approuting istio envoy-gateway nginx-gateway-fabric; do
    for suite in ingress-nginx-e2e ingress2gateway/ingress-nginx; do
        [ -d "$cases/$suite" ] || continue
        "$gateshift" test --convert --to "$target" -o json "$cases/$suite" >"$work/results" 2>"$work/errors"
        grep -c '"passed":true' "$work/results" >"$work/passed"
        sed -n 's/^ *{"case":"\(.*\)","name":"\(.*\)","passed":false.*/\1 \2/p' "$work/results" |
            sed "s|^$cases/||; s|^$root/../shared/cases/||" >"$work/failed"
        echo "$suite to $target: $(cat "$work/passed") as before, $(wc -l <"$work/failed") announced"
        sed "s|^|$target |" "$work/failed" >>"$work/found"
    done
done
grep -v '^#' "$root/testdata/suites/announced.txt" >"$work/lines"
sed 's/^[A-Z0-9]* //' "$work/lines" | sort >"$work/known"
sort "$work/found" >"$work/sorted"
diff "$work/known" "$work/sorted" >"$work/diff" || {
    echo "requests that are answered differently: in announced.txt (<), found (>)"
    grep '^[<>]' "$work/diff"
    faults=1
}
# The codes of a case are asked for once.
cut -d ' ' -f 1-3 "$work/lines" | sort -u -k 2,3 -k 1,1 >"$work/codes"
last=
while read -r code target case; do
    if [ "$target $case" != "$last" ]; then
        "$gateshift" convert --closed --all --to "$target" -f "$cases/$case/manifests.yaml" \
            --diagnostics json >/dev/null 2>"$work/said"
        last="$target $case"
    fi
    grep -q "\"$code\"" "$work/said" || {
        echo "$case to $target: convert does not say $code"
        faults=1
    }
done <"$work/codes"
exit "$faults"
