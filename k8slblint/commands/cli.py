"""The command line: commands, options, streams and exit status."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

import click

from k8slblint import __version__
from k8slblint.commands import flags
from k8slblint.commands.guarding import INTERRUPTED_EXIT, UNTRUSTED_EXIT, run_to_the_end
from k8slblint.commands.options import Options
from k8slblint.commands.scan_or_skip import scan_unless_untouched
from k8slblint.commands.usage import Commands, Sectioned, UsageExit, declared, rule_names

_INSTALLING = """\b
bash: k8slblint completion bash >> ~/.bashrc
zsh:  k8slblint completion zsh >> ~/.zshrc
fish: k8slblint completion fish > ~/.config/fish/completions/k8slblint.fish
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command; never returns: see `run_to_the_end`."""
    run_to_the_end(partial(_run, arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = cli.main(args=_without_nul(arguments), prog_name="k8slblint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return UNTRUSTED_EXIT
    except click.Abort:
        return INTERRUPTED_EXIT
    return status if isinstance(status, int) else 0


def _without_nul(arguments: Sequence[str] | None) -> list[str] | None:
    """Return the arguments of a caller; those of a process cannot hold a NUL, which no system call takes."""
    for word in arguments or ():
        if "\0" in word:
            raise UsageExit(f"{word!r} contains a NUL character, which no name or path may contain: remove it.")
    return None if arguments is None else list(arguments)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="k8slblint")
def cli() -> None:
    """Show before the merge what a change of Kubernetes manifests does to traffic."""


@cli.command(cls=Sectioned)
@click.argument("paths", nargs=-1)
@declared(flags.SCAN)
def scan(paths: tuple[str, ...], **options: Any) -> None:
    """Lint manifests: files, folders, or - for standard input (default: the current folder)."""
    sys.exit(scan_unless_untouched(paths, Options(**options)))


@cli.command()
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
def rules(format_: str) -> None:
    """List the rules."""
    from k8slblint.rulebook import all_rules

    known = all_rules().values()
    if format_ == "json":
        import json

        listed = [
            {"id": rule.id, "title": rule.title, "severity": rule.severity, "status": rule.status, "since": rule.since} for rule in known
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    width = max(len(rule.id) for rule in known)
    for rule in known:
        marks = " +" if rule.compares_revisions else ""
        preview = " (preview)" if rule.status == "preview" else ""
        click.echo(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.title}{preview}{marks}")
    click.echo("\n+ needs two revisions (--against). `k8slblint explain RULE` shows more.")


@cli.command("baseline")
@click.argument("paths", nargs=-1)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="The file [default: that of the configuration, or .k8slblint-baseline.yaml beside it].",
)
@click.option("--reason", default="", help="Why what is new in it is accepted.")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which what is new in it is accepted.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing it.")
@declared(flags.WHICH_RULES)
@declared(flags.TREE)
def accept(paths: tuple[str, ...], *, reason: str, expires: str | None, to_stdout: bool, **options: Any) -> None:
    """Write what is found now into a baseline file, so that a scan accepts it; reasons and days in the file are kept."""
    from k8slblint.commands.accepting import run_baseline

    run_baseline(paths or (".",), Options(**options), reason=reason, expires=expires, to_stdout=to_stdout)


@cli.command(epilog=_INSTALLING)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what completes commands, options and rules in a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is not None:
        root = ctx.find_root()
        click.echo(found(root.command, {}, "k8slblint", "_K8SLBLINT_COMPLETE").source())


@cli.command()
@click.argument("rule", shell_complete=rule_names)
def explain(rule: str) -> None:
    """Explain a rule: why, what to do, parameters, examples."""
    from k8slblint.explain import explain_rule

    click.echo(explain_rule(rule))


@cli.command()
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="Format of the map.")
@click.option("--reasons", is_flag=True, help="Show the reasons for each cluster, environment and platform.")
@click.option("--all", "all_", is_flag=True, help="Show every folder, example and gap.")
@declared(flags.TREE)
def scope(paths: tuple[str, ...], **options: Any) -> None:
    """Show the clusters, environments and platforms that a scan sees, as a map (default: the current folder)."""
    from k8slblint.commands.views import run_scope

    run_scope(paths or (".",), Options(**options))


@cli.command()
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="Format of the list.")
@click.option("--reasons", is_flag=True, help="Show the whole chain of reasons, not only the last one.")
@click.option("--all", "all_", is_flag=True, help="Also show what is reachable only within its cluster.")
@declared(flags.TREE)
def exposure(paths: tuple[str, ...], **options: Any) -> None:
    """Show what is exposed to whom: entry points with their controllers, and workloads (default: the current folder)."""
    from k8slblint.commands.views import run_exposure

    run_exposure(paths or (".",), Options(**options))


@cli.command()
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="Format of the tree.")
@declared(flags.TREE)
def routes(paths: tuple[str, ...], **options: Any) -> None:
    """Show what attaches to each listener and Ingress class, and what serves each host and path (default: the current folder)."""
    from k8slblint.commands.views import run_routes

    run_routes(paths or (".",), Options(**options))


@cli.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json", "manifests")),
    default="text",
    show_default=True,
    help="Format of the tree; `manifests` prints the objects that replace earlier forms of MetalLB's configuration.",
)
@declared(flags.TREE)
def addresses(paths: tuple[str, ...], **options: Any) -> None:
    """Show the address pools of each cluster with what they have left, and which addresses are known to be in use."""
    from k8slblint.commands.views import run_addresses

    run_addresses(paths or (".",), Options(**options))


@cli.command()
@click.argument("kind")
@click.argument("name")
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="Format of the steps.")
@declared(flags.TREE)
def why(kind: str, name: str, paths: tuple[str, ...], **options: Any) -> None:
    """Explain why a route, Ingress, Gateway or Service gets traffic or none: KIND and NAME, for example HTTPRoute shop/web."""
    from k8slblint.commands.views import run_why

    run_why(kind, name, paths or (".",), Options(**options))


@cli.command()
@click.argument("paths", nargs=-1)
@declared(flags.MIGRATION)
@click.option("--gateway", metavar="NAMESPACE/NAME", help="Attach all routes of a cluster to this one Gateway.")
@click.option("--write", metavar="DIR", type=click.Path(), help="Write the objects of Gateway API into this new folder, as a proposal.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if a protection is lost.")
@click.option("--all", "all_", is_flag=True, help="Also show what is carried over, and why.")
@declared(flags.TREE)
def migrate(paths: tuple[str, ...], **options: Any) -> None:
    """Show what of each Ingress maps to Gateway API, and what is lost (default: the current folder)."""
    from k8slblint.commands.migrating import run_migrate

    sys.exit(run_migrate(paths or (".",), Options(**options)))


@cli.command()
@click.argument("paths", nargs=-1)
@declared(flags.PORTABILITY)
@declared(flags.TREE)
def portability(paths: tuple[str, ...], **options: Any) -> None:
    """Show on one page which targets can take the Ingresses of repositories, and what blocks (default: the current folder)."""
    from k8slblint.commands.migrating import run_portability

    run_portability(paths or (".",), Options(**options))


@cli.group()
def charts() -> None:
    """Charts that manifests deploy and that are not in their repository."""


@charts.command("fetch")
@click.argument("paths", nargs=-1)
@click.option("--update", "updates", is_flag=True, help="Look for the newest versions again, instead of keeping to the lock.")
@declared(flags.TREE)
def charts_fetch(paths: tuple[str, ...], *, updates: bool, **options: Any) -> None:
    """Fetch the charts that PATHS deploy, and write which they are into .k8slblint-charts.lock (default: the current folder)."""
    from k8slblint.commands.charts import run_fetch

    sys.exit(run_fetch(paths or (".",), Options(**options), updates=updates))


@cli.command()
@click.argument("base")
@click.argument("head", required=False)
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Compare only this file or folder of both [default: the current one].")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True, help="How to print it."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write it to this file instead of standard output.")
@click.option("--reasons", is_flag=True, help="Say of each difference what decides.")
@click.option("--all", "all_", is_flag=True, help="Leave none out.")
@declared(flags.TREE)
def diff(base: str, head: str | None, **options: Any) -> None:
    """Show what a change does to traffic: BASE and HEAD are revisions or folders, HEAD by default the working tree."""
    from k8slblint.commands.diff import run_diff

    run_diff(base, head, Options(**options))


@cli.command()
@click.argument("folder", default=".")
@click.option("--force", is_flag=True, help="Overwrite an existing configuration.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the configuration instead of writing it.")
def init(folder: str, *, force: bool, to_stdout: bool) -> None:
    """Write a .k8slblint.yaml with the clusters that a scan infers, and comments on what else to state."""
    from k8slblint.commands.views import run_init

    run_init(folder, force=force, to_stdout=to_stdout)
