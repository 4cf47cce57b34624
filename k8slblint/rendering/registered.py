"""The kinds of source that there are, in the order in which a tree is searched: a further one is a file of its own and a line here.

Where files of its own name it, these stand in `worth.NAMES`, so that a tree without any loads none of this.
"""

from k8slblint.rendering.helm.kind import HELM
from k8slblint.rendering.kinds import SourceKind
from k8slblint.rendering.kustomize.kind import KUSTOMIZE
from k8slblint.rendering.plain import FILES

KINDS: tuple[SourceKind, ...] = (KUSTOMIZE, HELM, FILES)
