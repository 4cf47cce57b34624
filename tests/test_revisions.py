"""Which resource of one revision is which of the one before."""

import pytest

from k8slblint.graph.answers import Absent, Found, Unknown
from tests.linting import run

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP, ports: [{port: %d}]}\n"


def counterpart(before: dict[str, str], after: dict[str, str], path: str) -> object:
    _, graph = run(after, before=before)
    (resource,) = [resource for resource in graph.resources if resource.path == path]
    answer = graph.counterpart(resource)
    return answer.value.path if isinstance(answer, Found) else type(answer)


def test_the_same_file_wins_over_a_moved_one() -> None:
    before = {"a.yaml": SERVICE % 1, "b.yaml": SERVICE % 2}
    assert counterpart(before, {"a.yaml": SERVICE % 3, "b.yaml": SERVICE % 4}, "b.yaml") == "b.yaml"


def test_a_moved_resource_is_found_where_it_is_gone() -> None:
    assert counterpart({"a.yaml": SERVICE % 1}, {"x/y.yaml": SERVICE % 2}, "x/y.yaml") == "a.yaml"
    assert counterpart({"a.yaml": SERVICE % 1}, {"a.yaml": SERVICE % 1, "b.yaml": SERVICE % 2}, "b.yaml") is Absent


def test_folders_that_move_together_keep_their_files_apart() -> None:
    before = {"k8s/dev/s.yaml": SERVICE % 1, "k8s/prod/s.yaml": SERVICE % 2}
    after = {"kubernetes/dev/s.yaml": SERVICE % 3, "kubernetes/prod/s.yaml": SERVICE % 4}
    assert counterpart(before, after, "kubernetes/prod/s.yaml") == "k8s/prod/s.yaml"


def test_several_that_match_alike_are_unknown() -> None:
    before = {"a/one.yaml": SERVICE % 1, "b/two.yaml": SERVICE % 2}
    assert counterpart(before, {"c/three.yaml": SERVICE % 3}, "c/three.yaml") is Unknown


@pytest.mark.parametrize(("new", "expected"), [("clusters/b/s.yaml", Absent), ("clusters/a/other.yaml", "clusters/a/s.yaml")])
def test_what_leaves_one_named_cluster_for_another_is_new(new: str, expected: object) -> None:
    before = {"clusters/a/s.yaml": SERVICE % 1, "clusters/b/keep.yaml": SERVICE.replace("web", "keep") % 1}
    after = {new: SERVICE % 2, "clusters/b/keep.yaml": SERVICE.replace("web", "keep") % 1}
    assert counterpart(before, after, new) == expected


def test_what_could_not_be_read_before_is_unknown() -> None:
    assert counterpart({"a.yaml": "apiVersion: v1\nkind: Service\nmetadata: [\n"}, {"a.yaml": SERVICE % 1}, "a.yaml") is Unknown
