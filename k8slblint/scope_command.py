"""Knows what `scope` and `init` do: read the tree as `scan` does, and print the map of its scopes or write a configuration of it."""

import gc
import os
import posixpath
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from k8slblint import config as configuration
from k8slblint import engine
from k8slblint.config import Config, full_path
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import files as found_files
from k8slblint.model.errors import UsageError
from k8slblint.rendering.tree import trees_around
from k8slblint.rendering.worth import is_worth_rendering
from k8slblint.reporting.excerpt import visible

_VERSION = re.compile(r"1\.[0-9]+(?:\.|$)")


def run_scope(paths: Sequence[str], options: Mapping[str, Any]) -> None:
    """Print the map of the scopes of `paths`. Raises `UsageError`."""
    from k8slblint.scope_map import ASCII, BOXES, as_json, as_text, scope_map

    found = scope_map(_graph(paths, _config(paths, options), render=options["render"]))
    if options["format_"] == "json":
        _print(as_json(found))
    else:
        glyphs = BOXES if _can_print("".join(BOXES)) else ASCII
        _print(as_text(found, reasons=options["reasons"], everything=options["all_"], glyphs=glyphs))


def run_init(folder: str, *, force: bool, to_stdout: bool) -> None:
    """Write a configuration of what is inferred of `folder` into it, or print it. Raises `UsageError`."""
    if not os.path.isdir(folder):
        raise UsageError(f"'{folder}' is no folder: the configuration is written into the folder that it is for.")
    path = os.path.join(folder, configuration.FILE_NAMES[0])
    present = configuration.find_config(folder)
    if present and not force and not to_stdout:
        raise UsageError(f"{_what_is_there(present, folder)}; --force writes a new one, --stdout only prints it.")
    text = _starting_text(folder)
    if to_stdout:
        _print(text)
        return
    if present and os.path.samefile(os.path.dirname(present), folder):
        path = os.path.join(folder, os.path.basename(present))
    _write(path, text)
    click.echo(f"k8slblint: wrote '{visible(path)}'.", err=True)


def _starting_text(folder: str) -> str:
    from k8slblint.starting_config import ScopedFile, starting_config

    graph = _graph((folder,), Config())
    here, root = os.path.realpath("."), full_path(folder, os.path.realpath("."))
    relative: dict[str, str] = {}
    for resource in graph.resources:
        if resource.path not in relative:
            relative[resource.path] = posixpath.relpath(full_path(resource.path, here), root)
    return starting_config([ScopedFile(relative[resource.path], graph.scope(resource)) for resource in graph.resources])


def _what_is_there(present: str, folder: str) -> str:
    if os.path.samefile(os.path.dirname(present), folder):
        return f"'{os.path.relpath(present)}' exists"
    return f"'{os.path.relpath(present)}' is the configuration of this folder, and a nearer one would take its place"


def _config(paths: Sequence[str], options: Mapping[str, Any]) -> Config:
    stated = options["config_path"]
    if stated and not os.path.isfile(stated):
        raise UsageError(f"configuration '{stated}' does not exist.")
    found = None if options["no_config"] else stated or configuration.find_config("." if paths[0] == "-" else paths[0])
    return configuration.options_over(
        configuration.read_config(found) if found else Config(),
        environment=options["environment"],
        platform=options["platform"],
        kubernetes_version=_version(options["kubernetes_version"]),
    )


def _version(text: str | None) -> str | None:
    version = text.removeprefix("v") if text else None
    if version and not _VERSION.match(version):
        raise UsageError(f"'{text}' is no Kubernetes version; write it as 1.34.")
    return version


def _graph(paths: Sequence[str], config: Config, *, render: bool = True) -> ResourceGraph:
    """Return the graph that a scan of `paths` rests on."""
    gc.disable()  # one run builds one graph and ends: what cycles there are go with the process
    on_disk = [path for path in paths if path != "-"]
    choice = found_files.Choice(config.exclude, posixpath.dirname(config.path or "") or ".")
    listing = found_files.find_files(on_disk, extra_ignores=choice.ignores, ignores_from=choice.ignores_from)
    files = list(listing.files)
    if "-" in paths:
        files.append(found_files.stdin_file(sys.stdin.buffer.read()))
    trees = trees_around(on_disk) if render and is_worth_rendering(files) else ()
    sources = Sources(files, gaps=tuple(listing.gaps), kustomizations=found_files.kustomizations_above(on_disk), trees=trees)
    return engine.lint(sources, config)[1]


def _print(text: str) -> None:
    """Write to standard output; what its encoding cannot say is escaped."""
    encoding = _encoding()
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False)


def _can_print(text: str) -> bool:
    try:
        text.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error
