"""What an implementation does not support: by its code, by its report, by version, and what is left alone."""

import pytest

from tests.linting import findings

RULE = "route-feature-unsupported"


def gateway(class_name: str = "traefik", more: str = "") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{gatewayClassName: {class_name}, listeners: [{{name: http, port: 80, protocol: HTTP}}]{more}}}
"""


def gateway_class(controller: str, name: str = "own") -> str:
    return (
        f"---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\n"
        f"spec: {{controllerName: {controller}}}\n"
    )


def route(rule: str, parents: str = "{name: edge}", kind: str = "HTTPRoute") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: shop}}
spec: {{parentRefs: [{parents}], rules: [{{backendRefs: [{{name: shop, port: 80}}], {rule}}}]}}
"""


def image(name: str, namespace: str = "system") -> str:
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: controller, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: controller}}}}
  template: {{metadata: {{labels: {{app: controller}}}}, spec: {{containers: [{{name: controller, image: "{name}"}}]}}}}
"""


def messages(text: str) -> list[str]:
    return [f"{one.headline} | {one.why}" for one in findings(text, RULE)]


TIMEOUT = route("timeouts: {request: 10s}")

MIRROR = "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: shadow, port: 80}%s}}]"


def test_a_hint_says_which_version_does_not_claim_what_in_which_report() -> None:
    (found,) = messages(gateway_class("networking.gke.io/gateway") + gateway("own") + TIMEOUT)
    assert found == (
        "HTTPRoute default/shop sets `timeouts.request`, which GKE Gateway does not claim | "
        "GKE Gateway 1.36 does not claim HTTPRouteRequestTimeout in its v1.6 report. "
        "It may have no effect, or be refused: the report does not say which."
    )


@pytest.mark.parametrize(("tag", "is_shown"), [("2.5.1", True), ("2.1.0", False), ("edge", False)])
def test_what_the_code_ignores_is_called_ignored_and_has_the_condition_of_its_version(tag: str, is_shown: bool) -> None:
    installed = image(f"ghcr.io/nginx/nginx-gateway-fabric:{tag}")
    (found,) = findings(gateway("nginx") + TIMEOUT + installed, RULE)
    assert found.headline == "HTTPRoute default/shop sets `timeouts.request`, which NGINX Gateway Fabric ignores"
    assert (found.condition == ("Accepted", "True", "UnsupportedField")) == is_shown


def test_what_the_code_refuses_is_called_refused() -> None:
    (found,) = messages(gateway_class("gateway.k8s.aws/alb") + gateway("own") + route(MIRROR % ""))
    assert "which its controller refuses" in found
    assert "stops building the load balancer of the Gateway" in found


def test_fields_with_one_reason_are_one_finding() -> None:
    (found,) = findings(gateway() + route("timeouts: {request: 10s, backendRequest: 5s}, retry: {attempts: 2}"), RULE)
    assert found.headline == "HTTPRoute default/shop sets `timeouts.backendRequest` and 2 more, which Traefik ignores"
    assert len(found.related) == 2


def test_what_is_within_another_feature_is_not_named_beside_it() -> None:
    (found,) = findings(gateway() + route(MIRROR % ", percent: 10"), RULE)
    assert found.label == "HTTPRouteRequestMirror"


def test_sure_is_only_what_the_code_does_in_a_class_that_is_there() -> None:
    own = gateway_class("traefik.io/gateway-controller")
    assert [one.confidence for one in findings(own + gateway("own") + TIMEOUT, RULE)] == ["high"]
    assert [one.confidence for one in findings(gateway() + TIMEOUT, RULE)] == ["medium"]


@pytest.mark.parametrize(
    ("installed", "is_reported"),
    [
        ("quay.io/cilium/operator-generic:v1.20.1", True),
        ("quay.io/cilium/operator-generic:v1.19.0", True),
        ("quay.io/cilium/operator-generic:v1.16.2", False),
        ("quay.io/cilium/operator-generic:v1.99.0", False),
        ("quay.io/cilium/operator-generic:latest", False),
        ("quay.io/cilium/operator-generic", False),
        ("quay.io/cilium/operator-generic@sha256:" + "0" * 64, False),
        ("registry.example.com/mirror/cilium/operator-generic:v1.20.1", True),
    ],
)
def test_the_report_of_the_installed_version_decides(installed: str, is_reported: bool) -> None:
    asking = gateway("cilium") + route("matches: []", "{name: edge, port: 80}")
    assert bool(messages(asking + image(installed))) == is_reported


def test_two_versions_in_a_cluster_are_an_unknown_one() -> None:
    two = image("quay.io/cilium/operator-generic:v1.20.1") + image("quay.io/cilium/operator-generic:v1.19.1", "other")
    assert messages(gateway("cilium") + route("matches: []", "{name: edge, port: 80}") + two) == []


@pytest.mark.parametrize(
    "chart",
    [
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: cilium, namespace: kube-system}\n"
            "spec: {chart: {spec: {chart: cilium, version: 1.20.1, sourceRef: {kind: HelmRepository, name: cilium}}}}\n"
        ),
        (
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: cilium, namespace: kube-system}\n"
            "spec: {chart: cilium, version: 1.20.1, repo: https://helm.cilium.io}\n"
        ),
        (
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: cilium, namespace: kube-system}\n"
            "spec: {url: oci://quay.io/cilium/charts/cilium, ref: {tag: 1.20.1}}\n"
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cilium, namespace: argocd}\n"
            "spec: {project: default, destination: {namespace: kube-system, server: https://kubernetes.default.svc},"
            " source: {chart: cilium, targetRevision: 1.20.1, repoURL: https://helm.cilium.io}}\n"
        ),
    ],
)
def test_the_version_of_a_chart_counts_where_it_is_that_of_the_controller(chart: str) -> None:
    asking = gateway("cilium") + route("matches: []", "{name: edge, port: 80}")
    assert len(messages(f"{asking}---\n{chart}")) == 1
    assert messages(f"{asking}---\n{chart.replace('1.20.1', '1.x')}") == []


def test_an_old_report_counts_only_for_the_version_that_it_is_about() -> None:
    own = gateway_class("alb.networking.azure.io/alb-controller") + gateway("own") + TIMEOUT
    assert messages(own) == []
    assert len(messages(own + image("mcr.microsoft.com/application-lb/images/alb-controller:1.7.9"))) == 1


def test_a_report_that_does_not_know_a_feature_says_nothing() -> None:
    own = gateway_class("alb.networking.azure.io/alb-controller") + gateway("own") + route("retry: {attempts: 2}")
    assert messages(own + image("mcr.microsoft.com/application-lb/images/alb-controller:1.7.9")) == []


def test_a_class_name_of_two_implementations_decides_nothing() -> None:
    assert messages(gateway("kong") + route(MIRROR % "")) == []


def test_what_the_code_reads_is_not_reported_though_the_report_does_not_claim_it() -> None:
    infrastructure = ", infrastructure: {annotations: {example.com/a: b}}"
    assert messages(gateway("envoy", infrastructure)) == []
    assert len(messages(gateway("traefik", infrastructure))) == 1


def test_a_route_that_attaches_through_a_listener_set_is_served_by_its_gateway() -> None:
    allowing = ", allowedListeners: {namespaces: {from: All}}"
    listener_set = (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: own}\n"
        "spec: {parentRef: {name: edge}, listeners: [{name: own, port: 8080, protocol: HTTP}]}\n"
    )
    through = route("timeouts: {request: 10s}", "{kind: ListenerSet, name: own}")
    assert len(messages(gateway("nginx", allowing) + listener_set + through)) == 1


def test_a_listener_set_of_a_listener_set_is_followed_no_further() -> None:
    circle = (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: own}\n"
        "spec: {parentRef: {kind: ListenerSet, name: own}, listeners: [{name: own, port: 8080, protocol: HTTP}]}\n"
    )
    assert messages(circle + route("timeouts: {request: 10s}", "{kind: ListenerSet, name: own}")) == []


def test_a_route_that_no_listener_accepts_is_left_to_other_rules() -> None:
    closed = gateway().replace("{name: edge}", "{name: edge, namespace: infra}")
    asking = route("timeouts: {request: 10s}", "{name: edge, namespace: infra}")
    assert messages(closed + asking.replace("{name: shop}", "{name: shop, namespace: other}", 1)) == []
    assert len(messages(closed + asking.replace("{name: shop}", "{name: shop, namespace: infra}", 1))) == 1


def test_tls_that_is_terminated_for_a_tls_route_is_a_feature() -> None:
    tls = gateway("cilium").replace("{name: http, port: 80, protocol: HTTP}", "{name: tls, port: 443, protocol: TLS%s}")
    asking = route("name: a", kind="TLSRoute")
    assert len(messages(tls % ", tls: {mode: Terminate}" + asking)) == 1
    assert messages(tls % ", tls: {mode: Passthrough}" + asking) == []


def test_the_protocol_of_a_backend_is_that_of_its_service() -> None:
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: shop}, ports: [{port: 80%s}]}\n"
    own = gateway_class("gateway.k8s.aws/alb") + gateway("own") + route("name: a")
    (found,) = messages(own + service % ", appProtocol: kubernetes.io/h2c")
    assert "HTTPRouteBackendProtocolH2C" in found
    assert messages(own + service % ", appProtocol: http") == []


def test_a_policy_for_a_backend_asks_what_serves_its_routes() -> None:
    policy = (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: shop}\n"
        "spec: {targetRefs: [{group: '', kind: Service, name: shop}], validation: {hostname: a.b, wellKnownCACertificates: System}}\n"
    )
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: shop}, ports: [{port: 80}]}\n"
    own = gateway_class("gateway.k8s.aws/alb") + gateway("own") + route("name: a") + service
    (found,) = messages(own + policy)
    assert found.startswith("BackendTLSPolicy default/shop depends on AWS Load Balancer Controller, which ignores it")
    assert messages(own + policy.replace("name: shop}]", "name: other}]")) == []


@pytest.mark.parametrize(
    "rule",
    [
        "timeouts: 5",
        "timeouts: {request: [1]}, filters: 7",
        "filters: [null, 3, {type: {}}, {requestMirror: [1]}, {requestRedirect: {statusCode: [308]}}]",
        "matches: [[], {method: {a: b}}], backendRefs: [1, {name: [], filters: {}}]",
        'filters: [{type: "RequestMirror\\u001b[31m", requestMirror: "*"}]',
    ],
)
def test_what_has_another_shape_fails_nothing(rule: str) -> None:
    findings(gateway() + route(rule), RULE)


def test_long_names_keep_their_limits() -> None:
    name = "n" * 253
    text = (gateway() + TIMEOUT).replace("name: shop}\nspec", f"name: {name}}}\nspec")
    assert [len(found.headline) <= 90 for found in findings(text, RULE)] == [True]
