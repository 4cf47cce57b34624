"""How a path of an Ingress is matched and rewritten in Gateway API, and what differs then.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/template/template.go` (`buildLocation`: with expressions every path
is `~* "^PATH"`; `buildProxyPass`: `rewrite "(?i)PATH" TARGET`), `location.go`; Gateway API 1.6 `apis/v1/httproute_types.go`
(HTTPPathMatch, HTTPPathModifier: the table of ReplacePrefixMatch). A text of a manifest is compared by characters, never as an expression.
"""

from typing import Literal, TypeAlias

from k8slblint.catalog.migration import Loss, PathReading
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.routing.forms import MatchType

Difference: TypeAlias = Literal[
    "narrower", "longer", "bare", "case", "expression", "end-slash", "capture", "lookaround", "unwritable", "unknown"
]
"""How a match of Gateway API differs from the path; `WORDS` says what each means."""

WORDS: dict[Difference, tuple[Loss, str]] = {
    "narrower": ("changed-routing", "it also matched longer words ('{path}x'); PathPrefix compares whole elements of the path"),
    "longer": ("cosmetic", "the controller also matched longer words ('{path}x'), which `pathType: Prefix` does not mean"),
    "bare": ("cosmetic", "it did not match '{bare}' without the slash at its end; PathPrefix does"),
    "case": ("cosmetic", "it was compared without case; Gateway API compares with case"),
    "expression": ("changed-routing", "support, dialect and anchors of RegularExpression depend on the implementation"),
    "end-slash": ("cosmetic", "'{bare}' itself was rewritten to '{target}/'; it becomes '{target}'"),
    "capture": ("changed-routing", "no field of Gateway API can rewrite with these capture groups"),
    "lookaround": ("changed-routing", "an expression with `(?` is not written: most implementations refuse it"),
    "unwritable": ("changed-routing", "Gateway API does not accept this path"),
    "unknown": ("changed-routing", "what the path matches depends on the controller, which is not known"),
}

UNWRITTEN: frozenset[Difference] = frozenset(("capture", "lookaround", "unwritable"))
"""With these a rule would lead requests to the wrong place, or be refused: it is left out."""

