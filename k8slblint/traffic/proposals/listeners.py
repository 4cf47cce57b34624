"""Which Gateways, ListenerSets and listeners a proposal has, and to which of them the route of a host attaches.

One Gateway for each namespace keeps routes, certificates and issuers where they are; one for the whole cluster (`shared`) keeps one load
balancer. Certificates of other issuers go to a ListenerSet, because cert-manager reads its annotations on the object with the listener.

Sources: Gateway API 1.6 `apis/v1/gateway_types.go` (at most 64 listeners), `listenerset_types.go`; cert-manager 1.19
`pkg/controller/certificate-shim/helper.go` (annotations of the Gateway or ListenerSet hold for all of its listeners).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from k8slblint.model.records import NamedTuple
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.migration.forms import Target
from k8slblint.traffic.migration.names import is_precise, shortened_name
from k8slblint.traffic.migration.plans import Plan

MOST_LISTENERS = 60
"""How many listeners with TLS one object holds: Gateway API takes 64, and there is one for plain HTTP."""

PLACEHOLDER = "default-certificate"
"""The Secret that stands for the default certificate of a controller, which a listener cannot have."""

_Group: TypeAlias = tuple[tuple[str, str], ...]


class Shared(NamedTuple):
    """The one Gateway of a cluster that routes of all namespaces attach to."""

    namespace: str
    name: str


class Section(NamedTuple):
    """A listener: kind, namespace and name of its object, its name there, its host, its certificates: none where TLS is passed through."""

    kind: str
    namespace: str
    holder: str
    name: str
    host: str
    secrets: tuple[tuple[str, str], ...]


class Holder(NamedTuple):
    """A Gateway or ListenerSet with its annotations and listeners; `gateway` is the Gateway of a ListenerSet."""

    kind: str
    namespace: str
    name: str
    annotations: _Group
    sections: tuple[Section, ...]
    gateway: str = ""


class Layout(NamedTuple):
    """The Gateways of a namespace, or the shared one, with their ListenerSets; `main` names the one with the listener for plain HTTP."""

    holders: tuple[Holder, ...]
    by_group: Mapping[_Group, tuple[Section, ...]]
    by_host: Mapping[str, Section]
    main: Mapping[_Group, str]
    namespace: str
    is_shared: bool

    def group(self, plan: Plan) -> _Group:
        """Return by what the listeners of an Ingress are told from others."""
        found = group_of(plan)
        return found if found in self.main else next(iter(self.main))

    def sections(self, plan: Plan, host: str) -> tuple[Section, ...]:
        """Return the listeners with TLS that serve a host of an Ingress; for all hosts, each of them."""
        if host == EVERY:
            return self.by_group.get(self.group(plan), ())
        found = next((self.by_host[name] for name in _names_for(host) if name in self.by_host), None)
        return (found,) if found is not None else ()

    def plain(self, plan: Plan, hosts: Sequence[str]) -> tuple[str, ...]:
        """Return the Gateways whose listener for plain HTTP serves hosts of an Ingress: those that have the listeners with TLS."""
        sections = [section for host in hosts if host != EVERY for section in self.sections(plan, host)]
        main = self.main[self.group(plan)]
        return tuple(dict.fromkeys(one.holder if one.kind == "Gateway" else main for one in sections)) or (main,)


def _names_for(host: str) -> Iterator[str]:
    """Yield the hostnames of listeners that serve a host, the most specific first."""
    yield host
    labels = host.split(".")
    yield from (f"*.{'.'.join(labels[cut:])}" for cut in range(1, len(labels)))
    yield EVERY


def group_of(plan: Plan) -> _Group:
    """Return the annotations that the object with the listeners of an Ingress has to have."""
    if not plan.hosts.certified:
        return ()
    return tuple(sorted((one.key, one.value) for one in plan.kept if one.kind == "Gateway"))


def layout_of(found: Sequence[Plan], namespace: str, target: Target, shared: Shared | None, taken: frozenset[str]) -> Layout:
    """Return the Gateways for the Ingresses of a namespace, or of all where they share one; `taken` are names that are not free."""
    owner: dict[str, _Group] = {}
    groups: dict[_Group, dict[str, dict[tuple[str, str], None]]] = defaultdict(lambda: defaultdict(dict))
    for plan in found:
        hosts = groups[group_of(plan)]
        for one in plan.hosts.certified:
            hosts = groups[owner.setdefault(one.host, group_of(plan))]
            place = plan.ingress.namespace or namespace
            secret = (place, "") if plan.settings.is_passed_through else (_place_of(place, plan, shared), one.secret or PLACEHOLDER)
            hosts[one.host][secret] = None
    ordered = sorted(groups, key=lambda group: (-len(groups[group]), group))
    outlet = next((plan.outlet for plan in found), "")
    base = shared.name if shared is not None else outlet if is_precise(outlet) else "gateway"
    has_sets = target.has("ListenerSet", (1, 5))
    names = _names(base, taken)
    holders: list[Holder] = []
    by_group: dict[_Group, tuple[Section, ...]] = {}
    main: dict[_Group, str] = {}
    for number, group in enumerate(ordered or [()]):
        if number and not groups[group]:
            main[group] = holders[0].name  # plain HTTP needs no object of its own
            continue
        chunks = list(_chunks(list(groups[group].items()))) or [[]]
        for position, chunk in enumerate(chunks):
            is_gateway = (number == 0 and position == 0) or not has_sets
            kind = "Gateway" if is_gateway else "ListenerSet"
            name = next(names)
            sections = tuple(_section(kind, namespace, name, host, tuple(secrets)) for host, secrets in chunk)
            holders.append(Holder(kind, namespace, name, group, sections, "" if is_gateway else holders[0].name))
            by_group[group] = (*by_group.get(group, ()), *sections)
            if position == 0:
                main[group] = name if is_gateway else holders[0].name
    by_host = {one.host: one for several in by_group.values() for one in several}
    return Layout(tuple(holders), by_group, by_host, main, namespace, shared is not None)


def _place_of(namespace: str, plan: Plan, shared: Shared | None) -> str:
    """Return the namespace of a certificate: cert-manager issues it beside the listener."""
    return shared.namespace if shared is not None and group_of(plan) else namespace


def _names(base: str, taken: frozenset[str]) -> Iterator[str]:
    number = 1
    while True:
        name = base if number == 1 else shortened_name(base, f"-{number}")
        number += 1
        if name not in taken:
            yield name


def _chunks(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), MOST_LISTENERS):
        yield list(items[start : start + MOST_LISTENERS])


def _section(kind: str, namespace: str, holder: str, host: str, secrets: tuple[tuple[str, str], ...]) -> Section:
    word = "all" if host == EVERY else host.replace("*", "wildcard")
    is_passed = any(not name for _, name in secrets)
    kept = () if is_passed else secrets
    return Section(kind, namespace, holder, shortened_name(f"{'tls' if is_passed else 'https'}-{word}", ""), host, kept)


def listener_of(section: Section, allowed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a listener with TLS as an object has it."""
    is_passed = not section.secrets
    value: dict[str, Any] = {"name": section.name, "port": 443, "protocol": "TLS" if is_passed else "HTTPS"}
    if section.host != EVERY:
        value["hostname"] = section.host
    if is_passed:
        value["tls"] = {"mode": "Passthrough"}
    else:
        value["tls"] = {"mode": "Terminate", "certificateRefs": [_reference(one, section.namespace) for one in section.secrets[:64]]}
    return {**value, **allowed}


def _reference(secret: tuple[str, str], namespace: str) -> dict[str, str]:
    place, name = secret
    return {"kind": "Secret", "name": name, **({"namespace": place} if place != namespace else {})}
