"""Properties of a folder: what it ignores, whether it is a chart or a project, how its files are shown."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from errno import EINVAL
from typing import Literal

from k8slblint.loading.ignores import IgnoreRules
from k8slblint.model.loaded import SourceFile
from k8slblint.model.records import NamedTuple

MANIFEST_SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATION_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""The names that kustomize looks for (kustomize 5, `konfig.RecognizedKustomizationFileNames`)."""

HOST_FILE_SUFFIXES = (".ini", ".yaml.j2", ".yml.j2", "keepalived.conf", "keepalived.conf.j2")
"""Inventories of Ansible, templates of it and of minijinja, configuration of keepalived."""

IGNORE_FILE = ".k8slblintignore"

SKIPPED_FOLDERS = frozenset({".git", ".hg", ".svn", ".terraform", ".tox", ".venv", "__pycache__", "node_modules", "venv"})
"""Folders of tools, which hold copies and caches; they are passed over and not counted."""

_GO_MODULE, _GO_VENDOR = "go.mod", "vendor"
"""The file that makes a folder a Go module, and the folder in it where Go keeps the source of what that uses, and nothing else.

Source: https://go.dev/ref/mod#vendoring (`go build` reads the folder, and fails where it is not what `go mod vendor` writes).
"""

SIZE_LIMIT = 20_000_000
"""Bytes; a larger file is data, not a manifest: etcd, and so the API server, takes about 1.5 MB an object (etcd 3.5, "System limits")."""

IGNORE_LIMIT = 1_000_000
"""Bytes of an ignore file; the longest of public repositories have some ten thousand."""

IGNORED = "ignored by .gitignore, .k8slblintignore or the configuration"
NOT_RENDERED = "chart template, not rendered"
CHART_PART = "part of a chart, read when the chart is rendered"
TOOL_FOLDER = "folder of a tool"

_CHART_FOLDERS = ("templates", "charts")
_LICENCES = ("LICENSE", "LICENCE", "COPYING")
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class FileTooLargeError(OSError):
    """The file is larger than it may be: `SIZE_LIMIT` for one that was found."""


class Layer(NamedTuple):
    """The rules of one ignore file, with the folder being looked at relative to that file (`""` or ending in `/`)."""

    rules: IgnoreRules
    prefix: str = ""


class Folder(NamedTuple):
    """A folder before it is opened: its real path, and its reported and its scanned path (`""` or ending in `/`).

    `project` is that of the folder above; `ours` and `gits` are the ignore files of the folders above, the strongest first.
    `above` is the path of the scanned folder from the root of the repository (`""` or ending in `/`), `outer_project` the project there.
    `border` is the real path of the folder that links may not leave. `holds_only_tracked` tells that git ignores it: only what git
    tracks all the same is a part of the project.
    """

    path: str
    shown: str = ""
    scope: str = ""
    project: str = ""
    is_root: bool = False
    ours: tuple[Layer, ...] = ()
    gits: tuple[Layer, ...] = ()
    border: str = ""
    above: str = ""
    outer_project: str = ""
    holds_only_tracked: bool = False


_US: Literal["us"] = "us"
_GIT: Literal["git"] = "git"


class Contents(NamedTuple):
    """An opened folder: everything its file names tell, before any entry is judged.

    `refused` are the paths of ignore files that are not read: links out of the border, and what is too large or no file.
    """

    folder: Folder
    project: str
    is_chart: bool
    ours: tuple[Layer, ...]
    gits: tuple[Layer, ...]
    refused: tuple[str, ...] = ()
    is_go_module: bool = False

    def ignores(self, name: str, *, is_folder: bool) -> bool:
        """Tell whether an ignore file excludes the entry; ours win over git's, the nearest wins over those above."""
        return self.ignored_by(name, is_folder=is_folder) is not None

    def ignored_by(self, name: str, *, is_folder: bool) -> Literal["us", "git"] | None:
        """Return whose ignore file excludes the entry, or None."""
        for layers, whose in ((self.ours, _US), (self.gits, _GIT)):
            for rules, prefix in layers:
                ignored = rules.ignores(prefix + name, is_folder=is_folder)
                if ignored is not None:
                    return whose if ignored else None
        return _GIT if self.folder.holds_only_tracked else None

    def why_not_entered(self, name: str) -> str | None:
        """Return why the folder `name` is passed over, or None."""
        if name in SKIPPED_FOLDERS or (self.is_go_module and name == _GO_VENDOR):
            return TOOL_FOLDER
        if self.is_chart and name in _CHART_FOLDERS:
            return NOT_RENDERED
        return IGNORED if self.ignores(name, is_folder=True) else None

    def enter(self, name: str, *, holds_only_tracked: bool = False) -> Folder:
        """Return the folder `name` in this one; see `Folder.holds_only_tracked`, which holds for what is below as well."""
        return Folder(
            path=os.path.join(self.folder.path, name),
            shown=f"{self.folder.shown}{name}/",
            scope=f"{self.folder.scope}{name}/",
            project=self.project,
            ours=_lower(self.ours, name),
            gits=_lower(self.gits, name),
            border=self.folder.border,
            above=self.folder.above,
            outer_project=self.folder.outer_project,
            holds_only_tracked=holds_only_tracked or self.folder.holds_only_tracked,
        )

    def source_file(self, name: str, read: Callable[[], bytes]) -> SourceFile:
        """Return the file `name` of this folder."""
        real = os.path.join(self.folder.path, name)
        shown, scope = printable(self.folder.shown + name), printable(self.folder.scope + name)
        file = SourceFile(shown, read, scope, self.project, real=real)
        return file._replace(above=self.folder.above, outer_project=self.folder.outer_project)


