"""Which files set up the machines of a cluster, and what they say of its API server.

They have neither `apiVersion` nor `kind`, and any name: each program is told by what stands at the first column. A further program is a
line in `_FORMS` and a function in `_FLAGS`; a further fact is a field of `HostFile`.

Sources: k3s 1.34 `pkg/configfilearg/parser.go` (a key is a flag, an entry of a list is one use of it), `pkg/cli/cmds/server.go`;
RKE2 1.34 reads the same; RKE 1.8 `types/rke_types.go`; Talos 1.11 `pkg/machinery/config/types/v1alpha1/v1alpha1_types.go`; kubespray 2.28
`roles/kubespray_defaults`, `kube_apiserver_node_port_range`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from k8slblint import documents
from k8slblint.model.host_files import HostFile, HostForm, ServerFlag
from k8slblint.model.loaded import SourceFile
from k8slblint.model.location import Path

MOST_FILES = 200
"""Files that are parsed: one for each machine of a large installation."""

_LARGEST = 200_000
"""In bytes; a file with the certificates of a Talos machine has some 10,000."""

_NODE_PORTS = "service-node-port-range"
_OBJECT = re.compile(rb"^(?:apiVersion|kind):", re.MULTILINE)
_FORMS: tuple[tuple[HostForm, re.Pattern[bytes]], ...] = (
    ("rke", re.compile(rb"^[ ]++kube-api:", re.MULTILINE)),
    ("talos", re.compile(rb"^(?:cluster|machine):[ \t]*+\r?$", re.MULTILINE)),
    ("kubespray", re.compile(rb"^kube_apiserver_node_port_range:", re.MULTILINE)),
    (
        "k3s",
        re.compile(
            rb"^[\"']?(?:kube-apiserver-arg|service-node-port-range|cluster-cidr|service-cidr|node-ip|tls-san|cluster-init)\+?[\"']?[ ]*+:",
            re.MULTILINE,
        ),
    ),
)


def host_files(files: Sequence[SourceFile]) -> tuple[HostFile, ...]:
    """Return the documents of files that set up machines; what cannot be read or parsed is left out."""
    return tuple(one for file, data in islice(_candidates(files), MOST_FILES) for one in _read(file, data))


def _candidates(files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes]]:
    for file in files:
        try:
            data = file.read()
        except OSError:
            continue
        if len(data) <= _LARGEST and _form(data) is not None:
            yield file, data


def _form(data: bytes) -> HostForm | None:
    return next((form for form, pattern in _FORMS if pattern.search(data)), None)


def _read(file: SourceFile, data: bytes) -> Iterator[HostFile]:
    try:
        chunks = documents.split(documents.decode(data))
    except documents.UndecodableText:
        return
    for chunk in chunks:
        text = chunk.text.encode("utf-8", "replace")
        form = _form(text)
        if form is None or _OBJECT.search(text):
            continue
        try:
            root = documents.parse(chunk).root
        except documents.BrokenDocument:
            continue
        if isinstance(root.value, dict):
            yield HostFile(form, file.path, root, tuple(_FLAGS[form](root.value)))


def _of_k3s(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield what a configuration says; `KEY+` adds to what other files say."""
    for key in (_NODE_PORTS, "kube-apiserver-arg", "kube-apiserver-arg+"):
        stated = value.get(key)
        for at, text in _elements(stated, (key,)):
            name, _, own = text.removeprefix("--").partition("=")
            yield ServerFlag(_NODE_PORTS, text, at) if key == _NODE_PORTS else ServerFlag(name, own, at)


def _of_rke(value: dict[str, Any]) -> Iterator[ServerFlag]:
    at: Path = ("services", "kube-api")
    server = _within(value, at)
    yield from _of_mapping({_NODE_PORTS: server.get("service_node_port_range")}, at)
    yield from _of_mapping(server.get("extra_args"), (*at, "extra_args"))


def _of_talos(value: dict[str, Any]) -> Iterator[ServerFlag]:
    at: Path = ("cluster", "apiServer", "extraArgs")
    return _of_mapping(_within(value, at), at)


def _of_kubespray(value: dict[str, Any]) -> Iterator[ServerFlag]:
    yield from _of_mapping({_NODE_PORTS: value.get("kube_apiserver_node_port_range")}, ())


_FLAGS: Mapping[HostForm, Callable[[dict[str, Any]], Iterator[ServerFlag]]] = {
    "k3s": _of_k3s,
    "rke": _of_rke,
    "talos": _of_talos,
    "kubespray": _of_kubespray,
}


def _of_mapping(stated: object, at: Path) -> Iterator[ServerFlag]:
    for name, value in stated.items() if isinstance(stated, dict) else ():
        yield from (ServerFlag(str(name), text, where) for where, text in _elements(value, (*at, name)))


def _elements(value: object, at: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a value that is one, or a list of them."""
    if isinstance(value, list):
        yield from (((*at, number), one) for number, one in enumerate(value) if isinstance(one, str))
    elif isinstance(value, str):
        yield at, value


def _within(value: dict[str, Any], at: Path) -> dict[str, Any]:
    inner: object = value
    for key in at:
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else {}
