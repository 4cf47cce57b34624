"""How the command line explains itself: options in sections, a first page of help that fits a screen, errors of one sentence."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from k8slblint.commands.flags import FILE, Declared
from k8slblint.commands.guarding import UNTRUSTED_EXIT
from k8slblint.model.errors import UsageError

_PREFIX = "K8SLBLINT_"

_Command = TypeVar("_Command", bound=Callable[..., Any])


class UsageExit(click.ClickException):
    """A wrong call: one sentence on standard error and exit status 2."""

    exit_code = UNTRUSTED_EXIT

    def show(self, file: Any = None) -> None:
        """Print the sentence; text of the scanned repository in it can neither move the cursor nor speak to a CI runner."""
        from k8slblint.reporting.excerpt import visible

        click.echo(f"k8slblint: {visible(self.format_message())}", err=True, file=file)


class Flag(click.Option):
    """An option that has its place in a section of the help and, where `has_variable`, a variable of the environment named like it.

    `brief` is what the first page of help says of it, empty where that leaves it out.
    """

    def __init__(self, *names: Any, section: str, brief: str = "", has_variable: bool = True, **attributes: Any) -> None:
        """Take what click takes besides."""
        self.section = section
        self.brief = brief
        long_name = next(word for word in names[0] if word.startswith("--")).partition("/")[0]
        if has_variable:
            attributes["envvar"] = _PREFIX + long_name.removeprefix("--").replace("-", "_").upper()
        super().__init__(*names, **attributes)

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Name the variable, too, where the value comes from there."""
        hint = super().get_error_hint(ctx)
        from_variable = ctx is not None and self.value_from_envvar(ctx) is not None
        return f"{hint} (or the variable {self.envvar})" if from_variable else hint


def declared(options: Sequence[Declared]) -> Callable[[_Command], _Command]:
    """Give a command options, which its help shows in this order."""

    def declare(command: _Command) -> _Command:
        for option in reversed(options):
            command = _option(option)(command)
        return command

    return declare


def _option(declared_: Declared) -> Callable[[_Command], _Command]:
    """Return what click makes of a declaration."""
    attributes = {name: getattr(declared_, name) for name in ("help", "metavar", "multiple", "show_default")}
    attributes["type"] = _type(declared_.type)
    if declared_.names_rules:
        attributes["shell_complete"] = rule_names
    if declared_.default is not None:
        attributes["default"] = declared_.default
    if declared_.is_flag:
        attributes["is_flag"] = True  # that it is none means something else to click
    if declared_.section:
        attributes.update(cls=Flag, section=declared_.section, brief=declared_.brief)
    return click.option(*declared_.names, **attributes)


def _type(stated: str | tuple[str, ...]) -> "click.ParamType[Any] | None":
    if isinstance(stated, tuple):
        return click.Choice(stated)
    return click.Path(dir_okay=False) if stated == FILE else None


class Commands(click.Group):
    """All commands: one whose call cannot be carried out ends with `UsageExit`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise UsageExit(str(error)) from error


class Sectioned(click.Command):
    """A command whose help has sections: `-h` prints the first page, `--help` everything."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        """Add `-h` to the options, which `--help` need not explain."""
        attributes["context_settings"] = {**(attributes.get("context_settings") or {}), "help_option_names": ["--help"]}
        super().__init__(*arguments, **attributes)
        short = click.Option(["-h"], is_flag=True, is_eager=True, expose_value=False, hidden=True, callback=_show_first_page)
        self.params.append(short)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all options by section, then where their values may come from besides."""
        for section, options in self._sections():
            rows = [record for option in options if (record := option.get_help_record(ctx))]
            with formatter.section(section):
                formatter.write_dl(rows)
        if any(option.envvar for _, options in self._sections() for option in options):
            formatter.write_paragraph()
            formatter.write_text(
                f"A variable sets an option that is not given: {_PREFIX}FORMAT for --format, {_PREFIX}FAIL_ON for --fail-on and so on; "
                "several values have blanks between them."
            )

    def first_page(self, ctx: click.Context) -> str:
        """Return the help that fits a screen: what most calls need."""
        rows = [(_names(option), option.brief) for option in self._flags() if option.brief]
        formatter = ctx.make_formatter()
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        with formatter.section("Most used"):
            formatter.write_dl(rows)
        formatter.write_paragraph()
        formatter.write_text(f"All options: {ctx.command_path} --help")
        return formatter.getvalue().rstrip("\n")

    def _flags(self) -> list[Flag]:
        return [option for option in self.params if isinstance(option, Flag)]

    def _sections(self) -> Iterator[tuple[str, Sequence[Flag]]]:
        names = dict.fromkeys(option.section for option in self._flags())
        yield from ((name, [option for option in self._flags() if option.section == name]) for name in names)


def rule_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of rules that complete what is typed, also behind a comma."""
    from k8slblint.rulebook import all_rules

    head, comma, last = incomplete.rpartition(",")
    return [f"{head}{comma}{rule_id}" for rule_id in all_rules() if rule_id.startswith(last)]


def _names(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    return ", ".join(option.opts) + value


def _show_first_page(ctx: click.Context, _option: click.Parameter, is_asked: bool) -> None:  # noqa: FBT001 - click calls it so
    if is_asked and not ctx.resilient_parsing and isinstance(ctx.command, Sectioned):
        click.echo(ctx.command.first_page(ctx))
        ctx.exit()
