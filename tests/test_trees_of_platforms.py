"""Trees of platforms and of organisations that deploy by GitOps, read as strangers' trees: what was wrong there, in our own words."""

from pathlib import Path
from typing import Any

import pytest

from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(files: dict[str, str], folder: Path, rule: str) -> list[dict[str, Any]]:
    return [one for one in Tree(files, folder).report()["findings"] if one["rule"] == rule]


CHART = "apiVersion: v2\nname: stack\nversion: 1.0.0\n"
SCHEMA = '{"type": "object", "required": ["region"], "properties": {"region": {"type": "string"}}}'
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: stack, namespace: argocd}
spec:
  source: {repoURL: 'https://git.example.com/platform', path: charts/stack, helm: {valuesObject: {other: 1}}}
  destination: {server: https://kubernetes.default.svc, namespace: stack}
"""
READS = "{{ if .Values.clusterGroup.parts }}\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: parts}\n{{ end }}\n" + service(
    "web", "ports: [{port: 80}]"
)


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({"templates/set.yaml": READS}, False),
        ({"templates/set.yaml": '{{ required "name a region" .Values.region }}\n'}, False),
        ({"templates/set.yaml": service("web", "ports: [{port: 80}]"), "values.schema.json": SCHEMA}, False),
        ({"templates/set.yaml": READS, "values-prod.yaml": "other: 1\n"}, True),
        ({"templates/set.yaml": '{{ include "lost" . }}\n' + service("web", "ports: [{port: 80}]")}, True),
        ({"templates/set.yaml": READS, "../../apps/stack.yaml": APPLICATION}, True),
    ],
)
def test_values_that_a_chart_asks_for_are_up_to_who_installs_it(folder: Path, files: dict[str, str], is_told: bool) -> None:
    tree = {str(Path("charts/stack", name)).replace("charts/stack/../../", ""): text for name, text in files.items()}
    assert bool(told({"charts/stack/Chart.yaml": CHART, **tree}, folder, "render-failed")) is is_told


def test_a_failure_says_which_base_is_empty_and_speaks_of_no_chart(folder: Path) -> None:
    files = {
        "envs/kustomization.yaml": "resources: [thoth, web.yaml]\n",
        "envs/thoth/kustomization.yaml": "kind: Kustomization\n",
        "envs/web.yaml": service("web", "ports: [{port: 80}]"),
        "other/kustomization.yaml": "resources: [web.yaml]\nvars: [{name: A, objref: {kind: ConfigMap, name: lost, apiVersion: v1}}]\n",
        "other/web.yaml": service("web", "ports: [{port: 80}]"),
    }
    found = {str(one["headline"]): str(one["help"]) for one in told(files, folder, "render-failed")}
    assert "Kustomization envs cannot be rendered: a base is empty" in found
    assert not any("chart" in text for text in found.values())


@pytest.mark.parametrize(("label", "is_told"), [("type: flink-native-kubernetes", False), ("type: flink", True)])
def test_pods_that_flink_makes_by_itself_are_not_missing(folder: Path, label: str, is_told: bool) -> None:
    pods = service("pods", "ports: [{port: 9249}]").replace("app: pods", label)
    assert bool(told({"web.yaml": pods + workload("producer")}, folder, "service-selects-no-pods")) is is_told


def test_a_kind_of_confluent_may_make_pods(folder: Path) -> None:
    made = "---\napiVersion: platform.confluent.io/v1beta1\nkind: FlinkApplication\nmetadata: {name: colors, namespace: shop}\n"
    assert not told({"web.yaml": service("pods", "ports: [{port: 9249}]") + workload("producer") + made}, folder, "service-selects-no-pods")


BUILT = {
    "base/values.txt": "a: 1\n",
    "dev/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{name: a, files: [../base/values.txt]}]\n",
    "dev/web.yaml": service("web", "ports: [{port: 80}]") + workload("web"),
}


@pytest.mark.parametrize(
    ("file", "text", "is_told"),
    [
        ("Makefile", "all:\n\tkustomize build --load-restrictor LoadRestrictionsNone $*/dev > $@\n", False),
        ("hack/build.sh", "kustomize build --load-restrictor=LoadRestrictionsNone dev\n", False),
        (".github/workflows/build.yaml", "jobs:\n  a:\n    steps: [{run: kustomize build dev --load-restrictor none}]\n", False),
        ("Makefile", "all:\n\tkustomize build dev\n# --load-restrictor LoadRestrictionsNone\n", True),
        ("notes.md", "kustomize build --load-restrictor LoadRestrictionsNone dev\n", True),
    ],
)
def test_a_script_that_builds_without_restrictions_lifts_them(folder: Path, file: str, text: str, is_told: bool) -> None:
    assert bool(told({**BUILT, file: text}, folder, "render-failed")) is is_told


PROXIED = service("web", "ports: [{port: 80}]").replace("app: web", "app: ingress-api")
OWN = service("web-int", "ports: [{port: 80}]").replace("app: web-int", "application: web")
PODS = workload("web").replace("app: web", "application: web")
REQUEST = {"Chart.yaml": CHART.replace("stack", "web"), "templates/alias.yaml": PROXIED, "templates/web.yaml": OWN + PODS}


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        (REQUEST, False),
        ({**REQUEST, "templates/web.yaml": PODS}, True),
        ({**REQUEST, "templates/alias.yaml": PROXIED.replace("app: ingress-api", "application: wbe")}, True),
        ({"web.yaml": PROXIED + "---\n" + OWN + PODS}, True),
    ],
)
def test_pods_that_another_release_brings_are_not_missing(folder: Path, files: dict[str, str], is_told: bool) -> None:
    assert bool(told({f"charts/web/{name}": text for name, text in files.items()}, folder, "service-selects-no-pods")) is is_told


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: traefik
  rules:
  {{- range .Values.ingress.hosts }}
    - host: {{ .host | quote }}
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
  {{- end }}
"""


@pytest.mark.parametrize(
    ("values", "ingress", "is_told"),
    [
        ("ingress:\n  enabled: true\n#  hosts:\n#    - host: web.example.com\n", INGRESS, False),
        ("ingress: {hosts: []}\n", INGRESS, False),
        ("ingress: {enabled: true}\n", INGRESS.partition("  rules")[0], True),
    ],
)
def test_hosts_that_a_chart_leaves_to_its_releases_are_not_missing(folder: Path, values: str, ingress: str, is_told: bool) -> None:
    web = service("web", "ports: [{port: 80}]", namespace="") + workload("web", namespace="")
    files = {"Chart.yaml": CHART, "values.yaml": values, "templates/ingress.yaml": ingress, "templates/web.yaml": web}
    assert bool(told({f"charts/web/{name}": text for name, text in files.items()}, folder, "ingress-rejected")) is is_told


LABELLED = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {host: LABEL}}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
)


