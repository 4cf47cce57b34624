"""The page about security names tests that exist."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    known = {
        name for file in HERE.glob("test_*.py") for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= known


def test_each_row_of_the_threat_model_names_a_test() -> None:
    rows = [line for line in PAGE.split("## Rules", 1)[0].splitlines() if line.startswith("| ") and not line.startswith("| who")]
    assert rows
    assert [row for row in rows if "`test_" not in row] == []
