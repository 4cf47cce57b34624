"""What the streams of this process are, and how they are written to: terminals with colours, links and columns, or pipes and files."""

import os
import sys
from typing import Any

from k8slblint.model.errors import UsageError
from k8slblint.reporting import Terminal

WIDEST = 120
"""Longer lines are hard to read, however wide the terminal is."""


def terminal(color: str) -> Terminal:
    """Return what standard output can show, with the colours that are asked for (`auto`, `always`, `never`)."""
    is_shown = is_terminal(sys.stdout)
    width = min(columns(sys.stdout), WIDEST) if is_shown else Terminal().width
    return Terminal(_use_color(color), width, links=is_shown and color != "never" and _understands_links())


def is_terminal(stream: Any) -> bool:
    """Tell whether a stream is open and a terminal."""
    return stream is not None and bool(stream.isatty())


def is_watched() -> bool:
    """Tell whether a person sees standard error: a terminal, and neither CI nor a hook, which hand out terminals too."""
    return is_terminal(sys.stderr) and not (os.environ.get("CI") or os.environ.get("PRE_COMMIT"))


def print_text(text: str) -> None:
    """Write to standard output as UTF-8; a reader that closes the pipe early has seen enough. Raises `UsageError`."""
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with `--output`.")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise UsageError(f"standard output cannot be written: {error.strerror}.") from error


def say(*lines: str) -> None:
    """Print lines to standard error; what comes from manifests can neither move the cursor nor speak to a CI runner."""
    from k8slblint.reporting.excerpt import visible

    if sys.stderr is not None:
        for line in lines:
            sys.stderr.write(f"{visible(line)}\n")
            sys.stderr.flush()


def columns(stream: Any) -> int:
    """Return the columns of the terminal that a stream is."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or Terminal().width
    except (OSError, ValueError):
        return Terminal().width


def _use_color(choice: str) -> bool:
    """Decide on colours: the option, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, else whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return os.environ.get("TERM") != "dumb" and (is_terminal(sys.stdout) or os.environ.get("GITHUB_ACTIONS") == "true")


def _understands_links() -> bool:
    """Tell whether a terminal may get links: one that does not know OSC 8 skips it (ECMA-48, 8.3.89), but for dumb ones and logs."""
    return not (os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") in _WITHOUT_LINKS or os.environ.get("CI"))


_WITHOUT_LINKS = frozenset({"dumb", "linux", "unknown", ""})
"""Terminals that may print the sequence instead; that the Linux console does is a guess to the safe side."""
