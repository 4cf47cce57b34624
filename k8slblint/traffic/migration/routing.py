"""The rules of an Ingress as rules of routes: a match, a rewrite and Services for each path, and why a path is left out.

Sources: Gateway API 1.6 `apis/v1/httproute_types.go`, `grpcroute_types.go`; kubernetes/ingress-nginx dbb11b92
`internal/ingress/controller/controller.go` (`createServers`: expressions hold for all paths of a host).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.graph.relations.backends import Backend
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import quoted
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.backends.ports import port_behind
from k8slblint.traffic.backends.services import service_behind
from k8slblint.traffic.migration.canaries import canary_of, is_canary, shares_of
from k8slblint.traffic.migration.forms import Target
from k8slblint.traffic.migration.names import is_hostname, is_namespace
from k8slblint.traffic.migration.paths import PathPlan, PathRewrite, plan_of_path
from k8slblint.traffic.migration.recipes import Settings
from k8slblint.traffic.migration.serving import Serving, serving_of, values_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry

MOST_ENTRIES = 1000
"""More paths of one Ingress are not translated."""

_HIGHEST_PORT = 65535


class Weighted(NamedTuple):
    """A Service with a port number, and its share."""

    name: str
    port: int
    weight: int = 1


class RuleDraft(NamedTuple):
    """A rule of a route: the entry that it is made of, its match with further conditions on headers, its Services, its filters.

    Without `plan` it is a rule of a GRPCRoute, whose `method` may name a service and a method of gRPC.
    """

    entry: Entry
    plan: PathPlan | None
    backends: tuple[Weighted, ...] = ()
    filters: tuple[dict[str, Any], ...] = ()
    headers: tuple[dict[str, Any], ...] = ()
    method: tuple[str, str] | None = None


class PathDraft(NamedTuple):
    """What a path of an Ingress comes to: its rules, or in a phrase why there are none; `plan` tells how its match differs.

    `is_unknown` tells that it is left out for lack of evidence, not because Gateway API lacks something, `is_harmless` that nothing changes
    without it.
    """

    entry: Entry
    host: str
    plan: PathPlan
    rules: tuple[RuleDraft, ...] = ()
    why_not: str = ""
    is_unknown: bool = False
    is_harmless: bool = False


def paths_of(ingress: Resource, entries: Sequence[Entry], settings: Settings, target: Target, graph: ResourceGraph) -> list[PathDraft]:
    """Return what each path of an Ingress comes to, the default backend as a path of every host."""
    serving = serving_of(ingress, graph)
    return _once([_draft(entry, settings, serving, target, graph) for entry in entries[:MOST_ENTRIES]])


def _once(drafts: Sequence[PathDraft]) -> list[PathDraft]:
    """Return the paths of an Ingress without rules for those that an earlier one has the match of: a route would never use them."""
    first: dict[object, PathDraft] = {}
    found = []
    for draft in drafts:
        key = draft.host, draft.plan.kind, draft.plan.value, tuple(rule.method for rule in draft.rules)
        other = first.setdefault(key, draft) if draft.rules and draft.entry.match.kind != "Any" else draft
        if other is draft:
            found.append(draft)
            continue
        same = [rule.backends for rule in draft.rules] == [rule.backends for rule in other.rules]
        is_harmless = same or draft.entry.match == other.entry.match
        why = f"{quoted(other.entry.match.path, 30)} has the same match in Gateway API"
        found.append(draft._replace(rules=(), why_not=why, is_harmless=is_harmless))
    return found


def _draft(entry: Entry, settings: Settings, serving: Serving, target: Target, graph: ResourceGraph) -> PathDraft:
    plan = _plan(entry, serving, graph)
    draft = PathDraft(entry, entry.host, plan)
    why = _why_unwritten(entry, plan, settings, target, graph)
    if why:
        return draft._replace(why_not=why, is_unknown=entry.match.unread)
    if settings.redirect is not None:
        return draft._replace(rules=(RuleDraft(entry, plan, (), (settings.redirect,)),))
    if settings.is_passed_through:
        found = _weighted(entry.backends, graph)
        return (
            draft._replace(why_not=found, is_unknown=True)
            if isinstance(found, str)
            else draft._replace(rules=(RuleDraft(entry, None, found),))
        )
    return _forwarding(draft, settings, graph)


def _plan(entry: Entry, serving: Serving, graph: ResourceGraph) -> PathPlan:
    match = entry.match
    if match.kind == "Any":
        return PathPlan("PathPrefix", "/")
    rules = serving.rules
    if rules is None:
        known = match.kind != "ImplementationSpecific" or match.path == "/"
        plan = plan_of_path(match.path, match.kind, "element")
        return plan if known else plan._replace(differences=(*plan.differences, "unknown"))
    reading = rules.other if match.kind == "ImplementationSpecific" else rules.prefix
    is_expression = rules.host_expressions and _has_expressions(entry, graph)
    values = values_of(entry.source, graph)
    target = values.text("rewrite-target") if rules.host_expressions else ""
    return plan_of_path(match.path, match.kind, reading, is_expression=is_expression, target=target)


def _has_expressions(entry: Entry, graph: ResourceGraph) -> bool:
    return (graph.scope(entry.source).cluster, ownership_of(entry.source, graph).class_name, entry.host) in graph.derived(_expression_hosts)


def _expression_hosts(graph: ResourceGraph) -> frozenset[tuple[str, str | None, str]]:
    """Return the hosts, by cluster and class, all of whose paths are expressions because an Ingress of them has a key that says so."""
    found = set()
    for ingress in graph.of_type(*INGRESS_KINDS):
        serving = serving_of(ingress, graph)
        if serving.rules is None or not serving.rules.host_expressions or is_canary(ingress, graph):
            continue
        values = values_of(ingress, graph)
        target = values.text("rewrite-target")
        for rule in ingress.sequence("spec", "rules"):
            host = rule.get("host") if isinstance(rule, dict) else None
            if values.is_true("use-regex") or (target and _other_paths(rule, target)):
                name = host.lower() if isinstance(host, str) else EVERY
                found.add((graph.scope(ingress).cluster, ownership_of(ingress, graph).class_name, name))
    return frozenset(found)


def _other_paths(rule: object, target: str) -> bool:
    """Tell whether a rule has a path that a target rewrites: one that is the target itself is left as it is."""
    http = rule.get("http") if isinstance(rule, dict) else None
    paths = http.get("paths") if isinstance(http, dict) else None
    return any(isinstance(one, dict) and (one.get("path") or "/") != target for one in (paths if isinstance(paths, list) else ()))


def _has_action(entry: Entry) -> bool:
    """Tell whether a backend stands for an action that an annotation describes, with weights or conditions of its own."""
    written = entry.outcome if isinstance(entry.outcome, dict) else {}
    backend = written.get("backend")
    backend = backend if isinstance(backend, dict) else {}
    service = backend.get("service")
    port = service.get("port") if isinstance(service, dict) else None
    return "use-annotation" in (backend.get("servicePort"), port.get("name") if isinstance(port, dict) else None)


def _why_unwritten(entry: Entry, plan: PathPlan, settings: Settings, target: Target, graph: ResourceGraph) -> str:
    service = entry.backends[0].name if entry.backends else ""
    values = values_of(entry.source, graph)
    is_passed, is_rewritten = settings.is_passed_through, plan.rewrite is not None and settings.redirect is None
    reasons = {
        "the host or path is filled in later, or is not valid": entry.match.unread,
        "the host cannot be a hostname of Gateway API": entry.host != EVERY and not is_hostname(entry.host),
        settings.unwritable: bool(settings.unwritable),
        "an action in an annotation decides about it": _has_action(entry),
        "conditions in an annotation decide about it": bool(values.key("conditions-of")) and values.is_there("conditions-of", service),
        "TLS is passed through by host, and this rule names none": is_passed and entry.host == EVERY,
        "TLS is passed through by host: paths are ignored today, too": is_passed and entry.match.path != "/",
        "no match or rewrite of Gateway API does the same": not is_passed and not plan.is_written,
        f"{target.name} cannot rewrite paths": not is_passed and is_rewritten and not target.has("HTTPRoutePathRewrite", (0, 7)),
    }
    return next((words for words, is_so in reasons.items() if is_so), "")


def _forwarding(draft: PathDraft, settings: Settings, graph: ResourceGraph) -> PathDraft:
    entry = draft.entry
    main = _weighted(entry.backends, graph)
    if isinstance(main, str):
        return draft._replace(why_not=main, is_unknown=True)
    filters = (*settings.filters, *_rewriting(draft.plan.rewrite, settings.hostname))
    method = method_of(entry) if settings.is_grpc else None
    if settings.is_grpc and method is None:
        filters = settings.filters
    base = RuleDraft(entry, None if method is not None else draft.plan, main, filters, (), method)
    canary = canary_of(entry, graph)
    other = _weighted(canary.entry.backends, graph) if canary is not None else ""
    if canary is None or isinstance(other, str):
        return draft._replace(rules=(base,))
    rules = []
    for share in shares_of(canary):
        weighted = [one._replace(weight=share.main) for one in main] if share.main else []
        weighted += [one._replace(weight=share.canary) for one in other] if share.canary else []
        alone = [one._replace(weight=1) for one in weighted] if not (share.main and share.canary) else weighted
        rules.append(base._replace(backends=tuple(alone), headers=share.headers))
    return draft._replace(rules=tuple(rules))


def _rewriting(rewrite: PathRewrite | None, hostname: str) -> Iterator[dict[str, Any]]:
    """Yield the one filter that rewrites path and host: a rule takes no second."""
    fields: dict[str, Any] = {"hostname": hostname} if hostname else {}
    if rewrite is not None:
        fields["path"] = {"type": rewrite.kind, rewrite.kind[:1].lower() + rewrite.kind[1:]: rewrite.value}
    if fields:
        yield {"type": "URLRewrite", "urlRewrite": fields}


def method_of(entry: Entry) -> tuple[str, str] | None:
    """Return the service and method of gRPC that a path stands for, empty for all; None for a path that is neither."""
    parts = entry.match.path.strip("/").split("/")
    if parts == [""]:
        return "", ""
    fits = all(part and part.isascii() and all(sign.isalnum() or sign in "._" for sign in part) and not part[0].isdigit() for part in parts)
    if not fits or len(parts) > 2 or (len(parts) == 1 and entry.match.kind == "Exact"):  # noqa: PLR2004 - service and method
        return None
    return (parts[0], parts[1]) if len(parts) > 1 else (parts[0], "")


def _weighted(backends: Sequence[Backend], graph: ResourceGraph) -> tuple[Weighted, ...] | str:
    """Return the Services of a path with their port numbers, or why one of them is not known."""
    if not backends:
        return "its backend is no Service"
    found = []
    for backend in backends:
        number = _number(backend, graph)
        if isinstance(number, str):
            return number
        found.append(Weighted(backend.name, number))
    return tuple(found)


def _number(backend: Backend, graph: ResourceGraph) -> int | str:
    if not is_namespace(backend.name):
        return f"{quoted(backend.name)} cannot be the name of a Service"
    port: object = backend.port
    if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= 5:  # noqa: PLR2004
        port = int(port)
    if isinstance(port, int) and not isinstance(port, bool):
        return port if 0 < port <= _HIGHEST_PORT else f"{port} is not a port"
    answer = service_behind(backend, graph)
    behind = port_behind(answer.value, backend.port, graph) if isinstance(answer, Found) else None
    number = behind.value.content.get("port") if isinstance(behind, Found) else None
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _HIGHEST_PORT:
        return number
    if behind is None:
        return f"Service {quoted(backend.name)} is not among the manifests, so the number of port {quoted(backend.port)} is not known"
    return f"the number of port {quoted(backend.port)} of Service {quoted(backend.name)} is not known"


def by_host(drafts: Sequence[PathDraft]) -> dict[str, list[PathDraft]]:
    """Return the paths by host, in order."""
    found: dict[str, list[PathDraft]] = defaultdict(list)
    for draft in drafts:
        found[draft.host].append(draft)
    return {**found}
