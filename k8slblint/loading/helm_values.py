"""What Helm values say of the Services that a chart makes of them: in files of values, and in objects and files that deploy charts.

Each becomes an object with the fields that are known; what is not there is not known, for the chart or another layer of values has it.
What a mapping in values is for is in `value_shapes`, where values are in `value_holders`.
"""

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from k8slblint.catalog import charts
from k8slblint.catalog import services as catalog
from k8slblint.catalog.controllers import controllers_of_chart
from k8slblint.catalog.load_balancers import gateway_parameters_kinds
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.loading.plain_text import holds_services
from k8slblint.loading.value_holders import (
    Chart,
    Values,
    is_for_values,
    is_named_values,
    opening,
    values_of_config_map,
    values_of_file,
    values_of_object,
)
from k8slblint.loading.value_shapes import (
    SERVICE_FIELDS,
    SERVICE_TYPES,
    Shaped,
    is_for_load_balancer,
    is_silent,
    opened,
    shaped_at,
    shaped_in,
)
from k8slblint.loading.views import view
from k8slblint.model.location import Path, format_path
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES

_KEY_END = pattern(r"""/([\w.-]++)["']?[ \t]*+:""")
_HOST = "abcdefghijklmnopqrstuvwxyz0123456789-."
_LONGEST_PREFIX = 253
"""In characters, of the part of a key before the slash (Kubernetes 1.37, labels and annotations: a DNS subdomain)."""

_FIELD_WORDS = (
    *("loadbal", "ancerip", "ancerclass", "sourcerang"),
    *("nodeport", "clusterip", "externalip", "parentrefs", "classname"),
    *("externaltr", "internaltr", "fficpolicy", "trafficdist", "cdistribution"),
    *("sessionaf", "naffinity", "ipfamil", "publishnotr", "eadyaddresses"),
)
"""What the names and values of fields of a Service contain, in lower case; of long names two parts, one of which a wrong letter leaves."""

_PROTOCOLS = ("udp", "tcp", "sctp")

_LOAD_BALANCER = "LoadBalancer"
_CLUSTER_IP = "ClusterIP"


Fields: TypeAlias = dict[str, tuple[Node, Node]]


def may_hold(text: str) -> bool:
    """Tell whether a text may hold annotations of load balancers: whether something in it looks like a key of the catalog.

    Comments do not count.
    """
    tried = set()
    for end in _KEY_END.finditer(text):
        before = text[max(end.start() - _LONGEST_PREFIX, 0) : end.start()].rpartition("\n")[2]
        host = before[len(before.rstrip(_HOST)) :]
        key = f"{host}/{end[1]}"
        if "." in host and key not in tried and not before.lstrip().startswith("#"):
            if catalog.prefix_of(key) is not None:
                return True
            tried.add(key)
    return False


def may_hold_fields(text: str) -> bool:
    """Tell whether a text that is known to be values may hold settings of what a chart makes: whether it has a word of them."""
    lower = text.lower()
    if any(word in lower for word in _FIELD_WORDS) or ("ingress" in lower and "nnotations" in text):
        return True
    return "protocol" in text and any(f"{quote}{name}" in text for name in _PROTOCOLS for quote in (" ", '"', "'"))


def may_hold_services(text: str, *, with_ports: bool = True) -> bool:
    """Tell the same of an object that deploys a chart; one `with_ports` or hosts only may be what is left of another revision's."""
    is_left = with_ports and (("ervice" in text and "ports" in text) or ("ingress" in text and "host" in text))
    return is_left or may_hold_fields(text) or may_hold(text) or any(name in text for name in charts.names_opened_by_default())


def may_be_values(path: str, text: str) -> bool:
    """Tell whether a file without objects may hold what is read of values: of files that are not called so, annotations only.

    A kustomization has annotations of its own.
    """
    if posixpath.basename(path) in KUSTOMIZATION_NAMES and "valuesInline" not in text:
        return False
    if "nnotations" in text and may_hold(text):
        return True
    return is_for_values(path) and may_hold_fields(text)


def service_views(root: Node, path: str) -> Iterator[Node]:
    """Yield what is known of each Service in the values of a file without objects, as an object of kind `HelmValues`, in reading order.

    `metadata.name` is the file, or the release that it is for, and the path among the values: `apps/web.yaml:controller.service`.
    `spec` has the fields that are stated. Where no type is, and an annotation or field is one for load balancers only, the type is taken
    to be `LoadBalancer`: who writes such a key has one in mind, and the chart or another file of values says so.
    `values` are the settings as they are written. All tokens are those of the file, so that places and edits are too.
    """
    for values in values_of_file(root, path):
        yield from _views(values, is_known=values.root is not root or is_named_values(path))


