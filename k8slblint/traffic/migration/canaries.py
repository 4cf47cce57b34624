"""Which Ingresses are canaries of others, and how requests are divided between both.

Source: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`mergeAlternativeBackends`: same host, path and path
type), `rootfs/etc/nginx/lua/balancer.lua` (header, then cookie, then weight), `internal/ingress/annotations/canary/main.go`.
"""

from collections import defaultdict
from typing import Any, TypeAlias

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.migration.forms import Item, Subject
from k8slblint.traffic.migration.serving import Serving, serving_of, values_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress

_Key: TypeAlias = tuple[str, str | None, str, str, str]


class Canary(NamedTuple):
    """An entry of a canary Ingress, beside the one with the same requests that it takes a share of."""

    entry: Entry
    weight: int
    total: int
    header: str = ""
    value: str = ""
    pattern: str = ""


class Share(NamedTuple):
    """Part of the requests of a match: those with these headers, and the weights of main and canary."""

    headers: tuple[dict[str, Any], ...]
    main: int
    canary: int


def is_canary(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress is a canary of another."""
    return values_of(ingress, graph).is_true("canary")


def canary_of(entry: Entry, graph: ResourceGraph) -> Canary | None:
    """Return the canary that takes a share of the requests of an entry; the first of several."""
    return graph.derived(_canaries).get(_key(entry, graph))


def has_main(entry: Entry, graph: ResourceGraph) -> bool:
    """Tell whether an entry of a canary has one that it takes a share of: without one it is never served."""
    return _key(entry, graph) in graph.derived(_mains)


def shares_of(canary: Canary) -> tuple[Share, ...]:
    """Return how requests are divided, the most specific conditions first; weights are 1 and 0 where all go one way."""
    by_weight = Share((), canary.total - canary.weight, canary.weight)
    if not canary.header:
        return (by_weight,)
    if canary.value or canary.pattern:
        kind = "Exact" if canary.value else "RegularExpression"
        return Share((_header(canary.header, canary.value or canary.pattern, kind),), 0, 1), by_weight
    return Share((_header(canary.header, "always"),), 0, 1), Share((_header(canary.header, "never"),), 1, 0), by_weight


def items_of_canary(ingress: Resource, serving: Serving, graph: ResourceGraph) -> list[Item]:
    """Return what becomes of an Ingress that is a canary."""
    values = values_of(ingress, graph)
    subject = Subject(ingress, "canary", ("metadata", "annotations", values.key("canary")), serving.confidence)
    if not any(has_main(entry, graph) for entry in entries_of_ingress(ingress)):
        text = "no Ingress with the same host, path and path type is among the manifests: without one it is never served"
        return [subject.lost("cosmetic", text, verdict="unknown")]
    items = [subject.exact("its backends join the rule of the main Ingress, with weights", "HTTPRoute.spec.rules[].backendRefs[].weight")]
    for role, text in (
        ("canary-by-cookie", "no field matches a cookie: requests with the cookie get the canary by weight only"),
        ("canary-by-header-pattern", "becomes a RegularExpression match of a header, whose dialect depends on the implementation"),
    ):
        if values.is_set(role):
            path = ("metadata", "annotations", values.key(role))
            found = Subject(ingress, role, path, serving.confidence)
            field = "HTTPRoute.spec.rules[].matches[].headers[]"
            is_lost = role.endswith("cookie")
            items.append(found.lost("changed-routing", text) if is_lost else found.partial("changed-routing", text, field))
    return items


def _header(name: str, value: str, kind: str = "Exact") -> dict[str, Any]:
    return {"type": kind, "name": name, "value": value}


def _key(entry: Entry, graph: ResourceGraph) -> _Key:
    return graph.scope(entry.source).cluster, entry.source.namespace, entry.host, entry.match.kind, entry.match.path


def _canaries(graph: ResourceGraph) -> dict[_Key, Canary]:
    found: dict[_Key, Canary] = {}
    for ingress in graph.of_type(*INGRESS_KINDS):
        if is_canary(ingress, graph):
            for entry in entries_of_ingress(ingress):
                found.setdefault(_key(entry, graph), _canary(entry, graph))
    return found


def _canary(entry: Entry, graph: ResourceGraph) -> Canary:
    values = values_of(entry.source, graph)
    total = max(values.whole("canary-weight-total", 100), 100)  # a smaller one is not read
    header, value = values.text("canary-by-header"), values.text("canary-by-header-value")
    pattern = values.text("canary-by-header-pattern") if not value else ""
    weight = min(values.whole("canary-weight", 0), total)
    if total > 1_000_000:  # noqa: PLR2004 - the most that a weight of Gateway API may be
        weight, total = weight * 1_000_000 // total, 1_000_000
    return Canary(entry, weight, total, header if _is_token(header) else "", _plain(value), _plain(pattern))


def _is_token(text: str) -> bool:
    """Tell whether a text may name a header (RFC 9110, 5.6.2), which Gateway API takes up to 256 characters of."""
    return 0 < len(text) <= 256 and text.isascii() and all(sign.isalnum() or sign in "!#$%&'*+-.^_`|~" for sign in text)  # noqa: PLR2004


def _plain(text: str) -> str:
    return text if len(text) <= 4096 and text.isascii() and text.isprintable() else ""  # noqa: PLR2004 - the longest value of a header match


def _mains(graph: ResourceGraph) -> frozenset[_Key]:
    mains: dict[_Key, bool] = defaultdict(bool)
    for ingress in graph.of_type(*INGRESS_KINDS):
        if serving_of(ingress, graph).dialect is not None and not is_canary(ingress, graph):
            mains.update((_key(entry, graph), True) for entry in entries_of_ingress(ingress))
    return frozenset(mains)
