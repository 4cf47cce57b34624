"""Trees of applications and GitOps repositories as strangers have them: what a scan from the top says, and at which line."""

import subprocess
from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload

NODE_PORT = "type: NodePort, ports: [{port: 80}]"
LOAD_BALANCER = "type: LoadBalancer, ports: [{port: 443}]"
GIT = "https://git.example.org/fleet.git"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def application(name: str, path: str, namespace: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\n"
        f"spec:\n  source: {{repoURL: '{GIT}', path: {path}, targetRevision: HEAD}}\n"
        f"  destination: {{server: 'https://kubernetes.default.svc'{where}}}\n"
    )


def pool(addresses: str) -> str:
    spec = f"{{addresses: [{addresses}]}}"
    return f"apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: site, namespace: metallb-system}}\nspec: {spec}\n"


FLEET = """\
namespace: till
targetCustomizations:
- name: development
  clusterSelector: {matchLabels: {env: development}}
  KIND: DEVELOPMENT
- name: live
  clusterSelector: {matchLabels: {env: prod}}
  KIND: LIVE
"""


def test_targets_of_fleet_tell_the_environment_of_each_overlay(folder: Path):
    fleet = FLEET.replace("KIND", "kustomize").replace("DEVELOPMENT", "{dir: overlays/development}").replace("LIVE", "{dir: overlays/live}")
    files = {
        "till/fleet.yaml": fleet,
        "till/base/kustomization.yaml": "resources: [till.yaml]\n",
        "till/base/till.yaml": service("till", NODE_PORT, "") + workload("till", namespace=""),
        "till/overlays/development/kustomization.yaml": "resources: [../../base]\n",
        "till/overlays/live/kustomization.yaml": "resources: [../../base]\npatches:\n- target: {kind: Service}\n"
        "  patch: '[{op: replace, path: /spec/type, value: LoadBalancer}]'\n",
    }
    assert Tree(files, folder).findings() == []


def test_overlays_of_fleet_change_the_bundle_and_only_it(folder: Path):
    fleet = FLEET.replace("KIND", "yaml").replace("DEVELOPMENT", "{overlays: [small]}").replace("LIVE", "{overlays: [balanced]}")
    files = {
        "till/fleet.yaml": fleet,
        "till/till.yaml": service("till", NODE_PORT, ""),
        "till/pods.yaml": workload("till", namespace=""),
        "till/overlays/balanced/till_patch.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: till}\nspec: {type: LoadBalancer}\n",
        "till/overlays/small/pods_patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: till}\nspec: {replicas: 1}\n",
        "other/till.yaml": service("till", NODE_PORT, ""),
        "other/pods.yaml": workload("till", namespace=""),
    }
    tree = Tree(files, folder)
    assert tree.findings() == [("node-port-in-production", "other/till.yaml", 4)]
    (found,) = tree.report()["findings"]
    assert found["traffic"][-1]["location"]["path"] == "other/pods.yaml"


def test_equal_names_in_namespaces_of_two_applications_silence_nothing(folder: Path):
    def app(name: str) -> dict[str, str]:
        return {
            f"argo/{name}.yaml": application(name, f"apps/{name}", name),
            f"apps/{name}/kustomization.yaml": "resources: [probe.yaml]\ngenerators: [secrets.yaml]\n",
            f"apps/{name}/secrets.yaml": "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [./s.enc.yaml]\n",
            f"apps/{name}/probe.yaml": service("probe", f"ports: [{{port: 9100, name: {name}}}]", "") + workload("probe", namespace=""),
        }

    route = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: mast, namespace: mast}
