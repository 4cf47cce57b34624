"""Which Service is behind a reference, or why it may exist although no manifest shows it.

Sources: Flagger 1.42 `pkg/router/kubernetes_default.go` (`NAME`, `NAME-primary`, `NAME-canary`); Argo Rollouts 1.8 `spec.strategy` (charts
often create previews and canaries); Services that controllers create for a Gateway contain its name (Istio, Cilium, NGINX, kgateway).
What operators create is in `catalogs/pods.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.answers import Absent, Answer, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.graph.relations.backends import Backend, ServiceKey, named_services, service_of
from k8slblint.graph.relations.vendor_routes import vendor_backends_of
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.near_names import is_slip
from k8slblint.traffic.workloads.meant import is_near
from k8slblint.traffic.workloads.selection import maker_of_objects

_SHORTEST = 5
"""Shorter names that differ by a letter are mostly two Services."""

_MOST_COMPARED = 50
"""With how many Services of a namespace a name is compared."""

_LONGEST = 63
"""Longer names are not compared: Kubernetes has no such Service."""

_PROGRESSIVE = ("-canary", "-primary", "-preview", "-stable", "-active")
"""What Flagger and Argo Rollouts add to the name of a Service."""


def service_behind(backend: Backend, graph: ResourceGraph) -> Answer[Resource]:
    """Return the Service that a backend names; `Absent.near` are the names that were probably meant.

    Absent only where the manifests show other Services of the namespace, and nothing in them creates Services at run time.
    """
    answer = service_of(backend, graph)
    if not isinstance(answer, Absent):
        return answer
    doubt = _why_elsewhere(backend, graph)
    near = _near_names(backend, graph) if doubt is None else ()
    if doubt is None and not near:
        doubt = _why_shown_in_part(backend, graph)
    return Unknown(doubt) if doubt else Absent(near)


def _why_shown_in_part(backend: Backend, graph: ResourceGraph) -> str | None:
    """Return why the Services that show a namespace may not be all: a name that is like one of them needs no such proof.

    Folders of examples hold files that are applied one by one, mostly without a namespace, and leave out Services that everybody has.
    """
    source, namespace = backend.source, backend.namespace
    cluster = graph.scope(source).cluster
    is_stated = graph.scope(source).division in ("stated", "named") or source.get("metadata", "namespace") is not None
    if not is_stated and not any(one.path == source.path for one in services_beside(source, namespace, graph)):
        return "the manifests of this folder may be independent of each other"
    found, missing = graph.derived(_named_and_there).get((cluster, namespace, "" if is_stated else source.path), (0, 0))
    if missing >= found:
        return f"most Services of namespace '{namespace}' that routes name are not among the manifests"
    return None


def _named_and_there(graph: ResourceGraph) -> dict[tuple[str, str | None, str], tuple[int, int]]:
    """Return by cluster, namespace and file how many of the Services that Ingresses and routes name exist, and how many do not.

    The file is empty for all of them together.
    """
    counts: dict[tuple[str, str | None, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (cluster, namespace, name), paths in (*named_services(graph), *_named_by_vendors(graph)):
        is_there = graph.named(cluster, "Service", namespace, name) is not None
        for path in ("", *paths):
            found, missing = counts[cluster, namespace, path]
            counts[cluster, namespace, path] = (found + is_there, missing + (not is_there))
    return {**counts}


def _named_by_vendors(graph: ResourceGraph) -> Iterator[tuple[ServiceKey, frozenset[str]]]:
    """Yield the Services that routes of vendors name, each once, with the files that name them."""
    found: dict[ServiceKey, set[str]] = defaultdict(set)
    for route in graph.of_type(*(kind for kind, row in vendor_routes().items() if row.missing is not None)):
        for one in vendor_backends_of(route):
            found[graph.scope(route).cluster, one.backend.namespace, one.backend.name].add(route.path)
    yield from ((key, frozenset(paths)) for key, paths in found.items())


def is_named_by_vendors(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the route of a vendor names a Service."""
    return (graph.scope(service).cluster, service.namespace, service.name) in graph.derived(_keys_of_vendors)


def _keys_of_vendors(graph: ResourceGraph) -> frozenset[ServiceKey]:
    return frozenset(key for key, _ in _named_by_vendors(graph))


