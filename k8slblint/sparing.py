"""Findings in files that are no deployments, which are counted and not shown."""

from collections import Counter, defaultdict
from functools import lru_cache
from itertools import takewhile

from k8slblint.model.finding import Finding, Spared
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import is_to_be_filled

SPARED_IN_SAMPLES = frozenset({"invalid-resource", "invalid-yaml", "service-rejected", "ingress-rejected", "gateway-rejected"})
SPARED_IN_SAMPLES |= {"node-port-in-production", "ingress-vendor-annotation", "ingress-controller-retired"}
SPARED_IN_SAMPLES |= {"too-many-load-balancers", "external-ips", "ingress-tls-host-uncovered", "ingress-backend-missing"}
SPARED_IN_SAMPLES |= {"ingress-class-annotation", "ingress-class-missing", "ingress-tls-missing", "ingress-path-conflict"}
SPARED_IN_SAMPLES |= {"render-failed", "route-backend-missing", "unneeded-node-ports", "ingress-host-wide-effect"}
SPARED_IN_SAMPLES |= {"duplicate-resource"}
SPARED_IN_SAMPLES |= {"metallb-rejected", "metallb-legacy", "load-balancer-annotation-deprecated", "load-balancer-ip-deprecated"}
SPARED_IN_SAMPLES |= {"exposed-datastore"}
"""Rules that do not report samples and tests: those may be meant to be refused, and show what one controller does.

Of fixtures and lessons, which nobody copies, nothing is reported: a test may need just this half of an application, or a key of the past,
and a lesson a mistake.
"""

SPARED_IN_DUMPS = frozenset({"invalid-resource", "service-rejected", "ingress-rejected", "gateway-rejected"})
"""Rules that do not report objects of a live cluster: its API server accepted them, in the version that it served."""

SPARED_WHERE_OFFERED = frozenset({"node-port-in-production", "ingress-controller-retired", "ingress-vendor-annotation"})
SPARED_WHERE_OFFERED |= {"ingress-class-annotation", "ingress-class-missing", "ingress-tls-missing"}
SPARED_WHERE_OFFERED |= {"too-many-load-balancers", "public-load-balancer-unrestricted", "local-traffic-policy-starves"}
SPARED_WHERE_OFFERED |= {"ingress-tls-host-uncovered", "unneeded-node-ports", "render-failed"}
"""Rules that do not report the values of a chart that is there for others to install: those choose type, class and replicas.

They set what its templates require as well, and have Helm bring its dependencies.

What its templates say whatever the values are is reported, unless the chart is a copy of someone else's.
"""

SPARED_WHERE_SHOWN = (SPARED_IN_SAMPLES | SPARED_WHERE_OFFERED) - {
    *("invalid-resource", "invalid-yaml", "service-rejected", "ingress-rejected", "gateway-rejected", "metallb-rejected", "metallb-legacy")
}
SPARED_WHERE_SHOWN |= {"node-port-conflict", "ingress-host-wide-effect", "double-exposure"}
"""Rules that do not report a repository that is a collection of examples or a tutorial as a whole.

What it shows is not deployed, least of all together; but what it shows must work, so that what the API server refuses is reported.
"""

SPARED_IN_COPIES = frozenset({"load-balancer-annotation-ignored", "load-balancer-annotation-deprecated", "unneeded-node-ports"})
"""Rules that do not report, unless as an error, what is left over in a copy of another project: who copies it changes nothing in it."""

_COPIES = frozenset({"third_party", "third-party", "thirdparty", "vendor", "vendored"})
"""Names of folders of such copies."""

SPARED_WHERE_EMPTY = frozenset({"invalid-resource", "service-rejected", "ingress-rejected", "gateway-rejected", "metallb-rejected"})
"""Rules that do not report an empty default of a chart that nobody is known to deploy: whoever does has to set it."""

TOLD = frozenset({"invalid-resource", "invalid-yaml"})
"""Rules about the input itself, whose spared findings machines are told as remarks about the run."""

WEIGHTS = ("aside", "fixture", "lesson", "sample", "shown", "copied", "offered")
"""What files are that are no deployments, that of which least is reported first."""

_SPARED = {"sample": SPARED_IN_SAMPLES, "dump": SPARED_IN_DUMPS, "offered": SPARED_WHERE_OFFERED, "defaults": frozenset[str]()}
_SPARED |= {"shown": SPARED_WHERE_SHOWN, "copied": SPARED_WHERE_OFFERED | SPARED_IN_COPIES}
"""What is spared of some; of the others, everything."""

