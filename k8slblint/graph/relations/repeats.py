"""Which objects are written again with the identity of an earlier one, where both are applied.

Sources: kubectl 1.37, `pkg/cmd/apply/apply.go` (Run: every object in turn, so that the last one stays); kustomize 5.8,
`api/resmap/reswrangler.go` (Append: `may not add resource with an already registered id`); Helm 4, `pkg/kube/client.go` (Create fails for
what exists); argo-cd 3, `controller/state.go` (DeduplicateTargetObjects: the last one, condition RepeatedResourceWarning).
"""

import os
import re
from collections import defaultdict
from collections.abc import Sequence

from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import are_alike, is_live
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.graph.scopes.environments import environment_of_words
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.placeholders import has_placeholder, is_to_be_filled
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource

_HOOK = "helm.sh/hook"

_PAIR = 2
"""In more files than that, an object is one of several alternatives."""


class Repeat(NamedTuple):
    """An earlier object of the identity of another one; `is_whole` tells that both are in one file or one rendered set."""

    earlier: Resource
    is_whole: bool


def repeated_by(resource: Resource, graph: ResourceGraph) -> Repeat | None:
    """Return the object whose identity a resource repeats, or None.

    Both are in one file or rendered set, or in two files of one folder of plain manifests that are no alternatives of each other.
    """
    return graph.derived(_repeats).get(id(resource))


def _repeats(graph: ResourceGraph) -> dict[int, Repeat]:
    """Return what each object repeats, by its `id`: within a file or set the one before it, in another file the last one there."""
    repeats: dict[int, Repeat] = {}
    for several in _by_identity(graph).values():
        last: dict[str, Resource] = {}
        for resource in several:
            if resource.path in last:
                repeats[id(resource)] = Repeat(last[resource.path], is_whole=True)
            last[resource.path] = resource
        if len(last) == _PAIR:
            one, other = last.values()
            if id(other) not in repeats and not are_alike(one, other) and _are_applied_together(one, other, graph):
                repeats[id(other)] = Repeat(one, is_whole=False)
    return repeats


def _is_left_out(resource: Resource) -> bool:
    """Tell whether an identity says nothing: unknown names, objects of a live cluster, hooks, which Helm applies apart."""
    name, namespace = resource.get("metadata", "name"), resource.get("metadata", "namespace", default="")
    if not isinstance(name, str) or not isinstance(namespace, str) or not name:
        return True
    if is_to_be_filled(name) or has_placeholder(namespace):
        return True
    return resource.kind == HELM_VALUES or is_live(resource) or _HOOK in resource.annotations


def _identity(resource: Resource) -> tuple[object, ...]:
    """Return the identity as it is written: who leaves the namespace out may apply it to any."""
    return (*resource.key, resource.get("metadata", "namespace"))


def _by_identity(graph: ResourceGraph) -> dict[tuple[str, str, tuple[object, ...]], list[Resource]]:
    """Return the objects that are written several times, by cluster, folder and identity, in reading order."""
    found: dict[tuple[str, str, tuple[object, ...]], list[Resource]] = defaultdict(list)
    for resource in graph.derived(_named):
        found[graph.scope(resource).cluster, os.path.dirname(resource.path), _identity(resource)].append(resource)
    return {key: several for key, several in found.items() if len(several) > 1}


def _are_applied_together(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two plain files of a folder are applied together: each brings something else too, none is a variant.

    Files that have two objects in common are two ways to deploy one thing.
    """
    if one.provenance is not None or other.provenance is not None:
        return False
    if one.get("spec", "type") != other.get("spec", "type") or _are_variants_by_name(one.path, other.path):
        return False
    own = graph.derived(_by_path)
    first, second = own[one.path], own[other.path]
    common = first & second
    is_slip = len(common) < min(_PAIR, len(first), len(second))
    return is_slip and not _bring_their_own(one.path, other.path, graph)


def _bring_their_own(one: str, other: str, graph: ResourceGraph) -> bool:
    """Tell whether two files define Services of one name that stand for what each of the two runs itself: backends to choose from.

    `tracing` of `jaeger.yaml` and of `zipkin.yaml`. A Service that is called like what one of them runs was copied and not renamed.
    """
    of_files = graph.derived(_services_and_workloads)
    (services, runs), (others, of_other) = of_files[one], of_files[other]
    for key in services.keys() & others.keys():
        first, second = services[key], others[key]
        near, far = [_selected_of(first, where) for where in (runs, of_other)], [_selected_of(second, where) for where in (of_other, runs)]
        if near[0] and far[0] and not (near[1] or far[1]) and first.name not in {each.name for each in (*near[0], *far[0])}:
            return True
    return False


def _selected_of(service: Resource, workloads: Sequence[Resource]) -> list[Resource]:
    selector = service.mapping("spec", "selector")
    return [one for one in workloads if selector and one.namespace == service.namespace and matches_labels(selector, pod_labels(one))]


def _services_and_workloads(graph: ResourceGraph) -> dict[str, tuple[dict[tuple[object, ...], Resource], list[Resource]]]:
    """Return by file the Services that it defines, by identity, and the workloads."""
    found: dict[str, tuple[dict[tuple[object, ...], Resource], list[Resource]]] = defaultdict(lambda: ({}, []))
    for service in graph.of_type("Service"):
        found[service.path][0].setdefault(_identity(service), service)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        found[workload.path][1].append(workload)
    return found


def _are_variants_by_name(one: str, other: str) -> bool:
    """Tell whether one file is called like another with a word more or another word, or like an environment.

    `web.yaml` and `web-v2.yaml`, `store-east.yaml` and `store-west.yaml`, `prod.yaml`; not `web-service.yaml` and `web-deployment.yaml`.
    """
    stems = [os.path.basename(path).partition(".")[0].casefold() for path in (one, other)]
    if any(environment_of_words(stem, "") or _ALL_IN_ONE in stem for stem in stems):
        return True
    if stems[0].startswith(stems[1]) or stems[1].startswith(stems[0]):
        return True
    words = [re.split(r"[-_]", stem) for stem in stems]
    different = [pair for pair in zip(*words, strict=False) if pair[0] != pair[1]]
    return len(words[0]) == len(words[1]) > 1 == len(different) and _OF_KINDS.isdisjoint(different[0])


_ALL_IN_ONE = "all-in-one"
"""What a file is called that has the others of its folder in it."""

_OF_KINDS = frozenset({"service", "services", "svc", "deployment", "deployments", "deploy", "ingress", "route", "workload", "app", "all"})
"""Words that say which kinds a file has."""


def _by_path(graph: ResourceGraph) -> dict[str, set[tuple[object, ...]]]:
    found: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for resource in graph.derived(_named):
        found[resource.path].add(_identity(resource))
    return found


def _named(graph: ResourceGraph) -> tuple[Resource, ...]:
    return tuple(resource for resource in graph.resources if not _is_left_out(resource))
