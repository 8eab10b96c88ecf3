#!/bin/sh
# A log counted as a whole, by threads, in parts, from standard input and behind engines: all must come to the same.
#
#   replay.sh GATESHIFT GATESHIFT-BENCH
set -u
gateshift=$(realpath "$1")
bench=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
faults=0
fault() {
    echo "not ok: $*"
    faults=$((faults + 1))
}
same() { # what, file: the same bytes as the whole
    cmp -s whole.json "$2" || fault "$1 counted something else"
}
same_pipe() { # what, file: the same bytes as the pipe, but that it was put together from parts
    [ "$(grep -c '"joined":4,' "$2")" -eq 1 ] || fault "$1 forgot its parts"
    sed 's/"joined":4,//' "$2" | cmp -s - piped.json || fault "$1 counted something else"
}
replay() {
    "$gateshift" replay -q -f manifests.yaml --to istio --min-severity error --log-format "$format" "$@"
}
# Examples of lines that came by standard input have other places; the numbers are the same.
numbers() {
    python3 -c '
import json, sys
def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in ("examples", "title")}
    return [strip(v) for v in value] if isinstance(value, list) else value
def order(value):
    return sorted(value, key=json.dumps) if isinstance(value, list) else value
data = strip(json.load(sys.stdin))
for log in data["logs"]:
    log.pop("bytes", None)
    log.pop("joined", None)
print(json.dumps({k: order(v) for k, v in data.items()}, sort_keys=True))'
}

"$bench" generate 1000 >manifests.yaml || fault "no manifests"
for format in ingress-nginx json; do
    rm -f ./*.json ./*.log ./*.gz ./chunk-*
    if [ "$format" = json ]; then "$bench" log 4000 json >access.log; else "$bench" log 4000 >access.log; fi
    replay --partial whole.json access.log || fault "$format: replay failed"
    grep -q '"lines":4000,' whole.json || fault "$format: not all lines were counted"
    replay --jobs 3 --partial jobs.json access.log
    same "$format: three threads" jobs.json
    gzip -k access.log
    bytes=$(wc -c <access.log)
    replay --partial - access.log.gz |
        sed "s/access\\.log\\.gz/access.log/g; s/\"bytes\":[0-9]*/\"bytes\":$bytes/" >gzip.json
    same "$format: gzip" gzip.json
    replay --partial - - <access.log | sed 's/<stdin>/access.log/g' >stdin.json
    same "$format: standard input" stdin.json

    # parts, as the pods of an Indexed Job read them, by xargs or GNU parallel
    seq 0 4 | xargs -P 2 -I{} sh -c '
        "$1" replay -q -f manifests.yaml --to istio --min-severity error --log-format "$2" \
            --part "$(($3 + 1))/5" --partial "part-$3.json" access.log' sh "$gateshift" "$format" {} ||
        fault "$format: a part failed"
    "$gateshift" merge -q --partial - part-4.json part-1.json part-0.json part-3.json part-2.json >parts.json
    same "$format: five parts" parts.json
    "$gateshift" merge -q --incomplete --partial a.json part-0.json part-3.json
    "$gateshift" merge -q --incomplete --partial b.json part-4.json part-1.json part-2.json
    "$gateshift" merge -q --partial sums.json a.json b.json
    same "$format: sums of sums" sums.json

    # parts of a pipe, of which one is empty, and results gathered as lines
    replay --piped access.log --partial piped.json - <access.log
    split -n l/3 access.log chunk-
    : >chunk-empty
    for chunk in chunk-*; do
        replay --piped access.log --partial - - <"$chunk"
    done >gathered.txt
    [ "$(grep -c '"evidence"' gathered.txt)" -eq 4 ] || fault "$format: a part is not one line"
    "$gateshift" merge -q --parts 4 --partial pipe.json gathered.txt
    same_pipe "$format: a pipe" pipe.json
    [ "$(numbers <pipe.json)" = "$(numbers <whole.json)" ] || fault "$format: pipes count other numbers"
    number=0
    for chunk in chunk-*; do
        number=$((number + 1))
        replay --piped access.log --part "$number/4" --jobs 2 --partial "numbered-$number.json" - <"$chunk"
    done
    "$gateshift" merge -q --partial numbered.json numbered-[1-4].json
    same_pipe "$format: numbered parts of a pipe" numbered.json

    # a part that is missing lines is no part
    head -c 3000 access.log.gz >cut.log.gz
    replay --partial cut.json cut.log.gz 2>error && fault "$format: a damaged file was taken for a whole one"
    grep -q 'ends in the middle' error || fault "$format: nobody says that the file is damaged"
    [ -e cut.json ] && fault "$format: a part of a damaged file was written"
    cat access.log.gz access.log.gz | head -c "$(($(wc -c <access.log.gz) + 3000))" >cut.log.gz
    replay --partial cut.json cut.log.gz 2>error
    grep -q 'ends in the middle' error || fault "$format: nobody says that the second half of a file is damaged"
    { head -c 2000 access.log.gz && head -c 50 /dev/zero && tail -c +2051 access.log.gz; } >cut.log.gz
    replay --partial cut.json cut.log.gz 2>error
    grep -q "'cut.log.gz': the compressed file is damaged$" error || fault "$format: nobody says that bytes are wrong"
    [ -e cut.json ] && fault "$format: a part of a damaged file was written"
