"""Submodules are compared with the commit that the revision before had of them, where that is in the clone."""

import shutil
from pathlib import Path

import pytest

from tests.histories import History, call, found, scan, service, start

OPEN = "node-port-in-production"
SELECT = ("--select", f"{OPEN},aws-load-balancer-type-mutated")
EKS = "service.beta.kubernetes.io/aws-load-balancer-type"


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository with a submodule `prod/shared`, one commit behind."""
    shared = History(tmp_path / "shared")
    shared.commit({"a.yaml": service("a"), "web.yaml": service("web", "LoadBalancer", note=f"{EKS}=nlb")})
    history = start(tmp_path / "repo", monkeypatch)
    history.git("submodule", "--quiet", "add", str(tmp_path / "shared"), "prod/shared")
    history.commit({"prod/b.yaml": service("b")})
    shared.commit({"c.yaml": service("c"), "web.yaml": service("web", "LoadBalancer", note=f"{EKS}=external")})
    return history


def update(history: History) -> None:
    history.git("-C", "prod/shared", "pull", "-q", "origin", "main")
    history.git("add", "-A")


@pytest.mark.usefixtures("history")
def test_an_unchanged_submodule_is_known() -> None:
    report = scan("--against", "HEAD", "--new-only", *SELECT)
    assert (found(report["findings"]), len(report["known"])) == ([], 2)


def test_what_an_update_of_a_submodule_changes_is_new(history: History) -> None:
    update(history)
    for against in ("HEAD", "HEAD~0"):
        report = scan("--against", against, "--new-only", *SELECT)
        assert found(report["findings"]) == [f"{OPEN} prod/shared/c.yaml c", "aws-load-balancer-type-mutated prod/shared/web.yaml web"]
        assert len(report["known"]) == 2
    history.git("commit", "-qm", "update")
    assert len(scan("prod/shared", "--against", "HEAD", "--new-only", *SELECT)["findings"]) == 0
    assert len(scan("prod", "--against", "HEAD~1", "--new-only", *SELECT)["findings"]) == 2


def test_a_new_submodule_is_new(history: History) -> None:
    assert len(scan("--against", f"{history.git('rev-list', '--max-parents=0', 'HEAD')}", "--new-only", *SELECT)["findings"]) == 0
    history.git("submodule", "--quiet", "add", str(history.folder.parent / "shared"), "prod/again")
    report = scan("--against", "HEAD", "--new-only", "--select", OPEN)
    assert {one.split()[1] for one in found(report["findings"])} == {"prod/again/a.yaml", "prod/again/c.yaml"}


def test_a_commit_that_is_not_in_the_clone_is_said(history: History) -> None:
    update(history)
    history.git("commit", "-qm", "update")
    shutil.rmtree(history.folder / ".git" / "modules")
    shutil.rmtree(history.folder / "prod" / "shared")
    history.git(
        "-c", "protocol.file.allow=always", "clone", "-q", "--depth", "1", f"file://{history.folder.parent / 'shared'}", "prod/shared"
    )
    result = call("scan", "--against", "HEAD~1", "--new-only", *SELECT)
    assert "k8slblint: submodule 'prod/shared' is not compared: its commit of 'HEAD~1' is not in this clone." in result.stderr
    assert result.exit_code == 0


def test_a_repository_elsewhere_is_not_read_as_a_submodule(history: History) -> None:
    update(history)
    shutil.rmtree(history.folder / "prod" / "shared")
    shutil.copytree(history.folder.parent / "shared", history.folder / "prod" / "shared", ignore=shutil.ignore_patterns(".git"))
    (history.folder / "prod" / "shared" / ".git").write_text(f"gitdir: {history.folder.parent / 'shared' / '.git'}\n")
    report = scan("--against", "HEAD", "--new-only", "--select", OPEN)
    assert {one.split()[1] for one in found(report["findings"])} == {"prod/shared/a.yaml", "prod/shared/c.yaml"}, "as new as any other file"


def test_a_branch_of_the_remote_is_suggested(history: History) -> None:
    history.git("-C", "prod/shared", "checkout", "-q", "-b", "work")
    history.git("-C", "prod/shared", "branch", "-q", "-D", "main")
    result = call("scan", "prod/shared", "--against", "main")
    assert result.stderr == "k8slblint: 'main' is not a revision of 'prod/shared'; did you mean 'origin/main'?\n"
    assert call("scan", "--against", "nowhere").stderr == "k8slblint: 'nowhere' is not a revision of '.'.\n"
