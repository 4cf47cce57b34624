"""The earlier contents of files: in a git revision, or in another folder."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from k8slblint.loading.files import Choice, Listing, find_files
from k8slblint.loading.folders import KUSTOMIZATION_NAMES, FileTooLargeError, below, git_root, is_manifest_name, shown_path
from k8slblint.loading.git_command import Git, GitFailedError
from k8slblint.loading.git_process import GitHungError
from k8slblint.model.errors import UsageError
from k8slblint.model.loaded import SourceFile
from k8slblint.model.records import NamedTuple

_BLOB_MODES = (b"100644", b"100755")
_DIFF = ("diff-index", "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=all", "--no-ext-diff", "--no-textconv")


class BaseRevision(NamedTuple):
    """What a revision held: the files before, and which files of now may differ from them.

    `changed_paths` holds `SourceFile.path`s; a file outside it is the same before and now, and is left out of `files`,
    but for kustomizations, which tell what the others are. `note` is what the user must know, or `""`.
    `originals` are all files of the repositories that differ, of any kind, by real path: a function that returns what each held
    before, None where there was none. `changed_names` are those of them that git tracked before or does now.
    """

    files: list[SourceFile]
    changed_paths: frozenset[str]
    note: str = ""
    originals: Callable[[], dict[str, bytes | None]] = dict
    changed_names: tuple[str, ...] = ()


class _Repository(NamedTuple):
    """A repository with the named paths in it, as named and as real paths."""

    git: Git
    root: str
    named: list[tuple[str, str]]
    tree: str | None = None
    """The tree of the revision before, None where there is no commit yet."""
    is_unread: bool = False
    """Whether it is a submodule whose commit of then is not in this clone: nothing is known of what it held."""


class _Change(NamedTuple):
    path: str
    before: bytes | None
    """The object id of the file before, None where there was no file."""


def changed_files(
    base: str,
    paths: Sequence[str],
    found: Sequence[SourceFile] | None = None,
    *,
    extra_ignores: Sequence[str] = (),
    ignores_from: str = ".",
    tracked_only: bool = False,
) -> BaseRevision:
    """Return what differs between the revision `base` and the working tree below `paths`.

    `base` is anything that `git rev-parse` takes, or `A...B` for the merge base of two revisions (`A...` that with HEAD).
    `found` are the files that `find_files` found for the same paths with the same options, if they are known. A file before
    has the path, scope and project of the same file now, and one that is gone those it would have.

    Raises:
        UsageError: when a path is in no repository, the revision is unknown or not in this clone, or git is missing.

    """
    listing = Listing(Choice(tuple(extra_ignores), ignores_from, tracked_only))
    if found is None:
        found = find_files(paths, extra_ignores=extra_ignores, ignores_from=ignores_from, tracked_only=tracked_only).files
    now = _by_real_path(found)
    before: dict[str, SourceFile] = {}
    changed: set[str] = set()
    notes: list[str] = []
    names: list[str] = []
    readers: list[Callable[[], dict[str, bytes | None]]] = []
    for repository in _with_submodules(paths, base):
        inside = {path: file.path for path, file in now.items() if below(path, repository.root) is not None}
        changes = _changes(repository, repository.tree) if repository.tree else []
        before.update((file.path, file) for file in _read_before(repository, changes, now, listing))
        names += [change.path for change in changes]
        same = inside.keys() if repository.is_unread else _same(repository, changes) if repository.tree else frozenset()
        changed.update(inside.values())  # those of a submodule come after those of the repository around it
        changed.difference_update(inside[path] for path in inside.keys() & same)
        readers.append(partial(_originals, repository, changes if repository.tree else None))
        notes += filter(None, [_note(repository, base)])
    for file in found:
        if file.path not in changed and os.path.basename(file.path) in KUSTOMIZATION_NAMES:
            before.setdefault(file.path, file)
    files = sorted(before.values(), key=lambda file: file.path)
    originals = lambda: {path: data for read in readers for path, data in read().items()}  # noqa: E731 - read on demand
    return BaseRevision(files, frozenset(changed), " ".join(notes), originals, tuple(names))


class Differing(NamedTuple):
    """The real path of a tracked file that differs from a revision, or of a submodule (`is_link`) whose commit does."""

    path: str
    is_link: bool = False


def differing(base: str, paths: Sequence[str]) -> list[Differing] | None:
    """Return what differs from a revision in the repositories of paths, None where one has no commit yet. Raises `UsageError`."""
    found = []
    for repository in _repositories(paths):
        tree = _resolve(repository.git, base)
        if tree is None:
            return None
        fields = repository.git.run(*_DIFF, "--ignore-submodules=dirty", tree, "--", ".").split(b"\0")
        for entry, name in zip(fields[::2], fields[1::2], strict=False):
            path = os.path.join(repository.root, *os.fsdecode(name).split("/"))
            found.append(Differing(path, _LINK_MODE in entry.lstrip(b":").split(b" ")[:2]))
    return found


class TextsBefore:
    """Answers what single files of any kind held in a git revision; each repository is asked for its tree once."""

    def __init__(self, base: str) -> None:
        """Hold the revision, in the words of `changed_files`."""
        self._base = base
        self._trees: dict[str, tuple[Git, str | None]] = {}

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return by its absolute path what each file held; those that were no files then, and links, are left out.

        Raises:
            UsageError: when the revision is unknown or not in this clone, or git is missing.

        """
        found: dict[str, bytes] = {}
        for path in paths:
            root = git_root(os.path.realpath(os.path.dirname(path)))
            relative = below(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), root) if root else None
            if root is not None and relative:
                found.update((path, data) for data in self._blob(root, relative))
        return found

    def is_empty(self, path: str) -> bool:
        """Tell whether the repository of a path has no commit yet. Raises as `read` does."""
        root = git_root(os.path.realpath(path))
        return root is not None and self._tree(root)[1] is None

    def _tree(self, root: str) -> tuple[Git, str | None]:
        if root not in self._trees:
            git = Git(root)
            self._trees[root] = git, _resolve(git, self._base)
        return self._trees[root]

    def _blob(self, root: str, relative: str) -> Iterator[bytes]:
        git, tree = self._tree(root)
        entry = git.run("ls-tree", "-z", tree, "--", relative).partition(b"\t")[0].split() if tree else []
        if len(entry) == _PARTS_OF_ENTRY and entry[0] in _BLOB_MODES:
            yield from (data for data in git.read_blobs([entry[2]]) if data is not None)


