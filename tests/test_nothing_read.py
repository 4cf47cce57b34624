"""A run that read nothing, or could not, does not pass for a clean one."""

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8slblint.budget import Budget
from k8slblint.model.finding import Completeness, NotFollowed, SeenUnit
from k8slblint.processes import temporary
from k8slblint.rendering import bounds
from k8slblint.rendering.native import program
from k8slblint.reporting import FORMATS, render
from tests import charts
from tests.reports import report
from tests.test_cli import CLEAN, NODE_PORT, call

needs_helm = pytest.mark.usefixtures("helm")

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.fixture
def helm() -> None:
    charts.helm()


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("format_", FORMATS)
def test_no_manifest_at_all_is_exit_2_and_one_sentence(folder: Path, format_: str) -> None:
    write(folder, values_txt="x", a_yaml="some: words\n", b_json="[1]")
    result = call("scan", "--format", format_, "--report", "sarif=out.sarif")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("k8slblint: no manifest was found in '.', so nothing was checked")
    assert len(result.stderr.splitlines()) == 1
    assert not (folder / "out.sarif").exists(), "an empty report would close alerts"
    assert call("scan", "--format", format_, "--exit-zero").exit_code == 2
    assert call("scan", "--format", format_, "--allow-empty").exit_code == 0


def test_an_empty_pipe_is_no_manifest() -> None:
    assert call("scan", "-", stdin="").exit_code == 2
    assert call("scan", "-", stdin="---\n# nothing\n").exit_code == 2
    assert call("scan", "-", stdin=CLEAN).exit_code == 0


@pytest.mark.parametrize(
    "files",
    [
        {"cm_yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"},
        {"a_yaml": "apiVersion: v1\nkind: Service\nmetadata: [\n"},
        {"chart__Chart_yaml": CHART, "chart__templates__x_yaml": "a: {{ .Values.x }}\n"},
        {"kustomization_yaml": "configMapGenerator: [{name: a, literals: [b=c]}]\n"},
    ],
)
def test_what_no_rule_is_about_is_a_manifest_all_the_same(folder: Path, files: dict[str, str]) -> None:
    write(folder, **files)
    assert "no manifest" not in call("scan").stderr


def test_the_change_that_removes_the_last_manifest_passes(folder: Path) -> None:
    (folder / ".git").rmdir()
    write(folder, a_yaml=CLEAN, readme_md="x")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"], ["rm", "-q", "a.yaml"]):
        subprocess.run([*git, *command], check=True, cwd=folder)
    assert call("scan").exit_code == 2
    assert call("scan", "--against", "HEAD").exit_code == 0


def units(rendered: int, failed: int) -> list[SeenUnit]:
    def one(number: int, failure: str) -> SeenUnit:
        return SeenUnit(f"u{number}", f"u{number}/Chart.yaml", "helm", "it is a chart", failure=failure)

    return [*(one(number, "") for number in range(rendered)), *(one(number, "no") for number in range(rendered, rendered + failed))]


@pytest.mark.parametrize(
    ("rendered", "failed", "not_followed", "head"),
    [
        (3, 1, 0, "Nothing found."),
        (2, 2, 0, "Nothing found."),
        (1, 2, 0, "2 of 3 charts, kustomizations and objects that deploy others were not rendered; nothing found in what was."),
        (0, 0, 1, "1 of 1 charts, kustomizations and objects that deploy others were not rendered; nothing found in what was."),
    ],
)
def test_nothing_found_never_heads_a_report_in_which_most_was_not_rendered(
    rendered: int, failed: int, not_followed: int, head: str
) -> None:
    lost = [NotFollowed("Application a", "a.yaml", 1, "elsewhere")] * not_followed
    seen = Completeness(documents_seen=4, documents_linted=4, units=units(rendered, failed), not_rendered=lost)
    assert render(report(completeness=seen), "concise").splitlines()[0] == head