@pytest.mark.parametrize(
    ("label", "is_told"),
    [('"{{ .Values.name }}.{{ .Values.domain }}"', False), ('"."', True)],
)
def test_two_empty_parts_of_a_label_lack_their_values(folder: Path, label: str, is_told: bool) -> None:
    text = LABELLED.replace("LABEL", label) + workload("web", namespace="")
    files = {"Chart.yaml": CHART, "values.yaml": 'name: ""\ndomain: ""\n', "templates/web.yaml": text}
    assert bool(told({f"charts/web/{name}": text for name, text in files.items()}, folder, "service-rejected")) is is_told


@pytest.mark.parametrize(("path", "is_told"), [("charts/web/tests/values/one.yaml", False), ("values/one.yaml", True)])
def test_values_of_tests_are_fixtures(folder: Path, path: str, is_told: bool) -> None:
    files = {path: "service:\n  type: LoadBalancer\n  LoadBalancerIP: 192.0.2.7\n", "charts/web/Chart.yaml": CHART}
    assert bool(told(files, folder, "helm-value-invalid")) is is_told


OLD = """\
{{ if .Values.ingress.enabled }}
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: NAME}
spec: {backend: {serviceName: NAME, servicePort: 80}}
{{ end }}
"""


@pytest.mark.parametrize(("metadata", "is_told"), [("home: https://www.example.org\nicon: https://example.org/i.png\n", False), ("", True)])
def test_switches_of_a_copied_chart_are_for_its_own_project(folder: Path, metadata: str, is_told: bool) -> None:
    files = {}
    for name in ("vault", "one", "two", "three"):
        more = metadata if name == "vault" else ""
        files[f"charts/{name}/Chart.yaml"] = CHART.replace("stack", name) + more
        files[f"charts/{name}/values.yaml"] = "ingress: {enabled: false}\n"
        files[f"charts/{name}/templates/web.yaml"] = service("web", "ports: [{port: 80}]", namespace="") + workload("web", namespace="")
        if name in ("vault", "one"):
            files[f"charts/{name}/templates/ingress.yaml"] = OLD.replace("NAME", name)
    shown = told(files, folder, "invalid-resource")
    found = {str(place["location"]["path"]) for one in shown for place in (one, *one["related"])}
    assert ("charts/vault/templates/ingress.yaml" in found) is is_told
    assert "charts/one/templates/ingress.yaml" in found


