from pathlib import Path
from textwrap import dedent

import pytest

from k8slblint.rendering.kustomize.closures import MOST_DEPTH, closure
from k8slblint.rendering.kustomize.kustomizations import find_kustomizations, is_remote, render_roots
from k8slblint.rendering.kustomize.plain_roots import plain_files
from k8slblint.rendering.tree import SourceTree

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: svc-NAME}\nspec: {ports: [{port: 80}]}\n"


def service(name):
    return SERVICE.replace("NAME", name)


def tree(tmp_path: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode())
    return SourceTree(str(tmp_path))


def roots(tmp_path, files):
    made = tree(tmp_path, files)
    return render_roots(find_kustomizations(made, made.files_below("")))


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/x.yaml",
        "HTTP://example.com/x.yaml",
        "https://github.com/org/repo//config?ref=v1",
        "https://github.com/org/repo",
        "github.com/org/repo",
        "github.com/org/repo/config/base?ref=main",
        "github.com:org/repo.git",
        "git@github.com:org/repo.git//config",
        "git@gitlab.example.com:group/repo",
        "ssh://git@example.com/org/repo",
        "git::https://example.com/org/repo.git",
        "git::git@example.com:org/repo",
        "file:///srv/repo",
        "https://dev.azure.com/org/project/_git/repo/path",
    ],
)
def test_what_kustomize_would_fetch_is_remote(text):
    assert is_remote(text)


@pytest.mark.parametrize(
    "text",
    ["x.yaml", "../base", "./github.com/org/repo", "/srv/base", "git/repo", "github.com", "example.com/org/repo", "a@b", "ssh://host"],
)
def test_what_kustomize_takes_for_a_path_is_not_remote(text):
    assert not is_remote(text)


def test_a_base_that_an_overlay_includes_is_no_root(tmp_path):
    files = {
        "base/kustomization.yaml": "resources: [x.yaml]",
        "over/a/kustomization.yml": "resources: [../../base/]",
        "over/b/Kustomization": "bases: [./../../base]",
    }
    assert roots(tmp_path, files) == ["over/a", "over/b"]


def test_a_component_is_never_a_root(tmp_path):
    assert roots(tmp_path, {"c/kustomization.yaml": "kind: Component\n", "r/kustomization.yaml": "components: [../c]"}) == ["r"]
    assert roots(tmp_path / "alone", {"c/kustomization.yaml": "kind: Component\n"}) == []


def test_one_of_a_circle_stands_for_it(tmp_path):
    files = {
        "a/kustomization.yaml": "resources: [../b]",
        "b/kustomization.yaml": "resources: [../a]",
        "c/kustomization.yaml": "namePrefix: x",
    }
    assert roots(tmp_path, files) == ["a", "c"]


def test_a_circle_below_a_root_is_told_by_the_root(tmp_path):
    files = {
        "a/kustomization.yaml": "resources: [../b]",
        "b/kustomization.yaml": "resources: [../a]",
        "root/kustomization.yaml": "resources: [../a]",
    }
    assert roots(tmp_path, files) == ["root"]
    found = closure(SourceTree(str(tmp_path)), "root")
    assert found.failure is not None
    assert (found.failure.file, found.failure.reason) == ("b/kustomization.yaml", "'a' includes itself")


@pytest.mark.parametrize("entry", [".", "..", "../r", "../../top/r"])
def test_a_folder_that_includes_itself_or_one_above_is_a_circle(tmp_path, entry):
    made = tree(tmp_path, {"top/r/kustomization.yaml": f"resources: ['{entry}']", "top/kustomization.yaml": "resources: [r]"})
    failure = closure(made, "top/r").failure
    assert failure is not None
    assert "includes itself" in failure.reason


def test_a_closure_knows_all_files_that_are_read(tmp_path):
    files = {
        "base/kustomization.yaml": """
            resources: [x.yaml]
            configMapGenerator:
            - {name: c, files: [a.conf, b=b.conf], envs: [c.env], env: d.env}
        """,
        "c/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]",
        "over/kustomization.yaml": """
            resources: [../base]
            components: [../c]
            crds: [crd.yaml]
            configurations: [conf.yaml]
            patchesStrategicMerge: [sm.yaml, "kind: Service"]
            patchesJson6902: [{path: j.json, target: {kind: Service}}]
            replacements: [{path: r.yaml}, {source: {kind: Service}}]
            openapi: {path: schema.json}
            transformers: [t.yaml]
        """,
        "over/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: tp.yaml\n",
    }
    own = ["crd.yaml", "conf.yaml", "sm.yaml", "j.json", "r.yaml", "schema.json", "tp.yaml"]
    read = [*files, "base/x.yaml", "base/a.conf", "base/b.conf", "base/c.env", "base/d.env", "c/p.yaml", *[f"over/{name}" for name in own]]
    made = tree(tmp_path, dict.fromkeys(read, "") | files)
    found = closure(made, "over")
    assert found.failure is None
    assert sorted(found.files) == sorted(read)
    assert set(found.folders) == {"over", "base", "c"}
    assert found.manifests == ("base/x.yaml",)


