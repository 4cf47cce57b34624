"""Changes of the values of charts that are not in the tree: variables, entries, switches, protections, and which values are the same."""

from pathlib import Path
from textwrap import indent

import pytest

from tests import histories
from tests.test_changes_of_trees import LIST, METALLB_POOL, OF_CHANGES, asks, flux, told
from tests.test_changes_of_trees import folder as folder  # noqa: PLC0414 - a fixture
from tests.whole_trees import Tree

RELEASED, REPLACED = OF_CHANGES
LOST = "ingress-protection-lost"
POOL = {"pool.yaml": METALLB_POOL}


def release(values: str, chart: str = "app-template", namespace: str = ", namespace: media", more: str = "", site: str = "site") -> str:
    return (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: player{namespace}}}\nspec:\n  interval: 1h\n{more}"
        f"  chart: {{spec: {{chart: {chart}, version: 3.5.0, sourceRef: {{kind: HelmRepository, name: {site}}}}}}}\n  values:\n"
        f"{indent(values, '    ')}"
    )


def entry(name: str = "main", service_type: str = "LoadBalancer", address: str = "192.168.40.5", more: str = "") -> str:
    return f"  {name}: {{{more}type: {service_type}, annotations: {{{LIST}: '{address}'}}, ports: {{http: {{port: 80}}}}}}\n"


WEB = "  web: {ports: {http: {port: 80}}}\n"
ENTRIES = [
    pytest.param(entry("dns") + WEB, WEB, [RELEASED], id="gone"),
    pytest.param(entry("dns") + WEB, entry("dns", more="enabled: false, ") + WEB, [RELEASED], id="off"),
    pytest.param(entry("dns") + WEB, entry("names") + WEB, [], id="renamed-with-its-address"),
    pytest.param(entry("dns") + WEB, entry("names", address="192.168.40.6") + WEB, [REPLACED], id="renamed-with-another-address"),
    pytest.param(entry("dns"), entry("names", address="192.168.40.6"), [REPLACED], id="the-only-one-is-renamed"),
    pytest.param(entry("dns"), entry("names", "ClusterIP"), [RELEASED], id="the-only-one-is-another-type"),
    pytest.param(entry("dns"), entry("names"), [], id="the-only-one-stays"),
    pytest.param(entry("dns", "ClusterIP") + WEB, WEB, [], id="was-no-load-balancer"),
]


@pytest.mark.parametrize(("chart", "site"), [("app-template", "bjw-s"), ("player", "k8s-at-home-charts"), ("of-somebody", "site")])
@pytest.mark.parametrize(("before", "after", "expected"), ENTRIES)
def test_an_entry_of_a_mapping_of_services_is_a_service(folder: Path, chart: str, site: str, before: str, after: str, expected: list[str]):
    """Of a chart that is not known, one that is gone may be a default; one that is switched off is off."""
    trees = [{"player.yaml": release(f"service:\n{text}", chart, site=site), **POOL} for text in (before, after)]
    is_known = site != "site" or dns_of(after) is not None
    assert [one[0] for one in told(folder, *trees)] == (expected if is_known else [])


def dns_of(text: str) -> str | None:
    return next((name for name in ("dns", "names") if f"  {name}:" in text), None)


@pytest.mark.parametrize(
    "values", ["replicas: 1\n", "service: {type: ClusterIP}\n", "service: []\n", "service: 1\n", "service: {web: 1}\n"]
)
def test_an_entry_of_what_is_no_mapping_of_services_any_more_may_be_anywhere(folder: Path, values: str):
    trees = [{"player.yaml": release(text, "of-somebody"), **POOL} for text in (f"service:\n{entry('dns')}{WEB}", values)]
    assert told(folder, *trees) == []


def test_another_chart_may_make_what_an_entry_made(folder: Path):
    before = {"player.yaml": release(f"service:\n{entry('dns')}{WEB}", "of-somebody"), **POOL}
    assert told(folder, before, {"player.yaml": release(f"service:\n{WEB}", "of-another"), **POOL}) == []


