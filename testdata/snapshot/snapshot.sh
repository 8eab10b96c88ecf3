#!/bin/sh
# gateshift snapshot against an API server of its own on the loopback interface: what is written, what is never
# written, and each way in which a server, a network or a login can fail.
#
#   snapshot.sh GATESHIFT STAND_IN [bounded]     bounded: memory is limited, too (not with sanitizers)
set -u
gateshift=$(realpath "$1")
stand_in=$(realpath "$2")
bounded=${3:-}
cd "$(dirname "$0")" || exit 1
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
        echo "not ok: $at: $what"
        cat "$work/err" 2>/dev/null
    fi
}
start() { # name, options of the server
    at=$1
    shift
    stop
    work=$base/$at
    mkdir "$work" "$work/server"
    mkfifo "$work/life"
    "$stand_in" "$work/server" objects "$@" <"$work/life" &
    server=$!
    exec 9>"$work/life"
    tries=0
    while [ ! -s "$work/server/port" ] && [ $tries -lt 1200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}
stop() {
    [ -n "${server:-}" ] || return 0
    exec 9>&-
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}
clean() { # a command without the environment of whoever runs this
    env -i PATH="$base/bin:/usr/bin:/bin" HOME="$work" LC_ALL=C.UTF-8 "$@"
}
snapshot() { # folder, options
    to=$1
    shift
    status=0
    clean "$gateshift" snapshot --out-dir "$work/$to" --kubeconfig "$work/server/kubeconfig" "$@" \
        2>"$work/err" </dev/null || status=$?
}
says() { grep -q -- "$1" "$work/err"; }
asked() { grep -q -- "$1" "$work/server/log"; }
silent() { ! grep -q -- "$1" "$work/server/log"; }
is() { [ "$1" = "$2" ]; }
none() { # nothing under a folder holds this
    ! grep -r -q -- "$1" "$2"
}
nothing_written() { [ -z "$(ls -A "$work/$1" 2>/dev/null)" ]; }

# ---- what is written ------------------------------------------------------------------------------

start plain
snapshot one -A
check "status" is $status 0
check "a folder as before" diff -r expect "$work/one"
check "only GET is sent" is "$(grep -v -c '^GET ' "$work/server/log")" 0
check "no Secret is asked for" silent 'secrets'
for word in password private-key hash-of good-token managedFields resourceVersion; do
    check "no '$word'" none "$word" "$work/one"
done
snapshot two -A --context certificate
check "a client certificate" is $status 0
check "it is used" asked ' certificate host=own'
sed -i 's/^context: certificate$/context: token/' "$work/two/snapshot.yaml"
check "the same state, the same bytes" diff -r "$work/one" "$work/two"
snapshot one -A
check "a snapshot is not overwritten" is $status 4
check "and says how" says 'holds a snapshot; --force replaces it'
touch "$work/one/gone_away.yaml"
snapshot one -A --force
check "but replaced" is $status 0
check "what is gone is gone" test ! -e "$work/one/gone_away.yaml"
mkdir "$work/mine"
touch "$work/mine/notes.txt"
snapshot mine -A --force
check "a folder with other files is refused" is $status 4
check "and kept" is "$(ls "$work/mine")" notes.txt

# ---- it is read as closed ---------------------------------------------------------------------------

clean "$gateshift" simulate -f "$work/one" https://api.example.com/ http://shop.example.com/ \
    >"$work/out" 2>"$work/err"
check "a Service that is absent is absent" grep -q 503 "$work/out"
check "Secrets that were not read are assumed" test -z "$(grep 'is not in the input' "$work/err")"
clean "$gateshift" show -f "$work/one" >"$work/shown" 2>/dev/null
clean "$gateshift" show --cluster --kubeconfig "$work/server/kubeconfig" -A 2>"$work/err" |
    sed "s,<cluster>,$work/one,g" >"$work/direct"
check "--cluster reads the same" diff "$work/shown" "$work/direct"
for command in convert validate; do
    clean "$gateshift" $command -f "$work/one" >"$work/$command.files" 2>/dev/null
    clean "$gateshift" $command --cluster --kubeconfig "$work/server/kubeconfig" -A 2>/dev/null |
        sed "s,<cluster>,$work/one,g" >"$work/$command.cluster"
    check "$command --cluster" test -s "$work/$command.cluster"
    check "$command reads the same" diff "$work/$command.files" "$work/$command.cluster"
done
clean "$gateshift" diff --cluster --kubeconfig "$work/server/kubeconfig" -A >"$work/differs" 2>"$work/err"
check "diff --cluster" grep -q 'shop.example.com' "$work/differs"

# ---- parts of a cluster ------------------------------------------------------------------------------

snapshot shop
check "the namespace of the context" is $status 0
check "is said" says "namespace 'shop'"
check "others are not read" silent 'namespaces/other'
check "the controller's ConfigMap comes along" test -s "$work/shop/configmaps_ingress-nginx.yaml"
check "and its flags" test -s "$work/shop/deployments.apps_ingress-nginx.yaml"
clean "$gateshift" show -f "$work/shop" >/dev/null 2>"$work/err"
check "a part of a cluster is open" says "A009"

snapshot facts -A --with-certificates
check "facts of Secrets" is $status 0
for word in password private-key hash-of alice carol cHJpdmF0ZS BRIVATE dGhpcyBpcyB0aGUg; do
    check "no '$word'" none "$word" "$work/facts"
done
sed -n 's/^  tls.crt: //p' "$work/facts/secrets_shop.yaml" | tr -d '"' | base64 -d >"$work/tls.pem"
check "the certificate" grep -q 'BEGIN CERTIFICATE' "$work/tls.pem"
check "and nothing else" is "$(grep -c 'BEGIN' "$work/tls.pem")" 1
check "Secrets that nobody names are not asked for" silent 'secrets/unrelated'
clean "$gateshift" show -f "$work/facts" >/dev/null 2>"$work/err"
check "are read as facts" test -z "$(grep -i 'gives no certificate' "$work/err")"

clean "$gateshift" snapshot --print-rbac >"$work/roles"
check "the role" diff expect-roles/all.yaml "$work/roles"
clean "$gateshift" snapshot --print-rbac -n shop --with-certificates >"$work/roles"
check "the roles for a namespace" diff expect-roles/shop.yaml "$work/roles"

# ---- who asks, and whom ------------------------------------------------------------------------------

snapshot expired -A --context expired
check "expired token" is $status 4
check "is named" says "A004: .*401"
check "nothing is written" nothing_written expired
check "tokens are not printed" none token-of-yesterday "$work/err"
snapshot stranger -A --context stranger
check "bad certificate" is $status 4
check "is named" says "A003: .*certificate"
snapshot wrong -A --context wrong-name
check "another name in the certificate" is $status 4
snapshot named -A --context named
check "tls-server-name" is $status 0
check "with the Host of the server" is "$(grep -c 'host=other' "$work/server/log")" 0
snapshot insecure -A --context insecure
check "insecure-skip-tls-verify" is $status 0
check "is warned of" says A007
snapshot basic -A --context basic
check "user and password" is $status 4
check "are refused with a reason" says "A002: .*1.19"
check "and not printed" none secret-of-admin "$work/err"
snapshot as -A --context somebody
check "impersonation" asked 'host=ownsomebody$'
snapshot unknown -A --context unknown
check "unknown context" says "A001: there is no context 'unknown'; there is token"
port=$(cat "$work/server/port")
sed "s,127.0.0.1:$port,127.0.0.1:1," "$work/server/kubeconfig" >"$work/nobody"
snapshot nobody -A --kubeconfig "$work/nobody"
check "nobody listens" is $status 4
sed "s,^    server:.*127.*,&\n    proxy-url: http://127.0.0.1:1," "$work/server/kubeconfig" >"$work/proxied"
lines=$(wc -l <"$work/server/log")
snapshot proxied -A --kubeconfig "$work/proxied"
check "a proxy that is away" is $status 4
check "is not gone round" is "$lines" "$(wc -l <"$work/server/log")"

# ---- programs that log in ----------------------------------------------------------------------------

mkdir "$base/bin"
cat >"$base/bin/login" <<'LOGIN'
#!/bin/sh
echo run >>"$RUNS"
case $1 in
good) token=good-token ;;
stale) token=old-token; [ -e "$RUNS.again" ] && token=good-token; touch "$RUNS.again" ;;
bad) echo '{"kind": "ExecCredential", "status": {"token": "secret-of-program"'; exit 0 ;;
ends) exit 3 ;;
esac
case $KUBERNETES_EXEC_INFO in
*'"interactive":false'*) ;;
*) exit 4 ;;
esac
echo "{\"apiVersion\":\"client.authentication.k8s.io/$2\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$token\"}}"
LOGIN
chmod +x "$base/bin/login"
login() { # argument, version that is asked for, version that is answered
    sed '/^users:/,$d' "$work/server/kubeconfig" >"$work/exec"
    cat >>"$work/exec" <<USER
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/$2
      command: login
      args: [$1, $3]
      env: [{name: RUNS, value: $work/runs}]
      interactiveMode: Never
contexts:
- {name: token, context: {cluster: own, user: u}}
USER
    : >"$work/runs"
    rm -rf "$work/by-login" "$work/runs.again"
    snapshot by-login -A --kubeconfig "$work/exec"
}
login good v1 v1
check "a program" is $status 0
check "runs once" is "$(wc -l <"$work/runs")" 1
login good v1beta1 v1beta1
check "of the older version" is $status 0
login stale v1 v1
check "a token that is refused is fetched again" is $status 0
check "once" is "$(wc -l <"$work/runs")" 2
login good v1 v1beta1
check "another version than asked for" says "A002"
login bad v1 v1
check "no credential" says "A002"
check "is not printed" none secret-of-program "$work/err"
login ends v1 v1
check "a program that fails" is $status 4
login good v1alpha1 v1alpha1
check "a version of old" says "v1alpha1"

