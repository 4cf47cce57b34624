"""The options of the commands, each declared once, and which of them belong together."""

import click

from k8slblint.commands.usage import flag, rule_names, together
from k8slblint.reporting import FORMATS

_ENVIRONMENTS = ("production", "staging", "development", "test", "ci", "local", "unknown")

_CHANGE, _FINDINGS, _CLUSTER = "What is compared", "Which findings count", "Where it is deployed"
_INPUT, _REPORT, _CONFIGURATION = "What is read", "Reports", "Configuration"

_FILE = click.Path(dir_okay=False)

WHICH_RULES = together(
    flag(
        "--select",
        section=_FINDINGS,
        multiple=True,
        metavar="RULE",
        help="Run only these rules (comma-separated ids or patterns, or ALL).",
        brief="Run only these rules; --ignore: do not run these.",
        shell_complete=rule_names,
    ),
    flag("--ignore", section=_FINDINGS, multiple=True, metavar="RULE", help="Do not run these rules.", shell_complete=rule_names),
)

TREE = together(
    flag(
        "--environment",
        section=_CLUSTER,
        type=click.Choice(_ENVIRONMENTS),
        metavar="NAME",
        help=f"Environment of all objects, overriding the configuration: {', '.join(_ENVIRONMENTS)}.",
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
    flag(
        "--charts",
        section=_INPUT,
        multiple=True,
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="A folder with charts that the tree deploys and does not contain, packed or not; may be given several times.",
        brief="A folder with charts that are not in the tree.",
    ),
    flag("--no-cache", section=_INPUT, is_flag=True, help="Keep nothing of what was rendered for later runs, and use nothing kept."),
    flag(
        "--cache-dir",
        section=_INPUT,
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="Where what was rendered is kept, outside of the repository [default: the user's folder for caches].",
    ),
    flag(
        "--config",
        "config_path",
        section=_CONFIGURATION,
        type=_FILE,
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
        type=_FILE,
        metavar="FILE",
        help="Accept the findings in this file, which `k8slblint baseline` writes.",
        brief="Accept the findings in this file.",
    ),
    flag(
        "--config-from",
        section=_CHANGE,
        type=click.Choice(("head", "base")),
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
        type=click.Choice(("high", "medium", "low")),
        help="Lowest confidence that is shown [default: medium].",
    ),
    flag(
        "--fail-on",
        section=_FINDINGS,
        type=click.Choice(("error", "warning", "note", "never")),
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
        type=click.Choice(FORMATS),
        default="text",
        metavar="FORMAT",
        help=f"Format of the report: {', '.join(FORMATS)} [default: text].",
        brief="text, concise, json, sarif, markdown, junit, ...",
    ),
    flag(
        "-o",
        "--output",
        section=_REPORT,
        type=_FILE,
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
    flag("--sarif-file", section=_REPORT, type=_FILE, metavar="FILE", help="The same as --report sarif=FILE."),
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
        type=click.Choice(("auto", "always", "never")),
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
    click.option("--gateway-api", metavar="1.N", help="Release of Gateway API that the target has [default: the newest]."),
    click.option(
        "--format", "format_", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True, help="How to print it."
    ),
    click.option("-o", "--output", type=_FILE, help="Write it to this file instead of standard output."),
)

MIGRATION = together(
    click.option("--to", type=click.Choice(_TARGETS), metavar="TARGET", help=f"The implementation: {', '.join(_TARGETS)}."),
    _PRINTED,
)

PORTABILITY = _PRINTED
