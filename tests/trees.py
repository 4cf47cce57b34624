"""Writes small trees and asks what is deployed from them: what the tests of Argo CD, Flux, Fleet and helmfile share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from k8slblint.rendering.gitops.deployments import Deployments, deployments
from k8slblint.rendering.shelf import Shelf, Shelved
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Unit
from tests.builders import resources

CHART = {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "charts/web/values.yaml": "a: 1\n"}
OVERLAY = {"overlays/prod/kustomization.yaml": "resources: [svc.yaml]\n", "overlays/prod/svc.yaml": "kind: Service\n"}


def tree_of(folder: Path, files: Mapping[str, str]) -> SourceTree:
    """Return the tree of the files given by path."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return SourceTree(str(folder))


def deployed(
    folder: Path,
    manifest: str,
    files: Mapping[str, str] = {},
    *,
    at: str = "apps/app.yaml",
    rendered: bool = False,
    shelf: Sequence[Shelved] = (),
) -> Deployments:
    """Return what the objects of a manifest deploy from a tree in which it stands at the path `at`, with charts beside it."""
    tree = tree_of(folder, {**files, at: manifest}).with_shelf(Shelf(shelf))
    return deployments(resources(manifest, at), tree, lambda one: "" if rendered else one.path)


def shelved(name: str, version: str = "1.0.0", repository: str = "https://charts.example.com") -> Shelved:
    """Return a chart beside a tree, of which only the name, version and repository are looked at."""
    return Shelved(repository, name, version, version, bytes)


def only_unit(found: Deployments) -> Unit:
    """Return the only unit of what was deployed; nothing else may be there."""
    assert found.not_rendered == []
    (unit,) = found.units
    return unit


def only_reason(found: Deployments) -> str:
    """Return the only reason why something is not rendered; there may be no unit."""
    assert found.units == []
    (one,) = found.not_rendered
    return one.reason
