"""The texts for YAML that Kubernetes cannot read: what the parser found, in the words of someone who edits the file."""

import re

from k8slblint.documents import SyntaxProblem
from k8slblint.loading.lists import IDENTITY_WORDS
from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location
from k8slblint.model.node import Node, smallest_span
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import SourceText
from k8slblint.model.texts import middle


class _Words(NamedTuple):
    """What to say where the parser's message matches `pattern`."""

    pattern: str
    headline: str
    help: str


_KNOWN = (
    _Words("end of stream while scanning a quoted scalar", "Quote opened here is never closed", "Close the quote."),
    _Words("document indicator while scanning a quoted scalar", "Quote is not closed before `---`", "Close the quote."),
    _Words(
        "^did not find expected key while parsing a block mapping",
        "YAML mapping ends here unexpectedly",
        "Indent this line like the keys of the mapping it belongs to.",
    ),
    _Words(
        "^did not find expected '-' indicator",
        "YAML list ends here unexpectedly",
        "Indent this line like the items of the list, and start each item with `-`.",
    ),
    _Words(
        "^did not find expected (',' or '.'|node content) while parsing a flow",
        "YAML list or mapping in brackets is not complete",
        "Separate the entries by commas, and close the bracket.",
    ),
    _Words(
        "^mapping values are not allowed here",
        "Second `:` on this line is not valid YAML",
        "Quote the value, or put the key on its own line.",
    ),
    _Words("^could not find expected ':'", "Key is not followed by `:`", "Write `key: value`, or indent the text."),
    _Words("^(a tab cannot indent|found a tab character that violates indentation)", "Tab used as indentation", "Indent with spaces."),
    _Words("^found undefined alias", "Alias refers to an anchor that does not exist", "Define the anchor before the alias."),
)
_AFTER_QUOTE = _Words(
    "^did not find expected (?:key while parsing a block mapping|'-' indicator)",
    "Text follows the closing quote of a value",
    "Remove what follows the quote, or put it inside.",
)
_WHY = "Kubernetes cannot read this document, so none of its objects is checked."


_REPEATED = pattern("^the key '.*' is already set on line [0-9]+$", re.DOTALL)
_ONLY_LAST = "Kubernetes keeps only the last value"
_SAME = "both have the same value"
_WHY_SAME = "Both have the same value, so that kubectl applies what is meant; kustomize refuses the document."
_KEEP_ONE = "Remove the value that is not meant."
_LONGEST_NAME = 60


def yaml_problem(problem: SyntaxProblem, location: Location, source: SourceText, name: str = "") -> InputProblem:
    """Return the problem of a syntax error; the parser's own words are its cause, and its label where ours differ.

    `name` is that of the object (`Service shop/web`), where the text can be read all the same.
    """
    raw = problem.message.rstrip(".")
    known = next((words for words in _KNOWN if re.search(words.pattern, raw)), None)
    if re.search(_AFTER_QUOTE.pattern, raw) and _is_after_quote(location, source):
        return InputProblem("invalid-yaml", location, _AFTER_QUOTE.headline, source, why=_WHY, help=_AFTER_QUOTE.help, cause=f"{raw}.")
    cause = f"{raw[:1].upper()}{raw[1:]}."
    if known is None:
        headline, semicolon, advice = raw.partition("; ")
        shown = f"{headline[:1].upper()}{headline[1:]}"
        help_ = f"{advice[:1].upper()}{advice[1:]}." if semicolon else ""
        if _REPEATED.search(headline):
            who = f"Of {middle(name, _LONGEST_NAME)} Kubernetes" if name else "Kubernetes"
            if advice == _SAME:
                return InputProblem(
                    "invalid-yaml", location, shown, source, "note", why=_WHY_SAME, help="Remove one of the two.", cause=cause
                )
            help_ = _KEEP_ONE if advice == _ONLY_LAST else help_
            return InputProblem("invalid-yaml", location, shown, source, why=f"{who} reads only the last value.", help=help_, cause=cause)
        return InputProblem("invalid-yaml", location, shown, source, help=help_, cause=cause)
    label = re.sub("^.* that starts on line ", "the block starts on line ", raw) if " that starts on line " in raw else ""
    return InputProblem("invalid-yaml", location, known.headline, source, label=label, why=_WHY, help=known.help, cause=cause)


def _is_after_quote(location: Location, source: SourceText) -> bool:
    """Tell whether the value before a place of a line ends with a quote: `"yes";`."""
    before = source.line(location.span.line)[: location.span.column - 1].rstrip()
    return before.endswith(('"', "'"))


def empty_kind_problem(location: Location, source: SourceText) -> InputProblem:
    """Return the problem of an object whose `kind` is empty."""
    why = "The API server refuses an object without a kind."
    return InputProblem(
        "invalid-resource", location, "`kind` is empty", source, why=why, help="Write the kind of the object.", cause="kind"
    )


def identity_problem(path: str, source: SourceText, node: Node) -> InputProblem:
    """Return the problem of an `apiVersion` or `kind` that is no text."""
    key = next(key for key in IDENTITY_WORDS if not isinstance(node.value[key], str))
    headline = f"`{key}` is {_TYPE_NAMES.get(type(node.value[key]), 'a number')}, where Kubernetes expects text"
    why = "The API server refuses the object."
    place = Location(path, smallest_span(node, (key,)))
    return InputProblem("invalid-resource", place, headline, source, why=why, help="Write the value in quotes.", cause=key)


_TYPE_NAMES = {dict: "a mapping", list: "a list", bool: "true or false"}
