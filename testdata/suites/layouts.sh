#!/bin/sh
# A cluster of many teams in each layout: what is written is valid, breaks no limit, does the same as before, has
# the same bytes whatever the order of files, and takes a bounded time. Hosts that several teams share do the same in
# every layout.
#
#   layouts.sh GATESHIFT NAMESPACES HOSTS RULES
#
# HOSTS are those of one namespace, RULES those of one host. Every host has a certificate; rules overlap, so that
# their order counts.
set -u
gateshift=$1
namespaces=$2
hosts=$3
rules=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
    failed=$((failed + 1))
    echo "not ok: $*"
}

mkdir "$work/in" "$work/other"
awk -v namespaces="$namespaces" -v hosts="$hosts" -v rules="$rules" -v folder="$work/in" 'BEGIN {
    for (n = 0; n < namespaces; n++) {
        file = sprintf("%s/team-%03d.yaml", folder, n)
        for (h = 0; h < hosts; h++) {
            host = sprintf("h%03d.team-%03d.example.com", h, n)
            print "---\napiVersion: networking.k8s.io/v1\nkind: Ingress" > file
            printf "metadata: {name: web-%03d, namespace: team-%03d}\n", h, n > file
            printf "spec:\n  ingressClassName: nginx\n  tls: [{hosts: [%s], secretName: web-%03d-tls}]\n", host, h > file
            printf "  rules:\n  - host: %s\n    http:\n      paths:\n", host > file
            for (r = 0; r < rules; r++) {
                path = r == rules - 1 ? "/" : sprintf("/p%d%s", int(r / 3), r % 3 == 2 ? "/deep" : r % 3 == 1 ? "/deep/er" : "")
                printf "      - {path: %s, pathType: %s, backend: {service: {name: s%d, port: {number: 80}}}}\n",
                    path, r % 5 == 4 ? "Exact" : "Prefix", (r + h) % 7 > file
            }
        }
        close(file)
    }
}'
# the same files under names that sort the other way
number=999
for file in "$work"/in/*; do
    cp "$file" "$work/other/$number.yaml"
    number=$((number - 1))
done

total=$((namespaces * hosts))
# Of a Gateway with 64 listeners one is for http.
shared=$(((total + 62) / 63))
per_namespace=$((namespaces * ((hosts + 62) / 63)))
layout() { # name Gateways
    options="--to envoy-gateway --layout $1 --quiet --color never"
    # shellcheck disable=SC2086
    timeout 120 "$gateshift" convert $options -f "$work/in" >"$work/objects.yaml" 2>"$work/said" ||
        fail "$1: convert has exit status $?"
    # shellcheck disable=SC2086
    "$gateshift" convert $options -f "$work/other" 2>/dev/null | cmp -s - "$work/objects.yaml" ||
        fail "$1: another order of files gives other bytes"
    count=$(grep -c '^kind: Gateway$' "$work/objects.yaml")
    [ "$count" -eq "$2" ] || fail "$1: $count Gateways, not $2"
    listeners=$(grep -cE '^  - name: https-' "$work/objects.yaml")
    [ "$listeners" -eq "$total" ] || fail "$1: $listeners https listeners, not $total"
    timeout 120 "$gateshift" validate --to envoy-gateway --quiet -f "$work/objects.yaml" >"$work/out" 2>"$work/said" ||
        fail "$1: not valid: $(head -3 "$work/said")"
    timeout 600 "$gateshift" diff --before "$work/in" --after "$work/objects.yaml" --after-as envoy-gateway \
        --quiet >"$work/out" 2>/dev/null
    grep -q "^equivalent: no finding.* $((total + 1)) of $((total + 1)) hosts" "$work/out" ||
        fail "$1: not the same as before: $(head -3 "$work/out")"
    echo "$1: $total hosts, $count Gateways"
}
layout shared "$shared"
layout per-namespace "$per_namespace"
layout listenersets 1

teams=$(dirname "$0")/hosts-of-several-teams
for name in auto per-namespace shared listenersets; do
    "$gateshift" test --convert --to standard --layout "$name" --quiet "$teams" >"$work/out" 2>"$work/said" ||
        fail "$name, hosts of several teams: $(tail -n 1 "$work/out")"
    "$gateshift" diff --before "$teams/manifests.yaml" --to standard --layout "$name" --closed --quiet 2>/dev/null |
        grep -E '^(equivalent|different|breaking|changed|cosmetic|unproven)' >"$work/$name"
    cmp -s "$work/auto" "$work/$name" || fail "$name, hosts of several teams: $(diff "$work/auto" "$work/$name")"
done
[ -s "$work/auto" ] || fail "diff says nothing"
[ "$failed" -eq 0 ]
