"""The patterns of the definitions of Gateway API, each written so that no text makes it slow.

A pattern comes with a definition, and a definition may come from a tree that is scanned: one that is not listed here is never run.
The forms on the right match what RE2 matches with those on the left (Kubernetes compiles patterns with Go's `regexp`): `$` is the very
end of the text, and a group that is repeated cannot match one text in several ways.
Source: gateway-api `config/crd`, all releases from v1.0.0 to v1.6.1.
"""

import re
from functools import lru_cache

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_GIVEN_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_GIVEN_SUBDOMAIN = rf"{_GIVEN_LABEL}(\.{_GIVEN_LABEL})*"
_PATH_CHARACTERS = r"[A-Za-z0-9\/\-._~%!$&'()*+,;=:]"

FORMS = {
    rf"^{_GIVEN_LABEL}$": rf"\A{_LABEL}\Z",
    rf"^{_GIVEN_SUBDOMAIN}$": rf"\A{_SUBDOMAIN}\Z",
    rf"^({_GIVEN_SUBDOMAIN})$": rf"\A{_SUBDOMAIN}\Z",
    rf"^$|^{_GIVEN_SUBDOMAIN}$": rf"\A(?:{_SUBDOMAIN})?\Z",
    rf"^(\*\.)?{_GIVEN_SUBDOMAIN}$": rf"\A(?:\*\.)?{_SUBDOMAIN}\Z",
    r"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$": r"\A[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\Z",
    r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$": r"\A[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?\Z",
    rf"^({_GIVEN_SUBDOMAIN}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$": (
        rf"\A(?:{_SUBDOMAIN}/)?(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z"
    ),
    rf"^({_GIVEN_SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]$": (
        rf"\A(?:{_SUBDOMAIN}/)?(?:[A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]\Z"
    ),
    r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$": r"\A(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z",
    rf"^{_GIVEN_SUBDOMAIN}\/{_PATH_CHARACTERS}+$": rf"\A{_SUBDOMAIN}/{_PATH_CHARACTERS}+\Z",
    rf"^Hostname|IPAddress|NamedAddress|{_GIVEN_SUBDOMAIN}\/{_PATH_CHARACTERS}+$": (
        rf"\AHostname|IPAddress|NamedAddress|(?<!{_PATH_CHARACTERS})(?={_PATH_CHARACTERS}++\Z){_PATH_CHARACTERS}*?[a-z0-9]/{_PATH_CHARACTERS}"
    ),
    rf"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|{_GIVEN_SUBDOMAIN}\/[A-Za-z0-9]+$": (
        r"\A[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\Z|[a-z0-9]/[A-Za-z0-9]+\Z"
    ),
    rf"^[a-zA-Z0-9]([-a-zSA-Z0-9]*[a-zA-Z0-9])?$|{_GIVEN_SUBDOMAIN}\/[A-Za-z0-9]+$": (
        r"\A[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?\Z|[a-z0-9]/[A-Za-z0-9]+\Z"
    ),
    rf"^(System|({_GIVEN_SUBDOMAIN}/([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]))$": (
        rf"\A(?:System|{_SUBDOMAIN}/(?:[A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9])\Z"
    ),
    r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$": r"\A[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+\Z",
    r"^([0-9]{1,5}(h|m|s|ms)){1,4}$": r"\A(?:[0-9]{1,5}(?:ms|[hms])){1,4}\Z",
    r"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?": r"\A[^:/?#]+://",
    r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$": r"\A(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+\Z",
    r"^[!-~]+([\t ]?[!-~]+)*$": r"\A[!-~]+(?:[\t ][!-~]+)*\Z",
    r"(^\*$)|(^([a-zA-Z][a-zA-Z0-9+\-.]+):\/\/([^:/?#]+)(:([0-9]{1,5}))?$)": (
        r"\A\*\Z|\A[a-zA-Z][a-zA-Z0-9+\-.]+://[^:/?#]+(?::[0-9]{1,5})?\Z"
    ),
    r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)": (
        r"\A\*\Z|\Ahttps?://(?:(?:\*\.)?(?:[a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(?::[0-9]{1,5})?\Z"
    ),
    r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$": r"(?i)\A\.?[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)*\Z",
    r"^[A-Za-z_][A-Za-z_0-9]*$": r"\A[A-Za-z_][A-Za-z_0-9]*\Z",
}
"""By the text of a pattern: the form that is run."""

_NAME = "lower-case letters, digits and '-', with a letter or digit at both ends"
_MEANINGS = {
    rf"^{_GIVEN_LABEL}$": _NAME,
    rf"^{_GIVEN_SUBDOMAIN}$": "a DNS name in lower case, without wildcard",
    rf"^$|^{_GIVEN_SUBDOMAIN}$": "an API group, such as gateway.networking.k8s.io, or empty text for the core group",
    rf"^(\*\.)?{_GIVEN_SUBDOMAIN}$": "a DNS name in lower case, such as app.example.com or *.example.com",
    r"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$": "a kind, such as Service",
    rf"^{_GIVEN_SUBDOMAIN}\/{_PATH_CHARACTERS}+$": "a domain and a path, such as example.com/controller",
    r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$": "an HTTP header name, without blanks and colons",
    r"^([0-9]{1,5}(h|m|s|ms)){1,4}$": "whole numbers with units, such as 10s, 500ms or 1h30m",
    r"^[!-~]+([\t ]?[!-~]+)*$": "printable characters, with single blanks between them",
    r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$": "a word in CamelCase",
}


def meaning_of(pattern: str) -> str:
    """Return what a pattern asks for, in words for a person."""
    return _MEANINGS.get(pattern, "a value of the form that the definition asks for")


LONGEST = 4096
"""In characters; of longer texts it is not said whether they match. No definition allows more."""


def matches(pattern: str, text: str) -> bool | None:
    """Tell whether a text matches a pattern of a definition somewhere, None where that is not known."""
    form = _compiled(pattern)
    return None if form is None or len(text) > LONGEST else form.search(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> "re.Pattern[str] | None":
    form = FORMS.get(pattern)
    return None if form is None else re.compile(form)
