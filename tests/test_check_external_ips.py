"""What is said of `spec.externalIPs`, by release, platform and type of the Service."""

from typing import Any

import pytest

from k8slblint.checks import external_ips
from k8slblint.model.rule import Problem, Undecided
from tests import builders
from tests.texts import words_of


def run(spec: str, allowed: tuple[str, ...] = (), **scope: Any) -> list[Problem | Undecided]:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    return builders.run(external_ips.check, builders.graph(text, **scope), allowed_addresses=allowed)


def only(*arguments: Any, **scope: Any) -> Problem:
    (problem,) = run(*arguments, **scope)
    assert isinstance(problem, Problem)
    return problem


@pytest.mark.parametrize(
    ("version", "severity", "words"),
    [
        (None, None, "deprecated since Kubernetes 1.36"),
        ("1.30", None, "kube-proxy is planned to stop serving them in 1.40"),
        ("1.39", None, "CVE-2020-8554"),
        ("1.40", "error", "does not serve them from Kubernetes 1.40 on"),
        ("1.41.3", "error", "no traffic arrives"),
    ],
)
def test_the_release_decides_between_warning_and_error(version: str | None, severity: str | None, words: str) -> None:
    problem = only("externalIPs: [192.0.2.1]", kubernetes_version=version)
    assert (problem.severity, problem.path, problem.at) == (severity, ("spec", "externalIPs"), "key")
    assert words in words_of(problem)


def test_gke_refuses_the_field_by_default() -> None:
    problem = only("externalIPs: [192.0.2.1]", platform="gke")
    assert (problem.severity, problem.confidence) == ("error", "medium")
    assert "`--enable-service-externalips`" in words_of(problem)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("clusterIP: None, externalIPs: [192.0.2.1]", "have no effect\n\nkube-proxy does not serve a headless Service"),
        ("type: ExternalName, externalName: a.example, externalIPs: [192.0.2.1]", "only a DNS alias"),
    ],
)
def test_where_nothing_reads_the_field_that_is_said(spec: str, words: str) -> None:
    assert words in words_of(only(spec))


@pytest.mark.parametrize("spec", ["externalIPs: []", "externalIPs:", "externalIPs: 192.0.2.1", "externalIPs: {a: b}", "type: LoadBalancer"])
def test_nothing_is_claimed(spec: str) -> None:
    assert run(spec) == []


def test_only_addresses_that_are_not_allowed_are_named() -> None:
    message = words_of(only("externalIPs: [192.0.2.1, 198.51.100.7, '2001:db8::1']", ("192.0.2.0/24", "2001:db8::/32")))
    assert "claims '198.51.100.7' as" in message
    assert run("externalIPs: [192.0.2.1]", ("192.0.2.1",)) == []


def test_long_lists_are_cut() -> None:
    addresses = ", ".join(f"192.0.2.{number}" for number in range(1, 8))
    assert "'192.0.2.1' and 6 more as" in words_of(only(f"externalIPs: [{addresses}]"))


def test_placeholders_are_undecided() -> None:
    (undecided,) = run("externalIPs: ['${ADDRESS}']")
    assert isinstance(undecided, Undecided)
