"""What the Ingresses of one cloud load balancer disagree on, so that their controller stops at all of them.

Source: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/ingress/model_builder.go` (an error of one setting ends the model of the
whole group), `model_build_listener.go` (protocols, default backends); the settings are in `catalogs/ingress-groups.json`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.ingress_groups import GroupSetting, Steps, group_facts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import group_of
from k8slblint.traffic.balancers.member_settings import (
    Member,
    Said,
    field_of_class,
    listeners_of,
    member_of,
    parts_of_class,
    said_by,
    states,
)
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.ingresses import class_parameters_of, ingress_class_of
from k8slblint.traffic.workloads.alternatives import are_deployed_together

What: TypeAlias = Literal["setting", "protocol", "default-backend"]

Group: TypeAlias = tuple[str, str, str]
"""Cluster, name and environment: members of two environments are in two clusters."""


class Conflict(NamedTuple):
    """A setting on which a member disagrees with an earlier one of its group; `part` names which part of it, or which port.

    `size` is how many Ingresses the manifests show in the group.
    """

    what: What
    key: str
    said: Said
    other: Said
    member: Resource
    other_member: Resource
    group: str
    size: int
    part: str = ""


def group_conflicts(ingress: Resource, graph: ResourceGraph) -> Sequence[Conflict]:
    """Return what an Ingress is the first of its group to disagree on, by setting; worked out once for all groups."""
    return graph.derived(_by_member).get(id(ingress), ())


def _by_member(graph: ResourceGraph) -> dict[int, list[Conflict]]:
    found: dict[int, list[Conflict]] = defaultdict(list)
    for (_, name, _), members in _groups(graph).items():
        for conflict in _conflicts(members, name, graph) if len(members) > 1 else ():
            found[id(conflict.member)].append(conflict)
    return found


def _groups(graph: ResourceGraph) -> dict[Group, list[Member]]:
    groups: dict[Group, list[Member]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        group = group_of(ingress, graph) if ownership_of(ingress, graph).controller in group_facts().controllers else None
        member = _member(ingress, graph) if group is not None else None
        if group is not None and member is not None:
            groups[(*group, graph.scope(ingress).environment)].append(member)
    return {key: sorted(members, key=lambda member: member.order) for key, members in groups.items()}


def _member(ingress: Resource, graph: ResourceGraph) -> Member | None:
    """Return a member; None where its class names parameters that are not in the manifests: they may decide everything."""
    defined, parameters = ingress_class_of(ingress, graph), class_parameters_of(ingress, graph)
    if defined is not None and defined.mapping("spec", "parameters") and parameters is None:
        return None
    return member_of(ingress, parameters)


def _conflicts(members: Sequence[Member], group: str, graph: ResourceGraph) -> Iterator[Conflict]:
    listeners = [(member, ports) for member in members if (ports := listeners_of(member)) is not None]
    for setting in group_facts().settings:
        if _is_read(setting, members):
            yield from _found(_pairs_of(setting, members, listeners), "setting", setting.key, members, group, graph)
    yield from _found(_protocols(listeners), "protocol", group_facts().listen_ports, members, group, graph)
    yield from _found(_default_backends(members, listeners), "default-backend", "", members, group, graph)


class _Statement(NamedTuple):
    """What a member says of one part of a setting (`part`), or of a setting on one port."""

    part: str
    member: Member
    said: Said
    value: Any


def _found(
    statements: Iterable[_Statement], what: What, key: str, members: Sequence[Member], group: str, graph: ResourceGraph
) -> Iterator[Conflict]:
    """Yield the first disagreement: the controller stops there, and one value for all parts is mostly what is missing."""
    first: dict[str, _Statement] = {}
    for one in statements:
        chosen = first.setdefault(one.part, one)
        if chosen.value != one.value and are_deployed_together(chosen.member.ingress, one.member.ingress, graph):
            ends = (one.said, chosen.said, one.member.ingress, chosen.member.ingress)
            yield Conflict(what, key, *ends, group, len(members), one.part)
            return


def _is_read(setting: GroupSetting, members: Sequence[Member]) -> bool:
    if setting.without is not None and any(states(member, setting.without) for member in members):
        return False
    wanted = setting.with_key
    if wanted is None:
        return True
    texts = [member.ingress.annotations[wanted.key] for member in members if wanted.key in member.ingress.annotations]
    return bool(texts) and (not wanted.is_true or all(text == "true" for text in texts))


def _pairs_of(
    setting: GroupSetting, members: Sequence[Member], listeners: Sequence[tuple[Member, Mapping[int, str]]]
) -> Iterator[_Statement]:
    settled = _settled(members[0], setting.first_class_settles)
    if settled is None:
        return
    on_port = list(listeners) if setting.per_port else [(member, _NO_PORT) for member in members]
    is_stated = False
    for member, ports in on_port:
        for port, protocol in ports.items():
            if setting.per_port not in (None, "any", protocol):
                continue
            said = said_by(member, setting._replace(key=f"{setting.key}{protocol}-{port}") if setting.key_has_port else setting)
            if said is not None:
                is_stated = True
                yield from (_Statement(part, member, said, value) for part, value in _parts(setting, said, port) if part not in settled)
            elif setting.all_members and is_stated and setting.key not in member.ingress.annotations:
                yield _Statement("", member, Said(None, "", member.ingress, ()), None)


_NO_PORT: Mapping[int, str] = {0: ""}


def _settled(first: Member, field: Steps) -> frozenset[str] | None:
    """Return the parts that the class of the first member settles for all; None where it settles everything."""
    if not field or not field_of_class(first, field):
        return frozenset()
    parts = parts_of_class(first, field)
    return frozenset(parts) if parts else None


def _parts(setting: GroupSetting, said: Said, port: int) -> Iterator[tuple[str, Any]]:
    """Yield what is compared by itself: each part of a map, the setting of a port, or the value as a whole."""
    if setting.compare == "parts" and isinstance(said.value, dict):
        yield from ((f"port {port}: {part}" if setting.key_has_port else part, value) for part, value in said.value.items())
    elif setting.compare == "ports" and isinstance(said.value, dict):
        mode = said.value.get(port)
        if mode is not None:
            is_named = bool(mode[1]) and not mode[1].startswith("arn:")
            yield f"port {port}{' by name' if is_named else ''}", mode
    else:
        of_class = setting.class_excludes and said.path[0] == "spec"
        yield (f"port {port}" if port else ""), (of_class, said.value)


def _protocols(listeners: Sequence[tuple[Member, Mapping[int, str]]]) -> Iterator[_Statement]:
    key = group_facts().listen_ports
    for member, ports in listeners:
        for port, protocol in ports.items():
            path: Path = ("metadata", "annotations", key) if key in member.ingress.annotations else ()
            yield _Statement(f"port {port}", member, Said(protocol, protocol, member.ingress, path), protocol)


def _default_backends(members: Sequence[Member], listeners: Sequence[tuple[Member, Mapping[int, str]]]) -> Iterator[_Statement]:
    """Yield the default backends on each port: the controller takes one, and none where HTTP is redirected."""
    facts = group_facts()
    redirects = any(states(member, facts.redirect) for member in members)
    for member, ports in listeners:
        if member.ingress.mapping("spec", "defaultBackend"):
            said = Said(None, "", member.ingress, ("spec", "defaultBackend"))
            for port, protocol in ports.items():
                if not (redirects and protocol == facts.plain[1]):
                    yield _Statement(f"port {port}", member, said, member.order)
