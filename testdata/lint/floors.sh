#!/bin/sh
# The tree is the architecture: each #include "..." must point at the module itself or at one that
# CMakeLists.txt names for it, and those must lie on the same or a lower floor.
#
#   floors.sh ROOT FLOORS     FLOORS has a line for each module: "name floor dep,dep"
set -u
root=$1
floors=$2
cd "$root" || exit 1
files=$(find src cmd -name '*.[ch]' | LC_ALL=C sort)
# Names of the files hold no blanks.
# shellcheck disable=SC2086
awk -v floors="$floors" '
BEGIN {
    while ((getline line < floors) > 0) {
        n = split(line, word, " ")
        if (n < 2) continue
        module = word[1]
        floor[module] = word[2]
        modules++
        m = n > 2 ? split(word[3], dep, ",") : 0
        for (i = 1; i <= m; i++) {
            if (!(dep[i] in floor))
                fault("CMakeLists.txt: module " module " names " dep[i] ", which is not declared above it")
            else if (floor[dep[i]] > floor[module])
                fault("CMakeLists.txt: module " module " names " dep[i] ", which lies higher")
            allowed[module, dep[i]] = 1
        }
    }
    if (modules < 10) fault(floors ": only " modules + 0 " modules; is this the right file?")
}
function fault(text) { print text; faults++ }
FNR == 1 {
    split(FILENAME, at, "/")
    own = at[1] == "src" ? at[2] : ""
    if (own != "" && !(own in floor)) fault(FILENAME ": folder src/" own " is no module of CMakeLists.txt")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    target = quoted[2]
    parts = split(target, path, "/")
    place = FILENAME ":" FNR ": "
    seen++
    if (at[1] == "cmd") {
        if (target ~ /_priv\.h$/ && parts > 1 && path[1] in floor)
            fault(place "includes " target ", which is private to module " path[1])
        next
    }
    if (parts < 2) { fault(place "write \"" own "/" target "\""); next }
    if (path[1] == own) next
    if (!(path[1] in floor)) fault(place "includes " target ", which is no module")
    else if (!((own, path[1]) in allowed))
        fault(place "module " own " (floor " floor[own] ") may not use " path[1] " (floor " floor[path[1]] ")")
    if (target ~ /_priv\.h$/) fault(place "includes " target ", which is private to module " path[1])
}
END {
    print seen + 0 " includes, " faults + 0 " faults"
    exit faults > 0 || seen < 50
}' $files
