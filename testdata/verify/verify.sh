#!/bin/sh
# gateshift verify between servers on the loopback interface: two of nginx, configured as ingress-nginx would be, with
# and without planted differences; and servers that are slow, broken, or lead elsewhere.
#
#   verify.sh GATESHIFT ORACLE     77: nginx, Python or OpenSSL is not installed
set -u
gateshift=$(realpath "$1")
oracle=$(realpath "$2")
cd "$(dirname "$0")" || exit 1
command -v python3 >/dev/null && command -v openssl >/dev/null || {
    echo "skipped: Python or OpenSSL is not installed"
    exit 77
}
base=$(mktemp -d)
trap 'stop; rm -rf "$base"' EXIT
passed=0
failed=0
check() { # what command...
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok: $what"
        cat "$base/out" "$base/err" 2>/dev/null | head -40
    fi
}
is() { [ "$1" = "$2" ]; }
says() { grep -q -- "$1" "$base/out"; }
warns() { grep -q -- "$1" "$base/err"; }
children=
stop() {
    exec 6>&- 7>&- 8>&-
    # Names of processes are numbers.
    # shellcheck disable=SC2086
    [ -z "$children" ] || wait $children 2>/dev/null
    children=
}
ready() { # file
    tries=0
    while ! grep -q ready "$1" 2>/dev/null && [ $tries -lt 400 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    grep -q ready "$1"
}
free_ports() { # count
    python3 -c '
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[s.getsockname()[1] for s in sockets])' "$1"
}
verify() { # options
    status=0
    "$gateshift" verify --color never --rate 0 "$@" >"$base/out" 2>"$base/err" </dev/null || status=$?
}
field() { # expression of Python over the JSON result r
    python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
def paths(verdict):
    return sorted({i["request"]["host"] + i["request"]["path"].rstrip("/x") for i in r["requests"] if i["verdict"] == verdict})
def fields(start):
    exact = start.endswith("/")
    return sorted({d["field"] for i in r["requests"] for d in i.get("differences", [])
                   if (lambda at: at == start if exact else at.startswith(start))(i["request"]["host"] + i["request"]["path"])})
print(eval(sys.argv[2]))' "$base/out" "$1"
}

# ---- broken servers, and servers that lead elsewhere --------------------------------------------

mkdir "$base/servers"
for name in a b; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$name \
        -addext "subjectAltName=DNS:$name.corp.example" -keyout "$base/$name.key" -out "$base/$name.crt" 2>/dev/null
    cat "$base/$name.key" "$base/$name.crt" >"$base/servers/$name.corp.example.pem"
done
cat "$base/a.crt" "$base/b.crt" >"$base/both.crt"
mkfifo "$base/life"
python3 servers.py "$base/servers" <"$base/life" >"$base/servers.out" &
children="$children $!"
exec 6>"$base/life"
ready "$base/servers.out" || exit 1
port() { cat "$base/servers/$1.port"; }
good=127.0.0.1:$(port good)

verify --before-addr "$good" --after-addr "$good" http://a.corp.example/
check "the same server twice" is $status 0
check "it is alike" says '^1 request: 1 alike$'
for kind in silent:time endless:time closed:closed reset:closed truncated:body garbage:no.HTTP; do
    verify --timeout 1 --before-addr "$good" --after-addr 127.0.0.1:"$(port "${kind%:*}")" http://a.corp.example/
    check "$kind: a difference" is $status 1
    check "$kind: it is named" says "after$"
    check "$kind: by its kind" says "${kind#*:}"
done
verify --timeout 1 --before-addr 127.0.0.1:"$(port endless)" --after-addr 127.0.0.1:"$(port endless)" \
    http://a.corp.example/
