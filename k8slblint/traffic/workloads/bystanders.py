"""Workloads whose Pods a Service selects beside those that serve it, although nothing in them listens.

Sources: Kubernetes 1.37, `staging/src/k8s.io/endpointslice/utils.go` ShouldPodBeInEndpoints and `pkg/api/v1/pod/util.go` (every Pod that
matches the selector, has an address and is neither Succeeded nor Failed is an endpoint, ready once its containers are: at once without a
readiness probe; a `targetPort` that is a number needs no declaration, a name does); Helm 4, "Chart Hooks".
"""

from typing import Any

from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder, parts_of
from k8slblint.model.resource import Resource
from k8slblint.traffic.workloads.target_ports import mentions_port

_FINISHING = ("Job", "CronJob")

_HOOK = "helm.sh/hook"

_BESIDE_SERVERS = ("post-install", "upgrade", "rollback")
"""Hooks that run while a release serves; before its installation and after its removal nothing does, and tests are meant to be run."""

_BACKGROUND = pattern(r"(?<![a-z])(?:workers?|celery|sidekiq|consumers?|schedulers?|cron|beat|queues?)(?![a-z])")
"""What people call what takes its work from a queue or a clock."""


def runs_to_completion(workload: Resource) -> bool:
    """Tell whether the Pods of a workload do something once and are gone then."""
    return workload.kind in _FINISHING


def listens_to_nothing(workload: Resource, number: int) -> bool:
    """Tell whether nothing in the Pods of a workload listens on a port, as far as manifests can tell.

    They declare no port, have no readiness probe, and mention the number nowhere. What does not run to completion says besides that it
    works in the background, by its name or by the command that it is given: of another, only the list of ports may be missing.
    """
    template = workload.pod_template_path or ()
    containers = [one for one in workload.sequence(*template, "spec", "containers") if isinstance(one, dict)]
    every = [*containers, *(one for one in workload.sequence(*template, "spec", "initContainers") if isinstance(one, dict))]
    if not containers or any(one.get("ports") or one.get("readinessProbe") for one in every) or mentions_port(workload, number):
        return False
    if has_placeholder(containers) or workload.get("spec", "replicas") == 0:
        return False
    if runs_to_completion(workload):
        hook = workload.get("metadata", "annotations", _HOOK)
        return hook is None or any(time in str(hook) for time in _BESIDE_SERVERS)
    return _works_in_background(workload, containers)


def _works_in_background(workload: Resource, containers: list[dict[str, Any]]) -> bool:
    said = [workload.name, *parts_of([one.get(field) for one in containers for field in ("command", "args")])]
    return any(isinstance(part, str) and _BACKGROUND.search(part.casefold()) for part in said)