@pytest.mark.parametrize(("address", "expected"), [("192.168.40.5", []), ("192.168.40.6", [REPLACED])])
def test_a_release_that_names_its_namespace_no_more_is_the_same(folder: Path, address: str, expected: list[str]):
    before = {"player.yaml": release(f"service:\n{entry()}"), **POOL}
    after = {"player.yaml": release(f"service:\n{entry(address=address)}", namespace=""), **POOL}
    assert [one[0] for one in told(folder, before, after)] == expected


def test_a_service_beside_a_release_that_stays_is_gone(folder: Path):
    player, dns = release("replicas: 1\n", "of-somebody"), asks("dns", LIST, "192.168.40.9", "media")
    found = told(folder, {"all.yaml": f"{player}---\n{dns}", **POOL}, {"all.yaml": player, **POOL})
    assert [one[:2] for one in found] == [(RELEASED, "dns")]
    moved = {"all.yaml": player.replace("of-somebody", "of-another"), **POOL}
    assert told(folder, {"all.yaml": f"{player}---\n{dns}", **POOL}, moved) == []


def applied(rest: str, values: str) -> dict[str, str]:
    return {"flux/player.yaml": flux("player", "apps/player", rest), "apps/player/release.yaml": release(values), **POOL}


def given(address: str) -> str:
    return f", postBuild: {{substitute: {{ADDRESS: {address}}}}}"


def from_settings(address: str) -> dict[str, str]:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: site, namespace: flux-system}}\ndata: {{ADDRESS: {address}}}\n"
    return {"flux/settings.yaml": text}


VALUES = f"service:\n{entry(address='${ADDRESS}')}"
FROM = ", postBuild: {substituteFrom: [{kind: ConfigMap, name: site}]}"
HIDDEN = ", postBuild: {substituteFrom: [{kind: ConfigMap, name: site}, {kind: Secret, name: more}]}"
VARIABLES = [
    pytest.param(applied(given("192.168.40.5"), VALUES), applied(given("192.168.40.6"), VALUES), True, id="in-place"),
    pytest.param(applied(given("192.168.40.5"), VALUES), applied(given("'192.168.40.5'"), VALUES), False, id="the-same"),
    pytest.param(
        {**applied(FROM, VALUES), **from_settings("192.168.40.5")},
        {**applied(FROM, VALUES), **from_settings("192.168.40.6")},
        True,
        id="map",
    ),
    pytest.param(
        {**applied(FROM, VALUES), **from_settings("192.168.40.5")},
        {**applied(given("192.168.40.6"), VALUES), **from_settings("192.168.40.5")},
        True,
        id="given-otherwise",
    ),
    pytest.param(
        {**applied(HIDDEN, VALUES.replace("ADDRESS", "HIDDEN")), **from_settings("192.168.40.5")},
        {**applied(HIDDEN, VALUES.replace("ADDRESS", "HIDDEN")), **from_settings("192.168.40.6")},
        False,
        id="in-a-secret",
    ),
    pytest.param(applied(given("192.168.40.5"), VALUES), applied(given("192.168.40.9"), f"service:\n{entry()}"), False, id="written-out"),
]


@pytest.mark.parametrize(("before", "after", "is_lost"), VARIABLES)
def test_variables_of_flux_are_filled_into_values(folder: Path, before: dict[str, str], after: dict[str, str], *, is_lost: bool):
    assert [one[0] for one in told(folder, before, after)] == ([REPLACED] if is_lost else [])


def test_values_that_two_kustomizations_apply_have_the_variables_of_each(folder: Path):
    def both(address: str) -> dict[str, str]:
        return {**applied(given(address), VALUES), "flux/other.yaml": flux("other", "apps/player", given("192.168.40.8"))}

    found = told(folder, both("192.168.40.5"), both("192.168.40.6"))
    assert found == [("load-balancer-replaced", "media/player:service.main", "apps/player/release.yaml:9")]


