"""A git repository of manifests, scanned through the command line: what the tests of changes over revisions share."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from k8slblint.commands.cli import cli

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always")


def service(name: str = "web", kind: str = "NodePort", *, namespace: str = "shop", note: str = "") -> str:
    """Return a Service; `note` is an annotation `key=value`, or a comment that begins with `#` above its type."""
    key, _, value = note.partition("=")
    annotations = f"  annotations: {{{key}: '{value}'}}\n" if value and not note.startswith("#") else ""
    comment = f"  {note}\n" if note.startswith("#") else ""
    ports = "{port: 80, nodePort: 30080}" if kind == "NodePort" else "{port: 80}"
    head = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: {namespace}\n{annotations}spec:\n"
    return f"{head}{comment}  type: {kind}\n  selector: {{app: {name}}}\n  ports: [{ports}]\n"


class History:
    """A repository in the working directory."""

    def __init__(self, folder: Path) -> None:
        """Begin a repository in an empty folder."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "-q")

    def git(self, *arguments: str) -> str:
        """Run git, and return what it prints."""
        return subprocess.run((*GIT, *arguments), cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, texts: dict[str, str | None]) -> None:
        """Write files, or take away those that are None."""
        for name, text in texts.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, texts: dict[str, str | None] | None = None) -> str:
        """Write files, commit everything, and return the commit."""
        self.write(texts or {})
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")


def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """Begin a history and go there, without a git setting of the one who runs the tests."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "PRE_COMMIT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    history = History(folder)
    monkeypatch.chdir(folder)
    return history


def call(*arguments: str) -> Result:
    """Run a command, and return its exit status and what it prints."""
    return CliRunner().invoke(cli, list(arguments))


def scan(*arguments: str) -> dict[str, Any]:
    """Scan, and return the report; a failed check fails the test."""
    result = call("scan", "--format", "json", *arguments)
    assert result.exit_code in (0, 1), result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def found(findings: list[dict[str, Any]]) -> list[str]:
    """Return findings in short: `rule path object`."""
    return [f"{one['rule']} {one['location']['path']} {(one['resource'] or {}).get('name', '')}".strip() for one in findings]
