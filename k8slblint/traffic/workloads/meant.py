"""Which workload a Service without Pods was probably meant to select: near misses by name, labels, spelling and namespace."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from k8slblint.catalog import pods
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.graph.relations.owner_references import controller_of
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_HOOK = "helm.sh/hook"

_PASSING_KINDS = ("Job.batch", "CronJob.batch", "PodTemplate")
"""Workloads whose Pods are no servers as a rule."""

_ALIKE = 0.8

_DIGITS = pattern(r"[0-9]+")

_Trait: TypeAlias = tuple[str, ...]
"""What a workload may have in common with a Service: `(what, text)` or `(what, key, text)`."""


class Meant(NamedTuple):
    """A workload that a Service was most likely meant to select, where its labels stand, and in words how they miss."""

    workload: Resource
    path: Path
    how: str


def meant_by(service: Resource, graph: ResourceGraph) -> Meant | None:
    """Return the workload that a Service which selects no Pods was meant to select, where one stands out.

    It carries the labels on itself instead of its Pods, or it has the name of the Service or no Service at all and misses by one
    label, by the spelling of a value, or by the key.
    """
    selector = service.mapping("spec", "selector")
    found: list[tuple[int, Meant]] = []
    for workload in _candidates(service, graph):
        rank_and_how = _relation(service, selector, workload, graph)
        if rank_and_how and is_near(service, workload):
            found.append((rank_and_how[0], Meant(workload, _labels_path(workload), rank_and_how[1])))
    if found:
        best = min(rank for rank, _ in found)
        return next(meant for rank, meant in found if rank == best)
    return _in_another_namespace(service, graph)


def is_near(service: Resource, workload: Resource) -> bool:
    """Tell whether two resources of one namespace belong together: both name it, or their files stand in one folder or below it."""
    if service.path == workload.path:
        return True
    if all(one.get("metadata", "namespace") is not None for one in (service, workload)):
        return True
    folders = [os.path.dirname(one.path) for one in (service, workload)]
    return any(f"{one}/".startswith(f"{other}/") for one, other in (folders, folders[::-1]))


def _relation(service: Resource, selector: Mapping[str, Any], workload: Resource, graph: ResourceGraph) -> tuple[int, str] | None:
    """Return how strongly and how the Pods of a workload miss a selector, or None where they have nothing to do with it."""
    labels = pod_labels(workload)
    if workload.kind != "Pod" and matches_labels(selector, workload.labels):
        return 0, "has these labels itself, but its Pods do not"
    is_namesake = workload.name == service.name
    if (not is_namesake or may_be_alias(service, labels, graph)) and _is_selected(workload, graph):
        return None
    differing = [key for key, value in selector.items() if labels.get(key) != value]
    if len(differing) == 1 and (is_namesake or _stand_together(service, workload, graph)):
        return _relation_by_one(differing[0], selector, labels, is_namesake=is_namesake)
    if is_namesake and not any(_is_set_at_run_time(key, selector[key], labels) for key in differing):
        return 3, f"has the Service's name, but its Pods have {in_words(labels)}"
    return None


def may_be_alias(service: Resource, labels: Mapping[str, Any], graph: ResourceGraph) -> bool:
    """Tell whether a Service of a chart that nobody is known to deploy selects by other keys: perhaps the Pods of a proxy elsewhere."""
    return graph.why_object_is_spared(service) == "defaults" and not any(key in labels for key in service.mapping("spec", "selector"))


def _relation_by_one(key: str, selector: Mapping[str, Any], labels: Mapping[str, Any], *, is_namesake: bool) -> tuple[int, str] | None:
    value = selector[key]
    if _is_set_at_run_time(key, value, labels):
        return None
    written = labels.get(key)
    if isinstance(written, str) and isinstance(value, str) and _are_alike(written, value):
        return 1, f"has Pods with '{key}: {written}'"
    other = next((name for name, text in labels.items() if text == value and name not in selector), None)
    if other is not None and isinstance(value, str):
        return 1, f"has Pods with '{other}: {value}', not '{key}: {value}'"
    if len(selector) > 1 and (is_namesake or not _differ_in_digits(written, value)):
        lacks = f"'{key}: {written}'" if key in labels else f"the other labels, but not '{key}'"
        return 2, f"has Pods with {lacks}"
    return (3, f"has the Service's name, but its Pods have {in_words(labels)}") if is_namesake else None


def _is_set_at_run_time(key: str, value: object, labels: Mapping[str, Any]) -> bool:
    return pods.controller_of_label(key) is not None or (key not in labels and pods.is_role(key, value))


def _stand_together(service: Resource, workload: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two resources stand in one file or unit, or in one folder; the files of a sample may be alternatives."""
    if service.path == workload.path:
        return True
    return os.path.dirname(service.path) == os.path.dirname(workload.path) and graph.scope(service).division != "sample"


