"""What the API server refuses in the ports of a Service.

Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` validateService, validateServicePort, ValidatePortNumOrName;
`pkg/registry/core/service/portallocator` for the range of node ports.
"""

from collections.abc import Iterator

from k8slblint.admission import grammar
from k8slblint.admission.reading import UNREAD, Number, Port, ServiceFields
from k8slblint.admission.refusal import Refusal, duplicate, forbidden, invalid, of_another_type, required, shown, unsupported
from k8slblint.model.location import Path

_PORTS = ("spec", "ports")
_LARGEST = 65535
_RANGE_RULE = f"must be between 1 and {_LARGEST}, inclusive"
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


_NAME_EACH = "Give each port its own name."
_RENAME = "Use lowercase letters, digits and hyphens."
_IN_RANGE = f"Use a number from 1 to {_LARGEST}."


def port_refusals(fields: ServiceFields, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    """Yield what is refused in `spec.ports`; `node_ports` are the first and the last node port of the cluster."""
    if fields.ports is UNREAD:
        return
    if not fields.ports and fields.is_headless is False and fields.type in ("ClusterIP", *_WITH_NODE_PORTS):
        help_ = "List a port, or set `clusterIP: None`."
        yield Refusal(_PORTS, "has no ports", required(), rests_on_absence=True, help=help_)
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
    by = ", or change `--service-node-port-range` of kube-apiserver" if is_port else ""
    help_ = f"Use a port between {first} and {last}{by}."
    group = f"asks for {{}} ports outside the node ports {first}-{last}" if is_port else ""
    fault = f"asks for port {port}, outside the node ports {first}-{last}"
    yield Refusal(path, fault, reason, depends_on_flags=is_port, help=help_, group=group, one_cure=is_port)


def _port(path: Path, port: Port, *, several: bool) -> Iterator[Refusal]:
    if port.name is None and several:
        fault = "has several ports, one without a name"
        yield Refusal((*path, "name"), fault, required(), rests_on_absence=True, help=_NAME_EACH, group="has {} ports without a name")
    elif isinstance(port.name, str) and (broken := grammar.broken_label(port.name)):
        yield Refusal((*path, "name"), f"has port name {shown(port.name)}, which is not valid", invalid(port.name, broken), help=_RENAME)
    if broken := out_of_range(port.port):
        yield Refusal(
            (*path, "port"), f"has port {port.port}, which is not a valid port number", invalid(port.port, broken), help=_IN_RANGE
        )
    if isinstance(port.protocol, str) and port.protocol not in _PROTOCOLS:
        fault = f"has protocol {shown(port.protocol)}, which is not valid"
        yield Refusal((*path, "protocol"), fault, unsupported(port.protocol, _PROTOCOLS), help="Write TCP, UDP or SCTP in capitals.")
    yield from _target(path, port)
    if isinstance(port.app_protocol, str) and (broken := grammar.broken_qualified_name(port.app_protocol)):
        fault = f"has `appProtocol` {shown(port.app_protocol)}, which is not valid"
        yield Refusal((*path, "appProtocol"), fault, invalid(port.app_protocol, broken), help=_RENAME)


def _target(path: Path, port: Port) -> Iterator[Refusal]:
    broken: str | None = None
    if isinstance(port.target, str):
        broken = grammar.broken_port_name(port.target)
    elif isinstance(port.target, int) and port.target != 0:
        broken = out_of_range(port.target)
    if broken:
        is_number = isinstance(port.target, str) and port.target.isdigit()
        label = "a number in quotes is the name of a port" if is_number else ""
        help_ = "Write the number without quotes." if is_number else "Write the number or the name of a container port."
        fault = f"has target port {shown(port.target)}, which is not valid"
        yield Refusal((*path, "targetPort"), fault, invalid(port.target, broken), label=label, help=help_)


def _node_port(path: Path, port: Number, service_type: object, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    if not isinstance(port, int):
        return
    if service_type == "ClusterIP":
        reason = forbidden("may not be used when `type` is 'ClusterIP'")
        fault, help_ = f"sets node port {port} on type ClusterIP", "Remove `nodePort`, or set `type: NodePort`."
        group = of_another_type(service_type)
        yield Refusal(path, fault, reason, rests_on_absence=True, dropped_with_type=True, help=help_, group=group)
    elif service_type in _WITH_NODE_PORTS:
        yield from allocation(path, port, node_ports)


def _duplicates(ports: list[tuple[int, Port]]) -> Iterator[Refusal]:
    names: dict[str, int] = {}
    numbers: dict[tuple[str, int], int] = {}
    node_ports: dict[tuple[str, int], int] = {}
    by_number: dict[int, tuple[int, int, str]] = {}
    for index, port in ports:
        path = (*_PORTS, index)
        if isinstance(port.name, str) and (first := names.setdefault(port.name, index)) != index:
            yield Refusal(
                (*path, "name"), f"has two ports named {shown(port.name)}", duplicate(port.name), label=_same(first), help=_NAME_EACH
            )
        if not isinstance(port.protocol, str):
            continue
        if isinstance(port.port, int) and (first := numbers.setdefault((port.protocol, port.port), index)) != index:
            reason = f'Duplicate value: {{"port":{port.port},"protocol":"{port.protocol}"}}'
            help_ = "Remove one of them, or give it another `port` or `protocol`."
            fault = f"has port {port.port}/{port.protocol} twice"
            yield Refusal((*path, "port"), fault, reason, field=path, label=_same(first), help=help_)
        if isinstance(port.node_port, int) and isinstance(port.port, int):
            other, of_port, protocol = by_number.setdefault(port.node_port, (index, port.port, port.protocol))
            if of_port != port.port and protocol != port.protocol:
                fault, reason = (
                    f"has node port {port.node_port} for two ports",
                    invalid(port.node_port, "provided port is already allocated"),
                )
                help_ = "Give each port its own node port; only the same `port` of two protocols can share one."
                yield Refusal((*path, "nodePort"), fault, reason, label=_same(other), help=help_)
        if isinstance(port.node_port, int) and (first := node_ports.setdefault((port.protocol, port.node_port), index)) != index:
            fault = f"has node port {port.node_port}/{port.protocol} twice"
            yield Refusal(
                (*path, "nodePort"), fault, duplicate(port.node_port), label=_same(first), help="Give each port its own node port."
            )


def _same(first: int) -> str:
    return f"same as `spec.ports[{first}]`"
