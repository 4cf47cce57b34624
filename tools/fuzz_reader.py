"""Holds the reader in C against the one in Python on changed files, with the sanitizers of the compiler, for as long as wanted.

    python tools/fuzz_reader.py --seconds 60 [FOLDER ...]

Files come from the folders, else from examples/ and tests/. A fault of memory ends the run; a difference is shown. Linux, with gcc.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from build_reader import compile_into

from k8slblint import documents
from k8slblint.documents import composing, plain_lines
from k8slblint.model.node import Node

CHECKOUT = Path(__file__).resolve().parent.parent
_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
_SIGNS = (*" \t\n-:#'\"|>&*[]{},!%@`?\\~0a.", "é", "\u2028", "\x00", "\n  ", "- ", ": ", " #", "|-\n", "<<", "\U0001f600")
_LARGEST = 20_000


def main() -> int:
    """Build the reader, and start again with the library of the sanitizer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", help=argparse.SUPPRESS)
    parser.add_argument("folders", nargs="*", type=Path)
    options = parser.parse_args()
    if options.reader:
        return _fuzz(options)
    with tempfile.TemporaryDirectory() as folder:
        reader = compile_into(Path(folder), *_SANITIZERS, is_tried=False)
        library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, check=True, text=True).stdout.strip()  # noqa: S607
        environment = {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
        command = [sys.executable, *sys.argv, "--reader", str(reader)]
        return subprocess.run(command, env=environment, check=False).returncode


def _texts(folders: list[Path]) -> list[str]:
    paths = [path for folder in folders or [CHECKOUT / "examples", CHECKOUT / "tests"] for path in sorted(folder.rglob("*.y*ml"))]
    texts = [path.read_text("utf-8", "replace") for path in paths if path.is_file() and path.stat().st_size < _LARGEST]
    return [chunk.text for text in texts for chunk in documents.split(text)]


def _changed(text: str, dice: random.Random, others: list[str]) -> str:
    characters = list(text)
    for _ in range(dice.randint(0, 5)):
        at = dice.randrange(len(characters) + 1)
        if dice.random() < 0.2:  # noqa: PLR2004 - now and then a part of another file
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            characters[at:at] = other[start : start + dice.randint(1, 80)]
        else:
            characters[at : at + dice.randint(0, 4)] = dice.choice(_SIGNS)
    changed = "".join(characters).replace("\r\n", "\n")
    return changed if changed.endswith("\n") or dice.random() < 0.02 else f"{changed}\n"  # noqa: PLR2004 - nearly all end as they have to


def _places(root: Node) -> list[tuple[object, ...]]:
    """Return all that nodes tell."""
    told: list[tuple[object, ...]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        told.append((*node.span, node.style, node.aliased, repr(node.value), list(node.members), len(node.items)))
        pending.extend(node.items)
        pending.extend(part for pair in node.members.values() for part in pair)
    return told


def _differs_in_words(module: ModuleType, data: bytes, dice: random.Random) -> bool:
    """Tell whether some words, most of which are parts of a text or nearly so, are found otherwise than Python finds them."""
    starts = [dice.randrange(len(data) + 1) for _ in range(dice.randint(1, 20))]
    parts = [data[start : start + dice.randint(2, 9)] + dice.choice((b"", b"", b"x", b"\0")) for start in starts]
    words = tuple(part for part in parts if len(part) > 1)
    text = data[dice.randrange(len(data) + 1) :]
    return bool(module.holds_any(text, words) != any(word in text for word in words))


def _fuzz(options: argparse.Namespace) -> int:
    loader = ExtensionFileLoader("_reader", options.reader)
    module = module_from_spec(spec_from_loader("_reader", loader))
    loader.exec_module(module)
    dice, texts = random.Random(options.seed), _texts(options.folders)  # noqa: S311 - it only has to repeat
    cases = read = 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        text = _changed(dice.choice(texts), dice, texts)
        cases += 1
        if _differs_in_words(module, text.encode(), dice):
            print(f"words differ: {text!r}")
            return 1
        try:
            found = module.read(text, plain_lines.resolved, 9)
        except plain_lines.NotPlainError:
            found = None
        if found is None:
            continue
        read += 1
        seen = plain_lines.Seen(9)
        try:
            expected = plain_lines.read_plain_lines(text, seen)
        except plain_lines.NotPlainError:
            expected = None
        root = module.read_places(text, plain_lines.resolved, Node, 1)
        is_same = repr(expected) == repr(found[0]) and seen.aliases == found[3]
        if not is_same or (
            root is not None and _places(root) != _places(composing.compose(documents.Chunk(text, 1, is_json=False, source=None)).root)
        ):
            print(f"differs: {text!r}")
            return 1
    print(f"{cases} texts, {read} read, all alike")
    return 0


if __name__ == "__main__":
    sys.exit(main())
