"""How Flux fills variables into rendered text: every form that is read, and all that stays a placeholder."""

import pytest

from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.gitops.substitution import PartialVariables, is_variable_name, substitute

GIVEN = {"A": "1", "B_2": "two", "_c": "3", "EMPTY": ""}

FORMS = [
    ("x: ${A}", "x: 1"),
    ("x: ${A}${B_2}-${_c}", "x: 1two-3"),
    ("x: ${EMPTY}.", "x: ."),
    ("x: ${A:=9}", "x: 1"),
    ("x: ${A:-9}", "x: 1"),
    ("x: ${A=9}", "x: 1"),
    ("x: ${EMPTY:=9}", "x: 9"),
    ("x: ${EMPTY:-9}", "x: 9"),
    ("x: ${EMPTY=9}", "x: 9"),
    ("x: ${NONE:=}", "x: "),
    ("x: ${NONE:=a b: c}", "x: a b: c"),
    ('x: "${NONE:-it\'s}"', 'x: "it\'s"'),
    ("x: ${NONE:=${A}}", "x: 1"),
    ("x: ${NONE:=pre-${A}-post}", "x: pre-1-post"),
    ("x: ${NONE:=${ALSO_NONE:-${A}}}", "x: 1"),
    # a dollar sign is written twice
    ("x: $${A}", "x: ${A}"),
    ("x: $$${A}", "x: $1"),
    ("x: $$$${A}", "x: $${A}"),
    ("x: $${A:=${A}}", "x: ${A:=1}"),
    # no variables at all
    ("x: $A $(A) {{A}} $", "x: $A $(A) {{A}} $"),
    ("x: ${}", "x: ${}"),
    ("x: ${ A }", "x: ${ A }"),
    ("x: ${1A}", "x: ${1A}"),
    ("x: ${A.B}", "x: ${A.B}"),
    # unknown: stays as it is written
    ("x: ${NONE}", "x: ${NONE}"),
    ("x: ${NONE:=${ALSO_NONE}}", "x: ${NONE:=${ALSO_NONE}}"),
    ("x: ${A^^} ${A,,} ${#A} ${A/1/2} ${A:0:1} ${A%1}", "x: ${A^^} ${A,,} ${#A} ${A/1/2} ${A:0:1} ${A%1}"),
    ("x: ${A:+9} ${A:?no}", "x: ${A:+9} ${A:?no}"),
    ("x: ${NONE:=never closed", "x: ${NONE:=never closed"),
    ("x: ${A", "x: ${A"),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_forms(text, expected):
    assert substitute(text, GIVEN) == expected


def test_a_value_is_not_substituted_again():
    assert substitute("${A}", {"A": "${B}", "B": "1"}) == "${B}"


def test_where_some_variables_are_not_known_no_default_is_taken_for_the_others():
    partial = PartialVariables({"A": "1", "EMPTY": ""})
    assert substitute("${A:=9} ${EMPTY:=9} ${SECRET:=9} ${X:=${A}}", partial) == "1 9 ${SECRET:=9} ${X:=${A}}"
    assert has_placeholder(substitute("${SECRET:=9}", partial))


def test_what_stays_is_a_placeholder():
    assert all(has_placeholder(substitute(text, GIVEN)) for text in ("${NONE}", "${A^^}", "${NONE:=${ALSO_NONE}}"))


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_an_object_may_forbid_it(field):
    left = f"metadata:\n  name: a\n  {field}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nx: ${{A}}\n"
    text = f"---\nx: ${{A}}\n---\n{left}---\nx: ${{B_2}}\n"
    assert substitute(text, GIVEN) == f"---\nx: 1\n---\n{left}---\nx: two\n"


@pytest.mark.parametrize("value", ["enabled", "Disabled", "'true'"])
def test_other_values_of_that_label_forbid_nothing(value):
    text = f"metadata:\n  labels:\n    kustomize.toolkit.fluxcd.io/substitute: {value}\nx: ${{A}}\n"
    assert substitute(text, GIVEN).endswith("x: 1\n")


def test_that_label_in_a_pod_template_forbids_nothing():
    text = "spec:\n  template:\n    metadata:\n      labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}\nx: ${A}\n"
    assert substitute(text, GIVEN).endswith("x: 1\n")


def test_a_broken_document_with_that_label_is_filled_all_the_same():
    assert substitute("kustomize.toolkit.fluxcd.io/substitute: disabled\nx: [${A}\n", GIVEN).endswith("x: [1\n")


@pytest.mark.parametrize("part", ["${A:=", "${A:=${B^^", "${", "$", "}", "${A:=x}"])
def test_a_long_text_is_no_trouble(part):
    text = part * 50_000
    assert len(substitute(text, {})) <= len(text)


@pytest.mark.parametrize(
    ("name", "expected"), [("A", True), ("_a1", True), ("1a", False), ("a-b", False), ("", False), (1, False), ("a\n", False)]
)
def test_names(name, expected):
    assert is_variable_name(name) is expected
