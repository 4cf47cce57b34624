"""Writes wheels of k8slblint-render: the program of one platform with the licences of all that is linked in, the same bytes each time."""

import base64
import hashlib
import re
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PACKAGE = "k8slblint_render"


class Platform(NamedTuple):
    """A platform as Go names it, and the tags of its wheels: a program without CGO runs with any C library."""

    goos: str
    goarch: str
    tags: tuple[str, ...]


PLATFORMS = (
    Platform("linux", "amd64", ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64")),
    Platform("linux", "arm64", ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64")),
    Platform("darwin", "amd64", ("macosx_12_0_x86_64",)),
    Platform("darwin", "arm64", ("macosx_12_0_arm64",)),
    Platform("windows", "amd64", ("win_amd64",)),
)
"""Go 1.26 needs macOS 12 (https://go.dev/doc/go1.25#darwin)."""

_LICENCE = re.compile(r"^(licen[cs]e|notice|copying|patents)\b", re.IGNORECASE)

_TOLD_BY = {
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "Neither the name",
    "ISC": "distribute this software for any purpose with or without fee is hereby granted",
    "MIT": "Permission is hereby granted, free of charge",
    "MPL-2.0": "Mozilla Public License Version 2.0",
}
"""A sentence of each licence that may be linked in."""

_ONLY_ADDED = re.compile(r"^(notice|patents|copying\.md)", re.IGNORECASE)
"""Texts that come with a licence and are none."""


def licences(modules: Mapping[str, Path]) -> tuple[dict[str, bytes], list[str]]:
    """Return the licence texts of modules, by path, and the licences that they are under; ends where one has none that is known."""
    texts: dict[str, bytes] = {}
    kinds = {"Apache-2.0"}
    for module, folder in sorted(modules.items()):
        found = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and _LICENCE.match(path.name)}
        told = {kind for name, text in found.items() if not _ONLY_ADDED.match(name) for kind in _kinds(text)}
        if not told:
            sys.exit(f"{module} is under no licence that is known here: {', '.join(found) or 'none at all'}")
        kinds |= told
        texts |= {f"{module}/{name}": text for name, text in found.items()}
    return texts, sorted(kinds)


def _kinds(text: bytes) -> Iterator[str]:
    words = " ".join(text.decode("utf-8", "replace").split())
    return (kind for kind, sentence in _TOLD_BY.items() if sentence.casefold() in words.casefold())


def wheel(
    to: Path, platform: Platform, version: str, programs: Sequence[Path], sources: Path, texts: Mapping[str, bytes], kinds: list[str]
) -> Path:
    """Write the wheel of a platform and return its path; `sources` is the checkout."""
    about = f"{PACKAGE}-{version}.dist-info"
    files = {f"{PACKAGE}/__init__.py": (sources / f"native/render/python/{PACKAGE}/__init__.py").read_bytes()}
    names = {f"{PACKAGE}/{program.name}": program for program in programs}
    files |= {name: program.read_bytes() for name, program in names.items()}
    own = {name: (sources / name).read_bytes() for name in ("LICENSE", "NOTICE")}
    files |= {f"{about}/licenses/{name}": text for name, text in {**own, **texts}.items()}
    readme = (sources / "native/render/python/README.md").read_text(encoding="utf-8")
    files[f"{about}/METADATA"] = _metadata(version, kinds, [*own, *texts], readme).encode()
    files[f"{about}/WHEEL"] = _tags(platform).encode()
    files[f"{about}/RECORD"] = "".join([*_record(files), f"{about}/RECORD,,\n"]).encode()
    to.mkdir(parents=True, exist_ok=True)
    path = to / f"{PACKAGE}-{version}-py3-none-{'.'.join(platform.tags)}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | (0o755 if name in names else 0o644)) << 16
            packed.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return path


def _metadata(version: str, kinds: list[str], texts: list[str], readme: str) -> str:
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", "k8slblint-render"),
        ("Version", version),
        ("Summary", "The programs of k8slblint that render charts and kustomizations, and that fetch charts."),
        ("License-Expression", " AND ".join(kinds)),
        *(("License-File", name) for name in texts),
        ("Requires-Python", ">=3.11"),
        ("Project-URL", "Homepage, https://github.com/k8slblint/k8slblint"),
        ("Description-Content-Type", "text/markdown"),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields) + f"\n{readme}"


def _tags(platform: Platform) -> str:
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.tags)
    return f"Wheel-Version: 1.0\nGenerator: k8slblint\nRoot-Is-Purelib: false\n{tags}"


def _record(files: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        yield f"{name},sha256={digest},{len(data)}\n"
