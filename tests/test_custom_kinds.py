"""What the definitions of a tree say about custom objects, and that reading a part of a definition says the same as the whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.config import Config
from k8slblint.loading.crd_text import UnusualTextError, read_definition
from k8slblint.loading.custom_kinds import compact
from k8slblint.model.definitions import is_near
from tests.linting import findings, run

DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names:
    kind: Widget
    plural: widgets
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        description: |-
          A widget.
          size: not a key
        properties:
          apiVersion:
            type: string
          spec:
            # what is wanted
            properties:
              size:
                minimum: 1
                type: integer
              mode:
                default: fast
                enum:
                - fast
                - slow
                type: string
              port:
                anyOf:
                - type: integer
                - type: string
                x-kubernetes-int-or-string: true
              free:
                type: object
                x-kubernetes-preserve-unknown-fields: true
              half:
                properties:
                  known:
                    type: string
                type: object
                x-kubernetes-preserve-unknown-fields: true
              empty:
                type: object
              "tags":
                items:
                  type: string
                type: array
              limits:
                additionalProperties:
                  properties:
                    cpu:
                      type: string
                  type: object
                type: object
              note:
                nullable: true
                type: string
              template:
                type: object
                x-kubernetes-embedded-resource: true
                x-kubernetes-preserve-unknown-fields: true
            required:
            - size
            - mode
            type: object
          status:
            type: object
        type: object
  - name: v2
    served: false
    storage: false
    schema:
      openAPIV3Schema: {type: object}
"""
NEXT = "---\n"


def widget(spec, version="v1"):
    return f"apiVersion: example.com/{version}\nkind: Widget\nmetadata:\n  name: web\nspec: {spec}\n"


def messages(files):
    return [
        f"{finding.headline.removeprefix('Widget default/web ')}: {finding.label}. {finding.why}"
        for finding in findings(files, "invalid-resource", config=Config(min_confidence="low"))
    ]


