"""How many renderings it takes to prove places: few for many questions, with a small renderer of our own."""

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import Path

import pytest

from k8slblint.rendering.marked import Rendering
from k8slblint.rendering.marking import Search
from k8slblint.rendering.occurrences import Candidate, key_before, occurrences
from k8slblint.rendering.provenance import RenderedUnit
from k8slblint.rendering.questions import Question
from k8slblint.rendering.units import Rendered, RenderedDocument
from tests.builders import resource
from tests.test_provenance import CHART, SERVICE, chart, scan, write

VALUES = "values.yaml"


class Unit:
    """A unit whose templates print values as `{{ name }}`, and fail where one is not what they `{{ need name text }}`."""

    def __init__(self, texts: Mapping[str, str], known_places: dict[Hashable, Candidate] | None = None) -> None:
        self.known_places = {} if known_places is None else known_places
        self.renderings = 0
        self._texts = dict(texts)
        self.search = Search(self)

    def text(self, file: str) -> str | None:
        return self._texts.get(file)

    def inputs(self, first: str) -> Sequence[str]:
        return list(dict.fromkeys(one for one in (VALUES, first, *sorted(self._texts)) if one in self._texts))

    def go_on(self, first: str) -> None:  # noqa: ARG002 - as it is called
        return

    def rendered_with(self, changes: Mapping[str, str], firsts: Collection[str] = ()) -> Rendering | None:  # noqa: ARG002 - all is small
        self.renderings += 1
        found = rendered({**self._texts, **changes})
        if found is None:
            return None
        return Rendering(Rendered(tuple(RenderedDocument(text, file) for file, text in found.items())), lambda text: text)

    def asked(self, *paths: tuple[str, ...]) -> dict[str, str | None]:
        """Return where the values at some paths of all objects are found to be written."""
        documents = rendered(self._texts) or {}
        questions = [Question(resource(text, file), file, path, "value") for file, text in documents.items() for path in paths]
        self.search.answer(questions)
        found = ((one, self.search.answers[one]) for one in questions)
        return {f"{one.file} {'.'.join(one.askings[0][0])}": place and f"{place.file}:{place.span.line}" for one, place in found}


def rendered(texts: Mapping[str, str]) -> dict[str, str] | None:
    values = dict(line.split(": ", 1) for line in texts.get(VALUES, "").splitlines())
    for text in texts.values():
        for name, needed in re.findall(r"\{\{ need (\w+) (\w+) \}\}", text):
            if values.get(name) != needed:
                return None
    templates = {file: re.sub(r"\{\{ need \w+ \w+ \}\}\n", "", text) for file, text in texts.items() if file != VALUES}
    return {file: re.sub(r"\{\{ (\w+) \}\}", lambda found: values[found[1]], text) for file, text in templates.items()}


def template(name: str, kind: str) -> str:
    return f"kind: Service\nmetadata:\n  name: {name}\nspec:\n  type: {kind}\n"


TYPE = ("spec", "type")
N = 20


@pytest.mark.parametrize("number", [N, 2 * N])
def test_the_same_text_in_many_files_takes_one_rendering(number: int) -> None:
    unit = Unit({f"{index}.yaml": template(f"a{index}", "NodePort") for index in range(number)})
    assert unit.asked(TYPE) == {f"{index}.yaml spec.type": f"{index}.yaml:5" for index in range(number)}
    assert unit.renderings == 1


@pytest.mark.parametrize("number", [N, 2 * N])
def test_many_values_of_one_file_take_as_many_renderings_as_few(number: int) -> None:
    values = "".join(f"kind{index}: Kind{index % 7}\nother{index}: Kind{index % 7}\n" for index in range(number))
    unit = Unit({VALUES: values, **{f"{index}.yaml": template(f"a{index}", f"{{{{ kind{index} }}}}") for index in range(number)}})
    assert unit.asked(TYPE) == {f"{index}.yaml spec.type": f"{VALUES}:{2 * index + 1}" for index in range(number)}
    assert unit.renderings <= 2


@pytest.mark.parametrize("number", [N, 2 * N])
def test_a_text_that_breaks_the_rendering_holds_up_few_others(number: int) -> None:
    values = "".join(f"kind{index}: Kind{index}\n" for index in range(number)) + "mode: live\n"
    texts = {f"{index}.yaml": template(f"a{index}", f"{{{{ kind{index} }}}}") for index in range(number)}
    unit = Unit({VALUES: values, **texts, "mode.yaml": "{{ need mode live }}\n" + template("mode", "{{ mode }}")})
    found = unit.asked(TYPE)
    assert {place for file, place in found.items() if file != "mode.yaml spec.type"} == {f"{VALUES}:{one + 1}" for one in range(number)}
    assert unit.renderings <= 2 * number.bit_length() + 10


