"""Plans the units of a tree that stands in memory only, and prepares what renderers would be handed."""

from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.rendering.helm.charts import read_chart, template_places
from k8slblint.rendering.helm.packer import archive
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.values import as_json, merged_values
from k8slblint.rendering.kinds import Listed
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.planning import plan
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure, Unit
from k8slblint.rendering.worth import GITOPS_KINDS
from tests.fuzzing.oracle import secrets
from tests.fuzzing.trees import Grounds, Tree


def follow(one: Tree, grounds: Grounds) -> None:
    """Plan a tree and prepare each unit; raises whatever gets out, and `AssertionError` where a secret would be handed over."""
    grounds.top.mkdir(exist_ok=True)
    contents = grounds.contents(one)
    tree = SourceTree(str(grounds.top), contents)
    files = [SourceFile(path, data.__getitem__, path, real=f"{tree.top}/{path}") for path, data in ()]
    files += [SourceFile(path, (lambda data=data: data), path, real=f"{tree.top}/{path}") for path, data in contents.items()]
    named = [file for file in files if file.path.endswith((".yaml", ".yml", ".json", "ustomization"))]
    loaded = load(named, wanted=GITOPS_KINDS)
    found = plan(Listed(tree, [file.path for file in named], loaded.resources, lambda resource: resource.path))
    for planned in found.units:
        _prepare(planned.unit, tree)


def _prepare(unit: Unit, tree: SourceTree) -> None:
    if isinstance(unit.source, KustomizeRoot):
        needs = closure(tree, unit.source.folder, is_unrestricted=unit.source.is_unrestricted)
        for path in needs.files:
            if needs.failure is None and tree.is_file(path):
                _refuse_secrets(path, tree.read(path))
    elif isinstance(unit.source, ChartRelease):
        chart = read_chart(tree, unit.source.chart)
        values = merged_values(tree, unit.source.layers)
        if not isinstance(values, RenderFailure):
            _refuse_secrets("values", as_json(values).encode("utf-8", "replace"))
        if not isinstance(chart, RenderFailure):
            template_places(tree, chart)
            archive(tree, chart)


def _refuse_secrets(name: str, data: bytes) -> None:
    found = list(secrets(name, data.decode("utf-8", "replace")))
    assert not found, found
