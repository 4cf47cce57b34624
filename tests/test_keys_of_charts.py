"""Keys that a chart knows in the settings of a Service, an Ingress or a route, version by version: others are refused, or ignored."""

from pathlib import Path
from textwrap import indent

import pytest
from click.testing import CliRunner

from k8slblint.catalog.charts import charts, keys_at
from k8slblint.commands.cli import cli
from tests.whole_trees import Tree

RULE = "helm-value-invalid"
REFUSED, IGNORED = "which its chart refuses", "which its chart does not read"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def release(values: str, version: str = "3.7.3", source: str = "bjw-s", chart: str = "app-template") -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: player, namespace: media}\nspec:\n"
        f"  chart: {{spec: {{chart: {chart}, version: {version}, sourceRef: {{kind: HelmRepository, name: {source}}}}}}}\n"
        f"  values:\n{indent(values, '    ')}"
    )


def told(folder: Path, *texts: str) -> list[tuple[str, str]]:
    """Return the severity and the headline of each finding about a key, from `the key` on."""
    report = Tree({f"{number}.yaml": text for number, text in enumerate(texts)}, folder).report()
    found = [(one["severity"], one["headline"].partition(" has ")[2]) for one in report["findings"] if one["rule"] == RULE]
    return [one for one in found if one[1].startswith("the key")]


SERVICE = "service:\n  app: {type: LoadBalancer, KEY: VALUE, ports: {http: {port: 80}}}\n"
INGRESS = "ingress:\n  app: {KEY: internal, hosts: [{host: a.example.org, paths: []}]}\n"
ROUTE = "route:\n  app: {KEY: a, hostnames: [a.example.org], parentRefs: [{name: internal}]}\n"

KNOWN = [
    ("1.5.1", SERVICE, "loadBalancerIPs", IGNORED),
    ("2.6.0", SERVICE, "loadBalancerIPs", IGNORED),
    ("3.1.0", SERVICE, "loadBalancerIPs", REFUSED),
    ("5.1.0", SERVICE, "loadBalancerIPs", REFUSED),
    ("2.6.0", SERVICE, "loadBalancerClass", IGNORED),
    ("3.3.2", SERVICE, "loadBalancerClass", REFUSED),
    ("3.4.0", SERVICE, "loadBalancerClass", ""),
    ("4.1.1", SERVICE, "loadBalancerClass", ""),
    ("3.4.0", SERVICE, "internalTrafficPolicy", REFUSED),
    ("3.5.0", SERVICE, "internalTrafficPolicy", ""),
    ("4.1.1", SERVICE, "trafficDistribution", REFUSED),
    ("5.0.1", SERVICE, "trafficDistribution", ""),
    ("3.7.3", SERVICE, "nameOverride", ""),
    ("4.0.0", SERVICE, "nameOverride", REFUSED),
    ("4.0.0", SERVICE, "forceRename", ""),
    ("4.0.0", SERVICE, "healthCheckNodePort", REFUSED),
    ("2.6.0", SERVICE, "monitor", ""),  # ignored, and called like no field
    ("3.7.3", SERVICE, "monitor", REFUSED),
    ("1.5.1", INGRESS, "ingressClassName", ""),
    ("1.5.1", INGRESS, "className", IGNORED),
    ("2.6.0", INGRESS, "ingressClassName", IGNORED),
    ("2.6.0", INGRESS, "className", ""),
    ("2.6.0", INGRESS, "primary", ""),
    ("3.1.0", INGRESS, "ingressClassName", REFUSED),
    ("5.1.0", INGRESS, "ingressClassName", REFUSED),
    ("5.1.0", INGRESS, "className", ""),
    ("4.1.1", ROUTE, "kind", ""),
    ("4.1.1", ROUTE, "hostNames", REFUSED),
    ("~3.7.1", SERVICE, "loadBalancerIPs", REFUSED),
    ("4.x", SERVICE, "loadBalancerIPs", REFUSED),
    ("3.x", SERVICE, "loadBalancerIPs", ""),  # the keys differ within it
    ('">=3.0.0"', SERVICE, "loadBalancerIPs", ""),
]


@pytest.mark.parametrize(("version", "values", "key", "expected"), KNOWN)
def test_a_key_is_judged_by_the_version_of_the_chart(folder: Path, version: str, values: str, key: str, expected: str) -> None:
    found = told(folder, release(values.replace("KEY", key).replace("VALUE", "x"), version))
    severity = "error" if expected == REFUSED else "warning"
    assert found == ([(severity, f"the key `{key}`, {expected}")] if expected else [])


@pytest.mark.parametrize(
    "text",
    [
        release(SERVICE.replace("KEY", "loadBalancerIPs").replace("VALUE", "x"), source="company"),
        release(SERVICE.replace("KEY", "loadBalancerIPs").replace("VALUE", "x"), chart="player"),
        release(SERVICE.replace("KEY", "loadBalancerIPs").replace("VALUE", "null")),
        release("service:\n  app: {enabled: false, loadBalancerIPs: [x]}\n"),
        release("service:\n  app: [loadBalancerIPs]\n"),
        release("service: {type: LoadBalancer, loadBalancerIPs: x}\n"),  # no entry of the mapping
        release("configMaps:\n  service: {type: LoadBalancer, loadBalancerIPs: x}\n"),
        release(SERVICE.replace("KEY", "é" * 30).replace("VALUE", "x")),
        release(SERVICE.replace("KEY", "k" * 5000).replace("VALUE", "x")),
        release(SERVICE.replace("KEY", "3").replace("VALUE", "x"), "2.6.0"),
    ],
)
def test_what_is_not_known_to_be_wrong_is_left_alone(folder: Path, text: str) -> None:
    assert told(folder, text) == []


