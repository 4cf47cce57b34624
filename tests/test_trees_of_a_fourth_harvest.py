"""Trees of strangers, read once more without knowing them: what was wrong or not worth saying in applications and home labs."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(files: dict[str, str], folder: Path) -> set[str]:
    return {rule for rule, _, _ in Tree(files, folder).findings()}


JOB = "---\n# Source: kiosk/templates/job.yaml\napiVersion: batch/v1\nkind: Job\nmetadata: {name: check}\nspec: {template: {spec: {}}}\n"


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("HOOKS:", "MANIFEST:", False),
        ("LAST DEPLOYED: Sat Nov 29 19:20:50 2025\nHOOKS:", "MANIFEST:  ", False),
        ("COMPUTED VALUES:\nsize: 2", "MANIFEST:", False),
        ("size:", "MANIFEST:", True),
        ("HOOKS:", "NOTES:", True),
        ("HOOKS:", "MANIFEST: none", True),
    ],
)
def test_what_helm_prints_of_a_release_is_no_manifest(folder: Path, first: str, second: str, is_told: bool) -> None:
    files = {"logs.yaml": f"{first}\n{JOB}{second}\n{JOB}", "web.yaml": service("web", "ports: [{port: 80}]")}
    assert bool(rules(files, folder) & {"invalid-yaml", "invalid-resource"}) is is_told


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge, annotations: {external-dns.alpha.kubernetes.io/target: %s}}
spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop, annotations: {external-dns.alpha.kubernetes.io/target: 192.0.2.8}}
spec: {parentRefs: [{name: edge, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""


@pytest.mark.parametrize(
    ("gateway", "is_told"),
    [
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.9", "clusters/test/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"clusters/prod/edge.yaml": GATEWAY % "192.0.2.9"}, False),
        ({"apps/edge.yaml": GATEWAY % "192.0.2.8"}, False),
        ({"apps/edge.yaml": GATEWAY % "192.0.2.9"}, True),
        ({}, True),
    ],
)
def test_what_a_gateway_of_another_cluster_says_may_be_said_here_too(folder: Path, gateway: dict[str, str], is_told: bool) -> None:
    files = {"apps/web.yaml": ROUTE, "apps/service.yaml": service("web", "ports: [{port: 80}]"), **gateway}
    assert ("dns-annotation-ignored" in rules(files, folder)) is is_told


@pytest.mark.parametrize(
    ("class_name", "key", "told"),
    [
        ("cloudflare-tunnel", "nginx.ingress.kubernetes.io/backend-protocol: HTTP", set()),
        ("cloudflare-tunnel", "nginx.ingress.kubernetes.io/whitelist-source-range: 192.0.2.0/24", {"ingress-annotation-unknown"}),
        ("cloudflare-tunnel", "cloudflare-tunnel-ingress-controller.strrl.dev/backend-protocol: https", {"ingress-vendor-annotation"}),
        ("edge", "nginx.ingress.kubernetes.io/backend-protocol: HTTPS", {"ingress-vendor-annotation"}),
    ],
)
def test_an_ingress_of_the_class_of_another_controller_is_not_tied_to_ingress_nginx(
    folder: Path, class_name: str, key: str, told: set[str]
) -> None:
    ingress = (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\n  annotations:\n    {key}\n"
        f"spec:\n  ingressClassName: {class_name}\n  rules:\n    - host: shop.example.com\n      http:\n        paths:\n"
        "          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    )
    files = {"web.yaml": ingress, "service.yaml": service("web", "ports: [{port: 80}]")}
    assert rules(files, folder) & {"ingress-annotation-unknown", "ingress-vendor-annotation"} == told


@pytest.mark.parametrize(
    ("inside", "is_told"),
    [
        ("{{- if .Values.hub.token }}\n{{- if .Values.hub.portal.enabled }}\n%s{{- end }}\n{{- end }}\n", False),
        ("{{- if .Values.hub.portal.enabled }}\n{{- if .Values.hub.token }}\n%s{{- end }}\n{{- end }}\n", True),
        ("{{- if .Values.token }}\n{{- if .Values.hub.portal.enabled }}\n%s{{- end }}\n{{- end }}\n", True),
    ],
)
def test_a_switch_inside_of_an_empty_value_shows_half_of_something(folder: Path, inside: str, is_told: bool) -> None:
    portal = service("portal", "ports: [{port: 80, targetPort: portal}]", "").replace("app: portal", "app: hub")
    files = {
        "kiosk/Chart.yaml": "apiVersion: v2\nname: kiosk\nversion: 0.3.0\n",
        "kiosk/values.yaml": "token: ''\nhub: {token: '', portal: {enabled: false}}\n",
        "kiosk/templates/portal.yaml": "{{- if .Values.hub.portal.enabled }}\n" + portal + "{{- end }}\n",
        "kiosk/templates/agent.yaml": inside % service("agent", "ports: [{port: 80, targetPort: 80}]", ""),
        "kiosk/templates/hub.yaml": workload("hub", "image: i, ports: [{name: web, containerPort: 80}]", "").removeprefix("---\n"),
    }
    assert ("service-port-unresolved" in rules(files, folder)) is is_told


def test_keys_of_services_on_an_ingress_are_one_finding(folder: Path) -> None:
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\n  annotations:\n"
        "    traefik.ingress.kubernetes.io/service.sticky.cookie: 'true'\n"
        "    traefik.ingress.kubernetes.io/service.sticky.cookie.name: shop\n"
        "    traefik.ingress.kubernetes.io/service.sticky.cookie.secure: 'true'\n"
        "spec:\n  ingressClassName: traefik\n  rules:\n    - host: shop.example.com\n      http:\n        paths:\n"
        "          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    )
    found = Tree({"web.yaml": ingress, "service.yaml": service("web", "ports: [{port: 80}]")}, folder).report()["findings"]
    told = [(one["headline"], len(one["related"])) for one in found if one["rule"] == "ingress-annotation-unknown"]
    assert told == [("Ingress shop/web sets `service.sticky.cookie` and 2 more, which are read on Services only", 2)]


def test_gateways_with_one_key_without_effect_are_one_finding(folder: Path) -> None:
    gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: %s, namespace: edge, annotations: {%s}}\n"
    gateway += "spec: {gatewayClassName: envoy, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"
    names = ("one", "two", "three-<NAME>")
    files = {"edge.yaml": "".join(gateway % (name, "lbipam.cilium.io/ips: 192.0.2.8") for name in names)}
    files["class.yaml"] = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: envoy}\n"
        "spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}\n"
    )
    found = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == "gateway-annotation-ignored"]
    assert [one["headline"] for one in found] == ["Gateway edge/one and 2 more set `ips` without effect"]


@pytest.mark.parametrize(("name", "is_told"), [("web-<STAGE>", False), ("<app-name>", False), ("web", True)])
def test_an_object_that_has_yet_to_get_its_name_is_a_template(folder: Path, name: str, is_told: bool) -> None:
    files = {"web.yaml": service(name, "type: NodePort, ports: [{port: 80, nodePort: 30080}]", "shop")}
    assert ("node-port-in-production" in rules(files, folder)) is is_told


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system}
spec: {interval: 5m, path: ./%s, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 5m, url: https://git.example.com/shop.git}
"""


