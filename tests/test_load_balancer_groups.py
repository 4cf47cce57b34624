"""Which Services, Ingresses and Gateways share a cloud load balancer, and which make none."""

import pytest

from k8slblint.graph.graph import ResourceGraph
from k8slblint.traffic.balancers.groups import LoadBalancer, cloud_load_balancers
from tests.builders import graph

CONTROLLERS = {
    "eg": "gateway.envoyproxy.io/gatewayclass-controller",
    "istio": "istio.io/gateway-controller",
    "cilium": "io.cilium/gateway-controller",
    "nginx": "gateway.nginx.org/nginx-gateway-controller",
    "kgateway": "kgateway.dev/kgateway",
    "traefik": "traefik.io/gateway-controller",
    "contour": "projectcontour.io/gateway-controller",
    "aws": "gateway.k8s.aws/alb",
}


def balancers(manifest: str, platform: str) -> list[LoadBalancer]:
    built: ResourceGraph = graph(manifest, platform=platform)
    return list(cloud_load_balancers(built, built.scope(built.resources[0])))


def names(manifest: str, platform: str) -> list[list[str]]:
    return [[f"{member.kind}/{member.name}" for member in balancer.members] for balancer in balancers(manifest, platform)]


def service(name: str, annotations: str = "", *, spec: str = "", labels: str = "", namespace: str = "shop") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}, "
        f"labels: {{{labels}}}}}\nspec:\n  type: LoadBalancer\n  ports: [{{port: 80}}]\n{spec}---\n"
    )


def ingress(name: str, annotations: str = "", *, spec: str = "ingressClassName: alb", namespace: str = "shop") -> str:
    metadata = f"{{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}}}"
    return f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {metadata}\nspec: {{{spec}}}\n---\n"


def ingress_class(name: str, controller: str, parameters: str = "") -> str:
    group = "eks.amazonaws.com" if controller.startswith("eks") else "elbv2.k8s.aws"
    reference = f", parameters: {{apiGroup: {group}, kind: IngressClassParams, name: {parameters}}}" if parameters else ""
    spec = f"{{controller: {controller}{reference}}}"
    return f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"


def class_params(group: str, name: str = "params") -> str:
    version = {"elbv2.k8s.aws": "v1beta1", "eks.amazonaws.com": "v1"}[group]
    return f"apiVersion: {group}/{version}\nkind: IngressClassParams\nmetadata: {{name: {name}}}\nspec: {{group: {{name: shared}}}}\n---\n"


def gateway(name: str, class_name: str, annotations: str = "", *, spec: str = "") -> str:
    listeners = "[{name: http, port: 80, protocol: HTTP}, {name: https, port: 443, protocol: HTTPS}]"
    metadata = f"{{name: {name}, namespace: shop, annotations: {{{annotations}}}}}"
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {metadata}\n"
        f"spec: {{gatewayClassName: {class_name}, listeners: {listeners}{spec}}}\n---\n"
    )


def gateway_class(name: str, parameters: str = "", controller: str = "") -> str:
    reference = f", parametersRef: {{{parameters}}}" if parameters else ""
    spec = f"{{controllerName: {controller or CONTROLLERS[name]}{reference}}}"
    return f"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"


GROUP = "alb.ingress.kubernetes.io/group.name: {}"


def test_ingresses_of_one_alb_group_share_a_load_balancer_across_namespaces() -> None:
    manifest = ingress("a", GROUP.format("x")) + ingress("b", GROUP.format("x"), namespace="other") + ingress("c", GROUP.format("y"))
    assert names(manifest + ingress("d") + ingress("e"), "eks") == [["Ingress/a", "Ingress/b"], ["Ingress/c"], ["Ingress/d"], ["Ingress/e"]]


def test_the_group_of_the_class_parameters_wins_over_the_annotation() -> None:
    manifest = ingress_class("alb", "ingress.k8s.aws/alb", "params") + class_params("elbv2.k8s.aws")
    assert names(manifest + ingress("a", GROUP.format("x")) + ingress("b"), "eks") == [["Ingress/a", "Ingress/b"]]


