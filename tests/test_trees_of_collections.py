"""Trees in which one thing is said of many objects, and charts that others install: what a reviewer would say once, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from tests.whole_trees import Tree, service, workload

NODE_PORTS = "node-port-in-production"
TIED = "ingress-vendor-annotation"
NGINX = "nginx.ingress.kubernetes.io/"
ALB = "alb.ingress.kubernetes.io/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ingress(name: str, *annotations: str, namespace: str = "shop") -> str:
    keys = "".join(f"    {annotation}\n" for annotation in annotations)
    backend = "{service: {name: web, port: {number: 80}}}"
    head = f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    return f"{head}  annotations:\n{keys}spec: {{ingressClassName: public, defaultBackend: {backend}}}\n"


def told(tree: Tree, rule: str) -> list[dict[str, Any]]:
    return [one for one in tree.report()["findings"] if one["rule"] == rule]


def test_ingresses_that_depend_on_one_vendor_are_one_finding(folder: Path) -> None:
    texts = [ingress(name, f"{NGINX}auth-url: https://{name}", f"{NGINX}proxy-body-size: 8m") for name in ("a", "b", "c")]
    (found,) = told(Tree({"all.yaml": "".join(texts[:2]), "apps/c.yaml": texts[2]}, folder), TIED)
    assert found["headline"] == "Annotations tie Ingress shop/a and 2 more to ingress-nginx (no longer maintained)"
    places = [(one["location"]["path"], one["location"]["line"], one["message"]) for one in found["related"][-2:]]
    assert places == [
        ("all.yaml", 18, "2 annotations of Ingress shop/b too."),
        ("apps/c.yaml", 8, "2 annotations of Ingress shop/c too."),
    ]


def test_vendors_and_what_is_lost_are_told_apart(folder: Path) -> None:
    """A login that disappears is another thing than a larger body, and one vendor than another."""
    keys = {"a": f"{NGINX}auth-url: https://a", "b": f"{NGINX}proxy-body-size: 8m", "c": f"{ALB}scheme: internal", "d": f"{ALB}tags: a=b"}
    tree = Tree({"all.yaml": "".join(ingress(name, key) for name, key in keys.items())}, folder)
    assert len(told(tree, TIED)) == 4


def test_clusters_are_told_apart(folder: Path) -> None:
    text = ingress("a", f"{NGINX}proxy-body-size: 8m")
    tree = Tree({f"clusters/{name}/a.yaml": text for name in ("east", "west")}, folder)
    assert [one["location"]["path"] for one in told(tree, TIED)] == ["clusters/east/a.yaml", "clusters/west/a.yaml"]


def test_the_next_of_several_objects_speaks_where_the_first_is_accepted(folder: Path) -> None:
    comment = "  # k8slblint: ignore[ingress-vendor-annotation] until summer"
    accepted = ingress("a", f"{NGINX}proxy-body-size: 8m{comment}")
    tree = Tree({"all.yaml": accepted + ingress("b", f"{NGINX}proxy-body-size: 8m") + ingress("c", f"{NGINX}proxy-body-size: 9m")}, folder)
    assert [one["headline"] for one in tree.report()["findings"] if one["rule"] in (TIED, "unused-suppression")] == [
        "Annotations tie Ingress shop/b and 1 more to ingress-nginx (no longer maintained)"
    ]


def test_names_of_objects_are_no_patterns(folder: Path) -> None:
    texts = (ingress(f"'{{{name}}} %s {{}}'", f"{NGINX}proxy-body-size: 8m") for name in ("0", "x"))
    (found,) = told(Tree({"all.yaml": "".join(texts)}, folder), TIED)
    assert found["headline"].startswith("Annotations tie Ingress shop/{0} %s {} and 1 more to ingress-nginx")


def test_a_deprecated_key_of_many_services_is_one_finding(folder: Path) -> None:
    key = "cloud.google.com/load-balancer-type: Internal"
    spec = "type: LoadBalancer, ports: [{port: 80}]"
    files = {f"{name}.yaml": service(name, spec, annotations=f"{{{key}}}") for name in "abc"}
    (found,) = told(Tree(files, folder), "load-balancer-annotation-deprecated")
    assert found["headline"] == "Service shop/a and 2 more set `load-balancer-type`, which is deprecated"


def test_a_node_port_that_leads_around_an_ingress_is_told_once(folder: Path) -> None:
    opened = service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]")
    tree = Tree({"web.yaml": opened + workload("web"), "ingress.yaml": ingress("web", "a: b").replace("public", "nginx")}, folder)
    found = [one for one in tree.report()["findings"] if one["rule"] in (NODE_PORTS, "double-exposure")]
    assert [one["rule"] for one in found] == [NODE_PORTS]
    assert "Service shop/web lets clients bypass Ingress shop/web." in [one["message"] for one in found[0]["related"]]
    accepted = opened.replace("type: NodePort", "# k8slblint: ignore[node-port-in-production] an appliance\n  type: NodePort").replace(
        "spec: {", "spec: {\n  "
    )
    tree = Tree({"web.yaml": accepted + workload("web"), "ingress.yaml": ingress("web", "a: b").replace("public", "nginx")}, folder)
    assert [one["rule"] for one in tree.report()["findings"] if one["rule"] in (NODE_PORTS, "double-exposure")] == ["double-exposure"]


@pytest.mark.parametrize(("added", "is_told"), [("components/door", False), ("extras/door", True)])
def test_a_way_in_that_a_component_adds_is_asked_for(folder: Path, added: str, *, is_told: bool) -> None:
    door = service("web", "type: LoadBalancer, ports: [{port: 80}]").replace("name: web,", "name: web-lb,", 1)
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [door.yaml]\n"
    files = {
        "base/kustomization.yaml": "resources: [web.yaml, ingress.yaml]\n",
        "base/web.yaml": service("web", "ports: [{port: 80}]") + workload("web"),
        "base/ingress.yaml": ingress("web", "a: b").replace("public", "alb").replace("a: b", f"{ALB}scheme: internet-facing"),
        f"{added}/kustomization.yaml": component,
        f"{added}/door.yaml": door,
        "overlays/prod/kustomization.yaml": f"resources: [../../base]\ncomponents: [../../{added}]\n",
    }
    assert bool(told(Tree(files, folder), "double-exposure")) is is_told


SERVICE_OF_CHART = """\
apiVersion: v1
kind: Service
metadata: {name: kiosk}
spec:
  type: %s
  selector: {app: kiosk}
  ports: [{port: 80}]
