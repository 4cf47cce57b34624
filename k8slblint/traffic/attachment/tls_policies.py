"""What keeps a BackendTLSPolicy from taking effect: no target, another policy for it, CA certificates that cannot be used.

Source: Gateway API 1.6, `apis/v1/backendtlspolicy_types.go` (of two policies for one target and section the older one is accepted, of the
same age the first by name; a policy of a section goes before one of the whole Service; `sectionName` is the name of a port).
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import BACKEND_TLS_POLICY
from k8slblint.graph.relations.backends import Backend
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.protocols import targets_of
from k8slblint.traffic.attachment.serving import readings_of_cluster
from k8slblint.traffic.backends.services import is_beside, service_behind


class Target(NamedTuple):
    """One target of a policy: where it is written, what it names, and the section (of a Service the name of a port), None for all."""

    policy: Resource
    path: Path
    group: str
    kind: str
    name: str
    section: str | None


class NoTarget(NamedTuple):
    """The Service is not there; `near` are names of others that were probably meant."""

    near: tuple[str, ...]


class NoSection(NamedTuple):
    """The Service has no port of this name; `names` are those that it has, `meant` that of the port whose number was written.

    `is_sure` tells that no controller is known to read it otherwise.
    """

    service: Resource
    names: tuple[str, ...]
    meant: str | None
    is_sure: bool


class Conflict(NamedTuple):
    """Another policy targets the same, and is accepted unless it is younger: it is first by name."""

    other: Target


TargetFault: TypeAlias = NoTarget | NoSection | Conflict


def target_faults(policy: Resource, graph: ResourceGraph) -> Iterator[tuple[Target, TargetFault]]:
    """Yield what is wrong with the targets of a policy; nothing of what only the cluster shows."""
    for target in _targets(policy):
        if not has_placeholder([target.name, target.section, policy.namespace]):
            fault = _missing(target, graph) or _conflict(target, graph)
            if fault is not None:
                yield target, fault


def _targets(policy: Resource) -> Iterator[Target]:
    for index, written in targets_of(policy):
        path: Path = ("spec", "targetRefs", index) if index is not None else ("spec", "targetRef")
        group, kind, name, section = (written.get(field) for field in ("group", "kind", "name", "sectionName"))
        if isinstance(group, str) and isinstance(kind, str) and isinstance(name, str):
            yield Target(policy, path, group, kind, name, section if isinstance(section, str) and section else None)


def _missing(target: Target, graph: ResourceGraph) -> NoTarget | NoSection | None:
    """Return why a target names nothing; of other kinds than Services that is not known."""
    if (target.group, target.kind) != ("", "Service"):
        return None
    policy = target.policy
    answer = service_behind(Backend(policy, target.path, policy.namespace, target.name, None), graph)
    if isinstance(answer, Absent):
        return NoTarget(answer.near)
    return _no_section(target, answer.value, graph) if isinstance(answer, Found) and target.section is not None else None


def _no_section(target: Target, service: Resource, graph: ResourceGraph) -> NoSection | None:
    ports: list[dict[str, Any]] = [one for one in service.sequence("spec", "ports") if isinstance(one, dict)]
    names = tuple(str(one["name"]) for one in ports if one.get("name") is not None)
    if target.section in names or has_placeholder(ports) or graph.patch_of(service) is not None:
        return None
    by_number = (one.get("name") for one in ports if str(one.get("port")) == target.section)
    meant = next((name for name in by_number if isinstance(name, str)), None)
    is_number = any(str(one.get("port")) == target.section for one in ports)
    readings = readings_of_cluster(target.policy, graph)
    if is_number and any(one.section_by_number for one in readings):
        return None
    return NoSection(service, names, meant, is_sure=not is_number or bool(readings))


def _conflict(target: Target, graph: ResourceGraph) -> Conflict | None:
    """Return the policy that goes before another one of the same target and section where both are of the same age."""
    policy = target.policy
    for other in graph.derived(_by_target).get(_key(target, graph), ()):
        is_other = other.policy.key != policy.key and is_beside(policy, other.policy, graph)
        if is_other and (other.policy.name, other.policy.path) < (policy.name, policy.path) and _may_meet(policy, other.policy, graph):
            return Conflict(other)
    return None


def _may_meet(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    return graph.scope(one).environment == graph.scope(other).environment


_Key: TypeAlias = tuple[str, str | None, str, str, str, str | None]


def _key(target: Target, graph: ResourceGraph) -> _Key:
    policy = target.policy
    return graph.scope(policy).cluster, policy.namespace, target.group, target.kind, target.name, target.section


def _by_target(graph: ResourceGraph) -> dict[_Key, list[Target]]:
    found: dict[_Key, list[Target]] = defaultdict(list)
    for policy in graph.of_type(BACKEND_TLS_POLICY):
        for target in _targets(policy):
            found[_key(target, graph)].append(target)
    return found
