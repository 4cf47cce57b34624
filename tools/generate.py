"""Writes what a program can write: indexes and pages of rules and catalogs, and the output of commands in README.md.

In README.md a line `<!-- output of: COMMAND -->` is followed by a fenced block, which holds the output of COMMAND.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import catalog_index
import catalog_pages
import config_page
import quick_rules

from k8slblint.explain import rule_page
from k8slblint.rulebook import INDEX_NAME, build_index, read_rule

ROOT = Path(__file__).parent.parent
OUTPUT = re.compile(r"(?P<head><!-- output of: (?P<command>[^\n]+) -->\n```[a-z]*\n)(?P<body>.*?)(?P<tail>^```$)", re.DOTALL | re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` say which of them are stale; return the exit status."""
    checking = arguments == ["--check"]
    stale = []
    for path, text in _wanted():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not checking:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    for path in _left_over():
        stale.append(path)
        if not checking:
            path.unlink()
    for path in stale if checking else ():
        print(f"{path.relative_to(ROOT)} is stale; run `nox -s docs -- --write`", file=sys.stderr)
    return 1 if checking and stale else 0


def _rule_ids() -> list[str]:
    return sorted(path.stem for path in (ROOT / "rules").glob("*.yaml"))


def _left_over() -> list[Path]:
    """Return the pages of rules and catalogs that are gone."""
    catalogs = {path for path, _ in catalog_pages.pages()}
    rules = [path for path in (ROOT / "docs" / "rules").glob("*.md") if path.stem not in _rule_ids()]
    return [*rules, *(path for path in catalog_pages.FOLDER.glob("*.md") if path not in catalogs)]


def _wanted() -> Iterator[tuple[Path, str]]:
    """Yield each generated file with its text; the later ones are made with the help of the earlier ones."""
    yield catalog_index.FOLDER / catalog_index.NAME, catalog_index.build_index()
    yield from catalog_pages.pages()
    yield config_page.PAGE, config_page.page()
    yield ROOT / "rules" / INDEX_NAME, build_index()
    yield quick_rules.PATH, quick_rules.text()
    for rule_id in _rule_ids():
        yield ROOT / "docs" / "rules" / f"{rule_id}.md", rule_page(read_rule(rule_id))
    readme = ROOT / "README.md"
    yield readme, OUTPUT.sub(_with_output, readme.read_text(encoding="utf-8"))


def _with_output(block: re.Match[str]) -> str:
    return f"{block['head']}{_output(block['command'])}{block['tail']}"


def _output(command: str) -> str:
    """Run `k8slblint ...` where a reader would, and return what it prints."""
    program, *arguments = shlex.split(command)
    if program != "k8slblint":
        msg = f"README.md shows the output of `{command}`, which is not k8slblint"
        raise SystemExit(msg)
    plain = {
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "PRE_COMMIT")
    }
    run = subprocess.run(
        [sys.executable, "-m", "k8slblint", *arguments], cwd=ROOT, env=plain, stdout=subprocess.PIPE, check=False, encoding="utf-8"
    )
    if run.returncode not in (0, 1):
        msg = f"`{command}` of README.md ends with {run.returncode}"
        raise SystemExit(msg)
    return run.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
