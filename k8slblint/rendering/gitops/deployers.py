"""Knows how an object that deploys others is read: where its values are written, which folders it names, why it is not followed."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.helm.layers import LayerForm, ValueLayer
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered

DEEPEST = 100
"""Levels of nesting that are followed within an object; manifests have some twenty."""

_LIST = re.compile(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?\w*List\b""", re.MULTILINE)

_TELLING = re.compile(
    r"(?:^|/)clusters/[^/]+/"
    r"|(?:^|[/_.-])(?:prod|production|prd|staging|stage|stg|preprod|uat|dev|develop|development|sandbox|qa|test|testing|live)(?=[/_.-]|$)"
)
"""Paths that tell a cluster or an environment."""


class NotFollowedError(Exception):
    """What an object deploys is not followed: `reason` is one sentence without a period, `at` the field to look at."""

    def __init__(self, reason: str, at: Path = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class Deployer:
    """One object that deploys others.

    `file` is the path of the tree in which it is written, `""` where it was itself rendered.
    """

    def __init__(self, resource: Resource, file: str) -> None:
        self.resource = resource
        self.file = file
        namespace = resource.get("metadata", "namespace")
        self.namespace = namespace if isinstance(namespace, str) else ""
        self.label = f"{self.namespace}/{resource.name}" if self.namespace else resource.name
        self._is_document: bool | None = None

    @property
    def description(self) -> str:
        """The object as messages name it: `Application argocd/web`."""
        return f"{self.resource.kind} {self.label}"

    def not_rendered(self, reason: str, at: Path = (), of: str = "", namespace: str | None = None) -> NotRendered:
        """Return the entry that tells why what it deploys (`of` names a generated part) is not rendered.

        `namespace` is the one into which it is deployed; one in which its deployers are may hold objects that deploy anywhere.
        """
        line = self.resource.span(at).line
        only = namespace if namespace and namespace != self.namespace and not has_placeholder(namespace) else None
        return NotRendered(f"{self.description}{of}", self.file or self.resource.path, line, reason, only)

    def layer(self, at: Path, value: Any, form: LayerForm = "mapping", *, name: str = "", is_text: bool = False) -> ValueLayer:
        """Return a layer for a value of this object: with its place in the file where it is written there as it is, else as given."""
        if self.file and self._stands_alone() and _is_same(self.resource.get(*at), value):
            return ValueLayer(self.file, self.resource.root.line, at, form, name, is_text)
        return ValueLayer("", form=form, name=name, is_text=is_text, given=value)

    def _stands_alone(self) -> bool:
        """Tell whether the object is a document of its own: paths into an element of a `List` start elsewhere."""
        if self._is_document is None:
            self._is_document = _LIST.search(self.resource.source.text) is None
        return self._is_document


def _is_same(written: Any, value: Any) -> bool:
    return written is value or (type(written) is type(value) and not is_too_deep(value) and bool(written == value))


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def text_of(within: Mapping[str, Any], key: str, at: Path = ()) -> str:
    """Return a text, `""` where it is missing.

    Raises:
        NotFollowedError: it is no text, or a part of it is filled in later.
    """
    value = within.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotFollowedError(f"its `{key}` is not text", (*at, key))
    if has_placeholder(value):
        raise NotFollowedError(f"its `{key}` '{value[:80]}' is filled in later", (*at, key))
    return value


def is_too_deep(value: Any) -> bool:
    """Tell whether a value is nested more than `DEEPEST` levels."""
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                below.extend(part.values())
            elif isinstance(part, list):
                below.extend(part)
        if not below:
            return False
        level = below
    return True


def folder_path(text: str, base: str = "") -> str | None:
    """Return the path of the tree that a text names, `""` for the top; None where it leads out or is no path."""
    if "\0" in text or "\n" in text or "\\" in text:
        return None
    path = posixpath.normpath(posixpath.join(base, text) or ".")
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def source_root(tree: SourceTree, file: str, path: str) -> str | None:
    """Return the folder that a path of a deployer is relative to: the top of the tree, else a folder above the deployer's own file.

    A tree without a repository around it may hold several; None where the path leads out, or exists below none of them.
    """
    steps = posixpath.dirname(file).split("/") if file else []
    for length in range(len(steps) + 1):
        above = "/".join(steps[:length])
        found = folder_path(path)
        if found is None:
            return None
        if tree.is_folder(posixpath.join(above, found).rstrip("/")):
            return above
    return None


def telling_path(candidates: Iterable[str]) -> str:
    """Return the first path that tells a cluster or an environment, else the first of them."""
    paths = [path for path in candidates if path]
    return next((path for path in paths if _TELLING.search(path)), paths[0] if paths else "")
