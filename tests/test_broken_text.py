"""Broken YAML is one finding at the line to edit, and text that somebody fills in later is none."""

import pytest

from k8slblint import documents
from k8slblint.documents import SyntaxProblem
from k8slblint.loading.broken_text import cause_of
from k8slblint.loading.plain_text import is_fixed, is_local_config
from k8slblint.model.placeholders import has_blank, has_placeholder, is_blank
from tests import linting

HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: front\nspec:\n  selector: {app: front}\n  ports:\n    - port: 8080\n"
SECOND = HEAD.replace("front", "back")


def places(text: str, rule: str = "invalid-yaml") -> list[tuple[int, str]]:
    """The lines and headlines of one rule's findings in a text."""
    return [(found.location.span.line, found.headline) for found in linting.findings(text, rule)]


def test_a_separator_glued_to_the_last_line_is_one_finding_there() -> None:
    assert places(f"{HEAD}      name: web---\n{SECOND}") == [(9, "Separator `---` must be on its own line")]


def test_an_indented_separator_is_found_where_it_is() -> None:
    assert places(f"{HEAD}      name: web\n  ---\n{SECOND}") == [(10, "Separator `---` must be on its own line")]


def test_a_lost_separator_is_one_finding_at_the_second_object() -> None:
    assert places(HEAD + SECOND) == [(9, "Separator `---` is missing before this object")]


@pytest.mark.parametrize("dashes", ["--", "\u2014", "-"])
def test_a_line_of_other_dashes_is_no_separator(dashes: str) -> None:
    assert places(f"{HEAD}{dashes}\n{SECOND}") == [(9, "Line that separates two objects must be `---`")]


def test_a_key_that_is_set_twice_is_no_lost_separator() -> None:
    assert places(HEAD + "kind: Service\n") == [(9, "The key 'kind' is already set on line 2")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("spec:\n  rules:\n    - http:\n        paths:\n          - backend:\n              service\n                name: web\n", 6),
        ("metadata\n  name: web\n", 1),
        ("spec:\n  ports:\n    - name http\n      port: 80\n", 3),
    ],
)
def test_a_missing_colon_is_found_at_the_key_that_lacks_it(text: str, line: int) -> None:
    (found,) = places(f"{text}kind: Ingress\napiVersion: networking.k8s.io/v1\n")
    assert found[0] == line
    assert found[1].startswith("A colon is missing after `")


def test_two_colons_on_one_line_stay_what_they_are() -> None:
    assert places(HEAD + "status: a: b\n") == [(9, "Second `:` on this line is not valid YAML")]


def test_a_quote_that_a_later_one_closes_is_found_where_it_opens() -> None:
    text = 'apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    example.com/a: "on\n    example.com/b: "off"\n  name: x\n'
    ((line, _),) = places(text)
    assert line == 5


def test_the_cause_of_a_problem_beyond_the_text_is_the_problem() -> None:
    chunk = documents.split("a: 1\n")[0]
    problem = SyntaxProblem(7, 1, 2, "mapping values are not allowed here")
    assert cause_of(chunk, problem) == problem


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ('host: "{{ .Release.Name }}.example.com"\n', True),
        ("host: '{{ name }}'\n", True),
        ('hosts: ["{{ a }}", b]\n', True),
        ("host: {{ .Values.host }}\n", False),
        ('host: "{{ printf "%s" .Values.host }}"\n', False),
        ("{{- if .Values.on }}\n", False),
        ("host: it's {{ a }}'s\n", False),
    ],
)
def test_braces_inside_quotes_change_no_structure(text: str, fixed: bool) -> None:
    assert is_fixed(text) is fixed


def test_braces_in_quotes_hide_no_repeated_key_and_no_undefined_alias() -> None:
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  values:\n"
    repeated = release + '    host: "{{ .Release.Name }}.example.org"\n    rules: [a]\n    rules: [b]\n'
    undefined = release + '    host: "{{ .Release.Name }}.example.org"\n    port: *port\n'
    assert [line for line, _ in places(repeated)] == [8]
    assert [line for line, _ in places(undefined)] == [7]
    assert places(release + "    host: {{ .Release.Name }}\n    rules: [a]\n    rules: [b]\n") == []


def test_text_for_python_s_str_format_is_not_reported() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {case.name}-sv\nspec:\n  selector:\n    run: {case.name}\n"
        "  ports: [{port: 80}]\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {case.name}\nspec:\n  template:\n"
        "    spec:\n      containers:\n      - name: c\n        image: {images[server]}\n"
    )
    report, _ = linting.run(text)
    assert report.findings == ()
    assert [(skip.reason, skip.count) for skip in report.completeness.documents_skipped] == [("unrendered template", 2)]
    assert not documents.has_format_fields("emptyDir: {}\nselector: {app: x}\nempty: {a: }\n")


@pytest.mark.parametrize("name", ["@NAME_OF_APP@", "%NAME_OF_APP%", "@APP@-web"])
def test_a_substitution_that_breaks_yaml_is_filled_in_later(name: str) -> None:
    assert places(HEAD.replace("name: front", f"name: {name}").replace("spec:\n", f"spec:\n  clusterIP: {name}\n")) == []


