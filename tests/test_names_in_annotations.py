"""route-filter-missing: objects that annotations and the routes of vendors name and that do not exist."""

from typing import Any

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.gateway_objects import thing, written
from tests.linting import findings

RULE = "route-filter-missing"

MIDDLEWARES, PLUGINS = "traefik.ingress.kubernetes.io/router.middlewares", "konghq.com/plugins"


def ingress(annotations: dict[str, Any], class_name: str | None = "traefik", namespace: str = "shop") -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    spec = {"ingressClassName": class_name, "rules": rules} if class_name else {"rules": rules}
    return thing("Ingress", "networking.k8s.io", "web", spec, namespace, annotations=annotations)


def middleware(name: str, namespace: str | None = "shop", spec: Any = None) -> dict[str, Any]:
    return thing("Middleware", "traefik.io", name, spec or {"compress": {}}, namespace)


def served(*middlewares: Any, kind: str = "IngressRoute", services: Any = None) -> dict[str, Any]:
    rule = {"match": "Host(`shop.example.com`)", "kind": "Rule", "middlewares": list(middlewares), "services": services or []}
    return thing(kind, "traefik.io", "web", {"routes": [rule]})


def proxy(*includes: Any, name: str = "web", namespace: str = "shop") -> dict[str, Any]:
    return thing(
        "HTTPProxy", "projectcontour.io", name, {"virtualhost": {"fqdn": "shop.example.com"}, "includes": list(includes)}, namespace
    )


def service(value: Any) -> dict[str, Any]:
    return thing("Service", "", "web", {"ports": [{"port": 80}]}, annotations={"cloud.google.com/backend-config": value})


BACKEND_CONFIG = thing("BackendConfig", "cloud.google.com", "slow", {"timeoutSec": 90})
PLUGIN = thing("KongPlugin", "configuration.konghq.com", "limit", plugin="rate-limiting")


def found(*objects: dict[str, Any]) -> list[Finding]:
    return findings(written(*objects), RULE, config=Config(min_confidence="low"))


MISSING = {
    "a slip in a joined name": ((ingress({MIDDLEWARES: "shop-auht@kubernetescrd"}), middleware("auth")), "shop-auth@kubernetescrd", "404"),
    "a joined name without provider": ((ingress({MIDDLEWARES: "shop-auth"}), middleware("auth")), "shop-auth@kubernetescrd", "404"),
    "a name alone": ((ingress({MIDDLEWARES: "auth"}), middleware("auth")), "shop-auth@kubernetescrd", "404"),
    "a name without its namespace": ((ingress({MIDDLEWARES: "auth@kubernetescrd"}), middleware("auth")), "shop-auth@kubernetescrd", "404"),
    "the second of two": (
        (ingress({MIDDLEWARES: "shop-auth@kubernetescrd, shop-gzpi@kubernetescrd"}), middleware("auth"), middleware("gzip")),
        "shop-gzip@kubernetescrd",
        "404",
    ),
    "a namespace with a dash": (
        (ingress({MIDDLEWARES: "shop-eu-auht@kubernetescrd"}), middleware("auth", "shop-eu"), middleware("x", "shop")),
        None,
        "404",
    ),
    "a class that nobody knows": (
        (ingress({MIDDLEWARES: "shop-auht@kubernetescrd"}, "edge"), middleware("auth")),
        "shop-auth@kubernetescrd",
        "404",
    ),
    "a plugin of an Ingress": ((ingress({PLUGINS: "limti"}, "kong"), PLUGIN), "limit", "without the plugin"),
    "a plugin of a Service": (
        (thing("Service", "", "web", {"ports": [{"port": 80}]}, annotations={PLUGINS: "a,limit"}), PLUGIN),
        None,
        "without the plugin",
    ),
    "a configuration of a backend": ((service('{"default": "slwo"}'), BACKEND_CONFIG), "slow", "whole Ingress"),
    "one of a port": ((service('{"ports": {"80": "slow", "81": "slo-w"}}'), BACKEND_CONFIG), "slow", "whole Ingress"),
    "one of the frontend": (
        (
            ingress({"networking.gke.io/v1beta1.FrontendConfig": "htps"}, None),
            thing("FrontendConfig", "networking.gke.io", "https", {"redirectToHttps": {"enabled": True}}),
        ),
        "https",
        "redirect to HTTPS",
    ),
    "a middleware of a route": ((served({"name": "auht"}), middleware("auth")), "auth", "404"),
    "a service of Traefik": (
        (
            served(services=[{"kind": "TraefikService", "name": "bule"}]),
            thing("TraefikService", "traefik.io", "blue", {"weighted": {"services": []}}),
        ),
        "blue",
        "404",
    ),
    "a middleware of a chain": (
        (middleware("all", spec={"chain": {"middlewares": [{"name": "auht"}]}}), middleware("auth")),
        "auth",
        "404",
    ),
    "an included route": ((proxy({"name": "blgo"}), proxy(name="blog")), "blog", "502"),
    "one of another namespace": ((proxy({"name": "blgo", "namespace": "eu"}), proxy(name="blog", namespace="eu")), None, "502"),
}


