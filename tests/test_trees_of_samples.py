"""Trees of platforms, charts, controllers and samples as strangers have them: what a scan from the top says, and at which line."""

from pathlib import Path

import pytest

from k8slblint.loading.patches import patched_objects
from k8slblint.model.loaded import Patched
from k8slblint.rendering import provenance
from k8slblint.rendering.helm.helper_calls import call_of, helper_at
from k8slblint.rendering.kustomize.patch_places import place_of_patch
from tests.builders import resources
from tests.linting import source_file
from tests.whole_trees import Tree, service, workload

NODE_PORT = "type: NodePort, ports: [{port: 80}]"
LOAD_BALANCER = "type: LoadBalancer, ports: [{port: 443}]"
CHART = "apiVersion: v2\nname: NAME\nversion: 1.2.0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chart(name: str, template: str, values: str = "{}\n") -> dict[str, str]:
    return {
        f"{name}/Chart.yaml": CHART.replace("NAME", name.rpartition("/")[2]),
        f"{name}/values.yaml": values,
        f"{name}/templates/all.yaml": template,
    }


def ingress(annotations: str, class_name: str = "nginx") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n{annotations}spec:\n"
        f"  ingressClassName: {class_name}\n  rules:\n  - host: web.example.org\n"
        "    http: {paths: [{path: /(.*), pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}]}\n"
    )


def test_placeholders_of_python_make_no_object(folder: Path):
    text = service("x", "ports: [{port: 80}]", "").replace("name: x", "name: {job.name}") + workload("x", namespace="")
    tree = Tree({"deploy/one.yaml": text.replace("app: x", "app: {job.name}").replace("name: x", "name: {job.name}")}, folder)
    assert tree.findings() == []


def test_files_that_a_chart_reads_are_not_deployed(folder: Path):
    raw = service("agent", "ports: [{port: 9, targetPort: metrics}]") + workload("agent")
    files = chart(
        "agent",
        '{{- range splitList "---" (.Files.Get "files/raw.yaml") }}\n{{- $o := . | fromYaml }}\n---\n{{ $o | toYaml }}\n{{- end }}\n',
    )
    files["agent/files/raw.yaml"] = raw
    assert [path for rule, path, _ in Tree(files, folder).findings() if path.startswith("agent/files/")] == []


def test_many_node_ports_outside_of_the_range_show_another_range(folder: Path):
    files = {f"s{n}.yaml": service(f"s{n}", f"type: NodePort, ports: [{{port: 80, nodePort: {7000 + n}}}]") for n in range(4)}
    assert "service-rejected" not in {rule for rule, _, _ in Tree(files, folder).findings()}
    lone = Tree({f"s{n}.yaml": "{}\n" for n in range(1, 4)}, folder)
    assert ("service-rejected", "s0.yaml", 4) in lone.findings()


def test_a_value_that_a_chart_leaves_to_its_releases_is_no_error(folder: Path):
    template = service("web", "ports: [{name: 'metrics-{{ .Values.app.name }}', port: 80}]")
    files = chart("web", template, "app: {port: 80}\n")
    files["releases/values.yaml"] = "app: {name: a}\n"
    assert "service-rejected" not in {rule for rule, _, _ in Tree(files, folder).findings()}


def test_annotations_of_another_class_have_no_effect(folder: Path):
    (found,) = Tree({"web.yaml": ingress("    ingress.kubernetes.io/app-root: /a\n")}, folder).report()["findings"]
    assert (found["rule"], found["location"]["line"]) == ("ingress-annotation-unknown", 6)
    assert "does not read" in found["headline"]
    assert "`nginx.ingress.kubernetes.io/app-root`" in found["help"]


def test_a_rewrite_to_an_address_is_a_redirect(folder: Path):
    text = ingress("    nginx.ingress.kubernetes.io/rewrite-target: https://new.example.org/$1\n")
    (found,) = (one for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "ingress-vendor-annotation")
    assert "RequestRedirect" in found["related"][0]["message"]
    assert "URLRewrite" not in found["related"][0]["message"]


