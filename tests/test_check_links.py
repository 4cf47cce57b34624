"""The checker of links: what it follows, and what it finds broken."""

from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture(name="tool")
def _tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    import check_links

    return check_links


def _broken(tool: ModuleType, root: Path, text: str, **others: str) -> list[str]:
    (root / "docs").mkdir(exist_ok=True)
    (root / "README.md").write_text(text, encoding="utf-8")
    for name, content in others.items():
        (root / "docs" / f"{name}.md").write_text(content, encoding="utf-8")
    return [sentence for page in tool.pages(root) for sentence in tool.broken(page, root)]


def test_our_pages_have_no_broken_link(tool: ModuleType):
    assert tool.main() == 0


@pytest.mark.parametrize(
    "text",
    [
        "[a](docs/a.md)",
        "[a](docs/a.md#what-it-is)",
        "[a](docs/a.md#what-it-is-1)",
        "[`code`](docs/a.md#codes-of-x)",
        "[a](<docs/a.md> 'title')",
        "[a](#here)\n\n# Here",
        "[a](https://example.com/nothing#x) [b](mailto:a@example.com)",
        "`[a](docs/none.md)`",
        "```yaml\n[a](docs/none.md)\n```",
        "~~~\n```\n[a](docs/none.md)\n~~~",
        "[a]\n\n[a]: docs/a.md",
        "[folder](docs)",
    ],
)
def test_what_leads_somewhere_is_fine(tool: ModuleType, tmp_path: Path, text: str):
    assert _broken(tool, tmp_path, text, a="# What it is?\n\n## What it is\n\n## `Codes` of *x*\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/b.md)", "README.md:1: there is no docs/b.md"),
        ("x\n\n[a](docs/a.md#none)", "README.md:3: docs/a.md has no heading #none"),
        ("[a](#none)", "README.md:1: README.md has no heading #none"),
        ("```\n[x](y)\n```\n[a](none.md) [b](docs/a.md)", "README.md:4: there is no none.md"),
        ("[`code`](none.md)", "README.md:1: there is no none.md"),
        ("[a]\n\n[a]: none.md", "README.md:3: there is no none.md"),
        ("[a](../outside.md)", "README.md:1: there is no ../outside.md"),
        ("[a](docs/a.md#in-code)", "README.md:1: docs/a.md has no heading #in-code"),
    ],
)
def test_what_leads_nowhere_is_found(tool: ModuleType, tmp_path: Path, text: str, expected: str):
    (tmp_path.parent / "outside.md").write_text("", encoding="utf-8")
    assert _broken(tool, tmp_path, text, a="# A\n\n```\n# In code\n```\n") == [expected]


def test_links_of_pages_below_are_relative_to_them(tool: ModuleType, tmp_path: Path):
    assert _broken(tool, tmp_path, "", a="[b](b.md) [top](../README.md) [c](docs/b.md)", b="") == ["docs/a.md:1: there is no docs/b.md"]
