"""Which files of the named paths are read, and under which names they are reported."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from errno import ELOOP
from functools import partial

from k8slblint.loading.borders import is_inside, is_stream, read_named, read_stream, refuse_link_out, refuse_unreadable
from k8slblint.loading.folders import (
    CHART_PART,
    IGNORED,
    KUSTOMIZATION_NAMES,
    NOT_RENDERED,
    SKIPPED_FOLDERS,
    Contents,
    Folder,
    Layer,
    below,
    git_root,
    is_host_file_name,
    is_manifest_name,
    names_in,
    open_folder,
    printable,
    read_file,
    shown_path,
)
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.loading.tracked import Index, tracked_below
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Skip
from k8slblint.model.loaded import Gap, SourceFile
from k8slblint.model.records import NamedTuple

UNREADABLE = "unreadable"
LINK_LOOP = "symbolic link loop"
LINK_BROKEN = "broken symbolic link"
LINK_OUTSIDE = "symbolic link out of the scanned folder"
NOT_AN_IGNORE_FILE = "ignore file not read: a link out of the repository, too large, or not a file"

_SKIP_EXAMPLES = 5


class Skips:
    """Counts what was passed over, by reason, with the first few examples of each."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, reason: str, example: str, count: int = 1) -> None:
        """Count `count` things passed over for `reason`."""
        self._counts[reason] = self._counts.get(reason, 0) + count
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _SKIP_EXAMPLES:
            examples.append(example)

    def extend(self, skips: Iterable[Skip]) -> None:
        """Add what was counted elsewhere."""
        for skip in skips:
            self._counts[skip.reason] = self._counts.get(skip.reason, 0) + skip.count
            self._examples[skip.reason] = [*self._examples.get(skip.reason, ()), *skip.examples][:_SKIP_EXAMPLES]

    @property
    def counted(self) -> tuple[dict[str, int], dict[str, list[str]]]:
        """The counts and the examples, by reason."""
        return self._counts, self._examples

    def add_counted(self, counted: tuple[dict[str, int], dict[str, list[str]]]) -> None:
        """Add what was `counted` elsewhere."""
        counts, examples = counted
        self.extend(Skip(reason, count, tuple(examples[reason])) for reason, count in counts.items())

    def sorted(self) -> list[Skip]:
        """Return the counts in the order of their reasons."""
        return [Skip(reason, self._counts[reason], tuple(self._examples[reason])) for reason in sorted(self._counts)]


def skips_with(skips: Iterable[Skip], more: Iterable[Skip | tuple[str, str, int]]) -> list[Skip]:
    """Return counts of what was passed over with others added: `Skip`s, or single ones as reason, example and count."""
    counted = Skips()
    counted.extend(skips)
    for one in more:
        if isinstance(one, Skip):
            counted.extend([one])
        else:
            counted.add(*one)
    return counted.sorted()


class FoundFiles(NamedTuple):
    """The files to read, by path; what was passed over; and what may hold manifests but was not looked into.

    `hosts` are files that are no manifests, and may set up the machines of a cluster.
    """

    files: list[SourceFile]
    skipped: list[Skip]
    gaps: list[Gap]
    hosts: Sequence[SourceFile] = ()


class Choice(NamedTuple):
    """What the user says about which files count.

    `ignores` are patterns as in `.gitignore`, relative to the folder `ignores_from`; `tracked_only` reads what git tracks and
    nothing else, whatever `.gitignore` says of it; outside a repository it has no effect.
    """

    ignores: tuple[str, ...] = ()
    ignores_from: str = "."
    tracked_only: bool = False


class Root(NamedTuple):
    """One named folder: its real path, how its files are shown (`""` or ending in `/`), and the folder links may not leave."""

    path: str
    shown: str
    border: str


