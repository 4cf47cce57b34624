"""Follows the objects that charts print and that deploy something in their turn (an app of apps), in rounds.

Each round renders the charts that may print such objects and plans again with what they print: a chart that turns out to be deployed
with other values is no longer rendered with its defaults. Source: Argo CD 3.1, `docs/operator-manual/cluster-bootstrapping.md`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from k8slblint.budget import OverLimitError
from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import is_too_deep
from k8slblint.rendering.gitops.own_charts import with_own
from k8slblint.rendering.gitops.substitution import substitute
from k8slblint.rendering.kinds import Listed, Printed
from k8slblint.rendering.planning import Plan, Planned, Searched, plan, unit_name
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, Unit
from k8slblint.rendering.worth import GITOPS_KINDS

MOST_ROUNDS = 6
"""How often a tree may be planned: an app of apps of apps takes three."""

MOST_PRINTED = 1_000
"""Objects that charts of one tree may print to deploy others."""

MayPrint: TypeAlias = Callable[[Planned], bool]
Render: TypeAlias = Callable[[Sequence[Planned]], Iterator[Outcome]]

_DEPLOYING = re.compile(r"^[ \t]*[\"']?apiVersion[\"']?:[ \t]*[\"']?(?:argoproj\.io|\w+\.toolkit\.fluxcd\.io)/", re.MULTILINE)


class Followed(NamedTuple):
    """A plan, what was rendered for it by the names of units, and the units of which all objects that deploy were followed."""

    plan: Plan
    outcomes: Mapping[str, Outcome]
    units: frozenset[str]


def followed(listed: Listed, may_print: MayPrint, render: Render) -> Followed:
    """Return the plan of a tree with what its charts deploy; `may_print` tells which units are worth rendering for that."""
    listed = with_own(listed)
    searched = Searched(listed)
    found = plan(listed, searched)
    rounds = _Rounds(listed, render)
    for _ in range(MOST_ROUNDS - 1):
        asked = [one for one in found.units if may_print(one) and rounds.is_new(one)]
        stated = [one for one in asked if one.is_stated]  # what they deploy is not rendered with its defaults any more
        if not rounds.add(stated or asked):
            if len(stated) in (0, len(asked)):
                break
            continue
        found = plan(rounds.listed, searched)
        if rounds.give_up_gone(found):
            found = plan(rounds.listed, searched)
    return rounds.result(found)


class _Rounds:
    """What was rendered and printed so far."""

    def __init__(self, listed: Listed, render: Render) -> None:
        self.listed = listed
        self._render = render
        self._outcomes: dict[str, tuple[Unit, Outcome]] = {}
        self._given_up: set[str] = set()
        self._known: set[tuple[str, ...]] = set()

    def is_new(self, planned: Planned) -> bool:
        name = _name(planned)
        return name not in self._given_up and (name not in self._outcomes or self._outcomes[name][0] != planned.unit)

    def add(self, units: list[Planned]) -> bool:
        """Render units and add what they print; tell whether there is anything."""
        before = len(self.listed.printed)
        for planned, outcome in zip(units, self._render(units), strict=True):
            self._outcomes[_name(planned)] = (planned.unit, outcome)
            printed = list(self._printed(planned, outcome)) if isinstance(outcome, Rendered) else []
            self.listed = self.listed._replace(printed=(*self.listed.printed, *printed)[:MOST_PRINTED])
        return len(self.listed.printed) > before

    def _printed(self, planned: Planned, outcome: Rendered) -> Iterator[Printed]:
        for one, template in deployers_in(planned.unit, outcome, self.listed.tree):
            key = _identity(one, planned.unit)
            if key not in self._known:  # a chart that deploys itself prints the same again
                self._known.add(key)
                yield Printed(one, planned.unit, template)

    def give_up_gone(self, found: Plan) -> bool:
        """Forget what units printed that are planned no more; tell whether there were such."""
        units = {_name(one): one.unit for one in found.units}
        gone = [one.by for one in self.listed.printed if units.get(unit_name(one.by, one.by.path)) != one.by]
        if gone:
            self._given_up |= {unit_name(by, by.path) for by in gone}
            self.listed = self.listed._replace(printed=[one for one in self.listed.printed if one.by not in gone])
        return bool(gone)

    def result(self, found: Plan) -> Followed:
        units = {_name(one): one.unit for one in found.units}
        kept = {name: outcome for name, (unit, outcome) in self._outcomes.items() if units.get(name) == unit}
        return Followed(found, kept, frozenset(kept) - self._given_up)


def deployers_in(unit: Unit, outcome: Rendered, tree: SourceTree) -> Iterator[tuple[Resource, str]]:
    """Yield the objects of a rendered unit that deploy something, with the template that prints each."""
    for document in outcome.documents:
        if not _DEPLOYING.search(document.text):
            continue
        try:
            text = document.text if unit.substitute is None else substitute(document.text, unit.substitute)
            file = SourceFile(tree.shown(document.file or unit.path), text.encode)
            found = load([file], wanted=GITOPS_KINDS, are_rendered=True, budget=tree.budget)
        except OverLimitError:
            return  # what renders the unit says so
        yield from ((one, document.file or unit.path) for one in found.resources if not is_too_deep(one.value))


def _identity(one: Resource, unit: Unit) -> tuple[str, ...]:
    """Return what tells a printed object from another: all of it, and where it goes."""
    teller = unit.told_by or unit
    alone = "" if teller.is_deployed or not teller.source.value_files() else unit_name(teller, teller.path)
    return (json.dumps(one.value, sort_keys=True, default=str), unit.cluster or "", unit.environment or "", alone)


def _name(planned: Planned) -> str:
    return unit_name(planned.unit, planned.unit.path)
