"""`k8slblint diff`: revisions and folders, the three formats, the contract of its JSON, and calls that cannot be carried out."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from k8slblint.model.difference import TOPICS
from tests.histories import History, call, service, start

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "diff.schema.json").read_text(encoding="utf-8"))

FACING = "service.beta.kubernetes.io/aws-load-balancer-scheme=internet-facing"


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    return start(tmp_path / "repository", monkeypatch)


def diff(*arguments: str) -> dict[str, Any]:
    """Return what differs, valid by the schema."""
    result = call("diff", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    jsonschema_rs.validator_for(SCHEMA).validate(value)
    assert isinstance(value, dict)
    return value


def told(found: dict[str, Any]) -> list[str]:
    return [f"{one['topic']} {one['change']} {one['resource']['name']}" for one in found["changes"]]


def test_head_is_the_working_tree_unless_it_is_named(history: History) -> None:
    history.commit({"web.yaml": service("web", "ClusterIP")})
    history.write({"web.yaml": service("web", "NodePort")})
    found = diff("HEAD")
    assert told(found) == ["entry-point changed web", "node-port added web"]
    assert (found["base"], found["head"], found["exposure_changed"]) == ("HEAD", None, True)
    assert diff("HEAD", "HEAD")["changes"] == []


def test_two_revisions_are_compared_whatever_the_working_tree_holds(history: History) -> None:
    first = history.commit({"web.yaml": service("web", "ClusterIP"), "same.yaml": service("same", "ClusterIP")})
    second = history.commit({"web.yaml": service("web", "NodePort"), "api.yaml": service("api", "NodePort")})
    expected = ["entry-point added api", "entry-point changed web", "node-port added api", "node-port added web"]
    assert told(diff(first, second)) == expected
    history.write({"web.yaml": None, "api.yaml": "kind: [", "untracked.yaml": service("untracked")})
    assert told(diff(first, second)) == expected
    assert diff(first, second)["unread"] == []
    back = ["entry-point changed web", "entry-point removed api", "node-port removed api", "node-port removed web"]
    assert sorted(told(diff(second, first))) == back


def test_a_file_that_neither_the_index_nor_the_tree_has_any_more_is_read_from_its_revision(history: History) -> None:
    first = history.commit({"apps/web.yaml": service("web", "ClusterIP"), "keep.yaml": service("keep", "ClusterIP")})
    second = history.commit({"apps/web.yaml": service("web", "NodePort")})
    history.commit({"apps/web.yaml": None})
    assert told(diff(first, second)) == ["entry-point changed web", "node-port added web"]


def test_charts_of_both_revisions_are_rendered(history: History) -> None:
    chart = {"chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "chart/values.yaml": "type: ClusterIP\n"}
    template = service("web", "ClusterIP").replace("ClusterIP", "{{ .Values.type }}")
    first = history.commit({**chart, "chart/templates/service.yaml": template})
    second = history.commit({"chart/values.yaml": "type: NodePort\n"})
    history.commit({"chart/values.yaml": "type: ExternalName\n"})
    found = diff(first, second)
    (one,) = found["changes"]
    assert one["resource"]["name"] == "web"
    assert (one["location"]["path"], one["location"]["line"]) == ("chart/values.yaml", 1)


def test_two_folders_are_compared(history: History) -> None:
    history.write({"before/web.yaml": service("web", "ClusterIP"), "after/moved/other.yaml": service("web", "NodePort")})
    found = diff("before", "after")
    assert told(found) == ["entry-point changed web", "node-port added web"]
    assert found["changes"][0]["location"]["path"] == "after/moved/other.yaml"
    assert found["changes"][0]["previous_location"]["path"] == "before/web.yaml"


def test_only_the_named_paths_are_compared(history: History) -> None:
    first = history.commit({"a/web.yaml": service("a", "ClusterIP"), "b/web.yaml": service("b", "ClusterIP")})
    history.commit({"a/web.yaml": service("a", "NodePort"), "b/web.yaml": service("b", "NodePort")})
    assert told(diff(first, "--path", "b")) == ["entry-point changed b", "node-port added b"]
    assert told(diff(first, "HEAD", "--path", "b")) == ["entry-point changed b", "node-port added b"]


def test_what_is_gone_from_elsewhere_is_not_told_but_what_moved_in_is_the_same(history: History) -> None:
    first = history.commit(
        {"a/web.yaml": service("a", "NodePort"), "b/web.yaml": service("b", "NodePort"), "c/c.yaml": service("c", "ClusterIP")}
    )
    second = history.commit({"a/web.yaml": None, "b/web.yaml": None, "c/b.yaml": service("b", "NodePort")})
    for head in ([], [second]):
        assert diff(first, *head, "--path", "c")["changes"] == []
    assert told(diff(first)) == ["entry-point removed a", "node-port removed a"]
    scanned = call("scan", "c", "--against", first, "--format", "markdown")
    assert "**Exposure does not change**" in scanned.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "neither a revision of this repository nor a folder|not a revision"),
        (["HEAD", "nowhere"], "'nowhere' is not a revision"),
        (["apps", "HEAD"], "compare two of one kind"),
        (["HEAD", "apps", "--path", "apps"], "--path names what to compare of revisions"),
        (["--", "--output=x"], "not a revision|neither a revision"),
        (["HEAD", "--platform", "nothing-like-it"], "platform"),
    ],
)
def test_a_wrong_call_is_one_sentence(history: History, arguments: list[str], said: str) -> None:
    history.commit({"apps/web.yaml": service()})
    result = call("diff", *arguments)
    assert result.exit_code == 2
    assert any(part in result.stderr for part in said.split("|")), result.stderr
    assert not (history.folder / "x").exists()


def test_the_text_names_what_becomes_reachable_and_where(history: History) -> None:
    history.commit({"web.yaml": service("web", "ClusterIP")})
    history.write({"web.yaml": service("web", "NodePort")})
    assert call("diff", "HEAD", "--reasons").stdout.splitlines() == [
        "Service shop/web becomes reachable at the addresses of nodes · opens 1 fixed node port.",
        "",
        "More exposed:",
        "  Service shop/web becomes reachable at the addresses of nodes  (web.yaml:7:9)",
        "      port 80/TCP",
        "      opens node port 30080/TCP",
        "      because type 'NodePort' opens ports on every node",
    ]


def test_no_difference_says_so_and_markdown_goes_to_a_file(history: History) -> None:
    history.commit({"web.yaml": service()})
    assert call("diff", "HEAD").stdout == "Exposure does not change.\n"
    assert call("diff", "HEAD", "--format", "markdown", "-o", "out.md").stdout == ""
    text = (history.folder / "out.md").read_text(encoding="utf-8")
    assert text == "## What this change does to traffic\n\n**Exposure does not change**\n"


def test_a_long_list_is_cut_in_the_text_and_whole_on_request(history: History) -> None:
    history.commit({"web.yaml": service("web", "ClusterIP")})
    history.write({"more.yaml": "---\n".join(service(f"web-{number}", "LoadBalancer") for number in range(30))})
    arguments = ["diff", "HEAD", "--platform", "bare-metal"]
    assert "10 more (--all)" in call(*arguments).stdout
    assert "more (--all)" not in call(*arguments, "--all").stdout


def test_the_schema_knows_every_topic() -> None:
    assert SCHEMA["$defs"]["difference"]["properties"]["topic"]["enum"] == list(TOPICS)


def test_the_page_shows_what_is_written(history: History) -> None:
    page = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
    history.commit({"web.yaml": service("web", "ClusterIP", note=FACING)})
    history.write({"web.yaml": service("web", "LoadBalancer", note=FACING)})
    assert call("diff", "HEAD", "--platform", "eks").stdout in page