def test_advice_leads_to_no_port_that_was_not_meant(folder: Path):
    text = service("ci", "ports: [{port: 6061, targetPort: profile}]") + workload(
        "ci", "image: 'docker:dind', ports: [{containerPort: 2375}]"
    )
    (found,) = Tree({"ci.yaml": text}, folder).report()["findings"]
    assert found["rule"] == "service-port-unresolved"
    assert "2375" not in found["help"]


def test_each_controller_of_aws_is_advised_with_its_own_class(folder: Path):
    aws = "service.beta.kubernetes.io/aws-load-balancer-"
    text = service("edge", LOAD_BALANCER, annotations=f"{{{aws}type: nlb, {aws}nlb-target-type: ip}}")
    (found,) = Tree({"edge.yaml": text}, folder).report()["findings"]
    assert found["rule"] == "load-balancer-annotation-ignored"
    for sentence in found["help"].split(". "):
        assert not ("Auto Mode" in sentence and "service.k8s.aws/nlb" in sentence and "eks.amazonaws.com/nlb" not in sentence)


@pytest.mark.parametrize(
    "route",
    [
        "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web, namespace: shop}\nspec: {to: {kind: Service, name: web}}\n",
        """\
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web, namespace: shop}
spec: {host: a.example.org, upstreams: [{name: w, service: web, port: 80}], routes: [{path: /, action: {pass: w}}]}
""",
    ],
)
def test_what_a_route_of_a_vendor_leads_to_is_not_only_of_the_cluster(folder: Path, route: str):
    text = service("web", "ports: [{port: 80}]") + workload("web") + f"---\n{route}"
    assert Tree({"web.yaml": text}, folder).exposure()["Deployment shop/web"][0] in ("unknown", "internet")


def test_an_alternative_says_nothing_of_the_platform_of_its_twin(folder: Path):
    proxy = workload("edge", "image: 'nginx/nginx-ingress:5.0.0'", kind="DaemonSet").removeprefix("---\n")
    files = {
        "pods/edge.yaml": proxy,
        "service/aws.yaml": service("edge", LOAD_BALANCER, annotations="{service.beta.kubernetes.io/aws-load-balancer-type: nlb}"),
        "service/plain.yaml": service("edge", LOAD_BALANCER),
        "service/ports.yaml": service("edge", NODE_PORT),
    }
    tree = Tree(files, folder)
    assert tree.findings() == []
    (plain,) = (
        one for one in tree.report("--min-confidence", "low")["completeness"]["undecided"] if one["rule"] == "load-balancer-unserved"
    )
    assert "do not show which controller" in plain["reason"]


def test_a_missing_resource_is_named_from_the_top_of_the_tree(folder: Path):
    files = {
        "base/web/web.yaml": service("web", NODE_PORT),
        "overlays/common/kustomization.yaml": "resources: [base/web/web.yaml]\n",
        "overlays/live/kustomization.yaml": "resources: [../common]\n",
    }
    (found,) = (one for one in Tree(files, folder).report()["findings"] if one["rule"] == "render-failed")
    assert "overlays/common/base/web/web.yaml" in found["message"]


def test_values_for_another_chart_are_no_set_of_values_of_this_one(folder: Path):
    template = service("web", "type: {{ .Values.kind }}, ports: [{port: 80}]") + '# {{ .Files.Get "cache-values.yaml" | len }}\n'
    files = chart("web", template, "kind: ClusterIP\n")
    files["web/cache-values.yaml"] = "kind: NodePort\n"
    assert Tree(files, folder).findings() == []


TWICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  labels:
    {{- include "l" . | nindent 4 }}
    app: b
spec: {ports: [{port: 80}]}
"""


def test_keys_that_a_template_sets_twice_are_warned_of_at_their_lines(folder: Path):
    files = chart("web", TWICE)
    files["web/templates/_l.tpl"] = '{{- define "l" -}}\napp: a\n{{- end }}\n'
    (found,) = (one for one in Tree(files, folder).report()["findings"] if one["rule"] == "invalid-yaml")
    assert (found["severity"], found["location"]["path"], found["location"]["line"]) == ("warning", "web/templates/all.yaml", 7)


DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gates.example.org}
spec:
  group: example.org
  names: {kind: Gate, plural: gates}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {open: {type: boolean}}}}}}
"""


