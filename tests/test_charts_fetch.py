"""Charts from a repository and a registry on this machine: fetched, locked, rendered, and what is said where that fails."""

import gzip
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering.fetched.archives import FOLDER, digest_of
from k8slblint.rendering.native import program

BUILT = Path(__file__).parent.parent / "native" / "fetch" / "build"
LOCK = ".k8slblint-charts.lock"
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  type: {{ .Values.service.type }}
  externalTrafficPolicy: {{ .Values.service.policy }}
  ports: [{port: 80}]
  selector: {app: web}
"""
VALUES = "service: {type: LoadBalancer, policy: Cluster}\n"


def _packed(name: str, version: str, values: str = VALUES) -> bytes:
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "values.yaml": values,
        "templates/service.yaml": SERVICE,
    }
    into = io.BytesIO()
    with gzip.GzipFile(fileobj=into, mode="w", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return into.getvalue()


@pytest.fixture(name="servers", scope="module")
def _servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    folder = tmp_path_factory.mktemp("charts")
    for version in ("1.0.0", "1.2.0", "2.0.0"):
        (folder / f"web-{version}.tgz").write_bytes(_packed("web", version))
    command = [str(BUILT / "serve"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(name="tree")
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: Mapping[str, str]) -> Path:
    assert program.find("k8slblint-fetch") is not None, "tools/check builds it"
    monkeypatch.setenv("SSL_CERT_FILE", servers["ca"])
    monkeypatch.delenv("K8SLBLINT_NO_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "tree")
    return tmp_path / "tree"


def _release(url: str, version: str = "1.x", values: str = "{service: {type: LoadBalancer, policy: Lokal}}", name: str = "web") -> str:
    kind = "{url: %s, type: oci}" % url if url.startswith("oci:") else "{url: %s}" % url  # noqa: UP031 - braces
    return f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {{name: {name}, namespace: flux-system}}
spec: {kind}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: {name}, namespace: shop}}
spec:
  chart:
    spec:
      chart: web
      version: "{version}"
      sourceRef: {{kind: HelmRepository, name: {name}, namespace: flux-system}}
  values: {values}
"""


