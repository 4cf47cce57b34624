"""Trees of strangers, read a third time without knowing them before: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload

CHART = "apiVersion: v2\nname: kiosk\nversion: 0.3.0\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: relay, namespace: flux-system}
spec:
  interval: 5m
  path: ./relay
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: ConfigMap, name: relay}]}
"""
BESIDE = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: relay, namespace: mail}\ndata: {size: small}\n"
REFUSED = service("relay", "type: ClusterIP, ports: [{port: 25, targetPort: 70000}]", "mail")
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
OCEAN = "service.beta.kubernetes.io/do-loadbalancer-"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {rule for rule, _, _ in Tree(files, folder).findings()}


def helped(files: dict[str, str], folder: Path, rule: str) -> list[str]:
    return [one["help"] for one in Tree(files, folder).report()["findings"] if one["rule"] == rule]


def ingress(metadata: str, class_name: str = "") -> str:
    field = f"ingressClassName: {class_name}, " if class_name else ""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop{metadata}}}\n"
        f"spec: {{{field}rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: "
        "{name: web, port: {number: 80}}}}]}}]}\n"
    )


@pytest.mark.parametrize(
    ("written", "advised"),
    [
        ("azure/application-gateway", "Write `ingressClassName: azure-application-gateway`"),
        ("nginx", "Write `ingressClassName: nginx`"),
    ],
)
def test_a_class_that_is_no_name_of_an_object_is_not_advised(folder: Path, written: str, advised: str) -> None:
    annotated = ingress(f", annotations: {{kubernetes.io/ingress.class: {written}}}")
    (said,) = helped({"web.yaml": annotated}, folder, "ingress-class-annotation")
    assert said.startswith(advised)


@pytest.mark.parametrize(("others", "advised"), [({}, "http-ports`"), ({"http-ports": "80"}, "Correct the key")])
def test_a_key_that_is_set_as_well_is_not_the_one_that_was_meant(folder: Path, others: dict[str, str], advised: str) -> None:
    keys = ", ".join(f"'{OCEAN}{name}': '{value}'" for name, value in {"type": "REGIONAL", "https-ports": "443", **others}.items())
    text = service("web", "type: LoadBalancer, ports: [{port: 80}, {port: 443}]", annotations=f"{{{keys}}}").replace(
        "{port: 80}, {port: 443}", "{name: a, port: 80}, {name: b, port: 443}"
    )
    (said,) = helped({"web.yaml": text + workload("web")}, folder, "load-balancer-annotation-unknown")
    assert advised in said


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("beside", [BESIDE, ""])
def test_settings_in_a_file_do_not_make_it_one_of_what_deploys(folder: Path, beside: str, is_listed: bool) -> None:
    files = {
        "flux/relay.yaml": FLUX,
        "relay/kustomization.yaml": f"resources: [{'relay.yaml, ' if is_listed else ''}sound.yaml]\n",
        "relay/sound.yaml": service("sound", "ports: [{port: 25}]", "mail") + workload("sound", namespace="mail"),
        "relay/relay.yaml": REFUSED + beside,
    }
    assert ("service-rejected" in rules(files, folder)) is is_listed


@pytest.mark.parametrize(("place", "is_told"), [("overlays/local", False), ("minikube", False), ("overlays/live", True), ("web", True)])
def test_a_controller_on_the_own_machine_needs_no_successor(folder: Path, place: str, is_told: bool) -> None:
    text = ingress(", annotations: {nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8}", "nginx")
    found = rules({f"{place}/web.yaml": text + "---\n" + service("web", "ports: [{port: 80}]") + workload("web")}, folder)
    assert found & {"ingress-controller-retired", "ingress-vendor-annotation"} == (
        {"ingress-controller-retired", "ingress-vendor-annotation"} if is_told else set()
    )


