"""Workloads whose Pods a Service selects beside those that serve it, although nothing in them listens on its port.

Sources: Kubernetes 1.37, `staging/src/k8s.io/endpointslice/utils.go` ShouldPodBeInEndpoints and `pkg/api/v1/pod/util.go` (every Pod that
matches the selector, has an address and is neither Succeeded nor Failed is an endpoint, ready once its containers are: at once without a
readiness probe; a `targetPort` that is a number needs no declaration, a name does); Helm 4, "Chart Hooks".
"""

from collections.abc import Sequence
from typing import Any

from k8slblint.catalog.images import repository_of
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import images_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder, parts_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.workloads.alternatives import are_deployed_together
from k8slblint.traffic.workloads.selection import selected_beside
from k8slblint.traffic.workloads.target_ports import (
    DeclaredPorts,
    TargetPort,
    declared_ports,
    mentions_port,
    serves_observers,
    serves_webhooks,
    target_ports,
)

_FINISHING = ("Job", "CronJob")

_HOOK = "helm.sh/hook"

_BESIDE_SERVERS = ("post-install", "upgrade", "rollback")
"""Hooks that run while a release serves; before its installation and after its removal nothing does, and tests are meant to be run."""

_BACKGROUND = pattern(r"(?<![a-z])(?:workers?|celery|sidekiq|consumers?|schedulers?|cron|beat|queues?)(?![a-z])")
"""What people call what takes its work from a queue or a clock."""


class Bystanders(NamedTuple):
    """The workloads that take requests for a port on which their Pods do not listen, and one that serves it."""

    idle: Sequence[Resource]
    server: Resource
    port: int


class _Pods(NamedTuple):
    """A workload that a Service selects, with the ports that its Pods declare."""

    workload: Resource
    declared: DeclaredPorts

    def declares(self, number: object) -> bool:
        """Tell whether a container lists a port."""
        return any(port.number == number for port in self.declared.ports)


def bystanders_of(service: Resource, graph: ResourceGraph) -> Bystanders | None:
    """Return the workloads that a Service selects by mistake, for the first of its ports that they do not serve; None where there are none.

    Only a number reaches them: Pods without a port of that name are no endpoints of it. Of a headless Service clients choose the port.
    """
    if service.get("spec", "type") == "ExternalName" or service.get("spec", "clusterIP") == "None":
        return None
    targets = [target for target in target_ports(service) if isinstance(target.target, int)]
    answer = workloads_of(service, graph) if targets else None
    if not isinstance(answer, Found) or len(answer.value) < _SEVERAL:
        return None
    selected = [(workload, declared_ports(workload)) for workload in selected_beside(service, answer.value, graph)]
    pods = [_Pods(workload, declared) for workload, declared in selected if declared is not None]
    if len(pods) < max(len(selected), _SEVERAL):
        return None
    return next(filter(None, (_beside_servers(target, pods, graph) for target in targets)), None)


_SEVERAL = 2


def _beside_servers(target: TargetPort, pods: Sequence[_Pods], graph: ResourceGraph) -> Bystanders | None:
    number = target.target
    servers = [one for one in pods if one.declares(number)]
    if not servers or not isinstance(number, int):
        return None
    others = [one for one in pods if not one.declares(number)]
    is_for_all = serves_observers(target.name) or any(
        serves_observers(port.name) for one in servers for port in one.declared.ports if port.number == number
    )
    idle = [
        one.workload
        for one in others
        if listens_to_nothing(one.workload, number) or (not is_for_all and _serves_something_else(one, number, servers, graph))
    ]
    return Bystanders(idle, servers[0].workload, number) if idle else None


def _serves_something_else(one: _Pods, number: int, servers: Sequence[_Pods], graph: ResourceGraph) -> bool:
    """Tell whether Pods are those of another application, which listens on other ports: another image, whose ports are all listed.

    Two releases of one application run one image. What a port of metrics or probes is for may be meant to reach everything.
    """
    workload = one.workload
    if not one.declared.is_whole or mentions_port(workload, number) or serves_webhooks(workload, number):
        return False
    if workload.get("spec", "replicas") == 0 or has_placeholder(images_of(workload)):
        return False
    own = _repositories(workload)
    return all(
        own.isdisjoint(_repositories(server.workload)) and are_deployed_together(workload, server.workload, graph) for server in servers
    )


def _repositories(workload: Resource) -> set[str]:
    return {repository_of(image).rpartition("/")[2] for image in images_of(workload)}


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
