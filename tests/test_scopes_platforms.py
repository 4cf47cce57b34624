"""For which files evidence of a platform holds: what is deployed together, and never the twin, the sample or the cloud next door."""

import pytest

from k8slblint.catalog.platforms import canonical_platform
from k8slblint.config import Config, options_over
from k8slblint.model.errors import UsageError
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.linting import run

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s%s}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
PLAIN = SERVICE % ("plain", "")
EKS = SERVICE % ("paid", ", annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internal}")
GKE = SERVICE % ("paid", ', annotations: {cloud.google.com/neg: "{}"}')
POOL = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: rack}\nspec: {addresses: [10.9.0.0/24]}\n"


def platforms(files: dict[str, str]) -> dict[str, str]:
    _, graph = run(files)
    return {resource.path: graph.scope(resource).platform for resource in graph.resources}


def test_an_annotation_holds_for_an_undivided_project_that_names_no_other_platform() -> None:
    assert platforms({"web/svc.yaml": PLAIN, "pay/svc.yaml": EKS}) == {"web/svc.yaml": "eks", "pay/svc.yaml": "eks"}


@pytest.mark.parametrize("other", ["azure/svc.yaml", "site-baremetal/svc.yaml", "install/anthos/svc.yaml", "oci/svc.yaml"])
def test_an_annotation_says_nothing_where_a_path_names_another_platform(other: str) -> None:
    found = platforms({"web/svc.yaml": PLAIN, "pay/svc.yaml": EKS, other: SERVICE % ("more", "")})
    assert (found["web/svc.yaml"], found["pay/svc.yaml"]) == ("unknown", "eks")
    assert found[other] != "eks"


def test_an_annotation_says_nothing_about_another_cluster() -> None:
    found = platforms({"clusters/east/svc.yaml": EKS, "clusters/east/web.yaml": PLAIN, "clusters/west/svc.yaml": PLAIN})
    assert found == {"clusters/east/svc.yaml": "eks", "clusters/east/web.yaml": "eks", "clusters/west/svc.yaml": "unknown"}


def test_a_controller_of_a_project_tells_its_clusters_unless_something_names_another_platform() -> None:
    files = {"infra/pool.yaml": POOL, "clusters/east/svc.yaml": PLAIN}
    assert platforms(files)["clusters/east/svc.yaml"] == "bare-metal"
    assert platforms({**files, "clusters/west/svc.yaml": EKS})["clusters/east/svc.yaml"] == "unknown"


def test_samples_take_no_evidence_from_outside_and_give_none() -> None:
    found = platforms({"examples/one/svc.yaml": EKS, "examples/two/svc.yaml": PLAIN, "deploy/svc.yaml": PLAIN})
    assert found == {"examples/one/svc.yaml": "eks", "examples/two/svc.yaml": "unknown", "deploy/svc.yaml": "unknown"}
    assert platforms({"examples/one/svc.yaml": PLAIN, "deploy/pool.yaml": POOL})["examples/one/svc.yaml"] == "unknown"


def test_evidence_of_one_alternative_says_nothing_about_its_twins() -> None:
    paid = SERVICE % ("paid", "")
    found = platforms(
        {"service/cloud.yaml": EKS, "service/plain.yaml": paid, "service/ports.yaml": paid.replace("LoadBalancer", "NodePort")}
    )
    assert found == {"service/cloud.yaml": "eks", "service/plain.yaml": "unknown", "service/ports.yaml": "unknown"}


def test_a_folder_called_like_a_cloud_may_be_of_another_one_than_the_rest() -> None:
    found = platforms({"ci/svc.yaml": GKE, "ci/oci/svc.yaml": PLAIN})
    assert found == {"ci/svc.yaml": "gke", "ci/oci/svc.yaml": "unknown"}


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("aws", "eks"),
        ("EKS", "eks"),
        ("gcp", "gke"),
        ("azure", "aks"),
        ("k3s", "bare-metal"),
        ("talos", "bare-metal"),
        ("kind", "bare-metal"),
        ("baremetal", "bare-metal"),
        ("bare_metal", "bare-metal"),
        ("unknown", "unknown"),
        ("openshift", "openshift"),
        ("okd", "openshift"),
        ("minitel", None),
    ],
)
def test_platforms_are_known_by_the_words_for_them(name: str, platform: str | None) -> None:
    assert canonical_platform(name) == platform


def test_options_and_configuration_state_platforms_by_any_of_their_names() -> None:
    cluster = ClusterSettings("rack", ("rack",), platform="k3s")
    scopes = options_over(Config(scopes=ScopeSettings(clusters=(cluster,))), platform="aws").scopes
    assert (scopes.platform, scopes.clusters[0].platform) == ("eks", "bare-metal")


def test_an_unknown_platform_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError, match="did you mean 'openshift'"):
        options_over(Config(), platform="openshif")


ROUTE = "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\nspec: {to: {kind: Service, name: web}}\n"


def test_a_distribution_is_told_and_leaves_the_provider_open() -> None:
    _, graph = run({"svc.yaml": PLAIN, "route.yaml": ROUTE})
    (service,) = graph.of_type("Service")
    assert (graph.scope(service).platform, graph.scope(service).provider) == ("openshift", "unknown")


@pytest.mark.parametrize(
    "files", [{"svc.yaml": EKS, "route.yaml": ROUTE}, {"openshift/aws/svc.yaml": PLAIN}, {"aws/openshift/svc.yaml": PLAIN}]
)
def test_a_provider_wins_over_the_distribution_that_runs_on_it(files: dict[str, str]) -> None:
    assert set(platforms(files).values()) <= {"eks"}


