"""Checks that the relative links of our pages lead to a file, and to a heading where they name one; nothing is fetched.

Headings become anchors as on GitHub: lower case, blanks to hyphens, other marks dropped; the second of a name gets `-1`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parent.parent

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_LINK = re.compile(r"\]\((?:<([^>\n]*)>|([^()\s]*(?:\([^()\s]*\)[^()\s]*)*))(?:\s+[\"'][^\n]*?[\"'])?\)")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)>?")
_NAMED = re.compile(r"""<a\s+(?:name|id)=["']([^"']+)["']""")
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//", re.IGNORECASE)
_DROPPED = re.compile(r"[^\w\- ]")


def pages(root: Path) -> list[Path]:
    """Return the pages that people read: those at the top, in docs/ and in .github/."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md")), *sorted((root / ".github").rglob("*.md"))]


def lines_outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page that are not in a fenced block, with their numbers from 1."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
        elif not fence:
            yield number, line


def anchors(text: str) -> set[str]:
    """Return the anchors of a page."""
    found: dict[str, int] = {}
    named = set[str]()
    for _, line in lines_outside_code(text):
        named.update(_NAMED.findall(line))
        if heading := _HEADING.match(line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            anchor = _DROPPED.sub("", words.lower()).replace(" ", "-")
            found[anchor] = found.get(anchor, -1) + 1
            named.add(f"{anchor}-{found[anchor]}" if found[anchor] else anchor)
    return named


def links(text: str) -> Iterator[tuple[int, str]]:
    """Yield the targets of the links of a page, with the numbers of their lines."""
    for number, line in lines_outside_code(text):
        bare = _CODE.sub(lambda match: " " * len(match[0]), line)
        # a link whose text is code keeps its target: only what is between backticks is blanked
        for match in _LINK.finditer(bare):
            yield number, match[1] or match[2] or ""
        if definition := _DEFINITION.match(bare):
            yield number, definition[1]


def broken(page: Path, root: Path) -> Iterator[str]:
    """Yield a sentence for each link of a page that leads nowhere, or out of the repository."""
    text = page.read_text(encoding="utf-8")
    for number, target in links(text):
        if not target or _ELSEWHERE.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        aim = (page.parent / path).resolve() if path else page
        where = f"{page.relative_to(root).as_posix()}:{number}"
        if not aim.is_relative_to(root.resolve()) or not aim.exists():
            yield f"{where}: there is no {path}"
        elif anchor and aim.suffix == ".md" and anchor not in anchors(aim.read_text(encoding="utf-8")):
            yield f"{where}: {aim.relative_to(root.resolve()).as_posix()} has no heading #{anchor}"


def main(root: Path = ROOT) -> int:
    """Print what is broken, and return the exit status."""
    found = [sentence for page in pages(root) for sentence in broken(page, root)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
