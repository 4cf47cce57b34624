"""Builds the trees that the benchmark runs on, out of a folder of manifests: the same base and size give the same bytes everywhere.

Each copy but the first changes namespaces, so that no object is a duplicate, and adds a line, so that no two files have the same content.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

NAMESPACE = re.compile(rb"""^([ \t]*(?:- )?namespace:[ \t]*)(["']?)([a-z0-9][a-z0-9-]*)(["']?)([ \t]*(?:#.*)?)$""", re.MULTILINE)
TRAFFIC = re.compile(
    rb"^kind:[ \t]*(?:Service|Ingress|\w*Gateway|\w+Route|ListenerSet|\w*AddressPool|\w*LoadBalancerIPPool)[ \t\r]*$", re.MULTILINE
)
SHAPES = ("flat", "deep", "noise", "joined")
FIXED_TIME = 1_600_000_000
"""The time of every file, so that archives of a tree compare equal."""

LEFT_OUT = ("_revisions", "perf")
"""Folders at the top of a base that are no part of it; hidden ones are none either."""


def files(base: Path) -> list[str]:
    """Return the files of a base as relative paths, sorted by bytes. Links are left out."""
    found = []
    for folder, names, in_folder in os.walk(base):
        inner = Path(folder).relative_to(base)
        if not inner.parts:
            names[:] = [name for name in names if name not in LEFT_OUT and not name.startswith(".")]
        found += [(inner / name).as_posix() for name in in_folder if inner.parts and not (Path(folder) / name).is_symlink()]
    return sorted(found, key=str.encode)


def charts(paths: list[str]) -> set[str]:
    """Return the folders that hold a chart."""
    return {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == "Chart.yaml"}


def changed(path: str, data: bytes, number: int, *, is_in_chart: bool) -> bytes:
    """Return what a copy of that number holds of a file."""
    if not number:
        return data
    if path.endswith(".json"):
        return data + b"\n" * number
    if not path.endswith((".yaml", ".yml")):
        return data
    if not is_in_chart:
        data = NAMESPACE.sub(rb"\g<1>\g<2>\g<3>-r%d\g<4>\g<5>" % number, data)
    return data + (b"" if data.endswith(b"\n") or not data else b"\n") + b"# replica %d\n" % number


def copies(base: Path, target: Path, count: int) -> int:
    """Write a tree of that many copies, and return how many files it has."""
    paths = files(base)
    folders = charts(paths)
    for number in range(count):
        for path in paths:
            data = changed(path, (base / path).read_bytes(), number, is_in_chart=_is_within(path, folders))
            _write(target / f"r{number:04}" / path, data)
    return count * len(paths)


def shaped(base: Path, target: Path, shape: str) -> None:
    """Write a tree of a base in another shape.

    `flat` has every file in one folder, `deep` all of it ten folders further down, `noise` no file with an object that carries traffic,
    and `joined` the documents of all files outside of charts in one file.
    """
    paths = files(base)
    if shape == "joined":
        folders = charts(paths)
        outside = [path for path in paths if path.endswith((".yaml", ".yml")) and not _is_within(path, folders)]
        _write(target / "joined.yaml", b"\n---\n".join((base / path).read_bytes() for path in outside))
        return
    for path in paths:
        data = (base / path).read_bytes()
        if shape != "noise" or not TRAFFIC.search(data):
            _write(target / _moved(path, shape), data)


def _moved(path: str, shape: str) -> str:
    if shape == "flat":
        return path.replace("/", "__")
    return "/".join([*(f"d{number}" for number in range(10)), path]) if shape == "deep" else path


def _is_within(path: str, folders: set[str]) -> bool:
    parents = path.split("/")[:-1]
    return any("/".join(parents[: end + 1]) in folders for end in range(len(parents)))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (FIXED_TIME, FIXED_TIME))


def one_file(target: Path) -> None:
    """Write a folder with one Deployment and one Service."""
    _write(target / "web.yaml", "---\n".join(map(_yaml, (_deployment(0), _service(0)))).encode())


def repository(base: Path, target: Path, path: str) -> None:
    """Write a base into a new git repository, with one file changed since the commit."""
    for name in files(base):
        _write(target / name, (base / name).read_bytes())
    git = ["git", "-C", str(target), "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "base")):
        subprocess.run([*git, *words], check=True, capture_output=True)
    with (target / path).open("ab") as file:
        file.write(b"\n# changed\n")


def dump(target: Path, megabytes: int, *, as_json: bool) -> None:
    """Write a List as `kubectl get --all-namespaces -o yaml` (or json) prints it, of about that many megabytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size, most, first = 0, megabytes * 1_000_000, True
    with target.open("w", encoding="utf-8") as file:
        file.write('{\n    "apiVersion": "v1",\n    "items": [\n' if as_json else "apiVersion: v1\nitems:\n")
        for item in _objects():
            text = json.dumps(item, indent=4) if as_json else _yaml(item)
            lines = text.rstrip("\n").split("\n")
            if as_json:
                file.write(("" if first else ",\n") + "\n".join(" " * 8 + line for line in lines))
            else:
                file.write("- " + "\n  ".join(lines) + "\n")
            size, first = size + len(text), False
            if size >= most:
                break
        file.write(
            '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'
            if as_json
            else 'kind: List\nmetadata:\n  resourceVersion: ""\n'
        )


def _objects() -> Iterator[dict[str, object]]:
    """Yield what a cluster holds, without end: of ten objects six are Pods, the others a Deployment, ConfigMap, Event and Service."""
    number = 0
    while True:
        yield from (_pod(number * 6 + one) for one in range(6))
        yield _deployment(number)
        yield _config_map(number)
        yield _event(number)
        yield _service(number)
        number += 1


def _metadata(name: str, number: int, **more: object) -> dict[str, object]:
    fields = {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {f"f:field{one}": {} for one in range(12)}}
    managed = {"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "manager": "kubectl", "operation": "Update"}
    return {
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": f"app-{number}"},
        "managedFields": [managed],
        "name": f"{name}-{number}",
        "namespace": f"team-{number % 40}",
        "resourceVersion": str(100_000 + number),
        "uid": f"00000000-0000-4000-8000-{number:012}",
        **more,
    }


def _template(number: int) -> dict[str, object]:
    container = {
        "env": [{"name": f"VALUE_{one}", "value": f"text {one} of {number}"} for one in range(8)],
        "image": f"registry.example.com/app-{number}:1.0",
        "name": "app",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {"metadata": {"labels": {"app": f"app-{number}"}}, "spec": {"containers": [container], "restartPolicy": "Always"}}


def _pod(number: int) -> dict[str, object]:
    conditions = [{"status": "True", "type": kind} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    status = {"conditions": conditions, "phase": "Running", "podIP": address}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata("pod", number),
        "spec": _template(number // 6)["spec"],
        "status": status,
    }


def _deployment(number: int) -> dict[str, object]:
    selector = {"matchLabels": {"app": f"app-{number}"}}
    spec = {"replicas": 6, "selector": selector, "template": _template(number)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata("app", number), "spec": spec}


def _config_map(number: int) -> dict[str, object]:
    text = "".join(f"key{line} = value {line} of {number}\n" for line in range(30))
    return {"apiVersion": "v1", "data": {"app.conf": text}, "kind": "ConfigMap", "metadata": _metadata("config", number)}


def _event(number: int) -> dict[str, object]:
    about = {"apiVersion": "v1", "kind": "Pod", "name": f"pod-{number * 6}"}
    rest = {"message": f"Started container app of {number}", "reason": "Started", "type": "Normal"}
    return {"apiVersion": "v1", "involvedObject": about, "kind": "Event", "metadata": _metadata("event", number), **rest}


def _service(number: int) -> dict[str, object]:
    spec = {"ports": [{"name": "http", "port": 80, "targetPort": "http"}], "selector": {"app": f"app-{number}"}, "type": "ClusterIP"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata("app", number), "spec": spec}


def _yaml(value: object) -> str:
    """Return a value as kubectl writes it: block style, keys sorted, lists at the column of their key, texts of several lines as blocks."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _member(key, value[key])
    elif isinstance(value, list):
        for item in value:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _scalar(value)


def _member(key: str, value: object) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield f"{_scalar(key)}:"
        yield from (line if isinstance(value, list) else f"  {line}" for line in _lines(value))
    elif isinstance(value, str) and "\n" in value:
        yield f"{_scalar(key)}: |"
        yield from (f"  {line}" for line in value.rstrip("\n").split("\n"))
    else:
        yield f"{_scalar(key)}: {_scalar(value)}"


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*(?::[A-Za-z0-9_./-]+)?")
_WORDS = frozenset({"True", "False", "true", "false", "yes", "no", "on", "off", "null"})


def _scalar(value: object) -> str:
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value not in _WORDS else json.dumps(value)
    return json.dumps(value)
