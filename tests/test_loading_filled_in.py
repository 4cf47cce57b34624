"""Documents that cannot be read only because a tool has yet to fill values in are read without these."""

import pytest

from k8slblint.documents import BrokenDocument, parse, split
from k8slblint.loading.filled_in import read_filled_in
from tests.linting import findings, run

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/limit-rps: {rate}
    nginx.ingress.kubernetes.io/rewrite-target: /
spec:
  ingressClassName: nginx
  defaultBackend: {{service: {{name: shop, port: {{number: {port}}}}}}}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {{ rate }}\nb: 1\n", {"a": "{{rate}}", "b": 1}),
        ("a: {{rate}} # by hand\nb: 1\n", {"a": "{{rate}}", "b": 1}),
        ("a: {{ .Values.rate }}.{{ x|join(',') }}/y\n", {"a": "{{.Values.rate}}.{{ x|join(',') }}/y"}),
        ('a: {{ rate | default("1\\\\s") }}\n', {"a": "{{rate | default('1//s')}}"}),
        ('"a b": {{ rate }}\n', {"a b": "{{rate}}"}),
        ("a:\n- {{ rate }}\n- x: {{ rate }}\n", {"a": ["{{rate}}", {"x": "{{rate}}"}]}),
        (
            "a: [{{ rate }}, 'b, {{ c }}', w-${NAME}.org, 2] # ${X}\n",
            {"a": ["{{rate}}", "b, {{ c }}", "w-${NAME}.org", 2]},
        ),
        ("a: {b: ${NAME}, c: {d: {{ rate }}}}\n", {"a": {"b": "${NAME}", "c": {"d": "{{rate}}"}}}),
        ("a: |\n  x: {{ y }}\nb: {{ rate }}\n", {"a": "x: {{ y }}\n", "b": "{{rate}}"}),
    ],
)
def test_values_without_quotes_are_text(text: str, value: object) -> None:
    (chunk,) = split(text)
    with pytest.raises(BrokenDocument):
        parse(chunk)
    parsed = read_filled_in(chunk)
    assert parsed is not None
    assert parsed.root.value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: #{name}#\nb: x-#{name}#\n", {"a": "#{name}#", "b": "x-#{name}#"}),
        ("a: #{name}#.example.org # by hand\n", {"a": "#{name}#.example.org"}),
        ("a:\n- #{name}\n", {"a": ["#{name}"]}),
        ("a: {b: #{name}#, c: [#{x}#, 1]}\n", {"a": {"b": "#{name}#", "c": ["#{x}#", 1]}}),
        ("a: #{what follows}\n  b: 1\n", None),
        ("a: #{what follows}\n- b\n", None),
        ("#{labels}#\na: 1\n", None),
        ("a: 1 #{unit}\n", None),
        ("spec: #{spec}#\n", None),
    ],
)
def test_tokens_that_yaml_has_for_comments_are_text(text: str, value: object) -> None:
    (chunk,) = split(text)
    parsed = read_filled_in(chunk)
    assert (parsed.root.value if parsed is not None else None) == value


def test_objects_with_such_tokens_lack_nothing() -> None:
    text = INGRESS.format(rate="#{rate}#", port="80").replace("name: shop\n", "name: #{name}#\n", 1)
    text = text.replace("{service: {name: shop, port: {number: 80}}}", "{service: {name: shop, port: {number: #{port}#}}}")
    assert "name: #{name}#\n" in text
    assert "#{port}#" in text
    assert {one.rule for one in findings({"shop.yaml": text})} == {"ingress-controller-retired", "ingress-vendor-annotation"}


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 1\n",  # nothing to fill in
        "a: {b: {{ c }}\n",
        "{{ labels }}\na: 1\n",  # may be several keys
        "a: 1\n  {{ labels }}\n",
        "{{ name }}: {{ rate }}\n",
        "a: {{ rate\n",
        "a: {{ rate }}\na: 2\n",  # perhaps one of two
        '{"a": {{ rate }}}',
        "metadata: {annotations: {{ annotations }}}\n",  # in which may be any
        "spec:\n  tls:\n  - {{ tls }}\n",
        "a: [{labels: {{ labels | to_json }}}]\n",
    ],
)
def test_what_may_be_more_than_a_value_is_left(text: str) -> None:
    (chunk,) = split(text)
    assert read_filled_in(chunk) is None


def test_what_follows_keeps_its_place() -> None:
    (chunk,) = split("a: [{{ rate }}, {{ more }}, last]\nb: {{ x }}\nc: 1\n")
    parsed = read_filled_in(chunk)
    assert parsed is not None
    assert [parsed.root.child(key).line for key in "abc"] == [1, 2, 3]  # type: ignore[union-attr]
    last = parsed.root.child("a").child(2)  # type: ignore[union-attr]
    assert (last.line, last.column) == (1, chunk.text.index("last") + 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(("rate", "port"), [("{{ rate }}", "80"), ("5", "${PORT}"), ("5", "{{ port }}"), ("5", "80")])
def test_the_rest_of_an_object_is_linted(rate: str, port: str) -> None:
    (finding,) = findings({"shop.yaml": INGRESS.format(rate=rate, port=port)}, "ingress-vendor-annotation")
    assert finding.location.span.line == 6


def test_what_is_not_there_is_not_known_beside_such_an_object() -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: shop}, ports: [{port: 80}]}\n"
    pods = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template: {metadata: {labels: {app: {{ name }}}}}\n"
    report, _ = run({"all.yaml": f"{service}---\n{pods}"})
    assert not report.findings


def test_a_value_that_is_filled_in_says_nothing() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  type: {{ kind }}\n  ports: [{port: {{ port }}}]\n"
    report, _ = run({"all.yaml": text})
    assert not report.findings