@pytest.mark.parametrize(
    ("number", "limit", "words"),
    [(errno.ENOSPC, "disk", "disk space"), (errno.ENOMEM, "memory", "memory"), (errno.EMFILE, "open_files", "files")],
)
def test_a_machine_that_has_no_room_left_makes_the_run_untrusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, limit: str, words: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    write(folder, a_yaml=NODE_PORT, chart__Chart_yaml=CHART, chart__templates__x_yaml=NODE_PORT)
    monkeypatch.setattr(bounds, "start", fails)
    result = call("scan", "--format", "json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["completeness"]["budget"]["limit"] == limit
    assert [one["rule"] for one in told["findings"]].count("node-port-in-production") == 1, "the rest is reported"
    assert f"The machine ran out of {words}" in call("scan").stdout


@pytest.mark.parametrize("units", [1, 2])
def test_a_full_disk_before_the_first_copy_for_kustomize_makes_the_run_untrusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, units: int
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    names = ("a", "b")[:units]
    write(folder, plain_yaml=NODE_PORT, **{f"{name}__kustomization_yaml": "resources: [s.yaml]\nnamePrefix: x-\n" for name in names})
    write(folder, **{f"{name}__s_yaml": CLEAN.replace("web", name) for name in names})
    monkeypatch.setattr(temporary, "make", fails)
    monkeypatch.setattr(program, "find", lambda: None)
    result = call("scan", "--format", "json")
    assert result.exit_code == 2, result.output
    told = json.loads(result.stdout)
    assert told["completeness"]["budget"]["limit"] == "disk"
    assert told["failures"] == []
    assert [one["rule"] for one in told["findings"]].count("node-port-in-production") == 1, "the rest is reported"


def test_other_failures_of_a_program_are_no_lack() -> None:
    budget = Budget()
    for error in (OSError(errno.ENOENT, "no"), ValueError("no"), OSError()):
        budget.note_lack(error, "a")
    assert budget.lacked is None


def test_a_template_that_speaks_of_a_full_disk_is_believed_only_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {"folder": str(tmp_path), "seconds": 20.0}
    command = ["/bin/sh", "-c", "echo no space left on device >&2; exit 1"]
    assert bounds.run(command, **said).status == 1
    monkeypatch.setattr(bounds, "_is_full", lambda _: True)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        bounds.run(command, **said)


_HUNGRY = '{{ repeat 3000000000 "x" | len }}\n'
"""A template that asks for more memory than a renderer may have."""


@needs_helm
def test_a_renderer_that_needs_more_memory_than_it_may_have_makes_the_run_untrusted(folder: Path) -> None:
    write(folder, a_yaml=NODE_PORT, chart__Chart_yaml=CHART, chart__templates__x_yaml=_HUNGRY)
    result = call("scan", "--format", "json", "--exit-zero")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["completeness"]["budget"] == {"limit": "renderer_memory", "spent_by": "chart/Chart.yaml"}
    assert "Helm took more than 2000 MB of memory" in told["completeness"]["units"][0]["failure"]
    assert [one["rule"] for one in told["findings"]].count("node-port-in-production") == 1, "the rest is reported"
    text = " ".join(call("scan").stdout.split())
    assert "A renderer took more memory than it may, first for chart/Chart.yaml. Findings may be missing." in text


@needs_helm
def test_an_input_that_only_speaks_of_memory_does_not_make_the_run_untrusted(folder: Path) -> None:
    claim = '{{ fail "x\\nfatal error: runtime: out of memory" }}\n'
    write(folder, a_yaml=NODE_PORT, chart__Chart_yaml=CHART, chart__templates__x_yaml=claim)
    result = call("scan", "--format", "json", "--exit-zero")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["completeness"]["budget"] is None


@pytest.mark.parametrize(
    ("status", "said", "is_lacking"),
    [
        (2, "fatal error: runtime: out of memory\n\ngoroutine 1", True),
        (2, "runtime: out of memory: cannot allocate 1-byte block\nfatal error: out of memory\n", True),
        (2, "fatal error: runtime: cannot allocate memory\n", True),
        (-6, "fatal error: runtime: out of memory\n", True),
        (-9, "", True),
        (1, "fatal error: runtime: out of memory", False),
        (2, "Error: out of memory", False),
        (2, "fatal error: stack overflow", False),
        (2, "panic: x\n\tfatal error: out of memory", False),
        (-1, "", False),
        (None, "", False),
    ],
)
def test_lack_of_memory_is_what_the_runtime_of_a_renderer_says(status: int | None, said: str, is_lacking: bool) -> None:
    assert bounds.is_out_of_memory(status, said) == is_lacking
