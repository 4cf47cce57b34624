"""Charts of kustomizations: what kustomize makes of them with our stand-in is what it makes of them with Helm itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Literal

import pytest

from k8slblint.budget import Budget
from k8slblint.rendering.fetched.beside import shelf_of
from k8slblint.rendering.helm.engine import Engine, HelmEngine
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure
from tests.charts import helm, tree
from tests.engines import require_engine

_PATH = os.pathsep.join((os.environ.get("PATH", ""), os.path.dirname(sys.executable)))
_KUSTOMIZE = shutil.which("kustomize", path=_PATH)
needs_kustomize = pytest.mark.skipif(not _KUSTOMIZE and not os.environ.get("CI"), reason="no kustomize here")

OBJECTS = """\
{{- range .Values.names }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $.Release.Name }}-{{ . }}
  namespace: {{ $.Release.Namespace }}
  labels: {release: {{ $.Release.Name }}}
spec:
  type: {{ $.Values.service.type }}
  ports: [{port: {{ $.Values.service.port }}}]
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-config}
data:
  values: {{ .Values | toJson | quote }}
  capabilities: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
  kubernetes: {{ if .Values.tellsVersion }}{{ .Capabilities.KubeVersion.Version | quote }}{{ else }}""{{ end }}
"""
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: "{{{{ .Release.Name }}}}-{name}", annotations: {{helm.sh/hook: "{event}"}}}}
spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}}}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec: {group: example.com, names: {kind: Foo, plural: foos}, scope: Namespaced, versions: []}
"""
CHART: dict[str, str | bytes] = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": (
        "names: [a, b]\nservice: {type: ClusterIP, port: 80, extra: {x: 1, y: 2}}\nbig: 10000000\nlist: [1, 2]\ntellsVersion: false\n"
    ),
    "charts/web/templates/objects.yaml": OBJECTS,
    "charts/web/templates/z-account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: {{ .Release.Name }}-web}\n",
    "charts/web/templates/custom.yaml": "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: {{ .Release.Name }}-foo}\nspec: {}\n",
    "charts/web/templates/_helpers.tpl": '{{ define "x" }}kind: Never{{ end }}',
    "charts/web/templates/NOTES.txt": "kind: Note",
    "charts/web/templates/tests/test.yaml": HOOK.format(name="test", event="test"),
    "charts/web/templates/hook.yaml": HOOK.format(name="hook", event="pre-install,post-upgrade"),
    "charts/web/templates/odd.yaml": HOOK.format(name="odd", event="never-heard-of"),
    "charts/web/crds/foo.yaml": CRD,
    "prod.yaml": "service: {type: NodePort, extra: {z: 3}}\nname: prod\n",
    "more.yaml": "service: {port: 8080}\nlist: [3]\n",
}

DELETE = r"""[{target: {kind: (Job|CustomResourceDefinition)}, patch: "$patch: delete\nkind: x\nmetadata: {name: x}"}]"""