@pytest.mark.parametrize(("path", "lines"), [("tests/gate-invalid.yaml", []), ("live/gate.yaml", [4])])
def test_fixtures_that_are_meant_to_be_refused_are_spared(folder: Path, path: str, lines: list[int]):
    gate = "apiVersion: example.org/v1\nkind: Gate\nmetadata: {name: a}\nspec: {open: often}\n"
    assert [line for _, _, line in Tree({"crd.yaml": DEFINITION, path: gate}, folder).findings()] == lines


def test_one_helper_in_many_charts_is_one_finding(folder: Path):
    helper = '{{- define "kit.type" -}}\nNodePort\n{{- end -}}\n'
    files = {}
    for name in ("east", "west"):
        files |= chart(f"charts/{name}", service(name, 'type: {{ include "kit.type" . }}, ports: [{port: 80}]'))
        files[f"charts/{name}/templates/kit/_kit.tpl"] = helper
    (found,) = Tree(files, folder).report()["findings"]
    assert (found["rule"], found["location"]["path"], found["location"]["line"]) == (
        "node-port-in-production",
        "charts/east/templates/all.yaml",
        4,
    )
    assert "charts/west/templates/all.yaml" in [one["location"]["path"] for one in found["related"]]


def test_a_helper_of_one_chart_is_where_its_text_is(folder: Path):
    files = chart("charts/east", service("east", 'type: {{ include "kit.type" . }}, ports: [{port: 80}]'))
    files["charts/east/templates/_kit.tpl"] = '{{- define "kit.type" -}}\nNodePort\n{{- end -}}\n'
    assert Tree(files, folder).findings() == [("node-port-in-production", "charts/east/templates/_kit.tpl", 2)]


HELPERS = """\
{{- define "kit.inner" -}}
NodePort
{{- end -}}
{{- define "kit.outer" -}}
{{ include "kit.inner" . }}
{{- end -}}
"""


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ('a: 1\ntype: {{ include "kit.inner" . }}\n', 2),
        ('a: 1\ntype: {{- template "kit.outer" . }}\n', 2),
        ('a: {{ include "kit.inner" . }}\ntype: {{ include "kit.inner" . }}\n', 2),
        ('a: {{ include "kit.inner" . }}\nb: {{ include "kit.inner" . }}\n', None),
        ('type: {{ include "other" . }}\n', None),
        ("{{" * 50_000 + ' include "kit.inner"' * 50_000, None),
        ('{{ include "' * 50_000 + "}}" + "{{ template\t" * 50_000, None),
    ],
)
def test_the_call_of_a_helper_is_found_where_one_line_is_meant(template: str, line: int | None):
    assert helper_at(HELPERS, HELPERS.index("NodePort")) == "kit.inner"
    found = call_of("kit.inner", template, HELPERS, "type")
    assert (found.line if found is not None else None) == line


def test_a_way_around_a_route_is_reported_and_tells_the_platform(folder: Path):
    route = "---\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: deck, namespace: shop}\n"
    route += "spec: {to: {kind: Service, name: deck}}\n"
    text = service("deck", NODE_PORT) + workload("deck", "image: example.com/d, ports: [{containerPort: 80}]") + route
    (found,) = Tree({"deck.yaml": text}, folder).report()["findings"]
    assert (found["rule"], found["location"]["line"]) == ("node-port-in-production", 4)
    assert "Service shop/deck lets clients bypass Route shop/deck." in [one["message"] for one in found["related"]]


def test_a_dependency_is_taken_from_the_tree(folder: Path):
    files = chart("charts/meter", service("meter", "type: {{ .Values.kind }}, ports: [{port: 80}]"), "kind: ClusterIP\n")
    files["charts/all/Chart.yaml"] = (
        f"{CHART.replace('NAME', 'all')}dependencies: [{{name: meter, version: ^1.0.0, repository: 'https://c.example.org'}}]\n"
    )
    files["charts/all/values.yaml"] = "meter: {kind: NodePort}\n"
    assert Tree(files, folder).findings() == [("node-port-in-production", "charts/all/values.yaml", 1)]


