"""What a change is compared with, and whether it touches anything that a scan reads: by names alone, which a hook asks at each commit."""

import os
from collections.abc import Iterable, Sequence

from k8slblint.loading.folders import IGNORE_FILE, KUSTOMIZATION_NAMES, MANIFEST_SUFFIXES

_SUFFIXES = (*MANIFEST_SUFFIXES, ".tpl", ".tgz", ".tar.gz", ".gotmpl")

_NAMES = frozenset({*KUSTOMIZATION_NAMES, IGNORE_FILE, ".gitignore", ".gitmodules", ".helmignore", ".sourceignore"})

_MAKERS = ("Chart.yaml", *sorted(KUSTOMIZATION_NAMES))
"""What makes a folder one from whose files of any name something may be rendered, also below it."""


def base_of_hook(against: str | None) -> str | None:
    """Return what to compare with: under pre-commit's `--from-ref` that revision takes the place of HEAD."""
    return os.environ.get("PRE_COMMIT_FROM_REF") or against if against == "HEAD" else against


def is_folder(name: str) -> bool:
    """Tell whether a name is a file or folder, and no revision."""
    from k8slblint.loading import git

    return os.path.exists(name) and not git.is_revision(name)


def touches_nothing(paths: Sequence[str], against: str, named: Iterable[str | None] = ()) -> bool:
    """Tell whether no file that a scan of `paths` may read differs from a revision; False where that is not known.

    `named` are further files that count. Files that git does not track do not count. Raises `UsageError`.
    """
    from k8slblint.loading import git

    if "-" in paths or is_folder(against):
        return False
    differing = git.differing(against, paths)
    further = {os.path.realpath(path) for path in named if path}
    known: dict[str, bool] = {}
    return differing is not None and not any(one.is_link or one.path in further or _counts(one.path, known) for one in differing)


def _counts(path: str, known: dict[str, bool]) -> bool:
    return path.endswith(_SUFFIXES) or os.path.basename(path) in _NAMES or _is_below_maker(os.path.dirname(path), known)


def _is_below_maker(folder: str, known: dict[str, bool]) -> bool:
    """Tell whether a folder, or one above it in the same repository, is a chart or a kustomization; each folder is asked once."""
    asked = []
    found = False
    while folder not in known:
        asked.append(folder)
        above = os.path.dirname(folder)
        found = any(os.path.lexists(os.path.join(folder, name)) for name in _MAKERS)
        if found or above == folder or os.path.lexists(os.path.join(folder, ".git")):
            break
        folder = above
    found = found or known.get(folder, False)
    known.update(dict.fromkeys(asked, found))
    return found
