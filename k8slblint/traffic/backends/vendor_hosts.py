"""Whether the object that opens a port for a vendor's route serves any of its hosts: Gateways of Istio.

Sources: istio/istio 86c9f01f pilot/pkg/networking/core/gateway.go (`pickMatchingGatewayHosts`), pkg/config/host/name.go (`Matches`: the
star is any beginning), pilot/pkg/model/gateway.go (`namespace/host`, where `.` is the namespace of the Gateway and `*` any).
"""

from collections.abc import Iterator

from k8slblint.catalog.vendor_routes import Gateways, vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.unrendered import why_not_as_written
from k8slblint.graph.relations.vendor_routes import gateway_references, values_at
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Undecided

_MOST_HOSTS = 200
"""How many hosts of either side are compared; whoever writes more does not mean us."""


class Unserved(NamedTuple):
    """A Gateway that serves none of the hosts of a route which names it at `path`; `served` are its hosts, `by` where they are written.

    `is_only` tells that no other Gateway, and no mesh, serves a host of the route.
    """

    path: Path
    gateway: Resource
    hosts: tuple[str, ...]
    served: tuple[str, ...]
    by: Path
    is_only: bool


def unserved(route: Resource, graph: ResourceGraph) -> Iterator[Unserved | Undecided]:
    """Yield the objects which open ports for a route and serve none of its hosts."""
    known = vendor_routes()[route.type_name]
    if known.gateways is None or known.gateways.hosts is None:
        return
    hosts = _texts([host for pattern in known.hosts for host in values_at(route, pattern)])
    refused = list(_refusing(route, hosts, known.gateways, graph)) if hosts else []
    names = [name for _, name in values_at(route, known.gateways.names)]
    is_only = len({one.path for one in refused if isinstance(one, Unserved)}) == len(names)
    for one in refused:
        yield one._replace(is_only=is_only) if isinstance(one, Unserved) else one


def _refusing(route: Resource, hosts: list[str], known: Gateways, graph: ResourceGraph) -> Iterator[Unserved | Undecided]:
    for path, namespace, name in gateway_references(route, known):
        gateway = None if has_placeholder([name, namespace]) else graph.named(graph.scope(route).cluster, known.kind, namespace, name)
        written = list(values_at(gateway, known.hosts or ())) if gateway is not None else []
        served = _texts(written) if gateway is not None else []
        if gateway is None or not served or any(_allows(one, host, route, gateway) for one in served for host in hosts):
            continue
        doubt = why_not_as_written(gateway, graph) if gateway.path != route.path else None
        yield (
            Undecided(path, doubt)
            if doubt
            else Unserved(path, gateway, tuple(hosts), tuple(dict.fromkeys(served)), written[0][0], is_only=True)
        )


def _texts(written: list[tuple[Path, object]]) -> list[str]:
    """Return hosts, none where one of them is not known or there are too many."""
    texts = [one for _, one in written if isinstance(one, str)]
    return [] if len(texts) != len(written) or len(texts) > _MOST_HOSTS or has_placeholder(texts) else texts


def _allows(served: str, host: str, route: Resource, gateway: Resource) -> bool:
    """Tell whether an entry of a Gateway lets a route of this namespace serve a host."""
    namespace, slash, name = served.rpartition("/")
    wanted = gateway.namespace if namespace == "." else namespace
    if slash and wanted not in ("*", route.namespace):
        return False
    own = {host, f"{host}.{route.namespace}.svc.cluster.local"} if "." not in host else {host}
    return any(_meet(name.casefold(), one.casefold()) for one in own)


def _meet(one: str, other: str) -> bool:
    """Tell whether two hosts have a name in common; a star at the beginning stands for any text."""
    if one.startswith("*") and other.startswith("*"):
        short, long = sorted((one[1:], other[1:]), key=len)
        return long.endswith(short)
    if one.startswith("*"):
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if other.startswith("*") else one == other
