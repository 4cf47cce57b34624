"""Detects policies of Gateway API implementations that take settings away from others."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_policies import ACCESS_CONTROL, Guard, SettingPath, gateway_policies, plugin_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Severity
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import listed, middle, within
from k8slblint.traffic.policies.overriding import Overriding, overridings_of
from k8slblint.traffic.policies.parameters import Outranked, outranked_by_class
from k8slblint.traffic.policies.plugins import Replaced, replaced_by
from k8slblint.traffic.policies.settings import Loss, place_of

_ID, _LONG_ID, _FIELDS = 40, 56, 34


def check(policy: Resource, graph: ResourceGraph, *, ignored_settings: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem at a target of a policy that drops settings of a less specific one, or loses its own to it.

    Parameters of a Gateway lose to those of its class; a plugin configuration replaces one that applies to everything.
    """
    if graph.scope(policy).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    if policy.type_name in plugin_kinds():
        for replaced in replaced_by(policy, graph):
            yield _plugin(policy, replaced)
    elif gateway_policies()[policy.type_name].more_specific == "parameters":
        for outranked in outranked_by_class(policy, graph):
            yield _parameters(policy, outranked)
    else:
        for found in overridings_of(policy, graph):
            lost = _reported(found.lost, ignored_settings)
            if lost.settings and found.how == "list-replaced":
                yield _list_replaced(policy, found, lost)
            elif lost.settings:
                yield _replaced(policy, found, lost) if found.loser is not policy else _without_effect(policy, found, lost)


def _replaced(policy: Resource, found: Overriding, lost: Loss) -> Problem:
    known = gateway_policies()[policy.type_name]
    name = controllers()[known.controller].name
    merging = f"`{'.'.join(known.merging.field)}`" if known.merging is not None else ""
    target = _target(found)
    why = f"{name} applies only the most specific policy: on {target}, {found.loser.id} has no effect."
    way_out = "Repeat the settings in this policy."
    if known.merging is not None and found.how == "replaced-in-release":
        why = f"{name} {found.release} has no {merging}: on {target}, {found.loser.id} has no effect."
        way_out = f"Upgrade {name} to {known.merging.since}, or repeat the settings in this policy."
    elif known.merging is not None and not policy.get("spec", *known.merging.field):
        way_out = f"Set {merging} ({name} {known.merging.since} or newer), or repeat the settings in this policy."
    return Problem(
        path=found.target.path,
        headline=f"{middle(str(policy.id), _ID)} drops {_fields(lost)} set for its {_part(found)}",
        label=f"replaces {middle(found.loser.name, 48)}",
        why=within(240, why, _consequence(lost)),
        help=way_out,
        severity=_severity(lost.guards),
        confidence=found.confidence,
        condition=known.overridden,
        related=(
            RelatedPlace(found.loser, place_of(known, lost.settings[0]), f"This has no effect on {target}."),
            RelatedPlace(found.at.resource, ("metadata", "name"), f"{found.loser.kind} {found.loser.name} attaches to this."),
        ),
        discriminator=f"{found.on.place} {found.loser.key}",
        cause=Cause(
            f"{policy.id} {found.loser.id} {_fields(lost)}",
            (f"{middle(str(policy.id), _ID)} drops {_fields(lost)} on {middle(found.on.resource.name, _ID // 2)} and ", " more"),
            f"Likewise on {target}.",
        ),
    )


def _list_replaced(policy: Resource, found: Overriding, lost: Loss) -> Problem:
    known = gateway_policies()[policy.type_name]
    name, field = controllers()[known.controller].name, _fields(lost)
    return Problem(
        path=place_of(known, lost.settings[0]),
        at="key",
        headline=f"{middle(str(policy.id), _ID)} replaces {field} set for its {_part(found)}",
        label=f"instead of that of {middle(found.loser.name, 36)}",
        why=within(
            240,
            f"{name} does not combine lists: on {_target(found)}, only the most specific {field} counts.",
            "Others than those listed for the Gateway get through." if found.confidence != "low" else "",
        ),
        help=f"Repeat in this policy what {middle(str(found.loser.id), _ID)} lists, or remove {field} here.",
        severity=_severity(lost.guards),
        confidence=found.confidence,
        related=(RelatedPlace(found.loser, place_of(known, lost.settings[0]), f"This has no effect on {_target(found)}."),),
        discriminator=f"{found.on.place} {found.loser.key} list",
    )


