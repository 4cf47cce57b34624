"""Decodes the bytes of a file: the encodings that Kubernetes accepts and the characters that YAML allows."""

import codecs
import re

from k8slblint.documents.lines import LineTable
from k8slblint.documents.parts import SyntaxProblem, UndecodableText

_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ALLOWED_BYTES = bytes(byte for byte in range(256) if byte in b"\t\n\r" or (byte >= 0x20 and byte != 0x7F))
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
_NO_CHARACTERS = ("\ufffe", "\uffff")
"""With surrogates, which no decoder yields, everything but `c-printable` of YAML 1.1, section 5.1.

go-yaml v2 says "control characters are not allowed". In one set they take 4 ms to compile.
"""


def decode(data: bytes) -> str:
    """Return the text of a file without its byte order mark: UTF-8, or UTF-16 where a byte order mark says so.

    kubectl 1.32 would turn bytes that are not UTF-8 into U+FFFD; every other reader refuses them, and so do we.

    Raises:
        UndecodableText: the bytes are in no such encoding, or a character is one that YAML forbids (NUL, ESC ...).
    """
    mark, encoding = next((pair for pair in _ENCODINGS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableText(_undecodable(error, encoding)) from None
    if not data.isascii() or data.translate(None, _ALLOWED_BYTES):
        _refuse_forbidden(text)
    return text


def _undecodable(error: UnicodeDecodeError, encoding: str) -> SyntaxProblem:
    before = error.object[: error.start].decode(encoding, "replace")
    byte = error.object[error.start]
    return _problem(before, len(before), f"byte 0x{byte:02X} is not valid {encoding.upper()[:6].rstrip('-')}")


def _refuse_forbidden(text: str) -> None:
    control = re.search(_CONTROL, text)  # compiled, and kept by `re`, where a text needs it
    places = [control.start()] if control else []
    places += [text.index(one) for one in _NO_CHARACTERS if one in text]
    if not places:
        return
    found = text[min(places)]
    if not (text.lstrip().startswith("{") and ord(found) >= 0x7F):  # JSON allows what is not C0
        message = f"control characters are not allowed: U+{ord(found):04X}"
        raise UndecodableText(_problem(text, min(places), message))


def _problem(text: str, offset: int, message: str) -> SyntaxProblem:
    line, column = LineTable(text).place(offset)
    return SyntaxProblem(line + 1, column + 1, column + 2, message)
