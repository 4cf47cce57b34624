"""Words in Pod templates that the API server takes in one spelling only, and restart policies that a workload may not have.

Sources: Kubernetes 1.37, `pkg/apis/core/validation/validation.go` (supportedPullPolicies, supportedPortProtocols, validateRestartPolicy,
validateDNSPolicy, supportedHTTPSchemes), `pkg/apis/apps/validation/validation.go` (ValidatePodTemplateSpecForReplicaSet: Always only),
`pkg/apis/batch/validation/validation.go` (validateJobSpec: OnFailure or Never).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import listed, quoted

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_SCHEMES = ("HTTP", "HTTPS")
_OF_PODS: Mapping[str, Sequence[str]] = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_RESTARTED = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")
_REFUSED = "The API server refuses the object, so that it has no Pods."


def pod_value_problems(resource: Resource) -> Iterator[Problem]:
    """Yield words that are right but for their case, and restart policies that the kind of a workload may not have."""
    template = resource.pod_template_path
    if template is None or not isinstance(resource.get(*template, "spec", "containers"), list):
        return
    spec = (*template, "spec")
    for path, value, known in _words(resource, spec):
        right = next((one for one in known if one.lower() == value.lower()), None) if isinstance(value, str) else None
        if right is not None and right != value:
            yield _misspelt(resource, path, str(value), right)
    yield from _restarts(resource, (*spec, "restartPolicy"))


def _words(resource: Resource, spec: Path) -> Iterator[tuple[Path, Any, Sequence[str]]]:
    for field, known in _OF_PODS.items():
        yield (*spec, field), resource.get(*spec, field), known
    for group in ("containers", "initContainers"):
        for index, container in enumerate(resource.sequence(*spec, group)):
            if isinstance(container, dict):
                yield from _words_of_container(container, (*spec, group, index))


def _words_of_container(container: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any, Sequence[str]]]:
    yield (*path, "imagePullPolicy"), container.get("imagePullPolicy"), _PULL_POLICIES
    ports = container.get("ports")
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        if isinstance(port, dict):
            yield (*path, "ports", index, "protocol"), port.get("protocol"), _PROTOCOLS
    for probe in _PROBES:
        held = container.get(probe)
        request = held.get("httpGet") if isinstance(held, dict) else None
        if isinstance(request, dict):
            yield (*path, probe, "httpGet", "scheme"), request.get("scheme"), _SCHEMES


def _misspelt(resource: Resource, path: Path, value: str, right: str) -> Problem:
    field = path[-1]
    return Problem(
        path=path,
        headline=f"{resource.id} has `{field}` {quoted(value)}, which is not valid",
        label=f"the case counts: {right}",
        why=_REFUSED,
        help=f"Write `{field}: {right}`.",
    )


def _restarts(resource: Resource, path: Path) -> Iterator[Problem]:
    value = resource.get(*path)
    allowed = ("Always",) if resource.kind in _RESTARTED else ("OnFailure", "Never") if resource.kind in ("Job", "CronJob") else ()
    if allowed and value in _OF_PODS["restartPolicy"] and value not in allowed:
        yield Problem(
            path=path,
            headline=f"{resource.id} has `restartPolicy` {quoted(value)}, which a {resource.kind} cannot have",
            label=f"only {listed(allowed, 'or')}",
            why=_REFUSED,
            help=f"Write {listed([f'`{one}`' for one in allowed], 'or')}, or leave the field out."
            if len(allowed) == 1
            else "Write `OnFailure` or `Never`.",
        )
