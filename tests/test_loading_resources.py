"""Which resources files yield, what is reported of broken ones, and what is passed over and why."""

import gc

import pytest

from k8slblint.loading import resources, unread
from k8slblint.loading.folders import FileTooLargeError
from k8slblint.loading.resources import load
from k8slblint.model.finding import Skip
from k8slblint.model.loaded import Gap, Loaded, SourceFile
from k8slblint.model.resource import Origin
from tests.texts import words_of

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
"""

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"

WANTED = frozenset({"Service", "Ingress.networking.k8s.io"})


def file(text: str | bytes, path: str = "a.yaml", *, named: bool = False) -> SourceFile:
    data = text.encode() if isinstance(text, str) else text
    return SourceFile(path, lambda: data, path, named=named)


def load_text(*texts: str | bytes, path: str = "a.yaml", named: bool = False, wanted: frozenset[str] | None = WANTED) -> Loaded:
    return load([file(text, path if index == 0 else f"{index}.yaml", named=named) for index, text in enumerate(texts)], wanted=wanted)


def names(loaded: Loaded) -> list[str]:
    return [str(resource.id) for resource in loaded.resources]


def skipped(loaded: Loaded) -> dict[str, int]:
    completeness = loaded.completeness
    return {skip.reason: skip.count for skip in (*completeness.files_skipped, *completeness.documents_skipped)}


def test_documents_become_resources_with_places() -> None:
    loaded = load_text(f"{SERVICE}---\n# a comment\n---\n{SERVICE.replace('web', 'api')}")
    assert names(loaded) == ["Service default/web", "Service default/api"]
    second = loaded.resources[1]
    assert second.span(("spec", "type")) == (15, 9, 15, 17)
    assert second.source.line(15) == "  type: NodePort"
    assert second.path == "a.yaml"
    assert second.origin is None
    completeness = loaded.completeness
    assert (completeness.files_seen, completeness.files_read) == (1, 1)
    assert (completeness.documents_seen, completeness.documents_linted) == (2, 2)
    assert (loaded.problems, loaded.gaps, skipped(loaded)) == ([], [], {})
    assert list(loaded.files) == ["a.yaml"]


def test_crlf_and_utf16_are_read() -> None:
    loaded = load_text(SERVICE.replace("\n", "\r\n"), SERVICE.encode("utf-16"), b"\xef\xbb\xbf" + SERVICE.encode())
    assert [resource.span(("spec", "type")) for resource in loaded.resources] == [(6, 9, 6, 17)] * 3
    assert [resource.source.line(6) for resource in loaded.resources] == ["  type: NodePort"] * 3


def test_files_that_are_not_kubernetes_are_not_read_closely() -> None:
    loaded = load_text("on: push\njobs: {broken", path="workflow.yaml")
    assert loaded.problems == []
    assert loaded.completeness.files_skipped == [Skip(unread.NOT_KUBERNETES, 1, ("workflow.yaml",))]
    assert loaded.completeness.documents_seen == 0


def test_documents_that_are_not_kubernetes_are_counted() -> None:
    loaded = load_text(f"services:\n  web: {{kind: x, apiVersion: y}}\n---\nkind: only\n---\n- apiVersion\n---\n{SERVICE}")
    assert names(loaded) == ["Service default/web"]
    assert skipped(loaded) == {unread.NOT_KUBERNETES: 3}
    assert loaded.completeness.documents_seen == 4


@pytest.mark.parametrize("path", ["c/Chart.yaml", "c/values.yaml", "values-prod.yaml", "prod.values.yml", "kustomization.yaml"])
def test_files_of_helm_and_kustomize_are_told_apart(path: str) -> None:
    loaded = load_text("apiVersion: v2\nname: x\n# kind\n", path=path)
    assert list(skipped(loaded)) == [unread.BUILD_FILE]


def test_a_kustomization_is_no_resource() -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    assert list(skipped(load_text(text, wanted=None))) == [unread.BUILD_FILE]


def test_kinds_without_use_are_only_checked_for_syntax() -> None:
    loaded = load_text(f"{CONFIG_MAP}---\n{CONFIG_MAP}data: {{a: [}}\n---\n{SERVICE}")
    assert names(loaded) == ["Service default/web"]
    assert skipped(loaded) == {resources.KIND_NOT_USED: 1, resources.INVALID: 1}
    (problem,) = loaded.problems
    assert (problem.rule, problem.location.path, problem.location.span.line) == ("invalid-yaml", "a.yaml", 10)
    assert problem.source.line(10) == "data: {a: [}"
    assert loaded.gaps == []


def test_all_kinds_when_none_is_singled_out() -> None:
    assert names(load_text(CONFIG_MAP, wanted=None)) == ["ConfigMap default/settings"]


def test_a_broken_document_is_reported_and_the_others_are_read() -> None:
    loaded = load_text(f"{SERVICE}  ports: [\n---\n{SERVICE}")
    assert names(loaded) == ["Service default/web"]
    assert [problem.rule for problem in loaded.problems] == ["invalid-yaml"]
    assert loaded.gaps == [Gap("a.yaml", resources.INVALID)]
    assert loaded.completeness.documents_seen == 2


def test_a_repeated_key_is_reported_and_the_resource_is_kept() -> None:
    loaded = load_text(SERVICE + "kind: Service\n")
    assert names(loaded) == ["Service default/web"]
    (problem,) = loaded.problems
    assert (problem.rule, problem.location.span.line) == ("invalid-yaml", 7)


def test_text_that_is_not_utf8_is_reported() -> None:
    loaded = load_text(SERVICE.replace("web", "w\udcffb").encode("utf-8", "surrogateescape"), SERVICE)
    assert len(loaded.resources) == 1
    (problem,) = loaded.problems
    assert (problem.rule, problem.location.path, problem.location.span.line) == ("invalid-yaml", "a.yaml", 4)
    assert loaded.gaps == [Gap("a.yaml", resources.INVALID)]


def test_what_a_user_names_must_be_valid_yaml() -> None:
    broken = "a: [1\nb: 2\n"
    assert [problem.rule for problem in load_text(broken, named=True).problems] == ["invalid-yaml"]
    assert load_text(broken).problems == []
    assert load_text("a: 1\n", named=True).problems == []


@pytest.mark.parametrize(
    "text",
    [
        "{{- if .Values.on }}\n" + SERVICE + "{{- end }}\n",
        SERVICE + "  {{- toYaml .Values.spec | nindent 2 }}\n",
        SERVICE + "  ports: {{ .Values.ports }}\n",
        "{% if x %}\n" + SERVICE + "{% endif %}\n",
        SERVICE.replace("kind: Service", "kind: {{ .Values.kind }}"),
    ],
)
def test_templates_are_passed_over_and_leave_a_gap(text: str) -> None:
    loaded = load_text(text)
    assert (loaded.resources, loaded.problems) == ([], [])
    assert skipped(loaded) == {resources.UNRENDERED: 1}
    assert loaded.gaps == [Gap("a.yaml", resources.UNRENDERED)]


def test_a_statement_governs_the_whole_file() -> None:
    loaded = load_text(f"{{{{ if .on }}}}\n---\n{SERVICE}---\n{CONFIG_MAP}---\n{{{{ end }}}}\n")
    assert loaded.resources == []
    assert loaded.gaps == [Gap("a.yaml", resources.UNRENDERED)]


def test_alternatives_in_comments_are_a_template_too() -> None:
    loaded = load_text(f"# {{{{ if .on }}}}\n{SERVICE}# {{{{ else }}}}\nspec: {{}}\n# {{{{ end }}}}\n")
    assert (loaded.resources, loaded.problems) == ([], [])


def test_placeholders_in_quotes_and_templates_in_text_are_no_template() -> None:
    text = SERVICE + "  externalName: '{{ name }}'\n  other: |\n    {{ if .x }}\n"
    loaded = load_text(text)
    assert names(loaded) == ["Service default/web"]
    assert loaded.gaps == []


def test_a_template_of_a_kind_without_use_leaves_no_gap() -> None:
    loaded = load_text(CONFIG_MAP + "data: {{ toYaml .Values.data }}\n")
    assert loaded.problems == []
    assert loaded.gaps == []


def test_a_template_that_is_not_kubernetes_leaves_no_gap() -> None:
    loaded = load_text("config: |\n  kind: x\n  apiVersion: y\nvalue: {{ lookup }}\n")
    assert (loaded.problems, loaded.gaps) == ([], [])
    assert list(skipped(loaded)) == [unread.NOT_KUBERNETES]


LIST = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: one}
- apiVersion: v1
  kind: List
  items:
  - apiVersion: v1
    kind: Service
    metadata: {name: two}
- apiVersion: v1
  kind: ConfigMap
- text
- kind: Service
"""


