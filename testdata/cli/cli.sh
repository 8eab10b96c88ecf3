#!/bin/sh
# The program as its users meet it: each folder has a line of shell (cmd) and what it must give
# (expect/stdout, expect/stderr, expect/status).
#
#   cli.sh GATESHIFT [--update] [NAME...]
#
# The line runs in the root of the project, with gateshift in PATH, $here naming its own folder and
# $work an empty one. --update rewrites what is expected; look at the difference before committing it.
set -u
gateshift=$(realpath "$1")
shift
update=
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
mkdir "$base/bin"
ln -s "$gateshift" "$base/bin/gateshift"
passed=0
failed=0
[ $# -gt 0 ] || set -- testdata/cli/*/cmd
for name; do
    name=${name%/cmd}
    name=${name##*/}
    here=testdata/cli/$name
    work=$base/$name
    mkdir "$work" || exit 1
    env -i PATH="$base/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 here="$here" work="$work" \
        sh "$here/cmd" >"$base/stdout" 2>"$base/stderr" </dev/null
    echo $? >"$base/status"
    if [ -n "$update" ]; then
        mkdir -p "$here/expect"
        cp "$base/stdout" "$base/stderr" "$base/status" "$here/expect"
    fi
    same=yes
    for part in stdout stderr status; do
        if ! cmp -s "$here/expect/$part" "$base/$part"; then
            same=
            echo "not ok: $name: $part"
            diff -u "$here/expect/$part" "$base/$part" | head -n 30
        fi
    done
    if [ -n "$same" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
