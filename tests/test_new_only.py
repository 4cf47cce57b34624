"""Only what is new: what the revision before has too is counted, and neither shown nor failed on, wherever it moved."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.histories import History, call, found, scan, service, start

OPEN = "node-port-in-production"
EKS = "service.beta.kubernetes.io/aws-load-balancer-type"
BROKEN = "apiVersion: v1\nkind: Service\nmetadata:\n  name: 'x\n"
SELECT = ("--select", f"{OPEN},aws-load-balancer-type-mutated,load-balancer-released,invalid-yaml,invalid-resource,unused-suppression")


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    return start(tmp_path / "repo", monkeypatch)


def new_only(*arguments: str) -> tuple[list[str], list[str], list[str]]:
    """Return what is new, known and fixed since HEAD."""
    report = scan("--against", "HEAD", "--new-only", *SELECT, *arguments)
    return found(report["findings"]), found(report["known"]), found(report["fixed"])


def test_what_was_there_is_counted_and_does_not_fail(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"prod/b.yaml": service("b", "ClusterIP")})
    result = call("scan", "--against", "HEAD", "--new-only", *SELECT)
    assert result.exit_code == 0
    assert "Nothing new found (1 known finding not shown)." in result.stdout
    assert OPEN not in result.stdout


def test_what_the_change_adds_fails(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"prod/b.yaml": service("b")})
    result = call("scan", "--against", "HEAD", "--new-only", *SELECT)
    assert result.exit_code == 1
    assert "Found 1 new error (1 known finding not shown)." in result.stdout
    assert new_only() == ([f"{OPEN} prod/b.yaml b"], [f"{OPEN} prod/a.yaml a"], [])


def test_without_new_only_each_finding_says_whether_it_is_new(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"prod/b.yaml": service("b")})
    report = scan("--against", "HEAD", *SELECT)
    assert [one["novelty"] for one in report["findings"]] == ["known", "new"]
    assert (report["new_only"], report["known"]) == (False, [])
    assert [one["novelty"] for one in scan(*SELECT)["findings"]] == [None, None]


def test_sarif_says_it_in_the_word_of_the_standard(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"prod/b.yaml": service("b")})
    sarif = json.loads(call("scan", "--format", "sarif", "--against", "HEAD", "--new-only", *SELECT).stdout)
    results = sarif["runs"][0]["results"]
    assert [(one["baselineState"], one["locations"][0]["logicalLocations"][0]["name"]) for one in results] == [
        ("unchanged", "a"),
        ("new", "b"),
    ]
    assert (sarif["runs"][0]["properties"]["newOnly"], sarif["runs"][0]["properties"]["knownCount"]) == (True, 1)


def test_what_is_gone_is_fixed(history: History) -> None:
    history.commit({"prod/a.yaml": service("a"), "prod/b.yaml": service("b"), "bad.yaml": BROKEN})
    history.write({"prod/a.yaml": service("a", "ClusterIP"), "prod/b.yaml": None, "bad.yaml": "a: x\n"})
    assert new_only() == ([], [], ["invalid-yaml bad.yaml", f"{OPEN} prod/a.yaml a", f"{OPEN} prod/b.yaml b"])


def test_a_port_in_front_of_others_makes_nothing_new(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"prod/a.yaml": service("a").replace("ports: [", "ports: [{port: 8080, name: x, nodePort: 30081}, ")})
    new, known, _ = new_only()
    assert len(known) == 1
    assert len(new) <= 1


def test_what_gets_worse_is_new(history: History) -> None:
    history.commit({"staging/a.yaml": service("a")})
    history.git("mv", "staging", "prod")
    new, known, _ = new_only()
    assert (new, known) == ([f"{OPEN} prod/a.yaml a"], [])


def test_a_suppression_that_is_taken_away_makes_its_finding_new(history: History) -> None:
    history.commit({"prod/a.yaml": service("a", note=f"# k8slblint: ignore[{OPEN}] agreed")})
    history.write({"prod/a.yaml": service("a")})
    assert new_only() == ([f"{OPEN} prod/a.yaml a"], [], [])


def test_a_broken_file_is_known_where_it_was_broken_before(history: History) -> None:
    history.commit({"bad.yaml": BROKEN, "moved.yaml": BROKEN.replace("'x", "'y")})
    history.write({"good.yaml": BROKEN})
    history.git("mv", "moved.yaml", "sub.yaml")
    new, known, _ = new_only()
    assert new == ["invalid-yaml good.yaml"]
    assert known == ["invalid-yaml bad.yaml", "invalid-yaml sub.yaml"]


def test_an_object_that_was_invalid_before_is_known(history: History) -> None:
    text = service("a", "ClusterIP").replace("port: 80", "port: eighty")
    history.commit({"a.yaml": text, "b.yaml": text.replace("name: a", "name: b")})
    history.write({"a.yaml": text.replace("spec:", "  labels: {x: z}\nspec:")})
    new, known, _ = new_only()
    assert (new, [one.split()[0] for one in known]) == ([], ["invalid-resource", "invalid-resource"])


def test_a_second_cluster_with_the_same_object_is_new(history: History) -> None:
    history.commit({"clusters/prod-b/a.yaml": service("a")})
    history.write({"clusters/prod-a/a.yaml": service("a")})
    assert new_only() == ([f"{OPEN} clusters/prod-a/a.yaml a"], [f"{OPEN} clusters/prod-b/a.yaml a"], [])


def test_a_renamed_cluster_folder_keeps_what_is_known_and_rules_about_changes_fire(history: History) -> None:
    history.commit(
        {
            "clusters/prod/web.yaml": service("web", "LoadBalancer", note=f"{EKS}=nlb"),
            "clusters/prod/api.yaml": service("api"),
            "clusters/dev/web.yaml": service("web", "LoadBalancer", note=f"{EKS}=nlb"),
            "clusters/dev/api.yaml": service("api"),
        }
    )
    history.git("mv", "clusters/prod", "clusters/production")
    history.write({"clusters/production/web.yaml": service("web", "LoadBalancer", note=f"{EKS}=external")})
    for _ in range(2):
        new, known, fixed = new_only()
        assert new == ["aws-load-balancer-type-mutated clusters/production/web.yaml web"]
        assert f"{OPEN} clusters/production/api.yaml api" in known
        assert fixed == []
        history.git("add", "-A")


def test_one_object_that_leaves_a_cluster_for_another_is_made_anew(history: History) -> None:
    others = {f"clusters/{name}/x.yaml": service("x", "ClusterIP") for name in ("blue", "green")}
    history.commit({**others, "clusters/blue/web.yaml": service("web", "LoadBalancer")})
    history.git("mv", "clusters/blue/web.yaml", "clusters/green/web.yaml")
    assert "load-balancer-released" in " ".join(new_only()[0])


def test_two_clusters_that_are_stated_are_never_one(history: History) -> None:
    history.commit({"live/a.yaml": service("web", "LoadBalancer"), "next/keep.txt": ""})
    history.write({".k8slblint.yaml": "clusters:\n- {name: live, paths: [live]}\n- {name: next, paths: [next]}\n", "live/keep.txt": ""})
    history.git("mv", "live/a.yaml", "next/a.yaml")
    assert "load-balancer-released" in " ".join(new_only()[0])


def test_a_file_that_moves_within_its_cluster_keeps_what_is_known(history: History) -> None:
    history.commit({"prod/a.yaml": service("a"), "prod/b.yaml": service("b")})
    history.write({"prod/apps/all.yaml": service("a") + "---\n" + service("b"), "prod/a.yaml": None, "prod/b.yaml": None})
    assert new_only() == ([], [f"{OPEN} prod/apps/all.yaml a", f"{OPEN} prod/apps/all.yaml b"], [])


def test_a_merge_commit_is_compared_with_the_tip_of_its_target(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.git("checkout", "-q", "-b", "change")
    history.commit({"prod/b.yaml": service("b")})
    history.git("checkout", "-q", "main")
    history.commit({"prod/c.yaml": service("c")})
    history.git("merge", "-q", "--no-ff", "-m", "merge", "change")
    report = scan("--against", "HEAD^1", "--new-only", *SELECT)
    assert found(report["findings"]) == [f"{OPEN} prod/b.yaml b"]
    assert len(report["known"]) == 2


def test_before_the_first_commit_everything_is_new(history: History) -> None:
    history.write({"prod/a.yaml": service("a")})
    assert new_only() == ([f"{OPEN} prod/a.yaml a"], [], [])


def test_two_folders_are_compared_like_two_revisions(history: History) -> None:
    history.write({"old/prod/a.yaml": service("a"), "now/prod/a.yaml": service("a"), "now/prod/b.yaml": service("b")})
    report = scan("now", "--against", "old", "--new-only", *SELECT)
    assert found(report["findings"]) == [f"{OPEN} now/prod/b.yaml b"]
    assert found(report["known"]) == [f"{OPEN} now/prod/a.yaml a"]


def test_new_only_without_a_revision_is_refused() -> None:
    result = call("scan", "--new-only")
    assert (result.exit_code, result.stderr) == (2, "k8slblint: --new-only needs --against, the revision or folder to compare with.\n")


def test_a_thousand_copies_are_matched_in_one_pass(history: History) -> None:
    history.commit({"prod/a.yaml": "---\n".join([service("a")] * 400)})
    history.write({"prod/a.yaml": "---\n".join([service("a")] * 401)})
    new, known, _ = new_only()
    assert (len(new), len(known)) == (1, 400)


needs_kustomize = pytest.mark.skipif(
    not shutil.which("kustomize", path=os.path.dirname(sys.executable)) and not os.environ.get("CI"), reason="no kustomize here"
)
KUSTOMIZATION = "resources: [../../base]\n"


@needs_kustomize
def test_what_an_unchanged_overlay_shows_is_known_and_what_a_new_one_shows_is_new(history: History) -> None:
    base = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": service()}
    history.commit({**base, "overlays/prod/kustomization.yaml": KUSTOMIZATION})
    history.write({"overlays/production-eu/kustomization.yaml": KUSTOMIZATION + "nameSuffix: -eu\n"})
    new, known, _ = new_only()
    assert (new, known) == ([f"{OPEN} base/web.yaml web-eu"], [f"{OPEN} base/web.yaml web"])


@needs_kustomize
def test_an_overlay_that_fails_as_it_did_is_known(history: History) -> None:
    broken = {"kustomization.yaml": "resources: [missing.yaml]\n"}
    history.commit({f"old/{name}": text for name, text in broken.items()})
    history.write({f"new/{name}": text for name, text in broken.items()})
    report = scan("--against", "HEAD", "--new-only", "--select", "render-failed")
    assert found(report["findings"]) == ["render-failed new/kustomization.yaml"]
    assert found(report["known"]) == []
    history.commit()
    history.write({"new/kustomization.yaml": "resources: [missing.yaml]\nnamePrefix: x-\n"})
    report = scan("--against", "HEAD", "--new-only", "--select", "render-failed")
    assert (found(report["findings"]), len(report["known"])) == ([], 1)
