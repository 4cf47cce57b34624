"""Which files are scripts that build or deploy a tree, and which Helm releases they and READMEs install: in no manifest.

Sources: names of files that GNU make, just, Task, Jenkins, GitLab CI, GitHub Actions and Azure Pipelines look for; Helm 4
`pkg/cmd/install.go` and `upgrade.go` (`helm install NAME CHART`, `helm upgrade --install NAME CHART`; flags of both).
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from k8slblint.loading.folders import SKIPPED_FOLDERS, read_bounded
from k8slblint.model.patterns import pattern

_NAMES = frozenset({"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", ".justfile", "Jenkinsfile", ".gitlab-ci.yml"})
_STEMS = frozenset({"Taskfile", "taskfile", "azure-pipelines"})
_ENDINGS = (".sh", ".bash", ".mk", ".ps1")
_WORKFLOWS = "/.github/workflows/"
_READMES = frozenset({"README.md", "readme.md"})
_MOST_ENTRIES = 20_000
_MOST_SCRIPTS = 300
_LARGEST = 200_000
_LONGEST_COMMAND = 600

_COMMAND = pattern(r"[^\n;&|]+")
_HELM = ("helm", "helm3")
_INSTALLING = ("install", "upgrade")
_NAME = pattern(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SWITCHES = frozenset(
    {
        *("-i", "--install", "--wait", "--wait-for-jobs", "--atomic", "--create-namespace", "--debug", "--devel", "--force", "--dry-run"),
        *("--reset-values", "--reuse-values", "--dependency-update", "--skip-crds", "--no-hooks", "--cleanup-on-fail"),
        "--rollback-on-failure",
    }
)
"""Flags that take no value; what follows another one is its value."""


def is_script(path: str) -> bool:
    """Tell by its path, with `/`, whether a file is a script, or what a build tool or pipeline reads its commands from."""
    name = path.rpartition("/")[2]
    if name in _NAMES or name.endswith(_ENDINGS):
        return True
    return name.endswith((".yml", ".yaml")) and (name.partition(".")[0] in _STEMS or _WORKFLOWS in f"/{path}")


def installed_releases(folders: Iterable[str]) -> frozenset[str]:
    """Return the names of the Helm releases that scripts below some folders install, as far as they are written out."""
    return frozenset(name for folder in folders for path in islice(_scripts(folder), _MOST_SCRIPTS) for name in _releases(path))


def _scripts(folder: str) -> Iterator[str]:
    entries = 0
    for above, below, files in os.walk(folder):
        below[:] = sorted(set(below) - SKIPPED_FOLDERS)
        entries += len(below) + len(files)
        found = ((name, os.path.join(above, name)) for name in sorted(files))
        yield from (path for name, path in found if name in _READMES or is_script(path.replace(os.sep, "/")))
        if entries > _MOST_ENTRIES:
            return


def _releases(path: str) -> Iterator[str]:
    try:
        text = "" if os.path.islink(path) else read_bounded(path, _LARGEST).decode("utf-8", "replace")
    except OSError:
        return
    for found in _COMMAND.finditer(text.replace("\\\n", " ")) if "helm" in text else ():
        words = found[0][:_LONGEST_COMMAND].split()
        start = next((at for at, word in enumerate(words) if word.rpartition("/")[2] in _HELM), len(words))
        verb = next((at for at in range(start, len(words)) if words[at] in _INSTALLING), len(words))
        yield from _name(words[verb + 1 :])


def _name(words: list[str]) -> list[str]:
    """Return the name of the release among the arguments of a command, nothing where a variable holds it."""
    is_value = False
    for word in words:
        if is_value or word.startswith("-"):
            is_value = not is_value and "=" not in word and word not in _SWITCHES
        else:
            name = word.strip("\"'")
            return [name] if _NAME.fullmatch(name) else []
    return []