def _are_alike(one: str, other: str) -> bool:
    """Tell whether one text is likely the other misspelt; numbers that differ are meant to."""
    if _differ_in_digits(one, other):
        return False
    from difflib import SequenceMatcher  # few selectors select nothing

    return one.casefold() == other.casefold() or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _differ_in_digits(one: object, other: object) -> bool:
    return one != other and _DIGITS.sub("0", str(one)) == _DIGITS.sub("0", str(other))


def _in_another_namespace(service: Resource, graph: ResourceGraph) -> Meant | None:
    """Return the only workload of the same file or unit that carries the labels, in another namespace, without a Service of its own."""
    if service.get("metadata", "namespace") is None or graph.may_be_of_release(service.namespace, service):
        return None
    selector = service.mapping("spec", "selector")
    cluster = graph.scope(service).cluster
    found = [
        workload
        for workload in graph.derived(_workloads_by_file).get((cluster, service.path), ())
        if workload.namespace != service.namespace
        and workload.get("metadata", "namespace") is not None
        and matches_labels(selector, pod_labels(workload))
        and not graph.may_be_of_release(workload.namespace, workload)
    ]
    if len(found) != 1 or _is_selected(found[0], graph):
        return None
    return Meant(found[0], ("metadata", "namespace"), f"has them, but runs in namespace '{found[0].namespace}'")


def _labels_path(workload: Resource) -> Path:
    template = workload.pod_template_path or ()
    return (*template, "metadata", "labels") if workload.get(*template, "metadata", "labels") is not None else ()


def in_words(labels: Mapping[str, Any]) -> str:
    """Return labels as a message shows them."""
    shown = [f"{key}: {value}" for key, value in labels.items()]
    return f"'{', '.join(shown[:4])}{', ...' if len(shown) > 4 else ''}'" if shown else "no labels"  # noqa: PLR2004 - a line's worth


def _candidates(service: Resource, graph: ResourceGraph) -> list[Resource]:
    """Return the workloads of a Service's namespace that share with it a name, a label of their own, a value, or nearly a value."""
    index = graph.derived(_servers)
    where = graph.scope(service).cluster, service.namespace
    wanted: list[_Trait] = [("name", service.name)]
    for key, value in service.mapping("spec", "selector").items():
        wanted += [("own", key, str(value)), ("value", str(value)), *_spellings(key, value)]
    found = {id(workload): workload for trait in wanted for workload in index.get((*where, trait), ())}
    return sorted(found.values(), key=lambda workload: workload.order)


def _servers(graph: ResourceGraph) -> dict[tuple[str, str | None, _Trait], list[Resource]]:
    """Return by cluster, namespace and trait the workloads whose Pods may serve."""
    index: dict[tuple[str, str | None, _Trait], list[Resource]] = defaultdict(list)
    for workload in graph.of_type(*(kind for kind in WORKLOAD_KINDS if kind not in _PASSING_KINDS)):
        if _HOOK in workload.annotations or controller_of(workload, graph) is not None:
            continue
        traits: list[_Trait] = [("name", workload.name)]
        traits += [("own", key, str(value)) for key, value in workload.labels.items()]
        for key, value in pod_labels(workload).items():
            traits += [("value", str(value)), *_spellings(key, value)]
        cluster = graph.scope(workload).cluster
        for trait in dict.fromkeys(traits):
            index[cluster, workload.namespace, trait].append(workload)
    return index


def _spellings(key: str, value: object) -> Iterator[_Trait]:
    """Yield the value of a label with no or one letter left out; two values that differ by a slip or two share one of them."""
    text = str(value).casefold()
    yield "spelt", key, text
    for index in range(len(text)):
        yield "spelt", key, text[:index] + text[index + 1 :]


def _is_selected(workload: Resource, graph: ResourceGraph) -> bool:
    return id(workload) in graph.derived(_selected_workloads)


def _selected_workloads(graph: ResourceGraph) -> frozenset[int]:
    return frozenset(id(workload) for service in graph.of_type("Service") for workload in _workloads(service, graph))


def _workloads(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    answer = workloads_of(service, graph)
    return answer.value if isinstance(answer, Found) else ()


def _workloads_by_file(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    index: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        index[graph.scope(workload).cluster, workload.path].append(workload)
    return index
