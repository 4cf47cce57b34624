"""The reader in C reads what the reader of lines in Python reads, or refuses; built here, in a folder of its own, where a compiler is."""

import importlib.util
import random
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.documents import composing, native, ordinary, parsing, plain_lines
from k8slblint.model.node import Node
from tests.corpus import CORPUS
from tests.test_document_lists import FLOW_TOKENS, ODD

CHECKOUT = Path(__file__).parent.parent
REPOSITORIES = sorted(folder for folder in CORPUS.iterdir() if "__" in folder.name) if CORPUS else []
MOST_CHUNKS = 400
"""Of a repository of the corpus: the first of them, so that the test takes seconds."""


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_reader", CHECKOUT / "tools" / "build_reader.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> native.Reader:
    """What reads in C, built of the sources that are here."""
    tool = _tool()
    try:
        path = tool.compile_into(tmp_path_factory.mktemp("reader"))
    except tool.CannotBuildError as error:
        pytest.skip(str(error).splitlines()[0])
    spec = importlib.util.spec_from_loader("_reader", ExtensionFileLoader("_reader", str(path)))
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.FORM == native.FORM
    return native.Reader(*(getattr(module, name) for name in native.Reader._fields))


def _in_python(text: str, aliases: int = 9) -> tuple[Any, int] | None:
    seen = plain_lines.Seen(aliases)
    try:
        return plain_lines.read_plain_lines(text, seen), seen.aliases
    except plain_lines.NotPlainError:
        return None


def _answer(in_c: native.Reader, text: str, aliases: int = 9) -> tuple[Any, int, int, int] | None:
    try:
        return in_c.read(text, plain_lines.resolved, aliases)
    except plain_lines.NotPlainError:
        return None


def _agree(in_c: native.Reader, text: str, aliases: int = 9) -> bool:
    """Hold both readers against each other; `repr` tells 1 from True and 1.0, and the order of keys. Tell whether the text was read."""
    expected, found = _in_python(text, aliases), _answer(in_c, text, aliases)
    if found is None:
        assert expected is None or len(text.encode()) != len(text) or any(len(line) > 200 for line in text.split("\n")), text
        return False
    value, line, column, left = found
    assert expected is not None, text
    assert (repr(value), left) == (repr(expected[0]), expected[1]), text
    assert ordinary._start(text, 1) == (line + 1, column + 1), text  # noqa: SLF001 - the answer of the reader in Python
    root = in_c.read_places(text, plain_lines.resolved, Node, 7)
    assert root is not None or "&" in text or "\u1680" in text, text
    if root is not None:
        parsed = composing.compose(documents.Chunk(text, 7, is_json=False, source=None))
        assert (_all_of(root), ()) == (_all_of(parsed.root), parsed.problems), text
    return True


def _all_of(node: Node) -> list[Any]:
    """Return all that a node and those below it tell."""
    told: list[Any] = [repr(node.value), *node.span, node.style, node.aliased]
    told.append([(name, _all_of(key), _all_of(value)) for name, (key, value) in node.members.items()])
    told.append([_all_of(item) for item in node.items])
    return told


def _plain(text: str) -> str:
    text = text.removeprefix("\ufeff")
    return (text if text.endswith("\n") else f"{text}\n").replace("\r\n", "\n")


def _chunks_of(folder: Path) -> Iterator[documents.Chunk]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".tpl", ".json") and path.is_file():
            try:
                yield from documents.split(documents.decode(path.read_bytes()))
            except documents.UndecodableText:
                continue


OWN = [chunk.text for folder in ("rules", "examples", "tests/fixtures") for chunk in _chunks_of(CHECKOUT / folder)]


def test_our_own_files_are_read_alike(in_c: native.Reader) -> None:
    assert sum(_agree(in_c, _plain(text)) for text in OWN) > len(OWN) // 4


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_real_files_are_read_alike(in_c: native.Reader, repository: Path) -> None:
    for chunk, _ in zip(_chunks_of(repository), range(MOST_CHUNKS), strict=False):
        _agree(in_c, _plain(chunk.text))


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_documents_are_read_alike(in_c: native.Reader, text: str) -> None:
    _agree(in_c, _plain(text))