EDGE = workload("edge", "image: 'registry.k8s.io/ingress-nginx/controller:v1.12.0'").replace("spec:\n", "spec:\n  replicas: COUNT\n", 1)
LOCAL = service("edge", "externalTrafficPolicy: Local, type: LoadBalancer, ports: [{port: 443}]")
SCALER = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: edge, namespace: shop}
spec: {minReplicas: 3, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: edge}}
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (LOCAL + EDGE.replace("COUNT", "1"), [4]),
        (LOCAL + EDGE.replace("COUNT", "2"), []),
        (LOCAL + EDGE.replace("  replicas: COUNT\n", ""), []),
        (LOCAL + EDGE.replace("COUNT", "1") + SCALER, []),
        (LOCAL + EDGE.replace("COUNT", "1").replace("registry.k8s.io/ingress-nginx/controller", "example.com/shop"), []),
    ],
)
def test_an_edge_that_is_written_to_be_one_pod_starves(folder: Path, text: str, lines: list[int]):
    found = Tree({"edge.yaml": text}, folder).findings()
    assert [line for rule, _, line in found if rule == "local-traffic-policy-starves"] == lines


def test_values_beside_a_chart_take_the_place_of_defaults_that_do_not_render(folder: Path):
    files = chart("web", service("web", 'type: {{ required "kind!" .Values.kind }}, ports: [{port: 80}]'), 'kind: ""\n')
    files["web/ci/one-values.yaml"] = "kind: ClusterIP\n"
    assert Tree(files, folder).report()["findings"] == []


@pytest.mark.parametrize("extra", [{}, {"nodes.yaml": "apiVersion: example.org/v1\nkind: Nodes\nmetadata: {name: n}\n"}])
def test_local_configuration_need_not_be_text(folder: Path, extra: dict[str, str]):
    local = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, annotations: {config.kubernetes.io/local-config: 'true'}}\n"
        "data: {on: true, net: {vip: 10.1.1.1}}\n"
    )
    files = {"kustomization.yaml": f"resources: [{', '.join(['site.yaml', *extra])}]\n", "site.yaml": local, **extra}
    assert Tree(files, folder).findings() == []


SCAFFOLD = {
    "config/default/kustomization.yaml": "namePrefix: acme-\nresources: [../rbac, ../manager]\nPATCHES\n",
    "config/default/proxy.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: manager, namespace: system}\n",
    "config/manager/kustomization.yaml": "resources: [manager.yaml]\n",
    "config/manager/manager.yaml": workload("manager", namespace="system"),
    "config/rbac/kustomization.yaml": "resources: [metrics.yaml]\n",
    "config/rbac/metrics.yaml": service("manager", "ports: [{port: 8443, targetPort: https}]", "system"),
}


@pytest.mark.parametrize(
    ("patches", "rules"),
    [
        ("patches: [{path: proxy.yaml}]", []),
        ("patchesStrategicMerge: [proxy.yaml]", []),
        ("patches: [{path: proxy.yaml, target: {kind: Deployment, name: man.*}}]", []),
        ("patches: [{target: {kind: Deployment}, patch: '[]'}]", []),
        ("patches: [{patch: '{kind: Deployment, metadata: {name: manager}}'}]", []),
        ("patches: [{patch: '{kind: Deployment, metadata: {name: other}}'}]", ["service-port-unresolved"]),
        ("patches: [{path: ../../../secret.yaml}, {path: 7}, '{', {target: 3}, null]", ["service-port-unresolved"]),
        ("patches: {path: proxy.yaml}", ["service-port-unresolved"]),
    ],
)
def test_a_patch_that_was_not_applied_may_add_the_port(folder: Path, patches: str, rules: list[str]):
    files = {**SCAFFOLD, "config/default/kustomization.yaml": SCAFFOLD["config/default/kustomization.yaml"].replace("PATCHES", patches)}
    assert [rule for rule, _, _ in Tree(files, folder).findings("--no-render")] == rules


