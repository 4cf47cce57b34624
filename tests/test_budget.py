"""What a tree may take: each hostile input ends soon, in little memory, and the rest is reported."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.budget import Budget, BudgetSpentError, Limits, OverLimitError, alarm
from k8slblint.commands.cli import cli

SECONDS = 30
"""A generous ceiling of processor time, renderers included: each input takes some 5 s of it, and took minutes or hours without limits."""

MEGABYTES = 300

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: beside}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n"
CHART = "apiVersion: v2\nname: {}\nversion: 1.0.0\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"

Files = dict[str, str | bytes]


def write(folder: Path, files: Files) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def tgz(files: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


def chart(**files: str | bytes) -> Files:
    return {"web/Chart.yaml": CHART.format("web"), "web/templates/a.yaml": CONFIG_MAP, **files}


def _long_name() -> Files:
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = b"L", 2_000_000_000
    start = entry.tobuf(tarfile.GNU_FORMAT)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(start)
        for _ in range(64):
            stream.write(b"a" * 1_000_000)
    return chart(**{"web/charts/sub.tgz": packed.getvalue()})


def _archives_in_archives() -> Files:
    inner = tgz({f"in/{number}": bytes(4_900_000) for number in range(18)})
    return chart(
        **{"web/charts/sub.tgz": tgz({"sub/Chart.yaml": CHART.format("sub").encode()} | {f"sub/charts/{n}.tgz": inner for n in range(60)})}
    )


def _large_files_in_archives() -> Files:
    inner = tgz({"in/zeros": bytes(90_000_000)})
    return chart(**{"web/charts/sub.tgz": tgz({f"sub/charts/{number}.tgz": inner for number in range(60)})})


def _aliases() -> Files:
    files: Files = {}
    for level in range(15):
        name = "web" if not level else f"c{level}"
        below = "".join(
            f"- {{name: c{level + 1}, version: 1.0.0, repository: 'file://../c{level + 1}', alias: {alias}}}\n" for alias in "ab"
        )
        files[f"{name}/Chart.yaml"] = CHART.format(name) + (f"dependencies:\n{below}" if level < 14 else "")
    return files | {"web/templates/a.yaml": CONFIG_MAP}


def _diamonds(levels: int = 25) -> Files:
    files: Files = {"web/templates/a.yaml": CONFIG_MAP}
    for level in range(levels):
        for side in ("l", "r") if level else ("",):
            name = f"{side}{level}" if level else "web"
            below = "".join(f"- {{name: {one}{level + 1}, version: 1.0.0, repository: 'file://../{one}{level + 1}'}}\n" for one in "lr")
            files[f"{name}/Chart.yaml"] = CHART.format(name) + (f"dependencies:\n{below}" if level < levels - 1 else "")
    return files


def _substitution(text: str, variables: dict[str, str]) -> Files:
    flux = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {
            "path": "./apps",
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
            "postBuild": {"substitute": variables},
        },
    }
    service = SERVICE.replace("beside", "web") + "---\n" + CONFIG_MAP + f"data:\n  a: '{text}'\n"
    return {"flux.json": json.dumps(flux), "apps/kustomization.yaml": "resources: [a.yaml]\n", "apps/a.yaml": service}


def _application_set(generators: list[Any], template: dict[str, Any], **spec: Any) -> Files:
    one = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "web"},
        "spec": {"generators": generators, "template": template, **spec},
    }
    return {**chart(), "set.json": json.dumps(one)}


def _template(text: str) -> dict[str, Any]:
    source = {"repoURL": ".", "path": "web", "helm": {"values": f"a: '{text}'\n"}}
    return {"metadata": {"name": "web"}, "spec": {"source": source, "destination": {"namespace": "shop"}}}


def _replacing(function: str) -> Files:
    pipes = f" | {function}" * (6 if function.startswith("replace") else 40)
    elements = [{"list": {"elements": [{"p": "a" * 20 if function.startswith("replace") else '"'}]}}]
    return _application_set(elements, _template("{{ .p" + pipes + " }}"), goTemplate=True)


def _braces() -> Files:
    return _application_set([{"list": {"elements": [{"p": "a"}]}}], _template("{{ " * 10_000), goTemplate=True)


def _matrix() -> Files:
    lists = [{"list": {"elements": [{name: f"{n}"} for n in range(1500)]}} for name in ("a", "b")]
    lists[1]["list"]["elements"] = [{"b": "{{ .a }}-" + str(n)} for n in range(1500)]
    lists[1]["selector"] = {"matchLabels": {"b": "none"}}
    return _application_set([{"matrix": {"generators": lists}}], _template("x"), goTemplate=True)


def _parameters() -> Files:
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web"},
        "spec": {
            "source": {
                "repoURL": ".",
                "path": "web",
                "helm": {"parameters": [{"name": f"p{number}[65535]", "value": "1"} for number in range(600)]},
            },
            "destination": {"namespace": "shop"},
        },
    }
    return {**chart(), "app.json": json.dumps(application)}


def _range(count: int) -> Files:
    text = (
        f"{{{{ range $i := until {count} }}}}\n---\n"
        + SERVICE.replace("beside", "web-{{ $i }}").replace(", nodePort: 30080", "")
        + "{{ end }}\n"
    )
    return chart(**{"web/templates/a.yaml": text})


def _large_manifests() -> Files:
    return {
        f"m{number}.yaml": CONFIG_MAP + "data:\n" + "  a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 400_000 for number in range(20)
    }


def _one_line() -> Files:
    service = SERVICE.replace("beside", "web").replace("NodePort", "{{ .Values.type }}")
    return chart(**{"web/templates/a.yaml": service, "web/values.yaml": "type: NodePort\n" + "# " + "NodePort " * 90_000 + "\n"})


def _blanks() -> Files:
    service = SERVICE.replace("beside", "web").replace("type: NodePort", 'type: {{ print "Node" "Port" }}')
    return chart(**{"web/templates/a.yaml": " " * 100_000 + "# kind\n" + service})


BOUNDED: dict[str, Callable[[], Files]] = {
    "a header of 2 GB in an archive": _long_name,
    "archives in an archive": _archives_in_archives,
    "large files in archives": _large_files_in_archives,
    "aliases of aliases": _aliases,
    "diamonds of dependencies": _diamonds,
    "a variable of 100 KB, 10,000 times": lambda: _substitution("${A}" * 10_000, {"A": "a" * 100_000}),
    "replace": lambda: _replacing('replace "a" "aaaaaaaaaaaaaaaaaaaa"'),
    "quote": lambda: _replacing("quote"),
    "parameters far out": _parameters,
    "60,000 Services of one chart": lambda: _range(60_000),
    "a matrix of 1,500 x 1,500": _matrix,
    "manifests of 360 MB": _large_manifests,
}
"""Inputs that are refused."""

CHEAP: dict[str, Callable[[], Files]] = {
    "a default of 40,000 variables": lambda: _substitution("${a:=" + "${b}" * 40_000 + "}", {"b": "c"}),
    "10,000 braces": _braces,
    "1,000 Services of one chart": lambda: _range(1_000),
    "one long line": _one_line,
    "many blanks": _blanks,
}
"""Inputs that are worked through."""

_MEASURED = """\
import os, re, sys
from k8slblint.commands.cli import cli
try:
    cli.main(["scan", sys.argv[1], "--format", "json", "--environment", "production", *sys.argv[2:]], standalone_mode=False)
