"""Which objects do not exist that annotations and the routes of vendors name: middlewares, plugins, configurations, included routes.

Sources: `catalogs/gateway-policies.json` (`named`) and `catalogs/vendor-routes.json` (`parts`); when an object is missing is the matter of
`absence`. traefik/traefik fd5a576d pkg/server/provider/provider.go (`GetQualifiedName`: a name without provider is one of the provider of
Ingresses), pkg/provider/kubernetes/ingress/kubernetes.go (which makes no middlewares).
"""

from collections.abc import Iterator

from k8slblint.catalog.gateway_policies import FilterKind, named_kinds
from k8slblint.catalog.protections import ObjectReference, object_references
from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.vendor_routes import PartReference, part_references
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Undecided
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.policies.missing import Found, Missing, Named, missing_object
from k8slblint.traffic.protections.references import JOINED, OWN_PROVIDER, WrittenName, by_joined_name, names_in

_OTHER_PROVIDER = "@"


def missing_named(holder: Resource, graph: ResourceGraph) -> Iterator[Found]:
    """Yield the objects that annotations of an object name and that do not exist."""
    for key, known in named_kinds().items():
        text = holder.annotations.get(key)
        if holder.kind in known.routes and isinstance(text, str) and text and _may_read(known, holder, graph):
            yield from _of_annotation(holder, key, text, known, graph)


def missing_parts(route: Resource, graph: ResourceGraph) -> Iterator[Found]:
    """Yield the objects that a vendor's route or middleware names and that do not exist."""
    controller = vendor_routes()[route.type_name].controller
    for part in part_references(route):
        known = _facts(part, controller) if part.row.missing is not None and controller is not None else None
        if known is not None and _OTHER_PROVIDER not in part.name and not has_placeholder([part.name, part.namespace]):
            yield from missing_object(route, Named(part.path, part.type_name, part.namespace, part.name), known, graph)


def _facts(part: PartReference, controller: str) -> FilterKind:
    kind = part.type_name.partition(".")[0]
    source, as_of = vendor_routes()[part.type_name].source, vendor_routes()[part.type_name].as_of
    return FilterKind(kind, part.type_name, controller, (), (), str(part.row.missing), None, source, as_of)


def _may_read(known: FilterKind, holder: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the controller of an annotation may serve the object that has it; Services are read for the route that leads to them."""
    candidates = ownership_of(holder, graph).candidates if holder.kind == "Ingress" else ()
    return not candidates or known.controller in candidates


def _of_annotation(holder: Resource, key: str, text: str, known: FilterKind, graph: ResourceGraph) -> Iterator[Found]:
    path: Path = ("metadata", "annotations", key)
    reference = object_references().get(key) or ObjectReference(key, "name", (known.type_name,))
    cluster = graph.scope(holder).cluster
    for one in names_in(reference, text, holder):
        if reference.written == JOINED:
            yield from _joined(holder, path, one, known, graph)
        elif all(graph.named(cluster, kind, None, one.name) is None for kind in known.instead):
            yield from missing_object(holder, Named(path, known.type_name, one.namespace, one.name), known, graph)


def _joined(holder: Resource, path: Path, written: WrittenName, known: FilterKind, graph: ResourceGraph) -> Iterator[Found]:
    """Yield a name with its namespace in front that is no object's: only what was probably meant tells where the name begins."""
    name, at, provider = written.text.partition("@")
    cluster = graph.scope(holder).cluster
    joined = by_joined_name(graph)
    if at and (provider != OWN_PROVIDER or (cluster, name) in joined):
        return
    meant = joined.get((cluster, name)) or joined.get((cluster, f"{holder.namespace}-{name}"))
    if meant is not None:
        near = f"{meant.namespace}-{meant.name}@{OWN_PROVIDER}"
        why = f"Traefik looks for {'objects by namespace and name' if at else 'a name without provider among those of Ingresses'}."
        yield Missing(path, "object", known.kind, meant.namespace, written.text, near, None, known, why=why)
    elif at:
        yield from _in_namespace(holder, path, name, known, graph)


def _in_namespace(holder: Resource, path: Path, name: str, known: FilterKind, graph: ResourceGraph) -> Iterator[Found]:
    """Yield a name that begins with the namespace of its holder, or of an object of the kind, and names none there."""
    cluster = graph.scope(holder).cluster
    namespaces = {one.namespace for one in graph.in_cluster(cluster, known.type_name)} | {holder.namespace}
    begun = [one for one in namespaces if one and name.startswith(f"{one}-") and len(name) > len(one) + 1]
    if not begun:
        yield Undecided(path, f"the namespace of a {known.kind} is not in the manifests")
        return
    namespace = max(begun, key=len)
    for found in missing_object(holder, Named(path, known.type_name, namespace, name.removeprefix(f"{namespace}-")), known, graph):
        yield found if isinstance(found, Undecided) else _as_joined(found)


def _as_joined(found: Missing) -> Missing:
    """Return a missing object with its names as the annotation writes them."""
    near = found.near and f"{found.namespace}-{found.near}@{OWN_PROVIDER}"
    elsewhere = found.elsewhere
    if near is None and elsewhere is not None:
        near = f"{elsewhere.namespace}-{elsewhere.name}@{OWN_PROVIDER}"
    return found._replace(near=near)
