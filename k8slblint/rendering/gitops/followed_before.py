"""What objects were found to deploy in an earlier round of a plan, while all that they asked others for is still answered alike."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.kinds import Printed
from k8slblint.rendering.units import NotRendered, Unit

MAY_CHANGE = "repositories", "config_maps", "placements"
"""What answers questions about other objects of the tree, which may be others in the next round."""


class _Note(NamedTuple):
    """A question that was asked of one of those that answer, and its answer."""

    of: str
    question: str
    given: tuple[Any, ...]
    answer: Any


class _Found(NamedTuple):
    """What one object deploys; `one` and `above` are held so that no others get their place in memory."""

    one: Resource
    above: Printed | None
    notes: Sequence[_Note]
    deployed: Sequence[Unit | NotRendered]


class FollowedBefore:
    """What each object of one tree was found to deploy, for all rounds of its plan; files are taken not to change meanwhile.

    `followed` counts the objects that were followed, `known` those that were not, since nothing had changed for them.
    """

    def __init__(self) -> None:
        self.followed = self.known = 0
        self._found: dict[tuple[int, int], _Found] = {}

    def deployed(
        self,
        one: Resource,
        above: Printed | None,
        answering: "Answering",
        follow: Callable[[], Iterable[Unit | NotRendered]],
    ) -> Sequence[Unit | NotRendered]:
        """Return what an object deploys: what `follow` yields, or yielded in an earlier round where `answering` answers as it did then."""
        key = (id(one), id(above))
        found = self._found.get(key)
        if found is None or not answering.answers_alike(found.notes):
            self.followed += 1
            notes = answering.notes = []
            found = self._found[key] = _Found(one, above, notes, list(follow()))
        else:
            self.known += 1
        return found.deployed


class Answering:
    """Those that answer in one round, by their names in `MAY_CHANGE`; questions are noted where `noting` stands for them."""

    def __init__(self, **answering: object) -> None:
        self._answering = answering
        self.notes: list[_Note] = []

    def noting(self, of: str) -> Any:
        """Return what stands for one of them, answers alike, and notes what it was asked."""
        return _Noting(self, of)

    def answer(self, of: str, question: str, given: tuple[Any, ...]) -> Any:
        """Return the answer to a question."""
        return getattr(self._answering[of], question)(*given)

    def answers_alike(self, notes: Iterable[_Note]) -> bool:
        """Tell whether all questions are answered as they were."""
        return all(_is_alike(self.answer(*note[:3]), note.answer) for note in notes)


class _Noting:
    """Stands for one of those that answer."""

    def __init__(self, answering: Answering, of: str) -> None:
        self._answering = answering
        self._of = of

    def __getattr__(self, question: str) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            answer = self._answering.answer(self._of, question, given)
            self._answering.notes.append(_Note(self._of, question, given, answer))
            return answer

        return ask


def _is_alike(answer: Any, before: Any) -> bool:
    """Tell whether two answers are the same object of the tree, or the same text."""
    if answer is before:
        return True
    if isinstance(answer, Deployer) and isinstance(before, Deployer):
        return answer.resource is before.resource and answer.file == before.file
    if isinstance(answer, dict) and isinstance(before, dict):
        try:
            return repr(answer) == repr(before)  # 1 and True are equal, and not alike
        except RecursionError:
            return False
    return isinstance(answer, str | bool | frozenset) and type(answer) is type(before) and bool(answer == before)
