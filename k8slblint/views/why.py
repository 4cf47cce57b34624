"""The view of one object: why it gets traffic or none, step by step from its parents and rules down to Pods."""

from collections.abc import Callable, Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS, ROUTE_KINDS, vendor_route_kinds
from k8slblint.graph.relations.backends import users_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.traffic.attachment.attachments import Attachment, attachments_of
from k8slblint.traffic.attachment.conditions import conditions_of_listener
from k8slblint.traffic.attachment.listeners import Listener, listeners_of
from k8slblint.traffic.attachment.mesh import NoMeshPort, NoMeshService, mesh_fault
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import entries_of, rules_of
from k8slblint.traffic.routing.shadowed import do_the_same
from k8slblint.traffic.routing.tables import Table, class_table, table_of
from k8slblint.traffic.routing.winners import Row, standings_in
from k8slblint.traffic.routing.wording import condition_in_words, host_in_words
from k8slblint.views.places import named, place
from k8slblint.views.steps import Reply, Step, as_value, every, lines_of, some
from k8slblint.views.why_backends import backend_steps, service_steps
from k8slblint.views.why_policies import policy_steps, reference_steps

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

_MOST_MATCHES = 12

_MOST_COMPARED = 500

_VERDICTS = {"yes": "traffic gets through", "no": "no traffic gets through", "unknown": "traffic may get through"}


class Explanation(NamedTuple):
    """An object, its cluster, whether requests get through it to Pods, and the steps that decide."""

    resource: Resource
    cluster: str
    reply: Reply
    steps: tuple[Step, ...]


class Asked(NamedTuple):
    """What a kind and a name stand for: the objects, and where there are none a near name of that kind, if there is one."""

    resources: Sequence[Resource]
    near: str | None


def kinds() -> tuple[str, ...]:
    """Return the kinds of Kubernetes and Gateway API that can be explained, without groups, each once."""
    known = ("Service", *INGRESS_KINDS, GATEWAY, *LISTENER_SET_KINDS, *ROUTE_KINDS)
    return tuple(dict.fromkeys(name.partition(".")[0] for name in known))


def find(kind: str, name: str, graph: ResourceGraph) -> Asked | None:
    """Return what is meant by a kind (`Kind` or `Kind.group`, in any case) and a name (`name` or `namespace/name`)."""
    every_kind = ("Service", *INGRESS_KINDS, GATEWAY, *LISTENER_SET_KINDS, *ROUTE_KINDS, *vendor_route_kinds())
    wanted = kind.lower()
    meant = [one for one in every_kind if wanted in (one.lower(), one.partition(".")[0].lower())]
    if not meant:
        return None
    namespace, slash, last = name.rpartition("/")
    of_kind = graph.of_type(*meant)
    found = [one for one in of_kind if one.name == name or (one.name == last and (not slash or one.namespace == namespace))]
    names = list(dict.fromkeys(f"{one.namespace}/{one.name}" if slash else one.name for one in of_kind))
    near = None if found else nearest_name(name, names[:_MOST_COMPARED]) or next((one for one in names if one.endswith(f"/{last}")), None)
    return Asked(found, near)


def explain(resource: Resource, graph: ResourceGraph) -> Explanation:
    """Return why an object gets traffic or none."""
    reply, steps = _explainer(resource)(resource, graph)
    return Explanation(resource, graph.scope(resource).cluster, reply, tuple(steps))


_Explained = tuple[Reply, Sequence[Step]]


def _explainer(resource: Resource) -> Callable[[Resource, ResourceGraph], _Explained]:
    if resource.type_name == "Service":
        return _service
    if resource.type_name in (GATEWAY, *LISTENER_SET_KINDS):
        return _gateway
    return _route if resource.type_name in ROUTE_KINDS else _ingress


def _route(route: Resource, graph: ResourceGraph) -> _Explained:
    parents = [_parent(one, graph) for one in attachments_of(route, graph)] or [Step("no", "it names no parent", route, ("spec",))]
    attached = some(one.reply for one in parents)
    aside = [*reference_steps(route, graph), *policy_steps(route, graph)]
    if attached != "yes":
        backends = [step for rule in rules_of(route, graph) for step in backend_steps(rule.backends, graph)]
        return attached, [*parents, *aside, *backends]
    tables = {id(listener): table_of(listener, graph) for listener, _ in entries_of(route, graph)}
    by_rule: dict[int, list[tuple[Table, Entry]]] = {}
    for listener, entry in entries_of(route, graph):
        by_rule.setdefault(entry.rule, []).append((tables[id(listener)], entry))
    rules = [_rule(number, entries, graph) for number, entries in by_rule.items()]
    if not rules:
        rules = [Step("unknown", "no rule or hostname of it could be read", route, ("spec",))]
    return every((attached, some(one.reply for one in rules))), [*parents, *aside, *rules]


