"""What Helm makes of the text of a template, as `helm template` 3.19 showed it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.rendering.helm.output import is_deployed, split_manifests, why_refused

SERVICE = "kind: Service\nmetadata:\n  name: web"


def _hooked(hook: str) -> str:
    return f"kind: Pod\nmetadata:\n  name: web\n  annotations:\n    helm.sh/hook: {hook}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n# nothing\n---\n", []),
        ("---\na: 1\n---\nb: 2\n", ["a: 1", "b: 2"]),
        ("a: 1\n---b: 2\n", ["a: 1", "b: 2"]),
        ("a: 1\r\n---\r\nb: 2\r\n", ["a: 1", "b: 2"]),
        ("a: 1\n--- # second\nb: 2", ["a: 1", "# second\nb: 2"]),
        ("a: |\n  ---\n  b\n", ["a: |\n  ---\n  b"]),
    ],
)
def test_a_text_is_split_where_helm_splits_it(text, expected):
    assert split_manifests(text) == expected


_AS_HELM_SAYS = re.compile(r"(?:^|(?<!\s)\s*\n)---\s*", re.ASCII)


@given(st.lists(st.sampled_from(["---", "\n", " ", "\t", "\r\n", "a: 1", "-", "# b", "\x0b", "\u2028", "\xa0"]), max_size=20).map("".join))
def test_a_text_is_split_as_the_expression_of_helm_says(text):
    parts = (part.strip() for part in _AS_HELM_SAYS.split(text.strip()))
    assert split_manifests(text) == [part for part in parts if part and documents.split(part)]


@pytest.mark.parametrize("text", ["- a\n- b", "hello there", "a: b: c", "kind: X\na: [1", "12"])
def test_what_is_no_object_is_refused(text):
    assert why_refused(text)


@pytest.mark.parametrize("text", [SERVICE, "a: 1", "{}", "# only a comment", '"kind": Service', "null"])
def test_what_may_be_an_object_is_not_refused(text):
    assert why_refused(text) is None


@pytest.mark.parametrize("hook", ["test", "test-success", "test-failure", "TEST", "pre-install, test", "crd-install", "true", "[test]"])
def test_hooks_that_only_tests_run_or_that_helm_does_not_know_are_not_deployed(hook):
    assert not is_deployed(_hooked(hook))


@pytest.mark.parametrize("hook", ["pre-install", "Pre-Install", "post-install, pre-upgrade", "pre-delete"])
def test_other_hooks_are_deployed(hook):
    assert is_deployed(_hooked(hook))


@pytest.mark.parametrize(
    "text",
    [
        SERVICE,
        f"{SERVICE}\n  annotations: [helm.sh/hook]",
        f"{SERVICE}\ndata:\n  a: 'helm.sh/hook: test'",
        "metadata: [helm.sh/hook]",
        "helm.sh/hook: [",
    ],
)
def test_only_the_annotation_makes_a_hook(text):
    assert is_deployed(text)
