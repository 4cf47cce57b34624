"""What silences a finding, and what is said of a suppression that silences nothing."""

import pytest

from k8slblint.config import Config, ConfigSuppression
from k8slblint.model.location import Location, Span
from tests.linting import run, scoped
from tests.texts import words_of

PRODUCTION = scoped(environment="production")

NODE_PORT = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  ports: [{port: 80}]
"""


def outcome(text: str, config: Config = PRODUCTION) -> tuple[list[tuple[str, int]], list[str]]:
    report, _ = run(text, config=config)
    return [(finding.rule, finding.location.span.line) for finding in report.findings], [
        finding.suppressed.reason for finding in report.suppressed if finding.suppressed
    ]


def test_without_suppression_it_fires() -> None:
    assert outcome(NODE_PORT) == ([("node-port-in-production", 6)], [])


def test_comment_on_the_line() -> None:
    text = NODE_PORT.replace("NodePort", "NodePort  # k8slblint: ignore[node-port-in-production] hardware balancer")
    assert outcome(text) == ([], ["hardware balancer"])


@pytest.mark.parametrize("above", ["spec:", "  type: NodePort"])
def test_comment_alone_above_a_key_covers_the_key_and_all_below(above: str) -> None:
    indent = above[: len(above) - len(above.lstrip())]
    text = NODE_PORT.replace(above, f"{indent}# k8slblint: ignore[node-port-in-production] known\n{above}")
    assert outcome(text) == ([], ["known"])


def test_comment_above_another_key_does_not_cover() -> None:
    text = NODE_PORT.replace("metadata:", "# k8slblint: ignore[node-port-in-production] known\nmetadata:")
    assert outcome(text)[0] == [("unused-suppression", 3), ("node-port-in-production", 7)]


def test_comment_for_the_whole_file() -> None:
    text = "# k8slblint: ignore-file[node-port-in-production] lab only\n" + NODE_PORT + "---\n" + NODE_PORT.replace("web", "api")
    assert outcome(text) == ([], ["lab only", "lab only"])


def test_comment_inside_a_block_scalar_is_text() -> None:
    text = NODE_PORT.replace(
        "  name: web", "  name: web\n  annotations:\n    note: |\n      # k8slblint: ignore-file[node-port-in-production] no"
    )
    assert [rule for rule, _ in outcome(text)[0]] == ["node-port-in-production"]


def test_annotation() -> None:
    text = NODE_PORT.replace("  name: web", '  name: web\n  annotations: {k8slblint.io/ignore: "node-port-in-production: F5 in front"}')
    assert outcome(text) == ([], ["F5 in front"])


def test_annotation_is_about_its_own_resource_only() -> None:
    annotated = NODE_PORT.replace("  name: web", '  name: web\n  annotations: {k8slblint.io/ignore: "node-port-in-production: F5"}')
    assert outcome(annotated + "---\n" + NODE_PORT.replace("web", "api"))[0] == [("node-port-in-production", 15)]


def test_configuration_by_resource_and_path() -> None:
    entry = ConfigSuppression(
        "node-port-in-production", "Service", "*", "web", ("app.yaml",), "agreed", Location("c.yaml", Span(1, 1, 1, 2))
    )
    config = scoped(Config(suppressions=(entry,)), environment="production")
    assert outcome(NODE_PORT, config) == ([], ["agreed"])
    other = scoped(Config(suppressions=(entry._replace(name="api"),)), environment="production")
    assert sorted(rule for rule, _ in outcome(NODE_PORT, other)[0]) == ["node-port-in-production", "unused-suppression"]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("ignore[node-port-in-production]", "gives no reason"),
        ("ignore[no-such-rule] because", "rule 'no-such-rule', which does not exist"),
        ("ignore because", "names no rule"),
        ("ignore[too-many-load-balancers] because", "silences nothing"),
    ],
)
def test_what_is_wrong_with_a_suppression_is_reported(comment: str, words: str) -> None:
    report, _ = run(NODE_PORT.replace("NodePort", f"NodePort  # k8slblint: {comment}"), config=PRODUCTION)
    (complaint,) = [finding for finding in report.findings if finding.rule == "unused-suppression"]
    assert words in words_of(complaint)
    assert complaint.location.span.line == 6


def test_a_rule_that_did_not_run_leaves_its_suppression_alone() -> None:
    text = NODE_PORT.replace("NodePort", "ClusterIP  # k8slblint: ignore[aws-load-balancer-type-mutated] migrated by hand")
    assert outcome(text) == ([], [])