_SPARED_EXAMPLES = 5

_MOST_TOLD = 1000
"""How many remarks there are at most; all are counted."""


def why_in_collection(finding: Finding, why: str | None) -> str | None:
    """Return in what a finding is where that is one of a collection of examples which are to work, and `why` tells its own folder.

    Its folders of samples are what all others are. A lesson has mistakes that are to be found, but a version that no server serves any
    more is none of those.
    """
    is_refused = finding.rule in SPARED_IN_SAMPLES - SPARED_WHERE_SHOWN
    return "shown" if is_refused and (why == "sample" or (why == "lesson" and is_about_version(finding))) else why


def is_about_version(finding: Finding) -> bool:
    """Tell whether a finding says that no server serves the version of an object."""
    return finding.rule == "invalid-resource" and finding.field == ("apiVersion",)


class Sparing:
    """Keeps back, and counts, what is found in files that are no deployments."""

    def __init__(self) -> None:
        """Start with nothing kept back."""
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = defaultdict(list)
        self.told: list[Finding] = []

    def spares(self, finding: Finding, why: str | None, value: object = None, text: str = "", *, is_variant: bool = False) -> bool:
        """Tell whether a finding is kept back; `why` tells what it is in: one of `WEIGHTS`, `dump`, `defaults`, or None.

        `value` is what it is about, in a file of this `text`; `is_variant` tells whether a chart prints it with other values only.
        """
        rule, location = finding.rule, finding.location
        is_left_empty = rule in SPARED_WHERE_EMPTY and _is_left_empty(
            finding, value, text, is_of_defaults=why in _OF_DEFAULTS, is_variant=is_variant
        )
        is_spared = why is not None and rule in _SPARED.get(why, (rule,)) and not (why == "offered" and _is_hard_coded(finding, text))
        is_spared = is_spared or _is_set_with_type(finding, is_variant=is_variant)
        is_spared = is_spared or (rule in SPARED_WHERE_EMPTY and why in _OF_DEFAULTS and _is_commented_out(finding, text))
        if not (is_left_empty or is_spared or _is_copied(finding, text) or _is_to_fill_in(finding) or _is_of_own_machine(finding, text)):
            return False
        self._counts[rule] += 1
        if len(self._examples[rule]) < _SPARED_EXAMPLES:
            self._examples[rule].append(f"{location.path}:{location.span.line}")
        if rule in TOLD and len(self.told) < _MOST_TOLD:
            self.told.append(finding)
        return True

    def spared(self) -> tuple[Spared, ...]:
        """Return what was kept back, in the order of rules."""
        return tuple(Spared(rule, count, tuple(self._examples[rule])) for rule, count in sorted(self._counts.items()))


def _is_copied(finding: Finding, text: str) -> bool:
    """Tell whether a leftover is in a copy: in a folder of such, or in a file that installs a project with its definitions."""
    is_leftover = finding.rule in SPARED_IN_COPIES and finding.severity != "error"
    return is_leftover and (not _COPIES.isdisjoint(finding.location.path.split("/")[:-1]) or _DEFINITION.search(text) is not None)


_DEFINITION = pattern(r"(?m)^kind: CustomResourceDefinition\b")


def _is_set_with_type(finding: Finding, *, is_variant: bool) -> bool:
    """Tell whether a finding is about a node port in the values of a chart that is printed with another type: who sets one sets both."""
    return is_variant and finding.field[-1:] == ("nodePort",) and "/templates/" not in f"/{finding.location.path}"


def _is_of_own_machine(finding: Finding, text: str) -> bool:
    """Tell whether the file of a finding is for a cluster on a developer's machine: by the name that Docker has for that, or a comment."""
    is_spared = finding.rule in _SPARED_LOCALLY and finding.severity != "error"
    return is_spared and (_OWN_MACHINE.search(text) is not None or _SAYS_LOCAL.search(text) is not None)


_SPARED_LOCALLY = frozenset({"node-port-in-production"})
_OWN_MACHINE = pattern(r"(?m)^[^#\n]*?\bhost\.docker\.internal\b")
_SAYS_LOCAL = pattern(
    r"(?mi)^[ \t]*#[^\n]{0,200}?"
    r"\b(?:(?:on|with|using)[ ](?:a[ ])?(?:kind|minikube|k3d|docker[ ]desktop)\b(?![ ]of\b|:)|minikube[ ]service\b)"
)