def test_lists_are_taken_apart_in_place() -> None:
    loaded = load_text(LIST)
    assert names(loaded) == ["Service default/one", "Service default/two"]
    assert [resource.span(("metadata", "name")) for resource in loaded.resources] == [(6, 20, 6, 23), (12, 22, 12, 25)]
    assert [resource.span(()) for resource in loaded.resources] == [(6, 20, 6, 23), (12, 22, 12, 25)]
    assert loaded.completeness.documents_skipped == [
        Skip(unread.NOT_KUBERNETES, 2, ("a.yaml:15", "a.yaml:16")),
        Skip(resources.KIND_NOT_USED, 1, ("a.yaml:13",)),
    ]
    assert (loaded.completeness.documents_seen, loaded.completeness.documents_linted) == (5, 2)


def test_elements_of_a_typed_list_take_the_kind_of_the_list() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems:\n- metadata: {name: web}\n  spec: {a: 1}\n"
    loaded = load_text(text)
    (resource,) = loaded.resources
    assert (resource.type_name, resource.name, resource.version) == ("Ingress.networking.k8s.io", "web", "v1")
    assert resource.span(("spec", "a")) == (5, 13, 5, 14)
    assert resource.span(("kind",)).line == 4


def test_a_list_in_json() -> None:
    text = '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}]}'
    assert names(load_text(text, path="a.json")) == ["Service default/web"]


