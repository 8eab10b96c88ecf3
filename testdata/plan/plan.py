"""See plan.sh."""
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

GATESHIFT = sys.argv[1]
SCHEMA = json.load(open("src/plan/schema/plan.schema.json", encoding="utf-8"))
SHARED = "../shared/cases/"
INPUTS = [
    "testdata/cases/nginx/*/manifests.yaml",
    SHARED + "ingress-nginx-e2e/*/manifests.yaml",
    SHARED + "ingress-conformance/*/manifests.yaml",
    SHARED + "ingress2gateway/ingress-nginx/*/manifests.yaml",
    SHARED + "patterns/*.yaml",
]
counts = collections.Counter()
failed = []


def run(name, arguments, good, cwd=None):
    done = subprocess.run(
        [GATESHIFT, *arguments, "--min-severity", "warning", "--color", "never"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
        cwd=cwd,
    )
    text = done.stdout.decode("utf-8") + done.stderr.decode("utf-8")
    if done.returncode not in good:
        failed.append(f"{name}: {arguments[0]} exits with {done.returncode}: {text[:600]}")
    return text


def check_wave(name, path, folder, number, wave, closed):
    label = f"wave-{number:02}"
    bundle = ["-f", folder + "/gateways"] if os.path.isdir(folder + "/gateways") else []
    bundle += ["-f", f"{folder}/routes/{label}"]
    for made in re.findall(r"> (prepare/ca-\S+)", open(folder + "/RUNBOOK.md", encoding="utf-8").read()):
        namespace, _, authority = os.path.basename(made)[3:-5].partition(".")
        with open(f"{folder}/{made}", "w", encoding="utf-8") as out:
            out.write(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {authority}, namespace: {namespace}}}\n")
            out.write('data: {ca.crt: "-----BEGIN CERTIFICATE-----"}\n')
        bundle += ["-f", f"{folder}/{made}"]
    run(name, ["validate", *bundle], [0])
    run(name, ["test", *bundle, "-f", path, "--as", "standard", *closed, f"{folder}/verify/{label}-requests.json"], [0])
    run(name, ["test", "-f", path, *closed, f"{folder}/rollback/{label}/old-requests.json"], [0])
    for script in [f"{folder}/verify/{label}.sh", f"{folder}/rollback/{label}/verify.sh", folder + "/shift/records.sh"]:
        if subprocess.run(["sh", "-n", script], check=False).returncode:
            failed.append(f"{name}: {script} is no script")
    back = run(name, ["rollback", "-f", path, *closed, "-q", "--plan", folder + "/plan.json", "--wave", str(number), "-o", "json"], [0, 1])
    restored = json.JSONDecoder().raw_decode(back)[0]["restore"]
    names = sorted(
        item["object"]["metadata"]["namespace"] + "/" + item["object"]["metadata"]["name"]
        for item in restored
        if item["object"]["kind"] == "Ingress"
    )
    if names != wave["ingresses"]:
        failed.append(f"{name}: wave {number} puts back {names}")


def check_runbook(name, folder):
    """Every file that the texts name is there, or is made by the step that names it; steps are called as they are."""
    text = open(folder + "/RUNBOOK.md", encoding="utf-8").read()
    headings = dict(re.findall(r"^### (\d+)\. .*\n\n(`\S+`)$", text, re.MULTILINE))
    for path in sorted(glob.glob(folder + "/rollback/*/ROLLBACK.md")):
        back = open(path, encoding="utf-8").read()
        named = re.findall(r"(\d+) \((`\S+`)\)", back)
        if len(named) < 6 or any(headings.get(number) != step for number, step in named):
            failed.append(f"{name}: {path} names steps {named}")
        text += back
    # what the scripts write
    made = {"prepare/ttl.tsv"} | set(re.findall(r"> ([^\s;]+)", text)) | set(json.load(open(folder + "/plan.json", encoding="utf-8"))["gateways"])
    for path in set(re.findall(r"\b((?:prepare|gateways|routes|verify|shift|retire|rollback)/[\w./*-]*)", text)):
        if path not in made and not glob.glob(folder + "/" + path.rstrip(".")):
            failed.append(f"{name}: the runbook names {path}, which is not there")


