"""Detects routes and ListenerSets whose parent does not exist: a Gateway, a ListenerSet, or in a mesh a Service or a port of it."""

from collections.abc import Iterator

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.parents import ParentReference
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import PROSE, listed, middle, within
from k8slblint.traffic.attachment.attachments import NO_SERVICE, Attachment, attachments_of
from k8slblint.traffic.attachment.mesh import NoMeshPort, NoMeshService, mesh_fault
from k8slblint.traffic.attachment.parents import MissingParent, missing_parent
from k8slblint.traffic.backends.vendors import MissingGateway, missing_gateways
from k8slblint.traffic.gateways.value_parents import MeantParent, meant_parents

_LONGEST_NAME = 40

_RELATED = 3


def check(source: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each parent that is absent, with what was probably meant; undecided where it may be deployed from elsewhere."""
    if source.kind == HELM_VALUES:
        yield from _of_values(source, graph)
        return
    if source.type_name in vendor_routes():
        yield from _of_vendor(source, graph)
        return
    for attachment in attachments_of(source, graph):
        if attachment.parent.type_name == NO_SERVICE:
            yield _no_service(attachment)
        elif attachment.standing == "missing":
            yield _problem(attachment, missing_parent(attachment.parent, graph))
        elif attachment.standing == "unknown" and attachment.holder is None:
            yield Undecided((*attachment.parent.path, "name"), attachment.reason)
        elif attachment.standing == "elsewhere":
            yield from _of_mesh(attachment.parent, graph)


def _of_values(values: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for found in meant_parents(values, graph):
        if isinstance(found, MeantParent):
            yield _otherwise(values, found)
        else:
            yield Undecided((*found[0].path, "name"), found[1].reason)


def _otherwise(values: Resource, found: MeantParent) -> Problem:
    """Word that the manifests have the parent of a route in values under another name, or in another namespace."""
    parent, meant = found.parent, found.meant
    field = "namespace" if found.is_elsewhere else "name"
    is_written = values.get(*parent.path, field) is not None
    return Problem(
        path=(*parent.path, field) if is_written else (*parent.path, "name"),
        headline=f"{values.id} names a Gateway that does not exist",
        label=f"there is no Gateway {middle(f'{parent.namespace}/{parent.name}', _LONGEST_NAME)}",
        why=f"The manifests have {meant.id}. No controller attaches the route that the chart makes, so nothing reports this.",
        help=f"Write `{field}: {meant.namespace if found.is_elsewhere else meant.name}`.",
        severity="warning",
        confidence="medium",
        related=(RelatedPlace(meant, (), f"{meant.id} exists."),),
    )


def _of_vendor(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for found in missing_gateways(route, graph):
        if isinstance(found, MissingGateway):
            yield _no_vendor_gateway(route, found)
        else:
            yield Undecided(found[0], found[1].reason)


def _no_vendor_gateway(route: Resource, found: MissingGateway) -> Problem:
    meant = found.meant
    return Problem(
        path=found.path,
        headline=f"{route.id} names a Gateway that does not exist",
        label=f"there is no Gateway {middle(f'{found.namespace}/{found.name}', _LONGEST_NAME)}",
        why="No proxy opens a port for it, so that none of its hosts is served there; no status says so.",
        help=f"Write '{middle(f'{meant.namespace}/{meant.name}', _LONGEST_NAME)}'." if meant else "Name a Gateway that exists, or add it.",
        confidence="high" if meant is not None else "medium",
        related=(RelatedPlace(meant, (), f"{meant.id} exists."),) if meant is not None else (),
    )


def _of_mesh(parent: ParentReference, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    fault = mesh_fault(parent, graph)
    if isinstance(fault, Unknown):
        yield Undecided((*parent.path, "name"), fault.reason)
    elif isinstance(fault, NoMeshService):
        yield _no_mesh_service(parent, fault)
    elif isinstance(fault, NoMeshPort):
        yield _no_mesh_port(parent, fault)


def _no_mesh_service(parent: ParentReference, fault: NoMeshService) -> Problem:
    near = [middle(name, _LONGEST_NAME) for name in fault.near]
    return Problem(
        path=(*parent.path, "name"),
        headline=f"{parent.source.id} names a Service that does not exist",
        label=f"similar: {listed(near)}" if near else f"there is no Service {middle(f'{parent.namespace}/{parent.name}', _LONGEST_NAME)}",
        why="A mesh attaches the route to nothing: requests to the Service that is meant are not routed by it.",
        help=f"Write `name: {near[0]}`." if near else "Name a Service that exists, or add it.",
        confidence="high" if near else "medium",
    )


def _no_mesh_port(parent: ParentReference, fault: NoMeshPort) -> Problem:
    service, meant = fault.service, fault.meant
    field = f", which is the `{meant.field}` of port {meant.entry.content.get('port')}" if meant is not None else ""
    return Problem(
        path=(*parent.path, "port"),
        headline=f"{parent.source.id} names a port that its Service does not have",
        label=middle(f"ports of {service.name}: {listed(fault.ports, most=4)}", 58),
        why=within(
            PROSE, f"`port` is the port of the Service, and {service.id} has no port {parent.port}{field}. The route matches no request."
        ),
        help=f"Write `port: {meant.entry.content['port']}`." if meant is not None else "Name a port of the Service, or leave `port` out.",
        confidence="high" if fault.is_sure else "medium",
        related=(RelatedPlace(service, ("spec", "ports"), f"The ports of {service.id}."),),
    )


def _no_service(attachment: Attachment) -> Problem:
    """Word that a route of a mesh names its Service without the group of Services."""
    parent = attachment.parent
    return Problem(
        path=(*parent.path, "kind"),
        headline=f"{parent.source.id} names a Service of an API group that has none",
        label="`group` defaults to gateway.networking.k8s.io",
        why="Group gateway.networking.k8s.io, the default, has no kind Service. No mesh attaches the route: it has no effect.",
        help='Write `group: ""` beside the kind.',
    )


def _problem(attachment: Attachment, missing: MissingParent) -> Problem:
    parent = attachment.parent
    kind = parent.type_name.partition(".")[0]
    namesake = missing.elsewhere[0] if missing.elsewhere else None
    shown = [one for one in (missing.near, namesake) if one is not None] or missing.beside[:_RELATED]
    names = listed(middle(one.name, _LONGEST_NAME) for one in missing.beside)
    there = f"Namespace {parent.namespace} has {kind} {names}." if names else f"The manifests have nothing in namespace {parent.namespace}."
    return Problem(
        path=(*parent.path, "name"),
        headline=f"{parent.source.id} names a {kind} that does not exist",
        label=f"there is no {kind} {middle(f'{parent.namespace}/{parent.name}', _LONGEST_NAME)}",
        why=f"{there} No controller attaches the {parent.source.kind} or writes a status, so nothing reports this.",
        help=_help(kind, parent.name, missing.near, namesake),
        confidence="high" if missing.beside and missing.is_certain and (missing.near or namesake) else "medium",
        related=tuple(RelatedPlace(one, (), f"{one.id} exists.") for one in shown),
    )


def _help(kind: str, written: str, near: Resource | None, namesake: Resource | None) -> str:
    if near is not None:
        return f"Write `name: {near.name}`."
    if namesake is not None and namesake.name == written:
        return f"Write `namespace: {namesake.namespace}`: {namesake.id} has this name."
    if namesake is not None:
        return f"Write `name: {namesake.name}` and `namespace: {namesake.namespace}`."
    return f"Name a {kind} that exists, or add it."