def test_a_patch_that_is_named_over_and_over_is_read_once(folder: Path):
    """Each of 3,000 aliases stands for 2,000 lines."""
    lines = "".join(f"        a{number}: b\n" for number in range(2_000))
    patches = f"patches:\n- &a\n  patch: |\n    kind: Other\n    metadata:\n      name: x\n      labels:\n{lines}" + "- *a\n" * 3_000
    files = {**SCAFFOLD, "config/default/kustomization.yaml": f"resources: [../rbac, ../manager]\n{patches}"}
    assert [rule for rule, _, _ in Tree(files, folder).findings("--no-render")] == ["service-port-unresolved"]
    manager = resources(SCAFFOLD["config/manager/manager.yaml"])[0]
    assert place_of_patch(files["config/default/kustomization.yaml"], manager).line == 2
    named = "patches:\n" + "- path: big.yaml\n" * 3_000
    files = [
        source_file("kustomization.yaml", named),
        source_file("big.yaml", f"kind: Other\nmetadata:\n      name: x\n      labels:\n{lines}"),
    ]
    assert patched_objects(files) == (Patched("Other", "x", "big.yaml"),)


def test_a_port_does_not_outvote_a_known_image(folder: Path):
    pods = workload(
        "model",
        "image: 'tensorflow/serving:2.19.0', ports: [{name: grpc, containerPort: 8500}]",
        pod="nodeSelector: {cloud.google.com/gke-gpu: a}, ",
    )
    text = service("model", "type: LoadBalancer, ports: [{name: grpc, port: 8500}]") + pods
    assert "exposed-datastore" not in {rule for rule, _, _ in Tree({"gke/model.yaml": text}, folder).findings()}


def test_one_annotation_does_not_tell_the_platform_of_other_samples(folder: Path):
    files = {
        "docs/how-to/aws/guide.yaml": service(
            "a", LOAD_BALANCER, annotations="{service.beta.kubernetes.io/aws-load-balancer-type: external}"
        ),
        "deployment/gcp/web.yaml": ingress("    a.example.org/b: c\n", "netscaler"),
        "apps/pinned/tea.yaml": service("tea", "loadBalancerIP: 10.7.0.9, type: LoadBalancer, ports: [{port: 443}]"),
    }
    (found,) = Tree(files, folder).report()["findings"]
    assert (found["rule"], found["location"]["path"]) == ("load-balancer-ip-deprecated", "apps/pinned/tea.yaml")
    assert "AWS" not in found["message"]


@pytest.mark.parametrize(
    ("path", "rules"), [("shop/guide.yaml", ["load-balancer-unserved"]), ("docs/guide.yaml", []), ("shop/how-to/a.yaml", [])]
)
def test_what_documentation_shows_may_wait_for_a_controller(folder: Path, path: str, rules: list[str]):
    text = service("a", LOAD_BALANCER, annotations="{service.beta.kubernetes.io/aws-load-balancer-type: external}")
    assert [rule for rule, _, _ in Tree({path: text}, folder).findings()] == rules


NETSCALER = "image: 'quay.io/netscaler/netscaler-k8s-ingress-controller:4.1.17', env: [{name: NS_IP, value: 10.9.0.2}]"


def test_a_controller_that_may_take_an_external_service_leaves_it_undecided(folder: Path):
    external = service("web", LOAD_BALANCER, annotations="{service.beta.kubernetes.io/aws-load-balancer-type: external}")
    assert Tree({"web.yaml": external, "cic.yaml": workload("cic", NETSCALER)}, folder).findings() == []


def test_a_node_port_may_be_for_an_appliance_outside_of_the_cluster(folder: Path):
    first = ingress("    a.example.org/b: c\n", "first").replace("name: web\n", "name: web\n  namespace: shop\n", 1)
    kind = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: first}\n"
    kind += "spec: {controller: citrix.com/ingress-controller}\n"
    files = {"web.yaml": service("web", NODE_PORT) + workload("web") + f"---\n{first}{kind}", "cic.yaml": workload("cic", NETSCALER)}
    assert Tree(files, folder).findings() == []