"""
TYPE_OF_VALUES = "{{ .Values.type }}"
OWN = "apiVersion: v2\nname: kiosk\nversion: 0.3.0\n"


def chart(metadata: str = "", kind: str = TYPE_OF_VALUES, at: str = "charts/kiosk") -> dict[str, str]:
    return {
        f"{at}/Chart.yaml": OWN + metadata,
        f"{at}/values.yaml": "type: NodePort\n",
        f"{at}/templates/service.yaml": SERVICE_OF_CHART % kind,
    }


RELEASE = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kiosk, namespace: argocd}
spec:
  source: {repoURL: https://git.example.org/shop, path: charts/kiosk, targetRevision: main}
  destination: {server: https://kubernetes.default.svc, namespace: kiosk}
"""


@pytest.mark.parametrize(
    ("metadata", "others", "is_told"),
    [
        ("", {}, True),
        ("home: https://kiosk.example.org\n", {}, False),
        ("maintainers: [{name: ann}]\n", {}, False),
        ("annotations: {artifacthub.io/license: MIT}\n", {}, False),
        ("annotations: {team: web}\n", {}, True),
        ("keywords: []\n", {}, True),
        ("", {"ct.yaml": "target-branch: main\n"}, False),
        ("", {".github/cr.yaml": "owner: ann\n"}, False),
        ("", {"artifacthub-repo.yml": "owners: []\n"}, False),
        ("", {".github/workflows/release-charts.yml": "jobs: {}\n"}, False),
        ("", {".github/workflows/release.yml": "jobs: {}\n", ".github/workflows/lint-charts.yml": "jobs: {}\n"}, True),
        ("", {f"charts/{name}/Chart.yaml": OWN.replace("kiosk", name) + "icon: https://x/y.svg\n" for name in "abc"}, False),
        ("", {f"charts/{name}/Chart.yaml": OWN.replace("kiosk", name) + "icon: https://x/y.svg\n" for name in "ab"}, True),
        ("home: https://kiosk.example.org\n", {"apps/kiosk.yaml": RELEASE}, True),
        ("home: https://kiosk.example.org\n", {"charts/kiosk/values-prod.yaml": "type: NodePort\n"}, True),
        ("home: https://kiosk.example.org\n", {"charts/kiosk/values-minimal.yaml": "type: NodePort\n"}, False),
    ],
)
def test_who_installs_a_chart_that_is_offered_sets_its_values(
    folder: Path, metadata: str, others: dict[str, str], *, is_told: bool
) -> None:
    tree = Tree(chart(metadata) | others, folder)
    assert bool(told(tree, NODE_PORTS)) is is_told
    spared = [one for one in tree.report()["completeness"]["undecided"] if one["rule"] == NODE_PORTS]
    assert ["defaults of charts" in one["reason"] for one in spared] == [True] * (not is_told)


