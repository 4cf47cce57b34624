"""What kustomizations that were not rendered may complete: nothing is said to lack what they may add."""

import pytest

from tests.linting import findings

RULE = "invalid-resource"
BARE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}]}
"""
LISTING = "resources: [web.yaml]\n"


def count(files: dict[str, str]) -> int:
    return len(findings(files, RULE))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 1),
        ({"base/kustomization.yaml": LISTING}, 1),
        ({"base/kustomization.yaml": f"{LISTING}namespace: ''\nlabels: []\n"}, 1),
        ({"base/kustomization.yaml": f"{LISTING}labels: [{{includeSelectors: true, pairs: {{a: b}}}}]\n"}, 0),
        ({"base/kustomization.yaml": f"{LISTING}commonLabels: {{a: b}}\n"}, 0),
        ({"base/kustomization.yaml": LISTING, "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n"}, 0),
        ({"base/kustomization.yaml": LISTING, "prod/kustomization.yaml": "resources: [../base]\n"}, 1),
        ({"base/kustomization.yaml": LISTING, "kustomization.yaml": "resources: [base]\ncommonLabels: {a: b}\n"}, 0),
        ({"base/kustomization.yaml": LISTING, "prod/kustomization.yaml": "bases: [../other]\ncommonLabels: {a: b}\n"}, 1),
        ({"base/kustomization.yaml": f"kind: Component\n{LISTING}", "prod/kustomization.yaml": "components: [../base]\n"}, 0),
        ({"base/kustomization.yaml": "resources: [other.yaml]\ncommonLabels: {a: b}\n"}, 1),
        ({"base/kustomization.yaml": "resources: {a: b}\ncommonLabels: {a: b}\n"}, 1),
        ({"base/kustomization.yaml": f"{LISTING}  bad: [\n"}, 1),
    ],
)
def test_a_selector_that_a_kustomization_may_add(files: dict[str, str], expected: int) -> None:
    assert count({"base/web.yaml": BARE, **files}) == expected


def test_what_is_wrong_stays_wrong() -> None:
    text = BARE.replace("spec:\n", "spec:\n  replicas: many\n", 1)
    assert count({"base/web.yaml": text, "base/kustomization.yaml": f"{LISTING}commonLabels: {{a: b}}\n"}) == 1


def test_kustomizations_that_include_one_another_end() -> None:
    circle = {"base/kustomization.yaml": f"{LISTING}", "a/kustomization.yaml": "resources: [../b]\nnamespace: x\n"}
    assert count({"base/web.yaml": BARE, **circle, "b/kustomization.yaml": "resources: [../a, ../base]\n"}) == 0
