"""What protects a vendor's route: the middlewares of Traefik; of other vendors it is only known that nothing is named which may protect.

Sources: traefik/traefik fd5a576d pkg/provider/kubernetes/crd/kubernetes_http.go (`makeMiddlewareKeys`); which fields of other kinds may
protect is in `catalogs/vendor-routes.json` (`filters`).
"""

from collections.abc import Iterator

from k8slblint.catalog.protections import protecting_kinds
from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.graph.relations.vendor_routes import names_what_is_unread, with_parts
from k8slblint.model.resource import Resource
from k8slblint.traffic.exposure.vendor_ways import is_filtered
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.protections.forms import Doubt, Finding, Protection
from k8slblint.traffic.protections.meshes import of_mesh
from k8slblint.traffic.protections.objects import missing, of_object


def of_vendor_route(route: Resource, rule: int, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what protects a vendor's route; of a kind whose rules name middlewares, one rule by its number from 0."""
    known = vendor_routes()[route.type_name]
    yield from of_mesh(ownership_of(route, graph).candidates, graph.scope(route).cluster, graph)
    middleware = f"Middleware.{route.group}"
    if middleware in protecting_kinds():
        yield from _of_middlewares(route, rule, middleware, graph)
    elif not known.filters or names_what_is_unread(route):
        yield Doubt(f"what protects {route.id} is not read")
    else:
        if any(is_filtered(part) for part in with_parts(route, graph)):
            yield Doubt(f"what the filters of {route.id} do is not read")
        yield Doubt(f"whether {route.id} limits or inspects requests is not read", ("rate-limit", "deny-list", "firewall"))
    if middleware not in protecting_kinds() or not route.mapping("spec", "tls"):
        yield Doubt(f"whether {route.id} is served with TLS only is not known", ("tls", "https-redirect"))
    else:
        yield Protection("tls", "TLS", route, ("spec", "tls"))
        yield Protection("https-redirect", "HTTPS only", route, ("spec", "tls"))


def _of_middlewares(route: Resource, rule: int, kind: str, graph: ResourceGraph) -> Iterator[Finding]:
    cluster = graph.scope(route).cluster
    for one in route.sequence("spec", "routes", rule, "middlewares"):
        name, namespace = (one.get("name"), one.get("namespace")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str):
            where = namespace if isinstance(namespace, str) else route.namespace
            found = graph.named(cluster, kind, where, name)
            yield from of_object(nearest_twin(found, route, graph), graph) if found is not None else (missing("Middleware", name),)