INGRESS_OF_CHART = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: kiosk}
spec:
  rules:
    - host: HOST
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: kiosk, port: {number: 80}}}}]}
"""


@pytest.mark.parametrize(
    ("host", "default", "is_told"),
    [
        ("{{ .Values.host | quote }}", "''", False),
        ("{{ .Values.host | quote }}", "", False),
        ('"{{ .Values.host }}"', "null", False),
        ('""', "''", False),  # a host without text is any
        ("_", "''", True),
        ("{{ .Values.host | quote }}", "'_'", True),
    ],
)
def test_a_host_that_a_chart_leaves_empty_is_not_wrong(folder: Path, host: str, default: str, *, is_told: bool) -> None:
    templates = {"charts/kiosk/templates/ingress.yaml": INGRESS_OF_CHART.replace("HOST", host)}
    tree = Tree(chart() | templates | {"charts/kiosk/values.yaml": f"type: ClusterIP\nhost: {default}\n"}, folder)
    assert bool(told(tree, "ingress-rejected")) is is_told


@pytest.mark.parametrize(("number", "is_told"), [("0", False), ("70000", True)])
def test_a_port_that_a_chart_leaves_open_is_not_wrong(folder: Path, number: str, *, is_told: bool) -> None:
    template = (SERVICE_OF_CHART % "ClusterIP").replace("port: 80", "port: {{ .Values.number }}")
    values = f"type: ClusterIP\n# Replace me\nnumber: {number}\n"
    tree = Tree(chart() | {"charts/kiosk/templates/service.yaml": template, "charts/kiosk/values.yaml": values}, folder)
    assert bool(told(tree, "service-rejected")) is is_told


FIXED = "NodePort"
INGRESS_WITHOUT_TYPE = """\
{{- if .Values.sidecar }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: sidecar}
spec:
  rules:
    - host: shop.example.org
      http: {paths: [{path: /, backend: {service: {name: kiosk, port: {number: 80}}}}]}
{{- end }}
"""


@pytest.mark.parametrize(
    ("metadata", "others", "told_of"),
    [
        ("sources: [https://github.com/bitnami/charts]\n", {}, set()),
        ("sources: [https://github.com/ann/charts]\n", {}, {NODE_PORTS, "invalid-resource"}),
        (
            "sources: [https://github.com/bitnami/charts]\n",
            {"go.mod": "module github.com/bitnami/kiosk\n"},
            {NODE_PORTS, "invalid-resource"},
        ),
        ("sources: [https://github.com/bitnami/charts]\n", {"ct.yaml": "a: b\n"}, {NODE_PORTS, "invalid-resource"}),
        (
            "sources: [https://github.com/bitnami/charts]\ndependencies: [{name: kiosk, version: 1.0.0, repository: 'file://../own'}]\n",
            {"charts/kiosk/charts/kiosk/Chart.yaml": OWN},
            {NODE_PORTS, "invalid-resource"},
        ),
        ("sources: [https://github.com/bitnami/charts]\n", {"apps/kiosk.yaml": RELEASE}, {NODE_PORTS}),
    ],
    ids=["a copy", "not public", "its own project", "published here", "passes values on", "deployed"],
)
def test_a_copy_of_a_public_chart_is_for_its_project_to_mend(
    folder: Path, metadata: str, others: dict[str, str], told_of: set[str]
) -> None:
    files = {
        **chart(metadata, FIXED),
        "charts/kiosk/templates/sidecar.yaml": INGRESS_WITHOUT_TYPE,
        "charts/kiosk/values.yaml": "sidecar: false\n",
    }
    found = {rule for rule, _, _ in Tree(files | others, folder).findings()}
    assert found & {NODE_PORTS, "invalid-resource"} == told_of


ROUTE_OF_CHART = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: kiosk, namespace: edge}
spec:
  parentRefs: [{name: public}]
  rules: [{backendRefs: [{name: kiosk, namespace: {{ .Release.Namespace }}, port: 80}]}]
"""