spec: {parentRefs: [{name: door, namespace: door}], rules: [{backendRefs: [{name: mast, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: door}
spec:
  gatewayClassName: envoy
  listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
"""
    mast = (
        service("mast", "type: LoadBalancer, ports: [{port: 80}]", "mast")
        + workload("mast", "image: example.com/m, ports: [{containerPort: 80}]", "mast")
        + route
    )
    tree = Tree({**app("east"), **app("west"), "apps/mast/all.yaml": mast}, folder)
    assert ("double-exposure", "apps/mast/all.yaml", 4) in tree.findings("--environment", "production")


def test_a_generator_of_secrets_does_not_hide_that_a_build_is_refused(folder: Path):
    files = {
        "apps/chat/kustomization.yaml": "resources: [one.yaml, two.yaml]\ngenerators: [secrets.yaml]\n",
        "apps/chat/secrets.yaml": "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [./s.enc.yaml]\n",
        "apps/chat/one.yaml": service("bouncer", "ports: [{port: 6697}]"),
        "apps/chat/two.yaml": service("bouncer", LOAD_BALANCER),
    }
    (found,) = (one for one in Tree(files, folder).report()["findings"] if one["rule"] == "render-failed")
    assert (found["severity"], found["location"]["path"]) == ("warning", "apps/chat/kustomization.yaml")
    assert "already registered id" in found["message"]


def test_a_pod_on_the_network_of_its_node_is_reached_there_whatever_it_declares(folder: Path):
    probe = "image: example.com/c, livenessProbe: {tcpSocket: {port: 9443}}"
    tree = Tree({"cam.yaml": workload("cam", probe, pod="hostNetwork: true, ")}, folder)
    assert tree.exposure()["Deployment shop/cam"][0] == "node"


def test_a_service_for_one_pod_of_a_stateful_set_leads_to_it(folder: Path):
    one = service("db-1", "type: NodePort, ports: [{port: 5432}]").replace(
        "{app: db-1}", "{app: db, statefulset.kubernetes.io/pod-name: db-1}"
    )
    pods = workload("db", "image: postgres:17, ports: [{containerPort: 5432}]", kind="StatefulSet").replace(
        "spec:\n", "spec:\n  replicas: 2\n", 1
    )
    tree = Tree({"db.yaml": one + pods}, folder)
    assert tree.exposure()["StatefulSet shop/db"][0] == "node"
    assert ("exposed-datastore", "db.yaml", 4) in tree.findings()


def test_the_service_that_cilium_makes_for_a_gateway_asks_for_its_address(folder: Path):
    gateway = """\
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: lan}
spec: {blocks: [{cidr: 192.168.44.0/26}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec:
  gatewayClassName: cilium
  infrastructure: {annotations: {lbipam.cilium.io/ips: 192.168.44.9}}
  listeners: [{name: web, port: 80, protocol: HTTP}]
"""
    assert Tree({"door.yaml": gateway}, folder).exposure()["Gateway shop/door"] == ("internal", "door.yaml:8")


def test_kube_vip_for_the_control_plane_only_serves_no_service(folder: Path):
    env = "image: 'ghcr.io/kube-vip/kube-vip:v0.9.1', args: [manager], env: [{name: svc_enable, value: 'false'}]"
    hook = service("hook", "loadBalancerIP: 10.4.0.20, type: LoadBalancer, ports: [{port: 443}]")
    files = {"vip.yaml": workload("kube-vip", env, "kube-system", "DaemonSet"), "pool.yaml": pool("10.4.0.16/28"), "hook.yaml": hook}
    (found,) = Tree(files, folder).report()["findings"]
    assert found["rule"] == "load-balancer-ip-deprecated"
    assert "metallb.io/loadBalancerIPs" in found["message"]
    assert "kube-vip" not in found["message"]


PROXY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: site}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, namespace: door, name: site}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: site, namespace: door}
spec:
  provider:
    type: Kubernetes
    kubernetes:
      envoyService:
        type: LoadBalancer
        annotations:
          metallb.universe.tf/loadBalancerIPs: 10.4.0.30
          metallb.io/ip-adress-pool: site
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: door}
spec: {gatewayClassName: site, listeners: [{name: web, port: 80, protocol: HTTP}]}
"""


def test_annotations_for_the_service_of_an_envoy_proxy_are_judged(folder: Path):
    tree = Tree({"door.yaml": PROXY, "pool.yaml": pool("10.4.0.16/28")}, folder)
    assert tree.findings() == [
        ("load-balancer-annotation-deprecated", "door.yaml", 18),
        ("load-balancer-annotation-unknown", "door.yaml", 19),
    ]
    assert tree.exposure()["Gateway door/door"][0] == "internal"


def test_settings_of_another_service_in_a_custom_resource_are_left_alone(folder: Path):
    assert Tree({"door.yaml": PROXY.replace("type: LoadBalancer", "type: ClusterIP")}, folder).findings() == []


@pytest.mark.parametrize("name", [".archive", "attic", "apps-disabled"])
def test_what_was_put_aside_is_not_deployed(folder: Path, name: str):
    aside = service("player", LOAD_BALANCER, annotations="{io.cilium/lb-ipam-ips: 10.4.0.9}")
    lan = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: a}\nspec: {blocks: [{cidr: 10.4.0.0/28}]}\n"
    assert Tree({f"{name}/player/svc.yaml": aside, "live/pool.yaml": lan}, folder).findings() == []


def test_what_git_tracks_is_read_although_it_is_ignored(folder: Path):
    tree = Tree({".gitignore": "rendered\n", "rendered/web.yaml": service("web", NODE_PORT)}, folder)
    assert tree.findings("--allow-empty") == []
    for arguments in (["init", "-q"], ["add", "-f", "."]):
        subprocess.run(["git", *arguments], check=True, cwd=folder)
    assert tree.findings() == [("node-port-in-production", "rendered/web.yaml", 4)]


def test_templates_of_a_chart_are_rendered_without_an_absent_dependency(folder: Path):
    chart = "apiVersion: v2\nname: till\nversion: 1.0.0\ndependencies: [{name: cache, version: 2.x.x, repository: 'https://charts.example.org'}]\n"
    tree = Tree({"chart/Chart.yaml": chart, "chart/templates/till.yaml": service("till", NODE_PORT)}, folder)
    assert tree.findings() == [("node-port-in-production", "chart/templates/till.yaml", 4)]


@pytest.mark.parametrize(
    "remote",
    [
        "resources: [web.yaml, 'https://example.org/crds.yaml']",
        "resources: [web.yaml]\nconfigMapGenerator: [{name: board, files: ['b.json=https://example.org/b.json']}]",
    ],
)
def test_a_remote_leaf_costs_only_itself(folder: Path, remote: str):
    kustomization = f"namespace: till-prod\n{remote}\n"
    tree = Tree({"till/kustomization.yaml": kustomization, "till/web.yaml": service("web", NODE_PORT, "")}, folder)
    (found,) = (one for one in tree.report()["findings"] if one["rule"] == "node-port-in-production")
    assert (found["severity"], found["resource"]["namespace"], found["location"]["line"]) == ("error", "till-prod", 4)


def ingress(annotation: str, class_name: str) -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: till\n  annotations:\n    {annotation}\nspec:\n"
        f"  ingressClassName: {class_name}\n  tls: [{{hosts: [till.example.org], secretName: till}}]\n  rules:\n"
        "  - host: till.example.org\n"
        "    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: till, port: {number: 80}}}}]}\n"
    )


def test_termination_at_the_edge_is_what_an_ingress_with_tls_does_anyway(folder: Path):
    assert Tree({"till.yaml": ingress("route.openshift.io/termination: edge", "openshift-default")}, folder).findings() == []


def test_verification_that_is_off_is_what_holds_anyway(folder: Path):
    off, secret = 'nginx.ingress.kubernetes.io/proxy-ssl-verify: "off"', "nginx.ingress.kubernetes.io/proxy-ssl-secret: shop/trust"
    report = Tree({"till.yaml": ingress(f"{off}\n    {secret}", "nginx")}, folder).report()
    (found,) = (one for one in report["findings"] if one["rule"] == "ingress-vendor-annotation")
    assert found["location"]["line"] == 7


def test_each_gateway_of_a_file_is_at_the_line_of_its_name(folder: Path):
    def gateway(name: str) -> str:
        return (
            f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: {name}\n"
            f"  annotations:\n    a.example.org/to: &host {name}\n"
            "spec:\n  gatewayClassName: envoy\n  infrastructure: {annotations: {a.example.org/for: *host}}\n"
            "  listeners: [{name: web, port: 80, protocol: HTTP}]\n"
        )

    files = {
        "apps/door/doors.yaml": f"{gateway('front')}---\n{gateway('back')}",
        "apps/door/kustomization.yaml": "namespace: door\nresources: [doors.yaml]\n",
    }
    exposure = Tree(files, folder).exposure()
    assert [exposure[f"Gateway door/{name}"][1] for name in ("front", "back")] == ["apps/door/doors.yaml:4", "apps/door/doors.yaml:15"]


BASE = {
    "base/kustomization.yaml": "resources: [ui.yaml]\n",
    "base/ui.yaml": service("ui", "ports: [{port: 443, targetPort: guarded}]")
    + workload("ui", "image: example.com/ui, ports: [{name: plain, containerPort: 8000}]").replace(
        "containers: [", "containers: [{name: guard, image: example.com/g, ports: [{name: guarded, containerPort: 8443}]}, "
    ),
    "overlays/live/kustomization.yaml": "resources: [../../base]\n",
}


@pytest.mark.parametrize(
    ("patch", "line"),
    [
        ("patches:\n- target: {kind: Service}\n  patch: |-\n    - TEST\n- target: {kind: Deployment}\n  patch: |-\n    - REMOVE\n", 6),
        ("patchesJson6902:\n- target: {version: v1, group: apps, kind: Deployment, name: ui}\n  patch: |-\n    - REMOVE\n", 3),
        ("patches:\n- path: fewer.yaml\n  target: {kind: Deployment}\n", 3),
    ],
)
def test_what_one_overlay_takes_away_is_reported_there(folder: Path, patch: str, line: int):
    remove, test = "{op: remove, path: /spec/template/spec/containers/0}", "{op: test, path: /spec/ports/0/port, value: 443}"
    files = {**BASE, "overlays/lab/kustomization.yaml": f"resources: [../../base]\n{patch.replace('REMOVE', remove).replace('TEST', test)}"}
    (found,) = Tree({**files, "overlays/lab/fewer.yaml": f"- {remove}\n"}, folder).report()["findings"]
    assert (found["rule"], found["location"]["path"], found["location"]["line"]) == (
        "service-port-unresolved",
        "overlays/lab/kustomization.yaml",
        line,
    )
    assert "in overlays/lab" in found["headline"]
    assert "overlays/live needs it" in found["help"]


def test_what_all_overlays_lack_is_reported_at_the_base(folder: Path):
    files = {**BASE, "overlays/lab/kustomization.yaml": "resources: [../../base]\n"}
    files["base/ui.yaml"] = files["base/ui.yaml"].replace("name: guarded", "name: guard")
    assert Tree(files, folder).findings() == [("service-port-unresolved", "base/ui.yaml", 4)]


def test_an_application_of_another_namespace_brings_no_pods(folder: Path):
    files = {
        "argo/login.yaml": application("login", "x", "login").replace(
            f"repoURL: '{GIT}', path: x", "repoURL: 'https://c.example.org', chart: login"
        ),
        "dns/kustomization.yaml": "namespace: dns\nresources: [dns.yaml]\n",
        "dns/dns.yaml": service("dns", "ports: [{port: 53}]", "") + workload("dns-a", namespace="") + workload("dns-b", namespace=""),
    }
    assert Tree(files, folder).findings() == [("service-selects-no-pods", "dns/dns.yaml", 4)]


def test_a_file_that_the_kustomization_beside_it_leaves_out_is_not_judged(folder: Path):
    old = service("dns", LOAD_BALANCER, annotations="{metallb.universe.tf/loadBalancerIPs: 10.4.0.20}")
    files = {"lb/kustomization.yaml": "resources: [pool.yaml]\n", "lb/pool.yaml": pool("10.4.0.16/28"), "lb/dns.yaml": old}
    assert Tree(files, folder).findings() == []


def test_the_operator_of_metallb_says_which_class_it_serves(folder: Path):
    operator = (
        "apiVersion: metallb.io/v1beta1\nkind: MetalLB\nmetadata: {name: m, namespace: metallb-system}\n"
        "spec: {loadBalancerClass: example.org/lan}\n"
    )
    clock = service("clock", "type: LoadBalancer, loadBalancerClass: example.org/lan, ports: [{port: 123, protocol: UDP}]")
    exposure = Tree({"m.yaml": operator, "pool.yaml": pool("10.4.0.16/28"), "clock.yaml": clock}, folder).exposure()
    assert exposure["Service shop/clock"][0] == "internal"


def test_a_console_on_a_node_port_is_said_where_the_environment_is_unknown(folder: Path):
    text = service("kibana", "type: NodePort, ports: [{port: 5601}]") + workload("kibana", "image: docker.elastic.co/kibana/kibana:8.18.0")
    assert ("exposed-datastore", "kibana.yaml", 4) in Tree({"kibana.yaml": text}, folder).findings()


def test_the_workload_of_one_bundle_is_not_reached_through_another(folder: Path):
    full = service("kiosk", LOAD_BALANCER, "") + workload("kiosk", "image: 'example.com/k:full'", "")
    quick = service("kiosk", "ports: [{port: 443}]", "") + workload("kiosk", "image: 'example.com/k:quick'", "")
    tree = Tree({"full.yaml": full, "quick.yaml": quick}, folder)
    exposure = tree.exposure()
    assert exposure["Deployment default/kiosk"] == ("cluster", "quick.yaml:8")  # listed after the one of full.yaml


def test_overlays_that_applications_send_to_their_own_cluster_are_one_cluster(folder: Path):
    files = {}
    for name in ("east", "west"):
        files[f"argo/{name}.yaml"] = application(name, f"apps/{name}/overlays/hall")
        files[f"apps/{name}/overlays/hall/kustomization.yaml"] = "resources: [../../base]\n"
        files[f"apps/{name}/base/kustomization.yaml"] = f"namespace: {name}\nresources: [s.yaml]\n"
        files[f"apps/{name}/base/s.yaml"] = service(name, "type: NodePort, ports: [{port: 80, nodePort: 30088}]", "")
    assert ("node-port-conflict", "apps/west/base/s.yaml", 4) in Tree(files, folder).findings()


def test_a_release_of_a_chart_by_reference_is_listed_as_not_rendered(folder: Path):
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: logs, namespace: watch}\n"
        "spec: {interval: 1h, chartRef: {kind: OCIRepository, name: chart, namespace: flux-system}}\n"
    )
    (listed,) = Tree({"logs.yaml": release}, folder).report()["completeness"]["not_rendered"]
    assert listed["object"] == "HelmRelease watch/logs"


def test_an_annotation_in_values_of_an_absent_chart_is_text(folder: Path):
    release = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: tunes, namespace: den}
