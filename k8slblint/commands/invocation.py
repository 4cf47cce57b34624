"""The paths and options of a call: which configuration applies, which files are read, and the graph of them."""

import os
import posixpath
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from k8slblint import config as configuration
from k8slblint import engine
from k8slblint.budget import Budget, BudgetSpentError, Limits, alarm
from k8slblint.commands.options import Options
from k8slblint.commands.terminals import say
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import files as found_files
from k8slblint.loading.borders import NAMED_LIMIT, TOO_LARGE, refuse_link_out
from k8slblint.model.errors import UsageError
from k8slblint.model.rendering import RenderSettings
from k8slblint.rendering.tree import trees_around

if TYPE_CHECKING:
    from k8slblint.baseline import Baseline


def read_config(paths: Sequence[str], options: Options) -> Config:
    """Return the configuration that holds for `paths`, the options laid over it. Raises `UsageError`."""
    for path in on_disk(paths):
        refuse_link_out(path)
    stated = options.config_path
    if stated and not os.path.isfile(stated):
        msg = f"configuration '{stated}' does not exist: correct `--config`."
        raise UsageError(msg)
    named = options.stdin_filename
    start = named if paths[0] == "-" and named != "<stdin>" else paths[0]
    found = None if options.no_config else stated or configuration.find_config("." if start == "-" else start)
    return laid_over(configuration.read_config(found) if found else Config(), options)


def laid_over(config: Config, options: Options) -> Config:
    """Return a configuration with the options of the call laid over it. Raises `UsageError`."""
    return configuration.options_over(
        config._replace(rendering=_rendering(config, options)),
        select=configuration.words(options.select),
        ignore=configuration.words(options.ignore),
        fail_on=options.fail_on,
        min_confidence=options.min_confidence,
        environment=options.environment,
        platform=options.platform,
        kubernetes_version=_version(options.kubernetes_version),
        baseline=options.baseline,
    )


def _rendering(config: Config, options: Options) -> RenderSettings:
    """Return what is stated about rendering, with the folders that only the call can name. Raises `UsageError`."""
    return config.rendering._replace(cache=cache_folder(options), chart_folders=(*config.rendering.chart_folders, *_chart_folders(options)))


def _chart_folders(options: Options) -> Iterator[str]:
    for folder in options.charts:
        if not os.path.isdir(folder):
            raise UsageError(f"the folder '{folder}' of `--charts` does not exist.")
        yield os.path.abspath(folder)


def cache_folder(options: Options) -> str | None:
    """Return the folder in which what was rendered is kept, None where nothing is to be, or the user has no such folder.

    Sources: XDG Base Directory Specification 0.8, which has relative paths ignored; Apple, File System Programming Guide,
    "Library Directories"; Microsoft, Known folders, `FOLDERID_LocalAppData`.
    """
    if options.no_cache or not options.render:
        return None
    if options.cache_dir:
        return options.cache_dir
    if sys.platform == "win32":
        own = os.environ.get("LOCALAPPDATA", "")
    else:
        own = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(own):
            own = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return os.path.join(own, "k8slblint") if os.path.isabs(own) else None


def warn_not_kept(not_kept: str) -> None:
    """Say once what keeps a run from being faster the next time."""
    if not_kept:
        say(f"k8slblint: {not_kept}; `--cache-dir` names another folder, `--no-cache` does without.")


def baseline_of(config: Config) -> "Baseline | None":
    """Return the baseline that the option or the configuration names. Raises `UsageError`."""
    if config.baseline is None:
        return None
    from k8slblint.baseline import read_baseline

    return read_baseline(config.baseline)


def choice_of_files(config: Config) -> found_files.Choice:
    """Return which files are left out of listings."""
    return found_files.Choice(config.exclude, posixpath.dirname(config.path or "") or ".", tracked_only=bool(os.environ.get("PRE_COMMIT")))


def list_files(paths: Sequence[str], choice: found_files.Choice) -> found_files.FoundFiles:
    """Return the files below those of `paths` that are on disk."""
    return found_files.find_files(
        on_disk(paths), extra_ignores=choice.ignores, ignores_from=choice.ignores_from, tracked_only=choice.tracked_only
    )


def on_disk(paths: Sequence[str]) -> list[str]:
    """Return the paths without `-`, which stands for standard input."""
    return [path for path in paths if path != "-"]


def budget_of(config: Config, options: Options) -> Budget:
    """Return the budget of a run: a configuration that was found may lower it, one that was named and `--budget` may raise it.

    Raises:
        UsageError: `--budget` cannot be read.

    """
    limits = Limits().changed(config.budget) if options.config_path else Limits().lowered(config.budget)
    return Budget(limits.changed(dict(map(_stated_limit, configuration.words(options.budget)))))


def _stated_limit(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value) if name.endswith("seconds") else int(value)
    except ValueError:
        number = 0
    if name not in Limits._fields or not 0 < number < float("inf"):
        msg = f"'{text}' is not a limit: write NAME=NUMBER with NAME one of {', '.join(Limits._fields)}."
        raise UsageError(msg)
    return name, number


def sources_of(paths: Sequence[str], listing: found_files.FoundFiles, options: Options, budget: Budget) -> Sources:
    """Return what is linted: the files of a listing, standard input if `paths` name it, and trees for renderers. Raises `UsageError`."""
    files = list(listing.files)
    if "-" in paths:
        files.append(found_files.stdin_file(_read_stdin(), options.stdin_filename))
    named = on_disk(paths)
    trees = trees_around(named, budget) if options.render else ()
    above = found_files.kustomizations_above(named)
    return Sources(files, gaps=tuple(listing.gaps), kustomizations=above, hosts=listing.hosts, trees=trees, budget=budget)


@contextmanager
def graph_of(paths: Sequence[str], config: Config, options: Options) -> Iterator[ResourceGraph]:
    """Yield the graph of all that there is below `paths`, whichever rules are on.

    Raises:
        UsageError: the call cannot be carried out; or, at the end, the budget was spent and the graph is not complete.

    """
    budget = budget_of(config, options)
    try:
        with alarm(budget):
            sources = sources_of(paths, list_files(paths, choice_of_files(config)), options, budget)
            with engine.read(sources, config) as manifests:
                yield manifests.graph
            warn_not_kept(manifests.not_kept())
    except BudgetSpentError as error:
        raise UsageError(f"{error.reason}; `--budget` allows more.") from error
    if budget.spent:
        by = f" by '{budget.spent.spent_by}'" if budget.spent.spent_by else ""
        raise UsageError(f"the result is not complete: the budget `{budget.spent.limit}` was spent{by}; raise it with `--budget`.")


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed, so '-' cannot be read: name files or folders.")
    data = sys.stdin.buffer.read(NAMED_LIMIT + 1)
    if len(data) > NAMED_LIMIT:
        raise UsageError(f"standard input is {TOO_LARGE}: split it, or scan a folder.")
    return data


def _version(text: str | None) -> str | None:
    if text is None:
        return None
    version = text.removeprefix("v")
    major, _, minor = version.partition(".")
    if major != "1" or not minor.partition(".")[0].isdigit():
        msg = f"'{text}' is not a Kubernetes version: write it as 1.34."
        raise UsageError(msg)
    return version
