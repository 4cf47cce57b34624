"""Trees of controllers, samples and courses: what their maintainers would not mend, in our own words, and twins that they would."""

from pathlib import Path

import pytest

from k8slblint.loading.scripts import installed_releases
from k8slblint.model.placeholders import is_blank
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.written import is_written
from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {one["rule"] for one in Tree(files, folder).report()["findings"]}


PODS_ELSEWHERE = service("web", "ports: [{port: 80, targetPort: https}]") + workload("web", "image: a/b, ports: [{containerPort: 80}]")
NO_MODE = """\
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: one, namespace: metallb-system}
spec: {ipAddressPools: [pool], localPref: 50}
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: two, namespace: metallb-system}
spec: {ipAddressPools: [pool], localPref: 60}
"""
BUNDLE = "resources: [bases/shop.clusterserviceversion.yaml, ../default, ../samples]\n"
OPERATOR = {
    "config/default/kustomization.yaml": "resources: [web.yaml]\n",
    "config/default/web.yaml": PODS_ELSEWHERE,
    "config/samples/kustomization.yaml": "resources: [pools.yaml]\n",
    "config/samples/pools.yaml": NO_MODE,
}
REFUSED = {"service-port-unresolved", "metallb-rejected"}


@pytest.mark.parametrize(
    ("bundle", "told"),
    [
        ({"config/manifests/kustomization.yaml": BUNDLE}, {"service-port-unresolved"}),
        ({"config/manifests/kustomization.yaml": "resources: [../default, ../samples, ../absent]\n"}, {"service-port-unresolved"}),
        ({"config/all/kustomization.yaml": "resources: [../default, ../samples]\n"}, {"service-port-unresolved"}),
    ],
)
def test_what_a_bundle_is_made_of_is_no_deployment(folder: Path, bundle: dict[str, str], told: set[str]) -> None:
    assert {"render-failed", *REFUSED} & rules({**OPERATOR, **bundle}, folder) == told


def test_what_is_laid_over_a_deployment_for_a_bundle_is_none_either(folder: Path) -> None:
    patch = "kind: Service\napiVersion: v1\nmetadata: {name: web, namespace: shop}\nspec: {containerPort: 9443}\n"
    overlay = {"config/olm-default/kustomization.yaml": "resources: [../default]\npatches: [{path: port.yaml}]\n"}
    overlay["config/olm-default/port.yaml"] = patch
    manifests = {"config/olm-manifests/kustomization.yaml": "resources: [bases/a.clusterserviceversion.yaml, ../olm-default]\n"}
    assert "invalid-resource" not in rules({**OPERATOR, **overlay, **manifests}, folder)
    assert "invalid-resource" in rules(
        {**OPERATOR, **overlay, **manifests, "config/x/kustomization.yaml": "resources: [../olm-default]\n"}, folder
    )


@pytest.mark.parametrize(
    ("script", "is_told"),
    [
        ("cp ../../deploy/op.yaml ../../config/manager\n", False),
        ("cp deploy/op.yaml $(ROOT)/config/manager/op.yaml\n", False),
        ("kustomize build config/base > config/manager/op.yaml\n", False),
        ("controller-gen webhook output:webhook:artifacts:config=../../config/manager\n", False),
        ('target_dir="../../config/manager"\n', False),
        ("kustomize build config/manager > all.yaml\n", True),
        ("kustomize build config/manager | kubectl apply -f -\n", True),
        ("cp config/manager/op.yaml deploy/op.yaml\n", True),
        ("cp op.yaml manager/\n", True),
    ],
)
def test_what_a_script_writes_is_not_missing(folder: Path, script: str, is_told: bool) -> None:
    files = {"config/manager/kustomization.yaml": "resources: [op.yaml, svc.yaml]\n", "hack/generate.sh": script}
    files["config/manager/svc.yaml"] = PODS_ELSEWHERE
    assert ("render-failed" in rules(files, folder)) is is_told


def test_scripts_are_read_where_they_are_and_no_further(tmp_path: Path) -> None:
    (tmp_path / "outside.sh").write_text("cp a.yaml config/manager/op.yaml\n")
    top = tmp_path / "top"
    (top / "hack").mkdir(parents=True)
    (top / "hack" / "big.sh").write_text("#" * 500_000 + "\ncp a.yaml config/manager/op.yaml\n")
    (top / "hack" / "link.sh").symlink_to(tmp_path / "outside.sh")
    (top / "hack" / "bytes.sh").write_bytes(b"\xff\xfe\x00cp")
    assert not is_written(SourceTree(str(top)), "config/manager/op.yaml")
    (top / "Makefile").write_text("all:\n\tcp a.yaml config/manager/op.yaml\n")
    assert is_written(SourceTree(str(top)), "config/manager/op.yaml")
    assert not is_written(SourceTree(str(top)), "op.yaml")


NIL = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.gateway.spec.name }}}\n"


