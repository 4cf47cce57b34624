"""Reads the text of a CEL rule: the part of the language that the rules of custom kinds are written in.

Source: CEL language definition, "Syntax" (https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md); macros of Kubernetes 1.37.
"""

import re
from typing import Any, TypeAlias

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
"""Calls on a list or mapping that name a variable for each element."""


class Term(NamedTuple):
    """One node of a rule.

    `kind` is `value`, `name`, `field`, `index`, `call`, `method`, `macro`, `list`, `not`, `minus`, `choice` or `binary`. `word` is the
    name or operator that belongs to it, `value` the constant, or the variable of a macro, `parts` are the terms below.
    """

    kind: str
    word: str = ""
    value: Any = None
    parts: "tuple[Term, ...]" = ()


class RuleSyntaxError(Exception):
    """The text is not in the part of CEL that is read here."""


_Token: TypeAlias = tuple[str, str]

_END: _Token = ("", "")

_TOKENS = pattern(
    r'''(?x)
    (?P<blank> [ \t\r\n]++ )
    | (?P<raw> [rR] (?: """ [^"]*+ """ | "[^"\n]*+" | '[^'\n]*+' ) )
    | (?P<text> "(?: [^"\\\n] | \\. )*+" | '(?: [^'\\\n] | \\. )*+' )
    | (?P<number> [0-9]++ (?: \.[0-9]++ )? )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]*+ )
    | (?P<sign> \|\| | && | == | != | <= | >= | [-+*/%<>!?:.,()\[\]] )
    | (?P<other> . )
    ''',
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}
_STRENGTH = {
    "||": 1,
    "&&": 2,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
}
"""How strongly a binary operator binds."""

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 60


def read_rule(text: str) -> Term:
    """Return what a rule says.

    Raises:
        RuleSyntaxError: for what is not read here.
    """
    reader = _Reader(_tokens(text))
    term = reader.choice(0)
    reader.end()
    return term


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "other":
            raise RuleSyntaxError(text[match.start() : match.start() + 20])
        if kind != "blank":
            found.append((kind, match[kind]))
    return found


class _Reader:
    """Goes through the tokens of a rule once."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = [*tokens, _END]
        self._at = 0

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._tokens[self._at] is not _END:
            raise RuleSyntaxError(self._tokens[self._at][1])

    def choice(self, depth: int) -> Term:
        """Read a whole expression."""
        if depth > _DEEPEST:
            raise RuleSyntaxError("nested too deeply")
        condition = self._binary(1, depth)
        if not self._takes("?"):
            return condition
        then = self.choice(depth + 1)
        self._need(":")
        return Term("choice", parts=(condition, then, self.choice(depth + 1)))

    def _binary(self, weakest: int, depth: int) -> Term:
        left = self._unary(depth)
        while (strength := _STRENGTH.get(self._peek(), 0)) >= weakest:
            operator = self._next()[1]
            left = Term("binary", operator, parts=(left, self._binary(strength + 1, depth)))
        return left

    def _unary(self, depth: int) -> Term:
        if depth > _DEEPEST:
            raise RuleSyntaxError("nested too deeply")
        if self._takes("!"):
            return Term("not", parts=(self._unary(depth + 1),))
        if self._takes("-"):
            return Term("minus", parts=(self._unary(depth + 1),))
        return self._member(self._primary(depth), depth)

    def _member(self, term: Term, depth: int) -> Term:
        while True:
            if self._takes("["):
                term = Term("index", parts=(term, self.choice(depth + 1)))
                self._need("]")
            elif self._takes("."):
                name = self._name()
                term = self._called(term, name, depth) if self._takes("(") else Term("field", _unescaped(name), parts=(term,))
            else:
                return term

    def _called(self, term: Term, name: str, depth: int) -> Term:
        arguments = self._arguments(")", depth)
        if name not in MACROS:
            return Term("method", name, parts=(term, *arguments))
        if len(arguments) != 2 or arguments[0].kind != "name":  # noqa: PLR2004
            raise RuleSyntaxError(name)
        return Term("macro", name, arguments[0].word, (term, arguments[1]))

    def _primary(self, depth: int) -> Term:
        kind, text = self._next()
        if kind == "number":
            return Term("value", value=float(text) if "." in text else int(text))
        if kind in ("text", "raw"):
            return Term("value", value=_raw(text[1:]) if kind == "raw" else _text(text))
        if text == "(":
            inner = self.choice(depth + 1)
            self._need(")")
            return inner
        if text == "[":
            return Term("list", parts=self._arguments("]", depth))
        if kind != "name":
            raise RuleSyntaxError(text)
        if text in _WORDS:
            return Term("value", value=_WORDS[text])
        return Term("call", text, parts=self._arguments(")", depth)) if self._takes("(") else Term("name", text)

    def _arguments(self, end: str, depth: int) -> tuple[Term, ...]:
        found: list[Term] = []
        while not self._takes(end):
            if found:
                self._need(",")
            found.append(self.choice(depth + 1))
        return tuple(found)

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise RuleSyntaxError(text)
        return text

    def _peek(self) -> str:
        """Return the next token, `""` for a text and at the end."""
        kind, text = self._tokens[self._at]
        return text if kind in ("name", "sign") else ""

    def _next(self) -> _Token:
        if self._tokens[self._at] is _END:
            raise RuleSyntaxError("ends too soon")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, sign: str) -> bool:
        is_next = self._peek() == sign
        self._at += is_next
        return is_next

    def _need(self, sign: str) -> None:
        if not self._takes(sign):
            raise RuleSyntaxError(f"{sign} is missing")


def _raw(quoted: str) -> str:
    return quoted[3:-3] if quoted.startswith('"""') else quoted[1:-1]


def _text(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), quoted[1:-1], flags=re.DOTALL)


def _unescaped(name: str) -> str:
    """Return the property that a name stands for: `__namespace__` is that of a reserved word (Kubernetes, "Validation rules")."""
    return (
        re.sub(r"__(dot|dash|slash|underscores)__", lambda found: _SIGNS[found[1]], name) if not _RESERVED.fullmatch(name) else name[2:-2]
    )


_RESERVED = pattern(
    "__(?:true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)__"
)
_SIGNS = {"dot": ".", "dash": "-", "slash": "/", "underscores": "__"}
