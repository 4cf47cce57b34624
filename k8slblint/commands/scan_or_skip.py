"""The command `scan` in either way to call it; a hook that need not scan loads nothing that does."""

from k8slblint.commands.options import Options


def scan_unless_untouched(paths: tuple[str, ...], given: Options) -> int:
    """Lint `paths`, by default the current folder, and return the exit status. Raises `UsageError`."""
    if given.against is None:
        return _scan(paths, given)
    from k8slblint.loading.git_command import asked_once  # only runs that compare need it

    with asked_once():
        return _scan(paths, given)


def _scan(paths: tuple[str, ...], given: Options) -> int:
    if given.if_touched and given.new_only and given.against is not None:
        from k8slblint.commands.touching import base_of_hook, touches_nothing

        base = base_of_hook(given.against)
        if base is not None and touches_nothing(paths or (".",), base, (given.config_path, given.baseline)):
            return 0
    from k8slblint.commands.scan import run_scan

    return run_scan(paths or (".",), given)
