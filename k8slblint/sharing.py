"""How the rules of a run are shared with forked copies of the process, which hand over what they found.

A copy does nothing that anybody else would notice: it neither renders nor asks git. What it did not deliver is done by the parent.
"""

import io
import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import repeat
from typing import Protocol

from k8slblint.budget import Budget, BudgetSpentError
from k8slblint.grading import Waiting
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading.forking import may_share, shared
from k8slblint.model.finding import CheckFailure, Outcome
from k8slblint.model.loaded import Loaded
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Rule

_RESOURCES = 1000
MOST_SLICES = 200
"""How many resources are held against schemas by one process at a time, and how often that is at most."""

_ROUTES = "gateway.networking.k8s.io"


class Shareable(Protocol):
    """A run: what is to be done, and what came of it."""

    graph: ResourceGraph
    loaded: Loaded
    rules: dict[str, Rule]
    waiting: list[Waiting]
    outcome: Outcome

    def checked(self) -> list[Rule]:
        """Return the rules that checks report."""

    def report_invalid_resources(self, resources: Iterable[Resource]) -> None:
        """Hold resources against the schemas of their kinds."""

    def run_check(self, rule: Rule) -> None:
        """Let a check look at all resources of the kinds of its rule."""


def collect_shared(run: Shareable, budget: Budget) -> None:
    """Do all parts of a run, together with copies of the process where that may be; what comes out is the same, in the same order.

    Raises `BudgetSpentError`, having collected what was found before.
    """
    parts = [*_parts(run)]
    for resource in run.graph.resources:
        run.graph.scope(resource)  # every rule asks for it
    make = _Maker(run, parts)
    found: Iterable[_Found | bytes | None] = repeat(None)
    if _may_share(run):
        found = shared(len(parts), make, budget.seconds_left, lines_of([rule for rule, _ in parts]))
    for (_, do), one in zip(parts, found, strict=False):
        taken = make.unpacked(one)
        if taken is None:
            do()
            continue
        run.waiting += taken.waiting
        run.outcome.failures += taken.failures
        run.outcome.undecided += taken.undecided


def _parts(run: Shareable) -> Iterator[tuple[Rule | None, Callable[[], None]]]:
    """Yield what is to be done, in order: some resources after others are held against schemas, and then comes each rule."""
    judged = (*run.loaded.resources, *run.loaded.refused)
    size = max(_RESOURCES, -(-len(judged) // MOST_SLICES))
    for at in range(0, len(judged), size):
        yield None, partial(run.report_invalid_resources, judged[at : at + size])
    for rule in run.checked():
        yield rule, partial(run.run_check, rule)


def _may_share(run: Shareable) -> bool:
    """Tell whether copies can do it: what was rendered is placed by renderers, which answer only one process."""
    return may_share() and all(one.provenance is None for one in run.graph.resources)


def lines_of(rules: Sequence[Rule | None]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the numbers of parts, those that ask the same side by side: about routes and Gateways, and all others.

    What is of no rule comes last: it asks nothing that others ask.
    """
    routes = [number for number, rule in enumerate(rules) if rule is not None and _is_about_routes(rule)]
    others = [number for number in range(len(rules)) if number not in routes]
    return sorted(others, key=lambda number: rules[number] is None), routes


def _is_about_routes(rule: Rule) -> bool:
    return "Service" not in rule.kinds and any(kind.endswith(_ROUTES) for kind in rule.kinds)


class _Found(NamedTuple):
    """What a part of a run found."""

    waiting: list[Waiting]
    failures: list[CheckFailure]
    undecided: Counter[tuple[str, str]]


class _Maker:
    """Does one part of a run at a time, without adding to what the run has found; a copy hands it over packed."""

    def __init__(self, run: Shareable, parts: Sequence[tuple[Rule | None, Callable[[], None]]]) -> None:
        self._run = run
        self._parts = parts
        self._objects: tuple[Rule | Resource, ...] = (*run.rules.values(), *run.graph.resources, *run.loaded.resources, *run.loaded.refused)
        self._parent = os.getpid()

    def __call__(self, number: int) -> "_Found | bytes | None":
        """Return what a part found; None where the time is spent, or a copy cannot hand it over."""
        run = self._run
        before = run.waiting, run.outcome.failures, run.outcome.undecided
        run.waiting, run.outcome.failures, run.outcome.undecided = found = _Found([], [], Counter())
        try:
            self._parts[number][1]()
        except BudgetSpentError:
            return None
        finally:
            run.waiting, run.outcome.failures, run.outcome.undecided = before
        if os.getpid() == self._parent:
            return found
        return None if found.failures else self._packed(found)  # the parent may have what a copy lacked

    def _packed(self, found: _Found) -> bytes | None:
        file = io.BytesIO()
        try:
            Packer(file, self._numbers).dump(found)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            return None
        return file.getvalue()

    def unpacked(self, found: "_Found | bytes | None") -> _Found | None:
        """Return what was found, which a copy of this process may have packed."""
        if not isinstance(found, bytes):
            return found
        unpacked: _Found = _Unpacker(io.BytesIO(found), self._objects).load()
        return unpacked

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(one): number for number, one in enumerate(self._objects)}


class Packer(pickle.Pickler):
    """Writes down the rules and resources that both processes have by their numbers."""

    def __init__(self, file: io.BytesIO, numbers: Mapping[int, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, obj: object) -> int | None:
        """Return the number of a rule or resource, None of all else."""
        return self._numbers.get(id(obj)) if type(obj) in _NUMBERED else None


_NUMBERED = (Resource, Rule)


class _Unpacker(pickle.Unpickler):
    """Reads what a copy of this process has written."""

    def __init__(self, file: io.BytesIO, objects: Sequence[Rule | Resource]) -> None:
        super().__init__(file)
        self._objects = objects

    def persistent_load(self, pid: int) -> Rule | Resource:
        """Return the rule or resource of a number."""
        return self._objects[pid]
