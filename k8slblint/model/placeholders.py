"""Which text is a placeholder that a tool fills in later, so that its value cannot be judged."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from k8slblint.model.patterns import pattern

_PLACEHOLDER = r"""(?xs)
    \{\{ (?:(?!\{\{).)*? \}\}                   # Helm, Go, Jinja and Argo CD templates
    | \{% (?:(?!\{%).)*? %\}                     # Jinja statements
    | [$\#]\{ [^{}]* \}                 # Flux postBuild, envsubst, Terraform; Azure Pipelines, Octopus
    | \$\( [A-Za-z_][A-Za-z0-9_.-]* \)  # kustomize vars, Tekton parameters
    | (?<![\w$]) \$ [A-Z_][A-Z0-9_]+ \b  # envsubst
    | ^ \{ [A-Z][A-Z0-9_]* \} $          # templates of tests: {GATEWAY_CLASS_NAME}
    | (?<![\w@]) @ [A-Z][A-Z0-9_.]* @ (?![\w@])      # autoconf, Maven
    | (?<![A-Za-z0-9_]) __ [A-Z][A-Z0-9_]*? __ (?![A-Za-z0-9_])   # web-__STAGE__
    | %% [A-Za-z][A-Za-z0-9_.-]* %%
    | (?<![A-Za-z0-9]) (?:REPLACE|CHANGE|INSERT|FILL) (?:_(?:THIS|IN|WITH|HERE|YOUR) | [_-]?ME | -(?:THIS|WITH|HERE|YOUR)) (?![A-Za-z0-9])
    | ^ \S*? (?<![A-Za-z0-9_]) replace_[a-z0-9_]+ \S* $      # where sed fills in
    | ^ \(\( [a-z0-9_.-]+ \)\) $    # Concourse
    | ^ \( (?: \$ [A-Za-z_]\w* | [a-z_]+ \( \$ [A-Za-z_]\w* \) ) \) $    # Chainsaw
    | <% (?:(?!<%).)*? %>                       # ERB
    | <[A-Z][A-Z0-9_-]{2,}>           # <YOUR_DOMAIN>
    | ^ [^\s<>]* << [ ]? [A-Za-z] [^<>\n]* >> [^\s<>]* $      # << REPLACE >>
    | <(?:REPLACE|CHANGE|INSERT|FILL|YOUR)[ ] [^<>\n]* >      # <REPLACE with a domain>
    | <(?:path|secret|vault):[^<>\s][^<>\n]*>  # plugins of Argo CD: <path:secret/data/app#domain>
    | ^ [^\s<>]* (?<!\?) (?<!\?P) <[A-Za-z][A-Za-z0-9_.-]*> [^\s<>]* $  # <cluster-name>-svc, but no group of a pattern: (?<id>...)
    | \bENC\[AES256_GCM               # SOPS
    """

_MARK = pattern(r"\{\{|\{%|\#\{|\$[{(A-Z_]|<[<%A-Za-z]|ENC\[|%%|__|@[A-Z]|(?:REPLACE|CHANGE|INSERT|FILL)(?:_|-|ME)|replace_")
_FIRST_MARKS = ("(", "{")


_SETTERS = ("# kpt-set: ", '# {"$kpt-set":', '# {"$openapi":', '# {"$ref":')


def setter_at(line: str) -> int:
    """Return where the comment of a line begins by which kpt sets its value, -1 where there is none: what is written is a default.

    Sources: kptdev/krm-functions-catalog `functions/go/apply-setters/applysetters/apply_setters.go` (`# kpt-set: `); kustomize
    `kyaml/fieldmeta/fieldmeta.go` (the forms before it: `$openapi`, `$ref`, and what replaces them, `$kpt-set`).
    """
    at = line.find("# ")
    while at >= 0:
        if line.startswith(_SETTERS, at) and line[at - 1 : at].isspace():
            return at
        at = line.find("# ", at + 1)
    return -1


def may_have_setter(text: str) -> bool:
    """Tell whether the comment of some line of a text may be one by which kpt sets a value."""
    return any(mark in text for mark in _SETTERS)


_BLANK = r"""(?x)
    <[^<>]*>                                # <service-name>
    | [^<>]* <[A-Za-z][A-Za-z0-9 _.-]*> [^<>]*  # web.<your domain>
    | [^%]* %[A-Z][A-Z0-9_]{2,}% .*          # web.%ZONE%
    | (?:[A-Z0-9]+_)*PORT                    # HTTP_PORT
    | (?!\S*\s) (?:.*[^a-z0-9_])? (?:replace|your)_[a-z0-9_] .*    # tls-your_domain-com
    | [a-z0-9.-]+ [-.] [A-Z]{4,} (?:[-.] [a-z0-9.-]+)? | [A-Z]{4,} [-.] [a-z0-9.-]+    # restore-TIMESTAMP
    | (?:.*[^A-Za-z0-9_])? [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+ (?:[^A-Za-z0-9_].*)?  # HOST_NAME, web.LB_IP.example.com
    | (?:[a-z0-9-]+\.)* [A-Z]{2,} (?:-[A-Z]{2,}){2,} (?:\.[a-z0-9-]+)*   # web.SET-PER-REGION.example.com
    | (?:\S+\.)? [Aa]\.[Bb]\.[Cc]\.[Dd] (?:\.\S+)?   # web.A.B.C.D.nip.io
    | x{3,} | X{3,} | (?=.*[x-zX-Z]) [0-9x-zX-Z]{1,3} (?:\.[0-9x-zX-Z]{1,3}){3}  # x.x.x.x, 10.0.7.xx
        (?: [ ]?-[ ]? [0-9x-zX-Z]{1,3} (?:\.[0-9x-zX-Z]{1,3}){3} | /[0-9x-zX-Z]{1,2} )?
    """
"""A text to be filled in by hand where Kubernetes allows no such text."""

_BLANK_IN_BRACKETS = r"[A-Z][A-Z0-9_ -]*"
_BLANK_IN_TEXT = r"(?m):[ \t]+(?:\[[A-Z][A-Z0-9_ -]*\]|(?:[A-Z0-9]+_)*PORT)[ \t]*(?=$|[},\]\r])"


def is_blank(value: object) -> bool:
    """Tell whether a value of the wrong type or form is a blank to be filled in: `PORT`, `<name>`, `[IMAGE_URL]`, `{NAME}`, `NAME: ""`."""
    if isinstance(value, dict):
        ((key, held),) = value.items() if len(value) == 1 else ((None, ...),)
        return held is None or (held == "" and is_blank(key))
    if isinstance(value, list):
        return len(value) == 1 and isinstance(value[0], str) and re.fullmatch(_BLANK_IN_BRACKETS, value[0]) is not None
    if not isinstance(value, str):
        return False
    may_be_one = "_" in value or "<" in value or "%" in value or value.isupper() or value.startswith(("x", "X")) or ".x" in value.lower()
    may_be_one = may_be_one or ".b.c." in value.lower()
    may_be_one = may_be_one or (not value.islower() and not value.isupper() and ("-" in value or "." in value))
    return may_be_one and re.fullmatch(_BLANK, value) is not None


def is_to_be_filled(text: str) -> bool:
    """Tell whether a text holds a placeholder or is a blank; short texts stand in many places and are looked at once."""
    return _short_is_to_be_filled(text) if len(text) <= _SHORT else has_placeholder(text) or is_blank(text)


_SHORT = 64


@lru_cache(maxsize=4096)
def _short_is_to_be_filled(text: str) -> bool:
    return has_placeholder(text) or is_blank(text)


def has_blank(text: str) -> bool:
    """Tell whether the text of a document has blanks to be filled in by hand as values."""
    return ("[" in text or "PORT" in text) and re.search(_BLANK_IN_TEXT, text) is not None


def has_placeholder(value: Any) -> bool:
    """Tell whether a text, or any key or text inside a mapping or list, holds a placeholder; nesting may be as deep as YAML allows."""
    if isinstance(value, str):
        return _holds_one(value)
    texts = _texts_in(value)
    together = "\n".join(["", *texts])  # most values have no mark of any, which is found out at once
    may_hold_one = _MARK.search(together) or any(f"\n{mark}" in together for mark in _FIRST_MARKS)
    return bool(may_hold_one) and any(map(_holds_one, texts))


def _holds_one(text: str) -> bool:
    return _short_holds_one(text) if len(text) <= _SHORT else _long_holds_one(text) if len(text) > _LONG else _is_one_in(text)


def _is_one_in(text: str) -> bool:
    may_hold_one = _MARK.search(text) or text.startswith(_FIRST_MARKS)
    return bool(may_hold_one) and re.search(_PLACEHOLDER, text) is not None


_short_holds_one = lru_cache(maxsize=4096)(_is_one_in)
"""Names and namespaces stand in many places, and are looked at once."""

_LONG = 200
"""In characters; in longer texts each beginning is looked for by itself."""

_BEGINNINGS = (
    *(
        ("{{", pattern(r"\{\{")),
        ("{%", pattern(r"\{%")),
        ("$", pattern(r"\$[{(A-Z_]")),
        ("#{", pattern(r"\#\{")),
        ("<", pattern("<[%A-Za-z]")),
    ),
    *(("ENC[", pattern(r"ENC\[")), ("%%", pattern("%%")), ("__", pattern("__[A-Z]")), ("@", pattern("@[A-Z]"))),
    *((word, pattern(f"{word}(?:_|-|ME)")) for word in ("REPLACE", "CHANGE", "INSERT", "FILL")),
)
"""How placeholders begin, except those that are a whole text: each is looked for by its first character, in a tenth of the time.

Before each is what such a beginning contains: most texts have none of these.
"""


def _long_holds_one(text: str) -> bool:
    """Tell the same of the text of a file: an expression that may begin anywhere is slow, one for each beginning is not."""
    placeholder = re.compile(_PLACEHOLDER)
    if placeholder.match(text):
        return True
    for mark, beginning in _BEGINNINGS:
        found = beginning.search(text) if mark[-1] in text and mark in text else None
        while found:
            if placeholder.match(text, found.start()):
                return True
            found = beginning.search(text, found.start() + 1)
    return False


def _texts_in(value: Any) -> list[str]:
    """Return all keys and texts in a value; the same as of `parts_of`, in half the time."""
    texts: list[str] = []
    pending = [value]
    while pending:
        part = pending.pop()
        for one in (*part, *part.values()) if isinstance(part, dict) else part if isinstance(part, list) else ():
            if isinstance(one, str):
                texts.append(one)
            elif isinstance(one, dict | list):
                pending.append(one)
    return texts


def parts_of(value: Any) -> Iterator[Any]:
    """Yield a value, and of mappings and lists every key and member, however deep, in no particular order."""
    pending = [value]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, dict):
            pending.extend(part.keys())
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
