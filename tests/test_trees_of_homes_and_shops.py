"""Trees of home labs and of applications that are really deployed: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path, *options: str) -> set[str]:
    return {one["rule"] for one in Tree(files, folder).report(*options)["findings"]}


KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [%s]\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec: {%sprune: true, interval: 1h, sourceRef: {kind: GitRepository, name: %s}}
"""
CRDS = """\
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: gateway-definitions, namespace: flux-system}
spec: {interval: 1h, url: https://git.example.com/gateway-definitions, ref: {tag: v1.2.1}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec: {chartRef: {kind: OCIRepository, name: web}}
"""


@pytest.mark.parametrize(("path", "is_told"), [("apps/web/app", False), ("apps/web/tools", True)])
def test_a_folder_that_no_deployer_reaches_may_lack_files(folder: Path, path: str, is_told: bool) -> None:
    files = {
        "flux/cluster.yaml": FLUX % ("cluster", "path: ./apps, ", "flux-system"),
        "flux/crds.yaml": FLUX % ("definitions", "", "gateway-definitions") + CRDS,
        "apps/kustomization.yaml": KUSTOMIZATION % "web/ks.yaml, db/ks.yaml, mail/ks.yaml",
        **{f"apps/{one}/ks.yaml": FLUX % (one, f"path: ./apps/{one}/app, ", "flux-system") for one in ("db", "mail")},
        **{f"apps/{one}/app/{one}.yaml": service(one, "ports: [{port: 80}]") for one in ("db", "mail")},
        "apps/web/ks.yaml": FLUX % ("web", f"path: ./{path}, ", "flux-system"),
        "apps/web/app/web.yaml": service("web", "ports: [{port: 80}]"),
        "apps/web/tools/kustomization.yaml": KUSTOMIZATION % "secret.sops.yaml, release.yaml, tools.yaml",
        "apps/web/tools/release.yaml": RELEASE,
        "apps/web/tools/tools.yaml": service("tools", "ports: [{port: 80}]"),
    }
    assert ("render-failed" in rules(files, folder)) is is_told


CHART = {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}


@pytest.mark.parametrize(
    ("template", "is_told"),
    [
        ("{{ .Values.network.range }}", False),
        ("{{ len .Values.applications }}", False),
        ('{{ required "say which" .Values.app }}', False),
        ("web:{{ .Values.tag }}", False),
        ("{{ .Values.app", True),
        ("{{ .Values.app | sprout }}", True),
    ],
)
def test_a_chart_that_needs_values_of_whoever_deploys_it_is_not_broken(folder: Path, template: str, is_told: bool) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n  selector:\n    app: "
    files = {**CHART, "charts/web/templates/web.yaml": f"{text}{template}\n"}
    assert ("render-failed" in rules(files, folder)) is is_told


TALOS = """\
clusterName: home
endpoint: https://10.9.0.5:6443
nodes:
"""
NODE = """\
  - hostname: node%d
    ipAddress: 10.9.0.1%d
    controlPlane: true
    networkInterfaces:
      - interface: lo
        addresses:
          - %s/32
"""
CILIUM_POOL = """\
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: home}
spec: {blocks: [{cidr: 10.9.7.0/24}]}
---
"""


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("10.9.7.99", {"external-ips", "metallb-pool-overlaps-network"}),
        ("10.9.7.98", {"external-ips", "metallb-pool-overlaps-node"}),
    ],
)
def test_an_address_that_several_machines_have_is_of_none_of_them(folder: Path, second: str, told: set[str]) -> None:
    files = {
        "talos/talconfig.yaml": TALOS + NODE % (1, 1, "10.9.7.99") + NODE % (2, 2, second),
        "apps/pool.yaml": CILIUM_POOL + service("web", "ports: [{port: 80}], externalIPs: [10.9.7.99]") + workload("web"),
    }
    found = Tree(files, folder).report()["findings"]
    assert {one["rule"] for one in found} == told
    (claimed,) = (one["headline"] for one in found if one["rule"] == "external-ips")
    assert ("of node" in claimed) is (second != "10.9.7.99")


NODE_PORT = "type: NodePort, ports: [{port: 80, nodePort: 30080}]"


@pytest.mark.parametrize(
    ("former", "is_told"),
    [("web-old", False), ("web.bak", False), ("old_web", False), ("web-backup", True), ("shop-old", True), ("old-town", True)],
)
def test_a_folder_that_another_took_the_place_of_is_not_deployed(folder: Path, former: str, is_told: bool) -> None:
    files = {
        "k8s/web/web.yaml": service("web", "ports: [{port: 80}]") + workload("web"),
        f"k8s/{former}/web.yaml": service("web", NODE_PORT, "other") + workload("web", namespace="other"),
    }
    assert ("node-port-in-production" in rules(files, folder)) is is_told


LIVE = """\
- apiVersion: v1
  kind: Service
  metadata: {name: %s, namespace: shop, uid: 9b7c, resourceVersion: "17"}
  spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30099}]}
"""


@pytest.mark.parametrize(("name", "is_told"), [("web", False), ("other", True)])
def test_a_list_of_live_objects_beside_their_manifests_is_a_copy(folder: Path, name: str, is_told: bool) -> None:
    files = {
        "apps/web.yaml": service("web", "ports: [{port: 80}]") + workload("web"),
        "backup/all.yaml": f"apiVersion: v1\nkind: List\nitems:\n{LIVE % name}",
        "backup/rules.yaml": service("rules", "ports: [{port: 80}]", "monitoring") + workload("rules", namespace="monitoring"),
    }
    assert ("node-port-in-production" in rules(files, folder)) is is_told


