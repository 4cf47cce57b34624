"""Texts that make regular expressions slow, derived from the expressions themselves: for each repetition, its body many times over.

Run as a program it prints, as JSON, every expression that the package compiles when all of its modules are imported and a folder is
linted: source, flags, and the module that asked.
"""

import importlib
import json
import pkgutil
import re
import re._constants as sre
import re._parser as sre_parser
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from k8slblint.model.patterns import LazyPattern

ENDS = ("", "\0", "\n\0", " ", "}\n!")
"""What follows: something that the rest of the expression is not likely to want."""

_CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_SPACE: " \n",
    sre.CATEGORY_NOT_SPACE: "a-",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: " -",
}
_PROBES = " a1-:/.{\"'#\n\t,$[A_"
_MOST_SAMPLES = 6


def pumped(source: str, flags: int) -> Iterator[tuple[str, str]]:
    """Yield, for each repetition of an expression, pairs of what leads to it and a text that its body matches."""
    tree = sre_parser.parse(source, flags)
    units = dict.fromkeys(unit for prefix, body in _repetitions(tree, "") for unit in ((prefix, body), ("", body)) if body)
    for prefix, body in list(units):
        units.update(dict.fromkeys([("", prefix + body)]) if prefix else {})
    yield from units


def _repetitions(tree: Iterable[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for op, given in tree:
        for inner in _inside(op, given):
            yield from _repetitions(inner, prefix)
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and given[1] > 1:
            for body in _samples(given[2]):
                yield prefix, body
        prefix += next(iter(_samples([(op, given)])), "")


def _inside(op: Any, given: Any) -> list[Any]:
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [given[2]]
    if op is sre.SUBPATTERN:
        return [given[3]]
    if op is sre.BRANCH:
        return list(given[1])
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [given[1]]
    return [given] if op is sre.ATOMIC_GROUP else []


def _samples(tree: Iterable[Any]) -> list[str]:
    """Return some texts that a part of an expression matches."""
    texts = [""]
    for op, given in tree:
        choices = _choices(op, given)
        texts = [text + choice for text in texts for choice in choices][:_MOST_SAMPLES]
    return list(dict.fromkeys(texts))


def _choices(op: Any, given: Any) -> list[str]:
    if op in _SINGLE:
        return _SINGLE[op](given)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least = max(given[0], 1)
        return [text * least for text in _samples(given[2])]
    if op is sre.BRANCH:
        return [text for branch in given[1] for text in _samples(branch)][: 2 * _MOST_SAMPLES]
    if op in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
        return _samples(given[3] if op is sre.SUBPATTERN else given)
    return [""]


def _members(given: Any) -> list[str]:
    matches = [letter for letter in _PROBES if _is_member(letter, given)]
    return matches[:_MOST_SAMPLES] or [chr(value) for op, value in given if op is sre.LITERAL][:1] or [""]


_SINGLE: dict[Any, Callable[[Any], list[str]]] = {
    sre.LITERAL: lambda given: [chr(given)],
    sre.NOT_LITERAL: lambda given: [letter for letter in _PROBES if ord(letter) != given][:_MOST_SAMPLES],
    sre.ANY: lambda _: list(" a{"),
    sre.IN: _members,
}


def _is_member(letter: str, given: Any) -> bool:
    negated = given[0][0] is sre.NEGATE
    code = ord(letter)
    found = any(
        (op is sre.LITERAL and value == code)
        or (op is sre.RANGE and value[0] <= code <= value[1])
        or (op is sre.CATEGORY and letter in _CATEGORIES.get(value, ""))
        for op, value in given
    )
    return found != negated


def _uses(name: str, texts: Iterable[str]) -> set[str]:
    """Return by which methods the pattern `name` is asked, as far as the sources tell."""
    return {use for text in texts for use in re.findall(rf"\b{re.escape(name)}\.(\w+)\(", text) if hasattr(re.Pattern, use)}


def _imports(text: str, module: str, name: str) -> bool:
    return re.search(rf"^from {re.escape(module)} import .*\b{name}\b", text, re.MULTILINE) is not None


def _record(folders: list[str]) -> None:
    found: dict[tuple[str, int, str], set[str]] = {}
    compiled = re._compile  # type: ignore[attr-defined]  # noqa: SLF001 - all of re goes through it

    def note(pattern: Any, flags: Any) -> Any:
        frame = sys._getframe(2)  # noqa: SLF001
        module = str(frame.f_globals.get("__name__"))
        result = compiled(pattern, flags)
        if isinstance(pattern, str) and module.startswith("k8slblint"):
            found.setdefault((pattern, result.flags, module), set()).add(sys._getframe(1).f_code.co_name)  # noqa: SLF001
        return result

    re._compile = note  # type: ignore[attr-defined]  # noqa: SLF001
    package = importlib.import_module("k8slblint")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "k8slblint.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith(("__main__", "helm_worker"))]
    texts = {module.__name__: Path(str(module.__file__)).read_text(encoding="utf-8") for module in modules}
    from click.testing import CliRunner

    from k8slblint.commands.cli import cli

    for folder in folders:
        CliRunner().invoke(cli, ["scan", folder, "--no-progress"])
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, LazyPattern) and isinstance(value.pattern, str):
                found.setdefault((value.pattern, value.flags, module.__name__), set())
            if isinstance(value, re.Pattern | LazyPattern) and (key := (value.pattern, value.flags, module.__name__)) in found:
                found[key] |= _uses(
                    name, [text for own, text in texts.items() if own == module.__name__ or _imports(text, module.__name__, name)]
                )
    sys.stdout.write(json.dumps([(*key, sorted(uses - {"compile"})) for key, uses in sorted(found.items())]))


if __name__ == "__main__":
    _record(sys.argv[1:])
