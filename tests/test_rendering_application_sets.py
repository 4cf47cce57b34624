"""Which Applications an ApplicationSet generates, and what of it only Argo CD knows."""

import json

import pytest

from k8slblint.rendering.gitops.application_sets import MOST_SETS
from k8slblint.rendering.gitops.application_templates import render, sanitized
from k8slblint.rendering.gitops.fields import NotFollowedError
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.plain import PlainFiles
from tests.trees import CHART, deployed, only_reason, only_unit

URL = "https://git.example.com/shop/infra.git"
FOLDERS = {f"apps/{name}/x.yaml": "x" for name in ("web", "db", "Old_One", ".hidden", "deep/er")}


def application_set(generators: str, *, name: str = "'{{path.basename}}'", path: str = "'{{path}}'", more: str = "", spec: str = "") -> str:
    """Return an ApplicationSet; all texts are YAML in flow style, `spec` has further fields of the template's."""
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n"
        f"  generators: {generators}\n{more}"
        f"  template:\n    metadata: {{name: {name}}}\n    spec:\n      source: {{repoURL: {URL}, path: {path}{spec}}}\n"
        "      destination: {name: '{{cluster}}', namespace: '{{namespace}}'}\n"
    ).replace(
        "name: '{{cluster}}', namespace: '{{namespace}}'", "namespace: shop" if "cluster" not in generators else "name: '{{cluster}}'"
    )


def folders(found) -> list[str]:
    """Return the folder of each unit, from the first file it deploys."""
    assert found.not_rendered == []
    return [unit.source.files[0].rpartition("/")[0] for unit in found.units]


def git(*entries: str) -> str:
    return f"[{{git: {{repoURL: {URL}, directories: [{', '.join(entries)}]}}}}]"


DIRECTORIES = [
    (git("{path: apps/*}"), ["apps/Old_One", "apps/db", "apps/web"]),
    (git("{path: apps/*}", "{path: apps/db, exclude: true}"), ["apps/Old_One", "apps/web"]),
    (git("{path: apps/*, exclude: true}", "{path: apps/db}"), []),
    (git("{path: 'apps/[dw]*'}"), ["apps/db", "apps/web"]),
    (git("{path: 'apps/[^dw]*'}"), ["apps/Old_One"]),
    (git("{path: apps/deep/*}"), ["apps/deep/er"]),
    (git("{path: '*/*/*'}"), ["apps/deep/er"]),
    (git("{path: apps/web}", "{path: apps/web}"), ["apps/web"]),
    (git("{path: apps/none}"), []),
    (git("{path: ../*}"), []),
    (git("{path: /etc}"), []),
    (git("{path: [x]}", "1"), []),
]


@pytest.mark.parametrize(("generators", "expected"), DIRECTORIES)
def test_folders_of_git(generators, expected, tmp_path):
    # apps/deep has no manifests of its own, which is said apart
    found = deployed(tmp_path, application_set(generators), {**FOLDERS, "apps/deep/x.yaml": "x"}, at="set.yaml")
    assert [one for one in folders(found) if one != "apps/deep"] == expected


def test_a_generated_application(tmp_path):
    found = deployed(tmp_path, application_set(git("{path: apps/w*}")), FOLDERS, at="set.yaml")
    unit = only_unit(found)
    assert unit.source == PlainFiles(("apps/web/x.yaml",))
    assert (unit.label, unit.deployed_by, unit.namespace) == ("argocd/all/web", "ApplicationSet argocd/all", "shop")


