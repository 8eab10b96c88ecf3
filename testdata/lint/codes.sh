#!/bin/sh
# Diagnostics: each list is sorted, has one letter, and explains each code.
#
#   codes.sh ROOT
set -u
cd "$1/src/diag" || exit 1
for list in codes_*.def; do
    grep -q "\"diag/$list\"" codes.def || {
        echo "$list is not named in codes.def"
        exit 1
    }
done
awk '
function fault(text) { print FILENAME ":" FNR ": " text; faults++ }
FNR == 1 { last = ""; letter = "" }
/^DIAG/ {
    rows++
    if ($0 !~ /^DIAG\([A-Z][0-9][0-9][0-9], (ERROR|WARNING|INFO), ".+", *$/ &&
        $0 !~ /^DIAG\([A-Z][0-9][0-9][0-9], (ERROR|WARNING|INFO), ".+", ".+"\)$/)
        fault("write DIAG(code, severity, \"title\", \"help\")")
    code = substr($0, 6, 4)
    if (code in seen) fault(code " is also at " seen[code])
    seen[code] = FILENAME ":" FNR
    if (code <= last) fault(code " comes after " last)
    if (letter != "" && letter != substr(code, 1, 1)) fault(code ": this list has letter " letter)
    letter = substr(code, 1, 1)
    last = code
    n = split($0, text, "\"")
    if (text[2] ~ /\.$/) fault(code ": a title has no final stop")
    if (n >= 4 && length(text[4]) < 30) fault(code ": the help text says too little")
}
END {
    print rows + 0 " codes, " faults + 0 " faults"
    exit faults > 0 || rows < 10
}' codes_*.def
