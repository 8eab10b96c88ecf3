#!/bin/sh
# The page that `gateshift report -o html` writes, in a real browser: it tries its own search and filters, keyboard
# and labels, and says nothing on the console. Hostile manifests stay text, and many hosts can be opened.
#
#   page.sh GATESHIFT
#
# Skipped (77) without chromium. JSON is held against its schema where python3 has jsonschema.
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v chromium >/dev/null 2>&1 || {
    echo "skipped: chromium is not here"
    exit 77
}
failed=0

many_hosts() { # YAML of so many Ingresses
    i=0
    while [ "$i" -lt "$1" ]; do
        printf 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i%d, namespace: n%d, annotations: {nginx.ingress.kubernetes.io/proxy-body-size: "%dm"}}\nspec:\n  ingressClassName: nginx\n  rules:\n  - host: h%d.example.com\n    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}\n---\n' \
            "$i" $((i % 50)) $((i % 7 + 2)) "$i"
        i=$((i + 1))
    done
}

fault() {
    echo "not ok: $*"
    failed=$((failed + 1))
}

browse() { # name file: the title that the page gives itself
    chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$work/profile" --enable-logging=stderr --v=0 --virtual-time-budget=20000 \
        --dump-dom "file://$2#selftest" >"$work/dom" 2>"$work/console"
    title=$(sed -n 's|.*<title>\(selftest[^<]*\)</title>.*|\1|p' "$work/dom" | head -n 1)
    [ "$title" = "selftest passed" ] || fault "$1: ${title:-the page did not try itself}"
    if grep -q 'CONSOLE' "$work/console"; then
        fault "$1: $(grep CONSOLE "$work/console" | head -n 3)"
    fi
}

report() { # name target path: the page, and its JSON by the schema
    "$gateshift" report -f "$3" --to "$2" -o html >"$work/$1.html" 2>/dev/null
    [ $? -le 1 ] || fault "$1: no report"
    browse "$1" "$work/$1.html"
    if python3 -c 'import jsonschema' 2>/dev/null; then
        "$gateshift" report -f "$3" --to "$2" -o json >"$work/$1.json" 2>/dev/null
        python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' \
            "$root/src/survey/schema/report.schema.json" "$work/$1.json" || fault "$1: JSON"
    fi
}

many_hosts 2000 >"$work/many.yaml"
report example aks-approuting "$root/testdata/example"
report example-envoy envoy-gateway "$root/testdata/example"
report hostile standard "$root/testdata/survey/hostile.yaml"
report many standard "$work/many.yaml"
# How long it takes to open, in the browser's own time: told, not judged. That little is drawn at first is judged.
chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" \
    --dump-dom "file://$work/many.html" 2>/dev/null |
    sed -n 's|.*<html lang="en" data-ready="\([0-9]*\)".*|2,000 hosts: ready after \1 ms|p'
[ "$failed" -eq 0 ] && echo "4 pages, no fault"
exit "$failed"