def test_eks_auto_mode_reads_the_group_of_the_class_parameters_only() -> None:
    auto = ingress("a", GROUP.format("x")) + ingress("b", GROUP.format("x"))
    assert len(names(ingress_class("alb", "eks.amazonaws.com/alb") + auto, "eks")) == 2
    manifest = ingress_class("alb", "eks.amazonaws.com/alb", "params") + class_params("eks.amazonaws.com")
    assert names(manifest + auto, "eks") == [["Ingress/a", "Ingress/b"]]


@pytest.mark.parametrize(
    ("annotations", "spec", "rules"),
    [
        ("", "rules: []", 1),
        ("", "tls: [{secretName: web}]", 2),
        ("kubernetes.io/ingress.allow-http: 'false'", "tls: [{secretName: web}]", 1),
        ("kubernetes.io/ingress.allow-http: nonsense", "tls: [{secretName: web}]", 2),
        ("networking.gke.io/managed-certificates: web", "rules: []", 2),
        ("kubernetes.io/ingress.class: gce-internal, ingress.gcp.kubernetes.io/pre-shared-cert: web", "rules: []", 2),
    ],
)
def test_a_gke_ingress_needs_a_forwarding_rule_for_http_and_one_for_https(annotations: str, spec: str, rules: int) -> None:
    found = balancers(ingress("a", annotations, spec=spec) + ingress("b", annotations, spec=spec), "gke")
    assert [balancer.forwarding_rules for balancer in found] == [rules, rules]


def test_a_gke_gateway_is_a_load_balancer_with_a_forwarding_rule_for_each_port() -> None:
    found = balancers(gateway("a", "gke-l7-global-external-managed") + gateway("b", "gke-l7-rilb"), "gke")
    assert [(balancer.forwarding_rules, balancer.platform) for balancer in found] == [(2, "gke"), (2, "gke")]


def test_each_gateway_of_aws_is_a_load_balancer() -> None:
    assert len(names(gateway_class("aws") + gateway("a", "aws") + gateway("b", "aws"), "eks")) == 2


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("alb-name: one, {p}alb-namespace: infra", "alb-name: one, {p}alb-namespace: infra", 1),
        ("alb-name: one, {p}alb-namespace: infra", "alb-name: two, {p}alb-namespace: infra", 2),
        ("alb-id: /subscriptions/one", "alb-id: /subscriptions/one", 1),
        ("alb-frontend: one", "alb-frontend: one", 0),
    ],
)
def test_application_gateway_for_containers_is_shared_by_those_that_name_it(first: str, second: str, count: int) -> None:
    prefix = "alb.networking.azure.io/"
    keys = [prefix + text.format(p=prefix) for text in (first, second)]
    manifest = gateway("a", "azure-alb-external", keys[0]) + ingress("b", keys[1], spec="ingressClassName: azure-alb-external")
    assert len(names(manifest, "aks")) == count


def test_ingresses_of_agic_share_one_application_gateway() -> None:
    by_annotation = "kubernetes.io/ingress.class: azure/application-gateway"
    manifest = ingress("a", by_annotation, spec="rules: []") + ingress("b", by_annotation, spec="rules: []", namespace="other")
    assert names(manifest, "aks") == [["Ingress/a", "Ingress/b"]]