KUSTOMIZATIONS: dict[str, str | dict[str, str]] = {
    "defaults": "helmCharts: [{name: web}]",
    "a release": "helmCharts: [{name: web, releaseName: shop}]",
    "a namespace of its own": "helmCharts: [{name: web, releaseName: shop, namespace: edge}]",
    "the namespace of the kustomization": "namespace: over\nhelmCharts: [{name: web, releaseName: shop}]",
    "both namespaces": "namespace: over\nhelmCharts: [{name: web, releaseName: shop, namespace: edge}]",
    "inline values": "helmCharts: [{name: web, valuesInline: {names: [x], service: {port: 10000000, extra: {y: 9}}, list: [7], a: ä😀}}]",
    **{
        f"inline values that {how}": f"""
            helmCharts:
            - name: web
              releaseName: shop
              valuesMerge: {how}
              valuesInline: {{names: [x], service: {{type: LoadBalancer, extra: {{y: null, w: 4}}}}, list: [7], fresh: true}}
            """
        for how in ("merge", "override")
    },
    "inline values that replace": """
        helmCharts:
        - {name: web, valuesMerge: replace, valuesInline: {names: [x], service: {type: LoadBalancer, port: 1}}, valuesFile: prod.yaml}
        """,
    "a value file": "helmCharts: [{name: web, valuesFile: prod.yaml}]",
    "a value file and inline values": "helmCharts: [{name: web, valuesFile: prod.yaml, valuesInline: {service: {type: LoadBalancer}}}]",
    "more value files": "helmCharts: [{name: web, valuesFile: prod.yaml, additionalValuesFiles: [more.yaml, prod.yaml]}]",
    "definitions": "helmCharts: [{name: web, includeCRDs: true}]",
    "no tests": "helmCharts: [{name: web, skipTests: true}]",
    "no hooks": "helmCharts: [{name: web, skipHooks: true}]",
    "versions of interfaces": "helmCharts: [{name: web, apiVersions: [example.com/v1, other.example.com/v1]}]",
    "a version of Kubernetes": "helmCharts: [{name: web, kubeVersion: '1.29', valuesInline: {tellsVersion: true}}]",
    "debugging": "helmCharts: [{name: web, debug: true, devel: true, releaseName: shop}]",
    "a prefix and labels over it": "namePrefix: p-\nlabels: [{pairs: {a: b}, includeSelectors: true}]\nhelmCharts: [{name: web}]",
    "a patch over it": """
        patches:
        - {target: {kind: Service, name: shop-a}, patch: "- {op: replace, path: /spec/type, value: LoadBalancer}"}
        helmCharts: [{name: web, releaseName: shop}]
        """,
    "two releases": """
        helmCharts: [{name: web, releaseName: a}, {name: web, releaseName: b, namespace: b}]
        patches: [{target: {kind: ServiceAccount}, patch: "- {op: add, path: /metadata/labels, value: {a: b}}"}]
        """,
    "another home": {"kustomization.yaml": "helmGlobals: {chartHome: c/d, configHome: x}\nhelmCharts: [{name: web}]", "move": "c/d"},
    "a vendored version": {
        "kustomization.yaml": "helmCharts: [{name: web, repo: 'https://example.com', version: 1.0.0}]",
        "move": "charts/web-1.0.0",
    },
    "the older form": """
        helmChartInflationGenerator:
        - chartName: web
          chartRepoName: x
          helmBin: /bin/false
          helmHome: x
          extraArgs: [--post-renderer=/bin/false]
          releaseNamespace: never
          releaseName: shop
          values: prod.yaml
          valuesLocal: {service: {port: 7}}
        """,
    "the older form with homes": {
        "kustomization.yaml": """
            namePrefix: x-
            helmChartInflationGenerator:
            - {chartName: web, chartHome: nowhere, releaseName: a}
            - {chartName: web, chartHome: c, releaseName: b}
            """,
        "move": "c",
    },
    "a generator in a file": {
        "kustomization.yaml": "generators: [gen.yaml]",
        "gen.yaml": """
            apiVersion: builtin
            kind: HelmChartInflationGenerator
            metadata: {name: g, labels: {a: b}}
            name: web
            releaseName: shop
            valuesInline: {names: [x]}
            other: kustomize ignores it
            """,
    },
    "a generator inline": """
        namespace: over
        generators:
        - "{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: g}, name: web, releaseName: shop}"
        """,
    "in a base": {
        "kustomization.yaml": "resources: [base]\nnamespace: over\nnamePrefix: p-",
        "base/kustomization.yaml": "helmCharts: [{name: web, releaseName: shop}]",
        "move": "base/charts",
    },
    "in two levels with patches": {
        "kustomization.yaml": f"""
            resources: [base]
            helmCharts: [{{name: web, releaseName: top}}]
            patches:
            - {{target: {{kind: Service, name: top-a}}, patch: "- {{op: remove, path: /spec/type}}"}}
            - {DELETE[1:-1]}
            """,
        "base/kustomization.yaml": f"""
            nameSuffix: -low
            helmCharts: [{{name: web, releaseName: shop, valuesInline: {{names: [q]}}}}]
            patches:
            - patch: "{{apiVersion: v1, kind: Service, metadata: {{name: shop-q, namespace: default}}, spec: {{type: LoadBalancer}}}}"
            - {DELETE[1:-1]}
            """,
        "copy": "base/charts",
    },
}


def files(kustomization: str | dict[str, str]) -> dict[str, str | bytes]:
    """Return the files of a case; `move` tells where its charts are instead of in `charts`, `copy` where they are besides."""
    own = {"kustomization.yaml": kustomization} if isinstance(kustomization, str) else dict(kustomization)
    home, copied = own.pop("move", "charts"), own.pop("copy", "")
    charts = {path.removeprefix("charts/"): text for path, text in CHART.items() if path.startswith("charts/")}
    others = {path: text for path, text in CHART.items() if not path.startswith("charts/")}
    return (
        others
        | {f"{place}/{path}": text for place in (home, copied) if place for path, text in charts.items()}
        | {path: dedent(text) for path, text in own.items()}
    )


