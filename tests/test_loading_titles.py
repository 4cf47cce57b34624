"""Which titles call a repository a collection of examples, and which published releases others followed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.loading.releases import past_releases
from k8slblint.loading.titles import is_collection_of_samples, says_home, says_samples, title_of
from tests.linting import source_file

TITLES = {
    "# Kubernetes Examples\n": True,
    "![badge](x)\n\n<!-- note -->\n## Kubernetes 使用教程\n": True,
    "Kubernetes Examples Repo\n========\n": True,
    "== Example of Kubernetes\n": True,
    "<h1 align=center>Kubernetes Tutorials | free</h1>\n": True,
    "# Learning Kubernetes by doing\n": True,
    "# Helm course\n": True,
    "# The Kubernetes Book\n": True,
    "# Kubernetes runbook\n": False,
    "# Kubernetes 101\n": True,
    "# Machine learning on Kubernetes\n": False,
    "# Example application\n": False,
    "# Kubernetes example application\n": False,
    "# Demo shop on Kubernetes\n": False,
    "# Kubernetes manifests of the shop\n\nSee the Kubernetes tutorial.\n": False,
    "# Shop\n\n## Kubernetes examples\n": False,
    "# Training operator for Kubernetes\n": False,
    "# Code examples\n": False,
    "# Dapr Samples\n": True,
    "# Istio demos\n": True,
    "# F5 Kubernetes/OpenShift Demo\n": True,
    "# Container Training\n": True,
    "# Docker and Kubernetes fundamentals\n": True,
    "# Samples\n": False,
    "# Samples of blood\n": False,
    "# Training containers on Kubernetes\n": False,
    "": False,
}


@pytest.mark.parametrize("text", TITLES)
def test_the_title_alone_tells(text: str) -> None:
    assert says_samples(title_of(text)) is TITLES[text]


@given(st.text(alphabet="#=-<h1>k8s examples\n ", max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(says_samples(title_of(text)), bool)


def test_a_readme_that_leads_elsewhere_is_not_read(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.md", tmp_path / "inside"
    inside.mkdir()
    (inside / ".git").mkdir()
    outside.write_text("# Kubernetes examples\n")
    (inside / "README.md").symlink_to(outside)
    assert not is_collection_of_samples(str(inside))
    os.remove(inside / "README.md")
    assert not is_collection_of_samples(str(inside))
    (inside / "README.md").write_text("# Kubernetes examples\n")
    assert is_collection_of_samples(str(inside))
    assert not is_collection_of_samples(str(inside / "missing"))


@pytest.mark.parametrize(
    ("text", "is_taught"),
    [
        ("# k8sdesdecero\ncurso de kubernetes desde cero\n", True),
        ("# k8sdesdecero\n\nA course about GKE and more\n", True),
        ("# shop\n\nManifests of the course catalogue\n", False),
        ("# shop\n## A course about Kubernetes\n", False),
        ("# shop\n\nA shop on Kubernetes, of course with more words than a line below a title has\n", False),
        ("# shop\n\nRuns on Kubernetes in our labs\n", False),
    ],
)
def test_the_line_below_a_title_tells_of_a_course(text: str, is_taught: bool, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(text)
    assert is_collection_of_samples(str(tmp_path)) is is_taught


def test_numbered_pages_are_the_steps_of_a_tutorial(tmp_path: Path) -> None:
    for number, name in enumerate(("installation", "running", "logs", "debugging")):
        (tmp_path / f"{number}_{name}.adoc").write_text("")
    assert not is_collection_of_samples(str(tmp_path))
    (tmp_path / "10-operators.md").write_text("")
    assert is_collection_of_samples(str(tmp_path))


@pytest.mark.parametrize(
    ("title", "is_home"),
    [
        ("My homelab", True),
        ("Home Operations", True),
        ("Kubernetes for my home lab", True),
        ("home-cluster", True),
        ("home page", False),
        ("Mesh networks from homelab to campus", False),
        ("A dashboard for your home lab", False),
        ("Storage for homelabs and enterprises", False),
    ],
)
def test_a_home_is_that_of_who_wrote_the_title(title: str, *, is_home: bool) -> None:
    assert says_home(title) == is_home


RELEASES: dict[str, tuple[list[str], list[str]]] = {
    "files": (["releases/v0.1.3.yml", "releases/v0.2.0.yml", "releases/v0.1.10.yml"], ["releases/v0.1.10.yml", "releases/v0.1.3.yml"]),
    "folders": (["deploy/release/1.0.0/all.yaml", "deploy/release/1.1/all.yaml"], ["deploy/release/1.0.0/all.yaml"]),
    "names": (["releases/web-1.0.0.yaml", "releases/db-2.0.0.yaml", "releases/web-v1.0.1.yaml"], ["releases/web-1.0.0.yaml"]),
    "one": (["releases/v0.1.3.yml", "releases/latest.yml"], []),
    "elsewhere": (["deploy/v0.1.3.yml", "deploy/v0.2.0.yml"], []),
    "a kustomization": (["releases/v0.1.3.yml", "releases/v0.2.0.yml", "releases/kustomization.yaml"], []),
    "a kustomization of one": (["releases/1.0.0/kustomization.yaml", "releases/1.0.0/all.yaml", "releases/1.1.0/all.yaml"], []),
    "HelmReleases": (["releases/web.yaml", "releases/db2.yaml"], []),
}


@pytest.mark.parametrize("case", RELEASES)
def test_releases_that_others_followed(case: str) -> None:
    paths, expected = RELEASES[case]
    assert sorted(past_releases(source_file(path, "") for path in paths)) == expected
