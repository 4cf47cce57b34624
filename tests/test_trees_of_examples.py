"""Repositories of examples, past releases and charts whose values are left open: what a reviewer would say of them, and what not."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\nhome: https://example.com\n"
NODE_PORT = "type: NodePort, ports: [{port: 80, nodePort: 30080}]"
INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n"
OLD = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(tree: Tree, *options: str) -> list[str]:
    return sorted(rule for rule, _, _ in tree.findings(*options))


EXAMPLES = {
    "Service/node-port.yaml": service("web", NODE_PORT) + workload("web"),
    "Service/other.yaml": service("api", NODE_PORT) + workload("api"),
    "Ingress/broken.yaml": INGRESS + "  ingressClassName: x\n  rules: [{host: a.example.org, http: {paths: [{path: /, pathType: exact, "
    "backend: {service: {name: web, port: {number: 80}}}}]}}]\n",
}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("# Kubernetes examples\n", ["ingress-rejected"]),
        ("# The shop\n", ["ingress-backend-missing", "ingress-rejected", "node-port-conflict", *(["node-port-in-production"] * 2)]),
    ],
)
def test_what_is_shown_is_not_deployed_but_must_work(folder: Path, title: str, expected: list[str]) -> None:
    tree = Tree({"README.md": title, **EXAMPLES}, folder)
    found = rules(tree)
    assert [one for one in found if one != "ingress-backend-missing"] == [one for one in expected if one != "ingress-backend-missing"]


def test_who_scans_one_example_wants_it_linted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".git").mkdir()
    tree = Tree({"README.md": "# Kubernetes examples\n", **EXAMPLES}, folder)
    monkeypatch.chdir(folder / "Service")
    assert "node-port-in-production" in rules(tree)


def test_the_newest_of_published_releases_is_linted(folder: Path) -> None:
    tree = Tree({"releases/v0.1.3.yml": OLD, "releases/v0.2.0.yml": OLD}, folder)
    assert {path for _, path, _ in tree.findings()} == {"releases/v0.2.0.yml"}
    tree = Tree({"releases/kustomization.yaml": "resources: [v0.1.3.yml]\n"}, folder)
    assert "releases/v0.1.3.yml" in {path for _, path, _ in tree.findings()}


@pytest.mark.parametrize(
    ("host", "values", "expected"),
    [
        ("{{ .Values.name }}.{{ .Values.domain }}", "{up: false, name: apm, domain: ''}", []),
        ("web-", "{up: false}", ["ingress-rejected"]),
        ("{{ .Values.name }}_x.{{ .Values.domain }}", "{up: false, name: apm, domain: example.org}", ["ingress-rejected"]),
    ],
)
def test_a_part_without_a_default_is_for_who_flips_the_switch(folder: Path, host: str, values: str, expected: list[str]) -> None:
    """`apm.` is what is left where the domain has no default; what the template says itself is wrong with any values."""
    paths = "[{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]"
    template = f"{{{{- if .Values.up }}}}\n{INGRESS}  rules:\n  - host: {host}\n    http: {{paths: {paths}}}\n{{{{- end }}}}\n"
    tree = Tree({"web/Chart.yaml": CHART, "web/values.yaml": values + "\n", "web/templates/all.yaml": template}, folder)
    assert [rule for rule in rules(tree) if rule == "ingress-rejected"] == expected


@pytest.mark.parametrize(("ci", "expected"), [("{}", []), ("{hosts: [a]}", ["ingress-rejected"])])
def test_values_of_tests_may_leave_out_what_a_release_needs(folder: Path, ci: str, expected: list[str]) -> None:
    paths = "[{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]"
    template = f"{INGRESS}  rules:\n{{{{- range .Values.hosts }}}}\n  - host: {{{{ . }}}}_x\n    http: {{paths: {paths}}}\n{{{{- end }}}}\n"
    files = {"web/Chart.yaml": CHART, "web/values.yaml": "hosts: []\n", "web/templates/all.yaml": template, "web/ci/a-values.yaml": ci}
    assert [rule for rule in rules(Tree(files, folder)) if rule == "ingress-rejected"] == expected


LONG = "a-controller-of-controllers-that-has-a-long-name"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{{ .Release.Name }}-webhook-of-it-all", []),
        ("{{ .Release.Name }}-" + LONG, []),
        ("x-{{ .Release.Name }}-" + LONG, ["service-rejected"]),
    ],
)
def test_a_name_is_as_long_as_that_of_the_release(folder: Path, name: str, expected: list[str]) -> None:
    """Where nobody states the name of the release, the chart's stands for it, and another may be shorter."""
    files = {
        f"{LONG}/Chart.yaml": CHART.replace("name: web", f"name: {LONG}"),
        f"{LONG}/values.yaml": "{}\n",
        f"{LONG}/templates/all.yaml": service("web", "ports: [{port: 80}]").replace("name: web", f'name: "{name}"') + workload("web"),
    }
    assert [rule for rule in rules(Tree(files, folder)) if rule == "service-rejected"] == expected


