"""The render engine makes of every chart and kustomization of real repositories what `helm` and `kustomize` make of it."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner

from k8slblint import documents
from k8slblint.budget import Budget
from k8slblint.commands.cli import cli
from k8slblint.rendering.engines import Engines
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure
from tests.charts import helm
from tests.corpus import CORPUS
from tests.engines import needs_engine

REPOSITORIES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and "__" in path.name) if CORPUS else []
Units = list[tuple[Any, SourceTree]]

pytestmark = [needs_engine, pytest.mark.skipif(CORPUS is None, reason="there is no corpus: neither K8SLBLINT_CORPUS nor ../shared/corpus")]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_unit_comes_out_as_from_the_binaries(repository: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((os.path.dirname(helm()), os.path.dirname(sys.executable), os.environ["PATH"])))
    units = _units(repository, monkeypatch)
    for kind in ("helm", "kustomize"):
        of_kind = [(source, tree) for source, tree in units if source.kind == kind]
        for (source, _), ours, theirs in zip(of_kind, *(_rendered(kind, of_kind, choice) for choice in ("native", "binary")), strict=True):
            assert _comparable(ours) == _comparable(theirs), source


def _units(repository: str, monkeypatch: pytest.MonkeyPatch) -> Units:
    """Return what a scan of a repository renders, without what is random in each rendering."""
    found: Units = []

    def noted(_: Engines, sources: Sequence[tuple[Any, SourceTree]]) -> Iterator[Outcome]:
        found.extend(sources)
        return iter([RenderFailure("off", "it is rendered by the test")] * len(sources))

    monkeypatch.setattr(Engines, "render_each", noted)
    result = CliRunner().invoke(cli, ["scan", str(Path(CORPUS or ".") / repository), "--exit-zero", "--allow-empty"])
    assert result.exit_code == 0, result.output
    return found


def _rendered(kind: str, units: Units, choice: Literal["native", "binary"]) -> list[Outcome]:
    for _, tree in units:
        tree.budget = Budget()
    with HelmEngine(choice) as charts, KustomizeEngine(charts, choice=choice) as kustomizations:
        return charts.render_all(units) if kind == "helm" else kustomizations.render_all(units)


def _comparable(outcome: Outcome) -> Any:
    """Return the objects by their files; what is encoded may be a password that is another one each time."""
    if isinstance(outcome, RenderFailure):
        return outcome
    found = [(one.file, one.involved, _value(chunk)) for one in outcome.documents for chunk in documents.split(one.text)]
    return sorted(found, key=repr), outcome.lacks, outcome.objections


def _value(chunk: documents.Chunk) -> Any:
    value = documents.parse(chunk).root.value
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "Secret":
        return {**value, "data": sorted(value.get("data") or ())}
    if str(value.get("kind")).endswith("WebhookConfiguration"):  # a certificate is another one each time
        value = {**value, "webhooks": [{**one, "clientConfig": {}} for one in value.get("webhooks") or ()]}
    return _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    """Return a value without what is null: releases of Helm differ in nulls of values, and an API server takes them for nothing."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