def test_blanks_to_be_filled_in_are_no_errors() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  selector: {matchLabels: {app: shop}}\n"
        "  template:\n    metadata: {labels: {app: shop}}\n    spec:\n      containers:\n        - name: shop\n"
        "          image: [YOUR_IMAGE]\n          ports: [{containerPort: HTTP_PORT}]\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  selector: {app: shop}\n  ports:\n    - port: PORT\n"
        "      targetPort: PORT\n"
    )
    report, _ = linting.run(text)
    assert report.findings == ()
    assert report.completeness.documents_with_placeholders == 2


@pytest.mark.parametrize(
    "value",
    [
        *("PORT", "WEB_PORT", "IMAGE_URL", "<port>", "{GATEWAY_CLASS}", ["IMAGE"], {"NAME": None}, {"SUBST_NAME": ""}),
        *("replace_name", "replace_name.example.com", "restore-TIMESTAMP", "STAGE-web", "web-STAGE.example.com"),
    ],
)
def test_blanks_are_known_by_their_form(value: object) -> None:
    assert is_blank(value)


@pytest.mark.parametrize(
    "value",
    [
        "HTTP",
        "web",
        "http-port",
        "my-App",
        "MyApp",
        "web.Example.com",
        ["a"],
        ["A", "B"],
        {"NAME": "x"},
        {"LOG_LEVEL": "debug"},
        {},
        None,
        80,
    ],
)
def test_ordinary_values_are_no_blanks(value: object) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("argocd.<secret:private-domain>", True),
        ("<path:kv/data/edge#domain>", True),
        ("<vault:kv/edge#domain | base64encode>", True),
        ("a <secret: b", False),
    ],
)
def test_values_of_a_vault_are_placeholders(text: str, *, is_one: bool) -> None:
    assert has_placeholder(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"), [("($name)", True), ("(to_number($port))", True), ("($5)", False), ("(a) $b", False), ("(a)", False)]
)
def test_bindings_of_chainsaw_are_placeholders(text: str, *, is_one: bool) -> None:
    assert has_placeholder(text) is is_one


@pytest.mark.parametrize(
    "text",
    [
        "%%NAME%%",
        "web-__STAGE__",
        "web.@HOST@",
        "web-REPLACE_ME",
        "CHANGE_THIS",
        "replace_name",
        "web.CHANGEME.io",
        "CHANGE-ME",
        "<< REPLACE >>",
        "a.<<domain>>.io",
        "<REPLACE with it>",
        "a/replace_tag",
    ],
)
def test_what_sed_fills_in_is_a_placeholder(text: str) -> None:
    assert has_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "ann@EXAMPLE.org",
        "__meta_kubernetes_pod",
        "100%%",
        "replace the name",
        "a replace_name b",
        "IRREPLACE_MENT",
        "EXCHANGEME",
        "CHANGEMENT",
        "cat <<EOF >> it",
        "<<EOF",
    ],
)
def test_what_only_looks_like_it_is_none(text: str) -> None:
    assert not has_placeholder(text)


def test_a_blank_in_text_is_a_value_of_its_own() -> None:
    assert has_blank("image: [IMAGE_URL]\n")
    assert has_blank("ports: [{containerPort: PORT}]\n")
    assert not has_blank("args: [--port=PORT]\nname: REPORTS\n")


def test_repeated_keys_are_found_in_kinds_that_no_rule_reads() -> None:
    text = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: 1\n  size: 2\n"
    assert places(text) == [(6, "The key 'size' is already set on line 5")]


def test_a_key_after_the_dash_of_an_element_counts_too() -> None:
    text = "apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  parts:\n  - size: 1\n    size: 2\n"
    assert places(text) == [(8, "The key 'size' is already set on line 7")]


@pytest.mark.parametrize("empty", ["kind:", "kind: ", "kind: ''", "kind: null", "kind:  # to do"])
def test_an_empty_kind_is_one_finding_at_its_line(empty: str) -> None:
    text = f"apiVersion: example.org/v1\n{empty}\nmetadata: {{name: w}}\n"
    assert places(text, "invalid-resource") == [(2, "`kind` is empty")]


def test_a_kind_on_the_next_line_is_not_empty() -> None:
    assert places("apiVersion: example.org/v1\nkind:\n  Widget\nmetadata: {name: w}\n", "invalid-resource") == []


def test_objects_that_kustomize_only_reads_are_not_held_against_a_schema() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: site\n  annotations:\n    config.kubernetes.io/local-config: {}\n"
        "data:\n  keep: false\n"
    )
    assert places(text.format('"true"'), "invalid-resource") == []
    assert places(text.format('"false"'), "invalid-resource") == [(8, "ConfigMap default/site has an invalid `data.keep`")]
    assert is_local_config("  annotations:\n    config.kubernetes.io/local-config: 'true'\n")


def test_an_empty_backend_says_what_it_needs() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: hollow}\nspec:\n  rules:\n    - http:\n        paths:\n"
        "          - path: /\n            pathType: Prefix\n            backend:\n"
    )
    (found,) = linting.findings(text, "invalid-resource")
    assert (found.location.span.line, found.label, found.help) == (10, "is empty", "Set `service` or `resource`.")


