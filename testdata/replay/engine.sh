# What the scripts for engines share: sourced with GATESHIFT and GATESHIFT-BENCH as arguments, it makes manifests and a
# log in a folder of its own, counts it once as a whole, and goes there.
set -u
gateshift=$(realpath "$1")
bench=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
faults=0
fault() {
    echo "not ok: $*"
    faults=$((faults + 1))
}
same() { # what, file, whole: the same bytes, but that a pipe was put together from parts
    sed 's/"joined":[0-9]*,//' "$2" | cmp -s - "$3" || fault "$1 counted something else"
}
replay="$gateshift replay -q -f manifests --to istio --min-severity error --log-format ingress-nginx"
mkdir manifests bin
ln -s "$gateshift" bin/gateshift
"$bench" generate 200 >manifests/ingress.yaml && "$bench" log 20000 >access.log || exit 1
# Words are options.
# shellcheck disable=SC2086
$replay --partial whole.json access.log && $replay --piped access.log --partial piped.json - <access.log || exit 1
