"""Which folders and files are not deployments: samples and fixtures, which are separate clusters, and archived files."""

import re
from functools import lru_cache
from itertools import pairwise

from k8slblint.graph.scopes.environments import TEST_WORDS
from k8slblint.model.places import FilePlace, segments

_SAMPLE_WORDS = frozenset(
    f"{word}{ending}" for word in ("example", "demo", "tutorial", "recipe", "quickstart", "workshop", "lab") for ending in ("", "s")
)
"""Words of folders of things to look at, each for itself: `examples`, `networking-recipes`, `eks-workshop-v2`; and `configsamples`."""

_GUIDES = frozenset({"how-to", "how-tos", "howto", "howtos", "guides"})
"""Names of folders of instructions, wherever they are."""

_DOCUMENTATION = frozenset({"doc", "docs", "documentation"})
"""Last words of the names of folders of documentation in the top folder of a repository; further down an application may have the name."""

_ASIDE_WORDS = frozenset({"archive", "archived", "archives", "attic", "disabled", "graveyard", "retired"})
"""Words with which the name of a folder begins that holds what is no longer deployed: `archive`, `.archive`, `archived_20250818`."""

_ASIDE_ENDS = frozenset({"archive", "archived", "attic", "disabled"})
"""Words with which it may end: `apps-disabled`."""

_ASIDE_NAMES = frozenset({"old", "deprecated", "obsolete", "outdated", "unused", "inactive", "decommissioned"})
"""Words that tell it as a whole name: `old-town-bank` is something else."""

_COPIES = ".history"
"""Where editors keep copies."""

_MADE_TO_FAIL = frozenset({"invalid", "rejected"})
"""Words in the names of files that are meant to be refused: `invalid-policy.yaml`, `virtual-rejected.yaml`."""

_FIXTURE_FOLDERS = frozenset(
    {"testdata", "test-data", "test_data", "fixture", "fixtures", "__fixtures__", "__tests__", "e2e", "conformance"}
)
"""Folders of files that programs of tests read; `test` and `tests` may hold manifests of an environment as well."""

_OF_TESTS = frozenset({"test", "tests", "testing", "ci", "lint", "linter"})
"""Words before `values` in the names of files of values with which a chart is only tested; `values-test` are those of an environment."""

_VALUES = "values"

_TO_COPY = frozenset({"example", "examples", "sample", "samples"})
"""Words with which the name of a file begins or ends that shows how something is written: `example-service.yaml`, `svc.sample.yaml`."""

_TO_FILL_IN = frozenset({"template", "tmpl", "tpl", "skeleton", "boilerplate"})
"""Names of files to fill in, alone or behind a dot: `template.yaml`, `db.template.yaml`; `workflow-template.yaml` may be a kind."""

_SEPARATOR = re.compile("[-_. ]")


def folder_alone(place: FilePlace) -> tuple[int, str] | None:
    """Return the first folder of a path below which each folder stands alone: how many folders lead to it, and its name.

    Of the folders above the scanned one those of tests do not count, as for the environment.
    """
    above = place.folders_above
    for index, folder in enumerate((*above, *place.folders_below)):
        is_sample = is_sample_folder(folder) or is_documentation(index, folder)
        if is_sample or is_aside_folder(folder) or (index >= len(above) and is_test_folder(folder)):
            return index + 1, folder
    return None


def folder_aside(place: FilePlace) -> tuple[int, str] | None:
    """Return the first folder of a path in which things lie that are no longer deployed, as `folder_alone` does."""
    folders = (*place.folders_above, *place.folders_below)
    return next(((index + 1, folder) for index, folder in enumerate(folders) if is_aside_folder(folder)), None)


def why_spared(place: FilePlace) -> str | None:
    """Return in one word why a file is not linted as a deployment: `aside`, `sample`, or `fixture`; None for all others.

    It is one by its folders, or by its own name.

    Who scans such a folder itself, or one in it, wants what is in it linted: then nothing below is spared.
    """
    above = place.folders_above
    if any(_is_no_deployment(index, folder) or is_aside_folder(folder) for index, folder in enumerate(above)):
        return None
    below = place.folders_below
    if any(map(is_aside_folder, below)):
        return "aside"
    of_tests = (is_test_folder(above) and folder == "data" for above, folder in pairwise(below))
    if any(folder.lower() in _FIXTURE_FOLDERS for folder in below) or any(of_tests):
        return "fixture"
    if any(_is_no_deployment(len(above) + index, folder) for index, folder in enumerate(below)):
        return "sample"
    stem = (segments(place.below) or [""])[-1].rpartition(".")[0]
    if is_sample_name(stem):
        return "sample"
    words = _words(stem)
    tests_chart = words[-1] == _VALUES and (words[0] in _OF_TESTS or below[-1:] == ["ci"])
    return "fixture" if tests_chart or not _MADE_TO_FAIL.isdisjoint(words) else None


def is_sample_name(stem: str) -> bool:
    """Tell whether a file is there to be copied, by its name without the ending."""
    words = _words(stem)
    return words[0] in _TO_COPY or words[-1] in _TO_COPY or stem.lower().rpartition(".")[2] in _TO_FILL_IN


def _is_no_deployment(index: int, folder: str) -> bool:
    return is_sample_folder(folder) or is_documentation(index, folder) or is_test_folder(folder)


def is_documentation(index: int, folder: str) -> bool:
    """Tell whether the folder at `index` of a path from the top of the repository holds documentation."""
    return folder.lower() in _GUIDES or (index == 0 and _words(folder)[-1] in _DOCUMENTATION)


@lru_cache(maxsize=4096)
def is_test_folder(folder: str) -> bool:
    """Tell whether a folder holds tests and what they need."""
    return folder.lower() in TEST_WORDS or folder.lower().endswith(("-tests", "_tests"))


@lru_cache(maxsize=4096)
def is_sample_folder(folder: str) -> bool:
    """Tell whether a folder holds samples."""
    return any(word in _SAMPLE_WORDS or word.endswith(("sample", "samples")) for word in _words(folder))


@lru_cache(maxsize=4096)
def is_aside_folder(folder: str) -> bool:
    """Tell whether a folder holds what is no longer deployed."""
    words = _words(folder.lstrip("._"))
    if words[0] in _ASIDE_WORDS or folder == _COPIES:
        return True
    return words[0] in _ASIDE_NAMES if len(words) == 1 else words[-1] in _ASIDE_ENDS


def _words(name: str) -> list[str]:
    return _SEPARATOR.split(name.lower())
