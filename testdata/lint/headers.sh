#!/bin/sh
# Each header compiles alone, also when it is included twice.
#
#   headers.sh ROOT COMPILER
set -u
root=$1
compiler=$2
cd "$root/src" || exit 1
count=0
faults=0
for header in */*.h; do
    count=$((count + 1))
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$compiler" -std=c17 -D_POSIX_C_SOURCE=200809L -I. -x c -fsyntax-only -Werror -Wall -Wextra \
            -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wundef -Wstrict-prototypes \
            -Wmissing-prototypes -Wwrite-strings - || {
        faults=$((faults + 1))
        echo "not ok: $header does not compile alone"
    }
done
echo "$count headers, $faults faults"
[ "$faults" -eq 0 ] && [ "$count" -ge 15 ]
