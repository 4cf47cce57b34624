"""What kustomize is given in place of the files that it takes instructions from."""

import json

import pytest

from k8slblint import documents
from k8slblint.rendering.kustomize.fields import canonical_file, canonical_kustomization, canonical_plugin, fold, written


def value(text):
    return documents.parse(documents.split(text)[0]).root.value


def test_free_keys_and_texts_stay_as_they_are():
    text = """
        commonLabels: {Resources: a, file\u017f: b, app.kubernetes.io/Name: c}
        labels: [{pairs: {FILES: x}, fields: [{path: a, create: true, group: g}]}]
        configMapGenerator: [{name: a, literals: ['files=[x]'], options: {labels: {Env: a}, annotations: {HelmCharts: b}}}]
        patches: [{patch: 'Resources: [x]', target: {kind: A, labelSelector: a=b}, options: {allowNameChange: true}}]
        helmCharts: [{name: a, valuesInline: {Name: x, ReleaseName: y, nested: {valuesFile: z, NameTemplate: q}}}]
        openapi: {version: v1, Path: kept}
        """
    read = value(text)
    found = canonical_kustomization(read)
    assert (found.value, found.references, found.problem) == (read, (), None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("ConfigMapGenerator: [{name: a}]", ("ConfigMapGenerator",)),
        ("configMapGenerator: [{name: a, Name: b}]", ("configMapGenerator", 0, "Name")),
        ("configMapGenerator: [{NAME: a, Name: b}]", ("configMapGenerator", 0, "Name")),
        ("patches: [{target: {\u212aind: a}}]", ("patches", 0, "target", "\u212aind")),
        ("replacements: [{targets: [{select: {name: a}}, {reject: [{nam: a}]}]}]", ("replacements", 0, "targets", 1, "reject", 0, "nam")),
        ("images: [{newtags: a}]", ("images", 0, "newtags")),
        ("inventory: {}", ("inventory",)),
        ("vars: [{fieldref: {fieldpath: a, fieldPath: b}}]", ("vars", 0, "fieldref", "fieldpath")),
    ],
)
def test_an_unknown_field_is_named_at_every_depth(text, at):
    problem = canonical_kustomization(value(text)).problem
    assert problem == (at, f"unknown field '{at[-1]}'")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("resources: a.yaml", "'resources' is not a list"),
        ("resources: [1]", "an entry of 'resources' is not text"),
        ("helmGlobals: [a]", "'helmGlobals' is not a mapping"),
        ("helmCharts: {name: a}", "'helmCharts' is not a list"),
        ("configMapGenerator: [[a]]", "an entry of 'configMapGenerator' is not a mapping"),
    ],
)
def test_a_value_of_another_shape_is_refused(text, reason):
    problem = canonical_kustomization(value(text)).problem
    assert problem
    assert problem.reason == reason


def test_patches_that_are_text_are_strategic_merge_patches():
    found = canonical_kustomization(value("patches: [one.yaml, '{kind: Service}']\nresources: [r]"))
    assert (found.value, found.problem) == ({"patchesStrategicMerge": ["one.yaml", "{kind: Service}"], "resources": ["r"]}, None)
    assert [(one.at, one.text, one.use) for one in found.references] == [
        (("resources", 0), "r", "resource"),
        (("patches", 0), "one.yaml", "patch"),
        (("patches", 1), "{kind: Service}", "patch"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("patches: [one.yaml, {path: two.yaml}]", "an entry of 'patches' is not text"),
        ("patches: [one.yaml]\npatchesStrategicMerge: [two.yaml]", "an entry of 'patches' is not a mapping"),
        ("patches: [1]", "an entry of 'patches' is not a mapping"),
    ],
)
def test_patches_of_both_forms_are_refused(text, reason):
    problem = canonical_kustomization(value(text)).problem
    assert problem
    assert problem.reason == reason


def test_fields_within_may_be_in_any_case_as_kustomize_reads_them():
    """kubebuilder writes `fieldref: {fieldpath: ...}`; what is named is followed, whatever the case."""
    charts = "helmCharts: [{includeCrds: true}]"
    text = f"vars: [{{name: A, fieldref: {{fieldpath: metadata.name}}}}]\npatches: [{{Path: p.yaml, target: {{KIND: a}}}}]\n{charts}"
    found = canonical_kustomization(value(text))
    assert found.value == {
        "vars": [{"name": "A", "fieldref": {"fieldPath": "metadata.name"}}],
        "patches": [{"path": "p.yaml", "target": {"kind": "a"}}],
        "helmCharts": [{"includeCRDs": True}],
    }
    assert [one.text for one in found.references] == ["p.yaml"]
    assert found.problem is None