SCALARS = [
    *("1", "0", "00", "07", "08", "1.0", "1.", ".5", "-.5", "+1", "-1", "-0", "1e3", "1E+3", "0x1F", "0o7", "0b11", "0b+1", "1_000"),
    *("999999999999999999", "9999999999999999999", "18446744073709551615", "18446744073709551616", "1.2.3", "1.2.3.4", "12:30", "::1"),
    *("~", "null", "Null", "NULL", "nULL", "y", "Y", "yes", "on", "On", "oN", "off", "n", "NO", "true", "False", "fALSE", "<<", "="),
    *(
        ".inf",
        "-.inf",
        "+.Inf",
        ".nan",
        ".NaN",
        "1e400",
        "2020-01-01",
        "10m",
        "-a",
        "--",
        "---a",
        "...",
        "a:b",
        "a #b",
        "a#b",
        "é",
        "\u2003",
    ),
    *("|", "|-", "|+", "|2", ">", ">-", "'a'", '"a"', "'a''b'", '"a\\nb\\"\\\\\\t"', '"\\x"', "'a' b", "'a' #b", "'a'#b", '"', "'", '""'),
    *("[]", "{}", "[ ]", "{}x", "[] # c", "[a, 'b', \"c\"]", '{a: b, "c d": 1}', "{a: b, a: c}", "{yes: 1}", "[a,]", "[*x]", "{a: b}}"),
    *("&x a", "&x", "*x", "*y", "&x 'a' # b", "&x {}", "&x &y a", "&x *x", "& a", "!t a", "? a", "@a", "`a`", "%a", "a\tb", "\ta", "a\x7f"),
]


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_are_read_alike(in_c: native.Reader, scalar: str) -> None:
    for text in (
        "k: {}\n",
        "a: &x 1\nk: {}\nm: *x\n",
        "a:\n- {}\n",
        "{}: 1\n",
        "k: {}   \n  l: 1\n",
        "- {}\n",
        "a:\n  - b: {}\n    c: 1\n",
    ):
        for aliases in (0, 1, 9):
            _agree(in_c, text.replace("{}", scalar), aliases)


@pytest.mark.parametrize("depth", [90, 99, 100, 101, 130, 5000])
def test_nesting_has_the_same_bound(in_c: native.Reader, depth: int) -> None:
    mappings = "".join(f"{' ' * level}a:\n" for level in range(depth))
    lists = "".join(f"{' ' * (2 * level)}- a:\n" for level in range(depth))
    for text in (f"{mappings}{' ' * depth}b: 1\n", f"a:\n{lists}", mappings):
        _agree(in_c, text)


LINES = [
    *("a: 1", "b: c", "c:", "- a", "- a: b", "-   a: b", "- a:", "-", "- ", "# a", "", "   ", "a: |", "- a: |", "- |", "a: |-  ", "text"),
    *(
        " \ttab",
        "a: b # c",
        "'q': 1",
        '"a: b": c',
        "k#a: b",
        "a:b: c",
        "a : b",
        "a: b: c",
        "--- a",
        "... ",
        "? a",
        "a: 'b",
        "{a: b}",
        "é: ü",
    ),
]


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(LINES)), max_size=12))
def test_any_lines_are_read_alike(in_c: native.Reader, lines: list[tuple[int, str]]) -> None:
    _agree(in_c, "".join(f"{' ' * indent}{line}\n" for indent, line in lines))


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(FLOW_TOKENS), max_size=9), st.sampled_from(["", "[", "{a: ", "&x "]), st.sampled_from(["", "]", "}"]))
def test_any_tokens_are_read_alike(in_c: native.Reader, tokens: list[str], start: str, end: str) -> None:
    _agree(in_c, f"k: &x 1\nl: {start}{''.join(tokens)}{end}\nm:\n- *x\n")


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_alike(in_c: native.Reader, text: str) -> None:
    _agree(in_c, _plain(f"a: {text}"))
    _agree(in_c, _plain(text))


