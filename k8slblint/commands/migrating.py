"""What `migrate` and `portability` do: they read trees as a scan does, print what Ingresses become, and write a proposal."""

from collections.abc import Sequence

from k8slblint.commands import output_files, proposals
from k8slblint.commands.invocation import graph_of, on_disk, read_config
from k8slblint.commands.options import Options
from k8slblint.commands.views import print_text
from k8slblint.model.errors import UsageError
from k8slblint.views import migration as view
from k8slblint.views import portability as page

LOST_EXIT = 1


def run_migrate(paths: Sequence[str], options: Options) -> int:
    """Print what each Ingress of `paths` becomes, write a proposal if asked to, and return the exit status. Raises `UsageError`."""
    target = view.target(options.to, _release(options.gateway_api))
    shared = view.shared_gateway(options.gateway)
    if options.gateway is not None and shared is None:
        raise UsageError(f"'{options.gateway}' is not a Gateway: write it as NAMESPACE/NAME, for example infra/edge.")
    if options.write is not None:
        proposals.refuse_folder(options.write, on_disk(paths))
    with graph_of(paths, read_config(paths, options), options) as graph:
        found = view.migration(graph, target, shared)
        texts = {"json": view.as_json, "markdown": view.as_markdown}
        text = texts[options.format_](found) if options.format_ in texts else view.as_text(found, everything=options.all_)
        files = proposals.files_of(view.manifests(found))
        beside = view.surroundings(found)
    _write(text, options)
    if options.write is not None:
        proposals.write_folder(options.write, files, beside, target.release)
    return LOST_EXIT if found.loses_protection and not options.exit_zero else 0


def run_portability(paths: Sequence[str], options: Options) -> None:
    """Print which targets can take the Ingresses of `paths`, each read by itself. Raises `UsageError`."""
    release = _release(options.gateway_api)
    found = []
    for path in paths:
        with graph_of((path,), read_config((path,), options), options) as graph:
            found.append(page.portability(path, graph, release))
    texts = {"json": page.as_json, "markdown": page.as_markdown, "text": page.as_text}
    _write(texts[options.format_](found), options)


def _write(text: str, options: Options) -> None:
    if options.output:
        output_files.write(options.output, text)
    else:
        print_text(text)


def _release(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, dot, minor = text.removeprefix("v").partition(".")
    minor = minor.partition(".")[0]
    if major != "1" or not dot or not (minor.isascii() and minor.isdigit()) or len(minor) > 2:  # noqa: PLR2004 - two digits
        raise UsageError(f"'{text}' is not a release of Gateway API: write it as 1.5.")
    if int(minor) < 1:
        raise UsageError(f"Gateway API {text} has no GRPCRoute: state 1.1 or later.")
    return 1, int(minor)
