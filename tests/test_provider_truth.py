"""What controllers' own sources say, where documentation, or a first thought, says otherwise; the sources are in the catalogs."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from k8slblint.config import Config
from k8slblint.traffic.exposure import Exposure, exposure_of
from k8slblint.traffic.ownership import Ownership, ownership_of
from tests.linting import findings, run, scoped

KEY = "service.beta.kubernetes.io"
AWS = f"{KEY}/aws-load-balancer"
DO = f"{KEY}/do-loadbalancer"
HCLOUD = "load-balancer.hetzner.cloud"

EKS, AKS, HETZNER, DIGITALOCEAN = (scoped(platform=name) for name in ("eks", "aks", "hetzner", "digitalocean"))


def service(annotations: Mapping[str, str] | None = None, spec: str = "ports: [{port: 80}]", name: str = "till") -> str:
    """A Service of type LoadBalancer with these annotations; `spec` are further fields in flow style."""
    lines = "".join(f'\n    {key}: "{value}"' for key, value in (annotations or {}).items())
    stated = f"\n  annotations:{lines}" if lines else ""
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: pay{stated}\nspec: {{type: LoadBalancer, {spec}}}\n"


def workload(image: str, settings: str, kind: str = "Deployment", name: str = "controller") -> str:
    """A workload that runs a controller; `settings` are fields of its container in flow style."""
    return (
        f"---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: kube-system}}\n"
        f"spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
        f"    spec: {{containers: [{{name: main, image: '{image}', {settings}}}]}}\n"
    )


def reached(manifest: str, config: Config | None = None, kind: str = "Service") -> Exposure:
    """From where the first object of a kind is reached."""
    _, graph = run(manifest, config=config)
    return exposure_of(next(resource for resource in graph.resources if resource.kind == kind), graph)


def owner(manifest: str, config: Config | None = None) -> Ownership:
    """Who serves the first Service."""
    _, graph = run(manifest, config=config)
    return ownership_of(next(resource for resource in graph.resources if resource.kind == "Service"), graph)


def rules(manifest: str, config: Config | None = None) -> list[str]:
    """The rules that report something, in order."""
    return [finding.rule for finding in findings(manifest, config=config)]


LBC = "public.ecr.aws/eks/aws-load-balancer-controller:v2.13.0"
BY_LBC = {f"{AWS}-type": "external", f"{AWS}-nlb-target-type": "ip"}


class TestDefaultsThatAnInstallationStates:
    """A flag, a variable, Helm values or an operator's object decide what is made where a Service says nothing."""

    @pytest.mark.parametrize(
        "argument",
        [
            "args: [--default-load-balancer-scheme=internet-facing]",
            "command: [/controller, --default-load-balancer-scheme, internet-facing]",
        ],
    )
    def test_a_flag_of_the_controller_makes_load_balancers_public(self, argument: str) -> None:
        found = reached(service(BY_LBC) + workload(LBC, argument), EKS)
        assert (found.reach, found.confidence) == ("internet", "high")
        assert "--default-load-balancer-scheme=internet-facing" in found.reason

    def test_an_annotation_wins_over_the_flag(self) -> None:
        stated = service({**BY_LBC, f"{AWS}-scheme": "internal"})
        assert reached(stated + workload(LBC, "args: [--default-load-balancer-scheme=internet-facing]"), EKS).reach == "internal"

    @pytest.mark.parametrize("text", ["$(SCHEME)", "{{ .Values.scheme }}", "public"])
    def test_a_flag_that_cannot_be_read_leaves_it_open(self, text: str) -> None:
        assert reached(service(BY_LBC) + workload(LBC, f'args: ["--default-load-balancer-scheme={text}"]'), EKS).reach == "unknown"

    def test_two_workloads_that_disagree_leave_it_open(self) -> None:
        loud = workload(LBC, "args: [--default-load-balancer-scheme=internet-facing]")
        assert reached(service(BY_LBC) + loud + workload(LBC, "args: [--v=1]", name="other"), EKS).reach == "unknown"

    def test_internal_by_a_default_that_a_flag_can_change_is_no_certainty(self) -> None:
        found = reached(service(BY_LBC), EKS)
        assert (found.reach, found.confidence) == ("internal", "medium")

    def test_the_flag_counts_for_an_ingress_too(self) -> None:
        ingress = (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: door, namespace: pay}\n"
            "spec: {ingressClassName: alb, defaultBackend: {service: {name: till, port: {number: 80}}}}\n"
        )
        manifest = ingress + workload(LBC, "args: [--default-load-balancer-scheme=internet-facing]")
        assert reached(manifest, EKS, "Ingress").reach == "internet"
        assert reached(ingress, EKS, "Ingress").confidence == "medium"

    def test_a_datastore_behind_such_a_default_is_exposed(self) -> None:
        manifest = service(BY_LBC, "ports: [{port: 6379}]") + workload(LBC, "args: [--default-load-balancer-scheme=internet-facing]")
        assert "exposed-datastore" in rules(manifest, EKS)

    @pytest.mark.parametrize(
        "deploying",
        [
            (
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: lbc, namespace: kube-system}\n"
                "spec:\n  chart: {spec: {chart: aws-load-balancer-controller}}\n  values: {defaultLoadBalancerScheme: internet-facing}\n"
            ),
            (
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: lbc, namespace: argocd}\n"
                "spec:\n  source:\n    chart: aws-load-balancer-controller\n    helm:\n      values: |\n        clusterName: x\n"
                "        defaultLoadBalancerScheme: internet-facing\n"
            ),
            (
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: lbc, namespace: argocd}\n"
                "spec:\n  source:\n    chart: aws-load-balancer-controller\n    helm:\n      values: 'defaultLoadBalancerScheme: internal'"
                "\n      parameters: [{name: defaultLoadBalancerScheme, value: internet-facing}, {value: 1}, null]\n"
            ),
        ],
    )
    def test_helm_values_of_its_chart_say_the_same(self, deploying: str) -> None:
        found = reached(f"{service(BY_LBC)}---\n{deploying}", EKS)
        assert found.reach == "internet"
        assert "defaultLoadBalancerScheme" in found.reason

    @pytest.mark.parametrize(
        ("values", "reach"),
        [
            ("env:\n  OTHER: {value: 'false'}\n  {key}:\n    value: \"true\"  # ours", "internal"),
            ("env:\n  {key}:\n    value: 'false'", "internet"),
            ("env:\n  OTHER:\n    value: 'true'\n# {key}: gone\n", "internet"),
            ("envs:\n  {key}:\n    value: 'true'", "internet"),
            ("env: {{key}: {value: 'true'}}", "internet"),  # flow style is not read
        ],
    )
    def test_values_in_a_text_are_read_below_keys_with_lines_of_their_own(self, values: str, reach: str) -> None:
        text = values.replace("{key}", "HCLOUD_LOAD_BALANCERS_DISABLE_PUBLIC_NETWORK").replace("\n", "\n        ")
        deploying = (
            "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ccm, namespace: argocd}\n"
            f"spec:\n  source:\n    chart: hcloud-cloud-controller-manager\n    helm:\n      values: |\n        {text}\n"
        )
        assert reached(service({f"{HCLOUD}/location": "nbg1"}) + deploying, HETZNER).reach == reach

    def test_hetzner_without_public_network_is_internal(self) -> None:
        without = "env: [{name: HCLOUD_LOAD_BALANCERS_DISABLE_PUBLIC_NETWORK, value: 'true'}]"
        manifest = service({f"{HCLOUD}/location": "nbg1"}) + workload("hetznercloud/hcloud-cloud-controller-manager:v1.25.0", without)
        assert reached(manifest, HETZNER).reach == "internal"

    def test_a_variable_from_elsewhere_leaves_it_open(self) -> None:
        taken = "env: [{name: HCLOUD_LOAD_BALANCERS_DISABLE_PUBLIC_NETWORK, valueFrom: {configMapKeyRef: {name: c, key: k}}}]"
        manifest = service() + workload("hetznercloud/hcloud-cloud-controller-manager:v1.25.0", taken)
        assert reached(manifest, HETZNER).reach == "unknown"

    def test_a_controller_that_is_told_to_leave_services_alone_serves_none(self) -> None:
        off = workload(
            "hetznercloud/hcloud-cloud-controller-manager:v1.25.0", "env: [{name: HCLOUD_LOAD_BALANCERS_ENABLED, value: 'false'}]"
        )
        assert owner(service() + off, HETZNER).verdict == "unknown"

    def test_kube_vip_for_the_control_plane_serves_no_service(self) -> None:
        manager = workload(
            "ghcr.io/kube-vip/kube-vip:v0.9.1", "env: [{name: svc_enable, value: 'false'}, {name: cp_enable, value: 'true'}]", "DaemonSet"
        )
        pool = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.4.0.0/28]}\n"
        assert owner(service() + manager + pool).candidates == ("metallb",)
        assert owner(service() + manager.replace("'false'", "'true'") + pool).candidates == ("kube-vip", "metallb")

    @pytest.mark.parametrize(
        "installing",
        [
            "---\napiVersion: metallb.io/v1beta1\nkind: MetalLB\nmetadata: {name: lb}\nspec: {loadBalancerClass: site/lan}\n",
            workload("quay.io/metallb/controller:v0.15.2", "args: [--port=7472, --lb-class=site/lan]"),
        ],
    )
    def test_metallb_serves_the_class_that_it_is_given_and_no_other(self, installing: str) -> None:
        named = owner(service(spec="loadBalancerClass: site/lan, ports: [{port: 80}]") + installing)
        assert (named.controller, named.confidence) == ("metallb", "high")
        assert "metallb" not in owner(service() + installing).candidates