check "streams on both sides are alike" is $status 0
gone=$(free_ports 1)
verify --before-addr "$good" --after-addr "127.0.0.1:$gone" http://a.corp.example/ http://b.corp.example/
check "nobody listens" is $status 4
check "and that is said" warns "nobody answers at 127.0.0.1:$gone"
verify --timeout 1 --before-addr "https=127.0.0.1:$(port good)" --after-addr "https=127.0.0.1:$(port good)" https://a.corp.example/
check "no TLS where TLS is expected" says '^1 request: 1 alike$'
check "but nothing was compared" is $status 4
check "which is said" warns "no request got an answer from 127.0.0.1:"
check "with what happened" says 'no good answer: 1 request, no whole answer in time'
for kind in silent:time closed:closed garbage:no.HTTP; do
    bad=127.0.0.1:$(port "${kind%:*}")
    verify --timeout 1 --before-addr "$bad" --after-addr "$bad" http://a.corp.example/ http://b.corp.example/
    check "$kind: on both sides is no success" is $status 4
    check "$kind: is said" says "no good answer: 2 requests, .*${kind#*:}"
done

# SNI, trust
sni=https=127.0.0.1:$(port sni)
verify --before-addr "$sni" --after-addr "$sni" --cacert "$base/both.crt" https://a.corp.example/ \
    https://b.corp.example/ -o json
check "both names are trusted" is "$(field '[i["before"].get("status") for i in r["requests"]]')" '[200, 200]'
check "names are told" is "$(sort -u "$base/servers/names" | tr '\n' ' ')" 'a.corp.example b.corp.example '
verify --before-addr "$sni" --after-addr "$sni" --cacert "$base/a.crt" https://a.corp.example/ https://b.corp.example/ \
    -o json
check "an authority that is not given" is "$(field '[i["before"].get("fault") for i in r["requests"]]')" \
    "[None, 'certificate']"
verify --before-addr "$sni" --after-addr "$sni" --cacert "$base/both.crt" https://c.corp.example/ -o json
check "a certificate for another name" is "$(field 'r["requests"][0]["after"]["fault"]')" certificate
verify --before-addr "$sni" --after-addr "$sni" --insecure https://c.corp.example/ -o json
check "unless that is taken" is "$(field 'r["requests"][0]["after"]["status"]')" 200
check "with a warning" warns Q001

printf '%s\n' '{"request":"GET /log HTTP/1.1","scheme":"https","host":"b.corp.example:443","status":"200"}' >"$base/log"
verify --before-addr "$sni" --after-addr "$sni" --cacert "$base/both.crt" --log "$base/log" --log-format json \
    '{"scheme":"https","host":"b.corp.example:8443"}' -o json
check "names are told without a port" is "$(field '[i["before"].get("status") for i in r["requests"]]')" '[200, 200]'

verify --before-addr "$sni" --after-addr "$sni" --cacert "$base/none" https://a.corp.example/
check "a file that is not there" is $status 4

# Nothing goes elsewhere: redirects, names that would resolve, proxies of the environment.
trap=127.0.0.1:$(port trap)
export http_proxy="http://$trap" https_proxy="http://$trap" HTTPS_PROXY="http://$trap" all_proxy="http://$trap" \
    ALL_PROXY="http://$trap"
redirect=127.0.0.1:$(port redirect)
verify --before-addr "$redirect" --after-addr "$redirect" "http://$trap/" "http://localhost:$(port trap)/" \
    http://a.corp.example/