@pytest.mark.parametrize(
    ("spec", "starts"),
    [
        ("{size: 1}", []),
        ("{size: 1, mode: slow, port: http, tags: [a], note: null, limits: {a: {cpu: '1'}}}", []),
        ("{size: 1, port: 80, free: {any: {thing: 1}}, half: {known: a, other: 1}}", []),
        ("{size: 1, template: {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {}}}", []),
        ("{size: '1'}", ["has an invalid `spec.size`: is the text '1'."]),
        ("{size: 0}", ["has an invalid `spec.size`: is the number 0."]),
        ("{mode: fast}", ["has no `spec.size`: lacks the required field `size`."]),
        ("{size: 1, mode: medium}", ["has an invalid `spec.mode`: is the text 'medium'."]),
        ("{size: 1, port: true}", ["has an invalid `spec.port`: is the boolean true."]),
        ("{size: 1, half: {known: 1}}", ["has an invalid `half.known`: is the number 1."]),
        ("{size: 1, empty: {any: 1}}", ["has unknown field `empty.any`: not a known field"]),
        ("{size: 1, tags: [1]}", ["has an invalid `spec.tags[0]`: is the number 1."]),
        (
            "{size: 1, limits: {a: {cpus: '1'}}}",
            ["has unknown field `a.cpus`: did you mean cpu?. The definition in app.yaml"],
        ),
        ("{size: 1, tag: [a]}", ["has unknown field `spec.tag`: did you mean tags?. The definition in app.yaml"]),
        ("{sise: 1}", ["has unknown field `spec.sise`: did you mean size?"]),
        (
            "{size: 0, colour: red}",
            [
                "has an invalid `spec.size`: is the number 0",
                "has unknown field `spec.colour`: not a known field. The definition in app.yaml",
            ],
        ),
        ("{size: ${SIZE}}", []),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_objects_are_held_against_the_definition_in_the_tree_before_and_behind_them(spec, starts, order):
    found = messages(NEXT.join([DEFINITION, widget(spec)][::order]))
    assert [message.startswith(start) for message, start in zip(found, starts, strict=True)] == [True] * len(starts), found


def test_a_version_that_is_not_served_is_not_ours_to_judge():
    assert messages(DEFINITION + NEXT + widget("{anything: 1}", "v2") + NEXT + widget("{anything: 1}", "v3")) == []


def test_a_kind_without_definition_is_passed_over_and_counted_so():
    report, _ = run(widget("{anything: 1}"))
    assert report.findings == ()
    assert [(skip.reason, skip.count) for skip in report.completeness.documents_skipped] == [("not relevant to the enabled rules", 1)]


def test_what_was_held_against_a_definition_counts_as_linted():
    report, _ = run(DEFINITION + NEXT + widget("{size: 1}") + NEXT + widget("{size: 0}"))
    assert (report.completeness.documents_seen, report.completeness.documents_linted) == (3, 3)


def test_a_definition_in_json_is_read_too():
    (chunk,) = documents.split(DEFINITION)
    (message,) = messages({"crd.json": json.dumps(documents.parse(chunk).root.value), "app.yaml": widget("{size: 1, colour: red}")})
    assert message.startswith("has unknown field `spec.colour`: not a known field. The definition in crd.json does not have it.")


def test_of_two_definitions_only_what_both_refuse_is_said():
    other = DEFINITION.replace("              note:\n", "              colour:\n                type: string\n              note:\n")
    files = {"a/crd.yaml": DEFINITION, "b/crd.yaml": other, "app.yaml": widget("{size: 0, colour: red}")}
    assert messages(files) == ["has an invalid `spec.size`: is the number 0. The API server refuses the object."]


def test_a_definition_that_keeps_unknown_fields_prunes_nothing():
    kept = DEFINITION.replace("  scope: Namespaced\n", "  scope: Namespaced\n  preserveUnknownFields: true\n")
    assert messages(kept + NEXT + widget("{size: 1, colour: red}")) == []


def test_a_definition_elsewhere_may_be_old_so_that_only_slips_are_certain():
    files = {"old/copy/widget.yaml": DEFINITION, "apps/web.yaml": widget("{size: 1, colour: red, mod: slow}")}
    found = findings(files, "invalid-resource", config=Config(min_confidence="low"))
    assert [(finding.field[-1], finding.confidence) for finding in found] == [("colour", "low"), ("mod", "high")]


@pytest.mark.parametrize(
    ("definition", "path", "near"),
    [
        ("crds/a.yaml", "apps/web.yaml", True),
        ("a.yaml", "apps/web.yaml", True),
        ("config/crd/bases/a.yaml", "config/samples/web.yaml", True),
        ("config/crd/bases/a.yaml", "docs/web.yaml", False),
        ("one/a.yaml", "two/web.yaml", False),
        ("charts/my-crds/a.yaml", "charts/web/web.yaml", True),
    ],
)
def test_a_definition_is_near_what_lies_beside_or_below_it(definition, path, near):
    assert is_near(definition, path) is near


@pytest.mark.parametrize("number", range(10))
def test_a_hostile_definition_is_no_definition(number):
    broken = [
        DEFINITION.replace("  group: example.com", "  group: [example.com]"),
        DEFINITION.replace("    kind: Widget", "    kind: {a: b}"),
        DEFINITION.replace("minimum: 1", "minimum: .inf"),
        DEFINITION.replace("minimum: 1", "minimum: [1]"),
        DEFINITION.replace("            - size\n", "            - [size]\n"),
        DEFINITION.replace("type: integer", "type: [integer]"),
        DEFINITION.replace("                enum:\n                - fast\n                - slow\n", "                enum: {a: b}\n"),
        DEFINITION.replace("            required:\n            - size\n            - mode\n", "            required: size\n"),
        DEFINITION.replace("                items:\n                  type: string\n", "                items: text\n"),
        DEFINITION[: DEFINITION.index("  versions:")] + "  versions: {a: b}\n",
    ][number]
    report, _ = run(broken + NEXT + widget("{size: 1, tags: [a]}"))
    assert report.failures == ()
    assert [finding for finding in report.findings if finding.resource and finding.resource.kind == "Widget"] == []


def test_a_schema_may_be_nested_as_deeply_as_yaml_allows():
    deep = {"type": "string"}
    for _ in range(3000):
        deep = {"type": "object", "properties": {"a": deep}}
    assert compact(deep)["type"] == "object"


KEYS = [*"ab", "size", "mode", "tags", "limits", "note", "free", "half", "known", "empty", "template", "port"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "fast", "x"]),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=5) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_a_part_of_a_definition_says_of_an_object_what_the_whole_says(spec):
    (chunk,) = documents.split(DEFINITION[: DEFINITION.index("  - name: v2")])
    whole, part = documents.parse(chunk).root.value, read_definition(chunk, [{"spec": spec}])
    assert _said(part, {"spec": spec}) == _said(whole, {"spec": spec})


def _said(definition, value):
    from k8slblint.loading.validation import as_served
    from k8slblint.schema import errors

    found = errors(value, as_served(compact(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"])))
    return [(error.path, error.keyword, error.suggestion, error.value) for error in found]


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n  versions:\n  - schema: {openAPIV3Schema: {type: object}}\n",
        "spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        - type\n",
        "spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n          type: object\n        properties: {}\n",
        "spec:\n  other:\n    openAPIV3Schema:\n      type: object\n",
        "spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        ? type\n        : object\n",
    ],
)
def test_another_style_is_left_to_the_parser(text):
    (chunk,) = documents.split(f"apiVersion: v1\nkind: A\n{text}")
    with pytest.raises((UnusualTextError, documents.BrokenDocument)):
        read_definition(chunk, [])


@pytest.mark.parametrize("blanks", [10, 40])
@pytest.mark.parametrize("lines", [24, 40_000])
def test_lines_of_blanks_below_names_do_not_hold_up_the_scan(blanks, lines):
    text = DEFINITION.replace("    kind: Widget\n", f"{' ' * blanks}x: y\n" * lines)
    report, _ = run(text)
    assert report.failures == ()
