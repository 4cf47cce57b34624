"""What is left out of definitions where a unit is rendered for places, and that places are found all the same."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.rendering.occurrences import _words
from k8slblint.rendering.slimmed import slimmed
from tests.whole_trees import Tree

FIELDS = "".join(f"            f{number}: {{type: string, description: a field that nobody asks for}}\n" for number in range(400))
DEFINITION = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{kind: Widget, plural: widgets}}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        description: |

          open

        properties:
          spec:
{FIELDS}
    served: true
    storage: true
"""


def test_what_is_below_a_schema_is_left_out_and_all_else_stays() -> None:
    slim = slimmed(f"{DEFINITION}---\nkind: Service\n")
    assert len(slim) < 500
    assert slim.endswith("    served: true\n    storage: true\n---\nkind: Service\n")
    assert "      openAPIV3Schema:\n" in slim


@pytest.mark.parametrize("text", ["", "kind: Service\n", DEFINITION[:2000], DEFINITION.replace("CustomResourceDefinition", "Widget")])
def test_what_is_small_or_none_is_the_very_same(text: str) -> None:
    assert slimmed(text) is text


def test_a_schema_at_the_end_of_a_file() -> None:
    text = DEFINITION[: DEFINITION.index("    served:")]
    assert slimmed(text).endswith("openAPIV3Schema:") or slimmed(text).endswith("openAPIV3Schema:\n")


PATCH = "patches:\n- target: {kind: CustomResourceDefinition}\n  patch: |-\n    - {op: remove, path: %s}\n"
PORTS = "[{port: 80, nodePort: 70000}]"
SERVICE = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{type: NodePort, selector: {{app: web}}, ports: {PORTS}}}\n"


@pytest.mark.parametrize("path", ["/spec/scope", "/spec/versions/0/schema/openAPIV3Schema/type"])
def test_a_build_that_needs_the_schema_finds_the_place_too(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"kustomization.yaml": f"resources: [crd.yaml, web.yaml]\n{PATCH % path}", "crd.yaml": DEFINITION, "web.yaml": SERVICE}
    assert ("service-rejected", "web.yaml", 4) in Tree(files, tmp_path).findings()


@given(st.text(alphabet="ab./-_ :\né", max_size=60), st.text(alphabet="ab.-:é", min_size=1, max_size=4))
def test_whole_words_are_those_of_the_expression(text: str, token: str) -> None:
    expected = [match.start() for match in re.finditer(rf"(?<![\w./-]){re.escape(token)}(?![\w/-]|\.\w)", text)]
    assert list(_words(text, token)) == expected
