"""Checks an object against the structural schema of its kind, as the API server does: what is wrong at which path.

In its order: `null` counts as absent, defaults are filled in, unknown fields are dropped, values are checked, then lists whose elements
have a key, then the CEL rules. Values that are not known (placeholders), and those that are refused already, are unknown to the rules.
Sources: Kubernetes 1.37 apiextensions-apiserver `pkg/apiserver/schema/{defaulting,pruning,listtype,cel}`,
`pkg/apiserver/validation`; "Extend the Kubernetes API with CustomResourceDefinitions".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from k8slblint import addresses
from k8slblint.admission.custom_resources.cel_functions import EvaluationError, UnknownValueError
from k8slblint.admission.custom_resources.nodes import Check, Node, Nodes, listed
from k8slblint.admission.custom_resources.patterns import LONGEST, matches
from k8slblint.admission.custom_resources.unknowns import UNKNOWN, Open, OpenList, is_open
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_blank, is_to_be_filled
from k8slblint.model.records import NamedTuple

if TYPE_CHECKING:
    from k8slblint.admission.custom_resources.cel import Verdict  # an object without a fault needs no reading of rules

Quick: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""By the text of a rule: a function that returns True where the rule holds if all that is unknown were one value that no text names."""

_ASIDE = frozenset({"apiVersion", "kind", "metadata", "status"})
"""Fields of an object that its structural schema says nothing about, or that no manifest sets."""

_OF_SOPS = "sops"
"""What SOPS writes beside an object, and takes away before it is applied."""

_DEEPEST = 60
_LONGEST_SET = 1000
"""Elements up to which a list is searched for duplicates; definitions that have a limit have one far below."""


class Violation(NamedTuple):
    """One thing that is wrong at `path`.

    `code` is the keyword of the schema that is broken, `unknown` for a field that the schema does not have, `duplicate` for an element
    of a list whose elements have a key, `rule` for a CEL rule. `argument` is what the keyword says: the limit, the options, the pattern,
    the field that is missing, the message of the rule, the known fields, the key of a duplicate. `value` is what is at `path`. Of a
    CEL rule `within` is the path of the value that it is about, where an element of it is at fault; `others` are the paths of further
    elements, of which a rule that holds them against each other names the later one first; `error` says why it could not be evaluated.
    """

    path: Path
    code: str
    argument: Any = None
    value: Any = None
    within: Path | None = None
    others: tuple[Path, ...] = ()
    error: str = ""


class Inspection(NamedTuple):
    """What an object breaks, and the rules and patterns that could not be evaluated, each in words."""

    violations: tuple[Violation, ...]
    not_evaluated: tuple[str, ...] = ()


class StructuralSchema:
    """The schema of a kind, ready to hold many objects against.

    Of one from a tree that is scanned `is_known` says which CEL rules may be evaluated; None is for those that are shipped, whose rules
    may be `quick`. No part of it is a reference: one that stands in several places is the same object there.
    """

    __slots__ = ("is_known", "nodes", "quick", "top")

    def __init__(self, schema: dict[str, Any], is_known: Callable[[str], bool] | None = None, quick: Quick | None = None) -> None:
        self.is_known = is_known
        self.quick = quick or {}
        self.nodes = Nodes(_CHECKS)
        members = schema.get("properties")
        members = members if isinstance(members, dict) else {}
        required = [name for name in listed(schema.get("required")) if name not in _ASIDE]
        self.top = {**schema, "properties": {key: part for key, part in members.items() if key not in _ASIDE}, "required": required}

    def inspect(self, value: dict[str, Any], before: dict[str, Any] | None = None) -> Inspection:
        """Hold a whole object against the schema; `before` is the live object that it replaces: only then rules about changes count."""
        inspector = _Inspector(self, before)
        inspector.look({key: part for key, part in value.items() if key not in _ASIDE}, self.top, (), 0)
        return Inspection(tuple(inspector.violations), tuple(dict.fromkeys(inspector.not_evaluated)))


