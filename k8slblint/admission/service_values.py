"""What no chart can repair in the settings of a Service in Helm values: spellings, shapes and node ports that the API server refuses.

A chart hands such a setting on as it is. The fields and their choices are those of the Kubernetes API reference 1.37 (ServiceSpec,
ServicePort); matching is by case, as `pkg/apis/core/validation/validation.go` (`ValidateService`) does. Which keys charts have of their
own that are spelt like a field is in `catalogs/charts.json`.
"""

from collections.abc import Container, Iterator
from typing import Any, Literal, TypeAlias

from k8slblint.admission.refusal import NODE_PORTS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_to_be_filled
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.spelling import FEWEST_LETTERS, is_one_letter_off

Fault: TypeAlias = Literal["case", "spelling", "key", "scalar", "list", "annotations", "node-port", "no-port", "refused", "ignored"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "sessionAffinity": ("ClientIP", "None"),
    "ipFamilyPolicy": ("SingleStack", "PreferDualStack", "RequireDualStack"),
}
_FAMILIES = ("IPv4", "IPv6")
_PROTOCOLS = ("TCP", "UDP", "SCTP")

_SCALARS = ("loadBalancerIP", "loadBalancerClass", "externalTrafficPolicy", "internalTrafficPolicy", "sessionAffinity", "ipFamilyPolicy")
_LISTS = ("loadBalancerSourceRanges", "externalIPs")

_FIELDS = (
    *_SCALARS,
    *_LISTS,
    *("ipFamilies", "sessionAffinityConfig", "allocateLoadBalancerNodePorts", "healthCheckNodePort", "publishNotReadyAddresses"),
    "trafficDistribution",
)
"""Names of several words, which nothing else is called by accident."""

_BY_LETTERS = {field.lower(): field for field in _FIELDS}

_LAST_PORT = 65535


class ValueFault(NamedTuple):
    """One setting that is wrong: where, what is written, and what was meant (a value, the name of a field, or nothing).

    `depends_on_flags` tells that the API server may be started otherwise.
    """

    fault: Fault
    path: Path
    field: str
    written: str
    meant: str = ""
    depends_on_flags: bool = False


def value_faults(values: Resource, own_keys: Container[str], node_ports: tuple[int, int] = NODE_PORTS) -> Iterator[ValueFault]:
    """Yield what is wrong with the settings of a Service in Helm values; `own_keys` are names of settings that charts have.

    Where no name says that it is one, a type that no Service has may be one of the chart.
    """
    for place in (("values",), ("values", "spec")):
        settings = values.mapping(*place)
        yield from _spellings(place, settings if values.get("isNamed") else {**settings, "type": None})
        yield from _keys(place, settings, own_keys)
        yield from _shapes(place, settings)
        yield from _ports(place, settings, values.get("spec", "type"), node_ports)


def _spellings(place: Path, settings: dict[str, Any]) -> Iterator[ValueFault]:
    for field, choices in _CHOICES.items():
        yield from _chosen((*place, field), field, settings.get(field), choices)
    families = settings.get("ipFamilies")
    for index, family in enumerate(families if isinstance(families, list) else ()):
        yield from _chosen((*place, "ipFamilies", index), "ipFamilies", family, _FAMILIES)


def _chosen(path: Path, field: str, value: object, choices: tuple[str, ...]) -> Iterator[ValueFault]:
    if not isinstance(value, str) or value in choices or not value.isascii() or len(value) > _LONGEST:
        return
    by_case = next((choice for choice in choices if choice.lower() == value.strip().lower()), None)
    if by_case is not None:
        yield ValueFault("case", path, field, value, by_case)
        return
    long = (choice for choice in choices if len(choice) >= FEWEST_LETTERS)
    near = next((choice for choice in long if is_one_letter_off(value.lower(), choice.lower())), None)
    if near is not None:
        yield ValueFault("spelling", path, field, value, near)


_LONGEST = 40


def _keys(place: Path, settings: dict[str, Any], own_keys: Container[str]) -> Iterator[ValueFault]:
    for key, value in settings.items():
        if key in _FIELDS or len(key) < FEWEST_LETTERS or len(key) > _LONGEST or key in own_keys or value in (None, "", [], {}):
            continue
        lower = key.lower()
        meant = _BY_LETTERS.get(lower) or next((field for low, field in _BY_LETTERS.items() if is_one_letter_off(lower, low)), None)
        if meant is not None and meant not in settings:
            yield ValueFault("key", (*place, key), meant, key, meant)


