#!/bin/sh
# No annotation disappears: for each annotation that gateshift knows (and each name in a list that may lie
# beside the project), an Ingress that carries it is converted, and the annotation must be named in a
# diagnostic or change the objects.
#
#   loss.sh GATESHIFT
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=nginx.ingress.kubernetes.io

manifest() { # annotation value
    cat <<END
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: nginx
spec:
  controller: k8s.io/ingress-nginx
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    other.example.com/marker: "1"
END
    [ -n "$1" ] && printf '    %s/%s: "%s"\n' "$prefix" "$1" "$2"
    cat <<END
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /cart
        pathType: Prefix
        backend:
          service:
            name: cart
            port:
              number: 80
END
}

convert() { # name
    "$gateshift" convert --quiet --all -f "$work/$1.yaml" --to standard --gateway-class example --color never \
        >"$work/$1.out" 2>"$work/$1.err"
}

# Values that most checks accept, so that each annotation is seen both as accepted and as refused.
values='true 1 on /x https://example.com shop/name cookie GET 10.0.0.0/8 any basic GRPC %%%'
"$gateshift" explain | sed -n "s|^ *$prefix/\([a-z0-9-]*\).*|\1|p" >"$work/names"
spec=$root/../shared/spec/ingress-nginx.md
if [ -f "$spec" ]; then
    sed -n '/^## 6\. All annotations/,/^Names seen in old/s/^| \([a-z0-9-]*\) \((alias [^)]*) \)\{0,1\}|.*/\1/p' "$spec" |
        grep -v '^annotation$\|^-*$' >>"$work/names"
fi
sort -u "$work/names" >"$work/sorted"
[ "$(wc -l <"$work/sorted")" -ge 100 ] || {
    echo "only $(wc -l <"$work/sorted") annotations are known"
    exit 1
}
manifest '' '' >"$work/plain.yaml"
convert plain
passed=0
failed=0
while read -r name; do
    for value in $values; do
        manifest "$name" "$value" >"$work/one.yaml"
        convert one
        # The plain Ingress has the same objects; its messages differ by line numbers only.
        if grep -q -- "$name" "$work/one.err" || ! cmp -s "$work/plain.out" "$work/one.out"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "not ok: $name: \"$value\" disappears"
        fi
    done
done <"$work/sorted"

# Keys of the controller's ConfigMap: with none of these values may a key change nothing and be named nowhere.
# "true" or "false" is the default of some, which is why a key counts as lost only when no value shows it.
settings() { # key value
    manifest '' ''
    cat <<END
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: ingress-nginx-controller
  namespace: ingress-nginx
data:
  $1: "$2"
END
}
sed -n 's/^ *[A-Z_]*("\([a-z0-9-]*\)".*/\1/p' \
    "$root/src/ingress_nginx/settings.def" >"$work/keys"
[ "$(wc -l <"$work/keys")" -ge 150 ] || {
    echo "only $(wc -l <"$work/keys") settings are known"
    exit 1
}
"$gateshift" show --color never -f "$work/plain.yaml" 2>/dev/null |
    sed 's/plain\.yaml:[0-9]*/plain.yaml/' >"$work/plain.show"
while read -r key; do
    for value in 7 %%%; do
        settings "$key" "$value" >"$work/one.yaml"
        convert one
        "$gateshift" show --color never -f "$work/one.yaml" 2>>"$work/one.err" |
            sed 's/one\.yaml:[0-9]*/plain.yaml/' >"$work/one.show"
        if grep -q -- "$key" "$work/one.err" || ! cmp -s "$work/plain.out" "$work/one.out" ||
            ! cmp -s "$work/plain.show" "$work/one.show"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "not ok: setting $key: \"$value\" disappears"
        fi
    done
done <"$work/keys"

# Fields, and what has to be found of each in the objects or in a message.
seen() { # text: in the objects or in the messages
    if grep -q -- "$1" "$work/one.out" "$work/one.err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok: field with '$1' disappears"
    fi
}
cat >"$work/one.yaml" <<'END'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: all-fields
  namespace: shop
  labels: {team: field-label, helm.sh/chart: field-chart}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: field-default, port: {number: 81}}}
  tls:
  - {hosts: [used.example.com], secretName: field-secret}
  - {hosts: [unused.example.com], secretName: field-unused}
  rules:
  - host: used.example.com
    http:
      paths:
      - {path: /field-exact, pathType: Exact, backend: {service: {name: field-service, port: {number: 82}}}}
      - {path: /field-named, pathType: Prefix, backend: {service: {name: field-named, port: {name: field-port}}}}
      - {path: /field-resource, pathType: ImplementationSpecific, backend: {resource: {kind: Bucket, name: field-bucket}}}
  - host: field-no-paths.example.com
END
convert one
for text in all-fields field-label helm.sh/chart field-default 81 used.example.com field-secret \
    unused.example.com field-unused /field-exact field-service 82 /field-named field-port \
    /field-resource field-bucket field-no-paths; do
    seen "$text"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
