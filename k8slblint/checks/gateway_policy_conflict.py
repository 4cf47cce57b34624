"""Detects BackendTLSPolicies that take no effect: without a target, beside another one, with unusable CA certificates."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, fitted, listed, middle, quoted
from k8slblint.traffic.attachment.certificates import CertificateFault, authorities_of, certificate_fault
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.attachment.tls_policies import Conflict, NoSection, NoTarget, Target, TargetFault, target_faults

_LONGEST_NAME = 30

_PLAIN = "The controller speaks plain HTTP to the Service, or none at all."


def check(policy: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each target that names nothing or that an older policy has, and at each CA certificate that cannot be used.

    CA certificates that are not among the manifests are the rule, and nothing is said of them.
    """
    for target, fault in target_faults(policy, graph):
        yield _of_target(target, fault)
    for reference in authorities_of(policy):
        found = certificate_fault(reference, graph)
        if isinstance(found, CertificateFault):
            yield _of_authority(reference, found)


def _of_target(target: Target, fault: TargetFault) -> Problem:
    if isinstance(fault, NoTarget):
        return _no_target(target, fault)
    return _no_section(target, fault) if isinstance(fault, NoSection) else _conflict(target, fault)


def _no_target(target: Target, fault: NoTarget) -> Problem:
    near = [middle(name, _LONGEST_NAME) for name in fault.near]
    return Problem(
        path=(*target.path, "name"),
        headline=fitted(f"{target.policy.id} targets Service {target.name}, which does not exist", HEADLINE),
        label=fitted(f"similar: {listed(near)}" if near else "no such Service", LABEL),
        why=f"The policy attaches to nothing. {_PLAIN}",
        help=f"Write `name: {near[0]}`." if near else "Correct the name; a policy and its target are in one namespace.",
        confidence="high" if near else "medium",
        condition=Condition("Accepted", "False", "TargetNotFound"),
    )


def _no_section(target: Target, fault: NoSection) -> Problem:
    names = [quoted(name, _LONGEST_NAME) for name in fault.names]
    way_out = (
        f"Write `sectionName: {fault.meant}`." if fault.meant else "Write the name of a port of the Service, or leave `sectionName` out."
    )
    return Problem(
        path=(*target.path, "sectionName"),
        headline=fitted(f"{target.policy.id} targets port {quoted(target.section, 20)}, which Service {target.name} lacks", HEADLINE),
        label=fitted(f"ports: {listed(names)}" if names else "its ports have no names", LABEL),
        why=f"`sectionName` is the name of a port, not its number: the policy attaches to nothing. {_PLAIN}",
        help=way_out,
        confidence="high" if fault.is_sure else "medium",
        condition=Condition("Accepted", "False", "TargetNotFound"),
        related=(RelatedPlace(fault.service, ("spec", "ports"), f"The ports of {fault.service.id}."),),
    )


def _conflict(target: Target, fault: Conflict) -> Problem:
    other, name = fault.other, middle(fault.other.policy.name, _LONGEST_NAME)
    what = f"port {quoted(target.section, _LONGEST_NAME)} of {target.kind}" if target.section else target.kind
    return Problem(
        path=target.path,
        headline=fitted(f"{target.policy.id} targets the same {target.kind} as {other.policy.kind} {other.policy.name}", HEADLINE),
        label=fitted(f"also the target of {name}", LABEL),
        why=f"Of two policies for {what} {middle(target.name, _LONGEST_NAME)} the older one counts, of the same age {name}.",
        help="Remove one of the policies, or target different ports with `sectionName`.",
        condition=Condition("Accepted", "False", "Conflicted"),
        related=(RelatedPlace(other.policy, other.path, f"The target of {other.policy.id}."),),
    )


def _of_authority(reference: Reference, fault: CertificateFault) -> Problem:
    what = f"{reference.kind} {middle(reference.name, _LONGEST_NAME)}"
    return Problem(
        path=reference.path,
        headline=fitted(f"{reference.source.id} refers to CA certificates that cannot be used", HEADLINE),
        label=fitted(fault.text, LABEL),
        why=f"{what} {fault.text}. Without valid CA certificates the policy is not accepted, and requests fail with 5xx.",
        help="Refer to a ConfigMap of the namespace that has the certificates in PEM under the key `ca.crt`.",
        confidence="high" if fault.is_written else "medium",
        condition=Condition("ResolvedRefs", "False", fault.reason),
    )
