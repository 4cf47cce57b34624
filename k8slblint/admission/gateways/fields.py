"""Fields that a definition does not have: which release or channel has them, what was meant, and where they moved."""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.admission.custom_resources.structural import Violation
from k8slblint.admission.gateways import bundles
from k8slblint.admission.gateways.bundles import CHANNELS, UNRELEASED, Candidate
from k8slblint.admission.gateways.rejection import Rejection, Target
from k8slblint.admission.gateways.wording import short
from k8slblint.model.location import Path, format_path
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence
from k8slblint.model.texts import listed, middle
from k8slblint.schema.places import place_of
from k8slblint.schema.wording import NOT_KNOWN, nearest_name

_DROPPED = "Strict clients such as kubectl refuse the object; others drop the field silently, and it is ignored."

_MOVED = {
    ("Gateway", "backendTLS"): "`spec.tls.backend`",
    ("Gateway", "frontendValidation"): "`spec.tls.frontend`",
    ("ListenerSet", "frontendValidation"): "`spec.tls.frontend` of the Gateway",
    ("BackendTLSPolicy", "targetRef"): "`targetRefs`, a list",
    ("BackendTLSPolicy", "tls"): "`validation`",
}
"""Fields that experimental releases had, by kind; source: CHANGELOG of gateway-api, v1.1 to v1.5."""

_REMOVED = frozenset({"idleTimeout"})


class _Home(NamedTuple):
    """A release and channel that has a field."""

    bundle: str
    channel: str


def field_rejection(violation: Violation, candidate: Candidate, target: Target) -> Rejection:
    """Return that a field is dropped, with what is known of it."""
    path = violation.path
    name = str(path[-1])
    homes = list(_homes(path, target))
    moved = _MOVED.get((target.kind, name))
    label, help_, confidence = NOT_KNOWN, "Remove the field.", _confidence(homes, moved, name)
    fault = f"has unknown field `{short(path)}`"
    place, near = _meant(violation, candidate)
    if moved:
        label, help_ = "a field of earlier releases", f"Move it to {moved}."
    elif name in _REMOVED:
        label = "a field of earlier releases"
    elif homes:
        label, help_ = _only_in(homes, candidate)
        fault = f"has `{short(path)}`, which {_missing_in(homes, candidate)} does not have"
    elif place is not None:
        where = format_path(place) or "the top level"
        label, help_ = f"belongs in {where}" if place else "belongs at the top level", f"Move it to {where}."
        fault = f"has misplaced field `{short(path)}`"
    elif near:
        label, help_ = f"did you mean {near}?", f"Write `{near}`."
    why = f"{target.words} does not have the field. {_DROPPED}"
    return Rejection(path, fault, why, "", label, help_, "high" if target.is_known else confidence, "key")


def together(rejections: Sequence[Rejection]) -> Iterator[Rejection]:
    """Yield rejections, those of unknown fields of one mapping made one: they lack the same parent, or are of another kind."""
    groups: dict[tuple[object, ...], list[Rejection]] = {}
    for number, one in enumerate(rejections):
        key = (one.path[:-1], one.confidence) if one.label == NOT_KNOWN else (number,)
        groups.setdefault(key, []).append(one)
    for first, *others in groups.values():
        if not others:
            yield first
            continue
        names = listed([str(one.path[-1]) for one in others], "or", 2)
        place = middle(short(first.path[:-1]) or "its root", _LONGEST_PLACE)
        yield first._replace(
            fault=f"has {len(others) + 1} unknown fields in `{place}`",
            label=f"not a known field, nor {names}",
            help="Remove the fields, or move them to where they belong.",
            others=tuple(one.path for one in others),
        )


_LONGEST_PLACE = 24


def _confidence(homes: Sequence[_Home], moved: str | None, name: str) -> Confidence:
    if not homes:
        return "medium" if moved or name in _REMOVED else "high"
    return "low" if all(home.bundle == UNRELEASED for home in homes) else "medium"


def _meant(violation: Violation, candidate: Candidate) -> tuple[Path | None, str]:
    """Return where else the field belongs, and the field of the same mapping that it may be misspelt for."""
    place = place_of(violation.path, candidate.schema)
    return place, nearest_name(str(violation.path[-1]), violation.argument) if place is None else ""


def _homes(path: Path, target: Target) -> Iterator[_Home]:
    """Yield the shipped releases and channels that have a field, the newest first."""
    for bundle in (*bundles.newest_of_each_minor(), UNRELEASED):
        for channel in CHANNELS:
            candidate = bundles.candidate_of(bundle, channel, target.api_version, target.kind)
            if candidate is not None and _has(path, candidate):
                yield _Home(bundle, channel)


def _has(path: Path, candidate: Candidate) -> bool:
    part: Any = candidate.schema
    for step in path:
        part = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step, part.get("additionalProperties"))
        if not isinstance(part, dict):
            return False
    return True


def _is_of_channel(homes: Sequence[_Home], candidate: Candidate) -> bool:
    """Tell whether the other channel of the same release has the field."""
    return any(bundles.minor(home.bundle) == bundles.minor(candidate.bundle) for home in homes) and candidate.channel == "standard"


def _missing_in(homes: Sequence[_Home], candidate: Candidate) -> str:
    if _is_of_channel(homes, candidate):
        return "the standard channel"
    return f"Gateway API {bundles.minor(candidate.bundle)}" if candidate.bundle else "its definition"


def _only_in(homes: Sequence[_Home], candidate: Candidate) -> tuple[str, str]:
    """Return the label and the way out for a field that other definitions have."""
    if _is_of_channel(homes, candidate):
        return "only in the experimental channel", "Remove the field, or install the experimental channel of Gateway API."
    named = [home for home in homes if home.bundle != UNRELEASED]
    if not named:
        return "only after the newest release", "Remove the field, or wait for the next release."
    releases = sorted({bundles.minor(home.bundle) for home in named}, key=_number)
    channel = "" if any(home.channel == "standard" for home in named) else ", experimental channel"
    if candidate.bundle and _number(bundles.minor(candidate.bundle)) < _number(releases[0]):
        return (
            f"in Gateway API {releases[0]} and later{channel}",
            f"Remove the field, or install Gateway API {releases[0]} or later{channel}.",
        )
    return f"until Gateway API {releases[-1]}{channel}", "Remove the field."


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.removeprefix("v").split(".") if part.isdigit())
