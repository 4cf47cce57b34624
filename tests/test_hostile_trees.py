"""Attacks that a tree may try and that must stay without effect: each says what an attacker would have won."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from k8slblint.commands.cli import cli
from tests.charts import helm

FOREIGN = "TEXT-OF-ANOTHER-FILE"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {externalIPs: [198.51.100.7], ports: [{port: 80}]}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: in-chart, annotations: {read: {{ .Values.read | quote }}}}\n"
    "spec: {externalIPs: [198.51.100.7], ports: [{port: 80}]}\n"
)
pytestmark = pytest.mark.usefixtures("names_of_any_length")

ALL_FORMATS = ("text", "concise", "json", "sarif", "github")


@pytest.fixture(autouse=True)
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository as the working folder, with a file, a folder and a chart outside of it that nothing may read."""
    monkeypatch.setenv("PATH", os.pathsep.join((os.environ["PATH"], os.path.dirname(helm()))))
    outside = tmp_path / "outside"
    write(outside, {"secret.txt": FOREIGN, "values.yaml": f"read: {FOREIGN}\n", "svc.yaml": SERVICE % FOREIGN.lower()})
    write(
        outside,
        {"chart/Chart.yaml": CHART, "chart/templates/a.yaml": SERVICE % FOREIGN.lower(), "kustomization.yaml": "resources: [svc.yaml]\n"},
    )
    folder = tmp_path / "tree"
    write(folder, {".git/HEAD": "ref: refs/heads/main\n", "control.yaml": SERVICE % "control"})
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def link(path: str, target: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).symlink_to(target)


