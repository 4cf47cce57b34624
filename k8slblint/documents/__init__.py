"""YAML and JSON text as plain values, read exactly as Kubernetes reads them, plus a span for each value."""

from k8slblint.documents.comments import comments
from k8slblint.documents.decoding import decode
from k8slblint.documents.inner import parse_inner
from k8slblint.documents.native import may_hold_any, spare_memory
from k8slblint.documents.parsing import check_syntax, memory, parse, parse_shared, read_at_once, use_memory
from k8slblint.documents.parts import BrokenDocument, Chunk, Comment, Parsed, SyntaxProblem, UndecodableText
from k8slblint.documents.sniffing import sniff
from k8slblint.documents.splitting import split
from k8slblint.documents.templates import (
    has_format_fields,
    has_template_syntax,
    has_ytt_code,
    is_template,
    lines_with_blocks,
    outside_of_blocks,
)

__all__ = [
    "BrokenDocument",
    "Chunk",
    "Comment",
    "Parsed",
    "SyntaxProblem",
    "UndecodableText",
    "check_syntax",
    "comments",
    "decode",
    "has_format_fields",
    "has_template_syntax",
    "has_ytt_code",
    "is_template",
    "lines_with_blocks",
    "may_hold_any",
    "memory",
    "outside_of_blocks",
    "parse",
    "parse_inner",
    "parse_shared",
    "read_at_once",
    "sniff",
    "spare_memory",
    "split",
    "use_memory",
]