INTERNAL_BY_LBC = {f"{AWS}-scheme": "internal", f"{AWS}-nlb-target-type": "ip"}


class TestWhoServesOnEks:
    """The webhook of the AWS Load Balancer Controller takes new Services without a class; what only it reads is evidence for it."""

    @pytest.mark.parametrize("kind", [{}, {f"{AWS}-type": "nlb"}])
    def test_keys_of_one_controller_leave_both_in_question(self, kind: Mapping[str, str]) -> None:
        manifest = service({**kind, **INTERNAL_BY_LBC})
        assert owner(manifest, EKS).candidates == ("aws-ccm", "aws-lbc")
        assert reached(manifest, EKS).reach == "unknown"
        assert all(finding.severity != "error" for finding in findings(manifest, config=EKS))

    def test_what_both_make_of_it_is_known(self) -> None:
        manifest = service({f"{AWS}-scheme": "internet-facing", f"{AWS}-nlb-target-type": "ip"})
        assert reached(manifest, EKS).reach == "internet"

    def test_the_controller_in_the_tree_settles_it(self) -> None:
        assert owner(service({f"{AWS}-type": "nlb", **INTERNAL_BY_LBC}) + workload(LBC, "args: [--v=1]"), EKS).controller == "aws-lbc"

    def test_without_such_keys_it_is_the_cloud_provider(self) -> None:
        assert owner(service({f"{AWS}-internal": "true"}), EKS).controller == "aws-ccm"

    def test_the_way_out_names_the_class_of_each_reader(self) -> None:
        (found,) = findings(service({f"{AWS}-type": "nlb", f"{AWS}-nlb-target-type": "ip"}), "load-balancer-annotation-ignored", config=EKS)
        assert (found.severity, found.confidence) == ("warning", "medium")
        assert "`service.k8s.aws/nlb` (AWS Load Balancer Controller)" in found.help
        assert "`eks.amazonaws.com/nlb` (AWS EKS Auto Mode)" in found.help


