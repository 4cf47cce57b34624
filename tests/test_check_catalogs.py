"""The comparison of the catalogs with sources: what keys Go text names, what is gone and what is new; sources are never run."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from k8slblint.catalog.controllers import controllers
from k8slblint.shipped import catalogs_folder

TOOLS = Path(__file__).parent.parent / "tools"
UPSTREAMS: dict[str, Any] = json.loads((catalogs_folder() / "upstreams.json").read_text(encoding="utf-8"))["upstreams"]


@pytest.fixture(name="tool")
def _tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import check_catalogs

    return check_catalogs


@pytest.fixture(name="go")
def _go(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import go_constants

    return go_constants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('const A = "x.io/a"', "x.io/a"),
        ('\tA Name = "x.io/a" // was b', "x.io/a"),
        ('\tBase = "x.io/"\n\tA = Base + "a"', "x.io/a"),
        ('\tBase = "x.io"\n\tA = Base + "/" + "a"', "x.io/a"),
        ('\tBase = "x.io"\n\tA = fmt.Sprintf("%s/%s", Base, "a")', "x.io/a"),
        ('\tA = Name("x.io/a")', "x.io/a"),
        ("\tA = A", None),
        ("\tA = B\n\tB = A", None),
        ("\tA = os.Getenv(X)", None),
        ('\tA = "x.io/" + strings.ToLower(X)', None),
        ('\tA = "x.io/a" +', None),
    ],
)
def test_a_constant_stands_for_a_text_where_it_is_a_plain_expression(go: ModuleType, text: str, expected: str | None) -> None:
    known = go.constants(text)
    assert go.value_of(known["A"], known) == expected


def test_quoted_keys_are_found_in_struct_tags_and_not_in_comments(go: ModuleType) -> None:
    text = 'type C struct {\n\tA *string `annotation:"x.io/a"`\n}\n// "x.io/b" is gone\nvar u = "https://x.io/c"\n'
    assert set(go.literals(text)) == {"x.io/a"}


def test_links_tests_and_what_leads_outside_are_not_read(go: ModuleType, tmp_path: Path) -> None:
    inside = tmp_path / "repo"
    inside.mkdir()
    (tmp_path / "secret.go").write_text("package x", encoding="utf-8")
    (inside / "link.go").symlink_to(tmp_path / "secret.go")
    (inside / "a_test.go").write_text("package x", encoding="utf-8")
    (inside / "a.go").write_text("package x", encoding="utf-8")
    (inside / "big.go").write_bytes(b"/" * (go.MOST_BYTES + 1))
    assert [path.name for path, _ in go.sources(inside, ["*.go"])] == ["a.go"]


def _checkout(folder: Path, name: str, keys: list[str]) -> Path:
    """Write sources that name these keys where the upstream has its own."""
    path = folder / UPSTREAMS[name]["files"][0].replace("*", "a")
    path.parent.mkdir(parents=True)
    path.write_text("".join(f'\tKey{index} = "{key}"\n' for index, key in enumerate(keys)), encoding="utf-8")
    return folder


def test_keys_that_are_gone_and_keys_that_are_new_are_listed(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = json.loads((catalogs_folder() / "annotations" / "hetzner.json").read_text(encoding="utf-8"))["keys"]
    known = sorted(entries)
    assert tool.main(["hcloud-cloud-controller-manager", str(_checkout(tmp_path / "same", "hcloud-cloud-controller-manager", known))]) == 0
    changed = [*known[1:], "load-balancer.hetzner.cloud/of-tomorrow", "example.com/else"]
    assert tool.main(["hcloud-cloud-controller-manager", str(_checkout(tmp_path / "new", "hcloud-cloud-controller-manager", changed))]) == 1
    assert capsys.readouterr().out == f"gone: {known[0]}\nnew: load-balancer.hetzner.cloud/of-tomorrow\n"


def test_constants_that_hold_the_end_of_a_key_are_joined_with_the_prefix(tool: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "pkg" / "annotations" / "constants.go"
    path.parent.mkdir(parents=True)
    path.write_text('const (\n\tIngressSuffixScheme = "scheme"\n\tIngressSuffixOfTomorrow = "of-tomorrow"\n)\n', encoding="utf-8")
    found = tool.compare("aws-load-balancer-controller", tmp_path)
    assert found.new == ("alb.ingress.kubernetes.io/of-tomorrow",)
    assert "alb.ingress.kubernetes.io/scheme" not in found.gone


@pytest.mark.parametrize("arguments", [[], ["nobody", "."], ["metallb"], ["metallb", "/no/such/folder"]])
def test_a_wrong_call_ends_with_two(tool: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(arguments) == 2
    assert "UPSTREAM is one of: aws-load-balancer-controller" in capsys.readouterr().err


def test_every_upstream_names_controllers_of_the_list() -> None:
    for upstream in UPSTREAMS.values():
        assert {*upstream["readers"], *upstream.get("emulates", ())} <= set(controllers())
