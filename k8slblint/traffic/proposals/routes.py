"""The objects of Gateway API that replace Ingresses, as plain values with the comments that belong to them.

Only what is exact or partial is in them; what is lost, and each path that is left out, is said in a comment of its route.
Sources: Gateway API 1.6 `config/crd/standard` (at most 16 rules and 16 hostnames for each route, 32 parents).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import BACKEND_TLS_POLICY, GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.migration.forms import Item, Target
from k8slblint.traffic.migration.names import is_hostname, shortened_name
from k8slblint.traffic.migration.paths import WORDS
from k8slblint.traffic.migration.plans import Plan
from k8slblint.traffic.migration.recipes import allows_status, header_filter
from k8slblint.traffic.migration.routing import PathDraft, RuleDraft, by_host
from k8slblint.traffic.proposals.holders import grants_of, objects_of
from k8slblint.traffic.proposals.listeners import Layout, Section, Shared, layout_of

MOST_RULES, MOST_HOSTS = 16, 16

GROUP = "gateway.networking.k8s.io"

_FILTERS_OF_GRPC = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef")


class Proposed(NamedTuple):
    """An object of a proposal: cluster and namespace, its value, comments above it, and comments inside by the path that they precede."""

    cluster: str
    namespace: str
    value: dict[str, Any]
    comments: tuple[str, ...] = ()
    inner: Mapping[Path, tuple[str, ...]] = {}

    @property
    def kind(self) -> str:
        """The kind of the object."""
        return str(self.value["kind"])


class _Rules(NamedTuple):
    """Hosts that have the same rules, with the paths that those are made of; `has_tls` tells where they attach."""

    hosts: tuple[str, ...]
    paths: tuple[PathDraft, ...]
    has_tls: bool


def proposal(found: Sequence[Plan], graph: ResourceGraph, target: Target, shared: Shared | None = None) -> tuple[Proposed, ...]:
    """Return the objects that take the place of Ingresses, by cluster and namespace in reading order, the Gateways of each first."""
    by_cluster: dict[str, list[Plan]] = defaultdict(list)
    for plan in found:
        if plan.is_writable and plan.paths:
            by_cluster[graph.scope(plan.ingress).cluster].append(plan)
    made: list[Proposed] = []
    for cluster, members in by_cluster.items():
        made += _Cluster(cluster, graph, target, shared).objects(members)
    return tuple(made)


class _Cluster:
    """Makes the objects of one cluster: names are taken once for each kind and namespace."""

    def __init__(self, cluster: str, graph: ResourceGraph, target: Target, shared: Shared | None) -> None:
        self.cluster = cluster
        self.graph = graph
        self.target = target
        self.shared = shared
        self.taken = {(one.kind, one.namespace, one.name) for one in self._present()}

    def _present(self) -> Iterator[Any]:
        yield from self.graph.in_cluster(self.cluster, GATEWAY, *LISTENER_SET_KINDS, *ROUTE_KINDS, BACKEND_TLS_POLICY)

    def objects(self, members: Sequence[Plan]) -> Iterator[Proposed]:
        by_namespace: dict[str, list[Plan]] = defaultdict(list)
        for plan in members:
            by_namespace[str(plan.ingress.namespace)].append(plan)
        if self.shared is not None:
            layout = self._layout(members, self.shared.namespace)
            yield from self._holders(layout, list(by_namespace))
            for namespace, plans in by_namespace.items():
                yield from self._routes(plans, layout, namespace)
            return
        for namespace, plans in by_namespace.items():
            by_outlet: dict[str, list[Plan]] = defaultdict(list)
            for plan in plans:
                by_outlet[plan.outlet].append(plan)
            for some in by_outlet.values():
                layout = self._layout(some, namespace)
                yield from self._holders(layout, [namespace])
                yield from self._routes(some, layout, namespace)

    def _layout(self, plans: Sequence[Plan], namespace: str) -> Layout:
        taken = frozenset(name for kind, place, name in self.taken if place == namespace and kind in ("Gateway", "ListenerSet"))
        layout = layout_of(plans, namespace, self.target, self.shared, taken)
        self.taken.update((one.kind, one.namespace, one.name) for one in layout.holders)
        return layout

    def _holders(self, layout: Layout, namespaces: Sequence[str]) -> Iterator[Proposed]:
        for value, comments in objects_of(layout, self.target, namespaces):
            yield Proposed(self.cluster, layout.namespace, value, comments)
        for value in grants_of(layout):
            yield Proposed(self.cluster, value["metadata"]["namespace"], value)

    def _routes(self, plans: Sequence[Plan], layout: Layout, namespace: str) -> Iterator[Proposed]:
        for plan in plans:
            yield from self._routes_of(plan, layout, namespace)
            yield from self._policies(plan, namespace)

    def _routes_of(self, plan: Plan, layout: Layout, namespace: str) -> Iterator[Proposed]:
        groups = _grouped(plan)
        is_first = True
        for group in groups:
            written = [draft for draft in group.paths if draft.rules]
            if not written:
                continue
            for part in _parts(group, written, plan):
                comments = _comments_of(plan) if is_first else (f"More rules of {plan.ingress.id}.",)
                is_first = False
                yield self._route(plan, group, part, layout, namespace, comments)
        if is_first:
            return
        yield from self._redirects(plan, groups, layout, namespace)

    def _route(self, plan: Plan, group: _Rules, part: "_Part", layout: Layout, namespace: str, comments: tuple[str, ...]) -> Proposed:
        ending = "-default" if all(rule.entry.match.kind == "Any" for rule in part.rules) else ""
        spec: dict[str, Any] = {"parentRefs": self._parents(plan, part.hosts, layout, group, part.kind)}
        if part.hosts != (EVERY,):
            spec["hostnames"] = list(part.hosts)
        spec["rules"] = [_rule(rule, part.kind, plan, group.has_tls) for rule in part.rules]
        words = {index: _words_of(rule) for index, rule in enumerate(part.rules)}
        inner: dict[Path, tuple[str, ...]] = {("spec", "rules", index): lines for index, lines in words.items() if lines}
        if part.kind == "TLSRoute":
            spec["rules"] = [{"backendRefs": _references(part.rules[0])}]
            inner = {}
        value = self._object(part.kind, namespace, f"{plan.ingress.name}{ending}", spec)
        moved = {one.key: one.value for one in plan.kept if one.kind == "HTTPRoute"}
        if moved:
            value["metadata"]["annotations"] = moved
        return Proposed(self.cluster, namespace, value, comments, inner)

    def _object(self, kind: str, namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
        number, ending = 1, ""
        while (kind, namespace, shortened_name(name, ending)) in self.taken:
            number += 1
            ending = f"-{number}"
        chosen = shortened_name(name, ending)
        self.taken.add((kind, namespace, chosen))
        return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": chosen, "namespace": namespace}, "spec": spec}

    def _parents(self, plan: Plan, hosts: Sequence[str], layout: Layout, group: _Rules, kind: str) -> list[dict[str, Any]]:
        """Return the listeners that a route attaches to: plain HTTP unless that only redirects, and those with TLS of its hosts."""
        sections = dict.fromkeys(section for host in hosts for section in layout.sections(plan, host))
        main = layout.main[layout.group(plan)]
        if tuple(hosts) == (EVERY,) and not group.has_tls:
            return [_whole(one.kind, one.name, layout) for one in layout.holders if main in (one.name, one.gateway)][:32]
        gateways = layout.plain(plan, hosts) if group.has_tls else (main,)
        on_http = [_section_of("Gateway", one, "http", layout) for one in gateways]
        is_open = kind != "TLSRoute" and (not group.has_tls or plan.hosts.redirect is None)
        with_tls = [_section_of(one.kind, one.holder, one.name, layout) for one in sections] if group.has_tls else []
        return [*(on_http if is_open else ()), *with_tls] or on_http

    def _redirects(self, plan: Plan, groups: Sequence[_Rules], layout: Layout, namespace: str) -> Iterator[Proposed]:
        if plan.hosts.redirect is not None and not plan.settings.is_passed_through:
            hosts = [host for group in groups if group.has_tls for host in group.hosts]
            fields = {"scheme": "https", "statusCode": plan.hosts.redirect}
            for chunk in _chunks(list(dict.fromkeys(hosts)), MOST_HOSTS):
                parents = [_section_of("Gateway", one, "http", layout) for one in layout.plain(plan, chunk)]
                yield self._redirect(plan, chunk, parents, fields, "-https-redirect", namespace)
        if plan.settings.swaps_www:
            own = {host for group in groups for host in group.hosts}
            for host in sorted(own - {EVERY}):
                other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
                if other in own or host.startswith("*.") or not is_hostname(other):
                    continue
                sections: tuple[Section, ...] = layout.sections(plan, other) if plan.hosts.has_tls(other) else ()
                parents = [_section_of("Gateway", one, "http", layout) for one in layout.plain(plan, [host])]
                parents += [_section_of(one.kind, one.holder, one.name, layout) for one in sections]
                status = 308 if allows_status(self.target, 308) else 301
                yield self._redirect(plan, [other], parents, {"hostname": host, "statusCode": status}, "-www", namespace)

    def _redirect(
        self, plan: Plan, hosts: Sequence[str], parents: list[dict[str, Any]], fields: dict[str, Any], ending: str, namespace: str
    ) -> Proposed:
        spec: dict[str, Any] = {"parentRefs": parents}
        if EVERY not in hosts:
            spec["hostnames"] = list(hosts)
        spec["rules"] = [{"filters": [{"type": "RequestRedirect", "requestRedirect": fields}]}]
        value = self._object("HTTPRoute", namespace, shortened_name(plan.ingress.name, ending), spec)
        return Proposed(self.cluster, namespace, value, (f"Redirects of {plan.ingress.id}.",))

    def _policies(self, plan: Plan, namespace: str) -> Iterator[Proposed]:
        """Yield a BackendTLSPolicy for each Service that is verified."""
        if plan.settings.backend_tls is None:
            return
        secret, hostname = plan.settings.backend_tls
        names = dict.fromkeys(one.name for draft in plan.paths for rule in draft.rules for one in rule.backends)
        for name in names:
            if ("BackendTLSPolicy of", namespace, name) in self.taken:
                continue
            self.taken.add(("BackendTLSPolicy of", namespace, name))
            authority = {"group": "", "kind": "ConfigMap", "name": secret}
            spec = {
                "targetRefs": [{"group": "", "kind": "Service", "name": name}],
                "validation": {"caCertificateRefs": [authority], "hostname": hostname},
            }
            value = self._object("BackendTLSPolicy", namespace, shortened_name(name, "-tls"), spec)
            yield Proposed(self.cluster, namespace, value, (f"Create ConfigMap {secret} with `ca.crt` of the Secret of that name.",))


class _Part(NamedTuple):
    """What one route holds: its kind, up to 16 hosts and up to 16 rules."""

    kind: str
    hosts: tuple[str, ...]
    rules: tuple[RuleDraft, ...]


def _grouped(plan: Plan) -> list[_Rules]:
    """Return the hosts of an Ingress, those with equal rules together; aliases have the rules of each named host."""
    hosts = by_host(plan.paths)
    groups: dict[object, list[str]] = defaultdict(list)
    for host, paths in hosts.items():
        key = (plan.hosts.has_tls(host), tuple((draft.plan, _shown(draft)) for draft in paths), host == EVERY)
        groups[repr(key)].append(host)
    found = []
    for members in groups.values():
        aliases = [] if members[0] == EVERY else [one for one in plan.settings.aliases if one not in hosts]
        with_tls = [host for host in aliases if plan.hosts.has_tls(host) == plan.hosts.has_tls(members[0])]
        every = tuple(dict.fromkeys((*members, *with_tls)))
        found.append(_Rules(every, tuple(hosts[members[0]]), plan.hosts.has_tls(members[0])))
        left = tuple(host for host in aliases if host not in with_tls)
        if left:
            found.append(_Rules(left, tuple(hosts[members[0]]), plan.hosts.has_tls(left[0])))
    return found


def _shown(draft: PathDraft) -> object:
    """Return what makes the rules of a path equal to those of another."""
    rules = tuple((rule.backends, rule.filters, rule.headers, rule.method) for rule in draft.rules)
    return draft.entry.match, rules, draft.why_not


def _parts(group: _Rules, written: Sequence[PathDraft], plan: Plan) -> Iterator[_Part]:
    rules = [rule for draft in written for rule in draft.rules]
    default = [rule for rule in rules if rule.entry.match.kind == "Any"]
    named = [rule for rule in rules if rule.entry.match.kind != "Any"]
    if plan.settings.app_root and named and not plan.settings.is_passed_through:
        named = _with_app_root(named, plan)
    kind = "TLSRoute" if plan.settings.is_passed_through else "HTTPRoute"
    if kind == "HTTPRoute" and named and all(rule.method is not None for rule in named):
        kind = "GRPCRoute"
    for hosts in _chunks(group.hosts, MOST_HOSTS):
        for chunk in _chunks(named, MOST_RULES):
            yield _Part(kind, tuple(hosts), tuple(chunk))
        if default:
            yield _Part("HTTPRoute", tuple(hosts), tuple(default[:1]))


def _with_app_root(rules: Sequence[RuleDraft], plan: Plan) -> list[RuleDraft]:
    first = rules[0]
    if first.plan is None:
        return list(rules)
    path = {"type": "ReplaceFullPath", "replaceFullPath": plan.settings.app_root}
    redirect = {"type": "RequestRedirect", "requestRedirect": {"path": path, "statusCode": 302}}
    root = RuleDraft(first.entry, first.plan._replace(kind="Exact", value="/", rewrite=None, differences=()), (), (redirect,))
    return [root, *(rule for rule in rules if rule.plan is None or (rule.plan.kind, rule.plan.value) != ("Exact", "/"))]


def _chunks(items: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]


def _rule(rule: RuleDraft, kind: str, plan: Plan, has_tls: bool) -> dict[str, Any]:  # noqa: FBT001 - of the hosts
    value: dict[str, Any] = {}
    match = _match(rule)
    if match:
        value["matches"] = [match]
    filters = [one for one in rule.filters if kind != "GRPCRoute" or one["type"] in _FILTERS_OF_GRPC]
    is_redirect = any(one["type"] == "RequestRedirect" for one in filters)
    if has_tls and not is_redirect:
        filters += [header_filter("ResponseHeaderModifier", name, text) for name, text in plan.hosts.headers[:1]]
    if filters:
        value["filters"] = filters
    if rule.backends:
        value["backendRefs"] = _references(rule)
    return value


def _match(rule: RuleDraft) -> dict[str, Any]:
    value: dict[str, Any] = {}
    if rule.plan is not None:
        value["path"] = {"type": rule.plan.kind, "value": rule.plan.value}
    elif rule.method is not None and rule.method[0]:
        service, method = rule.method
        value["method"] = {"service": service, **({"method": method} if method else {})}
    if rule.headers:
        value["headers"] = list(rule.headers)
    return value


def _references(rule: RuleDraft) -> list[dict[str, Any]]:
    is_alone = len(rule.backends) == 1
    return [{"name": one.name, "port": one.port, **({} if is_alone else {"weight": one.weight})} for one in rule.backends]


def _section_of(kind: str, name: str, section: str, layout: Layout) -> dict[str, Any]:
    return {**_whole(kind, name, layout), "sectionName": section}


def _whole(kind: str, name: str, layout: Layout) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": kind, "name": name}
    if kind == "Gateway":
        del value["kind"]
    return {**value, "namespace": layout.namespace} if layout.is_shared else value


def _comments_of(plan: Plan) -> tuple[str, ...]:
    """Return what the comment of the first route of an Ingress says: what is lost, and which paths are left out."""
    lines = [f"Replaces {plan.ingress.id}, read as by {plan.serving.name}."]
    open_ = dict.fromkeys(item.subject for item in plan.items if "lost-protection" in (item.loss, item.stake))
    if open_:
        lines.append(f"DO NOT APPLY before these protections are replaced: {', '.join(open_)}.")
    undone = dict.fromkeys(item.subject for item in plan.items if _is_undone(item) and item.subject not in open_)
    if undone:
        lines.append(f"INCOMPLETE: requests are handled differently until these are written: {', '.join(undone)}.")
    lines += [f"{item.loss}: {item.subject}: {item.text}" for item in plan.losses]
    lines += [f"left to do ({item.stake}): {item.subject}: {item.text}" for item in plan.items if item.stake is not None]
    lines += [f"LEFT OUT: {draft.host or '*'} {draft.entry.match.path}: {draft.why_not}" for draft in plan.paths if not draft.rules]
    return tuple(lines)


def _is_undone(item: Item) -> bool:
    """Tell whether a key that changes routing is not in the objects, although a field does the same or a part of it."""
    is_key = item.path[:2] == ("metadata", "annotations")
    return is_key and not item.is_written and "changed-routing" in (item.loss, item.stake)


def _words_of(rule: RuleDraft) -> tuple[str, ...]:
    differences = rule.plan.differences if rule.plan is not None else ()
    graver = [one for one in dict.fromkeys(differences) if WORDS[one][0] != "cosmetic"]
    return tuple(f"{WORDS[one][0]}: was {rule.entry.match.path}: path-{one}" for one in graver)
