"""Trees of strangers, read once more without knowing them: what was wrong or not worth saying in applications and home labs."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {rule for rule, _, _ in Tree(files, folder).findings()}


JOB = "---\n# Source: kiosk/templates/job.yaml\napiVersion: batch/v1\nkind: Job\nmetadata: {name: check}\nspec: {template: {spec: {}}}\n"


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("HOOKS:", "MANIFEST:", False),
        ("LAST DEPLOYED: Sat Nov 29 19:20:50 2025\nHOOKS:", "MANIFEST:  ", False),
        ("COMPUTED VALUES:\nsize: 2", "MANIFEST:", False),
        ("size:", "MANIFEST:", True),
        ("HOOKS:", "NOTES:", True),
        ("HOOKS:", "MANIFEST: none", True),
    ],
)
def test_what_helm_prints_of_a_release_is_no_manifest(folder: Path, first: str, second: str, is_told: bool) -> None:
    files = {"logs.yaml": f"{first}\n{JOB}{second}\n{JOB}", "web.yaml": service("web", "ports: [{port: 80}]")}
    assert bool(rules(files, folder) & {"invalid-yaml", "invalid-resource"}) is is_told


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge, annotations: {external-dns.alpha.kubernetes.io/target: %s}}
spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop, annotations: {external-dns.alpha.kubernetes.io/target: 192.0.2.8}}
spec: {parentRefs: [{name: edge, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""


@pytest.mark.parametrize(
    ("gateway", "is_told"),
    [
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.9", "clusters/test/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.9"}, False),
        ({"apps/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"apps/edge.yaml": GATEWAY % "192.0.2.9"}, True),
        ({}, True),
    ],
)
def test_what_a_gateway_of_another_cluster_says_may_be_said_here_too(folder: Path, gateway: dict[str, str], is_told: bool) -> None:
    files = {"apps/web.yaml": ROUTE, "apps/service.yaml": service("web", "ports: [{port: 80}]"), **gateway}
    assert ("dns-annotation-ignored" in rules(files, folder)) is is_told