_PARTS_OF_ENTRY = 3
"""Mode, type and object id, as `git ls-tree` prints them."""


def is_revision(name: str) -> bool:
    """Tell whether the repository around the working directory knows `name` as a revision. Raises `GitHungError`."""
    root = git_root(os.getcwd())
    if root is None:
        return False
    try:
        return _resolve(Git(root), name) is not None
    except GitHungError:
        raise
    except UsageError:
        return False


def directory_before(
    folder: str,
    paths: Sequence[str],
    *,
    extra_ignores: Sequence[str] = (),
    ignores_from: str = ".",
) -> list[SourceFile]:
    """Return all files of `folder`, which holds what stood in `paths` before.

    One named folder is compared with `folder` itself, so that `folder/x.yaml` stands for `<named>/x.yaml`; several paths each with
    the same path below `folder`; one named file with `folder` if that is a file, else with the same path or name in it.

    Raises:
        UsageError: when `folder` does not exist, or `paths` cannot be aligned with it.

    """
    if not os.path.exists(folder):
        raise UsageError(f"'{folder}' is neither a revision of this repository nor a folder: correct `--against`.")
    files: list[SourceFile] = []
    for path in paths:
        counterpart = _counterpart(folder, path, alone=len(paths) == 1)
        if counterpart is not None:
            moved = _moved_ignores(counterpart, path, ignores_from)
            scope = os.path.basename(path)
            found = find_files([counterpart], extra_ignores=extra_ignores, ignores_from=moved).files
            files += [file._replace(scope_path=scope) if file.named else file for file in found]
    return files


def _note(repository: _Repository, base: str) -> str:
    shown = shown_path(repository.root)
    if repository.is_unread:
        return f"submodule '{shown}' is not compared: its commit of '{base}' is not in this clone."
    return "" if repository.tree else f"'{shown}' has no commit yet, so everything in it is new."


def _with_submodules(paths: Sequence[str], base: str) -> Iterator[_Repository]:
    """Yield the repositories of paths with the tree of a revision, and after each the submodules in it with theirs."""
    for repository in _repositories(paths):
        resolved = repository._replace(tree=_resolve(repository.git, base))
        yield resolved
        yield from _submodules(resolved, MOST_NESTED)


