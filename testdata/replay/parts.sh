#!/bin/sh
# Parts of logs that are missing, that are there twice, or that do not belong together: merge says so, and never adds
# them up in silence.
#
#   parts.sh GATESHIFT GATESHIFT-BENCH
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
replay() {
    "$gateshift" replay -q -f manifests.yaml --to istio --min-severity error --log-format ingress-nginx "$@"
}

"$bench" generate 50 >manifests.yaml || fault "no manifests"
"$bench" log 4000 >access.log
replay --partial whole.json access.log
for number in 1 2 3; do
    tail -n +"$((number * 1000 - 999))" access.log | head -n 1000 | replay --piped access.log --partial - -
done >gathered.txt
for part in 1 2 3 4; do replay --part $part/4 --partial "k$part.json" access.log; done
merge() { # files and options: what is printed goes to sum, messages to error
    status=0
    "$gateshift" merge -q --color never "$@" >sum 2>error || status=$?
}
refused() { # text
    [ $status -eq 3 ] && [ ! -s sum ] && grep -q "$1" error || fault "merge does not say '$1'"
}
merge k1.json k2.json k4.json
refused "E006: part 3 of 4 of 'access.log' ([0-9]* bytes) is missing"
merge k2.json
refused "parts 1, 3, 4 of 4 of 'access.log' ([0-9]* bytes) are missing"
merge --keep-going k1.json k2.json k4.json
[ $status -eq 3 ] && grep -q "^incomplete: without part 3 of 4 of 'access.log'" sum ||
    fault "the result does not say what it lacks"
merge --keep-going -o json k1.json k2.json k4.json
grep -q '"part 3 of 4 of' sum || fault "the result in JSON does not say what it lacks"
merge --incomplete k1.json k2.json k4.json
[ $status -le 1 ] && grep -q '^incomplete: without part 3' sum || fault "--incomplete is refused"
"$gateshift" merge -q --incomplete --partial three.json k1.json k2.json k4.json
"$gateshift" diff -q --before manifests.yaml --to istio --evidence three.json 2>error >/dev/null
grep -q 'E007.*part 3 of 4' error || fault "diff does not say what evidence lacks"
"$gateshift" merge -q --partial four.json k3.json three.json
same "a part that came later" four.json
cp k2.json again.json
merge k1.json k2.json again.json k3.json k4.json
refused "again.json:1:1: error E005: part 2 of 4 of 'access.log' was counted already\|k2.json:1:1: error E005"
merge --keep-going -o json k1.json k2.json again.json k3.json k4.json
"$gateshift" merge -q -o json four.json >once
cmp -s once sum || fault "a part that is there twice was counted twice"
merge four.json k1.json
refused "E005: .*of 'access.log' was counted already"

# pipes have no size: what was put together from parts takes none of them, nor others of its name
split -n l/2 access.log half-
for half in aa ab; do
    replay --piped access.log --partial "$half.json" - <"half-$half"
done
replay --piped access.log --part 1/2 --partial n1.json - <half-aa
replay --piped access.log --part 2/2 --partial n2.json - <half-ab
"$gateshift" merge -q --parts 2 --partial pieces.json aa.json ab.json
merge pieces.json aa.json
refused "E005: all 2 parts of 'access.log' were counted already, and this may be one of them"
"$gateshift" merge -q --partial numbers.json n1.json n2.json
merge --incomplete numbers.json n1.json
refused "E005: all 2 parts of 'access.log' were counted already, and this may be one of them"

# a copy shows once its parts are put together
cp access.log copy.log
replay --part 1/2 --partial c1.json copy.log
replay --part 2/2 --partial c2.json copy.log
merge whole.json c1.json c2.json
refused "E005: 'access.log' and 'copy.log' have the same lines"
rm copy.log

"$gateshift" merge -q --incomplete --partial more.json k3.json k4.json
merge --keep-going three.json more.json
grep -q "part 4 of 4 of 'access.log' was counted already" error || fault "sums that share a part are added up"
replay --part 2/3 --partial thirds.json access.log
merge --incomplete k1.json thirds.json
refused "E003: 'access.log' was cut into 3 parts here, and into 4 before"
head -n 3000 access.log >access.log.tmp && cp access.log full.log && cp access.log.tmp access.log
replay --part 3/4 --partial shrunk.json access.log
mv full.log access.log
merge k1.json k2.json shrunk.json k4.json
refused "part 3 of 4 of 'access.log' ([0-9]* bytes); parts 1, 2, 4 of 4 of 'access.log'\|parts 1, 2, 4 of 4.*; part 3"
sed 's/"program":"gateshift [^"]*"/"program":"gateshift 0.0.1"/' k2.json >old.json
merge --incomplete k1.json old.json
refused "E003: .*made by gateshift 0.0.1"
merge --parts 4 gathered.txt
refused "3 parts or logs are here, and --parts says 4"
replay --partial day.json access.log
cp access.log copy.log
replay --partial copy.json copy.log
merge day.json copy.json
refused "E005: the 4000 lines of 'c*[opy]*[aces]*.log' were counted already"
echo '{"evidence": 1, "counts": []}' >damaged.json
merge --keep-going day.json damaged.json
grep -q "^incomplete: without what is in 'damaged.json', which could not be added" sum || fault "nobody says what was left out"


[ "$faults" -eq 0 ] || exit 1
echo "missing, twice, or from elsewhere: said"
