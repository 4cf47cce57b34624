"""An object that deploys others: where its values are written, and its name."""

import re
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import is_too_deep
from k8slblint.rendering.gitops.named_folders import named_folders
from k8slblint.rendering.helm.layers import LayerForm, ValueLayer
from k8slblint.rendering.kinds import Printed
from k8slblint.rendering.units import NotRendered

_LIST = re.compile(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?\w*List\b""", re.MULTILINE)


_OF_FLUX = "flux-system"
"""The namespace of Flux, where nothing else is said (Flux 2.7, cmd/flux/install.go)."""


class Deployer:
    """One object that deploys others.

    `file` is the path of the tree in which it is written, `""` where a template prints it; of one that a kustomization `printed` it is
    the file that this comes from.
    """

    def __init__(self, resource: Resource, file: str, printed: Printed | None = None) -> None:
        self.resource = resource
        self.file = file
        self.printed = printed
        self._written = resource if printed is None else printed.written
        namespace = resource.get("metadata", "namespace")
        self.namespace = namespace if isinstance(namespace, str) else ""
        self.label = f"{self.namespace}/{resource.name}" if self.namespace else resource.name
        self._is_document: bool | None = None

    @property
    def description(self) -> str:
        """The object as messages name it: `Application argocd/web`."""
        return f"{self.resource.kind} {self.label}"

    def not_rendered(
        self, reason: str, at: Path = (), of: str = "", namespace: str | None = None, *, is_chart: bool = False
    ) -> NotRendered:
        """Return the entry that tells why what it deploys (`of` names a generated part) is not rendered.

        `namespace` is the one into which it is deployed; one in which its deployers are may hold objects that deploy anywhere, but for
        what a chart (`is_chart`) brings into another one than that of Flux.
        """
        line = self._written.line_of(at) if self._written is not None else 1
        is_of_deployers = namespace == self.namespace and not (is_chart and namespace != _OF_FLUX)
        only = namespace if namespace and not is_of_deployers and not has_placeholder(namespace) else None
        return NotRendered(f"{self.description}{of}", self.file or self.resource.path, line, reason, only, named_folders(self.resource))

    def layer(self, at: Path, value: Any, form: LayerForm = "mapping", *, name: str = "", is_text: bool = False) -> ValueLayer:
        """Return a layer for a value of this object: with its place in the file where it is written there as it is, else as given."""
        written = self._written
        if self.file and written is not None and self._stands_alone(written) and _is_same(written.get(*at), value):
            return ValueLayer(self.file, written.root.line, at, form, name, is_text)
        return ValueLayer("", form=form, name=name, is_text=is_text, given=value)

    def _stands_alone(self, written: Resource) -> bool:
        """Tell whether the object is a document of its own: paths into an element of a `List` start elsewhere."""
        if self._is_document is None:
            self._is_document = _LIST.search(written.source.text) is None
        return self._is_document


def _is_same(written: Any, value: Any) -> bool:
    return written is value or (type(written) is type(value) and not is_too_deep(value) and bool(written == value))
