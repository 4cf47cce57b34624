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
