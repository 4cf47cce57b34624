"""What a change does to a load balancer that is there, by provider: replaced, ignored, released, widened, each row with its source."""

import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.linting import findings, scoped
from tests.test_cli import call
from tests.texts import words_of

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
BETA = "service.beta.kubernetes.io/"
GKE = "networking.gke.io/"
HETZNER = "load-balancer.hetzner.cloud/"

LBC = "kubernetes-sigs/aws-load-balancer-controller 225f4456 pkg/deploy/elbv2/load_balancer_synthesizer.go"
LBC_BUILD = "kubernetes-sigs/aws-load-balancer-controller 225f4456 pkg/deploy/elbv2/load_balancer_manager.go"
CCM = "kubernetes/cloud-provider-aws 63ec440c pkg/providers/v1/aws_loadbalancer.go (the scheme is not changed, TODO in the code)"
GCP = "kubernetes/cloud-provider-gcp 4e245312 providers/gce/gce_loadbalancer.go EnsureLoadBalancer"
GCE = "kubernetes/ingress-gce acbcf5d6 pkg/l4"
AZURE = "kubernetes-sigs/cloud-provider-azure 7b31c76c pkg/provider/azure_loadbalancer.go reconcileService"
DO = "digitalocean-cloud-controller-manager docs/controllers/services/annotations.md"
HCLOUD = "hcloud-cloud-controller-manager internal/annotation/load_balancer.go"
ALIBABA = "cloud-provider-alibaba-cloud eeb0ddc6 pkg/controller/service/clbv1/loadbalancer.go"
OCI = "oci-cloud-controller-manager docs/load-balancer-annotations.md"
METALLB = "metallb/metallb 7938d3f8 controller/service.go"
SCALEWAY = "scaleway-cloud-controller-manager docs/loadbalancer-annotations.md"
OVH = "ovh/docs managed_kubernetes, migrate the class of a load balancer"
LINODE = "linode-cloud-controller-manager docs/configuration/annotations.md"

REPLACED, IGNORED, WIDENED = "load-balancer-replaced", "load-balancer-change-ignored", "exposure-widened"
RULES = {REPLACED, IGNORED, WIDENED, "load-balancer-released"}


class Row(NamedTuple):
    """A change of the annotations of a load balancer, and the rules that speak of it."""

    before: dict[str, str]
    after: dict[str, str]
    rules: set[str]
    source: str
    load_balancer_class: str | None = None
    platform: str = ""


NLB = "service.k8s.aws/nlb"
EXTERNAL = {f"{AWS}type": "external", f"{AWS}nlb-target-type": "ip"}