def _run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def _scan(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["scan", "--exit-zero", "--format", "json", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _rules(report: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    return [(one["rule"], one["location"]["path"], one["location"]["line"]) for one in report["findings"]]


def _served(servers: Mapping[str, str], name: str) -> str:
    return servers["registry"] if name == "registry" else f"{servers['repository']}/{name}"


@pytest.mark.parametrize("source", ["charts", "registry"])
def test_what_is_fetched_is_locked_and_rendered_with_the_values_of_its_deployer(tree: Path, servers: Mapping[str, str], source: str):
    (tree / "release.yaml").write_text(_release(_served(servers, source)))
    assert _rules(_scan()) == []
    assert _run("charts", "fetch").endswith("1.2.0 fetched.\n")
    assert f'digest: "{digest_of(_packed("web", "1.2.0"))}"' in (tree / LOCK).read_text()
    report = _scan()
    assert _rules(report) == [("service-rejected", "release.yaml", 15)]
    assert report["completeness"]["not_rendered"] == []
    assert _run("charts", "fetch").endswith("1.2.0 is there.\n")


def test_an_application_and_a_helmfile_are_rendered_too(tree: Path, servers: Mapping[str, str]):
    url = _served(servers, "charts")
    (tree / "application.yaml").write_text(
        f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  destination: {{namespace: shop, server: https://kubernetes.default.svc}}
  source:
    repoURL: {url}
    chart: web
    targetRevision: 1.0.0
    helm:
      valuesObject: {{service: {{policy: Lokal}}}}
"""
    )
    (tree / "helmfile.yaml").write_text(
        f"""\
repositories:
- name: ours
  url: {url}
releases:
- name: api
  namespace: shop
  chart: ours/web
  version: 2.0.0
  values:
  - service:
      policy: Lokal
"""
    )
    _run("charts", "fetch")
    assert sorted(_rules(_scan())) == [("service-rejected", "application.yaml", 11), ("service-rejected", "helmfile.yaml", 11)]


def test_a_dependency_of_a_chart_is_fetched(tree: Path, servers: Mapping[str, str]):
    dependency = f"{{name: web, version: ^1.0.0, repository: '{_served(servers, 'charts')}'}}"
    (tree / "own" / "templates").mkdir(parents=True)
    (tree / "own" / "Chart.yaml").write_text(f"apiVersion: v2\nname: own\nversion: 1.0.0\ndependencies: [{dependency}]\n")
    (tree / "own" / "values.yaml").write_text("web:\n  service:\n    policy: Lokal\n")
    _run("charts", "fetch")
    assert ("service-rejected", "own/values.yaml", 3) in _rules(_scan("--min-confidence", "low"))


def test_the_lock_decides_until_it_is_updated(tree: Path, servers: Mapping[str, str]):
    (tree / "release.yaml").write_text(_release(_served(servers, "charts"), "1.0.0"))
    _run("charts", "fetch")
    locked = (tree / LOCK).read_text().replace('stated: "1.0.0"', 'stated: "1.x"')
    (tree / LOCK).write_text(locked)
    (tree / "release.yaml").write_text(_release(_served(servers, "charts"), "1.x"))
    assert _run("charts", "fetch").endswith("1.0.0 is there.\n")
    assert (tree / LOCK).read_text() == locked
    assert _run("charts", "fetch", "--update").endswith("1.2.0 fetched.\n")
    assert 'version: "1.2.0"' in (tree / LOCK).read_text()


def test_a_scan_fetches_only_what_is_locked_and_only_if_asked(tree: Path, servers: Mapping[str, str], tmp_path: Path):
    (tree / "release.yaml").write_text(_release(_served(servers, "charts")))
    assert _rules(_scan("--fetch-charts")) == []
    _run("charts", "fetch")
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert _rules(_scan()) == []
    assert len(_rules(_scan("--fetch-charts"))) == 1
    assert len(_rules(_scan())) == 1


def test_the_lock_before_a_change_decides_what_is_fetched_for_it(tree: Path, servers: Mapping[str, str], tmp_path: Path):
    (tree / "release.yaml").write_text(_release(_served(servers, "charts")))
    _run("charts", "fetch")
    (tree / ".git").rmdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "release.yaml"], ["commit", "-qm", "without a lock"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert _scan("--fetch-charts", "--against", "HEAD")["completeness"]["units"] == []
    assert not (tmp_path / "cache" / "k8slblint" / FOLDER).exists()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tampered", "and the index of the repository says sha256:"),
        ("redirect", "which only this network has and the repository does not name"),
        ("plain", "plain HTTP is not used"),
        ("large", "it is larger than allowed"),
        ("broken", "the index of the repository cannot be read"),
        ("nothing", "404"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence_and_the_others_are_fetched(tree: Path, servers: Mapping[str, str], source: str, says: str):
    (tree / "bad.yaml").write_text(_release(_served(servers, source), name="bad"))
    (tree / "good.yaml").write_text(_release(_served(servers, "charts")))
    lines = _run("charts", "fetch", status=1).splitlines()
    assert len(lines) == 2
    assert says in lines[0]
    assert lines[1].endswith("1.2.0 fetched.")
    assert _rules(_scan()) == [("service-rejected", "good.yaml", 15)]


def test_a_server_that_never_answers_or_is_not_there_holds_up_nothing_else(
    tree: Path, servers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("k8slblint.rendering.fetched.client.SECONDS", 1.0)
    (tree / "a.yaml").write_text(_release(_served(servers, "slow"), name="slow"))
    (tree / "b.yaml").write_text(_release("https://127.0.0.1:1/charts", name="none"))
    (tree / "c.yaml").write_text(_release(_served(servers, "charts")))
    lines = _run("charts", "fetch", status=1).splitlines()
    assert "the server took too long" in lines[0]
    assert "connection refused" in lines[1]
    assert lines[2].endswith("1.2.0 fetched.")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/charts", "file:///etc", "--help", "https://169.254.169.254/latest", "oci://169.254.169.254/x", "ssh://a/b"]
)
def test_addresses_that_a_tree_may_not_make_us_ask_are_refused(tree: Path, url: str):
    (tree / "release.yaml").write_text(_release(url))
    told = _run("charts", "fetch", status=1)
    assert "is not an https:// or oci:// address" in told or "is not the address of a chart repository" in told


def test_an_archive_of_another_digest_than_the_lock_names_is_not_used(tree: Path, servers: Mapping[str, str], tmp_path: Path):
    (tree / "release.yaml").write_text(_release(_served(servers, "unsigned")))
    digest = digest_of(_packed("web", "1.2.0"))
    entry = f"{{repository: '{_served(servers, 'unsigned')}', chart: web, stated: 1.x, version: 1.2.0, digest: '{digest}'}}"
    (tree / LOCK).write_text(f"version: 1\ncharts: [{entry}]\n")
    assert "was expected" in _run("charts", "fetch", status=1)
    kept = tmp_path / "cache" / "k8slblint" / FOLDER / f"{digest.removeprefix('sha256:')}.tgz"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(_packed("web", "1.2.0", "service: {type: NodePort, policy: Lokal}\n"))  # somebody put it there
    assert _rules(_scan()) == []
    kept.unlink()
    kept.symlink_to(tree / "release.yaml")
    assert _rules(_scan()) == []
    kept.unlink()
    os.mkfifo(kept)
    assert _rules(_scan()) == []


@pytest.mark.parametrize(
    "text",
    [
        "- no lock\n",
        "version: 2\ncharts: []\n",
        "version: 1\ncharts: {}\n",
        "version: 1\ncharts:\n- {repository: 'https://a.example', chart: ../../x, stated: '', version: 1.0.0, digest: 'sha256:%s'}\n"
        % ("0" * 64),
        "version: 1\ncharts:\n- {repository: 'http://a.example', chart: x, stated: '', version: 1.0.0, digest: 'sha256:%s'}\n" % ("0" * 64),
        "version: 1\ncharts:\n- {repository: 'https://a.example', chart: x, stated: '', version: 1.0.0, digest: 'sha256:../../etc'}\n",
        "version: 1\ncharts:\n- {repository: 'https://a.example', chart: x, stated: '', version: 1, digest: 'sha256:%s'}\n" % ("0" * 64),
        "version: 1\ncharts: [\n",
    ],
)
def test_a_lock_that_is_none_is_one_sentence_with_its_line(tree: Path, text: str):
    (tree / LOCK).write_text(text)
    (tree / "release.yaml").write_text(_release("https://charts.example.com"))
    told = _run("scan", status=2)
    assert LOCK in told
    assert "Traceback" not in told


def test_folders_that_the_user_names_hold_charts_too(tree: Path, tmp_path: Path):
    (tree / "release.yaml").write_text(_release("https://charts.example.com"))
    beside = tmp_path / "beside"
    (beside / "other").mkdir(parents=True)
    (beside / "web.tgz").write_bytes(_packed("web", "1.4.0"))
    (beside / "web-2.tgz").write_bytes(_packed("web", "2.4.0"))
    (beside / "other" / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 1.0.0\n")
    assert _rules(_scan("--charts", str(beside))) == [("service-rejected", "release.yaml", 15)]
    assert _rules(_scan()) == []
    assert "of `--charts` does not exist" in _run("scan", "--charts", "nowhere", status=2)


def test_a_configuration_names_folders_of_charts_only_in_its_repository(tree: Path, tmp_path: Path):
    (tree / "release.yaml").write_text(_release("https://charts.example.com"))
    (tree / "vendor").mkdir()
    (tree / "vendor" / "web.tgz").write_bytes(_packed("web", "1.4.0"))
    (tree / ".k8slblint.yaml").write_text("rendering: {charts: [vendor]}\n")
    assert _rules(_scan()) == [("service-rejected", "release.yaml", 15)]
    (tree / ".k8slblint.yaml").write_text(f"rendering: {{charts: ['{tmp_path}']}}\n")
    assert "is outside of the repository" in _run("scan", status=2)


def test_a_chart_of_a_lock_that_is_not_kept_stays_not_rendered(tree: Path):
    (tree / "release.yaml").write_text(_release("https://charts.example.com"))
    entry = f"{{repository: 'https://charts.example.com', chart: web, stated: 1.x, version: 1.2.0, digest: 'sha256:{'0' * 64}'}}"
    (tree / LOCK).write_text(f"version: 1\ncharts: [{entry}]\n")
    assert len(_scan()["completeness"]["not_rendered"]) == 1


def test_what_the_templates_of_a_chart_beside_the_tree_print_is_reported_at_its_deployer(tree: Path, tmp_path: Path):
    (tree / "release.yaml").write_text(_release("https://charts.example.com", values="{}"))
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "web.tgz").write_bytes(_packed("web", "1.4.0", "service: {type: NodePort, policy: Lokal}\n"))
    report = _scan("--charts", str(tmp_path / "beside"), "--environment", "production", "--min-confidence", "low")
    found = {one["rule"]: one for one in report["findings"]}
    assert found["node-port-in-production"]["location"] == found["service-rejected"]["location"]
    assert (found["service-rejected"]["location"]["path"], found["service-rejected"]["location"]["line"]) == ("release.yaml", 7)
    assert found["service-rejected"]["confidence"] == "low"  # its authors have to mend it
    assert found["node-port-in-production"]["origin"] == {"path": "web-1.4.0.tgz", "exact": False, "unit": ANY, "also": []}