LISTS = [
    ("[{list: {elements: [{cluster: a, url: u}, {cluster: b}]}}]", ["a", "b"]),
    ("[{list: {elements: [{cluster: a}]}}, {list: {elements: [{cluster: b}]}}]", ["a", "b"]),
    ("[{list: {elements: [{cluster: a, env: p}, {cluster: b, env: q}]}, selector: {matchLabels: {env: q}}}]", ["b"]),
    ("[{list: {elements: [{cluster: a}, {cluster: b, env: q}]}, selector: {matchExpressions: [{key: env, operator: Exists}]}}]", ["b"]),
    (
        "[{list: {elements: [{cluster: a}, {cluster: b}]}, selector: {matchExpressions: [{key: cluster, operator: NotIn, values: [b]}]}}]",
        ["a"],
    ),
    (
        "[{matrix: {generators: [{list: {elements: [{cluster: a}, {cluster: b}]}}, {list: {elements: [{v: '1'}, {v: '2'}]}}]}}]",
        ["a", "a", "b", "b"],
    ),
    ("[{matrix: {generators: [{list: {elements: [{cluster: a}]}}, {list: {elements: [{cluster: a, v: '1'}]}}]}}]", ["a"]),
    (
        (
            "[{merge: {mergeKeys: [k], generators: [{list: {elements: [{k: '1', cluster: a}, {k: '2', cluster: b}]}}"
            ", {list: {elements: [{k: '2', cluster: c}]}}]}}]"
        ),
        ["a", "c"],
    ),
    ("[]", []),
]


@pytest.mark.parametrize(("generators", "expected"), LISTS)
def test_lists_and_what_combines_them(generators, expected, tmp_path):
    found = deployed(tmp_path, application_set(generators, name="x", path="charts/web") + "#cluster", CHART, at="set.yaml")
    assert found.not_rendered == []
    assert [unit.cluster for unit in found.units] == expected


def test_a_matrix_fills_the_first_into_the_second(tmp_path):
    inner = f"{{git: {{repoURL: {URL}, directories: [{{path: 'apps/{{{{only}}}}*'}}]}}}}"
    generators = f"[{{matrix: {{generators: [{{list: {{elements: [{{only: w}}, {{only: d}}]}}}}, {inner}]}}}}]"
    found = deployed(tmp_path, application_set(generators), {**FOLDERS, "apps/deep/x.yaml": "x"}, at="set.yaml")
    assert folders(found) == ["apps/web", "apps/db", "apps/deep"]


def test_files_of_git_and_values(tmp_path):
    files = {**CHART, "env/prod/config.json": '{"app": {"ns": "shop", "n": 3}}', "env/dev/config.json": "[{}, {}]", "env/x.yaml": "a: 1"}
    one = (
        f"[{{git: {{repoURL: {URL}, files: [{{path: env/*config.json}}, {{path: env/dev/*, exclude: true}}]"
        f", values: {{z: '{{{{app.ns}}}}-{{{{path[1]}}}}'}}}}}}]"
    )
    helm = ", helm: {parameters: [{name: a, value: '{{values.z}} {{app.n}} {{path.filename}} {{missing}}'}]}"
    unit = only_unit(deployed(tmp_path, application_set(one, path="charts/web", spec=helm), files, at="set.yaml"))
    assert unit.source == ChartRelease(
        "charts/web", (ValueLayer("", form="assignment", name="a", given="shop-prod 3 config.json {{missing}}"),), "prod", "shop"
    )


def test_what_no_parameter_changes_keeps_its_place(tmp_path):
    helm = ", helm: {valuesObject: {a: 1}, parameters: [{name: b, value: '{{cluster}}'}]}"
    manifest = application_set("[{list: {elements: [{cluster: east}]}}]", name="x", path="charts/web", spec=helm)
    layers = only_unit(deployed(tmp_path, manifest, CHART, at="set.yaml")).source.layers
    assert layers == (
        ValueLayer("set.yaml", 1, ("spec", "template", "spec", "source", "helm", "valuesObject")),
        ValueLayer("", form="assignment", name="b", given="east"),
    )


def test_a_template_of_the_generator_wins(tmp_path):
    generators = "[{list: {elements: [{a: '1'}], template: {metadata: {}, spec: {destination: {namespace: own}}}}}]"
    unit = only_unit(deployed(tmp_path, application_set(generators, name="x", path="charts/web"), CHART, at="set.yaml"))
    assert unit.namespace == "own"


