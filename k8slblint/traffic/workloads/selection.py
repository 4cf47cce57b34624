"""Where the Pods of a Service come from: manual endpoints, labels set at run time, creators that are not workloads.

Sources: Kubernetes API reference 1.37 (Service, StatefulSet, EndpointSlice); what operators and controllers make and label is in
`catalog.pods`.
"""

import os
from collections import defaultdict
from collections.abc import Sequence

from k8slblint.catalog import pods
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ENDPOINTS
from k8slblint.graph.relations.ordinals import is_pod_of, is_scaled, ordinals_of
from k8slblint.graph.relations.workloads import endpoint_slices_of, workloads, workloads_beside, workloads_of
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.workloads.meant import is_near


def is_served_otherwise(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a Service has endpoints that no selector makes: an alias, written by hand, or of other clusters."""
    if service.get("spec", "type") == "ExternalName" or not service.mapping("spec", "selector"):
        return True
    if pods.mesh_of_annotation(service.annotations) or endpoint_slices_of(service, graph):
        return True
    return graph.named(graph.scope(service).cluster, ENDPOINTS, service.namespace, service.name) is not None


def selects_by_runtime_labels(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the Pods of a workload beside a Service carry its selector once Kubernetes has set the labels that it sets itself."""
    selector = service.mapping("spec", "selector")
    written = {key: value for key, value in selector.items() if pods.controller_of_label(key) is None}
    if len(written) == len(selector):
        return False
    pod_name = selector.get(pods.pod_name_label())
    return any(
        (not written or matches_labels(written, pod_labels(workload))) and (pod_name is None or is_pod_of(workload, pod_name))
        for workload in workloads_beside(service, graph)
    )


def pod_beyond_replicas(service: Resource, graph: ResourceGraph) -> tuple[Resource, int, int] | None:
    """Return the StatefulSet of the one Pod that a Service selects by name, and its first and last ordinal, where it has no such Pod."""
    pod_name = service.get("spec", "selector", pods.pod_name_label())
    for workload in workloads_beside(service, graph) if isinstance(pod_name, str) else ():
        span = ordinals_of(workload)
        if span is None or is_scaled(workload, graph) or not is_pod_of(workload, pod_name):
            continue
        if not span[0] <= int(pod_name.rpartition("-")[2]) <= span[1]:
            return workload, *span
    return None


def why_pods_may_be_elsewhere(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why the Pods of a Service may be made by what is not among the manifests, or None where nothing speaks for it."""
    cluster = graph.scope(service).cluster
    reason = graph.why_incomplete(cluster, service.namespace) or _why_role_may_be_set(service, graph)
    if reason:
        return reason
    beside = workloads_beside(service, graph)
    if not beside:
        return f"no workload of namespace '{service.namespace}' is among the manifests"
    printed = graph.derived(_files_of_workloads).get(service.path, set())
    if service.provenance is not None and service.provenance.has_silent_workload(printed):
        return "workloads of its chart are only rendered with other values"
    maker = maker_of_objects(cluster, service.namespace, graph)
    if maker:
        return f"{maker.id} may create the Pods"
    if graph.scope(service).division == "sample" and not any(workload.path == service.path for workload in beside):
        return "the samples in this folder may be independent of each other"
    return None


def _files_of_workloads(graph: ResourceGraph) -> dict[str, set[str]]:
    """Return by file or rendered set the files that its workloads are written in."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in workloads(graph):
        found[one.path].add(one.written_in)
    return found


def is_of_bundle(resource: Resource) -> bool:
    """Tell whether an object is rendered for the bundle of an operator, in which `operator-sdk generate bundle` writes no namespaces.

    Source: operator-sdk 1.39, `internal/cmd/operator-sdk/generate/internal/manifests.go` (`removeNamespace`); its layout of projects has
    the kustomization of the bundle in `config/manifests`.
    """
    return resource.provenance is not None and "/config/manifests/" in f"/{resource.path}/"


def maker_of_objects(cluster: str, namespace: str | None, graph: ResourceGraph) -> Resource | None:
    """Return the first resource that has an operator or a deployer create objects in a namespace that no manifest shows, or None."""
    made = graph.derived(_makers)
    return made.get((cluster, namespace)) or made.get((cluster, None))


def operator_of_selector(service: Resource, graph: ResourceGraph) -> str | None:
    """Return in words who makes the Pods that a selector names, or sets its labels at run time, or None.

    Of a label that a workload beside the Service writes itself, nobody else has to.
    """
    written = [pod_labels(workload) for workload in workloads_beside(service, graph)]
    for key, value in service.mapping("spec", "selector").items():
        if any(labels.get(key) == value for labels in written):
            continue
        product = pods.operator_of_label(key, value)
        if product:
            return f"label '{key}' is set by {product}"
        if pods.is_of_control_plane(key, value):
            return f"Pods with '{key}: {value}' are part of the cluster itself"
    return None


def _why_role_may_be_set(service: Resource, graph: ResourceGraph) -> str | None:
    """Return which workload's Pods may carry a selector once the one that leads has labelled itself, or None.

    Where no other label tells whose Pods are meant, these must look as if they elect a leader.
    """
    selector = service.mapping("spec", "selector")
    others = {key: value for key, value in selector.items() if not pods.is_role(key, value)}
    if len(others) == len(selector):
        return None
    from k8slblint.traffic.workloads.elections import elects  # few Services select by a role

    members = (one for one in workloads_beside(service, graph) if (matches_labels(others, pod_labels(one)) if others else elects(one)))
    member = next(members, None)
    return f"the Pods of {member.id} may label themselves with their role" if member else None


def selected_beside(service: Resource, workloads: Sequence[Resource], graph: ResourceGraph) -> list[Resource]:
    """Return those of the selected workloads that are deployed with a Service: one of each identity.

    Where nothing tells that all files are deployed together, the workloads of the Service's own file stand for all, or else those of its
    folder: a tree may hold several versions of one application.
    """
    near = [list(workloads)]
    if graph.scope(service).division in ("none", "sample"):
        folder = os.path.dirname(service.path)
        near = [
            [workload for workload in workloads if workload.path == service.path],
            [workload for workload in workloads if os.path.dirname(workload.path) == folder],
            *near,
        ]
    chosen = next((group for group in near if group), [])
    return list({workload.key: workload for workload in reversed(chosen)}.values())[::-1]


def belong_together(service: Resource, workloads: Sequence[Resource], graph: ResourceGraph) -> bool:
    """Tell whether a Service and the workloads that it selects are certain to be deployed together, and are all there are."""
    scope = graph.scope(service)
    if not graph.is_complete(scope.cluster):
        return False
    return scope.division in ("stated", "named") or all(is_near(service, workload) for workload in workloads)


def have_neighbours_pods(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether nearly all other Services of a file have their Pods among the manifests, so that those of one were forgotten."""
    found, missing = graph.derived(_counts_of_files)[service.path]
    return found >= _MANY and found >= _MANY * missing


_MANY = 5


def _counts_of_files(graph: ResourceGraph) -> dict[str, tuple[int, int]]:
    """Return by file how many of its Services with a selector select Pods, and how many select none."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for service in graph.of_type("Service"):
        if service.mapping("spec", "selector"):
            has_pods = isinstance(workloads_of(service, graph), Found)
            found, missing = counts[service.path]
            counts[service.path] = (found + has_pods, missing + (not has_pods))
    return counts


def _only_namespace(deployer: Resource) -> str | None:
    """Return the only namespace into which a deployer brings Pods; None where it may be any, as for what deploys deployers in its turn."""
    if deployer.kind in ("HelmRelease", "HelmChart"):
        own = deployer.namespace if deployer.kind == "HelmRelease" else None  # HelmCharts are all in one namespace
        stated = deployer.get("spec", "targetNamespace", default=own)
        return stated if isinstance(stated, str) else None
    stated = deployer.get("spec", "destination", "namespace") if deployer.kind == "Application" else None
    is_only = isinstance(stated, str) and stated not in ("", deployer.namespace) and not has_placeholder(stated)
    return stated if is_only else None


def _makers(graph: ResourceGraph) -> dict[tuple[str, str | None], Resource]:
    """Return by cluster and namespace the first resource that makes Pods, with namespace None what may make them anywhere."""
    makers = pods.pod_makers()
    is_rendered = any(resource.provenance is not None for resource in graph.resources)
    unseen = makers.deployers if is_rendered else makers.deployers | makers.followed
    index: dict[tuple[str, str | None], Resource] = {}
    for resource in graph.resources:
        cluster = graph.scope(resource).cluster
        if resource.type_name in unseen:
            index.setdefault((cluster, _only_namespace(resource)), resource)
        elif resource.group in makers.by_group or resource.type_name in makers.by_kind:
            index.setdefault((cluster, resource.namespace), resource)
    return index
