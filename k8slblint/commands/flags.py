"""The options of the commands, each declared once as a plain record, and which of them belong together."""

from typing import Any

from k8slblint.model.records import NamedTuple
from k8slblint.reporting import FORMATS

FILE = "file"
"""The type of an option that takes the path of a file, which need not exist."""


class Declared(NamedTuple):
    """An option as a command declares it; what reads the command line knows what follows of it.

    `names` are its spellings, `--on/--off` for a pair, and maybe the name of its field in `Options` where that differs.
    `type` is empty for any text, `FILE`, or the words to choose from. Without `section` it has no place in a help with sections
    and no variable of the environment. `brief` is what the first page of help says of it, empty where that leaves it out.
    """

    names: tuple[str, ...]
    section: str = ""
    help: str | None = None
    brief: str = ""
    type: str | tuple[str, ...] = ""
    metavar: str | None = None
    default: Any = None
    is_flag: bool = False
    multiple: bool = False
    show_default: bool = False
    names_rules: bool = False

    @property
    def field(self) -> str:
        """Return the name of its field in `Options`."""
        last = self.names[-1]
        return last if not last.startswith("-") else last.partition("/")[0].removeprefix("--").replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Tell whether it takes no value."""
        return self.is_flag or "/" in self.names[0]


def flag(*names: str, **attributes: Any) -> tuple[Declared, ...]:
    """Declare an option; see `Declared`."""
    return (Declared(names, **attributes),)


def together(*options: tuple[Declared, ...]) -> tuple[Declared, ...]:
    """Give a command several options, which its help shows in this order."""
    return tuple(option for some in options for option in some)


_ENVIRONMENTS = ("production", "staging", "development", "test", "ci", "local", "unknown")

_CHANGE, _FINDINGS, _CLUSTER = "What is compared", "Which findings count", "Where it is deployed"
_INPUT, _REPORT, _CONFIGURATION = "What is read", "Reports", "Configuration"

WHICH_RULES = together(
    flag(
        "--select",
        section=_FINDINGS,
        multiple=True,
        metavar="RULE",
        help="Run only these rules (comma-separated ids or patterns, or ALL).",
        brief="Run only these rules; --ignore: do not run these.",
        names_rules=True,
    ),
    flag("--ignore", section=_FINDINGS, multiple=True, metavar="RULE", help="Do not run these rules.", names_rules=True),
)

TREE = together(
    flag(
        "--environment",
        section=_CLUSTER,
        type=_ENVIRONMENTS,
        metavar="NAME",
        help=f"Environment of all objects: {', '.join(_ENVIRONMENTS)}.",
        brief="Environment of all objects: production, staging, ...",
    ),
    flag(
        "--platform",
        section=_CLUSTER,
        metavar="NAME",
        help="Platform of all objects: eks, gke, aks, bare-metal, ...",
        brief="Platform of all objects: eks, gke, aks, bare-metal, ...",
    ),
    flag("--kubernetes-version", section=_CLUSTER, metavar="1.N", help="Kubernetes version of all clusters."),
    flag(
        "--render/--no-render",
        section=_INPUT,
        default=True,
        help="Render charts and kustomizations, and look at the result [default: render].",
    ),
    flag("--no-cache", section=_INPUT, is_flag=True, help="Neither use nor keep what was rendered."),
    flag(
        "--cache-dir",
        section=_INPUT,
        metavar="DIR",
        help="Where charts and what was rendered are kept.",
    ),
    flag(
        "--charts",
        section=_INPUT,
        multiple=True,
        metavar="DIR",
        help="Folder of charts that are not in the tree; repeatable.",
    ),
    flag(
        "--config",
        "config_path",
        section=_CONFIGURATION,
        type=FILE,
        metavar="FILE",
        help="Configuration file [default: the nearest .k8slblint.yaml].",
        brief="Configuration [default: the nearest .k8slblint.yaml].",
    ),
    flag("--no-config", section=_CONFIGURATION, is_flag=True, help="Read no configuration file."),
    flag(
        "--budget",
        section=_INPUT,
        multiple=True,
        metavar="LIMIT=N",
        help="Limit of the run: seconds=600, bytes_read=..., see the docs.",
    ),
)
"""How a tree is read: the same for all commands that do."""

_COMPARED = together(
    flag(
        "--against",
        section=_CHANGE,
        metavar="REF|DIR",
        help="Compare with a git revision or another folder, and enable the rules that need two revisions.",
        brief="Compare with a git revision or another folder.",
    ),
    flag(
        "--new-only/--all-findings",
        section=_CHANGE,
        default=False,
        help="With --against: count what was found before the change too, without showing it or failing.",
        brief="With --against: only what is new.",
    ),
    flag(
        "--fetch-charts",
        section=_INPUT,
        is_flag=True,
        help="Fetch the charts of .k8slblint-charts.lock that are not kept yet; with --against those of the lock before the change.",
        brief="Fetch the charts that the lock names.",
    ),
    flag(
        "--if-touched",
        section=_CHANGE,
        is_flag=True,
        help="With --new-only: do nothing where the change touches no file that may be read; for hooks.",
    ),
    flag(
        "--baseline",
        section=_CHANGE,
        type=FILE,
        metavar="FILE",
        help="Accept the findings in this file, which `k8slblint baseline` writes.",
        brief="Accept the findings in this file.",
    ),
    flag(
        "--config-from",
        section=_CHANGE,
        type=("head", "base"),
        default="head",
        show_default=True,
        help="With --against: whose configuration and baseline count; base: those before the change.",
    ),
)

_COUNTED = together(
    WHICH_RULES,
    flag(
        "--min-confidence",
        section=_FINDINGS,
        type=("high", "medium", "low"),
        help="Lowest confidence that is shown [default: medium].",
    ),
    flag(
        "--fail-on",
        section=_FINDINGS,
        type=("error", "warning", "note", "never"),
        metavar="SEVERITY",
        help="Lowest severity that fails the run: error, warning, note or never [default: error].",
        brief="Lowest severity that fails the run [default: error].",
    ),
    flag(
        "--exit-zero",
        section=_FINDINGS,
        is_flag=True,
        help="Exit with 0 even if there are findings.",
        brief="Exit with 0 even if there are findings.",
    ),
)

_READ = together(
    flag("--stdin-filename", section=_INPUT, metavar="NAME", default="<stdin>", help="Name of standard input (-) in the report."),
    flag("--allow-empty", section=_INPUT, is_flag=True, help="Do not fail if there is no manifest at all."),
)

_REPORTED = together(
    flag(
        "--format",
        "format_",
        section=_REPORT,
        type=FORMATS,
        default="text",
        metavar="FORMAT",
        help=f"Format of the report: {', '.join(FORMATS)} [default: text].",
        brief="text, concise, json, sarif, markdown, junit, ...",
    ),
    flag(
        "-o",
        "--output",
        section=_REPORT,
        type=FILE,
        metavar="FILE",
        help="Write the report to this file instead of standard output.",
        brief="Write the report to this file.",
    ),
    flag(
        "--report",
        section=_REPORT,
        multiple=True,
        metavar="FORMAT=FILE",
        help="Also write a report in this format to this file; repeatable.",
        brief="Also write a report to a file; repeatable.",
    ),
    flag("--sarif-file", section=_REPORT, type=FILE, metavar="FILE", help="The same as --report sarif=FILE."),
    flag("--statistics", section=_REPORT, is_flag=True, help="Also count the findings by rule, severity and cluster."),
    flag("--show-suppressed", section=_REPORT, is_flag=True, help="Show suppressed findings too."),
    flag(
        "--explain-scope",
        section=_REPORT,
        is_flag=True,
        help="Print the cluster and environment of each file, with reasons, to standard error.",
    ),
    flag(
        "-q",
        "--quiet",
        section=_REPORT,
        is_flag=True,
        help="Print findings only, without the summary.",
        brief="Print findings only; -v: leave nothing out.",
    ),
    flag("-v", "--verbose", section=_REPORT, is_flag=True, help="Leave nothing out of lists that are cut short."),
    flag(
        "--color",
        section=_REPORT,
        type=("auto", "always", "never"),
        default="auto",
        show_default=True,
        help="Use colours.",
    ),
    flag(
        "--progress/--no-progress",
        section=_REPORT,
        default=True,
        help="Show on a terminal what a long scan is doing [default: progress].",
    ),
)

SCAN = together(_COMPARED, _COUNTED, TREE, _READ, _REPORTED)

_TARGETS = (
    "envoy-gateway",
    "istio",
    "nginx-gateway-fabric",
    "traefik",
    "cilium",
    "kgateway",
    "aws",
    "gke",
    "agc",
    "kong",
    "haproxy",
)
"""The names of `catalogs/migration.json`; the help of other commands does not read it."""

_PRINTED = together(
    flag("--gateway-api", metavar="1.N", help="Release of Gateway API that the target has [default: the newest]."),
    flag("--format", "format_", type=("text", "json", "markdown"), default="text", show_default=True, help="How to print it."),
    flag("-o", "--output", type=FILE, help="Write it to this file instead of standard output."),
)

MIGRATION = together(
    flag("--to", type=_TARGETS, metavar="TARGET", help=f"The implementation: {', '.join(_TARGETS)}."),
    _PRINTED,
)

PORTABILITY = _PRINTED
