"""What kustomize prints: objects, each with the file that it comes from, or why it refuses a kustomization.

Sources: kustomize 5.8, `api/resource/origin.go` (annotations).
"""

import json
import re
from collections.abc import Iterable

from k8slblint import documents
from k8slblint.model.texts import shortened
from k8slblint.rendering.units import RenderedDocument

TREE = "tree"
WRAPPER = "wrapper"
UP = f"../{TREE}/"
"""What paths of the copied tree start with in the annotations, which are relative to the wrapper."""

_ORIGIN = "config.kubernetes.io/origin"
_TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"
_ANNOTATION = re.compile(
    rf"^    (?P<name>{re.escape(_ORIGIN)}|{re.escape(_TRANSFORMATIONS)}):(?P<text>.*\n(?:(?: {{5}}.*)?\n)*)", re.MULTILINE
)
"""One of the two annotations with its lines: kustomize writes mappings in block style, two blanks a level, keys in order."""

_HEAD = re.compile(r"^metadata:\n((?: .*\n|\n)+)", re.MULTILINE)
_ANNOTATIONS = re.compile(r"^  annotations:\n((?: {4}.*\n|\n)+)", re.MULTILINE)
_PLACE = re.compile(r"^[^\S\n]+(?:- )?(?:path|configuredIn): *(.+)$", re.MULTILINE)


def rendered_documents(output: bytes | str) -> Iterable[RenderedDocument]:
    """Yield the objects that kustomize printed, without the annotations that tell where they come from."""
    printed = output if isinstance(output, str) else output.decode("utf-8", "replace")
    for text in re.split(r"^---\n", printed, flags=re.MULTILINE):
        if text.strip():
            yield _without_origin(text)


def _without_origin(text: str) -> RenderedDocument:
    head = _HEAD.search(text)
    annotations = _ANNOTATIONS.search(text, head.start(1), head.end(1)) if head else None
    if annotations is None:
        return RenderedDocument(text)
    places = {found["name"]: _paths(found["text"]) for found in _ANNOTATION.finditer(annotations[0])}
    kept = _ANNOTATION.sub("", annotations[0])
    kept = "" if kept == "  annotations:\n" else kept
    origin = places.get(_ORIGIN, ())
    text = text[: annotations.start()] + kept + text[annotations.end() :]
    return RenderedDocument(text, origin[0] if origin else "", places.get(_TRANSFORMATIONS, ()))


def _paths(text: str) -> tuple[str, ...]:
    """Return the files that an annotation names, from the top of the tree; the wrapper itself is none."""
    named = [_plain(found[1]) for found in _PLACE.finditer(text)]
    return tuple(dict.fromkeys(path.removeprefix(UP) for path in named if path.startswith(UP)))


def _plain(scalar: str) -> str:
    if scalar[:1] not in ("'", '"'):
        return scalar.strip()
    try:
        value = documents.parse(documents.split(scalar)[0]).root.value
    except (documents.BrokenDocument, IndexError):
        return scalar
    return value if isinstance(value, str) else scalar


_ACCUMULATED = re.compile(r"^(?:accumulate from path: )?accumulation err='(.*)': must build at directory: '[^']*': file is not directory$")
"""How kustomize tells that a file is refused, with why it is no folder either."""

_RECURSED = "recursed accumulation of path '"
_LOGGED = re.compile(r"^[EFIW]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w./-]+:\d+\] (?:\"(?:[^\"\\]|\\.)*\" err=(?P<error>\"(?:[^\"\\]|\\.)*\"))?")
"""What kubectl puts before an error: severity, time, process and place in its source (klog v2, `serialize.FormatHeader`)."""

_WARNING = re.compile(r"^(?:#|\d{4}/\d\d/\d\d |Warning)")
_ADDRESSES = re.compile(r"\b0x[0-9a-f]{6,}\b ?")
"""Addresses in memory, which Go prints of what it points to (`&{0xc0001 ...}`): they differ from run to run."""

_LONGEST = 300


def _without_log(line: str) -> str:
    """Return the error in a line, without the time and process that differ from run to run."""
    found = _LOGGED.match(line)
    if found is None:
        return line
    try:
        return str(json.loads(found["error"])) if found["error"] else line[found.end() :]
    except ValueError:
        return line[found.end() :]


def why_refused(errors: str, folder: str) -> tuple[str, str | None]:
    """Return why kustomize refuses a build in `folder`, without its path, and the folder of the tree that it is about, None for any."""
    lines = [_without_log(line) for line in errors.splitlines() if line.strip() and not _WARNING.match(line)]
    message = " ".join(" ".join(lines).split()).removeprefix("Error: ")
    inner = None
    if _RECURSED in message:
        where, _, message = message.rpartition(_RECURSED)[2].partition("': ")
        inner = where.removeprefix(f"{folder}/{TREE}").strip("/")
    message = _ACCUMULATED.sub(r"\1", re.sub(r"^(?:accumulating resources: )?(?:map\[string\]interface \{\}\(nil\): )?", "", message))
    message = message.replace(f"{folder}/{TREE}/", "").replace(f"{folder}/{TREE}", ".").replace(f"{folder}/", "").replace(UP, "")
    return shortened(_ADDRESSES.sub("", _in_words(message) or message), _LONGEST), inner


_CONFLICT = "namespace transformation produces ID conflict: "
_NO_TEXT = "json: unsupported type: map[interface {}]interface {}"
_KIND = re.compile(r'"kind":"([^"\\]{1,63})"')
_NAME = re.compile(r'"name":"([^"\\]{1,253})"')

_MOST_SEARCHED = 4000


def _in_words(message: str) -> str | None:
    """Return in words what kustomize 5.8 tells by a whole object, as JSON or as Go prints it; None for all else."""
    kind = _KIND.search(message, 0, _MOST_SEARCHED)
    name = _NAME.search(message, kind.end(), _MOST_SEARCHED) if kind is not None else None
    if kind is None or name is None:
        return None
    if message.startswith(_CONFLICT):
        return f"its `namespace` makes one of several objects: {kind[1]} {name[1]}"
    return f"{kind[1]} {name[1]} has a number or truth value as a key: quote it" if message.endswith(_NO_TEXT) else None