VALUES = """\
ingress:
  enabled: true
  annotations:
    kubernetes.io/ingress.class: contour
    contour.heptio.com/tls-minimum-protocol-version: "1.2"
"""


def test_a_key_of_an_old_domain_has_its_name_under_the_new_one(folder: Path) -> None:
    (found,) = told({"values.yaml": VALUES}, folder, "ingress-annotation-unknown")
    assert "`projectcontour.io/tls-minimum-protocol-version`" in str(found["help"])
    (folder / "values.yaml").unlink()
    both = VALUES + '    projectcontour.io/tls-minimum-protocol-version: "1.2"\n'
    assert not told({"values.yaml": both}, folder, "ingress-annotation-unknown")


REMOTE = "resources: [web.yaml, 'https://raw.githubusercontent.com/example/NAME/v1/crd.yaml']\n"


def test_all_that_needs_the_network_is_one_remark(folder: Path) -> None:
    files = {f"apps/{name}/kustomization.yaml": REMOTE.replace("NAME", name) for name in ("one", "two", "three")}
    files |= {f"apps/{name}/web.yaml": service("web", "ports: [{port: 80}]") + workload("web") for name in ("one", "two", "three")}
    files["whole/kustomization.yaml"] = "resources: ['https://github.com/example/base?ref=v1']\n"
    found = told(files, folder, "render-failed")
    assert sorted(str(one["headline"]).partition("render")[2] for one in found) == [
        "ed in part: it needs the network",
        "ed: it needs the network",
    ]
    assert sum("The same holds for kustomization" in str(one["why"]) for one in found) == 1


EDGE = """\
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{match: Host(`web.example.org`), kind: Rule, services: [{name: web, port: 80}]}], tls: {secretName: web}}
"""
WAYS = (
    service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]")
    + workload("web", "image: a, ports: [{containerPort: 80}]")
    + EDGE
)
KIND = """\
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
nodes: [{role: worker}, {role: control-plane, extraPortMappings: [{containerPort: 30001}, {containerPort: PORT, hostPort: 80}]}]
"""
K3D = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nports: [{port: '8080:PORT/tcp', nodeFilters: ['server:*']}]\n"


@pytest.mark.parametrize(
    ("described", "path", "is_told"),
    [
        (KIND.replace("PORT", "30080"), "workloads/web.yaml", False),
        (KIND.replace("PORT", "30081"), "workloads/web.yaml", True),
        (KIND.replace("PORT", "[30080]"), "workloads/web.yaml", True),
        (K3D.replace("PORT", "30080"), "workloads/web.yaml", False),
        (K3D.replace("PORT", "30081"), "workloads/web.yaml", True),
        (KIND.replace("PORT", "30080"), "workloads/production/web.yaml", True),
    ],
)
def test_a_node_port_that_a_local_cluster_maps_is_meant(folder: Path, described: str, path: str, is_told: bool) -> None:
    found = {one["rule"] for one in Tree({"hosts/local/cluster.yaml": described, path: WAYS}, folder).report()["findings"]}
    assert bool(found & {"double-exposure", "node-port-in-production"}) is is_told


CONTROLLER = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ingress-nginx, namespace: ingress-system}
spec:
  chart: {spec: {chart: ingress-nginx, version: 4.14.1, sourceRef: {kind: HelmRepository, name: ingress-nginx}}}
  values: {controller: {config: {allow-snippet-annotations: SNIPPETS, annotations-risk-level: Critical}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {nginx.ingress.kubernetes.io/configuration-snippet: "if ($host = a) { return 403; }"}
spec:
  ingressClassName: nginx
  rules: [{host: web.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""


@pytest.mark.parametrize(("snippets", "is_told"), [('"true"', True), ('"false"', False)])
def test_snippets_that_values_of_the_configuration_switch_on_are_dangerous(folder: Path, snippets: str, is_told: bool) -> None:
    assert bool(told({"nginx.yaml": CONTROLLER.replace("SNIPPETS", snippets)}, folder, "ingress-annotation-dangerous")) is is_told
