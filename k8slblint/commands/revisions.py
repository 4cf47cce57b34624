"""Files of another revision or folder, beside the current ones: as the base, or as what is compared with it."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from k8slblint.commands.terminals import say
from k8slblint.commands.touching import is_folder
from k8slblint.engine import Sources
from k8slblint.loading.files import Choice
from k8slblint.model.loaded import SourceFile
from k8slblint.rendering.tree import trees_around

if TYPE_CHECKING:
    from k8slblint.loading import git


def within(paths: Sequence[str], against: str) -> Callable[[str], bool]:
    """Return what tells of a path, or of the name of a unit, whether it stands in `paths`; of the files of another folder all do."""
    if is_folder(against):
        return lambda _: True
    roots = [os.path.realpath(path) for path in paths]

    def is_within(path: str) -> bool:
        real = os.path.realpath(path.partition(" [")[0])
        return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in roots)

    return is_within


def with_base(sources: Sources, paths: Sequence[str], against: str, choice: Choice) -> tuple[Sources, tuple[str, ...]]:
    """Return the sources with what stood in `paths` before: in a revision, or in another folder. Raises `UsageError`.

    Second are the real paths of all files that differ, of any kind; of a folder nothing is known of that.
    """
    from k8slblint.loading import git  # only runs that compare need it

    if is_folder(against):
        before = git.directory_before(against, paths, extra_ignores=choice.ignores, ignores_from=choice.ignores_from)
        old_trees = trees_around([against], sources.budget) if sources.trees else ()
        return sources._replace(before=before, against=against, trees_before=old_trees), ()
    base = _revision(against, paths, sources, choice)
    sources = sources._replace(before=base.files, changed_paths=base.changed_paths, against=against)
    return _with_trees_before(sources, base.originals) if sources.trees else sources, base.changed_names


def between(sources: Sources, paths: Sequence[str], against: str, head: str, choice: Choice) -> Sources:
    """Return the sources as they are in the revision `head`, with those of `against` as what was before; the working tree has no say.

    A file that neither revision has otherwise than the working tree is that of the working tree. Raises `UsageError`.
    """
    now, base = _revision(head, paths, sources, choice), _revision(against, paths, sources, choice)
    differing = now.changed_paths | base.changed_paths | {file.path for file in (*now.files, *base.files)}
    files, before = ([*_same(sources.files, one.changed_paths, one.files), *one.files] for one in (now, base))
    wanted = [file for file in before if file.path in differing]
    sources = sources._replace(files=files, before=wanted, changed_paths=frozenset(differing), against=against)
    if not sources.trees:
        return sources
    changes, changes_before = now.originals(), base.originals()
    trees = tuple(tree.overlaid_by_real_path(changes) for tree in sources.trees)
    trees_before = tuple(tree.overlaid_by_real_path(changes_before) for tree in sources.trees)
    return sources._replace(trees=trees, trees_before=trees_before, changed_in_trees=frozenset((*changes, *changes_before)))


def _same(files: Sequence[SourceFile], changed: frozenset[str], others: Sequence[SourceFile]) -> list[SourceFile]:
    """Return the files that a revision has as the working tree has them, but for those that come from it anyway."""
    given = {file.path for file in others}
    return [file for file in files if file.path not in changed and file.path not in given]


def _revision(name: str, paths: Sequence[str], sources: Sources, choice: Choice) -> "git.BaseRevision":
    from k8slblint.loading import git

    found = git.changed_files(
        name,
        paths,
        sources.files,
        extra_ignores=choice.ignores,
        ignores_from=choice.ignores_from,
        tracked_only=choice.tracked_only,
    )
    if found.note:
        say(f"k8slblint: {found.note}")
    return found


def _with_trees_before(sources: Sources, originals: Callable[[], dict[str, bytes | None]]) -> Sources:
    changed = originals()
    trees = tuple(tree.overlaid_by_real_path(changed) for tree in sources.trees)
    return sources._replace(trees_before=trees, changed_in_trees=frozenset(changed))