done

# ---- one shop, before and after -------------------------------------------------------------

shop() { # annotations
    cat <<EOF
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations: {$1}
spec:
  ingressClassName: nginx
  rules:
  - host: a.example
    http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
EOF
}
shop '' >before.yaml
shop 'nginx.ingress.kubernetes.io/force-ssl-redirect: "true"' >after.yaml
move() {
    "$gateshift" replay -q --min-severity error -f before.yaml --after after.yaml \
        --log-format '$scheme $host "$request" $status $proxy_upstream_name $upstream_addr' "$@"
}
line() { # target, status
    echo "http a.example \"GET $1 HTTP/1.1\" ${2:-200} shop-web-80 ${3:-10.0.0.1:80}"
}

# titles are those of the first request, in whatever order the files are read
line '/a/foo%20bar' >b.log
line '/a/b%20' >a.log
move --partial ab.json a.log b.log
move --partial ba.json b.log a.log
cmp -s ab.json ba.json || fault "the order of files decides what is printed"
grep -q 'redirected to https://a.example/a/b%20 (308)' ab.json || fault "the title is not that of the first request"

# queries are no one's business, wherever they come from
{
    line '/a/x?u=a@b,tok=S3CRET'
    line '/a/y?tok=S3CRET' 403 -
    line '/none?tok=S3CRET' 200
    echo 'GET /login?token=S3CRET'
    echo '{"path": "/login?a=\"b, token=S3CRET"}'
} >secret.log
move --all secret.log >secret.txt
move --partial secret.json secret.log
grep -q 'GET /login\.\.\.$' secret.txt || fault "a line that is not understood is not shown"
grep -q 'redirected to https://a.example/a/x? (308) after' secret.txt || fault "a title lacks its end"
grep S3CRET secret.txt secret.json && fault "a query is printed"

# a name that is taken is told of before the logs are read: nobody writes into this pipe
mkfifo pipe.log
timeout 10 "$gateshift" replay -q -f before.yaml --after after.yaml --partial ab.json pipe.log 2>error
[ $? -eq 4 ] || fault "that a file exists is found after the logs were read"
grep -q "ab.json': it exists; --force overwrites it" error || fault "nobody says that the file exists"
timeout 10 "$gateshift" merge -q --partial ab.json pipe.log 2>error
[ $? -eq 4 ] || fault "that a file exists is found after the parts were read"

# what a run that was stopped left behind stops no other one, whose process has the same number
sh -c 'echo old >.left.json.$$.tmp; exec "$@"' sh "$gateshift" merge -q --partial left.json ab.json ||
    fault "a file that was left behind is in the way"
cmp -s left.json ab.json || fault "a file that was left behind is in what is written"

# a part from elsewhere says nothing to a terminal
sed 's/"id":"d-[0-9a-f]*"/"id":"d-\\u001b]0;mine\\u0007","asked":1,"confirmed":1/; s/"asked":0/"asked":1/' ab.json >foreign.json
"$gateshift" merge -q foreign.json >foreign.txt
[ "$(grep -c ' d-.*]0;mine' foreign.txt)" -eq 2 ] || fault "an id from a file is not printed where it belongs"
LC_ALL=C grep -q "$(printf '[\033\007]')" foreign.txt && fault "an id from a file reaches the terminal as it is"
move a.log | grep -q '^1 request in 1 line$' || fault "one is many"

# a log of no known format is a fault of the input, one that is not there one of the environment
"$gateshift" replay -q --min-severity error -f before.yaml before.yaml 2>error >/dev/null
[ $? -eq 3 ] || fault "a log of no known format has another status"
"$gateshift" replay -q --min-severity error -f before.yaml none.log 2>error >/dev/null
[ $? -eq 4 ] || fault "a log that is not there has another status"

[ "$faults" -eq 0 ] || exit 1
echo "a log in both formats: whole, threads, parts, sums, pipe: the same"
