"""The kinds of source that there are, in the order in which a tree is searched: a further one is a file of its own and a line here."""

from k8slblint.rendering.helm.kind import HELM
from k8slblint.rendering.kinds import SourceKind
from k8slblint.rendering.kustomize.kind import KUSTOMIZE
from k8slblint.rendering.plain import FILES

KINDS: tuple[SourceKind, ...] = (KUSTOMIZE, HELM, FILES)
