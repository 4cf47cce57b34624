"""Writes what `kubectl get ... -A --show-managed-fields` prints for a cluster of some size: one List, as YAML or JSON, for benchmarks.

    python tools/make_dump.py yaml 55 > dump.yaml
    python tools/make_dump.py json 134 > dump.json

The number is that of megabytes. A share of a cluster has a Namespace, a Node, 4 Deployments with 2 ReplicaSets each and 8 Pods, 4 Services
with Endpoints and EndpointSlice, 2 Ingresses, 8 ConfigMaps, 8 Secrets, 12 Events, 4 Leases, 2 Roles and a custom resource; all with the
fields that servers and kubelets write. The same number gives the same bytes.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_STAMP = "2026-11-12T08:15:30Z"
_MANAGERS = ("kubectl-client-side-apply", "kube-controller-manager", "kubelet")


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _uid(*parts: object) -> str:
    digits = _hash(*parts)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def _fields(value: Any, depth: int = 5) -> dict[str, Any]:
    """Return the fields of a value as `fieldsV1` writes them."""
    if isinstance(value, list):
        return {
            f"k:{json.dumps({'name': one['name']}, separators=(',', ':'))}": {".": {}, **_fields(one, depth - 1)}
            for one in value
            if _is_named(one)
        }
    if not isinstance(value, dict) or not depth:
        return {}
    return {f"f:{key}": _fields(held, depth - 1) for key, held in value.items()}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value


def _object(api_version: str, kind: str, name: str, namespace: str | None, **body: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "Helm", **body.pop("labels", {})}
    annotations = {"deployment.kubernetes.io/revision": "7", "example.org/owner": f"team-{namespace or name}"}
    metadata: dict[str, Any] = {"annotations": annotations, "creationTimestamp": _STAMP, "generation": 3, "labels": labels}
    if kind == "Deployment":
        applied = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": body.get("spec")}
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(applied, separators=(",", ":")) + "\n"
    if "owner" in body:
        owner_kind, owner_name = body.pop("owner")
        owner = {"apiVersion": "apps/v1", "blockOwnerDeletion": True, "controller": True, "kind": owner_kind, "name": owner_name}
        metadata["ownerReferences"] = [{**owner, "uid": _uid(owner_kind, namespace, owner_name)}]
    metadata["managedFields"] = [
        {
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": _fields(part),
            "manager": manager,
            "operation": "Update",
            "time": _STAMP,
            **({"subresource": "status"} if "f:status" in _fields(part) else {}),
        }
        for manager, part in zip(_MANAGERS, _parts(body, labels), strict=False)
        if part
    ]
    metadata["name"] = name
    if namespace:
        metadata["namespace"] = namespace
    metadata |= {"resourceVersion": str(int(_hash(kind, namespace, name)[:8], 16)), "uid": _uid(kind, namespace, name)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def _parts(body: dict[str, Any], labels: dict[str, str]) -> tuple[dict[str, Any], ...]:
    given = {key: held for key, held in body.items() if key != "status"}
    status = {"status": body["status"]} if "status" in body else {}
    return {"metadata": {"labels": labels}, **given}, status


def _pod_spec(name: str) -> dict[str, Any]:
    probe = {
        "failureThreshold": 3,
        "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"},
        "periodSeconds": 10,
        "timeoutSeconds": 1,
    }
    env = [{"name": f"SETTING_{number}", "value": f"{_hash(name, number)[:12]}"} for number in range(8)]
    container = {
        "args": ["--listen=:8080", f"--name={name}", "--verbose"],
        "env": [*env, {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}],
        "image": f"registry.example.org/shop/{name}:1.27.4",
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": probe,
        "name": name,
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "readinessProbe": probe,
        "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/etc/shop", "name": "config", "readOnly": True}, {"mountPath": "/var/cache", "name": "tmp"}],
    }
    sidecar = {
        **container,
        "name": "proxy",
        "image": "registry.example.org/mesh/proxy:1.4.2",
        "ports": [{"containerPort": 15090, "name": "metrics"}],
    }
    return {
        "containers": [container, sidecar],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 1000, "runAsNonRoot": True},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [{"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        "volumes": [{"configMap": {"defaultMode": 420, "name": f"{name}-0"}, "name": "config"}, {"emptyDir": {}, "name": "tmp"}],
    }


def _conditions(*types: str) -> list[dict[str, Any]]:
    return [
        {
            "lastProbeTime": None,
            "lastTransitionTime": _STAMP,
            "message": f"{one} has: passed",
            "reason": f"{one}Met",
            "status": "True",
            "type": one,
        }
        for one in types
    ]


def _workloads(share: int, number: int, namespace: str) -> Iterator[dict[str, Any]]:
    name = f"web-{number}"
    labels = {"app": name}
    template = {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": _pod_spec(name)}
    spec = {"progressDeadlineSeconds": 600, "replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    status = {"availableReplicas": 2, "conditions": _conditions("Available", "Progressing"), "observedGeneration": 3, "replicas": 2}
    yield _object("apps/v1", "Deployment", name, namespace, labels=labels, spec=spec, status=status)
    for revision in range(2):
        made = f"{name}-{_hash(share, name, revision)[:9]}"
        kept = {"replicas": 2 * revision, "selector": {"matchLabels": labels}, "template": template}
        yield _object(
            "apps/v1", "ReplicaSet", made, namespace, owner=("Deployment", name), labels=labels, spec=kept, status={"replicas": 2}
        )
    for pod in range(2):
        states = [
            {
                "containerID": f"containerd://{_hash(share, name, pod, one)}",
                "image": "registry.example.org/shop/web:1.27.4",
                "imageID": f"registry.example.org/shop/web@sha256:{_hash(one)}",
                "lastState": {},
                "name": one,
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": _STAMP}},
            }
            for one in (name, "proxy")
        ]
        address = f"10.{share % 200}.{number}.{pod + 7}"
        conditions = _conditions("Initialized", "Ready", "ContainersReady", "PodScheduled")
        running = {"conditions": conditions, "containerStatuses": states, "hostIP": "192.168.7.9", "phase": "Running", "podIP": address}
        running |= {"podIPs": [{"ip": address}], "qosClass": "Burstable", "startTime": _STAMP}
        whole = {**_pod_spec(name), "nodeName": f"node-{share}"}
        yield _object(
            "v1", "Pod", f"{made}-{_hash(pod)[:5]}", namespace, owner=("ReplicaSet", made), labels=labels, spec=whole, status=running
        )


def _traffic(share: int, number: int, namespace: str) -> Iterator[dict[str, Any]]:
    name = f"web-{number}"
    address = f"10.{share % 200}.{number}."
    target = [
        {"ip": f"{address}{pod + 7}", "nodeName": f"node-{share}", "targetRef": {"kind": "Pod", "name": f"{name}-{pod}"}}
        for pod in range(2)
    ]
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    yield _object("v1", "Endpoints", name, namespace, subsets=[{"addresses": target, "ports": ports}])
    endpoints = [{"addresses": [one["ip"]], "conditions": {"ready": True, "serving": True, "terminating": False}} for one in target]
    yield _object("discovery.k8s.io/v1", "EndpointSlice", f"{name}-x7", namespace, addressType="IPv4", endpoints=endpoints, ports=ports)
    spec = {
        "clusterIP": f"172.20.{share % 200}.{number + 9}",
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
        "selector": {"app": name},
        "type": "ClusterIP" if number or share % 10 else "LoadBalancer",
    }
    yield _object("v1", "Service", name, namespace, spec=spec, status={"loadBalancer": {}})
    if number % 2:
        backend = {"service": {"name": name, "port": {"number": 80}}}
        rule = {"host": f"{name}.{namespace}.example.org", "http": {"paths": [{"backend": backend, "path": "/", "pathType": "Prefix"}]}}
        yield _object("networking.k8s.io/v1", "Ingress", name, namespace, spec={"ingressClassName": "nginx", "rules": [rule]}, status={})


def _share(share: int) -> Iterator[dict[str, Any]]:
    """Yield the objects of one share of a cluster."""
    namespace = f"shop-{share}"
    capacity = {"cpu": "16", "ephemeral-storage": "101430960Ki", "memory": "64776436Ki", "pods": "110"}
    images = [{"names": [f"registry.example.org/shop/web-{number}:1.27.4"], "sizeBytes": 183927461 + number} for number in range(30)]
    addresses = [{"address": f"192.168.{share % 200}.9", "type": "InternalIP"}]
    status = {
        "addresses": addresses,
        "capacity": capacity,
        "conditions": _conditions("MemoryPressure", "DiskPressure", "Ready"),
        "images": images,
    }
    yield _object("v1", "Namespace", namespace, None, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    yield _object("v1", "Node", f"node-{share}", None, spec={"podCIDR": f"10.{share % 200}.0.0/24"}, status=status)
    for number in range(4):
        yield from _workloads(share, number, namespace)
        yield from _traffic(share, number, namespace)
    text = "".join(f"setting.{number} = {_hash(share, number)}  # - not: yaml\n" for number in range(40))
    for number in range(8):
        yield _object("v1", "ConfigMap", f"web-{number}", namespace, data={"web.conf": text, "mode": "on", "level": "3"})
        yield _object("v1", "Secret", f"web-{number}", namespace, data={"token": _hash(share, number) * 16}, type="Opaque")
    for number in range(12):
        involved = {"apiVersion": "v1", "kind": "Pod", "name": f"web-{number}", "namespace": namespace, "uid": _uid(share, number)}
        message = f'Successfully pulled image "registry.example.org/shop/web-{number}" in 1.2s (1.2s including waiting)'
        event = {"count": 1, "firstTimestamp": _STAMP, "involvedObject": involved, "message": message, "reason": "Pulled", "type": "Normal"}
        yield _object("v1", "Event", f"web-{number}.{_hash(share, number)[:16]}", namespace, **event)
    for number in range(4):
        lease = {"holderIdentity": f"node-{share}", "leaseDurationSeconds": 40, "renewTime": "2026-11-12T08:15:30.123456Z"}
        yield _object("coordination.k8s.io/v1", "Lease", f"node-{number}", namespace, spec=lease)
    for number in range(2):
        rules = [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list", "*"]}]
        yield _object("rbac.authorization.k8s.io/v1", "Role", f"reader-{number}", namespace, rules=rules)
    yield _object(
        "example.org/v1", "Shop", f"shop-{share}", namespace, spec={"schedule": "*/5 * * * *", "owner": "~"}, status={"ready": True}
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if value[:1].isalpha() and value.lower() not in ("on", "true", "y", "null") and not {": ", " #"} & set(map("".join, pairwise(value))):
        return value
    return json.dumps(value)


def _yaml(value: Any, indent: str) -> Iterator[str]:
    """Yield the lines of a collection as sigs.k8s.io/yaml writes them: elements begin in the column of their key."""
    for key, held in value.items() if isinstance(value, dict) else ((None, one) for one in value):
        before = f"{indent}-" if key is None else f"{indent}{key}:"
        if isinstance(held, dict) and held and key is None:
            first, *others = _yaml(held, f"{indent}  ")
            yield f"{indent}- {first.removeprefix(indent + '  ')}"
            yield from others
        elif isinstance(held, dict | list) and held:
            yield before
            yield from _yaml(held, indent if isinstance(held, list) else f"{indent}  ")
        elif isinstance(held, str) and "\n" in held:
            yield f"{before} |"
            yield from (f"{indent}  {line}" for line in held.splitlines())
        else:
            yield f"{before} {_scalar(held)}"


def _shares(size: int, written: Any) -> Iterator[list[str]]:
    """Yield the texts of objects, share by share, until they are so many characters."""
    share = total = 0
    while total < size:
        texts = [written(_sorted(one)) for one in _share(share)]
        total += sum(map(len, texts))
        share += 1
        yield texts


def _item_as_yaml(value: Any) -> str:
    return "\n".join(_yaml([value], ""))


def _item_as_json(value: Any) -> str:
    return json.dumps(value, indent=4).replace("\n", "\n        ")


def main() -> None:
    """Write the dump to standard output."""
    form, megabytes = sys.argv[1], float(sys.argv[2])
    size = int(megabytes * 1_000_000)
    if form == "json":
        items = ",\n        ".join(text for texts in _shares(size, _item_as_json) for text in texts)
        end = '    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}'
        print(f'{{\n    "apiVersion": "v1",\n    "items": [\n        {items}\n{end}')
        return
    print("apiVersion: v1\nitems:")
    for texts in _shares(size, _item_as_yaml):
        print("\n".join(texts))
    print('kind: List\nmetadata:\n  resourceVersion: ""')


if __name__ == "__main__":
    main()
