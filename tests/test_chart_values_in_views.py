"""What `exposure`, `routes` and `addresses` say of charts that are not in the tree, by what values ask them for."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.trees import tree_of

SCHEMAS = Path(__file__).parent.parent / "schemas"
VALUES = """\
    service:
      type: LoadBalancer
      annotations: {metallb.io/loadBalancerIPs: 10.1.2.3}
    ingress:
      className: traefik
      hosts: [{host: mail.example.org, paths: []}, mail.example.com, 3]
    route:
      app:
        hostnames: ["web.example.org", 7]
        parentRefs: [{name: edge, namespace: network}, {name: [x]}, 3]
        backendRefs: []
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: relay, namespace: mail}
spec:
  chart: {spec: {chart: relay, sourceRef: {kind: HelmRepository, name: charts}}}
  values:
"""
POOL = (
    "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: a, namespace: metallb-system}\n"
    "spec: {addresses: [10.1.2.0/28]}\n"
)
UNSEEN = "1 object deploys charts or sources outside this tree: its {} are not shown, but for what values say"


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree_of(tmp_path, {"relay.yaml": RELEASE + VALUES, "pool.yaml": POOL})


def printed(view: str, *options: str) -> str:
    result = CliRunner().invoke(cli, [view, ".", "--no-config", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def cluster(view: str) -> Any:
    report = json.loads(printed(view, "--format", "json"))
    schema = SCHEMAS / f"{view}.schema.json"
    if schema.exists():
        jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8"))).validate(report)
    return report["clusters"][0]["chart_values"]


def test_routes_of_absent_charts_are_listed() -> None:
    text = printed("routes")
    ingress = (
        "    Ingress by values mail/relay:ingress  (relay.yaml:10): 'mail.example.org', 'mail.example.com', through Ingress class 'traefik'"
    )
    route = "    HTTPRoute by values mail/relay:route.app  (relay.yaml:14): 'web.example.org', through Gateway network/edge"
    assert [line for line in text.splitlines() if "by values" in line] == [ingress, route]
    assert text.splitlines()[-1] == UNSEEN.format("routes")
    assert [(one["reads_as"], one["hosts"]) for one in cluster("routes")] == [
        ("Ingress", ["mail.example.org", "mail.example.com"]),
        ("HTTPRoute", ["web.example.org"]),
    ]


def test_addresses_that_values_ask_for_are_listed_and_not_counted() -> None:
    text = printed("addresses")
    assert "    10.1.2.3  for Service by values mail/relay:service  (relay.yaml:9)" in text.splitlines()
    assert "requested" not in text.replace("requests", "")
    assert [one["addresses"] for one in cluster("addresses")] == [["10.1.2.3"]]


def test_exposure_by_values_is_listed() -> None:
    text = printed("exposure")
    assert any(line.strip().startswith("internal") and "Service by values mail/relay:service" in line for line in text.splitlines())
    assert text.splitlines()[-1] == UNSEEN.format("entry points")
    assert [one["resource"]["name"] for one in cluster("exposure")] == ["mail/relay:service"]


def test_values_of_nothing_that_deploys_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "relay.yaml").unlink()
    tree_of(tmp_path, {"values.yaml": VALUES.replace("    service", "service").replace("\n    ", "\n")})
    assert not any("by values" in printed(view) for view in ("exposure", "routes", "addresses"))


def test_an_ingress_of_which_only_hosts_are_said_is_shown(tmp_path: Path) -> None:
    """A scan has no rule that wants to know of it; the table of routes is about nothing else."""
    values = "    ingress:\n      app: {className: nginx-internal, hosts: [{host: only.example.org}], tls: [{hosts: [only.example.org]}]}\n"
    tree_of(tmp_path, {"relay.yaml": RELEASE + values, "pool.yaml": POOL})
    assert "only.example.org" in printed("routes")


QUIET = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: certs, namespace: certs}
spec:
  chart: {spec: {chart: cert-manager, version: 1.16.0, sourceRef: {kind: HelmRepository, name: SOURCE}}}
"""
BY_REFERENCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: anything, namespace: certs}
spec: {url: "oci://quay.io/jetstack/charts/cert-manager", ref: {tag: v1.21.0}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: certs, namespace: certs}
spec: {chartRef: {kind: OCIRepository, name: anything}}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: mirror, namespace: certs}
spec: {url: URL}
---
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: certs, namespace: argocd}
spec:
  source: {chart: cert-manager, repoURL: https://charts.jetstack.io, targetRevision: v1.16.0MORE}
  destination: {namespace: certs}
"""


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        pytest.param(QUIET.replace("SOURCE", "jetstack"), 0, id="known"),
        pytest.param(QUIET.replace("SOURCE", "company"), 1, id="of-somebody"),
        pytest.param(REPOSITORY.replace("URL", "https://charts.jetstack.io") + QUIET.replace("SOURCE", "mirror"), 0, id="by-address"),
        pytest.param(REPOSITORY.replace("URL", "https://charts.example.org") + QUIET.replace("SOURCE", "mirror"), 1, id="by-another"),
        pytest.param(REPOSITORY.replace("URL", "[a]") + QUIET.replace("SOURCE", "mirror"), 1, id="no-address"),
        pytest.param(QUIET.replace("SOURCE", "jetstack") + "  valuesFrom: [{kind: ConfigMap, name: a}]\n", 1, id="more-values"),
        pytest.param(QUIET.replace("SOURCE", "jetstack").replace("1.16.0", "0.5.0"), 1, id="before-it-is-known"),
        pytest.param(BY_REFERENCE, 0, id="by-reference"),
        pytest.param(BY_REFERENCE.replace("jetstack", "somebody"), 1, id="by-reference-of-somebody"),
        pytest.param(BY_REFERENCE.replace('url: "oci://quay.io/jetstack/charts/cert-manager"', "url: 3"), 1, id="by-reference-to-nothing"),
        pytest.param(BY_REFERENCE.replace("name: anything}}", "name: nothing}}"), 1, id="by-reference-that-is-not-there"),
        pytest.param(APPLICATION.replace("MORE", ""), 0, id="application"),
        pytest.param(APPLICATION.replace("MORE", ", helm: {valuesObject: {installCRDs: true}}"), 0, id="application-with-values"),
        pytest.param(APPLICATION.replace("MORE", ", helm: {valueFiles: [$a/b.yaml]}"), 1, id="application-with-files"),
        pytest.param(APPLICATION.replace("MORE", ", helm: 3").replace("cert-manager", "[a]"), 1, id="application-of-nothing"),
    ],
)
def test_charts_that_open_nothing_by_themselves_are_not_unseen(tmp_path: Path, text: str, unseen: int) -> None:
    tree_of(tmp_path, {"relay.yaml": RELEASE + VALUES, "pool.yaml": POOL, "certs.yaml": text})
    said = printed("routes")
    expected = UNSEEN.format("routes") if not unseen else "2 objects deploy charts or sources outside this tree"
    assert expected in said
