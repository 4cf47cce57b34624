"""From which namespaces routes and ListenerSets may attach.

Labels of a Namespace that is not in the manifests are unknown, but for its name: the API server sets `kubernetes.io/metadata.name`
(Kubernetes 1.22, KEP-2161). Source of the rules: Gateway API 1.6, `apis/v1/gateway_types.go` (RouteNamespaces, ListenerNamespaces).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.selectors import keys_of_label_selector, matches_label_selector, may_match_label_selector
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.decisions import Decision
from k8slblint.traffic.attachment.listeners import NamespaceRule

NAME_LABEL = "kubernetes.io/metadata.name"

_SET_AT_RUN_TIME = (
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/",
    "field.cattle.io/",
)
"""Labels that deployers add to what they apply (Flux, Argo CD, Rancher): a Namespace may have them without saying so."""

UNSTATED = Unknown("a route, ListenerSet or Gateway does not state its namespace")

_DEFAULT = "default"


def admits_namespace(rule: NamespaceRule, holder: Resource, guest: Resource, graph: ResourceGraph) -> Decision:
    """Tell whether a guest (a route, a ListenerSet) may attach by its namespace to the object that holds the rule."""
    if rule.origin == "All":
        return True
    if rule.origin == "None":
        return False
    if rule.origin == "Same":
        return is_same_namespace(holder, guest)
    if rule.origin != "Selector":
        return Unknown(f"the namespaces that {holder.id} allows contain a placeholder or are not valid")
    if rule.selector is None or has_placeholder(rule.selector):
        return Unknown(f"the selector of namespaces in {holder.id} is missing or contains a placeholder")
    return _is_selected(rule.selector, guest, graph)


def is_same_namespace(one: Resource, other: Resource) -> Decision:
    """Tell whether two objects are deployed to one namespace; unknown where only one of them states it."""
    if one.namespace == other.namespace and states_namespace(one) == states_namespace(other):
        return True
    if not (states_namespace(one) and states_namespace(other)):
        return UNSTATED
    if has_placeholder(one.namespace) or has_placeholder(other.namespace):
        return Unknown("a namespace contains a placeholder")
    return False


def states_namespace(resource: Resource) -> bool:
    """Tell whether a manifest, or who deploys it, states the namespace of an object."""
    return resource.get("metadata", "namespace") is not None or resource.namespace != _DEFAULT


def _is_selected(selector: Mapping[str, Any], guest: Resource, graph: ResourceGraph) -> Decision:
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        return True
    name = guest.namespace
    if name is None or not states_namespace(guest) or has_placeholder(name):
        return UNSTATED
    written = namespaces_of(guest, graph)
    answers = {_matches(selector, one.labels, name, is_whole=True) for one in written} or {_matches(selector, {}, name, is_whole=False)}
    answer = answers.pop()
    if answer is None or answers:
        return Unknown(
            f"the labels of namespace '{name}' are not in the manifests"
            if not written
            else f"the labels of namespace '{name}' may differ at run time"
        )
    return answer


def _matches(selector: Mapping[str, Any], labels: Mapping[str, Any], name: str, *, is_whole: bool) -> bool | None:
    if has_placeholder(labels):
        return None
    known = {**labels, NAME_LABEL: name}
    missing = keys_of_label_selector(selector) - known.keys()
    if not is_whole or any(key.startswith(_SET_AT_RUN_TIME) for key in missing):
        return may_match_label_selector(selector, known)
    return matches_label_selector(selector, known)


def namespaces_of(guest: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the Namespace of an object, as often as a tree writes it."""
    return graph.derived(_namespaces).get((graph.scope(guest).cluster, guest.namespace), ())


def _namespaces(graph: ResourceGraph) -> dict[tuple[str, str | None], list[Resource]]:
    found: dict[tuple[str, str | None], list[Resource]] = defaultdict(list)
    for namespace in graph.of_type("Namespace"):
        found[graph.scope(namespace).cluster, namespace.name].append(namespace)
    return found
