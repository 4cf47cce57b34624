"""Who serves a Service of type LoadBalancer, and from where it is reached: the decisions of every provider, each row with its source.

The rows were written from the sources of the controllers and the documents of the providers, not from the catalog that they test.
"""

from typing import NamedTuple

import pytest

from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.ownership import near_classes, ownership_of
from tests.builders import graph

BETA = "service.beta.kubernetes.io/"

GCE = "kubernetes/ingress-gce acbcf5d6 pkg/l4/annotations/gce_annotations.go"
GCP_CCM = "kubernetes/cloud-provider-gcp 4e245312 providers/gce/gce_annotations.go GetLoadBalancerAnnotationType"
AZURE = "kubernetes-sigs/cloud-provider-azure 7b31c76c pkg/provider/azure_loadbalancer.go requiresInternalLoadBalancer"
DO = "digitalocean/digitalocean-cloud-controller-manager 70d527e3 cloud-controller-manager/do/lb_annotations.go"
HCLOUD = "hetznercloud/hcloud-cloud-controller-manager 6485324f internal/annotation/load_balancer.go"
OCI = "oracle/oci-cloud-controller-manager 1100ac36 pkg/cloudprovider/providers/oci/load_balancer_spec.go"
OPENSTACK = "kubernetes/cloud-provider-openstack c453fb7c pkg/openstack/loadbalancer.go"
OVH = "ovh/docs, managed_kubernetes, expose with a load balancer"
LINODE = "linode/linode-cloud-controller-manager b9aa9012 docs/configuration/annotations.md"
SCALEWAY = "scaleway/scaleway-cloud-controller-manager bddc17f docs/loadbalancer-annotations.md"
VULTR = "vultr/vultr-cloud-controller-manager 04edf243 docs/load-balancers.md"
ALIBABA = "kubernetes/cloud-provider-alibaba-cloud eeb0ddc6 docs/usage.md"
TENCENT = "cloud.tencent.com documents 457/51258 and 457/40675"
IBM = "openshift/cloud-provider-vpc-controller 5ad103a7 pkg/vpcctl/vpc_config.go"
CIVO = "civo/civo-cloud-controller-manager README.md"
CILIUM = "cilium/cilium 023375f6 Documentation/network/lb-ipam.rst"
METALLB = "metallb/metallb 7938d3f8 controller/service.go"
KUBE_VIP = "kube-vip/kube-vip-cloud-provider README.md, loadbalancerClass"
PURELB = "purelb/purelb 08b4e190"
TAILSCALE = "tailscale/tailscale cmd/k8s-operator"
K3S = "k3s documentation, ServiceLB"
AWS = "kubernetes-sigs/aws-load-balancer-controller 225f4456 docs/guide/service/annotations.md"


class Row(NamedTuple):
    """A Service: the platform that is stated (empty: none), annotations, class, and who serves it with which reach."""

    platform: str
    annotations: dict[str, str]
    owner: str | None
    reach: str
    source: str
    load_balancer_class: str | None = None


def gke(owner: str, reach: str, source: str = GCP_CCM, load_balancer_class: str | None = None, **annotations: str) -> Row:
    keys = {"type": "networking.gke.io/load-balancer-type", "old": "cloud.google.com/load-balancer-type", "rbs": "cloud.google.com/l4-rbs"}
    return Row("gke", {keys[name]: value for name, value in annotations.items()}, owner, reach, source, load_balancer_class)


