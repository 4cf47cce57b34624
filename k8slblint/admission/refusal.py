"""A refusal of the API server: where, in which words, and in which releases of Kubernetes."""

import json
from collections.abc import Sequence

from k8slblint.model import texts
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

FIRST, LAST = 25, 37
"""The minor releases of Kubernetes that are followed."""

NODE_PORTS = (30000, 32767)
"""The default of `--service-node-port-range` of kube-apiserver."""

_VERSION = pattern(r"v?1\.(\d+)")


class Refusal(NamedTuple):
    """What the API server refuses at `path`: `fault` is our predicate to the object, `reason` its own words (`Required value`).

    `label` says what is written there, `help` the way out.

    The minor releases from `since` to `until` refuse; those before `known_from` do not know the field at all.
    `rests_on_absence` tells that a patch that adds what is missing would heal it, `depends_on_flags` that a flag of
    kube-apiserver decides, `may_be_set_live` that a controller may have written the same value into the live object, `spares_live`
    that an update is accepted as long as it leaves the value as the live object has it, `dropped_with_type` that an update which
    changes `type` and leaves the value drops it (dropTypeDependentFields).
    `group` names what several refusals of one object are together: one mistake, which `fault` and `help` of the first describe;
    with `one_cure`, `help` of the first also heals the others.
    `field` is the path in the server's words where that is another one, `earlier` the last release that gave another reason, and which.
    """

    path: Path
    fault: str
    reason: str
    since: int = FIRST
    until: int = LAST
    known_from: int = FIRST
    rests_on_absence: bool = False
    depends_on_flags: bool = False
    may_be_set_live: bool = False
    spares_live: bool = False
    dropped_with_type: bool = False
    field: Path = ()
    earlier: tuple[int, str] | None = None
    label: str = ""
    help: str = ""
    group: str = ""
    one_cure: bool = False


def of_another_type(service_type: object) -> str:
    """Return the group of the fields that only Services of another type may have: the type was changed by hand, or forgotten."""
    return f"is of type {service_type} and keeps {{}} fields of another type"


def minor_of(version: str | None) -> int | None:
    """Return the minor release that stands for `version` (`1.31`, `v1.31.4-gke.1`) among those followed; None if unknown."""
    match = _VERSION.match(version or "")
    return min(max(int(match.group(1)), FIRST), LAST) if match else None


def is_refused(refusal: Refusal, minor: int | None) -> bool:
    """Tell whether a release refuses, or with None, whether every release that knows the field does."""
    if minor is None:
        return refusal.since <= refusal.known_from and refusal.until >= LAST
    return refusal.since <= minor <= refusal.until


def as_answered(refusal: Refusal, minor: int | None) -> Refusal:
    """Return the refusal with the reason that a release gives; the newest one for None."""
    if refusal.earlier is None or minor is None or minor > refusal.earlier[0]:
        return refusal
    return refusal._replace(reason=refusal.earlier[1])


def shown(value: object) -> str:
    """Write a value as a headline has room for it."""
    return texts.quoted(value, _LONGEST_VALUE)


_LONGEST_VALUE = 24


def in_words(path: Path) -> str:
    """Write a path as the API server does: `spec.ports[0].name`, `metadata.annotations[example.com/key]`."""
    words = ""
    for index, part in enumerate(path):
        bracketed = isinstance(part, int) or "." in part or "/" in part
        words += f"[{part}]" if bracketed else f"{'.' if index else ''}{part}"
    return words


def required() -> str:
    """What the server says of a field that is missing."""
    return "Required value"


def invalid(value: object, rule: str) -> str:
    """What the server says of a value that breaks a rule."""
    return f"Invalid value: {quoted(value)}: {rule}"


def forbidden(rule: str) -> str:
    """What the server says of a field that must not be set."""
    return f"Forbidden: {rule}"


def unsupported(value: object, supported: Sequence[str]) -> str:
    """What the server says of a value outside an enumeration."""
    return f"Unsupported value: {quoted(value)}: supported values: {', '.join(map(quoted, sorted(supported)))}"


def duplicate(value: object) -> str:
    """What the server says of a value that occurs twice."""
    return f"Duplicate value: {quoted(value)}"


def quoted(value: object) -> str:
    """Write a value as Go's `%q` and `%v` do, shortened to what a line holds."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004
