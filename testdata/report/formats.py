"""See formats.sh. One comparison of each input in all formats, and checks of what comes out."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import jsonschema

GATESHIFT = sys.argv[1]
SCHEMA = json.load(open("src/report/schema/diff.schema.json", encoding="utf-8"))
FORMATS = ["text", "json", "markdown", "sarif", "junit", "github", "accept"]
ASPECTS = ["routing", "rewrite", "redirect", "protection", "traffic", "headers"]
failed = []
counts = {"inputs": 0, "findings": 0, "accepted": 0}


def check(truth, name, text):
    if not truth:
        failed.append(f"{name}: {text}")


def run(arguments):
    done = subprocess.run(
        [GATESHIFT, "diff", "--min-severity", "error", "-q", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def check_sarif(name, text, findings):
    log = json.loads(text)
    check(log["version"] == "2.1.0", name, "version of SARIF")
    results = log["runs"][0]["results"]
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    check(len(results) == len(findings), name, "results of SARIF")
    for result, finding in zip(results, findings):
        # docs.github.com: ruleId, message.text and a physical location are required
        check(rules[result["ruleIndex"]] == result["ruleId"], name, "ruleIndex")
        check(result["message"]["text"], name, "message")
        check(result["level"] in ("note", "warning", "error"), name, "level")
        check(result["partialFingerprints"]["primaryLocationLineHash"] == finding["id"], name, "fingerprint")
        check(len(result["locations"]) == 1, name, "one location")
        for place in result["locations"] + result.get("relatedLocations", []):
            physical = place["physicalLocation"]
            check(os.path.exists(physical["artifactLocation"]["uri"]), name, "a file that is there")
            check(physical["region"]["startLine"] >= 1, name, "region")


def check_junit(name, text, document, fails):
    root = xml.etree.ElementTree.fromstring(text)
    hosts = document["hosts"]
    check(len(root) == len(hosts), name, "a suite for each host")
    for suite, host in zip(root, hosts):
        check(suite.get("name") == host["host"], name, "name of the suite")
        names = [f"{aspect} of {host['host']}" for aspect in host["aspects"]]
        check([case.get("name") for case in suite] == names, name, "a case for each aspect")
        for case, aspect in zip(suite, host["aspects"].values()):
            verdict = aspect["verdict"]
            failure = case.find("failure") is not None
            skipped = case.find("skipped") is not None
            check(not failure or verdict == "different", name, f"{case.get('name')}: failed but {verdict}")
            check(skipped == (verdict == "unproven" and not failure), name, "what is unproven is skipped")
    failures = len(root.findall(".//failure"))
    check((failures > 0) == fails, name, f"{failures} failures, and exit status {int(fails)}")
    check(int(root.get("failures")) == failures, name, "count of failures")


def check_github(name, text, findings, fails):
    lines = text.splitlines()
    check(all(re.match(r"::(error|warning|notice) ", line) for line in lines), name, "workflow commands")
    own = [finding for finding in findings if not finding["platform"]]
    check(len(lines) == len(own) + 1, name, "a command for each finding, and one for all")
    check(lines[-1].startswith("::error" if fails else "::notice"), name, "last command")


def check_markdown(name, text, findings):
    check(len(text) <= 65536, name, "length of a comment")
    check(text.count("<details>") == text.count("</details>"), name, "details are closed")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        check(len(columns) == 1, name, f"columns of a table: {columns}")
    for finding in findings[:20]:
        check(finding["id"] in text, name, f"{finding['id']} in Markdown")


def check_accept(name, arguments, text, document):
    own = [finding for finding in document["findings"] if not finding["platform"]]
    check(re.findall(r"^- id: (\S+)$", text, re.M) == [finding["id"] for finding in own], name, "ids to accept")
    if not own:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        status, _, messages = run([*arguments, "--accept", file.name])
        check(status == 3 and "D003" in messages, name, "without reasons the file is refused")
        file.seek(0)
        file.truncate()
        file.write(text.replace('reason: ""', "reason: known").replace('expires: ""', "expires: never"))
        file.flush()
        status, out, _ = run([*arguments, "--accept", file.name, "-o", "json"])
        check(status == 0, name, f"all is accepted: exit status {status}")
        again = json.loads(out)
        check(again["summary"]["accepted"] == len(own), name, "what is accepted is counted")
        check(len(again["findings"]) == len(document["findings"]), name, "what is accepted is shown")
        jsonschema.validate(again, SCHEMA)
    counts["accepted"] += len(own)


def ids(arguments):
    _, out, _ = run([*arguments, "-o", "json"])
    return sorted(finding["id"] for finding in json.loads(out)["findings"] if not finding["platform"])


def check_order(name, path, options, wanted):
    """Documents of a file in two files, the last one first, with a comment above."""
    with open(path, encoding="utf-8") as file:
        documents = re.split(r"^---.*\n", file.read(), flags=re.M)
    with tempfile.TemporaryDirectory() as folder:
        for index, document in enumerate(documents):
            with open(f"{folder}/{len(documents) - index:03}.yaml", "w", encoding="utf-8") as file:
                file.write("# moved\n\n" + document)
        check(ids(["--before", folder, *options]) == wanted, name, "ids do not depend on places")


def check_input(path, options):
    name = " ".join([os.path.relpath(path), *options])
    arguments = ["--before", os.path.relpath(path), *options]
    status, out, _ = run([*arguments, "-o", "json"])
    if status not in (0, 1):
        return
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    findings = document["findings"]
    results = {}
    for form in FORMATS:
        code, results[form], _ = run([*arguments, "-o", form])
        check(code == status, name, f"exit status with -o {form}")
    check(document["fails"] == (status == 1), name, "fails, and the exit status")
    check(all(set(host["aspects"]) == set(ASPECTS) for host in document["hosts"]), name, "aspects")
    check(len({finding["id"] for finding in findings}) == len(findings), name, "ids differ")
    check(all(f"{finding['id']}:" in results["text"] for finding in findings), name, "ids in text")
    check_sarif(name, results["sarif"], findings)
    if findings or document["hosts"]:
        check_junit(name, results["junit"], document, status == 1)
    check_github(name, results["github"], findings, status == 1)
    check_markdown(name, results["markdown"], findings)
    check_accept(name, arguments, results["accept"], document)
    if os.path.isfile(path):
        check_order(name, path, options, sorted(f["id"] for f in findings if not f["platform"]))
    counts["inputs"] += 1
    counts["findings"] += len(findings)


inputs = ["testdata/example"] + sorted(glob.glob("testdata/cases/nginx/*/manifests.yaml"))[::4]
inputs += sorted(glob.glob("../shared/cases/real-world/*.yaml"))
for path in inputs:
    for options in ([], ["--to", "aks-approuting"]) if path == inputs[0] else ([],):
        check_input(path, options)
for line in failed:
    print(f"not ok: {line}")
print(f"{counts['inputs']} inputs, {counts['findings']} findings, {counts['accepted']} accepted; {len(failed)} faults")
sys.exit(bool(failed) or counts["inputs"] < 5 or counts["findings"] < 50)
