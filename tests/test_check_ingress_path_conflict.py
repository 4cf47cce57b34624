"""Which paths of Ingresses are served twice, by whom, and what is no conflict."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint.model.finding import Finding
from tests.linting import findings

RULE = "ingress-path-conflict"


def ingress(
    name: str,
    *paths: str,
    service: str = "",
    host: str = "shop.example.com",
    class_name: str = "nginx",
    annotations: str = "",
    namespace: str = "shop",
) -> str:
    def written(path: str) -> str:
        path, _, kind = path.partition(" ")
        backend = f"{{service: {{name: {service or name}, port: {{number: 80}}}}}}"
        return f"{{path: {path}, pathType: {kind or 'Prefix'}, backend: {backend}}}"

    rules = f"{{{f'host: {host}, ' if host else ''}http: {{paths: [{', '.join(map(written, paths))}]}}}}"
    metadata = f"{{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}}}"
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {metadata}\nspec:\n"
        f"  ingressClassName: {class_name}\n  rules: [{rules}]\n---\n"
    )


def ingress_class(name: str, controller: str) -> str:
    return f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}}}\nspec: {{controller: {controller}}}\n---\n"


def found(*manifests: str) -> list[Finding]:
    return findings("".join(manifests), RULE)


@pytest.mark.parametrize(
    "manifests",
    [
        (ingress("a", "/"), ingress("b", "/")),
        (ingress("a", "/"), ingress("b", "/", namespace="other")),
        (ingress("a", "/x"), ingress("b", "/y", "/x")),
        (ingress("a", "/x Exact"), ingress("b", "/x Exact")),
        (ingress("a", "/x"), ingress("b", "/x ImplementationSpecific")),
        (ingress("a", "/", host=""), ingress("b", "/", host="")),
        (ingress("a", "/", host="SHOP.example.com"), ingress("b", "/")),
        (ingress("a", "/", annotations="nginx.ingress.kubernetes.io/proxy-body-size: 1m"), ingress("b", "/")),
        (ingress("a", "/", class_name="traefik"), ingress("b", "/", class_name="traefik")),
        (
            ingress("a", "/", class_name="alb", annotations="alb.ingress.kubernetes.io/group.name: g"),
            ingress("b", "/", class_name="alb", annotations="alb.ingress.kubernetes.io/group.name: g"),
        ),
    ],
)
def test_paths_that_are_served_twice(manifests: tuple[str, ...]) -> None:
    [finding] = found(*manifests)
    assert finding.resource_id.endswith("/b") if hasattr(finding, "resource_id") else "/b" in finding.headline


@pytest.mark.parametrize(
    "manifests",
    [
        (ingress("a", "/"), ingress("b", "/x")),
        (ingress("a", "/x Exact"), ingress("b", "/x")),
        (ingress("a", "/x", class_name="traefik"), ingress("b", "/x ImplementationSpecific", class_name="traefik")),
        (ingress("a", "/"), ingress("b", "/", host="other.example.com")),
        (ingress("a", "/"), ingress("b", "/", host="'*.example.com'")),
        (ingress("a", "/"), ingress("b", "/", class_name="traefik")),
        (ingress("a", "/"), ingress("b", "/", class_name="nginx-internal")),
        (ingress("a", "/", service="web"), ingress("b", "/", service="web")),
        (ingress("a", "/"), ingress("b", "/", annotations="nginx.ingress.kubernetes.io/canary: 'true'")),
        (ingress("a", "/.well-known/acme-challenge/x"), ingress("b", "/.well-known/acme-challenge/x")),
        (ingress("a", "/", host="${HOST}"), ingress("b", "/", host="${HOST}")),
        (ingress("a", "/", class_name="alb"), ingress("b", "/", class_name="alb")),
        (ingress("a", "/", class_name="tailscale"), ingress("b", "/", class_name="tailscale")),
        (
            ingress("a", "/", class_name="traefik", annotations="traefik.ingress.kubernetes.io/router.entrypoints: web"),
            ingress("b", "/", class_name="traefik", annotations="traefik.ingress.kubernetes.io/router.entrypoints: websecure"),
        ),
    ],
)
def test_paths_that_do_not_meet(manifests: tuple[str, ...]) -> None:
    assert found(*manifests) == []


def test_a_path_twice_in_one_ingress() -> None:
    first, second = ingress("a", "/x", service="one"), ingress("a", "/x", service="two")
    rule = second[second.index("{host") : second.index("]\n---")]
    [finding] = found(first.replace("rules: [", f"rules: [{rule}, "))
    assert finding.confidence == "high"


def test_the_webhook_of_a_certain_controller_is_named() -> None:
    nginx = ingress_class("nginx", "k8s.io/ingress-nginx")
    marks = "nginx.ingress.kubernetes.io/proxy-buffers-number: '4', nginx.ingress.kubernetes.io/auth-tls-secret: a/b"
    installed = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, namespace: x}\nspec: {template: {spec: {containers: "
        "[{name: c, image: registry.k8s.io/ingress-nginx/controller:v1.15.1}]}}}\n---\n"
    )
    [finding] = found(nginx, installed, ingress("a", "/", annotations=marks), ingress("b", "/"))
    assert "webhook" in finding.why
    [finding] = found(ingress_class("traefik", "traefik.io/ingress-controller"), *(ingress(n, "/", class_name="traefik") for n in "ab"))
    assert "webhook" not in finding.why


def test_a_class_that_nothing_is_known_of_is_a_guess() -> None:
    manifests = "".join(ingress(name, "/", class_name="edge") for name in "ab")
    assert findings(manifests, RULE) == []


def test_a_controller_that_leaves_a_host_to_one_object() -> None:
    f5 = ingress_class("nginx", "nginx.org/ingress-controller")
    [finding] = found(f5, ingress("a", "/x", service="web"), ingress("b", "/y", service="web"))
    assert "serves host" in finding.headline
    assert found(f5, *(ingress(name, f"/{name}", annotations="nginx.org/mergeable-ingress-type: minion") for name in "ab")) == []


def gateway(controller: str, service: str, *, path: str = "/", host: str = "shop.example.com") -> str:
    api = "apiVersion: gateway.networking.k8s.io/v1"
    rule = f"{{matches: [{{path: {{type: PathPrefix, value: {path}}}}}], backendRefs: [{{name: {service}, port: 80}}]}}"
    return (
        f"{api}\nkind: GatewayClass\nmetadata: {{name: edge}}\nspec: {{controllerName: {controller}}}\n---\n"
        f"{api}\nkind: Gateway\nmetadata: {{name: edge, namespace: shop}}\n"
        "spec: {gatewayClassName: edge, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"
        f"{api}\nkind: HTTPRoute\nmetadata: {{name: new, namespace: shop}}\n"
        f"spec: {{parentRefs: [{{name: edge}}], hostnames: [{host}], rules: [{rule}]}}\n---\n"
    )


def test_an_http_route_of_the_same_proxy() -> None:
    of_traefik = "traefik.io/gateway-controller"
    old = ingress("old", "/", class_name="traefik")
    [finding] = found(gateway(of_traefik, "new"), old)
    assert finding.headline == "Ingress shop/old serves a path of host 'shop.example.com' that HTTPRoute new serves"
    assert found(gateway(of_traefik, "old"), old) == []
    assert found(gateway(of_traefik, "new", path="/x"), old) == []
    assert found(gateway(of_traefik, "new", host="other.example.com"), old) == []
    assert found(gateway("gateway.envoyproxy.io/gatewayclass-controller", "new"), old) == []


def test_who_wins_is_said_only_where_it_was_read() -> None:
    kong = [ingress(name, "/", class_name="kong") for name in "ab"]
    [finding] = found(*kong)
    assert "depends on" in finding.why
    nginx = ingress_class("public", "webapprouting.kubernetes.azure.com/nginx")
    [finding] = found(nginx, *(ingress(name, "/", class_name="public") for name in "ab"))
    assert "older" in finding.why


def vendor_route(kind: str, name: str, spec: str, namespace: str = "shop") -> str:
    version = {"HTTPProxy": "projectcontour.io/v1", "VirtualServer": "k8s.nginx.org/v1", "Route": "route.openshift.io/v1"}.get(kind)
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    return f"apiVersion: {version or 'traefik.io/v1alpha1'}\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n---\n"


def traefik(name: str, *, match: str = "Host(`a`)", service: str = "", spec: str = "", rule: str = "") -> str:
    routes = f"[{{kind: Rule, match: '{match}', services: [{{name: {service or name}, port: 80}}]{rule}}}]"
    return vendor_route("IngressRoute", name, f"{{routes: {routes}{spec}}}")


@pytest.mark.parametrize(
    ("manifests", "words"),
    [
        ([vendor_route("HTTPProxy", name, "{virtualhost: {fqdn: A.example.com}}") for name in "ab"], "serves none"),
        ([vendor_route("VirtualServer", name, "{host: a.example.com}") for name in "ab"], "older"),
        ([vendor_route("Route", name, "{host: a.example.com, to: {name: a}}") for name in "ab"], "older"),
        ([traefik(name) for name in "ab"], "no fixed order"),
        ([traefik(name, spec=", entryPoints: [web]") for name in "ab"], "no fixed order"),
        ([traefik(name, spec=", ingressClassName: edge") for name in "ab"], "no fixed order"),
        ([traefik("a", match="Host(`a`)  &&  Path(`/`)"), traefik("b", match="Host(`a`) && Path(`/`)")], "no fixed order"),
    ],
)
def test_routes_of_vendors_that_claim_the_same(manifests: list[str], words: str) -> None:
    [finding] = found(*manifests)
    assert words in finding.why


@pytest.mark.parametrize(
    "manifests",
    [
        [vendor_route("HTTPProxy", name, f"{{virtualhost: {{fqdn: {name}.example.com}}}}") for name in "ab"],
        [vendor_route("HTTPProxy", name, f"{{ingressClassName: {name}, virtualhost: {{fqdn: a.example.com}}}}") for name in "ab"],
        [vendor_route("HTTPProxy", name, "{routes: []}") for name in "ab"],
        [vendor_route("Route", name, f"{{host: a.example.com, path: /{name}, to: {{name: a}}}}") for name in "ab"],
        [vendor_route("Route", name, "{host: 5, to: [a]}") for name in "ab"],
        [traefik(name, service="web") for name in "ab"],
        [traefik(name, spec=f", entryPoints: [{name}]") for name in "ab"],
        [traefik("a"), traefik("b", rule=", priority: 10")],
        [traefik("a"), traefik("b", spec=", ingressClassName: edge")],
        [traefik("a"), traefik("b").replace("metadata: {", "metadata: {annotations: {kubernetes.io/ingress.class: edge}, ")],
        [traefik("a"), traefik("b", spec=", tls: {secretName: x}")],
        [traefik(name, match="Host(`${HOST}`)") for name in "ab"],
    ],
)
def test_routes_of_vendors_that_do_not_meet(manifests: list[str]) -> None:
    assert found(*manifests) == []


def test_a_virtual_server_and_an_ingress_of_one_host() -> None:
    f5 = ingress_class("nginx", "nginx.org/ingress-controller")
    server = vendor_route("VirtualServer", "v", "{host: shop.example.com}")
    [finding] = found(f5, ingress("a", "/"), server)
    assert "VirtualServer" in finding.headline
    assert found(ingress_class("nginx", "k8s.io/ingress-nginx"), ingress("a", "/"), server) == []


def test_files_of_one_tree_and_of_alternatives() -> None:
    one, other = ingress("a", "/"), ingress("b", "/")
    assert len(findings({"apps/a.yaml": one, "apps/b.yaml": other}, RULE)) == 1
    assert findings({"lab1/a.yaml": one, "lab2/b.yaml": other}, RULE) == []
    real = [ingress(name, "/", host="shop.k8slblint.dev") for name in "ab"]
    assert len(findings({"apps/a/i.yaml": real[0], "apps/b/i.yaml": real[1]}, RULE)) == 1
    assert findings({"staging/a.yaml": one, "production/b.yaml": other}, RULE) == []
    assert findings({"one/a.yaml": one, "two/a.yaml": ingress("a", "/", service="c")}, RULE) == []


def test_a_folder_may_hold_what_different_clusters_have_in_front_of_a_host() -> None:
    front, login = ingress("a", "/"), ingress("b", "/", namespace="login")
    assert findings({"ingress/a.yaml": front, "ingress/b.yaml": login}, RULE) == []
    assert len(findings({"ingress/all.yaml": front + login}, RULE)) == 1
    assert len(findings({"ingress/a.yaml": front, "ingress/b.yaml": ingress("b", "/", "/api", namespace="login")}, RULE)) == 1
    namespaces = findings({"ingress/all.yaml": front + ingress("b", "/", namespace="login", service="a")}, RULE)[0].why
    assert "'shop/a'" in namespaces
    assert "'login/a'" in namespaces


@pytest.mark.parametrize(("parts", "count"), [("pq", 2), ("pqr", 0)])
def test_an_ingress_that_repeats_several_others_is_an_alternative_to_them(parts: str, count: int) -> None:
    def split(part: str) -> str:
        return ingress(f"i-{part}", f"/{part}", namespace=part, service=part)

    rules = ", ".join(
        f"{{path: /{part}, pathType: Prefix, backend: {{service: {{name: {part}, port: {{number: 80}}}}}}}}" for part in (*parts, "other")
    )
    whole = ingress("whole", "/").partition("  rules:")[0] + f"  rules: [{{host: shop.example.com, http: {{paths: [{rules}]}}}}]\n"
    assert len(findings({"i/whole.yaml": whole, **{f"i/{part}.yaml": split(part) for part in parts}}, RULE)) == count


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["/", "/x", "/y Exact"]), st.sampled_from(["s", "t"])), min_size=1, max_size=6))
def test_one_finding_for_each_ingress_whose_path_an_earlier_one_leads_elsewhere(rules: list[tuple[str, str]]) -> None:
    manifests = [ingress(f"i{number}", path, service=service) for number, (path, service) in enumerate(rules)]
    first: dict[str, str] = {}
    wanted = Counter(f"i{number}" for number, (path, service) in enumerate(rules) if first.setdefault(path, service) != service)
    assert Counter(finding.headline.split()[1].partition("/")[2] for finding in found(*manifests)) == wanted


def test_two_ports_of_one_service_are_told_apart() -> None:
    other = ingress("b", "/", service="till").replace("number: 80", "number: 8080")
    (one,) = found(ingress("a", "/", service="till"), other)
    assert "One leads to port 80 of Service 'till', the other to 8080." in one.why