ROWS = [
    # AWS Load Balancer Controller
    Row({f"{AWS}scheme": "internal"}, {f"{AWS}scheme": "internet-facing"}, {REPLACED, WIDENED}, LBC, NLB),
    Row({}, {f"{AWS}scheme": "internet-facing"}, {REPLACED, WIDENED}, LBC, NLB),
    Row({f"{AWS}scheme": "internet-facing"}, {f"{AWS}scheme": "internal"}, {REPLACED}, LBC, NLB),
    Row({}, {f"{AWS}scheme": "internal"}, set(), LBC, NLB),
    Row({f"{AWS}internal": "true"}, {f"{AWS}scheme": "internal"}, set(), LBC, NLB),
    Row({f"{AWS}internal": "true"}, {f"{AWS}internal": "T"}, set(), LBC, NLB),
    Row({f"{AWS}internal": "true"}, {f"{AWS}internal": "0"}, {REPLACED, WIDENED}, LBC, NLB),
    Row({f"{AWS}name": "a"}, {f"{AWS}name": "b"}, {IGNORED}, LBC_BUILD, NLB),
    Row({**EXTERNAL, f"{AWS}eip-allocations": "a"}, {**EXTERNAL, f"{AWS}eip-allocations": "b"}, {IGNORED}, LBC_BUILD),
    Row({**EXTERNAL, f"{AWS}subnets": "a"}, {**EXTERNAL, f"{AWS}subnets": "b"}, set(), LBC_BUILD),
    Row(EXTERNAL, {**EXTERNAL, f"{AWS}nlb-target-type": "instance"}, set(), "only the target group is replaced"),
    # cloud-provider-aws
    Row({f"{AWS}type": "nlb"}, {f"{AWS}type": "nlb", f"{AWS}internal": "true"}, {IGNORED}, CCM),
    Row({f"{AWS}type": "nlb", f"{AWS}internal": "true"}, {f"{AWS}type": "nlb"}, {IGNORED, WIDENED}, CCM),
    Row({f"{AWS}type": "nlb", f"{AWS}internal": "false"}, {f"{AWS}type": "nlb"}, set(), CCM),
    Row({f"{AWS}type": "nlb"}, {f"{AWS}type": "nlb", f"{AWS}scheme": "internal"}, set(), "cloud-provider-aws does not read it"),
    # Google
    Row({f"{GKE}load-balancer-type": "Internal"}, {}, {REPLACED, WIDENED}, GCP, None, "gke"),
    Row({f"{GKE}load-balancer-type": "Internal"}, {"cloud.google.com/load-balancer-type": "Internal"}, set(), GCP),
    Row({f"{GKE}load-balancer-type": "Internal"}, {f"{GKE}load-balancer-type": "INTERNAL"}, {REPLACED, WIDENED}, GCP),
    Row({f"{GKE}load-balancer-type": "internal"}, {f"{GKE}load-balancer-type": "Internal"}, set(), GCP),
    Row({"cloud.google.com/network-tier": "Standard"}, {"cloud.google.com/network-tier": "Premium"}, {REPLACED}, GCP),
    Row({f"{GKE}load-balancer-ip-addresses": "a"}, {f"{GKE}load-balancer-ip-addresses": "b"}, {REPLACED}, GCE),
    # Azure
    Row({f"{BETA}azure-load-balancer-internal": "true"}, {}, {REPLACED, WIDENED}, AZURE, None, "aks"),
    Row({}, {f"{BETA}azure-load-balancer-internal": "true"}, {REPLACED}, AZURE, None, "aks"),
    Row({f"{BETA}azure-load-balancer-internal": "true"}, {f"{BETA}azure-load-balancer-internal": "True"}, {REPLACED, WIDENED}, AZURE),
    Row({f"{BETA}azure-load-balancer-internal": "false"}, {f"{BETA}azure-load-balancer-internal": "no"}, set(), AZURE),
    # others
    Row({f"{BETA}do-loadbalancer-ip": "1.2.3.4"}, {f"{BETA}do-loadbalancer-ip": "1.2.3.5"}, {IGNORED}, DO),
    Row(
        {"load-balancer.hetzner.cloud/network-zone": "eu-central"},
        {"load-balancer.hetzner.cloud/network-zone": "us-east"},
        {IGNORED},
        HCLOUD,
    ),
    Row(
        {f"{BETA}alibaba-cloud-loadbalancer-address-type": "intranet"},
        {f"{BETA}alibaba-cloud-loadbalancer-address-type": "internet"},
        {IGNORED, WIDENED},
        ALIBABA,
    ),
    Row(
        {f"{BETA}alicloud-loadbalancer-address-type": "intranet"},
        {f"{BETA}alibaba-cloud-loadbalancer-address-type": "intranet"},
        set(),
        ALIBABA,
    ),
    Row({f"{BETA}oci-load-balancer-internal": "true"}, {f"{BETA}oci-load-balancer-internal": "false"}, {IGNORED, WIDENED}, OCI),
    Row({"metallb.io/address-pool": "a"}, {"metallb.io/address-pool": "b"}, {REPLACED}, METALLB),
    Row({"metallb.universe.tf/address-pool": "a"}, {"metallb.io/address-pool": "a"}, set(), METALLB),
    Row({f"{BETA}scw-loadbalancer-ip-ids": "a"}, {f"{BETA}scw-loadbalancer-ip-ids": "b"}, {REPLACED}, SCALEWAY),
    Row({"loadbalancer.ovhcloud.com/class": "iolb"}, {"loadbalancer.ovhcloud.com/class": "octavia"}, {REPLACED}, OVH),
    Row({f"{BETA}linode-loadbalancer-throttle": "4"}, {f"{BETA}linode-loadbalancer-throttle": "5"}, set(), "what it does is not verified"),
    Row(
        {f"{BETA}vultr-loadbalancer-protocol": "tcp"}, {f"{BETA}vultr-loadbalancer-protocol": "http"}, set(), "what it does is not verified"
    ),
]


