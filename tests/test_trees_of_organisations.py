"""Trees of applications, platforms and GitOps whose findings were read: what was wrong or not worth saying there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service

CHART = "apiVersion: v2\nname: %s\nversion: 0.3.0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(tree: Tree) -> list[str]:
    return [rule for rule, _, _ in tree.findings()]


CRON_JOB = """\
{{- range .Values.jobs }}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: {{ .name }}}
spec:
  schedule: %s
  jobTemplate:
    spec:
      template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}
{{- end }}
"""


@pytest.mark.parametrize(
    ("printed", "values", "is_told"),
    [
        ("{{ .schedule }}", "jobs: [{name: nightly, schedule: ''}]", False),
        ("{{ .schedule | quote }}", "jobs: {a: {name: nightly, schedule: null}}", False),
        ("{{ .schedule }}", "jobs: [{name: nightly, schedule: '@daily'}]", False),
        ("", "jobs: [{name: nightly, schedule: ''}]", True),
        ("{{ .schedules }}", "jobs: [{name: nightly, schedules: [], schedule: ''}]", True),
    ],
)
def test_an_example_of_an_element_is_left_to_releases_too(folder: Path, printed: str, values: str, is_told: bool) -> None:
    files = {"press/Chart.yaml": CHART % "press", "press/values.yaml": values, "press/templates/jobs.yaml": CRON_JOB % printed}
    assert rules(Tree(files, folder)) == ["invalid-resource"] * is_told


REWRITING = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}}
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
TRAEFIK = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: edge}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec: {containers: [{name: t, image: 'traefik:v3.7', args: [--providers.kubernetesingressnginx]}]}
"""


@pytest.mark.parametrize(
    ("path", "beside", "is_told"), [("deploy/web.yaml", "", True), ("examples/web.yaml", "", False), ("deploy/web.yaml", TRAEFIK, False)]
)
def test_a_rewrite_loses_what_follows_the_path_of_an_api(folder: Path, path: str, beside: str, is_told: bool) -> None:
    """Traefik's own provider for these annotations replaces the beginning only."""
    assert rules(Tree({path: REWRITING + beside}, folder)).count("ingress-annotation-invalid") == is_told


@pytest.mark.parametrize(
    ("path", "kind", "value", "is_told"),
    [
        ("/shop", "Prefix", "/$1", True),
        ("/shop/(.*)", "ImplementationSpecific", "/$2", True),
        ("/shop/(.*)", "ImplementationSpecific", "/v1/$2$3", True),
        ("/", "Prefix", "$1", True),
        ("/shop/(.*)", "ImplementationSpecific", "/$1", False),
        ("/shop/(.*)", "ImplementationSpecific", "/$1$2", False),
        ("/shop(/|$)(.*)", "ImplementationSpecific", "/$2", False),
        ("/shop", "Exact", "/$1", False),
        ("/shop", "Prefix", "/v1$uri", False),
        ("/shop", "Prefix", "/$1$uri", False),
        ("/$1", "Prefix", "/$1", False),
        ("/${BASE}", "Prefix", "/$1", False),
        ("/$(BASE)", "Prefix", "/$2", False),
    ],
)
def test_a_rewrite_to_a_group_that_the_path_lacks_loses_the_rest(folder: Path, path: str, kind: str, value: str, is_told: bool) -> None:
    """NGINX takes a group that the match does not have as empty."""
    text = REWRITING.replace("rewrite-target: /}", f"rewrite-target: '{value}'}}")
    text = text.replace("path: /api, pathType: Prefix", f"path: '{path}', pathType: {kind}")
    found = [one for one in Tree({"deploy/web.yaml": text}, folder).report()["findings"] if "has no group" in str(one)]
    assert bool(found) is is_told


def test_a_first_step_says_that_the_reach_is_not_known(folder: Path) -> None:
    service_ = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    ingress = REWRITING.replace(", annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}", "")
    pods = "{selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: web}]}}}"
    text = f"{service_}spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: 80}}]}}\n---\n{ingress}"
    text += f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {pods}\n"
    (found,) = [one for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "double-exposure"]
    assert found["traffic"][0]["message"].startswith("Who can connect is not known: ")


@pytest.mark.parametrize(("path", "is_told"), [("deploy/all.yaml", True), ("test/integration/all.yaml", False)])
def test_what_a_test_has_two_ingresses_of_one_host_for_is_its_matter(folder: Path, path: str, is_told: bool) -> None:
    other = REWRITING.replace(
        "name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}", "name: b, namespace: shop"
    )
    text = f"{REWRITING.replace('rewrite-target: /', 'rewrite-target: /x')}---\n{other.replace('/api', '/b')}"
    assert rules(Tree({path: text}, folder)).count("ingress-host-wide-effect") == is_told


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.org/press/platform, path: %s}
  destination: {server: "%s", namespace: shop}
"""
OWN = "https://kubernetes.default.svc"


@pytest.mark.parametrize(
    ("server", "deployed", "is_told"), [(OWN, ("a", "b"), True), (OWN, ("a",), False), ("https://10.0.0.7", ("a", "b"), True)]
)
def test_alternatives_elsewhere_do_not_make_two_applications_alternatives(
    folder: Path, server: str, deployed: tuple[str, ...], is_told: bool
) -> None:
    """Drafts in other folders contradict each other; what Argo CD sends to one cluster is there together."""
    files = {f"apps/{name}/kustomization.yaml": "resources: [service.yaml]\n" for name in "ab"}
    files |= {f"apps/{name}/service.yaml": service(name, "type: NodePort, ports: [{port: 80, nodePort: 30080}]") for name in "ab"}
    files |= {f"argocd/{name}.yaml": APPLICATION % (name, f"apps/{name}", server) for name in deployed}
    for number, draft in enumerate(("draft", "sketch")):
        files[f"{draft}/all.yaml"] = "---\n".join(service(name, f"ports: [{{port: 8{number}}}]") for name in ("x", "y"))
    assert rules(Tree(files, folder)).count("node-port-conflict") == is_told


SPACES = "".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n" for name in ("a", "b"))
NUMBERED = "apiVersion: example.org/v1\nkind: Press\nmetadata: {name: p}\nspec: {ports: {8000: a}}\n"


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        (SPACES, "namespace: shop", "its `namespace` makes one of several objects: Namespace shop."),
        (NUMBERED, "labels: [{pairs: {a: b}}]", "Press p has a number or truth value as a key: quote it."),
    ],
)
def test_an_object_that_kustomize_prints_as_a_reason_is_named(folder: Path, text: str, more: str, why: str) -> None:
    service_ = service("web", "ports: [{port: 80}]")
    files = {"web/all.yaml": f"{service_}---\n{text}", "web/kustomization.yaml": f"resources: [all.yaml]\n{more}\n"}
    (found,) = [one for one in Tree(files, folder).report()["findings"] if one["rule"] == "render-failed"]
    assert why in found["why"]