def test_a_default_backend_of_gke_needs_its_node_port(folder: Path):
    text = service("default-http-backend", NODE_PORT, "kube-system", "{cloud.google.com/app-protocols: '{}'}")
    assert "node-port-in-production" not in {rule for rule, _, _ in Tree({"glbc.yaml": text}, folder).findings()}


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ('apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations:\n    x.org/a: \'{"b": 1}\n    x.org/c: d\nspec: {}\n', 6),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  selector\n    app: a\n", 5),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: 80---\napiVersion: v1\nkind: Service\n",
            6,
        ),
    ],
)
def test_broken_text_is_one_finding_where_it_breaks(folder: Path, broken: str, line: int):
    assert Tree({"a.yaml": broken}, folder).findings() == [("invalid-yaml", "a.yaml", line)]


def test_an_empty_backend_is_called_so(folder: Path):
    text = ingress("    a.example.org/b: c\n").replace(
        "http: {paths: [{path: /(.*), pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}]}",
        "http: {paths: [{path: /, pathType: Prefix, backend: }]}",
    )
    (found,) = Tree({"web.yaml": text}, folder).report()["findings"]
    assert "has an empty `paths[0].backend`" in found["headline"]


def test_traffic_ends_at_the_workload_of_the_same_file(folder: Path):
    files = {"a-lab/all.yaml": workload("edge"), "hall/all.yaml": service("edge", NODE_PORT) + workload("edge")}
    (found,) = Tree(files, folder).report()["findings"]
    assert found["traffic"][-1]["location"]["path"] == "hall/all.yaml"


def test_a_comment_covers_a_finding_whose_line_there_was_no_time_to_prove(folder: Path, monkeypatch: pytest.MonkeyPatch):
    text = service("web", "ports: [{port: 80}]").replace(
        "spec: {", "spec:\n  type: NodePort # k8slblint: ignore[node-port-in-production] known\n  "
    )
    text = text.replace("ports: [{port: 80}], selector: {app: web}}", "ports: [{port: 80}]")
    both = f"{text}---\n{text.replace('name: web', 'name: mine')}"
    with_other = f"{both}---\n{service('other', NODE_PORT)}"
    for template, proven, unproven in ((both, [], []), (with_other, [18], [2])):
        tree = Tree(chart("web", template, "port: 80\n"), folder)
        assert tree.findings() == [("node-port-in-production", "web/templates/all.yaml", line) for line in proven]
        with monkeypatch.context() as patch:
            patch.setattr(provenance, "MOST_WORK", 0)
            patch.setattr(provenance, "_FEW", 0)
            assert tree.findings() == [("node-port-in-production", "web/templates/all.yaml", line) for line in unproven]


def test_a_service_inside_of_a_custom_resource_is_judged(folder: Path):
    text = """\
apiVersion: plane.example.org/v1
kind: Plane
metadata: {name: p}
spec:
  parts:
  - metadata:
      annotations:
        metallb.universe.tf/LoadBalancerIPs: 10.4.0.9
    spec: {type: LoadBalancer}
"""
    assert Tree({"p.yaml": text}, folder).findings() == [("load-balancer-annotation-unknown", "p.yaml", 8)]


@pytest.mark.parametrize(
    ("container", "port"),
    [
        ("image: 'jupyter/base-notebook:x'", "port: 80, targetPort: 8888"),
        ("image: 'kong:3.9', env: [{name: KONG_ADMIN_LISTEN, value: '0.0.0.0:8001'}]", "port: 80, targetPort: 8001"),
    ],
)
def test_a_console_behind_a_public_port_80_is_exposed(folder: Path, container: str, port: str):
    gke = "nodeSelector: {cloud.google.com/gke-nodepool: a}, "
    text = service("desk", f"type: LoadBalancer, ports: [{{{port}}}]") + workload("desk", container, pod=gke)
    assert ("exposed-datastore", "gke/desk.yaml", 4) in Tree({"gke/desk.yaml": text}, folder).findings()


@pytest.mark.parametrize("top", ["", "pilot/"])
def test_a_sample_is_one_whether_seen_from_above_or_not(folder: Path, top: str):
    front = service("front", "type: LoadBalancer, ports: [{port: 80}]", "")
    edge = (
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, annotations: {kubernetes.io/ingress.class: gce}}\n"
    )
    text = f"{front}{edge}spec: {{defaultBackend: {{service: {{name: front, port: {{number: 80}}}}}}}}\n{workload('front', namespace='')}"
    assert ("double-exposure", f"{top}tutorial/app.yaml", 4) in Tree({f"{top}tutorial/app.yaml": text}, folder).findings()