check "redirects are answers" is $status 0
verify --before-addr "$sni" --after-addr "$sni" --insecure "https://$trap/" "https://localhost:$(port trap)/"
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
check "nobody came elsewhere" test ! -e "$base/servers/trapped"
verify --before-addr "$good" --after-addr "$good" --proxy "http://$trap" http://a.corp.example/
check "but to a proxy that is given" test -e "$base/servers/trapped"
verify --before-addr "$good" --after-addr "$good" --proxy "http://127.0.0.1:$(port proxy)" http://a.corp.example/
check "a proxy is told the address" is "$(sort -u "$base/servers/proxied")" "CONNECT $good HTTP/1.1"
check "and leads to it" says '^1 request: 1 alike$'
verify --before-addr 192.0.2.1 --after-addr 192.0.2.1 --proxy "http://127.0.0.1:$(port refusing)" http://a.corp.example/
check "of a usual port, too" is "$(sort -u "$base/servers/refused")" "CONNECT 192.0.2.1:80 HTTP/1.1"
verify --before-addr "$good" --after-addr "$good" --proxy "http://127.0.0.1:$(port refusing)" http://a.corp.example/
check "a proxy that refuses" is $status 4
check "is no server that answers" warns "nobody answers at $good"

# What is sent
verify --before-addr "$good" --after-addr "$good" -X POST http://a.corp.example/
check "other methods are not sent" says 'POST may change something'
check "and nothing is said of them" warns 'Q002'
verify --before-addr "$good" --after-addr "$good" --unsafe-methods -X POST --body-size 100 http://a.corp.example/
check "unless that is asked for" says '^1 request: 1 alike$'
verify --before-addr "$good" --after-addr "$good" https://a.corp.example/
check "no address for a scheme" says 'no address for https is given'
check "nothing sent is no success" is $status 4
check "and is said" warns 'no request was sent'
own=127.0.0.1:$(port headers)
verify --before-addr "$own" --after-addr "$own" --echo path=request.url,headers=got,pod=hostname \
    http://a.corp.example/x?y -o json
check "another echo" is "$(field 'r["requests"][0]["before"]["echo"]["path"]')" '/x?y'
verify --before-addr "$good" --after-addr "$own" --compare body http://a.corp.example/
check "bodies" says 'body'
printf '%s\n' '{"request":"GET /log HTTP/1.1","scheme":"http","host":"a.corp.example","status":"200"}' >"$base/log"
verify --before-addr "$good" --after-addr "$good" --log "$base/log" --log-format json -H nocolon
check "a header without a value is none" is $status 2
verify --before-addr "$good" --after-addr "$good" --log "$base/log" --log-format json -H 'X-Empty;' -H 'A: 1' \
    -H 'A: 2' -H 'X-Access-Token: very-secret' -o json
check "headers of lines" is "$(field '{n.lower(): v for n, v in r["requests"][0]["request"]["headers"].items()}')" \
    "{'x-empty': '', 'a': ['1', '2'], 'x-access-token': '(not recorded)'}"
verify --before-addr "$good" --after-addr "$good" --log "$base/log" --log-format nonsense
check "a format that there is not" is $status 2
verify --before-addr "$good" --after-addr "$good" --log "$base/log" --keys foo
check "keys that are none" is $status 2
printf '%s\n' '1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "GET /from-log HTTP/1.1" 200 5 "-" "-"' >"$base/log"
verify --before-addr "$good" --after-addr "$good" --log "$base/log"
check "a log without hosts needs rules" is $status 2

# A server that stops for two seconds is not flooded afterwards.
pausing=127.0.0.1:$(port pausing)
# Words are URLs.
# shellcheck disable=SC2046
verify --rate 40 --before-addr "$good" --after-addr "$pausing" $(seq -f 'http://a.corp.example/%g' 120)
check "a pause" is $status 0
check "the rate holds after it" python3 -c '
import sys
times = sorted(float(line) for line in open(sys.argv[1]))
most = max(sum(start <= time < start + 1 for time in times) for start in times)
sys.exit(len(times) != 120 or most > 60)' "$base/servers/times"

# The end by a signal: what there is, is written.
"$gateshift" verify --rate 5 --before-addr "$good" --after-addr "$good" --record "$base/cut" \
    $(seq -f 'http://a.corp.example/%g' 100) >"$base/out" 2>"$base/err" &