_REFUSALS = {
    "NoMatchingParent": "no listener has the name and port of the reference",
    "NotAllowedByListeners": "no listener allows its kind and its namespace",
    "NoMatchingListenerHostname": "it shares no hostname with the listeners",
    "NotAllowed": "`allowedListeners` does not allow its namespace",
}


def _parent(one: Attachment, graph: ResourceGraph) -> Step:
    parent = one.parent
    target = f"{parent.type_name.partition('.')[0]} {parent.namespace}/{parent.name}"
    at = parent.source, parent.path
    if one.standing == "accepted":
        names = ", ".join(f"'{listener.name}' ({listener.protocol}, port {listener.port})" for listener in one.listeners)
        return Step("yes", f"{target} accepts it{f' on {names}' if names else ''}", *at, one.condition)
    if one.standing == "refused":
        why = _REFUSALS.get(one.condition.reason, "") if one.condition is not None else one.reason
        return Step("no", f"{target} does not accept it: {why}", *at, one.condition)
    if one.standing == "missing":
        return Step("no", f"{target} does not exist, so the route gets no status", *at)
    if one.standing == "unknown":
        return Step("unknown", f"{target} may accept it: {one.reason}", *at)
    return _of_mesh(one, target, graph)


def _of_mesh(one: Attachment, target: str, graph: ResourceGraph) -> Step:
    fault = mesh_fault(one.parent, graph)
    at = one.parent.source, one.parent.path
    if isinstance(fault, NoMeshService):
        return Step("no", f"{target} does not exist", *at)
    if isinstance(fault, NoMeshPort):
        return Step("no", f"{target} has no port {one.parent.port}", *at)
    return Step("unknown", f"{target} is not judged", *at)


def _rule(number: int, entries: Sequence[tuple[Table, Entry]], graph: ResourceGraph) -> Step:
    """Return whether requests get through a rule: one of its matches wins for some host, and one of its Services answers."""
    first = entries[0][1]
    matches = [_match(table, entry, graph) for table, entry in entries]
    shown = matches[:_MOST_MATCHES]
    if len(matches) > len(shown):
        left = matches[_MOST_MATCHES:]
        shown.append(Step(some(one.reply for one in left), f"{len(left)} further matches and hosts", first.source, first.at))
    matched = some(one.reply for one in matches)
    steps = [*shown, *_destination(first, graph)]
    answered = some(step.reply for step in steps[len(shown) :])
    reply = every((matched, answered))
    return Step(reply, f"rule {number + 1}: {_VERDICTS[reply]}", first.source, first.at, None, tuple(steps))


def _destination(entry: Entry, graph: ResourceGraph) -> Iterator[Step]:
    if entry.redirect is not None:
        yield Step("yes", "requests are redirected", entry.source, entry.redirect)
    elif entry.backends:
        yield from backend_steps(entry.backends, graph)
    else:
        yield Step("unknown", "it names no Service: a filter or another kind of backend may answer", entry.source, entry.at)


def _match(table: Table, entry: Entry, graph: ResourceGraph) -> Step:
    outlet = table.outlet
    where = f" on listener '{outlet.listener.name}'" if outlet.listener is not None else ""
    what = f"{condition_in_words(entry)} for {host_in_words(entry.host)}{where}"
    at = entry.source, entry.at
    if entry.match.unread:
        return Step("unknown", what, *at)
    reply, why = _standing(standings_in(table, entry.host, graph)[id(entry.source), entry.at], entry)
    return Step(reply, f"{what}: {why}", *at)


_OPEN = {"age": "{} is older", "controller": "the controller prefers {}"}


def _standing(row: Row, entry: Entry) -> tuple[Reply, str]:
    """Return whether an entry gets the requests of its row, and why."""
    winner = row.entry
    if winner.source is entry.source and winner.at == entry.at:
        other = next((loser for loser in row.losers if loser.decided_by in _OPEN and not do_the_same(winner, loser.entry)), None)
        if other is None:
            return "yes", "it takes these requests"
        return "unknown", f"it takes these requests, unless {_OPEN[other.decided_by].format(other.entry.source.id)}"
    decided_by = next(loser.decided_by for loser in row.losers if loser.entry.source is entry.source and loser.entry.at == entry.at)
    name = "the same object" if winner.source is entry.source else winner.source.id
    takes = f"rule {winner.rule + 1} of {name} takes these requests"
    if decided_by in _OPEN and do_the_same(winner, entry):
        return "yes", f"it takes these requests, or {name}, which leads to the same"
    if decided_by in _OPEN:
        return "unknown", f"{takes}, unless {_OPEN[decided_by].format('this one')}"
    return "no", takes


def _ingress(ingress: Resource, graph: ResourceGraph) -> _Explained:
    served = _owner(ingress, graph)
    table = class_table(ingress, graph)
    by_rule: dict[int, list[tuple[Table, Entry]]] = {}
    for entries in table.hosts.values() if table is not None else ():
        for entry in entries:
            if entry.source is ingress and table is not None:
                by_rule.setdefault(entry.rule, []).append((table, entry))
    rules = [step for number in sorted(by_rule) for step in _paths(by_rule[number], graph)]
    if not rules:
        rules = [Step("unknown", "what it leads to is not read", ingress, ("spec",))]
    return every((served.reply, some(one.reply for one in rules))), [served, *rules]


