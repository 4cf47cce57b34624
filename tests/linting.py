"""Runs the engine on texts: what the tests of rules, scopes and suppressions share."""

import re
from collections.abc import Mapping
from typing import Any

from k8slblint import engine
from k8slblint.config import Config, RuleSettings
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.finding import Finding, Report
from k8slblint.model.loaded import SourceFile
from k8slblint.model.scope import ClusterSettings, ScopeSettings

EXPECT = re.compile(r"\s*#\s*expect:\s*([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*$")


def source_file(path: str, text: str) -> SourceFile:
    """A file of that name below the scanned folder."""
    return SourceFile(path=path, read=text.encode, scope_path=path)


def run(
    files: str | Mapping[str, str],
    *,
    before: str | Mapping[str, str] | None = None,
    config: Config | None = None,
) -> tuple[Report, ResourceGraph]:
    """Lint texts by path (one text is `app.yaml`), with the revision before them if given."""
    sources = Sources(files=_files(files), before=None if before is None else _files(before), against=None if before is None else "before")
    return lint(sources, config or Config())


def lint(sources: Sources, config: Config) -> tuple[Report, ResourceGraph]:
    """Read sources for the rules that are on and lint them, as `scan` does."""
    rules = engine.rules_on(config)
    with engine.read(sources, config, rules) as manifests:
        return engine.lint(manifests, config, rules), manifests.graph


def findings(files: str | Mapping[str, str], rule: str | None = None, **options: Any) -> list[Finding]:
    """The findings of `run`, of one rule if given; a failed check fails the test."""
    report, _ = run(files, **options)
    assert report.failures == ()
    return [finding for finding in report.findings if rule in (None, finding.rule)]


def _files(files: str | Mapping[str, str]) -> list[SourceFile]:
    texts = {"app.yaml": files} if isinstance(files, str) else files
    return [source_file(path, text) for path, text in texts.items()]


def scoped(config: Config | None = None, **stated: str) -> Config:
    """A configuration that states environment, platform, kubernetes_version or node_addresses (comma-separated)."""
    addresses = stated.pop("node_addresses", None)
    clusters = (ClusterSettings("here", ("**",), node_addresses=tuple(addresses.split(","))),) if addresses else ()
    scopes = ScopeSettings(clusters=clusters, **stated)  # type: ignore[arg-type]
    return (config or Config())._replace(scopes=scopes)


def with_parameters(config: Config, rule: str, parameters: Mapping[str, Any]) -> Config:
    """A configuration that sets parameters of one rule."""
    return config._replace(rules={**config.rules, rule: RuleSettings(parameters=parameters)}) if parameters else config


def expectations(text: str) -> tuple[str, set[tuple[int, str]]]:
    """Take the `# expect: rule` comments out of a text; return it with the (line, rule) pairs that must fire."""
    lines, expected = [], set()
    for number, line in enumerate(text.split("\n"), start=1):
        match = EXPECT.search(line)
        if match:
            expected |= {(number, rule.strip()) for rule in match.group(1).split(",")}
        lines.append(EXPECT.sub("", line))
    return "\n".join(lines), expected
