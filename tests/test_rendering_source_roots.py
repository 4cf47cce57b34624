"""Which folder the paths of a source of Argo CD begin at, by its address."""

import pytest

from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.plain import PlainFiles
from tests.trees import deployed, only_reason, only_unit

TREE = {
    "apps/parts/one.yaml": "kind: Service\n",
    "apps/parts/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "apps/values/web.yaml": "a: 1\n",
    "shared/two.yaml": "kind: Service\n",
    "other.yaml": "kind: Service\n",
}


def application(*sources: str) -> str:
    """Return an Application with sources in flow style."""
    text = ", ".join(sources)
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\nspec:\n"
    return f"{head}  destination: {{namespace: shop}}\n  sources: [{text}]\n"


@pytest.mark.parametrize(
    ("url", "path", "files"),
    [
        ("cnoe://parts", ".", ("apps/parts/one.yaml",)),
        ("cnoe://", "parts", ("apps/parts/one.yaml",)),
        ("cnoe://../shared", "./", ("shared/two.yaml",)),
        ("https://git.example.com/shop/infra", "shared", ("shared/two.yaml",)),
        ("oci://registry.example.com/shop/infra", "shared", ("shared/two.yaml",)),
    ],
)
def test_a_folder_beside_the_file_or_of_the_tree(url, path, files, tmp_path):
    unit = only_unit(deployed(tmp_path, application(f"{{repoURL: '{url}', path: {path}}}"), TREE))
    assert unit.source == PlainFiles(files)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("cnoe://shared", "."),
        ("cnoe://../..", "."),
        ("cnoe:///etc", "."),
        ("cnoe://parts", "../../.."),
        ("oci://registry.example.com/shop/infra", "."),
        ("s3://bucket/infra", "shared"),
        ("local://parts", "."),
    ],
)
def test_what_is_elsewhere_is_never_the_top_of_the_tree(url, path, tmp_path):
    assert url in only_reason(deployed(tmp_path, application(f"{{repoURL: '{url}', path: {path}}}"), TREE)) or path.startswith("..")


def test_values_of_a_source_beside_the_file(tmp_path):
    chart = "{repoURL: 'cnoe://parts', path: chart, helm: {valueFiles: [$own/web.yaml]}}"
    unit = only_unit(deployed(tmp_path, application(chart, "{repoURL: 'cnoe://values', ref: own}"), TREE))
    assert isinstance(unit.source, ChartRelease)
    assert (unit.source.chart, [one.file for one in unit.source.layers]) == ("apps/parts/chart", ["apps/values/web.yaml"])


def test_folders_that_a_generator_finds_beside_the_file(tmp_path):
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n"
        "  generators: [{git: {repoURL: 'cnoe://', directories: [{path: '*'}]}}]\n"
        "  template:\n    metadata: {name: '{{path.basename}}'}\n"
        "    spec: {source: {repoURL: 'cnoe://', path: '{{path}}'}, destination: {namespace: shop}}\n"
    )
    tree = {"apps/first/a.yaml": "kind: Service\n", "apps/second/b.yaml": "kind: Service\n", "third/c.yaml": "kind: Service\n"}
    found = deployed(tmp_path, text, tree)
    assert [unit.source for unit in found.units] == [PlainFiles(("apps/first/a.yaml",)), PlainFiles(("apps/second/b.yaml",))]