def test_a_field_within_that_names_a_file_is_followed_in_any_case():
    for text, named in (
        ("patchesJSON6902: [{path: p.json, target: {kind: A, name: a}}]", "p.json"),
        ("configMapGenerator: [{Files: [f]}]", "f"),
        ("secretGenerator: [{ENVS: [e]}]", "e"),
        ("replacements: [{Path: r.yaml}]", "r.yaml"),
        ("helmCharts: [{ValuesFile: v.yaml}]", "v.yaml"),
    ):
        found = canonical_kustomization(value(text))
        assert ([one.text for one in found.references], found.problem) == ([named], None), text


def test_references_come_in_the_order_in_which_kustomize_reads():
    text = "transformers: [t]\nbases: [b]\nresources: [r]\nconfigMapGenerator: [{files: [k=f, g], envs: [e], env: d}]\nopenapi: {path: o}"
    found = canonical_kustomization(value(text))
    assert [(one.text, one.use) for one in found.references] == [
        ("o", "schema"),
        ("r", "resource"),
        ("b", "resource"),
        ("t", "plugin"),
        ("f", "data"),
        ("g", "data"),
        ("e", "data"),
        ("d", "data"),
    ]


def test_what_a_plug_in_ignores_is_left_out_and_what_it_would_take_is_refused():
    plugin = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a, annotations: {b: c}}\nfiles: [x=y]\nother: {files: [z]}"
    found = canonical_plugin(value(plugin))
    assert found
    assert found.value == {"apiVersion": "builtin", "kind": "ConfigMapGenerator", "metadata": {"name": "a"}, "files": ["x=y"]}
    assert [one.text for one in found.references] == ["y"]
    assert found.problem is None
    hidden = canonical_plugin(value(f"{plugin}\nenv\u017f: [w]"))
    assert hidden
    assert hidden.problem == (("env\u017f",), "unknown field 'env\u017f'")


@pytest.mark.parametrize(
    "text", ["apiVersion: v1\nkind: ConfigMapGenerator", "apiVersion: builtin\nkind: Other", "a: b", "[a]", "kind: [a]"]
)
def test_what_is_no_plug_in_of_kustomize_is_none(text):
    assert canonical_plugin(value(text)) is None


def test_a_list_of_replacements_and_a_single_one_are_read():
    one = {"source": {"kind": "A"}, "targets": [{"select": {"kind": "B"}, "fieldPaths": ["a"]}]}
    assert canonical_file(one, "replacements").value == one
    assert canonical_file([one, {**one, "more": 1}], "replacements").value == [one, one]


@pytest.mark.parametrize(
    ("key", "folded"),
    [("file\u017f", "files"), ("\u212aind", "kind"), ("FILES", "files"), ("\ufb01les", "\ufb01les"), ("\u0131", "\u0131")],
)
def test_keys_are_compared_as_go_does(key, folded):
    assert fold(key) == folded


def test_what_is_written_is_read_back_the_same():
    texts = ["😀", "\u2028", "\ufeff", "\x7f\x80\x85\x9f", "\0\x1b\t\n\r", "\ufffe\uffff", '"\\/', "ä", "\u200b"]
    data = written([{"a": texts, **dict.fromkeys(texts, 1)}, [1, 2.5, True, None, 10**30]])
    assert "😀".encode() in data
    assert not any(ord(one) in range(0x7F, 0xA0) or one in "\u2028\u2029\ufeff\ufffe\uffff" for one in data.decode())
    first, second = data.decode().split("\n---\n")
    assert json.loads(first)["a"] == texts
    assert json.loads(second) == [1, 2.5, True, None, 10**30]
    assert value(first) == json.loads(first)


@pytest.mark.parametrize("one", [float("nan"), float("inf"), "\ud800"])
def test_what_is_no_json_is_not_written(one):
    with pytest.raises(ValueError, match=r"."):
        written([one])
