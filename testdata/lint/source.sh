#!/bin/sh
# Rules that a reader of the text can check: functions that are not to be used, and sizes.
#
#   source.sh ROOT
set -u
cd "$1" || exit 1
files=$(find src cmd testdata -name '*.[ch]' | LC_ALL=C sort)
# Names of the files hold no blanks.
# shellcheck disable=SC2086
awk '
function fault(line, text) { print FILENAME ":" line ": " text; faults++ }
FNR == 1 {
    if (FILENAME != last && last != "" && lines > 600) {
        print last ": " lines " lines: one file has one subject, and at most 600"
        faults++
    }
    last = FILENAME
    inside = 0
    count++
}
{ lines = FNR }
/(^|[^A-Za-z0-9_>.])(sprintf|vsprintf|strcpy|stpcpy|strcat|strncpy|strncat|atoi|atol|atoll|atof|scanf|sscanf|fscanf|strtok|strtok_r|gets|alloca|mktemp|tmpnam|asctime|ctime)\(/ {
    fault(FNR, "a function that is not to be used here")
}
/\/\// && !/:\/\// && /^[ \t]*\/\/|;[ \t]*\/\// { fault(FNR, "write /* */ comments") }
/\t/ { fault(FNR, "a tab") }
/TODO|FIXME|(^|[^X])XXX([^X]|$)/ { fault(FNR, "an unfinished thought; settle it or write NEEDSWORK with the question") }
/^\{$/ { inside = FNR }
/^\}$/ && inside {
    if (FNR - inside - 1 > 70) fault(inside, "a function of " FNR - inside - 1 " lines; it should fit a screen")
    inside = 0
}
END {
    print count + 0 " files, " faults + 0 " faults"
    exit faults > 0 || count < 20
}' $files