def service(
    annotations: dict[str, str], service_type: str = "LoadBalancer", load_balancer_class: str | None = None, name: str = "web"
) -> str:
    lines = ["apiVersion: v1", "kind: Service", "metadata:", f"  name: {name}"]
    lines += ["  annotations:", *(f"    {key}: '{value}'" for key, value in annotations.items())] if annotations else []
    lines += ["spec:", f"  type: {service_type}", f"  selector: {{app: {name[:3]}}}", "  ports: [{port: 80}]"]
    lines += [f"  loadBalancerClass: {load_balancer_class}"] if load_balancer_class else []
    return "\n".join(lines) + "\n"


def fired(before: str, after: str, **scope: str) -> set[str]:
    return {finding.rule for finding in findings(after, before=before, config=scoped(**scope))} & RULES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.before}-{row.after}")
def test_change(row):
    before, after = (service(one, load_balancer_class=row.load_balancer_class) for one in (row.before, row.after))
    assert fired(before, after, **({"platform": row.platform} if row.platform else {})) == row.rules, row.source


@pytest.mark.parametrize("row", [row for row in ROWS if row.rules], ids=lambda row: f"{row.before}-{row.after}")
def test_no_change_no_finding_and_creation_is_none(row):
    after = service(row.after, load_balancer_class=row.load_balancer_class)
    scope = {"platform": row.platform} if row.platform else {}
    assert fired(after, after, **scope) == set()
    assert fired("", after, **scope) == set()


@pytest.mark.parametrize("environment", ["test", "ci", "local", "development"])
def test_nobody_depends_on_addresses_outside_of_production(environment):
    assert fired(service({}), service({}, "ClusterIP"), platform="gke", environment=environment) == set()


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({f"{BETA}linode-loadbalancer-preserve": "true"}, "keeps the load balancer"),
        ({f"{BETA}linode-loadbalancer-throttle": "4"}, "the address may go to another user"),
    ],
)
def test_what_is_kept_on_purpose_is_said(annotations, said):
    (finding,) = findings(service(annotations, "ClusterIP"), "load-balancer-released", before=service(annotations), config=scoped())
    assert said in words_of(finding)


def test_what_a_controller_serves_as_another_type_too_is_not_released():
    after = service(EXTERNAL, "NodePort")
    assert fired(service(EXTERNAL), after) == set()


ALB = "kubernetes.io/ingress.class: alb"

INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, annotations: {{{annotations}}}}}
spec:
  ingressClassName: {name}
  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}
"""


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (("alb", ""), ("alb", "alb.ingress.kubernetes.io/scheme: internet-facing"), {REPLACED, WIDENED}),
        (("alb", ""), ("alb", "alb.ingress.kubernetes.io/group.name: shared"), {REPLACED}),
        (("alb", ALB), ("alb", f"{ALB}, alb.ingress.kubernetes.io/load-balancer-name: shared"), {IGNORED}),
        (("alb", ""), ("traefik", ""), {REPLACED}),
        (("traefik", ""), ("traefik", "traefik.ingress.kubernetes.io/router.entrypoints: web"), set()),
        (("nobody-knows", ""), ("traefik", ""), set()),
    ],
)
def test_change_of_an_ingress(before, after, rules):
    texts = [INGRESS.format(name=name, annotations=annotations) for name, annotations in (before, after)]
    assert fired(*texts, platform="eks") == rules


PARAMS = """---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: edge}}
spec:
  controller: ingress.k8s.aws/alb
  parameters: {{apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: edge}}
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {{name: edge}}
spec: {{scheme: {scheme}}}
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path, files: dict[str, str]) -> None:
    git(folder, "init", "-q")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "before")


