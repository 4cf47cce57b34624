"""Findings in files that are no deployments, which are counted and not shown."""

from collections import Counter, defaultdict

from k8slblint.model.finding import Finding, Spared

SPARED_IN_SAMPLES = frozenset({"invalid-resource", "invalid-yaml", "service-rejected", "ingress-rejected", "gateway-rejected"})
SPARED_IN_SAMPLES |= {"node-port-in-production", "ingress-vendor-annotation", "ingress-controller-retired"}
SPARED_IN_SAMPLES |= {"too-many-load-balancers", "external-ips", "ingress-tls-host-uncovered", "ingress-backend-missing"}
"""Rules that do not report samples, tests and fixtures: those may be meant to be refused, and show what one controller does."""

SPARED_IN_FIXTURES = SPARED_IN_SAMPLES | {"service-port-unresolved", "service-selects-no-pods", "exposed-datastore"}
SPARED_IN_FIXTURES |= {"load-balancer-annotation-deprecated", "load-balancer-ip-deprecated"}
SPARED_IN_FIXTURES |= {"ingress-annotation-invalid", "ingress-annotation-dangerous"}
SPARED_IN_FIXTURES |= {"gateway-listener-invalid", "gateway-listener-conflict", "gateway-policy-conflict", "gateway-policy-overridden"}
SPARED_IN_FIXTURES |= {"route-parent-missing", "route-not-attached", "route-backend-missing", "route-filter-missing", "route-shadowed"}
SPARED_IN_FIXTURES |= {"reference-not-permitted", "route-redirect-loop", "route-feature-unsupported", "gateway-annotation-ignored"}
"""The same for fixtures, which nobody copies: a test may need just this half of an application, or a key of the past."""

SPARED_WHERE_OFFERED = frozenset({"node-port-in-production", "ingress-controller-retired", "ingress-vendor-annotation"})
SPARED_WHERE_OFFERED |= {"too-many-load-balancers", "public-load-balancer-unrestricted", "local-traffic-policy-starves"}
SPARED_WHERE_OFFERED |= {"ingress-tls-host-uncovered", "unneeded-node-ports"}
"""Rules that do not report the values of a chart that is there for others to install: those choose type, class and replicas.

What its templates say whatever the values are is reported.
"""

TOLD = frozenset({"invalid-resource", "invalid-yaml"})
"""Rules about the input itself, whose spared findings machines are told as remarks about the run."""

_SPARED_EXAMPLES = 5

_MOST_TOLD = 1000
"""How many remarks there are at most; all are counted."""


_SPARED = {"sample": SPARED_IN_SAMPLES, "fixture": SPARED_IN_FIXTURES, "offered": SPARED_WHERE_OFFERED}


class Sparing:
    """Keeps back, and counts, what is found in files that are no deployments."""

    def __init__(self) -> None:
        """Start with nothing kept back."""
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = defaultdict(list)
        self.told: list[Finding] = []

    def spares(self, finding: Finding, why: str | None) -> bool:
        """Tell whether a finding is kept back; `why` tells what its file is, None for a deployment: see `ScopeInference.why_spared`."""
        rule, location = finding.rule, finding.location
        if why is None or not (why == "aside" or rule in _SPARED[why]) or (why == "offered" and _is_hard_coded(finding)):
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


def _is_hard_coded(finding: Finding) -> bool:
    """Tell whether a finding is in a template of a chart, where no value is to blame; one that could not be placed may be in the values."""
    return "/templates/" in f"/{finding.location.path}" and (finding.origin is None or finding.origin.exact)
