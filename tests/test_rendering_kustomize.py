import json
import os
import shutil
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from k8slblint import documents
from k8slblint.rendering import bounds
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.kustomize.binary import Space
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.kustomizations import find_kustomizations, render_roots
from k8slblint.rendering.kustomize.output import rendered_documents
from k8slblint.rendering.kustomize.plain_roots import plain_files
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.native import program
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Rendered, RenderFailure
from tests.corpus import CORPUS

_PATH = os.pathsep.join((os.environ.get("PATH", ""), os.path.dirname(sys.executable)))
_HAS_KUSTOMIZE = shutil.which("kustomize", path=_PATH) or shutil.which("kubectl", path=_PATH)
_HAS_HELM = shutil.which("helm", path=_PATH)
needs_kustomize = pytest.mark.skipif(not _HAS_KUSTOMIZE and not os.environ.get("CI"), reason="no kustomize here")

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
POD = "{{apiVersion: v1, kind: Pod, metadata: {{name: {}}}}}"
BASE = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": SERVICE}


def tree(tmp_path: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode())
    return SourceTree(str(tmp_path))


def render(made, folder, choice="auto", **fields):
    with HelmEngine(choice) as helm, KustomizeEngine(helm, choice=choice) as engine:
        return engine.render(KustomizeRoot(folder, **fields), made)


def objects(outcome):
    assert isinstance(outcome, Rendered), outcome
    return [(document.file, value(document.text)) for document in outcome.documents]


def value(text):
    (chunk,) = documents.split(text)
    return documents.parse(chunk).root.value


@needs_kustomize
def test_an_object_maps_to_its_base_file_and_carries_no_trace(tmp_path):
    made = tree(tmp_path, BASE | {"over/a/kustomization.yaml": "resources: [../../base]\nnamePrefix: p-\nnamespace: shop"})
    outcome = render(made, "over/a")
    expected = {"name": "p-web", "namespace": "shop"}
    assert [(file, found["metadata"]) for file, found in objects(outcome)] == [("base/web.yaml", expected)]
    assert outcome.documents[0].involved == ("over/a/kustomization.yaml",)


@needs_kustomize
def test_annotations_of_the_user_stay(tmp_path):
    annotations = {"a": "1", "zz": "two\nlines\n\nand more\n", "config.kubernetes.io/other": "x"}
    service = SERVICE.replace(
        "{name: web}", '{name: web, annotations: {a: "1", zz: "two\\nlines\\n\\nand more\\n", config.kubernetes.io/other: x}}'
    )
    made = tree(tmp_path, {"kustomization.yaml": "resources: [web.yaml]", "web.yaml": service})
    assert [found["metadata"].get("annotations") for _, found in objects(render(made, ""))] == [annotations]


PATCHES = {
    "patches:\n- path: p.yaml": "strategic merge in a file",
    "patches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n    spec: {loadBalancerClass: x}": "inline",
    "patches:\n- target: {kind: Service}\n  patch: '- {op: add, path: /spec/loadBalancerClass, value: x}'": "JSON patch inline",
    "patches:\n- target: {kind: Service}\n  path: j.json": "JSON patch in a file",
    "patchesStrategicMerge: [p.yaml]": "old strategic merge",
    "patchesStrategicMerge:\n- |-\n  {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {loadBalancerClass: x}}": "old inline",
    "patches: [p.yaml]": "old strategic merge by the field of today",
    "patchesJson6902:\n- target: {version: v1, kind: Service, name: web}\n  path: j.json": "old JSON patch",
    "transformers: [t.yaml]": "a transformer with a file",
    "components: [../c]": "a component",
    "replacements: [{path: r.yaml}]": "a replacement in a file",
}


@needs_kustomize
@pytest.mark.parametrize("text", PATCHES, ids=PATCHES.values())
def test_patches_of_every_kind_are_applied(tmp_path, text):
    patch = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {loadBalancerClass: x}\n"
    files = BASE | {
        "over/kustomization.yaml": f"resources: [../base, cm.yaml]\n{text}\n",
        "over/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {class: x}\n",
        "over/p.yaml": patch,
        "over/j.json": '[{"op": "add", "path": "/spec/loadBalancerClass", "value": "x"}]',
        "over/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: j.json\ntarget: {kind: Service}\n",
        "over/r.yaml": """
            source: {kind: ConfigMap, name: cm, fieldPath: data.class}
            targets: [{select: {kind: Service}, fieldPaths: [spec.loadBalancerClass], options: {create: true}}]
        """,
        "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]",
        "c/p.yaml": patch,
    }
    found = {one["kind"]: (file, one) for file, one in objects(render(tree(tmp_path, files), "over"))}
    file, service = found["Service"]
    assert (file, service["spec"]["loadBalancerClass"]) == ("base/web.yaml", "x")