def service_views_in(deployer: Node, text: str, path: str) -> Iterator[Node]:
    """Yield the same for the values in an object that deploys charts; `text` is that of its file.

    Values in a text are read where that is a literal block (`|`): in no other do they have places of their own.
    """
    api_version, kind = str(deployer.value.get("apiVersion")), str(deployer.value.get("kind"))
    opens = opening(text, may_hold_services)
    if kind == "ConfigMap":
        for values in values_of_config_map(deployer, path, opens):
            yield from _views(values, is_known=True)
    elif holds_services(api_version, kind, text):
        yield from _embedded_views(deployer, path)
    else:
        for values in values_of_object(deployer, path, opens):
            yield from _views(values, is_known=True)


def tells_of_controllers(chart: str) -> bool:
    """Tell whether a chart installs controllers, of which its values say how they are set up."""
    return bool(controllers_of_chart(chart))


def service_views_for(root: Node, path: str, chart: Chart, at: Path = ()) -> Iterator[Node]:
    """Yield the same for a file that holds values for a chart, whatever it is called: all of it, or what is at a path."""
    yield from _views(Values(root, path, chart, at=at), is_known=True)


def _views(values: Values, *, is_known: bool) -> Iterator[Node]:
    """Yield the Services in values; those that are not `is_known` to be values show themselves by annotations."""
    seen = set()
    for found in shaped_in(values.root):
        if found.made == "Service" and (is_known or found.is_annotated):
            seen.add(found.path)
            yield _view(found, values)
        elif is_known and found.made == "Ingress":
            yield _ingress_view(found, values)
        elif is_known and found.made == "HTTPRoute":
            yield _route_view(found, values)
    for part in charts.parts_of(*values.chart[:3]) if is_known and values.chart.name else ():
        known = shaped_at(values.root, part.path) if not part.stem and part.path not in seen else None
        if known is not None:
            yield _view(known, values)
    for part in charts.opened_by_default(*values.chart[:3]) if values.is_whole else ():
        if not part.stem and is_silent(values.root, part.path):
            yield _view(opened(part.path, values.root), values)


def _embedded_views(root: Node, path: str) -> Iterator[Node]:
    """Yield the same for Services in a custom resource.

    Those are whole Services (`metadata` beside `spec.type: LoadBalancer`), settings of one (annotations beside `type: LoadBalancer`,
    as in `service` of a database, or below a listener of that type), and annotations that are called those of a Service.
    Parameters of Gateways are left to what judges the Service of a Gateway.
    """
    kind_of_object = f"{root.value.get('kind')}.{str(root.value.get('apiVersion')).partition('/')[0]}"
    if kind_of_object in gateway_parameters_kinds():
        return
    spec = root.child("spec")
    for found in shaped_in(spec) if spec is not None else ():
        if found.made == "Service" and found.is_annotated and spec is not None and _is_for_balancer(found, spec):
            yield _view(found._replace(path=("spec", *found.path)), Values(root, path, within=kind_of_object))


def _is_for_balancer(found: Shaped, spec: Node) -> bool:
    """Tell whether what a custom resource says of a Service is for one of type LoadBalancer."""
    kind = found.pair("type")
    if kind is not None:
        return bool(kind[1].value == _LOAD_BALANCER)
    annotations = found.pair("annotations")
    if found.is_named and annotations is not None and any(map(is_for_load_balancer, annotations[1].members)):
        return True
    around: Node | None = spec
    for step in found.path[:-1]:
        around = around.child(step) if around is not None else None
        own = around.child("type") if around is not None else None
        if own is not None and isinstance(own.value, str) and own.value.lower() == _LISTENER:
            return True
    return False


_LISTENER = "loadbalancer"
"""The type of a listener, as Strimzi spells it (strimzi/strimzi-kafka-operator `api`, GenericKafkaListener)."""


def _view(found: Shaped, values: Values) -> Node:
    part = charts.part_at(values.chart._asdict(), found.path)
    annotations = found.pair("annotations")
    place = annotations[1] if annotations is not None else found.key
    plain: dict[str, Any] = {"name": f"{values.of}:{format_path((*values.at, *found.path)) or 'annotations'}"}
    has_keys = annotations is not None and bool(annotations[1].members)
    metadata = view(plain, {"annotations": annotations} if has_keys and annotations is not None else {}, place)
    stated = dict(_stated_fields(_as_read(found, values), part))
    keys = annotations[1].members if annotations is not None else ()
    is_for_balancer = bool(_FOR_LOAD_BALANCERS & stated.keys()) or any(map(is_for_load_balancer, keys))
    by_default = part.default_type if part is not None else None
    assumed = _LOAD_BALANCER if is_for_balancer and by_default in (None, _CLUSTER_IP) else by_default
    is_assumed = "type" not in stated and assumed is not None and assumed != by_default
    spec = view({"type": assumed} if assumed is not None else {}, stated, found.key)
    settings = view({}, dict(found.settings), found.key)
    shown = (annotations[0] if annotations is not None else found.key, metadata)
    members = {"metadata": shown, "spec": (found.key, spec), "values": (found.key, settings)}
    more = {"assumed": is_assumed, **_about(values, found, part)}
    return view({"apiVersion": "", "kind": HELM_VALUES, **more}, members, place)


