"""What is wrong with an object of Gateway API for every definition that the cluster may have of its kind."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.admission.custom_resources.structural import Inspection, Violation
from k8slblint.admission.gateways import bundles
from k8slblint.admission.gateways.advice import advice_for
from k8slblint.admission.gateways.bundles import CHANNELS, UNRELEASED, Candidate
from k8slblint.admission.gateways.fields import field_rejection, together
from k8slblint.admission.gateways.rejection import Rejection, Target
from k8slblint.admission.gateways.wording import place_at_fault, words_for
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence
from k8slblint.schema.wording import nearest_name

_STUB = 3
"""So many missing fields of one mapping make a patch of it, or a stub that someone fills in."""


def rejections(value: dict[str, Any], target: Target, before: dict[str, Any] | None = None) -> Iterator[Rejection | str]:
    """Yield what every definition in question refuses or drops, and as text, why something could not be decided.

    Where nothing says which release the cluster has, that is the newest in both channels. What an earlier one that is shipped accepts
    has medium confidence then, and fields that only the next one knows are judged by that. `before` is the live object, if known.
    """
    found = [candidate for candidate in target.candidates if candidate is not None]
    if not found:
        yield from _unserved(target)
        return
    judged: Sequence[_Judged] = _judged(value, found, before)
    yield from dict.fromkeys(reason for one in judged for reason in one.inspection.not_evaluated)
    if not target.is_known:
        judged = _of_those_meant(judged, value, target, before)
    violations = _shared([one.inspection.violations for one in judged])
    yield from _told(value, violations, judged[0].candidate, target, before)


def _judged(value: dict[str, Any], candidates: Sequence[Candidate], before: dict[str, Any] | None) -> list["_Judged"]:
    """Hold an object against definitions, one after the other; the first one that it fits settles it."""
    judged: list[_Judged] = []
    for candidate in candidates:
        one = _Judged(candidate, _inspected(value, candidate, before))
        if not one.inspection.violations:
            return [one]
        judged.append(one)
    return judged


class _Judged(NamedTuple):
    candidate: Candidate
    inspection: Inspection

    @property
    def knows_all_fields(self) -> bool:
        """Whether the definition has every field that the object sets."""
        return all(one.code != "unknown" for one in self.inspection.violations)


def _of_those_meant(judged: Sequence[_Judged], value: dict[str, Any], target: Target, before: dict[str, Any] | None) -> Sequence[_Judged]:
    """Return the definitions that the author means: those that have all fields of the object, if need be of the next release."""
    knowing = [one for one in judged if one.knows_all_fields]
    if knowing:
        return knowing
    channels = [one.candidate.channel for one in judged]
    found = (bundles.candidate_of(UNRELEASED, channel, target.api_version, target.kind) for channel in channels)
    unreleased = [_Judged(one, _inspected(value, one, before)) for one in found if one is not None]
    return [one for one in unreleased if one.knows_all_fields] or judged


def _inspected(value: dict[str, Any], candidate: Candidate, before: dict[str, Any] | None = None) -> Inspection:
    return candidate.structure.inspect(value, before)


def _told(
    value: dict[str, Any], violations: Sequence[Violation], candidate: Candidate, target: Target, before: dict[str, Any] | None
) -> Iterator[Rejection]:
    yield from together([field_rejection(one, candidate, target) for one in violations if one.code == "unknown"])
    yield from _by_list(_refused(value, violations, candidate, target, before))


def _by_list(found: Iterator[Rejection]) -> Iterator[Rejection]:
    """Yield rejections, those of elements of one list with one fault made one."""
    groups: dict[tuple[object, ...], list[Rejection]] = {}
    for one in found:
        last = max((index for index, part in enumerate(one.path) if isinstance(part, int)), default=0)
        groups.setdefault((one.fault, one.confidence, one.path[:last]), []).append(one)
    for first, *others in groups.values():
        yield first._replace(others=(*first.others, *(one.path for one in others)))


def _refused(
    value: dict[str, Any], violations: Sequence[Violation], candidate: Candidate, target: Target, before: dict[str, Any] | None
) -> Iterator[Rejection]:
    """Yield what is refused, as opposed to dropped."""
    is_open = violations and not target.is_known
    spared = _spared(value, violations, candidate, target, before) if is_open else frozenset[tuple[Any, ...]]()
    missing = Counter(one.path for one in violations if one.code == "required")
    for one in _without_echoes([one for one in violations if one.code != "unknown" and not _is_misspelt(one, violations)]):
        is_newer = _key(one) in spared
        words = words_for(one)
        confidence: Confidence = "low" if missing[one.path] >= _STUB and one.code == "required" else "medium" if is_newer else "high"
        yield Rejection(
            path=words.path,
            fault=words.fault,
            why=f"{target.words} refuses it: {{answer}}.{_accepted_before(candidate) if is_newer else ''}",
            answer=words.answer,
            label=words.label,
            help=words.help,
            confidence=confidence,
            rests_on_absence=one.code == "required" or one.value is None,
            others=one.others,
        )


def _accepted_before(candidate: Candidate) -> str:
    return f" Some releases before {bundles.minor(candidate.bundle)} accept it."


def _spared(
    value: dict[str, Any], violations: Sequence[Violation], of: Candidate, target: Target, before: dict[str, Any] | None
) -> frozenset[tuple[Any, ...]]:
    """Return the violations that a release before the newest does not find, which the cluster may have."""
    spared: set[tuple[Any, ...]] = set()
    for bundle in bundles.newest_of_each_minor()[1:]:
        for channel in CHANNELS:
            candidate = bundles.candidate_of(bundle, channel, target.api_version, target.kind)
            if candidate is None or candidate.schema is of.schema:
                continue
            judged = _Judged(candidate, _inspected(value, candidate, before))
            if judged.knows_all_fields:
                refused = [_place(one) for one in judged.inspection.violations]
                spared.update(_key(one) for one in violations if not any(_is_about(_place(one), place) for place in refused))
    return frozenset(spared)


def _shared(found: Sequence[Sequence[Violation]]) -> list[Violation]:
    """Return what all definitions find; where each finds something else to refuse, what the last one does."""
    common = list(_common(found))
    if not common and all(any(one.code != "unknown" for one in violations) for violations in found):
        return list(found[-1])
    return common


def _common(found: Sequence[Sequence[Violation]]) -> Iterator[Violation]:
    """Yield the violations that all definitions find, in the words of the first.

    Two definitions may have a rule in different words: what else they find at one path stands for one another.
    """
    first, *others = found
    mine = {_key(one) for one in first}
    for one in first:
        if all(_has_its_like(one, other, mine) for other in others):
            yield one


def _has_its_like(one: Violation, others: Sequence[Violation], mine: set[tuple[Any, ...]]) -> bool:
    keys = {_key(other) for other in others}
    if _key(one) in keys:
        return True
    return one.code == "rule" and any(other.code == "rule" and _place(other) == _place(one) and _key(other) not in mine for other in others)


def _key(one: Violation) -> tuple[Any, ...]:
    argument = one.argument if one.code in ("rule", "required") else None
    return (*_place(one), one.code, argument)


def _is_about(one: Path, other: Path) -> bool:
    """Tell whether one of two places is in the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _place(one: Violation) -> Path:
    return one.path if one.within is None else one.within


