"""What must hold for any set of manifests: order, unrelated namespaces and names do not matter, suppressing all is clean."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.linting import findings, run, scoped

KINDS = ("NodePort", "LoadBalancer", "ClusterIP")
SERVICES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(KINDS), st.sampled_from(("shop", "edge"))), max_size=9, unique=True
)
PRODUCTION = scoped(environment="production", platform="eks")
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def manifest(name: str, kind: str, namespace: str) -> str:
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return f"{head}spec:\n  type: {kind}\n  ports: [{{port: 80}}]\n"


def files(services: list[tuple[str, str, str]]) -> dict[str, str]:
    return {f"{name}-{kind}-{namespace}.yaml".lower(): manifest(name, kind, namespace) for name, kind, namespace in services}


def told(found: list[Any]) -> list[tuple[object, ...]]:
    return [(finding.rule, finding.location, finding.message, finding.fingerprint) for finding in found]


@FEW
@given(services=SERVICES, data=st.data())
def test_the_order_of_files_is_irrelevant(services: list[tuple[str, str, str]], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(files(services).items()))))
    assert told(findings(shuffled, config=PRODUCTION)) == told(findings(files(services), config=PRODUCTION))


@FEW
@given(services=SERVICES)
def test_an_unrelated_namespace_changes_nothing(services: list[tuple[str, str, str]]) -> None:
    unrelated = {"zz-unrelated.yaml": manifest("other", "ClusterIP", "elsewhere")}
    assert told(findings({**files(services), **unrelated}, config=PRODUCTION)) == told(findings(files(services), config=PRODUCTION))


@FEW
@given(services=SERVICES)
def test_suppressing_every_finding_leaves_none(services: list[tuple[str, str, str]]) -> None:
    texts = files(services)
    for finding in findings(texts, config=PRODUCTION):
        lines = texts[finding.location.path].split("\n")
        lines[finding.location.span.line - 1] += f"  # k8slblint: ignore[{finding.rule}] accepted"
        texts[finding.location.path] = "\n".join(lines)
    report, _ = run(texts, config=PRODUCTION)
    assert report.findings == ()


@FEW
@given(services=SERVICES)
def test_a_span_holds_the_value_of_its_path(services: list[tuple[str, str, str]]) -> None:
    _, graph = run(files(services), config=PRODUCTION)
    for resource in graph.resources:
        for path in (("spec", "type"), ("metadata", "name"), ("spec", "ports", 0, "port"), ("kind",)):
            span = resource.span(path)
            assert resource.source.line(span.line)[span.column - 1 : span.end_column - 1] == str(resource.get(*path))