GO = "  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n"
GO_NAMES = [
    ("{{ .path.basename }}", "web"),
    ("{{.path.path}}", "apps/web"),
    ("{{ index .path.segments 1 }}", "web"),
    ("{{ index .path.segments 1 | upper }}", "WEB"),
    ("x-{{ .path.basenameNormalized }}-{{ .values.env | default `none` }}", "x-web-prod"),
    ('{{ default "none" .values.empty }}', "none"),
    ('{{ .path.basename | replace "e" "o" }}', "wob"),
    ('{{ trimPrefix "w" .path.basename }}', "eb"),
    ('{{ normalize "A_b" }}', "a-b"),
]


@pytest.mark.parametrize(("template", "expected"), GO_NAMES)
def test_go_templates(template, expected, tmp_path):
    generators = f"[{{git: {{repoURL: {URL}, directories: [{{path: apps/web}}], values: {{env: prod, empty: ''}}}}}}]"
    manifest = application_set(generators, name=json.dumps(template), path="'{{ .path.path }}'", more=GO)
    assert only_unit(deployed(tmp_path, manifest, FOLDERS, at="set.yaml")).label == f"argocd/all/{expected}"


GO_REFUSED = [
    "{{ if .path }}x{{ end }}",
    "{{- .path.basename }}",
    "{{ .path }}",
    "{{ .none }}",
    "{{ .values.none }}",
    "{{ .path.basename.x }}",
    "{{ index .path.segments 9 }}",
    "{{ index .path.segments }}",
    "{{ .path.basename | sha256sum }}",
    "{{ .path.basename .path.path }}",
    "{{ (.path.basename) }}",
    "{{ $x }}",
    "{{ }}",
    "{{ | lower }}",
    "{{ lower }}",
    "{{ .path.basename",
    "{{ range .path.segments }}",
    "{{ lower upper .path.basename }}",
    "{{ env `HOME` }}",
]


@pytest.mark.parametrize("template", GO_REFUSED)
def test_go_templates_that_only_argo_works_out(template, tmp_path):
    manifest = application_set(git("{path: apps/web}"), name=json.dumps(template), path="apps/web", more=GO)
    assert "template" in only_reason(deployed(tmp_path, manifest, FOLDERS, at="set.yaml")).replace("generator does not set", "template")


VALUES = [(1, "1"), (True, "true"), (1.0, "1"), (0.5, "0.5"), (10**14, "100000000000000"), ("a", "a")]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values_are_printed_as_go_does(value, expected):
    assert render("{{ .x }}", {"x": value}, is_go=True) == expected


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, 1e300, 1e-9, float("inf"), float("nan"), 10**30])
def test_values_that_are_not_printed_here(value):
    with pytest.raises(NotFollowedError):
        render("{{ .x }}", {"x": value}, is_go=True)


@pytest.mark.parametrize(("name", "expected"), [("Old_One", "old-one"), ("-a.b-", "a.b"), ("é", ""), ("a" * 300, "a" * 253)])
def test_names_are_normalized(name, expected):
    assert sanitized(name) == expected


ONLY_ARGO = [
    ("[{clusters: {}}]", "only Argo CD knows its clusters"),
    ("[{scmProvider: {}}]", "only Argo CD knows the repositories of a provider"),
    ("[{pullRequest: {}}]", "only Argo CD knows open pull requests"),
    ("[{plugin: {}}]", "a plug-in of Argo CD generates its parameters"),
    ("[{brandNew: {}}]", "only Argo CD knows what its generator 'brandNew' yields"),
    ("[{matrix: {generators: [{clusters: {}}, {list: {elements: [{a: b}]}}]}}]", "only Argo CD knows its clusters"),
    ("[{matrix: {generators: [{list: {elements: [{a: b}]}}]}}]", "Argo CD requires exactly two generators in a matrix"),
    ("[{matrix: {generators: [{list: {elements: [{a: b}]}}, {list: {elements: [{a: c}]}}]}}]", "both generators of its matrix set 'a'"),
    ("[{merge: {generators: [{list: {}}, {list: {}}]}}]", "Argo CD requires merge keys and two generators for a merge"),
    ("[{list: {elements: [1]}}]", "an element of its list is not a mapping"),
    ("[{list: {elements: [{a: 1}]}}]", "the element 'a' of its list is not text"),
    ("[{list: {elementsYaml: x}}]", "only Argo CD evaluates the `elementsYaml` of its list"),
    ("[{git: {}}]", "its git generator names neither folders nor files"),
    ("[{git: {files: [{path: broken.yaml}]}}]", "the parameters in `broken.yaml` cannot be read"),
    ("[{list: {}, git: {}}]", "a generator with exactly one kind is expected"),
    ("[1]", "a generator with exactly one kind is expected"),
    (
        "[{list: {elements: [{a: b}]}, selector: {matchExpressions: [{key: a, operator: Gt}]}}]",
        "the operator 'Gt' of its selector is unknown",
    ),
]


