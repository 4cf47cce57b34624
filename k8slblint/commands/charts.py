"""`k8slblint charts fetch`, and what `--fetch-charts` does before a scan: charts from elsewhere are fetched, and locked."""

from collections.abc import Sequence

import click

from k8slblint.commands.invocation import budget_of, cache_folder, choice_of_files, list_files, read_config, sources_of
from k8slblint.commands.options import Options
from k8slblint.commands.terminals import say
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.model.errors import UsageError
from k8slblint.rendered import wanted_charts
from k8slblint.rendering.fetched.archives import Archives
from k8slblint.rendering.fetched.client import Asked, Fetched, fetch
from k8slblint.rendering.fetched.lock import LockedChart, read_lock, write_lock
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree


def run_fetch(paths: Sequence[str], options: Options, *, updates: bool) -> int:
    """Fetch the charts that the trees around `paths` deploy and do not contain, and write their locks; return the exit status.

    A chart of the lock is fetched as it is locked; `updates` looks for the newest version in its range again.
    """
    config = read_config(paths, options)
    archives = _archives(options)
    budget = budget_of(config, options)
    sources = sources_of(paths, list_files(paths, choice_of_files(config)), options, budget)
    failures = 0
    for tree, wanted in wanted_charts(sources, config, budget):
        failures += _fetch_for(tree, wanted, archives, updates=updates)
    return 1 if failures else 0


def _archives(options: Options) -> Archives:
    cache = cache_folder(options)
    if cache is None:
        raise UsageError("charts need a place to be kept: name a folder with `--cache-dir`.")
    return Archives(cache)


def _fetch_for(tree: SourceTree, wanted: Sequence[WantedChart], archives: Archives, *, updates: bool) -> int:
    """Fetch the charts of one tree, say what became of each, and write the lock; return how many were not fetched."""
    locked = {} if updates else {WantedChart(one.repository, one.name, one.stated): one for one in read_lock(tree)}
    kept = {one: locked[one] for one in wanted if one in locked and archives.holds(locked[one].digest)}
    asked = [_asked(one, locked.get(one)) for one in wanted if one not in kept]
    failures = 0
    for one, entry in kept.items():
        click.echo(f"{_named(one)}: {entry.version} is there.")
    for found in fetch(asked, archives):
        click.echo(_told(found))
        now = found.locked or locked.get(found.asked.wanted)  # what could not be fetched today is still what is deployed
        if now is not None:
            kept[found.asked.wanted] = now
        failures += found.locked is None
    if kept or locked:
        write_lock(tree.top, list(kept.values()))
    return failures


def _asked(wanted: WantedChart, entry: LockedChart | None) -> Asked:
    return Asked(wanted, wanted.version) if entry is None else Asked(wanted, entry.version, entry.digest)


def _named(one: WantedChart) -> str:
    return f"{one.name} {one.version} of {one.repository}".replace("  ", " ") if one.repository else f"{one.name} {one.version}".rstrip()


def _told(found: Fetched) -> str:
    if found.locked is None:
        return f"{_named(found.asked.wanted)}: not fetched: {found.failure}."
    return f"{_named(found.asked.wanted)}: {found.locked.version} fetched."


def fetch_locked(sources: Sources, config: Config) -> None:
    """Fetch the charts that locks name and that are not kept yet; say which could not be fetched.

    Where two revisions are compared, the lock of the one before decides: a change can name nothing that is fetched.
    """
    if config.rendering.cache is None:
        raise UsageError("`--fetch-charts` needs a folder to keep charts in: name one with `--cache-dir`.")
    archives = Archives(config.rendering.cache)
    missing = [one for tree in sources.trees_before or sources.trees for one in read_lock(tree) if not archives.holds(one.digest)]
    for found in fetch([Asked(_wanted(one), one.version, one.digest) for one in dict.fromkeys(missing)], archives) if missing else ():
        if found.locked is None:
            say(f"k8slblint: {_told(found)}")


def _wanted(one: LockedChart) -> WantedChart:
    return WantedChart(one.repository, one.name, one.stated)
