"""What a chart shows with other values of the charts below it: their switches, those of its own for them, and global ones."""

from pathlib import Path

import pytest

from k8slblint.rendering.helm import engine, native
from k8slblint.rendering.helm.parts import MOST_PARTS, chart_parts, with_defaults
from k8slblint.rendering.tree import SourceTree
from tests.test_rendering_variants import CHART, CONFIG, INGRESS, NODE_PORT, TEMPLATE, VALUES
from tests.whole_trees import Tree

RULE = "invalid-resource"
ALWAYS = TEMPLATE.replace("{{- if .Values.extra.enabled }}\n", "").replace("{{- end }}\n", "")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def whole(dependency: str, values: str, template: str, defaults: str = VALUES, folder: str = "whole/charts/part") -> dict[str, str]:
    """Return a chart with one below it, of the name `part`."""
    return {
        "whole/Chart.yaml": f"{CHART.replace('web', 'whole')}{dependency}",
        "whole/values.yaml": values,
        "whole/templates/c.yaml": CONFIG,
        f"{folder}/Chart.yaml": CHART.replace("web", "part"),
        f"{folder}/values.yaml": defaults,
        f"{folder}/templates/extra.yaml": template,
    }


DECLARED = "dependencies: [{name: part, version: 1.0.0, repository: 'file://REPO'MORE}]\n"
GLOBAL = TEMPLATE.replace(".Values.extra.enabled", ".Values.global.extra")

CASES = {
    "a switch of the part": (whole("", "a: 1\n", TEMPLATE), "`part.extra.enabled` is true"),
    "a switch that the whole states": (whole("", "part: {extra: {enabled: false}}\n", TEMPLATE), "`part.extra.enabled` is true"),
    "a switch of the whole": (
        whole(DECLARED.replace("MORE", ", condition: part.enabled"), "part: {enabled: false}\n", ALWAYS),
        "`part.enabled` is true",
    ),
    "both": (
        whole(DECLARED.replace("MORE", ", condition: part.enabled"), "part: {enabled: false}\n", TEMPLATE),
        "`part.enabled` is true and `part.extra.enabled` is true",
    ),
    "a global value": (whole("", "global: {extra: false}\n", GLOBAL), "`global.extra` is true"),
    "a global value of the part": (
        whole("", "a: 1\n", GLOBAL, f"{VALUES}global: {{extra: false}}\n"),
        "`global.extra` is true",
    ),
    "an alias": (
        whole(
            DECLARED.replace("REPO", "../part").replace("MORE", ", alias: other"), "other: {}\n", TEMPLATE, folder="part"
        ),
        "`other.extra.enabled` is true",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_fault_behind_a_switch_below(tmp_path: Path, case: str) -> None:
    files, when = CASES[case]
    (found,) = Tree(files, tmp_path).report()["findings"]
    assert (found["rule"], found["severity"], found["confidence"]) == (RULE, "warning", "medium")
    assert found["why"].startswith(f"Only when {when}. ")


SILENT = {
    "what the whole gives is no mapping": whole("", "part: none\n", TEMPLATE),
    "what the part asks for is empty": whole("", "part: {}\n", TEMPLATE, "extra: {enabled: ''}\n"),
}


@pytest.mark.parametrize("case", SILENT)
def test_what_would_be_a_guess_is_no_variant(tmp_path: Path, case: str) -> None:
    assert Tree(SILENT[case], tmp_path).findings() == []


def test_a_node_port_that_an_ingress_of_a_part_needs_is_meant(tmp_path: Path) -> None:
    ingress = INGRESS.replace("CLASS", "alb").replace("ANNOTATIONS", "").replace("NAME", "web")
    files = whole("", "a: 1\n", ingress, "aws: {enabled: false}\n")
    assert Tree({**files, "whole/charts/part/templates/s.yaml": NODE_PORT}, tmp_path).findings() == []


def test_charts_that_depend_on_each_other_have_an_end(tmp_path: Path) -> None:
    many = "".join(f"- {{name: b, version: 1.0.0, repository: 'file://../b', alias: b{number}}}\n" for number in range(30))
    files = {f"{name}/Chart.yaml": f"{CHART.replace('web', name)}dependencies:\n{many}" for name in "ab"}
    Tree({**files, "a/values.yaml": "{}\n", "b/values.yaml": "c: 1\n"}, tmp_path)
    tree = SourceTree(str(tmp_path))
    parts = chart_parts(tree, "a")
    assert len(parts) == MOST_PARTS
    assert with_defaults(tree, parts, {"b0": {"c": 2}})["b1"]["c"] == 1


def test_variants_print_no_more_than_the_defaults_of_a_large_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    ask = native.by_native
    monkeypatch.setattr(engine, "by_native", lambda *given: (asked.append(given), ask(*given))[1])

    def renderings(size: int) -> int:
        asked.clear()
        switches = [f"extra{number}" for number in range(9)]
        values = "".join(f"{name}: {{enabled: false, type: ClusterIP}}\n" for name in switches)
        both = "".join(TEMPLATE.replace("extra", name).replace("  clusterIp: None\n", "") + "---\n" for name in switches)
        config = f"{CONFIG}data: {{a: {'x' * size}}}\n"
        files = {"Chart.yaml": CHART, "values.yaml": values, "templates/c.yaml": config, "templates/extra.yaml": both}
        Tree({f"{size}/web/{path}": text for path, text in files.items()}, tmp_path).report(target=str(size))
        return len(asked)

    assert renderings(1000) == 1 + 3
    assert renderings(300_000) == 1 + 1
