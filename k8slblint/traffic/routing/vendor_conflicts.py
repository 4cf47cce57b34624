"""Which routes of vendors name a host, or a rule, that another object of the same controller has.

Sources: projectcontour/contour 31c4bb38 `internal/dag/httpproxy_processor.go`, nginx/kubernetes-ingress 0eb3072d
`internal/k8s/configuration.go`, openshift/router 4b401a86 `pkg/router/controller/hostindex`, traefik/traefik fd5a576d
`pkg/server/router/router.go`; the fields are in `catalogs/ingress-serving.json`.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.ingress_serving import EqualRules, UniqueHost, equal_rules, serving_facts, unique_hosts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.tls_hosts import rule_hosts
from k8slblint.traffic.workloads.alternatives import are_deployed_together

Effect: TypeAlias = Literal["none", "oldest", "random"]
"""Which of several is served: none of them, the oldest, or any."""

_MOST_COMPARED = 20

_MOST_RULES = 256


class Claim(NamedTuple):
    """A host or rule that an object claims, and where it is written; claims with one `key` meet unless their `where` differ.

    `what` is the host or the rule as written, `leads_to` the Services of a rule, None for a host.
    """

    source: Resource
    path: Path
    what: str
    key: Hashable
    where: frozenset[str] = frozenset()
    leads_to: str | None = None


class VendorConflict(NamedTuple):
    """Two claims of which the other one comes first in reading order, and what becomes of both."""

    claim: Claim
    other: Claim
    controller: str
    effect: Effect


def vendor_conflicts(route: Resource, graph: ResourceGraph) -> Sequence[VendorConflict]:
    """Return the conflicts of an object with others that come before it; worked out once for all."""
    return graph.derived(_by_source).get(id(route), ())


def _by_source(graph: ResourceGraph) -> dict[int, list[VendorConflict]]:
    found: dict[int, list[VendorConflict]] = defaultdict(list)
    for kind, known in unique_hosts().items():
        for conflict in _conflicts(_hosts(kind, known, graph), known.controller, known.effect, graph):
            found[id(conflict.claim.source)].append(conflict)
    for kind, rules in equal_rules().items():
        for conflict in _conflicts(_rules(kind, rules, graph), rules.controller, "random", graph):
            found[id(conflict.claim.source)].append(conflict)
    return found


def _conflicts(claims: Iterator[Claim], controller: str, effect: Effect, graph: ResourceGraph) -> Iterator[VendorConflict]:
    earlier: dict[Hashable, list[Claim]] = defaultdict(list)
    for claim in claims:
        scope = graph.scope(claim.source)
        before = earlier[scope.cluster, scope.environment, claim.key]
        other = next((one for one in before[:_MOST_COMPARED] if _meet(one, claim, graph)), None)
        if other is not None:
            yield VendorConflict(claim, other, controller, effect)
        before.append(claim)


def _meet(one: Claim, other: Claim, graph: ResourceGraph) -> bool:
    if one.where != other.where or one.source is other.source or (one.leads_to is not None and one.leads_to == other.leads_to):
        return False
    return are_deployed_together(one.source, other.source, graph)


def _hosts(kind: str, known: UniqueHost, graph: ResourceGraph) -> Iterator[Claim]:
    kinds = (kind, *INGRESS_KINDS) if known.with_ingresses and graph.of_type(kind) else (kind,)
    for source in graph.of_type(*kinds):
        if source.type_name in INGRESS_KINDS:
            yield from _hosts_of_ingress(source, known, graph)
            continue
        host, path, class_name = (source.get(*field) if field else "" for field in (known.host, known.path, known.class_field))
        if isinstance(host, str) and host and not has_placeholder(host) and not has_placeholder(path):
            written: Path = known.host
            yield Claim(source, written, f"{host}{path or ''}", (host.lower(), path or "/"), _labels(class_name))


def _hosts_of_ingress(ingress: Resource, known: UniqueHost, graph: ResourceGraph) -> Iterator[Claim]:
    """Yield the hosts of an Ingress that the controller certainly serves; minions and masters have a host together."""
    shares = any(str(key).startswith(serving_facts().told_apart_by) for key in ingress.annotations)
    if ownership_of(ingress, graph).controller == known.controller and not shares:
        for host in rule_hosts(ingress):
            yield Claim(ingress, host.path, host.name, (host.name.lower(), "/"), _labels(None))


def _labels(class_name: object) -> frozenset[str]:
    return frozenset({class_name} if isinstance(class_name, str) and class_name else ())


def _rules(kind: str, known: EqualRules, graph: ResourceGraph) -> Iterator[Claim]:
    for source in graph.of_type(kind):
        where = source.sequence(*known.entry_points)
        classes = (f"class {name}" for field in known.classes if isinstance(name := source.get(*field), str))
        points = frozenset((*(point for point in where if isinstance(point, str)), *classes))
        has_tls = bool(source.mapping(*known.tls))
        for index, rule in enumerate(source.sequence(*known.routes)[:_MOST_RULES]):
            match = rule.get(known.match) if isinstance(rule, dict) else None
            leads_to = _services(rule.get(known.services), source) if isinstance(rule, dict) else None
            if isinstance(match, str) and leads_to is not None and not has_placeholder(match):
                priority = rule.get(known.priority)
                key = (" ".join(match.split()), priority if isinstance(priority, int) else 0, has_tls)
                yield Claim(source, (*known.routes, index, known.match), match, key, points, leads_to)


def _services(written: Any, source: Resource) -> str | None:
    """Return the Services of a rule in one text; None where it names none, or one that cannot be read."""
    named = [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []
    if not named or any(not isinstance(one.get("name"), str) or has_placeholder(one["name"]) for one in named):
        return None
    return " ".join(
        sorted(f"{one.get('kind')} {one.get('namespace') or source.namespace}/{one['name']}:{one.get('port')}" for one in named)
    )
