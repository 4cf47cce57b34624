"""Records of named fields at little cost: a `NamedTuple` whose constructor is made when one is first made.

A scan imports some two hundred kinds of records and makes a third of them. The class of the standard library compiles for each kind,
made or not, which is a sixth of what a scan of one file takes. A type checker sees `typing.NamedTuple`, and so may a reader:
fields, defaults, methods, comparison, unpacking and `match` are the same. A constructor is one call, as it is there.
"""

import sys
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING or sys.version_info >= (3, 14):  # from 3.14 on a body keeps its annotations in another place
    from typing import NamedTuple
else:
    from collections import _tuplegetter  # the one descriptor of tuples that is as fast as an attribute
    from functools import lru_cache
    from types import CodeType, FunctionType
    from typing import Any

    _tuple_new = tuple.__new__

    _MOST_FIELDS = 64

    _GETTERS = [_tuplegetter(index, f"Alias for field number {index}") for index in range(_MOST_FIELDS)]

    @lru_cache(maxsize=_MOST_FIELDS)
    def _constructor(count: int) -> CodeType:
        """Compile a constructor of so many fields, for all records that have as many: the names of the arguments are replaced."""
        names = ", ".join(f"_{number}" for number in range(count))
        code: CodeType = eval(f"lambda _cls, {names}: _tuple_new(_cls, ({names},))").__code__  # noqa: S307 - our own source
        return code

    class _RecordType(type):
        """Makes a class of a body with annotated fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if any(getattr(base, "_fields", ()) for base in bases):
                return super().__new__(cls, name, bases, body)  # a class below a record has its fields, and may have attributes besides
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                msg = f"{name}: a field without default follows one with a default"
                raise TypeError(msg)
            body.update(zip(fields, _GETTERS, strict=False))
            body.update(__slots__=(), __match_args__=fields, _fields=fields, _field_defaults=defaults)
            return super().__new__(cls, name, bases, body)

    class NamedTuple(tuple, metaclass=_RecordType):
        """The base of all records."""

        __slots__ = ()

        def __new__(cls, /, *values: Any, **named: Any) -> Any:
            """Compile the constructor of this class, and make its first record by it."""
            code = _constructor(len(cls._fields)).replace(co_varnames=("_cls", *cls._fields), co_name="__new__")
            scope = {"_tuple_new": _tuple_new, "__builtins__": {}, "__name__": cls.__module__}
            made = FunctionType(code, scope, "__new__", tuple(cls._field_defaults.values()))
            made.__qualname__ = f"{cls.__qualname__}.__new__"
            record = next(one for one in cls.__mro__ if "_fields" in vars(one))  # not a class below it, which has its own way to be made
            record.__new__ = staticmethod(made)
            return made(cls, *values, **named)

        @classmethod
        def _make(cls, iterable: Any) -> Any:
            made = _tuple_new(cls, iterable)
            if len(made) != len(cls._fields):
                msg = f"Expected {len(cls._fields)} arguments, got {len(made)}"
                raise TypeError(msg)
            return made

        def _replace(self, /, **named: Any) -> Any:
            made = self._make(map(named.pop, self._fields, self))
            if named:
                msg = f"Got unexpected field names: {list(named)!r}"
                raise ValueError(msg)
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            shown = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({', '.join(shown)})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)