ended=$!
sleep 1.5
kill -INT $ended
wait $ended
check "the end by a signal" is $? 4
check "says how far it came" warns 'ended by a signal; [1-9][0-9]* of 100'
check "and what it has" says ' alike'
check "and writes the record" is "$(wc -l <"$base/cut")" 100

# The record
"$gateshift" verify --rate 0 --before-addr "$good" --after-addr "$own" --record "$base/record" \
    -H 'Authorization: Bearer very-secret' http://a.corp.example/ http://a.corp.example/b >"$base/first" 2>/dev/null
check "no credentials in records" is "$(grep -c very-secret "$base/record")" 0
"$gateshift" verify --replay-record "$base/record" >"$base/out" 2>"$base/err"
sed -i '1,2d' "$base/first"
sed -i '1,2d' "$base/out"
check "a record gives the same result" diff "$base/first" "$base/out"
# Rules that ask for a value that a record leaves out are held against nobody; what the value is, is nowhere.
group() { # name annotations
    cat <<EOF
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: $1, namespace: shop, annotations: {$2}}
spec:
  ingressClassName: nginx
  rules:
  - host: a.corp.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: $1, port: {number: 80}}}}]}
EOF
}
prefix=nginx.ingress.kubernetes.io
{
    group web ''
    group beta "$prefix/canary: 'true', $prefix/canary-by-header: X-Session-Group, $prefix/canary-by-header-value: very-secret"
} >"$base/group.yaml"
rules="-f $base/group.yaml --after $base/group.yaml --after-as ingress-nginx"
held() { field '{s: i[s]["prediction"]["holds"] for i in r["requests"] for s in ("before", "after")}'; }
for value in very-secret other-secret; do
    # shellcheck disable=SC2086
    verify --before-addr "$own" --after-addr "$own" $rules --echo path=request.url,headers=got,service=hostname \
        --ask given -H "X-Session-Group: $value" http://a.corp.example/ --record "$base/group-$value" -o json
    check "$value: not in the record" is "$(grep -c secret "$base/group-$value")" 0
    check "$value: not in the result" is "$(grep -c secret "$base/out")" 0
    # shellcheck disable=SC2086
    verify --replay-record "$base/group-$value" $rules -o json
    check "$value: nothing is predicted from the record" is "$(held)" "{'before': 'silent', 'after': 'silent'}"
    check "$value: which is said" says 'a rule asks for the value of header X-Session-Group, which is not recorded'
done
# Two Gateways that serve the same host are asked apart, each at its address.
gateway() { # name
    cat <<EOF
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: $1, namespace: shop}
spec: {gatewayClassName: x, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: $1, namespace: shop}
spec:
  parentRefs: [{name: $1}]
  hostnames: [a.corp.example]
  rules: [{backendRefs: [{name: web-$1, port: 80}]}]
