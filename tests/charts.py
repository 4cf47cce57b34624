"""Writes small charts for tests, and finds the `helm` that they may be compared with."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from k8slblint import documents
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def tree(top: Path, files: dict[str, str | bytes]) -> SourceTree:
    """Write files below a folder and return the tree."""
    for path, content in files.items():
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return SourceTree(str(top))


def chart(files: dict[str, str | bytes], folder: str = "deploy", metadata: str = CHART) -> dict[str, str | bytes]:
    """Return the files of a chart in a folder."""
    return {f"{folder}/Chart.yaml": metadata} | {f"{folder}/{path}": content for path, content in files.items()}


def objects(outcome: Outcome) -> dict[tuple[str, str, str], Any]:
    """Return the rendered objects by template, kind and name."""
    assert isinstance(outcome, Rendered), outcome
    found = {}
    for document in outcome.documents:
        for chunk in documents.split(document.text):
            value = documents.parse(chunk).root.value
            if isinstance(value, dict):
                metadata = value.get("metadata") or {}
                found[(document.file, str(value.get("kind")), str(metadata.get("name")))] = value
    return found


def helm() -> str:
    """Return the `helm` on PATH or in the virtual environment; skip the test where there is none, but not in CI."""
    beside = os.path.dirname(sys.executable)
    found = shutil.which("helm") or shutil.which("helm", path=beside)
    if found is None:
        assert not os.environ.get("CI"), "CI must have a helm binary"
        pytest.skip("there is no helm binary on PATH or in the virtual environment")
    return found
