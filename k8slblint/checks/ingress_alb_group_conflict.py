"""Detects Ingresses that share a load balancer and state different values of a setting that it has once."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, least
from k8slblint.model.texts import HEADLINE, LABEL, fitted, middle, quoted, short_key
from k8slblint.traffic.balancers.group_settings import Conflict, group_conflicts
from k8slblint.traffic.ownership import ownership_of

_LONGEST_NAME = 24

_LONGEST_VALUE = 20


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for each setting on which an Ingress is the first of its group to disagree with an earlier member."""
    for conflict in group_conflicts(ingress, graph):
        owner = ownership_of(ingress, graph)
        is_near = ingress.path == conflict.other_member.path or graph.scope(ingress).division in ("stated", "named")
        yield Problem(
            path=_path(conflict),
            headline=_headline(conflict),
            label=_label(conflict),
            why=_why(conflict, owner.names),
            help=_help(conflict),
            at="key" if conflict.what == "default-backend" else "value",
            confidence=least(owner.confidence, "high" if is_near else "medium"),
            related=(RelatedPlace(conflict.other.resource, conflict.other.path, _other(conflict)),),
            discriminator=conflict.key or conflict.what,
        )


def _path(conflict: Conflict) -> Path:
    if conflict.said.resource is conflict.member:
        return conflict.said.path
    field: Path = ("spec", "ingressClassName")
    return field if conflict.member.get(*field) else ()


def _headline(conflict: Conflict) -> str:
    group = quoted(conflict.group, _LONGEST_NAME)
    if conflict.what == "default-backend":
        return fitted(f"{conflict.member.id} is the second of group {group} with a default backend", HEADLINE)
    return fitted(f"{conflict.member.id} contradicts its group {group} in {_short(conflict)}", HEADLINE)


def _short(conflict: Conflict) -> str:
    return f"`{short_key(conflict.key)}`"


def _label(conflict: Conflict) -> str:
    if conflict.what == "default-backend":
        return fitted(f"as {_name(conflict)} on {conflict.part}", LABEL)
    where = f"{conflict.part}: " if conflict.part else ""
    return fitted(f"{where}{_name(conflict)} says {quoted(_value(conflict), _LONGEST_VALUE)}", LABEL)


def _value(conflict: Conflict) -> str:
    """Return what the other member says, of a map only the part."""
    value = conflict.other.value
    return str(value[conflict.part]) if isinstance(value, dict) and conflict.part in value else conflict.other.text


def _name(conflict: Conflict) -> str:
    return middle(conflict.other_member.name, _LONGEST_NAME)


def _why(conflict: Conflict, controller: str) -> str:
    return (
        f"{controller} ends at this error for the whole group: no rule, certificate or target of its {conflict.size} Ingresses changes "
        "any more, and a new load balancer is not provisioned."
    )


def _help(conflict: Conflict) -> str:
    if conflict.what == "default-backend":
        return "Keep one default backend in the group, or replace the others with a rule for path `/`."
    if conflict.what == "protocol":
        return "Write the same protocol for this port on all Ingresses of the group, or use another port."
    return "Write the same value on all Ingresses of the group, or state it on one of them only, or in the parameters of the class."


def _other(conflict: Conflict) -> str:
    if conflict.what == "default-backend":
        return f"{conflict.other_member.id} has one too."
    return f"{conflict.other_member.id} says something else."