@pytest.mark.parametrize("items", ["", "items: []\n", "items: null\n"])
def test_an_empty_list_yields_nothing(items: str) -> None:
    loaded = load_text(f"apiVersion: v1\nkind: List\n{items}")
    assert (loaded.resources, loaded.problems, loaded.completeness.documents_seen) == ([], [], 0)


def test_a_kind_that_only_ends_in_list_is_a_resource() -> None:
    text = "apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: x}\n"
    assert names(load_text(text, wanted=frozenset({"AllowList.example.com"}))) == ["AllowList default/x"]
    assert list(skipped(load_text(text))) == [resources.KIND_NOT_USED]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("apiVersion: 1\nkind: Service\n", "apiVersion"),
        ("kind: true\napiVersion: v1\n", "kind"),
    ],
)
def test_an_identity_that_is_not_text_is_reported(text: str, key: str) -> None:
    loaded = load_text(text, wanted=None)
    assert loaded.resources == []
    (problem,) = loaded.problems
    assert (problem.rule, problem.location.span.line) == ("invalid-resource", 1)
    assert key in words_of(problem)


def test_rendered_charts_name_their_template() -> None:
    loaded = load_text(f"---\n# Source: web/templates/svc.yaml\n{SERVICE}")
    assert loaded.resources[0].origin == Origin("web/templates/svc.yaml")


def fail() -> bytes:
    raise PermissionError(13, "Permission denied")


def too_large() -> bytes:
    raise FileTooLargeError


def test_files_that_cannot_be_read_leave_a_gap() -> None:
    files = [SourceFile("a.yaml", fail), SourceFile("b.yaml", too_large), file(SERVICE, "c.yaml")]
    loaded = load(files, wanted=WANTED)
    assert len(loaded.resources) == 1
    assert skipped(loaded) == {"unreadable": 1, "larger than 20 MB": 1}
    assert loaded.gaps == [Gap("a.yaml", "unreadable (Permission denied)"), Gap("b.yaml", "larger than 20 MB")]
    assert (loaded.completeness.files_seen, loaded.completeness.files_read) == (3, 1)


def test_binary_files_are_passed_over() -> None:
    loaded = load_text(b"\x00\x01 kind apiVersion", named=True)
    assert skipped(loaded) == {unread.BINARY: 1}
    assert loaded.problems == []


KUSTOMIZATION = """\
patches:
- path: patches/svc.yaml
- path: ../shared/svc.yaml
"""


@pytest.mark.parametrize("folder", ["overlays/prod/", "../x/overlays/prod/", "/srv/overlays/prod/", ""])
@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_kustomize_patches_are_no_resources(folder: str, name: str) -> None:
    above = folder.removesuffix("prod/") if folder else "../"
    files = [
        file(SERVICE, f"{folder}patches/svc.yaml"),
        file(SERVICE, f"{above}shared/svc.yaml"),
        file(SERVICE, f"{folder}svc.yaml"),
        file(KUSTOMIZATION, f"{folder}{name}"),
    ]
    loaded = load(files, wanted=WANTED)
    assert [resource.path for resource in loaded.resources] == [f"{folder}svc.yaml"]
    assert skipped(loaded)[unread.KUSTOMIZE_PATCH] == 2


@pytest.mark.parametrize(
    "text", ["patches: [", "patches: 1", "patches:\n- x\n- {target: {}}\n- path: [a]\n", "[patch]", "\udcff patch", ""]
)
def test_a_broken_kustomization_hides_nothing(text: str) -> None:
    loaded = load([file(text.encode("utf-8", "surrogateescape"), "kustomization.yaml"), file(SERVICE)], wanted=WANTED)
    assert names(loaded) == ["Service default/web"]


def test_an_unreadable_kustomization_hides_nothing() -> None:
    assert names(load([SourceFile("kustomization.yaml", fail), file(SERVICE)], wanted=WANTED)) == ["Service default/web"]


def test_the_order_is_that_of_the_files() -> None:
    texts = [SERVICE.replace("web", name) for name in ("c", "a", "b")]
    assert [resource.name for resource in load_text(*texts).resources] == ["c", "a", "b"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(*, enabled: bool) -> None:
    try:
        (gc.enable if enabled else gc.disable)()
        load_text(SERVICE)
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_documents_with_placeholders_are_counted_and_linted() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: '${TYPE}', ports: [{port: 80}]}\n"
    completeness = load([SourceFile("a.yaml", (text + "---\n" + text.replace("${TYPE}", "ClusterIP")).encode)], wanted=None).completeness
    assert (completeness.documents_linted, completeness.documents_with_placeholders) == (2, 1)
