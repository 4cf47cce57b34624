"""Trees that try to run a program, to reach a server or to read what is outside of them while they are rendered."""

import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent

import pytest

from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure
from tests.engines import CHOICES
from tests.test_rendering_kustomize import needs_kustomize
from tests.trees import deployed

SECRET = "s3cr3t-of-the-machine"  # noqa: S105 - nobody's
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
TELLS = """\
replacements:
- source: {kind: ConfigMap, name: leak, fieldPath: data.x}
  targets: [{select: {kind: Service}, fieldPaths: [spec.type]}]
generatorOptions: {disableNameSuffixHash: true}
"""
"""Puts what was read into a field whose value is quoted in a report."""

UP = "../" * 20
DOWNLOADER = f"""\
name: p
version: 0.1.0
usage: p
description: p
downloaders: [{{command: "{UP}bin/sh tree/app/A/a/home/.data/plugins/p/x.sh", protocols: [evil]}}]
"""
CHART = "apiVersion: v2\nname: NAME\nversion: 1.0.0\n"
CHARTS = {
    "A/a/Chart.yaml": CHART.replace("NAME", "a"),
    "A/a/values.yaml": "",
    "A/a/templates/s.yaml": SERVICE.replace("web", "a"),
    "A/a/home/.data/plugins/p/plugin.yaml": DOWNLOADER,
    "A/a/home/.data/plugins/p/x.sh": "touch MARKER\n",
    "A/a/templates/run.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: run}\ndata: {x: $(touch MARKER)}\n",
    "B/b/Chart.yaml": CHART.replace("NAME", "b"),
    "B/b/values.yaml": "",
}
HOME = "tree/app/A/a/home"
INFLATOR = "apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: g}"
FUNCTION = "apiVersion: v1\nkind: Any\nmetadata: {name: a, annotations: {config.kubernetes.io/function: '{exec: {path: ./run.sh}}'}}"

RUNS_SOMETHING = {
    "a plug-in of Helm by a hidden field": f"""
        helmGlobals: {{chartHome: A, configHome: {HOME}}}
        helmCharts: [{{name: a, releaseName: a}}]
        helmChart\u017f: [{{name: b, repo: "evil://x", version: 1.0.0, releaseName: b}}]
        """,
    "a plug-in of Helm by the older field": f"""
        helmChartInflationGenerator:
        - {{chartName: b, chartHome: B, chartRepoUrl: "evil://x", chartVersion: 1.0.0, releaseName: b}}
        - {{chartName: a, chartHome: A, helmHome: {HOME}, releaseName: a}}
        """,
    "an option of Helm in the name of a release": """
        helmGlobals: {chartHome: A}
        helmCharts: [{name: a, releaseName: --post-renderer=/bin/sh}]
        """,
    "an option of Helm in a generator in a file": "generators: [generator.yaml]",
    "an option of Helm in a generator inline": f"""
        generators:
        - "{{{INFLATOR}, name: a, chartHome: A, releaseName: --post-renderer=/bin/sh}}"
        """,
    "an option of Helm in a generator in a file whose name is one": 'generators: [\'&a {"kind":"x"}\']',
    "a plug-in of Helm in a generator": f"""
        generators:
        - "{{{INFLATOR}, name: b, chartHome: A, configHome: {HOME}, repo: 'evil://x'}}"
        """,
    "a generator that a patch turns": """
        generators: [plugins]
        """,
    "a function in a hidden transformer": "transformer\u017f: [function.yaml]\nresources: [svc.yaml]",
    "a function in a transformer": "transformers: [function.yaml]\nresources: [svc.yaml]",
    "a function in a folder that is listed as resources first": "resources: [functions]\ntransformers: [functions]",
    "an upload program in an address": "re\u017fources: ['file:///repo//x?ref=--upload-pack=touch${IFS}MARKER']",
}
OTHERS = {
    "svc.yaml": SERVICE,
    "generator.yaml": f"{{{INFLATOR}, name: a, chartHome: A, releaseName: --post-renderer=/bin/sh}}",
    '&a {"kind":"x"}': f"{{{INFLATOR}, name: a, chartHome: A, releaseName: --post-renderer=/bin/sh}}",
    "plugins/kustomization.yaml": "resources: [generator.yaml]\n"
    "patches: [{target: {kind: HelmChartInflationGenerator}, patch: '- {op: add, path: /releaseName, value: --post-renderer=/bin/sh}'}]",
    "plugins/generator.yaml": f"{{{INFLATOR}, name: a, chartHome: A, releaseName: a}}",
    "function.yaml": FUNCTION,
    "functions/kustomization.yaml": "resources: [function.yaml]",
    "functions/function.yaml": FUNCTION,
    "run.sh": "#!/bin/sh\ntouch MARKER\n",
}


