"""Which rules of Traefik's routes its parser refuses in every release: unknown matchers, arguments without quotes, lost brackets.

Source: traefik/traefik fd5a576d pkg/rules/parser.go (vulcand/predicate on an expression of Go; names as written, in lower or upper case, or
with a capital), pkg/muxer/{http,tcp}/{matcher,matcher_v2}.go (the matchers of both syntaxes), pkg/server/router (`AddRoute` fails, and the
router is left out with an error). Matchers of one syntax only, and how many arguments each takes, are not judged here.
"""

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

_HTTP = (
    *("ClientIP", "Method", "Host", "HostHeader", "HostRegexp", "Path", "PathRegexp", "PathPrefix"),
    *("Header", "HeaderRegexp", "Headers", "HeadersRegexp", "Query", "QueryRegexp"),
)
_TCP = ("ALPN", "ClientIP", "HostSNI", "HostSNIRegexp")

_LONGEST = 4000
"""In characters, of a rule that is looked at."""

_DEEPEST = 30

_TOKEN = pattern(
    r"[ \t\r\n]++"
    r"|(?P<text>`[^`]*`|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>&&|\|\||[!(),])"
)


class RuleFault(NamedTuple):
    """What is wrong with a rule: `matcher` (`text` is its name, `meant` one of nearly the name), `quotes` (the argument), or `syntax`."""

    kind: str
    text: str
    meant: str = ""


class _RefusedError(Exception):
    def __init__(self, found: RuleFault) -> None:
        super().__init__(found.kind)
        self.found = found


def rule_fault(rule: str, *, is_tcp: bool) -> RuleFault | None:
    """Return why a rule is refused; None for one that is read, or that is too long or too deep to tell."""
    if len(rule) > _LONGEST or rule.count("(") > _DEEPEST or not rule.strip():
        return None
    try:
        _Reader(_tokens(rule), _TCP if is_tcp else _HTTP).read()
    except _RefusedError as fault:
        return fault.found
    return None


def _tokens(rule: str) -> list[tuple[str, str]]:
    """Return the parts of a rule, each with its kind; what is none of them is one by itself, as far as the next sign."""
    found, at = [], 0
    while at < len(rule):
        token = _TOKEN.match(rule, at)
        if token is None:
            end = next((index for index in range(at + 1, len(rule)) if rule[index] in " ,()&|!"), len(rule))
            found.append(("other", rule[at:end]))
            at = end
            continue
        at = token.end()
        if token.lastgroup:
            found.append((token.lastgroup, token[0]))
    return found


class _Reader:
    """Reads an expression by descent: `||` binds least, then `&&`, then `!`."""

    def __init__(self, tokens: list[tuple[str, str]], matchers: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._matchers = matchers

    def read(self) -> None:
        self._terms()
        if self._at < len(self._tokens):
            raise _RefusedError(RuleFault("syntax", self._tokens[self._at][1]))

    def _terms(self) -> None:
        self._factor()
        while self._next() in (("sign", "||"), ("sign", "&&")):
            self._at += 1
            self._factor()

    def _factor(self) -> None:
        while self._next() == ("sign", "!"):
            self._at += 1
        if self._next() == ("sign", "("):
            self._at += 1
            self._terms()
            self._expect(")")
            return
        kind, name = self._take()
        if kind != "name":
            raise _RefusedError(RuleFault("syntax", name))
        self._expect("(")
        if not any(name in (one, one.lower(), one.upper(), one.capitalize()) for one in self._matchers):
            raise _RefusedError(RuleFault("matcher", name, next((one for one in self._matchers if one.lower() == name.lower()), "")))
        self._arguments()

    def _arguments(self) -> None:
        while self._next() != ("sign", ")"):
            kind, text = self._take()
            if kind != "text":
                raise _RefusedError(RuleFault("quotes" if kind in ("name", "other") and text else "syntax", text))
            if self._next() == ("sign", ","):
                self._at += 1
            elif self._next() != ("sign", ")"):
                raise _RefusedError(RuleFault("syntax", self._next()[1]))
        self._at += 1

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._next()
        self._at += 1
        return token

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token != ("sign", sign):
            raise _RefusedError(RuleFault("syntax", token[1]))