def find_files(
    paths: Sequence[str],
    *,
    extra_ignores: Sequence[str] = (),
    ignores_from: str = ".",
    tracked_only: bool = False,
) -> FoundFiles:
    """List the files below `paths` that may be manifests; a file named itself is read whatever its name.

    `extra_ignores` are patterns as in `.gitignore`, relative to the folder `ignores_from`. `tracked_only` leaves out what git
    does not track, as a pre-commit hook needs it: untracked files are no part of the commit.
    Each real file comes once, under its real path, also when paths overlap or a symbolic link leads to it.

    Raises:
        UsageError: when one of `paths` does not exist, is no file or follows a link out of the repository, or git is needed and missing.

    """
    listing = Listing(Choice(tuple(extra_ignores), ignores_from, tracked_only))
    for path in paths:
        refuse_link_out(path)
        if not os.path.exists(path):
            raise UsageError(_missing(path))
    folders = [path for path in paths if os.path.isdir(path)]
    for path in folders:
        listing.add_folder(path)
    for path in paths:
        if path not in folders:
            listing.add_named(path)
    return listing.found()


def stdin_file(data: bytes, name: str = "<stdin>") -> SourceFile:
    """Return the text of standard input as a file; `name` stands for it in reports and tells where it belongs."""
    if name == "<stdin>":
        return SourceFile(path=name, read=lambda: data, scope_path=name, named=True)
    shown = shown_path(name)
    return SourceFile(path=shown, read=lambda: data, scope_path=shown, named=True, above=above_folder(os.getcwd()))


def kustomizations_above(paths: Sequence[str]) -> list[SourceFile]:
    """Return the kustomizations in the folders above `paths`, up to the repository: they tell which files below are patches."""
    found: dict[str, SourceFile] = {}
    for path in paths:
        border = find_root(path).border
        shown = shown_path(path)
        folder = os.path.realpath(path)
        while folder != border and below(folder, border) is not None:
            folder, shown = os.path.dirname(folder), posixpath.normpath(posixpath.join(shown, ".."))
            for name in KUSTOMIZATION_NAMES:
                file = os.path.join(folder, name)
                if os.path.isfile(file) and is_inside(os.path.realpath(file), border):
                    found[file] = SourceFile(posixpath.normpath(posixpath.join(shown, name)), partial(read_file, file), real=file)
    return list(found.values())


def find_root(path: str) -> Root:
    """Return the named folder `path` with its border: the git repository around it, else the working directory, else itself."""
    real, shown, here = os.path.realpath(path), shown_path(path), os.getcwd()
    border = git_root(real) or (here if below(real, here) is not None else real)
    return Root(real, "" if shown == "." else f"{shown.rstrip('/')}/", border)


def above_folder(real: str) -> str:
    """Return the path of a folder, given by its real path, from the root of the repository around it, `""` or ending in `/`."""
    border = git_root(real)
    path = below(real, border) if border is not None else None
    return printable(f"{path}/") if path else ""


