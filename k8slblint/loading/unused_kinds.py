"""Which documents the API server would refuse or trim among those that no rule and no edge of the graph reads.

Most of them are sound. These are read without places and forgotten; only of the others resources are made.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from k8slblint import documents
from k8slblint.documents import BrokenDocument, Chunk
from k8slblint.loading import validation
from k8slblint.loading.custom_kinds import CRD, CustomKinds, is_of_gateway_api
from k8slblint.loading.served_versions import kind_meant, removed, served_instead
from k8slblint.loading.validation import Declared
from k8slblint.model.definitions import CustomDefinition, is_near
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Origin, Resource, SourceText

_GENERATED = "controller-gen.kubebuilder.io/version"
"""The annotation of definitions that are made of Go types: they are sound, and too large to be read for nothing."""

UNOPENED_KINDS = ("ConfigMap", "Secret")
"""Kinds of which only those are parsed that something refers to by name: there are many, they are large, and some are secret."""

_LARGEST_DEFINITION = 60_000
"""In characters; nobody writes a larger one by hand."""

_TypeKey = tuple[str, str, str]
_Declaration = tuple[Chunk, str, str]


class Unused(NamedTuple):
    """A document, or an element of a list (`node`), of a kind that nobody uses; `project` is the one that its file belongs to."""

    path: str
    project: str
    source: SourceText
    api_version: str
    kind: str
    chunk: Chunk
    node: Node | None = None
    is_template: bool = False

    @property
    def line(self) -> int:
        """The line it starts on."""
        return self.node.line if self.node else self.chunk.line

    def is_read_well(self) -> bool:
        """Tell whether the document is read without any problem, so that nobody needs to look at its text."""
        try:
            return not documents.parse_shared(self.chunk).problems
        except BrokenDocument:
            return False

    def value(self) -> Any:
        """Return the plain value, None for what is broken."""
        if self.node:
            return self.node.value
        try:
            return documents.parse_shared(self.chunk).root.value
        except BrokenDocument:
            return None

    def resource(self) -> Resource | None:
        """Return the object with its places, None where there is none: a template, no mapping."""
        if self.is_template or (self.node is None and documents.is_template(self.chunk.text)):  # the list of an element is none
            return None
        try:
            root = self.node or documents.parse_shared(self.chunk).root
        except BrokenDocument:
            return None
        origin = Origin(self.chunk.source) if self.chunk.source else None
        return Resource(root, self.path, self.source, origin) if isinstance(root.value, dict) else None


class Judgement:
    """What came of the documents that were not sound at once.

    `refused` are those that something is wrong with, `unjudged` those without a schema, and templates. `declared` holds, by path,
    apiVersion and kind, what the CustomResourceDefinitions of the tree say, also about kinds in use; `definitions` are those of Gateway
    API. `sound` counts the others.
    """

    __slots__ = ("declared", "definitions", "refused", "sound", "unjudged")

    def __init__(self) -> None:
        self.refused: list[Resource] = []
        self.unjudged: list[Unused] = []
        self.declared: dict[_TypeKey, Declared] = {}
        self.definitions: list[CustomDefinition] = []
        self.sound = 0


class UnusedKinds:
    """Collects documents of unused kinds, and judges them by our schemas at once, by those of the tree in the end."""

    def __init__(self, versions: Sequence[str | None]) -> None:
        """`versions` are the Kubernetes releases that clusters may run (None: unknown); without any nothing is judged."""
        self._versions = versions
        self._custom = CustomKinds()
        self._waiting: dict[_TypeKey, list[Unused]] = defaultdict(list)
        self._doubtful: list[Unused] = []

    def reads(self, unused: Unused) -> bool:
        """Tell whether a document is read, because we have schemas for its kind."""
        if not self._versions or _is_generated(unused):
            return False
        return any(validation.shipped_validators(unused.api_version, unused.kind, version) for version in self._versions)

    def is_sound(self, unused: Unused) -> bool:
        """Tell whether a document is read and fits our schemas; what cannot be read is not sound."""
        if (unused.api_version, unused.kind) == CRD and not unused.node and (self._versions or is_of_gateway_api(unused.chunk)):
            self._custom.declare(unused.chunk, unused.project, unused.path)
        if not self.reads(unused):
            return False
        value = unused.value()
        return all(validation.is_sound(value, unused.api_version, unused.kind, version) for version in self._versions)

    def add(self, unused: Unused) -> None:
        """Take a document that is not sound by our schemas, or that they do not know."""
        version = self._versions[0] if self._versions else None
        is_known = not _is_generated(unused) and (
            validation.shipped_validators(unused.api_version, unused.kind, version)
            or kind_meant(unused.api_version, unused.kind)
            or served_instead(unused.api_version, unused.kind)
            or removed(unused.api_version, unused.kind)
        )
        if self._versions and is_known:
            self._doubtful.append(unused)
        else:
            self._waiting[unused.project, unused.api_version, unused.kind].append(unused)

    def beside(self) -> "UnusedKinds":
        """Return what collects documents of other files, for the same releases."""
        return UnusedKinds(self._versions)

    @property
    def collected(self) -> tuple[list[_Declaration], dict[_TypeKey, list[Unused]], list[Unused]]:
        """The definitions and documents that were taken."""
        return self._custom.given, self._waiting, self._doubtful

    def take(self, collected: tuple[list[_Declaration], dict[_TypeKey, list[Unused]], list[Unused]]) -> None:
        """Take what was `collected` of files after those before."""
        definitions, waiting, doubtful = collected
        for definition in definitions:
            self._custom.declare(*definition)
        for key, unused in waiting.items():
            self._waiting[key] += unused
        self._doubtful += doubtful

    def finish(self, used: Sequence[tuple[str, Resource]]) -> Judgement:
        """Judge what is left; `used` are the resources that were made already, each with the project of its file."""
        judgement = Judgement()
        judgement.definitions = self._custom.of_gateway_api
        by_kind: dict[_TypeKey, list[Resource]] = defaultdict(list)
        for project, resource in used:
            if self._custom.are_declared(project, resource.api_version, resource.kind):
                by_kind[project, resource.api_version, resource.kind].append(resource)
        for unused in self._doubtful:
            self._refuse(unused, judgement)
            if self._custom.are_declared(unused.project, unused.api_version, unused.kind):
                self._waiting[unused.project, unused.api_version, unused.kind].append(unused)
        for key in {**self._waiting, **by_kind}:
            self._judge_kind(key, self._waiting.get(key, []), by_kind.get(key, []), judgement)
        return judgement

    def _judge_kind(self, key: _TypeKey, waiting: Sequence[Unused], used: Sequence[Resource], judgement: Judgement) -> None:
        project, api_version, kind = key
        if not self._custom.are_declared(project, api_version, kind):
            judgement.unjudged.extend(waiting)
            return
        values = [unused.value() for unused in waiting]
        found = self._custom.validators(project, api_version, kind, [*values, *(resource.value for resource in used)])
        validators = tuple(validator for _, validator in found)
        for path in {*(unused.path for unused in waiting), *(resource.path for resource in used)} if found else ():
            near = any(is_near(definition, path) for definition, _ in found)
            judgement.declared[path, api_version, kind] = Declared(validators, found[0][0], near)
        for unused, value in zip(waiting, values, strict=True):
            if validation.shipped_validators(api_version, kind, None):
                continue
            if not validators:
                judgement.unjudged.append(unused)
            elif validation.fits(value, validators):
                judgement.sound += 1
            else:
                self._refuse(unused, judgement)

    def _refuse(self, unused: Unused, judgement: Judgement) -> None:
        resource = unused.resource()
        if resource is None:
            judgement.unjudged.append(unused)
        else:
            judgement.refused.append(resource)


def _is_generated(unused: Unused) -> bool:
    """Tell whether a program wrote a definition of a custom kind."""
    text = unused.chunk.text
    return (unused.api_version, unused.kind) == CRD and (len(text) > _LARGEST_DEFINITION or _GENERATED in text)
