"""The commands `scope`, `exposure`, `routes`, `addresses`, `why`, `init`: read the tree as `scan` does, print or write what is inferred."""

import os
import posixpath
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from k8slblint import config as configuration
from k8slblint.commands import output_files
from k8slblint.commands.invocation import graph_of, read_config
from k8slblint.commands.options import Options
from k8slblint.config import Config, full_path
from k8slblint.model.errors import UsageError
from k8slblint.reporting.excerpt import visible

if TYPE_CHECKING:
    from k8slblint.graph.graph import ResourceGraph


def run_scope(paths: Sequence[str], options: Options) -> None:
    """Print the map of the scopes of `paths`. Raises `UsageError`."""
    from k8slblint.views.scope import ASCII, BOXES, as_json, as_text, scope_map

    with graph_of(paths, read_config(paths, options), options) as graph:
        found = scope_map(graph)
        if options.format_ == "json":
            print_text(as_json(found))
        else:
            glyphs = BOXES if _can_print("".join(BOXES)) else ASCII
            print_text(as_text(found, reasons=options.reasons, everything=options.all_, glyphs=glyphs))


def run_exposure(paths: Sequence[str], options: Options) -> None:
    """Print what is reached from where. Raises `UsageError`."""
    from k8slblint.views.chart_values import unseen_deployers
    from k8slblint.views.exposure import as_json, as_text, exposure_map

    with graph_of(paths, read_config(paths, options), options) as graph:
        found = exposure_map(graph)
        unseen = unseen_deployers(graph)
        is_json = options.format_ == "json"
        print_text(as_json(found) if is_json else as_text(found, reasons=options.reasons, everything=options.all_, unseen=unseen))


def run_routes(paths: Sequence[str], options: Options) -> None:
    """Print what serves each host and path. Raises `UsageError`."""
    from k8slblint.views.chart_values import unseen_deployers
    from k8slblint.views.routes import as_json, as_text, route_map

    with graph_of(paths, read_config(paths, options), options) as graph:
        found = route_map(graph)
        print_text(as_json(found) if options.format_ == "json" else as_text(found, unseen=unseen_deployers(graph)))


def run_addresses(paths: Sequence[str], options: Options) -> None:
    """Print what is known of addresses, or the objects that replace pools of earlier forms. Raises `UsageError`."""
    from k8slblint.views.addresses import address_map, as_json, as_text
    from k8slblint.views.chart_values import unseen_deployers
    from k8slblint.views.metallb_objects import as_manifests

    with graph_of(paths, read_config(paths, options), options) as graph:
        if options.format_ == "manifests":
            print_text(as_manifests(graph))
            return
        found = address_map(graph)
        print_text(as_json(found) if options.format_ == "json" else as_text(found, unseen=unseen_deployers(graph)))


def run_why(kind: str, name: str, paths: Sequence[str], options: Options) -> None:
    """Print why the objects of that kind and name get traffic or none. Raises `UsageError`."""
    from k8slblint.views.why import as_json, as_text, explain, find, kinds

    with graph_of(paths, read_config(paths, options), options) as graph:
        asked = find(kind, name, graph)
        if asked is None:
            raise UsageError(f"'{kind}' is not a kind that routes traffic: name {', '.join(kinds())} or a route of a vendor.")
        if not asked.resources:
            near = f": did you mean '{asked.near}'?" if asked.near else "."
            raise UsageError(f"no {kind} '{name}' is in the manifests{near}")
        found = [explain(one, graph) for one in asked.resources]
        print_text(as_json(found) if options.format_ == "json" else as_text(found))


def run_init(folder: str, *, force: bool, to_stdout: bool) -> None:
    """Write a configuration of what is inferred of `folder` into it, or print it. Raises `UsageError`."""
    if not os.path.isdir(folder):
        raise UsageError(f"'{folder}' is not a folder: name the folder to write the configuration into.")
    path = os.path.join(folder, configuration.FILE_NAMES[0])
    present = configuration.find_config(folder)
    if present and not force and not to_stdout:
        raise UsageError(f"{_what_is_there(present, folder)}: write a new one with `--force`, or print it with `--stdout`.")
    text = _starting_text(folder)
    if to_stdout:
        print_text(text)
        return
    if present and os.path.samefile(os.path.dirname(present), folder):
        path = os.path.join(folder, os.path.basename(present))
    output_files.write(path, text)
    click.echo(f"k8slblint: wrote '{visible(path)}'.", err=True)


def _starting_text(folder: str) -> str:
    with graph_of((folder,), Config(), Options()) as graph:
        return _starting_config(folder, graph)


def _starting_config(folder: str, graph: "ResourceGraph") -> str:
    from k8slblint.views.starting_config import ScopedFile, starting_config

    here, root = os.path.realpath("."), full_path(folder, os.path.realpath("."))
    relative: dict[str, str] = {}
    for resource in graph.resources:
        if resource.path not in relative:
            relative[resource.path] = posixpath.relpath(full_path(resource.path, here), root)
    return starting_config([ScopedFile(relative[resource.path], graph.scope(resource)) for resource in graph.resources])


def _what_is_there(present: str, folder: str) -> str:
    if os.path.samefile(os.path.dirname(present), folder):
        return f"'{os.path.relpath(present)}' already exists"
    return f"'{os.path.relpath(present)}' already applies to this folder, and a new file would override it"


def print_text(text: str) -> None:
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
