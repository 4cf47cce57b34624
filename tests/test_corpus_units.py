"""Real repositories: how many units, rendered objects and failures, and that no document is lost. Numbers only; the corpus is not here."""

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.corpus import CORPUS

KEPT = Path(__file__).parent / "snapshots" / "corpus-units.json"
REPOSITORIES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and "__" in path.name) if CORPUS else []
IN_PROCESS = "rendering: {helm: in-process}\n"
REMOTE, MISSING = ("fetched from the network",), ("is not in the repository", "its dependency")

pytestmark = pytest.mark.skipif(CORPUS is None, reason="there is no corpus: neither K8SLBLINT_CORPUS nor ../shared/corpus")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The engine in process, which needs no installation, and the kustomize of the virtual environment."""
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
    monkeypatch.setenv("PATH", path)
    assert shutil.which("kustomize") or shutil.which("kubectl"), "tools/check installs kustomize"
    monkeypatch.chdir(CORPUS or ".")
    file = tmp_path / "settings.yaml"
    file.write_text(IN_PROCESS, encoding="utf-8")
    return file


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_units_are_those_of_the_snapshot_and_no_document_is_lost(repository: str, settings: Path, request: pytest.FixtureRequest) -> None:
    result = CliRunner().invoke(
        cli, ["scan", repository, "--config", str(settings), "--format", "json", "--exit-zero", "--allow-empty"], env={"PRE_COMMIT": ""}
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    seen = report["completeness"]
    assert report["failures"] == []
    assert seen["documents_seen"] == seen["documents_linted"] + sum(skip["count"] for skip in seen["documents_skipped"])
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if request.config.getoption("--update-snapshots"):
        kept[repository] = counted(seen)
        lines = [f" {json.dumps(name)}: {json.dumps(kept[name])}" for name in sorted(kept)]
        KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    assert counted(seen) == kept[repository], "look at what changed, then run pytest with --update-snapshots"


def counted(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of one repository: units by renderer, failures by reason, objects, what is not in the tree, documents."""
    units = seen["units"]
    return {
        "units": dict(sorted(Counter(unit["renderer"] for unit in units if not unit["failure"]).items())),
        "objects": sum(unit["documents"] for unit in units),
        "failed": dict(sorted(Counter(reason(unit) for unit in units if unit["failure"]).items())),
        "not_rendered": len(seen["not_rendered"]),
        "documents": [seen["documents_seen"], seen["documents_linted"]],
    }


def reason(unit: dict[str, Any]) -> str:
    if any(text in unit["failure"] for text in REMOTE):
        return "remote"
    return "missing" if any(text in unit["failure"] for text in MISSING) else f"refused by {unit['renderer']}"
