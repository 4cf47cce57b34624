"""A short run of the fuzz harness with fixed seeds; `tools/fuzz.py` runs it for as long as wanted."""

import os
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.charts import helm
from tests.fuzzing.dice import COMMAND, Dice
from tests.fuzzing.oracle import Ran, faults
from tests.fuzzing.running import FAMILIES, LAYERS, Case, Range, families
from tests.fuzzing.stubs import StubRenderers
from tests.fuzzing.trees import CONTROL, FILE_SECRET, TOKEN

pytestmark = pytest.mark.usefixtures("names_of_any_length")

CASES = {"parts": 40, "plan": 6, "stub": 4, "real": 1}
"""How many seeds of each family run; the numbers add up to some ten seconds."""


@pytest.fixture
def grounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", os.pathsep.join((os.environ["PATH"], os.path.dirname(helm()))))
    grounds = Range(tmp_path.resolve())
    yield grounds
    grounds.close()


@pytest.mark.parametrize(("layer", "family"), [(layer, family) for layer in LAYERS for family in families(layer)])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_tree_does_harm(grounds: Range, layer: str, family: str):
    for seed in range(CASES[layer]):
        case = Case(layer, family, seed)
        found = [fault for fault in faults(grounds.run(case)) if fault[0] not in ("slow", "memory")]
        assert found == [], f"python tools/fuzz.py --case {str(case)!r}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_makes_the_same_tree_again(family: str):
    assert FAMILIES[family](Dice((family, 7))) == FAMILIES[family](Dice((family, 7)))


# --- the traps work ---------------------------------------------------------------------------------------------------------------------

HARMLESS = Ran("text", 0, f"Service {CONTROL}", needs_control=True)
HARM = {
    "secret": HARMLESS._replace(output=f"{CONTROL} {FILE_SECRET}"),
    "command for CI": HARMLESS._replace(errors="  ::error::FORGED/a.yaml"),
    "control character": HARMLESS._replace(output=f"{CONTROL}\x1b[2J"),
    "crash": HARMLESS._replace(raised="Traceback"),
    "command run": HARMLESS._replace(marks=("command",)),
    "network": HARMLESS._replace(requests=("GET /",)),
    "slow": HARMLESS._replace(seconds=6.0),
    "memory": HARMLESS._replace(megabytes=501.0),
    "status": HARMLESS._replace(status=2, output="", errors="Error: something\n"),
    "not JSON": HARMLESS._replace(form="json"),
    "control lost": HARMLESS._replace(output="Found nothing."),
}


def test_a_harmless_run_has_no_fault():
    assert list(faults(HARMLESS)) == []
    assert list(faults(HARMLESS._replace(status=2, output="", errors="k8slblint: 'x' is not a revision.\n"))) == []


@pytest.mark.parametrize("kind", HARM)
def test_harm_is_seen(kind: str):
    assert kind in {fault for fault, _ in faults(HARM[kind])}


@pytest.mark.skipif(os.name == "nt", reason="the traps are shell commands")
def test_a_command_that_runs_leaves_a_mark(grounds: Range):
    command = grounds.grounds.filled(COMMAND.encode()).decode()
    subprocess.run(["sh", "-c", command], check=True)
    assert grounds.grounds.marks() == ["command"]
    assert grounds.grounds.marks() == []


def test_a_request_is_seen_and_answered(grounds: Range):
    with urlopen(f"http://127.0.0.1:{grounds.grounds.port}/svc.yaml") as answer:
        assert b"kind: Service" in answer.read()
    assert grounds.run(Case("parts", "references", 0)).requests


def test_a_renderer_that_is_handed_a_token_or_an_option_complains(tmp_path: Path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "config").write_text(TOKEN)
    stubs = StubRenderers()
    stubs.run(["helm", "template", "web", "--namespace=a", "--post-renderer=x"], folder=str(tmp_path))
    assert any(TOKEN in one for one in stubs.complaints)
    assert any("--post-renderer" in one for one in stubs.complaints)
