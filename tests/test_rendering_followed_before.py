"""What objects deploy is found out once for all rounds of a plan, and again where something that was asked is answered otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import Resource
from k8slblint.rendering import planning, printed
from k8slblint.rendering.gitops import flux
from k8slblint.rendering.gitops.followed_before import Answering, FollowedBefore
from k8slblint.rendering.reach import Known, Reach, reach, unapplied_in
from k8slblint.rendering.units import NotRendered
from tests.test_rendering_listed_deployers import flux as kustomization_of_flux
from tests.test_rendering_listed_deployers import release, units
from tests.whole_trees import Tree, service

PORT = "ports: [{port: 80}]"
VARIABLES = "  postBuild: {substitute: {NAME: web}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree_of(count: int) -> dict[str, str]:
    """Return a cluster whose Kustomization deploys many others, each of which has variables filled in and prints another."""
    names = [f"app{number}" for number in range(count)]
    made = {"clusters/eu/apps.yaml": kustomization_of_flux("apps", "./apps", VARIABLES)}
    made["apps/kustomization.yaml"] = "namespace: flux-system\nresources:\n" + "".join(f"- {name}.yaml\n" for name in names)
    for name in names:
        made[f"apps/{name}.yaml"] = kustomization_of_flux(name, f"./deployed/{name}", VARIABLES)
        made[f"deployed/{name}/kustomization.yaml"] = "namespace: shop\nresources: [service.yaml, more.yaml]\n"
        made[f"deployed/{name}/service.yaml"] = service(name, PORT)
        made[f"deployed/{name}/more.yaml"] = kustomization_of_flux(f"{name}-more", f"./more/{name}", VARIABLES, namespace="")
        made[f"more/{name}/service.yaml"] = service(f"more-{name}", PORT)
    return made


@pytest.mark.parametrize("count", [4, 8])
def test_each_object_is_followed_once_as_it_is_written_and_once_as_it_is_printed(
    folder: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[tuple[int, int]] = []

    def counting(one: Any, around: Any) -> Iterator[Any]:
        followed.append((id(one.resource), id(one.printed)))
        return real(one, around)

    real = flux.follow
    monkeypatch.setattr(flux, "follow", counting)
    found = units(tree_of(count), folder)
    assert len(found) == 2 * count
    assert len(followed) <= 2 * (2 * count + 1)


def any_object() -> Resource:
    text = service("web", PORT)
    return load([SourceFile("a.yaml", text.encode)], wanted={"Service"}).resources[0]


def test_what_nobody_deploys_is_found_out_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Reach] = []
    plans: list[int] = []

    def counting(*given: Any) -> planning.Plan:
        plans.append(1)
        return real_plan(*given)

    def finding_out(known: Known) -> Reach:
        asked.append(real_reach(known))
        assert asked[-1].unapplied == unapplied_in(known)
        return asked[-1]

    real_plan, real_reach = planning.plan, reach
    monkeypatch.setattr(printed, "plan", counting)
    monkeypatch.setattr(planning, "reach", finding_out)
    files = tree_of(2)
    files["deployed/app0/kustomization.yaml"] = "namespace: shop\nresources: [service.yaml]\n"  # which switches one off
    files["base/release.yaml"] = release()
    files["relay/kustomization.yaml"] = "resources: [../base/release.yaml]\n"
    files["charts/relay/Chart.yaml"] = "apiVersion: v2\nname: relay\nversion: 1.0.0\n"
    Tree(files, folder).report()
    (found,) = asked
    assert "deployed/app0/more.yaml" in found.unapplied
    assert len(plans) > 2


class Told:
    """Answers what it is told to."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def asked(self, _: object) -> object:
        return self._answer


def deploying(one: Resource, before: FollowedBefore, answer: object) -> str:
    answering = Answering(repositories=Told(answer))

    def follow() -> Iterator[NotRendered]:
        answered = answering.noting("repositories").asked("this")
        yield NotRendered("" if isinstance(answered, dict) and "deep" in answered else repr(answered), "a.yaml", 1, "")

    (found,) = before.deployed(one, None, answering, follow)
    assert isinstance(found, NotRendered)
    return found.description


@pytest.mark.parametrize(
    ("answers", "followed"),
    [
        (["here", "here", "here"], 1),
        (["here", "there", "there"], 2),
        (["here", None, "here"], 3),
        ([True, True, 1], 2),
        ([{"a": 1}, {"a": 1}, {"a": True}], 2),
        ([frozenset("a"), frozenset("a"), "a"], 2),
        ([object(), object()], 2),
        ([None, None], 1),
    ],
)
def test_an_object_is_followed_again_where_an_answer_is_another(answers: list[object], followed: int) -> None:
    one = any_object()
    before = FollowedBefore()
    assert [deploying(one, before, answer) for answer in answers] == [repr(answer) for answer in answers]
    assert (before.followed, before.known) == (followed, len(answers) - followed)


def test_what_is_nested_too_deeply_to_be_compared_is_followed_again() -> None:
    one = any_object()
    before = FollowedBefore()
    deep: tuple[dict[str, Any], ...] = ({}, {})
    for number, value in enumerate(deep):
        for _ in range(5_000):
            value = {"deep": value}  # noqa: PLW2901 - one in the other
        deploying(one, before, value)
        assert before.followed == number + 1
