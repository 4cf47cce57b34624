"""What mappings in Helm values are for: the Service, the Ingress or the route that a chart makes of them, by names and fields.

Where a key of a chart's values ends up only its templates tell; the names are conventions of public charts (ingress-nginx, Traefik,
Istio, Harbor, app-template of bjw-s, those that `helm create` makes): `service.type`, `services.web.ports`, `serviceAnnotations`,
`controllerService.loadBalancerIP`, `ingress.annotations`, `route.app.parentRefs`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from k8slblint.catalog import controllers
from k8slblint.catalog import services as catalog
from k8slblint.catalog.near_keys import entries_of_prefix
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.spelling import FEWEST_LETTERS, is_one_letter_off

Made: TypeAlias = Literal["Service", "Ingress", "HTTPRoute"]
Role: TypeAlias = Literal["", "service", "ingress", "route", "other"]

SERVICE_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")

SERVICE_FIELDS = (
    *("type", "ports", "loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges", "externalTrafficPolicy", "externalIPs"),
    *("clusterIP", "healthCheckNodePort", "internalTrafficPolicy", "allocateLoadBalancerNodePorts", "sessionAffinity"),
    *("ipFamilyPolicy", "ipFamilies"),
)
"""Fields of a Service (Kubernetes API reference 1.37, ServiceSpec) that charts take from values of the same name."""

_TELLING = frozenset(field.lower() for field in SERVICE_FIELDS if field not in ("type", "ports"))
"""Fields that nothing but a Service has, in lower case: what is misspelt tells as well."""

_ALSO = frozenset(("ports", "annotations", "nodePort", "nodePorts"))

_SETTINGS = {
    "Service": frozenset(("ports", "annotations", "labels", "selector", "sessionAffinityConfig", "nodePorts", "spec", "metadata")),
    "Ingress": frozenset(("annotations", "labels", "hosts", "tls", "rules", "paths", "extraHosts", "extraTls", "extraPaths")),
    "HTTPRoute": frozenset(("annotations", "labels", "rules", "parentRefs", "hostnames")),
}
"""Settings of an object that hold no further objects."""

_ANNOTATIONS = pattern(r"(?P<stem>.*)annotations", re.IGNORECASE | re.DOTALL)
_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_OF_SERVICE = pattern(
    r"\b(?:services?(?!-(?:account|monitor|entr|export|import|profile|mesh|discovery))|svc|load-?balancers?|[nec]?lb|node-?port|cluster-?ip)\b"
)
_OF_INGRESS = pattern(r"\bingress(?:es)?(?!-(?:class|nginx|controller|gateway))\b")
_OF_ROUTE = pattern(r"\b(?:(?:http|grpc|tls|tcp|udp)-?)?routes?\b")
_OF_OTHERS = pattern(
    r"\b(?:pods?|deployments?|daemon-?sets?|stateful-?sets?|replica-?sets?|(?:cron-?)?jobs?|ingress-class(?:es)?"
    r"|service-(?:account|monitor|entry|export|import|profile|mesh)s?|(?:pod-)?monitors?|certificates?"
    r"|namespaces?|nodes?|secrets?|config-?maps?|pvcs?|persistence|crds?|alb)\b"
)
"""Words in the names of keys, the nearest of which tells whose settings they are."""

_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (_OF_SERVICE, "service"),
    (_OF_INGRESS, "ingress"),
    (_OF_ROUTE, "route"),
    (_OF_OTHERS, "other"),
)


class Shaped(NamedTuple):
    """A mapping of values from which a chart makes an object, or the settings of one among others in a mapping.

    `path` names it among the values: `("controller", "service")`, also for `serviceType` and `serviceAnnotations`. `key` is where it is
    shown. `settings` are all that is said of the object, by the names of its fields. `is_annotated` tells that it has an annotation of a
    load balancer, which needs no name to be known, `is_named` that a key says what it is.
    """

    made: Made
    path: Path
    key: Node
    settings: Mapping[str, tuple[Node, Node]]
    is_annotated: bool = False
    is_named: bool = False

    def pair(self, field: str) -> tuple[Node, Node] | None:
        """Return the key and the value of a setting, also of one in a mapping `spec` (Traefik's chart), or `metadata`."""
        found = self.settings.get(field)
        for inner in ("spec", "metadata") if found is None else ():
            within = self.settings.get(inner)
            found = found or (within[1].members.get(field) if within is not None else None)
        return found


class _Step(NamedTuple):
    path: Path
    node: Node
    key: Node | None
    role: Role
    within: Made | None = None
    """What it is already known to be part of, by another name."""


def shaped_in(root: Node) -> Iterator[Shaped]:
    """Yield what looks like an object in values, in reading order; what is in an alias is met at its anchor only.

    What is below a part with `enabled: false` is left out: the chart makes nothing of it. So are whole objects of other kinds.
    """
    pending = [_Step((), root, None, "")]
    while pending:
        step = pending.pop()
        kind = _kind_of(step.node)
        if kind is not None:
            yield from _of_object(step, kind)
            continue
        found = list(_shapes(step))
        yield from found
        pending.extend(reversed(list(_below(step, found))))


def shaped_at(root: Node, path: Sequence[str]) -> Shaped | None:
    """Return the Service whose settings a chart has at a path, as far as values say something there."""
    node, key = root, None
    for name in path:
        pair = node.members.get(name)
        if pair is None or pair[1].aliased or is_off(pair[1]):
            return None
        key, node = pair
    return _shaped("Service", _Step(tuple(path), node, key, "service"), node.members) if node.members else None


def is_silent(root: Node, path: Sequence[str]) -> bool:
    """Tell whether values say nothing at a path, nor switch off anything above it; of `null` and of an alias that is not known."""
    node = root
    for name in path:
        if is_off(node) or not isinstance(node.value, dict) or node.aliased:
            return False
        if name not in node.value:
            return True
        pair = node.members.get(name)
        if pair is None:
            return False
        node = pair[1]
    return bool(node.value == {})


def opened(path: Sequence[str], at: Node) -> Shaped:
    """Return the Service that a chart makes without a setting, shown `at` what deploys it."""
    return Shaped("Service", tuple(path), at, {}, is_named=True)


def _below(step: _Step, found: Sequence[Shaped]) -> Iterator[_Step]:
    """Yield the parts of a mapping that may be more than the settings of what it is itself."""
    own = next((one.made for one in found if one.path == step.path), step.within)
    merged = {one.path[-1] for one in found if one.path and one.path != step.path}
    for name, (key, value) in step.node.members.items():
        is_open = (value.members or value.items) and not value.aliased and not is_off(value)
        if is_open and name not in _SETTINGS.get(own or "", ()) and not _holds_annotations(name, value):
            yield _Step((*step.path, name), value, key, _role_of(name, step.role), "Service" if name in merged else None)
    for index, item in enumerate(step.node.items):
        if not item.aliased:
            yield _Step((*step.path, index), item, step.key, step.role)


def _holds_annotations(name: str, value: Node) -> bool:
    return bool(value.members) and _ANNOTATIONS.fullmatch(name) is not None and any(map(catalog.prefix_of, value.members))


def is_off(part: Node) -> bool:
    """Tell whether a part of values is switched off."""
    return any(switch is not None and switch.value is False for switch in map(part.child, _SWITCHES))


_SWITCHES = ("enabled", "create")


def _kind_of(node: Node) -> str | None:
    """Return the kind of a whole object in values, None for what is none."""
    if "kind" not in node.members or "metadata" not in node.members:
        return None
    kind = node.value.get("kind")
    return kind if isinstance(kind, str) else ""


def _of_object(step: _Step, kind: str) -> Iterator[Shaped]:
    """Yield a whole Service, and what describes one in an object of another kind."""
    if kind == "Service":
        yield _shaped("Service", step, step.node.members)
        return
    for found in _annotated_below(step):
        if _service_role(found.role):
            yield _shaped("Service", found, found.node.members)


def _annotated_below(step: _Step) -> Iterator[_Step]:
    """Yield the mappings in an object whose annotations are for load balancers only, but for its own `metadata`."""
    pending = [_Step((*step.path, name), value, key, "") for name, (key, value) in step.node.members.items() if name != "metadata"]
    while pending:
        inner = pending.pop()
        annotations = inner.node.child("annotations")
        if annotations is not None and any(map(is_for_load_balancer, annotations.members)):
            yield inner
        pending.extend(reversed(list(_below(inner, ()))))


def _service_role(role: Role) -> bool:
    return role in ("", "service")


@lru_cache(maxsize=4096)
def _role_of_word(name: str) -> Role | None:
    words = "-".join(_WORDS.findall(name)).lower()
    return next((role for words_of, role in _ROLES if words_of.search(words)), None)


def _role_of(name: str, inherited: Role) -> Role:
    return _role_of_word(name[:_LONGEST_NAME]) or inherited


_LONGEST_NAME = 100


def _shapes(step: _Step) -> Iterator[Shaped]:
    """Yield what one mapping is, and what its settings with a common stem are: `serviceType`, `serviceAnnotations`."""
    members = step.node.members
    if not members:
        return
    if step.within is None:
        if _service_role(step.role) and _is_service(members, step.role):
            yield _shaped("Service", step, members)
        elif step.role == "ingress" and _is_ingress(members):
            yield _shaped("Ingress", step, members)
        elif step.role == "route" and _is_route(members):
            yield _shaped("HTTPRoute", step, members)
    for stem in _stems(step.node):
        own, role = _with_stem(step.node, stem), _role_of(stem, step.role)
        if _service_role(role) and _is_service(own, role):
            key = next(iter(own.values()))[0]
            yield _shaped("Service", step._replace(path=(*step.path, stem), key=key, role=role), _completed(own, step.node, stem))


def _stems(node: Node) -> list[str]:
    """Return what stands before the names of fields: `service` of `serviceType`, but not of `type`."""
    return list(dict.fromkeys(name[: -len(end)] for name in node.members for end in _ENDS if name.endswith(end) and len(name) > len(end)))


_ENDS = ("Type", "Annotations", "LoadBalancerIP")


def _with_stem(node: Node, stem: str) -> dict[str, tuple[Node, Node]]:
    """Return the settings of a mapping with a common stem, without it."""
    found = {}
    for name, pair in node.members.items():
        rest = name[len(stem) :]
        if name.startswith(stem) and rest[:1].isupper():
            found[_FIRST_WORD.sub(lambda word: word[0].lower(), rest, count=1)] = pair
    return found


_FIRST_WORD = pattern("^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z])")
"""The first word of a name: `IP` of `IPFamilyPolicy`, else a capital."""


def _completed(own: dict[str, tuple[Node, Node]], node: Node, stem: str) -> Mapping[str, tuple[Node, Node]]:
    """Return settings with those in a mapping that has their stem for its name, and fields of a Service beside them."""
    inner = node.child(stem)
    beside = {field: node.members[field] for field in SERVICE_FIELDS if field in node.members}
    return {**beside, **(inner.members if inner is not None else {}), **own}


def _shaped(made: Made, step: _Step, settings: Mapping[str, tuple[Node, Node]]) -> Shaped:
    found = Shaped(made, step.path, step.key or step.node, settings, is_named=step.role != "")
    annotations = found.pair("annotations")
    keys = annotations[1].members if annotations is not None else ()
    return found._replace(is_annotated=any(map(catalog.prefix_of, keys)))


def _is_service(settings: Mapping[str, tuple[Node, Node]], role: Role) -> bool:
    """Tell whether settings are those of a Service: below a name for one, by one field; elsewhere by two, or keys of load balancers."""
    fields = {**_within("metadata", settings), **_within("spec", settings), **settings}
    keys = fields["annotations"][1].members if "annotations" in fields else {}
    if any(map(_is_key_of_service if role == "service" else is_for_load_balancer, keys)):
        return True
    telling = {name for name, (_, value) in fields.items() if name.lower() in _TELLING and value.value not in _UNSET}
    kind = fields["type"][1].value if "type" in fields else None
    if role == "service":
        is_misspelt = any(_is_nearly_telling(name) for name, (_, value) in fields.items() if value.value not in _UNSET)
        return bool(telling) or _is_type(kind, any_case=True) or _has_ports(fields) or is_misspelt
    telling = {name for name in telling if not isinstance(fields[name][1].value, dict)}
    telling |= {"type"} if _is_type(kind) else set()
    return bool(telling) and len(telling | (_ALSO & fields.keys())) > 1


@lru_cache(maxsize=4096)
def _is_nearly_telling(name: str) -> bool:
    """Tell whether a name is a field of a Service but for one letter."""
    if not FEWEST_LETTERS <= len(name) <= _LONGEST_NAME:
        return False
    return any(is_one_letter_off(name.lower(), field) for field in _TELLING if len(field) > FEWEST_LETTERS)


def _within(name: str, settings: Mapping[str, tuple[Node, Node]]) -> Mapping[str, tuple[Node, Node]]:
    return settings[name][1].members if name in settings else {}


_UNSET: tuple[object, ...] = (None, "", [], {})


def _is_type(value: object, *, any_case: bool = False) -> bool:
    if not isinstance(value, str) or not value:
        return False
    return value in SERVICE_TYPES or (any_case and value.lower() in _LOWER_TYPES) or (any_case and has_placeholder(value))


_LOWER_TYPES = frozenset(name.lower() for name in SERVICE_TYPES)


def _has_ports(settings: Mapping[str, tuple[Node, Node]]) -> bool:
    ports = settings["ports"][1] if "ports" in settings else None
    if ports is None:
        return False
    inner = (*ports.items, *(value for _, value in ports.members.values()))
    return bool(inner) and all("port" in one.members for one in inner)


def _is_ingress(settings: Mapping[str, tuple[Node, Node]]) -> bool:
    values = {name: value for name, (_, value) in settings.items()}
    has_class = any(
        isinstance(values[name].value, str) and values[name].value for name in ("className", "ingressClassName") if name in values
    )
    annotated = "annotations" in values and bool(values["annotations"].members)
    return has_class or annotated or any(name in values and values[name].items for name in ("hosts", "tls"))


def _is_route(settings: Mapping[str, tuple[Node, Node]]) -> bool:
    return any(name in settings and settings[name][1].items for name in ("parentRefs", "hostnames"))


def _is_key_of_service(key: str) -> bool:
    if catalog.prefix_of(key) is None:
        return False
    entry = catalog.find(key)
    return entry is None or "Service" in entry.kinds


@cache
def is_for_load_balancer(key: str) -> bool:
    """Tell whether only what makes load balancers for Services reads a key; of an unknown one its prefix tells."""
    prefix = catalog.prefix_of(key)
    entry = catalog.find(key) if prefix is not None else None
    if entry is None:
        return prefix is not None and (re.search("load-?balancer", prefix) is not None or _is_prefix_of_load_balancers(prefix))
    return "Service" in entry.kinds and "Ingress" not in entry.kinds and any(map(_makes_load_balancers, entry.readers))


@cache
def _is_prefix_of_load_balancers(prefix: str) -> bool:
    """Tell whether all known keys of a prefix are those of what makes load balancers for Services."""
    keys = [entry.key for entry in entries_of_prefix(prefix)]
    return bool(keys) and all(map(is_for_load_balancer, keys))


def _makes_load_balancers(controller: str) -> bool:
    known = controllers.controllers().get(controller)
    return known is not None and known.service is not None and known.service.default_exposure != "none"
