"""Knows what the API server refuses in the ports of a Service.

Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` validateService, validateServicePort, ValidatePortNumOrName;
`pkg/registry/core/service/portallocator` for the range of node ports.
"""

from collections.abc import Iterator

from k8slblint.admission import grammar
from k8slblint.admission.reading import UNREAD, Number, Port, ServiceFields
from k8slblint.admission.refusal import Refusal, duplicate, forbidden, invalid, required, unsupported
from k8slblint.model.location import Path

_PORTS = ("spec", "ports")
_LARGEST = 65535
_RANGE_RULE = f"must be between 1 and {_LARGEST}, inclusive"
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


def port_refusals(fields: ServiceFields, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    """Yield what is refused in `spec.ports`; `node_ports` are the first and the last node port of the cluster."""
    if fields.ports is UNREAD:
        return
    if not fields.ports and fields.is_headless is False and fields.type in ("ClusterIP", *_WITH_NODE_PORTS):
        message = f"A Service of type {fields.type} needs at least one port, unless `clusterIP` is 'None'."
        yield Refusal(_PORTS, message, required(), rests_on_absence=True)
    several = len(fields.ports) > 1
    for index, port in enumerate(fields.ports):
        if isinstance(port, Port):
            yield from _port((*_PORTS, index), port, several=several)
            yield from _node_port((*_PORTS, index, "nodePort"), port.node_port, fields.type, node_ports)
    yield from _duplicates([(index, port) for index, port in enumerate(fields.ports) if isinstance(port, Port)])


def out_of_range(port: Number) -> str | None:
    """Return the rule that a port number breaks, or None."""
    return _RANGE_RULE if isinstance(port, int) and not 0 < port <= _LARGEST else None


def allocation(path: Path, port: int, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    """Yield the refusal of a node port that no cluster, or none with this range, can give."""
    first, last = node_ports
    if first <= port <= last:
        return
    reason = invalid(port, f"provided port is not in the valid range. The range of valid ports is {first}-{last}")
    is_port = out_of_range(port) is None
    flags = " by default (`--service-node-port-range` of kube-apiserver)" if is_port else ""
    yield Refusal(path, f"Port {port} is outside the node ports {first}-{last}{flags}.", reason, depends_on_flags=is_port)


def _port(path: Path, port: Port, *, several: bool) -> Iterator[Refusal]:
    if port.name is None and several:
        message = "A Service with more than one port names each of them, and this one has no name."
        yield Refusal((*path, "name"), message, required(), rests_on_absence=True)
    elif isinstance(port.name, str) and (broken := grammar.broken_label(port.name)):
        yield Refusal((*path, "name"), f"'{port.name}' is no name that a port can have.", invalid(port.name, broken))
    if broken := out_of_range(port.port):
        yield Refusal((*path, "port"), f"{port.port} is no port number.", invalid(port.port, broken))
    if isinstance(port.protocol, str) and port.protocol not in _PROTOCOLS:
        message = f"'{port.protocol}' is no protocol of a Service port; case matters."
        yield Refusal((*path, "protocol"), message, unsupported(port.protocol, _PROTOCOLS))
    yield from _target(path, port)
    if isinstance(port.app_protocol, str) and (broken := grammar.broken_qualified_name(port.app_protocol)):
        message = f"'{port.app_protocol}' is no name that `appProtocol` takes."
        yield Refusal((*path, "appProtocol"), message, invalid(port.app_protocol, broken))


def _target(path: Path, port: Port) -> Iterator[Refusal]:
    broken: str | None = None
    if isinstance(port.target, str):
        broken = grammar.broken_port_name(port.target)
    elif isinstance(port.target, int) and port.target != 0:
        broken = out_of_range(port.target)
    if broken:
        is_number = isinstance(port.target, str) and port.target.isdigit()
        hint = " In quotes it is the name of a port; write the number without them." if is_number else ""
        message = f"'{port.target}' is neither a port number nor the name of a container port.{hint}"
        yield Refusal((*path, "targetPort"), message, invalid(port.target, broken))


def _node_port(path: Path, port: Number, service_type: object, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    if not isinstance(port, int):
        return
    if service_type == "ClusterIP":
        message = f"Node port {port} is asked for by a Service of type ClusterIP."
        reason = forbidden("may not be used when `type` is 'ClusterIP'")
        yield Refusal(path, message, reason, rests_on_absence=True, dropped_with_type=True)
    elif service_type in _WITH_NODE_PORTS:
        yield from allocation(path, port, node_ports)


def _duplicates(ports: list[tuple[int, Port]]) -> Iterator[Refusal]:
    names: dict[str, int] = {}
    numbers: dict[tuple[str, int], int] = {}
    node_ports: dict[tuple[str, int], int] = {}
    for index, port in ports:
        path = (*_PORTS, index)
        if isinstance(port.name, str) and (first := names.setdefault(port.name, index)) != index:
            yield Refusal((*path, "name"), f"Port {first} has the name '{port.name}' already.", duplicate(port.name))
        if not isinstance(port.protocol, str):
            continue
        if isinstance(port.port, int) and (first := numbers.setdefault((port.protocol, port.port), index)) != index:
            message = f"Port {first} is {port.port}/{port.protocol} already; two of them must differ in `port` or `protocol`."
            yield Refusal((*path, "port"), message, f'Duplicate value: {{"port":{port.port},"protocol":"{port.protocol}"}}', field=path)
        if isinstance(port.node_port, int) and (first := node_ports.setdefault((port.protocol, port.node_port), index)) != index:
            message = f"Port {first} has node port {port.node_port}/{port.protocol} already."
            yield Refusal((*path, "nodePort"), message, duplicate(port.node_port))