class _Inspector:
    """Goes through one object."""

    def __init__(self, schema: StructuralSchema, before: Any) -> None:
        self._node = schema.nodes.of
        self._is_known = schema.is_known
        self._quick = schema.quick if before is None else {}
        self._before = before
        self.violations: list[Violation] = []
        self.not_evaluated: list[str] = []

    def look(self, value: Any, schema: dict[str, Any], path: Path, depth: int) -> Any:
        """Check a value, and return it as the CEL rules around it see it."""
        node = self._node(schema)
        if depth > _DEEPEST or (value is None and node.nullable):
            return value
        if isinstance(value, str) and is_to_be_filled(value):
            return UNKNOWN
        if not node.accepts(value):
            return UNKNOWN if _is_unquoted_placeholder(value) else self._refuse(Violation(path, "type", node.type_words, value))
        seen = self._parts(value, node, path, depth)
        broken = next(self._broken(seen, node), None)
        if broken is not None:
            self._refuse(Violation(path, *broken, value))
            if broken[0] in _BLOCKING or not isinstance(value, dict | list):
                return UNKNOWN
        if node.rules and not self._quickly_hold(seen, node):
            self._evaluate(seen, node, path)
        return seen

    def _parts(self, value: Any, node: Node, path: Path, depth: int) -> Any:
        """Check what is in a value, and return it in the same way."""
        if isinstance(value, dict):
            return self._mapping(value, node, path, depth)
        return self._list(value, node, path, depth) if isinstance(value, list) else value

    def _refuse(self, violation: Violation) -> Any:
        self.violations.append(violation)
        return UNKNOWN

    def _mapping(self, value: dict[Any, Any], node: Node, path: Path, depth: int) -> dict[str, Any]:
        members, others = node.members, node.others
        seen: dict[str, Any] = {}
        for name, part in value.items():
            member = members.get(name, others)
            if not isinstance(member, dict):
                if node.is_closed and (path or name not in (*_ASIDE, _OF_SOPS)):
                    self._drop(name, node, path)
            elif part is not None or member.get("nullable") is True:  # else absent: the default is filled in below
                seen[name] = self.look(part, member, (*path, name), depth + 1)
        if any(isinstance(key, str) and has_placeholder(key) for key in value.keys() - members.keys()):
            return Open(seen)
        for name in node.defaults:
            if name not in seen:
                seen[name] = self._default(members[name], (*path, name), depth)
        for name in node.required:
            if name not in seen:
                self._refuse(Violation(path, "required", name, value))
                seen[name] = UNKNOWN
        return seen

    def _default(self, schema: dict[str, Any], path: Path, depth: int) -> Any:
        """Return the default of a field, with those of the fields in it; that of a definition is sound."""
        given = schema["default"]
        if not isinstance(given, dict | list):
            return given
        count = len(self.violations)
        seen = self.look(given, schema, path, depth + 1)
        del self.violations[count:]
        return seen

    def _drop(self, name: Any, node: Node, path: Path) -> None:
        if isinstance(name, str) and not has_placeholder(name) and not is_blank(name):
            self._refuse(Violation((*path, name), "unknown", tuple(node.members)))

    def _list(self, value: list[Any], node: Node, path: Path, depth: int) -> list[Any]:
        if node.max_items is not None and len(value) > node.max_items:
            return list(value)  # said once; the elements are looked at when there are few enough
        seen = [self.look(one, node.items, (*path, index), depth + 1) for index, one in enumerate(value)]
        if node.is_set or node.keys:
            self._find_duplicates(seen, node, path)
        return OpenList(seen) if any(isinstance(one, str) and has_placeholder(one) for one in value) else seen

    def _find_duplicates(self, seen: list[Any], node: Node, path: Path) -> None:
        if len(seen) > _LONGEST_SET:
            return
        first: dict[str, int] = {}
        for index, one in enumerate(seen):
            key = one if node.is_set else _key_of(one, node.keys)
            if key is UNKNOWN or is_open(key):
                continue
            if (earlier := first.setdefault(repr(key), index)) != index:
                self._refuse(Violation((*path, index), "duplicate", key, earlier))

    def _broken(self, value: Any, node: Node) -> Iterator[tuple[str, Any]]:
        """Yield the keywords that a value breaks, with what they say."""
        for keyword, check, limit in node.checks:
            if check(value, limit) is False:
                yield keyword, limit
        if node.pattern is not None and isinstance(value, str):
            found = matches(node.pattern, value)
            if found is False:
                yield "pattern", node.pattern
            elif found is None and len(value) <= LONGEST:
                self.not_evaluated.append("a pattern of the definition is not one of Gateway API")
        for keyword, argument in node.junctors:
            if self._fits_junctor(value, keyword, argument) is False:
                yield keyword, argument

    def _fits_junctor(self, value: Any, keyword: str, argument: Any) -> bool | None:
        if keyword == "not":
            fits = self._fits(value, argument)
            return None if fits is None else not fits
        found = [self._fits(value, one) for one in listed(argument)]
        if keyword == "allOf":
            return False if False in found else None if None in found else True
        if keyword == "anyOf":
            return True if True in found else None if None in found else False
        return None if None in found else found.count(True) == 1

    def _fits(self, value: Any, schema: Any) -> bool | None:
        """Tell whether a value fits a schema inside of a junctor, which has values only; None where that is not known."""
        if not isinstance(schema, dict) or value is UNKNOWN:
            return None
        node = self._node(schema)
        answers: list[bool | None] = [False for _ in self._broken(value, node)]
        if "format" in schema and isinstance(value, str):
            answers.append(_has_format(value, schema["format"]))
        if isinstance(value, dict):
            answers += [self._fits(value[name], member) for name, member in node.members.items() if name in value]
            answers += [False for name in node.required if name not in value]
        return False if False in answers else None if None in answers else True

    def _quickly_hold(self, value: Any, node: Node) -> bool:
        """Tell whether quick functions say of all rules of a part of the schema that they hold, or may hold, for a value."""
        try:
            return all(self._quick[rule](value) is True for rule, _ in node.rules)
        except CANNOT_SAY:
            return False

    def _evaluate(self, value: Any, node: Node, path: Path) -> None:
        from k8slblint.admission.custom_resources import cel
        from k8slblint.admission.custom_resources.cel_syntax import RuleSyntaxError

        before = None if self._before is None else _at(self._before, path)
        for rule, message in node.rules:
            if self._is_known is not None and not self._is_known(rule):
                self.not_evaluated.append("a validation rule of the definition is not one of Gateway API")
                continue
            try:
                verdict = cel.judge(rule, value, before)
            except RuleSyntaxError:
                self.not_evaluated.append("a validation rule of the definition could not be read")
                continue
            if verdict.holds is False:
                self._refuse(_violation(message, rule, verdict, path, value))