@pytest.mark.parametrize(
    ("entry", "kind", "line"),
    [
        ("resources:\n- gone.yaml", "missing", 2),
        ("resources:\n- ../gone", "missing", 2),
        ("resources:\n- /etc/passwd", "missing", 2),
        ("resources:\n- ../../../etc", "missing", 2),
        ("resources:\n- empty", "missing", 2),
        ("patches:\n- path: gone.yaml", "missing", 2),
        ("patchesStrategicMerge:\n- gone.yaml", "missing", 2),
        ("configMapGenerator:\n- name: x\n  files:\n  - k=gone.sh", "missing", 4),
        ("secretGenerator:\n- name: x\n  envs:\n  - gone.env", "missing", 4),
        ("components:\n- gone", "missing", 2),
        ("resources:\n- github.com/org/repo", "remote", 2),
        ("components:\n- https://github.com/org/repo//c", "remote", 2),
        ("resources:\n- https://example.com/x.yaml", "remote", 2),
        ("helmCharts:\n- name: web\n  repo: https://example.com", "remote", 2),
        ("helmCharts:\n- name: web", "missing", 2),
        ("components:\n- ../base", "template", 2),
        ("resources:\n- ../component", "template", 2),
        ("generators:\n- exec.yaml", "plugin", 2),
        ("transformers:\n- |\n  apiVersion: x/v1\n  kind: Exec", "plugin", 2),
        ("transformers:\n- bad.yaml", "template", 2),
        ("- a list", "template", 1),
        ("Resources: [/etc/passwd]", "template", 1),
        ("configMapGenerator:\n- name: x\n  Files: [/etc/passwd]", "missing", 3),
        ("resources: [", "template", 1),
        ("", "empty", 1),
        ("# nothing", "empty", 1),
        ("kind: Kustomization\nresources:", "empty", 1),
    ],
)
def test_what_keeps_kustomize_from_building_is_found_before(tmp_path, entry, kind, line):
    made = tree(
        tmp_path,
        {
            "r/kustomization.yaml": entry,
            "outside.yaml": "",
            "r/bad.yaml": "a: [",
            "base/kustomization.yaml": "namePrefix: a",
            "component/kustomization.yaml": "kind: Component\nnamePrefix: a",
            "r/exec.yaml": "apiVersion: x/v1\nkind: Gen\nmetadata: {annotations: {config.kubernetes.io/function: 'exec: {path: ./x}'}}",
            "r/empty/notes.txt": "",
        },
    )
    failure = closure(made, "r").failure
    assert failure is not None
    assert (failure.kind, failure.file, failure.line) == (kind, "r/kustomization.yaml", line)


def test_a_file_outside_of_the_folder_is_an_objection_and_no_failure(tmp_path):
    made = tree(tmp_path, {"r/kustomization.yaml": "resources:\n- ../outside.yaml", "outside.yaml": ""})
    found = closure(made, "r")
    assert found.failure is None
    assert [(one.kind, one.file, one.line) for one in found.objections] == [("template", "r/kustomization.yaml", 2)]


def test_missing_and_remote_entries_are_all_listed(tmp_path):
    made = tree(tmp_path, {"kustomization.yaml": "resources:\n- a.yaml\n- https://example.com/b\n- c.yaml\n"})
    found = closure(made, "")
    assert [(one.text, one.line) for one in found.missing] == [("a.yaml", 2), ("c.yaml", 4)]
    assert [(one.text, one.line) for one in found.remote] == [("https://example.com/b", 3)]


def test_a_chain_without_end_is_cut(tmp_path):
    files = {f"k{i}/kustomization.yaml": f"resources: [../k{i + 1}]" for i in range(MOST_DEPTH + 10)}
    failure = closure(tree(tmp_path, files), "k0").failure
    assert failure is not None
    assert failure.kind == "bounds"


