"""As which controller an Ingress is read for a migration, and what the names of its keys are in the dialect of that controller."""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotation_values import TRUE_IN_GO
from k8slblint.catalog.migration import Dialect, PathRules, dialect_of, path_rules
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership import ownership_of


class Serving(NamedTuple):
    """The controller (an id, None where it is not known) whose reading of an Ingress counts, why, and how certain that is.

    `name` is that of the product, `rules` how it compares paths, `dialect` the keys whose values are translated.
    """

    controller: str | None
    name: str
    reason: str
    confidence: Confidence
    rules: PathRules | None = None
    dialect: Dialect | None = None


def serving_of(ingress: Resource, graph: ResourceGraph) -> Serving:
    """Return as which controller an Ingress is read: the likeliest of those that may serve it, or the one that all of its keys are of.

    It is worked out once for each.
    """
    known = graph.derived(_none_yet)
    if id(ingress) not in known:
        known[id(ingress)] = _likeliest(ingress, graph)
    return known[id(ingress)]


def _none_yet(_: ResourceGraph) -> dict[int, Serving]:
    return {}


def _likeliest(ingress: Resource, graph: ResourceGraph) -> Serving:
    owner = ownership_of(ingress, graph)
    known = [name for name in owner.candidates if name in catalog.controllers()]
    if known:
        dialects = {dialect.id if (dialect := dialect_of(name)) is not None else name for name in known}
        return _serving(known[0], owner.reasons[-1], owner.confidence if len(known) == 1 or len(dialects) == 1 else "medium")
    claimed = dict.fromkeys(_claimants(ingress))
    if len(claimed) == 1:
        (name,) = claimed
        return _serving(name, f"its annotations are of {catalog.controllers()[name].name}", "medium")
    return Serving(None, "an unknown controller", owner.reasons[-1] if owner.reasons else "nothing names a controller", "low")


def _serving(controller: str, reason: str, confidence: Confidence) -> Serving:
    name = catalog.controllers()[controller].name
    dialect = dialect_of(controller)
    rules = path_rules(controller) or (path_rules(dialect.id) if dialect is not None else None)
    return Serving(controller, name, reason, confidence, rules, dialect)


def _claimants(ingress: Resource) -> Iterator[str]:
    for key in ingress.annotations:
        claimants = catalog.claimants(str(key))
        if len(claimants) == 1:
            yield claimants[0].id


class Values:
    """The values of an Ingress's keys by their role in the dialect of its controller."""

    __slots__ = ("_dialect", "_ingress")

    def __init__(self, ingress: Resource, dialect: Dialect | None) -> None:
        self._ingress = ingress
        self._dialect = dialect

    def key(self, role: str) -> str:
        """Return the key that has a role, empty where the dialect has none."""
        return self._dialect.keys.get(role, "") if self._dialect is not None else ""

    def text(self, role: str) -> str:
        """Return the value of the key with a role, empty where it is missing or no text."""
        value = self._ingress.annotations.get(self.key(role)) if self.key(role) else None
        return value if isinstance(value, str) else ""

    def is_true(self, role: str) -> bool:
        """Tell whether the key with a role is set and true."""
        return self.text(role) in TRUE_IN_GO

    def is_there(self, role: str, ending: str) -> bool:
        """Tell whether the key with a role and an ending of its own is on the Ingress."""
        return f"{self.key(role)}{ending}" in self._ingress.annotations

    def is_set(self, role: str) -> bool:
        """Tell whether the key with a role has a value."""
        return bool(self.text(role))

    def whole(self, role: str, default: int) -> int:
        """Return a key's value as a number of up to seven digits, `default` where it is none."""
        text = self.text(role)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else default  # noqa: PLR2004 - a weight


def values_of(ingress: Resource, graph: ResourceGraph) -> Values:
    """Return the values of an Ingress's keys by role."""
    return Values(ingress, serving_of(ingress, graph).dialect)
