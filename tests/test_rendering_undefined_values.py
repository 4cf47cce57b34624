"""Values that templates read and nothing defines, beside near ones that nothing reads."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  ports: [{{port: 80}}]\n  selector: {{app: web}}\n  x: {}\n"
RULE = "chart-value-undefined"


def found(folder: Path, template: str, values: str, **more: str) -> list[tuple[str, int]]:
    files = {"web/Chart.yaml": CHART, "web/templates/s.yaml": template, "web/values.yaml": values, **more}
    report = Tree(files, folder).findings("--select", f"{RULE},invalid-resource")
    return [(Path(path).name, line) for rule, path, line in report if rule == RULE]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


MISTAKES = {
    "a letter too few": ("{{ .Values.service.annotation | toJson }}", "service: {annotations: {}}\n"),
    "another case": ("{{ .Values.service.loadBalancerIp }}", "service: {loadBalancerIP: 192.0.2.1}\n"),
    "two letters in each other's place": ("{{ .Values.service.tpye }}", "service: {type: NodePort}\n"),
    "at the top": ("{{ .Values.sevrice }}", "service: x\n"),
    "within a condition": ("{{ if .Values.service.enable }}a{{ end }}", "service: {enabled: true}\n"),
    "further down": ("{{ if .Values.on }}{{ .Values.service.ports.http }}{{ end }}", "on: false\nservice: {port: 80}\n"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_value_that_is_read_under_a_near_name_is_found(case: str, tmp_path: Path) -> None:
    text, values = MISTAKES[case]
    assert found(tmp_path, f"# {text}\n", values) == [("s.yaml", 1)]


FINE = {
    "an option that has no default": ("{{ .Values.service.nodePort }}", "service: {type: NodePort}\n"),
    "both are read": ("{{ .Values.a.hosts }}{{ .Values.a.host }}", "a: {host: x}\n"),
    "the near one is read below a `with`": ("{{ .Values.a.hosts }}{{ with .Values.a }}{{ .host }}{{ end }}", "a: {host: x}\n"),
    "the near one is read by its name": ('{{ .Values.a.hosts }}{{ index .Values.a "host" }}', "a: {host: x}\n"),
    "the mapping is printed": ("{{ .Values.a.hosts }}{{ toYaml .Values.a | nindent 2 }}", "a: {host: x}\n"),
    "all values are handed on": ("{{ .Values.a.hosts }}{{ toYaml .Values }}", "a: {host: x}\n"),
    "the mapping is empty": ("{{ .Values.a.hosts }}", "a: {}\n"),
    "short names": ("{{ .Values.a.ip }}", "a: {id: x}\n"),
    "the values of all charts": ("{{ .Values.globals.x }}{{ .Values.global.hosts }}", "global: {host: x}\n"),
}


@pytest.mark.parametrize("case", FINE)
def test_what_may_be_meant_is_not_reported(case: str, tmp_path: Path) -> None:
    text, values = FINE[case]
    assert found(tmp_path, f"# {text}\n", values) == []


def test_another_set_of_values_may_define_it(tmp_path: Path) -> None:
    text = "# {{ .Values.a.hosts }}\n"
    assert found(tmp_path, text, "a: {host: x}\n", **{"web/values-prod.yaml": "a: {hosts: [x]}\n"}) == []


def test_templates_of_a_library_may_read_the_near_one(tmp_path: Path) -> None:
    metadata = f"{CHART}dependencies: [{{name: common, version: 1.0.0, repository: 'https://charts.example.com'}}]\n"
    assert found(tmp_path, "# {{ .Values.a.hosts }}\n", "a: {host: x}\n", **{"web/Chart.yaml": metadata}) == []


def test_the_place_and_the_words(tmp_path: Path) -> None:
    template = SERVICE.format("{{ .Values.service.kindd.x }}")
    files = {"web/Chart.yaml": CHART, "web/templates/s.yaml": template, "web/values.yaml": "service: {kind: a}\n"}
    (one,) = (each for each in Tree(files, tmp_path).report()["findings"] if each["rule"] == RULE)
    assert one["headline"] == "No values define `service.kindd`, which the template reads"
    assert template.splitlines()[6][one["location"]["column"] - 1 : one["location"]["end_column"] - 1] == ".Values.service.kindd"
    assert (one["label"], one["severity"], one["confidence"]) == ("did you mean service.kind?", "warning", "medium")


def test_a_value_that_several_templates_read_is_one_finding(tmp_path: Path) -> None:
    files = {f"web/templates/{name}.yaml": "# {{ .Values.a.hosts }}\n" for name in ("s", "t")}
    files |= {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "a: {host: x}\nb: {port: 1}\n",
        "web/templates/u.yaml": "# {{ .Values.b.ports }}\n",
    }
    report = Tree(files, tmp_path).report("--select", f"{RULE},invalid-resource")["findings"]
    told = [(Path(one["location"]["path"]).name, one["headline"]) for one in report if one["rule"] == RULE]
    assert told == [
        ("s.yaml", "No values define `a.hosts`, which 2 templates read"),
        ("u.yaml", "No values define `b.ports`, which the template reads"),
    ]
