"""The catalog of features: whose controllers there are, which names it uses, and what the tool makes of a checkout."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from k8slblint.catalog.controllers import gateway_controllers
from k8slblint.catalog.gateway_features import features, gateway_implementation, minor_of, newest_release
from k8slblint.shipped import catalogs_folder
from tests.linting import run

TOOLS = Path(__file__).parent.parent / "tools"

REPORT = """apiVersion: gateway.networking.k8s.io/v1
kind: ConformanceReport
date: "2026-07-30T11:47:27+02:00"
gatewayAPIChannel: experimental
implementation: {organization: Traefik, project: traefik, version: v9.9.1}
profiles:
  - {name: GATEWAY-GRPC}
  - {name: GATEWAY-HTTP, extended: {supportedFeatures: [HTTPRouteCORS, New], unsupportedFeatures: [HTTPRouteRetry]}}
  - {name: GATEWAY-TLS, extended: {unsupportedFeatures: [HTTPRouteCORS, HTTPResponseHeaderModification]}}
"""


@pytest.fixture(name="tool")
def _tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import gateway_features as tool

    copy = tmp_path / "gateway-features.json"
    copy.write_bytes((catalogs_folder() / "gateway-features.json").read_bytes())
    monkeypatch.setattr(tool, "CATALOG", copy)
    return tool


def _catalog() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((catalogs_folder() / "gateway-features.json").read_text(encoding="utf-8"))
    return found


def test_every_implementation_is_a_controller_of_the_one_list() -> None:
    names = [name for row in _catalog()["implementations"] for name in row["controllers"]]
    assert [name for name in names if name not in gateway_controllers()] == []
    assert len(set(names)) == len(names)


def test_every_feature_that_is_named_is_there() -> None:
    catalog = _catalog()
    known = set(catalog["features"])
    in_reports = {name for row in catalog["reports"] for name in (*row["claimed"], *row["not_claimed"])}
    in_code = {name for row in catalog["implementations"] for part in row["behaviour"] for name in part["features"]}
    assert (in_reports | in_code) - known == set()
    assert {one.within for one in features()} - known == {None}


def test_every_implementation_has_reports_and_no_code_contradicts_itself() -> None:
    for row in _catalog()["implementations"]:
        known = gateway_implementation(row["controllers"][0])
        assert known is not None
        assert known.reports, row
        named = [name for part in row["behaviour"] for name in part["features"]]
        assert len(set(named)) == len(named), row


@pytest.mark.parametrize(
    ("version", "minor"),
    [("v3.7.10", (3, 7)), ("1.36.2-gke.1", (1, 36)), ("v2.4.0-rc.1", (2, 4)), ("1.20", (1, 20)), ("main", None), ("1.x", None), ("", None)],
)
def test_versions_are_read_to_the_second_number(version: str, minor: tuple[int, int] | None) -> None:
    assert minor_of(version) == minor


def test_a_report_is_read_over_all_its_profiles(tool: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "conformance" / "reports" / "v1.6" / "traefik"
    folder.mkdir(parents=True)
    (folder / "report.yaml").write_text(REPORT, encoding="utf-8")
    (folder / "other.yaml").write_text("kind: Other\n", encoding="utf-8")
    (report,) = tool.reports_of(tmp_path)
    assert report["project"] == "traefik/traefik"
    assert report["claimed"] == ["HTTPRouteCORS", "New"]
    assert report["not_claimed"] == ["HTTPRouteResponseHeaderModification", "HTTPRouteRetry"]
    assert report["date"] == "2026-07-30"


def test_the_tool_writes_reports_and_names_what_is_new(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "conformance" / "reports" / "v1.6" / "a"
    folder.mkdir(parents=True)
    (folder / "report.yaml").write_text(REPORT, encoding="utf-8")
    (folder / "other.yaml").write_text(REPORT.replace("Traefik", "Nobody"), encoding="utf-8")
    before = json.loads(tool.CATALOG.read_text(encoding="utf-8"))
    assert tool.main([str(tmp_path), "0123456789abcdef", "2026-12-01"]) == 1
    after = json.loads(tool.CATALOG.read_text(encoding="utf-8"))
    assert [row["version"] for row in after["reports"]] == ["v9.9.1"]
    assert after["source"] == "kubernetes-sigs/gateway-api 01234567 conformance/reports"
    assert after["implementations"] == before["implementations"]
    assert capsys.readouterr().out.splitlines() == ["new project: nobody/traefik", "new feature: New"]


def test_the_file_is_as_the_tool_writes_it(tool: ModuleType) -> None:
    text = tool.CATALOG.read_text(encoding="utf-8")
    assert tool.catalog_text(json.loads(text)) == text


def test_the_newest_release_is_that_of_a_report() -> None:
    assert newest_release() >= (1, 6)


def test_a_scan_without_routes_does_not_read_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("read")

    monkeypatch.setattr("k8slblint.catalog.gateway_features._catalog", refuse)
    report, _ = run("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], selector: {a: b}}\n")
    assert report.failures == ()
