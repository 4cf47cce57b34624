"""The settings of a Service or Ingress as a controller reads them: annotations, fields, and facts that follow from them.

Sources: Kubernetes API reference 1.37 (defaults of `sessionAffinity`, `externalTrafficPolicy`, `protocol`; the source ranges of the
field hide those of the annotation); how annotations are read is in the catalog.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from k8slblint.addresses import IPV6, parse_cidr
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Valid
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.access.stated_ranges import RANGES_FIELD, RANGES_KEY, range_texts
from k8slblint.traffic.annotations.probed_proxies import probed_proxy, proxy_behind_plain_ports
from k8slblint.traffic.exposure import exposure_by

"""The annotation of Kubernetes itself, which is read where the field is empty."""

_ALLOCATES: Path = ("spec", "allocateLoadBalancerNodePorts")

_DEFAULTS = {"spec.externalTrafficPolicy": "Cluster", "spec.sessionAffinity": "None", "spec.type": "ClusterIP"}


class Setting(NamedTuple):
    """What a setting says: its texts, each with the path where it stands; truth values are `true` and `false`, a map has `key=value`.

    `by_default` tells that it is not written, and that the text is what holds then. `words` and `confidence` are those of a derived
    fact; `{}` in the words stands for a text.
    """

    name: str
    texts: tuple[str, ...]
    paths: tuple[Path, ...]
    by_default: bool = False
    confidence: Confidence = "high"
    words: str | None = None

    @property
    def path(self) -> Path:
        """Where it stands."""
        return self.paths[0]


class Port(NamedTuple):
    """A port of a Service, as far as it is written as one; `place` is its index in `spec.ports`."""

    place: int
    name: str | None
    number: int
    protocol: str
    node_port: object


def setting(name: str, reader: str, service: Resource, graph: ResourceGraph) -> Answer[Setting]:
    """Return what a key, a field or a derived fact says to a reader; `Absent` where it is not set and has no plain default.

    A key that the reader does not read is absent for it.
    """
    if name in _DERIVED:
        return _DERIVED[name](reader, service, graph)
    if name.startswith(_PROTOCOLS_OF):
        return _protocols_of(name.removeprefix(_PROTOCOLS_OF), service)
    return _annotation(name, reader, service) if "/" in name else _field(name, service)


def ports_of(service: Resource) -> Answer[tuple[Port, ...]]:
    """Return the ports of a Service; unknown where one of them is filled in later, or is none."""
    found = service.get("spec", "ports")
    if not isinstance(found, list) or has_placeholder(found):
        return Unknown("its ports contain a placeholder") if found else Absent()
    ports = [_port(index, port) for index, port in enumerate(found)]
    if not ports or not all(ports):
        return Unknown("not all of its ports can be read") if ports else Absent()
    return Found(tuple(port for port in ports if port is not None))


def _port(index: int, port: object) -> Port | None:
    if not isinstance(port, dict) or not isinstance(port.get("port"), int):
        return None
    name, protocol = port.get("name"), port.get("protocol") or "TCP"
    if not isinstance(protocol, str):
        return None
    return Port(index, name if isinstance(name, str) else None, port["port"], protocol, port.get("nodePort"))


def _annotation(key: str, reader: str, service: Resource) -> Answer[Setting]:
    entry = catalog.find(key)
    if entry is None or not {reader, catalog.ANY_READER} & set(entry.readers):
        return Absent()
    names = (key, *(alias for alias in (entry.alias_of, *entry.aliases) if alias)) if entry.pattern is None else (key,)
    written = next((name for name in names if service.annotations.get(name) is not None), None)
    value = service.annotations.get(written) if written is not None else None
    if written is None and entry.inherits is not None:
        return _annotation(entry.inherits, reader, service)
    if written is None or value == "":
        return _by_default(key, entry.default if entry.default and " " not in entry.default else None, ("metadata", "annotations"))
    if not isinstance(value, str) or has_placeholder(value):
        return Unknown(f"'{written}' is a placeholder or not a string")
    parsed = catalog.parse_value(entry, value)
    texts = _texts(parsed.value) if isinstance(parsed, Valid) else (value.strip(),)
    return Found(Setting(written, texts, (("metadata", "annotations", written),) * max(len(texts), 1)))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, tuple | list):
        return tuple(map(str, value))
    if isinstance(value, Mapping):
        return tuple(f"{key}={item}" for key, item in value.items())
    return (str(value),)


def _field(name: str, service: Resource) -> Answer[Setting]:
    path: Path = tuple(name.split("."))
    value = service.get(*path)
    if value is None or value in ("", []):
        return _by_default(name, _DEFAULTS.get(name), path)
    if has_placeholder(value):
        return Unknown(f"'{name}' contains a placeholder")
    if isinstance(value, list):
        texts = tuple(str(item) for item in value)
        return Found(Setting(name, texts, tuple((*path, index) for index in range(len(texts)))))
    return Unknown(f"'{name}' is a mapping") if isinstance(value, Mapping) else Found(Setting(name, _texts(value), (path,)))


def _by_default(name: str, text: str | None, path: Path) -> Answer[Setting]:
    return Found(Setting(name, (text,), (path,), by_default=True)) if text is not None else Absent()


def _exposure(reader: str, service: Resource, graph: ResourceGraph) -> Answer[Setting]:
    found = exposure_by(reader, service, graph)
    if found.reach not in ("internet", "internal"):
        return Unknown(found.reason)
    facing = "internet-facing" if found.reach == "internet" else "internal"
    if found.key is None:  # a default, which a flag of the controller may change
        words = f"the load balancer is {facing} by default"
        return Found(Setting("exposure", (found.reach,), (("metadata", "annotations"),), by_default=True, confidence="medium", words=words))
    words = f"`{found.key}` makes the load balancer {facing}"
    return Found(Setting(found.key, (found.reach,), (("metadata", "annotations", found.key),), words=words))


def _protocols(_: str, service: Resource, __: ResourceGraph) -> Answer[Setting]:
    ports = ports_of(service)
    if not isinstance(ports, Found):
        return ports
    first = {port.protocol: _place(port, "protocol", service) for port in reversed(ports.value)}
    return Found(Setting("protocol", tuple(first), tuple(first.values()), words="a port has protocol '{}'"))


_PROTOCOLS_OF = "port-protocols."


def _protocols_of(number: str, service: Resource) -> Answer[Setting]:
    ports = ports_of(service)
    if not isinstance(ports, Found):
        return ports
    found = {port.protocol: _place(port, "protocol", service) for port in ports.value if str(port.number) == number}
    return Found(Setting("protocol", tuple(found), tuple(found.values()))) if found else Absent()


def _named(
    words: str, wanted: Callable[[Port, Sequence[Port], Resource], bool]
) -> Callable[[str, Resource, ResourceGraph], Answer[Setting]]:
    """Return what gives the names and the numbers of the ports that are as wanted."""

    def named(_: str, service: Resource, __: ResourceGraph) -> Answer[Setting]:
        ports = ports_of(service)
        if not isinstance(ports, Found):
            return ports
        chosen = [port for port in ports.value if wanted(port, ports.value, service)]
        texts = {text: _place(port, "protocol", service) for port in chosen for text in (port.name, str(port.number)) if text}
        return Found(Setting("ports", tuple(texts), tuple(texts.values()), words=words)) if texts else Absent()

    return named


def _is_udp(port: Port, _: Sequence[Port], __: Resource) -> bool:
    return port.protocol == "UDP"


def _is_without_udp(port: Port, ports: Sequence[Port], _: Resource) -> bool:
    return all(other.number != port.number or other.protocol != "UDP" for other in ports)


def _has_named_target(port: Port, _: Sequence[Port], service: Resource) -> bool:
    target = service.get("spec", "ports", port.place, "targetPort")
    return isinstance(target, str) and not target.isdigit()


def _mixed(_: str, service: Resource, __: ResourceGraph) -> Answer[Setting]:
    ports = ports_of(service)
    if not isinstance(ports, Found) or len({port.protocol for port in ports.value}) == 1:
        return Absent() if isinstance(ports, Found) else ports
    return Found(Setting("ports", ("true",), (("spec", "ports"),)))


def _shared_number(_: str, service: Resource, __: ResourceGraph) -> Answer[Setting]:
    ports = ports_of(service)
    if not isinstance(ports, Found):
        return ports
    numbers: set[int] = set()
    for port in ports.value:
        if port.number in numbers:
            words = f"port {port.number} is listed with two protocols"
            return Found(Setting("spec.ports", ("true",), (("spec", "ports", port.place),), words=words))
        numbers.add(port.number)
    return Absent()


def _without_node_port(_: str, service: Resource, graph: ResourceGraph) -> Answer[Setting]:
    """Tell which ports get no node port; those that a live Service has stay when `allocateLoadBalancerNodePorts` is turned off."""
    allocates = service.get(*_ALLOCATES)
    if service.get("spec", "type") != "LoadBalancer" or allocates is not False:
        return Unknown("`allocateLoadBalancerNodePorts` contains a placeholder") if has_placeholder(allocates) else Absent()
    before = graph.counterpart(service)
    if isinstance(before, Found) and before.value.get("spec", "type") == "LoadBalancer" and before.value.get(*_ALLOCATES) is not False:
        return Unknown("the live Service keeps the node ports that it has")
    ports = ports_of(service)
    if not isinstance(ports, Found):
        return ports
    without = sum(port.node_port in (None, 0) for port in ports.value)
    if not without:
        return Absent()
    which = "all" if without == len(ports.value) else "some"
    words = f"`spec.allocateLoadBalancerNodePorts` is false, and {'no' if which == 'all' else 'not every'} port has a `nodePort`"
    return Found(Setting("spec.allocateLoadBalancerNodePorts", (which,), (_ALLOCATES,), words=words))


def _range_families(_: str, service: Resource, __: ResourceGraph) -> Answer[Setting]:
    found = range_texts(service)
    if not isinstance(found, Found):
        return found
    families: dict[str, Path] = {}
    for path, text in found.value:
        interval = parse_cidr(text)
        if interval is not None:
            families.setdefault("IPv6" if interval.family == IPV6 else "IPv4", path)
    name = "spec.loadBalancerSourceRanges" if service.get(*RANGES_FIELD) else RANGES_KEY
    return Found(Setting(name, tuple(families), tuple(families.values()), words=f"`{name}` has ranges of {{}}")) if families else Absent()


def _probed_proxy(_: str, service: Resource, graph: ResourceGraph) -> Answer[Setting]:
    """Tell which proxy answers health probes that the application protocol of a port makes HTTP."""
    found = probed_proxy(service, graph)
    if not isinstance(found, Found):
        return found
    proxy, path = found.value
    return Found(Setting("appProtocol", (proxy,), (path,), words="`appProtocol` is HTTP on a port of {}"))


def _edge_proxy(_: str, service: Resource, graph: ResourceGraph) -> Answer[Setting]:
    """Tell which proxy answers health probes where no port states an application protocol."""
    found = proxy_behind_plain_ports(service, graph)
    return Found(Setting("spec.ports", (found.value,), (("spec", "ports"),))) if isinstance(found, Found) else found


def _place(port: Port, field: str, service: Resource) -> Path:
    path: Path = ("spec", "ports", port.place)
    return (*path, field) if service.get(*path, field) is not None else path


_DERIVED: Mapping[str, Callable[[str, Resource, ResourceGraph], Answer[Setting]]] = {
    "exposure": _exposure,
    "ports.edge-proxy": _edge_proxy,
    "ports.probed-proxy": _probed_proxy,
    "ports.protocols": _protocols,
    "ports.mixed": _mixed,
    "ports.udp": _named("port '{}' is a UDP port", _is_udp),
    "ports.without-udp": _named("port '{}' is not a UDP port", _is_without_udp),
    "ports.named-targets": _named("port '{}' has a named `targetPort`", _has_named_target),
    "ports.shared-number": _shared_number,
    "ports.without-node-port": _without_node_port,
    "source-ranges.families": _range_families,
}


def names_of_ports(ports: Sequence[Port]) -> frozenset[str]:
    """Return the names and the numbers of ports, as annotations name them."""
    return frozenset(text for port in ports for text in (port.name, str(port.number)) if text)
