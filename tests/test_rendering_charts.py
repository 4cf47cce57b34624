"""A chart is read with its dependencies, the value sets beside it are found, and its archive holds what Helm would load."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from k8slblint.rendering.helm import archives, packer
from k8slblint.rendering.helm import charts as reading
from k8slblint.rendering.helm.charts import Chart
from k8slblint.rendering.helm.value_sets import conventional_value_sets
from k8slblint.rendering.helm.values import is_disabled
from k8slblint.rendering.units import RenderFailure
from tests import charts


def _archived(files: dict[str, str | bytes], top: Path) -> dict[str, bytes]:
    tree = charts.tree(top, files)
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    data = packer.archive(tree, chart)
    assert isinstance(data, bytes), data
    return _unpacked(data)


def _unpacked(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        return {entry.name.partition("/")[2]: (packed.extractfile(entry) or io.BytesIO()).read() for entry in packed}


def _packed_chart(name: str) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as packed:
        for path, text in (("Chart.yaml", charts.CHART.replace("web", name)), ("templates/a.yaml", "kind: Service\nmetadata: {name: a}\n")):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text)
            packed.addfile(entry, io.BytesIO(text.encode()))
    return output.getvalue()


def test_dependencies_are_found_unpacked_packed_and_beside_and_the_others_are_missing(tmp_path: Path) -> None:
    declared = """dependencies:
