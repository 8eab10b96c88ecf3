#!/bin/sh
# What the program says of itself, in three places: --help, the manual and the completion scripts. They
# come from one table, or are compared with it here.
#
#   docs.sh GATESHIFT
set -u
gateshift=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0
fault() {
    echo "not ok: $*"
    faults=$((faults + 1))
}

"$gateshift" --help >"$work/help"
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/help")
[ -n "$commands" ] || fault "no commands in --help"
for shell in bash zsh fish; do
    "$gateshift" completion "$shell" >"$work/$shell" || fault "no completion for $shell"
done
bash -n "$work/bash" || fault "the completion for bash is no script"
count=0
for command in $commands; do
    page=$root/man/gateshift-$command.1
    [ -f "$page" ] || {
        fault "$command has no manual page"
        continue
    }
    grep -q "^\.It Xr gateshift-$command 1$" "$root/man/gateshift.1" ||
        fault "gateshift(1) does not name $command"
    "$gateshift" "$command" --help >"$work/$command"
    summary=$(sed -n '/^$/{n;p;q;}' "$work/$command")
    grep -qx ".Nd $summary" "$page" || fault "$command: the manual page has another summary"
    sed -n 's/^  \(-[a-zA-Z], \|    \)--\([a-z0-9-]*\).*/\2/p' "$work/$command" | sort >"$work/table"
    sed -n 's/^\.It .*Fl -\([a-z0-9-]*\).*/\1/p' "$page" | sort >"$work/manual"
    diff "$work/table" "$work/manual" >"$work/diff" ||
        fault "$command: options of the table (<) and of the manual (>)" "$(cat "$work/diff")"
    sed -n 's/^  -\([a-zA-Z]\), --\([a-z0-9-]*\).*/\1 \2/p' "$work/$command" >"$work/letters"
    while read -r letter name; do
        grep -q "^\.It Fl $letter .*, Fl -$name\|^\.It Fl $letter , Fl -$name" "$page" ||
            fault "$command: the manual does not have -$letter for --$name"
    done <"$work/letters"
    # Words that options take, in the manual and in each shell.
    sed -n 's/^ *one of //p' "$work/$command" | tr -d ',' | tr ' ' '\n' | sort -u >"$work/words"
    while read -r word; do
        grep -q -- "$word" "$page" || fault "$command: the manual does not name the word $word"
        for shell in bash zsh fish; do
            grep -q -- "$word" "$work/$shell" || fault "$shell does not complete the word $word"
        done
    done <"$work/words"
    # Each option is completed for its command.
    sed -n "/^    $command)\$/,/;;/p" "$work/zsh" >"$work/zsh-part"
    sed -n "s/^        $command) words=//p" "$work/bash" >"$work/bash-part"
    sed -n "/seen_subcommand_from $command'/p" "$work/fish" >"$work/fish-part"
    while read -r name; do
        count=$((count + 1))
        grep -q -- "--$name[=\[}]" "$work/zsh-part" || fault "zsh does not complete $command --$name"
        grep -q -- " --$name[ ']" "$work/bash-part" || fault "bash does not complete $command --$name"
        grep -q -- " -l $name " "$work/fish-part" || fault "fish does not complete $command --$name"
    done <"$work/table"
done
[ "$count" -ge 80 ] || fault "only $count options were looked at"

# Limits and letters of codes.
"$gateshift" convert --limit x=1 2>&1 | sed -n 's/.*with one of \(.*\), not .*/\1/p' | tr -d ',' |
    tr ' ' '\n' | sort >"$work/limits"
sed -n 's/^\.It Cm \([a-z-]*\)$/\1/p' "$root/man/gateshift.1" | sort >"$work/manual"
diff "$work/limits" "$work/manual" || fault "limits of the program (<) and of the manual (>)"
"$gateshift" explain | sed -n 's/^  \([A-Z]\)[0-9]* .*/\1/p' | sort -u >"$work/code-letters"
while read -r letter; do
    tr '\n' ' ' <"$root/man/gateshift.1" | grep -q "[:,] $letter [a-z]\|[:,] $letter [A-Z]" ||
        fault "gateshift(1) does not say what the letter $letter stands for"
done <"$work/code-letters"

# Keys of cases: the ones that are refused when they are misspelled are in the manual.
sed -n 's/.*\(TEXT\|WORD\|NUMBER\|LIST\|MAP\)("\([a-z_]*\)".*/\2/p' "$root/src/expect/keys.c" |
    sort -u >"$work/keys"
[ "$(wc -l <"$work/keys")" -ge 20 ] || fault "no keys found in src/expect/keys.c"
while read -r key; do
    grep -q "^\.\(It \)\?Cm .*\b$key\b\|^\.Cm .*\b$key\b" "$root/man/gateshift-cases.5" ||
        fault "gateshift-cases(5) does not name the key $key"
done <"$work/keys"

if command -v mandoc >/dev/null; then
    for page in "$root"/man/*.[15]; do
        mandoc -Tlint -W warning "$page" >"$work/lint" 2>&1 || {
            cat "$work/lint"
            fault "$(basename "$page") has faults"
        }
    done
fi
echo "$count options, $faults faults"
[ "$faults" -eq 0 ]
