"""`k8slblint addresses`: what it prints of a tree, the contract of its JSON, an empty tree, capacities, and hostile texts."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.addresses import Interval
from k8slblint.commands.cli import cli
from k8slblint.traffic.addresses.capacity import given_of
from tests.builders import resource

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE.parent / "schemas" / "addresses.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(HERE / "fixtures" / "addresses", tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["addresses", *arguments], env={"PRE_COMMIT": ""})


def read(*arguments: str) -> Any:
    """The JSON of the command, valid by its schema."""
    result = call(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    jsonschema_rs.validator_for(SCHEMA).validate(value)
    return value


@pytest.mark.usefixtures("tree")
def test_the_map_is_as_kept(request: pytest.FixtureRequest) -> None:
    text = f"$ k8slblint addresses\n{call().stdout}"
    kept = HERE / "snapshots" / "addresses.txt"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the map changed; look at it, then run pytest with --update-snapshots"


@pytest.mark.usefixtures("tree")
def test_the_json_says_what_a_pool_has_left_and_where_each_range_is_from() -> None:
    (cluster,) = read()["clusters"]
    (pool,) = cluster["pools"]
    assert pool["capacity"] == [
        {"family": 4, "addresses": 16 + 254, "requested": ["10.8.0.30"], "free": 269},
        {"family": 6, "addresses": 16, "requested": [], "free": 16},
    ]
    assert pool["other_services"] == 1
    assert [entry["range"] for entry in pool["entries"]] == [
        "10.8.0.16-10.8.0.31",
        "10.8.3.0-10.8.3.255",
        "fd08::-fd08::f",
        None,
    ]
    found = {(one["role"], one["range"], one["line"]) for one in cluster["ranges"]}
    assert ("node", "10.8.0.21/32", 14) in found
    assert ("gateway", "10.8.0.1/32", 12) in found


def test_the_configuration_states_ranges_too(tree: Path) -> None:
    (tree / ".k8slblint.yaml").write_text(
        "clusters:\n- {name: oak, paths: ['**'], node_addresses: [10.8.0.22], networks: {dhcp: 10.8.0.100-10.8.0.199}}\n"
    )
    stated = [one for one in read()["clusters"][0]["ranges"] if one["path"] is None]
    assert [(one["role"], one["text"]) for one in stated] == [("node", "10.8.0.22"), ("dhcp", "10.8.0.100-10.8.0.199")]


def test_a_tree_without_pools_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call().stdout == "no address pool\n"
    assert read() == {"version": 1, "clusters": []}


def test_what_a_tree_says_cannot_steer_a_terminal(tree: Path) -> None:
    (tree / "talos" / "talconfig.yaml").write_text('clusterName: "a\\e[2J"\nnodes:\n- {hostname: "b\\e[2J\\u202e", ipAddress: 10.8.0.9}\n')
    assert "\x1b" not in call().stdout
    assert "\u202e" not in call().stdout


@given(st.integers(0, 1100), st.integers(0, 1100), st.booleans())
def test_the_capacity_is_that_of_counting(one: int, other: int, avoids: bool) -> None:
    first, last = sorted((one, other))
    spec = f"spec: {{avoidBuggyIPs: {str(avoids).lower()}}}"
    pool = resource(f"apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: lan}}\n{spec}\n")
    expected = sum(1 for address in range(first, last + 1) if not avoids or address & 0xFF not in (0, 255))
    assert given_of(pool, Interval(4, first, last)) == expected