@needs_kustomize
def test_generated_objects_map_to_the_kustomization(tmp_path):
    files = BASE | {
        "over/kustomization.yaml": "resources: [../base]\nconfigMapGenerator: [{name: c, files: [k=a.txt]}]",
        "over/a.txt": "--- a\nb",
    }
    found = objects(render(tree(tmp_path, files), "over"))
    assert [(file, one["kind"]) for file, one in found if one["kind"] == "ConfigMap"] == [("over/kustomization.yaml", "ConfigMap")]


@needs_kustomize
@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_every_name_of_a_kustomization_is_found(tmp_path, name):
    assert len(objects(render(tree(tmp_path, {f"r/{name}": "resources: [web.yaml]", "r/web.yaml": SERVICE}), "r"))) == 1


@needs_kustomize
@pytest.mark.parametrize(
    ("manifest", "count"),
    [
        ('{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}', 1),
        (SERVICE.replace("\n", "\r\n"), 1),
        (f"{SERVICE}---\n{SERVICE.replace('name: web', 'name: two')}", 2),
        (f"apiVersion: v1\nkind: List\nitems:\n- {POD.format('a')}\n- {POD.format('b')}\n", 2),
    ],
    ids=["JSON", "Windows line ends", "two documents", "List"],
)
def test_manifests_of_every_form_are_read(tmp_path, manifest, count):
    found = objects(render(tree(tmp_path, {"kustomization.yaml": "resources: [m.yaml]\nnamePrefix: a-", "m.yaml": manifest}), ""))
    assert [file for file, _ in found] == ["m.yaml"] * count


@needs_kustomize
def test_what_a_deployer_lays_over_a_root_is_applied(tmp_path):
    files = BASE | {"c/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnameSuffix: -c"}
    options = {
        "namespace": "shop",
        "components": ["c"],
        "patches": [{"target": {"kind": "Service"}, "patch": "- {op: add, path: /spec/loadBalancerClass, value: x}"}],
    }
    ((file, found),) = objects(render(tree(tmp_path, files), "base", options=options))
    assert (file, found["metadata"], found["spec"]["loadBalancerClass"]) == ("base/web.yaml", {"name": "web-c", "namespace": "shop"}, "x")


@needs_kustomize
def test_files_stand_in_for_a_kustomization(tmp_path):
    made = tree(tmp_path, {"apps/a/web.yaml": SERVICE, "apps/two.yaml": SERVICE.replace("web", "two"), "apps/not.yaml": SERVICE})
    found = objects(render(made, "apps", files=("apps/a/web.yaml", "apps/two.yaml"), options={"namespace": "shop"}))
    assert {(file, one["metadata"]["namespace"]) for file, one in found} == {("apps/a/web.yaml", "shop"), ("apps/two.yaml", "shop")}


OUTSIDE = {
    "r/kustomization.yaml": "resources: [../web.yaml]\nconfigMapGenerator: [{name: c, files: [../a.txt]}]",
    "web.yaml": SERVICE,
    "a.txt": "",
}


@needs_kustomize
def test_a_root_reads_beyond_its_folder_only_where_its_deployer_lets_it(tmp_path):
    made = tree(tmp_path, OUTSIDE)
    outcome = render(made, "r")
    assert isinstance(outcome, Rendered)
    assert "outside" in outcome.objections[0].reason
    found = objects(render(made, "r", is_unrestricted=True, options={"namespace": "a", "patches": [{"patch": SERVICE}]}))
    assert {file for file, _ in found} == {"r/kustomization.yaml", "web.yaml"}


@needs_kustomize
@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("configMapGenerator: [{name: x, files: [SECRET]}]", {}),
        ("configMapGenerator: [{name: x, Files: [SECRET]}]", {}),
        ("generators: [g.yaml]", {}),
        ("namePrefix: x", {"configMapGenerator": [{"name": "x", "files": ["SECRET"]}]}),
        ("namePrefix: x", {"patches": [{"Path": "SECRET"}]}),
    ],
)
def test_no_root_reads_what_is_outside_of_the_tree(tmp_path, text, options):
    secret = tmp_path / "secret.yaml"
    secret.write_text(SERVICE)
    files = {
        "r/kustomization.yaml": text.replace("SECRET", str(secret)),
        "r/g.yaml": f"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: g}}\nname: g\nfiles: ['{secret}']\n",
    }
    stated = json.loads(json.dumps(options).replace("SECRET", str(secret)))
    assert isinstance(render(tree(tmp_path / "repo", files), "r", is_unrestricted=True, options=stated), RenderFailure)