class TestRangesWithHostBits:
    """cloud-provider-azure drops them and blocks everybody else; others read the network around them."""

    @pytest.mark.parametrize(
        "manifest",
        [
            service(spec="loadBalancerSourceRanges: [192.0.2.7/24], ports: [{port: 80}]"),
            service({f"{KEY}/load-balancer-source-ranges": "192.0.2.7/24"}),
            service({f"{KEY}/azure-allowed-ip-ranges": "198.51.100.0/24, 192.0.2.7/24"}),
        ],
    )
    def test_azure_keeps_their_clients_out(self, manifest: str) -> None:
        (found,) = findings(manifest, "source-ranges-ineffective", config=AKS)
        assert "blocks the clients of source range '192.0.2.7/24'" in found.headline
        assert "'192.0.2.0/24'" in found.help

    def test_a_network_address_is_fine(self) -> None:
        assert rules(service({f"{KEY}/azure-allowed-ip-ranges": "192.0.2.0/24"}), AKS) == []

    def test_elsewhere_the_network_is_let_in(self) -> None:
        (found,) = findings(
            service(spec="loadBalancerSourceRanges: [192.0.2.7/24], ports: [{port: 80}]"), "source-ranges-ineffective", config=EKS
        )
        assert "ambiguous source range" in found.headline


