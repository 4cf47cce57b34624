"""Loads the parser in C of ruamel.yaml without the one in Python, which takes longer to import than a small file takes to be checked.

`_ruamel_yaml` asks eight modules for nothing but an exception each, and with them comes all of the package. Here these modules and the
package stand unexecuted, with the exceptions: whoever asks them for more, in whatever way, executes them first.
"""

import sys
from _thread import allocate_lock
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_PACKAGE = "ruamel.yaml"

_EXCEPTIONS = {
    "scanner": ("ScannerError", "MarkedYAMLError"),
    "parser": ("ParserError", "MarkedYAMLError"),
    "composer": ("ComposerError", "MarkedYAMLError"),
    "constructor": ("ConstructorError", "MarkedYAMLError"),
    "emitter": ("EmitterError", "YAMLError"),
    "serializer": ("SerializerError", "YAMLError"),
    "representer": ("RepresenterError", "YAMLError"),
    "reader": ("ReaderError", "YAMLError"),
}
"""What the C part imports of which module, and the exception of `ruamel.yaml.error` that it is one of (ruamel.yaml 0.18 and 0.19)."""


class _Unexecuted(ModuleType):
    """A module that is executed when it is asked for something that it does not have."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # of every module the import system asks whether it is a package
            raise AttributeError(name)
        object.__setattr__(self, "__class__", ModuleType)
        if self.__spec__ is not None and self.__spec__.loader is not None:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


_LOADING = allocate_lock()


def parser_class() -> Any:
    """Return the class of the parser; `_ruamel_yaml` has those of its events. The first call takes 10 ms, or 30 where all is in use.

    Renderers read in several threads, and the classes of events are replaced once.
    """
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Any:
    if _PACKAGE not in sys.modules and "_ruamel_yaml" not in sys.modules and _put_aside(_PACKAGE):
        errors = import_module(f"{_PACKAGE}.error")
        for name, (exception, base) in _EXCEPTIONS.items():
            module = _put_aside(f"{_PACKAGE}.{name}")
            if module is not None:
                body = {"__module__": module.__name__, **({"__init__": _note_character} if name == "reader" else {})}
                setattr(module, exception, type(exception, (getattr(errors, base),), body))
    parser = import_module("_ruamel_yaml")
    _make_quickly(parser)
    return parser.CParser


def _note_character(self: Any, name: Any, position: Any, character: Any, encoding: Any, reason: Any) -> None:
    """Keep what the parser says of a character that it refuses, as the class of ruamel.yaml does."""
    self.name, self.position, self.character, self.encoding, self.reason = name, position, character, encoding, reason


def _make_quickly(parser: Any) -> None:
    """Let the parser make events of most kinds by one call instead of three, of classes below its own."""

    def scalar(  # noqa: PLR0913, PLR0917 - as ruamel.yaml declares it
        self: Any, anchor: Any, tag: Any, implicit: Any, value: Any, start_mark: Any = None, end_mark: Any = None, style: Any = None
    ) -> None:
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.comment = None
        self.anchor = anchor
        self.ctag = tag
        self.implicit = implicit
        self.value = value
        self.style = style

    def start(
        self: Any, anchor: Any, tag: Any, implicit: Any, start_mark: Any = None, end_mark: Any = None, flow_style: Any = None
    ) -> None:
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.comment = None
        self.anchor = anchor
        self.ctag = tag
        self.implicit = implicit
        self.flow_style = flow_style
        self.nr_items = None

    for name, fill in (("ScalarEvent", scalar), ("MappingStartEvent", start), ("SequenceStartEvent", start)):
        setattr(parser, name, type(name, (getattr(parser, name),), {"__slots__": (), "__init__": fill}))


def _put_aside(name: str) -> ModuleType | None:
    """Make a module known without executing it, and return it; None where there is none of this name."""
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        return None
    module = sys.modules[name] = module_from_spec(spec)
    module.__class__ = _Unexecuted
    above, _, last = name.rpartition(".")
    setattr(sys.modules[above], last, module)
    return module