@pytest.mark.parametrize("number", [N, 2 * N])
def test_what_answers_one_unit_is_tried_first_for_the_next(number: int) -> None:
    known: dict[Hashable, Candidate] = {}
    texts = {VALUES: "a: NodePort\nb: NodePort\n", "a.yaml": template("a", "{{ b }}")}
    units = [Unit({**texts, "own.yaml": template(f"own{index}", "ClusterIP")}, known) for index in range(number)]
    for one in units:
        assert one.asked(TYPE) == {"a.yaml spec.type": f"{VALUES}:2", "own.yaml spec.type": "own.yaml:5"}
    assert sum(one.renderings for one in units) <= 2 * number + 2


def test_what_answers_another_unit_is_not_believed() -> None:
    known: dict[Hashable, Candidate] = {}
    text = template("a", "{{ a }}")
    assert Unit({VALUES: "a: NodePort\nb: NodePort\n", "a.yaml": text}, known).asked(TYPE) == {"a.yaml spec.type": f"{VALUES}:1"}
    assert Unit({VALUES: "b: NodePort\na: NodePort\n", "a.yaml": text}, known).asked(TYPE) == {"a.yaml spec.type": f"{VALUES}:2"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("type: NodePort", "type"),
        ("  - type: 'NodePort'", "type"),
        ('"type" : "NodePort"', "type"),
        ("type NodePort", ""),
        ("- NodePort", ""),
        ("a: {b: c, type: NodePort}", "type"),
    ],
)
def test_the_key_of_a_text_is_what_stands_before_it_in_its_line(line: str, key: str) -> None:
    text = f"first: line\n{line}\n"
    (found,) = occurrences("a.yaml", text, "NodePort", "value")
    assert key_before(text, found) == key


IGNORED = "# k8slblint: ignore[node-port-in-production] reason"


@pytest.mark.parametrize("number", [3, 6])
def test_a_suppression_at_its_line_works_in_every_unit(number: int, tmp_path: Path) -> None:
    """At a template that many charts print from values, at the values themselves, and at a base that many overlays share."""
    files: dict[str, str] = {"base/kustomization.yaml": "resources: [web.yaml]\n"}
    files["base/web.yaml"] = SERVICE.format(type=f"NodePort {IGNORED} {number}")
    for index in range(number):
        files[f"overlays/o{index}/kustomization.yaml"] = f"resources: [../../base]\nnamePrefix: o{index}-\n"
        files[f"c{index}/Chart.yaml"] = CHART.format(name=f"c{index}")
        files[f"c{index}/values.yaml"] = f"other: NodePort\ntype: NodePort {IGNORED} v{index}\n"
        files[f"c{index}/templates/a.yaml"] = SERVICE.format(type="{{ .Values.type }}")
        files[f"c{index}/templates/b.yaml"] = SERVICE.format(type=f"NodePort {IGNORED} t{index}").replace("name: web", "name: api")
    write(tmp_path, files)
    report = scan(tmp_path, "--no-config", "--select", "node-port-in-production,unused-suppression")
    assert report["findings"] == []
    assert report["completeness"]["places_not_proven"] == 0
    assert all(one["origin"]["exact"] for one in report["suppressed"])
    reasons = {one["suppressed"]["reason"] for one in report["suppressed"]}
    assert reasons == {f"reason {number}", *(f"reason {where}{index}" for where in "vt" for index in range(number))}


@pytest.mark.parametrize(("comment", "is_proven"), [("", False), (f" {IGNORED}", True)])
def test_what_is_not_shown_is_proven_only_where_something_may_suppress_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: str, *, is_proven: bool
) -> None:
    """A comment that suppresses a doubtful finding has its use, although nobody sees either."""
    asked: list[Mapping[str, str]] = []
    render = RenderedUnit.rendered_with
    monkeypatch.setattr(RenderedUnit, "rendered_with", lambda self, *given: asked.append(given[0]) or render(self, *given))
    service = SERVICE.format(type="{{ .Values.type }}")
    write(tmp_path, chart(service, f"other: NodePort\ntype: NodePort{comment}\n"))
    report = scan(tmp_path, "--no-config", "--min-confidence", "high", "--select", "node-port-in-production,unused-suppression")
    assert (report["findings"], report["suppressed"]) == ([], [])
    assert bool(asked) == is_proven
    shown = scan(tmp_path, "--no-config", "--min-confidence", "low", "--select", "node-port-in-production,unused-suppression")
    (found,) = shown["suppressed" if comment else "findings"]
    assert (found["location"]["line"], found["confidence"] != "high") == (2, True)