@pytest.mark.parametrize(
    ("platform", "annotation"),
    [
        ("openstack", "loadbalancer.openstack.org/load-balancer-id"),
        ("tencent", "service.kubernetes.io/tke-existed-lbid"),
        ("alibaba", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-id"),
        ("linode", "service.beta.kubernetes.io/linode-loadbalancer-nodebalancer-id"),
        ("scaleway", "service.beta.kubernetes.io/scw-loadbalancer-id"),
        ("aks", "service.beta.kubernetes.io/azure-pip-name"),
    ],
)
def test_services_that_name_one_load_balancer_share_it(platform: str, annotation: str) -> None:
    manifest = service("a", f"{annotation}: '1'") + service("b", f"{annotation}: '1'") + service("c", f"{annotation}: '2'") + service("d")
    assert names(manifest, platform) == [["Service/a", "Service/b"], ["Service/c"], ["Service/d"]]


def test_an_address_is_shared_on_azure_only() -> None:
    manifest = service("a", spec="  loadBalancerIP: 192.0.2.1\n") + service("b", spec="  loadBalancerIP: 192.0.2.1\n")
    assert len(names(manifest, "aks")) == 1
    assert len(names(manifest, "gke")) == 2


@pytest.mark.parametrize("load_balancer_class", ["example.com/lb", "tailscale", "ngrok", "kube-vip.io/kube-vip-class", "io.cilium/node"])
def test_services_of_a_class_that_is_of_no_cloud_are_not_counted(load_balancer_class: str) -> None:
    assert names(service("a", spec=f"  loadBalancerClass: {load_balancer_class}\n"), "eks") == []


def test_on_aws_the_owner_tells_the_product() -> None:
    manifest = service("a", "service.beta.kubernetes.io/aws-load-balancer-type: nlb") + service("b")
    assert [(found.product, found.prices) for found in balancers(manifest, "eks")] == [
        ("NLB", ("aws-nlb",)),
        ("", ("aws-nlb", "aws-classic")),
    ]


@pytest.mark.parametrize(("name", "count"), [("eg", 2), ("istio", 2), ("cilium", 2), ("nginx", 2), ("kgateway", 2), ("traefik", 0)])
@pytest.mark.parametrize("is_defined", [True, False])
def test_a_gateway_of_a_controller_in_the_cluster_makes_a_service(name: str, count: int, *, is_defined: bool) -> None:
    manifest = (gateway_class(name) if is_defined else "") + gateway("a", name) + gateway("b", name)
    assert len(names(manifest, "eks")) == count
    assert names(manifest, "bare-metal") == []
    assert names(manifest, "unknown") == []


@pytest.mark.parametrize(
    ("annotations", "spec", "count"),
    [
        ("", "", 1),
        ("networking.istio.io/service-type: ClusterIP", "", 0),
        ("networking.istio.io/service-type: LoadBalancer", "", 1),
        ("", ", addresses: [{type: Hostname, value: ingress.istio-gateways.svc.cluster.local}]", 0),
        ("", ", addresses: [{type: IPAddress, value: 192.0.2.1}]", 1),
        ("", ", addresses: [{value: 192.0.2.1}, {value: 192.0.2.2}]", 0),
        ("", ", infrastructure: {parametersRef: {group: '', kind: ConfigMap, name: options}}", 0),
    ],
)
def test_istio_makes_a_service_unless_told_otherwise(annotations: str, spec: str, count: int) -> None:
    assert len(names(gateway("a", "istio", annotations, spec=spec), "gke")) == count


def test_a_waypoint_is_no_load_balancer() -> None:
    assert names(gateway("a", "istio-waypoint") + gateway("b", "kgateway-waypoint"), "gke") == []


def envoy_proxy(spec: str) -> str:
    head = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: proxy, namespace: infra}\n"
    return f"{head}spec: {spec}\n---\n"


PROXY = "group: gateway.envoyproxy.io, kind: EnvoyProxy, name: proxy, namespace: infra"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{mergeGateways: true}", [["Gateway/a", "Gateway/b"]]),
        ("{mergeGateways: false}", [["Gateway/a"], ["Gateway/b"]]),
        ("{provider: {kubernetes: {envoyService: {type: ClusterIP}}}}", []),
        ("{provider: {kubernetes: {envoyService: {loadBalancerClass: tailscale}}}}", []),
        ("{provider: {kubernetes: {envoyService: {loadBalancerClass: service.k8s.aws/nlb}}}}", [["Gateway/a"], ["Gateway/b"]]),
        ("[]", [["Gateway/a"], ["Gateway/b"]]),
    ],
)
def test_the_parameters_of_envoy_gateway_tell_what_is_made(spec: str, expected: list[list[str]]) -> None:
    manifest = gateway_class("eg", PROXY) + envoy_proxy(spec) + gateway("a", "eg") + gateway("b", "eg")
    assert names(manifest, "eks") == expected