INVALID, IGNORED, CONFLICT = "load-balancer-annotation-invalid", "load-balancer-annotation-ignored", "load-balancer-settings-conflict"

CERTIFICATE = {f"{AWS}-ssl-cert": "arn:aws:acm:eu-west-1:1:certificate/a"}


class TestKeysThatAreReadInOneModeOnly:
    """A value that is not read in a mode is not refused in it."""

    @pytest.mark.parametrize(
        ("annotations", "config"),
        [
            ({f"{AWS}-backend-protocol": "carrots"}, EKS),
            ({f"{AWS}-type": "nlb", f"{AWS}-backend-protocol": "carrots", **CERTIFICATE}, EKS),
            ({f"{AWS}-healthcheck-path": "ready"}, EKS),
            ({**BY_LBC, f"{AWS}-healthcheck-path": "ready", f"{AWS}-healthcheck-protocol": "TCP"}, EKS),
            ({**BY_LBC, f"{AWS}-healthcheck-success-codes": "fine"}, EKS),
            ({**BY_LBC, f"{AWS}-alpn-policy": "HTTP2"}, EKS),
            ({f"{HCLOUD}/health-check-http-validate-certificate": "yes"}, HETZNER),
            ({f"{DO}-type": "REGIONAL", f"{DO}-healthcheck-protocol": "bread"}, DIGITALOCEAN),
            ({f"{DO}-protocol": "bread"}, DIGITALOCEAN),
        ],
    )
    def test_a_bad_value_is_not_refused_where_it_is_not_read(self, annotations: Mapping[str, str], config: Config) -> None:
        assert findings(service(annotations), INVALID, config=config) == []

    @pytest.mark.parametrize(
        ("annotations", "config"),
        [
            ({f"{AWS}-backend-protocol": "carrots", **CERTIFICATE}, EKS),
            ({**BY_LBC, f"{AWS}-healthcheck-path": "ready", f"{AWS}-healthcheck-protocol": "HTTP"}, EKS),
            ({**BY_LBC, f"{AWS}-alpn-policy": "HTTP2", **CERTIFICATE}, EKS),
            ({f"{HCLOUD}/protocol": "https", f"{HCLOUD}/health-check-http-validate-certificate": "yes"}, HETZNER),
            ({f"{DO}-type": "REGIONAL", f"{DO}-protocol": "bread"}, DIGITALOCEAN),
        ],
    )
    def test_it_is_where_it_is_read(self, annotations: Mapping[str, str], config: Config) -> None:
        assert len(findings(service(annotations), INVALID, config=config)) == 1

    def test_probes_of_azure_are_for_tcp_ports(self) -> None:
        short = {f"{KEY}/azure-load-balancer-health-probe-interval": "4"}
        assert findings(service(short, "ports: [{port: 53, protocol: UDP}]"), INVALID, config=AKS) == []
        assert len(findings(service(short), INVALID, config=AKS)) == 1

    def test_tls_does_not_end_at_a_load_balancer_that_passes_through(self) -> None:
        (found,) = findings(service({f"{DO}-certificate-id": "abc", f"{DO}-protocol": "https"}), IGNORED, config=DIGITALOCEAN)
        assert (found.severity, found.confidence) == ("warning", "medium")
        assert "TLS does not end at the load balancer" in found.why
        assert findings(service({f"{DO}-type": "REGIONAL", f"{DO}-certificate-id": "abc"}), IGNORED, config=DIGITALOCEAN) == []

    def test_the_health_check_of_digitalocean_is_the_controllers_own_without_the_override(self) -> None:
        path = {f"{DO}-type": "REGIONAL", f"{DO}-healthcheck-path": "/up"}
        (found,) = findings(service(path), IGNORED, config=DIGITALOCEAN)
        assert "override-health-check" in found.why
        assert findings(service({**path, f"{DO}-override-health-check": "yes"}), IGNORED, config=DIGITALOCEAN) == []

    def test_a_classic_load_balancer_gets_no_elastic_addresses(self) -> None:
        (found,) = findings(service({f"{AWS}-eip-allocations": "eipalloc-0a"}), IGNORED, config=EKS)
        assert "only for an NLB" in found.why
        assert findings(service({f"{AWS}-type": "nlb", f"{AWS}-eip-allocations": "eipalloc-0a"}), IGNORED, config=EKS) == []

    @pytest.mark.parametrize(
        "annotations",
        [
            {f"{DO}-certificate-id": "abc", f"{DO}-tls-passthrough": "true"},
            {f"{DO}-tls-ports": "8443"},
        ],
    )
    def test_tls_is_checked_for_ports_that_have_it(self, annotations: Mapping[str, str]) -> None:
        stated = {f"{DO}-type": "REGIONAL", **annotations}
        assert findings(service(stated), CONFLICT, config=DIGITALOCEAN) == []
        assert len(findings(service({**stated, f"{DO}-tls-ports": "80"}), CONFLICT, config=DIGITALOCEAN)) == 1