@pytest.mark.parametrize(("others", "is_told"), [({}, False), ({"apps/kiosk.yaml": RELEASE}, True)])
def test_who_installs_a_chart_may_have_granted_what_it_refers_to(folder: Path, others: dict[str, str], *, is_told: bool) -> None:
    tree = Tree(chart() | {"charts/kiosk/templates/route.yaml": ROUTE_OF_CHART} | others, folder)
    assert bool(told(tree, "reference-not-permitted")) is is_told


@pytest.mark.parametrize(
    ("ports", "is_told"),
    [
        ("{{- with .Values.ports }}\n  ports: {{ toYaml . }}\n  {{- end }}", False),
        ("ports:\n  {{- range .Values.ports }}\n    - port: {{ . }}\n  {{- end }}", False),
        ("ports: []", True),
        ("clusterIP: ''", True),
    ],
)
def test_ports_that_a_chart_leaves_to_values_are_not_missing(folder: Path, ports: str, *, is_told: bool) -> None:
    head = "apiVersion: v1\nkind: Service\nmetadata: {name: kiosk}\nspec:\n  selector: {app: kiosk}\n"
    files = chart("home: https://kiosk.example.org\n")
    tree = Tree(files | {"charts/kiosk/templates/service.yaml": f"{head}  {ports}\n", "charts/kiosk/values.yaml": "ports: []\n"}, folder)
    assert bool(told(tree, "service-rejected")) is is_told


@pytest.mark.parametrize("kind", ["NodePort", '{{ "NodePort" }}'])
def test_what_a_template_fixes_is_the_fault_of_the_chart(folder: Path, kind: str) -> None:
    (found,) = told(Tree(chart("home: https://kiosk.example.org\n", kind), folder), NODE_PORTS)
    assert (found["location"]["path"], found["location"]["line"]) == ("charts/kiosk/templates/service.yaml", 5)


@pytest.mark.parametrize(
    ("before", "values", "is_told"),
    [
        ('{{- if eq .Values.expose "node" }}\n  type: NodePort\n  {{- else }}\n  type: ClusterIP\n  {{- end }}', "expose: node", False),
        ("{{- if .Values.service.nodePort }}\n  type: NodePort\n  {{- end }}", "service: {nodePort: 30080}", False),
        ('{{- if ne .Values.kind "NodePort" }}{{ fail "no" }}{{ end }}\n  type: NodePort', "kind: NodePort", False),
        ('{{- if ne .Values.kind "Ordinary" }}{{ fail "no" }}{{ end }}\n  type: NodePort', "kind: Ordinary", True),
        ("{{- if .Values.labelled }}\n  clusterIP: ''\n  {{- end }}\n  type: NodePort", "labelled: true", True),
        ('{{- if .Capabilities.APIVersions.Has "v1" }}\n  type: NodePort\n  {{- end }}', "{}", True),
    ],
)
def test_what_a_value_chooses_in_a_template_is_a_default(folder: Path, before: str, values: str, *, is_told: bool) -> None:
    head = "apiVersion: v1\nkind: Service\nmetadata: {name: kiosk}\nspec:\n"
    text = f"{head}  {before}\n  ports: [{{port: 80}}]\n  selector: {{app: kiosk}}\n"
    files = chart("home: https://kiosk.example.org\n", "x")
    tree = Tree(files | {"charts/kiosk/templates/service.yaml": text, "charts/kiosk/values.yaml": f"{values}\n"}, folder)
    assert bool(told(tree, NODE_PORTS)) is is_told


