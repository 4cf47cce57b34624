"""Who reads a call: a plain `scan` goes straight to work, everything else to click."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from k8slblint.commands.guarding import run_to_the_end
from k8slblint.commands.plain_calls import scan_of
from k8slblint.commands.scan_or_skip import scan_unless_untouched


def call(arguments: Sequence[str] | None) -> NoReturn:
    """Carry out what the words mean, those of the process where they are None; never returns: see `run_to_the_end`."""
    plain = scan_of(sys.argv[1:] if arguments is None else arguments, os.environ)
    if plain is None:
        from k8slblint.commands.cli import main as main_by_click

        main_by_click(arguments)
    run_to_the_end(partial(scan_unless_untouched, *plain), is_all=arguments is None)