def _paths(entries: Sequence[tuple[Table, Entry]], graph: ResourceGraph) -> Iterator[Step]:
    """Yield a step for each path of a rule of an Ingress: unlike the matches of a route each has backends of its own."""
    for table, entry in sorted(entries, key=_in_order):
        match = _match(table, entry, graph)
        steps = tuple(_destination(entry, graph))
        yield match._replace(reply=every((match.reply, some(one.reply for one in steps))), steps=steps)


def _in_order(one: tuple[Table, Entry]) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in one[1].at]


def _owner(resource: Resource, graph: ResourceGraph) -> Step:
    owner = ownership_of(resource, graph)
    replies: dict[str, Reply] = {"owned": "yes", "nobody": "no"}
    who = f"{owner.names} serves it" if owner.verdict == "owned" else "no controller serves it"
    if owner.verdict == "owned" and owner.controller is None:
        who = f"one of these serves it: {owner.names}"
    if owner.verdict == "unknown":
        who = f"{owner.names or 'an unknown controller'} may serve it"
    return Step(replies.get(owner.verdict, "unknown"), f"{who}: {owner.reason}", resource, ("spec",))


def _gateway(source: Resource, graph: ResourceGraph) -> _Explained:
    if source.type_name == GATEWAY:
        above = [_owner(source, graph)]
        gateway: Resource | None = source
    else:
        attachments = attachments_of(source, graph)
        above = [_parent(one, graph) for one in attachments] or [Step("no", "it names no Gateway", source, ("spec",))]
        gateway = attachments[0].holder if attachments else None
    aside = policy_steps(source, graph)
    listeners = [_listener(one, gateway, graph) for one in listeners_of(source, graph)]
    if not listeners:
        listeners = [Step("unknown", "it has no listeners itself", source, ("spec",))]
    return every((*(one.reply for one in above), some(one.reply for one in listeners))), [*above, *aside, *listeners]


def _listener(listener: Listener, gateway: Resource | None, graph: ResourceGraph) -> Step:
    """Return whether a listener serves routes: it is accepted, and some route attaches."""
    conditions = conditions_of_listener(listener, gateway, graph) if gateway is not None else ()
    replies: dict[str, Reply] = {"True": "yes", "False": "no"}
    steps = [
        Step(
            replies.get(one.status, "unknown"),
            "the listener is accepted" if one.status == "True" else "the listener may not be accepted",
            listener.source,
            listener.path,
            one,
        )
        for one in conditions
        if one.type == "Accepted"
    ]
    hosts = table_of(listener, graph).hosts
    routes = dict.fromkeys(entry.source for entries in hosts.values() for entry in entries)
    steps += [Step("yes", f"{route.id} attaches", route) for route in routes]
    if not routes:
        steps.append(Step("unknown", "no route of the manifests certainly attaches", listener.source, listener.path))
    reply = every(one.reply for one in steps)
    return Step(
        reply,
        f"listener '{listener.name}' ({listener.protocol}, port {listener.port}): {_VERDICTS[reply]}",
        listener.source,
        listener.path,
        None,
        tuple(steps),
    )


def _service(service: Resource, graph: ResourceGraph) -> _Explained:
    pods = list(service_steps(service, graph))
    exposure = exposure_of(service, graph)
    ways = [Step("yes", f"it is reachable from {_REACHES[exposure.reach]}: {exposure.reason}", service)]
    for source in dict.fromkeys(user.source for user in users_of(service, graph)):
        found = explain(source, graph)
        ways.append(Step(found.reply, f"{source.id} leads to it: {_VERDICTS[found.reply]}", source))
    return every(one.reply for one in pods), [*pods, *ways]


_REACHES = {
    "internet": "the internet",
    "internal": "the internal network",
    "node": "the nodes",
    "cluster": "its cluster",
    "unknown": "an unknown network",
}


def as_text(found: Sequence[Explanation]) -> str:
    """Return the explanations as text, one after the other; with several the cluster of each."""
    lines: list[str] = []
    for one in found:
        cluster = f", cluster '{one.cluster}'" if len(found) > 1 else ""
        lines.append(f"{named(one.resource)}{cluster}: {_VERDICTS[one.reply]}")
        lines += [line for step in one.steps for line in lines_of(step)]
    return "".join(visible(line) + "\n" for line in lines)


def as_json(found: Sequence[Explanation]) -> str:
    """Return the explanations as JSON: `schemas/why.schema.json`."""
    objects = [
        {**place(one.resource), "cluster": one.cluster, "gets_traffic": one.reply, "steps": [as_value(step) for step in one.steps]}
        for one in found
    ]
    return dump({"version": VERSION, "objects": objects})