def kustomization(*resources: str) -> str:
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{', '.join(resources)}]\n"


@pytest.mark.parametrize(
    ("deployed", "told"),
    [
        ("apps/web/app", []),
        ("apps/web", ["warning"]),
        ("other", []),
    ],
)
def test_a_kustomization_that_lacks_a_file_weighs_what_its_deployer_makes_of_it(folder: Path, deployed: str, told: list[str]) -> None:
    files = {
        "clusters/home/web.yaml": FLUX % deployed,
        "apps/web/kustomization.yaml": kustomization("./old"),
        "apps/web/app/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/app/web.yaml": service("web", "ports: [{port: 80}]"),
        "other/kustomization.yaml": kustomization("web.yaml"),
        "other/web.yaml": service("other", "ports: [{port: 80}]"),
    }
    found = Tree(files, folder).report()["findings"]
    assert [one["severity"] for one in found if one["rule"] == "render-failed"] == told


@pytest.mark.parametrize(
    ("name", "environment", "is_told"),
    [
        ("registry", "home", False),
        ("zot-ha", "home", False),
        ("registry", "prod", True),
        ("storage", "home", True),
        ("zotero", "home", True),
    ],
)
def test_the_nodes_are_clients_of_a_registry(folder: Path, name: str, environment: str, is_told: bool) -> None:
    files = {f"{environment}/web.yaml": service(name, "type: NodePort, ports: [{port: 5000, nodePort: 30500}]")}
    assert ("node-port-in-production" in rules(files, folder)) is is_told


@pytest.mark.parametrize(("applied", "is_told"), [("clusters/home", True), ("other", False)])
def test_what_a_deployer_reaches_is_no_sample(folder: Path, applied: str, is_told: bool) -> None:
    files = {
        "clusters/home/flux-system/sync.yaml": (FLUX % applied).replace("name: web,", "name: flux-system,"),
        "clusters/home/example-app.yaml": (FLUX % "apps/example-app").partition("---\n")[0],
        "apps/example-app/kustomization.yaml": kustomization("web.yaml"),
        "apps/example-app/web.yaml": service("web", "type: NodePort, ports: [{port: 80, nodePort: 30080}]"),
        "other/kustomization.yaml": kustomization("web.yaml"),
        "other/web.yaml": service("other", "ports: [{port: 80}]"),
    }
    assert ("node-port-in-production" in rules(files, folder)) is is_told


@pytest.mark.parametrize(("path", "is_told"), [("/api", True), ("/", False)])
def test_values_of_a_chart_may_cut_paths(folder: Path, path: str, is_told: bool) -> None:
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n"
        "  annotations:\n    {{- toYaml .Values.keys | nindent 4 }}\n"
        "spec:\n  ingressClassName: {{ .Values.class }}\n  rules:\n    - host: shop.example.com\n      http:\n        paths:\n"
        "          - {path: %s, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    )
    files = {
        "kiosk/Chart.yaml": "apiVersion: v2\nname: kiosk\nversion: 0.3.0\n",
        "kiosk/values.yaml": "class: alb\nkeys: {}\n",
        "kiosk/values-azure.yaml": "class: nginx\nkeys:\n  nginx.ingress.kubernetes.io/rewrite-target: /\n",
        "kiosk/templates/ingress.yaml": ingress % path,
        "kiosk/templates/web.yaml": service("web", "ports: [{port: 80}]", ""),
    }
    assert ("ingress-annotation-invalid" in rules(files, folder)) is is_told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  b: 'x';\n  c: d", "Text follows the closing quote of a value"),
        ('  b: "x" y\n  c: d', "Text follows the closing quote of a value"),
        ("  b: x\n c: d", "YAML mapping ends here unexpectedly"),
    ],
)
def test_text_after_a_quote_is_said_to_be_there(folder: Path, line: str, told: str) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n{line}\nspec: {{ports: [{{port: 80}}]}}\n"
    found = Tree({"web.yaml": text}, folder).report()["findings"]
    assert [one["headline"] for one in found if one["rule"] == "invalid-yaml"] == [told]
