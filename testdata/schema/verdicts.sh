#!/bin/sh
# Objects made by changing those of testdata/rules at random, with the verdict that the libraries of the API
# server gave on them: k8s.io/apiextensions-apiserver 0.34 with the CRDs of a release and channel, and the
# validation of Kubernetes 1.34. The file's name has release, channel and verdict. Among those that are refused
# no two of a kind were refused for the same reason.
#
#   verdicts.sh GATESHIFT
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
passed=0
failed=0

for file in "$root"/testdata/schema/verdicts/*.yaml; do
    name=$(basename "$file" .yaml)
    release=${name%%-*}
    verdict=${name##*-}
    channel=${name#*-}
    channel=${channel%-*}
    objects=$(grep -c '^---$' "$file")
    same=$("$gateshift" validate --quiet --color never -f "$file" --gateway-api-version "$release" \
        --channel "$channel" --output json 2>/dev/null | grep -c "\"verdict\": \"$verdict\"")
    passed=$((passed + same))
    if [ "$same" -ne "$objects" ]; then
        failed=$((failed + objects - same))
        echo "not ok: $name: $same of $objects are $verdict"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 1000 ]