# ---- several files, and the account of a pod ---------------------------------------------------------

sed '/^users:/,$d' "$work/server/kubeconfig" | grep -v current-context >"$work/clusters"
printf 'users:\n- name: token\n  user: {tokenFile: my-token}\ncontexts:\n- name: c\n  context: {cluster: own, user: token}\n' >"$work/users"
echo good-token >"$work/my-token"
status=0
clean KUBECONFIG="$work/missing:$work/users:$work/clusters:$work/server/kubeconfig" \
    "$gateshift" snapshot --context c -A --out-dir "$work/merged" 2>"$work/err" || status=$?
check "files of KUBECONFIG are merged" is $status 0
mkdir "$work/account"
cp "$work/server/ca.pem" "$work/account/ca.crt"
echo good-token >"$work/account/token"
printf shop >"$work/account/namespace"
status=0
clean GATESHIFT_SERVICE_ACCOUNT="$work/account" KUBERNETES_SERVICE_HOST=127.0.0.1 \
    KUBERNETES_SERVICE_PORT="$port" "$gateshift" snapshot --out-dir "$work/pod" 2>"$work/err" || status=$?
check "the account of a pod" is $status 0
check "its namespace" grep -q '^namespace: shop' "$work/pod/snapshot.yaml"
status=0
clean "$gateshift" snapshot --out-dir "$work/nowhere" 2>"$work/err" || status=$?
check "no kubeconfig at all" is $status 4
check "is said" says "A001: there is no kubeconfig"

