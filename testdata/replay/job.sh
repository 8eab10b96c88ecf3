#!/bin/sh
# The Indexed Job of docs/replay-job.yaml: the command of its container is run with each index, beside others and once
# more as after the loss of a pod, with manifests as a volume of a ConfigMap shows them; then that of docs/merge-job.yaml.
#
#   job.sh GATESHIFT GATESHIFT-BENCH
# shellcheck source=testdata/replay/engine.sh
. "$(dirname "$0")/engine.sh"
docs=$here/../../docs

value() { # key: of the first line that has it
    sed -n "s/.*$1: *\"\{0,1\}\([0-9A-Za-z]*\).*/\1/p" "$docs/replay-job.yaml" | head -n 1
}
script() { # file: of its container, with the volumes of this folder
    awk '/^ *- \|$/ { block = 1; next } block && /^          / { print substr($0, 11); next } { block = 0 }' "$docs/$1" |
        sed "s|/logs|$work/logs|g; s|/manifests|$work/mounted|g"
}
completions=$(value completions)
[ "$(value completionMode)" = Indexed ] || fault "the Job is not Indexed"
[ "$(sed -n 's/.*{name: PARTS, value: "\([0-9]*\)"}.*/\1/p' "$docs/replay-job.yaml")" = "$completions" ] ||
    fault "there are other parts than completions"

# files are links to links, beside a folder whose name begins with dots
mkdir -p mounted/..2026_11_29 logs
mv manifests/ingress.yaml mounted/..2026_11_29/
ln -s ..2026_11_29 mounted/..data
ln -s ..data/ingress.yaml mounted/ingress.yaml
head -n 12000 access.log >logs/access.log
tail -n +12001 access.log | gzip >logs/access.log.1.gz

script replay-job.yaml >pod
script merge-job.yaml >sum
grep -q 'gateshift replay' pod && grep -q 'gateshift merge' sum || fault "the manifests have no commands"
PATH=$work/bin:$PATH
PARTS=$completions
export PATH PARTS
index=0
while [ $index -lt "$completions" ]; do
    echo $index
    index=$((index + 1))
done >indices
xargs -P 2 -I{} env JOB_COMPLETION_INDEX={} sh -ec "$(cat pod)" <indices || fault "a pod failed"
JOB_COMPLETION_INDEX=5 sh -ec "$(cat pod)" || fault "a pod that is started again failed"
sh -ec "$(cat sum)" >report 2>error || fault "the sum failed"
grep -q '^20,000 requests\|requests in 20,000 lines' report || fault "the sum is not that of 20000 lines"
gateshift replay -q -f mounted --to istio --min-severity error --log-format ingress-nginx --partial all.json \
    "$work"/logs/access.log*
same "an Indexed Job" logs/traffic.json all.json

rm logs/parts/11.json
sh -ec "$(cat sum)" >report 2>error && fault "a pod that is missing is not missed"
grep -q "part 12 of $completions of '.*access.log'" error || fault "the part that is missing is not named"
[ "$faults" -eq 0 ] && echo "an Indexed Job of $completions pods: the same"
