"""Reads selectors of labels that are written as one text: `env in (a, b), !old, tier=web`.

Source: k8s.io/apimachinery 0.34 pkg/labels/selector.go (`Parse`), pkg/util/validation (names of labels and their values).
"""

import re

_WORD = r"([=!<>]{1,2}|[(),])|([^\s=!<>(),]+)|(\s+)|([=!<>]+)"
_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?){0,126}"
_LONGEST_PREFIX = 253
_WHOLE = r"[0-9]{1,18}"


def selector_fault(text: str) -> str | None:
    """Return what is wrong with a selector, as a predicate, or None where it can be read; the empty one selects everything."""
    tokens = [match[1] or match[2] or match[4] for match in re.finditer(_WORD, text) if match[3] is None]
    return _Reader(tokens).fault() if tokens else None


class _Reader:
    """Goes through the words and signs of a selector once."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def fault(self) -> str | None:
        while True:
            wrong = self._requirement()
            if wrong is not None or self._next is None:
                return wrong
            if self._take() != ",":
                return f"has '{self._tokens[self._at - 1]}' where a comma is expected"

    @property
    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str | None:
        token = self._next
        self._at += 1
        return token

    def _requirement(self) -> str | None:
        is_negated = self._next == "!"
        if is_negated:
            self._take()
        key = self._take()
        wrong = _wrong_key(key)
        if wrong is not None or is_negated or self._next in (None, ","):
            return wrong
        operator = self._take()
        if operator in ("in", "notin"):
            return self._values(operator)
        if operator in ("=", "==", "!="):
            return None if self._next in (None, ",") else _wrong_value(self._take())
        if operator in (">", "<"):
            value = self._take() or ""
            return None if re.fullmatch(_WHOLE, value) else f"compares with '{value}', which is not a whole number"
        return f"has '{operator}' where an operator is expected"

    def _values(self, operator: str) -> str | None:
        if self._take() != "(":
            return f"lacks the parenthesis after '{operator}'"
        if self._next == ")":
            self._take()
            return None
        return self._list(operator)

    def _list(self, operator: str) -> str | None:
        """Read values to the closing parenthesis; one may be left out at each comma, and two commas may be before one."""
        while True:
            wrong = None if self._next == "," else _wrong_value(self._take())
            if wrong is not None:
                return wrong
            match self._take():
                case ")":
                    return None
                case ",":
                    if self._next == ")":
                        self._take()
                        return None
                    if self._next == ",":
                        self._take()
                case _:
                    return f"lacks the parenthesis that closes the values of '{operator}'"


def _wrong_key(key: str | None) -> str | None:
    if key is None or _is_sign(key):
        return f"has '{key}' where a label is expected" if key else "ends where a label is expected"
    prefix, slash, name = key.rpartition("/")
    is_name = re.fullmatch(_NAME, name) is not None and (not slash or _is_prefix(prefix))
    return None if is_name else f"has '{key}', which is not a valid label"


def _wrong_value(value: str | None) -> str | None:
    if value is None or _is_sign(value):
        return f"has '{value}' where a value is expected" if value else "ends where a value is expected"
    return None if re.fullmatch(_NAME, value) else f"has '{value}', which is not a valid label value"


def _is_prefix(text: str) -> bool:
    return len(text) <= _LONGEST_PREFIX and re.fullmatch(_PREFIX, text) is not None


def _is_sign(token: str) -> bool:
    return token[0] in "=!<>(),"