class TestWhatFollows:
    """What a controller does with a value is a fact of its own: refused, ignored, or read as something else."""

    def test_a_blank_before_a_port_leaves_it_without_tls(self) -> None:
        ports = "ports: [{name: a, port: 443}, {name: b, port: 8443}]"
        (found,) = findings(service({**CERTIFICATE, f"{AWS}-ssl-ports": "443, 8443"}, ports), INVALID, config=EKS)
        assert "without TLS" in found.why
        assert "refuses" not in found.why

    @pytest.mark.parametrize(
        ("key", "value", "says"),
        [
            ("attributes", "deletion_protection.enabled", "not key=value"),
            ("attributes", "dns_record.client_routing_policy=nearest", "is not one of"),
            ("target-group-attributes", "preserve_client_ip.enabled=on", "is not one of"),
            ("private-ipv4-addresses", "10.0.0.5, fd00::1", "not an IPv4 address"),
            ("ipv6-addresses", "10.0.0.5", "not an IPv6 address"),
        ],
    )
    def test_maps_and_lists_are_read_as_the_aws_load_balancer_controller_reads_them(self, key: str, value: str, says: str) -> None:
        (found,) = findings(service({**BY_LBC, f"{AWS}-{key}": value}), INVALID, config=EKS)
        assert says in found.label or "not an accepted value" in found.label
        assert "refuses it" in found.why

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("attributes", "deletion_protection.enabled=true, dns_record.client_routing_policy = availability_zone_affinity,"),
            ("target-group-attributes", "preserve_client_ip.enabled=True"),
            ("private-ipv4-addresses", "10.0.0.5, 10.0.1.5"),
        ],
    )
    def test_what_it_takes_is_fine(self, key: str, value: str) -> None:
        assert findings(service({**BY_LBC, f"{AWS}-{key}": value}), INVALID, config=EKS) == []

    @pytest.mark.parametrize(
        ("annotations", "ports", "config", "says"),
        [
            ({}, "ports: [{port: 53, protocol: UDP}]", HETZNER, "no UDP"),
            ({f"{HCLOUD}/certificate-type": "managed"}, "ports: [{port: 443}]", HETZNER, "needs domains"),
            ({f"{HCLOUD}/protocol": "https"}, "ports: [{port: 443}]", HETZNER, "needs a certificate"),
            (BY_LBC, "ports: [{port: 2905, protocol: SCTP}]", EKS, "SCTP"),
            ({}, "ports: [{port: 2905, protocol: SCTP}]", AKS, "SCTP"),
            ({f"{DO}-network": "INTERNAL", f"{DO}-network-stack": "DUALSTACK"}, "ports: [{port: 80}]", DIGITALOCEAN, "IPv4 only"),
            ({f"{DO}-type": "REGIONAL", f"{DO}-http3-port": "443"}, "ports: [{port: 443}]", DIGITALOCEAN, "HTTP/3"),
        ],
    )
    def test_what_cannot_be_together(self, annotations: Mapping[str, str], ports: str, config: Config, says: str) -> None:
        (found,) = findings(service(annotations, ports), CONFLICT, config=config)
        assert says in found.why

    def test_what_can_be_is_silent(self) -> None:
        managed = {
            f"{HCLOUD}/protocol": "https",
            f"{HCLOUD}/certificate-type": "managed",
            f"{HCLOUD}/http-managed-certificate-domains": "a.example",
        }
        assert findings(service(managed), CONFLICT, config=HETZNER) == []
        internal = {f"{KEY}/azure-load-balancer-internal": "true"}
        assert findings(service(internal, "ports: [{port: 2905, protocol: SCTP}]"), CONFLICT, config=AKS) == []

    def test_a_group_that_asks_for_both_is_made_by_nobody(self) -> None:
        def member(name: str, scheme: str) -> str:
            return (
                f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: pay\n  annotations:\n"
                f"    alb.ingress.kubernetes.io/group.name: g\n    alb.ingress.kubernetes.io/scheme: {scheme}\n"
                f"spec: {{ingressClassName: alb, defaultBackend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}\n"
            )

        for first, second, reach in (("internal", "internet-facing", "unknown"), ("internal", "internal", "internal")):
            _, graph = run(member("a", first) + member("b", second), config=EKS)
            assert [exposure_of(one, graph).reach for one in graph.resources] == [reach, reach]