def built_by_kustomize(folder: Path) -> str:
    assert _KUSTOMIZE
    command = [_KUSTOMIZE, "build", "--enable-helm", "--helm-command", helm(), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def built_by_us(folder: Path, choice: Engine = "auto", kustomize: Literal["auto", "native", "binary"] = "auto") -> Outcome:
    with HelmEngine(choice) as charts, KustomizeEngine(charts, choice=kustomize) as engine:
        return engine.render(KustomizeRoot(""), tree(folder, {}))


def text_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Rendered), outcome
    return "---\n".join(document.text for document in outcome.documents)


@needs_kustomize
@pytest.mark.parametrize("kustomize", ["native", "binary"])
@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_a_chart_comes_out_as_from_helm_itself(
    name: str, kustomize: Literal["native", "binary"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_engine()
    monkeypatch.setenv("PATH", _PATH)
    top = tmp_path / "repo"
    tree(top, files(KUSTOMIZATIONS[name]))
    expected = built_by_kustomize(top)
    assert expected
    assert text_of(built_by_us(top, "native", kustomize)) == expected
    assert text_of(built_by_us(top, "binary" if kustomize == "native" else "in-process", kustomize)) == expected


@needs_kustomize
def test_what_was_rendered_follows_a_change_of_the_chart(tmp_path: Path) -> None:
    made = tree(tmp_path, files("helmCharts: [{name: web, releaseName: shop}]"))
    account = "charts/web/templates/z-account.yaml"
    other = made.overlaid({account: b"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: changed}\n"})
    broken = made.overlaid({account: b'{{ fail "no" }}'})
    with HelmEngine() as charts, KustomizeEngine(charts) as engine:
        first, second, failed, again = (engine.render(KustomizeRoot(""), one) for one in (made, other, broken, made))
    assert "name: shop-web" in text_of(first)
    assert "name: changed" in text_of(second)
    assert isinstance(failed, RenderFailure)
    assert (failed.kind, failed.file, failed.line) == ("template", account, 1)
    assert first == again


FROM_ELSEWHERE = "name: web, repo: 'https://charts.example.com', version: 1.0.0"
BESIDE = {
    "defaults": f"helmCharts: [{{{FROM_ELSEWHERE}}}]",
    "inline values": f"helmCharts: [{{{FROM_ELSEWHERE}, valuesInline: {{names: [x], service: {{extra: {{x: 9}}}}, list: [7]}}}}]",
    "a value file": f"helmCharts: [{{{FROM_ELSEWHERE}, valuesFile: prod.yaml, valuesInline: {{service: {{type: LoadBalancer}}}}}}]",
    "values that fill in those of a file": (
        f"helmCharts: [{{{FROM_ELSEWHERE}, valuesMerge: merge, valuesFile: prod.yaml, valuesInline: {{service: {{type: LoadBalancer}}}}}}]"
    ),
    "values that replace": f"helmCharts: [{{{FROM_ELSEWHERE}, valuesMerge: replace, valuesInline: {{names: [x]}}}}]",
    "any version": "helmCharts: [{name: web, repo: 'https://charts.example.com', releaseName: shop}]",
    "the older form": (
        "helmChartInflationGenerator: [{chartName: web, chartRepoUrl: 'https://charts.example.com', chartVersion: 1.0.0, releaseName: a}]"
    ),
    "two releases": f"helmCharts: [{{{FROM_ELSEWHERE}, releaseName: a}}, {{{FROM_ELSEWHERE}, releaseName: b}}]\nnamePrefix: p-",
}


@pytest.mark.parametrize("name", BESIDE)
def test_a_chart_beside_the_tree_is_as_good_as_a_vendored_one(name: str, tmp_path: Path) -> None:
    """But for keys that YAML 1.1 reads as booleans (`y`), which kustomize takes as text and Helm does not."""
    require_engine()
    chart = {path: text.replace("y: 2", "z: 2") if isinstance(text, str) else text for path, text in CHART.items()}
    shelf = tree(tmp_path / "shelf", {path.removeprefix("charts/"): text for path, text in chart.items() if path.startswith("charts/")})
    made = {path: text for path, text in files(BESIDE[name]).items() if not path.startswith("charts/")}
    home = "charts/web" if name == "any version" else "charts/web-1.0.0/web"
    vendored = {path.replace("charts/web", home, 1): text for path, text in chart.items() if path.startswith("charts/web")}
    with HelmEngine("native") as charts, KustomizeEngine(charts, choice="native") as engine:
        there = engine.render(KustomizeRoot(""), tree(tmp_path / "vendored", {**made, **vendored}))
        beside = tree(tmp_path / "repo", made).with_shelf(shelf_of(shelf, [shelf.top], "", Budget()))
        found = engine.render(KustomizeRoot(""), beside)
    assert isinstance(found, Rendered)
    assert text_of(found) == text_of(there)


@pytest.mark.parametrize("more", [", valuesMerge: merge, valuesInline: {a: 1}", ", releaseName: x"])
def test_what_the_shelf_does_not_decide_is_fetched(more: str, tmp_path: Path) -> None:
    """Values that only fill in those of the chart are merged by kustomize, which is not given these; another version is another chart."""
    version = "1.0.0" if "merge" in more else "2.0.0"
    made = tree(tmp_path / "repo", {"kustomization.yaml": f"helmCharts: [{{{FROM_ELSEWHERE.replace('1.0.0', version)}{more}}}]"})
    shelf = tree(tmp_path / "shelf", {path.removeprefix("charts/"): text for path, text in CHART.items() if path.startswith("charts/")})
    with HelmEngine() as charts, KustomizeEngine(charts) as engine:
        failure = engine.render(KustomizeRoot(""), made.with_shelf(shelf_of(made, [shelf.top], "", Budget())))
    assert isinstance(failure, RenderFailure)
    assert failure.kind == "remote"


REFUSED = {
    "helmCharts: [{name: web, nameTemplate: 'x{{ env \"HOME\" }}'}]": ("template", "'nameTemplate' is not supported"),
    "helmCharts: [{name: other}]": ("missing", "chart other"),
    "helmCharts: [{name: other, repo: 'https://example.com'}]": ("remote", "chart other"),
    "helmCharts: [{name: other, repo: 'https://example.com', version: 1.0.0}]": ("remote", "chart other"),
    "helmCharts: [{name: web, repo: 'https://example.com', version: 1.0.0}]": ("remote", "chart web"),
    "helmCharts: [{name: ../charts/web}]": ("template", "not a valid name of a chart"),
    "helmCharts: [{name: web, releaseName: --post-renderer=x}]": ("template", "not a valid release name"),
    "helmCharts: [{name: web, releaseName: -f, namespace: prod.yaml}]": ("template", "not a valid release name"),
    "helmCharts: [{name: web, releasenames: x}]": ("template", "unknown field 'releasenames'"),
    "helmCharts: [{name: web, valuesFile: ../outside.yaml}]": ("missing", "points outside the repository"),
    "helmCharts: [{name: web, valuesFile: absent.yaml}]": ("missing", "is not in the repository"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_safe_or_not_there_is_refused(text: str, tmp_path: Path) -> None:
    tree(tmp_path / "repo", files(text))
    failure = built_by_us(tmp_path / "repo")
    kind, reason = REFUSED[text]
    assert isinstance(failure, RenderFailure)
    assert (failure.kind, failure.file) == (kind, "kustomization.yaml")
    assert reason in failure.reason


@pytest.mark.parametrize(("name", "is_filled_in"), [("'${ARGOCD_ENV_app}'", True), ("'{{ .app }}'", True), ("Web_App", False)])
def test_a_name_that_a_plugin_fills_in_is_not_a_mistake(name: str, is_filled_in: bool, tmp_path: Path) -> None:
    tree(tmp_path / "repo", files(f"helmCharts: [{{name: web, releaseName: {name}}}]"))
    failure = built_by_us(tmp_path / "repo")
    assert isinstance(failure, RenderFailure)
    assert failure.is_generated == is_filled_in
    assert "is not a valid release name" in failure.reason


@needs_kustomize
def test_a_chart_that_is_refused_is_told_at_its_template(tmp_path: Path) -> None:
    made = files("helmCharts: [{name: web}]") | {"charts/web/templates/bad.yaml": 'a: b\n{{ fail "wants a name" }}\n'}
    tree(tmp_path / "repo", made)
    failure = built_by_us(tmp_path / "repo")
    assert isinstance(failure, RenderFailure)
    assert (failure.kind, failure.reason, failure.file, failure.line) == ("template", "wants a name", "charts/web/templates/bad.yaml", 2)


@needs_kustomize
def test_charts_are_not_rendered_where_helm_is_off(tmp_path: Path) -> None:
    made = tree(tmp_path / "repo", files("helmCharts: [{name: web}]"))
    with KustomizeEngine(None) as engine:
        failure = engine.render(KustomizeRoot(""), made)
    assert isinstance(failure, RenderFailure)
    assert failure.kind == "off"