@pytest.mark.parametrize(("generators", "reason"), ONLY_ARGO)
def test_generators_that_are_not_followed(generators, reason, tmp_path):
    manifest = application_set(generators, name="x", path="charts/web")
    assert only_reason(deployed(tmp_path, manifest, {**CHART, "broken.yaml": "[1, 2]"}, at="set.yaml")) == reason


def test_one_generator_that_is_not_known_does_not_hide_the_others(tmp_path):
    generators = "[{pullRequest: {}}, {list: {elements: [{a: b}]}}]"
    found = deployed(tmp_path, application_set(generators, name="x", path="charts/web"), CHART, at="set.yaml")
    assert (len(found.units), len(found.not_rendered)) == (1, 1)


def test_a_patched_template_is_not_followed(tmp_path):
    manifest = application_set(git("{path: apps/*}"), more="  templatePatch: 'x'\n")
    assert only_reason(deployed(tmp_path, manifest, FOLDERS, at="set.yaml")) == "only Argo CD applies its `templatePatch`"


@pytest.mark.parametrize(
    "spec", ["[]", "{generators: {}}", "{generators: [[]]}", "{generators: [{list: []}], template: []}", "{template: 1}"]
)
def test_nonsense_deploys_nothing(spec, tmp_path):
    manifest = f"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: []\nspec: {spec}\n"
    assert deployed(tmp_path, manifest).units == []


def test_ten_thousand_applications_are_bounded(tmp_path):
    elements = ", ".join(f"{{n: '{number}'}}" for number in range(10_000))
    manifest = application_set(f"[{{list: {{elements: [{elements}]}}}}]", name="'a{{n}}'", path="charts/web")
    found = deployed(tmp_path, manifest, CHART, at="set.yaml")
    assert len(found.units) == MOST_SETS
    assert [one.reason for one in found.not_rendered] == ["it generates more than 2,000 Applications; the others are skipped"]


def test_a_matrix_of_many_by_many_is_bounded(tmp_path):
    first, second = (", ".join(f"{{{key}: '{number}'}}" for number in range(3_000)) for key in "ab")
    generators = f"[{{matrix: {{generators: [{{list: {{elements: [{first}]}}}}, {{list: {{elements: [{second}]}}}}]}}}}]"
    found = deployed(tmp_path, application_set(generators, name="'x{{a}}-{{b}}'", path="charts/web"), CHART, at="set.yaml")
    assert (len(found.units), len(found.not_rendered)) == (MOST_SETS, 1)


def test_deep_nesting_is_bounded(tmp_path):
    deep = "[" * 900 + "]" * 900
    for generators in (f"[{{list: {{elements: [{{a: {deep}}}]}}}}]", "[{list: {elements: [{a: b}]}}]"):
        manifest = application_set(generators, name="x", path="charts/web", spec=f", helm: {{valuesObject: {{a: {deep}}}}}")
        assert deployed(tmp_path, manifest, CHART, at="set.yaml").units == []
    matrix = "{list: {elements: [{a: b}]}}"
    for _ in range(40):
        matrix = f"{{matrix: {{generators: [{matrix}, {{list: {{elements: [{{c: d}}]}}}}]}}}}"
    assert deployed(tmp_path, application_set(f"[{matrix}]", name="x", path="charts/web"), CHART, at="set.yaml").units == []
