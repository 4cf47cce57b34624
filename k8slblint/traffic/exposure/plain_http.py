"""Whether anything on the way to an Ingress may end TLS: the Ingress, its class, its controller, what is in front of it.

Sources: Kubernetes API reference 1.37 (IngressTLS); kubernetes-sigs/aws-load-balancer-controller 225f4456
`pkg/ingress/model_build_listener.go` (certificates of a class, of the members of a group); default certificates and tunnels are in
`catalogs/ingress-serving.json`, the annotations that decide about TLS in `catalogs/annotations/`.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog import services as annotations
from k8slblint.catalog.annotation_values import FALSE_IN_GO
from k8slblint.catalog.controllers import controllers_of_chart, controllers_of_image
from k8slblint.catalog.images import originals_of, repository_of
from k8slblint.catalog.ingress_groups import group_facts
from k8slblint.catalog.ingress_serving import tls_facts
from k8slblint.graph.containers import images_of, main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, WORKLOAD_KINDS
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import group_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.ingresses import class_parameters_of
from k8slblint.traffic.ownership.stated_settings import chart_of, value_at
from k8slblint.traffic.routing.tls_hosts import is_named_with_tls
from k8slblint.traffic.workloads.proxies import services_of_controller

_OF_TLS = ("tls", "mtls", "passthrough", "redirect")
"""Categories of annotations that ask for TLS, or show that requests come from what ended it."""

_SECURE_WORDS = ("https", "secure", "443", "tls", "ssl")
"""What is in the values of annotations about listeners that have TLS."""

_MOST_KEYS = 200


def may_have_tls(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether something that the manifests show ends TLS for an Ingress, or may do so."""
    if ingress.sequence("spec", "tls") or is_named_with_tls(ingress, graph):
        return True
    group = group_of(ingress, graph)
    if _asks_for_tls(ingress, graph) or (group is not None and group in graph.derived(_groups_with_tls)):
        return True
    cluster, owner = graph.scope(ingress).cluster, ownership_of(ingress, graph)
    settings = graph.derived(_clusters_with_tls)
    if (cluster, "") in settings:
        return True
    return any(
        name in tls_facts().by_itself or (cluster, name) in settings or _is_ended_before(cluster, name, graph) for name in owner.candidates
    )


def ends_tls_of_others(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether Ingresses of the same class and cluster have TLS entries, so that nothing in front of them ends it."""
    return (graph.scope(ingress).cluster, ownership_of(ingress, graph).class_name) in graph.derived(_classes_with_entries)


def _classes_with_entries(graph: ResourceGraph) -> frozenset[tuple[str, str | None]]:
    ending = [ingress for ingress in graph.of_type(*INGRESS_KINDS) if ingress.sequence("spec", "tls")]
    return frozenset((graph.scope(one).cluster, name) for one in ending if (name := ownership_of(one, graph).class_name) is not None)


def _groups_with_tls(graph: ResourceGraph) -> frozenset[tuple[str, str]]:
    asking = (ingress for ingress in graph.of_type(*INGRESS_KINDS) if _asks_for_tls(ingress, graph))
    return frozenset(group for ingress in asking if (group := group_of(ingress, graph)) is not None)


def _asks_for_tls(ingress: Resource, graph: ResourceGraph) -> bool:
    parameters = class_parameters_of(ingress, graph)
    if parameters is not None and parameters.get(*group_facts().certificates.class_field):
        return True
    return any(_is_of_tls(str(key), value) for key, value in list(ingress.annotations.items())[:_MOST_KEYS])


def _is_of_tls(key: str, value: object) -> bool:
    """Tell whether an annotation asks for TLS, a key that is switched off does not; of a prefix that is known in part, any key may."""
    if value in FALSE_IN_GO:
        return False
    if key in tls_facts().front_keys:
        return True
    known = catalog.lookup(key)
    if known is not None and known.category == "listener":
        return any(word in str(value).casefold() for word in _SECURE_WORDS)
    if known is not None and (known.category in _OF_TLS or not known.is_known_key):
        return True
    entry = annotations.find(key) if annotations.prefix_of(key) else None
    return entry is not None and entry.decides == "tls"


def _is_ended_before(cluster: str, controller: str, graph: ResourceGraph) -> bool:
    """Tell whether annotations of a controller's Services ask their load balancers for TLS; worked out once for each."""
    known = graph.derived(_none_yet)
    if (cluster, controller) not in known:
        services = services_of_controller(graph, cluster, controller)
        keys = (pair for service in services for pair in list(service.annotations.items())[:_MOST_KEYS])
        known[cluster, controller] = any(_is_of_tls(str(key), value) for key, value in keys)
    return known[cluster, controller]


def _none_yet(_: ResourceGraph) -> dict[tuple[str, str], bool]:
    return {}


def _clusters_with_tls(graph: ResourceGraph) -> frozenset[tuple[str, str]]:
    """Return by cluster the controllers that have a certificate for all hosts; `""` where a tunnel may lead to any of them."""
    return frozenset((graph.scope(resource).cluster, name) for resource in graph.resources for name in _with_tls(resource))


def _with_tls(resource: Resource) -> Iterator[str]:
    facts = tls_facts()
    if resource.type_name in WORKLOAD_KINDS:
        if any(not facts.front_images.isdisjoint(originals_of(repository_of(image))) for image in images_of(resource)):
            yield ""
        for _, container in main_containers_of(resource):
            yield from _told(container)
    chart, values = chart_of(resource)
    for name in controllers_of_chart(chart) if chart else ():
        if any(row.controller == name and row.value and value_at(values, row.value) for row in facts.default_certificates):
            yield name


def _told(container: dict[str, Any]) -> Iterator[str]:
    facts, image = tls_facts(), container.get("image")
    names = controllers_of_image(image) if isinstance(image, str) else ()
    if not names:
        return
    lists = (container.get(field) for field in ("command", "args"))
    texts = [text.casefold() for one in lists if isinstance(one, list) for text in one if isinstance(text, str)]
    for row in facts.default_certificates:
        if row.controller in names and any(text.startswith(row.argument) for text in texts):
            yield row.controller
    for controller, beginning, words in facts.entry_points:
        if controller in names and any(text.startswith(beginning) and any(word in text for word in words) for text in texts):
            yield controller