def unknown_keys(values: Resource, keys: Container[str], others: Literal["refused", "ignored"]) -> Iterator[ValueFault]:
    """Yield the settings of an object that its chart does not know, which has a list of all its `keys`.

    Of a chart that ignores others, only those which are called like a field, so that somebody expects an effect.
    """
    settings = values.mapping("values")
    for key, value in settings.items():
        if key in keys or value is None or not key.isascii() or len(key) > _LONGEST:
            continue
        meant, is_type = _meant_key(key, keys), key == "type"
        if is_type and value == values.get("spec", "type"):
            continue  # the type is this one anyway
        if others == "refused" or key in _FIELDS or key in _CLASSES or meant or is_type:
            yield ValueFault(others, ("values", key), meant or key, key, meant if meant not in settings else "")


_CLASSES = ("className", "ingressClassName")
"""What charts call the class of an Ingress."""


def _meant_key(key: str, keys: Container[str]) -> str:
    """Return the key of a chart that was meant: one that is nearly the same, also of a mapping that holds fields as they are (`spec`)."""
    lower, below = key.lower(), ["spec."] if "spec" in keys else []
    if key == "type":
        return f"{below[0]}{key}" if below else ""
    near = [field for low, field in _BY_LETTERS.items() if low == lower or is_one_letter_off(lower, low)]
    found = [name for name in (*near, *(_CLASSES if key in _CLASSES else ())) if name in keys]
    found += [f"{prefix}{field}" for prefix in below for field in near]
    return next(iter(found), "") if len(key) >= FEWEST_LETTERS else ""


def _shapes(place: Path, settings: dict[str, Any]) -> Iterator[ValueFault]:
    for field in _SCALARS:
        value = settings.get(field)
        if isinstance(value, dict | list) and value and not has_placeholder(value):
            yield ValueFault("scalar", (*place, field), field, _shape_of(value), _meant_of(value))
    for field in _LISTS:
        value = settings.get(field)
        if isinstance(value, str) and value.strip() and not is_to_be_filled(value):
            yield ValueFault("list", (*place, field), field, "text")
    annotations = settings.get("annotations")
    if isinstance(annotations, list) and annotations and all(map(_holds_annotations, annotations)):
        yield ValueFault("annotations", (*place, "annotations"), "annotations", "a list")


def _holds_annotations(item: object) -> bool:
    return isinstance(item, dict) and any("/" in str(key) for key in item)


def _shape_of(value: object) -> str:
    return "a mapping" if isinstance(value, dict) else "a list"


def _meant_of(value: dict[str, Any] | list[Any]) -> str:
    """Return the expression that a mapping with one empty member stands for: `{NAME}` without its dollar sign."""
    ((key, held),) = value.items() if isinstance(value, dict) and len(value) == 1 else (("", ""),)
    return f"${{{key}}}" if held is None and len(str(key)) <= _LONGEST else ""


def _ports(place: Path, settings: dict[str, Any], service_type: object, node_ports: tuple[int, int]) -> Iterator[ValueFault]:
    is_open = service_type not in ("ClusterIP", "ExternalName")
    if is_open:
        yield from _node_port((*place, "nodePort"), settings.get("nodePort"), node_ports)
        fixed = settings.get("nodePorts")
        for name, number in fixed.items() if isinstance(fixed, dict) else ():
            yield from _node_port((*place, "nodePorts", name), number, node_ports)
    for path, port in _each_port(place, settings.get("ports")):
        if is_open:
            yield from _node_port((*path, "nodePort"), port.get("nodePort"), node_ports)
        yield from _protocol((*path, "protocol"), port.get("protocol"))


def _each_port(place: Path, ports: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    rows = enumerate(ports) if isinstance(ports, list) else ports.items() if isinstance(ports, dict) else ()
    for step, port in rows:
        if isinstance(port, dict) and port.get("enabled") is not False:
            yield (*place, "ports", step), port


def _protocol(path: Path, value: object) -> Iterator[ValueFault]:
    if isinstance(value, str) and value not in _PROTOCOLS and value.upper() in _PROTOCOLS:
        yield ValueFault("case", path, "protocol", value, value.upper())


def _node_port(path: Path, value: object, node_ports: tuple[int, int]) -> Iterator[ValueFault]:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _LONGEST else value
    if type(number) is not int or number == 0 or node_ports[0] <= number <= node_ports[1]:
        return
    if not 0 < number <= _LAST_PORT:
        yield ValueFault("no-port", path, "nodePort", str(number)[:_LONGEST])
        return
    yield ValueFault("node-port", path, "nodePort", str(number), f"{node_ports[0]}-{node_ports[1]}", depends_on_flags=True)