DECISIONS = [
    # GKE: exact 'Internal', the lower case is still read, all else is external; a class wins over the annotation
    gke("gcp-ccm|gke-l4", "internet"),
    gke("gcp-ccm|gke-l4", "internal", type="Internal"),
    gke("gcp-ccm|gke-l4", "internal", type="internal"),
    gke("gcp-ccm|gke-l4", "internet", type="INTERNAL"),
    gke("gcp-ccm|gke-l4", "internet", type="true"),
    gke("gcp-ccm|gke-l4", "internet", type="External"),
    gke("gcp-ccm|gke-l4", "internal", old="Internal"),
    gke("gke-l4", "internet", GCE, rbs="enabled"),
    gke("gke-l4", "internal", GCE, "networking.gke.io/l4-regional-internal"),
    gke("gke-l4", "internet", GCE, "networking.gke.io/l4-regional-external"),
    gke("gke-l4", "internet", GCE, "networking.gke.io/l4-regional-external", type="Internal"),
    gke("gcp-ccm", "internal", GCP_CCM, "networking.gke.io/l4-regional-internal-legacy"),
    gke("gcp-ccm", "internet", GCP_CCM, "networking.gke.io/l4-regional-external-legacy"),
    gke("gke-neg", "cluster", GCE, "networking.gke.io/standalone-passthrough-lb-neg"),
    # Azure: exactly 'true'
    Row("aks", {}, "azure-ccm", "internet", AZURE),
    Row("aks", {f"{BETA}azure-load-balancer-internal": "true"}, "azure-ccm", "internal", AZURE),
    Row("aks", {f"{BETA}azure-load-balancer-internal": "True"}, "azure-ccm", "internet", AZURE),
    Row("aks", {f"{BETA}azure-load-balancer-internal": "false"}, "azure-ccm", "internet", AZURE),
    Row("", {f"{BETA}azure-load-balancer-internal": "true"}, "azure-ccm", "internal", AZURE),
    # DigitalOcean: another spelling is refused
    Row("digitalocean", {}, "do-ccm", "internet", DO),
    Row("digitalocean", {f"{BETA}do-loadbalancer-network": "INTERNAL"}, "do-ccm", "internal", DO),
    Row("digitalocean", {f"{BETA}do-loadbalancer-network": "EXTERNAL"}, "do-ccm", "internet", DO),
    Row("digitalocean", {f"{BETA}do-loadbalancer-network": "internal"}, "do-ccm", "unknown", DO),
    Row("", {f"{BETA}do-loadbalancer-protocol": "http"}, "do-ccm", "internet", DO),
    # Hetzner: a private network does not make it private, switching the public one off does
    Row("hetzner", {}, "hcloud-ccm", "internet", HCLOUD),
    Row("hetzner", {"load-balancer.hetzner.cloud/disable-public-network": "true"}, "hcloud-ccm", "internal", HCLOUD),
    Row("", {"load-balancer.hetzner.cloud/use-private-ip": "true"}, "hcloud-ccm", "internet", HCLOUD),
    # OCI
    Row("oci", {}, "oci-ccm", "internet", OCI),
    Row("oci", {f"{BETA}oci-load-balancer-internal": "true"}, "oci-ccm", "internal", OCI),
    Row("", {"oci-network-load-balancer.oraclecloud.com/internal": "true"}, "oci-ccm", "internet", OCI),
    Row(
        "",
        {"oci-network-load-balancer.oraclecloud.com/internal": "true", "oci.oraclecloud.com/load-balancer-type": "nlb"},
        "oci-ccm",
        "internal",
        OCI,
    ),
    # OpenStack and OVHcloud share their keys
    Row("openstack", {f"{BETA}openstack-internal-load-balancer": "true"}, "openstack-ccm|ovh-mks", "internal", OPENSTACK),
    Row("", {"loadbalancer.ovhcloud.com/class": "octavia"}, "ovh-mks", "internet", OVH),
    # providers without an internal kind
    Row("linode", {}, "linode-ccm", "internet", LINODE),
    Row("", {f"{BETA}linode-loadbalancer-throttle": "4"}, "linode-ccm", "internet", LINODE),
    Row("vultr", {}, "vultr-ccm", "internet", VULTR),
    Row("", {f"{BETA}vultr-loadbalancer-protocol": "http"}, "vultr-ccm", "internet", VULTR),
    Row("civo", {}, "civo-ccm", "internet", CIVO),
    # Scaleway
    Row("scaleway", {}, "scaleway-ccm", "internet", SCALEWAY),
    Row("scaleway", {f"{BETA}scw-loadbalancer-private": "true"}, "scaleway-ccm", "internal", SCALEWAY),
    Row("", {f"{BETA}scw-loadbalancer-zone": "fr-par-1"}, "scaleway-ccm", "internet", SCALEWAY),
    # Alibaba Cloud: the old spelling of the prefix is read too
    Row("alibaba", {}, "alibaba-ccm", "internet", ALIBABA),
    Row("alibaba", {f"{BETA}alibaba-cloud-loadbalancer-address-type": "intranet"}, "alibaba-ccm", "internal", ALIBABA),
    Row("", {f"{BETA}alicloud-loadbalancer-address-type": "intranet"}, "alibaba-ccm", "internal", ALIBABA),
    Row("", {}, "alibaba-ccm", "internet", ALIBABA, "alibabacloud.com/nlb"),
    # Tencent: the mere presence of a subnet
    Row("tencent", {}, "tke-service", "internet", TENCENT),
    Row("tencent", {"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": "subnet-1"}, "tke-service", "internal", TENCENT),
    # IBM Cloud
    Row("ibm", {}, "ibm-ccm", "internet", IBM),
    Row("ibm", {"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "private"}, "ibm-ccm", "internal", IBM),
    Row("ibm", {"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": "public"}, "ibm-ccm", "internet", IBM),
    # AWS beside its decision table: the scheme is read by whom it is written for only
    Row("eks", {f"{BETA}aws-load-balancer-scheme": "internal"}, "aws-ccm|aws-lbc", "unknown", AWS),
    Row("eks", {f"{BETA}aws-load-balancer-internal": "true"}, "aws-ccm", "internal", AWS),
    Row("eks", {}, "aws-lbc", "internal", AWS, "service.k8s.aws/nlb"),
    Row("eks", {f"{BETA}aws-load-balancer-scheme": "internet-facing"}, "aws-lbc", "internet", AWS, "service.k8s.aws/nlb"),
    Row("eks", {f"{BETA}aws-load-balancer-internal": "false"}, "eks-auto", "internal", AWS, "eks.amazonaws.com/nlb"),
    # on premises there is no public or internal, only addresses
    Row("", {"metallb.io/loadBalancerIPs": "192.168.1.4"}, "metallb", "internal", METALLB),
    Row("", {"metallb.io/loadBalancerIPs": "203.0.113.4"}, "metallb", "unknown", METALLB),
    Row("", {"metallb.universe.tf/address-pool": "lan"}, "metallb", "unknown", METALLB),
    Row("", {"lbipam.cilium.io/ips": "10.0.0.4,fd00::4"}, "cilium-lb-ipam", "internal", CILIUM),
    Row("", {}, "cilium-lb-ipam", "unknown", CILIUM, "io.cilium/bgp-control-plane"),
    Row("", {}, "cilium-lb-ipam", "unknown", CILIUM, "io.cilium/l2-announcer"),
    Row("", {}, "cilium-node-ipam", "node", CILIUM, "io.cilium/node"),
    Row("", {"kube-vip.io/loadbalancerIPs": "10.1.1.1"}, "kube-vip", "internal", KUBE_VIP),
    Row("", {}, "kube-vip", "unknown", KUBE_VIP, "kube-vip.io/kube-vip-class"),
    Row("", {}, "purelb", "unknown", PURELB, "purelb.io/purelbv2"),
    Row("", {"svccontroller.k3s.cattle.io/priorityclassname": "high"}, "k3s-servicelb", "node", K3S),
    Row("", {}, "tailscale", "internal", TAILSCALE, "tailscale"),
    Row("", {}, "ngrok", "internet", "ngrok/ngrok-operator docs", "ngrok"),
    # nothing tells
    Row("", {}, None, "unknown", "no evidence"),
    Row("", {f"{BETA}load-balancer-source-ranges": "10.0.0.0/8"}, None, "unknown", "a key of Kubernetes itself tells no provider"),
    Row("", {}, None, "unknown", "a class that nobody knows", "example.com/lb"),
]


def service(annotations: dict[str, str], load_balancer_class: str | None = None, service_type: str = "LoadBalancer") -> str:
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web"]
    lines += ["  annotations:", *(f"    {key}: '{value}'" for key, value in annotations.items())] if annotations else []
    lines += ["spec:", f"  type: {service_type}", "  ports: [{port: 80}]"]
    lines += [f"  loadBalancerClass: {load_balancer_class}"] if load_balancer_class else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("row", DECISIONS, ids=lambda row: f"{row.platform or 'any'}-{row.owner}-{row.reach}")
def test_owner_and_reach(row):
    linted = graph(service(row.annotations, row.load_balancer_class), **({"platform": row.platform} if row.platform else {}))
    found = ownership_of(linted.resources[0], linted)
    exposure = exposure_of(linted.resources[0], linted)
    assert (found.verdict, "|".join(sorted(found.candidates))) == (("owned", row.owner) if row.owner else ("unknown", "")), row.source
    assert exposure.reach == row.reach, row.source
    assert exposure.reasons


@pytest.mark.parametrize(
    ("platform", "key", "value"),
    [
        ("gke", f"{BETA}aws-load-balancer-internal", "true"),
        ("aks", f"{BETA}aws-load-balancer-scheme", "internal"),
        ("digitalocean", f"{BETA}azure-load-balancer-internal", "true"),
        ("eks", "networking.gke.io/load-balancer-type", "Internal"),
    ],
)
def test_a_marker_of_another_cloud_makes_nothing_internal(platform, key, value):
    linted = graph(service({key: value}), platform=platform)
    assert exposure_of(linted.resources[0], linted).reach == "internet"


def test_keys_of_several_clouds_decide_nothing_without_a_platform():
    keys = {f"{BETA}azure-load-balancer-internal": "true", f"{BETA}aws-load-balancer-internal": "true"}
    linted = graph(service(keys))
    assert ownership_of(linted.resources[0], linted).verdict == "unknown"
    assert exposure_of(linted.resources[0], linted).reach == "unknown"


def test_a_placeholder_decides_nothing():
    linted = graph(service({f"{BETA}azure-load-balancer-internal": "${INTERNAL}"}), platform="aks")
    assert exposure_of(linted.resources[0], linted).reach == "unknown"


@pytest.mark.parametrize(
    ("service_type", "extra", "reach"),
    [
        ("ClusterIP", "", "cluster"),
        ("NodePort", "", "node"),
        ("ClusterIP", "  externalIPs: [203.0.113.7]\n", "node"),
        ("ClusterIP", "  clusterIP: None\n  externalIPs: [203.0.113.7]\n", "cluster"),
        ("ExternalName", "  externalName: db.example.com\n", "cluster"),
    ],
)
def test_types_without_a_load_balancer(service_type, extra, reach):
    linted = graph(service({}, service_type=service_type) + extra, platform="eks")
    assert exposure_of(linted.resources[0], linted).reach == reach


POOL = """---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {{name: lan, namespace: metallb-system}}
spec: {{addresses: [{addresses}]}}
"""


@pytest.mark.parametrize(
    ("addresses", "reach"),
    [("192.168.1.10-192.168.1.20", "internal"), ("10.0.0.0/24, fd00::/120", "internal"), ("10.0.0.0/24, 203.0.113.0/24", "unknown")],
)
def test_a_pool_of_private_addresses_is_internal(addresses, reach):
    linted = graph(service({}) + POOL.format(addresses=addresses))
    (only,) = linted.of_type("Service")
    assert ownership_of(only, linted).controller == "metallb"
    assert exposure_of(only, linted).reach == reach


LBC_DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: aws-load-balancer-controller, namespace: kube-system}
spec:
  selector: {matchLabels: {app: lbc}}
  template:
    metadata: {labels: {app: lbc}}
    spec:
      containers: [{name: c, image: public.ecr.aws/eks/aws-load-balancer-controller:v2.13.0}]
"""


def test_the_webhook_of_a_controller_in_the_cluster_makes_the_owner_of_new_services_uncertain():
    linted = graph(service({}) + LBC_DEPLOYMENT, platform="eks")
    (only,) = linted.of_type("Service")
    found = ownership_of(only, linted)
    assert set(found.candidates) == {"aws-ccm", "aws-lbc"}
    assert exposure_of(only, linted).reach == "unknown"


@pytest.mark.parametrize(
    ("annotations", "platform", "candidates"),
    [
        ({f"{BETA}aws-load-balancer-scheme": "internal"}, {}, ("aws-ccm", "aws-lbc")),
        ({f"{BETA}aws-load-balancer-scheme": "internal"}, {"platform": "eks"}, ("aws-ccm", "aws-lbc")),
        ({f"{BETA}aws-load-balancer-scheme": "internal", f"{BETA}aws-load-balancer-type": "nlb"}, {}, ("aws-ccm", "aws-lbc")),
        ({f"{BETA}aws-load-balancer-internal": "true"}, {}, ("aws-ccm",)),
    ],
)
def test_keys_of_another_controller_make_the_owner_doubtful_where_nothing_names_one(annotations, platform, candidates):
    """The webhook of the AWS Load Balancer Controller gives new Services its class: service_mutator.go, on by default since v2.5."""
    linted = graph(service(annotations), **platform)
    found = ownership_of(linted.resources[0], linted)
    assert (found.candidates, found.confidence) == (candidates, "medium")


def test_a_key_that_only_one_of_two_reads_tells_which():
    linted = graph(service({f"{BETA}aws-load-balancer-scheme": "internet-facing"}) + LBC_DEPLOYMENT, platform="eks")
    (only,) = linted.of_type("Service")
    assert ownership_of(only, linted).controller == "aws-lbc"


METALLB_WITH_CLASS = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: metallb-system}
spec:
  selector: {matchLabels: {app: metallb}}
  template:
    metadata: {labels: {app: metallb}}
    spec:
      containers:
      - name: controller
        image: quay.io/metallb/controller:v0.15.2
        args: [--port=7472, --lb-class=example.com/lan]
"""


def test_a_class_of_one_s_own_is_served_by_whom_the_manifests_tell_so():
    linted = graph(service({}, "example.com/lan") + METALLB_WITH_CLASS)
    (only,) = linted.of_type("Service")
    found = ownership_of(only, linted)
    assert (found.verdict, found.controller) == ("owned", "metallb")


def test_a_misspelt_class_has_a_near_one():
    assert near_classes("service.k8s.aws/nbl") == ["service.k8s.aws/nlb"]
    assert near_classes("example.com/lan") == []


def test_bare_metal_that_is_stated_and_has_nothing_serves_nobody_but_only_perhaps():
    linted = graph(service({}), platform="bare-metal")
    found = ownership_of(linted.resources[0], linted)
    assert (found.verdict, found.confidence) == ("nobody", "low")


INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
{annotations}
spec:
{class_name}
  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}