def ran(*arguments: str) -> Result:
    """Return a scan that ends as one may: with a report, or with one sentence."""
    result = CliRunner().invoke(cli, ["scan", ".", "--color", "never", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code in (0, 1) or result.stderr.startswith("k8slblint: "), result.output
    assert FOREIGN not in result.output
    assert FOREIGN.lower() not in result.output
    return result


def report(*arguments: str) -> dict[str, Any]:
    result = ran("--format", "json", *arguments)
    assert result.exit_code in (0, 1), result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert "control" in json.dumps(told["findings"]), "what stands beside it is linted all the same"
    return told


def failures(told: dict[str, Any]) -> list[str]:
    """Return what is said about what could not be rendered."""
    found = [finding["message"] for finding in told["findings"] if finding["rule"] == "render-failed"]
    return found + [one["reason"] for one in told["completeness"].get("not_rendered", ())]


def application(**source: Any) -> str:
    spec = {"source": {"repoURL": ".", "path": "web", **source}, "destination": {"namespace": "shop"}}
    return json.dumps({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": spec})


def chart(template: str = TEMPLATE, values: str = "read: nothing\n") -> dict[str, str]:
    return {"web/Chart.yaml": CHART, "web/values.yaml": values, "web/templates/svc.yaml": template}


def _is_rendered(told: dict[str, Any], name: str = "in-chart") -> bool:
    return any(name in finding["message"] and finding["rule"] == "external-ips" for finding in told["findings"])


# --- out of the tree --------------------------------------------------------------------------------------------------------------

OUT = ("../../outside/{}", "../../../../../../../../../../{}", "{absolute}", "link/{}", "./a/../../../outside/{}")


def out(pattern: str, top: Path, name: str) -> str:
    outside = top.parent / "outside"
    return pattern.format(str(outside / name).lstrip("/") if pattern.count("..") > 4 else name, absolute=outside / name)


@pytest.mark.parametrize("pattern", OUT)
@pytest.mark.parametrize(
    "field", ["resources", "components", "patches", "configMapGenerator", "generators", "openapi", "crds", "replacements"]
)
def test_a_kustomization_reads_nothing_out_of_the_tree(top: Path, pattern: str, field: str):
    name = "" if field == "components" else "svc.yaml"
    path = out(pattern, top, name)
    value = {
        "patches": [{"path": path}],
        "replacements": [{"path": path}],
        "configMapGenerator": [{"name": "x", "files": [path]}],
        "openapi": {"path": path},
    }.get(field, [path])
    write(top, {"k/kustomization.yaml": json.dumps({"resources": ["svc.yaml"]} | {field: value}), "k/svc.yaml": SERVICE % "in-k"})
    link("k/link", "../../outside")
    assert failures(report()), "it is not built, and says so"


def test_a_kustomization_of_the_tree_is_built(top: Path):
    write(top, {"k/kustomization.yaml": "resources: [svc.yaml]\nnamePrefix: built-\n", "k/svc.yaml": SERVICE % "in-k"})
    assert _is_rendered(report(), "built-in-k")


@pytest.mark.parametrize("target", ["../../../outside/svc.yaml", "{outside}/svc.yaml", "../../../outside", "loop"])
def test_a_chart_has_no_files_that_links_lead_out_to(top: Path, target: str):
    write(top, chart())
    link("web/templates/loop", target.format(outside=top.parent / "outside"))
    assert failures(report()), "it is not rendered, and says so"


@pytest.mark.parametrize("place", ["web/charts/sub", "web/extra"])
def test_a_chart_has_no_folders_that_links_lead_out_to(top: Path, place: str):
    write(top, chart('# {{ .Files.Get "extra/secret.txt" }}{{ (.Files.Glob "**").AsConfig }}\n' + TEMPLATE))
    link(place, "../../../outside/chart" if "charts" in place else "../../outside")
    report()


@pytest.mark.parametrize("pattern", OUT)
@pytest.mark.parametrize("field", ["valueFiles", "fileParameters"])
def test_an_application_reads_no_values_out_of_the_tree(top: Path, pattern: str, field: str):
    path = out(pattern, top, "values.yaml")
    given: list[Any] = [path] if field == "valueFiles" else [{"name": "read", "path": path}]
    write(top, {**chart(), "app.yaml": application(helm={field: given})})
    link("web/link", "../../outside")
    told = report()
    assert failures(told)
    assert not _is_rendered(told)


@pytest.mark.parametrize("path", ["..", "../outside/chart", "web/../../outside/chart", "/", "link/chart", ".git"])
def test_an_application_deploys_nothing_out_of_the_tree(top: Path, path: str):
    write(top, {**chart(), "app.yaml": application(path=path)})
    link("link", "../outside")
    assert failures(report())


@pytest.mark.parametrize("path", ["../outside/values.yaml", "{absolute}", "link/values.yaml"])
def test_a_configuration_names_no_values_out_of_the_repository(top: Path, path: str):
    stated = {"path": "web", "values": [path.format(absolute=top.parent / "outside" / "values.yaml")]}
    write(top, {**chart(), ".k8slblint.yaml": json.dumps({"rendering": {"charts": [stated]}})})
    link("link", "../outside")
    ran("--format", "json")


# --- values that parsers disagree on ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ['"a\\0b"', '"\\ud800"', ".nan", ".inf", "-.inf", "1e999", '"\\uFFFE"', "0x" + "f" * 400, "9" * 5000, "!!binary YQ=="]
)
def test_a_value_that_json_cannot_hold_costs_at_most_its_chart(top: Path, written: str):
    write(top, chart(values=f"read: {written}\n"))
    report()


@pytest.mark.parametrize("place", ["generators", "transformers", "validators"])
@pytest.mark.parametrize("kind", ["{a: b}", "[a]", "null", "1", "[[a]]"])
def test_a_plug_in_of_no_kind_costs_only_its_kustomization(top: Path, place: str, kind: str):
    write(top, {"k/kustomization.yaml": f"resources: [svc.yaml]\n{place}: [plugin.yaml]\n", "k/svc.yaml": SERVICE % "in-k"})
    write(top, {"k/plugin.yaml": f"apiVersion: builtin\nkind: {kind}\nmetadata: {{name: x}}\n"})
    assert failures(report())


@pytest.mark.parametrize("place", ["sub", "web/charts/sub"])
@pytest.mark.parametrize("field", ["name", "alias", "version", "condition", "repository"])
@pytest.mark.parametrize("text", ["\\ud800", "a\\0b", "..", "../../x", "a/b", "\\u202e"])
def test_a_dependency_of_an_odd_name_costs_at_most_its_chart(top: Path, place: str, field: str, text: str):
    dependency = {"name": "sub", "version": "1.0.0", "repository": "file://../sub"}
    metadata = json.dumps({"apiVersion": "v2", "name": "web", "version": "1.0.0", "dependencies": [{**dependency, field: "ODD"}]})
    write(top, {**chart(), "web/Chart.yaml": metadata.replace("ODD", text), "sub/templates/a.yaml": SERVICE % "in-sub"})
    name = text if field == "name" else "sub"
    write(top, {f"{place}/Chart.yaml": f'{{"apiVersion": "v2", "name": "{name}", "version": "1.0.0"}}'})
    report()


@pytest.mark.parametrize("levels", [6, 12, 30])
def test_a_billion_laughs_are_not_laughed(top: Path, levels: int):
    laughs = ["l0: &l0 [ha, ha]"] + [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    write(top, {"laughs.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  " + "\n  ".join(laughs) + "\n"})
    write(top, chart(values="\n".join(laughs) + "\n"))
    report()


# --- options ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["--post-renderer=./run.sh", "-f/etc/passwd", "x --post-renderer=./run.sh", "--", "a,b --debug"])
@pytest.mark.parametrize("field", ["releaseName", "namespace", "kubeVersion", "apiVersions"])
def test_no_field_becomes_an_option_of_helm(top: Path, text: str, field: str):
    mark = top.parent / "mark"
    write(top, {**chart(), "run.sh": f"#!/bin/sh\ntouch {mark}\ncat\n", "web/run.sh": f"#!/bin/sh\ntouch {mark}\ncat\n"})
    os.chmod("run.sh", 0o755)  # noqa: S103 - so that it could be run
    write(top, {"app.yaml": application(helm={field: [text] if field == "apiVersions" else text})})
    report()
    assert not mark.exists()


# --- what is found on PATH --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [".", "", "./bin"])
@pytest.mark.parametrize("program", ["helm", "kustomize", "kubectl"])
def test_no_renderer_is_taken_from_the_tree(top: Path, monkeypatch: pytest.MonkeyPatch, entry: str, program: str):
    mark = top.parent / "mark"
    script = f"#!/bin/sh\ntouch {mark}\n"
    write(
        top,
        {
            **chart(),
            program: script,
            f"bin/{program}": script,
            "k/kustomization.yaml": "resources: [svc.yaml]\n",
            "k/svc.yaml": SERVICE % "in-k",
        },
    )
    for path in (program, f"bin/{program}"):
        os.chmod(path, 0o755)  # noqa: S103 - so that it could be run
    monkeypatch.setenv("PATH", os.pathsep.join((entry, os.environ["PATH"])))
    report()
    assert not mark.exists()


def test_the_command_imports_nothing_from_the_tree(top: Path):
    mark = top.parent / "mark"
    names = (
        "click",
        "yaml",
        "tempfile",
        "json",
        "sitecustomize",
        "usercustomize",
        "resource",
        "jsonschema",
        "ruamel",
        "subprocess",
        "tarfile",
    )
    write(top, {f"{name}.py": f"open({str(mark)!r}, 'w')\n" for name in names} | chart())
    write(top, {"k/kustomization.yaml": "resources: [svc.yaml]\n", "k/svc.yaml": SERVICE % "in-k"})
    script = os.path.join(os.path.dirname(sys.executable), "k8slblint")
    run = subprocess.run([script, "scan", ".", "--format", "json"], capture_output=True, text=True, check=False)
    assert "control" in run.stdout, run.stderr
    assert not mark.exists()


# --- what people, terminals and runners are shown ---------------------------------------------------------------------------------

NAMES = {
    "escape": "a\x1b[2J\x1b[31mb",
    "bidi": "a\u202eb\u2066c",
    "new line": "a\n::error::FORGED\nb",
    "carriage return": "a\r::error::FORGED",
    "workflow command": "::error::FORGED",
    "bell": "a\x07\x9b2Jb",
    "markdown": "](https://evil.example) `<img src=x>`",
    "azure": "##vso[task.prependpath]x",
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("form", ALL_FORMATS)
@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_the_name_of_a_folder_speaks_to_nobody(top: Path, form: str, name: str):
    name = name.replace("/", "_")
    write(
        top,
        {f"{name}/svc.yaml": SERVICE % "web", f"{name}/broken.yaml": "a: [", f"{name}/k/kustomization.yaml": "resources: [none.yaml]\n"},
    )
    shown = ran("--format", form, "--explain-scope").output
    assert "svc.yaml" in shown
    for line in shown.splitlines():
        assert not line.lstrip().startswith(("::error::", "##vso[")), line
        assert all(character.isprintable() or character == "\t" for character in line), line
    assert "##vso[" not in shown


@pytest.mark.parametrize(
    "name", ["](https://evil.example)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "`code`", "a](b", "![x](y)"]
)
def test_a_message_of_sarif_links_to_nothing_that_a_manifest_says(top: Path, name: str):
    value = json.loads(json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}))
    write(top, {"svc.json": json.dumps({**value, "spec": {"type": name, "ports": [{"port": name}], "selector": {name: name}}})})
    told = json.loads(ran("--format", "sarif").stdout)
    texts = [result["message"] for result in told["runs"][0]["results"]]
    assert texts
    for text in texts:
        assert not _links(text["text"], name), text


def _links(text: str, name: str) -> bool:
    """Tell whether a text of SARIF holds a link with what a manifest says as its target: `[text](target)`, unless escaped."""
    at = text.find("](")
    while at >= 0:
        if text[at - 1] != "\\" and "[" in text[:at] and name in text:
            return True
        at = text.find("](", at + 2)
    return False