@pytest.mark.parametrize(("condition", "is_told"), [(".Values.service.enabled", True), (".Values.nodePort.enabled", False)])
def test_whether_there_is_a_service_is_not_how_it_is_reached(folder: Path, condition: str, *, is_told: bool) -> None:
    files = chart("home: https://kiosk.example.org\n", "NodePort")
    path = "charts/kiosk/templates/service.yaml"
    key = condition.split(".")[2]
    text = f"{{{{- if {condition} }}}}\n{files[path]}\n{{{{- end }}}}\n"
    tree = Tree(files | {path: text, "charts/kiosk/values.yaml": f"{key}: {{enabled: true}}\n"}, folder)
    assert bool(told(tree, NODE_PORTS)) is is_told


def test_a_default_in_a_template_is_a_default(folder: Path) -> None:
    for metadata, count in (("home: https://kiosk.example.org\n", 0), ("", 1)):
        assert len(told(Tree(chart(metadata, '{{ .Values.kind | default "NodePort" }}'), folder), NODE_PORTS)) == count


def test_what_is_wrong_with_default_values_is_told(folder: Path) -> None:
    """Of a chart that is offered as of any other: a value that is refused is refused in everybody's cluster."""
    files = chart("home: https://kiosk.example.org\n") | {"charts/kiosk/values.yaml": "type: Nodeport\n"}
    assert [rule for rule, _, _ in Tree(files, folder).findings()] in (["service-rejected"], ["invalid-resource"])


def test_what_whoever_installs_a_chart_has_to_bring_is_no_fault_of_it(folder: Path) -> None:
    needed = {"charts/kiosk/templates/map.yaml": '{{ required "a name" .Values.name }}\n'}
    dependency = "dependencies: [{name: redis, version: 1.0.0, repository: https://charts.example.org}]\n"
    for more in (needed, {"charts/kiosk/Chart.yaml": f"{OWN}icon: https://x/y.svg\n{dependency}"}):
        report = Tree(chart("icon: https://x/y.svg\n") | more, folder).report("--min-confidence", "low")
        assert report["findings"] == []
        assert [one["unit"] for one in report["completeness"]["units"]] == ["charts/kiosk/Chart.yaml"]
        (folder / "charts/kiosk/templates/map.yaml").unlink(missing_ok=True)
    found = [one["rule"] for one in Tree(chart() | needed, folder).report()["findings"]]
    assert found == ["node-port-in-production"]
    broken = {"charts/kiosk/templates/map.yaml": "{{ .Values.name\n"}
    assert "render-failed" in {one["rule"] for one in Tree(chart() | broken, folder).report()["findings"]}
    unsure = Tree(chart() | needed, folder).report("--min-confidence", "low")
    assert "render-failed" in {one["rule"] for one in unsure["findings"]}


KIND = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: control-plane}]\n"
IN_PRODUCTION = service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]").replace("namespace: shop", "namespace: prod-shop")


