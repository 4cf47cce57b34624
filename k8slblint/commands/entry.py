"""Where the process of a command begins; what it needs is imported from here on, the quick way."""

from collections.abc import Sequence
from typing import NoReturn

from k8slblint.importing import import_quickly


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command; never returns: leaves with 0 (nothing found), 1 (findings) or 2 (not to be trusted), 128 + n by signal n."""
    import_quickly()
    from k8slblint.commands.calling import call

    call(arguments)