except SystemExit as ended:
    status = ended.code
most = int(re.search("VmHWM: *\\\\s*([0-9]+)", open("/proc/self/status").read())[1]) // 1000 if sys.platform == "linux" else 0
print(status, sum(os.times()[:4]), most, file=sys.stderr)
"""
"""`ru_maxrss` is that of the parent where it is larger (Linux, getrusage(2)), and the parent makes the inputs."""


def measured(folder: Path, *options: str) -> tuple[dict[str, Any], int, float, int]:
    """Return the report of a scan in a process of its own, its exit status, its seconds of work and its megabytes."""
    run = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(folder), *options], capture_output=True, timeout=SECONDS * 20, check=False, text=True
    )
    assert run.returncode == 0, run.stderr
    status, seconds, megabytes = run.stderr.split()[-3:]
    return json.loads(run.stdout), int(status), float(seconds), int(megabytes)


def _check(tmp_path: Path, files: Files) -> tuple[dict[str, Any], int]:
    write(tmp_path, {"a-beside.yaml": SERVICE, **files})
    (tmp_path / ".git").mkdir()
    report, status, seconds, megabytes = measured(tmp_path)
    assert "beside" in {one["resource"]["name"] for one in report["findings"] if one["rule"] == "node-port-in-production"}
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    return report, status


@pytest.mark.parametrize("case", BOUNDED)
def test_what_takes_too_much_is_refused_and_the_rest_reported(tmp_path: Path, case: str) -> None:
    report, _ = _check(tmp_path, BOUNDED[case]())
    seen = report["completeness"]
    said = json.dumps([[unit["failure"] for unit in seen["units"]], seen["not_rendered"], seen["budget"]])
    assert any(word in said for word in ("more than", "too many", "so large", "of this size", "a header", "was stopped", "bytes_read")), (
        said
    )


@pytest.mark.parametrize("case", CHEAP)
def test_what_took_too_long_is_worked_through(tmp_path: Path, case: str) -> None:
    report, status = _check(tmp_path, CHEAP[case]())
    assert (status, report["completeness"]["budget"]) == (1, None)


def test_a_forest_of_links_that_ends_in_what_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, {**chart(), "web/.helmignore": "*.txt\n", "web/l24/end.txt": "x"})
    for level in range(24):
        (tmp_path / f"web/l{level}").mkdir()
        for name in "ab":
            (tmp_path / f"web/l{level}/{name}").symlink_to(f"../l{level + 1}")
    report, _ = _check(tmp_path, {})
    assert "too many files or folders" in json.dumps(report["completeness"]["units"])


def test_each_finding_of_many_services_is_at_its_line(tmp_path: Path) -> None:
    write(tmp_path, _range(300))
    report, _, _, _ = measured(tmp_path)
    found = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    assert {(one["location"]["line"], one["origin"]["exact"]) for one in found} == {(6, True)}
    assert report["completeness"]["places_not_proven"] == 0


def test_a_slow_chart_is_not_rendered_again_and_again(tmp_path: Path) -> None:
    loop = '{{ range until 300 }}{{ range until 300 }}{{ $x := printf "%d%s" 1 (repeat 40 "a") | sha256sum }}{{ end }}{{ end }}\n'
    values = {f"web/values-{name}.yaml": f"a: {name}\n" for name in ("dev", "prod", "stage")}
    write(tmp_path, chart(**values, **{"web/templates/b.yaml": loop + SERVICE.replace("beside", "web")}))
    report, _ = _check(tmp_path, {})
    assert report["completeness"]["budget"] is None


# the budget of the run


def scanned(folder: Path, *options: str) -> tuple[dict[str, Any], int]:
    result = CliRunner().invoke(cli, ["scan", str(folder), "--format", "json", "--environment", "production", *options])
    return json.loads(result.stdout), result.exit_code


@pytest.mark.parametrize(
    ("limit", "spender"), [("bytes_read=300", "b.yaml"), ("objects=2", "b.yaml"), ("charts=1", "Chart.yaml"), ("bytes_rendered=20", "db")]
)
def test_a_budget_that_is_spent_ends_the_run_with_a_report(tmp_path: Path, limit: str, spender: str) -> None:
    write(tmp_path, {"a.yaml": SERVICE, "b.yaml": SERVICE + "---\n" + SERVICE.replace("beside", "more"), **chart()})
    write(tmp_path, {"db/Chart.yaml": CHART.format("db"), "db/templates/a.yaml": CONFIG_MAP})
    report, status = scanned(tmp_path, "--budget", limit)
    assert status == 2
    assert report["completeness"]["budget"]["limit"] == limit.partition("=")[0]
    assert spender in report["completeness"]["budget"]["spent_by"]
    assert "node-port-in-production" in {one["rule"] for one in report["findings"]}


def test_the_time_that_is_spent_ends_the_run_with_a_report(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SERVICE, **chart()})
    report, status = scanned(tmp_path, "--budget", "seconds=0.000001")
    assert (status, report["completeness"]["budget"]["limit"]) == (2, "seconds")


def test_the_text_says_what_ended_the_run(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SERVICE, "b.yaml": SERVICE})
    result = CliRunner().invoke(cli, ["scan", str(tmp_path), "--budget", "objects=1", "--exit-zero"])
    assert result.exit_code == 2
    assert "Stopped early: the budget `objects` was spent by " in " ".join(result.stdout.split())


def test_a_configuration_that_is_found_lowers_the_limits_and_does_not_raise_them(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SERVICE, "b.yaml": SERVICE, ".k8slblint.yaml": "budget: {objects: 1}\n"})
    assert scanned(tmp_path)[1] == 2
    assert scanned(tmp_path, "--budget", "objects=5")[1] == 1
    (tmp_path / ".k8slblint.yaml").write_text("budget: {objects: 900_000_000, seconds: 90000}\n", encoding="utf-8")
    assert Limits().lowered({"objects": 900_000_000}) == Limits()
    assert scanned(tmp_path)[1] == 1


def test_a_configuration_that_is_named_raises_the_limits(tmp_path: Path) -> None:
    assert Limits().changed({"objects": 900_000_000, "seconds": 1.5}) == Limits(objects=900_000_000, seconds=1.5)
    write(tmp_path, {"a.yaml": SERVICE, "other.yml": "budget: {objects: 30}\n", ".k8slblint.yaml": "budget: {objects: 1}\n"})
    write(tmp_path, {"b.yaml": SERVICE})
    assert scanned(tmp_path, "--config", str(tmp_path / "other.yml"))[1] == 1


@pytest.mark.parametrize(
    "text", ["objects", "objects=0", "objects=x", "objects=1.5", "apples=1", "seconds=inf", "seconds=-1", "seconds=nan"]
)
def test_a_limit_that_cannot_be_read_is_a_wrong_call(tmp_path: Path, text: str) -> None:
    result = CliRunner().invoke(cli, ["scan", str(tmp_path), "--budget", text])
    assert result.exit_code == 2
    assert "is not a limit" in result.output


def test_a_map_that_is_not_complete_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SERVICE, "b.yaml": SERVICE})
    for command in ("scope", "exposure"):
        result = CliRunner().invoke(cli, [command, str(tmp_path), "--budget", "objects=1"])
        assert result.exit_code == 2
        assert "the result is not complete" in result.output


def test_the_first_input_that_spends_a_limit_is_named() -> None:
    budget = Budget(Limits(objects=2))
    budget.spend("objects", 2, "a")
    for culprit in "bc":
        with pytest.raises(BudgetSpentError):
            budget.spend("objects", 1, culprit)
    assert budget.spent == ("objects", "b")
    budget.spend("charts", 1, "d")


def test_time_is_charged_to_the_input_that_took_most_of_it() -> None:
    now = [0.0]
    budget = Budget(Limits(seconds=10), clock=lambda: now[0])
    for culprit, seconds in (("a", 1), ("slow", 8), ("b", 2), ("c", 0)):
        if now[0] <= 10:
            budget.spend("objects", 1, culprit)
        now[0] += seconds
    with pytest.raises(BudgetSpentError):
        budget.ask("d")
    assert budget.spent == ("seconds", "slow")


def test_a_part_ends_one_input_and_not_the_run() -> None:
    budget = Budget()
    with pytest.raises(OverLimitError) as error:
        budget.part("objects", 5, "a.yaml").spend(6)
    assert not isinstance(error.value, BudgetSpentError)
    assert budget.spent is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarms")
def test_an_alarm_interrupts_what_asks_nobody() -> None:
    import re

    budget = Budget(Limits(seconds=0.05))
    with pytest.raises(BudgetSpentError), alarm(budget, grace=0.05):
        re.match(r"(a+)+$", "a" * 60 + "b")
    assert budget.spent is not None
