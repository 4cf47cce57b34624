"""The line hashes by which GitHub code scanning follows an alert from commit to commit.

Source: github/codeql-action f3f1edbed `src/fingerprints.ts` (a rolling hash over the next 100 characters that are not blanks).
"""

from collections import Counter, deque

_WINDOW = 100
_MOD = 37
_MASK = (1 << 64) - 1
_FIRST_MOD = pow(_MOD, _WINDOW, 1 << 64)
_END = 65535
_LINE_FEED = 10
_BLANKS = frozenset({0x20, 0x09})


class LineHashes:
    """Answers for any line of any text; a text is hashed once."""

    def __init__(self) -> None:
        self._by_text: dict[int, tuple[str, list[str]]] = {}

    def of(self, text: str, line: int) -> str:
        """Return the `primaryLocationLineHash` of a line (from 1), or `""` where there is no such line."""
        known = self._by_text.get(id(text))
        if known is None:
            known = self._by_text[id(text)] = (text, line_hashes(text))
        hashes = known[1]
        return hashes[line - 1] if 0 < line <= len(hashes) else ""


def line_hashes(text: str) -> list[str]:
    """Return the hash of every line, as `<hex>:<running count of that value>`; a final line end is followed by one more line."""
    window: deque[int] = deque([0] * _WINDOW, maxlen=_WINDOW)
    starts: deque[int] = deque()  # how many units were fed when each line began whose hash is still open
    hashes: list[str] = []
    seen: Counter[str] = Counter()
    value = fed = 0

    def feed(unit: int) -> None:
        nonlocal value, fed
        if starts and fed - starts[0] == _WINDOW:
            starts.popleft()
            _record(value, hashes, seen)
        value = (_MOD * value + unit - _FIRST_MOD * window[0]) & _MASK
        window.append(unit)
        fed += 1

    begins_line = True
    for unit in _units(text):
        if begins_line:
            starts.append(fed)
        begins_line = unit == _LINE_FEED
        feed(unit)
    for _ in range(_WINDOW + 1):
        feed(0)
    return hashes


def _record(value: int, hashes: list[str], seen: Counter[str]) -> None:
    text = f"{value:x}"
    seen[text] += 1
    hashes.append(f"{text}:{seen[text]}")


def _units(text: str) -> list[int]:
    """Return the UTF-16 units that count: line ends as LF, without blanks, and the end mark."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-16-le", "surrogatepass")
    units = memoryview(data).cast("H").tolist()
    return [unit for unit in units if unit not in _BLANKS] + [_END]
