"""Follows the objects that charts and kustomizations print and that deploy something in their turn (an app of apps), in rounds.

Each round renders what may print such objects and plans again with what is printed: a chart that turns out to be deployed
with other values is no longer rendered with its defaults. Source: Argo CD 3.1, `docs/operator-manual/cluster-bootstrapping.md`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import is_
from typing import NamedTuple, TypeAlias

from k8slblint.budget import OverLimitError
from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import is_too_deep
from k8slblint.rendering.gitops.own_charts import with_own
from k8slblint.rendering.gitops.substitution import substitute
from k8slblint.rendering.kinds import Listed, Printed
from k8slblint.rendering.listed_deployers import ListedDeployers, cluster_above, deploys_itself, is_rendered_alike, kept
from k8slblint.rendering.planning import Plan, Planned, Searched, plan, unit_name
from k8slblint.rendering.telling import told
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderedDocument, Unit
from k8slblint.rendering.worth import DEPLOYING_KINDS, GITOPS_KINDS

MOST_ROUNDS = 8
"""How often a tree may be planned: an app of apps of apps takes three, Flux with a kustomization for each cluster five."""

MOST_ABOVE = 3
"""How often a round plans again with what it learned of deployers: that of Flux itself, of what it deploys, and of what that deploys."""

MOST_PRINTED = 5_000
"""Objects that charts and kustomizations of one tree may print to deploy others."""

MayPrint: TypeAlias = Callable[[Planned, bool], bool]
Render: TypeAlias = Callable[[Sequence[Planned]], Iterator[Outcome]]

_DEPLOYING = re.compile(
    r"^[ \t]*[\"']?apiVersion[\"']?:[ \t]*[\"']?(?:argoproj\.io|helm\.(?:cattle\.io|fluxcd\.io)|\w+\.toolkit\.fluxcd\.io)/", re.MULTILINE
)


class Followed(NamedTuple):
    """A plan, what was rendered for it by the names of units, and the units of which all objects that deploy were followed.

    `printed` are the objects that kustomizations print.
    """

    plan: Plan
    outcomes: Mapping[str, Outcome]
    units: frozenset[str]
    printed: tuple[Printed, ...] = ()


def followed(listed: Listed, may_print: MayPrint, render: Render) -> Followed:
    """Return the plan of a tree with what its charts and kustomizations deploy.

    `may_print` tells which units are worth rendering for that, given whether they list objects that deploy something and may change them.
    """
    listed = with_own(listed)
    searched = Searched(listed)
    found = _planned(listed, searched)
    rounds = _Rounds(listed, render)
    for _ in range(MOST_ROUNDS - 1):
        if not any(rounds.add(asked) for asked in rounds.asked(found, may_print)):
            break
        found = _planned(rounds.listed, searched)
        for _ in range(MOST_ABOVE):
            if not rounds.give_up_gone(found):
                break
            found = _planned(rounds.listed, searched)
    return rounds.result(found)


def _planned(listed: Listed, searched: Searched) -> Plan:
    found = plan(listed, searched)
    return found._replace(units=told(found.units))


class _Rounds:
    """What was rendered and printed so far."""

    def __init__(self, listed: Listed, render: Render) -> None:
        self.listed = listed
        self._render = render
        self._outcomes: dict[str, tuple[Unit, Outcome]] = {}
        self._given_up: set[str] = set()
        self._known: set[tuple[str, ...]] = set()
        self._deployers = ListedDeployers(listed)

    def asked(self, found: Plan, may_print: MayPrint) -> Iterator[list[Planned]]:
        """Yield the units to render, those first that make others needless: what they deploy is not rendered by itself any more."""
        listing = {id(one) for one in self._deployers.printing(found.units)}
        new = [one for one in found.units if may_print(one, id(one) in listing) and self._is_new(one)]
        first = [one for one in new if self._lists_trees(one)]
        last = [one for one in new if not self._lists_trees(one)]
        for group in (first, last):
            yield [one for one in group if one.is_stated]
            yield [one for one in group if not one.is_stated]

    def _lists_trees(self, planned: Planned) -> bool:
        return planned.unit.source.is_templated or self._deployers.lists_trees(planned)

    def _is_new(self, planned: Planned) -> bool:
        name = _name(planned)
        return name not in self._given_up and (name not in self._outcomes or not is_rendered_alike(planned.unit, self._outcomes[name][0]))

    def add(self, units: list[Planned]) -> bool:
        """Render units and add what they print; tell whether there is anything."""
        found: list[Printed] = []
        for planned, outcome in zip(units, self._render(units), strict=True):
            self._outcomes[_name(planned)] = (planned.unit, outcome)
            found += self._printed(planned, outcome) if isinstance(outcome, Rendered) else ()
        before = len(self.listed.printed)
        self.listed = self.listed._replace(printed=(*self.listed.printed, *found)[:MOST_PRINTED])
        return len(self.listed.printed) > before

    def _printed(self, planned: Planned, outcome: Rendered) -> Iterator[Printed]:
        unit = planned.unit
        for one, document in deployers_in(unit, outcome, self.listed.tree):
            template = document.file or unit.path
            if not unit.source.is_templated and (one.type_name not in DEPLOYING_KINDS or deploys_itself(one, unit)):
                continue
            key = _identity(one, unit)
            if key not in self._known:  # a chart that deploys itself prints the same again
                self._known.add(key)
                written = None if unit.source.is_templated else self._deployers.written(one, template)
                yield Printed(one, unit, template, written, document.involved)

    def give_up_gone(self, found: Plan) -> bool:
        """Forget what units printed that are planned no more, and note what is known of the others now; tell whether that is anything."""
        units = {_name(one): one for one in found.units}
        names = {id(one.by): unit_name(one.by, one.by.path) for one in self.listed.printed}
        left = list(kept(self.listed.printed, units, names))
        if len(left) == len(self.listed.printed) and all(map(is_, left, self.listed.printed)):
            return False
        gone = (names[id(one.by)] for one in self.listed.printed if not _is_alike(units.get(names[id(one.by)]), one.by))
        self._given_up.update(gone)
        self.listed = self.listed._replace(printed=left)
        return True

    def result(self, found: Plan) -> Followed:
        units = {_name(one): one for one in found.units}
        kept = {name: outcome for name, (unit, outcome) in self._outcomes.items() if _is_alike(units.get(name), unit)}
        of_files = (one for one in self.listed.printed if one.is_of_file)
        printed = tuple(one for one in of_files if _is_alike(units.get(unit_name(one.by, one.by.path)), one.by))
        return Followed(found, kept, frozenset(kept) - self._given_up, printed)


def deployers_in(unit: Unit, outcome: Rendered, tree: SourceTree) -> Iterator[tuple[Resource, RenderedDocument]]:
    """Yield the objects of a rendered unit that deploy something, with the document that each is in."""
    for document in outcome.documents:
        if not _DEPLOYING.search(document.text):
            continue
        try:
            text = document.text if unit.substitute is None else substitute(document.text, unit.substitute)
            file = SourceFile(tree.shown(document.file or unit.path), text.encode)
            found = load([file], wanted=GITOPS_KINDS, are_rendered=True, budget=tree.budget)
        except OverLimitError:
            return  # what renders the unit says so
        yield from ((one, document) for one in found.resources if not is_too_deep(one.value))


def _identity(one: Resource, unit: Unit) -> tuple[str, ...]:
    """Return what tells a printed object from another: all of it, and where it goes."""
    if not unit.source.is_templated:
        return (json.dumps(one.value, sort_keys=True, default=str), unit.cluster or "", unit.environment or "", cluster_above(unit))
    teller = unit.told_by or unit
    alone = "" if teller.is_deployed or not teller.source.value_files() else unit_name(teller, teller.path)
    return (json.dumps(one.value, sort_keys=True, default=str), unit.cluster or "", unit.environment or "", alone)


def _is_alike(planned: Planned | None, unit: Unit) -> bool:
    return planned is not None and is_rendered_alike(planned.unit, unit)


def _name(planned: Planned) -> str:
    return unit_name(planned.unit, planned.unit.path)
