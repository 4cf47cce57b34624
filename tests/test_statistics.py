"""Counts of findings by rule, severity and cluster."""

import json
from pathlib import Path

import pytest

from k8slblint.reporting.statistics import statistics
from tests.reports import finding, report
from tests.test_cli import NODE_PORT, call


def test_findings_are_counted_by_rule_and_by_cluster_the_most_first() -> None:
    findings = [
        finding(cluster="prod"),
        finding(cluster="prod", severity="warning"),
        finding(cluster="test", rule="double-exposure", severity="note"),
        finding(rule="render-failed", severity="note", resource=None),
    ]
    assert list(statistics(report(findings))) == [
        "rule                       errors  warnings     notes       all",
        "node-port-in-production         1         1         0         2",
        "double-exposure                 0         0         1         1",
        "render-failed                   0         0         1         1",
        "all                             1         1         2         4",
        "",
        "cluster        errors  warnings     notes       all",
        "prod                1         1         0         2",
        "(no object)         0         0         1         1",
        "test                0         0         1         1",
        "all                 1         1         2         4",
    ]


def test_nothing_found_has_no_table() -> None:
    assert list(statistics(report())) == []


def test_names_of_clusters_neither_steer_a_terminal_nor_break_the_table() -> None:
    lines = list(statistics(report([finding(cluster="::error::\x1b[31m" + "x" * 500)])))
    assert all(line.isprintable() and not line.startswith("::") and len(line) < 100 for line in lines)


def test_the_tables_stand_below_the_text_and_beside_what_programs_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for cluster in ("a", "b"):
        (tmp_path / "clusters" / cluster).mkdir(parents=True)
        (tmp_path / "clusters" / cluster / "svc.yaml").write_text(NODE_PORT)
    text = call("scan", "--statistics").stdout
    assert text.index("Checked 2 of 2") < text.index("rule ")
    assert [line.split()[0] for line in text.splitlines()[-3:]] == ["a", "b", "all"]
    result = call("scan", "--statistics", "--format", "json")
    assert len(json.loads(result.stdout)["findings"]) == 2
    assert "node-port-in-production" in result.stderr
    result = call("scan", "--statistics", "-o", "out.txt")
    assert result.stdout == ""
    assert "cluster " in result.stderr