- {name: unpacked, version: 1.0.0}
- {name: packed, version: 1.0.0, repository: 'https://example.com', alias: p}
- {name: beside, version: 1.0.0, repository: 'file://../beside', condition: 'beside.enabled,all'}
- {name: outside, version: 1.0.0, repository: 'file://../../../etc'}
- {name: remote, version: 1.0.0, repository: 'oci://example.com/charts'}
- 7
"""
    tree = charts.tree(
        tmp_path,
        {
            **charts.chart({}, metadata=charts.CHART + declared),
            **charts.chart({}, "deploy/charts/other-name", charts.CHART.replace("web", "unpacked")),
            **charts.chart({}, "beside", charts.CHART.replace("web", "beside")),
            "deploy/charts/packed-1.0.0.tgz": _packed_chart("packed"),
            "deploy/charts/README.md": "",
            "deploy/charts/broken.tgz": b"no archive",
        },
    )
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    assert [(one.name, one.place) for one in chart.dependencies] == [
        ("unpacked", "deploy/charts/other-name"),
        ("packed", "deploy/charts/packed-1.0.0.tgz"),
        ("beside", "beside"),
        ("outside", ""),
        ("remote", ""),
    ]
    assert [one.name for one in chart.missing] == ["outside", "remote"]
    assert chart.local_dependencies == ("beside",)
    assert reading.template_places(tree, chart) == {
        "web": "deploy",
        "web/charts/unpacked": "deploy/charts/other-name",
        "web/charts/packed": "deploy/charts/packed-1.0.0.tgz",
        "web/charts/p": "deploy/charts/packed-1.0.0.tgz",
        "web/charts/beside": "beside",
    }


def test_requirements_of_helm_2_are_read(tmp_path: Path) -> None:
    chart = reading.read_chart(
        charts.tree(tmp_path, charts.chart({"requirements.yaml": "dependencies: [{name: db, repository: 'https://e.com'}]\n"})), "deploy"
    )
    assert isinstance(chart, Chart)
    assert [one.name for one in chart.missing] == ["db"]


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [("- a\n", "template"), ("name: [x]\n", "template"), ("name: a/b\n", "template"), ("a: [\n", "template"), ("", "template")],
)
def test_a_chart_that_cannot_be_read_is_a_failure(metadata: str, kind: str, tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, {"deploy/Chart.yaml": metadata})
    found = reading.read_chart(tree, "deploy")
    assert isinstance(found, RenderFailure)
    assert (found.kind, found.file) == (kind, "deploy/Chart.yaml")


def test_a_folder_without_a_chart_is_a_failure(tmp_path: Path) -> None:
    found = reading.read_chart(charts.tree(tmp_path, {"a": ""}), "deploy")
    assert isinstance(found, RenderFailure)
    assert found.kind == "missing"


SETS: dict[str, tuple[list[str], list[tuple[str, list[str]]]]] = {
    "by environment": (
        ["values.yaml", "values-prod.yaml", "values.staging.yaml", "dev-values.yml", "values/qa.yaml"],
        [("dev", ["dev-values.yml"]), ("prod", ["values-prod.yaml"]), ("staging", ["values.staging.yaml"]), ("qa", ["values/qa.yaml"])],
    ),
    "no sets": (
        ["values.yaml", "values.schema.json", "values-schema.yaml", "values.example.yaml", "secrets-values.enc.yaml", "my.values.txt"],
        [],
    ),
    "layers": (
        ["values-prod.yaml", "values-prod-eu.yaml", "values-production.yaml"],
        [
            ("prod-eu", ["values-prod.yaml", "values-prod-eu.yaml"]),
            ("prod", ["values-prod.yaml"]),
            ("production", ["values-production.yaml"]),
        ],
    ),
    "chart testing": (
        ["ci/default-values.yaml", "ci/lb-values.yaml", "ci/README.md"],
        [("ci/default", ["ci/default-values.yaml"]), ("ci/lb", ["ci/lb-values.yaml"])],
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_of_values_are_found_by_convention(name: str, tmp_path: Path) -> None:
    files, expected = SETS[name]
    tree = charts.tree(tmp_path, charts.chart(dict.fromkeys(files, "")))
    assert conventional_value_sets(tree, "deploy") == [(label, tuple(f"deploy/{file}" for file in found)) for label, found in expected]


def test_sets_of_values_beside_the_folder_of_the_only_chart_are_its(tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, {**charts.chart({}, "apps/caddy/charts/caddy"), "apps/caddy/values.production.yaml": ""})
    assert conventional_value_sets(tree, "apps/caddy/charts/caddy") == [("production", ("apps/caddy/values.production.yaml",))]


def test_values_above_the_folder_of_a_chart_are_its_own_where_their_name_says_so(tmp_path: Path) -> None:
    """`prometheus-values.yaml` beside `charts/runner` are those of another chart."""
    names = ("prometheus-values.yaml", "values/grafana.yaml", "values-prod.yaml", "charts/runner/values-any.yaml")
    tree = charts.tree(tmp_path, {"ops/charts/runner/Chart.yaml": charts.CHART, **{f"ops/{name}": "a: 1" for name in names}})
    assert [label for label, _ in conventional_value_sets(tree, "ops/charts/runner")] == ["any", "prod"]
    own = tree.overlaid({"ops/values/runner-a.yaml": b"a: 1"})
    assert [label for label, _ in conventional_value_sets(own, "ops/charts/runner")] == ["runner-a"]


def test_values_above_the_folder_of_the_only_chart_there_are_its_own(tmp_path: Path) -> None:
    names = ("values-prod.yaml", "values-any.yaml", "values.yaml")
    tree = charts.tree(tmp_path, {"deploy/web/Chart.yaml": charts.CHART, **{f"deploy/{name}": "a: 1" for name in names}})
    assert conventional_value_sets(tree, "deploy/web") == [("prod", ("deploy/values-prod.yaml",))]
    both = tree.overlaid({"deploy/api/Chart.yaml": charts.CHART.encode()})
    assert conventional_value_sets(both, "deploy/web") == []


def test_the_value_sets_of_a_chart_are_not_those_of_its_subcharts(tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, {**charts.chart({"values-prod.yaml": ""}), **charts.chart({}, "deploy/charts/sub")})
    assert conventional_value_sets(tree, "deploy/charts/sub") == []


def test_the_archive_holds_what_helm_would_load(tmp_path: Path) -> None:
    files = charts.chart(
        {
            ".helmignore": "*.md\n/secret/\n",
            "README.md": "x",
            "secret/a": "x",
            "templates/.hidden.yaml": "x",
            "templates/a.yaml": "x",
            "f/b": b"\xff",
        },
        metadata=charts.CHART + "kubeVersion: '>=1.20'\n",
    )
    found = _archived(files, tmp_path)
    assert set(found) == {"Chart.yaml", ".helmignore", "templates/a.yaml", "f/b"}
    assert found["f/b"] == b"\xff"
    assert b"kubeVersion" not in found["Chart.yaml"]


def test_a_link_inside_the_tree_is_followed_and_one_out_of_it_refused(tmp_path: Path) -> None:
    files = charts.chart({"templates/a.yaml": "x"})
    charts.tree(tmp_path / "top", {**files, "shared/_x.tpl": "y"})
    (tmp_path / "top/deploy/templates/shared").symlink_to("../../shared")
    assert _archived(files, tmp_path / "top")["templates/shared/_x.tpl"] == b"y"
    (tmp_path / "top/deploy/templates/b.yaml").symlink_to("/etc/hostname")
    tree = charts.tree(tmp_path / "top", {})
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    assert packer.archive(tree, chart) == RenderFailure(
        "missing", "`templates/b.yaml` is a link that points outside the tree", "deploy/templates/b.yaml"
    )


def test_folders_that_link_to_each_other_end_in_a_failure(tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, charts.chart({"templates/a.yaml": "x"}))
    (tmp_path / "deploy/templates/loop").symlink_to("..")
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    found = packer.archive(tree, chart)
    assert isinstance(found, RenderFailure)
    assert found.kind == "bounds"


def test_charts_that_depend_on_each_other_end_in_a_failure(tmp_path: Path) -> None:
    depends = "dependencies: [{{name: {0}, version: 1.0.0, repository: 'file://../{0}'}}]\n"
    tree = charts.tree(
        tmp_path,
        {
            **charts.chart({}, metadata=charts.CHART + depends.format("other")),
            **charts.chart(
                {}, "other", charts.CHART.replace("web", "other") + depends.format("deploy").replace("name: deploy", "name: web")
            ),
        },
    )
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    found = packer.archive(tree, chart)
    assert isinstance(found, RenderFailure)
    assert found.kind == "bounds"
    assert reading.template_places(tree, chart)["web"] == "deploy"


def test_a_file_that_helm_refuses_for_its_size_is_a_failure(tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, charts.chart({"big": b"\0" * (archives.FILE_LIMIT + 1)}))
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    found = packer.archive(tree, chart)
    assert isinstance(found, RenderFailure)
    assert found.kind == "bounds"


def test_the_files_of_a_chart_are_those_that_helm_renders_from(tmp_path: Path) -> None:
    tree = charts.tree(
        tmp_path, charts.chart({"values.yaml": "", "values-prod.yaml": "", "templates/a.yaml": "", "crds/b.yaml": "", "README.md": ""})
    )
    assert reading.chart_files(tree, "deploy") == [
        "deploy/Chart.yaml",
        "deploy/values.yaml",
        "deploy/templates/a.yaml",
        "deploy/crds/b.yaml",
    ]


def test_of_a_packed_chart_only_the_start_is_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * (3 * archives.FILE_LIMIT), 9)
    tree = charts.tree(tmp_path, {**charts.chart({}), "deploy/charts/bomb.tgz": bomb, "bomb.tgz": bomb})
    chart = reading.read_chart(tree, "deploy")
    assert isinstance(chart, Chart)
    assert chart.embedded == {}
    assert reading.read_chart(tree, "bomb.tgz") == RenderFailure("template", "the chart has no valid name", "bomb.tgz")


@pytest.mark.parametrize(
    ("values", "is_off"),
    [
        ({}, False),
        ({"db": {"enabled": False}}, True),
        ({"db": {"enabled": True}, "tags": {"storage": False}}, False),
        ({"db": "x", "all": False}, True),
        ({"db": {"enabled": "false"}, "all": {}}, False),
        ({"tags": {"storage": False}}, True),
        ({"tags": {"storage": False, "more": True}}, False),
        ({"tags": [1]}, False),
    ],
)
def test_a_condition_decides_before_the_tags(values: dict[str, Any], is_off: bool) -> None:
    dependency = reading.Dependency("db", conditions=("db.enabled", "all"), tags=("storage", "more"))
    assert is_disabled(dependency, {}, values) is is_off
