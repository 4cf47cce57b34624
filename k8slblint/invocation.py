"""Knows what the paths and options of a call mean: which configuration holds, which files are read, and the graph of them."""

import gc
import os
import posixpath
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from k8slblint import config as configuration
from k8slblint import engine
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import files as found_files
from k8slblint.model.errors import UsageError
from k8slblint.rendering.tree import trees_around
from k8slblint.rendering.worth import is_worth_rendering


def read_config(paths: Sequence[str], options: Mapping[str, Any]) -> Config:
    """Return the configuration that holds for `paths`, the options laid over it. Raises `UsageError`."""
    stated = options["config_path"]
    if stated and not os.path.isfile(stated):
        msg = f"configuration '{stated}' does not exist."
        raise UsageError(msg)
    named = options.get("stdin_filename") or "<stdin>"
    start = named if paths[0] == "-" and named != "<stdin>" else paths[0]
    found = None if options["no_config"] else stated or configuration.find_config("." if start == "-" else start)
    return configuration.options_over(
        configuration.read_config(found) if found else Config(),
        select=configuration.words(options.get("select") or ()),
        ignore=configuration.words(options.get("ignore") or ()),
        fail_on=options.get("fail_on"),
        min_confidence=options.get("min_confidence"),
        environment=options["environment"],
        platform=options["platform"],
        kubernetes_version=_version(options["kubernetes_version"]),
    )


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


def sources_of(paths: Sequence[str], listing: found_files.FoundFiles, options: Mapping[str, Any]) -> Sources:
    """Return what is linted: the files of a listing, standard input if `paths` name it, and trees for renderers. Raises `UsageError`."""
    files = list(listing.files)
    if "-" in paths:
        files.append(found_files.stdin_file(_read_stdin(), options.get("stdin_filename") or "<stdin>"))
    named = on_disk(paths)
    trees = trees_around(named) if options["render"] and is_worth_rendering(files) else ()
    return Sources(files, gaps=tuple(listing.gaps), kustomizations=found_files.kustomizations_above(named), trees=trees)


def graph_of(paths: Sequence[str], config: Config, *, render: bool = True) -> ResourceGraph:
    """Return the graph that a scan of `paths` rests on. Raises `UsageError`."""
    gc.disable()  # one run builds one graph and ends: what cycles there are go with the process
    listing = list_files(paths, choice_of_files(config))
    return engine.lint(sources_of(paths, listing, {"render": render}), config)[1]


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed; there is nothing to read for '-'.")
    return sys.stdin.buffer.read()


def _version(text: str | None) -> str | None:
    if text is None:
        return None
    version = text.removeprefix("v")
    major, _, minor = version.partition(".")
    if major != "1" or not minor.partition(".")[0].isdigit():
        msg = f"'{text}' is no Kubernetes version; write it as 1.34."
        raise UsageError(msg)
    return version