def made(top: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        path.chmod(0o755)
    return SourceTree(str(top))


def outcomes(tree: SourceTree, folder: str = "app") -> list[Outcome]:
    """Return what becomes of a root with every engine, with and without the restriction to its folder."""
    found = []
    for choice in CHOICES:
        with HelmEngine(choice) as helm, KustomizeEngine(helm, choice=choice) as engine:
            found += [engine.render(KustomizeRoot(folder, is_unrestricted=is_unrestricted), tree) for is_unrestricted in (False, True)]
    return found


@pytest.fixture(autouse=True)
def _with_helm_and_kustomize(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((os.environ.get("PATH", ""), os.path.dirname(sys.executable))))


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Serve a Service on this machine; yield the address and the requests."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SERVICE.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()


@needs_kustomize
@pytest.mark.parametrize("name", RUNS_SOMETHING)
def test_nothing_of_the_tree_is_run(name: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    files = {"kustomization.yaml": RUNS_SOMETHING[name], **CHARTS, **OTHERS}
    tree = made(tmp_path / "repo", {f"app/{path}": dedent(text).replace("MARKER", str(marker)) for path, text in files.items()})
    found = outcomes(tree)
    assert not marker.exists()
    assert all(isinstance(one, RenderFailure) for one in found if "older field" not in name), found


UNKNOWN = {
    "file\u017f": "configMapGenerator: [{name: leak, file\u017f: [x=SECRET]}]",
    "env\u017f": "secretGenerator: [{name: leak, env\u017f: [SECRET]}]",
    "re\u017fources": "re\u017fources: [SECRET]",
    "ReSources": "ReSources: [SECRET]",
    "patche\u017f": "resources: [svc.yaml]\npatche\u017f: [{path: SECRET}]",
    "component\u017f": "component\u017f: [SECRET]",
    "value\u017fFile": "helmCharts: [{name: a, value\u017fFile: SECRET}]",
    "\u212aind": "\u212aind: Component\nresources: [svc.yaml]",
    "nameprefix": "nameprefix: a-\nresources: [svc.yaml]",
    "configuration\u017f": "resources: [svc.yaml]\nconfiguration\u017f: [SECRET]",
    "crd\u017f": "resources: [svc.yaml]\ncrd\u017f: [SECRET]",
    "generator\u017f": "generator\u017f: [generator.yaml]\nresources: [svc.yaml]",
}


@pytest.mark.parametrize("field", UNKNOWN)
def test_a_field_that_is_not_spelt_exactly_is_unknown(field: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    tree = made(tmp_path / "repo", {"app/kustomization.yaml": UNKNOWN[field].replace("SECRET", str(secret)), "app/svc.yaml": SERVICE})
    for outcome in outcomes(tree):
        assert isinstance(outcome, RenderFailure)
        assert (outcome.kind, outcome.file) == ("template", "app/kustomization.yaml")
        assert f"unknown field '{field}'" in outcome.reason
        assert outcome.line == UNKNOWN[field].count("\n", 0, UNKNOWN[field].index(field)) + 1


PLUGIN = "apiVersion: builtin\nkind: KIND\nmetadata: {name: leak}\n"
READS_OUTSIDE = {
    "a file of a generator": "configMapGenerator: [{name: leak, files: [x=SECRET]}]\nresources: [svc.yaml]",
    "a hidden file of a generator": "configMapGenerator: [{name: leak, file\u017f: [x=SECRET]}]\nresources: [svc.yaml]",
    "a file of a generator in another case": "configMapGenerator: [{name: leak, FILES: [x=SECRET]}]\nresources: [svc.yaml]",
    "variables of a generator in another case": "configMapGenerator: [{name: leak, Envs: [SECRET]}]\nresources: [svc.yaml]",
    "a patch in another case": "patches: [{Path: SECRET}]\nresources: [svc.yaml]",
    "a patch of old in another case": "patchesJSON6902: [{PATH: SECRET, target: {kind: Service, name: a}}]\nresources: [svc.yaml]",
    "values of a chart in another case": "helmCharts: [{name: a, ValuesFile: SECRET}]\nresources: [svc.yaml]",
    "replacements in another case": "replacements: [{Path: SECRET}]\nresources: [svc.yaml]",
    "a generator in a file": "generators: [generator.yaml]\nresources: [svc.yaml]",
    "a hidden field of a generator in a file": "generators: [hidden.yaml]\nresources: [svc.yaml]",
    "a generator inline": "generators: ['{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: leak}, files: [x=SECRET]}']\n"
    "resources: [svc.yaml]",
    "a generator that a patch turns": "generators: [turned]\nresources: [svc.yaml]",
    "a list of generators": "generators: [list.yaml]\nresources: [svc.yaml]",
    "a resource above": f"resources: [svc.yaml, {UP}SECRET]",
    "a link": "configMapGenerator: [{name: leak, files: [x=link]}]\nresources: [svc.yaml]",
    "a link to a folder": "configMapGenerator: [{name: leak, files: [x=linked/secret]}]\nresources: [svc.yaml]",
    "a patch": "resources: [svc.yaml]\npatches: [{path: SECRET}]",
    "values of a chart": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: a, releaseName: a, valuesFile: SECRET}]",
    "more values of a chart": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: a, releaseName: a, additionalValuesFiles: [SECRET]}]",
    "a chart": "helmGlobals: {chartHome: FOLDER}\nhelmCharts: [{name: a, releaseName: a}]",
    "git": "configMapGenerator: [{name: leak, files: [x=.git/config]}]\nresources: [svc.yaml]",
    "git through a link": "configMapGenerator: [{name: leak, files: [x=git-link/config]}]\nresources: [svc.yaml]",
    "git through a file that is a link": "configMapGenerator: [{name: leak, files: [x=git-config]}]\nresources: [svc.yaml]",
    "git of the repository": "configMapGenerator: [{name: leak, files: [x=../.git/config]}]\nresources: [svc.yaml]",
    "git in a chart": "helmGlobals: {chartHome: C}\nhelmCharts: [{name: c, releaseName: c}]",
}