def test_evidence_in_a_folder_called_like_its_platform_says_nothing_about_what_is_beside_it() -> None:
    certificate = "apiVersion: networking.gke.io/v1\nkind: ManagedCertificate\nmetadata: {name: c}\nspec: {domains: [a.example]}\n"
    told = platforms({"providers/gke/cert.yaml": certificate, "web/svc.yaml": PLAIN, "providers/gke/web/svc.yaml": PLAIN})
    assert told["web/svc.yaml"] == "unknown"
    assert told["providers/gke/web/svc.yaml"] == "gke"
    assert platforms({"certs/cert.yaml": certificate, "web/svc.yaml": PLAIN})["web/svc.yaml"] == "gke"


CERTIFICATE = "apiVersion: networking.gke.io/v1\nkind: ManagedCertificate\nmetadata: {name: c}\nspec: {domains: [a.example]}\n"


def test_a_cluster_that_is_called_like_its_platform_says_nothing_of_the_others() -> None:
    files = {"clusters/gcp/cert.yaml": CERTIFICATE, "clusters/yard/svc.yaml": PLAIN}
    assert platforms(files) == {"clusters/gcp/cert.yaml": "gke", "clusters/yard/svc.yaml": "unknown"}
    other = {path.replace("gcp", "port"): text for path, text in files.items()}
    assert platforms(other)["clusters/yard/svc.yaml"] == "gke"


PROXY = """\
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: edge}
spec: {provider: {type: Kubernetes, kubernetes: {envoyService: {annotations: {%s: internal}}}}}
"""


def test_annotations_of_a_service_that_a_gateway_gets_are_evidence() -> None:
    found = platforms({"proxy.yaml": PROXY % "service.cloud.tencent.com/pass-to-target", "svc.yaml": PLAIN})
    assert found["svc.yaml"] == "tencent"


@pytest.mark.parametrize(
    ("key", "platform"),
    [
        ("service.beta.kubernetes.io/ksc-loadbalancer-type", "unknown"),
        ("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "unknown"),
        ("service.beta.kubernetes.io/aws-loadbalancer-scheme", "gke"),
        ("service.beta.kubernetes.io/internal-load-balancer-only", "gke"),
        ("service.beta.kubernetes.io/load-balancer-source-ranges", "gke"),
        ("example.com/ksc-loadbalancer-type", "gke"),
    ],
)
def test_a_provider_that_is_not_known_is_no_other(key: str, platform: str) -> None:
    files = {"certs/cert.yaml": CERTIFICATE, "clusters/yard/svc.yaml": SERVICE % ("edge", f", annotations: {{{key}: a}}")}
    assert platforms(files)["clusters/yard/svc.yaml"] == platform
    assert platforms({**files, "clusters/yard/web.yaml": PLAIN})["clusters/yard/web.yaml"] == platform


DISK = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: %s\n"
PINNED = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: example.com/web}], %s}\n"
)
SELECTED = PINNED % "nodeSelector: {%s: batch}"
REQUIRED = PINNED % (
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
    "{nodeSelectorTerms: [{matchExpressions: [{key: cloud.google.com/gke-nodepool, operator: %s, values: [batch]}]}]}}}"
)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        (DISK % "kubernetes.io/aws-ebs", "eks"),
        (DISK % "ebs.csi.eks.amazonaws.com", "eks"),
        (DISK % "pd.csi.storage.gke.io", "gke"),
        (DISK % "disk.csi.azure.com", "aks"),
        (DISK % "csi.hetzner.cloud", "hetzner"),
        (DISK % "rancher.io/local-path", "unknown"),
        (DISK % "[a, b]", "unknown"),
        (SELECTED % "eks.amazonaws.com/nodegroup", "eks"),
        (SELECTED % "kubernetes.azure.com/agentpool", "aks"),
        (SELECTED % "kubernetes.io/os", "unknown"),
        (REQUIRED % "In", "gke"),
        (REQUIRED % "NotIn", "unknown"),
    ],
)
def test_disks_and_nodes_tell_the_platform_where_nothing_else_does(text: str, platform: str) -> None:
    assert platforms({"k8s/nodes.yaml": text, "k8s/web/svc.yaml": PLAIN})["k8s/web/svc.yaml"] == platform
    assert platforms({"k8s/nodes.yaml": text, "k8s/web/svc.yaml": PLAIN, "k8s/pool.yaml": POOL})["k8s/web/svc.yaml"] == "bare-metal"


def test_disks_say_nothing_about_another_cluster_or_another_part_of_a_tree() -> None:
    found = platforms(
        {"clusters/east/disk.yaml": DISK % "ebs.csi.aws.com", "clusters/east/svc.yaml": PLAIN, "clusters/west/svc.yaml": PLAIN}
    )
    assert (found["clusters/east/svc.yaml"], found["clusters/west/svc.yaml"]) == ("eks", "unknown")
    assert platforms({"one/disk.yaml": DISK % "ebs.csi.aws.com", "two/svc.yaml": PLAIN})["two/svc.yaml"] == "unknown"


def test_disks_of_two_clouds_say_nothing() -> None:
    both = DISK % "ebs.csi.aws.com" + "---\n" + (DISK % "pd.csi.storage.gke.io").replace("fast", "slow")
    assert platforms({"k8s/disk.yaml": both, "k8s/svc.yaml": PLAIN})["k8s/svc.yaml"] == "unknown"
