"""The options of a call as typed: one frozen object, of which each command reads its part."""

from k8slblint.model.records import NamedTuple


class Options(NamedTuple):
    """The options of `scan`, `diff`, `migrate` and the views with their defaults; what a command does not offer stays at its default.

    `format_` is one of those that the command prints. None stands for "not said": the configuration decides then.
    Without the options of a tree nothing that was rendered is kept.
    `select`, `ignore` and `budget` are as typed, each maybe several rules with commas between.
    """

    format_: str = "text"
    config_path: str | None = None
    no_config: bool = False
    environment: str | None = None
    platform: str | None = None
    kubernetes_version: str | None = None
    render: bool = True
    no_cache: bool = False
    cache_dir: str | None = None
    charts: tuple[str, ...] = ()
    fetch_charts: bool = False
    reasons: bool = False
    all_: bool = False
    output: str | None = None
    report: tuple[str, ...] = ()
    sarif_file: str | None = None
    paths: tuple[str, ...] = ()
    against: str | None = None
    new_only: bool = False
    if_touched: bool = False
    baseline: str | None = None
    config_from: str = "head"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    exit_zero: bool = False
    allow_empty: bool = False
    min_confidence: str | None = None
    stdin_filename: str = "<stdin>"
    explain_scope: bool = False
    show_suppressed: bool = False
    statistics: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    progress: bool = True
    budget: tuple[str, ...] = ()
    to: str | None = None
    gateway_api: str | None = None
    gateway: str | None = None
    write: str | None = None
