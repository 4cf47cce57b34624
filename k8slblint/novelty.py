"""Which findings the revision before has too: each is matched with one about the same field of the same object, wherever that moved."""

from collections import Counter, defaultdict
from collections.abc import Container, Hashable, Sequence

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.loaded import InputProblem, Loaded
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem


class Observed(NamedTuple):
    """What a rule found wrong with a resource, in one revision."""

    rule: str
    resource: Resource
    problem: Problem


class Identities:
    """Answers which resource of the revision before a resource of now is."""

    def __init__(self, graph: ResourceGraph, before: Loaded) -> None:
        """Hold a graph that has a base, and what was read of that base."""
        self._graph = graph
        self._base = graph.base_part
        self._aside: dict[Hashable, Resource] = {}
        for resource in (*before.resources, *before.refused):
            self._aside.setdefault((self._key_before(resource.path), resource.key), resource)

    def before(self, resource: Resource) -> Resource | Unknown | None:
        """Return the same resource in the revision before, None where it is new, `Unknown` where it may be one of several."""
        answer = self._graph.counterpart(resource)
        if isinstance(answer, Found):
            found: Resource = answer.value
            return found
        known = self._aside.get((self._graph.place_key(resource), resource.key))
        return known or (answer if isinstance(answer, Unknown) else None)

    def _key_before(self, path: str) -> str:
        return self._base.key_of(path) if self._base is not None else path


def matched(now: Sequence[Observed], before: Sequence[Observed], identities: Identities) -> dict[int, int]:
    """Return by the index of each finding of now that of the same one before; each of those stands for one only.

    Two findings are the same where rule, object, field and distinguishing data are. What is left over is the same where the object and
    the headline are, and the field but for its place in lists: a port that is put in front of others moves them.
    """
    pairs: dict[int, int] = {}
    same = {id(one.resource): identities.before(one.resource) for one in now}
    for exact in (True, False):
        taken = set(pairs.values())
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for number in reversed([number for number in range(len(before)) if number not in taken]):
            for whose in (id(before[number].resource), before[number].resource.key):
                waiting[_key(before[number], whose, exact=exact)].append(number)
        for number, one in enumerate(now):
            old = same[id(one.resource)]
            if number not in pairs and old is not None:
                whose = one.resource.key if isinstance(old, Unknown) else id(old)
                found = _next(waiting[_key(one, whose, exact=exact)], taken)
                pairs.update({} if found is None else {number: found})
    return pairs


def _next(waiting: list[int], taken: set[int]) -> int | None:
    while waiting:
        number = waiting.pop()
        if number not in taken:
            taken.add(number)
            return number
    return None


def _key(one: Observed, whose: Hashable, *, exact: bool) -> Hashable:
    if exact:
        return one.rule, whose, one.problem.path, one.problem.discriminator
    return one.rule, whose, tuple(part if isinstance(part, str) else None for part in one.problem.path), one.problem.headline


def known_texts(now: Sequence[InputProblem], before: Sequence[InputProblem], changed: Container[str] | None) -> set[int]:
    """Return the indexes of the problems of the input that the revision before has too; each of those stands for one only.

    `changed` names the files and units that differ, None where any may: what is said of the others was said before. A file that moved is
    known by its text, and a unit that cannot be rendered by what it fails for.
    """
    units = {(one.rule, one.group, unit) for one in before for unit in one.units if one.group}
    places, texts = (Counter(key(one) for one in before) for key in (_placed, _worded))
    known: set[int] = set()
    for number, one in enumerate(now):
        differ = [name for name in one.units or (one.location.path,) if changed is None or name in changed]
        if one.group and one.units:
            is_known = all((one.rule, one.group, unit) in units for unit in differ)
        else:
            is_known = not differ or _take(places, _placed(one))
        if is_known:
            known.add(number)
            texts[_worded(one)] -= 1
    known.update(number for number, one in enumerate(now) if number not in known and not one.units and _take(texts, _worded(one)))
    return known


def _take(left: Counter[Hashable], key: Hashable) -> bool:
    left[key] -= 1
    return left[key] >= 0


def _placed(one: InputProblem) -> Hashable:
    return one.rule, one.location.path, one.cause or one.headline


def _worded(one: InputProblem) -> Hashable:
    return one.rule, one.source.text, one.cause or one.headline
