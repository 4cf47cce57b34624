"""A rendered set: objects that are deployed together, what renders them, and the result of a renderer.

All paths are those of a `SourceTree`: from its top, with `/`.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.source import AbsentChart, Source

MOST_OBJECTS = 10_000
"""Objects that one unit may yield; the largest of public repositories have some hundreds."""


class Unit(NamedTuple):
    """What is deployed together.

    `path` is the file that stands for it when cluster and environment are inferred (a kustomization, a `Chart.yaml`, a value file, the
    file of an Argo CD or Flux object), `label` tells units of one path apart. `deployed_by` names the object that deploys it
    (`Application argocd/web`), or is empty. `cluster`, `environment` are stated by the deployer or the configuration; `namespace` is
    that of objects that name none. `substitute` are variables of Flux (`${NAME}`), None where nothing is substituted.
    `is_deployed` tells that somebody states these values; else they are a convention or a chart's own defaults.
    `is_offered` tells of values that whoever installs a chart is meant to replace.
    `deployer` is the file of the object that deploys it, `is_own_cluster` that it sends it to the cluster that it runs in itself.
    `told_by` is the unit whose path tells its cluster and environment: that which printed the object that deploys it.
    `is_kept` tells that the deployer deletes nothing that leaves the unit, `is_left` that the objects stay when the deployer is removed.
    `is_copy` tells that a chart is someone else's.
    """

    path: str
    source: Source
    label: str = ""
    deployed_by: str = ""
    cluster: str | None = None
    environment: str | None = None
    namespace: str | None = None
    substitute: Mapping[str, str] | None = None
    is_deployed: bool = True
    deployer: str = ""
    is_own_cluster: bool = False
    is_offered: bool = False
    told_by: "Unit | None" = None
    is_kept: bool = False
    is_left: bool = False
    is_copy: bool = False


class RenderedDocument(NamedTuple):
    """One text that a renderer printed, of one or several YAML documents: `file` is the template or base file it comes from, or `""`.

    `involved` are the kustomizations that changed it, in order: their files and the patches they name hold what `file` does not.
    """

    text: str
    file: str = ""
    involved: tuple[str, ...] = ()


FailureKind: TypeAlias = Literal["missing", "remote", "plugin", "template", "refused", "outdated", "empty", "bounds", "renderer", "off"]


class RenderFailure(NamedTuple):
    """Why a unit could not be rendered: one sentence without a final period, and the place to look at.

    `missing`: a file or vendored dependency that is not in the tree; `remote`: it would need the network; `plugin`: it would need
    a program that k8slblint never runs; `template`: the renderer refused it; `refused`: it refused a part, and the rest is rendered;
    `outdated`: the renderer of today refuses it, and it is rendered as by an earlier one;
    `empty`: it has no content, which kustomize refuses;
    `bounds`: it took too much time, memory or output; `renderer`: there is no renderer; `off`: the user switched it off.
    `is_unvendored` tells that `helm dependency build` for the chart of `file` would bring what is missing, `is_partial` that the rest
    was rendered all the same. `cause` is what units that fail alike have in common where their reasons differ. `is_out_of_memory` tells
    that the renderer was given too little memory for an answer. `url` is what would be fetched, as it is written.
    `is_generated` tells that git ignores what is missing, a script writes it, or a placeholder stands for it: a build makes it, or who
    deploys has it.
    `lacks_values` tells that a template or schema asks for values.
    """

    kind: FailureKind
    reason: str
    file: str = ""
    line: int = 1
    is_unvendored: bool = False
    is_partial: bool = False
    cause: str = ""
    is_out_of_memory: bool = False
    url: str = ""
    is_generated: bool = False
    lacks_values: bool = False


class Rendered(NamedTuple):
    """What a renderer made of a unit, in its order.

    `lacks` are what it was rendered without, each as the failure that it would be; nothing is known to be absent from the unit then.
    `objections` are what the renderer would refuse unless it is told otherwise, although nothing is left out.
    `without` are the files that were refused, with the contents that took the place of theirs.
    """

    documents: tuple[RenderedDocument, ...]
    lacks: tuple[RenderFailure, ...] = ()
    objections: tuple[RenderFailure, ...] = ()
    without: tuple[tuple[str, bytes], ...] = ()


Outcome: TypeAlias = Rendered | RenderFailure


class NotRendered(NamedTuple):
    """An object that deploys something which is not in the tree: its description, file, line, and why it was not rendered.

    `namespace` is the only one into which it brings Pods, None where it may be any. `folders` are those that it names, from the root of
    its source: what it may deploy of this tree; None where it may be any. `absent` is the chart that is not there, `patches` are where it
    lists patches of what is not there. `missing` is a folder of this repository that it deploys and that does not exist. `is_closed` tells
    that the chart opens nothing to the outside but what values in the object ask for.
    """

    description: str
    path: str
    line: int
    reason: str
    namespace: str | None = None
    folders: tuple[str, ...] | None = None
    absent: AbsentChart | None = None
    patches: tuple[ValueLayer, ...] = ()
    missing: str = ""
    is_closed: bool = False
