"""Knows which resource of one revision is which of the revision before, also when files were moved or renamed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from k8slblint.graph.answers import Answer, Found, Unknown
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Scope


class Revision(Protocol):
    """What pairing asks of a graph."""

    resources: tuple[Resource, ...]

    def scope(self, resource: Resource) -> Scope:
        """Return where a resource belongs."""

    def place_key(self, resource: Resource) -> str:
        """Return what names the file of a resource in both revisions."""

    def is_changed(self, resource: Resource) -> bool:
        """Tell whether the file of a resource may differ from the other revision."""


def pair_revisions(after: Revision, before: Revision) -> dict[int, Answer[Resource]]:
    """Return, by `id()` of each resource of `after`, its counterpart in `before`; new resources are left out.

    A resource in the same file is the same one. Otherwise it moved: its counterpart is the resource of the same identity
    that is gone from its own file, provided that there is exactly one, in the same cluster if several are gone.
    """
    candidates: dict[object, list[Resource]] = defaultdict(list)
    in_place: dict[object, list[Resource]] = defaultdict(list)
    for resource in before.resources:
        candidates[resource.key].append(resource)
        in_place[resource.key, before.place_key(resource)].append(resource)
    pairs: dict[int, Answer[Resource]] = {}
    taken: set[int] = set()
    moved: list[Resource] = []
    for resource in filter(after.is_changed, after.resources):
        found = [old for old in in_place[resource.key, after.place_key(resource)] if id(old) not in taken]
        if found:
            pairs[id(resource)] = Found(found[0])
            taken.add(id(found[0]))
        elif candidates[resource.key]:
            moved.append(resource)
    for resource in moved:
        gone = [old for old in candidates[resource.key] if id(old) not in taken]
        answer = _moved_from(after, resource, before, gone)
        if answer is not None:
            pairs[id(resource)] = answer
    return pairs


def _moved_from(after: Revision, new: Resource, before: Revision, gone: list[Resource]) -> Answer[Resource] | None:
    scope = after.scope(new)
    in_cluster = [old for old in gone if before.scope(old).cluster == scope.cluster]
    narrowed = in_cluster or [old for old in gone if not _are_apart(scope, before.scope(old))]
    if not narrowed:
        return None
    narrowed = _most_alike(after.place_key(new), [(before.place_key(old), old) for old in narrowed])
    if len(narrowed) == 1 or all(_are_equal(old, narrowed[0]) for old in narrowed):
        return Found(narrowed[0])
    places = ", ".join(f"'{old.path}'" for old in narrowed[:3])
    return Unknown(f"{new.id} was in several files of the revision before ({places})")


def _most_alike(path: str, candidates: Sequence[tuple[str, Resource]]) -> list[Resource]:
    """Return the candidates whose paths end most like `path`: of `k8s/{dev,prod}/s.yaml` the one with the same folder moved."""
    likeness = [_common_end(path.split("/"), other.split("/")) for other, _ in candidates]
    return [old for (_, old), alike in zip(candidates, likeness, strict=True) if alike == max(likeness)]


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count


def _are_apart(one: Scope, other: Scope) -> bool:
    """Tell whether both clusters are known by name: what leaves one and enters the other is deleted and made anew."""
    named = ("stated", "named")
    return one.cluster != other.cluster and one.division in named and other.division in named


def _are_equal(one: Resource, other: Resource) -> bool:
    try:
        return bool(one.value == other.value)
    except RecursionError:  # nested too deeply for Python's own comparison
        return False