def _violation(message: Any, rule: str, verdict: "Verdict", path: Path, value: Any) -> Violation:
    text = message if isinstance(message, str) else f"failed rule: {rule}"
    elements = verdict.elements[::-1] if verdict.compares else verdict.elements
    if not elements:
        return Violation(path, "rule", text, value, error=verdict.error)
    first, *others = elements
    part = value[first] if isinstance(value, list) and isinstance(first, int) else first
    return Violation((*path, first), "rule", text, part, path, tuple((*path, other) for other in others))


def _at(value: Any, path: Path) -> Any:
    """Return what was at a path, None where nothing was, or where elements of a list may have moved, or it holds a placeholder."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return None if has_placeholder(value) else value


def _is_unquoted_placeholder(value: Any) -> bool:
    """Tell whether a mapping or list is what YAML makes of a placeholder without quotes: `{{ x }}`, `{NAME}`."""
    if not isinstance(value, dict | list) or len(value) != 1:
        return is_blank(value)
    part = next(iter(value))
    return is_blank(value) or isinstance(part, dict) or has_placeholder(part)


def _key_of(element: Any, keys: tuple[str, ...]) -> Any:
    """Return the key of an element of a list as the server writes it, unknown where a part of it is."""
    if not isinstance(element, dict) or not keys:
        return UNKNOWN
    key = {name: element[name] for name in keys if name in element}
    return UNKNOWN if UNKNOWN in key.values() or (len(key) < len(keys) and is_open(element)) else key


def _has_format(value: str, name: object) -> bool | None:
    family = {"ipv4": addresses.IPV4, "ipv6": addresses.IPV6}.get(str(name))
    if family is None:
        return None
    return _family_in_writing(value) == family


def _family_in_writing(text: str) -> int | None:
    """Return the family of an address by its writing: one with a colon is of IPv6 (go-openapi/strfmt `IsIPv6`)."""
    if addresses.parse_address(text) is None:
        return None
    return addresses.IPV6 if ":" in text else addresses.IPV4


def _sized(kind: type, is_least: bool) -> Check:  # noqa: FBT001 - least or most
    def check(value: Any, limit: Any) -> bool | None:
        if not isinstance(value, kind) or not isinstance(limit, int):
            return None
        if is_least:
            return None if is_open(value) else len(value) >= limit  # type: ignore[arg-type]
        return len(value) <= limit  # type: ignore[arg-type]

    return check


def _bounded(is_least: bool) -> Check:  # noqa: FBT001 - least or most
    def check(value: Any, limit: Any) -> bool | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(limit, int | float):
            return None
        return value >= limit if is_least else value <= limit

    return check


def _is_one_of(value: Any, options: Any) -> bool | None:
    return None if value is UNKNOWN or not isinstance(options, list) else any(type(one) is type(value) and one == value for one in options)


CANNOT_SAY = (LookupError, TypeError, ValueError, AttributeError, EvaluationError, UnknownValueError)
"""How a quick function ends for a value of another form than it is written for: one with a mistake, or one that is not known."""

_BLOCKING = frozenset({"maxItems", "maxLength", "maxProperties"})
"""Errors after which the API server evaluates no rule (customresource strategy, `hasBlockingErr`); here none about what is too long."""

_CHECKS: dict[str, Check] = {
    "enum": _is_one_of,
    "minimum": _bounded(is_least=True),
    "maximum": _bounded(is_least=False),
    "minLength": _sized(str, is_least=True),
    "maxLength": _sized(str, is_least=False),
    "minItems": _sized(list, is_least=True),
    "maxItems": _sized(list, is_least=False),
    "minProperties": _sized(dict, is_least=True),
    "maxProperties": _sized(dict, is_least=False),
}
