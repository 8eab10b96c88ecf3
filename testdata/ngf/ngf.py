"""See ngf.sh."""
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

GATESHIFT, NGINX = sys.argv[1:3]
PREFIX = "nginx.ingress.kubernetes.io/"
ASKED = "http://auth.shop.svc.cluster.local/check"
SETTINGS = [
    {},
    {"auth-url": ASKED},
    {"auth-url": ASKED, "auth-signin": "https://in.example.com/start"},
    {"auth-url": ASKED, "auth-signin": "https://other.example.com/start"},
    {"auth-url": ASKED + "/other", "auth-signin": "https://in.example.com/start"},
    {"custom-http-errors": "404", "default-backend": "auth"},
    {"custom-http-errors": "404,503", "default-backend": "auth"},
    {"limit-rps": "10", "limit-whitelist": "10.0.0.0/8"},
    {"limit-rps": "10", "limit-connections": "5", "proxy-redirect-from": "http://a/",
     "proxy-redirect-to": "http://b/", "whitelist-source-range": "10.0.0.0/8"},
]
# (namespace, host) of the second Ingress; the first is shop, a.example.com.
PLACES = [("shop", "a.example.com"), ("mall", "a.example.com"), ("shop", "b.example.com")]
CONTEXTS = {"http": "", "http.server": "", "http.server.location": ""}
failed = []


def objects(first, second, place):
    """The manifests of two Ingresses and what they name."""
    items = []
    for name, (namespace, host), path, settings in (
        ("web", PLACES[0], "/", first), ("api", place, "/api", second)):
        service = {"name": "web", "port": {"number": 80}}
        items.append({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": namespace,
                         "annotations": {PREFIX + key: settings[key] for key in settings}},
            "spec": {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": [
                {"path": path, "pathType": "Prefix", "backend": {"service": service}}]}}]}})
    for namespace, name in itertools.product(("shop", "mall"), ("web", "auth")):
        items.append({"apiVersion": "v1", "kind": "Service",
                      "metadata": {"name": name, "namespace": namespace},
                      "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}})
    return {"apiVersion": "v1", "kind": "List", "items": items}


def convert(manifests):
    """The objects that are written."""
    done = subprocess.run(
        [GATESHIFT, "convert", "--to", "nginx-gateway-fabric", "--output", "json", "-f", "-"],
        input=json.dumps(manifests).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        check=False)
    if done.returncode:
        raise SystemExit(f"convert exits with {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)["items"]


def snippets_of(item):
    """The snippets of a filter, by their context."""
    return {part["context"]: part["value"] for part in item["spec"]["snippets"]}


def render(items):
    """nginx.conf with the filters where NGINX Gateway Fabric 2.6 includes them (includes.go, servers_template.go): once
    each in all of nginx and in a server."""
    filters = {(item["metadata"]["namespace"], item["metadata"]["name"]): snippets_of(item)
               for item in items if item["kind"] == "SnippetsFilter"}
    http, servers, used = {}, {}, 0
    for route in (item for item in items if item["kind"] == "HTTPRoute"):
        for host, rule in itertools.product(route["spec"]["hostnames"],
                                            route["spec"].get("rules", [])):
            names = [(route["metadata"]["namespace"], one["extensionRef"]["name"])
                     for one in rule.get("filters", [])
                     if one["type"] == "ExtensionRef"
                     and one["extensionRef"]["kind"] == "SnippetsFilter"]
            server = servers.setdefault(host, {"includes": {}, "locations": []})
            used += len(names)
            for name in names:
                http[name] = filters[name].get("http", "")
                server["includes"][name] = filters[name].get("http.server", "")
            server["locations"].append(
                "location = /%d {\n%s\nproxy_pass http://127.0.0.1:1;\n}" % (
                    len(server["locations"]),
                    "\n".join(filters[name].get("http.server.location", "") for name in names)))
    text = "\n".join(http.values())
    for number, (host, server) in enumerate(servers.items()):
        text += "\nserver {\nlisten unix:%d.sock;\nserver_name %s;\n%s\n%s\n}" % (
            number, host, "\n".join(server["includes"].values()), "\n".join(server["locations"]))
    # Names of the cluster cannot be looked up here.
    return re.sub(r"(proxy_pass https?://)[a-z.]+\.svc\.cluster\.local", r"\g<1>127.0.0.1", text), used


def refused(folder, text):
    """What nginx says against the configuration; empty: it takes it."""
    paths = "".join("%s_temp_path %s;\n" % (name, name)
                    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write("pid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n%s%s\n}\n"
                   % (paths, text))
    done = subprocess.run([NGINX, "-t", "-q", "-p", folder, "-c", os.path.join(folder, "nginx.conf")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode() or "no word" if done.returncode else ""


def main():
    with tempfile.TemporaryDirectory() as folder:
        included = 0
        for first, second, place in itertools.product(SETTINGS, SETTINGS, PLACES):
            text, used = render(convert(objects(first, second, place)))
            included += used
            said = refused(folder, text)
            if said:
                failed.append(f"{first} and {second} at {place}: {said}\n{text}")
        # A filter that is there twice under two names is what nginx refuses.
        items = convert(objects(SETTINGS[1], SETTINGS[1], PLACES[0]))
        double = [json.loads(json.dumps(item)) for item in items
                  if item["metadata"]["name"].endswith("-locations")]
        routes = [item for item in items if item["kind"] == "HTTPRoute"]
        for item in double:
            name = item["metadata"]["name"]
            item["metadata"]["name"] = "double"
            rule = routes[-1]["spec"]["rules"][-1]
            for one in rule["filters"]:
                if one.get("extensionRef", {}).get("name") == name:
                    one["extensionRef"]["name"] = "double"
        if "duplicate location" not in refused(folder, render(items + double)[0]):
            failed.append("a location that is there twice is not seen")
    for text in failed[:5]:
        print(text)
    print(f"{len(SETTINGS) ** 2 * len(PLACES)} pairs, {included} filters included, {len(failed)} failed")
    return 1 if failed or included < 100 else 0


sys.exit(main())