def _as_read(found: Shaped, values: Values) -> Shaped:
    """Return settings without those that the chart ignores, where all that it reads are known."""
    known = charts.keys_at(values.chart._asdict(), "Service", found.path)
    if known is None or known.others == "refused":
        return found
    return found._replace(settings={name: pair for name, pair in found.settings.items() if name in known.keys})


def _about(values: Values, found: Shaped, part: charts.Part | None = None) -> dict[str, Any]:
    """Return what is known of the settings beside them: the chart with how it writes annotations, and what deploys it."""
    how = part.annotations if part is not None else "unknown"
    if how == "unknown" and _may_be_quoted(values.chart, found.path):
        how = "quoted"
    return {
        "chart": {**values.chart._asdict(), "passing": how},
        "deployer": values.deployer._asdict(),
        "path": list(found.path),
        "isNamed": found.is_named,
        "inObject": values.is_object,
        "isWhole": values.is_whole,
        "deployedTo": values.namespace,
        "within": values.within,
    }


def _may_be_quoted(chart: Chart, path: Path) -> bool:
    """Tell whether a chart writes annotations at a path in quotes, or one may of which nothing is known."""
    return charts.writes_annotations(chart._asdict(), path) == "quoted" if chart.name else charts.may_be_quoted(path)


def _ingress_view(found: Shaped, values: Values) -> Node:
    """Return what is known of an Ingress: its annotations and its class; its hosts are among the settings."""
    named = next((found.settings[key] for key in ("ingressClassName", "className") if key in found.settings), None)
    spec = {"ingressClassName": named} if named is not None and isinstance(named[1].value, str) and named[1].value else {}
    return _partial(found, values, INGRESS_VALUES, _annotations_of(found), spec)


def _route_view(found: Shaped, values: Values) -> Node:
    """Return what is known of a route: its annotations, its parents and its hosts."""
    fields = {name: found.settings[name] for name in ("parentRefs", "hostnames") if name in found.settings}
    return _partial(found, values, ROUTE_VALUES, _annotations_of(found), {name: pair for name, pair in fields.items() if pair[1].items})


def _annotations_of(found: Shaped) -> Fields:
    annotations = found.pair("annotations")
    return {"annotations": annotations} if annotations is not None and annotations[1].members else {}


def _partial(
    found: Shaped, values: Values, kind: str, metadata: Fields, spec: Fields, more: Mapping[str, Any] = MappingProxyType({})
) -> Node:
    key = found.key
    named = view({"name": f"{values.of}:{format_path((*values.at, *found.path))}"}, metadata, key)
    settings = view({}, dict(found.settings), key)
    members = {"metadata": (key, named), "spec": (key, view({}, spec, key)), "values": (key, settings)}
    return view({"apiVersion": "", "kind": HELM_VALUES, "is": kind, **more, **_about(values, found)}, members, key)


_FOR_LOAD_BALANCERS = {"loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges"}


def _stated_fields(found: Shaped, part: charts.Part | None) -> Iterator[tuple[str, tuple[Node, Node]]]:
    """Yield the fields of the Service that have a value which the field of a Service may have."""
    for field in SERVICE_FIELDS:
        pair = found.pair(field) or _otherwise_named(found, part, field)
        if pair is None:
            continue
        if field == "ports":
            ports = _ports(pair[1])
            if ports is not None:
                yield field, (pair[0], ports)
        elif _is_stated(pair[1].value, field):
            yield field, pair


def _otherwise_named(found: Shaped, part: charts.Part | None, field: str) -> tuple[Node, Node] | None:
    names = part.names.items() if part is not None else ()
    return next((found.settings[key] for key, meant in names if meant == field and key in found.settings), None)


_LISTS = frozenset(("externalIPs", "loadBalancerSourceRanges", "ipFamilies"))
_OTHERS: dict[str, type] = {"healthCheckNodePort": int, "allocateLoadBalancerNodePorts": bool}


def _is_stated(value: object, field: str) -> bool:
    """Tell whether a value is one that the field of a Service has; charts have keys called `type` for other things too."""
    if not value and value is not False:
        return False
    if field in _LISTS:
        return isinstance(value, list)
    if field == "type":
        return isinstance(value, str) and (value in SERVICE_TYPES or has_placeholder(value))
    return isinstance(value, _OTHERS.get(field, str))


def _ports(ports: Node) -> Node | None:
    """Return the ports as a list, from a list or a mapping of ports by name; None where some are only numbers, or expressions."""
    found = [item for item in (ports.items or [value for _, value in ports.members.values()]) if not _is_disabled(item)]
    if not found or not all(_is_port(item) for item in found):
        return None
    listed = Node([item.value for item in found], *ports.span)
    listed.items = list(found)
    return listed


def _is_port(port: Node) -> bool:
    return isinstance(port.value, dict) and isinstance(port.value.get("port"), int) and not isinstance(port.value["port"], bool)


def _is_disabled(port: Node) -> bool:
    return isinstance(port.value, dict) and port.value.get("enabled") is False
