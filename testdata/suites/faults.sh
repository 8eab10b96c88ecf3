#!/bin/sh
# Every fault of another converter that the description of it numbers has an answer in faults.txt: what shows that
# gateshift does not have it, or why nothing does. The test "suites" runs the cases.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
list=$root/testdata/suites/faults.txt
spec=$root/../shared/spec/peer-ingress2gateway.md
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -v '^#' "$list" >"$work/list"

while read -r number kind what; do
    case $kind in
    case) [ -f "$root/testdata/cases/peer/$what/requests.json" ] ;;
    cli) [ -f "$root/testdata/cli/$what/cmd" ] ;;
    test | later | other) [ -n "$what" ] ;;
    *) false ;;
    esac || {
        echo "fault $number: there is no $kind $what"
        failed=1
    }
done <"$work/list"
for folder in "$root"/testdata/cases/peer/*/; do
    name=$(basename "$folder")
    grep -q " case $name\$" "$work/list" || {
        echo "testdata/cases/peer/$name: no fault is about it"
        failed=1
    }
done

cut -d ' ' -f 1 "$work/list" | sort -n -u >"$work/listed"
if [ -f "$spec" ]; then
    sed -n 's/^| W\([0-9][0-9]*\) .*/\1/p' "$spec" | sort -n -u >"$work/numbered"
    if ! diff "$work/numbered" "$work/listed"; then
        echo "'<' is a fault without an answer, '>' a number that is none"
        failed=1
    fi
else
    echo "peer-ingress2gateway.md: not here, its numbers are not looked at"
fi
for kind in case cli test later other; do
    echo "$kind: $(grep -c "^[0-9]* $kind " "$work/list")"
done
exit "$failed"