@pytest.mark.parametrize(("objects", "near", "why"), MISSING.values(), ids=MISSING)
def test_a_name_that_nothing_has_is_an_error(objects: tuple[dict[str, Any], ...], near: str | None, why: str) -> None:
    (one,) = found(*objects)
    assert (one.severity, one.label) == ("error", f"similar: {near}" if near else one.label)
    assert why in one.why


SILENT = {
    "an object of that name": (ingress({MIDDLEWARES: "shop-auth@kubernetescrd"}), middleware("auth")),
    "one of another namespace": (ingress({MIDDLEWARES: "edge-auth@kubernetescrd"}), middleware("auth", "edge"), middleware("gzip")),
    "another provider": (ingress({MIDDLEWARES: "auht@file, default-compress@docker"}), middleware("auth")),
    "another controller": (ingress({MIDDLEWARES: "shop-auht@kubernetescrd"}, "nginx"), middleware("auth")),
    "a placeholder": (ingress({MIDDLEWARES: "shop-${NAME}@kubernetescrd"}), middleware("auth")),
    "no middleware at all": (ingress({MIDDLEWARES: "shop-auth@kubernetescrd"}),),
    "a namespace that nothing shows": (ingress({MIDDLEWARES: "edge-auth@kubernetescrd"}), middleware("gzip")),
    "a plugin of the cluster": (
        ingress({PLUGINS: "all"}, "kong"),
        PLUGIN,
        thing("KongClusterPlugin", "configuration.konghq.com", "all", namespace=None, plugin="acl"),
    ),
    "no configuration in the manifests": (service('{"default": "slow"}'),),
    "no text": (service(7), service([]), BACKEND_CONFIG),
    "a middleware of a provider": (served({"name": "auht@file"}), middleware("auth")),
    "a middleware of another namespace": (served({"name": "auth", "namespace": "edge"}), middleware("auth", "edge")),
    "no names": (served(None, 7, {"name": ["auth"]}, {"name": "${A}"}), middleware("auth")),
    "a Service": (served(services=[{"name": "web", "port": 80}]), thing("TraefikService", "traefik.io", "blue", {})),
}


@pytest.mark.parametrize("objects", SILENT.values(), ids=SILENT)
def test_a_name_that_may_be_one_is_silent(objects: tuple[dict[str, Any], ...]) -> None:
    assert found(*objects) == []


def test_a_middleware_of_another_namespace_is_shown() -> None:
    (one,) = found(served({"name": "auth"}), middleware("auth", "edge"))
    assert one.label == "exists in namespace edge"
    assert "Namespace shop has no Middleware of this name." in one.why


def test_a_name_without_a_provider_is_told_apart() -> None:
    (one,) = found(ingress({MIDDLEWARES: "shop-auth"}), middleware("auth"))
    assert "a name without provider among those of Ingresses" in one.why


def test_names_are_compared_a_bounded_number_of_times() -> None:
    names = ",".join(f"shop-a{number}@kubernetescrd" for number in range(5000))
    assert found(ingress({MIDDLEWARES: names}), middleware("b")) == []