def _submodules(parent: _Repository, depth: int) -> Iterator[_Repository]:
    """Yield the submodules that are checked out below named paths and were there before, those of others after them.

    A submodule that is new is no repository of then: all that it holds is new.
    """
    if parent.tree is None or depth == 0 or not os.path.lexists(os.path.join(parent.root, ".gitmodules")):
        return
    listed = parent.git.run("ls-files", "-z", "-s").split(b"\0")
    names = [entry.partition(b"\t")[2] for entry in listed if entry.startswith(_LINK_MODE)]
    wanted = [name for name in map(os.fsdecode, names) if _is_checked_out(parent, name)][:MOST_SUBMODULES]
    entries = parent.git.run("ls-tree", "-z", parent.tree, "--", *wanted).split(b"\0") if wanted else []
    for entry in (entry for entry in entries if entry.startswith(_LINK_MODE)):
        described, _, name = entry.partition(b"\t")
        root = os.path.join(parent.root, *os.fsdecode(name).split("/"))
        git = Git(root)
        tree = _tree_of(git, described.split()[2].decode())
        found = _Repository(git, root, parent.named, tree, is_unread=tree is None)
        yield found
        yield from _submodules(found, depth - 1)


MOST_NESTED, MOST_SUBMODULES = 4, 200
"""How deep submodules are followed, and how many of one repository."""

_LINK_MODE = b"160000"


def _is_checked_out(parent: _Repository, name: str) -> bool:
    """Tell whether a submodule has files that may be scanned, and a repository that is its parent's or its own: no other is read."""
    root = os.path.join(parent.root, *name.split("/"))
    if os.path.realpath(root) != root or not os.path.lexists(os.path.join(root, ".git")):
        return False
    if not any(below(root, real) is not None or below(real, root) is not None for _, real in parent.named):
        return False
    homes = [os.path.realpath(_answer(parent.git, "rev-parse", "--path-format=absolute", "--git-common-dir")), root]
    try:
        own = os.path.realpath(_answer(Git(root), "rev-parse", "--absolute-git-dir"))
    except GitFailedError:
        return False
    return any(below(own, home) is not None for home in homes)


def _answer(git: Git, *arguments: str) -> str:
    return os.fsdecode(git.run(*arguments).rstrip(b"\n"))


def _tree_of(git: Git, commit: str) -> str | None:
    """Return the tree of a commit, None where it is not in this clone."""
    try:
        return _answer(git, "rev-parse", "--verify", "--quiet", commit + "^{tree}")
    except GitFailedError:
        return None


def _repositories(paths: Sequence[str]) -> Iterator[_Repository]:
    grouped: dict[str, list[tuple[str, str]]] = {}
    for path in paths:
        real = os.path.realpath(path)
        root = git_root(real if os.path.isdir(real) else os.path.dirname(real))
        if root is None:
            raise UsageError(f"'{path}' is not in a git repository: name a folder to compare with instead of a revision.")
        grouped.setdefault(root, []).append((path, real))
    for root, named in grouped.items():
        yield _Repository(Git(root), root, named)


def _resolve(git: Git, base: str) -> str | None:
    """Return the tree of a revision; None where HEAD is asked for and there is no commit yet."""
    if base in ("HEAD", "@") and not _has_commit(git):
        return None
    if "..." not in base:
        return _verify(git, base, "^{tree}")
    first, _, second = base.partition("...")
    commits = _verify(git, first or "HEAD", "^{commit}"), _verify(git, second or "HEAD", "^{commit}")
    try:
        ancestor = git.run("merge-base", *commits).decode().strip()
    except GitFailedError as error:
        raise UsageError(f"'{base}' has no merge base in '{shown_path(git.root)}'{_shallow_hint(git) or '.'}") from error
    return _verify(git, ancestor, "^{tree}")


def _verify(git: Git, revision: str, wanted: str) -> str:
    """Return the object id of a revision; only ids are handed on to other commands."""
    if not revision or revision.startswith("-") or "\0" in revision:
        raise UsageError(f"{revision!r} is not a revision: name a branch, tag or commit that does not begin with a dash.")
    try:
        return git.run("rev-parse", "--verify", "--quiet", revision + wanted).decode().strip()
    except GitFailedError as error:
        if not error.is_silent:
            raise
        hint = _shallow_hint(git) or _remote_hint(git, revision)
        raise UsageError(f"'{revision}' is not a revision of '{shown_path(git.root)}'{hint or '.'}") from error


def _has_commit(git: Git) -> bool:
    try:
        git.run("rev-parse", "--verify", "--quiet", "HEAD")
    except GitFailedError as error:
        if not error.is_silent:
            raise
        return False
    return True


def _remote_hint(git: Git, revision: str) -> str:
    """Say that a branch exists at the remote only."""
    name = f"origin/{revision}"
    try:
        git.run("rev-parse", "--verify", "--quiet", f"refs/remotes/{name}^{{commit}}")
    except GitFailedError:
        return ""
    return f"; did you mean '{name}'?"


def _shallow_hint(git: Git) -> str:
    is_shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
    return ", which is a shallow clone: fetch the revision first (`fetch-depth: 0` in actions/checkout)." if is_shallow else ""


