"""Builds findings and reports by hand, for tests of what they look like."""

from collections.abc import Sequence
from typing import Any

from k8slblint.model.finding import Completeness, Finding, Related, Report, Skip, UndecidedRule
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import ResourceId
from k8slblint.model.rule import Rule

SERVICE = ResourceId("v1", "Service", "shop", "web")

NODE_PORT = Rule(
    id="node-port-in-production",
    title="Service opens a node port in production",
    since="0.1.0",
    status="stable",
    severity="error",
    kinds=("Service",),
    security="5.0",
    tags=("service", "exposure"),
    aliases=("node-port",),
    rationale="A Service of type NodePort opens a port\nof every node.\n\nClients then depend on node addresses.\n",
    remediation="Use type ClusterIP.\n",
    references=("https://kubernetes.io/docs/concepts/services-networking/service/",),
)
UNUSED = Rule(
    id="unused-suppression",
    title="Suppression silences nothing",
    since="0.1.0",
    status="stable",
    severity="note",
    kinds=(),
    stage="suppression",
    confidence="medium",
    rationale="A suppression that silences nothing hides the next finding.",
    remediation="Remove it.",
)


def place(path: str = "apps/web.yaml", line: int = 12, column: int = 9, end_column: int = 17, *, end_line: int | None = None) -> Location:
    """Return a place; by default that of `NodePort` in `SOURCE_LINE`."""
    return Location(path, Span(line, column, end_line or line, end_column))


SOURCE_LINE = "  type: NodePort"


def finding(**changes: Any) -> Finding:
    """Return a finding, with the fields that matter to a test changed."""
    fields: dict[str, Any] = {
        "rule": NODE_PORT.id,
        "severity": "error",
        "confidence": "high",
        "headline": "Service shop/web opens a node port",
        "label": "opens port 30080",
        "why": "Clients depend on node addresses.",
        "help": "Use `type: ClusterIP`.",
        "location": place(),
        "resource": SERVICE,
        "field": ("spec", "type"),
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "source_line": SOURCE_LINE,
        "line_hash": "a7f2ff13bc495cf2:1",
    }
    return Finding(**(fields | changes))


def related(message: str = "Node 'n1' has this address.", line: int = 3, **changes: Any) -> Related:
    """Return a related place in another file."""
    return Related(place("nodes.yaml", line, 5, 9), message, **changes)


def report(findings: Sequence[Finding] = (), **changes: Any) -> Report:
    """Return a report of a run over four documents in three files."""
    fields: dict[str, Any] = {
        "version": "0.1.0",
        "findings": tuple(findings),
        "suppressed": (),
        "completeness": Completeness(files_seen=3, files_read=3, documents_seen=4, documents_linted=4),
        "rules": (NODE_PORT, UNUSED),
    }
    return Report(**(fields | changes))


def partly() -> Completeness:
    """Return what was covered by a run that passed things over and could not decide all."""
    return Completeness(
        files_seen=14,
        files_read=12,
        documents_seen=40,
        documents_linted=30,
        documents_with_placeholders=2,
        files_skipped=[Skip("broken symbolic link", 1, ("old.yaml",)), Skip("chart template, not rendered", 1, ("chart/templates/",))],
        documents_skipped=[Skip("not Kubernetes", 10, ("values.yaml:1", "ci.yaml:1"))],
        undecided=[UndecidedRule("node-port-in-production", "the value contains a placeholder", 2)],
    )