VENDOR = "ingress-vendor-annotation"


def ingress(annotations: Mapping[str, str], class_name: str, spec: str = "") -> str:
    """An Ingress of a class with these annotations; `spec` are further fields in flow style."""
    lines = "".join(f'\n    {key}: "{value}"' for key, value in annotations.items())
    backend = "defaultBackend: {service: {name: till, port: {number: 80}}}"
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: door\n  namespace: pay\n  annotations:{lines}\n"
        f"spec: {{ingressClassName: {class_name}, {backend}{spec}}}\n"
    )


class TestVendorKeysByValue:
    """What replaces a key in Gateway API, and what is lost without it, may depend on its value."""

    TLS = ", tls: [{hosts: [pay.example.org], secretName: pay}]"

    def test_a_termination_that_every_controller_has_is_no_tie(self) -> None:
        edge = {"route.openshift.io/termination": "edge"}
        assert findings(ingress(edge, "openshift-default", self.TLS), VENDOR) == []
        assert len(findings(ingress(edge, "openshift-default"), VENDOR)) == 1
        (found,) = findings(ingress({"route.openshift.io/termination": "reencrypt"}, "openshift-default", self.TLS), VENDOR)
        assert "requests fail" in found.why

    def test_verification_that_is_off_is_what_holds_anyway(self) -> None:
        key, secret = (f"nginx.ingress.kubernetes.io/proxy-ssl-{one}" for one in ("verify", "secret"))
        for value, is_named in (("false", False), ("off", False), ("on", True)):
            (found,) = findings(ingress({key: value, secret: "shop/trust"}, "nginx"), VENDOR)
            assert any(place.message.startswith(f"{key} -> BackendTLSPolicy.spec") for place in found.related) == is_named

    def test_a_rewrite_to_a_url_is_a_redirect(self) -> None:
        key = "nginx.ingress.kubernetes.io/rewrite-target"
        for value, says in (("https://new.example.org/$1", "RequestRedirect"), ("/$1", "URLRewrite")):
            (found,) = findings(ingress({key: value}, "nginx"), VENDOR)
            assert says in found.related[0].message

    def test_a_prefix_of_another_product_has_no_effect(self) -> None:
        text = ingress({"ingress.kubernetes.io/proxy-body-size": "9m"}, "nginx")
        assert findings(text, VENDOR) == []
        (found,) = findings(text, "ingress-annotation-unknown")
        assert "does not read" in found.headline
        assert "`nginx.ingress.kubernetes.io/proxy-body-size`" in found.help


class TestServicesThatAwsLeavesAlone:
    """`external` only tells cloud-provider-aws to keep out."""

    EXTERNAL: ClassVar = {f"{AWS}-type": "external"}

    def test_another_controller_in_the_tree_may_serve_them(self) -> None:
        appliance = workload("quay.io/netscaler/netscaler-k8s-ingress-controller:4.2.20", "args: []")
        assert "load-balancer-unserved" not in rules(service(self.EXTERNAL) + appliance, EKS)

    def test_without_one_no_controller_does(self) -> None:
        assert "load-balancer-unserved" in rules(service(self.EXTERNAL), EKS)


