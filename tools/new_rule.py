"""Writes the files of a new rule, so that its author starts from green tests: a first draft that reports one value of one field.

nox -s new_rule -- sticky-sessions --kind Service --field spec.sessionAffinity --value ClientIP --title "Service with sticky sessions"

Rule, check, fixtures, menagerie and changelog line are written, then what is generated from them: index, page, snapshots.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SEVERITIES = ("error", "warning", "note")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Draft(NamedTuple):
    """What the author says of a rule: `kind` is `Kind` or `Kind.group`, `field` a path with dots to the value that is wrong."""

    id: str
    title: str
    kind: str
    api_version: str
    field: tuple[str, ...]
    value: Any
    severity: str
    since: str

    @property
    def module(self) -> str:
        """The name of the check's module."""
        return self.id.replace("-", "_")

    @property
    def variable(self) -> str:
        """What the check calls the resource it is handed."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.kind.partition(".")[0]).lower()


def main(arguments: list[str]) -> int:
    """Write the files that a rule consists of, and say what is left to do; return the exit status."""
    draft = _draft(arguments)
    files = {path: text for path, text in written(draft).items() if path.name != "CHANGELOG.md"}
    taken = [path for path in files if path.exists()]
    if taken or not _ID.fullmatch(draft.id):
        why = f"{_shown(taken[0])} exists already" if taken else f"'{draft.id}' is not a rule id: use lower-case words with hyphens"
        print(f"new_rule: {why}.", file=sys.stderr)
        return 2
    for path, text in written(draft).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {_shown(path)}")
    print("\nNow write what the rule is about, in the order of CONTRIBUTING.md, and look at the changed snapshots as a diff.")
    return 0


def written(draft: Draft) -> dict[Path, str]:
    """Return the text of each file that a rule consists of, by path; the changelog with its new line."""
    fixtures = ROOT / "tests" / "fixtures"
    bad, good = manifest(draft, draft.value, mark=True), manifest(draft, None)
    return {
        ROOT / "rules" / f"{draft.id}.yaml": rule(draft),
        ROOT / "k8slblint" / "checks" / f"{draft.module}.py": check(draft),
        fixtures / "rules" / draft.id / "bad-value.yaml": bad,
        fixtures / "rules" / draft.id / "good-without.yaml": good,
        fixtures / "rules" / draft.id / "good-near-miss.yaml": manifest(draft, _other(draft.value)),
        fixtures / "menagerie" / "after" / f"{draft.id}.yaml": manifest(draft, draft.value),
        ROOT / "CHANGELOG.md": changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), draft),
    }


def manifest(draft: Draft, value: Any, *, mark: bool = False) -> str:
    """Return an object with a value in the field, or without it for None; `mark` says at its line that the rule must fire."""
    lines = [
        f"apiVersion: {draft.api_version}",
        f"kind: {draft.kind.partition('.')[0]}",
        "metadata:",
        f"  name: {draft.id}",
        "  namespace: shop",
    ]
    if value is not None:
        steps = draft.field[1:] if draft.field[0] == "metadata" else draft.field
        start = 1 if draft.field[0] == "metadata" else 0
        lines += [f"{'  ' * (start + depth)}{step}:" for depth, step in enumerate(steps)]
        lines[-1] += f" {json.dumps(value)}{f'  # expect: {draft.id}' if mark else ''}"
    return "\n".join(lines) + "\n"


def rule(draft: Draft) -> str:
    """Return the rule file: the only home of what a person reads."""
    indented = {
        name: "".join(f"      {line}\n" for line in text.splitlines())
        for name, text in (("bad", manifest(draft, draft.value, mark=True)), ("good", manifest(draft, None)))
    }
    return f"""id: {draft.id}
title: {draft.title}
since: {draft.since}
status: preview
severity: {draft.severity}
kinds: [{draft.kind}]
rationale: |
  `{".".join(draft.field)}` has the value '{draft.value}'. Say here what that does to traffic, and which version of what says so.
remediation: |
  Say here what to do, step by step, for each owner, platform and environment.
references:
  - https://kubernetes.io/docs/concepts/services-networking/
examples:
  - title: the value that is wrong
    bad: |
{indented["bad"]}    good: |
{indented["good"]}"""


def check(draft: Draft) -> str:
    """Return the check: the only home of detection."""
    return f'''"""Detects {draft.title[0].lower()}{draft.title[1:]}."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem

_FIELD = {_tuple(draft.field)}


def check({draft.variable}: Resource, graph: ResourceGraph) -> Iterator[Problem]:  # noqa: ARG001 - a draft looks at one object
    """Yield a problem at `{".".join(draft.field)}` where it is '{draft.value}'."""
    if {draft.variable}.get(*_FIELD) == {draft.value!r}:
        yield Problem(
            path=_FIELD,
            headline=f"{{{draft.variable}.id}} has `{draft.field[-1]}` set to '{draft.value}'",
            why="Say what will happen to traffic, and who says so.",
            help="Use another value.",
        )
'''


def changelog(text: str, draft: Draft) -> str:
    """Return the changelog with a line under Rules of the unreleased version."""
    head = "### Rules\n\n"
    return text.replace(head, f"{head}- New: `{draft.id}`: {draft.title[0].lower()}{draft.title[1:]}.\n", 1)


def _tuple(parts: tuple[str, ...]) -> str:
    return "(" + ", ".join(json.dumps(part) for part in parts) + ("," if len(parts) == 1 else "") + ")"


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _draft(arguments: list[str]) -> Draft:
    parser = argparse.ArgumentParser(prog="nox -s new_rule --", description="Write the files of a new rule.")
    parser.add_argument("id", help="names the defect: node-port-in-production")
    parser.add_argument("--title", required=True, help="at least 10 characters, without a period")
    parser.add_argument("--kind", required=True, help="Kind or Kind.group: Service, Ingress.networking.k8s.io")
    parser.add_argument("--api-version", default=None, help="of the examples [default: v1, or GROUP/v1]")
    parser.add_argument("--field", required=True, help="path with dots: spec.type")
    parser.add_argument("--value", required=True, help="the value that is wrong, as JSON or plain text")
    parser.add_argument("--severity", choices=SEVERITIES, default="warning")
    parser.add_argument("--since", default="0.2.0")
    given = parser.parse_args(arguments)
    try:
        value = json.loads(given.value)
    except ValueError:
        value = given.value
    group = given.kind.partition(".")[2]
    api_version = given.api_version or (f"{group}/v1" if group else "v1")
    return Draft(given.id, given.title, given.kind, api_version, tuple(given.field.split(".")), value, given.severity, given.since)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
