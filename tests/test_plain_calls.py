"""Calls of `scan` that are read without click mean what they mean to click, and usual ones are read without it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.commands.cli import cli
from k8slblint.commands.flags import SCAN
from k8slblint.commands.options import Options
from k8slblint.commands.plain_calls import scan_of


@pytest.fixture(autouse=True, scope="module")
def without_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No variable sets an option, as those of all other tests do."""
    patch = pytest.MonkeyPatch()
    patch.delenv("K8SLBLINT_NO_CACHE", raising=False)
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


_SPELLINGS = sorted({part for option in SCAN for name in option.names if name.startswith("-") for part in name.split("/")})
_WORDS = [
    *("text", "json", "production", "head", "base", "error", "never", "high", "auto", "seconds=1", "sarif=x", "a.yaml", ".", "-"),
    *("", "-h", "--help", "--", "--forma", "-qv", "-ofile", "--quiet=1", "-o=x", "--config=", "/", "node-*,a"),
]


def _by_click(words: list[str]) -> tuple[tuple[str, ...], Options] | None:
    command = cli.commands["scan"]
    try:
        with command.make_context("scan", list(words)) as context:
            options = dict(context.params)
            return options.pop("paths"), Options(**options)
    except (click.ClickException, click.exceptions.Exit):
        return None


_OPTION_WITH_VALUE = st.tuples(st.sampled_from(_SPELLINGS), st.sampled_from(_WORDS))


@given(
    st.lists(
        st.one_of(
            st.sampled_from(_SPELLINGS).map(lambda name: [name]),
            st.sampled_from(_WORDS).map(lambda word: [word]),
            _OPTION_WITH_VALUE.map(list),
            _OPTION_WITH_VALUE.map(lambda both: [f"{both[0]}={both[1]}"]),
        ),
        max_size=6,
    )
)
def test_what_is_read_without_click_is_what_click_reads(parts: list[list[str]]) -> None:
    words = [word for part in parts for word in part]
    plain = scan_of(["scan", *words], {})
    assert plain is None or plain == _by_click(words)


@pytest.mark.parametrize(
    "words",
    [
        ["scan"],
        ["scan", ".", "--no-render", "--format", "json", "-o", "report.json"],
        ["scan", "--against", "origin/main", "--new-only", "--if-touched", "--fail-on=warning"],
        ["scan", "--select", "a", "--select", "b,c", "-q", "-v", "--sarif-file", "x.sarif", "--report", "json=x"],
        ["scan", "-", "--stdin-filename", "a.yaml"],
    ],
)
def test_usual_calls_are_read_without_click(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = scan_of(words, {"HOME": "/"})
    assert plain is not None
    assert plain == _by_click(words[1:])


def test_every_option_is_read_without_click() -> None:
    for option in SCAN:
        name = next(name for name in option.names if name.startswith("--")).partition("/")[0]
        value = option.type[0] if isinstance(option.type, tuple) else "x"
        assert scan_of(["scan", name] if option.is_switch else ["scan", name, value], {}) is not None, name


@pytest.mark.parametrize(
    "words", [[], ["rules"], ["--version"], ["scan", "-h"], ["scan", "--help"], ["scan", "--nonsense"], ["scan", "--", "-x"]]
)
def test_other_calls_are_left_to_click(words: list[str]) -> None:
    assert scan_of(words, {}) is None


@pytest.mark.parametrize("name", ["K8SLBLINT_FORMAT", "_K8SLBLINT_COMPLETE"])
def test_variables_are_left_to_click(name: str) -> None:
    assert scan_of(["scan", "."], {name: "json"}) is None


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    assert scan_of(["scan", "-o", str(tmp_path)], {}) is None
    assert scan_of(["scan", "-o", str(tmp_path / "new")], {}) is not None


_CODE = """
import sys
from k8slblint.commands.entry import main
try:
    main(sys.argv[1:])
finally:
    print('click' in sys.modules, file=sys.stderr)
"""


def _run(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if "K8SLBLINT" not in name}
    command = [sys.executable, "-c", _CODE, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def test_a_scan_loads_no_click_and_ends_as_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80}]}\n")
    plain = _run("scan", "--no-config", "--fail-on", "note", ".", folder=tmp_path)
    by_click = _run("scan", "--no-config", "--fail-on", "note", "--", ".", folder=tmp_path)
    assert (plain.returncode, plain.stdout) == (by_click.returncode, by_click.stdout)
    assert plain.stderr.splitlines()[-1] == "False"
    assert by_click.stderr.splitlines()[-1] == "True"


_AT_END = """
import atexit, sys
from k8slblint.commands.entry import main
if sys.argv.pop(1) == "registered":
    atexit.register(print, "the end")
main()
"""


@pytest.mark.parametrize("fail_on", ["note", "never"])
def test_a_process_that_leaves_at_once_has_written_everything(tmp_path: Path, fail_on: str) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{0}}}\nspec: {{type: NodePort, ports: [{{port: 80}}]}}\n"
    (tmp_path / "a.yaml").write_text("---\n".join(map(service.format, range(300))))
    words = ("scan", "--no-config", "--fail-on", fail_on, "--format", "json", ".")
    at_once, registered = (
        subprocess.run([sys.executable, "-c", _AT_END, how, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        for how in ("none", "registered")
    )
    assert registered.stdout == f"{at_once.stdout}the end\n"
    assert registered.returncode == at_once.returncode == (fail_on == "note")
    assert len(at_once.stdout) > 100_000


def test_a_wrong_call_is_one_sentence(tmp_path: Path) -> None:
    run = _run("scan", "--no-config", "missing", folder=tmp_path)
    assert run.returncode == 2
    assert [line for line in run.stderr.splitlines() if line not in ("True", "False")] == [
        line for line in _run("scan", "--no-config", "--", "missing", folder=tmp_path).stderr.splitlines() if line not in ("True", "False")
    ]