def test_words_to_fill_in_are_no_mistakes(folder: Path):
    text = service("app", "ports: [{port: PORT, targetPort: PORT}]", "") + workload(
        "app", "image: [IMAGE_URL], ports: [{containerPort: PORT}]", ""
    )
    assert len(Tree({"app.yaml": text}, folder).findings()) <= 1


@pytest.mark.parametrize(
    "spec",
    [
        "ports: [{port: 1}, {port: 2}, {port: 3}]",
        "type: ExternalName, externalName: a.example.org, clusterIP: 10.9.1.2, clusterIPs: [10.9.1.2], ipFamilies: [IPv4]",
    ],
)
def test_one_cause_in_a_service_is_one_finding(folder: Path, spec: str):
    assert [rule for rule, _, _ in Tree({"a.yaml": service("a", spec)}, folder).findings()] == ["service-rejected"]


def test_a_release_has_a_valid_name_whatever_the_folder_is_called(folder: Path):
    files = {f"My_Chart/{name}": text for name, text in chart("x", service("{{ .Release.Name }}", NODE_PORT)).items()}
    files = {path.replace("/x/", "/"): text for path, text in files.items()}
    assert Tree(files, folder).findings() == [("node-port-in-production", "My_Chart/templates/all.yaml", 4)]


def test_a_resource_beside_the_folder_is_rendered_and_the_flag_named(folder: Path):
    tree = Tree({"base.yaml": service("web", NODE_PORT), "lay/kustomization.yaml": "resources: [../base.yaml]\nnameSuffix: -b\n"}, folder)
    assert tree.findings() == [("node-port-in-production", "base.yaml", 4)]
    (failed,) = (one for one in tree.report()["findings"] if one["rule"] == "render-failed")
    assert "LoadRestrictionsNone" in failed["message"]


def test_samples_of_one_name_do_not_expose_each_other(folder: Path):
    files = {
        "gke/a/app.yaml": service("ui", LOAD_BALANCER, "") + workload("ui", "image: 'example.com/a:1'", ""),
        "gke/b/app.yaml": service("ui", "ports: [{port: 443}]", "") + workload("ui", "image: 'example.com/b:1'", ""),
    }
    assert Tree(files, folder).exposure()["Deployment default/ui"] == ("cluster", "gke/b/app.yaml:8")


RANGE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    {{- range $key, $value := .Values.notes }}
    {{ $key }}: {{ $value }}
    {{- end }}
spec: {ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("template", "values", "places"),
    [
        (RANGE, "notes: {example.org/on: 'true'}\n", [("web/templates/all.yaml", 7)]),
        (RANGE, "notes:\n  example.org/on: true\n", [("web/values.yaml", 2)]),
        (RANGE.replace("{{ $value }}", "{{ $value }} # line999999"), "notes: {example.org/on: 'true'}\n", [("web/values.yaml", 1)]),
        (RANGE.replace("{{ $value }}", "{{ $value | quote }}"), "notes: {example.org/on: 'true'}\n", []),
    ],
)
def test_a_template_that_drops_the_quotes_is_at_fault(folder: Path, template: str, values: str, places: list[tuple[str, int]]):
    assert [place[1:] for place in Tree(chart("web", template, values), folder).findings()] == places


PROBED = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: example.com/app
    readinessProbe:
      {{- toYaml .Values.readinessProbe.httpGet | nindent 6 }}
      periodSeconds: 5
