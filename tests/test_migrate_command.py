"""`k8slblint migrate` and `portability`: what they print, the contracts of their JSON, exit status, and where a proposal may be written."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from k8slblint.catalog.migration import targets
from k8slblint.commands.cli import cli
from k8slblint.commands.flags import _TARGETS
from k8slblint.commands.proposals import files_of
from tests.migration import ingress, text_of
from tests.texts import faults_of_view

HERE = Path(__file__).parent
SCHEMAS = {
    name: json.loads((HERE.parent / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("migrate", "portability")
}


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(HERE / "fixtures" / "migrate", tmp_path / "repo")
    (tmp_path / "repo" / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--no-config"], env={"PRE_COMMIT": ""})


def read(*arguments: str) -> Any:
    """The JSON of a command, valid by its schema."""
    value = json.loads(call(*arguments, "--format", "json").stdout)
    jsonschema_rs.validator_for(SCHEMAS[arguments[0]]).validate(value)
    return value


CALLS = (
    ("migrate", "repo"),
    ("migrate", "repo", "--all", "--to", "envoy-gateway"),
    ("migrate", "repo", "--to", "cilium", "--gateway-api", "1.4"),
    ("migrate", "repo", "--format", "markdown"),
    ("portability", "repo/shop", "repo/pay"),
    ("portability", "repo", "--format", "markdown"),
)


def test_the_output_is_as_kept(request: pytest.FixtureRequest) -> None:
    text = "\n".join(f"$ k8slblint {' '.join(words)}\n{call(*words).stdout}" for words in CALLS)
    kept = HERE / "snapshots" / "migrate.txt"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the output changed; look at it, then run pytest with --update-snapshots"


def test_the_proposal_is_as_kept(request: pytest.FixtureRequest) -> None:
    assert call("migrate", "repo", "--write", "out").exit_code == 1
    text = "".join(f"# {path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(Path("out").iterdir()))
    kept = HERE / "snapshots" / "migrate-proposal.yaml"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the proposal changed; look at it, then run pytest with --update-snapshots"


@pytest.mark.parametrize("arguments", [one for one in CALLS if "markdown" not in one], ids=" ".join)
def test_lines_keep_to_the_guide(arguments: tuple[str, ...]) -> None:
    assert faults_of_view(call(*arguments).stdout) == ()


@pytest.mark.parametrize("to", [None, *targets()])
def test_the_json_is_valid_for_every_target(to: str | None) -> None:
    found = read("migrate", "repo", *(("--to", to) if to else ()))
    assert found["target"]["id"] == to
    assert found["summary"]["ingresses"] == 3
    assert {one["id"] for row in found["ingresses"] for one in row["items"]} >= {"lost-protection", "changed-routing", "lost-behaviour"}
    read("portability", "repo")


def test_the_option_names_the_targets_of_the_catalog() -> None:
    assert tuple(targets()) == _TARGETS


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("repo",), 1), (("repo", "--exit-zero"), 0), (("repo/shop", "--to", "envoy-gateway"), 1), (("plain",), 0), (("empty",), 0)],
)
def test_the_status_says_whether_a_protection_is_lost(arguments: tuple[str, ...], status: int) -> None:
    Path("empty").mkdir()
    Path("plain").mkdir()
    Path("plain/app.yaml").write_text(text_of(ingress()), encoding="utf-8")
    assert call("migrate", *arguments).exit_code == status


def test_a_tree_without_ingresses_says_so() -> None:
    Path("empty").mkdir()
    assert call("migrate", "empty").stdout == "no Ingress\n"
    assert call("portability", "empty").stdout == "0 Ingresses in 1 path\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gateway", "edge"), "'edge' is not a Gateway: write it as NAMESPACE/NAME"),
        (("--gateway", "a/b/c"), "is not a Gateway"),
        (("--gateway", "A/b\x1b"), "is not a Gateway"),
        (("--gateway-api", "2.0"), "'2.0' is not a release of Gateway API"),
        (("--gateway-api", "1.x"), "is not a release"),
        (("--gateway-api", "1.0"), "state 1.1 or later"),
        (("--to", "nothing"), "Invalid value"),
        (("--write", "repo/out"), "is inside of 'repo'"),
        (("--write", "repo"), "is inside of 'repo'"),
        (("--write", "full"), "is not empty"),
        (("--write", "file"), "is not a folder"),
        (("--write", "link"), "is a link"),
        (("--write", "linked/out"), "'linked' is a link"),
        (("--write", "missing/out"), "does not exist"),
    ],
)
def test_a_wrong_call_ends_with_a_sentence_and_writes_nothing(arguments: tuple[str, ...], words: str) -> None:
    Path("full").mkdir()
    Path("full/a").touch()
    Path("file").touch()
    Path("elsewhere").mkdir()
    Path("link").symlink_to("elsewhere")
    Path("linked").symlink_to("elsewhere")
    before = sorted(str(path) for path in Path().rglob("*"))
    result = call("migrate", "repo", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "\x1b" not in result.stderr
    assert sorted(str(path) for path in Path().rglob("*")) == before


def test_an_empty_folder_is_filled_and_not_a_second_time() -> None:
    Path("out").mkdir()
    result = call("migrate", "repo", "--write", "out")
    assert "wrote 2 files to 'out'" in result.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == ["pay.yaml", "shop.yaml"]
    assert "is not empty" in call("migrate", "repo", "--write", "out").stderr


def test_a_folder_beside_a_named_file_is_not_inside_of_it() -> None:
    assert "wrote 1 file" in call("migrate", "repo/shop/web.yaml", "--write", "repo/out").stderr


def test_nothing_is_written_where_nothing_is_proposed() -> None:
    Path("empty").mkdir()
    assert "nothing was written" in call("migrate", "empty", "--write", "out").stderr
    assert not Path("out").exists()


def test_items_of_a_chart_say_in_which_file_they_are() -> None:
    chart = Path("chart")
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text("limit: '5'\n", encoding="utf-8")
    value = ingress({"limit-rps": "{{ .Values.limit }}"}, namespace="default")
    (chart / "templates" / "ingress.yaml").write_text(text_of(value), encoding="utf-8")
    found = call("migrate", "chart")
    assert found.exit_code == 1, found.output
    assert "limit-rps" in found.stdout
    assert "(chart/values.yaml:1)" in found.stdout


def test_a_proposal_scans_without_errors() -> None:
    call("migrate", "repo", "--write", "out", "--to", "envoy-gateway")
    found = json.loads(call("scan", "out", "--select", "gateway-*,route-*,reference-not-permitted", "--format", "json").stdout)
    assert [one["rule"] for one in found["findings"]] == []


NAMES = ("../../etc/cron.d/x", "a\nb: c", "\x1b[2J", "..", "CON", "a/b", "x" * 300, "#", "--- ", "\u202e", "%2e%2e")


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_manifest_becomes_a_path_or_ends_a_comment(name: str) -> None:
    hostile = [
        ingress({"auth-url": name, "rewrite-target": name, "app-root": name, "cert-manager.io/issuer": name}, name=name, tls=True),
        ingress({"server-alias": name, "permanent-redirect": name}, namespace=name),
        ingress(hosts=[name], name="hosts", tls=[{"hosts": [name], "secretName": name}]),
        ingress({"configuration-snippet": f"deny all; # {name}"}, name="fine", tls=True),
    ]
    Path("bad").mkdir()
    Path("bad/app.yaml").write_text(text_of(*hostile), encoding="utf-8")
    before = sorted(str(path) for path in Path().rglob("*"))
    result = call("migrate", "bad", "--write", "out", "--all")
    assert result.exit_code == 1, result.output
    assert "\x1b" not in result.stdout + result.stderr
    written = sorted(str(path) for path in Path().rglob("*") if str(path) not in before)
    assert all(one == "out" or os.path.dirname(one) == "out" for one in written)
    assert {Path(one).suffix for one in written} == {"", ".yaml"}
    for path in Path("out").iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.isprintable()
            assert line == "---" or line.lstrip().startswith(("#", "-")) or ":" in line


def test_names_of_files_never_meet() -> None:
    texts = {("a/b", "x"): "1", ("a.b", "x"): "2", ("..", ""): "3", ("a-b", "X"): "4", ("c" * 100, "x"): "5", ("c" * 99, "x"): "6"}
    names = files_of(texts)
    assert list(names.values()) == ["1", "2", "3", "4", "5", "6"]
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") and not name.startswith(".") for name in names)


@pytest.mark.parametrize("name", ["migrate", "portability"])
def test_the_help_fits_a_screen(name: str) -> None:
    assert len(call(name, "--help").stdout.splitlines()) <= 45
