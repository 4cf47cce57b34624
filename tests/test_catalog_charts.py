"""The catalog of charts: which values are whose settings, by name, repository and version."""

import pytest

from k8slblint.catalog.charts import accepts_any_case, are_quoted, charts, may_be_quoted, own_keys, parse_version, part_at, parts_of

NGINX = "https://kubernetes.github.io/ingress-nginx"


def known_type(name: str, repository: str, version: str, *path: str) -> str | None:
    part = part_at({"name": name, "repository": repository, "version": version}, path)
    return part.default_type if part is not None else None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("4.13.0", (4, 13, 0)),
        ("v1.2", (1, 2)),
        ("~3.7.1", (3, 7, 1)),
        ("^2", (2,)),
        ("4.x", (4,)),
        ("10.*.*", (10,)),
        ("1.0.0-rc.1", (1, 0, 0)),
        (">=1.0 <2.0", None),
        ("", None),
        ("*", None),
        ("latest", None),
        ("1" * 50, None),
    ],
)
def test_versions_and_simple_ranges_are_numbers(text: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("chart", "path", "expected"),
    [
        (("ingress-nginx", NGINX, "4.13.0"), ("controller", "service"), "LoadBalancer"),
        (("ingress-nginx", NGINX, ""), ("controller", "service"), "LoadBalancer"),
        (("ingress-nginx", "", ""), ("controller", "service"), "LoadBalancer"),
        (("ingress-nginx", "https://charts.example.com", "4.13.0"), ("controller", "service"), None),  # another chart of the name
        (("ingress-nginx", NGINX, "4.13.0"), ("controller",), None),
        (("keycloak", "oci://registry-1.docker.io/bitnamicharts", "14.0.0"), ("service",), "LoadBalancer"),
        (("keycloak", "oci://registry-1.docker.io/bitnamicharts", "24.0.0"), ("service",), "ClusterIP"),
        (("keycloak", "bitnami", ""), ("service",), None),  # versions differ
        (("contour", "bitnami", "20.0.0"), ("envoy", "service"), "LoadBalancer"),
        (("contour", "", ""), ("envoy", "service"), "LoadBalancer"),  # all charts of the name agree
        (("nginx-gateway-fabric", "oci://ghcr.io/nginx/charts", "1.6.0"), ("service",), "LoadBalancer"),
        (("nginx-gateway-fabric", "oci://ghcr.io/nginx/charts", "2.1.0"), ("service",), None),
        (("app-template", "bjw-s", "4.1.0"), ("service", "any"), "ClusterIP"),
        (("vault", "hashicorp", "0.30.0"), ("ui", "service"), "ClusterIP"),  # `serviceType`
        (("umbrella", "", ""), ("ingress-nginx", "controller", "service"), "LoadBalancer"),  # a part of another chart
        (("", "", ""), ("service",), None),
        (("", "", ""), (), None),
    ],
)
def test_the_type_without_a_setting_is_that_of_the_chart_and_version(
    chart: tuple[str, str, str], path: tuple[str, ...], expected: str | None
) -> None:
    assert known_type(*chart, *path) == expected


def test_what_versions_do_not_have_in_common_is_not_known() -> None:
    assert {part.place for part in parts_of("postgresql", "bitnami", "")} == set()
    assert {part.place for part in parts_of("postgresql", "bitnami", "16")} == {("primary", "service"), ("readReplicas", "service")}


def test_ranges_of_one_chart_do_not_meet() -> None:
    rows = [(one.name, one.repositories, one.since or (0,), one.before or (10_000,)) for one in charts()]
    for number, (name, repositories, since, before) in enumerate(rows):
        assert since < before
        for other, words, start, end in rows[:number]:
            assert (other, words) != (name, repositories) or end <= since or before <= start, (name, since, start)