def _is_to_fill_in(finding: Finding) -> bool:
    """Tell whether a finding is at an empty value beside which a comment says what to write there: `volumeID: # insert the ID here`."""
    return finding.rule in SPARED_WHERE_EMPTY and _INSTRUCTED.fullmatch(finding.source_line.strip()) is not None


_INSTRUCTED = pattern(
    r"""(?i)(?:- )?["']?[\w.-]+["']?:(?:[ ]++(?:""|''|<>))?+[ ]++#.*\b(?:insert|replace|your|fill(?:[ -]in)?|put|enter)\b.*"""
)


def _is_commented_out(finding: Finding, text: str) -> bool:
    """Tell whether a finding is at a key whose fields are all in comments below it: whoever follows the example is to fill them in."""
    line = finding.source_line
    if not line.rstrip().endswith(":"):
        return False
    below = _lines(text)[finding.location.span.line :][:_MOST_COMMENTS]
    depth = len(line) - len(line.lstrip(" "))
    comments = list(takewhile(lambda one: one.lstrip(" ").startswith("#"), below))
    is_within = bool(comments) and all(len(one) - len(one.lstrip(" ")) > depth for one in comments)
    return is_within and any(_COMMENTED_FIELD.match(one) for one in comments)


_MOST_COMMENTS = 20
_COMMENTED_FIELD = pattern(r"[ ]*#+[ ]*[\w.-]+:(?:[ ]|$)")


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def _is_empty_default(finding: Finding) -> bool:
    """Tell whether a finding is at a key of values that has no value yet, or a blank or an example for one."""
    found = _KEY.fullmatch(finding.source_line.strip()) if f"/{finding.location.path}".endswith("/values.yaml") else None
    if found is None:
        return False
    value = (found["value"] or "").strip("\"'")
    is_blank = is_to_be_filled(value) and not (_HOSTS.intersection(finding.field) and _is_no_host_whatever_fills_it(value))
    is_blank = is_blank or (len(value) > 2 and found["key"].lower().endswith(value.lower()))  # noqa: PLR2004 - `port: port`
    return value in _EMPTY or is_blank or any(word in _FLOW_KEY.sub("", value).lower() for word in _STAND_INS)


_OF_DEFAULTS = ("offered", "copied", "defaults", "shown")
"""What values are in that others replace."""


def _is_left_empty(finding: Finding, value: object, text: str, *, is_of_defaults: bool, is_variant: bool) -> bool:
    if is_of_defaults and _is_empty_default(finding):
        return True
    if is_of_defaults and (_is_list_of_values(finding, value, text) or _is_empty_in_template(finding, value)):
        return True
    if (is_of_defaults or is_variant) and (_lacks_part(finding, value, text) or _is_long_by_release(finding, value)):
        return True
    return is_variant and _is_name_of_values(finding, value, text)


def _is_empty_in_template(finding: Finding, value: object) -> bool:
    """Tell whether a template prints an empty text, 0 or the name of the field itself there, as is the default of its value.

    Nothing at all is another matter: what only a condition prints may always be missing.
    """
    is_empty = value == "" or (value == 0 and not isinstance(value, bool)) or (isinstance(value, str) and value == _name_of(finding))
    return is_empty and finding.origin is not None and ("{{" in finding.source_line or not finding.origin.exact)


def _name_of(finding: Finding) -> str:
    """Return the name of the field that a finding is about, also of an entry of a list."""
    return next((step for step in reversed(finding.field) if isinstance(step, str)), "")


def _is_list_of_values(finding: Finding, value: object, text: str) -> bool:
    """Tell whether a Service has no ports because its template takes them from a list of values, which is empty by default."""
    is_bare = finding.rule == "service-rejected" and finding.field == ("spec", "ports") and value in (None, [])
    return is_bare and finding.origin is not None and _PORTS_OF_VALUES.search(text) is not None


_PORTS_OF_VALUES = pattern(
    r"(?m)^[ \t]*\{\{-?[ ]*(?:if|with|range)\b[^{}\n]*\}\}[ \t\r]*\n[ \t]*ports:"
    r"|^[ \t]*ports:[ \t\r]*\n[ \t]*\{\{-?[ ]*(?:if|with|range)\b"
)