spec:
  chart: {spec: {chart: tunes, sourceRef: {kind: HelmRepository, name: charts}}}
  values:
    ingress:
      annotations:
        enabled: true
        router.example.org/trust: SPELT
        traefik.frontend.rule: Host
"""
    for spelt, lines in (("true", [10]), ("8", [10]), ("'true'", []), ("{a: 1}", [])):
        tree = Tree({"tunes.yaml": release.replace("SPELT", spelt)}, folder)
        assert [line for rule, _, line in tree.findings() if rule == "invalid-resource"] == lines, spelt


SELECTED = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": service("web", "ports: [{port: 80}]") + workload("web"),
    "overlays/live/kustomization.yaml": "resources: [../../base]\n",
}
SELECTOR = "[{'op': 'replace', 'path': '/spec/selector/app', 'value': 'webb'}]"
LABEL = SELECTOR.replace("selector/app", "template/metadata/labels/app")
OF_WORKLOAD = LABEL.replace("]", ", {'op': 'replace', 'path': '/spec/selector/matchLabels/app', 'value': 'webb'}]")


def patches(**by_kind: str) -> str:
    """Return the patches of a kustomization, by the kind of the objects that they change."""
    entries = (f"- target: {{kind: {kind}}}\n  patch: |-\n    {text}\n".replace("'", '"') for kind, text in by_kind.items())
    return "patches:\n" + "".join(entries)


@pytest.mark.parametrize(
    ("broken_by", "line"),
    [
        (patches(Deployment=OF_WORKLOAD), 3),
        (patches(Deployment="[{'op': 'test', 'path': '/kind', 'value': 'Deployment'}]", Service=SELECTOR), 6),
        (patches(Service=SELECTOR, Deployment="[{'op': 'test', 'path': '/kind', 'value': 'Deployment'}]"), 3),
    ],
)
def test_a_patch_that_parts_a_service_from_its_pods_is_reported_where_it_stands(folder: Path, broken_by: str, line: int):
    files = {**SELECTED, "overlays/lab/kustomization.yaml": f"resources: [../../base]\n{broken_by}"}
    found = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == "service-selects-no-pods"]
    assert [(one["location"]["path"], one["location"]["line"]) for one in found] == [("overlays/lab/kustomization.yaml", line)]
    assert "overlays/live needs it" in found[0]["help"]


def test_a_selector_that_no_overlay_mends_is_reported_at_the_base(folder: Path):
    files = {**SELECTED, "overlays/lab/kustomization.yaml": "resources: [../../base]\n"}
    files["base/web.yaml"] = files["base/web.yaml"].replace("selector: {app: web}}", "selector: {app: webb}}")
    assert Tree(files, folder).findings() == [("service-selects-no-pods", "base/web.yaml", 4)]


LIFTED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata:\n  OPTIONS\n"


@pytest.mark.parametrize(
    ("options", "is_lifted"),
    [
        ("kustomize.buildOptions: --enable-helm --load-restrictor LoadRestrictionsNone", True),
        ('"kustomize.buildOptions": "--load-restrictor=LoadRestrictionsNone --enable-helm"', True),
        ("kustomize.buildOptions: >-\n    --load-restrictor LoadRestrictionsNone", True),
        ("kustomize.buildOptions: --enable-helm", False),
        ("kustomize.buildOptions: --load-restrictor LoadRestrictionsRootOnly", False),
        ("kustomize.buildOptions.v4.4.0: --load-restrictor LoadRestrictionsNone", False),
        ("# kustomize.buildOptions: --load-restrictor LoadRestrictionsNone", False),
        ("kustomize.buildOptions: --enable-helm # --load-restrictor LoadRestrictionsNone", False),
    ],
)
def test_settings_of_argo_cd_may_lift_the_load_restrictions(folder: Path, options: str, *, is_lifted: bool) -> None:
    files = {
        "app.yaml": application("web", "lay"),
        "base.yaml": service("web", NODE_PORT),
        "lay/kustomization.yaml": "resources: [../base.yaml]\nnameSuffix: -b\n",
        "argocd/cm.yaml": LIFTED.replace("OPTIONS", options),
    }
    rules = {one["rule"] for one in Tree(files, folder).report()["findings"]}
    assert rules == {"node-port-in-production", *([] if is_lifted else ["render-failed"])}


OF_FLUX = (
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: lay, namespace: flux-system}\n"
    "spec: {path: ./lay, prune: true, interval: 5m, sourceRef: {kind: GitRepository, name: flux-system}}\n"
)


@pytest.mark.parametrize("is_with_flux", [False, True])
def test_where_flux_deploys_what_is_left_alone_may_be_built_without_load_restrictions(folder: Path, *, is_with_flux: bool) -> None:
    files = {
        "base.yaml": service("web", NODE_PORT),
        "lay/kustomization.yaml": "resources: [../base.yaml]\nnameSuffix: -b\n",
        "flux/other.yaml": OF_FLUX.replace("./lay", "./other") if is_with_flux else "{}\n",
        "other/kustomization.yaml": "resources: []\n",
    }
    rules = {one["rule"] for one in Tree(files, folder).report()["findings"]}
    assert rules == {"node-port-in-production", *([] if is_with_flux else ["render-failed"])}


def test_what_flux_builds_with_plug_ins_and_files_of_other_folders_is_not_said_to_be_refused(folder: Path) -> None:
    transformer = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: x-\nfieldSpecs: [{path: metadata/name}]\n"
    files = {
        "flux.yaml": OF_FLUX,
        "base.yaml": service("web", NODE_PORT),
        "lay/kustomization.yaml": "resources: [../base.yaml]\ntransformers: [a.yaml]\n",
        "lay/a.yaml": transformer,
    }
    (one,) = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == "render-failed"]
    assert (one["severity"], one["location"]["path"]) == ("note", "lay/kustomization.yaml")
    assert "reads files outside of its folder" in one["why"]


@pytest.mark.parametrize("deployer", [application("web", "lay"), OF_FLUX], ids=["Argo CD", "Flux"])
@pytest.mark.parametrize("is_link", [False, True])
def test_no_deployer_lets_a_kustomization_read_outside_of_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch, deployer: str, *, is_link: bool
) -> None:
    (folder / "secret.yaml").write_text(service("secret", NODE_PORT), encoding="utf-8")
    repository = folder / "repository"
    files = {
        "app.yaml": deployer,
        "lay/kustomization.yaml": f"resources: [{'../link.yaml' if is_link else '../../secret.yaml'}]\nnameSuffix: -b\n",
        "argocd/cm.yaml": LIFTED.replace("OPTIONS", "kustomize.buildOptions: --load-restrictor LoadRestrictionsNone"),
    }
    tree = Tree(files, repository)
    if is_link:
        (repository / "link.yaml").symlink_to("../secret.yaml")
    subprocess.run(("git", "init", "-q", str(repository)), check=True)
    monkeypatch.chdir(repository)
    report = tree.report()
    assert {one["rule"] for one in report["findings"]} == {"render-failed"}
    assert "secret-b" not in str(report)


ABSENT_CHART = "helmCharts: [{name: cam, repo: 'https://charts.example.org', version: 1.0.0, releaseName: cam}]\n"


@pytest.mark.parametrize(
    ("above", "chart", "is_judged"),
    [
        ("resources: [cam]\n", f"namespace: cam\n{ABSENT_CHART}", True),
        ("namespace: cam\nresources: [cam]\n", ABSENT_CHART, True),
        ("namespace: cam\nresources: [cam]\n", f"namespace: shop\n{ABSENT_CHART}", True),
        ("resources: [cam]\n", f"namespace: cam\nresources: [more.yaml]\n{ABSENT_CHART}", True),
        ("resources: [cam]\n", f"namespace: shop\n{ABSENT_CHART}", False),
        ("resources: [cam]\n", ABSENT_CHART, False),
        ("resources: [cam]\n", f"namespace: argocd\n{ABSENT_CHART}", False),
        ("resources: [cam]\n", f"namespace: ${{NAME}}\n{ABSENT_CHART}", False),
        ("namespace: shop\nresources: [cam]\n", f"namespace: cam\n{ABSENT_CHART}", False),
        ("resources: [cam, 'https://example.org/more.yaml']\n", f"namespace: cam\n{ABSENT_CHART}", False),
        (f"resources: [cam]\n{ABSENT_CHART}", f"namespace: cam\n{ABSENT_CHART}", False),
    ],
)
def test_an_absent_chart_leaves_open_the_namespaces_that_it_may_be_in(folder: Path, above: str, chart: str, *, is_judged: bool) -> None:
    files = {
        "apps/kustomization.yaml": above,
        "apps/cam/kustomization.yaml": chart,
        "apps/cam/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n",
        "shop/web.yaml": service("front", "ports: [{port: 80}]") + workload("web"),
    }
    assert (("service-selects-no-pods", "shop/web.yaml", 4) in Tree(files, folder).findings()) == is_judged


def test_an_object_of_flux_in_a_file_called_kustomization_deploys_and_is_not_built(folder: Path):
    """kustomize refuses it, but nobody builds its folder: what it deploys is read, in the namespace that it states."""
    spec = "{path: ./deploy, targetNamespace: shop, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}"
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    files = {
        "apps/till/kustomization.yaml": f"{head}metadata: {{name: till}}\nspec: {spec}\n",
        "deploy/kustomization.yaml": "resources: [till.yaml]\n",
        "deploy/till.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: till}\nspec: {type: NodePort, ports: [{port: 80}]}\n",
    }
    found = {one["rule"]: one["resource"] for one in Tree(files, folder).report()["findings"]}
    assert "render-failed" not in found
    assert found["node-port-in-production"]["namespace"] == "shop"