def test_parameters_that_are_not_in_the_manifests_leave_it_open() -> None:
    assert names(gateway_class("eg", PROXY) + gateway("a", "eg"), "eks") == []


def test_contour_makes_a_service_where_its_provisioner_is_asked() -> None:
    reference = "group: projectcontour.io, kind: ContourDeployment, name: options, namespace: projectcontour"
    metadata = "metadata: {name: options, namespace: projectcontour}"
    options = f"apiVersion: projectcontour.io/v1alpha1\nkind: ContourDeployment\n{metadata}\nspec: {{}}\n---\n"
    assert names(gateway_class("contour") + gateway("a", "contour"), "eks") == []
    assert len(names(gateway_class("contour", reference) + options + gateway("a", "contour"), "eks")) == 1
    internal = options.replace("spec: {}", "spec: {envoy: {networkPublishing: {type: ClusterIPService}}}")
    assert names(gateway_class("contour", reference) + internal + gateway("a", "contour"), "eks") == []


def test_the_service_of_a_gateway_in_a_dump_counts_with_it() -> None:
    made = service("a-istio", labels="gateway.networking.k8s.io/gateway-name: a")
    assert len(names(gateway("a", "istio") + made, "eks")) == 1
    prefix = "gateway.envoyproxy.io/owning-gateway-"
    envoy = service("envoy-shop-a", labels=f"{prefix}name: a, {prefix}namespace: shop", namespace="infra")
    assert len(names(gateway_class("eg") + gateway("a", "eg") + envoy, "eks")) == 1


CILIUM = "ingressClassName: cilium"


def test_ingresses_of_cilium_have_a_load_balancer_each_or_share_one() -> None:
    mode = "ingress.cilium.io/loadbalancer-mode: {}"
    dedicated = ingress("a", mode.format("dedicated"), spec=CILIUM) + ingress("b", spec=CILIUM)
    shared = ingress("c", mode.format("shared"), spec=CILIUM) + ingress("d", mode.format("shared"), spec=CILIUM)
    assert names(dedicated + shared, "gke") == [["Ingress/a"], ["Ingress/b"], ["Ingress/c", "Ingress/d"]]
    assert names(shared + service("cilium-ingress", namespace="kube-system"), "gke") == [["Service/cilium-ingress"]]
    assert names(ingress("a", "ingress.cilium.io/service-type: NodePort", spec=CILIUM), "gke") == []
    assert names(dedicated, "bare-metal") == []


def test_ports_of_shared_frontends_add_up_and_a_service_written_twice_counts_once() -> None:
    pip = "service.beta.kubernetes.io/azure-pip-name: web"
    (found,) = balancers(service("a", pip) + service("b", pip) + service("a", pip), "aks")
    assert (found.ports, found.is_grouped) == (2, True)


@pytest.mark.parametrize("value", ["[]", "{}", "null", "7", "true", "[{a: b}]"])
def test_odd_values_break_nothing(value: str) -> None:
    manifest = (
        service(
            "a",
            f"service.beta.kubernetes.io/azure-pip-name: {value}, 1: x",
            spec=f"  loadBalancerIP: {value}\n  loadBalancerClass: {value}\n",
        )
        + ingress("b", f"alb.networking.azure.io/alb-id: {value}, kubernetes.io/ingress.allow-http: {value}", spec=f"tls: {value}")
        + ingress("c", f"{GROUP.format(value)}", spec=f"ingressClassName: {value}")
        + ingress("d", f"ingress.cilium.io/loadbalancer-mode: {value}", spec=CILIUM)
        + gateway("e", "istio", f"networking.istio.io/service-type: {value}", spec=f", addresses: {value}, infrastructure: {value}")
        + gateway("f", "azure-alb-external", f"alb.networking.azure.io/alb-name: {value}")
        + gateway("g", value).replace("listeners: [", "listeners: 1, x: [")
        + gateway_class("eg", f"group: {value}, kind: {value}, name: {value}, namespace: {value}")
        + gateway("h", "eg")
    )
    for platform in ("aks", "gke", "eks", "unknown"):
        assert isinstance(balancers(manifest, platform), list)