"""


@pytest.mark.parametrize(
    ("template", "values", "places"),
    [
        (PROBED, "readinessProbe:\n  httpGet:\n    path: /\n    port: 80\n", [("web/templates/all.yaml", 9)]),
        (PROBED.replace(".httpGet", ""), "readinessProbe:\n  path: /\n  port: 80\n", [("web/values.yaml", 2)]),
        (PROBED.replace(".httpGet", ""), "readinessProbe:\n  httpGet: {path: /, port: 80}\n", []),
        (
            PROBED.replace("Probe.httpGet", "Probe.web"),
            "readinessProbe:\n  web:\n    path: /\n    port: 80\n",
            [("web/templates/all.yaml", 9)],
        ),
        (PROBED.replace(".readinessProbe.httpGet", ".probe"), "probe:\n  path: /\n  port: 80\n", [("web/values.yaml", 2)]),
    ],
)
def test_a_template_that_drops_a_key_is_at_fault(folder: Path, template: str, values: str, places: list[tuple[str, int]]):
    assert [place[1:] for place in Tree(chart("web", template, values), folder).findings()] == places


@pytest.mark.parametrize(
    ("name", "text", "is_lesson"),
    [
        ("index.json", '{"title": "Ports", "details": {"steps": [{"title": "One", "text": "1.md"}]}, "backend": {"imageid": "k8s"}}', True),
        ("index.json", '{"title": "Ports"}', False),
        ("track.yml", "slug: ports\ntype: track\nchallenges: []\n", True),
        ("other.json", '{"details": {"steps": []}}', False),
    ],
)
def test_lessons_stand_alone(folder: Path, name: str, text: str, is_lesson: bool):
    files = {f"{where}/assets/{where}.yaml": service(where, "type: NodePort, ports: [{port: 80, nodePort: 30080}]") for where in ("a", "b")}
    found = Tree({**files, f"a/{name}": text, f"b/{name}": text}, folder).findings()
    assert (found == []) is is_lesson


@pytest.mark.parametrize(
    ("folders", "is_lesson"),
    [
        (("blue-green", "recreate", "rolling_update"), True),
        (("canary", "Rolling-Update"), True),
        (("blue-green", "rollout"), False),
        (("recreate",), False),
        (("rolling", "rolling-update"), False),
    ],
)
def test_strategies_of_deployment_side_by_side_are_lessons(folder: Path, folders: tuple[str, ...], is_lesson: bool):
    text = service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]") + workload("web")
    found = Tree({f"rollouts/{name}/web.yaml": text for name in folders}, folder).findings()
    assert (found == []) is is_lesson


def test_what_a_chart_made_and_lies_in_its_root_is_not_deployed(folder: Path):
    output = f"---\n# Source: old-name/templates/web.yaml\n{service('web', NODE_PORT)}{workload('web')}"
    files = {**chart("web", workload("other")), "web/output.yaml": output}
    assert Tree(files, folder).findings() == []


@pytest.mark.parametrize("beside", [{}, {"web/kustomization.yaml": "resources: [output.yaml]\n"}], ids=["no chart", "a kustomization"])
def test_what_a_chart_made_may_be_deployed_elsewhere(folder: Path, beside: dict[str, str]):
    output = f"---\n# Source: old-name/templates/web.yaml\n{service('web', NODE_PORT)}{workload('web')}"
    files = {**(chart("web", workload("other")) if beside else {}), "web/output.yaml": output, **beside}
    assert [rule for rule, _, _ in Tree(files, folder).findings()] == ["node-port-in-production"]


GONE = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\nspec: {backend: {serviceName: web, servicePort: 80}}\n"
WRONG = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {porst: [{port: 80}], ports: [{port: 80}]}\n"


@pytest.mark.parametrize(
    ("title", "files", "found"),
    [
        (
            "# Kubernetes Workshop",
            {"chapter-02/a.yaml": GONE, "chapter-03/exercise/b.yaml": GONE, "web/c.yaml": GONE},
            ["chapter-02/a.yaml"],
        ),
        ("# Kubernetes Workshop", {"chapter-02/a.yaml": WRONG}, []),  # which may be what is to be found
        ("# Kubernetes Workshop", {"sample-app/a.yaml": WRONG}, ["sample-app/a.yaml"]),
        ("# Kubernetes Workshop", {"chapter-02/api-deprecations/a.yaml": GONE, "chapter-02/fix-me.yaml": GONE, "tests/a.yaml": GONE}, []),
        ("# Shop", {"chapter-02/a.yaml": GONE, "sample-app/a.yaml": WRONG}, []),
    ],
)
def test_what_a_collection_of_examples_shows_is_served_by_some_release(folder: Path, title: str, files: dict[str, str], found: list[str]):
    assert [path for _, path, _ in Tree({"README.md": f"{title}\n", **files}, folder).findings()] == found