def test_a_key_of_a_chart_is_no_field_and_a_chart_may_change_the_case() -> None:
    assert "loadBalancerIPs" in own_keys()
    assert "loadBalancerIP" not in own_keys()
    assert accepts_any_case({"name": "radarr", "repository": "oci://oci.trueforge.org/truecharts"}, "protocol")
    assert not accepts_any_case({"name": "radarr", "repository": "oci://oci.trueforge.org/truecharts"}, "externalTrafficPolicy")
    assert not accepts_any_case({"name": "radarr", "repository": "https://charts.example.com"}, "protocol")
    assert not accepts_any_case({}, "protocol")


def test_a_chart_may_write_the_annotations_of_its_ingresses_in_quotes() -> None:
    gitlab = {"name": "gitlab", "repository": "https://charts.gitlab.io", "version": "9.1.0"}
    assert are_quoted(gitlab, ("global", "ingress"))
    assert not are_quoted(gitlab, ("ingress",))
    assert not are_quoted({**gitlab, "name": "grafana", "repository": "https://grafana.github.io/helm-charts"}, ("ingress",))
    assert not are_quoted({**gitlab, "name": "own-chart"}, ("global", "ingress"))
    assert may_be_quoted(("global", "ingress"))  # of values whose chart nobody knows
    assert not may_be_quoted(("ingress",))


@pytest.mark.parametrize(
    ("chart", "path", "expected"),
    [
        (("k8s-gateway", "https://ori-edge.github.io/k8s_gateway", "2.4.0"), ("service",), "LoadBalancer"),
        (("minecraft", "oci://ghcr.io/itzg/minecraft-server-charts/minecraft", "5.1.0"), ("minecraftServer", "service"), "ClusterIP"),
        (("minecraft", "itzg", "2.0.3"), ("minecraftServer", "rcon", "service"), "LoadBalancer"),
        (("mc-router", "itzg", ""), ("services", "minecraft"), "NodePort"),
        (("jupyterhub", "https://hub.jupyter.org/helm-chart", "4.1.0"), ("proxy", "service"), "LoadBalancer"),
        (("authentik", "https://charts.goauthentik.io", "2025.8.1"), ("server", "service"), "ClusterIP"),
        (("authentik", "https://charts.goauthentik.io", "2023.10.1"), ("server", "service"), None),
        (("emissary-ingress", "https://app.getambassador.io", "8.9.1"), ("service",), "LoadBalancer"),
        (("neo4j", "https://helm.neo4j.com/neo4j", "5.26.0"), ("services", "neo4j"), "LoadBalancer"),
        (("elasticsearch", "https://helm.elastic.co", "8.5.1"), ("service",), "ClusterIP"),
        (("forgejo", "oci://code.forgejo.org/forgejo-helm/forgejo", "17.1.0"), ("service", "ssh"), "ClusterIP"),
        (("elasticsearch", "oci://registry-1.docker.io/bitnamicharts", "8.5.1"), ("service",), None),
    ],
)
def test_charts_that_home_clusters_deploy_most(chart: tuple[str, str, str], path: tuple[str, ...], expected: str | None) -> None:
    assert known_type(*chart, *path) == expected


@pytest.mark.parametrize(
    ("chart", "path"),
    [
        (("zot", "http://zotregistry.dev/helm-charts", ""), ("service",)),
        (("home-assistant", "http://pajikos.github.io/home-assistant-helm-chart", ""), ("service",)),
        (("home-assistant", "https://k8s-at-home.com/charts", ""), ("service", "main")),
        (("woodpecker", "oci://ghcr.io/woodpecker-ci/helm", ""), ("server", "service")),
        (("vector", "https://helm.vector.dev", ""), ("haproxy", "service")),
        (("loki", "https://grafana.github.io/helm-charts", ""), ("gateway", "service")),
        (("alloy", "https://grafana.github.io/helm-charts", ""), ("service",)),
    ],
)
def test_services_of_charts_that_write_annotations_as_they_are(chart: tuple[str, str, str], path: tuple[str, ...]) -> None:
    part = part_at(dict(zip(("name", "repository", "version"), chart, strict=True)), path)
    assert part is not None
    assert part.annotations == "unchanged"
