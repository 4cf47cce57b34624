"""Detects Services that ask for one address and cannot share it."""

from collections.abc import Iterator

from k8slblint.addresses import format_address
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import middle
from k8slblint.traffic.addresses.sharing import Quarrel, quarrels_of
from k8slblint.traffic.exposure.verdict import name_of

_LONGEST_NAME = 30


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each address that a Service before this one asks for too, where their controller does not let them share it."""
    for quarrel in quarrels_of(service, graph):
        yield _problem(quarrel)


def _problem(quarrel: Quarrel) -> Problem:
    address = format_address(quarrel.address.family, quarrel.address.first)
    other = middle(str(quarrel.other.id), _LONGEST_NAME)
    return Problem(
        path=quarrel.path,
        headline=f"{quarrel.service.id} cannot share its address with {other}",
        label=f"{other} asks for {address} too",
        why=f"{name_of(quarrel.controller)} lets Services share an address only if {_CONDITION[quarrel.obstacle]}. "
        f"{_FACT[quarrel.obstacle].format(detail=quarrel.detail)}: the second Service gets no address.",
        help=_WAY_OUT[quarrel.obstacle],
        related=(RelatedPlace(quarrel.other, (), f"This Service asks for {address} too."),),
        discriminator=str(quarrel.other.key),
        confidence="medium" if HELM_VALUES in (quarrel.service.kind, quarrel.other.kind) else "high",
    )


_CONDITION = {
    "no key": "both have the same sharing key",
    "different keys": "both have the same sharing key",
    "namespace": "both allow the namespace of the other",
    "port": "they have no port in common",
    "policy": "both have the same `externalTrafficPolicy`",
    "selector": "with `externalTrafficPolicy: Local` both have the same selector",
}
_FACT = {
    "no key": "Not both have one",
    "different keys": "The other has {detail}",
    "namespace": "Their namespaces differ",
    "port": "Both open {detail}",
    "policy": "The other has {detail}",
    "selector": "Their selectors differ",
}
_WAY_OUT = {
    "no key": "Give both Services the same sharing key, or ask for another address.",
    "different keys": "Give both Services the same sharing key, or ask for another address.",
    "namespace": "List the namespaces in the annotation for sharing across namespaces on both, or ask for another address.",
    "port": "Ask for another address, or open another port.",
    "policy": "Set the same `externalTrafficPolicy`, or ask for another address.",
    "selector": "Set `externalTrafficPolicy: Cluster` on both, or ask for another address.",
}