def check_records(name, folder):
    """By hand the script says for each host what to do; the heading of the list is no host. It has to be told."""
    hosts = [line.split("\t")[0] for line in open(folder + "/prepare/hosts.tsv", encoding="utf-8")]
    done = subprocess.run(
        ["sh", folder + "/shift/records.sh", "ttl", "60", folder + "/prepare/hosts.tsv"],
        stdout=subprocess.PIPE,
        check=False,
        env={"PATH": "/usr/bin:/bin", "KUBECONFIG": "/dev/null", "DNS": "by-hand"},
    )
    untold = subprocess.run(
        ["sh", folder + "/shift/records.sh", "ttl", "60", folder + "/prepare/hosts.tsv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
        env={"PATH": "/usr/bin:/bin", "KUBECONFIG": "/dev/null"},
    )
    if untold.returncode != 2 or b"prepare/env.sh" not in untold.stderr:
        failed.append(f"{name}: records.sh does not ask who changes records")
    said = [line.split(":")[0] for line in done.stdout.decode("utf-8").splitlines()]
    if done.returncode or hosts[0] != "# host" or said != hosts[1:]:
        failed.append(f"{name}: records.sh says {said} of {hosts}")


CURL = """#!/bin/sh
# Answers with the status of the side that is asked.
for word; do
    case $before in --connect-to) side=$word ;; esac
    before=$word
done
case $side in *:new:*) status=$NEW ;; *) status=$OLD ;; esac
[ "$status" != 000 ] || echo 'curl: (60) nobody is trusted' >&2
printf '\\n%s ' "$status"
[ "$status" != 000 ]
"""


def check_verify(work, folder):
    """What is no answer never passes, and one side alone has to answer as it did when both were asked."""
    os.mkdir(work + "/bin")
    with open(work + "/bin/curl", "w", encoding="utf-8") as out:
        out.write(CURL)
    os.chmod(work + "/bin/curl", 0o755)
    request = "GET https://chat.example.com/v1/models"

    def ask(new, old, kept, other="old"):
        done = subprocess.run(
            ["sh", folder + "/verify/wave-01.sh", "new", other],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            env={"PATH": work + "/bin:/usr/bin:/bin", "NEW": new, "OLD": old, "ANSWERS": work + "/" + kept},
        )
        text = done.stdout.decode("utf-8")
        word = re.search(f"^(not ok|look at): {re.escape(request)}(?:$|:)", text, re.MULTILINE)
        return (word.group(1) if word else "passed"), text

    steps = [
        ("000", "000", "dead", "old", "not ok"),
        ("200", "000", "dead", "old", "not ok"),
        ("200", "404", "dead", "old", "not ok"),
        ("404", "", "dead", "", "not ok"),
        ("200", "", "dead", "", "look at"),
        ("200", "200", "alive", "old", "passed"),
        ("200", "", "alive", "", "passed"),
        ("404", "", "alive", "", "not ok"),
        ("401", "", "alive", "", "not ok"),
        ("000", "", "alive", "", "not ok"),
        ("404", "404", "none", "old", "look at"),
        ("404", "", "none", "", "look at"),
    ]
    for new, old, kept, other, wanted in steps:
        word, text = ask(new, old, kept, other)
        if word != wanted or (new == "000" and "(60) nobody is trusted" not in text):
            failed.append(f"verify with {new} and {old or 'nobody'} ({kept}): {word} instead of {wanted}: {text[:800]}")
    if not re.search("^0 passed", ask("000", "000", "dead")[1], re.MULTILINE):
        failed.append("verify: a request passes that nobody answered")


def one(path):
    closed = ["--closed"] if path.endswith("manifests.yaml") else []
    with tempfile.TemporaryDirectory() as work:
        folder = work + "/plan"
        messages = run(path, ["plan", "-f", path, "--out-dir", folder, "--gateway-class", "example", *closed], [0, 1, 3])
        if " P001: " in messages:
            failed.append(f"{path}: {messages[:600]}")
        if not os.path.exists(folder + "/plan.json"):
            # input that is an error, or that nothing of moves; the program says so
            counts["without a plan"] += 1
            return
        plan = json.load(open(folder + "/plan.json", encoding="utf-8"))
        jsonschema.validate(plan, SCHEMA)
        counts["plans"] += 1
        counts["moves"] += plan["check"]["moves"]
        check_runbook(path, folder)
        check_records(path, folder)
        if path == "testdata/example":
            check_verify(work, folder)
        for number, wave in enumerate(plan["waves"], 1):
            if wave["moves"]:
                counts["waves"] += 1
                counts["rules"] += wave["rules"]
                counts["rules asked for"] += wave["covered"]
                check_wave(path, path, folder, number, wave, closed)


def main():
    one("testdata/example")
    for pattern in INPUTS:
        # all of them with PLAN_ALL set; else enough for every day
        for path in sorted(glob.glob(pattern))[:: 1 if os.environ.get("PLAN_ALL") else 5]:
            one(path)
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())), f"{len(failed)} failed", sep=", ")
    for text in failed[:40]:
        print("not ok:", text)
    return 1 if failed or counts["plans"] < 20 or counts["rules asked for"] * 10 < counts["rules"] * 9 else 0


sys.exit(main())
