"""Which cluster, environment and platform a resource belongs to, and why."""

import pytest

from k8slblint.config import Config
from k8slblint.graph.scopes.inference import ScopeInference
from k8slblint.model.places import FilePlace
from k8slblint.model.scope import ClusterSettings, Scope, ScopeSettings
from tests.linting import run

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web%s}\nspec: {ports: [{port: 80}]}\n"


def scope_of(path: str, metadata: str = "", config: Config | None = None, **others: str) -> Scope:
    texts = {path: SERVICE % metadata, **others}
    _, graph = run(texts, config=config)
    (resource,) = [resource for resource in graph.resources if resource.path == path and resource.kind == "Service"]
    return graph.scope(resource)


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("overlays/prod/svc.yaml", "production"),
        ("clusters/eu-prod-1/svc.yaml", "production"),
        ("envs/production/app/svc.yaml", "production"),
        ("live/svc.yaml", "production"),
        ("svc-prod.yaml", "production"),
        ("apps/product/svc.yaml", "unknown"),
        ("apps/products-api/svc.yaml", "unknown"),
        ("reproduction/svc.yaml", "unknown"),
        ("apps/production-line/svc.yaml", "unknown"),
        ("overlays/non-prod/svc.yaml", "development"),
        ("overlays/nonprod/svc.yaml", "development"),
        ("overlays/pre-prod/svc.yaml", "staging"),
        ("overlays/staging/svc.yaml", "staging"),
        ("overlays/dev/svc.yaml", "development"),
        ("tests/e2e/svc.yaml", "test"),
        ("clusters/test-1/svc.yaml", "test"),
        ("oss-test-infra/prow/svc.yaml", "unknown"),
        ("latest/svc.yaml", "unknown"),
        ("deploy/kind/svc.yaml", "local"),
        ("hack/minikube/svc.yaml", "local"),
        ("k3d-demo/svc.yaml", "local"),
        ("shop/local-environment/svc.yaml", "local"),
        ("testenv/nightly/svc.yaml", "test"),
        ("shop-testenv/svc.yaml", "test"),
        ("ci/e2e/svc.yaml", "test"),
        ("kind-of-blue/svc.yaml", "unknown"),
        ("svc.yaml", "unknown"),
    ],
)
def test_environment_is_read_off_the_path_by_whole_words(path: str, environment: str) -> None:
    assert scope_of(path).environment == environment


def test_environment_of_a_namespace_and_of_its_labels() -> None:
    assert scope_of("svc.yaml", ", namespace: shop-production").environment == "production"
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {environment: staging}}\n"
    assert scope_of("svc.yaml", ", namespace: shop", **{"ns.yaml": namespace}).environment == "staging"
    assert scope_of("svc.yaml", ", labels: {env: prd}").environment == "production"


@pytest.mark.parametrize(
    ("metadata", "environment"),
    [
        ("labels: {environment: development}", "development"),
        ("labels: {app.kubernetes.io/environment: prod}", "production"),
        ("labels: {tags.datadoghq.com/env: eu-staging}", "staging"),
        ("labels: {tier: production}", "production"),
        ("labels: {tier: frontend}", "unknown"),
        ("labels: {stage: dev-tools}", "unknown"),
        ("annotations: {environment: qa}", "development"),
        ("labels: {env: ''}", "unknown"),
        ("labels: {kubernetes.io/minikube-addons: board}", "local"),
    ],
)
def test_environment_of_labels_and_annotations(metadata: str, environment: str) -> None:
    assert scope_of("svc.yaml", f", {metadata}").environment == environment


def test_evidence_that_disagrees_is_unknown_and_says_so() -> None:
    scope = scope_of("clusters/prod/svc.yaml", ", namespace: team-dev")
    assert scope.environment == "unknown"
    assert "disagrees" in " ".join(scope.reasons)


def test_options_win_over_configuration_which_wins_over_the_path() -> None:
    cluster = ClusterSettings("east", ("overlays/prod",), environment="staging", platform="gke", kubernetes_version="1.33")
    configured = scope_of("overlays/prod/svc.yaml", config=Config(scopes=ScopeSettings(clusters=(cluster,))))
    assert (configured.cluster, configured.environment, configured.platform, configured.division) == ("east", "staging", "gke", "stated")
    assert configured.kubernetes_version == "1.33"
    option = ScopeSettings(clusters=(cluster,), environment="ci", platform="aks", kubernetes_version="1.35")
    overruled = scope_of("overlays/prod/svc.yaml", config=Config(scopes=option))
    assert (overruled.environment, overruled.platform, overruled.kubernetes_version) == ("ci", "aks", "1.35")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("clusters/a/x/svc.yaml", "clusters/a/y/svc.yaml", True),
        ("clusters/a/svc.yaml", "clusters/b/svc.yaml", False),
        ("app/overlays/east/svc.yaml", "app/overlays/west/svc.yaml", False),
        ("apps/one/svc.yaml", "apps/two/svc.yaml", True),
        ("docs/examples/one/svc.yaml", "docs/examples/two/svc.yaml", False),
        ("configsamples/one/svc.yaml", "configsamples/two/svc.yaml", False),
        ("k8s/svc.yaml", "k8s/archived_20250818/svc.yaml", False),
        ("k8s/svc.yaml", "k8s/old/svc.yaml", False),
        ("k8s/svc.yaml", "k8s/.history/svc_20230821132756.yaml", False),
        ("k8s/svc.yaml", "k8s/archivebox/svc.yaml", True),
        ("k8s/svc.yaml", "k8s/old-town-bank/svc.yaml", True),
    ],
)
def test_clusters_are_told_apart_by_folders(one: str, other: str, *, same: bool) -> None:
    _, graph = run({one: SERVICE % "", other: SERVICE % ""})
    first, second = (graph.scope(resource).cluster for resource in graph.resources)
    assert (first == second) is same


def test_platform_by_path_annotation_and_kinds_of_the_cluster() -> None:
    assert scope_of("provider/aws/svc.yaml").platform == "eks"
    assert scope_of("bare-metal/svc.yaml").platform == "bare-metal"
    pool = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.0.0.0/24]}\n"
    assert scope_of("svc.yaml", **{"pool.yaml": pool}).platform == "bare-metal"
    azure = ', annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}'
    assert scope_of("svc.yaml", azure).platform == "aks"
    assert scope_of("svc.yaml", azure, **{"pool.yaml": pool}).platform == "unknown"
    assert scope_of("svc.yaml").platform == "unknown"


def test_words_of_the_code_layout_count_below_the_scanned_folder_only() -> None:
    assert scope_of("tests/svc.yaml").environment == "test"
    place = ScopeInference((), {"tests/prod/svc.yaml": FilePlace("svc.yaml", "svc.yaml", above="tests/prod/")}, ScopeSettings())
    (resource,) = run({"tests/prod/svc.yaml": SERVICE % ""})[1].resources
    assert place.scope(resource).environment == "production"


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("tests/fixtures/prod/svc.yaml", "test"),
        ("live-chat/svc.yaml", "unknown"),
        ("video-production/svc.yaml", "unknown"),
        ("local-storage/svc.yaml", "unknown"),
        ("prod1/svc.yaml", "production"),
        ("clusters/shop-prod01/svc.yaml", "production"),
        ("clusters/prod/dev-proxy.yaml", "production"),
        ("clusters/prod/apps/dev-portal/svc.yaml", "production"),
        ("eu-prod-1/dev-tools/svc.yaml", "unknown"),
    ],
)
def test_words_that_are_only_a_part_of_a_name(path: str, environment: str) -> None:
    assert scope_of(path).environment == environment
