"""Evaluates CEL rules of custom kinds over three values: true, false, not known.

A rule is read once and becomes a function. Errors and unknown values follow CEL: `||`, `&&`, `all` and `exists` look past them where
another operand decides; everywhere else they spread, and an error refuses the object.
Sources: CEL language definition, "Runtime Errors", "Partial State"; Kubernetes 1.37, "Validation rules", the libraries of strings, IP
addresses and formats there; gateway-api v1.6.1 `config/crd`.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from operator import add, eq, ge, gt, itemgetter, le, lt, mod, mul, ne, sub, truediv
from typing import Any, TypeAlias

from k8slblint.admission.custom_resources.cel_functions import FORMATS, FUNCTIONS, METHODS, EvaluationError, UnknownValueError, fail
from k8slblint.admission.custom_resources.cel_syntax import RuleSyntaxError, Term, read_rule
from k8slblint.admission.custom_resources.unknowns import UNKNOWN, is_open
from k8slblint.model.records import NamedTuple

_Names: TypeAlias = dict[str, Any]
_Run: TypeAlias = Callable[[_Names], Any]

_MOST_STEPS = 200_000
"""Elements that the macros of one rule may visit; the limits of the definitions keep them below 20,000."""


class Verdict(NamedTuple):
    """What a rule says of a value: `holds` is None where it is not known.

    `elements` are the indexes or keys of those that break a rule of the form `self.all(x, ...)`; `compares` tells that such a rule
    holds the elements against each other.
    """

    holds: bool | None
    elements: tuple[int | str, ...] = ()
    compares: bool = False
    error: str = ""


_HOLDS = Verdict(holds=True)


def judge(rule: str, value: Any, before: Any = None) -> Verdict:
    """Evaluate a rule for a value; `before` is that of the live object: without it a rule about a change holds.

    Raises:
        RuleSyntaxError: the rule is not in the part of CEL that is read here.
    """
    read = _rule(rule)
    if read.needs_old_value and before is None:
        return _HOLDS
    names = {"self": value, "oldSelf": before, _STEPS: 0}
    try:
        holds = _truth(read.run(names))
    except UnknownValueError:
        return Verdict(None)
    except EvaluationError as error:
        return Verdict(holds=False, error=str(error))
    if holds:
        return _HOLDS
    if read.body is None:
        return Verdict(holds)
    return Verdict(holds, tuple(_failing(value, read.variable, read.body, names)), read.compares)


class _Rule(NamedTuple):
    run: _Run
    needs_old_value: bool
    variable: str = ""
    body: _Run | None = None
    compares: bool = False


@lru_cache(maxsize=512)
def _rule(text: str) -> _Rule:
    term = read_rule(text)
    needs_old = _mentions(term, "oldSelf")
    is_all = term.kind == "macro" and term.word == "all" and term.parts[0] == _SELF
    if not is_all:
        return _Rule(_made(term), needs_old)
    compares = _mentions(term.parts[1], "self")
    return _Rule(_made(term), needs_old, str(term.value), _made(term.parts[1]), compares)


_SELF = Term("name", "self")
_STEPS = " steps"


def _mentions(term: Term, name: str) -> bool:
    return (term.kind == "name" and term.word == name) or any(_mentions(part, name) for part in term.parts)


def _failing(value: Any, variable: str, body: _Run, names: _Names) -> Iterator[int | str]:
    keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        element = value[key] if isinstance(value, list) else key
        try:
            if not _truth(body({**names, variable: element, _STEPS: 0})):
                yield key
        except UnknownValueError:
            continue
        except EvaluationError:
            yield key


def _made(term: Term) -> _Run:
    """Make a function of a term."""
    maker = _MAKERS.get(term.kind)
    if maker is None:
        raise RuleSyntaxError(term.kind)
    return maker(term)


def _constant(term: Term) -> _Run:
    return lambda _: term.value


def _name(term: Term) -> _Run:
    if term.word == "format":
        return lambda _: FORMATS
    if term.word == "self":
        return itemgetter("self")
    return lambda names: _known(names[term.word]) if term.word in names else fail(f"undeclared reference to '{term.word}'")


def _field(term: Term) -> _Run:
    target, name = _made(term.parts[0]), term.word

    def run(names: _Names) -> Any:
        value = target(names)
        found = value.get(name, UNKNOWN) if type(value) is dict else UNKNOWN
        return found if found is not UNKNOWN else _member(value, name)

    return run


def _index(term: Term) -> _Run:
    target, key = _made(term.parts[0]), _made(term.parts[1])

    def run(names: _Names) -> Any:
        value, at = target(names), key(names)
        if isinstance(value, dict):
            return _member(value, at)
        if isinstance(value, list) and type(at) is int and 0 <= at < len(value):
            return _known(value[at])
        return _lacking(value, f"index out of bounds: {at}")

    return run


def _member(value: Any, name: Any) -> Any:
    if not isinstance(value, dict):
        return fail(f"no such overload: .{name}")
    if name in value:
        return _known(value[name])
    return _lacking(value, f"no such key: {name}")


def _lacking(value: Any, why: str) -> Any:
    if is_open(value):
        raise UnknownValueError
    return fail(why)


def _known(value: Any) -> Any:
    if value is UNKNOWN:
        raise UnknownValueError
    return value


def _not(term: Term) -> _Run:
    inner = _made(term.parts[0])
    return lambda names: not _truth(inner(names))


def _minus(term: Term) -> _Run:
    inner = _made(term.parts[0])
    return lambda names: _arithmetic(sub, 0, inner(names))


def _choice(term: Term) -> _Run:
    condition, then, otherwise = (_made(part) for part in term.parts)
    return lambda names: then(names) if _truth(condition(names)) else otherwise(names)


def _list(term: Term) -> _Run:
    parts = [_made(part) for part in term.parts]
    return lambda names: [part(names) for part in parts]


def _binary(term: Term) -> _Run:
    left, right = (_made(part) for part in term.parts)
    if term.word in ("||", "&&"):
        return _either(left, right, decisive=term.word == "||")
    if term.word == "in":
        return lambda names: _contains(left(names), right(names))
    if term.word in _COMPARISONS:
        return _comparison(_COMPARISONS[term.word], left, right)
    operation = _OPERATIONS[term.word]
    return lambda names: _arithmetic(operation, left(names), right(names))


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul, "/": truediv, "%": mod}


def _either(left: _Run, right: _Run, *, decisive: bool) -> _Run:
    def run(names: _Names) -> bool:
        try:
            first = left(names)
        except (UnknownValueError, EvaluationError) as error:
            return _after(error, lambda: right(names), decisive=decisive)
        if first is decisive:
            return bool(first)
        if isinstance(first, bool):
            return _truth(right(names))
        return _after(EvaluationError("no such overload"), lambda: right(names), decisive=decisive)

    return run


def _after(error: Exception, other: Callable[[], Any], *, decisive: bool) -> bool:
    """Return `decisive` where the other operand is; else the first one spreads, though an unknown value wins over an error."""
    try:
        if _truth(other()) is decisive:
            return decisive
    except UnknownValueError as unknown:
        error = unknown
    except EvaluationError:
        pass
    raise error


def _comparison(compare: Callable[[Any, Any], bool], left: _Run, right: _Run) -> _Run:
    def run(names: _Names) -> bool:
        one, other = left(names), right(names)
        return bool(compare(one, other)) if type(one) is type(other) is str else _compared(compare, one, other)

    return run


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool) and compare in (eq, ne):
        return compare is ne
    try:
        return compare(left, right)
    except TypeError:
        raise EvaluationError("no such overload") from None


def _arithmetic(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    is_joining = operation is add and type(left) is type(right) and isinstance(left, str | list)
    if not is_joining and not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (left, right)):
        return fail("no such overload")
    try:
        return operation(left, right)
    except ArithmeticError:
        return fail("division by zero")


def _contains(value: Any, container: Any) -> bool:
    if not isinstance(container, dict | list):
        return fail("no such overload")
    if value in container:
        return True
    if is_open(container) or (isinstance(container, list) and UNKNOWN in container):
        raise UnknownValueError
    return False


def _decide(elements: list[Any], about: Callable[[Any], Any], *, is_whole: bool, decisive: bool) -> bool:
    """Return `decisive` where it is so about an element, whatever the others are; unknown values win over errors."""
    is_unknown, error = not is_whole, None
    for one in elements:
        try:
            if _truth(about(one)) is decisive:
                return decisive
        except UnknownValueError:
            is_unknown = True
        except EvaluationError as raised:
            error = raised
    if is_unknown:
        raise UnknownValueError
    if error is not None:
        raise error
    return not decisive


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else fail("no such overload")


def _macro(term: Term) -> _Run:
    target, body = (_made(part) for part in term.parts)
    variable, word = str(term.value), term.word

    def run(names: _Names) -> Any:
        container = target(names)
        if not isinstance(container, dict | list):
            return fail("no such overload")
        elements = list(container)
        names[_STEPS] += len(elements)
        if names[_STEPS] > _MOST_STEPS:
            raise UnknownValueError

        def about(element: Any) -> Any:
            names[variable] = element
            return body(names)

        outer = names.get(variable, _STEPS)
        try:
            return _MACROS[word](elements, about, is_whole=not is_open(container))
        finally:
            if outer is _STEPS:
                names.pop(variable, None)
            else:
                names[variable] = outer

    return run


def _exists_one(elements: list[Any], about: Callable[[Any], Any], *, is_whole: bool) -> bool:
    count, is_unknown = 0, not is_whole
    for one in elements:
        try:
            count += _truth(about(one))
        except UnknownValueError:
            is_unknown = True
    if is_unknown and count <= 1:
        raise UnknownValueError
    return count == 1


def _filter(elements: list[Any], about: Callable[[Any], Any], *, is_whole: bool) -> list[Any]:
    if not is_whole:
        raise UnknownValueError
    return [one for one in elements if _truth(about(one))]


def _map(elements: list[Any], about: Callable[[Any], Any], *, is_whole: bool) -> list[Any]:
    if not is_whole:
        raise UnknownValueError
    return [about(one) for one in elements]


_MACROS: dict[str, Callable[..., Any]] = {
    "all": partial(_decide, decisive=False),
    "exists": partial(_decide, decisive=True),
    "exists_one": _exists_one,
    "filter": _filter,
    "map": _map,
}


def _call(term: Term) -> _Run:
    if term.word == "has":
        return _has(term)
    if term.word not in FUNCTIONS or len(term.parts) != 1:
        raise RuleSyntaxError(term.word)
    function, argument = FUNCTIONS[term.word], _made(term.parts[0])
    return lambda names: function(argument(names))


def _has(term: Term) -> _Run:
    if len(term.parts) != 1 or term.parts[0].kind != "field":
        raise RuleSyntaxError("has")
    target, name = _made(term.parts[0].parts[0]), term.parts[0].word

    def run(names: _Names) -> bool:
        value = target(names)
        if not isinstance(value, dict):
            return fail("no such overload")
        found = value.get(name, _NOTHING)
        if found is UNKNOWN or (found is _NOTHING and is_open(value)):
            raise UnknownValueError
        return found is not _NOTHING

    return run


_NOTHING = object()


def _method(term: Term) -> _Run:
    method = METHODS.get(term.word)
    if method is None:
        raise RuleSyntaxError(term.word)
    function, types, count = method
    if not count[0] <= len(term.parts) - 1 <= count[1]:
        raise RuleSyntaxError(term.word)
    target, *arguments = (_made(part) for part in term.parts)

    def run(names: _Names) -> Any:
        value = target(names)
        if not isinstance(value, types):
            return fail("no such overload")
        return function(value, *(argument(names) for argument in arguments))

    return run


_MAKERS: dict[str, Callable[[Term], _Run]] = {
    "value": _constant,
    "name": _name,
    "field": _field,
    "index": _index,
    "not": _not,
    "minus": _minus,
    "choice": _choice,
    "list": _list,
    "binary": _binary,
    "macro": _macro,
    "call": _call,
    "method": _method,
}
