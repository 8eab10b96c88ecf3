#!/bin/sh
# Every trap that the description of ingress-nginx numbers has a case folder, by traps.txt; where the description
# is not here, the folders alone are looked at. The test "suites" runs them.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
list=$root/testdata/suites/traps.txt
cases=$root/testdata/cases/nginx
spec=$root/../shared/spec/ingress-nginx.md
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -v '^#' "$list" >"$work/list"

while read -r number folder rest; do
    if [ ! -f "$cases/$folder/manifests.yaml" ] || [ ! -f "$cases/$folder/requests.json" ]; then
        echo "trap $number, $rest: no case folder $folder"
        failed=1
    elif [ "$(grep -c '^  "request": {' "$cases/$folder/requests.json")" -lt 3 ]; then
        echo "trap $number, $rest: fewer than three requests in $folder"
        failed=1
    fi
done <"$work/list"

cut -d ' ' -f 1 "$work/list" | sort -n -u >"$work/listed"
if [ -f "$spec" ]; then
    sed -n '/^## 9\. Traps/,$s/^\([0-9][0-9]*\)\. .*/\1/p' "$spec" | sort -n -u >"$work/numbered"
    if ! diff "$work/numbered" "$work/listed"; then
        echo "'<' is a trap without a folder, '>' a number that is no trap"
        failed=1
    fi
    echo "$(wc -l <"$work/numbered") traps are numbered"
else
    echo "ingress-nginx.md: not here, its numbers are not looked at"
fi
echo "$(wc -l <"$work/listed") traps have case folders"
exit "$failed"
