"""What is reported of a chart with other values than its own: which rules, how severe, and the condition in words."""

from k8slblint.model.finding import Finding
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Severity, least
from k8slblint.model.texts import PROSE, fitted

CONDITION = "Only when "
"""What the text of a finding begins with that holds only with other values."""

_TOLD = frozenset({"invalid-resource", "service-rejected", "ingress-rejected", "gateway-rejected", "service-port-unresolved"})
_TOLD |= {"load-balancer-annotation-invalid", "ingress-annotation-invalid", "load-balancer-annotation-unknown", "route-filter-missing"}
"""Rules about what the templates get wrong whatever the values are.

Types, classes and clients are for whoever installs the chart to choose, and what one switch alone leaves out another may bring.
"""


_EMPTY: tuple[object, ...] = (None, "", [], {})


def is_looked_at(resource: Resource) -> bool:
    """Tell whether an object is judged: what is printed beside a variant is so with the chart's own values."""
    return resource.standing != "beside"


def is_told(rule: str, resource: Resource) -> bool:
    """Tell whether a rule reports an object: of those that are printed only with other values only some do."""
    return is_looked_at(resource) and (resource.standing != "variant" or rule in _TOLD)


def is_for_others(resource: Resource, problem: Problem, file: SourceFile | None = None) -> bool:
    """Tell whether a problem of a variant is about an empty value, or one within it: whoever flips the switch may be meant to set it.

    What a chart prints with the values of its own tests, in `file`, is one too: those may leave out what an installation needs.
    """
    is_of_tests = file is not None and file.deployment is not None and bool(file.deployment.when)
    if not (resource.standing == "variant" or is_of_tests) or problem.at != "value":
        return False
    value = resource.get(*problem.path)
    return value in _EMPTY or (isinstance(value, dict) and any(one in _EMPTY for one in value.values()))


def conditional(problem: Problem, severity: Severity, file: SourceFile) -> tuple[Problem, Severity]:
    """Return a problem of a variant with the condition in words, and how severe it is: no error, and not sure."""
    return problem._replace(why=_under(file, problem.why), confidence=least(problem.confidence, "medium")), _severity(severity)


def of_tests(finding: Finding, file: SourceFile | None) -> Finding:
    """Return a finding; what a template gets wrong with the values of the chart's own tests is graded like that of a variant."""
    if file is None or not (file.deployment and file.deployment.when) or finding.why.startswith(CONDITION):
        return finding
    if finding.rule not in _TOLD or "/templates/" not in f"/{finding.location.path}":
        return finding
    why = fitted(_under(file, finding.why), PROSE)
    return finding._replace(why=why, severity=_severity(finding.severity), confidence=least(finding.confidence, "medium"))


def _under(file: SourceFile, why: str) -> str:
    return f"{CONDITION}{file.deployment.when}. {why}".rstrip() if file.deployment else why


def _severity(severity: Severity) -> Severity:
    return "warning" if severity == "error" else severity
