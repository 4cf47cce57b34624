"""Hosts and subsets of Istio's VirtualServices: route-not-attached and route-backend-missing."""

from typing import Any

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.gateway_objects import thing, written
from tests.linting import findings, run

NETWORKING = "networking.istio.io"

WEB = thing("Service", "", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})


def gateway(*hosts: Any, name: str = "edge", namespace: str = "shop") -> dict[str, Any]:
    server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": list(hosts)}
    return thing("Gateway", NETWORKING, name, {"selector": {"istio": "ingressgateway"}, "servers": [server]}, namespace)


def route(*hosts: Any, gateways: Any = ("edge",), destination: Any = None, namespace: str = "shop") -> dict[str, Any]:
    http = [{"route": [{"destination": destination or {"host": "web"}}]}]
    return thing("VirtualService", NETWORKING, "web", {"hosts": list(hosts), "gateways": list(gateways), "http": http}, namespace)


def to(subset: Any, host: str = "web") -> dict[str, Any]:
    return route("web", gateways=["mesh"], destination={"host": host, "subset": subset})


def rule(*names: Any, host: Any = "web", namespace: str = "shop", name: str = "web") -> dict[str, Any]:
    subsets = [{"name": one, "labels": {"version": str(one)}} for one in names]
    return thing("DestinationRule", NETWORKING, name, {"host": host, "subsets": subsets}, namespace)


def found(rule_id: str, *objects: dict[str, Any]) -> list[Finding]:
    return findings(written(WEB, *objects), rule_id, config=Config(min_confidence="low"))


SERVED = {
    "the same host": ("a.example.com", "a.example.com"),
    "any host": ("*", "a.example.com"),
    "a wildcard": ("*.example.com", "a.b.example.com"),
    "a wildcard of the route": ("a.example.com", "*.example.com"),
    "two wildcards": ("*.example.com", "*.eu.example.com"),
    "any host of any namespace": ("*/*", "a.example.com"),
    "the namespace of the Gateway": ("./a.example.com", "a.example.com"),
    "the namespace of the route": ("shop/*", "a.example.com"),
    "another case": ("A.example.com", "a.example.com"),
    "a Service by its short name": ("web.shop.svc.cluster.local", "web"),
    "a placeholder": ("${HOST}", "a.example.com"),
    "no text": (7, "a.example.com"),
}


@pytest.mark.parametrize(("served", "host"), SERVED.values(), ids=SERVED)
def test_a_host_that_the_gateway_serves_is_silent(served: Any, host: str) -> None:
    assert found("route-not-attached", gateway(served), route(host)) == []


UNSERVED = {
    "another host": ("a.example.com", "b.example.com"),
    "the domain of a wildcard": ("*.example.com", "example.com"),
    "another namespace": ("blog/*", "a.example.com"),
    "a wildcard of another domain": ("*.example.com", "*.example.org"),
}


@pytest.mark.parametrize(("served", "host"), UNSERVED.values(), ids=UNSERVED)
def test_a_host_that_the_gateway_does_not_serve_is_an_error(served: str, host: str) -> None:
    (one,) = found("route-not-attached", gateway(served), route(host))
    assert (one.severity, one.confidence, one.field) == ("error", "high", ("spec", "gateways", 0))
    assert one.headline == "VirtualService shop/web shares no host with Gateway edge"
    assert f"It gets no route for '{host}'." in one.why


def test_one_host_of_several_is_enough() -> None:
    assert found("route-not-attached", gateway("a.example.com"), route("b.example.com", "a.example.com")) == []


@pytest.mark.parametrize("other", ["mesh", "public"])
def test_it_is_a_warning_where_another_gateway_serves_a_host(other: str) -> None:
    objects = (gateway("a.example.com"), gateway("*", name="public"), route("b.example.com", gateways=["edge", other]))
    (one,) = found("route-not-attached", *objects)
    assert one.severity == "warning"


def test_a_gateway_of_another_namespace_is_read() -> None:
    (one,) = found("route-not-attached", gateway("./*", namespace="infra"), route("a.example.com", gateways=["infra/edge"]))
    assert [place.message for place in one.related] == ["Gateway infra/edge serves other hosts."]


@pytest.mark.parametrize("gateways", [["missing"], ["mesh"], [], [7, None], ["${GATEWAY}"]])
def test_other_gateways_are_left_alone(gateways: list[Any]) -> None:
    assert found("route-not-attached", gateway("a.example.com"), route("b.example.com", gateways=gateways)) == []


def test_a_subset_that_no_rule_has_is_an_error() -> None:
    (one,) = found("route-backend-missing", rule("v1"), to("v2"))
    assert (one.severity, one.label) == ("error", "defined: v1")
    assert one.headline == "VirtualService shop/web sends traffic to subset 'v2', which does not exist"
    assert one.field == ("spec", "http", 0, "route", 0, "destination", "subset")


def test_a_similar_subset_is_named() -> None:
    (one,) = found("route-backend-missing", rule("stable", "canary"), to("cannary"))
    assert (one.confidence, one.label, one.help) == ("high", "similar: canary", "Write 'canary'.")


DEFINED = {
    "by its short name": rule("v2"),
    "by its full name": rule("v2", host="web.shop.svc.cluster.local"),
    "in another namespace": rule("v2", host="web.shop.svc.cluster.local", namespace="istio-system"),
    "for all of a namespace": rule("v2", host="*.shop.svc"),
    "for every host": rule("v2", host="*"),
    "by a placeholder": rule("${VERSION}"),
}


@pytest.mark.parametrize("other", DEFINED.values(), ids=DEFINED)
def test_a_subset_is_defined_by_any_rule_of_the_host(other: dict[str, Any]) -> None:
    assert found("route-backend-missing", rule("v1", name="first"), other, to("v2")) == []


def test_without_a_rule_of_the_host_it_is_not_known() -> None:
    report, _ = run(written(WEB, rule("v1", host="api"), to("v2")))
    assert [one.rule for one in report.findings if one.rule == "route-backend-missing"] == []
    reasons = {one.reason for one in report.completeness.undecided if one.rule == "route-backend-missing"}
    assert reasons == {"no DestinationRule of the host is among the manifests"}


@pytest.mark.parametrize("subset", [None, "", 7, [], "${VERSION}"])
def test_what_is_no_name_is_silent(subset: Any) -> None:
    assert found("route-backend-missing", rule("v1"), to(subset)) == []


@pytest.mark.parametrize("host", [7, [], {}, "", ".", "*", "a" * 300, "a." * 200])
def test_hostile_hosts_do_not_raise(host: Any) -> None:
    found("route-backend-missing", rule("v1", host=host), to("v2", host=host))
    found("route-not-attached", gateway(host), route(host))
