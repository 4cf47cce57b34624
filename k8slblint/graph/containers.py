"""The Pods of a workload: their labels, their containers, and what these run and declare.

Source: Kubernetes API reference 1.37 (Pod: `initContainers` with `restartPolicy: Always` are native sidecars).
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.resource import Resource


def pod_labels(workload: Resource) -> dict[str, Any]:
    """Return the labels of the Pods that a workload makes: those of its template, with what its controller adds for a DeploymentConfig.

    Source: openshift/library-go `pkg/apps/appsutil` (DeploymentConfigLabel).
    """
    template = workload.pod_template or {}
    metadata = template.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    written: dict[str, Any] = labels if isinstance(labels, dict) else {}
    return {**written, "deploymentconfig": workload.name} if workload.kind == "DeploymentConfig" else written


def required_node_labels(workload: Resource) -> Iterator[str]:
    """Yield the labels that the nodes of a workload's Pods must have: those of `nodeSelector`, and of required node affinity."""
    spec = (*(workload.pod_template_path or ()), "spec")
    yield from map(str, workload.mapping(*spec, "nodeSelector"))
    terms = (*spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    for index in range(len(workload.sequence(*terms))):
        for expression in workload.sequence(*terms, index, "matchExpressions"):
            key = expression.get("key") if isinstance(expression, dict) else None
            if isinstance(key, str) and expression.get("operator") in ("In", "Exists"):
                yield key


_OF_ROLLOUTS = (
    ("canary", "canaryMetadata", "labels"),
    ("canary", "stableMetadata", "labels"),
    ("blueGreen", "previewMetadata", "labels"),
    ("blueGreen", "activeMetadata", "labels"),
)


def passing_pod_labels(workload: Resource) -> Iterator[dict[str, Any]]:
    """Yield the labels that some Pods of an Argo Rollout have for a while: while they are canary, stable, preview or an experiment.

    Source: argoproj/argo-rollouts 1.8 `rollout/experiment.go` (GetExperimentFromTemplate: labels of a step replace those of the template),
    `pkg/apis/rollouts/v1alpha1/types.go` (PodTemplateMetadata).
    """
    if workload.type_name != "Rollout.argoproj.io":
        return
    found = [workload.mapping("spec", "strategy", *path) for path in _OF_ROLLOUTS]
    for number in range(len(workload.sequence("spec", "strategy", "canary", "steps"))):
        step = ("spec", "strategy", "canary", "steps", number, "experiment", "templates")
        found += [workload.mapping(*step, one, "metadata", "labels") for one in range(len(workload.sequence(*step)))]
    usual = pod_labels(workload)
    yield from ({**usual, **labels} for labels in found if labels)


def containers_of(workload: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the containers that run beside each other in a Pod, each with its path: native sidecars (`restartPolicy: Always`) last."""
    yield from main_containers_of(workload)
    for path, container in _listed(workload, "initContainers"):
        if container.get("restartPolicy") == "Always":
            yield path, container


def main_containers_of(workload: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the containers of a Pod without its sidecars, each with its path: what the workload is there for."""
    yield from _listed(workload, "containers")


def images_of(workload: Resource) -> list[str]:
    """Return the images of the main containers of a Pod, as written."""
    return [str(container.get("image", "")) for _, container in main_containers_of(workload)]


def _listed(workload: Resource, group: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    template = workload.pod_template_path
    if template is None:
        return
    for index, container in enumerate(workload.sequence(*template, "spec", group)):
        if isinstance(container, dict):
            yield (*template, "spec", group, index), container


def container_port_of(workload: Resource, target: int | str) -> Path | None:
    """Return the path of the container port that a `targetPort` (number or name) means in a workload, or None.

    Native sidecars own ports too.
    """
    for path, container in containers_of(workload):
        ports = container.get("ports")
        for number, port in enumerate(ports if isinstance(ports, list) else ()):
            if isinstance(port, dict) and target in (port.get("containerPort"), port.get("name")):
                return (*path, "ports", number)
    return None
