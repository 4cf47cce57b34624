"""How text that may come from manifests is written in Markdown with backslashes, so that it is neither markup nor a link."""

import re

from k8slblint.model.patterns import pattern

_MARKUP = pattern(r"([\\`*_{}\[\]()<>#+!|~&:/@-]|(?<=www)\.)", re.IGNORECASE)
"""What Markdown gives a meaning (CommonMark 0.31, 2.4), and what GitHub makes links of; each may be escaped by a backslash."""


def escaped(text: str) -> str:
    """Return text in one line, each character with a meaning behind a backslash."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
