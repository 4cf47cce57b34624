"""What strangers' repositories showed in a fifth count, each kind beside the twin that is still reported."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}, {port: 80}]}\n"
TERRAFORM = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: auth, namespace: shop}\ndata:\n"
    "%{ for arn in arns ~}\n  ${arn}: admin\n%{ endfor ~}\n"
)
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {one["rule"] for one in Tree(files, folder).report()["findings"]}


@pytest.mark.parametrize(
    ("text", "is_told"), [(TERRAFORM, False), (TERRAFORM.replace("%{", "  %{"), False), (TERRAFORM.replace("%{", "%-"), True)]
)
def test_a_template_of_terraform_is_no_broken_yaml(folder: Path, text: str, is_told: bool) -> None:
    assert ("invalid-yaml" in rules({"auth/cm.yaml": text, "web.yaml": SERVICE}, folder)) is is_told


@pytest.mark.parametrize(
    ("place", "is_told"),
    [
        ("scenarios/02-invalid-manifest/web.yaml", False),
        ("scenarios/malformed-routes/web.yaml", False),
        ("scenarios/02-web/web.yaml", True),
        ("apps/validator/web.yaml", True),
    ],
)
def test_folders_of_what_is_meant_to_be_refused(folder: Path, place: str, is_told: bool) -> None:
    assert ("service-rejected" in rules({place: SERVICE}, folder)) is is_told


@pytest.mark.parametrize(("path", "is_told"), [("${repository}/apps/web", False), ("lost/apps/web", True)])
def test_a_path_that_is_filled_in_later_is_not_missing(folder: Path, path: str, is_told: bool) -> None:
    files = {"web/kustomization.yaml": f"{HEAD}resources: ['{path}', web.yaml]\n", "web/web.yaml": SERVICE}
    assert ("render-failed" in rules(files, folder)) is is_told
