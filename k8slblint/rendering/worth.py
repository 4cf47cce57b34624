"""Knows whether a tree has anything to render, by the names of its files alone, so that others pay nothing."""

from collections.abc import Iterable

from k8slblint.model.loaded import SourceFile

_NAMES = ("/fleet.yaml", "/helmfile.yaml", "/Chart.yaml", "/kustomization.yaml", "/kustomization.yml", "/Kustomization")


def is_worth_rendering(files: Iterable[SourceFile]) -> bool:
    """Tell whether a chart, a kustomization or what deploys one is among files."""
    return any(f"/{file.path}".endswith(_NAMES) for file in files)