def scanned(folder: Path) -> list[dict[str, Any]]:
    import json

    result = call("scan", str(folder), "--against", "HEAD", "--format", "json", "--exit-zero", "--platform", "eks")
    return [finding for finding in json.loads(result.stdout)["findings"] if finding["rule"] in RULES]


def test_the_scheme_of_class_parameters_is_told_where_it_changes_and_names_the_ingresses_that_move(tmp_path: Path) -> None:
    """Only the parameters change; the Ingress stands in a file that does not."""
    ingress = INGRESS.format(name="edge", annotations="")
    committed(tmp_path, {"ingress.yaml": ingress, "class.yaml": PARAMS.format(scheme="internal")})
    (tmp_path / "class.yaml").write_text(PARAMS.format(scheme="internet-facing"), encoding="utf-8")
    found = scanned(tmp_path)
    assert {finding["rule"] for finding in found} == {REPLACED, WIDENED}
    assert {Path(finding["location"]["path"]).name for finding in found} == {"class.yaml"}
    assert all(Path(finding["related"][-1]["location"]["path"]).name == "ingress.yaml" for finding in found)


def test_neighbours_that_did_not_change_tell_the_owner_before(tmp_path: Path) -> None:
    pool = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.0.0.0/24]}\n"
    committed(tmp_path, {"pool.yaml": pool, "web.yaml": service({"metallb.io/address-pool": "p"})})
    (tmp_path / "web.yaml").write_text(service({"metallb.io/address-pool": "q"}), encoding="utf-8")
    assert [finding["rule"] for finding in scanned_on(tmp_path, "bare-metal")] == [REPLACED]


def scanned_on(folder: Path, platform: str) -> list[dict[str, Any]]:
    import json

    result = call("scan", str(folder), "--against", "HEAD", "--format", "json", "--exit-zero", "--platform", platform)
    return [finding for finding in json.loads(result.stdout)["findings"] if finding["rule"] in RULES]


def test_a_file_that_is_deleted_releases_what_stood_in_it(tmp_path: Path) -> None:
    committed(tmp_path, {"web.yaml": service({}), "api.yaml": service({}, "ClusterIP", name="api")})
    (tmp_path / "web.yaml").unlink()
    (finding,) = scanned(tmp_path)
    assert (finding["rule"], finding["resource"]["name"]) == ("load-balancer-released", "web")
    assert finding["location"]["path"].endswith("web.yaml")


def test_a_service_that_is_gone_from_a_file_stands_at_its_first_line(tmp_path: Path) -> None:
    committed(tmp_path, {"all.yaml": service({}, "ClusterIP", name="api") + "---\n" + service({})})
    (tmp_path / "all.yaml").write_text(service({}, "ClusterIP", name="api"), encoding="utf-8")
    (finding,) = scanned(tmp_path)
    assert (finding["rule"], finding["location"]["line"]) == ("load-balancer-released", 1)


def test_a_service_that_moved_to_another_file_is_not_released(tmp_path: Path) -> None:
    committed(tmp_path, {"a.yaml": service({}), "b.yaml": service({}, "ClusterIP", name="api")})
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "b.yaml").write_text(service({}, "ClusterIP", name="api") + "---\n" + service({}), encoding="utf-8")
    assert scanned(tmp_path) == []


def test_a_file_that_cannot_be_read_any_more_releases_nothing(tmp_path: Path) -> None:
    committed(tmp_path, {"a.yaml": service({})})
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web\n", encoding="utf-8")
    assert scanned(tmp_path) == []