@needs_kustomize
def test_changes_of_the_tree_are_rendered_and_taken_back(tmp_path):
    made = tree(tmp_path, BASE)
    changed = made.overlaid({"base/web.yaml": None, "base/kustomization.yaml": b"resources: [new.yaml]", "base/new.yaml": SERVICE.encode()})
    with HelmEngine() as helm, KustomizeEngine(helm) as engine:
        files = [objects(engine.render(KustomizeRoot("base"), one))[0][0] for one in (made, changed, made)]
    assert files == ["base/web.yaml", "base/new.yaml", "base/web.yaml"]


@needs_kustomize
def test_many_roots_are_rendered_in_order_and_one_root_in_two_trees(tmp_path):
    overlays = {f"o{i}/kustomization.yaml": f"resources: [../base]\nnamePrefix: p{i}-" for i in range(5)}
    made = tree(tmp_path, BASE | overlays)
    other = made.overlaid({"o0/kustomization.yaml": b"resources: [../base]\nnamePrefix: other-"})
    with HelmEngine() as helm, KustomizeEngine(helm) as engine:
        outcomes = engine.render_all([*[(KustomizeRoot(f"o{i}"), made) for i in range(5)], (KustomizeRoot("o0"), other)])
    names = [objects(outcome)[0][1]["metadata"]["name"] for outcome in outcomes]
    assert names == ["p0-web", "p1-web", "p2-web", "p3-web", "p4-web", "other-web"]


@needs_kustomize
def test_nothing_of_the_users_tree_is_written_and_the_copy_goes(tmp_path, monkeypatch):
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    made = tree(tmp_path / "repo", BASE)
    before = sorted(made.files_below(""))
    assert isinstance(render(made, "base"), Rendered)
    assert sorted(made.files_below("")) == before
    assert list(copies.iterdir()) == []


@needs_kustomize
def test_a_refusal_is_one_sentence_without_the_copy(tmp_path):
    files = BASE | {
        "over/kustomization.yaml": "resources: [../base]\nnamePrefix: a",
        "base/kustomization.yaml": "resources: [web.yaml]\npatches: [{path: p.yaml}]",
        "base/p.yaml": SERVICE.replace("web", "absent"),
    }
    failure = render(tree(tmp_path, files), "over")
    assert isinstance(failure, RenderFailure)
    assert (failure.kind, failure.file) == ("template", "base/kustomization.yaml")
    assert "absent" in failure.reason
    assert "k8slblint-" not in failure.reason
    assert "\n" not in failure.reason


def test_a_file_never_takes_the_place_of_another_in_the_copy(tmp_path):
    space = Space(str(tmp_path))
    space.fill({"tree/a/kustomization.yaml": b"checked"})
    (tmp_path / "tree/a/b.yaml").write_bytes(b"what a file system without capitals takes for B.yaml")
    with pytest.raises(FileExistsError):
        space.fill({"tree/a/kustomization.yaml": b"checked", "tree/a/b.yaml": b"data"})
    space.fill({"tree/a/kustomization.yaml": b"changed"})
    assert (tmp_path / "tree/a/kustomization.yaml").read_bytes() == b"changed"


HOSTILE = {
    "resources: [../../../../../../etc]": "missing",
    "resources: [/etc/passwd]": "missing",
    "configMapGenerator: [{name: x, files: [../../../../../../etc/passwd]}]": "missing",
    "resources: [link.yaml]": "missing",
    "resources: [linked]": "missing",
    "resources: ['https://example.com/x.yaml']": "remote",
    "resources: ['github.com/org/repo//base?ref=v1']": "remote",
    "resources: [.]": "template",
    "generators: [exec.yaml]": "plugin",
    "transformers: [container.yaml]": "plugin",
    "helmCharts: [{name: web, repo: 'https://example.com', version: '1'}]": "remote",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_roots_end_in_a_failure_before_anything_runs(tmp_path, monkeypatch, text):
    monkeypatch.setattr(bounds, "run", lambda *_, **__: pytest.fail("something was run"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(SERVICE)
    (outside / "kustomization.yaml").write_text("resources: [secret.yaml]")
    function = "apiVersion: v1\nkind: Any\nmetadata: {name: a, annotations: {config.kubernetes.io/function: 'FUNCTION'}}"
    made = tree(
        tmp_path / "repo",
        {
            "r/kustomization.yaml": text,
            "r/exec.yaml": function.replace("FUNCTION", "{exec: {path: ./run.sh}}"),
            "r/container.yaml": function.replace("FUNCTION", "{container: {image: x}}"),
        },
    )
    (tmp_path / "repo/r/link.yaml").symlink_to(outside / "secret.yaml")
    (tmp_path / "repo/r/linked").symlink_to(outside)
    failure = render(made, "r")
    assert isinstance(failure, RenderFailure)
    assert (failure.kind, failure.file) == (HOSTILE[text], "r/kustomization.yaml")


@needs_kustomize
def test_a_bomb_of_aliases_ends(tmp_path):
    lines = ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: a}", "l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)]
    made = tree(tmp_path, {"kustomization.yaml": "resources: [bomb.yaml]\nnamePrefix: a", "bomb.yaml": "\n".join(lines)})
    assert isinstance(render(made, ""), RenderFailure)


