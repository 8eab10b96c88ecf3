# For exact.sh and near.sh, which read this file: the rows of the coverage table, as the tool prints it.

# Calls judge with each annotation and target whose support is the one that is asked for; of some annotations only,
# where they are named.
judge_all() { # gateshift support [ANNOTATION...]
    tool=$1
    wanted=$2
    shift 2
    # One row a line: annotation, then the support of each target in the order of the first line.
    "$tool" explain --coverage --channel experimental --gateway-api-version 1.6 >"$work/table"
    targets=$(sed -n '1s/^annotation *//p' "$work/table")
    sed -n '2,/^$/p' "$work/table" >"$work/rows"
    while read -r annotation supports; do
        [ -n "$annotation" ] || break
        if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qx "$annotation"; then
            continue
        fi
        for target in $targets; do
            case ${supports%% *} in "$wanted") judge "$annotation" "$target" ;; esac
            supports=$(printf '%s' "$supports" | sed 's/^[^ ]* *//')
        done
    done <"$work/rows"
}
