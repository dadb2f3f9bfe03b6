#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The Kubernetes files: their structure by the fields of core/v1 and apps/v1 that they use, the least
# rights, and that they agree with weir. No kubectl, so no API server's word on them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for python in python3 /usr/bin/python3 ""; do
	[ -n "$python" ] && "$python" -c 'import yaml' 2>/dev/null && break
done
if [ -z "$python" ]; then
	skip "Kubernetes files" "no python3-yaml"
	exit 0
fi
"$weir" monitor --help | sed -n 's/^  *\(-., \)\?--\([a-z0-9-]*\).*/\2/p' >"$scratch/options"
"$python" - "$("$weir" --version | cut -d' ' -f2)" "$scratch/options" tools/kubernetes/*.yaml <<'END'
import re, sys, yaml
version, options = sys.argv[1], open(sys.argv[2]).read().split()
number = re.compile(r"^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$")

# A field's type: a Python type, [item], {name: field} or a function that says what is wrong.
def words(v): return None if isinstance(v, list) and all(isinstance(w, str) for w in v) else "no words"
def quantity(v): return None if number.match(str(v)) else "no quantity"
def anything(v): return None
labels = lambda v: None if isinstance(v, dict) and all(isinstance(x, str) for x in v.values()) else "no labels"
probe = {"exec": {"command": words}, "periodSeconds": int, "timeoutSeconds": int, "failureThreshold": int}
container = {
    "name": str, "image": str, "imagePullPolicy": str, "env": [{"name": str, "value": str}],
    "ports": [{"containerPort": int}],
    "securityContext": {
        "runAsUser": int, "allowPrivilegeEscalation": bool, "privileged": bool,
        "readOnlyRootFilesystem": bool, "capabilities": {"add": words, "drop": words},
        "seccompProfile": {"type": str}},
    "startupProbe": probe, "livenessProbe": probe,
    "resources": {"requests": {"cpu": quantity, "memory": quantity},
                  "limits": {"cpu": quantity, "memory": quantity}}}
pod = {"automountServiceAccountToken": bool, "hostNetwork": bool, "dnsPolicy": str,
       "terminationGracePeriodSeconds": int, "tolerations": [{"operator": str, "effect": str}],
       "containers": [container]}
metadata = {"name": str, "namespace": str, "labels": labels}
kinds = {
    ("v1", "Pod"): pod, ("v1", "Namespace"): None,
    ("apps/v1", "DaemonSet"): {
        "selector": {"matchLabels": labels}, "updateStrategy": {"type": str},
        "template": {"metadata": metadata, "spec": pod}}}

def check(value, wanted, where, wrong):
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            wrong.append(f"{where}: no mapping")
            return
        for name, v in value.items():
            if name in wanted:
                check(v, wanted[name], f"{where}.{name}", wrong)
            else:
                wrong.append(f"{where}.{name}: unknown")
    elif isinstance(wanted, list):
        if not isinstance(value, list) or not value:
            wrong.append(f"{where}: no list")
        for i, v in enumerate(value if isinstance(value, list) else []):
            check(v, wanted[0], f"{where}[{i}]", wrong)
    elif isinstance(wanted, type):
        if type(value) is not wanted:
            wrong.append(f"{where}: no {wanted.__name__}")
    elif wanted(value):
        wrong.append(f"{where}: {wanted(value)}")

def bytes_of(text):
    units = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    n, unit = re.match(r"([\d.]+)(\D*)", text).groups()
    return float(n) * units[unit]

def check_weir(spec, wrong):
    mine = [c for c in spec["containers"] if c["name"] == "weir"]
    if len(mine) != 1:
        wrong.append("no container called weir")
        return
    c, s = mine[0], mine[0]["securityContext"]
    if (s["capabilities"] != {"drop": ["ALL"], "add": ["BPF", "NET_ADMIN", "PERFMON"]}
            or s["privileged"] or s["allowPrivilegeEscalation"] or not s["readOnlyRootFilesystem"]
            or spec["automountServiceAccountToken"]):
        wrong.append("not the least rights")
    if not c["image"].endswith("/weir:" + version):
        wrong.append(f"image {c['image']}, this is {version}")
    for e in c["env"]:
        option = e["name"][5:].lower().replace("_", "-")
        if e["name"] != "WEIR_INTERFACES" and option not in options:
            wrong.append(f"{e['name']}: not an option's variable")
    for p in "startupProbe", "livenessProbe":
        if c[p]["exec"]["command"][:2] != ["/usr/sbin/weir", "health"]:
            wrong.append(f"{p}: asks something else")
    r = c["resources"]
    if bytes_of(r["requests"]["memory"]) > bytes_of(r["limits"]["memory"]):
        wrong.append("requests more memory than its limit")

for path in sys.argv[3:]:
    wrong, n = [], 0
    for document in yaml.safe_load_all(open(path)):
        key = document.get("apiVersion"), document.get("kind")
        if key not in kinds:
            wrong.append(f"{key}: no such kind")
            continue
        spec = kinds[key]
        check(document, {"apiVersion": str, "kind": str, "metadata": metadata,
                         **({"spec": spec} if spec else {})}, key[1], wrong)
        if key[1] == "DaemonSet" and not wrong:
            n += 1
            if document["spec"]["selector"]["matchLabels"] != \
                    document["spec"]["template"]["metadata"]["labels"]:
                wrong.append("the selector does not select")
            check_weir(document["spec"]["template"]["spec"], wrong)
        elif key[1] == "Pod" and not wrong:
            n += 1
            check_weir(document["spec"], wrong)
    print("ok -" if n == 1 and not wrong else "not ok -", path + ": structure, least rights, probes, limits")
    for line in wrong:
        print("    " + line)
    if wrong or n != 1:
        sys.exit(1)
END
exit $?