def ingress(name: str, annotations: str, more: str = "") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop, annotations: {annotations}}}\n"
        f"spec:\n  ingressClassName: nginx\n  {more}rules:\n  - host: {name}.shop.org\n    http:\n"
        f"      paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]\n---\n"
    )


@pytest.mark.parametrize(
    ("rule", "annotations"),
    [
        ("load-balancer-annotation-ignored", "{service.beta.kubernetes.io/aws-load-balancer-proxy-protocol: '*'}"),
        ("ingress-annotation-unknown", "{nginx.ingress.kubernetes.io/service-weight: ''}"),
        ("ingress-annotation-unknown", "{nginx.ingress.kubernetes.io/hsts: 'true', nginx.ingress.kubernetes.io/hsts-max-age: '17'}"),
    ],
)
def test_one_mistake_that_is_copied_from_ingress_to_ingress_is_one_finding(folder: Path, rule: str, annotations: str) -> None:
    names = ("web", "api", "shop")
    files = {f"apps/{name}.yaml": ingress(name, annotations) + service(name, "ports: [{port: 80}]") + workload(name) for name in names}
    found = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == rule]
    assert len(found) == (3 if "hsts" in annotations else 1)
    assert {one["location"]["path"] for one in (*found, *found[0]["related"])} >= {"apps/api.yaml"}
    assert len(found) > 1 or "and 2 more set" in found[0]["headline"]


@pytest.mark.parametrize(
    ("title", "is_told"),
    [
        ("My homelab", False),
        ("🏠 Home Ops", False),
        ("Home automation on Kubernetes", False),
        ("Shop", True),
        ("Home page of the shop", True),
        ("At home in the cluster", True),
    ],
)
@pytest.mark.parametrize("above", ["apps", "clusters/production"])
def test_at_home_node_ports_are_no_fault(folder: Path, title: str, is_told: bool, above: str) -> None:
    files = {
        "README.md": f"# {title}\n",
        f"{above}/kustomization.yaml": KUSTOMIZATION % "web.yaml",
        f"{above}/web.yaml": service("web", NODE_PORT) + workload("web"),
    }
    assert ("node-port-in-production" in rules(files, folder)) is is_told
    stated = rules(files, folder, "--environment", "production")
    assert "node-port-in-production" in stated


@pytest.mark.parametrize(("secret", "is_told"), [("shop-your_domain_name-com-tls", False), ("shop_example_com-tls", True)])
def test_a_name_with_your_name_in_it_is_to_be_filled_in(folder: Path, secret: str, is_told: bool) -> None:
    tls = f"tls: [{{hosts: [web.shop.org], secretName: {secret}}}]\n  "
    files = {"web.yaml": ingress("web", "{}", tls) + service("web", "ports: [{port: 80}]") + workload("web")}
    assert ("ingress-rejected" in rules(files, folder)) is is_told


@pytest.mark.parametrize(("more", "is_told"), [({}, False), ({"charts/web/templates/web.yaml": "a: 1\n"}, True)])
def test_a_chart_that_is_only_begun_is_none(folder: Path, more: dict[str, str], is_told: bool) -> None:
    files = {"charts/web/Chart.yaml": "", "charts/web/values.yaml": "a: 1\n", "web.yaml": service("web", "ports: [{port: 80}]")}
    assert ("render-failed" in rules(files | more, folder)) is is_told


@pytest.mark.parametrize(("target", "is_told"), [(8123, False), (8124, True)])
def test_a_port_that_another_service_of_the_pods_leads_to_is_not_missed(folder: Path, target: int, is_told: bool) -> None:
    probe = "ports: [{containerPort: 8123}], readinessProbe: {httpGet: {path: /, port: 8123}}, image: example.com/home"
    other = service("home", f"ports: [{{port: {target}, targetPort: {target}}}]").replace("name: home", "name: home-http")
    files = {
        "home.yaml": service("home", "ports: [{name: homekit, port: 21063, targetPort: 21063}]") + workload("home", probe),
        "http.yaml": other,
    }
    found = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == "service-port-unresolved"]
    assert any(one["resource"]["name"] == "home" for one in found) is is_told


def test_one_field_that_several_objects_set_is_one_finding(folder: Path) -> None:
    files = {
        "pool.yaml": CILIUM_POOL,
        **{
            f"apps/{name}.yaml": service(name, f"type: LoadBalancer, loadBalancerIP: 10.9.7.{number}, ports: [{{port: 80}}]")
            + workload(name)
            for number, name in enumerate(("api", "shop", "web"), start=7)
        },
        **{
            f"edge/{name}.yaml": ingress(name, "{nginx.ingress.kubernetes.io/proxy-read-timeout: 300s}")
            + service(name, "ports: [{port: 80}]")
            + workload(name)
            for name in ("blog", "mail")
        },
    }
    found = [one for one in Tree(files, folder).report()["findings"] if "-ip-deprecated" in one["rule"] or "-invalid" in one["rule"]]
    assert [(one["rule"], len(one["related"])) for one in found] == [("load-balancer-ip-deprecated", 2), ("ingress-annotation-invalid", 1)]
    assert [part in one["headline"] for one, part in zip(found, ("and 2 more set", "and 1 more set"), strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("comment", "is_told"),
    [
        ("# On kind, forward this port to localhost", False),
        ("# open it with: minikube service web", False),
        ("# use with Docker Desktop", False),
        ("# depends on kind of client", True),
        ("# the way in from the office", True),
    ],
)
def test_a_comment_says_that_a_node_port_is_for_a_local_cluster(folder: Path, comment: str, is_told: bool) -> None:
    files = {"web.yaml": f"{comment}\n{service('web', NODE_PORT)}{workload('web')}"}
    assert ("node-port-in-production" in rules(files, folder)) is is_told
    assert "node-port-in-production" in rules({}, folder, "--environment", "production")