EOF
}
{ gateway inner; gateway outer; } >"$base/gateways.yaml"
{ group web ''; } >"$base/web.yaml"
rules="-f $base/web.yaml --after $base/gateways.yaml --after-as standard"
asked() { field 'sorted((i["after"]["gateway"], "echo" in i["after"]) for i in r["requests"] if i["verdict"] != "skipped" and i["request"]["host"] == "a.corp.example")'; }
# shellcheck disable=SC2086
{
    verify --before-addr "$own" --after-addr "shop/inner=$good" --after-addr "shop/outer=http=$own" $rules \
        --echo path=request.url,headers=got,service=hostname --record "$base/apart" -o json
    check "each Gateway is asked at its address" is "$(asked)" "[('shop/inner', False), ('shop/outer', True)]"
    check "all routes of both are exercised" is "$(field '(r["after"]["exercised"], r["after"]["routes"])')" '(2, 2)'
    verify --replay-record "$base/apart" $rules -o json
    check "which a record keeps" is "$(asked)" "[('shop/inner', False), ('shop/outer', True)]"
    verify --before-addr "$own" --after-addr "$good" $rules --ask routes
    check "an address of which nobody knows whose it is" is $status 4
    check "is not asked" says 'the Gateways shop/[a-z]* and shop/[a-z]* serve this host, .*--after-addr shop/[a-z]*=ADDRESS'
    verify --before-addr "$own" --after-addr "shop/inner=$good" $rules -o json
    check "a Gateway without an address is named" says 'no address for http is given for the side after, shop/outer'
    verify --before-addr "$own" --after-addr "shop/outer=$good" $rules --ask given \
        '{"host": "a.corp.example", "gateway": "shop/outer"}' -o json
    check "requests name a Gateway" is "$(field '[i["after"]["gateway"] for i in r["requests"]]')" "['shop/outer']"
}
verify --before-addr "$good" --after-addr "$own" --record "$base/record" http://"$trap"/
check "a file that is there" is $status 4
check "is known before anything is sent" is "$(wc -c <"$base/out")" 0
verify --before-addr "$good" --after-addr "$good" --record - http://a.corp.example/
check "a record on standard output" is "$(field 'r["record"]')" 1
verify --before-addr "$good" --after-addr "$good" --partial - http://a.corp.example/
check "counts on standard output" is "$(field 'r["evidence"]')" 1
verify --before-addr "$good" --after-addr "$good" --partial - --record - http://a.corp.example/
check "not both" is $status 2
verify --before-addr "$good" --after-addr "$good" -f - --log -
check "standard input is read once" is $status 2
verify --before-addr "$good" --after-addr "$good" --log - --log -
check "of two logs, too" is $status 2
echo '{"record": 7}' >"$base/other"
verify --replay-record "$base/other"
check "what is no record" is $status 3
stop

# ---- two of nginx -------------------------------------------------------------------------------

start() { # name manifests http https descriptor
    mkdir "$base/$1"
    mkfifo "$base/$1.life"
    "$oracle" serve "$base/$1" "$2" "127.0.0.1:$3" "127.0.0.1:$4" <"$base/$1.life" >"$base/$1.out" &
    children="$children $!"
    eval "exec $5>\"\$base/\$1.life\""
    ready "$base/$1.out"
}
sed -f planted.sed before.yaml >"$base/after.yaml"
# Words are ports.
# shellcheck disable=SC2046
set -- $(free_ports 4)
"$oracle" serve >/dev/null 2>&1
[ $? -ne 77 ] || {
    echo "skipped: nginx is not installed; $passed passed before"
    [ "$failed" -eq 0 ] || exit 1
    exit 77
}
start before before.yaml "$1" "$2" 7 && start after "$base/after.yaml" "$3" "$4" 8 || exit 1
cat "$base/before/pair.pem" "$base/after/pair.pem" >"$base/both.pem"
today="--before-addr http=127.0.0.1:$1 --before-addr https=127.0.0.1:$2"
planted="--after-addr http=127.0.0.1:$3 --after-addr https=127.0.0.1:$4"
same="--after-addr http=127.0.0.1:$1 --after-addr https=127.0.0.1:$2"
model="-f before.yaml --as ingress-nginx --after-as ingress-nginx --cacert $base/both.pem --compare X-Served-By"

