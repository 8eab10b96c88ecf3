#!/bin/sh
# Runs behaviour cases of other projects' test suites and keeps what was reached: a suite that passes fewer
# requests than recorded in suites.txt fails.
#
#   suites.sh GATESHIFT [--update]
#
# A line of suites.txt: suite, side, profile of Gateway API ("-": the standard; "to:TARGET": the objects are
# converted first), requests that pass.
set -u
gateshift=$1
update=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
recorded=$root/testdata/suites/suites.txt
failed=0
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while read -r suite side profile least; do
    case $suite in
    own | own/*) folder=$root/testdata/cases${suite#own} ;;
    *) folder=$root/../shared/cases/$suite ;;
    esac
    if [ ! -d "$folder" ]; then
        echo "$suite: not here, skipped"
        continue
    fi
    case $profile in
    -) as= ;;
    to:*) as="--convert --to=${profile#to:}" ;;
    *) as="--as=$profile" ;;
    esac
    # The last line is "N passed, N failed".
    # shellcheck disable=SC2086
    last=$("$gateshift" test --side "$side" $as "$folder" 2>/dev/null | tail -n 1)
    passed=${last%% *}
    echo "$suite ($side, $profile): $last, at least $least wanted"
    case $passed in
    '' | *[!0-9]*) failed=1 ;;
    *) [ "$passed" -ge "$least" ] || failed=1 ;;
    esac
    # What is our own holds as a whole.
    case "$suite $last" in
    own*", 0 failed") ;;
    own*) failed=1 ;;
    esac
    echo "$suite $side $profile $passed" >>"$new"
done <"$recorded"
[ "$update" = --update ] && cp "$new" "$recorded"
exit "$failed"