def test_values_of_an_object_that_forbids_it_keep_their_variables(folder: Path):
    marked = ", annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}, namespace: media"

    def forbidding(address: str) -> dict[str, str]:
        return {**applied(given(address), VALUES), "apps/player/release.yaml": release(VALUES, namespace=marked)}

    assert told(folder, forbidding("192.168.40.5"), forbidding("192.168.40.6")) == []


FLEET = """\
defaultNamespace: media
helm:
  releaseName: player
  chart: player
  repo: https://charts.example.org
  values:
    service:
"""


def test_values_of_a_bundle_whose_chart_is_absent_are_compared(folder: Path):
    trees = [{"player/fleet.yaml": FLEET + indent(entry(address=f"192.168.40.{last}"), "    "), **POOL} for last in (5, 6)]
    assert [one[0] for one in told(folder, *trees)] == [REPLACED]


AUTH = {"nginx.ingress.kubernetes.io/auth-url": "https://login.example.org/auth"}


def ingress(annotations: dict[str, str], class_name: str = "className: nginx", key: str = "main", *, is_on: bool = True) -> str:
    listed = "".join(f"      {name}: {value}\n" for name, value in annotations.items())
    switch = f"    enabled: {str(is_on).lower()}\n"
    hosts = "    hosts: [{host: player.example.org, paths: [{path: /}]}]\n"
    return f"ingress:\n  {key}:\n{switch}    {class_name}\n{f'    annotations:{chr(10)}{listed}' if listed else ''}{hosts}"


PROTECTED = [
    pytest.param(ingress(AUTH), ingress({"example.org/a": "b"}), True, id="dropped"),
    pytest.param(ingress(AUTH), ingress({}), True, id="dropped-with-the-last-annotation"),
    pytest.param(ingress(AUTH, "className: outer"), ingress({}, "className: inner"), True, id="classes-of-any-name"),
    pytest.param(ingress(AUTH), ingress({}, key="app"), True, id="under-another-key"),
    pytest.param(ingress(AUTH), ingress(AUTH, "className: traefik"), True, id="class-that-does-not-read-it"),
    pytest.param(ingress(AUTH), ingress({**AUTH, "example.org/a": "b"}), False, id="kept"),
    pytest.param(ingress(AUTH), ingress({}, is_on=False), False, id="switched-off"),
    pytest.param(ingress({"example.org/a": "b"}), ingress({}), False, id="protected-nothing"),
    pytest.param(
        ingress(AUTH),
        ingress({"traefik.ingress.kubernetes.io/router.middlewares": "edge-login@kubernetescrd"}, "className: traefik"),
        False,
        id="middleware-that-is-not-read",
    ),
]


def losses(folder: Path, before: dict[str, str], after: dict[str, str]) -> list[str]:
    for name, files in (("before", before), ("after", after)):
        Tree(files, folder / name)
    report = histories.scan("after", "--against", "before", "--no-config")
    return [one["rule"] for one in report["findings"] if one["rule"] == LOST]


@pytest.mark.parametrize(("before", "after", "is_lost"), PROTECTED)
def test_values_of_an_ingress_lose_what_protects_it(folder: Path, before: str, after: str, *, is_lost: bool):
    trees = ({"player.yaml": release(text)} for text in (before, after))
    assert losses(folder, *trees) == ([LOST] if is_lost else [])


def test_what_another_layer_of_values_may_say_is_not_lost(folder: Path):
    more = "  valuesFrom: [{kind: Secret, name: more}]\n"
    assert losses(folder, *({"player.yaml": release(text, more=more)} for text in (ingress(AUTH), ingress({})))) == []
    assert losses(folder, *({"player/values-prod.yaml": text} for text in (ingress(AUTH), ingress({})))) == []
