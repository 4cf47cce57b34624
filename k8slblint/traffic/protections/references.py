"""The objects that annotations name: middlewares of Traefik, plugins of Kong, policies of F5 NGINX, configurations of GKE.

Sources: traefik/traefik fd5a576d pkg/provider/kubernetes/crd/kubernetes.go (`makeID`: `namespace-name@kubernetescrd`);
Kong/kubernetes-ingress-controller 1fa68f86 internal/annotations/annotations.go (`ExtractNamespacedKongPluginsFromAnnotations`:
`namespace:name`); nginx/kubernetes-ingress 0eb3072d internal/configs/annotations.go (`namespace/name`); kubernetes/ingress-gce acbcf5d6
pkg/annotations/service.go (`BackendConfigs`: JSON).
"""

import json
from collections.abc import Iterator, Mapping

from k8slblint.catalog.protections import ObjectReference, protecting_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.traffic.protections.forms import Doubt, Finding
from k8slblint.traffic.protections.objects import missing, of_object

_MOST_NAMES = 64

_LONGEST = 4000

OWN_PROVIDER = "kubernetescrd"
"""The provider of Traefik whose names are those of objects."""

JOINED = "namespace-name@provider"
"""How Traefik's annotations write the name of an object."""


class WrittenName(NamedTuple):
    """A name in an annotation as it is written, and the namespace and name that it means; both None for another than an object's name."""

    text: str
    namespace: str | None
    name: str


def of_reference(reference: ObjectReference, text: str, holder: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what the objects protect that an annotation of a resource names."""
    if has_placeholder(text) or len(text) > _LONGEST:
        yield Doubt(f"`{reference.key}` contains a placeholder")
        return
    found = list(_named(reference, text, holder, graph))
    for one in dict.fromkeys(found):
        yield from of_object(one, graph) if isinstance(one, Resource) else (one,)


def _named(reference: ObjectReference, text: str, holder: Resource, graph: ResourceGraph) -> Iterator[Resource | Doubt]:
    cluster = graph.scope(holder).cluster
    for written in _texts(reference, text)[:_MOST_NAMES]:
        if reference.written == JOINED:
            name, _, provider = written.partition("@")
            found = by_joined_name(graph).get((cluster, name)) if provider == OWN_PROVIDER else None
        else:
            read = _read(reference, written, holder)
            found = next((one for kind in reference.kinds if (one := _look_up(cluster, kind, read, graph)) is not None), None)
        yield nearest_twin(found, holder, graph) if found is not None else missing(reference.kinds[0].partition(".")[0], written)


def names_in(reference: ObjectReference, text: str, holder: Resource) -> list[WrittenName]:
    """Return the names in an annotation; one that is written joined is of no namespace."""
    if has_placeholder(text) or len(text) > _LONGEST:
        return []
    texts = _texts(reference, text)[:_MOST_NAMES]
    return [WrittenName(one, None, one) if reference.written == JOINED else _read(reference, one, holder) for one in texts]


def _texts(reference: ObjectReference, text: str) -> list[str]:
    if reference.written != "json":
        return [name.strip() for name in text.split(",") if name.strip()]
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    ports = content.get("ports") if isinstance(content, dict) else None
    values = (*(ports.values() if isinstance(ports, dict) else ()), content.get("default")) if isinstance(content, dict) else ()
    return [value for value in values if isinstance(value, str)] or [text]


def _read(reference: ObjectReference, written: str, holder: Resource) -> WrittenName:
    sign = "/" if reference.written == "namespace/name" else ":"
    namespace, found, name = written.partition(sign)
    return WrittenName(written, namespace, name) if found else WrittenName(written, holder.namespace, written)


def _look_up(cluster: str, kind: str, name: WrittenName, graph: ResourceGraph) -> Resource | None:
    return graph.named(cluster, kind, None if kind in CLUSTER_SCOPED_KINDS else name.namespace, name.name)


def by_joined_name(graph: ResourceGraph) -> Mapping[tuple[str, str], Resource]:
    """Return the objects that may be named with their namespace in front, by cluster and that name."""
    return graph.derived(_by_joined_name)


def _by_joined_name(graph: ResourceGraph) -> dict[tuple[str, str], Resource]:
    kinds = [kind for kind in protecting_kinds() if kind.startswith("Middleware.")]
    return {(graph.scope(one).cluster, f"{one.namespace}-{one.name}"): one for one in reversed(graph.of_type(*kinds))}