def test_a_program_that_takes_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "run", lambda *_, **__: bounds.Ended(-1, b"", "", "20 seconds"))
    monkeypatch.setattr("shutil.which", lambda name, **_: name)
    failure = render(tree(tmp_path, BASE), "base", "binary")
    assert failure == RenderFailure("bounds", "kustomize was stopped after 20 seconds", "base/kustomization.yaml")


def test_without_kustomize_the_failure_tells_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr(program, "find", lambda: None)
    failure = render(tree(tmp_path, BASE), "base")
    assert isinstance(failure, RenderFailure)
    assert failure.kind == "renderer"
    assert "https://" in failure.reason


CHART = {
    "kustomization.yaml": "helmCharts: [{name: web, releaseName: r, valuesFile: v.yaml}]",
    "v.yaml": "port: 81",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0",
    "charts/web/values.yaml": "port: 80",
    "charts/web/templates/s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: {{ .Values.port }}}]}",
}


@needs_kustomize
@pytest.mark.skipif(not _HAS_HELM, reason="no helm here")
def test_a_local_chart_is_inflated(tmp_path):
    ((file, found),) = objects(render(tree(tmp_path, CHART), ""))
    assert (file, found["spec"]["ports"]) == ("kustomization.yaml", [{"port": 81}])


@needs_kustomize
def test_a_local_chart_without_helm_is_told(tmp_path, monkeypatch):
    which = shutil.which
    monkeypatch.setattr("shutil.which", lambda name, **_: None if name == "helm" else which(name, path=_PATH))
    monkeypatch.setattr("k8slblint.rendering.helm.engine.sdk_folder", lambda: None)
    monkeypatch.setattr(program, "find", lambda: None)
    failure = render(tree(tmp_path, CHART), "")
    assert isinstance(failure, RenderFailure)
    assert (failure.kind, failure.file) == ("renderer", "kustomization.yaml")
    assert "helm" in failure.reason


def test_only_the_annotations_of_kustomize_are_taken_out():
    text = dedent("""\
        apiVersion: v1
        data:
          config.kubernetes.io/origin: |
            path: ../tree/other.yaml
        kind: ConfigMap
        metadata:
          annotations:
            alpha.config.kubernetes.io/transformations: |
              - configuredIn: ../tree/o/kustomization.yaml
                configuredBy:
                  kind: X
            config.kubernetes.io/origin: |
              path: ../tree/a: b.yaml
          name: a
        """)
    (document,) = rendered_documents(text.encode())
    assert document.file == "a: b.yaml"
    assert document.involved == ("o/kustomization.yaml",)
    assert value(document.text)["metadata"] == {"name": "a"}
    assert "config.kubernetes.io/origin" in value(document.text)["data"]


@needs_kustomize
@pytest.mark.skipif(CORPUS is None, reason="no corpus here")
def test_plain_files_of_real_repositories_are_what_kustomize_makes_of_them():
    assert CORPUS is not None
    plain = [root for repository in sorted(CORPUS.iterdir()) if repository.is_dir() for root in plain_roots(repository)][::8]
    with HelmEngine() as helm, KustomizeEngine(helm) as engine:
        outcomes = engine.render_all([(KustomizeRoot(folder), made) for made, folder, _ in plain])
    assert plain
    for (made, _, files), outcome in zip(plain, outcomes, strict=True):
        rendered = [names(found) for file, found in objects(outcome) if file in files]
        assert sorted(rendered) == sorted(names(found) for file in files for found in parsed(made, file))


def plain_roots(repository):
    made = SourceTree(str(repository))
    found = find_kustomizations(made, made.files_below(""))
    for folder in render_roots(found):
        read = closure(made, folder, found)
        assert read.failure is None or read.failure.reason
        if files := plain_files(read):
            yield made, folder, files


def parsed(made, file):
    for chunk in documents.split(documents.decode(made.read(file))):
        root = documents.parse(chunk).root.value
        yield from root["items"] if root["kind"].endswith("List") else [root]


def names(found):
    return (found["apiVersion"], found["kind"], found["metadata"]["name"], found["metadata"].get("namespace", ""), *sorted(found))