@pytest.mark.parametrize(
    ("of_service", "of_workload", "is_told"),
    [
        ("shop", "{{ .Release.Namespace }}", False),
        ("{{ .Release.Namespace }}", "shop", False),
        ("shop", "store", True),
    ],
)
def test_the_namespace_of_a_release_that_nobody_deploys_is_not_known(
    folder: Path, of_service: str, of_workload: str, is_told: bool
) -> None:
    template = service("web", "ports: [{port: 80}]", f"'{of_service}'") + workload("web", namespace=f"'{of_workload}'")
    files = {"kiosk/Chart.yaml": CHART, "kiosk/values.yaml": "{}\n", "kiosk/templates/web.yaml": template}
    assert ("service-selects-no-pods" in rules(files, folder)) is is_told


@pytest.mark.parametrize(("class_name", "is_told"), [("alb", False), ("traefik", True)])
def test_a_controller_that_serves_ingresses_is_there_for_services(folder: Path, class_name: str, is_told: bool) -> None:
    keys = f"{{'{AWS}type': nlb, '{AWS}scheme': internet-facing}}"
    text = service("web", "type: LoadBalancer, ports: [{port: 443}]", annotations=keys) + workload("web")
    files = {"aws/web.yaml": text, "aws/ingress.yaml": ingress("", class_name)}
    assert ("load-balancer-annotation-ignored" in rules(files, folder)) is is_told


PROBE = "image: example.com/app, readinessProbe: {periodSeconds: 5, %s}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("path: /, port: 80", ["Move them to spec.template.spec.containers[0].readinessProbe.httpGet."]),
        ("path: /", ["Move it to spec.template.spec.containers[0].readinessProbe.httpGet."]),
        ("port: 80", ["Remove the field."]),
        ("httpGet: {path: /, port: 80}", []),
    ],
)
def test_fields_that_lack_one_parent_are_one_finding(folder: Path, fields: str, said: list[str]) -> None:
    text = workload("web", PROBE % fields).removeprefix("---\n")
    assert helped({"web.yaml": text}, folder, "invalid-resource") == said


@pytest.mark.parametrize(
    ("about", "is_told"),
    [
        ("keywords: [podman kube play, edge]\n", False),
        ("description: A kiosk, for `podman play kube`\n", False),
        ("description: A kiosk, built with podman\n", True),
        ("keywords: [kiosk]\n", True),
    ],
)
def test_a_chart_for_podman_is_not_for_kubernetes(folder: Path, about: str, is_told: bool) -> None:
    template = workload("web", "image: example.com/app, env: [{name: SIZE, value: 2}]").removeprefix("---\n")
    files = {"kiosk/Chart.yaml": CHART + about, "kiosk/values.yaml": "{}\n", "kiosk/templates/web.yaml": template}
    assert ("invalid-resource" in rules({**files, "web.yaml": service("web", "ports: [{port: 80}]")}, folder)) is is_told


@pytest.mark.parametrize(("place", "is_told"), [("policydemo", False), ("policies", True)])
def test_a_node_port_of_a_demonstration_is_no_fault(folder: Path, place: str, is_told: bool) -> None:
    files = {f"{place}/web.yaml": service("web", "type: NodePort, ports: [{port: 80}]") + workload("web")}
    assert ("node-port-in-production" in rules(files, folder)) is is_told


@pytest.mark.parametrize(("place", "is_told"), [("_app_templates", False), (".templates", False), ("app_templates", True)])
def test_a_template_that_is_put_before_the_applications_is_to_be_filled_in(folder: Path, place: str, is_told: bool) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: example, namespace: shop}\nspec: {ports: [{port: 0}]}\n"
    assert ("service-rejected" in rules({f"{place}/service.yaml": text}, folder)) is is_told


def test_a_chart_with_other_values_is_no_other_overlay(folder: Path) -> None:
    """What a condition brings along is missing by default: the way out is in the chart, not in one of two overlays."""
    template = service("store", "ports: [{port: 2379}]", "") + "{{- if .Values.planner.enabled }}\n"
    template += workload("store", namespace="") + "{{- end }}\n" + workload("front", namespace="")
    files = {"kiosk/Chart.yaml": CHART, "kiosk/values.yaml": "planner: {enabled: false}\n", "kiosk/templates/store.yaml": template}
    told = [one["headline"] for one in Tree(files, folder).report()["findings"] if one["rule"] == "service-selects-no-pods"]
    assert told == ["Service default/store selects no Pods"]