_LONGEST = 1024
_SPECIAL = frozenset("\\^$*+?()[]{}|")
_IN_PATHS = frozenset("-/._~!$&'()*+,;=:@%ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_FORBIDDEN = ("//", "/./", "/../", "%2f", "%2F", "#")


class PathRewrite(NamedTuple):
    """What becomes of the path: its prefix (`ReplacePrefixMatch`) or all of it (`ReplaceFullPath`) is replaced by `value`."""

    kind: Literal["ReplacePrefixMatch", "ReplaceFullPath"]
    value: str


class PathPlan(NamedTuple):
    """A match of Gateway API for a path, with a rewrite if there is one, and how it differs from what the Ingress says."""

    kind: MatchType
    value: str
    rewrite: PathRewrite | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def is_written(self) -> bool:
        """Tell whether a rule with this match does what is meant."""
        return not UNWRITTEN.intersection(self.differences)

    @property
    def is_exact(self) -> bool:
        """Tell whether exactly the same requests are matched and rewritten alike."""
        return not self.differences


class _Tail(NamedTuple):
    """What follows the literal part of an expression: how far it reaches, and the capture group that holds the rest of the path."""

    reach: Literal["element", "slash", "text", "exact"]
    group: int = 0
    has_slash: bool = False


_LITERAL = _Tail("text")
"""The end of a path without any expression."""

_TAILS: dict[str, _Tail] = {
    "(/|$)(.*)": _Tail("element", 2),
    "(/|$)(.*)$": _Tail("element", 2),
    "($|/)(.*)": _Tail("element", 2),
    "(?:/|$)(.*)": _Tail("element", 1),
    "(/|$)": _Tail("element"),
    "(/|$).*": _Tail("element"),
    "/(.*)": _Tail("slash", 1),
    "/(.*)$": _Tail("slash", 1),
    "(/.*)": _Tail("slash", 1, has_slash=True),
    "/.*": _Tail("slash"),
    "/.+": _Tail("slash"),
    "/?(.*)": _Tail("text", 1),
    "/?(.*)$": _Tail("text", 1),
    "(/.*)?": _Tail("text"),
    "(.*)": _Tail("text", 1),
    ".*": _Tail("text"),
    "/?": _Tail("text"),
    "$": _Tail("exact"),
}
"""The ends of expressions whose meaning is known, as texts; all others stay expressions."""


def plan_of_path(path: str, kind: MatchType, reading: PathReading, *, is_expression: bool = False, target: str = "") -> PathPlan:
    """Return the match for a path of `kind` that a controller reads so.

    `is_expression` tells that the host compares paths as expressions without case, `target` is what paths are rewritten to, with `$N` for
    groups. Takes time in proportion to the length of the texts.
    """
    found = _unchecked(path, kind, reading, is_expression=is_expression, target=target)
    if found.kind != "RegularExpression" and not is_writable(found.value):
        return found._replace(differences=(*found.differences, "unwritable"))
    if found.rewrite is not None and not is_writable(found.rewrite.value):
        return found._replace(rewrite=None, differences=(*found.differences, "capture"))
    return found


def _unchecked(path: str, kind: MatchType, reading: PathReading, *, is_expression: bool, target: str) -> PathPlan:
    if is_expression or (reading == "expression" and kind == "ImplementationSpecific"):
        return _of_expression(path, target if target != path else "", folds=is_expression)
    if kind == "Exact":
        return PathPlan("Exact", path)
    if reading == "stars" and kind == "ImplementationSpecific":
        return _of_stars(path)
    if reading == "kong" and kind == "ImplementationSpecific" and path.startswith("/~"):
        return _of_expression(path[2:], "", folds=False)
    differences = _of_text(path) if reading != "element" else ()
    if kind == "PathPrefix" and differences == ("narrower",):
        differences = ("longer",)
    return PathPlan("PathPrefix", path, None, differences)


def _of_text(path: str) -> tuple[Difference, ...]:
    """Return how a prefix of elements differs from the beginning of a text; for `/` it does not."""
    return () if path == "/" else ("bare",) if path.endswith("/") else ("narrower",)


def _of_stars(path: str) -> PathPlan:
    head, star, rest = path.partition("*")
    if not star and "?" not in path:
        return PathPlan("Exact", path)
    if rest or "?" in path:
        parts = ("\\" + sign if sign in "\\^$+()[]{}|." else ".*" if sign == "*" else "." if sign == "?" else sign for sign in path)
        return PathPlan("RegularExpression", "".join(parts), None, ("expression",))
    return PathPlan("PathPrefix", head.rstrip("/") or "/", None, _of_text(head))


_BEYOND: dict[str, tuple[Difference, ...]] = {"element": (), "slash": ("bare",), "text": ("narrower",)}
"""How a prefix of Gateway API differs from a text with this tail."""


def _of_expression(path: str, target: str, *, folds: bool) -> PathPlan:
    text = path.removeprefix("^")
    cut = next((index for index, sign in enumerate(text) if sign in _SPECIAL), len(text))
    literal, tail = _split(text, cut)
    if tail is None:
        return _of_unknown(text, target, folds=folds)
    case: tuple[Difference, ...] = ("case",) if folds and literal.lower() != literal.upper() else ()
    prefix = literal.rstrip("/") if tail.reach != "exact" else literal
    if tail.reach == "exact":
        return _rewritten(PathPlan("Exact", literal or "/", None, case), target, tail, literal)
    reach: tuple[Difference, ...] = ()
    if prefix:
        reach = _BEYOND[tail.reach]
        if tail.reach == "text" and literal.endswith("/"):
            reach = ("bare",)
    return _rewritten(PathPlan("PathPrefix", prefix or "/", None, (*reach, *case)), target, tail, prefix)


def _split(text: str, cut: int) -> tuple[str, _Tail | None]:
    """Return the literal part of an expression and what follows; a slash that belongs to the end of a known form goes with it."""
    literal, rest = text[:cut], text[cut:]
    if not rest:
        return literal, _LITERAL
    for length in (0, 1, 2):
        if length <= len(literal):
            taken = literal[len(literal) - length :]
            if (not taken or taken.strip("/.") == "") and taken + rest in _TAILS:
                head = literal[: len(literal) - length]
                found = _TAILS[taken + rest]
                if head.endswith("/") and (found.reach == "element" or found.has_slash or "/" in rest[:2]):
                    return literal, None  # a slash, and then another one or the end
                if head.endswith("/") and taken == "" and found.reach == "text" and found.group and rest.startswith("("):
                    return head, _Tail("slash", found.group)
                return head, found
    return literal, None


def _of_unknown(text: str, target: str, *, folds: bool) -> PathPlan:
    """Return an expression as it is: anchored at its beginning, open at its end."""
    value = f"{'(?i)' if folds else ''}{text}{'' if text.endswith(('$', '.*')) else '.*'}"
    differences: tuple[Difference, ...] = ("expression",)
    if "(?" in text or len(value) > _LONGEST:
        differences = (*differences, "lookaround")
    if not target:
        return PathPlan("RegularExpression", value, None, differences)
    if "$" in target:
        return PathPlan("RegularExpression", value, None, (*differences, "capture"))
    return PathPlan("RegularExpression", value, PathRewrite("ReplaceFullPath", target), differences)


def _rewritten(plan: PathPlan, target: str, tail: _Tail, prefix: str) -> PathPlan:
    """Return a plan with the rewrite that a target asks for."""
    if not target:
        return plan
    if tail is _LITERAL:
        target = _without_groups(target)
    if "$" not in target:
        return plan._replace(rewrite=PathRewrite("ReplaceFullPath", target))
    head, _, group = target.partition("$")
    fits = group == str(tail.group) and tail.group and (head.endswith("/") or (tail.has_slash and not head.endswith("/")))
    if not fits or plan.kind != "PathPrefix":
        return plan._replace(differences=(*plan.differences, "capture"))
    replacement = head.rstrip("/")
    if replacement == prefix.rstrip("/"):
        return plan
    ends: tuple[Difference, ...] = ("end-slash",) if replacement and tail.reach == "element" else ()
    return plan._replace(rewrite=PathRewrite("ReplacePrefixMatch", replacement or "/"), differences=(*plan.differences, *ends))


def _without_groups(target: str) -> str:
    """Return a target in which groups that the path does not have are empty, as NGINX takes them."""
    head, *parts = target.split("$")
    return head + "".join(part[1:] if part[:1] in "123456789" and part else f"${part}" for part in parts)


def is_writable(path: str) -> bool:
    """Tell whether Gateway API accepts a text as the value of an Exact or PathPrefix match, or of a replacement."""
    return (
        path.startswith("/")
        and len(path) <= _LONGEST
        and not any(part in path for part in _FORBIDDEN)
        and not path.endswith(("/..", "/."))
        and _IN_PATHS.issuperset(path)
        and _has_whole_escapes(path)
    )


def _has_whole_escapes(path: str) -> bool:
    parts = path.split("%")[1:]
    return all(len(part) > 1 and all(sign in "0123456789abcdefABCDEF" for sign in part[:2]) for part in parts)
