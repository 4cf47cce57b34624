"""What real repositories deploy: each object of Argo CD, Flux, Fleet and helmfile is followed, or it is said why not."""

from collections import Counter

import pytest

from k8slblint import documents
from k8slblint.model.resource import Resource, SourceText
from k8slblint.rendering.gitops import deployments as gitops
from k8slblint.rendering.gitops.deployments import deployments, wants_config_maps
from k8slblint.rendering.gitops.fleet import fleet_bundles
from k8slblint.rendering.gitops.helmfile import helmfile_releases
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.plain import PlainFiles
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import GITOPS_KINDS
from tests.builders import resources
from tests.corpus import CORPUS
from tests.trees import CHART, deployed

needs_corpus = pytest.mark.skipif(CORPUS is None, reason="there is no corpus")

DEPLOYED = {
    # repository: units, objects not rendered
    "aws-samples__eks-workshop-v2": (1, 2),
    "gavinmcfall__home-ops": (189, 166),
    "istio__istio": (5, 4),
    "ricsanfre__pi-cluster": (39, 48),
}


def objects_of(tree: SourceTree) -> list[Resource]:
    """Return the objects of a tree that deploy something, and the ConfigMaps."""
    found = []
    for path in tree.files_below(""):
        data = tree.read(path) if path.endswith((".yaml", ".yml")) else b""
        if not any(word in data for word in (b"argoproj.io/", b"toolkit.fluxcd.io/", b"ConfigMap")):
            continue
        try:
            text = documents.decode(data)
            found += [Resource(documents.parse(chunk).root, path, SourceText(text)) for chunk in documents.split(text) if is_of_use(chunk)]
        except (documents.BrokenDocument, documents.UndecodableText):
            continue
    return found


def is_of_use(chunk: documents.Chunk) -> bool:
    api_version, kind = documents.sniff(chunk)
    return kind == "ConfigMap" or f"{kind}.{(api_version or '').rpartition('/')[0]}" in GITOPS_KINDS


def exists(tree: SourceTree, source: ChartRelease | KustomizeRoot | PlainFiles) -> bool:
    if isinstance(source, ChartRelease):
        return tree.is_file(f"{source.chart}/Chart.yaml")
    files = source.files
    return all(tree.is_file(file) or tree.is_folder(file) for file in files) and (
        isinstance(source, PlainFiles) or tree.is_folder(source.folder)
    )


@needs_corpus
@pytest.mark.parametrize("repository", DEPLOYED)
def test_every_object_of_a_repository_is_followed_or_named(repository):
    tree = SourceTree(str(CORPUS / repository))
    found = deployments(objects_of(tree), tree, lambda one: one.path)
    assert (len(found.units), len(found.not_rendered)) == DEPLOYED[repository]
    assert all(exists(tree, unit.source) and tree.is_file(unit.path) for unit in found.units)
    assert max(Counter((unit.path, unit.label) for unit in found.units).values()) == 1
    assert all(tree.is_file(one.path) and one.line >= 1 and one.reason for one in found.not_rendered)


@needs_corpus
def test_bundles_of_fleet_in_a_repository():
    tree = SourceTree(str(CORPUS / "lsst-it__k8s-cookbook"))
    found = fleet_bundles(tree, tree.files_below(""))
    kinds = Counter(type(unit.source).__name__ for unit in found.units)
    assert (kinds, len(found.not_rendered)) == ({"PlainFiles": 48, "ChartRelease": 47, "KustomizeRoot": 9}, 34)
    assert all(exists(tree, unit.source) for unit in found.units)


@needs_corpus
@pytest.mark.parametrize(
    ("repository", "files", "expected"),
    [
        ("jenkins-infra__kubernetes-management", "clusters/", 55),
        ("gavinmcfall__home-ops", "kubernetes/bootstrap/helmfile.yaml", 4),
        ("aws-containers__retail-store-sample-app", "src/app/helmfile", 7),
    ],
)
def test_helmfiles_in_repositories(repository, files, expected):
    tree = SourceTree(str(CORPUS / repository))
    found = [helmfile_releases(tree, path) for path in tree.files_below("") if path.startswith(files)]
    assert sum(len(one.not_rendered) for one in found) == expected
    assert all(one.units == [] for one in found)


def test_ten_thousand_objects_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(gitops, "MOST_UNITS", 100)
    one = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: x, path: charts/web}}\n"
    found = deployed(tmp_path, "---\n".join([one] * 300), CHART)
    assert len(found.units) == 100
    assert len({(unit.path, unit.label) for unit in found.units}) == 100
    assert [entry.reason for entry in found.not_rendered] == [
        "the objects of this tree deploy more than 100 charts and kustomizations; the others are skipped"
    ]


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("helm.toolkit.fluxcd.io/v2\nkind: HelmRelease", "{valuesFrom: [{kind: ConfigMap}]}", True),
        ("kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization", "{postBuild: {substituteFrom: [{}]}}", True),
        ("kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization", "{postBuild: {substitute: {a: b}}}", False),
        ("v1\nkind: ConfigMap", "{valuesFrom: [{}]}", False),
    ],
)
def test_whether_config_maps_are_of_use(kind, spec, expected):
    assert wants_config_maps(resources(f"apiVersion: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n")) is expected