"""

CLASS = """---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge}
spec:
  controller: ingress.k8s.aws/alb
  parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: edge}
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: edge}
spec: {scheme: internet-facing}
"""

ALB = "alb.ingress.kubernetes.io/scheme"


@pytest.mark.parametrize(
    ("annotations", "class_name", "objects", "platform", "owner", "reach"),
    [
        ({}, "alb", "", "eks", "aws-lbc|eks-auto", "internal"),
        ({ALB: "internet-facing"}, "alb", "", "eks", "aws-lbc|eks-auto", "internet"),
        ({ALB: "internal"}, "edge", CLASS, "eks", "aws-lbc", "internet"),
        ({}, "", "", "gke", "gce", "internet"),
        ({"kubernetes.io/ingress.class": "gce"}, "", "", "gke", "gce", "internet"),
        ({"kubernetes.io/ingress.class": "gce-internal"}, "", "", "gke", "gce", "internal"),
        ({}, "gce", "", "gke", "", "unknown"),
        ({}, "azure-application-gateway", "", "aks", "agic", "internet"),
        ({"appgw.ingress.kubernetes.io/use-private-ip": "true"}, "azure-application-gateway", "", "aks", "agic", "internal"),
        ({}, "", "", "tencent", "tke", "internet"),
        ({"kubernetes.io/ingress.subnetId": "subnet-1"}, "", "", "tencent", "tke", "internal"),
        ({}, "traefik", "", "bare-metal", "traefik", "unknown"),
        ({}, "tailscale", "", "", "tailscale", "internal"),
        ({}, "nobody-knows", "", "", "", "unknown"),
        ({}, "", "", "bare-metal", "", "unknown"),
    ],
)
def test_owner_and_reach_of_an_ingress(annotations, class_name, objects, platform, owner, reach):
    lines = "\n".join(["  annotations:", *(f"    {key}: '{value}'" for key, value in annotations.items())]) if annotations else ""
    text = INGRESS.format(annotations=lines, class_name=f"  ingressClassName: {class_name}" if class_name else "")
    linted = graph(text + objects, **({"platform": platform} if platform else {}))
    (only,) = linted.of_type("Ingress.networking.k8s.io")
    found = ownership_of(only, linted)
    assert "|".join(sorted(found.candidates)) == owner
    assert exposure_of(only, linted).reach == reach


GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec:
  gatewayClassName: {class_name}
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
{extra}"""


