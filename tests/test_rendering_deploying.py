"""What becomes of the objects of units: who silences them, and what is counted."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from k8slblint.commands.cli import cli

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {{k8slblint.io/ignore: "{rule}: only inside"}}
spec:
  type: {{{{ .Values.type }}}}
  selector: {{app: web}}
  ports: [{{port: 80}}]
"""


def scan(top: Path, files: dict[str, str]) -> dict[str, Any]:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json"], env={"PRE_COMMIT": ""})
    assert result.exit_code in (0, 1), result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def chart(rule: str) -> dict[str, str]:
    return {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/templates/service.yaml": SERVICE.format(rule=rule),
        "web/values-prod.yaml": "type: NodePort\n",
        "web/values-dev.yaml": "type: ClusterIP\n",
    }


def test_an_annotation_in_a_template_silences_a_finding_reported_in_a_value_file(tmp_path: Path) -> None:
    report = scan(tmp_path, chart("node-port-in-production"))
    assert [found["rule"] for found in report["findings"]] == []


def test_an_annotation_that_nothing_needs_in_any_unit_is_reported_once(tmp_path: Path) -> None:
    report = scan(tmp_path, chart("metallb-pool-overlaps-node"))
    assert [found["rule"] for found in report["findings"]].count("unused-suppression") == 1
    assert "node-port-in-production" in [found["rule"] for found in report["findings"]]


def test_every_value_set_of_a_chart_is_a_unit_and_every_document_is_counted(tmp_path: Path) -> None:
    completeness = scan(tmp_path, chart("node-port-in-production"))["completeness"]
    assert [Path(unit["path"]).name for unit in completeness["units"]] == ["values-dev.yaml", "values-prod.yaml"]
    assert completeness["documents_seen"] == completeness["documents_linted"] == 2
