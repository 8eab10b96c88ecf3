#!/bin/sh
# The commands of the README and of the pages in docs, those of a page one after the other in one folder: each
# must print what stands there.
#
#   readme.sh GATESHIFT
#
# They stand in blocks of ```console, each behind "$ " with its output below, both streams together. A line
# "..." stands for any number of lines.
set -u
gateshift=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$gateshift" "$work/bin/gateshift"

steps_of() { # page folder
    mkdir -p "$2"
    awk -v folder="$2" '
/^```console$/ { inside = 1; next }
/^```/ { inside = 0 }
!inside { next }
/^\$ / {
    step = sprintf("%s/%03d", folder, ++count)
    print substr($0, 3) > (step ".command")
    printf "" > (step ".want")
    next
}
{ print > (step ".want") }' "$1"
}

# What stands between two "..." has to follow in one piece, and at the ends of the output where none stands.
matches() { # want got
    awk '
    NR == FNR { want[++wants] = $0; next }
    { got[++gots] = $0 }
    function fits(from, to, at,    i) {
        for (i = from; i <= to; i++) if (at + i - from > gots || got[at + i - from] != want[i]) return 0
        return 1
    }
    END {
        at = 1
        free = 0
        for (from = 1; from <= wants; from = to + 1) {
            if (want[from] == "...") { free = 1; to = from; continue }
            for (to = from; to < wants && want[to + 1] != "..."; to++);
            if (to == wants && free) { # the last piece stands at the end
                if (gots - (to - from) < at) exit 1
                at = gots - (to - from)
            } else {
                while (free && at <= gots && !fits(from, to, at)) at++
            }
            if (!fits(from, to, at)) exit 1
            at += to - from + 1
            free = 0
        }
        exit !free && at <= gots
    }' "$1" "$2"
}

passed=0
failed=0
for page in "$root/README.md" "$root"/docs/*.md; do
    here=$work/$(basename "$page" .md)
    mkdir "$here"
    ln -s "$root/testdata" "$here/testdata"
    steps_of "$page" "$here.steps"
    cd "$here" || exit 1
    for command in "$here.steps"/*.command; do
        [ -e "$command" ] || continue
        step=${command%.command}
        env -i PATH="$work/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 sh "$command" >"$step.got" 2>&1 </dev/null
        if matches "$step.want" "$step.got"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "not ok: $(basename "$page"): $(cat "$command")"
            diff -u "$step.want" "$step.got" | head -n 40
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 20 ]