# ---- a server that fails -----------------------------------------------------------------------------

start forbidden --fault forbidden-always:services
snapshot out -A
check "403" is $status 1
check "verb and resource are named" says "A005: .*verb 'list' of resource 'services'.*--print-rbac"
check "the rest is read" test -s "$work/out/ingresses.networking.k8s.io_shop.yaml"
check "it is marked" grep -q '^complete: false' "$work/out/snapshot.yaml"
clean "$gateshift" show -f "$work/out" >/dev/null 2>"$work/err"
check "and not taken as closed" says "A009"

start gone --generate 1200 --fault gone:ingresses
snapshot out -A
check "410 with a token" is $status 0
check "is said" says A008
check "each object once" is "$(cat "$work"/out/ingresses* | grep -c '^kind: Ingress$')" 1203

start lost --generate 1200 --fault lost:ingresses
snapshot out -A
check "410 without a token" is $status 0
check "each object once" is "$(cat "$work"/out/ingresses* | grep -c '^kind: Ingress$')" 1203
start lost-always --generate 600 --fault lost-always:ingresses
snapshot out -A
check "410 for ever" is $status 1
check "is named" says "A006: .*ingresses"
check "no half of a list is kept" test ! -e "$work/out/ingresses.networking.k8s.io_shop.yaml"

start busy --fault busy:services
snapshot out -A
check "429" is $status 0
check "was tried again" is "$(grep -c '/services' "$work/server/log")" 3
start broken --fault broken:services --fault cut:endpointslices
snapshot out -A
check "503, and a connection that is cut" is $status 0
check "the same as ever" diff -r expect "$work/out"
start broken-always --fault broken-always:services
snapshot out -A
check "503 for ever" is $status 1
check "is named" says "A006: .*etcd is away"
start cut --fault cut-always:services
snapshot out -A
check "cut for ever" is $status 4
check "nothing is written" nothing_written out
start slow --fault slow-always:services
snapshot out -A --request-timeout 1
check "a slow body" is $status 4
check "is named" says "A003: .*--request-timeout"
start garbage --fault garbage-always:services --fault redirect-always:endpointslices
snapshot out -A
check "no answer of an API server" is $status 1
check "is named" says "services.*not understood"
check "redirects are not followed" silent elsewhere

# ---- a large cluster -----------------------------------------------------------------------------------

if [ -n "$bounded" ]; then
    start large --generate 50000
    (ulimit -v 120000 && snapshot out -A; echo $status >"$work/status")
    check "50000 objects in little memory" is "$(cat "$work/status")" 0
    check "all of them" is "$(cat "$work"/out/ingresses* | grep -c '^kind: Ingress$')" 50003
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 50 ]