def _changes(repository: _Repository, tree: str) -> list[_Change]:
    """Return what differs from a tree, by the index and the stat data that it holds: a touched file counts as changed.

    The whole repository is compared: a file may have moved into the named folders from elsewhere.
    """
    fields = repository.git.run(*_DIFF, tree, "--", ".").split(b"\0")
    found = []
    for entry, name in zip(fields[::2], fields[1::2], strict=False):
        mode, _, object_id = entry.lstrip(b":").split(b" ")[:3]
        path = os.path.join(repository.root, *os.fsdecode(name).split("/"))
        found.append(_Change(path, object_id if mode in _BLOB_MODES else None))
    return found


def _read_before(
    repository: _Repository, changes: Sequence[_Change], now: Mapping[str, SourceFile], listing: Listing
) -> Iterator[SourceFile]:
    wanted = [(change.before, file) for change in changes if change.before and (file := _place(change.path, repository, now, listing))]
    contents = repository.git.read_blobs([object_id for object_id, _ in wanted])
    for (_, file), data in zip(wanted, contents, strict=True):
        yield file._replace(read=partial(_return, data))


def _originals(repository: _Repository, changes: Sequence[_Change] | None) -> dict[str, bytes | None]:
    """Return what every file that differs held before; without a revision (`changes` is None) every tracked file is new."""
    untracked = repository.git.run("ls-files", "-z", "--others", "--exclude-standard").split(b"\0")
    names = [os.fsdecode(name) for name in untracked if name]
    if changes is None:
        names += repository.git.tracked_files()
    originals: dict[str, bytes | None] = {os.path.join(repository.root, *name.split("/")): None for name in names}
    originals.update((change.path, None) for change in changes or ())
    known = [change for change in changes or () if change.before]
    contents = repository.git.read_blobs([change.before for change in known if change.before])
    originals.update((change.path, data) for change, data in zip(known, contents, strict=True))
    return originals


def _same(repository: _Repository, changes: Sequence[_Change]) -> frozenset[str]:
    tracked = {os.path.join(repository.root, *name.split("/")) for name in repository.git.tracked_files()}
    return frozenset(tracked.difference(change.path for change in changes))


def _place(path: str, repository: _Repository, now: Mapping[str, SourceFile], listing: Listing) -> SourceFile | None:
    file = now.get(path)
    if file is not None or os.path.lexists(path):
        return file
    for named, real in repository.named:
        relative = below(path, real)
        if relative:
            return listing.place(named, relative.replace(os.sep, "/"))
    return _gone_from_elsewhere(path, repository)


def _gone_from_elsewhere(path: str, repository: _Repository) -> SourceFile | None:
    """Return the place of a deleted file outside the named folders: what it held may have moved into them."""
    relative = below(path, repository.root)
    if relative is None or not is_manifest_name(os.path.basename(path)):
        return None
    return SourceFile(shown_path(path), partial(_return, None), relative.replace(os.sep, "/"), real=path, is_elsewhere=True)


def _counterpart(folder: str, path: str, *, alone: bool) -> str | None:
    if alone and os.path.isdir(path) == os.path.isdir(folder):
        return folder
    if not os.path.isdir(folder):
        raise UsageError(f"'{folder}' is a file, which can be compared with one file only: name a folder.")
    relative = below(os.path.realpath(path), os.getcwd())
    if relative is None and not alone:
        raise UsageError(
            f"'{path}' is not below the working directory, so it has no counterpart in '{folder}': run from a folder above it."
        )
    names = [relative, os.path.basename(path)] if alone else [relative]
    candidates = [os.path.join(folder, name) for name in names if name]
    return next((candidate for candidate in candidates if os.path.exists(candidate)), None) if candidates else folder


def _moved_ignores(counterpart: str, path: str, ignores_from: str) -> str:
    """Return the folder to which the configured patterns belong when they are applied to the counterpart of `path`."""
    relative = below(os.path.realpath(path), os.path.realpath(ignores_from))
    real = os.path.realpath(counterpart)
    return real.removesuffix(f"/{relative}") if relative else real


def _by_real_path(found: Sequence[SourceFile]) -> dict[str, SourceFile]:
    folders: dict[str, str] = {}
    files = {}
    for file in found:
        if file.real and not file.named:  # of one that is named, the link to it counts
            files[file.real] = file
            continue
        folder, name = os.path.split(file.path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        files[os.path.join(folders[folder], name)] = file
    return files


def _return(data: bytes | None) -> bytes:
    if data is None:
        raise FileTooLargeError
    return data
