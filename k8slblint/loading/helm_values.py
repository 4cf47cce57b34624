"""The annotations of load balancers in Helm values, which a chart sets on a Service: in value files, and in objects that deploy charts.

Where a key of a chart's values ends up only its templates tell; the names are conventions of public charts (ingress-nginx, Traefik,
Istio, Harbor, those that `helm create` makes): `service.annotations`, `serviceAnnotations`, `expose.loadBalancer.annotations`.
"""

import re
from collections.abc import Iterator
from functools import cache

from k8slblint import documents
from k8slblint.catalog import controllers
from k8slblint.catalog import services as catalog
from k8slblint.catalog.load_balancers import gateway_parameters_kinds
from k8slblint.loading.plain_text import holds_services
from k8slblint.loading.views import view
from k8slblint.model.location import Path, format_path
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES

_ANNOTATIONS = pattern(r"(?P<stem>.*)annotations", re.IGNORECASE | re.DOTALL)
_KEY_END = pattern(r"""/([\w.-]++)["']?[ \t]*+:""")
_HOST = "abcdefghijklmnopqrstuvwxyz0123456789-."
_LONGEST_PREFIX = 253
"""In characters, of the part of a key before the slash (Kubernetes 1.37, labels and annotations: a DNS subdomain)."""

_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_OF_SERVICE = pattern(
    r"\b(?:services?(?!-(?:account|monitor|entr|export|import|profile|mesh|discovery))|svc|load-?balancers?|[nec]?lb|node-?port|cluster-?ip)\b"
)
_OF_OTHERS = pattern(
    r"\b(?:pods?|deployments?|daemon-?sets?|stateful-?sets?|replica-?sets?|(?:cron-?)?jobs?|ingress(?:es|-class(?:es)?)?(?!-(?:nginx|controller|gateway))"
    r"|(?:http-?|grpc-?)?routes?|service-(?:account|monitor|entry|export|import|profile|mesh)s?|(?:pod-)?monitors?|certificates?"
    r"|namespaces?|nodes?|secrets?|config-?maps?|pvcs?|persistence|crds?|alb)\b"
)
"""Words in the names of keys, the nearest of which tells whose annotations they are."""

_VALUES = frozenset({"values", "valuesContent", "valuesObject"})
"""Fields of what deploys charts: Flux 2.7 (HelmRelease `spec.values`), Argo CD 3.1 (Application `helm.values`, which is text, and
`helm.valuesObject`), k3s helm-controller 0.16 (HelmChart `spec.valuesContent`, which is text)."""

_TYPES = frozenset({"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"})
_LOAD_BALANCER = "LoadBalancer"


class _Mapping(NamedTuple):
    """A mapping of annotations: its `path`, its `key`, the mapping it stands in (`holder`), and the key and the mapping around that."""

    path: Path
    key: Node
    annotations: Node
    holder: Node
    holder_key: Node | None
    above: Node | None

    @property
    def stem(self) -> str:
        """What stands before the word: `service` of `serviceAnnotations`."""
        match = _ANNOTATIONS.fullmatch(str(self.path[-1]))
        return match["stem"] if match else ""

    @property
    def object(self) -> Node | None:
        """The object whose `metadata` they stand in: values may hold whole ones."""
        return self.above if self.path[-2:-1] == ("metadata",) else None


def may_hold(text: str) -> bool:
    """Tell whether a text may hold such annotations: whether something in it looks like a key of the catalog, outside of comments."""
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


def service_views(root: Node, file: str) -> Iterator[Node]:
    """Yield what is known of each Service that the values in a document annotate, as an object of kind `HelmValues`, in reading order.

    `metadata.name` is the file and the path of the mapping in it: `apps/web.yaml:controller.service.annotations`. `spec.type` and
    `spec.loadBalancerClass` are those that stand beside the mapping. Where no type does, and a key is one for load balancers only, the
    type is taken to be `LoadBalancer`: who writes such a key has one in mind, and the chart or another file of values says so.
    All other tokens are those of the file, so that places and edits are too.
    """
    for found in _mappings(root):
        if _is_of_service(found):
            yield _view(found, file)


def service_views_in(deployer: Node, text: str, file: str) -> Iterator[Node]:
    """Yield the same for the values in an object that deploys charts; `text` is that of its file.

    Values in a text are read where that is a literal block (`|`): in no other do they have places of their own.
    """
    if holds_services(str(deployer.value.get("apiVersion")), str(deployer.value.get("kind")), text):
        yield from _embedded_views(deployer, text, file)
        return
    metadata = deployer.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    for path, values in _values_in(deployer, text):
        for found in _mappings(values):
            placed = found._replace(path=(*path, *found.path))
            if _is_of_service(placed):
                yield _view(placed, f"{file}:{name}")


_VALUE_TEXT = pattern(r"(?<![^-_.])values(?![^-_.])", re.IGNORECASE)
"""`values` as a word of a name: `values.yaml`, `default-values`."""


def _embedded_views(root: Node, text: str, file: str) -> Iterator[Node]:
    """Yield the same for Services in a custom resource, and for values in a ConfigMap.

    Those are whole Services (`metadata` beside `spec.type: LoadBalancer`), and settings of one (annotations beside `type: LoadBalancer`,
    as in `service` of a database). Parameters of Gateways are left to what judges the Service of a Gateway.
    """
    if f"{root.value.get('kind')}.{str(root.value.get('apiVersion')).partition('/')[0]}" in gateway_parameters_kinds():
        return
    if root.value.get("kind") == "ConfigMap":
        data = root.child("data")
        for name, (_, value) in data.members.items() if data is not None else ():
            inner = _inner(value, text) if _VALUE_TEXT.search(name) and isinstance(value.value, str) else None
            for found in _mappings(inner) if inner is not None else ():
                if _is_of_service(found):
                    yield _view(found._replace(path=("data", name, *found.path)), file)
        return
    for found in _mappings(root):
        holder = found.object.child("spec") if found.object is not None else found.holder
        beside = holder.value if holder is not None else None
        if isinstance(beside, dict) and beside.get("type") == _LOAD_BALANCER and found.object is not root:
            yield _view(found, file)