@needs_kustomize
@pytest.mark.parametrize("name", READS_OUTSIDE)
def test_nothing_outside_of_the_tree_is_read(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "outside/secret"
    secret.parent.mkdir()
    secret.write_text(f"x: {SECRET}\n")
    generator = PLUGIN.replace("KIND", "ConfigMapGenerator")
    files = {
        "app/kustomization.yaml": READS_OUTSIDE[name] + f"\n{TELLS}",
        "app/svc.yaml": SERVICE,
        "app/generator.yaml": f"{generator}files: [x=SECRET]\n",
        "app/hidden.yaml": f"{generator}file\u017f: [x=SECRET]\n",
        "app/list.yaml": f"apiVersion: v1\nkind: List\nitems:\n- {generator.replace(chr(10), chr(10) + '  ')}files: [x=SECRET]\n",
        "app/turned/kustomization.yaml": "resources: [g.yaml]\n"
        "patches: [{target: {kind: ConfigMapGenerator}, patch: '- {op: add, path: /files, value: [x=SECRET]}'}]",
        "app/turned/g.yaml": f"{generator}literals: [x=1]\n",
        "app/A/a/Chart.yaml": CHART.replace("NAME", "a"),
        "app/A/a/values.yaml": "",
        "app/A/a/templates/s.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: leak}\ndata: {x: '{{ .Values.x }}'}\n",
        "app/C/c/Chart.yaml": CHART.replace("NAME", "c"),
        "app/C/c/values.yaml": "",
        "app/C/c/templates/s.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: leak}\ndata: {x: {{ .Files.Get "cfg" | quote }}}\n',
        "app/.git/config": f"x: {SECRET}",
        ".git/config": f"x: {SECRET}",
    }
    texts = {path: text.replace("SECRET", str(secret)).replace("FOLDER", str(secret.parent)) for path, text in files.items()}
    made(tmp_path / "repo", texts | {path: text for path, text in files.items() if ".git" in path})
    app = tmp_path / "repo/app"
    for link, target in (("link", secret), ("linked", secret.parent), ("git-link", app / ".git"), ("git-config", app / ".git/config")):
        (app / link).symlink_to(target)
    (app / "C/c/cfg").symlink_to("../../.git/config")
    found = outcomes(SourceTree(str(tmp_path / "repo")))
    assert SECRET not in repr(found)
    assert all(isinstance(one, RenderFailure) or one.lacks for one in found), found


ASKS = {
    "a hidden resource": "re\u017fources: ['http://ADDRESS/x.yaml']\nresources: [svc.yaml]",
    "a resource": "resources: ['http://ADDRESS/x.yaml']",
    "a resource that is a folder too": "resources: ['http:/ADDRESS/x.yaml']",
    "a resource in capitals": "resources: ['HTTP://ADDRESS/x.yaml']",
    "a patch": "resources: [svc.yaml]\npatches: [{path: 'http://ADDRESS/x.yaml'}]",
    "a file of a generator": "configMapGenerator: [{name: a, files: [x=http://ADDRESS/x]}]",
    "variables of a generator": "configMapGenerator: [{name: a, envs: [http://ADDRESS/x]}]",
    "a generator in a file": "generators: [generator.yaml]",
    "a patch in a transformer": "resources: [svc.yaml]\ntransformers: [transformer.yaml]",
    "a patch in a transformer inline": "resources: [svc.yaml]\ntransformers: ["
    "'{apiVersion: builtin, kind: PatchTransformer, metadata: {name: a}, path: \"http://ADDRESS/x\"}']",
    "replacements in a transformer": "resources: [svc.yaml]\ntransformers: ["
    "'{apiVersion: builtin, kind: ReplacementTransformer, metadata: {name: a}, replacements: [{path: \"http://ADDRESS/x\"}]}']",
    "targets in a transformer": "resources: [svc.yaml]\ntransformers: ["
    "'{apiVersion: builtin, kind: ValueAddTransformer, metadata: {name: a}, value: x, targetFilePath: \"http://ADDRESS/x\"}']",
    "a transformer that a patch turns": "resources: [svc.yaml]\ntransformers: [turned]",
    "a folder that is listed as resources first": "resources: [plain]\ntransformers: [plain]",
    "a schema": "resources: [svc.yaml]\nopenapi: {path: 'http://ADDRESS/x'}\nnamePrefix: a",
    "definitions": "resources: [svc.yaml]\ncrds: ['http://ADDRESS/x']\nnamePrefix: a",
    "configurations": "resources: [svc.yaml]\nconfigurations: ['http://ADDRESS/x']\nnamePrefix: a",
    "values of a chart": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: a, releaseName: a, valuesFile: 'http://ADDRESS/x'}]",
    "more values": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: a, releaseName: a, additionalValuesFiles: ['http://ADDRESS/x']}]",
    "a repository": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: z, releaseName: a, repo: 'http://ADDRESS', version: 1.0.0}]",
    "a name": "helmGlobals: {chartHome: A}\nhelmCharts: [{name: a, nameTemplate: 'n{{ getHostByName \"ADDRESS\" }}'}]",
}  # fmt: skip


