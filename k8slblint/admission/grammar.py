"""The grammars of Kubernetes names, in the server's words: each function returns the rule that a text breaks, or None.

Source: k8s.io/apimachinery 0.34, `pkg/util/validation/validation.go`.
"""

import re
from typing import Final

from k8slblint.model.patterns import pattern

LABEL_LENGTH: Final = 63
SUBDOMAIN_LENGTH: Final = 253
PORT_NAME_LENGTH: Final = 15

_LABEL = pattern(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = pattern(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = pattern(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = pattern(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_HTTP_PATH = pattern(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_PORT_NAME = pattern(r"[-a-z0-9]+")

_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_LABEL_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_QUALIFIED_RULE = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"


def length(text: str) -> int:
    """Return the length that the API server counts: bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def broken_label(text: str) -> str | None:
    """Hold a text against an RFC 1123 label (`IsDNS1123Label`)."""
    return _too_long(text, LABEL_LENGTH) or (None if _LABEL.fullmatch(text) else _LABEL_RULE)


def broken_label_1035(text: str) -> str | None:
    """Hold a text against an RFC 1035 label (`IsDNS1035Label`), which starts with a letter."""
    return _too_long(text, LABEL_LENGTH) or (None if _LABEL_1035.fullmatch(text) else _LABEL_1035_RULE)


def broken_subdomain(text: str) -> str | None:
    """Hold a text against an RFC 1123 subdomain (`IsDNS1123Subdomain`)."""
    return _too_long(text, SUBDOMAIN_LENGTH) or (None if _SUBDOMAIN.fullmatch(text) else _SUBDOMAIN_RULE)


def broken_wildcard(text: str) -> str | None:
    """Hold a text with an asterisk against a wildcard host (`IsWildcardDNS1123Subdomain`): `*.` and a subdomain."""
    rule = f"a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain: {_SUBDOMAIN_RULE}"
    is_wildcard = text.startswith("*.") and _SUBDOMAIN.fullmatch(text[2:])
    return _too_long(text, SUBDOMAIN_LENGTH) or (None if is_wildcard else rule)


def broken_domain_path(text: str) -> str | None:
    """Hold a text against a path with a domain before it (`IsDomainPrefixedPath`): `example.com/any/path`."""
    domain, slash, path = text.partition("/")
    if not domain or not slash or not path:
        return 'must be a domain-prefixed path (such as "acme.io/foo")'
    broken = broken_subdomain(domain)
    if broken:
        return broken
    return None if _HTTP_PATH.fullmatch(path) else "must be an HTTP request path"


def broken_path_segment(text: str) -> str | None:
    """Hold a text against a segment of a URL (`IsPathSegmentName`)."""
    if text in (".", ".."):
        return f"may not be '{text}'"
    found = next((one for one in ("/", "%") if one in text), None)
    return f"may not contain '{found}'" if found else None


def broken_qualified_name(text: str) -> str | None:
    """Hold a text against a qualified name (`IsQualifiedName`): an optional subdomain with `/`, and a name of 63 characters."""
    parts = text.split("/")
    if len(parts) > 2:  # noqa: PLR2004
        return f"a qualified name {_QUALIFIED_RULE} with an optional DNS subdomain prefix and '/'"
    if len(parts) == 2:  # noqa: PLR2004
        broken = broken_subdomain(parts[0]) if parts[0] else "must be non-empty"
        if broken:
            return f"prefix part {broken}"
    name = parts[-1]
    if not name:
        return "name part must be non-empty"
    too_long = _too_long(name, LABEL_LENGTH)
    if too_long or not _QUALIFIED.fullmatch(name):
        return f"name part {too_long or _QUALIFIED_RULE}"
    return None


def broken_label_value(text: str) -> str | None:
    """Hold a text against the value of a label (`IsValidLabelValue`); empty is fine."""
    too_long = _too_long(text, LABEL_LENGTH)
    if too_long or not text or _QUALIFIED.fullmatch(text):
        return too_long
    return f"a valid label must be an empty string or {_QUALIFIED_RULE.removeprefix('must ')}"


def broken_port_name(text: str) -> str | None:
    """Hold a text against the name of a container port (`IsValidPortName`, RFC 6335)."""
    if length(text) > PORT_NAME_LENGTH:
        return _too_long(text, PORT_NAME_LENGTH)
    if not _PORT_NAME.fullmatch(text):
        return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", text):
        return "must contain at least one letter (a-z)"
    if "--" in text:
        return "must not contain consecutive hyphens"
    return "must not begin or end with a hyphen" if text.startswith("-") or text.endswith("-") else None


def _too_long(text: str, limit: int) -> str | None:
    return f"must be no more than {limit} characters" if length(text) > limit else None
