"""Where a path may lead: a link in a repository must not point outside it, even if a user or a CI job names the path.

A pull request can turn `k8s/` or `.k8slblint.yaml` into a link to any file of the machine. A link that lies in no repository is its
owner's: `/tmp`, which is a link on macOS, or a link in `/srv` that was named. What a pull request can be taken from without git, an
unpacked archive, is the working directory.
"""

import os
import stat

from k8slblint.loading.folders import FileTooLargeError, below, git_root, printable, read_bounded
from k8slblint.model.errors import UsageError
from k8slblint.model.records import NamedTuple

NAMED_LIMIT = 200_000_000
"""Bytes of a file that was named, or of standard input: a dump of a large cluster has some tens of millions."""

TOO_LARGE = f"larger than {NAMED_LIMIT // 1_000_000} MB"

_MOST_LINKS = 40
"""As Linux: more are a loop (path_resolution(7))."""

_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Names of open files of this process: standard input, and what shells put in the place of `<(command)`."""


class _Link(NamedTuple):
    path: str
    folder: str
    """The real path of the folder that holds the link."""


def refuse_link_out(path: str) -> None:
    """Raise `UsageError` when a link of a repository, on the way of the named `path`, leads out of it."""
    if leads_out(path):
        raise UsageError(f"'{printable(path)}' follows a link out of the repository: name the path that it points to.")


def leads_out(path: str, *, found: bool = False) -> bool:
    """Tell whether a link on the way of `path` points outside the repository that holds it, or into its `.git`.

    Outside of repositories the working directory is the border of what lies in it. For a path that was `found` in a folder, and not
    named, that folder is the border where there is no other.
    """
    real, links = _followed(path)
    here = os.getcwd()
    own = os.path.realpath(os.path.dirname(path)) if found else None
    for link in links:
        border = git_root(link.folder) or (here if below(link.folder, here) is not None else None)
        border = border or (own if link.folder == own else None)
        if border is not None and not is_inside(real, border):
            return True
    return False


def is_inside(real: str, border: str) -> bool:
    """Tell whether a real path lies in the folder `border` and in no `.git` of it, where tokens are kept."""
    relative = below(real, border)
    return relative is not None and ".git" not in relative.lower().split("/")


def is_stream(path: str) -> bool:
    """Tell whether a named path is an open file of this process."""
    name = os.path.normpath(path)
    return name == _STREAMS[0] or name.startswith(_STREAMS[1:])


def refuse_unreadable(path: str) -> None:
    """Raise `UsageError` when a named file is a device, a pipe or a socket, which may never end, or is too large."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return  # told when it is read
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"'{printable(path)}' is not a regular file: name a file, a folder, or - for standard input.")
    if status.st_size > NAMED_LIMIT:
        raise UsageError(f"'{printable(path)}' is {TOO_LARGE}: split it, or name files below it.")


def read_named(path: str) -> bytes:
    """Return the bytes of a regular file that was named. Raises `OSError`."""
    return read_bounded(path, NAMED_LIMIT)


def read_stream(path: str) -> bytes:
    """Return what an open file of this process yields. Raises `UsageError` when that is too much, or it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(NAMED_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}.") from error
    if len(data) > NAMED_LIMIT:
        raise UsageError(f"'{path}' is {TOO_LARGE}: split it, or name files below it.")
    return data


def why_unreadable(error: OSError) -> str:
    """Return in a few words why a file could not be read."""
    return "it is too large" if isinstance(error, FileTooLargeError) else error.strerror or str(error)


def _followed(path: str) -> tuple[str, list[_Link]]:
    """Return where a path leads, and the links on its way, each with the folder that holds it."""
    drive, tail = os.path.splitdrive(os.path.join(os.getcwd(), path))
    real, left, links = drive + os.sep, _steps(tail), list[_Link]()
    while left:
        step = left.pop()
        place = os.path.dirname(real) if step == os.pardir else os.path.join(real, step)
        target = _target(place)
        if target is None or len(links) == _MOST_LINKS:
            real = place
            continue
        links.append(_Link(place, real))
        drive, tail = os.path.splitdrive(target)
        real = drive + os.sep if os.path.isabs(target) else real
        left += _steps(tail)
    return real, links


def _target(place: str) -> str | None:
    try:
        return os.readlink(place).removeprefix("\\\\?\\")
    except (OSError, ValueError):
        return None


def _steps(path: str) -> list[str]:
    """Return the names of a path, the last first."""
    names = path.replace(os.altsep, os.sep).split(os.sep) if os.altsep else path.split(os.sep)
    return [name for name in reversed(names) if name not in ("", os.curdir)]