def _without_echoes(violations: Sequence[Violation]) -> list[Violation]:
    """Return the violations, but for unknown fields, without those that say again what another one says, or less."""
    told: set[tuple[Path, str]] = {(one.path, "key") for one in violations if one.code == "duplicate"}
    kept: list[Violation] = []
    vague = sorted(violations, key=lambda one: one.code == "rule" and advice_for(str(one.argument)).is_vague)
    for one in vague:
        family = advice_for(str(one.argument)).family if one.code == "rule" else ""
        places = {(one.path, family), (place_at_fault(one)[0], family)} if family else set()
        if not told.isdisjoint(places):
            continue
        told |= places
        kept.append(one)
    return [one for one in violations if one in kept]


def _is_misspelt(one: Violation, violations: Sequence[Violation]) -> bool:
    """Tell whether a missing field stands there under a name that means it."""
    lacks = one.argument if one.code == "required" else advice_for(str(one.argument)).lacks if one.code == "rule" else ""
    names = [str(other.path[-1]) for other in violations if other.code == "unknown" and other.path[:-1] == one.path]
    return bool(lacks) and any(lacks.lower() in name.lower() or nearest_name(name, [lacks]) for name in names)


def _unserved(target: Target) -> Iterator[Rejection]:
    """Yield that no definition in question serves the kind in this version."""
    history = bundles.history(target.api_version, target.kind)
    is_next = any(bundles.is_served(UNRELEASED, channel, target.api_version, target.kind) for channel in CHANNELS)
    if is_next and history is None and not target.is_known:
        return
    version = target.api_version.rpartition("/")[2]
    words = [f"{target.words} does not serve {target.kind} in {target.api_version}.", "The API server refuses it."]
    if history and history[1] != bundles.newest():
        words.insert(1, f"{bundles.minor(history[1])} is the last release that served it.")
    if target.serves:
        fault, label = f"is of version {version}, which is not served", f"did you mean {target.serves[0]}?"
        help_ = f"Write `apiVersion: {target.serves[0]}`."
    else:
        fault, label = "is of a kind that is not served", _where_served(history, target)
        help_ = _RENAMED.get(target.kind, "Install definitions of a release and channel that serve it, or write another kind.")
    confidence: Confidence = "high" if history is None or target.is_known else "medium"
    yield Rejection(("apiVersion",), fault, " ".join(words), "", label, help_, confidence)


_RENAMED = {
    "XListenerSet": "Write a ListenerSet of gateway.networking.k8s.io/v1, which Gateway API v1.5 and later have.",
    "ReferencePolicy": "Write a ReferenceGrant of gateway.networking.k8s.io/v1beta1.",
    "BackendLBPolicy": "Write an XBackendTrafficPolicy of gateway.networking.x-k8s.io/v1alpha1.",
}
"""Kinds that are gone, and what replaces them (GEP-1713, GEP-709, GEP-1619)."""


def _where_served(history: tuple[str, str] | None, target: Target) -> str:
    if history is None:
        return ""
    first, last = (bundles.minor(one) for one in history)
    is_experimental = bundles.is_shipped(history[1]) and not bundles.is_served(history[1], "standard", target.api_version, target.kind)
    span = f"since {first}" if history[1] == bundles.newest() else f"served {first} to {last}"
    return f"{span}{', experimental channel only' if is_experimental else ''}"
