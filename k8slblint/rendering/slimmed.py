"""Custom resource definitions without their schemas: what kustomize copies and no answer rests on, where a unit is rendered for places.

Of large kustomizations they are most of the text. A build that needs a schema after all, as for a patch of one, is done with the whole.
"""

import re
from collections.abc import Iterator

_DEFINITION = re.compile(r"^kind:[ \t]*[\"']?CustomResourceDefinition[\"']?[ \t]*\r?$", re.MULTILINE)
_SCHEMA = re.compile(r"^(?P<indent> *)openAPIV3Schema:[ \t]*\r?$", re.MULTILINE)
_WORTH = 20_000
"""Characters of a text from which on leaving something out saves more than it costs."""


def slimmed(text: str) -> str:
    """Return a text with nothing below the schemas of the definitions in it; the very same one where there is nothing to leave out."""
    if len(text) < _WORTH or not _DEFINITION.search(text):
        return text
    kept = list(_kept(text))
    return "".join(kept) if len(kept) > 1 else text


def _kept(text: str) -> Iterator[str]:
    position = 0
    for match in _SCHEMA.finditer(text):
        if match.start() >= position:
            yield text[position : match.end()]
            position = _end_of(text, match.end(), len(match["indent"]))
    yield text[position:]


def _end_of(text: str, start: int, indent: int) -> int:
    """Return where the lines end that are indented by more than a key; blank ones are between them."""
    found = re.compile(rf"\n(?! {{{indent + 1}}}|[ \t]*\r?(?:\n|\Z))").search(text, start)
    return found.start() if found else len(text)
