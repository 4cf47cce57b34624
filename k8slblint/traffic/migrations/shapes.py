"""Which paths a match takes, for the forms of paths whose meaning is known: a few shapes instead of the languages of controllers.

Sources: Kubernetes API reference 1.37 (HTTPIngressPath: a prefix goes by elements, a trailing slash means nothing); Gateway API 1.6
`apis/v1/httproute_types.go` (PathMatchType); how controllers of Ingresses differ is in `catalogs/path-readings.json`. Of regular
expressions, only those are read that are a text with one of a few endings, which mean the same in all dialects; none is ever run.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from k8slblint.catalog.path_readings import PathReading, Reading
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.routing.forms import Match

Kind: TypeAlias = Literal["exact", "elements", "start"]

_ENDINGS: tuple[tuple[str, str, Kind], ...] = (
    *((ending, "", "elements") for ending in ("(/|$)(.*)", "(/|$).*", "(/.*)?", "(?:/|$)(.*)", "(/(.*))?", "(/.*|$)")),
    *((ending, "", "start") for ending in ("/?(.*)", "(.*)", ".*")),
    *((ending, "/", "start") for ending in ("/(.*)", "/.*")),
)
"""What a regular expression may end with, the text that belongs to the path, and how the path is compared then; longer ones first."""

_LITERAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_~.%@:")

_ALL_OF_START = "/"


class Shape(NamedTuple):
    """Which paths a match takes: equal to a text, below it by elements, or beginning with it."""

    kind: Kind
    text: str

    def takes(self, path: str) -> bool:
        """Tell whether a path is one of them."""
        if self.kind == "exact":
            return path == self.text
        if self.kind == "start":
            return path.startswith(self.text)
        stem = self.text.rstrip("/")
        return path == stem or path.startswith(f"{stem}/")


def shape_of_route(match: Match) -> Shape | None:
    """Return which paths a match of an HTTPRoute takes, None where that is not known, or depends on more than the path."""
    if match.unread or match.headers or match.query or match.method:
        return None
    if match.kind == "Exact":
        return Shape("exact", match.path)
    if match.kind == "PathPrefix":
        return Shape("elements", match.path)
    return shape_of_expression(match.path) if match.kind == "RegularExpression" else None


def shape_of_ingress(match: Match, reading: PathReading, *, is_expression: bool) -> Shape | None:
    """Return which paths an entry of an Ingress takes, None where that is not known."""
    if match.unread or match.kind == "Any":
        return None
    if is_expression:
        return _by_expression_location(match)
    if match.kind == "Exact":
        return Shape("exact", match.path)
    if match.kind == "PathPrefix":
        return _read(match.path, reading.prefix)
    if match.path == _ALL_OF_START and reading.implementation_specific in (None, "start", "expression"):
        return Shape("start", match.path)
    return _read(match.path, reading.implementation_specific)


def _read(path: str, reading: Reading | None) -> Shape | None:
    if reading == "elements":
        return Shape("elements", path)
    if reading == "start":
        return Shape("start", path)
    if reading == "pattern":
        return _of_pattern(path)
    return shape_of_expression(path) if reading == "expression" else None


def _of_pattern(path: str) -> Shape | None:
    if "*" not in path and "?" not in path:
        return Shape("exact", path)
    stem = path.removesuffix("*")
    return Shape("start", stem) if "*" not in stem and "?" not in stem else None


def _by_expression_location(match: Match) -> Shape | None:
    """Return what a path is as an expression that is only anchored at the start: a plain text is then a beginning."""
    found = shape_of_expression(match.path)
    return found or (Shape("start", match.path) if _is_literal(match.path) else None)


def shape_of_expression(text: str) -> Shape | None:
    """Return which paths a regular expression takes that ends with everything, None for all others."""
    stem = text.removeprefix("(?i)").removeprefix("^")
    stem = stem.removesuffix("$") if stem.endswith((")$", "*$")) else stem
    for ending, rest, kind in _ENDINGS:
        if stem.endswith(ending) and _is_literal(stem.removesuffix(ending)):
            literal = stem.removesuffix(ending) + rest
            return Shape(kind, literal or _ALL_OF_START)
    return None


def _is_literal(text: str) -> bool:
    return _LITERAL.issuperset(text)


def samples_of(shape: Shape) -> Iterator[str]:
    """Yield paths at, below and beside what a shape takes; those beside it tell apart what begins alike."""
    stem = shape.text.rstrip("/")
    yield stem or "/"
    if stem:
        yield f"{stem}/"
    yield f"{stem}/{_BELOW}"


_BELOW = "x"