def test_changed_files_are_read_alike(in_c: native.Reader) -> None:
    dice = random.Random(7)  # noqa: S311 - it only has to repeat
    signs = " \t\n-:#'\"|>&*[]{},!%@`?\\~0a.é\u2028\x00"
    for text in dice.choices(OWN, k=1500):
        changed = list(_plain(text))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(changed))
            changed[at : at + dice.randint(0, 3)] = dice.choice(signs)
        _agree(in_c, _plain("".join(changed)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "a: \ud800\n",
        "a: 1\r\n",
        "\ufeffa: 1\n",
        "a: b\0\n",
        "\0\n",
        "a: \x85\n",
        "\n",
        "\n\n",
        " \n",
        "#",
        "|\n",
        "a: |\n",
        "-\n",
    ],
)
def test_what_it_cannot_know_is_refused(in_c: native.Reader, text: str) -> None:
    found = _answer(in_c, text)
    assert found is None or found == ({"a": ""}, 0, 0, 9)


def test_a_fault_of_what_resolves_is_told(in_c: native.Reader) -> None:
    def fault(_text: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_c.read("a: [1.5]\n", fault, 0)
    with pytest.raises(TypeError):
        in_c.read(b"a: 1\n", fault, 0)  # type: ignore[arg-type]


@pytest.fixture
def reading_in_c(in_c: native.Reader, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let documents be read by the reader in C that was built here."""
    monkeypatch.setattr(native, "reader", lambda: in_c)
    for kept in (parsing.parse_shared, parsing.read_at_once):
        kept.cache_clear()
    yield
    for kept in (parsing.parse_shared, parsing.read_at_once):
        kept.cache_clear()


def _told(chunk: documents.Chunk) -> tuple[Any, ...]:
    """What is known of a document: its identity, what is wrong with it, its value, and its places at the first question for one."""
    identity, problem = documents.sniff(chunk), documents.check_syntax(chunk)
    try:
        parsed = documents.parse(chunk)
    except documents.BrokenDocument as error:
        return identity, problem, error.problem
    root = parsed.root
    members = {name: (key.span, value.span) for name, (key, value) in root.members.items()}
    return identity, problem, repr(root.value), root.line, root.column, root.span, members, parsed.problems


@pytest.mark.usefixtures("reading_in_c")
def test_a_document_is_told_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [documents.Chunk(text, 3, is_json=False, source=None) for text in [*OWN[:600], *ODD.values()]]
    found = [_told(chunk) for chunk in chunks]
    monkeypatch.setattr(native, "reader", lambda: None)
    parsing.parse_shared.cache_clear()
    parsing.read_at_once.cache_clear()
    assert found == [_told(chunk) for chunk in chunks]


def test_python_reads_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLBLINT_READER", "python")
    assert native.reader.__wrapped__() is None


def test_what_was_built_for_something_else_is_not_used(tmp_path: Path) -> None:
    other = tmp_path / "_reader.abi3.so"
    other.write_bytes(b"\x7fELF no library")
    assert native._loaded(str(other)) is None  # noqa: SLF001 - what is done with the file that was found


_FEW = st.binary(max_size=12).map(lambda data: bytes(b"ab\n\0\xff"[byte % 5] for byte in data))


@settings(max_examples=300, deadline=None)
@given(text=_FEW, words=st.lists(_FEW.filter(lambda word: len(word) > 1), max_size=6).map(tuple))
def test_words_are_found_where_they_are(in_c: native.Reader, text: bytes, words: tuple[bytes, ...]) -> None:
    for some in (words, words[::-1], words):
        assert in_c.holds_any(text, some) == any(word in text for word in some)


def test_lists_of_words_are_bounded_and_checked(in_c: native.Reader) -> None:
    lists = [tuple(b"%03d" % number for number in range(start, start + 255)) for start in range(0, 600, 100)]
    for words in (*lists, *lists):
        assert in_c.holds_any(b"x" + words[-1], words)
        assert not in_c.holds_any(words[0][:2] + b"x" + words[-1][:2], words)
    for wrong in ((b"a",), (b"",), ("ab",), tuple(b"%03d" % number for number in range(256)), [b"ab"]):
        with pytest.raises((ValueError, TypeError, SystemError)):
            in_c.holds_any(b"text", wrong)  # type: ignore[arg-type]
    assert in_c.holds_any(b"ab", (b"ab",))


def test_memory_can_be_spared(in_c: native.Reader) -> None:
    assert in_c.spare_memory() in (True, False)
    assert in_c.spare_memory() == in_c.spare_memory()