def _without_effect(policy: Resource, found: Overriding, lost: Loss) -> Problem:
    known = gateway_policies()[policy.type_name]
    name = controllers()[known.controller].name
    if found.how == "blocked":
        headline = f"{middle(str(policy.id), _LONG_ID)} has no effect on {middle(found.on.resource.kind, 20)}"
        why = f"{found.winner.id} is authoritative: {name} excludes more specific policies."
    else:
        headline = f"{middle(str(policy.id), _ID)} cannot set {_fields(lost)}"
        why = f"{found.winner.id} sets the same, and its target says that less specific policies take precedence in {name}."
    return Problem(
        path=found.target.path,
        headline=headline,
        label=f"{middle(_target(found), 30)} keeps the other settings",
        why=within(240, why, f"{_fields(lost)} of this policy never apply."),
        help="Move the settings to the less specific policy, or let more specific policies take precedence there.",
        severity=_severity(lost.guards),
        confidence=found.confidence,
        related=(RelatedPlace(found.winner, ("metadata", "name"), "This policy takes precedence."),),
        discriminator=f"{found.on.place} {found.winner.key}",
    )


def _parameters(parameters: Resource, found: Outranked) -> Problem:
    known = gateway_policies()[parameters.type_name]
    field = ".".join(known.merging.field) if known.merging is not None else ""
    name = controllers()[known.controller].name
    return Problem(
        path=place_of(known, found.lost.settings[0]),
        at="key",
        headline=f"{middle(str(parameters.id), _ID)} cannot set {_fields(found.lost)}",
        label="the parameters of the GatewayClass say otherwise",
        why=f"{found.winner.id} of the GatewayClass sets the same with another value, and the class takes precedence in {name}.",
        help=f"Set `{field}: prefer-gateway` in the parameters of the GatewayClass, or change the value there.",
        severity=_severity(found.lost.guards),
        confidence="high",
        related=(
            RelatedPlace(found.winner, place_of(known, found.lost.settings[0]), "This value is used."),
            RelatedPlace(found.gateway, ("spec", "infrastructure", "parametersRef"), "This Gateway names the parameters."),
        ),
        discriminator=f"{found.gateway.key}",
    )


def _plugin(plugin: Resource, found: Replaced) -> Problem:
    known = plugin_kinds()[plugin.type_name]
    name = controllers()[known.controller].name
    lost = Loss(tuple(guard.field for guard in found.lost), found.lost)
    return Problem(
        path=known.settings,
        at="key",
        headline=f"{middle(str(plugin.id), _ID)} drops {_fields(lost)} of {middle(found.everywhere.name, 28)}",
        label=f"replaces the whole of {middle(found.everywhere.name, 36)}",
        why=within(240, f"{name} runs a plugin once, with the most specific settings, so not {found.everywhere.id}.", _consequence(lost)),
        help="Repeat the settings of the global plugin in this one.",
        severity=_severity(found.lost),
        confidence="medium",
        related=(
            RelatedPlace(found.everywhere, (*known.settings, *found.lost[0].field), f"This has no effect on {found.user.id}."),
            RelatedPlace(found.user, ("metadata", "name"), "This uses the plugin."),
        ),
    )


def _reported(lost: Loss, ignored: Sequence[str]) -> Loss:
    kept = tuple(path for path in lost.settings if ".".join(path) not in ignored and path[0] not in ignored)
    return Loss(kept, tuple(guard for guard in lost.guards if guard.field in kept))


def _severity(guards: Sequence[Guard]) -> Severity:
    return "error" if any(guard.protection in ACCESS_CONTROL for guard in guards) else "warning"


def _target(found: Overriding) -> str:
    section = f" ({found.on.section})" if found.on.section is not None else ""
    return f"{found.on.resource.id}{section}"


def _part(found: Overriding) -> str:
    """Name what the replaced policy attaches to: the listener, the Gateway, the route."""
    resource, section = found.at.resource, found.at.section
    return resource.kind if section is None else "rule" if resource.kind.endswith("Route") else "listener"


def _fields(lost: Loss) -> str:
    """Write the lost settings; one that is alone may be long, of several only what fits is named."""
    names = [f"`{_dotted(path)}`" for path in lost.settings]
    for most in (3, 2, 1):
        text = listed(names, most=most) if len(names) > most else listed(names)
        if len(text) <= _FIELDS and (len(names) <= most or most > 1):
            return text
    return names[0] if len(names) == 1 else f"{len(names)} settings"


def _dotted(path: SettingPath) -> str:
    return ".".join(path)


def _consequence(lost: Loss) -> str:
    """Say what the loss means for requests, in one sentence."""
    protections = {guard.protection for guard in lost.guards}
    if "allow-list" in protections:
        return "Clients outside the list get through."
    if protections & {"authentication", "authorization"}:
        return "Requests get through without these checks."
    return "Requests get through without these limits." if protections & {"rate-limit", "limit"} else ""