TRAEFIK = "service:\n  type: TYPE\n  annotations: {a: b}\n  KEY: VALUE\n"


@pytest.mark.parametrize(
    ("version", "kind", "key", "value", "meant"),
    [
        ("41.3.0", "LoadBalancer", "loadBalancerIPs", "[10.1.1.1]", ["spec.loadBalancerIP"]),
        ("41.3.0", "LoadBalancer", "externalTrafficPolicy", "Local", ["spec.externalTrafficPolicy"]),
        ("40.0.0", "ClusterIP", "single", "true", ["spec.type"]),
        ("40.0.0", "LoadBalancer", "single", "true", []),  # it is one anyway
        ("40.0.0", "LoadBalancer", "spec", "{type: ClusterIP}", ["spec.type"]),
        ("40.0.0", "LoadBalancer", "loadBalancerSourceRanges", "[10.0.0.0/8]", ["spec.loadBalancerSourceRanges"]),
        ("39.0.9", "LoadBalancer", "loadBalancerSourceRanges", "[10.0.0.0/8]", []),
        ("39.0.9", "ClusterIP", "single", "true", []),
        ("34.0.0", "LoadBalancer", "loadBalancerIP", "10.1.1.1", ["spec.loadBalancerIP"]),
        ("34.0.0", "LoadBalancer", "spec", "{loadBalancerIP: 10.1.1.1}", []),
        ("24.0.0", "LoadBalancer", "anything", "1", []),
        ("23.0.0", "LoadBalancer", "loadBalancerIP", "10.1.1.1", []),  # all that it reads is not known
    ],
)
def test_what_traefiks_chart_reads_of_a_service(folder: Path, version: str, kind: str, key: str, value: str, meant: list[str]) -> None:
    values = TRAEFIK.replace("TYPE", kind).replace("KEY", key).replace("VALUE", value)
    report = Tree({"edge.yaml": release(values, version, "traefik", "traefik")}, folder).report()
    found = [one for one in report["findings"] if one["rule"] == RULE]
    assert [one["help"] for one in found] == [f"Write `{one}`." for one in meant]
    assert all(one["severity"] == "warning" and IGNORED in one["headline"] for one in found)


def test_a_type_that_the_chart_does_not_read_is_not_the_type(folder: Path) -> None:
    """A table of entry points shows what the chart makes of it."""
    values = TRAEFIK.replace("TYPE", "ClusterIP").replace("KEY", "single").replace("VALUE", "true")
    for version, shown in (("39.0.0", 0), ("40.0.0", 1)):
        Tree({"edge.yaml": release(values, version, "traefik", "traefik")}, folder)
        result = CliRunner().invoke(cli, ["exposure", ".", "--no-config"])
        assert result.output.count("Service by values media/player:service") == shown, result.output


SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: player, namespace: media}
spec: {url: "oci://ghcr.io/bjw-s-labs/helm/CHART", ref: {tag: 4.2.0}}
"""


@pytest.mark.parametrize(("chart", "count"), [("app-template", 1), ("another", 0)])
def test_the_chart_of_a_reference_is_that_of_its_source(folder: Path, chart: str, count: int) -> None:
    values = indent(SERVICE.replace("KEY", "loadBalancerIPs").replace("VALUE", "x"), "    ")
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: player, namespace: media}\nspec:\n"
        f"  chartRef: {{kind: OCIRepository, name: player}}\n  values:\n{values}"
    )
    assert told(folder, text) == []  # the source is not there
    assert len(told(folder, text, SOURCE.replace("CHART", chart))) == count


def test_a_key_that_is_nearly_one_is_said_once(folder: Path) -> None:
    text = release(SERVICE.replace("KEY", "loadbalancerIP").replace("VALUE", "10.1.1.1"))
    report = Tree({"a.yaml": text}, folder).report()
    (found,) = [one for one in report["findings"] if one["rule"] == RULE]
    assert found["label"] == "did you mean `loadBalancerIP`?"
    assert found["help"] == "Write `loadBalancerIP`."


def test_keys_are_those_of_all_versions_that_may_be_meant() -> None:
    chart = {"name": "app-template", "repository": "https://bjw-s-labs.github.io/helm-charts", "version": "4.0.1"}
    known = keys_at(chart, "Service", ("service", "any"))
    assert known is not None
    assert {"loadBalancerIP", "ports"} <= known.keys
    assert keys_at(chart, "Service", ("service",)) is None
    assert keys_at(chart, "ConfigMap", ("service", "any")) is None
    assert keys_at({**chart, "repository": ""}, "Service", ("service", "any")) is None
    assert keys_at({**chart, "version": ""}, "Service", ("service", "any")) is None
    assert all(set(row.keys) <= {"Service", "Ingress", "HTTPRoute"} for row in charts())