def _values_in(deployer: Node, text: str) -> Iterator[tuple[Path, Node]]:
    pending: list[tuple[Path, Node]] = [((), deployer)]
    while pending:
        path, node = pending.pop()
        below: list[tuple[Path, Node]] = [((*path, index), item) for index, item in enumerate(node.items) if not item.aliased]
        for name, (_, value) in node.members.items():
            if name not in _VALUES:
                below.append(((*path, name), value))
            elif value.members:
                yield (*path, name), value
            elif isinstance(value.value, str) and (inner := _inner(value, text)) is not None:
                yield (*path, name), inner
        pending.extend(reversed(below))


def _inner(scalar: Node, text: str) -> Node | None:
    """Return the values in a literal block with places of their own, None for all else."""
    if scalar.style != "|" or scalar.aliased or not may_hold(scalar.value):
        return None
    try:
        inner = documents.parse_inner(scalar, text)
    except (documents.BrokenDocument, documents.UndecodableText):
        return None
    return inner if inner is not None and inner.line > scalar.line else None


def _mappings(root: Node) -> Iterator[_Mapping]:
    """Yield the mappings that are called annotations and hold a key of the catalog; what is in an alias is met at its anchor only.

    What is below a part with `enabled: false` is left out: the chart makes nothing of it.
    """
    pending: list[tuple[Path, Node, Node | None, Node | None]] = [((), root, None, None)]
    while pending:
        path, node, key, above = pending.pop()
        below: list[tuple[Path, Node, Node | None, Node | None]] = []
        for name, (name_node, value) in node.members.items():
            if value.members and _ANNOTATIONS.fullmatch(name) and any(map(catalog.prefix_of, value.members)):
                yield _Mapping((*path, name), name_node, value, node, key, above)
            elif (value.members or value.items) and not value.aliased and not _is_off(value):
                below.append(((*path, name), value, name_node, node))
        below += [((*path, index), item, None, node) for index, item in enumerate(node.items) if not item.aliased]
        pending.extend(reversed(below))


def _is_off(part: Node) -> bool:
    switch = part.child("enabled")
    return switch is not None and switch.value is False


def _is_of_service(found: _Mapping) -> bool:
    """Tell whether annotations are meant for a Service: by the kind of an object in the values, by names, else by the keys."""
    kind = found.object.value.get("kind") if found.object is not None else None
    if kind is not None:
        return bool(kind == "Service")
    for part in reversed((*found.path[:-1], found.stem)):
        words = "-".join(_WORDS.findall(part)).lower() if isinstance(part, str) else ""
        if _OF_SERVICE.search(words):
            return any(_is_key_of_service(key) for key in found.annotations.members)
        if _OF_OTHERS.search(words):
            return False
    return any(_is_for_load_balancer(key) for key in found.annotations.members)


def _is_key_of_service(key: str) -> bool:
    entry = catalog.find(key)
    return catalog.prefix_of(key) is not None if entry is None else "Service" in entry.kinds


@cache
def _is_for_load_balancer(key: str) -> bool:
    """Tell whether only what makes load balancers for Services reads a key; of an unknown one its prefix tells."""
    prefix = catalog.prefix_of(key)
    entry = catalog.find(key) if prefix is not None else None
    if entry is None:
        return prefix is not None and re.search("load-?balancer", prefix) is not None
    return "Service" in entry.kinds and "Ingress" not in entry.kinds and any(map(_makes_load_balancers, entry.readers))


def _makes_load_balancers(controller: str) -> bool:
    known = controllers.controllers().get(controller)
    return known is not None and known.service is not None and known.service.default_exposure != "none"


def _view(found: _Mapping, file: str) -> Node:
    metadata = view({"name": f"{file}:{format_path(found.path)}"}, {"annotations": (found.key, found.annotations)}, found.annotations)
    stated = {name: pair for name in ("type", "loadBalancerClass") if (pair := _beside(found, name)) is not None}
    is_assumed = "type" not in stated and any(map(_is_for_load_balancer, found.annotations.members))
    spec = view({"type": _LOAD_BALANCER} if is_assumed else {}, stated, found.holder)
    members = {"metadata": (found.key, metadata), "spec": (found.holder_key or found.key, spec)}
    return view({"apiVersion": "", "kind": HELM_VALUES}, members, found.annotations)


def _beside(found: _Mapping, field: str) -> tuple[Node, Node] | None:
    """Return the key and the value of a field of the Service that stands beside its annotations.

    For `xAnnotations` that is `xField`, or `field` in a mapping `x`; in all cases `field`, also in a mapping `spec` (Traefik's chart).
    """
    stem = found.stem
    capital = field[0].upper() + field[1:]
    holder = found.object or found.holder
    places = ((holder, f"{stem}{capital}"), (holder.child(stem), field)) if stem else ()
    for node, name in (*places, (holder, field), (holder.child("spec"), field)):
        pair: tuple[Node, Node] | None = node.members.get(name) if node is not None else None
        if pair is not None and _is_stated(pair[1].value, field):
            return pair
    return None


def _is_stated(value: object, field: str) -> bool:
    """Tell whether a value is one that the field of a Service has; charts have keys called `type` for other things too."""
    if not isinstance(value, str) or not value:
        return False
    return field != "type" or value in _TYPES or has_placeholder(value)
