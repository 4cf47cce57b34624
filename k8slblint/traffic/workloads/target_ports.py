"""Which port of the Pods a Service port or a probe refers to: the meaning of `targetPort`, and the ports that containers declare.

Sources: Kubernetes 1.37, `pkg/api/v1/pod/util.go` FindPort (a name counts only with the protocol of the Service port, in containers
first and native sidecars then; a number is taken as it is); API reference, ContainerPort (the list is informational). Of probes:
Kubernetes 1.34 `pkg/probe/util.go` (`ResolveContainerPort` looks at the ports of the one container, of whatever protocol, and takes
digits as a number), `pkg/kubelet/prober/worker.go` (an error leaves the result as it was: readiness begins as a failure, startup as
unknown; liveness begins as a success, so that such a probe does nothing).
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from k8slblint.graph.containers import containers_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, parts_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_PROTOCOL = "TCP"


class TargetPort(NamedTuple):
    """Where one port of a Service leads: its place in the list, the target's name or number, and whether `targetPort` is written at all.

    `port` is the number of the Service port itself, None where it is no number, `name` its name.
    """

    number: int
    target: str | int
    protocol: str
    is_written: bool
    port: int | None = None
    name: str | None = None

    @property
    def path(self) -> Path:
        """Where the target is written."""
        return ("spec", "ports", self.number, "targetPort" if self.is_written else "port")


class ContainerPort(NamedTuple):
    """One port that a container declares; `name` is None where it has none."""

    name: str | None
    number: int
    protocol: str
    container: str
    path: Path


class DeclaredPorts(NamedTuple):
    """All ports that a Pod template declares; `is_whole` tells that each of its containers declares some."""

    ports: tuple[ContainerPort, ...]
    is_whole: bool


def target_ports(service: Resource) -> Iterator[TargetPort]:
    """Yield where the ports of a Service lead; what holds a placeholder or has the wrong type is left out."""
    for index, port in enumerate(service.sequence("spec", "ports")):
        if not isinstance(port, dict) or has_placeholder(port):
            continue
        written = port.get("targetPort")
        is_written = written not in (None, 0, "")
        target = written if is_written else port.get("port")
        protocol = port.get("protocol") or _PROTOCOL
        if isinstance(target, str | int) and not isinstance(target, bool) and isinstance(protocol, str):
            number, name = port.get("port"), port.get("name")
            own_number, own_name = number if isinstance(number, int) else None, name if isinstance(name, str) else None
            yield TargetPort(index, target, protocol, is_written, own_number, own_name)


def mentions_port(workload: Resource, number: int) -> bool:
    """Tell whether arguments, environment variables or probes of a workload's containers mention a port: `--secure-port=4443`."""
    wanted = re.compile(rf"(?<![0-9.]){number}(?![0-9.])")
    spec = workload.mapping(*(workload.pod_template_path or ()), "spec")
    containers = spec.get("containers")
    for container in containers if isinstance(containers, list) else ():
        parts = [container.get(field) for field in _SPEAKING] if isinstance(container, dict) else []
        if any(part == number or (isinstance(part, str) and wanted.search(part)) for part in parts_of(parts) if not isinstance(part, bool)):
            return True
    return False


_SPEAKING = ("command", "args", "env", "livenessProbe", "readinessProbe", "startupProbe")


_OBSERVERS = frozenset({"metrics", "health", "healthz", "healthcheck", "probe", "probes", "liveness", "readiness", "prometheus", "pprof"})


def serves_observers(name: str | None) -> bool:
    """Tell whether a port by its name serves metrics or probes, not what the program is there for: `http-metrics`, `healthz`."""
    return name is not None and not _OBSERVERS.isdisjoint(name.casefold().split("-"))


_WEBHOOK_PORTS = (9443, 443)
"""Where webhooks of controller-runtime listen unless they are told otherwise: 9443 since 0.2, 443 before (`pkg/webhook/server.go`)."""

_WEBHOOK_CERTIFICATES = "k8s-webhook-server/"
"""Part of the folder from which they read their certificate by default."""


def serves_webhooks(workload: Resource, number: int) -> bool:
    """Tell whether webhooks of a controller listen on a number by default: 443 only where a certificate for them is mounted."""
    if number not in _WEBHOOK_PORTS:
        return False
    spec = workload.mapping(*(workload.pod_template_path or ()), "spec")
    containers = spec.get("containers")
    mounts = [one.get("volumeMounts") for one in containers if isinstance(one, dict)] if isinstance(containers, list) else []
    return number == _WEBHOOK_PORTS[0] or any(isinstance(part, str) and _WEBHOOK_CERTIFICATES in part for part in parts_of(mounts))


def declared_ports(workload: Resource) -> DeclaredPorts | None:
    """Return the ports of a workload's containers and native sidecars; None where a placeholder or a wrong type hides some."""
    template = workload.pod_template_path
    spec = workload.mapping(*(template or ()), "spec")
    if template is None or not isinstance(spec.get("containers"), list) or any(has_placeholder(key) for key in spec):
        return None
    ports: list[ContainerPort] = []
    is_whole = True
    for group in ("containers", "initContainers"):
        containers = spec.get(group)
        for index, container in enumerate(containers if isinstance(containers, list) else ()):
            if not isinstance(container, dict):
                return None
            if group == "initContainers" and container.get("restartPolicy") != "Always":
                continue
            own = _ports_of(container, (*template, "spec", group, index, "ports"))
            if own is None:
                return None
            is_whole = is_whole and bool(own)
            ports += own
    return DeclaredPorts(tuple(ports), is_whole)


def _ports_of(container: dict[str, Any], path: Path) -> list[ContainerPort] | None:
    if any(has_placeholder(key) for key in container):
        return None
    written = container.get("ports") or []
    if not isinstance(written, list) or has_placeholder(written):
        return None
    found = []
    for index, port in enumerate(written):
        number = port.get("containerPort") if isinstance(port, dict) else None
        if not isinstance(number, int):
            return None
        name, protocol = port.get("name"), port.get("protocol") or _PROTOCOL
        found.append(
            ContainerPort(name if isinstance(name, str) else None, number, str(protocol), str(container.get("name")), (*path, index))
        )
    return found


_HOLDING_BACK = ("readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "tcpSocket")


class Probe(NamedTuple):
    """A probe by a name that its container does not declare; `declared` are the names that it does."""

    path: Path
    kind: str
    port: str
    container: str
    declared: tuple[str, ...]


def unmade_probes(workload: Resource) -> Iterator[Probe]:
    """Yield the probes of a workload's containers without which its Pods never get ready, as far as nothing hides their ports.

    Of several of a container that name one port, the first.
    """
    for path, container in containers_of(workload):
        names, seen = _port_names(container), set[str]()
        for kind, handler in product(_HOLDING_BACK, _HANDLERS) if names is not None else ():
            probe = container.get(kind)
            asked = probe.get(handler) if isinstance(probe, dict) else None
            port = asked.get("port") if isinstance(asked, dict) else None
            if isinstance(port, str) and names is not None and port not in {*names, *seen}:
                seen.add(port)
                yield Probe((*path, kind, handler, "port"), kind, port, str(container.get("name")), names)


def _port_names(container: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names of a container's ports, None where a placeholder or a wrong type hides some."""
    ports = container.get("ports") or []
    if not isinstance(ports, list) or has_placeholder(ports) or any(has_placeholder(key) for key in container):
        return None
    if not all(isinstance(port, dict) for port in ports):
        return None
    return tuple(str(port["name"]) for port in ports if port.get("name") is not None)
