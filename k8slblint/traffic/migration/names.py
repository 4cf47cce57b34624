"""Which texts of a manifest may become names and hosts of Gateway API: everything else is left out of a proposal.

Source: Gateway API 1.6 `apis/v1/shared_types.go` (Hostname, PreciseHostname, ObjectName, Namespace, SectionName).
"""

_LONGEST, _LONGEST_LABEL = 253, 63
_IN_LABELS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def is_precise(text: str) -> bool:
    """Tell whether a text is a DNS subdomain in lower case: a name of an object, a host without a wildcard."""
    return 0 < len(text) <= _LONGEST and all(_is_label(label, _LONGEST) for label in text.split("."))


def is_hostname(text: str) -> bool:
    """Tell whether a text is a hostname of Gateway API: a name, or `*.` and one."""
    return is_precise(text.removeprefix("*."))


def is_namespace(text: object) -> bool:
    """Tell whether a text can be the name of a namespace or of a Service."""
    return isinstance(text, str) and _is_label(text, _LONGEST_LABEL)


def _is_label(text: str, most: int) -> bool:
    return 0 < len(text) <= most and _IN_LABELS.issuperset(text) and not text.startswith("-") and not text.endswith("-")


def shortened_name(text: str, ending: str) -> str:
    """Return a name with an ending that is not too long for the name of an object."""
    return text[: _LONGEST - len(ending)].rstrip("-.") + ending
