#!/bin/sh
# The way back, for every input with Ingresses: what `gateshift rollback` writes says the same as the input (the
# program reads it again, and any difference is R002), and behaves the same, or the reason is named.
#
#   rollback.sh GATESHIFT
#
# More inputs may lie beside the project.
set -u
gateshift=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root" || exit 1
shared=../shared/cases
proved=0
named=0
traps=0
failed=0
fault() {
    echo "not ok: $*"
    failed=$((failed + 1))
}

one() { # file option...
    file=$1
    shift
    "$gateshift" rollback -f "$file" -o json --min-severity warning --color never "$@" \
        >"$work/json" 2>"$work/messages"
    status=$?
    case $status in
    0 | 1) ;;
    *)
        fault "$file: exit status $status"
        return
        ;;
    esac
    # Nobody serves an Ingress of this input.
    grep -q ' R005: ' "$work/messages" && return
    grep -q ' R002: ' "$work/messages" && fault "$file: $(grep -m 1 ' R002: ' "$work/messages")"
    verdict=$(sed -n 's/^    "verdict": "\(.*\)",$/\1/p' "$work/json")
    case $verdict in
    equivalent) proved=$((proved + 1)) ;;
    unproven)
        named=$((named + 1))
        grep -q ' R003: .*: .' "$work/messages" || fault "$file: unproven without a reason"
        ;;
    *) fault "$file: verdict '$verdict'" ;;
    esac
    if grep -q ' R001: ' "$work/messages"; then
        traps=$((traps + 1))
        grep -q " R001: .*'curl " "$work/messages" || fault "$file: a trap without a witness"
    fi
}

for file in testdata/example/*.yaml testdata/cases/nginx/*/manifests.yaml testdata/cases/ingress-v1/*/manifests.yaml \
    "$shared"/ingress-nginx-e2e/*/manifests.yaml "$shared"/ingress-conformance/*/manifests.yaml \
    "$shared"/ingress2gateway/ingress-nginx/*/manifests.yaml; do
    [ -f "$file" ] && grep -q '^ *-\{0,1\} *kind: Ingress$' "$file" || continue
    # Inputs that are errors are not for here.
    "$gateshift" show -f "$file" --closed >/dev/null 2>&1 || continue
    case $file in */manifests.yaml) one "$file" --closed ;; *) one "$file" ;; esac
done
echo "$proved proved, $named not proved and named, $traps where the order of creation decides, $failed failed"
[ "$failed" -eq 0 ] && [ "$proved" -ge 50 ]
