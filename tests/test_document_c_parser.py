"""The parser in C of ruamel.yaml is loaded alone, and the whole package is there for everybody else."""

import subprocess
import sys

import pytest


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_parser_in_python_is_not_executed() -> None:
    code = (
        "import sys; from k8slblint.documents.libyaml import events; list(events('a: 1'))\n"
        "print([n for n in ('scanner', 'constructor', 'main') if 'Scanner' in vars(sys.modules.get('ruamel.yaml.' + n, sys))"
        " or 'Constructor' in vars(sys.modules.get('ruamel.yaml.' + n, sys)) or n == 'main' and 'ruamel.yaml.main' in sys.modules])"
    )
    assert _run(code) == "[]"


@pytest.mark.parametrize(
    "use",
    [
        "from ruamel.yaml import YAML; print(YAML(typ='safe').load('a: [1]'))",
        "import ruamel.yaml; print(ruamel.yaml.YAML(typ='safe', pure=True).load('a: [1]'))",
        "import ruamel.yaml.constructor as c, ruamel.yaml; c.SafeConstructor; print(dict(ruamel.yaml.YAML().load('a: [1]')))",
        "import ruamel.yaml; from ruamel.yaml.scanner import *; Scanner; print(ruamel.yaml.YAML(typ='safe').load('a: [1]'))",
    ],
)
def test_the_whole_package_is_there_for_whoever_asks_later(use: str) -> None:
    assert _run(f"from k8slblint.documents.libyaml import events; list(events('a: 1')); {use}") == "{'a': [1]}"


@pytest.mark.parametrize(
    ("text", "name"),
    [("a: 'b", "ScannerError"), ("a: [b", "ParserError"), ("a: \\x00", "ReaderError")],
)
def test_what_the_parser_refuses_is_an_error_of_yaml(text: str, name: str) -> None:
    code = (
        "from k8slblint.documents.libyaml import events, errors\n"
        f"try: list(events('{text}'))\n"
        "except errors() as error: print(type(error).__name__, type(error).__module__.startswith('ruamel.yaml'))"
    )
    code = code.replace("'a: 'b'", '"a: \'b"')
    assert _run(code) == f"{name} True"


def test_a_package_that_is_in_use_stays_as_it_is() -> None:
    code = "import ruamel.yaml, sys; from k8slblint.documents.libyaml import errors; print(errors()[0] is ruamel.yaml.YAMLError)"
    assert _run(code) == "True"


def test_threads_that_read_first_at_once_read_the_same() -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from k8slblint.documents import parse, split\n"
        "read = lambda number: parse(split(f'a: [{number}]')[0]).root.value\n"
        "with ThreadPoolExecutor(8) as pool: print(list(pool.map(read, range(100))) == [{'a': [number]} for number in range(100)])"
    )
    assert [_run(code) for _ in range(3)] == ["True"] * 3
