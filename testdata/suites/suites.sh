#!/bin/sh
# Runs behaviour cases of other projects' test suites and keeps what was reached: a suite that passes fewer
# requests than recorded in suites.txt fails.
#
#   suites.sh GATESHIFT [--update]
set -u
gateshift=$1
update=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
recorded=$root/testdata/suites/suites.txt
failed=0
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while read -r suite side least; do
    case $suite in
    own) folder=$root/testdata/cases ;;
    *) folder=$root/../shared/cases/$suite ;;
    esac
    if [ ! -d "$folder" ]; then
        echo "$suite: not here, skipped"
        continue
    fi
    # The last line is "N passed, N failed".
    last=$("$gateshift" test --side "$side" "$folder" 2>/dev/null | tail -n 1)
    passed=${last%% *}
    echo "$suite ($side): $last, at least $least wanted"
    case $passed in
    '' | *[!0-9]*) failed=1 ;;
    *) [ "$passed" -ge "$least" ] || failed=1 ;;
    esac
    echo "$suite $side $passed" >>"$new"
done <"$recorded"
[ "$update" = --update ] && cp "$new" "$recorded"
exit "$failed"
