"""Rules that run in several processes find what they find in one, in the same order, whatever becomes of the processes."""

import json
import os
import pickle
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint import rulebook, running, sharing
from k8slblint.commands.cli import cli
from k8slblint.loading import forking
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Rule
from tests.copies import counted

MENAGERIE = Path(__file__).parent / "fixtures" / "menagerie" / "after"


@pytest.fixture(autouse=True)
def menagerie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(MENAGERIE, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Two copies, which share the rules, and ten resources at a time; the list is the processes that were started."""
    monkeypatch.setattr(running, "FEWEST_SHARED", 1)
    monkeypatch.setattr(sharing, "_RESOURCES", 10)
    monkeypatch.setattr(sharing, "may_share", lambda: True)
    yield from counted(monkeypatch)


def report(*options: str) -> tuple[str, int]:
    result = CliRunner().invoke(cli, ["scan", ".", "--select", "ALL", "--no-render", "--no-config", "--format", "json", *options])
    assert result.exit_code in (1, 2), result.stderr
    return result.stdout, result.exit_code


def alone(monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    with monkeypatch.context() as patch:
        patch.setattr(running, "FEWEST_SHARED", 1_000_000)
        return report()


def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch, copies: list[int]) -> None:
    expected = alone(monkeypatch)
    assert not copies
    assert report() == expected
    assert len(copies) == 2


def in_copies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the parent take no parts while there are copies."""
    parent, taken = os.getpid(), forking.taken

    def of_copies(queues: Any) -> Iterator[int]:
        return iter(()) if os.getpid() == parent else taken(queues)

    monkeypatch.setattr(forking, "taken", of_copies)


def test_what_copies_hand_over_is_what_they_found(monkeypatch: pytest.MonkeyPatch, copies: list[int]) -> None:
    expected = alone(monkeypatch)
    in_copies_alone(monkeypatch)
    done: list[str] = []
    run_check = running.Run.run_check
    monkeypatch.setattr(running.Run, "run_check", lambda run, rule: (done.append(rule.id), run_check(run, rule)))
    assert report() == expected
    assert copies
    assert not done, "the parent did what a copy had done"


@pytest.mark.parametrize("end", ["killed", "memory", "not packed"])
def test_a_copy_that_comes_to_nothing_loses_nothing(monkeypatch: pytest.MonkeyPatch, copies: list[int], end: str) -> None:
    expected = alone(monkeypatch)
    in_copies_alone(monkeypatch)
    deliver = forking.deliver

    def ends(*given: Any) -> None:
        deliver(*given)
        given[0].write(b"half of")
        given[0].flush()
        if end == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        raise MemoryError

    def refuses(*_: object) -> None:
        raise pickle.PicklingError

    if end == "not packed":
        monkeypatch.setattr(sharing.Packer, "persistent_id", refuses)
    else:
        monkeypatch.setattr(forking, "deliver", ends)
    assert report() == expected
    assert len(copies) == 2


def test_a_check_that_fails_in_a_copy_is_reported(monkeypatch: pytest.MonkeyPatch, copies: list[int]) -> None:
    find_check = rulebook.find_check

    def broken(rule: Rule) -> Any:
        def fails(resource: Resource, *_: object, **__: object) -> Any:
            raise ZeroDivisionError(resource.name)

        return fails if rule.id == "service-rejected" else find_check(rule)

    monkeypatch.setattr(rulebook, "find_check", broken)
    expected = alone(monkeypatch)
    in_copies_alone(monkeypatch)
    assert report() == expected
    assert expected[1] == 2
    assert any(one["rule"] == "service-rejected" for one in json.loads(expected[0])["failures"])
    assert copies


def test_a_run_without_time_is_cut_short_as_ever(copies: list[int]) -> None:
    result = CliRunner().invoke(cli, ["scan", ".", "--no-render", "--no-config", "--budget", "seconds=0.001", "--format", "json"])
    assert result.exit_code == 2
    assert not copies or all(copies)


def test_parts_are_bounded_and_each_is_in_one_line() -> None:
    rules = [*rulebook.all_rules().values()]
    lines = sharing.lines_of(rules)
    assert sorted(number for line in lines for number in line) == [*range(len(rules))]
    assert all(lines)
    assert sharing.MOST_SLICES + len(rules) <= forking.MOST_PARTS
