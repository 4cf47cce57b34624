"""One layer of Helm values, and where it is written."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint.model.location import Path
from k8slblint.rendering.gitops.fields import NotFollowedError

LayerForm: TypeAlias = Literal["mapping", "text", "assignment"]


class ValueLayer(NamedTuple):
    """One layer of Helm values, and where it is written; later layers win.

    It is the value at the path `at` of the document that holds line `line` of the file `file` (line 0: the first document): a
    `mapping` of values, a `text` that is itself YAML, or the value of one `assignment` as of `--set`, whose name is `name`;
    `is_text` takes an assignment literally, as `--set-string` does. A value file is `ValueLayer(file)`.
    `given` holds what is written in no file of the tree; `is_optional` tells that the file may be missing.
    """

    file: str
    line: int = 0
    at: Path = ()
    form: LayerForm = "mapping"
    name: str = ""
    is_text: bool = False
    given: Any = None
    is_optional: bool = False


def known_among(layers: Iterable[ValueLayer]) -> tuple[tuple[ValueLayer, ...], bool]:
    """Return the layers of values up to what cannot be followed, and whether those are all."""
    found: list[ValueLayer] = []
    try:
        found.extend(layers)
    except NotFollowedError:
        return tuple(found), False
    return tuple(found), True