# Options are words.
# shellcheck disable=SC2086
{
    verify $today $same $model --after before.yaml -o json
    check "a server and itself" is $status 0
    check "all requests are alike" is "$(field 'r["counts"]["alike"] == len(r["requests"]) >= 16')" True
    check "and as predicted" is \
        "$(field '{i[s]["prediction"]["holds"] for i in r["requests"] for s in ("before", "after")}')" "{'yes'}"
    check "all routes were asked for" is "$(field '[r[s]["exercised"] for s in ("before", "after")]')" '[8, 8]'
    verify $today $same $model --after before.yaml --http2 -o json
    check "HTTP/2" is "$(field '{i["after"]["protocol"] for i in r["requests"] if i["request"]["scheme"] == "https"}')" \
        "{'2'}"
    check "all requests are alike by it" is "$(field 'r["counts"]["alike"] == len(r["requests"])')" True

    verify $today $planted $model --after before.yaml -o json
    check "planted differences" is $status 1
    check "none of them was predicted" is "$(field 'r["counts"]["predicted"]')" 0
    check "all are found, and no other" is "$(field 'paths("different")')" \
        "['api.corp.example/v1', 'api.corp.example/v2', 'app.corp.example', 'app.corp.example/static', 'old.corp.example', 'shop.corp.example/cart', 'shop.corp.example/help']"
    check "the rest is alike" is "$(field 'paths("alike")')" "['shop.corp.example']"
    check "backend" is "$(field 'fields("shop.corp.example/cart")')" "['backend']"
    check "lost path" is "$(field 'fields("shop.corp.example/help")')" "['backend']"
    check "path and header" is "$(field 'fields("api.corp.example/v1")')" \
        "['header X-Served-By', 'path at the backend']"
    check "Location" is "$(field 'fields("old.corp.example")')" "['Location']"
    check "host" is "$(field 'fields("app.corp.example/")')" "['host at the backend']"
    check "another backend, and host" is "$(field 'fields("app.corp.example/static")')" \
        "['backend', 'host at the backend']"
    check "they are evidence" is "$(field 'len({i["id"] for i in r["requests"] if "id" in i}) >= 5')" True

    verify $today $planted $model --after "$base/after.yaml" --partial "$base/counts" --unsafe-methods -o json
    check "the same, predicted" is "$(field '[r["counts"][c] for c in ("different", "surprising", "skipped")]')" \
        '[0, 0, 0]'
    check "some differ" is "$(field 'r["counts"]["predicted"] >= 9')" True
    verify $today $planted $model --after "$base/after.yaml" --fail-on unpredicted
    check "which does not fail" is $status 0
    check "findings are confirmed" is "$(python3 -c '
import json, sys
e = json.load(open(sys.argv[1]))
print(min(f.get("confirmed", 0) == f["asked"] > 0 for f in e["findings"]), len(e["findings"]) >= 5)' "$base/counts")" 'True True'
    check "gateshift merge takes them" "$gateshift" merge "$base/counts" --fail-on breaking
    "$gateshift" merge "$base/counts" >"$base/out" 2>"$base/err"
    check "and says what they are" says '^[0-9]* requests to both data planes: .* as predicted on both sides$'
    check "routes were asked for" is "$(grep -c 'no request used' "$base/out")" 0
    "$gateshift" diff --before before.yaml --before-as ingress-nginx --after "$base/after.yaml" --after-as ingress-nginx \
        --evidence "$base/counts" >"$base/out" 2>"$base/err"
    check "and diff" says '2 of 2 requests to both data planes were answered as differently'

    verify $today $same $model --after "$base/after.yaml"
    check "a model that is wrong" says 'after is not as predicted'
    verify $today $same $model --after "$base/after.yaml" --partial "$base/wrong" --ask given \
        'https://api.corp.example/v1/x?token=QS3CRET'
    check "which counts tell" grep -q "path at the backend: predicted '[^?']*?\.\.\.', got '[^?']*?\.\.\.'" "$base/wrong"
    check "without queries" is "$(grep -c QS3CRET "$base/wrong")" 0
    printf '%s\n' '1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "GET /cart/7 HTTP/1.1" 200 5 "-" "-" 90 0.002 [shop-cart-80] [] 10.0.0.1:80 5 0.001 200 0a1b2c3d4e5f60718293a4b5c6d7e8f9' >"$base/log"
    verify $today $planted $model --after before.yaml --ask logs --log "$base/log" -o json
    check "requests of a log" is "$(field '[i["request"]["host"] + i["request"]["path"] for i in r["requests"]]')" \
        "['shop.corp.example/cart/7']"
}
stop
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 50 ]