class TestPublicReports:
    """Mistakes that users of the controllers reported, and values that were suspected and are right."""

    def test_a_bandwidth_may_have_its_unit(self) -> None:
        shape = f"{KEY}/oci-load-balancer-shape"
        flexible = {shape: "flexible", f"{shape}-flex-min": "20Mbps", f"{shape}-flex-max": "100"}
        assert findings(service(flexible), INVALID, config=scoped(platform="oci")) == []

    def test_a_domain_that_lost_a_letter_names_the_key_that_was_meant(self) -> None:
        (found,) = findings(service({"cloud.gogle.com/neg": "x"}), "load-balancer-annotation-unknown", config=scoped(platform="gke"))
        assert "`cloud.google.com/neg`" in found.help

    @pytest.mark.parametrize("key", ["loud.example.com/neg", "cloud.google.org/neg", "cloud.gogle.com/nothing"])
    def test_other_domains_are_not_its_business(self, key: str) -> None:
        assert findings(service({key: "x"}), "load-balancer-annotation-unknown", config=scoped(platform="gke")) == []

    def test_as_many_elastic_addresses_as_subnets(self) -> None:
        stated = {f"{AWS}-type": "nlb", f"{AWS}-eip-allocations": "eipalloc-0a,eipalloc-0b"}
        assert len(findings(service({**stated, f"{AWS}-subnets": "subnet-1"}), CONFLICT, config=EKS)) == 1
        assert findings(service({**stated, f"{AWS}-subnets": "subnet-1,subnet-2"}), CONFLICT, config=EKS) == []


POOL = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.4.0.0/28]}\n"


def gateway(class_name: str, infrastructure: str = "{}") -> str:
    """A Gateway of a class; `infrastructure` is its field of that name in flow style."""
    listeners = "listeners: [{name: http, port: 80, protocol: HTTP}]"
    return (
        f"---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: gate, namespace: net}}\n"
        f"spec: {{gatewayClassName: {class_name}, infrastructure: {infrastructure}, {listeners}}}\n"
    )


class TestGatewaysOnASite:
    """A controller makes a Service for a Gateway; outside of a cloud its address comes from a pool."""

    def test_an_address_in_the_infrastructure_of_a_cilium_gateway(self) -> None:
        pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: site}\nspec: {blocks: [{cidr: 10.77.0.0/24}]}\n"
        found = reached(pool + gateway("cilium", '{annotations: {lbipam.cilium.io/ips: "10.77.0.9"}}'), kind="Gateway")
        assert found.reach == "internal"
        assert "10.77.0.9" in found.reason

    def test_annotations_in_the_parameters_of_its_class(self) -> None:
        parameters = (
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: eg}\n"
            "spec:\n  controllerName: gateway.envoyproxy.io/gatewayclass-controller\n"
            "  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: proxy, namespace: net}\n"
            "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: proxy, namespace: net}\n"
            "spec: {provider: {kubernetes: {envoyService: {annotations: {metallb.io/loadBalancerIPs: ADDRESS}}}}}\n"
        )
        for address, reach in (("10.4.0.3", "internal"), ("198.51.100.3", "unknown")):
            assert reached(POOL + parameters.replace("ADDRESS", address) + gateway("eg"), kind="Gateway").reach == reach

    def test_private_pools_without_an_address(self) -> None:
        assert reached(POOL + gateway("eg"), kind="Gateway").reach == "internal"

    def test_nothing_is_known_without_a_pool(self) -> None:
        assert reached(gateway("eg"), kind="Gateway").reach == "unknown"


@pytest.mark.parametrize(
    ("annotations", "config", "severity"),
    [
        ({f"{DO}-healthcheck-healthy-threshold": "11"}, DIGITALOCEAN, "warning"),
        ({f"{DO}-network-stack": "IPV7"}, DIGITALOCEAN, "error"),
        ({f"{HCLOUD}/uses-proxyprotocol": "maybe"}, HETZNER, "error"),
    ],
)
def test_what_only_documentation_says_is_no_error(annotations: Mapping[str, str], config: Config, severity: str) -> None:
    """What a parser does with a value is known from the parser."""
    (found,) = findings(service(annotations), INVALID, config=config)
    assert found.severity == severity