@pytest.mark.parametrize(
    ("class_name", "extra", "platform", "owner", "reach"),
    [
        ("gke-l7-global-external-managed", "", "gke", "gke-gateway", "internet"),
        ("gke-l7-rilb", "", "gke", "gke-gateway", "internal"),
        ("istio", "", "eks", "istio", "internet"),
        ("istio", "", "bare-metal", "istio", "unknown"),
        ("istio", "", "", "istio", "unknown"),
        ("istio-waypoint", "", "eks", "istio", "cluster"),
        (
            "istio",
            f"  infrastructure: {{annotations: {{{BETA}azure-load-balancer-internal: 'true'}}}}\n",
            "aks",
            "istio",
            "internal",
        ),
        ("nobody-knows", "", "", "", "unknown"),
    ],
)
def test_owner_and_reach_of_a_gateway(class_name, extra, platform, owner, reach):
    linted = graph(GATEWAY.format(class_name=class_name, extra=extra), **({"platform": platform} if platform else {}))
    (only,) = linted.of_type("Gateway.gateway.networking.k8s.io")
    assert "|".join(ownership_of(only, linted).candidates) == owner
    assert exposure_of(only, linted).reach == reach


def test_a_second_controller_makes_the_load_balancer_of_a_gateway_uncertain():
    linted = graph(GATEWAY.format(class_name="istio", extra="") + LBC_DEPLOYMENT, platform="eks")
    (only,) = linted.of_type("Gateway.gateway.networking.k8s.io")
    assert exposure_of(only, linted).reach == "unknown"