@pytest.mark.parametrize(
    ("files", "severities"),
    [
        ({}, ["error"]),
        ({"kind.yaml": KIND}, ["warning"]),
        ({"kind.yaml": KIND, "apps/web.yaml": RELEASE.replace("charts/kiosk", "elsewhere")}, []),
        ({"test/kind.yaml": KIND}, ["error"]),
        ({"kind.yaml": KIND, "overlays/prod/other.yaml": service("other", "ports: [{port: 80}]")}, ["error"]),
    ],
)
def test_a_namespace_of_a_cluster_on_a_laptop_is_named_so_for_practice(folder: Path, files: dict[str, str], severities: list[str]) -> None:
    tree = Tree({"web.yaml": IN_PRODUCTION} | files, folder)
    assert [one["severity"] for one in told(tree, NODE_PORTS)] == severities


COPIED = "apiVersion: v2\nname: edge\nversion: 1.0.0\nhome: https://edge.example.org\nsources: [https://edge.example.org/git]\n"
OWN_CHARTS = {f"charts/{name}/Chart.yaml": OWN.replace("kiosk", name) for name in ("a", "b", "c")}


@pytest.mark.parametrize(
    ("others", "values", "is_told"),
    [
        (OWN_CHARTS, "values-icp.yaml", False),
        (OWN_CHARTS, "values-prod.yaml", True),
        ({}, "values-icp.yaml", True),
        (OWN_CHARTS | {"ct.yaml": "target-branch: main\n"}, "values-icp.yaml", True),
        ({path: text + "icon: https://x/y.svg\n" for path, text in OWN_CHARTS.items()}, "values-icp.yaml", True),
    ],
)
def test_alternatives_that_came_with_a_copied_chart_are_not_deployed(
    folder: Path, others: dict[str, str], values: str, *, is_told: bool
) -> None:
    """Among charts of a repository's own, one that says where it is from is a copy; who maintains it hears of its values."""
    chart_of_edge = {
        "charts/edge/Chart.yaml": COPIED,
        "charts/edge/values.yaml": "selector: {}\n",
        "charts/edge/templates/pod.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: edge}\nspec:\n  nodeSelector: {{- toYaml .Values.selector | nindent 4 }}\n"
            "  containers: [{name: c, image: example.com/app}]\n"
        ),
        f"charts/edge/{values}": "selector:\n  proxy: true\n",
    }
    assert bool(told(Tree(chart_of_edge | others, folder), "invalid-resource")) is is_told


def in_production(name: str, annotations: str, rule: str = "public") -> dict[str, str]:
    text = ingress(name, annotations).replace("ingressClassName: public", "ingressClassName: {{ .Values.class }}")
    return {
        f"charts/{name}/Chart.yaml": OWN.replace("kiosk", name) + "home: https://example.org\n",
        f"charts/{name}/values.yaml": "class: x\n",
        f"charts/{name}/values-prod.yaml": f"class: {rule}\n",
        f"charts/{name}/templates/all.yaml": text,
    }


def test_one_choice_for_all_charts_is_one_finding(folder: Path) -> None:
    """Each set of values stands alone, but who chose the controller of one chart chose it for all."""
    charts = [in_production(name, f"{NGINX}proxy-body-size: 8m", "nginx") for name in ("a", "b", "c")]
    tree = Tree({path: text for one in charts for path, text in one.items()}, folder)
    (retired,) = told(tree, "ingress-controller-retired")
    assert retired["headline"] == "Ingress shop/a and 2 more sets of values use ingress-nginx, which is retired"
    assert len(retired["related"]) >= 2
    (tied,) = told(tree, TIED)
    assert " and 2 more " in tied["headline"]


def test_a_wrong_value_that_was_copied_from_chart_to_chart_is_one_finding(folder: Path) -> None:
    values = {"a": "maybe", "b": "maybe", "c": "perhaps"}
    charts = [in_production(name, f"{NGINX}proxy-buffering: {value}", "nginx") for name, value in values.items()]
    both, other = told(Tree({path: text for one in charts for path, text in one.items()}, folder), "ingress-annotation-invalid")
    places = [one["location"]["path"] for one in (both, *both["related"], other)]
    assert list(dict.fromkeys(path for path in places if "templates" in path)) == [f"charts/{name}/templates/all.yaml" for name in "abc"]
    assert other["location"]["path"].startswith("charts/c/")
