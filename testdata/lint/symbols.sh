#!/bin/sh
# What the modules hold and call: no variable outlives a call, and nothing under src/ prints, exits
# or asks the environment. Read from the compiled archives, so comments and macros do not matter.
#
#   symbols.sh ARCHIVE...
set -u
faults=0
report() { # lines
    [ -z "$1" ] && return
    printf '%s\n' "$1"
    faults=$((faults + $(printf '%s\n' "$1" | wc -l)))
}
for archive; do
    name=$(basename "$archive")
    # Tables of pointers are const, and lie in .data.rel.ro until they are relocated.
    report "$(objdump -t "$archive" | awk -v name="$name" '
        / O / && $0 ~ /[ \t]\.(data|bss|tdata|tbss)(\.|[ \t])/ && $0 !~ /\.data\.rel\.ro/ ||
        /\*COM\*/ { print name ": variable " $NF " (" $(NF - 2) ")" }')"
    report "$(nm -u "$archive" 2>/dev/null | awk -v name="$name" '
        $2 ~ /^(stdin|stdout|stderr|printf|vprintf|puts|putchar|perror|exit|_exit|quick_exit|getenv|setenv|environ|time|clock|clock_gettime|gettimeofday|localtime|gmtime|rand|random|srand|setlocale|system|popen|signal|sigaction)$/ {
            print name ": uses " $2 }' | sort -u)"
done
echo "$# archives, $faults faults"
[ "$faults" -eq 0 ] && [ "$#" -ge 5 ]
