"""Records are the named tuples of the standard library, but for when their constructors are made."""

import copy
import typing
from typing import Any

import pytest

from k8slblint.model.location import Location, Span
from k8slblint.model.records import NamedTuple


class _Ours(NamedTuple):
    """A record."""

    name: str
    port: int = 80
    hosts: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return how it is written."""
        return f"{self.name}:{self.port}"


class _Theirs(typing.NamedTuple):
    """The same of the standard library."""

    name: str
    port: int = 80
    hosts: tuple[str, ...] = ()


_WRONG_CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    (("web", 1, (), 4), {}),
    (("web",), {"name": "other"}),
    (("web",), {"color": "red"}),
)


def test_a_record_is_a_tuple_with_names() -> None:
    ours = _Ours("web", hosts=("a",))
    assert list(ours) == list(_Theirs("web", hosts=("a",)))
    assert [ours.name, ours.port, ours.hosts] == ["web", 80, ("a",)]
    assert hash(ours) == hash(("web", 80, ("a",)))
    assert ours.shown == "web:80"
    assert not hasattr(ours, "__dict__")


def test_a_record_describes_itself_as_the_standard_one_does() -> None:
    ours, theirs = _Ours("web"), _Theirs("web")
    assert ours == _Ours(*theirs)
    assert repr(ours) == repr(theirs).replace("_Theirs", "_Ours")
    assert ours._asdict() == theirs._asdict()
    assert (_Ours._fields, _Ours._field_defaults) == (_Theirs._fields, _Theirs._field_defaults)
    assert _Ours.__match_args__ == _Theirs.__match_args__


def test_a_record_can_be_made_of_another() -> None:
    assert _Ours("web")._replace(port=443) == ("web", 443, ())
    assert _Ours._make(["web", 1, ()]) == ("web", 1, ())
    assert isinstance(_Ours("web")._replace(port=443), _Ours)
    with pytest.raises(ValueError, match="unexpected field names: \\['color'\\]"):
        _Ours("web")._replace(color="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Expected 3 arguments, got 1"):
        _Ours._make(["web"])


@pytest.mark.parametrize(("values", "named"), _WRONG_CALLS)
def test_a_wrong_call_fails_as_it_does_with_the_standard_one(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (_Theirs, _Ours, _Ours):
        with pytest.raises(TypeError):
            kind(*values, **named)


def test_records_can_be_matched_and_copied() -> None:
    match Location("a.yaml", Span(1, 2, 3, 4)):
        case Location(path, Span(line)):
            assert (path, line) == ("a.yaml", 1)
        case _:
            pytest.fail("no match")
    location = Location("a.yaml", Span(1, 2, 3, 4))
    assert copy.copy(location) == copy.deepcopy(location) == location


def test_each_kind_of_record_has_its_own_constructor() -> None:
    class First(NamedTuple):
        one: int

    class Second(NamedTuple):
        two: int = 2

    assert (First(1).one, Second().two, First(one=3).one) == (1, 2, 3)
    assert First.__new__ is not Second.__new__


def test_a_field_without_default_does_not_follow_one_with_a_default() -> None:
    namespace: dict[str, Any] = {"NamedTuple": NamedTuple}
    with pytest.raises(TypeError):
        exec("class Wrong(NamedTuple):\n    one: int = 1\n    two: int\n", namespace)  # noqa: S102 - mypy refuses it as text of a test


def test_a_class_below_a_record_has_its_fields_and_attributes_besides() -> None:
    class Record(NamedTuple):
        name: str
        port: int = 80

    class Below(Record):
        def __new__(cls, name: str, extra: str) -> typing.Self:
            made = super().__new__(cls, name)
            made.extra = extra
            return made

        extra: str

    first, second = Below("a", "x"), Below("b", "y")
    assert (first.name, first.port, first.extra, second.extra) == ("a", 80, "x", "y")
    assert first == Record("a")
    assert Below._fields == ("name", "port")
