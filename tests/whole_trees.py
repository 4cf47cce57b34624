"""Writes small trees as strangers have them, and scans them as a stranger would: from the top, without configuration."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from k8slblint.commands.cli import cli

_ENTRY = re.compile(r"^ {2}(internet|internal|node|cluster|unknown) +(\S+ \S+) {2}\((\S+?):(\d+)\)(?:, by (.*))?$", re.MULTILINE)


class Tree:
    """A tree in the current folder."""

    def __init__(self, files: Mapping[str, str], folder: Path) -> None:
        """Write the files."""
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def report(self, *options: str, target: str = ".") -> dict[str, Any]:
        """Return the JSON report of a scan."""
        result = CliRunner().invoke(
            cli, ["scan", target, "--format", "json", "--no-config", "--exit-zero", *options], env={"PRE_COMMIT": ""}
        )
        assert result.exit_code == 0, (result.output, result.stderr, repr(result.exception))
        report: dict[str, Any] = json.loads(result.stdout)
        assert report["failures"] == []
        return report

    def findings(self, *options: str) -> list[tuple[str, str, int]]:
        """Return rule, path and line of each finding, without what could not be rendered."""
        found = self.report(*options)["findings"]
        places = ((one["rule"], one["location"]["path"], one["location"]["line"]) for one in found)
        return [place for place in places if place[0] != "render-failed"]

    def exposure(self) -> dict[str, tuple[str, str]]:
        """Return, by object, from where it is reached and where it is written; what only the cluster reaches too."""
        result = CliRunner().invoke(cli, ["exposure", ".", "--all", "--no-config"])
        assert result.exit_code == 0, (result.output, result.stderr, repr(result.exception))
        return {f"{one[2]}": (one[1], f"{one[3]}:{one[4]}") for one in _ENTRY.finditer(result.stdout)}


def service(name: str, spec: str, namespace: str = "shop", annotations: str = "{}") -> str:
    """Return a Service that selects `app: NAME`; its type is in line 4."""
    metadata = f"{{name: {name}, namespace: {namespace}, annotations: {annotations}}}" if namespace else f"{{name: {name}}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {metadata}\nspec: {{{spec}, selector: {{app: {name}}}}}\n"


def workload(name: str, container: str = "image: example.com/app", namespace: str = "shop", kind: str = "Deployment", pod: str = "") -> str:
    """Return a workload with one container whose Pods have the label `app: NAME`, as a further document."""
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}{where}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n"
        f"  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{{pod}containers: [{{name: c, {container}}}]}}\n"
    )
