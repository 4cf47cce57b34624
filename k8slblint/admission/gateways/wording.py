"""What is wrong with a value, in a few words for its author, and in the words of the API server.

Source of the latter: Kubernetes 1.37 `k8s.io/apimachinery/pkg/util/validation/field/errors.go`, `kube-openapi/pkg/validation/errors`.
"""

from collections.abc import Sequence
from typing import Any

from k8slblint.admission.custom_resources.patterns import meaning_of
from k8slblint.admission.custom_resources.structural import Violation
from k8slblint.admission.gateways.advice import advice_for
from k8slblint.admission.refusal import duplicate, in_words, invalid, quoted, required, shown, unsupported
from k8slblint.model.location import Path, format_path
from k8slblint.model.records import NamedTuple
from k8slblint.model.texts import listed
from k8slblint.schema.wording import describe, nearest_name


class Words(NamedTuple):
    """The texts about one violation: `fault` is a predicate to the object, `answer` what the API server says, with the path."""

    path: Path
    fault: str
    answer: str
    label: str = ""
    help: str = ""


_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_LONGEST_MESSAGE = 600


def words_for(violation: Violation) -> Words:
    """Return what is said about a violation other than an unknown field."""
    if violation.code == "required":
        return _missing(violation)
    if violation.code == "rule":
        return _rule(violation)
    if violation.code == "duplicate":
        return _duplicate(violation)
    if violation.code in _JUNCTORS and isinstance(violation.value, dict) and isinstance(violation.value.get("value"), str):
        return _address(violation, violation.value["value"])
    path, value = violation.path, violation.value
    answer, help_ = _answer_and_help(violation)
    return Words(path, f"has an invalid `{short(path)}`", f"{in_words(path)}: {answer}", _label(violation.code, value), help_)


def short(path: Path) -> str:
    """Write the end of a path, which is what a headline has room for: `listeners[0].port`."""
    names = [index for index, part in enumerate(path) if isinstance(part, str)]
    return format_path(path[(names[-2:] or [0])[0] :])


def _address(violation: Violation, value: str) -> Words:
    """Return what is said of an entry of `addresses` whose value is not of its type: the only part of a definition with alternatives."""
    rule = f"must validate one and only one schema ({violation.code})"
    answer = f"{in_words(violation.path)}: {invalid(value, rule)}"
    fault = "requests an IP address that is not valid"
    return Words((*violation.path, "value"), fault, answer, f"is {describe(value)}", _ADDRESS_HELP)


def _missing(violation: Violation) -> Words:
    path = (*violation.path, violation.argument)
    field = violation.argument
    return Words(violation.path, f"has no `{short(path)}`", f"{in_words(path)}: {required()}", f"lacks `{field}`", f"Set `{field}`.")


def _rule(violation: Violation) -> Words:
    message = str(violation.argument)[:_LONGEST_MESSAGE]
    advice = advice_for(message)
    path, node = place_at_fault(violation)
    told = violation.path if violation.within is None else violation.within
    label = f"is {describe(node)}" if isinstance(node, str | int) and not isinstance(node, bool) else ""
    error = f"{violation.error} evaluating rule: " if violation.error else ""
    return Words(path, advice.fault, f"{in_words(told)}: Invalid value: {error}{message}", label, advice.help)


def place_at_fault(violation: Violation) -> tuple[Path, Any]:
    """Return the path of the field that a broken rule is about, and its value."""
    path, node = violation.path, violation.value
    for part in advice_for(str(violation.argument)[:_LONGEST_MESSAGE]).at:
        if not isinstance(node, dict) or part not in node:
            break
        path, node = (*path, part), node[part]
    return path, node


def _duplicate(violation: Violation) -> Words:
    key, path = violation.argument, violation.path
    name = str(path[-2]) if len(path) > 1 else "list"
    if not isinstance(key, dict):
        return Words(path, f"lists {shown(key)} twice in `{name}`", f"{in_words(path)}: {duplicate(key)}", "", "List each value once.")
    written = listed([f"{field} {shown(part)}" for field, part in key.items()])
    field = next(iter(key))
    fault = f"has two `{name}` with {written}"
    return Words((*path, field), fault, f"{in_words(path)}: {duplicate(key)}", "", f"Give each of the `{name}` its own `{field}`.")


def _label(code: str, value: Any) -> str:
    if code in ("minItems", "maxItems", "minProperties", "maxProperties"):
        return f"has {len(value)} elements" if len(value) != 1 else "has 1 element"
    if code in ("minLength", "maxLength") and value:
        return f"is {len(value)} characters long"
    return f"is {describe(value)}"


def _answer_and_help(violation: Violation) -> tuple[str, str]:
    code, limit, value = violation.code, violation.argument, violation.value
    place = in_words(violation.path)
    if code == "type":
        kind = describe(value).removeprefix("the ").split()[0] if not isinstance(value, dict | list) else "object"
        return f"Invalid value: {quoted(kind)}: must be of type {limit}", _type_help(value, limit)
    if code == "enum":
        return unsupported(value, [str(one) for one in limit]), _enum_help(value, limit)
    if code == "pattern":
        return invalid(value, f"should match '{limit}'"), f"Write {meaning_of(limit)}."
    if code in _LIMITS:
        rule, advice = _LIMITS[code]
        size = len(value) if isinstance(value, list | dict) else value
        answer = rule.format(limit=limit, size=size)
        return answer if answer.startswith("Too ") else invalid(size, answer), advice.format(limit)
    return f"Invalid value: {place} must validate the schemas of the definition ({code})", "Write a value that the definition allows."


_JUNCTORS = frozenset({"oneOf", "anyOf", "allOf"})
_ADDRESS_HELP = "Write an IPv4 or IPv6 address without port or prefix, or set another `type`."

_LIMITS = {
    "minItems": ("should have at least {limit} items", "List {0} or more."),
    "maxItems": ("Too many: {size}: must have at most {limit} items", "List {0} or fewer."),
    "minProperties": ("should have at least {limit} properties", "Set {0} or more."),
    "maxProperties": ("Too many: {size}: must have at most {limit} items", "Set {0} or fewer."),
    "minLength": ("should be at least {limit} chars long", "Write {0} or more characters."),
    "maxLength": ("Too long: may not be more than {limit} bytes", "Write {0} or fewer characters."),
    "minimum": ("should be greater than or equal to {limit}", "Write {0} or more."),
    "maximum": ("should be less than or equal to {limit}", "Write {0} or less."),
}


def _type_help(value: Any, kind: str) -> str:
    words = " or ".join(_TYPES.get(one, one) for one in kind.split(" or "))
    if kind == "string" and isinstance(value, bool | int | float):
        return "Write text, in quotes."
    if kind == "integer" and isinstance(value, str) and value.lstrip("+-").isdecimal():
        return "Write a whole number, without quotes."
    return f"Write {words}."


def _enum_help(value: Any, options: Sequence[Any]) -> str:
    words = [f"'{one}'" for one in options]
    near = nearest_name(value, [one for one in options if isinstance(one, str)]) if isinstance(value, str) else ""
    return f"Write {listed(words, 'or', len(words))}." if not near else f"Write '{near}'. Known are {listed(words, 'and', len(words))}."