class Listing:
    """Walks folders and collects their files; also tells where a file that is gone from the disk would stand."""

    def __init__(self, choice: Choice) -> None:
        """Start with no files; `choice` holds for every folder walked. Raises `UsageError` when it has too many patterns."""
        self._choice = choice
        self._rules = IgnoreRules(choice.ignores)
        if self._rules.has_too_many:
            raise UsageError("the configuration excludes more patterns than can be matched against every file: exclude folders instead.")
        self._files: dict[str, SourceFile] = {}
        self._hosts: list[SourceFile] = []
        self._visited: set[str] = set()
        self._refused: set[str] = set()
        self._linked: list[Folder] = []
        self._opened: dict[str, Contents] = {}
        self._lodgings: dict[str, Folder] = {}
        self._tracked: frozenset[str] | None = None
        self._index = Index()
        self._skips = Skips()
        self._gaps: list[Gap] = []

    def found(self) -> FoundFiles:
        """Return everything collected so far, in the order of paths."""
        return FoundFiles(sorted(self._files.values(), key=lambda file: file.path), self._skips.sorted(), sorted(self._gaps), self._hosts)

    def add_named(self, path: str) -> None:
        """Add a file that the user named. Raises `UsageError` when it is no regular file, or too large."""
        if is_stream(path):
            data = read_stream(path)
            self._files[path] = SourceFile(shown_path(path), lambda: data, printable(os.path.basename(path)), named=True)
            return
        refuse_unreadable(path)
        real = os.path.realpath(path)
        walked = self._files.get(real)
        scope = walked.scope_path if walked else printable(os.path.basename(path))
        project = walked.project if walked else ""
        lodging = walked or self._lodging(os.path.dirname(path) or ".")
        file = SourceFile(shown_path(path), partial(read_named, real), scope, project, named=True, real=real)
        self._files[real] = file._replace(above=lodging.above, outer_project=lodging.outer_project)

    def _lodging(self, folder: str) -> Folder:
        """Return the folder of a file that the user named."""
        if folder not in self._lodgings:
            self._lodgings[folder] = self._start(find_root(folder))
        return self._lodgings[folder]

    def add_folder(self, path: str) -> None:
        """Add the files of a folder that the user named; what links lead to comes last."""
        root = find_root(path)
        self._tracked = tracked_below(root.border) if self._choice.tracked_only else None
        pending = [self._start(root)]
        while pending or self._linked:
            folder = pending.pop() if pending else self._linked.pop(0)
            if folder.path not in self._visited:
                self._visited.add(folder.path)
                pending.extend(reversed(self._walk(folder, root)))

    def place(self, path: str, relative: str) -> SourceFile | None:
        """Return the place of a file that need not exist, `relative` to the named folder `path`; None when it is passed over.

        Its `read` raises `FileNotFoundError`.
        """
        folder = self._start(find_root(path))
        *folders, name = relative.split("/")
        for step in folders:
            contents = self._open_once(folder)
            if contents.why_not_entered(step):
                return None
            folder = contents.enter(step)
        contents = self._open_once(folder)
        if not is_manifest_name(name) or contents.ignores(name, is_folder=False):
            return None
        return contents.source_file(name, _gone)

    def _open_once(self, folder: Folder) -> Contents:
        contents = self._opened.get(folder.path)
        if contents is None:
            contents = self._open(folder, names_in(folder.path))
            self._opened[folder.path] = contents = contents._replace(gits=())  # git tracked it, whatever it ignores
        return contents

    def _start(self, root: Root) -> Folder:
        """Return the named folder with the ignore files of the folders above it, up to the border."""
        folder = self._reach(root, root.path)
        above = printable(folder.scope) if root.path != root.border else ""
        outer = self._open(folder, names_in(folder.path)).project if above else ""
        return folder._replace(shown=root.shown, scope="", project="", is_root=True, above=above, outer_project=outer)

    def _reach(self, root: Root, path: str) -> Folder:
        folder = Folder(root.border, is_root=True, border=root.border)
        for step in (below(path, root.border) or "").split("/"):
            folder = self._open(folder, names_in(folder.path)).enter(step) if step else folder
        if not self._choice.ignores:
            return folder
        above = below(path, os.path.realpath(self._choice.ignores_from))
        return folder._replace(ours=(*folder.ours, Layer(self._rules, f"{above}/" if above else "")))

    def _open(self, folder: Folder, names: Sequence[str]) -> Contents:
        contents = open_folder(folder, names)
        for path in contents.refused:
            if path not in self._refused:
                self._refused.add(path)
                self._skips.add(
                    NOT_AN_IGNORE_FILE, posixpath.join(shown_path(folder.path), below(path, folder.path) or "").removeprefix("./")
                )
        return contents

    def _walk(self, folder: Folder, root: Root) -> list[Folder]:
        try:
            with os.scandir(folder.path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self._leave_out(UNREADABLE, printable(folder.shown) or ".", str(error.strerror or error))
            return []
        contents = self._open(folder, [entry.name for entry in entries])
        if self._tracked is not None:
            contents = contents._replace(gits=())
            entries = [entry for entry in entries if entry.path in self._tracked]
        return [found for entry in entries for found in self._take(contents, entry, root)]

    def _take(self, contents: Contents, entry: os.DirEntry[str], root: Root) -> Iterator[Folder]:
        """Take up one entry of a folder; yields it when it is a folder to walk."""
        if entry.is_symlink():
            self._follow(contents, entry, root)
        elif entry.is_dir(follow_symlinks=False):
            yield from self._descend(contents, entry)
        elif is_manifest_name(entry.name) and entry.is_file(follow_symlinks=False):
            if self._ignores(contents, entry):
                self._skips.add(IGNORED, printable(contents.folder.shown + entry.name))
            else:
                self._files[entry.path] = contents.source_file(entry.name, partial(read_file, entry.path))
        elif is_host_file_name(entry.name) and entry.is_file(follow_symlinks=False) and not self._ignores(contents, entry):
            self._hosts.append(contents.source_file(entry.name, partial(read_file, entry.path)))

    def _ignores(self, contents: Contents, entry: os.DirEntry[str]) -> bool:
        """Tell whether a file, or a link, is passed over; what git tracks is so only where our ignore files say it."""
        whose = contents.ignored_by(entry.name, is_folder=False)
        return whose == "us" or (whose == "git" and not self._index.holds(entry.path))

    def _descend(self, contents: Contents, entry: os.DirEntry[str]) -> Iterator[Folder]:
        reason = contents.why_not_entered(entry.name)
        shown = printable(f"{contents.folder.shown}{entry.name}/")
        if reason is None:
            yield contents.enter(entry.name)
        elif reason == NOT_RENDERED:
            if count := _count_manifests(entry.path):
                self._leave_out(CHART_PART, shown, NOT_RENDERED, count)
        elif reason == IGNORED and contents.ignored_by(entry.name, is_folder=True) == "git" and self._index.holds(entry.path):
            yield contents.enter(entry.name, holds_only_tracked=True)
        elif reason == IGNORED:
            self._skips.add(IGNORED, shown)

    def _follow(self, contents: Contents, entry: os.DirEntry[str], root: Root) -> None:
        """Follow a link that stays below the border; what lies below the root is met on the walk itself."""
        shown = printable(contents.folder.shown + entry.name)
        if entry.name in SKIPPED_FOLDERS or self._ignores(contents, entry):
            return
        try:
            target = os.path.realpath(entry.path, strict=True)
        except OSError as error:
            if error.errno == ELOOP:
                self._skips.add(LINK_LOOP, shown)
            elif is_manifest_name(entry.name):
                self._leave_out(LINK_BROKEN, shown, LINK_BROKEN)
            return
        is_folder = os.path.isdir(target)
        if is_folder and below(contents.folder.path, target) is not None:
            self._skips.add(LINK_LOOP, shown)
        elif below(target, root.path) is None and (is_folder or is_manifest_name(entry.name)):
            self._follow_out(contents, entry.name, target, root)

    def _follow_out(self, contents: Contents, name: str, target: str, root: Root) -> None:
        """Take up what a link out of the root leads to: reported where it is, in the scope of the link."""
        shown = printable(contents.folder.shown + name)
        scope = contents.folder.scope + name
        if not is_inside(target, root.border):
            self._leave_out(LINK_OUTSIDE, shown, LINK_OUTSIDE)
        elif os.path.isdir(target):
            folder = self._reach(root, target)
            linked = folder._replace(shown=f"{shown_path(target)}/", scope=f"{scope}/", project=contents.project)
            self._linked.append(linked._replace(above=contents.folder.above, outer_project=contents.folder.outer_project))
        elif target not in self._files and (self._tracked is None or target in self._tracked):
            self._files[target] = SourceFile(
                shown_path(target), partial(read_file, target), printable(scope), contents.project, real=target
            )._replace(above=contents.folder.above, outer_project=contents.folder.outer_project)

    def _leave_out(self, reason: str, shown: str, explanation: str, count: int = 1) -> None:
        self._skips.add(reason, shown, count)
        self._gaps.append(Gap(shown, explanation))


def _count_manifests(path: str) -> int:
    return sum(is_manifest_name(name) for _, _, names in os.walk(path) for name in names)


def _gone() -> bytes:
    raise FileNotFoundError


def _missing(path: str) -> str:
    """Say that a path does not exist, and which one is meant perhaps."""
    from difflib import get_close_matches  # only on the way out

    shown = printable(path)
    parent, name = posixpath.split(posixpath.normpath(shown))
    near = get_close_matches(name, sorted(names_in(parent or ".")), n=1)
    hint = f"; did you mean '{posixpath.join(parent, near[0])}'?" if near else "."
    return f"'{shown}' does not exist{hint}"
