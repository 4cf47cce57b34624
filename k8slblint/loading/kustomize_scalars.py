"""Scalars as kustomize reads them, and so as what it prints has them: `off` is text, and so is every annotation.

kustomize keeps plain scalars by the core schema of YAML 1.2, with no booleans but `true` and `false`, and in the end writes the annotations
of each object again, as texts. A file that a kustomization lists is applied in this form, even where nothing else changes in it, and so is
what a chart makes of the values that a kustomization gives it.

Sources: kustomize 5.8, `kyaml/internal/forked/github.com/go-yaml/yaml/resolve.go` (the words), `api/krusty/kustomizer.go` (`Run` calls
`RemoveBuildAnnotations`), `kyaml/yaml/rnode.go` (`GetAnnotations` takes `value.Value`), and `kustomize build` of such files.
"""

import posixpath
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import Resource

_WORDS = frozenset(text for word in ("y", "yes", "on", "n", "no", "off") for text in (word, word.capitalize(), word.upper()))
_WORD = pattern(r"[yYnNoO](?<=[\s\[,].)(?:(?<=[yYnN])|(?<=[yY])[eE][sS]|(?<=[nN])[oO]|(?<=[oO])(?:[nN]|[fF][fF]))[ \t]*+(?:$|[,}\]#\r\n])")
"""What may be such a word as a value; most texts have none. To look for the first letter takes a third of the time."""


def as_kustomize_prints(resources: Sequence[Resource], paths: Callable[[], Container[str]]) -> list[Resource]:
    """Return the resources, those at some paths with the values that kustomize would print; few trees have any to ask for the paths."""
    sources = {id(one.source): one.source for one in resources}
    with_words = {name for name, source in sources.items() if _has_word(source.text)}
    doubtful = [one for one in resources if id(one.source) in with_words or not _are_texts(one.annotations)]
    listed = paths() if doubtful else frozenset[str]()
    printed = {id(one): as_printed(one) for one in doubtful if posixpath.normpath(one.path) in listed}
    return [printed.get(id(one), one) for one in resources]


def _has_word(text: str) -> bool:
    """Tell whether such a word may be a value: whether it stands where a scalar begins, and not at the end of a sentence or comment."""
    return any(_may_begin(text[max(found.start() - _FAR, 0) : found.start()]) for found in _WORD.finditer(text))


_FAR = 100
"""Characters before a word that are looked at."""

_INDICATORS = (":", "-", "?", "[", "{", ",")
_PROPERTIES = ("!", "&")


def _may_begin(before: str) -> bool:
    """Tell whether a scalar may begin after a text, which may be cut off at its start: after an indicator, a tag, or in a new line."""
    words = f"{before}.".splitlines()[-1][:-1].split()
    return not words or words[-1].endswith(_INDICATORS) or words[-1].startswith(_PROPERTIES) or (len(words) == 1 and len(before) == _FAR)


def _are_texts(annotations: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in annotations.values())


def as_printed(resource: Resource) -> Resource:
    """Return a resource with the values that kustomize would print."""
    texts = dict(_texts(resource))
    return _with(resource, texts) if texts else resource


def _texts(resource: Resource) -> Iterator[tuple[int, str]]:
    """Yield the scalars that are read as text, each by the `id` of its node, with that text."""
    for node in _scalars(resource.root):
        if isinstance(node.value, bool) and (text := _text(node, resource)) in _WORDS:
            yield id(node), text
    metadata = resource.root.child("metadata")
    annotations = metadata.child("annotations") if metadata else None
    for _, node in annotations.members.values() if annotations else ():
        if not isinstance(node.value, str | dict | list) and (text := _text(node, resource)) is not None:
            yield id(node), text


def _text(node: Node, resource: Resource) -> str | None:
    """Return what is written of a plain scalar; None of one that is written elsewhere."""
    if node.style or node.aliased or node.line != node.end_line:
        return None
    return resource.source.line(node.line)[node.column - 1 : node.end_column - 1]


def _scalars(root: Node) -> Iterator[Node]:
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        inner = _inner(node)
        if not inner:
            yield node
        fresh = [one for one in inner if id(one) not in seen]
        seen.update(map(id, fresh))
        waiting += fresh


def _inner(node: Node) -> list[Node]:
    return [value for _, value in node.members.values()] if node.members else node.items


def _with(resource: Resource, texts: Mapping[int, str]) -> Resource:
    """Return the resource with other values; its nodes may be shared with other readers of the text, and stay."""
    copies: dict[int, Node] = {}
    waiting = [resource.root]
    while waiting:
        node = waiting[-1]
        fresh = [one for one in _inner(node) if id(one) not in copies]
        if fresh:
            waiting += fresh
            continue
        waiting.pop()
        if id(node) not in copies:
            copies[id(node)] = _copied(node, copies, texts)
    return Resource(copies[id(resource.root)], resource.path, resource.source, resource.origin)


def _copied(node: Node, copies: Mapping[int, Node], texts: Mapping[int, str]) -> Node:
    """Return a node with the copies of its children, all of which are there."""
    made = Node(texts.get(id(node), node.value), node.line, node.column, node.end_line, node.end_column, node.style)
    made.aliased = node.aliased
    if node.members:
        made.members = {key: (name, copies[id(value)]) for key, (name, value) in node.members.items()}
        made.value = {**node.value, **{key: value.value for key, (_, value) in made.members.items()}}  # a view has more than the file
    elif node.items:
        made.items = [copies[id(one)] for one in node.items]
        made.value = [one.value for one in made.items]
    return made
