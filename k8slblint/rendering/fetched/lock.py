"""The lock of charts: which archive each chart that a tree deploys is, as a file that a repository can commit."""

import os
import re
import stat
from collections.abc import Sequence
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.errors import UsageError
from k8slblint.model.node import Node
from k8slblint.rendering.tree import SourceTree

NAME = ".k8slblint-charts.lock"

_HEAD = "# Written by `k8slblint charts fetch`: the charts that this repository deploys and does not contain.\n"
_LARGEST = 1_000_000
_MOST = 2_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_ADDRESS = re.compile(r"(?:https|oci)://[A-Za-z0-9\[][^\s\"'\\]{0,500}")
_FIELDS = ("repository", "chart", "stated", "version", "digest")


class LockedChart(NamedTuple):
    """One chart of a lock: the address of its repository, its name, the version or range stated, and what was fetched for it."""

    repository: str
    name: str
    stated: str
    version: str
    digest: str


def read_lock(tree: SourceTree) -> tuple[LockedChart, ...]:
    """Return the charts of the lock at the top of a tree; none where there is no lock. Raises `UsageError`, naming the line."""
    if not tree.is_file(NAME):
        return ()
    try:
        data = tree.read(NAME)
    except OSError as error:
        raise UsageError(f"'{tree.shown(NAME)}' cannot be read: {error.strerror or error}.") from error
    if len(data) > _LARGEST:
        raise UsageError(f"'{tree.shown(NAME)}' is larger than {_LARGEST:,} bytes.")
    try:
        chunks = documents.split(documents.decode(data))
        root = documents.parse(chunks[0]).root if chunks else None
    except (documents.BrokenDocument, documents.UndecodableText) as error:
        raise UsageError(f"'{tree.shown(NAME)}' line {error.problem.line}: {error.problem.message}.") from error
    return tuple(_charts(root, tree.shown(NAME))) if root is not None else ()


def _charts(root: Node, shown: str) -> list[LockedChart]:
    listed = root.child("charts")
    entries = listed.value if listed is not None else None
    if not isinstance(root.value, dict) or root.value.get("version") != 1 or not isinstance(entries, list) or len(entries) > _MOST:
        raise UsageError(f"'{shown}' is no lock of charts of this version: delete it, and run `k8slblint charts fetch`.")
    return [_chart(entry, shown, listed, index) for index, entry in enumerate(entries)]


def _chart(entry: Any, shown: str, listed: Node | None, index: int) -> LockedChart:
    values = [entry.get(field) for field in _FIELDS] if isinstance(entry, dict) else []
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) == len(_FIELDS):
        found = LockedChart(*texts)
        if (
            _ADDRESS.fullmatch(found.repository)
            and _WORD.fullmatch(found.name)
            and _WORD.fullmatch(found.version)
            and _DIGEST.fullmatch(found.digest)
            and found.stated.isprintable()
        ):
            return found
    child = listed.child(index) if listed is not None else None
    raise UsageError(f"'{shown}' line {child.line if child is not None else 1}: this entry is no chart of a lock.")


def is_fetchable(repository: str, name: str) -> bool:
    """Tell whether an address and a name may be asked for at all."""
    return _ADDRESS.fullmatch(repository) is not None and _WORD.fullmatch(name) is not None


def written(charts: Sequence[LockedChart]) -> str:
    """Return the text of a lock."""
    import json

    lines = [_HEAD, "version: 1\n", "charts:\n" if charts else "charts: []\n"]
    for one in sorted(charts):
        fields = zip(_FIELDS, one, strict=True)
        lines += [f"{'- ' if number == 0 else '  '}{field}: {json.dumps(value)}\n" for number, (field, value) in enumerate(fields)]
    return "".join(lines)


def write_lock(top: str, charts: Sequence[LockedChart]) -> bool:
    """Write the lock at the top of a repository where it differs; return whether it did. Raises `UsageError`."""
    path, text = os.path.join(top, NAME), written(charts)
    try:
        if os.path.lexists(path):
            if not stat.S_ISREG(os.lstat(path).st_mode):
                raise UsageError(f"'{path}' is no file: remove it.")
            with open(path, encoding="utf-8", errors="replace") as file:
                if file.read(_LARGEST) == text:
                    return False
        new = f"{path}.new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror or error}.") from error
    return True
