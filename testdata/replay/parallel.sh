#!/bin/sh
# GNU parallel as docs/replay.md has it: parts of a file, blocks of a pipe, files side by side; with a task that fails.
#
#   parallel.sh GATESHIFT GATESHIFT-BENCH     77: GNU parallel is not installed
parallel --version 2>/dev/null | grep -q 'GNU parallel' || {
    echo "skipped: GNU parallel is not installed"
    exit 77
}
# shellcheck source=testdata/replay/engine.sh
. "$(dirname "$0")/engine.sh"
export PARALLEL_HOME="$work"

# Words are options.
# shellcheck disable=SC2086
{
    parallel -j 2 $replay --part {}/8 --partial part-{}.json access.log ::: 1 2 3 4 5 6 7 8 || fault "a part failed"
    "$gateshift" merge -q --partial parts.json part-*.json
    same "parts" parts.json whole.json

    parallel -j 2 --pipe-part --block 500k -a access.log \
        $replay --piped access.log --partial block-{#}.json - || fault "a block failed"
    [ "$(ls block-*.json | wc -l)" -ge 5 ] || fault "there are few blocks"
    "$gateshift" merge -q --parts "$(ls block-*.json | wc -l)" --partial blocks.json block-*.json
    same "blocks of a file" blocks.json piped.json
    parallel -j 2 --pipe --block 300k $replay --piped access.log --partial - - <access.log >lines ||
        fault "a block of a pipe failed"
    "$gateshift" merge -q --parts "$(grep -c evidence lines)" --partial lines.json lines
    same "blocks of a pipe" lines.json piped.json

    split -n l/5 access.log log-
    gzip log-ab log-ac
    $replay --partial files.json log-*
    parallel -j 2 $replay --partial file-{/}.json {} ::: log-*
    "$gateshift" merge -q --partial side.json file-*.json
    same "files side by side" side.json files.json

    # a task that fails says so, and so does its part's absence
    rm -f part-*.json
    mkdir part-3.json
    parallel -j 2 $replay --part {}/4 --partial part-{}.json access.log ::: 1 2 3 4 2>/dev/null
    [ $? -eq 1 ] || fault "the failure of one task is not the status of parallel"
    rmdir part-3.json
    "$gateshift" merge part-*.json >sum 2>error
    [ $? -eq 3 ] && grep -q 'part 3 of 4 of' error || fault "a part that failed is not missed"
}
[ "$faults" -eq 0 ] && echo "GNU parallel: parts, blocks, files: the same"
