"""Measures k8slblint beside other linters, in one run, on trees made of a folder of real manifests; `nox -s bench -- --help`.

What counts are ratios: every program runs in turn, several times, and is compared with the reference in the same round.
"""

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import bench_trees
from bench_measure import Case, Figure, Run, Tool, figure, ratios, rows
from bench_peers import PEERS, installed

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- benchmark: begin -->\n", "<!-- benchmark: end -->\n"
GIT = shutil.which("git") or "git"
HOOK = ("--allow-empty", "--new-only", "--if-touched", "--no-progress", "--against")
"""What the hook of pre-commit passes, and the revision that it compares with."""
ALWAYS = ("--no-config", "--exit-zero", "--quiet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, measure, print; return the exit status."""
    options = _options(arguments)
    folder = Path(options.work or tempfile.mkdtemp(prefix="bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        own = [_own(text) for text in options.tool or [f"k8slblint={ROOT}"]]
        peers = [] if options.no_peers else installed(folder / "peers", dict(text.split("=", 1) for text in options.peer))
        tools = [*own, *peers]
        sections = []
        for case in _cases(options, folder):
            print(f"{case.name} ...", file=sys.stderr, flush=True)
            sections.append((case, rows(case, tools, options.rounds, folder / "caches")))
        text = _text(sections, tools, options.reference or own[0].name)
        for repository in options.replay:
            text += _replayed(repository, own, folder)
        print(text)
        if options.write:
            _write(text)
    finally:
        if not options.work:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--base", type=Path, help="the folder of manifests that trees are made of")
    parser.add_argument("--sizes", default="1", help="how many copies of the base the trees are made of, such as 1,5,20 (1)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each program runs after its first run (5)")
    parser.add_argument("--dump", type=int, default=0, metavar="MB", help="also a List of that size, as YAML and as JSON")
    parser.add_argument("--shape", action="append", default=[], choices=bench_trees.SHAPES, help="also the base in that shape")
    parser.add_argument("--render", action="store_true", help="also the base with rendering, with an empty cache and a full one")
    parser.add_argument(
        "--changed", default="", metavar="PATH", help="also a hook on a repository of the base, where this file of it has changed"
    )
    parser.add_argument(
        "--replay", action="append", default=[], metavar="REPO:N", help="also the last N commits of a git repository, as a hook sees them"
    )
    parser.add_argument("--tool", action="append", metavar="NAME=CHECKOUT", help="a checkout of k8slblint; several are compared (this one)")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=PROGRAM",
        help="where the program of a peer is, instead of installing it; empty: leave it out",
    )
    parser.add_argument("--no-peers", action="store_true", help="only k8slblint")
    parser.add_argument("--reference", help="the program whose ratio is 1 (the first k8slblint)")
    parser.add_argument("--work", help="where trees, peers and caches are kept for the next run (a temporary folder)")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    return parser.parse_args(arguments)


def _own(text: str) -> Tool:
    name, _, checkout = text.partition("=")
    command = (sys.executable, "-P", "-m", "k8slblint", "scan", *ALWAYS, "{extra}", "{target}")
    return Tool(name, command, statuses=(0,), variables=(("PYTHONPATH", str(Path(checkout).resolve())),))


def _cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """Yield the cases; the tree of each is built when its turn comes."""
    bench_trees.one_file(folder / "one")
    yield Case("One file", folder / "one" / "web.yaml", ("--no-render",))
    for size in [int(part) for part in options.sizes.split(",")] if options.base else ():
        tree = folder / f"x{size}"
        count = 0 if tree.exists() else bench_trees.copies(options.base, tree, size)
        yield Case(f"Base x{size}, not rendered" + (f" ({count:,} files)" if count else ""), tree, ("--no-render",))
    for shape in options.shape if options.base else ():
        if not (folder / shape).exists():
            bench_trees.shaped(options.base, folder / shape, shape)
        yield Case(f"Base, shape {shape}, not rendered", folder / shape, ("--no-render",))
    if options.base and options.render:
        yield Case("Base, rendered, empty cache", options.base, (), is_cold=True, only_own=True)
        yield Case("Base, rendered, cache of the run before", options.base, (), only_own=True)
    for suffix in ("yaml", "json") if options.dump else ():
        dump = folder / f"dump-{options.dump}.{suffix}"
        if not dump.exists():
            bench_trees.dump(dump, options.dump, as_json=suffix == "json")
        yield Case(f"A List of {options.dump} MB, {suffix.upper()}", dump, ("--no-render",))
    if options.base and options.changed:
        repository = folder / "repository"
        if not repository.exists():
            bench_trees.repository(options.base, repository, options.changed)
        yield Case("Hook on one changed file, empty cache", repository, (*HOOK, "HEAD"), is_cold=True, only_own=True)
        yield Case("Hook on one changed file, cache of the run before", repository, (*HOOK, "HEAD"), only_own=True)


def _text(sections: Sequence[tuple[Case, dict[str, list[Run]]]], tools: Sequence[Tool], reference: str) -> str:
    """Return all tables, and what each program does."""
    lines = [f"CPython {platform.python_version()} on {platform.machine()}. Reference: {reference}.", ""]
    for case, found in sections:
        lines += [f"### {case.name}", "", *table(found, reference), ""]
    lines += [f"- **{tool.name}** could not be measured: {tool.missing}." for tool in tools if tool.missing]
    lines += [f"- **{peer.name}**: {peer.does}" for peer in PEERS if any(tool.name.startswith(peer.name) for tool in tools)]
    return "\n".join(lines) + "\n"


def table(found: dict[str, list[Run]], reference: str) -> list[str]:
    """Return the lines of a Markdown table: medians, and the ratios to the reference with the least and the most of all rounds."""
    lines = ["| program | CPU s | ratio | wall s | ratio | MB | ratio |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, runs in found.items():
        failed = next((run.failure for run in runs if run.failure), "")
        if failed or not runs:
            lines.append(f"| {name} | {failed or 'not run'} | | | | | |")
            continue
        cells = []
        for field in ("cpu", "wall", "megabytes"):
            own = [getattr(run, field) for run in runs]
            other = [getattr(run, field) for run in found.get(reference, ()) if not run.failure]
            cells += [_number(figure(own)), _spread(ratios(own, other)) if other else ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _number(one: Figure) -> str:
    return f"{one.median:.2f}" if one.median < 100 else f"{one.median:,.0f}"  # noqa: PLR2004 - three digits are enough


def _spread(one: Figure) -> str:
    return f"{one.median:.2f} ({one.least:.2f}-{one.most:.2f})"


def _replayed(text: str, tools: Sequence[Tool], folder: Path) -> str:
    """Return what a hook takes for each of the last commits of a repository, which is checked out in a folder of its own."""
    source, _, count = text.rpartition(":")
    git = _Git(source, folder / "replay" / Path(source).name)
    commits = git.commits(int(count))
    found: dict[str, list[Run]] = {tool.name: [] for tool in tools}
    for commit in commits:
        git.check_out(commit)
        case = Case("", git.folder, (*HOOK, f"{commit}~1"), only_own=True)
        for tool in tools:
            found[tool.name] += rows(case, [tool], 0, folder / "caches-of-replay")[tool.name] or []
    lines = [
        "",
        f"### {len(commits)} commits of {Path(source).name}, as a hook sees them",
        "",
        "| program | | median | p90 | most |",
        "|---|---|---:|---:|---:|",
    ]
    for name, runs in found.items():
        for field in ("wall", "cpu") if runs else ():
            numbers = sorted(getattr(run, field) for run in runs)
            cells = (figure(numbers).median, percentile(numbers, 90), numbers[-1])
            lines.append(f"| {name} | {field} s | {' | '.join(f'{one:.2f}' for one in cells)} |")
    return "\n".join(lines) + "\n"


def percentile(numbers: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of sorted numbers."""
    return numbers[max(0, -(-len(numbers) * percent // 100) - 1)]


class _Git:
    """A clone of a repository, in which commits are checked out."""

    def __init__(self, source: str, folder: Path) -> None:
        self.folder = folder
        if not folder.exists():
            subprocess.run([GIT, "clone", "--quiet", "--no-local", source, str(folder)], check=True)

    def commits(self, count: int) -> list[str]:
        """Return the last commits that change manifests, the oldest first; merges and the first commit are left out."""
        words = [
            GIT,
            "-C",
            str(self.folder),
            "log",
            "--no-merges",
            "--min-parents=1",
            f"-{count}",
            "--format=%H",
            "HEAD",
            "--",
            "*.yaml",
            "*.yml",
            "*.tpl",
        ]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[::-1]

    def check_out(self, commit: str) -> None:
        """Check a commit out."""
        subprocess.run([GIT, "-C", str(self.folder), "checkout", "--quiet", "--force", "--detach", commit], check=True)


def _write(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