def is_beside(source: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two objects of a cluster are deployed together; files of samples may be independent of each other."""
    if source.path == other.path:
        return True
    division = graph.scope(source).division
    return division in ("stated", "named") or (division == "none" and is_near(source, other))


def belong_together(source: Resource, service: Resource) -> bool:
    """Tell whether a source of traffic and a Service are sure to be deployed together: one file, or namespaces that both state."""
    return source.path == service.path or all(one.get("metadata", "namespace") is not None for one in (source, service))


def services_beside(source: Resource, namespace: str | None, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Services of a namespace that are deployed with a resource, in reading order."""
    found = graph.derived(_services_by_namespace).get((graph.scope(source).cluster, namespace), ())
    return (one for one in found if is_beside(source, one, graph))


def why_objects_may_be_elsewhere(source: Resource, namespace: str | None, graph: ResourceGraph) -> str | None:
    """Return why a namespace may have objects that no manifest beside a resource shows, None where they show what it has.

    What shows that is a Service: a namespace without one may belong to another repository.
    """
    cluster = graph.scope(source).cluster
    reason = graph.why_incomplete(cluster, namespace)
    if reason:
        return reason
    if next(services_beside(source, namespace, graph), None) is None:
        return f"no other Service of namespace '{namespace}' is among the manifests"
    maker = maker_of_objects(cluster, namespace, graph)
    return f"{maker.id} may create objects in namespace '{namespace}'" if maker else None


def _why_elsewhere(backend: Backend, graph: ResourceGraph) -> str | None:
    if backend.name.endswith(_PROGRESSIVE):
        return f"Service '{backend.name}' may be created by Flagger or Argo Rollouts"
    gateway = _gateway_named_in(backend, graph)
    if gateway is not None:
        return f"the controller of {gateway.id} may create Service '{backend.name}'"
    if not _SAID_TO_BE_MISSING.isdisjoint((backend.name, *backend.name[:_LONGEST].split("-"))) or any(
        words in backend.name for words in _NEGATED
    ):
        return f"Service '{backend.name}' is said to be missing by its name"
    reason = why_objects_may_be_elsewhere(backend.source, backend.namespace, graph)
    return reason or _why_installed(backend.name, graph)


_SAID_TO_BE_MISSING = frozenset({"nonexistent", "nonexisting", "missing", "notfound"})
"""Words in the names of Services that a test leads to because there are none."""


_NEGATED = ("non-exist", "not-exist")


def _why_installed(name: str, graph: ResourceGraph) -> str | None:
    """Return which release may have the Service: charts call it as the release, or begin its name with that."""
    words = name[:_LONGEST].split("-")
    beginnings = ("-".join(words[: number + 1]) for number in range(len(words)))
    release = next((one for one in beginnings if one in graph.installed_releases), None)
    return f"a script installs Helm release '{release}', which may create Service '{name}'" if release else None


def _gateway_named_in(backend: Backend, graph: ResourceGraph) -> Resource | None:
    """Return a Gateway whose name begins or ends the name of a Service: `edge-istio`, `cilium-gateway-edge`."""
    gateways = graph.derived(_gateways_by_name)
    cluster, words = graph.scope(backend.source).cluster, backend.name[:_LONGEST].split("-")
    for number in range(len(words)):
        for name in ("-".join(words[: number + 1]), "-".join(words[number:])):
            found = gateways.get((cluster, backend.namespace, name))
            if found is not None:
                return found
    return None


def _near_names(backend: Backend, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the names of Services of the namespace that differ by a slip; `api` and `app` are too short for one."""
    wanted = backend.name
    names = (one.name for one in islice(services_beside(backend.source, backend.namespace, graph), _MOST_COMPARED))
    return tuple(sorted({name for name in names if is_slip(wanted, name) and (_is_long(wanted, name) or _is_case(wanted, name))}))


def _is_long(wanted: str, name: str) -> bool:
    return min(len(wanted), len(name)) >= _SHORTEST


def _is_case(wanted: str, name: str) -> bool:
    return wanted.casefold() == name.casefold()


def _services_by_namespace(graph: ResourceGraph) -> dict[tuple[str, str | None], Sequence[Resource]]:
    index: dict[tuple[str, str | None], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        index[graph.scope(service).cluster, service.namespace].append(service)
    return {**index}


def _gateways_by_name(graph: ResourceGraph) -> dict[tuple[str, str | None, str], Resource]:
    return {(graph.scope(one).cluster, one.namespace, one.name): one for one in graph.of_type(GATEWAY)}