def open_folder(folder: Folder, names: Sequence[str]) -> Contents:
    """Read the ignore files among `names`, the entries of a folder, and what else the names tell."""
    project, is_chart, ours, gits = folder.project, False, folder.ours, folder.gits
    refused: list[str] = []
    for name in names:
        if name == "Chart.yaml":
            is_chart = True
        elif name == ".gitignore":
            gits = (*_layer(folder, refused, name), *gits)
        elif name == IGNORE_FILE:
            ours = (*_layer(folder, refused, name), *ours)
        elif name == ".git":  # what lies above belongs to another repository
            gits = (*gits[: len(gits) - len(folder.gits)], *_layer(folder, refused, ".git", "info", "exclude"))
        if _marks_project(name) and not folder.is_root:
            project = printable(folder.scope.rstrip("/"))
    return Contents(folder, project, is_chart, ours, gits, tuple(refused), _GO_MODULE in names)


def names_in(path: str) -> list[str]:
    """Return the names in a folder; none where it cannot be listed."""
    try:
        return os.listdir(path)
    except OSError:
        return []


_OWN_NAMES = frozenset({".k8slblint.yaml", ".k8slblint.yml", ".k8slblint-baseline.yaml"})


def is_manifest_name(name: str) -> bool:
    """Tell whether a file of this name is looked into when its folder is scanned."""
    return (name.endswith(MANIFEST_SUFFIXES) and name not in _OWN_NAMES) or name in KUSTOMIZATION_NAMES


def is_host_file_name(name: str) -> bool:
    """Tell whether a file of this name may set up machines of a cluster although it is no manifest: an inventory, a template."""
    return name.endswith(HOST_FILE_SUFFIXES) or name == "hosts"


def below(path: str, folder: str) -> str | None:
    """Return `path` relative to `folder` and with `/`, `""` for the folder itself, None outside; both absolute."""
    if path == folder:
        return ""
    start = folder.rstrip(os.sep) + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def shown_path(path: str) -> str:
    """Return how a path is reported: with `/`, relative to the working directory when it lies below, else as given."""
    here = os.getcwd()
    for known in (os.path.realpath(path), os.path.abspath(path)):
        if (relative := below(known, here)) is not None:
            return printable(relative) or "."
    return printable(os.path.normpath(path))


def printable(path: str) -> str:
    r"""Return a path with `/`; bytes that are not UTF-8 are written as `\xff`."""
    path = path if os.sep == "/" else path.replace(os.sep, "/")
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def git_root(path: str) -> str | None:
    """Return the nearest folder at or above the real `path` that holds `.git`, or None."""
    while not os.path.lexists(os.path.join(path, ".git")):
        parent = os.path.dirname(path)
        if parent == path:
            return None
        path = parent
    return path


def read_file(path: str) -> bytes:
    """Return the bytes of a file found in a folder.

    Raises:
        FileTooLargeError: when it is larger than `SIZE_LIMIT`.
        OSError: when it cannot be read, or is no regular file.

    """
    return read_bounded(path, SIZE_LIMIT)


def read_bounded(path: str, limit: int) -> bytes:
    """Return the bytes of a regular file, judged after it is opened, which waits for nobody; raises as `read_file` does."""
    descriptor = os.open(path, _READ_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, "not a regular file")
        size = status.st_size
        if size > limit:
            raise FileTooLargeError
        data = os.read(descriptor, size + 1)
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


def _marks_project(name: str) -> bool:
    return name == ".git" or (name[:7].upper() in _LICENCES and not is_manifest_name(name))


def _layer(folder: Folder, refused: list[str], *names: str) -> Iterator[Layer]:
    """Yield the rules of an ignore file, if it can be read and lies within the border; all of `.git` may be a link."""
    path = os.path.join(folder.path, *names)
    try:
        is_link = len(names) > 1 or os.path.islink(path)
        if is_link and folder.border and below(os.path.realpath(path), folder.border) is None and os.path.exists(path):
            refused.append(path)
            return
        text = read_bounded(path, IGNORE_LIMIT).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        refused.append(path)
        return
    rules = IgnoreRules(text.split("\n"))
    if rules.has_too_many:
        refused.append(path)
    else:
        yield Layer(rules)


def _lower(layers: tuple[Layer, ...], name: str) -> tuple[Layer, ...]:
    return tuple([Layer(rules, f"{prefix}{name}/") for rules, prefix in layers]) if layers else ()