def _is_long_by_release(finding: Finding, value: object) -> bool:
    """Tell whether a name is too long because of the name of the release in it, which is that of the chart where nobody states one."""
    if not isinstance(value, str) or finding.origin is None or len(value) <= _LONGEST_NAME:
        return False
    names = (name for name in finding.location.path.split("/") if value.startswith(name))
    return any(len(value) - len(name) <= _LONGEST_NAME - _SHORT_RELEASE for name in names)


_LONGEST_NAME = 63
"""Of a Service, a label or a part of a host."""

_SHORT_RELEASE = 8
"""What a release may well be called in: `prod-eu`."""


def _lacks_part(finding: Finding, value: object, text: str) -> bool:
    """Tell whether what a template puts together lacks a part that has no default: `apm.` of `{{ .Values.name }}.{{ .Values.domain }}`.

    What the template says itself, word for word, lacks nothing.
    """
    if not isinstance(value, str) or finding.origin is None or _LEFT_OPEN.search(value) is None:
        return False
    if not any(map(str.isalnum, value)):
        return "}}" in text and value not in _QUOTED_SIGNS.findall(text)
    return value not in _TOKEN.findall(text)


_TOKEN = pattern(r"""[^\s"'`,()\[\]{}]+""")
_QUOTED_SIGNS = pattern(r"""(?<=["' ])[-.]+(?=["'\s])""")
"""Signs that are written as a value of their own, and not between two templates."""

_LEFT_OPEN = pattern(r"^[-.]|[-.]$|\.\.|%![a-z]\(<nil>\)")
"""Where a part of a name is missing between its signs, or where `printf` had none: `web-`, `-tls`, `.example.com`, `web..svc`."""


def _is_name_of_values(finding: Finding, value: object, text: str) -> bool:
    """Tell whether a name or host is put together of other values than those of the chart: who installs it has others.

    What the template says itself, word for word, is its own mistake.
    """
    if _name_of(finding) not in _NAMES or not isinstance(value, str) or finding.origin is None or value in _TOKEN.findall(text):
        return False
    written = _KEY.fullmatch(finding.source_line.strip())
    return written is None or not _is_no_host_whatever_fills_it((written["value"] or "").strip("\"'"))


def _is_no_host_whatever_fills_it(value: str) -> bool:
    """Tell whether a text has signs around its templates that no host has: `shop_{{ .Values.domain }}`."""
    rest = _TEMPLATE.sub("", value)
    return rest != value and not is_to_be_filled(rest) and _IN_NO_HOST.search(rest) is not None


_HOSTS = frozenset({"host", "hosts", "hostname", "hostnames"})
_NAMES = _HOSTS | {"name", "namespace", "secretName"}
_TEMPLATE = pattern(r"\{\{[^{}]*+\}\}")
_IN_NO_HOST = pattern(r"[^a-z0-9.*-]")
_KEY = pattern(r"""(?:- )?["']?(?P<key>[\w.-]+)["']?:(?:[ ]+(?P<value>[^#]*?))??[ ]*(?:#.*)?""")
_FLOW_KEY = pattern(r"(?<=[{,])\s*+[^\s,{}\[\]]++(?<=:)(?=\s)")
"""A key in braces on the line of a value, which says nothing about the value: annotations may begin with `example.org/`."""
_EMPTY = ("", "~", "null", "{}", "[]", "0")
_STAND_INS = (
    "localhost",
    "example",
    "changeme",
    "change-me",
    "your-",
    "your_",
    "todo",
    "placeholder",
    "overwritten",
    "overridden",
    "overriden",
)


def _is_hard_coded(finding: Finding, text: str) -> bool:
    """Tell whether a finding is in a template of a chart, where no value is to blame.

    A default for a value that is not set is no more fixed, nor is what another value chooses.

    A finding that could not be placed may be in the values.
    """
    is_placed = finding.resource is not None and (finding.origin is None or finding.origin.exact)
    is_default = ".Values." in finding.source_line and "default" in finding.source_line
    if not is_placed or is_default or "/templates/" not in f"/{finding.location.path}":
        return False
    from k8slblint.rendering.helm.guards import is_chosen_at  # only trees with charts need it

    return not is_chosen_at(text, finding.location.span.line)
