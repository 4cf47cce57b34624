"""Detects routes that no listener of their parent takes, and ListenerSets that their Gateway does not allow.

Of vendors' routes, those none of whose hosts is one of their Gateway's.
"""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import ROUTE_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import PROSE, listed, middle, quoted, within
from k8slblint.traffic.attachment.attachments import Attachment, attachments_of
from k8slblint.traffic.attachment.conflicts import listener_sets_of
from k8slblint.traffic.attachment.kinds import KINDS_OF_PROTOCOL, admits_kind
from k8slblint.traffic.attachment.listeners import Listener, listeners_of
from k8slblint.traffic.attachment.namespaces import namespaces_of
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.attachment.parents import is_beside
from k8slblint.traffic.backends.vendor_hosts import Unserved, unserved
from k8slblint.traffic.gateways.value_routes import route_of

_LONGEST_NAME = 22

_LONGEST_HOST = 30

_RELATED = 3


class _Texts(NamedTuple):
    """What differs between the reasons: where the mistake is, and what is said of it; of the headline what follows the name."""

    path: tuple[str | int, ...]
    headline: str
    label: str
    why: str
    help: str
    related: tuple[RelatedPlace, ...] = ()


def check(source: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for each parent that refuses a route or ListenerSet; a warning where another parent accepts it.

    A route to a ListenerSet that is itself refused is left out: the ListenerSet is reported. Of a route in Helm values nothing is certain:
    another layer of them may name another parent.
    """
    if source.type_name in vendor_routes():
        for found in unserved(source, graph):
            yield found if isinstance(found, Undecided) else _no_host(source, found, graph)
        return
    route = route_of(source, graph) if source.type_name == ROUTE_VALUES else source
    attachments = attachments_of(route, graph) if route is not None else ()
    serves = any(one.standing == "accepted" for one in attachments)
    for one in attachments:
        if one.standing == "refused" and one.condition is not None and one.holder is not None:
            texts = _WORDED[one.condition.reason](one, one.holder, graph)
            yield Problem(
                path=texts.path,
                headline=f"{source.id} {texts.headline}",
                label=texts.label,
                why=texts.why,
                help=texts.help,
                severity="warning" if serves else None,
                confidence="high" if route is source and is_beside(source, one.holder, graph) else "medium",
                related=texts.related,
                condition=one.condition,
                discriminator=f"{one.parent.namespace}/{one.parent.name}/{one.parent.section_name}/{one.parent.port}",
            )
        elif one.standing == "unknown" and one.holder is not None:
            yield Undecided((*one.parent.path, "name"), one.reason)


def _no_host(route: Resource, found: Unserved, graph: ResourceGraph) -> Problem:
    """Word that a Gateway serves no host of a vendor's route."""
    served = listed((quoted(host, _LONGEST_HOST) for host in found.served), most=3)
    hosts = listed((quoted(host, _LONGEST_HOST) for host in found.hosts), most=2)
    others = "" if found.is_only else " The other Gateways of the route are not affected."
    return Problem(
        path=found.path,
        headline=f"{route.id} shares no host with {_short(found.gateway)}",
        label=middle(f"served: {served}", 58),
        why=f"The Gateway serves {served}. It gets no route for {hosts}.{others}",
        help="Add the host to a server of the Gateway, or correct it in the route.",
        severity=None if found.is_only else "warning",
        confidence="high" if is_beside(route, found.gateway, graph) else "medium",
        related=(RelatedPlace(found.gateway, found.by, f"{found.gateway.id} serves other hosts."),),
        discriminator=f"{found.gateway.namespace}/{found.gateway.name}",
    )


def _unnamed(one: Attachment, holder: Resource, graph: ResourceGraph) -> _Texts:
    """Word that no listener has the name and port of the reference."""
    parent = one.parent
    listeners = listeners_of(holder, graph)
    field = "sectionName" if parent.section_name is not None else "port"
    same_name = [listener for listener in listeners if listener.name == parent.section_name]
    if same_name:
        label = f"listener {quoted(parent.section_name, _LONGEST_NAME)} has port {same_name[0].port}, not {parent.port}"
        field = "port"
    elif field == "sectionName":
        label = f"no listener is named {quoted(parent.section_name, _LONGEST_NAME)}"
    else:
        label = f"no listener has port {parent.port}"
    names = listed((f"{middle(listener.name, _LONGEST_NAME)} ({listener.port})" for listener in listeners), most=4)
    return _Texts(
        (*parent.path, field),
        f"names a listener that {_short(holder)} does not have",
        label,
        f"{holder.id} has the listeners {names}. {_EFFECT}",
        _named_otherwise(one, holder, listeners, graph),
        (RelatedPlace(holder, ("spec", "listeners"), f"{holder.id} has the listeners {names}.", at="key"),),
    )


_EFFECT = "The route is not accepted and gets no traffic from it."


def _named_otherwise(one: Attachment, holder: Resource, listeners: Sequence[Listener], graph: ResourceGraph) -> str:
    parent = one.parent
    if parent.section_name is None or any(listener.name == parent.section_name for listener in listeners):
        return "Write the port of a listener, or remove `port`."
    near = nearest_name(str(parent.section_name), [listener.name for listener in listeners])
    if near:
        return f"Write `sectionName: {near}`."
    sets = listener_sets_of(holder, graph) if holder.type_name == GATEWAY else ()
    named = (added for added in sets if any(listener.name == parent.section_name for listener in listeners_of(added, graph)))
    found = next(named, None)
    if found is not None:
        return f"The listener is in {found.id}: name that, with `kind: {found.kind}`, as the parent."
    return "Write the name of a listener, or remove `sectionName` to attach to all of them."


def _not_allowed(one: Attachment, holder: Resource, graph: ResourceGraph) -> _Texts:
    """Word that the listeners which are named allow neither kind nor namespace."""
    route = one.parent.source
    of_namespace = [listener for listener in one.listeners if admits_kind(listener, route.type_name) is not False]
    listener = (of_namespace or one.listeners)[0]
    label, why, help_ = _by_namespace(listener, route) if of_namespace else _by_kind(listener, route)
    written = namespaces_of(route, graph) if of_namespace and listener.namespaces.origin == "Selector" else ()
    field = "namespaces" if of_namespace else "kinds"
    place = (*listener.path, "allowedRoutes", field) if of_namespace or listener.kinds else (*listener.path, "protocol")
    return _Texts(
        (*one.parent.path, "name"),
        f"is not allowed by {_listener_of(one, holder, graph)}",
        label,
        why,
        help_,
        (
            RelatedPlace(holder, place, f"Listener {quoted(listener.name, _LONGEST_NAME)} of {holder.id} does not allow it.", at="key"),
            *(RelatedPlace(one, ("metadata", "labels"), f"{one.id} does not have the labels.", at="key") for one in written[:1]),
        ),
    )


def _short(holder: Resource) -> str:
    return f"{holder.kind} {middle(holder.name, _LONGEST_NAME)}"


def _listener_of(one: Attachment, holder: Resource, graph: ResourceGraph) -> str:
    """Name the only listener of several that came into question, or else what holds them."""
    is_one = len(one.listeners) == 1 and len(listeners_of(holder, graph)) > 1
    return f"listener {quoted(one.listeners[0].name, _LONGEST_NAME)} of {_short(holder)}" if is_one else _short(holder)


def _by_kind(listener: Listener, route: Resource) -> tuple[str, str, str]:
    kinds = listed(dict.fromkeys(kind.kind for kind in listener.kinds)) or listed(KINDS_OF_PROTOCOL.get(listener.protocol, ()))
    fits = route.kind in KINDS_OF_PROTOCOL.get(listener.protocol, ())
    protocols = [protocol for protocol, carried in KINDS_OF_PROTOCOL.items() if route.kind in carried]
    which = " whose `allowedRoutes.kinds` lists them" if fits else ""
    return (
        f"listener {quoted(listener.name, _LONGEST_NAME)} ({listener.protocol}) takes {kinds}",
        f"{route.kind}s attach to listeners with protocol {listed(protocols, 'or')}{which}. {_EFFECT}",
        f"Add {route.kind} to `allowedRoutes.kinds` of the listener." if fits else "Name another listener, or add one with this protocol.",
    )


def _by_namespace(listener: Listener, route: Resource) -> tuple[str, str, str]:
    name, own = quoted(listener.name, _LONGEST_NAME), middle(str(listener.source.namespace), _LONGEST_NAME)
    if listener.namespaces.origin == "Selector":
        labels = (listener.namespaces.selector or {}).get("matchLabels")
        wanted = listed(f"`{key}: {value}`" for key, value in labels.items()) if isinstance(labels, dict) and labels else ""
        return (
            f"listener {name} selects other namespaces",
            f"The labels of namespace {route.namespace} do not match the selector in `allowedRoutes.namespaces`. {_EFFECT}",
            within(PROSE, f"Give Namespace {route.namespace} the labels of the selector.", f"It requires {wanted}." if wanted else ""),
        )
    return (
        f"listener {name} allows only namespace {own}",
        f"A listener allows only routes of its own namespace unless `allowedRoutes.namespaces.from` says otherwise. {_EFFECT}",
        "Set `from: Selector` with a label of the route's namespace, or `from: All`, in `allowedRoutes.namespaces` of the listener.",
    )


def _other_hosts(one: Attachment, holder: Resource, graph: ResourceGraph) -> _Texts:
    """Word that no hostname of the route is one of the listeners."""
    route = one.parent.source
    hosts = [str(host) for host in route.sequence("spec", "hostnames")]
    served = listed(quoted(host, _LONGEST_HOST) for host in dict.fromkeys(listener.hostname for listener in one.listeners))
    is_apex = any(f"*.{host}" == listener.hostname for host in hosts for listener in one.listeners)
    return _Texts(
        ("spec", "hostnames", 0),
        f"shares no hostname with {_listener_of(one, holder, graph)}",
        "a wildcard does not include its own domain" if is_apex else f"served: {served}",
        f"The listeners that the route may attach to serve {served}. {_EFFECT}",
        "Add a listener for the hostname, or correct it in the route.",
        tuple(
            RelatedPlace(holder, (*listener.path, "hostname"), f"Listener {quoted(listener.name, _LONGEST_NAME)} serves another hostname.")
            for listener in one.listeners[:_RELATED]
        ),
    )


def _set_not_allowed(one: Attachment, gateway: Resource, _: ResourceGraph) -> _Texts:
    """Word that a Gateway does not allow a ListenerSet."""
    added = one.parent.source
    origin = gateway.get("spec", "allowedListeners", "namespaces", "from")
    stated = f"is {origin}" if origin else "is None, the default"
    return _Texts(
        (*one.parent.path, "name"),
        f"is not allowed by {_short(gateway)}",
        f"`allowedListeners.namespaces.from` {stated}",
        f"`allowedListeners.namespaces.from` of the Gateway {stated}. The ListenerSet is not accepted, so none of its listeners opens.",
        f"Allow namespace {added.namespace} in `allowedListeners.namespaces` of the Gateway.",
        (RelatedPlace(gateway, ("spec", "allowedListeners"), f"{gateway.id} does not allow it.", at="key"),),
    )


_WORDED = {
    "NoMatchingParent": _unnamed,
    "NotAllowedByListeners": _not_allowed,
    "NoMatchingListenerHostname": _other_hosts,
    "NotAllowed": _set_not_allowed,
}
