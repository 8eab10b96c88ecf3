#!/bin/sh
# Gateway API's own conformance suite under each profile: what differs from the standard is exactly what the
# implementation's conformance report declares, as declared.txt lists it.
#
#   conformance.sh GATESHIFT
set -u
export LC_ALL=C
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
declared=$root/testdata/suites/declared.txt
suite=$root/../shared/cases/gateway-conformance
if [ ! -d "$suite" ]; then
    echo "gateway-conformance: not here, skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
grep -v '^#' "$declared" >"$work/declared"

# Each feature is one that the case is about.
while read -r profile name requests feature report; do
    if ! tr '\n' ' ' <"$suite/$name/SOURCE" | grep -q "Features:.*[ ,]$feature[,.]"; then
        echo "declared.txt: $profile $name ($requests, $report): the case is not about $feature"
        failed=1
    fi
done <"$work/declared"

for profile in standard aks-approuting istio envoy-gateway nginx-gateway-fabric; do
    "$gateshift" test --side gateway --as "$profile" "$suite" >"$work/out" 2>/dev/null
    sed -n 's|^not ok: .*/gateway-conformance/\([^:]*\): .*|\1|p' "$work/out" |
        sort | uniq -c | awk '{ print $2, $1 }' >"$work/differ"
    awk -v p="$profile" '$1 == p { print $2, $3 }' "$work/declared" | sort >"$work/expected"
    echo "$profile: $(tail -n 1 "$work/out"), $(wc -l <"$work/expected") cases declared to differ"
    case $(tail -n 1 "$work/out") in
    [1-9]*" passed, "*) ;;
    *) failed=1 ;;
    esac
    if ! diff "$work/expected" "$work/differ"; then
        echo "$profile: '<' is declared and does not differ so, '>' differs and is not declared"
        failed=1
    fi
done
exit "$failed"
