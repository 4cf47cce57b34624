"""Which HelmReleases kustomizations patch: what such a one deploys is not what stands in its file."""

import pytest

from k8slblint.rendering.kustomize.kustomizations import find_kustomizations
from k8slblint.rendering.kustomize.patched_releases import PatchedReleases
from tests.trees import tree_of

BASE = {"base/kustomization.yaml": "resources: [web.yaml, api]\n", "base/api/kustomization.yaml": "resources: [api.yaml]\n"}
VALUES = "kind: HelmRelease\nmetadata: {name: NAME}\nspec:\n  values: {a: 1}\n"
OF_WEB = "kind: HelmRelease, name: web"
JSON = '[{"op": "replace", "path": "/spec/values/a", "value": 1}]'


def patched(folder, files) -> set[str]:
    tree = tree_of(folder, {**BASE, **files})
    asked = PatchedReleases(find_kustomizations(tree, [path for path in files | BASE if path.endswith("kustomization.yaml")]), tree)
    return {path for path, name in (("base/web.yaml", "web"), ("base/api/api.yaml", "api")) if asked.includes(path, name)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, set()),
        (
            {"prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n", "prod/p.yaml": VALUES.replace("NAME", "web")},
            {"base/web.yaml"},
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base]\npatchesStrategicMerge: [p.yaml]\n",
                "prod/p.yaml": VALUES.replace("NAME", "api"),
            },
            {"base/api/api.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{{OF_WEB}}}}}]\n"},
            {"base/web.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{kind: HelmRelease}}}}]\n"},
            {"base/web.yaml", "base/api/api.yaml"},
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base/api]\ncomponents: [../both]\n",
                "both/kustomization.yaml": f"kind: Component\npatches: [{{patch: '{JSON}', target: {{kind: HelmRelease, name: .*}}}}]\n",
            },
            {"base/api/api.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{kind: Deployment}}}}]\n"},
            set(),
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n",
                "prod/p.yaml": "kind: HelmRelease\nmetadata: {name: web}\nspec: {interval: 1h}\n",
            },
            set(),
        ),
        ({"prod/kustomization.yaml": "resources: [../base]\npatches: [3, {path: gone.yaml}, {patch: [x]}]\n"}, set()),
    ],
)
def test_which_releases_are_patched(files, expected, tmp_path):
    assert patched(tmp_path, files) == expected
