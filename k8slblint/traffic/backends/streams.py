"""Which ports of lists for TCP and UDP a controller does not open, because what they name is not there.

Source: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`getStreamServices`: an entry that is not
`namespace/service:port`, or whose Service or port does not exist, is left out, with a warning in the log), and
`internal/k8s/main.go` (ParseNameNS).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from k8slblint.catalog.edge_tcp import protocol_of
from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.backends.services import belong_together, service_behind
from k8slblint.traffic.ownership.controller_releases import INGRESS_NGINX
from k8slblint.traffic.routing.vendor_ports import VendorPorts, vendor_ports

_DATA: Path = ("data",)

_PARTS = 2

_LONGEST_PORT = 5


class LostPort(NamedTuple):
    """A port that is not opened: where the list says so, what it leads to, and what that lacks.

    `near` are names that were probably meant, or the ports of the Service; `is_sure` where nothing else can have it.
    """

    holder: Resource
    path: Path
    opened: str
    target: str
    fault: Literal["form", "service", "port"]
    near: tuple[str, ...] = ()
    is_sure: bool = True


def lost_ports(resource: Resource, graph: ResourceGraph) -> Iterator[LostPort]:
    """Yield the ports that a workload or a release of ingress-nginx is told to open and does not."""
    for found in vendor_ports(resource, graph):
        if found.controller == INGRESS_NGINX:
            holder, path = (found.listed_in, _DATA) if found.listed_in is not None else (resource, found.path)
            listed = holder.get(*path)
            for opened, target in listed.items() if isinstance(listed, dict) else ():
                lost = _lost(holder, (*path, opened), target, found, graph)
                if lost is not None:
                    yield lost


def _lost(holder: Resource, path: Path, target: object, found: VendorPorts, graph: ResourceGraph) -> LostPort | None:
    opened = str(path[-1])
    if not isinstance(target, str) or has_placeholder(target) or has_placeholder(opened):
        return None
    name, *rest = target.split(":")
    names = name.split("/")
    if not rest or len(names) != _PARTS:
        return LostPort(holder, path, opened, target, "form")
    port: int | str = int(rest[0]) if rest[0].isascii() and rest[0].isdigit() and len(rest[0]) <= _LONGEST_PORT else rest[0]
    answer = service_behind(Backend(holder, path, names[0], names[1], port), graph)
    if isinstance(answer, Absent):
        return LostPort(holder, path, opened, target, "service", answer.near, bool(answer.near))
    if not isinstance(answer, Found) or answer.value.get("spec", "type") == "ExternalName":
        return None
    return _without_port(answer.value, port, protocol_of(found.route), LostPort(holder, path, opened, target, "port"))


def _without_port(service: Resource, port: int | str, protocol: str, lost: LostPort) -> LostPort | None:
    """Return what was lost unless a Service has a port of that number or name, and protocol; None where that is not known."""
    ports = [one for one in service.sequence("spec", "ports") if isinstance(one, dict)]
    if not ports or has_placeholder(ports) or any(_is_meant(one, port, protocol) for one in ports):
        return None
    near = tuple(f"{one.get('port')}/{one.get('protocol') or 'TCP'}" for one in ports)
    return lost._replace(near=near, is_sure=belong_together(lost.holder, service))


def _is_meant(entry: Mapping[str, Any], port: int | str, protocol: str) -> bool:
    return port == entry.get("port" if isinstance(port, int) else "name") and (entry.get("protocol") or "TCP") == protocol
