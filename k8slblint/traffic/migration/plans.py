"""What becomes of each Ingress: every setting with its verdict, and the rules of the routes that take its place."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.ingress import IngressAnnotation
from k8slblint.catalog.migration import LOSSES, Loss, is_alone
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.texts import listed, quoted
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.balancers.ingresses import group_of, ingress_load_balancer
from k8slblint.traffic.migration.canaries import is_canary, items_of_canary
from k8slblint.traffic.migration.forms import Effort, Item, Subject, Target, effort_of
from k8slblint.traffic.migration.hosts import Hosts, hosts_of, passed_through
from k8slblint.traffic.migration.keys import Asked, asked_by, item_of
from k8slblint.traffic.migration.names import is_namespace, is_precise
from k8slblint.traffic.migration.paths import UNWRITTEN, WORDS, Difference
from k8slblint.traffic.migration.recipes import Settings, settings_of
from k8slblint.traffic.migration.referenced import items_of_references, items_of_services
from k8slblint.traffic.migration.routing import PathDraft, method_of, paths_of
from k8slblint.traffic.migration.serving import Serving, serving_of, values_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.tables import class_table
from k8slblint.traffic.routing.winners import standings_in

_DNS_READERS = ("cert-manager", "external-dns")

_MATCH = "HTTPRoute.spec.rules[].matches[].path"

_LONGEST_PATH = 40


class Kept(NamedTuple):
    """An annotation about DNS or certificates, and the kind that it moves to: `Gateway` or `HTTPRoute`."""

    key: str
    value: str
    kind: str


class Plan(NamedTuple):
    """What becomes of an Ingress; `asked` are the annotations that its controller reads, `kept` those that move to other objects.

    `outlet` names the group or the Ingress itself where its controller has a load balancer for each, and is empty for a common proxy.
    """

    ingress: Resource
    serving: Serving
    items: tuple[Item, ...]
    paths: tuple[PathDraft, ...]
    settings: Settings
    hosts: Hosts
    asked: tuple[Asked, ...] = ()
    kept: tuple[Kept, ...] = ()
    outlet: str = ""

    @property
    def effort(self) -> Effort:
        """What it costs to migrate."""
        return effort_of(self.items)

    @property
    def losses(self) -> tuple[Item, ...]:
        """What is lost, the gravest first."""
        return tuple(item for item in self.items if item.loss is not None)

    @property
    def is_writable(self) -> bool:
        """Tell whether its name and namespace may be those of objects in a proposal."""
        return is_precise(self.ingress.name) and is_namespace(self.ingress.namespace)


def plans(graph: ResourceGraph, target: Target) -> tuple[Plan, ...]:
    """Return what becomes of each Ingress that is deployed, in reading order; of copies with one identity only the first is written."""
    seen: set[object] = set()
    found = []
    for ingress in graph.of_type(*INGRESS_KINDS):
        if ingress.standing != "undeployed":
            key = graph.scope(ingress).cluster, ingress.key
            plan = plan_of(ingress, graph, target)
            found.append(plan if key not in seen else _copy(plan))
            seen.add(key)
    return tuple(found)


def _copy(plan: Plan) -> Plan:
    """Return the plan of an Ingress that another file has, too: a cluster has only one of them."""
    why = "another file defines the same Ingress, which is written once"
    item = Subject(plan.ingress, "copy", ("metadata", "name")).lost("cosmetic", why, verdict="unknown")
    paths = tuple(draft._replace(rules=(), why_not=why, is_harmless=True) for draft in plan.paths)
    return plan._replace(items=tuple(sorted((*plan.items, item), key=lambda one: one.order)), paths=paths)


def plan_of(ingress: Resource, graph: ResourceGraph, target: Target) -> Plan:
    """Return what becomes of an Ingress."""
    serving = serving_of(ingress, graph)
    asked = tuple(asked_by(ingress, serving))
    if is_canary(ingress, graph):
        return Plan(ingress, serving, tuple(items_of_canary(ingress, serving, graph)), (), Settings(), Hosts((), (), None, ()), asked)
    settings = _without_mixture(settings_of(ingress, serving, target), ingress, serving, target, graph)
    hosts = passed_through(ingress) if settings.is_passed_through else hosts_of(ingress, serving, target, graph)
    entries = tuple(entries_of_ingress(ingress))
    paths = tuple(paths_of(ingress, entries, settings, target, graph))
    kept = tuple(_kept(asked))
    items = [
        *settings.items,
        *hosts.items,
        *_of_paths(ingress, paths, serving, target, settings.unwritable),
        *_of_defaults(ingress, paths, serving, graph),
        *_of_ties(ingress, paths, serving, graph),
        *_of_kept(ingress, kept, asked),
        *items_of_services(entries, serving, target, graph),
        *(
            item
            for one in asked
            if one.key not in settings.handled and not one.annotation.not_routing and not _is_said(one, serving)
            for item in items_of_references(one, ingress, serving, target, graph) or (item_of(one, ingress, serving, target),)
        ),
    ]
    return Plan(
        ingress,
        serving,
        tuple(sorted(items, key=lambda item: item.order)),
        paths,
        settings,
        hosts,
        asked,
        kept,
        _outlet(ingress, serving, graph),
    )


def _outlet(ingress: Resource, serving: Serving, graph: ResourceGraph) -> str:
    if is_alone(serving.controller) or ingress_load_balancer(ingress, graph) is not None:
        group = group_of(ingress, graph)
        return group[1] if group is not None else ingress.name
    return ""


def _without_mixture(settings: Settings, ingress: Resource, serving: Serving, target: Target, graph: ResourceGraph) -> Settings:
    """Return settings that say nothing of gRPC where a GRPCRoute cannot be: it shares no host with an HTTPRoute, and has no paths."""
    entries = list(entries_of_ingress(ingress)) if settings.is_grpc else []
    table = class_table(ingress, graph) if entries else None
    sources = {id(one.source): one.source for entry in entries for one in (table.hosts.get(entry.host, ()) if table is not None else ())}
    mixed = next((one for one in sources.values() if one is not ingress and not _speaks_grpc(one, graph)), None)
    odd = next((entry for entry in entries if method_of(entry) is None), None)
    if mixed is None and odd is None and not (entries and target.lacks("GRPCRoute")):
        return settings
    why = "its paths are no services of gRPC" if odd is not None else f"{target.name} serves no GRPCRoute"
    why = f"{mixed.id} serves HTTP on the same host" if mixed is not None else why
    values = values_of(ingress, graph)
    subject = Subject(ingress, "backend-protocol", ("metadata", "annotations", values.key("backend-protocol")), serving.confidence)
    text = f"becomes an HTTPRoute, because {why}: the port of the Service needs `appProtocol: kubernetes.io/h2c`"
    item = subject.partial("changed-routing", text, "Service.spec.ports[].appProtocol")
    others = tuple(one for one in settings.items if one.subject != "backend-protocol" or one.loss is not None)
    return settings._replace(is_grpc=False, items=(*others, item))


def _speaks_grpc(ingress: Resource, graph: ResourceGraph) -> bool:
    return values_of(ingress, graph).text("backend-protocol").upper() in ("GRPC", "GRPCS")


def _is_said(one: Asked, serving: Serving) -> bool:
    """Tell whether an annotation about the redirect to HTTPS is said with the hosts."""
    keys = serving.dialect.keys if serving.dialect is not None else {}
    return one.key in (keys.get("ssl-redirect"), keys.get("old-ssl-redirect"), keys.get("force-ssl-redirect"))


def _of_paths(ingress: Resource, paths: Sequence[PathDraft], serving: Serving, target: Target, said: str) -> Iterator[Item]:
    """Yield what differs for the paths of an Ingress, one item for each difference, and those left out, but for the reason that is said."""
    found: dict[Difference, list[PathDraft]] = defaultdict(list)
    for draft in paths:
        for difference in dict.fromkeys(draft.plan.differences):
            if draft.plan.is_written or difference in UNWRITTEN:
                found[difference].append(draft)
    for difference, drafts in found.items():
        loss, words = WORDS[difference]
        first = drafts[0]
        subject = Subject(ingress, f"path-{difference}", first.entry.at, serving.confidence)
        text = f"{_paths_in_words(drafts)}: {_with_values(words, first)}"
        means = target.means("regex-rewrite") if difference == "capture" else None
        if means is not None:
            yield subject.lost(loss, f"{text}; {target.name} has {means.name}", verdict="policy", field=means.name)
        elif difference in UNWRITTEN:
            yield subject.lost(loss, text)
        elif difference == "unknown":
            yield subject.lost(loss, text, verdict="unknown", field=_MATCH)._replace(confidence="low", is_written=True)
        else:
            yield subject.partial(loss, text, _MATCH)
    yield from _left_out(ingress, [draft for draft in paths if draft.why_not != said], serving)
    alike = [draft for draft in paths if draft.plan.is_exact and draft.rules]
    if alike:
        count = f"{len(alike)} path{'s' * (len(alike) != 1)}"
        yield Subject(ingress, "path", alike[0].entry.at, serving.confidence).exact(
            f"{count} with rules that match the same requests", _MATCH
        )


def _left_out(ingress: Resource, paths: Sequence[PathDraft], serving: Serving) -> Iterator[Item]:
    """Yield the paths that no rule takes, by the reason, but those that a difference or a key says it of."""
    by_reason: dict[tuple[str, bool, bool], list[PathDraft]] = defaultdict(list)
    for draft in paths:
        if draft.why_not and draft.plan.is_written:
            by_reason[draft.why_not, draft.is_unknown, draft.is_harmless].append(draft)
    for (why, is_unknown, is_harmless), drafts in by_reason.items():
        subject = Subject(ingress, "path-left-out", drafts[0].entry.at, serving.confidence)
        loss: Loss = "cosmetic" if is_harmless else "changed-routing"
        yield subject.lost(loss, f"{_paths_in_words(drafts)}: {why}", verdict="unknown" if is_unknown else "none")


def _with_values(words: str, draft: PathDraft) -> str:
    path = draft.plan.value if len(draft.plan.value) <= _LONGEST_PATH else "/..."
    target = draft.plan.rewrite.value if draft.plan.rewrite is not None else ""
    return words.format(path=path.rstrip("/"), bare=path.rstrip("/"), target=target[:_LONGEST_PATH])


def _paths_in_words(drafts: Sequence[PathDraft]) -> str:
    names = dict.fromkeys(_path_in_words(draft.entry) for draft in drafts)
    return listed(list(names), most=3)


def _path_in_words(entry: Entry) -> str:
    return "the default backend" if entry.match.kind == "Any" else quoted(entry.match.path, 30)


def _of_defaults(ingress: Resource, paths: Sequence[PathDraft], serving: Serving, graph: ResourceGraph) -> Iterator[Item]:
    """Yield what a default backend and rules without a host come to."""
    default = next((draft for draft in paths if draft.entry.match.kind == "Any"), None)
    if default is not None:
        text = "the default backend becomes a route without hostnames; over TLS it serves only hosts that have a listener"
        subject = Subject(ingress, "default-backend", default.entry.at, serving.confidence)
        yield subject.partial("cosmetic", text, "HTTPRoute without hostnames")
    bare = next((draft for draft in paths if draft.host == EVERY and draft.entry.match.kind != "Any"), None)
    table = class_table(ingress, graph) if bare is not None else None
    if bare is not None and table is not None and any(host != EVERY for host in table.hosts):
        text = "a rule without a host also gets requests of named hosts that no path of theirs matches"
        subject = Subject(ingress, "host-missing", bare.entry.at, serving.confidence)
        yield subject.partial("changed-routing", text, "HTTPRoute without hostnames")


def _of_ties(ingress: Resource, paths: Sequence[PathDraft], serving: Serving, graph: ResourceGraph) -> Iterator[Item]:
    """Yield that another Ingress has the same host and path: which one is served depends on age, and that of routes will differ."""
    table = class_table(ingress, graph)
    if table is None:
        return
    for draft in paths:
        row = standings_in(table, draft.host, graph).get((id(ingress), draft.entry.at))
        sources = [row.entry.source, *(loser.entry.source for loser in row.losers)] if row is not None else []
        other = next((one for one in sources if one.key != ingress.key and not is_canary(one, graph)), None)
        if other is not None and draft.entry.match.kind != "Any":
            text = f"{_path_in_words(draft.entry)} is also in {other.id}: the older Ingress serves it, and routes have other ages"
            yield Subject(ingress, "path-shared", draft.entry.at, serving.confidence).partial("changed-routing", text, _MATCH)
            return


def _kept(asked: Sequence[Asked]) -> Iterator[Kept]:
    for one in asked:
        kind = _kind_for(one.annotation)
        if one.annotation.controller in _DNS_READERS and kind and isinstance(one.value, str):
            yield Kept(one.key, one.value, kind)


def _kind_for(annotation: IngressAnnotation) -> str:
    """Return the kind that a key of DNS or certificates moves to, empty where it moves to none."""
    if not annotation.not_routing or not any(
        place.policies is None and place.name.startswith("same") for place in annotation.gateway_api.targets
    ):
        return ""
    return next((kind for kind in ("HTTPRoute", "Gateway") if kind in annotation.applies_to), "")


def _of_kept(ingress: Resource, kept: Sequence[Kept], asked: Sequence[Asked]) -> Iterator[Item]:
    moved = {one.key: one for one in kept}
    for one in asked:
        if not one.annotation.not_routing:
            continue
        path: Path = ("metadata", "annotations", one.key)
        subject = Subject(ingress, one.key.rpartition("/")[2], path)
        reader = one.annotation.controller
        if one.key in moved:
            kind = moved[one.key].kind
            needs = "; turn its Gateway API support on" if reader == _DNS_READERS[0] else "; it needs the source `gateway-httproute`"
            yield subject.exact(f"{reader} reads it on the {kind}{needs}", f"{kind}.metadata.annotations")
        elif one.annotation.if_ignored == "issuance":
            note = one.annotation.gateway_api.note or "no place in Gateway API objects"
            yield subject.partial("lost-behaviour", f"{reader}: {note}", is_written=False)


def counts_by_loss(found: Sequence[Plan]) -> dict[Loss, int]:
    """Return how many items there are of each loss, the gravest first."""
    return {loss: sum(item.loss == loss for plan in found for item in plan.items) for loss in LOSSES}