def test_long_lines_of_quotes_are_searched_in_linear_time() -> None:
    assert is_fixed("a: '" * 50_000)
    assert not documents.has_format_fields("a: {" * 50_000)


SHORT_HEAD = "apiVersion: v1\nkind: Service\nmetadata: {name: front}\n"


def test_keys_that_a_lost_dash_repeats_are_one_finding_at_the_first() -> None:
    text = SHORT_HEAD + "spec:\n  a:\n  - name: x\n    ports: []\n    image: y\n    name: z\n    ports: []\n"
    (line, headline), *others = places(text)
    assert (headline, others) == (f"The key 'name' is already set on line {line - 3}", [])
    apart = SHORT_HEAD + "spec:\n  a: 1\n  b: 2\n  c: 3\n  b: 4\n  a: 5\n"
    assert len(places(apart)) == 2


@pytest.mark.parametrize(
    "line",
    ["metadata: {name: a}\nspec: #@ spec()", "#@ def labels():\nmetadata: {name: a}", "#@overlay/match by='name'\nmetadata: {name: a}"],
)
def test_text_that_ytt_fills_in_is_not_reported(line: str) -> None:
    assert linting.findings(f"apiVersion: v1\nkind: Service\n{line}\nextra: 1\n") == []


@pytest.mark.parametrize("line", ["metadata: {name: a} #!@ by hand", "metadata: {name: a} # @ytt", "metadata: {name: a, x: '#@ y'}"])
def test_comments_of_people_are_no_code_of_ytt(line: str) -> None:
    assert linting.findings(f"apiVersion: v1\nkind: Service\n{line}\nextra: 1\n", "invalid-resource")


def test_a_blank_in_front_of_a_value_is_filled_in_by_hand() -> None:
    assert places(SHORT_HEAD + "spec:\n  image: [YOUR REGISTRY]/web:1\n  port: 80\n") == []


@pytest.mark.parametrize("value", ["xxx", "XXXX", "x.x.x.x"])
def test_crosses_are_blanks(value: str) -> None:
    assert is_blank(value)
    assert not is_blank("axxx")


@pytest.mark.parametrize("text", ["__NAME__", "__SERVICE_PREFIX__-web.__BASE_DOMAIN__", "web.__DOMAIN__"])
def test_names_between_two_underscores_are_placeholders(text: str) -> None:
    assert has_placeholder(text)


@pytest.mark.parametrize("text", ["__init__", "web__NAME__", "__NAME", "_NAME_", "__NAME__web", "__A" * 100_000])
def test_other_underscores_are_text(text: str) -> None:
    assert not has_placeholder(text)


@pytest.mark.parametrize(
    ("lines", "line", "start"),
    [
        ("metadata:\n  namespace: shop\n  name web\n  labels: {}\n", 3, "A colon is missing after `name`"),
        ("metadata:\n  name web\n  namespace: shop\n", 2, "A colon is missing after `name`"),
        ("metadata:\n  namespace: shop\n  name:web\n", 3, "A blank is missing after `name:`"),
        ("metadata:\n  name:web\n  namespace: shop\n", 2, "A blank is missing after `name:`"),
        ("spec:\n  type=NodePort\n  ports: []\n", 2, "A colon is missing after `type`"),
        ("spec:\n  ports:\n  -port: 80\n   targetPort: 80\n", 3, "A blank is missing after `-`"),
        ("spec:\n  ports:\n  - port:80\n    targetPort: 80\n", 3, "A blank is missing after `port:`"),
        ("spec:\n  args: [a, b\n  ports: []\n", 2, "Bracket is opened on this line and never closed"),
        ("spec:\n  - selector: {\n      app: web\n    ports: []\n", 2, "Bracket is opened on this line and never closed"),
        ("spec:\n  selector: {\n    app: web\n    b: c }\n", 4, "YAML list or mapping in brackets is not complete"),
        ("metadata:\n  note: some text\n    that goes on\n    and: here\n", 4, "Second `:` on this line is not valid YAML"),
    ],
)
def test_a_mark_that_is_missing_is_told_on_its_line(lines: str, line: int, start: str) -> None:
    (found,) = places(f"apiVersion: v1\nkind: Service\n{lines}")
    assert (found[0] - 2, found[1]) == (line, start)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("apiVersion: v1\nkind Service\n", [(2, "A colon is missing after `kind`")]),
        ("apiVersion: v1\nkind:Service\n", [(2, "A blank is missing after `kind:`")]),
        ("apiVersion v1\nkind: Service\n", [(1, "A colon is missing after `apiVersion`")]),
        ("apiVersion:v1\nkind: Service\n", [(1, "A blank is missing after `apiVersion:`")]),
        ("version: v1\nkind Service\n", []),
        ("apiVersion: v1\n{{ kind }}\n", []),
    ],
)
def test_an_object_whose_first_words_lack_a_colon_is_broken(head: str, expected: list[tuple[int, str]]) -> None:
    assert places(f"{head}metadata:\n  name: web\nspec:\n  ports: [{{port: 80}}]\n") == expected
