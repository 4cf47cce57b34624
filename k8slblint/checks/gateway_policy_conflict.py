"""Detects policies that take no effect: beside another one for their target, or with one, or CA certificates, that cannot be used."""

from collections.abc import Iterator

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_policies import ACCESS_CONTROL, GatewayPolicy, gateway_policies
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, fitted, listed, middle, quoted
from k8slblint.traffic.attachment.certificates import CertificateFault, authorities_of, certificate_fault
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.attachment.tls_policies import Conflict, NoSection, NoTarget, Target, TargetFault, target_faults
from k8slblint.traffic.policies.conflicts import SharedTarget, shared_targets
from k8slblint.traffic.policies.settings import settings_of

_LONGEST_NAME = 30

_PLAIN = "The controller speaks plain HTTP to the Service, or none at all."


def check(policy: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each target that names nothing or that an older policy has, and at each CA certificate that cannot be used.

    CA certificates that are not among the manifests are the rule, and nothing is said of them.
    """
    if policy.type_name in gateway_policies():
        for shared in shared_targets(policy, graph):
            yield _shared(policy, shared)
        return
    for target, fault in target_faults(policy, graph):
        yield _of_target(target, fault)
    for reference in authorities_of(policy):
        found = certificate_fault(reference, graph)
        if isinstance(found, CertificateFault):
            yield _of_authority(reference, found)


def _shared(policy: Resource, shared: SharedTarget) -> Problem:
    """Word what an implementation makes of two policies of its own for one target."""
    known = gateway_policies()[policy.type_name]
    target, name = shared.target, middle(shared.other.name, _LONGEST_NAME)
    kind = target.kind.means.partition(".")[0]
    part = f"{'rule' if kind.endswith('Route') else 'listener'} {quoted(target.section, 20)} of " if target.section else ""
    settings = listed([f"`{'.'.join(path)}`" for path in shared.settings], most=2)
    accepts = f"Both set {settings}" if settings else f"{controllers()[known.controller].name} accepts one for each target"
    lost = ", so that its access control does not apply" if _guards_access(policy, known) else ""
    way_out = "Merge the policies, or set each field in one of them only." if settings else "Merge the policies into one."
    return Problem(
        path=target.path,
        headline=fitted(f"{policy.id} targets the same {kind} as {middle(shared.other.name, _LONGEST_NAME)}", HEADLINE),
        label=fitted(f"also the target of {name}", LABEL),
        why=f"{accepts}: of two for {part}{kind} {middle(target.name, _LONGEST_NAME)} the younger is rejected{lost}.",
        help=way_out,
        confidence="high" if shared.is_sure else "medium",
        condition=known.conflicted,
        related=(RelatedPlace(shared.other, ("metadata", "name"), "Of the same age, this one is accepted."),),
        discriminator=f"{shared.other.key}",
    )


def _guards_access(policy: Resource, known: GatewayPolicy) -> bool:
    return bool({guard.field for guard in known.guards if guard.protection in ACCESS_CONTROL} & settings_of(policy, known))


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
        headline=fitted(f"{target.policy.id} targets the same {target.kind} as {name}", HEADLINE),
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