@needs_kustomize
@pytest.mark.parametrize("name", ASKS)
def test_no_server_of_the_machine_is_asked(name: str, tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    address, requests = listener
    patch = PLUGIN.replace("KIND", "PatchTransformer")
    files = {
        "kustomization.yaml": ASKS[name],
        "svc.yaml": SERVICE,
        "generator.yaml": PLUGIN.replace("KIND", "ConfigMapGenerator") + "files: [x=http://ADDRESS/x]\n",
        "transformer.yaml": patch + "path: http://ADDRESS/x\n",
        "turned/kustomization.yaml": "resources: [t.yaml]\n"
        "patches: [{target: {kind: PatchTransformer}, patch: '- {op: add, path: /path, value: \"http://ADDRESS/x\"}'}]",
        "turned/t.yaml": patch,
        "plain/kustomization.yaml": "resources: [t.yaml]\n",
        "plain/t.yaml": patch + "path: http://ADDRESS/x\n",
        "A/a/Chart.yaml": CHART.replace("NAME", "a"),
        "A/a/values.yaml": "",
        "http:/127.0.0.1/x.yaml": SERVICE,
    }
    tree = made(tmp_path / "repo", {f"app/{path}": text.replace("ADDRESS", address) for path, text in files.items()})
    found = outcomes(tree)
    assert requests == []
    assert all(isinstance(one, RenderFailure) or one.lacks for one in found), found


@pytest.mark.parametrize("place", [".git/config", "link", "sub/.git/config", ".GIT/config", "sub/.git /config", "git~1/config"])
def test_git_is_no_part_of_a_tree(place: str, tmp_path: Path) -> None:
    tree = made(tmp_path, dict.fromkeys((".git/config", "sub/.git/config", ".GIT/config", "sub/.git /config", "git~1/config"), SECRET))
    (tmp_path / "link").symlink_to(".git/config")
    assert not tree.is_file(place)
    assert not tree.is_folder(os.path.dirname(place) or ".git")
    with pytest.raises(FileNotFoundError):
        tree.read(place)
    assert list(tree.files_below("")) == []
    assert ".git" not in tree.names("")


@pytest.mark.parametrize("parameter", ["fileParameters: [{name: v, path: /.git/config}]", "valueFiles: [/.git/config]"])
def test_git_is_no_value_of_an_application(parameter: str, tmp_path: Path) -> None:
    application = f"""
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: a, namespace: argocd}}
spec:
  project: default
  destination: {{server: "https://kubernetes.default.svc", namespace: a}}
  source: {{repoURL: "https://example.com/x.git", path: c, targetRevision: HEAD, helm: {{{parameter}}}}}
"""
    files = {
        "c/Chart.yaml": CHART.replace("NAME", "c"),
        "c/values.yaml": "v: 1\n",
        "c/templates/s.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: {{ .Values.v | quote }}}\n",
        ".git/config": f'x: {SECRET}\n[remote "origin"]\nurl = https://example.com/x.git\n',
    }
    found = deployed(tmp_path, application, files)
    tree = SourceTree(str(tmp_path))
    with HelmEngine() as helm:
        rendered = [helm.render(unit.source, tree) for unit in found.units if isinstance(unit.source, ChartRelease)]
    assert SECRET not in repr((found, rendered))
    assert rendered or found.not_rendered