@pytest.mark.parametrize(
    ("values", "template", "is_told"),
    [("image: a\n", NIL, False), ("gateway: {}\n", NIL, False), ("image: a\n", '{{ fail "never" }}\n', True)],
)
def test_a_chart_may_leave_values_to_whoever_deploys_it(folder: Path, values: str, template: str, is_told: bool) -> None:
    chart = {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "charts/web/values.yaml": values}
    chart |= {"charts/web/templates/a.yaml": template}
    assert ("render-failed" in rules(chart, folder)) is is_told


@pytest.mark.parametrize(
    ("top", "is_told"), [("dapr-samples", False), ("istio-demos", False), ("k8s-demo-time", False), ("demo-shop", True), ("web", True)]
)
def test_a_repository_that_is_called_a_collection_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, top: str, is_told: bool) -> None:
    (tmp_path / top).mkdir()
    monkeypatch.chdir(tmp_path / top)
    found = rules({"apps/web.yaml": service("web", "type: NodePort, ports: [{port: 80}]") + workload("web")}, tmp_path / top)
    assert ("node-port-in-production" in found) is is_told


@pytest.mark.parametrize(("path", "is_told"), [("ch06/lab/svc.yaml", False), ("ch06/web/svc.yaml", True), ("shop/solution/svc.yaml", True)])
def test_an_exercise_may_begin_with_a_mistake(folder: Path, path: str, is_told: bool) -> None:
    lonely = service("web", "ports: [{port: 80}]") + workload("web").replace("{app: web}", "{app: other}")
    solution = {"ch06/lab/solution/svc.yaml": service("db", "ports: [{port: 80}]")}
    assert ("service-selects-no-pods" in rules({path: lonely, **solution}, folder)) is is_told


EVENT = "apiVersion: v1\nkind: Event\nmetadata: {name: one}\nreason: Up\ninvolvedObject:\n"


@pytest.mark.parametrize(
    ("below", "is_told"),
    [
        ("  # These lines are yours:\n  #kind: Pod\n  #name: web\n", False),
        ("  # nothing to see\n", True),
        ("#kind: Pod\n", True),
        ("", True),
    ],
)
def test_fields_in_comments_are_for_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, is_told: bool) -> None:
    top = tmp_path / "kubernetes-examples"
    top.mkdir()
    monkeypatch.chdir(top)
    assert ("invalid-resource" in rules({"k8s/event.yaml": EVENT + below}, top)) is is_told
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    assert "invalid-resource" in rules({"k8s/event.yaml": EVENT + below}, tmp_path / "shop")


@pytest.mark.parametrize(
    ("host", "is_filled"),
    [("web.A.B.C.D.nip.io", True), ("a.b.c.d", True), ("web.a.b.c.d.nip.io", True), ("a.b.c.example.com", False), ("a.b.cd.d.io", False)],
)
def test_an_address_of_letters_is_a_blank(host: str, is_filled: bool) -> None:
    assert is_blank(host) is is_filled


@pytest.mark.parametrize(("labels", "is_told"), [("{cis.f5.com/as3-pool: web}", False), ("{example.com/pool: web}", True)])
def test_labels_for_an_appliance_keep_their_node_ports(folder: Path, labels: str, is_told: bool) -> None:
    text = service("web", "type: NodePort, ports: [{port: 80}]").replace("annotations: {}", f"labels: {labels}") + workload("web")
    assert ("node-port-in-production" in rules({"apps/web.yaml": text}, folder)) is is_told


def test_values_of_one_config_map_without_quotes_are_one_finding(folder: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nginx, namespace: edge}\ndata:\n  a: true\n  b: 1\n  c: 'x'\n"
    (found,) = Tree({"cm.yaml": text}, folder).report()["findings"]
    assert found["headline"] == "ConfigMap edge/nginx has 2 values in `data` that are not text"
    (single,) = Tree({"cm.yaml": text.replace("  b: 1\n", "")}, folder).report()["findings"]
    assert single["headline"] == "ConfigMap edge/nginx has an invalid `data.a`"


@pytest.mark.parametrize(("second", "severity"), [("v1", "note"), ("v2", "error")])
def test_a_key_that_is_repeated_with_its_value_changes_nothing(folder: Path, second: str, severity: str) -> None:
    text = service("web", "ports: [{port: 80}]").replace("kind: Service\n", f"kind: Service\napiVersion: {second}\n")
    (found,) = [one for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "invalid-yaml"]
    assert found["severity"] == severity


DEFINITION = "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n"


@pytest.mark.parametrize(("more", "is_told"), [(DEFINITION, False), ("", True)])
def test_a_leftover_in_what_installs_a_project_is_not_ours(folder: Path, more: str, is_told: bool) -> None:
    keys = "{service.beta.kubernetes.io/aws-load-balancer-backend-protocol: tcp}"
    text = service("envoy", "type: ClusterIP, ports: [{port: 80}]", annotations=keys) + workload("envoy")
    found = rules({"apps/envoy.yaml": text + more}, folder)
    assert ("load-balancer-annotation-ignored" in found) is is_told