def test_a_tower_of_pairs_ends(tmp_path):
    files = {f"k{i}/{side}/kustomization.yaml": f"resources: [../../k{i + 1}/a, ../../k{i + 1}/b]" for i in range(40) for side in "ab"}
    found = closure(tree(tmp_path, files), "k0/a")
    assert len(found.folders) == 79


def test_two_kustomizations_in_a_folder_are_refused(tmp_path):
    failure = closure(tree(tmp_path, {"kustomization.yaml": "kind: Kustomization", "Kustomization": "kind: Kustomization"}), "").failure
    assert failure is not None
    assert "several" in failure.reason


def test_a_local_chart_belongs_to_the_closure(tmp_path):
    files = {
        "kustomization.yaml": "helmCharts: [{name: web, valuesFile: v.yaml}]",
        "charts/web/Chart.yaml": "",
        "charts/web/templates/a.yaml": "",
    }
    found = closure(tree(tmp_path, files | {"v.yaml": ""}), "")
    assert (found.failure, found.has_charts, found.charts) == (None, True, {"charts/web": "charts/web"})
    assert set(found.files) == {*files, "v.yaml"}


@pytest.mark.parametrize(
    "value", ["{a: b}", "[[x], {y: z}, 3, null]", "3", "text", "true", "[{path: [x]}, {files: {a: b}}, {files: [3, {}]}]"]
)
@pytest.mark.parametrize(
    "field", ["resources", "patches", "configMapGenerator", "helmCharts", "helmGlobals", "generators", "openapi", "components"]
)
def test_nonsense_in_a_field_does_not_raise(tmp_path, field, value):
    made = tree(tmp_path, {"kustomization.yaml": f"{field}: {value}"})
    found = find_kustomizations(made, ["kustomization.yaml"])
    assert render_roots(found) == [""]
    assert plain_files(closure(made, "", found)) in (None, ())


BASE = {"base/kustomization.yaml": "resources: [x.yaml]", "base/x.yaml": service("x"), "y.yaml": service("y")}


@pytest.mark.parametrize(
    "text",
    [
        "resources: [base, y.yaml]",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\nbases: [base]\nresources: [y.yaml]",
        "resources: [base, y.yaml]\nsortOptions: {order: fifo}\nnamespace: ''\npatches: []",
        "---\nresources: [base, y.yaml]\n---\nnamePrefix: not read",
        "resources: [base, y.yaml]\nconfigMapGenerator: [{name: c, literals: [a=b]}]",
    ],
)
def test_a_root_that_only_lists_files_is_plain(tmp_path, text):
    plain = plain_files(closure(tree(tmp_path, BASE | {"kustomization.yaml": text}), ""))
    assert plain is not None
    assert sorted(plain) == ["base/x.yaml", "y.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "resources: [base, y.yaml]\nnamespace: a",
        "resources: [base]\nnamePrefix: a-",
        "resources: [base]\nlabels: [{pairs: {a: b}}]",
        "resources: [base]\npatches: [{path: y.yaml}]",
        "resources: [base]\ncomponents: [c]",
        "resources: [base]\nunknownField: a",
        "resources: [base]\nconfigMapGenerator: [{name: c, behavior: merge, literals: [a=b]}]",
        "resources: [base, gone.yaml]",
        "resources: [base, twin.yaml]",
        "resources: [base, '']",
        "resources: [base, 3]",
        "resources: base",
        "kind: Foo\nresources: [base]",
        "apiVersion: v1\nresources: [base]",
        "resources: [above, base]",
        "resources: [above, beside]",
        "resources: [y.yaml, ./y.yaml]",
        "resources: [base, local.yaml]",
        "resources: [base, broken.yaml]",
        "resources: [base, nameless.yaml]",
    ],
)
def test_a_root_that_changes_or_refuses_objects_is_not_plain(tmp_path, text):
    files = {
        "kustomization.yaml": text,
        "twin.yaml": f"kind: List\napiVersion: v1\nitems:\n- {service('x').replace(chr(10), chr(10) + '  ').strip()}\n",
        "local.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: l, annotations: {config.kubernetes.io/local-config: 'true'}}",
        "broken.yaml": "a: [",
        "above/kustomization.yaml": "resources: [../beside]",
        "beside/kustomization.yaml": "resources: [../base]",
        "nameless.yaml": "apiVersion: v1\nkind: Service\n",
        "c/kustomization.yaml": "kind: Component",
    }
    assert plain_files(closure(tree(tmp_path, BASE | files), "")) is None
