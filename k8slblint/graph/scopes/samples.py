"""Which folders and files are not deployments: samples and fixtures, which are separate clusters, and archived files."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from k8slblint.graph.scopes.sample_words import (
    is_about_faults,
    is_documentation,
    is_fixture_folder,
    is_fixture_name,
    is_lesson_folder,
    is_sample_folder,
    is_sample_name,
    is_test_folder,
)
from k8slblint.model.aside_folders import is_aside_folder
from k8slblint.model.places import FilePlace, segments


def folder_alone(place: FilePlace) -> tuple[int, str] | None:
    """Return the first folder of a path below which each folder stands alone: how many folders lead to it, and its name.

    Of the folders above the scanned one those of tests do not count, as for the environment.
    """
    above = place.folders_above
    for index, (outer, folder) in enumerate(_with_outer((*above, *place.folders_below))):
        is_sample = is_sample_folder(folder, outer) or is_documentation(index, folder) or is_lesson_folder(outer, folder)
        if is_sample or is_aside_folder(folder) or (index >= len(above) and is_test_folder(folder)):
            return index + 1, folder
    return (len(above) + len(segments(place.lesson)), place.lesson) if place.lesson else None


def folder_aside(place: FilePlace) -> tuple[int, str] | None:
    """Return the first folder of a path in which things lie that are no longer deployed, as `folder_alone` does."""
    folders = (*place.folders_above, *place.folders_below)
    found = next(((index + 1, folder) for index, folder in enumerate(folders) if is_aside_folder(folder)), None)
    return found or ((len(folders), folders[-1]) if place.is_output and folders else None)


def why_spared(place: FilePlace) -> str | None:
    """Return in one word why a file is not linted as a deployment: `aside`, `fixture`, `lesson`, `sample`, `shown`; None for all others.

    It is one by its folders, or by its own name. What a chart once made, and lies in its root, nobody deploys (`aside`), nor
    releases and folders that others followed. In a repository that is a collection of examples as a whole, all others are `shown`.

    Who scans such a folder itself, or one in it, wants what is in it linted: then nothing below is spared. The top of a repository is
    what it is, whatever path leads to it.
    """
    above = place.folders_above
    if not place.is_shown and any(
        _is_no_deployment(index, *pair) or is_aside_folder(pair[1]) for index, pair in enumerate(_with_outer(above))
    ):
        return None
    below = place.folders_below
    if place.is_output or any(map(is_aside_folder, below)):
        return "aside"
    stem = (segments(place.below) or [""])[-1].rpartition(".")[0]
    is_in_fixtures = any(is_fixture_folder(*pair) for pair in _with_outer(below))
    if place.is_tested or is_in_fixtures or _tests_chart(below) or is_fixture_name(stem, "".join(below[-1:])):
        return "fixture"
    if place.lesson or any(is_lesson_folder(*pair) for pair in _with_outer(below)):
        return "lesson"
    is_sample = any(_is_no_deployment(len(above) + index, *pair) for index, pair in enumerate(_with_outer(_without_hooks(below))))
    if is_sample or is_sample_name(stem):
        return "sample"
    return "shown" if place.is_shown else None


def is_shown_to_work(place: FilePlace) -> bool:
    """Tell whether a file of a collection of examples shows what works: none of its tests, nor what is about the past or about mistakes."""
    if not place.is_shown or place.is_tested:
        return False
    steps = segments(place.below)
    return not any(map(is_test_folder, steps[:-1])) and not any(map(is_about_faults, steps))


def _without_hooks(folders: Sequence[str]) -> Sequence[str]:
    """Return folders without that of a chart for the tests of a release, which are deployed with it: `templates/tests`."""
    return folders[:-1] if folders[-2:] == ["templates", "tests"] else folders


def _tests_chart(folders: Sequence[str]) -> bool:
    """Tell whether folders are those of values with which chart-testing installs a chart of a collection: `charts/<name>/ci`."""
    return folders[-1:] == ["ci"] and folders[-3:-2] == ["charts"]


def _with_outer(folders: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Return the folders of a path, each with the one that it is in."""
    return pairwise(("", *folders))


def _is_no_deployment(index: int, outer: str, folder: str) -> bool:
    is_sample = is_sample_folder(folder, outer) or is_documentation(index, folder) or is_lesson_folder(outer, folder)
    return is_sample or is_test_folder(folder)