PORT = '{{- if eq .Values.type "NodePort" }}\n    nodePort: {{ .Values.port }}\n{{- end }}'
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "type: ClusterIP\nport: 8090\n",
    "web/templates/svc.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: {{ .Values.type }}\n  selector: {app: web}\n"
        f"  ports:\n  - port: {{{{ .Values.port }}}}\n{PORT}\n" + workload("web", namespace="")
    ),
}


def test_who_chooses_node_ports_chooses_the_port_too(folder: Path) -> None:
    fixed = CHART["web/templates/svc.yaml"].replace("nodePort: {{ .Values.port }}", "nodePort: 8090")
    assert "service-rejected" not in rules(CHART, folder)
    assert "service-rejected" in rules({**CHART, "web/templates/svc.yaml": fixed}, folder)


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: internal
  rules:
  - {http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}}
  - {http: {paths: [{path: /b, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}
  - {http: {paths: [{path: /c, pathType: Prefix, backend: {service: {name: other, port: {number: 80}}}}]}}
"""


@pytest.mark.parametrize(
    ("name", "script", "is_told"),
    [
        ("frontend-podinfo", "helm upgrade --install frontend --namespace shop -f a.yaml \\\n  podinfo/podinfo\n", False),
        ("frontend", "helm -n shop install frontend podinfo/podinfo\n", False),
        ("frontend-podinfo", "helm upgrade --install front --namespace frontend podinfo/podinfo\n", True),
        ("frontend-podinfo", "helm upgrade --install $(NAME) podinfo/podinfo\n", True),
        ("frontend-podinfo", "kubectl apply -f frontend\n", True),
        ("non-existing-app", "", False),
        ("pre-existing-app", "", True),
    ],
)
def test_a_script_may_install_the_service(folder: Path, name: str, script: str, is_told: bool) -> None:
    there = "".join(service(one, "ports: [{port: 80}]") + workload(one) + "---\n" for one in ("web", "other"))
    files = {"deploy/web.yaml": there + INGRESS.replace("NAME", name), "Makefile": f"deploy:\n\t{script}"}
    assert ("ingress-backend-missing" in rules(files, folder)) is is_told


def test_scripts_of_any_form_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_bytes(
        b"helm install \xff one\nhelm install 'two' x\nhelm upgrade -i --set a=b --wait three ./x\nhelm uninstall four\n"
    )
    (tmp_path / "link.sh").symlink_to(tmp_path / "a.sh")
    (tmp_path / "huge.sh").write_bytes(b"helm install five x\n" * 20_000)
    (tmp_path / "readme.txt").write_text("helm install six x\n")
    assert installed_releases([str(tmp_path), str(tmp_path / "missing")]) == {"two", "three"}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("kubernetes.io/spec.ingressClassName", "names its class by an annotation that no controller reads"),
        ("kubernetes.io/ingress-class", "names its class by an annotation that no controller reads"),
        ("ingressClassName", "names its class by an annotation that no controller reads"),
        ("kubernetes.io/ingress.class", "names its class by an annotation"),
        ("example.com/ingress-class", None),
        ("class", None),
    ],
)
def test_an_annotation_called_like_a_class_is_read_by_nobody(folder: Path, key: str, told: str | None) -> None:
    text = (
        INGRESS.replace("NAME", "web")
        .replace("  ingressClassName: internal\n", "")
        .replace("shop}", f"shop, annotations: {{{key}: nginx}}}}")
    )
    found = [one for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "ingress-class-annotation"]
    assert [one["headline"] for one in found] == ([f"Ingress shop/web {told}"] if told else [])
    named = text.replace("spec:\n", "spec:\n  ingressClassName: nginx\n", 1)
    assert not [one for one in Tree({"web.yaml": named}, folder).report()["findings"] if "no controller reads" in one["headline"]]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("policy/restricted.yaml \n\n", "Line above the object is no part of it"),
        ("# policy/restricted.yaml\n\n", None),
        ("--\n", "Line that begins a document must be `---`"),
    ],
)
def test_text_above_an_object_is_named(folder: Path, first: str, told: str | None) -> None:
    found = Tree({"web.yaml": first + service("web", "ports: [{port: 80}]")}, folder).report()["findings"]
    assert [(one["headline"], one["location"]["line"]) for one in found if one["rule"] == "invalid-yaml"] == ([(told, 1)] if told else [])


@pytest.mark.parametrize(
    ("path", "is_told"),
    [("_course_files/web.yaml", False), ("course-service/web.yaml", True), ("apps/cron.demo2.yaml", False), ("apps/demo2x.yaml", True)],
)
def test_what_a_course_shows_is_not_deployed(folder: Path, path: str, is_told: bool) -> None:
    text = service("web", "type: NodePort, ports: [{port: 80}]") + workload("web")
    assert ("node-port-in-production" in rules({path: text}, folder)) is is_told
