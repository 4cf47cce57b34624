"""Detects fields of Gateways, routes and policies that the implementation which serves them does not support."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Condition, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, listed, middle, sentence, within
from k8slblint.traffic.gateways.support import Unsupported, unsupported

_OUTCOMES = {"ignored": "ignores", "refused": "refuses"}

_LONGEST_NAME = 40

_MOST_PLACES = 5


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the first field that an implementation ignores, refuses or does not claim, for each of these reasons.

    What it ignores or refuses comes from its code; what it does not claim, only from its conformance report, which is a hint.
    """
    for found in unsupported(resource, graph):
        first, *others = [path for one in found.asked for path in one.paths]
        wanted = "" if first == ("kind",) else f" and {len(found.asked) - 1} more" if len(found.asked) > 1 else ""
        headline, help_ = _headline(resource, first, wanted, found), _way_out(found)
        yield Problem(
            path=first,
            headline=headline,
            label=middle(found.asked[0].feature.name, LABEL),
            why=within(PROSE, *_why(found, is_kind=first == ("kind",))),
            help=help_,
            confidence=found.confidence,
            condition=Condition(*found.condition) if found.condition else None,
            related=tuple(RelatedPlace(resource, path, f"`{_field(resource, path)}` here, too.") for path in others[:_MOST_PLACES]),
            discriminator=found.implementation,
            cause=None if others else Cause.of_setting(resource, headline, help_),
        )


def _headline(resource: Resource, path: Path, more: str, found: Unsupported) -> str:
    """Return the headline; where it is too long, the implementation is named in the why only."""
    does = _OUTCOMES[found.behaviour.outcome] if found.behaviour else "does not claim"
    said = f"depends on {{}}, which {does} it" if path == ("kind",) else f"sets `{_field(resource, path)}`{more}, which {{}} {does}"
    named = f"{resource.id} {said.format(found.implementation)}"
    return named if len(named) <= HEADLINE else f"{resource.id} {said.format('its controller')}"


def _field(resource: Resource, path: Path) -> str:
    """Return the end of a path as people write it: `timeouts.request`, `filters: RequestMirror`, `addresses`."""
    *_, last = [number for number, part in enumerate(path) if isinstance(part, int)] or [0]
    keys = [str(part) for part in path[last + 1 :]]
    if not keys:
        return str(path[-2])
    before = [str(path[last - 1])] if len(keys) == 1 and last else []
    if keys == ["type"] and before:
        return f"{before[0]}: {middle(str(resource.get(*path)), _LONGEST_NAME // 2)}"
    return ".".join([*before, *keys])


def _why(found: Unsupported, *, is_kind: bool) -> Iterator[str]:
    """Yield what the report says, and what the code does."""
    behaviour, claim = found.behaviour, found.claim
    if claim is not None:
        names = listed([one.feature.name for one in found.asked], most=2)
        yield f"{found.implementation} {claim.version} does not claim {names} in its {claim.release} report."
    if behaviour is None:
        yield "It may have no effect, or be refused: the report does not say which."
    elif behaviour.outcome == "ignored":
        yield f"Its code does not read {'this kind' if is_kind else 'the field'}, so it has no effect."
    else:
        yield sentence(f"Its code refuses it: {behaviour.then or 'the object is not accepted'}")


def _way_out(found: Unsupported) -> str:
    if found.behaviour is not None:
        return f"Remove it, or configure the same with a policy or setting of {found.implementation}."
    return f"Test it with your version of {found.implementation}, or configure the same with a policy or setting of the controller."
