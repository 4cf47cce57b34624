"""What the parsers of single products make of the text of a key of an Ingress, as `catalogs/annotations/` records it."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.annotation_values import Invalid, Valid, ValueShape, read_value
from k8slblint.catalog.annotations import AnnotationFile, Raw, Term, compiled, shape_of, term_of
from k8slblint.model.records import NamedTuple

BadValue: TypeAlias = Literal[
    "refused",
    "denied",
    "ignored",
    "read-as",
    "ingress-dropped",
    "path-dropped",
    "group-error",
    "sync-error",
    "passed-on",
    "not-served",
    "overwritten",
    "other",
]
"""What becomes of a value that a parser does not accept; `schemas/catalog-annotations.schema.json` says what each word means."""

_LONGEST = 2000
"""Longer texts are not judged: what they cost to match stays small, whatever a manifest holds."""


_OF_PATTERN = "does not fit the pattern"
"""How the reason begins where words about the pattern say more than the pattern itself."""


class Needs(NamedTuple):
    """What else an Ingress, or its controller, must have for a key; `words` are a predicate to the key."""

    terms: tuple[Term, ...]
    words: str


class Reference(NamedTuple):
    """How a text names an object of the cluster: as `namespace/name`, or as a bare name too, in the namespace of the Ingress or in any."""

    bare: bool = False
    any_namespace: bool = False
    effect: str | None = None


Risk: TypeAlias = Literal["low", "medium", "high", "critical"]


class Parsing(NamedTuple):
    """What the parser of one product makes of the text of a key, read in its source.

    `accepts` says in words what it takes, where that differs from the key's `value`. `bad` is what becomes of other values, `empty` of
    the empty text, each with the words of `catalogs/`; unless `when` holds, the key is neither read nor checked.
    For a program: `takes` is the shape of the values that it takes (None: not judged), `read_if` what must hold (None where `when` says
    it in words only), `spares` finds texts of another form, which are not judged, `opens` tells that a protection is off with a bad
    value, `effect` is the predicate to the product's name. `needs` is what must hold besides, whatever the text is, `reference` tells of a
    text that names an object, `risk` is the class that the product gives the key. `later` are what it does with texts that it takes at
    first, whether it validates annotations or not.
    """

    bad: BadValue
    source: str
    accepts: str | None = None
    bad_note: str | None = None
    empty: str | None = None
    when: str | None = None
    note: str | None = None
    takes: ValueShape | None = None
    read_if: tuple[Term, ...] | None = None
    spares: str | None = None
    opens: bool = False
    effect: str | None = None
    needs: Needs | None = None
    reference: Reference | None = None
    risk: Risk | None = None
    later: tuple["Parsing", ...] = ()

    @property
    def is_judged(self) -> bool:
        """Tell whether a program can say which values are bad, and when the key is read."""
        return self.takes is not None and (self.when is None or self.read_if is not None)


def parsing_of(row: Mapping[str, Any], entry: Raw, file: AnnotationFile) -> Parsing:
    """Return the record of one row of `parsing`, with its source in full."""
    name, _, place = row["source"].partition("#")
    takes = row.get("takes")
    read_if = row.get("read_if")
    shapes = {
        "source": f"{file.sources[name].text} {place}",
        "takes": shape_of(entry["value"] if takes == "value" else takes) if takes is not None else None,
        "read_if": tuple(map(term_of, read_if)) if read_if is not None else None,
        "needs": Needs(tuple(map(term_of, row["needs"]["terms"])), row["needs"]["words"]) if "needs" in row else None,
        "reference": Reference(**row["reference"]) if "reference" in row else None,
    }
    first = Parsing(**{**row, **shapes, "later": ()})
    return first._replace(later=tuple(_later(first, stage) for stage in row.get("later", ())))


def _later(first: Parsing, stage: Mapping[str, Any]) -> Parsing:
    """Return a later stage of a parser, which reads the key where the first one does unless it says otherwise."""
    read_if = tuple(map(term_of, stage["read_if"])) if "read_if" in stage else first.read_if
    return Parsing(
        bad=stage["bad"],
        source=first.source,
        bad_note=stage.get("bad_note"),
        when=first.when,
        takes=shape_of(stage["takes"]),
        read_if=read_if,
        effect=stage.get("effect"),
    )


def fault_of(parsing: Parsing, text: str) -> str | None:
    """Return what is wrong with a text for a parser, a predicate to it; None where it is taken, or nothing is known.

    A text of JSON must hold an object or a list: what is in it is not looked at.
    """
    if parsing.takes is None or len(text) > _LONGEST or (parsing.spares and compiled(parsing.spares).search(text)):
        return None
    parsed = read_value(parsing.takes, text)
    if isinstance(parsed, Invalid):
        if parsed.reason.startswith("contains '',"):
            return "contains an empty item"
        is_of_pattern = parsed.reason.startswith(_OF_PATTERN)
        return f"is not {parsing.takes.format}" if is_of_pattern and parsing.takes.format else parsed.reason
    is_scalar = isinstance(parsed, Valid) and parsing.takes.type == "json" and not isinstance(parsed.value, dict | list)
    return "is neither a JSON object nor a list" if is_scalar else None


def outcome_of_nothing(parsing: Parsing) -> BadValue | None:
    """Return what becomes of the empty text, where that is worse than its being passed over."""
    return _OF_NOTHING.get(parsing.empty or "")


def opens_by_nothing(parsing: Parsing) -> bool:
    """Tell whether the empty text switches a protection off."""
    return (parsing.empty or "").endswith(" OFF)")


_OF_NOTHING: dict[str, BadValue] = {
    "refused": "refused",
    "location-denied": "denied",
    "ingress-dropped": "ingress-dropped",
    "path-dropped": "path-dropped",
    "group-error": "group-error",
}