PARAMETERS = """---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: aws}}
spec: {{controllerName: gateway.k8s.aws/alb{of_class}}}
---
apiVersion: gateway.k8s.aws/v1
kind: LoadBalancerConfiguration
metadata: {{name: own}}
spec: {{scheme: internet-facing}}
---
apiVersion: gateway.k8s.aws/v1
kind: LoadBalancerConfiguration
metadata: {{name: theirs, namespace: infra}}
spec: {{scheme: internal{mode}}}
"""

OF_CLASS = ", parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: theirs, namespace: infra}"
OWN = "  infrastructure: {{parametersRef: {{group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: {name}}}}}\n"


@pytest.mark.parametrize(
    ("extra", "of_class", "mode", "reach"),
    [
        ("", "", "", "internal"),
        (OWN.format(name="own"), "", "", "internet"),
        (OWN.format(name="elsewhere"), "", "", "unknown"),
        (OWN.format(name="own"), OF_CLASS, "", "internal"),
        (OWN.format(name="own"), OF_CLASS, ", mergingMode: prefer-gateway", "internet"),
        ("", OF_CLASS, ", mergingMode: prefer-gateway", "internal"),
    ],
)
def test_the_parameters_of_an_aws_gateway_state_its_scheme(extra, of_class, mode, reach):
    """AWS Load Balancer Controller 225f4456, docs/guide/gateway/: the class wins unless it says prefer-gateway."""
    linted = graph(GATEWAY.format(class_name="aws", extra=extra) + PARAMETERS.format(of_class=of_class, mode=mode))
    (only,) = linted.of_type("Gateway.gateway.networking.k8s.io")
    assert exposure_of(only, linted).reach == reach
