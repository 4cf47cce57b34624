"""Runs the command as `python -m k8slblint`, without the modules of the folder that is scanned.

`-m` puts the working directory first on the search path, where a `click.py` would take the place of the real one. What Python itself
imports for `-m` before this module runs (`contextlib` in 3.11) is out of reach here: the command `k8slblint` and `python -I -m` are safe.
"""

import os
import sys


def _without_working_directory(search_path: list[str]) -> list[str]:
    """Return the search path without the entry that `-m` puts first, unless the package itself lies there (a checkout)."""
    if not search_path or getattr(sys.flags, "safe_path", False):
        return search_path
    here = os.path.realpath(os.getcwd())
    home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    first = os.path.realpath(search_path[0] or here)
    return search_path[1:] if first == here != home else search_path


if __name__ == "__main__":
    sys.path[:] = _without_working_directory(sys.path)
    from k8slblint.commands.entry import main

    main()
