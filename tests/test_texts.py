"""Limits of texts: whatever a manifest holds, they fit and still name what they are about."""

import pytest

from k8slblint.model.loaded import Gap
from k8slblint.model.location import Location, Span
from k8slblint.model.texts import HEADLINE, PROSE, capital, fitted, joined, listed, middle, quoted, served, shortened, within
from k8slblint.rendering.units import RenderFailure
from k8slblint.rendering.wording import failure_texts
from tests import builders
from tests.linting import findings, scoped
from tests.reports import finding
from tests.texts import faults

LONG = "a" * 60


def test_a_long_name_loses_its_middle_and_the_sentence_stays() -> None:
    text = fitted(f"Service {LONG}/{LONG} leaves its NLB behind", HEADLINE)
    assert len(text) <= HEADLINE
    assert text.startswith("Service aaa")
    assert text.endswith("aaa leaves its NLB behind")
    assert "..." in text


def test_annotation_keys_lose_their_domain_before_names_are_shortened() -> None:
    key = "service.beta.kubernetes.io/aws-load-balancer-scheme"
    assert fitted(f"Service shop/web sets `{key}` to 'Internal', which is not valid here", 90) == (
        "Service shop/web sets `aws-load-balancer-scheme` to 'Internal', which is not valid here"
    )


def test_names_are_shortened_before_keys() -> None:
    key = "aws-load-balancer-connection-idle-timeout"
    text = fitted(f"Service ingress-nginx/ingress-nginx-controller sets `{key}` without effect", HEADLINE)
    assert text == "Service ingress-...troller sets `aws-load-balancer-connection-idle-timeout` without effect"


def test_what_cannot_be_shortened_is_cut_between_words() -> None:
    assert fitted("word " * 100, 32) == "word word word word word..."
    assert fitted("two\nlines\t of  text", 80) == "two lines of text"


@pytest.mark.parametrize(
    ("names", "phrase"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"), (["a", "b", "c", "d"], "a, b and 2 more")],
)
def test_lists_of_more_than_three_are_counted(names: list[str], phrase: str) -> None:
    assert listed(names) == phrase


def test_a_quotation_ends_between_words() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two three", 12) == "one two..."
    assert shortened("abcdefghij", 8) == "abcde..."


def test_the_reason_for_a_gap_with_a_long_path_keeps_the_limit() -> None:
    gap = Gap(f"{'folder/' * 30}kustomization.yaml", f"it could not be rendered ({' '.join(['word'] * 40)})")
    reason = builders.graph_of(builders.resources(""), gaps=(gap,)).why_incomplete("")
    assert reason is not None
    assert len(reason) <= PROSE
    assert "could not be read: it could not be rendered (word" in reason


def test_small_words() -> None:
    assert middle("abcdefghij", 7) == "ab...ij"
    assert middle("ab...cdefghij", 8) == "ab...hij"  # cut once, and once more
    assert middle("...abcdefghij", 8) == "...fghij"
    assert quoted("a\nb") == "'a b'"
    assert capital("its class is 'x'") == "Its class is 'x'"
    assert capital("kube-proxy forwards") == "kube-proxy forwards"
    assert served("MetalLB", "its pool is public") == "MetalLB serves the Service (its pool is public)"
    assert served("MetalLB", "class 'x' is served by MetalLB") == "Class 'x' is served by MetalLB"
    assert within(10, "One.", "Two.", "Three.") == "One. Two."
    assert joined("A is open", "", "Close it.") == "A is open. Close it."


def test_an_object_with_a_very_long_name_keeps_the_limits() -> None:
    name, namespace = "n" * 63, "s" * 63
    metadata = f"metadata: {{name: {name}, namespace: {namespace}}}"
    text = f"apiVersion: v1\nkind: Service\n{metadata}\nspec: {{type: NodePort, ports: [{{port: 80}}]}}\n"
    (found,) = findings(text, "node-port-in-production", config=scoped(environment="production"))
    assert len(found.headline) <= HEADLINE
    assert found.headline.endswith(" opens a node port on every node in production")


@pytest.mark.parametrize(
    "changes",
    [
        {"headline": "Service shop/web is open."},
        {"headline": "A Service is open"},
        {"headline": "Service shop/web " + "is open " * 20},
        {"headline": "Service shop/web is open; use ClusterIP"},
        {"why": "Nobody serves it."},
        {"help": "Do this"},
        {"label": "x" * 61},
    ],
)
def test_the_guide_is_enforced(changes: dict[str, str]) -> None:
    assert faults(finding()) == []
    assert faults(finding(**changes)) != []


@pytest.mark.parametrize(
    ("text", "line", "headline"),
    [
        ('a: "x\nb: 1\n', 1, "Quote opened here is never closed"),
        ("a:\n\tb: 1\n", 2, "Tab used as indentation"),
        ("a: b: c\n", 1, "Second `:` on this line is not valid YAML"),
        ("a: 1\n b: 2\n", 2, None),
    ],
)
def test_a_syntax_error_is_said_in_the_words_of_an_editor(text: str, line: int, headline: str | None) -> None:
    (found,) = findings(f"apiVersion: v1\nkind: Service\n{text}", "invalid-yaml")
    assert found.location == Location("app.yaml", Span(line + 2, found.location.span.column, line + 2, found.location.span.end_column))
    assert found.headline == (headline or found.headline)


def test_what_a_chart_lacks_comes_with_the_command_that_cures_it() -> None:
    failure = RenderFailure("missing", "its dependency `redis` is not in `charts/`", "charts/web/Chart.yaml", is_unvendored=True)
    texts = failure_texts("chart 'charts/web' with values-prod.yaml", failure, "charts/a b", ["chart 'c'"])
    assert texts["headline"] == "Chart charts/web cannot be rendered: a dependency is not vendored"
    assert texts["help"] == "Run `helm dependency build 'charts/a b'` before the scan."
    assert "The same holds for chart 'c'." in texts["why"]
