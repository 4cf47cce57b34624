"""The order of work: what a crash, a threshold, a placeholder and a gap do to a report."""

from collections.abc import Iterator

import pytest

from k8slblint import rulebook
from k8slblint.checks import node_port_in_production
from k8slblint.config import Config, RuleSettings
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Edit, Fix, Problem, RelatedPlace, Undecided
from tests.linting import run, scoped

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: NodePort\n  ports: [{port: 80}]\n"
RULE = "node-port-in-production"


def replace_check(monkeypatch: pytest.MonkeyPatch, yielded: Problem | Undecided | Exception) -> None:
    def check(_resource: Resource, _graph: ResourceGraph, **_parameters: object) -> Iterator[Problem | Undecided]:
        if isinstance(yielded, Exception):
            raise yielded
        yield yielded

    monkeypatch.setattr(node_port_in_production, "check", check)


def test_a_crashed_check_is_loud_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_check(monkeypatch, ZeroDivisionError("oops"))
    report, _ = run(SERVICE + "---\napiVersion: v1\nkind: Pod\nspec: [\n")
    (failure,) = report.failures
    assert (failure.rule, failure.resource) == (RULE, "Service default/web in app.yaml")
    assert failure.error.startswith("ZeroDivisionError: oops (in check, line ")
    assert [finding.rule for finding in report.findings] == ["invalid-yaml"]


def test_what_a_check_cannot_decide_is_counted_and_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_check(monkeypatch, Undecided(("spec",), "the moon is not in the manifests"))
    report, _ = run(SERVICE + "---\n" + SERVICE.replace("web", "api"))
    assert report.findings == ()
    assert [(undecided.rule, undecided.reason, undecided.count) for undecided in report.completeness.undecided] == [
        (RULE, "the moon is not in the manifests", 2)
    ]


@pytest.mark.parametrize(("confidence", "shown"), [("high", 1), ("medium", 1), ("low", 0)])
def test_low_confidence_is_not_shown_by_default(monkeypatch: pytest.MonkeyPatch, confidence: str, shown: int) -> None:
    replace_check(monkeypatch, Problem(("spec", "type"), "Service default/web is wrong", confidence=confidence))  # type: ignore[arg-type]
    assert len(run(SERVICE)[0].findings) == shown
    assert len(run(SERVICE, config=Config(min_confidence="low"))[0].findings) == 1


def test_confidence_of_a_rule_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_check(monkeypatch, Problem(("spec", "type"), "Service default/web is wrong", confidence="low"))
    (finding,) = run(SERVICE, config=Config(rules={RULE: RuleSettings(confidence="high")}))[0].findings
    assert finding.confidence == "high"


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        (RuleSettings(), "error"),
        (RuleSettings(severity="note"), "note"),
        (RuleSettings(severity="note", environments={"production": RuleSettings(severity="warning")}), "warning"),
        (RuleSettings(severity="note", environments={"staging": RuleSettings(severity="warning")}), "note"),
        (RuleSettings(environments={"production": RuleSettings(severity="off")}), None),
        (RuleSettings(severity="off"), None),
        (RuleSettings(environments={"production": RuleSettings(parameters={"allowed_namespaces": ["default"]})}), None),
    ],
)
def test_settings_by_rule_and_environment(settings: RuleSettings, severity: str | None) -> None:
    report, _ = run(SERVICE, config=scoped(Config(rules={RULE: settings}), environment="production"))
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])


def test_places_of_related_values_and_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    (resource,) = run(SERVICE)[1].resources
    fix = Fix("Make it ClusterIP.", (Edit(("spec", "type"), "ClusterIP"),), safe=False)
    place = RelatedPlace(resource, ("metadata", "name"), "this one.")
    replace_check(monkeypatch, Problem(("spec", "type"), "Service default/web is wrong", at="key", related=(place,), fix=fix))
    (finding,) = run(SERVICE)[0].findings
    assert finding.location.span[:2] == (5, 3)
    assert (finding.related[0].location.span[:2], finding.related[0].source_line) == ((3, 18), "metadata: {name: web}")
    assert finding.fix is not None
    assert finding.fix.edits[0].location.span == (5, 9, 5, 17)


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_resource() -> None:
    (one,) = run(SERVICE)[0].findings
    (moved,) = run({"elsewhere/b.yaml": "# a comment\n\n" + SERVICE})[0].findings
    (other,) = run(SERVICE.replace("web", "api"))[0].findings
    assert one.fingerprint == moved.fingerprint != other.fingerprint


def test_a_rule_without_second_revision_does_not_run() -> None:
    config = Config(select=("aws-load-balancer-type-mutated",))
    report, _ = run(SERVICE, config=config)
    assert report.findings == ()
    assert [rule.id for rule in report.rules] == ["aws-load-balancer-type-mutated"]


def test_every_parameter_default_fits_its_schema() -> None:
    from k8slblint import schema

    for rule in rulebook.all_rules().values():
        for parameter in rule.parameters:
            assert schema.errors(parameter.default, parameter.schema) == [], f"{rule.id}: {parameter.name}"


@pytest.mark.parametrize("depth", [50, 900, 5000])
def test_nesting_as_deep_as_one_likes_is_no_crash(depth: int) -> None:
    nested = "{a: " * depth + "x" + "}" * depth
    report, _ = run(SERVICE.replace("{name: web}", f"{{name: web, annotations: {nested}}}"), config=Config(min_confidence="low"))
    assert report.failures == ()
    assert report.findings or report.completeness.undecided


@pytest.mark.parametrize("spec", ["text", "[]", "{containers: 5}", "{containers: [5]}", "{containers: [{image: 5, ports: 5}]}", "null"])
def test_nonsense_in_a_workload_is_no_crash(spec: str) -> None:
    pod = f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{app: web}}}}\nspec: {spec}\n"
    service = SERVICE.replace("ports: [", "selector: {app: web}\n  ports: [")
    report, _ = run(service + pod)
    assert report.failures == ()
    assert "node-port-in-production" in [finding.rule for finding in report.findings]
