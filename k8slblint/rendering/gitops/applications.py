"""What an Application of Argo CD is, written or generated, and how files are read for one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Path
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.fields import NotFollowedError
from k8slblint.rendering.gitops.repositories import Repositories
from k8slblint.rendering.tree import SourceTree


class Application(NamedTuple):
    """An Application, written or generated: `at` is where its `spec` stands in the object of the deployer, `label` its own name there.

    `of` names what an ApplicationSet generated.
    """

    deployer: Deployer
    name: str
    spec: Mapping[str, Any]
    at: Path = ("spec",)
    label: str = ""
    of: str = ""
    finalizers: Any = None


class Part(NamedTuple):
    """One source of an Application: its mapping, where it stands, its folder of the tree, the root of its paths, and more."""

    application: Application
    source: Mapping[str, Any]
    at: Path
    root: str
    folder: str
    tree: SourceTree
    repositories: Repositories


def read_value(tree: SourceTree, path: str) -> Any:
    """Return the value of the first document of a file, None where there is none or it cannot be read."""
    try:
        return tree.made(_first_value, path)
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None


def _first_value(data: bytes) -> Any:
    chunks = documents.split(documents.decode(data))
    return documents.parse(chunks[0]).root.value if chunks else None


def read_text(tree: SourceTree, path: str, at: Path) -> str:
    """Return the text of a file. Raises `NotFollowedError` where it cannot be read."""
    try:
        return documents.decode(tree.read(path))
    except (OSError, documents.UndecodableText):
        raise NotFollowedError(f"the file '{path}' cannot be read", at) from None