VARIANT = "{{- if .Values.scraped }}\n" + service("web", "ports: [{port: 80, targetPort: scraped}]", "") + "{{- end }}\n"


@pytest.mark.parametrize("where", ["web/charts/db/templates/db.yaml", "web/templates/db.yaml"])
def test_a_switch_may_come_with_values_of_a_dependency(folder: Path, where: str) -> None:
    """A port that the Pods of a dependency get by its values is not missing; the chart's own Pods must have it."""
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "{scraped: false}\n",
        "web/templates/all.yaml": VARIANT,
        "web/charts/db/Chart.yaml": CHART.replace("name: web", "name: db"),
        "web/charts/db/values.yaml": "{}\n",
        where: workload("web", "image: example.com/app, ports: [{name: http, containerPort: 80}]", ""),
    }
    found = [rule for rule in rules(Tree(files, folder)) if rule == "service-port-unresolved"]
    assert found == ([] if "/charts/db/" in where else ["service-port-unresolved"])


def nginx_ingress(path: str, annotations: str = "") -> str:
    backend = "backend: {service: {name: web, port: {number: 80}}}"
    head = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, annotations: {{{annotations}}}}}\nspec:\n"
    paths = f"[{{path: {path}, pathType: Prefix, {backend}}}]"
    return f"{head}  ingressClassName: nginx\n  rules: [{{host: a.example.org, http: {{paths: {paths}}}}}]\n"


@pytest.mark.parametrize(("path", "expected"), [("/", []), ("/api", ["ingress-vendor-annotation"])])
def test_a_rewrite_of_a_path_to_itself_ties_to_nobody(folder: Path, path: str, expected: list[str]) -> None:
    tree = Tree({"all.yaml": nginx_ingress(path, "nginx.ingress.kubernetes.io/rewrite-target: /")}, folder)
    assert [rule for rule in rules(tree) if rule == "ingress-vendor-annotation"] == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("traefik:v3.1", []),
        ("haproxytech/kubernetes-ingress:3.0", []),
        ("nginx/nginx-ingress:3.7", []),
        ("example.com/app:1", []),
        ("registry.k8s.io/ingress-nginx/controller:v1.11.0", ["ingress-controller-retired"]),
    ],
)
def test_the_class_nginx_is_of_nobody_in_particular_where_another_controller_is_deployed(
    folder: Path, image: str, expected: list[str]
) -> None:
    tree = Tree({"all.yaml": nginx_ingress("/"), "edge.yaml": workload("edge", f"image: '{image}'", "")[4:]}, folder)
    assert [rule for rule in rules(tree) if rule == "ingress-controller-retired"] == expected


@pytest.mark.parametrize(("top", "is_told"), [("config/manifests/openshift", False), ("deploy/openshift", True)])
def test_a_bundle_of_an_operator_has_no_namespaces(folder: Path, top: str, *, is_told: bool) -> None:
    """A Deployment that an overlay adds in the namespace of its base's template is elsewhere, and the finding says so."""
    tree = Tree(
        {
            "base/kustomization.yaml": "namespace: operators\nresources: [service.yaml, pods.yaml]\n",
            "base/service.yaml": service("hook", "ports: [{port: 443}]", "system"),
            "base/pods.yaml": workload("hook", namespace="system")[4:].replace("name: hook", "name: manager", 1),
            "plain/kustomization.yaml": "resources: [../base]\n",
            f"{top}/kustomization.yaml": f"resources: [{'../' * (top.count('/') + 1)}base, own.yaml]\npatches: [{{path: away.yaml}}]\n",
            f"{top}/own.yaml": workload("own", namespace="system")[4:],
            f"{top}/away.yaml": service("hook", "ports: [{port: 443}]", "operators").replace("app: hook", "app: own"),
        },
        folder,
    )
    found = [one for one in tree.report()["findings"] if one["rule"] == "service-selects-no-pods"]
    assert ["has them, but runs in namespace 'system'" in one["why"] for one in found] == [True] * is_told


@pytest.mark.parametrize(("title", "expected"), [("# Kubernetes examples", []), ("# The shop", ["ingress-annotation-unknown"])])
def test_the_default_class_of_one_example_is_not_that_of_another(folder: Path, title: str, expected: list[str]) -> None:
    default = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: istio\n  annotations: "
    default += "{ingressclass.kubernetes.io/is-default-class: 'true'}\nspec: {controller: istio.io/ingress-controller}\n"
    text = nginx_ingress("/", "traefik.ingress.kubernetes.io/router.entrypoints: web").replace("  ingressClassName: nginx\n", "")
    tree = Tree({"README.md": f"{title}\n", "istio/class.yaml": default, "edge/web.yaml": text}, folder)
    assert [rule for rule in rules(tree) if rule == "ingress-annotation-unknown"] == expected
