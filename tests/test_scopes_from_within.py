"""A file has one scope, from wherever in its repository it is scanned: at the root, by its folder's name, from within the folder."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.test_cli import call

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"

LAYOUTS = {
    "a cluster": ("clusters/prod", "clusters/prod/web/svc.yaml"),
    "below a cluster": ("clusters/prod/web", "clusters/prod/web/svc.yaml"),
    "all clusters": ("clusters", "clusters/prod/svc.yaml"),
    "an overlay": ("apps/web/overlays/staging", "apps/web/overlays/staging/svc.yaml"),
    "samples": ("examples", "examples/one/svc.yaml"),
    "a sample": ("docs/tutorial", "docs/tutorial/svc.yaml"),
    "a sample in a sample": ("demos/aws/first", "demos/aws/first/svc.yaml"),
    "put aside": (".archive/shop", ".archive/shop/svc.yaml"),
    "put aside in a cluster": ("clusters/prod/disabled", "clusters/prod/disabled/svc.yaml"),
    "a platform above": ("deploy/azure/shop", "deploy/azure/shop/svc.yaml"),
    "an environment above": ("live/eu/shop", "live/eu/shop/svc.yaml"),
    "a project of its own": ("vendored/shop", "vendored/shop/svc.yaml"),
    "in a project of its own": ("vendored/shop/deploy", "vendored/shop/deploy/svc.yaml"),
}


def scope_from(folder: Path, *paths: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str, str]:
    """Return cluster, division, environment and platform of the only file."""
    monkeypatch.chdir(folder)
    result = call("scope", *paths, "--format", "json")
    assert result.exit_code == 0, result.output
    (cluster,) = json.loads(result.stdout)["clusters"]
    (scope,) = cluster["scopes"]
    return cluster["name"], cluster["division"], scope["environment"], scope["platform"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_has_one_scope_from_wherever_it_is_scanned(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, file = LAYOUTS[layout]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(SERVICE)
    if "project" in layout:
        (tmp_path / "vendored/shop/LICENSE").write_text("x")
    from_root = scope_from(tmp_path, monkeypatch=monkeypatch)
    assert scope_from(tmp_path, folder, monkeypatch=monkeypatch) == from_root
    assert scope_from(tmp_path / folder, monkeypatch=monkeypatch) == from_root
    assert scope_from(tmp_path / folder, file.removeprefix(f"{folder}/"), monkeypatch=monkeypatch) == from_root
    assert scope_from(tmp_path.parent, str(tmp_path / folder), monkeypatch=monkeypatch) == from_root


def test_the_same_holds_for_a_revision_that_is_compared_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, type_ in (("before", "LoadBalancer"), ("after", "ClusterIP")):
        file = tmp_path / name / "clusters/prod/svc.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(SERVICE.replace("{ports", f"{{type: {type_}, ports"))
    monkeypatch.chdir(tmp_path)
    below = call("scan", "after/clusters/prod", "--against", "before/clusters/prod", "--platform", "gke", "--format", "json", "--exit-zero")
    whole = call("scan", "after", "--against", "before", "--platform", "gke", "--format", "json", "--exit-zero")
    rules = [[(one["rule"], one["location"]["path"]) for one in json.loads(result.stdout)["findings"]] for result in (below, whole)]
    assert rules[0] == rules[1]
    assert ("load-balancer-released", "after/clusters/prod/svc.yaml") in rules[0]


def test_the_configuration_that_is_started_in_a_cluster_states_that_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    folder = tmp_path / "clusters/prod"
    folder.mkdir(parents=True)
    (folder / "svc.yaml").write_text(SERVICE)
    before = scope_from(folder, monkeypatch=monkeypatch)
    assert call("init").exit_code == 0
    after = scope_from(folder, monkeypatch=monkeypatch)
    assert (after[0], *after[2:]) == (before[0], *before[2:])
